/* Placeholder. */
#include "stub.h"
STUB1(logarithm, log(x))
STUB1(logarithm2, log2(x))
STUB1(logarithm10, log10(x))
STUB1(logarithm_1_plus, log1p(x))
