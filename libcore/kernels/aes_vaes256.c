/* Blocks of the stream by VAES, two blocks a vector: Zen 3, Alder Lake and later. */
#if defined(__x86_64__)
#define TARGET "avx2,aes,vaes"
#define VECTOR __m256i
#define BLOCKS 2
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(p))
#define STORE(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define STREAM(p, v) _mm256_stream_si256((__m256i *)(p), v)
#define XOR(a, b) _mm256_xor_si256(a, b)
#define ROUND(v, k) _mm256_aesenc_epi128(v, k)
#define LAST(v, k) _mm256_aesenclast_epi128(v, k)
#define SPREAD(x) _mm256_broadcastsi128_si256(x)
#define TABLE dgen__aes_vaes256
#define NAME "vaes256"
#include "aes_x86.h"
#else
typedef int dgen__aes_vaes256_unused;
#endif
