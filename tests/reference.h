/*
 * The stream of format 1 a second time, from its description and FIPS 197 alone: slow, bytewise, and sharing nothing
 * with the core. The S-box is computed from its definition, the rounds are spelt as the standard spells them.
 */
#ifndef DGEN_TEST_REFERENCE_H
#define DGEN_TEST_REFERENCE_H

#include <stdint.h>
#include <string.h>

static uint8_t reference_sbox[256], reference_double[256];

/* Product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197, section 4.2). */
static uint8_t reference_product(uint8_t a, uint8_t b)
{
    uint8_t sum = 0;
    for (int i = 0; i < 8; i++) {
        if (b >> i & 1) sum ^= a;
        a = (uint8_t)(a << 1 ^ (a & 0x80 ? 0x1B : 0));
    }
    return sum;
}

/* Section 5.1.1: the inverse in GF(2^8), then an affine map over GF(2). */
__attribute__((unused)) static void reference_init(void)
{
    for (int x = 0; x < 256; x++) {
        uint8_t inverse = 0, image = 0x63;
        for (int y = 1; y < 256; y++)
            if (reference_product((uint8_t)x, (uint8_t)y) == 1) inverse = (uint8_t)y;
        for (int i = 0; i < 8; i++) {
            int bit = inverse >> i ^ inverse >> (i + 4) % 8 ^ inverse >> (i + 5) % 8 ^ inverse >> (i + 6) % 8
                      ^ inverse >> (i + 7) % 8;
            image ^= (uint8_t)((bit & 1) << i);
        }
        reference_sbox[x] = image;
        reference_double[x] = reference_product((uint8_t)x, 2);
    }
}

static void reference_sub_bytes_shift_rows(uint8_t state[16])
{
    uint8_t out[16];
    for (int row = 0; row < 4; row++)
        for (int column = 0; column < 4; column++)
            out[row + 4 * column] = reference_sbox[state[row + 4 * ((column + row) % 4)]];
    memcpy(state, out, 16);
}

static void reference_mix_columns(uint8_t state[16])
{
    for (int column = 0; column < 4; column++) {
        uint8_t *s = state + 4 * column, a = s[0], b = s[1], c = s[2], d = s[3];
        const uint8_t *two = reference_double;
        s[0] = two[a] ^ two[b] ^ b ^ c ^ d;
        s[1] = a ^ two[b] ^ two[c] ^ c ^ d;
        s[2] = a ^ b ^ two[c] ^ two[d] ^ d;
        s[3] = two[a] ^ a ^ b ^ c ^ two[d];
    }
}

static void reference_words(uint8_t out[16], uint64_t low, uint64_t high)
{
    for (int i = 0; i < 8; i++) out[i] = (uint8_t)(low >> 8 * i), out[i + 8] = (uint8_t)(high >> 8 * i);
}

/* ARS of Salmon et al. with any number of rounds. */
__attribute__((unused)) static void reference_ars(uint8_t out[16], int rounds, const uint64_t counter[2], const uint64_t key[2])
{
    uint64_t low = key[0], high = key[1];
    uint8_t round_key[16];
    reference_words(out, counter[0] ^ low, counter[1] ^ high);
    for (int round = 1; round <= rounds; round++) {
        low += UINT64_C(0x9E3779B97F4A7C15);
        high += UINT64_C(0xBB67AE8584CAA73B);
        reference_words(round_key, low, high);
        reference_sub_bytes_shift_rows(out);
        if (round < rounds) reference_mix_columns(out);
        for (int i = 0; i < 16; i++) out[i] ^= round_key[i];
    }
}

static uint64_t reference_mix(uint64_t z)
{
    z ^= z >> 30;
    z *= UINT64_C(0xBF58476D1CE4E5B9);
    z ^= z >> 27;
    z *= UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return z;
}

/* Bytes [offset, offset + n) of a stream; domain 0 is an object's. */
__attribute__((unused)) static void reference_fill_domain(uint8_t *dst, uint64_t n, uint64_t domain, uint64_t seed,
                                                          uint64_t stream, uint64_t offset)
{
    uint64_t low = reference_mix(seed + UINT64_C(0x9E3779B97F4A7C15));
    uint64_t key[2] = { low, reference_mix(low + UINT64_C(0xBB67AE8584CAA73B) * (domain + 1)) };
    uint8_t block[16];
    for (uint64_t i = 0; i < n; i++) {
        uint64_t counter[2] = { (offset + i) / 16, stream };
        if (i == 0 || (offset + i) % 16 == 0) reference_ars(block, 5, counter, key);
        dst[i] = block[(offset + i) % 16];
    }
}
__attribute__((unused)) static void reference_fill(uint8_t *dst, uint64_t n, uint64_t seed, uint64_t stream,
                                                   uint64_t offset)
{
    reference_fill_domain(dst, n, 0, seed, stream, offset);
}

#endif
