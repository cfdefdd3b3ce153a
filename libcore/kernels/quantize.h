/*
 * Quantization by the range of each group: a superblock of groups at a time (see kernels.h), its ranges, its scales, its codes, so
 * that the elements come from memory once and from the cache again.
 *
 * A superblock's ranges and scales are found before the codes of the one before it are made: so a CPU that works on both has no
 * need to wait for the scales.
 */
#include "../pack.h"
#include "group_range.h"
#include "scales.h"
#include "encode.h"

/* Scales of the next superblock of n elements; false if an element is not finite. */
INLINE bool find_scales(group_scales *out, const float *x, size_t n, size_t group, const code_levels *of, const dgen_quantizer *q)
{
    _Alignas(64) float least[GROUPS], most[GROUPS];
    size_t whole = group <= DGEN_LARGE_GROUP ? GROUPS : 4, rest = 0;
    if (n < whole * group) whole = n / group, rest = n % group;
    bool finite = ranges_of_groups(least, most, x, whole, rest, group);
    scales_of_groups(out, least, most, of, q);
    return finite;
}

static void give_scales(float *scale, uint8_t *zero, const group_scales *found, size_t groups)
{
    uint8_t bytes[GROUPS];
    zeros_as_bytes(bytes, found->zero);
    if (groups == GROUPS) {
        memcpy(scale, found->scale, sizeof found->scale);
        memcpy(zero, bytes, sizeof bytes);
        return;
    }
    for (size_t i = 0; i < groups; i++) scale[i] = found->scale[i], zero[i] = bytes[i];
}

static size_t quantize_row(uint8_t *packed, float *scale, uint8_t *zero, const float *x, size_t n, size_t group,
                           const dgen_quantizer *q, dgen_deviation *d)
{
    const size_t super = dgen__superblock(group), super_bytes = dgen__packed_bytes(super, q->bits);
    const code_levels of = code_levels_of(q);
    const size_t super_groups = group <= DGEN_LARGE_GROUP ? GROUPS : 4;
    group_scales found[2];
    tally sum;
    if (d) sum = (tally){ 0 };
    size_t done = 0;
    bool finite = find_scales(&found[0], x, n, group, &of, q);
    for (int turn = 0; finite && done < n; turn ^= 1) {
        size_t size = super, groups = super_groups;
        if (n - done < super) size = n - done, groups = (size + group - 1) / group;
        if (n - done > super) finite = find_scales(&found[turn ^ 1], x + done + super, n - done - super, group, &of, q);
        give_scales(scale, zero, &found[turn], groups);
        chunk here = { .x = x + done, .n = size, .group = group, .scale = scale, .zero = zero, .quantizer = q,
                       .found = found[turn].clamps ? NULL : &found[turn] };
        if (size <= ENCODE_CHUNK) encode_packed(packed, &here, d ? &sum : NULL);
        else encode_stretch(packed, &here, d ? &sum : NULL);
        packed += super_bytes;
        scale += groups;
        zero += groups;
        done += size;
    }
    if (d) close_tally(&sum, d);
    return done;
}
