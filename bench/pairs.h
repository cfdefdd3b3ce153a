/*
 * Two things timed in pairs, one batch of the one, one of the other, so that what else the machine does falls on both.
 */
#ifndef BENCH_PAIRS_H
#define BENCH_PAIRS_H

#include "measure.h"

#define PAIRS 51
#define PAIR_SECONDS 0.004 /* about what a busy system lets a program run in one go */

typedef struct bench_pair {
    double ratio, best;                  /* the other's time over ours: median of the pairs, and of the minima */
    double our_seconds, other_seconds;   /* medians of a call */
    double our_least, other_least;
} bench_pair;

static inline int bench_ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts the values. */
static inline double bench_median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, bench_ascending);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static inline bench_pair bench_in_pairs(bench_act *ours, void *our_context, bench_act *other, void *other_context)
{
    double our_times[PAIRS], other_times[PAIRS], ratios[PAIRS];
    bench_time(ours, our_context, 1);
    bench_time(other, other_context, 1);
    long our_calls = bench_calls(PAIR_SECONDS, bench_time(ours, our_context, 1));
    long other_calls = bench_calls(PAIR_SECONDS, bench_time(other, other_context, 1));
    for (int i = 0; i < PAIRS; i++) {
        our_times[i] = bench_time(ours, our_context, our_calls);
        other_times[i] = bench_time(other, other_context, other_calls);
        ratios[i] = other_times[i] / our_times[i];
    }
    bench_pair result = {.ratio = bench_median(ratios, PAIRS), .our_seconds = bench_median(our_times, PAIRS),
                         .other_seconds = bench_median(other_times, PAIRS)};
    result.our_least = our_times[0];
    result.other_least = other_times[0];
    result.best = result.other_least / result.our_least;
    return result;
}

#endif
