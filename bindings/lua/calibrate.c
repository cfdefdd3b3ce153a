/*
 * What is settled before quantizing: the scales of channels, those of activations over timesteps, and the bits of layers.
 */
#include <stdio.h>
#include <string.h>

#include "dgen_lua.h"

/* The options table at `index`, or an error; 0 if there is none. */
static int has_options(lua_State *L, int index)
{
    if (lua_isnil(L, index)) return 0;
    if (!lua_istable(L, index)) dgen_lua_raise_type(L, "options", "a table");
    return 1;
}

static int check_flag(lua_State *L, int index, const char *argument)
{
    if (!lua_isboolean(L, index)) dgen_lua_raise_type(L, argument, "true or false");
    return lua_toboolean(L, index);
}

/* -------------------------------------------------------------------------------------------------------- channels */

typedef struct equalizing {
    double alpha;
    int power_of_two, max_threads;
} equalizing;

static double check_alpha(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TNUMBER) dgen_lua_raise_type(L, "alpha", "a number from 0 to 1");
    return lua_tonumber(L, index);
}

/* alpha, which may be left out, then options, of which it may be one. */
static void check_equalizing(lua_State *L, equalizing *how)
{
    int index = lua_istable(L, 3) ? 3 : 4;
    const char *name;
    if (index == 4 && !lua_isnil(L, 3)) how->alpha = check_alpha(L, 3);
    if (!has_options(L, index)) return;
    lua_pushnil(L);
    while ((name = dgen_lua_next_option(L, index))) {
        if (!strcmp(name, "alpha")) how->alpha = check_alpha(L, -1);
        else if (!strcmp(name, "power_of_two")) how->power_of_two = check_flag(L, -1, name);
        else if (!strcmp(name, "max_threads")) how->max_threads = (int)dgen_lua_check_whole(L, -1, name, 0, 1024);
        else
            luaL_error(L, "\"%s\" is not an option of equalize; the options are alpha, power_of_two, max_threads", name);
        lua_pop(L, 1);
    }
}

/* dgen.equalize (w, x, alpha, options). */
int dgen_lua_equalize(lua_State *L)
{
    equalizing how = { 0.5, 0, 0 };
    dgen_array own_w, own_x;
    dgen_equalized made;
    dgen_error error;
    dgen_status status;
    dgen_lua_watch watch;
    int tried = 0;
    lua_settop(L, 4);
    const dgen_array *w = dgen_lua_check_floats(L, 1, "w", &own_w), *x = dgen_lua_check_floats(L, 2, "x", &own_x);
    check_equalizing(L, &how);
    dgen_array *hold = dgen_lua_push_hold(L, 4);
    do {
        memset(&made, 0, sizeof made);
        dgen_lua_watch_start(L, &watch);
        status = dgen_equalize(&made, w, x, how.alpha, how.power_of_two, how.max_threads, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    hold[0] = made.w;
    hold[1] = made.x;
    hold[2] = made.scale;
    hold[3] = made.inverse;
    lua_createtable(L, 0, 4);
    dgen_lua_set_held(L, "w", &hold[0]);
    dgen_lua_set_held(L, "x", &hold[1]);
    dgen_lua_set_held(L, "scale", &hold[2]);
    dgen_lua_set_held(L, "inverse", &hold[3]);
    dgen_lua_account(L);
    return 1;
}

/* ----------------------------------------------------------------------------------------------------- activations */

static void set_table_option(lua_State *L, int index, dgen_activation_options *options, const char *name)
{
    dgen_error error;
    if (dgen_activation_options_set(options, name, dgen_lua_value(L, index), &error) != DGEN_OK) dgen_lua_raise(L, &error);
}

/* groups and method, which may be left out, then options, of which they may be some. */
static void check_table_options(lua_State *L, dgen_activation_options *options)
{
    static const char *const positions[] = { "groups", "method" };
    int index = 2;
    const char *name;
    dgen_activation_options_init(options);
    for (int i = 0; i < 2 && !lua_istable(L, index); i++, index++)
        if (!lua_isnil(L, index)) set_table_option(L, index, options, positions[i]);
    if (!has_options(L, index)) return;
    lua_pushnil(L);
    while ((name = dgen_lua_next_option(L, index))) {
        set_table_option(L, -1, options, name);
        lua_pop(L, 1);
    }
}

/* dgen.activation_table (stats, groups, method, options). */
int dgen_lua_activation_table(lua_State *L)
{
    dgen_activation_options options;
    dgen_activation_table table;
    dgen_array own;
    dgen_record record;
    dgen_error error;
    dgen_status status;
    dgen_lua_watch watch;
    int tried = 0;
    lua_settop(L, 4);
    const dgen_array *stats = dgen_lua_check_floats(L, 1, "stats", &own);
    check_table_options(L, &options);
    dgen_array *hold = dgen_lua_push_hold(L, 4);
    do {
        memset(&table, 0, sizeof table);
        dgen_lua_watch_start(L, &watch);
        status = dgen_activation_table_make(&table, stats, &options, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    hold[0] = table.timestep;
    hold[1] = table.group;
    hold[2] = table.scale;
    hold[3] = table.zero;
    lua_createtable(L, 0, 11);
    dgen_lua_set_held(L, "timestep", &hold[0]);
    dgen_lua_set_held(L, "group", &hold[1]);
    dgen_lua_set_held(L, "scale", &hold[2]);
    dgen_lua_set_held(L, "zero", &hold[3]);
    dgen_activation_table_record(&table, &record);
    dgen_lua_set_record(L, &record);
    dgen_lua_account(L);
    return 1;
}

/* Reads the table at `index`; pushes its four arrays, which parts gets. */
static void check_table(lua_State *L, int index, dgen_activation_table *table, const dgen_array *parts[4])
{
    static const char *const names[] = { "timestep", "group", "scale", "zero" };
    dgen_record record;
    dgen_error error;
    memset(table, 0, sizeof *table);
    if (!lua_istable(L, index)) dgen_lua_raise_type(L, "table", "what activation_table returns");
    dgen_activation_table_record(table, &record);
    for (int i = 0; i < record.count; i++) {
        const char *name = record.fields[i].name;
        lua_getfield(L, index, name);
        if (dgen_activation_table_set(table, name, dgen_lua_value(L, -1), &error) != DGEN_OK) dgen_lua_raise(L, &error);
        lua_pop(L, 1);
    }
    for (int i = 0; i < 4; i++) parts[i] = dgen_lua_check_part(L, index, "table", names[i]);
}

/* Those options of quantize that count for activations. */
static void check_activation_options(lua_State *L, int index, dgen_quantize_options *options)
{
    dgen_error error;
    const char *name;
    dgen_quantize_options_init(options);
    if (!has_options(L, index)) return;
    lua_pushnil(L);
    while ((name = dgen_lua_next_option(L, index))) {
        if (strcmp(name, "nan") && strcmp(name, "certificate") && strcmp(name, "max_threads"))
            luaL_error(L, "\"%s\" is not an option of quantize_activations; the options are nan, certificate, max_threads",
                       name);
        if (dgen_quantize_options_set(options, name, dgen_lua_value(L, -1), &error) != DGEN_OK) dgen_lua_raise(L, &error);
        lua_pop(L, 1);
    }
}

/* dgen.quantize_activations (x, t, table, options). */
int dgen_lua_quantize_activations(lua_State *L)
{
    dgen_quantize_options options;
    dgen_activation_table table;
    dgen_array own_x, own_t;
    const dgen_array *parts[4];
    dgen_operand t = { NULL, 0 };
    dgen_quantized q;
    dgen_error error;
    dgen_status status;
    dgen_lua_watch watch;
    int tried = 0;
    lua_settop(L, 4);
    const dgen_array *x = dgen_lua_check_floats(L, 1, "x", &own_x);
    if (lua_type(L, 2) == LUA_TNUMBER) t.number = lua_tonumber(L, 2);
    else if (!lua_istable(L, 2) && !dgen_lua_to_array(L, 2)) dgen_lua_raise_type(L, "t", "an array or a number");
    else t.array = dgen_lua_check_floats(L, 2, "t", &own_t);
    check_table(L, 3, &table, parts);
    check_activation_options(L, 4, &options);
    dgen_array *hold = dgen_lua_push_hold(L, 3);
    do {
        memset(&q, 0, sizeof q);
        table.timestep = *parts[0];
        table.group = *parts[1];
        table.scale = *parts[2];
        table.zero = *parts[3];
        dgen_lua_watch_start(L, &watch);
        status = dgen_quantize_activations(&q, x, t, &table, &options, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    dgen_lua_hold_quantized(hold, &q);
    dgen_lua_push_quantized(L, &q, hold);
    dgen_lua_account(L);
    return 1;
}

/* ----------------------------------------------------------------------------------------------------- bits of layers */

/* The stack of a call: its arguments, then what must stay alive. */
enum { LAYERS = 1, OPTIONS, PROGRESS, RULES, TEXTS };

typedef struct choosing {
    dgen_quantize_options options;
    uint64_t budget;
    dgen_bits_rule *rules;
    int rule_count;
    dgen_layer *layers;
    int64_t count;
} choosing;

/* The text on the top, which stays in the table of slot TEXTS; pops it. NULL if it is none. */
static const char *keep_text(lua_State *L)
{
    const char *text = dgen_lua_value(L, -1).text;
    lua_rawseti(L, TEXTS, (lua_Integer)lua_rawlen(L, TEXTS) + 1);
    return text;
}

/* A list of pairs: a pattern and bits. */
static void check_rules(lua_State *L, int index, choosing *how)
{
    static const char legal[] = "a list of pairs, each a pattern and bits";
    if (!lua_istable(L, index) || lua_rawlen(L, index) > INT32_MAX) dgen_lua_raise_type(L, "rules", legal);
    how->rule_count = (int)lua_rawlen(L, index);
    how->rules = lua_newuserdatauv(L, (size_t)how->rule_count * sizeof *how->rules, 0);
    lua_replace(L, RULES);
    for (int i = 0; i < how->rule_count; i++) {
        if (lua_rawgeti(L, index, i + 1) != LUA_TTABLE || lua_rawlen(L, -1) != 2) dgen_lua_raise_type(L, "rules", legal);
        lua_rawgeti(L, -1, 1);
        how->rules[i].pattern = keep_text(L);
        if (!how->rules[i].pattern || lua_rawgeti(L, -1, 2) != LUA_TNUMBER) dgen_lua_raise_type(L, "rules", legal);
        how->rules[i].bits = (int)dgen_lua_check_whole(L, -1, "bits", 0, INT32_MAX);
        lua_pop(L, 2);
    }
}

static void check_names(lua_State *L, int index, choosing *how)
{
    char legal[64];
    snprintf(legal, sizeof legal, "a list of texts, one for each of %lld layers", (long long)how->count);
    if (!lua_istable(L, index) || (int64_t)lua_rawlen(L, index) != how->count) dgen_lua_raise_type(L, "names", legal);
    for (int64_t i = 0; i < how->count; i++) {
        lua_rawgeti(L, index, i + 1);
        how->layers[i].name = keep_text(L);
        if (!how->layers[i].name) dgen_lua_raise_type(L, "names", legal);
    }
}

static void check_choosing(lua_State *L, choosing *how)
{
    dgen_error error;
    const char *name;
    dgen_quantize_options_init(&how->options);
    if (!has_options(L, OPTIONS)) return;
    lua_pushnil(L);
    while ((name = dgen_lua_next_option(L, OPTIONS))) {
        int value = lua_gettop(L);
        if (!strcmp(name, "budget")) how->budget = dgen_lua_check_whole(L, value, name, 0, UINT64_C(1) << 53);
        else if (!strcmp(name, "rules")) check_rules(L, value, how);
        else if (!strcmp(name, "names")) check_names(L, value, how);
        else if (!strcmp(name, "progress")) {
            if (!lua_isfunction(L, value)) dgen_lua_raise_type(L, "progress", "a function");
            lua_copy(L, value, PROGRESS);
        }
        else if (dgen_quantize_options_set(&how->options, name, dgen_lua_value(L, value), &error) != DGEN_OK)
            dgen_lua_raise(L, &error);
        lua_pop(L, 1);
    }
}

/* The choices as lists, by field: bits as quantize_batch takes them. */
static int push_choices(lua_State *L, const dgen_bits_choice *choices, int64_t count)
{
    static const char *const names[] = { "bits", "size", "rmse", "snr_db" };
    lua_createtable(L, 0, 4);
    for (int field = 0; field < 4; field++) {
        lua_createtable(L, count < INT32_MAX ? (int)count : 0, 0);
        for (int64_t i = 0; i < count; i++) {
            if (field == 0) lua_pushinteger(L, choices[i].bits);
            else if (field == 1) lua_pushinteger(L, (lua_Integer)choices[i].size);
            else lua_pushnumber(L, field == 2 ? choices[i].rmse : choices[i].snr_db);
            lua_rawseti(L, -2, i + 1);
        }
        lua_setfield(L, -2, names[field]);
    }
    return 1;
}

/* dgen.choose_bits (layers, options). */
int dgen_lua_choose_bits(lua_State *L)
{
    choosing how = { .budget = 0 };
    dgen_error error;
    dgen_status status;
    int tried = 0;
    lua_settop(L, OPTIONS);
    lua_settop(L, RULES);
    lua_newtable(L);
    dgen_array *arrays = dgen_lua_check_layers(L, LAYERS, "layers", &how.count);
    how.layers = lua_newuserdatauv(L, (size_t)how.count * sizeof *how.layers, 0);
    for (int64_t i = 0; i < how.count; i++) how.layers[i] = (dgen_layer){ "", &arrays[i] };
    check_choosing(L, &how);
    dgen_bits_choice *choices = lua_newuserdatauv(L, (size_t)how.count * sizeof *choices, 0);
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    dgen_lua_progress p = { .L = L, .function = PROGRESS };
    dgen_progress progress = lua_isnil(L, PROGRESS) ? NULL : dgen_lua_call_progress;
    do {
        dgen_lua_watch_start(L, &p.watch);
        status = dgen_choose_bits(choices, how.layers, how.count, how.budget, how.rules, how.rule_count, &how.options,
                                  progress, &p, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    dgen_lua_release_hold(arrays, (size_t)how.count);
    if (p.failed) return lua_error(L);
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    return push_choices(L, choices, how.count);
}
