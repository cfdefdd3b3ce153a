/*
 * Normal, exponential, lognormal and Cauchy values. The ziggurats' tables against the geometry that they stand for, in long
 * double; values against their words, by formulas in long double where they follow from one; what words beyond the layers
 * make, against the area that the layers leave; and all of it against the exact distribution functions. test_tails.c goes
 * far out.
 */
#include <math.h>
#include <float.h>

#include "test.h"

#include "drawing.h"
#include "statistics.h"
#include "../libcore/kernels/ziggurat.h"

static dgen_error error;
static const long double PI = 3.14159265358979323846264338327950288L;

/* A density with its ziggurat: without its factor, with its total and upper areas. */
typedef struct law {
    const char *name;
    const dgen_ziggurat *table;
    int layers, method;
    long double (*density)(long double x), (*above)(long double x);
} law;

static long double normal_density(long double x) { return expl(-x * x / 2); }
static long double normal_above(long double x) { return sqrtl(PI / 2) * erfcl(x / sqrtl(2)); }
static long double exponential_density(long double x) { return expl(-x); }

static const law laws[] = {
    { "normal", &dgen__ziggurat_normal, DGEN_ZIGGURAT_NORMAL_LAYERS, DGEN_DRAW_normal, normal_density, normal_above },
    { "exponential", &dgen__ziggurat_exponential, DGEN_ZIGGURAT_EXPONENTIAL_LAYERS, DGEN_DRAW_exponential, exponential_density,
      exponential_density },
};

/* The area between a and b, which are near: Simpson's rule over 256 steps. */
static long double area_between(const law *law, long double a, long double b)
{
    long double h = (b - a) / 256, sum = law->density(a) + law->density(b);
    for (int i = 1; i < 256; i++) sum += (i % 2 ? 4 : 2) * law->density(a + i * h);
    return sum * h / 3;
}

/* Region r from 1 on: the box right of x[r], or the cap. */
static long double left_of(const law *law, int r) { return r < law->layers ? (long double)law->table->x[r] : 0; }

/* What the layers leave of the part from a to b of region r. */
static long double area_left(const law *law, int r, long double a, long double b)
{
    return area_between(law, a, b) - (b - a) * law->density(law->table->x[r - 1]);
}

static long double region_area(const law *law, int r)
{
    return r ? area_left(law, r, left_of(law, r), law->table->x[r - 1]) : law->above(law->table->x[0]);
}

/* --------------------------------------------------------------------------------------------------------------- geometry */

static void layers_have_one_area(void)
{
    for (int k = 0; k < 2; k++) {
        const law *law = &laws[k];
        const double *x = law->table->x;
        long double one = law->above(0) / DGEN_ZIGGURAT_ROWS, below = 0;
        for (int i = 0; i < law->layers; i++) {
            long double height = law->density(x[i]), area = x[i] * (height - below);
            CHECK(fabsl(area / one - 1) < 1e-11L, "%s: layer %d has %.15Lg of its area", law->name, i, area / one);
            CHECK(i == 0 || x[i] < x[i - 1], "%s: layer %d is too wide", law->name, i);
            below = height;
        }
        for (long double width = x[law->layers - 1]; width > 0; width -= 1e-4L)
            CHECK(width * (law->density(width) - below) < one, "%s: another layer fits", law->name);
        for (int i = law->layers; i < DGEN_ZIGGURAT_ROWS; i++) CHECK(x[i] < 0, "%s: row %d is no layer", law->name, i);
    }
}

static void regions_are_chosen_by_their_area(void)
{
    const uint64_t whole = UINT64_C(1) << 54;
    for (int k = 0; k < 2; k++) {
        const law *law = &laws[k];
        static uint64_t share[DGEN_ZIGGURAT_ROWS];
        memset(share, 0, sizeof share);
        for (int i = 0; i < DGEN_ZIGGURAT_ROWS; i++) {
            uint64_t entry = law->table->alias[i], own = entry >> 10;
            share[i] += own;
            share[entry & 1023] += whole - own;
        }
        long double left = law->above(0) / DGEN_ZIGGURAT_ROWS * (DGEN_ZIGGURAT_ROWS - law->layers), sum = 0;
        for (int r = 0; r <= law->layers; r++) {
            long double area = region_area(law, r), got = ldexpl(share[r], -64);
            CHECK(fabsl(got - area / left) < 1e-12L, "%s: region %d has %.17Lg, not %.17Lg", law->name, r, got, area / left);
            sum += area;
        }
        for (int r = law->layers + 1; r < DGEN_ZIGGURAT_ROWS; r++) CHECK(share[r] == 0, "%s: there is no region %d", law->name, r);
        CHECK(fabsl(sum / left - 1) < 1e-12L, "%s: regions have %.17Lg of what the layers leave", law->name, sum / left);
    }
}

/* In shares of its box, the curve stays within the strip about the diagonal, or the parabola, that the kernels count on. */
static void curves_are_near_their_diagonals(void)
{
    for (int k = 0; k < 2; k++)
        for (int r = 1; r <= laws[k].layers; r++) {
            const law *law = &laws[k];
            long double left = left_of(law, r), right = law->table->x[r - 1], low = law->density(right), high = law->density(left);
            bool parabola = k == 0 && r == law->layers;
            long double near = k ? (right - left) / 8 : (right - left) * (left + 1 / left) / 8;
            for (int i = 1; i < 64; i++) {
                long double a = i / 64.0L, b = (law->density(left + a * (right - left)) - low) / (high - low);
                long double above = parabola ? b - (1 - a * a) : b - (1 - a), most = parabola || k ? 0 : near;
                CHECK(above <= most && above >= (parabola ? -0x1p-9L : -near), "%s: at %Lg of region %d the curve is %Lg above", law->name,
                      a, r, above);
            }
        }
}

/* ------------------------------------------------------------------------------------------------------ values and words */

static uint32_t narrow(int i) { return ((const uint32_t *)words)[i]; }

static void layers_are_products(void)
{
    static double out[WORDS];
    const double first[] = { 0, 1 }, second[] = { 1, 0 };
    for (int k = 0; k < 2; k++) {
        draw_of_words(out, isas[0], laws[k].method, DGEN_DRAW_F64, &first[k], &second[k], 3);
        for (int i = 0; i < WORDS; i++) {
            double width = laws[k].table->x[words[i] & 1023], share = ldexp((double)(words[i] >> 12), -52) + 0x1p-53;
            double wanted = k == 0 && words[i] >> 10 & 1 ? -(share * width) : share * width;
            if (width > 0) CHECK(out[i] == wanted, "%s of word %016llx: %a, not %a", laws[k].name, (unsigned long long)words[i], out[i], wanted);
            else CHECK(isfinite(out[i]) && out[i] != 0, "%s of word %016llx: %a", laws[k].name, (unsigned long long)words[i], out[i]);
        }
    }
}

/* -ln of the fraction that an f32 takes of value i. */
static long double logarithm_of(int i)
{
    long double u = narrow(i) < 1u << 20 ? ldexpl(narrow(i) + ldexpl(side_of((uint64_t)i, 0), -64), -32) : ldexpl(narrow(i) | 1, -32);
    return -logl(u);
}

static bool is_close(double got, long double wanted, long double ulp) { return fabsl(got - wanted) <= ulp * fabsl(wanted); }

static void f32_values_follow_their_formulas(void)
{
    static float normal[WORDS], exponential[WORDS];
    const double zero = 0, one = 1;
    draw_of_words(normal, isas[0], DGEN_DRAW_normal, DGEN_DRAW_F32, &zero, &one, 3);
    draw_of_words(exponential, isas[0], DGEN_DRAW_exponential, DGEN_DRAW_F32, &one, &zero, 3);
    for (int i = 0; i < WORDS; i++) {
        CHECK(is_close(exponential[i], logarithm_of(i), 4 * FLT_EPSILON), "exponential of %08x: %a, not %La", narrow(i), exponential[i],
              logarithm_of(i));
        CHECK(exponential[i] > 0 && exponential[i] < 66.6f, "exponential of %08x: %g", narrow(i), exponential[i]);
        if (i % 32 >= 16) continue;
        uint32_t w = narrow(i + 16);
        long double radius = sqrtl(2 * logarithm_of(i)), angle = (ldexpl(w >> 9, -23) + ldexpl(1, -24)) * PI / 4;
        long double wanted[2] = { cosl(angle), sinl(angle) };
        for (int half = 0; half < 2; half++) {
            long double z = radius * wanted[half ^ (w & 1)] * (w >> (half + 1) & 1 ? -1 : 1);
            float got = normal[i + 16 * half];
            CHECK(is_close(got, z, 6 * FLT_EPSILON), "normal of %08x %08x: %a, not %La", narrow(i), w, got, z);
            CHECK(got != 0 && fabsf(got) < 11.6f, "normal of %08x %08x: %g", narrow(i), w, got);
        }
    }
}

static void lognormal_is_e_to_a_normal(void)
{
    static _Alignas(64) unsigned char normal[8 * WORDS], lognormal[8 * WORDS];
    const double mean = 0.25, sd = 1.5;
    for (int type = DGEN_DRAW_F64; type <= DGEN_DRAW_F32; type++) {
        draw_of_words(normal, isas[0], DGEN_DRAW_normal, type, &mean, &sd, 3);
        draw_of_words(lognormal, isas[0], DGEN_DRAW_lognormal, type, &mean, &sd, 3);
        for (int i = 0; i < WORDS; i++)
            CHECK(is_close(element(lognormal, type, i), expl(element(normal, type, i)), is_f32(type) ? FLT_EPSILON : DBL_EPSILON),
                  "e to %a is not %a", element(normal, type, i), element(lognormal, type, i));
    }
}

/* tan (pi (u - 1/2)) by halves: bit 1 says whether beyond 1, bit 0 the sign. */
static void cauchy_is_a_tangent(void)
{
    static double out[WORDS];
    const double zero = 0, one = 1;
    draw_of_words(out, isas[0], DGEN_DRAW_cauchy, DGEN_DRAW_F64, &zero, &one, 3);
    for (int i = 0; i < WORDS; i++) {
        uint64_t w = words[i], more = side_of((uint64_t)i, 0);
        int zeros = w >> 52 ? __builtin_clzll(w) : 12 + __builtin_clzll(more);
        uint64_t significand = (w & ((UINT64_C(1) << 52) - 4)) | 2;
        long double t = ldexpl(1 + ldexpl(significand, -52), -zeros - 1), x = tanl(t * PI / 4);
        if (w & 2) x = 1 / x;
        if (w & 1) x = -x;
        CHECK(is_close(out[i], x, 4 * DBL_EPSILON), "of word %016llx: %a, not %La", (unsigned long long)w, out[i], x);
    }
}

static const struct drawn {
    const char *name;
    int method;
    double first, second;
} drawn[] = {
    { "normal", DGEN_DRAW_normal, 0, 1 },           { "normal", DGEN_DRAW_normal, -3, 0.7 },
    { "lognormal", DGEN_DRAW_lognormal, 0, 1 },     { "lognormal", DGEN_DRAW_lognormal, 1, 0.1 },
    { "exponential", DGEN_DRAW_exponential, 1, 0 }, { "exponential", DGEN_DRAW_exponential, 0.3, 0 },
    { "cauchy", DGEN_DRAW_cauchy, 0, 1 },           { "cauchy", DGEN_DRAW_cauchy, 5, 0.01 },
};
enum { DRAWN = sizeof drawn / sizeof *drawn };

static void isas_and_arrays_agree(void)
{
    for (int i = 0; i < DRAWN; i++)
        for (int type = DGEN_DRAW_F64; type <= DGEN_DRAW_F32; type++)
            if (isas[0]->draw[drawn[i].method][type]) check_kernel(drawn[i].name, drawn[i].method, type, drawn[i].first, drawn[i].second);
}

/* No parameter makes a NaN, nor an infinity but where the type ends; no spread is exactly the mean. */
static void extreme_parameters(void)
{
    static _Alignas(64) unsigned char out[8 * WORDS];
    static const double places[] = { 0, -0x1p-1074, 1e-300, 1, -1e30, 1e300, -DBL_MAX }, spreads[] = { 0, 0x1p-1074, 1e-300, 1, 1e30, 1e300, DBL_MAX };
    static const int methods[] = { DGEN_DRAW_normal, DGEN_DRAW_lognormal, DGEN_DRAW_cauchy };
    for (int type = DGEN_DRAW_F64; type <= DGEN_DRAW_F32; type++)
        for (int i = 0; i < 7; i++)
            for (int j = 0; j < 7; j++) {
                for (int k = 0; k < 3; k++) {
                    if (!isas[0]->draw[methods[k]][type]) continue;
                    draw_of_words(out, isas[0], methods[k], type, &places[i], &spreads[j], 3);
                    double place = is_f32(type) ? (float)fmax(fmin(places[i], FLT_MAX), -FLT_MAX) : places[i];
                    for (int v = 0; v < WORDS; v++) {
                        double x = element(out, type, v);
                        CHECK(!isnan(x), "method %d with %g and %g: NaN", methods[k], places[i], spreads[j]);
                        if (spreads[j] == 0 && k != 1) CHECK(x == place, "with %g and 0: %g", places[i], x);
                        if (fabs(places[i]) <= 1e30 && spreads[j] <= 1e30 && k == 0) CHECK(isfinite(x), "with %g and %g: %g", places[i], spreads[j], x);
                    }
                }
                if (spreads[i] == 0) continue;
                draw_of_words(out, isas[0], DGEN_DRAW_exponential, type, &spreads[i], &spreads[j], 3);
                for (int v = 0; v < WORDS; v++) CHECK(element(out, type, v) >= 0, "rate %g: %g", spreads[i], element(out, type, v));
            }
}

/* ----------------------------------------------------------------------------------------------------------- distribution */

enum { PARTS = 4, BEYOND = 1 << 25 };

/* Words that meet no layer, each with a side stream: into the parts of the regions as their areas are, and in the tail by its
   own law. They stand for 2^25 / 0.003, more than 10^10 values. */
static void values_beyond_the_layers(void)
{
    static double out[WORDS], observed[DGEN_ZIGGURAT_ROWS * PARTS], expected[DGEN_ZIGGURAT_ROWS * PARTS], tail[64];
    const double first[] = { 0, 1 }, second[] = { 1, 0 };
    for (int k = 0; k < 2; k++) {
        const law *law = &laws[k];
        int classes = 0, negative = 0;
        memset(observed, 0, sizeof observed);
        memset(tail, 0, sizeof tail);
        for (int round = 0; round < BEYOND / WORDS; round++) {
            for (int i = 0; i < WORDS; i++) words[i] = test_random() | 1023;
            dgen_draw draw = { .bits = { words }, .first = (uint64_t)round * WORDS, .side = side_key + (uint64_t)k,
                               .parameter = { &first[k], &second[k] }, .numbers = 3 };
            isas[round % isa_count]->draw[law->method][DGEN_DRAW_F64](out, &draw, WORDS);
            for (int i = 0; i < WORDS; i++) {
                double x = fabs(out[i]), above = law->table->x[0];
                negative += out[i] < 0;
                if (x > above) {
                    observed[0]++;
                    tail[(int)(64 * (double)(law->above(x) / law->above(above)))]++;
                    continue;
                }
                int low = 0, high = law->layers; /* x[low] >= x > x[high] */
                while (high - low > 1) *(law->table->x[(low + high) / 2] >= x ? &low : &high) = (low + high) / 2;
                double left = (double)left_of(law, high), share = (x - left) / (law->table->x[high - 1] - left);
                observed[1 + (high - 1) * PARTS + (int)(share * PARTS) % PARTS]++;
            }
        }
        long double all = law->above(0) / DGEN_ZIGGURAT_ROWS * (DGEN_ZIGGURAT_ROWS - law->layers);
        expected[classes++] = (double)(BEYOND * region_area(law, 0) / all);
        for (int r = 1; r <= law->layers; r++)
            for (int part = 0; part < PARTS; part++) {
                long double left = left_of(law, r), step = (law->table->x[r - 1] - left) / PARTS;
                expected[classes++] = (double)(BEYOND * area_left(law, r, left + part * step, left + (part + 1) * step) / all);
            }
        double p = chi_square_p(observed, expected, classes), q = even_chi_square_p(tail, 64);
        CHECK(p > P_LIMIT && p < 1 - P_LIMIT && q > P_LIMIT, "%s: regions p = %g, tail p = %g", law->name, p, q);
        double sign = (negative - BEYOND / 2.0) / sqrt(BEYOND / 4.0);
        CHECK(k ? negative == 0 : fabs(sign) < 6, "%s: %d of %d negative", law->name, negative, BEYOND);
    }
    make_words();
}

static double normal_share(double x) { return 0.5 * erfc(-x * M_SQRT1_2); }
static double exponential_share(double x) { return -expm1(-x); }
static double lognormal_share(double x) { return normal_share(log(x)); }
static double cauchy_share(double x) { return x < -1 ? atan(-1 / x) / M_PI : x > 1 ? 1 - atan(1 / x) / M_PI : 0.5 + atan(x) / M_PI; }

static const struct shape {
    dgen_distribution distribution;
    double first, second;
    double (*share)(double);
} shapes[] = {
    { DGEN_DISTRIBUTION_normal, 0, 1, normal_share },
    { DGEN_DISTRIBUTION_exponential, 1, 0, exponential_share },
    { DGEN_DISTRIBUTION_lognormal, 0, 1, lognormal_share },
    { DGEN_DISTRIBUTION_cauchy, 0, 1, cauchy_share },
};

/* 2^24 normals and exponentials, 2^22 others, of each type: 1024 classes that are equally likely; and by Anderson and Darling,
   which look at both ends. */
static void values_have_their_distribution(void)
{
    enum { CLASSES = 1024, FITTED = 1 << 18 };
    static double observed[CLASSES], u[FITTED];
    for (int k = 0; k < 8; k++) {
        const struct shape *shape = &shapes[k / 2];
        const int64_t n = k < 4 ? 1 << 24 : 1 << 22;
        dgen_array x = { 0 };
        dgen_operand parameters[2] = { { NULL, shape->first }, { NULL, shape->second } };
        dgen_random_options options;
        dgen_random_options_init(&options);
        options.dtype = k % 2 ? DGEN_F32 : DGEN_F64, options.has_dtype = options.has_seed = 1;
        options.seed = 2024;
        if (dgen_random(&x, shape->distribution, 1, &n, parameters, &options, &error)) exit((puts(error.message), 1));
        memset(observed, 0, sizeof observed);
        for (int64_t i = 0; i < n; i++) {
            double share = shape->share(k % 2 ? ((float *)x.data)[i] : ((double *)x.data)[i]);
            observed[share < 1 ? (int)(share * CLASSES) : CLASSES - 1]++;
            if (i < FITTED) u[i] = share;
        }
        double p = even_chi_square_p(observed, CLASSES), q = uniformity_p(u, FITTED, NULL);
        CHECK(p > P_LIMIT && p < 1 - P_LIMIT && q > P_LIMIT, "%s %s: p = %g, %g", dgen_distribution_get(shape->distribution)->name,
              k % 2 ? "f32" : "f64", p, q);
        dgen_array_release(&x);
    }
}

int main(void)
{
    find_isas();
    reference_init();
    make_words();
    RUN(layers_have_one_area);
    RUN(regions_are_chosen_by_their_area);
    RUN(curves_are_near_their_diagonals);
    RUN(layers_are_products);
    RUN(f32_values_follow_their_formulas);
    RUN(lognormal_is_e_to_a_normal);
    RUN(cauchy_is_a_tangent);
    RUN(isas_and_arrays_agree);
    RUN(extreme_parameters);
    RUN(values_beyond_the_layers);
    RUN(values_have_their_distribution);
    return TEST_END();
}
