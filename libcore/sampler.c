/*
 * A distribution with its parameters and a position. Parameters are checked, and tables made, once; the next values are
 * then those that one call of dgen_random at that offset would give.
 */
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"
#include "random.h"

struct dgen_sampler {
    dgen__draws draws;
    dgen_array parameter[DGEN_DRAW_PARAMETERS]; /* our copies of arrays; released where numbers */
    uint64_t position;
};

/* Copies arrays that the caller may change or free meanwhile. */
static dgen_status copy_parameters(dgen_sampler *sampler, dgen_operand *copied, const dgen_operand *parameters, int count,
                                   dgen_error *error)
{
    for (int i = 0; i < count; i++) {
        const dgen_array *array = parameters[i].array;
        copied[i] = parameters[i];
        if (!array || !array->release || (unsigned)array->dtype >= DGEN_DTYPE_COUNT) continue; /* the check will say */
        int64_t n = dgen_array_length(array);
        dgen_status status = dgen_array_alloc(&sampler->parameter[i], array->dtype, 1, &n, NULL, error);
        if (status == DGEN_OK) status = dgen_array_convert(&sampler->parameter[i], array, error);
        if (status != DGEN_OK) return status;
        copied[i].array = &sampler->parameter[i];
    }
    return DGEN_OK;
}

dgen_status dgen_sampler_open(dgen_sampler **out, dgen_distribution distribution, const dgen_operand *parameters,
                              const dgen_random_options *options, dgen_error *error)
{
    dgen_operand copied[DGEN_DRAW_PARAMETERS];
    if ((unsigned)distribution >= DGEN_DISTRIBUTION_COUNT)
        return dgen__fail(error, DGEN_EINVAL, "distribution", "distribution must be a dgen_distribution");
    const dgen__distribution *row = &dgen__distributions[distribution];
    if (row->kind >= DGEN_ORDER)
        return dgen__fail(error, DGEN_EINVAL, "distribution",
                          "distribution must be one whose values stand for themselves; %s has none", row->name);
    dgen_sampler *sampler =
        aligned_alloc(DGEN_ALIGNMENT, (sizeof *sampler + DGEN_ALIGNMENT - 1) / DGEN_ALIGNMENT * DGEN_ALIGNMENT);
    if (!sampler) return dgen__fail(error, DGEN_ENOMEM, "", "out of memory");
    memset(sampler, 0, sizeof *sampler);
    dgen_status status = copy_parameters(sampler, copied, parameters, row->parameters, error);
    if (status == DGEN_OK) status = dgen__draws_init(&sampler->draws, distribution, copied, options, UINT64_MAX, error);
    if (status != DGEN_OK) {
        dgen_sampler_close(sampler);
        return status;
    }
    sampler->position = sampler->draws.options.offset;
    *out = sampler;
    return DGEN_OK;
}

void dgen_sampler_close(dgen_sampler *sampler)
{
    if (!sampler) return;
    dgen__draws_free(&sampler->draws);
    for (int i = 0; i < DGEN_DRAW_PARAMETERS; i++)
        if (sampler->parameter[i].release) dgen_array_release(&sampler->parameter[i]);
    free(sampler);
}

static dgen_status check_position(uint64_t position, uint64_t values, dgen_error *error)
{
    if (values <= UINT64_C(1) << 53 && position + values <= UINT64_C(1) << 53) return DGEN_OK;
    return dgen__fail(error, DGEN_EEND, "n", "n must not go beyond value 2^53 of the stream");
}

static dgen_status fill(dgen_sampler *sampler, const dgen_array *out, bool fresh, dgen_error *error)
{
    uint64_t values = (uint64_t)dgen_array_length(out);
    dgen_status status = check_position(sampler->position, values, error);
    if (status == DGEN_OK) status = dgen__draws_fill(&sampler->draws, out, sampler->position, fresh, error);
    if (status == DGEN_OK) sampler->position += values;
    return status;
}

dgen_status dgen_sampler_fill(dgen_sampler *sampler, const dgen_array *out, dgen_error *error)
{
    if (!out->release) return dgen_error_closed("out", error);
    if (out->dtype != sampler->draws.dtype)
        return dgen__fail(error, DGEN_ETYPE, "out", "out must be %s, as the sampler is",
                          dgen_dtype_name(sampler->draws.dtype));
    if (!out->data && dgen_array_length(out)) return dgen__fail(error, DGEN_EINVAL, "out", "out must not be NULL");
    return fill(sampler, out, false, error);
}

dgen_status dgen_sampler_next(dgen_sampler *sampler, dgen_array *out, int ndim, const int64_t *shape, dgen_error *error)
{
    dgen_array array;
    dgen_status status = dgen_array_alloc(&array, sampler->draws.dtype, ndim, shape, NULL, error);
    if (status != DGEN_OK) return status;
    status = fill(sampler, &array, dgen__block_is_fresh(array.owner), error);
    if (status == DGEN_OK) *out = array;
    else dgen_array_release(&array);
    return status;
}

uint64_t dgen_sampler_position(const dgen_sampler *sampler)
{
    return sampler->position;
}

dgen_status dgen_sampler_seek(dgen_sampler *sampler, uint64_t position, dgen_error *error)
{
    if (position > UINT64_C(1) << 53) return dgen__fail(error, DGEN_EINVAL, "position", "position must be from 0 to 2^53");
    sampler->position = position;
    return DGEN_OK;
}

void dgen_sampler_reset(dgen_sampler *sampler)
{
    sampler->position = sampler->draws.options.offset;
}
dgen_distribution dgen_sampler_distribution(const dgen_sampler *sampler)
{
    return sampler->draws.distribution;
}
const dgen_random_options *dgen_sampler_options(const dgen_sampler *sampler)
{
    return &sampler->draws.options;
}

void dgen_sampler_describe(const dgen_sampler *sampler, char *text, size_t text_bytes)
{
    const dgen_random_options *options = &sampler->draws.options;
    snprintf(text, text_bytes, "dgen.sampler: %s %s, seed %llu, stream %llu, at value %llu", sampler->draws.row->name,
             dgen_dtype_name(options->dtype), (unsigned long long)options->seed, (unsigned long long)options->stream,
             (unsigned long long)sampler->position);
}
