/*
 * Filling memory: every form of the kernels, number of threads, alignment, length, offset and chunking gives the bytes
 * of the reference, all of them, and writes none beside them.
 *
 * The core chooses its kernels once a process, so each form runs in a process of its own. The expected bytes are made
 * once and shared. Memory ends at pages that may not be touched; the rest of it holds a pattern, and each fill is done
 * over two patterns of opposite bits, so that a byte left unwritten differs from the reference in at least one of them.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reference.h"
#include "stream.h"
#include "test.h"

enum { SEED = 12345, STREAM = 6, PAGE = 4096 };
#ifdef __SANITIZE_ADDRESS__ /* which makes AES by tables thirty times slower */
enum { SPAN_MIB = 4 };
#else
enum { SPAN_MIB = 20 };
#endif
static const uint64_t span =
    (SPAN_MIB << 20) + 4321; /* bytes of reference, the first of them at byte `base` of the stream */
static const uint64_t base = (UINT64_C(1) << 36) - (12 << 20);
static const uint8_t *right;

/* ---------------------------------------------------------------------------------------- memory with guarded ends */

static uint8_t *memory; /* between two pages that may not be touched */
static uint64_t memory_bytes;

static void guard(uint64_t n)
{
    memory_bytes = (n + PAGE - 1) / PAGE * PAGE;
    uint8_t *all = mmap(NULL, memory_bytes + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED || mprotect(all + PAGE, memory_bytes, PROT_READ | PROT_WRITE)) abort();
    memory = all + PAGE;
}

static void unguard(void)
{
    munmap(memory - PAGE, memory_bytes + 2 * PAGE);
}

static int all_are(const uint8_t *bytes, uint64_t n, uint8_t value)
{
    return n == 0 || (bytes[0] == value && !memcmp(bytes, bytes + 1, n - 1));
}

typedef struct fill {
    uint64_t at, n, offset; /* bytes [offset, offset + n) of the reference, to memory + at */
    int threads, max_threads;
} fill;

static void check_fill(fill f)
{
    static const uint8_t patterns[] = { 0xA5, 0x5A };
    dgen_config config = test_config(base + span, SEED);
    dgen_error error;
    config.stream = STREAM;
    config.max_threads = f.max_threads;
    CHECK(dgen_threads_set(f.threads, &error) == DGEN_OK, "%s", error.message);
    for (int i = 0; i < 2; i++) {
        memset(memory, patterns[i], memory_bytes);
        dgen_status status = dgen_fill_at(memory + f.at, f.n, &config, base + f.offset, &error);
        CHECK(status == DGEN_OK, "%s", error.message);
        CHECK(!memcmp(memory + f.at, right + f.offset, f.n),
              "wrong bytes: %llu at offset %llu, %llu into a page, %d threads", (unsigned long long)f.n,
              (unsigned long long)f.offset, (unsigned long long)f.at % PAGE, f.threads);
        CHECK(all_are(memory, f.at, patterns[i]), "%llu bytes to %llu: something before was written",
              (unsigned long long)f.n, (unsigned long long)f.at);
        CHECK(all_are(memory + f.at + f.n, memory_bytes - f.at - f.n, patterns[i]),
              "%llu bytes to %llu: something after was written", (unsigned long long)f.n, (unsigned long long)f.at);
    }
}

/* --------------------------------------------------------------------------------------------- what a form must do */

static void short_pieces(void)
{
    guard(512);
    for (uint64_t n = 0; n <= 131; n++) {
        for (uint64_t at = 0; at < 64; at++) check_fill((fill){ at, n, test_random() % 9000, 1, 0 });
        check_fill((fill){ memory_bytes - n, n, test_random() % 9000, 1, 0 });
    }
    unguard();
}

/* Around the sizes at which the core changes how it works: 4 KiB, 64 KiB, 512 KiB. */
static void middling_pieces(void)
{
    guard(600000);
    for (int i = 0; i < 120; i++) {
        uint64_t most = i % 3 == 0 ? 5000 : i % 3 == 1 ? 70000 : 600000, n = 1 + test_random() % most;
        uint64_t room = memory_bytes - n, at = i % 2 ? room : test_random() % (room < 64 ? room + 1 : 64);
        check_fill((fill){ at, n, test_random() % (span - n), 2, 0 });
    }
    unguard();
}

static void large_pieces_on_threads(void)
{
    guard(span);
    for (int i = 0; i < 16; i++) {
        uint64_t n = (SPAN_MIB << 19) + test_random() % (SPAN_MIB << 19), room = memory_bytes - n;
        uint64_t at = i % 4 == 0 ? room : test_random() % 64 / (i % 2 ? 1 : 16) * (i % 2 ? 1 : 16);
        check_fill((fill){ at, n, test_random() % (span - n), 1 + i % 8, i < 8 ? 0 : 1 + test_random() % 8 });
    }
    unguard();
}

/* Stores past the cache, which the core uses above a size that depends on the machine's caches: here at any size. */
static void pieces_past_the_cache(void)
{
    static const uint8_t patterns[] = { 0xA5, 0x5A };
    dgen_stream stream;
    guard(40000);
    for (int i = 0; i < 1500; i++) {
        uint64_t n = test_random() % (i % 2 ? 400 : 30000), room = memory_bytes - n,
                 at = i % 8 ? test_random() % 128 : room;
        uint64_t offset = test_random() % (span - n);
        dgen__stream_init(&stream, SEED, STREAM, i % 4 > 0);
        for (int j = 0; j < 2; j++) {
            memset(memory, patterns[j], memory_bytes);
            dgen__stream_fill(&stream, memory + at, n, base + offset, true);
            CHECK(!memcmp(memory + at, right + offset, n) && all_are(memory, at, patterns[j])
                      && all_are(memory + at + n, memory_bytes - at - n, patterns[j]),
                  "%llu bytes at offset %llu, %llu into a page", (unsigned long long)n, (unsigned long long)offset,
                  (unsigned long long)at % PAGE);
        }
    }
    unguard();
}

/* A block leads back to its number and stream, by which misplaced bytes are located. */
static void blocks_lead_back(void)
{
    enum { MOST = 100 };
    uint8_t blocks[16 * MOST], wanted[16 * MOST];
    for (int i = 0; i < 300; i++) {
        uint64_t count = test_random() % (MOST + 1), number = test_random() >> (4 + test_random() % 50),
                 from = test_random();
        dgen_stream stream;
        dgen__stream_init(&stream, test_random(), from, i % 2);
        dgen__stream_fill(&stream, blocks, 16 * count, 16 * number, false);
        dgen__stream_invert(&stream, blocks, count);
        for (uint64_t j = 0; j < count; j++) reference_words(wanted + 16 * j, number + j, from);
        CHECK(!memcmp(blocks, wanted, 16 * count), "%llu blocks from %llx lead elsewhere", (unsigned long long)count,
              (unsigned long long)number);
    }
}

/* The whole span by a generator, in chunks of random sizes up to `most`, or always `most`. */
static void check_chunks(uint64_t most, int random, int threads)
{
    static const uint8_t patterns[] = { 0xA5, 0x5A };
    dgen_config config = test_config(base + span, SEED);
    dgen_generator *generator;
    dgen_error error;
    config.stream = STREAM;
    config.offset = base;
    CHECK(dgen_threads_set(threads, &error) == DGEN_OK, "%s", error.message);
    if (dgen_generator_open(&generator, &config, &error)) {
        CHECK(0, "%s", error.message);
        return;
    }
    for (int i = 0; i < 2; i++) {
        uint64_t got;
        memset(memory, patterns[i], memory_bytes);
        dgen_generator_reset(generator);
        for (uint64_t at = 0; at < span; at += got) {
            uint64_t n = random ? test_random() % (most + 1) : most;
            if (dgen_generator_fill(generator, memory + at, n, &got, &error)) {
                CHECK(0, "%s", error.message);
                break;
            }
        }
        CHECK(!memcmp(memory, right, span), "chunks of %llu on %d threads give other bytes", (unsigned long long)most,
              threads);
        CHECK(all_are(memory + span, memory_bytes - span, patterns[i]), "a chunk wrote past the end");
    }
    dgen_generator_close(generator);
}

static void chunks(void)
{
    guard(span);
    check_chunks(4096, 0, 1);
    check_chunks(524288, 0, 4);
    check_chunks(3000000, 0, 4);
    check_chunks(20000, 1, 1);
    check_chunks(1500001, 1, 2);
    check_chunks(SPAN_MIB << 19, 1, 8);
    unguard();
}

/* ----------------------------------------------------------------------------------------------------------- forms */

static const char *system_field(const char *name)
{
    static dgen_record record;
    dgen_system_record(&record);
    for (int i = 0; i < record.count; i++)
        if (!strcmp(record.fields[i].name, name)) return record.fields[i].value.text;
    return "";
}

static int cpu_runs(const char *isa, const char *aes)
{
    if (!strcmp(aes, "table")) return 1;
#if defined(__x86_64__)
    int wide = strcmp(isa, "baseline") != 0, widest = !strcmp(isa, "avx512");
    if (!strcmp(aes, "aes-ni")) return __builtin_cpu_supports("aes") != 0;
    if (!strcmp(aes, "vaes256")) return wide && __builtin_cpu_supports("vaes");
    if (!strcmp(aes, "vaes512")) return widest && __builtin_cpu_supports("vaes");
#else
    if (!strcmp(aes, "armv8")) return !strcmp(system_field("aes"), "armv8");
#endif
    return 0;
}

/* In a process of its own. A form the CPU has not got is asked for in vain and must do no harm. */
static int run_form(const char *isa, const char *aes, int file)
{
    right = mmap(NULL, span, PROT_READ, MAP_SHARED, file, 0);
    if (right == MAP_FAILED) abort();
    int usable = cpu_runs(isa, aes);
    CHECK(!strcmp(system_field("isa"), isa), "the ISA in use is %s", system_field("isa"));
    CHECK(usable == !strcmp(system_field("aes"), aes), "the AES form in use is %s", system_field("aes"));
    middling_pieces();
    blocks_lead_back();
    if (usable) {
        short_pieces();
        pieces_past_the_cache();
        large_pieces_on_threads();
        chunks();
    }
    return test_faults > 0;
}

static void check_form(const char *self, const char *isa, const char *aes, int file)
{
    char number[16];
    int status = -1;
    snprintf(number, sizeof number, "%d", file);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        setenv("DGEN_ISA", isa, 1), setenv("DGEN_AES", aes, 1);
        execl(self, self, "--form", isa, aes, number, (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    if (status == 0)
        test_passed++;
    else
        test_failed++;
    printf("%s test_fill.c: %s with %s%s\n", status ? "not ok" : "ok", isa, aes,
           WIFSIGNALED(status)  ? ": died of a signal"
           : cpu_runs(isa, aes) ? ""
                                : " (not to be had here: another is used)");
}

int main(int argc, char **argv)
{
#if defined(__x86_64__)
    static const char *const forms[] = { "table", "aes-ni", "vaes256", "vaes512", "no-such-form" };
#else
    static const char *const forms[] = { "table", "armv8", "no-such-form" };
#endif
    char isas[64], *state;
    if (argc == 5) return run_form(argv[2], argv[3], atoi(argv[4]));
    int file = memfd_create("reference", 0);
    if (file < 0 || ftruncate(file, (off_t)span)) abort();
    uint8_t *bytes = mmap(NULL, span, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (bytes == MAP_FAILED) abort();
    reference_init();
    reference_fill(bytes, span, SEED, STREAM, base);
    snprintf(isas, sizeof isas, "%s", system_field("isas"));
    for (char *isa = strtok_r(isas, " ", &state); isa; isa = strtok_r(NULL, " ", &state))
        for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++) check_form("/proc/self/exe", isa, forms[i], file);
    return TEST_END();
}
