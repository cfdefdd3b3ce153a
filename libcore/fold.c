/*
 * Deduplication without a table: which content (id) each unit of an object has.
 *
 * A keyed permutation P scatters the units, and id = P(unit) mod unique folds them, so that each of the `unique` ids
 * occurs, and occurs as often as any other, give or take one. Both directions take O(1) memory.
 *
 * P is a Feistel network over two unequal halves, x = high * 2^low_bits + low with low_bits = floor(ceil(log2 N) / 2)
 * and high < a = ceil(N / 2^low_bits). Four rounds r of, with 32-bit words:
 *     high = (high + (hash(low xor key[2 r]) * a >> 32)) mod a
 *     low  = low xor (hash(high xor key[2 r + 1]) >> 32 - low_bits)
 *     hash(z): z = z * 0x85EBCA6B; z = z xor z >> 15; z * 0xC2B2AE35        (mod 2^32: multipliers of MurmurHash3)
 * It permutes [0, a * 2^low_bits). A result outside [0, N) goes through again until it is inside.
 *
 * Compressible cells come in a cycle of forms that gain from standing side by side (cell.c). So that the cycle survives
 * the scattering, units are folded in 2^class_bits classes: unit = row * classes + class is sent to
 * id = fold(row) * classes + class, with class * 0x9E3779B9 added to each key. N is then that of the largest class, and
 * the counts of copies are even within a class.
 */
#include "kernels/permute.h"
#include "plan.h"

/* The high 64 bits of a * b. */
static inline uint64_t high_product(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    return (uint64_t)((unsigned __int128)a * b >> 64);
#else
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t middle = a1 * b0 + (a0 * b0 >> 32), other = a0 * b1 + (uint32_t)middle;
    return a1 * b1 + (middle >> 32) + (other >> 32);
#endif
}

void dgen__fold_init(dgen_fold *fold, uint64_t units, uint64_t unique, uint32_t class_bits, uint64_t seed,
                     uint64_t stream)
{
    uint64_t mask = ((uint64_t)1 << class_bits) - 1;
    *fold = (dgen_fold){ .units = units, .unique = unique, .class_bits = class_bits, .isa = dgen__isa() };
    fold->more_rows = (uint32_t)(units & mask);
    fold->more_ids = (uint32_t)(unique & mask);
    fold->rows = units >> class_bits;
    fold->ids = unique >> class_bits;
    for (int more = 0; more < 2; more++)
        fold->reciprocal[more] = fold->ids + more ? UINT64_MAX / (fold->ids + more) : 0;

    uint64_t most = fold->rows + (fold->more_rows > 0);
    uint32_t bits = 0;
    while (bits < 63 && (uint64_t)1 << bits < most) bits++;
    fold->permutation.low_bits = bits / 2;
    fold->permutation.high_count =
        (uint32_t)((most + ((uint64_t)1 << fold->permutation.low_bits) - 1) >> fold->permutation.low_bits);

    uint64_t key = dgen__mix(dgen__mix(seed + DGEN_FORMAT) ^ stream);
    for (int r = 0; r < DGEN_PERMUTE_ROUNDS; r++) {
        key = dgen__mix(key + UINT64_C(0x9E3779B97F4A7C15));
        fold->permutation.keys[2 * r] = (uint32_t)key;
        fold->permutation.keys[2 * r + 1] = (uint32_t)(key >> 32);
    }
}

static inline uint32_t tweak_of(uint64_t class)
{
    return (uint32_t) class * UINT32_C(0x9E3779B9);
}

static uint64_t permute_back(const dgen_permutation *p, uint64_t x, uint32_t tweak)
{
    uint32_t low = (uint32_t)x & (((uint32_t)1 << p->low_bits) - 1);
    int32_t high = (int32_t)(x >> p->low_bits), a = (int32_t)p->high_count;
    for (int r = DGEN_PERMUTE_ROUNDS - 1; r >= 0; r--) {
        low ^= permute_low(p, r, (uint32_t)high, tweak);
        high -= permute_high(p, r, low, tweak);
        high += high >> 31 & a;
    }
    return (uint64_t)high << p->low_bits | low;
}

/* Walks on until the row is one of its class, then folds it. The quotient by the reciprocal is at most 1 too small. */
static inline uint64_t fold_row(const dgen_fold *fold, uint64_t class, int32_t high, uint32_t low)
{
    uint64_t row = (uint64_t)high << fold->permutation.low_bits | low, rows = fold->rows + (class < fold->more_rows);
    while (UNLIKELY(row >= rows)) {
        uint32_t tweak = tweak_of(class);
        permute_rows(&fold->permutation, 1, &high, &low, &tweak);
        row = (uint64_t)high << fold->permutation.low_bits | low;
    }
    bool more = class < fold->more_ids;
    uint64_t ids = fold->ids + more, id = row - high_product(row, fold->reciprocal[more]) * ids;
    return (id >= ids ? id - ids : id) << fold->class_bits | class;
}

/* Up to DGEN_PERMUTE_LANES units, all of them full. */
static void fold_lanes(const dgen_fold *fold, uint64_t unit, uint32_t count, uint64_t *ids)
{
    int32_t high[DGEN_PERMUTE_LANES];
    uint32_t low[DGEN_PERMUTE_LANES], tweak[DGEN_PERMUTE_LANES];
    uint64_t mask = ((uint64_t)1 << fold->class_bits) - 1;
    uint32_t low_bits = fold->permutation.low_bits, low_mask = ((uint32_t)1 << low_bits) - 1;
    uint32_t lanes = count == 1 ? 1 : DGEN_PERMUTE_LANES;
    for (uint32_t i = 0; i < lanes; i++) {
        uint64_t row = (unit + i) >> fold->class_bits;
        high[i] = (int32_t)(row >> low_bits);
        low[i] = (uint32_t)row & low_mask;
        tweak[i] = tweak_of((unit + i) & mask);
    }
    if (lanes == 1)
        permute_rows(&fold->permutation, 1, high, low, tweak);
    else
        fold->isa->permute(&fold->permutation, high, low, tweak);
    for (uint32_t i = 0; i < count; i++) ids[i] = fold_row(fold, (unit + i) & mask, high[i], low[i]);
}

void dgen__fold_ids(const dgen_fold *fold, uint64_t unit, uint32_t count, uint64_t *ids)
{
    bool identity = fold->unique == fold->units;
    while (count > 0) {
        uint32_t n = (uint32_t)dgen__least(count, DGEN_PERMUTE_LANES);
        if (!identity && unit < fold->units) {
            n = (uint32_t)dgen__least(n, fold->units - unit);
            fold_lanes(fold, unit, n, ids);
        }
        else {
            for (uint32_t i = 0; i < n; i++) ids[i] = unit + i - fold->units + fold->unique;
        }
        unit += n;
        ids += n;
        count -= n;
    }
}

uint64_t dgen__fold_id(const dgen_fold *fold, uint64_t unit)
{
    uint64_t id;
    dgen__fold_ids(fold, unit, 1, &id);
    return id;
}

uint64_t dgen__fold_unit(const dgen_fold *fold, uint64_t id, uint64_t copy)
{
    if (id >= fold->unique || fold->unique == fold->units) return copy ? UINT64_MAX : id - fold->unique + fold->units;
    uint64_t class = id & (((uint64_t)1 << fold->class_bits) - 1);
    uint64_t rows = fold->rows + (class < fold->more_rows), step = fold->ids + (class < fold->more_ids);
    uint64_t row = id >> fold->class_bits;
    if (copy > (rows - 1 - row) / step) return UINT64_MAX;
    row += copy * step;
    do row = permute_back(&fold->permutation, row, tweak_of(class));
    while (row >= rows);
    return row << fold->class_bits | class;
}
