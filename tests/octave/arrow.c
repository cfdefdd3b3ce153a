/*
 * Another library that speaks the Arrow C data interface, for tests. It knows of it what the specification says
 * (arrow.apache.org/docs/format/CDataInterface.html), and nothing of dgen.
 *
 *   [array, schema] = arrow ("new")     addresses of two released structs, as uint64
 *   s = arrow ("see", array, schema)    what they say: format, name, length, null_count, n_buffers, data (the address of the last
 *                                       buffer, and of its first elements at the offset), children (a cell), bytes (of metadata)
 *   x = arrow ("read", address, n)      n bytes of memory
 *   arrow ("release", array, schema)    calls release of both, of which none may be there any more
 *   [array, schema] = arrow ("make", format, bytes, nulls, offset, length)    a primitive array that holds a copy of bytes
 *   n = arrow ("alive")                 how many of the structs made are not released
 *   arrow ("free", array, schema)       the memory of released structs
 */
#include <mex.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

static int alive;

static mxArray *address(const void *memory)
{
    mxArray *value = mxCreateNumericMatrix(1, 1, mxUINT64_CLASS, mxREAL);
    *(uint64_t *)mxGetData(value) = (uintptr_t)memory;
    return value;
}

static void *memory(const mxArray *value) { return (void *)(uintptr_t)*(uint64_t *)mxGetData(value); }

static size_t metadata_bytes(const char *metadata)
{
    int32_t pairs, length;
    size_t at = 4;
    if (!metadata) return 0;
    memcpy(&pairs, metadata, 4);
    for (int i = 0; i < 2 * pairs; i++) {
        memcpy(&length, metadata + at, 4);
        at += 4 + (size_t)length;
    }
    return at;
}

static mxArray *see(const struct ArrowArray *array, const struct ArrowSchema *schema)
{
    static const char *names[] = { "format", "name", "length", "null_count", "offset", "n_buffers", "data", "children", "bytes" };
    mxArray *out = mxCreateStructMatrix(1, 1, 9, names);
    mxArray *children = mxCreateCellMatrix(1, (mwSize)array->n_children);
    mxArray *bytes = mxCreateNumericMatrix(1, (mwSize)metadata_bytes(schema->metadata), mxUINT8_CLASS, mxREAL);
    memcpy(mxGetData(bytes), schema->metadata ? schema->metadata : "", metadata_bytes(schema->metadata));
    for (int64_t i = 0; i < array->n_children; i++)
        mxSetCell(children, (mwIndex)i, see(array->children[i], schema->children[i]));
    mxSetField(out, 0, "format", mxCreateString(schema->format));
    mxSetField(out, 0, "name", mxCreateString(schema->name ? schema->name : ""));
    mxSetField(out, 0, "length", mxCreateDoubleScalar((double)array->length));
    mxSetField(out, 0, "null_count", mxCreateDoubleScalar((double)array->null_count));
    mxSetField(out, 0, "offset", mxCreateDoubleScalar((double)array->offset));
    mxSetField(out, 0, "n_buffers", mxCreateDoubleScalar((double)array->n_buffers));
    mxSetField(out, 0, "data", mxCreateDoubleScalar(array->n_buffers > 0 ? (double)(uintptr_t)array->buffers[array->n_buffers - 1] : 0));
    mxSetField(out, 0, "children", children);
    mxSetField(out, 0, "bytes", bytes);
    return out;
}

static void release(struct ArrowArray *array, struct ArrowSchema *schema)
{
    if (!array->release || !schema->release) mexErrMsgTxt("released before");
    array->release(array);
    schema->release(schema);
    if (array->release || schema->release) mexErrMsgTxt("release must mark what it released");
}

static void release_made_array(struct ArrowArray *array)
{
    free(array->private_data);
    free(array->buffers);
    array->release = NULL;
    alive--;
}

static void release_made_schema(struct ArrowSchema *schema)
{
    free(schema->private_data);
    schema->release = NULL;
    alive--;
}

static void make(struct ArrowArray *array, struct ArrowSchema *schema, const mxArray *input[])
{
    size_t bytes = mxGetNumberOfElements(input[2]) * mxGetElementSize(input[2]);
    void *data = aligned_alloc(64, (bytes / 64 + 1) * 64);
    char *format = mxArrayToString(input[1]);
    memcpy(data, mxGetData(input[2]), bytes);
    *schema = (struct ArrowSchema){ .format = strdup(format), .name = "", .release = release_made_schema };
    schema->private_data = (void *)schema->format;
    mxFree(format);
    *array = (struct ArrowArray){ .length = (int64_t)mxGetScalar(input[5]), .null_count = (int64_t)mxGetScalar(input[3]),
                                  .offset = (int64_t)mxGetScalar(input[4]), .n_buffers = 2,
                                  .buffers = calloc(2, sizeof *array->buffers), .release = release_made_array,
                                  .private_data = data };
    array->buffers[1] = data;
    alive += 2;
}

void mexFunction(int outputs, mxArray *output[], int inputs, const mxArray *input[])
{
    char act[16];
    (void)outputs;
    mxGetString(input[0], act, sizeof act);
    int given = inputs == 3 && mxIsUint64(input[1]) && mxIsUint64(input[2]);
    struct ArrowArray *array = given ? memory(input[1]) : NULL;
    struct ArrowSchema *schema = given ? memory(input[2]) : NULL;
    if (!strcmp(act, "new") || !strcmp(act, "make")) {
        array = calloc(1, sizeof *array);
        schema = calloc(1, sizeof *schema);
        if (!strcmp(act, "make")) make(array, schema, input);
        output[0] = address(array);
        output[1] = address(schema);
    }
    else if (!strcmp(act, "see")) output[0] = see(array, schema);
    else if (!strcmp(act, "release")) release(array, schema);
    else if (!strcmp(act, "alive")) output[0] = mxCreateDoubleScalar(alive);
    else if (!strcmp(act, "read")) {
        size_t n = (size_t)mxGetScalar(input[2]);
        output[0] = mxCreateNumericMatrix((mwSize)n, 1, mxUINT8_CLASS, mxREAL);
        memcpy(mxGetData(output[0]), (const void *)(uintptr_t)mxGetScalar(input[1]), n);
    }
    else {
        free(array);
        free(schema);
    }
}
