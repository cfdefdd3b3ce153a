/*
 * Elementwise operations: check, split, kernel.
 *
 * A kernel takes contiguous elements of one type. Where every operand is that, a small call goes straight to it. A large
 * one is cut into tasks for threads; operands of other strides or types pass through blocks on the stack that stay in
 * the first cache, and so does a result of other strides.
 */
#include "op.h"

#include "memory.h"
#include "normalize.h"
#include "threads.h"

enum {
    BLOCK = 1024,   /* elements a block on the stack */
    TASK = 1 << 16, /* elements a task: a multiple of BLOCK */
    SMALL = 1 << 14 /* elements that no operation makes worth a second thread */
};

typedef struct map_call {
    dgen__operands operands;
    const dgen_array *out;
    dgen_map_kernel *kernel;
    size_t width; /* bytes an element of the result */
    bool plain_out;
    unsigned numbers, options; /* of the kernel */
    uint64_t number[3]; /* in the operands' type */
} map_call;

static void set_number(map_call *call, int i)
{
    double x = call->operands.operand[i].number;
    float single = (float)x;
    call->numbers |= 1u << i;
    if (call->operands.dtype == DGEN_F32) memcpy(&call->number[i], &single, sizeof single);
    else memcpy(&call->number[i], &x, sizeof x);
}

/* Elements [first, first + count), straight from and to the arrays. */
static void run_plain(const map_call *call, int64_t first, int64_t count)
{
    const void *source[3];
    size_t offset = (size_t)first * call->width;
    for (int i = 0; i < 3; i++) {
        if (call->numbers >> i & 1) source[i] = &call->number[i];
        else if (i < call->operands.row->arrays) source[i] = (const char *)call->operands.operand[i].array->data + offset;
        else source[i] = NULL;
    }
    call->kernel((char *)call->out->data + offset, source, call->numbers, (size_t)count, call->options);
}

/* The same by way of blocks on the stack. */
static void run_blocks(const map_call *call, int64_t first, int64_t count)
{
    alignas(DGEN_ALIGNMENT) double block[4][BLOCK];
    for (int64_t end = first + count; first < end; first += BLOCK) {
        int64_t n = end - first < BLOCK ? end - first : BLOCK;
        const void *source[3] = { NULL, NULL, NULL };
        char *out = (char *)call->out->data + (size_t)first * call->width;
        for (int i = 0; i < call->operands.row->arrays + call->operands.row->parameters; i++) {
            const dgen_array *array = call->operands.operand[i].array;
            source[i] = array ? (const void *)block[i] : &call->number[i];
            if (array && array->dtype == call->operands.dtype && dgen__is_contiguous(array))
                source[i] = (const char *)array->data + (size_t)first * call->width;
            else if (array) dgen__read_elements(block[i], call->operands.dtype, array, first, n);
        }
        call->kernel(call->plain_out ? (void *)out : block[3], source, call->numbers, (size_t)n, call->options);
        if (!call->plain_out) dgen__write_elements(call->out, first, n, block[3]);
    }
}

static void run_task(void *context, uint64_t i)
{
    const map_call *call = context;
    int64_t first = (int64_t)i * TASK, left = call->operands.length - first, count = left < TASK ? left : TASK;
    if (call->operands.plain && call->plain_out) run_plain(call, first, count);
    else run_blocks(call, first, count);
    if (call->options & DGEN_MAP_PAST_CACHE) __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* ------------------------------------------------------------------------------------------------------------- the result */

/* True if writing `out` element by element could change an element of `x` that is still to be read. */
static bool clashes(const dgen_array *out, const dgen_array *x)
{
    if (!dgen__arrays_overlap(out, x)) return false;
    bool same = out->data == x->data && out->dtype == x->dtype && out->ndim == x->ndim;
    for (int i = 0; same && i < out->ndim; i++) same = out->shape[i] == 1 || out->stride[i] == x->stride[i];
    if (same) return false;
    /* Rows of one matrix lie between each other's elements. */
    if (out->ndim != 1 || x->ndim != 1 || out->stride[0] != x->stride[0] || out->dtype != x->dtype) return true;
    uintptr_t to = (uintptr_t)out->data, from = (uintptr_t)x->data;
    int64_t apart = (int64_t)(to > from ? to - from : from - to), stride = out->stride[0] < 0 ? -out->stride[0] : out->stride[0];
    int64_t width = (int64_t)dgen_dtype_bytes(out->dtype), step = stride * width;
    return step == 0 || apart % step < width || apart % step > step - width;
}

static dgen_status check_out(const dgen_array *out, const dgen__operands *operands, dgen_error *error)
{
    if (!out->data && operands->length) return dgen__fail(error, DGEN_EINVAL, "out", "out must not be NULL");
    if (out->dtype != operands->dtype)
        return dgen__fail(error, DGEN_ETYPE, "out", "out must be %s, not %s", dgen_dtype_name(operands->dtype),
                          (unsigned)out->dtype < DGEN_DTYPE_COUNT ? dgen_dtype_name(out->dtype) : "of no type");
    bool fits = dgen_array_length(out) == operands->length && (out->ndim == 1 || operands->shaped->ndim == 1
                                                               || out->ndim == operands->shaped->ndim);
    for (int i = 0; fits && out->ndim == operands->shaped->ndim && i < out->ndim; i++)
        fits = out->shape[i] == operands->shaped->shape[i];
    if (!fits)
        return dgen__fail(error, DGEN_EINVAL, "out", "out must have the shape of the result: %lld elements, not %lld",
                          (long long)operands->length, (long long)dgen_array_length(out));
    for (int i = 0; operands->length > 0 && i < operands->row->arrays; i++)
        if (operands->operand[i].array && clashes(out, operands->operand[i].array))
            return dgen__fail(error, DGEN_EINVAL, "out", "out must not overlap %s unless it is the same array",
                              dgen_operation_get(operands->op)->arguments[i]);
    return DGEN_OK;
}

static dgen_status check_map(dgen__operands *operands, dgen_op op, const dgen_operand *operand,
                             const dgen_op_options *options, dgen_error *error)
{
    dgen_status status = dgen__operands_check(operands, op, operand, options, error);
    if (status != DGEN_OK) return status;
    if (operands->row->kind == REDUCTION || operands->row->kind == PAIR)
        return dgen__fail(error, DGEN_EINVAL, "op", "op must be elementwise; %s is a reduction", operands->row->name);
    return DGEN_OK;
}

dgen_status dgen_map_shape(dgen_array *out, dgen_op op, const dgen_operand *operand, const dgen_op_options *options,
                           dgen_error *error)
{
    dgen__operands operands;
    dgen_status status = check_map(&operands, op, operand, options, error);
    if (status != DGEN_OK) return status;
    dgen_array shape = { .dtype = operands.dtype, .ndim = operands.shaped->ndim };
    int64_t stride = 1;
    for (int i = 0; i < shape.ndim; stride *= shape.shape[i++]) {
        shape.shape[i] = operands.shaped->shape[i];
        shape.stride[i] = stride;
    }
    *out = shape;
    return DGEN_OK;
}

/* -------------------------------------------------------------------------------------------------------------- the calls */

/* A result that will not be found in the cache again is stored past it, which saves reading its lines first. Fresh pages
   go through the cache: the kernel has just cleared them there. */
static bool goes_past_cache(const map_call *call, bool is_new)
{
    uint64_t arrays = 1;
    for (int i = 0; i < call->operands.row->arrays; i++)
        if (call->operands.operand[i].array && call->operands.operand[i].array->data != call->out->data) arrays++;
    if ((uint64_t)call->operands.length * call->width * arrays < dgen__last_cache_bytes() / 4 * 3) return false;
    return call->plain_out && arrays > 1 && !(is_new && dgen__block_is_fresh(call->out->owner));
}

static dgen_status run(const map_call *call, dgen_error *error)
{
    int64_t n = call->operands.length;
    int threads = dgen__op_threads(&call->operands);
    if (threads == 1 && n <= TASK) {
        if (call->operands.plain && call->plain_out) run_plain(call, 0, n);
        else run_blocks(call, 0, n);
        return DGEN_OK;
    }
    uint64_t tasks = (uint64_t)((n + TASK - 1) / TASK);
    if (!dgen__parallel_for(run_task, (void *)call, tasks, threads)) return dgen__fail_canceled(error);
    return DGEN_OK;
}

/* The common small call, settled in a few comparisons: contiguous vectors of one type and length, into one that is apart
   from them or one of them. False if it is another, or wrong: the general way decides. */
static bool map_small(const dgen_array *out, dgen_op op, const dgen_operand *operand, bool nan_ignore)
{
    if ((unsigned)op >= DGEN_OP_COUNT || !out->release || !out->data || out->ndim != 1 || out->stride[0] != 1) return false;
    const dgen__row *row = &dgen__rows[op];
    bool wide = out->dtype == DGEN_F64;
    int64_t n = out->shape[0];
    uintptr_t bytes = (uintptr_t)n << (wide ? 3 : 2);
    int arguments = row->arrays + row->parameters, arrays = 0;
    const void *source[3] = { NULL, NULL, NULL };
    unsigned numbers = 0;
    float single[3];
    if (row->kind > TERNARY || !(wide || out->dtype == DGEN_F32) || n > SMALL) return false;
    if (op == DGEN_OP_clamp && !(operand[1].number <= operand[2].number)) return false;
    for (int i = 0; i < arguments; i++) {
        const dgen_array *array = operand[i].array;
        if (array) {
            uintptr_t apart = (uintptr_t)array->data - (uintptr_t)out->data;
            if (i >= row->arrays || !array->release || !array->data || array->dtype != out->dtype || array->ndim != 1
                || array->shape[0] != n || array->stride[0] != 1 || (apart && apart + bytes - 1 < 2 * bytes - 1))
                return false;
            source[i] = array->data;
            arrays++;
        }
        else {
            single[i] = (float)operand[i].number;
            source[i] = wide ? (const void *)&operand[i].number : &single[i];
            numbers |= 1u << i;
        }
    }
    if (arrays == 0 || (arrays < row->arrays && row->kind < BINARY)) return false;
    dgen__isa()->map[op][wide ? DGEN_F64_KERNELS : DGEN_F32_KERNELS](out->data, source, numbers, (size_t)n, nan_ignore);
    return true;
}

dgen_status dgen_map(dgen_array *out, dgen_op op, const dgen_operand *operand, const dgen_op_options *options,
                     dgen_error *error)
{
    if (map_small(out, op, operand, options && options->nan_ignore)) return DGEN_OK;
    map_call call = { .out = out };
    dgen_array fresh;
    dgen_status status = check_map(&call.operands, op, operand, options, error);
    if (status != DGEN_OK) return status;
    bool is_new = !out->release;
    if (!is_new) status = check_out(out, &call.operands, error);
    else status = dgen_array_alloc(&fresh, call.operands.dtype, call.operands.shaped->ndim, call.operands.shaped->shape, NULL, error);
    if (status != DGEN_OK) return status;
    if (is_new) call.out = &fresh;
    if (call.operands.row->kind == NORMALIZATION)
        status = dgen__normalize(call.out, &call.operands, error);
    else if (call.operands.length > 0) {
        bool wide = call.operands.dtype == DGEN_F64;
        call.kernel = dgen__isa()->map[op][wide ? DGEN_F64_KERNELS : DGEN_F32_KERNELS];
        call.width = wide ? 8 : 4;
        call.plain_out = is_new || dgen__is_contiguous(out);
        for (int i = 0; i < call.operands.row->arrays + call.operands.row->parameters; i++)
            if (!operand[i].array) set_number(&call, i);
        call.options = (call.operands.nan_ignore ? DGEN_MAP_IGNORE_NAN : 0)
            | (goes_past_cache(&call, is_new) ? DGEN_MAP_PAST_CACHE : 0);
        status = run(&call, error);
    }
    if (is_new && status == DGEN_OK) *out = fresh;
    else if (is_new) dgen_array_release(&fresh);
    return status;
}

/* Each operation as a function. */
#define DEFINE_UNARY(name)                                                             \
    dgen_status dgen_##name(dgen_array *out, const dgen_array *x, dgen_error *error) \
    {                                                                                  \
        return dgen_map(out, DGEN_OP_##name, &(dgen_operand){ x, 0 }, NULL, error);    \
    }
#define DEFINE_NORMALIZATION(name) DEFINE_UNARY(name)
#define DEFINE_PARAMETER(name)                                                                             \
    dgen_status dgen_##name(dgen_array *out, const dgen_array *x, double first, dgen_error *error)       \
    {                                                                                                      \
        return dgen_map(out, DGEN_OP_##name, (dgen_operand[]){ { x, 0 }, { NULL, first } }, NULL, error);  \
    }
#define DEFINE_PARAMETERS(name)                                                                                           \
    dgen_status dgen_##name(dgen_array *out, const dgen_array *x, double first, double second, dgen_error *error)       \
    {                                                                                                                     \
        return dgen_map(out, DGEN_OP_##name, (dgen_operand[]){ { x, 0 }, { NULL, first }, { NULL, second } }, NULL, error); \
    }
#define DEFINE_BINARY(name)                                                                                 \
    dgen_status dgen_##name(dgen_array *out, const dgen_array *x, const dgen_array *y, dgen_error *error) \
    {                                                                                                       \
        return dgen_map(out, DGEN_OP_##name, (dgen_operand[]){ { x, 0 }, { y, 0 } }, NULL, error);          \
    }
#define DEFINE_TERNARY(name)                                                                                    \
    dgen_status dgen_##name(dgen_array *out, const dgen_array *x, const dgen_array *y, const dgen_array *z,   \
                            dgen_error *error)                                                                \
    {                                                                                                           \
        return dgen_map(out, DGEN_OP_##name, (dgen_operand[]){ { x, 0 }, { y, 0 }, { z, 0 } }, NULL, error);    \
    }
#define DEFINE_REDUCTION(name)
#define DEFINE_PAIR(name)
#define DGEN_OP(name, kind, arguments, cost, error_f32, error_f64, nan, body, formula, summary) DEFINE_##kind(name)
#include "ops.def"
#undef DGEN_OP
