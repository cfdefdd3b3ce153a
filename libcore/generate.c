/*
 * Filling memory: in one shot, and at any offset.
 *
 * A fill is cut into pieces, which the threads take in turn. Because every byte stands for itself (stream.c, plan.c), no
 * cut can change one.
 */
#include "generate.h"

#include "memory.h"
#include "threads.h"

/* A piece is large against the cost of a task and small against a core's share of the last cache; on fresh pages it is a
   huge page, which two threads that met in it would both clear. Waking a thread costs as much as filling a piece or two. */
#define PIECE (512 * KIB)
#define FRESH_PIECE (2 * MIB)
#define PARALLEL_FROM (4 * PIECE)

struct work {
    const dgen_plan *plan;
    uint8_t *dst;
    uint64_t n, offset, piece;
    bool streaming;
};

static void fill_piece(void *context, uint64_t i)
{
    const struct work *w = context;
    uint64_t at = i * w->piece;
    dgen__plan_fill(w->plan, w->dst + at, dgen__least(w->piece, w->n - at), w->offset + at, w->streaming);
}

/* Memory that would not stay in the last cache is stored past it: reading each line before writing it costs up to half of
   the memory's speed. What fits is left there for whoever reads it next. Several threads hide more of that reading, and
   may have more than one last cache between them: measured on two, it pays up to twice the size. Fresh pages go through
   the cache, too: the kernel has just cleared them there, and the memory would be written a second time if their lines did
   not meet the new bytes. */
static bool goes_past_cache(uint64_t n, bool fresh, int threads)
{
    uint64_t cached = dgen__last_cache_bytes() / 4 * 3;
    return !fresh && n >= (threads > 1 ? 2 * cached : cached);
}

dgen_status dgen__fill(const dgen_plan *plan, void *dst, uint64_t n, uint64_t offset, bool fresh, int max_threads,
                       dgen_error *error)
{
    if (n < PARALLEL_FROM) {
        dgen__plan_fill(plan, dst, n, offset, false);
        return DGEN_OK;
    }
    uint64_t piece = fresh ? FRESH_PIECE : PIECE;
    int threads = dgen__threads_limit(max_threads);
    struct work work = { plan, dst, n, offset, piece, goes_past_cache(n, fresh, threads) };
    bool done = dgen__parallel_for(fill_piece, &work, (n + piece - 1) / piece, max_threads);
    return done && !dgen__canceled() ? DGEN_OK : dgen__fail_canceled(error);
}

/* The plan of a config that is complete, and the bytes. */
static dgen_status fill_object(void *dst, uint64_t n, const dgen_config *object, uint64_t offset, bool fresh,
                               dgen_error *error)
{
    dgen_plan plan;
    dgen__plan_init(&plan, object, n);
    return dgen__fill(&plan, dst, n, offset, fresh, object->max_threads, error);
}

dgen_status dgen_fill_at(void *dst, uint64_t n_bytes, const dgen_config *config, uint64_t offset, dgen_error *error)
{
    dgen_config object;
    dgen_status status = dgen__config_piece(&object, config, n_bytes, offset, error);
    return status == DGEN_OK ? fill_object(dst, n_bytes, &object, offset, false, error) : status;
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
    status = fill_object(array.data, bytes, &object, object.offset, dgen__block_is_fresh(array.owner), error);
    if (status == DGEN_OK) *out = array;
    else dgen_array_release(&array);
    return status;
}
