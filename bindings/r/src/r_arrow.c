/*
 * The Arrow C data interface: arrays and quantized arrays to other programs and packages, and theirs to R, without a copy.
 *
 * The structs that pass between them lie where the other side says, at an address; or R has them, under external pointers whose
 * finalizers release what nobody has taken over. What is exported may be memory of R: the object is kept from R's collector
 * until the consumer has let go of all of it. A consumer may do that on a thread of its own, where nothing of R may be called:
 * such an object waits for the next call from R. R copies what is exported or imported before it writes.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "dgen_r.h"

/* ------------------------------------------------------------------------------------------------------ objects on loan */

/* An object of R that consumers read. */
typedef struct loan {
    SEXP object;
    int arrays;        /* of its memory, that are not given back yet */
    struct loan *next; /* among those that wait for R's thread */
} loan;

static pthread_t r_thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static loan *waiting;

static void end_loan(loan *ended)
{
    R_ReleaseObject(ended->object);
    free(ended);
}

static void end_waiting(void)
{
    pthread_mutex_lock(&lock);
    loan *ended = waiting;
    waiting = NULL;
    pthread_mutex_unlock(&lock);
    while (ended) {
        loan *next = ended->next;
        end_loan(ended);
        ended = next;
    }
}

static void give_back(void *context)
{
    loan *lent = context;
    if (__atomic_sub_fetch(&lent->arrays, 1, __ATOMIC_ACQ_REL)) return;
    if (pthread_equal(pthread_self(), r_thread)) {
        end_loan(lent);
        return;
    }
    pthread_mutex_lock(&lock);
    lent->next = waiting;
    waiting = lent;
    pthread_mutex_unlock(&lock);
}

/* As if there were one array, the caller's, which it gives back. NULL if memory is out. */
static loan *begin_loan(SEXP object)
{
    r_thread = pthread_self();
    end_waiting();
    R_PreserveObject(object);
    loan *lent = malloc(sizeof *lent);
    if (lent) *lent = (loan){ .object = object, .arrays = 1 };
    else R_ReleaseObject(object);
    return lent;
}

/* Makes of an array in R's memory one that counts; that of a buffer does already. */
static dgen_status lend(dgen_array *array, loan *lent, dgen_error *error)
{
    dgen_array counted;
    if (array->owner) dgen_array_retain(&counted, array);
    else {
        dgen_status status = dgen_array_adopt(&counted, array->dtype, array->ndim, array->shape, array->data, give_back, lent,
                                              error);
        if (status != DGEN_OK) return status;
        __atomic_add_fetch(&lent->arrays, 1, __ATOMIC_ACQ_REL);
    }
    *array = counted;
    return DGEN_OK;
}

/* From here on R copies x, and each vector of a list, where it would write in place. */
static void mark_shared(SEXP x)
{
    for (R_xlen_t i = 0; TYPEOF(x) == VECSXP && i < XLENGTH(x); i++) MARK_NOT_MUTABLE(VECTOR_ELT(x, i));
    MARK_NOT_MUTABLE(x);
}

/* --------------------------------------------------------------------------------------------------------------- structs */

static void finish_array(SEXP x)
{
    struct ArrowArray *array = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    if (array && array->release) array->release(array);
    R_Free(array);
}

static void finish_schema(SEXP x)
{
    struct ArrowSchema *schema = R_ExternalPtrAddr(x);
    R_ClearExternalPtr(x);
    if (schema && schema->release) schema->release(schema);
    R_Free(schema);
}

/* Released structs of R's own. */
static SEXP new_structs(void)
{
    static const char *names[] = { "array", "schema", "" };
    SEXP list = PROTECT(Rf_mkNamed(VECSXP, names));
    for (int i = 0; i < 2; i++) {
        SEXP x = R_MakeExternalPtr(NULL, R_NilValue, R_NilValue);
        SET_VECTOR_ELT(list, i, x);
        R_RegisterCFinalizerEx(x, i ? finish_schema : finish_array, TRUE);
        R_SetExternalPtrAddr(x, i ? (void *)R_Calloc(1, struct ArrowSchema) : (void *)R_Calloc(1, struct ArrowArray));
    }
    UNPROTECT(1);
    return list;
}

/* The struct at a number, "0x..." text or an external pointer. */
static void *check_address(SEXP x, const char *argument)
{
    dgen_error error;
    uint64_t address = 0;
    if (TYPEOF(x) == EXTPTRSXP && !dgen_r_handle_of(x)) address = (uintptr_t)R_ExternalPtrAddr(x);
    else if (dgen_value_whole(&address, argument, dgen_r_value(x), 1, UINTPTR_MAX, 1, &error) != DGEN_OK) dgen_r_raise(&error);
    if (address == 0 || address % _Alignof(struct ArrowArray)) dgen_r_raise_type(argument, "the address of a struct");
    return (void *)(uintptr_t)address;
}

/* An external pointer's struct has been initialised: what it holds must have been released. */
static void check_released(SEXP x, int held, const char *argument)
{
    if (TYPEOF(x) == EXTPTRSXP && held) dgen_r_raise_type(argument, "a released struct");
}

/* -------------------------------------------------------------------------------------------------------- export, import */

static dgen_status export(struct ArrowArray *array, struct ArrowSchema *schema, dgen_array parts[3], dgen_quantized *quantized,
                          loan *lent, dgen_error *error)
{
    int count = quantized ? 3 : 1, counted = 0;
    dgen_status status = DGEN_OK;
    while (status == DGEN_OK && counted < count) {
        status = lend(&parts[counted], lent, error);
        counted += status == DGEN_OK;
    }
    if (status == DGEN_OK && quantized) {
        quantized->codes = parts[0];
        quantized->scale = parts[1];
        quantized->zero = parts[2];
        status = dgen_quantized_arrow_export(array, schema, quantized, error);
    }
    else if (status == DGEN_OK) status = dgen_arrow_export(array, schema, &parts[0], error);
    dgen_r_let_go(parts, counted);
    return status;
}

SEXP dgen_r_arrow_export(SEXP x, SEXP array_address, SEXP schema_address)
{
    dgen_error error = { .code = DGEN_ENOMEM, .message = "there is no memory for what an export takes" };
    dgen_status status = DGEN_ENOMEM;
    dgen_quantized quantized;
    dgen_array parts[3];
    int own = array_address == R_NilValue && schema_address == R_NilValue;
    int several = TYPEOF(x) == VECSXP && Rf_inherits(x, "dgen_quantized");
    SEXP structs = PROTECT(own ? new_structs() : R_NilValue);
    if (own) {
        array_address = VECTOR_ELT(structs, 0);
        schema_address = VECTOR_ELT(structs, 1);
    }
    struct ArrowArray *array = check_address(array_address, "array_address");
    struct ArrowSchema *schema = check_address(schema_address, "schema_address");
    check_released(array_address, array->release != NULL, "array_address");
    check_released(schema_address, schema->release != NULL, "schema_address");
    if (several) {
        quantized = dgen_r_check_quantized(x);
        memcpy(parts, (dgen_array[]){ quantized.codes, quantized.scale, quantized.zero }, sizeof parts);
    }
    else parts[0] = dgen_r_check_input(x, "x");
    loan *lent = begin_loan(x);
    if (lent) {
        status = export(array, schema, parts, several ? &quantized : NULL, lent, &error);
        give_back(lent);
    }
    if (status != DGEN_OK) dgen_r_raise(&error);
    mark_shared(x);
    UNPROTECT(1);
    return structs;
}

SEXP dgen_r_arrow_import(SEXP array_address, SEXP schema_address)
{
    dgen_error error;
    dgen_status status;
    dgen_quantized quantized = { .bits = 0 };
    dgen_array out = { .data = NULL };
    struct ArrowArray *array = check_address(array_address, "array_address");
    struct ArrowSchema *schema = check_address(schema_address, "schema_address");
    int several = dgen_arrow_is_quantized(schema);
    end_waiting();
    if (several) status = dgen_quantized_arrow_import(&quantized, array, schema, &error);
    else status = dgen_arrow_import(&out, array, schema, &error);
    if (status != DGEN_OK) dgen_r_raise(&error);
    SEXP x = several ? dgen_r_give_quantized(&quantized) : dgen_r_give_array(&out);
    mark_shared(x);
    return x;
}
