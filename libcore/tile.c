/*
 * Tiles of a matrix of any float type and strides, as rows of f32. A row lies in the first dimension's index; its elements are
 * those of the other dimensions, the earlier ones fastest.
 */
#include "quantize.h"

bool dgen__tile_is_plain(const dgen_array *x)
{
    int64_t stride = 1;
    for (int i = x->ndim > 1; i < x->ndim; stride *= x->shape[i++])
        if (x->shape[i] != 1 && x->stride[i] != stride) return false;
    return x->dtype == DGEN_F32;
}

/* Where element `column` of row `row` lies, in elements. */
static int64_t place_of(const dgen_array *x, int64_t row, int64_t column)
{
    if (x->ndim == 1) return column * x->stride[0];
    int64_t at = row * x->stride[0];
    for (int i = 1; i < x->ndim; column /= x->shape[i++]) at += column % x->shape[i] * x->stride[i];
    return at;
}

/* PLACEHOLDER: element by element. */
const float *dgen__tile_read(const dgen_array *x, const dgen__tile *tile, void *place, int64_t *stride)
{
    const dgen_quantize_kernels *kernels = dgen__isa()->quantization;
    size_t width = dgen_dtype_bytes(x->dtype);
    if (dgen__tile_is_plain(x)) {
        *stride = x->ndim == 1 ? tile->columns : x->stride[0];
        return (const float *)x->data + place_of(x, tile->row, tile->column);
    }
    float *out = place;
    for (int64_t r = 0; r < tile->rows; r++)
        for (int64_t c = 0; c < tile->columns; c++) {
            const char *element = (const char *)x->data + place_of(x, tile->row + r, tile->column + c) * (int64_t)width;
            float *to = out + r * tile->columns + c;
            if (x->dtype == DGEN_F32) memcpy(to, element, 4);
            else kernels->to_f32[x->dtype == DGEN_F64 ? DGEN_OF_F64 : x->dtype == DGEN_F16 ? DGEN_OF_F16 : DGEN_OF_BF16](to, element, 1);
        }
    *stride = tile->columns;
    return out;
}

/* PLACEHOLDER: element by element. */
void dgen__tile_write(const dgen_array *out, const dgen__tile *tile, const float *values)
{
    const dgen_quantize_kernels *kernels = dgen__isa()->quantization;
    size_t width = dgen_dtype_bytes(out->dtype);
    for (int64_t r = 0; r < tile->rows; r++)
        for (int64_t c = 0; c < tile->columns; c++) {
            char *element = (char *)out->data + place_of(out, tile->row + r, tile->column + c) * (int64_t)width;
            const float *from = values + r * tile->columns + c;
            if (out->dtype == DGEN_F32) memcpy(element, from, 4);
            else kernels->from_f32[out->dtype == DGEN_F64 ? DGEN_OF_F64 : out->dtype == DGEN_F16 ? DGEN_OF_F16 : DGEN_OF_BF16](element, from, 1);
        }
}
