/*
 * Normalizations: an array by way of its own reductions. Each is (x - center) / spread, for two numbers that come first.
 */
#include "normalize.h"

#include <math.h>

#include "threads.h"

enum { BLOCK = 1024, TASK = 1 << 16 }; /* elements: a block on the stack, a task */

typedef struct normalization {
    const dgen_array *out;
    const dgen__operands *operands;
    double center, spread, nan;
} normalization;

/* The operands as those of another operation. */
static dgen__operands operands_for(const normalization *call, dgen_op op)
{
    dgen__operands operands = *call->operands;
    operands.op = op;
    operands.row = &dgen__rows[op];
    return operands;
}

static dgen_status by_deviation(normalization *call, dgen_error *error)
{
    dgen__operands operands = operands_for(call, DGEN_OP_sd);
    dgen_status status = dgen__mean_and_deviation(&call->center, &call->spread, &operands, error);
    if (status != DGEN_OK || call->spread != 0) return status;
    return dgen__fail(error, DGEN_EINVAL, "x", "x must vary; all its elements are equal");
}

static dgen_status by_range(normalization *call, dgen_error *error)
{
    double most;
    dgen__operands operands = operands_for(call, DGEN_OP_max);
    dgen_status status = dgen__reduce(&most, &operands, error);
    operands = operands_for(call, DGEN_OP_min);
    if (status == DGEN_OK) status = dgen__reduce(&call->center, &operands, error);
    call->spread = isnan(most) ? most : most - call->center;
    if (status != DGEN_OK || call->spread != 0) return status;
    return dgen__fail(error, DGEN_EINVAL, "x", "x must vary; all its elements are equal");
}

static dgen_status by_norm(normalization *call, dgen_error *error)
{
    dgen__operands operands = operands_for(call, DGEN_OP_norm_l2);
    if (operands.length == 0) return dgen__fail(error, DGEN_EINVAL, "x", "x must not be empty");
    dgen_status status = dgen__reduce(&call->spread, &operands, error);
    if (status != DGEN_OK || call->spread != 0) return status;
    return dgen__fail(error, DGEN_EINVAL, "x", "x must have an element other than 0");
}

typedef dgen_status prepare(normalization *call, dgen_error *error);

#define PREPARE_UNARY(body) NULL
#define PREPARE_PARAMETER(body) NULL
#define PREPARE_PARAMETERS(body) NULL
#define PREPARE_BINARY(body) NULL
#define PREPARE_TERNARY(body) NULL
#define PREPARE_REDUCTION(body) NULL
#define PREPARE_PAIR(body) NULL
#define PREPARE_NORMALIZATION(body) body

static prepare *const prepares[DGEN_OP_COUNT] = {
#define DGEN_OP(name, kind, arguments, cost, error_f32, error_f64, nan, body, formula, summary) PREPARE_##kind(body),
#include "ops.def"
#undef DGEN_OP
};

static void run_task(void *context, uint64_t i)
{
    const normalization *call = context;
    alignas(DGEN_ALIGNMENT) double block[2][BLOCK];
    const dgen_array *x = call->operands->operand[0].array, *out = call->out;
    dgen_dtype dtype = call->operands->dtype;
    size_t width = dgen_dtype_bytes(dtype);
    bool plain_out = dgen__is_contiguous(out);
    int64_t first = (int64_t)i * TASK, left = call->operands->length - first, end = first + (left < TASK ? left : TASK);
    for (; first < end; first += BLOCK) {
        int64_t n = end - first < BLOCK ? end - first : BLOCK;
        const void *source = block[0];
        void *to = plain_out ? (char *)out->data + (size_t)first * width : (void *)block[1];
        if (call->operands->plain) source = (const char *)x->data + (size_t)first * width;
        else dgen__read_elements(block[0], dtype, x, first, n);
        dgen__isa()->standardize[dtype == DGEN_F64](to, source, (size_t)n, call->center, call->spread, call->nan);
        if (!plain_out) dgen__write_elements(out, first, n, block[1]);
    }
}

dgen_status dgen__normalize(const dgen_array *out, const dgen__operands *operands, dgen_error *error)
{
    normalization call = { .out = out, .operands = operands };
    dgen_status status = prepares[operands->op](&call, error);
    if (status != DGEN_OK) return status;
    call.nan = isnan(call.spread) ? call.spread : (double)NAN;
    uint64_t tasks = (uint64_t)((operands->length + TASK - 1) / TASK);
    if (!dgen__parallel_for(run_task, &call, tasks, dgen__op_threads(operands))) return dgen__fail_canceled(error);
    return DGEN_OK;
}
