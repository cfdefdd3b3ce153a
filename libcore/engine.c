/*
 * The uniform numbers of R, GNU Octave and Lua, bit for bit, so that a host can be held against the core by equality.
 *
 *     R 3.6 and later    set.seed (s); runif (n)
 *     Octave 4.4 to 9    rand ("twister", s); rand (n, 1)
 *     Lua 5.4            math.randomseed (s); math.random ()
 *
 * R and Octave draw 32-bit words from the Mersenne Twister MT19937 (M. Matsumoto, T. Nishimura, "Mersenne Twister: a
 * 623-dimensionally equidistributed uniform pseudo-random number generator", ACM TOMACS 8, 1998). R fills its state by a
 * congruential generator from a seed of 32 bits with a sign: -1 is asked for as 2^32 - 1, and -2^31, which R has for its
 * NA, is refused. A value is a word times 2.3283064365386963e-10, or half of 1 / (2^32 - 1) in place of 0. Octave fills
 * the state by the authors' init_by_array (2002) from the seed as a list of one; what is beyond 2^32 - 1 becomes that. A
 * value is 27 bits of a word and 26 of the next, over 2^53; of both 0 there is another pair instead.
 *
 * Lua has xoshiro256** (D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47, 2021) from
 * the state (s, 255, 0, 0), and passes over 16 words; a value is the 53 high bits of a word, over 2^53. Any 64 bits are a
 * seed, those of a negative integer too.
 */
#include "engine.h"

#include <stdlib.h>

#include "threads.h"

enum { WORDS = 624, MIDDLE = 397 };

struct dgen__engine {
    dgen_engine kind;
    uint64_t seed, position; /* the value that comes next */
    uint32_t word[WORDS];    /* of MT19937 */
    int used;                /* so many of them */
    uint64_t state[4];       /* of xoshiro256** */
};

/* -------------------------------------------------------------------------------------------------------- MT19937 */

static uint32_t twisted(uint32_t far, uint32_t a, uint32_t b)
{
    uint32_t y = (a & UINT32_C(0x80000000)) | (b & UINT32_C(0x7FFFFFFF));
    return far ^ y >> 1 ^ (-(y & 1) & UINT32_C(0x9908B0DF));
}

static void next_words(dgen__engine *engine)
{
    uint32_t *w = engine->word;
    for (int i = 0; i < WORDS - MIDDLE; i++) w[i] = twisted(w[i + MIDDLE], w[i], w[i + 1]);
    for (int i = WORDS - MIDDLE; i < WORDS - 1; i++) w[i] = twisted(w[i + MIDDLE - WORDS], w[i], w[i + 1]);
    w[WORDS - 1] = twisted(w[MIDDLE - 1], w[WORDS - 1], w[0]);
    engine->used = 0;
}

static inline uint32_t next_word(dgen__engine *engine)
{
    if (engine->used == WORDS) next_words(engine);
    uint32_t y = engine->word[engine->used++];
    y ^= y >> 11;
    y ^= y << 7 & UINT32_C(0x9D2C5680);
    y ^= y << 15 & UINT32_C(0xEFC60000);
    return y ^ y >> 18;
}

static void seed_as_r(dgen__engine *engine)
{
    uint32_t seed = (uint32_t)engine->seed;
    for (int i = 0; i < 51; i++) seed = 69069 * seed + 1; /* the 51st is the place of the position */
    for (int i = 0; i < WORDS; i++) engine->word[i] = seed = 69069 * seed + 1;
}

static void seed_as_octave(dgen__engine *engine)
{
    uint32_t *w = engine->word, key = engine->seed > UINT32_MAX ? UINT32_MAX : (uint32_t)engine->seed;
    w[0] = 19650218;
    for (uint32_t i = 1; i < WORDS; i++) w[i] = 1812433253 * (w[i - 1] ^ w[i - 1] >> 30) + i;
    uint32_t i = 1;
    for (int step = 0; step < WORDS; step++) {
        w[i] = (w[i] ^ (w[i - 1] ^ w[i - 1] >> 30) * 1664525) + key;
        if (++i == WORDS) w[0] = w[WORDS - 1], i = 1;
    }
    for (int step = 0; step < WORDS - 1; step++) {
        w[i] = (w[i] ^ (w[i - 1] ^ w[i - 1] >> 30) * 1566083941) - i;
        if (++i == WORDS) w[0] = w[WORDS - 1], i = 1;
    }
    w[0] = UINT32_C(0x80000000);
}

static double next_of_r(dgen__engine *engine)
{
    double u = next_word(engine) * 2.3283064365386963e-10;
    return u > 0 ? u : 0.5 * 2.328306437080797e-10;
}

static double next_of_octave(dgen__engine *engine)
{
    uint32_t a, b;
    do {
        a = next_word(engine) >> 5;
        b = next_word(engine) >> 6;
    } while (!(a | b));
    return (a * 0x1p26 + b) * 0x1p-53;
}

/* --------------------------------------------------------------------------------------------------- xoshiro256** */

static uint64_t rotated(uint64_t x, int by) { return x << by | x >> (64 - by); }

static uint64_t next_long(dgen__engine *engine)
{
    uint64_t *s = engine->state, result = rotated(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotated(s[3], 45);
    return result;
}

static void seed_as_lua(dgen__engine *engine)
{
    engine->state[0] = engine->seed;
    engine->state[1] = 0xFF;
    engine->state[2] = engine->state[3] = 0;
    for (int i = 0; i < 16; i++) next_long(engine);
}

static double next_of_lua(dgen__engine *engine) { return (double)(next_long(engine) >> 11) * 0x1p-53; }

/* ---------------------------------------------------------------------------------------------------------- values */

static void begin(dgen__engine *engine)
{
    engine->position = 0;
    engine->used = WORDS;
    if (engine->kind == DGEN_ENGINE_R) seed_as_r(engine);
    else if (engine->kind == DGEN_ENGINE_OCTAVE) seed_as_octave(engine);
    else seed_as_lua(engine);
}

/* The next n values. */
static void draw(dgen__engine *engine, double *out, uint64_t n)
{
    if (engine->kind == DGEN_ENGINE_R)
        for (uint64_t i = 0; i < n; i++) out[i] = next_of_r(engine);
    else if (engine->kind == DGEN_ENGINE_OCTAVE)
        for (uint64_t i = 0; i < n; i++) out[i] = next_of_octave(engine);
    else
        for (uint64_t i = 0; i < n; i++) out[i] = next_of_lua(engine);
    engine->position += n;
}

/* Values between two questions of the poll hook: some milliseconds. */
enum { POLL = 1 << 20, SKIP = 512 };

bool dgen__engine_fill(dgen__engine *engine, double *out, uint64_t first, uint64_t n)
{
    double unused[SKIP];
    if (first < engine->position) begin(engine);
    for (uint64_t step; engine->position < first; draw(engine, unused, step)) {
        if (engine->position % POLL < SKIP && dgen__canceled()) return false;
        step = dgen__least(first - engine->position, SKIP);
    }
    for (uint64_t step; n; n -= step, out += step) {
        step = dgen__least(POLL - engine->position % POLL, n);
        draw(engine, out, step);
        if (engine->position % POLL == 0 && dgen__canceled()) return false;
    }
    return true;
}

uint64_t dgen__engine_seed(dgen_engine kind, uint64_t bits)
{
    return kind == DGEN_ENGINE_R ? bits & INT32_MAX : kind == DGEN_ENGINE_OCTAVE ? bits & UINT32_MAX : bits;
}

static dgen_status check_options(const dgen_random_options *options, dgen_error *error)
{
    bool r = options->engine == DGEN_ENGINE_R, octave = options->engine == DGEN_ENGINE_OCTAVE;
    unsigned long long seed = options->seed;
    if (r && (seed > UINT32_MAX || seed == UINT32_C(1) << 31))
        return dgen__fail(error, DGEN_EINVAL, "seed", "seed must be a whole number from 0 to 2^31 - 1 for engine \"r\", or "
                          "2^32 - s for R's seed -s, down to -2^31 + 1; not %llu", seed);
    if (octave && seed > UINT64_C(1) << 53)
        return dgen__fail(error, DGEN_EINVAL, "seed", "seed must be a whole number from 0 to 2^53 for engine \"octave\", "
                          "not %llu", seed);
    if (!r && !octave && options->engine != DGEN_ENGINE_LUA)
        return dgen__fail(error, DGEN_EINVAL, "engine", "engine must be a dgen_engine");
    if (options->stream)
        return dgen__fail(error, DGEN_EINVAL, "stream", "stream must be 0 with another engine than \"dgen\"");
    if (options->full_resolution)
        return dgen__fail(error, DGEN_EINVAL, "resolution",
                          "resolution must be \"standard\" with another engine than \"dgen\"");
    return DGEN_OK;
}

dgen_status dgen__engine_open(dgen__engine **out, const dgen_random_options *options, dgen_error *error)
{
    dgen_status status = check_options(options, error);
    if (status != DGEN_OK) return status;
    dgen__engine *engine = malloc(sizeof *engine);
    if (!engine) return dgen__fail(error, DGEN_ENOMEM, "", "out of memory");
    engine->kind = options->engine;
    engine->seed = options->seed;
    begin(engine);
    *out = engine;
    return DGEN_OK;
}

void dgen__engine_close(dgen__engine *engine) { free(engine); }
