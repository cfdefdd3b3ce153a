/*
 * How codes of 8, 4 or 2 bits lie in bytes.
 *
 * Element j of a row occupies bits j x bits to (j + 1) x bits - 1 of the row, where bit k of a row is bit k mod 8 of its
 * byte k / 8, the lowest first. A row begins with a byte; the bits of its last byte past the row are 0. So the codes 1, 2, 3, 0, 2
 * of 2 bits are the bytes 0x39 (00 11 10 01) and 0x02; of 4 bits 0x21, 0x03, 0x02.
 */
#ifndef DGEN_PACK_H
#define DGEN_PACK_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of a row of n codes. */
static inline uint64_t dgen__packed_bytes(uint64_t n, int bits) { return n / 8 * (uint64_t)bits + (n % 8 * (uint64_t)bits + 7) / 8; }

static inline uint8_t dgen__code_get(const uint8_t *packed, size_t j, int bits)
{
    size_t in_byte = 8 / (size_t)bits;
    return (uint8_t)(packed[j / in_byte] >> j % in_byte * (size_t)bits & ((1 << bits) - 1));
}

/* The bits of the code must be 0 before. */
static inline void dgen__code_set(uint8_t *packed, size_t j, int bits, unsigned code)
{
    size_t in_byte = 8 / (size_t)bits;
    packed[j / in_byte] |= (uint8_t)(code << j % in_byte * (size_t)bits);
}

#endif
