/*
 * The bytes of an array to and from Lua's own files and strings.
 *
 * A file handle's FILE is written and read in place, so that a 512 MiB array reaches a file without a Lua string of
 * that size. The work is done in pieces, between which an interrupt is answered; elements that are not one after the
 * other go by way of a small piece on the stack. As with Lua's own files, what the operating system refuses is returned
 * as nil, message, errno.
 */
#include <errno.h>
#include <stdio.h>

#include "dgen_lua.h"

enum { PIECE = 256 << 10, STACK_PIECE = 4 << 10 }; /* bytes */

static FILE *check_file(lua_State *L, int index)
{
    luaL_Stream *stream = luaL_testudata(L, index, LUA_FILEHANDLE);
    if (!stream) dgen_lua_raise_type(L, "file", "an open file");
    if (!stream->closef) dgen_lua_raise_closed(L, "file");
    return stream->f;
}

/* Elements i to j, whose bounds are at `index`, of the array at 1. */
static dgen_array check_part(lua_State *L, int index)
{
    const dgen_array *array = dgen_lua_check_array(L, 1, "x");
    int64_t first, count = dgen_lua_check_range(L, index, dgen_array_length(array), &first);
    return dgen_lua_part(array, first, count);
}

/* The part's next elements: where they are, or, if that is apart, a copy in `stack`. */
static dgen_array next_piece(lua_State *L, const dgen_array *part, int64_t first, void *stack)
{
    int64_t width = (int64_t)dgen_dtype_bytes(part->dtype), left = part->shape[0] - first;
    int64_t most = (dgen_lua_is_strided(part) ? STACK_PIECE : PIECE) / width;
    dgen_array piece = dgen_lua_part(part, first, left < most ? left : most);
    if (!dgen_lua_is_strided(part)) return piece;
    dgen_array copy = piece;
    copy.data = stack;
    copy.stride[0] = 1;
    dgen_lua_convert(L, &copy, &piece);
    return copy;
}

static int array_write(lua_State *L)
{
    dgen_array part = check_part(L, 3), piece;
    FILE *file = check_file(L, 2);
    double stack[STACK_PIECE / sizeof(double)];
    dgen_lua_watch watch;
    dgen_lua_watch_init(L, &watch);
    for (int64_t first = 0; first < part.shape[0]; first += piece.shape[0]) {
        piece = next_piece(L, &part, first, stack);
        size_t n_bytes = dgen_array_bytes(&piece);
        errno = 0;
        if (fwrite(piece.data, 1, n_bytes, file) < n_bytes) return luaL_fileresult(L, 0, NULL);
        dgen_lua_watch_check(L, &watch);
    }
    lua_pushinteger(L, (lua_Integer)dgen_array_bytes(&part));
    return 1;
}

static int array_read(lua_State *L)
{
    dgen_array part = check_part(L, 3), piece;
    FILE *file = check_file(L, 2);
    double stack[STACK_PIECE / sizeof(double)];
    size_t done = 0;
    dgen_lua_watch watch;
    dgen_lua_watch_init(L, &watch);
    for (int64_t first = 0; first < part.shape[0]; first += piece.shape[0]) {
        piece = next_piece(L, &part, first, stack);
        size_t n_bytes = dgen_array_bytes(&piece);
        errno = 0;
        size_t got = fread(piece.data, 1, n_bytes, file);
        int code = errno;
        done += got;
        if (piece.data == stack) {
            dgen_array there = dgen_lua_part(&part, first, piece.shape[0]);
            dgen_lua_convert(L, &there, &piece);
        }
        if (got < n_bytes && ferror(file)) return errno = code, luaL_fileresult(L, 0, NULL);
        if (got < n_bytes) break;
        dgen_lua_watch_check(L, &watch);
    }
    lua_pushinteger(L, (lua_Integer)done);
    return 1;
}

/* The string's room may run finalizers, which may close x: it is looked at once more. */
static int array_tostring(lua_State *L)
{
    lua_settop(L, 3);
    dgen_array part = check_part(L, 2), bytes = part;
    luaL_Buffer buffer;
    if (!dgen_lua_is_strided(&part)) {
        lua_pushlstring(L, part.shape[0] ? part.data : "", dgen_array_bytes(&part));
        return 1;
    }
    bytes.stride[0] = 1;
    bytes.data = luaL_buffinitsize(L, &buffer, dgen_array_bytes(&part));
    part = check_part(L, 2);
    dgen_lua_convert(L, &bytes, &part);
    luaL_pushresultsize(&buffer, dgen_array_bytes(&part));
    return 1;
}

const luaL_Reg dgen_lua_array_file_methods[] = {
    { "write", array_write }, { "read", array_read }, { "tostring", array_tostring }, { NULL, NULL },
};
