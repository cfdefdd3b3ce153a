/*
 * Saves that go wrong or are disturbed: a host that stops them, writes that come up short, readers that look on, a
 * process that forked; and what ten thousand failures leave behind. test_faults.sh breaks single system calls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "files.h"

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---------------------------------------------------------------------------------------- writes that come up short */

static atomic_bool shorten; /* while set, the write() below does a little of what was asked, or nothing */

/* Stands before the C library's write() in this program, the core included. */
ssize_t write(int file, const void *bytes, size_t n)
{
    static ssize_t (*system_write)(int, const void *, size_t);
    static atomic_uint calls;
    if (!system_write) *(void **)&system_write = dlsym(RTLD_NEXT, "write");
    if (!atomic_load(&shorten)) return system_write(file, bytes, n);
    switch (atomic_fetch_add(&calls, 1) % 5) {
    case 0: errno = EINTR; return -1;
    case 1: errno = EAGAIN; return -1;
    case 2: return system_write(file, bytes, n / 2 + 1);
    case 3: return system_write(file, bytes, n < 4096 ? n : 4096);
    default: return system_write(file, bytes, n);
    }
}

static void short_writes(void)
{
    static const char *const parents[] = { "/tmp", "/dev/shm" };
    static const uint64_t chunks[] = { 1000, 65537, MEBIBYTE, 32 * MEBIBYTE };
    for (int parent = 0; parent < 2; parent++) {
        files_begin(parents[parent]);
        for (int i = 0; i < 4; i++) {
            dgen_config config = test_config(i == 0 ? 100001 : 20 * MEBIBYTE + 5, (uint64_t)i);
            config.chunk_size = chunks[i];
            const char *path = file_in("file");
            atomic_store(&shorten, true);
            dgen_status status = save(&config, path);
            atomic_store(&shorten, false);
            CHECK(status == DGEN_OK, "%s", files_error.message);
            CHECK(file_holds(path, &config), "chunks of %llu", (unsigned long long)chunks[i]);
        }
        files_end();
    }
}

/* ------------------------------------------------------------------------------------------------ the host stops it */

struct stopper {
    uint64_t calls, stop_at; /* the call that says stop, and all after it */
    double asked;            /* when it first did */
};

static int stop(void *context)
{
    struct stopper *s = context;
    if (s->calls++ < s->stop_at) return 0;
    if (s->asked == 0) s->asked = seconds();
    return 1;
}

static int stop_progress(void *context, uint64_t done, uint64_t total)
{
    (void)done, (void)total;
    return stop(context);
}

/* Stops a save of `config` over an old file at each call of the hook in turn, until one goes through; returns the
   longest time from saying stop until the call had returned. */
static double stop_at_each_call(const dgen_config *config, bool by_progress, uint64_t stride)
{
    double longest = 0;
    dgen_config old = test_config(5000, 1);
    CHECK(save(&old, file_in("file")) == DGEN_OK, "%s", files_error.message);
    for (uint64_t at = 0;; at += stride) {
        struct stopper s = { .stop_at = at };
        if (!by_progress) dgen_poll_set(stop, &s);
        dgen_status status =
            by_progress ? save_with(config, file_in("file"), stop_progress, &s) : save(config, file_in("file"));
        double ended = seconds();
        dgen_poll_set(NULL, NULL);
        CHECK(files_count("file", NULL, 0) == 1, "a temporary file is left by a stop at call %d", (int)at);
        if (status == DGEN_OK) {
            CHECK(s.calls <= at && at > 0, "asked to stop and did not");
            CHECK(file_holds(file_in("file"), config), "the file");
            return longest;
        }
        CHECK(status == DGEN_ECANCELED, "%s", files_error.message);
        CHECK(file_holds(file_in("file"), &old), "the old file is gone after a stop at call %d", (int)at);
        if (ended - s.asked > longest) longest = ended - s.asked;
    }
}

static void stopped_by_progress(void)
{
    files_begin("/tmp");
    for (int threaded = 0; threaded < 2; threaded++) {
        uint64_t step = threaded ? MEBIBYTE : 1000;
        dgen_config config = test_config(20 * step + 1, 2);
        config.chunk_size = step;
        stop_at_each_call(&config, true, 1);
    }
    files_end();
}

static void stopped_by_poll(void)
{
    static const char *const parents[] = { "/tmp", "/dev/shm" };
    static const uint64_t chunks[] = { 32 * MEBIBYTE, 1000000 };
    for (int parent = 0; parent < 2; parent++) {
        files_begin(parents[parent]);
        for (int i = 0; i < 2; i++) {
            dgen_config config = test_config(files_large(), 3);
            config.chunk_size = chunks[i];
            double longest = stop_at_each_call(&config, false, 3);
            printf("  %s, chunks of %llu: stopped within %.1f ms at the latest\n", parents[parent],
                   (unsigned long long)chunks[i], 1e3 * longest);
        }
        files_end();
    }
}

/* A pipe that nobody reads, or that nobody has opened, does not hold the host. */
static void stopped_at_a_pipe(void)
{
    files_begin("/tmp");
    CHECK(mkfifo(file_in("pipe"), 0600) == 0, "mkfifo");
    for (int i = 0; i < 3; i++) {
        dgen_config config = test_config(10 * MEBIBYTE, 4);
        struct stopper s = { .stop_at = 10 };
        if (i == 2) config.chunk_size = 1000;
        int reader = i ? open(file_in("pipe"), O_RDONLY | O_NONBLOCK) : -1;
        dgen_poll_set(stop, &s);
        CHECK(save(&config, file_in("pipe")) == DGEN_ECANCELED, "%s", files_error.message);
        dgen_poll_set(NULL, NULL);
        if (reader >= 0) close(reader);
    }
    files_end();
}

/* The writer's thread must leave the host's signals to the host's threads. */
static int look_at_threads(void *context, uint64_t done, uint64_t total)
{
    (void)done, (void)total;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        char path[64], line[128];
        unsigned long long blocked = 0;
        if (task->d_name[0] == '.' || atoi(task->d_name) == getpid()) continue;
        snprintf(path, sizeof path, "/proc/self/task/%.20s/status", task->d_name);
        FILE *status = fopen(path, "r");
        while (status && fgets(line, sizeof line, status)) sscanf(line, "SigBlk: %llx", &blocked);
        if (status) fclose(status);
        *(int *)context += 1;
        for (int i = 0; i < 4; i++) {
            int signal = (int[]){ SIGINT, SIGALRM, SIGCHLD, SIGPIPE }[i];
            CHECK(blocked >> (signal - 1) & 1, "signal %d may be handled on the writer's thread", signal);
        }
    }
    if (tasks) closedir(tasks);
    return 0;
}

static void signals_stay_with_the_host(void)
{
    int threads = 0;
    pid_t child = fork(); /* has no threads of the generator */
    if (child == 0) {
        files_begin("/tmp");
        dgen_config config = test_config(10 * MEBIBYTE, 5);
        config.chunk_size = MEBIBYTE;
        CHECK(save_with(&config, file_in("file"), look_at_threads, &threads) == DGEN_OK, "%s", files_error.message);
        CHECK(threads > 0, "there was no thread to look at");
        files_end();
        fflush(stdout);
        _exit(test_faults != 0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0, "status %x", status);
}

/* ------------------------------------------------------------------------------- readers, forks, ten thousand times */

enum { READERS = 8, REPLACEMENTS = 200 };

struct onlooker {
    const dgen_config *kinds; /* two */
    atomic_bool *ended;
    int seen[2], wrong;
};

static void *look_on(void *context)
{
    struct onlooker *o = context;
    char path[300];
    snprintf(path, sizeof path, "%s/file", files_folder);
    do {
        int file = open(path, O_RDONLY), kind = -1;
        for (int i = 0; i < 2 && kind < 0 && file >= 0; i++)
            if (lseek(file, 0, SEEK_SET) == 0 && holds(file, &o->kinds[i])) kind = i;
        if (file >= 0) close(file);
        if (kind < 0) o->wrong++;
        else o->seen[kind]++;
    } while (!atomic_load(o->ended));
    return NULL;
}

static void readers_look_on(void)
{
    dgen_config kinds[2] = { test_config(70001, 1), test_config(50001, 2) };
    struct onlooker onlookers[READERS];
    pthread_t threads[READERS];
    atomic_bool ended = false;
    int seen[2] = { 0, 0 };
    files_begin("/dev/shm");
    CHECK(save(&kinds[0], file_in("file")) == DGEN_OK, "%s", files_error.message);
    for (int i = 0; i < READERS; i++) {
        onlookers[i] = (struct onlooker){ .kinds = kinds, .ended = &ended };
        CHECK(pthread_create(&threads[i], NULL, look_on, &onlookers[i]) == 0, "pthread_create");
    }
    for (int i = 1; i <= REPLACEMENTS; i++)
        CHECK(save(&kinds[i % 2], file_in("file")) == DGEN_OK, "%s", files_error.message);
    atomic_store(&ended, true);
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        CHECK(onlookers[i].wrong == 0, "%d times neither the old nor the new file", onlookers[i].wrong);
        seen[0] += onlookers[i].seen[0], seen[1] += onlookers[i].seen[1];
    }
    CHECK(seen[0] + seen[1] >= READERS, "nobody looked");
    files_end();
}

static void in_a_forked_child(void)
{
    dgen_config config = test_config(20 * MEBIBYTE + 1, 6);
    config.chunk_size = 4 * MEBIBYTE;
    files_begin("/tmp");
    CHECK(save(&config, file_in("file")) == DGEN_OK, "%s", files_error.message);
    config.seed++;
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        _exit(save(&config, file_in("file")) == DGEN_OK ? 0 : 1);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0, "status %x", status);
    CHECK(file_holds(file_in("file"), &config), "the bytes");
    files_end();
}

/* A number of /proc/self/status. */
static long status_number(const char *key)
{
    char line[128];
    long value = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, key, strlen(key))) value = atol(line + strlen(key));
    if (file) fclose(file);
    return value;
}

static int open_files(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder)) count++;
    if (folder) closedir(folder);
    return count;
}

static int stop_at_once(void *context, uint64_t done, uint64_t total)
{
    (void)context, (void)done, (void)total;
    return 1;
}

/* Fails in one of five ways: opening, writing on the calling thread or another, by the host, or a folder as file. */
static void fail(int way)
{
    dgen_config config = test_config(way == 3 ? 2 * MEBIBYTE : 3000, 7);
    const char *paths[] = { "/absent/file", "/dev/full", file_in("file"), "/dev/full", "/tmp" };
    dgen_status want = way == 2 ? DGEN_ECANCELED : DGEN_EIO;
    CHECK(save_with(&config, paths[way], way == 2 ? stop_at_once : NULL, NULL) == want, "%s", files_error.message);
}

static void ten_thousand_failures(void)
{
    files_begin("/dev/shm");
    for (int i = 0; i < 100; i++) fail(i % 5);
    long memory = status_number("VmRSS:"), threads = status_number("Threads:");
    int files = open_files();
    for (int i = 0; i < 10000; i++) fail(i % 5);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what is freed, and looks for leaks itself */
    CHECK(status_number("VmRSS:") - memory < 1024, "memory grew by %ld KiB", status_number("VmRSS:") - memory);
#else
    (void)memory;
#endif
    CHECK(status_number("Threads:") == threads, "%ld threads, then %ld", threads, status_number("Threads:"));
    CHECK(open_files() == files, "%d open files, then %d", files, open_files());
    CHECK(files_count("file", NULL, 0) == 0, "something is left in the folder");
    files_end();
}

/* Peak memory: two buffers of a chunk, of 64 MiB at most, and 32 MiB. In a child, whose peak is its own. */
static void memory_is_bounded(void)
{
    static const uint64_t chunks[] = { 8 * MEBIBYTE, (uint64_t)1 << 40 };
    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        if (child == 0) {
            dgen_config config = test_config(512 * (uint64_t)MEBIBYTE, 8);
            config.chunk_size = chunks[i];
            dgen_pool_trim();
            int peak = open("/proc/self/clear_refs", O_WRONLY);
            if (peak < 0 || write(peak, "5", 1) != 1) _exit(2); /* the peak is now what is in use */
            long before = status_number("VmHWM:"), allowed = (long)((i ? 64 : 8) * 2 + 32) * 1024;
            if (save(&config, "/dev/null") != DGEN_OK) _exit(3);
            long grown = status_number("VmHWM:") - before;
            printf("  chunks of %llu: %ld MiB at the peak\n", (unsigned long long)chunks[i], grown / 1024);
            fflush(stdout);
            _exit(grown > allowed);
        }
        int status;
        CHECK(waitpid(child, &status, 0) == child && status == 0, "status %x", status);
    }
}

int main(void)
{
    RUN(short_writes);
    RUN(stopped_by_progress);
    RUN(stopped_by_poll);
    RUN(stopped_at_a_pipe);
    RUN(signals_stay_with_the_host);
    RUN(readers_look_on);
    RUN(in_a_forked_child);
    RUN(ten_thousand_failures);
    RUN(memory_is_bounded);
    return TEST_END();
}
