/*
 * The machine's limit for filling memory: memset, plain and non-temporal, over the same threads as the core.
 *
 * A non-temporal store skips the read of the line that it will overwrite, and the cache; for buffers beyond the cache
 * it is the fastest way there is to write. It is written here with the widest stores that the CPU has; elsewhere than
 * on x86-64 plain memset is the only limit.
 */
#ifndef BENCH_LIMIT_H
#define BENCH_LIMIT_H

#include <stdint.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

typedef void bench_set(void *dst, int byte, size_t bytes);

static inline void set_plain(void *dst, int byte, size_t bytes) { memset(dst, byte, bytes); }

#ifdef __x86_64__
#define HAVE_NON_TEMPORAL 1
__attribute__((target("avx512f"))) static void set_512(char *dst, int byte, size_t bytes)
{
    __m512i value = _mm512_set1_epi32(byte * 0x01010101);
    for (size_t i = 0; i < bytes; i += 64) _mm512_stream_si512((__m512i *)(dst + i), value);
}
__attribute__((target("avx"))) static void set_256(char *dst, int byte, size_t bytes)
{
    __m256i value = _mm256_set1_epi32(byte * 0x01010101);
    for (size_t i = 0; i < bytes; i += 32) _mm256_stream_si256((__m256i *)(dst + i), value);
}
static void set_128(char *dst, int byte, size_t bytes)
{
    __m128i value = _mm_set1_epi32(byte * 0x01010101);
    for (size_t i = 0; i < bytes; i += 16) _mm_stream_si128((__m128i *)(dst + i), value);
}

/* dst at a 64-byte boundary, as dgen's arrays are; the last bytes % 64 are set plainly. */
static void set_non_temporal(void *dst, int byte, size_t bytes)
{
    size_t whole = bytes & ~(size_t)63;
    if (__builtin_cpu_supports("avx512f")) set_512(dst, byte, whole);
    else if (__builtin_cpu_supports("avx")) set_256(dst, byte, whole);
    else set_128(dst, byte, whole);
    _mm_sfence();
    memset((char *)dst + whole, byte, bytes - whole);
}
#else
#define HAVE_NON_TEMPORAL 0
static void set_non_temporal(void *dst, int byte, size_t bytes) { memset(dst, byte, bytes); }
#endif

/* Each of `threads` threads sets its own contiguous part. */
static inline void set_parallel(bench_set *set, void *dst, size_t bytes, int threads)
{
    size_t part = (bytes / (size_t)threads + 4095) & ~(size_t)4095;
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int i = 0; i < threads; i++) {
        size_t first = (size_t)i * part;
        if (first < bytes) set((char *)dst + first, 0x5a, bytes - first < part ? bytes - first : part);
    }
}

#endif
