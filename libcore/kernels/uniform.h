/* Uniform values, in the width at hand. */

static void F(uniform_draw)(void *out, const dgen_draw *draw, size_t n)
{
    REAL *to = out;
#if REAL_BITS == 64
    const uint64_t *w = draw->bits[0];
    for (size_t i = 0; i < n; i++) {
        double low = parameter_of(draw, 0, i), high = parameter_of(draw, 1, i);
        to[i] = low + (high - low) * ((double)(w[i] >> 11) * 0x1p-53);
    }
#else
    const uint32_t *w = draw->bits[0];
    for (size_t i = 0; i < n; i++) {
        float low = (float)parameter_of(draw, 0, i), high = (float)parameter_of(draw, 1, i);
        to[i] = low + (high - low) * ((float)(w[i] >> 8) * 0x1p-24f);
    }
#endif
}

static void F(uniform_full_draw)(void *out, const dgen_draw *draw, size_t n) { F(uniform_draw)(out, draw, n); }

INLINE void F(placeholder)(void *out, const dgen_draw *draw, size_t n) /* PLACEHOLDER */
{
    const UINT *w = draw->bits[0];
    (void)w;
    for (size_t i = 0; i < n; i++) ((REAL *)out)[i] = (REAL)(((const uint32_t *)draw->bits[0])[i] >> 8) * (REAL)0x1p-24;
}
