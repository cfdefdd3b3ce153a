/*
 * Outcomes of a few bits of the stream each: of one trial, and by tables that the core prepares.
 */

/* ----------------------------------------------------------------------------------------------------------- bernoulli */

typedef uint8_t bytes __attribute__((vector_size(DGEN_VECTOR_BYTES), may_alias));

/* The signs of 64 bytes, a bit each. */
INLINE uint64_t signs_8(const bytes *x)
{
#if DGEN_VECTOR_BYTES == 64
    return _mm512_movepi8_mask((__m512i)*x);
#elif DGEN_VECTOR_BYTES == 32
    return (uint32_t)_mm256_movemask_epi8((__m256i)x[0]) | (uint64_t)(uint32_t)_mm256_movemask_epi8((__m256i)x[1]) << 32;
#else
    uint64_t signs = 0;
    for (int i = 0; i < 4; i++) {
#ifdef __SSE2__
        signs |= (uint64_t)(uint32_t)_mm_movemask_epi8((__m128i)x[i]) << 16 * i;
#else
        for (int j = 0; j < 16; j++) signs |= (uint64_t)(x[i][j] >> 7) << (16 * i + j);
#endif
    }
    return signs;
#endif
}

/* 2^64 prob: whole multiples of 2^56, 0 to 256, and the 56 bits below. */
typedef struct chance {
    unsigned high;
    uint64_t low;
} chance;

INLINE chance chance_of(double prob)
{
    double scaled = prob * 256;
    unsigned high = (unsigned)scaled;
    return (chance){ high, (uint64_t)((scaled - high) * 0x1p56) };
}

/* Where a byte ties with `high`, 56 bits of the side stream decide. */
INLINE uint8_t decide(const dgen_draw *draw, size_t i, uint64_t low) { return side_draw(side_stream(draw, i), 0) >> 8 < low; }

/* A success where a byte of the stream, and 56 more bits behind it, are less than prob. */
static void bernoulli_draw_u8(void *out, const dgen_draw *draw, size_t n)
{
    const uint8_t *w = draw->bits[0];
    uint8_t *to = out;
    chance c = chance_of(parameter_of(draw, 0, 0));
    if (!(draw->numbers & 1)) {
        for (size_t i = 0; i < n; i++) {
            c = chance_of(parameter_of(draw, 0, i));
            to[i] = w[i] < c.high || (w[i] == c.high && decide(draw, i, c.low));
        }
        return;
    }
    if (c.high == 256) {
        memset(out, 1, n);
        return;
    }
    const bytes high = (bytes){ 0 } + (uint8_t)c.high;
    for (size_t i = 0; i < n; i += 64) {
        bytes tie[64 / DGEN_VECTOR_BYTES];
        UNROLLED
        for (int j = 0; j < 64 / DGEN_VECTOR_BYTES; j++) {
            bytes word = ((const bytes *)(w + i))[j], success = (bytes)(word < high) & 1;
            tie[j] = (bytes)(word == high);
            memcpy(to + i + j * DGEN_VECTOR_BYTES, &success, sizeof success);
        }
        for (uint64_t ties = c.low ? signs_8(tie) : 0; ties; ties &= ties - 1) {
            size_t k = i + (size_t)__builtin_ctzll(ties);
            to[k] = decide(draw, k, c.low);
        }
    }
}

/* -------------------------------------------------------------------------------------------------------------- tables */

/* By cumulative sums (dgen_outcomes): most words lie within one outcome whatever bits follow them, as the guide says. */
static void table_draw_i32(void *out, const dgen_draw *draw, size_t n)
{
    const dgen_outcomes *table = draw->table;
    const uint16_t *w = draw->bits[0];
    for (size_t first = 0; first < n; first += 64) {
        int32_t *to = (int32_t *)out + first;
        uint64_t open = 0;
        UNROLLED
        for (int i = 0; i < 64; i++) to[i] = table->guide[w[first + (size_t)i] >> (16 - DGEN_GUIDE_BITS)];
        for (int i = 0; i < 64; i += DGEN_VECTOR_BYTES / 4) {
            ivec_f32 values;
            memcpy(&values, to + i, sizeof values);
            open |= (uint64_t)signs_f32((vec_f32)values) << i;
        }
        for (; open; open &= open - 1) {
            int i = __builtin_ctzll(open);
            size_t at = (size_t)~to[i];
            double u = fraction_of(draw, first + (size_t)i, w[first + (size_t)i]);
            while (table->cumulative[at] <= u) at++;
            to[i] = table->value[at];
        }
    }
}

/* The low bits of a word choose a column of the alias table, the others and, where they tie, the side stream which of the
   two outcomes in it. */
INLINE void alias_draw(int32_t *out, const dgen_draw *draw, size_t n, const bool wide)
{
    const dgen_aliases *table = draw->table;
    const uint32_t *w32 = draw->bits[0];
    const uint64_t *w64 = draw->bits[1];
    unsigned column_bits = table->column_bits;
    uint32_t mask = (UINT32_C(1) << column_bits) - 1;
    int32_t base = table->base;
    for (size_t i = 0; i < n; i++) {
        uint32_t column = (wide ? (uint32_t)w64[i] : w32[i]) & mask;
        uint32_t rest = wide ? (uint32_t)(w64[i] >> 32) : w32[i] >> column_bits;
        dgen_alias entry = table->entry[column];
        bool own = rest < entry.threshold;
        if (__builtin_expect(rest == entry.threshold, 0))
            own = side_draw(side_stream(draw, i), 0) < table->rest[column];
        out[i] = (own ? (int32_t)column : entry.alias) + base;
    }
}

static void alias_draw_i32(void *out, const dgen_draw *draw, size_t n) { alias_draw(out, draw, n, false); }
static void alias_wide_draw_i32(void *out, const dgen_draw *draw, size_t n) { alias_draw(out, draw, n, true); }
