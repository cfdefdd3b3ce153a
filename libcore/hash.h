/* 128-bit hashes of blocks, and how many of them are distinct. See hash.c. */
#ifndef DGEN_HASH_H
#define DGEN_HASH_H

#include "core.h"

typedef struct dgen_hash {
    uint64_t low, high;
} dgen_hash;

enum { DGEN_HASH_LANES = 4, DGEN_HASH_STEP = 64 };

typedef struct dgen_hash_state {
    dgen_hash lane[DGEN_HASH_LANES];
    uint64_t seen; /* all bytes so far, or'ed: 0 as long as all are zero */
} dgen_hash_state;

/* Starts the hash of a block of n bytes. */
void dgen__hash_start(dgen_hash_state *state, uint64_t n);
/* Adds the next n bytes; all but the last n of a block are multiples of DGEN_HASH_STEP. Says whether all are zero. */
bool dgen__hash_add(dgen_hash_state *state, const uint8_t *bytes, uint64_t n);
dgen_hash dgen__hash_end(const dgen_hash_state *state);

/* How many of n hashes are distinct. Sorts them. False if canceled. */
bool dgen__hash_distinct(uint64_t *out, dgen_hash *hashes, uint64_t n);

#endif
