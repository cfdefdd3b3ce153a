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

static inline void store(uint8_t *to, vector v) { memcpy(to, &v, sizeof v); }

static inline void copy_line(uint8_t *to, const uint8_t *from)
{
    vector v[LINE / VECTOR];
    for (int i = 0; i < LINE / VECTOR; i++) v[i] = load(from + i * VECTOR);
    for (int i = 0; i < LINE / VECTOR; i++) store(to + i * VECTOR, v[i]);
}

/* Copies whole lines, then the rest as one line that overlaps what was copied; distance >= LINE, n >= LINE. */
static inline void copy_behind(uint8_t *dst, size_t n, size_t distance)
{
    size_t i = 0;
    for (; i + LINE <= n; i += LINE) copy_line(dst + i, dst + i - distance);
    if (i < n) copy_line(dst + n - LINE, dst + n - LINE - distance);
}

/* What repeats at a distance repeats at its multiples: doubling the distance as more bytes stand behind soon leaves
   loads that do not wait for the stores just before them. */
static void repeat(uint8_t *dst, size_t n, size_t distance)
{
    size_t near = distance < n ? distance : n;
    for (; near < n && distance < LINE; near = distance < n ? distance : n) {
        for (size_t i = 0; i < near; i++) dst[i] = dst[i - distance];
        dst += near;
        n -= near;
        distance *= 2;
    }
    if (n < LINE || distance < LINE) {
        for (size_t i = 0; i < n; i++) dst[i] = dst[i - distance];
        return;
    }
    for (; distance < 1024 && distance + LINE <= n; distance *= 2) {
        copy_behind(dst, distance, distance);
        dst += distance;
        n -= distance;
    }
    size_t head = -(uintptr_t)dst % LINE;
    if (head && n >= 2 * LINE) {
        copy_line(dst, dst - distance);
        dst += head;
        n -= head;
    }
    copy_behind(dst, n, distance);
}

static void skew(uint8_t *row, size_t n, const dgen_skew *skew)
{
    vector k[LINE / VECTOR], f[LINE / VECTOR];
    for (int j = 0; j < LINE / VECTOR; j++) k[j] = load(skew->keep + j * VECTOR), f[j] = load(skew->force + j * VECTOR);
    for (size_t i = 0; i < n; i += LINE)
        for (int j = 0; j < LINE / VECTOR; j++)
            store(row + i + j * VECTOR, (load(row + i + j * VECTOR) & k[j]) | f[j]);
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
        vector counts = {0};
        size_t end = n - i < (size_t)255 * VECTOR ? n : i + (size_t)255 * VECTOR;
        for (; i + VECTOR <= end; i += VECTOR) counts -= (vector)(load(a + i) != load(b + i));
        for (int j = 0; j < VECTOR; j++) total += counts[j];
    }
    for (; i < n; i++) total += a[i] != b[i];
    return total;
}

const dgen_isa_kernels DGEN_ISA_TABLE = {DGEN_ISA_NAME, repeat, skew, copy_streaming, permute, count_differences};
