/*
 * Subjects of the tests of distributions: something that gives value k of seed s and stream t, and the law it should
 * follow. The core's own, through dgen_random, and bad ones written here.
 */
#ifndef DGEN_TEST_SUBJECTS_H
#define DGEN_TEST_SUBJECTS_H

#include "statistics.h"
#include "test.h"

typedef struct subject subject;
struct subject {
    const char *name;
    /* P (X < x); of a value that was rounded down, in the middle of its step. */
    double (*law)(double x, const double *parameters);
    double parameters[2];
    dgen_distribution distribution;
    dgen_dtype dtype;
    int full_resolution;
    /* NULL: the core's. */
    void (*draw)(double *to, int n, uint64_t seed, uint64_t stream, uint64_t offset);
};

/* n values from value `offset` on, as doubles. */
static void draw_values(const subject *subject, double *to, int n, uint64_t seed, uint64_t stream, uint64_t offset)
{
    if (subject->draw) {
        subject->draw(to, n, seed, stream, offset);
        return;
    }
    static const double weights[] = { 1, 2, 3, 4 };
    dgen_operand operands[2] = { { .number = subject->parameters[0] }, { .number = subject->parameters[1] } };
    dgen_random_options options;
    dgen_array values, list;
    dgen_error error;
    int64_t count = n, four = 4;
    dgen_random_options_init(&options);
    options.has_seed = options.has_dtype = 1;
    options.seed = seed, options.stream = stream, options.offset = offset, options.dtype = subject->dtype;
    options.full_resolution = subject->full_resolution;
    float *narrow = subject->dtype == DGEN_F32 ? malloc((size_t)n * sizeof *narrow) : NULL;
    dgen_status status = dgen_array_borrow(&values, subject->dtype, 1, &count, narrow ? (void *)narrow : to, &error);
    if (status == DGEN_OK && subject->distribution == DGEN_DISTRIBUTION_categorical) {
        status = dgen_array_borrow(&list, DGEN_F64, 1, &four, (void *)weights, &error);
        operands[0].array = &list;
    }
    if (status == DGEN_OK) status = dgen_random(&values, subject->distribution, 1, &count, operands, &options, &error);
    CHECK(status == DGEN_OK, "%s: %s", subject->name, error.message);
    for (int i = 0; narrow && i < n; i++) to[i] = narrow[i];
    free(narrow);
}

/* ------------------------------------------------------------------------------------------------------------- laws */

__attribute__((unused)) static double uniform_law_53(double x, const double *p)
{
    (void)p;
    return x + 0x1p-54;
}
__attribute__((unused)) static double uniform_law_24(double x, const double *p)
{
    (void)p;
    return x + 0x1p-25;
}
__attribute__((unused)) static double uniform_law_full(double x, const double *p)
{
    (void)p;
    return x;
}
__attribute__((unused)) static double normal_law(double x, const double *p)
{
    return normal_tail((p[0] - x) / p[1]);
}
__attribute__((unused)) static double exponential_law(double x, const double *p)
{
    return -expm1(-p[0] * x);
}

#endif
