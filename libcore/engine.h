/* Other generators' numbers, bit for bit: see engine.c. */
#ifndef DGEN_ENGINE_H
#define DGEN_ENGINE_H

#include "core.h"

typedef struct dgen__engine dgen__engine;

/* A seed that the engine's host takes, made of any 64 bits. */
uint64_t dgen__engine_seed(dgen_engine kind, uint64_t bits);
/* The engine of a host as its seeding call leaves it with options->seed. Close with dgen__engine_close. */
dgen_status dgen__engine_open(dgen__engine **out, const dgen_random_options *options, dgen_error *error);
void dgen__engine_close(dgen__engine *engine);
/* Its uniform values [first, first + n), of any first: behind its position it begins anew. False if the poll hook asked to
   stop. Not thread-safe. */
__attribute__((warn_unused_result)) bool dgen__engine_fill(dgen__engine *engine, double *out, uint64_t first, uint64_t n);

#endif
