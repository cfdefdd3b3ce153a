/* PLACEHOLDER. */
#include "quantize.h"

#define STUB return dgen__fail(error, DGEN_EUNSUPPORTED, "", "this build cannot do it")

dgen_status dgen_choose_bits(dgen_bits_choice *choices, const dgen_layer *layers, int64_t count, uint64_t budget, const dgen_bits_rule *rules,
    int rule_count, const dgen_quantize_options *options, dgen_progress progress, void *context, dgen_error *error)
{ (void)choices; (void)layers; (void)count; (void)budget; (void)rules; (void)rule_count; (void)options; (void)progress; (void)context; STUB; }
