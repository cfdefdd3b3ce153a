/* PLACEHOLDER kernels: slow; f16 and bf16 to f32 and back. */
static void f64_to_single(float *out, const void *x, size_t n)
{
    for (size_t i = 0; i < n; i++) out[i] = (float)((const double *)x)[i];
}
static void f16_to_single(float *out, const void *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t h = ((const uint16_t *)x)[i], sign = (h & 0x8000) << 16, rest = h & 0x7fff, bits;
        if (rest >= 0x7c00) bits = sign | 0x7f800000 | (rest & 0x3ff) << 13;
        else {
            float f = (float)rest * 0x1p-24f;
            if (rest >= 0x400) { uint32_t b = (rest + 0x1c000) << 13; memcpy(&f, &b, 4); }
            memcpy(&bits, &f, 4);
            bits |= sign;
        }
        memcpy(out + i, &bits, 4);
    }
}
static void bf16_to_single(float *out, const void *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = (uint32_t)((const uint16_t *)x)[i] << 16;
        memcpy(out + i, &bits, 4);
    }
}
static void single_to_f64(void *out, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) ((double *)out)[i] = x[i];
}
static void single_to_f16(void *out, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits, sign;
        memcpy(&bits, x + i, 4);
        sign = bits >> 16 & 0x8000, bits &= 0x7fffffff;
        uint32_t r;
        if (bits > 0x7f800000) r = 0x7e00;
        else if (bits >= 0x477ff000) r = 0x7c00;
        else if (bits < 0x38800000) { float f; memcpy(&f, &bits, 4); f = f + 0.5f; memcpy(&r, &f, 4); r -= 0x3f000000; }
        else r = (bits + 0xfff + (bits >> 13 & 1) - 0x38000000) >> 13;
        ((uint16_t *)out)[i] = (uint16_t)(sign | r);
    }
}
static void single_to_bf16(void *out, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, 4);
        bits = (bits & 0x7fffffff) > 0x7f800000 ? bits | 0x400000 : bits + 0x7fff + (bits >> 16 & 1);
        ((uint16_t *)out)[i] = (uint16_t)(bits >> 16);
    }
}
