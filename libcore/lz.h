/* How many bytes the LZ4 block format takes. See lz.c. */
#ifndef DGEN_LZ_H
#define DGEN_LZ_H

#include "core.h"

/* Bytes of the n bytes at src, n < 2^31, as one block of the LZ4 format made by a fast, greedy compressor. */
uint64_t dgen__lz_bytes(const uint8_t *src, uint64_t n);

#endif
