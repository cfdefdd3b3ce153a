/*
 * The C tests' harness. A test is a function of no arguments; main runs each by RUN (name) and returns TEST_END ().
 * A CHECK that does not hold prints where and why, and its test has failed; the first few of a test are shown.
 */
#ifndef DGEN_TEST_H
#define DGEN_TEST_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dgen.h"

__attribute__((unused)) static int test_passed, test_failed, test_faults;

#define RUN(test)                                                                                                      \
    do {                                                                                                               \
        test_faults = 0;                                                                                               \
        test();                                                                                                        \
        if (test_faults)                                                                                               \
            test_failed++;                                                                                             \
        else                                                                                                           \
            test_passed++;                                                                                             \
        printf("%s %s: %s\n", test_faults ? "not ok" : "ok", strrchr("/" __FILE__, '/') + 1, #test);                   \
        fflush(stdout);                                                                                                \
    } while (0)

#define CHECK(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (!(condition) && test_faults++ < 5) {                                                                       \
            printf("  %s:%d: %s: ", __FILE__, __LINE__, #condition);                                                   \
            printf(__VA_ARGS__);                                                                                       \
            printf("\n");                                                                                              \
        }                                                                                                              \
    } while (0)

#define TEST_END() (printf("%d passed, %d failed\n", test_passed, test_failed), test_failed > 0)

/* Seeded test data, of no relation to the core's: xorshift64* (S. Vigna, "An experimental exploration of Marsaglia's
   xorshift generators, scrambled", 2016). */
static uint64_t test_state = 1;
__attribute__((unused)) static uint64_t test_random(void)
{
    test_state ^= test_state >> 12;
    test_state ^= test_state << 25;
    test_state ^= test_state >> 27;
    return test_state * UINT64_C(0x2545F4914F6CDD1D);
}

/* A hash of n bytes, for counting distinct blocks. */
__attribute__((unused)) static uint64_t test_hash(const uint8_t *bytes, size_t n)
{
    uint64_t h = n, word;
    for (size_t i = 0; i < n; i += 8) {
        word = 0;
        memcpy(&word, bytes + i, n - i < 8 ? n - i : 8);
        h = (h ^ word) * UINT64_C(0x9FB21C651E98DF25);
        h ^= h >> 29;
    }
    return h;
}

/* For qsort of uint64_t. */
__attribute__((unused)) static int test_by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* A configuration with a size and a seed. */
__attribute__((unused)) static dgen_config test_config(uint64_t size, uint64_t seed)
{
    dgen_config config;
    dgen_config_init(&config);
    config.size = size, config.has_size = 1;
    config.seed = seed, config.has_seed = 1;
    return config;
}

#endif
