/*
 * The measures that the tests of randomness rely on, against published values, against each other, and against sums.
 */
#include "battery.h"
#include "statistics.h"
#include "test.h"

static void near(double got, double wanted, double relative, const char *what)
{
    CHECK(fabs(got - wanted) <= relative * fabs(wanted), "%s is %.16g, not %.16g", what, got, wanted);
}

/* Abramowitz and Stegun, table 26.2 (and 26.1 for the last): Q (x) of the normal. */
static void normal_tails(void)
{
    near(normal_tail(0), 0.5, 0, "Q (0)");
    near(normal_tail(1), 1.586552539314571e-1, 1e-14, "Q (1)");
    near(normal_tail(4), 3.167124183311992e-5, 1e-13, "Q (4)");
    near(normal_tail(5), 2.866515718791939e-7, 1e-13, "Q (5)");
    near(normal_tail(6), 9.865876450376981e-10, 1e-13, "Q (6)");
}

/* Whole a: Q (a, x) = e^-x times the first a terms of e^x; half a: of the normal. Percentiles: Abramowitz and
 * Stegun 26.8. */
static void incomplete_gammas(void)
{
    for (int a = 1; a <= 200; a += a < 10 ? 1 : 37)
        for (double x = 0.25; x < 400; x *= 1.7) {
            double term = exp(-x), sum = 0, above = 0;
            for (int k = 0; k < a; k++, term *= x / k) sum += term;
            for (int k = a; k < a + 2000; k++, term *= x / k) above += term;
            near(incomplete_gamma(a, x, 1), sum, 1e-11, "Q (a, x)");
            near(incomplete_gamma(a, x, 0), above, sum < 0.5 ? 1e-11 : 1e-9, "P (a, x)");
        }
    for (double x = 0.1; x < 8; x *= 1.3)
        near(incomplete_gamma(0.5, x * x / 2, 1), 2 * normal_tail(x), 1e-12, "Q (1/2, x)");
    near(incomplete_gamma(5, 18.3070 / 2, 1), 0.05, 2e-5,
         "chi-square of 10 degrees beyond 18.3070"); /* as printed: 6 digits */
    near(incomplete_gamma(50, 135.807 / 2, 1), 0.01, 2e-4, "chi-square of 100 degrees beyond 135.807");
}

/* Whole a, b: I_x (a, b) is a sum of binomial probabilities. Student's t: Abramowitz and Stegun, table 26.10. */
static void incomplete_betas(void)
{
    for (int a = 1; a <= 40; a += 3)
        for (int b = 1; b <= 40; b += 3)
            for (double x = 0.05; x < 1; x += 0.09) {
                int n = a + b - 1;
                double sum = 0;
                for (int k = a; k <= n; k++)
                    sum += exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(x) + (n - k) * log1p(-x));
                CHECK(fabs(incomplete_beta(a, b, x) - sum) < 1e-12, "I_%g (%d, %d) is %g, not %g", x, a, b,
                      incomplete_beta(a, b, x), sum);
            }
    near(incomplete_beta(2.5, 0.5, 5 / (5 + 2.571 * 2.571)), 0.05, 1e-3, "t of 5 degrees beyond 2.571");
    near(incomplete_beta(0.5, 0.5, 0.25), 1.0 / 3, 1e-13, "the arcsine law");
}

/* G. and J. Marsaglia, "Evaluating the Anderson-Darling distribution" (2004); G. Marsaglia, W. Tsang, J. Wang,
   "Evaluating Kolmogorov's distribution" (2003): P (D_10 < .274); tables of Kolmogorov's limit law. */
static void laws_of_the_tests(void)
{
    near(anderson_darling_p(1.9329578327415937304), 0.1, 1e-12, "AD beyond 1.93");
    near(anderson_darling_p(2.4923671600494096176), 0.05, 1e-12, "AD beyond 2.49");
    near(anderson_darling_p(3.8781250216053948842), 0.01, 1e-11, "AD beyond 3.88");
    near(anderson_darling_p(21.99), anderson_darling_p(22.01) * exp(0.02), 0.03, "AD where its two forms meet");
    near(1 - kolmogorov_p(10, 0.274), 0.6284796154565, 1e-3, "KS of 10 values");
    near(kolmogorov_p(1e8, 1.3581e-4), 0.05, 1e-3, "KS beyond 1.3581");
    near(kolmogorov_p(1e8, 1.6276e-4), 0.01, 1e-3, "KS beyond 1.6276");
    near(poisson_p(0, 30), 2 * exp(-30), 1e-12, "none where 30 are due");
    near(poisson_p(3, 1), 2 * (1 - 2.5 * exp(-1)), 1e-12, "3 or more where 1 is due");
    double observed[] = { 10, 20, 30 }, expected[] = { 20, 20, 20 };
    near(chi_square_p(observed, expected, 3), exp(-5), 1e-12, "a chi-square of 10 with 2 degrees");
    near(even_chi_square_p(observed, 3), exp(-5), 1e-12, "the same of even classes");
}

/* The laws against trials of a generator that has no part in what is tested: the rate of small p-values is right. */
static void p_values_are_uniform(void)
{
    enum { TRIALS = 20000, VALUES = 200 };
    static double p[2][TRIALS], u[VALUES];
    for (int t = 0; t < TRIALS; t++) {
        for (int i = 0; i < VALUES; i++) u[i] = ((double)(test_random() >> 11) + 0.5) * 0x1p-53;
        p[0][t] = uniformity_p(u, VALUES, &p[1][t]);
        for (int i = 1; i < VALUES; i++) CHECK(u[i - 1] <= u[i], "not sorted");
    }
    for (int kind = 0; kind < 2; kind++) {
        double least = uniformity_p(p[kind], TRIALS, NULL);
        CHECK(least > 1e-6, "p-values of %s are not uniform: %g", kind ? "KS" : "AD", least);
    }
}

/* Ranks, complexities and counts of the battery on data of which they are known. */
static void measures_of_the_battery(void)
{
    enum { N = 4096 };
    static uint64_t bits[N / 64];
    uint64_t rows[64];
    for (int i = 0; i < 64; i++) rows[i] = UINT64_C(1) << (63 - i) | (i > 40 ? 1 : 0);
    CHECK(battery_rank(rows, 64, 1) == 64, "the rank of a triangle");
    for (int i = 0; i < 64; i++) rows[i] = (uint64_t)(i % 32 + 1);
    CHECK(battery_rank(rows, 64, 1) == 6, "the rank of numbers up to 32");
    unsigned state = 1; /* x^16 + x^14 + x^13 + x^11 + 1 is primitive: a shift register of complexity 16 */
    for (int i = 0; i < N; i++) {
        unsigned bit = (state ^ state >> 2 ^ state >> 3 ^ state >> 5) & 1;
        bits[i / 64] |= (uint64_t)(state & 1) << i % 64;
        state = state >> 1 | bit << 15;
    }
    CHECK(battery_complexity(bits, N) == 16, "complexity %d of a register of 16 bits", battery_complexity(bits, N));
    memset(bits, 0, sizeof bits);
    bits[N / 64 - 1] = UINT64_C(1) << 63;
    CHECK(battery_complexity(bits, N) == N, "complexity %d of a late one", battery_complexity(bits, N));
}

int main(void)
{
    RUN(normal_tails);
    RUN(incomplete_gammas);
    RUN(incomplete_betas);
    RUN(laws_of_the_tests);
    RUN(p_values_are_uniform);
    RUN(measures_of_the_battery);
    return TEST_END();
}
