/*
 * Gamma and chi-squared values: the squeezed cube of a normal (G. Marsaglia and W. W. Tsang, "A simple method for generating
 * gamma variables", ACM TOMS 26, 2000). For a shape a >= 1, with d = a - 1/3, c = 1 / sqrt (9 d), a normal z, t = c z and a
 * uniform u, d (1 + t)^3 is a gamma value where t > -1 and
 *
 *     ln (u) < z^2 / 2 + d (1 - (1 + t)^3 + 3 ln (1 + t))
 *
 * which is certain where u < 1 - 0.2 (c z^2)^2. (Their squeeze is 1 - 0.0331 z^4, the same for all d; the greatest coefficient
 * that this one needs is 0.19844, for d = 2/3, and it loses 4 % of the values of shape 2, not 10 %.) For a < 1, a value of shape
 * a + 1 is multiplied by u^(1/a), with another u.
 *
 * Value k takes z from word k of sub-stream 0 and u from word k of sub-stream 1; the u of a shape below 1 is that of sub-stream
 * 2. Attempt r = 1, 2, ... takes from the side stream draw 4 r for z and 4 r + 2 for u. Draw 4 r + 1 is the stream of its own
 * that z has where it meets no layer of the ziggurat, from attempt 0 on. Draw 4 r + 3 is left for others.
 *
 * A loop makes the first attempt at all values and notes for which neither layer nor squeeze decide. These are collected into
 * full vectors for the test itself, and what it rejects goes on one by one.
 */

/* Values at a time: all that is kept of them stays in the first cache. */
enum { CUBES = 512 };

/* What a shape means: of shapes below 1, for the shape 1 more. */
typedef struct F(cubing) {
    VEC c, d;
} F(cubing);

INLINE F(cubing) F(cubing_of)(VEC shape)
{
    const VEC one = F(constant)(1);
    VEC d = F(select)(F(less)(shape, one), shape + one, shape) - F(constant)(1.0 / 3);
    return (F(cubing)){ one / (F(constant)(3) * F(square_root)(d)), d };
}

INLINE VEC F(cube)(VEC t)
{
    VEC root = F(constant)(1) + t;
    return root * root * root;
}

INLINE MASK F(is_below_squeeze)(VEC z, VEC t, VEC u)
{
    VEC s = t * z;
    return F(less)(u, F(constant)(1) - F(constant)(0.2) * (s * s));
}

/* The test itself. As d = (z / t)^2 / 9, its right side is z^2 (ln (1 + t) - t + t^2 / 2 - t^3 / 3) / (3 t^2): by the series
   where that sum cancels. Below t = -1 the logarithm is NaN. */
INLINE MASK F(is_below_density)(VEC z, VEC t, VEC u)
{
    VEC t2 = t * t, series = t2 * (t * (1.0 / 15 - t * (1.0 / 18 - t * (1.0 / 21))) - 1.0 / 12);
    VEC sum = (F(logarithm)(F(constant)(1) + t) - t + t2 * (0.5 - t * (1.0 / 3))) / (3 * t2);
    MASK small = F(less)(F(absolute)(t), F(constant)(0x1p-7));
    return F(less)(F(logarithm)(u), z * z * F(select)(small, series, sum));
}

/* side_draw of LANES values from i on. */
INLINE UINT F(mixed)(UINT z)
{
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

INLINE UINT F(side_draws)(const dgen_draw *draw, size_t i, uint64_t j)
{
    static const uint64_t steps[8] = { 0, GOLDEN, 2 * GOLDEN, 3 * GOLDEN, 4 * GOLDEN, 5 * GOLDEN, 6 * GOLDEN, 7 * GOLDEN };
    UINT z;
    memcpy(&z, steps, sizeof z);
    return F(mixed)(F(mixed)(z + (draw->side + GOLDEN * (draw->first + i))) + GOLDEN * (j + 1));
}

/* A bit for each lane that is set. */
INLINE unsigned F(bits_of_mask)(MASK m)
{
#if DGEN_VECTOR_BYTES == 64
    return m;
#else
    return F(signs)((VEC)m);
#endif
}

/* After attempt 0; `side`: the draw that 4 r is counted from. */
static __attribute__((noinline)) double F(cube_again)(double c, uint64_t stream, uint64_t side)
{
    for (uint64_t j = side + 4;; j += 4) {
        VEC z = F(constant)(F(normal_of_word)(side_draw(stream, j), side_draw(stream, j + 1)));
        VEC t = z * c, u = F(constant)(open_unit(side_draw(stream, j + 2)));
        if (F(any)(F(is_below_squeeze)(z, t, u)) || F(any)(F(is_below_density)(z, t, u))) return F(cube)(t)[0];
    }
}

/* Where cubes come from: values i.. of the call, with words of normals and of uniforms, of which the low `shift` bits are not
   used, and a place in the side stream. */
typedef struct F(cube_source) {
    const dgen_draw *draw;
    const uint64_t *normal, *uniform;
    size_t i;
    uint64_t side;
    int shift;
} F(cube_source);

/* The test for LANES of the values that `at` numbers, and further attempts. */
INLINE void F(decide_cubes)(double *v, const double *c, const double *normals, const F(cube_source) *source, const uint16_t *at)
{
    double z[LANES], factor[LANES], cube[LANES];
    uint64_t w[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        z[lane] = normals[at[lane]];
        factor[lane] = c[at[lane]];
        w[lane] = source->uniform[source->i + at[lane]] << source->shift;
    }
    UINT words;
    memcpy(&words, w, sizeof words);
    VEC t = F(load)(factor) * F(load)(z);
    unsigned passed = F(bits_of_mask)(F(is_below_density)(F(load)(z), t, F(open_units)(words)));
    F(store)(cube, F(cube)(t));
    for (int lane = 0; lane < LANES; lane++)
        v[at[lane]] = passed >> lane & 1 ? cube[lane]
                                         : F(cube_again)(factor[lane], side_stream(source->draw, source->i + at[lane]), source->side);
}

/* Accepted (1 + c z)^3 of n values, at most CUBES and a multiple of DGEN_DRAW_GROUP, with a c for each. */
static __attribute__((noinline)) void F(draw_cubes)(double *v, const double *c, const F(cube_source) *source, size_t n)
{
    const uint64_t *normal = source->normal + source->i, *uniform = source->uniform + source->i;
    double normals[CUBES];
    uint16_t undecided[CUBES + LANES];
    size_t count = 0;
    for (size_t k = 0; k < n; k += DGEN_DRAW_GROUP) {
        uint64_t beyond = 0, open = 0;
        for (size_t l = 0; l < DGEN_DRAW_GROUP; l += LANES) {
            VEC z;
            beyond |= (uint64_t)F(normal_of_words)(&z, normal + k + l) << l;
            VEC t = F(load)(c + k + l) * z, u = F(open_units)(*(const UINT *)(uniform + k + l) << source->shift);
            open |= (uint64_t)F(bits_of_mask)((MASK)~F(is_below_squeeze)(z, t, u)) << l;
            F(store)(normals + k + l, z);
            F(store)(v + k + l, F(cube)(t));
        }
        open |= beyond;
        for (; beyond; beyond &= beyond - 1) {
            size_t at = k + (size_t)__builtin_ctzll(beyond);
            normals[at] = F(normal_of_word)(normal[at], side_draw(side_stream(source->draw, source->i + at), source->side + 1));
        }
        for (; open; open &= open - 1) undecided[count++] = (uint16_t)(k + (size_t)__builtin_ctzll(open));
    }
    if (!count) return;
    for (int lane = 0; lane < LANES; lane++) undecided[count + (size_t)lane] = undecided[count - 1];
    for (size_t k = 0; k < count; k += LANES) F(decide_cubes)(v, c, normals, source, undecided + k);
}

/* ------------------------------------------------------------------------------------------------ gamma and chi-squared */

/* Shape and rate of LANES values from i on. */
INLINE VEC F(shapes_of)(const dgen_draw *draw, size_t i, bool chi_squared)
{
    return F(parameters_of)(draw, 0, i) * F(constant)(chi_squared ? 0.5 : 1);
}
INLINE VEC F(rates_of)(const dgen_draw *draw, size_t i, bool chi_squared)
{
    if (chi_squared) return F(constant)(0.5);
    return F(parameters_of)(draw, 1, i);
}

/* c, and d over the rate, of values i.. of the call. */
INLINE void F(gamma_constants)(double *c, double *scale, const dgen_draw *draw, size_t i, size_t n, bool chi_squared)
{
    bool numbers = chi_squared ? draw->numbers & 1 : draw->numbers == 3;
    F(cubing) g;
    for (size_t k = 0; k < n; k += LANES) {
        if (k == 0 || !numbers) {
            g = F(cubing_of)(F(shapes_of)(draw, i + k, chi_squared));
            g.d /= F(rates_of)(draw, i + k, chi_squared);
        }
        F(store)(c + k, g.c);
        F(store)(scale + k, g.d);
    }
}

/* x, and where shape < 1 times u^(1 / shape). A product with an infinity, of rates near 0, is no NaN. */
INLINE VEC F(of_small_shape)(VEC x, VEC shape, const uint64_t *w)
{
    const VEC zero = F(constant)(0);
    MASK small = F(less)(shape, F(constant)(1));
    if (!F(any)(small)) return x;
    VEC factor = F(exponential)(F(logarithm)(F(open_units)(*(const UINT *)w)) / shape);
    return F(select)(small, F(select)(F(less)(zero, factor), x * factor, zero), x);
}

INLINE void F(draw_gammas)(double *to, const dgen_draw *draw, size_t n, bool chi_squared)
{
    double c[CUBES], scale[CUBES];
    const uint64_t *small = draw->bits[2]; /* where a shape is below 1 */
    for (size_t i = 0, count; i < n; i += count, to += count) {
        count = n - i < CUBES ? n - i : CUBES;
        F(gamma_constants)(c, scale, draw, i, count, chi_squared);
        F(draw_cubes)(to, c, &(F(cube_source)){ draw, draw->bits[0], draw->bits[1], i, 0, 0 }, count);
        for (size_t k = 0; k < count; k += LANES) F(store)(to + k, F(load)(to + k) * F(load)(scale + k));
        for (size_t k = 0; small && k < count; k += LANES)
            F(store)(to + k, F(of_small_shape)(F(load)(to + k), F(shapes_of)(draw, i + k, chi_squared), small + i + k));
    }
}

static void gamma_draw_f64(void *out, const dgen_draw *draw, size_t n) { F(draw_gammas)(out, draw, n, false); }
static void chisq_draw_f64(void *out, const dgen_draw *draw, size_t n) { F(draw_gammas)(out, draw, n, true); }
