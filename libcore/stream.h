/* The seekable bit source: see stream.c for the format. */
#ifndef DGEN_STREAM_H
#define DGEN_STREAM_H

#include "core.h"
#include "cpu.h"

/* One stream of one seed. first_round is made by dgen__stream_init when prepare is true, which pays from 4 KiB up. */
typedef struct dgen_stream {
    dgen_key key;
    uint64_t stream;
} dgen_stream;

void dgen__stream_init(dgen_stream *stream, uint64_t seed, uint64_t number, bool prepare);
/* The same of bits that are not an object's: `domain` from 1 on has a key of its own under each seed. */
void dgen__stream_init_domain(dgen_stream *stream, uint64_t domain, uint64_t seed, uint64_t number, bool prepare);
/* Bytes [offset, offset + n) of the stream; streaming: past the cache. */
void dgen__stream_fill(const dgen_stream *stream, void *dst, uint64_t n, uint64_t offset, bool streaming);
/* Turns `count` blocks of any stream of this seed back into (block number, stream), as little-endian words, in place. */
void dgen__stream_invert(const dgen_stream *stream, uint8_t *blocks, size_t count);

#endif
