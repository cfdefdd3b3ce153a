/*
 * Blocks of memory: aligned, on huge pages, placed, and reused.
 *
 * Pages that were used before are filled 6 to 40 times faster than fresh ones, which the kernel (and a hypervisor under
 * it) must first find and clear. So large blocks that are let go are kept, up to a cap, and handed out again to the next
 * request of about their size; what exceeds the cap goes back to the system, the longest idle first. All hosts draw on
 * this one pool.
 *
 * A large block is mapped at a 2 MiB boundary and advised to use huge pages before anything touches it; its first touch
 * is whoever fills it, on all threads. A small one is a plain allocation with its header in front; idle ones stand in a
 * list a size, the last used first. (A collector lets go of thousands at once, and the C library would return their pages
 * to the system only to ask for them again.)
 */
#define _GNU_SOURCE
#include "memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct dgen_block {
    alignas(DGEN_ALIGNMENT) void *data;
    uint64_t capacity;
    atomic_long references;
    dgen_block *next; /* in a list of idle small blocks */
    int place; /* what place_of said when the block was mapped; blocks are reused for the same place only */
    bool mapped, used;
    void (*give_back)(void *context); /* of memory that is another's */
    void *context;
};

#define MAPPED_FROM (64 * KIB)
enum { IDLE_MAX = 1024, SMALL_SIZES = 64 * 1024 / DGEN_ALIGNMENT + 1 };
#define HUGE_PAGE (2 * MIB)

static struct {
    pthread_mutex_t lock;
    dgen_block *idle[IDLE_MAX]; /* longest idle first */
    int count;
    dgen_block *small[SMALL_SIZES]; /* small[i] hold i * DGEN_ALIGNMENT bytes */
    uint64_t small_bytes;
    uint64_t bytes, cap; /* bytes: all that is idle */
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };
static atomic_uint_least64_t live_bytes;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void lock(void) { pthread_mutex_lock(&pool.lock); }
static void unlock(void) { pthread_mutex_unlock(&pool.lock); }

static void start(void)
{
    const char *text = getenv("DGEN_POOL_CAP");
    char *end;
    uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    unsigned long long asked = text ? strtoull(text, &end, 10) : 0;
    pool.cap = text && end != text && *end == 0 ? asked : dgen__least(GIB, memory / 8);
    pthread_atfork(lock, unlock, unlock);
}

/* ------------------------------------------------------------------------------------------------------ the system's */

/* The first number after `key` in a file of the system; UINT64_MAX if there is none. */
static uint64_t system_number(const char *path, const char *key)
{
    char line[128];
    unsigned long long value = UINT64_MAX;
    size_t n = strlen(key);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, key, n)) {
            if (sscanf(line + n, "%llu", &value) != 1) value = UINT64_MAX;
            break;
        }
    if (file) fclose(file);
    return value;
}

/* Memory that can be used without the system killing someone for it. */
static uint64_t available_bytes(void)
{
    uint64_t machine = system_number("/proc/meminfo", "MemAvailable:");
    uint64_t limit = system_number("/sys/fs/cgroup/memory.max", "");
    uint64_t used = system_number("/sys/fs/cgroup/memory.current", "");
    if (machine != UINT64_MAX) machine *= KIB;
    if (limit == UINT64_MAX || used == UINT64_MAX) return machine;
    return dgen__least(machine, limit > used ? limit - used : 0);
}

const char *dgen__huge_page_mode(void)
{
    static const char *const modes[] = { "always", "madvise", "never" };
    char line[64] = "";
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
    if (file && !fgets(line, sizeof line, file)) line[0] = 0;
    if (file) fclose(file);
    for (int i = 0; i < 3; i++) {
        const char *at = strstr(line, modes[i]);
        if (at && at > line && at[-1] == '[') return modes[i];
    }
    return "none";
}

/* Maps n bytes (a multiple of the page size), at a 2 MiB boundary if they are that many. */
static void *map(uint64_t n)
{
    uint64_t slack = n >= HUGE_PAGE ? HUGE_PAGE : 0;
    uint8_t *base = mmap(NULL, n + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return NULL;
    if (!slack) return base;
    uint8_t *data = (uint8_t *)(((uintptr_t)base + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
    if (data > base) munmap(base, (size_t)(data - base));
    if (data + n < base + n + slack) munmap(data + n, (size_t)(base + slack - data));
#ifdef MADV_HUGEPAGE
    madvise(data, n, MADV_HUGEPAGE);
#endif
    return data;
}

static void destroy(dgen_block *block)
{
    if (block->mapped) munmap(block->data, block->capacity);
    free(block);
}

/* ---------------------------------------------------------------------------------------------------------- the pool */

static dgen_block *remove_idle(int i)
{
    dgen_block *block = pool.idle[i];
    pool.bytes -= block->capacity;
    memmove(&pool.idle[i], &pool.idle[i + 1], (size_t)(--pool.count - i) * sizeof *pool.idle);
    return block;
}

static dgen_block *remove_small(uint64_t size)
{
    dgen_block *block = pool.small[size];
    if (!block) return NULL;
    pool.small[size] = block->next;
    pool.small_bytes -= block->capacity;
    pool.bytes -= block->capacity;
    return block;
}

/* Removes blocks from the pool until it holds at most `bytes`; the lock is held. */
static void shrink(uint64_t bytes)
{
    while (pool.count && pool.bytes > bytes) destroy(remove_idle(0));
    for (uint64_t size = SMALL_SIZES; size-- > 0 && pool.bytes > bytes;)
        while (pool.small[size] && pool.bytes > bytes) destroy(remove_small(size));
}

/* Which is the least block that holds n bytes and wastes at most an eighth; -1 if none. The lock is held. */
static int find_idle(uint64_t n, int place)
{
    int best = -1;
    for (int i = 0; i < pool.count; i++) {
        uint64_t capacity = pool.idle[i]->capacity;
        if (pool.idle[i]->place == place && capacity >= n && capacity <= n + n / 8
            && (best < 0 || capacity <= pool.idle[best]->capacity))
            best = i;
    }
    return best;
}

static dgen_block *take_idle(uint64_t n, int place)
{
    lock();
    int best = find_idle(n, place);
    dgen_block *block = best < 0 ? NULL : remove_idle(best);
    unlock();
    return block;
}

static dgen_block *take_small(uint64_t size)
{
    lock();
    dgen_block *block = remove_small(size);
    unlock();
    return block;
}

/* Small blocks may take up a sixteenth of the pool. */
static void give_small(dgen_block *block)
{
    lock();
    bool kept = pool.small_bytes + block->capacity <= pool.cap / 16 && pool.bytes + block->capacity <= pool.cap;
    if (kept) {
        uint64_t size = block->capacity / DGEN_ALIGNMENT;
        block->next = pool.small[size];
        pool.small[size] = block;
        pool.small_bytes += block->capacity;
        pool.bytes += block->capacity;
    }
    unlock();
    if (!kept) destroy(block);
}

static void give_idle(dgen_block *block)
{
    lock();
    if (block->capacity > pool.cap) {
        unlock();
        destroy(block);
        return;
    }
    if (pool.count == IDLE_MAX) destroy(remove_idle(0));
    shrink(pool.cap - block->capacity);
    block->used = true;
    pool.idle[pool.count++] = block;
    pool.bytes += block->capacity;
    unlock();
}

uint64_t dgen_pool_cap_get(void)
{
    pthread_once(&once, start);
    return pool.cap;
}

void dgen_pool_cap_set(uint64_t bytes)
{
    pthread_once(&once, start);
    lock();
    pool.cap = bytes;
    shrink(bytes);
    unlock();
}

uint64_t dgen_pool_bytes(void)
{
    lock();
    uint64_t bytes = pool.bytes;
    unlock();
    return bytes;
}

uint64_t dgen_pool_trim(void)
{
    pthread_once(&once, start);
    lock();
    uint64_t before = pool.bytes;
    shrink(0);
    unlock();
    return before;
}

/* ------------------------------------------------------------------------------------------------------------ blocks */

static dgen_status fail_memory(uint64_t n, dgen_error *error)
{
    return dgen__fail(error, DGEN_ENOMEM, "size", "size: there is no memory for %llu bytes", (unsigned long long)n);
}

static dgen_status new_small(dgen_block **out, uint64_t n, dgen_error *error)
{
    uint64_t size = (n + DGEN_ALIGNMENT - 1) / DGEN_ALIGNMENT, capacity = size * DGEN_ALIGNMENT;
    dgen_block *block = take_small(size);
    if (!block) {
        block = aligned_alloc(DGEN_ALIGNMENT, sizeof *block + capacity);
        if (!block) return fail_memory(n, error);
        *block = (dgen_block){ .data = block + 1, .capacity = capacity };
    }
    *out = block;
    return DGEN_OK;
}

static dgen_status new_mapped(dgen_block **out, uint64_t n, int place, const dgen_config *placement, dgen_error *error)
{
    dgen_block *block = aligned_alloc(DGEN_ALIGNMENT, sizeof *block);
    if (!block) return fail_memory(n, error);
    *block = (dgen_block){ .capacity = n, .place = place, .mapped = true };
    /* An overcommitted mapping would succeed and its first touch kill the host. */
    bool crowded = n >= 256 * MIB && n > available_bytes() && (dgen_pool_trim(), n > available_bytes());
    if (!crowded && !(block->data = map(n)) && dgen_pool_trim()) block->data = map(n);
    if (!block->data) {
        free(block);
        return fail_memory(n, error);
    }
    dgen_status status = dgen__numa_place(block->data, n, placement, error);
    if (status == DGEN_OK) *out = block;
    else destroy(block);
    return status;
}

/* A number for where the placement asks memory to be: 0 for "as it comes". */
static int place_of(const dgen_config *placement)
{
    if (!placement || placement->numa_mode == DGEN_NUMA_DISABLED) return 0;
    if (dgen__numa_nodes() == 1 && placement->numa_mode == DGEN_NUMA_AUTO) return 0;
    return 1 + 2 * (placement->numa_node + 1) + (placement->numa_mode == DGEN_NUMA_FORCE);
}

static uint64_t whole_pages(uint64_t n)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    return (n + page - 1) & ~(page - 1);
}

int dgen_pool_serves(uint64_t n_bytes)
{
    dgen_config placement;
    if (n_bytes < MAPPED_FROM) return 0;
    dgen_config_init(&placement);
    lock();
    int found = find_idle(whole_pages(n_bytes), place_of(&placement)) >= 0;
    unlock();
    return found;
}

dgen_status dgen__block_alloc(dgen_block **out, uint64_t n_bytes, const dgen_config *placement, dgen_error *error)
{
    pthread_once(&once, start);
    dgen_status status = DGEN_OK;
    if (n_bytes < MAPPED_FROM) status = new_small(out, n_bytes, error);
    else if (n_bytes > (uint64_t)PTRDIFF_MAX - HUGE_PAGE) status = fail_memory(n_bytes, error);
    else {
        uint64_t n = whole_pages(n_bytes);
        int place = place_of(placement);
        if (!(*out = take_idle(n, place))) status = new_mapped(out, n, place, placement, error);
    }
    if (status != DGEN_OK) return status;
    atomic_store(&(*out)->references, 1);
    atomic_fetch_add(&live_bytes, (*out)->capacity);
    return DGEN_OK;
}

dgen_status dgen__block_adopt(dgen_block **out, void *data, void (*give_back)(void *context), void *context, dgen_error *error)
{
    dgen_block *block = aligned_alloc(DGEN_ALIGNMENT, sizeof *block);
    if (!block) return fail_memory(sizeof *block, error);
    *block = (dgen_block){ .data = data, .references = 1, .give_back = give_back, .context = context };
    *out = block;
    return DGEN_OK;
}

void *dgen__block_data(dgen_block *block) { return block->data; }

bool dgen__block_is_fresh(const dgen_block *block) { return block->mapped && !block->used; }

void dgen__block_retain(dgen_block *block) { atomic_fetch_add(&block->references, 1); }

void dgen__block_release(dgen_block *block)
{
    if (atomic_fetch_sub(&block->references, 1) > 1) return;
    if (block->give_back) {
        block->give_back(block->context);
        free(block);
        return;
    }
    atomic_fetch_sub(&live_bytes, block->capacity);
    if (block->mapped) give_idle(block);
    else give_small(block);
}

uint64_t dgen_live_bytes(void) { return atomic_load(&live_bytes); }
