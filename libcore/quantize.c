/*
 * Quantization: check, tile, kernel.
 *
 * A matrix is cut into tiles of some rows and, where rows are long, of a stretch of columns that begins with a byte of codes and
 * with a group; a thread takes a tile at a time. Groups that a tile holds whole go through it once: range, scale, codes,
 * deviation. Larger ones, and a tensor with one scale, take a pass for the range and one for the codes, and between them, where a
 * search is asked for, one for the errors of its candidates or two for its percentile.
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
    LARGE = 1 << 22,    /* elements whose tiles have twice the rows: of columns in memory, more than a line at a time */
    SMALL = 1 << 15,    /* elements that are not worth a second thread */
    TOUCHED = 6,        /* groups that a tile of large ones touches, at most */
    COUNTED_BY_ALL = 1 << 22 /* elements of a group that are worth a histogram a thread */
};

typedef struct part {
    dgen_deviation deviation;
    int64_t nonfinite;
    float least[TOUCHED], most[TOUCHED]; /* of the large groups that a tile touches */
} part;

/* What is known of a large group: its range, of finite elements, and the magnitude that a percentile clips it to. */
typedef struct large_group {
    float least, most, limit;
} large_group;

typedef double touched_errors[TOUCHED][DGEN_CANDIDATES];

typedef struct call {
    const dgen_array *x;
    dgen_quantized *out;
    const dgen_quantize_options *options;
    dgen_quantizer quantizer;
    dgen__rows_of of;
    bool large;          /* groups do not fit tiles: two passes */
    bool given;          /* scales are there */
    bool merged;         /* rows end with a byte and a group: those of a tile are one */
    enum { CODES, RANGE, ERRORS } pass;
    int64_t tile_rows, tile_columns, across; /* tiles across a row of the matrix */
    uint64_t tiles;
    part *parts;         /* one a tile */
    touched_errors *errors;    /* the same, of candidates for large groups */
    large_group *large_groups;
    dgen__scratch scratch;
    size_t replaced_at, scales_at, search_at; /* in a place: room for elements that replace others, for scales of f32, for a search */
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
    int64_t group; /* the first group's number */
} stretch;

/* Elements of a stretch that belong to one group: the first, the second, ... that it touches. All 0 but `group`, -1, before. */
typedef struct span {
    int64_t first, count, group;
} span;

static bool next_span(const call *call, span *span, int64_t n, int64_t phase)
{
    span->first += span->count;
    span->group++;
    span->count = (span->group + 1) * call->of.group - phase - span->first;
    if (span->count > n - span->first) span->count = n - span->first;
    return span->first < n;
}

static int64_t first_group(const call *call, int64_t row, int64_t column)
{
    return call->out->axis == DGEN_AXIS_TENSOR ? 0 : row * call->of.groups + column / call->of.group;
}

static void encode(const call *call, const stretch *to, const float *x, int64_t n, part *part)
{
    dgen__isa()->quantization->encode(to->codes, to->scale, to->zero, x, (size_t)n, (size_t)call->of.group, (size_t)to->phase,
                                      &call->quantizer, call->options->certificate ? &part->deviation : NULL);
}

/* A stretch of finite elements whose groups are whole. */
static int64_t quantize_stretch(const call *call, const stretch *to, const float *x, int64_t n, part *part)
{
    return (int64_t)dgen__isa()->quantization->quantize(to->codes, to->scale, to->zero, x, (size_t)n, (size_t)call->of.group,
                                                        &call->quantizer, call->options->certificate ? &part->deviation : NULL);
}

/* A stretch of finite elements whose scales are to be found, where not by their ranges alone. */
static void search_stretch(const call *call, const stretch *to, const float *x, int64_t n, part *part, void *place)
{
    if (call->options->search == DGEN_SEARCH_MSE) {
        (void)dgen__isa()->quantization->quantize(to->codes, to->scale, to->zero, x, (size_t)n, (size_t)call->of.group,
                                                  &call->quantizer, NULL); /* for its scales and zeros */
        dgen__scale_search(to->scale, to->zero, x, n, call->of.group, &call->quantizer);
    }
    else
        dgen__percentile_scales(to->scale, to->zero, x, n, call->of.group, call->options, &call->quantizer,
                                (uint8_t *)place + call->search_at);
    encode(call, to, x, n, part);
}

static bool is_finite(const float *x, int64_t n)
{
    float least = INFINITY, most = -INFINITY;
    return dgen__isa()->quantization->range(&least, &most, x, (size_t)n);
}

/* Infinities become the extremes of all of a large group. */
static int64_t saturate(float *out, const float *x, int64_t n, const large_group *group)
{
    float least = fminf(group->least, 0), most = fmaxf(group->most, 0);
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        count += !isfinite(x[i]);
        out[i] = isfinite(x[i]) ? x[i] : isnan(x[i]) ? 0 : x[i] < 0 ? least : most;
    }
    return count;
}

/* Replaces what is not finite, group by group as they lie, from group number `group` on. */
static const float *finite_stretch(const call *call, const float *x, int64_t n, int64_t phase, int64_t group, int64_t *nonfinite,
                                   float *place)
{
    bool large = call->large_groups && call->options->nan == DGEN_NONFINITE_SATURATE;
    if (is_finite(x, n)) return x;
    for (span span = { .group = -1 }; next_span(call, &span, n, phase);) {
        float *to = place + span.first;
        if (large) *nonfinite += saturate(to, x + span.first, span.count, &call->large_groups[group + span.group]);
        else *nonfinite += dgen__replace_nonfinite(to, x + span.first, span.count, call->options->nan);
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
        if (!strict) x = finite_stretch(call, x, n, to.phase, to.group, &part->nonfinite, replaced);
        if (call->given) encode(call, &to, x, n, part);
        else search_stretch(call, &to, x, n, part, place);
        return true;
    }
    int64_t superblock = (int64_t)dgen__superblock((size_t)call->of.group);
    for (int64_t done; (done = quantize_stretch(call, &to, x, n, part)) < n;) {
        if (strict) return false;
        int64_t count = n - done < superblock ? n - done : superblock, groups = done / call->of.group;
        to = (stretch){ to.codes + dgen__packed_bytes((uint64_t)done, call->out->bits), to.zero + groups, to.scale + groups, 0, 0 };
        x += done;
        n -= done;
        (void)quantize_stretch(call, &to, finite_stretch(call, x, count, 0, 0, &part->nonfinite, replaced), count, part);
        groups = (count + call->of.group - 1) / call->of.group;
        to = (stretch){ to.codes + dgen__packed_bytes((uint64_t)count, call->out->bits), to.zero + groups, to.scale + groups, 0, 0 };
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

/* Ranges of the large groups that a stretch touches. */
static bool range_of_stretch(const call *call, const float *x, int64_t n, int64_t phase, part *part, void *place)
{
    const dgen_quantize_kernels *kernels = dgen__isa()->quantization;
    bool strict = call->options->nan == DGEN_NONFINITE_ERROR;
    for (span span = { .group = -1 }; next_span(call, &span, n, phase);) {
        float least = INFINITY, most = -INFINITY;
        if (!kernels->range(&least, &most, x + span.first, (size_t)span.count)) {
            if (strict) return false;
            least = INFINITY, most = -INFINITY;
            float *replaced = (float *)((uint8_t *)place + call->replaced_at);
            (void)dgen__replace_nonfinite(replaced, x + span.first, span.count, DGEN_NONFINITE_ZERO);
            (void)kernels->range(&least, &most, replaced, (size_t)span.count);
        }
        part->least[span.group] = fminf(part->least[span.group], least);
        part->most[span.group] = fmaxf(part->most[span.group], most);
    }
    return true;
}

static float scale_of_group(const call *call, int64_t k)
{
    const dgen_array *scale = &call->out->scale;
    float s;
    if (scale->dtype == DGEN_F32) return ((const float *)scale->data)[k];
    dgen__isa()->quantization->to_f32[DGEN_OF_F16](&s, (const uint16_t *)scale->data + k, 1);
    return s;
}

/* Errors of the candidates for the large groups that a stretch touches, from number `group` on. */
static void errors_of_stretch(const call *call, touched_errors errors, const float *x, int64_t n, int64_t phase, int64_t group, void *place)
{
    const dgen_quantize_kernels *kernels = dgen__isa()->quantization;
    int64_t replaced = 0;
    x = finite_stretch(call, x, n, phase, group, &replaced, (float *)((uint8_t *)place + call->replaced_at));
    for (span span = { .group = -1 }; next_span(call, &span, n, phase);) {
        int64_t k = group + span.group;
        float candidate[DGEN_CANDIDATES];
        kernels->candidates(candidate, scale_of_group(call, k), &call->quantizer);
        kernels->candidate_errors(errors[span.group], candidate, ((const uint8_t *)call->out->zero.data)[k], x + span.first,
                                  (size_t)span.count, &call->quantizer);
    }
}

/* True if the rows of a tile are to be one, and do not follow each other where they lie. */
static bool is_copied(const call *call)
{
    return call->merged && call->x->ndim > 1 && call->of.rows > 1 && call->x->stride[0] != call->of.columns;
}

/* The rows of a tile as one. */
static const float *merge_rows(const call *call, dgen__tile *tile, const float *x, int64_t stride, float *place)
{
    bool apart = dgen__tile_is_plain(call->x) && is_copied(call);
    for (int64_t r = 0; apart && r < tile->rows; r++)
        memcpy(place + r * tile->columns, x + r * stride, (size_t)tile->columns * sizeof *x);
    tile->columns *= tile->rows;
    tile->rows = 1;
    return apart ? place : x;
}

static void run_tile(void *context, uint64_t i)
{
    call *call = context;
    if (__atomic_load_n(&call->stop, __ATOMIC_RELAXED)) return;
    dgen__tile tile = tile_of(call, i);
    part part = { .nonfinite = 0 };
    for (int g = 0; g < TOUCHED; g++) part.least[g] = INFINITY, part.most[g] = -INFINITY;
    if (call->pass == ERRORS) memset(call->errors[i], 0, sizeof call->errors[i]);
    void *place = dgen__scratch_take(&call->scratch);
    int64_t stride;
    const float *x = dgen__tile_read(call->x, &tile, place, &stride);
    if (call->merged) x = merge_rows(call, &tile, x, stride, place);
    bool tensor = call->out->axis == DGEN_AXIS_TENSOR, fine = true;
    for (int64_t r = 0; r < tile.rows && fine; r++) {
        int64_t row = tile.row + r, phase = tile.column % call->of.group;
        int64_t first = first_group(call, row, tile.column);
        if (call->pass == RANGE) fine = range_of_stretch(call, x + r * stride, tile.columns, phase, &part, place);
        if (call->pass == ERRORS) errors_of_stretch(call, call->errors[i], x + r * stride, tile.columns, phase, first, place);
        if (call->pass != CODES) continue;
        int64_t groups = tensor ? 1 : (phase + tile.columns + call->of.group - 1) / call->of.group;
        stretch to = { .codes = (uint8_t *)call->out->codes.data + (uint64_t)row * call->of.row_bytes
                           + dgen__packed_bytes((uint64_t)tile.column, call->out->bits),
                       .zero = (uint8_t *)call->out->zero.data + first,
                       .scale = scales_in(call, first, groups, (float *)((uint8_t *)place + call->scales_at)),
                       .phase = phase,
                       .group = first };
        fine = run_stretch(call, to, x + r * stride, tile.columns, &part, place);
        scales_out(call, first, groups, to.scale);
    }
    if (!fine) __atomic_store_n(&call->stop, 1, __ATOMIC_RELAXED);
    call->parts[i] = part;
    dgen__scratch_give(&call->scratch, place);
}

/* ------------------------------------------------------------------------------------------------------- tiles and passes */

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
    int64_t times = of->columns >= LARGE / of->rows ? 2 : 1, least = times * TILE_ROWS;
    int64_t rows = times * TILE / call->tile_columns / TILE_ROWS * TILE_ROWS;
    if (rows < least) rows = call->large && call->out->axis != DGEN_AXIS_TENSOR ? 1 : least;
    call->tile_rows = rows < of->rows ? rows : of->rows;
    call->merged = !call->large && call->out->axis != DGEN_AXIS_TENSOR && call->across == 1 && of->columns % of->group == 0
                   && of->columns * call->out->bits % 8 == 0;
    call->tiles = (uint64_t)(call->across * ((of->rows + call->tile_rows - 1) / call->tile_rows));
}

static uint64_t aligned(uint64_t bytes) { return (bytes + DGEN_ALIGNMENT - 1) / DGEN_ALIGNMENT * DGEN_ALIGNMENT; }

static dgen_status open_scratch(call *call, int threads, dgen_error *error)
{
    uint64_t row = aligned((uint64_t)call->tile_columns * sizeof(float)), bytes;
    uint64_t rows = (uint64_t)call->tile_rows, stretch = call->merged ? rows : 1;
    uint64_t groups = call->out->axis == DGEN_AXIS_TENSOR ? 1 : (uint64_t)(call->tile_columns / call->of.group + 2) * stretch;
    bool plain = dgen__tile_is_plain(call->x) && !is_copied(call);
    call->replaced_at = plain ? row : row * rows;
    call->scales_at = call->replaced_at + row * stretch;
    call->search_at = call->scales_at + aligned(groups * sizeof(float));
    bytes = call->search_at;
    if (call->options->search == DGEN_SEARCH_PERCENTILE && !call->large) bytes += dgen__search_bytes(call->of.group);
    if (plain && call->options->nan == DGEN_NONFINITE_ERROR && call->options->search == DGEN_SEARCH_MINMAX
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

/* ------------------------------------------------------------------------------------------------------------- large groups */

/* Where group k lies: columns [begin, end) of tiles [first, last). */
typedef struct reach {
    int64_t begin, end;
    uint64_t first, last;
} reach;

static int64_t count_groups(const call *call)
{
    return call->out->axis == DGEN_AXIS_TENSOR ? 1 : call->of.rows * call->of.groups;
}

static reach reach_of(const call *call, int64_t k)
{
    if (call->out->axis == DGEN_AXIS_TENSOR) return (reach){ 0, call->of.columns, 0, call->tiles };
    int64_t begin = k % call->of.groups * call->of.group;
    int64_t end = begin + call->of.group < call->of.columns ? begin + call->of.group : call->of.columns;
    uint64_t row = (uint64_t)(k / call->of.groups * call->across);
    return (reach){ begin, end, row + (uint64_t)(begin / call->tile_columns), row + (uint64_t)((end - 1) / call->tile_columns) + 1 };
}

/* Which of the groups that tile i touches group k is. */
static int64_t touched(const call *call, uint64_t i, int64_t k)
{
    dgen__tile tile = tile_of(call, i);
    return k - first_group(call, tile.row, tile.column);
}

static int64_t elements_of(const call *call, int64_t k)
{
    reach reach = reach_of(call, k);
    return (reach.end - reach.begin) * (call->out->axis == DGEN_AXIS_TENSOR ? call->of.rows : 1);
}

static void range_large_groups(call *call)
{
    for (int64_t k = 0, groups = count_groups(call); k < groups; k++) {
        reach reach = reach_of(call, k);
        large_group *group = &call->large_groups[k];
        *group = (large_group){ INFINITY, -INFINITY, INFINITY };
        for (uint64_t i = reach.first; i < reach.last; i++) {
            group->least = fminf(group->least, call->parts[i].least[touched(call, i, k)]);
            group->most = fmaxf(group->most, call->parts[i].most[touched(call, i, k)]);
        }
    }
}

static void set_scale(const call *call, int64_t k, float scale)
{
    if (call->out->scale.dtype == DGEN_F32) ((float *)call->out->scale.data)[k] = scale;
    else dgen__isa()->quantization->from_f32[DGEN_OF_F16]((uint16_t *)call->out->scale.data + k, &scale, 1);
}

static void scale_large_groups(call *call)
{
    for (int64_t k = 0, groups = count_groups(call); k < groups; k++) {
        float least = call->large_groups[k].least, most = call->large_groups[k].most, scale;
        dgen__clip_range(&least, &most, call->large_groups[k].limit);
        dgen__isa()->quantization->scales(&scale, (uint8_t *)call->out->zero.data + k, &least, &most, 1, &call->quantizer);
        set_scale(call, k, scale);
    }
}

/* Of the candidates for each group the best, by their errors in all tiles. */
static void choose_candidates(call *call)
{
    for (int64_t k = 0, groups = count_groups(call); k < groups; k++) {
        reach reach = reach_of(call, k);
        float candidate[DGEN_CANDIDATES];
        double error[DGEN_CANDIDATES] = { 0 };
        for (uint64_t i = reach.first; i < reach.last; i++)
            for (int c = 0; c < DGEN_CANDIDATES; c++) error[c] += call->errors[i][touched(call, i, k)][c];
        dgen__isa()->quantization->candidates(candidate, scale_of_group(call, k), &call->quantizer);
        set_scale(call, k, dgen__best_candidate(candidate, error));
    }
}

/* How magnitudes are ranked: a histogram a place, and what is known of the one that is sought. */
typedef struct ranking {
    call *call;
    dgen__scratch histograms;
    int64_t group; /* that all threads count */
    int upper;     /* bits of its limit, or -1 */
} ranking;

enum { HISTOGRAM_BYTES = sizeof(uint64_t) << DGEN__HISTOGRAM_BITS };

/* Counts the elements of group k in tile i. */
static void count_tile(const call *call, int64_t k, uint64_t i, int upper, uint64_t *count)
{
    reach reach = reach_of(call, k);
    dgen__tile tile = tile_of(call, i);
    int64_t begin = tile.column > reach.begin ? tile.column : reach.begin, stride;
    int64_t end = tile.column + tile.columns < reach.end ? tile.column + tile.columns : reach.end;
    tile.column = begin, tile.columns = end - begin;
    void *place = dgen__scratch_take(&call->scratch);
    float *replaced = (float *)((uint8_t *)place + call->replaced_at);
    const float *x = dgen__tile_read(call->x, &tile, place, &stride);
    for (int64_t r = 0, nonfinite = 0; r < tile.rows; r++)
        dgen__count_magnitudes(count, finite_stretch(call, x + r * stride, tile.columns, begin % call->of.group, k, &nonfinite, replaced),
                               tile.columns, upper);
    dgen__scratch_give(&call->scratch, place);
}

static void count_in_own_histogram(void *context, uint64_t i)
{
    ranking *ranking = context;
    uint64_t *count = dgen__scratch_take(&ranking->histograms);
    count_tile(ranking->call, ranking->group, reach_of(ranking->call, ranking->group).first + i, ranking->upper, count);
    dgen__scratch_give(&ranking->histograms, count);
}

/* The limit of one group, all of it counted by this thread. */
static void limit_group(void *context, uint64_t k)
{
    ranking *ranking = context;
    call *call = ranking->call;
    uint64_t *count = dgen__scratch_take(&ranking->histograms);
    reach reach = reach_of(call, (int64_t)k);
    int64_t rank = dgen__percentile_rank(call->options->percentile, elements_of(call, (int64_t)k));
    int half[2] = { -1, -1 };
    for (int h = 0; h < 2; h++) {
        memset(count, 0, HISTOGRAM_BYTES);
        for (uint64_t i = reach.first; i < reach.last; i++) count_tile(call, (int64_t)k, i, half[0], count);
        half[h] = dgen__bucket_of_rank(count, &rank);
    }
    call->large_groups[k].limit = dgen__magnitude_of_buckets(half[0], half[1]);
    dgen__scratch_give(&ranking->histograms, count);
}

/* The same by all threads, each with a histogram, which are added up. */
static bool limit_by_all(ranking *ranking, int max_threads)
{
    call *call = ranking->call;
    reach reach = reach_of(call, ranking->group);
    int64_t rank = dgen__percentile_rank(call->options->percentile, elements_of(call, ranking->group));
    uint64_t *count = (uint64_t *)ranking->histograms.memory, counters = (uint64_t)1 << DGEN__HISTOGRAM_BITS;
    int half[2] = { -1, -1 };
    for (int h = 0; h < 2; h++) {
        ranking->upper = half[0];
        memset(count, 0, ranking->histograms.places * HISTOGRAM_BYTES);
        if (!dgen__parallel_for(count_in_own_histogram, ranking, reach.last - reach.first, max_threads)) return false;
        for (uint64_t i = counters; i < ranking->histograms.places * counters; i++) count[i % counters] += count[i];
        half[h] = dgen__bucket_of_rank(count, &rank);
    }
    call->large_groups[ranking->group].limit = dgen__magnitude_of_buckets(half[0], half[1]);
    return true;
}

/* The magnitudes to which a percentile clips large groups. */
static dgen_status limit_large_groups(call *call, int threads, dgen_error *error)
{
    ranking ranking = { .call = call };
    int64_t groups = count_groups(call);
    int max_threads = threads == 1 ? 1 : call->options->max_threads;
    bool by_all = elements_of(call, 0) >= COUNTED_BY_ALL, done = true;
    dgen_status status = dgen__scratch_open(&ranking.histograms, HISTOGRAM_BYTES, by_all ? call->tiles : (uint64_t)groups, threads, error);
    if (status != DGEN_OK) return status;
    if (!by_all) done = dgen__parallel_for(limit_group, &ranking, (uint64_t)groups, max_threads);
    for (; by_all && done && ranking.group < groups; ranking.group++) done = limit_by_all(&ranking, max_threads);
    dgen__scratch_close(&ranking.histograms);
    return done ? DGEN_OK : dgen__fail_canceled(error);
}

/* Scales and zeros of large groups. */
static dgen_status run_large_groups(call *call, int threads, dgen_error *error)
{
    call->pass = RANGE;
    dgen_status status = run_pass(call, threads, error);
    if (status != DGEN_OK) return status;
    range_large_groups(call);
    if (call->options->search == DGEN_SEARCH_PERCENTILE) status = limit_large_groups(call, threads, error);
    if (status != DGEN_OK) return status;
    scale_large_groups(call);
    if (call->options->search != DGEN_SEARCH_MSE) return DGEN_OK;
    call->pass = ERRORS;
    status = run_pass(call, threads, error);
    if (status == DGEN_OK) choose_candidates(call);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------ the call */

/* What tiles and large groups come to. */
static dgen_status alloc_results(call *call, dgen_block **out, dgen_error *error)
{
    uint64_t parts = aligned(call->tiles * sizeof(part)), errors = 0, groups = 0;
    if (call->large) groups = (uint64_t)count_groups(call) * sizeof(large_group);
    if (call->large && call->options->search == DGEN_SEARCH_MSE) errors = aligned(call->tiles * sizeof(touched_errors));
    dgen_status status = dgen__block_alloc(out, parts + errors + groups, NULL, error);
    if (status != DGEN_OK) return status;
    uint8_t *data = dgen__block_data(*out);
    call->parts = (part *)data;
    if (errors) call->errors = (touched_errors *)(data + parts);
    if (groups) call->large_groups = (large_group *)(data + parts + errors);
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
    dgen_block *results;
    call->of = dgen__quantized_rows(call->out);
    choose_tiles(call);
    int threads = call->of.rows * call->of.columns < SMALL ? 1 : dgen__threads_limit(call->options->max_threads);
    dgen_status status = alloc_results(call, &results, error);
    if (status != DGEN_OK) return status;
    status = open_scratch(call, threads, error);
    if (status == DGEN_OK && call->large) {
        status = run_large_groups(call, threads, error);
        call->pass = CODES;
        call->given = true;
    }
    if (status == DGEN_OK) status = run_pass(call, threads, error);
    if (status == DGEN_OK) certify(call, &call->out->error);
    dgen__scratch_close(&call->scratch);
    dgen__block_release(results);
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
