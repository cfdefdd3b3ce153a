/*
 * The streaming generator: a plan and a position in its object. All state is the position, so that seek is free and a
 * small piece costs what its bytes cost.
 */
#include <stdio.h>
#include <stdlib.h>

#include "generate.h"
#include "memory.h"

struct dgen_generator {
    dgen_plan plan;
    dgen_config config;
    uint64_t position;
};

/* Large enough that the plan prepares itself for bulk work. */
static void plan_for_bulk(dgen_generator *generator) { dgen__plan_init(&generator->plan, &generator->config, UINT64_MAX); }

dgen_status dgen_generator_open(dgen_generator **out, const dgen_config *config, dgen_error *error)
{
    if (!config->has_size) return dgen__fail(error, DGEN_EINVAL, "size", "size is missing: say how many bytes");
    dgen_status status = dgen_config_check(config, error);
    if (status != DGEN_OK) return status;
    size_t bytes = (sizeof(dgen_generator) + DGEN_ALIGNMENT - 1) / DGEN_ALIGNMENT * DGEN_ALIGNMENT;
    dgen_generator *generator = aligned_alloc(DGEN_ALIGNMENT, bytes);
    if (!generator) return dgen__fail(error, DGEN_ENOMEM, "", "there is no memory for a generator");
    generator->config = *config;
    generator->position = config->offset;
    if (!config->has_seed) generator->config.seed = dgen_fresh_seed(), generator->config.has_seed = 1;
    plan_for_bulk(generator);
    *out = generator;
    return DGEN_OK;
}

void dgen_generator_close(dgen_generator *generator) { free(generator); }

static dgen_status left(const dgen_generator *generator, uint64_t *n, dgen_error *error)
{
    uint64_t size = generator->config.size;
    if (generator->position == size)
        return dgen__fail(error, DGEN_EEND, "generator",
                          "generator is at its end, %llu of %llu bytes; seek or reset it first",
                          (unsigned long long)size, (unsigned long long)size);
    *n = dgen__least(*n, size - generator->position);
    return DGEN_OK;
}

/* n bytes that are left, into dst. */
static dgen_status advance(dgen_generator *generator, void *dst, uint64_t n, bool fresh, dgen_error *error)
{
    dgen_status status =
        dgen__fill(&generator->plan, dst, n, generator->position, fresh, generator->config.max_threads, error);
    if (status == DGEN_OK) generator->position += n;
    return status;
}

dgen_status dgen_generator_fill(dgen_generator *generator, void *dst, uint64_t n_bytes, uint64_t *got,
                                dgen_error *error)
{
    dgen_status status = left(generator, &n_bytes, error);
    if (status == DGEN_OK) status = advance(generator, dst, n_bytes, false, error);
    if (status == DGEN_OK) *got = n_bytes;
    return status;
}

dgen_status dgen_generator_next(dgen_generator *generator, dgen_array *out, uint64_t n_bytes, dgen_error *error)
{
    dgen_array array;
    dgen_status status = left(generator, &n_bytes, error);
    if (status != DGEN_OK) return status;
    if (n_bytes > INT64_MAX) n_bytes = INT64_MAX; /* the allocation then says that there is no memory */
    int64_t n = (int64_t)n_bytes;
    status = dgen_array_alloc(&array, DGEN_U8, 1, &n, &generator->config, error);
    if (status != DGEN_OK) return status;
    status = advance(generator, array.data, n_bytes, dgen__block_is_fresh(array.owner), error);
    if (status == DGEN_OK) *out = array;
    else dgen_array_release(&array);
    return status;
}

uint64_t dgen_generator_position(const dgen_generator *generator) { return generator->position; }

dgen_status dgen_generator_seek(dgen_generator *generator, uint64_t position, dgen_error *error)
{
    if (position > generator->config.size)
        return dgen__fail(error, DGEN_EINVAL, "position",
                          "position must be a whole number of bytes from 0 to size, %llu, not %llu",
                          (unsigned long long)generator->config.size, (unsigned long long)position);
    generator->position = position;
    return DGEN_OK;
}

void dgen_generator_reset(dgen_generator *generator) { generator->position = generator->config.offset; }

dgen_status dgen_generator_set_seed(dgen_generator *generator, uint64_t seed, dgen_error *error)
{
    (void)error;
    generator->config.seed = seed;
    plan_for_bulk(generator);
    return DGEN_OK;
}

int dgen_generator_done(const dgen_generator *generator) { return generator->position == generator->config.size; }

const dgen_config *dgen_generator_config(const dgen_generator *generator) { return &generator->config; }

void dgen_generator_describe(const dgen_generator *generator, char *text, size_t text_bytes)
{
    const dgen_config *c = &generator->config;
    snprintf(text, text_bytes,
             "dgen.generator: at %llu of %llu bytes, seed %llu, stream %llu, dedup_ratio %.6g, compress_ratio %.6g",
             (unsigned long long)generator->position, (unsigned long long)c->size, (unsigned long long)c->seed,
             (unsigned long long)c->stream, c->dedup_ratio, c->compress_ratio);
}
