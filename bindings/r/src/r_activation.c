/*
 * Tables of activations over timesteps and what is quantized by them, equalization of channels, bits for layers.
 *
 * As in r_quantize.c, results are lists: arguments are read in place, and what the core allocates becomes vectors under a
 * cleanup.
 */
#include "dgen_r.h"

/* ----------------------------------------------------------------------------------------------------- activation tables */

static SEXP table_list(void *context)
{
    enum { ARRAYS = 4, FIELDS = 7 };
    static const char *names[] = { "timestep", "group", "scale", "zero", "bits", "groups", "method", "smoothing", "narrowed",
                                   "noise", "noise_single", "" };
    dgen_activation_table *table = context;
    dgen_record record;
    SEXP list = PROTECT(Rf_mkNamed(VECSXP, names));
    dgen_activation_table_record(table, &record);
    SEXP fields = PROTECT(dgen_r_list(&record));
    for (int i = 0; i < FIELDS && i < record.count; i++) SET_VECTOR_ELT(list, ARRAYS + i, VECTOR_ELT(fields, i));
    SET_VECTOR_ELT(list, 0, dgen_r_give(&table->timestep));
    SET_VECTOR_ELT(list, 1, dgen_r_give(&table->group));
    SET_VECTOR_ELT(list, 2, dgen_r_give(&table->scale));
    SET_VECTOR_ELT(list, 3, dgen_r_give(&table->zero));
    dgen_r_set_class(list, "dgen_activation_table");
    UNPROTECT(2);
    return list;
}

static void release_table(void *table) { dgen_activation_table_release(table); }

SEXP dgen_r_activation_table(SEXP arguments)
{
    dgen_activation_options options;
    dgen_activation_table table = { .bits = 0 };
    dgen_error error;
    dgen_status status;
    int tried = 0;
    arguments = CDR(arguments);
    dgen_array stats = dgen_r_check_input(CAR(arguments), "stats");
    dgen_activation_options_init(&options);
    for (SEXP option = CDR(arguments); option != R_NilValue; option = CDR(option)) {
        if (CAR(option) == R_NilValue) continue;
        status = dgen_activation_options_set(&options, CHAR(PRINTNAME(TAG(option))), dgen_r_value(CAR(option)), &error);
        if (status != DGEN_OK) dgen_r_raise(&error);
    }
    dgen_r_keep(&stats, 1);
    do status = dgen_activation_table_make(&table, &stats, &options, &error);
    while (dgen_r_retry(status, &tried));
    dgen_r_let_go(&stats, 1);
    if (status != DGEN_OK) dgen_r_raise(&error);
    return R_ExecWithCleanup(table_list, &table, release_table, &table);
}

static dgen_activation_table check_table(SEXP x)
{
    static const char *const names[] = { "bits", "groups", "method", "smoothing", "narrowed", "noise", "noise_single" };
    dgen_error error;
    dgen_activation_table table = { .bits = 0 };
    if (TYPEOF(x) != VECSXP || !Rf_inherits(x, "dgen_activation_table"))
        dgen_r_raise_type("table", "what activation_table returns");
    table.timestep = dgen_r_check_part(x, "table", "timestep");
    table.group = dgen_r_check_part(x, "table", "group");
    table.scale = dgen_r_check_part(x, "table", "scale");
    table.zero = dgen_r_check_part(x, "table", "zero");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (dgen_activation_table_set(&table, names[i], dgen_r_value(dgen_r_field(x, names[i])), &error) != DGEN_OK)
            dgen_r_raise(&error);
    return table;
}

/* One number of R is a number, all else an array. */
static dgen_operand check_timesteps(dgen_array *array, SEXP t)
{
    if ((TYPEOF(t) == REALSXP || TYPEOF(t) == INTSXP) && !OBJECT(t) && XLENGTH(t) == 1) return (dgen_operand){ NULL, Rf_asReal(t) };
    if (!dgen_r_is_array(t)) dgen_r_raise_type("t", "an array or a number");
    *array = dgen_r_check_array(t, "t");
    return (dgen_operand){ array, 0 };
}

SEXP dgen_r_quantize_activations(SEXP arguments)
{
    enum { X, T, TIMESTEP, GROUP, SCALE, ZERO, ARRAYS };
    dgen_quantize_options options;
    dgen_error error;
    dgen_status status;
    dgen_quantized quantized = { .bits = 0 };
    dgen_array timesteps = { .data = NULL };
    int tried = 0;
    dgen_array x = dgen_r_check_input(CADR(arguments), "x");
    dgen_operand t = check_timesteps(&timesteps, CADDR(arguments));
    dgen_activation_table table = check_table(CADDDR(arguments));
    dgen_r_check_quantize_options(&options, CDR(CDDDR(arguments)));
    dgen_array kept[ARRAYS] = { x, timesteps, table.timestep, table.group, table.scale, table.zero };
    dgen_r_make_room((uint64_t)dgen_array_length(&x) * (uint64_t)table.bits / 8);
    dgen_r_keep(kept, ARRAYS);
    do status = dgen_quantize_activations(&quantized, &x, t, &table, &options, &error);
    while (dgen_r_retry(status, &tried));
    dgen_r_let_go(kept, ARRAYS);
    if (status != DGEN_OK) dgen_r_raise(&error);
    return dgen_r_give_quantized(&quantized);
}

/* -------------------------------------------------------------------------------------------------------------- channels */

struct equalization {
    SEXP w, x;
    dgen_equalized out;
};

/* A double matrix keeps the names of the rows and columns it had. */
static SEXP give_named(dgen_array *array, SEXP from)
{
    SEXP x = PROTECT(dgen_r_give(array));
    SEXP names = PROTECT(TYPEOF(x) == REALSXP ? Rf_getAttrib(from, R_DimNamesSymbol) : R_NilValue);
    if (names != R_NilValue) Rf_setAttrib(x, R_DimNamesSymbol, names);
    UNPROTECT(2);
    return x;
}

static SEXP equalized_list(void *context)
{
    static const char *names[] = { "w", "x", "scale", "inverse", "" };
    struct equalization *equalization = context;
    SEXP list = PROTECT(Rf_mkNamed(VECSXP, names));
    SET_VECTOR_ELT(list, 0, give_named(&equalization->out.w, equalization->w));
    SET_VECTOR_ELT(list, 1, give_named(&equalization->out.x, equalization->x));
    SET_VECTOR_ELT(list, 2, dgen_r_give(&equalization->out.scale));
    SET_VECTOR_ELT(list, 3, dgen_r_give(&equalization->out.inverse));
    UNPROTECT(1);
    return list;
}

static void release_equalized(void *context) { dgen_equalized_release(&((struct equalization *)context)->out); }

SEXP dgen_r_equalize(SEXP w, SEXP x, SEXP alpha, SEXP power_of_two, SEXP max_threads)
{
    dgen_error error;
    dgen_status status;
    struct equalization result = { .w = w, .x = x };
    int tried = 0;
    dgen_array arrays[] = { dgen_r_check_input(w, "w"), dgen_r_check_input(x, "x") };
    dgen_value number = dgen_r_value(alpha), flag = dgen_r_value(power_of_two);
    if (number.kind != DGEN_VALUE_NUMBER && number.kind != DGEN_VALUE_INTEGER) dgen_r_raise_type("alpha", "a number from 0 to 1");
    if (flag.kind != DGEN_VALUE_BOOLEAN) dgen_r_raise_type("power_of_two", "true or false");
    int threads = dgen_r_check_threads(max_threads);
    dgen_r_make_room(dgen_array_bytes(&arrays[0]) + dgen_array_bytes(&arrays[1]));
    dgen_r_keep(arrays, 2);
    do status = dgen_equalize(&result.out, &arrays[0], &arrays[1], Rf_asReal(alpha), flag.integer != 0, threads, &error);
    while (dgen_r_retry(status, &tried));
    dgen_r_let_go(arrays, 2);
    if (status != DGEN_OK) dgen_r_raise(&error);
    return R_ExecWithCleanup(equalized_list, &result, release_equalized, &result);
}

/* ------------------------------------------------------------------------------------------------------- bits of layers */

/* A named vector: for each pattern its bits, which the core checks. */
static dgen_bits_rule *check_rules(SEXP rules)
{
    dgen_error error;
    R_xlen_t count = Rf_xlength(rules);
    SEXP names = PROTECT(Rf_getAttrib(rules, R_NamesSymbol));
    if (count && ((TYPEOF(rules) != REALSXP && TYPEOF(rules) != INTSXP) || names == R_NilValue))
        dgen_r_raise_type("rules", "a vector of bits, named by patterns");
    dgen_bits_rule *each = (dgen_bits_rule *)R_alloc((size_t)count, sizeof *each);
    for (R_xlen_t i = 0; i < count; i++) {
        dgen_value value = { .kind = DGEN_VALUE_NUMBER };
        uint64_t bits;
        value.number = TYPEOF(rules) == REALSXP ? REAL_ELT(rules, i) : INTEGER_ELT(rules, i);
        if (dgen_value_whole(&bits, "rules", value, 0, INT32_MAX, 0, &error) != DGEN_OK) dgen_r_raise(&error);
        each[i] = (dgen_bits_rule){ Rf_translateCharUTF8(STRING_ELT(names, i)), (int)bits };
    }
    UNPROTECT(1);
    return each;
}

static dgen_layer *name_layers(const dgen_array *arrays, R_xlen_t count, SEXP names)
{
    dgen_layer *layers = (dgen_layer *)R_alloc((size_t)count, sizeof *layers);
    if (names != R_NilValue && (TYPEOF(names) != STRSXP || XLENGTH(names) != count))
        dgen_r_raise_type("names", "a text for each layer");
    for (R_xlen_t i = 0; i < count; i++)
        layers[i] = (dgen_layer){ names == R_NilValue ? "" : Rf_translateCharUTF8(STRING_ELT(names, i)), &arrays[i] };
    return layers;
}

/* The choices as a list of columns. */
static SEXP columns_of(const dgen_bits_choice *choices, R_xlen_t count)
{
    static const char *names[] = { "bits", "size", "rmse", "snr_db", "" };
    SEXP list = PROTECT(Rf_mkNamed(VECSXP, names));
    for (int k = 0; k < 4; k++) {
        SEXP column = Rf_allocVector(REALSXP, count);
        SET_VECTOR_ELT(list, k, column);
        for (R_xlen_t i = 0; i < count; i++) {
            const dgen_bits_choice *choice = &choices[i];
            REAL(column)[i] = k == 0 ? choice->bits : k == 1 ? (double)choice->size : k == 2 ? choice->rmse : choice->snr_db;
        }
    }
    UNPROTECT(1);
    return list;
}

/* The columns; the core's message if the progress function asked to stop. */
SEXP dgen_r_choose_bits(SEXP arguments)
{
    dgen_quantize_options options;
    dgen_error error;
    dgen_status status;
    int tried = 0;
    SEXP list = CADR(arguments), names = CADDR(arguments), budget = CADDDR(arguments);
    arguments = CDR(CDDDR(arguments));
    SEXP rules = CAR(arguments), function = CADR(arguments);
    dgen_r_check_quantize_options(&options, CDDR(arguments));
    dgen_array *arrays = dgen_r_check_layers(list);
    R_xlen_t count = XLENGTH(list);
    dgen_layer *layers = name_layers(arrays, count, names);
    uint64_t most = budget == R_NilValue ? 0 : dgen_r_check_whole(budget, "budget", 0, UINT64_C(1) << 53);
    dgen_bits_rule *each = check_rules(rules);
    dgen_bits_choice *choices = (dgen_bits_choice *)R_alloc((size_t)count, sizeof *choices);
    dgen_r_report report = { .function = function };
    dgen_r_keep(arrays, count);
    do status = dgen_choose_bits(choices, layers, count, most, each, (int)Rf_xlength(rules), &options,
                                 function == R_NilValue ? NULL : dgen_r_progress, &report, &error);
    while (dgen_r_retry(status, &tried));
    dgen_r_let_go(arrays, count);
    if (status == DGEN_ECANCELED && report.stop) return Rf_mkString(error.message);
    if (status != DGEN_OK) dgen_r_raise(&error);
    return columns_of(choices, count);
}
