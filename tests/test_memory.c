/*
 * Memory: alignment, the reuse pool and its cap, what is counted, and every way in which memory can be refused.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "child.h"
#include "reference.h"

#define MIB (INT64_C(1) << 20)

/* ------------------------------------------------------------------------------------------- requests that may fail */

/* The two functions by which the core asks for memory, in the way of the system's: request number refuse_at fails, and
   with refuse_on all that follow. */
static long requests, refuse_at = -1, refuse_on;

static int refused(void)
{
    long request = requests++;
    return refuse_at >= 0 && (request == refuse_at || (refuse_on && request > refuse_at));
}

void *aligned_alloc(size_t alignment, size_t n)
{
    void *memory = NULL;
    return refused() || posix_memalign(&memory, alignment, n) ? NULL : memory;
}

void *mmap(void *at, size_t n, int protection, int flags, int file, off_t offset)
{
    if (refused()) return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, n, protection, flags, file, offset);
}

static dgen_status new_bytes(dgen_array *array, int64_t n)
{
    return dgen_array_alloc(array, DGEN_U8, 1, &n, NULL, NULL);
}

/* Allocates, generates, opens and draws; each may fail, and must then have done nothing. */
static int use_everything(int64_t n)
{
    dgen_config config = test_config((uint64_t)n, 1);
    dgen_array array = { .ndim = 77 };
    dgen_generator *generator = NULL;
    dgen_error error = { 0 };
    int failures = 0;
    dgen_status status[4] = { dgen_array_alloc(&array, DGEN_U8, 1, &n, NULL, &error) };
    if (status[0] == DGEN_OK) dgen_array_release(&array);
    status[1] = dgen_generate(&array, &config, &error);
    if (status[1] == DGEN_OK) dgen_array_release(&array);
    status[2] = dgen_generator_open(&generator, &config, &error);
    status[3] = generator ? dgen_generator_next(generator, &array, (uint64_t)n, &error) : DGEN_OK;
    if (generator && status[3] == DGEN_OK) dgen_array_release(&array);
    CHECK(!generator || status[3] == DGEN_OK || dgen_generator_position(generator) == 0,
          "a failed next moved the position");
    dgen_generator_close(generator);
    for (int i = 0; i < 4; i++) {
        failures += status[i] != DGEN_OK;
        CHECK(status[i] == DGEN_OK || status[i] == DGEN_ENOMEM, "call %d: %s", i, error.message);
    }
    CHECK(!failures || strstr(error.message, "memory"), "%s", error.message);
    return failures;
}

static void every_request_refused(void)
{
    static const int64_t sizes[] = { 100, 300000, 5 * MIB };
    uint64_t live = dgen_live_bytes();
    int points = 0;
    for (int i = 0; i < 3; i++)
        for (refuse_on = 0; refuse_on < 2; refuse_on++) {
            int failures = 1;
            for (long at = 0; failures && at < 100; at++, points++) {
                dgen_pool_trim();
                requests = 0, refuse_at = at;
                failures = use_everything(sizes[i]);
                refuse_at = -1;
                CHECK(requests <= at || failures, "request %ld was refused and no call failed", at);
                CHECK(dgen_live_bytes() == live, "refusing request %ld leaks", at);
                CHECK(use_everything(sizes[i]) == 0, "no recovery from refusing request %ld", at);
            }
        }
    CHECK(points > 20, "only %d requests were refused", points);
}

/* ------------------------------------------------------------------------------------------------- blocks and the pool
 */

static void every_size_is_aligned(void)
{
    for (int i = 0; i < 700; i++) {
        int64_t n = i < 600 ? i : (INT64_C(1) << (6 + (i - 600) / 5)) + (i % 5 - 2);
        dgen_array array;
        if (n < 0 || n > 70 * MIB) continue;
        CHECK(new_bytes(&array, n) == DGEN_OK, "%lld bytes", (long long)n);
        CHECK((uintptr_t)array.data % (n >= 65536 ? 4096 : 64) == 0, "%lld bytes at %p", (long long)n, array.data);
        if (n) ((uint8_t *)array.data)[0] = ((uint8_t *)array.data)[n - 1] = 1;
        if (n >= 2 * MIB) CHECK((uintptr_t)array.data % (2 * MIB) == 0, "no room for huge pages at %p", array.data);
        dgen_array_release(&array);
    }
}

static void memory_is_used_again(void)
{
    dgen_array array;
    dgen_pool_trim();
    CHECK(new_bytes(&array, 8 * MIB) == DGEN_OK, "8 MiB");
    void *first = array.data;
    dgen_array_release(&array);
    CHECK(dgen_pool_bytes() == 8 * MIB && dgen_pool_serves(8 * MIB) && !dgen_pool_serves(9 * MIB),
          "the pool has not got it");
    static const int64_t fitting[] = { 8 * MIB, 8 * MIB - 1, 7.5 * MIB };
    for (int i = 0; i < 3; i++) {
        CHECK(new_bytes(&array, fitting[i]) == DGEN_OK && array.data == first, "%lld bytes are elsewhere",
              (long long)fitting[i]);
        CHECK(dgen_pool_bytes() == 0, "the pool still has it");
        dgen_array_release(&array);
    }
    dgen_array slice;
    CHECK(new_bytes(&array, 8 * MIB) == DGEN_OK && dgen_array_slice(&slice, &array, 5, 9, NULL) == DGEN_OK, "slice");
    dgen_array_release(&array);
    CHECK(dgen_pool_bytes() == 0, "memory in use by a slice is in the pool");
    dgen_array_release(&slice);
    CHECK(new_bytes(&array, MIB) == DGEN_OK && array.data != first, "1 MiB takes 8");
    dgen_array_release(&array);
}

static void the_cap_is_kept(void)
{
    uint64_t cap = dgen_pool_cap_get();
    dgen_array arrays[6];
    CHECK(cap <= UINT64_C(1) << 30, "the default cap is %llu", (unsigned long long)cap);
    dgen_pool_cap_set(20 * MIB);
    for (int i = 0; i < 6; i++) CHECK(new_bytes(&arrays[i], 8 * MIB) == DGEN_OK, "8 MiB");
    void *last = arrays[5].data;
    for (int i = 0; i < 6; i++) {
        dgen_array_release(&arrays[i]);
        CHECK(dgen_pool_bytes() <= 20 * MIB, "%llu idle bytes", (unsigned long long)dgen_pool_bytes());
    }
    CHECK(new_bytes(&arrays[0], 8 * MIB) == DGEN_OK, "8 MiB");
    CHECK(arrays[0].data == last, "the longest idle was kept, the last let go was not");
    dgen_array_release(&arrays[0]);
    dgen_pool_cap_set(9 * MIB);
    CHECK(dgen_pool_bytes() == 8 * MIB, "a lower cap leaves %llu", (unsigned long long)dgen_pool_bytes());
    dgen_pool_cap_set(0);
    CHECK(dgen_pool_bytes() == 0 && dgen_pool_cap_get() == 0, "a cap of 0 leaves something");
    CHECK(new_bytes(&arrays[0], 8 * MIB) == DGEN_OK, "8 MiB");
    dgen_array_release(&arrays[0]);
    CHECK(dgen_pool_bytes() == 0, "a cap of 0 keeps something");
    dgen_pool_cap_set(cap);
}

static void trimming_gives_back(void)
{
    dgen_array array;
    CHECK(new_bytes(&array, 64 * MIB) == DGEN_OK, "64 MiB");
    memset(array.data, 1, 64 * MIB);
    dgen_array_release(&array);
    long before = resident_bytes();
    CHECK(dgen_pool_trim() >= 64 * MIB && dgen_pool_bytes() == 0, "trim says otherwise");
    CHECK(before - resident_bytes() >= 60 * MIB, "only %ld bytes went back", before - resident_bytes());
    CHECK(dgen_pool_trim() == 0, "an empty pool gives something");
}

static void cap_from_the_environment(void)
{
    static const char *const arguments[] = { "--cap", NULL };
    static const struct {
        const char *environment[2];
        uint64_t least, most;
    } cases[] = {
        { { "DGEN_POOL_CAP=12345678" }, 12345678, 12345678 },
        { { "DGEN_POOL_CAP=0" }, 0, 0 },
        { { "DGEN_POOL_CAP=much" }, 1, 1 << 30 },
        { { "DGEN_POOL_CAP" }, 1, 1 << 30 },
    };
    for (int i = 0; i < 4; i++) {
        char output[64];
        CHECK(child_again(arguments, cases[i].environment, output, sizeof output) == 0, "the child failed");
        uint64_t cap = strtoull(output, NULL, 10);
        CHECK(cap >= cases[i].least && cap <= cases[i].most, "%s: %s", cases[i].environment[0], output);
    }
}

static void live_bytes_are_counted(void)
{
    uint64_t live = dgen_live_bytes();
    dgen_array small, large, again;
    CHECK(new_bytes(&small, 1000) == DGEN_OK && new_bytes(&large, 3 * MIB) == DGEN_OK, "allocate");
    dgen_array_retain(&again, &large);
    uint64_t more = dgen_live_bytes() - live;
    CHECK(more >= 1000 + 3 * MIB && more <= 1023 + 3 * MIB + 4096, "%llu bytes", (unsigned long long)more);
    dgen_array_release(&small), dgen_array_release(&large);
    CHECK(dgen_live_bytes() - live >= 3 * MIB, "a retained array is not counted");
    dgen_array_release(&again);
    CHECK(dgen_live_bytes() == live, "not all is given back");
}

/* Arrays of many threads at once, each with its own mark from end to end. */
static void *churn(void *context)
{
    uint64_t state = (uintptr_t)context, wrong = 0;
    for (int i = 0; i < 400; i++) {
        state = state * UINT64_C(6364136223846793005) + 1;
        int64_t n = 1 + (int64_t)(state >> 40) % (i % 2 ? 1000 : 300000);
        dgen_array array;
        if (new_bytes(&array, n) != DGEN_OK) return (void *)1;
        memset(array.data, (int)(uintptr_t)context, (size_t)n);
        for (int64_t j = 0; j < n; j += 97) wrong += ((uint8_t *)array.data)[j] != (uint8_t)(uintptr_t)context;
        dgen_array_release(&array);
        if (i % 50 == 0) dgen_pool_trim();
    }
    return (void *)(uintptr_t)wrong;
}

static void threads_share_the_pool(void)
{
    uint64_t live = dgen_live_bytes();
    pthread_t threads[8];
    for (uintptr_t i = 0; i < 8; i++)
        if (pthread_create(&threads[i], NULL, churn, (void *)(i + 1))) abort();
    for (int i = 0; i < 8; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        CHECK(!wrong, "thread %d met another's bytes", i);
    }
    CHECK(dgen_live_bytes() == live, "not all is given back");
}

/* -------------------------------------------------------------------------------------------------- too much memory */

static void huge_sizes_are_errors(void)
{
    uint64_t live = dgen_live_bytes(), machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t sizes[] = { UINT64_C(1) << 62, (UINT64_C(1) << 63) - 1, UINT64_C(1) << 63, UINT64_C(1) << 48,
                         2 * machine };
    for (int i = 0; i < 5; i++) {
        dgen_config config = test_config(sizes[i], 1);
        dgen_array array = { .ndim = 77 };
        dgen_generator *generator;
        dgen_error error = { 0 };
        CHECK(dgen_generate(&array, &config, &error) == DGEN_ENOMEM && array.ndim == 77, "%llx bytes were had",
              (unsigned long long)sizes[i]);
        CHECK(strstr(error.message, "size: there is no memory for"), "%s", error.message);
        CHECK(dgen_generator_open(&generator, &config, &error) == DGEN_OK, "%s", error.message);
        CHECK(dgen_generator_next(generator, &array, UINT64_MAX, &error) == DGEN_ENOMEM && array.ndim == 77, "next");
        CHECK(dgen_generator_position(generator) == 0, "a failed next moved the position");
        dgen_generator_close(generator);
        CHECK(dgen_live_bytes() == live, "failing leaks");
    }
}

static void within_a_limit(void *context)
{
    (void)context;
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%lu", &pages) != 1) abort();
    fclose(file);
    rlim_t room = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + 64 * MIB;
    struct rlimit limit = { room, room };
    if (setrlimit(RLIMIT_AS, &limit)) abort();
    dgen_config large = test_config(128 * MIB, 5), small = test_config(100000, 5);
    dgen_error error;
    dgen_array array;
    CHECK(dgen_generate(&array, &large, &error) == DGEN_ENOMEM, "128 MiB in 64");
    CHECK(!strcmp(error.message, "size: there is no memory for 134217728 bytes"), "%s", error.message);
    /* What is idle in the pool must make way for what is asked for. */
    CHECK(new_bytes(&array, 40 * MIB) == DGEN_OK, "40 MiB in 64");
    dgen_array_release(&array);
    CHECK(new_bytes(&array, 50 * MIB) == DGEN_OK, "50 MiB in 64, 40 of them idle");
    dgen_array_release(&array);
    CHECK(dgen_generate(&array, &small, &error) == DGEN_OK, "%s", error.message);
    static uint8_t right[100000];
    reference_fill(right, sizeof right, 5, 0, 0);
    CHECK(!memcmp(array.data, right, sizeof right), "wrong bytes after a failure");
    dgen_array_release(&array);
}

static void a_limit_of_address_space(void)
{
    dgen_pool_trim();
    int result = child_run(within_a_limit, NULL, 60, NULL);
    CHECK(result == 0, "the child ended with %d", result);
}

static void failing_calls_leak_nothing(void)
{
    dgen_config config = test_config(UINT64_C(1) << 62, 1), wrong = test_config(10, 1);
    dgen_array array;
    dgen_generator *generator;
    dgen_error error;
#ifdef __SANITIZE_ADDRESS__ /* keeps what is freed for a while, and finds leaks itself */
    const long allowed = 512 * MIB;
#else
    const long allowed = MIB;
#endif
    wrong.dedup_ratio = 0.5;
    long before = resident_bytes();
    for (int i = 0; i < 10000; i++) {
        int failed = dgen_generate(&array, &config, &error) && dgen_generate(&array, &wrong, &error)
                     && dgen_generator_open(&generator, &wrong, &error) && dgen_fill_at(NULL, 9, &wrong, 5, &error);
        CHECK(failed, "a call did not fail");
    }
    CHECK(resident_bytes() - before < allowed, "40,000 failing calls took %ld bytes", resident_bytes() - before);
}

static void streaming_keeps_no_memory(void)
{
    enum { CHUNK = 4 << 20 };
    dgen_config config = test_config(256 * MIB, 1);
    dgen_generator *generator;
    if (dgen_generator_open(&generator, &config, NULL)) abort();
    dgen_pool_trim();
    long before = resident_bytes(), most = 0;
    while (!dgen_generator_done(generator)) {
        dgen_array array;
        CHECK(dgen_generator_next(generator, &array, CHUNK, NULL) == DGEN_OK, "next");
        dgen_array_release(&array);
        if (resident_bytes() > most) most = resident_bytes();
    }
    dgen_generator_close(generator);
    CHECK(most - before < CHUNK + 4 * MIB, "256 MiB by 4 took %ld bytes", most - before);
}

/* -------------------------------------------------------------------------------------------------------------- NUMA
 */

/* From here on the kernel answers the calls that place memory with `action`. */
static void answer_placement(unsigned action)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mbind, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_get_mempolicy, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_set_mempolicy, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, action),
    };
    struct sock_fprog program = { sizeof code / sizeof *code, code };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) abort();
}

static uint8_t placed_right[300000];

/* Generates with a placement; the status. The bytes must be right if there are any. */
static dgen_status place(dgen_numa_mode mode, int node, int streaming, dgen_error *error)
{
    dgen_config config = test_config(sizeof placed_right, 5);
    dgen_generator *generator = NULL;
    dgen_array array;
    config.numa_mode = mode, config.numa_node = node;
    dgen_status status = DGEN_OK;
    if (streaming) status = dgen_generator_open(&generator, &config, error);
    if (status == DGEN_OK)
        status = generator ? dgen_generator_next(generator, &array, config.size, error)
                           : dgen_generate(&array, &config, error);
    dgen_generator_close(generator);
    if (status != DGEN_OK) return status;
    CHECK(!memcmp(array.data, placed_right, sizeof placed_right), "placement changed the bytes");
    dgen_array_release(&array);
    return DGEN_OK;
}

static void when_refused(void *context)
{
    int code = *(int *)context;
    answer_placement(SECCOMP_RET_ERRNO | (unsigned)code);
    for (int i = 0; i < 4; i++) {
        dgen_error error = { 0 };
        int node = i / 2 - 1, streaming = i % 2;
        CHECK(place(DGEN_NUMA_AUTO, node, streaming, &error) == DGEN_OK, "auto: %s", error.message);
        CHECK(place(DGEN_NUMA_DISABLED, node, streaming, &error) == DGEN_OK, "disabled: %s", error.message);
        CHECK(place(DGEN_NUMA_FORCE, node, streaming, &error) == DGEN_EUNSUPPORTED,
              "force, refused by error %d, succeeds", code);
        CHECK(!strcmp(error.argument, "numa_mode") && strstr(error.message, strerror(code)), "%s", error.message);
    }
}

static void placement_refused(void)
{
    static int codes[] = { EPERM, ENOSYS, EINVAL, ENOMEM };
    for (int i = 0; i < 4; i++) {
        long written = -1;
        dgen_pool_trim();
        int result = child_run(when_refused, &codes[i], 60, &written);
        CHECK(result == 0, "refused by error %d: the child ended with %d", codes[i], result);
        CHECK(written == 0, "refused by error %d: %ld bytes on the standard error", codes[i], written);
    }
}

static void when_deadly(void *context)
{
    dgen_numa_mode mode = *(dgen_numa_mode *)context;
    answer_placement(SECCOMP_RET_KILL);
    CHECK(place(mode, -1, 0, NULL) == DGEN_OK && place(mode, 0, 1, NULL) == DGEN_OK, "it failed");
}

static void disabled_placement_asks_nothing(void)
{
    dgen_numa_mode disabled = DGEN_NUMA_DISABLED, force = DGEN_NUMA_FORCE;
    dgen_pool_trim();
    int result = child_run(when_deadly, &disabled, 60, NULL);
    CHECK(result == 0, "the child ended with %d", result);
    result = child_run(when_deadly, &force, 60, NULL);
    CHECK(result == -SIGSYS, "forced placement asks nothing either: %d", result);
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--cap")) return printf("%llu", (unsigned long long)dgen_pool_cap_get()) < 0;
    reference_init();
    reference_fill(placed_right, sizeof placed_right, 5, 0, 0);
    RUN(every_size_is_aligned);
    RUN(memory_is_used_again);
    RUN(the_cap_is_kept);
    RUN(trimming_gives_back);
    RUN(cap_from_the_environment);
    RUN(live_bytes_are_counted);
    RUN(threads_share_the_pool);
    RUN(every_request_refused);
    RUN(huge_sizes_are_errors);
    RUN(a_limit_of_address_space);
    RUN(failing_calls_leak_nothing);
    RUN(streaming_keeps_no_memory);
    RUN(placement_refused);
    RUN(disabled_placement_asks_nothing);
    return TEST_END();
}
