/* Values that are functions of normal ones, in the width at hand. */

static void F(lognormal_draw)(void *out, const dgen_draw *draw, size_t n)
{
    REAL *to = out;
    F(normal_draw)(out, draw, n);
    for (size_t i = 0; i < n; i += DGEN_DRAW_GROUP)
        for (size_t j = i; j < i + DGEN_DRAW_GROUP; j += LANES) F(store)(to + j, F(exponential)(F(load)(to + j)));
}
