/*
 * The operations of the registry, by one entry point.
 *
 * R's functions are made from the registry when the package is loaded (R/operation.R). Each calls `operation` with the
 * number of its row, its arguments in the row's order, and options by name. Operands are read in place. One element beside
 * more of them is a number, and so is one element of R beside a dgen_array: f32 stays f32. NA of integers and logicals,
 * a number to the core, becomes NA of doubles before it gets there. Results in f64 are double vectors with the dim and
 * names of the operands, those in f32 are dgen_arrays.
 */
#include <stdio.h>
#include <string.h>

#include "dgen_r.h"

/* A call under way. Whatever it allocates hangs on the list of arguments or is protected. */
struct call {
    const dgen_operation *operation;
    dgen_op op;
    SEXP given[3]; /* the operands that may be arrays */
    dgen_array array[3];
    dgen_operand operand[3];
    dgen_op_options options;
    SEXP out;
};

static int is_typed(SEXP x) { return TYPEOF(x) == RAWSXP && OBJECT(x) && Rf_inherits(x, "dgen_array"); }

/* -------------------------------------------------------------------------------------------------------- arguments */

int dgen_r_is_array(SEXP x)
{
    switch (TYPEOF(x)) {
    case RAWSXP:
    case REALSXP: return 1;
    case LGLSXP:
    case INTSXP: return !Rf_isFactor(x);
    default: return dgen_r_handle_of(x) != NULL;
    }
}

static int is_integer64(SEXP x) { return TYPEOF(x) == REALSXP && OBJECT(x) && Rf_inherits(x, "integer64"); }

static int has_na(SEXP x)
{
    if (TYPEOF(x) == INTSXP ? INTEGER_NO_NA(x) : LOGICAL_NO_NA(x)) return 0;
    const int *values = TYPEOF(x) == INTSXP ? INTEGER_RO(x) : LOGICAL_RO(x);
    R_xlen_t n = XLENGTH(x), i = 0;
    while (i < n && values[i] != NA_INTEGER) i++;
    return i < n;
}

SEXP dgen_r_read_array(dgen_array *array, SEXP cell, const char *argument)
{
    SEXP x = CAR(cell);
    if ((TYPEOF(x) == INTSXP || TYPEOF(x) == LGLSXP) && has_na(x)) {
        x = Rf_coerceVector(x, REALSXP);
        SETCAR(cell, x);
    }
    *array = dgen_r_check_array(x, argument);
    if (is_integer64(x)) array->dtype = DGEN_I64;
    return x;
}

static SEXP read_arrays(struct call *call, SEXP arguments)
{
    const dgen_operation *operation = call->operation;
    for (int i = 0; i < operation->arrays; i++, arguments = CDR(arguments)) {
        SEXP x = CAR(arguments);
        if (!dgen_r_is_array(x))
            dgen_r_raise_type(operation->arguments[i], operation->kind == DGEN_ELEMENTWISE && operation->arrays > 1
                                  ? "an array or a number"
                                  : "an array");
        call->given[i] = dgen_r_read_array(&call->array[i], arguments, operation->arguments[i]);
        call->operand[i].array = &call->array[i];
    }
    return arguments;
}

/* The element of an array of one. Such an i64 must be a double exactly, as the core has it of arrays. */
static double number_of(const dgen_array *array, const char *argument)
{
    const int64_t limit = INT64_C(1) << 53, *integer = array->data;
    if (array->dtype == DGEN_I64 && (*integer > limit || *integer < -limit)) {
        dgen_error error = { .code = DGEN_EINVAL };
        snprintf(error.argument, sizeof error.argument, "%s", argument);
        snprintf(error.message, sizeof error.message, "%s must lie from -2^53 to 2^53 to become f64; element 1 is %lld",
                 argument, (long long)*integer);
        dgen_r_raise(&error);
    }
    return dgen_array_get(array, 0);
}

static void find_numbers(struct call *call)
{
    int arrays = call->operation->arrays, several = 0, typed = 0;
    if (arrays == 1 || call->operation->kind == DGEN_REDUCTION) return;
    for (int i = 0; i < arrays; i++) {
        several |= dgen_array_length(&call->array[i]) != 1;
        typed |= is_typed(call->given[i]);
    }
    for (int i = 0; i < arrays; i++) {
        if (dgen_array_length(&call->array[i]) != 1 || !(several || (typed && !is_typed(call->given[i])))) continue;
        call->operand[i].array = NULL;
        call->operand[i].number = number_of(&call->array[i], call->operation->arguments[i]);
    }
}

static SEXP read_parameters(struct call *call, SEXP arguments)
{
    int first = call->operation->arrays, end = first + call->operation->parameters;
    for (int i = first; i < end; i++, arguments = CDR(arguments)) {
        SEXP x = CAR(arguments);
        dgen_value value = dgen_r_value(x);
        if (value.kind == DGEN_VALUE_OTHER || value.kind == DGEN_VALUE_TEXT)
            dgen_r_raise_type(call->operation->arguments[i], "a number");
        double number = value.kind == DGEN_VALUE_INTEGER ? (double)value.integer : Rf_asReal(x);
        call->operand[i] = (dgen_operand){ NULL, number };
    }
    return arguments;
}

static void read_options(struct call *call, SEXP options)
{
    dgen_error error;
    dgen_op_options_init(&call->options);
    call->out = R_NilValue;
    for (; options != R_NilValue; options = CDR(options)) {
        const char *name = TAG(options) == R_NilValue ? "" : CHAR(PRINTNAME(TAG(options)));
        if (*name && CAR(options) == R_NilValue) continue;
        if (!strcmp(name, "out") && call->operation->kind != DGEN_REDUCTION) call->out = CAR(options);
        else if (dgen_op_options_set(&call->options, call->op, name, dgen_r_value(CAR(options)), &error) != DGEN_OK)
            dgen_r_raise(&error);
    }
}

/* ---------------------------------------------------------------------------------------------------------- results */

/* Runs the operation. A buffer's memory is kept meanwhile: the poll hook may run R code, which may close it. */
static void run(struct call *call, dgen_array *out, double *number)
{
    dgen_error error;
    dgen_status status;
    for (int i = 0; i < call->operation->arrays; i++)
        if (TYPEOF(call->given[i]) == EXTPTRSXP) dgen_array_retain(&call->array[i], &call->array[i]);
    if (out) status = dgen_map(out, call->op, call->operand, &call->options, &error);
    else status = dgen_reduce(number, call->op, call->operand, &call->options, &error);
    for (int i = 0; i < call->operation->arrays; i++)
        if (TYPEOF(call->given[i]) == EXTPTRSXP) dgen_array_release(&call->array[i]);
    if (status != DGEN_OK) dgen_r_raise(&error);
}

static SEXP reduce(struct call *call)
{
    double number;
    run(call, NULL, &number);
    return Rf_ScalarReal(call->operation->is_index ? number + 1 : number);
}

/* Where x keeps its dimensions. */
static SEXP shape_name(SEXP x) { return is_typed(x) ? Rf_install("shape") : R_DimSymbol; }

/* The first operand with n elements and the attribute, NULL if there is none; NULL as the name stands for dimensions. */
static SEXP find_operand(const struct call *call, int64_t n, SEXP name)
{
    for (int i = 0; i < call->operation->arrays; i++) {
        SEXP x = call->given[i];
        if (ATTRIB(x) == R_NilValue || dgen_array_length(&call->array[i]) != n) continue;
        if (Rf_getAttrib(x, name ? name : shape_name(x)) != R_NilValue) return x;
    }
    return NULL;
}

/* As R's arithmetic has it: the dim of the first operand that has one and the dimnames of the first that has those, else the
   names of the first that has names. A dgen_array keeps no names. */
static void copy_attributes(SEXP result, const struct call *call, int64_t n)
{
    SEXP shaped = find_operand(call, n, NULL), name = shaped ? R_DimNamesSymbol : R_NamesSymbol;
    SEXP named = is_typed(result) ? NULL : find_operand(call, n, name);
    SEXP dim = PROTECT(shaped ? Rf_getAttrib(shaped, shape_name(shaped)) : R_NilValue);
    if (shaped) Rf_setAttrib(result, shape_name(result), dim);
    SEXP names = PROTECT(named ? Rf_getAttrib(named, name) : R_NilValue);
    if (named && (!shaped || R_compute_identical(dim, Rf_getAttrib(named, R_DimSymbol), 16)))
        Rf_setAttrib(result, name, names);
    UNPROTECT(2);
}

static SEXP map_new(struct call *call)
{
    dgen_array type, small, *out = &small;
    dgen_error error;
    if (dgen_map_shape(&type, call->op, call->operand, &call->options, &error) != DGEN_OK) dgen_r_raise(&error);
    int64_t n = dgen_array_length(&type), bytes = n * (int64_t)dgen_dtype_bytes(type.dtype);
    SEXP result;
    if (bytes > DGEN_R_SMALL) {
        SEXP handle = PROTECT(dgen_r_array(&out, type.dtype, 1, &n));
        run(call, out, NULL);
        result = dgen_r_wrap(handle);
        UNPROTECT(1);
    }
    else {
        int wide = type.dtype == DGEN_F64;
        result = PROTECT(Rf_allocVector(wide ? REALSXP : RAWSXP, (R_xlen_t)(wide ? n : bytes)));
        void *data = wide ? (void *)REAL(result) : RAW(result);
        if (dgen_array_borrow(out, type.dtype, 1, &n, data, &error) != DGEN_OK) dgen_r_raise(&error);
        run(call, out, NULL);
        if (!wide) dgen_r_mark(result, out);
        UNPROTECT(1);
    }
    int bare = 1;
    for (int i = 0; i < call->operation->arrays; i++) bare &= ATTRIB(call->given[i]) == R_NilValue;
    if (bare) return result;
    PROTECT(result);
    copy_attributes(result, call, n);
    UNPROTECT(1);
    return result;
}

/* What may be written in place, under every name it has, is a dgen_array or a view of a buffer, never a value of R. */
dgen_array dgen_r_check_out(SEXP x)
{
    if (!is_typed(x) && !dgen_r_is_buffer(x)) dgen_r_raise_type("out", "a dgen_array or a view of a dgen_buffer");
    return dgen_r_check_array(x, "out");
}

static SEXP map_into(struct call *call)
{
    dgen_array out = dgen_r_check_out(call->out);
    run(call, &out, NULL);
    return call->out;
}

SEXP dgen_r_operation(SEXP arguments)
{
    struct call call;
    arguments = CDR(arguments);
    call.op = (dgen_op)INTEGER_ELT(CAR(arguments), 0);
    call.operation = dgen_operation_get(call.op);
    arguments = read_arrays(&call, CDR(arguments));
    find_numbers(&call);
    read_options(&call, read_parameters(&call, arguments));
    if (call.operation->kind == DGEN_REDUCTION) return reduce(&call);
    return call.out == R_NilValue ? map_new(&call) : map_into(&call);
}

/* --------------------------------------------------------------------------------------------------------- registry */

/* "x, slope = 0.01": the arguments as R writes them. */
static SEXP arguments_text(const dgen_operation *operation)
{
    char text[96];
    size_t used = 0;
    for (int i = 0; i < operation->arrays + operation->parameters; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? ", " : "", operation->arguments[i]);
        if (!ISNAN(operation->defaults[i]))
            used += (size_t)snprintf(text + used, sizeof text - used, " = %.15g", operation->defaults[i]);
    }
    return Rf_mkChar(text);
}

/* The next column of a list, by its name. */
static SEXP column(SEXP list, SEXP names, int *at, const char *name, SEXPTYPE type)
{
    SEXP x = Rf_allocVector(type, DGEN_OP_COUNT);
    SET_VECTOR_ELT(list, *at, x);
    SET_STRING_ELT(names, (*at)++, Rf_mkChar(name));
    return x;
}

/* The registry as a list of columns. */
SEXP dgen_r_operations(void)
{
    enum { COLUMNS = 9 };
    static const char *const kinds[] = { "elementwise", "normalization", "reduction" };
    int at = 0;
    SEXP list = PROTECT(Rf_allocVector(VECSXP, COLUMNS)), names = PROTECT(Rf_allocVector(STRSXP, COLUMNS));
    SEXP name = column(list, names, &at, "name", STRSXP), kind = column(list, names, &at, "kind", STRSXP);
    SEXP arguments = column(list, names, &at, "arguments", STRSXP), arrays = column(list, names, &at, "arrays", INTSXP);
    SEXP nan = column(list, names, &at, "nan", LGLSXP);
    SEXP formula = column(list, names, &at, "formula", STRSXP), summary = column(list, names, &at, "summary", STRSXP);
    SEXP error_f32 = column(list, names, &at, "error_f32", REALSXP), error_f64 = column(list, names, &at, "error_f64", REALSXP);
    Rf_setAttrib(list, R_NamesSymbol, names);
    for (int i = 0; i < DGEN_OP_COUNT; i++) {
        const dgen_operation *operation = dgen_operation_get((dgen_op)i);
        SET_STRING_ELT(name, i, Rf_mkChar(operation->name));
        SET_STRING_ELT(kind, i, Rf_mkChar(kinds[operation->kind]));
        SET_STRING_ELT(arguments, i, arguments_text(operation));
        INTEGER(arrays)[i] = operation->arrays;
        LOGICAL(nan)[i] = operation->has_nan_option;
        SET_STRING_ELT(formula, i, Rf_mkChar(operation->formula));
        SET_STRING_ELT(summary, i, Rf_mkChar(operation->summary));
        REAL(error_f32)[i] = operation->error_f32;
        REAL(error_f64)[i] = operation->error_f64;
    }
    UNPROTECT(2);
    return list;
}
