/*
 * From codes back to numbers: kernels under every ISA against one element's definition, at every group size, phase and end of
 * memory; the widths of floats against exact arithmetic at every boundary of rounding; and whole arrays of every type, layout,
 * scheme and number of threads, element by element, with the bytes between them left alone. With --long, all f32 become f16 and
 * bf16.
 */
#define _GNU_SOURCE
#include <math.h>

#include "../libcore/pack.h"
#include "../libcore/quantize.h"
#include "child.h"
#include "isas.h"
#include "page_end.h"

static dgen_error error;

static void must(dgen_status status)
{
    if (status != DGEN_OK) exit((printf("  %s\n", error.message), 1));
}

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* ---------------------------------------------------------------------------------------------- one element's oracle */

/* Element j of a row, bit by bit. */
static unsigned code_of(const uint8_t *row, uint64_t j, int bits)
{
    unsigned code = 0;
    for (int i = 0; i < bits; i++) {
        uint64_t k = j * (uint64_t)bits + (uint64_t)i;
        code |= (row[k / 8] >> k % 8 & 1u) << i;
    }
    return code;
}

/* A product of 24 and 9 bits is exact in a double. The sum of two f32 in a double, rounded to f32, is their rounded sum
   (S. Figueroa, "When is double rounding innocuous?", 1995). */
static float value_of(unsigned code, float scale, double zero, bool offset)
{
    if (!offset) return (float)(((double)code - zero) * (double)scale);
    float product = (float)((double)code * (double)scale);
    return (float)((double)product + zero);
}

/* A positive finite number as a float of `digits` significant bits and exponents from `least` on: its pattern of bits, where
   `infinity` follows the greatest. */
static uint32_t pattern_of(double x, int digits, int least, uint32_t infinity)
{
    if (x == 0) return 0;
    int exponent = ilogb(x) < least ? least : ilogb(x);
    double unit = ldexp(1, exponent - digits + 1), quotient = x / unit, whole = floor(quotient), rest = quotient - whole;
    if (rest > 0.5 || (rest == 0.5 && fmod(whole, 2) == 1)) whole++;
    double pattern = ldexp(exponent - least, digits - 1) + whole;
    return pattern < infinity ? (uint32_t)pattern : infinity;
}

/* f32 as f16 (bf16); NaNs are quiet, of the same sign and leading digits. */
static uint16_t half_of(float x, bool brain)
{
    uint16_t sign = signbit(x) ? 0x8000 : 0;
    if (isnan(x)) return (uint16_t)(brain ? bits_of(x) >> 16 | 0x40 : sign | 0x7e00u | (bits_of(x) >> 13 & 0x3ff));
    if (isinf(x)) return (uint16_t)(sign | (brain ? 0x7f80 : 0x7c00));
    return (uint16_t)(sign | (brain ? pattern_of(fabs(x), 8, -126, 0x7f80) : pattern_of(fabs(x), 11, -14, 0x7c00)));
}

/* f16 (bf16) as f32. */
static uint32_t single_of(uint16_t half, bool brain)
{
    int digits = brain ? 7 : 10, exponents = brain ? 255 : 31, bias = brain ? 127 : 15;
    int exponent = half >> digits & exponents, fraction = half & ((1 << digits) - 1);
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    if (exponent == exponents) return sign | 0x7f800000 | (uint32_t)fraction << (23 - digits) | (fraction ? 0x400000 : 0);
    double x = exponent ? ldexp(fraction + (1 << digits), exponent - bias - digits) : ldexp(fraction, 1 - bias - digits);
    return sign | bits_of((float)x);
}

/* ----------------------------------------------------------------------------------------------------------- kernels */

enum { ROW = 600 };
static float scales[ROW], float_zeros[ROW], wanted[ROW];
static uint8_t zeros[ROW], packed[ROW];

static float random_scale(int kind)
{
    uint32_t digits = (uint32_t)(test_random() >> 40);
    if (kind == 0) return ldexpf((float)(digits >> 8 | 0x8000), -20 - (int)(digits % 11));
    if (kind == 1) return ldexpf((float)(digits | 0x800000), -40);
    return ldexpf((float)(digits | 1), -126 - 23 + (int)(digits % 3)); /* w' are subnormal, or almost */
}

static void random_row(const dgen_quantizer *q, int kind)
{
    for (int i = 0; i < ROW; i++) {
        packed[i] = (uint8_t)(test_random() >> 50);
        zeros[i] = (uint8_t)(test_random() >> 50 & (q->symmetric ? 255u : (1u << q->bits) - 1));
        scales[i] = random_scale(kind);
        float_zeros[i] = (float)((int64_t)test_random() >> 40) * random_scale(kind);
    }
}

/* n codes under every ISA, which begin `phase` after the begin of a group; each array ends where its page does. */
static void decode_and_compare(const dgen_quantizer *q, size_t n, size_t group, size_t phase)
{
    bool midrise = q->symmetric && q->range == DGEN_RANGE_MIDRISE;
    size_t groups = (phase + n + group - 1) / group, n_bytes = (n * (size_t)q->bits + 7) / 8;
    for (size_t i = 0; i < n; i++) {
        size_t k = (phase + i) / group;
        double zero = q->offset ? float_zeros[k] : midrise ? 1.5 : zeros[k];
        wanted[i] = value_of(code_of(packed, i, q->bits), scales[k], zero, q->offset);
    }
    const uint8_t *from = at_page_end(0, packed, n_bytes);
    const float *scale = at_page_end(1, scales, groups * sizeof *scale);
    const void *zero = q->offset ? at_page_end(2, float_zeros, groups * sizeof *scale) : at_page_end(2, zeros, groups);
    for (int k = 0; k < isa_count; k++) {
        float *out = at_page_end(3, scales, n * sizeof *out);
        uint8_t *before = (uint8_t *)out - 64;
        memset(before, 0x5A, 64 + n * sizeof *out);
        isas[k]->quantization->decode(out, from, scale, zero, n, group, phase, q);
        CHECK(!memcmp(out, wanted, n * sizeof *out), "%s: %zu codes of %d bits, groups of %zu from %zu, offset %d symmetric %d",
              isas[k]->name, n, q->bits, group, phase, q->offset, q->symmetric);
        for (int i = 0; i < 64; i++) CHECK(before[i] == 0x5A, "%s writes before the first of %zu elements", isas[k]->name, n);
    }
}

static void kernels_decode(void)
{
    static const size_t group[] = { 1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 24, 31, 32, 33, 48, 50, 64, 100, 128, 257, 500 };
    for (int bits = 8; bits >= 2; bits /= 2)
        for (int form = 0; form < 4; form++)
            for (size_t g = 0; g < sizeof group / sizeof *group; g++) {
                dgen_quantizer q = { .bits = bits, .symmetric = form == 1 || form == 2, .offset = form == 3,
                                     .range = form == 2 ? DGEN_RANGE_MIDRISE : DGEN_RANGE_NARROW };
                random_row(&q, (int)(g % 3));
                for (int i = 0; i < 40; i++)
                    decode_and_compare(&q, i < 34 ? (size_t)i : test_random() % (ROW - 60), group[g],
                                       i % 2 ? test_random() % group[g] : 0);
                for (size_t phase = 0; phase < group[g] && phase < 50; phase++) decode_and_compare(&q, 100, group[g], phase);
            }
}

/* Many groups, so that zeros are widened more than once. */
static void kernels_decode_whole_rows(void)
{
    for (int bits = 8; bits >= 2; bits /= 2)
        for (size_t group = 1; group <= 40; group++) {
            dgen_quantizer q = { .bits = bits };
            random_row(&q, 0);
            decode_and_compare(&q, ROW - 1, group, group / 2);
        }
}

/* ------------------------------------------------------------------------------------------------------------ widths */

/* n elements by an ISA's kernel: pieces of each length below 100, which end where their pages do, and the rest at once. */
enum { WIDE = 1 << 16 };
static void change_width(const dgen_isa_kernels *isa, bool to_single, int type, void *to, const void *from, size_t n,
                         size_t to_width, size_t from_width)
{
    static const uint8_t nothing[100 * 8];
    for (size_t i = 0, count = 0; i < n; i += count, count++) {
        bool last = count >= 100 || count > n - i;
        if (last) count = n - i;
        const void *source = (const uint8_t *)from + i * from_width;
        void *target = (uint8_t *)to + i * to_width;
        if (!last) source = at_page_end(0, source, count * from_width), target = at_page_end(1, nothing, count * to_width);
        if (to_single) isa->quantization->to_f32[type](target, source, count);
        else isa->quantization->from_f32[type](target, source, count);
        if (!last) memcpy((uint8_t *)to + i * to_width, target, count * to_width);
    }
}

static void halves_become_singles(void)
{
    static uint16_t halves[WIDE];
    static uint32_t got[WIDE];
    for (int i = 0; i < WIDE; i++) halves[i] = (uint16_t)i;
    for (int k = 0; k < isa_count; k++)
        for (int brain = 0; brain < 2; brain++) {
            change_width(isas[k], true, brain ? DGEN_OF_BF16 : DGEN_OF_F16, got, halves, WIDE, 4, 2);
            for (int i = 0; i < WIDE; i++)
                CHECK(got[i] == single_of((uint16_t)i, brain), "%s: %04x of %s is %08x, not %08x", isas[k]->name, i,
                      brain ? "bf16" : "f16", got[i], single_of((uint16_t)i, brain));
        }
}

/* f32 to f16 or bf16 and, as a check of the oracle, the value that it stands for. */
static void singles_become(const float *x, size_t n, bool brain)
{
    static uint16_t got[8 * WIDE];
    for (int k = 0; k < isa_count; k++) {
        change_width(isas[k], false, brain ? DGEN_OF_BF16 : DGEN_OF_F16, got, x, n, 2, 4);
        for (size_t i = 0; i < n; i++)
            CHECK(got[i] == half_of(x[i], brain), "%s: %a (%08x) as %s is %04x, not %04x", isas[k]->name, x[i], bits_of(x[i]),
                  brain ? "bf16" : "f16", got[i], half_of(x[i], brain));
    }
}

/* Midway from a finite f16 or bf16 to the next, or to what would follow the greatest. */
static double middle_after(int i, bool brain)
{
    double low = float_of(single_of((uint16_t)i, brain)), below = i ? float_of(single_of((uint16_t)(i - 1), brain)) : 0;
    bool greatest = i + 1 == (brain ? 0x7f80 : 0x7c00);
    double high = greatest ? low + (low - below) : float_of(single_of((uint16_t)(i + 1), brain));
    return (low + high) / 2;
}

/* Every f16 and bf16, the midpoint to the next (of the greatest, to what would follow), and the floats around it. */
static void singles_become_halves(void)
{
    static float x[8 * WIDE];
    for (int brain = 0; brain < 2; brain++) {
        size_t n = 0;
        int infinity = brain ? 0x7f80 : 0x7c00;
        for (int i = 0; i < infinity; i++) {
            float low = float_of(single_of((uint16_t)i, brain)), middle = (float)middle_after(i, brain);
            CHECK((double)middle == middle_after(i, brain), "the midpoint after %04x", i);
            float around[] = { low, nextafterf(middle, 0), middle, nextafterf(middle, INFINITY) };
            for (int j = 0; j < 4; j++) x[n++] = around[j], x[n++] = -around[j];
            /* What the oracle must say of them. */
            CHECK(half_of(around[0], brain) == i && half_of(around[1], brain) == i && half_of(around[2], brain) == i + (i & 1)
                      && half_of(around[3], brain) == i + 1, "the oracle around %04x", i);
        }
        singles_become(x, n, brain);
        n = 0;
        for (int i = 0; i < WIDE; i++) x[n++] = float_of((uint32_t)(test_random() >> 32));
        for (int i = 1; i < 0x800000; i = i * 2 + (i % 3 == 0)) {
            x[n++] = float_of(0x7f800000u | (uint32_t)i);
            x[n++] = float_of(0xff800000u | (uint32_t)i);
        }
        for (uint32_t i = 0; i < 3000; i++) x[n++] = float_of(i * 2797);
        x[n++] = INFINITY, x[n++] = -INFINITY, x[n++] = 0, x[n++] = -0.0f;
        singles_become(x, n, brain);
    }
}

static void doubles_and_singles(void)
{
    static double x[2 * WIDE], back[2 * WIDE];
    static float want[2 * WIDE], got[2 * WIDE];
    size_t n = 0;
    for (int i = 0; i < WIDE / 4; i++) {
        uint32_t bits = i % 4 == 0 ? (uint32_t)(test_random() >> 41) : (uint32_t)(test_random() >> 33) % 0x7f7fffff;
        float low = float_of(bits), high = float_of(bits + 1);
        double middle = ((double)low + high) / 2;
        x[n] = low, want[n++] = low;
        x[n] = nextafter(middle, 0), want[n++] = low;
        x[n] = middle, want[n++] = bits & 1 ? high : low;
        x[n] = -nextafter(middle, INFINITY), want[n++] = -high;
    }
    x[n] = 0x1.fffffefffffffp127, want[n++] = 0x1.fffffep127f;
    x[n] = 0x1.ffffffp127, want[n++] = INFINITY;
    x[n] = -1e300, want[n++] = -INFINITY;
    x[n] = 0x1p-150, want[n++] = 0;
    x[n] = 0x1.8p-150, want[n++] = 0x1p-149f;
    x[n] = -1e-320, want[n++] = -0.0f;
    x[n] = -INFINITY, want[n++] = -INFINITY;
    for (int i = 0; i < 60; i++) { /* NaNs keep sign and leading digits */
        uint64_t bits = UINT64_C(0x7ff) << 52 | (test_random() >> 12) | 1 | test_random() << 63;
        memcpy(&x[n], &bits, sizeof bits);
        want[n++] = float_of((uint32_t)(bits >> 32 & 0x80000000) | 0x7fc00000 | (uint32_t)(bits >> 29 & 0x3fffff));
    }
    for (int k = 0; k < isa_count; k++) {
        change_width(isas[k], true, DGEN_OF_F64, got, x, n, 4, 8);
        for (size_t i = 0; i < n; i++)
            CHECK(bits_of(got[i]) == bits_of(want[i]), "%s: %a as f32 is %08x, not %08x", isas[k]->name, x[i],
                  bits_of(got[i]), bits_of(want[i]));
        change_width(isas[k], false, DGEN_OF_F64, back, want, n, 8, 4);
        for (size_t i = 0; i < n; i++)
            CHECK(isnan(want[i]) ? isnan(back[i]) : back[i] == (double)want[i] && !signbit(back[i]) == !signbit(want[i]),
                  "%s: %a as f64 is %a", isas[k]->name, want[i], back[i]);
    }
}

/* dgen_array_convert goes element by element; NaNs are its own. */
static void conversions_agree(void)
{
    static float x[WIDE], back[WIDE];
    static uint16_t slow[WIDE], fast[WIDE];
    int64_t shape[1] = { WIDE };
    dgen_array single, half;
    for (int i = 0; i < WIDE; i++) {
        x[i] = float_of((uint32_t)(test_random() >> 32));
        if (i % 2) x[i] = ldexpf((float)((int64_t)test_random() >> 40), -30 - i % 20); /* near what f16 has */
        if (isnan(x[i])) x[i] = 0;
    }
    for (int brain = 0; brain < 2; brain++) {
        must(dgen_array_borrow(&single, DGEN_F32, 1, shape, x, &error));
        must(dgen_array_borrow(&half, brain ? DGEN_BF16 : DGEN_F16, 1, shape, slow, &error));
        must(dgen_array_convert(&half, &single, &error));
        for (int k = 0; k < isa_count; k++) {
            change_width(isas[k], false, brain ? DGEN_OF_BF16 : DGEN_OF_F16, fast, x, WIDE, 2, 4);
            CHECK(!memcmp(slow, fast, sizeof slow), "%s, %s", isas[k]->name, brain ? "bf16" : "f16");
            change_width(isas[k], true, brain ? DGEN_OF_BF16 : DGEN_OF_F16, back, slow, WIDE, 4, 2);
            for (int i = 0; i < WIDE; i++)
                CHECK(back[i] == (float)dgen_array_get(&half, i), "%s, %s: %04x", isas[k]->name, brain ? "bf16" : "f16",
                      slow[i]);
        }
    }
}

/* All f32, upwards, beside the f16 or bf16 that is nearest so far. */
static void all_singles(void)
{
    enum { PART = 8 * WIDE };
    static float x[PART];
    static uint16_t want[PART], got[PART];
    for (int brain = 0; brain < 2; brain++) {
        int half = 0, infinity = brain ? 0x7f80 : 0x7c00;
        double middle = middle_after(0, brain);
        for (uint32_t first = 0; first < 0x80000000; first += PART) {
            for (uint32_t i = 0; i < PART; i++) {
                x[i] = float_of(first + i);
                while (half < infinity && (x[i] > middle || (x[i] == middle && half & 1)))
                    if (++half < infinity) middle = middle_after(half, brain);
                want[i] = first + i > 0x7f800000 ? half_of(x[i], brain) : (uint16_t)half;
            }
            for (int negative = 0; negative < 2; negative++) {
                for (int i = 0; i < PART && negative; i++) x[i] = float_of(bits_of(x[i]) | 0x80000000), want[i] |= 0x8000;
                for (int k = 0; k < isa_count; k++) {
                    isas[k]->quantization->from_f32[brain ? DGEN_OF_BF16 : DGEN_OF_F16](got, x, PART);
                    CHECK(!memcmp(got, want, sizeof got), "%s: %s from %08x on", isas[k]->name,
                          brain ? "bf16" : "f16", bits_of(x[0]));
                }
            }
        }
    }
}

/* ------------------------------------------------------------------------------------------------------ whole arrays */

/* Random codes, scales and zeros. */
static dgen_quantized random_quantized(int ndim, const int64_t *shape, int bits, dgen_scheme scheme, dgen_code_range range,
                                       dgen_axis axis, int64_t group, dgen_dtype scale_type)
{
    dgen_quantized q = { .bits = bits, .scheme = scheme, .range = range, .axis = axis, .group = group, .ndim = ndim };
    memcpy(q.shape, shape, (size_t)ndim * sizeof *shape);
    dgen__quantized_lay_out(&q, scale_type);
    dgen_array *parts[] = { &q.codes, &q.scale, &q.zero };
    for (int i = 0; i < 3; i++)
        must(dgen_array_alloc(parts[i], parts[i]->dtype, parts[i]->ndim, parts[i]->shape, NULL, &error));
    for (size_t i = 0; i < dgen_array_bytes(&q.codes); i++) ((uint8_t *)q.codes.data)[i] = (uint8_t)(test_random() >> 51);
    for (int64_t i = 0; i < dgen_array_length(&q.scale); i++) {
        float scale = ldexpf((float)(test_random() >> 53 | 0x400), -15);
        float zero = ldexpf((float)((int64_t)test_random() >> 53), -8);
        must(dgen_array_set(&q.scale, i, scale, &error)); /* of 11 bits: f16 has them */
        if (scheme == DGEN_OFFSET) must(dgen_array_set(&q.zero, i, zero, &error));
        else ((uint8_t *)q.zero.data)[i] = (uint8_t)(test_random() >> 50 & ((1u << bits) - 1));
    }
    return q;
}

/* An array of another layout over `memory`: in order, by rows, with gaps of two kinds, the last dimension first, backwards. */
enum { LAYOUTS = 6 };
static dgen_array laid_out(dgen_dtype dtype, int ndim, const int64_t *shape, int layout, uint8_t *memory)
{
    dgen_array out;
    int64_t stride = layout == 3 ? 2 : 1, width = (int64_t)dgen_dtype_bytes(dtype);
    must(dgen_array_borrow(&out, dtype, ndim, shape, memory, &error));
    for (int n = 0; n < ndim; n++) {
        int i = layout == 1 ? (n + 1) % ndim : layout == 4 ? ndim - 1 - n : n; /* 1: rows; 4: the last dimension first */
        out.stride[i] = stride;
        stride *= shape[i] + (layout == 2 || layout == 3 ? 3 : 0);
    }
    if (layout == 2) out.data = memory + 3 * width;
    if (layout == 5)
        for (int i = 0; i < ndim; i++) {
            out.data = (uint8_t *)out.data + (shape[i] - 1) * out.stride[i] * width;
            out.stride[i] = -out.stride[i];
        }
    return out;
}

static int64_t index_of(const dgen_array *x, const int64_t *at)
{
    int64_t index = 0;
    for (int i = 0; i < x->ndim; i++) index += at[i] * x->stride[i];
    return index;
}

/* Element `at` of what q stands for, as `width` bytes of the type. */
static void element_of(uint8_t *to, const dgen_quantized *q, const int64_t *at, dgen_dtype dtype)
{
    int64_t row = q->ndim == 1 ? 0 : at[0], column = 0, columns = 1;
    for (int i = q->ndim > 1; i < q->ndim; i++) column += at[i] * columns, columns *= q->shape[i];
    int64_t row_bytes = (columns * q->bits + 7) / 8, group = q->axis == DGEN_AXIS_GROUP ? q->group : columns;
    int64_t k = q->axis == DGEN_AXIS_TENSOR ? 0 : row * ((columns + group - 1) / group) + column / group;
    unsigned code = code_of((const uint8_t *)q->codes.data + row * row_bytes, (uint64_t)column, q->bits);
    bool midrise = q->scheme == DGEN_SYMMETRIC && q->range == DGEN_RANGE_MIDRISE;
    float x = value_of(code, (float)dgen_array_get(&q->scale, k), midrise ? 1.5 : dgen_array_get(&q->zero, k),
                       q->scheme == DGEN_OFFSET);
    double wide = x;
    uint16_t half = half_of(x, dtype == DGEN_BF16);
    if (dtype == DGEN_U8) *to = (uint8_t)code;
    else if (dtype == DGEN_F32) memcpy(to, &x, sizeof x);
    else if (dtype == DGEN_F64) memcpy(to, &wide, sizeof wide);
    else memcpy(to, &half, sizeof half);
}

static uint8_t *memory, *image;
enum { MEMORY = 40 << 20 };

/* Every element of `out`, and every byte of memory that is not one, is as it must be. */
static void compare(const dgen_array *out, const dgen_quantized *q, size_t n_bytes, const char *what)
{
    size_t width = dgen_dtype_bytes(out->dtype);
    int64_t at[4] = { 0 }, length = dgen_array_length(out);
    uint8_t *first = image + ((uint8_t *)out->data - memory);
    memset(image, 0x5A, n_bytes);
    for (int64_t i = 0; i < length; i++) {
        element_of(first + index_of(out, at) * (int64_t)width, q, at, out->dtype);
        for (int d = 0; d < out->ndim && ++at[d] == out->shape[d]; d++) at[d] = 0;
    }
    CHECK(!memcmp(memory, image, n_bytes), "%s: %s of %d dimensions, %lld x %lld, %d bits, group %lld", what,
          dgen_dtype_name(out->dtype), out->ndim, (long long)out->shape[0], (long long)(out->ndim > 1 ? out->shape[1] : 1), q->bits, (long long)q->group);
}

static dgen_status decode(dgen_array *out, const dgen_quantized *q, dgen_dtype dtype, int threads)
{
    return dtype == DGEN_U8 ? dgen_unpack(out, q, threads, &error) : dgen_dequantize(out, q, dtype, threads, &error);
}

static const dgen_dtype types[] = { DGEN_F32, DGEN_F64, DGEN_F16, DGEN_BF16, DGEN_U8 };
enum { TYPES = 5 };

static void into_layout(const dgen_quantized *q, dgen_dtype dtype, int layout, int threads, size_t shift)
{
    char what[32];
    dgen_array out = laid_out(dtype, q->ndim, q->shape, layout, memory + 64 + shift);
    size_t n_bytes = 256;
    int64_t room = (int64_t)dgen_dtype_bytes(dtype) * 2;
    for (int i = 0; i < q->ndim; i++) room *= q->shape[i] + 3;
    n_bytes += (size_t)room;
    if (n_bytes > MEMORY) exit((printf("  no room\n"), 1));
    memset(memory, 0x5A, n_bytes);
    must(decode(&out, q, dtype, threads));
    snprintf(what, sizeof what, "layout %d", layout);
    compare(&out, q, n_bytes, what);
}

static void arrays_in_every_layout(void)
{
    static const int64_t shapes[][4] = { { 1 }, { 257 }, { 37, 1 }, { 1, 130 }, { 5, 7 }, { 70, 90 },
                                          { 33, 3, 40 }, { 3, 1, 17 }, { 19, 2, 5, 11 } };
    static const int ndim[] = { 1, 1, 2, 2, 2, 2, 3, 3, 4 };
    static const dgen_scheme scheme[] = { DGEN_ASYMMETRIC, DGEN_SYMMETRIC, DGEN_OFFSET };
    for (size_t s = 0; s < sizeof ndim / sizeof *ndim; s++)
        for (int i = 0; i < 18; i++) {
            int bits = 8 >> i % 3, t = i / 3 % 3;
            int64_t columns = 1, groups[] = { 1, 3, 16, 50, 1000 };
            for (int d = ndim[s] > 1; d < ndim[s]; d++) columns *= shapes[s][d];
            int64_t group = groups[test_random() % 5];
            dgen_axis axis = i < 12 ? DGEN_AXIS_GROUP : i < 15 ? DGEN_AXIS_ROW : DGEN_AXIS_TENSOR;
            dgen_code_range range = bits == 2 && i >= 9 ? DGEN_RANGE_MIDRISE : DGEN_RANGE_NARROW;
            if (group > columns) group = columns;
            dgen_quantized q = random_quantized(ndim[s], shapes[s], bits, scheme[t], range, axis, group,
                                                i % 2 ? DGEN_F16 : DGEN_F32);
            for (int layout = 0; layout < LAYOUTS; layout++)
                into_layout(&q, types[(i + layout) % TYPES], layout, 1, test_random() % 3 * 8);
            dgen_quantized_release(&q);
        }
}

/* Several tiles, past the cache and not, whose threads go different ways. */
static void large_arrays(void)
{
    static const int64_t shapes[][2] = { { 640, 1800 }, { 1001, 1203 }, { 20, 40000 }, { 70001, 3 } };
    for (int s = 0; s < 4; s++)
        for (int t = 0; t < TYPES; t++) {
            dgen_quantized q = random_quantized(2, shapes[s], 8 >> (s + t) % 3, t == 1 ? DGEN_OFFSET : DGEN_ASYMMETRIC,
                                                DGEN_RANGE_NARROW, DGEN_AXIS_GROUP, s == 3 ? 2 : 37 * (t + 1), t % 2 ? DGEN_F16 : DGEN_F32);
            int layout = s == 2 ? 1 : t % 2 ? 3 * (s == 1) : s == 0 ? 0 : t;
            into_layout(&q, types[t], layout, 1 + (s + t) % 8, 0);
            if (s == 0) into_layout(&q, types[t], 0, 1, t == 4 ? 1 : 8);
            if (s == 1) into_layout(&q, types[t], 1, 8, 0);
            dgen_quantized_release(&q);
        }
}

/* Columns of narrow types that are stored past the cache. */
static void columns_past_the_cache(void)
{
    int64_t shape[2] = { 2048, 2100 };
    dgen_quantized q = random_quantized(2, shape, 8, DGEN_ASYMMETRIC, DGEN_RANGE_NARROW, DGEN_AXIS_GROUP, 128, DGEN_F32);
    into_layout(&q, DGEN_U8, 0, 2, 0);
    into_layout(&q, DGEN_F16, 0, 2, 0);
    dgen_quantized_release(&q);
}

static void threads_agree(void)
{
    int64_t shape[2] = { 900, 800 };
    dgen_quantized q = random_quantized(2, shape, 4, DGEN_ASYMMETRIC, DGEN_RANGE_NARROW, DGEN_AXIS_GROUP, 50, DGEN_F16);
    for (int threads = 1; threads <= 8; threads++) into_layout(&q, types[threads % TYPES], threads % 2, threads, 0);
    dgen_quantized_release(&q);
}

/* New results are contiguous, and of the shape of x. */
static void new_arrays(void)
{
    int64_t shape[4] = { 300, 20, 3, 30 };
    for (int ndim = 1; ndim <= 4; ndim++)
        for (int t = 0; t < TYPES; t++) {
            dgen_array out = { 0 };
            dgen_quantized q = random_quantized(ndim, shape, 4, DGEN_ASYMMETRIC, DGEN_RANGE_NARROW, DGEN_AXIS_GROUP, 7,
                                                DGEN_F32);
            must(decode(&out, &q, types[t], 0));
            CHECK(out.ndim == ndim && out.dtype == types[t] && dgen__is_contiguous(&out)
                      && !memcmp(out.shape, shape, (size_t)ndim * sizeof *shape),
                  "%d dimensions", ndim);
            memcpy(memory, out.data, dgen_array_bytes(&out));
            dgen_array copy = out;
            copy.data = memory;
            compare(&copy, &q, dgen_array_bytes(&out), "new");
            dgen_array_release(&out);
            dgen_quantized_release(&q);
        }
}

/* Tiles as rows of f32, of every layout and type, against one element after the other. */
static void tiles_are_rows(void)
{
    static const int64_t shapes[][4] = { { 300 }, { 90, 150 }, { 50, 1 }, { 33, 3, 40 }, { 19, 2, 5, 11 } };
    static const int ndim[] = { 1, 2, 2, 3, 4 };
    float *place = malloc(150 * 150 * sizeof *place);
    for (int s = 0; s < 5; s++)
        for (int layout = 0; layout < LAYOUTS; layout++)
            for (int t = 0; t < 4; t++) {
                for (size_t i = 0; i < MEMORY / 64; i += 2) {
                    uint16_t half = (uint16_t)(test_random() >> 49 & 0xbbff);
                    memcpy(memory + i, &half, 2);
                }
                dgen_array x = laid_out(types[t], ndim[s], shapes[s], layout, memory + 64);
                int64_t rows = ndim[s] == 1 ? 1 : shapes[s][0], columns = dgen_array_length(&x) / rows, stride;
                for (int i = 0; i < 8; i++) {
                    dgen__tile tile = { .row = (int64_t)(test_random() >> 33) % rows,
                                        .column = (int64_t)(test_random() >> 33) % columns };
                    if (i == 0) tile.row = tile.column = 0;
                    tile.rows = i == 0 ? rows : 1 + (int64_t)(test_random() >> 33) % (rows - tile.row);
                    tile.columns = i == 0 ? columns : 1 + (int64_t)(test_random() >> 33) % (columns - tile.column);
                    const float *got = dgen__tile_read(&x, &tile, place, &stride);
                    for (int64_t r = 0; r < tile.rows; r++)
                        for (int64_t c = 0; c < tile.columns; c++) {
                            int64_t element = ndim[s] == 1 ? tile.column + c : tile.row + r + rows * (tile.column + c);
                            float value = got[r * stride + c], want = (float)dgen_array_get(&x, element);
                            CHECK(bits_of(value) == bits_of(want) || (isnan(value) && isnan(want)),
                                  "layout %d of %s: %a, not %a", layout, dgen_dtype_name(types[t]), value, want);
                        }
                }
            }
    free(place);
}

/* And back, past the cache and not. */
static void tiles_are_stored(void)
{
    static const int64_t shapes[][4] = { { 3000 }, { 128, 200 }, { 90, 150 }, { 50, 1 }, { 33, 3, 40 }, { 19, 2, 5, 11 } };
    static const int ndim[] = { 1, 2, 2, 2, 3, 4 };
    float *values = malloc(128 * 200 * sizeof *values);
    for (int s = 0; s < 6; s++)
        for (int i = 0; i < LAYOUTS * TYPES * 4; i++) {
            dgen_dtype dtype = types[i % TYPES];
            int layout = i / TYPES % LAYOUTS;
            dgen_array x = laid_out(dtype, ndim[s], shapes[s], layout, memory + 64 + (i % 3 == 0) * 8);
            int64_t rows = ndim[s] == 1 ? 1 : shapes[s][0], columns = dgen_array_length(&x) / rows;
            dgen__tile tile = { 0, rows, 0, columns };
            if (i >= 2 * LAYOUTS * TYPES) {
                tile = (dgen__tile){ .row = (int64_t)(test_random() >> 33) % rows,
                                     .column = (int64_t)(test_random() >> 33) % columns };
                tile.rows = 1 + (int64_t)(test_random() >> 33) % (rows - tile.row);
                tile.columns = 1 + (int64_t)(test_random() >> 33) % (columns - tile.column);
            }
            memset(memory, 0x5A, MEMORY / 32);
            memset(image, 0x5A, MEMORY / 32);
            dgen_array copy = x;
            copy.data = image + ((uint8_t *)x.data - memory);
            for (int64_t r = 0; r < tile.rows; r++)
                for (int64_t c = 0; c < tile.columns; c++) {
                    int64_t element = ndim[s] == 1 ? tile.column + c : tile.row + r + rows * (tile.column + c);
                    int64_t k = r * tile.columns + c;
                    int whole = (int)(test_random() >> 33) % 256;
                    if (dtype == DGEN_U8) ((uint8_t *)values)[k] = (uint8_t)whole;
                    else values[k] = (float)whole;
                    must(dgen_array_set(&copy, element, whole, &error));
                }
            dgen__tile_write(&x, &tile, values, i / (LAYOUTS * TYPES) % 2);
            CHECK(!memcmp(memory, image, MEMORY / 32), "%s, layout %d, %d dimensions: tile of %lld x %lld",
                  dgen_dtype_name(dtype), layout, ndim[s], (long long)tile.rows, (long long)tile.columns);
        }
    free(values);
}

/* ---------------------------------------------------------------------------------------------------------- failures */

#define REFUSES(call, status, text)                                                                                \
    do {                                                                                                           \
        error.message[0] = 0;                                                                                      \
        CHECK((call) == status && !strcmp(error.message, text), "\"%s\", not \"%s\"", error.message, text);        \
    } while (0)

static int stop(void *context)
{
    (void)context;
    return 1;
}

static void refusals(void)
{
    int64_t shape[2] = { 6, 10 }, other[2] = { 10, 6 }, large[2] = { 4000, 4000 };
    static double values[100];
    uint64_t live = dgen_live_bytes();
    dgen_quantized q = random_quantized(2, shape, 8, DGEN_ASYMMETRIC, DGEN_RANGE_NARROW, DGEN_AXIS_GROUP, 4, DGEN_F32);
    dgen_array out = { 0 };
    REFUSES(dgen_dequantize(&out, &q, DGEN_I32, 1, &error), DGEN_ETYPE, "type must be f32, f64, f16 or bf16, not i32");
    REFUSES(dgen_dequantize(&out, &q, DGEN_U8, 1, &error), DGEN_ETYPE, "type must be f32, f64, f16 or bf16, not u8");
    CHECK(!out.release && !out.data, "out is untouched");
    must(dgen_array_borrow(&out, DGEN_F32, 2, shape, values, &error));
    REFUSES(dgen_dequantize(&out, &q, DGEN_F64, 1, &error), DGEN_ETYPE, "out must be f64, not f32");
    REFUSES(dgen_unpack(&out, &q, 1, &error), DGEN_ETYPE, "out must be u8, not f32");
    out.data = NULL;
    REFUSES(dgen_dequantize(&out, &q, DGEN_F32, 1, &error), DGEN_EINVAL, "out must not be NULL");
    must(dgen_array_borrow(&out, DGEN_F32, 2, other, values, &error));
    REFUSES(dgen_dequantize(&out, &q, DGEN_F32, 1, &error), DGEN_EINVAL, "out must have the shape of x, 6 x 10, not 10 x 6");
    must(dgen_array_borrow(&out, DGEN_U8, 2, shape, q.codes.data, &error));
    REFUSES(dgen_unpack(&out, &q, 1, &error), DGEN_EINVAL, "out must not overlap q.codes");
    dgen_array_release(&q.scale);
    must(dgen_array_borrow(&q.scale, DGEN_F32, 2, q.scale.shape, values + 50, &error));
    must(dgen_array_borrow(&out, DGEN_F32, 2, shape, values + 21, &error));
    REFUSES(dgen_dequantize(&out, &q, DGEN_F32, 1, &error), DGEN_EINVAL, "out must not overlap q.scale");
    dgen_array_release(&q.zero);
    must(dgen_array_borrow(&q.zero, DGEN_U8, 2, q.zero.shape, values, &error));
    must(dgen_array_borrow(&out, DGEN_F16, 2, shape, values + 2, &error));
    REFUSES(dgen_dequantize(&out, &q, DGEN_F16, 1, &error), DGEN_EINVAL, "out must not overlap q.zero");
    q.bits = 3;
    out = (dgen_array){ 0 };
    REFUSES(dgen_dequantize(&out, &q, DGEN_F32, 1, &error), DGEN_EINVAL, "q.bits must be 8, 4 or 2, not 3");
    q.bits = 8;
    dgen_quantized_release(&q);
    q = random_quantized(2, large, 2, DGEN_ASYMMETRIC, DGEN_RANGE_NARROW, DGEN_AXIS_ROW, large[1], DGEN_F32);
    dgen_poll_set(stop, NULL);
    out = (dgen_array){ 0 };
    REFUSES(dgen_dequantize(&out, &q, DGEN_F64, 1, &error), DGEN_ECANCELED, "interrupted");
    dgen_poll_set(NULL, NULL);
    CHECK(!out.release, "out is untouched");
    dgen_quantized_release(&q);
    CHECK(dgen_live_bytes() == live, "%llu bytes are left", (unsigned long long)(dgen_live_bytes() - live));
}

/* The whole arrays again, under each ISA. */
static void arrays_under_every_isa(void)
{
    char output[4096], isa[32];
    for (int i = 0; i < isa_count; i++) {
        const char *arguments[] = { "arrays", NULL }, *environment[] = { isa, NULL };
        snprintf(isa, sizeof isa, "DGEN_ISA=%s", isas[i]->name);
        CHECK(child_again(arguments, environment, output, sizeof output) == 0, "%s: %s", isas[i]->name, output);
    }
}

int main(int argc, char **argv)
{
    bool again = argc > 1 && !strcmp(argv[1], "arrays");
    memory = aligned_alloc(64, MEMORY);
    image = aligned_alloc(64, MEMORY);
    find_isas();
    must(dgen_threads_set(8, &error));
    if (again) {
        RUN(arrays_in_every_layout);
        RUN(large_arrays);
        RUN(columns_past_the_cache);
        RUN(threads_agree);
        RUN(new_arrays);
        RUN(tiles_are_rows);
        RUN(tiles_are_stored);
        return TEST_END();
    }
    RUN(kernels_decode);
    RUN(kernels_decode_whole_rows);
    RUN(halves_become_singles);
    RUN(singles_become_halves);
    RUN(doubles_and_singles);
    RUN(conversions_agree);
    RUN(arrays_under_every_isa);
    RUN(refusals);
    if (argc > 1 && !strcmp(argv[1], "--long")) RUN(all_singles);
    return TEST_END();
}
