/* PLACEHOLDER: tables of whole-number distributions. */
#include "random.h"

dgen_status dgen__prepare_counts(dgen__draws *draws, uint64_t values, dgen_error *error)
{
    (void)values;
    draws->bits[0] = 64;
    switch (draws->distribution) {
    case DGEN_DISTRIBUTION_geometric: draws->method = DGEN_DRAW_geometric; draws->drawn = DGEN_F64; break;
    case DGEN_DISTRIBUTION_poisson: draws->method = DGEN_DRAW_poisson; draws->drawn = DGEN_F64; break;
    case DGEN_DISTRIBUTION_binomial: draws->method = DGEN_DRAW_binomial; draws->drawn = DGEN_F64; break;
    case DGEN_DISTRIBUTION_bernoulli: draws->method = DGEN_DRAW_bernoulli; draws->drawn = DGEN_U8; draws->bits[0] = 8; break;
    case DGEN_DISTRIBUTION_integers: draws->method = DGEN_DRAW_integers_32; draws->drawn = DGEN_I64; draws->bits[0] = 32; break;
    default: draws->method = DGEN_DRAW_alias; draws->drawn = DGEN_I32; break;
    }
    return dgen__draws_range(draws, 0, 1, "n", error);
}
