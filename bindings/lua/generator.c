/*
 * The streaming generator: a position in an object, whose bytes come in steps.
 *
 * While write_file calls back into Lua the generator is lent to the core, and a callback that tried to use it, or close
 * it, would pull it from under the core's feet: that is an error.
 */
#include <string.h>

#include "dgen_lua.h"

typedef struct generator {
    dgen_generator *core;
    int lent;
} generator;

static generator *check_any(lua_State *L, int index)
{
    generator *g = luaL_testudata(L, index, DGEN_LUA_GENERATOR);
    if (!g) dgen_lua_raise_type(L, "generator", "a dgen.generator");
    return g;
}

/* An open generator, to be looked at. */
static dgen_generator *check(lua_State *L, int index)
{
    generator *g = check_any(L, index);
    if (!g->core) dgen_lua_raise_closed(L, "generator");
    return g->core;
}

static void check_not_lent(lua_State *L, const generator *g)
{
    if (g->lent) dgen_lua_raise_type(L, "generator", "left alone until its write_file returns");
}

/* An open generator, to be changed. */
static dgen_generator *check_free(lua_State *L, int index)
{
    check_not_lent(L, check_any(L, index));
    return check(L, index);
}

int dgen_lua_generator_new(lua_State *L)
{
    dgen_config config;
    dgen_error error;
    dgen_lua_check_config(L, 1, &config);
    generator *g = lua_newuserdatauv(L, sizeof *g, 0);
    memset(g, 0, sizeof *g);
    luaL_setmetatable(L, DGEN_LUA_GENERATOR);
    dgen_status status;
    int tried = 0;
    do status = dgen_generator_open(&g->core, &config, &error);
    while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    return 1;
}

static int generator_close(lua_State *L)
{
    generator *g = check_any(L, 1);
    check_not_lent(L, g);
    dgen_generator_close(g->core);
    g->core = NULL;
    return 0;
}

static int generator_describe(lua_State *L)
{
    const generator *g = check_any(L, 1);
    char text[256];
    if (!g->core) lua_pushliteral(L, "dgen.generator: closed");
    else {
        dgen_generator_describe(g->core, text, sizeof text);
        lua_pushstring(L, text);
    }
    return 1;
}

/* The methods, which are the second upvalue, and the options as fields. */
static int generator_index(lua_State *L)
{
    dgen_record record;
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL || lua_type(L, 2) != LUA_TSTRING) return 1;
    dgen_config_record(dgen_generator_config(check(L, 1)), &record);
    for (int i = 0; i < record.count; i++)
        if (!strcmp(record.fields[i].name, lua_tostring(L, 2))) dgen_lua_push_value(L, record.fields[i].value);
    return 1;
}

/* ---------------------------------------------------------------------------------------------------------- bytes */

/* The next bytes into an array; how many. */
static uint64_t fill(lua_State *L, dgen_generator *g, dgen_array *buffer)
{
    dgen_error error;
    uint64_t got = 0;
    dgen_lua_watch watch;
    dgen_lua_watch_start(L, &watch);
    dgen_status status = dgen_generator_fill(g, buffer->data, dgen_array_bytes(buffer), &got, &error);
    dgen_lua_watch_stop();
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    return got;
}

static int generator_fill(lua_State *L)
{
    dgen_generator *g = check_free(L, 1);
    lua_pushinteger(L, (lua_Integer)fill(L, g, dgen_lua_check_contiguous(L, 2, "buf")));
    return 1;
}

static int generator_next(lua_State *L)
{
    dgen_generator *g = check_free(L, 1);
    uint64_t n = lua_isnoneornil(L, 2) ? dgen_generator_config(g)->chunk_size
                                       : dgen_lua_check_whole(L, 2, "n", 0, (uint64_t)1 << 63);
    dgen_array *array = dgen_lua_push_array(L);
    dgen_error error;
    dgen_status status;
    dgen_lua_watch watch;
    int tried = 0;
    do {
        dgen_lua_watch_start(L, &watch);
        status = dgen_generator_next(g, array, n, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    dgen_lua_account(L);
    return 1;
}

/* One step of g:chunks(): the second upvalue is the generator, the third the buffer. A last, shorter piece is a slice
   of the buffer. */
static int next_chunk(lua_State *L)
{
    dgen_generator *g = check_free(L, lua_upvalueindex(2));
    dgen_array *buffer = dgen_lua_check_array(L, lua_upvalueindex(3), "buf");
    if (dgen_generator_done(g)) return 0;
    uint64_t got = fill(L, g, buffer);
    if (got == dgen_array_bytes(buffer)) lua_pushvalue(L, lua_upvalueindex(3));
    else {
        dgen_error error;
        if (dgen_array_slice(dgen_lua_push_array(L), buffer, 0, (int64_t)got, &error) != DGEN_OK)
            dgen_lua_raise(L, &error);
    }
    return 1;
}

static int generator_chunks(lua_State *L)
{
    dgen_generator *g = check(L, 1);
    const dgen_config *config = dgen_generator_config(g);
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        uint64_t left = config->size - dgen_generator_position(g);
        dgen_lua_push_vector(L, DGEN_U8, left < config->chunk_size ? left : config->chunk_size);
        lua_replace(L, 2);
    }
    else {
        const dgen_array *buffer = dgen_lua_check_contiguous(L, 2, "buf");
        if (buffer->dtype != DGEN_U8 || dgen_array_bytes(buffer) == 0)
            dgen_lua_raise_type(L, "buf", "a dgen.array of type u8 and at least one element");
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, next_chunk, 3);
    return 1;
}

/* ---------------------------------------------------------------------------------------------------------- state */

static int generator_position(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)dgen_generator_position(check(L, 1)));
    return 1;
}

static int generator_seek(lua_State *L)
{
    dgen_generator *g = check_free(L, 1);
    dgen_error error;
    uint64_t position = dgen_lua_check_whole(L, 2, "position", 0, dgen_generator_config(g)->size);
    if (dgen_generator_seek(g, position, &error) != DGEN_OK) dgen_lua_raise(L, &error);
    lua_settop(L, 1);
    return 1;
}

static int generator_reset(lua_State *L)
{
    dgen_generator_reset(check_free(L, 1));
    lua_settop(L, 1);
    return 1;
}

static int generator_set_seed(lua_State *L)
{
    dgen_generator *g = check_free(L, 1);
    dgen_config config;
    dgen_error error;
    dgen_config_init(&config);
    if (dgen_config_set(&config, "seed", dgen_lua_value(L, 2), &error) != DGEN_OK
        || dgen_generator_set_seed(g, config.seed, &error) != DGEN_OK)
        dgen_lua_raise(L, &error);
    lua_settop(L, 1);
    return 1;
}

static int generator_done(lua_State *L)
{
    lua_pushboolean(L, dgen_generator_done(check(L, 1)));
    return 1;
}

/* ----------------------------------------------------------------------------------------------------- write_file */

/* Pushes options.progress or nil. */
static void push_progress_option(lua_State *L, int index)
{
    if (!lua_isnoneornil(L, index)) {
        if (!lua_istable(L, index)) dgen_lua_raise_type(L, "options", "a table");
        lua_pushnil(L);
        while (lua_next(L, index)) {
            if (lua_type(L, -2) != LUA_TSTRING || strcmp(lua_tostring(L, -2), "progress"))
                luaL_error(L, "\"%s\" is not an option; the options are progress", luaL_tolstring(L, -2, NULL));
            if (lua_type(L, -1) != LUA_TFUNCTION) dgen_lua_raise_type(L, "progress", "a function");
            lua_pop(L, 1);
        }
        lua_getfield(L, index, "progress");
    }
    else lua_pushnil(L);
}

static int generator_write_file(lua_State *L)
{
    generator *g = check_any(L, 1);
    dgen_generator *core = check_free(L, 1);
    const char *path = dgen_lua_check_text(L, 2, "path");
    dgen_error error;
    uint64_t written = 0;
    lua_settop(L, 3);
    push_progress_option(L, 3);
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    dgen_lua_progress p = { .L = L, .function = lua_gettop(L) };
    int wanted = !lua_isnil(L, p.function);

    dgen_status status;
    int tried = 0;
    do {
        g->lent = 1;
        dgen_lua_watch_start(L, &p.watch);
        status = dgen_generator_write_file(core, path, wanted ? dgen_lua_call_progress : NULL, &p, &written, &error);
        dgen_lua_watch_stop();
        g->lent = 0;
    } while (dgen_lua_retry(L, status, &tried));
    if (p.failed) return lua_error(L);
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    lua_pushinteger(L, (lua_Integer)written);
    return 1;
}

static const luaL_Reg methods[] = {
    { "fill", generator_fill },         { "next", generator_next },   { "chunks", generator_chunks },
    { "position", generator_position }, { "seek", generator_seek },   { "reset", generator_reset },
    { "set_seed", generator_set_seed }, { "done", generator_done },   { "write_file", generator_write_file },
    { "close", generator_close },       { NULL, NULL },
};

static const luaL_Reg metamethods[] = {
    { "__tostring", generator_describe }, { "__close", generator_close }, { "__gc", generator_close }, { NULL, NULL },
};

void dgen_lua_open_generator(lua_State *L)
{
    dgen_lua_new_class(L, DGEN_LUA_GENERATOR, metamethods, methods, NULL, generator_index);
}
