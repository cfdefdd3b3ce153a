/*
 * The vector operations: one C function for all of them, made into the functions of the module, the methods of arrays and
 * their operators by a loop over the core's registry.
 *
 * An operand is an array, a number, or a list of numbers, which becomes an f64 array for the time of the call: its
 * elements lie in a userdata of Lua's, so that an error leaves nothing to clean up. The result is a new array from the
 * core's pool, or the option `out`.
 */
#include <math.h>
#include <string.h>

#include "dgen_lua.h"

/* The arguments of a call. */
typedef struct arguments {
    dgen_operand operands[3];
    dgen_array lists[3]; /* what the operands that are lists have become */
    dgen_op_options options;
    dgen_array *out; /* the option, which is then also in the stack's slot `result`; or NULL */
    int result;
} arguments;

static const dgen_operation *this_operation(lua_State *L) { return lua_touserdata(L, lua_upvalueindex(2)); }

/* ------------------------------------------------------------------------------------------------------- arguments */

/* Argument i of the operation, as the messages of the core put it. */
static const char *legal(const dgen_operation *operation, int i)
{
    if (i >= operation->arrays) return "a number";
    return operation->kind == DGEN_ELEMENTWISE && operation->arrays > 1 ? "an array or a number" : "an array";
}

/* A list's numbers as an array that lives as long as the userdata pushed here. */
static void read_list(lua_State *L, const dgen_operation *operation, int i, int index, dgen_array *out)
{
    dgen_error error;
    int64_t n = (int64_t)lua_rawlen(L, index);
    if (n == 0) {
        lua_pushnil(L);
        if (lua_next(L, index)) dgen_lua_raise_type(L, operation->arguments[i], legal(operation, i));
    }
    void *numbers = lua_newuserdatauv(L, (size_t)n * sizeof(double), 0);
    if (dgen_array_borrow(out, DGEN_F64, 1, &n, numbers, &error) != DGEN_OK) dgen_lua_raise(L, &error);
    dgen_lua_store_list(L, index, out, operation->arguments[i], "a list of numbers");
}

static void read_operand(lua_State *L, const dgen_operation *operation, int i, int index, arguments *a)
{
    dgen_operand *operand = &a->operands[i];
    int type = lua_type(L, index);
    operand->array = NULL;
    operand->number = 0;
    if (type == LUA_TNUMBER) operand->number = lua_tonumber(L, index);
    else if (type == LUA_TTABLE && i < operation->arrays) {
        read_list(L, operation, i, index, &a->lists[i]);
        operand->array = &a->lists[i];
    }
    else if (!(operand->array = dgen_lua_to_array(L, index)))
        dgen_lua_raise_type(L, operation->arguments[i], legal(operation, i));
}

static void read_options(lua_State *L, const dgen_operation *operation, int index, arguments *a)
{
    dgen_op op = dgen_operation_op(operation);
    dgen_error error;
    const char *name;
    if (!lua_istable(L, index)) dgen_lua_raise_type(L, "options", "a table");
    lua_pushnil(L);
    while ((name = dgen_lua_next_option(L, index))) {
        if (operation->kind != DGEN_REDUCTION && !strcmp(name, "out")) {
            a->out = dgen_lua_check_array(L, -1, "out");
            lua_copy(L, -1, a->result);
        }
        else if (dgen_op_options_set(&a->options, op, name, dgen_lua_value(L, -1), &error) != DGEN_OK)
            dgen_lua_raise(L, &error);
        lua_pop(L, 1);
    }
}

/* Arrays, numbers, options; a number that has a default may be nil, or left out before the options. */
static void read_arguments(lua_State *L, const dgen_operation *operation, arguments *a)
{
    int count = operation->arrays + operation->parameters, index = 1;
    a->result = count + 2;
    a->out = NULL;
    lua_settop(L, a->result);
    for (int i = 0; i < count; i++) {
        int type = lua_type(L, index);
        int is_left_out = !isnan(operation->defaults[i]) && (type == LUA_TNIL || type == LUA_TTABLE);
        if (is_left_out) a->operands[i] = (dgen_operand){ NULL, operation->defaults[i] };
        else read_operand(L, operation, i, index, a);
        index += !is_left_out || type == LUA_TNIL;
    }
    dgen_op_options_init(&a->options);
    if (!lua_isnil(L, index)) read_options(L, operation, index, a);
}

/* ------------------------------------------------------------------------------------------------------- the calls */

static int map(lua_State *L, const dgen_operation *operation, arguments *a)
{
    dgen_array *out = a->out ? a->out : dgen_lua_push_array(L);
    dgen_error error;
    dgen_status status;
    dgen_lua_watch watch;
    int tried = 0;
    do {
        dgen_lua_watch_start(L, &watch);
        status = dgen_map(out, dgen_operation_op(operation), a->operands, &a->options, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    if (a->out) lua_settop(L, a->result);
    else dgen_lua_account(L);
    return 1;
}

static int reduce(lua_State *L, const dgen_operation *operation, arguments *a)
{
    double result;
    dgen_error error;
    dgen_status status;
    dgen_lua_watch watch;
    int tried = 0;
    do {
        dgen_lua_watch_start(L, &watch);
        status = dgen_reduce(&result, dgen_operation_op(operation), a->operands, &a->options, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    if (operation->is_index) lua_pushinteger(L, (lua_Integer)result + 1);
    else lua_pushnumber(L, result);
    return 1;
}

/* dgen.exp (x), x:exp (): the operation is the second upvalue. */
static int operate(lua_State *L)
{
    const dgen_operation *operation = this_operation(L);
    arguments a;
    read_arguments(L, operation, &a);
    return operation->kind == DGEN_REDUCTION ? reduce(L, operation, &a) : map(L, operation, &a);
}

/* x + y, -x: Lua passes two operands to either. */
static int operate_on_operands(lua_State *L)
{
    lua_settop(L, this_operation(L)->arrays);
    return operate(L);
}

/* ------------------------------------------------------------------------------------------------------ the registry */

static void set_text(lua_State *L, const char *field, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, field);
}

/* Those of `names` that are not NULL, as a list. */
static void set_list(lua_State *L, const char *field, const char *const *names, int count)
{
    lua_createtable(L, count, 0);
    for (int i = 0, length = 0; i < count; i++) {
        if (!names[i]) continue;
        lua_pushstring(L, names[i]);
        lua_rawseti(L, -2, ++length);
    }
    lua_setfield(L, -2, field);
}

/* A row of the registry as a table. */
static void push_operation(lua_State *L, const dgen_operation *operation)
{
    static const char *const kinds[] = { "elementwise", "normalization", "reduction" };
    const char *const options[] = { operation->kind == DGEN_REDUCTION ? NULL : "out",
                                    operation->has_nan_option ? "nan" : NULL, "max_threads" };
    int count = operation->arrays + operation->parameters;
    lua_createtable(L, 0, 10);
    set_text(L, "name", operation->name);
    set_text(L, "kind", kinds[operation->kind]);
    set_text(L, "formula", operation->formula);
    set_text(L, "summary", operation->summary);
    set_list(L, "arguments", operation->arguments, count);
    set_list(L, "options", options, 3);
    lua_newtable(L);
    for (int i = 0; i < count; i++) {
        if (isnan(operation->defaults[i])) continue;
        lua_pushnumber(L, operation->defaults[i]);
        lua_setfield(L, -2, operation->arguments[i]);
    }
    lua_setfield(L, -2, "defaults");
    lua_pushinteger(L, operation->arrays);
    lua_setfield(L, -2, "arrays");
    lua_pushnumber(L, operation->error_f32);
    lua_setfield(L, -2, "error_f32");
    lua_pushnumber(L, operation->error_f64);
    lua_setfield(L, -2, "error_f64");
}

int dgen_lua_operations(lua_State *L)
{
    lua_createtable(L, DGEN_OP_COUNT, 0);
    for (int i = 0; i < DGEN_OP_COUNT; i++) {
        push_operation(L, dgen_operation_get((dgen_op)i));
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static void push_function(lua_State *L, int host, dgen_op op, lua_CFunction function)
{
    lua_pushvalue(L, host);
    lua_pushlightuserdata(L, (void *)(uintptr_t)dgen_operation_get(op));
    lua_pushcclosure(L, function, 2);
}

static const struct operator {
    const char *event;
    dgen_op op;
} operators[] = {
    { "__add", DGEN_OP_add }, { "__sub", DGEN_OP_sub }, { "__mul", DGEN_OP_mul },
    { "__div", DGEN_OP_div }, { "__pow", DGEN_OP_pow }, { "__unm", DGEN_OP_neg },
};

void dgen_lua_open_operations(lua_State *L)
{
    int host = lua_gettop(L), module = host - 1;
    luaL_getmetatable(L, DGEN_LUA_ARRAY);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        push_function(L, host, operators[i].op, operate_on_operands);
        lua_setfield(L, -2, operators[i].event);
    }
    lua_getfield(L, -1, "__index");
    lua_getupvalue(L, -1, 2); /* the methods */
    for (int i = 0; i < DGEN_OP_COUNT; i++) {
        const char *name = dgen_operation_get((dgen_op)i)->name;
        push_function(L, host, (dgen_op)i, operate);
        lua_pushvalue(L, -1);
        lua_setfield(L, module, name);
        if (lua_getfield(L, -2, name) != LUA_TNIL) lua_pop(L, 2); /* an array's own method keeps its name */
        else {
            lua_pop(L, 1);
            lua_setfield(L, -2, name);
        }
    }
    lua_settop(L, host);
}
