/*
 * Cauchy values in f64: location + scale tan (a), a uniform over half a turn.
 *
 * By symmetry |tan (a)| is as often tan (b) as 1 / tan (b), b uniform from 0 to pi / 4: bit 0 of a word is the sign, bit 1
 * says which, and b = t pi / 4 with t in full resolution (uniform.h) of the word, these two bits set to a middle. So the
 * tail is as fine as f64 and ends at 2^77 only. tan (t pi / 4) = t N (t^2) / D (t^2), a rational minimax fit (Remez's
 * exchange in 50 digits), relative error below 2^-55: one division, whichever of the two it is.
 */

/* The word with a middle for the two bits that have served otherwise. */
INLINE UINT F(without_choices)(UINT w) { return (w & ~(UINT)F(integers)(3)) | (UINT)F(integers)(2); }

/* t of the lanes of `left` again. Not inlined: rare. */
static __attribute__((noinline)) VEC F(deepened)(VEC t, UINT w, unsigned left, const dgen_draw *draw, size_t first)
{
    for (int lane = 0; lane < LANES; lane++)
        if (left >> lane & 1) t[lane] = F(deep_unit)(w[lane], side_stream(draw, first + (size_t)lane));
    return t;
}

/* Standard values of the words of values from `first` on. */
INLINE VEC F(cauchy_of_words)(UINT w, const dgen_draw *draw, size_t first)
{
    unsigned left;
    UINT fraction = F(without_choices)(w);
    VEC t = F(full_units)(fraction, &left);
    if (__builtin_expect(left != 0, 0)) t = F(deepened)(t, fraction, left, draw, first);
    VEC z = t * t, z2 = z * z;
    VEC numerator = (0x1.921fb54442d18p-1 - z * 0x1.fd21c2809576cp-5) + z2 * (0x1.b7a318c248bd7p-11 - z * 0x1.7252e4768554bp-20);
    VEC denominator = (1 - z * 0x1.2395192665528p-2) + z2 * (0x1.231275f761de9p-7 - z * 0x1.9a6b27582ee7cp-15);
    MASK inverse = F(is_odd)((INT)(w >> 1));
    numerator *= t;
    VEC x = F(select)(inverse, denominator, numerator) / F(select)(inverse, numerator, denominator);
    return (VEC)((INT)x ^ ((INT)(w << 63) & SIGN_BIT));
}

/* 0 + 1 x is x: arrays of parameters may come after it. */
static void F(cauchy_draw)(void *out, const dgen_draw *draw, size_t n)
{
    const uint64_t *w = draw->bits[0];
    bool numbers = draw->numbers == 3;
    double *to = out, location = numbers ? parameter_of(draw, 0, 0) : 0, scale = numbers ? parameter_of(draw, 1, 0) : 1;
    for (size_t i = 0; i < n; i += LANES)
        F(store)(to + i, location + scale * F(cauchy_of_words)(*(const UINT *)(w + i), draw, i));
    if (!numbers) F(shift_and_scale)(out, draw, n);
}
