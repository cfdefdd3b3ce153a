/*
 * Quantized arrays, and those packed for other programs, as Lua's tables; and what their functions read.
 *
 * To Lua a quantized array is a value: a table of arrays, numbers and texts, with methods. Any table with these fields will
 * do, so that one can be stored and put together again; the core checks that they fit each other.
 *
 * What the core makes goes into a hold at once, a userdata of arrays that the collector releases, and from there into
 * tables, which may raise. An array that is read lies on the stack until the call is over, and its struct is looked at only
 * right before the core is called: making room for anything else may run finalizers, which may close it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dgen_lua.h"

#define HOLD "dgen.hold"
#define PACKED "dgen.packed"

/* ------------------------------------------------------------------------------------------------------------ holds */

dgen_array *dgen_lua_push_hold(lua_State *L, size_t count)
{
    dgen_array *hold = lua_newuserdatauv(L, count * sizeof *hold, 0);
    memset(hold, 0, count * sizeof *hold);
    luaL_setmetatable(L, HOLD);
    return hold;
}

void dgen_lua_release_hold(dgen_array *hold, size_t count)
{
    for (size_t i = 0; i < count; i++) dgen_array_release(&hold[i]);
}

static int collect_hold(lua_State *L)
{
    dgen_array *hold = luaL_checkudata(L, 1, HOLD);
    dgen_lua_release_hold(hold, lua_rawlen(L, 1) / sizeof *hold);
    return 0;
}

void dgen_lua_set_held(lua_State *L, const char *field, dgen_array *held)
{
    dgen_array *array = dgen_lua_push_array(L);
    *array = *held;
    memset(held, 0, sizeof *held);
    lua_setfield(L, -2, field);
}

/* ----------------------------------------------------------------------------------------------------------- floats */

/* True if the table at `index` has nothing but elements 1 to n. */
static int is_list(lua_State *L, int index, int64_t n)
{
    int64_t keys = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) keys++;
    return keys == n;
}

#define LIST_LEGAL "a list of numbers, or of rows of as many numbers each"

/* The rows of a table's tables; their elements are as far apart as a column is long. */
static void store_rows(lua_State *L, int index, const char *argument, dgen_array *matrix)
{
    for (int64_t i = 0; i < matrix->shape[0]; i++) {
        dgen_array row = dgen_lua_part(matrix, i, matrix->shape[1]);
        row.stride[0] = matrix->shape[0];
        if (lua_rawgeti(L, index, i + 1) != LUA_TTABLE || (int64_t)lua_rawlen(L, -1) != matrix->shape[1])
            dgen_lua_raise_type(L, argument, LIST_LEGAL);
        dgen_lua_store_list(L, lua_gettop(L), &row, argument, LIST_LEGAL);
        lua_pop(L, 1);
    }
}

const dgen_array *dgen_lua_check_floats(lua_State *L, int index, const char *argument, dgen_array *own)
{
    const dgen_array *array = dgen_lua_to_array(L, index);
    int64_t shape[2] = { 0, 1 };
    dgen_error error;
    int ndim = 1;
    lua_pushvalue(L, index);
    if (array) return array;
    if (!lua_istable(L, index)) dgen_lua_raise_type(L, argument, "an array");
    index = lua_absindex(L, index);
    shape[0] = (int64_t)lua_rawlen(L, index);
    if (shape[0] == 0 && !is_list(L, index, 0)) dgen_lua_raise_type(L, argument, "an array");
    if (lua_rawgeti(L, index, 1) == LUA_TTABLE) {
        ndim = 2;
        shape[1] = (int64_t)lua_rawlen(L, -1);
    }
    lua_pop(L, 2);
    void *numbers = lua_newuserdatauv(L, (size_t)(shape[0] * shape[1]) * sizeof(double), 0);
    if (dgen_array_borrow(own, DGEN_F64, ndim, shape, numbers, &error) != DGEN_OK) dgen_lua_raise(L, &error);
    if (ndim == 2) store_rows(L, index, argument, own);
    else dgen_lua_store_list(L, index, own, argument, LIST_LEGAL);
    return own;
}

dgen_array *dgen_lua_check_layers(lua_State *L, int index, const char *argument, int64_t *count)
{
    if (!lua_istable(L, index)) dgen_lua_raise_type(L, argument, "a list of arrays");
    *count = (int64_t)lua_rawlen(L, index);
    if (!is_list(L, index, *count)) dgen_lua_raise_type(L, argument, "a list of arrays");
    dgen_array *layers = dgen_lua_push_hold(L, (size_t)*count);
    lua_createtable(L, *count < INT32_MAX ? (int)*count : 0, 0);
    for (int64_t i = 0; i < *count; i++) {
        char name[32];
        dgen_array own;
        snprintf(name, sizeof name, "layer %lld: x", (long long)i + 1);
        lua_rawgeti(L, index, i + 1);
        const dgen_array *x = dgen_lua_check_floats(L, lua_gettop(L), name, &own);
        lua_rawseti(L, -3, i + 1); /* where the numbers of a list lie */
        lua_pop(L, 1);
        if (!x->release) dgen_lua_raise_closed(L, name);
        dgen_array_retain(&layers[i], x);
    }
    return layers;
}

/* ------------------------------------------------------------------------------------------------- quantized arrays */

void dgen_lua_set_shape(lua_State *L, int ndim, const int64_t *shape)
{
    lua_createtable(L, ndim, 0);
    for (int i = 0; i < ndim; i++) {
        lua_pushinteger(L, shape[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "shape");
}

void dgen_lua_set_record(lua_State *L, const dgen_record *record)
{
    for (int i = 0; i < record->count; i++) {
        dgen_lua_push_value(L, record->fields[i].value);
        lua_setfield(L, -2, record->fields[i].name);
    }
}

void dgen_lua_hold_quantized(dgen_array hold[3], dgen_quantized *q)
{
    hold[0] = q->codes;
    hold[1] = q->scale;
    hold[2] = q->zero;
}

void dgen_lua_push_quantized(lua_State *L, const dgen_quantized *q, dgen_array hold[3])
{
    dgen_record record;
    lua_createtable(L, 0, 10);
    luaL_setmetatable(L, DGEN_LUA_QUANTIZED);
    dgen_lua_set_held(L, "codes", &hold[0]);
    dgen_lua_set_held(L, "scale", &hold[1]);
    dgen_lua_set_held(L, "zero", &hold[2]);
    dgen_quantized_record(q, &record);
    dgen_lua_set_record(L, &record);
    dgen_lua_set_shape(L, q->ndim, q->shape);
    dgen_certificate_record(&q->error, &record);
    dgen_lua_push_record(L, &record);
    lua_setfield(L, -2, "error");
}

/* The shape of the table at `index`; how many dimensions, of which the core says whether it takes them. */
static int read_shape(lua_State *L, int index, const char *argument, int64_t shape[4])
{
    char name[16];
    snprintf(name, sizeof name, "%s.shape", argument);
    if (lua_getfield(L, index, "shape") != LUA_TTABLE) dgen_lua_raise_type(L, name, "a list of dimensions");
    lua_Unsigned ndim = lua_rawlen(L, -1);
    for (lua_Unsigned i = 0; i < ndim && i < 4; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        shape[i] = (int64_t)dgen_lua_check_whole(L, -1, name, 0, UINT64_C(1) << 60);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return ndim < 5 ? (int)ndim : 5;
}

const dgen_array *dgen_lua_check_part(lua_State *L, int index, const char *argument, const char *field)
{
    char name[32];
    snprintf(name, sizeof name, "%s.%s", argument, field);
    lua_getfield(L, index, field);
    return dgen_lua_check_array(L, -1, name);
}

/* The certificate of the table at `index`, of which what is not there is NaN. */
static void read_certificate(lua_State *L, int index, dgen_certificate *error)
{
    static const char *const names[] = { "max", "rmse", "snr_db", "cosine", "clipped", "nonfinite" };
    double values[6];
    int there = lua_getfield(L, index, "error") == LUA_TTABLE;
    for (int i = 0; i < 6; i++) {
        values[i] = NAN;
        if (!there) continue;
        if (lua_getfield(L, -1, names[i]) == LUA_TNUMBER) values[i] = lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    *error = (dgen_certificate){ values[0], values[1], values[2], values[3], 0, 0 };
    if (values[4] >= 0 && values[4] < 0x1p63) error->clipped = (int64_t)values[4];
    if (values[5] >= 0 && values[5] < 0x1p63) error->nonfinite = (int64_t)values[5];
}

void dgen_lua_check_quantized(lua_State *L, int index, dgen_lua_quantized *q)
{
    dgen_error error;
    dgen_record record;
    memset(&q->value, 0, sizeof q->value);
    if (!lua_istable(L, index)) dgen_lua_raise_type(L, "q", "what quantize returns");
    dgen_quantized_record(&q->value, &record);
    for (int i = 0; i < record.count; i++) {
        const char *name = record.fields[i].name;
        lua_getfield(L, index, name);
        if (dgen_quantized_set(&q->value, name, dgen_lua_value(L, -1), &error) != DGEN_OK) dgen_lua_raise(L, &error);
        lua_pop(L, 1);
    }
    q->value.ndim = read_shape(L, index, "q", q->value.shape);
    read_certificate(L, index, &q->value.error);
    q->codes = dgen_lua_check_part(L, index, "q", "codes");
    q->scale = dgen_lua_check_part(L, index, "q", "scale");
    q->zero = dgen_lua_check_part(L, index, "q", "zero");
}

const dgen_quantized *dgen_lua_quantized_now(dgen_lua_quantized *q)
{
    q->value.codes = *q->codes;
    q->value.scale = *q->scale;
    q->value.zero = *q->zero;
    return &q->value;
}

static int quantized_describe(lua_State *L)
{
    dgen_lua_quantized q;
    char text[256];
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "codes");
    const dgen_array *codes = dgen_lua_to_array(L, 2);
    if (codes && !codes->release) lua_pushliteral(L, "dgen.quantized: closed");
    else {
        dgen_error error;
        dgen_lua_check_quantized(L, 1, &q);
        if (dgen_quantized_check(dgen_lua_quantized_now(&q), &error) != DGEN_OK) dgen_lua_raise(L, &error);
        dgen_quantized_describe(&q.value, text, sizeof text);
        lua_pushstring(L, text);
    }
    return 1;
}

/* Closes the arrays of either table. */
static int close_parts(lua_State *L)
{
    static const char *const parts[] = { "codes", "scale", "zero" };
    luaL_checktype(L, 1, LUA_TTABLE);
    for (int i = 0; i < 3; i++) {
        lua_getfield(L, 1, parts[i]);
        dgen_array *part = dgen_lua_to_array(L, -1);
        if (part) dgen_array_release(part);
        lua_pop(L, 1);
    }
    return 0;
}

/* ---------------------------------------------------------------------------------------------------- packed arrays */

void dgen_lua_push_packed(lua_State *L, const dgen_packed *p, dgen_array hold[3])
{
    lua_createtable(L, 0, 7);
    luaL_setmetatable(L, PACKED);
    lua_pushstring(L, dgen_packing_name(p->packing));
    lua_setfield(L, -2, "packing");
    lua_pushinteger(L, p->bits);
    lua_setfield(L, -2, "bits");
    lua_pushinteger(L, p->group);
    lua_setfield(L, -2, "group");
    dgen_lua_set_shape(L, p->ndim, p->shape);
    if (hold[0].release) dgen_lua_set_held(L, "codes", &hold[0]);
    if (hold[1].release) dgen_lua_set_held(L, "scale", &hold[1]);
    if (hold[2].release) dgen_lua_set_held(L, "zero", &hold[2]);
}

static uint64_t check_field(lua_State *L, int index, const char *field, const char *name)
{
    lua_getfield(L, index, field);
    uint64_t value = dgen_lua_check_whole(L, -1, name, 0, UINT64_C(1) << 53);
    lua_pop(L, 1);
    return value;
}

/* A part that a layout may lack. */
static const dgen_array *check_optional_part(lua_State *L, int index, const char *field)
{
    if (lua_getfield(L, index, field) == LUA_TNIL) return NULL;
    lua_pop(L, 1);
    return dgen_lua_check_part(L, index, "p", field);
}

void dgen_lua_check_packed(lua_State *L, int index, dgen_lua_packed *p)
{
    dgen_error error;
    memset(&p->value, 0, sizeof p->value);
    lua_getfield(L, index, "packing");
    if (dgen_packing_find(&p->value.packing, dgen_lua_check_text(L, -1, "p.packing"), &error) != DGEN_OK)
        dgen_lua_raise(L, &error);
    lua_pop(L, 1);
    uint64_t bits = check_field(L, index, "bits", "p.bits");
    p->value.bits = bits < INT32_MAX ? (int)bits : INT32_MAX;
    p->value.group = (int64_t)check_field(L, index, "group", "p.group");
    p->value.ndim = read_shape(L, index, "p", p->value.shape);
    p->codes = dgen_lua_check_part(L, index, "p", "codes");
    p->scale = check_optional_part(L, index, "scale");
    p->zero = check_optional_part(L, index, "zero");
}

const dgen_packed *dgen_lua_packed_now(dgen_lua_packed *p)
{
    p->value.codes = *p->codes;
    if (p->scale) p->value.scale = *p->scale;
    if (p->zero) p->value.zero = *p->zero;
    return &p->value;
}

static int packed_describe(lua_State *L)
{
    dgen_lua_packed p;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "codes");
    const dgen_array *codes = dgen_lua_to_array(L, 2);
    if (codes && !codes->release) lua_pushliteral(L, "dgen.packed: closed");
    else {
        dgen_lua_check_packed(L, 1, &p);
        lua_pushfstring(L, "dgen.packed: %s, %d bits, groups of %I of ", dgen_packing_name(p.value.packing), p.value.bits,
                        (lua_Integer)p.value.group);
        for (int i = 0; i < p.value.ndim && i < 4; i++) {
            lua_pushfstring(L, i ? " x %I" : "%I", (lua_Integer)p.value.shape[i]);
            lua_concat(L, 2);
        }
    }
    return 1;
}

/* ---------------------------------------------------------------------------------------------------------- classes */

/* The methods, which are the second upvalue. */
static int find_method(lua_State *L)
{
    lua_settop(L, 2);
    lua_rawget(L, lua_upvalueindex(2));
    return 1;
}

static const luaL_Reg quantized_methods[] = {
    { "dequantize", dgen_lua_dequantize }, { "unpack", dgen_lua_unpack }, { "repack", dgen_lua_repack },
    { "close", close_parts },              { NULL, NULL },
};

static const luaL_Reg quantized_metamethods[] = {
    { "__tostring", quantized_describe }, { "__close", close_parts }, { NULL, NULL },
};

static const luaL_Reg packed_methods[] = { { "repack", dgen_lua_repack }, { "close", close_parts }, { NULL, NULL } };

static const luaL_Reg packed_metamethods[] = {
    { "__tostring", packed_describe }, { "__close", close_parts }, { NULL, NULL },
};

static const luaL_Reg hold_metamethods[] = { { "__gc", collect_hold }, { NULL, NULL } };
static const luaL_Reg no_methods[] = { { NULL, NULL } };

void dgen_lua_open_quantized(lua_State *L)
{
    dgen_lua_new_class(L, DGEN_LUA_QUANTIZED, quantized_metamethods, quantized_methods, NULL, find_method);
    dgen_lua_new_class(L, PACKED, packed_metamethods, packed_methods, NULL, find_method);
    dgen_lua_new_class(L, HOLD, hold_metamethods, no_methods, NULL, find_method);
}
