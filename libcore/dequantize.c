/*
 * w' and codes from a quantized array.
 *
 * A task is a tile of the matrix. Where a row of the result is contiguous f32 (or u8, of codes), it is decoded where it
 * lies; else a stretch of it, or a tile whose columns are contiguous, is decoded in the cache and goes from there to its
 * place and type. Rows that the last cache does not hold go past it, and columns that do not fit the core's own: their lines
 * are not read before they are written.
 */
#include "quantize.h"

#include <stdio.h>

#include "op.h"
#include "scratch.h"
#include "threads.h"

enum {
    TILE = 1 << 16,    /* elements a tile, about, where rows are contiguous */
    STRETCH = 1 << 12, /* of a row, decoded at a time where it does not lie */
    TILE_ROWS = 64,    /* else; a whole number of lines of the cache in every type */
    TILE_COLUMNS = 1024 /* some lines of codes, and more of them where rows are few */
};

/* Bytes from which lines of columns, which displace each other where they lie, go past the cache. */
static const size_t COLUMNS_PAST_CACHE = 4 << 20;

/* A second thread pays from this many elements on. */
static const int64_t THREADS_FROM = 1 << 17;

typedef struct call {
    const dgen_array *out;
    const dgen_quantized *q;
    dgen_quantizer quantizer;
    dgen__rows_of of;
    bool has_rows, in_place, past_cache;
    int64_t tile_rows, tile_columns, across, down;
    int64_t stretch;            /* columns at a time */
    dgen__scratch scratch;
    size_t scales_at, zeros_at; /* in a place, after values: scales and zeros of f16 as f32 */
} call;

/* -------------------------------------------------------------------------------------------------------------- a tile */

/* Scales, or zeros of DGEN_OFFSET, as kernels have them. */
static const float *floats_of(const dgen_array *array, int64_t first, int64_t count, void *place)
{
    if (array->dtype == DGEN_F32) return (const float *)array->data + first;
    dgen__isa()->quantization->to_f32[DGEN_OF_F16](place, (const uint16_t *)array->data + first, (size_t)count);
    return place;
}

/* Columns [column, column + n) of a row into contiguous memory. */
static void decode(const call *call, void *to, int64_t row, int64_t column, int64_t n, uint8_t *place)
{
    const dgen_quantized *q = call->q;
    const dgen_quantize_kernels *kernels = dgen__isa()->quantization;
    const uint8_t *packed = (const uint8_t *)q->codes.data + (uint64_t)row * call->of.row_bytes
        + dgen__packed_bytes((uint64_t)column, q->bits);
    if (call->out->dtype == DGEN_U8) {
        kernels->unpack(to, packed, (size_t)n, q->bits);
        return;
    }
    int64_t group = call->of.group, phase = column % group, groups = (phase + n - 1) / group + 1;
    int64_t first = q->axis == DGEN_AXIS_TENSOR ? 0 : row * call->of.groups + column / group;
    const float *scale = floats_of(&q->scale, first, groups, place + call->scales_at);
    const void *zero = (const uint8_t *)q->zero.data + first;
    if (q->scheme == DGEN_OFFSET) zero = floats_of(&q->zero, first, groups, place + call->zeros_at);
    kernels->decode(to, packed, scale, zero, (size_t)n, (size_t)group, (size_t)phase, &call->quantizer);
}

static void run_rows(const call *call, const dgen__tile *tile, uint8_t *place)
{
    size_t value = call->out->dtype == DGEN_U8 ? 1 : sizeof(float);
    for (int64_t r = 0; r < tile->rows; r++)
        for (int64_t c = 0; c < tile->columns; c += call->stretch) {
            dgen__tile piece = { tile->row + r, 1, tile->column + c, tile->columns - c };
            if (piece.columns > call->stretch) piece.columns = call->stretch;
            if (call->in_place) {
                int64_t at = (call->out->ndim == 1 ? 0 : piece.row * call->out->stride[0]) + piece.column;
                decode(call, (char *)call->out->data + at * (int64_t)value, piece.row, piece.column, piece.columns, place);
                continue;
            }
            decode(call, place, piece.row, piece.column, piece.columns, place);
            dgen__tile_write(call->out, &piece, place, call->past_cache);
        }
}

static void run_tile(void *context, uint64_t i)
{
    const call *call = context;
    int64_t down = (int64_t)i % call->down, over = (int64_t)i / call->down;
    dgen__tile tile = { .row = down * call->tile_rows, .column = over * call->tile_columns };
    size_t value = call->out->dtype == DGEN_U8 ? 1 : sizeof(float);
    tile.rows = (int64_t)dgen__least((uint64_t)call->tile_rows, (uint64_t)(call->of.rows - tile.row));
    tile.columns = (int64_t)dgen__least((uint64_t)call->tile_columns, (uint64_t)(call->of.columns - tile.column));
    uint8_t *place = dgen__scratch_take(&call->scratch);
    if (call->has_rows) run_rows(call, &tile, place);
    else {
        for (int64_t r = 0; r < tile.rows; r++)
            decode(call, place + (size_t)(r * tile.columns) * value, tile.row + r, tile.column, tile.columns, place);
        dgen__tile_write(call->out, &tile, place, call->past_cache);
    }
    if (call->past_cache) __atomic_thread_fence(__ATOMIC_SEQ_CST);
    dgen__scratch_give(&call->scratch, place);
}

/* ------------------------------------------------------------------------------------------------------------ the call */

static void choose_tiles(call *call)
{
    const dgen__rows_of *of = &call->of;
    int64_t columns = of->columns, wanted;
    if (call->has_rows) {
        wanted = TILE;
        call->tile_rows = columns < TILE ? TILE / columns : 1;
    }
    else {
        call->tile_rows = of->rows < TILE_ROWS ? of->rows : TILE_ROWS;
        wanted = TILE_ROWS * TILE_COLUMNS / call->tile_rows / TILE_COLUMNS * TILE_COLUMNS;
    }
    call->tile_columns = columns < wanted ? columns : wanted;
    if (call->tile_rows > of->rows) call->tile_rows = of->rows;
    call->down = (of->rows + call->tile_rows - 1) / call->tile_rows;
    call->across = (columns + call->tile_columns - 1) / call->tile_columns;
    bool whole = call->in_place || !call->has_rows || call->tile_columns < STRETCH;
    call->stretch = whole ? call->tile_columns : STRETCH;
}

static size_t aligned(size_t bytes) { return (bytes + DGEN_ALIGNMENT - 1) / DGEN_ALIGNMENT * DGEN_ALIGNMENT; }

static dgen_status open_scratch(call *call, int threads, dgen_error *error)
{
    int64_t values = call->in_place ? 0 : call->stretch * (call->has_rows ? 1 : call->tile_rows);
    size_t groups = (size_t)((call->stretch + call->of.group - 1) / call->of.group + 1);
    size_t bytes = groups * sizeof(float);
    bool halves = call->q->scale.dtype == DGEN_F16 && call->out->dtype != DGEN_U8;
    call->scales_at = aligned((size_t)values * sizeof(float));
    call->zeros_at = call->scales_at + aligned(bytes);
    return dgen__scratch_open(&call->scratch, halves ? call->zeros_at + aligned(bytes) : call->scales_at,
                              (uint64_t)(call->across * call->down), threads, error);
}

static dgen_status run(call *call, bool fresh, int max_threads, dgen_error *error)
{
    int64_t n = dgen_array_length(call->out);
    int threads = n < THREADS_FROM ? 1 : dgen__threads_limit(max_threads);
    bool kernel_type = call->out->dtype == DGEN_F32 || call->out->dtype == DGEN_U8;
    call->of = dgen__quantized_rows(call->q);
    call->quantizer = dgen__quantizer_of(call->q, false);
    call->has_rows = dgen__tile_has_rows(call->out);
    uint64_t cached = call->has_rows ? dgen__last_cache_bytes() / 4 * 3 : COLUMNS_PAST_CACHE;
    call->past_cache = !fresh && dgen_array_bytes(call->out) >= cached;
    call->in_place = call->has_rows && kernel_type && !call->past_cache;
    choose_tiles(call);
    dgen_status status = open_scratch(call, threads, error);
    if (status != DGEN_OK) return status;
    bool done = dgen__parallel_for(run_tile, call, (uint64_t)(call->across * call->down), threads == 1 ? 1 : max_threads);
    dgen__scratch_close(&call->scratch);
    return done ? DGEN_OK : dgen__fail_canceled(error);
}

/* "768 x 768". */
static const char *shape_text(char *text, size_t text_bytes, int ndim, const int64_t *shape)
{
    size_t at = 0;
    text[0] = 0;
    for (int i = 0; i < ndim && at < text_bytes; i++)
        at += (size_t)snprintf(text + at, text_bytes - at, "%s%lld", i ? " x " : "", (long long)shape[i]);
    return text;
}

static dgen_status check_out(const dgen_array *out, const dgen_array *want, const dgen_quantized *q, dgen_error *error)
{
    static const char *const names[] = { "codes", "scale", "zero" };
    const dgen_array *const parts[] = { &q->codes, &q->scale, &q->zero };
    char have_text[96], want_text[96];
    if (!out->data) return dgen__fail(error, DGEN_EINVAL, "out", "out must not be NULL");
    if (out->dtype != want->dtype)
        return dgen__fail(error, DGEN_ETYPE, "out", "out must be %s, not %s", dgen_dtype_name(want->dtype),
                          (unsigned)out->dtype < DGEN_DTYPE_COUNT ? dgen_dtype_name(out->dtype) : "of no type");
    bool same = out->ndim == want->ndim;
    for (int i = 0; same && i < want->ndim; i++) same = out->shape[i] == want->shape[i];
    if (!same)
        return dgen__fail(error, DGEN_EINVAL, "out", "out must have the shape of x, %s, not %s",
                          shape_text(want_text, sizeof want_text, want->ndim, want->shape),
                          shape_text(have_text, sizeof have_text, out->ndim > 4 ? 4 : out->ndim, out->shape));
    for (int i = 0; i < 3; i++)
        if (dgen__arrays_overlap(out, parts[i]))
            return dgen__fail(error, DGEN_EINVAL, "out", "out must not overlap q.%s", names[i]);
    return DGEN_OK;
}

static dgen_status fill(dgen_array *out, const dgen_quantized *q, dgen_dtype dtype, int max_threads, dgen_error *error)
{
    dgen_array result;
    bool is_new = !out->release;
    dgen_status status = dgen_dequantize_shape(&result, q, dtype, error);
    if (status == DGEN_OK && !is_new) status = check_out(out, &result, q, error);
    if (status == DGEN_OK && is_new) status = dgen_array_alloc(&result, dtype, result.ndim, result.shape, NULL, error);
    if (status != DGEN_OK) return status;
    call call = { .out = is_new ? &result : out, .q = q };
    status = run(&call, is_new && dgen__block_is_fresh(result.owner), max_threads, error);
    if (is_new && status == DGEN_OK) *out = result;
    else if (is_new) dgen_array_release(&result);
    return status;
}

dgen_status dgen_dequantize_shape(dgen_array *out, const dgen_quantized *q, dgen_dtype dtype, dgen_error *error)
{
    dgen_status status = dgen_quantized_check(q, error);
    if (status != DGEN_OK) return status;
    if (dtype != DGEN_F32 && dtype != DGEN_F64 && dtype != DGEN_F16 && dtype != DGEN_BF16 && dtype != DGEN_U8)
        return dgen__fail(error, DGEN_ETYPE, "type", "type must be f32, f64, f16 or bf16, not %s",
                          (unsigned)dtype < DGEN_DTYPE_COUNT ? dgen_dtype_name(dtype) : "of no type");
    dgen_array shape = { .dtype = dtype, .ndim = q->ndim };
    int64_t stride = 1;
    for (int i = 0; i < q->ndim; stride *= shape.shape[i++]) {
        shape.shape[i] = q->shape[i];
        shape.stride[i] = stride;
    }
    *out = shape;
    return DGEN_OK;
}

dgen_status dgen_dequantize(dgen_array *out, const dgen_quantized *q, dgen_dtype dtype, int max_threads, dgen_error *error)
{
    if (dtype == DGEN_U8) return dgen__fail(error, DGEN_ETYPE, "type", "type must be f32, f64, f16 or bf16, not u8");
    return fill(out, q, dtype, max_threads, error);
}

dgen_status dgen_unpack(dgen_array *out, const dgen_quantized *q, int max_threads, dgen_error *error)
{
    return fill(out, q, DGEN_U8, max_threads, error);
}
