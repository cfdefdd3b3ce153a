/*
 * Quantization, alone and of many layers, back to floats, and layouts of other programs.
 *
 * A quantized array is a list of class dgen_quantized: its arrays, which are vectors in the core's own memory or, small ones, of
 * R's own; what describes them; and its error. A list that was saved, copied or changed is checked by the core like any other.
 * What the core allocates is not on an external pointer yet: it becomes one under a cleanup, which releases what is left if R
 * raises in between.
 */
#include <stdio.h>
#include <string.h>

#include "dgen_r.h"

enum { DIMENSIONS = 4 };

/* ----------------------------------------------------------------------------------------------------------- arguments */

dgen_array dgen_r_check_input(SEXP x, const char *argument)
{
    if (!dgen_r_is_array(x)) dgen_r_raise_type(argument, "an array");
    dgen_array array = dgen_r_check_array(x, argument);
    if (TYPEOF(x) == REALSXP && OBJECT(x) && Rf_inherits(x, "integer64")) array.dtype = DGEN_I64;
    return array;
}

void dgen_r_check_quantize_options(dgen_quantize_options *options, SEXP arguments)
{
    dgen_error error;
    dgen_quantize_options_init(options);
    for (; arguments != R_NilValue; arguments = CDR(arguments)) {
        const char *name = TAG(arguments) == R_NilValue ? "" : CHAR(PRINTNAME(TAG(arguments)));
        if (*name && CAR(arguments) == R_NilValue) continue;
        if (dgen_quantize_options_set(options, name, dgen_r_value(CAR(arguments)), &error) != DGEN_OK) dgen_r_raise(&error);
    }
}

dgen_array *dgen_r_check_layers(SEXP layers)
{
    if (TYPEOF(layers) != VECSXP) dgen_r_raise_type("layers", "a list of arrays");
    R_xlen_t count = XLENGTH(layers);
    dgen_array *arrays = (dgen_array *)R_alloc((size_t)count, sizeof *arrays);
    for (R_xlen_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "layer %lld: x", (long long)i + 1);
        arrays[i] = dgen_r_check_input(VECTOR_ELT(layers, i), name);
    }
    return arrays;
}

void dgen_r_keep(dgen_array *arrays, R_xlen_t count)
{
    for (R_xlen_t i = 0; i < count; i++) dgen_array_retain(&arrays[i], &arrays[i]);
}

void dgen_r_let_go(dgen_array *arrays, R_xlen_t count)
{
    for (R_xlen_t i = 0; i < count; i++) dgen_array_release(&arrays[i]);
}

/* ---------------------------------------------------------------------------------------------------- fields of a list */

dgen_array dgen_r_check_part(SEXP list, const char *owner, const char *name)
{
    char argument[32];
    SEXP part = dgen_r_field(list, name);
    snprintf(argument, sizeof argument, "%s.%s", owner, name);
    if (!dgen_r_is_array(part)) dgen_r_raise_type(argument, "an array");
    return dgen_r_check_array(part, argument);
}

static SEXP shape_vector(int ndim, const int64_t *shape)
{
    int fits = 1;
    for (int i = 0; i < ndim; i++) fits &= shape[i] <= INT32_MAX;
    SEXP x = Rf_allocVector(fits ? INTSXP : REALSXP, ndim);
    for (int i = 0; i < ndim; i++) {
        if (fits) INTEGER(x)[i] = (int)shape[i];
        else REAL(x)[i] = (double)shape[i];
    }
    return x;
}

/* The shape of the list that is the argument `owner`; returns how many dimensions, which the core checks. */
static int check_shape(int64_t *shape, SEXP list, const char *owner)
{
    char argument[32];
    dgen_error error;
    uint64_t size;
    SEXP x = PROTECT(dgen_r_field(list, "shape"));
    R_xlen_t ndim = TYPEOF(x) == INTSXP || TYPEOF(x) == REALSXP ? XLENGTH(x) : 0;
    snprintf(argument, sizeof argument, "%s.shape", owner);
    for (R_xlen_t i = 0; i < ndim && i < DIMENSIONS; i++) {
        dgen_value value = { .kind = DGEN_VALUE_NUMBER };
        value.number = TYPEOF(x) == REALSXP ? REAL_ELT(x, i) : INTEGER_ELT(x, i);
        if (dgen_value_whole(&size, argument, value, 1, UINT64_C(1) << 53, 0, &error) != DGEN_OK) dgen_r_raise(&error);
        shape[i] = (int64_t)size;
    }
    UNPROTECT(1);
    return ndim > DIMENSIONS ? DIMENSIONS + 1 : (int)ndim;
}

static double number_field(SEXP list, const char *name)
{
    SEXP x = dgen_r_field(list, name);
    return (TYPEOF(x) == REALSXP || TYPEOF(x) == INTSXP) && XLENGTH(x) == 1 ? Rf_asReal(x) : R_NaN;
}

static int64_t count_field(SEXP list, const char *name)
{
    double number = number_field(list, name);
    return number >= 0 && number <= 0x1p53 ? (int64_t)number : 0;
}

/* ---------------------------------------------------------------------------------------------------- quantized arrays */

static SEXP array_vector(void *array) { return dgen_r_give(array); }
static void release_array(void *array) { dgen_array_release(array); }

SEXP dgen_r_give_array(dgen_array *array) { return R_ExecWithCleanup(array_vector, array, release_array, array); }


dgen_quantized dgen_r_check_quantized(SEXP q)
{
    static const char *const names[] = { "bits", "scheme", "range", "axis", "group" };
    dgen_error error;
    dgen_quantized quantized = { .bits = 0 };
    if (TYPEOF(q) != VECSXP || !Rf_inherits(q, "dgen_quantized")) dgen_r_raise_type("q", "what quantize returns");
    quantized.codes = dgen_r_check_part(q, "q", "codes");
    quantized.scale = dgen_r_check_part(q, "q", "scale");
    quantized.zero = dgen_r_check_part(q, "q", "zero");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (dgen_quantized_set(&quantized, names[i], dgen_r_value(dgen_r_field(q, names[i])), &error) != DGEN_OK)
            dgen_r_raise(&error);
    quantized.ndim = check_shape(quantized.shape, q, "q");
    SEXP certificate = dgen_r_field(q, "error");
    quantized.error = (dgen_certificate){ .max = number_field(certificate, "max"),
                                          .rmse = number_field(certificate, "rmse"),
                                          .snr_db = number_field(certificate, "snr_db"),
                                          .cosine = number_field(certificate, "cosine"),
                                          .clipped = count_field(certificate, "clipped"),
                                          .nonfinite = count_field(certificate, "nonfinite") };
    return quantized;
}

static void keep_quantized(dgen_quantized *quantized)
{
    dgen_array_retain(&quantized->codes, &quantized->codes);
    dgen_array_retain(&quantized->scale, &quantized->scale);
    dgen_array_retain(&quantized->zero, &quantized->zero);
}

void dgen_r_set_class(SEXP list, const char *name)
{
    SEXP class = PROTECT(Rf_mkString(name));
    Rf_setAttrib(list, R_ClassSymbol, class);
    UNPROTECT(1);
}

static SEXP quantized_list(void *context)
{
    enum { ARRAYS = 3, FIELDS = 5 };
    static const char *names[] = { "codes", "scale", "zero", "bits", "scheme", "range", "axis", "group", "shape", "error", "" };
    dgen_quantized *quantized = context;
    dgen_record record;
    SEXP list = PROTECT(Rf_mkNamed(VECSXP, names));
    SET_VECTOR_ELT(list, 0, dgen_r_give(&quantized->codes));
    SET_VECTOR_ELT(list, 1, dgen_r_give(&quantized->scale));
    SET_VECTOR_ELT(list, 2, dgen_r_give(&quantized->zero));
    dgen_quantized_record(quantized, &record);
    SEXP fields = PROTECT(dgen_r_list(&record));
    for (int i = 0; i < FIELDS; i++) SET_VECTOR_ELT(list, ARRAYS + i, VECTOR_ELT(fields, i));
    SET_VECTOR_ELT(list, ARRAYS + FIELDS, shape_vector(quantized->ndim, quantized->shape));
    dgen_certificate_record(&quantized->error, &record);
    SET_VECTOR_ELT(list, ARRAYS + FIELDS + 1, dgen_r_list(&record));
    dgen_r_set_class(list, "dgen_quantized");
    UNPROTECT(2);
    return list;
}

static void release_quantized(void *quantized) { dgen_quantized_release(quantized); }

SEXP dgen_r_give_quantized(dgen_quantized *quantized)
{
    return R_ExecWithCleanup(quantized_list, quantized, release_quantized, quantized);
}

SEXP dgen_r_quantized_show(SEXP q)
{
    char text[256];
    dgen_error error;
    dgen_quantized quantized = dgen_r_check_quantized(q);
    if (dgen_quantized_check(&quantized, &error) != DGEN_OK) dgen_r_raise(&error);
    dgen_quantized_describe(&quantized, text, sizeof text);
    return Rf_mkString(text);
}

/* -------------------------------------------------------------------------------------------------- quantize, and back */

/* About the bytes that x takes when it is quantized. */
static uint64_t quantized_bytes(const dgen_array *x, int bits)
{
    return (uint64_t)dgen_array_length(x) * (uint64_t)bits / 8;
}

SEXP dgen_r_quantize(SEXP arguments)
{
    dgen_quantize_options options;
    dgen_error error;
    dgen_status status;
    dgen_quantized quantized = { .bits = 0 };
    int tried = 0;
    arguments = CDR(arguments);
    dgen_array x = dgen_r_check_input(CAR(arguments), "x");
    dgen_r_check_quantize_options(&options, CDR(arguments));
    dgen_r_make_room(quantized_bytes(&x, options.bits));
    dgen_r_keep(&x, 1);
    do status = dgen_quantize(&quantized, &x, &options, &error);
    while (dgen_r_retry(status, &tried));
    dgen_r_let_go(&x, 1);
    if (status != DGEN_OK) dgen_r_raise(&error);
    return dgen_r_give_quantized(&quantized);
}

typedef dgen_status decoder(dgen_array *out, const dgen_quantized *quantized, dgen_dtype dtype, int max_threads, dgen_error *error);

static dgen_status unpack(dgen_array *out, const dgen_quantized *quantized, dgen_dtype dtype, int max_threads, dgen_error *error)
{
    (void)dtype;
    return dgen_unpack(out, quantized, max_threads, error);
}

static SEXP decode_new(dgen_quantized *quantized, decoder *decode, dgen_dtype dtype, int threads)
{
    dgen_error error;
    dgen_array made = { .data = NULL };
    int tried = 0;
    dgen_status status = dgen_dequantize_shape(&made, quantized, dtype, &error);
    if (status != DGEN_OK) dgen_r_raise(&error);
    dgen_r_make_room(dgen_array_bytes(&made));
    keep_quantized(quantized);
    made = (dgen_array){ .data = NULL };
    do status = decode(&made, quantized, dtype, threads, &error);
    while (dgen_r_retry(status, &tried));
    dgen_quantized_release(quantized);
    if (status != DGEN_OK) dgen_r_raise(&error);
    return dgen_r_give_array(&made);
}

/* A view of a buffer has no dimensions of its own: it takes those of what is written into it, if it is as long. */
static void take_shape(dgen_array *out, const dgen_quantized *quantized)
{
    dgen_array shaped;
    if (out->ndim != 1 || quantized->ndim < 2 || quantized->ndim > DIMENSIONS) return;
    if (dgen_array_borrow(&shaped, out->dtype, quantized->ndim, quantized->shape, out->data, NULL) != DGEN_OK) return;
    if (dgen_array_length(&shaped) != dgen_array_length(out)) return;
    out->ndim = shaped.ndim;
    memcpy(out->shape, shaped.shape, sizeof out->shape);
    memcpy(out->stride, shaped.stride, sizeof out->stride);
}

SEXP dgen_r_dequantize(SEXP q, SEXP type, SEXP max_threads, SEXP out)
{
    dgen_error error;
    dgen_array given = { .dtype = DGEN_F32 };
    dgen_quantized quantized = dgen_r_check_quantized(q);
    int threads = dgen_r_check_threads(max_threads);
    if (out != R_NilValue) given = dgen_r_check_out(out);
    dgen_dtype dtype = type == R_NilValue ? given.dtype : dgen_r_check_dtype(type);
    if (out == R_NilValue) return decode_new(&quantized, dgen_dequantize, dtype, threads);
    take_shape(&given, &quantized);
    dgen_r_keep(&given, 1);
    keep_quantized(&quantized);
    dgen_status status = dgen_dequantize(&given, &quantized, dtype, threads, &error);
    dgen_quantized_release(&quantized);
    dgen_r_let_go(&given, 1);
    if (status != DGEN_OK) dgen_r_raise(&error);
    return out;
}

SEXP dgen_r_unpack(SEXP q, SEXP max_threads)
{
    dgen_quantized quantized = dgen_r_check_quantized(q);
    return decode_new(&quantized, unpack, DGEN_U8, dgen_r_check_threads(max_threads));
}

/* --------------------------------------------------------------------------------------------------------- many layers */

/* One number of bits for all layers becomes an option; NULL is none. Returns one a layer, or NULL. */
static int *check_bits(dgen_quantize_options *options, SEXP bits, R_xlen_t count)
{
    dgen_quantize_options one = *options;
    dgen_error error;
    if (bits == R_NilValue) return NULL;
    if (Rf_xlength(bits) == 1 || (TYPEOF(bits) != REALSXP && TYPEOF(bits) != INTSXP)) {
        if (dgen_quantize_options_set(options, "bits", dgen_r_value(bits), &error) != DGEN_OK) dgen_r_raise(&error);
        return NULL;
    }
    if (XLENGTH(bits) != count) {
        char legal[96];
        snprintf(legal, sizeof legal, "a number, or have as many elements as there are layers, %lld, not %lld", (long long)count,
                 (long long)XLENGTH(bits));
        dgen_r_raise_type("bits", legal);
    }
    int *each = (int *)R_alloc((size_t)count, sizeof *each);
    for (R_xlen_t i = 0; i < count; i++) {
        dgen_value value = { .kind = DGEN_VALUE_NUMBER };
        value.number = TYPEOF(bits) == REALSXP ? REAL_ELT(bits, i) : INTEGER_ELT(bits, i);
        if (dgen_quantize_options_set(&one, "bits", value, &error) != DGEN_OK) dgen_r_raise(&error);
        each[i] = one.bits;
    }
    return each;
}

/* A batch under way. */
struct batch {
    SEXP layers;
    R_xlen_t count;
    dgen_quantized *out;
};

static SEXP batch_list(void *context)
{
    struct batch *batch = context;
    SEXP list = PROTECT(Rf_allocVector(VECSXP, batch->count));
    for (R_xlen_t i = 0; i < batch->count; i++) SET_VECTOR_ELT(list, i, quantized_list(&batch->out[i]));
    SEXP names = PROTECT(Rf_getAttrib(batch->layers, R_NamesSymbol));
    if (names != R_NilValue) Rf_setAttrib(list, R_NamesSymbol, names);
    UNPROTECT(2);
    return list;
}

static void release_batch(void *context)
{
    struct batch *batch = context;
    for (R_xlen_t i = 0; i < batch->count; i++) dgen_quantized_release(&batch->out[i]);
}

/* The list; the core's message if the progress function asked to stop. */
SEXP dgen_r_quantize_batch(SEXP arguments)
{
    dgen_quantize_options options;
    dgen_error error;
    dgen_status status;
    uint64_t bytes = 0;
    int tried = 0;
    SEXP layers = CADR(arguments), bits = CADDR(arguments), function = CADDDR(arguments);
    dgen_r_check_quantize_options(&options, CDR(CDDDR(arguments)));
    dgen_array *arrays = dgen_r_check_layers(layers);
    R_xlen_t count = XLENGTH(layers);
    int *each = check_bits(&options, bits, count);
    struct batch batch = { layers, count, (dgen_quantized *)R_alloc((size_t)count, sizeof *batch.out) };
    const dgen_array **pointers = (const dgen_array **)R_alloc((size_t)count, sizeof *pointers);
    for (R_xlen_t i = 0; i < count; i++) {
        batch.out[i] = (dgen_quantized){ .bits = 0 };
        pointers[i] = &arrays[i];
        bytes += quantized_bytes(&arrays[i], each ? each[i] : options.bits);
    }
    dgen_r_report report = { .function = function };
    dgen_r_make_room(bytes);
    dgen_r_keep(arrays, count);
    do status = dgen_quantize_batch(batch.out, pointers, count, &options, each, function == R_NilValue ? NULL : dgen_r_progress,
                                    &report, &error);
    while (dgen_r_retry(status, &tried));
    dgen_r_let_go(arrays, count);
    if (status == DGEN_ECANCELED && report.stop) return Rf_mkString(error.message);
    if (status != DGEN_OK) dgen_r_raise(&error);
    return R_ExecWithCleanup(batch_list, &batch, release_batch, &batch);
}

/* ------------------------------------------------------------------------------------------- layouts of other programs */

static SEXP packed_list(void *context)
{
    static const char *names[] = { "packing", "bits", "group", "shape", "codes", "scale", "zero", "" };
    dgen_packed *packed = context;
    SEXP list = PROTECT(Rf_mkNamed(VECSXP, names));
    SET_VECTOR_ELT(list, 0, Rf_mkString(dgen_packing_name(packed->packing)));
    SET_VECTOR_ELT(list, 1, Rf_ScalarReal(packed->bits));
    SET_VECTOR_ELT(list, 2, Rf_ScalarReal((double)packed->group));
    SET_VECTOR_ELT(list, 3, shape_vector(packed->ndim, packed->shape));
    SET_VECTOR_ELT(list, 4, dgen_r_give(&packed->codes));
    if (packed->scale.release) SET_VECTOR_ELT(list, 5, dgen_r_give(&packed->scale));
    if (packed->zero.release) SET_VECTOR_ELT(list, 6, dgen_r_give(&packed->zero));
    dgen_r_set_class(list, "dgen_packed");
    UNPROTECT(1);
    return list;
}

static void release_packed(void *packed) { dgen_packed_release(packed); }

static dgen_packing check_packing(SEXP packing)
{
    dgen_error error;
    dgen_packing found;
    if (dgen_packing_find(&found, dgen_r_check_text(packing, "packing"), &error) != DGEN_OK) dgen_r_raise(&error);
    return found;
}

static dgen_packed check_packed(SEXP p)
{
    dgen_packed packed = { .packing = check_packing(dgen_r_field(p, "packing")) };
    packed.bits = (int)dgen_r_check_whole(dgen_r_field(p, "bits"), "p.bits", 2, 8);
    packed.group = (int64_t)dgen_r_check_whole(dgen_r_field(p, "group"), "p.group", 1, UINT64_C(1) << 53);
    packed.ndim = check_shape(packed.shape, p, "p");
    packed.codes = dgen_r_check_part(p, "p", "codes");
    if (dgen_r_field(p, "scale") != R_NilValue) packed.scale = dgen_r_check_part(p, "p", "scale");
    if (dgen_r_field(p, "zero") != R_NilValue) packed.zero = dgen_r_check_part(p, "p", "zero");
    return packed;
}

/* What dgen_repack is of, packed or not, in memory that counts. */
static dgen_quantized check_source(SEXP q, int *is_packed)
{
    dgen_error error;
    dgen_status status;
    dgen_quantized quantized = { .bits = 0 };
    int tried = 0;
    *is_packed = TYPEOF(q) == VECSXP && Rf_inherits(q, "dgen_packed");
    if (!*is_packed) {
        if (TYPEOF(q) != VECSXP || !Rf_inherits(q, "dgen_quantized")) dgen_r_raise_type("q", "what quantize or repack returns");
        quantized = dgen_r_check_quantized(q);
        keep_quantized(&quantized);
        return quantized;
    }
    dgen_packed packed = check_packed(q);
    dgen_array kept[] = { packed.codes, packed.scale, packed.zero };
    dgen_r_make_room(dgen_array_bytes(&packed.codes));
    dgen_r_keep(kept, 3);
    do status = dgen_packed_restore(&quantized, &packed, &error);
    while (dgen_r_retry(status, &tried));
    dgen_r_let_go(kept, 3);
    if (status != DGEN_OK) dgen_r_raise(&error);
    return quantized;
}

SEXP dgen_r_repack(SEXP q, SEXP packing)
{
    dgen_error error;
    dgen_status status;
    dgen_packed packed = { .bits = 0 };
    int is_packed, tried = 0;
    dgen_packing wanted = check_packing(packing);
    dgen_quantized quantized = check_source(q, &is_packed);
    if (is_packed && wanted == DGEN_PACKING_DGEN) return dgen_r_give_quantized(&quantized);
    do status = dgen_repack(&packed, &quantized, wanted, &error);
    while (dgen_r_retry(status, &tried));
    dgen_quantized_release(&quantized);
    if (status != DGEN_OK) dgen_r_raise(&error);
    return R_ExecWithCleanup(packed_list, &packed, release_packed, &packed);
}
