/*
 * ggml's rules: blocks byte for byte as a plain reading of its reference makes them, of random elements and of those where rounding
 * shows, from any type and layout, by any number of threads and ISA; their certificate against long double; what is refused.
 */
#define _GNU_SOURCE
#include <float.h>
#include <stdbool.h>

#include "child.h"
#include "halves.h"
#include "isas.h"

enum { BLOCK = 32, RULES = 3 };
static const struct rule {
    dgen_packing rule;
    int bits, bytes;
} rules[RULES] = { { DGEN_PACKING_GGML_Q8_0, 8, 34 }, { DGEN_PACKING_GGML_Q4_0, 4, 18 }, { DGEN_PACKING_GGML_Q4_1, 4, 20 } };
static dgen_error error;

static void must(dgen_status status)
{
    if (status != DGEN_OK) exit((printf("  %s\n", error.message), 1));
}

/* ------------------------------------------------------------------------------------------------------------- the reference */

/* A float that a C compiler for x86 turns to int8_t: infinities and NaNs become 0. */
static int to_int8(float v) { return isfinite(v) && fabsf(v) < 0x1p31f ? (int8_t)(int)v : 0; }
static float inverse(float d) { return d ? 1.0f / d : 0.0f; }
static void put_half(uint8_t *to, float x)
{
    uint16_t half = half_of(x);
    to[0] = (uint8_t)half, to[1] = (uint8_t)(half >> 8);
}

static void reference(uint8_t *block, const float *x, dgen_packing rule)
{
    volatile float product; /* of f32, whatever the compiler would rather keep */
    float peak = 0, least = FLT_MAX, most = -FLT_MAX;
    for (int j = 0; j < BLOCK; j++) {
        if (fabsf(x[j]) > fabsf(peak)) peak = x[j];
        if (x[j] < least) least = x[j];
        if (x[j] > most) most = x[j];
    }
    if (rule == DGEN_PACKING_GGML_Q8_0) {
        float d = fabsf(peak) / 127;
        put_half(block, d);
        for (int j = 0; j < BLOCK; j++) {
            product = x[j] * inverse(d);
            block[2 + j] = (uint8_t)to_int8(roundf(product));
        }
        return;
    }
    bool offset = rule == DGEN_PACKING_GGML_Q4_1;
    float d = offset ? (most - least) / 15 : peak / -8;
    uint8_t *codes = block + (offset ? 4 : 2);
    put_half(block, d);
    if (offset) put_half(block + 2, least);
    memset(codes, 0, BLOCK / 2);
    for (int j = 0; j < BLOCK; j++) {
        product = (offset ? x[j] - least : x[j]) * inverse(d);
        product = product + (offset ? 0.5f : 8.5f);
        int code = to_int8(product);
        codes[j % 16] |= (uint8_t)((code < 15 ? code : 15) << (j < 16 ? 0 : 4));
    }
}

/* The value of element j of a block: ggml's dequantize_row. */
static float reference_value(const uint8_t *block, int j, dgen_packing rule)
{
    float d = (float)half_value((uint16_t)(block[0] | block[1] << 8));
    if (rule == DGEN_PACKING_GGML_Q8_0) return (float)(int8_t)block[2 + j] * d;
    bool offset = rule == DGEN_PACKING_GGML_Q4_1;
    int code = block[(offset ? 4 : 2) + j % 16] >> (j < 16 ? 0 : 4) & 15;
    if (!offset) return (float)(code - 8) * d;
    volatile float product = (float)code * d;
    return product + (float)half_value((uint16_t)(block[2] | block[3] << 8));
}

/* ------------------------------------------------------------------------------------------------------------------ what is run */

static dgen_quantize_options options_of(dgen_packing rule)
{
    dgen_quantize_options options;
    dgen_quantize_options_init(&options);
    options.rule = rule;
    return options;
}

/* An f32 matrix that lies row by row, as one dimension if rows is 1. */
static dgen_array borrow(float *x, int64_t rows, int64_t columns)
{
    dgen_array out;
    must(dgen_array_borrow(&out, DGEN_F32, rows == 1 ? 1 : 2, rows == 1 ? &columns : (int64_t[]){ rows, columns }, x, &error));
    if (rows > 1) out.stride[0] = columns, out.stride[1] = 1;
    return out;
}

/* Compares codes, scales, zeros, blocks and values with the reference of `x`, row by row. */
static void compare(const dgen_quantized *q, const float *x, int64_t rows, int64_t columns, const struct rule *rule, const char *what)
{
    dgen_packed packed;
    dgen_array values = { 0 };
    must(dgen_repack(&packed, q, rule->rule, &error));
    must(dgen_dequantize(&values, q, DGEN_F32, 0, &error));
    CHECK(q->bits == rule->bits && q->group == BLOCK && q->scale.dtype == DGEN_F16, "%s: fields", what);
    int faults = 0;
    for (int64_t b = 0; b < rows * columns / BLOCK && faults < 3; b++) {
        uint8_t want[34];
        const uint8_t *got = (const uint8_t *)packed.codes.data + b * rule->bytes;
        reference(want, x + b * BLOCK, rule->rule);
        bool same = !memcmp(want, got, (size_t)rule->bytes);
        CHECK(same, "%s: %s, block %lld is not ggml's: of %g %g %g ...", what, dgen_packing_name(rule->rule), (long long)b,
              (double)x[b * BLOCK], (double)x[b * BLOCK + 1], (double)x[b * BLOCK + 2]);
        CHECK(((uint16_t *)q->scale.data)[b] == (want[0] | want[1] << 8), "%s: scale of block %lld", what, (long long)b);
        if (rule->rule == DGEN_PACKING_GGML_Q4_1)
            CHECK(((uint16_t *)q->zero.data)[b] == (want[2] | want[3] << 8), "%s: minimum of block %lld", what, (long long)b);
        else CHECK(((uint8_t *)q->zero.data)[b] == 1 << (rule->bits - 1), "%s: zero of block %lld", what, (long long)b);
        for (int j = 0; j < BLOCK; j++) {
            int64_t i = b * BLOCK + j, at = i / columns + i % columns * rows;
            float value = ((float *)values.data)[at], expected = reference_value(want, j, rule->rule);
            CHECK(value == expected, "%s: %s, element %lld is %.9g, not %.9g", what, dgen_packing_name(rule->rule), (long long)i,
                  (double)value, (double)expected);
            same &= value == expected;
        }
        faults += !same;
    }
    dgen_array_release(&values);
    dgen_packed_release(&packed);
}

static void check_rules(float *x, int64_t rows, int64_t columns, const char *what)
{
    dgen_array array = borrow(x, rows, columns);
    for (int r = 0; r < RULES; r++) {
        dgen_quantize_options options = options_of(rules[r].rule);
        dgen_quantized q = { 0 };
        must(dgen_quantize(&q, &array, &options, &error));
        compare(&q, x, rows, columns, rules + r, what);
        dgen_quantized_release(&q);
    }
}

/* ---------------------------------------------------------------------------------------------------------------------- data */

static float uniform(void) { return (float)(int32_t)(uint32_t)test_random() * 0x1p-31f; }

/* Sums of uniform values, of many magnitudes. */
static void fill_random(float *x, int64_t n, int lowest, int highest)
{
    for (int64_t i = 0, power = 0; i < n; i++) {
        if (i % BLOCK == 0) power = lowest + (int64_t)(test_random() % (uint64_t)(highest - lowest + 1));
        x[i] = ldexpf(uniform() + uniform() + uniform(), (int)power);
    }
}

static float any_float(void)
{
    for (;;) {
        uint32_t bits = (uint32_t)test_random();
        float x;
        memcpy(&x, &bits, 4);
        if (isfinite(x) && fabsf(x) < 0x1p14f) return x;
    }
}

static void random_blocks(void)
{
    enum { N = 1 << 16 };
    static float x[N];
    fill_random(x, N, -24, 12);
    check_rules(x, 64, N / 64, "random");
    check_rules(x, 1, N, "one row");
    check_rules(x, 1, BLOCK, "one block");
    fill_random(x, N, -149, -100);
    check_rules(x, 128, N / 128, "small");
    for (int i = 0; i < N; i++) x[i] = any_float();
    check_rules(x, 16, N / 16, "any bits");
    for (int i = 0; i < N; i++) x[i] = (float)(int)(test_random() % 255) - 127;
    check_rules(x, 16, N / 16, "whole numbers");
}

/* Halves of steps, on both sides and just beside them: an extreme fixes the step, exactly where it is a power of two. */
static void ties(void)
{
    enum { BLOCKS = 4096 };
    static float x[BLOCKS * BLOCK];
    for (int b = 0; b < BLOCKS; b++) {
        int top = (int[]){ 127, -127, 8, -8, 15 }[b % 5];
        float step = ldexpf(1, (int)(test_random() % 30) - 20), base = top == 15 ? step * (float)(int)(test_random() % 64) : 0;
        for (int j = 0; j < BLOCK; j++) {
            int code = (int)(test_random() % (top == 15 ? 16 : 2 * (unsigned)abs(top) + 1)) - (top == 15 ? 0 : abs(top));
            float half = (float)(int)(test_random() % 2) * (code > 0 ? -.5f : .5f);
            float v = step * ((float)code + half);
            int beside = (int)(test_random() % 3);
            x[b * BLOCK + j] = (beside == 0 ? v : nextafterf(v, beside == 1 ? INFINITY : -INFINITY)) + base;
        }
        x[b * BLOCK + (int)(test_random() % BLOCK)] = step * (float)top + base;
        x[b * BLOCK + (int)(test_random() % BLOCK)] = base;
    }
    check_rules(x, 1, BLOCKS * BLOCK, "ties");
}

/* Blocks of constants, zeros of both signs, two equal extremes of opposite sign in both orders, the largest and the smallest. */
static void edges(void)
{
    static const float values[] = { 0, -0.0f, 1, -1, .1f, -.1f, 65504, -65504, FLT_MIN, FLT_TRUE_MIN, -FLT_TRUE_MIN, 0x1p-14f, 0x1p-24f,
                                    0x1p-25f, -0x1.8p-25f, 127 * 0x1p-24f, 127 * 0x1p-25f, 127 * 0x1p-128f, 127 * 0x1.000002p-128f,
                                    8 * 0x1p-128f, -8 * 0x1p-129f, 15 * 0x1p-128f, 15 * 0x1p-130f, 1e-38f, -1e-40f, 3.4e-45f };
    enum { N = sizeof values / sizeof *values };
    static float x[N * N * BLOCK];
    for (int a = 0; a < N; a++)
        for (int b = 0; b < N; b++)
            for (int j = 0; j < BLOCK; j++) x[(a * N + b) * BLOCK + j] = j % 7 == 3 ? values[b] : values[a];
    check_rules(x, N, N * BLOCK, "pairs of edges");
    for (int k = 0; k < N * N; k++)
        for (int j = 0; j < BLOCK; j++) x[k * BLOCK + j] = values[test_random() % N];
    check_rules(x, 1, N * N * BLOCK, "edges");
    /* The largest that f16 holds: 127 x 65504 rounds no further for Q8_0 alone. */
    float largest[BLOCK] = { 127 * 65504.0f, -127 * 65504.0f, 65504, 127 * 65519.0f };
    dgen_array array = borrow(largest, 1, BLOCK);
    dgen_quantize_options options = options_of(DGEN_PACKING_GGML_Q8_0);
    dgen_quantized q = { 0 };
    must(dgen_quantize(&q, &array, &options, &error));
    compare(&q, largest, 1, BLOCK, rules, "the largest");
    dgen_quantized_release(&q);
}

/* ------------------------------------------------------------------------------------------------------------ types and layouts */

static bool alike(const dgen_quantized *p, const dgen_quantized *q)
{
    return dgen_array_bytes(&p->codes) == dgen_array_bytes(&q->codes) && !memcmp(p->codes.data, q->codes.data, dgen_array_bytes(&p->codes))
           && !memcmp(p->scale.data, q->scale.data, dgen_array_bytes(&p->scale))
           && !memcmp(p->zero.data, q->zero.data, dgen_array_bytes(&p->zero)) && !memcmp(&p->error, &q->error, sizeof p->error);
}

/* bf16 values, which every type holds but f16: those are of 8 bits and of a middling magnitude. */
static void types_and_layouts(void)
{
    enum { ROWS = 37, COLUMNS = 96 };
    static float x[ROWS * COLUMNS];
    static const dgen_dtype types[] = { DGEN_F32, DGEN_F64, DGEN_F16, DGEN_BF16 };
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        uint32_t bits;
        x[i] = ldexpf(uniform(), (int)(test_random() % 6));
        if (fabsf(x[i]) < 0x1p-6f) x[i] = 0;
        memcpy(&bits, x + i, 4);
        bits &= 0xFFFF0000;
        memcpy(x + i, &bits, 4);
    }
    dgen_array plain = borrow(x, ROWS, COLUMNS);
    for (int r = 0; r < RULES; r++) {
        dgen_quantize_options options = options_of(rules[r].rule);
        dgen_quantized want = { 0 };
        must(dgen_quantize(&want, &plain, &options, &error));
        compare(&want, x, ROWS, COLUMNS, rules + r, "rows");
        for (int t = 0; t < 4; t++)
            for (int cube = 0; cube < 2; cube++) {
                dgen_array other;
                dgen_quantized got = { 0 };
                must(dgen_array_alloc(&other, types[t], cube ? 3 : 2, cube ? (int64_t[]){ ROWS, 8, 12 } : (int64_t[]){ ROWS, COLUMNS },
                                      NULL, &error));
                for (int i = 0; i < ROWS; i++)
                    for (int j = 0; j < COLUMNS; j++) must(dgen_array_set(&other, i + j * ROWS, (double)x[i * COLUMNS + j], &error));
                must(dgen_quantize(&got, &other, &options, &error));
                CHECK(alike(&want, &got), "%s of %s, %d dimensions", dgen_packing_name(rules[r].rule), dgen_dtype_name(types[t]), 2 + cube);
                dgen_quantized_release(&got);
                dgen_array_release(&other);
            }
        dgen_quantized_release(&want);
    }
}

/* A hash of what many tiles come to. */
static uint64_t hash_of(int threads, bool by_columns)
{
    enum { ROWS = 70, COLUMNS = 20000 };
    uint64_t sum = 0;
    dgen_array x;
    test_state = 5;
    must(dgen_array_alloc(&x, DGEN_F32, 2, (int64_t[]){ ROWS, COLUMNS }, NULL, &error));
    if (!by_columns) x.stride[0] = COLUMNS, x.stride[1] = 1;
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++) ((float *)x.data)[i * x.stride[0] + j * x.stride[1]] = uniform();
    for (int r = 0; r < RULES; r++) {
        dgen_quantize_options options = options_of(rules[r].rule);
        dgen_quantized q = { 0 };
        options.max_threads = threads;
        must(dgen_quantize(&q, &x, &options, &error));
        sum ^= test_hash(q.codes.data, dgen_array_bytes(&q.codes)) + test_hash(q.scale.data, dgen_array_bytes(&q.scale));
        sum ^= test_hash((const uint8_t *)&q.error, sizeof q.error) + (uint64_t)r;
        dgen_quantized_release(&q);
    }
    dgen_array_release(&x);
    return sum;
}

static void threads_and_isas(void)
{
    uint64_t want = hash_of(1, false);
    for (int threads = 1; threads <= 4; threads++)
        for (int by_columns = 0; by_columns < 2; by_columns++)
            CHECK(hash_of(threads, by_columns) == want, "%d threads%s", threads, by_columns ? ", column by column" : "");
    for (int i = 0; i < isa_count; i++) {
        char variable[64], output[64];
        snprintf(variable, sizeof variable, "DGEN_ISA=%s", isas[i]->name);
        int status = child_again((const char *[]){ "hash", NULL }, (const char *[]){ variable, NULL }, output, sizeof output);
        CHECK(status == 0 && strtoull(output, NULL, 10) == want, "%s: %s", isas[i]->name, output);
    }
}

/* ---------------------------------------------------------------------------------------------------------------- certificates */

static bool near(double a, long double b) { return fabsl((long double)a - b) <= 1e-12L * (fabsl(b) + 1e-30L); }

static void certificates(void)
{
    enum { ROWS = 9, COLUMNS = 640, N = ROWS * COLUMNS };
    static float x[N];
    fill_random(x, N, -3, 3);
    x[100] = 0x1p-20f;
    dgen_array array = borrow(x, ROWS, COLUMNS);
    for (int r = 0; r < RULES; r++) {
        dgen_quantize_options options = options_of(rules[r].rule);
        dgen_quantized q = { 0 };
        must(dgen_quantize(&q, &array, &options, &error));
        long double squares = 0, results = 0, errors = 0, products = 0, most = 0;
        int64_t clipped = 0;
        for (int b = 0; b < N / BLOCK; b++) {
            uint8_t block[34];
            reference(block, x + b * BLOCK, rules[r].rule);
            float scale = (float)half_value((uint16_t)(block[0] | block[1] << 8)), low = INFINITY, high = -INFINITY;
            for (int code = 0; code < 1 << rules[r].bits; code++) {
                uint8_t one[34];
                memcpy(one, block, 4);
                memset(one + (rules[r].rule == DGEN_PACKING_GGML_Q4_1 ? 4 : 2), code, 16);
                float value = reference_value(one, 0, rules[r].rule);
                low = fminf(low, value), high = fmaxf(high, value);
            }
            for (int j = 0; j < BLOCK; j++) {
                long double w = x[b * BLOCK + j], value = reference_value(block, j, rules[r].rule);
                squares += w * w, results += value * value, products += w * value, errors += (w - value) * (w - value);
                most = fmaxl(most, fabsl(w - value));
                clipped += w > high + fabsl((long double)scale) / 2 || w < low - fabsl((long double)scale) / 2;
            }
        }
        const char *name = dgen_packing_name(rules[r].rule);
        CHECK(q.error.max == (double)most, "%s: max %.17g, not %.17Lg", name, q.error.max, most);
        CHECK(near(q.error.rmse, sqrtl(errors / N)), "%s: rmse %.17g, not %.17Lg", name, q.error.rmse, sqrtl(errors / N));
        CHECK(near(q.error.snr_db, 10 * log10l(squares / errors)), "%s: snr %.17g", name, q.error.snr_db);
        CHECK(near(q.error.cosine, products / sqrtl(squares * results)), "%s: cosine %.17g", name, q.error.cosine);
        CHECK(q.error.clipped == clipped && q.error.nonfinite == 0, "%s: %lld clipped, not %lld", name, (long long)q.error.clipped,
              (long long)clipped);
        CHECK(rules[r].rule != DGEN_PACKING_GGML_Q4_0 || clipped > 0, "Q4_0 clips the largest elements of the other sign");
        options.certificate = 0;
        dgen_quantized bare = { 0 };
        must(dgen_quantize(&bare, &array, &options, &error));
        CHECK(isnan(bare.error.max) && isnan(bare.error.rmse) && isnan(bare.error.snr_db) && isnan(bare.error.cosine)
                  && bare.error.clipped == 0, "%s: no certificate was asked for", name);
        CHECK(!memcmp(bare.codes.data, q.codes.data, dgen_array_bytes(&q.codes)), "%s: codes without a certificate", name);
        dgen_quantized_release(&bare);
        dgen_quantized_release(&q);
    }
}

/* ----------------------------------------------------------------------------------------------------------- what is not finite */

static void nonfinite(void)
{
    enum { ROWS = 3, COLUMNS = 64 };
    float x[ROWS * COLUMNS], replaced[ROWS * COLUMNS];
    for (int policy = DGEN_NONFINITE_SATURATE; policy <= DGEN_NONFINITE_ZERO; policy++)
        for (int r = 0; r < RULES; r++) {
            fill_random(x, ROWS * COLUMNS, 0, 0);
            memcpy(replaced, x, sizeof x);
            x[5] = NAN, replaced[5] = 0;
            x[40] = INFINITY, x[63] = -INFINITY, replaced[40] = replaced[63] = 0;
            for (int j = 32; policy == DGEN_NONFINITE_SATURATE && j < 64; j++)
                if (isfinite(x[j])) replaced[40] = fmaxf(replaced[40], x[j]), replaced[63] = fminf(replaced[63], x[j]);
            for (int j = 96; j < 128; j++) x[j] = -INFINITY, replaced[j] = 0;
            dgen_quantize_options options = options_of(rules[r].rule);
            dgen_quantized q = { 0 };
            dgen_array array = borrow(x, ROWS, COLUMNS);
            options.nan = (dgen_nonfinite)policy;
            must(dgen_quantize(&q, &array, &options, &error));
            compare(&q, replaced, ROWS, COLUMNS, rules + r, "replaced");
            CHECK(q.error.nonfinite == 35, "%lld are not finite", (long long)q.error.nonfinite);
            dgen_quantized_release(&q);
            options.nan = DGEN_NONFINITE_ERROR;
            CHECK(dgen_quantize(&q, &array, &options, &error) == DGEN_EINVAL
                      && !strcmp(error.message, "x must be finite, or nan \"saturate\" or \"zero\"; element 16 is NaN"),
                  "%s", error.message); /* row 0, column 5 of 3 rows: the 16th */
        }
}

static void refuse(float *x, int64_t rows, int64_t columns, dgen_packing rule, const char *message)
{
    dgen_array array = borrow(x, rows, columns);
    dgen_quantize_options options = options_of(rule);
    dgen_quantized q = { 0 };
    uint64_t live = dgen_live_bytes();
    dgen_status status = dgen_quantize(&q, &array, &options, &error);
    CHECK(status == DGEN_EINVAL && !strcmp(error.message, message), "%s", status ? error.message : "taken");
    CHECK(!q.codes.release && dgen_live_bytes() == live, "nothing is left of a failure");
}

static void refusals(void)
{
    float x[4 * 64] = { 0 };
    refuse(x, 1, 33, DGEN_PACKING_GGML_Q8_0, "rule must be \"dgen\" for rows of 33 elements: ggml's are multiples of 32");
    x[3 * 64 + 40] = 127 * 65520.0f;
    refuse(x, 4, 64, DGEN_PACKING_GGML_Q8_0, "x must have blocks whose scale f16 can hold, to 65504, unless rule is \"dgen\"; that of "
           "the block at element 132 is 65520");
    x[64 + 31] = -8e6f;
    refuse(x, 4, 64, DGEN_PACKING_GGML_Q4_0, "x must have blocks whose scale f16 can hold, to 65504, unless rule is \"dgen\"; that of "
           "the block at element 2 is 1000000");
    for (int j = 0; j < 4 * 64; j++) x[j] = -70000;
    refuse(x, 4, 64, DGEN_PACKING_GGML_Q4_1, "x must have blocks whose minimum f16 can hold, to 65504, unless rule is \"dgen\"; that of "
           "the block at element 1 is -70000");
    x[0] = -FLT_MAX, x[1] = FLT_MAX;
    refuse(x, 1, 256, DGEN_PACKING_GGML_Q4_1, "x must have blocks whose scale f16 can hold, to 65504, unless rule is \"dgen\"; that of "
           "the block at element 1 is inf");
}

int main(int count, char **arguments)
{
    if (count > 1 && !strcmp(arguments[1], "hash")) {
        printf("%llu\n", (unsigned long long)hash_of(2, true));
        return 0;
    }
    find_isas();
    RUN(random_blocks);
    RUN(ties);
    RUN(edges);
    RUN(types_and_layouts);
    RUN(threads_and_isas);
    RUN(certificates);
    RUN(nonfinite);
    RUN(refusals);
    return TEST_END();
}
