/*
 * How many threads a call may use, one loop over tasks, and the hook by which a host stops a call.
 *
 * The threads are OpenMP's. Three things about them are decided here, for all of the core:
 *
 * - How many: DGEN_NUM_THREADS, else OMP_NUM_THREADS, else the CPUs this process may run on (affinity, then the cgroup's
 *   quota); never more than OMP_THREAD_LIMIT. dgen_threads_set overrides the default.
 * - Sharing: calls that run at the same time divide the CPUs. A call beyond its first thread takes one token a thread;
 *   within a process tokens are counted, between the processes of a user they are locks on bytes of one small file in
 *   shared memory, which the system drops when a process dies. Who asked for a number of threads gets it all the same.
 * - Fork: libgomp's threads do not survive fork() and a region in the child would wait for them for ever. A forked child
 *   therefore works on one thread (as data.table does in R).
 */
#define _GNU_SOURCE
#include "threads.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "cpu.h"

enum { THREADS_MAX = 1024, TOKENS_MAX = 64 };

static atomic_int asked;        /* by dgen_threads_set; 0: the default */
static atomic_int helpers;      /* threads beyond the first, of all calls now running in this process */
static atomic_bool forked;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int default_threads;
static bool default_is_explicit; /* DGEN_NUM_THREADS or OMP_NUM_THREADS says so */
static char default_why[128];

/* ------------------------------------------------------------------------------------------------ the default count */

static int environment_count(const char *name)
{
    const char *text = getenv(name);
    long n = text ? strtol(text, NULL, 10) : 0;
    return n < 1 ? 0 : n > THREADS_MAX ? THREADS_MAX : (int)n;
}

/* CPUs that the quota of this process's cgroup (version 2) or of any above it amounts to, rounded up; 0: no quota. */
static int cgroup_cpus(void)
{
    char group[640] = "/", path[704];
    int least = 0;
    FILE *file = fopen("/proc/self/cgroup", "re");
    while (file && fgets(path, sizeof path, file))
        if (!strncmp(path, "0::", 3)) {
            path[strcspn(path, "\n")] = 0;
            snprintf(group, sizeof group, "%s", path + 3);
        }
    if (file) fclose(file);
    for (;;) {
        double quota, period;
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", strcmp(group, "/") ? group : "");
        file = fopen(path, "re");
        if (file && fscanf(file, "%lf %lf", &quota, &period) == 2 && period > 0) {
            int cpus = (int)((quota + period - 1) / period);
            if (cpus < 1) cpus = 1;
            if (!least || cpus < least) least = cpus;
        }
        if (file) fclose(file);
        char *slash = strrchr(group, '/');
        if (!slash || !strcmp(group, "/")) return least;
        slash[slash == group] = 0;
    }
}

static void read_default(void)
{
    int cpus = dgen__logical_cpus(), quota = cgroup_cpus(), n = environment_count("DGEN_NUM_THREADS");
    const char *why = "DGEN_NUM_THREADS";
    if (!n) n = environment_count("OMP_NUM_THREADS"), why = "OMP_NUM_THREADS";
    default_is_explicit = n > 0;
    if (!n) n = cpus, why = "the CPUs this process may run on";
    if (!default_is_explicit && quota && quota < n) n = quota, why = "the cgroup's CPU quota";
    int limit = environment_count("OMP_THREAD_LIMIT");
    if (limit && limit < n) n = limit, why = "OMP_THREAD_LIMIT";
#ifndef _OPENMP
    n = 1, why = "built without OpenMP";
#endif
    default_threads = n;
    snprintf(default_why, sizeof default_why, "%s", why);
}

/* -------------------------------------------------------------------------------------------------- tokens and fork */

static pthread_mutex_t tokens_lock = PTHREAD_MUTEX_INITIALIZER;
static int tokens_file = -1; /* -2: not to be had */
static uint64_t tokens_held; /* bit i: this process holds token i */

static void after_fork_in_child(void)
{
    atomic_store(&forked, true);
    atomic_store(&helpers, 0);
    pthread_mutex_init(&tokens_lock, NULL);
    if (tokens_file >= 0) close(tokens_file); /* the parent's locks stay the parent's */
    tokens_file = -1;
    tokens_held = 0;
}

static void start(void)
{
    read_default();
    pthread_atfork(NULL, NULL, after_fork_in_child);
}

static bool token_lock(int i, short type)
{
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = i, .l_len = 1 };
    return fcntl(tokens_file, F_OFD_SETLK, &lock) == 0;
}

/* Takes up to `wanted` tokens shared with other processes; says how many, and which in *taken. */
static int take_tokens(int wanted, uint64_t *taken)
{
    int got = 0, tokens = dgen__logical_cpus() - 1;
    *taken = 0;
    if (tokens > TOKENS_MAX) return wanted; /* a machine this wide has CPUs to spare */
    pthread_mutex_lock(&tokens_lock);
    if (tokens_file == -1) {
        char path[64];
        snprintf(path, sizeof path, "/dev/shm/dgen-threads-%u", (unsigned)getuid());
        tokens_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (tokens_file < 0) tokens_file = -2;
    }
    if (tokens_file == -2) got = wanted;
    for (int i = 0; tokens_file >= 0 && i < tokens && got < wanted; i++) {
        uint64_t bit = UINT64_C(1) << i;
        if (tokens_held & bit || !token_lock(i, F_WRLCK)) continue;
        tokens_held |= bit;
        *taken |= bit;
        got++;
    }
    pthread_mutex_unlock(&tokens_lock);
    return got;
}

static void return_tokens(uint64_t taken)
{
    if (!taken) return;
    pthread_mutex_lock(&tokens_lock);
    for (int i = 0; i < TOKENS_MAX; i++)
        if (taken >> i & 1 && tokens_held >> i & 1) {
            token_lock(i, F_UNLCK);
            tokens_held &= ~(UINT64_C(1) << i);
        }
    pthread_mutex_unlock(&tokens_lock);
}

/* Of `wanted` helper threads, as many as other calls leave. */
static int take_helpers(int wanted, bool explicit, uint64_t *taken)
{
    int limit = dgen_threads_get() - 1, busy = atomic_load(&helpers), got;
    *taken = 0;
    if (explicit && wanted > limit) limit = wanted;
    do {
        got = limit - busy < wanted ? limit - busy : wanted;
        if (got <= 0) return 0;
    } while (!atomic_compare_exchange_weak(&helpers, &busy, busy + got));
    if (!explicit) {
        int allowed = take_tokens(got, taken);
        atomic_fetch_sub(&helpers, got - allowed);
        got = allowed;
    }
    return got;
}

/* --------------------------------------------------------------------------------------------------------- the loop */

int dgen__threads_limit(int max_threads)
{
    int n = dgen_threads_get();
    return max_threads && max_threads < n ? max_threads : n;
}

void dgen__parallel_for(void (*task)(void *context, uint64_t i), void *context, uint64_t count, int max_threads)
{
    uint64_t wanted = dgen__least((uint64_t)dgen__threads_limit(max_threads), count), taken = 0;
    bool explicit = default_is_explicit || atomic_load(&asked) || max_threads;
    int got = wanted > 1 ? take_helpers((int)wanted - 1, explicit, &taken) : 0;
    if (!got) {
        for (uint64_t i = 0; i < count; i++) task(context, i);
        return;
    }
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 1) num_threads(got + 1)
    for (uint64_t i = 0; i < count; i++) task(context, i);
#endif
    return_tokens(taken);
    atomic_fetch_sub(&helpers, got);
}

int dgen_threads_get(void)
{
    pthread_once(&once, start);
    if (atomic_load(&forked)) return 1;
    int n = atomic_load(&asked);
    return n ? n : default_threads;
}

dgen_status dgen_threads_set(int n, dgen_error *error)
{
    pthread_once(&once, start);
    if (n < 0 || n > THREADS_MAX)
        return dgen__fail(error, DGEN_EINVAL, "n", "n must be a whole number from 0 to %d, not %d", THREADS_MAX, n);
    int limit = environment_count("OMP_THREAD_LIMIT");
    if (limit && n > limit) n = limit;
    if (n == 0) read_default();
    atomic_store(&asked, n);
    return DGEN_OK;
}

const char *dgen__threads_why(void)
{
    pthread_once(&once, start);
    if (atomic_load(&forked)) return "a forked child works on one thread";
    return atomic_load(&asked) ? "asked for by dgen_threads" : default_why;
}

/* ----------------------------------------------------------------------------------------------------------- the hook */

static _Thread_local dgen_poll poll_hook;
static _Thread_local void *poll_context;

void dgen_poll_set(dgen_poll poll, void *context)
{
    poll_hook = poll;
    poll_context = context;
}

bool dgen__canceled(void) { return poll_hook && poll_hook(poll_context); }

dgen_status dgen__fail_canceled(dgen_error *error)
{
    return dgen__fail(error, DGEN_ECANCELED, "", "interrupted");
}
