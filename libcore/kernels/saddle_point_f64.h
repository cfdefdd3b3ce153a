/*
 * Probabilities of Poisson and binomial values by C. Loader's saddle-point expansion ("Fast and accurate computation of
 * binomial probabilities", 2000): their logarithms are sums of small terms, where those of factorials would cancel.
 */

/* ln (k!) - ln (sqrt (2 pi k) (k / e)^k) for k to 15; of 0, nothing. */
#define STIRLING_ROWS(ROW)            \
    ROW(0, 0)                         \
    ROW(0x1.4c071bcda0a5bp-4, 0)      \
    ROW(0x1.52a9b923ea649p-5, 0)      \
    ROW(0x1.c579a268d80b3p-6, 0)      \
    ROW(0x1.54a2662fd78a9p-6, 0)      \
    ROW(0x1.10b4e513fcbedp-6, 0)      \
    ROW(0x1.c6b167bebdf36p-7, 0)      \
    ROW(0x1.85d4d612e4a86p-7, 0)      \
    ROW(0x1.552805e7b3076p-7, 0)      \
    ROW(0x1.2f4871b12ab64p-7, 0)      \
    ROW(0x1.10f9d4c0743a7p-7, 0)      \
    ROW(0x1.f0593088014f8p-8, 0)      \
    ROW(0x1.c7018733aa9c6p-8, 0)      \
    ROW(0x1.a40514700f36cp-8, 0)      \
    ROW(0x1.86076c002d4a7p-8, 0)      \
    ROW(0x1.6c08f6f194a1p-8, 0)

TABLE(F(stirling), 16, 2) = COLUMNS_2(STIRLING_ROWS);

/* The same of whole numbers from 16 on, by Stirling's series; of smaller ones to some digits. */
INLINE VEC F(stirling_series)(VEC k)
{
    VEC y = 1 / k, z = y * y;
    VEC low = 0x1.5555555555555p-4 - z * 0x1.6c16c16c16c17p-9, middle = 0x1.a01a01a01a01ap-11 - z * 0x1.3813813813814p-11;
    VEC high = 0x1.b951e2b18ff23p-11 - z * 0x1.f6ab0d9993c7dp-10;
    return y * (low + z * z * (middle + z * z * high));
}

INLINE VEC F(stirling_error)(VEC k)
{
    VEC small, unused;
    MASK large = F(less_equal)(F(constant)(16), k);
    LOOKUP(F(stirling), 0, (INT)(F(lesser)(k, F(constant)(15)) + 0x1p52), &small, &unused);
    return F(select)(large, F(stirling_series)(F(greater)(k, F(constant)(1))), small);
}

/* x ln (x / mean) + mean - x, for x and mean more than 0. With v = (x - mean) / (x + mean), ln (x / mean) is
   2 (v + v^3 / 3 + v^5 / 5 + ...). */
INLINE VEC F(deviance)(VEC x, VEC mean)
{
    VEC d = x - mean, v = d / (x + mean), z = v * v;
    VEC series = 0x1.5555555555555p-2 + z * (0x1.999999999999ap-3 + z * (0x1.2492492492492p-3 + z * (0x1.c71c71c71c71cp-4
        + z * (0x1.745d1745d1746p-4 + z * (0x1.3b13b13b13b14p-4 + z * 0x1.1111111111111p-4)))));
    VEC near = d * v + 2 * x * v * z * series;
    MASK far = F(less)(F(constant)(0.01), z);
    if (__builtin_expect(!F(any)(far), 1)) return near;
    return F(select)(far, x * F(logarithm)(x / mean) - d, near);
}
