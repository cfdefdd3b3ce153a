/*
 * Elementwise operations as calls: whatever the shape, strides, type, alignment, length, threads or ISA, an element of the
 * result depends on the elements of the operands alone; and a call that is refused leaves everything as it was. What the
 * values are is for test_ulp_f32.c and test_ulp_f64.c to prove; here the plain loop over single elements is the measure.
 */
#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "test.h"

#include "isas.h"

enum { MOST = 200 };

static dgen_error error;

static bool is_elementwise(int op) { return dgen_operation_get((dgen_op)op)->kind == DGEN_ELEMENTWISE; }
static int operand_count(int op)
{
    const dgen_operation *row = dgen_operation_get((dgen_op)op);
    return row->arrays + row->parameters;
}

/* Numbers of every kind, few of them ordinary. */
static double some_value(void)
{
    static const double special[] = { 0, -0.0, 1, -1, 0.5, 3, INFINITY, -INFINITY, 1e30, -1e-30, 1e-40, 88.5, -104 };
    uint64_t r = test_random();
    if (r % 8 == 0) return special[r / 8 % (sizeof special / sizeof *special)];
    if (r % 64 == 1) return NAN;
    return ((double)(r >> 11) * 0x1p-53 - 0.5) * 20;
}

static dgen_array new_array(dgen_dtype dtype, int64_t n)
{
    dgen_array array = { 0 };
    if (dgen_array_alloc(&array, dtype, 1, &n, NULL, &error) != DGEN_OK) exit(1);
    return array;
}

static dgen_array random_array(dgen_dtype dtype, int64_t n)
{
    dgen_array array = new_array(dtype, n);
    for (int64_t i = 0; i < n; i++)
        if (dtype == DGEN_F32) ((float *)array.data)[i] = (float)some_value();
        else ((double *)array.data)[i] = some_value();
    return array;
}

/* Operands of op: arrays[i], or the numbers -1.5, 2 where numbers are wanted. */
static void make_operands(dgen_operand *operands, int op, const dgen_array *arrays)
{
    const dgen_operation *row = dgen_operation_get((dgen_op)op);
    for (int i = 0; i < 3; i++)
        operands[i] = i < row->arrays ? (dgen_operand){ &arrays[i], 0 } : (dgen_operand){ NULL, i == 1 ? -1.5 : 2 };
}

/* The result of op, one element a call. */
static dgen_array element_by_element(int op, const dgen_array *arrays)
{
    int64_t n = dgen_array_length(&arrays[0]);
    dgen_array out = new_array(arrays[0].dtype, n);
    for (int64_t i = 0; i < n; i++) {
        dgen_array one[3], result;
        dgen_operand operands[3];
        for (int k = 0; k < 3; k++)
            if (dgen_array_slice(&one[k], &arrays[k], i, 1, &error) != DGEN_OK) exit(1);
        if (dgen_array_slice(&result, &out, i, 1, &error) != DGEN_OK) exit(1);
        make_operands(operands, op, one);
        CHECK(dgen_map(&result, (dgen_op)op, operands, NULL, &error) == DGEN_OK, "%s", error.message);
        for (int k = 0; k < 3; k++) dgen_array_release(&one[k]);
        dgen_array_release(&result);
    }
    return out;
}

static void release_all(dgen_array *arrays, int count)
{
    for (int i = 0; i < count; i++) dgen_array_release(&arrays[i]);
}

/* ------------------------------------------------------------------------------------------------------------- registry */

static void the_registry_is_whole(void)
{
    for (int i = 0; i < DGEN_OP_COUNT; i++) {
        const dgen_operation *row = dgen_operation_get((dgen_op)i);
        CHECK(row && dgen_operation_find(row->name) == row && dgen_operation_op(row) == (dgen_op)i, "row %d", i);
        CHECK(row->arrays >= 1 && row->arrays + row->parameters <= 3, "%s", row->name);
        for (int k = 0; k < 3; k++)
            CHECK((row->arguments[k] != NULL) == (k < row->arrays + row->parameters), "%s argument %d", row->name, k);
        CHECK(*row->formula && *row->summary, "%s has no help", row->name);
        CHECK((dgen__isa()->map[i][0] != NULL) == (row->kind == DGEN_ELEMENTWISE), "%s has a kernel or not", row->name);
    }
    CHECK(!dgen_operation_get(DGEN_OP_COUNT) && !dgen_operation_find("tan") && !dgen_operation_find(""), "no such row");
    CHECK(dgen_operation_find("leaky_relu")->defaults[1] == 0.01, "default");
    CHECK(isnan(dgen_operation_find("clamp")->defaults[1]), "no default");
    CHECK(!strcmp(dgen_operation_find("lerp")->arguments[2], "t"), "%s", dgen_operation_find("lerp")->arguments[2]);
}

static void functions_are_their_rows(void)
{
    const float values[] = { 0.25f, 4, -3 }, others[] = { 2, 0.5f, 3 };
    int64_t n = 3;
    dgen_array x, y, out = { 0 };
    double sum;
    CHECK(dgen_array_borrow(&x, DGEN_F32, 1, &n, (void *)values, &error) == DGEN_OK, "%s", error.message);
    CHECK(dgen_array_borrow(&y, DGEN_F32, 1, &n, (void *)others, &error) == DGEN_OK, "%s", error.message);
    CHECK(dgen_add(&out, &x, &y, &error) == DGEN_OK && ((float *)out.data)[1] == 4.5f, "add");
    CHECK(dgen_square(&out, &x, &error) == DGEN_OK && ((float *)out.data)[2] == 9, "square");
    CHECK(dgen_scale(&out, &x, 2, &error) == DGEN_OK && ((float *)out.data)[2] == -6, "scale");
    CHECK(dgen_clamp(&out, &x, -1, 1, &error) == DGEN_OK && ((float *)out.data)[2] == -1, "clamp");
    CHECK(dgen_fma(&out, &x, &y, &y, &error) == DGEN_OK && ((float *)out.data)[2] == -6, "fma");
    CHECK(dgen_sum(&sum, &x, &error) == DGEN_OK && sum == 1.25, "sum %g", sum);
    CHECK(dgen_dot(&sum, &x, &y, &error) == DGEN_OK && sum == -6.5, "dot %g", sum);
    dgen_array_release(&out);
}

/* ------------------------------------------------------------------------------------------- position, length, alignment */

/* The bits do not depend on length, position or alignment: not in the last group of a vector either. */
static void position_does_not_matter(void)
{
    for (int op = 0; op < DGEN_OP_COUNT; op++) {
        if (!is_elementwise(op)) continue;
        for (int wide = 0; wide < 2; wide++) {
            dgen_dtype dtype = wide ? DGEN_F64 : DGEN_F32;
            size_t width = dgen_dtype_bytes(dtype);
            dgen_array arrays[3] = { random_array(dtype, MOST), random_array(dtype, MOST), random_array(dtype, MOST) };
            dgen_array expected = element_by_element(op, arrays), out = new_array(dtype, MOST + 8);
            for (int64_t n = 0; n <= 70; n++) {
                int64_t from = (int64_t)(test_random() % 8), to = (int64_t)(test_random() % 8);
                dgen_array part[3], result;
                dgen_operand operands[3];
                for (int k = 0; k < 3; k++)
                    if (dgen_array_slice(&part[k], &arrays[k], from, n, &error) != DGEN_OK) exit(1);
                if (dgen_array_slice(&result, &out, to, n, &error) != DGEN_OK) exit(1);
                memset(out.data, 0xAB, dgen_array_bytes(&out));
                make_operands(operands, op, part);
                CHECK(dgen_map(&result, (dgen_op)op, operands, NULL, &error) == DGEN_OK, "%s", error.message);
                CHECK(!memcmp(result.data, (char *)expected.data + (size_t)from * width, (size_t)n * width),
                      "%s %s n %d from %d", dgen_operation_get((dgen_op)op)->name, dgen_dtype_name(dtype), (int)n, (int)from);
                const uint8_t *beyond = (const uint8_t *)result.data + (size_t)n * width;
                CHECK(beyond[0] == 0xAB && (to == 0 || ((uint8_t *)out.data)[(size_t)to * width - 1] == 0xAB),
                      "%s wrote outside", dgen_operation_get((dgen_op)op)->name);
                release_all(part, 3);
                dgen_array_release(&result);
            }
            release_all(arrays, 3);
            dgen_array_release(&expected);
            dgen_array_release(&out);
        }
    }
}

/* Every ISA's kernel gives the same bits, NaNs included. */
static void isas_agree(void)
{
    for (int op = 0; op < DGEN_OP_COUNT; op++) {
        if (!is_elementwise(op)) continue;
        for (int wide = 0; wide < 2; wide++) {
            enum { N = 4003 };
            dgen_dtype dtype = wide ? DGEN_F64 : DGEN_F32;
            dgen_array arrays[3] = { random_array(dtype, N), random_array(dtype, N), random_array(dtype, N) };
            dgen_array results[2] = { new_array(dtype, N), new_array(dtype, N) };
            const void *source[3] = { arrays[0].data, arrays[1].data, arrays[2].data };
            for (int ignore = 0; ignore < 2; ignore++)
                for (int i = 0; i < isa_count; i++) {
                    isas[i]->map[op][wide](results[i > 0].data, source, 0, N, ignore);
                    CHECK(!memcmp(results[0].data, results[i > 0].data, dgen_array_bytes(&results[0])), "%s %s on %s",
                          dgen_operation_get((dgen_op)op)->name, dgen_dtype_name(dtype), isas[i]->name);
                }
            release_all(arrays, 3);
            release_all(results, 2);
        }
    }
}

/* ----------------------------------------------------------------------------------------------- strides, types, threads */

/* A 2-dimensional window with gaps of a copy of `source`, which lies in *memory. */
static dgen_array with_gaps(const dgen_array *source, dgen_array *memory)
{
    int64_t n = dgen_array_length(source), rows = 7, columns = n / rows;
    size_t width = dgen_dtype_bytes(source->dtype);
    *memory = new_array(source->dtype, n * 6);
    dgen_array view = *memory;
    view.ndim = 2;
    view.shape[0] = rows, view.shape[1] = columns;
    view.stride[0] = 2, view.stride[1] = 3 * rows;
    for (int64_t i = 0; i < rows * columns; i++)
        memcpy((char *)view.data + (size_t)(i % rows * 2 + i / rows * 3 * rows) * width,
               (char *)source->data + (size_t)i * width, width);
    return view;
}

static void strides_do_not_matter(void)
{
    enum { N = 7 * 400 };
    for (int op = 0; op < DGEN_OP_COUNT; op++) {
        if (!is_elementwise(op)) continue;
        for (int wide = 0; wide < 2; wide++) {
            dgen_dtype dtype = wide ? DGEN_F64 : DGEN_F32;
            size_t width = dgen_dtype_bytes(dtype);
            const char *name = dgen_operation_get((dgen_op)op)->name;
            dgen_array arrays[3], views[3], memory[4], expected = { 0 }, result = { 0 };
            dgen_operand operands[3];
            for (int k = 0; k < 3; k++) arrays[k] = random_array(dtype, N), views[k] = with_gaps(&arrays[k], &memory[k]);
            make_operands(operands, op, arrays);
            CHECK(dgen_map(&expected, (dgen_op)op, operands, NULL, &error) == DGEN_OK, "%s", error.message);
            make_operands(operands, op, views);
            CHECK(dgen_map(&result, (dgen_op)op, operands, NULL, &error) == DGEN_OK, "%s", error.message);
            CHECK(result.ndim == 2 && result.shape[0] == 7 && result.shape[1] == 400, "%s: shape", name);
            CHECK(!memcmp(result.data, expected.data, dgen_array_bytes(&expected)), "%s of strided operands", name);
            dgen_array out = with_gaps(&arrays[0], &memory[3]);
            CHECK(dgen_map(&out, (dgen_op)op, operands, NULL, &error) == DGEN_OK, "%s", error.message);
            CHECK(dgen_map(&views[0], (dgen_op)op, operands, NULL, &error) == DGEN_OK, "in place: %s", error.message);
            for (int64_t i = 0; i < N; i++) {
                size_t at = (size_t)(i % 7 * 2 + i / 7 * 21) * width;
                CHECK(!memcmp((char *)out.data + at, (char *)expected.data + (size_t)i * width, width)
                          && !memcmp((char *)views[0].data + at, (char *)expected.data + (size_t)i * width, width),
                      "%s into strides, element %d", name, (int)i);
            }
            release_all(arrays, 3);
            release_all(memory, 4);
            dgen_array_release(&expected);
            dgen_array_release(&result);
        }
    }
}

/* A number stands for an array of it. */
static void numbers_are_arrays_of_one_value(void)
{
    enum { N = 77 };
    for (int op = 0; op < DGEN_OP_COUNT; op++) {
        int arrays = dgen_operation_get((dgen_op)op)->arrays;
        if (!is_elementwise(op) || arrays < 2) continue;
        for (int wide = 0; wide < 2; wide++)
            for (unsigned which = 1; which + 1 < 1u << arrays; which++) {
                dgen_dtype dtype = wide ? DGEN_F64 : DGEN_F32;
                dgen_array full[3], expected = { 0 }, result = { 0 };
                dgen_operand operands[3] = { { 0 } };
                for (int k = 0; k < 3; k++) {
                    full[k] = random_array(dtype, N);
                    double number = (float)some_value();
                    for (int64_t i = 0; which >> k & 1 && i < N; i++)
                        if (wide) ((double *)full[k].data)[i] = number;
                        else ((float *)full[k].data)[i] = (float)number;
                    if (which >> k & 1) operands[k].number = number;
                    else operands[k].array = &full[k];
                }
                CHECK(dgen_map(&result, (dgen_op)op, operands, NULL, &error) == DGEN_OK, "%s", error.message);
                make_operands(operands, op, full);
                CHECK(dgen_map(&expected, (dgen_op)op, operands, NULL, &error) == DGEN_OK, "%s", error.message);
                CHECK(!memcmp(result.data, expected.data, dgen_array_bytes(&expected)), "%s, numbers %u",
                      dgen_operation_get((dgen_op)op)->name, which);
                release_all(full, 3);
                dgen_array_release(&expected);
                dgen_array_release(&result);
            }
    }
}

/* u8 .. i64 become f64, f16 and bf16 f32, f32 beside f64 f64. */
static void types_are_promoted(void)
{
    for (int dtype = 0; dtype < DGEN_DTYPE_COUNT; dtype++) {
        bool narrow = dtype == DGEN_F16 || dtype == DGEN_BF16 || dtype == DGEN_F32;
        dgen_array x = new_array((dgen_dtype)dtype, 100), singles = random_array(DGEN_F32, 100), sum = { 0 }, root = { 0 };
        for (int i = 0; i < 100; i++) CHECK(dgen_array_set(&x, i, i, &error) == DGEN_OK, "%s", error.message);
        CHECK(dgen_sqrt(&root, &x, &error) == DGEN_OK && root.dtype == (narrow ? DGEN_F32 : DGEN_F64), "%s",
              dgen_dtype_name((dgen_dtype)dtype));
        CHECK(dgen_add(&sum, &x, &singles, &error) == DGEN_OK && sum.dtype == (narrow ? DGEN_F32 : DGEN_F64), "%s",
              dgen_dtype_name((dgen_dtype)dtype));
        for (int i = 0; i < 100; i++) {
            double single = ((float *)singles.data)[i];
            double want = narrow ? (float)(i + (float)single) : i + single;
            CHECK(dgen_array_get(&root, i) == (narrow ? sqrtf((float)i) : sqrt(i)), "%s root %d",
                  dgen_dtype_name((dgen_dtype)dtype), i);
            CHECK(dgen_array_get(&sum, i) == want || isnan(want), "%s sum %d", dgen_dtype_name((dgen_dtype)dtype), i);
        }
        dgen_array_release(&x);
        dgen_array_release(&singles);
        dgen_array_release(&sum);
        dgen_array_release(&root);
    }
}

/* Large calls are cut into tasks: the same bits for any number of threads, and past the cache. */
static void threads_do_not_matter(void)
{
    enum { N = 1000003 };
    static const dgen_op ops[] = { DGEN_OP_add, DGEN_OP_exp, DGEN_OP_clamp, DGEN_OP_lerp };
    for (size_t o = 0; o < sizeof ops / sizeof *ops; o++)
        for (int wide = 0; wide < 2; wide++) {
            dgen_dtype dtype = wide ? DGEN_F64 : DGEN_F32;
            dgen_array arrays[3] = { random_array(dtype, N), random_array(dtype, N), random_array(dtype, N) };
            dgen_array expected = new_array(dtype, N), out = { 0 };
            const double numbers[2] = { -1.5, 2 };
            const float singles[2] = { -1.5f, 2 };
            const dgen_operation *row = dgen_operation_get(ops[o]);
            const void *source[3] = { arrays[0].data, arrays[1].data, arrays[2].data };
            for (int k = 0; k < row->parameters; k++)
                source[1 + k] = wide ? (const void *)&numbers[k] : (const void *)&singles[k];
            dgen__isa()->map[ops[o]][wide](expected.data, source, row->parameters ? 6u : 0, N, false);
            for (int threads = 1; threads <= 8; threads++) {
                dgen_op_options options;
                dgen_operand operands[3];
                dgen_op_options_init(&options);
                options.max_threads = threads;
                make_operands(operands, ops[o], arrays);
                CHECK(dgen_map(&out, ops[o], operands, &options, &error) == DGEN_OK, "%s", error.message);
                CHECK(!memcmp(out.data, expected.data, dgen_array_bytes(&out)), "%s, %d threads", row->name, threads);
                dgen_array_release(&out);
            }
            release_all(arrays, 3);
            dgen_array_release(&expected);
        }
}

/* ------------------------------------------------------------------------------------------------------------------ NaNs */

static double nan_with(uint64_t payload)
{
    uint64_t bits = UINT64_C(0x7FF0000000000000) | payload;
    double x;
    memcpy(&x, &bits, 8);
    return x;
}

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, 8);
    return bits;
}

/* R's NA is a signalling NaN with payload 1954: arithmetic keeps the payload of the first NaN and quiets it. */
static void nans_keep_their_payload(void)
{
    const uint64_t quiet = UINT64_C(0x7FF8000000000000);
    double x[3] = { nan_with(1954), 1, nan_with(1954) }, y[3] = { 2, nan_with(77), nan_with(77) }, z[3];
    int64_t n = 3;
    dgen_array a, b, out;
    if (dgen_array_borrow(&a, DGEN_F64, 1, &n, x, &error) || dgen_array_borrow(&b, DGEN_F64, 1, &n, y, &error)
        || dgen_array_borrow(&out, DGEN_F64, 1, &n, z, &error))
        exit(1);
    static const dgen_op both[] = { DGEN_OP_add, DGEN_OP_sub, DGEN_OP_mul, DGEN_OP_div, DGEN_OP_minimum, DGEN_OP_maximum };
    for (size_t i = 0; i < sizeof both / sizeof *both; i++) {
        CHECK(dgen_map(&out, both[i], (dgen_operand[]){ { &a, 0 }, { &b, 0 } }, NULL, &error) == DGEN_OK, "%s", error.message);
        CHECK(bits_of(z[0]) == (quiet | 1954) && bits_of(z[1]) == (quiet | 77) && bits_of(z[2]) == (quiet | 1954),
              "%s: %llx %llx %llx", dgen_operation_get(both[i])->name, (unsigned long long)bits_of(z[0]),
              (unsigned long long)bits_of(z[1]), (unsigned long long)bits_of(z[2]));
    }
    for (int op = 0; op < DGEN_OP_COUNT; op++) {
        if (!is_elementwise(op) || operand_count(op) != 1) continue;
        CHECK(dgen_map(&out, (dgen_op)op, &(dgen_operand){ &a, 0 }, NULL, &error) == DGEN_OK, "%s", error.message);
        CHECK(bits_of(z[0]) == (quiet | 1954) && !isnan(z[1]), "%s of NA", dgen_operation_get((dgen_op)op)->name);
    }
    double infinities[3] = { INFINITY, INFINITY, -1 };
    memcpy(x, infinities, sizeof x);
    CHECK(dgen_sub(&out, &a, &a, &error) == DGEN_OK && bits_of(z[0]) == quiet && z[2] == 0, "Inf - Inf");
    CHECK(dgen_sqrt(&out, &a, &error) == DGEN_OK && bits_of(z[2]) == quiet, "sqrt (-1)");
}

static void nans_may_be_ignored(void)
{
    double x[4] = { NAN, 1, NAN, 3 }, y[4] = { 2, NAN, NAN, -4 };
    int64_t n = 4;
    dgen_array a, b, out = { 0 };
    dgen_op_options options;
    if (dgen_array_borrow(&a, DGEN_F64, 1, &n, x, &error) || dgen_array_borrow(&b, DGEN_F64, 1, &n, y, &error)) exit(1);
    dgen_op_options_init(&options);
    dgen_value ignore = { .kind = DGEN_VALUE_TEXT, .text = "ignore" };
    CHECK(dgen_op_options_set(&options, DGEN_OP_minimum, "nan", ignore, &error) == DGEN_OK, "%s", error.message);
    const dgen_operand operands[2] = { { &a, 0 }, { &b, 0 } };
    CHECK(dgen_map(&out, DGEN_OP_minimum, operands, &options, &error) == DGEN_OK, "%s", error.message);
    const double *z = out.data;
    CHECK(z[0] == 2 && z[1] == 1 && isnan(z[2]) && z[3] == -4, "%g %g %g %g", z[0], z[1], z[2], z[3]);
    CHECK(dgen_op_options_set(&options, DGEN_OP_exp, "nan", ignore, &error) == DGEN_EINVAL, "exp has no such option");
    dgen_array_release(&out);
}

static void zeros_are_ordered(void)
{
    double x[2] = { 0.0, -0.0 }, y[2] = { -0.0, 0.0 };
    int64_t n = 2;
    dgen_array a, b, out = { 0 };
    if (dgen_array_borrow(&a, DGEN_F64, 1, &n, x, &error) || dgen_array_borrow(&b, DGEN_F64, 1, &n, y, &error)) exit(1);
    CHECK(dgen_minimum(&out, &a, &b, &error) == DGEN_OK, "%s", error.message);
    CHECK(signbit(((double *)out.data)[0]) && signbit(((double *)out.data)[1]), "minimum of zeros is -0");
    CHECK(dgen_maximum(&out, &a, &b, &error) == DGEN_OK, "%s", error.message);
    CHECK(!signbit(((double *)out.data)[0]) && !signbit(((double *)out.data)[1]), "maximum of zeros is 0");
    dgen_array_release(&out);
}

/* --------------------------------------------------------------------------------------------------------------- refusals */

#define REFUSED(call, text)                                                                                  \
    do {                                                                                                     \
        uint64_t live = dgen_live_bytes();                                                                   \
        CHECK((call) != DGEN_OK && !strcmp(error.message, text), "\"%s\", not \"%s\"", error.message, text); \
        CHECK(dgen_live_bytes() == live, "leaks %s", #call);                                                 \
        error.message[0] = 0;                                                                                \
    } while (0)

static void bad_operands_are_refused(void)
{
    dgen_array x = random_array(DGEN_F64, 6), y = random_array(DGEN_F64, 5), m = x, t = x, closed = { .ndim = 1 }, out = { 0 };
    dgen_array null = x, big = new_array(DGEN_I64, 3);
    int64_t *whole = big.data;
    m.ndim = t.ndim = 2;
    m.shape[0] = 2, m.shape[1] = 3, m.stride[1] = 2;
    t.shape[0] = 3, t.shape[1] = 2, t.stride[1] = 3;
    null.data = NULL;
    whole[0] = 1, whole[1] = -(INT64_C(1) << 53), whole[2] = (INT64_C(1) << 53) + 1;
    REFUSED(dgen_add(&out, &x, &y, &error), "y must have the shape of x, [6], not [5]");
    REFUSED(dgen_add(&out, &m, &t, &error), "y must have the shape of x, [2, 3], not [3, 2]");
    REFUSED(dgen_fma(&out, &x, &x, &y, &error), "z must have the shape of x, [6], not [5]");
    REFUSED(dgen_map(&out, DGEN_OP_fma, (dgen_operand[]){ { NULL, 1 }, { &x, 0 }, { &y, 0 } }, NULL, &error),
            "z must have the shape of y, [6], not [5]");
    REFUSED(dgen_exp(&out, &closed, &error), "x is closed");
    REFUSED(dgen_exp(&out, &null, &error), "x must not be NULL");
    REFUSED(dgen_exp(&out, NULL, &error), "x must be an array");
    REFUSED(dgen_add(&out, NULL, NULL, &error), "x must be an array");
    REFUSED(dgen_dot((double[1]){ 0 }, &x, NULL, &error), "y must be an array");
    REFUSED(dgen_clamp(&out, &x, 1, 0.5, &error), "min must be at most max, not 1 against 0.5");
    REFUSED(dgen_clamp(&out, &x, NAN, 0.5, &error), "min must be at most max, not NaN against 0.5");
    REFUSED(dgen_exp(&out, &big, &error), "x must lie from -2^53 to 2^53 to become f64; element 3 is 9007199254740993");
    REFUSED(dgen_map(&out, DGEN_OP_sum, (dgen_operand[]){ { &x, 0 } }, NULL, &error),
            "op must be elementwise; sum is a reduction");
    REFUSED(dgen_map(&out, DGEN_OP_COUNT, (dgen_operand[]){ { &x, 0 } }, NULL, &error), "op must be a dgen_op");
    REFUSED(dgen_map(&out, DGEN_OP_scale, (dgen_operand[]){ { &x, 0 }, { &x, 0 } }, NULL, &error), "factor must be a number");
    CHECK(!out.release && !out.data, "out is untouched");
    dgen_array given = new_array(DGEN_F64, 6), before = new_array(DGEN_F64, 6);
    memset(given.data, 0xAB, 48), memset(before.data, 0xAB, 48);
    REFUSED(dgen_clamp(&given, &x, 1, 0.5, &error), "min must be at most max, not 1 against 0.5");
    REFUSED(dgen_add(&given, &x, &y, &error), "y must have the shape of x, [6], not [5]");
    REFUSED(dgen_exp(&given, &null, &error), "x must not be NULL");
    CHECK(!memcmp(given.data, before.data, 48), "a given out is untouched");
    dgen_array_release(&given);
    dgen_array_release(&before);
    CHECK(dgen_add(&out, &m, &x, &error) == DGEN_OK && out.ndim == 2, "a vector goes with a matrix of its length");
    dgen_array_release(&out);
    dgen_array_release(&x);
    dgen_array_release(&y);
    dgen_array_release(&big);
}

static void bad_results_are_refused(void)
{
    dgen_array x = random_array(DGEN_F32, 100), before = new_array(DGEN_F32, 100), out = new_array(DGEN_F64, 100), view;
    memcpy(before.data, x.data, 400);
    REFUSED(dgen_exp(&out, &x, &error), "out must be f32, not f64");
    if (dgen_array_slice(&view, &x, 0, 99, &error) != DGEN_OK) exit(1);
    REFUSED(dgen_exp(&view, &x, &error), "out must have the shape of the result: 100 elements, not 99");
    dgen_array_release(&view);
    dgen_array part, shifted;
    if (dgen_array_slice(&part, &x, 0, 50, &error) || dgen_array_slice(&shifted, &x, 1, 50, &error)) exit(1);
    REFUSED(dgen_exp(&shifted, &part, &error), "out must not overlap x unless it is the same array");
    REFUSED(dgen_exp(&part, &shifted, &error), "out must not overlap x unless it is the same array");
    REFUSED(dgen_add(&shifted, &shifted, &part, &error), "out must not overlap y unless it is the same array");
    CHECK(!memcmp(before.data, x.data, 400), "x is untouched");
    part.shape[0] = shifted.shape[0] = 25, part.stride[0] = shifted.stride[0] = 2;
    CHECK(dgen_neg(&shifted, &part, &error) == DGEN_OK, "interleaved: %s", error.message);
    for (int i = 0; i < 25; i++)
        CHECK(((float *)x.data)[2 * i + 1] == -((float *)before.data)[2 * i] || isnan(((float *)x.data)[2 * i + 1]), "%d", i);
    shifted.stride[0] = 1;
    REFUSED(dgen_neg(&shifted, &part, &error), "out must not overlap x unless it is the same array");
    dgen_array_release(&part);
    dgen_array_release(&shifted);
    dgen_array_release(&x);
    dgen_array_release(&before);
    dgen_array_release(&out);
}

static int asked;
static int cancel_at_once(void *context)
{
    (void)context;
    asked++;
    return 1;
}

static void a_hook_cancels(void)
{
    dgen_array x = random_array(DGEN_F32, 20000000), out = { 0 };
    uint64_t live = dgen_live_bytes();
    dgen_poll_set(cancel_at_once, NULL);
    CHECK(dgen_gelu_tanh(&out, &x, &error) == DGEN_ECANCELED, "%s", error.message);
    dgen_poll_set(NULL, NULL);
    CHECK(asked > 0 && dgen_live_bytes() == live && !out.release, "nothing is left of it");
    CHECK(dgen_gelu_tanh(&out, &x, &error) == DGEN_OK, "%s", error.message);
    dgen_array_release(&x);
    dgen_array_release(&out);
}

int main(void)
{
    find_isas();
    RUN(the_registry_is_whole);
    RUN(functions_are_their_rows);
    RUN(position_does_not_matter);
    RUN(isas_agree);
    RUN(strides_do_not_matter);
    RUN(numbers_are_arrays_of_one_value);
    RUN(types_are_promoted);
    RUN(threads_do_not_matter);
    RUN(nans_keep_their_payload);
    RUN(nans_may_be_ignored);
    RUN(zeros_are_ordered);
    RUN(bad_operands_are_refused);
    RUN(bad_results_are_refused);
    RUN(a_hook_cancels);
    return TEST_END();
}
