/* Blocks of memory: aligned, on huge pages, placed, and reused. */
#ifndef DGEN_MEMORY_H
#define DGEN_MEMORY_H

#include "core.h"

typedef struct dgen_block dgen_block; /* counted */

/* At least n_bytes at a 64-byte boundary (a 4096-byte one from 64 KiB up), uninitialised. placement may be NULL. */
dgen_status dgen__block_alloc(dgen_block **out, uint64_t n_bytes, const dgen_config *placement, dgen_error *error);
/* Memory of another, that give_back (context) returns when the last reference is dropped. */
dgen_status dgen__block_adopt(dgen_block **out, void *data, void (*give_back)(void *context), void *context, dgen_error *error);
void *dgen__block_data(dgen_block *block);
/* True until the block has been in the pool: none of its pages may have been touched yet. */
bool dgen__block_is_fresh(const dgen_block *block);
void dgen__block_retain(dgen_block *block);
void dgen__block_release(dgen_block *block);

/* "madvise", "always", "never": the kernel's transparent huge page mode, or "none". */
const char *dgen__huge_page_mode(void);

/* numa.c */
int dgen__numa_nodes(void);
/* Asks for the pages of [data, data + n) to be placed as `placement` says; a refusal is harmless unless forced. */
dgen_status dgen__numa_place(void *data, size_t n, const dgen_config *placement, dgen_error *error);

#endif
