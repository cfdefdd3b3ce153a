/*
 * The extremes of groups of a row, sixteen groups at once.
 *
 * A group is first reduced to one vector of its least and one of its greatest elements. Four of those become one, which has
 * the partial extremes of all four in a quarter each, and so on: a step halves what is left of each group and brings two
 * vectors together, so that no lane is idle, and in the end lane g has the extreme of group g.
 *
 * The extremes of a group with a NaN are anything; one comparison of two vectors of elements finds it.
 */
enum { LANES_F32 = DGEN_VECTOR_BYTES / 4, GROUPS = 16, AHEAD = 1024 /* elements from an element to what is fetched for later */ };

/* Elements up to lane r of LANES_F32, for masks. */
static const int32_t first_lanes[2 * GROUPS] = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 };
INLINE ivec_f32 mask_of_first(size_t r) { return (ivec_f32)load_f32((const float *)(first_lanes + GROUPS - r)); }

/* r of LANES_F32 elements, then zeros. */
INLINE vec_f32 load_part(const float *p, size_t r)
{
#if DGEN_VECTOR_BYTES == 64
    return (vec_f32)_mm512_maskz_loadu_ps((__mmask16)((1u << r) - 1), p);
#elif DGEN_VECTOR_BYTES == 32
    return (vec_f32)_mm256_maskload_ps(p, (__m256i)mask_of_first(r));
#else
    vec_f32 x = { 0 };
    for (size_t i = 0; i < (size_t)LANES_F32; i++)
        if (i < r) x[i] = p[i];
    return x;
#endif
}

/* Lanes of `so_far` where neither a nor b is NaN. */
INLINE mask_f32 numbers(mask_f32 so_far, vec_f32 a, vec_f32 b)
{
#if DGEN_VECTOR_BYTES == 64
    return _mm512_mask_cmp_ps_mask(so_far, a, b, _CMP_ORD_Q);
#else
    return so_far & ~unordered_f32(a, b);
#endif
}
INLINE mask_f32 all_lanes(void) { return (mask_f32)~(mask_f32){ 0 }; }

typedef struct extremes {
    vec_f32 least, most;
} extremes;

INLINE void widen(extremes *e, mask_f32 *number, const float *x)
{
    vec_f32 a = load_f32(x);
    e->least = lesser_f32(a, e->least);
    e->most = greater_f32(a, e->most);
    *number = numbers(*number, a, a);
}

/* Of n elements, at least LANES_F32. */
INLINE extremes extremes_of_group(const float *x, size_t n, mask_f32 *number)
{
    extremes e = { .least = load_f32(x) };
    size_t i = LANES_F32;
    e.most = e.least;
    if (n < 2 * LANES_F32) *number = numbers(*number, e.least, e.least);
    else {
        vec_f32 b = load_f32(x + i);
        *number = numbers(*number, e.least, b);
        e = (extremes){ lesser_f32(b, e.least), greater_f32(b, e.least) };
        i += LANES_F32;
    }
    __builtin_prefetch(x + AHEAD);
    if (LANES_F32 == 16) __builtin_prefetch(x + LANES_F32 + AHEAD);
    for (; i + 2 * LANES_F32 <= n; i += 2 * LANES_F32) {
        __builtin_prefetch(x + i + AHEAD);
        if (LANES_F32 == 16) __builtin_prefetch(x + i + LANES_F32 + AHEAD);
        vec_f32 b = load_f32(x + i), c = load_f32(x + i + LANES_F32);
        e.least = lesser_f32(lesser_f32(b, c), e.least);
        e.most = greater_f32(greater_f32(b, c), e.most);
        *number = numbers(*number, b, c);
    }
    for (; i + LANES_F32 <= n; i += LANES_F32) widen(&e, number, x + i);
    if (i < n) widen(&e, number, x + n - LANES_F32);
    return e;
}

INLINE vec_f32 outer(vec_f32 a, vec_f32 b, bool most) { return most ? greater_f32(a, b) : lesser_f32(a, b); }

/* The extremes of four groups in the vectors v, in one; and those of sixteen, or as many as there are lanes, group by group, from
   one vector of each four. */
#if DGEN_VECTOR_BYTES == 64
INLINE vec_f32 of_four(const vec_f32 *v, bool most)
{
    const __m512i other = _mm512_setr_epi32(4, 5, 6, 7, 16, 17, 18, 19, 12, 13, 14, 15, 24, 25, 26, 27);
    vec_f32 a = outer(_mm512_mask_blend_ps(0xff00, v[0], v[1]), _mm512_shuffle_f32x4(v[0], v[1], 0x4e), most);
    vec_f32 b = outer(_mm512_mask_blend_ps(0xff00, v[2], v[3]), _mm512_shuffle_f32x4(v[2], v[3], 0x4e), most);
    return outer(_mm512_mask_blend_ps(0xf0f0, a, b), _mm512_permutex2var_ps(a, other, b), most);
}
INLINE vec_f32 of_lanes(const vec_f32 *v, bool most)
{
    const __m512i order = _mm512_setr_epi32(0, 8, 4, 12, 1, 9, 5, 13, 2, 10, 6, 14, 3, 11, 7, 15);
    vec_f32 a = outer(_mm512_mask_blend_ps(0xcccc, v[0], v[1]), _mm512_shuffle_ps(v[0], v[1], 0x4e), most);
    vec_f32 b = outer(_mm512_mask_blend_ps(0xcccc, v[2], v[3]), _mm512_shuffle_ps(v[2], v[3], 0x4e), most);
    return _mm512_permutexvar_ps(order, outer(_mm512_shuffle_ps(a, b, 0x88), _mm512_shuffle_ps(a, b, 0xdd), most));
}
#elif DGEN_VECTOR_BYTES == 32
INLINE vec_f32 of_four(const vec_f32 *v, bool most)
{
    vec_f32 a = outer(_mm256_blend_ps(v[0], v[1], 0xf0), _mm256_permute2f128_ps(v[0], v[1], 0x21), most);
    vec_f32 b = outer(_mm256_blend_ps(v[2], v[3], 0xf0), _mm256_permute2f128_ps(v[2], v[3], 0x21), most);
    return outer(_mm256_blend_ps(a, b, 0xcc), _mm256_shuffle_ps(a, b, 0x4e), most);
}
INLINE vec_f32 of_lanes(const vec_f32 *v, bool most)
{
    vec_f32 a = outer(_mm256_shuffle_ps(v[0], v[1], 0x88), _mm256_shuffle_ps(v[0], v[1], 0xdd), most);
    return _mm256_permutevar8x32_ps(a, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}
#else
#ifdef __SSE2__
#define PAIRS(a, b, imm) (vec_f32) _mm_shuffle_ps(a, b, imm)
#else
#define PAIRS(a, b, imm) (vec_f32){ (a)[(imm) & 3], (a)[(imm) >> 2 & 3], (b)[(imm) >> 4 & 3], (b)[(imm) >> 6] }
#endif
INLINE vec_f32 of_four(const vec_f32 *v, bool most)
{
    vec_f32 a = outer(PAIRS(v[0], v[1], 0x44), PAIRS(v[0], v[1], 0xee), most);
    vec_f32 b = outer(PAIRS(v[2], v[3], 0x44), PAIRS(v[2], v[3], 0xee), most);
    return outer(PAIRS(a, b, 0x88), PAIRS(a, b, 0xdd), most);
}
#undef PAIRS
INLINE vec_f32 of_lanes(const vec_f32 *v, bool most) { return (void)most, v[0]; }
#endif

/* Of `whole` groups, from 1 to GROUPS; least and most of others are those of one of them, or 0. True if no element is NaN. */
INLINE bool extremes_of_groups(float *least, float *most, const float *x, size_t whole, size_t group)
{
    mask_f32 number[4] = { all_lanes(), all_lanes(), all_lanes(), all_lanes() };
    for (size_t lane = 0; lane < whole; lane += LANES_F32) {
        vec_f32 low[LANES_F32 / 4], high[LANES_F32 / 4];
        UNROLLED for (size_t four = 0; four < LANES_F32 / 4; four++)
        {
            low[four] = high[four] = (vec_f32){ 0 };
            if (lane + 4 * four >= whole) continue;
            vec_f32 a[4], b[4];
            UNROLLED for (size_t i = 0; i < 4; i++)
            {
                size_t g = lane + 4 * four + i;
                extremes e = extremes_of_group(x + (g < whole ? g : whole - 1) * group, group, &number[i]);
                a[i] = e.least, b[i] = e.most;
            }
            low[four] = of_four(a, false);
            high[four] = of_four(b, true);
        }
        store_f32(least + lane, of_lanes(low, false));
        store_f32(most + lane, of_lanes(high, true));
    }
    return !any_f32((mask_f32)~(number[0] & number[1] & number[2] & number[3]));
}

/* Widens [*least, *most] to hold n elements; false if one is not finite. */
static bool range_of_row(float *least, float *most, const float *x, size_t n)
{
    float low[LANES_F32], high[LANES_F32];
    bool finite = true;
    if (n < (size_t)LANES_F32) {
        for (size_t i = 0; i < n; i++) {
            *least = x[i] < *least ? x[i] + 0 : *least;
            *most = x[i] > *most ? x[i] + 0 : *most;
            finite &= x[i] - x[i] == 0;
        }
        return finite;
    }
    mask_f32 number = all_lanes();
    extremes e = extremes_of_group(x, n, &number);
    store_f32(low, e.least);
    store_f32(high, e.most);
    for (int i = 0; i < LANES_F32; i++) {
        *least = low[i] < *least ? low[i] + 0 : *least; /* of zeros, +0 */
        *most = high[i] > *most ? high[i] + 0 : *most;
    }
    return !any_f32((mask_f32)~number) && *least >= -0x1.fffffep127f && *most <= 0x1.fffffep127f;
}

/* The extremes of each of `whole` groups, then one of `rest` elements if that is not 0: of GROUPS groups at most, anything finite
   of those that are not there. False if an element is not finite. */
static bool ranges_of_groups(float *least, float *most, const float *x, size_t whole, size_t rest, size_t group)
{
    size_t groups = whole + (rest != 0), g = 0;
    bool finite = true;
    if (groups < GROUPS)
        for (int i = 0; i < GROUPS; i += LANES_F32) store_f32(least + i, (vec_f32){ 0 }), store_f32(most + i, (vec_f32){ 0 });
    if (group >= (size_t)LANES_F32 && group <= DGEN_LARGE_GROUP && whole) {
        finite = whole == GROUPS && group == 32   ? extremes_of_groups(least, most, x, GROUPS, 32)
                 : whole == GROUPS && group == 64 ? extremes_of_groups(least, most, x, GROUPS, 64)
                                                  : extremes_of_groups(least, most, x, whole, group);
        g = whole;
    }
    for (; g < groups; g++) {
        least[g] = __builtin_inff(), most[g] = -__builtin_inff();
        finite &= range_of_row(least + g, most + g, x + g * group, g < whole ? group : rest);
    }
    mask_f32 within = all_lanes();
    for (size_t i = 0; i < GROUPS; i += LANES_F32)
        within &= less_equal_f32(constant_f32(-0x1.fffffep127f), load_f32(least + i))
                  & less_equal_f32(load_f32(most + i), constant_f32(0x1.fffffep127f));
    return finite && !any_f32((mask_f32)~within);
}
