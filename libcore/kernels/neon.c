/* The vector kernels for Advanced SIMD. */
#include "kernels.h"
#include "target.h"

#ifdef __aarch64__
#define DGEN_VECTOR_BYTES 16
#define DGEN_STREAM(to, vector) store(to, vector)
#define DGEN_ISA_NAME "neon"
#define DGEN_ISA_TABLE dgen__isa_neon
#include "isa.h"
#endif
