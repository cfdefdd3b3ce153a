/* A monotonic clock for Lua, whose own os.clock counts CPU time: require "bench_clock" () in seconds. */
#include <lauxlib.h>
#include <time.h>

static int now(lua_State *L)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    lua_pushnumber(L, (double)t.tv_sec + 1e-9 * (double)t.tv_nsec);
    return 1;
}

int luaopen_bench_clock(lua_State *L)
{
    lua_pushcfunction(L, now);
    return 1;
}
