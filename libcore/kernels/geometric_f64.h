/*
 * Geometric values: floor (ln (u) / ln (1 - prob)), by inversion.
 *
 * u = (w + 1/2) 2^-64, of a word w, is taken as the sum of two f64, so that ln (u) is accurate near 1, where the small
 * values of a small prob come from, as well as near 0.
 */

/* ln ((w + 1/2) 2^-64). Halves of w become f64 behind a power of 2 that they have room under. */
INLINE VEC F(logarithm_of_word)(UINT w)
{
    const VEC above_high = F(constant)(0x1p84), above_low = F(constant)(0x1p52);
    VEC high = (VEC)(w >> 32 | (UINT)above_high) - above_high;
    VEC low = ((VEC)((w & UINT32_MAX) | (UINT)above_low) - above_low) + 0.5, sum = high + low;
    F(scaled) s = F(take_apart)(sum);
    s.low += (low - (sum - high)) * s.scale;
    s.k -= 64;
    return F(logarithm_of)(s, F(BASE_E));
}

static void geometric_draw_f64(void *out, const dgen_draw *draw, size_t n)
{
    const uint64_t *w = draw->bits[0];
    VEC inverse = 1 / F(logarithm_1_plus)(-F(parameters_of)(draw, 0, 0));
    for (size_t i = 0; i < n; i += LANES) {
        if (!(draw->numbers & 1)) inverse = 1 / F(logarithm_1_plus)(-F(parameters_of)(draw, 0, i));
        VEC values = F(round_down)(F(logarithm_of_word)(*(const UINT *)(w + i)) * inverse);
        F(store)((double *)out + i, values);
    }
}
