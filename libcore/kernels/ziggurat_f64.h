/*
 * Normal and exponential values in f64, by the ziggurats of ziggurat.h.
 *
 * The low 10 bits of a word are the layer, bit 10 the sign of a normal, the upper 52 bits where in the layer: a product.
 * 3 (exponential: 4) of 1024 words meet no layer: theirs are the regions at the curve and the tail, at the cost of the side
 * stream. A loop over 64 values notes them as bits of a word, and visits them after it.
 *
 * For other kernels: F(normal_of_words) (&z, words) makes LANES standard normals of as many words and returns a bit for each
 * lane that has none yet; F(normal_of_word) (w, stream) makes that one, or any, of a word and a side stream, of which it
 * may use everything: so give it one for itself, such as side_draw (stream of the value, j).
 */
#include "ziggurat.h"

/* open_unit of every lane. */
INLINE VEC F(open_units)(UINT w)
{
    return (VEC)((w >> 12) | (UINT)F(constant)(1)) - F(constant)(1 - 0x1p-53);
}

/* Widths of the words' layers. Loads of single elements: a gather is no faster. */
INLINE VEC F(layers_of_words)(const dgen_ziggurat *ziggurat, const uint64_t *w)
{
    VEC x;
#define X(i) ziggurat->x[w[i] % DGEN_ZIGGURAT_ROWS]
#if DGEN_VECTOR_BYTES == 64
    x = (VEC){ X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7) };
#elif DGEN_VECTOR_BYTES == 32
    x = (VEC){ X(0), X(1), X(2), X(3) };
#else
    x = (VEC){ X(0), X(1) };
#endif
#undef X
    return x;
}

/* ---------------------------------------------------------------------------------------------------------- rare regions */

/* The region that 64 random bits choose. */
INLINE unsigned region_of(const dgen_ziggurat *ziggurat, uint64_t r)
{
    unsigned region = (unsigned)(r % DGEN_ZIGGURAT_ROWS);
    uint64_t entry = ziggurat->alias[region];
    return r / DGEN_ZIGGURAT_ROWS < entry / DGEN_ZIGGURAT_ROWS ? region : (unsigned)(entry % DGEN_ZIGGURAT_ROWS);
}

enum density { NORMAL_DENSITY, EXPONENTIAL_DENSITY };

/* Whether the point at share b of the height of the box above `left` to `right` is below the curve at x. */
static __attribute__((noinline)) bool is_below(double x, double left, double right, double b, enum density density)
{
    double f[8] = { x, left, right };
    for (int i = 0; i < 3; i += LANES) {
        VEC t = F(load)(f + i);
        F(store)(f + i, F(exponential)(density == NORMAL_DENSITY ? (VEC)(t * t * -0.5) : (VEC)-t));
    }
    return f[2] + b * (f[1] - f[2]) < f[0];
}

/* -ln of two numbers in (0, 1). */
INLINE void two_exponentials(double e[2], uint64_t w0, uint64_t w1)
{
    double u[8] = { open_unit(w0), open_unit(w1), 1, 1, 1, 1, 1, 1 };
    F(store)(u, -F(logarithm)(F(load)(u)));
    e[0] = u[0];
    e[1] = u[1];
}

/* Beyond x (G. Marsaglia, "Generating a variable from the tail of the normal distribution", Technometrics 6, 1964): a
   point of the exponential tail that touches the normal one, kept where it is below. */
static __attribute__((noinline)) double normal_tail(double x, uint64_t stream)
{
    for (uint64_t j = 1;; j += 2) {
        double e[2];
        two_exponentials(e, side_draw(stream, j), side_draw(stream, j + 1));
        e[0] /= x;
        if (e[1] + e[1] > e[0] * e[0]) return x + e[0];
    }
}

/* Between `left` and `right`, in a box whose curve is near its falling diagonal: in shares of the box, at most near_above
   above it and near_below below. A point above that strip is turned half about its corner, into it or below. */
INLINE double in_box(double left, double right, double near_above, double near_below, uint64_t stream, enum density density)
{
    double side = 1 + near_above;
    for (uint64_t j = 1;; j += 2) {
        double a = side * open_unit(side_draw(stream, j)), b = side * open_unit(side_draw(stream, j + 1));
        bool beyond = a + b > side;
        a = beyond ? side - a : a;
        b = beyond ? side - b : b;
        double x = left + (right - left) * a;
        if (a + b < 1 - near_below) return x;
        if (a < 1 && b < 1 && is_below(x, left, right, b, density)) return x;
    }
}

/* Above all layers. In shares of the box, the curve is at most 1/512 below the parabola b = 1 - a^2, and never above it. */
static __attribute__((noinline)) double normal_cap(double right, uint64_t stream)
{
    for (uint64_t j = 1;; j += 2) {
        double a = open_unit(side_draw(stream, j)), b = open_unit(side_draw(stream, j + 1)), below = (1 - a * a) - b;
        if (below < 0) continue;
        if (below > 0x1p-9 || is_below(right * a, 0, right, b, NORMAL_DENSITY)) return right * a;
    }
}

/* Of a word that meets no layer. The curve bends by f'' / f' = (x^2 - 1) / x: it is within an eighth of that, times the
   width, of the diagonal. */
static __attribute__((noinline)) double normal_beyond_layers(uint64_t w, uint64_t stream)
{
    const double *x = dgen__ziggurat_normal.x;
    unsigned region = region_of(&dgen__ziggurat_normal, side_draw(stream, 0));
    double z;
    if (region == 0) z = normal_tail(x[0], stream);
    else if (region == DGEN_ZIGGURAT_NORMAL_LAYERS) z = normal_cap(x[region - 1], stream);
    else {
        double left = x[region], right = x[region - 1], near = (right - left) * (left + 1 / left) * 0.125;
        z = in_box(left, right, near, near, stream, NORMAL_DENSITY);
    }
    return w >> 10 & 1 ? -z : z;
}

/* The same: f'' / f' = 1, and the curve is always below the diagonal. The cap is a box as the others. */
static __attribute__((noinline)) double exponential_beyond_layers(uint64_t stream)
{
    const double *x = dgen__ziggurat_exponential.x;
    unsigned region = region_of(&dgen__ziggurat_exponential, side_draw(stream, 0));
    if (region == 0) {
        double e[2];
        two_exponentials(e, side_draw(stream, 1), 0);
        return x[0] + e[0];
    }
    double left = region < DGEN_ZIGGURAT_EXPONENTIAL_LAYERS ? x[region] : 0, right = x[region - 1];
    return in_box(left, right, 0, (right - left) * 0.125, stream, EXPONENTIAL_DENSITY);
}

/* ---------------------------------------------------------------------------------------------------------------- normal */

INLINE unsigned F(normal_of_words)(VEC *z, const uint64_t *w)
{
    UINT bits = *(const UINT *)w;
    VEC x = F(layers_of_words)(&dgen__ziggurat_normal, w), product = F(open_units)(bits) * x;
    *z = (VEC)((INT)product ^ ((INT)(bits << 53) & SIGN_BIT));
    return F(signs)(x);
}

INLINE double F(normal_of_word)(uint64_t w, uint64_t stream)
{
    double x = dgen__ziggurat_normal.x[w % DGEN_ZIGGURAT_ROWS], z = open_unit(w) * x;
    if (__builtin_expect(x < 0, 0)) return normal_beyond_layers(w, stream);
    return w >> 10 & 1 ? -z : z;
}

static void F(draw_normals)(double *to, const dgen_draw *draw, size_t n, double mean, double sd)
{
    const uint64_t *w = draw->bits[0];
    for (size_t i = 0; i < n; i += DGEN_DRAW_GROUP) {
        uint64_t left = 0;
        UNROLLED for (size_t j = 0; j < DGEN_DRAW_GROUP; j += LANES) {
            VEC z;
            left |= (uint64_t)F(normal_of_words)(&z, w + i + j) << j;
            F(store)(to + i + j, mean + sd * z);
        }
        for (; left; left &= left - 1) {
            size_t k = i + (size_t)__builtin_ctzll(left);
            to[k] = mean + sd * normal_beyond_layers(w[k], side_stream(draw, k));
        }
    }
}

/* 0 + 1 z is z: arrays may come after it. */
static void F(normal_draw)(void *out, const dgen_draw *draw, size_t n)
{
    bool numbers = draw->numbers == 3;
    F(draw_normals)(out, draw, n, numbers ? parameter_of(draw, 0, 0) : 0, numbers ? parameter_of(draw, 1, 0) : 1);
    if (!numbers) F(shift_and_scale)(out, draw, n);
}

/* ----------------------------------------------------------------------------------------------------------- exponential */

static void F(draw_exponentials)(double *to, const dgen_draw *draw, size_t n, double mean)
{
    const uint64_t *w = draw->bits[0];
    for (size_t i = 0; i < n; i += DGEN_DRAW_GROUP) {
        uint64_t left = 0;
        UNROLLED for (size_t j = 0; j < DGEN_DRAW_GROUP; j += LANES) {
            VEC x = F(layers_of_words)(&dgen__ziggurat_exponential, w + i + j);
            left |= (uint64_t)F(signs)(x) << j;
            F(store)(to + i + j, F(open_units)(*(const UINT *)(w + i + j)) * x * mean);
        }
        for (; left; left &= left - 1) {
            size_t k = i + (size_t)__builtin_ctzll(left);
            to[k] = exponential_beyond_layers(side_stream(draw, k)) * mean;
        }
    }
}

static void F(exponential_draw)(void *out, const dgen_draw *draw, size_t n)
{
    bool number = draw->numbers & 1;
    F(draw_exponentials)(out, draw, n, number ? 1 / parameter_of(draw, 0, 0) : 1);
    if (!number) F(multiply_by_means)(out, draw, n);
}
