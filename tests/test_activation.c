/*
 * Activations by timestep: tables against all partitions and against the sums of a plain search, ranges and smoothing against
 * long double, rows against a scalar quantizer, the gain on activations that shrink, the same bits for every ISA and number of
 * threads, and what is refused.
 */
#define _GNU_SOURCE
#include <math.h>

#include "agree.h"


static dgen_error error;

static void must(dgen_status status)
{
    if (status != DGEN_OK) exit((printf("  %s\n", error.message), 1));
}

static double hashed(uint64_t i) { return (double)(hash(i) >> 11) * 0x1p-53; }

static dgen_array matrix(dgen_dtype dtype, int64_t rows, int64_t columns)
{
    int64_t shape[2] = { rows, columns };
    dgen_array out;
    must(dgen_array_alloc(&out, dtype, 2, shape, NULL, &error));
    return out;
}

/* Statistics of timesteps 10 i: ranges [least[i], most[i]]. */
static dgen_array stats_of(const double *least, const double *most, int count)
{
    dgen_array out = matrix(DGEN_F64, count, 3);
    for (int i = 0; i < count; i++) {
        ((double *)out.data)[i] = 10.0 * i;
        ((double *)out.data)[i + count] = least[i];
        ((double *)out.data)[i + 2 * count] = most[i];
    }
    return out;
}

static dgen_activation_options options_of(int groups, int equal_range, int bits, int smoothing)
{
    dgen_activation_options options;
    dgen_activation_options_init(&options);
    options.groups = groups, options.equal_range = equal_range, options.bits = bits, options.smoothing = smoothing;
    return options;
}

static dgen_activation_table table_of(const double *least, const double *most, int count, int groups, int equal_range, int bits,
                                      int smoothing)
{
    dgen_array stats = stats_of(least, most, count);
    dgen_activation_options options = options_of(groups, equal_range, bits, smoothing);
    dgen_activation_table table;
    must(dgen_activation_table_make(&table, &stats, &options, &error));
    dgen_array_release(&stats);
    return table;
}

static const int32_t *group_of(const dgen_activation_table *table) { return table->group.data; }
static const float *scale_of(const dgen_activation_table *table) { return table->scale.data; }
static const uint8_t *zero_of(const dgen_activation_table *table) { return table->zero.data; }

/* ------------------------------------------------------------------------------------------------------------------- groups */

/* Timesteps times squared range, of timesteps [i, j). */
static long double cost(const double *least, const double *most, int i, int j)
{
    long double low = 0, high = 0;
    for (int k = i; k < j; k++) {
        if (least[k] < low) low = least[k];
        if (most[k] > high) high = most[k];
    }
    return (j - i) * (high - low) * (high - low);
}

/* Small whole numbers, so that sums are exact and many partitions are equally good; some kinds with runs, falls and peaks. */
static void ranges_of(double *least, double *most, int count, uint64_t seed)
{
    int kind = (int)(seed % 4);
    for (int i = 0; i < count; i++) {
        uint64_t h = hash(seed * 1000 + (uint64_t)i);
        most[i] = kind == 0 ? (double)(h % 4) : kind == 1 ? (double)(count - i + (int)(h % 2)) : kind == 2 ? (h % 3 ? 1 : 9) : (double)(h % 2 * 5);
        least[i] = kind == 3 ? most[i] - (double)(h >> 8 & 3) : -(double)(h >> 8 & 3);
    }
}

/* Bit i of a mask: a group begins at timestep i. The best, by the rule for ties: the earliest last boundary, then the last but one;
   that is the least mask of those of equal sums. */
static uint32_t best_of_all(const double *least, const double *most, int count, int groups)
{
    uint32_t best = 0;
    long double best_sum = INFINITY;
    for (uint32_t mask = 1; mask < 1u << count; mask += 2) {
        if (__builtin_popcount(mask) != groups) continue;
        long double sum = 0;
        for (int i = 0, j; i < count; i = j) {
            for (j = i + 1; j < count && !(mask >> j & 1); j++) continue;
            sum += cost(least, most, i, j);
        }
        if (sum < best_sum) best_sum = sum, best = mask;
    }
    return best;
}

static void the_groups_are_the_best_of_all(void)
{
    double least[10], most[10];
    for (uint64_t seed = 0; seed < 400; seed++) {
        int count = 1 + (int)(seed % 10);
        ranges_of(least, most, count, seed / 10);
        for (int groups = 1; groups <= count; groups++) {
            dgen_activation_table table = table_of(least, most, count, groups, 1, 8, 0);
            uint32_t mask = 0;
            for (int i = 0; i < count; i++) mask |= (uint32_t)(i == 0 || group_of(&table)[i] != group_of(&table)[i - 1]) << i;
            CHECK(mask == best_of_all(least, most, count, groups), "seed %d, %d timesteps, %d groups: %x, not %x", (int)seed,
                  count, groups,
                  mask, best_of_all(least, most, count, groups));
            CHECK(group_of(&table)[0] == 1 && group_of(&table)[count - 1] == groups, "numbers of groups");
            dgen_activation_table_release(&table);
        }
    }
}

/* By a search through all beginnings. */
static long double least_sum(const double *least, const double *most, int count, int groups)
{
    static long double sum[64][401], own[401][401];
    for (int i = 0; i < count; i++)
        for (int j = i + 1; j <= count; j++) own[i][j] = cost(least, most, i, j);
    for (int j = 1; j <= count; j++) sum[1][j] = own[0][j];
    for (int k = 2; k <= groups; k++)
        for (int j = k; j <= count; j++) {
            sum[k][j] = INFINITY;
            for (int i = k - 1; i < j; i++)
                if (sum[k - 1][i] + own[i][j] < sum[k][j]) sum[k][j] = sum[k - 1][i] + own[i][j];
        }
    return sum[groups][count];
}

static void many_timesteps_have_the_least_sum(void)
{
    double least[400], most[400];
    for (uint64_t seed = 0; seed < 8; seed++)
        for (int groups = 1; groups <= 40; groups += 13) {
            ranges_of(least, most, 400, seed);
            dgen_activation_table table = table_of(least, most, 400, groups, 1, 8, 0);
            long double sum = 0;
            for (int i = 0, j; i < 400; i = j) {
                for (j = i + 1; j < 400 && group_of(&table)[j] == group_of(&table)[i]; j++) continue;
                sum += cost(least, most, i, j);
            }
            CHECK(sum == least_sum(least, most, 400, groups), "seed %d, %d groups: %Lg, not %Lg", (int)seed, groups, sum,
                  least_sum(least, most, 400, groups));
            dgen_activation_table_release(&table);
        }
}

static void uniform_groups_have_equally_many_timesteps(void)
{
    double least[50], most[50];
    ranges_of(least, most, 50, 4);
    for (int count = 1; count <= 50; count += 7)
        for (int groups = 1; groups <= count; groups++) {
            dgen_activation_table table = table_of(least, most, count, groups, 0, 4, 0);
            for (int k = 0; k < groups; k++)
                for (int i = k * count / groups; i < (k + 1) * count / groups; i++)
                    CHECK(group_of(&table)[i] == k + 1, "timestep %d of %d in %d groups: %d", i, count, groups,
                          group_of(&table)[i]);
            dgen_activation_table_release(&table);
        }
}

static void options_left_out_have_defaults(void)
{
    double least[50], most[50];
    ranges_of(least, most, 50, 1);
    for (int count = 3; count <= 50; count += 47) {
        dgen_array stats = stats_of(least, most, count);
        dgen_activation_table table;
        must(dgen_activation_table_make(&table, &stats, NULL, &error));
        CHECK(table.groups == (count < 10 ? count : 10) && table.bits == 8 && table.smoothing == 0 && table.equal_range == 1,
              "defaults");
        CHECK(group_of(&table)[count - 1] == table.groups, "%d groups", group_of(&table)[count - 1]);
        dgen_activation_table_release(&table);
        dgen_array_release(&stats);
    }
}

/* ------------------------------------------------------------------------------------------------------------- scales and zeros */

/* True if s and z are those of [low, high]: s is the range over the levels, rounded up to at most 16 bits, z the nearest to -low / s. */
static bool fits(float s, int z, long double low, long double high, int bits)
{
    int levels = (1 << bits) - 1, exponent;
    long double want = (high - low) / levels;
    if (want < 0x1p-126L) return z >= 0 && z <= levels;
    double mantissa = ldexp(frexp(s, &exponent), 16);
    return s >= want * (1 - 0x1p-60L) && s <= want * (1 + 0x1p-15L) && mantissa == floor(mantissa) && fabsl(z + low / s) <= .5L + 0x1p-20L;
}

static void scales_are_those_of_the_range_of_a_group(void)
{
    double least[60], most[60];
    static const int bits[] = { 8, 4, 2 };
    for (int b = 0; b < 3; b++)
        for (int seed = 0; seed < 30; seed++) {
            int count = 60, groups = 1 + seed % 7;
            for (int i = 0; i < count; i++) {
                most[i] = (hashed((uint64_t)(seed * 100 + i)) - .2) * exp2((double)(seed * 7 % 100 - 50));
                least[i] = most[i] - hashed((uint64_t)(seed * 999 + i)) * 2 * fabs(most[i]);
            }
            dgen_activation_table table = table_of(least, most, count, groups, seed % 2, bits[b], 0), narrow;
            long double noise = 0;
            for (int i = 0, j; i < count; i = j) {
                long double low = 0, high = 0;
                for (j = i; j < count && group_of(&table)[j] == group_of(&table)[i]; j++) {
                    if ((float)least[j] < low) low = (float)least[j];
                    if ((float)most[j] > high) high = (float)most[j];
                }
                for (int k = i; k < j; k++) {
                    noise += (long double)scale_of(&table)[k] * scale_of(&table)[k];
                    CHECK(fits(scale_of(&table)[k], zero_of(&table)[k], low, high, bits[b]),
                          "%d bits: scale %g zero %d of %Lg to %Lg", bits[b],
                          scale_of(&table)[k], zero_of(&table)[k], low, high);
                }
            }
            noise = sqrtl(noise / 12 / count);
            CHECK(fabsl(table.noise - noise) <= 1e-12L * noise, "noise %g, not %Lg", table.noise, noise);
            CHECK(table.narrowed == 0, "narrowed %lld", (long long)table.narrowed);
            narrow = table_of(least, most, count, 1, 0, bits[b], 0);
            CHECK(narrow.noise == table.noise_single && narrow.noise_single == narrow.noise && table.noise <= narrow.noise,
                  "noise_single");
            dgen_activation_table_release(&table);
            dgen_activation_table_release(&narrow);
        }
}

/* The ranges of groups by the table's own group numbers, then smoothed by the words of dgen.h. */
static void smoothed(long double *low, long double *high, const double *least, const double *most, const int32_t *group, int count,
                     int smoothing)
{
    int begin[64], groups = 0;
    for (int i = 0; i < count; i++)
        if (i == 0 || group[i] != group[i - 1]) begin[groups++] = i;
    begin[groups] = count;
    for (int k = 0; k < groups; k++) {
        long double l = 0, h = 0;
        for (int i = begin[k]; i < begin[k + 1]; i++) l = fminl(l, (float)least[i]), h = fmaxl(h, (float)most[i]);
        for (int i = begin[k]; i < begin[k + 1]; i++) low[i] = l, high[i] = h;
    }
    for (int k = 1; k < groups; k++) {
        int at = begin[k], left = (at - begin[k - 1]) / 2, right = (begin[k + 1] - at) / 2, n = smoothing;
        if (left < n) n = left;
        if (right < n) n = right;
        if (n == 0) continue;
        long double l = low[at - 1], h = high[at - 1], next_l = low[at], next_h = high[at];
        for (int i = at - n; i < at + n; i++) {
            long double way = (i - (at - n) + .5L) / (2 * n);
            low[i] = l * (1 - way) + next_l * way;
            high[i] = h * (1 - way) + next_h * way;
        }
    }
}

static void smoothing_goes_over_from_group_to_group(void)
{
    double least[40], most[40];
    long double low[40], high[40];
    for (int seed = 0; seed < 40; seed++)
        for (int smoothing = 0; smoothing <= 12; smoothing += seed % 2 ? 1 : 4) {
            for (int i = 0; i < 40; i++) {
                most[i] = (1 + hashed((uint64_t)(seed * 41 + i))) * (i / 8 % 2 ? 1 : 6);
                least[i] = -hashed((uint64_t)(seed * 59 + i)) * most[i];
            }
            dgen_activation_table table = table_of(least, most, 40, 1 + seed % 6, seed % 3 > 0, 8, smoothing);
            int narrowed = 0;
            smoothed(low, high, least, most, group_of(&table), 40, smoothing);
            for (int i = 0; i < 40; i++) {
                long double slack = 0x1p-22L * (high[i] - low[i]);
                CHECK(scale_of(&table)[i] >= (high[i] - low[i] - slack) / 255
                      && scale_of(&table)[i] <= (high[i] - low[i] + slack) / 255 * (1 + 0x1p-15L)
                          && fabsl(zero_of(&table)[i] + low[i] / scale_of(&table)[i]) <= .501L,
                      "smoothing %d at %d: scale %g, range %Lg to %Lg", smoothing, i, scale_of(&table)[i], low[i], high[i]);
                narrowed += (float)least[i] < low[i] - slack || (float)most[i] > high[i] + slack;
            }
            CHECK(table.narrowed == narrowed && table.smoothing == smoothing, "%d narrowed, not %d", (int)table.narrowed, narrowed);
            dgen_activation_table_release(&table);
        }
}

/* ------------------------------------------------------------------------------------------------------------------- rows */

static dgen_activation_table shrinking(int groups, int bits)
{
    double least[50], most[50];
    for (int i = 0; i < 50; i++) most[i] = 8 * exp2(-i / 8.0), least[i] = -most[i] / 3;
    return table_of(least, most, 50, groups, 1, bits, 0);
}

/* Which timestep of shrinking's holds at t. */
static int timestep_at(double t) { return t >= 490 ? 49 : (int)floor(t / 10); }

static double activation(uint64_t i, double t) { return (hashed(i) * 1.5 - .4) * 8 * exp2(-t / 80); }

static double snr_of(const dgen_array *x, const dgen_quantized *q)
{
    dgen_array back = { 0 };
    long double signal = 0, noise = 0;
    must(dgen_dequantize(&back, q, DGEN_F64, 0, &error));
    for (int64_t i = 0; i < dgen_array_length(x); i++) {
        long double a = dgen_array_get(x, i), b = dgen_array_get(&back, i);
        signal += a * a, noise += (a - b) * (a - b);
    }
    dgen_array_release(&back);
    return (double)(10 * log10l(signal / noise));
}

/* A code of x by scale and zero, in long double: right where no half is near. */
static bool is_code_of(int code, double x, float scale, int zero, int bits)
{
    int top = (1 << bits) - 1;
    long double exact = (long double)x / scale + zero;
    if (exact < 0) exact = 0;
    if (exact > top) exact = top;
    return fabsl(code - exact) <= .5L + 0x1p-13L;
}

static void rows_have_the_scale_of_their_timestep(void)
{
    static const int bits[] = { 8, 4, 2 };
    static const dgen_dtype types[] = { DGEN_F32, DGEN_F64, DGEN_F16, DGEN_BF16 }, times[] = { DGEN_F64, DGEN_F32, DGEN_I32, DGEN_U16 };
    int64_t all = 0;
    for (int kind = 0; kind < 48; kind++) {
        int rows = 60, columns = kind % 2 ? 37 : 300, b = bits[kind % 3];
        dgen_activation_table table = shrinking(7, b);
        dgen_array x = matrix(types[kind % 4], rows, columns), codes = { 0 }, t;
        int64_t shape = rows;
        must(dgen_array_alloc(&t, times[kind / 4 % 4], 1, &shape, NULL, &error));
        if (kind / 16 == 1) x.stride[0] = columns, x.stride[1] = 1;
        for (int i = 0; i < rows; i++) {
            double time = i * 97 % 60 * 10 + i % 3 * 5;
            must(dgen_array_set(&t, i, time, &error));
            for (int j = 0; j < columns; j++)
                must(dgen_array_set(&x, i + (int64_t)j * rows, activation((uint64_t)(kind * 1000003 + i * columns + j), time),
                                    &error));
        }
        dgen_operand operand = { .array = kind / 16 == 2 ? NULL : &t, .number = 123 };
        dgen_quantized q = { 0 };
        must(dgen_quantize_activations(&q, &x, operand, &table, NULL, &error));
        must(dgen_quantized_check(&q, &error));
        must(dgen_unpack(&codes, &q, 0, &error));
        CHECK(q.bits == b && q.axis == DGEN_AXIS_ROW && q.scheme == DGEN_ASYMMETRIC && q.group == columns && q.shape[0] == rows,
              "fields");
        int64_t clipped = 0, unclear = 0;
        for (int i = 0; i < rows; i++) {
            int at = timestep_at(operand.array ? dgen_array_get(&t, i) : 123);
            float s = scale_of(&table)[at];
            int z = zero_of(&table)[at];
            CHECK(((float *)q.scale.data)[i] == s && ((uint8_t *)q.zero.data)[i] == z, "row %d", i);
            for (int j = 0; j < columns; j++) {
                double value = dgen_array_get(&x, i + (int64_t)j * rows), level = (float)value / (double)s;
                double beyond = level > (1 << b) - 1 - z ? level - ((1 << b) - 1 - z) : level < -z ? -z - level : 0;
                clipped += beyond > .501, unclear += beyond > .499 && beyond <= .501;
                CHECK(is_code_of((int)dgen_array_get(&codes, i + (int64_t)j * rows), (float)value, s, z, b),
                      "kind %d, row %d: code %g of %g, scale %g, zero %d",
                      kind, i, dgen_array_get(&codes, i + (int64_t)j * rows), value, s, z);
            }
        }
        CHECK(q.error.clipped >= clipped && q.error.clipped <= clipped + unclear, "%lld clipped, not %lld",
              (long long)q.error.clipped, (long long)clipped);
        all += clipped;
        CHECK(fabs(q.error.snr_db - snr_of(&x, &q)) < 1e-4, "%g dB, not %g", q.error.snr_db, snr_of(&x, &q));
        dgen_quantized_release(&q);
        dgen_array_release(&codes);
        dgen_array_release(&x);
        dgen_array_release(&t);
        dgen_activation_table_release(&table);
    }
    CHECK(all > 100, "%lld clipped of all", (long long)all);
}

static void one_dimension_is_one_row(void)
{
    dgen_activation_table table = shrinking(4, 8);
    int64_t n = 1000;
    dgen_array x;
    must(dgen_array_alloc(&x, DGEN_F32, 1, &n, NULL, &error));
    for (int i = 0; i < n; i++) ((float *)x.data)[i] = (float)activation((uint64_t)i, 200);
    dgen_quantized q = { 0 };
    must(dgen_quantize_activations(&q, &x, (dgen_operand){ .number = 200 }, &table, NULL, &error));
    CHECK(q.ndim == 1 && dgen_array_length(&q.scale) == 1 && ((float *)q.scale.data)[0] == scale_of(&table)[20], "scale");
    dgen_quantized_release(&q);
    dgen_array_release(&x);
    dgen_activation_table_release(&table);
}

static void groups_of_time_beat_one_range(void)
{
    dgen_array x = matrix(DGEN_F32, 500, 64), t;
    int64_t rows = 500;
    double snr[2];
    must(dgen_array_alloc(&t, DGEN_F64, 1, &rows, NULL, &error));
    for (int i = 0; i < 500; i++) {
        ((double *)t.data)[i] = i;
        for (int j = 0; j < 64; j++) ((float *)x.data)[i + 500 * j] = (float)((hashed((uint64_t)(i * 64 + j)) * 4 / 3 - 1.0 / 3) * 8 * exp2(-(i / 10 * 10) / 80.0));
    }
    /* Each timestep's own signal to noise, on average: of the whole, the loud ones alone would tell. */
    for (int k = 0; k < 2; k++) {
        dgen_activation_table table = shrinking(k ? 10 : 1, 8);
        dgen_quantized q = { 0 };
        dgen_array back = { 0 };
        must(dgen_quantize_activations(&q, &x, (dgen_operand){ .array = &t }, &table, NULL, &error));
        must(dgen_dequantize(&back, &q, DGEN_F32, 0, &error));
        snr[k] = 0;
        for (int i = 0; i < 500; i++) {
            double signal = 0, noise = 0;
            for (int j = 0; j < 64; j++) {
                double a = ((float *)x.data)[i + 500 * j], b = ((float *)back.data)[i + 500 * j];
                signal += a * a, noise += (a - b) * (a - b);
            }
            snr[k] += 10 * log10(signal / noise) / 500;
        }
        CHECK(k == 0 ? table.noise == table.noise_single : table.noise < .6 * table.noise_single, "noise %g of %g", table.noise,
              table.noise_single);
        dgen_quantized_release(&q);
        dgen_array_release(&back);
        dgen_activation_table_release(&table);
    }
    CHECK(snr[1] > snr[0] + 10, "%g dB in 10 groups, %g in one", snr[1], snr[0]);
    dgen_array_release(&x);
    dgen_array_release(&t);
}

static void nan_policies_hold(void)
{
    dgen_activation_table table = shrinking(4, 8);
    dgen_array x = matrix(DGEN_F32, 3, 40);
    dgen_quantize_options options;
    uint64_t alive = dgen_live_bytes();
    for (int i = 0; i < 120; i++) ((float *)x.data)[i] = (float)activation((uint64_t)i, 0);
    ((float *)x.data)[7] = NAN, ((float *)x.data)[50] = INFINITY;
    dgen_quantized q = { 0 };
    CHECK(dgen_quantize_activations(&q, &x, (dgen_operand){ .number = 0 }, &table, NULL, &error) == DGEN_EINVAL
              && strstr(error.message, "element 8 is NaN"), "%s", error.message);
    CHECK(dgen_live_bytes() == alive && !q.codes.release, "something is left");
    dgen_quantize_options_init(&options);
    options.nan = DGEN_NONFINITE_ZERO;
    options.certificate = 0;
    must(dgen_quantize_activations(&q, &x, (dgen_operand){ .number = 0 }, &table, &options, &error));
    CHECK(q.error.nonfinite == 2 && isnan(q.error.max), "%lld not finite", (long long)q.error.nonfinite);
    CHECK(((uint8_t *)q.codes.data)[40 * 1 + 2] == zero_of(&table)[0], "a NaN's code"); /* element 7: row 1, column 2 */
    dgen_quantized_release(&q);
    dgen_array_release(&x);
    dgen_activation_table_release(&table);
}

/* ------------------------------------------------------------------------------------------------------------- to and fro */

static void a_table_goes_to_a_host_and_comes_back(void)
{
    dgen_activation_table table = shrinking(4, 4), back = { 0 };
    dgen_record record;
    table.smoothing = 3, table.narrowed = 2;
    dgen_activation_table_record(&table, &record);
    static const char *const names[] = { "bits", "groups", "method", "smoothing", "narrowed", "noise", "noise_single" };
    CHECK(record.count == 7, "%d fields", record.count);
    for (int i = 0; i < record.count; i++) {
        CHECK(!strcmp(record.fields[i].name, names[i]), "%s", record.fields[i].name);
        must(dgen_activation_table_set(&back, record.fields[i].name, record.fields[i].value, &error));
    }
    CHECK(back.bits == 4 && back.groups == 4 && back.equal_range == 1 && back.smoothing == 3 && back.narrowed == 2
              && back.noise == table.noise && back.noise_single == table.noise_single, "fields");
    CHECK(dgen_activation_table_set(&back, "colour", (dgen_value){ 0 }, &error) == DGEN_EINVAL, "a field that is none");
    CHECK(dgen_activation_table_set(&back, "bits", (dgen_value){ DGEN_VALUE_NUMBER, .number = 3 }, &error) == DGEN_EINVAL,
          "3 bits");
    CHECK(dgen_activation_table_set(&back, "noise", (dgen_value){ DGEN_VALUE_NUMBER, .number = NAN }, &error) == DGEN_EINVAL,
          "noise NaN");
    back.timestep = table.timestep, back.group = table.group, back.scale = table.scale, back.zero = table.zero;
    must(dgen_activation_table_check(&back, &error));
    dgen_activation_table_release(&table);
    CHECK(dgen_activation_table_check(&table, &error) == DGEN_ECLOSED, "a released table");
}

/* Spoils one thing of a table: what it is called, or NULL if there are no more. */
static const char *spoil(dgen_activation_table *table, int kind)
{
    switch (kind) {
    case 0: table->bits = 3; return "bits";
    case 1: table->timestep.dtype = DGEN_I64; return "timestep";
    case 2: table->group.dtype = DGEN_F32; return "group";
    case 3: table->scale.dtype = DGEN_I32; return "scale";
    case 4: table->zero.dtype = DGEN_I8; return "zero";
    case 5: table->group.shape[0]--; return "group";
    case 6: table->scale.shape[0]--; return "scale";
    case 7: table->zero.shape[0]--; return "zero";
    case 8: table->scale.stride[0] = 2; return "scale";
    case 9: ((double *)table->timestep.data)[3] = 10; return "timestep";
    case 10: ((double *)table->timestep.data)[49] = INFINITY; return "timestep";
    case 11: ((float *)table->scale.data)[9] = 0; return "scale";
    case 12: ((float *)table->scale.data)[9] = NAN; return "scale";
    case 13: ((float *)table->scale.data)[9] = 0x1p-127f; return "scale";
    case 14: ((uint8_t *)table->zero.data)[9] = 16; return "zero";
    case 15: table->group.data = NULL; return "group";
    case 16: ((double *)table->timestep.data)[0] = NAN; return "timestep";
    default: return NULL;
    }
}

static void a_spoiled_table_is_refused(void)
{
    dgen_array x = matrix(DGEN_F32, 2, 3);
    memset(x.data, 0, 24);
    for (int kind = 0;; kind++) {
        dgen_activation_table table = shrinking(5, 4), spoiled = table;
        dgen_quantized q = { 0 };
        char wanted[32];
        const char *name = spoil(&spoiled, kind);
        if (name) {
            snprintf(wanted, sizeof wanted, "table.%s", name);
            CHECK(dgen_activation_table_check(&spoiled, &error) != DGEN_OK && strstr(error.message, wanted) == error.message,
                  "%d: %s", kind,
                  error.message);
            CHECK(dgen_quantize_activations(&q, &x, (dgen_operand){ .number = 9 }, &spoiled, NULL, &error) != DGEN_OK
                  && !q.codes.release,
                  "quantized all the same");
        }
        dgen_activation_table_release(&table);
        if (!name) break;
    }
    dgen_array_release(&x);
}

/* ------------------------------------------------------------------------------------------------------------- what is refused */

static void refused(const double *stats, int rows, int columns, int groups, const char *message)
{
    int64_t shape[2] = { rows, columns };
    dgen_array x;
    dgen_activation_table table = { .bits = 77 };
    dgen_activation_options options = options_of(groups, 1, 8, 0);
    must(dgen_array_borrow(&x, DGEN_F64, columns ? 2 : 1, shape, (void *)stats, &error));
    if (columns) x.stride[0] = columns, x.stride[1] = 1;
    uint64_t alive = dgen_live_bytes();
    CHECK(dgen_activation_table_make(&table, &x, &options, &error) != DGEN_OK && !strcmp(error.message, message), "%s, not %s",
          error.message,
          message);
    CHECK(table.bits == 77 && dgen_live_bytes() == alive, "a trace of it");
}

static void bad_statistics_are_refused(void)
{
    static double long_stats[3 * 6000];
    for (int i = 0; i < 6000; i++) long_stats[3 * i] = i;
    refused((double[]){ 0, -1, 1, 10, -2, 2 }, 2, 3, 3, "groups must be a whole number from 1 to 2, not 3");
    refused((double[]){ 0, -1, 1, 10, -2, 2 }, 2, 3, -1, "groups must be a whole number from 1 to 2, not -1");
    refused((double[]){ 10, -1, 1, 0, -2, 2 }, 2, 3, 1, "stats must have its timesteps in ascending order; row 2 has 0 after 10");
    refused((double[]){ 10, -1, 1, 10, -2, 2 }, 2, 3, 1, "stats must have its timesteps in ascending order; row 2 has 10 after 10");
    refused((double[]){ 0, 1, -1 }, 3, 0, 1, "stats must be a matrix of 3 columns: timestep, least, largest");
    refused((double[]){ 0, 1, -1, 3 }, 1, 4, 1, "stats must be a matrix of 3 columns: timestep, least, largest");
    refused((double[]){ 0, 1, -1, 1, -1, 1 }, 2, 3, 1,
            "stats must have a least value that is at most the largest; row 1 has 1 and -1");
    refused((double[]){ 0, 1, 2, NAN, -1, 1 }, 2, 3, 1, "stats must be finite in f32; element 2 is NaN");
    refused((double[]){ 0, -1, 1e300 }, 1, 3, 1, "stats must be finite in f32; element 3 is 1e+300");
    refused(long_stats, 6000, 3, 6000, "groups must be at most 3817 for method \"equal_range\" with 6000 timesteps, not 6000");
    refused((double[]){ 0 }, 0, 3, 1, "stats must not be empty");
    dgen_activation_options options = options_of(1, 1, 8, 0);
    dgen_value number = { DGEN_VALUE_NUMBER, .number = 0 }, text = { DGEN_VALUE_TEXT, .text = "even" };
    CHECK(dgen_activation_options_set(&options, "method", text, &error) != DGEN_OK
              && !strcmp(error.message, "method must be \"uniform\" or \"equal_range\", not \"even\""), "%s", error.message);
    CHECK(dgen_activation_options_set(&options, "groups", number, &error) != DGEN_OK && options.groups == 1, "0 groups");
    must(dgen_activation_options_set(&options, "smoothing", number, &error));
    number.number = 3;
    CHECK(dgen_activation_options_set(&options, "bits", number, &error) != DGEN_OK && !strcmp(error.message,
        "bits must be 8, 4 or 2, not 3"),
          "%s", error.message);
    must(dgen_activation_options_set(&options, "groups", number, &error));
    text.text = "uniform";
    must(dgen_activation_options_set(&options, "method", text, &error));
    CHECK(options.groups == 3 && options.equal_range == 0, "options");
    CHECK(dgen_activation_options_set(&options, "colour", number, &error) != DGEN_OK && strstr(error.message,
        "\"colour\" is not an option of "),
          "%s", error.message);
}

static void bad_timesteps_are_refused(void)
{
    double ranges[2][2] = { { 0 } }, three[3] = { 0, 10, 20 }, two[2] = { 0, NAN };
    dgen_activation_table table = table_of(ranges[0], ranges[1], 2, 2, 1, 8, 0);
    dgen_array x = matrix(DGEN_F64, 2, 2), t;
    int64_t n = 3;
    dgen_quantized q = { 0 };
    for (int i = 0; i < 4; i++) ((double *)x.data)[i] = i;
    uint64_t alive = dgen_live_bytes();
    must(dgen_array_borrow(&t, DGEN_F64, 1, &n, three, &error));
    CHECK(dgen_quantize_activations(&q, &x, (dgen_operand){ .array = &t }, &table, NULL, &error) != DGEN_OK
              && !strcmp(error.message, "t must be a number, or have as many elements as x has rows, 2, not 3"), "%s", error.message);
    CHECK(dgen_quantize_activations(&q, &x, (dgen_operand){ .number = -1 }, &table, NULL, &error) != DGEN_OK
              && !strcmp(error.message, "t must be from 0 up, the table's first timestep; element 1 is -1"), "%s", error.message);
    n = 2;
    must(dgen_array_borrow(&t, DGEN_F64, 1, &n, two, &error));
    CHECK(dgen_quantize_activations(&q, &x, (dgen_operand){ .array = &t }, &table, NULL, &error) != DGEN_OK
              && !strcmp(error.message, "t must be from 0 up, the table's first timestep; element 2 is NaN"), "%s", error.message);
    dgen_array_release(&t);
    CHECK(dgen_quantize_activations(&q, &x, (dgen_operand){ .array = &t }, &table, NULL, &error) == DGEN_ECLOSED, "a closed t");
    CHECK(dgen_live_bytes() == alive && !q.codes.release, "something is left");
    dgen_array_release(&x);
    CHECK(dgen_quantize_activations(&q, &x, (dgen_operand){ .number = 1 }, &table, NULL, &error) == DGEN_ECLOSED, "a closed x");
    dgen_activation_table_release(&table);
}

static int stop(void *context)
{
    (void)context;
    return 1;
}

/* A search that would take long is left when the host asks. */
static void a_search_can_be_canceled(void)
{
    enum { COUNT = 60000 };
    double *zeros = calloc(COUNT, sizeof *zeros);
    dgen_array stats = stats_of(zeros, zeros, COUNT);
    dgen_activation_table table = { 0 };
    dgen_activation_options options = options_of(30, 1, 8, 0);
    uint64_t alive = dgen_live_bytes();
    dgen_poll_set(stop, NULL);
    CHECK(dgen_activation_table_make(&table, &stats, &options, &error) == DGEN_ECANCELED, "%s", error.message);
    dgen_poll_set(NULL, NULL);
    CHECK(dgen_live_bytes() == alive, "something is left");
    dgen_array_release(&stats);
    free(zeros);
}

/* --------------------------------------------------------------------------------------------------------- threads and ISAs */

static uint64_t hash_of_array(uint64_t h, const dgen_array *x) { return h * 31 + test_hash(x->data, dgen_array_bytes(x)); }

static uint64_t hash_of(int threads)
{
    static double least[5000], most[5000];
    uint64_t h = 0;
    dgen_quantize_options options;
    dgen_quantize_options_init(&options);
    options.max_threads = threads;
    for (int i = 0; i < 5000; i++) most[i] = (1 + hashed((uint64_t)i)) * exp2(-i / 600.0), least[i] = -hashed((uint64_t)i + 77777) * most[i];
    for (int kind = 0; kind < 3; kind++) {
        dgen_activation_table table = table_of(least, most, 5000, 9, kind < 2, 8 >> kind, kind * 5);
        dgen_array x = matrix(DGEN_F32, 700, 301), t;
        int64_t rows = 700;
        dgen_quantized q = { 0 };
        must(dgen_array_alloc(&t, DGEN_F64, 1, &rows, NULL, &error));
        for (int i = 0; i < 700; i++) ((double *)t.data)[i] = hashed((uint64_t)i) * 55000;
        for (int i = 0; i < 700 * 301; i++) ((float *)x.data)[i] = (float)(hashed((uint64_t)i) - .3) * 2;
        must(dgen_quantize_activations(&q, &x, (dgen_operand){ .array = &t }, &table, &options, &error));
        h = hash_of_array(hash_of_array(h, &table.group), &table.scale);
        h = hash_of_array(hash_of_array(h, &table.zero), &q.codes);
        h = h * 31 + test_hash((uint8_t *)&q.error, sizeof q.error);
        h = h * 31 + test_hash((uint8_t *)&table.noise, sizeof table.noise);
        dgen_quantized_release(&q);
        dgen_array_release(&x);
        dgen_array_release(&t);
        dgen_activation_table_release(&table);
    }
    return h;
}

static void threads_and_isas_agree(void) { threads_and_isas(hash_of, 3); }

static void nothing_is_leaked(void) { CHECK(dgen_live_bytes() == 0, "%llu bytes alive", (unsigned long long)dgen_live_bytes()); }

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "hash")) {
        printf("%016llx", (unsigned long long)hash_of(0));
        return 0;
    }
    find_isas();
    RUN(the_groups_are_the_best_of_all);
    RUN(many_timesteps_have_the_least_sum);
    RUN(uniform_groups_have_equally_many_timesteps);
    RUN(options_left_out_have_defaults);
    RUN(scales_are_those_of_the_range_of_a_group);
    RUN(smoothing_goes_over_from_group_to_group);
    RUN(rows_have_the_scale_of_their_timestep);
    RUN(one_dimension_is_one_row);
    RUN(groups_of_time_beat_one_range);
    RUN(nan_policies_hold);
    RUN(a_table_goes_to_a_host_and_comes_back);
    RUN(a_spoiled_table_is_refused);
    RUN(bad_statistics_are_refused);
    RUN(bad_timesteps_are_refused);
    RUN(a_search_can_be_canceled);
    RUN(threads_and_isas_agree);
    RUN(nothing_is_leaked);
    return TEST_END();
}
