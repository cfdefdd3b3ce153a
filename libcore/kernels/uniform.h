/*
 * Uniform values, in the width at hand: min + (max - min) u.
 *
 * u is the upper 53 bits of a word as a fraction (f32: 24 of 32), so 0 <= u < 1. In full resolution it is a real number of
 * endless random bits, cut to the type's precision: its exponent tells how many bits are 0 before the first 1, its
 * significand what follows. The upper 12 bits (f32: 9) serve the exponent, the others are the significand. Where those are
 * all 0, 64 bits of the side stream go on, and the least u is 2^-76 (f32: 2^-73).
 *
 * Where rounding reaches max, the value is the greatest number below it.
 */

#undef UNITS_BITS
#define UNITS_BITS (REAL_BITS == 64 ? 53 : 24)
#undef EXPONENT_BITS /* of a word in full resolution */
#define EXPONENT_BITS (REAL_BITS - MANTISSA_BITS)

INLINE VEC F(units)(UINT w)
{
#if REAL_BITS == 32 || DGEN_VECTOR_BYTES == 64
    const REAL unit = (REAL)1 / ((INTEGER)1 << UNITS_BITS);
    return __builtin_convertvector((INT)(w >> (REAL_BITS - UNITS_BITS)), VEC) * F(constant)(unit);
#else /* 1 + 52 bits, less 1 or, by the last bit, the number before 1: both differences are exact */
    const UINT one = (UINT)F(constant)(1);
    return (VEC)(w >> 12 | one) - (VEC)(one - (w >> 11 & 1));
#endif
}

/* In full resolution; but bits in *left for lanes that need deep_unit instead. The leading bits become a whole number,
   whose exponent counts them: where they are all 0, that less EXPONENT_BITS is negative. */
INLINE VEC F(full_units)(UINT w, unsigned *left)
{
    const VEC magic = F(constant)((REAL)((INTEGER)1 << MANTISSA_BITS));
    const UINT significand = (UINT)F(integers)(((INTEGER)1 << MANTISSA_BITS) - 1);
    UINT leading = (UINT)((VEC)(w >> MANTISSA_BITS | (UINT)magic) - magic);
    UINT exponent = leading - (UINT)F(integers)((INTEGER)EXPONENT_BITS << MANTISSA_BITS);
    *left = F(signs)((VEC)exponent);
    return (VEC)((exponent & ~significand) | (w & significand));
}

/* Of a word whose leading bits are 0. */
static __attribute__((noinline)) REAL F(deep_unit)(uint64_t w, uint64_t stream)
{
    const int bias = REAL_BITS == 64 ? 1023 : 127;
    INTEGER exponent = bias - EXPONENT_BITS - 1 - __builtin_clzll(side_draw(stream, 0) | 1);
    INTEGER bits = exponent << MANTISSA_BITS | (INTEGER)(w & ((UINT64_C(1) << MANTISSA_BITS) - 1));
    REAL u;
    memcpy(&u, &bits, sizeof u);
    return u;
}

/* Bounds: where values begin, how wide they spread, and the greatest of them. */
typedef struct F(range) {
    VEC low, width, greatest;
} F(range);

INLINE F(range) F(range_at)(const dgen_draw *draw, size_t i)
{
    VEC low = F(parameters_of)(draw, 0, i), high = F(parameters_of)(draw, 1, i), zero = F(constant)(0);
    INT away = (INT)F(select)(F(less)(zero, high), (VEC)F(integers)(-1), (VEC)F(integers)(1));
    VEC below = F(select)(F(equal)(high, zero), (VEC)(SIGN_BIT | F(integers)(1)), (VEC)((INT)high + away));
    return (F(range)){ low, high - low, F(greater)(below, low) };
}

INLINE VEC F(within)(F(range) range, VEC u) { return F(lesser)(range.low + range.width * u, range.greatest); }

static __attribute__((noinline)) void F(draw_deep)(REAL *to, const dgen_draw *draw, size_t i, uint64_t left)
{
    const WORD *w = draw->bits[0];
    for (; left; left &= left - 1) {
        size_t k = i + (size_t)__builtin_ctzll(left);
        F(range) range = F(range_at)(draw, draw->numbers == 3 ? 0 : k - k % LANES);
        VEC x = F(within)(range, F(constant)(F(deep_unit)(w[k], side_stream(draw, k))));
        to[k] = x[k % LANES];
    }
}

#ifndef BOUNDS
#define BOUNDS
enum bounds { BOUNDS_0_1, BOUNDS_NUMBERS, BOUNDS_ARRAYS };
#endif

INLINE void F(draw_uniforms)(REAL *to, const dgen_draw *draw, size_t n, bool full, enum bounds bounds)
{
    const WORD *w = draw->bits[0];
    F(range) range = F(range_at)(draw, 0);
    for (size_t i = 0; i < n; i += DGEN_DRAW_GROUP) {
        uint64_t left = 0;
        UNROLLED for (size_t j = 0; j < DGEN_DRAW_GROUP; j += LANES) {
            UINT bits = *(const UINT *)(w + i + j);
            unsigned some = 0;
            VEC u = full ? F(full_units)(bits, &some) : F(units)(bits);
            left |= (uint64_t)some << j;
            if (bounds == BOUNDS_ARRAYS) range = F(range_at)(draw, i + j);
            F(store)(to + i + j, bounds == BOUNDS_0_1 ? u : F(within)(range, u));
        }
        if (full && left) F(draw_deep)(to, draw, i, left);
    }
}

/* 0 + (1 - 0) u is u. */
static void F(uniform_draw)(void *out, const dgen_draw *draw, size_t n)
{
    const double *low = draw->parameter[0], *high = draw->parameter[1];
    if (draw->numbers != 3) F(draw_uniforms)(out, draw, n, false, BOUNDS_ARRAYS);
    else if (*low != 0 || *high != 1) F(draw_uniforms)(out, draw, n, false, BOUNDS_NUMBERS);
    else F(draw_uniforms)(out, draw, n, false, BOUNDS_0_1);
}

static void F(uniform_full_draw)(void *out, const dgen_draw *draw, size_t n)
{
    if (draw->numbers != 3) F(draw_uniforms)(out, draw, n, true, BOUNDS_ARRAYS);
    else F(draw_uniforms)(out, draw, n, true, BOUNDS_NUMBERS);
}
