/*
 * Rows of a matrix, in the width at hand: their sums of squares, and the turn from rows to columns.
 *
 * A sum of squares has one order. Of each piece of 256 columns, column c goes into lane c mod 16 of 16 doubles, after those
 * before it; then lanes 8, 4, 2 and 1 apart are added. The pieces are added one after the other, what that loses is summed
 * beside (the two-sum of D. Knuth, "The Art of Computer Programming" 2, 4.2.2) and added at the end. Squares of f32 are
 * exact in a double.
 */
#ifndef DGEN_ROWS_H
#define DGEN_ROWS_H

enum { SUM_PIECE = 256, SUM_LANES = 16, SUM_DOUBLES = DGEN_VECTOR_BYTES / 8, SUM_VECTORS = SUM_LANES / SUM_DOUBLES };
typedef double doubles __attribute__((vector_size(DGEN_VECTOR_BYTES), may_alias));
typedef double doubles_anywhere __attribute__((vector_size(DGEN_VECTOR_BYTES), may_alias, aligned(8)));

/* SUM_DOUBLES elements as doubles. */
INLINE doubles widened_f32(const float *x)
{
#if DGEN_VECTOR_BYTES == 64
    return (doubles)_mm512_cvtps_pd(_mm256_loadu_ps(x));
#elif DGEN_VECTOR_BYTES == 32
    return (doubles)_mm256_cvtps_pd(_mm_loadu_ps(x));
#elif defined(__SSE2__)
    return (doubles)_mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64((const __m128i_u *)x)));
#else
    return (doubles){ x[0], x[1] };
#endif
}
INLINE doubles widened_f64(const double *x) { return *(const doubles_anywhere *)x; }

#endif

INLINE void F(add_squares)(doubles *sum, const REAL *x)
{
    UNROLLED for (int i = 0; i < SUM_VECTORS; i++)
    {
        doubles a = F(widened)(x + i * SUM_DOUBLES);
        sum[i] += a * a;
    }
}

INLINE double F(sum_of_lanes)(const double *lane)
{
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

INLINE double F(squares_of_piece)(const REAL *x, size_t n)
{
    doubles sum[SUM_VECTORS] = { { 0 } };
    double lane[SUM_LANES / 2] = { 0 };
    if (n < SUM_LANES) {
        for (size_t i = 0; i < n; i++) lane[i % (SUM_LANES / 2)] += (double)x[i] * (double)x[i];
        return F(sum_of_lanes)(lane);
    }
    for (; n >= SUM_LANES; n -= SUM_LANES, x += SUM_LANES) F(add_squares)(sum, x);
    if (n) {
        REAL rest[SUM_LANES] = { 0 };
        for (size_t i = 0; i < n; i++) rest[i] = x[i];
        F(add_squares)(sum, rest);
    }
    for (int i = 0; i < SUM_VECTORS / 2; i++) *(doubles_anywhere *)(lane + i * SUM_DOUBLES) = sum[i] + sum[i + SUM_VECTORS / 2];
    return F(sum_of_lanes)(lane);
}

INLINE double F(sum_of_squares)(const REAL *x, size_t n)
{
    double sum = 0, lost = 0;
    for (; n > SUM_PIECE; n -= SUM_PIECE, x += SUM_PIECE) {
        double piece = F(squares_of_piece)(x, SUM_PIECE), both = sum + piece, added = both - sum;
        lost += (sum - (both - added)) + (piece - added);
        sum = both;
    }
    double piece = F(squares_of_piece)(x, n), both = sum + piece, added = both - sum;
    return both + (lost + ((sum - (both - added)) + (piece - added)));
}

/* Of `rows` rows of `columns` elements, one after the other. */
static void F(squares_of_rows)(double *sums, const void *elements, size_t rows, size_t columns)
{
    const REAL *x = elements;
    for (size_t r = 0; r < rows; r++) sums[r] = F(sum_of_squares)(x + r * columns, columns);
}

/* Elements of a and b by turns, of their first halves or their second. */
INLINE VEC F(interleave)(VEC a, VEC b, int second)
{
#ifdef __clang__
    VEC r = a;
    UNROLLED for (int i = 0; i < LANES; i++) r[i] = (i % 2 ? b : a)[(i + second * LANES) / 2];
    return r;
#else
    INT from = (IOTA >> 1) + (IOTA & F(integers)(1)) * LANES + F(integers)(second * LANES / 2);
    return __builtin_shuffle(a, b, from);
#endif
}

/* LANES x LANES of them: rows i and i + LANES / 2 become rows 2 i and 2 i + 1, which moves one bit of an element's row
   number to its column number; so often as numbers have bits. */
INLINE void F(transpose_square)(REAL *to, size_t to_stride, const REAL *from, size_t from_stride, bool past_cache)
{
    VEC a[LANES], b[LANES];
    UNROLLED for (int i = 0; i < LANES; i++) a[i] = F(load)(from + (size_t)i * from_stride);
    UNROLLED for (int n = 1; n < LANES; n *= 2)
    {
        UNROLLED for (int i = 0; i < LANES / 2; i++)
        {
            b[2 * i] = F(interleave)(a[i], a[i + LANES / 2], 0);
            b[2 * i + 1] = F(interleave)(a[i], a[i + LANES / 2], 1);
        }
        UNROLLED for (int i = 0; i < LANES; i++) a[i] = b[i];
    }
    UNROLLED for (int i = 0; i < LANES; i++)
    {
        if (past_cache) DGEN_STREAM(to + (size_t)i * to_stride, a[i]);
        else F(store)(to + (size_t)i * to_stride, a[i]);
    }
}

/* to[c * to_stride + r] = from[r * from_stride + c] of `rows` rows and `columns` columns. */
static void F(transpose)(void *target, size_t to_stride, const void *source, size_t from_stride, size_t rows, size_t columns,
                         bool past_cache)
{
    REAL *to = target;
    const REAL *from = source;
    size_t whole_rows = rows - rows % LANES, whole_columns = columns - columns % LANES;
    for (size_t c = 0; c < whole_columns; c += LANES)
        for (size_t r = 0; r < whole_rows; r += LANES) {
            REAL *square = to + c * to_stride + r;
            if (past_cache) F(transpose_square)(square, to_stride, from + r * from_stride + c, from_stride, true);
            else F(transpose_square)(square, to_stride, from + r * from_stride + c, from_stride, false);
        }
    for (size_t r = 0; r < rows; r++)
        for (size_t c = r < whole_rows ? whole_columns : 0; c < columns; c++) to[c * to_stride + r] = from[r * from_stride + c];
}
