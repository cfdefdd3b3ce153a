/*
 * Layouts of other programs: each read from its bytes by the formula of its own specification, which must give what dgen_dequantize
 * does; packed and restored, codes, scales and zeros byte for byte; what a layout cannot hold, and packed arrays that are not what
 * they say, refused by name.
 */
#include <math.h>
#include <stdbool.h>

#include "halves.h"
#include "test.h"

static dgen_error error;

static void must(dgen_status status)
{
    if (status != DGEN_OK) exit((printf("  %s\n", error.message), 1));
}

/* A quantized array to make. */
typedef struct subject {
    int bits;
    dgen_scheme scheme;
    int64_t rows, columns, group;
    dgen_dtype scale_type;
    dgen_axis axis;
    int ndim; /* 0: 2 */
} subject;

static int64_t groups_of(const subject *s) { return (s->columns + s->group - 1) / s->group; }
static int64_t row_bytes_of(const subject *s) { return (s->columns * s->bits + 7) / 8; }

/* An f16 of any sign and magnitude, now and then a subnormal one or 0. */
static uint16_t random_half(void)
{
    uint16_t half = (uint16_t)test_random();
    if ((half & 0x7C00) == 0x7C00) half ^= 0x4000;
    return test_random() % 16 ? half : half & 0x83FF;
}

/* Codes, scales that f16 holds, zeros of codes; symmetric ones in the middle. But for offsets, scales leave f16 room for zero x scale. */
static dgen_quantized make(const subject *s)
{
    dgen_quantized q = { .bits = s->bits, .scheme = s->scheme, .range = DGEN_RANGE_FULL, .axis = s->axis, .group = s->group };
    int64_t groups = groups_of(s), codes[] = { row_bytes_of(s), s->rows }, scales[] = { groups, s->rows }, n = groups * s->rows;
    int ndim = s->ndim == 1 ? 1 : 2;
    q.ndim = s->ndim ? s->ndim : 2;
    if (q.ndim == 1) q.shape[0] = s->columns;
    else q.shape[0] = s->rows, q.shape[1] = s->columns;
    if (q.ndim == 3) q.shape[1] = s->columns / 4, q.shape[2] = 4;
    must(dgen_array_alloc(&q.codes, DGEN_U8, ndim, codes, NULL, &error));
    must(dgen_array_alloc(&q.scale, s->scale_type, ndim, scales, NULL, &error));
    must(dgen_array_alloc(&q.zero, s->scheme == DGEN_OFFSET ? s->scale_type : DGEN_U8, ndim, scales, NULL, &error));
    for (int64_t i = 0; i < s->rows * codes[0]; i++) ((uint8_t *)q.codes.data)[i] = (uint8_t)test_random();
    for (int64_t r = 0; r < s->rows && s->columns * s->bits % 8; r++)
        ((uint8_t *)q.codes.data)[(r + 1) * codes[0] - 1] &= (uint8_t)((1 << s->columns * s->bits % 8) - 1);
    for (int64_t k = 0; k < n; k++) {
        uint16_t scale = random_half() & (s->scheme == DGEN_ASYMMETRIC ? 0xBFC0 : s->scheme == DGEN_SYMMETRIC ? 0xBFFF : 0xFFFF), zero = random_half();
        if (s->scale_type == DGEN_F16) ((uint16_t *)q.scale.data)[k] = scale;
        else ((float *)q.scale.data)[k] = (float)half_value(scale);
        if (s->scheme == DGEN_SYMMETRIC) ((uint8_t *)q.zero.data)[k] = (uint8_t)(1 << (s->bits - 1));
        else if (s->scheme == DGEN_ASYMMETRIC) ((uint8_t *)q.zero.data)[k] = (uint8_t)(1 + test_random() % ((1u << s->bits) - 1));
        else if (s->scale_type == DGEN_F16) ((uint16_t *)q.zero.data)[k] = zero;
        else ((float *)q.zero.data)[k] = (float)half_value(zero);
    }
    return q;
}

/* ----------------------------------------------------------------------------------------------------- the layouts' own formulas */

static double half_at(const uint8_t *bytes) { return half_value((uint16_t)(bytes[0] | bytes[1] << 8)); }
static uint32_t word_at(const dgen_array *a, int64_t i)
{
    uint32_t word;
    memcpy(&word, (int32_t *)a->data + i, 4);
    return word;
}

/* block_q8_0, block_q4_0, block_q4_1 and their dequantize_row. */
static double ggml_value(const dgen_packed *p, int64_t row, int64_t column, int64_t columns)
{
    int64_t bytes = p->packing == DGEN_PACKING_GGML_Q8_0 ? 34 : p->packing == DGEN_PACKING_GGML_Q4_0 ? 18 : 20, j = column % 32;
    const uint8_t *block = (uint8_t *)p->codes.data + (row * (columns / 32) + column / 32) * bytes;
    double d = half_at(block);
    if (p->packing == DGEN_PACKING_GGML_Q8_0) return (int8_t)block[2 + j] * d;
    if (p->packing == DGEN_PACKING_GGML_Q4_0) return ((block[2 + j % 16] >> (j < 16 ? 0 : 4) & 15) - 8) * d;
    return (float)((block[4 + j % 16] >> (j < 16 ? 0 : 4) & 15) * d + half_at(block + 2));
}

/* qweight [K / (32 / bits)][N], qzeros [K / g][N / (32 / bits)], scales [K / g][N]: scales (weight - (zero + 1)). */
static double gptq_value(const dgen_packed *p, int64_t n, int64_t k, int64_t rows)
{
    int per = 32 / p->bits;
    uint32_t mask = (1u << p->bits) - 1;
    int64_t g = k / p->group;
    int weight = (int)(word_at(&p->codes, k / per * rows + n) >> k % per * p->bits & mask);
    int zero = (int)(word_at(&p->zero, g * (rows / per) + n / per) >> n % per * p->bits & mask);
    double scale = half_value(((uint16_t *)p->scale.data)[g * rows + n]);
    return scale * (weight - (zero + (p->packing == DGEN_PACKING_GPTQ)));
}

/* B [N][k_blocks][blob], scales [N][k_blocks], zero_points [N][ceil (k_blocks bits / 8)]: scales (B - zero). */
static double onnx_value(const dgen_packed *p, int64_t n, int64_t k, int64_t columns)
{
    int64_t blocks = (columns + p->group - 1) / p->group, blob = p->group * p->bits / 8, block = k / p->group, in = k % p->group;
    int64_t zero_bytes = (blocks * p->bits + 7) / 8;
    int mask = (1 << p->bits) - 1, zero = 1 << (p->bits - 1);
    int code = ((uint8_t *)p->codes.data)[(n * blocks + block) * blob + in * p->bits / 8] >> in * p->bits % 8 & mask;
    if (p->zero.release) zero = ((uint8_t *)p->zero.data)[n * zero_bytes + block * p->bits / 8] >> block * p->bits % 8 & mask;
    int64_t at = n * blocks + block;
    double scale = p->scale.dtype == DGEN_F16 ? half_value(((uint16_t *)p->scale.data)[at]) : ((float *)p->scale.data)[at];
    return scale * (code - zero);
}

static double value_of(const dgen_packed *p, int64_t row, int64_t column, const subject *s)
{
    if (p->packing == DGEN_PACKING_ONNX) return onnx_value(p, row, column, s->columns);
    if (p->packing == DGEN_PACKING_GPTQ || p->packing == DGEN_PACKING_GPTQ_V2) return gptq_value(p, row, column, s->rows);
    return ggml_value(p, row, column, s->columns);
}

/* --------------------------------------------------------------------------------------------------------------- to and fro */

static void same_shape(const dgen_array *a, int ndim, const int64_t *shape, dgen_dtype dtype, const char *name)
{
    CHECK(a->release && a->ndim == ndim && a->dtype == dtype && !memcmp(a->shape, shape, (size_t)ndim * sizeof *shape), "%s: %d dimensions, %lld x %lld",
          name, a->ndim, (long long)a->shape[0], (long long)a->shape[1]);
}

/* The shapes that dgen.h documents. */
static void check_shapes(const dgen_packed *p, const subject *s)
{
    int64_t groups = groups_of(s), words = 32 / s->bits;
    CHECK(p->bits == s->bits && p->group == s->group, "fields");
    if (p->packing == DGEN_PACKING_ONNX) {
        same_shape(&p->codes, 3, (int64_t[]){ s->group * s->bits / 8, groups, s->rows }, DGEN_U8, "onnx codes");
        same_shape(&p->scale, 2, (int64_t[]){ groups, s->rows }, s->scale_type, "onnx scale");
        if (s->scheme == DGEN_SYMMETRIC) CHECK(!p->zero.release, "a symmetric array needs no zero_points");
        else same_shape(&p->zero, 2, (int64_t[]){ (groups * s->bits + 7) / 8, s->rows }, DGEN_U8, "onnx zero");
    }
    else if (p->packing >= DGEN_PACKING_GPTQ) {
        same_shape(&p->codes, 2, (int64_t[]){ s->rows, s->columns / words }, DGEN_I32, "gptq codes");
        same_shape(&p->scale, 2, (int64_t[]){ s->rows, groups }, DGEN_F16, "gptq scale");
        same_shape(&p->zero, 2, (int64_t[]){ s->rows / words, groups }, DGEN_I32, "gptq zero");
    }
    else {
        int64_t bytes = p->packing == DGEN_PACKING_GGML_Q8_0 ? 34 : p->packing == DGEN_PACKING_GGML_Q4_0 ? 18 : 20;
        same_shape(&p->codes, 2, (int64_t[]){ groups * bytes, s->rows }, DGEN_U8, "ggml codes");
        CHECK(!p->scale.release && !p->zero.release, "ggml has codes alone");
    }
}

static void check_values(const dgen_array *values, const dgen_packed *p, const subject *s, const char *what)
{
    for (int64_t r = 0; r < s->rows; r++)
        for (int64_t c = 0; c < s->columns; c++) {
            double want = value_of(p, r, c, s), got = ((float *)values->data)[r + c * s->rows];
            CHECK(got == want, "%s: %s, %d bits, row %lld, column %lld is %.9g, there %.9g", what, dgen_packing_name(p->packing), s->bits,
                  (long long)r, (long long)c, got, want);
        }
}

/* Arrays of floats are compared as such: f32 may have become f16. */
static bool same_numbers(const dgen_array *a, const dgen_array *b)
{
    if (a->dtype == b->dtype) return dgen_array_bytes(a) == dgen_array_bytes(b) && !memcmp(a->data, b->data, dgen_array_bytes(a));
    for (int64_t i = 0; i < dgen_array_length(a); i++)
        if (dgen_array_get(a, i) != dgen_array_get(b, i)) return false;
    return dgen_array_length(a) == dgen_array_length(b);
}

/* Asymmetric codes whose zeros are all in the middle mean the same as symmetric ones, and are restored as such. */
static dgen_scheme restored_scheme(const dgen_quantized *q, bool to_offset)
{
    if (to_offset || q->scheme == DGEN_OFFSET) return DGEN_OFFSET;
    for (int64_t k = 0; k < dgen_array_length(&q->zero); k++)
        if (((uint8_t *)q->zero.data)[k] != 1 << (q->bits - 1)) return DGEN_ASYMMETRIC;
    return DGEN_SYMMETRIC;
}

static void go_and_return(const subject *s, dgen_packing packing)
{
    uint64_t live = dgen_live_bytes();
    dgen_quantized q = make(s), back;
    dgen_packed p;
    dgen_array values = { 0 }, again = { 0 };
    bool to_offset = packing == DGEN_PACKING_GGML_Q4_1 && s->scheme != DGEN_OFFSET;
    const char *name = dgen_packing_name(packing);
    must(dgen_dequantize(&values, &q, DGEN_F32, 0, &error));
    must(dgen_repack(&p, &q, packing, &error));
    CHECK(p.packing == packing && p.ndim == q.ndim && !memcmp(p.shape, q.shape, (size_t)q.ndim * sizeof *q.shape), "%s: shape", name);
    check_shapes(&p, s);
    check_values(&values, &p, s, "packed");
    must(dgen_packed_restore(&back, &p, &error));
    must(dgen_quantized_check(&back, &error));
    CHECK(back.bits == q.bits && back.group == q.group && back.ndim == q.ndim && back.axis == DGEN_AXIS_GROUP, "%s: fields", name);
    CHECK(!memcmp(back.shape, q.shape, (size_t)q.ndim * sizeof *q.shape), "%s: shape", name);
    CHECK(same_numbers(&back.codes, &q.codes), "%s, %d bits: other codes", name, s->bits);
    CHECK(same_numbers(&back.scale, &q.scale), "%s, %d bits: other scales", name, s->bits);
    CHECK(back.scheme == restored_scheme(&q, to_offset), "%s: scheme %d", name, (int)back.scheme);
    if (!to_offset) CHECK(same_numbers(&back.zero, &q.zero), "%s, %d bits: other zeros", name, s->bits);
    CHECK(isnan(back.error.max) && isnan(back.error.rmse) && isnan(back.error.snr_db) && isnan(back.error.cosine), "%s: error", name);
    must(dgen_dequantize(&again, &back, DGEN_F32, 0, &error));
    for (int64_t i = 0; i < s->rows * s->columns; i++)
        CHECK(((float *)again.data)[i] == ((float *)values.data)[i], "%s: restored element %lld", name, (long long)i);
    dgen_packed_release(&p);
    dgen_packed_release(&p);
    dgen_quantized_release(&q);
    dgen_quantized_release(&back);
    dgen_array_release(&values);
    dgen_array_release(&again);
    CHECK(dgen_live_bytes() == live, "%s: memory is left", name);
}

static void ggml(void)
{
    static const int64_t shapes[][2] = { { 1, 32 }, { 3, 96 }, { 17, 256 }, { 129, 1024 } };
    for (int i = 0; i < 4; i++)
        for (int type = 0; type < 2; type++) {
            subject s = { 8, DGEN_SYMMETRIC, shapes[i][0], shapes[i][1], 32, type ? DGEN_F16 : DGEN_F32, DGEN_AXIS_GROUP, 0 };
            go_and_return(&s, DGEN_PACKING_GGML_Q8_0);
            s.bits = 4;
            go_and_return(&s, DGEN_PACKING_GGML_Q4_0);
            go_and_return(&s, DGEN_PACKING_GGML_Q4_1);
            s.scheme = DGEN_OFFSET;
            go_and_return(&s, DGEN_PACKING_GGML_Q4_1);
            s.scheme = DGEN_ASYMMETRIC;
            go_and_return(&s, DGEN_PACKING_GGML_Q4_1);
        }
    subject row = { 4, DGEN_SYMMETRIC, 5, 32, 32, DGEN_F16, DGEN_AXIS_ROW, 0 };
    go_and_return(&row, DGEN_PACKING_GGML_Q4_0);
    subject vector = { 4, DGEN_OFFSET, 1, 64, 32, DGEN_F16, DGEN_AXIS_GROUP, 1 };
    go_and_return(&vector, DGEN_PACKING_GGML_Q4_1);
    subject cube = { 8, DGEN_SYMMETRIC, 6, 64, 32, DGEN_F16, DGEN_AXIS_GROUP, 3 };
    go_and_return(&cube, DGEN_PACKING_GGML_Q8_0);
}

static void gptq(void)
{
    for (int bits = 2; bits <= 8; bits *= 2)
        for (int version = DGEN_PACKING_GPTQ; version <= DGEN_PACKING_GPTQ_V2; version++)
            for (int symmetric = 0; symmetric < 2; symmetric++) {
                dgen_scheme scheme = symmetric ? DGEN_SYMMETRIC : DGEN_ASYMMETRIC;
                subject s = { bits, scheme, 48, 256, 64, symmetric ? DGEN_F32 : DGEN_F16, DGEN_AXIS_GROUP, 0 };
                go_and_return(&s, (dgen_packing)version);
                s.group = 100; /* the last group of a row has 56 */
                go_and_return(&s, (dgen_packing)version);
                s.group = s.columns, s.axis = DGEN_AXIS_ROW, s.rows = 16;
                go_and_return(&s, (dgen_packing)version);
                s = (subject){ bits, scheme, 272, 512, 128, DGEN_F16, DGEN_AXIS_GROUP, 3 };
                go_and_return(&s, (dgen_packing)version);
            }
}

static void onnx(void)
{
    for (int bits = 2; bits <= 8; bits *= 2)
        for (int symmetric = 0; symmetric < 2; symmetric++)
            for (int type = 0; type < 2; type++) {
                dgen_scheme scheme = symmetric ? DGEN_SYMMETRIC : DGEN_ASYMMETRIC;
                dgen_dtype scale = type ? DGEN_F16 : DGEN_F32;
                static const int64_t shapes[][3] = { { 1, 16, 16 }, { 3, 100, 32 }, { 7, 129, 16 }, { 5, 31, 64 }, { 96, 1001, 128 }, { 4, 515, 256 } };
                for (int i = 0; i < 6; i++) {
                    subject s = { bits, scheme, shapes[i][0], shapes[i][1], shapes[i][2], scale, DGEN_AXIS_GROUP, 0 };
                    go_and_return(&s, DGEN_PACKING_ONNX);
                }
                subject vector = { bits, scheme, 1, 77, 32, scale, DGEN_AXIS_GROUP, 1 };
                go_and_return(&vector, DGEN_PACKING_ONNX);
            }
}

/* f32 scales of all bits stay in ONNX. Padding means 0 there, and what others pad with is not looked at. */
static void onnx_padding(void)
{
    subject s = { 4, DGEN_ASYMMETRIC, 3, 45, 32, DGEN_F32, DGEN_AXIS_GROUP, 0 };
    dgen_quantized q = make(&s), back;
    dgen_packed p;
    for (int k = 0; k < 6; k++) ((float *)q.scale.data)[k] = 0.1f * (float)(k + 1);
    must(dgen_repack(&p, &q, DGEN_PACKING_ONNX, &error));
    uint8_t *bytes = p.codes.data;
    for (int row = 0; row < 3; row++)
        for (int64_t k = 45; k < 64; k++) {
            CHECK(onnx_value(&p, row, k, 64) == 0, "padding of row %d, element %lld", row, (long long)k);
            bytes[row * 32 + k / 2] ^= (uint8_t)(5 << k % 2 * 4);
        }
    must(dgen_packed_restore(&back, &p, &error));
    CHECK(same_numbers(&back.codes, &q.codes) && same_numbers(&back.scale, &q.scale), "restored with other padding");
    dgen_packed_release(&p);
    dgen_quantized_release(&q);
    dgen_quantized_release(&back);
}

static void threads(void)
{
    subject s = { 4, DGEN_ASYMMETRIC, 256, 2048, 128, DGEN_F16, DGEN_AXIS_GROUP, 0 };
    dgen_quantized q = make(&s);
    for (int packing = DGEN_PACKING_GPTQ; packing <= DGEN_PACKING_ONNX; packing++) {
        dgen_packed one, four;
        must(dgen_threads_set(1, &error));
        must(dgen_repack(&one, &q, (dgen_packing)packing, &error));
        must(dgen_threads_set(4, &error));
        must(dgen_repack(&four, &q, (dgen_packing)packing, &error));
        CHECK(same_numbers(&one.codes, &four.codes) && same_numbers(&one.scale, &four.scale) && same_numbers(&one.zero, &four.zero),
              "%s by 4 threads", dgen_packing_name((dgen_packing)packing));
        dgen_packed_release(&one);
        dgen_packed_release(&four);
    }
    must(dgen_threads_set(0, &error));
    dgen_quantized_release(&q);
}

/* What dgen quantizes itself goes out, too: f16 scales, groups of 32, and ggml's own rule back to its blocks. */
static void quantized_here(void)
{
    enum { ROWS = 32, COLUMNS = 128 };
    dgen_array x, values = { 0 };
    must(dgen_array_alloc(&x, DGEN_F32, 2, (int64_t[]){ ROWS, COLUMNS }, NULL, &error));
    for (int i = 0; i < ROWS * COLUMNS; i++) ((float *)x.data)[i] = (float)(int32_t)(uint32_t)test_random() * 0x1p-30f;
    for (int packing = DGEN_PACKING_GGML_Q8_0; packing < DGEN_PACKING_COUNT; packing++) {
        if (packing == DGEN_PACKING_GGML_Q4_1) continue;
        dgen_quantize_options options;
        dgen_quantized q = { 0 };
        dgen_packed p;
        dgen_quantize_options_init(&options);
        options.bits = packing == DGEN_PACKING_GGML_Q8_0 ? 8 : 4;
        options.scheme = DGEN_SYMMETRIC;
        options.group = 32, options.has_group = 1;
        options.scale_type = DGEN_F16;
        must(dgen_quantize(&q, &x, &options, &error));
        must(dgen_repack(&p, &q, (dgen_packing)packing, &error));
        must(dgen_dequantize(&values, &q, DGEN_F32, 0, &error));
        subject s = { options.bits, DGEN_SYMMETRIC, ROWS, COLUMNS, 32, DGEN_F16, DGEN_AXIS_GROUP, 0 };
        check_values(&values, &p, &s, "quantized here");
        dgen_array_release(&values);
        dgen_packed_release(&p);
        dgen_quantized_release(&q);
    }
    dgen_array_release(&x);
}

/* ---------------------------------------------------------------------------------------------------------------- refusals */

static void names(void)
{
    for (int i = 0; i < DGEN_PACKING_COUNT; i++) {
        dgen_packing found;
        must(dgen_packing_find(&found, dgen_packing_name((dgen_packing)i), &error));
        CHECK((int)found == i, "%s", dgen_packing_name((dgen_packing)i));
    }
    dgen_packing found = DGEN_PACKING_ONNX;
    CHECK(dgen_packing_name(DGEN_PACKING_COUNT) == NULL, "no name");
    CHECK(dgen_packing_find(&found, "gguf", &error) == DGEN_EINVAL && found == DGEN_PACKING_ONNX
              && !strcmp(error.message, "packing must be one of dgen, ggml_q8_0, ggml_q4_0, ggml_q4_1, gptq, gptq_v2, onnx, not \"gguf\""),
          "%s", error.message);
}

static void refuse_packing(dgen_quantized *q, dgen_packing packing, const char *message)
{
    dgen_packed p = { 0 };
    uint64_t live = dgen_live_bytes();
    dgen_status status = dgen_repack(&p, q, packing, &error);
    CHECK(status != DGEN_OK && !strcmp(error.message, message), "\"%s\", not \"%s\"", status ? error.message : "taken", message);
    CHECK(!p.codes.release && !p.scale.release && !p.zero.release && dgen_live_bytes() == live, "nothing is left of a failure");
}

static void refuse_subject(subject s, dgen_packing packing, const char *message)
{
    dgen_quantized q = make(&s);
    refuse_packing(&q, packing, message);
    dgen_quantized_release(&q);
}

static void shapes_refused(void)
{
    const dgen_scheme symmetric = DGEN_SYMMETRIC;
    refuse_subject((subject){ 4, symmetric, 2, 64, 32, DGEN_F16, 0, 0 }, DGEN_PACKING_GGML_Q8_0, "q must have 8 bits for \"ggml_q8_0\", not 4");
    refuse_subject((subject){ 2, symmetric, 2, 64, 32, DGEN_F16, 0, 0 }, DGEN_PACKING_GGML_Q4_1, "q must have 4 bits for \"ggml_q4_1\", not 2");
    refuse_subject((subject){ 4, symmetric, 2, 64, 64, DGEN_F16, 0, 0 }, DGEN_PACKING_GGML_Q4_0,
                   "q must have groups of 32 for \"ggml_q4_0\", not 64");
    refuse_subject((subject){ 4, symmetric, 2, 40, 32, DGEN_F16, 0, 0 }, DGEN_PACKING_GGML_Q4_0,
                   "q must have rows of a multiple of 32 elements for \"ggml_q4_0\", not 40");
    refuse_subject((subject){ 8, DGEN_OFFSET, 2, 64, 32, DGEN_F16, 0, 0 }, DGEN_PACKING_GGML_Q8_0,
                   "q must have scheme \"asymmetric\" or \"symmetric\" for \"ggml_q8_0\", not \"offset\"");
    refuse_subject((subject){ 4, symmetric, 8, 36, 32, DGEN_F16, 0, 0 }, DGEN_PACKING_GPTQ,
                   "q must have rows of a multiple of 8 elements for \"gptq\" in 4 bits, not 36");
    refuse_subject((subject){ 2, symmetric, 8, 64, 32, DGEN_F16, 0, 0 }, DGEN_PACKING_GPTQ_V2,
                   "q must have a multiple of 16 rows for \"gptq_v2\" in 2 bits, not 8");
    refuse_subject((subject){ 4, symmetric, 2, 64, 8, DGEN_F16, 0, 0 }, DGEN_PACKING_ONNX,
                   "q must have groups of a power of two from 16 up for \"onnx\", not 8");
    refuse_subject((subject){ 4, symmetric, 2, 64, 48, DGEN_F16, 0, 0 }, DGEN_PACKING_ONNX,
                   "q must have groups of a power of two from 16 up for \"onnx\", not 48");
    refuse_subject((subject){ 4, symmetric, 2, 64, INT64_C(1) << 60, DGEN_F16, 0, 0 }, DGEN_PACKING_ONNX,
                   "q must have smaller groups for \"onnx\" than 1152921504606846976");
    refuse_subject((subject){ 4, DGEN_OFFSET, 8, 64, 32, DGEN_F16, 0, 0 }, DGEN_PACKING_ONNX,
                   "q must have scheme \"asymmetric\" or \"symmetric\" for \"onnx\", not \"offset\"");
    refuse_subject((subject){ 4, symmetric, 8, 64, 32, DGEN_F16, 0, 0 }, DGEN_PACKING_DGEN,
                   "packing must be one of ggml_q8_0, ggml_q4_0, ggml_q4_1, gptq, gptq_v2, onnx for a quantized array");
}

static void contents_refused(void)
{
    subject s = { 4, DGEN_ASYMMETRIC, 8, 64, 32, DGEN_F32, DGEN_AXIS_GROUP, 0 };
    dgen_quantized q = make(&s);
    float *scale = q.scale.data;
    uint8_t *zero = q.zero.data;
    for (int k = 0; k < 16; k++) scale[k] = 0.5f, zero[k] = 8;
    zero[4] = 9;
    refuse_packing(&q, DGEN_PACKING_GGML_Q4_0, "q must have zeros of 8 for \"ggml_q4_0\"; zero 5 is 9");
    zero[4] = 0;
    refuse_packing(&q, DGEN_PACKING_GPTQ, "q must have zeros from 1 to 15 for \"gptq\"; zero 5 is 0");
    zero[4] = 16;
    refuse_packing(&q, DGEN_PACKING_GPTQ_V2, "q must have zeros from 0 to 15 for \"gptq_v2\"; zero 5 is 16");
    refuse_packing(&q, DGEN_PACKING_ONNX, "q must have zeros from 0 to 15 for \"onnx\"; zero 5 is 16");
    zero[4] = 8;
    scale[2] = 0.1f;
    refuse_packing(&q, DGEN_PACKING_GPTQ, "q must have scales that f16 holds exactly for \"gptq\"; scale 3 is 0.100000001");
    scale[2] = 0x1p-25f;
    refuse_packing(&q, DGEN_PACKING_GGML_Q4_0, "q must have scales that f16 holds exactly for \"ggml_q4_0\"; scale 3 is 2.98023224e-08");
    scale[2] = 65536;
    refuse_packing(&q, DGEN_PACKING_GGML_Q4_1, "q must have scales that f16 holds exactly for \"ggml_q4_1\"; scale 3 is 65536");
    scale[2] = 65504;
    refuse_packing(&q, DGEN_PACKING_GGML_Q4_1, "q must have minima, -zero scale, that f16 holds exactly for \"ggml_q4_1\"; that of zero 3 is -524032");
    scale[2] = 1 + 0x1p-10f, zero[2] = 3;
    refuse_packing(&q, DGEN_PACKING_GGML_Q4_1, "q must have minima, -zero scale, that f16 holds exactly for \"ggml_q4_1\"; that of zero 3 is -3.00292969");
    q.scheme = DGEN_SYMMETRIC, q.range = DGEN_RANGE_MIDRISE;
    refuse_packing(&q, DGEN_PACKING_ONNX, "q.range must be \"narrow\" or \"full\" unless q.bits is 2");
    q.range = DGEN_RANGE_FULL, q.bits = 3;
    refuse_packing(&q, DGEN_PACKING_ONNX, "q.bits must be 8, 4 or 2, not 3");
    dgen_quantized_release(&q);
    refuse_packing(&q, DGEN_PACKING_ONNX, "q.bits must be 8, 4 or 2, not 3");
    q.bits = 4;
    refuse_packing(&q, DGEN_PACKING_ONNX, "q.codes is closed");
    subject two = { 2, DGEN_SYMMETRIC, 8, 64, 32, DGEN_F16, DGEN_AXIS_GROUP, 0 };
    q = make(&two);
    q.range = DGEN_RANGE_MIDRISE;
    refuse_packing(&q, DGEN_PACKING_ONNX, "q must have range \"narrow\" or \"full\" for \"onnx\", not \"midrise\"");
    dgen_quantized_release(&q);
    subject whole = { 4, DGEN_SYMMETRIC, 8, 32, 32, DGEN_F16, DGEN_AXIS_GROUP, 0 };
    q = make(&whole);
    q.axis = DGEN_AXIS_TENSOR;
    q.scale.ndim = q.zero.ndim = 1, q.scale.shape[0] = q.zero.shape[0] = 1;
    refuse_packing(&q, DGEN_PACKING_GGML_Q4_0, "q must have axis \"group\" or \"row\" for \"ggml_q4_0\", not \"tensor\"");
    dgen_quantized_release(&q);
    subject offset = { 4, DGEN_OFFSET, 1, 32, 32, DGEN_F32, DGEN_AXIS_GROUP, 0 };
    q = make(&offset);
    *(float *)q.zero.data = -0.3f;
    refuse_packing(&q, DGEN_PACKING_GGML_Q4_1, "q must have zeros that f16 holds exactly for \"ggml_q4_1\"; zero 1 is -0.300000012");
    dgen_quantized_release(&q);
}

static void refuse_packed(const dgen_packed *p, const char *message)
{
    dgen_quantized q = { 0 };
    uint64_t live = dgen_live_bytes();
    dgen_status status = dgen_packed_restore(&q, p, &error);
    CHECK(status != DGEN_OK && !strcmp(error.message, message), "\"%s\", not \"%s\"", status ? error.message : "taken", message);
    CHECK(!strcmp(error.argument, "p"), "argument \"%s\"", error.argument);
    CHECK(!q.codes.release && dgen_live_bytes() == live, "nothing is left of a failure");
}

/* Packed arrays as a host may hand them back. */
static void packed_refused(void)
{
    subject s = { 4, DGEN_ASYMMETRIC, 8, 64, 32, DGEN_F16, DGEN_AXIS_GROUP, 0 };
    dgen_quantized q = make(&s);
    dgen_packed p, bad;
    must(dgen_repack(&p, &q, DGEN_PACKING_GPTQ, &error));
#define BAD(change, message) \
    do {                     \
        bad = p;             \
        change;              \
        refuse_packed(&bad, message); \
    } while (0)
    BAD(bad.packing = DGEN_PACKING_DGEN, "p.packing must be one of ggml_q8_0, ggml_q4_0, ggml_q4_1, gptq, gptq_v2, onnx");
    BAD(bad.packing = (dgen_packing)-1, "p.packing must be one of ggml_q8_0, ggml_q4_0, ggml_q4_1, gptq, gptq_v2, onnx");
    BAD(bad.bits = 5, "p.bits must be 8, 4 or 2, not 5");
    BAD(bad.bits = 8, "p.codes must have 128 elements for its packing, shape, bits and group, not 64");
    BAD(bad.ndim = 0, "p.shape must have 1 to 4 dimensions, not 0");
    BAD(bad.shape[0] = 0, "p.shape must have sizes from 1 up whose product is less than 2^60");
    BAD(bad.shape[0] = INT64_C(1) << 58, "p.shape must have sizes from 1 up whose product is less than 2^60");
    BAD(bad.shape[0] = 7, "p must have a multiple of 8 rows for \"gptq\" in 4 bits, not 7");
    BAD(bad.group = 0, "p.group must be from 1 to 2^59, not 0");
    BAD(bad.group = 16, "p.scale must have 32 elements for its packing, shape, bits and group, not 16");
    BAD(bad.packing = DGEN_PACKING_ONNX, "p.codes must be u8, not i32");
    BAD(bad.packing = DGEN_PACKING_GGML_Q8_0, "p must have 8 bits for \"ggml_q8_0\", not 4");
    BAD(bad.packing = DGEN_PACKING_GGML_Q4_0, "p.codes must be u8, not i32");
    BAD(bad.codes.release = NULL, "p.codes is closed");
    BAD(bad.zero.release = NULL, "p.zero is closed");
    BAD(bad.scale.dtype = DGEN_F32, "p.scale must be f16, not f32");
    BAD(bad.codes.stride[1] = 9, "p.codes must be contiguous");
    BAD(bad.zero.data = NULL, "p.zero must not be NULL");
#undef BAD
    ((uint32_t *)p.zero.data)[1] = 0xF7777777; /* of group 2, row 8 */
    refuse_packed(&p, "p.zero must have codes below 15 for \"gptq\", whose readers disagree about zeros of 16; that of row 8, group 2 is 15");
    p.packing = DGEN_PACKING_GPTQ_V2;
    dgen_quantized back;
    must(dgen_packed_restore(&back, &p, &error));
    CHECK(((uint8_t *)back.zero.data)[7 * 2 + 1] == 15, "as it is in the second version");
    dgen_quantized_release(&back);
    dgen_packed_release(&p);
    dgen_quantized_release(&q);
}

int main(void)
{
    RUN(names);
    RUN(ggml);
    RUN(gptq);
    RUN(onnx);
    RUN(onnx_padding);
    RUN(threads);
    RUN(quantized_here);
    RUN(shapes_refused);
    RUN(contents_refused);
    RUN(packed_refused);
    return TEST_END();
}
