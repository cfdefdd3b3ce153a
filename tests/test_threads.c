/*
 * Threads: how many, in whose interest, after a fork, beside other calls, and under a hook that cancels.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>

#include "child.h"
#include "reference.h"

enum { PIECE = 4 << 20 }; /* several tasks for the core */
static uint8_t right[PIECE];

/* Whether a piece made by the core is right. */
static int piece_is_right(int max_threads)
{
    dgen_config config = test_config(PIECE, 5);
    dgen_array array;
    config.max_threads = max_threads;
    if (dgen_generate(&array, &config, NULL)) return 0;
    int same = !memcmp(array.data, right, PIECE);
    dgen_array_release(&array);
    return same;
}

/* Threads of a process; with `running`, only those that run or wait for a CPU. */
static int count_threads(pid_t process, int running)
{
    char path[300];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)process);
    DIR *tasks = opendir(path);
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        char state = 'R';
        if (task->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/stat", (int)process, task->d_name);
        FILE *file = running ? fopen(path, "r") : NULL;
        if (running && (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)) state = 0;
        if (file) fclose(file);
        count += state == 'R';
    }
    if (tasks) closedir(tasks);
    return count;
}

static void nap(long milliseconds)
{
    struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
    nanosleep(&time, NULL);
}

static int compare_counts(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* ---------------------------------------------------------------------------------------------------------- how many
 */

#define NONE "DGEN_NUM_THREADS", "OMP_NUM_THREADS", "OMP_THREAD_LIMIT"

/* What a process with this environment says of its threads: the number, and why in `why`. */
static int reported(const char *const *environment, char why[256])
{
    static const char *const arguments[] = { "--report", NULL };
    char output[256];
    int n = 0;
    CHECK(child_again(arguments, environment, output, sizeof output) == 0, "the child failed");
    CHECK(sscanf(output, "%d %255[^\n]", &n, why) == 2, "%s", output);
    return n;
}

static void from_the_environment(void)
{
    static const struct {
        const char *environment[7];
        int threads;
        const char *why;
    } cases[] = {
        { { NONE, "DGEN_NUM_THREADS=3" }, 3, "DGEN_NUM_THREADS" },
        { { NONE, "OMP_NUM_THREADS=3" }, 3, "OMP_NUM_THREADS" },
        { { NONE, "OMP_NUM_THREADS=3", "DGEN_NUM_THREADS=1" }, 1, "DGEN_NUM_THREADS" },
        { { NONE, "OMP_THREAD_LIMIT=1" }, 1, NULL },
        { { NONE, "DGEN_NUM_THREADS=8", "OMP_THREAD_LIMIT=2" }, 2, "OMP_THREAD_LIMIT" },
        { { NONE, "DGEN_NUM_THREADS=1000000" }, 1024, "DGEN_NUM_THREADS" },
        { { NONE, "OMP_NUM_THREADS=4,2" }, 4, "OMP_NUM_THREADS" },
    };
    static const char *const nonsense[][5] = {
        { NONE },
        { NONE, "DGEN_NUM_THREADS=0" },
        { NONE, "DGEN_NUM_THREADS=-2" },
        { NONE, "DGEN_NUM_THREADS=many" },
        { NONE, "DGEN_NUM_THREADS=" },
    };
    char why[256], first_why[256];
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        int n = reported(cases[i].environment, why);
        CHECK(n == cases[i].threads, "%s: %d threads (%s)", cases[i].environment[3], n, why);
        CHECK(!cases[i].why || strstr(why, cases[i].why), "%s: because of %s", cases[i].environment[3], why);
    }
    int usual = reported(nonsense[0], first_why);
    for (int i = 1; i < 5; i++) CHECK(reported(nonsense[i], why) == usual, "%s: not as without it", nonsense[i][3]);
}

static void from_the_affinity(void)
{
    static const char *const environment[] = { NONE, NULL };
    cpu_set_t before, one;
    char why[256];
    if (sched_getaffinity(0, sizeof before, &before)) abort();
    int n = reported(environment, why);
    CHECK(n >= 1 && n <= CPU_COUNT(&before), "%d threads on %d CPUs (%s)", n, CPU_COUNT(&before), why);
    CHECK(n == CPU_COUNT(&before) || strstr(why, "quota"), "%d threads because of %s", n, why);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &before)) continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        if (sched_setaffinity(0, sizeof one, &one)) abort();
        n = reported(environment, why);
        CHECK(n == 1, "%d threads on CPU %d alone (%s)", n, cpu, why);
        if (cpu > 8) break;
    }
    if (sched_setaffinity(0, sizeof before, &before)) abort();
}

static void by_a_call(void)
{
    dgen_error error = { 0 };
    int usual = dgen_threads_get();
    CHECK(dgen_threads_set(7, NULL) == DGEN_OK && dgen_threads_get() == 7, "7 threads");
    CHECK(dgen_threads_set(-1, &error) == DGEN_EINVAL && dgen_threads_get() == 7, "-1 threads");
    CHECK(strstr(error.message, "0 to 1024") && strstr(error.message, "-1"), "%s", error.message);
    CHECK(dgen_threads_set(1025, NULL) == DGEN_EINVAL, "1025 threads");
    CHECK(dgen_threads_set(0, NULL) == DGEN_OK && dgen_threads_get() == usual, "back to the default");
}

/* Threads that a process has started in all, with a limit of its own and one from the environment. */
static void no_more_than_asked_for(void)
{
    static const struct {
        const char *environment[5], *max_threads;
        int threads;
    } cases[] = {
        { { NONE, "DGEN_NUM_THREADS=1" }, "0", 1 }, { { NONE, "DGEN_NUM_THREADS=4" }, "0", 4 },
        { { NONE, "DGEN_NUM_THREADS=4" }, "1", 1 }, { { NONE, "DGEN_NUM_THREADS=4" }, "3", 3 },
        { { NONE, "OMP_THREAD_LIMIT=1" }, "0", 1 }, { { NONE, "OMP_NUM_THREADS=2" }, "4", 2 },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int streaming = 0; streaming < 2; streaming++) {
            const char *arguments[] = { "--count", cases[i].max_threads, streaming ? "streaming" : "one-shot", NULL };
            char output[64];
            CHECK(child_again(arguments, cases[i].environment, output, sizeof output) == 0, "the child failed");
            CHECK(atoi(output) == cases[i].threads, "%s, max_threads %s, %s: %s threads", cases[i].environment[3],
                  cases[i].max_threads, arguments[2], output);
        }
}

static int print_count(int max_threads, int streaming)
{
    dgen_config config = test_config(64 << 20, 5);
    dgen_generator *generator;
    dgen_array array;
    config.max_threads = max_threads;
    if (streaming) {
        if (dgen_generator_open(&generator, &config, NULL) || dgen_generator_next(generator, &array, config.size, NULL))
            return 1;
        dgen_generator_close(generator);
    }
    else if (dgen_generate(&array, &config, NULL))
        return 1;
    printf("%d", count_threads(getpid(), 0));
    dgen_array_release(&array);
    return 0;
}

/* ------------------------------------------------------------------------------------------------------------- fork */

static void make_pieces(void *context)
{
    for (int i = 0; i < 3; i++) CHECK(piece_is_right(0) && piece_is_right(4), "wrong bytes after a fork");
    if (context) {
        int result = child_run(make_pieces, NULL, 2, NULL);
        CHECK(result == 0, "the grandchild ended with %d", result);
    }
}

static void a_forked_child_works(void)
{
    int grandchild = 1;
    CHECK(dgen_threads_set(4, NULL) == DGEN_OK && piece_is_right(0), "the parent's own piece");
    for (int i = 0; i < 20; i++) {
        int result = child_run(make_pieces, i % 4 ? NULL : &grandchild, 4, NULL);
        CHECK(result == 0, "child %d ended with %d (-14: it hung)", i, result);
    }
    CHECK(dgen_threads_get() == 4 && piece_is_right(0), "the parent is not as it was");
    CHECK(dgen_threads_set(0, NULL) == DGEN_OK, "the default");
}

static volatile int stop;

/* Long fills, of which only the beginning is looked at, so that nearly all the time is the core's. */
static void *make_pieces_until_stopped(void *wrong)
{
    const uint64_t n = 8 * PIECE;
    dgen_config config = test_config(n, 5);
    uint8_t *bytes = malloc(n);
    do {
        if (dgen_fill_at(bytes, n, &config, 0, NULL) || memcmp(bytes, right, PIECE / 16)) *(int *)wrong = 1;
        memset(bytes, 0, PIECE / 16);
    } while (!stop);
    free(bytes);
    return NULL;
}

static void fork_while_others_generate(void)
{
    pthread_t threads[2];
    int wrong[2] = { 0 };
    CHECK(dgen_threads_set(3, NULL) == DGEN_OK, "3 threads");
    stop = 0;
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, make_pieces_until_stopped, &wrong[i])) abort();
    for (int i = 0; i < 20; i++) {
        int result = child_run(make_pieces, NULL, 4, NULL);
        CHECK(result == 0, "child %d ended with %d (-14: it hung)", i, result);
    }
    stop = 1;
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    CHECK(!wrong[0] && !wrong[1], "wrong bytes beside a fork");
    CHECK(dgen_threads_set(0, NULL) == DGEN_OK, "the default");
}

/* ------------------------------------------------------------------------------------------------- calls at one time
 */

enum { CALLERS = 8, SAMPLES = 60 };

/* The usual number of threads that want a CPU, by 60 looks 10 ms apart, in the processes given: the median, since a
   helper's place may pass from one process to another during a look. */
static int usual_running(const pid_t *processes, int count)
{
    int samples[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        samples[i] = 0;
        for (int j = 0; j < count; j++) samples[i] += count_threads(processes[j], 1);
        nap(10);
    }
    qsort(samples, SAMPLES, sizeof *samples, compare_counts);
    return samples[SAMPLES / 2];
}

/* In a process of its own: eight threads call at once; prints how many threads there are in all. */
static int print_threads_of_callers(void)
{
    pthread_t threads[CALLERS];
    int wrong[CALLERS] = { 0 }, any = 0;
    for (int i = 0; i < CALLERS; i++)
        if (pthread_create(&threads[i], NULL, make_pieces_until_stopped, &wrong[i])) abort();
    nap(500);
    int count = count_threads(getpid(), 0);
    stop = 1;
    for (int i = 0; i < CALLERS; i++) pthread_join(threads[i], NULL), any |= wrong[i];
    printf("%d", count);
    return any;
}

static void eight_callers_share_the_threads(void)
{
    static const char *const arguments[] = { "--callers", NULL }, *const environment[] = { NONE, "DGEN_NUM_THREADS=4",
                                                                                           NULL };
    char output[64];
    CHECK(child_again(arguments, environment, output, sizeof output) == 0, "a caller got wrong bytes");
    /* The main thread, the callers, and three helpers between them; unshared these would be 24. */
    CHECK(atoi(output) <= 1 + CALLERS + 3, "there are %s threads for %d callers", output, CALLERS);
}

static void eight_processes_share_the_cpus(void)
{
    cpu_set_t before, two;
    pid_t processes[CALLERS];
    int cpus = 0, ready[2];
    char number[16], bytes[CALLERS];
    if (sched_getaffinity(0, sizeof before, &before)) abort();
    CPU_ZERO(&two);
    for (int cpu = 0; cpu < CPU_SETSIZE && cpus < 2; cpu++)
        if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &two), cpus++;
    if (pipe(ready)) abort();
    snprintf(number, sizeof number, "%d", ready[1]);
    fflush(stdout);
    for (int i = 0; i < CALLERS; i++) {
        processes[i] = fork();
        if (processes[i] == 0) {
            sched_setaffinity(0, sizeof two, &two);
            unsetenv("DGEN_NUM_THREADS"), unsetenv("OMP_NUM_THREADS");
            execl("/proc/self/exe", "test_threads", "--stream", number, (char *)NULL);
            _exit(127);
        }
    }
    close(ready[1]);
    for (int i = 0; i < CALLERS; i++) CHECK(read(ready[0], &bytes[i], 1) == 1, "process %d never worked", i);
    close(ready[0]);
    int running = usual_running(processes, CALLERS);
    for (int i = 0; i < CALLERS; i++) kill(processes[i], SIGUSR1);
    for (int i = 0; i < CALLERS; i++) {
        int result = child_wait(processes[i]);
        CHECK(result == 0, "process %d ended with %d", i, result);
    }
    CHECK(running <= CALLERS + cpus - 1, "%d threads run in %d processes on %d CPUs", running, CALLERS, cpus);
}

static void stop_now(int signal)
{
    (void)signal;
    stop = 1;
}

/* Says that it works by one byte to `ready`. */
static int stream_until_told(int ready)
{
    int wrong = 0;
    signal(SIGUSR1, stop_now);
    if (!piece_is_right(0) || write(ready, "", 1) != 1) return 1;
    make_pieces_until_stopped(&wrong);
    return wrong;
}

/* ------------------------------------------------------------------------------------------------------------- cancel
 */

struct poll {
    long calls, cancel_at, other_threads;
    double last, longest; /* milliseconds of this thread's CPU time between two calls */
    pid_t thread;
};

static double cpu_time(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void lap(struct poll *poll)
{
    double now = cpu_time();
    if (now - poll->last > poll->longest) poll->longest = now - poll->last;
    poll->last = now;
}

static int poll_hook(void *context)
{
    struct poll *poll = context;
    if ((pid_t)syscall(SYS_gettid) != poll->thread) poll->other_threads++;
    lap(poll);
    return ++poll->calls == poll->cancel_at;
}

static struct poll poll_from_now(long cancel_at)
{
    return (struct poll){ .cancel_at = cancel_at, .last = cpu_time(), .thread = (pid_t)syscall(SYS_gettid) };
}

static void a_hook_cancels(void)
{
    dgen_config config = test_config(256 << 20, 5);
    dgen_array array = { .ndim = 77 }, whole;
    dgen_generator *generator;
    dgen_verify_report report = { .checked = 77 };
    dgen_error error = { 0 };
    uint64_t live = dgen_live_bytes(), got = 77;
    if (dgen_generate(&whole, &config, NULL) || dgen_generator_open(&generator, &config, NULL)) abort();
    /* A fill may be over before the hook's time has come: then it is asked once, at the end. */
    struct poll poll = poll_from_now(1);
    dgen_poll_set(poll_hook, &poll);
    CHECK(dgen_generate(&array, &config, &error) == DGEN_ECANCELED && array.ndim == 77, "generate is not canceled");
    CHECK(!strcmp(error.message, "interrupted"), "%s", error.message);
    CHECK(poll.calls >= 1 && !poll.other_threads, "asked %ld times, %ld on another thread", poll.calls,
          poll.other_threads);
    poll = poll_from_now(1);
    CHECK(dgen_generator_fill(generator, whole.data, config.size, &got, NULL) == DGEN_ECANCELED && got == 77, "fill");
    poll = poll_from_now(1);
    CHECK(dgen_generator_next(generator, &array, config.size, NULL) == DGEN_ECANCELED && array.ndim == 77, "next");
    CHECK(dgen_generator_position(generator) == 0, "a canceled call moved the position");
    for (long cancel_at = 1; cancel_at < 4; cancel_at++) {
        dgen_poll_set(NULL, NULL);
        if (dgen_fill_at(whole.data, config.size, &config, 0, NULL)) abort();
        dgen_poll_set(poll_hook, &poll);
        poll = poll_from_now(cancel_at);
        CHECK(dgen_verify_at(&report, whole.data, config.size, &config, 0, NULL) == DGEN_ECANCELED
                  && report.checked == 77,
              "verify");
        dgen_poll_set(NULL, NULL);
    }
    CHECK(dgen_verify_at(&report, whole.data, config.size, &config, 0, NULL) == DGEN_OK && !report.bad_bytes,
          "after canceling");
    dgen_generator_close(generator);
    dgen_array_release(&whole);
    CHECK(dgen_live_bytes() == live, "canceled calls leak");
}

/* In a process of its own: the longest CPU time between two questions of the hook, in plain and in hard work. */
static int print_longest_wait(void)
{
    dgen_config config = test_config(256 << 20, 5);
    struct poll poll;
    dgen_array array;
    dgen_verify_report report;
    dgen_poll_set(poll_hook, &poll);
    poll = poll_from_now(-1);
    for (int i = 0; i < 4; i++) {
        config.dedup_ratio = 1 + i % 2, config.compress_ratio = 1 + i / 2, config.block_size = 512;
        poll.last = cpu_time();
        if (dgen_generate(&array, &config, NULL)) return 1;
        lap(&poll);
        memset((uint8_t *)array.data + (200 << 20), 7, 1 << 20);
        poll.last = cpu_time();
        if (dgen_verify_at(&report, array.data, config.size, &config, 0, NULL)) return 1;
        lap(&poll);
        dgen_array_release(&array);
    }
    printf("%.1f", poll.longest);
    return poll.calls < 32;
}

static void the_hook_is_asked_often(void)
{
    static const char *const arguments[] = { "--poll", NULL };
    static const char *const environments[][3] = { { "DGEN_NUM_THREADS=1" },
                                                   { "DGEN_NUM_THREADS=1", "DGEN_AES=table" } };
#ifdef __SANITIZE_ADDRESS__ /* which makes tables several times slower */
    const double limit = 1000;
#else
    const double limit = 100;
#endif
    for (int i = 0; i < 2; i++) {
        char output[64];
        CHECK(child_again(arguments, environments[i], output, sizeof output) == 0, "the child failed");
        CHECK(atof(output) <= limit, "%s ms of CPU time between two questions%s", output,
              i ? ", without AES instructions" : "");
    }
}

/* -------------------------------------------------------------------------------------------------------------------
 */

static int print_report(void)
{
    dgen_record record;
    const char *why = "";
    dgen_system_record(&record);
    for (int i = 0; i < record.count; i++)
        if (!strcmp(record.fields[i].name, "threads_why")) why = record.fields[i].value.text;
    return printf("%d %s\n", dgen_threads_get(), why) < 0;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    reference_init();
    if (!strcmp(mode, "--report")) return print_report();
    if (!strcmp(mode, "--count")) return print_count(atoi(argv[2]), argv[3][0] == 's');
    if (!strcmp(mode, "--poll")) return print_longest_wait();
    reference_fill(right, PIECE, 5, 0, 0);
    if (!strcmp(mode, "--callers")) return print_threads_of_callers();
    if (!strcmp(mode, "--stream")) return stream_until_told(atoi(argv[2]));
    RUN(from_the_environment);
    RUN(from_the_affinity);
    RUN(by_a_call);
    RUN(no_more_than_asked_for);
    RUN(a_forked_child_works);
    RUN(fork_while_others_generate);
    RUN(eight_callers_share_the_threads);
    RUN(eight_processes_share_the_cpus);
    RUN(a_hook_cancels);
    RUN(the_hook_is_asked_often);
    return TEST_END();
}
