/*
 * The size of bytes in the LZ4 block format, without writing them.
 *
 * The format (lz4_Block_format.md of the lz4 project): a block is a row of sequences, each a token, literals, and a
 * match of at least 4 bytes at a distance of 1 to 65535. The token holds two 4-bit counts, of literals and of match
 * bytes beyond 4; a count of 15 goes on in bytes of up to 255. The last sequence has literals only: the last 5 bytes
 * are literals, and the last match begins at least 12 bytes before the end.
 *
 * Matches are found as liblz4's fast mode finds them: a table of 16 KiB holds the last place at which a hash of the
 * next bytes was seen, which is taken as it comes if the bytes there agree. Blocks up to 64 KiB need 16 bits a place,
 * so their table is twice as long, and hash 4 bytes; larger ones hash 5. Where nothing is found for long, the search
 * steps faster.
 */
#include "lz.h"

enum {
    MATCH_LEAST = 4, DISTANCE_MOST = 65535, LAST_LITERALS = 5, MATCH_BEFORE_END = 12,
    TABLE_BYTES = 16384, NEAR_BITS = 13, FAR_BITS = 12,
    NEAR_BYTES = 65536 + MATCH_BEFORE_END - 1, /* in blocks below this, places where a match begins fit in 16 bits */
    PATIENCE_BITS = 6                          /* after 2^6 misses the search steps by 2, after 2^6 more by 3, ... */
};

/* Last places, of 16 bits in near blocks, else of 32. */
typedef union table {
    uint16_t near[TABLE_BYTES / 2];
    uint32_t far[TABLE_BYTES / 4];
} table;

static inline uint32_t load32(const uint8_t *p)
{
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

/* Notes `at` in the table; says what stood there. */
static inline uint32_t note(table *table, const uint8_t *src, const uint8_t *at, bool near)
{
    uint32_t place = (uint32_t)(at - src), last;
    if (near) {
        uint16_t *slot = &table->near[(uint32_t)dgen__load64(at) * UINT32_C(2654435761) >> (32 - NEAR_BITS)];
        last = *slot;
        *slot = (uint16_t)place;
    } else {
        uint32_t *slot = &table->far[(dgen__load64(at) << 24) * UINT64_C(889523592379) >> (64 - FAR_BITS)];
        last = *slot;
        *slot = place;
    }
    return last;
}

/* How many bytes agree at a and b, b before `end`. */
static inline uint64_t agreeing(const uint8_t *a, const uint8_t *b, const uint8_t *end)
{
    const uint8_t *start = b;
    while (b + 8 <= end) {
        uint64_t different = dgen__load64(a) ^ dgen__load64(b);
        if (different) return (uint64_t)(b - start) + (uint64_t)__builtin_ctzll(different) / 8;
        a += 8;
        b += 8;
    }
    while (b < end && *a == *b) a++, b++;
    return (uint64_t)(b - start);
}

/* Bytes by which a count of the token goes on. */
static inline uint64_t count_bytes(uint64_t count) { return count < 15 ? 0 : (count - 15) / 255 + 1; }

static inline uint64_t literal_bytes(uint64_t literals) { return 1 + count_bytes(literals) + literals; }

/* The next place, at or after `at`, where a match begins, or NULL; *match is what it repeats. */
static inline const uint8_t *find(const uint8_t *src, const uint8_t *at, const uint8_t *last, table *table, bool near,
                                  const uint8_t **match)
{
    for (uint32_t misses = 1 << PATIENCE_BITS; at <= last; at += misses++ >> PATIENCE_BITS) {
        const uint8_t *candidate = src + note(table, src, at, near);
        if (candidate >= at || at - candidate > DISTANCE_MOST || load32(candidate) != load32(at)) continue;
        *match = candidate;
        return at;
    }
    return NULL;
}

static inline uint64_t compressed_bytes(const uint8_t *src, uint64_t n, bool near)
{
    table table = {0};
    const uint8_t *end = src + n, *last = end - MATCH_BEFORE_END, *done = src, *match, *at = src + 1;
    uint64_t bytes = 0;
    note(&table, src, src, near);
    while ((at = find(src, at, last, &table, near, &match))) {
        while (at > done && match > src && at[-1] == match[-1]) at--, match--;
        uint64_t more = agreeing(match + MATCH_LEAST, at + MATCH_LEAST, end - LAST_LITERALS);
        bytes += literal_bytes((uint64_t)(at - done)) + 2 + count_bytes(more);
        done = at += MATCH_LEAST + more;
        if (at > last) break;
        note(&table, src, at - 2, near);
    }
    return bytes + literal_bytes((uint64_t)(end - done));
}

uint64_t dgen__lz_bytes(const uint8_t *src, uint64_t n)
{
    if (n <= MATCH_BEFORE_END) return literal_bytes(n);
    return n < NEAR_BYTES ? compressed_bytes(src, n, true) : compressed_bytes(src, n, false);
}
