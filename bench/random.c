/*
 * Random values in C: each distribution into a given array, and into a new one; matrices into one row by row, too. Lines and timing rule: measure.h.
 *
 *     random TYPES NAMES SIZES RUNS
 *
 * Names are those of the table in random_table.lua: a distribution, with its parameters where that has several.
 */
#include <math.h>
#include <stdbool.h>

#include "measure.h"
#include "random_cases.h"

static dgen_error error;

typedef struct draw {
    random_case *row;
    dgen_array out;
    dgen_random_options options;
    int64_t n;
} draw;

static void into(void *context)
{
    draw *d = context;
    bench_must(dgen_random(&d->out, d->row->distribution, 0, NULL, d->row->parameters, &d->options, &error), &error);
}

static void anew(void *context)
{
    draw *d = context;
    dgen_array out = { 0 };
    bench_must(dgen_random(&out, d->row->distribution, 1, &d->n, d->row->parameters, &d->options, &error), &error);
    dgen_array_release(&out);
}

/* Enough calls that large arrays' pages have come round. */
static void tell(const draw *d, const char *name, const char *memory, int runs, bench_act *act)
{
    double start = bench_now(), once = 1e9, warm = d->n < 1000000 ? 0.02 : 0.2;
    printf("working\tC\t%s %s %s, %lld\n", name, dgen_dtype_name(d->options.dtype), memory, (long long)d->n);
    fflush(stdout);
    do once = fmin(once, bench_time(act, (void *)d, 1));
    while (bench_now() - start < warm);
    printf("op\tdgen\tC\t%s\t%s\t%s\t%lld\t", name, dgen_dtype_name(d->options.dtype), memory, (long long)d->n);
    for (int run = 0, n = once > 0.5 ? 1 : fmin(runs, 0.5 / once) < 1 ? 1 : (int)fmin(runs, 0.5 / once); run < n; run++)
        printf("%s%.9g", run ? " " : "", bench_time(act, (void *)d, bench_calls(0.005, once)));
    printf("\n");
    fflush(stdout);
}

static void measure(const char *name, dgen_dtype dtype, int64_t n, int runs)
{
    static random_case row;
    draw d = { .row = &row, .n = n };
    dgen_array shape;
    if (!random_case_find(&row, name, n)) exit((fprintf(stderr, "%s is no case\n", name), 1));
    dgen_random_options_init(&d.options);
    d.options.dtype = dtype;
    d.options.has_dtype = d.options.has_seed = 1;
    if (dgen_random_shape(&shape, row.distribution, 1, &n, row.parameters, &d.options, &error) != DGEN_OK)
        return; /* no such type */
    bench_must(dgen_random(&d.out, row.distribution, 1, &n, row.parameters, &d.options, &error), &error);
    tell(&d, name, "out", runs, into);
    if (d.out.ndim == 2) { /* the same elements, row by row in memory */
        dgen_array columns = d.out;
        d.out.stride[0] = d.out.shape[1], d.out.stride[1] = 1;
        tell(&d, name, "rows", runs, into);
        d.out = columns;
    }
    tell(&d, name, "alloc", runs, anew);
    dgen_array_release(&d.out);
}

int main(int count, char **arguments)
{
    if (count != 5) return fprintf(stderr, "usage: random TYPES NAMES SIZES RUNS\n"), 1;
    char *types, *names, *sizes;
    for (char *type = strtok_r(arguments[1], ",", &types); type; type = strtok_r(NULL, ",", &types)) {
        dgen_dtype dtype;
        bench_must(dgen_dtype_find(&dtype, type, &error), &error);
        char all_sizes[256];
        snprintf(all_sizes, sizeof all_sizes, "%s", arguments[3]);
        for (char *size = strtok_r(all_sizes, ",", &sizes); size; size = strtok_r(NULL, ",", &sizes)) {
            char all_names[1024];
            snprintf(all_names, sizeof all_names, "%s", arguments[2]);
            for (char *name = strtok_r(all_names, ",", &names); name; name = strtok_r(NULL, ",", &names))
                measure(name, dtype, atoll(size), atoi(arguments[4]));
        }
    }
    return 0;
}
