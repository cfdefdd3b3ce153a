/* Blocks of the stream by VAES, four blocks a vector: Ice Lake, Zen 4 and later. */
#if defined(__x86_64__)
#define TARGET "avx512f,avx512vl,avx512bw,avx512dq,aes,vaes"
#define VECTOR __m512i
#define BLOCKS 4
#define LOAD(p) _mm512_loadu_si512(p)
#define STORE(p, v) _mm512_storeu_si512(p, v)
#define STREAM(p, v) _mm512_stream_si512((__m512i *)(p), v)
#define XOR(a, b) _mm512_xor_si512(a, b)
#define ROUND(v, k) _mm512_aesenc_epi128(v, k)
#define LAST(v, k) _mm512_aesenclast_epi128(v, k)
#define SPREAD(x) _mm512_broadcast_i32x4(x)
#define TABLE dgen__aes_vaes512
#define NAME "vaes512"
#include "aes_x86.h"
#else
typedef int dgen__aes_vaes512_unused;
#endif
