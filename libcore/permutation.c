/* PLACEHOLDER */
#include "random.h"
#include "op.h"

dgen_status dgen__order_fill(const dgen__draws *draws, const dgen_array *out, dgen_error *error)
{
    int64_t n = dgen_array_length(out);
    for (int64_t i = 0; i < n; i++)
        if (dgen_array_set((dgen_array *)out, i, (double)(i + draws->options.index_base), error) != DGEN_OK) return DGEN_EINVAL;
    return DGEN_OK;
}
