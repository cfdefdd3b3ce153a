/*
 * Activations that change over timesteps: a table of a scale and a zero for each timestep, and rows quantized by it.
 *
 * Neighbouring timesteps form groups, and a group's range is what holds those of all its timesteps and 0 (time-step-wise
 * quantization: Q-DiT, arXiv 2406.17343; TQ-DiT, arXiv 2502.04056). Rounding to steps of s adds noise of the power s^2 / 12, and s
 * is proportional to the range, so that the groups of the least noise are those of the least sum of squared ranges over timesteps:
 *     least (k, j) = min over i of least (k - 1, i) + (j - i) range (i, j)^2
 * for the first j timesteps in k groups, of which the last begins at i (R. Bellman, "On the approximation of curves by line segments
 * using dynamic programming", CACM 4, 1961). Ranges of stretches are no Monge array: where the last group begins may go back as
 * timesteps are added, so that the usual divide and conquer would miss the optimum. But the last term only grows as i goes down:
 * the search for i ends where it alone is more than the least sum found.
 */
#include "quantize.h"

#include <math.h>
#include <stdio.h>

#include "memory.h"
#include "op.h"
#include "threads.h"

enum {
    DEFAULT_GROUPS = 10,
    ENDS = 64,  /* ends of a group a task */
    FEW = 2048  /* timesteps that are not worth a second thread */
};

/* Steps of the search at most, groups x timesteps^2: some minutes. 1e5 timesteps may have 13 groups, 1000 any. */
static const double MOST_STEPS = 0x1p37;

static const char *const method_names[] = { "uniform", "equal_range", NULL };

/* ------------------------------------------------------------------------------------------------------------------ options */

void dgen_activation_options_init(dgen_activation_options *options)
{
    *options = (dgen_activation_options){ .sizeof_options = sizeof *options, .equal_range = 1, .bits = 8 };
}

static dgen_status set_whole(int64_t *out, const char *name, dgen_value value, uint64_t least, dgen_error *error)
{
    uint64_t whole;
    dgen_status status = dgen_value_whole(&whole, name, value, least, UINT64_C(1) << 53, 0, error);
    if (status == DGEN_OK) *out = (int64_t)whole;
    return status;
}

dgen_status dgen_activation_options_set(dgen_activation_options *options, const char *name, dgen_value value, dgen_error *error)
{
    if (!strcmp(name, "groups")) return set_whole(&options->groups, name, value, 1, error);
    if (!strcmp(name, "smoothing")) return set_whole(&options->smoothing, name, value, 0, error);
    if (!strcmp(name, "bits")) return dgen__value_bits(&options->bits, value, error);
    if (!strcmp(name, "method"))
        return dgen__value_word(&options->equal_range, name, value, method_names, "\"uniform\" or \"equal_range\"", error);
    return dgen__fail(error, DGEN_EINVAL, "options",
                      "\"%.40s\" is not an option of activation_table; the options are groups, method, bits, smoothing", name);
}

static dgen_status check_options(const dgen_activation_options *options, int64_t timesteps, dgen_error *error)
{
    if (options->groups < 0 || options->groups > timesteps)
        return dgen__fail(error, DGEN_EINVAL, "groups", "groups must be a whole number from 1 to %lld, not %lld",
                          (long long)timesteps,
                          (long long)options->groups);
    if (options->bits != 8 && options->bits != 4 && options->bits != 2)
        return dgen__fail(error, DGEN_EINVAL, "bits", "bits must be 8, 4 or 2, not %d", options->bits);
    if (options->smoothing < 0)
        return dgen__fail(error, DGEN_EINVAL, "smoothing", "smoothing must be 0 or more, not %lld", (long long)options->smoothing);
    if (options->equal_range && (double)options->groups * (double)timesteps * (double)timesteps > MOST_STEPS)
        return dgen__fail(error, DGEN_EINVAL, "groups",
                          "groups must be at most %.0f for method \"equal_range\" with %lld timesteps, not %lld",
                          floor(MOST_STEPS / (double)timesteps / (double)timesteps), (long long)timesteps, (long long)options->groups);
    return DGEN_OK;
}

/* --------------------------------------------------------------------------------------------------------------- statistics */

/* What is known of each timestep; ranges hold 0. */
typedef struct statistics {
    int64_t count;
    double *timestep;
    float *least, *most;
} statistics;

static dgen_status check_stats(const dgen_array *stats, dgen_error *error)
{
    if (!stats->release) return dgen_error_closed("stats", error);
    if (stats->ndim != 2 || stats->shape[1] != 3 || (unsigned)stats->dtype >= DGEN_DTYPE_COUNT)
        return dgen__fail(error, DGEN_EINVAL, "stats", "stats must be a matrix of 3 columns: timestep, least, largest");
    if (stats->shape[0] == 0) return dgen__fail(error, DGEN_EINVAL, "stats", "stats must not be empty");
    if (!stats->data) return dgen__fail(error, DGEN_EINVAL, "stats", "stats must not be NULL");
    for (int64_t i = 0; i < 3 * stats->shape[0]; i++) {
        double x = dgen_array_get(stats, i);
        if (isnan(x))
            return dgen__fail(error, DGEN_EINVAL, "stats", "stats must be finite in f32; element %lld is NaN", (long long)i + 1);
        if (!isfinite(i < stats->shape[0] ? x : (float)x))
            return dgen__fail(error, DGEN_EINVAL, "stats", "stats must be finite in f32; element %lld is %.9g",
                              (long long)i + 1, x);
    }
    return DGEN_OK;
}

/* Fills what has memory. Activations are rounded to f32 before they are quantized, and so are their extremes here. */
static dgen_status read_stats(statistics *out, const dgen_array *stats, dgen_error *error)
{
    for (int64_t i = 0; i < out->count; i++) {
        double timestep = dgen_array_get(stats, i);
        double least = dgen_array_get(stats, i + out->count), most = dgen_array_get(stats, i + 2 * out->count);
        if (i > 0 && !(timestep > out->timestep[i - 1]))
            return dgen__fail(error, DGEN_EINVAL, "stats",
                              "stats must have its timesteps in ascending order; row %lld has %.15g after %.15g", (long long)i + 1,
                              timestep, out->timestep[i - 1]);
        if (least > most)
            return dgen__fail(error, DGEN_EINVAL, "stats",
                              "stats must have a least value that is at most the largest; row %lld has %.9g and %.9g",
                              (long long)i + 1, least, most);
        out->timestep[i] = timestep;
        out->least[i] = least < 0 ? (float)least : 0;
        out->most[i] = most > 0 ? (float)most : 0;
    }
    return DGEN_OK;
}

/* ------------------------------------------------------------------------------------------------------------------- groups */

typedef struct search {
    const statistics *stats;
    int64_t groups, group; /* the group whose beginning is looked for, from 0 */
    const double *before;  /* [j]: the least sum of the first j timesteps in `group` groups */
    double *sum;           /* the same in one group more */
    int32_t *begin;        /* [group][j]: where the last of them begins */
} search;

/* The first of the best beginnings of a group that ends at j. */
static void find_beginning(const search *search, int64_t j)
{
    const float *low = search->stats->least, *high = search->stats->most;
    float least = 0, most = 0;
    double best = INFINITY;
    int64_t at = j - 1;
    for (int64_t i = j - 1; i >= search->group; i--) {
        if (low[i] < least) least = low[i];
        if (high[i] > most) most = high[i];
        double range = (double)most - least, own = (double)(j - i) * (range * range), sum = search->before[i] + own;
        if (own > best) break;
        if (sum <= best) best = sum, at = i;
    }
    search->sum[j] = best;
    search->begin[search->group * (search->stats->count + 1) + j] = (int32_t)at;
}

static void find_beginnings(void *context, uint64_t task)
{
    const search *search = context;
    int64_t first = search->group + 1 + (int64_t)task * ENDS, last = first + ENDS - 1;
    if (last > search->stats->count) last = search->stats->count;
    for (int64_t j = first; j <= last; j++) find_beginning(search, j);
}

/* boundary[k]: where group k begins; the groups of the least noise. Of equal ones, those whose last boundary is the earliest, then the
   last but one. */
static dgen_status least_noise(int32_t *boundary, const statistics *stats, int64_t groups, dgen_error *error)
{
    dgen_block *block;
    uint64_t count = (uint64_t)stats->count + 1;
    dgen_status status = dgen__block_alloc(&block, count * (2 * sizeof(double) + (uint64_t)groups * sizeof(int32_t)), NULL, error);
    if (status != DGEN_OK) return status;
    double *sums = dgen__block_data(block);
    search search = { .stats = stats, .groups = groups, .begin = (int32_t *)(sums + 2 * count) };
    for (uint64_t j = 0; j < count; j++) sums[j] = j ? INFINITY : 0;
    for (; search.group < groups && status == DGEN_OK; search.group++) {
        search.before = sums + (search.group % 2 ? count : 0);
        search.sum = sums + (search.group % 2 ? 0 : count);
        uint64_t tasks = ((uint64_t)(stats->count - search.group) + ENDS - 1) / ENDS;
        if (!dgen__parallel_for(find_beginnings, &search, tasks, stats->count < FEW)) status = dgen__fail_canceled(error);
    }
    for (int64_t k = groups - 1, j = stats->count; k >= 0 && status == DGEN_OK; k--)
        boundary[k] = search.begin[k * (int64_t)count + j], j = boundary[k];
    dgen__block_release(block);
    return status;
}

static dgen_status choose_groups(int32_t *boundary, const statistics *stats, int64_t groups, bool equal_range, dgen_error *error)
{
    boundary[groups] = (int32_t)stats->count;
    if (equal_range) return least_noise(boundary, stats, groups, error);
    for (int64_t k = 0; k < groups; k++) boundary[k] = (int32_t)(k * stats->count / groups);
    return DGEN_OK;
}

/* ---------------------------------------------------------------------------------------------------------------- the table */

/* The range that each timestep is quantized by. */
typedef struct ranges {
    float *least, *most;
} ranges;

static void unite(const ranges *ranges, const statistics *stats, int64_t first, int64_t last)
{
    float least = 0, most = 0;
    for (int64_t i = first; i < last; i++) {
        if (stats->least[i] < least) least = stats->least[i];
        if (stats->most[i] > most) most = stats->most[i];
    }
    for (int64_t i = first; i < last; i++) ranges->least[i] = least, ranges->most[i] = most;
}

/* From the range of the group that ends at `boundary` to that of the next, over up to `reach` timesteps on each side, but no more than
   half of either group: timestep i of 2 n stands at (i + 1/2) / (2 n) of the way. */
static void smooth(const ranges *ranges, int64_t begin, int64_t boundary, int64_t end, int64_t reach)
{
    int64_t n = (int64_t)dgen__least((uint64_t)reach, dgen__least((uint64_t)(boundary - begin), (uint64_t)(end - boundary)) / 2);
    if (n == 0) return;
    float least = ranges->least[boundary - 1], most = ranges->most[boundary - 1];
    float next_least = ranges->least[boundary], next_most = ranges->most[boundary];
    for (int64_t i = 0; i < 2 * n; i++) {
        double way = ((double)i + .5) / (double)(2 * n);
        ranges->least[boundary - n + i] = (float)(least + ((double)next_least - least) * way);
        ranges->most[boundary - n + i] = (float)(most + ((double)next_most - most) * way);
    }
}

/* Root mean square of scale / sqrt (12). */
static double noise_of(const float *scale, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)scale[i] * scale[i];
    return sqrt(sum / 12 / (double)count);
}

static double noise_of_one_group(const statistics *stats, const dgen_quantizer *quantizer)
{
    float least = 0, most = 0, scale;
    uint8_t zero;
    for (int64_t i = 0; i < stats->count; i++) {
        if (stats->least[i] < least) least = stats->least[i];
        if (stats->most[i] > most) most = stats->most[i];
    }
    dgen__isa()->quantization->scales(&scale, &zero, &least, &most, 1, quantizer);
    return noise_of(&scale, 1);
}

static void fill_table(dgen_activation_table *table, const statistics *stats, const int32_t *boundary, const ranges *ranges)
{
    dgen_quantizer quantizer = { .bits = table->bits };
    float *scale = table->scale.data;
    for (int64_t k = 0; k < table->groups; k++) {
        unite(ranges, stats, boundary[k], boundary[k + 1]);
        for (int64_t i = boundary[k]; i < boundary[k + 1]; i++) ((int32_t *)table->group.data)[i] = (int32_t)k + 1;
    }
    for (int64_t k = 1; k < table->groups; k++) smooth(ranges, boundary[k - 1], boundary[k], boundary[k + 1], table->smoothing);
    memcpy(table->timestep.data, stats->timestep, (size_t)stats->count * sizeof(double));
    dgen__isa()->quantization->scales(scale, table->zero.data, ranges->least, ranges->most, (size_t)stats->count, &quantizer);
    table->narrowed = 0;
    for (int64_t i = 0; i < stats->count; i++)
        table->narrowed += stats->least[i] < ranges->least[i] || stats->most[i] > ranges->most[i];
    table->noise = noise_of(scale, stats->count);
    table->noise_single = noise_of_one_group(stats, &quantizer);
}

static dgen_status alloc_table(dgen_activation_table *table, int64_t timesteps, dgen_error *error)
{
    dgen_status status = dgen_array_alloc(&table->timestep, DGEN_F64, 1, &timesteps, NULL, error);
    if (status == DGEN_OK) status = dgen_array_alloc(&table->group, DGEN_I32, 1, &timesteps, NULL, error);
    if (status == DGEN_OK) status = dgen_array_alloc(&table->scale, DGEN_F32, 1, &timesteps, NULL, error);
    if (status == DGEN_OK) status = dgen_array_alloc(&table->zero, DGEN_U8, 1, &timesteps, NULL, error);
    if (status != DGEN_OK) dgen_activation_table_release(table);
    return status;
}

dgen_status dgen_activation_table_make(dgen_activation_table *out, const dgen_array *stats, const dgen_activation_options *options,
                                       dgen_error *error)
{
    dgen_activation_options own;
    if (options) own = *options;
    else dgen_activation_options_init(&own);
    dgen_status status = check_stats(stats, error);
    if (status != DGEN_OK) return status;
    int64_t count = stats->shape[0];
    if (own.groups == 0) own.groups = count < DEFAULT_GROUPS ? count : DEFAULT_GROUPS;
    status = check_options(&own, count, error);
    if (status != DGEN_OK) return status;
    dgen_block *block;
    size_t floats = (size_t)count * sizeof(float);
    status = dgen__block_alloc(&block, 2 * floats + 4 * floats + (size_t)(own.groups + 1) * sizeof(int32_t), NULL, error);
    if (status != DGEN_OK) return status;
    double *timestep = dgen__block_data(block);
    float *singles = (float *)(timestep + count);
    statistics known = { count, timestep, singles, singles + count };
    ranges ranges = { singles + 2 * count, singles + 3 * count };
    int32_t *boundary = (int32_t *)(singles + 4 * count);
    dgen_activation_table made = { .bits = own.bits, .groups = own.groups, .smoothing = own.smoothing,
                                   .equal_range = own.equal_range != 0 };
    status = read_stats(&known, stats, error);
    if (status == DGEN_OK) status = choose_groups(boundary, &known, own.groups, own.equal_range, error);
    if (status == DGEN_OK) status = alloc_table(&made, count, error);
    if (status == DGEN_OK) {
        fill_table(&made, &known, boundary, &ranges);
        *out = made;
    }
    dgen__block_release(block);
    return status;
}

void dgen_activation_table_release(dgen_activation_table *table)
{
    dgen_array_release(&table->timestep);
    dgen_array_release(&table->group);
    dgen_array_release(&table->scale);
    dgen_array_release(&table->zero);
}

/* -------------------------------------------------------------------------------------------------------------- to and fro */

void dgen_activation_table_record(const dgen_activation_table *table, dgen_record *out)
{
    out->count = 0;
    dgen__record_count(out, "bits", (uint64_t)table->bits);
    dgen__record_count(out, "groups", (uint64_t)table->groups);
    dgen__record_text(out, "method", method_names[table->equal_range != 0]);
    dgen__record_count(out, "smoothing", (uint64_t)table->smoothing);
    dgen__record_count(out, "narrowed", (uint64_t)table->narrowed);
    dgen__record_number(out, "noise", table->noise);
    dgen__record_number(out, "noise_single", table->noise_single);
}

dgen_status dgen_activation_table_set(dgen_activation_table *table, const char *name, dgen_value value, dgen_error *error)
{
    static const char legal[] = "a number from 0 up";
    if (!strcmp(name, "groups")) return set_whole(&table->groups, name, value, 1, error);
    if (!strcmp(name, "smoothing")) return set_whole(&table->smoothing, name, value, 0, error);
    if (!strcmp(name, "narrowed")) return set_whole(&table->narrowed, name, value, 0, error);
    if (!strcmp(name, "bits")) return dgen__value_bits(&table->bits, value, error);
    if (!strcmp(name, "noise")) return dgen__value_number(&table->noise, name, value, 0, INFINITY, legal, error);
    if (!strcmp(name, "noise_single")) return dgen__value_number(&table->noise_single, name, value, 0, INFINITY, legal, error);
    if (!strcmp(name, "method"))
        return dgen__value_word(&table->equal_range, name, value, method_names, "\"uniform\" or \"equal_range\"", error);
    return dgen__fail(error, DGEN_EINVAL, "table", "\"%.40s\" is not a field of an activation table", name);
}

static dgen_status check_part(const dgen_array *part, const char *name, dgen_dtype dtype, int64_t timesteps, dgen_error *error)
{
    if (!part->release) return dgen__fail(error, DGEN_ECLOSED, "table", "table.%s is closed", name);
    if (part->dtype != dtype)
        return dgen__fail(error, DGEN_ETYPE, "table", "table.%s must be %s, not %s", name, dgen_dtype_name(dtype),
                          (unsigned)part->dtype < DGEN_DTYPE_COUNT ? dgen_dtype_name(part->dtype) : "of no type");
    if (dgen_array_length(part) != timesteps)
        return dgen__fail(error, DGEN_EINVAL, "table", "table.%s must have as many elements as table.timestep, %lld, not %lld",
                          name,
                          (long long)timesteps, (long long)dgen_array_length(part));
    if (!dgen__is_contiguous(part)) return dgen__fail(error, DGEN_EINVAL, "table", "table.%s must be contiguous", name);
    if (!part->data) return dgen__fail(error, DGEN_EINVAL, "table", "table.%s must not be NULL", name);
    return DGEN_OK;
}

/* Values that quantizing by the table relies on. */
static dgen_status check_values(const dgen_activation_table *table, int64_t timesteps, dgen_error *error)
{
    const double *timestep = table->timestep.data;
    const float *scale = table->scale.data;
    const uint8_t *zero = table->zero.data;
    int top = (1 << table->bits) - 1;
    for (int64_t i = 0; i < timesteps; i++) {
        if (!isfinite(timestep[i]) || (i > 0 && timestep[i] <= timestep[i - 1]))
            return dgen__fail(error, DGEN_EINVAL, "table", "table.timestep must be finite and ascending; element %lld is not",
                              (long long)i + 1);
        if (!(scale[i] >= 0x1p-126f && scale[i] < INFINITY))
            return dgen__fail(error, DGEN_EINVAL, "table", "table.scale must be finite and from 2^-126 up; element %lld is not",
                              (long long)i + 1);
        if (zero[i] > top)
            return dgen__fail(error, DGEN_EINVAL, "table", "table.zero must be from 0 to %d; element %lld is %d", top,
                              (long long)i + 1,
                              zero[i]);
    }
    return DGEN_OK;
}

dgen_status dgen_activation_table_check(const dgen_activation_table *table, dgen_error *error)
{
    int bits = table->bits;
    int64_t timesteps = table->timestep.release ? dgen_array_length(&table->timestep) : 0;
    if (bits != 8 && bits != 4 && bits != 2)
        return dgen__fail(error, DGEN_EINVAL, "table", "table.bits must be 8, 4 or 2, not %d", bits);
    if (table->timestep.release && timesteps == 0) return dgen__fail(error, DGEN_EINVAL, "table", "table must not be empty");
    dgen_status status = check_part(&table->timestep, "timestep", DGEN_F64, timesteps, error);
    if (status == DGEN_OK) status = check_part(&table->group, "group", DGEN_I32, timesteps, error);
    if (status == DGEN_OK) status = check_part(&table->scale, "scale", DGEN_F32, timesteps, error);
    if (status == DGEN_OK) status = check_part(&table->zero, "zero", DGEN_U8, timesteps, error);
    return status == DGEN_OK ? check_values(table, timesteps, error) : status;
}

/* -------------------------------------------------------------------------------------------------------------- activations */

/* Which of `count` ascending timesteps is the last that is not after t, which is not before the first. */
static int64_t last_not_after(const double *timestep, int64_t count, double t)
{
    int64_t low = 0, high = count; /* those before low are not after t, those from high on are */
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (timestep[middle] <= t) low = middle + 1;
        else high = middle;
    }
    return low - 1;
}

static double element_of(dgen_operand t, int64_t i) { return t.array ? dgen_array_get(t.array, i) : t.number; }

/* Scale and zero of each row, by its timestep. */
static void look_up(dgen_quantized *made, dgen_operand t, const dgen_activation_table *table, int64_t rows)
{
    const double *timestep = table->timestep.data;
    int64_t count = dgen_array_length(&table->timestep), at = 0;
    for (int64_t i = 0; i < rows; i++) {
        double x = element_of(t, i);
        bool same = timestep[at] <= x && (at + 1 == count || x < timestep[at + 1]);
        if (!same) at = last_not_after(timestep, count, x);
        ((float *)made->scale.data)[i] = ((const float *)table->scale.data)[at];
        ((uint8_t *)made->zero.data)[i] = ((const uint8_t *)table->zero.data)[at];
    }
}

static dgen_status check_t(dgen_operand t, const dgen_activation_table *table, int64_t rows, dgen_error *error)
{
    double first = *(const double *)table->timestep.data, x;
    char shown[32] = "NaN";
    if (t.array && !t.array->release) return dgen_error_closed("t", error);
    if (t.array && (dgen_array_length(t.array) != rows || (unsigned)t.array->dtype >= DGEN_DTYPE_COUNT))
        return dgen__fail(error, DGEN_EINVAL, "t", "t must be a number, or have as many elements as x has rows, %lld, not %lld",
                          (long long)rows, (long long)dgen_array_length(t.array));
    if (t.array && !t.array->data) return dgen__fail(error, DGEN_EINVAL, "t", "t must not be NULL");
    for (int64_t i = 0; i < (t.array ? rows : 1); i++)
        if (!((x = element_of(t, i)) >= first)) {
            if (!isnan(x)) snprintf(shown, sizeof shown, "%.15g", x);
            return dgen__fail(error, DGEN_EINVAL, "t",
                              "t must be from %.15g up, the table's first timestep; element %lld is %s", first,
                              (long long)i + 1, shown);
        }
    return DGEN_OK;
}

dgen_status dgen_quantize_activations(dgen_quantized *out, const dgen_array *x, dgen_operand t, const dgen_activation_table *table,
                                      const dgen_quantize_options *options, dgen_error *error)
{
    dgen_quantize_options own;
    dgen_quantized made;
    dgen_quantize_options_init(&own);
    if (options) own.nan = options->nan, own.certificate = options->certificate, own.max_threads = options->max_threads;
    dgen_status status = dgen__check_floats(x, "x", error);
    if (status == DGEN_OK) status = dgen_activation_table_check(table, error);
    if (status != DGEN_OK) return status;
    own.bits = table->bits;
    own.axis = DGEN_AXIS_ROW;
    int64_t rows = x->ndim == 1 ? 1 : x->shape[0];
    status = dgen_quantize_shape(&made, x, &own, error);
    if (status == DGEN_OK) status = check_t(t, table, rows, error);
    if (status == DGEN_OK) status = dgen__quantized_take(&made, out, error);
    if (status != DGEN_OK) return status;
    look_up(&made, t, table, rows);
    status = dgen__quantize_given(&made, x, &own, error);
    if (status == DGEN_OK) *out = made;
    else dgen__quantized_give_back(&made, out);
    return status;
}
