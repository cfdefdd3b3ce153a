/*
 * Blocks of the stream where the CPU has no AES: one table joins SubBytes and MixColumns (J. Daemen, V. Rijmen, "The
 * Design of Rijndael", 2002, section 4.2). Columns are numbers, low byte first, so the byte order of the machine does not
 * matter. Also the inverse of a block, which only verification needs.
 */
#include <string.h>

#include "kernels.h"

/* The S-box of FIPS 197, figure 7. */
#define SBOX(F)                                                                                         \
    F(63) F(7c) F(77) F(7b) F(f2) F(6b) F(6f) F(c5) F(30) F(01) F(67) F(2b) F(fe) F(d7) F(ab) F(76)     \
    F(ca) F(82) F(c9) F(7d) F(fa) F(59) F(47) F(f0) F(ad) F(d4) F(a2) F(af) F(9c) F(a4) F(72) F(c0)     \
    F(b7) F(fd) F(93) F(26) F(36) F(3f) F(f7) F(cc) F(34) F(a5) F(e5) F(f1) F(71) F(d8) F(31) F(15)     \
    F(04) F(c7) F(23) F(c3) F(18) F(96) F(05) F(9a) F(07) F(12) F(80) F(e2) F(eb) F(27) F(b2) F(75)     \
    F(09) F(83) F(2c) F(1a) F(1b) F(6e) F(5a) F(a0) F(52) F(3b) F(d6) F(b3) F(29) F(e3) F(2f) F(84)     \
    F(53) F(d1) F(00) F(ed) F(20) F(fc) F(b1) F(5b) F(6a) F(cb) F(be) F(39) F(4a) F(4c) F(58) F(cf)     \
    F(d0) F(ef) F(aa) F(fb) F(43) F(4d) F(33) F(85) F(45) F(f9) F(02) F(7f) F(50) F(3c) F(9f) F(a8)     \
    F(51) F(a3) F(40) F(8f) F(92) F(9d) F(38) F(f5) F(bc) F(b6) F(da) F(21) F(10) F(ff) F(f3) F(d2)     \
    F(cd) F(0c) F(13) F(ec) F(5f) F(97) F(44) F(17) F(c4) F(a7) F(7e) F(3d) F(64) F(5d) F(19) F(73)     \
    F(60) F(81) F(4f) F(dc) F(22) F(2a) F(90) F(88) F(46) F(ee) F(b8) F(14) F(de) F(5e) F(0b) F(db)     \
    F(e0) F(32) F(3a) F(0a) F(49) F(06) F(24) F(5c) F(c2) F(d3) F(ac) F(62) F(91) F(95) F(e4) F(79)     \
    F(e7) F(c8) F(37) F(6d) F(8d) F(d5) F(4e) F(a9) F(6c) F(56) F(f4) F(ea) F(65) F(7a) F(ae) F(08)     \
    F(ba) F(78) F(25) F(2e) F(1c) F(a6) F(b4) F(c6) F(e8) F(dd) F(74) F(1f) F(4b) F(bd) F(8b) F(8a)     \
    F(70) F(3e) F(b5) F(66) F(48) F(03) F(f6) F(0e) F(61) F(35) F(57) F(b9) F(86) F(c1) F(1d) F(9e)     \
    F(e1) F(f8) F(98) F(11) F(69) F(d9) F(8e) F(94) F(9b) F(1e) F(87) F(e9) F(ce) F(55) F(28) F(df)     \
    F(8c) F(a1) F(89) F(0d) F(bf) F(e6) F(42) F(68) F(41) F(99) F(2d) F(0f) F(b0) F(54) F(bb) F(16)

#define DOUBLE(s) ((((s) << 1) ^ ((s) >> 7) * 0x11b) & 0xff)
#define PLAIN(s) 0x##s,
/* What a byte of row 0 adds to its column: (2, 1, 1, 3) times its substitute. */
#define MIXED(s)                                                                                    \
    (uint32_t)DOUBLE(0x##s) | (uint32_t)0x##s << 8 | (uint32_t)0x##s << 16                          \
        | (uint32_t)(DOUBLE(0x##s) ^ 0x##s) << 24,

static const uint8_t sbox[256] = { SBOX(PLAIN) };
static const uint32_t mixed[256] = { SBOX(MIXED) };

static inline uint32_t rotate(uint32_t x, int bits) { return x << bits | x >> (32 - bits); }

static inline uint32_t load_column(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void store_column(uint8_t *p, uint32_t x)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(x >> 8 * i);
}

/* SubBytes, ShiftRows, MixColumns, AddRoundKey. */
static inline void round_of(uint32_t x[4], const uint8_t *key)
{
    uint32_t y[4];
    for (int c = 0; c < 4; c++)
        y[c] = mixed[x[c] & 255] ^ rotate(mixed[x[(c + 1) % 4] >> 8 & 255], 8)
            ^ rotate(mixed[x[(c + 2) % 4] >> 16 & 255], 16) ^ rotate(mixed[x[(c + 3) % 4] >> 24], 24)
            ^ load_column(key + 4 * c);
    memcpy(x, y, sizeof y);
}

static inline void last_round(uint8_t *dst, const uint32_t x[4], const uint8_t *key)
{
    for (int c = 0; c < 4; c++)
        for (int row = 0; row < 4; row++)
            dst[4 * c + row] = sbox[x[(c + row) % 4] >> 8 * row & 255] ^ key[4 * c + row];
}

static void first(uint32_t x[4], const dgen_key *key, uint64_t stream, uint64_t block)
{
    uint32_t words[4] = { (uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32) };
    for (int c = 0; c < 4; c++) x[c] = words[c] ^ load_column(key->round[0] + 4 * c);
    round_of(x, key->round[1]);
}

static void prepare(dgen_key *key)
{
    uint32_t zero[4], x[4];
    first(zero, key, 0, 0);
    for (uint64_t i = 0; i < 256; i++) {
        first(x, key, 0, i);
        for (int c = 0; c < 4; c++) store_column(key->first_round[i] + 4 * c, x[c] ^ zero[c]);
    }
    key->has_first_round = 1;
}

static void fill(uint8_t *dst, const dgen_key *key, uint64_t stream, uint64_t block, size_t count, int streaming)
{
    uint32_t base[4], x[4];
    uint64_t group = UINT64_MAX;
    (void)streaming;
    for (size_t i = 0; i < count; i++, block++, dst += 16) {
        if (!key->has_first_round) first(x, key, stream, block);
        else {
            if (block >> 8 != group) first(base, key, stream, (group = block >> 8) << 8);
            for (int c = 0; c < 4; c++) x[c] = base[c] ^ load_column(key->first_round[block & 255] + 4 * c);
        }
        for (int r = 2; r < DGEN_ROUNDS; r++) round_of(x, key->round[r]);
        last_round(dst, x, key->round[DGEN_ROUNDS]);
    }
}

/* ------------------------------------------------------------------------------------------------------- the inverse */

/* The inverse of the S-box, and what a byte of row 0 adds to its column in InvMixColumns: (14, 9, 13, 11) times it. */
typedef struct inverse_tables {
    uint8_t sbox[256];
    uint32_t unmixed[256];
} inverse_tables;

/* a * b in GF(2^8) modulo the polynomial of AES. */
static uint8_t multiply(uint8_t a, uint8_t b)
{
    uint8_t product = 0;
    for (; b; b >>= 1, a = (uint8_t)DOUBLE((unsigned)a))
        if (b & 1) product ^= a;
    return product;
}

static void make_inverse_tables(inverse_tables *tables)
{
    static const uint8_t factors[4] = { 14, 9, 13, 11 };
    for (int i = 0; i < 256; i++) {
        tables->sbox[sbox[i]] = (uint8_t)i;
        tables->unmixed[i] = 0;
        for (int row = 0; row < 4; row++) tables->unmixed[i] |= (uint32_t)multiply((uint8_t)i, factors[row]) << 8 * row;
    }
}

static void invert_block(uint8_t block[16], const dgen_key *key, const inverse_tables *tables)
{
    uint32_t x[4];
    uint8_t y[16];
    for (int r = DGEN_ROUNDS; r > 0; r--) {
        for (int c = 0; c < 4; c++) {
            x[c] = load_column(block + 4 * c) ^ load_column(key->round[r] + 4 * c);
            if (r < DGEN_ROUNDS)
                x[c] = tables->unmixed[x[c] & 255] ^ rotate(tables->unmixed[x[c] >> 8 & 255], 8)
                    ^ rotate(tables->unmixed[x[c] >> 16 & 255], 16) ^ rotate(tables->unmixed[x[c] >> 24], 24);
        }
        for (int c = 0; c < 4; c++)
            for (int row = 0; row < 4; row++) y[(c + row) % 4 * 4 + row] = tables->sbox[x[c] >> 8 * row & 255];
        memcpy(block, y, sizeof y);
    }
    for (int i = 0; i < 16; i++) block[i] ^= key->round[0][i];
}

static void invert(uint8_t *blocks, const dgen_key *key, size_t count)
{
    inverse_tables tables;
    make_inverse_tables(&tables);
    for (; count; count--, blocks += 16) invert_block(blocks, key, &tables);
}

const dgen_aes_kernels dgen__aes_table = { "table", prepare, fill, NULL, invert };
