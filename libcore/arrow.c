/*
 * Arrays and quantized arrays to and from other programs of the same process, without a copy: the Arrow C data interface
 * (arrow.apache.org/docs/format/CDataInterface.html).
 *
 * What goes out: every struct, children too, has private data of its own, which holds a reference to the memory; so a consumer may
 * move children away and release the parts in any order. What comes in is moved into a block (memory.h), whose last reference
 * releases it. Structs of others are not trusted as far as they can be checked: lengths, offsets, buffers and children.
 *
 * An array of more dimensions is one row of "arrow.fixed_shape_tensor" (arrow.apache.org/docs/format/CanonicalExtensions.html), whose
 * "shape" has the dimension that runs slowest first; the permutation turns it round. A quantized array is one row of a struct of
 * large lists. Its other fields are JSON in the metadata; numbers of its certificate are texts of hexadecimal floats without a
 * point, as C and Python read them exactly whatever the locale.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"
#include "quantize.h"

enum { PARTS = 3, TEXT_BYTES = 640 };
#define KEY "dgen.quantized"
#define TENSOR "arrow.fixed_shape_tensor"
#define EXTENSION_NAME "ARROW:extension:name"
#define EXTENSION_METADATA "ARROW:extension:metadata"

static const char *const formats[DGEN_DTYPE_COUNT] = {
    [DGEN_U8] = "C", [DGEN_I8] = "c", [DGEN_I16] = "s", [DGEN_U16] = "S", [DGEN_I32] = "i", [DGEN_U32] = "I",
    [DGEN_I64] = "l", [DGEN_F16] = "e", [DGEN_BF16] = "w:2", [DGEN_F32] = "f", [DGEN_F64] = "g",
};
static const char *const part_names[PARTS] = { "codes", "scale", "zero" };
static const char *const error_names[4] = { "max", "rmse", "snr_db", "cosine" };

/* --------------------------------------------------------------------------------------------------------------- metadata */

/* Metadata is a count of pairs, and of each the length and the text of key and value: 32-bit integers in the machine's order. */
static size_t metadata_put(char *to, const char *const *texts, int pairs)
{
    int32_t number = pairs;
    size_t at = sizeof number;
    if (to) memcpy(to, &number, sizeof number);
    for (int i = 0; i < 2 * pairs; i++) {
        size_t length = strlen(texts[i]);
        number = (int32_t)length;
        if (to) memcpy(to + at, &number, sizeof number), memcpy(to + at + sizeof number, texts[i], length);
        at += sizeof number + length;
    }
    return at;
}

typedef struct span {
    const char *at, *end; /* at NULL: there is none */
} span;

static bool metadata_next(span *out, const char **at)
{
    int32_t length;
    memcpy(&length, *at, sizeof length);
    *at += sizeof length;
    if (length < 0) return false;
    *out = (span){ *at, *at + length };
    *at += length;
    return true;
}

static bool span_is(span text, const char *want)
{
    return text.at && (size_t)(text.end - text.at) == strlen(want) && !memcmp(text.at, want, strlen(want));
}

static span metadata_find(const struct ArrowSchema *schema, const char *want)
{
    const char *at = schema->metadata;
    span key, value;
    int32_t pairs = 0;
    if (at) memcpy(&pairs, at, sizeof pairs), at += sizeof pairs;
    for (; pairs > 0 && metadata_next(&key, &at) && metadata_next(&value, &at); pairs--)
        if (span_is(key, want)) return value;
    return (span){ NULL, NULL };
}

/* What follows "key": in an object of JSON, without blanks. */
static span json_find(span text, const char *key)
{
    size_t length = strlen(key);
    for (const char *at = text.at; at && (size_t)(text.end - at) >= length + 2; at++)
        if (*at == '"' && !memcmp(at + 1, key, length) && at[length + 1] == '"') {
            const char *rest = at + length + 2;
            while (rest < text.end && *rest == ' ') rest++;
            if (rest == text.end || *rest != ':') continue;
            do rest++;
            while (rest < text.end && *rest == ' ');
            return (span){ rest, text.end };
        }
    return (span){ NULL, NULL };
}

static bool json_whole(span *text, int64_t *out)
{
    const char *from = text->at;
    int64_t value = 0;
    for (; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++)
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *text->at - '0', &value)) return false;
    *out = value;
    return text->at > from;
}

/* How many numbers a list has, at most 4; 0 if it is none. */
static int json_list(span text, int64_t out[4])
{
    int count = 0;
    if (!text.at || text.at == text.end || *text.at != '[') return 0;
    for (text.at++;; text.at++) {
        while (text.at < text.end && *text.at == ' ') text.at++;
        if (count == 4 || !json_whole(&text, &out[count])) return 0;
        count++;
        while (text.at < text.end && *text.at == ' ') text.at++;
        if (text.at == text.end || (*text.at != ',' && *text.at != ']')) return 0;
        if (*text.at == ']') return count;
    }
}

/* Copies a text between quotes; "" if it is none, or too long. */
static void json_text(span text, char *out, size_t bytes)
{
    const char *quote = text.at && text.at < text.end && *text.at == '"' ? memchr(text.at + 1, '"', (size_t)(text.end - text.at - 1)) : NULL;
    size_t length = quote ? (size_t)(quote - text.at - 1) : 0;
    if (length >= bytes) length = 0;
    if (length) memcpy(out, text.at + 1, length);
    out[length] = 0;
}

/* ------------------------------------------------------------------------------------------------------------------- export */

typedef struct exported_array {
    dgen_array held;
    const void *buffers[2];
    int64_t offsets[2]; /* of a list of one row */
    struct ArrowArray child[PARTS], *children[PARTS];
} exported_array;

typedef struct exported_schema {
    char format[32];
    struct ArrowSchema child[PARTS], *children[PARTS];
    char metadata[];
} exported_schema;

static void release_array(struct ArrowArray *array)
{
    exported_array *made = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release) array->children[i]->release(array->children[i]);
    dgen_array_release(&made->held);
    free(made);
    array->release = NULL;
}

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release) schema->children[i]->release(schema->children[i]);
    free(schema->private_data);
    schema->release = NULL;
}

static dgen_status fail_memory(dgen_error *error)
{
    return dgen__fail(error, DGEN_ENOMEM, "size", "size: there is no memory for an Arrow struct");
}

/* An array without children yet, holding x if there is one. */
static dgen_status new_array(struct ArrowArray *out, int64_t length, int buffers, const dgen_array *x, dgen_error *error)
{
    exported_array *made = calloc(1, sizeof *made);
    if (!made) return fail_memory(error);
    for (int i = 0; i < PARTS; i++) made->children[i] = &made->child[i];
    if (x) {
        dgen_array_retain(&made->held, x);
        made->buffers[1] = x->data;
    }
    *out = (struct ArrowArray){ .length = length, .n_buffers = buffers, .buffers = made->buffers, .children = made->children,
                                .release = release_array, .private_data = made };
    return DGEN_OK;
}

static dgen_status new_schema(struct ArrowSchema *out, const char *format, const char *name, const char *const *texts,
                              int pairs, dgen_error *error)
{
    exported_schema *made = calloc(1, sizeof *made + metadata_put(NULL, texts, pairs));
    if (!made) return fail_memory(error);
    snprintf(made->format, sizeof made->format, "%s", format);
    for (int i = 0; i < PARTS; i++) made->children[i] = &made->child[i];
    if (pairs) metadata_put(made->metadata, texts, pairs);
    *out = (struct ArrowSchema){ .format = made->format, .name = name, .metadata = pairs ? made->metadata : NULL,
                                 .children = made->children, .release = release_schema, .private_data = made };
    return DGEN_OK;
}

/* The elements of x, as a list has them. */
static dgen_status new_elements(struct ArrowArray *array, struct ArrowSchema *schema, const char *name, const dgen_array *x,
                                dgen_error *error)
{
    dgen_status status = new_array(array, dgen_array_length(x), 2, x, error);
    if (status != DGEN_OK) return status;
    status = new_schema(schema, formats[x->dtype], name, NULL, 0, error);
    if (status != DGEN_OK) release_array(array);
    return status;
}

/* The next child, which counts only once it is complete. */
static dgen_status add_elements(struct ArrowArray *array, struct ArrowSchema *schema, const dgen_array *x, dgen_error *error)
{
    int64_t at = array->n_children;
    dgen_status status = new_elements(array->children[at], schema->children[at], "item", x, error);
    if (status == DGEN_OK) array->n_children++, schema->n_children++;
    return status;
}

static dgen_status add_list(struct ArrowArray *array, struct ArrowSchema *schema, const char *name, const dgen_array *x,
                            dgen_error *error)
{
    struct ArrowArray list = { 0 };
    struct ArrowSchema list_schema;
    int64_t at = array->n_children;
    dgen_status status = new_array(&list, 1, 2, NULL, error);
    if (status != DGEN_OK) return status;
    exported_array *made = list.private_data;
    made->offsets[1] = dgen_array_length(x);
    made->buffers[1] = made->offsets;
    status = new_schema(&list_schema, "+L", name, NULL, 0, error);
    if (status != DGEN_OK) {
        release_array(&list);
        return status;
    }
    status = add_elements(&list, &list_schema, x, error);
    if (status != DGEN_OK) {
        release_array(&list);
        release_schema(&list_schema);
        return status;
    }
    *array->children[at] = list;
    *schema->children[at] = list_schema;
    array->n_children++, schema->n_children++;
    return DGEN_OK;
}

/* One row of a fixed-size list, with the extension's metadata. */
static dgen_status new_tensor(struct ArrowArray *array, struct ArrowSchema *schema, const dgen_array *x, dgen_error *error)
{
    char format[32], shape[TEXT_BYTES];
    const char *const texts[] = { EXTENSION_NAME, TENSOR, EXTENSION_METADATA, shape };
    int64_t count = dgen_array_length(x);
    int at = snprintf(shape, sizeof shape, "{\"shape\":[");
    if (count > INT32_MAX)
        return dgen__fail(error, DGEN_EINVAL, "x",
                          "x must have 1 dimension, or at most 2147483647 elements, as Arrow's tensors do, not "
                          "%" PRId64, count);
    for (int i = x->ndim; i-- > 0;) at += snprintf(shape + at, sizeof shape - (size_t)at, "%" PRId64 "%s", x->shape[i],
                                                   i ? "," : "");
    at += snprintf(shape + at, sizeof shape - (size_t)at, "],\"permutation\":[");
    for (int i = x->ndim; i-- > 0;) at += snprintf(shape + at, sizeof shape - (size_t)at, "%d%s", i, i ? "," : "]}");
    snprintf(format, sizeof format, "+w:%" PRId64, count);
    dgen_status status = new_array(array, 1, 1, NULL, error);
    if (status != DGEN_OK) return status;
    status = new_schema(schema, format, "", texts, 2, error);
    if (status != DGEN_OK) {
        release_array(array);
        return status;
    }
    status = add_elements(array, schema, x, error);
    if (status != DGEN_OK) {
        release_array(array);
        release_schema(schema);
    }
    return status;
}

static dgen_status check_structs(const void *array, const void *schema, dgen_error *error)
{
    if (!array) return dgen__fail(error, DGEN_EINVAL, "array", "array must not be NULL");
    if (!schema) return dgen__fail(error, DGEN_EINVAL, "schema", "schema must not be NULL");
    return DGEN_OK;
}

dgen_status dgen_arrow_export(struct ArrowArray *array, struct ArrowSchema *schema, const dgen_array *x, dgen_error *error)
{
    struct ArrowArray made;
    struct ArrowSchema made_schema;
    dgen_status status = check_structs(array, schema, error);
    if (status != DGEN_OK) return status;
    if (!x->release) return dgen_error_closed("x", error);
    if ((unsigned)x->dtype >= DGEN_DTYPE_COUNT) return dgen__fail(error, DGEN_ETYPE, "x", "x must be of a dgen_dtype");
    if (!dgen__is_contiguous(x)) return dgen__fail(error, DGEN_EINVAL, "x", "x must be contiguous");
    if (x->ndim == 1) status = new_elements(&made, &made_schema, "", x, error);
    else status = new_tensor(&made, &made_schema, x, error);
    if (status != DGEN_OK) return status;
    *array = made;
    *schema = made_schema;
    return DGEN_OK;
}

/* A number as a text: 53 bits and an exponent. */
static int put_number(char *to, size_t bytes, const char *name, double x)
{
    int exponent;
    double fraction = frexp(fabs(x), &exponent);
    if (isnan(x)) return snprintf(to, bytes, ",\"%s\":\"nan\"", name);
    if (isinf(x)) return snprintf(to, bytes, ",\"%s\":\"%sinf\"", name, x < 0 ? "-" : "");
    return snprintf(to, bytes, ",\"%s\":\"%s0x%llxp%d\"", name, signbit(x) ? "-" : "", (unsigned long long)ldexp(fraction, 53),
                    x == 0 ? 0 : exponent - 53);
}

static void put_fields(char *text, const dgen_quantized *q)
{
    const double numbers[] = { q->error.max, q->error.rmse, q->error.snr_db, q->error.cosine };
    size_t at = (size_t)snprintf(text, TEXT_BYTES,
                                 "{\"bits\":%d,\"scheme\":\"%s\",\"range\":\"%s\",\"axis\":\"%s\",\"group\":%" PRId64
                                 ",\"shape\":[", q->bits, dgen__scheme_names[q->scheme], dgen__range_names[q->range],
                                 dgen__axis_names[q->axis], q->group);
    for (int i = 0; i < q->ndim; i++)
        at += (size_t)snprintf(text + at, TEXT_BYTES - at, "%" PRId64 "%s", q->shape[i], i < q->ndim - 1 ? "," : "]");
    for (int i = 0; i < 4; i++) at += (size_t)put_number(text + at, TEXT_BYTES - at, error_names[i], numbers[i]);
    snprintf(text + at, TEXT_BYTES - at, ",\"clipped\":%" PRId64 ",\"nonfinite\":%" PRId64 "}", q->error.clipped,
             q->error.nonfinite);
}

dgen_status dgen_quantized_arrow_export(struct ArrowArray *array, struct ArrowSchema *schema, const dgen_quantized *quantized,
                                        dgen_error *error)
{
    const dgen_array *const parts[PARTS] = { &quantized->codes, &quantized->scale, &quantized->zero };
    struct ArrowArray made;
    struct ArrowSchema made_schema;
    char text[TEXT_BYTES];
    const char *const texts[] = { KEY, text };
    dgen_status status = check_structs(array, schema, error);
    if (status == DGEN_OK) status = dgen_quantized_check(quantized, error);
    if (status != DGEN_OK) return status;
    put_fields(text, quantized);
    status = new_array(&made, 1, 1, NULL, error);
    if (status != DGEN_OK) return status;
    status = new_schema(&made_schema, "+s", "", texts, 1, error);
    if (status != DGEN_OK) {
        release_array(&made);
        return status;
    }
    for (int i = 0; i < PARTS && status == DGEN_OK; i++) status = add_list(&made, &made_schema, part_names[i], parts[i], error);
    if (status != DGEN_OK) {
        release_array(&made);
        release_schema(&made_schema);
        return status;
    }
    *array = made;
    *schema = made_schema;
    return DGEN_OK;
}

/* ------------------------------------------------------------------------------------------------------- checks of what comes in */

/* Checks a struct and its schema: how many buffers and children they must have, and that lengths are no nonsense. */
static dgen_status check_node(const struct ArrowArray *a, const struct ArrowSchema *s, int64_t buffers, int64_t children,
                              dgen_error *error)
{
#define CHECK(condition, argument, ...) \
    if (!(condition)) return dgen__fail(error, DGEN_EINVAL, argument, argument " must " __VA_ARGS__)
    CHECK(s->format, "schema", "have a format");
    CHECK(!s->dictionary && !a->dictionary, "schema", "not have a dictionary");
    CHECK(s->n_children == children, "schema", "have %" PRId64 " children for \"%.20s\", not %" PRId64, children, s->format,
          s->n_children);
    CHECK(a->n_children == children, "array", "have %" PRId64 " children for \"%.20s\", not %" PRId64, children, s->format,
          a->n_children);
    CHECK(a->n_buffers == buffers, "array", "have %" PRId64 " buffers for \"%.20s\", not %" PRId64, buffers, s->format,
          a->n_buffers);
    CHECK(a->buffers, "array", "have buffers");
    CHECK(a->length >= 0 && a->offset >= 0 && a->length <= INT64_MAX / 16 && a->offset <= INT64_MAX / 16, "array",
          "have a length and an offset from 0 to 2^59, not %" PRId64 " and %" PRId64, a->length, a->offset);
    CHECK(a->null_count >= -1 && a->null_count <= a->length, "array", "have a null_count from -1 to its length, not %" PRId64,
          a->null_count);
    for (int64_t i = 0; i < children; i++) {
        CHECK(s->children && s->children[i] && s->children[i]->release, "schema", "have children that are not released");
        CHECK(a->children && a->children[i] && a->children[i]->release, "array", "have children that are not released");
    }
    return DGEN_OK;
}

/* Checks that rows [first, first + count) are there and none of them is null. */
static dgen_status check_rows(const struct ArrowArray *a, int64_t first, int64_t count, dgen_error *error)
{
    const uint8_t *valid = a->buffers[0];
    CHECK(first <= a->length && count <= a->length - first, "array", "have %" PRId64 " rows where there are %" PRId64,
          first + count, a->length);
    if (a->null_count == 0) return DGEN_OK;
    CHECK(valid || a->null_count < 0, "array", "not have nulls; it has %" PRId64, a->null_count);
    for (int64_t i = 0; valid && i < count; i++) {
        int64_t bit = a->offset + first + i;
        CHECK(valid[bit / 8] >> bit % 8 & 1, "array", "not have nulls; element %" PRId64 " is null", i + 1);
    }
    return DGEN_OK;
}

/* Elements of a primitive type, in memory of another. */
typedef struct elements {
    dgen_dtype dtype;
    int64_t count;
    const uint8_t *data;
} elements;

static dgen_status find_elements(elements *out, const struct ArrowArray *a, const struct ArrowSchema *s, int64_t first,
                                 int64_t count, dgen_error *error)
{
    int type = 0;
    CHECK(s->format, "schema", "have a format");
    while (type < DGEN_DTYPE_COUNT && strcmp(s->format, formats[type])) type++;
    if (type == DGEN_DTYPE_COUNT)
        return dgen__fail(error, DGEN_ETYPE, "schema",
                          "schema must be of integers of 8, 16, 32 or 64 bits (not unsigned 64), floats of 16, 32 or 64, or binary of 2 "
                          "bytes (bf16), not \"%.40s\"", s->format);
    dgen_status status = check_node(a, s, 2, 0, error);
    if (status == DGEN_OK) status = check_rows(a, first, count, error);
    if (status != DGEN_OK) return status;
    CHECK(a->buffers[1] || count == 0, "array", "have data");
    size_t width = dgen_dtype_bytes((dgen_dtype)type);
    *out = (elements){ .dtype = (dgen_dtype)type, .count = count };
    if (count) out->data = (const uint8_t *)a->buffers[1] + (size_t)(a->offset + first) * width;
    return DGEN_OK;
}

/* A list's only row: row `row` of it, less its offset. */
static dgen_status find_list(elements *out, const struct ArrowArray *a, const struct ArrowSchema *s, int64_t row,
                             dgen_error *error)
{
    int64_t offsets[2];
    CHECK(s->format && !strcmp(s->format, "+L"), "schema", "have children of large lists, \"+L\", not \"%.40s\"",
          s->format ? s->format : "");
    dgen_status status = check_node(a, s, 2, 1, error);
    if (status == DGEN_OK) status = check_rows(a, row, 1, error);
    if (status != DGEN_OK) return status;
    CHECK(a->buffers[1], "array", "have data");
    memcpy(offsets, (const uint8_t *)a->buffers[1] + (size_t)(a->offset + row) * sizeof *offsets, sizeof offsets);
    CHECK(offsets[0] >= 0 && offsets[1] >= offsets[0], "array",
          "have lists whose offsets ascend from 0, not %" PRId64 " and %" PRId64, offsets[0], offsets[1]);
    return find_elements(out, a->children[0], s->children[0], offsets[0], offsets[1] - offsets[0], error);
}
#undef CHECK

/* ------------------------------------------------------------------------------------------------------------------- import */

static void release_moved(void *context)
{
    struct ArrowArray *moved = context;
    moved->release(moved);
    free(moved);
}

static bool is_aligned(const elements *e) { return (uintptr_t)e->data % dgen_dtype_bytes(e->dtype) == 0; }

/* An array of what lies in `array`, which moves into it. */
static dgen_status adopt(dgen_array *out, const elements *e, int ndim, const int64_t *shape, struct ArrowArray *array,
                         dgen_error *error)
{
    struct ArrowArray *moved = malloc(sizeof *moved);
    if (!moved) return fail_memory(error);
    *moved = *array;
    dgen_status status = dgen_array_adopt(out, e->dtype, ndim, shape, (void *)(uintptr_t)e->data, release_moved, moved, error);
    if (status == DGEN_OK) array->release = NULL;
    else free(moved);
    return status;
}

static dgen_status copy(dgen_array *out, const elements *e, int ndim, const int64_t *shape, dgen_error *error)
{
    dgen_status status = dgen_array_alloc(out, e->dtype, ndim, shape, NULL, error);
    if (status == DGEN_OK && e->count) memcpy(out->data, e->data, dgen_array_bytes(out));
    return status;
}

static dgen_status take(dgen_array *out, const elements *e, int ndim, const int64_t *shape, struct ArrowArray *array,
                        dgen_error *error)
{
    return e->count && is_aligned(e) ? adopt(out, e, ndim, shape, array, error) : copy(out, e, ndim, shape, error);
}

/* The dimensions of a tensor: `physical` ones, the slowest first, and which of them each dimension is. */
static dgen_status read_dimensions(const struct ArrowSchema *schema, int64_t count, int *ndim, int64_t physical[4],
                                   int64_t order[4], dgen_error *error)
{
    span text = metadata_find(schema, EXTENSION_METADATA), permutation = json_find(text, "permutation");
    bool given = permutation.at && permutation.at < permutation.end && *permutation.at != 'n'; /* null */
    uint64_t product = 1;
    unsigned seen = 0;
    *ndim = json_list(json_find(text, "shape"), physical);
    for (int i = 0; i < *ndim; i++)
        if (!dgen__multiply(product, (uint64_t)physical[i], &product)) product = UINT64_MAX;
    if (!*ndim || product != (uint64_t)count)
        return dgen__fail(error, DGEN_EINVAL, "schema",
                          "schema must have 1 to 4 dimensions that make %" PRId64 " elements in \"shape\"", count);
    if (!given)
        for (int i = 0; i < *ndim; i++) order[i] = i;
    bool complete = !given || json_list(permutation, order) == *ndim;
    for (int i = 0; complete && i < *ndim; i++) seen |= order[i] < *ndim ? 1u << order[i] : 0;
    if (seen != (1u << *ndim) - 1)
        return dgen__fail(error, DGEN_EINVAL, "schema", "schema must have a \"permutation\" of its dimensions");
    return DGEN_OK;
}

/* One row of a fixed-size list; another order of dimensions than this library's is rearranged. */
static dgen_status import_tensor(dgen_array *out, struct ArrowArray *array, const struct ArrowSchema *schema, dgen_error *error)
{
    elements e;
    span size = { schema->format + 3, schema->format + strlen(schema->format) };
    int64_t count, physical[4], order[4], shape[4], step[4];
    int ndim;
    dgen_status status = check_node(array, schema, 1, 1, error);
    if (status != DGEN_OK) return status;
    if (!json_whole(&size, &count) || size.at != size.end || count > INT32_MAX)
        return dgen__fail(error, DGEN_EINVAL, "schema", "schema must have a size of its list, not \"%.40s\"", schema->format);
    if (array->length != 1 || array->offset > INT32_MAX)
        return dgen__fail(error, DGEN_EINVAL, "array", "array must have 1 row, one tensor, not %" PRId64, array->length);
    status = check_rows(array, 0, 1, error);
    int64_t first = status == DGEN_OK ? array->offset * count : 0;
    if (status == DGEN_OK) status = find_elements(&e, array->children[0], schema->children[0], first, count, error);
    if (status == DGEN_OK) status = read_dimensions(schema, count, &ndim, physical, order, error);
    if (status != DGEN_OK) return status;
    dgen_array view = { .data = (void *)(uintptr_t)e.data, .dtype = e.dtype, .ndim = ndim };
    int64_t next = 1;
    for (int i = ndim; i-- > 0 && count; next *= physical[i]) step[i] = next;
    for (int i = 0; i < ndim; i++) {
        shape[i] = view.shape[i] = physical[order[i]];
        view.stride[i] = count ? step[order[i]] : 0;
    }
    if (!count || dgen__is_contiguous(&view)) return take(out, &e, ndim, shape, array, error);
    dgen_array aligned = { 0 }, made;
    int64_t length[] = { count };
    if (!is_aligned(&e)) {
        status = copy(&aligned, &e, 1, length, error);
        if (status != DGEN_OK) return status;
        view.data = aligned.data;
    }
    status = dgen_array_alloc(&made, e.dtype, ndim, shape, NULL, error);
    if (status == DGEN_OK) status = dgen_array_convert(&made, &view, error);
    if (status == DGEN_OK) *out = made;
    dgen_array_release(&aligned);
    return status;
}

static dgen_status import_array(dgen_array *out, struct ArrowArray *array, const struct ArrowSchema *schema, dgen_error *error)
{
    elements e;
    if (schema->format && !strncmp(schema->format, "+w:", 3) && span_is(metadata_find(schema, EXTENSION_NAME), TENSOR))
        return import_tensor(out, array, schema, error);
    dgen_status status = find_elements(&e, array, schema, 0, array->length < 0 ? 0 : array->length, error);
    return status == DGEN_OK ? take(out, &e, 1, &e.count, array, error) : status;
}

/* Structs as they come: NULL or released ones are an error. */
static dgen_status check_given(const struct ArrowArray *array, const struct ArrowSchema *schema, dgen_error *error)
{
    dgen_status status = check_structs(array, schema, error);
    if (status != DGEN_OK) return status;
    if (!array->release) return dgen__fail(error, DGEN_ECLOSED, "array", "array is released");
    if (!schema->release) return dgen__fail(error, DGEN_ECLOSED, "schema", "schema is released");
    return DGEN_OK;
}

static void release_given(struct ArrowArray *array, struct ArrowSchema *schema)
{
    if (array && array->release) array->release(array);
    if (schema && schema->release) schema->release(schema);
}

dgen_status dgen_arrow_import(dgen_array *out, struct ArrowArray *array, struct ArrowSchema *schema, dgen_error *error)
{
    dgen_array made;
    dgen_status status = check_given(array, schema, error);
    if (status == DGEN_OK) status = import_array(&made, array, schema, error);
    release_given(array, schema);
    if (status == DGEN_OK) *out = made;
    return status;
}

int dgen_arrow_is_quantized(const struct ArrowSchema *schema)
{
    return schema && schema->release && schema->format && !strcmp(schema->format, "+s") && metadata_find(schema, KEY).at;
}

/* A number of put_number's; NaN where it is none. */
static double read_number(span text)
{
    char copy[48], *end;
    json_text(text, copy, sizeof copy);
    double x = strtod(copy, &end);
    return *copy && !*end ? x : NAN;
}

/* Fields but for arrays, by way of what a host would set. */
static dgen_status read_fields(dgen_quantized *q, span text, dgen_error *error)
{
    static const char *const words[] = { "scheme", "range", "axis" };
    dgen_status status = DGEN_OK;
    char word[32];
    span at = json_find(text, "bits");
    dgen_value value = { .kind = DGEN_VALUE_INTEGER };
    *q = (dgen_quantized){ .bits = 0 };
    if (!at.at || !json_whole(&at, &value.integer)) value.integer = 0;
    status = dgen_quantized_set(q, "bits", value, error);
    at = json_find(text, "group");
    if (!at.at || !json_whole(&at, &value.integer)) value.integer = 0;
    if (status == DGEN_OK) status = dgen_quantized_set(q, "group", value, error);
    value.kind = DGEN_VALUE_TEXT, value.text = word;
    for (int i = 0; i < 3 && status == DGEN_OK; i++) {
        json_text(json_find(text, words[i]), word, sizeof word);
        status = dgen_quantized_set(q, words[i], value, error);
    }
    if (status != DGEN_OK) return status;
    q->ndim = json_list(json_find(text, "shape"), q->shape);
    dgen_certificate *e = &q->error;
    double *const numbers[] = { &e->max, &e->rmse, &e->snr_db, &e->cosine };
    for (int i = 0; i < 4; i++) *numbers[i] = read_number(json_find(text, error_names[i]));
    span clipped = json_find(text, "clipped"), nonfinite = json_find(text, "nonfinite");
    if (!clipped.at || !json_whole(&clipped, &e->clipped)) e->clipped = 0;
    if (!nonfinite.at || !json_whole(&nonfinite, &e->nonfinite)) e->nonfinite = 0;
    return DGEN_OK;
}

static dgen_status find_parts(elements parts[PARTS], const struct ArrowArray *array, const struct ArrowSchema *schema,
                              dgen_error *error)
{
    if (!dgen_arrow_is_quantized(schema))
        return dgen__fail(error, DGEN_EINVAL, "schema", "schema must be of a struct with \"%s\" in its metadata", KEY);
    dgen_status status = check_node(array, schema, 1, PARTS, error);
    if (status != DGEN_OK) return status;
    if (array->length != 1) return dgen__fail(error, DGEN_EINVAL, "array", "array must have 1 row, not %" PRId64,
                                              array->length);
    status = check_rows(array, 0, 1, error);
    for (int i = 0; i < PARTS && status == DGEN_OK; i++) {
        const char *name = schema->children[i]->name;
        if (!name || strcmp(name, part_names[i]))
            return dgen__fail(error, DGEN_EINVAL, "schema", "schema must have children \"codes\", \"scale\" and \"zero\"");
        status = find_list(&parts[i], array->children[i], schema->children[i], array->offset, error);
    }
    return status;
}

/* Takes the parts, which fit: codes adopt the struct, and the others share it where they are aligned. */
static dgen_status take_parts(dgen_quantized *q, const elements parts[PARTS], struct ArrowArray *array, dgen_error *error)
{
    dgen_array *arrays[PARTS] = { &q->codes, &q->scale, &q->zero };
    dgen_status status = DGEN_OK;
    dgen__quantized_lay_out(q, parts[1].dtype);
    for (int i = PARTS; i-- > 1 && status == DGEN_OK;)
        if (!is_aligned(&parts[i])) status = copy(arrays[i], &parts[i], arrays[i]->ndim, arrays[i]->shape, error);
    if (status == DGEN_OK) status = adopt(arrays[0], &parts[0], arrays[0]->ndim, arrays[0]->shape, array, error);
    if (status != DGEN_OK) {
        dgen_quantized_release(q);
        return status;
    }
    for (int i = 1; i < PARTS; i++)
        if (!arrays[i]->release) {
            dgen_array whole;
            dgen_array_retain(&whole, arrays[0]);
            arrays[i]->owner = whole.owner;
            arrays[i]->release = whole.release;
            arrays[i]->data = (void *)(uintptr_t)parts[i].data;
        }
    return DGEN_OK;
}

static dgen_status import_quantized(dgen_quantized *out, struct ArrowArray *array, const struct ArrowSchema *schema,
                                    dgen_error *error)
{
    elements parts[PARTS];
    dgen_quantized made;
    dgen_status status = find_parts(parts, array, schema, error);
    if (status == DGEN_OK) status = read_fields(&made, metadata_find(schema, KEY), error);
    if (status != DGEN_OK) return status;
    dgen_array *arrays[PARTS] = { &made.codes, &made.scale, &made.zero };
    for (int i = 0; i < PARTS && status == DGEN_OK; i++)
        status = dgen_array_borrow(arrays[i], parts[i].dtype, 1, &parts[i].count, (void *)(uintptr_t)parts[i].data, error);
    if (status == DGEN_OK) status = dgen_quantized_check(&made, error);
    if (status != DGEN_OK) return status;
    dgen_quantized_release(&made);
    status = take_parts(&made, parts, array, error);
    if (status == DGEN_OK) *out = made;
    return status;
}

dgen_status dgen_quantized_arrow_import(dgen_quantized *out, struct ArrowArray *array, struct ArrowSchema *schema,
                                        dgen_error *error)
{
    dgen_quantized made;
    dgen_status status = check_given(array, schema, error);
    if (status == DGEN_OK) status = import_quantized(&made, array, schema, error);
    release_given(array, schema);
    if (status == DGEN_OK) *out = made;
    return status;
}
