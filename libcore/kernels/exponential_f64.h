/* Placeholder. */
#include "stub.h"
STUB1(exponential, exp(x))
STUB1(exponential2, exp2(x))
STUB1(exponential_minus_1, expm1(x))
STUB1(logistic, 1 / (1 + exp(-x)))
STUB1(sigmoid_linear, x / (1 + exp(-x)))
STUB1(softplus, fmax(x, 0) + log1p(exp(-fabs(x))))
STUB1(mish, x * tanh(fmax(x, 0) + log1p(exp(-fabs(x)))))
STUB1(gaussian_linear_tanh, x / 2 * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))))
STUB1(hyperbolic_tangent, tanh(x))
