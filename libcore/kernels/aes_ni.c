/* Blocks of the stream by AES-NI, one block a vector: every x86-64 since 2010. */
#if defined(__x86_64__)
#define TARGET "sse2,aes"
#define VECTOR __m128i
#define BLOCKS 1
#define LOAD(p) _mm_loadu_si128((const __m128i *)(p))
#define STORE(p, v) _mm_storeu_si128((__m128i *)(p), v)
#define STREAM(p, v) _mm_stream_si128((__m128i *)(p), v)
#define XOR(a, b) _mm_xor_si128(a, b)
#define ROUND(v, k) _mm_aesenc_si128(v, k)
#define LAST(v, k) _mm_aesenclast_si128(v, k)
#define SPREAD(x) (x)
#define TABLE dgen__aes_ni
#define NAME "aes-ni"
#include "aes_x86.h"
#else
typedef int dgen__aes_ni_unused;
#endif
