/*
 * How a row is timed in C, and the lines in which every program here answers.
 *
 * A row is one way of making `bytes` bytes. It is called for WARM_SECONDS, at least once, to warm up: in a host that
 * collects garbage pages come round again only after some calls. Then it runs in `runs` batches of enough calls to last
 * BATCH_SECONDS each, so that no clock's resolution matters; a run's time is that of its batch over its calls. A row
 * that would take more than ROW_SECONDS gets fewer runs, down to its first call alone, and a host's own way that would
 * take 5 s a call, by its rate at the size before, is not run: its count says so.
 *
 * Lines, fields apart by tabs:
 *     row    role  mode  what  host  bytes  seconds seconds ...
 *     skip   role  mode  what  host  bytes  reason
 *     value  host  name  number
 *     about  name  text
 *     doing  host  what  bytes
 * Roles: dgen; native (the host's own bytes); values (the host's own numbers, not uniform as bytes); peer; os; limit.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dgen.h"

#define WARM_SECONDS 0.2
#define BATCH_SECONDS 0.02
#define ROW_SECONDS 2.0
#define MIB ((uint64_t)1 << 20)
#define CHUNK_BYTES (32 * MIB)
#define MOST_RUNS 1000

typedef void bench_act(void *context);

typedef struct bench_row {
    const char *role, *mode, *what, *host;
    uint64_t bytes;
} bench_row;

static inline double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds a call, over `calls` calls. */
static inline double bench_time(bench_act *act, void *context, long calls)
{
    double start = bench_now();
    for (long i = 0; i < calls; i++) act(context);
    return (bench_now() - start) / (double)calls;
}

/* 1 or `all`: the number of threads with which act, which reads *threads, is faster now. On a machine that is busy with
   other things waiting for a second thread can cost more than it brings. */
static inline void bench_choose_threads(int *threads, int all, bench_act *act, void *context)
{
    double least[2] = {1e9, 1e9};
    for (int i = 0; i < 8; i++) {
        *threads = i % 2 ? all : 1;
        double seconds = bench_time(act, context, 1);
        if (seconds < least[i % 2]) least[i % 2] = seconds;
    }
    *threads = least[1] < least[0] ? all : 1;
}

/* How many calls make a batch. */
static inline long bench_calls(double batch_seconds, double seconds_a_call)
{
    double calls = batch_seconds / (seconds_a_call > 1e-9 ? seconds_a_call : 1e-9);
    return calls < 1 ? 1 : (long)calls + 1;
}

static inline int bench_runs(int runs, double seconds_a_call)
{
    double most = ROW_SECONDS / seconds_a_call;
    return most < 1 ? 1 : most < runs ? (int)most : runs;
}

/* Calls act for WARM_SECONDS, at least once; the least time of a call. */
static inline double bench_warm(bench_act *act, void *context)
{
    double start = bench_now(), least = 1e9;
    do {
        double seconds = bench_time(act, context, 1);
        if (seconds < least) least = seconds;
    } while (bench_now() - start < WARM_SECONDS);
    return least;
}

/* Times one row and prints it. */
static inline void bench_measure(const bench_row *row, int runs, bench_act *act, void *context)
{
    printf("doing\t%s\t%s\t%" PRIu64 "\n", row->host, row->what, row->bytes);
    fflush(stdout);
    double once = bench_warm(act, context);
    printf("row\t%s\t%s\t%s\t%s\t%" PRIu64 "\t", row->role, row->mode, row->what, row->host, row->bytes);
    if (once >= ROW_SECONDS) printf("%.9g", once);
    else
        for (int run = 0, n = bench_runs(runs, once); run < n; run++)
            printf("%s%.9g", run ? " " : "", bench_time(act, context, bench_calls(BATCH_SECONDS, once)));
    printf("\n");
    fflush(stdout);
}

/* A benchmark has no better answer to an error than its text. */
static inline void bench_must(dgen_status status, const dgen_error *error)
{
    if (status == DGEN_OK) return;
    fprintf(stderr, "%s\n", error->message);
    exit(1);
}

/* A warm array of bytes on the core's own pages. */
static inline dgen_array bench_array(uint64_t bytes)
{
    dgen_array array;
    dgen_error error;
    int64_t shape = (int64_t)bytes;
    bench_must(dgen_array_alloc(&array, DGEN_U8, 1, &shape, NULL, &error), &error);
    memset(array.data, 1, bytes);
    return array;
}

#endif
