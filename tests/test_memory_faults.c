/*
 * Every allocation of every entry point of the core fails, once and for ever, one after the other: the call succeeds
 * all the same or fails cleanly, leaks nothing, and works the next time.
 *
 * This program stands before the C library's allocators, mmap and pthread_create, for the core and for the C library's
 * own use of them, counts what is alive, and lets the n-th request since it was armed fail. Each point is tried warm,
 * in this process, where what is kept for good has been made before; and cold, as the first act of a new process.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

/* ----------------------------------------------------------------------------------------------- failing allocators */

static atomic_long requests, alive; /* since the last arm; blocks and mappings not yet returned */
static atomic_long fail_at;         /* the request that fails; 0: none */
static atomic_bool fail_for_ever;   /* and all after it */

static bool refused(void)
{
    long at = atomic_load(&fail_at), n = atomic_fetch_add(&requests, 1) + 1;
    return at && (n == at || (n > at && atomic_load(&fail_for_ever)));
}

#define NEXT(name, result, ...)                                                   \
    static result (*next)(__VA_ARGS__);                                           \
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, name)

static void *counted(void *block)
{
    if (block) atomic_fetch_add(&alive, 1);
    return block;
}

void *malloc(size_t n)
{
    NEXT("malloc", void *, size_t);
    return refused() ? (errno = ENOMEM, NULL) : counted(next(n));
}

void *calloc(size_t count, size_t n)
{
    NEXT("calloc", void *, size_t, size_t);
    return refused() ? (errno = ENOMEM, NULL) : counted(next(count, n));
}

void *realloc(void *block, size_t n)
{
    NEXT("realloc", void *, void *, size_t);
    if (refused()) return errno = ENOMEM, NULL;
    return block ? next(block, n) : counted(next(block, n));
}

void *aligned_alloc(size_t alignment, size_t n)
{
    NEXT("aligned_alloc", void *, size_t, size_t);
    return refused() ? (errno = ENOMEM, NULL) : counted(next(alignment, n));
}

void free(void *block)
{
    NEXT("free", void, void *);
    if (block) atomic_fetch_sub(&alive, 1);
    next(block);
}

void *mmap(void *address, size_t n, int protection, int flags, int file, off_t offset)
{
    NEXT("mmap", void *, void *, size_t, int, int, int, off_t);
    return refused() ? (errno = ENOMEM, MAP_FAILED) : next(address, n, protection, flags, file, offset);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *context)
{
    NEXT("pthread_create", int, pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    return refused() ? EAGAIN : next(thread, attributes, start, context);
}

/* Mapped memory of this process in KiB; leaked mappings show here. */
static long mapped_kib(void)
{
    char line[128];
    long value = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file)) sscanf(line, "VmSize: %ld", &value);
    if (file) fclose(file);
    return value;
}

/* ---------------------------------------------------------------------------------------------------- the entry points
   Each makes its call, checks the result if there is one, and that outputs are untouched if there is none. */

enum { SMALL = 1000, MEDIUM = 100000, LARGE = 9 << 20 };

static const char *file_path = "";

/* Whether the array holds the object from `offset` on, by another entry point that allocates nothing of this size. */
static bool right(const dgen_array *array, const dgen_config *config, uint64_t offset)
{
    dgen_verify_report report;
    return dgen_verify_at(&report, array->data, dgen_array_bytes(array), config, offset, NULL) == DGEN_OK
           && report.bad_bytes == 0;
}

static const dgen_array untouched = { .ndim = -7 };
static bool is_untouched(const dgen_array *array) { return !memcmp(array, &untouched, sizeof untouched); }

static dgen_status generate(uint64_t size, double dedup_ratio, double compress_ratio, dgen_error *error)
{
    dgen_config config = test_config(size, 1);
    dgen_array array = untouched;
    config.dedup_ratio = dedup_ratio, config.compress_ratio = compress_ratio;
    dgen_status status = dgen_generate(&array, &config, error);
    if (status == DGEN_OK) {
        CHECK(right(&array, &config, 0), "wrong bytes");
        dgen_array_release(&array);
    } else CHECK(is_untouched(&array), "the output was touched");
    return status;
}
static dgen_status generate_small(dgen_error *error) { return generate(SMALL, 1, 1, error); }
static dgen_status generate_large(dgen_error *error) { return generate(LARGE, 1, 1, error); }
static dgen_status generate_ratios(dgen_error *error) { return generate(LARGE, 2, 3, error); }

static dgen_status generate_without_seed(dgen_error *error)
{
    dgen_config config = test_config(MEDIUM, 0);
    dgen_array array = untouched;
    config.has_seed = 0;
    dgen_status status = dgen_generate(&array, &config, error);
    if (status == DGEN_OK) dgen_array_release(&array);
    return status;
}

static dgen_status fill_at(dgen_error *error)
{
    static uint8_t bytes[LARGE];
    dgen_config config = test_config(LARGE, 2);
    return dgen_fill_at(bytes, sizeof bytes, &config, 0, error);
}

static dgen_status stream(dgen_error *error)
{
    dgen_config config = test_config(SMALL + LARGE, 3);
    dgen_generator *generator = NULL;
    dgen_array array = untouched;
    dgen_status status = dgen_generator_open(&generator, &config, error);
    CHECK(status == DGEN_OK || !generator, "a generator in spite of an error");
    if (status == DGEN_OK) status = dgen_generator_next(generator, &array, SMALL, error);
    if (status == DGEN_OK) {
        dgen_array_release(&array);
        array = untouched;
        status = dgen_generator_next(generator, &array, LARGE, error);
        CHECK(dgen_generator_position(generator) == (status == DGEN_OK ? SMALL + LARGE : SMALL), "the position");
    } else if (generator) CHECK(dgen_generator_position(generator) == 0, "the position");
    if (status == DGEN_OK) {
        CHECK(right(&array, &config, SMALL), "wrong bytes");
        dgen_array_release(&array);
    } else CHECK(is_untouched(&array), "the output was touched");
    dgen_generator_close(generator);
    return status;
}

static dgen_status arrays(dgen_error *error)
{
    static const int64_t shapes[][2] = { { 10, 10 }, { 1 << 20, 2 } };
    dgen_status status = DGEN_OK;
    for (int i = 0; i < 2 && status == DGEN_OK; i++) {
        dgen_array array = untouched, other = untouched, view = untouched;
        status = dgen_array_alloc(&array, DGEN_F32, 2, shapes[i], NULL, error);
        CHECK(status == DGEN_OK || is_untouched(&array), "the output was touched");
        if (status != DGEN_OK) break;
        memset(array.data, 0, dgen_array_bytes(&array));
        status = dgen_array_alloc(&other, DGEN_F64, 2, shapes[i], NULL, error);
        if (status == DGEN_OK) {
            status = dgen_array_convert(&other, &array, error);
            dgen_array_release(&other);
        }
        if (status == DGEN_OK && (status = dgen_array_slice(&view, &array, 1, 5, error)) == DGEN_OK)
            dgen_array_release(&view);
        dgen_array_release(&array);
    }
    return status;
}

static dgen_status verify(dgen_error *error)
{
    static uint8_t bytes[LARGE];
    dgen_config config = test_config(LARGE, 4);
    dgen_verify_report report = { .checked = 77 };
    dgen_status status = dgen_fill_at(bytes, sizeof bytes, &config, 0, error);
    if (status != DGEN_OK) return status;
    memmove(bytes + 8192, bytes + 16384, 4096);
    status = dgen_verify_at(&report, bytes, sizeof bytes, &config, 0, error);
    if (status == DGEN_OK) CHECK(report.damage == DGEN_DAMAGE_MISPLACED && report.from == 16384, "the finding");
    else CHECK(report.checked == 77, "the output was touched");
    return status;
}

static dgen_status describe(dgen_error *error)
{
    static uint8_t bytes[LARGE];
    dgen_describe_report report = { .size = 77 };
    memset(bytes, 1, sizeof bytes);
    bytes[LARGE / 2] = 2;
    dgen_status status = dgen_describe(&report, bytes, sizeof bytes, 4096, error);
    if (status == DGEN_OK) CHECK(report.size == LARGE && report.unique_blocks == 2, "the finding");
    else CHECK(report.size == 77, "the output was touched");
    return status;
}

static dgen_status write_file(const char *path, uint64_t size, uint64_t chunk, dgen_error *error)
{
    dgen_config config = test_config(size, 5);
    dgen_generator *generator = NULL;
    uint64_t written = 77;
    config.chunk_size = chunk;
    dgen_status status = dgen_generator_open(&generator, &config, error);
    if (status != DGEN_OK) return status;
    status = dgen_generator_write_file(generator, path, NULL, NULL, &written, error);
    CHECK(written == (status == DGEN_OK ? size : 77), "the output was touched");
    CHECK(dgen_generator_position(generator) == (status == DGEN_OK ? size : 0), "the position");
    dgen_generator_close(generator);
    CHECK(status == DGEN_OK || path[1] == 'd' || access(path, F_OK) != 0, "a file in spite of an error");
    if (path == file_path) unlink(path);
    return status;
}
static dgen_status write_small(dgen_error *error) { return write_file(file_path, SMALL, 100, error); }
static dgen_status write_large(dgen_error *error) { return write_file(file_path, LARGE, 1 << 20, error); }
static dgen_status write_device(dgen_error *error) { return write_file("/dev/null", LARGE, 1 << 20, error); }

static dgen_status machine(dgen_error *error)
{
    dgen_record record;
    dgen_system_record(&record);
    CHECK(record.count > 8, "%d fields", record.count);
    dgen_status status = dgen_threads_set(3, error);
    return status == DGEN_OK ? dgen_threads_set(0, error) : status;
}

static const struct entry {
    const char *name;
    dgen_status (*call)(dgen_error *error);
} entries[] = {
    { "generate, small", generate_small }, { "generate, large", generate_large },
    { "generate, ratios", generate_ratios }, { "generate, no seed", generate_without_seed },
    { "fill_at", fill_at }, { "generator", stream }, { "arrays", arrays }, { "verify", verify },
    { "describe", describe }, { "write_file, small", write_small }, { "write_file, large", write_large },
    { "write_file, device", write_device }, { "machine", machine },
};
enum { ENTRIES = sizeof entries / sizeof *entries, POINTS_MAX = 10000 };

/* ------------------------------------------------------------------------------------------------------ every point */

/* One call with request n failing; says whether the call made that many. */
static bool call_at(const struct entry *entry, long n, bool for_ever)
{
    dgen_error error = { DGEN_OK, "", "" };
    atomic_store(&requests, 0);
    atomic_store(&fail_for_ever, for_ever);
    atomic_store(&fail_at, n);
    dgen_status status = entry->call(&error);
    atomic_store(&fail_at, 0);
    bool reached = atomic_load(&requests) >= n;
    CHECK(status == DGEN_OK || (reached && status == DGEN_ENOMEM && error.code == status && error.message[0]),
          "%s, request %ld: status %d, \"%s\"", entry->name, n, status, error.message);
    CHECK(dgen_live_bytes() == 0, "%s, request %ld: %llu bytes are alive", entry->name, n,
          (unsigned long long)dgen_live_bytes());
    return reached;
}

static void works(const struct entry *entry)
{
    dgen_error error = { DGEN_OK, "", "" };
    dgen_status status = entry->call(&error);
    CHECK(status == DGEN_OK, "%s does not work afterwards: %s", entry->name, error.message);
}

static long points;

static void warm(const struct entry *entry)
{
    works(entry);
    works(entry);
    for (int for_ever = 0; for_ever < 2; for_ever++)
        for (long n = 1; n < POINTS_MAX; n++) {
            long blocks = atomic_load(&alive), kib = mapped_kib();
            if (!call_at(entry, n, for_ever)) break;
            points++;
            CHECK(atomic_load(&alive) == blocks, "%s, request %ld: %ld blocks leaked", entry->name, n,
                  atomic_load(&alive) - blocks);
            CHECK(mapped_kib() <= kib, "%s, request %ld: %ld KiB leaked", entry->name, n, mapped_kib() - kib);
        }
    works(entry);
}

/* What a new process does: exit 0: as it should be; 1: not; 2: the call made fewer requests. */
static int one_cold_call(const struct entry *entry, long n, bool for_ever)
{
    bool reached = call_at(entry, n, for_ever);
    works(entry);
    return test_faults ? 1 : reached ? 0 : 2;
}

static void cold(int entry)
{
    for (int for_ever = 0; for_ever < 2; for_ever++)
        for (long n = 1; n < POINTS_MAX; n++) {
            char words[3][24];
            int status = 0;
            snprintf(words[0], sizeof words[0], "%d", entry);
            snprintf(words[1], sizeof words[1], "%ld", n);
            snprintf(words[2], sizeof words[2], "%d", for_ever);
            pid_t child = fork();
            if (child == 0) {
                execl("/proc/self/exe", "cold", words[0], words[1], words[2], file_path, NULL);
                _exit(3);
            }
            CHECK(child > 0 && waitpid(child, &status, 0) == child, "fork");
            CHECK(status == 0 || WEXITSTATUS(status) == 2, "%s, request %ld, in a new process: status %x",
                  entries[entry].name, n, status);
            if (status) break;
            points++;
        }
}

static void new_processes(void)
{
    setenv("DGEN_NUM_THREADS", "4", 1); /* so that threads are asked for on any machine */
    for (int i = 0; i < ENTRIES; i++) cold(i);
    CHECK(points > 5 * ENTRIES, "only %ld points", points);
}

static void one_process(void)
{
    long before = points;
    dgen_pool_cap_set(0); /* nothing is reused: every mapping is asked for anew */
    for (int i = 0; i < ENTRIES; i++) warm(&entries[i]);
    CHECK(points - before > 2 * ENTRIES, "only %ld points", points - before);
}

int main(int count, char **words)
{
    char folder[] = "/tmp/dgen-test-XXXXXX", path[64];
    if (count == 5) {
        file_path = words[4];
        return one_cold_call(&entries[atoi(words[1])], atol(words[2]), atoi(words[3]));
    }
    if (!mkdtemp(folder)) return 1;
    snprintf(path, sizeof path, "%s/file", folder);
    file_path = path;
    RUN(new_processes);
    RUN(one_process);
    printf("%ld points\n", points);
    test_faults = rmdir(folder) != 0;
    if (test_faults) printf("something is left in %s\n", folder), test_failed++;
    return TEST_END();
}
