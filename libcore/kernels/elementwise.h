/*
 * A loop around the body of each elementwise row of ops.def, in the width at hand.
 *
 * One loop for all kinds: it takes GROUP elements of each operand, and the last few of them through the same body, so that
 * an element's result does not depend on where it stands. A number is an array that does not advance. What an
 * ISA's instructions make of NaNs (which payload, which sign) differs; the rare group that has one is put right by the
 * row's rule.
 */

enum { F(UNROLL) = 2, F(GROUP) = F(UNROLL) * LANES };
#undef UNROLL
#undef GROUP
#define UNROLL F(UNROLL)
#define GROUP F(GROUP)

/* What stands at an operand, and how far its next group is: 0 for a number. */
typedef struct F(source) {
    const REAL *at;
    size_t step;
} F(source);

INLINE F(source) F(source_of)(const void *operand, bool is_number, REAL *repeated)
{
    const REAL *p = operand;
    if (!is_number) return (F(source)){ p, GROUP };
    UNROLLED for (int u = 0; u < UNROLL; u++) F(store)(repeated + u * LANES, F(constant)(*p));
    return (F(source)){ repeated, 0 };
}

/* The next group: whole, or only its first n elements. */
INLINE void F(take)(VEC *x, F(source) *source, bool whole, size_t n)
{
    UNROLLED for (int u = 0; u < UNROLL; u++) {
        int left = (int)n - u * LANES;
        if (whole || left >= LANES || source->step == 0) x[u] = F(load)(source->at + u * LANES);
        else x[u] = left > 0 ? F(load_first)(source->at + u * LANES, left) : F(constant)(1);
    }
    source->at += source->step;
}

/* past_cache: `out` stands at a multiple of a vector. */
INLINE void F(put)(REAL *out, const VEC *x, bool whole, size_t n, bool past_cache)
{
    UNROLLED for (int u = 0; u < UNROLL; u++) {
        int left = (int)n - u * LANES;
        if (whole && past_cache) DGEN_STREAM(out + u * LANES, x[u]);
        else if (whole || left >= LANES) F(store)(out + u * LANES, x[u]);
        else if (left > 0) F(store_first)(out + u * LANES, x[u], left);
    }
}

#ifndef NAN_RULES
#define NAN_RULES
enum nan_rule { FIRST, TOTAL, EITHER, OWN };
#endif

/* The result where an operand or the result r is NaN: the first NaN operand, quieted, or the NaN that every ISA shares.
   Lanes without are left alone: a neighbour's NaN must not show. Not inlined: rare. */
static __attribute__((noinline, unused)) VEC F(settle_nan)(VEC x, VEC y, VEC z, VEC r)
{
    VEC nan = F(select)(F(is_nan)(z), F(quiet)(z), (VEC)QUIET_NAN);
    nan = F(select)(F(is_nan)(y), F(quiet)(y), nan);
    nan = F(select)(F(is_nan)(x), F(quiet)(x), nan);
    return F(select)(F(unordered)(x, r), nan, r);
}

/* The lesser or greater of x and y: NaN if one is, or the other one. */
static __attribute__((noinline, unused)) VEC F(settle_either)(VEC x, VEC y, VEC r, bool ignore_nan)
{
    if (ignore_nan) r = F(select)(F(is_nan)(y), x, F(select)(F(is_nan)(x), y, r));
    else r = F(select)(F(is_nan)(y), y, r);
    return F(settle_nan)(ignore_nan ? r : x, y, y, r);
}

typedef VEC F(body)(VEC x, VEC y, VEC z);

/* One group of a row: `arity` operands, body, NaN rule. */
INLINE void F(map_group)(REAL *out, F(source) *source, bool whole, size_t n, unsigned options, bool past_cache,
                         F(body) *body, int arity, enum nan_rule rule)
{
    VEC x[3][UNROLL] = { { { 0 } } }, r[UNROLL];
    UNROLLED for (int i = 0; i < arity; i++) F(take)(x[i], &source[i], whole, n);
    UNROLLED for (int u = 0; u < UNROLL; u++) r[u] = body(x[0][u], x[1][u], x[2][u]);
    if (rule != OWN) {
        MASK nan = F(unordered)(x[0][0], rule == TOTAL ? x[0][1] : r[0]);
        if (rule != TOTAL)
            UNROLLED for (int u = 1; u < UNROLL; u++) nan |= F(unordered)(x[0][u], r[u]);
        if (rule == EITHER)
            UNROLLED for (int u = 0; u < UNROLL; u++) nan |= F(is_nan)(x[1][u]);
        if (__builtin_expect(F(any)(nan), 0))
            UNROLLED for (int u = 0; u < UNROLL; u++)
                r[u] = rule == EITHER ? F(settle_either)(x[0][u], x[1][u], r[u], options & DGEN_MAP_IGNORE_NAN)
                                      : F(settle_nan)(x[0][u], x[1][u], x[2][u], r[u]);
    }
    F(put)(out, r, whole, n, past_cache);
}

/* A light body is compiled three times, so that the loops over whole groups have no other branch; a heavy one once. */
INLINE void F(map_loop)(REAL *out, const void *const *operands, unsigned numbers, size_t n, unsigned options,
                        F(body) *body, int arity, enum nan_rule rule, bool light)
{
    REAL repeated[3][GROUP];
    F(source) source[3];
    bool past_cache = options & DGEN_MAP_PAST_CACHE && (uintptr_t)out % DGEN_VECTOR_BYTES == 0;
    UNROLLED for (int i = 0; i < arity; i++)
        source[i] = F(source_of)(operands[i], arity > 1 && (numbers >> i & 1), repeated[i]);
    for (; light && past_cache && n >= GROUP; n -= GROUP, out += GROUP)
        F(map_group)(out, source, true, GROUP, options, true, body, arity, rule);
    for (; light && n >= GROUP; n -= GROUP, out += GROUP)
        F(map_group)(out, source, true, GROUP, options, false, body, arity, rule);
    while (n) {
        size_t taken = n < GROUP ? n : GROUP;
        F(map_group)(out, source, !light && n >= GROUP, taken, options, !light && past_cache, body, arity, rule);
        n -= taken;
        out += taken;
    }
}

enum { F(LIGHT) = 150 }; /* picoseconds an element, by ops.def */

#define MAP_UNARY(name, rule, cost, body) MAP_KERNEL(name, rule, cost, 1, body)
#define MAP_PARAMETER(name, rule, cost, body) MAP_KERNEL(name, rule, cost, 2, body)
#define MAP_PARAMETERS(name, rule, cost, body) MAP_KERNEL(name, rule, cost, 3, body)
#define MAP_BINARY(name, rule, cost, body) MAP_KERNEL(name, rule, cost, 2, body)
#define MAP_TERNARY(name, rule, cost, body) MAP_KERNEL(name, rule, cost, 3, body)
#define MAP_REDUCTION(name, rule, cost, body)
#define MAP_PAIR(name, rule, cost, body)
#define MAP_NORMALIZATION(name, rule, cost, body)
#define MAP_KERNEL(name, rule, cost, arity, body)                                                                            \
    INLINE VEC F(name##_body)(VEC x, VEC y, VEC z)                                                                      \
    {                                                                                                                   \
        (void)y, (void)z;                                                                                               \
        return body;                                                                                                    \
    }                                                                                                                   \
    static void F(name##_kernel)(void *out, const void *const operands[3], unsigned numbers, size_t n, unsigned options)  \
    {                                                                                                                   \
        F(map_loop)(out, operands, numbers, n, options, F(name##_body), arity, rule, (cost) < F(LIGHT));              \
    }

#define DGEN_OP(name, kind, arguments, cost, error_f32, error_f64, nan, body, formula, summary) MAP_##kind(name, nan, cost, body)
#include "../ops.def"
#undef DGEN_OP
#undef MAP_UNARY
#undef MAP_PARAMETER
#undef MAP_PARAMETERS
#undef MAP_BINARY
#undef MAP_TERNARY
#undef MAP_REDUCTION
#undef MAP_PAIR
#undef MAP_NORMALIZATION
#undef MAP_KERNEL
