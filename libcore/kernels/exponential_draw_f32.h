/*
 * Exponential values in f32: -ln (u) / rate, u a word as a fraction, the last of its 32 bits set: never 0 nor 1. Where u is
 * below 2^-12 its bits are few for an f32, and 64 of the side stream follow them: so the tail is as fine as f32, and the
 * greatest value is 66.5. (Without, it were 22.2.)
 */

/* Lanes below 2^-12 again, with more bits. Not inlined: rare. */
static __attribute__((noinline)) VEC F(deepened)(VEC u, UINT w, const dgen_draw *draw, size_t first)
{
    for (int lane = 0; lane < LANES; lane++) {
        if (w[lane] >= 1u << 20) continue;
        uint64_t more = side_draw(side_stream(draw, first + (size_t)lane), 0) | 1;
        u[lane] = (float)(((double)w[lane] + (double)more * 0x1p-64) * 0x1p-32);
    }
    return u;
}

/* -ln (u) of the words of values from `first` on. Near 1, u is 1 + f, where the word as a signed number has more bits of f
   than u has. */
INLINE VEC F(minus_logarithms)(UINT w, const dgen_draw *draw, size_t first)
{
    INT i = (INT)w | 1;
    VEC f = __builtin_convertvector(i, VEC) * F(constant)(0x1p-32f), u = f + (VEC)((INT)F(constant)(1) & i >> 31);
    if (__builtin_expect(F(any)(F(less)(u, F(constant)(0x1p-12f))), 0)) u = F(deepened)(u, w, draw, first);
    INT k = F(bits_difference)((INT)u, F(integers)(0x3f3504f3)) >> 23; /* the bits of sqrt (1/2) */
    VEC exponent = __builtin_convertvector(k, VEC);
    VEC scaled = (VEC)F(bits_difference)((INT)u, k << 23) - F(constant)(1);
    f = F(select)(F(equal)(exponent, F(constant)(0)), f, scaled);
    return exponent * F(constant)(-0x1.62e43p-1f) - (f + F(logarithm_rest)(f));
}

static void F(exponential_draw)(void *out, const dgen_draw *draw, size_t n)
{
    const uint32_t *w = draw->bits[0];
    float *to = out, mean = draw->numbers & 1 ? (float)(1 / parameter_of(draw, 0, 0)) : 1;
    for (size_t i = 0; i < n; i += LANES)
        F(store)(to + i, F(minus_logarithms)(*(const UINT *)(w + i), draw, i) * mean);
    if (!(draw->numbers & 1)) F(multiply_by_means)(out, draw, n);
}
