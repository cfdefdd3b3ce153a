/* Placeholder. */
#include "stub.h"
STUB1(error_function, erf(x))
STUB1(gaussian_linear, x * erfc(-x / sqrt(2)) / 2)
