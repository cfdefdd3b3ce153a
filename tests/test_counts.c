/*
 * Whole-number distributions against exact probabilities, and against the rules that their files write down: values are
 * recomputed here from the bits of the stream, in 128-bit integers and in long double, by other formulas.
 */
#include "test.h"

#include <math.h>

#include "isas.h"
#include "statistics.h"
#include "../libcore/random.h"
#include "../libcore/stream.h"

/* ------------------------------------------------------------------------------------------------------------- drawing */

enum { BERNOULLI = DGEN_DISTRIBUTION_bernoulli, INTEGERS = DGEN_DISTRIBUTION_integers, GEOMETRIC = DGEN_DISTRIBUTION_geometric,
       POISSON = DGEN_DISTRIBUTION_poisson, BINOMIAL = DGEN_DISTRIBUTION_binomial, CATEGORICAL = DGEN_DISTRIBUTION_categorical };

static dgen_random_options with(dgen_dtype dtype, uint64_t seed, uint64_t offset)
{
    dgen_random_options options;
    dgen_random_options_init(&options);
    options.dtype = dtype, options.has_dtype = 1;
    options.seed = seed, options.has_seed = 1;
    options.offset = offset;
    return options;
}

static dgen_array borrowed(dgen_dtype dtype, void *data, int64_t n)
{
    dgen_array array;
    dgen_error error;
    if (dgen_array_borrow(&array, dtype, 1, &n, data, &error) != DGEN_OK) printf("  %s\n", error.message);
    return array;
}

static dgen_status draw_into(dgen_dtype dtype, void *out, int64_t n, int distribution, const dgen_operand *parameters,
                             dgen_random_options options, dgen_error *error)
{
    dgen_array array = borrowed(dtype, out, n);
    options.dtype = dtype;
    return dgen_random(&array, (dgen_distribution)distribution, 1, &n, parameters, &options, error);
}

/* n values of any type, to be freed; parameters as numbers. */
static void *draw(dgen_dtype dtype, int64_t n, int distribution, double a, double b, uint64_t seed, uint64_t offset)
{
    void *out = malloc((size_t)n * dgen_dtype_bytes(dtype) + 1);
    dgen_operand parameters[2] = { { .number = a }, { .number = b } };
    dgen_error error;
    dgen_status status = draw_into(dtype, out, n, distribution, parameters, with(dtype, seed, offset), &error);
    CHECK(status == DGEN_OK, "%s", error.message);
    return out;
}

/* The same, parameters as arrays of n elements. */
static void *draw_arrays(dgen_dtype dtype, int64_t n, int distribution, const double *a, const double *b, uint64_t seed,
                         uint64_t offset)
{
    void *out = malloc((size_t)n * dgen_dtype_bytes(dtype) + 1);
    dgen_array x = borrowed(DGEN_F64, (void *)a, n), y = borrowed(DGEN_F64, (void *)(b ? b : a), n);
    dgen_operand parameters[2] = { { .array = &x }, { .array = &y } };
    dgen_error error;
    dgen_status status = draw_into(dtype, out, n, distribution, parameters, with(dtype, seed, offset), &error);
    CHECK(status == DGEN_OK, "%s", error.message);
    return out;
}

static double *repeated(double x, int64_t n)
{
    double *p = malloc((size_t)n * sizeof *p);
    for (int64_t i = 0; i < n; i++) p[i] = x;
    return p;
}

/* ---------------------------------------------------------------------------------------- the bits that values are made of */

static uint64_t scramble(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* Values [0, n) of sub-stream `number`, so many bits each. */
static void *raw(int distribution, unsigned number, unsigned bits, uint64_t seed, uint64_t n)
{
    static const int keys[] = { [BERNOULLI] = 13, [INTEGERS] = 14, [GEOMETRIC] = 10, [POISSON] = 11, [BINOMIAL] = 12, [CATEGORICAL] = 15 };
    dgen_stream stream;
    void *words = malloc(n * bits / 8 + 1);
    dgen__stream_init_domain(&stream, 4 * (uint64_t)keys[distribution] + number, seed, 0, false);
    dgen__stream_fill(&stream, words, n * bits / 8, 0, false);
    return words;
}

/* Draw `j` of the side stream of value k. */
static uint64_t side(int distribution, uint64_t seed, uint64_t k, uint64_t j)
{
    static const int keys[] = { [BERNOULLI] = 13, [INTEGERS] = 14, [GEOMETRIC] = 10, [POISSON] = 11, [BINOMIAL] = 12, [CATEGORICAL] = 15 };
    const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15), root3 = UINT64_C(0xBB67AE8584CAA73B);
    uint64_t low = scramble(seed + golden), high = scramble(low + root3 * (4 * (uint64_t)keys[distribution] + 1));
    uint64_t key = scramble(low ^ scramble(high));
    return scramble(scramble(key + golden * k) + golden * (j + 1));
}

/* ------------------------------------------------------------------------------------------------------------- integers */

typedef unsigned __int128 wide;

/* floor (width u), u = the word, then 64 bits of the side stream. */
static uint64_t expected_integer(uint64_t word, unsigned bits, uint64_t width, uint64_t more)
{
    wide product = (wide)word * width, rest = (wide)more * width >> 64;
    return (uint64_t)((product + rest) >> bits);
}

/* Every value is what the rule says, whatever its type, and whether its bounds are numbers or arrays. */
static void integers_follow_their_rule(void)
{
    enum { N = 200000 };
    static const struct bounds {
        int64_t least, most;
    } bounds[] = { { 0, 0 }, { -7, -7 }, { 0, 1 }, { 0, 2 }, { 1, 6 }, { -4, 3 }, { 0, 127 }, { -100, 154 }, { 0, 254 }, { 0, 255 },
                   { -128, 127 }, { 0, 256 }, { -5, 999999 }, { 0, (1 << 20) - 2 }, { 0, (1 << 20) - 1 }, { 0, 1 << 20 },
                   { INT32_MIN, INT32_MAX }, { 0, INT64_C(3) << 30 }, { INT32_MIN, INT32_MIN + 99 }, { -1, UINT32_MAX },
                   { INT64_MIN, INT64_MIN + 5 }, { INT64_MAX - 255, INT64_MAX }, { 0, INT64_MAX }, { -1, INT64_MAX },
                   { INT64_MIN, INT64_MAX }, { INT64_MIN, INT64_MAX - 1 }, { -(INT64_C(1) << 62), (INT64_C(1) << 62) + 12345 } };
    for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
        uint64_t width = (uint64_t)bounds[b].most - (uint64_t)bounds[b].least + 1, seed = b;
        unsigned bits = width && width <= 256 && !(width & (width - 1)) ? 8 : width && width <= 1 << 20 ? 32 : 64;
        uint8_t *words = raw(INTEGERS, bits == 8 ? 0 : bits == 32 ? 1 : 2, bits, seed, N);
        dgen_array least = borrowed(DGEN_I64, (void *)&bounds[b].least, 1), most = borrowed(DGEN_I64, (void *)&bounds[b].most, 1);
        int64_t pair[2] = { bounds[b].least, bounds[b].least };
        dgen_array two = borrowed(DGEN_I64, pair, 2);
        dgen_operand numbers[2] = { { .array = &least }, { .array = &most } }, arrays[2] = { { .array = &two }, { .array = &most } };
        int64_t *out = malloc(N * sizeof *out), *out2 = malloc(N * sizeof *out2);
        dgen_error error;
        CHECK(draw_into(DGEN_I64, out, N, INTEGERS, numbers, with(DGEN_I64, seed, 0), &error) == DGEN_OK, "%s", error.message);
        CHECK(draw_into(DGEN_I64, out2, N, INTEGERS, arrays, with(DGEN_I64, seed, 0), &error) == DGEN_OK, "%s", error.message);
        CHECK(!memcmp(out, out2, N * sizeof *out), "bounds as arrays, %d", (int)b);
        for (int64_t k = 0; k < N; k++) {
            uint64_t word = 0;
            memcpy(&word, words + k * bits / 8, bits / 8);
            uint64_t whole = width ? expected_integer(word, bits, width, side(INTEGERS, seed, (uint64_t)k, 0)) : word;
            CHECK((uint64_t)out[k] == (uint64_t)bounds[b].least + whole, "bounds %d, value %d", (int)b, (int)k);
        }
        if (bounds[b].least >= INT32_MIN && bounds[b].most <= INT32_MAX) {
            int32_t *narrow = malloc(N * sizeof *narrow);
            CHECK(draw_into(DGEN_I32, narrow, N, INTEGERS, numbers, with(DGEN_I32, seed, 0), &error) == DGEN_OK, "%s", error.message);
            for (int k = 0; k < N; k++) CHECK(narrow[k] == out[k], "i32, bounds %d, value %d", (int)b, k);
            free(narrow);
        }
        free(words), free(out), free(out2);
    }
}

/* Chi-square over up to 256 classes of about equal width; p-values over seeds are uniform. */
static void integers_are_even(void)
{
    enum { N = 1 << 16, SEEDS = 40 };
    static const uint64_t widths[] = { 2, 3, 6, 100, 255, 256, 257, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, UINT64_C(3) << 30,
                                       (UINT64_C(1) << 63) + 1, UINT64_C(3) << 62, UINT64_MAX, 0 };
    double all[sizeof widths / sizeof *widths * SEEDS];
    int tests = 0;
    int64_t *out = malloc(N * sizeof *out);
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        wide width = widths[w] ? widths[w] : (wide)1 << 64;
        int classes = width < 256 ? (int)width : 256;
        int64_t least = width > (wide)1 << 63 ? INT64_MIN : -3, most = (int64_t)((uint64_t)least + (uint64_t)(width - 1));
        dgen_array low = borrowed(DGEN_I64, &least, 1), high = borrowed(DGEN_I64, &most, 1);
        dgen_operand parameters[2] = { { .array = &low }, { .array = &high } };
        for (int seed = 0; seed < SEEDS; seed++) {
            double observed[256] = { 0 }, expected[256];
            dgen_error error;
            CHECK(draw_into(DGEN_I64, out, N, INTEGERS, parameters, with(DGEN_I64, 1000 + (uint64_t)seed, 0), &error) == DGEN_OK, "%s", error.message);
            for (int i = 0; i < N; i++) observed[(int)((wide)((uint64_t)out[i] - (uint64_t)least) * (unsigned)classes / width)]++;
            for (int c = 0; c < classes; c++) { /* class c begins at ceil (c width / classes) */
                wide begin = ((wide)c * width + (unsigned)classes - 1) / (unsigned)classes;
                wide end = ((wide)(c + 1) * width + (unsigned)classes - 1) / (unsigned)classes;
                expected[c] = (double)(end - begin) / (double)width * N;
            }
            all[tests++] = chi_square_p(observed, expected, classes);
        }
    }
    double p = uniformity_p(all, tests, NULL);
    CHECK(p > 1e-4, "p-values are not uniform: %g", p);
    CHECK(all[0] > 1e-7, "%g", all[0]);
    free(out);
}

/* ------------------------------------------------------------------------------------------------- exact probabilities */

static long double log_probability(int distribution, long double k, long double a, long double b)
{
    switch (distribution) {
    case BERNOULLI: return logl(k ? a : 1 - a);
    case GEOMETRIC: return logl(a) + k * log1pl(-a);
    case POISSON: return a == 0 ? (k ? -INFINITY : 0) : k * logl(a) - a - lgammal(k + 1);
    default:
        if (b == 0 || b == 1) return k == (b ? a : 0) ? 0 : -INFINITY;
        return lgammal(a + 1) - lgammal(k + 1) - lgammal(a - k + 1) + k * logl(b) + (a - k) * log1pl(-b);
    }
}

/* The p-value of values [0, n) against exact probabilities, in classes of at least 20 expected. Of large parameters, classes
   of `step` values. */
static double fit(int distribution, double a, double b, const double *values, int64_t n)
{
    enum { MOST = 40000 };
    static double observed[MOST], expected[MOST];
    double mean = distribution == POISSON ? a : distribution == BINOMIAL ? a * b : distribution == GEOMETRIC ? (1 - a) / a : a;
    double deviation = distribution == BINOMIAL ? sqrt(mean * (1 - b)) : distribution == GEOMETRIC ? sqrt(1 - a) / a : sqrt(mean);
    double first = distribution == GEOMETRIC ? 0 : fmax(0, floor(mean - 10 * deviation - 5));
    double last = mean + (distribution == GEOMETRIC ? 30 : 10) * deviation + 30;
    if (distribution == BINOMIAL) last = fmin(last, a);
    if (distribution == BERNOULLI) last = 1;
    int cells = (int)fmin(last - first + 1, MOST), classes = 0;
    memset(observed, 0, sizeof observed);
    for (int64_t i = 0; i < n; i++) {
        CHECK(values[i] >= 0 && values[i] == floor(values[i]), "%g", values[i]);
        double cell = values[i] - first;
        observed[cell < 0 ? 0 : cell >= cells ? cells - 1 : (int)cell]++;
    }
    double o = 0, e = 0, total = 0;
    for (int i = 0; i < cells; i++) {
        double p = (double)expl(log_probability(distribution, (long double)first + i, a, b));
        if (i == cells - 1) p = fmax(p, 1 - total); /* all beyond */
        o += observed[i], e += p * n, total += p;
        if (e >= 20 && (1 - total) * n >= 20) observed[classes] = o, expected[classes++] = e, o = e = 0;
    }
    observed[classes] = o, expected[classes++] = e;
    if (classes == 1) return o == n ? -1 : 0;
    return chi_square_p(observed, expected, classes);
}

static const struct {
    int distribution;
    double a, b;
} cases[] = {
    { BERNOULLI, .5, 0 }, { BERNOULLI, .3, 0 }, { BERNOULLI, .001, 0 }, { BERNOULLI, .9999, 0 }, { BERNOULLI, 1 / 256. + 1e-3, 0 },
    { GEOMETRIC, .5, 0 }, { GEOMETRIC, .01, 0 }, { GEOMETRIC, .3, 0 }, { GEOMETRIC, .999, 0 }, { GEOMETRIC, .002, 0 },
    { POISSON, 1e-3, 0 }, { POISSON, .7, 0 }, { POISSON, 1, 0 }, { POISSON, 5, 0 }, { POISSON, 12.5, 0 }, { POISSON, 50, 0 },
    { POISSON, 255.9, 0 }, { POISSON, 256, 0 }, { POISSON, 300.5, 0 }, { POISSON, 1000, 0 }, { POISSON, 123456.7, 0 },
    { BINOMIAL, 1, .5, }, { BINOMIAL, 1, .1 }, { BINOMIAL, 10, .5 }, { BINOMIAL, 100, .3 }, { BINOMIAL, 100, .97 },
    { BINOMIAL, 1023, .5 }, { BINOMIAL, 1024, .5 }, { BINOMIAL, 2000, .3 }, { BINOMIAL, 1e5, .999 }, { BINOMIAL, 1e6, .6 },
    { BINOMIAL, 1e9, 3e-9 }, { BINOMIAL, 1e12, 1e-9 }, { BINOMIAL, 3e4, .01 }, { BINOMIAL, 1e4, 1e-8 },
};
enum { CASES = sizeof cases / sizeof *cases };

/* 2 * 10^6 values of each case; and over seeds, p-values that are uniform. */
static void values_fit_their_probabilities(void)
{
    enum { N = 2000000, PART = 50000, PARTS = N / PART };
    static double all[CASES * PARTS];
    int tests = 0;
    for (int c = 0; c < CASES; c++) {
        double *values = draw(DGEN_F64, N, cases[c].distribution, cases[c].a, cases[c].b, 77 + (uint64_t)c, 0);
        double p = fit(cases[c].distribution, cases[c].a, cases[c].b, values, N);
        CHECK(p == -1 || p > 1e-5, "%s %g %g: p = %g", dgen_distribution_get((dgen_distribution)cases[c].distribution)->name, cases[c].a, cases[c].b, p);
        free(values);
        for (uint64_t seed = 0; seed < PARTS; seed++) {
            values = draw(DGEN_F64, PART, cases[c].distribution, cases[c].a, cases[c].b, 500 + seed, 0);
            p = fit(cases[c].distribution, cases[c].a, cases[c].b, values, PART);
            if (p >= 0) all[tests++] = p;
            free(values);
        }
    }
    double p = uniformity_p(all, tests, NULL);
    CHECK(p > 1e-4, "%d p-values are not uniform: %g", tests, p);
    CHECK(all[0] > 1e-7, "%g", all[0]);
}

/* What is too large for counting single values: mean and variance within 6 standard errors, and the probability transform
   of the values through a normal's quarters. */
static void huge_parameters(void)
{
    enum { N = 400000 };
    static const struct {
        int distribution;
        double a, b, mean, variance;
    } huge[] = { { POISSON, 1e10, 0, 1e10, 1e10 }, { POISSON, 4e15, 0, 4e15, 4e15 }, { BINOMIAL, 9e15, .4, 3.6e15, 2.16e15 },
                 { BINOMIAL, 0x1p53, 1e-12, 0x1p53 * 1e-12, 0x1p53 * 1e-12 }, { BINOMIAL, 4e15, .9999999, 4e15 * .9999999, 4e8 * (1 - 1e-7) },
                 { GEOMETRIC, 1e-12, 0, 1e12, 1e24 }, { GEOMETRIC, 1e-14, 0, 1e14, 1e28 } };
    for (size_t h = 0; h < sizeof huge / sizeof *huge; h++) {
        double *x = draw(DGEN_F64, N, huge[h].distribution, huge[h].a, huge[h].b, h, 0), observed[16] = { 0 };
        for (int i = 0; i < N; i++) {
            double z = (x[i] - huge[h].mean) / sqrt(huge[h].variance);
            double p = huge[h].distribution == GEOMETRIC ? exp(-(z + 1)) : normal_tail(z);
            CHECK(x[i] == floor(x[i]) && x[i] >= 0 && x[i] <= 0x1p53, "%.17g", x[i]);
            observed[p < 1 ? (int)(p * 16) : 15]++;
        }
        /* against a normal, whose error in a class is below .1 / deviation */
        double p = even_chi_square_p(observed, 16);
        CHECK(p > 1e-5 || sqrt(huge[h].variance) < 1e4, "%s %g %g: p = %g", dgen_distribution_get((dgen_distribution)huge[h].distribution)->name, huge[h].a, huge[h].b, p);
        free(x);
    }
}

/* ------------------------------------------------------------------------------------------------- rules, value by value */

/* The first outcome, from the mode outwards, at which the sum of probabilities exceeds u; true if u is so near to the sum that
   f64 may differ. */
static int64_t inverted(int distribution, double a, double b, long double u, int *near)
{
    double p = distribution == BINOMIAL ? b > .5 ? 1 - b : b : a;
    int64_t size = distribution == BINOMIAL ? (int64_t)a : INT64_MAX, value = -1;
    int64_t mode = distribution == BINOMIAL ? (int64_t)floor((a + 1) * p) : (int64_t)floor(p);
    if (distribution == BINOMIAL && mode > size - 1) mode = size - 1 < 0 ? 0 : size - 1;
    long double sum = 0;
    *near = 0;
    for (int64_t i = 0; i < 2000 && value < 0; i++) {
        int64_t k = mode + (i % 2 ? (i + 1) / 2 : -i / 2);
        if (k < 0 || k > size) continue;
        long double log = distribution == BINOMIAL ? log_probability(BINOMIAL, k, a, p) : log_probability(POISSON, k, p, 0);
        sum += expl(log);
        if (fabsl(u - sum) < 1e-13L) *near = 1;
        if (sum > u) value = k;
    }
    if (value < 0) value = mode;
    return distribution == BINOMIAL && b > .5 ? size - value : value;
}

static void inversion_follows_its_rule(void)
{
    enum { N = 4096 };
    int near_ones = 0;
    for (int c = 0; c < CASES; c++) {
        int d = cases[c].distribution;
        double a = cases[c].a, b = cases[c].b;
        if ((d != POISSON || a >= DGEN_INVERSION_VARIANCE) && (d != BINOMIAL || a * b * (1 - b) >= DGEN_INVERSION_VARIANCE)) continue;
        uint16_t *words = raw(d, 0, 16, 5, N);
        double *values = draw(DGEN_F64, N, d, a, b, 5, 0);
        for (int k = 0; k < N; k++) {
            int near;
            uint64_t bits = (uint64_t)words[k] << 48 | side(d, 5, (uint64_t)k, 0) >> 16;
            int64_t value = inverted(d, a, b, (long double)(bits >> 11) * 0x1p-53L, &near);
            near_ones += near;
            CHECK(near || value == values[k], "case %d, value %d: %lld, not %g", c, k, (long long)value, values[k]);
        }
        free(words), free(values);
    }
    CHECK(near_ones < 10, "%d", near_ones);
}

static void geometric_follows_its_rule(void)
{
    enum { N = 20000 };
    static const double probs[] = { 1, .9999, .5, .3, .01, 1e-5, 1e-9, 1e-12 };
    int near_ones = 0;
    uint64_t *words = raw(GEOMETRIC, 0, 64, 5, N);
    for (size_t p = 0; p < sizeof probs / sizeof *probs; p++) {
        double *values = draw(DGEN_F64, N, GEOMETRIC, probs[p], 0, 5, 0);
        for (int k = 0; k < N; k++) {
            long double x = probs[p] == 1 ? 0 : (logl(words[k] + .5L) - 64 * logl(2)) / log1pl(-probs[p]);
            int near = fabsl(x - roundl(x)) < x * 1e-15L; /* a rounding of ln (u) */
            near_ones += near;
            CHECK(near || values[k] == floorl(x), "prob %g, value %d: %.19Lg, not %.17g", probs[p], k, x, values[k]);
        }
        free(values);
    }
    CHECK(near_ones < 200, "%d", near_ones);
    free(words);
}

static void bernoulli_follows_its_rule(void)
{
    enum { N = 100000 };
    static const double probs[] = { 0, 0x1p-70, 1e-5, .001, 1 / 256., .3, .5, 2 / 3., .999, 1 - 0x1p-53, 1 };
    uint8_t *words = raw(BERNOULLI, 0, 8, 5, N);
    for (size_t p = 0; p < sizeof probs / sizeof *probs; p++) {
        uint8_t *values = draw(DGEN_U8, N, BERNOULLI, probs[p], 0, 5, 0);
        wide chance = (wide)ldexpl(probs[p], 64);
        for (int k = 0; k < N; k++) {
            uint64_t bits = (uint64_t)words[k] << 56 | side(BERNOULLI, 5, (uint64_t)k, 0) >> 8;
            CHECK(values[k] == (bits < chance), "prob %g, value %d", probs[p], k);
        }
        free(values);
    }
    free(words);
}

/* --------------------------------------------------------------------------------------------------- the same, however asked */

/* Parameters as numbers and as arrays; many values, which a table pays for, and few. */
static void numbers_equal_arrays(void)
{
    enum { N = 6000, FEW = 130 };
    for (int c = 0; c < CASES; c++) {
        int d = cases[c].distribution;
        double *a = repeated(cases[c].a, N), *b = repeated(cases[c].b, N);
        double *numbers = draw(DGEN_F64, N, d, cases[c].a, cases[c].b, 9, 0), *arrays = draw_arrays(DGEN_F64, N, d, a, b, 9, 0);
        CHECK(!memcmp(numbers, arrays, N * sizeof *a), "case %d: numbers and arrays differ", c);
        for (int first = 0; first + FEW <= N; first += FEW) {
            double *few = draw(DGEN_F64, FEW, d, cases[c].a, cases[c].b, 9, (uint64_t)first);
            CHECK(!memcmp(few, numbers + first, FEW * sizeof *few), "case %d: few values from %d", c, first);
            free(few);
        }
        free(a), free(b), free(numbers), free(arrays);
    }
}

/* Arrays of unlike elements: each value is that of its own parameters. */
static void elements_do_not_mix(void)
{
    enum { N = 3000 };
    for (int d = 0; d < 6; d++) {
        static const int ids[] = { BERNOULLI, INTEGERS, GEOMETRIC, POISSON, BINOMIAL, BINOMIAL };
        double a[N], b[N];
        for (int i = 0; i < N; i++) {
            double u = (double)(hash((uint64_t)i) >> 11) * 0x1p-53, v = (double)(hash((uint64_t)i + N) >> 11) * 0x1p-53;
            int kind = i / 7 % 3;
            a[i] = ids[d] == BERNOULLI ? u : ids[d] == GEOMETRIC ? .001 + .999 * u : ids[d] == POISSON ? (kind ? 1 + 400 * u : 5 * u)
                : ids[d] == INTEGERS ? floor(-100 * u) : floor(kind ? 3000 * u : 20 * u);
            b[i] = ids[d] == INTEGERS ? floor(kind == 2 ? 1e14 * v : kind == 1 ? 1e5 * v : 156 * v) : v;
        }
        double *all = draw_arrays(DGEN_F64, N, ids[d], a, b, 3, 0);
        for (int i = 0; i < N; i += 5) {
            double *one = draw(DGEN_F64, 1, ids[d], a[i], b[i], 3, (uint64_t)i);
            CHECK(*one == all[i], "%d: value %d, %g %g: %g, not %g", ids[d], i, a[i], b[i], all[i], *one);
            free(one);
        }
        free(all);
    }
}

static double element(dgen_dtype dtype, const void *x, int i)
{
    dgen_array array = borrowed(dtype, (void *)x, i + 1);
    return dgen_array_get(&array, i);
}

static void types_hold_the_same_numbers(void)
{
    enum { N = 5000 };
    static const dgen_dtype dtypes[] = { DGEN_F32, DGEN_I32, DGEN_I64, DGEN_U8 };
    static const struct {
        int distribution;
        double a, b;
    } small[] = { { BERNOULLI, .3, 0 }, { GEOMETRIC, .3, 0 }, { POISSON, 40, 0 }, { BINOMIAL, 255, .4 }, { BINOMIAL, 200, .8 },
                  { INTEGERS, 0, 255 }, { INTEGERS, 3, 3 }, { INTEGERS, 1, 6 }, { INTEGERS, 100, 227 } };
    for (size_t s = 0; s < sizeof small / sizeof *small; s++) {
        double *x = draw(DGEN_F64, N, small[s].distribution, small[s].a, small[s].b, s, 17);
        for (int t = 0; t < 4; t++) {
            void *y = draw(dtypes[t], N, small[s].distribution, small[s].a, small[s].b, s, 17);
            for (int i = 0; i < N; i++) CHECK(element(dtypes[t], y, i) == x[i], "%d as %s, value %d", (int)s, dgen_dtype_name(dtypes[t]), i);
            free(y);
        }
        free(x);
    }
}

/* Threads, pieces at any offset, and samplers. */
static void pieces_make_the_whole(void)
{
    enum { N = 300000 };
    for (int c = 0; c < CASES; c++) {
        int d = cases[c].distribution;
        dgen_operand parameters[2] = { { .number = cases[c].a }, { .number = cases[c].b } };
        dgen_error error;
        double *whole = draw(DGEN_F64, N, d, cases[c].a, cases[c].b, 4, 1000), *x = malloc(N * sizeof *x);
        dgen_random_options options = with(DGEN_F64, 4, 1000);
        for (options.max_threads = 1; options.max_threads <= 8; options.max_threads *= 2) {
            memset(x, 0, N * sizeof *x);
            CHECK(draw_into(DGEN_F64, x, N, d, parameters, options, &error) == DGEN_OK, "%s", error.message);
            CHECK(!memcmp(x, whole, N * sizeof *x), "case %d: %d threads", c, options.max_threads);
        }
        dgen_sampler *sampler;
        CHECK(dgen_sampler_open(&sampler, (dgen_distribution)d, parameters, &options, &error) == DGEN_OK, "%s", error.message);
        for (int64_t first = 0, n; first < 40000; first += n) {
            n = (int64_t)(hash((uint64_t)first) % 3000);
            dgen_array piece = borrowed(DGEN_F64, x + first, n);
            CHECK(dgen_sampler_fill(sampler, &piece, &error) == DGEN_OK, "%s", error.message);
            CHECK(!memcmp(x + first, whole + first, (size_t)n * sizeof *x), "case %d: %d values from %d on", c, (int)n, (int)first);
        }
        dgen_sampler_close(sampler);
        free(whole), free(x);
    }
}

/* -------------------------------------------------------------------------------------------------------- categories */

static double *category_counts(const double *weights, int64_t count, int64_t n, uint64_t seed)
{
    dgen_array array = borrowed(DGEN_F64, (void *)weights, count);
    dgen_operand parameter = { .array = &array };
    dgen_error error;
    int32_t *x = malloc((size_t)n * sizeof *x);
    double *counts = calloc((size_t)count, sizeof *counts);
    dgen_random_options options = with(DGEN_I32, seed, 0);
    options.index_base = 1;
    CHECK(draw_into(DGEN_I32, x, n, CATEGORICAL, &parameter, options, &error) == DGEN_OK, "%s", error.message);
    for (int64_t i = 0; i < n; i++) {
        CHECK(x[i] >= 1 && x[i] <= count, "%d", x[i]);
        if (x[i] >= 1 && x[i] <= count) counts[x[i] - 1]++;
    }
    free(x);
    return counts;
}

/* Weights of many shapes: chi-square, p-values over seeds, no zero weight is ever drawn. */
static void categories_by_their_weights(void)
{
    enum { N = 1000000, SEEDS = 12, SHAPES = 9 };
    static const int lengths[SHAPES] = { 1, 2, 3, 16, 17, 100, 1000, 3000, 5000 };
    static double all[SHAPES * SEEDS];
    int tests = 0;
    for (int shape = 0; shape < SHAPES; shape++) {
        int n = lengths[shape];
        double *weights = malloc((size_t)n * sizeof *weights), sum = 0, scale = shape % 3 == 0 ? 1e305 : shape % 3 == 1 ? 1 : 1e-310;
        for (int i = 0; i < n; i++) {
            double u = (double)(hash((uint64_t)i + 17) >> 11) * 0x1p-53;
            weights[i] = shape < 4 ? i + 1 : i % 5 == 3 ? 0 : shape % 2 ? u : u * u * u;
            sum += weights[i];
        }
        double *shares = malloc((size_t)n * sizeof *shares);
        for (int i = 0; i < n; i++) shares[i] = weights[i] / sum, weights[i] *= scale;
        for (int seed = 0; seed < SEEDS; seed++) {
            double *counts = category_counts(weights, n, N, 40 + (uint64_t)seed), *o = calloc((size_t)n + 1, sizeof *o), *e = calloc((size_t)n + 1, sizeof *e);
            int classes = 0;
            for (int i = 0; i < n; i++) {
                CHECK(weights[i] > 0 || counts[i] == 0, "shape %d: a weight of 0 was drawn", shape);
                o[classes] += counts[i], e[classes] += shares[i] * N;
                if (e[classes] >= 20) classes++;
            }
            if (classes && e[classes] < 20) o[classes - 1] += o[classes], e[classes - 1] += e[classes];
            if (classes > 1) all[tests++] = chi_square_p(o, e, classes);
            else CHECK(o[0] == N, "%g", o[0]);
            free(counts), free(o), free(e);
        }
        free(weights), free(shares);
    }
    double p = uniformity_p(all, tests, NULL);
    CHECK(p > 1e-4, "p-values are not uniform: %g", p);
    CHECK(all[0] > 1e-7, "%g", all[0]);
}

/* A million categories, and more than words of 32 bits number. */
static void many_categories(void)
{
    static const int64_t lengths[] = { 1000000, 1100000 };
    for (int l = 0; l < 2; l++) {
        int64_t n = lengths[l];
        double *weights = malloc((size_t)n * sizeof *weights), observed[100] = { 0 }, expected[100] = { 0 }, sum = 0;
        for (int64_t i = 0; i < n; i++) sum += weights[i] = i % 10 ? (double)(i % 1000) : 0;
        double *counts = category_counts(weights, n, 3000000, 3);
        for (int64_t i = 0; i < n; i++) {
            CHECK(weights[i] > 0 || counts[i] == 0, "a weight of 0 was drawn");
            observed[i * 100 / n] += counts[i];
            expected[i * 100 / n] += weights[i] / sum * 3000000;
        }
        double p = chi_square_p(observed, expected, 100);
        CHECK(p > 1e-6, "%lld: %g", (long long)n, p);
        memset(observed, 0, sizeof observed), memset(expected, 0, sizeof expected);
        for (int64_t i = 0; i < n; i++) { /* by weight */
            observed[i % 1000 / 10] += counts[i];
            expected[i % 1000 / 10] += weights[i] / sum * 3000000;
        }
        p = chi_square_p(observed, expected, 100);
        CHECK(p > 1e-6, "%lld: %g", (long long)n, p);
        free(weights), free(counts);
    }
}

/* What the columns of an alias table give each outcome is its share of the weights, to f64's precision. */
static void alias_tables_hold_the_weights(void)
{
    static const int64_t lengths[] = { 1, 2, 3, 7, 64, 1000, 40000, 1100000 };
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        int64_t n = lengths[l];
        double *weights = malloc((size_t)n * sizeof *weights);
        long double *mass = calloc((size_t)n, sizeof *mass), sum = 0;
        for (int64_t i = 0; i < n; i++) sum += weights[i] = i % 6 == 5 ? 0 : (double)(hash((uint64_t)i) >> 11) * 0x1p-53;
        dgen_array array = borrowed(DGEN_F64, weights, n);
        dgen_operand parameter = { .array = &array };
        dgen_error error;
        dgen__draws draws;
        dgen_status status = dgen__draws_init(&draws, DGEN_DISTRIBUTION_categorical, &parameter, NULL, 1, &error);
        CHECK(status == DGEN_OK, "%s", error.message);
        const dgen_aliases *table = draws.table;
        int64_t columns = INT64_C(1) << table->column_bits;
        int bits = draws.bits[1] ? 32 : 32 - (int)table->column_bits;
        CHECK(columns >= n && columns < 2 * n + 1 && (draws.bits[1] != 0) == (n > 1 << 20), "%lld columns", (long long)columns);
        for (int64_t i = 0; i < columns; i++) {
            int64_t alias = (int64_t)(table->entry[i] >> 32);
            long double own = ldexpl((uint32_t)table->entry[i], -bits) + ldexpl(table->rest[i], -bits - 64);
            CHECK(own <= 1 && alias < n && (i < n || own == 0), "column %lld", (long long)i);
            if (i < n) mass[i] += own / columns;
            mass[alias] += (1 - own) / columns;
        }
        for (int64_t i = 0; i < n; i++) {
            long double error_bound = weights[i] > 0 ? 1e-15L * n / columns : 0; /* a column's part is off by roundings of 1 */
            CHECK(fabsl(mass[i] - weights[i] / sum) <= error_bound, "%lld of %lld: %Lg", (long long)i, (long long)n, mass[i] - weights[i] / sum);
        }
        dgen__draws_free(&draws);
        free(weights), free(mass);
    }
}

/* ------------------------------------------------------------------------------------------------------------------ ISAs */

/* Kernels of every method on the same bits and parameters. */
static void isas_agree(void)
{
    enum { N = 1024 };
    static _Alignas(64) uint64_t bits[3][N];
    static double parameters[2][N];
    static int64_t bounds[2][N];
    static _Alignas(64) uint8_t first[8 * N], other[8 * N];
    static const int methods[] = { DGEN_DRAW_geometric, DGEN_DRAW_poisson, DGEN_DRAW_binomial, DGEN_DRAW_bernoulli, DGEN_DRAW_integers_8,
                                   DGEN_DRAW_integers_32, DGEN_DRAW_integers_64, DGEN_DRAW_integers_any };
    static const int widths[] = { 8, 4, 4, 8, 1 };
    for (int round = 0; round < 120; round++) {
        for (int i = 0; i < N; i++) {
            for (int s = 0; s < 3; s++) bits[s][i] = hash((uint64_t)(round * 3 + s) * N + (uint64_t)i);
            double u = (double)(hash(bits[0][i]) >> 11) * 0x1p-53, v = (double)(hash(bits[1][i]) >> 11) * 0x1p-53;
            parameters[0][i] = u, parameters[1][i] = v;
            bounds[0][i] = -(int64_t)(u * 1000);
        }
        for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
            int method = methods[m];
            double scale = exp(.2 * (round % 100));
            for (int i = 0; i < N; i++) {
                double u = (double)(hash(bits[0][i]) >> 11) * 0x1p-53;
                parameters[0][i] = method == DGEN_DRAW_poisson ? u * scale : method == DGEN_DRAW_binomial ? floor(u * scale * 5) : u + 1e-6;
                if (method == DGEN_DRAW_bernoulli) parameters[0][i] = u;
                if (method == DGEN_DRAW_geometric && parameters[0][i] > 1) parameters[0][i] = 1;
                int shift = method == DGEN_DRAW_integers_8 ? round % 9 : method == DGEN_DRAW_integers_32 ? round % 21 : round % 64;
                uint64_t width = (UINT64_C(1) << shift) + (method == DGEN_DRAW_integers_64 ? bits[1][0] % (UINT64_C(1) << shift) : 0);
                bounds[1][i] = (int64_t)((uint64_t)bounds[0][i] + width - 1);
                if (method == DGEN_DRAW_integers_any && bounds[1][i] < bounds[0][i]) bounds[1][i] = INT64_MAX;
            }
            bool integer = method >= DGEN_DRAW_integers_8 && method <= DGEN_DRAW_integers_any;
            for (unsigned numbers = 0; numbers < 4; numbers += 3)
                for (int type = 0; type < DGEN_DRAW_TYPES; type++) {
                    if (!isas[0]->draw[method][type]) continue;
                    if (integer && (method == DGEN_DRAW_integers_any) == (numbers == 3)) continue;
                    dgen_draw draw = { .bits = { bits[0], bits[1], bits[2] }, .first = 64 * (uint64_t)round, .side = hash((uint64_t)round), .numbers = numbers };
                    for (int p = 0; p < 2; p++) draw.parameter[p] = integer ? (void *)bounds[p] : (void *)parameters[p];
                    isas[0]->draw[method][type](first, &draw, N);
                    for (int isa = 1; isa < isa_count; isa++) {
                        memset(other, 0xee, sizeof other);
                        isas[isa]->draw[method][type](other, &draw, N);
                        CHECK(!memcmp(first, other, (size_t)N * (size_t)widths[type]), "%s: method %d, type %d, numbers %u, round %d", isas[isa]->name,
                              method, type, numbers, round);
                    }
                }
        }
    }
}

/* Where inversion starts: to the bit on every ISA, and near the exact probability. */
static void isas_start_alike(void)
{
    for (int i = 0; i < 20000; i++) {
        double u = (double)(hash((uint64_t)i) >> 11) * 0x1p-53, v = (double)(hash((uint64_t)i + 100000) >> 11) * 0x1p-53;
        bool binomial = i % 2;
        double size = binomial ? floor(exp(u * (i % 4 == 1 ? 6 : 30))) : -1, prob = binomial ? v * fmin(1, 240 / size) : DGEN_INVERSION_VARIANCE * u * v;
        if (binomial && i % 8 == 1) prob = 1 - prob;
        dgen_outward starts[MAX_ISAS];
        memset(starts, 0, sizeof starts);
        for (int isa = 0; isa < isa_count; isa++) {
            isas[isa]->outward(&starts[isa], size, prob);
            CHECK(starts[isa].mode == starts[0].mode && starts[isa].probability == starts[0].probability && starts[isa].ratio == starts[0].ratio,
                  "%s: %g %g", isas[isa]->name, size, prob);
        }
        long double p = prob > .5 && binomial ? 1 - prob : prob, exact = expl(binomial ? size * log1pl(-p) : -p);
        for (int k = 0; k < starts[0].mode; k++) exact *= (binomial ? (size - k) * (p / (1 - p)) : p) / (k + 1);
        CHECK(fabsl(starts[0].probability - exact) <= 4e-15L * exact, "%.17g %.17g: %.17g, not %.17Lg", size, prob, starts[0].probability, exact);
    }
}

/* Tables and alias tables on the same bits, of any shape. */
static void isas_read_tables_alike(void)
{
    enum { N = 1024 };
    static _Alignas(64) uint64_t bits[2][N];
    static dgen_outcomes outcomes;
    static double cumulative[40];
    static int32_t value[40];
    static uint64_t entry[1 << 10], rest[1 << 10];
    dgen_aliases aliases = { .base = 1, .entry = entry, .rest = rest };
    int32_t first[N], other[N];
    for (int i = 0; i < 40; i++) cumulative[i] = i < 39 ? 1 - exp(-.3 * (i + 1)) : 2, value[i] = 7 * i % 40;
    for (int i = 0, at = 0; i < 4096; i++) {
        while (cumulative[at] <= i / 4096.) at++;
        outcomes.guide[i] = cumulative[at] >= (i + 1) / 4096. ? value[at] : ~at;
    }
    outcomes.cumulative = cumulative, outcomes.value = value;
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < N; i++) bits[0][i] = hash((uint64_t)i + (uint64_t)round * N), bits[1][i] = hash(bits[0][i]);
        aliases.column_bits = (unsigned)round % 11;
        for (int i = 0; i < 1 << 10; i++)
            entry[i] = (uint64_t)(i ^ 1) << 32 | bits[1][i] >> (32 + aliases.column_bits), rest[i] = bits[0][i];
        entry[bits[0][2] & ((1u << aliases.column_bits) - 1)] = (uint64_t)9 << 32 | (uint32_t)bits[0][2] >> aliases.column_bits; /* a tie */
        for (int m = 0; m < 3; m++) {
            int method = m == 0 ? DGEN_DRAW_table : m == 1 ? DGEN_DRAW_alias : DGEN_DRAW_alias_wide;
            dgen_draw draw = { .bits = { bits[0], bits[1], NULL }, .first = 64 * (uint64_t)round, .side = 5, .numbers = 1, .table = m ? (void *)&aliases : (void *)&outcomes };
            isas[0]->draw[method][DGEN_DRAW_I32](first, &draw, N);
            for (int isa = 1; isa < isa_count; isa++) {
                isas[isa]->draw[method][DGEN_DRAW_I32](other, &draw, N);
                CHECK(!memcmp(first, other, sizeof first), "%s: method %d, round %d", isas[isa]->name, method, round);
            }
        }
    }
}

/* ------------------------------------------------------------------------------------------------------------------ edges */

static void check_constant(int distribution, double a, double b, double wanted)
{
    for (int64_t n = 100; n <= 10000; n *= 100) {
        double *x = draw(DGEN_F64, n, distribution, a, b, 1, 0);
        for (int64_t i = 0; i < n; i++) CHECK(x[i] == wanted && !signbit(x[i]) == (wanted >= 0), "%d %g %g: %g", distribution, a, b, x[i]);
        free(x);
    }
}

static void certain_outcomes(void)
{
    check_constant(BERNOULLI, 0, 0, 0);
    check_constant(BERNOULLI, 1, 0, 1);
    check_constant(GEOMETRIC, 1, 0, 0);
    check_constant(POISSON, 0, 0, 0);
    check_constant(POISSON, 1e-300, 0, 0);
    check_constant(POISSON, 5e-324, 0, 0);
    check_constant(BINOMIAL, 0, .3, 0);
    check_constant(BINOMIAL, 0, 0, 0);
    check_constant(BINOMIAL, 0, 1, 0);
    check_constant(BINOMIAL, 17, 0, 0);
    check_constant(BINOMIAL, 17, 1, 17);
    check_constant(BINOMIAL, 0x1p53, 0, 0);
    check_constant(BINOMIAL, 0x1p53, 1, 0x1p53);
    check_constant(BINOMIAL, 0x1p53, 5e-324, 0);
    check_constant(INTEGERS, -3, -3, -3);
}

static void says(dgen_dtype dtype, int distribution, double a, double b, const char *message)
{
    uint8_t out[8 * 4];
    dgen_operand parameters[2] = { { .number = a }, { .number = b } };
    dgen_error error = { 0 };
    dgen_status status = draw_into(dtype, out, 4, distribution, parameters, with(dtype, 1, 0), &error);
    CHECK(message ? status == DGEN_EINVAL && !strcmp(error.message, message) : status == DGEN_OK, "\"%s\"", status == DGEN_OK ? "" : error.message);
}

/* A type that cannot hold what can occur is refused, by the parameter's name. */
static void types_must_hold_the_values(void)
{
    says(DGEN_U8, INTEGERS, 0, 255, NULL);
    says(DGEN_U8, INTEGERS, 0, 256, "max makes values from 0 to 256; type u8 holds whole numbers from 0 to 255");
    says(DGEN_U8, INTEGERS, -1, 2, "min makes values from -1 to 2; type u8 holds whole numbers from 0 to 255");
    says(DGEN_I32, INTEGERS, 0, 0x1p31, "max makes values from 0 to 2147483648; type i32 holds whole numbers from -2147483648 to 2147483647");
    says(DGEN_I32, INTEGERS, -0x1p31 - 1, 0, "min makes values from -2147483649 to 0; type i32 holds whole numbers from -2147483648 to 2147483647");
    says(DGEN_F32, INTEGERS, 0, 0x1p24, NULL);
    says(DGEN_F32, INTEGERS, 0, 0x1p24 + 1, "max makes values from 0 to 16777217; type f32 holds whole numbers from -16777216 to 16777216");
    says(DGEN_U8, POISSON, 50, 0, NULL);
    says(DGEN_U8, POISSON, 100, 0, "lambda makes values from 0 to 290; type u8 holds whole numbers from 0 to 255");
    says(DGEN_I32, POISSON, 2e9, 0, NULL);
    says(DGEN_I32, POISSON, 2147483647, 0, "lambda makes values from 0 to 2148225133; type i32 holds whole numbers from -2147483648 to 2147483647");
    says(DGEN_F64, POISSON, 9e15, 0, NULL);
    says(DGEN_F64, POISSON, 1e16, 0, "lambda makes values from 0 to 10000001600000030; type f64 holds whole numbers from -9007199254740992 to 9007199254740992");
    says(DGEN_I64, POISSON, 1e16, 0, "lambda makes values from 0 to 10000001600000030; those of poisson end at 9007199254740992");
    says(DGEN_U8, BINOMIAL, 255, .9, NULL);
    says(DGEN_U8, BINOMIAL, 1e6, 1e-5, NULL);
    says(DGEN_U8, BINOMIAL, 256, .9, "size makes values from 0 to 256; type u8 holds whole numbers from 0 to 255");
    says(DGEN_I64, BINOMIAL, 0x1p53, .9, NULL);
    says(DGEN_I32, GEOMETRIC, 1e-7, 0, NULL);
    says(DGEN_U8, GEOMETRIC, .1, 0, "prob makes values from 0 to 429; type u8 holds whole numbers from 0 to 255");
    says(DGEN_I64, GEOMETRIC, 1e-16, 0, "prob makes values from 0 to 4.51e+17; those of geometric end at 9007199254740992");
}

static void positions_must_fit(void)
{
    double weights[300];
    uint8_t out[10];
    dgen_error error;
    for (int i = 0; i < 300; i++) weights[i] = 1;
    for (int base = 0; base < 2; base++)
        for (int64_t n = 255; n < 258; n++) {
            dgen_array array = borrowed(DGEN_F64, weights, n);
            dgen_operand parameter = { .array = &array };
            dgen_random_options options = with(DGEN_U8, 1, 0);
            options.index_base = base;
            dgen_status status = draw_into(DGEN_U8, out, 10, CATEGORICAL, &parameter, options, &error);
            CHECK((status == DGEN_OK) == (n + base - 1 <= 255), "%d positions from %d: %s", (int)n, base, error.message);
        }
}

int main(void)
{
    find_isas();
    RUN(integers_follow_their_rule);
    RUN(integers_are_even);
    RUN(values_fit_their_probabilities);
    RUN(huge_parameters);
    RUN(inversion_follows_its_rule);
    RUN(geometric_follows_its_rule);
    RUN(bernoulli_follows_its_rule);
    RUN(numbers_equal_arrays);
    RUN(elements_do_not_mix);
    RUN(types_hold_the_same_numbers);
    RUN(pieces_make_the_whole);
    RUN(categories_by_their_weights);
    RUN(many_categories);
    RUN(alias_tables_hold_the_weights);
    RUN(isas_agree);
    RUN(isas_start_alike);
    RUN(isas_read_tables_alike);
    RUN(certain_outcomes);
    RUN(types_must_hold_the_values);
    RUN(positions_must_fit);
    return TEST_END();
}
