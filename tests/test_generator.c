/*
 * Objects and generators: exact sizes, the same bytes in any pieces, and what seek, reset, set_seed and the end mean.
 */
#include "reference.h"
#include "test.h"

static uint8_t right[200000]; /* the first bytes of seed 5, stream 0 */

/* A generator of a config that must open. */
static dgen_generator *open_generator(const dgen_config *config)
{
    dgen_generator *generator = NULL;
    dgen_error error;
    if (dgen_generator_open(&generator, config, &error)) {
        printf("  %s\n", error.message);
        abort();
    }
    return generator;
}

static void check_next(dgen_generator *generator, uint64_t asked, uint64_t wanted, const uint8_t *bytes)
{
    dgen_array array;
    dgen_error error;
    uint64_t position = dgen_generator_position(generator);
    dgen_status status = dgen_generator_next(generator, &array, asked, &error);
    CHECK(status == DGEN_OK, "%s", error.message);
    if (status != DGEN_OK) return;
    CHECK(dgen_array_bytes(&array) == wanted && array.ndim == 1 && array.dtype == DGEN_U8, "%llu bytes instead of %llu",
          (unsigned long long)dgen_array_bytes(&array), (unsigned long long)wanted);
    CHECK(!memcmp(array.data, bytes, wanted), "wrong bytes at position %llu", (unsigned long long)position);
    CHECK(dgen_generator_position(generator) == position + wanted, "the position is wrong");
    dgen_array_release(&array);
}

/* ------------------------------------------------------------------------------------------------------------ sizes */

static void sizes_are_exact(void)
{
    static const uint64_t odd[] = { 65535, 65536, 65537, 100003, 199999 };
    uint64_t live = dgen_live_bytes();
    for (uint64_t i = 0; i <= 5000 + 5; i++) {
        uint64_t n = i <= 5000 ? i : odd[i - 5001];
        dgen_config config = test_config(n, 5);
        dgen_array array;
        dgen_error error;
        dgen_status status = dgen_generate(&array, &config, &error);
        CHECK(status == DGEN_OK, "%s", error.message);
        if (status != DGEN_OK) continue;
        CHECK(dgen_array_bytes(&array) == n && !memcmp(array.data, right, n), "size %llu", (unsigned long long)n);
        CHECK(n >= 65536 || dgen_live_bytes() - live <= n + 63, "%llu bytes take %llu", (unsigned long long)n,
              (unsigned long long)(dgen_live_bytes() - live));
        dgen_array_release(&array);
    }
    CHECK(dgen_live_bytes() == live, "something was not given back");
}

static void offset_gives_the_rest(void)
{
    dgen_config config = test_config(100003, 5);
    dgen_array array;
    static const uint64_t offsets[] = { 0, 1, 15, 16, 4097, 65536, 100002, 100003 };
    for (unsigned i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        config.offset = offsets[i];
        uint64_t left = config.size - config.offset;
        if (dgen_generate(&array, &config, NULL)) abort();
        CHECK(dgen_array_bytes(&array) == left && !memcmp(array.data, right + offsets[i], left), "offset %llu",
              (unsigned long long)offsets[i]);
        dgen_array_release(&array);
        dgen_generator *generator = open_generator(&config);
        CHECK(dgen_generator_position(generator) == offsets[i], "the generator starts elsewhere");
        if (left) check_next(generator, left + 9, left, right + offsets[i]);
        dgen_generator_reset(generator);
        CHECK(dgen_generator_position(generator) == offsets[i], "reset goes elsewhere");
        dgen_generator_close(generator);
    }
}

static void size_is_required(void)
{
    dgen_config config;
    dgen_array array;
    dgen_generator *generator = NULL;
    dgen_error error = { 0 };
    dgen_config_init(&config);
    CHECK(dgen_generate(&array, &config, &error) == DGEN_EINVAL, "generate without a size");
    CHECK(!strcmp(error.argument, "size") && strstr(error.message, "size"), "%s", error.message);
    CHECK(dgen_generator_open(&generator, &config, &error) == DGEN_EINVAL && !generator, "a generator without a size");
    CHECK(!strcmp(error.argument, "size") && strstr(error.message, "size"), "%s", error.message);
}

/* Without a size the object ends where the piece does; with one, a piece must lie within. */
static void fill_at_with_and_without_size(void)
{
    uint8_t bytes[64], untouched[64];
    dgen_config config = test_config(0, 5);
    dgen_error error;
    config.has_size = 0;
    CHECK(dgen_fill_at(bytes, 64, &config, 1000, NULL) == DGEN_OK && !memcmp(bytes, right + 1000, 64),
          "without a size");
    CHECK(dgen_fill_at(NULL, 0, &config, 1000, NULL) == DGEN_OK, "nothing to nowhere");
    memset(bytes, 7, 64), memset(untouched, 7, 64);
    config.has_size = 1, config.size = 1063;
    CHECK(dgen_fill_at(bytes, 64, &config, 1000, &error) == DGEN_EINVAL && !memcmp(bytes, untouched, 64),
          "past the size");
    CHECK(strstr(error.message, "1063"), "%s does not tell the size", error.message);
    config.size = 1064;
    CHECK(dgen_fill_at(bytes, 64, &config, 1000, NULL) == DGEN_OK && !memcmp(bytes, right + 1000, 64),
          "up to the size");
    CHECK(dgen_fill_at(bytes, 2, &config, UINT64_MAX, NULL) == DGEN_EINVAL, "an offset that wraps");
}

/* ----------------------------------------------------------------------------------------------- any cut, one object
 */

static void check_cuts(const dgen_config *config)
{
    uint64_t n = config->size, got;
    uint8_t *bytes = malloc(n + 1);
    dgen_array whole;
    dgen_error error;
    if (dgen_generate(&whole, config, &error)) {
        CHECK(0, "%s", error.message);
        free(bytes);
        return;
    }
    dgen_generator *generator = open_generator(config);
    for (int round = 0; round < 4; round++) {
        uint64_t most = round == 0 ? 997 : round == 1 ? 4096 : round == 2 ? 100000 : n;
        memset(bytes, round % 2 ? 0xA5 : 0x5A, n + 1);
        CHECK(dgen_threads_set(1 + round, NULL) == DGEN_OK, "%d threads", 1 + round);
        dgen_generator_reset(generator);
        for (uint64_t at = 0; at < n; at += got) {
            got = 0;
            dgen_status status = dgen_generator_fill(generator, bytes + at, 1 + test_random() % most, &got, &error);
            CHECK(status == DGEN_OK && got > 0, "%s", error.message);
            if (!got) break;
        }
        CHECK(!memcmp(bytes, whole.data, n), "dedup %g, compress %g, block %llu: chunks up to %llu give other bytes",
              config->dedup_ratio, config->compress_ratio, (unsigned long long)config->block_size,
              (unsigned long long)most);
        CHECK(bytes[n] == (round % 2 ? 0xA5 : 0x5A), "a chunk wrote past the end");
        for (int i = 0; i < 50; i++) {
            uint64_t at = test_random() % n, piece = 1 + test_random() % (n - at < 5000 ? n - at : 5000);
            CHECK(dgen_fill_at(bytes, piece, config, at, &error) == DGEN_OK, "%s", error.message);
            CHECK(!memcmp(bytes, (uint8_t *)whole.data + at, piece), "%llu bytes at %llu differ from the object's",
                  (unsigned long long)piece, (unsigned long long)at);
        }
    }
    CHECK(dgen_threads_set(0, NULL) == DGEN_OK, "the default number of threads");
    dgen_generator_close(generator);
    dgen_array_release(&whole);
    free(bytes);
}

static void chunks_of_any_size(void)
{
    static const double dedup[] = { 1, 2, 3.7 }, compress[] = { 1, 1.5, 4 };
    static const uint64_t blocks[] = { 512, 4096, 65536 };
    for (int i = 0; i < 27; i++) {
        dgen_config config = test_config(1500000 + test_random() % 100000, test_random());
        config.dedup_ratio = dedup[i % 3], config.compress_ratio = compress[i / 3 % 3],
        config.block_size = blocks[i / 9];
        check_cuts(&config);
    }
}

/* -------------------------------------------------------------------------------------------------- seek and the end
 */

static void seek_and_reset(void)
{
    dgen_config config = test_config(100003, 5);
    dgen_generator *generator = open_generator(&config);
    dgen_error error;
    for (int i = 0; i < 300; i++) {
        uint64_t to = test_random() % 100003, n = 1 + test_random() % 5000;
        CHECK(dgen_generator_seek(generator, to, NULL) == DGEN_OK && dgen_generator_position(generator) == to, "seek");
        CHECK(!dgen_generator_done(generator), "done before the end");
        check_next(generator, n, n < 100003 - to ? n : 100003 - to, right + to);
    }
    for (int i = 0; i < 3; i++) {
        dgen_generator_reset(generator);
        check_next(generator, 50000, 50000, right);
    }
    CHECK(dgen_generator_seek(generator, 100004, &error) == DGEN_EINVAL, "a seek past the end");
    CHECK(!strcmp(error.argument, "position") && strstr(error.message, "100003") && strstr(error.message, "100004"),
          "%s", error.message);
    CHECK(dgen_generator_position(generator) == 50000, "a failed seek moved the position");
    CHECK(dgen_generator_seek(generator, 100003, NULL) == DGEN_OK && dgen_generator_done(generator),
          "a seek to the end");
    dgen_generator_close(generator);
}

static void the_end(void)
{
    dgen_config config = test_config(100, 5);
    dgen_generator *generator = open_generator(&config);
    dgen_array array = { .ndim = 77 };
    uint8_t bytes[8] = { 7 };
    uint64_t got = 77;
    dgen_error error = { 0 };
    check_next(generator, 64, 64, right);
    check_next(generator, 64, 36, right + 64);
    CHECK(dgen_generator_done(generator) && dgen_generator_position(generator) == 100, "not done at the end");
    CHECK(dgen_generator_fill(generator, bytes, 8, &got, &error) == DGEN_EEND && got == 77 && bytes[0] == 7,
          "fill at the end");
    CHECK(strstr(error.message, "end") && strstr(error.message, "100"), "%s", error.message);
    CHECK(dgen_generator_next(generator, &array, 8, &error) == DGEN_EEND && array.ndim == 77, "next at the end");
    CHECK(dgen_generator_fill(generator, bytes, 8, &got, NULL) == DGEN_EEND, "no error to fill");
    dgen_generator_reset(generator);
    CHECK(dgen_generator_fill(generator, bytes, 0, &got, NULL) == DGEN_OK && got == 0, "nothing, not at the end");
    check_next(generator, 0, 0, right);
    check_next(generator, UINT64_MAX, 100, right);
    dgen_generator_close(generator);

    config.size = 0;
    generator = open_generator(&config);
    CHECK(dgen_generator_done(generator), "an empty object is not done");
    CHECK(dgen_generator_next(generator, &array, 8, NULL) == DGEN_EEND, "next of nothing");
    dgen_generator_close(generator);
    dgen_generator_close(NULL);
}

/* ------------------------------------------------------------------------------------------------------------ seeds */

static void set_seed_keeps_the_position(void)
{
    static uint8_t other[100003];
    dgen_config config = test_config(100003, 5);
    dgen_generator *generator = open_generator(&config);
    reference_fill(other, sizeof other, UINT64_MAX, 0, 0);
    check_next(generator, 1001, 1001, right);
    CHECK(dgen_generator_set_seed(generator, UINT64_MAX, NULL) == DGEN_OK, "set_seed");
    CHECK(dgen_generator_position(generator) == 1001, "set_seed moved the position");
    CHECK(dgen_generator_config(generator)->seed == UINT64_MAX, "the config tells another seed");
    check_next(generator, 50001, 50001, other + 1001);
    dgen_generator_reset(generator);
    check_next(generator, 100, 100, other);
    CHECK(dgen_generator_set_seed(generator, 5, NULL) == DGEN_OK, "set_seed back");
    check_next(generator, 100, 100, right + 100);
    dgen_generator_close(generator);
}

static void fresh_seed_is_told(void)
{
    dgen_config config = test_config(5000, 0);
    config.has_seed = 0;
    dgen_generator *first = open_generator(&config), *second = open_generator(&config);
    const dgen_config *told = dgen_generator_config(first);
    dgen_array bytes;
    CHECK(told->has_seed && told->seed < UINT64_C(1) << 53, "the seed told is %llx", (unsigned long long)told->seed);
    CHECK(told->seed != dgen_generator_config(second)->seed, "two generators drew one seed");
    dgen_config again = test_config(5000, told->seed);
    if (dgen_generator_next(first, &bytes, 5000, NULL)) abort();
    dgen_generator *replay = open_generator(&again);
    check_next(replay, 5000, 5000, bytes.data);
    dgen_array_release(&bytes);
    dgen_generator_close(first), dgen_generator_close(second), dgen_generator_close(replay);
}

/* The generator copies its options: the caller's may change or vanish. */
static void options_are_copied(void)
{
    dgen_config config = test_config(5000, 5);
    dgen_generator *generator = open_generator(&config);
    memset(&config, 0xFF, sizeof config);
    check_next(generator, 5000, 5000, right);
    CHECK(dgen_generator_config(generator)->size == 5000 && dgen_generator_config(generator)->seed == 5, "not a copy");
    dgen_generator_close(generator);
}

static void describes_itself(void)
{
    dgen_config config = test_config(123456, 42);
    dgen_generator *generator = open_generator(&config);
    char text[256], small[10];
    dgen_generator_describe(generator, text, sizeof text);
    CHECK(strstr(text, "dgen.generator") && strstr(text, "123456") && strstr(text, "42"), "%s", text);
    for (size_t n = 1; n <= sizeof small; n++) {
        memset(small, '#', sizeof small);
        dgen_generator_describe(generator, small, n);
        CHECK(strlen(small) == n - 1 && !memcmp(small, text, n - 1), "cut to %zu: %s", n, small);
    }
    dgen_generator_close(generator);
}

int main(void)
{
    reference_init();
    reference_fill(right, sizeof right, 5, 0, 0);
    RUN(sizes_are_exact);
    RUN(offset_gives_the_rest);
    RUN(size_is_required);
    RUN(fill_at_with_and_without_size);
    RUN(chunks_of_any_size);
    RUN(seek_and_reset);
    RUN(the_end);
    RUN(set_seed_keeps_the_position);
    RUN(fresh_seed_is_told);
    RUN(options_are_copied);
    RUN(describes_itself);
    return TEST_END();
}
