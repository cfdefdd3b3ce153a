/*
 * Random values in one call: the shape of the result, where it goes, and who draws it.
 */
#include "random.h"

#include "memory.h"
#include "op.h"
#include "threads.h"

/* The shape of the result, in `shape`, and how many values that is. */
static dgen_status find_shape(dgen_array *shape, uint64_t *values, const dgen__distribution *row, int ndim,
                              const int64_t *dimensions, dgen_error *error)
{
    uint64_t n = 1;
    *shape = (dgen_array){ .ndim = ndim };
    if (row->kind == DGEN_ORDER || row->kind == DGEN_ROWS) return DGEN_OK; /* the parameters say */
    if (ndim < 1 || ndim > 4 || !dimensions)
        return dgen__fail(error, DGEN_EINVAL, "n", "n must be 1 to 4 dimensions, not %d", ndim);
    for (int i = 0; i < ndim; i++) {
        if (dimensions[i] < 0)
            return dgen__fail(error, DGEN_EINVAL, "n", "n must not be negative, not %lld", (long long)dimensions[i]);
        shape->shape[i] = dimensions[i];
        shape->stride[i] = (int64_t)n;
        if (!dgen__multiply(n, (uint64_t)dimensions[i], &n) || n > UINT64_C(1) << 53)
            return dgen__fail(error, DGEN_EINVAL, "n", "n must be at most 2^53 values");
    }
    *values = n;
    return DGEN_OK;
}

/* The shape that checked parameters of DGEN_ORDER and DGEN_ROWS ask for. */
static dgen_status parameter_shape(dgen_array *shape, uint64_t *values, const dgen__draws *draws, dgen_error *error)
{
    int64_t a = (int64_t)draws->parameter[0].number, b = (int64_t)draws->parameter[1].number;
    *shape = (dgen_array){ .ndim = 1, .shape = { draws->row->parameters == 2 ? b : a }, .stride = { 1, 1 } };
    if (draws->row->kind == DGEN_ROWS) {
        shape->ndim = 2;
        shape->shape[0] = a;
        shape->shape[1] = b;
        shape->stride[1] = a;
        if (b == 0) return dgen__fail(error, DGEN_EINVAL, "dim", "dim must be at least 1");
        if (!dgen__multiply((uint64_t)a, (uint64_t)b, values) || *values > UINT64_C(1) << 53)
            return dgen__fail(error, DGEN_EINVAL, "rows", "rows times dim must be at most 2^53");
        if (draws->options.offset % (uint64_t)b)
            return dgen__fail(error, DGEN_EINVAL, "offset", "offset must be a multiple of dim, for whole rows");
        return DGEN_OK;
    }
    *values = (uint64_t)shape->shape[0];
    return DGEN_OK;
}

static dgen_status check_out(const dgen_array *out, const dgen_array *shape, dgen_error *error)
{
    int64_t n = 1;
    for (int i = 0; i < shape->ndim; i++) n *= shape->shape[i];
    if (!out->data && dgen_array_length(out)) return dgen__fail(error, DGEN_EINVAL, "out", "out must not be NULL");
    if (dgen_array_length(out) != n)
        return dgen__fail(error, DGEN_EINVAL, "out", "out must have %lld elements, not %lld", (long long)n,
                          (long long)dgen_array_length(out));
    if (shape->ndim == 2 && (out->ndim != 2 || out->shape[0] != shape->shape[0]))
        return dgen__fail(error, DGEN_EINVAL, "out", "out must have %lld rows of %lld elements", (long long)shape->shape[0],
                          (long long)shape->shape[1]);
    return DGEN_OK;
}

/* Checks everything; on success draws are ready and *shape has type, shape and strides of the result. */
static dgen_status prepare(dgen__draws *draws, dgen_array *shape, const dgen_array *out, dgen_distribution distribution,
                           int ndim, const int64_t *dimensions, const dgen_operand *parameters,
                           const dgen_random_options *options, dgen_error *error)
{
    dgen_random_options with_type;
    uint64_t values = 0;
    if ((unsigned)distribution >= DGEN_DISTRIBUTION_COUNT)
        return dgen__fail(error, DGEN_EINVAL, "distribution", "distribution must be a dgen_distribution");
    const dgen__distribution *row = &dgen__distributions[distribution];
    if (options) with_type = *options;
    else dgen_random_options_init(&with_type);
    if (out && with_type.has_dtype && with_type.dtype != out->dtype)
        return dgen__fail(error, DGEN_ETYPE, "type", "type must be that of out, %s", dgen_dtype_name(out->dtype));
    if (out) with_type.dtype = out->dtype, with_type.has_dtype = 1;
    if (out && row->kind < DGEN_ORDER) ndim = out->ndim, dimensions = out->shape;
    dgen_status status = find_shape(shape, &values, row, ndim, dimensions, error);
    if (status == DGEN_OK) status = dgen__draws_init(draws, distribution, parameters, &with_type, values, error);
    if (status != DGEN_OK) return status;
    if (row->kind >= DGEN_ORDER) status = parameter_shape(shape, &values, draws, error);
    if (status == DGEN_OK && values + draws->options.offset > UINT64_C(1) << 53)
        status = dgen__fail(error, DGEN_EINVAL, "offset", "offset and the number of values must be at most 2^53 together");
    if (status == DGEN_OK && out) status = check_out(out, shape, error);
    for (int i = 0; status == DGEN_OK && out && i < row->parameters; i++)
        if (draws->parameter[i].array && dgen__arrays_overlap(out, draws->parameter[i].array))
            status = dgen__fail(error, DGEN_EINVAL, "out", "out must not overlap %s",
                                dgen_distribution_get(distribution)->parameter[i]);
    shape->dtype = draws->dtype;
    if (status != DGEN_OK) dgen__draws_free(draws);
    return status;
}

dgen_status dgen_random_shape(dgen_array *out, dgen_distribution distribution, int ndim, const int64_t *shape,
                              const dgen_operand *parameters, const dgen_random_options *options, dgen_error *error)
{
    dgen__draws draws;
    dgen_array result;
    dgen_status status = prepare(&draws, &result, NULL, distribution, ndim, shape, parameters, options, error);
    if (status != DGEN_OK) return status;
    dgen__draws_free(&draws);
    *out = result;
    return DGEN_OK;
}

enum { TOUCHED = 2 << 20, TOUCHED_FROM = 8 << 20 }; /* bytes */

typedef struct fresh_memory {
    char *data;
    size_t n_bytes;
} fresh_memory;

static void touch(void *context, uint64_t i)
{
    const fresh_memory *memory = context;
    size_t end = dgen__least((i + 1) * TOUCHED, memory->n_bytes);
    for (size_t at = i * TOUCHED; at < end; at += 4096) ((volatile char *)memory->data)[at] = 0;
}

/* What writes all over the array at once would have all of its fresh pages made between two questions whether to go on:
   they are made before, in their order. */
static bool touch_pages(const dgen_array *array, bool fresh, int max_threads)
{
    fresh_memory memory = { array->data, dgen_array_bytes(array) };
    if (!fresh || memory.n_bytes < TOUCHED_FROM) return true;
    return dgen__parallel_for(touch, &memory, (memory.n_bytes + TOUCHED - 1) / TOUCHED, max_threads);
}

dgen_status dgen_random(dgen_array *out, dgen_distribution distribution, int ndim, const int64_t *shape,
                        const dgen_operand *parameters, const dgen_random_options *options, dgen_error *error)
{
    dgen__draws draws;
    dgen_array result;
    bool is_new = !out->release;
    dgen_status status =
        prepare(&draws, &result, is_new ? NULL : out, distribution, ndim, shape, parameters, options, error);
    if (status != DGEN_OK) return status;
    if (is_new) status = dgen_array_alloc(&result, result.dtype, result.ndim, result.shape, NULL, error);
    else result = *out;
    if (status == DGEN_OK) {
        bool fresh = is_new && dgen__block_is_fresh(result.owner);
        if (draws.row->kind >= DGEN_ORDER && !touch_pages(&result, fresh, draws.options.max_threads))
            status = dgen__fail_canceled(error);
        else if (draws.row->kind == DGEN_ORDER) status = dgen__order_fill(&draws, &result, error);
        else if (draws.row->kind == DGEN_ROWS) status = dgen__rows_fill(&draws, &result, fresh, error);
        else status = dgen__draws_fill(&draws, &result, draws.options.offset, fresh, error);
        if (is_new && status == DGEN_OK) *out = result;
        else if (is_new) dgen_array_release(&result);
    }
    dgen__draws_free(&draws);
    return status;
}
