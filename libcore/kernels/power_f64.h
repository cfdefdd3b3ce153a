/* Placeholder. */
#include "stub.h"
STUB2(power, pow(x, y))
