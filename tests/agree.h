/* The same results by any number of threads and on every ISA, told by a hash. A program that uses this prints the hash of one thread,
   as "%016llx", where its first argument is "hash". */
#ifndef DGEN_TEST_AGREE_H
#define DGEN_TEST_AGREE_H

#include "child.h"
#include "isas.h"
#include "test.h"

/* threads: 1, then from 2 on by steps. */
static void threads_and_isas(uint64_t (*hash_of)(int threads), int step)
{
    char wanted[32], got[32];
    dgen_error error;
    CHECK(dgen_threads_set(8, &error) == DGEN_OK, "%s", error.message);
    snprintf(wanted, sizeof wanted, "%016llx", (unsigned long long)hash_of(1));
    for (int threads = 2; threads <= 8; threads += step) {
        snprintf(got, sizeof got, "%016llx", (unsigned long long)hash_of(threads));
        CHECK(!strcmp(got, wanted), "%d threads", threads);
    }
    for (int i = 0; i < isa_count; i++) {
        char isa[32];
        const char *arguments[] = { "hash", NULL }, *environment[] = { isa, NULL };
        snprintf(isa, sizeof isa, "DGEN_ISA=%s", isas[i]->name);
        CHECK(child_again(arguments, environment, got, sizeof got) == 0 && !strcmp(got, wanted), "%s", isa);
    }
    CHECK(dgen_threads_set(0, &error) == DGEN_OK, "%s", error.message);
}

#endif
