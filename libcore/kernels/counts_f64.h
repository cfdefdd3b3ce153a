/*
 * Poisson and binomial values, whether their parameters are numbers or arrays: of a variance below DGEN_INVERSION_VARIANCE
 * by inversion, others by transformed rejection. A prob above 1/2 counts failures and takes them from the size.
 *
 * Inversion takes the outcomes in the order mode, mode + 1, mode - 1, mode + 2, ...; the value is the first at which the
 * sum of their probabilities exceeds u, 16 bits of sub-stream 0 and 37 of the side stream. table.c prepares the same sums
 * for one parameter.
 *
 * Transformed rejection (W. Hoermann, "The transformed rejection method for generating Poisson random variables",
 * Insurance: Mathematics and Economics 12, 1993, PTRS; "The generation of binomial random variates", Journal of
 * Statistical Computation and Simulation 46, 1993, BTRS) has u and v from sub-streams 1 and 2; after a rejection, from the
 * side stream.
 */

/* Values at hand: where in the call, from 0, and some room for whole vectors. */
enum { F(batch) = 512 };
typedef struct F(places) {
    size_t count;
    uint16_t at[F(batch) + LANES];
} F(places);

INLINE void F(append)(F(places) *places, size_t at) { places->at[places->count++] = (uint16_t)at; }

/* Makes the last vector whole, by the last place. */
INLINE void F(pad)(F(places) *places)
{
    for (size_t lane = 0, n = places->count; n && lane < LANES; lane++) places->at[n + lane] = places->at[n - 1];
}

/* The parameters of a vector of values. Poisson: size -1, and the mean as prob. */
typedef struct F(count_parameters) {
    VEC size, prob;
} F(count_parameters);

INLINE VEC F(gather)(const dgen_draw *draw, int which, const uint16_t *at)
{
    VEC x = { 0 };
    UNROLLED
    for (int lane = 0; lane < LANES; lane++) x[lane] = parameter_of(draw, which, at[lane]);
    return x;
}

INLINE F(count_parameters) F(gather_parameters)(const dgen_draw *draw, const uint16_t *at, const bool binomial)
{
    if (!binomial) return (F(count_parameters)){ F(constant)(-1), F(gather)(draw, 0, at) };
    return (F(count_parameters)){ F(gather)(draw, 0, at), F(gather)(draw, 1, at) };
}

/* Those of the values from i on. */
INLINE F(count_parameters) F(parameters_at)(const dgen_draw *draw, size_t i, const bool binomial)
{
    if (!binomial) return (F(count_parameters)){ F(constant)(-1), F(parameters_of)(draw, 0, i) };
    return (F(count_parameters)){ F(parameters_of)(draw, 0, i), F(parameters_of)(draw, 1, i) };
}

/* The prob of what is counted. */
INLINE VEC F(lesser_prob)(VEC prob) { return F(select)(F(less)(F(constant)(0.5), prob), 1 - prob, prob); }

INLINE VEC F(after_flip)(VEC value, F(count_parameters) p, const bool binomial)
{
    return binomial ? F(select)(F(less)(F(constant)(0.5), p.prob), p.size - value, value) : value;
}

/* ----------------------------------------------------------------------------------------------------------- inversion */

/* 16 bits of the stream, and 48 of the side stream behind them, as a fraction: multiples of 2^-53. */
INLINE double fraction_of(const dgen_draw *draw, size_t i, uint16_t w)
{
    return (double)(int64_t)(((uint64_t)w << 48 | side_draw(side_stream(draw, i), 0) >> 16) >> 11) * 0x1p-53;
}

/* As in dgen_outward. */
typedef struct F(start) {
    VEC mode, probability, size, slope, ratio;
} F(start);

/* A ratio of 0 would make 0 / 0 below 0. */
INLINE VEC F(positive_ratio)(VEC ratio) { return F(greater)(ratio, F(constant)(0x1p-1000)); }

INLINE F(start) F(poisson_start)(VEC mean)
{
    const VEC one = F(constant)(1);
    VEC mode = F(round_down)(mean), m = F(greater)(mode, one);
    VEC log = -(F(stirling_error)(m) + F(deviance)(m, F(positive_ratio)(mean))), root = F(square_root)(0x1.921fb54442d18p+2 * m);
    MASK zero = F(less)(mode, one);
    VEC e = F(exponential)(F(select)(zero, -mean, log));
    return (F(start)){ mode, F(select)(zero, e, e / root), one, F(constant)(0), F(positive_ratio)(mean) };
}

INLINE F(start) F(binomial_start)(VEC size, VEC prob)
{
    const VEC zero = F(constant)(0), one = F(constant)(1);
    VEC p = F(lesser_prob)(prob), q = 1 - p;
    VEC mode = F(greater)(F(lesser)(F(round_down)((size + 1) * p), size - 1), zero);
    MASK none = F(less)(mode, one);
    VEC n = F(select)(none, F(constant)(2), size), m = F(greater)(mode, one), rest = n - m, some = F(positive_ratio)(p);
    VEC log = F(stirling_error)(n) - F(stirling_error)(m) - F(stirling_error)(rest) - F(deviance)(m, n * some)
        - F(deviance)(rest, n * q);
    VEC root = F(square_root)(n / (0x1.921fb54442d18p+2 * m * rest));
    VEC e = F(exponential)(F(select)(none, size * F(logarithm_1_plus)(-p), log));
    return (F(start)){ mode, F(select)(none, e, e * root), size, one, F(positive_ratio)(p / q) };
}

/* The outcomes in order, until they are too improbable to change the sum; then, the mode. Two ratios share a division. */
INLINE VEC F(walk)(F(start) s, VEC u)
{
    const VEC least = F(constant)(0x1p-60);
    VEC value = s.mode, up = s.mode, down = s.mode, p_up = s.probability, p_down = p_up, sum = p_up;
    MASK open = F(less_equal)(sum, u);
    while (F(any)(open & (F(less)(least, p_up) | F(less)(least, p_down)))) {
        VEC above = up + 1, before = (s.size - s.slope * (down - 1)) * s.ratio, inverse = 1 / (above * before);
        p_up *= (s.size - s.slope * up) * s.ratio * before * inverse;
        up = above;
        sum += p_up;
        MASK hit = open & F(less)(u, sum);
        value = F(select)(hit, up, value);
        open = open & ~hit;
        p_down *= down * above * inverse;
        down -= 1;
        sum += p_down;
        hit = open & F(less)(u, sum);
        value = F(select)(hit, down, value);
        open = open & ~hit;
    }
    return value;
}

static __attribute__((noinline)) void outward(dgen_outward *out, double size, double prob)
{
    bool binomial = size >= 0;
    F(start) s = binomial ? F(binomial_start)(F(constant)(size), F(constant)(prob)) : F(poisson_start)(F(constant)(prob));
    *out = (dgen_outward){ s.mode[0], s.probability[0], s.size[0], s.slope[0], s.ratio[0], binomial && prob > 0.5 };
}

/* The values at these places. */
INLINE void F(invert)(double *out, const dgen_draw *draw, const F(places) *places, const bool binomial)
{
    const uint16_t *w = draw->bits[0];
    unsigned all = binomial ? 3 : 1;
    F(start) s;
    for (size_t j = 0; j < places->count; j += LANES) {
        const uint16_t *at = places->at + j;
        F(count_parameters) p = F(gather_parameters)(draw, at, binomial);
        VEC u = { 0 };
        UNROLLED
        for (int lane = 0; lane < LANES; lane++) u[lane] = fraction_of(draw, at[lane], w[at[lane]]);
        if (j == 0 || (draw->numbers & all) != all)
            s = binomial ? F(binomial_start)(p.size, p.prob) : F(poisson_start)(p.prob);
        VEC value = F(after_flip)(F(walk)(s, u), p, binomial);
        for (int lane = 0; lane < LANES; lane++) out[at[lane]] = value[lane];
    }
}

/* ----------------------------------------------------------------------------------------------------------- rejection */

/* The hat over the probabilities, in Hoermann's letters where he has some: value = whole + floor ((2 a / us + b) u + part);
   it is accepted where v factor sqrt (k rest) / (a / us^2 + b) is at most e^(level - log_part). */
typedef struct F(hat) {
    VEC a, b, whole, part, v_r, factor, level, mean, size, rest_mean;
} F(hat);

/* Minus the logarithm of a probability, without its factor 1 / sqrt (2 pi k), or of a binomial's sqrt (n / (2 pi k rest)). */
INLINE VEC F(log_part)(const F(hat) *h, VEC k, const bool binomial)
{
    VEC part = F(stirling_series)(k) + F(deviance)(k, h->mean);
    if (binomial) part += F(stirling_series)(h->size - k) + F(deviance)(h->size - k, h->rest_mean);
    return part;
}

INLINE F(hat) F(poisson_hat)(VEC mean)
{
    F(hat) h = { .mean = mean, .whole = F(round_down)(mean), .level = F(constant)(0) };
    h.b = 0.931 + 2.53 * F(square_root)(mean);
    h.a = 0.02483 * h.b - 0.059;
    h.v_r = 0.9277 - 3.6224 / (h.b - 2);
    h.factor = (1.1239 + 1.1328 / (h.b - 3.4)) * 0x1.40d931ff62706p+1; /* sqrt (2 pi) */
    h.part = (mean - h.whole) + 0.43;
    return h;
}

INLINE F(hat) F(binomial_hat)(VEC size, VEC prob)
{
    VEC p = F(lesser_prob)(prob), q = 1 - p, mean = size * p, deviation = F(square_root)(mean * q);
    F(hat) h = { .mean = mean, .size = size, .rest_mean = size * q, .whole = F(round_down)(mean) };
    VEC mode = F(round_down)((size + 1) * p);
    h.b = 1.15 + 2.53 * deviation;
    h.a = (0.0248 * h.b - 0.0873) + 0.01 * p;
    h.v_r = 0.92 - 4.2 / h.b;
    h.factor = (2.83 + 5.1 / h.b) * deviation / F(square_root)(mode * (size - mode));
    h.level = F(log_part)(&h, mode, true);
    h.part = (mean - h.whole) + 0.5;
    return h;
}

/* Of an attempt, the value; `us` is how far u is from the nearer end. */
INLINE VEC F(attempt)(const F(hat) *h, UINT word, VEC *us)
{
    VEC u = F(open_units)(word) - 0.5;
    *us = 0.5 - F(absolute)(u);
    return h->whole + F(round_down)((2 * h->a / *us + h->b) * u + h->part);
}

/* Whether the hat alone decides, for nearly nine in ten; and all of the test. */
INLINE MASK F(squeezed)(const F(hat) *h, VEC us, VEC v) { return F(less_equal)(F(constant)(0.07), us) & F(less_equal)(v, h->v_r); }

INLINE MASK F(accepted)(const F(hat) *h, VEC k, VEC us, VEC v, const bool binomial)
{
    const VEC one = F(constant)(1);
    VEC last = binomial ? (VEC)(h->size - 1) : k, inside = F(lesser)(F(greater)(k, one), last);
    VEC root = F(square_root)(binomial ? (VEC)(inside * (h->size - inside)) : inside);
    VEC height = F(logarithm)(v * h->factor * root / (h->a / (us * us) + h->b));
    MASK below = F(less_equal)(height, h->level - F(log_part)(h, inside, binomial));
    return F(squeezed)(h, us, v) | (below & F(equal)(inside, k));
}

INLINE F(hat) F(hat_of)(F(count_parameters) p, const bool binomial)
{
    return binomial ? F(binomial_hat)(p.size, p.prob) : F(poisson_hat)(p.prob);
}

/* An attempt at each of these places; those whose value is rejected stay. */
INLINE void F(attempt_all)(double *out, const dgen_draw *draw, F(places) *places, uint64_t number, const F(hat) *common,
                           const bool binomial)
{
    size_t kept = 0;
    for (size_t j = 0; j < places->count; j += LANES) {
        uint16_t *at = places->at + j;
        F(count_parameters) p = F(gather_parameters)(draw, at, binomial);
        F(hat) h = common ? *common : F(hat_of)(p, binomial);
        UINT word = { 0 }, word_v = { 0 };
        for (int lane = 0; lane < LANES; lane++) {
            size_t i = at[lane];
            uint64_t side = number ? side_stream(draw, i) : 0;
            word[lane] = number ? side_draw(side, 2 * number) : ((const uint64_t *)draw->bits[1])[i];
            word_v[lane] = number ? side_draw(side, 2 * number + 1) : ((const uint64_t *)draw->bits[2])[i];
        }
        VEC us, v = F(open_units)(word_v), k = F(attempt)(&h, word, &us);
        VEC value = F(select)(F(accepted)(&h, k, us, v, binomial), F(after_flip)(k, p, binomial), F(constant)(-1));
        size_t n = places->count - j < LANES ? places->count - j : LANES;
        for (size_t lane = 0; lane < n; lane++) {
            size_t i = at[lane];
            if (value[lane] >= 0) out[i] = value[lane];
            else places->at[kept++] = (uint16_t)i;
        }
    }
    places->count = kept;
    F(pad)(places);
}

/* A first attempt at values [first, end), a whole batch or less; those that the hat alone does not decide are appended. */
INLINE void F(squeeze_all)(double *out, const dgen_draw *draw, F(places) *places, size_t first, size_t end, const F(hat) *common,
                           const bool binomial)
{
    const uint64_t *words = draw->bits[1], *words_v = draw->bits[2];
    for (size_t i = first; i < end; i += LANES) {
        F(count_parameters) p = F(parameters_at)(draw, i, binomial);
        F(hat) h = common ? *common : F(hat_of)(p, binomial);
        VEC us, k = F(attempt)(&h, *(const UINT *)(words + i), &us), v = F(open_units)(*(const UINT *)(words_v + i));
        F(store)(out + i, F(after_flip)(k, p, binomial));
        VEC left = F(select)(F(squeezed)(&h, us, v), F(constant)(1), F(constant)(-1));
        for (unsigned signs = F(signs)(left); signs; signs &= signs - 1) F(append)(places, i + (size_t)__builtin_ctz(signs));
    }
}

/* -------------------------------------------------------------------------------------------------------------- kernels */

INLINE bool F(by_inversion)(const dgen_draw *draw, size_t i, const bool binomial)
{
    double prob = parameter_of(draw, binomial, i), p = prob > 0.5 ? 1 - prob : prob;
    return (binomial ? parameter_of(draw, 0, i) * p * (1 - p) : prob) < DGEN_INVERSION_VARIANCE;
}

/* How many of values [first, end) are drawn by inversion. */
INLINE size_t F(count_inverted)(const dgen_draw *draw, size_t first, size_t end, const bool binomial)
{
    size_t count = 0;
    for (size_t i = first; i < end; i++) count += F(by_inversion)(draw, i, binomial);
    return count;
}

/* Values [first, end), a batch or less. common: of parameters that are numbers. */
INLINE void F(draw_counts)(double *out, const dgen_draw *draw, size_t first, size_t end, const F(hat) *common, const bool binomial)
{
    F(places) inverted, rejected;
    inverted.count = rejected.count = 0;
    if (common || F(count_inverted)(draw, first, end, binomial) == 0)
        F(squeeze_all)(out, draw, &rejected, first, end, common, binomial);
    else
        for (size_t i = first; i < end; i++) F(append)(F(by_inversion)(draw, i, binomial) ? &inverted : &rejected, i);
    F(pad)(&inverted);
    F(pad)(&rejected);
    if (inverted.count) F(invert)(out, draw, &inverted, binomial);
    for (uint64_t number = 0; rejected.count; number++) F(attempt_all)(out, draw, &rejected, number, common, binomial);
}

INLINE void F(draw_all_counts)(double *out, const dgen_draw *draw, size_t n, const bool binomial)
{
    F(hat) hat;
    unsigned all = binomial ? 3 : 1;
    bool common = (draw->numbers & all) == all && !F(by_inversion)(draw, 0, binomial);
    if (common) hat = F(hat_of)(F(parameters_at)(draw, 0, binomial), binomial);
    for (size_t i = 0; i < n; i += F(batch))
        F(draw_counts)(out, draw, i, i + F(batch) < n ? i + F(batch) : n, common ? &hat : NULL, binomial);
}

static void poisson_draw_f64(void *out, const dgen_draw *draw, size_t n) { F(draw_all_counts)(out, draw, n, false); }
static void binomial_draw_f64(void *out, const dgen_draw *draw, size_t n) { F(draw_all_counts)(out, draw, n, true); }
