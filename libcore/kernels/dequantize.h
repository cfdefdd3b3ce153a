/*
 * Codes of 8, 4 and 2 bits as numbers, and one a byte.
 *
 * A row is decoded sixteen codes at a time, as they lie in whole bytes: with one scale and zero where a group holds all
 * sixteen, with those of each group in turn where one ends among them. Groups of a few elements, and the end of a row, have
 * a scale and a zero in each lane. Every way has the same operations: (code - zero) scale or code scale + zero, each rounded.
 *
 * Where the ISA looks up a lane of a register in one instruction, a code of few bits is looked up among the levels of its
 * group.
 */

enum {
    SINGLES = DGEN_VECTOR_BYTES / 4,
    AT_ONCE = 16,
    FEW = 8, /* elements a group */
    VECTORS_AT_ONCE = AT_ONCE / SINGLES,
    LOOKED_UP_BITS = DGEN_VECTOR_BYTES == 64 ? 4 : DGEN_VECTOR_BYTES == 32 ? 2 : 0 /* codes of so many, and fewer */
};

typedef uint8_t code_bytes __attribute__((vector_size(DGEN_VECTOR_BYTES), may_alias));
typedef int32_t code_word __attribute__((aligned(1), may_alias));

/* As many codes as a vector has bytes, one a byte. The two codes of a byte that is widened to 16 bits are apart after a shift
   by 4; the four of one that is widened to 32, after shifts by 12 and 6. */
INLINE code_bytes spread_codes(const uint8_t *packed, int bits)
{
#if DGEN_VECTOR_BYTES == 64
    if (bits == 4) {
        __m512i x = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i_u *)packed));
        return (code_bytes)_mm512_and_si512(_mm512_or_si512(x, _mm512_slli_epi16(x, 4)), _mm512_set1_epi8(15));
    }
    __m512i x = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i_u *)packed));
    x = _mm512_and_si512(_mm512_or_si512(x, _mm512_slli_epi32(x, 12)), _mm512_set1_epi16(15));
    return (code_bytes)_mm512_and_si512(_mm512_or_si512(x, _mm512_slli_epi32(x, 6)), _mm512_set1_epi8(3));
#elif DGEN_VECTOR_BYTES == 32
    if (bits == 4) {
        __m256i x = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i_u *)packed));
        return (code_bytes)_mm256_and_si256(_mm256_or_si256(x, _mm256_slli_epi16(x, 4)), _mm256_set1_epi8(15));
    }
    __m256i x = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i_u *)packed));
    x = _mm256_and_si256(_mm256_or_si256(x, _mm256_slli_epi32(x, 12)), _mm256_set1_epi16(15));
    return (code_bytes)_mm256_and_si256(_mm256_or_si256(x, _mm256_slli_epi32(x, 6)), _mm256_set1_epi8(3));
#elif defined(__SSE2__)
    __m128i none = _mm_setzero_si128();
    if (bits == 4) {
        __m128i x = _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i_u *)packed), none);
        return (code_bytes)_mm_and_si128(_mm_or_si128(x, _mm_slli_epi16(x, 4)), _mm_set1_epi8(15));
    }
    __m128i x = _mm_unpacklo_epi16(_mm_unpacklo_epi8(_mm_cvtsi32_si128(*(const code_word *)packed), none), none);
    x = _mm_and_si128(_mm_or_si128(x, _mm_slli_epi32(x, 12)), _mm_set1_epi16(15));
    return (code_bytes)_mm_and_si128(_mm_or_si128(x, _mm_slli_epi32(x, 6)), _mm_set1_epi8(3));
#else
    code_bytes codes;
    for (int i = 0; i < DGEN_VECTOR_BYTES; i++) codes[i] = dgen__code_get(packed, (size_t)i, bits);
    return codes;
#endif
}

/* Codes that are looked up may have other bits above theirs. */
INLINE void codes_at_once(ivec_f32 *codes, const uint8_t *packed, int bits)
{
#if DGEN_VECTOR_BYTES == 64
    const code_word *word = (const code_word *)packed;
    __m512i lane = (__m512i)(ivec_f32){ LANE_NUMBERS_32 };
    if (bits == 8) {
        codes[0] = (ivec_f32)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i_u *)packed));
        return;
    }
    __m512i x = _mm512_set1_epi32(word[0]);
    if (bits == 4) x = _mm512_mask_set1_epi32(x, 0xff00, word[1]);
    if (bits == 4) lane = _mm512_slli_epi32(_mm512_and_si512(lane, _mm512_set1_epi32(7)), 1);
    codes[0] = (ivec_f32)_mm512_srlv_epi32(x, _mm512_slli_epi32(lane, 1));
#elif DGEN_VECTOR_BYTES == 32
    for (int i = 0; i < 2; i++) {
        __m256i lane = (__m256i)((ivec_f32){ LANE_NUMBERS_32 } * bits);
        if (bits == 8) {
            codes[i] = (ivec_f32)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i_u *)(packed + 8 * i)));
            continue;
        }
        if (bits == 2) lane = _mm256_add_epi32(lane, _mm256_set1_epi32(16 * i));
        codes[i] = (ivec_f32)_mm256_srlv_epi32(_mm256_set1_epi32(((const code_word *)packed)[bits == 4 ? i : 0]), lane);
        if (bits == 4) codes[i] &= integers_f32(15);
    }
#else
    code_bytes x;
    if (bits == 8) memcpy(&x, packed, sizeof x);
    else x = spread_codes(packed, bits);
#ifdef __SSE2__
    __m128i none = _mm_setzero_si128();
    __m128i low = _mm_unpacklo_epi8((__m128i)x, none), high = _mm_unpackhi_epi8((__m128i)x, none);
    codes[0] = (ivec_f32)_mm_unpacklo_epi16(low, none);
    codes[1] = (ivec_f32)_mm_unpackhi_epi16(low, none);
    codes[2] = (ivec_f32)_mm_unpacklo_epi16(high, none);
    codes[3] = (ivec_f32)_mm_unpackhi_epi16(high, none);
#else
    for (int i = 0; i < AT_ONCE; i++) codes[i / SINGLES][i % SINGLES] = x[i];
#endif
#endif
}

/* What a code is in a group. */
typedef struct levels {
    vec_f32 scale, zero, table;
} levels;

INLINE vec_f32 level(ivec_f32 code, vec_f32 scale, vec_f32 zero, bool offset)
{
    vec_f32 x = __builtin_convertvector(code, vec_f32);
    return offset ? x * scale + zero : (x - zero) * scale;
}

INLINE levels levels_of(float scale, float zero, int bits, bool offset)
{
    levels levels = { constant_f32(scale), constant_f32(zero), constant_f32(0) };
    if (bits <= LOOKED_UP_BITS)
        levels.table = level((ivec_f32){ LANE_NUMBERS_32 } & integers_f32((1 << bits) - 1), levels.scale, levels.zero,
                             offset);
    return levels;
}

INLINE vec_f32 decoded(ivec_f32 code, const levels *levels, int bits, bool offset)
{
    (void)bits;
#if DGEN_VECTOR_BYTES == 64
    if (bits <= LOOKED_UP_BITS) return (vec_f32)_mm512_permutexvar_ps((__m512i)code, levels->table);
#elif DGEN_VECTOR_BYTES == 32
    if (bits <= LOOKED_UP_BITS) return (vec_f32)_mm256_permutevar_ps(levels->table, (__m256i)code);
#endif
    return level(code, levels->scale, levels->zero, offset);
}

INLINE void decode_within(float *out, const uint8_t *packed, const levels *levels, int bits, bool offset)
{
    ivec_f32 codes[VECTORS_AT_ONCE];
    codes_at_once(codes, packed, bits);
    UNROLLED for (int i = 0; i < VECTORS_AT_ONCE; i++)
        store_f32(out + i * SINGLES, decoded(codes[i], levels, bits, offset));
}

/* By a scale and a zero for each. */
INLINE void decode_each(float *out, const uint8_t *packed, const float *scale, const float *zero, int bits, bool offset)
{
    ivec_f32 codes[VECTORS_AT_ONCE];
    codes_at_once(codes, packed, bits);
    UNROLLED for (int i = 0; i < VECTORS_AT_ONCE; i++)
        store_f32(out + i * SINGLES, level(codes[i] & integers_f32((1 << bits) - 1), load_f32(scale + i * SINGLES),
                                           load_f32(zero + i * SINGLES), offset));
}

INLINE float zero_of(const void *zero, size_t k, const dgen_quantizer *q)
{
    if (q->offset) return ((const float *)zero)[k];
    return q->symmetric && q->range == 2 ? 1.5f : (float)((const uint8_t *)zero)[k]; /* midrise */
}

/* Zeros of the sixteen groups from k on, of `groups`. */
static void zeros_at_once(float *zeros, const void *zero, size_t k, size_t groups, const dgen_quantizer *q)
{
    if (groups - k >= AT_ONCE && !q->offset && !(q->symmetric && q->range == 2)) {
        ivec_f32 codes[VECTORS_AT_ONCE];
        codes_at_once(codes, (const uint8_t *)zero + k, 8);
        for (int i = 0; i < VECTORS_AT_ONCE; i++)
            store_f32(zeros + i * SINGLES, __builtin_convertvector(codes[i], vec_f32));
    }
    else
        for (size_t i = 0; i < AT_ONCE && i < groups - k; i++) zeros[i] = zero_of(zero, k + i, q);
}

/* n codes of groups that end between sixteens. */
INLINE void decode_even_groups(float *out, const uint8_t *packed, const float *scale, const void *zero, size_t n, size_t groups,
                               size_t group, size_t phase, const dgen_quantizer *q, int bits, bool offset)
{
    float zeros[AT_ONCE];
    size_t left = group - phase;
    for (size_t k = 0;; k++, left = group) {
        if (k % AT_ONCE == 0) zeros_at_once(zeros, zero, k, groups, q);
        levels levels = levels_of(scale[k], zeros[k % AT_ONCE], bits, offset);
        if (left > n) left = n;
        n -= left;
        for (; left >= 2 * AT_ONCE; left -= 2 * AT_ONCE, out += 2 * AT_ONCE, packed += 4 * bits) {
            decode_within(out, packed, &levels, bits, offset);
            decode_within(out + AT_ONCE, packed + 2 * bits, &levels, bits, offset);
        }
        if (left) {
            decode_within(out, packed, &levels, bits, offset);
            out += AT_ONCE;
            packed += 2 * bits;
        }
        if (!n) return;
    }
}

/* n codes, whole sixteens, of groups of FEW or more. */
INLINE void decode_groups(float *out, const uint8_t *packed, const float *scale, const void *zero, size_t n, size_t groups,
                          size_t group, size_t phase, const dgen_quantizer *q, int bits, bool offset)
{
    float zeros[AT_ONCE];
    ivec_f32 codes[VECTORS_AT_ONCE];
    vec_f32 x[VECTORS_AT_ONCE];
    size_t k = 0, end = group - phase, bytes = 2 * (size_t)bits;
    zeros_at_once(zeros, zero, 0, groups, q);
    levels levels = levels_of(scale[0], zeros[0], bits, offset);
    for (size_t i = 0;;) {
        size_t inside = (end < n ? end : n) / AT_ONCE * AT_ONCE;
        for (; i < inside; i += AT_ONCE, packed += bytes) decode_within(out + i, packed, &levels, bits, offset);
        if (i == n) return;
        codes_at_once(codes, packed, bits);
        UNROLLED for (int v = 0; v < VECTORS_AT_ONCE; v++) x[v] = decoded(codes[v], &levels, bits, offset);
        for (; end < i + AT_ONCE; end += group) {
            if (++k % AT_ONCE == 0) zeros_at_once(zeros, zero, k, groups, q);
            levels = levels_of(scale[k], zeros[k % AT_ONCE], bits, offset);
            UNROLLED for (int v = 0; v < VECTORS_AT_ONCE; v++)
                x[v] = select_f32(first_lanes_f32((int)(end - i) - v * SINGLES), x[v],
                                  decoded(codes[v], &levels, bits, offset));
        }
        UNROLLED for (int v = 0; v < VECTORS_AT_ONCE; v++) store_f32(out + i + v * SINGLES, x[v]);
        i += AT_ONCE;
        packed += bytes;
    }
}

/* n codes, of which the first lies `phase` elements after the begin of a group. */
INLINE void decode_lanes(float *out, const uint8_t *packed, const float *scale, const void *zero, size_t n, size_t group,
                         size_t phase, const dgen_quantizer *q, int bits)
{
    float scales[AT_ONCE] = { 0 }, zeros[AT_ONCE] = { 0 }, last[AT_ONCE];
    uint8_t bytes[AT_ONCE] = { 0 };
    for (size_t k = 0, count; n; n -= count, out += count, packed += 2 * (size_t)bits) {
        count = n < AT_ONCE ? n : AT_ONCE;
        for (size_t i = 0; i < count; i++) {
            scales[i] = scale[k];
            zeros[i] = zero_of(zero, k, q);
            if (++phase == group) phase = 0, k++;
        }
        if (count == AT_ONCE) {
            decode_each(out, packed, scales, zeros, bits, q->offset);
            continue;
        }
        memcpy(bytes, packed, (count * (size_t)bits + 7) / 8);
        decode_each(last, bytes, scales, zeros, bits, q->offset);
        memcpy(out, last, count * sizeof *out);
    }
}

INLINE void decode_codes(float *out, const uint8_t *packed, const float *scale, const void *zero, size_t n, size_t group,
                         size_t phase, const dgen_quantizer *q, int bits)
{
    size_t whole = group < FEW ? 0 : n / AT_ONCE * AT_ONCE, k = (phase + whole) / group;
    size_t groups = (phase + n + group - 1) / group, zero_bytes = q->offset ? sizeof(float) : 1;
    bool even = group % AT_ONCE == 0 && phase % AT_ONCE == 0;
    if (whole && even && q->offset) decode_even_groups(out, packed, scale, zero, whole, groups, group, phase, q, bits, true);
    else if (whole && even) decode_even_groups(out, packed, scale, zero, whole, groups, group, phase, q, bits, false);
    else if (whole && q->offset) decode_groups(out, packed, scale, zero, whole, groups, group, phase, q, bits, true);
    else if (whole) decode_groups(out, packed, scale, zero, whole, groups, group, phase, q, bits, false);
    if (n > whole)
        decode_lanes(out + whole, packed + whole / 8 * (size_t)bits, scale + k, (const uint8_t *)zero + k * zero_bytes,
                     n - whole, group, (phase + whole) % group, q, bits);
}

static void decode_row(float *out, const uint8_t *packed, const float *scale, const void *zero, size_t n, size_t group,
                       size_t phase, const dgen_quantizer *q)
{
    if (q->bits == 8) decode_codes(out, packed, scale, zero, n, group, phase, q, 8);
    else if (q->bits == 4) decode_codes(out, packed, scale, zero, n, group, phase, q, 4);
    else decode_codes(out, packed, scale, zero, n, group, phase, q, 2);
}

INLINE void unpack_codes(uint8_t *codes, const uint8_t *packed, size_t n, int bits)
{
    code_bytes x;
    uint8_t bytes[sizeof x / 2] = { 0 };
    for (; n >= sizeof x; n -= sizeof x, codes += sizeof x, packed += sizeof x / 8 * (size_t)bits) {
        x = spread_codes(packed, bits);
        memcpy(codes, &x, sizeof x);
    }
    memcpy(bytes, packed, (n * (size_t)bits + 7) / 8);
    x = spread_codes(bytes, bits);
    memcpy(codes, &x, n);
}

static void unpack_row(uint8_t *codes, const uint8_t *packed, size_t n, int bits)
{
    if (bits == 8) memcpy(codes, packed, n);
    else if (bits == 4) unpack_codes(codes, packed, n, 4);
    else unpack_codes(codes, packed, n, 2);
}
