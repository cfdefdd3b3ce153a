/*
 * dgen.random and dgen.randomseed: one random number a call, in the forms, with the results and the errors of math.random and
 * math.randomseed (lmathlib.c of Lua 5.4), from dgen's stream.
 *
 * Values come from a block of the stream, refilled as it is used up: the k-th call for a float gives value k of
 * dgen.uniform, and whole numbers take the values of dgen.integers (n, math.mininteger, math.maxinteger), one after the
 * other, of the same seed and stream. A number from m to n is the high half of the product of such a word and the width,
 * where words that would make some numbers likelier are passed over (Lemire, 2019).
 */
#include <string.h>

#include "dgen_lua.h"

enum { BLOCK = 1024 };

/* What is left of a block, and where in the stream the next block begins. */
typedef struct supply {
    uint64_t position;
    int at; /* BLOCK: all used */
} supply;

typedef struct source {
    supply floats, words;
    double of_floats[BLOCK];
    int64_t of_words[BLOCK];
    dgen_random_options options; /* seed and stream */
} source;

static source *source_of(lua_State *L) { return lua_touserdata(L, lua_upvalueindex(2)); }

/* Fills a block with the stream's next values. */
static void refill(lua_State *L, source *s, supply *of, dgen_distribution distribution, dgen_dtype dtype, void *block,
                   const dgen_operand *parameters)
{
    const int64_t n = BLOCK;
    dgen_array out;
    dgen_error error;
    dgen_random_options options = s->options;
    options.offset = of->position;
    if (dgen_array_borrow(&out, dtype, 1, &n, block, &error) != DGEN_OK
        || dgen_random(&out, distribution, 1, &n, parameters, &options, &error) != DGEN_OK)
        dgen_lua_raise(L, &error);
    of->position += BLOCK;
    of->at = 0;
}

static double next_float(lua_State *L, source *s)
{
    static const dgen_operand parameters[2] = { { NULL, 0 }, { NULL, 1 } };
    if (s->floats.at == BLOCK)
        refill(L, s, &s->floats, DGEN_DISTRIBUTION_uniform, DGEN_F64, s->of_floats, parameters);
    return s->of_floats[s->floats.at++];
}

/* From -2^63 to 2^63 - 1, each as likely. */
static void refill_words(lua_State *L, source *s)
{
    static int64_t greatest = INT64_MAX;
    const int64_t one = 1;
    dgen_array most;
    dgen_error error;
    if (dgen_array_borrow(&most, DGEN_I64, 1, &one, &greatest, &error) != DGEN_OK) dgen_lua_raise(L, &error);
    const dgen_operand parameters[2] = { { NULL, -0x1p63 }, { &most, 0 } };
    refill(L, s, &s->words, DGEN_DISTRIBUTION_integers, DGEN_I64, s->of_words, parameters);
}

static uint64_t next_word(lua_State *L, source *s)
{
    if (s->words.at == BLOCK) refill_words(L, s);
    return (uint64_t)s->of_words[s->words.at++];
}

/* From 0 to `most`, each as likely. Of the 2^64 words, 2^64 mod width are passed over. */
static uint64_t next_below(lua_State *L, source *s, uint64_t most)
{
    uint64_t width = most + 1, word = next_word(L, s);
    if (width == 0) return word;
    unsigned __int128 product = (unsigned __int128)word * width;
    if ((uint64_t)product < width)
        for (uint64_t passed = (0 - width) % width; (uint64_t)product < passed;)
            product = (unsigned __int128)next_word(L, s) * width;
    return (uint64_t)(product >> 64);
}

static int random_number(lua_State *L)
{
    source *s = source_of(L);
    lua_Integer low = 1, high;
    switch (lua_gettop(L)) {
    case 0:
        lua_pushnumber(L, next_float(L, s));
        return 1;
    case 1:
        high = luaL_checkinteger(L, 1);
        if (high == 0) {
            lua_pushinteger(L, (lua_Integer)next_word(L, s));
            return 1;
        }
        break;
    case 2:
        low = luaL_checkinteger(L, 1);
        high = luaL_checkinteger(L, 2);
        break;
    default: return luaL_error(L, "wrong number of arguments");
    }
    luaL_argcheck(L, low <= high, 1, "interval is empty");
    lua_pushinteger(L, (lua_Integer)(next_below(L, s, (uint64_t)high - (uint64_t)low) + (uint64_t)low));
    return 1;
}

/* Sets the seed or the stream: an integer of Lua's by its 64 bits, else what the option of that name may be. */
static void set(lua_State *L, int index, dgen_random_options *options, const char *name)
{
    dgen_error error;
    dgen_value value = dgen_lua_value(L, index);
    if (value.kind == DGEN_VALUE_INTEGER) {
        value.kind = DGEN_VALUE_COUNT;
        value.count = (uint64_t)value.integer;
    }
    if (dgen_random_options_set(options, DGEN_DISTRIBUTION_uniform, name, value, &error) != DGEN_OK)
        dgen_lua_raise(L, &error);
}

static void start(source *s, const dgen_random_options *options)
{
    s->options = *options;
    s->floats = s->words = (supply){ 0, BLOCK };
}

static int random_seed(lua_State *L)
{
    dgen_random_options options;
    dgen_random_options_init(&options);
    options.max_threads = 1;
    if (lua_isnone(L, 1)) {
        options.seed = dgen_fresh_seed();
        options.has_seed = 1;
    }
    else set(L, 1, &options, "seed");
    if (!lua_isnone(L, 2)) set(L, 2, &options, "stream");
    start(source_of(L), &options);
    lua_pushinteger(L, (lua_Integer)options.seed);
    lua_pushinteger(L, (lua_Integer)options.stream);
    return 2;
}

static const luaL_Reg functions[] = { { "random", random_number }, { "randomseed", random_seed }, { NULL, NULL } };

void dgen_lua_open_math_random(lua_State *L)
{
    int host = lua_gettop(L), module = host - 1;
    lua_pushvalue(L, module);
    lua_pushvalue(L, host);
    source *s = lua_newuserdatauv(L, sizeof *s, 0);
    dgen_random_options options;
    dgen_random_options_init(&options);
    options.max_threads = 1;
    options.seed = dgen_fresh_seed();
    options.has_seed = 1;
    start(s, &options);
    luaL_setfuncs(L, functions, 2);
    lua_settop(L, host);
}
