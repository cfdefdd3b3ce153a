/*
 * Sine and cosine in f32, over the whole range.
 *
 * x = k pi/2 + r + tail with |r| <= pi/4: pi/2 in four parts (Cody and Waite), of which the first three have few enough
 * bits that k times them is exact for |x| <= 8192. Larger numbers are reduced in integers, lane by lane (Payne and
 * Hanek, "Radian reduction for trigonometric functions", 1983); so a lane's bits do not depend on its neighbours. Both
 * functions are then first + (second + factor * polynomial (r^2)): r + (tail + r^3 ..) or 1 - r^2/2 + (.. + r^4 ..) by
 * k's lowest bit, with minimax polynomials in f32.
 */

typedef struct F(reduced_angle) {
    VEC r, tail;
    INT k; /* modulo 4 */
} F(reduced_angle);

#ifndef TWO_OVER_PI
#define TWO_OVER_PI
/* 2 / pi, after 32 zeros, to the bits that the greatest f32 needs. */
static const uint32_t two_over_pi[] = { 0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab };
#endif

/* One positive number of at least 32. x = m 2^(e - 23): of the product with 2 / pi, modulo 4, 62 bits of fraction come of
   96 bits of 2 / pi from bit e - 24 on. Returns k. */
static int reduce_one_f32(float x, float *r, float *tail)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    unsigned first = (bits >> 23) - 127 + 7, word = first >> 5, shift = first & 31;
    uint64_t m = (bits & 0x7fffff) | 0x800000, window[3];
    for (int i = 0; i < 3; i++)
        window[i] = (((uint64_t)two_over_pi[word + i] << 32 | two_over_pi[word + i + 1]) << shift) >> 32;
    uint64_t turns = (m * window[0] << 32) + m * window[1] + (m * window[2] >> 32);
    uint64_t k = (turns + (UINT64_C(1) << 61)) >> 62;
    double exact = (double)(int64_t)(turns - (k << 62)) * 0x1.921fb54442d18p-62;
    *r = (float)exact;
    *tail = (float)(exact - *r);
    return (int)k;
}

static __attribute__((noinline)) F(reduced_angle) F(reduce_large)(VEC magnitude, F(reduced_angle) angle)
{
    for (int i = 0; i < LANES; i++) {
        float x = magnitude[i], r = x - x, tail = 0; /* NaN of infinity */
        if (x <= 8192) continue;
        if (x < __builtin_inff()) angle.k[i] = reduce_one_f32(x, &r, &tail);
        angle.r[i] = r, angle.tail[i] = tail;
    }
    return angle;
}

INLINE F(reduced_angle) F(reduce_angle)(VEC magnitude)
{
    const VEC magic = F(constant)(0x1.8p23f); /* leaves a whole number in the low bits */
    F(reduced_angle) angle;
    VEC shifted = magnitude * F(constant)(0x1.45f306p-1f) + magic, k = shifted - magic;
    VEC exact = (magnitude - k * F(constant)(0x1.92p+0f)) - k * F(constant)(0x1.fb4p-12f), third = k * F(constant)(0x1.444p-24f);
    angle.k = (INT)shifted;
    angle.r = exact - third;
    angle.tail = ((exact - angle.r) - third) - k * F(constant)(0x1.68c234p-39f);
    if (__builtin_expect(F(any)(~F(less_equal)(magnitude, F(constant)(8192))), 0))
        angle = F(reduce_large)(magnitude, angle);
    return angle;
}

/* The sine of k pi/2 + r + tail, its sign turned by that of `turn`. */
INLINE VEC F(sine_of_angle)(F(reduced_angle) a, INT turn)
{
    const VEC one = F(constant)(1);
    MASK odd = F(is_odd)(a.k);
    VEC square = a.r * a.r, half = square * F(constant)(0.5f), cosine = one - half;
    VEC first = F(select)(odd, cosine, a.r);
    VEC second = F(select)(odd, ((one - cosine) - half) - a.r * a.tail, a.tail);
    VEC factor = square * F(select)(odd, square, a.r);
    VEC p0 = F(select)(odd, F(constant)(0x1.55554ap-5f), F(constant)(-0x1.555546p-3f));
    VEC p1 = F(select)(odd, F(constant)(-0x1.6c0c28p-10f), F(constant)(0x1.110774p-7f));
    VEC p2 = F(select)(odd, F(constant)(0x1.99e80cp-16f), F(constant)(-0x1.9951e8p-13f));
    VEC sine = first + (second + factor * (p0 + square * (p1 + square * p2)));
    return (VEC)((INT)sine ^ (((a.k << 30) ^ turn) & SIGN_BIT));
}

/* Sine is odd: by way of the magnitude, -0 stays -0. */
INLINE VEC F(sine)(VEC x) { return F(sine_of_angle)(F(reduce_angle)(F(absolute)(x)), (INT)x); }

INLINE VEC F(cosine)(VEC x)
{
    F(reduced_angle) angle = F(reduce_angle)(F(absolute)(x));
    angle.k += F(integers)(1);
    return F(sine_of_angle)(angle, F(integers)(0));
}
