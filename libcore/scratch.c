/*
 * Working memory of tasks. At most as many tasks run at a time as there are places, so that a task that looks through the
 * flags of all of them finds a free one.
 */
#include "scratch.h"

dgen_status dgen__scratch_open(dgen__scratch *out, uint64_t place_bytes, uint64_t tasks, int threads, dgen_error *error)
{
    *out = (dgen__scratch){ .places = dgen__least((uint64_t)threads, tasks) };
    if (place_bytes == 0) return DGEN_OK;
    out->place_bytes = (place_bytes + DGEN_ALIGNMENT - 1) / DGEN_ALIGNMENT * DGEN_ALIGNMENT;
    dgen_status status = dgen__block_alloc(&out->block, out->places * (out->place_bytes + 1), NULL, error);
    if (status != DGEN_OK) return status;
    out->memory = dgen__block_data(out->block);
    out->taken = out->memory + out->places * out->place_bytes;
    memset(out->taken, 0, out->places);
    return DGEN_OK;
}

void dgen__scratch_close(dgen__scratch *scratch)
{
    if (scratch->block) dgen__block_release(scratch->block);
    scratch->block = NULL;
}

void *dgen__scratch_take(const dgen__scratch *scratch)
{
    if (!scratch->block) return NULL;
    uint64_t place = 0;
    while (__atomic_exchange_n(scratch->taken + place, 1, __ATOMIC_ACQUIRE)) place = (place + 1) % scratch->places;
    return scratch->memory + place * scratch->place_bytes;
}

void dgen__scratch_give(const dgen__scratch *scratch, void *place)
{
    if (place) __atomic_store_n(scratch->taken + (size_t)((uint8_t *)place - scratch->memory) / scratch->place_bytes, 0, __ATOMIC_RELEASE);
}
