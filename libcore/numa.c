/*
 * Placement of memory on NUMA nodes, by two facts from the system: the nodes in /sys and the mbind call.
 *
 * The calls are made directly and not through libnuma: its 2.0.16 takes a refusal (EPERM in a container) for success,
 * and prints to the host's error stream. Here a refusal is an error only where the user forced placement; else memory
 * simply stays where the kernel puts it, which with parallel first touch is near the threads that fill it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "memory.h"

/* The kernel's policy numbers (uapi/linux/mempolicy.h), which its user-space header is not always installed for. */
enum { POLICY_BIND = 2, POLICY_INTERLEAVE = 3, NODES_MAX = 1024, WORD_BITS = 8 * sizeof(unsigned long) };

static struct {
    int nodes; /* highest node with memory, plus 1 */
    unsigned long with_memory[NODES_MAX / WORD_BITS];
} topology = { .nodes = 1 };
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* /sys/devices/system/node/has_memory is a list such as "0-1,4". */
static void read_topology(void)
{
    FILE *file = fopen("/sys/devices/system/node/has_memory", "re");
    int first, last, highest = 0;
    char separator;
    while (file && fscanf(file, "%d", &first) == 1) {
        last = first;
        if (fscanf(file, "%c", &separator) == 1 && separator == '-') {
            if (fscanf(file, "%d", &last) != 1) break;
            if (fscanf(file, "%c", &separator) != 1) separator = '\n';
        }
        for (int i = first; i <= last && i >= 0 && i < NODES_MAX; i++) {
            topology.with_memory[i / WORD_BITS] |= 1UL << i % WORD_BITS;
            if (i > highest) highest = i;
        }
    }
    if (file) fclose(file);
    topology.nodes = highest + 1;
}

int dgen__numa_nodes(void)
{
    pthread_once(&once, read_topology);
    return topology.nodes;
}

static bool set_policy(void *data, size_t n, int policy, const unsigned long *nodes)
{
#if defined(__linux__) && defined(SYS_mbind)
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)data + page - 1) & ~(page - 1), end = ((uintptr_t)data + n) & ~(page - 1);
    return end <= first || syscall(SYS_mbind, first, end - first, policy, nodes, (unsigned long)NODES_MAX, 0) == 0;
#else
    (void)data, (void)n, (void)policy, (void)nodes;
    errno = ENOSYS;
    return false;
#endif
}

/* auto: on one node nothing is to do; on several, a node that was named is used, else pages are interleaved once an
   array is large enough (64 MiB) that threads of all nodes will work on it. */
dgen_status dgen__numa_place(void *data, size_t n, const dgen_config *placement, dgen_error *error)
{
    if (!placement || placement->numa_mode == DGEN_NUMA_DISABLED) return DGEN_OK;
    bool force = placement->numa_mode == DGEN_NUMA_FORCE, done = true;
    if (dgen__numa_nodes() == 1 && !force) return DGEN_OK;
    if (placement->numa_node >= 0) {
        unsigned long nodes[NODES_MAX / WORD_BITS] = { 0 };
        nodes[placement->numa_node / WORD_BITS] |= 1UL << placement->numa_node % WORD_BITS;
        done = set_policy(data, n, POLICY_BIND, nodes);
    }
    else if (force || n >= 64 * MIB) done = set_policy(data, n, POLICY_INTERLEAVE, topology.with_memory);
    if (done || !force) return DGEN_OK;
    return dgen__fail(error, DGEN_EUNSUPPORTED, "numa_mode",
                      "numa_mode \"force\" was refused by the system (%s); \"auto\" works without", strerror(errno));
}
