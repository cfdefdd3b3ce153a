/*
 * The Arrow C data interface: arrays and quantized arrays to and from other libraries of the process, without a copy.
 *
 * The structs that pass between them lie where the other library says, at an address: an integer, "0x..." text, or light
 * userdata. Or Lua has them: userdata, whose address is what string.format ("%p", ...) gives, and which the collector
 * releases if nobody has taken them over.
 */
#include <stdint.h>
#include <string.h>

#include "dgen_lua.h"

#define ARROW_ARRAY "dgen.arrow_array"
#define ARROW_SCHEMA "dgen.arrow_schema"

/* The address at `index`, or that of a userdata of the class. */
static void *check_address(lua_State *L, int index, const char *argument, const char *class)
{
    uint64_t address = 0;
    dgen_error error;
    void *own = luaL_testudata(L, index, class);
    if (own) return own;
    if (lua_islightuserdata(L, index)) address = (uintptr_t)lua_touserdata(L, index);
    else if (dgen_value_whole(&address, argument, dgen_lua_value(L, index), 1, UINTPTR_MAX, 1, &error) != DGEN_OK)
        dgen_lua_raise(L, &error);
    if (address % _Alignof(struct ArrowArray) || address == 0) dgen_lua_raise_type(L, argument, "the address of a struct");
    return (void *)(uintptr_t)address;
}

/* Pushes released structs of Lua's own. */
static void push_structs(lua_State *L, struct ArrowArray **array, struct ArrowSchema **schema)
{
    *array = lua_newuserdatauv(L, sizeof **array, 0);
    memset(*array, 0, sizeof **array);
    luaL_setmetatable(L, ARROW_ARRAY);
    *schema = lua_newuserdatauv(L, sizeof **schema, 0);
    memset(*schema, 0, sizeof **schema);
    luaL_setmetatable(L, ARROW_SCHEMA);
}

static int collect_array(lua_State *L)
{
    struct ArrowArray *array = luaL_checkudata(L, 1, ARROW_ARRAY);
    if (array->release) array->release(array);
    return 0;
}

static int collect_schema(lua_State *L)
{
    struct ArrowSchema *schema = luaL_checkudata(L, 1, ARROW_SCHEMA);
    if (schema->release) schema->release(schema);
    return 0;
}

/* A list's numbers in memory of the core, which may outlive the call; else the array itself. */
static const dgen_array *check_lasting(lua_State *L, int index)
{
    dgen_array own;
    const dgen_array *x = dgen_lua_check_floats(L, index, "x", &own);
    if (x != &own) return x;
    dgen_array *lasting = dgen_lua_push_new(L, DGEN_F64, own.ndim, own.shape);
    dgen_lua_convert(L, lasting, &own);
    return lasting;
}

/* dgen.arrow_export (x or q, array_address, schema_address). */
int dgen_lua_arrow_export(lua_State *L)
{
    struct ArrowArray *array;
    struct ArrowSchema *schema;
    dgen_lua_quantized q;
    const dgen_array *x = NULL;
    dgen_error error;
    dgen_status status;
    int tried = 0;
    lua_settop(L, 3);
    int own = lua_isnil(L, 2) && lua_isnil(L, 3);
    if (own) push_structs(L, &array, &schema);
    else {
        array = check_address(L, 2, "array_address", ARROW_ARRAY);
        schema = check_address(L, 3, "schema_address", ARROW_SCHEMA);
        if (lua_isuserdata(L, 2) && !lua_islightuserdata(L, 2) && array->release)
            dgen_lua_raise_type(L, "array_address", "a released struct");
        if (lua_isuserdata(L, 3) && !lua_islightuserdata(L, 3) && schema->release)
            dgen_lua_raise_type(L, "schema_address", "a released struct");
    }
    int result = lua_gettop(L);
    if (lua_istable(L, 1) && lua_getfield(L, 1, "codes") != LUA_TNIL) dgen_lua_check_quantized(L, 1, &q);
    else x = check_lasting(L, 1);
    do {
        if (x) status = dgen_arrow_export(array, schema, x, &error);
        else status = dgen_quantized_arrow_export(array, schema, dgen_lua_quantized_now(&q), &error);
    } while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    lua_settop(L, result);
    return own ? 2 : 0;
}

/* dgen.arrow_import (array_address, schema_address). */
int dgen_lua_arrow_import(lua_State *L)
{
    dgen_error error;
    dgen_status status;
    lua_settop(L, 2);
    struct ArrowArray *array = check_address(L, 1, "array_address", ARROW_ARRAY);
    struct ArrowSchema *schema = check_address(L, 2, "schema_address", ARROW_SCHEMA);
    dgen_array *hold = dgen_lua_push_hold(L, 3);
    if (dgen_arrow_is_quantized(schema)) {
        dgen_quantized q;
        memset(&q, 0, sizeof q);
        status = dgen_quantized_arrow_import(&q, array, schema, &error);
        if (status != DGEN_OK) dgen_lua_raise(L, &error);
        dgen_lua_hold_quantized(hold, &q);
        dgen_lua_push_quantized(L, &q, hold);
    }
    else {
        dgen_array *x = dgen_lua_push_array(L);
        if (dgen_arrow_import(x, array, schema, &error) != DGEN_OK) dgen_lua_raise(L, &error);
    }
    dgen_lua_account(L);
    return 1;
}

static int no_field(lua_State *L)
{
    lua_pushnil(L);
    return 1;
}

static const luaL_Reg array_metamethods[] = { { "__gc", collect_array }, { NULL, NULL } };
static const luaL_Reg schema_metamethods[] = { { "__gc", collect_schema }, { NULL, NULL } };
static const luaL_Reg no_methods[] = { { NULL, NULL } };

void dgen_lua_open_arrow(lua_State *L)
{
    dgen_lua_new_class(L, ARROW_ARRAY, array_metamethods, no_methods, NULL, no_field);
    dgen_lua_new_class(L, ARROW_SCHEMA, schema_metamethods, no_methods, NULL, no_field);
}
