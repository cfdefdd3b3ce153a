/* Working memory of tasks: a few places of one size, as many as there are threads, of which a task takes one and gives it back. */
#ifndef DGEN_SCRATCH_H
#define DGEN_SCRATCH_H

#include "memory.h"

typedef struct dgen__scratch {
    dgen_block *block;
    uint8_t *memory, *taken; /* the places, and for each whether it is in use */
    size_t place_bytes;
    uint64_t places;
} dgen__scratch;

/* Places for `tasks` tasks on `threads` threads. place_bytes 0: no memory, and dgen__scratch_take gives NULL. */
dgen_status dgen__scratch_open(dgen__scratch *out, uint64_t place_bytes, uint64_t tasks, int threads, dgen_error *error);
void dgen__scratch_close(dgen__scratch *scratch);
/* A place of 64-byte aligned memory, for the thread that asks. */
void *dgen__scratch_take(const dgen__scratch *scratch);
void dgen__scratch_give(const dgen__scratch *scratch, void *place);

#endif
