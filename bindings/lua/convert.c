/*
 * Between Lua and the core: values, options and reports, errors, interrupts, and the collector.
 *
 * Lua's collector does not see memory of the core, so it is told: when arrays have grown by 64 MiB it is given that much
 * debt to work off, and when memory runs out it collects everything before one more try.
 *
 * lua.c answers Ctrl-C by setting a debug hook on the main thread, which raises "interrupted!" before the next Lua
 * instruction. A long call has no next instruction: the core asks the watch here, which compares hooks, and returns
 * early; then the hook gets its chance to raise.
 */
#include <string.h>

#include "dgen_lua.h"

#define COLLECT_EVERY (UINT64_C(64) << 20)

/* ---------------------------------------------------------------------------------------------------------- errors */

static int do_nothing(lua_State *L)
{
    (void)L;
    return 0;
}

/* A call of any function runs a pending call hook, which raises Lua's own error. */
static void let_hook_raise(lua_State *L)
{
    luaL_checkstack(L, 1, NULL);
    lua_pushcfunction(L, do_nothing);
    lua_call(L, 0, 0);
}

_Noreturn void dgen_lua_raise(lua_State *L, const dgen_error *error)
{
    if (error->code == DGEN_ECANCELED) let_hook_raise(L);
    luaL_error(L, "%s", error->message);
    __builtin_unreachable();
}

_Noreturn void dgen_lua_raise_type(lua_State *L, const char *argument, const char *legal)
{
    dgen_error error;
    dgen_error_type(argument, legal, &error);
    dgen_lua_raise(L, &error);
}

_Noreturn void dgen_lua_raise_closed(lua_State *L, const char *argument)
{
    dgen_error error;
    dgen_error_closed(argument, &error);
    dgen_lua_raise(L, &error);
}

/* ---------------------------------------------------------------------------------------------------------- values */

/* A string as C text; NULL if it has a zero byte inside. */
static const char *c_text(lua_State *L, int index)
{
    size_t length;
    const char *text = lua_tolstring(L, index, &length);
    return strlen(text) == length ? text : NULL;
}

dgen_value dgen_lua_value(lua_State *L, int index)
{
    dgen_value value = { .kind = DGEN_VALUE_OTHER };
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) {
            value.kind = DGEN_VALUE_INTEGER;
            value.integer = lua_tointeger(L, index);
        }
        else {
            value.kind = DGEN_VALUE_NUMBER;
            value.number = lua_tonumber(L, index);
        }
        break;
    case LUA_TBOOLEAN:
        value.kind = DGEN_VALUE_BOOLEAN;
        value.integer = lua_toboolean(L, index);
        break;
    case LUA_TSTRING:
        value.text = c_text(L, index);
        if (value.text) value.kind = DGEN_VALUE_TEXT;
        break;
    }
    return value;
}

uint64_t dgen_lua_check_whole(lua_State *L, int index, const char *argument, uint64_t minimum, uint64_t maximum)
{
    dgen_error error;
    uint64_t x;
    if (dgen_value_whole(&x, argument, dgen_lua_value(L, index), minimum, maximum, 0, &error) != DGEN_OK)
        dgen_lua_raise(L, &error);
    return x;
}

const char *dgen_lua_check_text(lua_State *L, int index, const char *argument)
{
    const char *text = lua_type(L, index) == LUA_TSTRING ? c_text(L, index) : NULL;
    if (!text) dgen_lua_raise_type(L, argument, "text");
    return text;
}

const char *dgen_lua_next_option(lua_State *L, int index)
{
    if (!lua_next(L, index)) return NULL;
    const char *name = lua_type(L, -2) == LUA_TSTRING ? c_text(L, -2) : NULL;
    if (!name) dgen_lua_raise_type(L, "options", "a table whose keys are names of options");
    return name;
}

void dgen_lua_check_config(lua_State *L, int index, dgen_config *config)
{
    dgen_error error;
    const char *name;
    dgen_config_init(config);
    if (lua_isnoneornil(L, index)) return;
    if (!lua_istable(L, index)) dgen_lua_raise_type(L, "options", "a table");
    lua_pushnil(L);
    while ((name = dgen_lua_next_option(L, index))) {
        if (dgen_config_set(config, name, dgen_lua_value(L, -1), &error) != DGEN_OK) dgen_lua_raise(L, &error);
        lua_pop(L, 1);
    }
}

/* Words apart by one space, as a list. */
static void push_words(lua_State *L, const char *text)
{
    lua_newtable(L);
    for (int i = 1; *text; i++) {
        size_t length = strcspn(text, " ");
        lua_pushlstring(L, text, length);
        lua_rawseti(L, -2, i);
        text += length + (text[length] == ' ');
    }
}

void dgen_lua_push_value(lua_State *L, dgen_value value)
{
    switch (value.kind) {
    case DGEN_VALUE_NUMBER: lua_pushnumber(L, value.number); break;
    case DGEN_VALUE_INTEGER: lua_pushinteger(L, value.integer); break;
    case DGEN_VALUE_COUNT:
        if (value.count <= INT64_MAX) lua_pushinteger(L, (lua_Integer)value.count);
        else lua_pushnumber(L, (lua_Number)value.count);
        break;
    case DGEN_VALUE_BOOLEAN: lua_pushboolean(L, value.integer != 0); break;
    case DGEN_VALUE_TEXT: lua_pushstring(L, value.text); break;
    case DGEN_VALUE_WORDS: push_words(L, value.text); break;
    default: lua_pushnil(L);
    }
}

void dgen_lua_push_record(lua_State *L, const dgen_record *record)
{
    lua_createtable(L, 0, record->count);
    for (int i = 0; i < record->count; i++) {
        dgen_lua_push_value(L, record->fields[i].value);
        lua_setfield(L, -2, record->fields[i].name);
    }
}

/* ------------------------------------------------------------------------------------------------------ interrupts */

static int interrupted(void *context)
{
    const dgen_lua_watch *watch = context;
    return lua_gethook(watch->main) != watch->hook;
}

void dgen_lua_watch_init(lua_State *L, dgen_lua_watch *watch)
{
    watch->main = dgen_lua_host_get(L)->main;
    watch->hook = lua_gethook(watch->main);
}

void dgen_lua_watch_start(lua_State *L, dgen_lua_watch *watch)
{
    dgen_lua_watch_init(L, watch);
    dgen_poll_set(interrupted, watch);
}

void dgen_lua_watch_stop(void) { dgen_poll_set(NULL, NULL); }

void dgen_lua_watch_check(lua_State *L, dgen_lua_watch *watch)
{
    if (!interrupted(watch)) return;
    let_hook_raise(L);
    luaL_error(L, "%s", dgen_status_name(DGEN_ECANCELED));
}

int dgen_lua_call_progress(void *context, uint64_t done, uint64_t total)
{
    dgen_lua_progress *p = context;
    lua_pushvalue(p->L, p->function);
    lua_pushinteger(p->L, (lua_Integer)done);
    lua_pushinteger(p->L, (lua_Integer)total);
    p->failed = lua_pcall(p->L, 2, 1, 0) != LUA_OK;
    dgen_lua_watch_start(p->L, &p->watch); /* the function may have called the core itself */
    if (p->failed) return 1;
    int stop = lua_isboolean(p->L, -1) && !lua_toboolean(p->L, -1);
    lua_pop(p->L, 1);
    return stop;
}

/* --------------------------------------------------------------------------------------------------- the collector */

int dgen_lua_retry(lua_State *L, dgen_status status, int *tried)
{
    if (status != DGEN_ENOMEM || *tried) return 0;
    *tried = 1;
    lua_gc(L, LUA_GCCOLLECT);
    return 1;
}

void dgen_lua_account(lua_State *L)
{
    dgen_lua_host *host = dgen_lua_host_get(L);
    uint64_t live = dgen_live_bytes();
    if (live < host->live_bytes) host->live_bytes = live;
    uint64_t grown = live - host->live_bytes;
    if (grown < COLLECT_EVERY) return;
#if LUA_VERSION_NUM >= 505
    lua_gc(L, LUA_GCSTEP, (size_t)grown);
#else
    lua_gc(L, LUA_GCSTEP, grown >> 10 < INT32_MAX ? (int)(grown >> 10) : INT32_MAX);
#endif
    host->live_bytes = dgen_live_bytes();
}

/* --------------------------------------------------------------------------------------------------------- classes */

/* Sets the functions in the table on top; their first upvalue is the host, at index `host`. */
static void set_functions(lua_State *L, int host, const luaL_Reg *functions)
{
    lua_pushvalue(L, host);
    luaL_setfuncs(L, functions, 1);
}

void dgen_lua_new_class(lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods,
                        const luaL_Reg *more_methods, lua_CFunction index)
{
    int host = lua_gettop(L);
    luaL_newmetatable(L, name);
    set_functions(L, host, metamethods);
    lua_pushvalue(L, host);
    lua_newtable(L);
    set_functions(L, host, methods);
    if (more_methods) set_functions(L, host, more_methods);
    lua_pushcclosure(L, index, 2);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__metatable");
    lua_settop(L, host);
}
