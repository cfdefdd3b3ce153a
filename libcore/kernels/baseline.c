/* The vector kernels for what every CPU of the architecture has: SSE2 on x86-64, 128-bit vectors elsewhere. */
#include "kernels.h"
#include "target.h"

#define DGEN_VECTOR_BYTES 16
#ifdef __SSE2__
#define DGEN_STREAM(to, vector) _mm_stream_si128((__m128i *)(to), (__m128i)(vector))
#else
#define DGEN_STREAM(to, value) store((uint8_t *)(to), (vector)(value))
#endif
#define DGEN_ISA_NAME "baseline"
#define DGEN_ISA_TABLE dgen__isa_baseline
#include "isa.h"
