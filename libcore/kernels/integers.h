/*
 * Integers from least to most, each as likely: value = least + floor (width * u), width = most - least + 1, where u is a
 * fraction of so many bits that the bias is below width / 2^96.
 *
 * A word w of B bits gives all but the last doubt: width * w / 2^B has the whole part `high` and the fraction low / 2^B,
 * and bits of u behind w's can add less than width / 2^B to it. Only where low + width - 1 reaches 2^B can they carry
 * into the whole part (D. Lemire, "Fast random integer generation in an interval", ACM TOMACS 29, 2019); there 64 bits of
 * the side stream say whether they do (S. Canon, 2022, "Fast unbiased random integers": no rejection).
 *
 * The width decides which bits a value takes: of a power of two to 2^8, a byte of sub-stream 0, where nothing can carry;
 * of others to 2^20, 32 bits of sub-stream 1; beyond, 64 bits of sub-stream 2, which are the value where the width is 2^64.
 */

/* 0 stands for a width of 2^64. */
INLINE uint64_t width_of(int64_t least, int64_t most) { return (uint64_t)most - (uint64_t)least + 1; }

INLINE int64_t least_of(const dgen_draw *draw, size_t i)
{
    return ((const int64_t *)draw->parameter[0])[draw->numbers & 1 ? 0 : i];
}
INLINE int64_t most_of(const dgen_draw *draw, size_t i)
{
    return ((const int64_t *)draw->parameter[1])[draw->numbers & 2 ? 0 : i];
}
INLINE uint64_t constant_width(const dgen_draw *draw) { return width_of(least_of(draw, 0), most_of(draw, 0)); }

/* a b as 128 bits. */
INLINE uint64_t product(uint64_t a, uint64_t b, uint64_t *low)
{
    unsigned __int128 p = (unsigned __int128)a * b;
    *low = (uint64_t)p;
    return (uint64_t)(p >> 64);
}

/* Whether bits behind a fraction low / 2^64 carry. */
INLINE uint64_t carries(const dgen_draw *draw, size_t i, uint64_t width, uint64_t low)
{
    uint64_t rest, more = product(side_draw(side_stream(draw, i), 0), width, &rest);
    return low + more < low;
}

/* floor (width * u) of value i. */
INLINE uint64_t scaled_8(uint8_t w, uint64_t width) { return w * width >> 8; }
INLINE uint64_t scaled_32(const dgen_draw *draw, size_t i, uint32_t w, uint64_t width)
{
    uint64_t p = w * width;
    if (__builtin_expect((uint32_t)p <= UINT32_MAX - (width - 1), 1)) return p >> 32;
    uint64_t rest, more = product(side_draw(side_stream(draw, i), 0), width, &rest);
    return (p + more) >> 32;
}
INLINE uint64_t scaled_64(const dgen_draw *draw, size_t i, uint64_t w, uint64_t width)
{
    uint64_t low, high = product(w, width, &low);
    if (__builtin_expect(low <= UINT64_MAX - (width - 1), 1)) return high;
    return high + carries(draw, i, width, low);
}

/* --------------------------------------------------------------------------------------------------- widths of 2^0 to 2^8 */

static void integers_8_draw_u8(void *out, const dgen_draw *draw, size_t n)
{
    const uint8_t *w = draw->bits[0];
    uint64_t width = constant_width(draw), least = (uint64_t)least_of(draw, 0);
    if (width == 256) {
        memcpy(out, w, n);
        return;
    }
    const uint64_t every = UINT64_C(0x0101010101010101);
    const uvec_f64 mask = (uvec_f64){ 0 } + every * (width - 1), low = (uvec_f64){ 0 } + every * least;
    int shift = __builtin_clzll(width) - 55; /* 8 - log2 (width) */
    for (size_t i = 0; i < n; i += DGEN_VECTOR_BYTES) {
        uvec_f64 values = (*(const uvec_f64 *)(w + i) >> shift & mask) + low;
        memcpy((uint8_t *)out + i, &values, sizeof values);
    }
}

#define INTEGERS_8(name, type, unsigned_type)                                                                          \
    static WIDENING void integers_8_draw_##name(void *out, const dgen_draw *draw, size_t n)                            \
    {                                                                                                                  \
        type *restrict to = out;                                                                                       \
        const uint8_t *restrict w = draw->bits[0];                                                                     \
        unsigned_type least = (unsigned_type)least_of(draw, 0);                                                        \
        int shift = __builtin_clzll(constant_width(draw)) - 55;                                                        \
        for (; n; n -= DGEN_DRAW_GROUP, to += DGEN_DRAW_GROUP, w += DGEN_DRAW_GROUP)                                   \
            for (int i = 0; i < DGEN_DRAW_GROUP; i++) to[i] = (type)((unsigned_type)(w[i] >> shift) + least);          \
    }
INTEGERS_8(i32, int32_t, uint32_t)
INTEGERS_8(i64, int64_t, uint64_t)
#undef INTEGERS_8

/* ----------------------------------------------------------------------------------------------------- widths to 2^20 */

/* Lanes of 64 bits: the product of their low halves. */
INLINE uvec_f64 product_of_halves(uvec_f64 a, uvec_f64 b)
{
#if DGEN_VECTOR_BYTES == 64
    return (uvec_f64)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif DGEN_VECTOR_BYTES == 32
    return (uvec_f64)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
    return (uvec_f64)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
    return (a & UINT32_MAX) * (b & UINT32_MAX);
#endif
}

/* least + the whole parts of a group of 64; false where one of them might be carried into. */
INLINE bool scaled_group_32(int32_t *out, const uint32_t *w, uint32_t width, uint32_t least)
{
    const uvec_f64 upper = (uvec_f64){ 0 } + ((uint64_t)UINT32_MAX << 32), factor = (uvec_f64){ 0 } + width;
    const uvec_f32 limit = (uvec_f32){ 0 } + (UINT32_MAX - (width - 1)), low = (uvec_f32){ 0 } + least;
    ivec_f32 doubt = { 0 };
    UNROLLED
    for (int i = 0; i < 64; i += 2 * LANES_64) {
        uvec_f64 words = *(const uvec_f64 *)(w + i);
        uvec_f64 even = product_of_halves(words, factor), odd = product_of_halves(words >> 32, factor);
        uvec_f32 high = (uvec_f32)(even >> 32 | (odd & upper)) + low, rest = (uvec_f32)((even & ~upper) | odd << 32);
        memcpy(out + i, &high, sizeof high);
        doubt |= (ivec_f32)(rest > limit);
    }
    return !signs_f32((vec_f32)doubt);
}

static void integers_32_draw_i32(void *out, const dgen_draw *draw, size_t n)
{
    int32_t *to = out;
    const uint32_t *w = draw->bits[1];
    uint64_t width = constant_width(draw);
    uint32_t least = (uint32_t)least_of(draw, 0);
    for (size_t i = 0; i < n; i += 64) {
        if (scaled_group_32(to + i, w + i, (uint32_t)width, least)) continue;
        for (size_t j = i; j < i + 64; j++) to[j] = (int32_t)((uint32_t)scaled_32(draw, j, w[j], width) + least);
    }
}

static void integers_32_draw_i64(void *out, const dgen_draw *draw, size_t n)
{
    uint64_t *to = out;
    const uint32_t *w = draw->bits[1];
    uint64_t width = constant_width(draw), least = (uint64_t)least_of(draw, 0);
    for (size_t i = 0; i < n; i++) to[i] = scaled_32(draw, i, w[i], width) + least;
}

/* ---------------------------------------------------------------------------------------------------- widths to 2^64 */

/* The whole parts of a group of 64, of a width to 2^32; false where one of them might be carried into. */
INLINE bool scaled_group_64(uint64_t *out, const uint64_t *w, uint64_t width)
{
    const uvec_f64 factor = (uvec_f64){ 0 } + width;
    ivec_f32 doubt = { 0 };
    if (width >> 32) return false;
    UNROLLED
    for (int i = 0; i < 64; i += LANES_64) {
        uvec_f64 words = *(const uvec_f64 *)(w + i);
        uvec_f64 sum = product_of_halves(words >> 32, factor) + (product_of_halves(words, factor) >> 32), high = sum >> 32;
        memcpy(out + i, &high, sizeof high);
        doubt |= (ivec_f32)((ivec_f32)sum == -1); /* low + width - 1 carries only from 2^64 - 2^32 on */
    }
    return !signs_f32((vec_f32)doubt);
}

INLINE void integers_group_64(uint64_t *out, const dgen_draw *draw, size_t first, uint64_t width)
{
    const uint64_t *w = (const uint64_t *)draw->bits[2] + first;
    if (!width) memcpy(out, w, 64 * sizeof *w);
    else if (!scaled_group_64(out, w, width))
        for (size_t i = 0; i < 64; i++) out[i] = scaled_64(draw, first + i, w[i], width);
}

#define INTEGERS_64(name, type)                                                                                        \
    static void integers_64_draw_##name(void *out, const dgen_draw *draw, size_t n)                                    \
    {                                                                                                                  \
        uint64_t group[64], least = (uint64_t)least_of(draw, 0), width = constant_width(draw);                         \
        for (size_t first = 0; first < n; first += 64) {                                                               \
            type *restrict to = (type *)out + first;                                                                   \
            integers_group_64(group, draw, first, width);                                                              \
            for (int i = 0; i < 64; i++) to[i] = (type)(group[i] + least);                                             \
        }                                                                                                              \
    }
INTEGERS_64(i32, uint32_t)
INTEGERS_64(i64, uint64_t)
#undef INTEGERS_64

/* --------------------------------------------------------------------------------------------- each value its own width */

static void integers_any_draw_i64(void *out, const dgen_draw *draw, size_t n)
{
    uint64_t *to = out;
    for (size_t i = 0; i < n; i++) {
        uint64_t least = (uint64_t)least_of(draw, i), width = width_of((int64_t)least, most_of(draw, i)), whole;
        if (width == 0) whole = ((const uint64_t *)draw->bits[2])[i];
        else if (width <= 256 && !(width & (width - 1))) whole = scaled_8(((const uint8_t *)draw->bits[0])[i], width);
        else if (width <= UINT64_C(1) << 20) whole = scaled_32(draw, i, ((const uint32_t *)draw->bits[1])[i], width);
        else whole = scaled_64(draw, i, ((const uint64_t *)draw->bits[2])[i], width);
        to[i] = least + whole;
    }
}
