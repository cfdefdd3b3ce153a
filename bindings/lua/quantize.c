/*
 * Quantization: to codes and back, one array or many, and to and from the layouts of other programs.
 */
#include <stdio.h>
#include <string.h>

#include "dgen_lua.h"

void dgen_lua_check_quantize_options(lua_State *L, int index, dgen_quantize_options *options)
{
    dgen_error error;
    const char *name;
    dgen_quantize_options_init(options);
    if (lua_isnoneornil(L, index)) return;
    if (!lua_istable(L, index)) dgen_lua_raise_type(L, "options", "a table");
    lua_pushnil(L);
    while ((name = dgen_lua_next_option(L, index))) {
        if (dgen_quantize_options_set(options, name, dgen_lua_value(L, -1), &error) != DGEN_OK) dgen_lua_raise(L, &error);
        lua_pop(L, 1);
    }
}

/* dgen.quantize (x, options). */
int dgen_lua_quantize(lua_State *L)
{
    dgen_quantize_options options;
    dgen_array own;
    dgen_quantized q;
    dgen_error error;
    dgen_status status;
    dgen_lua_watch watch;
    int tried = 0;
    lua_settop(L, 2);
    const dgen_array *x = dgen_lua_check_floats(L, 1, "x", &own);
    dgen_lua_check_quantize_options(L, 2, &options);
    dgen_array *hold = dgen_lua_push_hold(L, 3);
    do {
        memset(&q, 0, sizeof q);
        dgen_lua_watch_start(L, &watch);
        status = dgen_quantize(&q, x, &options, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    dgen_lua_hold_quantized(hold, &q);
    dgen_lua_push_quantized(L, &q, hold);
    dgen_lua_account(L);
    return 1;
}

/* -------------------------------------------------------------------------------------------------------- and back */

/* How to decode. An array that is given is also in slot 3 of the stack. */
typedef struct decoding {
    dgen_dtype dtype;
    int max_threads;
    dgen_array *out;
} decoding;

static void check_decoding(lua_State *L, decoding *how, int is_unpacking)
{
    const char *name;
    int has_type = 0;
    lua_settop(L, 2);
    lua_settop(L, 3);
    if (lua_isnil(L, 2)) return;
    if (!lua_istable(L, 2)) {
        if (is_unpacking) dgen_lua_raise_type(L, "options", "a table");
        how->dtype = dgen_lua_check_dtype(L, 2, DGEN_F32);
        return;
    }
    lua_pushnil(L);
    while ((name = dgen_lua_next_option(L, 2))) {
        if (!strcmp(name, "type") && !is_unpacking) {
            how->dtype = dgen_lua_check_dtype(L, lua_gettop(L), DGEN_F32);
            has_type = 1;
        }
        else if (!strcmp(name, "out")) {
            how->out = dgen_lua_check_array(L, -1, "out");
            lua_copy(L, -1, 3);
        }
        else if (!strcmp(name, "max_threads"))
            how->max_threads = (int)dgen_lua_check_whole(L, -1, "max_threads", 0, 1024);
        else
            luaL_error(L, "\"%s\" is not an option; the options are %smax_threads, out", name, is_unpacking ? "" : "type, ");
        lua_pop(L, 1);
    }
    if (how->out && !has_type && !is_unpacking) how->dtype = how->out->dtype;
}

static int decode(lua_State *L, int is_unpacking)
{
    decoding how = { DGEN_F32, 0, NULL };
    dgen_lua_quantized q;
    dgen_error error;
    dgen_status status;
    dgen_lua_watch watch;
    int tried = 0;
    check_decoding(L, &how, is_unpacking);
    dgen_array *out = how.out ? how.out : dgen_lua_push_array(L);
    int result = how.out ? 3 : lua_gettop(L);
    dgen_lua_check_quantized(L, 1, &q);
    do {
        if (how.out && !out->release) dgen_lua_raise_closed(L, "out"); /* by a finalizer */
        dgen_lua_watch_start(L, &watch);
        if (is_unpacking) status = dgen_unpack(out, dgen_lua_quantized_now(&q), how.max_threads, &error);
        else status = dgen_dequantize(out, dgen_lua_quantized_now(&q), how.dtype, how.max_threads, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    lua_settop(L, result);
    if (!how.out) dgen_lua_account(L);
    return 1;
}

/* dgen.dequantize (q, type or options). */
int dgen_lua_dequantize(lua_State *L) { return decode(L, 0); }

/* dgen.unpack (q, options). */
int dgen_lua_unpack(lua_State *L) { return decode(L, 1); }

/* --------------------------------------------------------------------------------------------------------- batches */

/* The stack of a call: its arguments, then what must stay alive. */
enum { LIST = 1, OPTIONS, PROGRESS, BITS };

/* Bits of each layer, in a userdata that goes into slot BITS. */
static int *check_bits(lua_State *L, int index, int64_t count)
{
    dgen_quantize_options one;
    dgen_error error;
    int64_t length = (int64_t)lua_rawlen(L, index);
    if (length != count) {
        char legal[128];
        snprintf(legal, sizeof legal, "a number, or have as many elements as there are layers, %lld, not %lld",
                 (long long)count, (long long)length);
        dgen_lua_raise_type(L, "bits", legal);
    }
    int *bits = lua_newuserdatauv(L, (size_t)count * sizeof *bits, 0);
    lua_replace(L, BITS);
    dgen_quantize_options_init(&one);
    for (int64_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, i + 1);
        if (dgen_quantize_options_set(&one, "bits", dgen_lua_value(L, -1), &error) != DGEN_OK) dgen_lua_raise(L, &error);
        bits[i] = one.bits;
        lua_pop(L, 1);
    }
    return bits;
}

/* Options of quantize, of which bits may be a list, and a function in slot PROGRESS; the list's bits, or NULL. */
static int *check_batch_options(lua_State *L, dgen_quantize_options *options, int64_t count)
{
    dgen_error error;
    const char *name;
    int *bits = NULL;
    dgen_quantize_options_init(options);
    if (lua_isnil(L, OPTIONS)) return NULL;
    if (!lua_istable(L, OPTIONS)) dgen_lua_raise_type(L, "options", "a table");
    lua_pushnil(L);
    while ((name = dgen_lua_next_option(L, OPTIONS))) {
        if (!strcmp(name, "bits") && lua_istable(L, -1)) bits = check_bits(L, lua_gettop(L), count);
        else if (!strcmp(name, "progress")) {
            if (!lua_isfunction(L, -1)) dgen_lua_raise_type(L, "progress", "a function");
            lua_copy(L, -1, PROGRESS);
        }
        else if (dgen_quantize_options_set(options, name, dgen_lua_value(L, -1), &error) != DGEN_OK)
            dgen_lua_raise(L, &error);
        lua_pop(L, 1);
    }
    return bits;
}

/* The results as a list. */
static int push_batch(lua_State *L, const dgen_quantized *results, dgen_array *hold, int64_t count)
{
    lua_createtable(L, count < INT32_MAX ? (int)count : 0, 0);
    for (int64_t i = 0; i < count; i++) {
        dgen_lua_push_quantized(L, &results[i], &hold[3 * i]);
        lua_rawseti(L, -2, i + 1);
    }
    dgen_lua_account(L);
    return 1;
}

/* dgen.quantize_batch (list, options). */
int dgen_lua_quantize_batch(lua_State *L)
{
    dgen_quantize_options options;
    dgen_error error;
    dgen_status status;
    int64_t count;
    int tried = 0;
    lua_settop(L, OPTIONS);
    lua_settop(L, BITS);
    dgen_array *layers = dgen_lua_check_layers(L, LIST, "list", &count);
    int *bits = check_batch_options(L, &options, count);
    const dgen_array **pointers = lua_newuserdatauv(L, (size_t)count * sizeof *pointers, 0);
    for (int64_t i = 0; i < count; i++) pointers[i] = &layers[i];
    dgen_quantized *results = lua_newuserdatauv(L, (size_t)count * sizeof *results, 0);
    dgen_array *hold = dgen_lua_push_hold(L, 3 * (size_t)count);
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    dgen_lua_progress p = { .L = L, .function = PROGRESS };
    dgen_progress progress = lua_isnil(L, PROGRESS) ? NULL : dgen_lua_call_progress;
    do {
        memset(results, 0, (size_t)count * sizeof *results);
        dgen_lua_watch_start(L, &p.watch);
        status = dgen_quantize_batch(results, pointers, count, &options, bits, progress, &p, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    dgen_lua_release_hold(layers, (size_t)count);
    if (p.failed) return lua_error(L);
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    for (int64_t i = 0; i < count; i++) dgen_lua_hold_quantized(&hold[3 * i], &results[i]);
    return push_batch(L, results, hold, count);
}

/* ------------------------------------------------------------------------------------------------------- other layouts */

/* A packed array as a quantized one. */
static dgen_status restore(lua_State *L, int index, dgen_quantized *q, dgen_error *error)
{
    dgen_lua_packed p;
    dgen_status status;
    dgen_lua_watch watch;
    int tried = 0;
    dgen_lua_check_packed(L, index, &p);
    do {
        memset(q, 0, sizeof *q);
        dgen_lua_watch_start(L, &watch);
        status = dgen_packed_restore(q, dgen_lua_packed_now(&p), error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    return status;
}

/* What is at slot 1 as a quantized array: *q, or *restored, whose memory the hold has, if it is a packed one. */
static const dgen_quantized *check_source(lua_State *L, dgen_lua_quantized *q, dgen_array hold[3])
{
    dgen_error error;
    if (!lua_istable(L, 1)) dgen_lua_raise_type(L, "q", "what quantize or repack returns");
    if (lua_getfield(L, 1, "packing") == LUA_TNIL) {
        dgen_lua_check_quantized(L, 1, q);
        return NULL;
    }
    if (restore(L, 1, &q->value, &error) != DGEN_OK) dgen_lua_raise(L, &error);
    dgen_lua_hold_quantized(hold, &q->value);
    return &q->value;
}

/* dgen.repack (q or p, packing). */
int dgen_lua_repack(lua_State *L)
{
    dgen_lua_quantized q;
    dgen_packing packing;
    dgen_packed p;
    dgen_error error;
    dgen_status status;
    dgen_lua_watch watch;
    int tried = 0;
    lua_settop(L, 2);
    dgen_array *source = dgen_lua_push_hold(L, 3), *hold = dgen_lua_push_hold(L, 3);
    const dgen_quantized *restored = check_source(L, &q, source);
    if (dgen_packing_find(&packing, dgen_lua_check_text(L, 2, "packing"), &error) != DGEN_OK) dgen_lua_raise(L, &error);
    if (restored && packing == DGEN_PACKING_DGEN) {
        dgen_lua_push_quantized(L, restored, source);
        dgen_lua_account(L);
        return 1;
    }
    do {
        memset(&p, 0, sizeof p);
        dgen_lua_watch_start(L, &watch);
        status = dgen_repack(&p, restored ? restored : dgen_lua_quantized_now(&q), packing, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    hold[0] = p.codes;
    hold[1] = p.scale;
    hold[2] = p.zero;
    dgen_lua_release_hold(source, 3);
    dgen_lua_push_packed(L, &p, hold);
    dgen_lua_account(L);
    return 1;
}
