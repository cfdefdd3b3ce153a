/*
 * Inner loops over the bytes of cells, written once at the native vector width. The file that includes this one names
 * the ISA: DGEN_VECTOR_BYTES, DGEN_STREAM(to, vector) (a store past the cache to an aligned address), DGEN_ISA_NAME and
 * DGEN_ISA_TABLE.
 */
#include "permute.h"

typedef uint8_t vector __attribute__((vector_size(DGEN_VECTOR_BYTES)));

enum { VECTOR = DGEN_VECTOR_BYTES, LINE = 64 };

static inline vector load(const uint8_t *from)
{
    vector v;
    memcpy(&v, from, sizeof v);
    return v;
}

static inline void store(uint8_t *to, vector v)
{
    memcpy(to, &v, sizeof v);
}

static inline void copy_line(uint8_t *to, const uint8_t *from)
{
    vector v[LINE / VECTOR];
    for (int i = 0; i < LINE / VECTOR; i++) v[i] = load(from + i * VECTOR);
    for (int i = 0; i < LINE / VECTOR; i++) store(to + i * VECTOR, v[i]);
}

/* Bytes [at, end) repeat what stands `back` before them; the last line overlaps what was copied before it. */
static inline void copy_lines(uint8_t *at, uint8_t *end, size_t back)
{
    for (; at + LINE <= end; at += LINE) copy_line(at, at - back);
    if (at < end) copy_line(end - LINE, end - LINE - back);
}

static inline void copy_bytes(uint8_t *at, uint8_t *end, size_t back)
{
    for (; at < end; at++) *at = *(at - back);
}

/* A sub-cell under way: bytes before `at` are there and repeat at the distance `back`, hence at its multiples. */
typedef struct progress {
    uint8_t *at, *end;
    size_t back;
} progress;

/* Repeats `back` bytes, so that the distance can double; false: near enough to the end, or far enough back. */
static inline bool advance(progress *p)
{
    if (p->back >= 4 * LINE || p->at + p->back + LINE > p->end) return false;
    if (p->back < LINE)
        copy_bytes(p->at, p->at + p->back, p->back);
    else
        copy_lines(p->at, p->at + p->back, p->back);
    p->at += p->back;
    p->back *= 2;
    return true;
}

/* The same for a distance of half a line to a line, for all sub-cells, a half at a time. */
static inline void advance_halves(progress *p, unsigned count)
{
    for (int half = 0; half < LINE; half += LINE / 2)
        for (unsigned j = 0; j < count; j++)
            if (p[j].back < LINE && p[j].back >= LINE / 2) memcpy(p[j].at + half, p[j].at + half - p[j].back, LINE / 2);
    for (unsigned j = 0; j < count; j++) {
        if (p[j].back >= LINE || p[j].back < LINE / 2) continue;
        p[j].at += p[j].back;
        p[j].back *= 2;
    }
}

/* A load that spans stores still on their way waits for them. So short distances are doubled first, sub-cell by
   sub-cell in turn; what is left of each is then copied at a long one, in stores to whole lines. */
static void repeat(uint8_t *dst, size_t size, unsigned count, const uint32_t *literals, const uint32_t *distance)
{
    progress p[8];
    bool room = true, more = true;
    for (unsigned j = 0; j < count; j++, dst += size) {
        p[j] = (progress){ dst + literals[j], dst + size, distance[j] };
        room &= literals[j] + 2 * LINE <= size;
    }
    if (room) advance_halves(p, count);
    while (more) {
        more = false;
        for (unsigned j = 0; j < count; j++) more |= advance(&p[j]);
    }
    for (unsigned j = 0; j < count; j++) {
        uint8_t *at = p[j].at, *end = p[j].end;
        size_t back = p[j].back;
        if (back < LINE || at + LINE > end) {
            copy_bytes(at, end, back);
            continue;
        }
        copy_line(at, at - back);
        copy_lines(at + (-(uintptr_t)at % LINE), end, back);
    }
}

static void skew(uint8_t *row, size_t n, const dgen_skew *skew)
{
    vector k[LINE / VECTOR], f[LINE / VECTOR];
    for (int j = 0; j < LINE / VECTOR; j++) k[j] = load(skew->keep + j * VECTOR), f[j] = load(skew->force + j * VECTOR);
    for (size_t i = 0; i < n; i += LINE)
        for (int j = 0; j < LINE / VECTOR; j++) store(row + i + j * VECTOR, (load(row + i + j * VECTOR) & k[j]) | f[j]);
}

static void copy_streaming(uint8_t *dst, const uint8_t *src, size_t n)
{
    size_t head = -(uintptr_t)dst % LINE, i = head < n ? head : n;
    memcpy(dst, src, i);
    for (; i + LINE <= n; i += LINE) {
        vector v[LINE / VECTOR];
        for (int j = 0; j < LINE / VECTOR; j++) v[j] = load(src + i + j * VECTOR);
        for (int j = 0; j < LINE / VECTOR; j++) DGEN_STREAM(dst + i + j * VECTOR, v[j]);
    }
    memcpy(dst + i, src + i, n - i);
}

static void permute(const dgen_permutation *permutation, int32_t *restrict high, uint32_t *restrict low,
                    const uint32_t *restrict tweak)
{
    permute_rows(permutation, DGEN_PERMUTE_LANES, high, low, tweak);
}

static uint64_t count_differences(const uint8_t *a, const uint8_t *b, size_t n)
{
    uint64_t total = 0;
    size_t i = 0;
    while (i + VECTOR <= n) {
        vector counts = { 0 };
        size_t end = n - i < (size_t)255 * VECTOR ? n : i + (size_t)255 * VECTOR;
        for (; i + VECTOR <= end; i += VECTOR) counts -= (vector)(load(a + i) != load(b + i));
        for (int j = 0; j < VECTOR; j++) total += counts[j];
    }
    for (; i < n; i++) total += a[i] != b[i];
    return total;
}
