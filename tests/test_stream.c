/*
 * The stream's format: published answers for ARS, the core against a second implementation of it, and stored hashes
 * that tell when a byte of a format changes.
 */
#include "reference.h"
#include "test.h"

/* --------------------------------------------------------------------------------------------------- known answers */

#define JULIA                                                                                                          \
    { 0xb47607190d0dfefc, 0x9799b5d54f7b9227 },                                                                        \
    {                                                                                                                  \
        0x5a7da274d3b8146a, 0x07b8e4b6aa98ec24                                                                         \
    }
#define SWAP(x) __builtin_bswap64(x)

/* Published by Random123 (examples/ut_ars.c; printed byte by byte) and by Random123.jl (test/ars.jl; its rand counts
   one up first, so that the counter here is one more than the one it is set to). Words of 64 bits, low first. */
static const struct answer {
    int rounds;
    uint64_t counter[2], key[2], result[2];
} answers[] = {
    { 1, JULIA, { 0xe548ef12331396ef, 0x1a0b14c707b64224 } },
    { 2, JULIA, { 0x8336318ba22e8ae1, 0x3ced8e0970690f71 } },
    { 3, JULIA, { 0x67c841642c32fc19, 0xb6621a8b006319e8 } },
    { 10, JULIA, { 0x4e287697bad2f9a2, 0xac35df44f996ed82 } },
    { 7, { 1, 0 }, { 1, 0 }, { SWAP(0x2b1623350cd214dc), SWAP(0x7740187993411872) } },
    { 7, { 256, 0 }, { 1, 0 }, { SWAP(0x2de6b66fa461b668), SWAP(0xf380126f32b9cd22) } },
};

static void known_answers(void)
{
    CHECK(reference_sbox[0x53] == 0xED, "the S-box is not that of FIPS 197, section 5.1.1");
    for (unsigned i = 0; i < sizeof answers / sizeof *answers; i++) {
        uint8_t got[16], wanted[16];
        reference_ars(got, answers[i].rounds, answers[i].counter, answers[i].key);
        reference_words(wanted, answers[i].result[0], answers[i].result[1]);
        CHECK(!memcmp(got, wanted, 16), "answer %u, %d rounds", i, answers[i].rounds);
    }
}

/* ----------------------------------------------------------------------------------------------- the core's stream */

static void compare(uint64_t seed, uint64_t stream, uint64_t offset, uint64_t n)
{
    static uint8_t got[1 << 16], wanted[1 << 16];
    dgen_config config = test_config(0, seed);
    dgen_error error;
    config.has_size = 0;
    config.stream = stream;
    memset(got, 0xA5, sizeof got);
    dgen_status status = dgen_fill_at(got, n, &config, offset, &error);
    CHECK(status == DGEN_OK, "%s", error.message);
    reference_fill(wanted, n, seed, stream, offset);
    CHECK(status != DGEN_OK || !memcmp(got, wanted, n), "seed %llx, stream %llx, %llu bytes at %llx",
          (unsigned long long)seed, (unsigned long long)stream, (unsigned long long)n, (unsigned long long)offset);
}

/* A value of any magnitude, now and then an extreme one. */
static uint64_t any_value(void)
{
    uint64_t x = test_random(), shift = test_random() % 64;
    switch (test_random() % 8) {
    case 0: return 0;
    case 1: return UINT64_MAX;
    case 2: return UINT64_C(1) << shift;
    case 3: return (UINT64_C(1) << shift) - 1;
    default: return x >> shift;
    }
}

static void any_block(void)
{
    for (int i = 0; i < 20000; i++) {
        uint64_t n = test_random() % 80, offset = any_value() >> 1;
        if (offset > (UINT64_C(1) << 63) - n) offset = (UINT64_C(1) << 63) - n;
        compare(any_value(), any_value(), offset, n);
    }
}

/* Runs of blocks that cross the places where a carry or a table of 256 blocks could go wrong. */
static void runs_of_blocks(void)
{
    for (int bit = 12; bit <= 62; bit++) {
        uint64_t edge = UINT64_C(1) << bit, before = test_random() % 4096 + 1;
        compare(any_value(), any_value(), edge - before, 8192 + test_random() % 64);
    }
    for (int i = 0; i < 100; i++) compare(any_value(), any_value(), test_random() % 65536, test_random() % 65536);
}

static void first_and_last_byte(void)
{
    const uint64_t end = UINT64_C(1) << 63;
    compare(0, 0, 0, 65536);
    compare(UINT64_MAX, UINT64_MAX, end - 65536, 65536);
    for (uint64_t n = 0; n <= 64; n++) compare(UINT64_MAX, 0, end - n, n);
    dgen_config config = test_config(0, 1);
    uint8_t byte = 7;
    dgen_error error;
    config.has_size = 0;
    CHECK(dgen_fill_at(&byte, 1, &config, end, &error) == DGEN_EINVAL && byte == 7, "a byte past 2^63 was made");
    CHECK(dgen_fill_at(&byte, 1, &config, UINT64_MAX, &error) == DGEN_EINVAL && byte == 7, "the offset wrapped");
}

/* A seed that was asked for is used, also in one shot; without one, each object has its own. */
static void seeds_are_used(void)
{
    dgen_config config = test_config(4096, 42);
    dgen_array a, b, c, d;
    uint8_t wanted[4096];
    reference_fill(wanted, 4096, 42, 0, 0);
    int ok = dgen_generate(&a, &config, NULL) == DGEN_OK && dgen_generate(&b, &config, NULL) == DGEN_OK;
    config.has_seed = 0;
    ok = ok && dgen_generate(&c, &config, NULL) == DGEN_OK && dgen_generate(&d, &config, NULL) == DGEN_OK;
    CHECK(ok, "generate failed");
    if (!ok) return;
    CHECK(!memcmp(a.data, wanted, 4096) && !memcmp(b.data, wanted, 4096), "seed 42 twice gives other bytes");
    CHECK(memcmp(c.data, wanted, 4096) && memcmp(c.data, d.data, 4096), "fresh seeds repeat");
    dgen_array_release(&a), dgen_array_release(&b), dgen_array_release(&c), dgen_array_release(&d);
}

/* --------------------------------------------------------------------------------------------------- stored hashes */

static uint64_t fnv1a(const uint8_t *bytes, uint64_t n)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (uint64_t i = 0; i < n; i++) hash = (hash ^ bytes[i]) * UINT64_C(0x100000001B3);
    return hash;
}

/* Sets every option of the line from the header's names; the last column is the hash. */
static void check_golden(char *header, char *line)
{
    dgen_config config;
    dgen_error error;
    dgen_array bytes;
    dgen_status status = DGEN_OK;
    char whole[256], *name_state, *value_state;
    strcpy(whole, line);
    whole[strcspn(whole, "\n")] = 0;
    char *name = strtok_r(header, "\t\n", &name_state), *value = strtok_r(line, "\t\n", &value_state);
    dgen_config_init(&config);
    for (; status == DGEN_OK && name && value && strcmp(name, "fnv1a"); name = strtok_r(NULL, "\t\n", &name_state)) {
        dgen_value v = { .kind = DGEN_VALUE_NUMBER, .number = atof(value) };
        if (!strcmp(name, "codec") || !strcmp(name, "seed") || !strcmp(name, "stream"))
            v = (dgen_value){ .kind = DGEN_VALUE_TEXT, .text = value };
        status = dgen_config_set(&config, name, v, &error);
        value = strtok_r(NULL, "\t\n", &value_state);
    }
    if (status == DGEN_OK) status = dgen_generate(&bytes, &config, &error);
    CHECK(status == DGEN_OK, "%s: %s", whole, error.message);
    CHECK(name && value, "%s: a column is missing", whole);
    if (status != DGEN_OK || !name || !value) return;
    uint64_t hash = fnv1a(bytes.data, dgen_array_bytes(&bytes));
    CHECK(hash == strtoull(value, NULL, 16), "%s: these bytes have changed; their hash is now %016llx", whole,
          (unsigned long long)hash);
    dgen_array_release(&bytes);
}

static void golden_hashes(void)
{
    char header[256] = "", line[256], names[256];
    int rows = 0;
    FILE *file = fopen("tests/golden.tsv", "r");
    CHECK(file, "tests/golden.tsv cannot be read; run from the root of the repository");
    while (file && fgets(line, sizeof line, file)) {
        if (line[0] == '#') continue;
        if (!header[0]) {
            strcpy(header, line);
            continue;
        }
        strcpy(names, header);
        check_golden(names, line);
        rows++;
    }
    CHECK(rows > 0, "there are no rows");
    if (file) fclose(file);
}

int main(void)
{
    reference_init();
    RUN(known_answers);
    RUN(any_block);
    RUN(runs_of_blocks);
    RUN(first_and_last_byte);
    RUN(seeds_are_used);
    RUN(golden_hashes);
    return TEST_END();
}
