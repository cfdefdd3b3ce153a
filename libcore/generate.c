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
        bool done = dgen__parallel_for(fill_piece, &slice, (slice.n + PIECE - 1) / PIECE, max_threads);
        if (!done || dgen__canceled()) return dgen__fail_canceled(error);
    }
    return DGEN_OK;
}

/* The plan of a config that is complete, and the bytes. */
static dgen_status fill_object(void *dst, uint64_t n, const dgen_config *object, uint64_t offset, dgen_error *error)
{
    dgen_plan plan;
    dgen__plan_init(&plan, object, n);
    return dgen__fill(&plan, dst, n, offset, object->max_threads, error);
}

dgen_status dgen_fill_at(void *dst, uint64_t n_bytes, const dgen_config *config, uint64_t offset, dgen_error *error)
{
    dgen_config object;
    dgen_status status = dgen__config_piece(&object, config, n_bytes, offset, error);
    return status == DGEN_OK ? fill_object(dst, n_bytes, &object, offset, error) : status;
}

dgen_status dgen_generate(dgen_array *out, const dgen_config *config, dgen_error *error)
{
    dgen_config object;
    dgen_array array;
    if (!config->has_size) return dgen__fail(error, DGEN_EINVAL, "size", "size is missing: say how many bytes");
    dgen_status status = dgen__config_piece(&object, config, 0, config->offset, error);
    if (status != DGEN_OK) return status;
    uint64_t bytes = object.size - object.offset;
    int64_t n = bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes; /* for which there is no memory */
    status = dgen_array_alloc(&array, DGEN_U8, 1, &n, &object, error);
    if (status != DGEN_OK) return status;
    status = fill_object(array.data, bytes, &object, object.offset, error);
    if (status == DGEN_OK) *out = array;
    else dgen_array_release(&array);
    return status;
}
