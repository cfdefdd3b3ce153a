/*
 * Distribution functions and the p-values of tests of fit, written from the literature that each names. Against
 * published values: test_statistics.c. The few libm functions in use are good to some units in the last place, which is
 * nothing here.
 *
 * A p-value is the probability that ideal data would look at least as bad. Tests reject below P_LIMIT: so rare that a
 * sound source never meets it, while what the bad generators of these tests get is smaller by orders of magnitude.
 */
#ifndef DGEN_TEST_STATISTICS_H
#define DGEN_TEST_STATISTICS_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define P_LIMIT 1e-9

/* ------------------------------------------------------------------------------------------------ special functions */

/* P (X > x) of a standard normal, with full relative accuracy far out. */
__attribute__((unused)) static double normal_tail(double x)
{
    return 0.5 * erfc(x * M_SQRT1_2);
}

/* The regularized incomplete gamma functions P (a, x), `upper` = 0, and Q (a, x) = 1 - P, each with its own relative
   accuracy: by the series DLMF 8.7.1 for P, and the continued fraction DLMF 8.9.2 for Q by the method of Lentz and
   Thompson. */
__attribute__((unused)) static double incomplete_gamma(double a, double x, int upper)
{
    if (!(x > 0)) return upper;
    double factor = exp(a * log(x) - x - lgamma(a));
    if (x < a + 1) {
        double term = 1 / a, sum = term;
        for (double k = a + 1; term > sum * 1e-17; k++) sum += term *= x / k;
        return upper ? 1 - factor * sum : factor * sum;
    }
    double b = x + 1 - a, c = 1e300, d = 1 / b, value = d;
    for (int k = 1; k < 100000; k++) {
        double numerator = -k * (k - a), change;
        b += 2;
        d = 1 / (numerator * d + b);
        c = b + numerator / c;
        value *= change = c * d;
        if (fabs(change - 1) < 1e-15) break;
    }
    return upper ? factor * value : 1 - factor * value;
}

/* The regularized incomplete beta function I_x (a, b): the continued fraction DLMF 8.17.22, on the side where it
 * converges. */
__attribute__((unused)) static double incomplete_beta(double a, double b, double x)
{
    if (!(x > 0)) return 0;
    if (!(x < 1)) return 1;
    if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(b, a, 1 - x);
    double c = 1, d = 1 - (a + b) * x / (a + 1), value;
    value = d = 1 / d;
    for (int k = 1; k < 100000; k++) {
        double even = k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k));
        double odd = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1)), change;
        d = 1 / (1 + even * d);
        c = 1 + even / c;
        value *= d * c;
        d = 1 / (1 + odd * d);
        c = 1 + odd / c;
        value *= change = d * c;
        if (fabs(change - 1) < 1e-15) break;
    }
    return value * exp(a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b)) / a;
}

/* ----------------------------------------------------------------------------------------------------- tests of fit */

/* K. Pearson (1900). */
__attribute__((unused)) static double chi_square_p(const double *observed, const double *expected, int classes)
{
    double sum = 0;
    for (int i = 0; i < classes; i++) sum += (observed[i] - expected[i]) * (observed[i] - expected[i]) / expected[i];
    return incomplete_gamma((classes - 1) / 2.0, sum / 2, 1);
}

/* The same against classes that are equally likely. */
__attribute__((unused)) static double even_chi_square_p(const double *observed, int classes)
{
    double sum = 0, total = 0;
    for (int i = 0; i < classes; i++) total += observed[i];
    for (int i = 0; i < classes; i++) sum += observed[i] * observed[i] * classes / total;
    return incomplete_gamma((classes - 1) / 2.0, (sum - total) / 2, 1);
}

/* Both sides of a count whose distribution is Poisson's: P (X <= k) = Q (k + 1, mean). */
__attribute__((unused)) static double poisson_p(double count, double mean)
{
    double below = incomplete_gamma(count + 1, mean, 1), above = count > 0 ? incomplete_gamma(count, mean, 0) : 1;
    return fmin(1, 2 * fmin(below, above));
}

/* P (D_n > d) of Kolmogorov's statistic: its limit law with the correction for n of J. Vrbik (2018), right to .001 from
 * n 10 on. */
__attribute__((unused)) static double kolmogorov_p(double n, double d)
{
    double x = d * sqrt(n) + 1 / (6 * sqrt(n)) + (d * sqrt(n) - 1) / (4 * n), sum = 0;
    if (x < 0.2) return 1;
    for (int k = 1; k < 50; k++) sum += (k % 2 ? 2 : -2) * exp(-2.0 * k * k * x * x);
    return fmin(1, fmax(0, sum));
}

/* P (A > z) of the limit law of Anderson and Darling ("Asymptotic theory of certain goodness of fit criteria", 1952):
       P (A < z) = sqrt (2 pi) / z  sum over j of (-1/2 over j) (4 j + 1) e^(-t / z)
                   times the integral over w > 0 of e^(z / (8 (w^2 + 1)) - t w^2 / z),   t = (4 j + 1)^2 pi^2 / 8,
   the integral by the trapezoidal rule, which is exact to machine precision for such a function. Of n values the law
   differs by less than .05 / n. Beyond z = 22, where p is some 1e-10, the greatest of the weights of the chi-squares
   that make up A decides, to a few percent. */
__attribute__((unused)) static double anderson_darling_p(double z)
{
    const double step = 1.0 / 64;
    if (z < 0.02) return 1;
    if (z > 22) return sqrt(3) * erfc(sqrt(z));
    double sum = 0, binomial = 1;
    for (int j = 0; j < 16; j++) {
        double t = (4 * j + 1) * (4 * j + 1) * M_PI * M_PI / 8, scale = sqrt(z / t), integral = exp(z / 8) / 2;
        for (double s = step; s < 6.5; s += step) integral += exp(z / (8 * (s * s * z / t + 1)) - s * s);
        sum += binomial * (4 * j + 1) * exp(-t / z) * integral * step * scale;
        binomial *= -(j + 0.5) / (j + 1);
        if (t / z > 60) break;
    }
    return fmin(1, fmax(0, 1 - sqrt(2 * M_PI) / z * sum));
}

/* Sorts n numbers of [0, 1] that are more or less uniform: n buckets, then insertion. */
__attribute__((unused)) static void sort_uniform(double *u, int n)
{
    int *start = calloc((size_t)n + 1, sizeof *start);
    double *from = malloc((size_t)n * sizeof *from);
    memcpy(from, u, (size_t)n * sizeof *u);
    for (int i = 0; i < n; i++) start[u[i] < 1 ? (int)(u[i] * n) + 1 : n]++;
    for (int i = 0; i < n; i++) start[i + 1] += start[i];
    for (int i = 0; i < n; i++) u[start[from[i] < 1 ? (int)(from[i] * n) : n - 1]++] = from[i];
    for (int i = 1; i < n; i++) {
        double x = u[i];
        int j = i;
        for (; j > 0 && u[j - 1] > x; j--) u[j] = u[j - 1];
        u[j] = x;
    }
    free(start);
    free(from);
}

/* Are n numbers uniform in (0, 1)? They are sorted. `kolmogorov`, where not NULL, gets the p-value of that test. */
__attribute__((unused)) static double uniformity_p(double *u, int n, double *kolmogorov)
{
    double sum = 0, farthest = 0;
    sort_uniform(u, n);
    for (int i = 0; i < n; i++) {
        double low = fmax(u[i], 1e-300), high = fmax(1 - u[n - 1 - i], 0x1p-54);
        sum += (2 * i + 1) * log(low * high);
        farthest = fmax(farthest, fmax(u[i] - (double)i / n, (i + 1.0) / n - u[i]));
    }
    if (kolmogorov) *kolmogorov = kolmogorov_p(n, farthest);
    return anderson_darling_p(-n - sum / n);
}

#endif
