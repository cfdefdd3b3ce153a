/*
 * Quantization: check, tile, kernel.
 *
 * A matrix is cut into tiles of some rows and, where rows are long, of a stretch of columns that begins with a byte of codes and
 * with a group; a thread takes a tile at a time. Groups that a tile holds whole go through it once: range, scale, codes,
 * deviation. Larger ones, and a tensor with one scale, take a pass for the range and one for the codes.
 *
 * Tiles depend on shape, bits and group alone, and what tiles add up to is merged in their order: a certificate has the same
 * bits for any threads and strides.
 */
#include "quantize.h"

#include <math.h>

#include "scratch.h"
#include "threads.h"

enum {
    TILE = 1 << 16,     /* elements a tile, about; of columns, most */
    TILE_ROWS = 16,     /* rows that a tile has at least, if there are so many: a line of the cache of a column of f32 */
    WHOLE_COLUMNS = 1 << 14, /* columns that are not cut */
    SMALL = 1 << 15     /* elements that are not worth a second thread */
};

typedef struct part {
    dgen_deviation deviation;
    int64_t nonfinite;
    float least[2], most[2]; /* of the first group that a tile of a large group touches, and the next */
} part;

typedef struct call {
    const dgen_array *x;
    dgen_quantized *out;
    const dgen_quantize_options *options;
    dgen_quantizer quantizer;
    dgen__rows_of of;
    bool large;          /* groups do not fit tiles: two passes */
    bool given;          /* scales are there */
    bool range_pass;
    int64_t tile_rows, tile_columns, across; /* tiles across a row of the matrix */
    uint64_t tiles;
    part *parts;         /* one a tile */
    dgen__scratch scratch;
    size_t replaced_at, scales_at; /* in a place: room for elements that replace others, and for scales of f32 */
    int stop;            /* an element is not finite, and must be */
} call;

static dgen__tile tile_of(const call *call, uint64_t i)
{
    int64_t down = (int64_t)i / call->across, over = (int64_t)i % call->across;
    dgen__tile tile = { .row = down * call->tile_rows, .column = over * call->tile_columns };
    tile.rows = (int64_t)dgen__least((uint64_t)call->tile_rows, (uint64_t)(call->of.rows - tile.row));
    tile.columns = (int64_t)dgen__least((uint64_t)call->tile_columns, (uint64_t)(call->of.columns - tile.column));
    return tile;
}

/* ------------------------------------------------------------------------------------------------------------------- a tile */

/* Where the parts of a row's stretch go. */
typedef struct stretch {
    uint8_t *codes, *zero;
    float *scale;
    int64_t phase; /* elements of the first group that lie before it */
} stretch;

/* Scale and zero of a group by a search, of finite elements. */
static void search_group(const call *call, float *scale, uint8_t *zero, const float *x, int64_t n, void *place)
{
    float least = INFINITY, most = -INFINITY;
    (void)dgen__isa()->quantization->range(&least, &most, x, (size_t)n);
    dgen__scale_search(scale, zero, x, n, least, most, call->options, &call->quantizer, place);
}

static void encode(const call *call, const stretch *to, const float *x, int64_t n, part *part)
{
    dgen__isa()->quantization->encode(to->codes, to->scale, to->zero, x, (size_t)n, (size_t)call->of.group, (size_t)to->phase,
                                      &call->quantizer, call->options->certificate ? &part->deviation : NULL);
}

/* A stretch whose scales are to be found, group by group, where not by their ranges alone. */
static void search_stretch(const call *call, const stretch *to, const float *x, int64_t n, part *part, void *place)
{
    for (int64_t first = 0, g = 0; first < n; first += call->of.group, g++) {
        int64_t count = n - first < call->of.group ? n - first : call->of.group;
        search_group(call, to->scale + g, to->zero + g, x + first, count, place);
    }
    encode(call, to, x, n, part);
}

/* A stretch of finite elements whose groups are whole. */
static int64_t quantize_stretch(const call *call, const stretch *to, const float *x, int64_t n, part *part)
{
    return (int64_t)dgen__isa()->quantization->quantize(to->codes, to->scale, to->zero, x, (size_t)n, (size_t)call->of.group,
                                                        &call->quantizer, call->options->certificate ? &part->deviation : NULL);
}

static bool is_finite(const float *x, int64_t n)
{
    float least = INFINITY, most = -INFINITY;
    return dgen__isa()->quantization->range(&least, &most, x, (size_t)n);
}

/* Replaces what is not finite, group by group as they lie. */
static const float *finite_stretch(const call *call, const float *x, int64_t n, int64_t phase, part *part, float *place)
{
    if (is_finite(x, n)) return x;
    for (int64_t first = 0, count; first < n; first += count) {
        count = first == 0 ? call->of.group - phase : call->of.group;
        if (count > n - first) count = n - first;
        part->nonfinite += dgen__replace_nonfinite(place + first, x + first, count, call->options->nan);
    }
    return place;
}

/* False if an element is not finite, and must be. */
static bool run_stretch(call *call, stretch to, const float *x, int64_t n, part *part, void *place)
{
    float *replaced = (float *)((uint8_t *)place + call->replaced_at);
    bool strict = call->options->nan == DGEN_NONFINITE_ERROR;
    if (call->given || call->options->search != DGEN_SEARCH_MINMAX) {
        if (strict && !is_finite(x, n)) return false;
        if (!strict) x = finite_stretch(call, x, n, to.phase, part, replaced);
        if (call->given) encode(call, &to, x, n, part);
        else search_stretch(call, &to, x, n, part, place);
        return true;
    }
    int64_t superblock = (int64_t)dgen__superblock((size_t)call->of.group);
    for (int64_t done; (done = quantize_stretch(call, &to, x, n, part)) < n;) {
        if (strict) return false;
        int64_t count = n - done < superblock ? n - done : superblock, groups = done / call->of.group;
        to = (stretch){ to.codes + dgen__packed_bytes((uint64_t)done, call->out->bits), to.zero + groups, to.scale + groups, 0 };
        x += done;
        n -= done;
        (void)quantize_stretch(call, &to, finite_stretch(call, x, count, 0, part, replaced), count, part);
        groups = (count + call->of.group - 1) / call->of.group;
        to = (stretch){ to.codes + dgen__packed_bytes((uint64_t)count, call->out->bits), to.zero + groups, to.scale + groups, 0 };
        x += count;
        n -= count;
        if (n == 0) break;
    }
    return true;
}

/* Scales as kernels have them: those of f16 by way of a place. */
static float *scales_in(const call *call, int64_t first, int64_t count, float *place)
{
    const dgen_array *scale = &call->out->scale;
    if (scale->dtype == DGEN_F32) return (float *)scale->data + first;
    if (call->given) dgen__isa()->quantization->to_f32[DGEN_OF_F16](place, (uint16_t *)scale->data + first, (size_t)count);
    return place;
}

static void scales_out(const call *call, int64_t first, int64_t count, const float *place)
{
    const dgen_array *scale = &call->out->scale;
    if (scale->dtype == DGEN_F16 && !call->given)
        dgen__isa()->quantization->from_f32[DGEN_OF_F16]((uint16_t *)scale->data + first, place, (size_t)count);
}

/* Ranges of a tile of large groups, which touches two of them at most. */
static bool range_of_stretch(const call *call, const float *x, int64_t n, int64_t phase, part *part, void *place)
{
    const dgen_quantize_kernels *kernels = dgen__isa()->quantization;
    bool strict = call->options->nan == DGEN_NONFINITE_ERROR;
    for (int64_t first = 0, g = 0, count; first < n; first += count, g++) {
        count = first == 0 && call->of.group - phase < n ? call->of.group - phase : n - first;
        float least = INFINITY, most = -INFINITY;
        if (!kernels->range(&least, &most, x + first, (size_t)count)) {
            if (strict) return false;
            least = INFINITY, most = -INFINITY;
            float *replaced = (float *)((uint8_t *)place + call->replaced_at);
            (void)dgen__replace_nonfinite(replaced, x + first, count, DGEN_NONFINITE_ZERO);
            (void)kernels->range(&least, &most, replaced, (size_t)count);
        }
        if (least < part->least[g]) part->least[g] = least;
        if (most > part->most[g]) part->most[g] = most;
    }
    return true;
}

static void run_tile(void *context, uint64_t i)
{
    call *call = context;
    if (__atomic_load_n(&call->stop, __ATOMIC_RELAXED)) return;
    dgen__tile tile = tile_of(call, i);
    part part = { .least = { INFINITY, INFINITY }, .most = { -INFINITY, -INFINITY } };
    void *place = dgen__scratch_take(&call->scratch);
    int64_t stride;
    const float *x = dgen__tile_read(call->x, &tile, place, &stride);
    bool tensor = call->out->axis == DGEN_AXIS_TENSOR, fine = true;
    for (int64_t r = 0; r < tile.rows && fine; r++) {
        int64_t row = tile.row + r, phase = tile.column % call->of.group;
        if (call->range_pass) {
            fine = range_of_stretch(call, x + r * stride, tile.columns, phase, &part, place);
            continue;
        }
        int64_t first = tensor ? 0 : row * call->of.groups + tile.column / call->of.group;
        int64_t groups = tensor ? 1 : (phase + tile.columns + call->of.group - 1) / call->of.group;
        stretch to = { .codes = (uint8_t *)call->out->codes.data + (uint64_t)row * call->of.row_bytes
                           + dgen__packed_bytes((uint64_t)tile.column, call->out->bits),
                       .zero = (uint8_t *)call->out->zero.data + first,
                       .scale = scales_in(call, first, groups, (float *)((uint8_t *)place + call->scales_at)),
                       .phase = phase };
        fine = run_stretch(call, to, x + r * stride, tile.columns, &part, place);
        scales_out(call, first, groups, to.scale);
    }
    if (!fine) __atomic_store_n(&call->stop, 1, __ATOMIC_RELAXED);
    call->parts[i] = part;
    dgen__scratch_give(&call->scratch, place);
}

/* ------------------------------------------------------------------------------------------------------------------ the call */

static void choose_tiles(call *call)
{
    const dgen__rows_of *of = &call->of;
    int64_t superblock = (int64_t)dgen__superblock((size_t)of->group);
    call->large = !call->given && (call->out->axis == DGEN_AXIS_TENSOR ? true : of->columns > WHOLE_COLUMNS && superblock > TILE);
    call->tile_columns = of->columns;
    if (of->columns > WHOLE_COLUMNS) {
        bool free = call->large || call->given;
        if (free) call->tile_columns = TILE;
        else call->tile_columns = WHOLE_COLUMNS / superblock < 1 ? superblock : WHOLE_COLUMNS / superblock * superblock;
    }
    call->across = (of->columns + call->tile_columns - 1) / call->tile_columns;
    int64_t rows = TILE / call->tile_columns / TILE_ROWS * TILE_ROWS;
    if (rows < TILE_ROWS) rows = call->large && call->out->axis != DGEN_AXIS_TENSOR ? 1 : TILE_ROWS;
    call->tile_rows = rows < of->rows ? rows : of->rows;
    call->tiles = (uint64_t)(call->across * ((of->rows + call->tile_rows - 1) / call->tile_rows));
}

static uint64_t aligned(uint64_t bytes) { return (bytes + DGEN_ALIGNMENT - 1) / DGEN_ALIGNMENT * DGEN_ALIGNMENT; }

static dgen_status open_scratch(call *call, int threads, dgen_error *error)
{
    uint64_t row = aligned((uint64_t)call->tile_columns * sizeof(float)), bytes;
    uint64_t groups = call->out->axis == DGEN_AXIS_TENSOR ? 1 : (uint64_t)(call->tile_columns / call->of.group + 2);
    call->replaced_at = dgen__tile_is_plain(call->x) ? row : row * (uint64_t)call->tile_rows;
    call->scales_at = call->replaced_at + row;
    bytes = call->scales_at + aligned(groups * sizeof(float));
    if (dgen__tile_is_plain(call->x) && call->options->nan == DGEN_NONFINITE_ERROR && call->options->search == DGEN_SEARCH_MINMAX
        && call->out->scale.dtype == DGEN_F32)
        bytes = 0;
    return dgen__scratch_open(&call->scratch, bytes, call->tiles, threads, error);
}

static dgen_status run_pass(call *call, int threads, dgen_error *error)
{
    if (!dgen__parallel_for(run_tile, call, call->tiles, threads == 1 ? 1 : call->options->max_threads))
        return dgen__fail_canceled(error);
    return call->stop ? dgen__fail_nonfinite(call->x, error) : DGEN_OK;
}

/* Scales of large groups, from the ranges that tiles have found. */
static dgen_status scale_large_groups(call *call, dgen_error *error)
{
    const dgen_quantize_kernels *kernels = dgen__isa()->quantization;
    bool tensor = call->out->axis == DGEN_AXIS_TENSOR;
    int64_t groups = tensor ? 1 : call->of.rows * call->of.groups;
    if (call->options->search != DGEN_SEARCH_MINMAX) /* PLACEHOLDER */
        return dgen__fail(error, DGEN_EUNSUPPORTED, "search", "search must be \"minmax\" for groups so large");
    for (int64_t k = 0; k < groups; k++) {
        float least = INFINITY, most = -INFINITY, scale;
        uint64_t first = 0, last = call->tiles;
        int64_t begin = tensor ? 0 : k % call->of.groups * call->of.group;
        if (!tensor) {
            uint64_t row = (uint64_t)(k / call->of.groups * call->across);
            int64_t end = begin + call->of.group < call->of.columns ? begin + call->of.group : call->of.columns;
            first = row + (uint64_t)(begin / call->tile_columns);
            last = row + (uint64_t)((end - 1) / call->tile_columns) + 1;
        }
        for (uint64_t i = first; i < last; i++) {
            bool second = !tensor && i == first && begin % call->tile_columns != 0;
            if (call->parts[i].least[second] < least) least = call->parts[i].least[second];
            if (call->parts[i].most[second] > most) most = call->parts[i].most[second];
        }
        kernels->scales(&scale, (uint8_t *)call->out->zero.data + k, &least, &most, 1, &call->quantizer);
        if (call->out->scale.dtype == DGEN_F32) ((float *)call->out->scale.data)[k] = scale;
        else kernels->from_f32[DGEN_OF_F16]((uint16_t *)call->out->scale.data + k, &scale, 1);
    }
    return DGEN_OK;
}

static void certify(const call *call, dgen_certificate *out)
{
    dgen_deviation sum = { 0 };
    int64_t nonfinite = 0;
    for (uint64_t i = 0; i < call->tiles; i++) {
        dgen__deviation_add(&sum, &call->parts[i].deviation);
        nonfinite += call->parts[i].nonfinite;
    }
    dgen__certify(out, call->options->certificate ? &sum : NULL, call->of.rows * call->of.columns, nonfinite);
}

/* Fills arrays that are there. */
static dgen_status run(call *call, dgen_error *error)
{
    dgen_block *parts;
    call->of = dgen__quantized_rows(call->out);
    choose_tiles(call);
    int threads = call->of.rows * call->of.columns < SMALL ? 1 : dgen__threads_limit(call->options->max_threads);
    dgen_status status = dgen__block_alloc(&parts, call->tiles * sizeof(part), NULL, error);
    if (status != DGEN_OK) return status;
    call->parts = dgen__block_data(parts);
    status = open_scratch(call, threads, error);
    if (status == DGEN_OK && call->large) {
        call->range_pass = true;
        status = run_pass(call, threads, error);
        if (status == DGEN_OK) status = scale_large_groups(call, error);
        call->range_pass = false;
        call->given = true;
    }
    if (status == DGEN_OK) status = run_pass(call, threads, error);
    if (status == DGEN_OK) certify(call, &call->out->error);
    dgen__scratch_close(&call->scratch);
    dgen__block_release(parts);
    return status;
}

dgen_status dgen__quantize_given(dgen_quantized *quantized, const dgen_array *x, const dgen_quantize_options *options,
                                 dgen_error *error)
{
    call call = { .x = x, .out = quantized, .options = options, .given = true };
    call.quantizer = dgen__quantizer_of(quantized, options->exact);
    return run(&call, error);
}

dgen_status dgen__check_floats(const dgen_array *x, const char *argument, dgen_error *error)
{
    if (!x->release) return dgen_error_closed(argument, error);
    if (x->dtype != DGEN_F32 && x->dtype != DGEN_F64 && x->dtype != DGEN_F16 && x->dtype != DGEN_BF16)
        return dgen__fail(error, DGEN_ETYPE, argument, "%s must be f32, f64, f16 or bf16, not %s", argument,
                          (unsigned)x->dtype < DGEN_DTYPE_COUNT ? dgen_dtype_name(x->dtype) : "of no type");
    if (dgen_array_length(x) == 0) return dgen__fail(error, DGEN_EINVAL, argument, "%s must not be empty", argument);
    if (!x->data) return dgen__fail(error, DGEN_EINVAL, argument, "%s must not be NULL", argument);
    return DGEN_OK;
}

/* What a rule of ggml's sets. */
static dgen_status follow_rule(dgen_quantized *out, const dgen_quantize_options *options, dgen_error *error)
{
    out->bits = options->rule == DGEN_PACKING_GGML_Q8_0 ? 8 : 4;
    out->scheme = options->rule == DGEN_PACKING_GGML_Q4_1 ? DGEN_OFFSET : DGEN_SYMMETRIC;
    out->range = DGEN_RANGE_FULL;
    out->axis = DGEN_AXIS_GROUP;
    out->group = 32;
    int64_t columns = dgen__quantized_rows(out).columns;
    if (columns % 32)
        return dgen__fail(error, DGEN_EINVAL, "rule", "rule must be \"dgen\" for rows of %lld elements: ggml's are multiples of 32",
                          (long long)columns);
    dgen__quantized_lay_out(out, DGEN_F16);
    return DGEN_OK;
}

dgen_status dgen_quantize_shape(dgen_quantized *out, const dgen_array *x, const dgen_quantize_options *options, dgen_error *error)
{
    dgen_quantize_options defaults;
    if (!options) dgen_quantize_options_init(&defaults), options = &defaults;
    dgen_status status = dgen__check_floats(x, "x", error);
    if (status == DGEN_OK) status = dgen__quantize_options_check(options, error);
    if (status != DGEN_OK) return status;
    dgen_quantized made = { .bits = options->bits, .scheme = options->scheme, .range = options->range, .axis = options->axis,
                            .group = options->group, .ndim = x->ndim };
    memcpy(made.shape, x->shape, sizeof made.shape);
    if (made.scheme == DGEN_ASYMMETRIC) made.range = DGEN_RANGE_FULL;
    int64_t columns = dgen__quantized_rows(&made).columns;
    if (options->rule) {
        status = follow_rule(&made, options, error);
        if (status == DGEN_OK) *out = made;
        return status;
    }
    if (options->has_group && options->group > columns)
        return dgen__fail(error, DGEN_EINVAL, "group", "group must be a whole number from 1 to %lld, the length of a row, not %lld",
                          (long long)columns, (long long)options->group);
    if (!options->has_group && made.group > columns) made.group = columns;
    if (made.axis == DGEN_AXIS_ROW) made.group = columns;
    if (made.axis == DGEN_AXIS_TENSOR) made.group = dgen_array_length(x);
    dgen__quantized_lay_out(&made, options->scale_type);
    *out = made;
    return DGEN_OK;
}

dgen_status dgen_quantize(dgen_quantized *out, const dgen_array *x, const dgen_quantize_options *options, dgen_error *error)
{
    dgen_quantize_options defaults;
    dgen_quantized made;
    if (!options) dgen_quantize_options_init(&defaults), options = &defaults;
    dgen_status status = dgen_quantize_shape(&made, x, options, error);
    if (status == DGEN_OK) status = dgen__quantized_take(&made, out, error);
    if (status != DGEN_OK) return status;
    call call = { .x = x, .out = &made, .options = options, .quantizer = dgen__quantizer_of(&made, options->exact) };
    status = options->rule ? dgen__ggml_quantize(&made, x, options, error) : run(&call, error);
    if (status == DGEN_OK) *out = made;
    else dgen__quantized_give_back(&made, out);
    return status;
}
