/*
 * Codes and scales as ggml's reference makes them: quantize_row_q8_0_ref, _q4_0_ref and _q4_1_ref (github.com/ggml-org/llama.cpp,
 * ggml/src/ggml-quants.c), byte for byte.
 *
 * A block is 32 elements of a row. All arithmetic is f32's; scales and minima are rounded to f16 when they are stored, but codes
 * are made with what they were before: so there is no bound of half a scale.
 *
 *   Q8_0  d = max |x| / 127            code = x (1 / d), halves away from 0
 *   Q4_0  d = m / -8, m the first x of the largest magnitude
 *                                      code = least (15, trunc (x (1 / d) + 8.5)), less 8
 *   Q4_1  d = (max - min) / 15         code = least (15, trunc ((x - min) (1 / d) + .5))
 *
 * and 1 / d counts as 0 where d is 0. Where it is infinite, in blocks below 2^-121 or so, the reference converts infinities and NaNs
 * to integers, which C leaves open and x86 answers with 0: so does this. (Such scales are 0 in f16.) Where d or the minimum is
 * too large for f16, the reference stores an infinity; here that is an error.
 */
#include <math.h>

#include "quantize.h"
#include "scratch.h"
#include "threads.h"

enum {
    BLOCK = 32,
    TILE = 1 << 16,         /* elements a tile, about */
    TILE_ROWS = 16,         /* rows that a tile has at least, if there are so many: a line of the cache of a column of f32 */
    TILE_COLUMNS = 1 << 14, /* columns that a tile has at most */
    TILE_BLOCKS = TILE_COLUMNS / BLOCK,
    SMALL = 1 << 15,        /* elements that are not worth a second thread */
    LANES = 8               /* of sums */
};

typedef struct part {
    dgen_deviation deviation;
    int64_t nonfinite;
} part;

typedef struct call {
    const dgen_array *x;
    dgen_quantized *out;
    const dgen_quantize_options *options;
    dgen__rows_of of;
    int64_t tile_rows, tile_columns, across; /* tiles across a row of the matrix */
    uint64_t tiles;
    part *parts; /* one a tile */
    dgen__scratch scratch;
    size_t replaced_at; /* in a place: room for a row of elements that replace others */
    int stop;           /* an element is not finite, and must be */
    uint64_t overflow;  /* the first block, in the order of rows, that f16 does not hold */
} call;

/* ------------------------------------------------------------------------------------------------------------------ a block
   A pass a step, which is what compilers make vectors of. */

/* The bits of magnitudes have their order. */
static float largest_magnitude(const float *x)
{
    int32_t bits[BLOCK], most = 0;
    float magnitude;
    memcpy(bits, x, sizeof bits);
    for (int j = 0; j < BLOCK; j++) bits[j] &= INT32_MAX;
    for (int j = 0; j < BLOCK; j++) most = bits[j] > most ? bits[j] : most;
    memcpy(&magnitude, &most, sizeof magnitude);
    return magnitude;
}

static float reciprocal(float d) { return d != 0 ? 1 / d : 0; }

static void make_q8_0(uint8_t *code, float *scale, const float *x)
{
    float d = largest_magnitude(x) / 127, by = reciprocal(d), v[BLOCK];
    int whole[BLOCK];
    for (int j = 0; j < BLOCK; j++) v[j] = x[j] * by;
    for (int j = 0; j < BLOCK; j++) v[j] = fabsf(v[j]) <= 128 ? v[j] : 0;
    for (int j = 0; j < BLOCK; j++) whole[j] = (int)v[j];
    for (int j = 0; j < BLOCK; j++) v[j] -= (float)whole[j];
    for (int j = 0; j < BLOCK; j++) whole[j] += v[j] >= .5f ? 129 : 128;
    for (int j = 0; j < BLOCK; j++) whole[j] -= v[j] <= -.5f ? 1 : 0;
    for (int j = 0; j < BLOCK; j++) code[j] = (uint8_t)whole[j];
    *scale = d;
}

/* The codes that v truncate to. */
static void nibbles(uint8_t *code, float *v)
{
    int whole[BLOCK];
    for (int j = 0; j < BLOCK; j++) v[j] = v[j] >= 0 ? v[j] : 0;
    for (int j = 0; j < BLOCK; j++) v[j] = v[j] < 17 ? v[j] : 0;
    for (int j = 0; j < BLOCK; j++) whole[j] = (int)v[j];
    for (int j = 0; j < BLOCK; j++) code[j] = (uint8_t)(whole[j] < 15 ? whole[j] : 15);
}

static void make_q4_0(uint8_t *code, float *scale, const float *x)
{
    float most = largest_magnitude(x), peak = 0;
    for (int j = 0; most > 0 && j < BLOCK; j++)
        if (fabsf(x[j]) == most) {
            peak = x[j];
            break;
        }
    float d = peak / -8, by = reciprocal(d), v[BLOCK];
    for (int j = 0; j < BLOCK; j++) v[j] = x[j] * by + 8.5f;
    nibbles(code, v);
    *scale = d;
}

/* The first of equal extremes counts: it says which 0 the minimum is. */
static void make_q4_1(uint8_t *code, float *scale, float *minimum, const float *x)
{
    float least = x[0], most = x[0];
    for (int j = 1; j < BLOCK; j++) {
        if (x[j] < least) least = x[j];
        if (x[j] > most) most = x[j];
    }
    float d = (most - least) / 15, by = reciprocal(d), v[BLOCK];
    for (int j = 0; j < BLOCK; j++) v[j] = (x[j] - least) * by + .5f;
    nibbles(code, v);
    *scale = d;
    *minimum = least;
}

/* One byte an element. */
static void make_block(uint8_t *code, float *scale, float *minimum, const float *x, dgen_packing rule)
{
    *minimum = 0;
    if (rule == DGEN_PACKING_GGML_Q8_0) make_q8_0(code, scale, x);
    else if (rule == DGEN_PACKING_GGML_Q4_0) make_q4_0(code, scale, x);
    else make_q4_1(code, scale, minimum, x);
}

static void store_block(uint8_t *packed, const uint8_t *code, int bits)
{
    if (bits == 8) memcpy(packed, code, BLOCK);
    else
        for (int j = 0; j < BLOCK / 2; j++) packed[j] = (uint8_t)(code[2 * j] | code[2 * j + 1] << 4);
}

/* ------------------------------------------------------------------------------------------------------------ the certificate */

typedef struct lanes {
    double squares[LANES], result_squares[LANES], error_squares[LANES], most[LANES], clipped[LANES];
} lanes;

/* w' as dequantizing has it: (code - middle) scale is exact in f32, and code scale, too, to which Q4_1 adds and rounds. */
static float value_of(float code, float middle, float scale, float minimum) { return (code - middle) * scale + minimum; }

static void add_squares(double *sum, const double *x)
{
    for (int k = 0; k < LANES; k++)
        sum[k] += (x[k] * x[k] + x[k + 8] * x[k + 8]) + (x[k + 16] * x[k + 16] + x[k + 24] * x[k + 24]);
}

static void measure_block(lanes *sum, const float *x, const uint8_t *code, float scale, float minimum, dgen_packing rule)
{
    float middle = rule == DGEN_PACKING_GGML_Q8_0 ? 128 : rule == DGEN_PACKING_GGML_Q4_0 ? 8 : 0, result[BLOCK];
    double first = value_of(0, middle, scale, minimum), slack = fabsf(scale) / 2.0;
    double last = value_of(rule == DGEN_PACKING_GGML_Q8_0 ? 255 : 15, middle, scale, minimum);
    double low = (first < last ? first : last) - slack, high = (first < last ? last : first) + slack;
    double w[BLOCK], value[BLOCK], error[BLOCK], beyond[BLOCK];
    for (int j = 0; j < BLOCK; j++) result[j] = value_of(code[j], middle, scale, minimum);
    for (int j = 0; j < BLOCK; j++) w[j] = x[j], value[j] = result[j];
    for (int j = 0; j < BLOCK; j++) error[j] = fabs(w[j] - value[j]);
    for (int j = 0; j < BLOCK; j++) beyond[j] = w[j] < low ? 1 : 0;
    for (int j = 0; j < BLOCK; j++) beyond[j] = w[j] > high ? 1 : beyond[j];
    add_squares(sum->squares, w);
    add_squares(sum->result_squares, value);
    add_squares(sum->error_squares, error);
    for (int k = 0; k < LANES; k++)
        for (int j = k; j < BLOCK; j += LANES) sum->most[k] = error[j] > sum->most[k] ? error[j] : sum->most[k];
    for (int k = 0; k < LANES; k++) sum->clipped[k] += (beyond[k] + beyond[k + 8]) + (beyond[k + 16] + beyond[k + 24]);
}

static void add_lanes(dgen_deviation *out, const lanes *sum)
{
    for (int k = 0; k < LANES; k++) {
        dgen_deviation lane = { .squares = sum->squares[k], .result_squares = sum->result_squares[k],
                                .error_squares = sum->error_squares[k], .most = sum->most[k], .clipped = (int64_t)sum->clipped[k] };
        dgen__deviation_add(out, &lane);
    }
}

/* ------------------------------------------------------------------------------------------------------------------- a tile */

/* Rounds to f16 where they are stored, and says what f32 they are then; false if one is infinite. */
static bool store_halves(uint16_t *out, float *values, int64_t count)
{
    const dgen_quantize_kernels *kernels = dgen__isa()->quantization;
    bool finite = true;
    kernels->from_f32[DGEN_OF_F16](out, values, (size_t)count);
    kernels->to_f32[DGEN_OF_F16](values, out, (size_t)count);
    for (int64_t i = 0; i < count; i++) finite &= isfinite(values[i]) != 0;
    return finite;
}

static void note_overflow(call *call, uint64_t block)
{
    uint64_t first = __atomic_load_n(&call->overflow, __ATOMIC_RELAXED);
    while (block < first
           && !__atomic_compare_exchange_n(&call->overflow, &first, block, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

/* The blocks of a row from number `first` of the matrix on, of finite elements. */
static void run_blocks(call *call, int64_t first, const float *x, int64_t blocks, part *part)
{
    dgen_packing rule = call->options->rule;
    int bits = call->out->bits;
    uint8_t *codes = (uint8_t *)call->out->codes.data + first * (BLOCK / 8) * bits, code[TILE_COLUMNS];
    float scale[TILE_BLOCKS], minimum[TILE_BLOCKS];
    for (int64_t b = 0; b < blocks; b++) {
        make_block(code + b * BLOCK, scale + b, minimum + b, x + b * BLOCK, rule);
        store_block(codes + b * (BLOCK / 8) * bits, code + b * BLOCK, bits);
    }
    bool held = store_halves((uint16_t *)call->out->scale.data + first, scale, blocks);
    if (rule == DGEN_PACKING_GGML_Q4_1) held &= store_halves((uint16_t *)call->out->zero.data + first, minimum, blocks);
    else memset((uint8_t *)call->out->zero.data + first, 1 << (bits - 1), (size_t)blocks);
    for (int64_t b = 0; !held && b < blocks; b++)
        if (!isfinite(scale[b]) || !isfinite(minimum[b])) {
            note_overflow(call, (uint64_t)(first + b));
            return;
        }
    if (!call->options->certificate) return;
    lanes sum = { 0 };
    for (int64_t b = 0; b < blocks; b++) measure_block(&sum, x + b * BLOCK, code + b * BLOCK, scale[b], minimum[b], rule);
    add_lanes(&part->deviation, &sum);
}

/* Elements of a row, all finite: replaced if need be; NULL if they must not be. */
static const float *finite_row(const call *call, const float *x, int64_t n, part *part, float *place)
{
    float least = INFINITY, most = -INFINITY;
    if (dgen__isa()->quantization->range(&least, &most, x, (size_t)n)) return x;
    if (call->options->nan == DGEN_NONFINITE_ERROR) return NULL;
    for (int64_t i = 0; i < n; i += BLOCK)
        part->nonfinite += dgen__replace_nonfinite(place + i, x + i, BLOCK, call->options->nan);
    return place;
}

static void run_tile(void *context, uint64_t i)
{
    call *call = context;
    if (__atomic_load_n(&call->stop, __ATOMIC_RELAXED)) return;
    dgen__tile tile = { .row = (int64_t)i / call->across * call->tile_rows,
                       .column = (int64_t)i % call->across * call->tile_columns };
    tile.rows = (int64_t)dgen__least((uint64_t)call->tile_rows, (uint64_t)(call->of.rows - tile.row));
    tile.columns = (int64_t)dgen__least((uint64_t)call->tile_columns, (uint64_t)(call->of.columns - tile.column));
    part part = { .nonfinite = 0 };
    uint8_t *place = dgen__scratch_take(&call->scratch);
    int64_t stride;
    const float *x = dgen__tile_read(call->x, &tile, place, &stride);
    for (int64_t r = 0; r < tile.rows; r++) {
        float *replaced = place ? (float *)(place + call->replaced_at) : NULL;
        const float *row = finite_row(call, x + r * stride, tile.columns, &part, replaced);
        if (!row) {
            __atomic_store_n(&call->stop, 1, __ATOMIC_RELAXED);
            break;
        }
        run_blocks(call, (tile.row + r) * call->of.groups + tile.column / BLOCK, row, tile.columns / BLOCK, &part);
    }
    call->parts[i] = part;
    dgen__scratch_give(&call->scratch, place);
}

/* ------------------------------------------------------------------------------------------------------------------ the call */

static dgen_status fail_overflow(const call *call, dgen_error *error)
{
    int64_t row = (int64_t)call->overflow / call->of.groups, column = (int64_t)call->overflow % call->of.groups * BLOCK, stride;
    float place[BLOCK], finite[BLOCK], scale, minimum, rounded;
    uint16_t half;
    uint8_t code[BLOCK];
    dgen__tile tile = { row, 1, column, BLOCK };
    const float *x = dgen__tile_read(call->x, &tile, place, &stride);
    (void)dgen__replace_nonfinite(finite, x, BLOCK, call->options->nan);
    make_block(code, &scale, &minimum, finite, call->options->rule);
    rounded = scale;
    bool of_scale = !store_halves(&half, &rounded, 1);
    return dgen__fail(error, DGEN_EINVAL, "x",
                      "x must have blocks whose %s f16 can hold, to 65504, unless rule is \"dgen\"; that of the block at element "
                      "%lld is %.9g", of_scale ? "scale" : "minimum",
                      (long long)(row + (call->x->ndim == 1 ? 1 : call->of.rows) * column + 1), of_scale ? scale : minimum);
}

static dgen_status run(call *call, int threads, dgen_error *error)
{
    if (!dgen__parallel_for(run_tile, call, call->tiles, threads)) return dgen__fail_canceled(error);
    if (call->stop) return dgen__fail_nonfinite(call->x, error);
    if (call->overflow != UINT64_MAX) return fail_overflow(call, error);
    dgen_deviation sum = { 0 };
    int64_t nonfinite = 0;
    for (uint64_t i = 0; i < call->tiles; i++) {
        dgen__deviation_add(&sum, &call->parts[i].deviation);
        nonfinite += call->parts[i].nonfinite;
    }
    dgen__certify(&call->out->error, call->options->certificate ? &sum : NULL, call->of.rows * call->of.columns, nonfinite);
    return DGEN_OK;
}

static void choose_tiles(call *call)
{
    const dgen__rows_of *of = &call->of;
    call->tile_columns = (int64_t)dgen__least((uint64_t)of->columns, TILE_COLUMNS);
    call->across = (of->columns + call->tile_columns - 1) / call->tile_columns;
    int64_t rows = TILE / call->tile_columns / TILE_ROWS * TILE_ROWS;
    call->tile_rows = (int64_t)dgen__least((uint64_t)(rows ? rows : TILE_ROWS), (uint64_t)of->rows);
    call->tiles = (uint64_t)(call->across * ((of->rows + call->tile_rows - 1) / call->tile_rows));
}

dgen_status dgen__ggml_quantize(dgen_quantized *quantized, const dgen_array *x, const dgen_quantize_options *options,
                                dgen_error *error)
{
    call call = { .x = x, .out = quantized, .options = options, .of = dgen__quantized_rows(quantized), .overflow = UINT64_MAX };
    dgen_block *parts;
    choose_tiles(&call);
    int threads = call.of.rows * call.of.columns < SMALL ? 1 : options->max_threads;
    size_t row = (size_t)call.tile_columns * sizeof(float);
    call.replaced_at = dgen__tile_is_plain(x) ? 0 : row * (size_t)call.tile_rows;
    size_t place = call.replaced_at + (options->nan == DGEN_NONFINITE_ERROR ? 0 : row);
    dgen_status status = dgen__block_alloc(&parts, call.tiles * sizeof(part), NULL, error);
    if (status != DGEN_OK) return status;
    call.parts = dgen__block_data(parts);
    status = dgen__scratch_open(&call.scratch, place, call.tiles, dgen__threads_limit(threads), error);
    if (status == DGEN_OK) status = run(&call, threads, error);
    dgen__scratch_close(&call.scratch);
    dgen__block_release(parts);
    return status;
}
