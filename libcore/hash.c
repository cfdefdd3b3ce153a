/*
 * 128-bit hashes of blocks, and how many of them are distinct.
 *
 * Four lanes take 16 bytes each in turn: both words of a lane are multiplied by those of the data to 128 bits (as Wang
 * Yi's wyhash does), and the factors are added to the halves of the product, so that a factor of zero loses nothing. It
 * is a function of the bytes only, of no key: good to count equal blocks, not to withstand someone who makes
 * collisions. Among n blocks two different ones are taken for alike with a probability of about n^2 / 2^129.
 *
 * To count distinct hashes without memory of its own, they are sorted in place by their leading bytes (P. McIlroy, K.
 * Bostic, M. McIlroy, "Engineering radix sort", 1993: American flag sort).
 */
#include "hash.h"
#include "threads.h"

/* The high and low halves of a * b. */
static inline dgen_hash multiply(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    unsigned __int128 product = (unsigned __int128)a * b;
    return (dgen_hash){ (uint64_t)product, (uint64_t)(product >> 64) };
#else
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t middle = a1 * b0 + (a0 * b0 >> 32), other = a0 * b1 + (uint32_t)middle;
    return (dgen_hash){ a * b, a1 * b1 + (middle >> 32) + (other >> 32) };
#endif
}

static inline dgen_hash absorb(dgen_hash lane, uint64_t x, uint64_t y)
{
    uint64_t a = lane.low ^ x, b = lane.high ^ y;
    dgen_hash product = multiply(a, b);
    return (dgen_hash){ product.low + (b << 32 | b >> 32), product.high + a };
}

static inline uint64_t absorb_step(dgen_hash_state *state, const uint8_t *bytes)
{
    uint64_t seen = 0;
    for (int i = 0; i < DGEN_HASH_LANES; i++) {
        uint64_t x, y;
        memcpy(&x, bytes + 16 * i, sizeof x);
        memcpy(&y, bytes + 16 * i + 8, sizeof y);
        state->lane[i] = absorb(state->lane[i], x, y);
        seen |= x | y;
    }
    return seen;
}

void dgen__hash_start(dgen_hash_state *state, uint64_t n)
{
    uint64_t key = n;
    state->seen = 0;
    for (int i = 0; i < DGEN_HASH_LANES; i++) {
        state->lane[i].low = dgen__mix(key += UINT64_C(0x9E3779B97F4A7C15));
        state->lane[i].high = dgen__mix(key += UINT64_C(0x9E3779B97F4A7C15));
    }
}

bool dgen__hash_add(dgen_hash_state *state, const uint8_t *bytes, uint64_t n)
{
    dgen_hash_state local = *state;
    uint64_t seen = 0, i = 0;
    for (; i + DGEN_HASH_STEP <= n; i += DGEN_HASH_STEP) seen |= absorb_step(&local, bytes + i);
    if (i < n) {
        uint8_t last[DGEN_HASH_STEP] = {0};
        memcpy(last, bytes + i, n - i);
        seen |= absorb_step(&local, last);
    }
    local.seen |= seen;
    *state = local;
    return seen == 0;
}

dgen_hash dgen__hash_end(const dgen_hash_state *state)
{
    dgen_hash hash = state->lane[0];
    for (int i = 1; i < DGEN_HASH_LANES; i++) hash = absorb(hash, state->lane[i].low, state->lane[i].high);
    return (dgen_hash){ dgen__mix(hash.low + dgen__mix(hash.high)), dgen__mix(hash.high + dgen__mix(~hash.low)) };
}

/* --------------------------------------------------------------------------------------------------------- distinct */

enum { BUCKETS = 256, FEW = 32 };

static inline unsigned byte_of(dgen_hash hash, int digit)
{
    return (digit < 8 ? hash.high >> (56 - 8 * digit) : hash.low >> (120 - 8 * digit)) & 255;
}

static inline bool same(dgen_hash a, dgen_hash b) { return a.low == b.low && a.high == b.high; }
static inline bool less(dgen_hash a, dgen_hash b) { return a.high != b.high ? a.high < b.high : a.low < b.low; }

/* Moves each hash into the bucket of its byte `digit`; bucket b is [begin[b], begin[b + 1]). */
static void scatter(dgen_hash *hashes, uint64_t n, int digit, uint64_t begin[BUCKETS + 1])
{
    uint64_t next[BUCKETS] = {0}, at = 0;
    for (uint64_t i = 0; i < n; i++) next[byte_of(hashes[i], digit)]++;
    for (int b = 0; b < BUCKETS; b++) {
        begin[b] = at;
        at += next[b];
        next[b] = begin[b];
    }
    begin[BUCKETS] = n;
    for (int b = 0; b < BUCKETS; b++)
        while (next[b] < begin[b + 1]) {
            dgen_hash hash = hashes[next[b]];
            for (unsigned to; (int)(to = byte_of(hash, digit)) != b;) {
                dgen_hash displaced = hashes[next[to]];
                hashes[next[to]++] = hash;
                hash = displaced;
            }
            hashes[next[b]++] = hash;
        }
}

/* How many of a few hashes are distinct: sorts by insertion. */
static uint64_t distinct_few(dgen_hash *hashes, uint64_t n)
{
    uint64_t distinct = n > 0;
    for (uint64_t i = 1; i < n; i++) {
        dgen_hash hash = hashes[i];
        uint64_t j = i;
        for (; j > 0 && less(hash, hashes[j - 1]); j--) hashes[j] = hashes[j - 1];
        hashes[j] = hash;
    }
    for (uint64_t i = 1; i < n; i++) distinct += !same(hashes[i], hashes[i - 1]);
    return distinct;
}

/* How many are distinct of hashes that agree in the bytes before `digit`. */
static uint64_t distinct_from(dgen_hash *hashes, uint64_t n, int digit)
{
    uint64_t begin[BUCKETS + 1], distinct = 0, i = 1;
    if (n <= FEW) return distinct_few(hashes, n);
    while (i < n && same(hashes[i], hashes[0])) i++;
    if (i == n) return 1;
    scatter(hashes, n, digit, begin);
    for (int b = 0; b < BUCKETS; b++)
        distinct += distinct_from(hashes + begin[b], begin[b + 1] - begin[b], digit + 1);
    return distinct;
}

typedef struct buckets {
    dgen_hash *hashes;
    uint64_t begin[BUCKETS + 1], distinct;
} buckets;

static void distinct_task(void *context, uint64_t i)
{
    buckets *buckets = context;
    uint64_t n = buckets->begin[i + 1] - buckets->begin[i];
    __atomic_fetch_add(&buckets->distinct, distinct_from(buckets->hashes + buckets->begin[i], n, 1), __ATOMIC_RELAXED);
}

bool dgen__hash_distinct(uint64_t *out, dgen_hash *hashes, uint64_t n)
{
    buckets buckets = { .hashes = hashes };
    if (n < BUCKETS * FEW) buckets.distinct = distinct_from(hashes, n, 0);
    else {
        scatter(hashes, n, 0, buckets.begin);
        if (!dgen__parallel_for(distinct_task, &buckets, BUCKETS, 0)) return false;
    }
    *out = buckets.distinct;
    return true;
}
