/* Filling memory from a plan, on all threads. */
#ifndef DGEN_GENERATE_H
#define DGEN_GENERATE_H

#include "plan.h"

/* Bytes [offset, offset + n) of the plan's object into dst, on at most max_threads threads; the poll hook is asked.
   fresh: nothing has touched dst's pages yet. */
dgen_status dgen__fill(const dgen_plan *plan, void *dst, uint64_t n, uint64_t offset, bool fresh, int max_threads,
                       dgen_error *error);

#endif
