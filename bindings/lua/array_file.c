/*
 * The bytes of an array to and from Lua's own files and strings.
 *
 * A file handle's FILE is written and read in place, so that a 512 MiB array reaches a file without a Lua string of
 * that size. The work is done in pieces, between which an interrupt is answered. As with Lua's own files, what the
 * operating system refuses is returned as nil, message, errno.
 */
#include <errno.h>
#include <stdio.h>

#include "dgen_lua.h"

#define PIECE ((size_t)256 << 10)

static FILE *check_file(lua_State *L, int index)
{
    luaL_Stream *stream = luaL_testudata(L, index, LUA_FILEHANDLE);
    if (!stream) dgen_lua_raise_type(L, "file", "an open file");
    if (!stream->closef) dgen_lua_raise_closed(L, "file");
    return stream->f;
}

/* Elements i to j of the array at 1, whose bounds are at `index`, as bytes. */
static char *check_bytes(lua_State *L, int index, size_t *n_bytes)
{
    dgen_array *array = dgen_lua_check_array(L, 1, "x");
    size_t width = dgen_dtype_bytes(array->dtype);
    int64_t first, count = dgen_lua_check_range(L, index, dgen_array_length(array), &first);
    *n_bytes = (size_t)count * width;
    return count > 0 ? (char *)array->data + (size_t)first * width : NULL;
}

static int array_write(lua_State *L)
{
    size_t n_bytes, done = 0;
    const char *bytes = check_bytes(L, 3, &n_bytes);
    FILE *file = check_file(L, 2);
    dgen_lua_watch watch;
    dgen_lua_watch_init(L, &watch);
    while (done < n_bytes) {
        size_t piece = n_bytes - done < PIECE ? n_bytes - done : PIECE;
        errno = 0;
        if (fwrite(bytes + done, 1, piece, file) < piece) return luaL_fileresult(L, 0, NULL);
        done += piece;
        dgen_lua_watch_check(L, &watch);
    }
    lua_pushinteger(L, (lua_Integer)done);
    return 1;
}

static int array_read(lua_State *L)
{
    size_t n_bytes, done = 0;
    char *bytes = check_bytes(L, 3, &n_bytes);
    FILE *file = check_file(L, 2);
    dgen_lua_watch watch;
    dgen_lua_watch_init(L, &watch);
    while (done < n_bytes) {
        size_t piece = n_bytes - done < PIECE ? n_bytes - done : PIECE;
        errno = 0;
        size_t got = fread(bytes + done, 1, piece, file);
        done += got;
        if (got < piece && ferror(file)) return luaL_fileresult(L, 0, NULL);
        if (got < piece) break;
        dgen_lua_watch_check(L, &watch);
    }
    lua_pushinteger(L, (lua_Integer)done);
    return 1;
}

static int array_tostring(lua_State *L)
{
    size_t n_bytes;
    const char *bytes = check_bytes(L, 2, &n_bytes);
    lua_pushlstring(L, bytes ? bytes : "", n_bytes);
    return 1;
}

const luaL_Reg dgen_lua_array_file_methods[] = {
    { "write", array_write }, { "read", array_read }, { "tostring", array_tostring }, { NULL, NULL },
};
