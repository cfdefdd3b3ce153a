/* PLACEHOLDER: w' and codes from a quantized array, in one thread. */
#include "quantize.h"

static dgen_status prepare(dgen_array *out, const dgen_quantized *q, dgen_dtype dtype, bool *fresh, dgen_error *error)
{
    dgen_array want;
    dgen_status status = dgen_dequantize_shape(&want, q, dtype, error);
    if (status != DGEN_OK) return status;
    *fresh = !out->release;
    if (*fresh) return dgen_array_alloc(out, dtype, want.ndim, want.shape, NULL, error);
    bool same = out->ndim == want.ndim;
    for (int i = 0; same && i < want.ndim; i++) same = out->shape[i] == want.shape[i];
    if (out->dtype != dtype || !same || !out->data)
        return dgen__fail(error, DGEN_EINVAL, "out", "out must be %s and have the shape of x", dgen_dtype_name(dtype));
    return DGEN_OK;
}

dgen_status dgen_dequantize_shape(dgen_array *out, const dgen_quantized *q, dgen_dtype dtype, dgen_error *error)
{
    dgen_status status = dgen_quantized_check(q, error);
    if (status != DGEN_OK) return status;
    if (dtype != DGEN_F32 && dtype != DGEN_F64 && dtype != DGEN_F16 && dtype != DGEN_BF16 && dtype != DGEN_U8)
        return dgen__fail(error, DGEN_ETYPE, "type", "type must be f32, f64, f16 or bf16, not %s",
                          (unsigned)dtype < DGEN_DTYPE_COUNT ? dgen_dtype_name(dtype) : "of no type");
    dgen_array shape = { .dtype = dtype, .ndim = q->ndim };
    int64_t stride = 1;
    for (int i = 0; i < q->ndim; stride *= shape.shape[i++]) {
        shape.shape[i] = q->shape[i];
        shape.stride[i] = stride;
    }
    *out = shape;
    return DGEN_OK;
}

static int64_t index_of(const dgen_array *a, int64_t row, int64_t column)
{
    if (a->ndim == 1) return column * a->stride[0];
    int64_t at = row * a->stride[0];
    for (int i = 1; i < a->ndim; column /= a->shape[i++]) at += column % a->shape[i] * a->stride[i];
    return at;
}

static dgen_status run(dgen_array *out, const dgen_quantized *q, dgen_dtype dtype, dgen_error *error)
{
    bool fresh;
    dgen_status status = prepare(out, q, dtype, &fresh, error);
    if (status != DGEN_OK) return status;
    dgen__rows_of of = dgen__quantized_rows(q);
    dgen_quantizer quantizer = dgen__quantizer_of(q, false);
    const dgen_quantize_kernels *kernels = dgen__isa()->quantization;
    for (int64_t r = 0; r < of.rows; r++)
        for (int64_t c = 0; c < of.columns; c++) {
            int64_t k = q->axis == DGEN_AXIS_TENSOR ? 0 : r * of.groups + c / of.group;
            const uint8_t *row = (const uint8_t *)q->codes.data + (uint64_t)r * of.row_bytes;
            uint8_t code = dgen__code_get(row, (size_t)c, q->bits), one[1] = { 0 };
            if (dtype == DGEN_U8) { ((uint8_t *)out->data)[index_of(out, r, c)] = code; continue; }
            float scale, zero_value, value;
            dgen__code_set(one, 0, q->bits, code);
            if (q->scale.dtype == DGEN_F16) kernels->to_f32[DGEN_OF_F16](&scale, (uint16_t *)q->scale.data + k, 1);
            else scale = ((float *)q->scale.data)[k];
            const void *zero = (uint8_t *)q->zero.data + k;
            if (q->scheme == DGEN_OFFSET) {
                if (q->zero.dtype == DGEN_F16) kernels->to_f32[DGEN_OF_F16](&zero_value, (uint16_t *)q->zero.data + k, 1);
                else zero_value = ((float *)q->zero.data)[k];
                zero = &zero_value;
            }
            kernels->decode(&value, one, &scale, zero, 1, 1, 0, &quantizer);
            dgen__tile tile = { r, 1, c, 1 };
            dgen__tile_write(out, &tile, &value);
        }
    return DGEN_OK;
}

dgen_status dgen_dequantize(dgen_array *out, const dgen_quantized *q, dgen_dtype dtype, int max_threads, dgen_error *error)
{
    (void)max_threads;
    if (dtype == DGEN_U8) return dgen__fail(error, DGEN_ETYPE, "type", "type must be f32, f64, f16 or bf16, not u8");
    return run(out, q, dtype, error);
}

dgen_status dgen_unpack(dgen_array *out, const dgen_quantized *q, int max_threads, dgen_error *error)
{
    (void)max_threads;
    return run(out, q, DGEN_U8, error);
}
