/*
 * Arrays: a type, a shape, and memory that is counted or borrowed.
 *
 * An array that owns memory holds a counted block; a slice holds the same block, so parents and views can be let go in
 * any order. So does one that has adopted memory of another. A borrowed array holds none, and neither do its slices.
 */
#include "core.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "memory.h"

static const struct dtype {
    const char *name, *other_name;
    size_t bytes;
    double minimum, maximum; /* of integers; equal: a float */
    int exponent_bits, mantissa_bits; /* of 16-bit floats */
} dtypes[DGEN_DTYPE_COUNT] = {
    [DGEN_U8] = { "u8", "uint8", 1, 0, UINT8_MAX, 0, 0 },
    [DGEN_I8] = { "i8", "int8", 1, INT8_MIN, INT8_MAX, 0, 0 },
    [DGEN_I16] = { "i16", "int16", 2, INT16_MIN, INT16_MAX, 0, 0 },
    [DGEN_U16] = { "u16", "uint16", 2, 0, UINT16_MAX, 0, 0 },
    [DGEN_I32] = { "i32", "int32", 4, INT32_MIN, INT32_MAX, 0, 0 },
    [DGEN_U32] = { "u32", "uint32", 4, 0, UINT32_MAX, 0, 0 },
    [DGEN_I64] = { "i64", "int64", 8, -0x1p63, 0x1.fffffffffffffp62, 0, 0 },
    [DGEN_F16] = { "f16", "half", 2, 0, 0, 5, 10 },
    [DGEN_BF16] = { "bf16", "bfloat16", 2, 0, 0, 8, 7 },
    [DGEN_F32] = { "f32", "single", 4, 0, 0, 0, 0 },
    [DGEN_F64] = { "f64", "double", 8, 0, 0, 0, 0 },
};

const char *dgen_dtype_name(dgen_dtype dtype)
{
    return (unsigned)dtype < DGEN_DTYPE_COUNT ? dtypes[dtype].name : NULL;
}

size_t dgen_dtype_bytes(dgen_dtype dtype) { return (unsigned)dtype < DGEN_DTYPE_COUNT ? dtypes[dtype].bytes : 0; }

dgen_status dgen_dtype_find(dgen_dtype *out, const char *name, dgen_error *error)
{
    for (int i = 0; i < DGEN_DTYPE_COUNT; i++)
        if (!strcmp(name, dtypes[i].name) || !strcmp(name, dtypes[i].other_name)) {
            *out = (dgen_dtype)i;
            return DGEN_OK;
        }
    return dgen__fail(error, DGEN_EINVAL, "type",
                      "type must be u8, i8, i16, u16, i32, u32, i64, f16, bf16, f32 or f64, not \"%.40s\"", name);
}

/* --------------------------------------------------------------------------------------------------------- ownership */

static void release_block(dgen_array *array) { dgen__block_release(array->owner); }
static void release_nothing(dgen_array *array) { (void)array; }

/* Checks type and shape, and fills all but the memory. */
static dgen_status shape_array(dgen_array *out, dgen_dtype dtype, int ndim, const int64_t *shape, uint64_t *bytes,
                               dgen_error *error)
{
    dgen_array array = { .dtype = dtype, .ndim = ndim };
    *bytes = dgen_dtype_bytes(dtype);
    if (!*bytes) return dgen__fail(error, DGEN_EINVAL, "type", "type must be a dgen_dtype");
    if (ndim < 1 || ndim > 4) return dgen__fail(error, DGEN_EINVAL, "shape", "shape must have 1 to 4 dimensions");
    int64_t stride = 1;
    for (int i = 0; i < ndim; i++) {
        array.shape[i] = shape[i];
        array.stride[i] = stride;
        if (shape[i] < 0) return dgen__fail(error, DGEN_EINVAL, "shape", "shape must not be negative");
        if (!dgen__multiply(*bytes, (uint64_t)shape[i], bytes) || *bytes > UINT64_C(1) << 63
            || __builtin_mul_overflow(stride, shape[i], &stride))
            return dgen__fail(error, DGEN_EINVAL, "shape", "shape must amount to at most 2^63 bytes");
    }
    *out = array;
    return DGEN_OK;
}

dgen_status dgen_array_alloc(dgen_array *out, dgen_dtype dtype, int ndim, const int64_t *shape,
                             const dgen_config *placement, dgen_error *error)
{
    dgen_array array;
    dgen_block *block;
    uint64_t bytes;
    dgen_status status = shape_array(&array, dtype, ndim, shape, &bytes, error);
    if (status == DGEN_OK) status = dgen__block_alloc(&block, bytes, placement, error);
    if (status != DGEN_OK) return status;
    array.data = dgen__block_data(block);
    array.owner = block;
    array.release = release_block;
    *out = array;
    return DGEN_OK;
}

dgen_status dgen_array_borrow(dgen_array *out, dgen_dtype dtype, int ndim, const int64_t *shape, void *data,
                              dgen_error *error)
{
    dgen_array array;
    uint64_t bytes;
    dgen_status status = shape_array(&array, dtype, ndim, shape, &bytes, error);
    if (status != DGEN_OK) return status;
    array.data = data;
    array.release = release_nothing;
    *out = array;
    return DGEN_OK;
}

dgen_status dgen_array_adopt(dgen_array *out, dgen_dtype dtype, int ndim, const int64_t *shape, void *data,
                             void (*give_back)(void *context), void *context, dgen_error *error)
{
    dgen_array array;
    dgen_block *block;
    uint64_t bytes;
    dgen_status status = shape_array(&array, dtype, ndim, shape, &bytes, error);
    if (status == DGEN_OK) status = dgen__block_adopt(&block, data, give_back, context, error);
    if (status != DGEN_OK) return status;
    array.data = data;
    array.owner = block;
    array.release = release_block;
    *out = array;
    return DGEN_OK;
}

void dgen_array_retain(dgen_array *out, const dgen_array *source)
{
    *out = *source;
    if (out->release == release_block) dgen__block_retain(out->owner);
}

void dgen_array_release(dgen_array *array)
{
    if (array->release) array->release(array);
    array->data = NULL;
    array->owner = NULL;
    array->release = NULL;
}

dgen_status dgen_array_slice(dgen_array *out, const dgen_array *source, int64_t first, int64_t count, dgen_error *error)
{
    int64_t length = dgen_array_length(source), step = source->ndim == 1 ? source->stride[0] : 1;
    if (source->ndim > 1 && !dgen__is_contiguous(source))
        return dgen__fail(error, DGEN_EINVAL, "slice", "slice must be of a contiguous array, or of one of 1 dimension");
    if (first < 0 || count < 0 || first > length || count > length - first)
        return dgen__fail(error, DGEN_EINVAL, "slice", "slice must lie within the array's %lld elements",
                          (long long)length);
    dgen_array_retain(out, source);
    out->data = (uint8_t *)source->data + first * step * (int64_t)dgen_dtype_bytes(source->dtype);
    out->ndim = 1;
    out->shape[0] = count;
    out->stride[0] = step;
    return DGEN_OK;
}

int64_t dgen_array_length(const dgen_array *array)
{
    int64_t length = 1;
    for (int i = 0; i < array->ndim; i++) length *= array->shape[i];
    return length;
}

size_t dgen_array_bytes(const dgen_array *array)
{
    return (size_t)dgen_array_length(array) * dgen_dtype_bytes(array->dtype);
}

/* ---------------------------------------------------------------------------------------------------------- elements */

/* A 16-bit float with e exponent and m mantissa bits, to and from a double, rounding half to even. */
static double decode_float16(uint16_t bits, int e, int m)
{
    int bias = (1 << (e - 1)) - 1, exponent = bits >> m & ((1 << e) - 1), mantissa = bits & ((1 << m) - 1);
    double sign = bits >> 15 ? -1 : 1;
    if (exponent == (1 << e) - 1) return mantissa ? NAN : sign * INFINITY;
    if (exponent == 0) return sign * ldexp(mantissa, 1 - bias - m);
    return sign * ldexp(mantissa + (1 << m), exponent - bias - m);
}

static uint16_t encode_float16(double x, int e, int m)
{
    int bias = (1 << (e - 1)) - 1, least = 1 - bias, infinity = ((1 << e) - 1) << m;
    uint16_t sign = signbit(x) ? 0x8000 : 0;
    if (isnan(x)) return (uint16_t)(sign | infinity | 1 << (m - 1));
    if (isinf(x)) return (uint16_t)(sign | infinity);
    if (x == 0) return sign;
    int exponent = ilogb(x) < least ? least : ilogb(x);
    if (exponent > bias) return (uint16_t)(sign | infinity);
    /* As an integer of units in the last place, a carry into the next exponent comes out right by itself. */
    long units = lrint(ldexp(fabs(x), m - exponent)) + ((long)(exponent - least) << m);
    return (uint16_t)(sign | (units < infinity ? units : infinity));
}

/* Where element i lies, in elements from `data`. */
static int64_t place(const dgen_array *array, int64_t i)
{
    int64_t at = 0;
    int last = array->ndim - 1;
    for (int d = 0; d < last; d++) {
        at += i % array->shape[d] * array->stride[d];
        i /= array->shape[d];
    }
    return at + i * array->stride[last];
}

double dgen_array_get(const dgen_array *array, int64_t i)
{
    const void *p = array->data;
    const struct dtype *t = &dtypes[array->dtype];
    i = place(array, i);
    switch (array->dtype) {
    case DGEN_U8: return ((const uint8_t *)p)[i];
    case DGEN_I8: return ((const int8_t *)p)[i];
    case DGEN_I16: return ((const int16_t *)p)[i];
    case DGEN_U16: return ((const uint16_t *)p)[i];
    case DGEN_I32: return ((const int32_t *)p)[i];
    case DGEN_U32: return ((const uint32_t *)p)[i];
    case DGEN_I64: return (double)((const int64_t *)p)[i];
    case DGEN_F16:
    case DGEN_BF16: return decode_float16(((const uint16_t *)p)[i], t->exponent_bits, t->mantissa_bits);
    case DGEN_F32: return ((const float *)p)[i];
    default: return ((const double *)p)[i];
    }
}

/* Stores a value known to fit. */
static void put(dgen_array *array, int64_t i, double value)
{
    void *p = array->data;
    const struct dtype *t = &dtypes[array->dtype];
    i = place(array, i);
    switch (array->dtype) {
    case DGEN_U8: ((uint8_t *)p)[i] = (uint8_t)value; break;
    case DGEN_I8: ((int8_t *)p)[i] = (int8_t)value; break;
    case DGEN_I16: ((int16_t *)p)[i] = (int16_t)value; break;
    case DGEN_U16: ((uint16_t *)p)[i] = (uint16_t)value; break;
    case DGEN_I32: ((int32_t *)p)[i] = (int32_t)value; break;
    case DGEN_U32: ((uint32_t *)p)[i] = (uint32_t)value; break;
    case DGEN_I64: ((int64_t *)p)[i] = (int64_t)value; break;
    case DGEN_F16:
    case DGEN_BF16: ((uint16_t *)p)[i] = encode_float16(value, t->exponent_bits, t->mantissa_bits); break;
    case DGEN_F32: ((float *)p)[i] = (float)value; break;
    default: ((double *)p)[i] = value;
    }
}

static bool is_integer(dgen_dtype dtype) { return dtypes[dtype].minimum != dtypes[dtype].maximum; }

dgen_status dgen_array_set(dgen_array *array, int64_t i, double value, dgen_error *error)
{
    const struct dtype *t = &dtypes[array->dtype];
    if (is_integer(array->dtype) && !(value >= t->minimum && value <= t->maximum && value == floor(value)))
        return dgen__fail(error, DGEN_EINVAL, "value", "value must be a whole number from %.0f to %.0f, not %.15g",
                          t->minimum, t->maximum, value);
    put(array, i, value);
    return DGEN_OK;
}

/* A contiguous array as one dimension: its elements are quicker to find. */
static dgen_array flattened(const dgen_array *array)
{
    dgen_array flat = *array;
    if (array->ndim == 1 || !dgen__is_contiguous(array)) return flat;
    flat.ndim = 1;
    flat.shape[0] = dgen_array_length(array);
    flat.stride[0] = 1;
    return flat;
}

#define COPY_ELEMENTS(type) \
    for (int64_t i = 0; i < n; i++) ((type *)out->data)[place(out, i)] = ((const type *)source->data)[place(source, i)]

/* Elements of one type, bit for bit. */
static void copy_elements(dgen_array *out, const dgen_array *source, int64_t n)
{
    size_t width = dgen_dtype_bytes(source->dtype);
    if (dgen__is_contiguous(out) && dgen__is_contiguous(source)) memmove(out->data, source->data, (size_t)n * width);
    else if (width == 1) COPY_ELEMENTS(uint8_t);
    else if (width == 2) COPY_ELEMENTS(uint16_t);
    else if (width == 4) COPY_ELEMENTS(uint32_t);
    else COPY_ELEMENTS(uint64_t);
}

dgen_status dgen_array_convert(dgen_array *out, const dgen_array *source, dgen_error *error)
{
    int64_t n = dgen_array_length(source);
    const struct dtype *t = &dtypes[out->dtype];
    bool integer = is_integer(out->dtype);
    if (dgen_array_length(out) != n)
        return dgen__fail(error, DGEN_EINVAL, "out", "out must have the length of x, %lld", (long long)n);
    dgen_array flat_out = flattened(out), flat_source = flattened(source);
    out = &flat_out;
    source = &flat_source;
    if (n > 0 && out->dtype == source->dtype) {
        copy_elements(out, source, n);
        return DGEN_OK;
    }
    for (int64_t i = 0; integer && i < n; i++) {
        double x = nearbyint(dgen_array_get(source, i));
        if (!(x >= t->minimum && x <= t->maximum))
            return dgen__fail(error, DGEN_EINVAL, "x", "x must lie from %.0f to %.0f to become %s; element %lld is %.15g",
                              t->minimum, t->maximum, t->name, (long long)i + 1, x);
    }
    for (int64_t i = 0; i < n; i++) {
        double x = dgen_array_get(source, i);
        put(out, i, integer ? nearbyint(x) : x);
    }
    return DGEN_OK;
}

void dgen_array_describe(const dgen_array *array, char *text, size_t text_bytes)
{
    enum { SHOWN = 8 };
    size_t at = 0;
    int64_t n = dgen_array_length(array);
#define ADD(...)                                                                  \
    do {                                                                          \
        int added = snprintf(text + at, text_bytes - at, __VA_ARGS__);            \
        at = added < 0 || (size_t)added >= text_bytes - at ? text_bytes - 1 : at + (size_t)added; \
    } while (0)
    ADD("dgen.array %s [", dgen_dtype_name(array->dtype));
    for (int i = 0; i < array->ndim; i++) ADD("%s%lld", i ? ", " : "", (long long)array->shape[i]);
    ADD("]%s", n ? ":" : "");
    for (int64_t i = 0; i < n && i < SHOWN; i++) ADD(" %.7g", dgen_array_get(array, i));
    if (n > SHOWN) ADD(" ...");
#undef ADD
}
