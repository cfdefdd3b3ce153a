/* Everything that is compiled once per ISA, and the table of it. */
#include "cells.h"

#define REAL_BITS 32
#include "real.h"
#undef REAL_BITS
#define REAL_BITS 64
#include "real.h"
#undef REAL_BITS

#define ENTRY_UNARY(name) { name##_kernel_f32, name##_kernel_f64 }
#define ENTRY_PARAMETER(name) ENTRY_UNARY(name)
#define ENTRY_PARAMETERS(name) ENTRY_UNARY(name)
#define ENTRY_BINARY(name) ENTRY_UNARY(name)
#define ENTRY_TERNARY(name) ENTRY_UNARY(name)
#define ENTRY_REDUCTION(name) { NULL, NULL }
#define ENTRY_PAIR(name) { NULL, NULL }
#define ENTRY_NORMALIZATION(name) { NULL, NULL }

static dgen_map_kernel *const map[][DGEN_REAL_TYPES] = {
#define DGEN_OP(name, kind, arguments, cost, error_f32, error_f64, nan, body, formula, summary) ENTRY_##kind(name),
#include "../ops.def"
#undef DGEN_OP
};

#undef ENTRY_UNARY
#undef ENTRY_REDUCTION
#undef ENTRY_PAIR
#define ENTRY_UNARY(name) { NULL, NULL }
#define ENTRY_REDUCTION(name) { name##_reduction_f32, name##_reduction_f64 }
#define ENTRY_PAIR(name) ENTRY_REDUCTION(name)

static dgen_reduce_kernel *const reduce[][DGEN_REAL_TYPES] = {
#define DGEN_OP(name, kind, arguments, cost, error_f32, error_f64, nan, body, formula, summary) ENTRY_##kind(name),
#include "../ops.def"
#undef DGEN_OP
};
static size_t (*const find[])(const void *x, size_t n, double wanted) = { find_f32, find_f64 };
static void (*const standardize[])(void *out, const void *x, size_t n, double center, double spread,
                                   double nan) = { standardize_f32, standardize_f64 };

static void (*const squares_of_rows[])(double *sums, const void *x, size_t rows,
                                       size_t columns) = { squares_of_rows_f32, squares_of_rows_f64 };
static void (*const transpose[])(void *to, size_t to_stride, const void *from, size_t from_stride, size_t rows,
                                 size_t columns, bool past_cache) = { transpose_f32, transpose_f64 };

#include "outcomes.h"
#include "integers.h"
#include "convert.h"
#include "quantize.h"
#include "scale_search.h"
#include "dequantize.h"
#include "widths.h"

static dgen_draw_kernel *const draw[][DGEN_DRAW_TYPES] = {
#define DGEN_DRAW(method, f64, f32, i32, i64, u8) { f64, f32, i32, i64, u8 },
#include "draws.def"
#undef DGEN_DRAW
};

static const dgen_quantize_kernels quantization = {
    quantize_row, range_of_row, scales_of_ranges, encode_row, scale_candidates, candidate_errors, decode_row, unpack_row,
    { f64_to_single, f16_to_single, bf16_to_single }, { single_to_f64, single_to_f16, single_to_bf16 }
};

const dgen_isa_kernels DGEN_ISA_TABLE = { DGEN_ISA_NAME, repeat, skew, copy_streaming, permute, count_differences, map,
                                          reduce, find, standardize, outward, squares_of_rows, transpose, draw, convert,
                                          &quantization };
