/* Placeholder. */
#include "stub.h"
STUB1(sine, sin(x))
STUB1(cosine, cos(x))
