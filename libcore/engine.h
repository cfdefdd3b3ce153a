/* Other generators' numbers, bit for bit: see engine.c. */
#ifndef DGEN_ENGINE_H
#define DGEN_ENGINE_H

#include "core.h"

typedef struct dgen__engine dgen__engine;

/* The engine of a host as its seeding call leaves it. Close with dgen__engine_close. */
dgen_status dgen__engine_open(dgen__engine **out, dgen_engine kind, uint64_t seed, dgen_error *error);
void dgen__engine_close(dgen__engine *engine);
/* Its uniform values [first, first + n), of any first: behind its position it begins anew. Not thread-safe. */
void dgen__engine_fill(dgen__engine *engine, double *out, uint64_t first, uint64_t n);

#endif
