/*
 * Do random values follow their distributions, and nothing else? P-values of a thousand seeds are uniform; a long
 * stream fills equal classes equally; no value depends on its neighbours, on another stream or seed, or on another
 * distribution of the seed. What is asked of the core's is asked of bad sources, too, which must fail.
 */
#include "subjects.h"

enum { LONG = 1 << 24, SERIAL = 1 << 21, EACH = 10000, SEEDS = 1000, FEWER_SEEDS = 250 };
static double values[LONG];

/* --------------------------------------------------------------------------------------------------------- measures */

/* Anderson-Darling's and Kolmogorov's p-values of each of many seeds should be uniform themselves: so a bias too small
   for one seed shows, and a sequence too regular as well. */
static double p_of_seeds(const subject *subject, int seeds)
{
    static double p[2][SEEDS];
    for (int seed = 0; seed < seeds; seed++) {
        draw_values(subject, values, EACH, (uint64_t)seed, 0, 0);
        for (int i = 0; i < EACH; i++) values[i] = fmin(1, fmax(0, subject->law(values[i], subject->parameters)));
        p[0][seed] = uniformity_p(values, EACH, &p[1][seed]);
    }
    double by_ad = uniformity_p(p[0], seeds, NULL), by_ks = uniformity_p(p[1], seeds, NULL);
    return fmin(by_ad, by_ks);
}

/* 65536 classes, each expected 256 times, and fewer of them: fine ones show a seam, coarse ones a scale that is off. */
static double p_of_classes(const subject *subject)
{
    enum { FINE = 1 << 16 };
    static double observed[FINE];
    memset(observed, 0, sizeof observed);
    draw_values(subject, values, LONG, 1, 0, 0);
    for (int i = 0; i < LONG; i++) {
        double at = subject->law(values[i], subject->parameters) * FINE;
        observed[at >= 0 && at < FINE ? (int)at : at < 0 ? 0 : FINE - 1]++;
    }
    double worst = 1;
    for (int classes = FINE; classes > 4; classes /= 8) {
        worst = fmin(worst, even_chi_square_p(observed, classes));
        for (int i = 0; i < classes / 8; i++) {
            double sum = 0;
            for (int j = 0; j < 8; j++) sum += observed[8 * i + j];
            observed[i] = sum;
        }
    }
    return worst;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Values of f64 have some 53 bits: none comes twice in 2^20 (but once in a thousand such tests). */
static int has_repeats(const subject *subject)
{
    enum { N = 1 << 20 };
    draw_values(subject, values, N, 2, 0, 0);
    qsort(values, N, sizeof *values, by_value);
    int repeats = 0;
    for (int i = 1; i < N; i++) repeats += values[i] == values[i - 1];
    return repeats > 1;
}

/* n values by the classes that 32 quantiles of the first 4096 of them make: whatever the distribution is. */
enum { CLASSES = 32 };
static void classify(uint8_t *to, const double *x, int n)
{
    enum { SAMPLE = 4096 };
    double sample[SAMPLE], cut[CLASSES];
    memcpy(sample, x, sizeof sample);
    qsort(sample, SAMPLE, sizeof *sample, by_value);
    for (int c = 0; c < CLASSES; c++) cut[c] = sample[c * (SAMPLE / CLASSES)];
    for (int i = 0; i < n; i++) {
        int c = 0;
        for (int step = CLASSES / 2; step; step /= 2) c += x[i] >= cut[c + step] ? step : 0;
        to[i] = (uint8_t)c;
    }
}

/* Are two sequences of classes independent? A chi-square of their table against the product of its margins, which also
   holds of a sequence and itself some places on (P. Hoel, "A test for Markoff chains", 1954). */
static double independence_p(const uint8_t *a, const uint8_t *b, int n)
{
    uint32_t table[CLASSES][CLASSES] = { { 0 } };
    double rows[CLASSES] = { 0 }, columns[CLASSES] = { 0 }, sum = 0;
    for (int i = 0; i < n; i++) table[a[i]][b[i]]++;
    for (int i = 0; i < CLASSES; i++)
        for (int j = 0; j < CLASSES; j++) rows[i] += table[i][j], columns[j] += table[i][j];
    int used_rows = 0, used_columns = 0;
    for (int i = 0; i < CLASSES; i++) used_rows += rows[i] > 0, used_columns += columns[i] > 0;
    for (int i = 0; i < CLASSES; i++)
        for (int j = 0; j < CLASSES; j++) {
            double expected = rows[i] * columns[j] / n, off = table[i][j] - expected;
            if (expected > 0) sum += off * off / expected;
        }
    return incomplete_gamma((used_rows - 1) * (used_columns - 1) / 2.0, sum / 2, 1);
}

/* The worst p-value between values some places apart: every distance up to two vectors of any kernel, and longer ones
   at which its blocks, those of the bits, and threads' tasks repeat. *where says at which distance. */
static double p_of_lags(const subject *subject, int *where)
{
    static uint8_t classes[SERIAL];
    static const int longer[] = {
        192, 256, 512, 1023, 1024, 1025, 2047, 2048, 2049, 4096, 65535, 65536, 65537, 1 << 20
    };
    double worst = 1;
    draw_values(subject, values, SERIAL, 3, 0, 0);
    classify(classes, values, SERIAL);
    for (int k = 1; k <= 128 + (int)(sizeof longer / sizeof *longer); k++) {
        int lag = k <= 128 ? k : longer[k - 129];
        double p = independence_p(classes, classes + lag, SERIAL - lag);
        if (p < worst) worst = p, *where = lag;
    }
    return worst;
}

/* Is any value outside [low, high)? The longest stretch that is drawn in a moment. */
static int leaves(const subject *subject, double low, double high, uint64_t count)
{
    int outside = 0;
    for (uint64_t at = 0; at < count; at += 1 << 20) {
        draw_values(subject, values, 1 << 20, 4, 0, at);
        for (int i = 0; i < 1 << 20; i++) outside += !(values[i] >= low) | !(values[i] < high);
    }
    return outside;
}

/* ------------------------------------------------------------------------------------------------ the core's values */

static double lognormal_law(double x, const double *p)
{
    return normal_tail((p[0] - log(x)) / p[1]);
}
/* Shapes 2, 1/2 and any. */
static double gamma_2_law(double x, const double *p)
{
    return -expm1(-p[1] * x + log1p(p[1] * x));
}
static double gamma_half_law(double x, const double *p)
{
    return erf(sqrt(p[1] * x));
}
static double gamma_law(double x, const double *p)
{
    return incomplete_gamma(p[0], p[1] * x, 0);
}
static double chisq_law(double x, const double *p)
{
    return incomplete_gamma(p[0] / 2, x / 2, 0);
}
static double beta_2_3_law(double x, const double *p)
{
    (void)p;
    return x * x * (6 - x * (8 - 3 * x));
}
static double arcsine_law(double x, const double *p)
{
    (void)p;
    return 2 / M_PI * asin(sqrt(x));
}
static double t_3_law(double x, const double *p)
{
    double y = x / sqrt(p[0]);
    return 0.5 + (y / (1 + y * y) + atan(y)) / M_PI;
}
static double cauchy_law(double x, const double *p)
{
    return 0.5 + atan((x - p[0]) / p[1]) / M_PI;
}

#define SUBJECT(distribution, type, law, ...)                                                                          \
    {                                                                                                                  \
#distribution " " #type, law, { __VA_ARGS__ }, DGEN_DISTRIBUTION_##distribution, DGEN_##type, 0, NULL          \
    }
static const subject basic[] = {
    SUBJECT(uniform, F64, uniform_law_53, 0, 1),
    SUBJECT(uniform, F32, uniform_law_24, 0, 1),
    { "uniform F64, full resolution", uniform_law_full, { 0, 1 }, DGEN_DISTRIBUTION_uniform, DGEN_F64, 1, NULL },
    { "uniform F32, full resolution", uniform_law_full, { 0, 1 }, DGEN_DISTRIBUTION_uniform, DGEN_F32, 1, NULL },
    SUBJECT(normal, F64, normal_law, 0, 1),
    SUBJECT(normal, F32, normal_law, 0, 1),
    SUBJECT(exponential, F64, exponential_law, 1),
    SUBJECT(exponential, F32, exponential_law, 1),
};
static const subject derived[] = {
    SUBJECT(normal, F64, normal_law, -3, 2),
    SUBJECT(exponential, F64, exponential_law, 0.25),
    SUBJECT(lognormal, F64, lognormal_law, 0.5, 0.75),
    SUBJECT(lognormal, F32, lognormal_law, 0.5, 0.75),
    SUBJECT(gamma, F64, gamma_2_law, 2, 3),
    SUBJECT(gamma, F32, gamma_2_law, 2, 3),
    SUBJECT(gamma, F64, gamma_half_law, 0.5, 1),
    SUBJECT(gamma, F64, exponential_law, 1, 1), /* shape 1 is an exponential; its law reads the first parameter, 1 */
    SUBJECT(gamma, F64, gamma_law, 50, 1),
    SUBJECT(chisq, F64, chisq_law, 3),
    SUBJECT(beta, F64, beta_2_3_law, 2, 3),
    SUBJECT(beta, F64, arcsine_law, 0.5, 0.5),
    SUBJECT(t, F64, t_3_law, 3),
    SUBJECT(cauchy, F64, cauchy_law, 2, 0.5),
};
static const subject whole[] = {
    SUBJECT(geometric, F64, NULL, 0.1),
    SUBJECT(poisson, F64, NULL, 5),
    SUBJECT(poisson, F64, NULL, 500),
    SUBJECT(binomial, F64, NULL, 100, 0.3),
    SUBJECT(bernoulli, F64, NULL, 0.3),
    SUBJECT(integers, F64, NULL, 0, 1000),
    SUBJECT(integers, F64, NULL, -0x3p40, 0x3p40),
    SUBJECT(categorical, F64, NULL, 0),
};
enum {
    WHOLE = sizeof whole / sizeof *whole,
    BASIC = sizeof basic / sizeof *basic,
    DERIVED = sizeof derived / sizeof *derived
};

static const subject *subject_of(int i)
{
    return i < BASIC ? &basic[i] : i < BASIC + DERIVED ? &derived[i - BASIC] : &whole[i - BASIC - DERIVED];
}

static void p_values_of_seeds_are_uniform(void)
{
    for (int i = 0; i < BASIC + DERIVED; i++) {
        const subject *subject = subject_of(i);
        double p = p_of_seeds(subject, i < BASIC ? SEEDS : FEWER_SEEDS);
        CHECK(p > P_LIMIT, "%s (%g, %g): p-values of seeds are not uniform, p = %.2g", subject->name,
              subject->parameters[0], subject->parameters[1], p);
    }
}

static void classes_are_filled_equally(void)
{
    for (int i = 0; i < BASIC; i++) {
        double p = p_of_classes(&basic[i]);
        CHECK(p > P_LIMIT, "%s: chi-square of 65536 classes, p = %.2g", basic[i].name, p);
    }
}

static void values_do_not_repeat(void)
{
    for (int i = 0; i < BASIC + DERIVED; i++) {
        const subject *subject = subject_of(i);
        if (subject->dtype == DGEN_F64) CHECK(!has_repeats(subject), "%s: values come twice", subject->name);
    }
}

static void values_are_independent_of_their_neighbours(void)
{
    for (int i = 0; i < BASIC + DERIVED + WHOLE; i++) {
        const subject *subject = subject_of(i);
        int where = 0;
        double p = p_of_lags(subject, &where);
        CHECK(p > P_LIMIT, "%s (%g, %g): values %d apart depend, p = %.2g", subject->name, subject->parameters[0],
              subject->parameters[1], where, p);
    }
}

/* Every distribution of values: the same stream of the same seed of two of them, two streams or seeds of one, and two
   stretches of one stream. */
static void streams_and_distributions_are_independent(void)
{
    static const subject all[] = {
        SUBJECT(uniform, F64, NULL, 0, 1),  SUBJECT(normal, F64, NULL, 0, 1),
        SUBJECT(normal, F32, NULL, 0, 1),   SUBJECT(lognormal, F64, NULL, 0, 1),
        SUBJECT(exponential, F64, NULL, 1), SUBJECT(exponential, F32, NULL, 1),
        SUBJECT(gamma, F64, NULL, 2, 1),    SUBJECT(beta, F64, NULL, 2, 3),
        SUBJECT(chisq, F64, NULL, 3),       SUBJECT(t, F64, NULL, 3),
        SUBJECT(cauchy, F64, NULL, 0, 1),   SUBJECT(geometric, F64, NULL, 0.1),
        SUBJECT(poisson, F64, NULL, 50),    SUBJECT(binomial, F64, NULL, 100, 0.3),
        SUBJECT(bernoulli, F64, NULL, 0.3), SUBJECT(integers, F64, NULL, 0, 1000),
        SUBJECT(categorical, F64, NULL, 0),
    };
    enum { ALL = sizeof all / sizeof *all, N = 1 << 19 };
    static uint8_t classes[ALL][N], other[N];
    for (int i = 0; i < ALL; i++) {
        draw_values(&all[i], values, N, 5, 0, 0);
        classify(classes[i], values, N);
        for (int j = 0; j < i; j++)
            for (int lag = 0; lag < 2; lag++) {
                if (all[i].distribution == all[j].distribution) continue;
                double p = independence_p(classes[i] + lag, classes[j], N - lag),
                       q = independence_p(classes[i], classes[j] + lag, N - lag);
                CHECK(fmin(p, q) > P_LIMIT, "%s and %s of one seed depend, p = %.2g", all[i].name, all[j].name,
                      fmin(p, q));
            }
        for (int kind = 0; kind < 4; kind++) {
            draw_values(&all[i], values, N, kind == 0 ? 6 : 5,
                        kind == 1   ? 1
                        : kind == 2 ? UINT64_MAX
                                    : 0,
                        kind == 3 ? N : 0);
            classify(other, values, N);
            double p = independence_p(classes[i], other, N);
            CHECK(p > P_LIMIT, "%s: %s depend, p = %.2g", all[i].name,
                  kind == 0   ? "two seeds"
                  : kind == 3 ? "two stretches"
                              : "two streams",
                  p);
        }
    }
}

/* Whole numbers: of each seed the chi-square of classes that 40 or more values are expected in, and whether the
   p-values of the seeds are uniform; and the same of a long stream. */
typedef struct count_law {
    subject subject;
    double (*probability)(double k, const double *parameters);
    double first; /* the least k that has one */
} count_law;

static double geometric_probability(double k, const double *p)
{
    return p[0] * pow(1 - p[0], k);
}
static double poisson_probability(double k, const double *p)
{
    return exp(k * log(p[0]) - p[0] - lgamma(k + 1));
}
static double binomial_probability(double k, const double *p)
{
    if (k > p[0]) return 0;
    return exp(lgamma(p[0] + 1) - lgamma(k + 1) - lgamma(p[0] - k + 1) + k * log(p[1]) + (p[0] - k) * log1p(-p[1]));
}
static double bernoulli_probability(double k, const double *p)
{
    return k == 0 ? 1 - p[0] : k == 1 ? p[0] : 0;
}
static double integers_probability(double k, const double *p)
{
    return k >= p[0] && k <= p[1] ? 1 / (p[1] - p[0] + 1) : 0;
}
static double categorical_probability(double k, const double *p)
{
    (void)p;
    return k < 4 ? (k + 1) / 10 : 0;
}

/* Poisson's with a mean a hundredth too large: a law that values should be seen not to follow. */
static double shifted_probability(double k, const double *p)
{
    double mean = p[0] * 1.01;
    return poisson_probability(k, &mean);
}

/* The p-value of n values. Classes are runs of k; what lies beyond the last one is the last one's. */
static double p_of_counts(const count_law *law, int n, uint64_t seed)
{
    enum { MOST = 1 << 17 };
    static double observed[MOST], expected[MOST];
    static int class_of[MOST];
    int classes = 0, k = 0;
    double below = 0, before = 0;
    expected[0] = observed[0] = 0;
    for (; k < MOST && below < 1 - 1e-12; k++) {
        class_of[k] = classes;
        below += law->probability(law->first + k, law->subject.parameters);
        if ((below - before) * n < 40 || (1 - below) * n < 40) continue;
        expected[classes++] = (below - before) * n;
        before = below;
        observed[classes] = 0;
    }
    expected[classes++] = (1 - before) * n;
    if (expected[classes - 1] < 1e-3) classes--;
    draw_values(&law->subject, values, n, seed, 0, 0);
    for (int i = 0; i < n; i++) {
        double at = values[i] - law->first;
        if (at < 0 || at != floor(at)) return 0;
        int class = at < k ? class_of[(int)at] : classes - 1;
        if (class >= classes) return 0;
        observed[class]++;
    }
    return chi_square_p(observed, expected, classes);
}

static void whole_numbers_follow_their_laws(void)
{
    static const count_law laws[] = {
        { SUBJECT(geometric, F64, NULL, 0.1), geometric_probability, 0 },
        { SUBJECT(geometric, F32, NULL, 0.7), geometric_probability, 0 },
        { SUBJECT(poisson, F64, NULL, 0.2), poisson_probability, 0 },
        { SUBJECT(poisson, F64, NULL, 5), poisson_probability, 0 },
        { SUBJECT(poisson, F64, NULL, 50), poisson_probability, 0 },
        { SUBJECT(poisson, F64, NULL, 3000), poisson_probability, 0 },
        { SUBJECT(binomial, F64, NULL, 10, 0.5), binomial_probability, 0 },
        { SUBJECT(binomial, F64, NULL, 100, 0.3), binomial_probability, 0 },
        { SUBJECT(binomial, F64, NULL, 20000, 0.9), binomial_probability, 0 },
        { SUBJECT(bernoulli, F64, NULL, 0.3), bernoulli_probability, 0 },
        { SUBJECT(integers, F64, NULL, 1, 6), integers_probability, 1 },
        { SUBJECT(integers, F64, NULL, -500, 499), integers_probability, -500 },
        { SUBJECT(categorical, F64, NULL, 0), categorical_probability, 0 },
    };
    static double p[FEWER_SEEDS];
    for (unsigned i = 0; i < sizeof laws / sizeof *laws; i++) {
        const subject *subject = &laws[i].subject;
        for (int seed = 0; seed < FEWER_SEEDS; seed++) p[seed] = p_of_counts(&laws[i], EACH, (uint64_t)seed);
        double of_seeds = uniformity_p(p, FEWER_SEEDS, NULL), of_many = p_of_counts(&laws[i], LONG, 1);
        CHECK(of_seeds > P_LIMIT && of_many > P_LIMIT,
              "%s (%g, %g): p of the seeds' p-values %.2g, of many values %.2g", subject->name, subject->parameters[0],
              subject->parameters[1], of_seeds, of_many);
    }
    count_law wrong = laws[3];
    wrong.probability = shifted_probability;
    CHECK(p_of_counts(&wrong, LONG, 1) < 1e-12, "a wrong law passes");
}

/* Integers of a width that is three quarters of 2^32, or of 2^64: where a remainder is taken, or a product of which the
   low part is dropped, some come up twice as often or half so. */
static void wide_integers_are_unbiased(void)
{
    static const double tops[] = { 0x3p30 - 1, 0x3p51 - 1 };
    for (int i = 0; i < 2; i++) {
        subject subject = SUBJECT(integers, F64, NULL, 0, tops[i]);
        double third[3] = { 0 }, low[3] = { 0 }, parity[2] = { 0 };
        draw_values(&subject, values, LONG, 2, 0, 0);
        for (int k = 0; k < LONG; k++) {
            CHECK(values[k] >= 0 && values[k] <= tops[i], "%.17g is out of range", values[k]);
            third[(int)(values[k] / (tops[i] + 1) * 3) % 3]++;
            low[(uint64_t)values[k] % 3]++, parity[(uint64_t)values[k] % 2]++;
        }
        double p = fmin(fmin(even_chi_square_p(third, 3), even_chi_square_p(low, 3)), even_chi_square_p(parity, 2));
        CHECK(p > P_LIMIT, "integers up to %.17g: p = %.2g", tops[i], p);
    }
}

/* Over what is drawn in a second or two, f32 values come to the last one before the end of the range many times. */
static void uniform_values_stay_in_range(void)
{
    subject f32 = basic[1], full = basic[3];
    CHECK(!leaves(&f32, 0, 1, UINT64_C(1) << 28), "a uniform value is not in [0, 1)");
    CHECK(!leaves(&full, 0, 1, UINT64_C(1) << 28), "a uniform value of full resolution is not in [0, 1)");
    f32.parameters[0] = 1, f32.parameters[1] = 2; /* where the last values before 2 would round up */
    CHECK(!leaves(&f32, 1, 2, UINT64_C(1) << 28), "a uniform value is not in [1, 2)");
}

/* ------------------------------------------------------------------------------------------------------ bad sources */

/* A sound source of words: the core's, of a domain of no distribution. */
static void test_words(uint64_t *to, int n, uint64_t seed, uint64_t offset)
{
    dgen_config config = test_config(0, seed);
    dgen_error error;
    config.has_size = 0;
    if (dgen_fill_at(to, 8 * (uint64_t)n, &config, 8 * offset, &error)) CHECK(0, "%s", error.message);
}
static uint64_t scratch[LONG];

/* The ziggurat of G. Marsaglia and W. Tsang (2000), 128 layers, of which the layer is chosen by bits of the number
   itself, as they did (J. Doornik, 2005): at 32 bits from its low end, and worse, from its middle. */
static double layer_x[129], layer_y[129];
static void make_layers(void)
{
    double r = 3.442619855899, area = 9.91256303526217e-3;
    layer_x[0] = area / exp(-r * r / 2), layer_x[1] = r;
    for (int i = 1; i < 128; i++) {
        layer_y[i] = exp(-layer_x[i] * layer_x[i] / 2);
        layer_x[i + 1] = i < 127 ? sqrt(-2 * log(area / layer_x[i] + layer_y[i])) : 0;
    }
    layer_y[128] = 1;
}
static void ziggurat(double *to, int n, uint64_t seed, uint64_t offset, int layer_bit, int bits)
{
    if (!layer_x[0]) make_layers();
    test_words(scratch, n, seed, offset);
    for (int k = 0; k < n; k++)
        for (uint64_t w = scratch[k], next = w;; w = next = next * UINT64_C(0xD1342543DE82EF95) + 1) {
            int layer = (int)(w >> layer_bit & 127);
            double u = ((double)(int64_t)w * 0x1p-63), x;
            if (bits == 32) u = (double)(int32_t)(w >> 32) * 0x1p-31, layer = (int)(w >> (32 + layer_bit) & 127);
            x = to[k] = u * layer_x[layer];
            if (fabs(x) < layer_x[layer + 1]) break;
            double v = (double)(next * UINT64_C(0x9E3779B97F4A7C15) >> 11) * 0x1p-53;
            if (layer == 0) {
                double e = -log1p(-v) / layer_x[1];
                if (v > 0.9) continue; /* a tail, but not the right one */
                to[k] = u < 0 ? -layer_x[1] - e : layer_x[1] + e;
                break;
            }
            if (layer_y[layer] + v * (layer_y[layer + 1] - layer_y[layer]) < exp(-x * x / 2)) break;
        }
}
static void ziggurat_32(double *to, int n, uint64_t seed, uint64_t stream, uint64_t offset)
{
    (void)stream;
    ziggurat(to, n, seed, offset, 0, 32);
}
static void ziggurat_middle(double *to, int n, uint64_t seed, uint64_t stream, uint64_t offset)
{
    (void)stream;
    ziggurat(to, n, seed, offset, 50, 64);
}

/* Twelve uniforms less 6, of old. */
static void twelve_uniforms(double *to, int n, uint64_t seed, uint64_t stream, uint64_t offset)
{
    (void)stream;
    test_words(scratch, n, seed, offset);
    for (int k = 0; k < n; k++) {
        uint64_t w = scratch[k];
        double sum = -6;
        for (int j = 0; j < 12; j++, w = w * UINT64_C(0xD1342543DE82EF95) + 1) sum += (double)(w >> 11) * 0x1p-53;
        to[k] = sum;
    }
}
/* Box and Muller's transformation with one radius for two values that follow each other, as it should, and for two
 * more. */
static void shared_radius(double *to, int n, uint64_t seed, uint64_t stream, uint64_t offset)
{
    (void)stream;
    test_words(scratch, n, seed, offset);
    for (int k = 0; k < n; k++) {
        double u = ((double)(scratch[k - k % 4] >> 11) + 0.5) * 0x1p-53,
               angle = (double)(scratch[k - k % 2] << 32 >> 32) * 0x1p-32;
        to[k] = sqrt(-2 * log(u)) * (k % 2 ? sin(2 * M_PI * angle) : cos(2 * M_PI * angle));
    }
}
/* Right but for a scale that is off by one part in 200. */
static void scaled(double *to, int n, uint64_t seed, uint64_t stream, uint64_t offset)
{
    (void)stream;
    test_words(scratch, n, seed, offset);
    for (int k = 0; k < n; k++) to[k] = -1.005 * log(((double)(scratch[k] >> 11) + 0.5) * 0x1p-53);
}
/* The golden section's multiples: uniform, but more regular than chance is. */
static void too_regular(double *to, int n, uint64_t seed, uint64_t stream, uint64_t offset)
{
    (void)stream;
    uint64_t start;
    test_words(&start, 1, seed, 0);
    for (int k = 0; k < n; k++)
        to[k] = (double)((start + (offset + (uint64_t)k) * UINT64_C(0x9E3779B97F4A7C15)) >> 11) * 0x1p-53;
}
/* 32 bits to float, rounded to nearest: 1 comes out once in 2^25. */
static void rounded(double *to, int n, uint64_t seed, uint64_t stream, uint64_t offset)
{
    (void)stream;
    test_words(scratch, n, seed, offset);
    for (int k = 0; k < n; k++) to[k] = (float)(uint32_t)scratch[k] * 0x1p-32f;
}

static void bad_sources_are_rejected(void)
{
    static const subject bad[] = {
        { "a ziggurat of 32 bits", normal_law, { 0, 1 }, 0, DGEN_F64, 0, ziggurat_32 },
        { "a ziggurat with layers from the middle", normal_law, { 0, 1 }, 0, DGEN_F64, 0, ziggurat_middle },
        { "twelve uniforms", normal_law, { 0, 1 }, 0, DGEN_F64, 0, twelve_uniforms },
        { "a radius for four", normal_law, { 0, 1 }, 0, DGEN_F64, 0, shared_radius },
        { "a scale of 1.005", exponential_law, { 1, 0 }, 0, DGEN_F64, 0, scaled },
        { "multiples of the golden section", uniform_law_53, { 0, 1 }, 0, DGEN_F64, 0, too_regular },
        { "a float rounded to 1", uniform_law_24, { 0, 1 }, 0, DGEN_F32, 0, rounded },
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        int where = 0, out = bad[i].draw == rounded && leaves(&bad[i], 0, 1, UINT64_C(1) << 28);
        double seeds = p_of_seeds(&bad[i], FEWER_SEEDS), classes = p_of_classes(&bad[i]),
               lags = p_of_lags(&bad[i], &where);
        int repeats = bad[i].dtype == DGEN_F64 && has_repeats(&bad[i]);
        printf("# %s: seeds %.2g, classes %.2g, lags %.2g%s%s\n", bad[i].name, seeds, classes, lags,
               repeats ? ", repeats" : "", out ? ", out of range" : "");
        CHECK(fmin(fmin(seeds, classes), lags) < 1e-12 || repeats || out, "%s passes", bad[i].name);
    }
}

int main(void)
{
    RUN(p_values_of_seeds_are_uniform);
    RUN(classes_are_filled_equally);
    RUN(values_do_not_repeat);
    RUN(values_are_independent_of_their_neighbours);
    RUN(streams_and_distributions_are_independent);
    RUN(whole_numbers_follow_their_laws);
    RUN(wide_integers_are_unbiased);
    RUN(uniform_values_stay_in_range);
    RUN(bad_sources_are_rejected);
    return TEST_END();
}
