/*
 * The kernel of each reduction of ops.def, in the width at hand: one piece of an array to a dgen_partial.
 *
 * A piece is at most DGEN_PIECE_BYTES, so that a kernel may read it twice from the first cache. Sums have a fixed order.
 * Elements stand in rows of 64 bytes, 16 rows a block. In each of a row's lanes the rows of a block are added as a tree,
 * in the type; what comes out goes into 8 lanes of doubles: f32 is widened (two lanes into one), so that its rounding
 * ends with the block, and f64 is added with what the addition lost kept beside (the two-sum of D. Knuth, "The Art of
 * Computer Programming" 2, 4.2.2). What is left over goes in groups of 4 rows, the last one filled up with terms of 0.
 * Vectors of 64 bytes take a row at once; shorter ones take the columns of a block in turn, which is the same order in few
 * registers. Sums know nothing of NaNs and of overflow: both leave a mark on the result, and reduce.c starts over.
 *
 * Extremes are exact, so their order is free.
 */

#define ROW (64 / (int)sizeof(REAL))
#define COLUMNS (64 / DGEN_VECTOR_BYTES)
#undef UNROLLED
#ifdef __clang__
#define UNROLLED DGEN_PRAGMA(unroll)
#else
#define UNROLLED DGEN_PRAGMA(GCC unroll 16)
#endif

/* ---------------------------------------------------------------------------------------------- the end of an array */

#undef IOTA
#if REAL_BITS == 32
#define IOTA ((INT){ LANE_NUMBERS_32 })
#else
#define IOTA ((INT){ LANE_NUMBERS_64 })
#endif
#undef LANE_NUMBERS_32
#undef LANE_NUMBERS_64
#if DGEN_VECTOR_BYTES == 64
#define LANE_NUMBERS_32 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#define LANE_NUMBERS_64 0, 1, 2, 3, 4, 5, 6, 7
#elif DGEN_VECTOR_BYTES == 32
#define LANE_NUMBERS_32 0, 1, 2, 3, 4, 5, 6, 7
#define LANE_NUMBERS_64 0, 1, 2, 3
#else
#define LANE_NUMBERS_32 0, 1, 2, 3
#define LANE_NUMBERS_64 0, 1
#endif

/* The first n lanes: none of them or all, if n is out of range. */
INLINE MASK F(first_lanes)(int n)
{
#if DGEN_VECTOR_BYTES == 64
    return (MASK)(n <= 0 ? 0 : n >= LANES ? -1 : (1 << n) - 1);
#else
    return IOTA < F(integers)(n);
#endif
}

/* The first n lanes from memory, the others 0. */
INLINE VEC F(load_part)(const REAL *p, int n)
{
#if DGEN_VECTOR_BYTES == 64
    return X86(maskz_loadu)(F(first_lanes)(n), p);
#elif DGEN_VECTOR_BYTES == 32 && REAL_BITS == 32
    return _mm256_maskload_ps(p, (__m256i)F(first_lanes)(n));
#elif DGEN_VECTOR_BYTES == 32
    return _mm256_maskload_pd(p, (__m256i)F(first_lanes)(n));
#else
    VEC x = { 0 };
    if (n >= LANES) return F(load)(p);
    for (int i = 0; i < LANES - 1; i++)
        if (i < n) x[i] = p[i];
    return x;
#endif
}

INLINE VEC F(only)(MASK m, VEC x)
{
#if DGEN_VECTOR_BYTES == 64
    return X86(maskz_mov)(m, x);
#else
    return (VEC)((INT)x & m);
#endif
}

/* ------------------------------------------------------------------------------------------------------------- lanes */

#ifndef TWO_SUM
#define TWO_SUM
/* sum + x, rounded, and what that lost, for doubles or vectors of them. */
#define ADD_EXACTLY(type, sum, lost, x)                            \
    do {                                                           \
        type added = (x), old = (sum), now = old + added;          \
        type share = now - old;                                    \
        (lost) += (old - (now - share)) + (added - share);         \
        (sum) = now;                                               \
    } while (0)

typedef double wide __attribute__((vector_size(DGEN_VECTOR_BYTES), may_alias));

/* A sum in 8 lanes; of f32, nothing is lost. */
typedef struct lanes {
    wide sum[COLUMNS], lost[COLUMNS];
} lanes;
#endif

/* Adds a block's row of totals to the lanes. */
INLINE void F(add_row)(lanes *lanes, const VEC *row)
{
#if REAL_BITS == 64
    UNROLLED for (int c = 0; c < COLUMNS; c++) ADD_EXACTLY(wide, lanes->sum[c], lanes->lost[c], (wide)row[c]);
#elif DGEN_VECTOR_BYTES == 64
    __m256 half = _mm512_castps512_ps256(row[0]) + _mm512_extractf32x8_ps(row[0], 1);
    lanes->sum[0] += (wide)_mm512_cvtps_pd(half);
#elif DGEN_VECTOR_BYTES == 32
    __m256 half = row[0] + row[1];
    lanes->sum[0] += (wide)_mm256_cvtps_pd(_mm256_castps256_ps128(half));
    lanes->sum[1] += (wide)_mm256_cvtps_pd(_mm256_extractf128_ps(half, 1));
#else
    UNROLLED for (int h = 0; h < 2; h++) {
        VEC half = row[h] + row[h + 2];
#ifdef __SSE2__
        lanes->sum[2 * h] += (wide)_mm_cvtps_pd(half);
        lanes->sum[2 * h + 1] += (wide)_mm_cvtps_pd(_mm_movehl_ps(half, half));
#else
        lanes->sum[2 * h] += (wide){ half[0], half[1] };
        lanes->sum[2 * h + 1] += (wide){ half[2], half[3] };
#endif
    }
#endif
}

/* The 8 lanes as one sum: halved three times. */
INLINE void F(close)(const lanes *lanes, double *sum, double *lost)
{
    _Alignas(64) double s[8], l[8] = { 0 };
    memcpy(s, lanes->sum, sizeof s);
#if REAL_BITS == 64
    memcpy(l, lanes->lost, sizeof l);
    UNROLLED for (int half = 4; half; half /= 2)
        UNROLLED for (int i = 0; i < half; i++) {
            l[i] += l[i + half];
            ADD_EXACTLY(double, s[i], l[i], s[i + half]);
        }
    *sum = s[0];
    *lost = l[0];
#else
    *sum = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
    *lost = l[0];
#endif
}

/* -------------------------------------------------------------------------------------------------------------- sums */

typedef struct F(terms) {
    VEC of[3];
} F(terms);

/* One to three terms of elements x, y and a number c. */
typedef void F(term)(VEC *t, VEC x, VEC y, VEC c);

/* What a sum is of: its term, how many there are in it, and whether of two arrays. */
typedef struct F(sum_of) {
    const REAL *x, *y;
    VEC c;
    F(term) *term;
    int terms, arity;
} F(sum_of);

INLINE F(terms) F(terms_at)(const F(sum_of) *of, ptrdiff_t at)
{
    F(terms) t = { { { 0 } } };
    VEC x = F(load)(of->x + at);
    of->term(t.of, x, of->arity == 2 ? F(load)(of->y + at) : x, of->c);
    return t;
}

/* The same, of the first n lanes. */
INLINE F(terms) F(first_terms_at)(const F(sum_of) *of, ptrdiff_t at, int n)
{
    F(terms) t = { { { 0 } } };
    VEC x = F(load_part)(of->x + at, n);
    of->term(t.of, x, of->arity == 2 ? F(load_part)(of->y + at, n) : x, of->c);
    for (int i = 0; i < of->terms; i++) t.of[i] = F(only)(F(first_lanes)(n), t.of[i]);
    return t;
}

INLINE F(terms) F(add_terms)(const F(sum_of) *of, F(terms) a, F(terms) b)
{
    a.of[0] += b.of[0];
    if (of->terms > 1) a.of[1] += b.of[1];
    if (of->terms > 2) a.of[2] += b.of[2];
    return a;
}

INLINE F(terms) F(four_rows)(const F(sum_of) *of, ptrdiff_t at)
{
    F(terms) a = F(add_terms)(of, F(terms_at)(of, at), F(terms_at)(of, at + ROW));
    F(terms) b = F(add_terms)(of, F(terms_at)(of, at + 2 * ROW), F(terms_at)(of, at + 3 * ROW));
    return F(add_terms)(of, a, b);
}

INLINE F(terms) F(sixteen_rows)(const F(sum_of) *of, ptrdiff_t at)
{
    F(terms) a = F(add_terms)(of, F(four_rows)(of, at), F(four_rows)(of, at + 4 * ROW));
    F(terms) b = F(add_terms)(of, F(four_rows)(of, at + 8 * ROW), F(four_rows)(of, at + 12 * ROW));
    return F(add_terms)(of, a, b);
}

#if REAL_BITS == 64
INLINE F(terms) F(block_rows)(const F(sum_of) *of, ptrdiff_t at)
{
    return F(add_terms)(of, F(sixteen_rows)(of, at), F(sixteen_rows)(of, at + 16 * ROW));
}
#endif

/* The first n elements of four rows. */
INLINE F(terms) F(last_rows)(const F(sum_of) *of, ptrdiff_t at, int n)
{
    F(terms) a = F(add_terms)(of, F(first_terms_at)(of, at, n), F(first_terms_at)(of, at + ROW, n - ROW));
    F(terms) b = F(add_terms)(of, F(first_terms_at)(of, at + 2 * ROW, n - 2 * ROW),
                              F(first_terms_at)(of, at + 3 * ROW, n - 3 * ROW));
    return F(add_terms)(of, a, b);
}

/* The shortest vectors have four columns, whose code would be long and no faster for being laid out. */
#undef COLUMN_BY_COLUMN
#if DGEN_VECTOR_BYTES > 16
#define COLUMN_BY_COLUMN UNROLLED
#elif defined(__clang__)
#define COLUMN_BY_COLUMN DGEN_PRAGMA(clang loop unroll(disable))
#else
#define COLUMN_BY_COLUMN DGEN_PRAGMA(GCC unroll 1)
#endif

#define ADD_ROWS(rows)                                                             \
    do {                                                                           \
        VEC row[3][COLUMNS];                                                       \
        COLUMN_BY_COLUMN for (int column = 0; column < COLUMNS; column++) {        \
            F(terms) t = rows;                                                     \
            for (int i = 0; i < of.terms; i++) row[i][column] = t.of[i];           \
        }                                                                          \
        for (int i = 0; i < of.terms; i++) F(add_row)(&total[i], row[i]);          \
    } while (0)

INLINE void F(reduce_sum)(dgen_partial *out, const F(sum_of) *what, size_t n)
{
    F(sum_of) of = *what;
    lanes total[3] = { { { { 0 } }, { { 0 } } } };
    ptrdiff_t at = 0, end = (ptrdiff_t)n;
#if REAL_BITS == 64
    for (; end - at >= 32 * ROW; at += 32 * ROW) ADD_ROWS(F(block_rows)(&of, at + column * LANES));
#endif
    for (; end - at >= 16 * ROW; at += 16 * ROW) ADD_ROWS(F(sixteen_rows)(&of, at + column * LANES));
    for (; end - at >= 4 * ROW; at += 4 * ROW) ADD_ROWS(F(four_rows)(&of, at + column * LANES));
    int left = (int)(end - at);
    if (left) ADD_ROWS(F(last_rows)(&of, at + column * LANES, left - column * LANES));
    for (int i = 0; i < of.terms; i++) F(close)(&total[i], &out->sum[i], &out->lost[i]);
    out->count = end;
}

/* ----------------------------------------------------------------------------------------------------------- moments */

INLINE void F(itself)(VEC *t, VEC x, VEC y, VEC c)
{
    (void)y, (void)c;
    t[0] = x;
}

INLINE void F(deviations)(VEC *t, VEC x, VEC y, VEC c)
{
    (void)y;
    t[0] = x - c;
    t[1] = t[0] * t[0];
}

/* Mean and sum of squared deviations from it: the corrected two-pass algorithm (T. F. Chan, G. H. Golub and R. J. LeVeque,
   "Algorithms for Computing the Sample Variance", 1983). The first pass finds a number c near the mean, the second what
   is left: deviations from c, and their squares. */
INLINE void F(reduce_moments)(dgen_partial *out, const REAL *x, size_t n)
{
    double number = n ? (double)n : 1;
    F(reduce_sum)(out, &(F(sum_of)){ x, x, { 0 }, F(itself), 1, 1 }, n);
    REAL c = (REAL)((out->sum[0] + out->lost[0]) / number);
    F(reduce_sum)(out, &(F(sum_of)){ x, x, F(constant)(c), F(deviations), 2, 1 }, n);
    double excess = out->sum[0] + out->lost[0], squares = (out->sum[1] + out->lost[1]) - excess * excess / number;
    out->sum[0] = c;
    out->lost[0] = excess / number;
    out->sum[1] = squares < 0 ? 0 : squares;
    out->lost[1] = 0;
}

/* ---------------------------------------------------------------------------------------------------------- extremes */

typedef VEC F(choice)(VEC a, VEC b);

/* Truth in the lanes that were so far, and have no NaN in a or b. */
INLINE MASK F(still_ordered)(MASK m, VEC a, VEC b)
{
#if DGEN_VECTOR_BYTES == 64 && REAL_BITS == 32
    return _mm512_mask_cmp_ps_mask(m, a, b, _CMP_ORD_Q);
#elif DGEN_VECTOR_BYTES == 64
    return _mm512_mask_cmp_pd_mask(m, a, b, _CMP_ORD_Q);
#else
    return m & ~F(unordered)(a, b);
#endif
}

/* The best key in each lane, while elements go by; and where there was no NaN. AVX-512's masks take longer to add to, so
   there are more of them. */
#undef MASKS
#define MASKS (DGEN_VECTOR_BYTES == 64 ? 4 : 1)
typedef struct F(best) {
    VEC key[8];
    MASK ordered[MASKS];
} F(best);

/* `count` vectors, an even number up to 8. */
INLINE void F(choose)(F(best) *best, const REAL *x, int count, F(term) *key, F(choice) *choice)
{
    UNROLLED for (int i = 0; i < count; i += 2) {
        VEC a = F(load)(x + i * LANES), b = F(load)(x + (i + 1) * LANES);
        VEC ka, kb;
        key(&ka, a, a, a);
        key(&kb, b, b, b);
        best->key[i] = choice(ka, best->key[i]);
        best->key[i + 1] = choice(kb, best->key[i + 1]);
        best->ordered[i / 2 % MASKS] = F(still_ordered)(best->ordered[i / 2 % MASKS], a, b);
    }
}

/* The best of each lane of n elements, with the last vectors taken twice where n is no multiple. */
INLINE VEC F(best_lanes)(const REAL *x, size_t n, REAL none, F(term) *key, F(choice) *choice, bool *nan)
{
    F(best) best;
    const REAL *end = x + n;
    UNROLLED for (int i = 0; i < 8; i++) best.key[i] = F(constant)(none);
    UNROLLED for (int i = 0; i < MASKS; i++) best.ordered[i] = F(first_lanes)(LANES);
    if (n >= 8 * LANES) {
        for (; end - x >= 8 * LANES; x += 8 * LANES) F(choose)(&best, x, 8, key, choice);
        if (x < end) F(choose)(&best, end - 8 * LANES, 8, key, choice);
    }
    else if (n >= 2 * LANES) {
        for (; end - x >= 2 * LANES; x += 2 * LANES) F(choose)(&best, x, 2, key, choice);
        if (x < end) F(choose)(&best, end - 2 * LANES, 2, key, choice);
    }
    else for (int left = (int)n; left > 0; left -= LANES, x += LANES) {
        VEC v = F(select)(F(first_lanes)(left), F(load_part)(x, left), F(constant)(none)), k;
        key(&k, v, v, v);
        best.key[0] = choice(F(select)(F(first_lanes)(left), k, F(constant)(none)), best.key[0]);
        best.ordered[0] = F(still_ordered)(best.ordered[0], v, v);
    }
    UNROLLED for (int half = 4; half; half /= 2)
        UNROLLED for (int i = 0; i < half; i++) best.key[i] = choice(best.key[i], best.key[i + half]);
    for (int i = 1; i < MASKS; i++) best.ordered[0] &= best.ordered[i];
    *nan |= F(any)((MASK)~best.ordered[0]);
    return best.key[0];
}

INLINE VEC F(swap_lanes)(VEC x, int apart)
{
#ifdef __clang__
    VEC r = x;
    for (int i = 0; i < LANES; i++) r[i] = x[i ^ apart];
    return r;
#else
    return __builtin_shuffle(x, IOTA ^ F(integers)(apart));
#endif
}

INLINE VEC F(best_everywhere)(VEC best, F(choice) *choice)
{
    UNROLLED for (int apart = LANES / 2; apart; apart /= 2) best = choice(best, F(swap_lanes)(best, apart));
    return best;
}

/* True if an element's key is this zero, by sign. */
static __attribute__((noinline, unused)) bool F(has_zero)(const REAL *x, size_t n, F(term) *key, REAL zero)
{
    for (size_t i = 0; i < n; i++) {
        VEC v = F(constant)(x[i]), k;
        key(&k, v, v, v);
        if (k[0] == 0 && __builtin_signbit(k[0]) == __builtin_signbit(zero)) return true;
    }
    return false;
}

/* The lesser of two zeros is -0, the greater +0. */
INLINE void F(reduce_extreme)(dgen_partial *out, const REAL *x, size_t n, F(term) *key, F(choice) *choice, bool greatest)
{
    bool nan = false;
    REAL none = greatest ? -(REAL)__builtin_inf() : (REAL)__builtin_inf(), zero = greatest ? (REAL)0.0 : -(REAL)0.0;
    VEC best = F(best_lanes)(x, n, none, key, choice, &nan);
    REAL value = F(best_everywhere)(best, choice)[0];
    if (__builtin_expect(value == 0, 0)) value = F(has_zero)(x, n, key, zero) ? zero : -zero;
    out->sum[0] = value;
    out->has_nan = nan;
    out->count = (int64_t)n;
}

/* The best element of n, and which stretch of DGEN_STRETCH_BYTES it is first in. */
INLINE void F(reduce_position)(dgen_partial *out, const REAL *x, size_t n, F(choice) *choice, bool greatest)
{
    enum { STRETCH = DGEN_STRETCH_BYTES / (int)sizeof(REAL) };
    bool nan = false;
    REAL none = greatest ? -(REAL)__builtin_inf() : (REAL)__builtin_inf();
    VEC best = F(constant)(none);
    size_t where = 0;
    for (size_t at = 0; at < n; at += STRETCH) {
        VEC here = F(best_lanes)(x + at, n - at < STRETCH ? n - at : STRETCH, none, F(itself), choice, &nan);
        if (!F(any)(greatest ? F(less)(best, here) : F(less)(here, best))) continue;
        best = F(best_everywhere)(here, choice);
        where = at;
    }
    out->sum[0] = best[0];
    out->index = (int64_t)where;
    out->has_nan = nan;
    out->count = (int64_t)n;
}

/* ------------------------------------------------------------------------------------------------------------ finding */

/* Which of the lanes, one of which is set, is the first. */
INLINE int F(first_lane)(MASK m)
{
#if DGEN_VECTOR_BYTES == 64
    return __builtin_ctz(m);
#elif defined(X86)
    return __builtin_ctz((unsigned)X86(movemask)((VEC)m));
#else
    int lane = 0;
    while (!m[lane]) lane++;
    return lane;
#endif
}

INLINE MASK F(is_wanted)(VEC x, VEC wanted, bool nan) { return nan ? F(is_nan)(x) : F(equal)(x, wanted); }

/* The first element that is `wanted`, or NaN if `nan`; n if there is none. */
INLINE size_t F(find_wanted)(const REAL *x, size_t n, REAL wanted, bool nan)
{
    VEC value = F(constant)(wanted);
    size_t i = 0;
    for (; n - i >= 4 * LANES; i += 4 * LANES) {
        MASK found[4];
        UNROLLED for (int u = 0; u < 4; u++) found[u] = F(is_wanted)(F(load)(x + i + u * LANES), value, nan);
        if (F(any)((found[0] | found[1]) | (found[2] | found[3]))) break;
    }
    for (; i < n; i += LANES) {
        int left = n - i < LANES ? (int)(n - i) : LANES;
        MASK found = F(is_wanted)(F(load_part)(x + i, left), value, nan) & F(first_lanes)(left);
        if (F(any)(found)) return i + (size_t)F(first_lane)(found);
    }
    return n;
}

static size_t F(find)(const void *x, size_t n, double wanted)
{
    if (wanted == wanted) return F(find_wanted)(x, n, (REAL)wanted, false);
    return F(find_wanted)(x, n, 0, true);
}

/* ---------------------------------------------------------------------------------------------------- the rows of ops.def */

/* e^(x - m), with what the subtraction lost made good: e^lost is 1 + lost. A NaN comes through in `lost`, whatever the
   exponential makes of it; -Inf has lost nothing. */
INLINE VEC F(exponential_about)(VEC x, VEC m)
{
    VEC d = x - m, share = d - x, lost = (x - (d - share)) - (m + share), e = F(exponential)(d);
    return F(select)(F(equal)(d, F(constant)(-(REAL)__builtin_inf())), F(constant)(0), e + e * lost);
}

/* The sum of a term that is long: a piece of terms first, then their sum, so that its code stands once. */
INLINE void F(reduce_long_sum)(dgen_partial *out, const F(sum_of) *what, size_t n)
{
    F(sum_of) of = *what;
    _Alignas(64) REAL terms[DGEN_PIECE_BYTES / sizeof(REAL)];
    for (size_t at = 0; at < n; at += LANES) {
        VEC t[3] = { { 0 } };
        int left = n - at < LANES ? (int)(n - at) : LANES;
        VEC x = F(load_part)(of.x + at, left);
        of.term(t, x, x, of.c);
        F(store)(terms + at, t[0]);
    }
    of.x = of.y = terms;
    of.term = F(itself);
    F(reduce_sum)(out, &of, n);
}

#define TERM_REDUCTION(name, body)                            \
    INLINE void F(name##_term)(VEC *t, VEC x, VEC y, VEC c)   \
    {                                                         \
        (void)x, (void)y, (void)c, (void)t;                   \
        body;                                                 \
    }
#define TERM_UNARY(name, body)
#define TERM_PARAMETER(name, body)
#define TERM_PARAMETERS(name, body)
#define TERM_BINARY(name, body)
#define TERM_TERNARY(name, body)
#define TERM_NORMALIZATION(name, body)
#define TERM_PAIR(name, body) TERM_REDUCTION(name, body)
#define SUM(term, degree, needs, finish) t[0] = term
#define SUM_ABOUT_MAX(term, finish) t[0] = term
#define SUMS(first, second, third, needs, finish) t[0] = first; t[1] = second; t[2] = third
#define MOMENTS(finish)
#define EXTREME(choice, key) t[0] = key
#define POSITION(choice)
#define DGEN_OP(name, kind, arguments, cost, error_f32, error_f64, nan, body, formula, summary) TERM_##kind(name, body)
#include "../ops.def"
#undef DGEN_OP
#undef TERM_UNARY
#undef TERM_PARAMETER
#undef TERM_PARAMETERS
#undef TERM_BINARY
#undef TERM_TERNARY
#undef TERM_REDUCTION
#undef TERM_PAIR
#undef TERM_NORMALIZATION
#undef SUM
#undef SUM_ABOUT_MAX
#undef SUMS
#undef MOMENTS
#undef EXTREME
#undef POSITION

#define KERNEL_UNARY(name, body)
#define KERNEL_PARAMETER(name, body)
#define KERNEL_PARAMETERS(name, body)
#define KERNEL_BINARY(name, body)
#define KERNEL_TERNARY(name, body)
#define KERNEL_NORMALIZATION(name, body)
#define KERNEL_REDUCTION(name, body) REDUCE_KERNEL(name, 1, body)
#define KERNEL_PAIR(name, body) REDUCE_KERNEL(name, 2, body)
#define REDUCE_KERNEL(name, arrays, body)                                                                              \
    static void F(name##_reduction)(dgen_partial *out, const void *x, const void *y, size_t n, double center)         \
    {                                                                                                                  \
        F(term) *const term = F(name##_term);                                                                          \
        const int arity = arrays;                                                                                      \
        (void)y, (void)center, (void)term, (void)arity;                                                                \
        body;                                                                                                          \
    }
#define SUM_KERNEL(count) \
    F(reduce_sum)(out, &(F(sum_of)){ x, y, F(constant)((REAL)center), term, count, arity }, n)
#define SUM(term, degree, needs, finish) SUM_KERNEL(1)
#define SUM_ABOUT_MAX(element, finish) \
    F(reduce_long_sum)(out, &(F(sum_of)){ x, x, F(constant)((REAL)center), term, 1, 1 }, n)
#define SUMS(first, second, third, needs, finish) SUM_KERNEL(3)
#define MOMENTS(finish) F(reduce_moments)(out, x, n)
#define greatest_of_greater true
#define greatest_of_lesser false
#define EXTREME(choice, key) F(reduce_extreme)(out, x, n, term, F(choice), greatest_of_##choice)
#define POSITION(choice) F(reduce_position)(out, x, n, F(choice), greatest_of_##choice)
#define DGEN_OP(name, kind, arguments, cost, error_f32, error_f64, nan, body, formula, summary) KERNEL_##kind(name, body)
#include "../ops.def"
#undef DGEN_OP
#undef KERNEL_UNARY
#undef KERNEL_PARAMETER
#undef KERNEL_PARAMETERS
#undef KERNEL_BINARY
#undef KERNEL_TERNARY
#undef KERNEL_NORMALIZATION
#undef KERNEL_REDUCTION
#undef KERNEL_PAIR
#undef REDUCE_KERNEL
#undef SUM_KERNEL
#undef SUM
#undef SUM_ABOUT_MAX
#undef SUMS
#undef MOMENTS
#undef EXTREME
#undef POSITION
#undef ADD_ROWS
