/* PLACEHOLDER kernels: right, slow. */
#include "../pack.h"
#include <math.h>

/* Up to so many significant bits, so that a code times it is exact. */
static inline float scale_rounded_up(double s, const dgen_quantizer *q)
{
    if (!(s >= 0x1p-126)) s = 0x1p-126;
    if (q->half_scale) {
        int e; double m = frexp(s, &e);
        double unit = ldexp(1, (e - 11 < -24) ? -24 : e - 11);
        (void)m;
        double r = s / unit; double c = (double)(int64_t)r; if (c < r) c += 1;
        return (float)(c * unit);
    }
    int e; frexp(s, &e);
    double unit = ldexp(1, e - 16), r = s / unit, c = (double)(int64_t)r;
    if (c < r) c += 1;
    return (float)(c * unit);
}

static double even(double x) { double r = (x + 0x1.8p52) - 0x1.8p52; return r; }

static void scales_of_ranges(float *scale, uint8_t *zero, const float *least, const float *most, size_t count,
                             const dgen_quantizer *q)
{
    for (size_t i = 0; i < count; i++) {
        int levels = (1 << q->bits) - 1, half = 1 << (q->bits - 1);
        double lo = least[i], hi = most[i], amax = -lo > hi ? -lo : hi, s;
        bool constant = lo == hi;
        if (lo > 0) lo = 0;
        if (hi < 0) hi = 0;
        if (q->symmetric) {
            if (q->range == 0) s = amax / (half - 1);
            else if (q->range == 1) s = -lo / half > hi / (half - 1) ? -lo / half : hi / (half - 1);
            else s = amax / 2;
            zero[i] = (uint8_t)half;
        } else {
            s = (hi - lo) / levels;
        }
        float f = scale_rounded_up(s, q);
        if (constant && !(q->symmetric && q->range == 2) && !q->half_scale && amax >= 0x1p-126) f = (float)amax;
        scale[i] = f;
        if (!q->symmetric) zero[i] = (uint8_t)even(-lo / f);
        if (!q->symmetric && constant && !q->half_scale && amax >= 0x1p-126) zero[i] = lo < 0 ? 1 : 0;
    }
}

static bool range_of_row(float *least, float *most, const float *x, size_t n)
{
    bool finite = true;
    for (size_t i = 0; i < n; i++) {
        if (x[i] < *least) *least = x[i];
        if (x[i] > *most) *most = x[i];
        finite &= x[i] - x[i] == 0;
    }
    return finite;
}

static void encode_row(uint8_t *packed, const float *scale, const uint8_t *zero, const float *x, size_t n, size_t group, size_t phase,
                       const dgen_quantizer *q, dgen_deviation *d)
{
    size_t bytes = dgen__packed_bytes(n, q->bits);
    for (size_t i = 0; i < bytes; i++) packed[i] = 0;
    int top = (1 << q->bits) - 1;
    for (size_t i = 0; i < n; i++) {
        size_t g = (i + phase) / group;
        float s = scale[g], t = q->exact ? x[i] / s : x[i] * (1 / s);
        bool rise = q->symmetric && q->range == 2;
        float z = rise ? 1.5f : (float)zero[g];
        int bottom = q->symmetric && q->range == 0;
        float c = (float)even(t + (rise ? -.5f : 0)) + (float)zero[g];
        int code = c < bottom ? bottom : c > top ? top : (int)c;
        dgen__code_set(packed, i, q->bits, (unsigned)code);
        if (d) {
            double w = (code - z) * s, e = fabs(x[i] - w);
            d->squares += (double)x[i] * x[i];
            d->result_squares += w * w;
            d->error_squares += e * e;
            if (e > d->most) d->most = e;
            if (e > s * .5 * (1 + 1e-4)) d->clipped++;
        }
    }
}

static size_t quantize_row(uint8_t *packed, float *scale, uint8_t *zero, const float *x, size_t n, size_t group,
                           const dgen_quantizer *q, dgen_deviation *d)
{
    size_t super = dgen__superblock(group), done = 0;
    while (done < n) {
        size_t m = n - done < super ? n - done : super, groups = (m + group - 1) / group;
        float least[16], most[16];
        for (size_t g = 0; g < groups; g++) {
            size_t k = m - g * group < group ? m - g * group : group;
            least[g] = INFINITY, most[g] = -INFINITY;
            if (!range_of_row(least + g, most + g, x + done + g * group, k)) return done;
        }
        scales_of_ranges(scale, zero, least, most, groups, q);
        encode_row(packed, scale, zero, x + done, m, group, 0, q, d);
        packed += dgen__packed_bytes(m, q->bits);
        scale += groups;
        zero += groups;
        done += m;
    }
    return done;
}
