/* Matrices to quantize: f32, row by row in memory, of a chosen distribution; and how rows of them are told. */
#ifndef BENCH_QUANTIZATION_DATA_H
#define BENCH_QUANTIZATION_DATA_H

#include <math.h>

#include "measure.h"

static dgen_error bench_error;

/* rows x columns, rows contiguous; `values` are uniform, normal, ... with its own defaults. */
static inline dgen_array bench_matrix(dgen_distribution values, int64_t rows, int64_t columns, uint64_t seed)
{
    dgen_random_options options;
    dgen_operand parameters[2] = { { NULL, values == DGEN_DISTRIBUTION_exponential ? 1 : 0 }, { NULL, 1 } };
    int64_t shape[2] = { rows, columns };
    dgen_array x = { 0 };
    dgen_random_options_init(&options);
    options.dtype = DGEN_F32;
    options.seed = seed;
    options.has_dtype = options.has_seed = 1;
    bench_must(dgen_random(&x, values, 2, shape, parameters, &options, &bench_error), &bench_error);
    x.stride[0] = columns;
    x.stride[1] = 1;
    return x;
}

/* The kinds of data that losses are told of: of one scale; with heavier tails; with one weight in a thousand 20 times larger. */
enum { BENCH_NORMAL, BENCH_LAPLACE, BENCH_OUTLIERS, BENCH_KINDS };
static const char *const bench_kinds[] = { "normal", "laplace", "outliers" };

static inline dgen_array bench_data(int kind, int64_t rows, int64_t columns, uint64_t seed)
{
    dgen_array x = bench_matrix(kind == BENCH_LAPLACE ? DGEN_DISTRIBUTION_exponential : DGEN_DISTRIBUTION_normal, rows, columns, seed);
    dgen_array other = bench_matrix(DGEN_DISTRIBUTION_uniform, rows, columns, seed);
    float *values = x.data, *u = other.data;
    for (int64_t i = 0; i < rows * columns; i++) {
        if (kind == BENCH_LAPLACE && u[i] < 0.5f) values[i] = -values[i];
        if (kind == BENCH_OUTLIERS && u[i] < 0.001f) values[i] *= 20;
    }
    dgen_array_release(&other);
    return x;
}

static inline void bench_value(const char *name, double value) { printf("value\tC\t%s\t%.9g\n", name, value); }

/* Times act as measure.h's rows are, and tells it as a line `op`. */
static inline void bench_op(const char *role, const char *host, const char *what, const char *type, const char *memory, int64_t n,
                            int runs, bench_act *act, void *context)
{
    printf("working\t%s\t%s, %s\n", host, what, memory);
    fflush(stdout);
    double start = bench_now(), once = 1e9, warm = n < 1000000 ? 0.03 : 0.2;
    do once = fmin(once, bench_time(act, context, 1));
    while (bench_now() - start < warm);
    printf("op\t%s\t%s\t%s\t%s\t%s\t%lld\t", role, host, what, type, memory, (long long)n);
    for (int run = 0, count = once > 0.3 ? 1 : (int)fmax(1, fmin(runs, 0.5 / once)); run < count; run++)
        printf("%s%.9g", run ? " " : "", bench_time(act, context, bench_calls(0.005, once)));
    printf("\n");
    fflush(stdout);
}

#endif
