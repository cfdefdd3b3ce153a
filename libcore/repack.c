/* PLACEHOLDER. */
#include "quantize.h"

#define STUB return dgen__fail(error, DGEN_EUNSUPPORTED, "", "this build cannot do it")

dgen_status dgen_packing_find(dgen_packing *out, const char *name, dgen_error *error) { (void)out; (void)name; STUB; }
const char *dgen_packing_name(dgen_packing p) { (void)p; return "dgen"; }
dgen_status dgen_repack(dgen_packed *out, const dgen_quantized *q, dgen_packing p, dgen_error *error) { (void)out; (void)q; (void)p; STUB; }
dgen_status dgen_packed_restore(dgen_quantized *out, const dgen_packed *p, dgen_error *error) { (void)out; (void)p; STUB; }
void dgen_packed_release(dgen_packed *p) { (void)p; }
