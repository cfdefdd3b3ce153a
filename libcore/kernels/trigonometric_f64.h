/*
 * Sine and cosine in f64, over the whole range: as in f32 (trigonometric_f32.h), with minimax polynomials of relative
 * errors 2^-57.9 and 2^-63.9. The products of k with the first three parts of pi / 2 are exact for |x| <= 2^23. The
 * second part must end at 2^-52, so that what is left after it is exact, too.
 */

typedef struct F(reduced_angle) {
    VEC r, tail;
    INT k; /* modulo 4 */
} F(reduced_angle);

#ifndef TWO_OVER_PI_F64
#define TWO_OVER_PI_F64
/* 2 / pi, after 64 zeros, to the bits that the greatest f64 needs. */
static const uint64_t two_over_pi_f64[] = {
    0,
    UINT64_C(0xa2f9836e4e441529), UINT64_C(0xfc2757d1f534ddc0), UINT64_C(0xdb6295993c439041), UINT64_C(0xfe5163abdebbc561),
    UINT64_C(0xb7246e3a424dd2e0), UINT64_C(0x06492eea09d1921c), UINT64_C(0xfe1deb1cb129a73e), UINT64_C(0xe88235f52ebb4484),
    UINT64_C(0xe99c7026b45f7e41), UINT64_C(0x3991d639835339f4), UINT64_C(0x9c845f8bbdf9283b), UINT64_C(0x1ff897ffde05980f),
    UINT64_C(0xef2f118b5a0a6d1f), UINT64_C(0x6d367ecf27cb09b7), UINT64_C(0x4f463f669e5fea2d), UINT64_C(0x7527bac7ebe5f17b),
    UINT64_C(0x3d0739f78a5292ea), UINT64_C(0x6bfb5fb11f8d5d08), UINT64_C(0x56033046fc7b6bab),
};

/* The quarter turns in `fraction` * 2^-126, -1/2 to 1/2, as an angle: 64 significant bits of it times pi / 2, of which
   62 are left. A zero does not come: no f64 is so near to a multiple of pi / 2. */
static void angle_of_fraction_f64(__int128 fraction, double *r, double *tail)
{
    unsigned __int128 magnitude = fraction < 0 ? -(unsigned __int128)fraction : (unsigned __int128)fraction;
    uint64_t high = (uint64_t)(magnitude >> 64);
    int shift = high ? __builtin_clzll(high) : 64;
    uint64_t leading = (uint64_t)(magnitude << shift >> 64);
    int64_t angle = (int64_t)((unsigned __int128)leading * UINT64_C(0xc90fdaa22168c235) >> 66);
    uint64_t scale_bits = (uint64_t)(1023 - 59 - shift) << 52 | (uint64_t)(fraction < 0) << 63;
    double scale;
    memcpy(&scale, &scale_bits, sizeof scale);
    *r = (double)angle * scale;
    *tail = (double)(angle - (int64_t)(double)angle) * scale;
}

/* One positive number of at least 2^10. x = m 2^(e - 52): of the product with 2 / pi, modulo 4, 126 bits of fraction
   come of 192 bits of 2 / pi from bit e - 53 on. Returns k. */
static int reduce_one_f64(double x, double *r, double *tail)
{
    uint64_t bits, window[3];
    memcpy(&bits, &x, sizeof bits);
    unsigned first = (unsigned)(bits >> 52) - 1023 + 10, word = first >> 6, shift = first & 63;
    uint64_t m = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    for (int i = 0; i < 3; i++)
        window[i] = two_over_pi_f64[word + i] << shift | two_over_pi_f64[word + i + 1] >> 1 >> (63 - shift);
    unsigned __int128 turns = (unsigned __int128)(m * window[0]) << 64;
    turns += (unsigned __int128)m * window[1] + (uint64_t)((unsigned __int128)m * window[2] >> 64);
    unsigned k = (unsigned)((turns + ((unsigned __int128)1 << 125)) >> 126);
    angle_of_fraction_f64((__int128)(turns - ((unsigned __int128)k << 126)), r, tail);
    return (int)k;
}
#endif

static __attribute__((noinline)) F(reduced_angle) F(reduce_large)(VEC magnitude, F(reduced_angle) angle)
{
    for (int i = 0; i < LANES; i++) {
        double x = magnitude[i], r = x - x, tail = 0; /* NaN of infinity */
        if (x <= 0x1p23) continue;
        if (x < __builtin_inf()) angle.k[i] = reduce_one_f64(x, &r, &tail);
        angle.r[i] = r, angle.tail[i] = tail;
    }
    return angle;
}

INLINE F(reduced_angle) F(reduce_angle)(VEC magnitude)
{
    const VEC magic = F(constant)(0x1.8p52); /* leaves a whole number in the low bits */
    F(reduced_angle) angle;
    VEC shifted = magnitude * F(constant)(0x1.45f306dc9c883p-1) + magic, k = shifted - magic;
    VEC exact = (magnitude - k * F(constant)(0x1.921fb54p+0)) - k * F(constant)(0x1.10b46p-30);
    VEC third = k * F(constant)(0x1.1a62633p-54);
    angle.k = (INT)shifted;
    angle.r = exact - third;
    angle.tail = ((exact - angle.r) - third) - k * F(constant)(0x1.45c06e0e68948p-86);
    if (__builtin_expect(F(any)(~F(less_equal)(magnitude, F(constant)(0x1p23))), 0))
        angle = F(reduce_large)(magnitude, angle);
    return angle;
}

/* The sine of k pi/2 + r + tail, its sign turned by that of `turn`. */
INLINE VEC F(sine_of_angle)(F(reduced_angle) a, INT turn)
{
    const VEC one = F(constant)(1);
#define EITHER_OF(cosine, sine) F(select)(odd, F(constant)(cosine), F(constant)(sine))
    MASK odd = F(is_odd)(a.k);
    VEC square = a.r * a.r, fourth = square * square, half = square * F(constant)(0.5), cosine = one - half;
    VEC first = F(select)(odd, cosine, a.r);
    VEC tail = a.tail * F(select)(odd, a.r, cosine), second = F(select)(odd, ((one - cosine) - half) - tail, tail);
    VEC factor = square * F(select)(odd, square, a.r);
    VEC p0 = EITHER_OF(0x1.555555555554bp-5, -0x1.5555555555548p-3) + square * EITHER_OF(-0x1.6c16c16c15015p-10, 0x1.111111110f730p-7);
    VEC p2 = EITHER_OF(0x1.a01a019c8f252p-16, -0x1.a01a019be921dp-13) + square * EITHER_OF(-0x1.27e4f7f1910f2p-22, 0x1.71de35552c188p-19);
    VEC p4 = EITHER_OF(0x1.1ee9dbceb6ca6p-29, -0x1.ae5e4b84db297p-26) + square * EITHER_OF(-0x1.8fa684509a1d3p-37, 0x1.5d8b55f51247ap-33);
    VEC sine = first + (second + factor * (p0 + fourth * (p2 + fourth * p4)));
    return (VEC)((INT)sine ^ (((a.k << 62) ^ turn) & SIGN_BIT));
#undef EITHER_OF
}

/* Sine is odd: by way of the magnitude, -0 stays -0. */
INLINE VEC F(sine)(VEC x) { return F(sine_of_angle)(F(reduce_angle)(F(absolute)(x)), (INT)x); }

INLINE VEC F(cosine)(VEC x)
{
    F(reduced_angle) angle = F(reduce_angle)(F(absolute)(x));
    angle.k += F(integers)(1);
    return F(sine_of_angle)(angle, F(integers)(0));
}
