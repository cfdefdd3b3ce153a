/*
 * How many threads a call may use, one loop over tasks, and the hook by which a host stops a call.
 *
 * - How many: DGEN_NUM_THREADS, else OMP_NUM_THREADS, else the CPUs this process may run on (affinity, then the cgroup's
 *   quota); never more than OMP_THREAD_LIMIT. dgen_threads_set overrides the default.
 * - The loop: a few workers sleep, after a short watch, until a call posts its tasks. The caller works too, and waits for those workers only
 *   that took a task: on a busy machine a worker that gets no CPU delays nobody. (An OpenMP region waits for its whole
 *   team: with every CPU taken by others, filling 1 MiB took 10 ms instead of 20 us.) Nor do two OpenMP runtimes meet in
 *   one host.
 * - Sharing: calls that run at the same time divide the CPUs. A call beyond its first thread takes one token a thread;
 *   within a process tokens are counted, between the processes of a user they are locks on bytes of one small file in
 *   shared memory, which the system drops when a process dies. Who asked for a number of threads gets it all the same.
 * - Fork: threads do not survive fork(). The child forgets the workers and starts its own when it needs them.
 */
#define _GNU_SOURCE
#include "threads.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "cpu.h"

enum { THREADS_MAX = 1024, TOKENS_MAX = 64 };
static const double WATCH_MILLISECONDS = 0.05;

static atomic_int asked;        /* by dgen_threads_set; 0: the default */
static atomic_int helpers;      /* threads beyond the first, of all calls now running in this process */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int default_threads;
static bool default_is_explicit; /* DGEN_NUM_THREADS or OMP_NUM_THREADS says so */
static char default_why[128];
static _Thread_local dgen_poll poll_hook;
static _Thread_local void *poll_context;

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
            snprintf(group, sizeof group, "%.600s", path + 3);
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
    default_threads = n;
    snprintf(default_why, sizeof default_why, "%s", why);
}

/* ------------------------------------------------------------------------------------------------------- the workers */

struct job {
    void (*task)(void *context, uint64_t i);
    void *context;
    uint64_t count;
    atomic_uint_least64_t next;
    int places;         /* how many workers may still join; the lock is held */
    atomic_int workers; /* how many have joined and not yet left; changed while the lock is held */
    struct job *after;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t posted, left;
    struct job *jobs;
    int workers;
    atomic_int posts; /* jobs so far */
} team = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, 0, 0 };

static void work_on(struct job *job)
{
    uint64_t i;
    while ((i = atomic_fetch_add(&job->next, 1)) < job->count) job->task(job->context, i);
}

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

/* The same on the thread that called, which asks the hook now and then: how long a task takes depends on the pages it
   meets and on the CPU. False if the hook asked to stop. */
static bool work_on_own(struct job *job)
{
    double asked_at = poll_hook ? milliseconds() : 0;
    uint64_t i;
    while ((i = atomic_fetch_add(&job->next, 1)) < job->count) {
        job->task(job->context, i);
        if (!poll_hook || milliseconds() - asked_at < 20) continue;
        if (dgen__canceled()) {
            atomic_store(&job->next, job->count);
            return false;
        }
        asked_at = milliseconds();
    }
    return true;
}

/* A thread that sleeps takes as long to wake as 100,000 elements take to add, so both sides look for a while before they
   do: true if *value became other than `seen` within WATCH_MILLISECONDS. */
static bool watch(atomic_int *value, int seen)
{
    double end = milliseconds() + WATCH_MILLISECONDS;
    do {
        for (int i = 0; i < 64; i++) {
            if (atomic_load(value) != seen) return true;
#if defined(__x86_64__) || defined(__i386__)
            __builtin_ia32_pause();
#endif
        }
    } while (milliseconds() < end);
    return false;
}

static void *worker(void *unused)
{
    bool has_waited = false;
    pthread_mutex_lock(&team.lock);
    for (;;) {
        struct job *job = team.jobs;
        while (job && !job->places) job = job->after;
        if (!job && !has_waited) {
            int seen = atomic_load(&team.posts);
            pthread_mutex_unlock(&team.lock);
            has_waited = !watch(&team.posts, seen);
            pthread_mutex_lock(&team.lock);
            continue;
        }
        if (!job) {
            pthread_cond_wait(&team.posted, &team.lock);
            continue;
        }
        job->places--;
        atomic_fetch_add(&job->workers, 1);
        pthread_mutex_unlock(&team.lock);
        work_on(job);
        pthread_mutex_lock(&team.lock);
        if (atomic_fetch_sub(&job->workers, 1) == 1) pthread_cond_broadcast(&team.left);
        has_waited = false;
    }
    return unused;
}

/* Signals are for the host's threads. Fewer workers than wanted only make a call slower. */
static void start_workers(int wanted)
{
    sigset_t all, old;
    pthread_attr_t attributes;
    pthread_t thread;
    if (team.workers >= wanted) return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    while (team.workers < wanted && !pthread_create(&thread, &attributes, worker, NULL)) team.workers++;
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static bool run(struct job *job)
{
    pthread_mutex_lock(&team.lock);
    start_workers(atomic_load(&helpers));
    job->after = team.jobs;
    team.jobs = job;
    atomic_fetch_add(&team.posts, 1);
    pthread_cond_broadcast(&team.posted);
    pthread_mutex_unlock(&team.lock);

    bool done = work_on_own(job);

    pthread_mutex_lock(&team.lock);
    struct job **at = &team.jobs;
    while (*at != job) at = &(*at)->after;
    *at = job->after;
    pthread_mutex_unlock(&team.lock);
    int working = atomic_load(&job->workers);
    while (working && watch(&job->workers, working)) working = atomic_load(&job->workers);
    if (!working) return done;
    pthread_mutex_lock(&team.lock);
    while (atomic_load(&job->workers)) pthread_cond_wait(&team.left, &team.lock);
    pthread_mutex_unlock(&team.lock);
    return done;
}

/* -------------------------------------------------------------------------------------------------- tokens and fork */

static pthread_mutex_t tokens_lock = PTHREAD_MUTEX_INITIALIZER;
static int tokens_file = -1; /* -2: not to be had */
static uint64_t tokens_held; /* bit i: this process holds token i */

static void after_fork_in_child(void)
{
    atomic_store(&helpers, 0);
    pthread_mutex_init(&team.lock, NULL);
    pthread_cond_init(&team.posted, NULL);
    pthread_cond_init(&team.left, NULL);
    team.jobs = NULL;
    team.workers = 0;
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

bool dgen__parallel_for(void (*task)(void *context, uint64_t i), void *context, uint64_t count, int max_threads)
{
    uint64_t wanted = dgen__least((uint64_t)dgen__threads_limit(max_threads), count), taken = 0;
    bool explicit = default_is_explicit || atomic_load(&asked) || max_threads;
    int got = wanted > 1 ? take_helpers((int)wanted - 1, explicit, &taken) : 0;
    struct job job = { .task = task, .context = context, .count = count, .places = got };
    bool done = got ? run(&job) : work_on_own(&job);
    return_tokens(taken);
    atomic_fetch_sub(&helpers, got);
    return done;
}

int dgen_threads_get(void)
{
    pthread_once(&once, start);
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
    return atomic_load(&asked) ? "asked for by dgen_threads" : default_why;
}

/* ----------------------------------------------------------------------------------------------------------- the hook */

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
