/*
 * Scales that lose less than those of the range.
 *
 * By squared error: of sixteen scales, from that of the range down, the one of the least sum, with the zero that the range has. The
 * outermost elements clip so that all others round finer; with few bits that is worth it. What a kernel adds up is rounded, so
 * another scale than the range's must be better by more than that: the search never loses.
 *
 * By percentile: the range is clipped to [-m, m], where m is the magnitude of rank ceil (percentile n / 100) of n, exactly.
 * Patterns of bits of magnitudes have the order of the magnitudes. A group at hand is searched by bisection over patterns, each step
 * a count; one too large for that is counted into histograms, of the upper bits of all patterns and then of the lower bits of
 * those that share the upper ones of m.
 */
#include "quantize.h"

#include <math.h>

enum { GROUPS = 16, LANES = 16, LOWER_BITS = 31 - DGEN__HISTOGRAM_BITS };

/* By how much of the range's error another must be less: more than sums of f32 can be wrong by. */
#define MARGIN 0x1p-12

float dgen__best_candidate(const float candidate[DGEN_CANDIDATES], const double error[DGEN_CANDIDATES])
{
    int best = 0;
    for (int i = 1; i < DGEN_CANDIDATES; i++)
        if (error[i] < error[best] && error[i] < error[0] * (1 - MARGIN)) best = i;
    return candidate[best];
}

int64_t dgen__percentile_rank(double percentile, int64_t n)
{
    double rank = ceil(percentile * (double)n / 100);
    return rank < 1 ? 1 : rank > (double)n ? n : (int64_t)rank;
}

static int32_t pattern_of(float x)
{
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & INT32_MAX;
}

static float magnitude_of(int32_t pattern)
{
    float x;
    memcpy(&x, &pattern, sizeof x);
    return x;
}

/* How many of n patterns, a multiple of LANES, are at most `limit`. */
static int64_t count_to(const int32_t *pattern, int64_t n, int32_t limit)
{
    int32_t count[LANES] = { 0 };
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i += LANES)
        for (int j = 0; j < LANES; j++) count[j] += pattern[i + j] <= limit;
    for (int j = 0; j < LANES; j++) sum += count[j];
    return sum;
}

/* The magnitude of a rank, counted from 1, of n elements whose largest magnitude is `most`. */
static float magnitude_of_rank(const float *x, int64_t n, int64_t rank, float most, int32_t *pattern)
{
    int32_t low = 0, high = pattern_of(most);
    int64_t whole = (n + LANES - 1) / LANES * LANES;
    for (int64_t i = 0; i < n; i++) pattern[i] = pattern_of(x[i]);
    for (int64_t i = n; i < whole; i++) pattern[i] = INT32_MAX;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (count_to(pattern, whole, middle) >= rank) high = middle;
        else low = middle + 1;
    }
    return magnitude_of(low);
}

void dgen__clip_range(float *least, float *most, float limit)
{
    if (*least < -limit) *least = -limit;
    if (*most > limit) *most = limit;
}

static void range_of_group(float *least, float *most, const float *x, int64_t n, const dgen_quantize_options *options, void *place)
{
    *least = INFINITY, *most = -INFINITY;
    (void)dgen__isa()->quantization->range(least, most, x, (size_t)n);
    int64_t rank = dgen__percentile_rank(options->percentile, n);
    if (rank == n) return;
    dgen__clip_range(least, most, magnitude_of_rank(x, n, rank, fmaxf(-*least, *most), place));
}

static void search_group(float *scale, uint8_t zero, const float *x, int64_t n, const dgen_quantizer *quantizer)
{
    const dgen_quantize_kernels *kernels = dgen__isa()->quantization;
    float candidate[DGEN_CANDIDATES];
    double error[DGEN_CANDIDATES] = { 0 };
    kernels->candidates(candidate, *scale, quantizer);
    kernels->candidate_errors(error, candidate, zero, x, (size_t)n, quantizer);
    *scale = dgen__best_candidate(candidate, error);
}

#define COUNT(g) (n - (g) * group < group ? n - (g) * group : group)

void dgen__scale_search(float *scale, const uint8_t *zero, const float *x, int64_t n, int64_t group, const dgen_quantizer *quantizer)
{
    for (int64_t g = 0; g * group < n; g++) search_group(scale + g, zero[g], x + g * group, COUNT(g), quantizer);
}

void dgen__percentile_scales(float *scale, uint8_t *zero, const float *x, int64_t n, int64_t group, const dgen_quantize_options *options,
                             const dgen_quantizer *quantizer, void *place)
{
    float least[GROUPS], most[GROUPS];
    for (int64_t groups; n > 0; n -= groups * group, x += groups * group, scale += groups, zero += groups) {
        groups = (n - 1) / group + 1 < GROUPS ? (n - 1) / group + 1 : GROUPS;
        for (int64_t g = 0; g < groups; g++) range_of_group(least + g, most + g, x + g * group, COUNT(g), options, place);
        dgen__isa()->quantization->scales(scale, zero, least, most, (size_t)groups, quantizer);
    }
}

/* -------------------------------------------------------------------------------------------------------------- histograms */

void dgen__count_magnitudes(uint64_t *count, const float *x, int64_t n, int upper)
{
    if (upper < 0)
        for (int64_t i = 0; i < n; i++) count[pattern_of(x[i]) >> LOWER_BITS]++;
    else
        for (int64_t i = 0; i < n; i++)
            if (pattern_of(x[i]) >> LOWER_BITS == upper) count[pattern_of(x[i]) & ((1 << LOWER_BITS) - 1)]++;
}

int dgen__bucket_of_rank(const uint64_t *count, int64_t *rank)
{
    int i = 0;
    for (; i < (1 << DGEN__HISTOGRAM_BITS) - 1 && count[i] < (uint64_t)*rank; i++) *rank -= (int64_t)count[i];
    return i;
}

float dgen__magnitude_of_buckets(int upper, int lower) { return magnitude_of(upper << LOWER_BITS | lower); }
