/*
 * Scales and zeros of sixteen groups by their ranges.
 *
 * A scale is range / levels rounded up to 16 significant bits, or to an f16. An estimate a little above the quotient is cut off to
 * such a number s; the scale is s if levels x s, which is exact in f32, is not less than the range, and the next number if it is:
 * that comparison is exact, too, by the error of least and most's difference (the two-sum of D. Knuth, "The Art of Computer
 * Programming" 2, 4.2.2). So no division is needed, a range that is levels x s has the scale s, and as (code - zero) s has 24 bits,
 * every level is an f32.
 *
 * The zero is -least / s rounded to even: a product by 1 / s, set right by the residual -least - zero s, which is exact.
 *
 * Apart from that: a constant has its magnitude as scale, so that it is a level; and of magnitudes from 2^127 on the scale is rounded
 * down, with as many levels above 0 as below, so that none lies beyond the range of f32.
 */
enum { RANGE_NARROW, RANGE_FULL, RANGE_MIDRISE }; /* dgen_code_range of dgen.h */

typedef struct group_scales {
    _Alignas(64) float scale[GROUPS];
    float inverse[GROUPS];
    int32_t zero[GROUPS]; /* times 0x10001 */
    /* True if the group's extremes may round to codes beyond the first or last, or 1 / scale is subnormal. */
    bool clamps;
} group_scales;

/* How the ranges of a quantizer's codes divide. */
typedef struct code_levels {
    float below, above; /* of 0; asymmetric: both the sum */
    float of_below, of_above; /* their reciprocals, and more than the roundings of a sum and a product can take from a quotient */
    float bottom, top, middle; /* codes */
    int32_t fraction; /* bits of an f32 that a scale has not */
    bool midrise;
} code_levels;

INLINE code_levels code_levels_of(const dgen_quantizer *q)
{
    int half = 1 << (q->bits - 1);
    code_levels of = { .bottom = 0, .top = (float)(2 * half - 1), .middle = (float)half };
    of.below = of.above = of.top;
    of.fraction = q->half_scale ? 0x1fff : 0xff;
    if (q->symmetric) {
        of.midrise = q->range == RANGE_MIDRISE;
        of.below = of.midrise ? 2 : q->range == RANGE_FULL ? of.middle : of.middle - 1;
        of.above = of.midrise ? 2 : of.middle - 1;
        of.bottom = q->range == RANGE_NARROW;
    }
    of.of_below = (1 + 0x1p-21f) / of.below;
    of.of_above = (1 + 0x1p-21f) / of.above;
    return of;
}

/* The largest number of a scale's form up to s, and the one after it. */
INLINE vec_f32 cut_off(vec_f32 s, const code_levels *of, bool half_scale, vec_f32 *next)
{
    vec_f32 cut = (vec_f32)((ivec_f32)s & integers_f32(~of->fraction));
    *next = (vec_f32)(((ivec_f32)cut | integers_f32(of->fraction)) + integers_f32(1));
    if (!half_scale) return cut;
    mask_f32 small = less_f32(s, constant_f32(0x1p-14f)); /* multiples of 2^-24 */
    vec_f32 unit = constant_f32(0x1p-24f), whole = round_even_f32(s * constant_f32(0x1p24f)) * unit;
    whole = select_f32(less_f32(s, whole), whole - unit, whole);
    *next = select_f32(small, whole + unit, *next);
    return select_f32(small, whole, cut);
}

/* The scale of the range from -below to above, neither of which is negative. */
INLINE vec_f32 scale_of_range(vec_f32 below, vec_f32 above, const code_levels *of, const dgen_quantizer *q)
{
    vec_f32 estimate, s, next, rest = { 0 };
    mask_f32 more;
    if (q->symmetric) {
        estimate = greater_f32(below * constant_f32(of->of_below), above * constant_f32(of->of_above));
        s = cut_off(estimate, of, q->half_scale, &next);
        more = less_f32(constant_f32(of->below) * s, below) | less_f32(constant_f32(of->above) * s, above);
    } else {
        vec_f32 sum = below + above, of_above = sum - below;
        rest = (below - (sum - of_above)) + (above - of_above);
        estimate = sum * constant_f32(of->of_above);
        s = cut_off(estimate, of, q->half_scale, &next);
        vec_f32 held = constant_f32(of->top) * s;
        more = less_f32(held, sum) | (equal_f32(held, sum) & less_f32(constant_f32(0), rest));
    }
    s = select_f32(more, next, s);
    if (q->half_scale) s = lesser_f32(s, constant_f32(65504));
    return greater_f32(s, constant_f32(q->half_scale ? 0x1p-24f : 0x1p-126f));
}

/* -least / s, rounded to even, of `below` = -least. */
INLINE vec_f32 nearest_zero(vec_f32 below, vec_f32 s, vec_f32 inverse, vec_f32 top)
{
    vec_f32 one = constant_f32(1), big = constant_f32(0x1p23f), half = s * constant_f32(.5f);
    vec_f32 k = (lesser_f32(below * inverse, top) + big) - big, rest = below - k * s;
    mask_f32 odd = is_odd_f32((ivec_f32)(k + big));
    mask_f32 up = less_f32(half, rest) | (equal_f32(half, rest) & odd);
    mask_f32 down = less_f32(rest, -half) | (equal_f32(rest, -half) & odd);
    k = k + select_f32(up, one, constant_f32(0)) - select_f32(down, one, constant_f32(0));
    return lesser_f32(k, top);
}

/* Rounded down instead, with below = above = middle - 1 levels. */
INLINE vec_f32 scale_of_huge(vec_f32 magnitude, const code_levels *of)
{
    vec_f32 n = constant_f32(of->middle - 1), next;
    vec_f32 s = cut_off(magnitude * constant_f32((1 + 0x1p-21f) / (of->middle - 1)), of, false, &next);
    ivec_f32 before = (ivec_f32)s - integers_f32(0x100);
    return select_f32(less_f32(magnitude, n * s), (vec_f32)before, s);
}

/* Of groups i to i + LANES_F32; true if one of them clamps. */
INLINE bool scales_of_lanes(group_scales *out, int i, const float *least, const float *most, const code_levels *of, const dgen_quantizer *q)
{
    vec_f32 nothing = { 0 }, first = load_f32(least + i), last = load_f32(most + i), middle = constant_f32(of->middle), zero = middle;
    vec_f32 below = nothing - lesser_f32(first, nothing), above = greater_f32(last, nothing), magnitude = greater_f32(below, above);
    vec_f32 s = scale_of_range(below, above, of, q);
    mask_f32 huge = { 0 };
    if (!q->half_scale && !of->midrise) {
        mask_f32 constant = equal_f32(first, last) & less_equal_f32(constant_f32(0x1p-126f), magnitude);
        huge = less_equal_f32(constant_f32(0x1p127f), magnitude) & ~constant;
        s = select_f32(constant, magnitude, s);
        if (any_f32(huge)) s = select_f32(huge, scale_of_huge(magnitude, of), s);
    }
    vec_f32 inverse = constant_f32(1) / s;
    if (!q->symmetric) zero = select_f32(huge, middle, nearest_zero(below, s, inverse, constant_f32(of->top)));
    store_f32(out->scale + i, s);
    store_f32(out->inverse + i, inverse);
    ivec_f32 code = (ivec_f32)(zero + constant_f32(0x1p23f)) & integers_f32(0xff);
    store_f32((float *)out->zero + i, (vec_f32)(code | code << 16));
    if (of->midrise) return false;
    vec_f32 near = constant_f32(.4999f); /* 1 / 2, but for the rounding of products and quotients */
    return any_f32(less_f32(constant_f32(0x1p126f), s) | less_equal_f32((constant_f32(of->top) - zero) + near, above * inverse)
                   | less_equal_f32((zero - constant_f32(of->bottom)) + near, below * inverse));
}

/* Of GROUPS groups. */
static void scales_of_groups(group_scales *out, const float *least, const float *most, const code_levels *of, const dgen_quantizer *q)
{
    out->clamps = false;
    for (int i = 0; i < GROUPS; i += LANES_F32) out->clamps |= scales_of_lanes(out, i, least, most, of, q);
}

static inline void zeros_as_bytes(uint8_t bytes[GROUPS], const int32_t zero[GROUPS])
{
    for (int i = 0; i < GROUPS; i++) bytes[i] = (uint8_t)zero[i];
}

static void scales_of_ranges(float *scale, uint8_t *zero, const float *least, const float *most, size_t count,
                             const dgen_quantizer *q)
{
    const code_levels of = code_levels_of(q);
    for (size_t n; count; count -= n, scale += n, zero += n, least += n, most += n) {
        float low[GROUPS] = { 0 }, high[GROUPS] = { 0 };
        uint8_t bytes[GROUPS];
        group_scales found;
        n = count < GROUPS ? count : GROUPS;
        for (size_t i = 0; i < n; i++) low[i] = least[i], high[i] = most[i];
        scales_of_groups(&found, low, high, &of, q);
        zeros_as_bytes(bytes, found.zero);
        for (size_t i = 0; i < n; i++) scale[i] = found.scale[i], zero[i] = bytes[i];
    }
}
