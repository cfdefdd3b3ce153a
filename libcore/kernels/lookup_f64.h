/*
 * Tables of 16 or 32 rows of f64, one row a lane.
 *
 * A table is listed once, by rows: #define ROWS(ROW) ROW(a, b) ROW(a, b) ..., then TABLE(name, 16, 2) = COLUMNS_2(ROWS).
 * At 64-byte vectors it is kept by columns, each two or four registers' worth that an instruction picks lanes from;
 * narrower vectors keep rows and load two neighbouring columns of a lane's row at once.
 */
#ifndef DGEN_LOOKUP_F64_H
#define DGEN_LOOKUP_F64_H

#undef TABLE /* table_f32.h's */
#if DGEN_VECTOR_BYTES == 64
#define TABLE(name, rows, columns) static const double name[columns][rows] __attribute__((aligned(64)))
#define PICK_0(value, ...) value,
#define PICK_1(value, ...) PICK_0(__VA_ARGS__)
#define PICK_2(value, ...) PICK_1(__VA_ARGS__)
#define PICK_3(value, ...) PICK_2(__VA_ARGS__)
#define PICK_4(value, ...) PICK_3(__VA_ARGS__)
#define PICK_5(value, ...) PICK_4(__VA_ARGS__)
#define PICK_6(value, ...) PICK_5(__VA_ARGS__)
#define PICK_7(value, ...) PICK_6(__VA_ARGS__)
#define PICK_8(value, ...) PICK_7(__VA_ARGS__)
#define PICK_9(value, ...) PICK_8(__VA_ARGS__)
#define PICK_10(value, ...) PICK_9(__VA_ARGS__)
#define PICK_11(value, ...) PICK_10(__VA_ARGS__)
#define PICK_12(value, ...) PICK_11(__VA_ARGS__)
#define PICK_13(value, ...) PICK_12(__VA_ARGS__)
#define PICK_14(value, ...) PICK_13(__VA_ARGS__)
#define PICK_15(value, ...) PICK_14(__VA_ARGS__)
#define LIST_2(ROWS) { ROWS(PICK_0) }, { ROWS(PICK_1) }
#define LIST_4(ROWS) LIST_2(ROWS), { ROWS(PICK_2) }, { ROWS(PICK_3) }
#define LIST_8(ROWS) LIST_4(ROWS), { ROWS(PICK_4) }, { ROWS(PICK_5) }, { ROWS(PICK_6) }, { ROWS(PICK_7) }
#define LIST_14(ROWS)                                                                                                   \
    LIST_8(ROWS), { ROWS(PICK_8) }, { ROWS(PICK_9) }, { ROWS(PICK_10) }, { ROWS(PICK_11) }, { ROWS(PICK_12) }, { ROWS(PICK_13) }
#define LIST_16(ROWS) LIST_14(ROWS), { ROWS(PICK_14) }, { ROWS(PICK_15) }
#define COLUMNS_2(ROWS) { LIST_2(ROWS) }
#define COLUMNS_4(ROWS) { LIST_4(ROWS) }
#define COLUMNS_14(ROWS) { LIST_14(ROWS) }
#define COLUMNS_16(ROWS) { LIST_16(ROWS) }
#else
#define TABLE(name, rows, columns) static const double name[rows][columns] __attribute__((aligned(64)))
#define LIST_ROW(...) { __VA_ARGS__ },
#define COLUMNS_2(ROWS) { ROWS(LIST_ROW) }
#define COLUMNS_4(ROWS) { ROWS(LIST_ROW) }
#define COLUMNS_14(ROWS) { ROWS(LIST_ROW) }
#define COLUMNS_16(ROWS) { ROWS(LIST_ROW) }
#endif

/* Columns `column` and the one after it of the rows that the low bits of `row` number. */
#define LOOKUP(table, column, row, first, second)                                                                       \
    F(lookup)(&table[0][0], LOOKUP_SIZES(table), column, row, first, second)
#define LOOKUP_SIZES(table) sizeof table / sizeof table[0], sizeof table[0] / sizeof(double)

#if DGEN_VECTOR_BYTES == 64
INLINE VEC F(pick)(const double *values, size_t rows, INT row)
{
    VEC low = _mm512_permutex2var_pd(F(load)(values), (__m512i)row, F(load)(values + 8));
    if (rows == 16) return low;
    VEC high = _mm512_permutex2var_pd(F(load)(values + 16), (__m512i)row, F(load)(values + 24));
    return F(blend)(_mm512_test_epi64_mask((__m512i)row, (__m512i)F(integers)(16)), high, low);
}

INLINE void F(lookup)(const double *table, size_t columns, size_t rows, int column, INT row, VEC *first, VEC *second)
{
    (void)columns;
    *first = F(pick)(table + column * rows, rows, row);
    *second = F(pick)(table + (column + 1) * rows, rows, row);
}
#else
INLINE void F(lookup)(const double *table, size_t rows, size_t columns, int column, INT row, VEC *first, VEC *second)
{
    const double *at[LANES];
    row &= F(integers)((INTEGER)rows - 1);
#if defined(__SSE2__) && DGEN_VECTOR_BYTES == 16 /* what the compiler makes of row[1] waits for an unrelated result */
    at[0] = table + (size_t)_mm_extract_epi16((__m128i)row, 0) * columns + column;
    at[1] = table + (size_t)_mm_extract_epi16((__m128i)row, 4) * columns + column;
#else
    for (int i = 0; i < LANES; i++) at[i] = table + (size_t)row[i] * columns + column;
#endif
#if DGEN_VECTOR_BYTES == 32
    VEC even = _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(at[0])), _mm_loadu_pd(at[2]), 1);
    VEC odd = _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(at[1])), _mm_loadu_pd(at[3]), 1);
    *first = _mm256_unpacklo_pd(even, odd);
    *second = _mm256_unpackhi_pd(even, odd);
#else
    *first = (VEC){ at[0][0], at[1][0] };
    *second = (VEC){ at[0][1], at[1][1] };
#endif
}
#endif
#endif
