/*
 * Blocks of the stream by the ARMv8 crypto extension.
 *
 * AESE adds the round key before it substitutes, where x86 adds it after: so key r goes into instruction r + 1, and the
 * last key is added by hand. The low byte's part of round 1 (aes_x86.h) is used in the same way.
 */
#if defined(__aarch64__)
#include <arm_neon.h>

#include "kernels.h"
#define TARGET "+crypto"
#include "target.h"

DGEN_TARGET_BEGIN(TARGET)

enum { UNDER_WAY = 8 };

static inline uint8x16_t substitute_and_mix(uint8x16_t x, uint8x16_t key) { return vaesmcq_u8(vaeseq_u8(x, key)); }

/* Round 1 of one block, before key 1 is added. */
static inline uint8x16_t first(const dgen_key *key, uint64_t stream, uint64_t block)
{
    uint64x2_t x = { block, stream };
#if defined(__AARCH64EB__)
#error "the stream's blocks are little-endian words: use the table form"
#endif
    return substitute_and_mix(vreinterpretq_u8_u64(x), vld1q_u8(key->round[0]));
}

static void prepare(dgen_key *key)
{
    uint8x16_t zero = first(key, 0, 0);
    for (uint64_t i = 0; i < 256; i++) vst1q_u8(key->first_round[i], veorq_u8(first(key, 0, i), zero));
    key->has_first_round = 1;
}

static inline uint8x16_t rest(const dgen_key *key, uint8x16_t x)
{
    for (int r = 1; r < DGEN_ROUNDS - 1; r++) x = substitute_and_mix(x, vld1q_u8(key->round[r]));
    x = vaeseq_u8(x, vld1q_u8(key->round[DGEN_ROUNDS - 1]));
    return veorq_u8(x, vld1q_u8(key->round[DGEN_ROUNDS]));
}

static void fill(uint8_t *dst, const dgen_key *key, uint64_t stream, uint64_t block, size_t count, int streaming)
{
    (void)streaming; /* store-pair hints gain nothing measurable here */
    while (count) {
        unsigned low = (unsigned)(block & 255), n = 256 - low, i = 0;
        if (n > count) n = (unsigned)count;
        uint8x16_t base = first(key, stream, block - low);
        for (; key->has_first_round && i + UNDER_WAY <= n; i += UNDER_WAY) {
            uint8x16_t x[UNDER_WAY];
            for (int j = 0; j < UNDER_WAY; j++) x[j] = veorq_u8(base, vld1q_u8(key->first_round[low + i + j]));
            for (int j = 0; j < UNDER_WAY; j++) x[j] = rest(key, x[j]);
            for (int j = 0; j < UNDER_WAY; j++) vst1q_u8(dst + 16 * (i + j), x[j]);
        }
        for (; i < n; i++) vst1q_u8(dst + 16 * i, rest(key, first(key, stream, block + i)));
        dst += 16 * (size_t)n;
        block += n;
        count -= n;
    }
}

/* The equivalent inverse cipher of FIPS 197, section 5.3.5: the inner keys go through InvMixColumns. */
static void invert(uint8_t *blocks, const dgen_key *key, size_t count)
{
    uint8x16_t keys[DGEN_ROUNDS + 1];
    for (int r = 0; r <= DGEN_ROUNDS; r++) {
        keys[r] = vld1q_u8(key->round[r]);
        if (r > 0 && r < DGEN_ROUNDS) keys[r] = vaesimcq_u8(keys[r]);
    }
    for (; count; count--, blocks += 16) {
        uint8x16_t x = vld1q_u8(blocks);
        for (int r = DGEN_ROUNDS; r > 1; r--) x = vaesimcq_u8(vaesdq_u8(x, keys[r]));
        vst1q_u8(blocks, veorq_u8(vaesdq_u8(x, keys[1]), keys[0]));
    }
}

DGEN_TARGET_END

const dgen_aes_kernels dgen__aes_armv8 = { "armv8", prepare, fill, NULL, invert };
#else
typedef int dgen__aes_armv8_unused;
#endif
