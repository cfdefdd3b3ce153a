/*
 * dgen_buffer and dgen_array: elements, views, conversion.
 *
 * A dgen_buffer is a handle itself: memory the user owns, changed in place, closed at will. A dgen_array is a raw vector
 * with a class and the name of its element type, so that R copies, saves and compares it like any vector. Both are
 * indexed by positions that R code has checked.
 */
#include <string.h>

#include "dgen_r.h"

static SEXP as_buffer(SEXP handle)
{
    SEXP class = PROTECT(Rf_mkString("dgen_buffer"));
    Rf_setAttrib(handle, R_ClassSymbol, class);
    UNPROTECT(1);
    return handle;
}

SEXP dgen_r_buffer(SEXP n)
{
    dgen_array *array;
    int64_t shape = (int64_t)dgen_r_check_whole(n, "n", 0, INT64_MAX);
    SEXP handle = PROTECT(dgen_r_array(&array, DGEN_U8, 1, &shape));
    as_buffer(handle);
    UNPROTECT(1);
    return handle;
}

SEXP dgen_r_buffers(SEXP count, SEXP n)
{
    uint64_t buffers = dgen_r_check_whole(count, "count", 0, INT32_MAX);
    SEXP list = PROTECT(Rf_allocVector(VECSXP, (R_xlen_t)buffers));
    for (uint64_t i = 0; i < buffers; i++) SET_VECTOR_ELT(list, (R_xlen_t)i, dgen_r_buffer(n));
    UNPROTECT(1);
    return list;
}

SEXP dgen_r_buffer_close(SEXP buffer)
{
    if (dgen_r_handle_of(buffer) != buffer) dgen_r_raise_type("buf", "a dgen_buffer");
    dgen_r_handle_close(buffer);
    return R_NilValue;
}

SEXP dgen_r_length(SEXP x)
{
    dgen_array array = dgen_r_check_array(x, "x");
    return dgen_r_count((uint64_t)dgen_array_length(&array));
}

SEXP dgen_r_show(SEXP x)
{
    char text[256];
    if (dgen_r_handle_of(x) == x && !R_ExternalPtrAddr(x)) return Rf_mkString("dgen.array: closed");
    dgen_array array = dgen_r_check_array(x, "x");
    dgen_array_describe(&array, text, sizeof text);
    return Rf_mkString(text);
}

/* ---------------------------------------------------------------------------------------------------------- elements */

/* Gives `out`, whose n elements are of source's type, that type's attributes. */
static void mark(SEXP out, const dgen_array *source, R_xlen_t n)
{
    dgen_array array = { .dtype = source->dtype, .ndim = 1, .shape = { n } };
    dgen_r_mark(out, &array);
}

SEXP dgen_r_get(SEXP x, SEXP index)
{
    static const uint64_t zero = 0;
    dgen_array array = dgen_r_check_array(x, "x");
    R_xlen_t n = Rf_xlength(index);
    SEXP out = PROTECT(Rf_allocVector(RAWSXP, n * (R_xlen_t)dgen_dtype_bytes(array.dtype)));
    dgen_r_gather(RAW(out), &array, index, &zero);
    mark(out, &array, n);
    UNPROTECT(1);
    return out;
}

SEXP dgen_r_get_value(SEXP x, SEXP index)
{
    dgen_array array = dgen_r_check_array(x, "x");
    return Rf_ScalarReal(dgen_array_get(&array, (int64_t)Rf_asReal(index) - 1));
}

/* The values, all checked, as elements of x's type in a raw vector, so that a bad one leaves x untouched. */
static SEXP convert_values(SEXP values, dgen_dtype dtype)
{
    dgen_array source = dgen_r_check_array(values, "value"), out;
    dgen_error error;
    int64_t n = dgen_array_length(&source);
    SEXP bytes = PROTECT(Rf_allocVector(RAWSXP, (R_xlen_t)n * (R_xlen_t)dgen_dtype_bytes(dtype)));
    dgen_status status = dgen_array_borrow(&out, dtype, 1, &n, RAW(bytes), &error);
    for (int64_t i = 0; status == DGEN_OK && i < n; i++)
        status = dgen_array_set(&out, i, dgen_array_get(&source, i), &error);
    if (status != DGEN_OK) dgen_r_raise(&error);
    UNPROTECT(1);
    return bytes;
}

/* Stores the values, recycled, at the 1-based index: in place in a buffer, else in a copy of x. */
SEXP dgen_r_set(SEXP x, SEXP index, SEXP values)
{
    if (dgen_r_handle_of(x) != x) x = Rf_duplicate(x);
    PROTECT(x);
    dgen_array array = dgen_r_check_array(x, "x");
    size_t width = dgen_dtype_bytes(array.dtype);
    SEXP bytes = PROTECT(convert_values(values, array.dtype));
    R_xlen_t n = Rf_xlength(index), given = XLENGTH(bytes) / (R_xlen_t)width;
    if (n && !given) dgen_r_raise_type("value", "at least one value");
    index = PROTECT(Rf_coerceVector(index, REALSXP));
    for (R_xlen_t i = 0; i < n; i++)
        memcpy((char *)array.data + (size_t)(REAL(index)[i] - 1) * width, RAW(bytes) + (size_t)(i % given) * width, width);
    UNPROTECT(3);
    return x;
}

/* ------------------------------------------------------------------------------------------------ views, conversion */

SEXP dgen_r_convert(SEXP x, SEXP type)
{
    dgen_array source = dgen_r_check_array(x, "x"), *out;
    dgen_dtype dtype = dgen_r_check_dtype(type);
    dgen_error error;
    SEXP handle = PROTECT(dgen_r_array(&out, dtype, source.ndim, source.shape));
    if (dgen_array_convert(out, &source, &error) != DGEN_OK) dgen_r_raise(&error);
    SEXP wrapped = dgen_r_wrap(handle);
    UNPROTECT(1);
    return wrapped;
}

SEXP dgen_r_view(SEXP x, SEXP type)
{
    dgen_array source = dgen_r_check_array(x, "x"), view, *out;
    dgen_dtype dtype = dgen_r_check_dtype(type);
    dgen_error error;
    int64_t bytes = (int64_t)dgen_array_bytes(&source), width = (int64_t)dgen_dtype_bytes(dtype), n = bytes / width;
    if (bytes % width) dgen_r_raise_type("x", "a whole number of elements long");
    SEXP parent = dgen_r_handle_of(x), handle = PROTECT(dgen_r_handle(&out));
    if (dgen_array_borrow(&view, dtype, 1, &n, source.data, &error) != DGEN_OK) dgen_r_raise(&error);
    if (parent) {
        dgen_array_retain(out, R_ExternalPtrAddr(parent));
        view.release = out->release;
        view.owner = out->owner;
        R_SetExternalPtrProtected(handle, parent == x ? x : R_ExternalPtrProtected(parent));
    }
    else R_SetExternalPtrProtected(handle, x);
    *out = view;
    SEXP wrapped = PROTECT(dgen_r_wrap(handle));
    MARK_NOT_MUTABLE(x); /* either would change under the other's feet */
    MARK_NOT_MUTABLE(wrapped);
    UNPROTECT(2);
    return wrapped;
}

SEXP dgen_r_copy(SEXP x)
{
    dgen_array source = dgen_r_check_array(x, "x"), *out;
    SEXP handle = PROTECT(dgen_r_array(&out, source.dtype, source.ndim, source.shape));
    memcpy(out->data, source.data, dgen_array_bytes(&source));
    SEXP copy = dgen_r_handle_of(x) == x ? as_buffer(handle) : dgen_r_wrap(handle);
    UNPROTECT(1);
    return copy;
}
