/* How many threads a call may use, and one loop over tasks. */
#ifndef DGEN_THREADS_H
#define DGEN_THREADS_H

#include "core.h"

/* Why dgen_threads_get() is what it is, such as "2 of 2 CPUs". Valid until the next call on this thread. */
const char *dgen__threads_why(void);

/* Runs task(context, i) for every i in [0, count) on at most max_threads threads (0: the default), fewer where other
   calls are using the CPUs. Tasks must not fail and must not call a host. False if the poll hook, which is asked between
   tasks every 20 ms, asked to stop: not all tasks were run. */
__attribute__((warn_unused_result)) bool dgen__parallel_for(void (*task)(void *context, uint64_t i), void *context,
                                                            uint64_t count, int max_threads);

/* How many threads dgen__parallel_for would be allowed at most. */
int dgen__threads_limit(int max_threads);

/* True if the poll hook of this thread asks to stop. */
bool dgen__canceled(void);
/* DGEN_ECANCELED, with its message. */
dgen_status dgen__fail_canceled(dgen_error *error);

#endif
