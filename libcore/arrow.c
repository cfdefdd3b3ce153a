/* PLACEHOLDER. */
#include "quantize.h"

#define STUB return dgen__fail(error, DGEN_EUNSUPPORTED, "", "this build cannot do it")

dgen_status dgen_arrow_export(struct ArrowArray *a, struct ArrowSchema *s, const dgen_array *x, dgen_error *error) { (void)a; (void)s; (void)x; STUB; }
dgen_status dgen_arrow_import(dgen_array *out, struct ArrowArray *a, struct ArrowSchema *s, dgen_error *error) { (void)a; (void)s; (void)out; STUB; }
dgen_status dgen_quantized_arrow_export(struct ArrowArray *a, struct ArrowSchema *s, const dgen_quantized *q, dgen_error *error) { (void)a; (void)s; (void)q; STUB; }
dgen_status dgen_quantized_arrow_import(dgen_quantized *out, struct ArrowArray *a, struct ArrowSchema *s, dgen_error *error) { (void)a; (void)s; (void)out; STUB; }
int dgen_arrow_is_quantized(const struct ArrowSchema *s) { (void)s; return 0; }
