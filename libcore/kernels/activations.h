/* The activations that are a line or two over other functions, in either width. */

/* The gate first: x times 6 may overflow. 6 times the nearest number to 1 / 6, rounded, is 1. Below -3 the limit, -0,
   also of -Inf. */
INLINE VEC F(hard_swish)(VEC x)
{
    VEC gate = F(lesser)(F(greater)(x + F(constant)(3), F(constant)(0)), F(constant)(6));
    return F(greater)(F(constant)(-3), x) * (gate * F(constant)((REAL)1 / 6));
}

/* The constants are those of the paper's fixed point of mean 0 and variance 1. */
INLINE VEC F(scaled_exponential_linear)(VEC x)
{
    const VEC scale = F(constant)((REAL)1.0507009873554804934193349852946);
    const VEC scale_alpha = F(constant)((REAL)1.7580993408473768599402175208123);
    return F(select)(F(less)(x, F(constant)(0)), scale_alpha * F(exponential_minus_1)(x), scale * x);
}
