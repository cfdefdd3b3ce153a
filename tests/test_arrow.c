/*
 * The Arrow C data interface, with this program as the other side: what is exported is read as the specification says; what another
 * producer makes is imported, its memory where it was and its structs released exactly once, whatever becomes of them; structs that
 * are not what they say are refused. tests/test_arrow.sh does the same with pyarrow.
 */
#include <math.h>
#include <stdbool.h>

#include "test.h"

static dgen_error error;

static void must(dgen_status status)
{
    if (status != DGEN_OK) exit((printf("  %s\n", error.message), 1));
}

static const struct format {
    dgen_dtype dtype;
    const char *format;
} formats[] = { { DGEN_U8, "C" }, { DGEN_I8, "c" }, { DGEN_I16, "s" }, { DGEN_U16, "S" }, { DGEN_I32, "i" }, { DGEN_U32, "I" },
                { DGEN_I64, "l" }, { DGEN_F16, "e" }, { DGEN_BF16, "w:2" }, { DGEN_F32, "f" }, { DGEN_F64, "g" } };
enum { FORMATS = sizeof formats / sizeof *formats };

/* ----------------------------------------------------------------------------------------------------------------- export */

/* Metadata as bytes: a count, and each text after its length. */
static bool metadata_is(const char *metadata, int pairs, const char *const *texts)
{
    int32_t number;
    memcpy(&number, metadata, 4);
    if (number != pairs) return false;
    metadata += 4;
    for (int i = 0; i < 2 * pairs; i++) {
        memcpy(&number, metadata, 4);
        if (number != (int32_t)strlen(texts[i]) || memcmp(metadata + 4, texts[i], strlen(texts[i]))) return false;
        metadata += 4 + number;
    }
    return true;
}

static bool is_primitive(const struct ArrowArray *a, const struct ArrowSchema *s, const char *format, int64_t n, const void *data)
{
    return !strcmp(s->format, format) && s->flags == 0 && s->n_children == 0 && !s->dictionary && a->length == n && a->null_count == 0
           && a->offset == 0 && a->n_buffers == 2 && !a->buffers[0] && a->buffers[1] == data && a->n_children == 0 && !a->dictionary;
}

static void vectors_go_out(void)
{
    for (int t = 0; t < FORMATS; t++) {
        uint64_t live = dgen_live_bytes();
        int64_t shape[] = { 1000 };
        dgen_array x;
        struct ArrowArray array, moved;
        struct ArrowSchema schema;
        must(dgen_array_alloc(&x, formats[t].dtype, 1, shape, NULL, &error));
        void *data = x.data;
        memset(data, 17, dgen_array_bytes(&x));
        must(dgen_arrow_export(&array, &schema, &x, &error));
        CHECK(is_primitive(&array, &schema, formats[t].format, 1000, data) && !schema.metadata, "%s", dgen_dtype_name(formats[t].dtype));
        dgen_array_release(&x);
        CHECK(dgen_live_bytes() > live && ((uint8_t *)data)[0] == 17, "the struct holds the memory");
        schema.release(&schema);
        CHECK(!schema.release, "released");
        moved = array;
        array.release = NULL;
        CHECK(((uint8_t *)moved.buffers[1])[999] == 17, "moved");
        moved.release(&moved);
        CHECK(!moved.release && dgen_live_bytes() == live, "the struct gives the memory back");
    }
}

static void tensors_go_out(void)
{
    static const struct {
        int ndim;
        int64_t shape[4];
        const char *format, *metadata;
    } cases[] = { { 2, { 3, 5 }, "+w:15", "{\"shape\":[5,3],\"permutation\":[1,0]}" },
                  { 3, { 2, 3, 4 }, "+w:24", "{\"shape\":[4,3,2],\"permutation\":[2,1,0]}" },
                  { 4, { 1, 7, 2, 3 }, "+w:42", "{\"shape\":[3,2,7,1],\"permutation\":[3,2,1,0]}" } };
    for (int i = 0; i < 3; i++) {
        uint64_t live = dgen_live_bytes();
        dgen_array x;
        struct ArrowArray array, child;
        struct ArrowSchema schema;
        must(dgen_array_alloc(&x, DGEN_F32, cases[i].ndim, cases[i].shape, NULL, &error));
        must(dgen_arrow_export(&array, &schema, &x, &error));
        CHECK(!strcmp(schema.format, cases[i].format) && array.length == 1 && array.n_buffers == 1 && !array.buffers[0]
                  && array.n_children == 1 && schema.n_children == 1 && !strcmp(schema.children[0]->name, "item"), "%s", schema.format);
        CHECK(is_primitive(array.children[0], schema.children[0], "f", dgen_array_length(&x), x.data), "child %d", i);
        const char *const texts[] = { "ARROW:extension:name", "arrow.fixed_shape_tensor", "ARROW:extension:metadata", cases[i].metadata };
        CHECK(metadata_is(schema.metadata, 2, texts), "metadata %d", i);
        dgen_array_release(&x);
        /* A child that is moved away outlives its parent. */
        child = *array.children[0];
        array.children[0]->release = NULL;
        array.release(&array);
        schema.release(&schema);
        CHECK(dgen_live_bytes() > live, "the child holds the memory");
        memset((void *)(uintptr_t)child.buffers[1], 1, (size_t)child.length * 4);
        child.release(&child);
        CHECK(dgen_live_bytes() == live, "and gives it back");
    }
}

static void exports_refused(void)
{
    struct ArrowArray array, before;
    struct ArrowSchema schema;
    dgen_array x, huge;
    memset(&array, 5, sizeof array);
    before = array;
    must(dgen_array_alloc(&x, DGEN_F32, 2, (int64_t[]){ 4, 6 }, NULL, &error));
    x.shape[0] = 2;
    CHECK(dgen_arrow_export(&array, &schema, &x, &error) == DGEN_EINVAL && !strcmp(error.message, "x must be contiguous"), "%s", error.message);
    must(dgen_array_borrow(&huge, DGEN_U8, 2, (int64_t[]){ 2, INT64_C(1) << 30 }, x.data, &error));
    CHECK(dgen_arrow_export(&array, &schema, &huge, &error) == DGEN_EINVAL
              && !strcmp(error.message, "x must have 1 dimension, or at most 2147483647 elements, as Arrow's tensors do, not 2147483648"),
          "%s", error.message);
    dgen_array_release(&x);
    CHECK(dgen_arrow_export(&array, &schema, &x, &error) == DGEN_ECLOSED && !strcmp(error.message, "x is closed"), "%s", error.message);
    CHECK(dgen_arrow_export(NULL, &schema, &huge, &error) == DGEN_EINVAL && !strcmp(error.argument, "array"), "%s", error.message);
    CHECK(dgen_arrow_export(&array, NULL, &huge, &error) == DGEN_EINVAL && !strcmp(error.argument, "schema"), "%s", error.message);
    CHECK(!memcmp(&array, &before, sizeof array), "the struct is untouched");
}

static void round_trips(void)
{
    for (int t = 0; t < FORMATS; t++)
        for (int ndim = 1; ndim <= 4; ndim++) {
            uint64_t live = dgen_live_bytes();
            dgen_array x, y = { 0 }, part;
            struct ArrowArray array;
            struct ArrowSchema schema;
            must(dgen_array_alloc(&x, formats[t].dtype, ndim, (int64_t[]){ 3, 2, 5, 4 }, NULL, &error));
            const void *data = x.data;
            must(dgen_arrow_export(&array, &schema, &x, &error));
            must(dgen_arrow_import(&y, &array, &schema, &error));
            CHECK(!array.release && !schema.release, "both structs are taken over");
            CHECK(y.data == data && y.dtype == x.dtype && y.ndim == ndim && !memcmp(y.shape, x.shape, (size_t)ndim * 8)
                      && !memcmp(y.stride, x.stride, (size_t)ndim * 8), "%s of %d dimensions", dgen_dtype_name(x.dtype), ndim);
            dgen_array_release(&x);
            must(dgen_array_slice(&part, &y, 1, 2, &error));
            dgen_array_release(&y);
            CHECK(part.data == (const uint8_t *)data + dgen_dtype_bytes(part.dtype) && dgen_live_bytes() > live, "a slice holds it");
            dgen_array_release(&part);
            CHECK(dgen_live_bytes() == live, "all is given back");
        }
}

/* -------------------------------------------------------------------------------------------------------- another's structs */

/* A producer that counts. Up to three children, of which each may have one. */
enum { NODES = 7 };
static int arrays_released, schemas_released;
static struct node {
    struct ArrowArray array, *children[3];
    struct ArrowSchema schema, *schemas[3];
    const void *buffers[4];
} nodes[NODES];

static void release_array(struct ArrowArray *a)
{
    for (int i = 0; i < 3; i++)
        if (a->private_data && ((struct node *)a->private_data)->children[i] && ((struct node *)a->private_data)->children[i]->release)
            ((struct node *)a->private_data)->children[i]->release(((struct node *)a->private_data)->children[i]);
    a->release = NULL;
    arrays_released++;
}

static void release_schema(struct ArrowSchema *s)
{
    for (int i = 0; i < 3; i++)
        if (((struct node *)s->private_data)->schemas[i] && ((struct node *)s->private_data)->schemas[i]->release)
            ((struct node *)s->private_data)->schemas[i]->release(((struct node *)s->private_data)->schemas[i]);
    s->release = NULL;
    schemas_released++;
}

static struct node *node_of(int i, const char *format, int64_t length, int buffers, const void *data)
{
    struct node *n = &nodes[i];
    memset(n, 0, sizeof *n);
    n->buffers[1] = data;
    n->array = (struct ArrowArray){ .length = length, .n_buffers = buffers, .buffers = n->buffers, .children = n->children,
                                    .release = release_array, .private_data = n };
    n->schema = (struct ArrowSchema){ .format = format, .name = "", .children = n->schemas, .release = release_schema, .private_data = n };
    return n;
}

static void add_child(struct node *parent, struct node *child, const char *name)
{
    parent->children[parent->array.n_children++] = &child->array;
    parent->schemas[parent->schema.n_children++] = &child->schema;
    child->schema.name = name;
}

/* A pair or two of metadata. */
static const char *metadata_of(const char *key, const char *value, const char *other_key, const char *other_value)
{
    static char all[2048];
    const char *const texts[] = { key, value, other_key, other_value };
    int32_t number = other_key ? 2 : 1;
    char *at = all;
    memcpy(at, &number, 4), at += 4;
    for (int i = 0, pairs = number; i < 2 * pairs; i++) {
        number = (int32_t)strlen(texts[i]);
        memcpy(at, &number, 4);
        memcpy(at + 4, texts[i], (size_t)number);
        at += 4 + number;
    }
    return all;
}

static struct node *tensor_of(int64_t count, const void *data, const char *dimensions)
{
    static char format[32];
    snprintf(format, sizeof format, "+w:%lld", (long long)count);
    struct node *parent = node_of(0, format, 1, 1, NULL);
    add_child(parent, node_of(1, "f", count, 2, data), "item");
    parent->schema.metadata = metadata_of("ARROW:extension:name", "arrow.fixed_shape_tensor", "ARROW:extension:metadata", dimensions);
    return parent;
}

static void others_come_in(void)
{
    static double data[64];
    static const uint8_t ones[] = { 0xF0, 0xFF, 0x0F };
    for (int i = 0; i < 64; i++) data[i] = i;
    for (int t = 0; t < FORMATS; t++)
        for (int way = 0; way < 4; way++) { /* no bitmap; a count of -1; a bitmap of ones where it counts; and with -1 */
            struct node *n = node_of(0, formats[t].format, 16, 2, data);
            dgen_array x = { 0 }, second;
            size_t width = dgen_dtype_bytes(formats[t].dtype);
            n->array.offset = 4;
            n->array.null_count = way & 1 ? -1 : 0;
            if (way & 2) n->buffers[0] = ones;
            arrays_released = schemas_released = 0;
            must(dgen_arrow_import(&x, &n->array, &n->schema, &error));
            CHECK(x.data == (uint8_t *)data + 4 * width && x.dtype == formats[t].dtype && x.ndim == 1 && x.shape[0] == 16 && x.stride[0] == 1,
                  "%s", formats[t].format);
            CHECK(!n->array.release && !n->schema.release && schemas_released == 1 && arrays_released == 0, "the array is moved");
            dgen_array_retain(&second, &x);
            dgen_array_release(&x);
            CHECK(arrays_released == 0, "a reference is left");
            dgen_array_release(&second);
            CHECK(arrays_released == 1, "released %d times", arrays_released);
        }
}

/* Memory at an odd place, or none at all, is not kept. */
static void misaligned_and_empty(void)
{
    static uint8_t bytes[256];
    for (int i = 0; i < 256; i++) bytes[i] = (uint8_t)i;
    for (int t = 0; t < FORMATS; t++) {
        size_t width = dgen_dtype_bytes(formats[t].dtype);
        struct node *n = node_of(0, formats[t].format, 10, 2, bytes + 1);
        dgen_array x = { 0 };
        n->array.offset = 3;
        arrays_released = schemas_released = 0;
        must(dgen_arrow_import(&x, &n->array, &n->schema, &error));
        CHECK((x.data != bytes + 1 + 3 * width) == (width > 1) && !memcmp(x.data, bytes + 1 + 3 * width, 10 * width), "%s", formats[t].format);
        CHECK(arrays_released == (width > 1) && schemas_released == 1, "%s: released %d times", formats[t].format, arrays_released);
        dgen_array_release(&x);
        CHECK(arrays_released == 1, "%s: released %d times", formats[t].format, arrays_released);
        n = node_of(0, formats[t].format, 0, 2, NULL);
        must(dgen_arrow_import(&x, &n->array, &n->schema, &error));
        CHECK(dgen_array_length(&x) == 0 && x.ndim == 1 && arrays_released == 2 && schemas_released == 2, "%s: empty", formats[t].format);
        dgen_array_release(&x);
    }
}

/* Tensors of other orders: element (i, j, k) is where the strides of the specification put it. */
static void tensors_come_in(void)
{
    static const struct {
        const char *metadata;
        int ndim;
        int64_t shape[4], step[4];
        bool copied;
    } cases[] = {
        { "{\"shape\":[4,3,2],\"permutation\":[2,1,0]}", 3, { 2, 3, 4 }, { 1, 2, 6 }, false },
        { "{ \"dim_names\": [\"shape\", \"b\", \"c\"], \"shape\": [ 4, 3, 2 ], \"permutation\" : [2 ,1, 0] }", 3, { 2, 3, 4 }, { 1, 2, 6 }, false },
        { "{\"shape\":[4,3,2]}", 3, { 4, 3, 2 }, { 6, 2, 1 }, true },
        { "{\"shape\":[4,6],\"permutation\":null}", 2, { 4, 6 }, { 6, 1 }, true },
        { "{\"shape\":[4,3,2],\"permutation\":[1,2,0]}", 3, { 3, 2, 4 }, { 2, 1, 6 }, true },
        { "{\"shape\":[1,24]}", 2, { 1, 24 }, { 24, 1 }, false },
        { "{\"shape\":[24]}", 1, { 24 }, { 1 }, false },
    };
    static float data[100];
    for (int i = 0; i < 100; i++) data[i] = (float)i;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int odd = 0; odd < 2; odd++) {
            struct node *n = tensor_of(24, (const char *)data + odd, cases[c].metadata);
            dgen_array x = { 0 };
            n->array.offset = 2; /* of rows: 48 elements, and 3 of the child */
            nodes[1].array.offset = 3;
            nodes[1].array.length = 72;
            arrays_released = schemas_released = 0;
            must(dgen_arrow_import(&x, &n->array, &n->schema, &error));
            CHECK(x.ndim == cases[c].ndim && !memcmp(x.shape, cases[c].shape, (size_t)x.ndim * 8), "%s", cases[c].metadata);
            CHECK((x.data == data + 51) == !(cases[c].copied || odd), "%s: %s", cases[c].metadata, x.data == data + 51 ? "not copied" : "copied");
            for (int64_t i = 0; i < 24; i++) {
                int64_t rest = i, at = 51;
                float want;
                for (int d = 0; d < x.ndim; rest /= x.shape[d++]) at += rest % x.shape[d] * cases[c].step[d];
                memcpy(&want, (const char *)(data + at) + odd, 4);
                CHECK(!memcmp((float *)x.data + i, &want, 4), "%s: element %lld", cases[c].metadata, (long long)i);
            }
            dgen_array_release(&x);
            CHECK(arrays_released == 2 && schemas_released == 2, "released %d and %d times", arrays_released, schemas_released);
        }
}

/* Structs of `count` nodes must be refused with this message, and released once. */
static void refuse(struct node *n, int count, const char *message)
{
    dgen_array x = { 0 };
    arrays_released = schemas_released = 0;
    dgen_status status = dgen_arrow_import(&x, &n->array, &n->schema, &error);
    CHECK(status != DGEN_OK && !strcmp(error.message, message), "\"%s\", not \"%s\"", status ? error.message : "taken", message);
    CHECK(!n->array.release && !n->schema.release && arrays_released == count && schemas_released == count, "released %d and %d times, %s",
          arrays_released, schemas_released, message);
    CHECK(!x.release && !x.data, "the result is untouched");
}

#define TYPES "schema must be of integers of 8, 16, 32 or 64 bits (not unsigned 64), floats of 16, 32 or 64, or binary of 2 bytes (bf16), not "

static void vectors_refused(void)
{
    static const float data[16] = { 1 };
    static const uint8_t valid[] = { 0xFF, 0xF7 };
    struct node *n;
#define BAD(change, message) \
    do { \
        n = node_of(0, "f", 4, 2, data); \
        change; \
        refuse(n, 1, message); \
    } while (0)
    BAD(n->schema.format = "u", TYPES "\"u\"");
    BAD(n->schema.format = "b", TYPES "\"b\"");
    BAD(n->schema.format = "L", TYPES "\"L\"");
    BAD(n->schema.format = "w:4", TYPES "\"w:4\"");
    BAD(n->schema.format = "+w:4", TYPES "\"+w:4\"");
    BAD(n->schema.format = "", TYPES "\"\"");
    BAD(n->schema.format = NULL, "schema must have a format");
    BAD(n->schema.dictionary = &nodes[1].schema, "schema must not have a dictionary");
    BAD(n->array.dictionary = &nodes[1].array, "schema must not have a dictionary");
    BAD(n->array.length = -1, "array must have a length and an offset from 0 to 2^59, not -1 and 0");
    BAD(n->array.offset = -4, "array must have a length and an offset from 0 to 2^59, not 4 and -4");
    BAD(n->array.offset = INT64_MAX, "array must have a length and an offset from 0 to 2^59, not 4 and 9223372036854775807");
    BAD(n->array.length = INT64_MAX, "array must have a length and an offset from 0 to 2^59, not 9223372036854775807 and 0");
    BAD(n->array.n_buffers = 1, "array must have 2 buffers for \"f\", not 1");
    BAD(n->array.n_buffers = 3, "array must have 2 buffers for \"f\", not 3");
    BAD(n->array.n_buffers = -1, "array must have 2 buffers for \"f\", not -1");
    BAD(n->array.buffers = NULL, "array must have buffers");
    BAD(n->buffers[1] = NULL, "array must have data");
    BAD(n->array.n_children = 1, "array must have 0 children for \"f\", not 1");
    BAD(n->schema.n_children = 1 << 30, "schema must have 0 children for \"f\", not 1073741824");
    BAD(n->array.null_count = 1, "array must not have nulls; it has 1");
    BAD(n->array.null_count = 5, "array must have a null_count from -1 to its length, not 5");
    BAD(n->array.null_count = -2, "array must have a null_count from -1 to its length, not -2");
    BAD((n->array.null_count = 1, n->array.offset = 9, n->buffers[0] = valid), "array must not have nulls; element 3 is null");
    BAD((n->array.null_count = -1, n->array.offset = 9, n->buffers[0] = valid), "array must not have nulls; element 3 is null");
#undef BAD
    /* One of the structs is gone before. */
    dgen_array x = { 0 };
    n = node_of(0, "f", 4, 2, data);
    n->array.release = NULL;
    arrays_released = schemas_released = 0;
    CHECK(dgen_arrow_import(&x, &n->array, &n->schema, &error) == DGEN_ECLOSED && !strcmp(error.message, "array is released")
              && schemas_released == 1 && !n->schema.release, "%s", error.message);
    n = node_of(0, "f", 4, 2, data);
    n->schema.release = NULL;
    CHECK(dgen_arrow_import(&x, &n->array, &n->schema, &error) == DGEN_ECLOSED && !strcmp(error.message, "schema is released")
              && arrays_released == 1 && !n->array.release, "%s", error.message);
    n = node_of(0, "f", 4, 2, data);
    CHECK(dgen_arrow_import(&x, NULL, &n->schema, &error) == DGEN_EINVAL && !n->schema.release, "%s", error.message);
    CHECK(dgen_arrow_import(&x, &n->array, NULL, &error) == DGEN_EINVAL && !n->array.release, "%s", error.message);
}

static void tensors_refused(void)
{
    static const float data[64] = { 1 };
    static const uint8_t valid[] = { 0 };
    struct node *n;
#define BAD(dimensions, change, message) \
    do { \
        n = tensor_of(6, data, dimensions); \
        change; \
        refuse(n, 2, message); \
    } while (0)
#define GOOD "{\"shape\":[3,2],\"permutation\":[1,0]}"
#define SHAPE "schema must have 1 to 4 dimensions that make 6 elements in \"shape\""
#define ORDER "schema must have a \"permutation\" of its dimensions"
    BAD("", (void)0, SHAPE);
    BAD("{\"shape\":[3,3]}", (void)0, SHAPE);
    BAD("{\"shape\":[]}", (void)0, SHAPE);
    BAD("{\"shape\":[-3,-2]}", (void)0, SHAPE);
    BAD("{\"shape\":[3,2", (void)0, SHAPE);
    BAD("{\"shape\":3}", (void)0, SHAPE);
    BAD("{\"shape\":[1,1,1,3,2]}", (void)0, SHAPE);
    BAD("{\"shape\":[4294967296,4294967296,6]}", (void)0, SHAPE);
    BAD("{\"shape\":[99999999999999999999]}", (void)0, SHAPE);
    BAD("\"shape\"", (void)0, SHAPE);
    BAD("{\"shape\":[3,2],\"permutation\":[1,1]}", (void)0, ORDER);
    BAD("{\"shape\":[3,2],\"permutation\":[1,2]}", (void)0, ORDER);
    BAD("{\"shape\":[3,2],\"permutation\":[0]}", (void)0, ORDER);
    BAD("{\"shape\":[3,2],\"permutation\":\"x\"}", (void)0, ORDER);
    BAD(GOOD, n->schema.metadata = NULL, TYPES "\"+w:6\"");
    BAD(GOOD, n->schema.format = "+w:x", "schema must have a size of its list, not \"+w:x\"");
    BAD(GOOD, n->schema.format = "+w:-6", "schema must have a size of its list, not \"+w:-6\"");
    BAD(GOOD, n->schema.format = "+w:4294967296", "schema must have a size of its list, not \"+w:4294967296\"");
    BAD(GOOD, n->array.length = 2, "array must have 1 row, one tensor, not 2");
    BAD(GOOD, n->array.offset = 1, "array must have 12 rows where there are 6");
    BAD(GOOD, (n->array.null_count = 1, n->buffers[0] = valid), "array must not have nulls; element 1 is null");
    BAD(GOOD, nodes[1].array.length = 5, "array must have 6 rows where there are 5");
    BAD(GOOD, nodes[1].array.length = -1, "array must have a length and an offset from 0 to 2^59, not -1 and 0");
    BAD(GOOD, nodes[1].schema.format = "b", TYPES "\"b\"");
    BAD(GOOD, nodes[1].schema.dictionary = &nodes[2].schema, "schema must not have a dictionary");
    BAD(GOOD, (nodes[1].array.null_count = 6, nodes[1].buffers[0] = valid), "array must not have nulls; element 1 is null");
    BAD(GOOD, n->array.n_children = 0, "array must have 1 children for \"+w:6\", not 0");
    BAD(GOOD, n->array.children = NULL, "array must have children that are not released");
    BAD(GOOD, n->schema.children = NULL, "schema must have children that are not released");
#undef BAD
}

/* ------------------------------------------------------------------------------------------------------------- quantized arrays */

static dgen_quantized make_quantized(int bits, dgen_scheme scheme, dgen_packing rule, dgen_dtype scale_type)
{
    dgen_quantize_options options;
    dgen_quantized q = { 0 };
    dgen_array x;
    must(dgen_array_alloc(&x, DGEN_F32, 3, (int64_t[]){ 5, 16, 6 }, NULL, &error));
    for (int i = 0; i < 480; i++) ((float *)x.data)[i] = (float)(int32_t)(uint32_t)test_random() * 0x1p-31f;
    dgen_quantize_options_init(&options);
    options.bits = bits, options.scheme = scheme, options.rule = rule, options.scale_type = scale_type;
    options.group = 40, options.has_group = !rule;
    must(dgen_quantize(&q, &x, &options, &error));
    dgen_array_release(&x);
    return q;
}

static bool same_bytes(const dgen_array *a, const dgen_array *b)
{
    return a->dtype == b->dtype && a->ndim == b->ndim && !memcmp(a->shape, b->shape, (size_t)a->ndim * 8)
           && !memcmp(a->stride, b->stride, (size_t)a->ndim * 8) && !memcmp(a->data, b->data, dgen_array_bytes(a));
}

static bool same_fields(const dgen_quantized *a, const dgen_quantized *b)
{
    return a->bits == b->bits && a->scheme == b->scheme && a->range == b->range && a->axis == b->axis && a->group == b->group
           && a->ndim == b->ndim && !memcmp(a->shape, b->shape, (size_t)a->ndim * 8) && !memcmp(&a->error, &b->error, sizeof a->error);
}

static void quantized_round_trip(dgen_quantized q)
{
    uint64_t live = dgen_live_bytes();
    dgen_quantized back = { 0 };
    struct ArrowArray array, moved;
    struct ArrowSchema schema;
    const dgen_array *parts[] = { &q.codes, &q.scale, &q.zero };
    static const char *const names[] = { "codes", "scale", "zero" };
    must(dgen_quantized_arrow_export(&array, &schema, &q, &error));
    CHECK(dgen_arrow_is_quantized(&schema) && !strcmp(schema.format, "+s") && array.length == 1 && array.n_buffers == 1, "a struct of a row");
    CHECK(array.n_children == 3 && schema.n_children == 3, "of three");
    for (int i = 0; i < 3; i++) {
        const struct ArrowArray *list = array.children[i];
        const struct ArrowSchema *type = schema.children[i];
        const int64_t *offsets = list->buffers[1];
        const char *format = parts[i]->dtype == DGEN_U8 ? "C" : parts[i]->dtype == DGEN_F16 ? "e" : "f";
        int64_t n = dgen_array_length(parts[i]);
        CHECK(!strcmp(type->name, names[i]) && !strcmp(type->format, "+L") && list->length == 1 && list->n_buffers == 2 && offsets[0] == 0
                  && offsets[1] == n && is_primitive(list->children[0], type->children[0], format, n, parts[i]->data), "%s", names[i]);
    }
    moved = array;
    array.release = NULL;
    must(dgen_quantized_arrow_import(&back, &moved, &schema, &error));
    CHECK(!moved.release && !schema.release && !dgen_arrow_is_quantized(&schema), "taken over");
    CHECK(back.codes.data == q.codes.data && back.scale.data == q.scale.data && back.zero.data == q.zero.data, "nothing is copied");
    CHECK(same_fields(&q, &back) && same_bytes(&q.codes, &back.codes) && same_bytes(&q.scale, &back.scale) && same_bytes(&q.zero, &back.zero),
          "all is as it was");
    must(dgen_quantized_check(&back, &error));
    dgen_quantized_release(&q);
    CHECK(dgen_live_bytes() == live, "it holds the memory");
    dgen_array_release(&back.codes);
    dgen_array_release(&back.zero);
    CHECK(dgen_live_bytes() == live, "each part does");
    dgen_array_release(&back.scale);
    CHECK(dgen_live_bytes() < live, "and gives it back");
}

static void quantized_go_and_return(void)
{
    uint64_t live = dgen_live_bytes();
    quantized_round_trip(make_quantized(8, DGEN_ASYMMETRIC, 0, DGEN_F32));
    quantized_round_trip(make_quantized(4, DGEN_SYMMETRIC, 0, DGEN_F16));
    quantized_round_trip(make_quantized(2, DGEN_ASYMMETRIC, 0, DGEN_F16));
    quantized_round_trip(make_quantized(4, DGEN_SYMMETRIC, DGEN_PACKING_GGML_Q4_1, DGEN_F32));
    quantized_round_trip(make_quantized(8, DGEN_SYMMETRIC, DGEN_PACKING_GGML_Q8_0, DGEN_F32));
    CHECK(dgen_live_bytes() == live, "all is given back");
    static const dgen_certificate certificates[] = { { 0, 0, INFINITY, 1, 0, 0 }, { NAN, NAN, NAN, NAN, 0, 3 }, { 0x1p-1074, 5e-324, -INFINITY, -.5, 7, 0 },
                                                     { 1.7976931348623157e308, .1, -3.7, 1 / 3., INT64_MAX, INT64_MAX } };
    for (int i = 0; i < 4; i++) {
        dgen_quantized q = make_quantized(8, DGEN_SYMMETRIC, 0, DGEN_F32), back;
        struct ArrowArray array;
        struct ArrowSchema schema;
        q.error = certificates[i];
        must(dgen_quantized_arrow_export(&array, &schema, &q, &error));
        must(dgen_quantized_arrow_import(&back, &array, &schema, &error));
        const double *a = &q.error.max, *b = &back.error.max;
        for (int k = 0; k < 4; k++) CHECK(a[k] == b[k] || (isnan(a[k]) && isnan(b[k])), "certificate %d, number %d: %a, not %a", i, k, b[k], a[k]);
        CHECK(q.error.clipped == back.error.clipped && q.error.nonfinite == back.error.nonfinite, "counts of certificate %d", i);
        dgen_quantized_release(&q);
        dgen_quantized_release(&back);
    }
}

/* Another's struct of a 2 x 8 array in 4 bits, groups of 4: row 1 of two rows, in lists whose second is meant. */
static const int64_t code_offsets[] = { 0, 3, 11 }, scale_offsets[] = { 0, 1, 5 };
static const uint8_t some_codes[12] = { 9, 9, 9, 0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE }, some_zeros[6] = { 9, 1, 2, 3, 4 };
static float some_scales[6] = { 9, .5f, 1, 2, 4 };
#define FIELDS "{\"bits\":4,\"scheme\":\"asymmetric\",\"range\":\"full\",\"axis\":\"group\",\"group\":4,\"shape\":[2,8]}"

static struct node *quantized_of(const void *scales, const char *fields)
{
    struct node *q = node_of(0, "+s", 1, 1, NULL);
    const void *data[] = { some_codes, scales, some_zeros }, *offsets[] = { code_offsets, scale_offsets, scale_offsets };
    static const char *const types[] = { "C", "f", "C" }, *const names[] = { "codes", "scale", "zero" };
    q->array.offset = 1;
    for (int i = 0; i < 3; i++) {
        struct node *list = node_of(1 + i, "+L", 2, 2, offsets[i]);
        add_child(list, node_of(4 + i, types[i], i ? 5 : 11, 2, data[i]), "item");
        add_child(q, list, names[i]);
    }
    q->schema.metadata = metadata_of("dgen.quantized", fields, NULL, NULL);
    return q;
}

static void quantized_comes_in(void)
{
    static uint8_t odd[sizeof some_scales + 4];
    memcpy(odd + 1, some_scales, sizeof some_scales);
    for (int way = 0; way < 2; way++) {
        struct node *n = quantized_of(way ? (void *)(odd + 1) : some_scales, FIELDS);
        dgen_quantized q = { 0 };
        dgen_array w = { 0 };
        arrays_released = schemas_released = 0;
        must(dgen_quantized_arrow_import(&q, &n->array, &n->schema, &error));
        CHECK(schemas_released == NODES && arrays_released == 0, "released %d and %d", schemas_released, arrays_released);
        CHECK(q.codes.data == some_codes + 3 && q.zero.data == some_zeros + 1 && (q.scale.data == some_scales + 1) == !way, "where they lie");
        CHECK(q.codes.shape[0] == 4 && q.codes.shape[1] == 2 && q.scale.shape[0] == 2 && q.scale.shape[1] == 2 && isnan(q.error.max), "shapes");
        must(dgen_dequantize(&w, &q, DGEN_F32, 0, &error));
        for (int r = 0; r < 2; r++)
            for (int c = 0; c < 8; c++) {
                int k = r * 2 + c / 4;
                float want = (float)(r * 8 + c - some_zeros[1 + k]) * some_scales[1 + k];
                CHECK(((float *)w.data)[r + 2 * c] == want, "row %d, column %d: %g, not %g", r, c, (double)((float *)w.data)[r + 2 * c], (double)want);
            }
        dgen_array_release(&w);
        dgen_quantized_release(&q);
        CHECK(arrays_released == NODES, "released %d", arrays_released);
    }
}

static void refuse_quantized(struct node *n, const char *message)
{
    dgen_quantized q = { 0 };
    uint64_t live = dgen_live_bytes();
    arrays_released = schemas_released = 0;
    dgen_status status = dgen_quantized_arrow_import(&q, &n->array, &n->schema, &error);
    CHECK(status != DGEN_OK && !strcmp(error.message, message), "\"%s\", not \"%s\"", status ? error.message : "taken", message);
    CHECK(!n->array.release && !n->schema.release && arrays_released == NODES && schemas_released == NODES, "released %d and %d times, %s",
          arrays_released, schemas_released, message);
    CHECK(!q.codes.release && dgen_live_bytes() == live, "nothing is left of a failure");
}

static void quantized_refused(void)
{
    static const int64_t down[] = { 0, 8, 3 }, below[] = { 0, -8, 0 }, far[] = { 0, 3, INT64_MAX };
    static const uint8_t valid[] = { 1 };
    struct node *n;
#define BAD(fields, change, message) \
    do { \
        n = quantized_of(some_scales, fields); \
        change; \
        refuse_quantized(n, message); \
    } while (0)
#define NOT_ONE "schema must be of a struct with \"dgen.quantized\" in its metadata"
#define NAMES "schema must have children \"codes\", \"scale\" and \"zero\""
    BAD(FIELDS, n->schema.metadata = NULL, NOT_ONE);
    BAD(FIELDS, n->schema.metadata = metadata_of("dgen", FIELDS, NULL, NULL), NOT_ONE);
    BAD(FIELDS, n->schema.format = "+l", NOT_ONE);
    BAD(FIELDS, n->array.length = 2, "array must have 1 row, not 2");
    BAD(FIELDS, n->array.offset = 2, "array must have 3 rows where there are 2");
    BAD(FIELDS, n->array.n_buffers = 0, "array must have 1 buffers for \"+s\", not 0");
    BAD(FIELDS, (n->array.null_count = -1, n->buffers[0] = valid), "array must not have nulls; element 1 is null");
    BAD(FIELDS, nodes[2].schema.name = "scales", NAMES);
    BAD(FIELDS, nodes[2].schema.name = NULL, NAMES);
    BAD(FIELDS, nodes[1].schema.format = "+l", "schema must have children of large lists, \"+L\", not \"+l\"");
    BAD(FIELDS, nodes[1].schema.format = NULL, "schema must have children of large lists, \"+L\", not \"\"");
    BAD(FIELDS, nodes[1].buffers[1] = NULL, "array must have data");
    BAD(FIELDS, nodes[1].buffers[1] = down, "array must have lists whose offsets ascend from 0, not 8 and 3");
    BAD(FIELDS, nodes[1].buffers[1] = below, "array must have lists whose offsets ascend from 0, not -8 and 0");
    BAD(FIELDS, nodes[1].buffers[1] = far, "array must have 9223372036854775807 rows where there are 11");
    BAD(FIELDS, nodes[4].array.length = 7, "array must have 11 rows where there are 7");
    BAD(FIELDS, nodes[4].schema.format = "u", TYPES "\"u\"");
    BAD(FIELDS, nodes[4].schema.format = "c", "q.codes must be u8, not i8");
    BAD(FIELDS, nodes[5].schema.format = "i", "q.scale must be f32, not i32");
    BAD(FIELDS, nodes[1].array.dictionary = &nodes[6].array, "schema must not have a dictionary");
    BAD("{}", (void)0, "bits must be 8, 4 or 2, not 0");
    BAD("{\"bits\":3}", (void)0, "bits must be 8, 4 or 2, not 3");
    BAD("{\"bits\":4,\"group\":4,\"scheme\":\"linear\"}", (void)0, "scheme must be \"asymmetric\", \"symmetric\" or \"offset\", not \"linear\"");
    BAD("{\"bits\":4,\"group\":4,\"scheme\":\"symmetric\",\"range\":\"full\",\"axis\":\"group\"}", (void)0, "q.shape must have 1 to 4 dimensions, not 0");
    BAD("{\"bits\":4,\"group\":4,\"scheme\":\"symmetric\",\"range\":\"full\",\"axis\":\"group\",\"shape\":[2,9]}", (void)0,
        "q.codes must have 10 elements for its shape, bits and group, not 8");
    BAD("{\"bits\":4,\"group\":0,\"scheme\":\"symmetric\",\"range\":\"full\",\"axis\":\"group\",\"shape\":[2,8]}", (void)0, "q.group must be 1 or more, not 0");
    BAD("{\"bits\":4,\"group\":4,\"scheme\":\"symmetric\",\"range\":\"full\",\"axis\":\"group\",\"shape\":[1152921504606846976,8]}", (void)0,
        "q.shape must have sizes from 1 up whose product is less than 2^60");
#undef BAD
    CHECK(!dgen_arrow_is_quantized(NULL), "no schema is one of a quantized array");
    n = quantized_of(some_scales, FIELDS);
    CHECK(dgen_arrow_is_quantized(&n->schema), "this one is");
    refuse(n, NODES, TYPES "\"+s\"");
}

int main(void)
{
    RUN(vectors_go_out);
    RUN(tensors_go_out);
    RUN(exports_refused);
    RUN(round_trips);
    RUN(others_come_in);
    RUN(misaligned_and_empty);
    RUN(tensors_come_in);
    RUN(vectors_refused);
    RUN(tensors_refused);
    RUN(quantized_go_and_return);
    RUN(quantized_comes_in);
    RUN(quantized_refused);
    return TEST_END();
}
