/*
 * Other generators' engines (tests/test_engines.sh holds their values against the hosts): any value at any position, in
 * pieces and samplers, bounds, arrays of any strides, and what is refused.
 */
#include "test.h"

enum { VALUES = 3000 };
static const dgen_engine engines[] = { DGEN_ENGINE_R, DGEN_ENGINE_OCTAVE, DGEN_ENGINE_LUA };
static double all[VALUES];

static dgen_random_options options_of(dgen_engine engine, uint64_t seed)
{
    dgen_random_options options;
    dgen_random_options_init(&options);
    options.engine = engine;
    options.seed = seed, options.has_seed = 1;
    return options;
}

static dgen_status draw(double *to, int64_t n, double least, double most, const dgen_random_options *options, dgen_error *error)
{
    dgen_operand bounds[2] = { { .number = least }, { .number = most } };
    dgen_array out;
    dgen_status status = dgen_array_borrow(&out, DGEN_F64, 1, &n, to, error);
    if (status == DGEN_OK) status = dgen_random(&out, DGEN_DISTRIBUTION_uniform, 1, &n, bounds, options, error);
    return status;
}

static void pieces_are_the_whole(void)
{
    double piece[VALUES];
    dgen_error error;
    for (int e = 0; e < 3; e++) {
        dgen_random_options options = options_of(engines[e], 12345);
        CHECK(draw(all, VALUES, 0, 1, &options, &error) == DGEN_OK, "%s", error.message);
        for (int i = 0; i < VALUES; i++) CHECK(all[i] > 0 && all[i] < 1, "%g", all[i]);
        for (int t = 0; t < 50; t++) {
            options.offset = test_random() % VALUES;
            int64_t n = (int64_t)(test_random() % (VALUES - options.offset + 1));
            CHECK(draw(piece, n, 0, 1, &options, &error) == DGEN_OK, "%s", error.message);
            CHECK(!memcmp(piece, all + options.offset, 8 * (size_t)n), "engine %d, from %d", e, (int)options.offset);
        }
    }
}

/* Forwards and backwards. */
static void samplers_seek(void)
{
    static const uint64_t positions[] = { 0, 1, 623, 624, 625, 1248, 100, 2990, 0, 2500 };
    dgen_error error;
    double some[10];
    int64_t n = 10;
    dgen_operand bounds[2] = { { .number = 0 }, { .number = 1 } };
    for (int e = 0; e < 3; e++) {
        dgen_random_options options = options_of(engines[e], 0);
        dgen_sampler *sampler;
        dgen_array out;
        CHECK(draw(all, VALUES, 0, 1, &options, &error) == DGEN_OK, "%s", error.message);
        CHECK(dgen_sampler_open(&sampler, DGEN_DISTRIBUTION_uniform, bounds, &options, &error) == DGEN_OK, "%s", error.message);
        CHECK(dgen_array_borrow(&out, DGEN_F64, 1, &n, some, &error) == DGEN_OK, "%s", error.message);
        for (int i = 0; i < 10; i++) {
            CHECK(dgen_sampler_seek(sampler, positions[i], &error) == DGEN_OK, "%s", error.message);
            CHECK(dgen_sampler_fill(sampler, &out, &error) == DGEN_OK, "%s", error.message);
            CHECK(!memcmp(some, all + positions[i], sizeof some), "engine %d at %d", e, (int)positions[i]);
        }
        dgen_sampler_close(sampler);
    }
}

static void bounds_and_strides(void)
{
    dgen_error error;
    double x[VALUES], wide[2 * VALUES];
    int64_t n = VALUES;
    for (int e = 0; e < 3; e++) {
        dgen_random_options options = options_of(engines[e], 99);
        dgen_operand bounds[2] = { { .number = -3 }, { .number = 4.5 } };
        CHECK(draw(all, VALUES, 0, 1, &options, &error) == DGEN_OK, "%s", error.message);
        CHECK(draw(x, VALUES, -3, 4.5, &options, &error) == DGEN_OK, "%s", error.message);
        dgen_array out;
        CHECK(dgen_array_borrow(&out, DGEN_F64, 1, &n, wide, &error) == DGEN_OK, "%s", error.message);
        out.stride[0] = 2;
        CHECK(dgen_random(&out, DGEN_DISTRIBUTION_uniform, 1, &n, bounds, &options, &error) == DGEN_OK, "%s", error.message);
        for (int i = 0; i < VALUES; i++) {
            double wanted = 7.5 * all[i];
            wanted += -3;
            CHECK(x[i] == wanted && wide[2 * i] == wanted, "value %d: %.17g and %.17g, not %.17g", i, x[i], wide[2 * i], wanted);
        }
    }
}

static void refuses(dgen_random_options options, const char *argument, const char *message)
{
    dgen_error error = { .code = DGEN_OK };
    CHECK(draw(all, 1, 0, 1, &options, &error) != DGEN_OK, "%s: taken", argument);
    CHECK(!strcmp(error.argument, argument) && !strcmp(error.message, message), "%s: %s", error.argument, error.message);
}

static void illegal_calls_are_refused(void)
{
    static const char r_seed[] = "seed must be a whole number from 0 to 2^31 - 1 for engine \"r\", or 2^32 - s for R's seed -s, "
                                 "down to -2^31 + 1; not ";
    char message[256];
    dgen_random_options options = options_of(DGEN_ENGINE_R, UINT64_C(1) << 31);
    snprintf(message, sizeof message, "%s%s", r_seed, "2147483648");
    refuses(options, "seed", message);
    options.seed = UINT64_C(1) << 32;
    snprintf(message, sizeof message, "%s%s", r_seed, "4294967296");
    refuses(options, "seed", message);
    options = options_of(DGEN_ENGINE_OCTAVE, (UINT64_C(1) << 53) + 1);
    refuses(options, "seed", "seed must be a whole number from 0 to 2^53 for engine \"octave\", not 9007199254740993");
    options = options_of(DGEN_ENGINE_LUA, UINT64_MAX);
    options.stream = 1;
    refuses(options, "stream", "stream must be 0 with another engine than \"dgen\"");
    options = options_of(DGEN_ENGINE_LUA, 1);
    options.full_resolution = 1;
    refuses(options, "resolution", "resolution must be \"standard\" with another engine than \"dgen\"");
    options = options_of((dgen_engine)17, 1);
    refuses(options, "engine", "engine must be a dgen_engine");
}

/* Any fresh seed is one that the host takes, and differs from the last. */
static void fresh_seeds_are_legal(void)
{
    dgen_error error;
    dgen_operand bounds[2] = { { .number = 0 }, { .number = 1 } };
    for (int e = 0; e < 3; e++) {
        uint64_t seeds[64];
        int64_t same = 0;
        for (int i = 0; i < 64; i++) {
            dgen_random_options options = options_of(engines[e], 0);
            dgen_sampler *sampler;
            options.has_seed = 0;
            CHECK(dgen_sampler_open(&sampler, DGEN_DISTRIBUTION_uniform, bounds, &options, &error) == DGEN_OK, "%s", error.message);
            seeds[i] = dgen_sampler_options(sampler)->seed;
            CHECK(e == 2 || seeds[i] <= (e ? UINT32_MAX : INT32_MAX), "%llu", (unsigned long long)seeds[i]);
            same += i && seeds[i] == seeds[i - 1];
            dgen_sampler_close(sampler);
        }
        CHECK(!same, "%d of 64 fresh seeds are the last one", (int)same);
    }
}

static int asked;
static int refuse(void *context)
{
    return ++asked > *(int *)context;
}

static void a_long_way_can_be_canceled(void)
{
    dgen_error error;
    int after = 3;
    for (int e = 0; e < 3; e++) {
        dgen_random_options options = options_of(engines[e], 1);
        options.offset = UINT64_C(1) << 52;
        asked = 0;
        dgen_poll_set(refuse, &after);
        CHECK(draw(all, 1, 0, 1, &options, &error) == DGEN_ECANCELED, "engine %d went on", e);
        dgen_poll_set(NULL, NULL);
        CHECK(asked == 4, "asked %d times", asked);
    }
}

int main(void)
{
    RUN(pieces_are_the_whole);
    RUN(samplers_seek);
    RUN(bounds_and_strides);
    RUN(illegal_calls_are_refused);
    RUN(fresh_seeds_are_legal);
    RUN(a_long_way_can_be_canceled);
    return TEST_END();
}
