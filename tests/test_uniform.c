/*
 * Uniform values: against their definition, from a second implementation of the stream and from words of choice; within their
 * bounds wherever rounding would take them; in full resolution, every exponent by its probability.
 */
#include <float.h>
#include <math.h>

#include "test.h"

#include "drawing.h"
#include "statistics.h"

static dgen_error error;

/* n values from `offset` on into a new array. */
static dgen_array draw(dgen_dtype dtype, int64_t n, double low, double high, uint64_t seed, uint64_t stream, uint64_t offset,
                       int full)
{
    dgen_array out = { 0 };
    dgen_operand bounds[2] = { { NULL, low }, { NULL, high } };
    dgen_random_options options;
    dgen_random_options_init(&options);
    options.dtype = dtype, options.has_dtype = 1;
    options.seed = seed, options.has_seed = 1;
    options.stream = stream;
    options.offset = offset;
    options.full_resolution = full;
    if (dgen_random(&out, DGEN_DISTRIBUTION_uniform, 1, &n, bounds, &options, &error)) exit((puts(error.message), 1));
    return out;
}

/* ------------------------------------------------------------------------------------------------------------- definition */

/* low + (high - low) u, and the number below high where that is not below it. */
static double between(double low, double high, double u)
{
    volatile double width = high - low, product = width * u, sum = low + product;
    return sum < high || low == high ? sum : fmax(nextafter(high, -INFINITY), low);
}

static float between_f32(float low, float high, float u)
{
    volatile float width = high - low, product = width * u, sum = low + product;
    return sum < high || low == high ? sum : fmaxf(nextafterf(high, -INFINITY), low);
}

static const double bounds[][2] = {
    { 0, 1 },         { -3, 7.5 },          { 2, 2 },        { -1, 0 },          { 0, 5e-324 },        { -5e-324, 0 },
    { -0.0, 0 },      { 1, 1 + 0x1p-52 },   { 1, 1 + 0x1p-23 }, { -1 - 0x1p-22, -1 }, { 0x1p52, 0x1p52 + 3 }, { 1e-310, 3e-310 },
    { 16777214, 16777217 }, { 0.1, 0.3 },   { -1e30, 1e30 }, { 1e-40, 2e-40 },   { -DBL_MAX / 2, DBL_MAX / 2 }, { 1e308, DBL_MAX },
};
enum { BOUNDS = sizeof bounds / sizeof *bounds };

static int fit_f32(const double *b) { return fabs(b[0]) <= FLT_MAX && fabs(b[1]) <= FLT_MAX; }

static void values_are_fractions_of_the_stream(void)
{
    enum { N = 1500 };
    static uint64_t wide[N];
    static uint32_t narrow[N];
    reference_init();
    for (int i = 0; i < BOUNDS; i++) {
        uint64_t seed = test_random(), stream = i % 3 ? test_random() : 0, offset = i % 4 ? test_random() >> 12 : 0;
        double low = bounds[i][0], high = bounds[i][1];
        reference_fill_domain((uint8_t *)wide, sizeof wide, 4, seed, stream, 8 * offset);
        reference_fill_domain((uint8_t *)narrow, sizeof narrow, 4, seed, stream, 4 * offset);
        dgen_array x = draw(DGEN_F64, N, low, high, seed, stream, offset, 0);
        for (int k = 0; k < N; k++) {
            double wanted = between(low, high, ldexp((double)(wide[k] >> 11), -53)), got = ((double *)x.data)[k];
            CHECK(got == wanted, "f64 in (%g, %g): value %d is %a, not %a", low, high, k, got, wanted);
        }
        dgen_array_release(&x);
        if (!fit_f32(bounds[i])) continue;
        x = draw(DGEN_F32, N, low, high, seed, stream, offset, 0);
        for (int k = 0; k < N; k++) {
            float wanted = between_f32((float)low, (float)high, ldexpf((float)(narrow[k] >> 8), -24)), got = ((float *)x.data)[k];
            CHECK(got == wanted, "f32 in (%g, %g): value %d is %a, not %a", low, high, k, got, wanted);
        }
        dgen_array_release(&x);
    }
}

/* The first bits until a 1, wherever it is, then the significand. */
static double full_fraction(int type, int i)
{
    int bits = is_f32(type) ? 32 : 64, mantissa = is_f32(type) ? 23 : 52, zeros = 0;
    uint64_t w = is_f32(type) ? ((const uint32_t *)words)[i] : words[i], more = side_of((uint64_t)i, 0);
    while (zeros < bits - mantissa && !(w >> (bits - 1 - zeros) & 1)) zeros++;
    if (zeros == bits - mantissa)
        for (int j = 63; j > 0 && !(more >> j & 1); j--) zeros++;
    double significand = (double)(w & ((UINT64_C(1) << mantissa) - 1));
    return ldexp(1 + ldexp(significand, -mantissa), -zeros - 1);
}

static double fraction(int type, int i)
{
    return is_f32(type) ? ldexp(((const uint32_t *)words)[i] >> 8, -24) : ldexp((double)(words[i] >> 11), -53);
}

/* Both resolutions, of words that random ones would take ages to bring, under every ISA. */
static void words_of_choice(void)
{
    static _Alignas(64) unsigned char out[8 * WORDS];
    for (int type = DGEN_DRAW_F64; type <= DGEN_DRAW_F32; type++)
        for (int full = 0; full < 2; full++)
            for (int b = 0; b < BOUNDS; b++) {
                double low = bounds[b][0], high = bounds[b][1];
                int method = full ? DGEN_DRAW_uniform_full : DGEN_DRAW_uniform;
                if (is_f32(type) && !fit_f32(bounds[b])) continue;
                check_kernel(full ? "uniform, full" : "uniform", method, type, low, high);
                draw_of_words(out, isas[0], method, type, &low, &high, 3);
                for (int i = 0; i < WORDS; i++) {
                    double u = full ? full_fraction(type, i) : fraction(type, i), got = element(out, type, i);
                    double wanted = is_f32(type) ? between_f32((float)low, (float)high, (float)u) : between(low, high, u);
                    double top = is_f32(type) ? (float)high : high, bottom = is_f32(type) ? (float)low : low;
                    CHECK(got == wanted, "%s in (%g, %g) of word %016llx: %a, not %a", full ? "full" : "standard", low, high,
                          (unsigned long long)words[i], got, wanted);
                    CHECK(got >= bottom && (got < top || top == bottom), "%a is not in (%a, %a)", got, bottom, top);
                }
            }
}

/* Each value with bounds of its own, in any mixture. */
static void bounds_of_their_own(void)
{
    static double low[WORDS], high[WORDS], out[WORDS];
    static float out_f32[WORDS];
    for (int i = 0; i < WORDS; i++) {
        int b = i % BOUNDS;
        low[i] = fit_f32(bounds[b]) ? bounds[b][0] : -1;
        high[i] = fit_f32(bounds[b]) ? bounds[b][1] : 1;
    }
    for (int k = 0; k < isa_count; k++) {
        draw_of_words(out, isas[k], DGEN_DRAW_uniform, DGEN_DRAW_F64, low, high, 0);
        draw_of_words(out_f32, isas[k], DGEN_DRAW_uniform_full, DGEN_DRAW_F32, low, high, 0);
        for (int i = 0; i < WORDS; i++) {
            double wanted = between(low[i], high[i], fraction(DGEN_DRAW_F64, i));
            float wanted_f32 = between_f32((float)low[i], (float)high[i], (float)full_fraction(DGEN_DRAW_F32, i));
            CHECK(out[i] == wanted, "%s: value %d in (%g, %g) is %a, not %a", isas[k]->name, i, low[i], high[i], out[i], wanted);
            CHECK(out_f32[i] == wanted_f32, "%s: f32 value %d in (%g, %g) is %a, not %a", isas[k]->name, i, low[i], high[i],
                  out_f32[i], wanted_f32);
        }
    }
}

/* A width that the type does not hold has no fractions. */
static void widths_must_be_finite(void)
{
    static const double refused[][2] = { { -DBL_MAX, DBL_MAX }, { -3e38, 3e38 }, { 0, 1e300 }, { 1e300, 1e300 } };
    for (int i = 0; i < 4; i++)
        for (int f32 = 0; f32 < 2; f32++) {
            const int64_t n = 10;
            dgen_array out = { 0 };
            dgen_operand parameters[2] = { { NULL, refused[i][0] }, { NULL, refused[i][1] } };
            dgen_random_options options;
            dgen_random_options_init(&options);
            options.dtype = f32 ? DGEN_F32 : DGEN_F64, options.has_dtype = 1;
            dgen_status status = dgen_random(&out, DGEN_DISTRIBUTION_uniform, 1, &n, parameters, &options, &error);
            bool finite = !f32 && i > 0;
            CHECK((status == DGEN_OK) == finite, "%g to %g in %s: %d", refused[i][0], refused[i][1], f32 ? "f32" : "f64", status);
            if (status == DGEN_OK) dgen_array_release(&out);
            else CHECK(!strncmp(error.message, "max - min must be finite", 24), "says %s", error.message);
        }
}

/* --------------------------------------------------------------------------------------------------------- distribution */

enum { MANY = 1 << 22, CLASSES = 4096, FITTED = 1 << 18 };

/* Standard and full: even over classes, and by Anderson and Darling. */
static void values_are_uniform(void)
{
    static double observed[CLASSES], u[FITTED];
    for (int kind = 0; kind < 4; kind++) {
        dgen_dtype dtype = kind % 2 ? DGEN_F32 : DGEN_F64;
        dgen_array x = draw(dtype, MANY, 0, 1, 77, 0, 0, kind / 2);
        memset(observed, 0, sizeof observed);
        for (int i = 0; i < MANY; i++) {
            double value = dgen_array_get(&x, i), half = kind / 2 ? 0 : dtype == DGEN_F32 ? 0x1p-25 : 0x1p-54;
            observed[(int)(value * CLASSES)]++;
            if (i < FITTED) u[i] = value + half;
        }
        double p = even_chi_square_p(observed, CLASSES), q = uniformity_p(u, FITTED, NULL);
        CHECK(p > P_LIMIT && p < 1 - P_LIMIT && q > P_LIMIT, "kind %d: p = %g, %g", kind, p, q);
        dgen_array_release(&x);
    }
}

/* In full resolution values below 2^-k come with probability 2^-k, as evenly within an octave: even beyond where a word ends. */
static void full_resolution_goes_deep(void)
{
    for (int kind = 0; kind < 2; kind++) {
        double exponents[24] = { 0 }, expected[24], within[256] = { 0 };
        int last = 20;
        dgen_array x = draw(kind ? DGEN_F32 : DGEN_F64, MANY, 0, 1, 78, 3, 0, 1);
        for (int i = 0; i < MANY; i++) {
            int exponent;
            double m = frexp(dgen_array_get(&x, i), &exponent);
            exponents[-exponent < last ? -exponent : last]++;
            if (exponent <= -8) within[(int)((2 * m - 1) * 256)]++;
        }
        for (int i = 0; i <= last; i++) expected[i] = ldexp(MANY, i < last ? -i - 1 : -last);
        double p = chi_square_p(exponents, expected, last + 1), q = even_chi_square_p(within, 256);
        CHECK(p > P_LIMIT && q > P_LIMIT, "%s: exponents p = %g, significands p = %g", kind ? "f32" : "f64", p, q);
        dgen_array_release(&x);
    }
}

int main(void)
{
    find_isas();
    make_words();
    RUN(values_are_fractions_of_the_stream);
    RUN(words_of_choice);
    RUN(bounds_of_their_own);
    RUN(widths_must_be_finite);
    RUN(values_are_uniform);
    RUN(full_resolution_goes_deep);
    return TEST_END();
}
