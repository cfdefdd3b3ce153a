/*
 * Tiles of a matrix of any float type and strides, as rows of f32. A row lies in the first dimension's index; its elements
 * are those of the other dimensions, the earlier ones fastest.
 *
 * A tile falls into runs of columns at one distance from each other. A run's rows are read and stored as they lie; where
 * its columns are contiguous, as in the hosts' matrices, they become rows by the transpose kernels: columns of f32 at once,
 * those of other types in blocks, converted while they are columns. What is neither is gathered or scattered, a few elements
 * of each row in turn.
 */
#include "quantize.h"

enum {
    LINE = 16,   /* f32 elements in a line of the cache; columns that are fetched before their turn */
    BLOCK = 64,  /* rows and columns of what is converted at a time */
    PIECE = 1024 /* elements of a row on their way past the cache */
};

/* A run of a tile's columns, where it lies in an array. */
typedef struct run {
    char *data;
    dgen_dtype dtype;
    int64_t width, rows, columns;
    int64_t row_stride, column_stride; /* bytes */
    bool past_cache;
} run;

bool dgen__tile_has_rows(const dgen_array *x)
{
    int64_t stride = 1;
    for (int i = x->ndim > 1; i < x->ndim; stride *= x->shape[i++])
        if (x->shape[i] != 1 && x->stride[i] != stride) return false;
    return true;
}

bool dgen__tile_is_plain(const dgen_array *x) { return x->dtype == DGEN_F32 && dgen__tile_has_rows(x); }

/* Where element `column` of row `row` lies, in elements. */
static int64_t place_of(const dgen_array *x, int64_t row, int64_t column)
{
    if (x->ndim == 1) return column * x->stride[0];
    int64_t at = row * x->stride[0];
    for (int i = 1; i < x->ndim; column /= x->shape[i++]) at += column % x->shape[i] * x->stride[i];
    return at;
}

/* The columns [0, *length) lie *stride elements apart, and so does each following stretch of as many. */
static void find_stretch(const dgen_array *x, int64_t *length, int64_t *stride)
{
    *length = *stride = 1;
    for (int i = x->ndim > 1; i < x->ndim; i++) {
        if (x->shape[i] == 1) continue;
        if (*length == 1) *stride = x->stride[i];
        else if (x->stride[i] != *stride * *length) break;
        *length *= x->shape[i];
    }
}

/* The run that begins with a column of the tile. A tile of one column is a row. */
static run run_of(const dgen_array *x, const dgen__tile *tile, int64_t column)
{
    int64_t length, stride, width = (int64_t)dgen_dtype_bytes(x->dtype);
    find_stretch(x, &length, &stride);
    int64_t left = tile->column + tile->columns - column, count = length - column % length;
    run run = { .data = (char *)x->data + place_of(x, tile->row, column) * width,
                .dtype = x->dtype,
                .width = width,
                .rows = tile->rows,
                .columns = count < left ? count : left,
                .row_stride = (x->ndim == 1 ? 0 : x->stride[0]) * width,
                .column_stride = stride * width };
    if (tile->columns == 1) {
        run.columns = tile->rows;
        run.column_stride = run.row_stride;
        run.rows = 1;
    }
    return run;
}

static int64_t lesser(int64_t a, int64_t b) { return a < b ? a : b; }

static int kernel_of(dgen_dtype dtype)
{
    return dtype == DGEN_F64 ? DGEN_OF_F64 : dtype == DGEN_F16 ? DGEN_OF_F16 : DGEN_OF_BF16;
}

/* ------------------------------------------------------------------------------------------------------------- reading */

static void widen(float *to, dgen_dtype dtype, const void *from, int64_t n)
{
    if (dtype == DGEN_F32) memcpy(to, from, (size_t)n * sizeof *to);
    else dgen__isa()->quantization->to_f32[kernel_of(dtype)](to, from, (size_t)n);
}

static void gather(void *to, const char *from, int64_t stride, int64_t n, int64_t width)
{
    if (width == 8)
        for (int64_t i = 0; i < n; i++) memcpy((uint64_t *)to + i, from + i * stride, 8);
    else if (width == 4)
        for (int64_t i = 0; i < n; i++) memcpy((uint32_t *)to + i, from + i * stride, 4);
    else
        for (int64_t i = 0; i < n; i++) memcpy((uint16_t *)to + i, from + i * stride, 2);
}

static void read_scattered(float *to, int64_t stride, const run *run)
{
    double elements[BLOCK];
    for (int64_t c = 0, n; c < run->columns; c += n) {
        n = lesser(BLOCK, run->columns - c);
        for (int64_t r = 0; r < run->rows; r++) {
            gather(elements, run->data + r * run->row_stride + c * run->column_stride, run->column_stride, n, run->width);
            widen(to + r * stride + c, run->dtype, elements, n);
        }
    }
}

/* What a column has of n rows, on its way to the cache: the CPU does not see by itself where columns lie. */
static void fetch(const run *run, int64_t column, int64_t row, int64_t n)
{
    const char *from = run->data + row * run->width + column * run->column_stride;
    if (column >= run->columns) return;
    for (int64_t at = 0; at < n * run->width; at += 64) __builtin_prefetch(from + at);
}

/* Columns a multiple of the cache's size apart displace each other: as many at a time as a line has rows. */
static void read_columns_f32(float *to, int64_t stride, const run *run)
{
    for (int64_t c = 0, n; c < run->columns; c += n) {
        n = lesser(LINE, run->columns - c);
        for (int64_t i = 0; i < n; i++) fetch(run, c + LINE + i, 0, run->rows);
        dgen__isa()->transpose[0](to + c, (size_t)stride, run->data + c * run->column_stride,
                                  (size_t)(run->column_stride / run->width), (size_t)n, (size_t)run->rows, false);
    }
}

static void read_columns(float *to, int64_t stride, const run *run)
{
    float block[BLOCK * BLOCK];
    for (int64_t c = 0; c < run->columns; c += BLOCK)
        for (int64_t r = 0; r < run->rows; r += BLOCK) {
            int64_t columns = lesser(BLOCK, run->columns - c), rows = lesser(BLOCK, run->rows - r);
            const char *from = run->data + r * run->width + c * run->column_stride;
            for (int64_t i = 0; i < columns; i++) {
                fetch(run, c + i + LINE, r, rows);
                widen(block + i * BLOCK, run->dtype, from + i * run->column_stride, rows);
            }
            dgen__isa()->transpose[0](to + r * stride + c, (size_t)stride, block, BLOCK, (size_t)columns, (size_t)rows,
                                      false);
        }
}

const float *dgen__tile_read(const dgen_array *x, const dgen__tile *tile, void *place, int64_t *stride)
{
    if (dgen__tile_is_plain(x)) {
        *stride = x->ndim == 1 ? tile->columns : x->stride[0];
        return (const float *)x->data + place_of(x, tile->row, tile->column);
    }
    float *out = place;
    *stride = tile->columns;
    for (int64_t c = 0; c < tile->columns;) {
        run run = run_of(x, tile, tile->column + c);
        bool columns = run.row_stride == run.width && run.column_stride > 0 && run.rows > 1;
        if (run.column_stride == run.width)
            for (int64_t r = 0; r < run.rows; r++)
                widen(out + c + r * *stride, x->dtype, run.data + r * run.row_stride, run.columns);
        else if (columns && x->dtype == DGEN_F32) read_columns_f32(out + c, *stride, &run);
        else if (columns) read_columns(out + c, *stride, &run);
        else read_scattered(out + c, *stride, &run);
        c += run.columns;
    }
    return out;
}

/* ------------------------------------------------------------------------------------------------------------- writing */

/* n contiguous elements of f32 or u8 as those of the array. */
static void narrow(void *to, dgen_dtype dtype, const void *from, int64_t n)
{
    if (dtype == DGEN_F32 || dtype == DGEN_U8) memcpy(to, from, (size_t)n * dgen_dtype_bytes(dtype));
    else dgen__isa()->quantization->from_f32[kernel_of(dtype)](to, from, (size_t)n);
}

static void store(const run *run, char *to, const void *from, int64_t n)
{
    double elements[PIECE];
    int64_t value = run->dtype == DGEN_U8 ? 1 : 4;
    if (!run->past_cache) narrow(to, run->dtype, from, n);
    else if (run->width == value) dgen__isa()->copy_streaming((uint8_t *)to, from, (size_t)(n * value));
    else
        for (int64_t i = 0, count; i < n; i += count) {
            count = lesser(PIECE, n - i);
            narrow(elements, run->dtype, (const char *)from + i * value, count);
            dgen__isa()->copy_streaming((uint8_t *)to + i * run->width, (const uint8_t *)elements,
                                        (size_t)(count * run->width));
        }
}

static void scatter(char *to, int64_t stride, const void *from, int64_t n, int64_t width)
{
    if (width == 8)
        for (int64_t i = 0; i < n; i++) memcpy(to + i * stride, (const uint64_t *)from + i, 8);
    else if (width == 4)
        for (int64_t i = 0; i < n; i++) memcpy(to + i * stride, (const uint32_t *)from + i, 4);
    else if (width == 2)
        for (int64_t i = 0; i < n; i++) memcpy(to + i * stride, (const uint16_t *)from + i, 2);
    else
        for (int64_t i = 0; i < n; i++) to[i * stride] = ((const char *)from)[i];
}

static void write_scattered(const run *run, const char *values, int64_t stride, int64_t value)
{
    double elements[BLOCK];
    for (int64_t c = 0, n; c < run->columns; c += n) {
        n = lesser(BLOCK, run->columns - c);
        for (int64_t r = 0; r < run->rows; r++) {
            narrow(elements, run->dtype, values + (r * stride + c) * value, n);
            scatter(run->data + r * run->row_stride + c * run->column_stride, run->column_stride, elements, n, run->width);
        }
    }
}

/* Eight rows of eight bytes become columns: quarters that are not on the diagonal change places, of 8 x 8, 4 x 4, 2 x 2. */
static void transpose_bytes(uint8_t *to, int64_t to_stride, const uint8_t *from, int64_t from_stride)
{
    static const uint64_t low[] = { UINT64_C(0xffffffff), UINT64_C(0x0000ffff0000ffff), UINT64_C(0x00ff00ff00ff00ff) };
    uint64_t row[8];
    for (int i = 0; i < 8; i++) row[i] = dgen__load64(from + i * from_stride);
    for (int step = 0; step < 3; step++)
        for (int i = 0, half = 4 >> step; i < 8; i++) {
            if (i & half) continue;
            uint64_t change = (row[i] >> 8 * half ^ row[i + half]) & low[step];
            row[i] ^= change << 8 * half;
            row[i + half] ^= change;
        }
    for (int i = 0; i < 8; i++) dgen__store64(to + i * to_stride, row[i]);
}

/* A block of at most BLOCK rows and columns. */
static void transpose_codes(uint8_t *to, const uint8_t *from, int64_t stride, int64_t rows, int64_t columns)
{
    int64_t whole_rows = rows / 8 * 8, whole_columns = columns / 8 * 8;
    for (int64_t c = 0; c < whole_columns; c += 8)
        for (int64_t r = 0; r < whole_rows; r += 8)
            transpose_bytes(to + c * BLOCK + r, BLOCK, from + r * stride + c, stride);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = r < whole_rows ? whole_columns : 0; c < columns; c++) to[c * BLOCK + r] = from[r * stride + c];
}

static void write_columns(const run *run, const char *values, int64_t stride, int64_t value)
{
    float block[BLOCK * BLOCK];
    for (int64_t c = 0; c < run->columns; c += BLOCK)
        for (int64_t r = 0; r < run->rows; r += BLOCK) {
            int64_t columns = lesser(BLOCK, run->columns - c), rows = lesser(BLOCK, run->rows - r);
            const void *from = values + (r * stride + c) * value;
            if (run->dtype == DGEN_U8) transpose_codes((uint8_t *)block, from, stride, rows, columns);
            else
                dgen__isa()->transpose[0](block, BLOCK, from, (size_t)stride, (size_t)rows, (size_t)columns, false);
            char *to = run->data + r * run->width + c * run->column_stride;
            for (int64_t i = 0; i < columns; i++)
                store(run, to + i * run->column_stride, (char *)block + i * BLOCK * value, rows);
        }
}

/* True if the columns of the run begin with lines of the cache. */
static bool has_lines(const run *run) { return (uintptr_t)run->data % 64 == 0 && run->column_stride % 64 == 0; }

void dgen__tile_write(const dgen_array *out, const dgen__tile *tile, const void *values, bool past_cache)
{
    int64_t value = out->dtype == DGEN_U8 ? 1 : 4, stride = tile->columns;
    const char *from = values;
    for (int64_t c = 0; c < tile->columns;) {
        run run = run_of(out, tile, tile->column + c);
        const char *first = from + c * value;
        bool rows = run.column_stride == run.width;
        bool columns = run.row_stride == run.width && run.column_stride > 0 && run.rows > 1;
        run.past_cache = past_cache && (rows || has_lines(&run));
        if (rows)
            for (int64_t r = 0; r < run.rows; r++)
                store(&run, run.data + r * run.row_stride, first + r * stride * value, run.columns);
        else if (columns && out->dtype == DGEN_F32)
            dgen__isa()->transpose[0](run.data, (size_t)(run.column_stride / run.width), first, (size_t)stride,
                                      (size_t)run.rows, (size_t)run.columns, run.past_cache);
        else if (columns) write_columns(&run, first, stride, value);
        else write_scattered(&run, first, stride, value);
        c += run.columns;
    }
}
