/*
 * The kernels of quantization against exact arithmetic: scales and zeros by integers of 320 bits, codes one at a time, the bound of
 * promise 6 on each element, sums in long double; the same bits on each ISA, nothing read past the elements, nothing written past
 * the results.
 * usage: test_quantize_kernels [VALUES | --long]
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../libcore/pack.h"
#include "isas.h"
#include "test.h"

static double values_wanted = 6e6;

/* ------------------------------------------------------------------------------------------- magnitudes as multiples of 2^-149 */

enum { WORDS = 10 };
typedef struct exact { uint32_t word[WORDS]; } exact;

static exact exact_of(float x)
{
    exact out = { { 0 } };
    int e;
    float m = frexpf(fabsf(x), &e); /* m 2^24 is whole */
    int shift = e - 24 + 149;
    uint64_t whole = (uint64_t)(m * 0x1p24f);
    if (shift < 0) whole >>= -shift, shift = 0;
    whole <<= shift % 32;
    out.word[shift / 32] = (uint32_t)whole;
    out.word[shift / 32 + 1] = (uint32_t)(whole >> 32);
    return out;
}

static exact exact_sum(exact a, exact b)
{
    uint64_t carry = 0;
    for (int i = 0; i < WORDS; i++, carry >>= 32) a.word[i] = (uint32_t)(carry += (uint64_t)a.word[i] + b.word[i]);
    return a;
}

static exact exact_times(exact a, unsigned n)
{
    uint64_t carry = 0;
    for (int i = 0; i < WORDS; i++, carry >>= 32) a.word[i] = (uint32_t)(carry += (uint64_t)a.word[i] * n);
    return a;
}

static int compare(exact a, exact b)
{
    for (int i = WORDS - 1; i >= 0; i--)
        if (a.word[i] != b.word[i]) return a.word[i] < b.word[i] ? -1 : 1;
    return 0;
}

/* ------------------------------------------------------------------------------------------------------ the oracle of a group */

static bool is_midrise(const dgen_quantizer *q) { return q->symmetric && q->range == DGEN_RANGE_MIDRISE; }
static int bottom_of(const dgen_quantizer *q) { return q->symmetric && q->range == DGEN_RANGE_NARROW; }

/* True if the levels of scale s hold the range. */
static bool holds(float s, float lo, float hi, const dgen_quantizer *q)
{
    unsigned top = (1u << q->bits) - 1, half = 1u << (q->bits - 1), below, above;
    exact scale = exact_of(s), low = exact_of(lo), high = exact_of(hi);
    if (!q->symmetric) return compare(exact_times(scale, top), exact_sum(low, high)) >= 0;
    below = is_midrise(q) ? 2 : q->range == DGEN_RANGE_FULL ? half : half - 1;
    above = is_midrise(q) ? 2 : half - 1;
    return compare(exact_times(scale, below), low) >= 0 && compare(exact_times(scale, above), high) >= 0;
}

/* The number `steps` after the largest of a scale's form up to s. */
static float on_grid(float s, int steps, bool half_scale)
{
    int e;
    (void)frexpf(s, &e);
    float unit = half_scale ? ldexpf(1, e - 11 < -24 ? -24 : e - 11) : ldexpf(1, e - 16);
    for (s = floorf(s / unit) * unit; steps > 0; steps--) {
        (void)frexpf(s, &e);
        s += half_scale ? ldexpf(1, e - 11 < -24 ? -24 : e - 11) : ldexpf(1, e - 16);
    }
    return s;
}

static void oracle_scale(float *scale, int *zero, const float *x, size_t n, const dgen_quantizer *q)
{
    float least = x[0], most = x[0], smallest = q->half_scale ? 0x1p-24f : 0x1p-126f;
    int half = 1 << (q->bits - 1), top = 2 * half - 1;
    for (size_t i = 1; i < n; i++) least = fminf(least, x[i]), most = fmaxf(most, x[i]);
    float lo = fminf(least, 0), hi = fmaxf(most, 0), magnitude = fmaxf(-lo, hi);
    bool plain = q->half_scale || is_midrise(q);
    *zero = half;
    if (least == most && magnitude >= 0x1p-126f && !plain) {
        *scale = magnitude;
        if (!q->symmetric) *zero = lo < 0;
        return;
    }
    if (magnitude >= 0x1p127f && !plain) { /* the largest whose levels are within the magnitude */
        float s = on_grid(magnitude / (float)(half - 1) * .99999f, 0, false), next;
        while (isfinite(next = on_grid(s, 1, false))
               && compare(exact_times(exact_of(next), (unsigned)half - 1), exact_of(magnitude)) <= 0)
            s = next;
        *scale = s;
        return;
    }
    long double below = is_midrise(q) ? 2 : q->range == DGEN_RANGE_FULL ? half : half - 1, above = is_midrise(q) ? 2 : half - 1;
    long double estimate = q->symmetric ? fmaxl(-lo / below, hi / above) : ((long double)hi - lo) / top;
    if (q->half_scale && estimate > 65504) estimate = 65504;
    float s = (float)(estimate * (q->half_scale ? .9985L : .99996L)); /* then to the first that holds */
    s = s < smallest ? smallest : on_grid(s, 0, q->half_scale);
    while (!holds(s, lo, hi, q) && !(q->half_scale && s >= 65504)) s = on_grid(s, 1, q->half_scale);
    *scale = s;
    if (q->symmetric) return;
    int k = (int)fminl((long double)-lo / s, top); /* -lo / s rounded to even, and top at most */
    exact twice = exact_times(exact_of(lo), 2), middle = exact_times(exact_of(s), 2 * (unsigned)k + 1);
    int order = compare(twice, middle);
    if (order > 0 || (order == 0 && k % 2)) k++;
    *zero = k > top ? top : k;
}

/* x / s rounded to even. */
static double quotient(float x, float s)
{
    long double q = fabsl(x) / s;
    if (q > 1e6) return x < 0 ? -1e6 : 1e6;
    unsigned k = (unsigned)q;
    int order = compare(exact_times(exact_of(x), 2), exact_times(exact_of(s), 2 * k + 1));
    if (order > 0 || (order == 0 && k % 2)) k++;
    return x < 0 ? -(double)k : k;
}

static int oracle_code(float x, float s, int zero, const dgen_quantizer *q)
{
    int top = (1 << q->bits) - 1, bottom = bottom_of(q);
    if (is_midrise(q)) {
        long double code = floorl((long double)x / s) + 2;
        return code < 0 ? 0 : code > 3 ? 3 : (int)code;
    }
    volatile float inverse = 1 / s, t = x * inverse;
    double code = (q->exact || s > 0x1p126f ? quotient(x, s) : rint(t)) + zero;
    return code < bottom ? bottom : code > top ? top : (int)code;
}

static long double level_of(int code, float s, int zero, const dgen_quantizer *q)
{
    return (code - (is_midrise(q) ? 1.5L : zero)) * s;
}

static float ulp(float x)
{
    int e;
    (void)frexpf(x, &e);
    return ldexpf(1, x == 0 || e - 24 < -149 ? -149 : e - 24);
}

/* ---------------------------------------------------------------------------------------------------------------- elements */

static float any_float(void)
{
    uint32_t bits;
    float x;
    do {
        bits = (uint32_t)(test_random() >> 32);
        memcpy(&x, &bits, 4);
    } while (!isfinite(x));
    return x;
}
static double uniform(void) { return (double)(test_random() >> 11) * 0x1p-53; }
static double between(double a, double b) { return a + (b - a) * uniform(); }
static int pick(int n) { return (int)(test_random() % (uint64_t)n); }
static float saturated(double x) { return x > FLT_MAX ? FLT_MAX : x < -FLT_MAX ? -FLT_MAX : (float)x; }

static float moved(float x, int ulps)
{
    for (; ulps > 0; ulps--) x = nextafterf(x, INFINITY);
    for (; ulps < 0; ulps++) x = nextafterf(x, -INFINITY);
    return isfinite(x) ? x : 0;
}

enum { KINDS = 14 };
static void fill_group(float *x, size_t n, int kind, int bits)
{
    int levels = (1 << bits) - 1, first = pick(levels + 1);
    double size = ldexp(1, pick(3) ? pick(40) - 20 : pick(260) - 140);
    float s = (float)((32768 + pick(32768)) * ldexp(1, pick(3) ? pick(30) - 30 : pick(220) - 130)), constant = any_float();
    for (size_t i = 0; i < n; i++)
        switch (kind) {
        case 0: x[i] = saturated(size * sqrt(-2 * log(1 - uniform())) * cos(between(0, 6.283185307179586))); break;
        case 1: x[i] = saturated(size * between(-1, 1)); break;
        case 2: x[i] = saturated(size * between(.5, 1)); break;
        case 3: x[i] = saturated(size * between(-1, -.25)); break;
        case 4: x[i] = (float)(pick(2 * levels + 1) - 2 * first) * .5f * s; break; /* ties */
        case 5: /* near ties of a scale that the first two elements make exact */
            x[i] = i == 0 ? (float)-first * s : i == 1 ? (float)(levels - first) * s
                   : moved((float)(pick(2 * levels + 1) - 2 * first) * .5f * s, pick(7) - 3);
            break;
        case 6: x[i] = saturated(between(-FLT_MAX, FLT_MAX) * (pick(4) ? 1 : 1e-3)); break;
        case 7: x[i] = (float)(pick(1 << 24) - (1 << 23)) * 0x1p-149f; break;
        case 8: x[i] = constant; break;
        case 9: x[i] = pick(2) ? 0.f : -0.f; break;
        case 10: x[i] = any_float(); break;
        case 11: x[i] = (float)(pick(255) - 127) * (float)size; break;
        case 12: x[i] = pick(8) ? 0 : saturated(size * between(-1, 1)); break;
        default: x[i] = i % 2 ? moved(FLT_MAX, -pick(1000)) : pick(2) ? -FLT_MAX : (float)(between(-1, 1) * 0x1p127);
        }
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i])) x[i] = 1;
}

/* ------------------------------------------------------------------------------------------------------------ a run of a kernel */

enum { MOST = 20000, MOST_GROUPS = MOST, GUARD = 64, GUARDED = 0xa5 };

/* Elements end where memory ends. */
static float *end_of_memory;
static void make_memory(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = (MOST * sizeof(float) / page + 1) * page;
    char *memory = mmap(NULL, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + bytes, page, PROT_NONE)) {
        puts("no memory");
        exit(2);
    }
    end_of_memory = (float *)(memory + bytes);
}

typedef struct result {
    uint8_t codes[GUARD + MOST + GUARD], zero[GUARD + MOST_GROUPS + GUARD];
    float scale[GUARD + MOST_GROUPS + GUARD];
    dgen_deviation deviation;
    size_t done;
} result;
static result results[MAX_ISAS], plain;

/* For so many bytes of codes and so many groups. */
static void prepare(result *r, size_t bytes, size_t groups)
{
    memset(r->codes, GUARDED, bytes + 2 * GUARD);
    memset(r->zero, GUARDED, groups + 2 * GUARD);
    memset(r->scale, GUARDED, (groups + 2 * GUARD) * sizeof(float));
    r->deviation = (dgen_deviation){ 0 };
    r->done = 0;
}

static bool guarded(const void *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((const uint8_t *)at)[i] != GUARDED) return false;
    return true;
}

static bool guards_stand(const result *r, size_t bytes, size_t groups)
{
    return guarded(r->codes, GUARD) && guarded(r->codes + GUARD + bytes, GUARD) && guarded(r->zero, GUARD)
           && guarded(r->zero + GUARD + groups, GUARD) && guarded(r->scale, GUARD * sizeof(float))
           && guarded(r->scale + GUARD + groups, GUARD * sizeof(float));
}

static const char *text_of(const dgen_quantizer *q, size_t n, size_t group)
{
    static char text[200];
    snprintf(text, sizeof text, "%d bits, %s, range %d%s%s, %zu of %zu", q->bits, q->symmetric ? "symmetric" : "asymmetric", q->range,
             q->exact ? ", exact" : "", q->half_scale ? ", f16" : "", group, n);
    return text;
}

static bool same_results(const result *a, const result *b, size_t bytes, size_t groups)
{
    return a->done == b->done && !memcmp(a->codes + GUARD, b->codes + GUARD, bytes) && !memcmp(a->zero + GUARD, b->zero + GUARD, groups)
           && !memcmp(a->scale + GUARD, b->scale + GUARD, groups * sizeof(float)) && !memcmp(&a->deviation, &b->deviation, sizeof a->deviation);
}

/* Sums of up to 4096 / 16 squares a column in f32 and two roundings of each; the rows of 16 begin anew with a group. */
static bool sum_is_near(double got, long double want, size_t group)
{
    size_t row = group < 16 ? group : 16, rows = 4096 / row + 4096 / group;
    return fabsl(got - want) <= want * (long double)(rows + 4) * 0x1p-24L;
}

static void check_deviation(const dgen_deviation *got, const float *x, size_t n, size_t group, size_t phase, const result *r,
                            const dgen_quantizer *q)
{
    long double squares = 0, result_squares = 0, error_squares = 0, most = 0;
    int64_t clipped = 0;
    int top = (1 << q->bits) - 1, bottom = bottom_of(q);
    for (size_t i = 0; i < n; i++) {
        float s = r->scale[GUARD + (i + phase) / group];
        int zero = r->zero[GUARD + (i + phase) / group];
        long double w = level_of(dgen__code_get(r->codes + GUARD, i, q->bits), s, zero, q), e = fabsl(x[i] - w);
        squares += (long double)x[i] * x[i];
        result_squares += w * w;
        error_squares += e * e;
        if (e > most) most = e;
        clipped += x[i] - level_of(top, s, zero, q) > s * .5L || level_of(bottom, s, zero, q) - x[i] > s * .5L;
    }
    CHECK(sum_is_near(got->squares, squares, group), "%.9g, not %.9Lg: %s", got->squares, squares, text_of(q, n, group));
    CHECK(sum_is_near(got->result_squares, result_squares, group), "%.9g, not %.9Lg: %s", got->result_squares, result_squares,
          text_of(q, n, group));
    CHECK(sum_is_near(got->error_squares, error_squares, group), "%.9g, not %.9Lg: %s", got->error_squares, error_squares,
          text_of(q, n, group));
    CHECK(fabsl(got->most - most) <= most * 0x1p-24L, "%.9g, not %.9Lg: %s", got->most, most, text_of(q, n, group));
    CHECK(got->clipped == clipped, "%lld, not %lld: %s", (long long)got->clipped, (long long)clipped, text_of(q, n, group));
}

/* Codes against the oracle, with the scales that are there. */
static void check_codes(const float *x, size_t n, size_t group, size_t phase, const result *r, const dgen_quantizer *q, bool bounded)
{
    for (size_t i = 0; i < n; i++) {
        float s = r->scale[GUARD + (i + phase) / group];
        int zero = r->zero[GUARD + (i + phase) / group], code = dgen__code_get(r->codes + GUARD, i, q->bits);
        int want = oracle_code(x[i], s, zero, q);
        CHECK(code == want, "code %d, not %d, of %a by %a, zero %d: %s", code, want, (double)x[i], (double)s, zero,
              text_of(q, n, group));
        if (!bounded) continue;
        long double w = level_of(code, s, zero, q), beyond = fabsl(x[i] - w) - s * .5L;
        CHECK(beyond <= (q->exact ? 0 : 2) * (long double)ulp(x[i]), "%a is %La, scale %a: %s", (double)x[i], w, (double)s,
              text_of(q, n, group));
        CHECK(w == (float)w, "%La is no f32: %s", w, text_of(q, n, group));
        CHECK(x[i] != 0 || w == 0 || is_midrise(q), "0 is %La: %s", w, text_of(q, n, group));
    }
    size_t bits = n * (size_t)q->bits % 8;
    CHECK(!bits || r->codes[GUARD + n * (size_t)q->bits / 8] >> bits == 0, "bits past the row: %s", text_of(q, n, group));
}

static void check_group(const float *x, size_t n, size_t g, const result *r, const dgen_quantizer *q)
{
    float s, got = r->scale[GUARD + g];
    int zero;
    oracle_scale(&s, &zero, x, n, q);
    CHECK(got == s, "scale %a, not %a: %s", (double)got, (double)s, text_of(q, n, n));
    CHECK(r->zero[GUARD + g] == zero, "zero %d, not %d, by %a: %s", r->zero[GUARD + g], zero, (double)s, text_of(q, n, n));
}

static dgen_quantizer any_quantizer(void)
{
    dgen_quantizer q = { .bits = 2 << pick(3), .symmetric = pick(2), .exact = pick(3) == 0, .half_scale = pick(5) == 0 };
    q.range = !q.symmetric ? DGEN_RANGE_FULL : q.bits == 2 ? pick(3) : pick(2);
    return q;
}

static size_t any_group(void)
{
    static const size_t usual[] = { 1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 48, 50, 63, 64, 96, 100, 127, 128, 192, 255, 256, 257, 300 };
    return pick(3) ? usual[pick(sizeof usual / sizeof *usual)] : (size_t)pick(300) + 1;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Elements of an f16 scale that is at its limit are clipped. */
static bool is_within(const float *x, size_t n, const dgen_quantizer *q)
{
    for (size_t i = 0; i < n; i++)
        if (q->half_scale && fabsf(x[i]) > 65504) return false;
    return true;
}

/* A row of groups through each ISA, and the oracle. Returns how many elements. */
static size_t run_row(void)
{
    dgen_quantizer q = any_quantizer();
    size_t group = any_group(), n = (size_t)pick((int)smaller(MOST, group * 40)) + 1, groups = (n + group - 1) / group;
    size_t bytes = dgen__packed_bytes(n, q.bits);
    float *x = end_of_memory - n;
    int kind = pick(KINDS + 1);
    for (size_t g = 0; g < groups; g++)
        fill_group(x + g * group, smaller(group, n - g * group), kind < KINDS ? kind : pick(KINDS), q.bits);
    for (int i = 0; i < isa_count; i++) {
        prepare(&results[i], bytes, groups);
        results[i].done = isas[i]->quantization->quantize(results[i].codes + GUARD, results[i].scale + GUARD, results[i].zero + GUARD, x, n,
                                                          group, &q, &results[i].deviation);
        CHECK(guards_stand(&results[i], bytes, groups), "%s: %s", isas[i]->name, text_of(&q, n, group));
        CHECK(same_results(&results[i], &results[0], bytes, groups), "%s differs: %s", isas[i]->name, text_of(&q, n, group));
        prepare(&plain, bytes, groups);
        plain.done = isas[i]->quantization->quantize(plain.codes + GUARD, plain.scale + GUARD, plain.zero + GUARD, x, n, group, &q, NULL);
        plain.deviation = results[i].deviation;
        CHECK(same_results(&plain, &results[0], bytes, groups), "%s differs without deviation: %s", isas[i]->name, text_of(&q, n, group));
    }
    CHECK(results[0].done == n, "%zu done: %s", results[0].done, text_of(&q, n, group));
    bool bounded = is_within(x, n, &q);
    for (size_t g = 0; g < groups; g++) check_group(x + g * group, smaller(group, n - g * group), g, &results[0], &q);
    check_codes(x, n, group, 0, &results[0], &q, bounded);
    check_deviation(&results[0].deviation, x, n, group, 0, &results[0], &q);
    CHECK(!bounded || results[0].deviation.clipped == 0, "%s", text_of(&q, n, group));
    return n;
}

static void rows_of_groups(void)
{
    double values = 0;
    test_state = 1;
    while (values < values_wanted) values += (double)run_row();
    printf("# %.3g values\n", values);
}

/* With given scales, zeros, and a first group that is cut. */
static void given_scales(void)
{
    test_state = 2;
    for (double values = 0; values < values_wanted / 4;) {
        dgen_quantizer q = any_quantizer();
        size_t group = any_group(), phase = (size_t)pick((int)group), n = (size_t)pick((int)smaller(MOST - 512, group * 30)) + 1;
        size_t groups = (phase + n + group - 1) / group, bytes = dgen__packed_bytes(n, q.bits);
        int half = 1 << (q.bits - 1);
        float *x = end_of_memory - n, scale[1 << 8];
        uint8_t zero[1 << 8];
        if (groups > 256) continue;
        fill_group(x, n, pick(KINDS), q.bits);
        for (size_t g = 0; g < groups; g++) {
            float reference = x[smaller(n - 1, g * group)];
            scale[g] = on_grid((float)(fabsf(reference) * ldexp(1, -pick(10))), 0, false);
            if (!(scale[g] >= 0x1p-120f)) scale[g] = pick(2) ? 1 : 0x1p-126f;
            if (!(scale[g] < 0x1p118f)) scale[g] = 0x1p118f;
            zero[g] = (uint8_t)(q.symmetric ? half : pick(2 * half));
        }
        for (int i = 0; i < isa_count; i++) {
            prepare(&results[i], bytes, groups);
            memcpy(results[i].scale + GUARD, scale, groups * sizeof *scale);
            memcpy(results[i].zero + GUARD, zero, groups);
            isas[i]->quantization->encode(results[i].codes + GUARD, scale, zero, x, n, group, phase, &q, &results[i].deviation);
            CHECK(guards_stand(&results[i], bytes, groups), "%s: %s", isas[i]->name, text_of(&q, n, group));
            CHECK(same_results(&results[i], &results[0], bytes, groups), "%s differs: %s", isas[i]->name, text_of(&q, n, group));
        }
        check_codes(x, n, group, phase, &results[0], &q, false);
        check_deviation(&results[0].deviation, x, n, group, phase, &results[0], &q);
        values += (double)n;
    }
}

/* A NaN or an infinity anywhere: what comes before its superblock is done as without it. */
static void non_finite(void)
{
    static const float bad[] = { NAN, -NAN, INFINITY, -INFINITY };
    test_state = 3;
    for (int round = 0; round < 3000; round++) {
        dgen_quantizer q = any_quantizer();
        size_t group = any_group(), n = (size_t)pick((int)smaller(MOST, group * 40)) + 1, at = (size_t)pick((int)n);
        size_t super = dgen__superblock(group), before = at / super * super, groups = before / group;
        size_t of_row = (n + group - 1) / group, bytes = dgen__packed_bytes(n, q.bits);
        float *x = end_of_memory - n;
        fill_group(x, n, pick(3), q.bits);
        x[at] = bad[pick(4)];
        for (int i = 0; i < isa_count; i++) {
            const dgen_quantize_kernels *kernels = isas[i]->quantization;
            prepare(&results[0], bytes, of_row), prepare(&plain, bytes, of_row);
            size_t done = kernels->quantize(results[0].codes + GUARD, results[0].scale + GUARD, results[0].zero + GUARD, x, n, group, &q,
                                            &results[0].deviation);
            CHECK(done == before, "%s: %zu, not %zu: %s", isas[i]->name, done, before, text_of(&q, n, group));
            if (before) kernels->quantize(plain.codes + GUARD, plain.scale + GUARD, plain.zero + GUARD, x, before, group, &q, &plain.deviation);
            CHECK(!memcmp(results[0].codes + GUARD, plain.codes + GUARD, dgen__packed_bytes(before, q.bits))
                      && !memcmp(results[0].scale + GUARD, plain.scale + GUARD, groups * sizeof(float))
                      && !memcmp(&results[0].deviation, &plain.deviation, sizeof plain.deviation),
                  "%s: %s", isas[i]->name, text_of(&q, n, group));
            float least = INFINITY, most = -INFINITY;
            CHECK(!kernels->range(&least, &most, x, n), "%s: %a at %zu of %zu", isas[i]->name, (double)x[at], at, n);
        }
    }
}

/* The kernels of ranges and of scales alone. */
static void ranges_and_scales(void)
{
    test_state = 4;
    for (int round = 0; round < 20000; round++) {
        dgen_quantizer q = any_quantizer();
        size_t n = (size_t)pick(300) + 1, count = (size_t)pick(40) + 1;
        float *x = end_of_memory - n, least[40], most[40], want_least = INFINITY, want_most = -INFINITY;
        fill_group(x, n, pick(KINDS), q.bits);
        for (size_t k = 0; k < n; k++) want_least = fminf(want_least, x[k]), want_most = fmaxf(want_most, x[k]);
        for (size_t k = 0; k < count; k++) least[k] = pick(2) ? want_least : x[0], most[k] = want_most;
        for (int i = 0; i < isa_count; i++) {
            const dgen_quantize_kernels *kernels = isas[i]->quantization;
            float low = INFINITY, high = -INFINITY;
            bool fine = kernels->range(&low, &high, x, n);
            CHECK(fine && low == want_least && high == want_most && !(signbit(low) && low == 0) && !(signbit(high) && high == 0),
                  "%s: %a to %a, not %a to %a", isas[i]->name, (double)low, (double)high, (double)want_least, (double)want_most);
            prepare(&results[i], 0, count);
            kernels->scales(results[i].scale + GUARD, results[i].zero + GUARD, least, most, count, &q);
            CHECK(guards_stand(&results[i], 0, count), "%s: %zu scales", isas[i]->name, count);
            CHECK(same_results(&results[i], &results[0], 0, count), "%s differs: %s", isas[i]->name, text_of(&q, n, n));
        }
        for (size_t k = 0; k < count; k++) check_group((float[]){ least[k], most[k] }, 2, k, &results[0], &q);
    }
}

/* What the documentation says of a few groups. */
static void plain_cases(void)
{
    const dgen_quantize_kernels *kernels = isas[isa_count - 1]->quantization;
    float x[255], scale, least = INFINITY, most = -INFINITY;
    uint8_t codes[255], zero;
    dgen_quantizer q = { .bits = 8, .symmetric = true };
    dgen_deviation deviation = { 0 };
    for (int i = 0; i < 255; i++) x[i] = (float)(i - 127);
    CHECK(kernels->quantize(codes, &scale, &zero, x, 255, 255, &q, &deviation) == 255, "255 integers");
    CHECK(scale == 1 && zero == 128 && deviation.most == 0 && deviation.error_squares == 0, "integers are not exact: scale %g", scale);
    for (int i = 0; i < 255; i++) CHECK(codes[i] == i + 1, "%d is %d", i - 127, codes[i]);
    q.symmetric = false;
    CHECK(kernels->range(&least, &most, x, 255) && least == -127 && most == 127, "%g to %g", least, most);
    x[254] = 128;
    CHECK(kernels->quantize(codes, &scale, &zero, x, 255, 255, &q, NULL) == 255 && scale == 1 && zero == 127, "scale %g", scale);
    CHECK(kernels->quantize(codes, &scale, &zero, (float[]){ -.3f, -.3f }, 2, 2, &q, NULL) == 2 && scale == .3f && zero == 1 && codes[1] == 0,
          "a constant: %g", scale);
}

int main(int argc, char **argv)
{
    if (argc > 1) values_wanted = strcmp(argv[1], "--long") ? atof(argv[1]) : 1e9;
    find_isas();
    make_memory();
    RUN(plain_cases);
    RUN(ranges_and_scales);
    RUN(rows_of_groups);
    RUN(given_scales);
    RUN(non_finite);
    return TEST_END();
}
