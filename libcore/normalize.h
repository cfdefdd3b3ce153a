/* Normalizations: an array by way of its own reductions. */
#ifndef DGEN_NORMALIZE_H
#define DGEN_NORMALIZE_H

#include "op.h"

/* Writes the operation's result for checked operands into `out`. */
dgen_status dgen__normalize(const dgen_array *out, const dgen__operands *operands, dgen_error *error);

#endif
