/*
 * Random values: one C function for all distributions, made into functions of the module by a loop over the core's
 * registry, and the sampler, which gives the next values of one distribution again and again.
 *
 * A call is n, parameters, options, of which any but n may stand by name in the options, and n and all else too:
 * dgen.normal (10, 0, 1, { seed = 1 }), dgen.normal (10, { sd = 2 }), dgen.normal { out = x, seed = 1 }. So a table is the
 * options if it stands last and has no element 1; any other table is a list: of dimensions, or of a parameter's numbers.
 *
 * A list becomes an array for the time of the call, in memory of a userdata of Lua's, so that an error leaves nothing to
 * clean up; of integers alone an i64 array, in which none loses its low bits.
 */
#include <math.h>
#include <string.h>

#include "dgen_lua.h"

/* The stack of a call: its arguments, then what must stay alive. */
enum { ARGUMENTS = 4, RESULT, LISTS, TOP = LISTS + 1 };

/* The arguments of a call. */
typedef struct arguments {
    dgen_distribution distribution;
    const dgen_distribution_row *row;
    dgen_operand parameters[2];
    int given[2];         /* the parameter has been read */
    dgen_array arrays[2]; /* what parameters that are lists, or integers beyond 2^53, have become */
    int ndim;             /* 0: no n */
    int64_t shape[4];
    dgen_random_options options;
    dgen_array *out; /* the option, which is then also in the stack's slot RESULT; or NULL */
} arguments;

/* ------------------------------------------------------------------------------------------------------- arguments */

/* Reads a number or a list of dimensions; how many. The core checks that they are 1 to 4. */
static int read_shape(lua_State *L, int index, int64_t shape[4])
{
    const uint64_t most = UINT64_C(1) << 53;
    if (!lua_istable(L, index)) {
        shape[0] = (int64_t)dgen_lua_check_whole(L, index, "n", 0, most);
        return 1;
    }
    lua_Unsigned length = lua_rawlen(L, index), keys = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) keys++;
    if (keys != length) dgen_lua_raise_type(L, "n", "a number or a list of dimensions");
    for (int i = 0; i < 4 && (lua_Unsigned)i < length; i++) {
        lua_rawgeti(L, index, i + 1);
        shape[i] = (int64_t)dgen_lua_check_whole(L, -1, "n", 0, most);
        lua_pop(L, 1);
    }
    return length < 5 ? (int)length : 5;
}

/* What parameter i may be, in words. */
static const char *wanted(const dgen_distribution_row *row, int i)
{
    return row->kind == DGEN_INDEX ? row->legal[i] : "a number or an array";
}

/* i64 if the list has nothing but integers. A key beside its elements is an error. */
static dgen_dtype list_type(lua_State *L, int index, const char *argument)
{
    dgen_dtype dtype = DGEN_I64;
    lua_Unsigned keys = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        keys++;
        if (!lua_isinteger(L, -1)) dtype = DGEN_F64;
    }
    if (keys != lua_rawlen(L, index)) dgen_lua_raise_type(L, argument, "a list of numbers");
    return dtype;
}

/* Makes parameter i an array of n elements, of 8 bytes each, which lives as long as the call. */
static void make_array(lua_State *L, arguments *a, int i, dgen_dtype dtype, int64_t n)
{
    dgen_error error;
    void *numbers = lua_newuserdatauv(L, (size_t)n * 8, 0);
    lua_replace(L, LISTS + i);
    if (dgen_array_borrow(&a->arrays[i], dtype, 1, &n, numbers, &error) != DGEN_OK) dgen_lua_raise(L, &error);
    a->parameters[i].array = &a->arrays[i];
}

static void read_parameter(lua_State *L, arguments *a, int i, int index)
{
    const char *name = a->row->parameter[i];
    dgen_operand *parameter = &a->parameters[i];
    if (a->given[i]) dgen_lua_raise_type(L, name, "given once");
    a->given[i] = 1;
    *parameter = (dgen_operand){ NULL, lua_tonumber(L, index) };
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        if (!lua_isinteger(L, index) || fabs(parameter->number) < 0x1p53) return;
        make_array(L, a, i, DGEN_I64, 1);
        *(int64_t *)a->arrays[i].data = lua_tointeger(L, index);
        return;
    case LUA_TTABLE:
        make_array(L, a, i, list_type(L, index, name), (int64_t)lua_rawlen(L, index));
        dgen_lua_store_list(L, index, &a->arrays[i], name, "a list of numbers");
        return;
    default:
        parameter->array = dgen_lua_to_array(L, index);
        if (!parameter->array) dgen_lua_raise_type(L, name, wanted(a->row, i));
    }
}

/* The place of `name` among the parameters, or -1. */
static int find_parameter(const dgen_distribution_row *row, const char *name)
{
    for (int i = 0; i < row->parameters; i++)
        if (!strcmp(row->parameter[i], name)) return i;
    return -1;
}

/* Parameters and options by name; of a call, as a sampler is none, also n and out. */
static void read_options(lua_State *L, int index, arguments *a, int is_call)
{
    dgen_error error;
    const char *name;
    if (!lua_istable(L, index)) dgen_lua_raise_type(L, "options", "a table");
    lua_pushnil(L);
    while ((name = dgen_lua_next_option(L, index))) {
        int value = lua_gettop(L), which = find_parameter(a->row, name);
        if (which >= 0) read_parameter(L, a, which, value);
        else if (is_call && !strcmp(name, "out")) {
            a->out = dgen_lua_check_array(L, value, "out");
            lua_copy(L, value, RESULT);
        }
        else if (is_call && a->row->kind < DGEN_ORDER && !strcmp(name, "n")) {
            if (a->ndim) dgen_lua_raise_type(L, "n", "given once");
            a->ndim = read_shape(L, value, a->shape);
        }
        else if (dgen_random_options_set(&a->options, a->distribution, name, dgen_lua_value(L, value), &error) != DGEN_OK)
            dgen_lua_raise(L, &error);
        lua_pop(L, 1);
    }
}

static void init_arguments(lua_State *L, arguments *a, dgen_distribution distribution)
{
    memset(a, 0, sizeof *a);
    a->distribution = distribution;
    a->row = dgen_distribution_get(distribution);
    for (int i = 0; i < a->row->parameters; i++) a->parameters[i].number = a->row->defaults[i];
    dgen_random_options_init(&a->options);
    a->options.index_base = 1;
    lua_settop(L, ARGUMENTS);
    lua_settop(L, TOP);
}

/* A table without elements that nothing follows. */
static int is_options(lua_State *L, int index)
{
    if (!lua_istable(L, index) || lua_rawlen(L, index) > 0) return 0;
    while (++index <= ARGUMENTS)
        if (!lua_isnil(L, index)) return 0;
    return 1;
}

/* n, parameters, options. A parameter that is nil, or missing before the options, may still come by name. */
static void read_call(lua_State *L, arguments *a)
{
    int index = 1;
    if (a->row->kind < DGEN_ORDER && !is_options(L, index)) {
        if (!lua_isnil(L, index)) a->ndim = read_shape(L, index, a->shape);
        index++;
    }
    for (int i = 0; i < a->row->parameters && !is_options(L, index); i++, index++)
        if (!lua_isnil(L, index)) read_parameter(L, a, i, index);
    if (!lua_isnil(L, index)) read_options(L, index, a, 1);
    if (a->out && a->ndim) dgen_lua_raise_type(L, "n", "left out where out is given");
}

/* ----------------------------------------------------------------------------------------------------- the functions */

/* dgen.normal (n, ...): the distribution is the second upvalue. */
static int draw(lua_State *L)
{
    arguments a;
    dgen_error error;
    dgen_status status;
    dgen_lua_watch watch;
    int tried = 0;
    init_arguments(L, &a, (dgen_distribution)lua_tointeger(L, lua_upvalueindex(2)));
    read_call(L, &a);
    dgen_array *out = a.out ? a.out : dgen_lua_push_array(L);
    do {
        if (a.out && !a.out->release) dgen_lua_raise_closed(L, "out"); /* by a finalizer */
        dgen_lua_watch_start(L, &watch);
        status = dgen_random(out, a.distribution, a.ndim, a.shape, a.parameters, &a.options, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    if (a.out) lua_settop(L, RESULT);
    else dgen_lua_account(L);
    return 1;
}

/* Options out and max_threads; an array given is left in slot 3 of the stack. */
static dgen_array *read_rows_options(lua_State *L, int *max_threads)
{
    dgen_array *out = NULL;
    const char *name;
    lua_settop(L, 3);
    if (lua_isnil(L, 2)) return NULL;
    if (!lua_istable(L, 2)) dgen_lua_raise_type(L, "options", "a table");
    lua_pushnil(L);
    while ((name = dgen_lua_next_option(L, 2))) {
        if (!strcmp(name, "out")) {
            out = dgen_lua_check_array(L, -1, "out");
            lua_copy(L, -1, 3);
        }
        else if (!strcmp(name, "max_threads"))
            *max_threads = (int)dgen_lua_check_whole(L, -1, "max_threads", 0, 1024);
        else luaL_error(L, "\"%s\" is not an option; the options are out, max_threads", name);
        lua_pop(L, 1);
    }
    return out;
}

int dgen_lua_normalize_rows(lua_State *L)
{
    int max_threads = 0, tried = 0;
    dgen_error error;
    dgen_status status;
    dgen_lua_watch watch;
    const dgen_array *x = dgen_lua_check_array(L, 1, "x");
    dgen_array *given = read_rows_options(L, &max_threads), *out = given ? given : dgen_lua_push_array(L);
    do {
        if (given && !given->release) dgen_lua_raise_closed(L, "out"); /* by a finalizer */
        dgen_lua_watch_start(L, &watch);
        status = dgen_normalize_rows(out, x, max_threads, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    if (given) lua_settop(L, 3);
    else dgen_lua_account(L);
    return 1;
}

/* ------------------------------------------------------------------------------------------------------ the registry */

/* A row of the registry as a table. */
static void push_row(lua_State *L, const dgen_distribution_row *row)
{
    static const char *const kinds[] = { "real", "whole", "index", "order", "rows" };
    const char *const texts[][2] = { { "name", row->name }, { "kind", kinds[row->kind] }, { "summary", row->summary },
                                     { "method", row->method } };
    lua_createtable(L, 0, 7);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        lua_pushstring(L, texts[i][1]);
        lua_setfield(L, -2, texts[i][0]);
    }
    lua_newtable(L);
    lua_newtable(L);
    lua_newtable(L);
    for (int i = 0; i < row->parameters; i++) {
        lua_pushstring(L, row->parameter[i]);
        lua_rawseti(L, -4, i + 1);
        lua_pushstring(L, row->legal[i]);
        lua_setfield(L, -3, row->parameter[i]);
        if (isnan(row->defaults[i])) continue;
        lua_pushnumber(L, row->defaults[i]);
        lua_setfield(L, -2, row->parameter[i]);
    }
    lua_setfield(L, -4, "defaults");
    lua_setfield(L, -3, "legal");
    lua_setfield(L, -2, "parameters");
}

int dgen_lua_distributions(lua_State *L)
{
    lua_createtable(L, DGEN_DISTRIBUTION_COUNT, 0);
    for (int i = 0; i < DGEN_DISTRIBUTION_COUNT; i++) {
        push_row(L, dgen_distribution_get((dgen_distribution)i));
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* ------------------------------------------------------------------------------------------------------- the sampler */

typedef struct sampler {
    dgen_sampler *core; /* NULL: closed */
} sampler;

static sampler *check_any(lua_State *L, int index)
{
    sampler *g = luaL_testudata(L, index, DGEN_LUA_SAMPLER);
    if (!g) dgen_lua_raise_type(L, "sampler", "a dgen.sampler");
    return g;
}

/* An open sampler. */
static dgen_sampler *check(lua_State *L, int index)
{
    sampler *g = check_any(L, index);
    if (!g->core) dgen_lua_raise_closed(L, "sampler");
    return g->core;
}

/* dgen.sampler (name, options). */
int dgen_lua_sampler_new(lua_State *L)
{
    arguments a;
    dgen_error error;
    dgen_distribution distribution;
    dgen_status status;
    int tried = 0;
    if (dgen_distribution_find(&distribution, dgen_lua_check_text(L, 1, "distribution"), &error) != DGEN_OK)
        dgen_lua_raise(L, &error);
    init_arguments(L, &a, distribution);
    if (!lua_isnil(L, 2)) read_options(L, 2, &a, 0);
    sampler *g = lua_newuserdatauv(L, sizeof *g, 0);
    g->core = NULL;
    luaL_setmetatable(L, DGEN_LUA_SAMPLER);
    do status = dgen_sampler_open(&g->core, distribution, a.parameters, &a.options, &error);
    while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    dgen_lua_account(L);
    return 1;
}

static int sampler_close(lua_State *L)
{
    sampler *g = check_any(L, 1);
    dgen_sampler_close(g->core);
    g->core = NULL;
    return 0;
}

static int sampler_describe(lua_State *L)
{
    const sampler *g = check_any(L, 1);
    char text[256];
    if (!g->core) lua_pushliteral(L, "dgen.sampler: closed");
    else {
        dgen_sampler_describe(g->core, text, sizeof text);
        lua_pushstring(L, text);
    }
    return 1;
}

/* Pushes the seed or stream in the form in which a generator tells its own. */
static void push_seed(lua_State *L, const dgen_random_options *options, const char *name)
{
    dgen_config config;
    dgen_record record;
    dgen_config_init(&config);
    config.seed = options->seed;
    config.stream = options->stream;
    config.has_seed = 1;
    dgen_config_record(&config, &record);
    for (int i = 0; i < record.count; i++)
        if (!strcmp(record.fields[i].name, name)) dgen_lua_push_value(L, record.fields[i].value);
}

/* The methods, which are the second upvalue, and what it samples as fields. */
static int sampler_index(lua_State *L)
{
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL || lua_type(L, 2) != LUA_TSTRING) return 1;
    const char *name = lua_tostring(L, 2);
    const dgen_sampler *core = check(L, 1);
    const dgen_random_options *options = dgen_sampler_options(core);
    if (!strcmp(name, "distribution")) lua_pushstring(L, dgen_distribution_get(dgen_sampler_distribution(core))->name);
    else if (!strcmp(name, "type")) lua_pushstring(L, dgen_dtype_name(options->dtype));
    else if (!strcmp(name, "seed") || !strcmp(name, "stream")) push_seed(L, options, name);
    else if (!strcmp(name, "offset")) lua_pushinteger(L, (lua_Integer)options->offset);
    else if (!strcmp(name, "max_threads")) lua_pushinteger(L, options->max_threads);
    return 1;
}

static int sampler_next(lua_State *L)
{
    dgen_error error;
    dgen_status status;
    dgen_lua_watch watch;
    int64_t shape[4];
    int tried = 0;
    check(L, 1);
    lua_settop(L, 2);
    int ndim = read_shape(L, 2, shape);
    dgen_array *array = dgen_lua_push_array(L);
    do {
        dgen_sampler *g = check(L, 1); /* a finalizer may have closed it */
        dgen_lua_watch_start(L, &watch);
        status = dgen_sampler_next(g, array, ndim, shape, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    dgen_lua_account(L);
    return 1;
}

static int sampler_fill(lua_State *L)
{
    dgen_sampler *g = check(L, 1);
    dgen_error error;
    dgen_lua_watch watch;
    const dgen_array *x = dgen_lua_check_array(L, 2, "x");
    dgen_lua_watch_start(L, &watch);
    dgen_status status = dgen_sampler_fill(g, x, &error);
    dgen_lua_watch_stop();
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    lua_settop(L, 2);
    return 1;
}

static int sampler_position(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)dgen_sampler_position(check(L, 1)));
    return 1;
}

static int sampler_seek(lua_State *L)
{
    dgen_sampler *g = check(L, 1);
    dgen_error error;
    uint64_t position = dgen_lua_check_whole(L, 2, "position", 0, UINT64_C(1) << 53);
    if (dgen_sampler_seek(g, position, &error) != DGEN_OK) dgen_lua_raise(L, &error);
    lua_settop(L, 1);
    return 1;
}

static int sampler_reset(lua_State *L)
{
    dgen_sampler_reset(check(L, 1));
    lua_settop(L, 1);
    return 1;
}

static const luaL_Reg methods[] = {
    { "next", sampler_next }, { "fill", sampler_fill },   { "position", sampler_position },
    { "seek", sampler_seek }, { "reset", sampler_reset }, { "close", sampler_close },
    { NULL, NULL },
};

static const luaL_Reg metamethods[] = {
    { "__tostring", sampler_describe }, { "__close", sampler_close }, { "__gc", sampler_close }, { NULL, NULL },
};

void dgen_lua_open_random(lua_State *L)
{
    int host = lua_gettop(L), module = host - 1;
    dgen_lua_new_class(L, DGEN_LUA_SAMPLER, metamethods, methods, NULL, sampler_index);
    for (int i = 0; i < DGEN_DISTRIBUTION_COUNT; i++) {
        lua_pushvalue(L, host);
        lua_pushinteger(L, i);
        lua_pushcclosure(L, draw, 2);
        lua_setfield(L, module, dgen_distribution_get((dgen_distribution)i)->name);
    }
}
