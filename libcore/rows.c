/*
 * Rows of Euclidean norm 1: those of a matrix that is given, and random ones.
 *
 * Normal values are alike in all directions, so that a row of them divided by its norm is uniform over the sphere (M.
 * Muller, "A note on a method for generating points uniformly on n-dimensional spheres", CACM 2, 1959). Element (r, c) is
 * value offset + r dim + c of the distribution's own normal stream over the norm of its row.
 *
 * The norm is the root of a sum of squares in f64, of one order for all (kernels/rows.h). Elements of f32 are multiplied by
 * its reciprocal in f64 and rounded, those of f64 divided by it. Where a sum of f64 leaves the numbers whose squares are
 * safe, the row counts 2^600 times larger or smaller.
 *
 * A task is a tile of rows that the cache holds: it is drawn or read, normalized in place, and stored, in whatever layout
 * the array has. Where a row of the array is contiguous, the tile is the array itself.
 */
#include <math.h>

#include "op.h"
#include "random.h"
#include "scratch.h"
#include "threads.h"

enum {
    TILE_BYTES = 1 << 18,
    WIDE_TILE_BYTES = 1 << 24, /* columns take STRETCH rows at once, up to so much */
    FEW = 8,                   /* columns that are no work for a kernel */
    STRETCH = 16,              /* elements in a row that fill a line of the cache */
    PIECE = 256                /* rows whose sums are on the stack; columns of a row, as the kernel has them */
};

/* A second thread pays from this many elements on. */
static const int64_t THREADS_FROM = 1 << 15;

typedef struct matrix {
    const dgen_array *out, *x;  /* x: NULL where values are drawn */
    const dgen__draws *normals;
    dgen_dtype dtype;
    size_t width;
    int64_t rows, dim, tile;    /* rows a tile */
    bool in_place, past_cache;  /* tiles are parts of out; out is too large for the cache */
    dgen__scratch scratch;      /* else they have places there */
} matrix;

/* ----------------------------------------------------------------------------------------------------- normalization */

static void fill_with_nan(void *row, dgen_dtype dtype, int64_t dim)
{
    static const uint32_t single = UINT32_C(0x7FC00000);
    static const uint64_t wide = UINT64_C(0x7FF8000000000000);
    for (int64_t c = 0; c < dim; c++)
        if (dtype == DGEN_F32) memcpy((uint8_t *)row + 4 * c, &single, sizeof single);
        else memcpy((uint8_t *)row + 8 * c, &wide, sizeof wide);
}

/* A row of f64 whose sum of squares is beyond the range of doubles, or near its lower end: by the order of the kernel. */
static void normalize_scaled(double *x, int64_t dim, bool is_small)
{
    double factor = is_small ? 0x1p600 : 0x1p-600, scaled[PIECE], sum = 0, lost = 0, of_piece;
    for (int64_t first = 0; first < dim; first += PIECE) {
        int64_t n = dim - first < PIECE ? dim - first : PIECE;
        for (int64_t c = 0; c < n; c++) scaled[c] = x[first + c] * factor;
        dgen__isa()->squares_of_rows[DGEN_F64_KERNELS](&of_piece, scaled, 1, (size_t)n);
        double both = sum + of_piece, added = both - sum;
        lost += (sum - (both - added)) + (of_piece - added);
        sum = both;
    }
    double norm = sqrt(sum + lost);
    if (norm == 0) return;
    if (!isfinite(norm)) fill_with_nan(x, DGEN_F64, dim);
    else if (is_small)
        for (int64_t c = 0; c < dim; c++) x[c] = x[c] * factor / norm;
    else
        for (int64_t c = 0; c < dim; c++) x[c] = x[c] / norm * factor;
}

/* What the kernel does, of a few elements. */
static void divide_few(void *row, bool wide, int64_t dim, double norm)
{
    float *single = row;
    double *twice = row, factor = 1 / norm;
    if (wide)
        for (int64_t c = 0; c < dim; c++) twice[c] /= norm;
    else
        for (int64_t c = 0; c < dim; c++) single[c] = (float)(single[c] * factor);
}

static void normalize_row(const matrix *matrix, void *row, double sum)
{
    bool wide = matrix->dtype == DGEN_F64;
    if (LIKELY(sum < INFINITY && sum >= 0x1p-900)) {
        if (matrix->dim <= FEW) divide_few(row, wide, matrix->dim, sqrt(sum));
        else dgen__isa()->standardize[wide](row, row, (size_t)matrix->dim, 0, sqrt(sum), 0);
    }
    else if (wide) normalize_scaled(row, matrix->dim, sum < 1);
    else if (sum != 0) fill_with_nan(row, DGEN_F32, matrix->dim);
}

static void normalize(const matrix *matrix, uint8_t *tile, int64_t rows)
{
    double sums[PIECE];
    size_t row_bytes = (size_t)matrix->dim * matrix->width;
    for (int64_t first = 0; first < rows; first += PIECE) {
        int64_t n = rows - first < PIECE ? rows - first : PIECE;
        uint8_t *row = tile + (size_t)first * row_bytes;
        dgen__isa()->squares_of_rows[matrix->dtype == DGEN_F64](sums, row, (size_t)n, (size_t)matrix->dim);
        for (int64_t r = 0; r < n; r++, row += row_bytes) normalize_row(matrix, row, sums[r]);
    }
}

/* ------------------------------------------------------------------------------------------------------------- tiles */

/* Elements of the array at row r of column 0, as they lie in memory. */
static uint8_t *row_of(const dgen_array *array, int64_t r)
{
    return (uint8_t *)array->data + r * array->stride[0] * (int64_t)dgen_dtype_bytes(array->dtype);
}

static bool has_rows(const dgen_array *array) { return array->stride[1] == 1 || array->shape[1] == 1; }
static bool has_columns(const dgen_array *array) { return array->stride[0] == 1 && array->stride[1] > 0; }

/* Columns that begin with a line of the cache. */
static bool has_lines(const dgen_array *array)
{
    uintptr_t column = (uintptr_t)array->stride[1] * dgen_dtype_bytes(array->dtype);
    return has_columns(array) && ((uintptr_t)array->data | column) % DGEN_ALIGNMENT == 0;
}

/* Rows [first, first + rows) of x. */
static void read_tile(const matrix *matrix, uint8_t *tile, int64_t first, int64_t rows)
{
    const dgen_array *x = matrix->x;
    size_t width = matrix->width, row_bytes = (size_t)matrix->dim * width;
    double column[PIECE];
    if (x->dtype == matrix->dtype && has_rows(x)) {
        for (int64_t r = 0; r < rows; r++, tile += row_bytes)
            if (tile != row_of(x, first + r)) memmove(tile, row_of(x, first + r), row_bytes);
        return;
    }
    if (x->dtype == matrix->dtype && has_columns(x)) {
        dgen__isa()->transpose[matrix->dtype == DGEN_F64](tile, (size_t)matrix->dim, row_of(x, first), (size_t)x->stride[1],
                                                          (size_t)matrix->dim, (size_t)rows, false);
        return;
    }
    for (int64_t c = 0; c < matrix->dim; c++)
        for (int64_t r = 0, n; r < rows; r += n) {
            n = rows - r < PIECE ? rows - r : PIECE;
            dgen__read_elements(column, matrix->dtype, x, c * matrix->rows + first + r, n);
            for (int64_t i = 0; i < n; i++)
                memcpy(tile + (size_t)((r + i) * matrix->dim + c) * width, (uint8_t *)column + (size_t)i * width, width);
        }
}

/* Rows [first, first + rows) of out. */
static void write_tile(const matrix *matrix, const uint8_t *tile, int64_t first, int64_t rows)
{
    const dgen_array *out = matrix->out;
    size_t width = matrix->width, row_bytes = (size_t)matrix->dim * width;
    double column[PIECE];
    if (has_rows(out)) {
        for (int64_t r = 0; r < rows; r++, tile += row_bytes)
            if (matrix->past_cache) dgen__isa()->copy_streaming(row_of(out, first + r), tile, row_bytes);
            else memcpy(row_of(out, first + r), tile, row_bytes);
        return;
    }
    if (has_columns(out)) {
        dgen__isa()->transpose[matrix->dtype == DGEN_F64](row_of(out, first), (size_t)out->stride[1], tile, (size_t)matrix->dim,
                                                          (size_t)rows, (size_t)matrix->dim, matrix->past_cache);
        return;
    }
    for (int64_t c = 0; c < matrix->dim; c++)
        for (int64_t r = 0, n; r < rows; r += n) {
            n = rows - r < PIECE ? rows - r : PIECE;
            for (int64_t i = 0; i < n; i++)
                memcpy((uint8_t *)column + (size_t)i * width, tile + (size_t)((r + i) * matrix->dim + c) * width, width);
            dgen__write_elements(out, c * matrix->rows + first + r, n, column);
        }
}

static void run_tile(void *context, uint64_t i)
{
    const matrix *matrix = context;
    int64_t first = (int64_t)i * matrix->tile, left = matrix->rows - first, rows = left < matrix->tile ? left : matrix->tile;
    uint8_t *tile = matrix->in_place ? row_of(matrix->out, first) : dgen__scratch_take(&matrix->scratch);
    if (matrix->x) read_tile(matrix, tile, first, rows);
    else dgen__draws_values(matrix->normals, tile, matrix->normals->options.offset + (uint64_t)(first * matrix->dim),
                            (uint64_t)(rows * matrix->dim));
    normalize(matrix, tile, rows);
    if (matrix->in_place) return;
    write_tile(matrix, tile, first, rows);
    if (matrix->past_cache) __atomic_thread_fence(__ATOMIC_SEQ_CST);
    dgen__scratch_give(&matrix->scratch, tile);
}

/* ------------------------------------------------------------------------------------------------------------- calls */

static void choose_tile(matrix *matrix)
{
    int64_t row_bytes = matrix->dim * (int64_t)matrix->width, rows = TILE_BYTES / row_bytes;
    if (rows >= STRETCH) rows -= rows % STRETCH;
    else if (!has_rows(matrix->out) && row_bytes <= WIDE_TILE_BYTES / STRETCH) rows = STRETCH;
    matrix->tile = rows < 1 ? 1 : rows < matrix->rows ? rows : matrix->rows;
}

static dgen_status run(matrix *matrix, bool fresh, int max_threads, dgen_error *error)
{
    int64_t n = matrix->rows * matrix->dim;
    uint64_t cached = dgen__last_cache_bytes() / 4 * 3, n_bytes = (uint64_t)n * matrix->width;
    int threads = n < THREADS_FROM ? 1 : dgen__threads_limit(max_threads);
    bool contiguous = has_rows(matrix->out) && (matrix->out->stride[0] == matrix->dim || matrix->rows == 1);
    if (n == 0) return DGEN_OK;
    matrix->past_cache = (has_rows(matrix->out) || has_lines(matrix->out)) && !fresh
        && n_bytes >= (threads > 1 ? 2 * cached : cached);
    matrix->in_place = contiguous && (!matrix->past_cache || matrix->x);
    choose_tile(matrix);
    uint64_t tiles = (uint64_t)((matrix->rows + matrix->tile - 1) / matrix->tile);
    uint64_t tile_bytes = (uint64_t)(matrix->tile * matrix->dim) * matrix->width;
    dgen_status status = dgen__scratch_open(&matrix->scratch, matrix->in_place ? 0 : tile_bytes, tiles, threads, error);
    if (status != DGEN_OK) return status;
    bool done = dgen__parallel_for(run_tile, matrix, tiles, threads == 1 ? 1 : max_threads);
    dgen__scratch_close(&matrix->scratch);
    return done ? DGEN_OK : dgen__fail_canceled(error);
}

dgen_status dgen__rows_fill(const dgen__draws *draws, const dgen_array *out, bool fresh, dgen_error *error)
{
    dgen__draws normals = *draws;
    normals.row = &dgen__distributions[DGEN_DISTRIBUTION_normal];
    normals.parameter[0].number = 0;
    normals.parameter[1].number = 1;
    matrix matrix = { .out = out, .normals = &normals, .dtype = out->dtype, .width = dgen_dtype_bytes(out->dtype),
                      .rows = out->shape[0], .dim = out->shape[1] };
    return run(&matrix, fresh, draws->options.max_threads, error);
}

static dgen_status check_out(const dgen_array *out, const dgen_array *x, dgen_dtype dtype, dgen_error *error)
{
    if (!out->data && dgen_array_length(out)) return dgen__fail(error, DGEN_EINVAL, "out", "out must not be NULL");
    if (out->dtype != dtype)
        return dgen__fail(error, DGEN_ETYPE, "out", "out must be %s, not %s", dgen_dtype_name(dtype),
                          (unsigned)out->dtype < DGEN_DTYPE_COUNT ? dgen_dtype_name(out->dtype) : "of no type");
    if (out->ndim != 2 || out->shape[0] != x->shape[0] || out->shape[1] != x->shape[1])
        return dgen__fail(error, DGEN_EINVAL, "out", "out must have the shape of x, %lld x %lld", (long long)x->shape[0],
                          (long long)x->shape[1]);
    bool same = out->data == x->data && out->dtype == x->dtype;
    for (int i = 0; i < 2; i++) same &= out->shape[i] == 1 || out->stride[i] == x->stride[i];
    if (!same && dgen_array_length(x) && dgen__arrays_overlap(out, x))
        return dgen__fail(error, DGEN_EINVAL, "out", "out must not overlap x unless it is the same array");
    return DGEN_OK;
}

dgen_status dgen_normalize_rows(dgen_array *out, const dgen_array *x, int max_threads, dgen_error *error)
{
    dgen__operands operands;
    dgen_operand operand = { .array = x };
    bool is_new = !out->release;
    dgen_status status = dgen__operands_check(&operands, DGEN_OP_norm_l2, &operand, NULL, error);
    if (status != DGEN_OK) return status;
    if (x->ndim != 2) return dgen__fail(error, DGEN_EINVAL, "x", "x must be a matrix, of 2 dimensions, not %d", x->ndim);
    dgen_array result = *out;
    if (is_new) status = dgen_array_alloc(&result, operands.dtype, 2, x->shape, NULL, error);
    else status = check_out(out, x, operands.dtype, error);
    if (status != DGEN_OK) return status;
    matrix matrix = { .out = &result, .x = x, .dtype = operands.dtype, .width = dgen_dtype_bytes(operands.dtype),
                      .rows = x->shape[0], .dim = x->shape[1] };
    status = run(&matrix, is_new && dgen__block_is_fresh(result.owner), max_threads, error);
    if (is_new && status == DGEN_OK) *out = result;
    else if (is_new) dgen_array_release(&result);
    return status;
}
