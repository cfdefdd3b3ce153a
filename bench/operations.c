/*
 * Vector operations in C: dgen's, and plain loops over the compiler's own functions; and how far from the exact result
 * every implementation is.
 *
 *     operations inputs FOLDER SIZE                             writes x and y, f32 and f64: normals, the same every time
 *     operations grid FOLDER TYPES OPERATIONS SIZES RUNS        times each ("all": every elementwise row and reduction)
 *     operations results FOLDER TYPES OPERATIONS SIZES RUNS     writes what each makes of the inputs
 *     operations errors FOLDER TYPES OPERATIONS SIZES RUNS      tells the error of every file of results that is there
 *
 * Errors are in units in the last place of the exact result, the greatest over all elements. The exact result is that of
 * long double functions, and of sums in 113 bits.
 */
#include <dirent.h>
#include <stdbool.h>
#include <tgmath.h>

#include "measure.h"

typedef struct inputs {
    const char *name, *folder;
    dgen_dtype dtype;
    int64_t n;
    dgen_array x, y, out;
    double number;
    dgen_op op;
    dgen_operand operands[3];
} inputs;

static dgen_error error;
static const char *kind_name(const inputs *in) { return dgen_dtype_name(in->dtype); }

static dgen_array new_array(dgen_dtype dtype, int64_t n)
{
    dgen_array array;
    bench_must(dgen_array_alloc(&array, dtype, 1, &n, NULL, &error), &error);
    memset(array.data, 0, dgen_array_bytes(&array));
    return array;
}

static double value(const dgen_array *array, int64_t i) { return dgen_array_get(array, i); }

static FILE *open_file(const char *folder, const char *name, const char *kind, const char *mode)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.%s", folder, name, kind);
    FILE *file = fopen(path, mode);
    if (!file) exit((perror(path), 1));
    return file;
}

/* Normals by the polar method (G. Marsaglia, 1964) over a linear congruential generator. */
static double next_normal(uint64_t *state)
{
    for (;;) {
        double u[2];
        for (int i = 0; i < 2; i++) {
            *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            u[i] = (double)(*state >> 11) * 0x1p-52 - 1;
        }
        double s = u[0] * u[0] + u[1] * u[1];
        if (s > 0 && s < 1) return u[0] * sqrt(-2 * log(s) / s);
    }
}

static void write_inputs(const char *folder, int64_t n)
{
    for (int v = 0; v < 2; v++) {
        uint64_t state = (uint64_t)v + 1;
        FILE *singles = open_file(folder, v ? "y" : "x", "f32", "wb"), *doubles = open_file(folder, v ? "y" : "x", "f64", "wb");
        for (int64_t i = 0; i < n; i++) {
            double x = next_normal(&state);
            float f = (float)x;
            if (fwrite(&f, sizeof f, 1, singles) != 1 || fwrite(&x, sizeof x, 1, doubles) != 1) exit((perror(folder), 1));
        }
        fclose(singles);
        fclose(doubles);
    }
}

static dgen_array read_input(const char *folder, const char *name, dgen_dtype dtype, int64_t n)
{
    dgen_array array = new_array(dtype, n);
    size_t width = dgen_dtype_bytes(dtype), have = 0, want = (size_t)n;
    FILE *file = open_file(folder, name, dgen_dtype_name(dtype), "rb");
    while (have < want) {
        size_t got = fread((char *)array.data + have * width, width, want - have, file);
        if (!got && have == 0) exit((perror(name), 1));
        have += got;
        rewind(file);
    }
    fclose(file);
    return array;
}

/* -------------------------------------------------------------------------------------------------------------- dgen */

/* Notes which operation is next, and its operands. */
static void choose(inputs *in, const char *name)
{
    static const double clamp[2] = {-1, 1};
    const dgen_array *arrays[3] = {&in->x, &in->y, &in->x};
    const dgen_operation *row = dgen_operation_find(name);
    if (!row) exit((fprintf(stderr, "%s is no operation\n", name), 1));
    in->name = name;
    in->op = dgen_operation_op(row);
    for (int i = 0; i < 3; i++) {
        double number = isnan(row->defaults[i]) ? 2.5 : row->defaults[i];
        if (!strcmp(name, "clamp") && i) number = clamp[i - 1];
        in->operands[i] = i < row->arrays ? (dgen_operand){arrays[i], 0} : (dgen_operand){NULL, number};
    }
}

static void map_into(void *context)
{
    inputs *in = context;
    bench_must(dgen_map(&in->out, in->op, in->operands, NULL, &error), &error);
}

static void map_new(void *context)
{
    inputs *in = context;
    dgen_array out = {0};
    bench_must(dgen_map(&out, in->op, in->operands, NULL, &error), &error);
    dgen_array_release(&out);
}

static void reduce(void *context)
{
    inputs *in = context;
    bench_must(dgen_reduce(&in->number, in->op, in->operands, NULL, &error), &error);
}

/* ---------------------------------------------------------------------------------------------- plain loops, per type */

#define EACH(name, expression)                                                                     \
    static void name##_f32(const float *x, const float *y, float *out, int64_t n)                  \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++) { float v = x[i], w = y[i]; (void)w; out[i] = (float)(expression); } \
    }                                                                                              \
    static void name##_f64(const double *x, const double *y, double *out, int64_t n)               \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++) { double v = x[i], w = y[i]; (void)w; out[i] = (expression); } \
    }
#define WHOLE(name, start, step, end)                                                              \
    static void name##_f32(const float *x, const float *y, float *out, int64_t n)                  \
    {                                                                                              \
        float s = start; int64_t at = 0; (void)y, (void)at;                                        \
        for (int64_t i = 0; i < n; i++) step;                                                      \
        *out = (float)(end);                                                                       \
    }                                                                                              \
    static void name##_f64(const double *x, const double *y, double *out, int64_t n)               \
    {                                                                                              \
        double s = start; int64_t at = 0; (void)y, (void)at;                                       \
        for (int64_t i = 0; i < n; i++) step;                                                      \
        *out = (double)(end);                                                                      \
    }
EACH(add, v + w)
EACH(sub, v - w)
EACH(mul, v * w)
EACH(div, v / w)
EACH(relu, v > 0 ? v : 0)
EACH(sigmoid, 1 / (1 + exp(-v)))
EACH(tanh, tanh(v))
EACH(exp, exp(v))
EACH(abs, fabs(v))
EACH(scale, v * 2.5f)
EACH(clamp, v < -1 ? -1 : v > 1 ? 1 : v)
EACH(square, v * v)
WHOLE(dot, 0, s += x[i] * y[i], s)
WHOLE(sum, 0, s += x[i], s)
WHOLE(max, x[0], s = x[i] > s ? x[i] : s, s)
WHOLE(min, x[0], s = x[i] < s ? x[i] : s, s)
WHOLE(argmax, x[0], if (x[i] > s) (s = x[i], at = i), at + 1)
WHOLE(argmin, x[0], if (x[i] < s) (s = x[i], at = i), at + 1)
WHOLE(norm_l2, 0, s += x[i] * x[i], sqrt(s))
WHOLE(norm_l1, 0, s += fabs(x[i]), s)

typedef void loop_f32(const float *x, const float *y, float *out, int64_t n);
typedef void loop_f64(const double *x, const double *y, double *out, int64_t n);
static const struct loop {
    const char *name;
    loop_f32 *f32;
    loop_f64 *f64;
} loops[] = {
#define LOOP(name) {#name, name##_f32, name##_f64}
    LOOP(add), LOOP(sub), LOOP(mul), LOOP(div), LOOP(relu), LOOP(sigmoid), LOOP(tanh), LOOP(exp), LOOP(abs), LOOP(scale),
    LOOP(clamp), LOOP(square), LOOP(dot), LOOP(sum), LOOP(max), LOOP(min), LOOP(argmax), LOOP(argmin), LOOP(norm_l2),
    LOOP(norm_l1),
};

static const struct loop *loop_of(const char *name)
{
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++)
        if (!strcmp(loops[i].name, name)) return &loops[i];
    return NULL;
}

static void plain(void *context)
{
    inputs *in = context;
    const struct loop *loop = loop_of(in->name);
    if (in->dtype == DGEN_F32) loop->f32(in->x.data, in->y.data, in->out.data, in->n);
    else loop->f64(in->x.data, in->y.data, in->out.data, in->n);
}

/* ------------------------------------------------------------------------------------------------------------ the modes */

static void tell(const char *role, const char *memory, int runs, bench_act *act, inputs *in)
{
    double once = 1e9, start = bench_now();
    printf("working\tC\t%s %s %s, %" PRId64 "\n", in->name, kind_name(in), memory, in->n);
    fflush(stdout);
    do {
        double seconds = bench_time(act, in, 1);
        if (seconds < once) once = seconds;
    } while (bench_now() - start < (in->n < 1000000 ? 0.02 : 0.2));
    printf("op\t%s\tC\t%s\t%s\t%s\t%" PRId64 "\t", role, in->name, kind_name(in), memory, in->n);
    for (int run = 0; run < runs && run * once < 0.5; run++)
        printf("%s%.9g", run ? " " : "", bench_time(act, in, bench_calls(0.005, once)));
    printf("\n");
    fflush(stdout);
}

static void grid(inputs *in, int runs)
{
    bool is_number = dgen_operation_get(in->op)->kind == DGEN_REDUCTION;
    tell("dgen", "out", runs, is_number ? reduce : map_into, in);
    if (!is_number) tell("dgen", "alloc", runs, map_new, in);
    if (loop_of(in->name)) tell("native", "out", runs, plain, in);
}

static void write_file(const inputs *in, const char *role, const void *values, size_t width, size_t n)
{
    char name[64];
    snprintf(name, sizeof name, "%s C.%s", role, kind_name(in));
    FILE *file = open_file(in->folder, name, in->name, "wb");
    if (fwrite(values, width, n, file) != n) exit((perror(name), 1));
    fclose(file);
}

static void results(inputs *in, int runs)
{
    (void)runs;
    const dgen_operation *row = dgen_operation_get(in->op);
    bool is_number = row->kind == DGEN_REDUCTION;
    (is_number ? reduce : map_into)(in);
    double number = in->number + row->is_index;
    if (is_number) write_file(in, "dgen", &number, sizeof number, 1);
    else write_file(in, "dgen", in->out.data, dgen_dtype_bytes(in->dtype), (size_t)in->n);
    if (!loop_of(in->name)) return;
    plain(in);
    number = value(&in->out, 0);
    if (is_number) write_file(in, "native", &number, sizeof number, 1);
    else write_file(in, "native", in->out.data, dgen_dtype_bytes(in->dtype), (size_t)in->n);
}

/* --------------------------------------------------------------------------------------------------------------- errors */

/* Element i of the exact result, of what has one. */
static long double exact_element(const inputs *in, int64_t i)
{
    long double v = value(&in->x, i), w = value(&in->y, i), one = 1;
    const struct { const char *name; long double result; } all[] = {
        {"add", v + w}, {"sub", v - w}, {"mul", v * w}, {"div", v / w}, {"relu", v > 0 ? v : 0}, {"square", v * v},
        {"sigmoid", one / (one + expl(-v))}, {"tanh", tanhl(v)}, {"exp", expl(v)}, {"abs", fabsl(v)}, {"scale", v * 2.5L},
        {"clamp", v < -1 ? -1 : v > 1 ? 1 : v},
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (!strcmp(all[k].name, in->name)) return all[k].result;
    return NAN;
}

static long double exact_number(const inputs *in)
{
    __float128 sum = 0, squares = 0, magnitudes = 0, products = 0;
    int64_t least = 0, most = 0;
    for (int64_t i = 0; i < in->n; i++) {
        __float128 v = value(&in->x, i), w = value(&in->y, i);
        sum += v, squares += v * v, products += v * w, magnitudes += v < 0 ? -v : v;
        if (value(&in->x, i) > value(&in->x, most)) most = i;
        if (value(&in->x, i) < value(&in->x, least)) least = i;
    }
    const struct { const char *name; long double result; } all[] = {
        {"dot", (long double)products}, {"sum", (long double)sum}, {"norm_l2", sqrtl((long double)squares)},
        {"norm_l1", (long double)magnitudes}, {"max", value(&in->x, most)}, {"min", value(&in->x, least)},
        {"argmax", most + 1}, {"argmin", least + 1},
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (!strcmp(all[k].name, in->name)) return all[k].result;
    return NAN;
}

/* The distance of `got` from `exact` in units of the type's last place there. */
static double ulps(dgen_dtype dtype, double got, long double exact)
{
    int digits = dtype == DGEN_F32 ? 24 : 53, exponent;
    if (exact == 0) return got == 0 ? 0 : INFINITY;
    frexpl(exact, &exponent);
    return (double)fabsl(((long double)got - exact) / ldexpl(1, exponent - digits));
}

/* A file of results is called "ROLE HOST.TYPE.OPERATION". */
static void tell_error(const inputs *in, const char *file_name)
{
    char path[512], who[64];
    const char *end = strchr(file_name, '.');
    bool is_number = dgen_operation_get(in->op)->kind == DGEN_REDUCTION;
    snprintf(who, sizeof who, "%.*s", (int)(end - file_name), file_name);
    snprintf(path, sizeof path, "%s/%s", in->folder, file_name);
    FILE *file = fopen(path, "rb");
    double worst = 0, number;
    if (!file) exit((perror(path), 1));
    size_t wide = sizeof(double);
    fseek(file, 0, SEEK_END);
    if (!is_number && ftell(file) == in->n * 4) wide = sizeof(float);
    rewind(file);
    for (int64_t i = 0; i < (is_number ? 1 : in->n); i++) {
        float single = 0;
        if (fread(wide == 8 ? (void *)&number : &single, wide, 1, file) != 1) exit((perror(path), 1));
        double got = wide == 8 ? number : single;
        double off = ulps(in->dtype, got, is_number ? exact_number(in) : exact_element(in, i));
        if (off > worst || isnan(off)) worst = off;
    }
    fclose(file);
    *strchr(who, ' ') = '\t';
    printf("error\t%s\t%s\t%s\t%.6g\n", who, in->name, kind_name(in), worst);
}

static void errors(inputs *in, int runs)
{
    char suffix[64];
    (void)runs;
    snprintf(suffix, sizeof suffix, ".%s.%s", kind_name(in), in->name);
    DIR *folder = opendir(in->folder);
    if (!folder) exit((perror(in->folder), 1));
    for (struct dirent *entry; (entry = readdir(folder));) {
        const char *dot = strchr(entry->d_name, '.');
        if (dot && strchr(entry->d_name, ' ') && !strcmp(dot, suffix)) tell_error(in, entry->d_name);
    }
    closedir(folder);
}

typedef void act_on(inputs *in, int runs);

static void each_operation(inputs *in, const char *names, int runs, act_on *act)
{
    bool all = !strcmp(names, "all");
    for (int i = 0; all && i < DGEN_OP_COUNT; i++) {
        choose(in, dgen_operation_get((dgen_op)i)->name);
        act(in, runs);
    }
    char copy[1024];
    snprintf(copy, sizeof copy, "%s", all ? "" : names);
    for (char *rest = copy, *name; (name = strtok_r(rest, ",", &rest));) {
        choose(in, name);
        act(in, runs);
    }
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "inputs")) return write_inputs(argv[2], atoll(argv[3])), 0;
    act_on *act = argc != 7 ? NULL : !strcmp(argv[1], "grid") ? grid : !strcmp(argv[1], "results") ? results
        : !strcmp(argv[1], "errors") ? errors : NULL;
    if (!act) return fprintf(stderr, "usage: operations MODE FOLDER TYPES OPERATIONS SIZES RUNS\n"), 2;
    for (char *kinds = argv[3], *kind; (kind = strtok_r(kinds, ",", &kinds));)
        for (char *size = argv[5]; *size; size += strspn(size, ",")) {
            inputs in = {.folder = argv[2]};
            in.n = strtoll(size, &size, 10);
            bench_must(dgen_dtype_find(&in.dtype, kind, &error), &error);
            in.x = read_input(in.folder, "x", in.dtype, in.n);
            in.y = read_input(in.folder, "y", in.dtype, in.n);
            in.out = new_array(in.dtype, in.n);
            each_operation(&in, argv[4], atoi(argv[6]), act);
            dgen_array_release(&in.x);
            dgen_array_release(&in.y);
            dgen_array_release(&in.out);
        }
    return 0;
}
