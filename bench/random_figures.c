/*
 * The figures of random values that are taken in C: each beside something else, timed in pairs.
 *
 *     random_figures cache | threads | memory
 *
 * Answers, besides the lines of measure.h:
 *     nano   name  median-ns  least-ns  other's-median-ns  median-of-pairs'-ratios     ns a call
 * Ratios are the other's time over ours. cache: 256 KiB beside the raw bytes of the stream, one thread; threads: 4 million
 * values (a permutation: 10), one thread beside two; memory: 256 MiB beside the raw bytes.
 */
#include "pairs.h"
#include "random_cases.h"

static dgen_error error;

typedef struct draw {
    random_case row;
    dgen_array out;
    dgen_random_options options;
    dgen_config bytes;
} draw;

static void random_values(void *context)
{
    draw *d = context;
    bench_must(dgen_random(&d->out, d->row.distribution, 0, NULL, d->row.parameters, &d->options, &error), &error);
}

static void raw_bytes(void *context)
{
    draw *d = context;
    bench_must(dgen_fill_at(d->out.data, dgen_array_bytes(&d->out), &d->bytes, 0, &error), &error);
}

static void new_draw(draw *d, const char *name, dgen_dtype dtype, int64_t n, int threads)
{
    if (!random_case_find(&d->row, name, n)) exit((fprintf(stderr, "%s is no case\n", name), 1));
    memset(&d->out, 0, sizeof d->out);
    dgen_random_options_init(&d->options);
    dgen_config_init(&d->bytes);
    d->options.dtype = dtype;
    d->options.has_dtype = d->options.has_seed = d->bytes.has_seed = 1;
    d->options.max_threads = d->bytes.max_threads = threads;
    bench_must(dgen_random(&d->out, d->row.distribution, 1, &n, d->row.parameters, &d->options, &error), &error);
}

static void tell(const char *name, dgen_dtype dtype, bench_pair p)
{
    printf("nano\t%s_%s\t%.6g\t%.6g\t%.6g\t%.4g\n", name, dgen_dtype_name(dtype), p.our_seconds * 1e9, p.our_least * 1e9,
           p.other_seconds * 1e9, p.ratio);
    fflush(stdout);
}

static void beside_bytes(const char *name, dgen_dtype dtype, uint64_t bytes)
{
    static draw d;
    printf("working\tC\t%s %s\n", name, dgen_dtype_name(dtype));
    fflush(stdout);
    new_draw(&d, name, dtype, (int64_t)(bytes / dgen_dtype_bytes(dtype)), 1);
    tell(name, dtype, bench_in_pairs(random_values, &d, raw_bytes, &d));
    dgen_array_release(&d.out);
}

static void one_beside_two(const char *name, dgen_dtype dtype, int64_t n)
{
    static draw one, two;
    printf("working\tC\t%s %s, threads\n", name, dgen_dtype_name(dtype));
    fflush(stdout);
    new_draw(&one, name, dtype, n, 1);
    new_draw(&two, name, dtype, n, 2);
    tell(name, dtype, bench_in_pairs(random_values, &two, random_values, &one));
    dgen_array_release(&one.out);
    dgen_array_release(&two.out);
}

int main(int count, char **arguments)
{
    static const char *const real[] = { "uniform",    "normal", "lognormal", "exponential", "gamma",
                                        "gamma_half", "beta",   "chisq",     "t",           "cauchy" };
    static const char *const whole[] = { "geometric", "poisson_5",    "poisson_50",   "poisson_5000", "binomial",
                                         "bernoulli", "integers_256", "integers_1e6", "categorical" };
    static const char *const threaded[] = { "uniform", "normal", "exponential", "gamma" };
    const char *mode = count == 2 ? arguments[1] : "";
    if (!strcmp(mode, "threads")) {
        for (size_t i = 0; i < sizeof threaded / sizeof *threaded; i++) one_beside_two(threaded[i], DGEN_F64, 4000000);
        one_beside_two("normal", DGEN_F32, 4000000);
        one_beside_two("poisson_50", DGEN_I32, 4000000);
        one_beside_two("permutation", DGEN_I32, 10000000);
    }
    else if (!strcmp(mode, "memory")) {
        beside_bytes("uniform", DGEN_F64, UINT64_C(256) << 20);
        beside_bytes("normal", DGEN_F64, UINT64_C(256) << 20);
    }
    else if (!strcmp(mode, "cache")) {
        for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
            beside_bytes(real[i], DGEN_F64, 256 << 10);
            beside_bytes(real[i], DGEN_F32, 256 << 10);
        }
        for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) beside_bytes(whole[i], DGEN_I32, 256 << 10);
        beside_bytes("integers_256", DGEN_U8, 256 << 10);
        beside_bytes("bernoulli", DGEN_U8, 256 << 10);
    }
    else return fprintf(stderr, "usage: random_figures cache | threads | memory\n"), 1;
    return 0;
}
