/* PLACEHOLDER */
#include "random.h"

dgen_status dgen__rows_fill(const dgen__draws *draws, const dgen_array *out, bool fresh, dgen_error *error)
{
    return dgen__draws_fill(draws, out, draws->options.offset, fresh, error);
}

dgen_status dgen_normalize_rows(dgen_array *out, const dgen_array *x, int max_threads, dgen_error *error)
{
    (void)out, (void)x, (void)max_threads;
    return dgen__fail(error, DGEN_EUNSUPPORTED, "x", "PLACEHOLDER");
}
