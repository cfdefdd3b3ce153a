/* PLACEHOLDER: scales that lose less than those of the range. */
#include "quantize.h"

void dgen__scale_search(float *scale, uint8_t *zero, const float *x, int64_t n, float least, float most,
                        const dgen_quantize_options *options, const dgen_quantizer *quantizer, void *place)
{
    const dgen_quantize_kernels *kernels = dgen__isa()->quantization;
    (void)place;
    kernels->scales(scale, zero, &least, &most, 1, quantizer);
    if (options->search != DGEN_SEARCH_MSE) return;
    float candidate[DGEN_CANDIDATES];
    double error[DGEN_CANDIDATES] = { 0 };
    int best = 0;
    kernels->candidates(candidate, *scale, quantizer);
    kernels->candidate_errors(error, candidate, *zero, x, (size_t)n, quantizer);
    for (int i = 1; i < DGEN_CANDIDATES; i++)
        if (error[i] < error[best]) best = i;
    *scale = candidate[best];
}
