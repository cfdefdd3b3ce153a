/*
 * Arrays of the core as vectors of R, without a copy.
 *
 * An ALTREP vector (R_ext/Altrep.h) is an ordinary raw, integer or double vector to every function of R whose elements
 * live elsewhere: here in a dgen_array, held by an external pointer whose finalizer releases it. R asks for the data
 * pointer up to once an element, so Dataptr does nothing but look it up. Memory that one vector alone holds may be
 * written in place; R copies on modification if it has more references. Saved vectors are plain ones, which load
 * without this package.
 *
 * R's collector cannot see the memory behind a handle, so dgen_r_make_room runs it when dead arrays may hold memory
 * worth having again.
 */
#include <string.h>

#include "dgen_r.h"

#include <R_ext/Altrep.h>

/* ---------------------------------------------------------------------------------------------------------- handles */

static SEXP handle_tag(void) { return Rf_install("dgen_array"); }

void dgen_r_handle_close(SEXP handle)
{
    dgen_array *array = R_ExternalPtrAddr(handle);
    if (!array) return;
    R_ClearExternalPtr(handle);
    R_SetExternalPtrProtected(handle, R_NilValue);
    dgen_array_release(array);
    R_Free(array);
}

SEXP dgen_r_handle(dgen_array **array)
{
    SEXP handle = PROTECT(R_MakeExternalPtr(NULL, handle_tag(), R_NilValue));
    R_RegisterCFinalizerEx(handle, dgen_r_handle_close, TRUE);
    *array = R_Calloc(1, dgen_array);
    R_SetExternalPtrAddr(handle, *array);
    UNPROTECT(1);
    return handle;
}

static int is_handle(SEXP x) { return TYPEOF(x) == EXTPTRSXP && R_ExternalPtrTag(x) == handle_tag(); }

dgen_array *dgen_r_check_buffer(SEXP x, const char *argument)
{
    if (!is_handle(x)) dgen_r_raise_type(argument, "a dgen_buffer");
    dgen_array *array = R_ExternalPtrAddr(x);
    if (!array) dgen_r_raise_closed(argument);
    return array;
}

/* --------------------------------------------------------------------------------------------------- the collector */

/* R's quick collection: of what was made since the last one, in a sixtieth of the time of a full one. */
static void collect_young(void)
{
    SEXP call = PROTECT(Rf_lang2(Rf_install("gc"), Rf_ScalarLogical(FALSE)));
    SET_TAG(CDR(call), Rf_install("full"));
    Rf_eval(call, R_BaseEnv);
    UNPROTECT(1);
}

/* Memory of dead arrays is worth a collection: what was used a moment ago is still in the CPU's cache, and fresh memory
   costs far more to fill than used memory. So small arrays have a quick collection whenever those made since the last one
   fill a part of the last cache, others whenever the pool has none to fit and one was made since. What was alive at an earlier collection is left to
   a full one, as slow as some 50 MiB of fresh memory: it waits until dead arrays (all but the newest) may be a few times
   the memory asked for if that is large, else until they may fill the pool. */
void dgen_r_make_room(uint64_t n_bytes)
{
    enum { SMALL = 4 << 20, CACHED = 16 << 20, LARGE = 16 << 20, FEW = 5 };
    static uint64_t made; /* since the last collection from here */
    static uint64_t held; /* what was alive after the last full one, but for the newest array, soon replaced */
    uint64_t cap = dgen_pool_cap_get(), kept = n_bytes ? cap / n_bytes : 0;
    uint64_t quick = n_bytes > SMALL ? n_bytes : CACHED;
    uint64_t full = n_bytes < LARGE ? cap : n_bytes * (kept < 2 ? 2 : kept > FEW ? FEW : kept);
    if (dgen_live_bytes() < held) held = dgen_live_bytes();
    if (made >= quick && (n_bytes <= SMALL || !dgen_pool_serves(n_bytes))) {
        made = 0;
        collect_young();
    }
    if (dgen_live_bytes() - held >= full + n_bytes && !dgen_pool_serves(n_bytes)) {
        made = 0;
        R_gc();
        held = dgen_live_bytes() > n_bytes ? dgen_live_bytes() - n_bytes : 0;
    }
    made += n_bytes;
}

int dgen_r_retry(dgen_status status, int *tried)
{
    if (status != DGEN_ENOMEM || *tried) return 0;
    *tried = 1;
    R_gc();
    return 1;
}

SEXP dgen_r_array(dgen_array **array, dgen_dtype dtype, int ndim, const int64_t *shape)
{
    dgen_error error;
    dgen_status status;
    int tried = 0;
    uint64_t bytes = dgen_dtype_bytes(dtype);
    for (int i = 0; i < ndim; i++) bytes *= (uint64_t)shape[i];
    SEXP handle = PROTECT(dgen_r_handle(array));
    dgen_r_make_room(bytes);
    do status = dgen_array_alloc(*array, dtype, ndim, shape, NULL, &error);
    while (dgen_r_retry(status, &tried));
    if (status != DGEN_OK) dgen_r_raise(&error);
    UNPROTECT(1);
    return handle;
}

/* ---------------------------------------------------------------------------------------------------------- classes */

static const struct native {
    dgen_dtype dtype;
    int sexptype;
    size_t bytes;
} natives[] = { { DGEN_U8, RAWSXP, 1 }, { DGEN_I32, INTSXP, 4 }, { DGEN_F64, REALSXP, 8 } };
enum { RAW_VECTOR, INTEGER_VECTOR, REAL_VECTOR, NATIVES };
static R_altrep_class_t classes[NATIVES];

static const dgen_array *array_of(SEXP x)
{
    static const dgen_array closed;
    const dgen_array *array = R_ExternalPtrAddr(R_altrep_data1(x));
    return array ? array : &closed;
}

static size_t element_bytes(SEXP x) { return TYPEOF(x) == RAWSXP ? 1 : TYPEOF(x) == INTSXP ? 4 : 8; }

static R_xlen_t vector_length(SEXP x) { return (R_xlen_t)(dgen_array_bytes(array_of(x)) / element_bytes(x)); }

static void *vector_data(SEXP x, Rboolean writable)
{
    static double nothing[8]; /* what an empty vector points to */
    void *data = array_of(x)->data;
    (void)writable;
    return data ? data : nothing;
}

static const void *vector_data_or_null(SEXP x) { return vector_data(x, FALSE); }

static SEXP vector_serialized_state(SEXP x)
{
    (void)x;
    return NULL; /* as a standard vector */
}

static Rboolean vector_inspect(SEXP x, int pre, int deep, int pvec, void (*inspect)(SEXP, int, int, int))
{
    (void)pre, (void)deep, (void)pvec, (void)inspect;
    Rprintf(" dgen %s [%lld] at %p\n", dgen_dtype_name(array_of(x)->dtype), (long long)vector_length(x), array_of(x)->data);
    return TRUE;
}

static R_xlen_t copy_region(SEXP x, R_xlen_t first, R_xlen_t count, void *out)
{
    R_xlen_t left = vector_length(x) - first, n = count < left ? count : left;
    size_t width = element_bytes(x);
    memcpy(out, (const char *)vector_data(x, FALSE) + (size_t)first * width, (size_t)n * width);
    return n;
}

static Rbyte raw_element(SEXP x, R_xlen_t i) { return ((const Rbyte *)vector_data(x, FALSE))[i]; }
static int integer_element(SEXP x, R_xlen_t i) { return ((const int *)vector_data(x, FALSE))[i]; }
static double real_element(SEXP x, R_xlen_t i) { return ((const double *)vector_data(x, FALSE))[i]; }
static R_xlen_t raw_region(SEXP x, R_xlen_t i, R_xlen_t n, Rbyte *out) { return copy_region(x, i, n, out); }
static R_xlen_t integer_region(SEXP x, R_xlen_t i, R_xlen_t n, int *out) { return copy_region(x, i, n, out); }
static R_xlen_t real_region(SEXP x, R_xlen_t i, R_xlen_t n, double *out) { return copy_region(x, i, n, out); }

/* A subset is a copy: a view would keep the whole parent alive for a few elements. */
static SEXP vector_subset(SEXP x, SEXP index, SEXP call)
{
    static const Rbyte no_byte = 0;
    (void)call;
    if (TYPEOF(index) != INTSXP && TYPEOF(index) != REALSXP) return NULL;
    const void *missing = &no_byte;
    if (TYPEOF(x) == INTSXP) missing = &R_NaInt;
    if (TYPEOF(x) == REALSXP) missing = &R_NaReal;
    SEXP out = PROTECT(Rf_allocVector(TYPEOF(x), Rf_xlength(index)));
    dgen_r_gather(DATAPTR(out), array_of(x), index, missing);
    UNPROTECT(1);
    return out;
}

void dgen_r_altrep_init(DllInfo *dll)
{
    classes[RAW_VECTOR] = R_make_altraw_class("dgen_raw", "dgen", dll);
    classes[INTEGER_VECTOR] = R_make_altinteger_class("dgen_integer", "dgen", dll);
    classes[REAL_VECTOR] = R_make_altreal_class("dgen_double", "dgen", dll);
    for (int i = 0; i < NATIVES; i++) {
        R_set_altrep_Length_method(classes[i], vector_length);
        R_set_altrep_Inspect_method(classes[i], vector_inspect);
        R_set_altrep_Serialized_state_method(classes[i], vector_serialized_state);
        R_set_altvec_Dataptr_method(classes[i], vector_data);
        R_set_altvec_Dataptr_or_null_method(classes[i], vector_data_or_null);
        R_set_altvec_Extract_subset_method(classes[i], vector_subset);
    }
    R_set_altraw_Elt_method(classes[RAW_VECTOR], raw_element);
    R_set_altinteger_Elt_method(classes[INTEGER_VECTOR], integer_element);
    R_set_altreal_Elt_method(classes[REAL_VECTOR], real_element);
    R_set_altraw_Get_region_method(classes[RAW_VECTOR], raw_region);
    R_set_altinteger_Get_region_method(classes[INTEGER_VECTOR], integer_region);
    R_set_altreal_Get_region_method(classes[REAL_VECTOR], real_region);
}

/* ------------------------------------------------------------------------------------------- arrays as R's vectors */

SEXP dgen_r_handle_of(SEXP x)
{
    if (is_handle(x)) return x;
    for (int i = 0; ALTREP(x) && i < NATIVES; i++)
        if (R_altrep_inherits(x, classes[i])) return R_altrep_data1(x);
    return NULL;
}

int dgen_r_is_buffer(SEXP x)
{
    SEXP handle = dgen_r_handle_of(x);
    return handle && (handle == x || is_handle(R_ExternalPtrProtected(handle)));
}

void dgen_r_mark(SEXP x, const dgen_array *array)
{
    int native = 0;
    for (int i = 0; i < NATIVES; i++) native |= natives[i].dtype == array->dtype;
    if (!native) {
        SEXP type = PROTECT(Rf_mkString(dgen_dtype_name(array->dtype)));
        SEXP class = PROTECT(Rf_mkString("dgen_array"));
        Rf_setAttrib(x, Rf_install("type"), type);
        Rf_setAttrib(x, R_ClassSymbol, class);
        UNPROTECT(2);
    }
    int fits = array->ndim > 1; /* what dim can tell */
    for (int i = 0; i < array->ndim; i++) fits &= array->shape[i] <= INT32_MAX;
    if (fits) {
        SEXP shape = PROTECT(Rf_allocVector(INTSXP, array->ndim));
        for (int i = 0; i < array->ndim; i++) INTEGER(shape)[i] = (int)array->shape[i];
        Rf_setAttrib(x, native ? R_DimSymbol : Rf_install("shape"), shape);
        UNPROTECT(1);
    }
}

SEXP dgen_r_wrap(SEXP handle)
{
    const dgen_array *array = R_ExternalPtrAddr(handle);
    int kind = RAW_VECTOR;
    for (int i = 0; i < NATIVES; i++)
        if (natives[i].dtype == array->dtype) kind = i;
    SEXP x = PROTECT(R_new_altrep(classes[kind], handle, R_NilValue));
    if (array->dtype != DGEN_U8 || array->ndim > 1) dgen_r_mark(x, array);
    UNPROTECT(1);
    return x;
}

SEXP dgen_r_small(dgen_array *array, dgen_dtype dtype, int ndim, const int64_t *shape)
{
    dgen_error error;
    SEXPTYPE type = dtype == DGEN_F64 ? REALSXP : dtype == DGEN_I32 ? INTSXP : RAWSXP;
    R_xlen_t n = type == RAWSXP ? (R_xlen_t)dgen_dtype_bytes(dtype) : 1;
    for (int i = 0; i < ndim; i++) n *= (R_xlen_t)shape[i];
    SEXP x = PROTECT(Rf_allocVector(type, n));
    void *data = type == REALSXP ? (void *)REAL(x) : type == INTSXP ? (void *)INTEGER(x) : RAW(x);
    if (dgen_array_borrow(array, dtype, ndim, shape, data, &error) != DGEN_OK) dgen_r_raise(&error);
    UNPROTECT(1);
    return x;
}

SEXP dgen_r_give(dgen_array *array)
{
    dgen_array *held, small;
    SEXP x;
    if (dgen_array_bytes(array) <= DGEN_R_SMALL) {
        x = PROTECT(dgen_r_small(&small, array->dtype, array->ndim, array->shape));
        if (array->data) memcpy(small.data, array->data, dgen_array_bytes(array));
        dgen_array_release(array);
        dgen_r_mark(x, &small);
    }
    else {
        SEXP handle = PROTECT(dgen_r_handle(&held));
        *held = *array;
        array->release = NULL;
        x = dgen_r_wrap(handle);
    }
    UNPROTECT(1);
    return x;
}

/* The dimensions that x's attributes tell, if they agree with its length; else one. Returns how many. */
static int read_shape(int64_t *shape, SEXP x, size_t width)
{
    R_xlen_t n = TYPEOF(x) == RAWSXP ? XLENGTH(x) / (R_xlen_t)width : XLENGTH(x);
    SEXP dim = PROTECT(Rf_getAttrib(x, TYPEOF(x) == RAWSXP && OBJECT(x) ? Rf_install("shape") : R_DimSymbol));
    int ndim = TYPEOF(dim) == INTSXP ? (int)Rf_xlength(dim) : 0;
    double product = 1;
    for (int i = 0; i < ndim && i < 4; i++) product *= (double)(shape[i] = INTEGER(dim)[i]);
    UNPROTECT(1);
    if (ndim >= 1 && ndim <= 4 && product == (double)n) return ndim;
    shape[0] = n;
    return 1;
}

dgen_array dgen_r_check_array(SEXP x, const char *argument)
{
    if (is_handle(x)) return *dgen_r_check_buffer(x, argument);
    dgen_array array;
    dgen_error error;
    dgen_dtype dtype = DGEN_U8;
    int64_t shape[4];
    switch (TYPEOF(x)) {
    case RAWSXP:
        if (Rf_inherits(x, "dgen_array")) dtype = dgen_r_check_dtype(Rf_getAttrib(x, Rf_install("type")));
        break;
    case LGLSXP:
    case INTSXP: dtype = DGEN_I32; break;
    case REALSXP: dtype = DGEN_F64; break;
    default: dgen_r_raise_type(argument, "a raw, integer or double vector, a dgen_array or a dgen_buffer");
    }
    int ndim = read_shape(shape, x, dgen_dtype_bytes(dtype));
    if (dgen_array_borrow(&array, dtype, ndim, shape, (void *)DATAPTR_RO(x), &error) != DGEN_OK) dgen_r_raise(&error);
    return array;
}

/* The 0-based position that element `at` of an index asks for; -1 for none. */
#define POSITION(value, length) ((value) >= 1 && (value) <= (length) ? (R_xlen_t)(value) - 1 : -1)

void dgen_r_gather(void *out, const dgen_array *array, SEXP index, const void *missing)
{
    enum { BLOCK = 512 };
    R_xlen_t n = XLENGTH(index), length = (R_xlen_t)dgen_array_length(array), at[BLOCK];
    size_t width = dgen_dtype_bytes(array->dtype);
    for (R_xlen_t first = 0; first < n; first += BLOCK) {
        R_xlen_t count = n - first < BLOCK ? n - first : BLOCK;
        if (TYPEOF(index) == INTSXP) {
            int block[BLOCK];
            INTEGER_GET_REGION(index, first, count, block);
            for (R_xlen_t i = 0; i < count; i++) at[i] = POSITION(block[i], length);
        }
        else {
            double block[BLOCK];
            REAL_GET_REGION(index, first, count, block);
            for (R_xlen_t i = 0; i < count; i++) at[i] = POSITION(block[i], (double)length);
        }
#define COPY(type)                                                       \
    for (R_xlen_t i = 0; i < count; i++)                                 \
        ((type *)out)[first + i] = at[i] < 0 ? *(const type *)missing : ((const type *)array->data)[at[i]]
        switch (width) {
        case 1: COPY(uint8_t); break;
        case 2: COPY(uint16_t); break;
        case 4: COPY(uint32_t); break;
        default: COPY(uint64_t);
        }
#undef COPY
    }
}
