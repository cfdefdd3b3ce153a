/*
 * The figures of vector operations that are taken in C: each beside something else, timed in pairs.
 *
 *     op_figures reductions | compensated | maps | threads | memory | error
 *
 * Answers, besides the lines of measure.h:
 *     nano   name  median-ns  least-ns  other's-median-ns  median-of-pairs'-ratios
 * Ratios are the other's time over ours. One thread, but for threads and memory.
 */
#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "pairs.h"

static dgen_error error;

typedef struct call {
    dgen_op op;
    dgen_operand operands[3];
    dgen_array x, y, out;
    dgen_op_options options;
    double number;
    int64_t n;
} call;

/* Values from 0.1 to 8, of no order: in the domain of every operation. */
static call new_call(const char *name, dgen_dtype dtype, int64_t n, int threads)
{
    call c = {.op = dgen_operation_op(dgen_operation_find(name)), .n = n};
    dgen_array *arrays[3] = {&c.x, &c.y, &c.out};
    for (int k = 0; k < 3; k++) {
        bench_must(dgen_array_alloc(arrays[k], dtype, 1, &n, NULL, &error), &error);
        for (int64_t i = 0; i < n; i++) {
            double v = 0.1 + 7.9 * (double)((uint32_t)(i + k) * UINT32_C(2654435761) >> 8) * 0x1p-24;
            if (dtype == DGEN_F32) ((float *)arrays[k]->data)[i] = (float)v;
            else ((double *)arrays[k]->data)[i] = v;
        }
    }
    dgen_op_options_init(&c.options);
    c.options.max_threads = threads;
    return c;
}

/* Operands point into the call, which therefore stays where it is from here on. */
static void bind(call *c)
{
    int arrays = dgen_operation_get(c->op)->arrays;
    const dgen_array *given[3] = {&c->x, &c->y, &c->x};
    for (int i = 0; i < 3; i++) c->operands[i] = i < arrays ? (dgen_operand){given[i], 0} : (dgen_operand){NULL, 0.5 * i};
}

static void end_call(call *c)
{
    dgen_array_release(&c->x);
    dgen_array_release(&c->y);
    dgen_array_release(&c->out);
}

static void map(void *context)
{
    call *c = context;
    bench_must(dgen_map(&c->out, c->op, c->operands, &c->options, &error), &error);
}

static void reduce(void *context)
{
    call *c = context;
    bench_must(dgen_reduce(&c->number, c->op, c->operands, &c->options, &error), &error);
}

static void tell(const char *name, bench_pair p)
{
    printf("nano\t%s\t%.5g\t%.5g\t%.5g\t%.4g\n", name, p.our_seconds * 1e9, p.our_least * 1e9, p.other_seconds * 1e9, p.ratio);
    fflush(stdout);
}

static void working(const char *name)
{
    printf("working\tC\t%s\n", name);
    fflush(stdout);
}

/* --------------------------------------------------------------------------------- what the operations are held against */

typedef double vector __attribute__((vector_size(64), aligned(8), may_alias));
#define WIDEST __attribute__((target_clones("avx512f", "avx2", "default"), noinline))

static volatile double sink;

/* Reading alone: every load is used, nothing waits. */
WIDEST static double read_all(const double *p, int64_t n)
{
    vector s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    int64_t i = 0;
    for (; i + 32 <= n; i += 32) {
        s0 += *(const vector *)(p + i);
        s1 += *(const vector *)(p + i + 8);
        s2 += *(const vector *)(p + i + 16);
        s3 += *(const vector *)(p + i + 24);
    }
    s0 += s1 + s2 + s3;
    double sum = 0;
    for (int k = 0; k < 8; k++) sum += s0[k];
    for (; i < n; i++) sum += p[i];
    return sum;
}

static void read_array(void *context)
{
    call *c = context;
    sink = read_all(c->x.data, (int64_t)(dgen_array_bytes(&c->x) / 8));
}

static float (*blas_sdot)(int, const float *, int, const float *, int);

static void sdot(void *context)
{
    call *c = context;
    sink = blas_sdot((int)c->n, c->x.data, 1, c->y.data, 1);
}

static void find_blas(void)
{
    void *library = dlopen("libopenblas.so.0", RTLD_NOW);
    void (*set_threads)(int) = library ? (void (*)(int))dlsym(library, "openblas_set_num_threads") : NULL;
    if (set_threads) set_threads(1);
    if (library) *(void **)&blas_sdot = dlsym(library, "cblas_sdot");
    if (!blas_sdot) printf("about\tOpenBLAS\tnot there\n");
}

/* ------------------------------------------------------------------------------------------------------------- the figures */

/* The mean error of sdot over the mean error of dot, over vectors of normals. */
static void dot_errors(int64_t n)
{
    call c = new_call("dot", DGEN_F32, n, 1);
    double ours = 0, its = 0;
    uint64_t state = 1;
    float *x = c.x.data, *y = c.y.data;
    bind(&c);
    for (int trial = 0; trial < 200; trial++) {
        long double exact = 0;
        for (int64_t i = 0; i < n; i++) {
            double u[2];
            for (int k = 0; k < 2; k++) {
                state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                u[k] = ((double)(state >> 11) + 0.5) * 0x1p-53;
            }
            x[i] = (float)(sqrt(-2 * log(u[0])) * cos(6.283185307179586 * u[1]));
            y[i] = (float)(sqrt(-2 * log(u[0])) * sin(6.283185307179586 * u[1]));
            exact += (long double)x[i] * y[i];
        }
        reduce(&c);
        sdot(&c);
        ours += (double)fabsl(c.number - exact);
        its += (double)fabsl(sink - exact);
    }
    printf("value\tC\tdot_error_%lld\t%.6g\n", (long long)n, its / ours);
    end_call(&c);
}

static void reductions(void)
{
    static const char *const names[] = {"dot", "sum", "max", "norm_l2", "argmax"};
    char text[64];
    find_blas();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int64_t n = 1000; n <= 10000; n *= 10) {
            call c = new_call(names[i], DGEN_F32, n, 1);
            bind(&c);
            snprintf(text, sizeof text, "%s_%lld", names[i], (long long)n);
            working(text);
            bool against_blas = i == 0 && blas_sdot;
            tell(text, bench_in_pairs(reduce, &c, against_blas ? sdot : read_array, &c));
            end_call(&c);
        }
    if (!blas_sdot) return;
    dot_errors(1000);
    dot_errors(10000);
}

/* f64 sum, which carries a compensation, beside the plain sum of 32 lanes: in L1, and from the last cache. */
static void compensated(void)
{
    static const int64_t sizes[] = {3000, 2000000};
    for (int i = 0; i < 2; i++) {
        call c = new_call("sum", DGEN_F64, sizes[i], 1);
        bind(&c);
        tell(i ? "compensated_last" : "compensated_l1", bench_in_pairs(reduce, &c, read_array, &c));
        end_call(&c);
    }
}

/* Every elementwise row at n = 10000 into a given array, beside reading its first operand. */
static void maps(void)
{
    char text[64];
    for (int op = 0; op < DGEN_OP_COUNT; op++)
        for (int wide = 0; wide < 2; wide++) {
            const dgen_operation *row = dgen_operation_get((dgen_op)op);
            if (row->kind != DGEN_ELEMENTWISE) continue;
            call c = new_call(row->name, wide ? DGEN_F64 : DGEN_F32, 10000, 1);
            bind(&c);
            snprintf(text, sizeof text, "%s_%s", row->name, wide ? "f64" : "f32");
            working(text);
            tell(text, bench_in_pairs(map, &c, read_array, &c));
            end_call(&c);
        }
}

/* Two threads beside one, both of dgen: at 1M elements. */
static void threads(void)
{
    static const char *const names[] = {"add", "exp", "tanh", "sum", "dot", "max"};
    char text[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        call two = new_call(names[i], DGEN_F32, 1000000, 2), one = two;
        one.options.max_threads = 1;
        bind(&two);
        bind(&one);
        bench_act *act = dgen_operation_get(two.op)->kind == DGEN_REDUCTION ? reduce : map;
        snprintf(text, sizeof text, "threads_%s", names[i]);
        working(text);
        tell(text, bench_in_pairs(act, &two, act, &one));
        end_call(&two);
    }
}

/* out = x + y by the widest non-temporal stores, or plain ones: the limit beside it. */
#ifdef __x86_64__
__attribute__((target("avx512f"))) static void stream_512(const float *x, const float *y, float *out, int64_t n)
{
    for (int64_t i = 0; i + 16 <= n; i += 16)
        _mm512_stream_ps(out + i, _mm512_add_ps(_mm512_loadu_ps(x + i), _mm512_loadu_ps(y + i)));
    _mm_sfence();
}
#endif
WIDEST static void stream_plain(const float *x, const float *y, float *out, int64_t n)
{
    for (int64_t i = 0; i < n; i++) out[i] = x[i] + y[i];
}

static bool past_cache;
static void stream_add(void *context)
{
    call *c = context;
    int parts = c->options.max_threads;
    int64_t part = (c->n / parts + 1023) / 1024 * 1024;
#pragma omp parallel for num_threads(parts) schedule(static, 1)
    for (int i = 0; i < parts; i++) {
        int64_t first = i * part, n = c->n - first < part ? c->n - first : part;
        const float *x = (float *)c->x.data + first, *y = (float *)c->y.data + first;
        float *out = (float *)c->out.data + first;
#ifdef __x86_64__
        if (past_cache && __builtin_cpu_supports("avx512f")) stream_512(x, y, out, n);
        else
#endif
            stream_plain(x, y, out, n);
    }
}

/* 50M elements: 600 MB of traffic. The limit is the faster of the two ways of storing. */
static void memory(void)
{
    for (int count = 1; count <= 2; count++) {
        call c = new_call("add", DGEN_F32, 50000000, count);
        char text[64];
        bind(&c);
        bench_pair best = {0};
        for (int way = 0; way < 2; way++) {
            past_cache = way;
            bench_pair p = bench_in_pairs(map, &c, stream_add, &c);
            if (way == 0 || p.other_seconds < best.other_seconds) best = p;
        }
        snprintf(text, sizeof text, "memory_add_%d", count);
        tell(text, best);
        end_call(&c);
        c = new_call("sum", DGEN_F32, 50000000, count);
        bind(&c);
        if (count == 1) tell("memory_sum_1", bench_in_pairs(reduce, &c, read_array, &c));
        end_call(&c);
    }
}

/* 1e7 copies of 0.1f: the sum's distance from the exact one in units of f32's last place there. */
static void sum_error(void)
{
    call c = new_call("sum", DGEN_F32, 10000000, 2);
    bind(&c);
    for (int64_t i = 0; i < c.n; i++) ((float *)c.x.data)[i] = 0.1f;
    reduce(&c);
    printf("value\tC\tsum_error\t%.6g\n", fabs(c.number - 1e7 * (double)0.1f) / 0.0625);
    end_call(&c);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*measure)(void);
    } modes[] = {{"reductions", reductions}, {"compensated", compensated}, {"maps", maps}, {"threads", threads},
                 {"memory", memory}, {"error", sum_error}};
    for (size_t m = 0; argc == 2 && m < sizeof modes / sizeof *modes; m++)
        if (!strcmp(argv[1], modes[m].name)) return modes[m].measure(), 0;
    return fprintf(stderr, "usage: op_figures reductions | compensated | maps | threads | memory | error\n"), 2;
}
