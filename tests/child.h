/*
 * Children of a test: a function in a forked process, or this program again with other arguments and environment. What
 * may crash, hang or change the process for good is done in one.
 */
#ifndef DGEN_TEST_CHILD_H
#define DGEN_TEST_CHILD_H

#ifndef _GNU_SOURCE
#error "define _GNU_SOURCE before the first include"
#endif
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

/* Waits; the exit code, or the number of the signal it died of, negative. */
__attribute__((unused)) static int child_wait(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) != child) {
    }
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* Runs body(context) in a fork, killed after `seconds`. Its CHECKs count: the result is 0 if all held. *error_bytes, if
   wanted, says how much was written to its standard error. */
__attribute__((unused)) static int child_run(void (*body)(void *), void *context, unsigned seconds, long *error_bytes)
{
    struct stat written;
    int file = memfd_create("stderr", 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (error_bytes) dup2(file, 2);
        alarm(seconds);
        test_faults = 0;
        body(context);
        fflush(stdout);
        _exit(test_faults > 0);
    }
    int result = child_wait(child);
    if (error_bytes) *error_bytes = fstat(file, &written) ? -1 : (long)written.st_size;
    close(file);
    return result;
}

/* Runs this program again with the arguments, which end in NULL, and `environment` ("NAME=value" or "NAME" to unset; it
   ends in NULL). Its standard output goes to `output`. The result is as child_wait's. */
__attribute__((unused)) static int child_again(const char *const *arguments, const char *const *environment,
                                               char *output, size_t output_bytes)
{
    const char *all[16] = { "/proc/self/exe" };
    int channel[2];
    size_t got = 0;
    ssize_t more;
    for (int i = 0; arguments[i] && i < 14; i++) all[i + 1] = arguments[i];
    if (pipe(channel)) abort();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(channel[1], 1);
        close(channel[0]), close(channel[1]);
        for (int i = 0; environment[i]; i++)
            if (strchr(environment[i], '='))
                putenv((char *)environment[i]);
            else
                unsetenv(environment[i]);
        execv(all[0], (char *const *)all);
        _exit(127);
    }
    close(channel[1]);
    while (got + 1 < output_bytes && (more = read(channel[0], output + got, output_bytes - 1 - got)) > 0)
        got += (size_t)more;
    output[got] = 0;
    close(channel[0]);
    return child_wait(child);
}

/* Bytes of memory this process has in use. */
__attribute__((unused)) static long resident_bytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*d %ld", &pages) != 1) abort();
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

#endif
