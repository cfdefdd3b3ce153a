/*
 * Quantization as a user sees it, by what dgen.h says alone. A model in this file reads codes, scales and zeros as they lie in
 * memory and holds them against the elements in double and long double, where every difference here is exact: the bound of the
 * error, scales no larger than they must be, zeros, constants, halves, codes and bits past a row, the certificate. Over kinds of
 * data, bits, schemes, axes, groups, types and layouts; for every ISA and number of threads the same bits. Then what is not finite,
 * arrays that are given, long rows, spoiled fields, and every bad call of quantization_errors.tsv.
 *     test_quantize          a few seconds
 *     test_quantize --long   1e9 values against the bound
 *     test_quantize hash     a hash of many results, for a process under another DGEN_ISA
 */
#define _GNU_SOURCE
#include <float.h>
#include <math.h>

#include "agree.h"


static dgen_error error;
static bool is_long;

static void must(dgen_status status)
{
    if (status != DGEN_OK) exit((printf("  %s\n", error.message), 1));
}

static double hashed(uint64_t i) { return (double)(hash(i) >> 11) * 0x1p-53; }
static int64_t least_of(int64_t a, int64_t b) { return a < b ? a : b; }

/* ---------------------------------------------------------------------------------------------------------------------- data */

enum { NORMAL, LAPLACE, UNIFORM, OUTLIER, TINY, HUGE_VALUES, SUBNORMAL, INTEGER, CONSTANT, ZEROS, SPARSE, POSITIVE, EDGES, KINDS };

static double normal(uint64_t i)
{
    return sqrt(-2 * log(hashed(2 * i) + 0x1p-54)) * cos(6.283185307179586 * hashed(2 * i + 1));
}

static float datum(int kind, uint64_t seed, int64_t j)
{
    uint64_t i = seed * 1000003 + (uint64_t)j;
    double u = hashed(3 * i + 1) - .5;
    static const float edges[] = { 0, -0.f, 1, -1, 0x1p-149f, -0x1p-126f, 0x1.fffffep127f, -0x1.fffffep127f, 0x1p127f, 0x1.fffffep-127f, 65504, .1f };
    switch (kind) {
    case NORMAL: return (float)normal(i);
    case LAPLACE: return (float)((u < 0 ? 1 : -1) * log(1 - 2 * fabs(u) + 0x1p-60));
    case UNIFORM: return (float)u;
    case OUTLIER: return (float)(normal(i) * (hash(i + 5) % 97 ? 1 : 60));
    case TINY: return (float)(normal(i) * 1e-30);
    case HUGE_VALUES: return (float)(u * 2 * FLT_MAX);
    case SUBNORMAL: return (float)(u * 0x1p-130);
    case INTEGER: return (float)(int)(u * 255);
    case CONSTANT: return (float)((hashed(seed) - .5) * exp2((double)(seed % 200) - 100));
    case ZEROS: return hash(i) % 2 ? 0.f : -0.f;
    case SPARSE: return hash(i) % 10 ? 0 : (float)normal(i);
    case POSITIVE: return (float)(3 + u);
    default: return edges[hash(i) % (sizeof edges / sizeof *edges)];
    }
}

/* ------------------------------------------------------------------------------------------------------------------- layouts */

/* Arrays of rows x columns: by columns, by rows, apart, backwards, of one, three and four dimensions. */
enum { BY_COLUMNS, BY_ROWS, APART, BACKWARDS, FLAT, THREE, FOUR, THREE_BY_ROWS, LAYOUTS };

typedef struct view {
    dgen_array x, memory;
} view;

static view view_of(dgen_dtype dtype, int64_t rows, int64_t columns, int layout)
{
    view v;
    int64_t shape[4] = { rows, columns, 1, 1 }, room = (2 * rows + 5) * (columns + 3), half = columns % 2 ? columns : columns / 2;
    int ndim = layout == FLAT ? 1 : layout == FOUR ? 4 : layout == THREE || layout == THREE_BY_ROWS ? 3 : 2;
    if (layout == FLAT) shape[0] = columns;
    if (ndim >= 3) shape[1] = half, shape[2] = columns / half;
    must(dgen_array_alloc(&v.memory, dtype, 1, &room, NULL, &error));
    must(dgen_array_borrow(&v.x, dtype, ndim, shape, v.memory.data, &error));
    switch (layout) {
    case BY_ROWS: v.x.stride[0] = columns, v.x.stride[1] = 1; break;
    case APART: v.x.stride[0] = 2, v.x.stride[1] = 2 * rows + 5; break;
    case BACKWARDS:
        v.x.data = (char *)v.x.data + (size_t)(rows * columns - 1) * dgen_dtype_bytes(dtype);
        v.x.stride[0] = -columns, v.x.stride[1] = -1;
        break;
    case THREE_BY_ROWS: v.x.stride[2] = 1, v.x.stride[1] = columns / half, v.x.stride[0] = columns + 3; break;
    default: break;
    }
    return v;
}

static void release(view *v)
{
    dgen_array_release(&v->x);
    dgen_array_release(&v->memory);
}

static int64_t rows_of(const dgen_array *x) { return x->ndim == 1 ? 1 : x->shape[0]; }

/* Values row by row: what f16 cannot hold is made smaller. */
static view filled(dgen_dtype dtype, int64_t rows, int64_t columns, int layout, int kind, uint64_t seed)
{
    view v = view_of(dtype, rows, columns, layout);
    rows = rows_of(&v.x);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < columns; j++) {
            double value = datum(kind, seed, r * columns + j);
            if (dtype == DGEN_F16 && fabs(value) > 60000) value = ldexp(value, -113);
            if (dtype == DGEN_BF16 && fabs(value) > 0x1.fep127) value = value < 0 ? -0x1.fep127 : 0x1.fep127;
            must(dgen_array_set(&v.x, j * rows + r, value, &error));
        }
    return v;
}

/* Elements as f32, row by row. */
static float *elements_of(const dgen_array *x)
{
    int64_t rows = rows_of(x), columns = dgen_array_length(x) / rows;
    float *out = malloc((size_t)(rows * columns) * sizeof *out);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < columns; j++) out[r * columns + j] = (float)dgen_array_get(x, j * rows + r);
    return out;
}

/* -------------------------------------------------------------------------------------------------------------- the options */

/* bits, scheme, range: all there are. */
static const struct { int bits; dgen_scheme scheme; dgen_code_range range; } codings[] = {
    { 8, DGEN_ASYMMETRIC, DGEN_RANGE_FULL }, { 8, DGEN_SYMMETRIC, DGEN_RANGE_NARROW }, { 8, DGEN_SYMMETRIC, DGEN_RANGE_FULL },
    { 4, DGEN_ASYMMETRIC, DGEN_RANGE_FULL }, { 4, DGEN_SYMMETRIC, DGEN_RANGE_NARROW }, { 4, DGEN_SYMMETRIC, DGEN_RANGE_FULL },
    { 2, DGEN_ASYMMETRIC, DGEN_RANGE_FULL }, { 2, DGEN_SYMMETRIC, DGEN_RANGE_NARROW }, { 2, DGEN_SYMMETRIC, DGEN_RANGE_FULL },
    { 2, DGEN_SYMMETRIC, DGEN_RANGE_MIDRISE },
};
enum { CODINGS = sizeof codings / sizeof *codings };
/* Groups: 0: axis row, -1: tensor. */
static const int groups[] = { 1, 7, 32, 50, 128, 300, 0, -1 };
enum { GROUPS = sizeof groups / sizeof *groups };

static dgen_quantize_options options_of(int coding, int64_t group, int exact, dgen_dtype scale_type)
{
    dgen_quantize_options options;
    dgen_quantize_options_init(&options);
    options.bits = codings[coding].bits;
    options.scheme = codings[coding].scheme;
    options.range = codings[coding].scheme == DGEN_SYMMETRIC ? codings[coding].range : DGEN_RANGE_NARROW;
    options.axis = group > 0 ? DGEN_AXIS_GROUP : group == 0 ? DGEN_AXIS_ROW : DGEN_AXIS_TENSOR;
    options.group = group, options.has_group = group > 0;
    options.exact = exact;
    options.scale_type = scale_type;
    return options;
}

/* ---------------------------------------------------------------------------------------------------------------- the model */

/* A quantized array as its fields say it lies. */
typedef struct model {
    const dgen_quantized *q;
    const float *w;           /* row by row */
    int64_t rows, columns, group, groups, row_bytes; /* scales a row */
    bool exact, midrise, tensor;
    int top, bottom;          /* codes */
    char what[96];
    /* what the elements come to */
    long double squares, result_squares, error_squares, dot;
    double most, largest;
    int64_t clipped;
} model;

static double scale_at(const model *m, int64_t k)
{
    return m->q->scale.dtype == DGEN_F32 ? ((float *)m->q->scale.data)[k] : dgen_array_get(&m->q->scale, k);
}
static int zero_at(const model *m, int64_t k) { return ((uint8_t *)m->q->zero.data)[k]; }

/* Bit k of a row is bit k mod 8 of its byte k / 8. */
static int code_at(const model *m, int64_t r, int64_t j)
{
    const uint8_t *row = (const uint8_t *)m->q->codes.data + r * m->row_bytes;
    int code = 0;
    for (int b = 0; b < m->q->bits; b++) {
        int64_t k = j * m->q->bits + b;
        code |= (row[k / 8] >> k % 8 & 1) << b;
    }
    return code;
}

static double ulp(double w)
{
    int exponent;
    frexp(w, &exponent);
    return w == 0 || exponent < -125 ? 0x1p-149 : ldexp(1, exponent - 24);
}

static double result_of(const model *m, int code, double scale, int zero)
{
    return m->midrise ? (code - 1.5) * scale : (code - zero) * scale;
}

static void check_element(model *m, float w, int code, double s, int z)
{
    double result = result_of(m, code, s, z), e = fabs(w - result), allowed = s / 2 + (m->exact ? 1 : 2) * ulp(w);
    CHECK(code >= m->bottom && code <= m->top, "%s: code %d of %g", m->what, code, w);
    CHECK(isfinite(result) && fabs(result) <= FLT_MAX && (float)result == result, "%s: %.9g becomes %.17g", m->what, w, result);
    bool cannot = m->q->scale.dtype == DGEN_F16 && s == 65504;
    CHECK(e <= allowed || cannot, "%s: %.9g becomes %.9g, scale %.9g, zero %d: error %.9g, allowed %.9g", m->what, w, result, s,
          z, e, allowed);
    CHECK(w != 0 || m->midrise || result == 0, "%s: 0 becomes %.9g", m->what, result);
    /* Where 1 / s is exact, or a division, a half goes to the even one. */
    int exponent;
    double halves = 2 * (double)w / s;
    if (!m->midrise && (m->exact || frexp(s, &exponent) == .5) && code > m->bottom && code < m->top && halves == floor(halves)
        && (long double)halves * s == 2 * (long double)w && fmod(halves, 2) != 0)
        CHECK((code - z) % 2 == 0, "%s: %.9g / %.9g, a half, becomes %d", m->what, w, s, code - z);
    m->squares += (long double)w * w, m->result_squares += (long double)result * result;
    m->error_squares += (long double)e * e, m->dot += (long double)w * result;
    if (e > m->most) m->most = e;
    if (fabs(w) > m->largest) m->largest = fabs(w);
    m->clipped += e > s / 2 * (1 + 1e-6) + 3 * ulp(w);
}

/* The scale that the range of the group asks for. */
static long double wanted_scale(const model *m, double least, double most)
{
    int half = 1 << (m->q->bits - 1);
    long double low = least < 0 ? least : 0, high = most > 0 ? most : 0, largest = -low > high ? -low : high;
    if (m->q->scheme == DGEN_ASYMMETRIC) return (high - low) / (2 * half - 1);
    if (m->midrise) return largest / 2;
    if (m->q->range == DGEN_RANGE_NARROW) return largest / (half - 1);
    return -low / half > high / (half - 1) ? -low / half : high / (half - 1);
}

static void check_scale(const model *m, int64_t k, double least, double most)
{
    double s = scale_at(m, k);
    int z = zero_at(m, k), half = 1 << (m->q->bits - 1), exponent;
    long double want = wanted_scale(m, least, most), unit = 0x1p-15L;
    bool halved = m->q->scale.dtype == DGEN_F16;
    CHECK(s > 0 && isfinite(s) && (halved || s >= 0x1p-126), "%s: scale %g of %g to %g", m->what, s, least, most);
    CHECK(m->q->scheme == DGEN_SYMMETRIC ? z == half : z <= m->top, "%s: zero %d", m->what, z);
    if (least == most && !m->midrise && !halved) return; /* a constant: see below */
    double mantissa = ldexp(frexp(s, &exponent), halved ? 11 : 16), largest = fmax(fabs(least), fabs(most));
    bool huge = largest >= 0x1p127;
    CHECK(mantissa == floor(mantissa), "%s: scale %a has more bits", m->what, s);
    if (huge && !halved) {
        /* Levels on both sides of 0, none of them beyond f32: no larger than those of a symmetric scheme. */
        CHECK(s >= want * (1 - unit) && s <= largest / (half - 1) * (1 + unit), "%s: scale %.9g of %.9g to %.9g", m->what, s,
              least, most);
        return;
    }
    if (m->q->scheme == DGEN_ASYMMETRIC)
        CHECK(fabsl(z + (least < 0 ? (long double)least : 0) / s) <= .5L + 0x1p-14L || s == 65504,
              "%s: zero %d of %.9g to %.9g, scale %.9g", m->what, z,
              least, most, s);
    /* f16 goes from 2^-24, in steps of no less, to 65504. */
    if (halved)
        CHECK(want > 65504 ? s == 65504 : s >= want && s <= fmaxl(want * (1 + 0x1p-10L), want + 0x1p-24L) && s >= 0x1p-24,
              "%s: scale %.9g, not %.9Lg",
              m->what, s, want);
    else if (want <= 0x1p-126L) CHECK(s == 0x1p-126, "%s: scale %g of %g to %g", m->what, s, least, most);
    else {
        CHECK(s >= want && s <= want * (1 + unit), "%s: scale %.9g, not %.9Lg, of %.9g to %.9g", m->what, s, want, least, most);
        mantissa = (double)ldexpl(want, 16 - ilogbl(want) - 1);
        if (mantissa == floor(mantissa)) CHECK(s == want, "%s: scale %.9g, not %.9Lg", m->what, s, want);
    }
}

/* Rows [row, row + rows), columns [first, last): one group. */
static void check_group(model *m, int64_t k, int64_t row, int64_t rows, int64_t first, int64_t last)
{
    double least = INFINITY, most = -INFINITY, s = scale_at(m, k);
    for (int64_t r = row; r < row + rows; r++)
        for (int64_t j = first; j < last; j++) {
            float w = m->w[r * m->columns + j];
            least = fmin(least, w), most = fmax(most, w);
        }
    check_scale(m, k, least, most);
    /* A scale of f16, or one below 2^-126, cannot be any constant. */
    bool constant = least == most && !m->midrise && m->q->scale.dtype == DGEN_F32 && fabs(least) >= 0x1p-126;
    for (int64_t r = row; r < row + rows; r++)
        for (int64_t j = first; j < last; j++) {
            int code = code_at(m, r, j);
            check_element(m, m->w[r * m->columns + j], code, s, zero_at(m, k));
            if (constant)
                CHECK(result_of(m, code, s, zero_at(m, k)) == least, "%s: the constant %.9g becomes %.9g", m->what, least,
                      result_of(m, code, s, zero_at(m, k)));
        }
}

static void check_certificate(const model *m)
{
    const dgen_certificate *c = &m->q->error;
    long double norms = sqrtl(m->squares) * sqrtl(m->result_squares);
    /* The difference of w and its nearest level is exact in f32, but for one of a level that is not nearest, or half a scale from 0. */
    CHECK(c->max == m->most || ((m->midrise || m->clipped) && fabs(c->max - m->most) <= 0x1p-24 * m->most),
          "%s: max %.17g, not %.17g", m->what,
          c->max, m->most);
    /* Errors whose squares no f32 holds count only where all elements are so small. */
    long double count = (long double)m->rows * m->columns, lost = m->largest > 0x1p-60 ? count * 0x1p-149L : 0;
    CHECK(fabsl((long double)c->rmse * c->rmse * count - m->error_squares) <= 2e-6L * m->error_squares + lost,
          "%s: rmse %.9g, not %.9Lg", m->what,
          c->rmse, sqrtl(m->error_squares / count));
    long double ratio = m->squares / m->error_squares;
    if (m->error_squares == 0) CHECK(c->snr_db == INFINITY, "%s: snr_db %g", m->what, c->snr_db);
    else if (m->squares == 0) CHECK(c->snr_db == -INFINITY, "%s: snr_db %g", m->what, c->snr_db);
    else CHECK(fabsl(powl(10, -c->snr_db / 10) * ratio - 1) <= 2e-6L + lost / m->error_squares, "%s: snr_db %.9g, not %.9Lg",
               m->what, c->snr_db,
               10 * log10l(ratio));
    /* Its dot product is half of w^2 + w'^2 - (w - w')^2, and right to a part of that. */
    long double cosine = norms == 0 ? m->squares == m->result_squares : m->dot / norms;
    long double part = norms == 0 ? 0 : (m->squares + m->result_squares + m->error_squares) / norms;
    CHECK(fabsl(c->cosine - cosine) <= 5e-7L * part, "%s: cosine %.9g, not %.9Lg", m->what, c->cosine, cosine);
    CHECK(c->clipped == m->clipped, "%s: clipped %lld, not %lld", m->what, (long long)c->clipped, (long long)m->clipped);
    CHECK(c->nonfinite == 0, "%s: nonfinite %lld", m->what, (long long)c->nonfinite);
}

/* Bits past a row's elements are 0. */
static void check_tails(const model *m)
{
    for (int64_t r = 0; r < m->rows; r++)
        for (int64_t k = m->columns * m->q->bits; k < 8 * m->row_bytes; k++) {
            uint8_t byte = ((const uint8_t *)m->q->codes.data)[r * m->row_bytes + k / 8];
            CHECK(!(byte >> k % 8 & 1), "%s: a bit past row %d", m->what, (int)r);
        }
}

/* dgen_dequantize and dgen_unpack are what the model makes of it. */
static void check_back(const model *m, const dgen_array *x)
{
    dgen_array back = { 0 }, codes = { 0 };
    must(dgen_dequantize(&back, m->q, DGEN_F32, 0, &error));
    must(dgen_unpack(&codes, m->q, 0, &error));
    CHECK(back.ndim == x->ndim && codes.ndim == x->ndim && codes.dtype == DGEN_U8 && !memcmp(back.shape, x->shape,
        (size_t)x->ndim * 8), "%s: shape", m->what);
    for (int64_t r = 0; r < m->rows; r++)
        for (int64_t j = 0; j < m->columns; j++) {
            int64_t k = m->tensor ? 0 : r * m->groups + j / m->group, at = j * m->rows + r;
            int code = code_at(m, r, j);
            CHECK(((uint8_t *)codes.data)[at] == code, "%s: unpacked to %d, not %d", m->what, ((uint8_t *)codes.data)[at], code);
            CHECK(((float *)back.data)[at] == result_of(m, code, scale_at(m, k), zero_at(m, k)), "%s: dequantized to %.9g", m->what,
                  ((float *)back.data)[at]);
        }
    dgen_array_release(&back);
    dgen_array_release(&codes);
}

static void check_fields(const model *m, const dgen_array *x, const dgen_quantize_options *options)
{
    const dgen_quantized *q = m->q;
    int ndim = x->ndim == 1 ? 1 : 2;
    CHECK(q->bits == options->bits && q->scheme == options->scheme && q->axis == options->axis && q->ndim == x->ndim
              && !memcmp(q->shape, x->shape, (size_t)x->ndim * sizeof *x->shape), "%s: fields", m->what);
    CHECK(q->codes.ndim == ndim && q->codes.shape[0] == m->row_bytes && (ndim == 1 || q->codes.shape[1] == m->rows),
          "%s: codes", m->what);
    CHECK(q->scale.dtype == options->scale_type && q->zero.dtype == DGEN_U8, "%s: types", m->what);
    CHECK(q->scale.shape[0] == (m->tensor ? 1 : m->groups) && (m->tensor ? q->scale.ndim == 1 : q->scale.ndim == ndim),
          "%s: scale", m->what);
    CHECK(dgen_array_length(&q->zero) == dgen_array_length(&q->scale) && q->zero.ndim == q->scale.ndim, "%s: zero", m->what);
    must(dgen_quantized_check(q, &error));
}

/* All of that, of q made of x. */
static void check_result(const dgen_quantized *q, const dgen_array *x, const dgen_quantize_options *options, const char *what)
{
    float *w = elements_of(x);
    model m = { .q = q, .w = w, .rows = rows_of(x), .exact = options->exact, .tensor = options->axis == DGEN_AXIS_TENSOR };
    m.columns = dgen_array_length(x) / m.rows;
    m.group = options->axis == DGEN_AXIS_GROUP ? options->has_group ? options->group : least_of(128, m.columns) : m.columns;
    m.groups = (m.columns + m.group - 1) / m.group;
    m.row_bytes = (m.columns * q->bits + 7) / 8;
    m.midrise = q->scheme == DGEN_SYMMETRIC && q->range == DGEN_RANGE_MIDRISE;
    m.top = (1 << q->bits) - 1;
    m.bottom = q->scheme == DGEN_SYMMETRIC && q->range == DGEN_RANGE_NARROW;
    snprintf(m.what, sizeof m.what, "%s, %s, %d bits %s %d, axis %d group %d, %s scales%s", what, dgen_dtype_name(x->dtype),
             q->bits,
             q->scheme == DGEN_SYMMETRIC ? "symmetric" : "asymmetric", q->range, options->axis, (int)m.group,
             dgen_dtype_name(options->scale_type), options->exact ? ", exact" : "");
    check_fields(&m, x, options);
    if (m.tensor) check_group(&m, 0, 0, m.rows, 0, m.columns);
    else
        for (int64_t r = 0; r < m.rows; r++)
            for (int64_t g = 0; g < m.groups; g++)
                check_group(&m, r * m.groups + g, r, 1, g * m.group, least_of((g + 1) * m.group, m.columns));
    check_certificate(&m);
    check_tails(&m);
    check_back(&m, x);
    free(w);
}

/* ------------------------------------------------------------------------------------------------------ everything against it */

static const char *const kind_names[] = { "normal", "laplace", "uniform", "outlier", "tiny", "huge", "subnormal", "integer", "constant", "zeros",
                                          "sparse", "positive", "edges" };
static const dgen_dtype types[] = { DGEN_F32, DGEN_F64, DGEN_F16, DGEN_BF16 };

static void kind_holds(int kind)
{
    uint64_t seed = (uint64_t)kind * 1000;
    for (int coding = 0; coding < CODINGS; coding++)
        for (int g = 0; g < GROUPS; g++)
            for (int variant = 0; variant < 4; variant++, seed++) {
                int layout = (int)(seed % LAYOUTS), type = variant == 0 ? 0 : (int)(seed / 3 % 4);
                int64_t rows = 1 + (int64_t)(seed % 7), columns = groups[g] == 300 ? 300 + (int64_t)(seed % 90) : 129 + (int64_t)(seed * 7 % 60);
                dgen_quantize_options options = options_of(coding, groups[g], variant / 2, variant % 2 ? DGEN_F16 : DGEN_F32);
                view v = filled(types[type], rows, columns, layout, kind, seed);
                dgen_quantized q = { 0 };
                must(dgen_quantize(&q, &v.x, &options, &error));
                check_result(&q, &v.x, &options, kind_names[kind]);
                dgen_quantized_release(&q);
                release(&v);
            }
}

#define KIND(name, kind) static void name(void) { kind_holds(kind); }
KIND(normal_values_hold, NORMAL)
KIND(laplace_values_hold, LAPLACE)
KIND(uniform_values_hold, UNIFORM)
KIND(outliers_hold, OUTLIER)
KIND(tiny_values_hold, TINY)
KIND(huge_values_hold, HUGE_VALUES)
KIND(subnormal_values_hold, SUBNORMAL)
KIND(integers_hold, INTEGER)
KIND(constants_hold, CONSTANT)
KIND(zeros_hold, ZEROS)
KIND(sparse_values_hold, SPARSE)
KIND(positive_values_hold, POSITIVE)
KIND(edges_hold, EDGES)

static void rows_of_any_length_hold(void)
{
    for (int64_t columns = 1; columns <= 70; columns++)
        for (int coding = 0; coding < CODINGS; coding++) {
            dgen_quantize_options options = options_of(coding, least_of(columns, groups[columns % 4]), 0, DGEN_F32);
            view v = filled(DGEN_F32, 3, columns, BY_ROWS, NORMAL, (uint64_t)columns);
            dgen_quantized q = { 0 };
            must(dgen_quantize(&q, &v.x, &options, &error));
            check_result(&q, &v.x, &options, "length");
            dgen_quantized_release(&q);
            release(&v);
        }
}

static void groups_of_any_length_hold(void)
{
    static const int lengths[] = { 257, 1000, 1025, 2500, 4095, 4096, 4097, 8192 };
    for (int coding = 0; coding < CODINGS; coding++)
        for (int i = 0; i < 8; i++) {
            dgen_quantize_options options = options_of(coding, lengths[i], (coding + i) % 2, DGEN_F32);
            view v = filled(DGEN_F32, 2, 8192 + 999 * (i % 3), i % 2 ? BY_COLUMNS : BY_ROWS, OUTLIER, (uint64_t)i);
            dgen_quantized q = { 0 };
            must(dgen_quantize(&q, &v.x, &options, &error));
            check_result(&q, &v.x, &options, "group");
            dgen_quantized_release(&q);
            release(&v);
        }
}

static void integers_of_the_codes_come_back(void)
{
    dgen_quantize_options options = options_of(1, 0, 0, DGEN_F32);
    view v = view_of(DGEN_F32, 1, 255, BY_COLUMNS);
    for (int i = 0; i < 255; i++) ((float *)v.x.data)[i] = (float)(i - 127);
    dgen_quantized q = { 0 };
    must(dgen_quantize(&q, &v.x, &options, &error));
    CHECK(((float *)q.scale.data)[0] == 1 && q.error.max == 0 && q.error.snr_db == INFINITY && q.error.cosine == 1,
          "scale %g, max %g",
          ((float *)q.scale.data)[0], q.error.max);
    dgen_quantized_release(&q);
    release(&v);
}

static void long_rows_hold(void)
{
    static const struct { int64_t rows, columns, group; int coding; } cases[] = {
        { 1, 1 << 20, 128, 0 }, { 1, 1 << 20, -1, 3 }, { 2, 300001, 65537, 6 }, { 1, 1 << 20, 100000, 1 }, { 3, 200000, 0, 4 },
        { 2, 150001, 50, 9 }, { 40, 20000, -1, 2 }, { 5, 70000, 30000, 5 }, { 1, 1 << 20, 1 << 19, 8 }, { 2, 131072, 16383, 7 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dgen_quantize_options options = options_of(cases[i].coding, cases[i].group, i % 2, i % 3 == 2 ? DGEN_F16 : DGEN_F32);
        view v = filled(i % 4 == 3 ? DGEN_F64 : DGEN_F32, cases[i].rows, cases[i].columns, i % 2 ? BY_COLUMNS : BY_ROWS,
                        LAPLACE, i);
        dgen_quantized q = { 0 };
        must(dgen_quantize(&q, &v.x, &options, &error));
        check_result(&q, &v.x, &options, "long");
        dgen_quantized_release(&q);
        release(&v);
    }
}

/* ------------------------------------------------------------------------------------------------------ many values, one check */

/* Elements near halves of steps: with the range of a group kept, its scale stays, and the others may go anywhere. */
static void put_on_halves(float *w, int64_t n, const dgen_quantized *q, uint64_t seed)
{
    const float *scale = q->scale.data;
    const uint8_t *zero = q->zero.data;
    for (int64_t i = 0; i < n; i++) {
        uint64_t h = hash(seed + (uint64_t)i);
        int64_t k = i / q->group;
        if (i % q->group < 2) continue;
        double low = fmin(w[k * q->group], w[k * q->group + 1]), high = fmax(w[k * q->group], w[k * q->group + 1]);
        double half = ((double)(int)(h % (1u << q->bits)) - zero[k] + .5) * scale[k];
        float near = (float)half;
        int32_t bits;
        memcpy(&bits, &near, 4);
        bits += (int32_t)(h >> 32 & 7) - 3;
        memcpy(&near, &bits, 4);
        w[i] = near >= low && near <= high && isfinite(near) ? near : 0;
    }
}

/* The bound alone, in double, where the differences are exact. */
static void check_bound(const float *w, const float *back, int64_t n, const dgen_quantized *q, int exact)
{
    for (int64_t i = 0; i < n; i++) {
        double s = ((float *)q->scale.data)[i / q->group], e = fabs((double)w[i] - back[i]);
        if (e > s / 2) CHECK(e <= s / 2 + (exact ? 1 : 2) * ulp(w[i]), "%.9g becomes %.9g, scale %.9g%s", w[i], back[i], s,
                             exact ? ", exact" : "");
    }
}

static void many_values_are_within_the_bound(void)
{
    enum { N = 1 << 18 };
    float *w = malloc(N * sizeof *w);
    int64_t n = N, rounds = (is_long ? 1000000000 : 16000000) / (2 * N);
    dgen_array x, back = { 0 };
    must(dgen_array_borrow(&x, DGEN_F32, 1, &n, w, &error));
    must(dgen_array_alloc(&back, DGEN_F32, 1, &n, NULL, &error));
    for (int64_t round = 0; round < rounds; round++) {
        static const int64_t sizes[] = { 32, 128, 50, 300, 4096, 3, 1500 };
        int coding = (int)(round % (CODINGS - 1)), exact = (int)(round / 2 % 2);
        int64_t group = sizes[round % 7];
        dgen_quantize_options options = options_of(coding, group, exact, DGEN_F32);
        for (int64_t i = 0; i < n; i++) {
            uint64_t h = hash((uint64_t)(round * n + i));
            int32_t bits = (int32_t)(h & 0x807FFFFF) | (int32_t)(((uint64_t)(60 + i / group % 190) + (h >> 40) % 4) << 23);
            memcpy(w + i, &bits, 4);
        }
        for (int again = 0; again < 2; again++) {
            dgen_quantized q = { 0 };
            must(dgen_quantize(&q, &x, &options, &error));
            must(dgen_dequantize(&back, &q, DGEN_F32, 0, &error));
            check_bound(w, back.data, n, &q, exact);
            CHECK(q.error.clipped == 0, "%lld clipped", (long long)q.error.clipped);
            put_on_halves(w, n, &q, (uint64_t)round);
            dgen_quantized_release(&q);
        }
    }
    dgen_array_release(&back);
    free(w);
}

/* ----------------------------------------------------------------------------------------------------------- the same bits */

static bool same_array(const dgen_array *a, const dgen_array *b)
{
    return dgen_array_bytes(a) == dgen_array_bytes(b) && !memcmp(a->data, b->data, dgen_array_bytes(a));
}
static bool same_bits(const dgen_quantized *a, const dgen_quantized *b)
{
    return same_array(&a->codes, &b->codes) && same_array(&a->scale, &b->scale) && same_array(&a->zero, &b->zero)
        && !memcmp(&a->error, &b->error, sizeof a->error);
}

static void layouts_agree(void)
{
    for (int coding = 0; coding < CODINGS; coding++)
        for (int g = 0; g < GROUPS; g++)
            for (int type = 0; type < 4; type++) {
                int64_t rows = type ? 19 : 40, columns = groups[g] == 300 ? 700 : 222;
                dgen_quantize_options options = options_of(coding, groups[g], type % 2, DGEN_F32);
                dgen_quantized first = { 0 };
                options.search = (dgen_search)((coding + g + type) % 3);
                for (int layout = 0; layout < LAYOUTS; layout++) {
                    if (layout == FLAT) continue;
                    view v = filled(types[type], rows, columns, layout, NORMAL, 5);
                    dgen_quantized q = { 0 };
                    must(dgen_quantize(&q, &v.x, &options, &error));
                    CHECK(layout == 0 || same_bits(&first, &q), "layout %d, coding %d, group %d, %s, search %d", layout, coding,
                          groups[g],
                          dgen_dtype_name(types[type]), options.search);
                    if (layout == 0) first = q;
                    else dgen_quantized_release(&q);
                    release(&v);
                }
                dgen_quantized_release(&first);
            }
}

/* An f32 array and the same numbers in f64 are the same. */
static void types_agree(void)
{
    for (int coding = 0; coding < CODINGS; coding++) {
        view narrow = filled(DGEN_F32, 9, 301, BY_ROWS, OUTLIER, 3), wide = filled(DGEN_F64, 9, 301, BY_COLUMNS, OUTLIER, 3);
        dgen_quantize_options options = options_of(coding, 50, 0, DGEN_F32);
        dgen_quantized a = { 0 }, b = { 0 };
        must(dgen_quantize(&a, &narrow.x, &options, &error));
        must(dgen_quantize(&b, &wide.x, &options, &error));
        CHECK(same_bits(&a, &b), "coding %d", coding);
        dgen_quantized_release(&a), dgen_quantized_release(&b);
        release(&narrow), release(&wide);
    }
}

static uint64_t hash_of(int threads)
{
    static const int64_t sizes[] = { 1, 7, 32, 128, 300, 70000, 0, -1 };
    uint64_t h = 0;
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < 8; i++) {
            int coding = (kind * 3 + i) % CODINGS;
            int64_t columns = sizes[i] == 70000 ? 150000 : 1 << (9 + kind % 3);
            dgen_quantize_options options = options_of(coding, sizes[i], (kind + i) % 2, (kind + i) % 5 == 4 ? DGEN_F16 : DGEN_F32);
            view v = filled(types[i == 4 ? kind % 4 : 0], 150000 / columns, columns + kind, kind % 2, kind, (uint64_t)i);
            dgen_quantized q = { 0 };
            options.max_threads = threads;
            options.search = (dgen_search)(i == 2 ? DGEN_SEARCH_MSE : i == 3 ? DGEN_SEARCH_PERCENTILE : DGEN_SEARCH_MINMAX);
            must(dgen_quantize(&q, &v.x, &options, &error));
            const dgen_array *parts[] = { &q.codes, &q.scale, &q.zero };
            for (int k = 0; k < 3; k++) h = h * 31 + test_hash(parts[k]->data, dgen_array_bytes(parts[k]));
            h = h * 31 + test_hash((uint8_t *)&q.error, sizeof q.error);
            dgen_quantized_release(&q);
            release(&v);
        }
    return h;
}

static void threads_and_isas_agree(void) { threads_and_isas(hash_of, 1); }

/* ------------------------------------------------------------------------------------------------------ what is not finite */

/* Puts NaNs and infinities into x (1-based index of the first: *first), and into y what the policy makes of them. */
static int64_t spoil(dgen_array *x, dgen_array *y, const dgen_quantize_options *options, int64_t *first, uint64_t seed)
{
    int64_t rows = rows_of(x), columns = dgen_array_length(x) / rows, count = 0;
    int64_t group = options->axis == DGEN_AXIS_GROUP ? options->group : columns;
    bool tensor = options->axis == DGEN_AXIS_TENSOR;
    *first = 0;
    for (int64_t i = 0; i < rows * columns; i++) {
        uint64_t h = hash(seed + (uint64_t)i);
        static const double bad[] = { NAN, INFINITY, -INFINITY, -NAN };
        if (h % 41 && i != rows * columns / 2) continue;
        double value = bad[h >> 32 & 3];
        if (x->dtype == DGEN_F64 && h >> 40 & 1) value = value > 0 ? 1e300 : value < 0 ? -0x1.ffffffp127 : value;
        must(dgen_array_set(x, i, value, &error));
        if (!*first) *first = i + 1;
        count++;
    }
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < columns; j++) {
            double w = dgen_array_get(x, j * rows + r), least = 0, most = 0;
            if (isfinite((float)w)) continue;
            for (int64_t s = tensor ? 0 : r; s < (tensor ? rows : r + 1); s++)
                for (int64_t k = j / group * group; k < least_of((j / group + 1) * group, columns); k++) {
                    double other = dgen_array_get(x, k * rows + s);
                    if (isfinite((float)other)) least = fmin(least, (float)other), most = fmax(most, (float)other);
                }
            must(dgen_array_set(y, j * rows + r, options->nan == DGEN_NONFINITE_ZERO || isnan(w) ? 0 : w < 0 ? least : most,
                                &error));
        }
    return count;
}

static void policies_of(int coding, int64_t group, dgen_dtype dtype, int layout, int64_t rows, int64_t columns)
{
    dgen_quantize_options options = options_of(coding, group, 0, DGEN_F32);
    uint64_t alive, seed = (uint64_t)(coding * 100 + layout);
    for (int policy = DGEN_NONFINITE_SATURATE; policy <= DGEN_NONFINITE_ZERO; policy++) {
        view v = filled(dtype, rows, columns, layout, NORMAL, seed), replaced = filled(dtype, rows, columns, layout, NORMAL, seed);
        dgen_quantized a = { 0 }, b = { 0 };
        int64_t first;
        char wanted[32];
        options.nan = policy;
        options.search = (dgen_search)(layout % 3);
        int64_t count = spoil(&v.x, &replaced.x, &options, &first, seed);
        must(dgen_quantize(&a, &v.x, &options, &error));
        must(dgen_quantize(&b, &replaced.x, &options, &error));
        CHECK(a.error.nonfinite == count && b.error.nonfinite == 0, "coding %d, group %d, layout %d: %lld not finite, not %lld",
              coding, (int)group, layout,
              (long long)a.error.nonfinite, (long long)count);
        a.error.nonfinite = 0;
        CHECK(same_bits(&a, &b), "policy %d, coding %d, group %d, %s, layout %d, search %d, %lld x %lld: not as if replaced before", policy, coding, (int)group,
              dgen_dtype_name(dtype), layout, options.search, (long long)rows, (long long)columns);
        dgen_quantized_release(&a), dgen_quantized_release(&b);
        options.nan = DGEN_NONFINITE_ERROR;
        alive = dgen_live_bytes();
        a.bits = 77;
        dgen_status status = dgen_quantize(&a, &v.x, &options, &error);
        snprintf(wanted, sizeof wanted, "element %lld is ", (long long)first);
        CHECK(status == DGEN_EINVAL && strstr(error.message, wanted) && !strcmp(error.argument, "x"), "%s, not %s",
              error.message, wanted);
        CHECK(dgen_live_bytes() == alive && a.bits == 77 && !a.codes.release, "something is left");
        release(&v), release(&replaced);
    }
}

static void what_is_not_finite_follows_the_policy(void)
{
    for (int coding = 0; coding < CODINGS; coding++)
        for (int g = 0; g < GROUPS; g++)
            policies_of(coding, groups[g], types[(coding + g) % 4], (coding * 3 + g) % LAYOUTS, 6, groups[g] == 300 ? 777 : 180);
    /* Rows in tiles, groups larger than tiles. */
    policies_of(0, 0, DGEN_F32, 0, 2, 3000);
    policies_of(3, -1, DGEN_F32, 1, 3, 3000);
}

/* One infinity in a group of many: it becomes the group's extreme, wherever that lies. */
static void an_infinity_becomes_the_extreme_of_a_large_group(void)
{
    static const int64_t sizes[] = { 0, -1, 100000, 40000 };
    for (int i = 0; i < 4; i++) {
        view v = filled(DGEN_F32, 3, 200000, BY_ROWS, UNIFORM, 7), replaced = filled(DGEN_F32, 3, 200000, BY_ROWS, UNIFORM, 7);
        dgen_quantize_options options = options_of(0, sizes[i], 0, DGEN_F32);
        dgen_quantized a = { 0 }, b = { 0 };
        float *x = v.x.data, *y = replaced.x.data;
        for (int r = 0; r < 3; r++) {
            x[r * 200000 + 150] = y[r * 200000 + 150] = 5 + (float)(sizes[i] >= 0 ? r : 0);
            x[r * 200000 + 30000] = y[r * 200000 + 30000] = -7;
            x[r * 200000 + 99990] = y[r * 200000 + 99990] = i == 3 ? 0 : -7;
        }
        x[10] = INFINITY, y[10] = 5, x[35000] = -INFINITY, y[35000] = -7, x[99995] = INFINITY, y[99995] = 5;
        if (i == 3) x[99995] = y[99995] = 0;
        options.nan = DGEN_NONFINITE_SATURATE;
        must(dgen_quantize(&a, &v.x, &options, &error));
        must(dgen_quantize(&b, &replaced.x, &options, &error));
        a.error.nonfinite = 0;
        CHECK(same_bits(&a, &b), "groups of %d: not as if replaced before", (int)sizes[i]);
        dgen_quantized_release(&a), dgen_quantized_release(&b);
        release(&v), release(&replaced);
    }
}

/* ---------------------------------------------------------------------------------------------------------- given arrays */

static void given_arrays_are_filled(void)
{
    view v = filled(DGEN_F32, 5, 300, BY_ROWS, NORMAL, 1);
    for (int mask = 0; mask < 8; mask++) {
        dgen_quantized shape, q = { 0 }, fresh = { 0 };
        dgen_array *parts[] = { &q.codes, &q.scale, &q.zero }, *shapes[] = { &shape.codes, &shape.scale, &shape.zero };
        void *data[3];
        must(dgen_quantize_shape(&shape, &v.x, NULL, &error));
        for (int i = 0; i < 3; i++) {
            if (mask >> i & 1) must(dgen_array_alloc(parts[i], shapes[i]->dtype, shapes[i]->ndim, shapes[i]->shape, NULL, &error));
            data[i] = parts[i]->data;
        }
        must(dgen_quantize(&q, &v.x, NULL, &error));
        must(dgen_quantize(&fresh, &v.x, NULL, &error));
        for (int i = 0; i < 3; i++) CHECK(!(mask >> i & 1) || parts[i]->data == data[i], "array %d is another", i);
        CHECK(same_bits(&q, &fresh), "mask %d", mask);
        dgen_quantized_release(&q), dgen_quantized_release(&fresh);
    }
    release(&v);
}

/* Arrays that do not fit are refused, and nothing is written. */
static void wrong_arrays_are_refused(void)
{
    static const char *const names[] = { "codes", "scale", "zero" };
    view v = filled(DGEN_F32, 5, 300, BY_ROWS, NORMAL, 1);
    for (int i = 0; i < 3; i++)
        for (int wrong = 0; wrong < 4; wrong++) {
            dgen_quantized shape, q = { 0 };
            dgen_array *parts[] = { &q.codes, &q.scale, &q.zero }, *shapes[] = { &shape.codes, &shape.scale, &shape.zero };
            char wanted[32];
            must(dgen_quantize_shape(&shape, &v.x, NULL, &error));
            for (int k = 0; k < 3; k++) {
                dgen_dtype dtype = k == i && wrong == 0 ? DGEN_I32 : shapes[k]->dtype;
                int64_t size[2] = { shapes[k]->shape[0] + (k == i && wrong == 1), shapes[k]->shape[1] };
                must(dgen_array_alloc(parts[k], dtype, 2, size, NULL, &error));
                memset(parts[k]->data, 0xA5, dgen_array_bytes(parts[k]));
            }
            dgen_array kept = *parts[i];
            if (wrong == 2) parts[i]->stride[1] = -parts[i]->stride[1];
            if (wrong == 3) parts[i]->data = NULL;
            uint64_t alive = dgen_live_bytes();
            snprintf(wanted, sizeof wanted, "out's %s must be ", names[i]);
            CHECK(dgen_quantize(&q, &v.x, NULL, &error) == DGEN_EINVAL && strstr(error.message, wanted) == error.message,
                  "%d %d: %s", i, wrong,
                  error.message);
            CHECK(dgen_live_bytes() == alive, "something is left");
            *parts[i] = kept;
            for (int k = 0; k < 3; k++)
                for (size_t b = 0; b < dgen_array_bytes(parts[k]); b++) CHECK(((uint8_t *)parts[k]->data)[b] == 0xA5,
                                                                              "%s is changed", names[k]);
            dgen_quantized_release(&q);
        }
    release(&v);
}

/* ---------------------------------------------------------------------------------------------------------- spoiled fields */

static const char *spoil_field(dgen_quantized *q, int kind)
{
    switch (kind) {
    case 0: q->bits = 3; return "q.bits";
    case 1: q->bits = 4; return "q.codes";
    case 2: q->scheme = (dgen_scheme)9; return "q must have a scheme";
    case 3: q->range = (dgen_code_range)-1; return "q must have a scheme";
    case 4: q->axis = (dgen_axis)3; return "q must have a scheme";
    case 5: q->ndim = 0; return "q.shape";
    case 6: q->ndim = 5; return "q.shape";
    case 7: q->shape[0] = 0; return "q.shape";
    case 8: q->shape[0] = -5; return "q.shape";
    case 9: q->shape[0] = q->shape[1] = INT64_C(1) << 40; return "q.shape";
    case 10: q->shape[1]++; return "q.codes";
    case 11: q->group = 0; return "q.group";
    case 12: q->group = 32; return "q.scale";
    case 13: q->codes.dtype = DGEN_I8; return "q.codes";
    case 14: q->scale.dtype = DGEN_F64; return "q.scale";
    case 15: q->zero.dtype = DGEN_F32; return "q.zero";
    case 16: q->codes.shape[0]--; return "q.codes";
    case 17: q->scale.shape[1]--; return "q.scale";
    case 18: q->zero.shape[1]--; return "q.zero";
    case 19: q->codes.data = NULL; return "q.codes";
    case 20: q->scale.data = NULL; return "q.scale";
    case 21: q->zero.data = NULL; return "q.zero";
    case 22: q->codes.stride[1]++; return "q.codes";
    case 23: q->scale.stride[0] = 2; return "q.scale";
    case 24: q->zero.stride[0] = -1; return "q.zero";
    case 25: q->axis = DGEN_AXIS_TENSOR; return "q.scale";
    case 26: q->scheme = DGEN_OFFSET; return "q.zero";
    case 27: q->codes.release = NULL; return "q.codes is closed";
    case 28: q->scale.release = NULL; return "q.scale is closed";
    case 29: q->zero.release = NULL; return "q.zero is closed";
    case 30: q->group = INT64_MIN; return "q.group";
    case 31: q->ndim = 1; return "q.codes";
    case 32: q->range = DGEN_RANGE_MIDRISE, q->scheme = DGEN_SYMMETRIC; return "q.range";
    case 33: q->scale.dtype = (dgen_dtype)99; return "q.scale";
    case 34: q->scale.ndim = 0; return "q.scale";
    case 35: q->codes.ndim = 7; return "q.codes";
    default: return NULL;
    }
}

static void spoiled_fields_are_refused(void)
{
    view v = filled(DGEN_F32, 5, 300, BY_ROWS, NORMAL, 1);
    dgen_quantized q = { 0 };
    must(dgen_quantize(&q, &v.x, NULL, &error));
    uint64_t alive = dgen_live_bytes();
    for (int kind = 0;; kind++) {
        dgen_quantized spoiled = q;
        dgen_array out = { 0 };
        const char *wanted = spoil_field(&spoiled, kind);
        if (!wanted) break;
        memset(&error, 0, sizeof error);
        CHECK(dgen_quantized_check(&spoiled, &error) != DGEN_OK && strstr(error.message, wanted) == error.message
              && !strcmp(error.argument, "q"),
              "%d: %s, not %s", kind, error.message, wanted);
        CHECK(dgen_dequantize(&out, &spoiled, DGEN_F32, 0, &error) != DGEN_OK && !out.release, "%d: dequantized all the same",
              kind);
        CHECK(dgen_unpack(&out, &spoiled, 0, &error) != DGEN_OK && !out.release && dgen_live_bytes() == alive,
              "%d: unpacked all the same", kind);
    }
    must(dgen_quantized_check(&q, &error));
    dgen_quantized_release(&q);
    release(&v);
}

static void fields_go_to_a_host_and_come_back(void)
{
    view v = filled(DGEN_F32, 5, 300, BY_ROWS, NORMAL, 1);
    dgen_quantize_options options = options_of(4, 50, 0, DGEN_F32);
    dgen_quantized q = { 0 }, back = { 0 };
    dgen_record record;
    char text[200];
    must(dgen_quantize(&q, &v.x, &options, &error));
    dgen_quantized_record(&q, &record);
    static const char *const names[] = { "bits", "scheme", "range", "axis", "group" }, *const of_error[] = { "max", "rmse", "snr_db", "cosine", "clipped", "nonfinite" };
    CHECK(record.count == 5, "%d fields", record.count);
    for (int i = 0; i < record.count; i++) {
        CHECK(!strcmp(record.fields[i].name, names[i]), "%s", record.fields[i].name);
        must(dgen_quantized_set(&back, record.fields[i].name, record.fields[i].value, &error));
    }
    CHECK(back.bits == 4 && back.scheme == DGEN_SYMMETRIC && back.range == DGEN_RANGE_NARROW && back.axis == DGEN_AXIS_GROUP
          && back.group == 50, "fields");
    CHECK(dgen_quantized_set(&back, "colour", (dgen_value){ 0 }, &error) == DGEN_EINVAL, "a field that is none");
    dgen_certificate_record(&q.error, &record);
    for (int i = 0; i < 6; i++) CHECK(record.count == 6 && !strcmp(record.fields[i].name, of_error[i]), "%s",
                                      record.fields[i].name);
    CHECK(record.fields[0].value.number == q.error.max, "max");
    dgen_quantized_describe(&q, text, sizeof text);
    CHECK(!strncmp(text, "dgen.quantized: 4 bits, symmetric, groups of 50 of 5 x 300, ", 60), "%s", text);
    for (size_t size = 0; size < 70; size += 7) {
        memset(text, 'x', sizeof text);
        dgen_quantized_describe(&q, text, size);
        CHECK(text[size] == 'x' && (!size || memchr(text, 0, size)), "a text of %d bytes", (int)size);
    }
    dgen_quantized_release(&q);
    dgen_quantized_release(&q);
    release(&v);
}

/* ------------------------------------------------------------------------------------------------------------- bad calls */

/* "[1,2;3,nan]" or "i[1,2]" as an array over `values`, row by row. */
static dgen_array parse_array(const char *text, double *values)
{
    static int32_t whole[16];
    int64_t shape[2] = { 1, 0 }, n = 0;
    bool integers = *text == 'i';
    dgen_array out;
    for (const char *at = strchr(text, '[') + 1; *at != ']';) {
        char *end;
        whole[n] = (int32_t)(values[n] = strtod(at, &end));
        n++;
        shape[0] += *end == ';';
        at = end + (*end != ']');
    }
    shape[1] = n / shape[0];
    bool flat = shape[0] == 1;
    must(dgen_array_borrow(&out, integers ? DGEN_I32 : DGEN_F64, flat ? 1 : 2, flat ? &shape[1] : shape,
                           integers ? (void *)whole : values, &error));
    if (!flat) out.stride[0] = shape[1], out.stride[1] = 1;
    return out;
}

static dgen_value parse_value(char *text)
{
    if (*text == '"') {
        text[strlen(text) - 1] = 0;
        return (dgen_value){ DGEN_VALUE_TEXT, .text = text + 1 };
    }
    if (!strcmp(text, "true")) return (dgen_value){ DGEN_VALUE_BOOLEAN, .integer = 1 };
    return (dgen_value){ DGEN_VALUE_NUMBER, .number = strtod(text, NULL) };
}

static void bad_calls_say_what_is_wrong(void)
{
    FILE *file = fopen("tests/quantization_errors.tsv", "r");
    char line[1000];
    int calls = 0;
    CHECK(file, "tests/quantization_errors.tsv: run this in the root of the source");
    while (file && fgets(line, sizeof line, file)) {
        char *function = strtok(line, "\t"), *arguments = strtok(NULL, "\t"), *message = strtok(NULL, "\n"), *next;
        double values[16];
        if (strcmp(function, "quantize") != 0) continue;
        dgen_quantize_options options;
        dgen_quantized q = { .bits = 77 };
        dgen_status status = DGEN_OK;
        char *argument = strtok_r(arguments, " ", &next);
        dgen_array x = parse_array(argument, values);
        uint64_t alive = dgen_live_bytes();
        dgen_quantize_options_init(&options);
        while (status == DGEN_OK && (argument = strtok_r(NULL, " ", &next))) {
            char *value = strchr(argument, '=');
            *value = 0;
            status = dgen_quantize_options_set(&options, argument, parse_value(value + 1), &error);
        }
        if (status == DGEN_OK) status = dgen_quantize(&q, &x, &options, &error);
        CHECK(status != DGEN_OK && !strcmp(error.message, message), "%s, not %s",
              status == DGEN_OK ? "no error" : error.message, message);
        CHECK(q.bits == 77 && dgen_live_bytes() == alive, "a trace of it");
        calls++;
    }
    if (file) fclose(file);
    CHECK(calls >= 20, "%d calls", calls);
}

/* Fields that a C program can spoil. */
static void bad_options_are_refused(void)
{
    view v = filled(DGEN_F32, 2, 64, BY_ROWS, NORMAL, 1);
    for (int kind = 0; kind < 15; kind++) {
        dgen_quantize_options o;
        dgen_quantized q = { 0 };
        const char *name = "";
        dgen_quantize_options_init(&o);
        switch (kind) {
        case 0: o.bits = 16, name = "bits"; break;
        case 1: o.scheme = DGEN_OFFSET, name = "scheme"; break;
        case 2: o.range = (dgen_code_range)3, name = "range"; break;
        case 3: o.axis = (dgen_axis)-1, name = "axis"; break;
        case 4: o.search = (dgen_search)3, name = "search"; break;
        case 5: o.nan = (dgen_nonfinite)3, name = "nan"; break;
        case 6: o.percentile = NAN, name = "percentile"; break;
        case 7: o.percentile = 49, name = "percentile"; break;
        case 8: o.scale_type = DGEN_BF16, name = "scale_type"; break;
        case 9: o.rule = DGEN_PACKING_GPTQ, name = "rule"; break;
        case 10: o.max_threads = -1, name = "max_threads"; break;
        case 11: o.group = -3, o.has_group = 1, name = "group"; break;
        case 12: o.group = 65, o.has_group = 1, name = "group"; break;
        case 13: o.group = 3, o.has_group = 1, o.axis = DGEN_AXIS_TENSOR, name = "group"; break;
        default: o.range = DGEN_RANGE_MIDRISE, o.bits = 2, name = "range"; break;
        }
        CHECK(dgen_quantize(&q, &v.x, &o, &error) != DGEN_OK && !strcmp(error.argument, name) && strstr(error.message,
            name) == error.message, "%d: %s", kind,
              error.message);
    }
    release(&v);
    dgen_quantized q = { 0 };
    CHECK(dgen_quantize(&q, &v.x, NULL, &error) == DGEN_ECLOSED && !strcmp(error.message, "x is closed"), "%s", error.message);
}

static void a_certificate_can_be_left_out(void)
{
    view v = filled(DGEN_F32, 5, 300, BY_ROWS, NORMAL, 1);
    dgen_quantize_options options;
    dgen_quantize_options_init(&options);
    dgen_quantized with = { 0 }, without = { 0 };
    must(dgen_quantize(&with, &v.x, &options, &error));
    options.certificate = 0;
    must(dgen_quantize(&without, &v.x, &options, &error));
    CHECK(isnan(without.error.max) && isnan(without.error.rmse) && isnan(without.error.snr_db) && isnan(without.error.cosine),
          "errors");
    without.error = with.error;
    CHECK(same_bits(&with, &without), "other codes");
    dgen_quantized_release(&with), dgen_quantized_release(&without);
    release(&v);
}

static void nothing_is_leaked(void) { CHECK(dgen_live_bytes() == 0, "%llu bytes alive", (unsigned long long)dgen_live_bytes()); }

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "hash")) {
        printf("%016llx", (unsigned long long)hash_of(0));
        return 0;
    }
    is_long = argc > 1 && !strcmp(argv[1], "--long");
    find_isas();
    RUN(normal_values_hold);
    RUN(laplace_values_hold);
    RUN(uniform_values_hold);
    RUN(outliers_hold);
    RUN(tiny_values_hold);
    RUN(huge_values_hold);
    RUN(subnormal_values_hold);
    RUN(integers_hold);
    RUN(constants_hold);
    RUN(zeros_hold);
    RUN(sparse_values_hold);
    RUN(positive_values_hold);
    RUN(edges_hold);
    RUN(rows_of_any_length_hold);
    RUN(groups_of_any_length_hold);
    RUN(integers_of_the_codes_come_back);
    RUN(long_rows_hold);
    RUN(many_values_are_within_the_bound);
    RUN(layouts_agree);
    RUN(types_agree);
    RUN(threads_and_isas_agree);
    RUN(what_is_not_finite_follows_the_policy);
    RUN(an_infinity_becomes_the_extreme_of_a_large_group);
    RUN(given_arrays_are_filled);
    RUN(wrong_arrays_are_refused);
    RUN(spoiled_fields_are_refused);
    RUN(fields_go_to_a_host_and_come_back);
    RUN(bad_calls_say_what_is_wrong);
    RUN(bad_options_are_refused);
    RUN(a_certificate_can_be_left_out);
    RUN(nothing_is_leaked);
    return TEST_END();
}
