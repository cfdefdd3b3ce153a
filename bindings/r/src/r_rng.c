/*
 * R's own random numbers from the stream: RNGkind ("user-supplied", "user-supplied"), as R_ext/Random.h has it.
 *
 * Uniforms are those of dgen_uniform, normals those of dgen_normal, value by value, of one seed and stream. The state, which
 * R keeps in .Random.seed and hands back before each of its functions draws, is seed, stream, and how many uniforms and
 * normals were drawn: 64 bits each, as two integers, the low 32 bits first. Blocks of values are made ahead, but a block is
 * no part of the state: it says of which seed, stream and position it is, and one that does not fit is made anew. So a
 * state brought back in the middle of a block goes on where it was saved.
 */
#include "dgen_r.h"

#include <R_ext/Random.h>

enum { SEED = 0, STREAM = 2, UNIFORMS = 4, NORMALS = 6, WORDS = 8, BLOCK = 1024 };

static Int32 state[WORDS];

static uint64_t get(int at) { return state[at] | (uint64_t)state[at + 1] << 32; }

static void put(int at, uint64_t value)
{
    state[at] = (Int32)value;
    state[at + 1] = (Int32)(value >> 32);
}

/* Values [first, first + count) of a distribution. */
struct block {
    dgen_distribution distribution;
    uint64_t seed, stream, first, count;
    double values[BLOCK];
};

static struct block uniforms = { .distribution = DGEN_DISTRIBUTION_uniform };
static struct block normals = { .distribution = DGEN_DISTRIBUTION_normal };

/* The block that value `position` is in, aligned to its size. R's functions take the logarithm of a uniform: 0, one value in
   2^53, becomes 2^-54. */
static void make(struct block *block, uint64_t position)
{
    const int64_t n = BLOCK;
    const dgen_distribution_row *row = dgen_distribution_get(block->distribution);
    const dgen_operand parameters[] = { { NULL, row->defaults[0] }, { NULL, row->defaults[1] } };
    dgen_array array;
    dgen_error error;
    dgen_random_options options;
    block->count = 0;
    block->seed = get(SEED);
    block->stream = get(STREAM);
    block->first = position - position % BLOCK;
    dgen_random_options_init(&options);
    options.seed = block->seed;
    options.has_seed = 1;
    options.stream = block->stream;
    options.offset = block->first;
    options.max_threads = 1;
    dgen_status status = dgen_array_borrow(&array, DGEN_F64, 1, &n, block->values, &error);
    if (status == DGEN_OK) status = dgen_random(&array, block->distribution, 1, &n, parameters, &options, &error);
    if (status != DGEN_OK) dgen_r_raise(&error);
    for (int i = 0; i < BLOCK && block == &uniforms; i++)
        if (block->values[i] == 0) block->values[i] = 0x1p-54;
    block->count = BLOCK;
}

/* The next value, and one more counted in the state. */
static inline double *next(struct block *block, int counter)
{
    uint64_t position = get(counter);
    if (position - block->first >= block->count || block->seed != get(SEED) || block->stream != get(STREAM))
        make(block, position);
    put(counter, position + 1);
    return &block->values[position - block->first];
}

double *user_unif_rand(void) { return next(&uniforms, UNIFORMS); }

/* set.seed (seed), which R scrambles first by 50 steps of a congruential generator. Undone, runif (n) after set.seed (42) has
   the values of dgen_uniform (n, seed = 42). */
void user_unif_init(Int32 seed)
{
    const Int32 inverse = 0xA5E2A705; /* of 69069 */
    for (int i = 0; i < 50; i++) seed = (seed - 1) * inverse;
    for (int i = 0; i < WORDS; i++) state[i] = 0;
    state[SEED] = seed;
}

int *user_unif_nseed(void)
{
    static int words = WORDS;
    return &words;
}

int *user_unif_seedloc(void) { return (int *)state; }

/* Whether R's uniforms are from here: the last two digits of .Random.seed's first element tell the kind. Where there is no
   .Random.seed R has just made a state. */
static int is_in_use(void)
{
    SEXP seed = Rf_findVarInFrame(R_GlobalEnv, R_SeedsSymbol);
    return TYPEOF(seed) != INTSXP || INTEGER_ELT(seed, 0) % 100 == USER_UNIF;
}

/* Without our uniforms R neither seeds nor saves our state: such normals could not be had again. */
double *user_norm_rand(void)
{
    if (!is_in_use()) Rf_error("normal.kind \"user-supplied\" of dgen needs kind \"user-supplied\" too: see help(dgen_rng_stream)");
    return next(&normals, NORMALS);
}

/* Sets the stream, and the seed unless NULL, of R's generator, and goes to its first value. */
SEXP dgen_r_rng_stream(SEXP stream, SEXP seed)
{
    dgen_error error;
    dgen_random_options options;
    dgen_random_options_init(&options);
    dgen_status status = dgen_random_options_set(&options, DGEN_DISTRIBUTION_uniform, "stream", dgen_r_value(stream), &error);
    if (status == DGEN_OK && seed != R_NilValue)
        status = dgen_random_options_set(&options, DGEN_DISTRIBUTION_uniform, "seed", dgen_r_value(seed), &error);
    if (status != DGEN_OK) dgen_r_raise(&error);
    GetRNGstate();
    PutRNGstate(); /* .Random.seed is there from here on */
    if (!is_in_use() || R_FindSymbol("user_unif_rand", "", NULL) != (DL_FUNC)user_unif_rand)
        dgen_r_raise_type("RNGkind", "\"user-supplied\", by this package");
    if (seed != R_NilValue) put(SEED, options.seed);
    put(STREAM, options.stream);
    put(UNIFORMS, 0);
    put(NORMALS, 0);
    PutRNGstate();
    return R_NilValue;
}
