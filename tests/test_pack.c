/*
 * Codes in bytes: unpack (pack (x)) is x for 8, 4 and 2 bits and every length, bit by bit as pack.h says, under every ISA, and
 * nothing before or after is read for what it says or written.
 */
#define _GNU_SOURCE
#include "../libcore/pack.h"
#include "test.h"

#include "isas.h"
#include "page_end.h"

enum { LONGEST = 70000, GUARD = 64 };

/* By the definition: bit k of a row is bit k mod 8 of byte k / 8; element j has the bits from j x bits on, the lowest first. */
static void pack(uint8_t *packed, const uint8_t *codes, size_t n, int bits)
{
    memset(packed, 0, (n * (size_t)bits + 7) / 8);
    for (size_t k = 0; k < n * (size_t)bits; k++)
        if (codes[k / (size_t)bits] >> k % (size_t)bits & 1) packed[k / 8] |= (uint8_t)(1 << k % 8);
}

static uint8_t codes[LONGEST], packed[LONGEST + GUARD], unpacked[LONGEST + 2 * GUARD];

/* n random codes to bytes and back, with a byte of each array at any alignment. */
static void to_and_fro(size_t n, int bits, size_t shift)
{
    for (size_t i = 0; i < n; i++) codes[i] = (uint8_t)(test_random() >> 40 & ((1u << bits) - 1));
    uint8_t *from = packed + shift;
    memset(packed, 0xA5, sizeof packed);
    pack(from, codes, n, bits);
    for (int k = 0; k < isa_count; k++) {
        uint8_t *to = unpacked + GUARD + (shift + (size_t)k) % 7;
        memset(unpacked, 0x5A, n + 2 * GUARD);
        isas[k]->quantization->unpack(to, from, n, bits);
        CHECK(!memcmp(to, codes, n), "%s: %zu codes of %d bits differ", isas[k]->name, n, bits);
        for (uint8_t *at = unpacked; at < unpacked + n + 2 * GUARD; at++)
            if ((at < to || at >= to + n) && *at != 0x5A) {
                CHECK(0, "%s: %zu codes of %d bits: byte %td is written", isas[k]->name, n, bits, at - to);
                break;
            }
    }
}

static void every_length(void)
{
    for (int bits = 8; bits >= 2; bits /= 2)
        for (size_t n = 0; n <= 200; n++) to_and_fro(n, bits, n % 5);
}

static void longer_ones(void)
{
    for (int bits = 8; bits >= 2; bits /= 2)
        for (int i = 0; i < 30; i++) to_and_fro(test_random() % (LONGEST - 8), bits, test_random() % 8);
}

/* Rows and codes whose last bytes are the last of their pages: what reads or writes past them dies. */
static void ends_of_memory(void)
{
    for (int bits = 8; bits >= 2; bits /= 2)
        for (size_t n = 1; n <= 200; n++) {
            size_t n_bytes = (n * (size_t)bits + 7) / 8;
            for (size_t i = 0; i < n; i++) codes[i] = (uint8_t)(i * 7 & ((1u << bits) - 1));
            pack(packed, codes, n, bits);
            const uint8_t *from = at_page_end(0, packed, n_bytes);
            for (int k = 0; k < isa_count; k++) {
                uint8_t *to = at_page_end(1, unpacked, n);
                isas[k]->quantization->unpack(to, from, n, bits);
                CHECK(!memcmp(to, codes, n), "%s: %zu codes of %d bits differ", isas[k]->name, n, bits);
            }
        }
}

/* What C callers and other kernels pack by. */
static void one_by_one(void)
{
    for (int bits = 8; bits >= 2; bits /= 2)
        for (size_t n = 0; n <= 100; n++) {
            uint8_t mine[100] = { 0 };
            for (size_t i = 0; i < n; i++) codes[i] = (uint8_t)(test_random() >> 33 & ((1u << bits) - 1));
            pack(packed, codes, n, bits);
            for (size_t i = 0; i < n; i++) dgen__code_set(mine, i, bits, codes[i]);
            CHECK(dgen__packed_bytes(n, bits) == (n * (size_t)bits + 7) / 8, "%zu codes of %d bits", n, bits);
            CHECK(!memcmp(mine, packed, (n * (size_t)bits + 7) / 8), "%zu codes of %d bits", n, bits);
            for (size_t i = 0; i < n; i++) CHECK(dgen__code_get(packed, i, bits) == codes[i], "code %zu of %d bits", i, bits);
        }
}

/* The example of pack.h. */
static void the_example(void)
{
    static const uint8_t few[] = { 1, 2, 3, 0, 2 }, two[] = { 0x39, 0x02 }, four[] = { 0x21, 0x03, 0x02 };
    pack(packed, few, 5, 2);
    CHECK(!memcmp(packed, two, 2), "%02x %02x", packed[0], packed[1]);
    pack(packed, few, 5, 4);
    CHECK(!memcmp(packed, four, 3), "%02x %02x %02x", packed[0], packed[1], packed[2]);
    CHECK(dgen__packed_bytes(UINT64_C(1) << 60, 8) == UINT64_C(1) << 60, "bytes of a very long row");
    CHECK(dgen__packed_bytes((UINT64_C(1) << 60) + 1, 2) == (UINT64_C(1) << 58) + 1, "bytes of a very long row");
}

int main(void)
{
    find_isas();
    RUN(the_example);
    RUN(one_by_one);
    RUN(every_length);
    RUN(longer_ones);
    RUN(ends_of_memory);
    return TEST_END();
}
