/* Memory that ends where its page does, before one that nobody may touch. */
#ifndef DGEN_TEST_PAGE_END_H
#define DGEN_TEST_PAGE_END_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE_END_BYTES = 1 << 18, PAGE_ENDS = 4 };

/* A copy of n bytes at the end of memory number `i`. */
static void *at_page_end(int i, const void *bytes, size_t n)
{
    static unsigned char *end[PAGE_ENDS];
    if (!end[i]) {
        unsigned char *memory = mmap(NULL, PAGE_END_BYTES + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || mprotect(memory + PAGE_END_BYTES, 4096, PROT_NONE)) abort();
        end[i] = memory + PAGE_END_BYTES;
    }
    return memcpy(end[i] - n, bytes, n);
}

#endif
