/* PLACEHOLDER kernels: right, slow. */
static void decode_row(float *out, const uint8_t *packed, const float *scale, const void *zero, size_t n, size_t group, size_t phase,
                       const dgen_quantizer *q)
{
    for (size_t i = 0; i < n; i++) {
        size_t g = (i + phase) / group;
        float code = dgen__code_get(packed, i, q->bits);
        if (q->offset) out[i] = code * scale[g] + ((const float *)zero)[g];
        else out[i] = (code - (q->symmetric && q->range == 2 ? 1.5f : (float)((const uint8_t *)zero)[g])) * scale[g];
    }
}

static void unpack_row(uint8_t *codes, const uint8_t *packed, size_t n, int bits)
{
    for (size_t i = 0; i < n; i++) codes[i] = dgen__code_get(packed, i, bits);
}
