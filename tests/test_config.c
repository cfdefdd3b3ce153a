/*
 * Options: every line of errors.tsv through the C API, structs filled by hand, the edges of what is legal, and configs
 * that survive the way out as a record and back.
 */
#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static dgen_value number(double x)
{
    return (dgen_value){ .kind = DGEN_VALUE_NUMBER, .number = x };
}
static dgen_value integer(int64_t x)
{
    return (dgen_value){ .kind = DGEN_VALUE_INTEGER, .integer = x };
}
static dgen_value count(uint64_t x)
{
    return (dgen_value){ .kind = DGEN_VALUE_COUNT, .count = x };
}
static dgen_value text(const char *x)
{
    return (dgen_value){ .kind = DGEN_VALUE_TEXT, .text = x };
}
static dgen_value boolean(int x)
{
    return (dgen_value){ .kind = DGEN_VALUE_BOOLEAN, .integer = x };
}

/* ------------------------------------------------------------------------------------------------------ errors.tsv */

/* What a host does: set the options, then call. */
static dgen_status call_as_host(const char *call, const char *option, dgen_value value, dgen_error *error)
{
    static uint8_t bytes[1000];
    dgen_config config = test_config(1000, 1), before = config;
    dgen_status status = dgen_config_set(&config, option, value, error);
    if (status != DGEN_OK) {
        CHECK(!memcmp(&config, &before, sizeof config), "%s: a failed call changed the options", option);
        return status;
    }
    dgen_array array = { .ndim = 77 }, untouched = array;
    dgen_generator *generator = NULL;
    dgen_verify_report report = { .checked = 77 };
    if (!strcmp(call, "generate"))
        status = dgen_generate(&array, &config, error);
    else if (!strcmp(call, "generator"))
        status = dgen_generator_open(&generator, &config, error);
    else
        status = dgen_verify_at(&report, bytes, sizeof bytes, &config, config.offset, error);
    CHECK(!memcmp(&array, &untouched, sizeof array) && !generator && report.checked == 77,
          "%s: a failed call touched its output", option);
    return status;
}

static void check_line(const char *call, const char *option, dgen_value value, const char *message)
{
    dgen_error error = { 0 };
    dgen_status status = call_as_host(call, option, value, &error);
    CHECK(status != DGEN_OK && status == error.code, "%s %s: status %d, in the error %d", call, option, status,
          error.code);
    CHECK(!strcmp(error.message, message), "%s %s says\n    %s\n  and should say\n    %s", call, option, error.message,
          message);
    CHECK(error.argument[0] && strstr(error.message, error.argument), "%s names no argument", error.message);
    CHECK(call_as_host(call, option, value, NULL) == status, "%s %s: another status without an error", call, option);
}

/* The value a cell of the table stands for. Whole numbers are tried as integers as well: hosts differ in what they
 * have. */
static void check_cell(const char *call, const char *option, char *cell, const char *message)
{
    char *end;
    size_t n = strlen(cell);
    if (cell[0] == '"') {
        cell[n - 1] = 0;
        check_line(call, option, text(cell + 1), message);
        return;
    }
    if (!strcmp(cell, "true")) {
        check_line(call, option, boolean(1), message);
        return;
    }
    double x = strtod(cell, &end);
    CHECK(*end == 0 && end > cell, "%s is not a value", cell);
    check_line(call, option, number(x), message);
    if (x != floor(x) || fabs(x) >= 0x1p63) return;
    check_line(call, option, integer((int64_t)x), message);
    if (x >= 0) check_line(call, option, count((uint64_t)x), message);
}

static long last_node(void)
{
    dgen_record record;
    dgen_system_record(&record);
    for (int i = 0; i < record.count; i++)
        if (!strcmp(record.fields[i].name, "nodes")) return (long)record.fields[i].value.count - 1;
    return -1;
}

static void errors_table(void)
{
    char line[512], message[512];
    int lines = 0;
    FILE *file = fopen("tests/errors.tsv", "r");
    CHECK(file, "tests/errors.tsv cannot be read; run from the root of the repository");
    while (file && fgets(line, sizeof line, file)) {
        char *state, *call, *option, *cell, *wanted, *mark;
        if (line[0] == '#') continue;
        call = strtok_r(line, "\t", &state);
        option = strtok_r(NULL, "\t", &state);
        cell = strtok_r(NULL, "\t", &state);
        wanted = strtok_r(NULL, "\n", &state);
        mark = wanted ? strstr(wanted, "{last_node}") : NULL;
        if (mark)
            snprintf(message, sizeof message, "%.*s%ld%s", (int)(mark - wanted), wanted, last_node(), mark + 11);
        else
            snprintf(message, sizeof message, "%s", wanted ? wanted : "a column is missing");
        check_cell(call, option, cell, message);
        lines++;
    }
    CHECK(lines > 50, "only %d lines were read", lines);
    if (file) fclose(file);
}

/* ---------------------------------------------------------------------------------------------------------- structs */

/* All entry points refuse the config, with the same message. */
static void refused(const dgen_config *config, const char *message)
{
    static uint8_t bytes[8];
    dgen_error errors[5] = { 0 };
    dgen_array array;
    dgen_generator *generator;
    dgen_verify_report report;
    dgen_status status[5] = {
        dgen_config_check(config, &errors[0]),
        dgen_generate(&array, config, &errors[1]),
        dgen_fill_at(bytes, 8, config, 0, &errors[2]),
        dgen_generator_open(&generator, config, &errors[3]),
        dgen_verify_at(&report, bytes, 8, config, 0, &errors[4]),
    };
    for (int i = 0; i < 5; i++) {
        CHECK(status[i] != DGEN_OK, "entry point %d accepts what is wrong with: %s", i, message);
        CHECK(!strcmp(errors[i].message, message), "entry point %d says\n    %s\n  and should say\n    %s", i,
              errors[i].message, message);
    }
}

#define REFUSED(field, bad, message)                                                                                   \
    do {                                                                                                               \
        dgen_config config = test_config(1000, 1);                                                                     \
        config.field = (bad);                                                                                          \
        refused(&config, message);                                                                                     \
    } while (0)

static void structs_filled_by_hand(void)
{
    char nodes[160];
    snprintf(nodes, sizeof nodes,
             "numa_node must be a whole number from 0 to %ld, the last NUMA node of this machine, not 1024",
             last_node());
    REFUSED(sizeof_config, 8, "config must be initialised by dgen_config_init");
    REFUSED(size, (UINT64_C(1) << 63) + 1,
            "size must be a whole number of bytes from 0 to 2^63, not 9223372036854775809");
    REFUSED(offset, 1001, "offset must be a whole number of bytes from 0 to size, 1000, not 1001");
    REFUSED(offset, UINT64_MAX, "offset must be a whole number of bytes from 0 to size, not 18446744073709551615");
    REFUSED(dedup_ratio, 0, "dedup_ratio must be a number from 1 to 1e6, not 0");
    REFUSED(dedup_ratio, -INFINITY, "dedup_ratio must be a number from 1 to 1e6, not -Inf");
    REFUSED(compress_ratio, NAN, "compress_ratio must be a number from 1 to 25, not NaN");
    REFUSED(compress_ratio, 25.000001, "compress_ratio must be a number from 1 to 25, not 25.000001");
    REFUSED(block_size, 0, "block_size must be a power of two from 512 to 16777216 (16 MiB), not 0");
    REFUSED(block_size, 256, "block_size must be a power of two from 512 to 16777216 (16 MiB), not 256");
    REFUSED(chunk_size, 0, "chunk_size must be a whole number of bytes from 1 to 2^40, not 0");
    REFUSED(codec, (dgen_codec)99, "codec must be \"any\", \"lz4\", \"zstd\", \"lz4+zstd\" or \"zlib\", not 99");
    REFUSED(numa_mode, (dgen_numa_mode)-1, "numa_mode must be \"auto\", \"force\" or \"disabled\", not -1");
    REFUSED(numa_node, 1024, nodes);
    REFUSED(max_threads, -1, "max_threads must be a whole number from 1 to 1024, not -1");
    REFUSED(max_threads, 1025, "max_threads must be a whole number from 1 to 1024, not 1025");
}

static void defaults(void)
{
    dgen_config config;
    memset(&config, 0xFF, sizeof config);
    dgen_config_init(&config);
    CHECK(config.sizeof_config == sizeof config && config.size == 0 && config.stream == 0 && config.offset == 0,
          "numbers");
    CHECK(config.dedup_ratio == 1 && config.compress_ratio == 1 && config.block_size == 65536, "ratios and block_size");
    CHECK(config.chunk_size == 33554432 && config.codec == DGEN_CODEC_ANY, "chunk_size and codec");
    CHECK(config.numa_mode == DGEN_NUMA_AUTO && config.numa_node == -1 && config.max_threads == 0, "placement");
    CHECK(!config.has_size && !config.has_seed, "size or seed are set");
    CHECK(dgen_config_check(&config, NULL) == DGEN_OK, "the defaults are not legal");
}

/* ----------------------------------------------------------------------------------------------------- legal values */

static void accepted(const char *name, dgen_value value)
{
    dgen_config config;
    dgen_error error;
    dgen_config_init(&config);
    dgen_status status = dgen_config_set(&config, name, value, &error);
    CHECK(status == DGEN_OK, "%s", error.message);
}

static void edges_are_legal(void)
{
    accepted("size", number(0)), accepted("size", number(-0.0)), accepted("size", number(0x1p63));
    accepted("size", count(UINT64_C(1) << 63)), accepted("offset", number(0x1p63));
    accepted("dedup_ratio", integer(1)), accepted("dedup_ratio", number(1e6)),
        accepted("dedup_ratio", number(1 + 0x1p-52));
    accepted("compress_ratio", count(25)), accepted("compress_ratio", number(1.03));
    accepted("block_size", integer(512)), accepted("block_size", number(16777216));
    accepted("chunk_size", number(1)), accepted("chunk_size", number(0x1p40));
    accepted("max_threads", number(1)), accepted("max_threads", integer(1024)), accepted("numa_node", number(0));
    accepted("codec", text("any")), accepted("codec", text("lz4")), accepted("codec", text("zstd"));
    accepted("codec", text("lz4+zstd")), accepted("codec", text("zlib"));
    accepted("numa_mode", text("auto")), accepted("numa_mode", text("force")), accepted("numa_mode", text("disabled"));
}

static void seeds_as_text(void)
{
    static const struct {
        const char *text;
        uint64_t seed;
    } seeds[] = {
        { "0", 0 },
        { "0x0", 0 },
        { "42", 42 },
        { "0x2A", 42 },
        { "0X2a", 42 },
        { "010", 10 },
        { "18446744073709551615", UINT64_MAX },
        { "0xFFFFFFFFFFFFFFFF", UINT64_MAX },
        { "0x00000000000000000001", 1 },
    };
    static const char *const wrong[] = {
        "",     " 1",   "1 ", "-1", "+1", "0x", "0xg", "1e3", "1.0", "18446744073709551616", "0x10000000000000000",
        "0x 1", "0x-1", "nan"
    };
    dgen_config config;
    dgen_config_init(&config);
    for (unsigned i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        CHECK(dgen_config_set(&config, "seed", text(seeds[i].text), NULL) == DGEN_OK, "%s is refused", seeds[i].text);
        CHECK(config.seed == seeds[i].seed && config.has_seed, "%s is %llx", seeds[i].text,
              (unsigned long long)config.seed);
    }
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(dgen_config_set(&config, "seed", text(wrong[i]), NULL) == DGEN_EINVAL, "\"%s\" is accepted", wrong[i]);
    CHECK(dgen_config_set(&config, "stream", number(0x1p64), NULL) == DGEN_EINVAL, "2^64 is accepted");
    CHECK(dgen_config_set(&config, "stream", number(0x1.fffffffffffffp63), NULL) == DGEN_OK
              && config.stream == UINT64_C(0xFFFFFFFFFFFFF800),
          "the largest double below 2^64");
}

static void whole_values(void)
{
    uint64_t out = 77;
    dgen_error error;
    CHECK(dgen_value_whole(&out, "n", number(9), 1, 9, 0, NULL) == DGEN_OK && out == 9, "9 from 1 to 9");
    CHECK(dgen_value_whole(&out, "n", count(UINT64_MAX), 0, UINT64_MAX, 0, NULL) == DGEN_OK && out == UINT64_MAX,
          "2^64 - 1");
    CHECK(dgen_value_whole(&out, "n", text("0x10"), 0, 16, 1, NULL) == DGEN_OK && out == 16, "text");
    CHECK(dgen_value_whole(&out, "n", text("1"), 0, 9, 0, &error) == DGEN_ETYPE && out == 16,
          "text where there is none");
    CHECK(dgen_value_whole(&out, "count", number(10), 1, 9, 0, &error) == DGEN_EINVAL && out == 16, "10 from 1 to 9");
    CHECK(!strcmp(error.message, "count must be a whole number from 1 to 9, not 10"), "%s", error.message);
    CHECK(!strcmp(error.argument, "count"), "%s", error.argument);
    CHECK(dgen_value_whole(&out, "n", integer(INT64_MIN), 0, UINT64_MAX, 1, NULL) == DGEN_EINVAL, "-2^63");
    CHECK(dgen_value_whole(&out, "n", number(0.5), 0, 9, 1, NULL) == DGEN_EINVAL, "0.5");
    CHECK(dgen_value_whole(&out, "n", boolean(1), 0, 9, 1, NULL) == DGEN_ETYPE, "true");
    CHECK(dgen_value_whole(&out, "n", (dgen_value){ .kind = DGEN_VALUE_OTHER }, 0, 9, 1, &error) == DGEN_ETYPE,
          "other");
    CHECK(!strcmp(error.message, "n must be a whole number from 0 to 9, not a value of another type"), "%s",
          error.message);
}

static void errors_said_for_hosts(void)
{
    dgen_error error;
    CHECK(dgen_error_closed("buf", &error) == DGEN_ECLOSED && !strcmp(error.message, "buf is closed"), "%s",
          error.message);
    CHECK(dgen_error_type("x", "a raw vector", &error) == DGEN_ETYPE
              && !strcmp(error.message, "x must be a raw vector"),
          "%s", error.message);
    CHECK(dgen_error_closed("buf", NULL) == DGEN_ECLOSED, "no error to fill");
    for (int i = -1; i < 12; i++) CHECK(dgen_status_name((dgen_status)i)[0], "status %d has no name", i);
}

/* --------------------------------------------------------------------------------------------------------- records */

static dgen_config any_config(void)
{
    dgen_config config = test_config(test_random() >> (1 + test_random() % 63), test_random() >> test_random() % 64);
    config.stream = test_random() >> test_random() % 64;
    config.offset = config.size ? test_random() % config.size : 0;
    config.dedup_ratio = 1 + (double)(test_random() % 1000) / 7;
    config.compress_ratio = 1 + (double)(test_random() % 1000) / 43;
    config.block_size = UINT64_C(512) << test_random() % 16;
    config.chunk_size = 1 + test_random() % (UINT64_C(1) << 40);
    config.codec = (dgen_codec)(test_random() % 5);
    config.numa_mode = (dgen_numa_mode)(test_random() % 3);
    config.numa_node = (int)(test_random() % 2) - 1;
    config.max_threads = (int)(test_random() % 1025);
    config.has_size = test_random() % 8 > 0, config.has_seed = test_random() % 8 > 0;
    if (!config.has_size) config.size = config.offset = 0;
    if (!config.has_seed) config.seed = 0;
    return config;
}

static void record_and_back(void)
{
    for (int i = 0; i < 10000; i++) {
        dgen_config config = any_config(), back;
        dgen_record record;
        dgen_error error;
        memset(&back, 0, sizeof back);
        dgen_config_init(&back);
        dgen_config_record(&config, &record);
        for (int j = 0; j < record.count; j++) {
            dgen_field field = record.fields[j];
            CHECK(field.value.kind != DGEN_VALUE_COUNT || strcmp(field.name, "seed")
                      || field.value.count <= UINT64_C(1) << 53,
                  "a seed that is no exact double went out as a number");
            CHECK(dgen_config_set(&back, field.name, field.value, &error) == DGEN_OK, "%s", error.message);
        }
        CHECK(config.size == back.size && config.seed == back.seed && config.stream == back.stream
                  && config.offset == back.offset && config.dedup_ratio == back.dedup_ratio
                  && config.compress_ratio == back.compress_ratio && config.block_size == back.block_size
                  && config.chunk_size == back.chunk_size && config.codec == back.codec
                  && config.numa_mode == back.numa_mode && config.numa_node == back.numa_node
                  && config.max_threads == back.max_threads,
              "config %d came back with other values", i);
        CHECK(config.has_size == back.has_size && config.has_seed == back.has_seed, "config %d: what is set differs",
              i);
    }
}

static int compare_seeds(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void fresh_seeds(void)
{
    static uint64_t seeds[10000];
    uint64_t any = 0, in_child;
    int channel[2];
    for (int i = 0; i < 10000; i++) any |= seeds[i] = dgen_fresh_seed();
    qsort(seeds, 10000, sizeof *seeds, compare_seeds);
    for (int i = 1; i < 10000; i++)
        CHECK(seeds[i] != seeds[i - 1], "the seed %llx came twice", (unsigned long long)seeds[i]);
    CHECK(any == (UINT64_C(1) << 53) - 1, "the bits ever set are %llx", (unsigned long long)any);
    if (pipe(channel)) abort();
    pid_t child = fork();
    if (child == 0) {
        in_child = dgen_fresh_seed();
        _exit(write(channel[1], &in_child, sizeof in_child) != sizeof in_child);
    }
    CHECK(read(channel[0], &in_child, sizeof in_child) == sizeof in_child, "the child wrote nothing");
    waitpid(child, NULL, 0);
    CHECK(dgen_fresh_seed() != in_child, "a forked child draws its parent's seed");
}

int main(void)
{
    RUN(errors_table);
    RUN(structs_filled_by_hand);
    RUN(defaults);
    RUN(edges_are_legal);
    RUN(seeds_as_text);
    RUN(whole_values);
    RUN(errors_said_for_hosts);
    RUN(record_and_back);
    RUN(fresh_seeds);
    return TEST_END();
}
