/* The vector kernels for AVX2, with the conversions of f16 that each CPU with it has. */
#include "kernels.h"
#include "target.h"

#if defined(__x86_64__) || defined(__i386__)
DGEN_TARGET_BEGIN("avx2,f16c")
#define DGEN_VECTOR_BYTES 32
#define DGEN_STREAM(to, vector) _mm256_stream_si256((__m256i *)(to), (__m256i)(vector))
#define DGEN_ISA_NAME "avx2"
#define DGEN_ISA_TABLE dgen__isa_avx2
#include "isa.h"
DGEN_TARGET_END
#endif
