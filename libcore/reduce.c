/*
 * Reductions: one or two arrays to a number, in an order that depends on their length alone.
 *
 * A kernel takes elements in pieces; pieces add up to blocks and blocks to the whole, each in order, and threads share
 * out blocks. Operands of other strides or types are gathered a piece at a time, so they give the same bits.
 *
 * The kernels of sums look neither for NaNs nor for overflow, so that the first pass is as fast as memory; what it comes
 * to tells whether to believe it. A sum that is not finite, or so small that products may have vanished, is made again by
 * the careful pass: in f64 whatever the type, without the NaNs if those are ignored, and where that does not do, once more
 * with the elements scaled by a power of 2.
 */
#include "op.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "threads.h"

enum {
    BLOCK = 1 << 16,                    /* elements a block, and a task */
    CAREFUL_PIECE = DGEN_PIECE_BYTES / 8 /* elements a piece in f64 */
};

/* One pass over the operands. */
typedef struct pass {
    const dgen__operands *operands;
    const struct recipe *recipe;
    dgen_reduce_kernel *kernel;
    dgen_dtype dtype;  /* the kernel's */
    bool direct;       /* the kernel reads the arrays where they are */
    bool careful;
    double center;     /* a number in the terms */
    double scale[2];   /* powers of 2 that a careful pass multiplies the elements by */
    double unscale;    /* 1 / scale[0] */
    dgen_partial *blocks;
} pass;

/* ------------------------------------------------------------------------------------------------------------- recipes */

enum family { SUMS_FAMILY, MOMENTS_FAMILY, EXTREME_FAMILY, POSITION_FAMILY };
enum choice { greater, lesser };

/* What to make of a row's partial results. */
typedef struct recipe {
    uint8_t family, terms;
    uint8_t degree; /* sums: 1 of elements, 2 of products of two */
    uint8_t choice, about_max, needs; /* at least so many elements */
    double (*finish)(const dgen_partial *whole, const pass *pass);
} recipe;

static double value_of(const dgen_partial *whole, int i)
{
    return isfinite(whole->sum[i]) ? whole->sum[i] + whole->lost[i] : whole->sum[i];
}

static double total(const dgen_partial *whole, const pass *pass)
{
    double value = value_of(whole, 0) * pass->unscale;
    return pass->recipe->degree == 2 ? value * pass->unscale : value;
}

static double mean(const dgen_partial *whole, const pass *pass)
{
    return value_of(whole, 0) / (double)whole->count * pass->unscale;
}

static double root(const dgen_partial *whole, const pass *pass) { return sqrt(value_of(whole, 0)) * pass->unscale; }

static double variance(const dgen_partial *whole, const pass *pass)
{
    return value_of(whole, 1) / (double)(whole->count - 1) * pass->unscale * pass->unscale;
}

static double deviation(const dgen_partial *whole, const pass *pass)
{
    return sqrt(value_of(whole, 1) / (double)(whole->count - 1)) * pass->unscale;
}

static double extreme(const dgen_partial *whole, const pass *pass)
{
    (void)pass;
    return whole->sum[0];
}

/* Beyond 1 by rounding only. */
static double cosine(const dgen_partial *whole, const pass *pass)
{
    (void)pass;
    double value = value_of(whole, 0) / sqrt(value_of(whole, 1) * value_of(whole, 2));
    return value > 1 ? 1 : value < -1 ? -1 : value;
}

/* By the core's own logarithm: libm's bits are the machine's. */
static double log_total(const dgen_partial *whole, const pass *pass)
{
    double value = value_of(whole, 0), logarithm;
    const void *source[3] = { &value, NULL, NULL };
    dgen__isa()->map[DGEN_OP_log][DGEN_F64_KERNELS](&logarithm, source, 0, 1, false);
    return pass->center + logarithm;
}

static double position(const dgen_partial *whole, const pass *pass);

#define RECIPE_UNARY(body) { 0 }
#define RECIPE_PARAMETER(body) { 0 }
#define RECIPE_PARAMETERS(body) { 0 }
#define RECIPE_BINARY(body) { 0 }
#define RECIPE_TERNARY(body) { 0 }
#define RECIPE_NORMALIZATION(body) { 0 }
#define RECIPE_REDUCTION(...) __VA_ARGS__
#define RECIPE_PAIR(...) __VA_ARGS__
#define SUM(term, degree, needs, finish) { SUMS_FAMILY, 1, degree, 0, false, needs, finish }
#define SUM_ABOUT_MAX(term, finish) { SUMS_FAMILY, 1, 1, 0, true, 0, finish }
#define SUMS(first, second, third, needs, finish) { SUMS_FAMILY, 3, 2, 0, false, needs, finish }
#define MOMENTS(finish) { MOMENTS_FAMILY, 2, 2, 0, false, 2, finish }
#define EXTREME(choice, key) { EXTREME_FAMILY, 1, 0, choice, false, 1, extreme }
#define POSITION(choice) { POSITION_FAMILY, 1, 0, choice, false, 1, position }

static const recipe recipes[DGEN_OP_COUNT] = {
#define DGEN_OP(name, kind, arguments, cost, error_f32, error_f64, nan, body, formula, summary) RECIPE_##kind(body),
#include "ops.def"
#undef DGEN_OP
};

/* ------------------------------------------------------------------------------------------------------------ combining */

/* sum + x, and what that lost (D. Knuth, "The Art of Computer Programming" 2, 4.2.2). */
static void add_exactly(double *sum, double *lost, double x)
{
    double old = *sum, now = old + x, share = now - old;
    *lost += (old - (now - share)) + (x - share);
    *sum = now;
}

/* Chan, Golub and LeVeque's update of mean and squared deviations. */
static void add_moments(dgen_partial *whole, const dgen_partial *part)
{
    double n = (double)whole->count, m = (double)part->count;
    double apart = (part->sum[0] - whole->sum[0]) + (part->lost[0] - whole->lost[0]);
    add_exactly(&whole->sum[1], &whole->lost[1], part->sum[1]);
    add_exactly(&whole->sum[1], &whole->lost[1], apart * apart * (n * (m / (n + m))));
    whole->lost[1] += part->lost[1];
    add_exactly(&whole->sum[0], &whole->lost[0], apart * (m / (n + m)));
}

/* Zeros count as equal where a position is wanted; -0 is less than 0 where a value is. */
static bool is_better(const recipe *recipe, double a, double b)
{
    bool zeros = a == 0 && b == 0 && recipe->family == EXTREME_FAMILY;
    if (UNLIKELY(zeros)) return recipe->choice == greater ? !signbit(a) && signbit(b) : signbit(a) && !signbit(b);
    return recipe->choice == greater ? a > b : a < b;
}

/* Adds the part that follows. */
static void combine(const recipe *recipe, dgen_partial *whole, const dgen_partial *part)
{
    if (part->has_nan && !whole->has_nan) whole->has_nan = true, whole->nan_at = part->nan_at;
    if (part->count == 0) return;
    if (whole->count == 0) {
        memcpy(whole->sum, part->sum, sizeof whole->sum);
        memcpy(whole->lost, part->lost, sizeof whole->lost);
        whole->index = part->index;
    }
    else if (recipe->family == SUMS_FAMILY)
        for (int i = 0; i < recipe->terms; i++) {
            add_exactly(&whole->sum[i], &whole->lost[i], part->sum[i]);
            whole->lost[i] += part->lost[i];
        }
    else if (recipe->family == MOMENTS_FAMILY) add_moments(whole, part);
    else if (is_better(recipe, part->sum[0], whole->sum[0])) whole->sum[0] = part->sum[0], whole->index = part->index;
    whole->count += part->count;
}

/* -------------------------------------------------------------------------------------------------------------- pieces */

static int arrays_of(const pass *pass) { return pass->operands->row->arrays; }

/* The elements of operand i, where they are or in the buffer. */
static const void *gather(const pass *pass, int i, int64_t first, int64_t n, void *buffer)
{
    const dgen_array *array = pass->operands->operand[i].array;
    if (array->dtype == pass->dtype && dgen__is_contiguous(array) && !pass->careful)
        return (const char *)array->data + first * (int64_t)dgen_dtype_bytes(pass->dtype);
    dgen__read_elements(buffer, pass->dtype, array, first, n);
    return buffer;
}

/* Scales the elements and leaves out those where either is NaN; says how many are left. */
static int64_t drop_nan(const pass *pass, double *x, double *y, int64_t n)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        double a = x[i], b = y ? y[i] : 0;
        x[kept] = a * pass->scale[0];
        if (y) y[kept] = b * pass->scale[1];
        kept += !isunordered(a, b);
    }
    return kept;
}

/* The first best element of those that are numbers. */
static void place(const recipe *recipe, dgen_partial *out, const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (isnan(x[i])) continue;
        if (!out->count || is_better(recipe, x[i], out->sum[0])) out->sum[0] = x[i], out->index = i;
        out->count++;
    }
}

/* Not inlined: its buffers are for those that need them. */
static __attribute__((noinline)) void reduce_gathered(const pass *pass, int64_t first, int64_t n, dgen_partial *out)
{
    alignas(DGEN_ALIGNMENT) double buffer[2][CAREFUL_PIECE];
    const void *x = gather(pass, 0, first, n, buffer[0]);
    const void *y = arrays_of(pass) == 2 ? gather(pass, 1, first, n, buffer[1]) : NULL;
    if (pass->careful && pass->recipe->family == POSITION_FAMILY) {
        place(pass->recipe, out, x, n);
        return;
    }
    if (pass->careful) n = drop_nan(pass, buffer[0], y ? buffer[1] : NULL, n);
    pass->kernel(out, x, y, (size_t)n, pass->center);
}

static void reduce_piece(const pass *pass, int64_t first, int64_t n, dgen_partial *out)
{
    *out = (dgen_partial){ .count = 0 };
    if (pass->direct) {
        int64_t at = first << (pass->dtype == DGEN_F64 ? 3 : 2);
        const dgen_operand *operand = pass->operands->operand;
        const char *y = arrays_of(pass) == 2 ? (const char *)operand[1].array->data + at : NULL;
        pass->kernel(out, (const char *)operand[0].array->data + at, y, (size_t)n, pass->center);
    }
    else reduce_gathered(pass, first, n, out);
    out->index += first;
}

/* The first element of [first, first + n) that is NaN in either operand. */
static __attribute__((noinline)) int64_t first_nan(const pass *pass, int64_t first, int64_t n)
{
    alignas(DGEN_ALIGNMENT) double buffer[CAREFUL_PIECE];
    for (int64_t end = first + n; first < end; first += CAREFUL_PIECE) {
        int64_t count = end - first < CAREFUL_PIECE ? end - first : CAREFUL_PIECE, at = count;
        for (int i = 0; i < arrays_of(pass); i++) {
            const void *elements = gather(pass, i, first, count, buffer);
            at = (int64_t)dgen__isa()->find[pass->dtype == DGEN_F64](elements, (size_t)at, NAN);
        }
        if (at < count) return first + at;
    }
    return -1;
}

/* A sum that is NaN may be one of numbers: Inf - Inf. */
static void note_nan(const pass *pass, int64_t first, int64_t n, dgen_partial *out)
{
    bool suspect = out->has_nan;
    for (int i = 0; i < pass->recipe->terms; i++) suspect |= isnan(out->sum[i]) != 0;
    if (LIKELY(!suspect) || pass->careful) return;
    out->nan_at = first_nan(pass, first, n);
    out->has_nan = out->nan_at >= 0;
}

static void reduce_block(const pass *pass, int64_t first, int64_t n, dgen_partial *out)
{
    int64_t piece = pass->dtype == DGEN_F64 ? DGEN_PIECE_BYTES / 8 : DGEN_PIECE_BYTES / 4, end = first + n;
    reduce_piece(pass, first, n < piece ? n : piece, out);
    for (int64_t at = first + piece; at < end; at += piece) {
        dgen_partial part;
        reduce_piece(pass, at, end - at < piece ? end - at : piece, &part);
        combine(pass->recipe, out, &part);
    }
    note_nan(pass, first, n, out);
}

static void run_task(void *context, uint64_t i)
{
    const pass *pass = context;
    int64_t first = (int64_t)i * BLOCK, left = pass->operands->length - first;
    reduce_block(pass, first, left < BLOCK ? left : BLOCK, &pass->blocks[i]);
}

/* Reduces all elements. */
static dgen_status run(pass *pass, dgen_partial *whole, dgen_error *error)
{
    int64_t n = pass->operands->length;
    if (n <= BLOCK) {
        reduce_block(pass, 0, n, whole);
        return DGEN_OK;
    }
    uint64_t blocks = (uint64_t)((n + BLOCK - 1) / BLOCK);
    pass->blocks = malloc(blocks * sizeof *pass->blocks);
    if (!pass->blocks) return dgen__fail(error, DGEN_ENOMEM, "", "out of memory");
    bool done = dgen__parallel_for(run_task, pass, blocks, dgen__op_threads(pass->operands));
    *whole = pass->blocks[0];
    for (uint64_t i = 1; done && i < blocks; i++) combine(pass->recipe, whole, &pass->blocks[i]);
    free(pass->blocks);
    return done ? DGEN_OK : dgen__fail_canceled(error);
}

/* --------------------------------------------------------------------------------------------------------------- passes */

static pass first_pass(const dgen__operands *operands)
{
    return (pass){ .operands = operands, .recipe = &recipes[operands->op], .dtype = operands->dtype,
                   .direct = operands->plain, .scale = { 1, 1 }, .unscale = 1,
                   .kernel = dgen__isa()->reduce[operands->op][operands->dtype == DGEN_F64] };
}

/* A sum of products from here on is one that those that vanished below the least of its type could not change. */
static const double LEAST_F32 = 1e-26, LEAST_F64 = 1e-290;
/* Where the product of two such sums is in range, too. */
static const double LEAST_FACTOR = 1e-150, MOST_FACTOR = 1e150;

static bool is_within(double value, double least, double most) { return value >= least && value <= most; }

/* Whether overflow and underflow had no part in it, nor NaNs. */
static inline bool is_sound(const recipe *recipe, bool wide, const dgen_partial *whole)
{
    double least = recipe->degree < 2 ? 0 : wide ? LEAST_F64 : LEAST_F32, most = DBL_MAX;
    if (whole->has_nan) return false;
    if (recipe->family == SUMS_FAMILY && recipe->terms == 1) return is_within(fabs(whole->sum[0]), least, most);
    if (recipe->family == MOMENTS_FAMILY) return is_within(whole->sum[1], least, most);
    if (recipe->family != SUMS_FAMILY) return true;
    if (wide) least = LEAST_FACTOR, most = MOST_FACTOR;
    return isfinite(whole->sum[0]) && is_within(whole->sum[1], least, most) && is_within(whole->sum[2], least, most);
}

static dgen_status reduce(pass *pass, dgen_partial *whole, dgen_error *error);

/* The greatest x (DGEN_OP_max) or |x| (DGEN_OP_norm_linf) of operand i; -Inf of nothing. */
static dgen_status greatest_of(double *out, const pass *of, int i, dgen_op op, bool nan_ignore, dgen_partial *whole,
                               dgen_error *error)
{
    dgen__operands operands = *of->operands;
    operands.op = op;
    operands.row = &dgen__rows[op];
    operands.operand += i;
    operands.nan_ignore = nan_ignore;
    pass pass = first_pass(&operands);
    dgen_status status = reduce(&pass, whole, error);
    *out = whole->count ? whole->sum[0] : -INFINITY;
    return status;
}

/* Chooses the powers of 2 that bring the greatest element of each operand to 0.5 .. 1; the same one for both, but where
   the result depends on neither. False if no power helps. */
static dgen_status choose_scale(pass *pass, bool *useful, dgen_error *error)
{
    double most[2] = { 0, 0 };
    for (int i = 0; i < arrays_of(pass); i++) {
        dgen_partial whole;
        dgen_status status = greatest_of(&most[i], pass, i, DGEN_OP_norm_linf, true, &whole, error);
        if (status != DGEN_OK) return status;
    }
    if (arrays_of(pass) == 1) most[1] = most[0];
    else if (pass->recipe->terms == 1) most[0] = most[1] = fmax(most[0], most[1]);
    *useful = most[0] > 0 && most[1] > 0 && isfinite(most[0]) && isfinite(most[1]);
    for (int i = 0; *useful && i < 2; i++) {
        int exponent;
        frexp(most[i], &exponent);
        pass->scale[i] = ldexp(1, exponent < -1000 ? 1000 : exponent > 1000 ? -1000 : -exponent);
    }
    pass->unscale = 1 / pass->scale[0];
    return DGEN_OK;
}

static dgen_status reduce_carefully(pass *pass, dgen_partial *whole, dgen_error *error)
{
    dgen_status status = DGEN_OK;
    bool again = pass->dtype == DGEN_F32 || whole->has_nan, useful = false;
    pass->careful = true;
    pass->direct = false;
    pass->dtype = DGEN_F64;
    pass->kernel = dgen__isa()->reduce[pass->operands->op][DGEN_F64_KERNELS];
    if (again) status = run(pass, whole, error);
    if (status != DGEN_OK || whole->count == 0 || is_sound(pass->recipe, pass->dtype == DGEN_F64, whole)) return status;
    status = choose_scale(pass, &useful, error);
    return useful ? run(pass, whole, error) : status;
}

/* Reduces to *whole, which has_nan still if a NaN is the result. */
static dgen_status reduce(pass *pass, dgen_partial *whole, dgen_error *error)
{
    dgen_status status = run(pass, whole, error);
    if (LIKELY(status == DGEN_OK && is_sound(pass->recipe, pass->dtype == DGEN_F64, whole))) return DGEN_OK;
    if (status != DGEN_OK || whole->count == 0 || (whole->has_nan && !pass->operands->nan_ignore)) return status;
    return reduce_carefully(pass, whole, error);
}

/* -------------------------------------------------------------------------------------------------------------- results */

/* The NaN that stands at an index, quieted; its payload is kept, so that R's NA stays one. */
static double nan_at(const dgen__operands *operands, int64_t i)
{
    double value = dgen_array_get(operands->operand[0].array, i);
    uint64_t bits;
    if (!isnan(value)) value = dgen_array_get(operands->operand[1].array, i);
    memcpy(&bits, &value, sizeof bits);
    bits |= UINT64_C(1) << 51;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

/* Where in its stretch the best element is. */
static double position(const dgen_partial *whole, const pass *pass)
{
    enum { STRETCH = DGEN_STRETCH_BYTES / 4 };
    alignas(DGEN_ALIGNMENT) double buffer[STRETCH];
    int64_t left = pass->operands->length - whole->index;
    int64_t n = left < STRETCH ? left : STRETCH;
    const void *elements = gather(pass, 0, whole->index, n, buffer);
    return (double)whole->index + (double)dgen__isa()->find[pass->dtype == DGEN_F64](elements, (size_t)n, whole->sum[0]);
}

/* A NaN that no operand had is positive and plain, on every machine. */
static double plain_nan(double value) { return isnan(value) ? (double)NAN : value; }

static dgen_status check_count(const pass *pass, const dgen_partial *whole, dgen_error *error)
{
    const char *name = dgen_operation_get(pass->operands->op)->arguments[0];
    bool dropped = whole->count < pass->operands->length;
    if (whole->count >= pass->recipe->needs) return DGEN_OK;
    if (pass->recipe->needs == 2)
        return dgen__fail(error, DGEN_EINVAL, name, "%s must have at least 2 elements%s", name,
                          dropped ? " that are not NaN" : "");
    if (dropped) return dgen__fail(error, DGEN_EINVAL, name, "%s must have an element that is not NaN", name);
    return dgen__fail(error, DGEN_EINVAL, name, "%s must not be empty", name);
}

/* The greatest element as the center, unless it is the result. */
static dgen_status find_center(pass *pass, bool *is_result, dgen_error *error)
{
    dgen_partial whole;
    dgen_status status = greatest_of(&pass->center, pass, 0, DGEN_OP_max, pass->operands->nan_ignore, &whole, error);
    if (status != DGEN_OK) return status;
    if (whole.has_nan) pass->center = nan_at(pass->operands, whole.nan_at);
    *is_result = !isfinite(pass->center);
    return DGEN_OK;
}

dgen_status dgen__reduce(double *out, const dgen__operands *operands, dgen_error *error)
{
    pass pass = first_pass(operands);
    dgen_partial whole;
    bool is_result = false;
    dgen_status status = pass.recipe->about_max ? find_center(&pass, &is_result, error) : DGEN_OK;
    if (status == DGEN_OK && !is_result) status = reduce(&pass, &whole, error);
    if (status == DGEN_OK && !is_result && !whole.has_nan) status = check_count(&pass, &whole, error);
    if (status != DGEN_OK) return status;
    if (is_result) *out = pass.center;
    else if (!whole.has_nan) *out = plain_nan(pass.recipe->finish(&whole, &pass));
    else *out = pass.recipe->family == POSITION_FAMILY ? (double)whole.nan_at : nan_at(operands, whole.nan_at);
    return DGEN_OK;
}

dgen_status dgen__mean_and_deviation(double *out_mean, double *out_deviation, const dgen__operands *operands,
                                     dgen_error *error)
{
    pass pass = first_pass(operands);
    dgen_partial whole;
    dgen_status status = reduce(&pass, &whole, error);
    if (status == DGEN_OK && !whole.has_nan) status = check_count(&pass, &whole, error);
    if (status != DGEN_OK) return status;
    double nan = whole.has_nan ? nan_at(operands, whole.nan_at) : 0;
    *out_mean = whole.has_nan ? nan : plain_nan(value_of(&whole, 0) * pass.unscale);
    *out_deviation = whole.has_nan ? nan : plain_nan(deviation(&whole, &pass));
    return DGEN_OK;
}

/* True for contiguous vectors of one real type and length. */
static bool are_simple(const dgen_operand *operand, int arrays)
{
    const dgen_array *x = operand[0].array;
    for (int i = 0; i < arrays; i++) {
        const dgen_array *array = operand[i].array;
        if (!array || !array->release || !array->data || array->ndim != 1 || array->stride[0] != 1
            || array->dtype != x->dtype || array->shape[0] != x->shape[0])
            return false;
    }
    return x->dtype == DGEN_F32 || x->dtype == DGEN_F64;
}

/* The common small call, settled in a few comparisons: simple vectors of one piece, with nothing to make good. False if it
   is another, or wrong: the general way decides. */
static bool reduce_small(double *out, dgen_op op, const dgen_operand *operand)
{
    if ((unsigned)op >= DGEN_OP_COUNT) return false;
    const recipe *recipe = &recipes[op];
    int arrays = dgen__rows[op].arrays;
    if (!recipe->finish || recipe->about_max || !are_simple(operand, arrays)) return false;
    const dgen_array *x = operand[0].array;
    bool wide = x->dtype == DGEN_F64;
    int64_t n = x->shape[0], most = wide ? DGEN_PIECE_BYTES / 8 : DGEN_PIECE_BYTES / 4;
    if (n < 2 || n > most) return false;
    const dgen_isa_kernels *isa = dgen__isa();
    dgen_partial whole;
    whole.has_nan = false;
    isa->reduce[op][wide](&whole, x->data, arrays == 2 ? operand[1].array->data : NULL, (size_t)n, 0);
    if (!is_sound(recipe, wide, &whole)) return false;
    if (recipe->family == POSITION_FAMILY) {
        const char *from = (const char *)x->data + (whole.index << (wide ? 3 : 2));
        *out = (double)whole.index + (double)isa->find[wide](from, (size_t)(n - whole.index), whole.sum[0]);
    }
    else *out = recipe->finish(&whole, &(pass){ .recipe = recipe, .unscale = 1 });
    return true;
}

dgen_status dgen_reduce(double *out, dgen_op op, const dgen_operand *operand, const dgen_op_options *options,
                        dgen_error *error)
{
    if (reduce_small(out, op, operand)) return DGEN_OK;
    dgen__operands operands;
    dgen_status status = dgen__operands_check(&operands, op, operand, options, error);
    if (status != DGEN_OK) return status;
    if (operands.row->kind != REDUCTION && operands.row->kind != PAIR)
        return dgen__fail(error, DGEN_EINVAL, "op", "op must be a reduction; %s is not", operands.row->name);
    return dgen__reduce(out, &operands, error);
}

/* Each reduction as a function. */
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
