/* The registry of operations from the inside, and what maps and reductions share: checked operands, and elements of any
   array as f32 or f64. */
#ifndef DGEN_OP_H
#define DGEN_OP_H

#include "core.h"
#include "cpu.h"

/* What a kind is. */
enum dgen__row_kind { UNARY, PARAMETER, PARAMETERS, BINARY, TERNARY, REDUCTION, PAIR, NORMALIZATION };

typedef struct dgen__row {
    const char *name;
    uint8_t kind, arrays, parameters, has_nan_option, is_index;
    uint16_t cost; /* ops.def's picoseconds */
} dgen__row;

extern const dgen__row dgen__rows[DGEN_OP_COUNT];

/* What checked operands have in common. */
typedef struct dgen__operands {
    const dgen__row *row;
    dgen_op op;
    const dgen_operand *operand; /* row->arrays + row->parameters of them */
    dgen_dtype dtype;            /* DGEN_F32 or DGEN_F64: what they are promoted to */
    bool plain;                  /* every array is contiguous and of that type */
    bool nan_ignore;
    int max_threads;
    int64_t length;
    const dgen_array *shaped; /* the operand whose shape is theirs all */
} dgen__operands;

dgen_status dgen__operands_check(dgen__operands *out, dgen_op op, const dgen_operand *operand,
                                 const dgen_op_options *options, dgen_error *error);

/* Elements [first, first + count) of an array with any strides, promoted to dtype (f32 or f64). */
void dgen__read_elements(void *out, dgen_dtype dtype, const dgen_array *array, int64_t first, int64_t count);
/* Stores elements of the array's own type. */
void dgen__write_elements(const dgen_array *array, int64_t first, int64_t count, const void *elements);

/* True if a byte from the lowest to the highest element of one lies between those of the other. */
bool dgen__arrays_overlap(const dgen_array *a, const dgen_array *b);

/* How many threads n elements of a row are worth, and how many elements a task then has. */
int dgen__op_threads(const dgen__operands *operands);

/* A reduction of checked operands. */
dgen_status dgen__reduce(double *out, const dgen__operands *operands, dgen_error *error);
/* Mean and standard deviation at once, of operands checked for DGEN_OP_sd. */
dgen_status dgen__mean_and_deviation(double *mean, double *deviation, const dgen__operands *operands, dgen_error *error);

#endif
