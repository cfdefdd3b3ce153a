/*
 * Blocks of the stream by the AES instructions of x86, written once for vectors of 1, 2 or 4 blocks.
 *
 * Included by aes_ni.c, aes_vaes256.c and aes_vaes512.c after they defined:
 *   TARGET                the target features, as a string
 *   VECTOR, BLOCKS        the vector type and how many blocks it holds
 *   LOAD(p) STORE(p, v) STREAM(p, v) XOR(a, b) ROUND(v, k) LAST(v, k) SPREAD(x)      the last: a block in each place
 *   TABLE, NAME           the table to define and its name
 *
 * 256 blocks whose numbers differ in the low byte only share nearly all of round 1: that byte's part is looked up in
 * key->first_round, the rest is one block computed once (stream.c says why this is exact). So four rounds are left, and
 * eight vectors are kept under way to hide the latency of each.
 */
#include <immintrin.h>
#include <string.h>

#include "kernels.h"
#include "target.h"

DGEN_TARGET_BEGIN(TARGET)

enum { UNDER_WAY = 8 };

static inline __m128i load_block(const uint8_t *p) { return _mm_loadu_si128((const __m128i *)p); }

/* Round 1 of one block, from its number. */
static inline __m128i first(const dgen_key *key, uint64_t stream, uint64_t block)
{
    __m128i x = _mm_set_epi64x((long long)stream, (long long)block);
    return _mm_aesenc_si128(_mm_xor_si128(x, load_block(key->round[0])), load_block(key->round[1]));
}

static void prepare(dgen_key *key)
{
    __m128i zero = first(key, 0, 0);
    for (uint64_t i = 0; i < 256; i++)
        _mm_store_si128((__m128i *)key->first_round[i], _mm_xor_si128(first(key, 0, i), zero));
    key->has_first_round = 1;
}

static inline void one_block(uint8_t *dst, const dgen_key *key, uint64_t stream, uint64_t block)
{
    __m128i x = first(key, stream, block);
    for (int r = 2; r < DGEN_ROUNDS; r++) x = _mm_aesenc_si128(x, load_block(key->round[r]));
    _mm_storeu_si128((__m128i *)dst, _mm_aesenclast_si128(x, load_block(key->round[DGEN_ROUNDS])));
}

/* At -O2, with which R builds packages, gcc would keep the vectors of a loop in memory: half the speed. */
#ifdef __clang__
#define UNROLLED _Pragma("unroll")
#else
#define UNROLLED _Pragma("GCC unroll 8")
#endif

/* Rounds 2 to 5 of `count` vectors whose round-1 parts stand at `parts`; put(to, vector, i) stores vector i. */
#define ROUNDS_OF(vectors, put)                                                                        \
    do {                                                                                               \
        VECTOR x[vectors];                                                                             \
        UNROLLED for (int j = 0; j < vectors; j++) x[j] = XOR(base, LOAD(parts + 16 * BLOCKS * j));    \
        UNROLLED for (int j = 0; j < vectors; j++) x[j] = ROUND(x[j], k2);                             \
        UNROLLED for (int j = 0; j < vectors; j++) x[j] = ROUND(x[j], k3);                             \
        UNROLLED for (int j = 0; j < vectors; j++) x[j] = ROUND(x[j], k4);                             \
        UNROLLED for (int j = 0; j < vectors; j++) put(dst + 16 * BLOCKS * j, LAST(x[j], k5), j);      \
        parts += 16 * BLOCKS * vectors;                                                                \
        dst += 16 * BLOCKS * vectors;                                                                  \
    } while (0)

/* A line of 64 bytes at a time, so that the bits to force in it are the same vectors each time. */
#define LINE_OF (4 / BLOCKS)
#define PLAIN_STORE(p, v, j) STORE(p, v)
#define PLAIN_STREAM(p, v, j) STREAM(p, v)
#define SKEWED_STORE(p, v, j) STORE(p, ((v) & keep[(j) % LINE_OF]) | force[(j) % LINE_OF])
#define IN_LINES(put)                                                                                  \
    do {                                                                                               \
        for (unsigned i = 0; i < eights; i++) ROUNDS_OF(UNDER_WAY, put);                               \
        for (unsigned i = 0; i < lines; i++) ROUNDS_OF(LINE_OF, put);                                  \
    } while (0)

/* Blocks of one group of 256: `count` from `low` on. skew: see dgen_aes_kernels; only for whole lines. */
static inline void fill_group(uint8_t *dst, const dgen_key *key, uint64_t stream, uint64_t group, unsigned low,
                              unsigned count, int streaming, const dgen_skew *skew)
{
    VECTOR base = SPREAD(first(key, stream, group << 8));
    VECTOR k2 = SPREAD(load_block(key->round[2])), k3 = SPREAD(load_block(key->round[3]));
    VECTOR k4 = SPREAD(load_block(key->round[4])), k5 = SPREAD(load_block(key->round[5]));
    const uint8_t *parts = key->first_round[low];
    unsigned eights = count / (BLOCKS * UNDER_WAY), lines = count % (BLOCKS * UNDER_WAY) / 4;
    if (skew) {
        VECTOR keep[LINE_OF], force[LINE_OF];
        for (int j = 0; j < LINE_OF; j++) {
            keep[j] = LOAD(skew->keep + 16 * BLOCKS * j);
            force[j] = LOAD(skew->force + 16 * BLOCKS * j);
        }
        IN_LINES(SKEWED_STORE);
    } else if (streaming) IN_LINES(PLAIN_STREAM);
    else IN_LINES(PLAIN_STORE);
    for (unsigned i = count / 4 * 4; i < count; i++, dst += 16) one_block(dst, key, stream, group << 8 | (low + i));
}

static void fill(uint8_t *dst, const dgen_key *key, uint64_t stream, uint64_t block, size_t count, int streaming)
{
    size_t ahead = 0;
    if (streaming && (uintptr_t)dst % 16) streaming = 0;
    if (!key->has_first_round) ahead = count;
    else if (streaming) ahead = (-(uintptr_t)dst % 64) / 16;
    if (ahead > count) ahead = count;
    for (; ahead; ahead--, count--, block++, dst += 16) one_block(dst, key, stream, block);
    while (count) {
        unsigned low = (unsigned)(block & 255), n = 256 - low;
        if (n > count) n = (unsigned)count;
        fill_group(dst, key, stream, block >> 8, low, n, streaming, NULL);
        dst += 16 * (size_t)n;
        block += n;
        count -= n;
        /* A group cut short leaves dst aligned to the next block only. */
        if (streaming && (uintptr_t)dst % 64) streaming = 0;
    }
}

static void fill_skewed(uint8_t *dst, const dgen_key *key, uint64_t stream, uint64_t block, unsigned count,
                        const dgen_skew *skew)
{
    fill_group(dst, key, stream, block >> 8, (unsigned)(block & 255), count, 0, skew);
}

/* The equivalent inverse cipher of FIPS 197, section 5.3.5: the inner keys go through InvMixColumns. */
static inline void invert_blocks(uint8_t *at, const __m128i key[DGEN_ROUNDS + 1], int count)
{
    __m128i x[UNDER_WAY];
    for (int j = 0; j < count; j++) x[j] = _mm_xor_si128(load_block(at + 16 * j), key[DGEN_ROUNDS]);
    for (int r = DGEN_ROUNDS - 1; r > 0; r--)
        for (int j = 0; j < count; j++) x[j] = _mm_aesdec_si128(x[j], key[r]);
    for (int j = 0; j < count; j++) _mm_storeu_si128((__m128i *)(at + 16 * j), _mm_aesdeclast_si128(x[j], key[0]));
}

static void invert(uint8_t *blocks, const dgen_key *key, size_t count)
{
    __m128i keys[DGEN_ROUNDS + 1];
    for (int r = 0; r <= DGEN_ROUNDS; r++) {
        keys[r] = load_block(key->round[r]);
        if (r > 0 && r < DGEN_ROUNDS) keys[r] = _mm_aesimc_si128(keys[r]);
    }
    for (; count >= UNDER_WAY; count -= UNDER_WAY, blocks += 16 * UNDER_WAY) invert_blocks(blocks, keys, UNDER_WAY);
    for (; count; count--, blocks += 16) invert_blocks(blocks, keys, 1);
}

DGEN_TARGET_END

const dgen_aes_kernels TABLE = { NAME, prepare, fill, fill_skewed, invert };
