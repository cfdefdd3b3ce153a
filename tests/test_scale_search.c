/* Searches of scales: what they choose against searches by brute force in double, their bits on every ISA, any threads and layouts,
   and what they gain. */
#include <math.h>
#include <stdbool.h>

#include "test.h"

#include "isas.h"

enum { MOST = 1 << 18 };
static float data[MOST];
static dgen_error error;

static double uniform(void) { return ((double)(test_random() >> 11) + .5) * 0x1p-53; }
static double normal(void) { return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform()); }

enum { NORMAL, LAPLACE, OUTLIERS, HUGE_ONES, TINY_ONES, POSITIVE, CONSTANT, GRID, ZEROS, KINDS };

static void fill(float *x, int64_t n, int kind)
{
    for (int64_t i = 0; i < n; i++) {
        double z = normal();
        x[i] = (float)(kind == LAPLACE ? (uniform() < .5 ? 1 : -1) * log(uniform())
                       : kind == OUTLIERS ? (uniform() < .02 ? 40 * z : z)
                       : kind == HUGE_ONES ? fmin(fmax(z * 1e38, -0x1.fffffep127), 0x1.fffffep127)
                       : kind == TINY_ONES ? z * 1e-37
                       : kind == POSITIVE ? fabs(z)
                       : kind == CONSTANT ? .1
                       : kind == GRID ? floor(uniform() * 15) - 7
                       : kind == ZEROS ? (uniform() < .9 ? 0 : z)
                                       : z);
    }
}

static dgen_quantize_options options_of(int bits, int form)
{
    dgen_quantize_options options;
    dgen_quantize_options_init(&options);
    options.bits = bits;
    options.scheme = form ? DGEN_SYMMETRIC : DGEN_ASYMMETRIC;
    options.range = form ? (dgen_code_range)(form - 1) : DGEN_RANGE_NARROW;
    return options;
}

/* Forms that the bits have: asymmetric, narrow, full, midrise. */
static int forms_of(int bits) { return bits == 2 ? 4 : 3; }

static dgen_quantized quantized(const dgen_array *x, const dgen_quantize_options *options)
{
    dgen_quantized q;
    memset(&q, 0, sizeof q);
    error.message[0] = 0;
    CHECK(dgen_quantize(&q, x, options, &error) == DGEN_OK, "%s", error.message);
    return q;
}

static dgen_array borrowed(dgen_dtype type, int64_t rows, int64_t columns, void *memory)
{
    dgen_array x;
    int64_t shape[2] = { rows, columns };
    CHECK(dgen_array_borrow(&x, type, rows == 1 ? 1 : 2, rows == 1 ? &columns : shape, memory, &error) == DGEN_OK, "%s", error.message);
    return x;
}

static bool same_array(const dgen_array *a, const dgen_array *b)
{
    return dgen_array_bytes(a) == dgen_array_bytes(b) && !memcmp(a->data, b->data, dgen_array_bytes(a));
}

static bool same(const dgen_quantized *a, const dgen_quantized *b)
{
    return same_array(&a->codes, &b->codes) && same_array(&a->scale, &b->scale) && same_array(&a->zero, &b->zero)
           && !memcmp(&a->error, &b->error, sizeof a->error);
}

/* ------------------------------------------------------------------------------------------------------------- squared error */

static long double error_of(const dgen_quantize_options *options, float scale, int zero, const float *x, int64_t n)
{
    bool symmetric = options->scheme == DGEN_SYMMETRIC, rise = symmetric && options->range == DGEN_RANGE_MIDRISE;
    int bottom = symmetric && options->range == DGEN_RANGE_NARROW ? 1 : 0, top = (1 << options->bits) - 1;
    long double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        long double least = INFINITY; /* the nearest level, whichever rounding finds it */
        double near = floor((double)x[i] / scale) + zero;
        for (int step = -2; step <= 3; step++) {
            double code = fmin(fmax(near + step, bottom), top);
            long double e = fabsl((long double)x[i] - (long double)(code - (rise ? 1.5 : zero)) * scale);
            if (e < least) least = e;
        }
        sum += least * least;
    }
    return sum;
}

/* The scales that may be chosen, by the definition; -1 if `scale` is none of them. */
static float candidate(float first, int k, int bits, bool half)
{
    float step = bits == 2 ? .06f : .02f, growth = bits == 4 ? .002f : 0, s = first * (1 - (float)k * (step + (float)k * growth));
    int e;
    if (k == 0) return first;
    if (s < 0x1p-126f) s = 0x1p-126f;
    frexp(s, &e);
    int unit = half ? (e - 11 < -24 ? -24 : e - 11) : e - 16;
    s = (float)ldexp(ceil(ldexp(s, -unit)), unit);
    return s < first ? s : first;
}

static void check_group(const dgen_quantize_options *options, float first, int zero, float scale, const float *x, int64_t n)
{
    bool half = options->scale_type == DGEN_F16, found = false;
    long double least = INFINITY, chosen = error_of(options, scale, zero, x, n), before = error_of(options, first, zero, x, n);
    for (int k = 0; k < DGEN_CANDIDATES; k++) {
        float s = candidate(first, k, options->bits, half);
        found |= s == scale;
        least = fminl(least, error_of(options, s, zero, x, n));
    }
    CHECK(found, "%d bits: %a is no candidate below %a", options->bits, scale, first);
    CHECK(chosen <= least * (1 + 0x1p-11), "%d bits, n %lld: %Lg is more than %Lg", options->bits, (long long)n, chosen, least);
    CHECK(chosen <= before, "%d bits, n %lld: %Lg is more than the range's %Lg", options->bits, (long long)n, chosen, before);
}

static float scale_at(const dgen_quantized *q, int64_t k) { return (float)dgen_array_get(&q->scale, k); }

/* Quantizes by range and by search, and checks each group of the second against the first. */
static void check_search(dgen_array *x, dgen_quantize_options options)
{
    int64_t rows = x->ndim == 1 ? 1 : x->shape[0], columns = dgen_array_length(x) / rows;
    dgen_quantized before = quantized(x, &options);
    options.search = DGEN_SEARCH_MSE;
    dgen_quantized after = quantized(x, &options);
    int64_t group = options.axis == DGEN_AXIS_GROUP ? before.group : columns, groups = (columns + group - 1) / group;
    CHECK(same_array(&before.zero, &after.zero), "zeros differ");
    if (options.axis == DGEN_AXIS_TENSOR)
        check_group(&options, scale_at(&before, 0), ((uint8_t *)after.zero.data)[0], scale_at(&after, 0), x->data, rows * columns);
    float *row = malloc((size_t)columns * sizeof *row);
    for (int64_t r = 0; r < rows && options.axis != DGEN_AXIS_TENSOR; r++) {
        for (int64_t c = 0; c < columns; c++) row[c] = ((const float *)x->data)[r + c * rows];
        for (int64_t g = 0; g < groups; g++) {
            int64_t k = r * groups + g, n = columns - g * group < group ? columns - g * group : group;
            check_group(&options, scale_at(&before, k), ((uint8_t *)after.zero.data)[k], scale_at(&after, k), row + g * group, n);
        }
    }
    free(row);
    dgen_quantized_release(&before);
    dgen_quantized_release(&after);
}

static void test_small_groups(void)
{
    static const int64_t groups[] = { 1, 2, 7, 32, 50, 128, 300 };
    for (int kind = 0; kind < KINDS; kind++) {
        fill(data, 1500, kind);
        for (int bits = 2; bits <= 8; bits *= 2)
            for (int form = 0; form < forms_of(bits); form++) {
                dgen_array x = borrowed(DGEN_F32, 1, 1500, data);
                dgen_quantize_options options = options_of(bits, form);
                options.group = groups[(kind * 12 + bits + form) % 7], options.has_group = 1;
                check_search(&x, options);
                options.group = 128, options.scale_type = kind == HUGE_ONES ? DGEN_F32 : DGEN_F16;
                check_search(&x, options);
            }
    }
}

static void test_large_groups(void)
{
    static const struct { int64_t rows, columns, group; dgen_axis axis; } shapes[] = {
        { 1, 150000, 0, DGEN_AXIS_TENSOR }, { 37, 3001, 0, DGEN_AXIS_TENSOR }, { 2, 100000, 0, DGEN_AXIS_ROW },
        { 1, 200000, 17000, DGEN_AXIS_GROUP }, { 1, 200000, 70001, DGEN_AXIS_GROUP },
    };
    for (int i = 0; i < 5; i++)
        for (int bits = 2; bits <= 8; bits *= 2) {
            int form = (i + bits) % forms_of(bits);
            fill(data, MOST, i % 3);
            dgen_array x = borrowed(DGEN_F32, shapes[i].rows, shapes[i].columns, data);
            dgen_quantize_options options = options_of(bits, form);
            options.axis = shapes[i].axis;
            if (shapes[i].group) options.group = shapes[i].group, options.has_group = 1;
            check_search(&x, options);
        }
}

/* The kernels of every ISA, at every length of a piece and alignment. */
static void test_isas(void)
{
    static float memory[700];
    fill(memory, 700, OUTLIERS);
    for (int bits = 2; bits <= 8; bits *= 2)
        for (int form = 0; form < forms_of(bits); form++)
            for (int64_t n = 1; n < 300; n += n < 140 ? 1 : 17) {
                dgen_quantizer q = { .bits = bits, .symmetric = form > 0, .range = form > 0 ? form - 1 : 0, .half_scale = n % 3 == 0 };
                float first[DGEN_CANDIDATES], scale = ldexpf(1 + (float)(n % 11) / 16, (int)(n % 30) - 20);
                double expected[DGEN_CANDIDATES];
                for (int k = 0; k < isa_count; k++) {
                    float scales[DGEN_CANDIDATES];
                    double sums[DGEN_CANDIDATES];
                    for (int c = 0; c < DGEN_CANDIDATES; c++) sums[c] = c;
                    isas[k]->quantization->candidates(scales, scale, &q);
                    isas[k]->quantization->candidate_errors(sums, scales, (uint8_t)(1 << (bits - 1)), memory + n % 5, (size_t)n, &q);
                    if (k == 0) memcpy(first, scales, sizeof first), memcpy(expected, sums, sizeof sums);
                    CHECK(!memcmp(first, scales, sizeof first), "%s: candidates differ", isas[k]->name);
                    CHECK(!memcmp(expected, sums, sizeof sums), "%s: sums of %lld differ", isas[k]->name, (long long)n);
                }
            }
}

/* A matrix by rows that lie `stride` apart, in `to`. */
static dgen_array by_rows(const dgen_array *x, float *to, int64_t stride)
{
    dgen_array made = *x;
    int64_t rows = x->ndim == 1 ? 1 : x->shape[0], n = dgen_array_length(x);
    for (int64_t i = 0; i < n; i++) to[i % rows * stride + i / rows] = ((const float *)x->data)[i];
    made.data = to;
    if (rows > 1) made.stride[0] = stride, made.stride[1] = 1;
    return made;
}

/* The same bits for any threads, types and strides. */
static void check_layouts(int64_t rows, int64_t columns, dgen_quantize_options options)
{
    enum { GAP = 5 };
    int64_t n = rows * columns;
    double *wide = malloc((size_t)n * sizeof *wide);
    float *memory = malloc((size_t)(2 * n + GAP * rows) * sizeof *memory);
    dgen_array x = borrowed(DGEN_F32, rows, columns, data), doubles = borrowed(DGEN_F64, rows, columns, wide);
    for (int64_t i = 0; i < n; i++) wide[i] = data[i];
    dgen_array layouts[] = { x, doubles, by_rows(&x, memory, columns), by_rows(&x, memory + n, columns + GAP) };
    options.max_threads = 1;
    dgen_quantized expected = quantized(&x, &options);
    for (int threads = 1; threads <= 8; threads++) {
        options.max_threads = threads;
        dgen_quantized q = quantized(&layouts[threads % 4], &options);
        CHECK(same(&expected, &q), "%d threads, layout %d of %lld x %lld", threads, threads % 4, (long long)rows, (long long)columns);
        dgen_quantized_release(&q);
    }
    dgen_quantized_release(&expected);
    free(wide);
    free(memory);
}

static void test_layouts(void)
{
    for (int search = DGEN_SEARCH_MSE; search <= DGEN_SEARCH_PERCENTILE; search++)
        for (int axis = 0; axis < 3; axis++) {
            dgen_quantize_options options = options_of(4, axis);
            options.search = (dgen_search)search;
            options.axis = (dgen_axis)axis;
            options.percentile = 97;
            fill(data, MOST, LAPLACE);
            check_layouts(61, 1003, options);
            check_layouts(768, 16, options); /* whose rows are taken as one */
            check_layouts(300, 384, options);
            check_layouts(3, 70001, options);
            check_layouts(1, 200000, options);
            data[77] = NAN, data[1000] = INFINITY, data[60001] = -INFINITY, data[150000] = INFINITY;
            options.nan = DGEN_NONFINITE_SATURATE;
            check_layouts(3, 70001, options);
            check_layouts(300, 384, options);
            check_layouts(61, 1003, options);
        }
}

/* ----------------------------------------------------------------------------------------------------------------- percentile */

static int by_magnitude(const void *a, const void *b)
{
    float x = fabsf(*(const float *)a), y = fabsf(*(const float *)b);
    return x < y ? -1 : x > y;
}

/* A percentile's scales are those of the range of clipped elements. */
static void check_percentile(int64_t rows, int64_t columns, dgen_quantize_options options, int kind)
{
    int64_t n = rows * columns, group = options.axis == DGEN_AXIS_GROUP ? options.group : columns;
    float *clipped = malloc((size_t)n * sizeof *clipped), *sorted = malloc((size_t)n * sizeof *sorted);
    int64_t beyond = 0;
    dgen_array x = borrowed(DGEN_F32, rows, columns, data), y = borrowed(DGEN_F32, rows, columns, clipped);
    for (int64_t r = 0; r < (options.axis == DGEN_AXIS_TENSOR ? 1 : rows); r++)
        for (int64_t first = 0; first < (options.axis == DGEN_AXIS_TENSOR ? 1 : columns); first += group) {
            bool tensor = options.axis == DGEN_AXIS_TENSOR;
            int64_t count = tensor ? n : columns - first < group ? columns - first : group;
            for (int64_t i = 0; i < count; i++) sorted[i] = tensor ? data[i] : data[r + (first + i) * rows];
            qsort(sorted, (size_t)count, sizeof *sorted, by_magnitude);
            int64_t rank = (int64_t)ceil(options.percentile * (double)count / 100);
            float m = fabsf(sorted[rank - 1]);
            for (int64_t i = 0; i < count; i++) {
                int64_t at = tensor ? i : r + (first + i) * rows;
                clipped[at] = fminf(fmaxf(data[at], -m), m);
                beyond += clipped[at] != data[at];
            }
        }
    dgen_quantized q = quantized(&x, &options);
    options.search = DGEN_SEARCH_MINMAX;
    dgen_quantized expected = quantized(&y, &options);
    CHECK(same_array(&q.scale, &expected.scale) && same_array(&q.zero, &expected.zero), "%lld x %lld, group %lld, axis %d, percentile %g",
          (long long)rows, (long long)columns, (long long)group, (int)options.axis, options.percentile);
    CHECK(q.error.clipped <= beyond, "%lld clipped, %lld beyond", (long long)q.error.clipped, (long long)beyond);
    CHECK(q.error.clipped > 0 || beyond < n / 200 || kind != OUTLIERS, "none of %lld clipped", (long long)beyond);
    dgen_quantized_release(&q);
    dgen_quantized_release(&expected);
    free(clipped);
    free(sorted);
}

static void test_percentile(void)
{
    static const double percentiles[] = { 50, 66.6, 90, 99, 99.9, 100 };
    static const struct { int64_t rows, columns, group; dgen_axis axis; } shapes[] = {
        { 5, 700, 128, DGEN_AXIS_GROUP }, { 3, 1000, 1, DGEN_AXIS_GROUP }, { 7, 333, 333, DGEN_AXIS_GROUP }, { 4, 5000, 0, DGEN_AXIS_ROW },
        { 37, 3001, 0, DGEN_AXIS_TENSOR }, { 2, 100000, 0, DGEN_AXIS_ROW }, { 1, 200000, 17000, DGEN_AXIS_GROUP },
    };
    for (int i = 0; i < 7; i++)
        for (int p = 0; p < 6; p++) {
            static const int kinds[] = { NORMAL, OUTLIERS, ZEROS, GRID, TINY_ONES, HUGE_ONES };
            dgen_quantize_options options = options_of(p % 2 ? 8 : 4, p % 3);
            options.search = DGEN_SEARCH_PERCENTILE;
            options.percentile = percentiles[p];
            options.axis = shapes[i].axis;
            options.group = shapes[i].group, options.has_group = shapes[i].group > 0;
            fill(data, shapes[i].rows * shapes[i].columns, kinds[(i + p) % 6]);
            check_percentile(shapes[i].rows, shapes[i].columns, options, kinds[(i + p) % 6]);
        }
}

/* Elements so many that all threads count one group. */
static void test_percentile_of_millions(void)
{
    int64_t n = (1 << 22) + 12345, beyond = 0;
    float *x = malloc((size_t)n * sizeof *x);
    for (int64_t i = 0; i < n; i++) x[i] = (float)((double)(hash((uint64_t)i) % (uint64_t)n) - (double)n / 3);
    dgen_array array = borrowed(DGEN_F32, 1, n, x);
    dgen_quantize_options options = options_of(8, 1);
    options.search = DGEN_SEARCH_PERCENTILE;
    options.axis = DGEN_AXIS_TENSOR;
    options.percentile = 99;
    dgen_quantized expected = { 0 };
    for (int threads = 1; threads <= 8; threads *= 2) {
        options.max_threads = threads;
        dgen_quantized q = quantized(&array, &options);
        if (threads == 1) expected = q;
        CHECK(same(&expected, &q), "%d threads", threads);
        if (threads > 1) dgen_quantized_release(&q);
    }
    qsort(x, (size_t)n, sizeof *x, by_magnitude);
    float m = fabsf(x[(int64_t)ceil(99 * (double)n / 100) - 1]);
    for (int64_t i = 0; i < n; i++) beyond += fabsf(x[i]) > m;
    CHECK(fabs((double)scale_at(&expected, 0) * 127 / m - 1) < 0x1p-14 && beyond < n / 50, "scale %g of %g", scale_at(&expected, 0), m);
    dgen_quantized_release(&expected);
    free(x);
}

/* ---------------------------------------------------------------------------------------------------------- what is not finite */

/* Searches see what replaces NaNs and infinities. */
static void test_replaced(void)
{
    for (int search = DGEN_SEARCH_MSE; search <= DGEN_SEARCH_PERCENTILE; search++)
        for (int policy = DGEN_NONFINITE_SATURATE; policy <= DGEN_NONFINITE_ZERO; policy++)
            for (int axis = 0; axis < 3; axis++) {
                static float replaced[MOST];
                int64_t n = 150000, group = axis == 0 ? 128 : n;
                fill(data, n, OUTLIERS);
                for (int64_t i = 0; i < n; i += 1 + (int64_t)(test_random() % 5000))
                    data[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -INFINITY;
                for (int64_t first = 0; first < n; first += group) {
                    int64_t end = first + group < n ? first + group : n;
                    float least = 0, most = 0;
                    for (int64_t i = first; i < end; i++)
                        if (isfinite(data[i])) least = fminf(least, data[i]), most = fmaxf(most, data[i]);
                    if (policy == DGEN_NONFINITE_ZERO) least = most = 0;
                    for (int64_t i = first; i < end; i++)
                        replaced[i] = isfinite(data[i]) ? data[i] : isnan(data[i]) ? 0 : data[i] < 0 ? least : most;
                }
                dgen_array x = borrowed(DGEN_F32, 1, n, data), y = borrowed(DGEN_F32, 1, n, replaced);
                dgen_quantize_options options = options_of(4, 0);
                options.search = (dgen_search)search, options.axis = (dgen_axis)axis, options.nan = (dgen_nonfinite)policy;
                dgen_quantized q = quantized(&x, &options), expected = quantized(&y, &options);
                CHECK(q.error.nonfinite > 10, "%lld", (long long)q.error.nonfinite);
                q.error.nonfinite = 0;
                CHECK(same(&q, &expected), "search %d, policy %d, axis %d", search, policy, axis);
                dgen_quantized_release(&q);
                dgen_quantized_release(&expected);
                options.nan = DGEN_NONFINITE_ERROR;
                CHECK(dgen_quantize(&q, &x, &options, &error) == DGEN_EINVAL && strstr(error.message, "element 1 is NaN"), "%s", error.message);
            }
}

/* ---------------------------------------------------------------------------------------------------------------- what it gains */

static double snr(const dgen_array *x, dgen_quantize_options options, dgen_search search)
{
    options.search = search;
    dgen_quantized q = quantized(x, &options);
    double db = q.error.snr_db;
    dgen_quantized_release(&q);
    return db;
}

static void test_gains(void)
{
    static const struct { int bits, form; double gain, least; } rows[] = {
        { 4, 0, .4, 19 }, { 2, 0, 2.5, 8.5 }, { 2, 3, 1.5, 9 }, { 8, 0, 0, 43 }, { 4, 1, .6, 19 }, { 2, 1, 4, 7 },
    };
    fill(data, MOST, NORMAL);
    dgen_array x = borrowed(DGEN_F32, 1, MOST, data);
    for (int i = 0; i < 6; i++) {
        dgen_quantize_options options = options_of(rows[i].bits, rows[i].form);
        double before = snr(&x, options, DGEN_SEARCH_MINMAX), after = snr(&x, options, DGEN_SEARCH_MSE);
        CHECK(after - before >= rows[i].gain && after >= rows[i].least, "%d bits, form %d: %.2f dB from %.2f", rows[i].bits, rows[i].form,
              after, before);
    }
}

int main(void)
{
    find_isas();
    RUN(test_small_groups);
    RUN(test_large_groups);
    RUN(test_isas);
    RUN(test_layouts);
    RUN(test_percentile);
    RUN(test_percentile_of_millions);
    RUN(test_replaced);
    RUN(test_gains);
    return TEST_END();
}
