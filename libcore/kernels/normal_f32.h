/*
 * Normal values in f32, by way of the plane (G. Box, M. Muller, "A note on the generation of random normal deviates",
 * Annals of Mathematical Statistics 29, 1958). Of 32 values, the words of the first 16 make radii, those of the others
 * angles: values i and i + 16 are
 *
 *     sqrt (-2 ln u) cos (a),  sqrt (-2 ln u) sin (a)
 *
 * with the logarithm of exponential_draw_f32.h, so that none is beyond 11.6. The upper 23 bits of an angle's word, and a
 * half, are a share of an eighth of a turn; the low three bits say which eighth. The polynomials are those of
 * trigonometric_f32.h.
 */

typedef struct F(pair) {
    VEC first, second;
} F(pair);

/* Cosine and sine. Bit 0 exchanges them, bits 1 and 2 are their signs. */
INLINE F(pair) F(direction)(UINT w)
{
    const VEC one = F(constant)(1);
    VEC share = (VEC)(w >> 9 | (UINT)one) - F(constant)(1 - 0x1p-24f), x = share * F(constant)(0x1.921fb6p-1f), z = x * x;
    VEC sine = x + x * (z * (F(constant)(-0x1.555546p-3f)
                             + z * (F(constant)(0x1.110774p-7f) + z * F(constant)(-0x1.9951e8p-13f))));
    VEC cosine = one - (z * F(constant)(0.5f) - z * z * (F(constant)(0x1.55554ap-5f)
                                                  + z * (F(constant)(-0x1.6c0c28p-10f) + z * F(constant)(0x1.99e80cp-16f))));
    MASK odd = F(is_odd)((INT)w);
    VEC first = F(select)(odd, sine, cosine), second = F(select)(odd, cosine, sine);
    first = (VEC)((INT)first ^ ((INT)(w << 30) & SIGN_BIT));
    second = (VEC)((INT)second ^ ((INT)(w << 29) & SIGN_BIT));
    return (F(pair)){ first, second };
}

/* 0 + 1 z is z: arrays of parameters may come after it. */
static void F(normal_draw)(void *out, const dgen_draw *draw, size_t n)
{
    const uint32_t *w = draw->bits[0];
    bool numbers = draw->numbers == 3;
    float *to = out, mean = numbers ? F(parameter_as)(parameter_of(draw, 0, 0)) : 0;
    float sd = numbers ? F(parameter_as)(parameter_of(draw, 1, 0)) : 1;
    for (size_t i = 0; i < n; i += 32)
        for (size_t j = i; j < i + 16; j += LANES) {
            VEC radius = F(square_root)(F(minus_logarithms)(*(const UINT *)(w + j), draw, j) * F(constant)(2));
            F(pair) z = F(direction)(*(const UINT *)(w + j + 16));
            F(store)(to + j, mean + sd * (radius * z.first));
            F(store)(to + j + 16, mean + sd * (radius * z.second));
        }
    if (!numbers) F(shift_and_scale)(out, draw, n);
}
