/*
 * Random values in one call, samplers, and the registry of distributions.
 *
 * R's functions are made from the registry when the package is loaded (R/random.R). Each calls `random` with the number of
 * its row, n if its row has no shape of its own, its parameters in the row's order, and options by name. Parameters are
 * read in place, and recycled by the core; NA of integers and logicals becomes NA of doubles, which the core refuses by
 * name. Small results are vectors of R's own, larger ones lie in memory of the core (r_altrep.c). A sampler is an external
 * pointer of class dgen_sampler, closed by its finalizer or by close().
 */
#include <stdio.h>
#include <string.h>

#include "dgen_r.h"

enum { PARAMETERS = 2, DIMENSIONS = 4 };

/* A call under way. Whatever it allocates hangs on the list of arguments or is protected. */
struct call {
    dgen_distribution distribution;
    const dgen_distribution_row *row;
    dgen_array array[PARAMETERS];
    dgen_operand operand[PARAMETERS];
    int64_t integer[PARAMETERS]; /* what an array of one 64-bit integer points to */
    int ndim;
    int64_t shape[DIMENSIONS];
    dgen_random_options options;
    SEXP out;
};

static void begin(struct call *call, dgen_distribution distribution)
{
    call->distribution = distribution;
    call->row = dgen_distribution_get(distribution);
    call->ndim = 0;
    call->out = R_NilValue;
    dgen_random_options_init(&call->options);
    call->options.index_base = 1;
    for (int i = 0; i < PARAMETERS; i++) {
        call->array[i] = (dgen_array){ .data = NULL };
        call->operand[i] = (dgen_operand){ NULL, i < call->row->parameters ? call->row->defaults[i] : 0 };
    }
}

/* -------------------------------------------------------------------------------------------------------- dimensions */

/* n, a number or 1 to 4 of them, as a shape; the core checks their number and product. */
static int read_dimensions(int64_t *shape, SEXP n)
{
    R_xlen_t ndim = Rf_xlength(n);
    int several = ndim != 1 && (TYPEOF(n) == REALSXP || TYPEOF(n) == INTSXP) && !Rf_isFactor(n);
    if (!several) {
        shape[0] = (int64_t)dgen_r_check_whole(n, "n", 0, UINT64_C(1) << 53);
        return 1;
    }
    for (R_xlen_t i = 0; i < ndim && i < DIMENSIONS; i++) {
        SEXP one = PROTECT(TYPEOF(n) == REALSXP ? Rf_ScalarReal(REAL_ELT(n, i)) : Rf_ScalarInteger(INTEGER_ELT(n, i)));
        if (OBJECT(n)) Rf_setAttrib(one, R_ClassSymbol, Rf_getAttrib(n, R_ClassSymbol));
        shape[i] = (int64_t)dgen_r_check_whole(one, "n", 0, INT32_MAX); /* all that dim can tell */
        UNPROTECT(1);
    }
    return ndim > DIMENSIONS ? DIMENSIONS + 1 : (int)ndim;
}

static double count_of(int ndim, const int64_t *shape)
{
    double n = 1;
    for (int i = 0; i < ndim && i < DIMENSIONS; i++) n *= (double)shape[i];
    return n;
}

/* -------------------------------------------------------------------------------------------------------- parameters */

/* "-9007199254740993", "0x7FFFFFFFFFFFFFFF": a 64-bit integer, where a double would round it. */
static void read_integer_text(struct call *call, int which, dgen_value value)
{
    const int64_t one = 1;
    dgen_error error;
    uint64_t magnitude;
    int negative = value.text[0] == '-';
    const char *name = call->row->parameter[which];
    value.text += negative;
    if (dgen_value_whole(&magnitude, name, value, 0, INT64_MAX + (uint64_t)negative, 1, &error) != DGEN_OK)
        dgen_r_raise_type(name, call->row->legal[which]);
    call->integer[which] = (int64_t)(negative ? 0 - magnitude : magnitude);
    if (dgen_array_borrow(&call->array[which], DGEN_I64, 1, &one, &call->integer[which], &error) != DGEN_OK)
        dgen_r_raise(&error);
    call->operand[which].array = &call->array[which];
}

/* Package bit64 says NA by the least integer: as doubles, where NA is a NaN. */
static SEXP integer64_as_doubles(SEXP x)
{
    SEXP doubles = PROTECT(Rf_allocVector(REALSXP, XLENGTH(x)));
    for (R_xlen_t i = 0; i < XLENGTH(x); i++) {
        int64_t integer;
        memcpy(&integer, REAL_RO(x) + i, sizeof integer);
        REAL(doubles)[i] = integer == INT64_MIN ? NA_REAL : (double)integer;
    }
    UNPROTECT(1);
    return doubles;
}

static int has_integer64_na(const dgen_array *array, SEXP x)
{
    const int64_t *values = array->data;
    int64_t i = 0, n = array->dtype == DGEN_I64 && TYPEOF(x) == REALSXP ? dgen_array_length(array) : 0;
    while (i < n && values[i] != INT64_MIN) i++;
    return i < n;
}

/* The parameter in the first cell of a list. */
static void read_parameter(struct call *call, int which, SEXP cell)
{
    SEXP x = CAR(cell);
    const char *name = call->row->parameter[which];
    int weights = call->row->kind == DGEN_INDEX;
    if ((TYPEOF(x) == REALSXP || TYPEOF(x) == INTSXP) && !OBJECT(x) && XLENGTH(x) == 1 && !weights) {
        call->operand[which].number = Rf_asReal(x);
        return;
    }
    if (!dgen_r_is_array(x)) {
        dgen_value value = dgen_r_value(x);
        if (value.kind == DGEN_VALUE_TEXT && call->distribution == DGEN_DISTRIBUTION_integers)
            read_integer_text(call, which, value);
        else dgen_r_raise_type(name, weights ? call->row->legal[which] : "a number or an array");
        return;
    }
    dgen_r_read_array(&call->array[which], cell, name);
    if (has_integer64_na(&call->array[which], CAR(cell))) {
        SETCAR(cell, integer64_as_doubles(CAR(cell)));
        dgen_r_read_array(&call->array[which], cell, name);
    }
    call->operand[which].array = &call->array[which];
}

/* A buffer's memory is kept for as long as the core works: the poll hook may run R code, which may close it. */
static void keep_parameters(struct call *call)
{
    for (int i = 0; i < PARAMETERS; i++)
        if (call->operand[i].array) dgen_array_retain(&call->array[i], &call->array[i]);
}

static void release_parameters(struct call *call)
{
    for (int i = 0; i < PARAMETERS; i++)
        if (call->operand[i].array) dgen_array_release(&call->array[i]);
}

/* ----------------------------------------------------------------------------------------------------------- options */

static const char *tag_of(SEXP cell) { return TAG(cell) == R_NilValue ? "" : CHAR(PRINTNAME(TAG(cell))); }

static void set_option(struct call *call, const char *name, SEXP value)
{
    dgen_error error;
    if (dgen_random_options_set(&call->options, call->distribution, name, dgen_r_value(value), &error) != DGEN_OK)
        dgen_r_raise(&error);
}

static void read_options(struct call *call, SEXP options)
{
    for (; options != R_NilValue; options = CDR(options)) {
        const char *name = tag_of(options);
        if (*name && CAR(options) == R_NilValue) continue;
        if (!strcmp(name, "out")) call->out = CAR(options);
        else set_option(call, name, CAR(options));
    }
}

/* ----------------------------------------------------------------------------------------------------------- results */

/* Type and shape of the result, which the core alone knows where parameters decide. */
static dgen_dtype find_type(struct call *call)
{
    dgen_array result;
    dgen_error error;
    if (call->row->kind < DGEN_ORDER) {
        if (call->options.has_dtype) return call->options.dtype;
        if (call->distribution != DGEN_DISTRIBUTION_integers) return call->row->kind == DGEN_REAL ? DGEN_F64 : DGEN_I32;
    }
    if (dgen_random_shape(&result, call->distribution, call->ndim, call->shape, call->operand, &call->options, &error) != DGEN_OK)
        dgen_r_raise(&error);
    call->ndim = result.ndim;
    memcpy(call->shape, result.shape, sizeof call->shape);
    for (int i = 0; i < call->ndim && call->ndim > 1; i++)
        if (call->shape[i] > INT32_MAX) dgen_r_raise_type(call->row->parameter[i], "at most 2^31 - 1, as dim has it");
    return result.dtype;
}

/* Draws into `out`, or into a new array if it is released. */
static dgen_status draw(struct call *call, dgen_array *out, dgen_error *error)
{
    int shaped = call->row->kind < DGEN_ORDER; /* else by the parameters */
    keep_parameters(call);
    dgen_status status = dgen_random(out, call->distribution, shaped ? call->ndim : 0, shaped ? call->shape : NULL, call->operand,
                                     &call->options, error);
    release_parameters(call);
    return status;
}

static SEXP draw_small(struct call *call, dgen_dtype dtype)
{
    dgen_array array;
    dgen_error error;
    SEXP x = PROTECT(dgen_r_small(&array, dtype, call->ndim, call->shape));
    if (draw(call, &array, &error) != DGEN_OK) dgen_r_raise(&error);
    dgen_r_mark(x, &array);
    UNPROTECT(1);
    return x;
}

static SEXP draw_large(struct call *call, double bytes)
{
    dgen_array *array;
    dgen_error error;
    dgen_status status;
    int tried = 0;
    SEXP handle = PROTECT(dgen_r_handle(&array));
    dgen_r_make_room(bytes < 0x1p62 ? (uint64_t)bytes : UINT64_C(1) << 62);
    do status = draw(call, array, &error);
    while (dgen_r_retry(status, &tried));
    if (status != DGEN_OK) dgen_r_raise(&error);
    SEXP x = dgen_r_wrap(handle);
    UNPROTECT(1);
    return x;
}

static SEXP draw_new(struct call *call)
{
    if (call->ndim > DIMENSIONS || (call->ndim == 0 && call->row->kind < DGEN_ORDER)) { /* the core says so */
        dgen_array none = { .data = NULL };
        dgen_error error;
        if (draw(call, &none, &error) != DGEN_OK) dgen_r_raise(&error);
    }
    dgen_dtype dtype = find_type(call);
    double bytes = count_of(call->ndim, call->shape) * (double)dgen_dtype_bytes(dtype);
    return bytes <= DGEN_R_SMALL ? draw_small(call, dtype) : draw_large(call, bytes);
}

/* A view of a buffer has no dimensions of its own: as a matrix of so many rows, if its length is a multiple of them. */
static void shape_rows(dgen_array *out, double rows)
{
    if (out->ndim != 1 || !(rows >= 1 && rows <= (double)out->shape[0]) || out->shape[0] % (int64_t)rows) return;
    out->ndim = 2;
    out->shape[1] = out->shape[0] / (int64_t)rows;
    out->shape[0] = out->stride[1] = (int64_t)rows;
}

static SEXP draw_into(struct call *call)
{
    dgen_error error;
    dgen_array out = dgen_r_check_out(call->out);
    if (call->row->kind == DGEN_ROWS && !call->operand[0].array) shape_rows(&out, call->operand[0].number);
    dgen_array_retain(&out, &out);
    dgen_status status = draw(call, &out, &error);
    dgen_array_release(&out);
    if (status != DGEN_OK) dgen_r_raise(&error);
    return call->out;
}

SEXP dgen_r_random(SEXP arguments)
{
    struct call call;
    arguments = CDR(arguments);
    begin(&call, (dgen_distribution)INTEGER_ELT(CAR(arguments), 0));
    arguments = CDR(arguments);
    SEXP n = R_NilValue;
    if (call.row->kind < DGEN_ORDER) {
        n = CAR(arguments);
        arguments = CDR(arguments);
    }
    for (int i = 0; i < call.row->parameters; i++, arguments = CDR(arguments)) read_parameter(&call, i, arguments);
    read_options(&call, arguments);
    if (call.out != R_NilValue) {
        if (n != R_NilValue) dgen_r_raise_type("n", "left out where out is given");
        return draw_into(&call);
    }
    if (call.row->kind < DGEN_ORDER) call.ndim = read_dimensions(call.shape, n);
    return draw_new(&call);
}

/* ----------------------------------------------------------------------------------------------------------- samplers */

static SEXP sampler_tag(void) { return Rf_install("dgen_sampler"); }

static void close_sampler(SEXP x)
{
    dgen_sampler *sampler = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    dgen_sampler_close(sampler);
}

static void check_sampler_class(SEXP x)
{
    if (TYPEOF(x) != EXTPTRSXP || R_ExternalPtrTag(x) != sampler_tag()) dgen_r_raise_type("sampler", "a dgen_sampler");
}

static dgen_sampler *check_sampler(SEXP x)
{
    check_sampler_class(x);
    dgen_sampler *sampler = R_ExternalPtrAddr(x);
    if (!sampler) dgen_r_raise_closed("sampler");
    return sampler;
}

/* For as long as the core works with it: R code that runs meanwhile, from a hook, finds the sampler closed. */
static dgen_sampler *take(SEXP x)
{
    dgen_sampler *sampler = check_sampler(x);
    R_ClearExternalPtr(x);
    return sampler;
}

/* Parameters by name, or by position in the row's order; all else are options. */
static void read_sampler_arguments(struct call *call, SEXP arguments)
{
    int at = 0;
    for (; arguments != R_NilValue; arguments = CDR(arguments)) {
        const char *name = tag_of(arguments);
        int which = 0;
        while (which < call->row->parameters && strcmp(name, call->row->parameter[which])) which++;
        if (!*name && at < call->row->parameters) which = at++;
        if (which < call->row->parameters) read_parameter(call, which, arguments);
        else if (!*name || CAR(arguments) != R_NilValue) set_option(call, name, CAR(arguments));
    }
}

SEXP dgen_r_sampler(SEXP arguments)
{
    struct call call;
    dgen_error error;
    dgen_distribution distribution;
    dgen_sampler *sampler;
    arguments = CDR(arguments);
    if (dgen_distribution_find(&distribution, dgen_r_check_text(CAR(arguments), "distribution"), &error) != DGEN_OK)
        dgen_r_raise(&error);
    begin(&call, distribution);
    read_sampler_arguments(&call, CDR(arguments));
    SEXP x = PROTECT(R_MakeExternalPtr(NULL, sampler_tag(), R_NilValue));
    SEXP class = PROTECT(Rf_mkString("dgen_sampler"));
    Rf_setAttrib(x, R_ClassSymbol, class);
    R_RegisterCFinalizerEx(x, close_sampler, TRUE);
    keep_parameters(&call);
    dgen_status status = dgen_sampler_open(&sampler, distribution, call.operand, &call.options, &error);
    release_parameters(&call);
    if (status != DGEN_OK) dgen_r_raise(&error);
    R_SetExternalPtrAddr(x, sampler);
    UNPROTECT(2);
    return x;
}

SEXP dgen_r_sampler_close(SEXP x)
{
    check_sampler_class(x);
    close_sampler(x);
    return R_NilValue;
}

/* Fills `out`, which is kept meanwhile. */
static void fill(SEXP x, dgen_array *out)
{
    dgen_error error;
    dgen_array held;
    dgen_sampler *sampler = take(x);
    dgen_array_retain(&held, out);
    dgen_status status = dgen_sampler_fill(sampler, &held, &error);
    dgen_array_release(&held);
    R_SetExternalPtrAddr(x, sampler);
    if (status != DGEN_OK) dgen_r_raise(&error);
}

SEXP dgen_r_sampler_fill(SEXP x, SEXP out)
{
    check_sampler(x);
    dgen_array array = dgen_r_check_out(out);
    fill(x, &array);
    return dgen_r_count((uint64_t)dgen_array_length(&array));
}

static SEXP next_large(SEXP x, int ndim, const int64_t *shape, double bytes)
{
    dgen_array *array;
    dgen_error error;
    dgen_status status;
    int tried = 0;
    SEXP handle = PROTECT(dgen_r_handle(&array));
    dgen_r_make_room(bytes < 0x1p62 ? (uint64_t)bytes : UINT64_C(1) << 62);
    do {
        dgen_sampler *sampler = take(x);
        status = dgen_sampler_next(sampler, array, ndim, shape, &error);
        R_SetExternalPtrAddr(x, sampler);
    } while (dgen_r_retry(status, &tried));
    if (status != DGEN_OK) dgen_r_raise(&error);
    SEXP values = dgen_r_wrap(handle);
    UNPROTECT(1);
    return values;
}

SEXP dgen_r_sampler_next(SEXP x, SEXP n)
{
    int64_t shape[DIMENSIONS];
    dgen_array array;
    dgen_dtype dtype = dgen_sampler_options(check_sampler(x))->dtype;
    int ndim = read_dimensions(shape, n);
    double bytes = count_of(ndim, shape) * (double)dgen_dtype_bytes(dtype);
    if (ndim < 1 || ndim > DIMENSIONS || bytes > DGEN_R_SMALL) return next_large(x, ndim, shape, bytes);
    SEXP values = PROTECT(dgen_r_small(&array, dtype, ndim, shape));
    fill(x, &array);
    dgen_r_mark(values, &array);
    UNPROTECT(1);
    return values;
}

SEXP dgen_r_sampler_position(SEXP x) { return dgen_r_count(dgen_sampler_position(check_sampler(x))); }

SEXP dgen_r_sampler_seek(SEXP x, SEXP position)
{
    dgen_error error;
    dgen_sampler *sampler = check_sampler(x);
    if (dgen_sampler_seek(sampler, dgen_r_check_whole(position, "position", 0, UINT64_C(1) << 53), &error) != DGEN_OK)
        dgen_r_raise(&error);
    return x;
}

SEXP dgen_r_sampler_reset(SEXP x)
{
    dgen_sampler_reset(check_sampler(x));
    return x;
}

/* A seed or stream: a number where a double has it exactly, else text. */
static dgen_value seed_value(uint64_t seed, char text[24])
{
    if (seed <= UINT64_C(1) << 53) return (dgen_value){ .kind = DGEN_VALUE_COUNT, .count = seed };
    snprintf(text, 24, "0x%016llX", (unsigned long long)seed);
    return (dgen_value){ .kind = DGEN_VALUE_TEXT, .text = text };
}

SEXP dgen_r_sampler_fields(SEXP x)
{
    char seed[24], stream[24];
    const dgen_sampler *sampler = check_sampler(x);
    const dgen_random_options *options = dgen_sampler_options(sampler);
    const char *name = dgen_distribution_get(dgen_sampler_distribution(sampler))->name;
    dgen_record record = { .count = 6, .fields = {
        { "distribution", { .kind = DGEN_VALUE_TEXT, .text = name } },
        { "type", { .kind = DGEN_VALUE_TEXT, .text = dgen_dtype_name(options->dtype) } },
        { "seed", seed_value(options->seed, seed) },
        { "stream", seed_value(options->stream, stream) },
        { "offset", { .kind = DGEN_VALUE_COUNT, .count = options->offset } },
        { "max_threads", { .kind = DGEN_VALUE_INTEGER, .integer = options->max_threads } } } };
    return dgen_r_list(&record);
}

SEXP dgen_r_sampler_show(SEXP x)
{
    char text[256];
    check_sampler_class(x);
    if (!R_ExternalPtrAddr(x)) return Rf_mkString("dgen.sampler: closed");
    dgen_sampler_describe(check_sampler(x), text, sizeof text);
    return Rf_mkString(text);
}

/* ----------------------------------------------------------------------------------------------------- rows, registry */

/* x's rows over their norms: new, or into `out`. */
SEXP dgen_r_normalize_rows(SEXP x, SEXP out, SEXP max_threads)
{
    dgen_array array, *result, given;
    dgen_error error;
    if (!dgen_r_is_array(x)) dgen_r_raise_type("x", "an array");
    SEXP cell = PROTECT(Rf_cons(x, R_NilValue)), handle = R_NilValue;
    int threads = dgen_r_check_threads(max_threads);
    dgen_r_read_array(&array, cell, "x");
    if (out == R_NilValue) handle = dgen_r_handle(&result);
    else {
        given = dgen_r_check_out(out);
        if (array.ndim == 2) shape_rows(&given, (double)array.shape[0]);
        result = &given;
    }
    PROTECT(handle);
    if (out == R_NilValue) dgen_r_make_room(8 * (uint64_t)dgen_array_length(&array));
    else dgen_array_retain(&given, &given);
    dgen_array_retain(&array, &array);
    dgen_status status = dgen_normalize_rows(result, &array, threads, &error);
    dgen_array_release(&array);
    if (out != R_NilValue) dgen_array_release(&given);
    if (status != DGEN_OK) dgen_r_raise(&error);
    if (out == R_NilValue) {
        out = PROTECT(dgen_r_wrap(handle));
        SEXP names = TYPEOF(out) == REALSXP ? Rf_getAttrib(x, R_DimNamesSymbol) : R_NilValue;
        if (names != R_NilValue) Rf_setAttrib(out, R_DimNamesSymbol, names);
        UNPROTECT(1);
    }
    UNPROTECT(2);
    return out;
}

/* "mean = 0, sd = 1": the parameters as R writes them. */
static SEXP parameters_text(const dgen_distribution_row *row)
{
    char text[96];
    size_t used = 0;
    for (int i = 0; i < row->parameters; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? ", " : "", row->parameter[i]);
        if (!ISNAN(row->defaults[i])) used += (size_t)snprintf(text + used, sizeof text - used, " = %.15g", row->defaults[i]);
    }
    return Rf_mkChar(text);
}

/* What each parameter must be, apart by semicolons. */
static SEXP legal_text(const dgen_distribution_row *row)
{
    char text[192];
    snprintf(text, sizeof text, "%s%s%s", row->legal[0], row->parameters == 2 ? "; " : "", row->parameters == 2 ? row->legal[1] : "");
    return Rf_mkChar(text);
}

/* The registry as a list of columns. */
SEXP dgen_r_distributions(void)
{
    static const char *const columns[] = { "name", "kind", "parameters", "legal", "types", "summary", "method" };
    static const char *const kinds[] = { "real", "whole", "index", "order", "rows" };
    static const char *const types[] = { "f64 f32", "i32 i64 u8 f64 f32", "i32 i64 u8 f64 f32", "i32 i64 u8 f64 f32", "f32 f64" };
    enum { COLUMNS = sizeof columns / sizeof *columns };
    SEXP list = PROTECT(Rf_allocVector(VECSXP, COLUMNS)), names = PROTECT(Rf_allocVector(STRSXP, COLUMNS));
    for (int i = 0; i < COLUMNS; i++) {
        SET_STRING_ELT(names, i, Rf_mkChar(columns[i]));
        SET_VECTOR_ELT(list, i, Rf_allocVector(STRSXP, DGEN_DISTRIBUTION_COUNT));
    }
    Rf_setAttrib(list, R_NamesSymbol, names);
    for (int i = 0; i < DGEN_DISTRIBUTION_COUNT; i++) {
        const dgen_distribution_row *row = dgen_distribution_get((dgen_distribution)i);
        SET_STRING_ELT(VECTOR_ELT(list, 0), i, Rf_mkChar(row->name));
        SET_STRING_ELT(VECTOR_ELT(list, 1), i, Rf_mkChar(kinds[row->kind]));
        SET_STRING_ELT(VECTOR_ELT(list, 2), i, parameters_text(row));
        SET_STRING_ELT(VECTOR_ELT(list, 3), i, legal_text(row));
        SET_STRING_ELT(VECTOR_ELT(list, 4), i, Rf_mkChar(types[row->kind]));
        SET_STRING_ELT(VECTOR_ELT(list, 5), i, Rf_mkChar(row->summary));
        SET_STRING_ELT(VECTOR_ELT(list, 6), i, Rf_mkChar(row->method));
    }
    UNPROTECT(2);
    return list;
}
