/* The vector kernels for AVX-512 (F, BW, DQ, VL). */
#include "kernels.h"
#include "target.h"

#if defined(__x86_64__) || defined(__i386__)
DGEN_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl")
#define DGEN_VECTOR_BYTES 64
#define DGEN_STREAM(to, vector) _mm512_stream_si512((__m512i *)(to), (__m512i)(vector))
#define DGEN_ISA_NAME "avx512"
#define DGEN_ISA_TABLE dgen__isa_avx512
#include "isa.h"
DGEN_TARGET_END
#endif
