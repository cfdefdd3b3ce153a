/*
 * The figures of bytes that are ratios of two things in C, timed in pairs.
 *
 *     figures fill | core | fresh | ratios | verify | load RUNS 'BARE COMMAND' 'LOADING COMMAND'
 *
 * Answers, besides the lines of measure.h:
 *     ratio  name  median-of-pairs  ratio-of-minima  GB/s-of-ours  GB/s-of-the-other
 */
#define _GNU_SOURCE
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "limit.h"
#include "pairs.h"

#define WARM_BYTES (256 * MIB)
#define L2_BYTES (MIB / 4)
#define HUGE_PAGE (2 * MIB)

/* How fast ours is, in units of the other's speed, both making `bytes` bytes a call. */
static void pair(const char *name, uint64_t bytes, bench_act *ours, void *our_context, bench_act *other,
                 void *other_context)
{
    printf("doing\tC\t%s\t%" PRIu64 "\n", name, bytes);
    fflush(stdout);
    bench_pair p = bench_in_pairs(ours, our_context, other, other_context);
    double gigabytes = 1e-9 * (double)bytes;
    printf("ratio\t%s\t%.4g\t%.4g\t%.4g\t%.4g\n", name, p.ratio, p.best, gigabytes / p.our_seconds,
           gigabytes / p.other_seconds);
    fflush(stdout);
}

/* ------------------------------------------------------------------------------------------------ what is compared */

typedef struct piece {
    dgen_config config;
    dgen_generator *generator;
    uint8_t *data;
    uint64_t bytes, offset;
    int threads;
} piece;

static piece new_piece(const dgen_array *array, uint64_t bytes, int threads)
{
    piece p = { .data = array->data, .bytes = bytes, .threads = threads };
    dgen_config_init(&p.config);
    p.config.size = (uint64_t)1 << 44;
    p.config.has_size = p.config.has_seed = 1;
    p.config.seed = 42;
    p.config.max_threads = threads;
    return p;
}

/* The next piece of the object, over the one before. */
static void fill(void *context)
{
    piece *p = context;
    dgen_error error;
    bench_must(dgen_fill_at(p->data, p->bytes, &p->config, p->offset, &error), &error);
    p->offset += p->bytes;
    if (p->offset + p->bytes > p->config.size) p->offset = 0;
}

/* The same from an open generator, as a loop over small pieces would. */
static void fill_next(void *context)
{
    piece *p = context;
    dgen_error error;
    uint64_t got;
    bench_must(dgen_generator_fill(p->generator, p->data, p->bytes, &got, &error), &error);
}

static void fill_first(void *context)
{
    ((piece *)context)->offset = 0;
    fill(context);
}

static void verify_first(void *context)
{
    piece *p = context;
    dgen_verify_report report;
    dgen_error error;
    bench_must(dgen_verify_at(&report, p->data, p->bytes, &p->config, 0, &error), &error);
    if (report.bad_bytes) fprintf(stderr, "verify found bad bytes in a good buffer\n"), exit(1);
}

static void set_limit(void *context)
{
    piece *p = context;
    set_parallel(set_non_temporal, p->data, p->bytes, p->threads);
}

/* xoshiro256++ 1.0 (D. Blackman and S. Vigna, 2019), one word at a time: what dgen-py fills its blocks with. */
static void fill_xoshiro(void *context)
{
    piece *p = context;
    static uint64_t s[4] = { 1, 2, 3, 4 };
    uint64_t a = s[0], b = s[1], c = s[2], d = s[3];
    for (uint64_t i = 0; i < p->bytes; i += 8) {
        uint64_t sum = a + d, word = (sum << 23 | sum >> 41) + a, shifted = b << 17;
        memcpy(p->data + i, &word, 8);
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= shifted;
        d = d << 45 | d >> 19;
    }
    s[0] = a, s[1] = b, s[2] = c, s[3] = d;
}

static void one_shot(void *context)
{
    piece *p = context;
    dgen_array out;
    dgen_error error;
    bench_must(dgen_generate(&out, &p->config, &error), &error);
    dgen_array_release(&out);
}

/* memset on pages got as the core gets them: mapped at a huge page's boundary, advised, then touched in parallel. */
static void set_fresh(void *context)
{
    piece *p = context;
    size_t whole = p->bytes + HUGE_PAGE;
    char *base = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) perror("mmap"), exit(1);
    char *data = (char *)(((uintptr_t)base + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
#ifdef MADV_HUGEPAGE
    madvise(data, p->bytes, MADV_HUGEPAGE);
#endif
    set_parallel(set_plain, data, p->bytes, p->threads);
    munmap(base, whole);
}

/* ---------------------------------------------------------------------------------------------------- the figures */

static void figure_fill(void)
{
    dgen_array array = bench_array(WARM_BYTES);
    for (int threads = 1; threads <= 2; threads++) {
        char name[32];
        piece p = new_piece(&array, WARM_BYTES, threads);
        snprintf(name, sizeof name, "fill_%d", threads);
        pair(name, WARM_BYTES, fill, &p, set_limit, &p);
    }
    dgen_array_release(&array);
}

static void figure_core(void)
{
    dgen_array array = bench_array(L2_BYTES);
    piece p = new_piece(&array, L2_BYTES, 1);
    dgen_record record;
    dgen_system_record(&record);
    for (int i = 0; i < record.count; i++)
        if (!strcmp(record.fields[i].name, "isa") || !strcmp(record.fields[i].name, "aes"))
            printf("about\t%s\t%s\n", record.fields[i].name, record.fields[i].value.text);
    pair("core", L2_BYTES, fill, &p, fill_xoshiro, &p);
    dgen_array_release(&array);
}

static void figure_fresh(void)
{
    static const uint64_t sizes[] = { 100, 500 };
    uint64_t cap = dgen_pool_cap_get();
    dgen_pool_cap_set(0);
    for (int i = 0; i < 2; i++) {
        char name[32];
        piece p = { .bytes = sizes[i] * MIB };
        bench_choose_threads(&p.threads, dgen_threads_get(), set_fresh, &p);
        dgen_config_init(&p.config);
        p.config.size = p.bytes;
        p.config.has_size = 1;
        snprintf(name, sizeof name, "fresh_%" PRIu64, sizes[i]);
        pair(name, p.bytes, one_shot, &p, set_fresh, &p);
    }
    dgen_pool_cap_set(cap);
}

static void pair_generators(const char *name, piece *a, piece *b)
{
    dgen_error error;
    bench_must(dgen_generator_open(&a->generator, &a->config, &error), &error);
    bench_must(dgen_generator_open(&b->generator, &b->config, &error), &error);
    pair(name, a->bytes, fill_next, a, fill_next, b);
    dgen_generator_close(a->generator);
    dgen_generator_close(b->generator);
}

/* Deduplicable and compressible data against plain, in memory on all threads and in L2 on one. */
static void figure_ratios(void)
{
    static const uint64_t block_sizes[] = { 65536, 4096, 512 };
    static const struct { const char *name; double dedup, compress; } kinds[] = {
        { "compress", 1, 2 }, { "dedup", 2, 1 }, { "both", 2, 2 } };
    dgen_array array = bench_array(WARM_BYTES);
    for (int in_cache = 0; in_cache <= 1; in_cache++)
        for (int b = 0; b < 3; b++)
            for (int k = 0; k < 3; k++) {
                char name[64];
                uint64_t bytes = in_cache ? L2_BYTES : WARM_BYTES;
                piece plain = new_piece(&array, bytes, in_cache ? 1 : dgen_threads_get()), p = plain;
                p.config.dedup_ratio = kinds[k].dedup;
                p.config.compress_ratio = kinds[k].compress;
                p.config.block_size = block_sizes[b];
                snprintf(name, sizeof name, "%s_%" PRIu64 "_%s", kinds[k].name, block_sizes[b],
                         in_cache ? "l2" : "memory");
                pair_generators(name, &p, &plain);
            }
    dgen_array_release(&array);
}

static void figure_verify(void)
{
    dgen_array array = bench_array(WARM_BYTES);
    piece alone = new_piece(&array, WARM_BYTES, 1), all = new_piece(&array, WARM_BYTES, dgen_threads_get());
    fill_first(&all);
    pair("verify_1", WARM_BYTES, verify_first, &alone, fill_first, &alone);
    pair("verify_all", WARM_BYTES, verify_first, &all, fill_first, &all);
    dgen_array_release(&array);
}

/* Runs a command with its output thrown away; an exit status other than 0 ends the measurement. */
static void run_command(void *context)
{
    extern char **environ;
    char *const argv[] = { "sh", "-c", context, NULL };
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1 /* O_WRONLY */, 0);
    if (posix_spawn(&child, "/bin/sh", &actions, NULL, argv, environ) || waitpid(child, &status, 0) < 0 || status) {
        fprintf(stderr, "failed: %s\n", (char *)context);
        exit(1);
    }
    posix_spawn_file_actions_destroy(&actions);
}

/* What loading adds to a process that does nothing else: medians and minima of alternating runs. */
static void figure_load(int runs, char *bare, char *loading)
{
    double bare_times[MOST_RUNS], loading_times[MOST_RUNS];
    if (runs > MOST_RUNS) runs = MOST_RUNS;
    run_command(bare);
    run_command(loading);
    for (int i = 0; i < runs; i++) {
        bare_times[i] = bench_time(run_command, bare, 1);
        loading_times[i] = bench_time(run_command, loading, 1);
    }
    double bare_median = bench_median(bare_times, runs), loading_median = bench_median(loading_times, runs);
    printf("load\t%.6g\t%.6g\t%.6g\n", loading_median - bare_median, loading_times[0] - bare_times[0], bare_median);
}

int main(int argc, char **argv)
{
    static const struct { const char *name; void (*measure)(void); } figures[] = {
        { "fill", figure_fill }, { "core", figure_core }, { "fresh", figure_fresh }, { "ratios", figure_ratios },
        { "verify", figure_verify } };
    if (argc == 5 && !strcmp(argv[1], "load")) return figure_load(atoi(argv[2]), argv[3], argv[4]), 0;
    for (size_t i = 0; argc == 2 && i < sizeof figures / sizeof *figures; i++)
        if (!strcmp(argv[1], figures[i].name)) return figures[i].measure(), 0;
    fprintf(stderr, "usage: figures fill|core|fresh|ratios|verify, or figures load RUNS BARE LOADING\n");
    return 2;
}
