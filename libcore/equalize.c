/* PLACEHOLDER. */
#include "quantize.h"

#define STUB return dgen__fail(error, DGEN_EUNSUPPORTED, "", "this build cannot do it")

dgen_status dgen_equalize(dgen_equalized *out, const dgen_array *w, const dgen_array *x, double alpha, int power_of_two, int max_threads, dgen_error *error)
{ (void)out; (void)w; (void)x; (void)alpha; (void)power_of_two; (void)max_threads; STUB; }
void dgen_equalized_release(dgen_equalized *e) { (void)e; }
