/* PLACEHOLDER. */
#include "quantize.h"

#define STUB return dgen__fail(error, DGEN_EUNSUPPORTED, "", "this build cannot do it")

dgen_status dgen_quantize_batch(dgen_quantized *out, const dgen_array *const *layers, int64_t count, const dgen_quantize_options *options,
    const int *bits, dgen_progress progress, void *context, dgen_error *error)
{ (void)out; (void)layers; (void)count; (void)options; (void)bits; (void)progress; (void)context; STUB; }
