/*
 * Student's t: a normal z over the root of a chi-squared over df, which is z sqrt (df / (2 d v)) of a cube v for the shape df / 2
 * (gamma_f64.h). Below df = 2 the cube is of shape df / 2 + 1, and t has the further factor u^(-1/df). A value beyond the range
 * of f64 is infinite, as is about half of them at df = 0.001.
 *
 * Value k takes the cube from sub-streams 0 and 1, z from sub-stream 2; where z meets no layer of the ziggurat, it has draw
 * 2^32 + 1 of the side stream for its own stream. u is draw 3.
 */

/* c, and df / (2 d), of values i.. of the call. Of the least df all values are infinite, by the further factor: so that no 0 is
   multiplied by it, they are made larger here. */
INLINE void F(t_constants)(double *c, double *scale, const dgen_draw *draw, size_t i, size_t n)
{
    F(cubing) g;
    for (size_t k = 0; k < n; k += LANES) {
        if (k == 0 || !(draw->numbers & 1)) {
            VEC df = F(greater)(F(parameters_of)(draw, 0, i + k), F(constant)(0x1p-900));
            g = F(cubing_of)(df * F(constant)(0.5));
            g.d = df / (g.d + g.d);
        }
        F(store)(c + k, g.c);
        F(store)(scale + k, g.d);
    }
}

/* t, and where df < 2 times u^(-1/df). */
static __attribute__((noinline)) VEC F(t_of_small_df)(VEC t, VEC df, const dgen_draw *draw, size_t i)
{
    VEC factor = F(exponential)(-F(logarithm)(F(open_units)(F(side_draws)(draw, i, 3))) / df);
    return F(select)(F(less)(df, F(constant)(2)), t * factor, t);
}

/* Cubes into values of t. */
INLINE void F(cubes_to_t)(double *to, const double *scale, const dgen_draw *draw, size_t i, size_t n)
{
    const uint64_t *w = (const uint64_t *)draw->bits[2] + i;
    for (size_t k = 0; k < n; k += DGEN_DRAW_GROUP) {
        double z[DGEN_DRAW_GROUP];
        uint64_t beyond = 0;
        for (size_t l = 0; l < DGEN_DRAW_GROUP; l += LANES) {
            VEC normal;
            beyond |= (uint64_t)F(normal_of_words)(&normal, w + k + l) << l;
            F(store)(z + l, normal);
        }
        for (; beyond; beyond &= beyond - 1) {
            size_t l = (size_t)__builtin_ctzll(beyond);
            z[l] = F(normal_of_word)(w[k + l], side_draw(side_stream(draw, i + k + l), SECOND_SIDE + 1));
        }
        for (size_t l = 0; l < DGEN_DRAW_GROUP; l += LANES) {
            VEC df = F(parameters_of)(draw, 0, i + k + l), ratio = F(load)(scale + k + l) / F(load)(to + k + l);
            VEC t = F(load)(z + l) * F(square_root)(ratio);
            if (F(any)(F(less)(df, F(constant)(2)))) t = F(t_of_small_df)(t, df, draw, i + k + l);
            F(store)(to + k + l, t);
        }
    }
}

static void t_draw_f64(void *out, const dgen_draw *draw, size_t n)
{
    double c[CUBES], scale[CUBES], *to = out;
    for (size_t i = 0, count; i < n; i += count, to += count) {
        count = n - i < CUBES ? n - i : CUBES;
        F(t_constants)(c, scale, draw, i, count);
        F(draw_cubes)(to, c, &(F(cube_source)){ draw, draw->bits[0], draw->bits[1], i, 0, 0 }, count);
        F(cubes_to_t)(to, scale, draw, i, count);
    }
}
