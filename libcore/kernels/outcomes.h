/*
 * Outcomes of a few bits of the stream each: of one trial, and by tables that the core prepares.
 */

enum { LANES_64 = DGEN_VECTOR_BYTES / 8 };

/* Loops that change the width of elements: gcc makes vectors of them only by the cost model of -O3. */
#ifdef __clang__
#define WIDENING
#else
#define WIDENING __attribute__((optimize("O3")))
#endif

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

/* Each with its own prob, a group of 64. */
INLINE void bernoulli_group(uint8_t *restrict out, const dgen_draw *draw, size_t first)
{
    const uint8_t *restrict w = (const uint8_t *)draw->bits[0] + first;
    const double *restrict prob = (const double *)draw->parameter[0] + first;
    int32_t above[64]; /* how far `high` is above the byte */
    uint64_t ties = 0;
    for (int i = 0; i < 64; i++) above[i] = (int32_t)(prob[i] * 256);
    for (int i = 0; i < 64; i++) above[i] -= w[i];
    for (int i = 0; i < 64; i++) out[i] = above[i] > 0;
    for (int i = 0; i < 64; i += DGEN_VECTOR_BYTES / 4) {
        ivec_f32 lanes;
        memcpy(&lanes, above + i, sizeof lanes);
        ties |= (uint64_t)signs_f32((vec_f32)(lanes == 0)) << i;
    }
    for (; ties; ties &= ties - 1) {
        int i = __builtin_ctzll(ties);
        out[i] = decide(draw, first + (size_t)i, chance_of(prob[i]).low);
    }
}

/* A success where a byte of the stream, and 56 more bits behind it, are less than prob. */
static void bernoulli_draw_u8(void *out, const dgen_draw *draw, size_t n)
{
    const uint8_t *w = draw->bits[0];
    uint8_t *to = out;
    if (!(draw->numbers & 1)) {
        for (size_t i = 0; i < n; i += 64) bernoulli_group(to + i, draw, i);
        return;
    }
    chance c = chance_of(parameter_of(draw, 0, 0));
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

/*
 * The low bits of a word choose a column of the alias table, the others and, where they tie, the side stream which of the
 * two outcomes in it.
 */

/* Columns' entries: those of the even words of a group of 64, then those of the odd ones. Gathers are no faster. */
INLINE void alias_entries(uint64_t *even, uint64_t *odd, const dgen_aliases *table, const uint32_t *w, uint32_t mask)
{
    UNROLLED
    for (int i = 0; i < 32; i++) {
        even[i] = table->entry[w[2 * i] & mask];
        odd[i] = table->entry[w[2 * i + 1] & mask];
    }
}

static void alias_draw_i32(void *out, const dgen_draw *draw, size_t n)
{
    const dgen_aliases *table = draw->table;
    const uvec_f64 lower = (uvec_f64){ 0 } + UINT32_MAX;
    uint32_t mask = (UINT32_C(1) << table->column_bits) - 1;
    for (size_t first = 0; first < n; first += 64) {
        const uint32_t *w = (const uint32_t *)draw->bits[0] + first;
        int32_t *to = (int32_t *)out + first;
        _Alignas(64) uint64_t even[32], odd[32];
        uint64_t ties = 0;
        alias_entries(even, odd, table, w, mask);
        UNROLLED
        for (int i = 0; i < 32; i += LANES_64) {
            uvec_f64 a = *(const uvec_f64 *)(even + i), b = *(const uvec_f64 *)(odd + i);
            uvec_f32 threshold = (uvec_f32)((a & lower) | b << 32), alias = (uvec_f32)(a >> 32 | (b & ~lower));
            uvec_f32 word = *(const uvec_f32 *)(w + 2 * i), rest = word >> (int)table->column_bits;
            uvec_f32 own = (uvec_f32)(rest < threshold), tie = (uvec_f32)(rest == threshold);
            uvec_f32 value = ((own & (word & mask)) | (~own & alias)) + (uint32_t)table->base;
            memcpy(to + 2 * i, &value, sizeof value);
            ties |= (uint64_t)signs_f32((vec_f32)tie) << 2 * i;
        }
        for (; ties; ties &= ties - 1) {
            int i = __builtin_ctzll(ties);
            uint32_t column = w[i] & mask;
            bool own = side_draw(side_stream(draw, first + (size_t)i), 0) < table->rest[column];
            to[i] = (int32_t)(own ? column : (uint32_t)(table->entry[column] >> 32)) + table->base;
        }
    }
}

/* Words of 64 bits: the upper half is compared. */
static void alias_wide_draw_i32(void *out, const dgen_draw *draw, size_t n)
{
    const dgen_aliases *table = draw->table;
    const uint64_t *w = draw->bits[1];
    int32_t *to = out;
    uint32_t mask = (UINT32_C(1) << table->column_bits) - 1;
    for (size_t i = 0; i < n; i++) {
        uint32_t column = (uint32_t)w[i] & mask, rest = (uint32_t)(w[i] >> 32);
        uint64_t entry = table->entry[column];
        uint32_t own = -(uint32_t)(rest < (uint32_t)entry);
        if (__builtin_expect(rest == (uint32_t)entry, 0))
            own = -(uint32_t)(side_draw(side_stream(draw, i), 0) < table->rest[column]);
        to[i] = (int32_t)((own & column) | (~own & (uint32_t)(entry >> 32))) + table->base;
    }
}
