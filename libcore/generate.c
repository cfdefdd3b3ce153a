/*
 * Filling memory: in one shot, and at any offset.
 *
 * A fill is cut into slices, between which the host may cancel, and a slice into pieces, which the threads take in turn.
 * Because every byte stands for itself (stream.c, plan.c), no cut can change one.
 */
#include "generate.h"

#include "threads.h"

/* A piece is large against the cost of a task and small against a core's share of the last cache; a slice takes some
   milliseconds, even on pages that the kernel has yet to find. */
#define PIECE (512 * KIB)
#define SLICE (32 * MIB)
/* An array that would not stay in the last cache is stored past it: reading each line before writing it costs up to half
   of the memory's speed. One that fits is left there for whoever reads it next. */
static bool goes_past_cache(uint64_t n) { return n >= dgen__last_cache_bytes() / 4 * 3; }

struct slice {
    const dgen_plan *plan;
    uint8_t *dst;
    uint64_t n, offset;
    bool streaming;
};

static void fill_piece(void *context, uint64_t i)
{
    const struct slice *s = context;
    uint64_t at = i * PIECE;
    dgen__plan_fill(s->plan, s->dst + at, dgen__least(PIECE, s->n - at), s->offset + at, s->streaming);
}

dgen_status dgen__fill(const dgen_plan *plan, void *dst, uint64_t n, uint64_t offset, int max_threads,
                       dgen_error *error)
{
    if (n <= PIECE) {
        dgen__plan_fill(plan, dst, n, offset, false);
        return DGEN_OK;
    }
    bool streaming = goes_past_cache(n);
    for (uint64_t at = 0; at < n; at += SLICE) {
        struct slice slice = { plan, (uint8_t *)dst + at, dgen__least(SLICE, n - at), offset + at, streaming };
        dgen__parallel_for(fill_piece, &slice, (slice.n + PIECE - 1) / PIECE, max_threads);
        if (dgen__canceled()) return dgen__fail_canceled(error);
    }
    return DGEN_OK;
}

/* The config with a size and a seed, checked; n bytes are wanted at `offset`. */
static dgen_status complete(dgen_config *out, const dgen_config *config, uint64_t n, uint64_t offset, dgen_error *error)
{
    dgen_status status = dgen_config_check(config, error);
    if (status != DGEN_OK) return status;
    *out = *config;
    uint64_t end;
    if (!dgen__add(offset, n, &end) || end > UINT64_C(1) << 63 || (config->has_size && end > config->size))
        return dgen__fail(error, DGEN_EINVAL, "offset", "offset + length must be at most size, %llu bytes",
                          (unsigned long long)(config->has_size ? config->size : UINT64_C(1) << 63));
    if (!config->has_size) out->size = end, out->has_size = 1;
    if (!config->has_seed) out->seed = dgen_fresh_seed(), out->has_seed = 1;
    return DGEN_OK;
}

dgen_status dgen_fill_at(void *dst, uint64_t n_bytes, const dgen_config *config, uint64_t offset, dgen_error *error)
{
    dgen_config whole;
    dgen_plan plan;
    dgen_status status = complete(&whole, config, n_bytes, offset, error);
    if (status != DGEN_OK) return status;
    dgen__plan_init(&plan, &whole, n_bytes);
    return dgen__fill(&plan, dst, n_bytes, offset, whole.max_threads, error);
}

dgen_status dgen_generate(dgen_array *out, const dgen_config *config, dgen_error *error)
{
    dgen_array array;
    if (!config->has_size) return dgen__fail(error, DGEN_EINVAL, "size", "size is missing: say how many bytes");
    dgen_status status = dgen_config_check(config, error);
    if (status != DGEN_OK) return status;
    int64_t n = (int64_t)(config->size - config->offset);
    if (n < 0) return dgen__fail(error, DGEN_ENOMEM, "size", "size: there is no memory for %llu bytes",
                                 (unsigned long long)config->size);
    status = dgen_array_alloc(&array, DGEN_U8, 1, &n, config, error);
    if (status != DGEN_OK) return status;
    status = dgen_fill_at(array.data, (uint64_t)n, config, config->offset, error);
    if (status == DGEN_OK) *out = array;
    else dgen_array_release(&array);
    return status;
}
