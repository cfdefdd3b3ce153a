/*
 * The figures of quantization that are taken in C: each beside something else, timed in pairs.
 *
 *     quantization_figures cache | memory | search | batch | bound COUNT
 *
 * Answers, besides the lines of measure.h:
 *     nano   name  median-ns  least-ns  other's-median-ns  median-of-pairs'-ratios     ns a call
 *     value  C  name  number
 * Ratios are the other's time over ours. cache: 48 x 3072 f32, one thread, beside memcpy of them; exact and ragged groups beside
 * the plain ones. memory: 12288 x 3072 beside a loop that only moves the bytes, and two threads beside one. search: beside the
 * range alone. batch: 1000 layers of 16 x 768 in one call beside one layer of as many elements. bound: how many of COUNT values
 * come back farther than promised.
 */
#include "limit.h"
#include "pairs.h"
#include "quantization_data.h"

typedef struct step {
    dgen_array w, back;
    dgen_quantized q;
    dgen_quantize_options options;
    int threads;
} step;

static void quantize(void *context)
{
    step *s = context;
    bench_must(dgen_quantize(&s->q, &s->w, &s->options, &bench_error), &bench_error);
}

static void dequantize(void *context)
{
    step *s = context;
    bench_must(dgen_dequantize(&s->back, &s->q, DGEN_F32, s->threads, &bench_error), &bench_error);
}

static void copy(void *context)
{
    step *s = context;
    memcpy(s->back.data, s->w.data, dgen_array_bytes(&s->w));
}

static void tell(const char *name, bench_pair p)
{
    printf("nano\t%s\t%.6g\t%.6g\t%.6g\t%.4g\n", name, p.our_seconds * 1e9, p.our_least * 1e9, p.other_seconds * 1e9, p.ratio);
    fflush(stdout);
}

static step new_step(int64_t rows, int64_t columns, int bits, int64_t group, int threads)
{
    step s = { .w = bench_data(BENCH_NORMAL, rows, columns, 1), .back = bench_matrix(DGEN_DISTRIBUTION_uniform, rows, columns, 2),
               .threads = threads };
    dgen_quantize_options_init(&s.options);
    s.options.bits = bits;
    s.options.group = group;
    s.options.has_group = 1;
    s.options.certificate = 0;
    s.options.max_threads = threads;
    quantize(&s);
    return s;
}

static void close_step(step *s)
{
    dgen_array_release(&s->w);
    dgen_array_release(&s->back);
    dgen_quantized_release(&s->q);
}

/* The same data, quantized another way. */
static step with(const step *from, int certificate, int exact, dgen_search search)
{
    step s = *from;
    memset(&s.q, 0, sizeof s.q);
    s.options.certificate = certificate;
    s.options.exact = exact;
    s.options.search = search;
    quantize(&s);
    return s;
}

static void cache(void)
{
    static const struct { int bits, group; } cases[] = { { 8, 32 }, { 8, 128 }, { 4, 32 }, { 4, 128 }, { 2, 64 }, { 2, 128 } };
    char name[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        step s = new_step(48, 3072, cases[i].bits, cases[i].group, 1);
        step certified = with(&s, 1, 0, DGEN_SEARCH_MINMAX), exact = with(&s, 0, 1, DGEN_SEARCH_MINMAX);
        printf("working\tC\tint%d, groups of %d\n", cases[i].bits, cases[i].group);
        fflush(stdout);
        snprintf(name, sizeof name, "int%d_%d", cases[i].bits, cases[i].group);
        tell(name, bench_in_pairs(quantize, &s, copy, &s));
        snprintf(name, sizeof name, "int%d_%d_certificate", cases[i].bits, cases[i].group);
        tell(name, bench_in_pairs(quantize, &certified, quantize, &s));
        snprintf(name, sizeof name, "int%d_%d_exact", cases[i].bits, cases[i].group);
        tell(name, bench_in_pairs(quantize, &exact, quantize, &s));
        snprintf(name, sizeof name, "int%d_%d_back", cases[i].bits, cases[i].group);
        tell(name, bench_in_pairs(dequantize, &s, copy, &s));
        dgen_quantized_release(&certified.q);
        dgen_quantized_release(&exact.q);
        close_step(&s);
    }
    step ragged = new_step(48, 3072, 8, 50, 1), even = new_step(48, 3072, 8, 128, 1);
    tell("int8_50_over_128", bench_in_pairs(quantize, &ragged, quantize, &even));
    close_step(&ragged);
    close_step(&even);
}

/* ------------------------------------------------------------------------------------------------------------------- memory */

typedef struct traffic {
    const char *from;
    char *to;
    size_t n; /* elements */
    int bits, back;
} traffic;

typedef int words __attribute__((vector_size(64), may_alias, aligned(64)));

/* Reads f32 and writes as many bytes as codes take. */
static void move_to_codes(void *context)
{
    const traffic *t = context;
    size_t lines = 32 / (size_t)t->bits, n = t->n * 4 / 64;
    for (size_t i = 0; i + lines <= n; i += lines) {
        words sum = { 0 };
        for (size_t k = 0; k < lines; k++) sum |= ((const words *)t->from)[i + k];
        ((words *)t->to)[i / lines] = sum;
    }
}

/* Reads the codes' bytes and writes f32, past the cache as memory's own limit does. */
static void move_from_codes(void *context)
{
    const traffic *t = context;
    volatile int sink;
    int sum = 0;
    for (size_t i = 0; i < t->n * (size_t)t->bits / 8 / 64; i++) sum += ((const int *)t->from)[i * 16];
    sink = sum;
    (void)sink;
    set_non_temporal(t->to, 0x5a, t->n * 4);
}

static void memory(void)
{
    char name[64];
    for (int bits = 8; bits >= 2; bits /= 2) {
        step one = new_step(12288, 3072, bits, 128, 1), two;
        traffic in = { one.w.data, one.q.codes.data, 12288 * 3072, bits, 0 };
        traffic out = { one.q.codes.data, one.back.data, 12288 * 3072, bits, 1 };
        two = one;
        two.threads = two.options.max_threads = 2;
        printf("working\tC\tint%d from memory\n", bits);
        fflush(stdout);
        snprintf(name, sizeof name, "memory_int%d", bits);
        tell(name, bench_in_pairs(quantize, &one, move_to_codes, &in));
        quantize(&one);
        snprintf(name, sizeof name, "memory_int%d_back", bits);
        tell(name, bench_in_pairs(dequantize, &one, move_from_codes, &out));
        snprintf(name, sizeof name, "threads_int%d", bits);
        tell(name, bench_in_pairs(quantize, &two, quantize, &one));
        snprintf(name, sizeof name, "threads_int%d_back", bits);
        tell(name, bench_in_pairs(dequantize, &two, dequantize, &one));
        close_step(&one);
    }
    step one = new_step(12288, 3072, 8, 128, 1), rows = one;
    memset(&rows.q, 0, sizeof rows.q);
    rows.options.axis = DGEN_AXIS_ROW;
    rows.options.has_group = 0;
    quantize(&rows);
    tell("memory_int8_rows", bench_in_pairs(quantize, &rows, quantize, &one));
    dgen_quantized_release(&rows.q);
    close_step(&one);
}

/* ------------------------------------------------------------------------------------------------------------ search, batch */

static void search(void)
{
    char name[64];
    for (int bits = 4; bits >= 2; bits /= 2)
        for (int symmetric = 0; symmetric < 2; symmetric++) {
            step s = new_step(48, 3072, bits, 128, 1);
            s.options.scheme = symmetric ? DGEN_SYMMETRIC : DGEN_ASYMMETRIC;
            if (symmetric && bits == 2) s.options.range = DGEN_RANGE_MIDRISE;
            step minmax = with(&s, 1, 0, DGEN_SEARCH_MINMAX), mse = with(&s, 1, 0, DGEN_SEARCH_MSE);
            snprintf(name, sizeof name, "search_int%d_%s", bits, symmetric ? "symmetric" : "asymmetric");
            printf("value\tC\t%s_minmax_db\t%.6g\n", name, minmax.q.error.snr_db);
            printf("value\tC\t%s_mse_db\t%.6g\n", name, mse.q.error.snr_db);
            minmax.options.certificate = mse.options.certificate = 0;
            tell(name, bench_in_pairs(quantize, &mse, quantize, &minmax));
            dgen_quantized_release(&minmax.q);
            dgen_quantized_release(&mse.q);
            close_step(&s);
        }
    step s = new_step(48, 3072, 8, 128, 1), certified = with(&s, 1, 0, DGEN_SEARCH_MINMAX);
    printf("value\tC\tint8_db\t%.6g\n", certified.q.error.snr_db);
    dgen_quantized_release(&certified.q);
    close_step(&s);
}

enum { LAYERS = 1000 };
typedef struct batch {
    dgen_array layers[LAYERS];
    const dgen_array *pointers[LAYERS];
    dgen_quantized out[LAYERS];
    dgen_quantize_options options;
} batch;

static void in_one_call(void *context)
{
    batch *b = context;
    bench_must(dgen_quantize_batch(b->out, b->pointers, LAYERS, &b->options, NULL, NULL, NULL, &bench_error), &bench_error);
    for (int i = 0; i < LAYERS; i++) dgen_quantized_release(&b->out[i]);
    memset(b->out, 0, sizeof b->out);
}

static void batches(void)
{
    static batch b;
    for (int threads = 1; threads <= 2; threads++) {
        step whole = new_step(LAYERS * 16, 768, 4, 128, threads);
        whole.options.certificate = 1;
        b.options = whole.options;
        for (int i = 0; i < LAYERS; i++) {
            b.layers[i] = whole.w;
            b.layers[i].data = (float *)whole.w.data + (size_t)i * 16 * 768;
            b.layers[i].shape[0] = 16;
            b.pointers[i] = &b.layers[i];
        }
        tell(threads == 1 ? "batch_1" : "batch_2", bench_in_pairs(in_one_call, &b, quantize, &whole));
        close_step(&whole);
    }
}

/* -------------------------------------------------------------------------------------------------------------------- bound */

static double ulp(float x)
{
    int exponent;
    if (fabsf(x) < 0x1p-126f) return 0x1p-149;
    frexpf(x, &exponent);
    return ldexp(1, exponent - 24);
}

/* How many of the elements lie farther from what comes back than scale / 2 + allowed ulp. */
static int64_t beyond(const step *s, double allowed)
{
    const float *w = s->w.data, *back = s->back.data, *scale = s->q.scale.data;
    int64_t columns = s->w.shape[1], groups = (columns + s->q.group - 1) / s->q.group, count = 0;
    for (int64_t i = 0; i < s->w.shape[0]; i++)
        for (int64_t j = 0; j < columns; j++) {
            double bound = (double)scale[i * groups + j / s->q.group] / 2, e = fabs((double)w[i * columns + j] - back[i * columns + j]);
            if (e > bound && e > bound + allowed * ulp(w[i * columns + j])) count++;
        }
    return count;
}

/* Elements next to where two codes meet, under the scales that the range of each group gives: the first two stay. */
static void make_adversarial(step *s, uint64_t seed)
{
    float *w = s->w.data;
    const float *scale = s->q.scale.data;
    int64_t columns = s->w.shape[1], group = s->q.group, groups = (columns + group - 1) / group;
    dgen_array picks = bench_matrix(DGEN_DISTRIBUTION_uniform, s->w.shape[0], columns, seed);
    for (int64_t i = 0; i < s->w.shape[0]; i++)
        for (int64_t g = 0; g < groups; g++) {
            float *x = w + i * columns + g * group, least = x[0], most = x[0], step = scale[i * groups + g];
            int64_t n = columns - g * group < group ? columns - g * group : group, low = 0, high = 0;
            for (int64_t j = 0; j < n; j++) {
                if (x[j] < least) least = x[j], low = j;
                if (x[j] > most) most = x[j], high = j;
            }
            for (int64_t j = 0; j < n; j++) {
                if (j == low || j == high) continue;
                float pick = ((float *)picks.data)[i * columns + g * group + j];
                float value = (nearbyintf((least + pick * (most - least)) / step) + 0.5f) * step;
                int nudge = (int)(pick * 1e6f) % 7 - 3;
                for (int k = 0; k < abs(nudge); k++) value = nextafterf(value, nudge < 0 ? -INFINITY : INFINITY);
                if (value >= least && value <= most) x[j] = value;
            }
        }
    dgen_array_release(&picks);
}

static void bound(double count)
{
    double done = 0;
    int64_t plain = 0, exact = 0;
    for (uint64_t seed = 1; done < count; seed++) {
        int bits = 8 >> seed % 3;
        int64_t group = (int64_t[]){ 32, 128, 50, 7 }[seed % 4];
        step s = new_step(256, 4096, bits, group, 0);
        for (int adversarial = 0; adversarial < 2; adversarial++)
            for (int symmetric = 0; symmetric < 2; symmetric++) {
                dgen_array_release(&s.w);
                s.w = bench_data((int)(seed % BENCH_KINDS), 256, 4096, seed);
                s.options.scheme = symmetric ? DGEN_SYMMETRIC : DGEN_ASYMMETRIC;
                s.options.range = symmetric && seed % 2 ? DGEN_RANGE_FULL : DGEN_RANGE_NARROW;
                s.options.exact = 0;
                quantize(&s);
                if (adversarial) make_adversarial(&s, seed);
                for (s.options.exact = 0; s.options.exact < 2; s.options.exact++) {
                    quantize(&s);
                    dequantize(&s);
                    *(s.options.exact ? &exact : &plain) += beyond(&s, s.options.exact ? 1 : 2);
                }
                done += 256 * 4096;
            }
        close_step(&s);
    }
    bench_value("bound_values", done);
    bench_value("bound_beyond", (double)plain);
    bench_value("bound_beyond_exact", (double)exact);
}

int main(int count, char **arguments)
{
    const char *mode = count > 1 ? arguments[1] : "";
    if (!strcmp(mode, "cache")) cache();
    else if (!strcmp(mode, "memory")) memory();
    else if (!strcmp(mode, "search")) search();
    else if (!strcmp(mode, "batch")) batches();
    else if (!strcmp(mode, "bound") && count > 2) bound(atof(arguments[2]));
    else return fprintf(stderr, "usage: quantization_figures cache | memory | search | batch | bound COUNT\n"), 1;
    return 0;
}
