/*
 * Beta values: x / (x + y) of two gammas (gamma_f64.h). Where a shape is below 1, in logarithms: 1 / (1 + e^-q),
 *
 *     q = ln (x) - ln (y),  ln (x) = ln (x') + ln (u) / shape, x' of shape + 1
 *
 * so that it is no matter that x, y, or both are less than any f64. The result rounds to 0 or 1 where it is that near.
 *
 * Value k takes the normal of x from sub-stream 0, that of y from sub-stream 1; the uniform of x is word k of sub-stream 2, that
 * of y its low half. The side stream's draws for y are 2^32 later than those for x; draw 3 is the u of a shape below 1.
 */

#define SECOND_SIDE (UINT64_C(1) << 32)

/* c, d of both shapes; d both much smaller where x + y might not be finite. */
INLINE void F(beta_constants)(double c[2][CUBES], double d[2][CUBES], const dgen_draw *draw, size_t i, size_t n)
{
    F(cubing) x, y;
    for (size_t k = 0; k < n; k += LANES) {
        if (k == 0 || draw->numbers != 3) {
            VEC shape1 = F(parameters_of)(draw, 0, i + k), shape2 = F(parameters_of)(draw, 1, i + k);
            MASK huge = F(less)(F(constant)(0x1p1000), F(greater)(shape1, shape2));
            VEC factor = F(select)(huge, F(constant)(0x1p-100), F(constant)(1));
            x = F(cubing_of)(shape1);
            y = F(cubing_of)(shape2);
            x.d *= factor;
            y.d *= factor;
        }
        F(store)(c[0] + k, x.c);
        F(store)(d[0] + k, x.d);
        F(store)(c[1] + k, y.c);
        F(store)(d[1] + k, y.d);
    }
}

/* Where a shape is below 1. Where both are below 2^-500 only their ratio matters: they are made larger, so that their inverses,
   times what a logarithm can be, are finite. */
static __attribute__((noinline)) VEC F(beta_of_small_shape)(VEC x, VEC y, const dgen_draw *draw, size_t i)
{
    const VEC one = F(constant)(1), zero = F(constant)(0);
    VEC shape1 = F(parameters_of)(draw, 0, i), shape2 = F(parameters_of)(draw, 1, i);
    MASK tiny = F(less)(F(greater)(shape1, shape2), F(constant)(0x1p-500));
    VEC factor = F(select)(tiny, F(constant)(0x1p500), one);
    VEC more1 = F(logarithm)(F(open_units)(F(side_draws)(draw, i, 3))) / (shape1 * factor);
    VEC more2 = F(logarithm)(F(open_units)(F(side_draws)(draw, i, SECOND_SIDE + 3))) / (shape2 * factor);
    VEC q = F(logarithm)(x / y) + F(select)(F(less)(shape1, one), more1, zero);
    return F(logistic)(q - F(select)(F(less)(shape2, one), more2, zero));
}

static void beta_draw_f64(void *out, const dgen_draw *draw, size_t n)
{
    double c[2][CUBES], d[2][CUBES], y[CUBES], *x = out;
    for (size_t i = 0, count; i < n; i += count, x += count) {
        count = n - i < CUBES ? n - i : CUBES;
        F(beta_constants)(c, d, draw, i, count);
        F(draw_cubes)(x, c[0], &(F(cube_source)){ draw, draw->bits[0], draw->bits[2], i, 0, 0 }, count);
        F(draw_cubes)(y, c[1], &(F(cube_source)){ draw, draw->bits[1], draw->bits[2], i, SECOND_SIDE, 32 }, count);
        for (size_t k = 0; k < count; k += LANES) {
            VEC first = F(load)(x + k) * F(load)(d[0] + k), second = F(load)(y + k) * F(load)(d[1] + k);
            VEC least = F(lesser)(F(parameters_of)(draw, 0, i + k), F(parameters_of)(draw, 1, i + k)), value = first / (first + second);
            MASK small = F(less)(least, F(constant)(1));
            if (F(any)(small)) value = F(select)(small, F(beta_of_small_shape)(first, second, draw, i + k), value);
            F(store)(x + k, value);
        }
    }
}
