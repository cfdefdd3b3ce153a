/*
 * The registry of operations: what ops.def says of each, its options, and the checks that every call of one begins with.
 */
#include "op.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------------- the registry */

#define ARRAYS_UNARY 1, 0
#define ARRAYS_PARAMETER 1, 1
#define ARRAYS_PARAMETERS 1, 2
#define ARRAYS_BINARY 2, 0
#define ARRAYS_TERNARY 3, 0
#define ARRAYS_REDUCTION 1, 0
#define ARRAYS_PAIR 2, 0
#define ARRAYS_NORMALIZATION 1, 0
#define IS_REDUCTION(kind) ((kind) == REDUCTION || (kind) == PAIR)
enum nan_rule { FIRST, TOTAL, EITHER, OWN };

const dgen__row dgen__rows[DGEN_OP_COUNT] = {
#define DGEN_OP(name, kind, arguments, cost, error_f32, error_f64, nan, body, formula, summary) \
    { #name, kind, ARRAYS_##kind, (nan) == EITHER || (kind) >= REDUCTION, !strncmp(#name, "arg", 3), cost },
#include "ops.def"
#undef DGEN_OP
};

static const struct text {
    const char *arguments;
    double error_f32, error_f64;
    const char *formula, *summary;
} texts[DGEN_OP_COUNT] = {
#define DGEN_OP(name, kind, arguments, cost, error_f32, error_f64, nan, body, formula, summary) \
    { arguments, error_f32, error_f64, formula, summary },
#include "ops.def"
#undef DGEN_OP
};

static dgen_operation operations[DGEN_OP_COUNT];
static char argument_names[DGEN_OP_COUNT][3][12];

/* "x slope=0.01" as names and defaults. */
static void read_arguments(dgen_operation *operation, char names[3][12], const char *text)
{
    for (int i = 0; i < 3; i++) {
        size_t length = strcspn(text, " "), name = strcspn(text, " =");
        if (!length) break;
        memcpy(names[i], text, name);
        operation->arguments[i] = names[i];
        operation->defaults[i] = name < length ? strtod(text + name + 1, NULL) : NAN;
        text += length + (text[length] == ' ');
    }
}

static void fill_registry(void)
{
    for (int i = 0; i < DGEN_OP_COUNT; i++) {
        const dgen__row *row = &dgen__rows[i];
        const struct text *text = &texts[i];
        dgen_op_kind kind = IS_REDUCTION(row->kind) ? DGEN_REDUCTION
            : row->kind == NORMALIZATION            ? DGEN_NORMALIZATION
                                                    : DGEN_ELEMENTWISE;
        operations[i] = (dgen_operation){ .name = row->name, .kind = kind, .arrays = row->arrays,
                                          .parameters = row->parameters, .is_index = row->is_index,
                                          .has_nan_option = row->has_nan_option, .error_f32 = text->error_f32,
                                          .error_f64 = text->error_f64, .formula = text->formula, .summary = text->summary };
        read_arguments(&operations[i], argument_names[i], text->arguments);
    }
}

const dgen_operation *dgen_operation_get(dgen_op op)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_registry);
    return (unsigned)op < DGEN_OP_COUNT ? &operations[op] : NULL;
}

const dgen_operation *dgen_operation_find(const char *name)
{
    for (int i = 0; i < DGEN_OP_COUNT; i++)
        if (!strcmp(dgen__rows[i].name, name)) return dgen_operation_get((dgen_op)i);
    return NULL;
}

dgen_op dgen_operation_op(const dgen_operation *operation) { return (dgen_op)(operation - operations); }

/* -------------------------------------------------------------------------------------------------------------- options */

void dgen_op_options_init(dgen_op_options *options) { *options = (dgen_op_options){ .sizeof_options = sizeof *options }; }

dgen_status dgen_op_options_set(dgen_op_options *options, dgen_op op, const char *name, dgen_value value, dgen_error *error)
{
    const dgen__row *row = &dgen__rows[op];
    uint64_t threads;
    if (!strcmp(name, "max_threads")) {
        dgen_status status = dgen_value_whole(&threads, name, value, 0, 1024, 0, error);
        if (status == DGEN_OK) options->max_threads = (int)threads;
        return status;
    }
    if (strcmp(name, "nan") != 0 || !row->has_nan_option)
        return dgen__fail(error, DGEN_EINVAL, "options", "\"%.40s\" is not an option of %s; the options are %smax_threads",
                          name, row->name, row->has_nan_option ? "nan, " : "");
    if (value.kind != DGEN_VALUE_TEXT || (strcmp(value.text, "propagate") != 0 && strcmp(value.text, "ignore") != 0))
        return dgen__fail(error, DGEN_EINVAL, "nan", "nan must be \"propagate\" or \"ignore\"");
    options->nan_ignore = !strcmp(value.text, "ignore");
    return DGEN_OK;
}

/* --------------------------------------------------------------------------------------------------------------- operands */

/* "[3, 4]" */
static const char *shape_text(char *text, size_t size, const dgen_array *array)
{
    size_t at = (size_t)snprintf(text, size, "[");
    for (int i = 0; i < array->ndim && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%lld", i ? ", " : "", (long long)array->shape[i]);
    if (at < size) snprintf(text + at, size - at, "]");
    return text;
}

static bool same_shape(const dgen_array *a, const dgen_array *b)
{
    if (a->ndim != b->ndim) return false;
    for (int i = 0; i < a->ndim; i++)
        if (a->shape[i] != b->shape[i]) return false;
    return true;
}

/* f32 for f32 and shorter floats, f64 for f64 and integers. */
static dgen_dtype promoted(dgen_dtype dtype)
{
    return dtype == DGEN_F32 || dtype == DGEN_F16 || dtype == DGEN_BF16 ? DGEN_F32 : DGEN_F64;
}

/* An i64 that a double cannot hold is not rounded in silence. */
static dgen_status check_i64(const dgen_array *array, const char *argument, dgen_error *error)
{
    int64_t n = dgen_array_length(array), chunk[512];
    for (int64_t first = 0; first < n; first += 512) {
        int64_t count = n - first < 512 ? n - first : 512;
        const int64_t *values = chunk;
        if (dgen__is_contiguous(array)) values = (const int64_t *)array->data + first;
        else dgen__read_elements(chunk, DGEN_I64, array, first, count);
        for (int64_t i = 0; i < count; i++)
            if (values[i] > INT64_C(1) << 53 || values[i] < -(INT64_C(1) << 53))
                return dgen__fail(error, DGEN_EINVAL, argument,
                                  "%s must lie from -2^53 to 2^53 to become f64; element %lld is %lld", argument,
                                  (long long)(first + i) + 1, (long long)values[i]);
    }
    return DGEN_OK;
}

static int first_array(const dgen__operands *operands)
{
    int i = 0;
    while (!operands->operand[i].array) i++;
    return i;
}

static dgen_status check_array(dgen__operands *out, int i, dgen_error *error)
{
    const dgen_array *array = out->operand[i].array;
    const char *argument = UNLIKELY(!array->release || !array->data || array->dtype >= DGEN_DTYPE_COUNT
                                    || (out->shaped && !same_shape(array, out->shaped)) || array->dtype == DGEN_I64)
        ? dgen_operation_get(out->op)->arguments[i]
        : NULL;
    if (LIKELY(!argument)) return DGEN_OK;
    if (!array->release) return dgen_error_closed(argument, error);
    if ((unsigned)array->dtype >= DGEN_DTYPE_COUNT)
        return dgen__fail(error, DGEN_ETYPE, argument, "%s must be an array of a dgen_dtype", argument);
    if (!array->data && dgen_array_length(array))
        return dgen__fail(error, DGEN_EINVAL, argument, "%s must not be NULL", argument);
    if (out->shaped && !same_shape(array, out->shaped)) {
        char have[96], want[96];
        bool flat = array->ndim == 1 || out->shaped->ndim == 1;
        if (!flat || dgen_array_length(array) != dgen_array_length(out->shaped))
            return dgen__fail(error, DGEN_EINVAL, argument, "%s must have the shape of %s, %s, not %s", argument,
                              dgen_operation_get(out->op)->arguments[first_array(out)], shape_text(want, sizeof want, out->shaped),
                              shape_text(have, sizeof have, array));
        if (out->shaped->ndim == 1) out->shaped = array;
    }
    return array->dtype == DGEN_I64 ? check_i64(array, argument, error) : DGEN_OK;
}

static const char *number_text(char text[32], double x)
{
    if (isnan(x)) return "NaN";
    snprintf(text, 32, "%.15g", x);
    return text;
}

static dgen_status fail_bounds(double least, double most, dgen_error *error)
{
    char a[32], b[32];
    return dgen__fail(error, DGEN_EINVAL, "min", "min must be at most max, not %s against %s", number_text(a, least),
                      number_text(b, most));
}

dgen_status dgen__operands_check(dgen__operands *out, dgen_op op, const dgen_operand *operand,
                                 const dgen_op_options *options, dgen_error *error)
{
    if ((unsigned)op >= DGEN_OP_COUNT) return dgen__fail(error, DGEN_EINVAL, "op", "op must be a dgen_op");
    const dgen__row *row = &dgen__rows[op];
    *out = (dgen__operands){ .row = row, .op = op, .operand = operand, .dtype = DGEN_F32, .plain = true };
    if (options) {
        out->nan_ignore = options->nan_ignore && row->has_nan_option;
        out->max_threads = options->max_threads;
    }
    for (int i = 0; i < row->arrays; i++) {
        const dgen_array *array = operand[i].array;
        if (!array) continue;
        dgen_status status = check_array(out, i, error);
        if (status != DGEN_OK) return status;
        if (!out->shaped) out->shaped = array;
        if (promoted(array->dtype) == DGEN_F64) out->dtype = DGEN_F64;
    }
    for (int i = 0; i < row->arrays + row->parameters; i++) {
        const dgen_array *array = operand[i].array;
        bool may_be_number = i >= row->arrays || row->kind == BINARY || row->kind == TERNARY;
        if (array && i < row->arrays) out->plain &= array->dtype == out->dtype && dgen__is_contiguous(array);
        else if (array)
            return dgen_error_type(dgen_operation_get(op)->arguments[i], "a number", error);
        else if (!may_be_number || !out->shaped)
            return dgen_error_type(dgen_operation_get(op)->arguments[i], "an array", error);
    }
    if (op == DGEN_OP_clamp && UNLIKELY(!(operand[1].number <= operand[2].number)))
        return fail_bounds(operand[1].number, operand[2].number, error);
    out->length = dgen_array_length(out->shaped);
    return DGEN_OK;
}

/* --------------------------------------------------------------------------------------------------------------- elements */

/* Elements at `stride`, as dtype. */
#define READ_RUN(from, to)                                                                   \
    for (int64_t i = 0; i < count; i++) ((to *)out)[i] = (to)((const from *)source)[i * stride]

static void read_run(void *out, dgen_dtype dtype, const dgen_array *array, int64_t at, int64_t stride, int64_t count)
{
    char *source = (char *)array->data + at * (int64_t)dgen_dtype_bytes(array->dtype);
    dgen_array run = { .data = source, .dtype = array->dtype, .ndim = 1, .stride = { stride } };
    bool wide = dtype == DGEN_F64;
    switch (array->dtype) {
    case DGEN_U8: READ_RUN(uint8_t, double); break;
    case DGEN_I8: READ_RUN(int8_t, double); break;
    case DGEN_I16: READ_RUN(int16_t, double); break;
    case DGEN_U16: READ_RUN(uint16_t, double); break;
    case DGEN_I32: READ_RUN(int32_t, double); break;
    case DGEN_U32: READ_RUN(uint32_t, double); break;
    case DGEN_I64:
        if (wide) READ_RUN(int64_t, double);
        else READ_RUN(int64_t, int64_t);
        break;
    case DGEN_F32:
        if (wide) READ_RUN(float, double);
        else READ_RUN(uint32_t, uint32_t);
        break;
    case DGEN_F64: READ_RUN(uint64_t, uint64_t); break;
    default:
        for (int64_t i = 0; i < count; i++) {
            double x = dgen_array_get(&run, i);
            if (wide) ((double *)out)[i] = x;
            else ((float *)out)[i] = (float)x;
        }
    }
}

/* Calls run (at, stride, count) for each stretch of elements [first, first + count) along dimension 0. */
#define EACH_RUN(array, first, count, at, stride_, n, run)                                      \
    for (int64_t index = (first), end = index + (count), n; index < end; index += n) {          \
        int64_t rest = index, at = 0;                                                           \
        int64_t inner = (array)->shape[0], within = rest % inner;                               \
        for (int d = 0; d < (array)->ndim; d++) {                                               \
            at += rest % (array)->shape[d] * (array)->stride[d];                                \
            rest /= (array)->shape[d];                                                          \
        }                                                                                       \
        n = inner - within < end - index ? inner - within : end - index;                        \
        run;                                                                                    \
    }

void dgen__read_elements(void *out, dgen_dtype dtype, const dgen_array *array, int64_t first, int64_t count)
{
    size_t width = dgen_dtype_bytes(dtype);
    if (dgen__is_contiguous(array)) {
        read_run(out, dtype, array, first, 1, count);
        return;
    }
    EACH_RUN(array, first, count, at, stride, n,
             read_run((char *)out + (size_t)(index - first) * width, dtype, array, at, array->stride[0], n))
}

static void write_run(const dgen_array *array, int64_t at, int64_t stride, int64_t count, const void *elements)
{
    if (dgen_dtype_bytes(array->dtype) == 1)
        for (int64_t i = 0; i < count; i++) ((uint8_t *)array->data)[at + i * stride] = ((const uint8_t *)elements)[i];
    else if (dgen_dtype_bytes(array->dtype) == 4)
        for (int64_t i = 0; i < count; i++) ((uint32_t *)array->data)[at + i * stride] = ((const uint32_t *)elements)[i];
    else
        for (int64_t i = 0; i < count; i++) ((uint64_t *)array->data)[at + i * stride] = ((const uint64_t *)elements)[i];
}

void dgen__write_elements(const dgen_array *array, int64_t first, int64_t count, const void *elements)
{
    size_t width = dgen_dtype_bytes(array->dtype);
    EACH_RUN(array, first, count, at, stride, n,
             write_run(array, at, array->stride[0], n, (const char *)elements + (size_t)(index - first) * width))
}

/* Bytes from the array's lowest element to past its highest. */
static void extent(const dgen_array *array, uintptr_t *low, uintptr_t *high)
{
    int64_t least = 0, most = 0, width = (int64_t)dgen_dtype_bytes(array->dtype);
    for (int d = 0; d < array->ndim; d++) {
        int64_t last = (array->shape[d] - 1) * array->stride[d];
        if (last < 0) least += last;
        else most += last;
    }
    *low = (uintptr_t)array->data + (uintptr_t)(least * width);
    *high = (uintptr_t)array->data + (uintptr_t)((most + 1) * width);
}

bool dgen__arrays_overlap(const dgen_array *a, const dgen_array *b)
{
    uintptr_t a_low, a_high, b_low, b_high;
    extent(a, &a_low, &a_high);
    extent(b, &b_low, &b_high);
    return a_low < b_high && b_low < a_high;
}

/* ---------------------------------------------------------------------------------------------------------------- threads */

/* A second thread pays from this much work on: it costs some microseconds to wake. */
static const double THREADS_FROM_PICOSECONDS = 20e6;

int dgen__op_threads(const dgen__operands *operands)
{
    double per_element = operands->row->cost * (operands->dtype == DGEN_F64 ? 2.0 : 1.0);
    return (double)operands->length * per_element < THREADS_FROM_PICOSECONDS ? 1 : operands->max_threads;
}
