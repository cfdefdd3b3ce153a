/*
 * Codes of elements by the scales and zeros of their groups, and how far w' is from w.
 *
 * Elements are taken in rows of 16, the last of a group filled up with zeros that count for nothing, whatever the width of vectors:
 * column l of the rows has a sum of its own, in f32, of squares of w, of w' and of e = w - w', and the greatest |e|. A chunk's sums
 * are then added to sums in f64. Chunks with squares that f32 cannot hold are done again in f64.
 *
 * Codes are made one a byte, each group over what the one before wrote past its end, and packed after that; where groups are whole
 * vectors, without the way by memory. Elements past the end are not read, bytes past it not written.
 */
enum {
    ENCODE_ROW = 16,
    ROW_OF_VECTORS = ENCODE_ROW / LANES_F32,
    ENCODE_QUAD = 4 * LANES_F32, /* elements that become a vector of bytes */
    ENCODE_CHUNK = 4096        /* elements that are encoded before they are packed and their sums settled */
};

/* ----------------------------------------------------------------------------------------------------------- a few vectors */

INLINE ivec_f32 rounded(vec_f32 x) /* below 2^22 */
{
#if DGEN_VECTOR_BYTES == 64
    return (ivec_f32)_mm512_cvtps_epi32(x);
#elif DGEN_VECTOR_BYTES == 32
    return (ivec_f32)_mm256_cvtps_epi32(x);
#elif defined(__SSE2__)
    return (ivec_f32)_mm_cvtps_epi32(x);
#else
    return (ivec_f32)(x + constant_f32(0x1.8p23f)) - integers_f32(0x4b400000);
#endif
}

INLINE int any_bit(ivec_f32 x)
{
#if DGEN_VECTOR_BYTES == 64
    return _mm512_test_epi32_mask((__m512i)x, (__m512i)x) != 0;
#else
    return any_f32(x != 0);
#endif
}

/* The greater of |x| and m. */
INLINE vec_f32 greater_magnitude(vec_f32 x, vec_f32 m)
{
#if DGEN_VECTOR_BYTES == 64
    return _mm512_range_ps(x, m, 0xb);
#else
    return greater_f32(absolute_f32(x), m);
#endif
}

/* ENCODE_QUAD codes of a byte each. */
#if DGEN_VECTOR_BYTES == 64
typedef __m512i quad;
#elif DGEN_VECTOR_BYTES == 32
typedef __m256i quad;
#elif defined(__SSE2__)
typedef __m128i quad;
#else
typedef uint8_t quad __attribute__((vector_size(16)));
#endif

INLINE quad quad_at(const uint8_t *codes)
{
    quad q;
    memcpy(&q, codes, sizeof q);
    return q;
}

/* k + zero; the first two vectors have one zero, the others another. */
INLINE quad quad_of(const ivec_f32 *k, ivec_f32 zero_01, ivec_f32 zero_23)
{
#if DGEN_VECTOR_BYTES == 64
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i a = _mm512_add_epi16(_mm512_packs_epi32((__m512i)k[0], (__m512i)k[1]), (__m512i)zero_01);
    __m512i b = _mm512_add_epi16(_mm512_packs_epi32((__m512i)k[2], (__m512i)k[3]), (__m512i)zero_23);
    return _mm512_permutexvar_epi32(order, _mm512_packus_epi16(a, b));
#elif DGEN_VECTOR_BYTES == 32
    __m256i a = _mm256_add_epi16(_mm256_packs_epi32((__m256i)k[0], (__m256i)k[1]), (__m256i)zero_01);
    __m256i b = _mm256_add_epi16(_mm256_packs_epi32((__m256i)k[2], (__m256i)k[3]), (__m256i)zero_23);
    return _mm256_permutevar8x32_epi32(_mm256_packus_epi16(a, b), _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
#elif defined(__SSE2__)
    __m128i a = _mm_add_epi16(_mm_packs_epi32((__m128i)k[0], (__m128i)k[1]), (__m128i)zero_01);
    __m128i b = _mm_add_epi16(_mm_packs_epi32((__m128i)k[2], (__m128i)k[3]), (__m128i)zero_23);
    return _mm_packus_epi16(a, b);
#else
    quad codes;
    for (int i = 0; i < ENCODE_QUAD; i++)
        codes[i] = (uint8_t)((uint32_t)k[i / LANES_F32][i % LANES_F32] + (uint32_t)(i < ENCODE_QUAD / 2 ? zero_01 : zero_23)[0]);
    return codes;
#endif
}

/* Stores a quad in `bits` bits a code: neighbours become bytes by a product of sums, or by shifts. */
INLINE void store_quad(uint8_t *to, quad codes, int bits)
{
    if (bits == 8) {
        memcpy(to, &codes, sizeof codes);
        return;
    }
#if DGEN_VECTOR_BYTES == 64
    __m512i pairs = _mm512_maddubs_epi16(codes, _mm512_set1_epi16(bits == 4 ? 0x1001 : 0x0401));
    if (bits == 4) _mm256_storeu_si256((__m256i *)to, _mm512_cvtepi16_epi8(pairs));
    else _mm_storeu_si128((__m128i *)to, _mm512_cvtepi32_epi8(_mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00100001))));
#elif DGEN_VECTOR_BYTES == 32
    __m256i pairs = _mm256_maddubs_epi16(codes, _mm256_set1_epi16(bits == 4 ? 0x1001 : 0x0401));
    if (bits == 2) pairs = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00100001));
    __m128i low = _mm256_castsi256_si128(pairs), high = _mm256_extracti128_si256(pairs, 1);
    if (bits == 4) _mm_storeu_si128((__m128i *)to, _mm_packus_epi16(low, high));
    else _mm_storel_epi64((__m128i *)to, _mm_packus_epi16(_mm_packs_epi32(low, high), low));
#elif defined(__SSE2__)
    __m128i pairs = _mm_or_si128(codes, _mm_srli_epi16(codes, bits == 4 ? 4 : 6));
    if (bits == 4) {
        pairs = _mm_and_si128(pairs, _mm_set1_epi16(0xff));
        _mm_storel_epi64((__m128i *)to, _mm_packus_epi16(pairs, pairs));
    } else {
        pairs = _mm_and_si128(pairs, _mm_set1_epi16(0x0f));
        pairs = _mm_and_si128(_mm_or_si128(pairs, _mm_srli_epi32(pairs, 12)), _mm_set1_epi32(0xff));
        pairs = _mm_packs_epi32(pairs, pairs);
        int four = _mm_cvtsi128_si32(_mm_packus_epi16(pairs, pairs));
        memcpy(to, &four, sizeof four);
    }
#else
    memset(to, 0, (size_t)(ENCODE_QUAD * bits / 8));
    for (size_t i = 0; i < ENCODE_QUAD; i++) dgen__code_set(to, i, bits, codes[i]);
#endif
}

/* Stores a row of codes k + zero, one a byte. */
INLINE void store_row(uint8_t *to, const ivec_f32 *k, ivec_f32 zero)
{
#if DGEN_VECTOR_BYTES == 64
    __m512i codes = _mm512_add_epi32((__m512i)k[0], _mm512_and_si512((__m512i)zero, _mm512_set1_epi32(0xff)));
    _mm_storeu_si128((__m128i *)to, _mm512_cvtepi32_epi8(codes));
#elif DGEN_VECTOR_BYTES == 32
    __m256i a = _mm256_add_epi16(_mm256_packs_epi32((__m256i)k[0], (__m256i)k[1]), (__m256i)zero);
    a = _mm256_packus_epi16(a, a);
    _mm_storeu_si128((__m128i *)to, _mm_unpacklo_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1)));
#else
    store_quad(to, quad_of(k, zero, zero), 8);
#endif
}

/* ------------------------------------------------------------------------------------------------------------- a group's codes */

/* By row columns: sums of squares of w, w' and e, and the greatest |e|. */
typedef struct square_sums {
    vec_f32 of_elements[ROW_OF_VECTORS], of_results[ROW_OF_VECTORS], of_errors[ROW_OF_VECTORS], greatest[ROW_OF_VECTORS];
} square_sums;

/* What is done: constants where this is compiled. */
typedef struct manner {
    bool exact, measure, clamp, midrise;
    int bits; /* that are stored: 8, codes one a byte */
} manner;

/* A group's numbers in all lanes. */
typedef struct coder {
    vec_f32 scale, inverse, bottom, top; /* bottom and top: code - zero */
    ivec_f32 zero;                       /* twice in a lane */
    bool exact;                          /* read only if manner.clamp */
} coder;

/* k is x / s rounded to even, or beside it because x (1 / s) was rounded: the residual x - k s is exact where it decides, and says
   which. */
INLINE ivec_f32 corrected(ivec_f32 k, vec_f32 x, const coder *c, bool clamp)
{
    vec_f32 level = __builtin_convertvector(k, vec_f32), rest = x - level * c->scale, half = c->scale * constant_f32(.5f);
    if (__builtin_expect(!any_f32(less_equal_f32(half, absolute_f32(rest))), 1)) return k;
    vec_f32 one = constant_f32(1), none = { 0 };
    mask_f32 odd = is_odd_f32(k);
    level += select_f32(less_f32(half, rest) | (equal_f32(half, rest) & odd), one, none);
    level -= select_f32(less_f32(rest, -half) | (equal_f32(rest, -half) & odd), one, none);
    if (clamp) level = lesser_f32(greater_f32(level, c->bottom), c->top);
    return rounded(level);
}

/* The codes less zero of LANES_F32 elements, in column v of vectors; those where `keep` is not set are not measured. */
INLINE ivec_f32 codes_of(vec_f32 x, const coder *c, square_sums *sums, int v, ivec_f32 keep, manner how)
{
    ivec_f32 k;
    vec_f32 level;
    if (how.midrise) { /* floor (x / s) */
        vec_f32 one = constant_f32(1), none = { 0 }, floor = select_f32(less_equal_f32(c->scale, x), one, none);
        floor -= select_f32(less_f32(x, none), one, none);
        floor -= select_f32(less_f32(x, -c->scale), one, none);
        k = rounded(floor);
        level = floor + constant_f32(.5f);
    } else {
        vec_f32 t = x * c->inverse;
        if (how.clamp) t = lesser_f32(greater_f32(t, c->bottom), c->top);
        k = rounded(t);
        if (how.exact || (how.clamp && c->exact)) k = corrected(k, x, c, how.clamp);
        if (how.measure) level = __builtin_convertvector(k, vec_f32);
    }
    if (!how.measure) return k;
    vec_f32 w = (vec_f32)((ivec_f32)(level * c->scale) & keep), e = x - w;
    sums->of_elements[v] += x * x;
    sums->of_results[v] += w * w;
    sums->of_errors[v] += e * e;
    sums->greatest[v] = greater_magnitude(e, sums->greatest[v]);
    return k;
}

/* The same of four vectors in exact manner, not measured. Where products with a number below 1 / s and one above it round to the same
   code, x / s does, too; else a residual decides. */
INLINE void exact_codes(ivec_f32 *k, const float *x, const coder *a, const coder *b, manner how)
{
    const vec_f32 below = constant_f32(1 - 0x1p-22f), above = constant_f32(1 + 0x1p-22f);
    ivec_f32 differ = { 0 };
    UNROLLED for (int i = 0; i < 4; i++)
    {
        const coder *c = i < 2 ? a : b;
        vec_f32 element = load_f32(x + i * LANES_F32);
        k[i] = rounded(element * (c->inverse * below));
        differ |= k[i] ^ rounded(element * (c->inverse * above));
    }
    if (__builtin_expect(any_bit(differ), 0))
        for (int i = 0; i < 4; i++) k[i] = corrected(k[i], load_f32(x + i * LANES_F32), i < 2 ? a : b, how.clamp);
}

INLINE void encode_quad(uint8_t *to, square_sums *sums, const float *x, const coder *a, const coder *b, manner how)
{
    ivec_f32 k[4];
    if (how.exact && !how.measure) exact_codes(k, x, a, b, how);
    else
        UNROLLED for (int i = 0; i < 4; i++)
            k[i] = codes_of(load_f32(x + i * LANES_F32), i < 2 ? a : b, sums, i % ROW_OF_VECTORS, integers_f32(-1), how);
    store_quad(to, quad_of(k, a->zero, b->zero), how.bits);
}

/* n elements of one group, one code a byte, of which there are `left` with those that follow. */
INLINE void encode_group(uint8_t *to, square_sums *sums, const float *x, size_t n, size_t left, const coder *c, manner how)
{
    size_t least = how.measure ? ENCODE_QUAD : ENCODE_ROW + 1; /* elements past the group cost little where they do not count */
    for (; n >= least && left >= ENCODE_QUAD; left -= ENCODE_QUAD, x += ENCODE_QUAD, to += ENCODE_QUAD) {
        encode_quad(to, sums, x, c, c, how);
        if (n <= ENCODE_QUAD) return;
        n -= ENCODE_QUAD;
    }
    for (; n >= ENCODE_ROW; n -= ENCODE_ROW, x += ENCODE_ROW, to += ENCODE_ROW) {
        ivec_f32 k[ROW_OF_VECTORS];
        UNROLLED for (int i = 0; i < ROW_OF_VECTORS; i++)
            k[i] = codes_of(load_f32(x + i * LANES_F32), c, sums, i, integers_f32(-1), how);
        store_row(to, k, c->zero);
    }
    if (n) {
        ivec_f32 k[ROW_OF_VECTORS];
        UNROLLED for (int i = 0; i < ROW_OF_VECTORS; i++)
        {
            size_t before = (size_t)i * LANES_F32, there = n < before ? 0 : n - before < LANES_F32 ? n - before : LANES_F32;
            k[i] = codes_of(load_part(x + (there ? before : 0), there), c, sums, i, mask_of_first(there), how);
        }
        store_row(to, k, c->zero);
    }
}

/* ------------------------------------------------------------------------------------------------------------- a chunk's codes */

/* Elements to encode: of groups from `first` on, of which `phase` elements lie before them. */
typedef struct chunk {
    const float *x;
    size_t n, group, phase;
    size_t first;
    const float *scale;
    const uint8_t *zero;
    const group_scales *found; /* scales and zeros of the same groups, which need no clamping; NULL: those above */
    const dgen_quantizer *quantizer;
} chunk;

/* What a row's elements, and what becomes of them, add up to. */
typedef struct tally {
    float of_elements[ENCODE_ROW], of_results[ENCODE_ROW], of_errors[ENCODE_ROW], greatest[ENCODE_ROW]; /* of a chunk */
    double column[3][ENCODE_ROW / 2], redone[3]; /* of those before it */
    float most[ENCODE_ROW];
    double most_redone;
    int64_t clipped;
} tally;

INLINE coder coder_of(const chunk *in, size_t g, manner how)
{
    g += in->first;
    if (!how.clamp)
        return (coder){ .scale = constant_f32(in->found->scale[g]), .inverse = constant_f32(in->found->inverse[g]),
                        .zero = integers_f32(in->found->zero[g]) };
    code_levels of = code_levels_of(in->quantizer);
    float s = in->scale[g], zero = in->zero[g];
    return (coder){ .scale = constant_f32(s), .inverse = constant_f32(1 / s),
                    .bottom = constant_f32(of.bottom - zero), .top = constant_f32(of.top - zero),
                    .zero = integers_f32(in->zero[g] * 0x10001),
                    .exact = in->quantizer->exact || !(s <= 0x1p126f) };
}

/* Elements of a group that lie more than s / 2 beyond its first or last code, and were clamped. The differences are exact where it is
   close. */
static int64_t count_clipped(const float *x, size_t n, float s, float zero, const dgen_quantizer *q)
{
    code_levels of = code_levels_of(q);
    float rise = of.midrise ? .5f : 0, least = (of.bottom - zero + rise) * s, most = (of.top - zero + rise) * s, half = s * .5f;
    int64_t count = 0;
    for (size_t i = 0; i < n; i++) count += (x[i] - most > half) | (least - x[i] > half);
    return count;
}

INLINE void count_if_clipped(tally *tally, const square_sums *group, const chunk *in, size_t g, const float *x, size_t n)
{
    g += in->first;
    float half = in->scale[g] * .5f;
    mask_f32 far = { 0 };
    for (int i = 0; i < ROW_OF_VECTORS; i++) far |= less_f32(constant_f32(half), group->greatest[i]);
    if (any_f32(far)) tally->clipped += count_clipped(x, n, in->scale[g], in->zero[g], in->quantizer);
}

/* Groups of whole quads, or of half ones. */
INLINE void encode_quads(uint8_t *to, square_sums *sums, const chunk *in, manner how)
{
    const float *x = in->x, *end = x + in->n;
    if (in->group == ENCODE_QUAD / 2)
        for (size_t g = 0; x < end; g += 2, x += ENCODE_QUAD, to += ENCODE_QUAD * how.bits / 8) {
            const coder a = coder_of(in, g, how), b = coder_of(in, g + 1, how);
            encode_quad(to, sums, x, &a, &b, how);
        }
    else if (in->group == ENCODE_QUAD)
        for (size_t g = 0; x < end; g++, x += ENCODE_QUAD, to += ENCODE_QUAD * how.bits / 8) {
            const coder c = coder_of(in, g, how);
            encode_quad(to, sums, x, &c, &c, how);
        }
    else
        for (size_t g = 0; x < end; g++) {
            const coder c = coder_of(in, g, how);
            const float *group_end = (size_t)(end - x) < in->group ? end : x + in->group;
            for (; x < group_end; x += ENCODE_QUAD, to += ENCODE_QUAD * how.bits / 8) encode_quad(to, sums, x, &c, &c, how);
        }
}

/* Groups of any size. */
INLINE void encode_groups(uint8_t *to, square_sums *sums, tally *tally, const chunk *in, manner how)
{
    const float *x = in->x;
    size_t left = in->n, g = 0, n = in->group - in->phase;
    for (; left; left -= n, x += n, to += n, n = in->group, g++) {
        const coder c = coder_of(in, g, how);
        n = n < left ? n : left;
        if (!how.measure || !how.clamp) {
            encode_group(to, sums, x, n, left, &c, how);
            continue;
        }
        square_sums group = *sums;
        for (int i = 0; i < ROW_OF_VECTORS; i++) group.greatest[i] = (vec_f32){ 0 };
        encode_group(to, &group, x, n, left, &c, how);
        count_if_clipped(tally, &group, in, g, x, n);
        for (int i = 0; i < ROW_OF_VECTORS; i++) group.greatest[i] = greater_f32(group.greatest[i], sums->greatest[i]);
        *sums = group;
    }
}

/* True if encode_quads does it. */
INLINE bool is_of_quads(const chunk *in)
{
    return in->phase == 0 && in->n % ENCODE_QUAD == 0 && (in->group % ENCODE_QUAD == 0 || (ENCODE_QUAD == 64 && in->group == 32));
}

INLINE void encode_chunk(uint8_t *to, tally *tally, const chunk *in, manner how)
{
    const chunk own = *in; /* which no store of a byte can change */
    square_sums sums = { 0 };
    if (how.bits < 8 || (!how.clamp && is_of_quads(&own))) encode_quads(to, &sums, &own, how);
    else encode_groups(to, &sums, tally, &own, how);
    if (!how.measure) return;
    UNROLLED for (int i = 0; i < ROW_OF_VECTORS; i++)
    {
        store_f32(tally->of_elements + i * LANES_F32, sums.of_elements[i]);
        store_f32(tally->of_results + i * LANES_F32, sums.of_results[i]);
        store_f32(tally->of_errors + i * LANES_F32, sums.of_errors[i]);
        store_f32(tally->greatest + i * LANES_F32, sums.greatest[i]);
    }
}

typedef void chunk_encoder(uint8_t *to, tally *tally, const chunk *in);
#define ENCODER(name, ...) \
    static void name(uint8_t *to, tally *tally, const chunk *in) { encode_chunk(to, tally, in, (manner){ __VA_ARGS__ }); }
ENCODER(encode_products, .bits = 8)
ENCODER(encode_products_4, .bits = 4)
ENCODER(encode_products_2, .bits = 2)
ENCODER(encode_exact, .bits = 8, .exact = true)
ENCODER(encode_clamped, .bits = 8, .clamp = true)
ENCODER(encode_midrise, .bits = 8, .clamp = true, .midrise = true)
ENCODER(measure_products, .bits = 8, .measure = true)
ENCODER(measure_exact, .bits = 8, .measure = true, .exact = true)
ENCODER(measure_clamped, .bits = 8, .measure = true, .clamp = true)
ENCODER(measure_midrise, .bits = 8, .measure = true, .clamp = true, .midrise = true)
#undef ENCODER

/* Packs n codes, one a byte. */
static void pack_codes(uint8_t *packed, const uint8_t *codes, size_t n, int bits)
{
    if (bits == 8) {
        memcpy(packed, codes, n);
        return;
    }
    for (; n >= ENCODE_QUAD; n -= ENCODE_QUAD, codes += ENCODE_QUAD, packed += ENCODE_QUAD * bits / 8)
        if (bits == 4) store_quad(packed, quad_at(codes), 4);
        else store_quad(packed, quad_at(codes), 2);
    for (size_t i = 0; i < dgen__packed_bytes(n, bits); i++) packed[i] = 0;
    for (size_t i = 0; i < n; i++) dgen__code_set(packed, i, bits, codes[i]);
}

/* ------------------------------------------------------------------------------------------------------------------- deviation */

/* A chunk once more, from its codes, in f64. */
static void measure_again(tally *tally, const uint8_t *packed, const chunk *in)
{
    const dgen_quantizer *q = in->quantizer;
    double rise = q->symmetric && q->range == RANGE_MIDRISE ? .5 : 0;
    for (size_t i = 0; i < in->n; i++) {
        size_t g = in->first + (i + in->phase) / in->group;
        double x = in->x[i], w = (dgen__code_get(packed, i, q->bits) - in->zero[g] + rise) * (double)in->scale[g];
        double e = x < w ? w - x : x - w;
        tally->redone[0] += x * x;
        tally->redone[1] += w * w;
        tally->redone[2] += e * e;
        if (e > tally->most_redone) tally->most_redone = e;
    }
}

/* True if f32 held the squares of a chunk: none too large, and of what is small, enough that the rest does not count. */
static bool squares_are_held(const tally *tally)
{
    const vec_f32 large = constant_f32(0x1p120f), small = constant_f32(0x1p-90f), none = { 0 };
    mask_f32 over = { 0 }, elements = { 0 }, results = { 0 }, errors = { 0 }, inexact = { 0 };
    for (int i = 0; i < ENCODE_ROW; i += LANES_F32) {
        vec_f32 x = load_f32(tally->of_elements + i), w = load_f32(tally->of_results + i), e = load_f32(tally->of_errors + i);
        vec_f32 greatest = load_f32(tally->greatest + i);
        over |= less_equal_f32(large, x) | less_equal_f32(large, w) | less_equal_f32(large, e);
        elements |= less_f32(small, x);
        results |= less_f32(small, w);
        errors |= less_f32(constant_f32(0x1p-52f), greatest);
        inexact |= less_f32(none, greatest);
    }
    return !any_f32(over) && any_f32(elements) && any_f32(results) && (any_f32(errors) || !any_f32(inexact));
}

/* True if all elements are 0, and so are all w'. */
static bool is_nothing(const tally *tally, const chunk *in)
{
    float least = 0, most = 0, error = 0;
    for (int i = 0; i < ENCODE_ROW; i++) error = tally->greatest[i] > error ? tally->greatest[i] : error;
    return error == 0 && range_of_row(&least, &most, in->x, in->n) && least == 0 && most == 0;
}

static void settle(tally *tally, const uint8_t *packed, const chunk *in)
{
    const float *sums[3] = { tally->of_elements, tally->of_results, tally->of_errors };
    if (!squares_are_held(tally)) {
        if (!is_nothing(tally, in)) measure_again(tally, packed, in);
        return;
    }
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < ENCODE_ROW / 2; i++) tally->column[k][i] += (double)sums[k][i] + (double)sums[k][i + ENCODE_ROW / 2];
    for (int i = 0; i < ENCODE_ROW; i += LANES_F32)
        store_f32(tally->most + i, greater_f32(load_f32(tally->greatest + i), load_f32(tally->most + i)));
}

static void close_tally(const tally *tally, dgen_deviation *out)
{
    double *const sums[3] = { &out->squares, &out->result_squares, &out->error_squares };
    for (int k = 0; k < 3; k++) {
        const double *c = tally->column[k];
        *sums[k] += (((c[0] + c[4]) + (c[2] + c[6])) + ((c[1] + c[5]) + (c[3] + c[7]))) + tally->redone[k];
    }
    for (int i = 0; i < ENCODE_ROW; i++) out->most = tally->most[i] > out->most ? tally->most[i] : out->most;
    out->most = tally->most_redone > out->most ? tally->most_redone : out->most;
    out->clipped += tally->clipped;
}

static chunk_encoder *encoder_of(const chunk *in, bool measure)
{
    static chunk_encoder *const encoders[2][4] = { { encode_products, encode_exact, encode_clamped, encode_midrise },
                                                   { measure_products, measure_exact, measure_clamped, measure_midrise } };
    const dgen_quantizer *q = in->quantizer;
    bool midrise = q->symmetric && q->range == RANGE_MIDRISE;
    return encoders[measure][midrise ? 3 : !in->found ? 2 : q->exact];
}

/* The codes of a chunk, packed. */
INLINE void encode_packed(uint8_t *packed, const chunk *in, tally *tally)
{
    const dgen_quantizer *q = in->quantizer;
    chunk_encoder *encoder = encoder_of(in, tally != NULL);
    if (q->bits == 8 && in->group % ENCODE_ROW == 0 && in->phase % ENCODE_ROW == 0 && in->n % ENCODE_ROW == 0) encoder(packed, tally, in);
    else if (q->bits < 8 && encoder == encode_products && is_of_quads(in))
        (q->bits == 4 ? encode_products_4 : encode_products_2)(packed, tally, in);
    else {
        uint8_t bytes[ENCODE_CHUNK + ENCODE_QUAD];
        encoder(bytes, tally, in);
        pack_codes(packed, bytes, in->n, q->bits);
    }
    if (tally) settle(tally, packed, in);
}

/* The codes of a stretch, chunk by chunk. */
static void encode_stretch(uint8_t *packed, const chunk *stretch, tally *tally)
{
    chunk part = *stretch;
    for (size_t done = 0; done < stretch->n; done += part.n) {
        size_t at = stretch->phase + done, first = at / stretch->group;
        part.x = stretch->x + done;
        part.n = stretch->n - done < ENCODE_CHUNK ? stretch->n - done : ENCODE_CHUNK;
        part.phase = at % stretch->group;
        part.first = stretch->first + first;
        encode_packed(packed, &part, tally);
        packed += dgen__packed_bytes(part.n, stretch->quantizer->bits);
    }
}

static void encode_row(uint8_t *packed, const float *scale, const uint8_t *zero, const float *x, size_t n, size_t group, size_t phase,
                       const dgen_quantizer *q, dgen_deviation *d)
{
    chunk stretch = { .x = x, .n = n, .group = group, .phase = phase, .scale = scale, .zero = zero, .quantizer = q };
    tally sum = { 0 };
    encode_stretch(packed, &stretch, d ? &sum : NULL);
    if (d) close_tally(&sum, d);
}
