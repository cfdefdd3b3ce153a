/*
 * The array type: a userdata that holds one reference to memory of the core.
 *
 * A slice, a reshaped view and the array they came from each hold their own reference, so they may be closed and
 * collected in any order. Closing drops the reference at once; a closed array has no release function and every method
 * but close, tostring and == says so.
 */
#include <stdio.h>
#include <string.h>

#include "dgen_lua.h"

/* How many elements a loop of the binding handles between two looks for an interrupt. */
#define ELEMENTS_A_CHECK ((int64_t)1 << 20)

/* ------------------------------------------------------------------------------------------------------- arguments */

dgen_array *dgen_lua_push_array(lua_State *L)
{
    dgen_array *array = lua_newuserdatauv(L, sizeof *array, 0);
    memset(array, 0, sizeof *array);
    luaL_setmetatable(L, DGEN_LUA_ARRAY);
    return array;
}

dgen_array *dgen_lua_to_array(lua_State *L, int index)
{
    dgen_array *array = lua_touserdata(L, index);
    if (!array || !lua_getmetatable(L, index)) return NULL;
    if (lua_topointer(L, -1) != dgen_lua_host_get(L)->array_class) array = NULL;
    lua_pop(L, 1);
    return array;
}

dgen_array *dgen_lua_check_array(lua_State *L, int index, const char *argument)
{
    dgen_array *array = dgen_lua_to_array(L, index);
    if (!array) dgen_lua_raise_type(L, argument, "a dgen.array");
    if (!array->release) dgen_lua_raise_closed(L, argument);
    return array;
}

dgen_array *dgen_lua_check_contiguous(lua_State *L, int index, const char *argument)
{
    dgen_array *array = dgen_lua_check_array(L, index, argument);
    if (dgen_lua_is_strided(array)) dgen_lua_raise_type(L, argument, "contiguous; a row is not, but its copy is");
    return array;
}

static dgen_array *check_self(lua_State *L) { return dgen_lua_check_array(L, 1, "x"); }

const void *dgen_lua_check_bytes(lua_State *L, int index, const char *argument, size_t *n_bytes)
{
    if (lua_type(L, index) == LUA_TSTRING) return lua_tolstring(L, index, n_bytes);
    if (!dgen_lua_to_array(L, index)) dgen_lua_raise_type(L, argument, "a dgen.array or a string");
    const dgen_array *array = dgen_lua_check_contiguous(L, index, argument);
    *n_bytes = dgen_array_bytes(array);
    return array->data;
}

dgen_array *dgen_lua_push_new(lua_State *L, dgen_dtype dtype, int ndim, const int64_t *shape)
{
    dgen_array *array = dgen_lua_push_array(L);
    dgen_error error;
    dgen_status status;
    int tried = 0;
    do status = dgen_array_alloc(array, dtype, ndim, shape, NULL, &error);
    while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    dgen_lua_account(L);
    return array;
}

dgen_array *dgen_lua_push_vector(lua_State *L, dgen_dtype dtype, uint64_t n)
{
    const int64_t shape[1] = { (int64_t)n };
    return dgen_lua_push_new(L, dtype, 1, shape);
}

dgen_dtype dgen_lua_check_dtype(lua_State *L, int index, dgen_dtype otherwise)
{
    dgen_error error;
    dgen_dtype dtype = otherwise;
    if (lua_isnoneornil(L, index)) return dtype;
    if (dgen_dtype_find(&dtype, dgen_lua_check_text(L, index, "type"), &error) != DGEN_OK) dgen_lua_raise(L, &error);
    return dtype;
}

/* A position as in string.sub, 1-based, negative from the end; `otherwise` if there is none. */
static int64_t check_position(lua_State *L, int index, const char *argument, int64_t length, int64_t otherwise)
{
    int is_whole = 0;
    int64_t i = 0;
    if (lua_isnoneornil(L, index)) return otherwise;
    if (lua_type(L, index) == LUA_TNUMBER) i = lua_tointegerx(L, index, &is_whole);
    if (!is_whole) dgen_lua_raise_type(L, argument, "a whole number");
    if (i >= 0) return i;
    return i < -length ? 0 : length + i + 1;
}

int64_t dgen_lua_check_range(lua_State *L, int index, int64_t length, int64_t *first)
{
    int64_t i = check_position(L, index, "i", length, 1);
    int64_t j = check_position(L, index + 1, "j", length, length);
    if (i < 1) i = 1;
    if (j > length) j = length;
    *first = i <= j ? i - 1 : 0;
    return i <= j ? j - i + 1 : 0;
}

/* -------------------------------------------------------------------------------------------------------- elements */

dgen_array dgen_lua_part(const dgen_array *array, int64_t first, int64_t count)
{
    dgen_array part = *array;
    part.stride[0] = array->ndim == 1 ? array->stride[0] : 1;
    part.ndim = 1;
    part.shape[0] = count;
    part.data = (char *)array->data + first * part.stride[0] * (int64_t)dgen_dtype_bytes(array->dtype);
    return part;
}

void dgen_lua_convert(lua_State *L, dgen_array *out, const dgen_array *source)
{
    dgen_error error;
    if (dgen_array_convert(out, source, &error) != DGEN_OK) dgen_lua_raise(L, &error);
}

/* The i64 at i, of which a double would lose the low bits. */
static int64_t *integer_at(const dgen_array *array, int64_t i)
{
    return dgen_lua_part(array, i, 1).data;
}

static void push_element(lua_State *L, const dgen_array *array, int64_t i)
{
    switch (array->dtype) {
    case DGEN_I64: lua_pushinteger(L, *integer_at(array, i)); break;
    case DGEN_F16:
    case DGEN_BF16:
    case DGEN_F32:
    case DGEN_F64: lua_pushnumber(L, dgen_array_get(array, i)); break;
    default: lua_pushinteger(L, (lua_Integer)dgen_array_get(array, i));
    }
}

/* Stores the number at `index`; an i64 takes Lua's integers as they are. */
static void store_element(lua_State *L, dgen_array *array, int64_t i, int index)
{
    dgen_error error;
    if (lua_type(L, index) != LUA_TNUMBER) dgen_lua_raise_type(L, "value", "a number");
    if (array->dtype == DGEN_I64 && lua_isinteger(L, index)) *integer_at(array, i) = lua_tointeger(L, index);
    else if (dgen_array_set(array, i, lua_tonumber(L, index), &error) != DGEN_OK) dgen_lua_raise(L, &error);
}

void dgen_lua_store_list(lua_State *L, int index, dgen_array *out, const char *argument, const char *legal)
{
    int64_t n = dgen_array_length(out);
    dgen_lua_watch watch;
    dgen_lua_watch_init(L, &watch);
    for (int64_t i = 0; i < n; i++) {
        if (i % ELEMENTS_A_CHECK == 0) dgen_lua_watch_check(L, &watch);
        if (lua_rawgeti(L, index, i + 1) != LUA_TNUMBER) dgen_lua_raise_type(L, argument, legal);
        store_element(L, out, i, -1);
        lua_pop(L, 1);
    }
}

static int push_shape(lua_State *L, const dgen_array *array)
{
    lua_createtable(L, array->ndim, 0);
    for (int d = 0; d < array->ndim; d++) {
        lua_pushinteger(L, array->shape[d]);
        lua_rawseti(L, -2, d + 1);
    }
    return 1;
}

/* x[i], x.type, x.shape, and the methods, which are the second upvalue. */
static int array_index(lua_State *L)
{
    if (lua_type(L, 2) == LUA_TNUMBER) {
        const dgen_array *array = check_self(L);
        int is_whole;
        int64_t i = lua_tointegerx(L, 2, &is_whole);
        if (is_whole && i >= 1 && i <= dgen_array_length(array)) push_element(L, array, i - 1);
        else lua_pushnil(L);
        return 1;
    }
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL || lua_type(L, 2) != LUA_TSTRING) return 1;
    const char *name = lua_tostring(L, 2);
    if (!strcmp(name, "type")) lua_pushstring(L, dgen_dtype_name(check_self(L)->dtype));
    else if (!strcmp(name, "shape")) push_shape(L, check_self(L));
    return 1;
}

static int array_newindex(lua_State *L)
{
    dgen_array *array = check_self(L);
    uint64_t i = dgen_lua_check_whole(L, 2, "index", 1, (uint64_t)dgen_array_length(array));
    store_element(L, array, (int64_t)i - 1, 3);
    return 0;
}

static int array_length(lua_State *L)
{
    lua_pushinteger(L, dgen_array_length(check_self(L)));
    return 1;
}

static int next_element(lua_State *L)
{
    const dgen_array *array = check_self(L);
    int64_t i = (int64_t)dgen_lua_check_whole(L, 2, "index", 0, INT64_MAX);
    if (i >= dgen_array_length(array)) return 0;
    lua_pushinteger(L, i + 1);
    push_element(L, array, i);
    return 2;
}

static int array_pairs(lua_State *L)
{
    check_self(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushcclosure(L, next_element, 1);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

static int array_totable(lua_State *L)
{
    const dgen_array *array = check_self(L);
    int64_t first, count = dgen_lua_check_range(L, 2, dgen_array_length(array), &first);
    dgen_lua_watch watch;
    dgen_lua_watch_init(L, &watch);
    lua_createtable(L, count < INT32_MAX ? (int)count : 0, 0);
    for (int64_t k = 0; k < count; k++) {
        if (k % ELEMENTS_A_CHECK == 0) dgen_lua_watch_check(L, &watch);
        push_element(L, array, first + k);
        lua_rawseti(L, -2, k + 1);
    }
    return 1;
}

static int array_fill(lua_State *L)
{
    dgen_array *array = check_self(L);
    int64_t first, count = dgen_lua_check_range(L, 3, dgen_array_length(array), &first);
    size_t width = dgen_dtype_bytes(array->dtype), whole = (size_t)count * width;
    if (count > 0) store_element(L, array, first, 2);
    if (dgen_lua_is_strided(array)) {
        dgen_array part = dgen_lua_part(array, first, count), value = part;
        value.stride[0] = 0; /* the one element for every other */
        dgen_lua_convert(L, &part, &value);
    }
    else if (count > 0) {
        char *start = dgen_lua_part(array, first, count).data;
        for (size_t done = width; done < whole; done *= 2)
            memcpy(start + done, start, done < whole - done ? done : whole - done);
    }
    lua_settop(L, 1);
    return 1;
}

static int same_bytes(const dgen_array *a, const dgen_array *b)
{
    int64_t n = dgen_array_length(a);
    size_t width = dgen_dtype_bytes(a->dtype);
    if (!dgen_lua_is_strided(a) && !dgen_lua_is_strided(b)) return n == 0 || !memcmp(a->data, b->data, (size_t)n * width);
    for (int64_t i = 0; i < n; i++)
        if (memcmp(dgen_lua_part(a, i, 1).data, dgen_lua_part(b, i, 1).data, width) != 0) return 0;
    return 1;
}

/* The same type, shape and bytes; a closed array equals only itself. */
static int array_equal(lua_State *L)
{
    const dgen_array *a = dgen_lua_to_array(L, 1), *b = dgen_lua_to_array(L, 2);
    int same = a && b && a->release && b->release && a->dtype == b->dtype && a->ndim == b->ndim;
    for (int d = 0; same && d < a->ndim; d++) same = a->shape[d] == b->shape[d];
    lua_pushboolean(L, same && same_bytes(a, b));
    return 1;
}

static int array_describe(lua_State *L)
{
    const dgen_array *array = luaL_checkudata(L, 1, DGEN_LUA_ARRAY);
    char text[256];
    if (!array->release) lua_pushliteral(L, "dgen.array: closed");
    else {
        dgen_array_describe(array, text, sizeof text);
        lua_pushstring(L, text);
    }
    return 1;
}

/* ----------------------------------------------------------------------------------------------- views, conversion */

static int array_slice(lua_State *L)
{
    const dgen_array *array = check_self(L);
    int64_t first, count = dgen_lua_check_range(L, 2, dgen_array_length(array), &first);
    dgen_error error;
    if (dgen_array_slice(dgen_lua_push_array(L), array, first, count, &error) != DGEN_OK) dgen_lua_raise(L, &error);
    return 1;
}

/* A view of a matrix from element `first` on, along one of its dimensions. */
static int push_line(lua_State *L, const dgen_array *matrix, int64_t first, int along)
{
    dgen_array *line = dgen_lua_push_array(L);
    dgen_array_retain(line, matrix);
    *line = dgen_lua_part(line, first, matrix->shape[along]);
    line->stride[0] = matrix->stride[along];
    return 1;
}

static const dgen_array *check_matrix(lua_State *L)
{
    const dgen_array *array = check_self(L);
    if (array->ndim != 2) dgen_lua_raise_type(L, "x", "an array of 2 dimensions");
    return array;
}

static int array_row(lua_State *L)
{
    const dgen_array *matrix = check_matrix(L);
    int64_t i = (int64_t)dgen_lua_check_whole(L, 2, "i", 1, (uint64_t)matrix->shape[0]);
    return push_line(L, matrix, i - 1, 1);
}

static int array_column(lua_State *L)
{
    const dgen_array *matrix = check_matrix(L);
    int64_t j = (int64_t)dgen_lua_check_whole(L, 2, "j", 1, (uint64_t)matrix->shape[1]);
    return push_line(L, matrix, (j - 1) * matrix->shape[0], 0);
}

/* The core checks the shape as for borrowed memory; the view then shares the owner. */
static int array_reshape(lua_State *L)
{
    const dgen_array *array = dgen_lua_check_contiguous(L, 1, "x");
    int64_t shape[4], length = dgen_array_length(array);
    int ndim = lua_gettop(L) - 1;
    dgen_array shaped, kept;
    dgen_error error;
    if (ndim < 1 || ndim > 4) dgen_lua_raise_type(L, "shape", "1 to 4 dimensions");
    for (int d = 0; d < ndim; d++) shape[d] = (int64_t)dgen_lua_check_whole(L, d + 2, "shape", 0, (uint64_t)length);
    dgen_array *view = dgen_lua_push_array(L);
    if (dgen_array_borrow(&shaped, array->dtype, ndim, shape, array->data, &error) != DGEN_OK)
        dgen_lua_raise(L, &error);
    if (dgen_array_length(&shaped) != length) {
        char legal[64];
        snprintf(legal, sizeof legal, "dimensions whose product is %lld", (long long)length);
        dgen_lua_raise_type(L, "shape", legal);
    }
    dgen_array_retain(&kept, array);
    shaped.release = kept.release;
    shaped.owner = kept.owner;
    *view = shaped;
    return 1;
}

/* A new array runs finalizers, which may close x: it is looked at once more. */
static int push_converted(lua_State *L, dgen_dtype dtype)
{
    const dgen_array *array = check_self(L);
    dgen_array *converted = dgen_lua_push_new(L, dtype, array->ndim, array->shape);
    dgen_lua_convert(L, converted, check_self(L));
    return 1;
}

int dgen_lua_array_copy(lua_State *L) { return push_converted(L, check_self(L)->dtype); }

static int array_astype(lua_State *L) { return push_converted(L, dgen_lua_check_dtype(L, 2, check_self(L)->dtype)); }

/* ------------------------------------------------------------------------------------------------------- lifetime */

static int array_close(lua_State *L)
{
    dgen_array *array = luaL_checkudata(L, 1, DGEN_LUA_ARRAY);
    if (array->release) dgen_array_release(array);
    return 0;
}

/* dgen.array(table or n, type): the table's numbers, or n zeros. */
int dgen_lua_array_new(lua_State *L)
{
    dgen_dtype dtype = dgen_lua_check_dtype(L, 2, DGEN_F64);
    if (lua_type(L, 1) != LUA_TTABLE) {
        if (lua_type(L, 1) != LUA_TNUMBER) dgen_lua_raise_type(L, "values", "a table of numbers or a length");
        dgen_array *zeros = dgen_lua_push_vector(L, dtype, dgen_lua_check_whole(L, 1, "n", 0, INT64_MAX));
        if (dgen_array_bytes(zeros) > 0) memset(zeros->data, 0, dgen_array_bytes(zeros));
        return 1;
    }
    dgen_lua_store_list(L, 1, dgen_lua_push_vector(L, dtype, lua_rawlen(L, 1)), "value", "a number");
    return 1;
}

static const luaL_Reg methods[] = {
    { "slice", array_slice },     { "row", array_row },             { "column", array_column },
    { "reshape", array_reshape }, { "copy", dgen_lua_array_copy },  { "astype", array_astype },
    { "totable", array_totable }, { "fill", array_fill },           { "close", array_close },
    { NULL, NULL },
};

static const luaL_Reg metamethods[] = {
    { "__newindex", array_newindex }, { "__len", array_length },       { "__pairs", array_pairs },
    { "__eq", array_equal },          { "__tostring", array_describe }, { "__close", array_close },
    { "__gc", array_close },          { NULL, NULL },
};

void dgen_lua_open_array(lua_State *L)
{
    dgen_lua_host *host = lua_touserdata(L, -1);
    dgen_lua_new_class(L, DGEN_LUA_ARRAY, metamethods, methods, dgen_lua_array_file_methods, array_index);
    luaL_getmetatable(L, DGEN_LUA_ARRAY);
    host->array_class = lua_topointer(L, -1);
    lua_pop(L, 1);
}
