/*
 * Arrays: types, shapes, who owns the memory, and conversion. The 16-bit floats are checked exhaustively, decoding
 * against bit arithmetic of single precision, encoding against the two patterns a value lies between.
 */
#include <math.h>

#include "test.h"

static const char *const names[] = { "u8", "i8", "i16", "u16", "i32", "u32", "i64", "f16", "bf16", "f32", "f64" };
static const size_t sizes[] = { 1, 1, 2, 2, 4, 4, 8, 2, 2, 4, 8 };

static dgen_array new_array(dgen_dtype dtype, int64_t n)
{
    dgen_array array;
    dgen_error error;
    if (dgen_array_alloc(&array, dtype, 1, &n, NULL, &error)) {
        printf("  %s\n", error.message);
        abort();
    }
    return array;
}

/* ------------------------------------------------------------------------------------------------ types and shapes */

static void types(void)
{
    dgen_dtype found;
    dgen_error error;
    CHECK(DGEN_DTYPE_COUNT == 11, "there are %d types", DGEN_DTYPE_COUNT);
    for (int i = 0; i < DGEN_DTYPE_COUNT; i++) {
        CHECK(!strcmp(dgen_dtype_name((dgen_dtype)i), names[i]), "type %d is %s", i, dgen_dtype_name((dgen_dtype)i));
        CHECK(dgen_dtype_bytes((dgen_dtype)i) == sizes[i], "%s has %zu bytes", names[i],
              dgen_dtype_bytes((dgen_dtype)i));
        CHECK(dgen_dtype_find(&found, names[i], NULL) == DGEN_OK && (int)found == i, "%s is not found", names[i]);
    }
    CHECK(dgen_dtype_find(&found, "single", NULL) == DGEN_OK && found == DGEN_F32, "single");
    CHECK(dgen_dtype_find(&found, "double", NULL) == DGEN_OK && found == DGEN_F64, "double");
    found = DGEN_I16;
    CHECK(dgen_dtype_find(&found, "float", &error) == DGEN_EINVAL && found == DGEN_I16, "float is a type");
    for (int i = 0; i < DGEN_DTYPE_COUNT; i++)
        CHECK(strstr(error.message, names[i]), "%s: no %s", error.message, names[i]);
    CHECK(strstr(error.message, "\"float\"") && !strcmp(error.argument, "type"), "%s", error.message);
    CHECK(!dgen_dtype_name((dgen_dtype)11) && !dgen_dtype_name((dgen_dtype)-1) && !dgen_dtype_bytes((dgen_dtype)11),
          "range");
}

static void shapes(void)
{
    for (int dtype = 0; dtype < DGEN_DTYPE_COUNT; dtype++)
        for (int ndim = 1; ndim <= 4; ndim++) {
            int64_t shape[4] = { 3, 5, 2, 7 }, stride = 1;
            dgen_array array;
            dgen_error error;
            dgen_status status = dgen_array_alloc(&array, (dgen_dtype)dtype, ndim, shape, NULL, &error);
            CHECK(status == DGEN_OK, "%s", error.message);
            if (status != DGEN_OK) continue;
            CHECK((uintptr_t)array.data % 64 == 0, "%p is not aligned", array.data);
            for (int i = 0; i < ndim; i++) {
                CHECK(array.shape[i] == shape[i] && array.stride[i] == stride, "dimension %d is not column-major", i);
                stride *= shape[i];
            }
            CHECK(dgen_array_length(&array) == stride && dgen_array_bytes(&array) == (size_t)stride * sizes[dtype],
                  "length");
            memset(array.data, 0xFF, dgen_array_bytes(&array));
            dgen_array_release(&array);
            CHECK(!array.data && !array.release, "a released array keeps its memory");
            dgen_array_release(&array);
        }
}

static void wrong_shape(dgen_dtype dtype, int ndim, int64_t a, int64_t b, const char *argument)
{
    int64_t shape[5] = { a, b, 1, 1, 1 };
    uint8_t byte = 0;
    dgen_array array = { .ndim = 77 }, untouched = array;
    dgen_error error = { 0 };
    CHECK(dgen_array_alloc(&array, dtype, ndim, shape, NULL, &error) != DGEN_OK, "allocated");
    CHECK(!strcmp(error.argument, argument), "%s", error.message);
    CHECK(dgen_array_borrow(&array, dtype, ndim, shape, &byte, &error) == DGEN_EINVAL, "borrowed");
    CHECK(!strcmp(error.argument, argument), "%s", error.message);
    CHECK(!memcmp(&array, &untouched, sizeof array), "a failed call touched its output");
}

static void wrong_shapes(void)
{
    wrong_shape(DGEN_U8, 1, -1, 1, "shape");
    wrong_shape(DGEN_U8, 2, 4, -4, "shape");
    wrong_shape(DGEN_F64, 2, INT64_MAX, 2, "shape");
    wrong_shape(DGEN_F64, 2, INT64_C(1) << 32, INT64_C(1) << 32, "shape");
    wrong_shape(DGEN_F32, 1, INT64_MAX, 1, "shape");
    wrong_shape(DGEN_U8, 0, 1, 1, "shape");
    wrong_shape(DGEN_U8, 5, 1, 1, "shape");
    wrong_shape((dgen_dtype)11, 1, 1, 1, "type");
    wrong_shape((dgen_dtype)-1, 1, 1, 1, "type");
    int64_t none[2] = { 0, INT64_MAX };
    dgen_array array;
    CHECK(dgen_array_alloc(&array, DGEN_F64, 2, none, NULL, NULL) == DGEN_OK, "an empty array");
    CHECK(dgen_array_length(&array) == 0 && dgen_array_bytes(&array) == 0, "an empty array has a length");
    dgen_array_release(&array);
}

/* --------------------------------------------------------------------------------------------------------- ownership
 */

/* Every order of letting go of an array, another reference, a slice and a slice of that. */
static void any_order_of_release(void)
{
    uint64_t live = dgen_live_bytes();
    for (int order = 0; order < 256; order++) {
        int turn[4] = { order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6 & 3 }, used = 0;
        for (int i = 0; i < 4; i++) used |= 1 << turn[i];
        if (used != 15) continue;
        dgen_array a[4] = { new_array(DGEN_I32, 30000) };
        dgen_array_retain(&a[1], &a[0]);
        CHECK(dgen_array_slice(&a[2], &a[0], 1000, 2000, NULL) == DGEN_OK, "slice");
        CHECK(dgen_array_slice(&a[3], &a[2], 7, 1993, NULL) == DGEN_OK, "slice of a slice");
        CHECK(a[3].data == (int32_t *)a[0].data + 1007 && dgen_array_length(&a[3]) == 1993, "the slice lies elsewhere");
        CHECK(dgen_live_bytes() - live >= 120000 && dgen_live_bytes() - live < 200000, "live bytes");
        for (int i = 0; i < 4; i++) {
            for (int j = i; j < 4; j++) ((int32_t *)a[turn[j]].data)[0] = j, ((int32_t *)a[turn[j]].data)[1992] = -j;
            dgen_array_release(&a[turn[i]]);
        }
        CHECK(dgen_live_bytes() == live, "order %x leaves %llu bytes", order,
              (unsigned long long)(dgen_live_bytes() - live));
    }
}

static void slices_stay_within(void)
{
    dgen_array array = new_array(DGEN_U16, 100), slice = { .ndim = 77 };
    dgen_error error = { 0 };
    static const int64_t wrong[][2] = { { -1, 1 },  { 0, -1 },        { 0, 101 },      { 100, 1 },
                                        { 101, 0 }, { 1, INT64_MAX }, { INT64_MAX, 1 } };
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(dgen_array_slice(&slice, &array, wrong[i][0], wrong[i][1], &error) == DGEN_EINVAL && slice.ndim == 77,
              "slice (%lld, %lld)", (long long)wrong[i][0], (long long)wrong[i][1]);
        CHECK(strstr(error.message, "100"), "%s", error.message);
    }
    CHECK(dgen_array_slice(&slice, &array, 100, 0, NULL) == DGEN_OK && dgen_array_length(&slice) == 0, "the empty end");
    dgen_array_release(&slice);
    dgen_array_release(&array);
}

static void borrowed_memory_is_left_alone(void)
{
    double mine[10] = { 1, 2, 3 };
    int64_t n = 10;
    uint64_t live = dgen_live_bytes();
    dgen_array array, slice, again;
    CHECK(dgen_array_borrow(&array, DGEN_F64, 1, &n, mine, NULL) == DGEN_OK && array.data == mine, "borrow copies");
    CHECK(dgen_array_slice(&slice, &array, 2, 3, NULL) == DGEN_OK && slice.data == mine + 2,
          "slice of borrowed memory");
    dgen_array_retain(&again, &array);
    dgen_array_release(&array), dgen_array_release(&slice), dgen_array_release(&again);
    CHECK(mine[2] == 3 && dgen_live_bytes() == live, "borrowed memory was counted or freed");
}

/* ------------------------------------------------------------------------------------------------------ conversions */

/* Converts one value; the status, and the result as a double or as bits. */
static dgen_status convert_one(dgen_dtype to, double *result, uint64_t *bits, dgen_dtype from, const void *value)
{
    int64_t one = 1;
    uint64_t store = 0;
    dgen_array source, out;
    if (dgen_array_borrow(&source, from, 1, &one, (void *)value, NULL)) abort();
    if (dgen_array_borrow(&out, to, 1, &one, &store, NULL)) abort();
    dgen_status status = dgen_array_convert(&out, &source, NULL);
    if (result) *result = dgen_array_get(&out, 0);
    if (bits) *bits = store;
    return status;
}

/* A 16-bit float with m mantissa bits, by way of single precision's own bits. */
static double decode(uint32_t pattern, int m)
{
    uint32_t exponent_mask = 0x7FFFu >> m, exponent = pattern >> m & exponent_mask,
             mantissa = pattern & ((1u << m) - 1), single;
    uint32_t bias = exponent_mask >> 1;
    float x;
    if (m == 7)
        single = (pattern & 0xFFFF) << 16; /* bfloat16 is the upper half of a single */
    else if (exponent == 0)
        return (pattern >> 15 ? -1.0 : 1.0) * (double)mantissa / 16777216; /* units of 2^-24 */
    else {
        exponent = exponent == exponent_mask ? 255 : exponent + 127 - bias;
        single = pattern >> 15 << 31 | exponent << 23 | mantissa << (23 - m);
    }
    memcpy(&x, &single, 4);
    return x;
}

static void encodes(dgen_dtype type, double x, uint64_t wanted)
{
    uint64_t bits;
    convert_one(type, NULL, &bits, DGEN_F64, &x);
    CHECK(bits == wanted, "%s: %a becomes %04llx, not %04llx", names[type], x, (unsigned long long)bits,
          (unsigned long long)wanted);
}

static void check_float16(dgen_dtype type, int m, uint32_t infinity)
{
    for (uint32_t p = 0; p < 65536; p++) {
        double x, wanted = decode(p, m), single;
        uint64_t bits;
        convert_one(DGEN_F64, &x, NULL, type, &p);
        CHECK(isnan(wanted) ? isnan(x) : x == wanted && signbit(x) == signbit(wanted), "%s %04x is %a, not %a",
              names[type], p, x, wanted);
        convert_one(DGEN_F32, &single, NULL, type, &p);
        CHECK(isnan(wanted) ? isnan(single) : single == wanted, "%s %04x is %a in single precision", names[type], p,
              single);
        convert_one(type, NULL, &bits, DGEN_F64, &wanted);
        if (isnan(wanted))
            CHECK(isnan(decode((uint32_t)bits, m)), "NaN becomes %04llx", (unsigned long long)bits);
        else
            CHECK(bits == p, "%s %04x does not come back, but %04llx", names[type], p, (unsigned long long)bits);
    }
    /* Between two neighbours: the middle goes to the even one, what is beside it to the nearer. Infinity stands where
       the next number would be. */
    for (uint32_t p = 0; p < infinity; p++)
        for (uint32_t sign = 0; sign <= 0x8000; sign += 0x8000) {
            double low = decode(sign | p, m), below = p ? decode(sign | (p - 1), m) : 0;
            double high = p + 1 < infinity ? decode(sign | (p + 1), m) : 2 * low - below,
                   middle = low + (high - low) / 2;
            encodes(type, middle, sign | (p + (p & 1)));
            encodes(type, nextafter(middle, low), sign | p);
            encodes(type, nextafter(middle, high), sign | (p + 1));
        }
    encodes(type, 1e300, infinity), encodes(type, -1e300, 0x8000 | infinity);
    encodes(type, 5e-324, 0), encodes(type, -5e-324, 0x8000);
}

static void half_precision(void)
{
    check_float16(DGEN_F16, 10, 0x7C00);
}
static void bfloat16(void)
{
    check_float16(DGEN_BF16, 7, 0x7F80);
}

static void single_precision(void)
{
    for (int i = 0; i < 1000000; i++) {
        uint64_t bits = test_random();
        if (i % 2) bits = (bits & ~(UINT64_C(0x7FF) << 52)) | (870 + bits % 290) << 52; /* exponents near single's */
        double x, got;
        memcpy(&x, &bits, 8);
        float wanted = (float)x;
        convert_one(DGEN_F32, &got, NULL, DGEN_F64, &x);
        CHECK(isnan(x) ? isnan(got) : got == (double)wanted, "%a becomes %a", x, got);
    }
    double tie = 1 + 0x1p-24, above = 1 + 0x1p-24 + 0x1p-52, odd = 1 + 3 * 0x1p-24, got;
    CHECK(convert_one(DGEN_F32, &got, NULL, DGEN_F64, &tie) == DGEN_OK && got == 1, "a tie goes to %a", got);
    CHECK(convert_one(DGEN_F32, &got, NULL, DGEN_F64, &above) == DGEN_OK && got == 1 + 0x1p-23, "above a tie: %a", got);
    CHECK(convert_one(DGEN_F32, &got, NULL, DGEN_F64, &odd) == DGEN_OK && got == 1 + 0x1p-22, "an odd tie: %a", got);
}

static void floats_become_integers(void)
{
    static const double halves[][2] = { { 0.5, 0 },   { 1.5, 2 },     { 2.5, 2 },      { -0.5, 0 },
                                        { -1.5, -2 }, { 126.5, 126 }, { -128.5, -128 } };
    static const struct {
        dgen_dtype type;
        double least, most, below, above;
    } ranges[] = {
        { DGEN_U8, 0, 255, -0.51, 255.5 },
        { DGEN_I8, -128, 127, -128.51, 127.5 },
        { DGEN_I16, -32768, 32767, -32769, 32767.5 },
        { DGEN_U16, 0, 65535, -1, 65535.5 },
        { DGEN_I32, -0x1p31, 0x1p31 - 1, -0x1p31 - 1, 0x1p31 },
        { DGEN_U32, 0, 0x1p32 - 1, -1, 0x1p32 },
        { DGEN_I64, -0x1p63, 0x1p63 - 1024, -0x1p63 - 2048, 0x1p63 },
    };
    static const double never[] = { NAN, INFINITY, -INFINITY, 1e300 };
    double got;
    for (unsigned i = 0; i < sizeof halves / sizeof *halves; i++)
        CHECK(convert_one(DGEN_I8, &got, NULL, DGEN_F64, &halves[i][0]) == DGEN_OK && got == halves[i][1],
              "%g becomes %g", halves[i][0], got);
    for (unsigned i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        const char *name = names[ranges[i].type];
        CHECK(convert_one(ranges[i].type, &got, NULL, DGEN_F64, &ranges[i].least) == DGEN_OK && got == ranges[i].least,
              "%s: least", name);
        CHECK(convert_one(ranges[i].type, &got, NULL, DGEN_F64, &ranges[i].most) == DGEN_OK && got == ranges[i].most,
              "%s: most", name);
        CHECK(convert_one(ranges[i].type, NULL, NULL, DGEN_F64, &ranges[i].below) == DGEN_EINVAL, "%s: %g", name,
              ranges[i].below);
        CHECK(convert_one(ranges[i].type, NULL, NULL, DGEN_F64, &ranges[i].above) == DGEN_EINVAL, "%s: %g", name,
              ranges[i].above);
        for (int j = 0; j < 4; j++)
            CHECK(convert_one(ranges[i].type, NULL, NULL, DGEN_F64, &never[j]) == DGEN_EINVAL, "%s: %g", name,
                  never[j]);
    }
}

/* Every type to every other, on values that all of them hold. */
static void every_pair_of_types(void)
{
    for (int from = 0; from < DGEN_DTYPE_COUNT; from++)
        for (int to = 0; to < DGEN_DTYPE_COUNT; to++) {
            dgen_array a = new_array((dgen_dtype)from, 128), b = new_array((dgen_dtype)to, 128);
            for (int i = 0; i < 128; i++) CHECK(dgen_array_set(&a, i, i, NULL) == DGEN_OK, "set %s", names[from]);
            CHECK(dgen_array_convert(&b, &a, NULL) == DGEN_OK, "%s to %s", names[from], names[to]);
            for (int i = 0; i < 128; i++)
                CHECK(dgen_array_get(&a, i) == i && dgen_array_get(&b, i) == i, "%s to %s: %d is %g", names[from],
                      names[to], i, dgen_array_get(&b, i));
            dgen_array_release(&a), dgen_array_release(&b);
        }
    int64_t large = (INT64_C(1) << 53) + 1, same;
    convert_one(DGEN_I64, NULL, (uint64_t *)&same, DGEN_I64, &large);
    CHECK(same == large, "i64 to i64 goes through a double");
}

static void a_failed_conversion_says_where(void)
{
    dgen_array a = new_array(DGEN_F64, 5), b = new_array(DGEN_U8, 5), shorter = new_array(DGEN_U8, 4);
    dgen_error error = { 0 };
    for (int i = 0; i < 5; i++) ((double *)a.data)[i] = i == 3 ? 300 : i;
    memset(b.data, 77, 5);
    CHECK(dgen_array_convert(&b, &a, &error) == DGEN_EINVAL, "300 became a byte");
    CHECK(!strcmp(error.message, "x must lie from 0 to 255 to become u8; element 4 is 300"), "%s", error.message);
    for (int i = 0; i < 5; i++) CHECK(((uint8_t *)b.data)[i] == 77, "a failed conversion wrote element %d", i);
    CHECK(dgen_array_convert(&shorter, &a, &error) == DGEN_EINVAL && strstr(error.message, "length"), "%s",
          error.message);
    dgen_array_release(&a), dgen_array_release(&b), dgen_array_release(&shorter);
}

static void elements(void)
{
    dgen_array a = new_array(DGEN_U8, 3);
    dgen_error error = { 0 };
    static const double wrong[] = { -1, 256, 0.5, NAN, INFINITY };
    CHECK(dgen_array_set(&a, 1, 255, NULL) == DGEN_OK && dgen_array_get(&a, 1) == 255, "255");
    for (int i = 0; i < 5; i++) CHECK(dgen_array_set(&a, 1, wrong[i], &error) == DGEN_EINVAL, "%g", wrong[i]);
    CHECK(dgen_array_get(&a, 1) == 255, "a failed set changed the element");
    CHECK(dgen_array_set(&a, 1, 256, &error) == DGEN_EINVAL, "256");
    CHECK(!strcmp(error.message, "value must be a whole number from 0 to 255, not 256"), "%s", error.message);
    dgen_array_release(&a);
}

/* A 3 x 4 matrix in memory of 5 x 9, its rows 2 apart and its columns 10: element (i, j) holds 10 * i + j. */
static dgen_array strided(dgen_array *memory, dgen_dtype dtype)
{
    *memory = new_array(dtype, 45);
    memset(memory->data, 0x5A, dgen_array_bytes(memory));
    dgen_array matrix;
    dgen_array_retain(&matrix, memory);
    matrix.ndim = 2;
    matrix.shape[0] = 3, matrix.shape[1] = 4;
    matrix.stride[0] = 2, matrix.stride[1] = 10;
    for (int k = 0; k < 12; k++) CHECK(dgen_array_set(&matrix, k, k % 3 * 10 + k / 3, NULL) == DGEN_OK, "set %d", k);
    return matrix;
}

/* Every element of strided memory but those of its matrix is as it was. */
static int the_rest_is_untouched(const dgen_array *memory)
{
    size_t width = dgen_dtype_bytes(memory->dtype);
    const uint8_t *bytes = memory->data;
    for (size_t i = 0; i < 45 * width; i++) {
        size_t k = i / width;
        int is_of_matrix = k / 10 < 4 && k % 10 < 6 && k % 2 == 0;
        if (!is_of_matrix && bytes[i] != 0x5A) return 0;
    }
    return 1;
}

static void strides(void)
{
    for (int from = 0; from < DGEN_DTYPE_COUNT; from++) {
        dgen_array memory, matrix = strided(&memory, (dgen_dtype)from), other_memory, slice = { .ndim = 77 };
        CHECK(the_rest_is_untouched(&memory), "%s: set goes astray", names[from]);
        dgen_array row = matrix, back = row;
        row.data = (uint8_t *)matrix.data + 2 * sizes[from];
        row.ndim = 1, row.shape[0] = 4, row.stride[0] = 10;
        for (int j = 0; j < 4; j++) CHECK(dgen_array_get(&row, j) == 10 + j, "%s: row 1, %d", names[from], j);
        back = row;
        back.data = (uint8_t *)row.data + 30 * sizes[from], back.stride[0] = -10;
        for (int j = 0; j < 4; j++) CHECK(dgen_array_get(&back, j) == 13 - j, "%s: backwards, %d", names[from], j);

        CHECK(dgen_array_slice(&slice, &matrix, 0, 2, NULL) == DGEN_EINVAL && slice.ndim == 77, "a slice of a matrix");
        CHECK(dgen_array_slice(&slice, &back, 1, 2, NULL) == DGEN_OK, "a slice of a row");
        CHECK(dgen_array_get(&slice, 0) == 12 && dgen_array_get(&slice, 1) == 11 && dgen_array_length(&slice) == 2,
              "%s: slice", names[from]);
        dgen_array_release(&slice);

        for (int to = 0; to < DGEN_DTYPE_COUNT; to++) {
            dgen_array flat = new_array((dgen_dtype)to, 12), other = strided(&other_memory, (dgen_dtype)to);
            CHECK(dgen_array_convert(&flat, &matrix, NULL) == DGEN_OK, "convert");
            for (int k = 0; k < 12; k++)
                CHECK(dgen_array_get(&flat, k) == k % 3 * 10 + k / 3, "%s to %s: %d is %g", names[from], names[to], k,
                      dgen_array_get(&flat, k));
            for (int k = 0; k < 12; k++) CHECK(dgen_array_set(&other, k, 99, NULL) == DGEN_OK, "set");
            CHECK(dgen_array_convert(&other, &matrix, NULL) == DGEN_OK && the_rest_is_untouched(&other_memory), "astray");
            for (int k = 0; k < 12; k++)
                CHECK(dgen_array_get(&other, k) == k % 3 * 10 + k / 3, "%s to strided %s: %d", names[from], names[to], k);
            CHECK(dgen_array_convert(&other, &flat, NULL) == DGEN_OK && dgen_array_get(&other, 11) == 23, "and back");
            dgen_array_release(&flat), dgen_array_release(&other), dgen_array_release(&other_memory);
        }
        char text[256];
        dgen_array_describe(&row, text, sizeof text);
        CHECK(strstr(text, "[4]: 10 11 12 13"), "%s", text);
        dgen_array_describe(&matrix, text, sizeof text);
        CHECK(strstr(text, "[3, 4]: 0 10 20 1 11 21 2 12 ..."), "%s", text);
        dgen_array_release(&matrix), dgen_array_release(&memory);
    }
    int64_t two[4] = { INT64_MAX, 0, INT64_MAX - 1, 0 }, got[2], n = 2;
    dgen_array every_other, out;
    CHECK(dgen_array_borrow(&every_other, DGEN_I64, 1, &n, two, NULL) == DGEN_OK, "borrow");
    CHECK(dgen_array_borrow(&out, DGEN_I64, 1, &n, got, NULL) == DGEN_OK, "borrow");
    every_other.stride[0] = 2;
    CHECK(dgen_array_convert(&out, &every_other, NULL) == DGEN_OK && got[1] == INT64_MAX - 1, "by way of a double");
}

static void describes_itself(void)
{
    int64_t shape[2] = { 2, 3 };
    uint8_t bytes[12] = { 12, 250, 3, 4, 5, 255 };
    dgen_array a;
    char text[256], small[12];
    CHECK(dgen_array_borrow(&a, DGEN_U8, 2, shape, bytes, NULL) == DGEN_OK, "borrow");
    dgen_array_describe(&a, text, sizeof text);
    CHECK(!strcmp(text, "dgen.array u8 [2, 3]: 12 250 3 4 5 255"), "%s", text);
    for (size_t n = 1; n <= sizeof small; n++) {
        dgen_array_describe(&a, small, n);
        CHECK(strlen(small) == n - 1 && !memcmp(small, text, n - 1), "cut to %zu: %s", n, small);
    }
    shape[0] = 12;
    CHECK(dgen_array_borrow(&a, DGEN_U8, 1, shape, bytes, NULL) == DGEN_OK, "borrow");
    dgen_array_describe(&a, text, sizeof text);
    CHECK(!strcmp(text, "dgen.array u8 [12]: 12 250 3 4 5 255 0 0 ..."), "%s", text);
    shape[0] = 0;
    CHECK(dgen_array_borrow(&a, DGEN_F32, 1, shape, NULL, NULL) == DGEN_OK, "borrow nothing");
    dgen_array_describe(&a, text, sizeof text);
    CHECK(!strcmp(text, "dgen.array f32 [0]"), "%s", text);
}

int main(void)
{
    RUN(types);
    RUN(shapes);
    RUN(wrong_shapes);
    RUN(any_order_of_release);
    RUN(slices_stay_within);
    RUN(borrowed_memory_is_left_alone);
    RUN(half_precision);
    RUN(bfloat16);
    RUN(single_precision);
    RUN(floats_become_integers);
    RUN(every_pair_of_types);
    RUN(a_failed_conversion_says_where);
    RUN(elements);
    RUN(strides);
    RUN(describes_itself);
    return TEST_END();
}
