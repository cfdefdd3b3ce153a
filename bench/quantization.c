/*
 * Quantization in C: what each step takes on matrices of a network's sizes, what is lost, and what batches cost beside single
 * calls. Lines and timing rule: measure.h.
 *
 *     quantization grid RUNS       768 x 768, 3072 x 768, 12288 x 3072 x 8, 4, 2 bits, groups of 128
 *     quantization threads RUNS    the last of them, quantize and dequantize alone
 *     quantization scalar RUNS     the same as plain loops, an element at a time
 *     quantization loss            SNR in dB by data, bits and scheme
 *     quantization levels RUNS     a layer of a diffusion model: one scale, groups of timesteps, groups of weights, all
 *     quantization batch RUNS      10, 100, 1000 LoRA-shaped layers and a ControlNet's, in one call and one by one
 *     quantization vectors RUNS MOST  vectors of 1e6, 1e7, 1e8 elements, up to MOST, into given and new memory
 */
#include "quantization_data.h"

typedef struct step {
    dgen_array w, back;
    dgen_quantized q;
    dgen_quantize_options options;
} step;

static void quantize(void *context)
{
    step *s = context;
    bench_must(dgen_quantize(&s->q, &s->w, &s->options, &bench_error), &bench_error);
}

static void quantize_anew(void *context)
{
    step *s = context;
    dgen_quantized q = { 0 };
    bench_must(dgen_quantize(&q, &s->w, &s->options, &bench_error), &bench_error);
    dgen_quantized_release(&q);
}

static void dequantize(void *context)
{
    step *s = context;
    bench_must(dgen_dequantize(&s->back, &s->q, DGEN_F32, 0, &bench_error), &bench_error);
}

static void round_trip(void *context)
{
    quantize(context);
    dequantize(context);
}

static void cosine(void *context)
{
    step *s = context;
    double out;
    bench_must(dgen_cosine(&out, &s->w, &s->back, &bench_error), &bench_error);
    if (!(out > 0.5)) exit((fprintf(stderr, "cosine %g\n", out), 1));
}

static const int64_t shapes[][2] = { { 768, 768 }, { 3072, 768 }, { 12288, 3072 } };
enum { SHAPES = sizeof shapes / sizeof *shapes };

static step new_step(int64_t rows, int64_t columns, int bits)
{
    step s = { .w = bench_data(BENCH_NORMAL, rows, columns, 1), .back = bench_matrix(DGEN_DISTRIBUTION_uniform, rows, columns, 2) };
    dgen_quantize_options_init(&s.options);
    s.options.bits = bits;
    return s;
}

static void close_step(step *s)
{
    dgen_array_release(&s->w);
    dgen_array_release(&s->back);
    dgen_quantized_release(&s->q);
}

/* The same elements as one dimension: reductions read those where they lie. */
static void flatten(dgen_array *x)
{
    x->shape[0] *= x->shape[1];
    x->ndim = 1;
    x->stride[0] = 1;
}

/* From matrix `first` on; cosine and round trip, too, if `all`. */
static void grid(int first, int all, int runs)
{
    for (int i = first; i < SHAPES; i++)
        for (int bits = 8; bits >= 2; bits /= 2) {
            step s = new_step(shapes[i][0], shapes[i][1], bits);
            int64_t n = shapes[i][0] * shapes[i][1];
            char shape[48];
            snprintf(shape, sizeof shape, "%lld x %lld", (long long)shapes[i][0], (long long)shapes[i][1]);
            s.options.certificate = 0;
            char what[4][32];
            static const char *const steps[] = { "quantize", "dequantize", "round trip", "cosine" };
            static bench_act *const acts[] = { quantize, dequantize, round_trip, cosine };
            for (int a = 0; a < (all ? 4 : 2); a++) {
                snprintf(what[a], sizeof what[a], "%s %d", steps[a], bits);
                if (a == 3) flatten(&s.w), flatten(&s.back);
                bench_op("dgen", "C", what[a], "f32", shape, n, runs, acts[a], &s);
            }
            close_step(&s);
        }
}

/* ------------------------------------------------------------------------------------------------------------- plain loops */

typedef struct plain {
    const float *w;
    float *back, *scale;
    uint8_t *codes, *zero;
    int64_t n;
    int bits;
} plain;

#define PLAIN __attribute__((noinline, optimize("no-tree-vectorize")))
enum { GROUP = 128 };

PLAIN static void plain_quantize(void *context)
{
    const plain *p = context;
    int top = (1 << p->bits) - 1, in_byte = 8 / p->bits;
    for (int64_t g = 0; g < p->n / GROUP; g++) {
        const float *w = p->w + g * GROUP;
        float least = 0, most = 0;
        for (int i = 0; i < GROUP; i++) {
            if (w[i] < least) least = w[i];
            if (w[i] > most) most = w[i];
        }
        float scale = (most - least) / (float)top, inverse = scale > 0 ? 1 / scale : 0;
        float zero = nearbyintf(-least * inverse);
        p->scale[g] = scale;
        p->zero[g] = (uint8_t)zero;
        uint8_t *to = p->codes + g * GROUP / in_byte;
        memset(to, 0, GROUP / (size_t)in_byte);
        for (int i = 0; i < GROUP; i++) {
            float code = nearbyintf(w[i] * inverse) + zero;
            code = code < 0 ? 0 : code > (float)top ? (float)top : code;
            to[i / in_byte] |= (uint8_t)((int)code << i % in_byte * p->bits);
        }
    }
}

PLAIN static void plain_dequantize(void *context)
{
    const plain *p = context;
    int top = (1 << p->bits) - 1, in_byte = 8 / p->bits;
    for (int64_t i = 0; i < p->n; i++)
        p->back[i] = (float)((p->codes[i / in_byte] >> i % in_byte * p->bits & top) - p->zero[i / GROUP]) * p->scale[i / GROUP];
}

PLAIN static void plain_round_trip(void *context)
{
    plain_quantize(context);
    plain_dequantize(context);
}

PLAIN static void plain_cosine(void *context)
{
    const plain *p = context;
    double dot = 0, w = 0, back = 0;
    for (int64_t i = 0; i < p->n; i++) {
        dot += (double)p->w[i] * p->back[i];
        w += (double)p->w[i] * p->w[i];
        back += (double)p->back[i] * p->back[i];
    }
    if (!(dot > 0.5 * sqrt(w * back))) exit((fprintf(stderr, "cosine %g\n", dot / sqrt(w * back)), 1));
}

static void scalar(int runs)
{
    for (int i = 0; i < SHAPES; i++)
        for (int bits = 8; bits >= 2; bits /= 2) {
            step s = new_step(shapes[i][0], shapes[i][1], bits);
            quantize(&s);
            plain p = { s.w.data, s.back.data, s.q.scale.data, s.q.codes.data, s.q.zero.data, shapes[i][0] * shapes[i][1], bits };
            static const char *const steps[] = { "quantize", "dequantize", "round trip", "cosine" };
            static bench_act *const acts[] = { plain_quantize, plain_dequantize, plain_round_trip, plain_cosine };
            char shape[48], what[32];
            snprintf(shape, sizeof shape, "%lld x %lld", (long long)shapes[i][0], (long long)shapes[i][1]);
            for (int a = 0; a < 4; a++) {
                snprintf(what, sizeof what, "%s %d", steps[a], bits);
                bench_op("scalar", "C", what, "f32", shape, p.n, runs, acts[a], &p);
            }
            close_step(&s);
        }
}

/* -------------------------------------------------------------------------------------------------------------------- losses */

typedef struct scheme {
    const char *name;
    dgen_scheme scheme;
    dgen_code_range range;
    dgen_search search;
    dgen_axis axis;
} scheme;

static void tell_loss(const char *kind, int bits, const char *scheme, const dgen_quantized *q)
{
    printf("value\tC\tsnr|%s|%d|%s\t%.6g\n", kind, bits, scheme, q->error.snr_db);
    fflush(stdout);
}

static void loss(void)
{
    static const scheme schemes[] = {
        { "asymmetric", DGEN_ASYMMETRIC, 0, DGEN_SEARCH_MINMAX, DGEN_AXIS_GROUP },
        { "asymmetric, MSE", DGEN_ASYMMETRIC, 0, DGEN_SEARCH_MSE, DGEN_AXIS_GROUP },
        { "asymmetric, 99 %", DGEN_ASYMMETRIC, 0, DGEN_SEARCH_PERCENTILE, DGEN_AXIS_GROUP },
        { "narrow", DGEN_SYMMETRIC, DGEN_RANGE_NARROW, DGEN_SEARCH_MINMAX, DGEN_AXIS_GROUP },
        { "narrow, MSE", DGEN_SYMMETRIC, DGEN_RANGE_NARROW, DGEN_SEARCH_MSE, DGEN_AXIS_GROUP },
        { "full", DGEN_SYMMETRIC, DGEN_RANGE_FULL, DGEN_SEARCH_MINMAX, DGEN_AXIS_GROUP },
        { "midrise", DGEN_SYMMETRIC, DGEN_RANGE_MIDRISE, DGEN_SEARCH_MINMAX, DGEN_AXIS_GROUP },
        { "midrise, MSE", DGEN_SYMMETRIC, DGEN_RANGE_MIDRISE, DGEN_SEARCH_MSE, DGEN_AXIS_GROUP },
        { "asymmetric, rows", DGEN_ASYMMETRIC, 0, DGEN_SEARCH_MINMAX, DGEN_AXIS_ROW },
        { "asymmetric, tensor", DGEN_ASYMMETRIC, 0, DGEN_SEARCH_MINMAX, DGEN_AXIS_TENSOR },
    };
    for (int kind = 0; kind < BENCH_KINDS; kind++)
        for (int bits = 8; bits >= 2; bits /= 2) {
            step s = { .w = bench_data(kind, 768, 1024, 7) };
            for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
                if (schemes[i].range == DGEN_RANGE_MIDRISE && bits != 2) continue;
                dgen_quantize_options_init(&s.options);
                s.options.bits = bits;
                s.options.scheme = schemes[i].scheme;
                s.options.range = schemes[i].range;
                s.options.search = schemes[i].search;
                s.options.axis = schemes[i].axis;
                s.options.percentile = 99;
                dgen_quantized_release(&s.q);
                memset(&s.q, 0, sizeof s.q);
                quantize(&s);
                tell_loss(bench_kinds[kind], bits, schemes[i].name, &s.q);
            }
            static const struct { int bits; const char *name; dgen_packing rule; } rules[] = {
                { 8, "ggml Q8_0", DGEN_PACKING_GGML_Q8_0 }, { 4, "ggml Q4_0", DGEN_PACKING_GGML_Q4_0 },
                { 4, "ggml Q4_1", DGEN_PACKING_GGML_Q4_1 } };
            for (int i = 0; i < 3; i++) {
                if (rules[i].bits != bits) continue;
                dgen_quantize_options_init(&s.options);
                s.options.rule = rules[i].rule;
                dgen_quantized_release(&s.q);
                memset(&s.q, 0, sizeof s.q);
                quantize(&s);
                tell_loss(bench_kinds[kind], bits, rules[i].name, &s.q);
            }
            dgen_array_release(&s.w);
            dgen_quantized_release(&s.q);
        }
}

/* -------------------------------------------------------------------------------------------------------------------- levels
   A layer of 768 outputs of 3072 inputs, of which every 97th is 12 times larger in the activations; 50 timesteps of 8 rows,
   whose range shrinks from 8 to 0.5. */

enum { OUTPUTS = 768, INPUTS = 3072, STEPS = 50, ROWS = 8, TIME_GROUPS = 10 };

typedef struct level {
    int groups, spatial, equalized;
    dgen_array w, x, t, stats;
    dgen_activation_table table;
    dgen_equalized equal;
    dgen_quantized qw, qx;
} level;

static void new_layer(level *l)
{
    int64_t rows = STEPS * ROWS, shape[2] = { STEPS, 3 };
    l->w = bench_data(BENCH_NORMAL, OUTPUTS, INPUTS, 3);
    l->x = bench_data(BENCH_NORMAL, rows, INPUTS, 4);
    bench_must(dgen_array_alloc(&l->t, DGEN_F64, 1, &rows, NULL, &bench_error), &bench_error);
    bench_must(dgen_array_alloc(&l->stats, DGEN_F64, 2, shape, NULL, &bench_error), &bench_error);
    for (int64_t r = 0; r < rows; r++) {
        float *x = (float *)l->x.data + r * INPUTS, spread = 8 - 7.5f * (float)(r / ROWS) / (STEPS - 1);
        for (int64_t j = 0; j < INPUTS; j++) x[j] *= spread * (j % 97 == 5 ? 12 : 1);
        ((double *)l->t.data)[r] = (double)(r / ROWS);
    }
}

/* What each timestep was seen to have: as calibration finds it. */
static void calibrate(const level *l, const dgen_array *x)
{
    double *stats = l->stats.data;
    for (int64_t t = 0; t < STEPS; t++) {
        double least = INFINITY, most = -INFINITY;
        for (int64_t i = t * ROWS * INPUTS; i < (t + 1) * ROWS * INPUTS; i++) {
            least = fmin(least, ((const float *)x->data)[i]);
            most = fmax(most, ((const float *)x->data)[i]);
        }
        stats[t] = (double)t;
        stats[STEPS + t] = least;
        stats[2 * STEPS + t] = most;
    }
}

static void run_level(void *context)
{
    level *l = context;
    const dgen_array *w = l->equalized ? &l->equal.w : &l->w, *x = l->equalized ? &l->equal.x : &l->x;
    dgen_quantize_options options;
    dgen_operand t = { .array = &l->t };
    dgen_quantize_options_init(&options);
    if (!l->spatial) options.axis = DGEN_AXIS_TENSOR;
    bench_must(dgen_quantize(&l->qw, w, &options, &bench_error), &bench_error);
    bench_must(dgen_quantize_activations(&l->qx, x, t, &l->table, NULL, &bench_error), &bench_error);
}

/* SNR of X W' as the quantized layer gives it, over every third output. */
static double output_snr(const level *l)
{
    dgen_array w = { 0 }, x = { 0 };
    bench_must(dgen_dequantize(&w, &l->qw, DGEN_F64, 0, &bench_error), &bench_error);
    bench_must(dgen_dequantize(&x, &l->qx, DGEN_F64, 0, &bench_error), &bench_error);
    int64_t rows = STEPS * ROWS;
    double signal = 0, noise = 0;
    for (int64_t r = 0; r < rows; r += 5)
        for (int64_t o = 0; o < OUTPUTS; o += 3) {
            double wanted = 0, got = 0;
            for (int64_t j = 0; j < INPUTS; j++) {
                wanted += (double)((float *)l->x.data)[r * INPUTS + j] * ((float *)l->w.data)[o * INPUTS + j];
                got += ((double *)x.data)[j * rows + r] * ((double *)w.data)[j * OUTPUTS + o];
            }
            signal += wanted * wanted;
            noise += (wanted - got) * (wanted - got);
        }
    dgen_array_release(&w);
    dgen_array_release(&x);
    return 10 * log10(signal / noise);
}

/* The same matrix row by row in memory, as the others are. */
static void turn_to_rows(dgen_array *x)
{
    dgen_array rows = bench_matrix(DGEN_DISTRIBUTION_uniform, x->shape[0], x->shape[1], 1);
    bench_must(dgen_array_convert(&rows, x, &bench_error), &bench_error);
    dgen_array_release(x);
    *x = rows;
}

static void levels(int runs)
{
    static const struct { const char *name; int groups, spatial, equalized; } rows[] = {
        { "baseline", 1, 0, 0 }, { "time-aware", TIME_GROUPS, 0, 0 }, { "spatial", 1, 1, 0 }, { "all", TIME_GROUPS, 1, 1 } };
    static level l;
    new_layer(&l);
    for (int i = 0; i < 4; i++) {
        dgen_activation_options options;
        l.groups = rows[i].groups, l.spatial = rows[i].spatial, l.equalized = rows[i].equalized;
        if (l.equalized) {
            bench_must(dgen_equalize(&l.equal, &l.w, &l.x, 0.5, 0, 0, &bench_error), &bench_error);
            turn_to_rows(&l.equal.w);
            turn_to_rows(&l.equal.x);
        }
        calibrate(&l, l.equalized ? &l.equal.x : &l.x);
        dgen_activation_options_init(&options);
        options.groups = l.groups;
        bench_must(dgen_activation_table_make(&l.table, &l.stats, &options, &bench_error), &bench_error);
        bench_op("dgen", "C", rows[i].name, "f32", "levels", (int64_t)(OUTPUTS + STEPS * ROWS) * INPUTS, runs, run_level, &l);
        printf("value\tC\tlevel|%s|weights\t%.6g\n", rows[i].name, l.qw.error.snr_db);
        printf("value\tC\tlevel|%s|activations\t%.6g\n", rows[i].name, l.qx.error.snr_db);
        printf("value\tC\tlevel|%s|output\t%.6g\n", rows[i].name, output_snr(&l));
        dgen_activation_table_release(&l.table);
        dgen_quantized_release(&l.qw);
        dgen_quantized_release(&l.qx);
        memset(&l.table, 0, sizeof l.table);
        memset(&l.qw, 0, sizeof l.qw);
        memset(&l.qx, 0, sizeof l.qx);
    }
}

/* ------------------------------------------------------------------------------------------------------------------- batches */

typedef struct batch {
    dgen_array *layers;
    const dgen_array **pointers;
    dgen_quantized *out;
    int64_t count, elements;
    dgen_quantize_options options;
} batch;

static void in_one_call(void *context)
{
    batch *b = context;
    bench_must(dgen_quantize_batch(b->out, b->pointers, b->count, &b->options, NULL, NULL, NULL, &bench_error), &bench_error);
    for (int64_t i = 0; i < b->count; i++) dgen_quantized_release(&b->out[i]);
    memset(b->out, 0, (size_t)b->count * sizeof *b->out);
}

static void one_by_one(void *context)
{
    batch *b = context;
    for (int64_t i = 0; i < b->count; i++) bench_must(dgen_quantize(&b->out[i], b->pointers[i], &b->options, &bench_error), &bench_error);
    for (int64_t i = 0; i < b->count; i++) dgen_quantized_release(&b->out[i]);
    memset(b->out, 0, (size_t)b->count * sizeof *b->out);
}

static void run_batch(const char *name, const int64_t (*layer)[2], int64_t kinds, int64_t count, int runs)
{
    batch b = { calloc((size_t)count, sizeof *b.layers), calloc((size_t)count, sizeof *b.pointers), calloc((size_t)count, sizeof *b.out),
                count, 0, { 0 } };
    char memory[48];
    dgen_quantize_options_init(&b.options);
    b.options.bits = 4;
    for (int64_t i = 0; i < count; i++) {
        b.layers[i] = bench_matrix(DGEN_DISTRIBUTION_normal, layer[i % kinds][0], layer[i % kinds][1], (uint64_t)i);
        b.pointers[i] = &b.layers[i];
        b.elements += layer[i % kinds][0] * layer[i % kinds][1];
    }
    snprintf(memory, sizeof memory, "%s, %lld layers", name, (long long)count);
    bench_op("dgen", "C", "one call", "f32", memory, b.elements, runs, in_one_call, &b);
    bench_op("dgen", "C", "one by one", "f32", memory, b.elements, runs, one_by_one, &b);
    for (int64_t i = 0; i < count; i++) dgen_array_release(&b.layers[i]);
    free(b.layers);
    free(b.pointers);
    free(b.out);
}

static void batches(int runs)
{
    static const int64_t lora[][2] = { { 4, 768 },  { 768, 4 },  { 8, 768 },  { 768, 8 },  { 16, 768 },
                                       { 768, 16 }, { 32, 768 }, { 768, 32 }, { 64, 768 }, { 768, 64 } };
    static const int64_t control[][2] = { { 320, 36 },      { 320, 2880 },   { 320, 320 },    { 640, 2880 },  { 640, 5760 },
                                          { 640, 640 },     { 1280, 5760 },  { 1280, 11520 }, { 1280, 1280 }, { 1280, 1280 } };
    for (int64_t count = 10; count <= 1000; count *= 10) run_batch("LoRA", lora, 10, count, runs);
    run_batch("ControlNet", control, 10, 10, runs);
}

/* ------------------------------------------------------------------------------------------------------------------- vectors */

static void vectors(int runs, int64_t most)
{
    for (int64_t n = 1000000; n <= most; n *= 10)
        for (int wide = 0; wide < 2; wide++) {
            step s = { .w = bench_matrix(DGEN_DISTRIBUTION_normal, 1, n, 5) };
            flatten(&s.w);
            if (wide) {
                dgen_array x;
                bench_must(dgen_array_alloc(&x, DGEN_F64, 1, &n, NULL, &bench_error), &bench_error);
                bench_must(dgen_array_convert(&x, &s.w, &bench_error), &bench_error);
                dgen_array_release(&s.w);
                s.w = x;
            }
            dgen_quantize_options_init(&s.options);
            bench_op("dgen", "C", "quantize 8", wide ? "f64" : "f32", "given", n, runs, quantize, &s);
            bench_op("dgen", "C", "quantize 8", wide ? "f64" : "f32", "new", n, runs, quantize_anew, &s);
            dgen_array_release(&s.w);
            dgen_quantized_release(&s.q);
        }
}

int main(int count, char **arguments)
{
    const char *mode = count > 1 ? arguments[1] : "";
    int runs = count > 2 ? atoi(arguments[2]) : 15;
    if (!strcmp(mode, "grid")) grid(0, 1, runs);
    else if (!strcmp(mode, "threads")) grid(SHAPES - 1, 0, runs);
    else if (!strcmp(mode, "scalar")) scalar(runs);
    else if (!strcmp(mode, "loss")) loss();
    else if (!strcmp(mode, "levels")) levels(runs);
    else if (!strcmp(mode, "batch")) batches(runs);
    else if (!strcmp(mode, "vectors")) vectors(runs, count > 3 ? atoll(arguments[3]) : 100000000);
    else return fprintf(stderr, "usage: quantization grid | threads | scalar | loss | levels | batch | vectors [RUNS [MOST]]\n"), 1;
    return 0;
}
