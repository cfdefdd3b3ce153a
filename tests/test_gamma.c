/*
 * Gamma, beta, chi-squared and t against their laws. The distribution functions are computed here in long double, by series,
 * continued fractions and quadrature; values are drawn once more from the bits that kernels/gamma_f64.h documents, with the
 * tests of acceptance as the paper has them; tiny and huge parameters; the same bits under every ISA and for parameters that
 * come as arrays.
 */
#include <float.h>
#include <math.h>

#include "test.h"

#include "../libcore/kernels/ziggurat.h"
#include "../libcore/random.h"
#include "isas.h"
#include "reference.h"
#pragma GCC diagnostic ignored "-Wunused-function"
#include "statistics.h"

typedef long double real;
static dgen_error error;

static void must(dgen_status status)
{
    if (status != DGEN_OK) exit((printf("  %s\n", error.message), 1));
}

static void draw_as(void *to, dgen_dtype dtype, dgen_distribution distribution, const dgen_operand *parameters, int64_t n,
                    uint64_t seed, uint64_t offset, int threads)
{
    dgen_random_options options;
    dgen_array out;
    dgen_random_options_init(&options);
    options.has_seed = 1, options.seed = seed;
    options.has_dtype = 1, options.dtype = dtype;
    options.offset = offset, options.max_threads = threads;
    must(dgen_array_borrow(&out, dtype, 1, &n, to, &error));
    must(dgen_random(&out, distribution, 1, &n, parameters, &options, &error));
}

static void draw(double *to, dgen_distribution distribution, double first, double second, int64_t n, uint64_t seed)
{
    const dgen_operand parameters[2] = { { .number = first }, { .number = second } };
    draw_as(to, DGEN_F64, distribution, parameters, n, seed, 0, 1);
}

/* -------------------------------------------------------------------------------------------- distribution functions */

/* ln of x^a e^-x / Gamma (a): from a = 100 on by Stirling's series (DLMF 5.11.1), so that nothing cancels. */
static real log_gamma_term(real a, real x)
{
    if (a < 100) return a * logl(x) - x - lgammal(a);
    real t = (x - a) / a, a2 = a * a;
    return a * (log1pl(t) - t) + 0.5L * logl(a / (2 * acosl(-1))) - (1 / 12.0L - (1 / 360.0L - 1 / (1260 * a2)) / a2) / a;
}

/* P (a, x): the series DLMF 8.7.1, or 1 - Q by the continued fraction 8.9.2 in the manner of Lentz. */
static real gamma_below(real a, real x)
{
    if (!(x > 0)) return 0;
    real factor = expl(log_gamma_term(a, x));
    if (x < a + 1) {
        real term = 1 / a, sum = term;
        for (real k = a + 1; term > sum * 1e-19L; k++) sum += term *= x / k;
        return factor * sum;
    }
    real b = x + 1 - a, c = 1e300L, d = 1 / b, value = d, change = 0;
    for (real k = 1; fabsl(change - 1) > 1e-18L; k++) {
        b += 2;
        d = 1 / (k * (a - k) * d + b);
        c = b + k * (a - k) / c;
        value *= change = c * d;
    }
    return 1 - factor * value;
}

/* The same for large a: from the nearest of a few points, 1/10 standard deviation apart, by Gauss and Legendre's rule of five
   points over the density; the points themselves as above. */
typedef struct law {
    double a;
    real start, step, at[161];
} law;

static real quadrature(real a, real from, real to)
{
    static const real node[3] = { 0, 0.538469310105683091036L, 0.906179845938663992798L };
    static const real weight[3] = { 0.568888888888888888889L, 0.478628670499366468041L, 0.236926885056189087514L };
    real half = (to - from) / 2, middle = from + half, sum = 0;
    for (int i = -2; i <= 2; i++) {
        real x = middle + (i < 0 ? -half : half) * node[abs(i)];
        sum += weight[abs(i)] * expl(log_gamma_term(a, x)) / x;
    }
    return half * sum;
}

static void law_of(law *l, double a)
{
    l->a = a;
    if (a < 50) return;
    l->step = sqrtl(a) / 10;
    l->start = a - 80 * l->step > 0 ? a - 80 * l->step : l->step / 1000;
    for (int i = 0; i < 161; i++) l->at[i] = gamma_below(a, l->start + l->step * i);
}

static real law_below(const law *l, real x)
{
    if (l->a < 50) return gamma_below(l->a, x);
    real i = roundl((x - l->start) / l->step);
    if (i < 0 || i > 160) return gamma_below(l->a, x);
    return l->at[(int)i] + quadrature(l->a, l->start + l->step * i, x);
}

/* I_x (a, b), y = 1 - x: the continued fraction DLMF 8.17.22, on the side where it converges. */
static real beta_below(real a, real b, real x, real y)
{
    if (!(x > 0)) return 0;
    if (!(y > 0)) return 1;
    if (x > (a + 1) / (a + b + 2)) return 1 - beta_below(b, a, y, x);
    real c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), value = d, change = 0;
    for (real k = 1; fabsl(change - 1) > 1e-17L; k++) {
        real even = k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k));
        real odd = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1));
        d = 1 / (1 + even * d);
        c = 1 + even / c;
        value *= d * c;
        d = 1 / (1 + odd * d);
        c = 1 + odd / c;
        value *= change = d * c;
    }
    return value * expl(a * logl(x) + b * logl(y) + lgammal(a + b) - lgammal(a) - lgammal(b)) / a;
}

/* P (T <= x): x^2 / (df + x^2) is beta (1/2, df/2). */
static real t_below(real df, real x)
{
    real square = x * x, tail = isinf((double)x) ? 0 : beta_below(df / 2, 0.5L, df / (df + square), square / (df + square)) / 2;
    return x < 0 ? tail : 1 - tail;
}

/* Against what is known in closed form: exponentials, powers, arcs, Cauchy. */
static void distribution_functions_are_right(void)
{
    for (int i = 1; i < 400; i++) {
        real x = i / 20.0L, y = i / 400.0L, pi = acosl(-1), tangent = tanl(pi * (y - 0.5L));
        law erlang;
        law_of(&erlang, 60);
        real sum = 0, term = expl(-3 * x);
        for (int k = 0; k < 60; k++, term *= 3 * x / k) sum += term;
        CHECK(fabsl(gamma_below(1, x) + expm1l(-x)) < 1e-17L, "P (1, %Lg)", x);
        CHECK(fabsl(gamma_below(0.5L, x) - erfl(sqrtl(x))) < 1e-16L, "P (1/2, %Lg)", x);
        CHECK(fabsl(law_below(&erlang, 3 * x) - (1 - sum)) < 1e-14L, "P (60, %Lg)", 3 * x);
        CHECK(fabsl(beta_below(3, 1, y, 1 - y) - y * y * y) < 1e-17L, "I (3, 1) at %Lg", y);
        CHECK(fabsl(beta_below(0.5L, 0.5L, y, 1 - y) - 2 / pi * asinl(sqrtl(y))) < 1e-16L, "I (1/2, 1/2) at %Lg", y);
        CHECK(fabsl(t_below(1, tangent) - y) < 1e-15L, "t (1) at %Lg", tangent);
        CHECK(fabsl(t_below(2, x) - (0.5L + x / (2 * sqrtl(2 + x * x)))) < 1e-16L, "t (2) at %Lg", x);
    }
    CHECK(fabsl(gamma_below(1e8L, 1e8L) - (0.5L + 1 / (3 * sqrtl(2e8L * acosl(-1))))) < 1e-12L, "P (1e8, 1e8)");
}

/* ------------------------------------------------------------------------------------------------------------ tests of fit */

enum { SEEDS = 200, VALUES = 4000 };
static double values[SEEDS * VALUES], ks[SEEDS], ad[SEEDS];

static double unit(uint64_t i) { return (double)(hash(i) >> 11) * 0x1p-53 + 0x1p-54; }

/* P (X <= x) where x stands for all that rounds to it: of numbers near 0 or 1 that is much, and one of them is taken. */
static real below(dgen_distribution distribution, const law *l, double first, double second, double x, uint64_t i)
{
    if (distribution == DGEN_DISTRIBUTION_t) return t_below(first, x);
    if (distribution == DGEN_DISTRIBUTION_chisq) return law_below(l, x / 2.0L);
    if (distribution == DGEN_DISTRIBUTION_gamma)
        return x > 0 ? law_below(l, (real)x * second) : unit(i) * gamma_below(first, 0x1p-1075L * second);
    if (x == 0) return unit(i) * beta_below(first, second, 0x1p-1075L, 1);
    if (x < 1 - 0x1p-30) return beta_below(first, second, x, 1 - (real)x);
    real from = beta_below(second, first, 1 - (real)x + 0x1p-54L, x), to = beta_below(second, first, 1 - (real)x - 0x1p-54L, x);
    return 1 - (from + (to - from) * unit(i));
}

/* The p-values of both tests over the seeds, which are uniform; and of one test of all values. */
static void fits(dgen_distribution distribution, double first, double second, int n)
{
    const char *name = dgen_distribution_get(distribution)->name;
    law l;
    law_of(&l, distribution == DGEN_DISTRIBUTION_chisq ? first / 2 : first);
    if (distribution == DGEN_DISTRIBUTION_t || distribution == DGEN_DISTRIBUTION_beta) l.a = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
        double *x = values + seed * n;
        draw(x, distribution, first, second, n, (uint64_t)seed + 1000);
        for (int i = 0; i < n; i++)
            x[i] = (double)below(distribution, &l, first, second, x[i], (uint64_t)(seed * n + i));
        double copy[VALUES];
        memcpy(copy, x, (size_t)n * sizeof *x);
        ad[seed] = uniformity_p(copy, n, &ks[seed]);
    }
    double all_ks, all = uniformity_p(values, SEEDS * n, &all_ks), of_ad = uniformity_p(ad, SEEDS, NULL), of_ks = uniformity_p(ks, SEEDS, NULL);
    printf("# %s (%g, %g): all %.3g %.3g, over seeds %.3g %.3g\n", name, first, second, all, all_ks, of_ad, of_ks);
    CHECK(all > P_LIMIT && all_ks > P_LIMIT, "%s (%g, %g): p = %.3g by Anderson and Darling, %.3g by Kolmogorov", name, first, second, all, all_ks);
    CHECK(of_ad > P_LIMIT && of_ks > P_LIMIT, "%s (%g, %g): p-values over seeds have p = %.3g, %.3g", name, first, second, of_ad, of_ks);
}

static const double shapes[] = { .01, .1, .5, .999, 1, 1.5, 2, 5, 50, 1e4, 1e8 };
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void gammas_have_their_law(void)
{
    for (int i = 0; i < SHAPES; i++) fits(DGEN_DISTRIBUTION_gamma, shapes[i], i % 2 ? 1 : 0.25, VALUES);
}

static void chi_squareds_have_their_law(void)
{
    const double df[] = { .1, 1, 2, 3, 7.5, 1e3 };
    for (int i = 0; i < 6; i++) fits(DGEN_DISTRIBUTION_chisq, df[i], 0, VALUES / 2);
}

static void betas_have_their_law(void)
{
    const double pairs[][2] = { { .01, .01 }, { .1, 3 }, { .5, .5 }, { .7, .2 }, { 1, 1 },    { 2, .05 },
                                { 2, 3 },     { 5, 1 },  { 50, 2 },  { 1e4, 1 }, { 1e3, 1e3 }, { 1e8, 3e7 } };
    for (int i = 0; i < 11; i++) fits(DGEN_DISTRIBUTION_beta, pairs[i][0], pairs[i][1], VALUES / 4);
    fits(DGEN_DISTRIBUTION_beta, pairs[11][0], pairs[11][1], 50);
}

static void ts_have_their_law(void)
{
    const double df[] = { .1, .5, 1, 1.9, 3, 30, 1e5 };
    for (int i = 0; i < 7; i++) fits(DGEN_DISTRIBUTION_t, df[i], 0, VALUES / 4);
}

/* Mean and variance, in their standard errors by the exact moments of order 4. */
static void moments_are_right(void)
{
    enum { N = SEEDS * VALUES };
    for (int i = 0; i < SHAPES; i++)
        for (int which = 0; which < 2; which++) {
            double a = shapes[i], b = 2.5, mean = a, variance = a, kurtosis = 6 / a;
            if (which) {
                double s = a + b;
                mean = a / s, variance = a * b / (s * s * (s + 1));
                kurtosis = 6 * ((a - b) * (a - b) * (s + 1) - a * b * (s + 2)) / (a * b * (s + 2) * (s + 3));
            }
            draw(values, which ? DGEN_DISTRIBUTION_beta : DGEN_DISTRIBUTION_gamma, a, which ? b : 1, N, 77);
            real sum = 0, squares = 0;
            for (int k = 0; k < N; k++) sum += values[k] - mean, squares += (real)(values[k] - mean) * (values[k] - mean);
            double z1 = (double)(sum / sqrtl(N * variance)), z2 = (double)((squares / N / variance - 1) / sqrtl((kurtosis + 2) / N));
            CHECK(fabs(z1) < 5 && fabs(z2) < 5, "%s (%g): mean and variance are off by %.2f, %.2f standard errors",
                  which ? "beta" : "gamma", a, z1, z2);
        }
}

/* ---------------------------------------------------------------------------------- once more, from the bits as documented */

enum { DRAWN = 20000 };
static _Alignas(64) uint64_t words[3][DRAWN];
static uint64_t side;

static void read_bits(dgen_distribution distribution, uint64_t seed)
{
    const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15), key = dgen__distributions[distribution].key;
    uint64_t low = reference_mix(seed + golden), high = reference_mix(low + UINT64_C(0xBB67AE8584CAA73B) * (4 * key + 1));
    side = reference_mix(low ^ reference_mix(high));
    for (unsigned i = 0; i < 3; i++) reference_fill_domain((uint8_t *)words[i], sizeof words[i], 4 * key + i, seed, 0, 0);
}

static uint64_t side_word(uint64_t k, uint64_t j)
{
    const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15);
    return reference_mix(reference_mix(side + golden * k) + golden * (j + 1));
}

static real open_unit(uint64_t w) { return ((real)(w >> 12) + 0.5L) * 0x1p-52L; }

/* A normal of a word, NaN where that meets no layer: such values are left out. */
static real normal_of(uint64_t w)
{
    real x = dgen__ziggurat_normal.x[w % 1024];
    if (x < 0) return NAN;
    return w >> 10 & 1 ? -open_unit(w) * x : open_unit(w) * x;
}

/* The gamma of shape a >= 1 of Marsaglia and Tsang's paper, without a squeeze. NaN where one more bit could decide otherwise. */
static real paper_gamma(real a, uint64_t k, uint64_t normal, uint64_t uniform, uint64_t base)
{
    real d = a - 1 / 3.0L, c = 1 / sqrtl(9 * d);
    for (uint64_t j = base;; normal = side_word(k, j += 4), uniform = side_word(k, j + 2)) {
        real x = normal_of(normal), v = powl(fmaxl(0, 1 + c * x), 3), u = open_unit(uniform);
        if (isnan(x)) return NAN;
        if (!(v > 0)) continue;
        real margin = 0.5L * x * x + d - d * v + d * logl(v) - logl(u);
        if (fabsl(margin) < 1e-12L) return NAN;
        if (margin > 0) return d * v;
    }
}

static real paper_value(dgen_distribution distribution, double first, double second, uint64_t k)
{
    const uint64_t later = UINT64_C(1) << 32;
    real a = distribution == DGEN_DISTRIBUTION_chisq || distribution == DGEN_DISTRIBUTION_t ? first / 2.0L : first, b = second, x, y;
    bool beta = distribution == DGEN_DISTRIBUTION_beta;
    x = paper_gamma(a < 1 ? a + 1 : a, k, words[0][k], words[beta ? 2 : 1][k], 0);
    if (distribution == DGEN_DISTRIBUTION_gamma || distribution == DGEN_DISTRIBUTION_chisq) {
        if (a < 1) x *= powl(open_unit(words[2][k]), 1 / a);
        return distribution == DGEN_DISTRIBUTION_gamma ? x / b : 2 * x;
    }
    if (a < 1) x *= powl(open_unit(side_word(k, 3)), 1 / a);
    if (!beta) return normal_of(words[2][k]) * sqrtl(a / x);
    y = paper_gamma(b < 1 ? b + 1 : b, k, words[1][k], words[2][k] << 32, later);
    if (b < 1) y *= powl(open_unit(side_word(k, later + 3)), 1 / b);
    return x / (x + y);
}

static void values_are_those_of_the_paper(void)
{
    static const struct { dgen_distribution distribution; double first, second; } cases[] = {
        { DGEN_DISTRIBUTION_gamma, 1, 1 },   { DGEN_DISTRIBUTION_gamma, 2, 3 },  { DGEN_DISTRIBUTION_gamma, .3, .1 },
        { DGEN_DISTRIBUTION_gamma, 700, 1 }, { DGEN_DISTRIBUTION_chisq, 3, 0 },  { DGEN_DISTRIBUTION_chisq, .8, 0 },
        { DGEN_DISTRIBUTION_beta, 2, 1 },    { DGEN_DISTRIBUTION_beta, .4, .7 }, { DGEN_DISTRIBUTION_beta, .4, 5 },
        { DGEN_DISTRIBUTION_beta, 5, .1 },   { DGEN_DISTRIBUTION_t, 2.5, 0 },    { DGEN_DISTRIBUTION_t, 1, 0 },
        { DGEN_DISTRIBUTION_t, .3, 0 },
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        int left_out = 0;
        double worst = 0;
        read_bits(cases[c].distribution, 31);
        draw(values, cases[c].distribution, cases[c].first, cases[c].second, DRAWN, 31);
        for (uint64_t k = 0; k < DRAWN; k++) {
            real wanted = paper_value(cases[c].distribution, cases[c].first, cases[c].second, k);
            if (isnan(wanted)) left_out++;
            else worst = fmax(worst, (double)fabsl(values[k] / wanted - 1));
        }
        const char *name = dgen_distribution_get(cases[c].distribution)->name;
        CHECK(worst < 1e-13 && left_out < DRAWN / 50, "%s (%g, %g): a relative error of %.3g; %d left out", name, cases[c].first,
              cases[c].second, worst, left_out);
    }
}

/* ------------------------------------------------------------------------------------------------------- extreme parameters */

static const double extremes[] = { 0x1p-1074, 1e-320, 1e-308, 1e-300, 1e-160, 1e-100, 1e-17, 1e-3, .5, 1, 1e15, 1e16, 1e17,
                                   1e30,      1e100,  1e200,  1e300,  1e307,  DBL_MAX };
enum { EXTREMES = sizeof extremes / sizeof *extremes };

static void no_parameters_give_nan(void)
{
    enum { N = 2000 };
    for (int i = 0; i < EXTREMES; i++)
        for (int j = 0; j < EXTREMES; j++) {
            double a = extremes[i], b = extremes[j];
            draw(values, DGEN_DISTRIBUTION_gamma, a, b, N, 5);
            for (int k = 0; k < N; k++) CHECK(values[k] >= 0, "gamma (%g, %g) is %g", a, b, values[k]);
            draw(values, DGEN_DISTRIBUTION_beta, a, b, N, 5);
            for (int k = 0; k < N; k++) CHECK(values[k] >= 0 && values[k] <= 1, "beta (%g, %g) is %g", a, b, values[k]);
            if (j) continue;
            draw(values, DGEN_DISTRIBUTION_chisq, a, 0, N, 5);
            for (int k = 0; k < N; k++) CHECK(values[k] >= 0, "chisq (%g) is %g", a, values[k]);
            draw(values, DGEN_DISTRIBUTION_t, a, 0, N, 5);
            for (int k = 0; k < N; k++) CHECK(!isnan(values[k]), "t (%g) is %g", a, values[k]);
        }
}

/* How far a number of successes in n trials of probability p is off, in standard deviations. */
static double off(double count, double n, double p) { return (count - n * p) / sqrt(n * p * (1 - p)); }

/* What a tiny shape leaves: so many gammas above 1e-300; a beta is 0 or 1, by the ratio of its shapes; t goes to both sides. */
static void tiny_shapes_have_their_law(void)
{
    enum { N = 100000 };
    const double shape[] = { 1e-2, 1e-3, 1e-4 }, scale[] = { 1e-4, 1e-17, 1e-160, 1e-300, 1e-310 };
    for (int i = 0; i < 3; i++) {
        int count = 0;
        draw(values, DGEN_DISTRIBUTION_gamma, shape[i], 1, N, 9);
        for (int k = 0; k < N; k++) count += values[k] > 1e-300;
        double z = off(count, N, 1 - (double)gamma_below(shape[i], 1e-300L));
        CHECK(fabs(z) < 4, "gamma (%g): values above 1e-300 are off by %.2f standard deviations", shape[i], z);
    }
    for (int i = 0; i < 5; i++) {
        int ones = 0, between = 0, positive = 0;
        draw(values, DGEN_DISTRIBUTION_beta, scale[i], 3 * scale[i], N, 9);
        for (int k = 0; k < N; k++) ones += values[k] > 0.5, between += values[k] > 1e-9 && values[k] < 1 - 1e-9;
        CHECK(fabs(off(ones, N, 0.25)) < 4 && between < N * scale[i] * 60 + 1, "beta (%g): %d near 1, %d between", scale[i], ones, between);
        draw(values, DGEN_DISTRIBUTION_t, scale[i], 0, N, 9);
        for (int k = 0; k < N; k++) positive += values[k] > 0;
        CHECK(fabs(off(positive, N, 0.5)) < 4, "t (%g): %d of %d are positive", scale[i], positive, N);
    }
}

/* Of a huge shape the standardized value is normal, as far as f64 can show it; t is normal. */
static void huge_shapes_have_their_law(void)
{
    enum { N = 100000 };
    const double shape[] = { 1e12, 1e15, 1e17, 1e20 };
    for (int i = 0; i < 4; i++) {
        double a = shape[i], p;
        draw(values, DGEN_DISTRIBUTION_gamma, a, 1, N, 13);
        for (int k = 0; k < N; k++) values[k] = 0.5 * erfc(-(values[k] - a) / sqrt(2 * a));
        p = uniformity_p(values, N, NULL);
        CHECK(p > P_LIMIT, "gamma (%g) has p = %.3g", a, p);
        draw(values, DGEN_DISTRIBUTION_t, a, 0, N, 13);
        for (int k = 0; k < N; k++) values[k] = 0.5 * erfc(-values[k] / sqrt(2));
        p = uniformity_p(values, N, NULL);
        CHECK(p > P_LIMIT, "t (%g) has p = %.3g", a, p);
        draw(values, DGEN_DISTRIBUTION_beta, 1, 10 * a * a * a * a * a * a * a * a, N, 13); /* 1e97 to 1e161 */
        for (int k = 0; k < N; k++) values[k] = -expm1(-values[k] * 10 * a * a * a * a * a * a * a * a);
        p = uniformity_p(values, N, NULL);
        CHECK(p > P_LIMIT, "beta (1, 10 %g^8) has p = %.3g", a, p);
    }
    const double most[] = { 1e100, 1e300, DBL_MAX };
    for (int i = 0; i < 3; i++) {
        draw(values, DGEN_DISTRIBUTION_gamma, most[i], 2, N, 13);
        draw(values + N, DGEN_DISTRIBUTION_beta, most[i], most[i] / 3, N, 13);
        for (int k = 0; k < N; k++) {
            CHECK(fabs(values[k] / (most[i] / 2) - 1) < 1e-15, "gamma (%g, 2) is %.17g", most[i], values[k]);
            CHECK(fabs(values[N + k] - 0.75) < 1e-15, "beta (%g, %g) is %.17g", most[i], most[i] / 3, values[N + k]);
        }
    }
}

/* ---------------------------------------------------------------------------------------------------------- the same bits */

static const dgen_distribution all[] = { DGEN_DISTRIBUTION_gamma, DGEN_DISTRIBUTION_beta, DGEN_DISTRIBUTION_chisq, DGEN_DISTRIBUTION_t };

/* Parameters of every size, in no order. */
enum { MANY = 997 };
static double many[2][MANY];
static dgen_array many_arrays[2];

static void make_many(void)
{
    const int64_t n = MANY;
    for (int i = 0; i < MANY; i++)
        for (int j = 0; j < 2; j++) {
            uint64_t h = hash((uint64_t)(2 * i + j));
            many[j][i] = h % 4 ? exp2((double)(h >> 40) * 0x1p-24 * 16 - 6) : extremes[h / 4 % EXTREMES];
        }
    for (int j = 0; j < 2; j++) must(dgen_array_borrow(&many_arrays[j], DGEN_F64, 1, &n, many[j], &error));
}

static void arrays_of_parameters_are_numbers(void)
{
    enum { N = 3 * MANY };
    const dgen_operand arrays[2] = { { .array = &many_arrays[0] }, { .array = &many_arrays[1] } };
    static double one[N];
    for (int d = 0; d < 4; d++) {
        draw_as(values, DGEN_F64, all[d], arrays, N, 21, 1000, 1);
        for (int k = 0; k < N; k++) {
            uint64_t at = (1000 + (uint64_t)k) % MANY;
            const dgen_operand numbers[2] = { { .number = many[0][at] }, { .number = many[1][at] } };
            draw_as(one, DGEN_F64, all[d], numbers, 1, 21, 1000 + (uint64_t)k, 1);
            CHECK(!memcmp(one, values + k, sizeof *one), "distribution %d (%g, %g): %.17g by an array, else %.17g", d, many[0][at],
                  many[1][at], values[k], one[0]);
        }
        for (int mixed = 0; mixed < 2; mixed++) {
            const dgen_operand some[2] = { mixed ? arrays[0] : (dgen_operand){ .number = .7 }, mixed ? (dgen_operand){ .number = 2 } : arrays[1] };
            draw_as(values, DGEN_F64, all[d], some, N, 21, 0, 1);
            for (int k = 0; k < N; k += 50) {
                const dgen_operand numbers[2] = { { .number = mixed ? many[0][k % MANY] : .7 }, { .number = mixed ? 2 : many[1][k % MANY] } };
                draw_as(one, DGEN_F64, all[d], numbers, N, 21, 0, 1);
                CHECK(!memcmp(one + k, values + k, sizeof *one), "distribution %d, one array: value %d", d, k);
            }
        }
    }
}

static void pieces_and_threads_change_nothing(void)
{
    enum { N = 300000 };
    static double whole[N], other[N];
    static float narrow[N];
    for (int d = 0; d < 8; d++) {
        const dgen_operand arrays[2] = { { .array = &many_arrays[0] }, { .array = &many_arrays[1] } };
        const dgen_operand numbers[2] = { { .number = .6 }, { .number = 2 } }, *parameters = d < 4 ? arrays : numbers;
        draw_as(whole, DGEN_F64, all[d % 4], parameters, N, 8, 0, 1);
        for (int threads = 2; threads < 9; threads += 3) {
            draw_as(other, DGEN_F64, all[d % 4], parameters, N, 8, 0, threads);
            CHECK(!memcmp(whole, other, sizeof whole), "distribution %d differs on %d threads", d, threads);
        }
        for (int from = 0, n; from < N; from += n) {
            n = 1 + (int)(test_random() % (from % 3 ? 100 : 20000));
            n = n < N - from ? n : N - from;
            draw_as(other + from, DGEN_F64, all[d % 4], parameters, n, 8, (uint64_t)from, 1);
        }
        CHECK(!memcmp(whole, other, sizeof whole), "distribution %d differs in pieces", d);
        draw_as(narrow, DGEN_F32, all[d % 4], parameters, N, 8, 0, 1);
        for (int k = 0; k < N; k++) CHECK(narrow[k] == (float)whole[k], "distribution %d in f32 is %g, not %g", d, narrow[k], whole[k]);
    }
}

/* The kernels themselves, at any number of groups. */
static void isas_agree(void)
{
    enum { N = 64 * 300 };
    static const int methods[] = { DGEN_DRAW_gamma, DGEN_DRAW_beta, DGEN_DRAW_chisq, DGEN_DRAW_t };
    static double wanted[N], got[N], first[N + 20], second[N + 20];
    for (int i = 0; i < N + 20; i++) first[i] = many[0][i % MANY], second[i] = many[1][i * 7 % MANY];
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < N; k++) words[i][k] = hash((uint64_t)(i * N + k));
    for (int method = 0; method < 4; method++)
        for (unsigned numbers = 0; numbers < 20; numbers++)
            for (size_t n = 64; n <= N; n = n * 5 / 2 / 64 * 64) {
                const dgen_draw of = { .bits = { words[0], words[1], words[2] }, .first = 640, .side = 99, .numbers = numbers % 4,
                                       .parameter = { first + numbers, second + numbers } };
                isas[0]->draw[methods[method]][DGEN_DRAW_F64](wanted, &of, n);
                for (int isa = 1; isa < isa_count; isa++) {
                    isas[isa]->draw[methods[method]][DGEN_DRAW_F64](got, &of, n);
                    CHECK(!memcmp(wanted, got, n * sizeof *got), "method %d of %s, numbers %u", method, isas[isa]->name, numbers);
                }
            }
}

int main(void)
{
    reference_init();
    find_isas();
    make_many();
    RUN(distribution_functions_are_right);
    RUN(gammas_have_their_law);
    RUN(chi_squareds_have_their_law);
    RUN(betas_have_their_law);
    RUN(ts_have_their_law);
    RUN(moments_are_right);
    RUN(values_are_those_of_the_paper);
    RUN(no_parameters_give_nan);
    RUN(tiny_shapes_have_their_law);
    RUN(huge_shapes_have_their_law);
    RUN(arrays_of_parameters_are_numbers);
    RUN(pieces_and_threads_change_nothing);
    RUN(isas_agree);
    return TEST_END();
}
