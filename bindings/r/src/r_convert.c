/*
 * Between R and the core: values, options and reports, and errors.
 *
 * An error travels as a condition, made and signalled by the package's R function raise(), so that tryCatch can tell
 * one from another by class and the message names the call the user typed. Nothing here owns memory.
 */
#include <string.h>

#include "dgen_r.h"

/* ---------------------------------------------------------------------------------------------------------- errors */

/* The last part of the condition's class, "dgen_error_<...>". */
static const char *status_class(dgen_status status)
{
    switch (status) {
    case DGEN_EINVAL: return "invalid";
    case DGEN_ETYPE: return "type";
    case DGEN_ENOMEM: return "memory";
    case DGEN_EIO: return "io";
    case DGEN_ECLOSED: return "closed";
    case DGEN_EEND: return "end";
    case DGEN_ECANCELED: return "canceled";
    default: return "unsupported";
    }
}

static SEXP utf8(const char *text)
{
    SEXP string = PROTECT(Rf_mkCharCE(text, CE_UTF8));
    SEXP x = Rf_ScalarString(string);
    UNPROTECT(1);
    return x;
}

_Noreturn void dgen_r_raise(const dgen_error *error)
{
    SEXP name = PROTECT(Rf_mkString("dgen"));
    SEXP namespace = PROTECT(R_FindNamespace(name));
    SEXP status = PROTECT(utf8(status_class(error->code)));
    SEXP argument = PROTECT(utf8(error->argument));
    SEXP message = PROTECT(utf8(error->message));
    SEXP call = error->code == DGEN_ECANCELED && dgen_r_interrupted()
        ? Rf_lang1(Rf_install("interrupt"))
        : Rf_lang4(Rf_install("raise"), status, argument, message);
    PROTECT(call);
    Rf_eval(call, namespace);
    UNPROTECT(6);
    Rf_error("%s", "unreachable"); /* both functions of R leave by a jump */
}

_Noreturn void dgen_r_raise_type(const char *argument, const char *legal)
{
    dgen_error error;
    dgen_error_type(argument, legal, &error);
    dgen_r_raise(&error);
}

_Noreturn void dgen_r_raise_closed(const char *argument)
{
    dgen_error error;
    dgen_error_closed(argument, &error);
    dgen_r_raise(&error);
}

/* ---------------------------------------------------------------------------------------------------- values to C */

dgen_value dgen_r_value(SEXP x)
{
    dgen_value value = { .kind = DGEN_VALUE_OTHER };
    if (Rf_xlength(x) != 1 || Rf_isFactor(x)) return value;
    switch (TYPEOF(x)) {
    case REALSXP:
        value.kind = DGEN_VALUE_NUMBER;
        value.number = REAL_ELT(x, 0);
        if (OBJECT(x) && Rf_inherits(x, "integer64")) { /* package bit64 keeps 64-bit integers in a double's bytes */
            value.kind = DGEN_VALUE_INTEGER;
            memcpy(&value.integer, &value.number, sizeof value.integer);
        }
        break;
    case INTSXP:
    case LGLSXP:
        value.integer = TYPEOF(x) == INTSXP ? INTEGER_ELT(x, 0) : LOGICAL_ELT(x, 0);
        value.kind = TYPEOF(x) == INTSXP ? DGEN_VALUE_INTEGER : DGEN_VALUE_BOOLEAN;
        if (value.integer == NA_INTEGER) {
            value.kind = DGEN_VALUE_NUMBER;
            value.number = R_NaN;
        }
        break;
    case STRSXP:
        if (STRING_ELT(x, 0) == NA_STRING) break;
        value.kind = DGEN_VALUE_TEXT;
        value.text = Rf_translateCharUTF8(STRING_ELT(x, 0));
        break;
    }
    return value;
}

uint64_t dgen_r_check_whole(SEXP x, const char *argument, uint64_t minimum, uint64_t maximum)
{
    dgen_error error;
    uint64_t whole;
    if (dgen_value_whole(&whole, argument, dgen_r_value(x), minimum, maximum, 0, &error) != DGEN_OK)
        dgen_r_raise(&error);
    return whole;
}

int dgen_r_check_threads(SEXP max_threads)
{
    return max_threads == R_NilValue ? 0 : (int)dgen_r_check_whole(max_threads, "max_threads", 0, 1024);
}

void dgen_r_check_config(dgen_config *config, SEXP options)
{
    dgen_error error;
    SEXP names = PROTECT(Rf_getAttrib(options, R_NamesSymbol));
    dgen_config_init(config);
    for (R_xlen_t i = 0; i < Rf_xlength(options); i++) {
        SEXP option = VECTOR_ELT(options, i);
        const char *name = names == R_NilValue ? "" : Rf_translateCharUTF8(STRING_ELT(names, i));
        if (option == R_NilValue && *name) continue;
        if (dgen_config_set(config, name, dgen_r_value(option), &error) != DGEN_OK) dgen_r_raise(&error);
    }
    UNPROTECT(1);
}

const char *dgen_r_check_text(SEXP x, const char *argument)
{
    dgen_value value = dgen_r_value(x);
    if (value.kind != DGEN_VALUE_TEXT) dgen_r_raise_type(argument, "text");
    return value.text;
}

dgen_dtype dgen_r_check_dtype(SEXP type)
{
    dgen_dtype dtype;
    dgen_error error;
    if (dgen_dtype_find(&dtype, dgen_r_check_text(type, "type"), &error) != DGEN_OK) dgen_r_raise(&error);
    return dtype;
}

SEXP dgen_r_field(SEXP list, const char *name)
{
    SEXP names = PROTECT(TYPEOF(list) == VECSXP ? Rf_getAttrib(list, R_NamesSymbol) : R_NilValue), field = R_NilValue;
    for (R_xlen_t i = Rf_xlength(names); i-- > 0;)
        if (!strcmp(CHAR(STRING_ELT(names, i)), name)) field = VECTOR_ELT(list, i);
    UNPROTECT(1);
    return field;
}

/* ---------------------------------------------------------------------------------------------------- values to R */

SEXP dgen_r_count(uint64_t count) { return Rf_ScalarReal((double)count); }

/* Words apart by one space, as a character vector. */
static SEXP split_words(const char *text)
{
    int count = *text != 0, i = 0;
    for (const char *c = text; *c; c++) count += *c == ' ';
    SEXP words = PROTECT(Rf_allocVector(STRSXP, count));
    for (; i < count; i++) {
        size_t length = strcspn(text, " ");
        SET_STRING_ELT(words, i, Rf_mkCharLenCE(text, (int)length, CE_UTF8));
        text += length + 1;
    }
    UNPROTECT(1);
    return words;
}

static SEXP from_value(dgen_value value)
{
    switch (value.kind) {
    case DGEN_VALUE_NUMBER: return Rf_ScalarReal(value.number);
    case DGEN_VALUE_INTEGER: return Rf_ScalarReal((double)value.integer);
    case DGEN_VALUE_COUNT: return dgen_r_count(value.count);
    case DGEN_VALUE_BOOLEAN: return Rf_ScalarLogical(value.integer != 0);
    case DGEN_VALUE_TEXT: return utf8(value.text);
    case DGEN_VALUE_WORDS: return split_words(value.text);
    default: return R_NilValue;
    }
}

SEXP dgen_r_list(const dgen_record *record)
{
    SEXP list = PROTECT(Rf_allocVector(VECSXP, record->count));
    SEXP names = PROTECT(Rf_allocVector(STRSXP, record->count));
    for (int i = 0; i < record->count; i++) {
        SET_VECTOR_ELT(list, i, from_value(record->fields[i].value));
        SET_STRING_ELT(names, i, Rf_mkChar(record->fields[i].name));
    }
    Rf_setAttrib(list, R_NamesSymbol, names);
    UNPROTECT(2);
    return list;
}
