/*
 * Vectors of one real type, as wide as the ISA's registers: what the bodies of operations are written in. Included once
 * with REAL_BITS 32 and once with 64; F (name) is the name in the width at hand.
 *
 * VEC holds LANES elements of REAL; INT the same number of signed integers of that width, UINT of unsigned ones; MASK
 * one truth value a lane, in whatever form the ISA compares into. + - * / and comparisons of the compiler's vector types
 * mean what they do on numbers. Every function gives the same bits on every ISA, but for the payload and sign of a NaN,
 * which elementwise.h sets straight.
 */
#undef F
#undef REAL
#undef LANES
#undef VEC
#undef INT
#undef UINT
#undef MASK
#undef INTEGER
#undef MANTISSA_BITS
#define LANES (DGEN_VECTOR_BYTES / (int)sizeof(REAL))
#if REAL_BITS == 32
#define F(name) name##_f32
#define REAL float
#define INTEGER int32_t
#define MANTISSA_BITS 23
#else
#define F(name) name##_f64
#define REAL double
#define INTEGER int64_t
#define MANTISSA_BITS 52
#endif
#define VEC F(vec)
#define INT F(ivec)
#define UINT F(uvec)
#define MASK F(mask)
#define INLINE static inline __attribute__((always_inline, unused))
#undef UNROLLED /* the loop that follows, at -O2 too */
#ifdef __clang__
#define UNROLLED DGEN_PRAGMA(unroll)
#else
#define UNROLLED DGEN_PRAGMA(GCC unroll 16)
#endif

typedef REAL VEC __attribute__((vector_size(DGEN_VECTOR_BYTES), may_alias));
typedef REAL F(vec_anywhere) __attribute__((vector_size(DGEN_VECTOR_BYTES), may_alias, aligned(sizeof(REAL))));
#if REAL_BITS == 32
typedef int32_t INT __attribute__((vector_size(DGEN_VECTOR_BYTES), may_alias));
typedef uint32_t UINT __attribute__((vector_size(DGEN_VECTOR_BYTES), may_alias));
#else
typedef int64_t INT __attribute__((vector_size(DGEN_VECTOR_BYTES), may_alias));
typedef uint64_t UINT __attribute__((vector_size(DGEN_VECTOR_BYTES), may_alias));
#endif

/* The ISA's own instructions in the width at hand: X86 (add) is _mm512_add_ps, and so on. */
#undef X86
#if DGEN_VECTOR_BYTES == 64 && REAL_BITS == 32
#define X86(name) _mm512_##name##_ps
typedef __mmask16 MASK;
INLINE VEC F(blend)(MASK m, VEC a, VEC b) { return _mm512_mask_blend_ps(m, b, a); }
#elif DGEN_VECTOR_BYTES == 64
#define X86(name) _mm512_##name##_pd
typedef __mmask8 MASK;
INLINE VEC F(blend)(MASK m, VEC a, VEC b) { return _mm512_mask_blend_pd(m, b, a); }
#elif DGEN_VECTOR_BYTES == 32 && REAL_BITS == 32
#define X86(name) _mm256_##name##_ps
typedef INT MASK;
#elif DGEN_VECTOR_BYTES == 32
#define X86(name) _mm256_##name##_pd
typedef INT MASK;
#elif defined(__SSE2__) && REAL_BITS == 32
#define X86(name) _mm_##name##_ps
typedef INT MASK;
#elif defined(__SSE2__)
#define X86(name) _mm_##name##_pd
typedef INT MASK;
#else
typedef INT MASK;
#endif

/* ------------------------------------------------------------------------------------------- loads, stores, constants */

INLINE VEC F(load)(const REAL *p) { return *(const F(vec_anywhere) *)p; }
INLINE void F(store)(REAL *p, VEC x) { *(F(vec_anywhere) *)p = x; }
INLINE VEC F(constant)(REAL x) { return x - (VEC){ 0 }; } /* x - 0 is x, -0 too */
INLINE INT F(integers)(INTEGER x) { return x - (INT){ 0 }; }
/* a - b of bit patterns, which may go round. */
INLINE INT F(bits_difference)(INT a, INT b) { return (INT)((UINT)a - (UINT)b); }

/* The first n of LANES elements, the others 1 (which no operation makes a NaN of); and back. */
INLINE VEC F(load_first)(const REAL *p, int n)
{
#if DGEN_VECTOR_BYTES == 64
    return X86(mask_loadu)(F(constant)(1), (MASK)((1u << n) - 1), p);
#else
    VEC x = F(constant)(1);
    for (int i = 0; i < LANES; i++)
        if (i < n) x[i] = p[i];
    return x;
#endif
}

INLINE void F(store_first)(REAL *p, VEC x, int n)
{
#if DGEN_VECTOR_BYTES == 64
    X86(mask_storeu)(p, (MASK)((1u << n) - 1), x);
#else
    for (int i = 0; i < LANES; i++)
        if (i < n) p[i] = x[i];
#endif
}

/* ----------------------------------------------------------------------------------------------- masks and comparisons */

#if DGEN_VECTOR_BYTES == 64
#undef COMPARE
#if REAL_BITS == 32
#define COMPARE(a, b, how) _mm512_cmp_ps_mask(a, b, how)
#else
#define COMPARE(a, b, how) _mm512_cmp_pd_mask(a, b, how)
#endif
INLINE MASK F(less)(VEC a, VEC b) { return COMPARE(a, b, _CMP_LT_OQ); }
INLINE MASK F(less_equal)(VEC a, VEC b) { return COMPARE(a, b, _CMP_LE_OQ); }
INLINE MASK F(equal)(VEC a, VEC b) { return COMPARE(a, b, _CMP_EQ_OQ); }
INLINE MASK F(unordered)(VEC a, VEC b) { return COMPARE(a, b, _CMP_UNORD_Q); }
INLINE int F(any)(MASK m) { return m != 0; }
INLINE VEC F(select)(MASK m, VEC a, VEC b) { return F(blend)(m, a, b); }
#else
INLINE MASK F(less)(VEC a, VEC b) { return a < b; }
INLINE MASK F(less_equal)(VEC a, VEC b) { return a <= b; }
INLINE MASK F(equal)(VEC a, VEC b) { return a == b; }
#if DGEN_VECTOR_BYTES == 32
INLINE MASK F(unordered)(VEC a, VEC b) { return (MASK)X86(cmp)(a, b, _CMP_UNORD_Q); }
INLINE int F(any)(MASK m) { return X86(movemask)((VEC)m) != 0; }
INLINE VEC F(select)(MASK m, VEC a, VEC b) { return X86(blendv)(b, a, (VEC)m); }
#else
INLINE VEC F(select)(MASK m, VEC a, VEC b) { return (VEC)((m & (INT)a) | (~m & (INT)b)); }
#ifdef __SSE2__
INLINE MASK F(unordered)(VEC a, VEC b) { return (MASK)X86(cmpunord)(a, b); }
INLINE int F(any)(MASK m) { return X86(movemask)((VEC)m) != 0; }
#else
INLINE MASK F(unordered)(VEC a, VEC b) { return ~((a == a) & (b == b)); }
INLINE int F(any)(MASK m)
{
    int64_t halves[2];
    memcpy(halves, &m, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}
#endif
#endif
#endif
/* Masks combine by & | ~; a lane of a mask is set or clear as a whole. */
INLINE MASK F(is_nan)(VEC x) { return F(unordered)(x, x); }
#if DGEN_VECTOR_BYTES == 64 && REAL_BITS == 32
INLINE MASK F(is_odd)(INT k) { return _mm512_test_epi32_mask((__m512i)k, (__m512i)F(integers)(1)); }
#elif DGEN_VECTOR_BYTES == 64
INLINE MASK F(is_odd)(INT k) { return _mm512_test_epi64_mask((__m512i)k, (__m512i)F(integers)(1)); }
#else
INLINE MASK F(is_odd)(INT k) { return -(k & F(integers)(1)); }
#endif

/* ------------------------------------------------------------------------------------------------------------ choices */

/* a < b ? a : b and a > b ? a : b: where either is NaN, or both are zeros, b. */
#ifdef X86
INLINE VEC F(lesser)(VEC a, VEC b) { return X86(min)(a, b); }
INLINE VEC F(greater)(VEC a, VEC b) { return X86(max)(a, b); }
#else
INLINE VEC F(lesser)(VEC a, VEC b) { return F(select)(F(less)(a, b), a, b); }
INLINE VEC F(greater)(VEC a, VEC b) { return F(select)(F(less)(b, a), a, b); }
#endif

#define SIGN_BIT F(integers)(-((INTEGER)1 << (REAL_BITS - 2)) * 2)
INLINE VEC F(absolute)(VEC x) { return (VEC)((INT)x & ~SIGN_BIT); }
/* magnitude, which has no sign, with the sign of x. */
INLINE VEC F(with_sign)(VEC magnitude, VEC x)
{
#if DGEN_VECTOR_BYTES == 64
    return (VEC)_mm512_ternarylogic_epi64((__m512i)magnitude, (__m512i)x, (__m512i)SIGN_BIT, 0xf8);
#else
    return (VEC)((INT)magnitude | ((INT)x & SIGN_BIT));
#endif
}

/* IEEE 754-2019 minimum and maximum of numbers: -0 is less than 0. */
INLINE VEC F(minimum)(VEC x, VEC y)
{
    return F(select)(F(equal)(x, y), (VEC)((INT)x | (INT)y), F(lesser)(x, y));
}
INLINE VEC F(maximum)(VEC x, VEC y)
{
    return F(select)(F(equal)(x, y), (VEC)((INT)x & (INT)y), F(greater)(x, y));
}

/* ----------------------------------------------------------------------------------------------- roots and whole parts */

INLINE VEC F(square_root)(VEC x)
{
#ifdef X86
    return X86(sqrt)(x);
#elif defined(__aarch64__) && REAL_BITS == 32
    return (VEC)vsqrtq_f32((float32x4_t)x);
#elif defined(__aarch64__)
    return (VEC)vsqrtq_f64((float64x2_t)x);
#else
    for (int i = 0; i < LANES; i++) x[i] = REAL_BITS == 32 ? __builtin_sqrtf(x[i]) : __builtin_sqrt(x[i]);
    return x;
#endif
}

/* Adding 2^MANTISSA_BITS leaves no room for a fraction; larger numbers have none. */
INLINE VEC F(round_even)(VEC x)
{
    VEC a = F(absolute)(x), big = F(constant)((REAL)((INTEGER)1 << MANTISSA_BITS));
    return F(with_sign)(F(select)(F(less)(a, big), (a + big) - big, a), x);
}
INLINE VEC F(round_down)(VEC x)
{
    VEC r = F(round_even)(x);
    return F(with_sign)(F(absolute)(F(select)(F(less)(x, r), r - F(constant)(1), r)), x);
}
INLINE VEC F(round_up)(VEC x)
{
    VEC r = F(round_even)(x);
    return F(with_sign)(F(absolute)(F(select)(F(less)(r, x), r + F(constant)(1), r)), x);
}
INLINE VEC F(round_to_zero)(VEC x)
{
    VEC a = F(absolute)(x), r = F(absolute)(F(round_even)(a));
    return F(with_sign)(F(select)(F(less)(a, r), r - F(constant)(1), r), x);
}
INLINE VEC F(sign)(VEC x)
{
    return F(select)(F(equal)(x, F(constant)(0)), x, F(with_sign)(F(constant)(1), x));
}

/* --------------------------------------------------------------------------------------------------------------- NaNs */

#define QUIET_NAN F(integers)(((((INTEGER)1 << (REAL_BITS - MANTISSA_BITS)) - 1) >> 1 << MANTISSA_BITS) | (INTEGER)1 << (MANTISSA_BITS - 1))
INLINE VEC F(quiet)(VEC x) { return (VEC)((INT)x | F(integers)((INTEGER)1 << (MANTISSA_BITS - 1))); }
