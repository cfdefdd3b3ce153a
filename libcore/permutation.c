/*
 * Permutations, and samples without replacement.
 *
 * A Fisher-Yates shuffle (R. Fisher, F. Yates, "Statistical Tables", 1938; R. Durstenfeld, CACM 7, 1964) gives each of n!
 * orders once for every way to choose its steps; but among more elements than the cache holds, each step waits for
 * memory. So the elements are first thrown into blocks, each into one of 2^b that are equally likely, and the blocks are
 * shuffled one by one (C. R. Rao, "Generation of random permutations of given number of elements using random sampling
 * numbers", Sankhya A 23, 1961; M. Sandelius, "A simple randomization procedure", JRSS B 24, 1962). Given the sizes of
 * the blocks all contents are equally likely, and given the contents all orders: so every order is.
 *
 * Element i takes its block from 16-bit place i of sub-stream 0. The step at position i of the result takes a number from 0
 * up to the `bound` positions that are left of its block: the 32-bit place i of sub-stream 1 times bound over 2^32 (D.
 * Lemire, "Fast random integer generation in an interval", ACM TOMACS 29, 2019), carried on with the 64-bit place i of
 * sub-stream 2 where that could round up (S. Canon, 2022): within bound 2^-96 of unbiased. Elements of a block stand in
 * their own order before it is shuffled, however many threads threw them: the result does not depend on it.
 *
 * A sample of k is the first k places of that, where k is a good part of n. Else numbers are drawn with replacement, and
 * those that came before, which a hash table tells, are passed over: in memory and time of k. Draw t is the 64-bit place t
 * of sub-stream 1, carried on with that of sub-stream 2.
 */
#include "random.h"

#include "memory.h"
#include "op.h"
#include "threads.h"

enum {
    BLOCK_BITS = 16,      /* a block has at most so many elements, on average; at more than 2^MOST_BITS blocks, more */
    MOST_BITS = 16,
    CHUNK = 1 << 18,      /* elements that a task throws, or more */
    MOST_CHUNKS = 64,
    PIECE = 2048,         /* elements whose bits are made at a time */
    SPARSE = 4,           /* a sample of less than 1 / SPARSE is drawn with replacement; */
    SPARSE_IN_BLOCK = 32, /* of what one block holds, less than 1 / SPARSE_IN_BLOCK */
    DRAWS = 256           /* draws at a time */
};

/* Elements are moved by width, whatever they are. */
typedef uint32_t word32 __attribute__((may_alias));
typedef uint64_t word64 __attribute__((may_alias));

typedef struct order {
    const dgen__draws *draws;
    const dgen_array *out;
    dgen_stream choice, step, carry; /* sub-streams 0, 1 and 2 */
    dgen_dtype dtype;
    size_t width;
    int64_t base;
    uint64_t n, wanted;      /* positions up to `wanted` are shuffled */
    uint64_t blocks;         /* a power of two */
    uint64_t chunks, chunk;  /* so many of so many elements */
    uint64_t *start;         /* of the blocks, and n */
    uint64_t *place, row;    /* of chunk c, block b in place[c * row + b]: first how many, then where the next one goes */
    uint8_t *elements;       /* n of them: out's own, or scratch */
    bool direct;
} order;

/* --------------------------------------------------------------------------------------------------------- numbers */

/* floor (w bound / 2^32) where w goes on for 64 more bits at `place` of the carries: the product's low half is `low`. */
static __attribute__((noinline)) uint32_t carried(const dgen_stream *carry, uint64_t place, uint32_t low, uint32_t bound)
{
    uint64_t w;
    dgen__stream_fill(carry, &w, sizeof w, 8 * place, false);
    uint64_t high = (w >> 32) * bound + ((w & UINT32_MAX) * bound >> 32);
    return (uint32_t)((low + (high >> 32)) >> 32);
}

/* The high word of a b, and the low one. */
static uint64_t product(uint64_t a, uint64_t b, uint64_t *low)
{
    unsigned __int128 p = (unsigned __int128)a * b;
    *low = (uint64_t)p;
    return (uint64_t)(p >> 64);
}

/* ---------------------------------------------------------------------------------------------------------- blocks */

#define SHUFFLE(type)                                                                                       \
    for (uint64_t i = 0; i < piece; i++) {                                                                  \
        uint32_t bound = (uint32_t)(count - first - i);                                                     \
        uint64_t m = (uint64_t)bits[i] * bound;                                                             \
        uint64_t r = m >> 32;                                                                               \
        if (UNLIKELY((uint32_t)m > -bound)) r += carried(&order->carry, at + i, (uint32_t)m, bound);        \
        type *a = (type *)elements + first + i, kept = a[0];                                                \
        a[0] = a[r];                                                                                        \
        a[r] = kept;                                                                                        \
    }

/* The first `steps` steps of the shuffle of `count` elements, which stand at `start` of the result. */
static void shuffle(const order *order, uint8_t *elements, uint64_t start, uint64_t count, uint64_t steps)
{
    uint32_t bits[PIECE];
    for (uint64_t first = 0, piece; first < steps; first += piece) {
        uint64_t at = start + first;
        piece = dgen__least(steps - first, PIECE - at % 4); /* to blocks of the stream */
        dgen__stream_fill(&order->step, bits, 4 * piece, 4 * at, false);
        if (order->width == 4) SHUFFLE(word32)
        else if (order->width == 8) SHUFFLE(word64)
        else SHUFFLE(uint8_t)
    }
}

/* value (i) for i from first to first + count, as the result's type. */
#define EACH(type, place, value)                                                                            \
    for (int64_t i = 0; i < count; i++) ((type *)order->elements)[place] = (type)(value)
#define EACH_TYPE(place, value)                                                                             \
    switch (order->dtype) {                                                                                 \
    case DGEN_I32: EACH(int32_t, place, value); break;                                                      \
    case DGEN_I64: EACH(int64_t, place, value); break;                                                      \
    case DGEN_F32: EACH(float, place, value); break;                                                        \
    case DGEN_F64: EACH(double, place, value); break;                                                       \
    default: EACH(uint8_t, place, value); break;                                                            \
    }

/* The blocks of elements [first, first + count), at most PIECE. */
static void choose(const order *order, uint16_t *block, uint64_t first, uint64_t count)
{
    dgen__stream_fill(&order->choice, block, 2 * count, 2 * first, false);
}

static void count_task(void *context, uint64_t chunk)
{
    const order *order = context;
    uint16_t block[PIECE];
    uint64_t *place = order->place + chunk * order->row, mask = order->blocks - 1;
    uint64_t first = chunk * order->chunk, end = dgen__least(first + order->chunk, order->n);
    memset(place, 0, order->blocks * sizeof *place);
    for (uint64_t piece; first < end; first += piece) {
        piece = dgen__least(end - first, PIECE);
        choose(order, block, first, piece);
        for (uint64_t i = 0; i < piece; i++) place[block[i] & mask]++;
    }
}

static void throw_task(void *context, uint64_t chunk)
{
    const order *order = context;
    uint16_t block[PIECE];
    uint64_t *place = order->place + chunk * order->row, mask = order->blocks - 1;
    uint64_t first = chunk * order->chunk, end = dgen__least(first + order->chunk, order->n);
    for (int64_t count; first < end; first += (uint64_t)count) {
        int64_t value = (int64_t)first + order->base;
        count = (int64_t)dgen__least(end - first, PIECE);
        choose(order, block, first, (uint64_t)count);
        EACH_TYPE(place[block[i] & mask]++, value + i)
    }
}

static void shuffle_task(void *context, uint64_t block)
{
    const order *order = context;
    uint64_t start = order->start[block], count = order->start[block + 1] - start;
    if (start >= order->wanted) return;
    uint64_t steps = dgen__least(count, order->wanted - start);
    uint8_t *elements = order->elements + start * order->width;
    shuffle(order, elements, start, count, steps);
    if (!order->direct) dgen__write_elements(order->out, (int64_t)start, (int64_t)steps, elements);
}

/* From numbers of elements to places. */
static void find_places(order *order)
{
    uint64_t at = 0;
    for (uint64_t b = 0; b < order->blocks; b++) {
        order->start[b] = at;
        for (uint64_t c = 0; c < order->chunks; c++) {
            uint64_t *place = &order->place[c * order->row + b], count = *place;
            *place = at;
            at += count;
        }
    }
    order->start[order->blocks] = at;
}

static dgen_status by_blocks(order *order, dgen_error *error)
{
    dgen_block *tables;
    int threads = order->draws->options.max_threads;
    order->chunk = CHUNK;
    while (order->chunk * MOST_CHUNKS < order->n) order->chunk *= 2;
    order->chunks = (order->n + order->chunk - 1) / order->chunk;
    order->row = order->blocks < 8 ? 8 : order->blocks; /* a line of the cache has one writer */
    uint64_t places = order->chunks * order->row;
    dgen_status status = dgen__block_alloc(&tables, (places + order->blocks + 1) * sizeof *order->place, NULL, error);
    if (status != DGEN_OK) return status;
    order->place = dgen__block_data(tables);
    order->start = order->place + places;
    bool done = dgen__parallel_for(count_task, order, order->chunks, threads);
    if (done) find_places(order);
    done = done && dgen__parallel_for(throw_task, order, order->chunks, threads)
        && dgen__parallel_for(shuffle_task, order, order->blocks, threads);
    dgen__block_release(tables);
    return done ? DGEN_OK : dgen__fail_canceled(error);
}

/* The first `wanted` places of a permutation of n into out. */
static dgen_status permute(order *order, dgen_error *error)
{
    dgen_block *scratch = NULL;
    order->direct = dgen__is_contiguous(order->out) && order->wanted == order->n;
    order->elements = order->out->data;
    if (!order->direct) {
        uint64_t n_bytes;
        if (!dgen__multiply(order->n, order->width, &n_bytes)) return dgen__fail(error, DGEN_ENOMEM, "", "out of memory");
        dgen_status status = dgen__block_alloc(&scratch, n_bytes, NULL, error);
        if (status != DGEN_OK) return status;
        order->elements = dgen__block_data(scratch);
    }
    dgen_status status = DGEN_OK;
    if (order->blocks > 1) status = by_blocks(order, error);
    else {
        uint64_t bounds[2] = { 0, order->n };
        int64_t count = (int64_t)order->n;
        order->start = bounds;
        EACH_TYPE(i, i + order->base)
        shuffle_task(order, 0);
    }
    if (scratch) dgen__block_release(scratch);
    return status;
}

/* ---------------------------------------------------------------------------------------------------------- samples */

/* Draws [first, first + count) with replacement, of 0 to n - 1. */
static void draw(const order *order, uint64_t *values, uint64_t first, uint64_t count)
{
    dgen__stream_fill(&order->step, values, 8 * count, 8 * first, false);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t low, unused, more;
        values[i] = product(values[i], order->n, &low);
        if (LIKELY(low <= -order->n)) continue;
        dgen__stream_fill(&order->carry, &more, 8, 8 * (first + i), false);
        values[i] += low + product(more, order->n, &unused) < low;
    }
}

/* Positions from `at` on, of which there are `count`, into out. */
static void deliver(order *order, const uint64_t *values, uint64_t at, int64_t count)
{
    uint64_t converted[DRAWS];
    order->elements = (uint8_t *)converted;
    EACH_TYPE(i, (int64_t)values[i] + order->base)
    if (order->direct) memcpy((uint8_t *)order->out->data + at * order->width, converted, (size_t)count * order->width);
    else dgen__write_elements(order->out, (int64_t)at, count, converted);
}

/* A slot is 0, or 1 more than a value that came. */
static dgen_status draw_distinct(order *order, dgen_error *error)
{
    int bits = 4;
    while (UINT64_C(1) << bits < 2 * order->wanted) bits++;
    uint64_t slots = UINT64_C(1) << bits, values[DRAWS], slot[DRAWS];
    dgen_block *table;
    dgen_status status = dgen__block_alloc(&table, slots * sizeof(uint64_t), NULL, error);
    if (status != DGEN_OK) return status;
    uint64_t *seen = dgen__block_data(table), have = 0;
    memset(seen, 0, slots * sizeof *seen);
    order->direct = dgen__is_contiguous(order->out);
    for (uint64_t first = 0, count; status == DGEN_OK && have < order->wanted; first += count) {
        int64_t kept = 0;
        count = dgen__least(order->wanted - have, DRAWS);
        if (first % (1 << 20) < DRAWS && first > DRAWS && dgen__canceled()) status = dgen__fail_canceled(error);
        draw(order, values, first, count);
        for (uint64_t i = 0; i < count; i++) {
            slot[i] = values[i] * UINT64_C(0x9E3779B97F4A7C15) >> (64 - bits);
            __builtin_prefetch(seen + slot[i], 1);
        }
        for (uint64_t i = 0; i < count; i++) {
            uint64_t value = values[i], s = slot[i];
            while (seen[s] && seen[s] != value + 1) s = (s + 1) & (slots - 1);
            if (seen[s]) continue;
            seen[s] = value + 1;
            values[kept++] = value;
        }
        deliver(order, values, have, kept);
        have += (uint64_t)kept;
    }
    dgen__block_release(table);
    return status;
}

dgen_status dgen__order_fill(const dgen__draws *draws, const dgen_array *out, dgen_error *error)
{
    order order; /* its streams are large, and made below */
    order.draws = draws;
    order.out = out;
    order.dtype = out->dtype;
    order.width = dgen_dtype_bytes(out->dtype);
    order.base = draws->options.index_base;
    order.n = (uint64_t)draws->parameter[0].number;
    order.wanted = (uint64_t)dgen_array_length(out);
    order.blocks = 1;
    if (!order.wanted) return DGEN_OK;
    while (order.n / order.blocks > UINT64_C(1) << BLOCK_BITS && order.blocks < UINT64_C(1) << MOST_BITS) order.blocks *= 2;
    bool prepare = order.wanted > 2 * KIB;
    dgen__draws_stream(&order.choice, draws, 0, prepare);
    dgen__draws_stream(&order.step, draws, 1, prepare);
    dgen__draws_stream(&order.carry, draws, 2, false);
    bool sparse = order.wanted < order.n / (order.blocks > 1 ? SPARSE : SPARSE_IN_BLOCK);
    return sparse ? draw_distinct(&order, error) : permute(&order, error);
}
