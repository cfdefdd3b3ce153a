/*
 * Drawing values: from the bits of the stream, through a kernel, into any array.
 *
 * Value k of a distribution takes its bits from the k-th place of up to three sub-streams, so many bits each. Sub-stream j
 * of the distribution whose row has key d is the bit source of stream.c in domain 4 d + j, under the seed and stream
 * asked for: so distributions share no bits with each other or with an object's bytes. Where that is not enough, a value has
 * a side stream of its own (kernels/draw.h). So any value can be drawn by itself, and threads, blocks and offsets cannot
 * change one.
 *
 * A block's bits are made on the stack, in the first cache; the kernel turns them into values, in place where the array
 * takes them as they are, else by way of a second block.
 */
#include "random.h"

#include <math.h>
#include <stdlib.h>

#include "cpu.h"
#include "op.h"
#include "threads.h"

enum {
    BLOCK_BYTES = 8192, /* of each sub-stream */
    BLOCK = 2048,       /* values at most */
    TASK = 1 << 16      /* values a task of a thread, a multiple of BLOCK */
};

/* A second thread pays from this much work on: it costs some microseconds to wake. */
static const double THREADS_FROM_PICOSECONDS = 20e6;

/* ------------------------------------------------------------------------------------------------------- what to draw by */

/* Method, drawn type and bits of what needs no table. */
static void choose_real(dgen__draws *draws)
{
    dgen_dtype dtype = draws->dtype;
    unsigned width = dtype == DGEN_F64 ? 64 : 32;
    switch (draws->distribution) {
    case DGEN_DISTRIBUTION_uniform:
        if (draws->options.full_resolution) dgen__draws_use(draws, DGEN_DRAW_uniform_full, dtype, width, 0, 0);
        else dgen__draws_use(draws, DGEN_DRAW_uniform, dtype, width, 0, 0);
        break;
    case DGEN_DISTRIBUTION_normal: dgen__draws_use(draws, DGEN_DRAW_normal, dtype, width, 0, 0); break;
    case DGEN_DISTRIBUTION_lognormal: dgen__draws_use(draws, DGEN_DRAW_lognormal, dtype, width, 0, 0); break;
    case DGEN_DISTRIBUTION_exponential: dgen__draws_use(draws, DGEN_DRAW_exponential, dtype, width, 0, 0); break;
    case DGEN_DISTRIBUTION_cauchy: dgen__draws_use(draws, DGEN_DRAW_cauchy, DGEN_F64, 64, 0, 0); break;
    case DGEN_DISTRIBUTION_gamma:
        dgen__draws_use(draws, DGEN_DRAW_gamma, DGEN_F64, 64, 64, draws->parameter[0].least < 1 ? 64 : 0);
        break;
    case DGEN_DISTRIBUTION_beta: dgen__draws_use(draws, DGEN_DRAW_beta, DGEN_F64, 64, 64, 64); break;
    case DGEN_DISTRIBUTION_chisq:
        dgen__draws_use(draws, DGEN_DRAW_chisq, DGEN_F64, 64, 64, draws->parameter[0].least < 2 ? 64 : 0);
        break;
    case DGEN_DISTRIBUTION_t: dgen__draws_use(draws, DGEN_DRAW_t, DGEN_F64, 64, 64, 64); break;
    default: dgen__draws_use(draws, DGEN_DRAW_normal, dtype, width, 0, 0); break; /* unit vectors */
    }
}

static int draw_type(dgen_dtype dtype)
{
    switch (dtype) {
    case DGEN_F64: return DGEN_DRAW_F64;
    case DGEN_F32: return DGEN_DRAW_F32;
    case DGEN_I32: return DGEN_DRAW_I32;
    case DGEN_I64: return DGEN_DRAW_I64;
    default: return DGEN_DRAW_U8;
    }
}

void dgen__draws_stream(dgen_stream *stream, const dgen__draws *draws, unsigned number, bool prepare)
{
    dgen__stream_init_domain(stream, 4 * (uint64_t)draws->row->key + number, draws->options.seed, draws->options.stream,
                             prepare);
}

/* The type holds every position. */
static dgen_status check_order(const dgen__draws *draws, dgen_error *error)
{
    double n = draws->parameter[0].number, base = draws->options.index_base;
    return n > 0 ? dgen__draws_range(draws, base, n - 1 + base, "n", error) : DGEN_OK;
}

dgen_status dgen__draws_init(dgen__draws *draws, dgen_distribution distribution, const dgen_operand *parameters,
                             const dgen_random_options *options, uint64_t values, dgen_error *error)
{
    dgen_status status = dgen__draws_check(draws, distribution, parameters, options, values, error);
    if (status != DGEN_OK) return status;
    if (!draws->options.has_seed) draws->options.seed = dgen__engine_seed(draws->options.engine, dgen_fresh_seed());
    draws->options.has_seed = draws->options.has_dtype = 1;
    if (draws->options.engine != DGEN_ENGINE_DGEN) return dgen__engine_open(&draws->engine, &draws->options, error);
    if (draws->row->kind == DGEN_ORDER) return check_order(draws, error);
    if (draws->row->kind == DGEN_WHOLE || draws->row->kind == DGEN_INDEX)
        status = dgen__prepare_counts(draws, values, error);
    else choose_real(draws);
    if (status != DGEN_OK) return status;
    if (draws->row->kind == DGEN_ROWS)
        values = (uint64_t)fmin(draws->parameter[0].number * draws->parameter[1].number, 0x1p53);
    for (unsigned i = 0; i < DGEN_DRAW_BITS; i++) /* the first has the side streams' key */
        if (draws->bits[i] || i == 0)
            dgen__draws_stream(&draws->stream[i], draws, i, draws->bits[i] && values >= 4 * KIB * 8 / draws->bits[i]);
    uint64_t low = dgen__load64(draws->stream[0].key.round[0]), high = dgen__load64(draws->stream[0].key.round[0] + 8);
    draws->side = dgen__mix(low ^ dgen__mix(high + draws->options.stream));
    return DGEN_OK;
}

void dgen__draws_free(dgen__draws *draws)
{
    free(draws->table);
    if (draws->engine) dgen__engine_close(draws->engine);
    draws->table = draws->engine = NULL;
}

/* ---------------------------------------------------------------------------------------------------------------- blocks */

/* A block on the stack of whoever draws it. */
typedef struct block {
    alignas(DGEN_ALIGNMENT) uint8_t bits[DGEN_DRAW_BITS][BLOCK_BYTES];
    uint8_t drawn[8 * BLOCK], converted[8 * BLOCK];
    double parameter[DGEN_DRAW_PARAMETERS][BLOCK];
} block;

/* Values a block, so that none of its parts overflows. */
static uint64_t block_values(const dgen__draws *draws)
{
    uint64_t n = BLOCK;
    for (int i = 0; i < DGEN_DRAW_BITS; i++)
        if (draws->bits[i]) n = dgen__least(n, BLOCK_BYTES * 8 / draws->bits[i]);
    return n;
}

/* n values from `first` on, both multiples of DGEN_DRAW_GROUP, in the type drawn. */
static void draw_groups(const dgen__draws *draws, block *block, void *out, uint64_t first, uint64_t n)
{
    dgen_draw draw = { .first = first, .side = draws->side, .table = draws->table };
    for (int i = 0; i < DGEN_DRAW_BITS; i++) {
        if (!draws->bits[i]) continue;
        dgen__stream_fill(&draws->stream[i], block->bits[i], n * draws->bits[i] / 8, first * draws->bits[i] / 8, false);
        draw.bits[i] = block->bits[i];
    }
    for (int i = 0; i < draws->row->parameters && draws->row->kind < DGEN_INDEX; i++) {
        draw.parameter[i] = block->parameter[i];
        draw.numbers |= draws->parameter[i].array ? 0 : 1u << i;
        dgen__parameter_read(block->parameter[i], draws, i, first, draws->parameter[i].array ? n : 1);
    }
    dgen__isa()->draw[draws->method][draw_type(draws->drawn)](out, &draw, n);
}

/* Where values of a call go. */
typedef struct target {
    const dgen__draws *draws;
    const dgen_array *out;
    size_t width;
    uint64_t first, count; /* values of the stream, as many as `out` has elements */
    bool plain, past_cache;
} target;

/* Values [first, first + n) of one block, of which `values` has those in the array's type. */
static void deliver(const target *target, const void *values, uint64_t first, uint64_t n)
{
    uint64_t at = first - target->first;
    uint8_t *to = (uint8_t *)target->out->data + at * target->width;
    if (!target->plain) dgen__write_elements(target->out, (int64_t)at, (int64_t)n, values);
    else if (target->past_cache) dgen__isa()->copy_streaming(to, values, n * target->width);
    else memcpy(to, values, n * target->width);
}

/* Values [first, first + n), within a block: whole groups straight into the array where it takes them. */
static void draw_some(const target *target, block *block, uint64_t first, uint64_t n)
{
    const dgen__draws *draws = target->draws;
    uint64_t head = first % DGEN_DRAW_GROUP, whole = n - n % DGEN_DRAW_GROUP;
    bool direct = target->plain && !target->past_cache && draws->dtype == draws->drawn;
    if (direct && head == 0 && whole) {
        draw_groups(draws, block, (uint8_t *)target->out->data + (first - target->first) * target->width, first, whole);
        first += whole;
        n -= whole;
    }
    if (!n) return;
    uint64_t groups = (head + n + DGEN_DRAW_GROUP - 1) / DGEN_DRAW_GROUP * DGEN_DRAW_GROUP;
    draw_groups(draws, block, block->drawn, first - head, groups);
    const uint8_t *values = block->drawn;
    if (draws->dtype != draws->drawn) {
        dgen__isa()->convert[draw_type(draws->drawn)][draw_type(draws->dtype)](block->converted, block->drawn, groups);
        values = block->converted;
    }
    deliver(target, values + head * target->width, first, n);
}

/* Values [first, end). */
static void draw_range(const target *target, uint64_t first, uint64_t end)
{
    block block;
    uint64_t values = block_values(target->draws);
    for (uint64_t next; first < end; first = next) {
        next = dgen__least(first - first % values + values, end);
        draw_some(target, &block, first, next - first);
    }
}

static void draw_task(void *context, uint64_t i)
{
    const target *target = context;
    uint64_t origin = target->first - target->first % TASK, at = origin + i * TASK;
    draw_range(target, at < target->first ? target->first : at, dgen__least(at + TASK, target->first + target->count));
    if (target->past_cache) __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Another engine's values come one after another: no threads, no kernels. */
static dgen_status draw_engine(const target *target, dgen_error *error)
{
    double block[BLOCK], bound[2][BLOCK];
    for (uint64_t first = target->first, end = first + target->count, n; first < end; first += n) {
        n = dgen__least(end - first, BLOCK);
        if (!dgen__engine_fill(target->draws->engine, block, first, n)) return dgen__fail_canceled(error);
        for (int i = 0; i < 2; i++) dgen__parameter_read(bound[i], target->draws, i, first, n);
        for (uint64_t i = 0; i < n; i++) block[i] = bound[0][i] + (bound[1][i] - bound[0][i]) * block[i];
        deliver(target, block, first, n);
    }
    return DGEN_OK;
}

void dgen__draws_values(const dgen__draws *draws, void *out, uint64_t first, uint64_t count)
{
    const dgen_array array = {
        .data = out, .dtype = draws->dtype, .ndim = 1, .shape = { (int64_t)count }, .stride = { 1 }
    };
    target target = { .draws = draws,
                      .out = &array,
                      .width = dgen_dtype_bytes(draws->dtype),
                      .first = first,
                      .count = count,
                      .plain = true };
    draw_range(&target, first, first + count);
}

dgen_status dgen__draws_fill(const dgen__draws *draws, const dgen_array *out, uint64_t first, bool fresh, dgen_error *error)
{
    uint64_t count = (uint64_t)dgen_array_length(out), cached = dgen__last_cache_bytes() / 4 * 3;
    target target = { .draws = draws,
                      .out = out,
                      .width = dgen_dtype_bytes(out->dtype),
                      .first = first,
                      .count = count,
                      .plain = dgen__is_contiguous(out) };
    if (!count) return DGEN_OK;
    if (draws->engine) return draw_engine(&target, error);
    bool alone = (double)count * draws->row->cost < THREADS_FROM_PICOSECONDS;
    int threads = alone ? 1 : dgen__threads_limit(draws->options.max_threads);
    target.past_cache = target.plain && !fresh && count * target.width >= (threads > 1 ? 2 * cached : cached);
    uint64_t tasks = (first % TASK + count + TASK - 1) / TASK;
    if (alone && tasks == 1) draw_task(&target, 0);
    else if (!dgen__parallel_for(draw_task, &target, tasks, alone ? 1 : draws->options.max_threads))
        return dgen__fail_canceled(error);
    return DGEN_OK;
}
