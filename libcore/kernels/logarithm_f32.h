/*
 * Logarithms in f32.
 *
 * x = 2^k (1 + f) with 1 + f in [sqrt (1/2), sqrt (2)), taken apart by integer arithmetic on the bits; ln (1 + f) =
 * f - f^2 / 2 + f^3 P (f), as in fdlibm's e_log.c, with P of degree 8 by minimax approximation in f32. k's part of the
 * logarithm and f's largest term are added first, and what this sum loses is put back with the small terms: only these
 * are rounded more than once. What is not a positive normal number goes by a branch.
 */

typedef struct F(logarithm_parts) {
    VEC k, f, rest; /* ln (1 + f) = f + rest */
    INT exponent;   /* k in the place of an exponent */
} F(logarithm_parts);

/* ln (1 + f) - f */
INLINE VEC F(logarithm_rest)(VEC f)
{
    VEC f2 = f * f, f4 = f2 * f2;
    VEC p0 = F(constant)(0x1.555548p-2f) - f * F(constant)(0x1.000008p-2f);
    VEC p2 = F(constant)(0x1.99a478p-3f) - f * F(constant)(0x1.555b8cp-3f);
    VEC p4 = F(constant)(0x1.233af6p-3f) - f * F(constant)(0x1.fc3e3ap-4f);
    VEC p6 = F(constant)(0x1.e6dd26p-4f) - f * F(constant)(0x1.dd9932p-4f);
    VEC p = (p0 + f2 * p2) + f4 * ((p4 + f2 * p6) + f4 * F(constant)(0x1.13be12p-4f));
    return f2 * (f * p - F(constant)(0.5f));
}

/* Of the number that these are the bits of; its k may lie below the exponents of f32. */
INLINE F(logarithm_parts) F(take_logarithm_apart)(INT bits)
{
    F(logarithm_parts) parts;
    INT k = F(bits_difference)(bits, F(integers)(0x3f3504f3)) >> 23; /* the bits of sqrt (1/2) */
    parts.exponent = k << 23;
    parts.f = (VEC)F(bits_difference)(bits, parts.exponent) - F(constant)(1);
    parts.rest = F(logarithm_rest)(parts.f);
    parts.k = __builtin_convertvector(k, VEC);
    return parts;
}

/* Bits from which a subnormal number is taken apart as a normal one is. */
INLINE INT F(logarithm_bits)(VEC x)
{
    INT scaled = F(bits_difference)((INT)(x * F(constant)(0x1p23f)), F(integers)(23 << 23));
    return (INT)F(select)(F(less)(x, F(constant)(0x1p-126f)), (VEC)scaled, (VEC)x);
}

/* r where x is a positive number; the limits, and NaN, elsewhere. */
INLINE VEC F(logarithm_limits)(VEC x, VEC r)
{
    r = F(select)(F(less)(F(constant)(0), x), r, (VEC)QUIET_NAN);
    r = F(select)(F(equal)(x, F(constant)(0)), F(constant)(-__builtin_inff()), r);
    return F(select)(F(equal)(x, F(constant)(__builtin_inff())), x, r);
}

/* Each is of the parts alone; the product of k and its constant's leading part is exact. */

INLINE VEC F(natural_of_parts)(F(logarithm_parts) a)
{
    VEC k = a.k * F(constant)(0x1.62e4p-1f), sum = k + a.f, lost = a.f - (sum - k);
    return sum + ((lost + a.k * F(constant)(0x1.7f7d1cp-20f)) + a.rest);
}

/* log2 (e) = 1 + 0.44..: the share of 1 is exact. */
INLINE VEC F(binary_of_parts)(F(logarithm_parts) a)
{
    VEC sum = a.k + a.f, lost = a.f - (sum - a.k);
    return sum + (lost + (a.f * F(constant)(0x1.c551dap-2f) + a.rest * F(constant)(0x1.715476p+0f)));
}

/* The leading parts of f and log10 (e) have 12 bits each, so that their product is exact. */
INLINE VEC F(decimal_of_parts)(F(logarithm_parts) a)
{
    VEC k = a.k * F(constant)(0x1.3440p-2f), head = (VEC)((INT)a.f & F(integers)(-0x1000)), tail = a.f - head;
    VEC f = head * F(constant)(0x1.bccp-2f), sum = k + f, lost = f - (sum - k);
    VEC small = (tail * F(constant)(0x1.bccp-2f) + a.k * F(constant)(0x1.3509f8p-18f)) - a.f * F(constant)(0x1.09d5b2p-15f);
    return sum + ((lost + small) + a.rest * F(constant)(0x1.bcb7b2p-2f));
}

#define LOGARITHM(name, of_parts)                                                   \
    INLINE VEC F(name)(VEC x)                                                       \
    {                                                                               \
        MASK usual = F(less_equal)(F(constant)(0x1p-126f), x) & F(less)(x, F(constant)(__builtin_inff())); \
        int rare = F(any)(~usual); \
        INT bits = __builtin_expect(rare, 0) ? F(logarithm_bits)(x) : (INT)x;       \
        VEC r = F(of_parts)(F(take_logarithm_apart)(bits));                         \
        return __builtin_expect(rare, 0) ? F(logarithm_limits)(x, r) : r;           \
    }
LOGARITHM(logarithm, natural_of_parts)
LOGARITHM(logarithm2, binary_of_parts)
LOGARITHM(logarithm10, decimal_of_parts)
#undef LOGARITHM

/* ln (u + c) = ln (u) + c / u nearly, u + c being 1 + x exactly (Knuth's two-sum), and 1 / (1 + f) = 1 - f nearly. */
INLINE VEC F(logarithm_1_plus)(VEC x)
{
    const VEC one = F(constant)(1);
    VEC u = one + x, rounded = u - one, c = (one - (u - rounded)) + (x - rounded);
    MASK usual = F(less)(F(constant)(0), u) & F(less)(u, F(constant)(0x1p100f));
    int rare = F(any)(~usual);
    F(logarithm_parts) a = F(take_logarithm_apart)((INT)u);
    c *= (VEC)F(bits_difference)(F(integers)(0x3f800000), a.exponent);
    if (__builtin_expect(rare, 0)) c = F(select)(usual, c, F(constant)(0));
    a.rest += c - c * a.f;
    VEC r = F(natural_of_parts)(a);
    r = (VEC)((INT)r | ((INT)x & SIGN_BIT)); /* of -0 */
    return __builtin_expect(rare, 0) ? F(logarithm_limits)(u, r) : r;
}
