/* PLACEHOLDER. */
#include "quantize.h"

#define STUB return dgen__fail(error, DGEN_EUNSUPPORTED, "", "this build cannot do it")

dgen_status dgen__ggml_quantize(dgen_quantized *q, const dgen_array *x, const dgen_quantize_options *options, dgen_error *error)
{ (void)q; (void)x; (void)options; STUB; }
