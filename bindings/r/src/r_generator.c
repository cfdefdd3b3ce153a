/*
 * The streaming generator: an external pointer of class dgen_generator, closed by its finalizer or by close().
 */
#include "dgen_r.h"

static SEXP tag(void) { return Rf_install("dgen_generator"); }

static void close_pointer(SEXP x)
{
    dgen_generator *generator = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    dgen_generator_close(generator);
}

static void check_class(SEXP x)
{
    if (TYPEOF(x) != EXTPTRSXP || R_ExternalPtrTag(x) != tag()) dgen_r_raise_type("generator", "a dgen_generator");
}

static dgen_generator *check(SEXP x)
{
    check_class(x);
    dgen_generator *generator = R_ExternalPtrAddr(x);
    if (!generator) dgen_r_raise_closed("generator");
    return generator;
}

/* For as long as the core works with it: R code that runs meanwhile, from a hook, finds the generator closed. */
static dgen_generator *take(SEXP x)
{
    dgen_generator *generator = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    return generator;
}

static void give_back(SEXP x, dgen_generator *generator) { R_SetExternalPtrAddr(x, generator); }

SEXP dgen_r_generator(SEXP options)
{
    dgen_config config;
    dgen_error error;
    dgen_generator *generator;
    dgen_r_check_config(&config, options);
    SEXP x = PROTECT(R_MakeExternalPtr(NULL, tag(), R_NilValue));
    SEXP class = PROTECT(Rf_mkString("dgen_generator"));
    Rf_setAttrib(x, R_ClassSymbol, class);
    R_RegisterCFinalizerEx(x, close_pointer, TRUE);
    if (dgen_generator_open(&generator, &config, &error) != DGEN_OK) dgen_r_raise(&error);
    R_SetExternalPtrAddr(x, generator);
    UNPROTECT(2);
    return x;
}

SEXP dgen_r_generator_close(SEXP x)
{
    check_class(x);
    close_pointer(x);
    return R_NilValue;
}

/* ------------------------------------------------------------------------------------------------------------- bytes */

SEXP dgen_r_generator_fill(SEXP x, SEXP buffer)
{
    dgen_error error;
    dgen_array held;
    uint64_t got;
    check(x);
    dgen_array_retain(&held, dgen_r_check_buffer(buffer, "buf"));
    dgen_generator *generator = take(x);
    dgen_status status = dgen_generator_fill(generator, held.data, dgen_array_bytes(&held), &got, &error);
    give_back(x, generator);
    dgen_array_release(&held);
    if (status != DGEN_OK) dgen_r_raise(&error);
    return dgen_r_count(got);
}

static SEXP next_small(SEXP x, uint64_t n)
{
    dgen_error error;
    uint64_t got;
    SEXP chunk = PROTECT(Rf_allocVector(RAWSXP, (R_xlen_t)n));
    dgen_generator *generator = take(x);
    dgen_status status = dgen_generator_fill(generator, RAW(chunk), n, &got, &error);
    give_back(x, generator);
    if (status != DGEN_OK) dgen_r_raise(&error);
    UNPROTECT(1);
    return chunk;
}

SEXP dgen_r_generator_next(SEXP x, SEXP n)
{
    dgen_error error;
    dgen_array *array;
    dgen_status status;
    int tried = 0;
    dgen_generator *generator = check(x);
    const dgen_config *config = dgen_generator_config(generator);
    uint64_t bytes = config->chunk_size, left = config->size - dgen_generator_position(generator);
    if (n != R_NilValue) bytes = dgen_r_check_whole(n, "n", 0, UINT64_C(1) << 63);
    if (bytes > left) bytes = left;
    if (bytes <= DGEN_R_SMALL) return next_small(x, bytes);
    SEXP handle = PROTECT(dgen_r_handle(&array));
    dgen_r_make_room(bytes);
    do {
        generator = take(x);
        status = dgen_generator_next(generator, array, bytes, &error);
        give_back(x, generator);
    } while (dgen_r_retry(status, &tried));
    if (status != DGEN_OK) dgen_r_raise(&error);
    SEXP chunk = dgen_r_wrap(handle);
    UNPROTECT(1);
    return chunk;
}

static void call_function(void *context)
{
    dgen_r_report *report = context;
    SEXP done = PROTECT(Rf_ScalarReal(report->done)), total = PROTECT(Rf_ScalarReal(report->total));
    SEXP call = PROTECT(Rf_lang3(report->function, done, total));
    report->stop = Rf_asLogical(Rf_eval(call, R_BaseEnv)) == TRUE;
    UNPROTECT(3);
}

/* No jump of R may pass through the core, so the call is made at a top level of its own. The function catches whatever
   its user's part does: what still jumps is an interrupt before it began or after it ended. */
int dgen_r_progress(void *context, uint64_t done, uint64_t total)
{
    dgen_r_report *report = context;
    report->done = (double)done;
    report->total = (double)total;
    if (R_ToplevelExec(call_function, report)) return report->stop;
    report->stop = 0;
    dgen_r_take_interrupt();
    return 1;
}

/* The number of bytes written; the core's message if the progress function asked to stop by giving TRUE. */
SEXP dgen_r_generator_write_file(SEXP x, SEXP path, SEXP function)
{
    dgen_error error;
    uint64_t written;
    dgen_r_report report = { .function = function };
    check(x);
    const char *name = dgen_r_check_text(path, "path");
    dgen_generator *generator = take(x);
    dgen_status status = dgen_generator_write_file(generator, name, function == R_NilValue ? NULL : dgen_r_progress, &report,
                                                   &written, &error);
    give_back(x, generator);
    if (status == DGEN_ECANCELED && report.stop) return Rf_mkString(error.message);
    if (status != DGEN_OK) dgen_r_raise(&error);
    return dgen_r_count(written);
}

/* ------------------------------------------------------------------------------------------------------------- state */

SEXP dgen_r_generator_position(SEXP x) { return dgen_r_count(dgen_generator_position(check(x))); }

SEXP dgen_r_generator_seek(SEXP x, SEXP position)
{
    dgen_error error;
    dgen_generator *generator = check(x);
    uint64_t to = dgen_r_check_whole(position, "position", 0, dgen_generator_config(generator)->size);
    if (dgen_generator_seek(generator, to, &error) != DGEN_OK) dgen_r_raise(&error);
    return x;
}

SEXP dgen_r_generator_reset(SEXP x)
{
    dgen_generator_reset(check(x));
    return x;
}

SEXP dgen_r_generator_set_seed(SEXP x, SEXP seed)
{
    dgen_config config;
    dgen_error error;
    dgen_generator *generator = check(x);
    dgen_config_init(&config);
    dgen_status status = dgen_config_set(&config, "seed", dgen_r_value(seed), &error);
    if (status == DGEN_OK) status = dgen_generator_set_seed(generator, config.seed, &error);
    if (status != DGEN_OK) dgen_r_raise(&error);
    return x;
}

SEXP dgen_r_generator_done(SEXP x) { return Rf_ScalarLogical(dgen_generator_done(check(x))); }

SEXP dgen_r_generator_fields(SEXP x)
{
    dgen_record record;
    dgen_config_record(dgen_generator_config(check(x)), &record);
    return dgen_r_list(&record);
}

SEXP dgen_r_generator_show(SEXP x)
{
    char text[256];
    if (!R_ExternalPtrAddr(x)) return Rf_mkString("dgen.generator: closed");
    dgen_generator_describe(check(x), text, sizeof text);
    return Rf_mkString(text);
}
