/*
 * Deduplication without a table: which content (id) each unit of an object has.
 *
 * A keyed permutation P of the units scatters them, and id = P(unit) mod unique folds them, so that each of the
 * `unique` ids occurs, and occurs as often as any other, give or take one. Both directions take O(1) memory.
 *
 * P works on x = high * 2^low_bits + low, low_bits = floor(ceil(log2 N) / 2), high < a = ceil(N / 2^low_bits). Four
 * rounds of a Feistel network:
 *     high = (high + (hash(low, key[r]) * a >> 32)) mod a
 *     low = (low + hash(high, not key[r])) mod 2^low_bits
 *     hash(x, k): z = (x xor k) * 0xBF58476D1CE4E5B9; z ^= z >> 32; z *= 0x94D049BB133111EB; z >> 32   (mod 2^64)
 * It permutes [0, a * 2^low_bits); a result outside [0, N) goes through again until it is inside (rarely: less than
 * 2^low_bits of the values are outside).
 *
 * Compressible cells come in a cycle of forms that gain from standing side by side (cell.c). So that the cycle survives
 * the scattering, units are folded in 2^class_bits classes: unit = row * classes + class is sent to
 * id = fold(row) * classes + class, with class << 32 xored to the keys.
 */
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

static inline uint64_t hash(uint64_t x, uint64_t key)
{
    uint64_t z = (x ^ key) * UINT64_C(0xBF58476D1CE4E5B9);
    return (z ^ z >> 32) * UINT64_C(0x94D049BB133111EB) >> 32;
}

static dgen_fold_domain make_domain(uint64_t count)
{
    dgen_fold_domain domain = {.count = count, .reciprocal = count ? UINT64_MAX / count : 0};
    uint32_t bits = 0;
    while (bits < 63 && (uint64_t)1 << bits < count) bits++;
    domain.low_bits = bits / 2;
    domain.high_count = (count >> domain.low_bits) + ((count & (((uint64_t)1 << domain.low_bits) - 1)) != 0);
    return domain;
}

void dgen__fold_init(dgen_fold *fold, uint64_t units, uint64_t unique, uint32_t class_bits, uint64_t seed,
                     uint64_t stream)
{
    uint64_t mask = ((uint64_t)1 << class_bits) - 1;
    *fold = (dgen_fold){.units = units, .unique = unique, .class_bits = class_bits};
    fold->rest_units = (uint32_t)(units & mask);
    fold->rest_unique = (uint32_t)(unique & mask);
    for (int more = 0; more < 2; more++) {
        fold->unit_domain[more] = make_domain((units >> class_bits) + more);
        fold->id_domain[more] = make_domain((unique >> class_bits) + more);
    }
    uint64_t key = dgen__mix(dgen__mix(seed ^ UINT64_C(0x666F6C6400000000) ^ DGEN_FORMAT) + stream);
    for (int i = 0; i < 4; i++) fold->keys[i] = dgen__mix(key + (uint64_t)(i + 1) * UINT64_C(0x9E3779B97F4A7C15));
}

static inline uint64_t permute(const dgen_fold_domain *domain, const uint64_t keys[4], uint64_t tweak, uint64_t x)
{
    uint64_t a = domain->high_count, mask = ((uint64_t)1 << domain->low_bits) - 1;
    do {
        uint64_t high = x >> domain->low_bits, low = x & mask;
        for (int r = 0; r < 4; r++) {
            uint64_t key = keys[r] ^ tweak;
            high += hash(low, key) * a >> 32;
            high -= high >= a ? a : 0;
            low = (low + hash(high, ~key)) & mask;
        }
        x = high << domain->low_bits | low;
    } while (UNLIKELY(x >= domain->count));
    return x;
}

static uint64_t permute_back(const dgen_fold_domain *domain, const uint64_t keys[4], uint64_t tweak, uint64_t x)
{
    uint64_t a = domain->high_count, mask = ((uint64_t)1 << domain->low_bits) - 1;
    do {
        uint64_t high = x >> domain->low_bits, low = x & mask;
        for (int r = 3; r >= 0; r--) {
            uint64_t key = keys[r] ^ tweak;
            low = (low - hash(high, ~key)) & mask;
            high += a - (hash(low, key) * a >> 32);
            high -= high >= a ? a : 0;
        }
        x = high << domain->low_bits | low;
    } while (x >= domain->count);
    return x;
}

/* x mod count: the quotient by the reciprocal is at most 1 too small for x < 2^63. */
static inline uint64_t remainder_of(uint64_t x, const dgen_fold_domain *domain)
{
    uint64_t rest = x - high_product(x, domain->reciprocal) * domain->count;
    return rest >= domain->count ? rest - domain->count : rest;
}

uint64_t dgen__fold_id(const dgen_fold *fold, uint64_t unit)
{
    if (unit >= fold->units) return unit - fold->units + fold->unique;
    if (fold->unique == fold->units) return unit;
    uint64_t class = unit & (((uint64_t)1 << fold->class_bits) - 1);
    uint64_t row = permute(&fold->unit_domain[class < fold->rest_units], fold->keys, class << 32,
                           unit >> fold->class_bits);
    return remainder_of(row, &fold->id_domain[class < fold->rest_unique]) << fold->class_bits | class;
}

uint64_t dgen__fold_unit(const dgen_fold *fold, uint64_t id)
{
    if (id >= fold->unique) return id - fold->unique + fold->units;
    if (fold->unique == fold->units) return id;
    uint64_t class = id & (((uint64_t)1 << fold->class_bits) - 1), first = UINT64_MAX;
    const dgen_fold_domain *units = &fold->unit_domain[class < fold->rest_units];
    uint64_t step = fold->id_domain[class < fold->rest_unique].count;
    for (uint64_t x = id >> fold->class_bits; x < units->count; x += step) {
        uint64_t row = permute_back(units, fold->keys, class << 32, x);
        if (row < first) first = row;
    }
    return first << fold->class_bits | class;
}
