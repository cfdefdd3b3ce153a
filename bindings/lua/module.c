/*
 * The module: the functions of `require "dgen"`.
 *
 * Each reads its arguments, calls the core once, and pushes the answer.
 */
#include <string.h>

#include "dgen_lua.h"

/* ----------------------------------------------------------------------------------------------------------- bytes */

static int generate(lua_State *L)
{
    dgen_config config;
    dgen_error error;
    dgen_status status;
    dgen_lua_watch watch;
    int tried = 0;
    dgen_lua_check_config(L, 1, &config);
    dgen_array *array = dgen_lua_push_array(L);
    do {
        dgen_lua_watch_start(L, &watch);
        status = dgen_generate(array, &config, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    dgen_lua_account(L);
    return 1;
}

static int fill(lua_State *L)
{
    dgen_array *buffer = dgen_lua_check_contiguous(L, 1, "buf");
    dgen_config config;
    dgen_error error;
    dgen_lua_watch watch;
    dgen_lua_check_config(L, 2, &config);
    dgen_lua_watch_start(L, &watch);
    dgen_status status = dgen_fill_at(buffer->data, dgen_array_bytes(buffer), &config, config.offset, &error);
    dgen_lua_watch_stop();
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    lua_pushinteger(L, (lua_Integer)dgen_array_bytes(buffer));
    return 1;
}

static int buffer(lua_State *L)
{
    dgen_dtype dtype = dgen_lua_check_dtype(L, 2, DGEN_U8);
    dgen_lua_push_vector(L, dtype, dgen_lua_check_whole(L, 1, "n", 0, INT64_MAX));
    return 1;
}

static int buffers(lua_State *L)
{
    uint64_t count = dgen_lua_check_whole(L, 1, "count", 0, INT32_MAX);
    uint64_t n = dgen_lua_check_whole(L, 2, "n", 0, INT64_MAX);
    dgen_dtype dtype = dgen_lua_check_dtype(L, 3, DGEN_U8);
    lua_createtable(L, (int)count, 0);
    for (uint64_t i = 1; i <= count; i++) {
        dgen_lua_push_vector(L, dtype, n);
        lua_rawseti(L, -2, (lua_Integer)i);
    }
    return 1;
}

/* ------------------------------------------------------------------------------------------------ verify, describe */

static int verify(lua_State *L)
{
    dgen_config config;
    dgen_error error;
    dgen_verify_report report;
    dgen_record record;
    dgen_lua_watch watch;
    size_t n_bytes;
    const void *bytes = dgen_lua_check_bytes(L, 1, "x", &n_bytes);
    dgen_lua_check_config(L, 2, &config);
    dgen_lua_watch_start(L, &watch);
    dgen_status status = dgen_verify_at(&report, bytes, n_bytes, &config, config.offset, &error);
    dgen_lua_watch_stop();
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    dgen_verify_record(&report, &record);
    dgen_lua_push_record(L, &record);
    return 1;
}

/* options.block_size, the one option of describe. */
static uint64_t describe_block_size(lua_State *L, int index)
{
    uint64_t block_size = 4096;
    if (lua_isnoneornil(L, index)) return block_size;
    if (!lua_istable(L, index)) dgen_lua_raise_type(L, "options", "a table");
    lua_pushnil(L);
    while (lua_next(L, index)) {
        if (lua_type(L, -2) != LUA_TSTRING || strcmp(lua_tostring(L, -2), "block_size"))
            luaL_error(L, "\"%s\" is not an option; the options are block_size", luaL_tolstring(L, -2, NULL));
        block_size = dgen_lua_check_whole(L, lua_gettop(L), "block_size", 64, 16777216);
        lua_pop(L, 1);
    }
    return block_size;
}

static int describe(lua_State *L)
{
    dgen_error error;
    dgen_describe_report report;
    dgen_record record;
    dgen_lua_watch watch;
    size_t n_bytes;
    const void *bytes = dgen_lua_check_bytes(L, 1, "x", &n_bytes);
    uint64_t block_size = describe_block_size(L, 2);
    dgen_status status;
    int tried = 0;
    do {
        dgen_lua_watch_start(L, &watch);
        status = dgen_describe(&report, bytes, n_bytes, block_size, &error);
        dgen_lua_watch_stop();
    } while (dgen_lua_retry(L, status, &tried));
    if (status != DGEN_OK) dgen_lua_raise(L, &error);
    dgen_describe_record(&report, &record);
    dgen_lua_push_record(L, &record);
    return 1;
}

/* --------------------------------------------------------------------------------------------- machine and memory */

static int system_info(lua_State *L)
{
    dgen_record record;
    dgen_system_record(&record);
    dgen_lua_push_record(L, &record);
    return 1;
}

static int threads(lua_State *L)
{
    dgen_error error;
    int before = dgen_threads_get();
    if (!lua_isnoneornil(L, 1)
        && dgen_threads_set((int)dgen_lua_check_whole(L, 1, "n", 0, 1024), &error) != DGEN_OK)
        dgen_lua_raise(L, &error);
    lua_pushinteger(L, before);
    return 1;
}

static int version(lua_State *L)
{
    lua_pushliteral(L, DGEN_VERSION);
    return 1;
}

static int pool_trim(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)dgen_pool_trim());
    return 1;
}

static int pool_cap(lua_State *L)
{
    uint64_t before = dgen_pool_cap_get();
    if (!lua_isnoneornil(L, 1)) dgen_pool_cap_set(dgen_lua_check_whole(L, 1, "bytes", 0, UINT64_C(1) << 53));
    lua_pushinteger(L, (lua_Integer)before);
    return 1;
}

static const luaL_Reg functions[] = {
    { "generate", generate },
    { "fill", fill },
    { "buffer", buffer },
    { "buffers", buffers },
    { "array", dgen_lua_array_new },
    { "copy", dgen_lua_array_copy },
    { "generator", dgen_lua_generator_new },
    { "verify", verify },
    { "describe", describe },
    { "operations", dgen_lua_operations },
    { "distributions", dgen_lua_distributions },
    { "sampler", dgen_lua_sampler_new },
    { "normalize_rows", dgen_lua_normalize_rows },
    { "quantize", dgen_lua_quantize },
    { "dequantize", dgen_lua_dequantize },
    { "unpack", dgen_lua_unpack },
    { "quantize_batch", dgen_lua_quantize_batch },
    { "repack", dgen_lua_repack },
    { "equalize", dgen_lua_equalize },
    { "activation_table", dgen_lua_activation_table },
    { "quantize_activations", dgen_lua_quantize_activations },
    { "choose_bits", dgen_lua_choose_bits },
    { "arrow_export", dgen_lua_arrow_export },
    { "arrow_import", dgen_lua_arrow_import },
    { "system_info", system_info },
    { "threads", threads },
    { "version", version },
    { "pool_trim", pool_trim },
    { "pool_cap", pool_cap },
    { NULL, NULL },
};

int luaopen_dgen(lua_State *L)
{
    luaL_checkversion(L);
    luaL_newlibtable(L, functions);
    dgen_lua_host *host = lua_newuserdatauv(L, sizeof *host, 0);
    host->live_bytes = dgen_live_bytes();
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    host->main = lua_tothread(L, -1);
    lua_pop(L, 1);
    dgen_lua_open_array(L);
    dgen_lua_open_generator(L);
    dgen_lua_open_operations(L);
    dgen_lua_open_random(L);
    dgen_lua_open_math_random(L);
    dgen_lua_open_quantized(L);
    dgen_lua_open_arrow(L);
    luaL_setfuncs(L, functions, 1);
    return 1;
}
