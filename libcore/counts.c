/*
 * Whole-number distributions: which method draws what is asked for, from which bits, and what the type must hold.
 *
 * A value does not depend on the choice: a table draws the values that kernels/counts_f64.h draws one by one, and is made
 * where many have the same parameters.
 */
#include "table.h"

#include <math.h>

/* A table pays from so many values on. */
enum { TABLE_FROM = 2000 };

/* Values from 0 to `most`, drawn as f64, whose whole numbers end at 2^53. */
static dgen_status check_most(const dgen__draws *draws, double most, const char *argument, dgen_error *error)
{
    if (draws->dtype == DGEN_I64 && most > 0x1p53)
        return dgen__fail(error, DGEN_EINVAL, argument, "%s makes values from 0 to %.17g; those of %s end at %.17g", argument,
                          most, draws->row->name, 0x1p53);
    return dgen__draws_range(draws, 0, most, argument, error);
}

/* -------------------------------------------------------------------------------------------------------------- integers */

static dgen_status prepare_integers(dgen__draws *draws, dgen_error *error)
{
    const dgen__parameter *min = &draws->parameter[0], *max = &draws->parameter[1];
    bool too_low = min->least < 0 && dgen__draws_range(draws, min->least, 0, "min", NULL) != DGEN_OK;
    dgen_status status = dgen__draws_range(draws, min->least, max->most, too_low ? "min" : "max", error);
    if (status != DGEN_OK) return status;
    bool narrow = min->least >= -0x1p31 && max->most < 0x1p31;
    dgen_dtype drawn = narrow ? DGEN_I32 : DGEN_I64;
    uint64_t width = (uint64_t)max->integer - (uint64_t)min->integer + 1;
    if (min->array || max->array) dgen__draws_use(draws, DGEN_DRAW_integers_any, DGEN_I64, 8, 32, 64);
    else if (width && width <= 256 && !(width & (width - 1)))
        dgen__draws_use(draws, DGEN_DRAW_integers_8, draws->dtype == DGEN_U8 ? DGEN_U8 : drawn, 8, 0, 0);
    else if (width && width <= UINT64_C(1) << 20) dgen__draws_use(draws, DGEN_DRAW_integers_32, drawn, 0, 32, 0);
    else dgen__draws_use(draws, DGEN_DRAW_integers_64, drawn, 0, 0, 64);
    return DGEN_OK;
}

/* -------------------------------------------------------------------------------------------------- Poisson and binomial */

/* How far values get: 16 standard deviations, and some more of a small mean. Far less probable than 2^-54, which is where
   inversion ends. */
static double most_of(double mean) { return ceil(mean + 16 * sqrt(mean) + 30); }

/* As in kernels/counts_f64.h, operation for operation. */
static double variance(double size, double prob)
{
    double p = prob > 0.5 ? 1 - prob : prob;
    return size * p * (1 - p);
}

/* What a method for parameters of variances from `least` to `most` takes. */
static dgen_status choose(dgen__draws *draws, int method, double least, double most, double size, double prob,
                          uint64_t values, dgen_error *error)
{
    bool number = least == most;
    if (least >= DGEN_INVERSION_VARIANCE) dgen__draws_use(draws, method, DGEN_F64, 0, 64, 64);
    else if (most >= DGEN_INVERSION_VARIANCE) dgen__draws_use(draws, method, DGEN_F64, 16, 64, 64);
    else dgen__draws_use(draws, method, DGEN_F64, 16, 0, 0);
    if (!number || most >= DGEN_INVERSION_VARIANCE || values < TABLE_FROM || size > 0x1p31 - 1) return DGEN_OK;
    dgen__draws_use(draws, DGEN_DRAW_table, DGEN_I32, 16, 0, 0);
    return dgen__outcomes_make(&draws->table, size, prob, error);
}

static dgen_status prepare_poisson(dgen__draws *draws, uint64_t values, dgen_error *error)
{
    const dgen__parameter *mean = &draws->parameter[0];
    dgen_status status = check_most(draws, most_of(mean->most), "lambda", error);
    if (status != DGEN_OK) return status;
    double most = mean->array ? INFINITY : mean->most;
    return choose(draws, DGEN_DRAW_poisson, mean->least, most, -1, mean->number, values, error);
}

static dgen_status prepare_binomial(dgen__draws *draws, uint64_t values, dgen_error *error)
{
    const dgen__parameter *size = &draws->parameter[0], *prob = &draws->parameter[1];
    double bound = most_of(size->most * prob->most);
    dgen_status status = check_most(draws, bound < size->most ? bound : size->most, "size", error);
    if (status != DGEN_OK) return status;
    double only = variance(size->number, prob->number);
    bool arrays = size->array || prob->array;
    double least = arrays ? 0 : only, most = arrays ? INFINITY : only;
    return choose(draws, DGEN_DRAW_binomial, least, most, size->number, prob->number, values, error);
}

/* ---------------------------------------------------------------------------------------------------------------- others */

static dgen_status prepare_geometric(dgen__draws *draws, dgen_error *error)
{
    double prob = draws->parameter[0].least;
    dgen__draws_use(draws, DGEN_DRAW_geometric, DGEN_F64, 64, 0, 0);
    /* -ln (u) is at most 65 ln 2 = 45.06, and -ln (1 - prob) at least prob + prob^2 / 2 */
    return check_most(draws, floor(45.1 / (prob + prob * prob / 2)), "prob", error);
}

static dgen_status prepare_categorical(dgen__draws *draws, dgen_error *error)
{
    double base = draws->options.index_base, count = (double)draws->parameter[0].length;
    dgen_status status = dgen__draws_range(draws, base, base + count - 1, "weights", error);
    if (status != DGEN_OK) return status;
    if (base + count > 0x1p31)
        return dgen__fail(error, DGEN_EINVAL, "weights", "weights must have less than 2^31 elements");
    unsigned column_bits;
    status = dgen__aliases_make(&draws->table, draws, &column_bits, error);
    if (column_bits > DGEN_NARROW_COLUMNS) dgen__draws_use(draws, DGEN_DRAW_alias_wide, DGEN_I32, 0, 64, 0);
    else dgen__draws_use(draws, DGEN_DRAW_alias, DGEN_I32, 32, 0, 0);
    return status;
}

dgen_status dgen__prepare_counts(dgen__draws *draws, uint64_t values, dgen_error *error)
{
    switch (draws->distribution) {
    case DGEN_DISTRIBUTION_integers: return prepare_integers(draws, error);
    case DGEN_DISTRIBUTION_poisson: return prepare_poisson(draws, values, error);
    case DGEN_DISTRIBUTION_binomial: return prepare_binomial(draws, values, error);
    case DGEN_DISTRIBUTION_geometric: return prepare_geometric(draws, error);
    case DGEN_DISTRIBUTION_bernoulli: dgen__draws_use(draws, DGEN_DRAW_bernoulli, DGEN_U8, 8, 0, 0); return DGEN_OK;
    default: return prepare_categorical(draws, error);
    }
}
