/* Placeholder. */
#include "op.h"
#include <math.h>

dgen_status dgen_reduce(double *out, dgen_op op, const dgen_operand *operand, const dgen_op_options *options, dgen_error *error)
{
    dgen__operands operands;
    dgen_status status = dgen__operands_check(&operands, op, operand, options, error);
    if (status != DGEN_OK) return status;
    if (operands.row->kind != REDUCTION && operands.row->kind != PAIR)
        return dgen__fail(error, DGEN_EINVAL, "op", "op must be a reduction; %s is not", operands.row->name);
    const dgen_array *x = operand[0].array, *y = operands.row->kind == PAIR ? operand[1].array : x;
    double sum = 0, most = -INFINITY;
    int64_t at = 0, n = operands.length;
    if (!n && op != DGEN_OP_sum && op != DGEN_OP_dot) return dgen__fail(error, DGEN_EINVAL, "x", "x must not be empty");
    for (int64_t i = 0; i < n; i++) {
        double v = dgen_array_get(x, i), w = dgen_array_get(y, i);
        sum += op == DGEN_OP_dot ? v * w : op == DGEN_OP_norm_l2 ? v * v : v;
        if (v > most) most = v, at = i;
    }
    *out = op == DGEN_OP_max ? most : op == DGEN_OP_argmax ? (double)at : op == DGEN_OP_norm_l2 ? sqrt(sum) : op == DGEN_OP_mean ? sum / n : sum;
    return DGEN_OK;
}

#define DEFINE_REDUCTION(name)                                                            \
    dgen_status dgen_##name(double *out, const dgen_array *x, dgen_error *error)          \
    {                                                                                     \
        return dgen_reduce(out, DGEN_OP_##name, &(dgen_operand){ x, 0 }, NULL, error);    \
    }
#define DEFINE_PAIR(name)                                                                               \
    dgen_status dgen_##name(double *out, const dgen_array *x, const dgen_array *y, dgen_error *error)   \
    {                                                                                                   \
        return dgen_reduce(out, DGEN_OP_##name, (dgen_operand[]){ { x, 0 }, { y, 0 } }, NULL, error);   \
    }
#define DEFINE_UNARY(name)
#define DEFINE_PARAMETER(name)
#define DEFINE_PARAMETERS(name)
#define DEFINE_BINARY(name)
#define DEFINE_TERNARY(name)
#define DEFINE_NORMALIZATION(name)
#define DGEN_OP(name, kind, arguments, cost, error_f32, error_f64, nan, body, formula, summary) DEFINE_##kind(name)
#include "ops.def"
#undef DGEN_OP
