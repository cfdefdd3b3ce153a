/*
 * Codes, scales and zeros in the layouts of other programs, and back: never a value that is not the same.
 *
 *   ggml (ggml/src/ggml-common.h): blocks of 32 elements of a row, one after another, row by row. Q8_0: f16 scale, 32 int8.
 *       Q4_0: f16 scale, 16 bytes, of which byte j has element j in its low half and j + 16 in its high one. Q4_1: f16 scale, f16
 *       minimum, bytes as those. Numbers are little-endian.
 *   GPTQ (AutoGPTQ and GPTQModel, QuantLinear): the matrix transposed. qweight, int32: word k' of row n has elements
 *       k' 32 / bits and on, the first in its lowest bits, and all rows' word 0 come first. scales, f16, likewise: those of
 *       group 0 first. qzeros, int32: of group 0 first, and of that rows 0, 1, ... from the lowest bits on. The first version
 *       stores zeros less 1, where readers disagree about -1; the second as they are.
 *   MatMulNBits (ONNX Runtime, docs/ContribOperators.md): rows of blocks, each of a power of two from 16 up of elements, the first
 *       in the lowest bits; a row's last block is padded, here with its zero, so that the padding means 0. Without zeros they
 *       are 2^(bits - 1).
 *
 * A row of codes is bytes whose lowest bits are first, as here: words of GPTQ are four of them, blocks of MatMulNBits a stretch.
 */
#include <stdio.h>

#include "memory.h"
#include "quantize.h"
#include "threads.h"

enum { BLOCK = 32, STRIP = 16 /* rows a task */, SMALL = 1 << 16 /* elements that are not worth a second thread */ };

static const char *const names[DGEN_PACKING_COUNT + 1] = { "dgen", "ggml_q8_0", "ggml_q4_0", "ggml_q4_1", "gptq", "gptq_v2",
                                                          "onnx" };

dgen_status dgen_packing_find(dgen_packing *out, const char *name, dgen_error *error)
{
    for (int i = 0; i < DGEN_PACKING_COUNT; i++)
        if (!strcmp(name, names[i])) {
            *out = (dgen_packing)i;
            return DGEN_OK;
        }
    return dgen__fail(error, DGEN_EINVAL, "packing",
                      "packing must be one of dgen, ggml_q8_0, ggml_q4_0, ggml_q4_1, gptq, gptq_v2, onnx, not \"%.40s\"", name);
}

const char *dgen_packing_name(dgen_packing packing) { return (unsigned)packing < DGEN_PACKING_COUNT ? names[packing] : NULL; }

void dgen_packed_release(dgen_packed *packed)
{
    dgen_array_release(&packed->codes);
    dgen_array_release(&packed->scale);
    dgen_array_release(&packed->zero);
}

/* ------------------------------------------------------------------------------------------------------- what a layout holds */

static bool is_ggml(dgen_packing p) { return p >= DGEN_PACKING_GGML_Q8_0 && p <= DGEN_PACKING_GGML_Q4_1; }
static bool is_gptq(dgen_packing p) { return p == DGEN_PACKING_GPTQ || p == DGEN_PACKING_GPTQ_V2; }

/* Bytes of a block of ggml's that lie before its codes. */
static int64_t block_head(dgen_packing p) { return p == DGEN_PACKING_GGML_Q4_1 ? 4 : 2; }
static int64_t block_bytes(dgen_packing p, int bits) { return block_head(p) + BLOCK / 8 * bits; }

/* Checks what shape, bits and group a layout can have; `who` is the argument's name. */
static dgen_status check_fit(dgen_packing packing, int bits, const dgen__rows_of *of, const char *who, dgen_error *error)
{
#define CHECK(condition, ...) \
    if (!(condition)) return dgen__fail(error, DGEN_EINVAL, who, __VA_ARGS__)
    const char *name = names[packing];
    long long group = of->group, rows = of->rows, columns = of->columns;
    if (is_ggml(packing)) {
        int want = packing == DGEN_PACKING_GGML_Q8_0 ? 8 : 4;
        CHECK(bits == want, "%s must have %d bits for \"%s\", not %d", who, want, name, bits);
        CHECK(group == BLOCK, "%s must have groups of 32 for \"%s\", not %lld", who, name, group);
        CHECK(columns % BLOCK == 0, "%s must have rows of a multiple of 32 elements for \"%s\", not %lld", who, name, columns);
    }
    else if (is_gptq(packing)) {
        int in_word = 32 / bits;
        CHECK(columns % in_word == 0, "%s must have rows of a multiple of %d elements for \"%s\" in %d bits, not %lld", who,
              in_word, name, bits, columns);
        CHECK(rows % in_word == 0, "%s must have a multiple of %d rows for \"%s\" in %d bits, not %lld", who, in_word, name,
              bits, rows);
    }
    else {
        uint64_t padded;
        CHECK(group >= 16 && (group & (group - 1)) == 0,
              "%s must have groups of a power of two from 16 up for \"%s\", not %lld", who, name, group);
        CHECK(dgen__multiply((uint64_t)of->groups * (uint64_t)rows, (uint64_t)group, &padded) && padded <= INT64_MAX / 8,
              "%s must have smaller groups for \"%s\" than %lld", who, name, group);
    }
    return DGEN_OK;
#undef CHECK
}

/* Checks that each zero lies between two numbers. */
static dgen_status check_zeros(const dgen_quantized *q, dgen_packing packing, int least, int most, dgen_error *error)
{
    const uint8_t *zero = q->zero.data;
    int64_t count = dgen_array_length(&q->zero);
    for (int64_t i = 0; i < count; i++)
        if (zero[i] < least || zero[i] > most) {
            char range[32];
            if (least == most) snprintf(range, sizeof range, "%d", least);
            else snprintf(range, sizeof range, "from %d to %d", least, most);
            return dgen__fail(error, DGEN_EINVAL, "q", "q must have zeros %s%s for \"%s\"; zero %lld is %d",
                              least == most ? "of " : "", range, names[packing], (long long)i + 1, zero[i]);
        }
    return DGEN_OK;
}

static dgen_status check_quantized(const dgen_quantized *q, dgen_packing packing, dgen_error *error)
{
    dgen_status status = dgen_quantized_check(q, error);
    if (status != DGEN_OK) return status;
    if (packing == DGEN_PACKING_DGEN || (unsigned)packing >= DGEN_PACKING_COUNT)
        return dgen__fail(error, DGEN_EINVAL, "packing",
                          "packing must be one of ggml_q8_0, ggml_q4_0, ggml_q4_1, gptq, gptq_v2, onnx "
                          "for a quantized array");
    dgen__rows_of of = dgen__quantized_rows(q);
    const char *name = names[packing];
    int levels = 1 << q->bits;
    status = check_fit(packing, q->bits, &of, "q", error);
    if (status != DGEN_OK) return status;
    if (q->axis == DGEN_AXIS_TENSOR && of.rows > 1)
        return dgen__fail(error, DGEN_EINVAL, "q", "q must have axis \"group\" or \"row\" for \"%s\", not \"tensor\"", name);
    if (q->scheme == DGEN_SYMMETRIC && q->range == DGEN_RANGE_MIDRISE)
        return dgen__fail(error, DGEN_EINVAL, "q", "q must have range \"narrow\" or \"full\" for \"%s\", not \"midrise\"",
                          name);
    if (packing == DGEN_PACKING_GGML_Q4_1) return DGEN_OK;
    if (q->scheme == DGEN_OFFSET)
        return dgen__fail(error, DGEN_EINVAL, "q",
                          "q must have scheme \"asymmetric\" or \"symmetric\" for \"%s\", not \"offset\"", name);
    if (is_ggml(packing)) return check_zeros(q, packing, levels / 2, levels / 2, error);
    return check_zeros(q, packing, packing == DGEN_PACKING_GPTQ, levels - 1, error);
}

/* ------------------------------------------------------------------------------------------------------------- the arrays' shapes */

static void lay_out(dgen_array *array, dgen_dtype dtype, int ndim, int64_t first, int64_t second, int64_t third)
{
    const int64_t shape[] = { first, second, third };
    *array = (dgen_array){ .dtype = dtype, .ndim = ndim };
    int64_t stride = 1;
    for (int i = 0; i < ndim; stride *= shape[i++]) {
        array->shape[i] = shape[i];
        array->stride[i] = stride;
    }
}

/* Types and shapes of the arrays; of dimension 0: the layout has none. */
static void lay_out_packed(dgen_packed *p, const dgen__rows_of *of, dgen_dtype scale_type, bool zeros)
{
    lay_out(&p->scale, scale_type, 0, 0, 0, 0);
    lay_out(&p->zero, DGEN_U8, 0, 0, 0, 0);
    if (is_ggml(p->packing)) lay_out(&p->codes, DGEN_U8, 2, of->groups * block_bytes(p->packing, p->bits), of->rows, 0);
    else if (is_gptq(p->packing)) {
        int64_t in_word = 32 / p->bits;
        lay_out(&p->codes, DGEN_I32, 2, of->rows, of->columns / in_word, 0);
        lay_out(&p->scale, DGEN_F16, 2, of->rows, of->groups, 0);
        lay_out(&p->zero, DGEN_I32, 2, of->rows / in_word, of->groups, 0);
    }
    else {
        lay_out(&p->codes, DGEN_U8, 3, of->group / 8 * p->bits, of->groups, of->rows);
        lay_out(&p->scale, scale_type, 2, of->groups, of->rows, 0);
        if (zeros) lay_out(&p->zero, DGEN_U8, 2, (int64_t)dgen__packed_bytes((uint64_t)of->groups, p->bits), of->rows, 0);
    }
}

/* ------------------------------------------------------------------------------------------------------------- scales in f16 */

/* `count` floats as f16, where they are that exactly; else the first that is not, in *at. */
static bool halve(uint16_t *out, const float *x, int64_t count, int64_t *at)
{
    const dgen_quantize_kernels *kernels = dgen__isa()->quantization;
    float back;
    kernels->from_f32[DGEN_OF_F16](out, x, (size_t)count);
    for (*at = 0; *at < count; ++*at) {
        kernels->to_f32[DGEN_OF_F16](&back, out + *at, 1);
        if (memcmp(&back, x + *at, sizeof back)) return false;
    }
    return true;
}

/* An array of floats as f16, exactly; `what` names its elements. */
static dgen_status halves_of(uint16_t *out, const dgen_array *array, dgen_packing packing, const char *what, dgen_error *error)
{
    int64_t count = dgen_array_length(array), at;
    if (array->dtype == DGEN_F16) memcpy(out, array->data, (size_t)count * sizeof *out);
    else if (!halve(out, array->data, count, &at))
        return dgen__fail(error, DGEN_EINVAL, "q", "q must have %ss that f16 holds exactly for \"%s\"; %s %lld is %.9g", what,
                          names[packing], what, (long long)at + 1, (double)((float *)array->data)[at]);
    return DGEN_OK;
}

/* What Q4_1 adds: where there are codes of 0 instead, the value of code 0, -zero scale. */
static dgen_status minima_of(uint16_t *out, const dgen_quantized *q, const uint16_t *scale, dgen_error *error)
{
    if (q->scheme == DGEN_OFFSET) return halves_of(out, &q->zero, DGEN_PACKING_GGML_Q4_1, "zero", error);
    const uint8_t *zero = q->zero.data;
    int64_t count = dgen_array_length(&q->zero), at;
    for (int64_t i = 0; i < count; i++) {
        float s;
        dgen__isa()->quantization->to_f32[DGEN_OF_F16](&s, scale + i, 1);
        float minimum = 0 - (float)zero[i] * s; /* exact: 8 bits by 11 */
        if (!halve(out + i, &minimum, 1, &at))
            return dgen__fail(error, DGEN_EINVAL, "q",
                              "q must have minima, -zero scale, that f16 holds exactly for \"ggml_q4_1\"; that of zero %lld is %.9g",
                              (long long)i + 1, (double)minimum);
    }
    return DGEN_OK;
}

/* ------------------------------------------------------------------------------------------------------------ moving the parts */

/* Between two arrangements of one matrix, a strip of rows a task. */
typedef struct move {
    dgen_packed *p;
    const dgen_quantized *q;
    dgen__rows_of of;
    uint16_t *scale, *minimum; /* f16, as in q */
    bool back;                 /* from p to q */
} move;

/* Numbers of little-endian bytes. */
static uint16_t load16(const uint8_t *b) { return (uint16_t)(b[0] | b[1] << 8); }
static void store16(uint8_t *b, uint16_t x) { b[0] = (uint8_t)x, b[1] = (uint8_t)(x >> 8); }
static uint32_t load32(const uint8_t *b) { return (uint32_t)load16(b) | (uint32_t)load16(b + 2) << 16; }
static void store32(uint8_t *b, uint32_t x) { store16(b, (uint16_t)x), store16(b + 2, (uint16_t)(x >> 16)); }

static uint8_t *codes_of_row(const move *m, int64_t row)
{
    return (uint8_t *)m->q->codes.data + (uint64_t)row * m->of.row_bytes;
}

static void move_block_codes(uint8_t *theirs, uint8_t *ours, int bits, bool back)
{
    if (bits == 8)
        for (int j = 0; j < BLOCK; j++) *(back ? ours + j : theirs + j) = *(back ? theirs + j : ours + j) ^ 0x80;
    else if (back)
        for (int j = 0; j < BLOCK / 4; j++) {
            ours[j] = (uint8_t)((theirs[2 * j] & 15) | (theirs[2 * j + 1] & 15) << 4);
            ours[j + BLOCK / 4] = (uint8_t)(theirs[2 * j] >> 4 | (theirs[2 * j + 1] & 0xF0));
        }
    else
        for (int j = 0; j < BLOCK / 4; j++) {
            theirs[2 * j] = (uint8_t)((ours[j] & 15) | (ours[j + BLOCK / 4] & 15) << 4);
            theirs[2 * j + 1] = (uint8_t)(ours[j] >> 4 | (ours[j + BLOCK / 4] & 0xF0));
        }
}

static void move_ggml_row(const move *m, int64_t row)
{
    dgen_packing packing = m->p->packing;
    int bits = m->p->bits;
    for (int64_t g = 0; g < m->of.groups; g++) {
        int64_t at = row * m->of.groups + g;
        uint8_t *block = (uint8_t *)m->p->codes.data + at * block_bytes(packing, bits);
        if (m->back) {
            m->scale[at] = load16(block);
            if (m->minimum) m->minimum[at] = load16(block + 2);
        }
        else {
            store16(block, m->scale[at]);
            if (m->minimum) store16(block + 2, m->minimum[at]);
        }
        move_block_codes(block + block_head(packing), codes_of_row(m, row) + g * (BLOCK / 8) * bits, bits, m->back);
    }
}

static void move_ggml(void *context, uint64_t i)
{
    const move *m = context;
    int64_t end = (int64_t)dgen__least((i + 1) * STRIP, (uint64_t)m->of.rows);
    for (int64_t row = (int64_t)i * STRIP; row < end; row++) move_ggml_row(m, row);
}

/* Words and scales of a strip of rows, which are columns there. */
static void move_gptq(void *context, uint64_t i)
{
    const move *m = context;
    int64_t first = (int64_t)i * STRIP, end = (int64_t)dgen__least((i + 1) * STRIP, (uint64_t)m->of.rows);
    int64_t words = m->of.columns * m->p->bits / 32;
    int32_t *theirs = m->p->codes.data;
    uint16_t *scale = m->p->scale.data;
    for (int64_t w = 0; w < words; w++)
        for (int64_t row = first; row < end; row++) {
            uint8_t *ours = codes_of_row(m, row) + 4 * w;
            uint32_t word;
            if (m->back) {
                memcpy(&word, theirs + w * m->of.rows + row, sizeof word);
                store32(ours, word);
            }
            else {
                word = load32(ours);
                memcpy(theirs + w * m->of.rows + row, &word, sizeof word);
            }
        }
    for (int64_t g = 0; g < m->of.groups; g++)
        for (int64_t row = first; row < end; row++) {
            uint16_t *other = scale + g * m->of.rows + row, *our = m->scale + row * m->of.groups + g;
            if (m->back) *our = *other;
            else *other = *our;
        }
}

/* Zeros of GPTQ, along rows. */
static void pack_gptq_zeros(const move *m)
{
    const uint8_t *zero = m->q->zero.data;
    int64_t words = m->of.rows * m->p->bits / 32, in_word = 32 / m->p->bits;
    unsigned less = m->p->packing == DGEN_PACKING_GPTQ;
    for (int64_t g = 0; g < m->of.groups; g++)
        for (int64_t w = 0; w < words; w++) {
            uint32_t word = 0;
            for (int64_t j = 0; j < in_word; j++) {
                uint32_t code = zero[(w * in_word + j) * m->of.groups + g] - less;
                word |= code << j * m->p->bits;
            }
            memcpy((int32_t *)m->p->zero.data + g * words + w, &word, sizeof word);
        }
}

static dgen_status unpack_gptq_zeros(const move *m, dgen_error *error)
{
    uint8_t *zero = m->q->zero.data;
    int64_t words = m->of.rows * m->p->bits / 32, in_word = 32 / m->p->bits;
    unsigned less = m->p->packing == DGEN_PACKING_GPTQ, top = (1u << m->p->bits) - 1;
    for (int64_t g = 0; g < m->of.groups; g++)
        for (int64_t n = 0; n < m->of.rows; n++) {
            uint32_t word;
            memcpy(&word, (int32_t *)m->p->zero.data + g * words + n / in_word, sizeof word);
            unsigned code = word >> n % in_word * m->p->bits & top;
            if (less && code == top)
                return dgen__fail(error, DGEN_EINVAL, "p",
                                  "p.zero must have codes below %u for \"gptq\", whose readers disagree about zeros of %u; that of row "
                                  "%lld, group %lld is %u", top, top + 1, (long long)n + 1, (long long)g + 1, code);
            zero[n * m->of.groups + g] = (uint8_t)(code + less);
        }
    return DGEN_OK;
}

/* The padding of a row's last block holds the zero. */
static void pad_onnx_row(const move *m, uint8_t *theirs, uint8_t zero)
{
    uint8_t all = zero;
    for (int shift = m->p->bits; shift < 8; shift *= 2) all |= (uint8_t)(all << shift);
    int64_t bytes = m->of.groups * m->of.group / 8 * m->p->bits, used = (int64_t)m->of.row_bytes;
    memset(theirs + used, all, (size_t)(bytes - used));
    int bits = (int)((uint64_t)m->of.columns % 8 * (uint64_t)m->p->bits % 8);
    if (bits) theirs[used - 1] |= (uint8_t)(all << bits);
}

static void move_onnx_row(const move *m, int64_t row)
{
    int bits = m->p->bits;
    int64_t bytes = m->of.groups * m->of.group / 8 * bits, groups = m->of.groups;
    uint8_t *theirs = (uint8_t *)m->p->codes.data + row * bytes, *ours = codes_of_row(m, row);
    uint8_t *zero = (uint8_t *)m->q->zero.data + row * groups;
    int64_t packed_bytes = (int64_t)dgen__packed_bytes((uint64_t)groups, bits);
    uint8_t *packed = m->p->zero.release ? (uint8_t *)m->p->zero.data + row * packed_bytes : NULL;
    if (!m->back) {
        memcpy(theirs, ours, m->of.row_bytes);
        pad_onnx_row(m, theirs, zero[groups - 1]);
        if (packed) memset(packed, 0, (size_t)packed_bytes);
        for (int64_t g = 0; packed && g < groups; g++) dgen__code_set(packed, (size_t)g, bits, zero[g]);
        return;
    }
    memcpy(ours, theirs, m->of.row_bytes);
    int used = (int)((uint64_t)m->of.columns % 8 * (uint64_t)bits % 8);
    if (used) ours[m->of.row_bytes - 1] &= (uint8_t)((1 << used) - 1);
    if (packed) dgen__isa()->quantization->unpack(zero, packed, (size_t)groups, bits);
    else memset(zero, 1 << (bits - 1), (size_t)groups);
}

static void move_onnx(void *context, uint64_t i)
{
    const move *m = context;
    int64_t end = (int64_t)dgen__least((i + 1) * STRIP, (uint64_t)m->of.rows);
    for (int64_t row = (int64_t)i * STRIP; row < end; row++) move_onnx_row(m, row);
}

static dgen_status move_rows(move *m, dgen_error *error)
{
    dgen_packing packing = m->p->packing;
    void (*task)(void *, uint64_t) = is_ggml(packing) ? move_ggml : is_gptq(packing) ? move_gptq : move_onnx;
    uint64_t strips = ((uint64_t)m->of.rows + STRIP - 1) / STRIP;
    if (!dgen__parallel_for(task, m, strips, m->of.rows * m->of.columns < SMALL ? 1 : 0)) return dgen__fail_canceled(error);
    if (packing == DGEN_PACKING_ONNX) {
        size_t bytes = dgen_array_bytes(&m->p->scale);
        if (m->back) memcpy(m->q->scale.data, m->p->scale.data, bytes);
        else memcpy(m->p->scale.data, m->q->scale.data, bytes);
    }
    if (!is_gptq(packing)) return DGEN_OK;
    if (m->back) return unpack_gptq_zeros(m, error);
    pack_gptq_zeros(m);
    return DGEN_OK;
}

/* ---------------------------------------------------------------------------------------------------------------------- pack */

static dgen_status alloc_packed(dgen_packed *p, dgen_error *error)
{
    dgen_array *arrays[] = { &p->codes, &p->scale, &p->zero };
    dgen_status status = DGEN_OK;
    for (int i = 0; i < 3 && status == DGEN_OK; i++)
        if (arrays[i]->ndim) status = dgen_array_alloc(arrays[i], arrays[i]->dtype, arrays[i]->ndim, arrays[i]->shape, NULL,
                                                       error);
    if (status != DGEN_OK) dgen_packed_release(p);
    return status;
}

/* Scales, and for Q4_1 minima, in f16. */
static dgen_status make_halves(move *m, dgen_block **block, dgen_error *error)
{
    uint64_t count = (uint64_t)(m->of.rows * m->of.groups);
    dgen_status status = dgen__block_alloc(block, 2 * count * sizeof(uint16_t), NULL, error);
    if (status != DGEN_OK) return status;
    m->scale = dgen__block_data(*block);
    status = halves_of(m->scale, &m->q->scale, m->p->packing, "scale", error);
    if (status == DGEN_OK && m->p->packing == DGEN_PACKING_GGML_Q4_1) {
        m->minimum = m->scale + count;
        status = minima_of(m->minimum, m->q, m->scale, error);
    }
    return status;
}

dgen_status dgen_repack(dgen_packed *out, const dgen_quantized *quantized, dgen_packing packing, dgen_error *error)
{
    dgen_status status = check_quantized(quantized, packing, error);
    if (status != DGEN_OK) return status;
    dgen_packed made = { .packing = packing, .bits = quantized->bits, .ndim = quantized->ndim };
    memcpy(made.shape, quantized->shape, sizeof made.shape);
    move m = { .p = &made, .q = quantized, .of = dgen__quantized_rows(quantized) };
    dgen_block *halves = NULL;
    made.group = m.of.group;
    lay_out_packed(&made, &m.of, quantized->scale.dtype, quantized->scheme != DGEN_SYMMETRIC);
    if (packing != DGEN_PACKING_ONNX) status = make_halves(&m, &halves, error);
    if (status == DGEN_OK) status = alloc_packed(&made, error);
    if (status == DGEN_OK) {
        status = move_rows(&m, error);
        if (status != DGEN_OK) dgen_packed_release(&made);
    }
    if (halves) dgen__block_release(halves);
    if (status == DGEN_OK) *out = made;
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------- restore */

static dgen_status check_part(const dgen_array *have, const dgen_array *want, const char *name, dgen_error *error)
{
    if (!want->ndim) return DGEN_OK;
    if (!have->release) return dgen__fail(error, DGEN_ECLOSED, "p", "p.%s is closed", name);
    if (have->dtype != want->dtype)
        return dgen__fail(error, DGEN_ETYPE, "p", "p.%s must be %s, not %s", name, dgen_dtype_name(want->dtype),
                          (unsigned)have->dtype < DGEN_DTYPE_COUNT ? dgen_dtype_name(have->dtype) : "of no type");
    if (dgen_array_length(have) != dgen_array_length(want))
        return dgen__fail(error, DGEN_EINVAL, "p",
                          "p.%s must have %lld elements for its packing, shape, bits and group, not %lld", name,
                          (long long)dgen_array_length(want), (long long)dgen_array_length(have));
    if (!dgen__is_contiguous(have)) return dgen__fail(error, DGEN_EINVAL, "p", "p.%s must be contiguous", name);
    if (!have->data) return dgen__fail(error, DGEN_EINVAL, "p", "p.%s must not be NULL", name);
    return DGEN_OK;
}

/* Checks the fields, and sets those of *q: its scale and zero may still be another type's. */
static dgen_status check_fields(const dgen_packed *p, dgen_quantized *q, dgen_error *error)
{
    uint64_t length = 1;
    if (p->packing == DGEN_PACKING_DGEN || (unsigned)p->packing >= DGEN_PACKING_COUNT)
        return dgen__fail(error, DGEN_EINVAL, "p",
                          "p.packing must be one of ggml_q8_0, ggml_q4_0, ggml_q4_1, gptq, gptq_v2, onnx");
    if (p->bits != 8 && p->bits != 4 && p->bits != 2)
        return dgen__fail(error, DGEN_EINVAL, "p", "p.bits must be 8, 4 or 2, not %d", p->bits);
    if (p->ndim < 1 || p->ndim > 4)
        return dgen__fail(error, DGEN_EINVAL, "p", "p.shape must have 1 to 4 dimensions, not %d", p->ndim);
    for (int i = 0; i < p->ndim; i++)
        if (p->shape[i] < 1 || !dgen__multiply(length, (uint64_t)p->shape[i], &length) || length > INT64_MAX / 8)
            return dgen__fail(error, DGEN_EINVAL, "p", "p.shape must have sizes from 1 up whose product is less than 2^60");
    if (p->group < 1 || p->group > INT64_MAX / 16)
        return dgen__fail(error, DGEN_EINVAL, "p", "p.group must be from 1 to 2^59, not %lld", (long long)p->group);
    *q = (dgen_quantized){ .bits = p->bits, .scheme = DGEN_ASYMMETRIC, .range = DGEN_RANGE_FULL, .axis = DGEN_AXIS_GROUP,
                           .group = p->group, .ndim = p->ndim };
    memcpy(q->shape, p->shape, sizeof q->shape);
    return DGEN_OK;
}

static dgen_status check_packed(const dgen_packed *p, dgen_quantized *q, dgen_error *error)
{
    dgen_status status = check_fields(p, q, error);
    if (status != DGEN_OK) return status;
    dgen__rows_of of = dgen__quantized_rows(q);
    dgen_packed want = *p;
    bool single = p->packing == DGEN_PACKING_ONNX && p->scale.dtype != DGEN_F16;
    status = check_fit(p->packing, p->bits, &of, "p", error);
    if (status != DGEN_OK) return status;
    lay_out_packed(&want, &of, single ? DGEN_F32 : DGEN_F16, p->zero.release != NULL);
    status = check_part(&p->codes, &want.codes, "codes", error);
    if (status == DGEN_OK) status = check_part(&p->scale, &want.scale, "scale", error);
    if (status == DGEN_OK) status = check_part(&p->zero, &want.zero, "zero", error);
    if (status != DGEN_OK) return status;
    if (p->packing == DGEN_PACKING_GGML_Q4_1) q->scheme = DGEN_OFFSET;
    dgen__quantized_lay_out(q, single ? DGEN_F32 : DGEN_F16);
    return DGEN_OK;
}

static bool all_are(const dgen_array *zero, uint8_t value)
{
    const uint8_t *bytes = zero->data;
    int64_t count = dgen_array_length(zero);
    for (int64_t i = 0; i < count; i++)
        if (bytes[i] != value) return false;
    return true;
}

dgen_status dgen_packed_restore(dgen_quantized *out, const dgen_packed *packed, dgen_error *error)
{
    dgen_quantized made;
    static const dgen_quantized none;
    dgen_packed theirs = *packed;
    dgen_status status = check_packed(packed, &made, error);
    if (status == DGEN_OK) status = dgen__quantized_take(&made, &none, error);
    if (status != DGEN_OK) return status;
    move m = { .p = &theirs, .q = &made, .of = dgen__quantized_rows(&made), .back = true };
    if (packed->packing != DGEN_PACKING_ONNX) m.scale = made.scale.data;
    if (made.scheme == DGEN_OFFSET) m.minimum = made.zero.data;
    else if (is_ggml(packed->packing)) memset(made.zero.data, 1 << (made.bits - 1), (size_t)dgen_array_length(&made.zero));
    status = move_rows(&m, error);
    if (status != DGEN_OK) {
        dgen_quantized_release(&made);
        return status;
    }
    if (made.scheme != DGEN_OFFSET && all_are(&made.zero, (uint8_t)(1 << (made.bits - 1)))) made.scheme = DGEN_SYMMETRIC;
    dgen__certify(&made.error, NULL, 0, 0);
    *out = made;
    return DGEN_OK;
}
