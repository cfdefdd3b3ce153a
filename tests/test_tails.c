/*
 * Far out: how many of 2^30 normal and exponential values lie beyond 4, 5, 6 and so on, against what exactly are due,
 * and their first four moments; then the branches that make the rarest values, fed with the words that lead there, so
 * that each value stands for hundreds to a million of those that users draw. --long: 16 times as many.
 */
#include "../libcore/cpu.h"
#include "../libcore/kernels/ziggurat.h"
#include "battery.h"
#include "statistics.h"
#include "test.h"

static uint64_t scale = 1; /* 16: --long */

enum { CHUNK = 1 << 18, MOMENTS = 4, MOST_TAILS = 10 };
static _Alignas(64) double f64[CHUNK];
static _Alignas(64) float f32[CHUNK];

/* ------------------------------------------------------------------------------------------------------ many values */

/* The values of a source beyond `limit` on either side, of each count that was asked for, and the sums of powers. */
typedef struct tally {
    double beyond[2][MOST_TAILS], sums[MOMENTS], n;
} tally;

typedef double lanes __attribute__((vector_size(64)));
typedef int64_t bits __attribute__((vector_size(64)));

/* A law: upper tail, its moments and their variances, limits. */
typedef struct far_law {
    const char *name;
    dgen_distribution distribution;
    double (*tail)(double);
    double moments[MOMENTS], variances[MOMENTS]; /* E x^k, E x^2k - (E x^k)^2 */
    bool symmetric;
    double limits[MOST_TAILS];
} far_law;

static double exponential_tail(double x)
{
    return exp(-x);
}
static const far_law normal = { "normal",
                                DGEN_DISTRIBUTION_normal,
                                normal_tail,
                                { 0, 1, 0, 3 },
                                { 1, 2, 15, 96 },
                                true,
                                { 4, 4.25, 4.5, 4.75, 5, 5.25, 5.5, 5.75, 6, 6.5 } };
static const far_law exponential = {
    "exponential", DGEN_DISTRIBUTION_exponential,           exponential_tail, { 1, 2, 6, 24 }, { 1, 20, 684, 39744 },
    false,         { 8, 9, 10, 12, 14, 15, 16, 17, 18, 20 }
};

static void add_values(tally *tally, const far_law *law, const double *x, int n)
{
    enum { BLOCK = 1024 };
    for (int at = 0; at < n; at += BLOCK) {
        lanes sums[MOMENTS] = { { 0 } }, most = { 0 };
        for (int i = at; i < at + BLOCK; i += 8) {
            lanes v = *(const lanes *)(x + i), square = v * v;
            sums[0] += v, sums[1] += square, sums[2] += square * v, sums[3] += square * square;
            most = (lanes)(((bits)square & (square > most)) | ((bits)most & ~(square > most)));
        }
        double farthest = 0;
        for (int lane = 0; lane < 8; lane++) {
            for (int k = 0; k < MOMENTS; k++) tally->sums[k] += sums[k][lane];
            farthest = fmax(farthest, most[lane]);
        }
        if (farthest < law->limits[0] * law->limits[0]) continue;
        for (int i = at; i < at + BLOCK; i++)
            for (int t = 0; t < MOST_TAILS && fabs(x[i]) > law->limits[t]; t++) tally->beyond[x[i] < 0][t]++;
    }
    tally->n += n;
}

/* The values of a type; `spoil`, where not NULL, makes them bad. */
static tally draw_many(const far_law *law, dgen_dtype dtype, uint64_t n, void (*spoil)(double *x, int n))
{
    tally tally = { .n = 0 };
    dgen_operand operands[2] = { { .number = law->symmetric ? 0 : 1 }, { .number = 1 } };
    dgen_random_options options;
    dgen_array to;
    dgen_error error;
    int64_t count = CHUNK;
    dgen_random_options_init(&options);
    options.has_seed = 1, options.seed = 11;
    dgen_status status =
        dgen_array_borrow(&to, dtype, 1, &count, dtype == DGEN_F64 ? (void *)f64 : (void *)f32, &error);
    for (; options.offset < n && status == DGEN_OK; options.offset += CHUNK) {
        status = dgen_random(&to, law->distribution, 1, &count, operands, &options, &error);
        for (int i = 0; dtype == DGEN_F32 && i < CHUNK; i++) f64[i] = f32[i];
        if (spoil) spoil(f64, CHUNK);
        add_values(&tally, law, f64, CHUNK);
    }
    CHECK(status == DGEN_OK, "%s", error.message);
    return tally;
}

/* The least p-value of counts: of both sides, and of their sum. */
static double p_of_tails(const far_law *law, const tally *tally, double *where)
{
    double worst = 1;
    for (int t = 0; t < MOST_TAILS; t++) {
        double due = law->tail(law->limits[t]) * tally->n, above = tally->beyond[0][t], below = tally->beyond[1][t];
        double p = poisson_p(above, due);
        if (law->symmetric)
            p = fmin(p, fmin(poisson_p(below, due), poisson_p(above + below, 2 * due)));
        else if (below)
            p = 0;
        if (p < worst) worst = p, *where = law->limits[t];
    }
    return worst;
}

/* The worst deviation of the means of x, x^2, x^3, x^4. */
static double moments_off(const far_law *law, const tally *tally)
{
    double worst = 0;
    for (int k = 0; k < MOMENTS; k++)
        worst = fmax(worst, fabs(tally->sums[k] / tally->n - law->moments[k]) / sqrt(law->variances[k] / tally->n));
    return worst;
}

static void judge(const far_law *law, dgen_dtype dtype)
{
    double where = 0;
    tally tally = draw_many(law, dtype, scale << 30, NULL);
    double p = p_of_tails(law, &tally, &where), off = moments_off(law, &tally);
    printf("# %s %s, %.3g values: beyond %g %.0f and %.0f, due %.1f; moments off by %.1f; least p %.2g\n", law->name,
           dgen_dtype_name(dtype), tally.n, law->limits[8], tally.beyond[0][8], tally.beyond[1][8],
           tally.n * law->tail(law->limits[8]), off, p);
    CHECK(p > P_LIMIT, "%s %s: too many or too few beyond %g, p = %.2g", law->name, dgen_dtype_name(dtype), where, p);
    CHECK(off < BATTERY_LIMIT, "%s %s: a moment is %.1f deviations off", law->name, dgen_dtype_name(dtype), off);
}

static void normal_tails(void)
{
    judge(&normal, DGEN_F64);
    judge(&normal, DGEN_F32);
}
static void exponential_tails(void)
{
    judge(&exponential, DGEN_F64);
    judge(&exponential, DGEN_F32);
}

/* No value beyond 5.5: those are halved. */
static void truncate_tail(double *x, int n)
{
    for (int i = 0; i < n; i++)
        if (fabs(x[i]) > 5.5) x[i] /= 2;
}
/* -ln of a uniform f32, which is never less than 2^-24. */
static void coarsen(double *x, int n)
{
    for (int i = 0; i < n; i++)
        if (x[i] > 24 * M_LN2) x[i] = 24 * M_LN2;
}
/* A thousandth too wide. */
static void widen(double *x, int n)
{
    for (int i = 0; i < n; i++) x[i] *= 1.001;
}

static void bad_tails_are_rejected(void)
{
    static const struct {
        const char *name;
        const far_law *law;
        void (*spoil)(double *x, int n);
    } bad[] = { { "a tail that ends at 5.5", &normal, truncate_tail },
                { "the logarithm of 24 bits", &exponential, coarsen },
                { "a scale of 1.001", &normal, widen } };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        double where = 0;
        tally tally = draw_many(bad[i].law, DGEN_F64, UINT64_C(1) << 30, bad[i].spoil);
        double p = p_of_tails(bad[i].law, &tally, &where), off = moments_off(bad[i].law, &tally);
        printf("# %s: p %.2g beyond %g, moments off by %.1f\n", bad[i].name, p, where, off);
        CHECK(p < 1e-12 || off > BATTERY_LIMIT + 1, "%s passes: p = %.2g, moments off by %.1f", bad[i].name, p, off);
    }
}

/* ---------------------------------------------------------------------------------------------------- rare branches */

/* A kernel's values of the words that `prepare` makes, of a side stream of the call's own. */
enum { PIECE = 4096 };
typedef struct branch {
    int method, type;
    void (*prepare)(void *words);
} branch;

static void draw_branch(const branch *branch, double *to, uint64_t first)
{
    static _Alignas(64) uint64_t words[PIECE];
    static _Alignas(64) float narrow[PIECE];
    const double mean[1] = { branch->method == DGEN_DRAW_normal ? 0 : 1 }, sd[1] = { 1 };
    dgen_draw draw = {
        .bits = { words }, .first = first, .side = UINT64_C(0x5851F42D4C957F2D), .parameter = { mean, sd }, .numbers = 3
    };
    branch->prepare(words);
    dgen__isa()->draw[branch->method][branch->type](branch->type == DGEN_DRAW_F64 ? (void *)to : (void *)narrow, &draw,
                                                    PIECE);
    for (int i = 0; branch->type == DGEN_DRAW_F32 && i < PIECE; i++) to[i] = narrow[i];
}

/* Words that meet no layer of the ziggurats. */
static void no_layer(uint64_t *words, uint64_t layers)
{
    for (int i = 0; i < PIECE; i++) {
        uint64_t w = test_random();
        words[i] = (w & ~UINT64_C(1023)) | (layers + (w >> 11) % (1024 - layers));
    }
}
static void no_normal_layer(void *words)
{
    no_layer(words, DGEN_ZIGGURAT_NORMAL_LAYERS);
}
static void no_exponential_layer(void *words)
{
    no_layer(words, DGEN_ZIGGURAT_EXPONENTIAL_LAYERS);
}
/* Words that make radii (the first 16 of 32) and exponentials of less than 2^-20. */
static void small_radii(void *words)
{
    uint32_t *w = words;
    for (int i = 0; i < PIECE; i++) w[i] = (uint32_t)(test_random() >> (i % 32 < 16 ? 52 : 32));
}
static void small_words(void *words)
{
    uint32_t *w = words;
    for (int i = 0; i < PIECE; i++) w[i] = (uint32_t)(test_random() >> 52);
}

/* What the layers leave of the area under a density f, right of x: boxes of width x[i] reach up to f (x[i]), so between
   x[i] and x[i - 1] there is f - f (x[i - 1]). right[i]: of x[i]. */
typedef struct remainder_law {
    const dgen_ziggurat *ziggurat;
    int layers;
    double (*density)(double), (*area)(double); /* of f, and right of x */
    double right[DGEN_ZIGGURAT_ROWS + 1];
} remainder_law;

static double normal_density(double x)
{
    return exp(-x * x / 2);
}
static double normal_area(double x)
{
    return sqrt(2 * M_PI) * normal_tail(x);
}
static double remainder_beyond(const remainder_law *law, double x)
{
    const double *edge = law->ziggurat->x;
    if (x >= edge[0]) return law->area(x);
    int low = 0, high = law->layers; /* edge[low] > x >= edge[high], of which the last is 0 */
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (edge[middle] > x)
            low = middle;
        else
            high = middle;
    }
    return law->right[low] + (law->area(x) - law->area(edge[low])) - law->density(edge[low]) * (edge[low] - x);
}
static double start_remainder(remainder_law *law)
{
    law->right[0] = law->area(law->ziggurat->x[0]);
    for (int i = 1; i <= law->layers; i++) {
        double x = i < law->layers ? law->ziggurat->x[i] : 0, left = law->ziggurat->x[i - 1];
        law->right[i] = law->right[i - 1] + (law->area(x) - law->area(left)) - law->density(left) * (left - x);
    }
    return law->right[law->layers];
}

/* Do `many` values follow the rest? 4096 classes of what it says of |x|, positive and negative, and the counts far out.
 */
static void judge_remainder(remainder_law *law, const branch *branch, double share, uint64_t many, const far_law *far)
{
    enum { CLASSES = 4096 };
    static double x[PIECE], observed[2 * CLASSES];
    double total = start_remainder(law), beyond[MOST_TAILS] = { 0 }, whole = law->area(0);
    int sides = far->symmetric ? 2 : 1;
    CHECK(fabs(total / whole - share) < 1e-13, "%s: the layers leave %.17g of the area, not %.17g", far->name,
          total / whole, share);
    memset(observed, 0, sizeof observed);
    for (uint64_t first = 0; first < many; first += PIECE) {
        draw_branch(branch, x, first);
        for (int i = 0; i < PIECE; i++) {
            double at = remainder_beyond(law, fabs(x[i])) / total * CLASSES;
            observed[(x[i] < 0) * CLASSES + (at < CLASSES ? (int)at : CLASSES - 1)]++;
            for (int t = 0; t < MOST_TAILS && fabs(x[i]) > far->limits[t]; t++) beyond[t]++;
        }
    }
    double p = even_chi_square_p(observed, sides * CLASSES);
    CHECK(p > P_LIMIT, "%s: what meets no layer does not follow the rest of the area, p = %.2g", far->name, p);
    for (int t = 0; t < MOST_TAILS; t++) {
        double due = far->limits[t] < law->ziggurat->x[0] ? 0 : (double)many * law->area(far->limits[t]) / total;
        if (due > 0)
            CHECK(poisson_p(beyond[t], due) > P_LIMIT, "%s: %.0f beyond %g, due %.1f", far->name, beyond[t],
                  far->limits[t], due);
    }
    printf("# %s, no layer: p %.2g; beyond %g: %.0f, due %.1f\n", far->name, p, far->limits[8], beyond[8],
           (double)many * law->area(far->limits[8]) / total);
}

static void what_meets_no_layer_fills_the_rest(void)
{
    static remainder_law rest[] = {
        { &dgen__ziggurat_normal, DGEN_ZIGGURAT_NORMAL_LAYERS, normal_density, normal_area, { 0 } },
        { &dgen__ziggurat_exponential, DGEN_ZIGGURAT_EXPONENTIAL_LAYERS, exponential_tail, exponential_tail, { 0 } },
    };
    static const branch branches[] = { { DGEN_DRAW_normal, DGEN_DRAW_F64, no_normal_layer },
                                       { DGEN_DRAW_exponential, DGEN_DRAW_F64, no_exponential_layer } };
    judge_remainder(&rest[0], &branches[0], 3.0 / 1024, scale << 25, &normal);
    judge_remainder(&rest[1], &branches[1], 4.0 / 1024, scale << 24, &exponential);
}

/* f32: given a radius, or an exponential, of a word below 2^12, each value is one of 2^20, whose law is that of what
 * lies beyond. */
static void small_words_of_f32_make_the_tail(void)
{
    enum { CLASSES = 4096 };
    static const branch radii = { DGEN_DRAW_normal, DGEN_DRAW_F32, small_radii },
                        words = { DGEN_DRAW_exponential, DGEN_DRAW_F32, small_words };
    static const double limits[] = { 5.5, 6, 6.5, 7, 7.5 };
    static double x[PIECE], observed[2][CLASSES], beyond[2][5];
    double many = 0, start = 20 * M_LN2;
    for (; many < (double)scale * 0x1p25; many += PIECE) {
        draw_branch(&radii, x, (uint64_t)many);
        for (int i = 0; i < PIECE; i++)
            for (int t = 0; t < 5 && fabs(x[i]) > limits[t]; t++) beyond[x[i] < 0][t]++;
        draw_branch(&words, x, (uint64_t)many);
        for (int i = 0; i < PIECE; i++) {
            double at = exp(start - x[i]) * CLASSES, coarse = (double)(test_random() >> 52 | 1) / 4096 * CLASSES;
            observed[0][at < CLASSES ? (int)at : CLASSES - 1]++;
            observed[1][(int)coarse % CLASSES]++;
        }
    }
    for (int t = 0; t < 5; t++) {
        double due = many * 0x1p20 * normal_tail(limits[t]);
        for (int side = 0; side < 2; side++)
            CHECK(poisson_p(beyond[side][t], due) > P_LIMIT, "%.0f beyond %s%g, due %.1f", beyond[side][t],
                  side ? "-" : "", limits[t], due);
    }
    printf("# normal f32, %.3g values' worth: beyond %g %.0f and %.0f, due %.1f\n", many * 0x1p20, limits[3],
           beyond[0][3], beyond[1][3], many * 0x1p20 * normal_tail(limits[3]));
    double p = even_chi_square_p(observed[0], CLASSES), without = even_chi_square_p(observed[1], CLASSES);
    CHECK(p > P_LIMIT, "exponential values beyond %g do not follow their law, p = %.2g", start, p);
    CHECK(without < 1e-12, "words of 32 bits without more would pass, p = %.2g", without);
}

int main(int count, char **arguments)
{
    if (count > 1 && !strcmp(arguments[1], "--long")) scale = 16;
    RUN(normal_tails);
    RUN(exponential_tails);
    RUN(bad_tails_are_rejected);
    RUN(what_meets_no_layer_fills_the_rest);
    RUN(small_words_of_f32_make_the_tail);
    return TEST_END();
}
