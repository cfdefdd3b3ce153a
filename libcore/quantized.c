/*
 * A quantized array as an object: its arrays' shapes, what a host shows and reads back of it, and the checks that every
 * function which takes one begins with.
 */
#include <math.h>
#include <stdio.h>

#include "quantize.h"

dgen__rows_of dgen__quantized_rows(const dgen_quantized *quantized)
{
    dgen__rows_of of = { .rows = quantized->ndim == 1 ? 1 : quantized->shape[0], .columns = 1 };
    for (int i = quantized->ndim > 1; i < quantized->ndim; i++) of.columns *= quantized->shape[i];
    of.group = quantized->axis == DGEN_AXIS_GROUP ? quantized->group : of.columns;
    of.groups = of.group ? (of.columns + of.group - 1) / of.group : 0;
    of.row_bytes = dgen__packed_bytes((uint64_t)of.columns, quantized->bits);
    return of;
}

static void lay_out(dgen_array *array, dgen_dtype dtype, int ndim, int64_t first, int64_t second)
{
    array->dtype = dtype;
    array->ndim = ndim;
    array->shape[0] = first;
    array->stride[0] = 1;
    array->shape[1] = second;
    array->stride[1] = first;
}

void dgen__quantized_lay_out(dgen_quantized *quantized, dgen_dtype scale_type)
{
    dgen__rows_of of = dgen__quantized_rows(quantized);
    bool tensor = quantized->axis == DGEN_AXIS_TENSOR;
    int ndim = quantized->ndim == 1 ? 1 : 2, scale_ndim = tensor ? 1 : ndim;
    int64_t groups = tensor ? 1 : of.groups;
    lay_out(&quantized->codes, DGEN_U8, ndim, (int64_t)of.row_bytes, of.rows);
    lay_out(&quantized->scale, scale_type, scale_ndim, groups, of.rows);
    lay_out(&quantized->zero, quantized->scheme == DGEN_OFFSET ? scale_type : DGEN_U8, scale_ndim, groups, of.rows);
}

void dgen__quantized_give_back(dgen_quantized *quantized, const dgen_quantized *out)
{
    if (!out->codes.release) dgen_array_release(&quantized->codes);
    if (!out->scale.release) dgen_array_release(&quantized->scale);
    if (!out->zero.release) dgen_array_release(&quantized->zero);
}

static dgen_status check_given(const dgen_array *given, const dgen_array *want, const char *name, dgen_error *error)
{
    if (!given->release) return DGEN_OK;
    if (given->dtype != want->dtype || dgen_array_length(given) != dgen_array_length(want) || !dgen__is_contiguous(given)
        || !given->data)
        return dgen__fail(error, DGEN_EINVAL, "out", "out's %s must be %s, contiguous, of %lld elements", name,
                          dgen_dtype_name(want->dtype), (long long)dgen_array_length(want));
    return DGEN_OK;
}

dgen_status dgen__quantized_take(dgen_quantized *quantized, const dgen_quantized *out, dgen_error *error)
{
    dgen_array *arrays[] = { &quantized->codes, &quantized->scale, &quantized->zero };
    const dgen_array *given[] = { &out->codes, &out->scale, &out->zero };
    static const char *const names[] = { "codes", "scale", "zero" };
    for (int i = 0; i < 3; i++) {
        dgen_status status = check_given(given[i], arrays[i], names[i], error);
        if (status != DGEN_OK) return status;
    }
    for (int i = 0; i < 3; i++) {
        dgen_status status = DGEN_OK;
        dgen_array made = *given[i];
        if (!made.release) status = dgen_array_alloc(&made, arrays[i]->dtype, arrays[i]->ndim, arrays[i]->shape, NULL, error);
        if (status != DGEN_OK) {
            dgen__quantized_give_back(quantized, out);
            return status;
        }
        *arrays[i] = made;
    }
    return DGEN_OK;
}

void dgen_quantized_release(dgen_quantized *quantized)
{
    dgen_array_release(&quantized->codes);
    dgen_array_release(&quantized->scale);
    dgen_array_release(&quantized->zero);
}

dgen_quantizer dgen__quantizer_of(const dgen_quantized *quantized, bool exact)
{
    return (dgen_quantizer){ .bits = quantized->bits,
                             .range = quantized->range,
                             .symmetric = quantized->scheme == DGEN_SYMMETRIC,
                             .exact = exact,
                             .half_scale = quantized->scale.dtype == DGEN_F16,
                             .offset = quantized->scheme == DGEN_OFFSET };
}

/* ------------------------------------------------------------------------------------------------------------ to and fro */

void dgen_quantized_record(const dgen_quantized *quantized, dgen_record *out)
{
    out->count = 0;
    dgen__record_count(out, "bits", (uint64_t)quantized->bits);
    dgen__record_text(out, "scheme", dgen__scheme_names[quantized->scheme]);
    dgen__record_text(out, "range", dgen__range_names[quantized->range]);
    dgen__record_text(out, "axis", dgen__axis_names[quantized->axis]);
    dgen__record_count(out, "group", (uint64_t)quantized->group);
}

dgen_status dgen_quantized_set(dgen_quantized *quantized, const char *name, dgen_value value, dgen_error *error)
{
    uint64_t whole;
    int word = 0;
    dgen_status status;
    if (!strcmp(name, "bits")) return dgen__value_bits(&quantized->bits, value, error);
    if (!strcmp(name, "group")) {
        status = dgen_value_whole(&whole, name, value, 0, INT64_C(1) << 53, 0, error);
        if (status == DGEN_OK) quantized->group = (int64_t)whole;
        return status;
    }
    if (!strcmp(name, "scheme")) {
        status = dgen__value_word(&word, name, value, dgen__scheme_names, "\"asymmetric\", \"symmetric\" or \"offset\"", error);
        if (status == DGEN_OK) quantized->scheme = (dgen_scheme)word;
    }
    else if (!strcmp(name, "range")) {
        status = dgen__value_word(&word, name, value, dgen__range_names, "\"narrow\", \"full\" or \"midrise\"", error);
        if (status == DGEN_OK) quantized->range = (dgen_code_range)word;
    }
    else if (!strcmp(name, "axis")) {
        status = dgen__value_word(&word, name, value, dgen__axis_names, "\"group\", \"row\" or \"tensor\"", error);
        if (status == DGEN_OK) quantized->axis = (dgen_axis)word;
    }
    else return dgen__fail(error, DGEN_EINVAL, "q", "\"%.40s\" is not a field of a quantized array", name);
    return status;
}

static dgen_status check_part(const dgen_array *have, const dgen_array *want, const char *name, dgen_error *error)
{
    if (!have->release) return dgen__fail(error, DGEN_ECLOSED, "q", "q.%s is closed", name);
    if (have->dtype != want->dtype)
        return dgen__fail(error, DGEN_ETYPE, "q", "q.%s must be %s, not %s", name, dgen_dtype_name(want->dtype),
                          (unsigned)have->dtype < DGEN_DTYPE_COUNT ? dgen_dtype_name(have->dtype) : "of no type");
    if (have->ndim < 1 || have->ndim > 4)
        return dgen__fail(error, DGEN_EINVAL, "q", "q.%s must have 1 to 4 dimensions, not %d", name, have->ndim);
    if (dgen_array_length(have) != dgen_array_length(want))
        return dgen__fail(error, DGEN_EINVAL, "q", "q.%s must have %lld elements for its shape, bits and group, not %lld", name,
                          (long long)dgen_array_length(want), (long long)dgen_array_length(have));
    if (!dgen__is_contiguous(have)) return dgen__fail(error, DGEN_EINVAL, "q", "q.%s must be contiguous", name);
    if (!have->data && dgen_array_length(have)) return dgen__fail(error, DGEN_EINVAL, "q", "q.%s must not be NULL", name);
    return DGEN_OK;
}

dgen_status dgen_quantized_check(const dgen_quantized *quantized, dgen_error *error)
{
    int bits = quantized->bits;
    uint64_t length = 1;
    if (bits != 8 && bits != 4 && bits != 2) return dgen__fail(error, DGEN_EINVAL, "q", "q.bits must be 8, 4 or 2, not %d", bits);
    if ((unsigned)quantized->scheme > DGEN_OFFSET || (unsigned)quantized->range > DGEN_RANGE_MIDRISE
        || (unsigned)quantized->axis > DGEN_AXIS_TENSOR)
        return dgen__fail(error, DGEN_EINVAL, "q", "q must have a scheme, a range and an axis");
    if (quantized->scheme == DGEN_SYMMETRIC && quantized->range == DGEN_RANGE_MIDRISE && bits != 2)
        return dgen__fail(error, DGEN_EINVAL, "q", "q.range must be \"narrow\" or \"full\" unless q.bits is 2");
    if (quantized->ndim < 1 || quantized->ndim > 4)
        return dgen__fail(error, DGEN_EINVAL, "q", "q.shape must have 1 to 4 dimensions, not %d", quantized->ndim);
    for (int i = 0; i < quantized->ndim; i++)
        if (quantized->shape[i] < 1 || !dgen__multiply(length, (uint64_t)quantized->shape[i], &length) || length > INT64_MAX / 8)
            return dgen__fail(error, DGEN_EINVAL, "q", "q.shape must have sizes from 1 up whose product is less than 2^60");
    if (quantized->group < 1) return dgen__fail(error, DGEN_EINVAL, "q", "q.group must be 1 or more, not %lld",
                                                (long long)quantized->group);
    dgen_quantized want = *quantized;
    dgen_dtype scale = quantized->scale.dtype == DGEN_F16 ? DGEN_F16 : DGEN_F32;
    dgen__quantized_lay_out(&want, scale);
    dgen_status status = check_part(&quantized->codes, &want.codes, "codes", error);
    if (status == DGEN_OK) status = check_part(&quantized->scale, &want.scale, "scale", error);
    if (status == DGEN_OK) status = check_part(&quantized->zero, &want.zero, "zero", error);
    return status;
}

void dgen_certificate_record(const dgen_certificate *certificate, dgen_record *out)
{
    out->count = 0;
    dgen__record_number(out, "max", certificate->max);
    dgen__record_number(out, "rmse", certificate->rmse);
    dgen__record_number(out, "snr_db", certificate->snr_db);
    dgen__record_number(out, "cosine", certificate->cosine);
    dgen__record_count(out, "clipped", (uint64_t)certificate->clipped);
    dgen__record_count(out, "nonfinite", (uint64_t)certificate->nonfinite);
}

void dgen_quantized_describe(const dgen_quantized *quantized, char *text, size_t text_bytes)
{
    char shape[96], of[48];
    size_t at = 0;
    for (int i = 0; i < quantized->ndim; i++)
        at += (size_t)snprintf(shape + at, sizeof shape - at, "%s%lld", i ? " x " : "", (long long)quantized->shape[i]);
    if (quantized->axis == DGEN_AXIS_GROUP) snprintf(of, sizeof of, "groups of %lld of ", (long long)quantized->group);
    else snprintf(of, sizeof of, "%s", quantized->axis == DGEN_AXIS_ROW ? "rows of " : "");
    at = (size_t)snprintf(text, text_bytes, "dgen.quantized: %d bits, %s, %s%s", quantized->bits,
                          dgen__scheme_names[quantized->scheme], of, shape);
    if (!isnan(quantized->error.snr_db) && at < text_bytes)
        snprintf(text + at, text_bytes - at, ", %.1f dB", quantized->error.snr_db);
}
