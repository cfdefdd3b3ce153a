/* Placeholder. */
#include "normalize.h"

dgen_status dgen__normalize(const dgen_array *out, const dgen__operands *operands, dgen_error *error)
{
    (void)out, (void)operands;
    return dgen__fail(error, DGEN_EUNSUPPORTED, "op", "placeholder");
}
