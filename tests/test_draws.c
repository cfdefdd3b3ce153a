/*
 * Random values from the outside: value k stands for itself. Every distribution in every type it has, whole and in pieces, at
 * any offset, into arrays of any strides and alignment, by 1 to 8 threads, with numbers or arrays as parameters, by samplers,
 * under every ISA: the same bytes. And what bad calls answer, and leave untouched.
 *
 *     test_draws hashes      prints a hash of every case, for a process under another DGEN_ISA
 */
#include <math.h>

#include "test.h"

static dgen_error error;

static void must(dgen_status status)
{
    if (status != DGEN_OK) exit((printf("  %s\n", error.message), 1));
}

/* What every distribution is drawn with: one case a row, or more where it draws by several methods. */
typedef struct test_case {
    dgen_distribution distribution;
    double first, second;
} test_case;

#define CASE(name, first, second) \
    { \
        DGEN_DISTRIBUTION_##name, first, second \
    }
static const test_case cases[] = {
    CASE(uniform, 0, 1),       CASE(uniform, -3, 7.5),  CASE(normal, 0, 1),      CASE(normal, 10, 2.5),
    CASE(lognormal, 0.5, .3),  CASE(exponential, 1, 0), CASE(exponential, 3, 0), CASE(gamma, 2, 1),
    CASE(gamma, .3, 4),        CASE(gamma, 900, 1),     CASE(beta, 2, 3),        CASE(beta, .2, .4),
    CASE(chisq, 3, 0),         CASE(t, 4, 0),           CASE(cauchy, 0, 1),      CASE(cauchy, 2, 3),
    CASE(geometric, .2, 0),    CASE(poisson, 5, 0),     CASE(poisson, 100, 0),   CASE(poisson, 5000, 0),
    CASE(binomial, 100, .3),   CASE(binomial, 1e6, .4), CASE(bernoulli, .3, 0),  CASE(integers, 0, 99),
    CASE(integers, -5, 70000), CASE(integers, 0, 3e9),  CASE(categorical, 0, 0),
};
enum { CASES = sizeof cases / sizeof *cases };
static const dgen_dtype types[] = { DGEN_F64, DGEN_F32, DGEN_I32, DGEN_I64, DGEN_U8 };
enum { TYPES = sizeof types / sizeof *types };

static dgen_array weights;
static double weight[] = { 3, 0, 1, 5, 2, 8, 1 };

static void set_parameters(dgen_operand *parameters, const test_case *c)
{
    parameters[0] = (dgen_operand){ NULL, c->first };
    parameters[1] = (dgen_operand){ NULL, c->second };
    if (c->distribution == DGEN_DISTRIBUTION_categorical) parameters[0].array = &weights;
}

static dgen_random_options options_of(dgen_dtype dtype)
{
    dgen_random_options options;
    dgen_random_options_init(&options);
    options.dtype = dtype, options.has_dtype = 1;
    options.seed = 12345, options.has_seed = 1;
    options.stream = 6;
    return options;
}

/* True if the distribution has the type, with these parameters. */
static int has_type(const test_case *c, dgen_dtype dtype)
{
    dgen_array shape;
    dgen_operand parameters[2];
    const int64_t n = 1;
    dgen_random_options options = options_of(dtype);
    set_parameters(parameters, c);
    return dgen_random_shape(&shape, c->distribution, 1, &n, parameters, &options, &error) == DGEN_OK;
}

/* Values [offset, offset + n) of a case in a new array. */
static dgen_array draw(const test_case *c, dgen_dtype dtype, int64_t n, uint64_t offset, int threads)
{
    dgen_array out = { 0 };
    dgen_operand parameters[2];
    dgen_random_options options = options_of(dtype);
    set_parameters(parameters, c);
    options.offset = offset;
    options.max_threads = threads;
    must(dgen_random(&out, c->distribution, 1, &n, parameters, &options, &error));
    return out;
}

/* Runs test for every case and type that there is. */
static void each(void (*test)(const test_case *c, dgen_dtype dtype))
{
    for (int i = 0; i < CASES; i++)
        for (int j = 0; j < TYPES; j++)
            if (has_type(&cases[i], types[j])) test(&cases[i], types[j]);
}

static const char *name_of(const test_case *c, dgen_dtype dtype)
{
    static char text[96];
    snprintf(text, sizeof text, "%s(%g, %g) %s", dgen_distribution_get(c->distribution)->name, c->first, c->second,
             dgen_dtype_name(dtype));
    return text;
}

/* ---------------------------------------------------------------------------------------------------------------- pieces */

enum { WHOLE = 20000 };

static void in_pieces(const test_case *c, dgen_dtype dtype)
{
    dgen_array whole = draw(c, dtype, WHOLE, 0, 1);
    size_t width = dgen_dtype_bytes(dtype);
    for (int i = 0; i < 60; i++) {
        int64_t first = (int64_t)(test_random() % WHOLE), n = (int64_t)(test_random() % (i % 2 ? 100 : 5000));
        if (first + n > WHOLE) n = WHOLE - first;
        dgen_array piece = draw(c, dtype, n, (uint64_t)first, 1);
        CHECK(!memcmp(piece.data, (char *)whole.data + (size_t)first * width, (size_t)n * width),
              "%s: values %lld to %lld alone", name_of(c, dtype), (long long)first, (long long)(first + n));
        dgen_array_release(&piece);
    }
    dgen_array_release(&whole);
}
static void pieces_are_the_whole(void)
{
    each(in_pieces);
}

/* Far out, and over the borders of blocks and tasks. */
static void far_out(const test_case *c, dgen_dtype dtype)
{
    static const uint64_t from[] = { 2047, 65535, (UINT64_C(1) << 32) - 3, (UINT64_C(1) << 53) - 700 };
    size_t width = dgen_dtype_bytes(dtype);
    for (int i = 0; i < 4; i++) {
        dgen_array whole = draw(c, dtype, 700, from[i], 1), last = draw(c, dtype, 300, from[i] + 400, 1);
        CHECK(!memcmp((char *)whole.data + 400 * width, last.data, 300 * width), "%s from %llu", name_of(c, dtype),
              (unsigned long long)from[i]);
        dgen_array_release(&whole);
        dgen_array_release(&last);
    }
}
static void far_values_stand_for_themselves(void)
{
    each(far_out);
}

static void by_threads(const test_case *c, dgen_dtype dtype)
{
    enum { N = 300007 };
    dgen_array one = draw(c, dtype, N, 12345, 1);
    for (int threads = 2; threads <= 8; threads++) {
        dgen_array several = draw(c, dtype, N, 12345, threads);
        CHECK(!memcmp(one.data, several.data, dgen_array_bytes(&one)), "%s by %d threads", name_of(c, dtype), threads);
        dgen_array_release(&several);
    }
    dgen_array_release(&one);
}
static void threads_change_nothing(void)
{
    each(by_threads);
}

/* ----------------------------------------------------------------------------------------------------------- given arrays */

/* Into memory at odd places, with a step, and with guards that must stay. */
static void into_any_array(const test_case *c, dgen_dtype dtype)
{
    enum { N = 3000 };
    dgen_array whole = draw(c, dtype, N, 0, 1), out;
    dgen_operand parameters[2];
    dgen_random_options options = options_of(dtype);
    size_t width = dgen_dtype_bytes(dtype), room = (3 * N + 8) * width;
    char *memory = malloc(room), *expected = malloc(room);
    set_parameters(parameters, c);
    for (int64_t step = 1; step <= 3; step++) {
        const int64_t n = N;
        memset(memory, 0x5A, room);
        memset(expected, 0x5A, room);
        must(dgen_array_borrow(&out, dtype, 1, &n, memory + 3 * width, &error));
        out.stride[0] = step;
        for (int64_t i = 0; i < N; i++)
            memcpy(expected + (3 + (size_t)(i * step)) * width, (char *)whole.data + (size_t)i * width, width);
        must(dgen_random(&out, c->distribution, 0, NULL, parameters, &options, &error));
        CHECK(!memcmp(memory, expected, room), "%s, step %lld", name_of(c, dtype), (long long)step);
    }
    free(memory);
    free(expected);
    dgen_array_release(&whole);
}
static void given_arrays_are_filled_and_nothing_else(void)
{
    each(into_any_array);
}

/* A given array says the type where the options do not. */
static void type_of_out(const test_case *c, dgen_dtype dtype)
{
    const int64_t n = 100;
    dgen_operand parameters[2];
    dgen_random_options options = options_of(dtype);
    dgen_array whole = draw(c, dtype, n, 0, 1), out;
    char memory[900], guard[100];
    set_parameters(parameters, c);
    memset(memory, 0x5A, sizeof memory);
    memset(guard, 0x5A, sizeof guard);
    options.has_dtype = 0;
    must(dgen_array_borrow(&out, dtype, 1, &n, memory, &error));
    must(dgen_random(&out, c->distribution, 0, NULL, parameters, &options, &error));
    CHECK(!memcmp(memory, whole.data, dgen_array_bytes(&whole)), "%s", name_of(c, dtype));
    CHECK(!memcmp(memory + dgen_array_bytes(&whole), guard, 100), "%s: beyond the end", name_of(c, dtype));
    dgen_array_release(&whole);
}
static void given_arrays_say_the_type(void) { each(type_of_out); }

/* A matrix by its dimensions, and one of swapped strides, whose elements are the same by index. */
static void dimensions_are_those_asked_for(void)
{
    static const int64_t shape[4] = { 7, 5, 3, 2 };
    const test_case normal = CASE(normal, 0, 1);
    dgen_operand parameters[2];
    dgen_random_options options = options_of(DGEN_F64);
    dgen_array flat = draw(&normal, DGEN_F64, 210, 0, 1), out = { 0 }, swapped;
    double memory[35];
    set_parameters(parameters, &normal);
    must(dgen_random(&out, DGEN_DISTRIBUTION_normal, 4, shape, parameters, &options, &error));
    CHECK(out.ndim == 4 && out.shape[0] == 7 && out.shape[3] == 2 && !memcmp(out.data, flat.data, 210 * 8), "4 dimensions");
    must(dgen_array_borrow(&swapped, DGEN_F64, 2, shape, memory, &error));
    swapped.stride[0] = 5, swapped.stride[1] = 1;
    must(dgen_random(&swapped, DGEN_DISTRIBUTION_normal, 0, NULL, parameters, &options, &error));
    for (int i = 0; i < 35; i++)
        CHECK(memory[i % 7 * 5 + i / 7] == ((double *)flat.data)[i], "element %d of rows one by one", i);
    dgen_array_release(&out);
    dgen_array_release(&flat);
}

/* Beyond the last cache values go past it: the same ones. */
static void large_arrays_hold_the_same_values(void)
{
    const test_case normal = CASE(normal, 0, 1);
    const int64_t n = 20000003;
    dgen_operand parameters[2];
    dgen_random_options options = options_of(DGEN_F64);
    dgen_array large = draw(&normal, DGEN_F64, n, 0, 1);
    set_parameters(parameters, &normal);
    memset(large.data, 0, dgen_array_bytes(&large));
    for (int threads = 1; threads <= 2; threads++) {
        options.max_threads = threads;
        must(dgen_random(&large, DGEN_DISTRIBUTION_normal, 0, NULL, parameters, &options, &error));
        for (int64_t first = 0; first < n; first += 50000) {
            int64_t count = n - first < 50000 ? n - first : 50000;
            dgen_array piece = draw(&normal, DGEN_F64, count, (uint64_t)first, 1);
            CHECK(!memcmp(piece.data, (double *)large.data + first, (size_t)count * 8), "from %lld", (long long)first);
            dgen_array_release(&piece);
        }
    }
    dgen_array_release(&large);
}

/* ------------------------------------------------------------------------------------------------------------- parameters */

static dgen_array column(double *values, int64_t n)
{
    dgen_array array;
    must(dgen_array_borrow(&array, DGEN_F64, 1, &n, values, &error));
    return array;
}

/* The same parameter of every value, as an array of several lengths. */
static void as_arrays(const test_case *c, dgen_dtype dtype)
{
    enum { N = 5000, MOST = 7000 };
    static double values[2][MOST];
    static const int64_t lengths[][2] = { { 2, 3 }, { 1, 64 }, { 2048, 5 }, { 7000, 7000 } };
    if (c->distribution == DGEN_DISTRIBUTION_categorical) return;
    for (int i = 0; i < MOST; i++) values[0][i] = c->first, values[1][i] = c->second;
    dgen_array numbers = draw(c, dtype, N, 999, 1);
    for (int i = 0; i < 4; i++) {
        dgen_array arrays[2] = { column(values[0], lengths[i][0]), column(values[1], lengths[i][1]) }, out = { 0 };
        dgen_operand parameters[2] = { { &arrays[0], 0 }, { &arrays[1], 0 } };
        dgen_random_options options = options_of(dtype);
        const int64_t n = N;
        options.offset = 999;
        must(dgen_random(&out, c->distribution, 1, &n, parameters, &options, &error));
        CHECK(!memcmp(out.data, numbers.data, dgen_array_bytes(&out)), "%s with arrays of %lld and %lld", name_of(c, dtype),
              (long long)lengths[i][0], (long long)lengths[i][1]);
        dgen_array_release(&out);
    }
    dgen_array_release(&numbers);
}
static void arrays_of_parameters_are_as_numbers(void)
{
    each(as_arrays);
}

/* Value k has element k modulo the length, counted from the stream's first value. */
static void parameters_are_recycled_by_value(void)
{
    enum { N = 4000 };
    double mean[3] = { 0, 1000, -50 }, sd[7] = { 1, 2, 3, 4, 5, 6, 7 };
    const test_case plain = CASE(normal, 0, 1);
    const int64_t n = N;
    dgen_array z = draw(&plain, DGEN_F64, N, 0, 1), arrays[2] = { column(mean, 3), column(sd, 7) }, out = { 0 },
               rest = { 0 };
    dgen_operand parameters[2] = { { &arrays[0], 0 }, { &arrays[1], 0 } };
    dgen_random_options options = options_of(DGEN_F64);
    must(dgen_random(&out, DGEN_DISTRIBUTION_normal, 1, &n, parameters, &options, &error));
    for (int k = 0; k < N; k++)
        CHECK(((double *)out.data)[k] == mean[k % 3] + sd[k % 7] * ((double *)z.data)[k], "value %d", k);
    options.offset = 1234;
    const int64_t left = N - 1234;
    must(dgen_random(&rest, DGEN_DISTRIBUTION_normal, 1, &left, parameters, &options, &error));
    CHECK(!memcmp(rest.data, (double *)out.data + 1234, (size_t)left * 8), "from value 1234 on");
    dgen_array_release(&z);
    dgen_array_release(&out);
    dgen_array_release(&rest);
}

/* Bounds that no double holds, by arrays of one i64 and of several. */
static void integers_keep_64_bits(void)
{
    enum { N = 1000 };
    int64_t low[2] = { INT64_C(9007199254740993), INT64_MIN }, high[2] = { INT64_C(9007199254740995), INT64_MAX };
    int64_t seen = 0;
    const int64_t one = 1, two = 2, n = N;
    dgen_array arrays[2], out = { 0 };
    dgen_operand parameters[2] = { { &arrays[0], 0 }, { &arrays[1], 0 } };
    dgen_random_options options = options_of(DGEN_I64);
    must(dgen_array_borrow(&arrays[0], DGEN_I64, 1, &one, low, &error));
    must(dgen_array_borrow(&arrays[1], DGEN_I64, 1, &one, high, &error));
    must(dgen_random(&out, DGEN_DISTRIBUTION_integers, 1, &n, parameters, &options, &error));
    for (int i = 0; i < N; i++) {
        int64_t v = ((int64_t *)out.data)[i] - low[0];
        CHECK(v >= 0 && v <= 2, "value %d is off by %lld", i, (long long)v);
        if (v >= 0 && v <= 2) seen |= 1 << v;
    }
    CHECK(seen == 7, "all three occur");
    must(dgen_array_borrow(&arrays[0], DGEN_I64, 1, &two, low, &error));
    must(dgen_array_borrow(&arrays[1], DGEN_I64, 1, &two, high, &error));
    dgen_array both = { 0 };
    must(dgen_random(&both, DGEN_DISTRIBUTION_integers, 1, &n, parameters, &options, &error));
    for (int i = 0; i < N; i += 2)
        CHECK(((int64_t *)both.data)[i] == ((int64_t *)out.data)[i], "value %d of recycled bounds", i);
    dgen_array_release(&out);
    dgen_array_release(&both);
}

/* ------------------------------------------------------------------------------------------------ distributions and streams */

/* Whether two arrays have 8 equal values in a row at the same place. */
static int resemble(const dgen_array *a, const dgen_array *b)
{
    int64_t n = dgen_array_length(a);
    for (int64_t i = 0, run = 0; i < n; i++) {
        run = dgen_array_get(a, i) == dgen_array_get(b, i) ? run + 1 : 0;
        if (run == 8) return 1;
    }
    return 0;
}

static void seeds_and_streams_differ(void)
{
    const int64_t n = 1000;
    dgen_operand parameters[2];
    for (int i = 0; i < CASES; i++) {
        if (cases[i].distribution == DGEN_DISTRIBUTION_bernoulli || cases[i].distribution == DGEN_DISTRIBUTION_categorical
            || cases[i].distribution == DGEN_DISTRIBUTION_geometric || cases[i].distribution == DGEN_DISTRIBUTION_poisson)
            continue;
        dgen_array a = { 0 }, b = { 0 }, other = { 0 };
        dgen_random_options options = options_of(DGEN_F64);
        set_parameters(parameters, &cases[i]);
        must(dgen_random(&a, cases[i].distribution, 1, &n, parameters, &options, &error));
        options.stream++;
        must(dgen_random(&b, cases[i].distribution, 1, &n, parameters, &options, &error));
        options.seed++, options.stream--;
        must(dgen_random(&other, cases[i].distribution, 1, &n, parameters, &options, &error));
        CHECK(!resemble(&a, &b), "%s: streams 6 and 7", name_of(&cases[i], DGEN_F64));
        CHECK(!resemble(&a, &other), "%s: seeds 12345 and 12346", name_of(&cases[i], DGEN_F64));
        dgen_array_release(&a);
        dgen_array_release(&b);
        dgen_array_release(&other);
    }
}

/* The correlation of each distribution with each other one under the same seed. */
static void distributions_share_no_bits(void)
{
    enum { N = 20000, KINDS = 13 };
    static double values[KINDS][N];
    int kinds = 0;
    for (int i = 0; i < CASES && kinds < KINDS; i++) {
        if (i && cases[i].distribution == cases[i - 1].distribution) continue;
        if (cases[i].distribution == DGEN_DISTRIBUTION_cauchy) continue; /* has no variance */
        dgen_array a = draw(&cases[i], DGEN_F64, N, 0, 1);
        double mean = 0, square = 0;
        for (int k = 0; k < N; k++) mean += ((double *)a.data)[k] / N;
        for (int k = 0; k < N; k++) square += pow(((double *)a.data)[k] - mean, 2) / N;
        for (int k = 0; k < N; k++) values[kinds][k] = (((double *)a.data)[k] - mean) / sqrt(square);
        kinds++;
        dgen_array_release(&a);
    }
    for (int i = 0; i < kinds; i++)
        for (int j = 0; j < i; j++) {
            double sum = 0;
            for (int k = 0; k < N; k++) sum += values[i][k] * values[j][k];
            CHECK(fabs(sum) < 5.5 * sqrt(N), "distributions %d and %d: %g standard deviations", i, j, sum / sqrt(N));
        }
}

static void a_fresh_seed_each_time(void)
{
    const int64_t n = 10;
    dgen_operand parameters[2] = { { NULL, 0 }, { NULL, 1 } };
    dgen_array a = { 0 }, b = { 0 };
    must(dgen_random(&a, DGEN_DISTRIBUTION_uniform, 1, &n, parameters, NULL, &error));
    must(dgen_random(&b, DGEN_DISTRIBUTION_uniform, 1, &n, parameters, NULL, &error));
    CHECK(memcmp(a.data, b.data, 80) != 0, "two calls without a seed");
    dgen_array_release(&a);
    dgen_array_release(&b);
}

/* --------------------------------------------------------------------------------------------------------------- samplers */

static void by_sampler(const test_case *c, dgen_dtype dtype)
{
    enum { N = 10000 };
    dgen_array whole = draw(c, dtype, N, 100, 1);
    dgen_sampler *sampler;
    dgen_operand parameters[2];
    dgen_random_options options = options_of(dtype);
    size_t width = dgen_dtype_bytes(dtype);
    int64_t at = 0;
    set_parameters(parameters, c);
    options.offset = 100;
    must(dgen_sampler_open(&sampler, c->distribution, parameters, &options, &error));
    for (int i = 0; at < N; i++) {
        int64_t n = (int64_t)(test_random() % 900);
        dgen_array next = { 0 };
        if (n > N - at) n = N - at;
        CHECK(dgen_sampler_position(sampler) == 100 + (uint64_t)at, "position");
        must(dgen_sampler_next(sampler, &next, 1, &n, &error));
        if (i % 2) {
            must(dgen_sampler_seek(sampler, 100 + (uint64_t)at, &error));
            memset(next.data, 0, dgen_array_bytes(&next));
            must(dgen_sampler_fill(sampler, &next, &error));
        }
        CHECK(!memcmp(next.data, (char *)whole.data + (size_t)at * width, (size_t)n * width), "%s from %lld",
              name_of(c, dtype), (long long)at);
        dgen_array_release(&next);
        at += n;
    }
    dgen_sampler_reset(sampler);
    CHECK(dgen_sampler_position(sampler) == 100 && dgen_sampler_options(sampler)->seed == 12345, "reset");
    dgen_sampler_close(sampler);
    dgen_array_release(&whole);
}
static void samplers_give_the_next_values(void)
{
    each(by_sampler);
}

/* A sampler's parameters are its own, and what does not fit leaves it where it was. */
static void samplers_keep_what_they_need(void)
{
    double mean[2] = { 5, 500 };
    const int64_t n = 100;
    dgen_array array = column(mean, 2), before = { 0 }, after = { 0 }, wrong;
    dgen_operand parameters[2] = { { &array, 0 }, { NULL, 1 } };
    dgen_random_options options = options_of(DGEN_F64);
    dgen_sampler *sampler;
    char text[128];
    float single[4];
    const int64_t four = 4, huge = (INT64_C(1) << 53) - 99;
    must(dgen_sampler_open(&sampler, DGEN_DISTRIBUTION_normal, parameters, &options, &error));
    must(dgen_sampler_next(sampler, &before, 1, &n, &error));
    mean[0] = mean[1] = -1e9;
    dgen_sampler_reset(sampler);
    must(dgen_sampler_next(sampler, &after, 1, &n, &error));
    CHECK(!memcmp(before.data, after.data, 800), "parameters changed under it");
    must(dgen_array_borrow(&wrong, DGEN_F32, 1, &four, single, &error));
    CHECK(dgen_sampler_fill(sampler, &wrong, &error) == DGEN_ETYPE && !strcmp(error.argument, "out"), "%s", error.message);
    must(dgen_array_borrow(&wrong, DGEN_F64, 1, &huge, single, &error));
    CHECK(dgen_sampler_fill(sampler, &wrong, &error) == DGEN_EEND, "%s", error.message);
    CHECK(dgen_sampler_seek(sampler, (UINT64_C(1) << 53) + 1, &error) == DGEN_EINVAL, "seek");
    CHECK(dgen_sampler_position(sampler) == 100, "position after refused calls");
    dgen_sampler_describe(sampler, text, sizeof text);
    CHECK(!strcmp(text, "dgen.sampler: normal f64, seed 12345, stream 6, at value 100"), "%s", text);
    CHECK(dgen_sampler_open(&sampler, DGEN_DISTRIBUTION_permutation, parameters, NULL, &error) == DGEN_EINVAL,
          "a permutation's sampler");
    dgen_sampler_close(sampler);
    dgen_array_release(&before);
    dgen_array_release(&after);
}

/* ------------------------------------------------------------------------------------------------------------- bad calls */

static void refuses(dgen_status status, const char *argument, const char *message)
{
    CHECK(status != DGEN_OK, "accepted: %s", message);
    CHECK(!strcmp(error.argument, argument) && !strcmp(error.message, message), "\"%s\" (%s) instead of \"%s\" (%s)",
          error.message, error.argument, message, argument);
}

static void bad_calls_are_refused_and_leave_out_alone(void)
{
    double memory[100], parameter[3] = { 1, 2, NAN };
    const int64_t n = 10, negative = -1, many = INT64_C(1) << 54;
    dgen_array out, released = { 0 }, bad = column(parameter, 3), within = column(memory + 3, 5);
    dgen_operand p[2] = { { NULL, 0 }, { NULL, 1 } };
    dgen_random_options options = options_of(DGEN_F32);
    for (int i = 0; i < 100; i++) memory[i] = i;
    must(dgen_array_borrow(&out, DGEN_F64, 1, &n, memory, &error));
    p[1].number = -1;
    refuses(dgen_random(&out, DGEN_DISTRIBUTION_normal, 0, NULL, p, NULL, &error), "sd",
            "sd must be a finite number from 0 up, not -1");
    p[1].number = 1;
    refuses(dgen_random(&out, DGEN_DISTRIBUTION_normal, 0, NULL, p, &options, &error), "type",
            "type must be that of out, f64");
    p[0].array = &bad;
    refuses(dgen_random(&out, DGEN_DISTRIBUTION_normal, 0, NULL, p, NULL, &error), "mean",
            "mean must be a finite number; element 3 is NaN");
    p[0].array = &within;
    refuses(dgen_random(&out, DGEN_DISTRIBUTION_normal, 0, NULL, p, NULL, &error), "out", "out must not overlap mean");
    p[0].array = &released;
    refuses(dgen_random(&out, DGEN_DISTRIBUTION_normal, 0, NULL, p, NULL, &error), "mean", "mean is closed");
    p[0].array = NULL;
    refuses(dgen_random(&released, DGEN_DISTRIBUTION_normal, 1, &negative, p, NULL, &error), "n",
            "n must not be negative, not -1");
    refuses(dgen_random(&released, DGEN_DISTRIBUTION_normal, 1, &many, p, NULL, &error), "n",
            "n must be at most 2^53 values");
    refuses(dgen_random(&released, DGEN_DISTRIBUTION_normal, 5, &n, p, NULL, &error), "n",
            "n must be 1 to 4 dimensions, not 5");
    refuses(dgen_random(&released, DGEN_DISTRIBUTION_normal, 0, &n, p, NULL, &error), "n",
            "n must be 1 to 4 dimensions, not 0");
    refuses(dgen_random(&released, DGEN_DISTRIBUTION_COUNT, 1, &n, p, NULL, &error), "distribution",
            "distribution must be a dgen_distribution");
    dgen_random_options_init(&options);
    options.offset = UINT64_C(1) << 53;
    refuses(dgen_random(&out, DGEN_DISTRIBUTION_normal, 0, NULL, p, &options, &error), "offset",
            "offset and the number of values must be at most 2^53 together");
    CHECK(!released.release, "a refused call made an array");
    for (int i = 0; i < 100; i++) CHECK(memory[i] == i, "element %d was written", i);
}

/* Each element counts, whatever the array's type. */
static void arrays_of_parameters_are_checked(void)
{
    static int64_t zeros[600], negative[600], three[1] = { 3 };
    static float single[600];
    double parameter[600] = { 0 };
    const int64_t n = 600, ten = 10, one = 1;
    dgen_array array, out = { 0 };
    dgen_operand p[2] = { { &array, 0 }, { NULL, 0.5 } };
    negative[577] = -7;
    for (int i = 0; i < 600; i++) parameter[i] = i, single[i] = i == 599 ? -0.25f : 0.25f;
    parameter[511] = 511.5;
    must(dgen_array_borrow(&array, DGEN_I64, 1, &n, zeros, &error));
    refuses(dgen_random(&out, DGEN_DISTRIBUTION_categorical, 1, &ten, p, NULL, &error), "weights",
            "weights must be an array of finite numbers from 0 up, not all 0");
    must(dgen_array_borrow(&array, DGEN_I64, 1, &n, negative, &error));
    refuses(dgen_random(&out, DGEN_DISTRIBUTION_poisson, 1, &ten, p, NULL, &error), "lambda",
            "lambda must be a finite number from 0 up; element 578 is -7");
    must(dgen_array_borrow(&array, DGEN_F32, 1, &n, single, &error));
    refuses(dgen_random(&out, DGEN_DISTRIBUTION_bernoulli, 1, &ten, p, NULL, &error), "prob",
            "prob must be a number from 0 to 1; element 600 is -0.25");
    must(dgen_array_borrow(&array, DGEN_F64, 1, &n, parameter, &error));
    refuses(dgen_random(&out, DGEN_DISTRIBUTION_binomial, 1, &ten, p, NULL, &error), "size",
            "size must be a whole number from 0 to 2^53; element 512 is 511.5");
    must(dgen_array_borrow(&array, DGEN_I64, 1, &one, three, &error));
    must(dgen_random(&out, DGEN_DISTRIBUTION_binomial, 1, &ten, p, NULL, &error));
    dgen_array_release(&out);
}

static void nothing_is_nothing(void)
{
    const int64_t none = 0;
    dgen_operand parameters[2];
    for (int i = 0; i < CASES; i++) {
        dgen_array out = { 0 };
        set_parameters(parameters, &cases[i]);
        must(dgen_random(&out, cases[i].distribution, 1, &none, parameters, NULL, &error));
        CHECK(dgen_array_length(&out) == 0 && out.release, "%s", name_of(&cases[i], DGEN_F64));
        dgen_array_release(&out);
    }
}

static void the_registry_is_whole(void)
{
    dgen_distribution found;
    for (int i = 0; i < DGEN_DISTRIBUTION_COUNT; i++) {
        const dgen_distribution_row *row = dgen_distribution_get((dgen_distribution)i);
        must(dgen_distribution_find(&found, row->name, &error));
        CHECK((int)found == i && *row->summary && *row->method, "%s", row->name);
        for (int j = 0; j < row->parameters; j++) CHECK(*row->parameter[j] && *row->legal[j], "%s", row->name);
    }
    CHECK(!dgen_distribution_get(DGEN_DISTRIBUTION_COUNT), "a row beyond the last");
    CHECK(dgen_distribution_find(&found, "zipf", &error) == DGEN_EINVAL && strstr(error.message, "not \"zipf\""), "%s",
          error.message);
}

/* ------------------------------------------------------------------------------------------------------------------- ISAs */

static void print_hash(const test_case *c, dgen_dtype dtype)
{
    dgen_array values = draw(c, dtype, 100003, 77, 0);
    printf("hash %s %016llx\n", name_of(c, dtype), (unsigned long long)test_hash(values.data, dgen_array_bytes(&values)));
    dgen_array_release(&values);
}

static const char *program;

/* What another process prints under this ISA. */
static void hashes_under(char *text, size_t size, const char *isa)
{
    char command[4096];
    snprintf(command, sizeof command, "DGEN_ISA=%s '%s' hashes", isa, program);
    FILE *pipe = popen(command, "r");
    size_t got = pipe ? fread(text, 1, size - 1, pipe) : 0;
    text[got] = 0;
    CHECK(pipe && pclose(pipe) == 0 && got > 1000, "no hashes under %s", isa);
}

static void every_isa_gives_the_same_values(void)
{
    static char first[1 << 16], other[1 << 16];
    dgen_record record;
    char isas[256] = "", *rest = isas;
    dgen_system_record(&record);
    for (int i = 0; i < record.count; i++)
        if (!strcmp(record.fields[i].name, "isas")) snprintf(isas, sizeof isas, "%s", record.fields[i].value.text);
    hashes_under(first, sizeof first, "baseline");
    CHECK(strstr(isas, "baseline"), "%s", isas);
    for (char *isa = strtok_r(isas, " ", &rest); isa; isa = strtok_r(NULL, " ", &rest)) {
        hashes_under(other, sizeof other, isa);
        CHECK(!strcmp(first, other), "%s and baseline differ", isa);
        for (size_t i = 0, line = 0; first[i] && first[i] == other[i]; i++) {
            if (first[i] == '\n') line = i + 1;
            if (first[i + 1] != other[i + 1]) printf("  in %.60s\n", first + line);
        }
    }
}

int main(int count, char **arguments)
{
    weights = column(weight, sizeof weight / sizeof *weight);
    program = arguments[0];
    if (count == 2 && !strcmp(arguments[1], "hashes")) {
        each(print_hash);
        return 0;
    }
    RUN(pieces_are_the_whole);
    RUN(far_values_stand_for_themselves);
    RUN(threads_change_nothing);
    RUN(given_arrays_are_filled_and_nothing_else);
    RUN(given_arrays_say_the_type);
    RUN(dimensions_are_those_asked_for);
    RUN(large_arrays_hold_the_same_values);
    RUN(arrays_of_parameters_are_as_numbers);
    RUN(parameters_are_recycled_by_value);
    RUN(integers_keep_64_bits);
    RUN(seeds_and_streams_differ);
    RUN(distributions_share_no_bits);
    RUN(a_fresh_seed_each_time);
    RUN(samplers_give_the_next_values);
    RUN(samplers_keep_what_they_need);
    RUN(bad_calls_are_refused_and_leave_out_alone);
    RUN(arrays_of_parameters_are_checked);
    RUN(nothing_is_nothing);
    RUN(the_registry_is_whole);
    RUN(every_isa_gives_the_same_values);
    return TEST_END();
}
