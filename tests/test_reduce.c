/*
 * Reductions and normalizations: every row of the registry against its definition in exact arithmetic, within the bound
 * that ops.def gives; the same bits on every ISA, with any number of threads, strides and types; NaNs, ties, zeros,
 * infinities and norms beyond the range; and calls that are refused.
 *
 * The oracle works in the 113 bits of a quadruple: a product of two doubles is exact in it, and a sum of 2^20 terms errs
 * by less than 2^-93 of their magnitudes, which is nothing beside the 2^-53 at issue. Roots, exponentials and logarithms
 * are libm's for long double: 2^-63.
 */
#define _GNU_SOURCE
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <unistd.h>

#include "child.h"
#include "test.h"

#include "../libcore/cpu.h"

#if LDBL_MANT_DIG == 113
typedef long double quad;
#else
typedef __float128 quad;
#endif

enum { MOST = 1100032 };

static dgen_error error;

/* ----------------------------------------------------------------------------------------------------------- the oracle */

/* A result, and what the bound is relative to. */
typedef struct answer {
    quad value, unit;
} answer;

static quad magnitude(quad x) { return x < 0 ? -x : x; }

static answer exact_sum(const double *x, const double *y, int64_t n, quad (*term)(quad x, quad y))
{
    answer a = { 0, 0 };
    for (int64_t i = 0; i < n; i++) {
        quad t = term(x[i], y[i]);
        a.value += t;
        a.unit += magnitude(t);
    }
    return a;
}

static quad first(quad x, quad y) { return (void)y, x; }
static quad product(quad x, quad y) { return x * y; }
static quad squared(quad x, quad y) { return (void)y, x * x; }
static quad absolute(quad x, quad y) { return (void)y, magnitude(x); }
static quad apart_squared(quad x, quad y) { return (x - y) * (x - y); }

static answer dot(const double *x, const double *y, int64_t n) { return exact_sum(x, y, n, product); }
static answer sum(const double *x, const double *y, int64_t n) { return exact_sum(x, y, n, first); }
static answer sumsq(const double *x, const double *y, int64_t n) { return exact_sum(x, y, n, squared); }
static answer norm_l1(const double *x, const double *y, int64_t n) { return exact_sum(x, y, n, absolute); }
static answer distance_l2sq(const double *x, const double *y, int64_t n) { return exact_sum(x, y, n, apart_squared); }

static answer mean(const double *x, const double *y, int64_t n)
{
    answer a = sum(x, y, n);
    return (answer){ a.value / n, a.unit / n };
}

static answer var(const double *x, const double *y, int64_t n)
{
    quad center = mean(x, y, n).value, squares = 0;
    for (int64_t i = 0; i < n; i++) squares += (x[i] - center) * (x[i] - center);
    return (answer){ squares / (n - 1), squares / (n - 1) };
}

/* Of a number that may be beyond long double's range. */
static quad root(quad x)
{
    double up = x > 1 ? 0x1p-300 : 0x1p300;
    return (quad)sqrtl((long double)(x * up * up)) / up;
}

static answer sd(const double *x, const double *y, int64_t n)
{
    quad value = root(var(x, y, n).value);
    return (answer){ value, value };
}

static answer norm_l2(const double *x, const double *y, int64_t n)
{
    quad value = root(sumsq(x, y, n).value);
    return (answer){ value, value };
}

static answer cosine(const double *x, const double *y, int64_t n)
{
    quad value = dot(x, y, n).value / (root(sumsq(x, y, n).value) * root(sumsq(y, x, n).value));
    return (answer){ value, 1 };
}

static int64_t best(const double *x, int64_t n, int sign)
{
    int64_t at = 0;
    for (int64_t i = 1; i < n; i++)
        if (sign * x[i] > sign * x[at]) at = i;
    return at;
}

static answer max(const double *x, const double *y, int64_t n) { return (void)y, (answer){ x[best(x, n, 1)], 0 }; }
static answer min(const double *x, const double *y, int64_t n) { return (void)y, (answer){ x[best(x, n, -1)], 0 }; }
static answer argmax(const double *x, const double *y, int64_t n) { return (void)y, (answer){ best(x, n, 1), 0 }; }
static answer argmin(const double *x, const double *y, int64_t n) { return (void)y, (answer){ best(x, n, -1), 0 }; }
static answer norm_linf(const double *x, const double *y, int64_t n)
{
    quad a = magnitude(max(x, y, n).value), b = magnitude(min(x, y, n).value);
    return (answer){ a > b ? a : b, 0 };
}

static answer logsumexp(const double *x, const double *y, int64_t n)
{
    long double most = (long double)max(x, y, n).value;
    quad total = 0;
    for (int64_t i = 0; i < n; i++) total += expl((long double)x[i] - most);
    long double rest = logl((long double)total);
    return (answer){ (quad)most + rest, rest > 1 ? rest : 1 };
}

typedef answer oracle(const double *x, const double *y, int64_t n);
#define ORACLE(name) { #name, name }
static const struct {
    const char *name;
    oracle *oracle;
} oracles[] = { ORACLE(dot), ORACLE(sum), ORACLE(sumsq), ORACLE(mean), ORACLE(var), ORACLE(sd), ORACLE(min), ORACLE(max),
                ORACLE(argmin), ORACLE(argmax), ORACLE(norm_l1), ORACLE(norm_l2), ORACLE(norm_linf), ORACLE(logsumexp),
                ORACLE(cosine), ORACLE(distance_l2sq) };

static oracle *oracle_of(const dgen_operation *row)
{
    for (size_t i = 0; i < sizeof oracles / sizeof *oracles; i++)
        if (!strcmp(oracles[i].name, row->name)) return oracles[i].oracle;
    return NULL;
}

/* How few elements it takes. */
static int64_t least_count(const char *name)
{
    if (!strcmp(name, "var") || !strcmp(name, "sd")) return 2;
    bool sums = !strcmp(name, "sum") || !strcmp(name, "sumsq") || !strcmp(name, "dot") || !strcmp(name, "logsumexp")
        || !strncmp(name, "norm_l1", 7) || !strcmp(name, "norm_l2") || !strcmp(name, "distance_l2sq");
    return sums ? 0 : 1;
}

/* ---------------------------------------------------------------------------------------------------------------- calls */

#define EACH_REDUCTION(row)                                                                       \
    for (const dgen_operation *row = dgen_operation_get(0); row;                                  \
         row = dgen_operation_get((dgen_op)(dgen_operation_op(row) + 1)))                         \
        if (row->kind == DGEN_REDUCTION)

static dgen_array borrowed(dgen_dtype dtype, int64_t n, const void *data)
{
    dgen_array array;
    if (dgen_array_borrow(&array, dtype, 1, &n, (void *)data, &error) != DGEN_OK) exit(1);
    return array;
}

static dgen_op_options options(bool ignore, int threads)
{
    dgen_op_options options;
    dgen_op_options_init(&options);
    options.nan_ignore = ignore;
    options.max_threads = threads;
    return options;
}

static dgen_status reduce_arrays(double *out, const dgen_operation *row, const dgen_array *x, const dgen_array *y,
                                 bool ignore, int threads)
{
    dgen_operand operands[2] = { { x, 0 }, { y, 0 } };
    dgen_op_options with = options(ignore, threads);
    return dgen_reduce(out, dgen_operation_op(row), operands, &with, &error);
}

static double reduce_values(const dgen_operation *row, dgen_dtype dtype, const void *x, const void *y, int64_t n,
                            bool ignore)
{
    dgen_array a = borrowed(dtype, n, x), b = borrowed(dtype, n, y);
    double result = -12345;
    CHECK(reduce_arrays(&result, row, &a, &b, ignore, 0) == DGEN_OK, "%s of %lld: %s", row->name, (long long)n,
          error.message);
    return result;
}

static bool same_bits(double a, double b) { return !memcmp(&a, &b, sizeof a); }

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Two operands in both types; wide holds what f32 does. */
static float *f32[2];
static double *f64[2], *wide[2];

static void reserve(void)
{
    for (int i = 0; i < 2; i++) {
        f32[i] = malloc((MOST + 16) * sizeof(float));
        f64[i] = malloc((MOST + 16) * sizeof(double));
        wide[i] = malloc((MOST + 16) * sizeof(double));
        if (!f32[i] || !f64[i] || !wide[i]) exit(1);
    }
}

static double uniform(void) { return (double)(test_random() >> 11) * 0x1p-53; }

enum { NORMAL, POSITIVE, OFFSET, SPREAD, CANCELING, LARGE, SMALL, KINDS };

static double sample(int kind, int64_t i)
{
    double z = uniform() + uniform() + uniform() + uniform() - 2;
    switch (kind) {
    case POSITIVE: return uniform() + 0.1;
    case OFFSET: return 1e4 + z;
    case SPREAD: return z * pow(2, floor(uniform() * 40) - 20);
    case CANCELING: return i % 2 ? -1e6 * z : 1e-3 * z;
    case LARGE: return z * 1e30;
    case SMALL: return z * 1e-30;
    default: return z;
    }
}

static void fill(int kind, int64_t n)
{
    for (int i = 0; i < 2; i++)
        for (int64_t k = 0; k < n; k++) {
            f64[i][k] = sample(kind, k);
            f32[i][k] = (float)f64[i][k];
            wide[i][k] = f32[i][k];
        }
}

static const void *data_of(dgen_dtype dtype, int i) { return dtype == DGEN_F64 ? (const void *)f64[i] : f32[i]; }
static const double *values_of(dgen_dtype dtype, int i) { return dtype == DGEN_F64 ? f64[i] : wide[i]; }

/* -------------------------------------------------------------------------------------------------------------- values */

static bool is_near(const dgen_operation *row, dgen_dtype dtype, double got, answer want)
{
    quad allowed = dtype == DGEN_F64 ? want.unit * row->error_f64 * 0x1p-53 : want.unit * row->error_f32 * 0x1p-24;
    allowed += magnitude(want.value) * 0x1p-53 + DBL_TRUE_MIN;
    return (want.unit == 0 && want.value == got) || magnitude(got - want.value) <= allowed;
}

static void check_values(int kind, int64_t n)
{
    EACH_REDUCTION(row)
        for (dgen_dtype dtype = DGEN_F32; dtype <= DGEN_F64; dtype++) {
            if (n < (least_count(row->name) ? least_count(row->name) : 1)) continue;
            answer want = oracle_of(row)(values_of(dtype, 0), values_of(dtype, 1), n);
            double got = reduce_values(row, dtype, data_of(dtype, 0), data_of(dtype, 1), n, false);
            CHECK(is_near(row, dtype, got, want), "%s %s of %lld, kind %d: %.17g, not %.17g", row->name,
                  dgen_dtype_name(dtype), (long long)n, kind, got, (double)want.value);
        }
}

static void every_row_has_an_oracle(void)
{
    EACH_REDUCTION(row)
        CHECK(oracle_of(row), "%s has no oracle", row->name);
}

static void short_arrays_are_right(void)
{
    for (int64_t n = 1; n <= 300; n++) {
        fill((int)(n % KINDS), n);
        check_values((int)(n % KINDS), n);
    }
}

static void long_arrays_are_right(void)
{
    static const int64_t lengths[] = { 1000, 1024,  4095,  4096,  4097,  8191,   8192,
                                       8193, 10000, 65535, 65536, 65537, 131072, 200003 };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (int kind = 0; kind < KINDS; kind += i < 9 ? 1 : 3) {
            fill(kind, lengths[i]);
            check_values(kind, lengths[i]);
        }
}

static void ten_million_tenths_are_a_million(void)
{
    const int64_t n = 10000000;
    float *x = malloc((size_t)n * sizeof *x);
    double result = 0;
    if (!x) exit(1);
    for (int64_t i = 0; i < n; i++) x[i] = 0.1f;
    dgen_array a = borrowed(DGEN_F32, n, x);
    CHECK(dgen_sum(&result, &a, &error) == DGEN_OK, "%s", error.message);
    float exact = (float)((quad)0.1f * n);
    CHECK((float)result == exact, "%.9g, not %.9g", result, exact);
    CHECK(dgen_sd(&result, &a, &error) == DGEN_OK && result == 0, "sd %g", result);
    CHECK(dgen_mean(&result, &a, &error) == DGEN_OK && (float)result == 0.1f, "mean %.9g", result);
    free(x);
}

/* ------------------------------------------------------------------------------------------------------------ same bits */

/* One line a row and type: a hash of its results over many lengths and kinds, plain and with NaNs and infinities. */
static void print_bits(void)
{
    static const int64_t lengths[] = { 511, 1000, 4100, 8200, 65600, 140000 };
    EACH_REDUCTION(row)
        for (dgen_dtype dtype = DGEN_F32; dtype <= DGEN_F64; dtype++) {
            uint64_t hash = 0;
            test_state = 7;
            for (int64_t n = 3; n < 306; n++) {
                int64_t count = n < 300 ? n : lengths[n - 300];
                fill((int)(n % KINDS), count);
                for (int variant = 0; variant < 4; variant++) {
                    int64_t at = (int64_t)(test_random() % (uint64_t)count);
                    double special = variant == 1 ? NAN : variant == 2 ? INFINITY : -0.0;
                    if (variant) f64[0][at] = special, f32[0][at] = (float)special;
                    double result = reduce_values(row, dtype, data_of(dtype, 0), data_of(dtype, 1), count, true);
                    hash = hash * UINT64_C(0x9FB21C651E98DF25) + bits_of(result);
                    result = reduce_values(row, dtype, data_of(dtype, 0), data_of(dtype, 1), count, false);
                    hash = (hash ^ hash >> 29) * UINT64_C(0x9FB21C651E98DF25) + bits_of(result);
                }
            }
            printf("%s %s %016llx\n", row->name, dgen_dtype_name(dtype), (unsigned long long)hash);
        }
}

static void isas_agree(void)
{
    static char expected[8192], got[8192];
    static const char *const bits[] = { "--bits", NULL };
    char names[64], setting[64], *isa;
    const char *environment[] = { "DGEN_ISA=baseline", NULL };
    CHECK(child_again(bits, environment, expected, sizeof expected) == 0 && strlen(expected) > 500, "%s", expected);
    snprintf(names, sizeof names, "%s", dgen__isa_names());
    for (isa = strtok(names, " "); isa; isa = strtok(NULL, " ")) {
        snprintf(setting, sizeof setting, "DGEN_ISA=%s", isa);
        environment[0] = setting;
        CHECK(child_again(bits, environment, got, sizeof got) == 0, "%s", setting);
        size_t at = 0;
        while (expected[at] && expected[at] == got[at]) at++;
        while (at && expected[at - 1] != '\n') at--;
        CHECK(!strcmp(expected, got), "%s differs from baseline: %.*s", isa, (int)strcspn(got + at, "\n"), got + at);
    }
}

static void threads_do_not_matter(void)
{
    const int64_t n = 1100007;
    fill(SPREAD, n);
    for (int nans = 0; nans < 2; nans++) {
        if (nans) f64[0][700000] = f32[0][700000] = f64[1][900001] = f32[1][900001] = NAN;
        EACH_REDUCTION(row)
            for (dgen_dtype dtype = DGEN_F32; dtype <= DGEN_F64; dtype++) {
                dgen_array x = borrowed(dtype, n, data_of(dtype, 0)), y = borrowed(dtype, n, data_of(dtype, 1));
                double one = 0, many = 0;
                CHECK(reduce_arrays(&one, row, &x, &y, true, 1) == DGEN_OK, "%s: %s", row->name, error.message);
                for (int threads = 2; threads <= 8; threads++) {
                    CHECK(reduce_arrays(&many, row, &x, &y, true, threads) == DGEN_OK, "%s: %s", row->name, error.message);
                    CHECK(same_bits(one, many), "%s with %d threads: %.17g, not %.17g", row->name, threads, many, one);
                }
            }
    }
}

/* Elements `step` apart, from behind if it is negative, at an offset of any alignment, or of another type that promotes
   to the same values: the bits of the plain array. */
static void strides_and_types_do_not_matter(void)
{
    static const int64_t lengths[] = { 1, 2, 63, 100, 1000, 5000, 9000, 70000 };
    char *room = malloc((size_t)70016 * 8 * 3);
    if (!room) exit(1);
    for (int k = 0; k < 8; k++) {
        int64_t n = lengths[k];
        fill(NORMAL, n);
        EACH_REDUCTION(row)
            for (dgen_dtype dtype = DGEN_F32; dtype <= DGEN_F64; dtype++) {
                size_t width = dgen_dtype_bytes(dtype);
                if (n < least_count(row->name)) continue;
                double plain = reduce_values(row, dtype, data_of(dtype, 0), data_of(dtype, 1), n, false), got = 0;
                for (int64_t step = -3; step <= 3; step++) {
                    if (step == 0) continue;
                    dgen_array x = borrowed(dtype, n, NULL), y = borrowed(dtype, n, data_of(dtype, 1));
                    x.stride[0] = step;
                    x.data = room + (step < 0 ? (n - 1) * -step : 3) * (int64_t)width;
                    const char *from = data_of(dtype, 0);
                    for (int64_t i = 0; i < n; i++)
                        memcpy((char *)x.data + i * step * (int64_t)width, from + i * (int64_t)width, width);
                    CHECK(reduce_arrays(&got, row, &x, &y, false, 0) == DGEN_OK, "%s", error.message);
                    CHECK(same_bits(got, plain), "%s %s of %lld by %lld: %.17g, not %.17g", row->name,
                          dgen_dtype_name(dtype), (long long)n, (long long)step, got, plain);
                }
            }
    }
    free(room);
}

static void promoted_types_are_right(void)
{
    const int64_t n = 70001;
    uint8_t *bytes = malloc((size_t)n * 8);
    if (!bytes) exit(1);
    EACH_REDUCTION(row)
        for (dgen_dtype dtype = DGEN_U8; dtype < DGEN_F32; dtype++) {
            bool is_float = dtype == DGEN_F16 || dtype == DGEN_BF16;
            dgen_array x = borrowed(dtype, n, bytes);
            for (int64_t i = 0; i < n; i++) {
                f32[0][i] = (float)(test_random() % 100);
                f64[0][i] = f32[0][i];
                CHECK(dgen_array_set(&x, i, f64[0][i], &error) == DGEN_OK, "%s", error.message);
            }
            dgen_dtype promoted = is_float ? DGEN_F32 : DGEN_F64;
            double want = reduce_values(row, promoted, data_of(promoted, 0), data_of(promoted, 0), n, false), got = 0;
            CHECK(reduce_arrays(&got, row, &x, &x, false, 0) == DGEN_OK, "%s", error.message);
            CHECK(same_bits(got, want), "%s of %s: %.17g, not %.17g", row->name, dgen_dtype_name(dtype), got, want);
        }
    free(bytes);
}

static void matrices_are_read_in_order(void)
{
    double values[] = { 1, 2, 3, 4, 5, 60 }, result = 0;
    dgen_array x = borrowed(DGEN_F64, 6, values);
    x.ndim = 2;
    x.shape[0] = 2, x.shape[1] = 3;
    x.stride[0] = 3, x.stride[1] = 1; /* rows of memory */
    CHECK(dgen_argmax(&result, &x, &error) == DGEN_OK && result == 5, "%g", result);
    values[1] = 70;
    CHECK(dgen_argmax(&result, &x, &error) == DGEN_OK && result == 2, "%g", result);
    CHECK(dgen_sum(&result, &x, &error) == DGEN_OK && result == 143, "%g", result);
}

/* ---------------------------------------------------------------------------------------------------------------- NaNs */

/* f64's and f32's NaNs of a payload, as doubles; signaling, so that they must be quieted. */
static const uint64_t NAN_F64 = UINT64_C(0xFFF00000000007A2), NAN_F32_AS_F64 = UINT64_C(0xFFF8002AC0000000);
static const uint32_t NAN_F32 = UINT32_C(0xFFC00156);

static void put_nan(dgen_dtype dtype, int operand, int64_t at)
{
    if (dtype == DGEN_F64) memcpy(&f64[operand][at], &NAN_F64, 8);
    else memcpy(&f32[operand][at], &NAN_F32, 4);
}

/* The operands without element `at`, by the oracle or by position. */
static answer without(const dgen_operation *row, dgen_dtype dtype, int64_t at, int64_t n)
{
    static double x[70], y[70];
    for (int64_t i = 0, k = 0; i < n; i++)
        if (i != at) x[k] = values_of(dtype, 0)[i], y[k++] = values_of(dtype, 1)[i];
    answer a = oracle_of(row)(x, y, n - 1);
    if (row->is_index && a.value >= at) a.value += 1;
    return a;
}

static void a_nan_anywhere_is_found_or_left_out(void)
{
    for (int64_t n = 1; n <= 70; n++)
        for (int64_t at = 0; at < n; at++) {
            EACH_REDUCTION(row)
                for (dgen_dtype dtype = DGEN_F32; dtype <= DGEN_F64; dtype++) {
                    test_state = (uint64_t)(n * 100 + at + 1);
                    fill(NORMAL, n);
                    int operand = row->arrays == 2 && test_random() % 2;
                    put_nan(dtype, operand, at);
                    wide[operand][at] = 1e9; /* not to be seen */
                    uint64_t want = dtype == DGEN_F64 ? NAN_F64 | UINT64_C(1) << 51 : NAN_F32_AS_F64;
                    if (n < least_count(row->name)) continue;
                    double got = reduce_values(row, dtype, data_of(dtype, 0), data_of(dtype, 1), n, false);
                    bool right = row->is_index ? got == at : bits_of(got) == want;
                    CHECK(right, "%s %s of %lld, NaN at %lld: %.17g %llx", row->name, dgen_dtype_name(dtype),
                          (long long)n, (long long)at, got, (unsigned long long)bits_of(got));
                    if (n - 1 < least_count(row->name) || n == 1) continue;
                    got = reduce_values(row, dtype, data_of(dtype, 0), data_of(dtype, 1), n, true);
                    answer answer = without(row, dtype, at, n);
                    CHECK(is_near(row, dtype, got, answer), "%s %s of %lld without %lld: %.17g, not %.17g", row->name,
                          dgen_dtype_name(dtype), (long long)n, (long long)at, got, (double)answer.value);
                }
        }
}

static void the_first_nan_of_many_wins(void)
{
    const int64_t n = 200000;
    EACH_REDUCTION(row) {
        fill(NORMAL, n);
        for (int64_t at = n - 1; at > 0; at = at * 3 / 4) {
            uint64_t bits = UINT64_C(0x7FF8000000000000) | (uint64_t)at;
            memcpy(&f64[row->arrays - 1][at], &bits, 8);
            double got = reduce_values(row, DGEN_F64, f64[0], f64[1], n, false);
            CHECK(row->is_index ? got == at : bits_of(got) == bits, "%s at %lld: %.17g", row->name, (long long)at, got);
        }
    }
}

static void nothing_but_nans_is_nothing(void)
{
    for (dgen_dtype dtype = DGEN_F32; dtype <= DGEN_F64; dtype++)
        EACH_REDUCTION(row)
            for (int64_t n = 1; n < 40; n += 6) {
                double got = -12345, none = !strcmp(row->name, "logsumexp") ? -INFINITY : 0;
                for (int64_t i = 0; i < n; i++) put_nan(dtype, 0, i);
                dgen_array x = borrowed(dtype, n, data_of(dtype, 0));
                dgen_status status = reduce_arrays(&got, row, &x, &x, true, 0);
                int64_t least = least_count(row->name);
                if (least == 0) CHECK(status == DGEN_OK && same_bits(got, none), "%s: %g", row->name, got);
                else CHECK(status == DGEN_EINVAL && got == -12345 && !strcmp(error.argument, "x"), "%s: %g", row->name, got);
                const char *said = least == 2 ? "x must have at least 2 elements that are not NaN"
                                              : "x must have an element that is not NaN";
                CHECK(least == 0 || !strcmp(error.message, said), "%s: %s", row->name, error.message);
            }
}

/* ------------------------------------------------------------------------------------------------------- special values */

static double of_f32(const dgen_operation *row, int64_t n, const float *x, bool ignore)
{
    return reduce_values(row, DGEN_F32, x, x, n, ignore);
}

static double of_f64(const char *name, int64_t n, const double *x, const double *y)
{
    return reduce_values(dgen_operation_find(name), DGEN_F64, x, y, n, false);
}

static void ties_go_to_the_first(void)
{
    for (int64_t n = 2; n < 200000; n += n < 70 ? 1 : n < 3000 ? 137 : 61001)
        for (dgen_dtype dtype = DGEN_F32; dtype <= DGEN_F64; dtype++)
            for (int sign = -1; sign <= 1; sign += 2) {
                const dgen_operation *row = dgen_operation_find(sign > 0 ? "argmax" : "argmin");
                int64_t a = (int64_t)(test_random() % (uint64_t)n), b = (int64_t)(test_random() % (uint64_t)n);
                int64_t least = a < b ? a : b;
                fill(NORMAL, n);
                f32[0][a] = f32[0][b] = (float)sign * 9, f64[0][a] = f64[0][b] = sign * 9;
                double got = reduce_values(row, dtype, data_of(dtype, 0), NULL, n, false);
                CHECK(got == least, "%g, not %lld of %lld", got, (long long)least, (long long)n);
                memset(f32[0], 0, (size_t)n * 4), memset(f64[0], 0, (size_t)n * 8);
                f32[0][0] = -0.0f, f64[0][n - 1] = -0.0;
                got = reduce_values(row, dtype, data_of(dtype, 0), NULL, n, false);
                CHECK(got == 0, "zeros are equal: %g of %lld", got, (long long)n);
            }
}

/* -0 is less than 0, wherever they stand. */
static void zeros_have_an_order(void)
{
    const dgen_operation *max_row = dgen_operation_find("max"), *min_row = dgen_operation_find("min");
    for (int64_t n = 1; n < 300; n++)
        for (int64_t at = 0; at < n; at += 1 + n / 20) {
            for (int64_t i = 0; i < n; i++) f32[0][i] = 0, f32[1][i] = -0.0f;
            f32[0][at] = -0.0f, f32[1][at] = 0.0f;
            CHECK(same_bits(of_f32(max_row, n, f32[1], false), 0.0), "max of -0 and a 0 at %lld", (long long)at);
            CHECK(same_bits(of_f32(min_row, n, f32[0], false), -0.0), "min of 0 and a -0 at %lld", (long long)at);
            f32[0][at] = 0, f32[1][at] = -0.0f;
            CHECK(same_bits(of_f32(min_row, n, f32[0], false), 0.0), "min of 0");
            CHECK(same_bits(of_f32(max_row, n, f32[1], false), -0.0), "max of -0");
            CHECK(same_bits(of_f32(dgen_operation_find("norm_linf"), n, f32[1], false), 0.0), "norm of -0");
            CHECK(same_bits(of_f32(dgen_operation_find("sum"), n, f32[1], false), 0.0), "sum of -0");
        }
    for (int64_t i = 0; i < MOST; i++) f32[0][i] = -0.0f;
    f32[0][MOST - 1] = 0.0f;
    CHECK(same_bits(of_f32(max_row, MOST, f32[0], false), 0.0), "max in the last block");
}

static void infinities_are_themselves(void)
{
    double inf[] = { 1, INFINITY, 2 }, both[] = { 1, INFINITY, -INFINITY }, low[] = { -INFINITY, -INFINITY, -INFINITY };
    const uint64_t plain = UINT64_C(0x7FF8000000000000);
    CHECK(of_f64("sum", 3, inf, NULL) == INFINITY && of_f64("norm_l2", 3, both, NULL) == INFINITY, "sum, norm_l2");
    CHECK(bits_of(of_f64("sum", 3, both, NULL)) == plain && bits_of(of_f64("mean", 3, both, NULL)) == plain, "Inf - Inf");
    CHECK(bits_of(of_f64("var", 3, inf, NULL)) == plain && bits_of(of_f64("cosine", 3, inf, inf)) == plain, "var, cosine");
    CHECK(of_f64("max", 3, both, NULL) == INFINITY && of_f64("min", 3, both, NULL) == -INFINITY, "extremes");
    CHECK(of_f64("max", 3, low, NULL) == -INFINITY && of_f64("argmax", 3, low, NULL) == 0, "nothing but -Inf");
    CHECK(of_f64("argmin", 3, both, NULL) == 2 && of_f64("norm_linf", 3, both, NULL) == INFINITY, "argmin, norm_linf");
    CHECK(of_f64("logsumexp", 3, inf, NULL) == INFINITY && of_f64("logsumexp", 3, low, NULL) == -INFINITY, "logsumexp");
    CHECK(of_f64("logsumexp", 2, (double[]){ -INFINITY, 3 }, NULL) == 3, "logsumexp beside -Inf");
    double nan_first[40];
    for (int i = 0; i < 40; i++) nan_first[i] = i < 33 ? NAN : -INFINITY;
    CHECK(reduce_values(dgen_operation_find("argmax"), DGEN_F64, nan_first, NULL, 40, true) == 33, "-Inf is a number");
    CHECK(reduce_values(dgen_operation_find("max"), DGEN_F64, nan_first, NULL, 40, true) == -INFINITY, "-Inf is a number");
}

/* Where products, or sums, leave the range that the result does not. */
static void the_range_is_the_results_own(void)
{
    static const double powers_f32[] = { 0x1p-149, 1e-40, 1e-30, 1e-20, 1e-13, 1, 1e15, 1e19, 1e25, 1e37 };
    static const double powers_f64[] = { 0x1p-1074, 1e-310, 1e-300, 1e-170, 1e-150, 1e100, 1e150, 1e160, 1e300 };
    for (int64_t n = 2; n < 5000; n = n * 7 / 2)
        for (int k = 0; k < 19; k++) {
            dgen_dtype dtype = k < 10 ? DGEN_F32 : DGEN_F64;
            double power = k < 10 ? powers_f32[k] : powers_f64[k - 10];
            for (int64_t i = 0; i < n; i++)
                for (int side = 0; side < 2; side++) {
                    double factor = side ? 1 / fmin(fmax(power, 1e-30), 1e30) : power;
                    f64[side][i] = factor * (double)(1 + test_random() % 8);
                    f32[side][i] = (float)f64[side][i], wide[side][i] = f32[side][i];
                }
            EACH_REDUCTION(row) {
                answer want = oracle_of(row)(values_of(dtype, 0), values_of(dtype, 1), n);
                if (magnitude(want.value) > 1e307 || (magnitude(want.value) < 1e-290 && want.unit < 1e-290)) continue;
                double got = reduce_values(row, dtype, data_of(dtype, 0), data_of(dtype, 1), n, false);
                CHECK(is_near(row, dtype, got, want), "%s %s of %lld by %g: %.17g, not %.17g", row->name,
                      dgen_dtype_name(dtype), (long long)n, power, got, (double)want.value);
            }
            const dgen_operation *norm = dgen_operation_find("norm_l2");
            double got = reduce_values(norm, dtype, data_of(dtype, 0), NULL, n, false);
            answer want = norm_l2(values_of(dtype, 0), values_of(dtype, 0), n);
            CHECK(is_near(norm, dtype, got, want), "norm_l2 by %g: %.17g, not %.17g", power, got, (double)want.value);
        }
    double huge[] = { DBL_MAX, -DBL_MAX, DBL_MAX, DBL_MAX }, tiny[] = { 0x1p-1074, 0x1p-1074, 0, 0 };
    CHECK(of_f64("mean", 4, huge, NULL) == DBL_MAX / 2, "mean %g", of_f64("mean", 4, huge, NULL));
    CHECK(of_f64("norm_l2", 2, tiny, NULL) == 0x1p-1074, "norm_l2 %g", of_f64("norm_l2", 2, tiny, NULL));
    CHECK(of_f64("cosine", 4, huge, tiny) == 0 && of_f64("cosine", 4, huge, huge) == 1, "cosine");
    CHECK(isnan(of_f64("cosine", 2, tiny + 2, huge)), "cosine with zeros");
}

/* ----------------------------------------------------------------------------------------------------------- refusals */

static void refused_calls_say_why(void)
{
    double out = -12345, value = 1;
    dgen_array empty = borrowed(DGEN_F32, 0, NULL), one = borrowed(DGEN_F64, 1, &value), closed = { 0 };
    EACH_REDUCTION(row) {
        const char *name = row->name, *said = "x must not be empty";
        int64_t least = least_count(name);
        double nothing = !strcmp(name, "logsumexp") ? -INFINITY : 0;
        dgen_status status = reduce_arrays(&out, row, &empty, &empty, false, 0);
        if (least == 2) said = "x must have at least 2 elements";
        if (least == 0) CHECK(status == DGEN_OK && out == nothing, "%s of nothing: %g", name, out);
        else CHECK(status == DGEN_EINVAL && out == -12345 && !strcmp(error.message, said), "%s: %s", name, error.message);
        CHECK(least == 0 || !strcmp(error.argument, "x"), "%s names %s", name, error.argument);
        out = -12345;
        if (least == 2)
            CHECK(reduce_arrays(&out, row, &one, &one, false, 0) == DGEN_EINVAL && out == -12345, "%s of one", name);
        status = reduce_arrays(&out, row, &closed, &one, false, 0);
        CHECK(status == DGEN_ECLOSED && out == -12345, "%s of a closed array", name);
        status = reduce_arrays(&out, row, &one, &empty, false, 0);
        if (row->arrays == 2) CHECK(status == DGEN_EINVAL && !strcmp(error.argument, "y"), "%s: %s", name, error.message);
        out = -12345;
        CHECK(reduce_arrays(&out, row, NULL, &one, false, 0) == DGEN_ETYPE && out == -12345, "%s of a number", name);
    }
    CHECK(dgen_reduce(&out, DGEN_OP_exp, &(dgen_operand){ &one, 0 }, NULL, &error) == DGEN_EINVAL, "exp is no reduction");
    CHECK(dgen_reduce(&out, DGEN_OP_COUNT, &(dgen_operand){ &one, 0 }, NULL, &error) == DGEN_EINVAL, "no such operation");
}

static int yes(void *context) { return (void)context, 1; }

static void a_long_call_can_be_canceled(void)
{
    const int64_t n = INT64_C(1) << 28; /* of one element: stride 0 */
    double value = 1, out = -12345;
    dgen_array x = borrowed(DGEN_F64, n, &value);
    x.stride[0] = 0;
    dgen_poll_set(yes, NULL);
    CHECK(dgen_sum(&out, &x, &error) == DGEN_ECANCELED && out == -12345, "%g", out);
    dgen_poll_set(NULL, NULL);
}

/* ------------------------------------------------------------------------------------------------------- normalizations */

/* The numbers of which an element is (x - center) / spread. */
static void center_and_spread(const char *name, const double *x, int64_t n, quad *center, quad *spread)
{
    *center = 0;
    if (!strcmp(name, "zscore")) *center = mean(x, x, n).value, *spread = sd(x, x, n).value;
    else if (!strcmp(name, "normalize")) *spread = norm_l2(x, x, n).value;
    else *center = min(x, x, n).value, *spread = max(x, x, n).value - *center;
}

static dgen_status normalize_array(dgen_array *out, const dgen_operation *row, const dgen_array *x, bool ignore)
{
    dgen_op_options with = options(ignore, 0);
    return dgen_map(out, dgen_operation_op(row), &(dgen_operand){ x, 0 }, &with, &error);
}

#define EACH_NORMALIZATION(row)                                                                   \
    for (const dgen_operation *row = dgen_operation_get(0); row;                                  \
         row = dgen_operation_get((dgen_op)(dgen_operation_op(row) + 1)))                         \
        if (row->kind == DGEN_NORMALIZATION)

static void check_normalized(const dgen_operation *row, dgen_dtype dtype, const dgen_array *out, int64_t n, int64_t nan)
{
    static double kept[100000];
    quad center, spread, bound = dtype == DGEN_F64 ? row->error_f64 * 0x1p-53 : row->error_f32 * 0x1p-24;
    const double *x = values_of(dtype, 0);
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++)
        if (i != nan) kept[count++] = x[i];
    center_and_spread(row->name, kept, count, &center, &spread);
    for (int64_t i = 0; i < n; i++) {
        if (i == nan) continue;
        double got = dgen_array_get(out, i);
        quad want = (x[i] - center) / spread, unit = 1 + (magnitude(x[i]) + magnitude(center)) / spread;
        CHECK(magnitude(got - want) <= bound * unit, "%s %s of %lld, element %lld: %.17g, not %.17g", row->name,
              dgen_dtype_name(dtype), (long long)n, (long long)i, got, (double)want);
    }
}

static void check_in_place(const dgen_operation *row, dgen_array *x)
{
    dgen_array out = { 0 };
    CHECK(normalize_array(&out, row, x, false) == DGEN_OK, "%s: %s", row->name, error.message);
    CHECK(normalize_array(x, row, x, false) == DGEN_OK, "%s: %s", row->name, error.message);
    CHECK(!memcmp(x->data, out.data, dgen_array_bytes(x)), "%s in place", row->name);
    dgen_array_release(&out);
}

/* A NaN among the elements: it stays and the others do not notice, or all are NaN. */
static void check_with_nan(const dgen_operation *row, dgen_array *out, const dgen_array *x, int64_t n)
{
    uint64_t want = x->dtype == DGEN_F64 ? NAN_F64 | UINT64_C(1) << 51 : NAN_F32_AS_F64;
    put_nan(x->dtype, 0, n / 2);
    CHECK(normalize_array(out, row, x, true) == DGEN_OK, "%s: %s", row->name, error.message);
    check_normalized(row, x->dtype, out, n, n / 2);
    CHECK(bits_of(dgen_array_get(out, n / 2)) == want, "%s: a NaN stays", row->name);
    CHECK(normalize_array(out, row, x, false) == DGEN_OK, "%s: %s", row->name, error.message);
    for (int64_t i = 0; i < n; i++)
        CHECK(bits_of(dgen_array_get(out, i)) == want, "%s: NaN for all, element %lld", row->name, (long long)i);
    f32[0][n / 2] = 1, f64[0][n / 2] = 1;
}

static void check_normalization(const dgen_operation *row, dgen_dtype dtype, int64_t n)
{
    dgen_array x = borrowed(dtype, n, data_of(dtype, 0)), out = { 0 }, strided = borrowed(dtype, n, data_of(dtype, 1));
    CHECK(normalize_array(&out, row, &x, false) == DGEN_OK, "%s: %s", row->name, error.message);
    CHECK(out.dtype == dtype && dgen_array_length(&out) == n, "shape");
    check_normalized(row, dtype, &out, n, -1);
    strided.stride[0] = 2;
    CHECK(normalize_array(&strided, row, &x, false) == DGEN_OK, "%s: %s", row->name, error.message);
    for (int64_t i = 0; i < n; i++)
        CHECK(dgen_array_get(&strided, i) == dgen_array_get(&out, i), "%s strided, element %lld", row->name, (long long)i);
    if (n > 2) check_with_nan(row, &out, &x, n);
    dgen_array_release(&out);
    check_in_place(row, &x);
}

static void normalizations_are_right(void)
{
    static const int64_t lengths[] = { 2, 3, 7, 8, 9, 16, 17, 100, 1023, 1025, 70000 };
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++)
        for (int kind = NORMAL; kind < KINDS; kind++)
            EACH_NORMALIZATION(row)
                for (dgen_dtype dtype = DGEN_F32; dtype <= DGEN_F64; dtype++) {
                    fill(kind, lengths[k]);
                    check_normalization(row, dtype, lengths[k]);
                }
}

static void normalizations_promote(void)
{
    int32_t values[] = { 1, 2, 4 };
    double want[] = { 0, 1.0 / 3, 1 };
    dgen_array x = borrowed(DGEN_I32, 3, values), out = { 0 };
    CHECK(dgen_minmax_normalize(&out, &x, &error) == DGEN_OK && out.dtype == DGEN_F64, "%s", error.message);
    CHECK(!memcmp(out.data, want, sizeof want), "%.17g", ((double *)out.data)[1]);
    dgen_array_release(&out);
}

static void nothing_to_normalize_by_is_an_error(void)
{
    for (int64_t n = 0; n < 5000; n += n < 20 ? 1 : 700)
        for (dgen_dtype dtype = DGEN_F32; dtype <= DGEN_F64; dtype++)
            EACH_NORMALIZATION(row) {
                float value = !strcmp(row->name, "normalize") ? 0 : 0.1f;
                for (int64_t i = 0; i < n; i++) f64[0][i] = f32[0][i] = value, f64[1][i] = f32[1][i] = 7;
                dgen_array x = borrowed(dtype, n, data_of(dtype, 0)), out = borrowed(dtype, n, data_of(dtype, 1));
                dgen_array fresh = { 0 };
                CHECK(normalize_array(&out, row, &x, false) == DGEN_EINVAL, "%s of %lld equal", row->name, (long long)n);
                CHECK(!strcmp(error.argument, "x"), "%s names %s", row->name, error.argument);
                CHECK(normalize_array(&fresh, row, &x, false) == DGEN_EINVAL && !fresh.release, "%s: new", row->name);
                for (int64_t i = 0; i < n; i++)
                    CHECK(dgen_array_get(&out, i) == 7, "%s changed element %lld", row->name, (long long)i);
            }
}

int main(int argc, char **argv)
{
    reserve();
    if (argc > 1 && !strcmp(argv[1], "--bits")) {
        print_bits();
        return 0;
    }
    RUN(every_row_has_an_oracle);
    RUN(short_arrays_are_right);
    RUN(long_arrays_are_right);
    RUN(ten_million_tenths_are_a_million);
    RUN(isas_agree);
    RUN(threads_do_not_matter);
    RUN(strides_and_types_do_not_matter);
    RUN(promoted_types_are_right);
    RUN(matrices_are_read_in_order);
    RUN(a_nan_anywhere_is_found_or_left_out);
    RUN(the_first_nan_of_many_wins);
    RUN(nothing_but_nans_is_nothing);
    RUN(ties_go_to_the_first);
    RUN(zeros_have_an_order);
    RUN(infinities_are_themselves);
    RUN(the_range_is_the_results_own);
    RUN(refused_calls_say_why);
    RUN(a_long_call_can_be_canceled);
    RUN(normalizations_are_right);
    RUN(normalizations_promote);
    RUN(nothing_to_normalize_by_is_an_error);
    return TEST_END();
}
