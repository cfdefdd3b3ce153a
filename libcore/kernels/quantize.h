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

/* Scales of a superblock; false if an element is not finite. */
static bool find_scales(group_scales *out, const float *x, size_t n, size_t group, const dgen_quantizer *q)
{
    float least[GROUPS], most[GROUPS];
    bool finite = ranges_of_groups(least, most, x, n, group);
    scales_of_groups(out, least, most, q);
    return finite;
}

static size_t quantize_row(uint8_t *packed, float *scale, uint8_t *zero, const float *x, size_t n, size_t group,
                           const dgen_quantizer *q, dgen_deviation *d)
{
    size_t super = dgen__superblock(group), done = 0;
    group_scales found[2];
    tally sum = { 0 };
    bool finite = find_scales(&found[0], x, n < super ? n : super, group, q);
    for (int turn = 0; finite && done < n; turn ^= 1) {
        const group_scales *here = &found[turn];
        size_t size = n - done < super ? n - done : super, groups = (size + group - 1) / group, next = done + size;
        if (next < n) finite = find_scales(&found[turn ^ 1], x + next, n - next < super ? n - next : super, group, q);
        uint8_t bytes[GROUPS];
        zeros_as_bytes(bytes, here->zero);
        memcpy(scale, here->scale, groups * sizeof *scale);
        memcpy(zero, bytes, groups);
        chunk stretch = { .x = x + done, .n = size, .group = group, .scale = scale, .zero = zero, .quantizer = q,
                          .found = here->clamps ? NULL : here };
        encode_stretch(packed, &stretch, d ? &sum : NULL);
        packed += dgen__packed_bytes(size, q->bits);
        scale += groups;
        zero += groups;
        done = next;
    }
    if (d) close_tally(&sum, d);
    return done;
}
