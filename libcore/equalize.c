/*
 * Channel equalization: what is hard to quantize in the activations moves to the weights (SmoothQuant, arXiv 2211.10438).
 *
 * Columns of w and x, which are the input channels, are gone through in tiles: once for the largest magnitudes, whose order
 * does not matter, and once for the products. Powers are those of this library's own kernels, so that scales have the same bits on
 * every machine. A scale stays where w', x', it and its reciprocal neither overflow nor are subnormal.
 */
#include "quantize.h"

#include <float.h>
#include <math.h>

#include "memory.h"
#include "op.h"
#include "threads.h"

enum {
    COLUMNS = 64,   /* of a tile */
    ROWS = 1024,
    RUN = 256,      /* rows that are read at once */
    SMALL = 1 << 15 /* elements that are not worth a second thread */
};

/* A matrix of the call, by columns. */
typedef struct side {
    const dgen_array *from;
    const char *argument;
    dgen_array *out;
    dgen_dtype dtype; /* f32 or f64: what it becomes */
    int64_t rows, columns, down, across; /* tiles */
    double *most;   /* of each tile's columns, then of the matrix's */
    int finite;
    const float *factor;
} side;

static void open_side(side *side, const dgen_array *from, const char *argument, dgen_array *out)
{
    dgen__rows_of of = dgen__quantized_rows(&(dgen_quantized){ .bits = 8, .ndim = from->ndim,
                           .shape = { from->shape[0], from->shape[1], from->shape[2], from->shape[3] } });
    *side = (struct side){ .from = from, .argument = argument, .out = out, .rows = of.rows, .columns = of.columns, .finite = 1 };
    side->dtype = from->dtype == DGEN_F64 ? DGEN_F64 : DGEN_F32;
    side->down = (of.rows + ROWS - 1) / ROWS;
    side->across = (of.columns + COLUMNS - 1) / COLUMNS;
}

/* A tile: where it begins and ends. */
typedef struct span {
    int64_t row, end_row, column, end_column;
} span;

static span span_of(const side *side, uint64_t i)
{
    span span = { .row = (int64_t)i % side->down * ROWS, .column = (int64_t)i / side->down * COLUMNS };
    span.end_row = span.row + ROWS < side->rows ? span.row + ROWS : side->rows;
    span.end_column = span.column + COLUMNS < side->columns ? span.column + COLUMNS : side->columns;
    return span;
}

/* ------------------------------------------------------------------------------------------------------------------ magnitudes */

/* The largest of n magnitudes and `most`; NaN or Inf if one is not finite. */
static double largest(double most, const void *x, dgen_dtype dtype, int64_t n)
{
    double all = 0; /* NaN if an element is not finite */
    if (dtype == DGEN_F64)
        for (int64_t i = 0; i < n; i++) {
            double magnitude = fabs(((const double *)x)[i]);
            most = magnitude > most ? magnitude : most;
            all += magnitude * 0;
        }
    else {
        float single = 0, all_single = 0;
        for (int64_t i = 0; i < n; i++) {
            float magnitude = fabsf(((const float *)x)[i]);
            single = magnitude > single ? magnitude : single;
            all_single += magnitude * 0;
        }
        most = single > most ? single : most;
        all = all_single;
    }
    return most + all;
}

static void find_largest(void *context, uint64_t i)
{
    side *side = context;
    span span = span_of(side, i);
    alignas(DGEN_ALIGNMENT) double run[RUN];
    double *most = side->most + i * COLUMNS;
    memset(most, 0, COLUMNS * sizeof *most);
    for (int64_t row = span.row; row < span.end_row; row += RUN) {
        int64_t n = span.end_row - row < RUN ? span.end_row - row : RUN;
        for (int64_t c = span.column; c < span.end_column; c++) {
            dgen__read_elements(run, side->dtype, side->from, c * side->rows + row, n);
            most[c - span.column] = largest(most[c - span.column], run, side->dtype, n);
            if (!isfinite(most[c - span.column])) {
                __atomic_store_n(&side->finite, 0, __ATOMIC_RELAXED);
                return;
            }
        }
    }
}

static dgen_status fail_nonfinite(const side *side, dgen_error *error)
{
    int64_t i = 0;
    double value;
    while (isfinite(value = dgen_array_get(side->from, i))) i++;
    return dgen__fail(error, DGEN_EINVAL, side->argument, "%s must be finite; element %lld is %s", side->argument, (long long)i + 1,
                      isnan(value) ? "NaN" : value < 0 ? "-Inf" : "Inf");
}

static bool each_tile(void (*task)(void *, uint64_t), side *side, int max_threads)
{
    bool small = side->rows * side->columns < SMALL;
    return dgen__parallel_for(task, side, (uint64_t)(side->down * side->across), small ? 1 : max_threads);
}

/* The largest magnitude of each column, from the first `columns` numbers of side->most on. */
static dgen_status measure(side *side, int max_threads, dgen_error *error)
{
    if (!each_tile(find_largest, side, max_threads)) return dgen__fail_canceled(error);
    if (!side->finite) return fail_nonfinite(side, error);
    for (int64_t c = 0; c < side->columns; c++) {
        const double *tile = side->most + c / COLUMNS * side->down * COLUMNS;
        double most = 0;
        for (int64_t i = 0; i < side->down; i++)
            if (tile[i * COLUMNS + c % COLUMNS] > most) most = tile[i * COLUMNS + c % COLUMNS];
        side->most[c] = most;
    }
    return DGEN_OK;
}

/* ---------------------------------------------------------------------------------------------------------------------- scales */

static double power(double x, double y)
{
    double out;
    const void *operands[3] = { &x, &y, NULL };
    dgen__isa()->map[DGEN_OP_pow][DGEN_F64_KERNELS](&out, operands, 0, 1, 0);
    return out;
}

/* 2 to the nearest whole number to log2 s. */
static double nearest_power_of_two(double s)
{
    int exponent;
    double fraction = frexp(s, &exponent);
    return ldexp(1, fraction < 0x1.6a09e667f3bcdp-1 ? exponent - 1 : exponent);
}

/* The scale of a channel from its largest magnitudes: so that most_w scale and most_x / scale are numbers of their types. The bounds,
   a little within, hold 1. */
static float scale_of(double most_w, double most_x, const side *w, const side *x, double alpha, bool power_of_two)
{
    if (most_w == 0 || most_x == 0) return 1;
    double upper = (w->dtype == DGEN_F64 ? DBL_MAX : FLT_MAX) / most_w * (1 - 0x1p-20);
    double lower = most_x / (x->dtype == DGEN_F64 ? DBL_MAX : FLT_MAX) * (1 + 0x1p-20);
    upper = upper < 1 ? 1 : upper > 0x1p126 ? 0x1p126 : upper;
    lower = lower > 1 ? 1 : lower < 0x1p-126 ? 0x1p-126 : lower;
    double s = power(most_x, alpha) / power(most_w, 1 - alpha);
    s = s < lower ? lower : s > upper ? upper : s;
    if (!power_of_two) return (float)s;
    s = nearest_power_of_two(s);
    return (float)(s > upper ? s / 2 : s < lower ? s * 2 : s);
}

/* --------------------------------------------------------------------------------------------------------------------- products */

static void multiply(void *out, const void *x, float factor, dgen_dtype dtype, int64_t n)
{
    if (dtype == DGEN_F64)
        for (int64_t i = 0; i < n; i++) ((double *)out)[i] = ((const double *)x)[i] * factor;
    else
        for (int64_t i = 0; i < n; i++) ((float *)out)[i] = ((const float *)x)[i] * factor;
}

static void scale_tile(void *context, uint64_t i)
{
    const side *side = context;
    span span = span_of(side, i);
    alignas(DGEN_ALIGNMENT) double run[RUN];
    for (int64_t row = span.row; row < span.end_row; row += RUN) {
        int64_t n = span.end_row - row < RUN ? span.end_row - row : RUN;
        for (int64_t c = span.column; c < span.end_column; c++) {
            int64_t at = c * side->rows + row;
            dgen__read_elements(run, side->dtype, side->from, at, n);
            multiply((char *)side->out->data + (size_t)at * dgen_dtype_bytes(side->dtype), run, side->factor[c], side->dtype, n);
        }
    }
}

/* --------------------------------------------------------------------------------------------------------------------- the call */

static dgen_status alloc(dgen_equalized *out, const side *w, const side *x, dgen_error *error)
{
    dgen_status status = dgen_array_alloc(&out->w, w->dtype, w->from->ndim, w->from->shape, NULL, error);
    if (status == DGEN_OK) status = dgen_array_alloc(&out->x, x->dtype, x->from->ndim, x->from->shape, NULL, error);
    if (status == DGEN_OK) status = dgen_array_alloc(&out->scale, DGEN_F32, 1, &w->columns, NULL, error);
    if (status == DGEN_OK) status = dgen_array_alloc(&out->inverse, DGEN_F32, 1, &w->columns, NULL, error);
    return status;
}

static dgen_status run(dgen_equalized *out, side *w, side *x, double alpha, bool power_of_two, int max_threads, dgen_error *error)
{
    dgen_status status = measure(w, max_threads, error);
    if (status == DGEN_OK) status = measure(x, max_threads, error);
    if (status == DGEN_OK) status = alloc(out, w, x, error);
    if (status != DGEN_OK) return status;
    float *scale = out->scale.data, *inverse = out->inverse.data;
    for (int64_t c = 0; c < w->columns; c++) {
        scale[c] = scale_of(w->most[c], x->most[c], w, x, alpha, power_of_two);
        inverse[c] = 1 / scale[c];
    }
    w->factor = scale;
    x->factor = inverse;
    bool done = each_tile(scale_tile, w, max_threads) && each_tile(scale_tile, x, max_threads);
    return done ? DGEN_OK : dgen__fail_canceled(error);
}

static dgen_status check(const dgen_array *w, const dgen_array *x, double alpha, int max_threads, dgen_error *error)
{
    side of_w, of_x;
    dgen_value value = { .kind = DGEN_VALUE_NUMBER, .number = alpha };
    dgen_status status = dgen__check_floats(w, "w", error);
    if (status == DGEN_OK) status = dgen__check_floats(x, "x", error);
    if (status != DGEN_OK) return status;
    open_side(&of_w, w, "w", NULL);
    open_side(&of_x, x, "x", NULL);
    if (of_w.columns != of_x.columns)
        return dgen__fail(error, DGEN_EINVAL, "x", "x must have as many columns as w, %lld, not %lld", (long long)of_w.columns,
                          (long long)of_x.columns);
    if (max_threads < 0) return dgen__fail(error, DGEN_EINVAL, "max_threads", "max_threads must be 0 or more, not %d", max_threads);
    return dgen__value_number(&alpha, "alpha", value, 0, 1, "a number from 0 to 1", error);
}

dgen_status dgen_equalize(dgen_equalized *out, const dgen_array *w, const dgen_array *x, double alpha, int power_of_two,
                          int max_threads, dgen_error *error)
{
    dgen_equalized made = { 0 };
    side of_w, of_x;
    dgen_block *block;
    dgen_status status = check(w, x, alpha, max_threads, error);
    if (status != DGEN_OK) return status;
    open_side(&of_w, w, "w", &made.w);
    open_side(&of_x, x, "x", &made.x);
    uint64_t numbers = (uint64_t)(of_w.down * of_w.across * COLUMNS);
    status = dgen__block_alloc(&block, (numbers + (uint64_t)(of_x.down * of_x.across * COLUMNS)) * sizeof(double), NULL, error);
    if (status != DGEN_OK) return status;
    of_w.most = dgen__block_data(block);
    of_x.most = of_w.most + numbers;
    status = run(&made, &of_w, &of_x, alpha, power_of_two != 0, max_threads, error);
    if (status == DGEN_OK) *out = made;
    else dgen_equalized_release(&made);
    dgen__block_release(block);
    return status;
}

void dgen_equalized_release(dgen_equalized *equalized)
{
    dgen_array_release(&equalized->w);
    dgen_array_release(&equalized->x);
    dgen_array_release(&equalized->scale);
    dgen_array_release(&equalized->inverse);
}
