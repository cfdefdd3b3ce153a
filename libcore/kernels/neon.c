/* The vector kernels for Advanced SIMD. */
#include "kernels.h"
#include "target.h"

#ifdef __aarch64__
#define DGEN_VECTOR_BYTES 16
#define DGEN_STREAM(to, value) store((uint8_t *)(to), (vector)(value))
#define DGEN_ISA_NAME "neon"
#define DGEN_ISA_TABLE dgen__isa_neon
#include "isa.h"
#endif
