/*
 * Deduplication, judged by the bytes: how many distinct units an object has, where copies stand, that distinct units
 * share no sector, and that no split, offset, alignment or form of the kernels changes a byte.
 *
 * Oracles: a count of distinct units by sorting their hashes; the object made one byte at a time; for the scattering,
 * what a random order of the copies would give.
 */
#define _GNU_SOURCE
#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plan.h"
#include "test.h"

enum { SECTOR = 512 };

/* Distinct among the whole pieces of piece_bytes. */
static uint64_t count_distinct(const uint8_t *bytes, uint64_t n, uint64_t piece_bytes)
{
    uint64_t count = n / piece_bytes, distinct = 0, *hashes = malloc((count + 1) * sizeof *hashes);
    for (uint64_t i = 0; i < count; i++) hashes[i] = test_hash(bytes + i * piece_bytes, piece_bytes);
    qsort(hashes, count, sizeof *hashes, test_by_value);
    for (uint64_t i = 0; i < count; i++) distinct += i == 0 || hashes[i] != hashes[i - 1];
    free(hashes);
    return distinct;
}

static uint8_t *object_of(const dgen_config *config)
{
    dgen_error error;
    uint8_t *bytes = malloc(config->size + 1);
    dgen_status status = dgen_fill_at(bytes, config->size, config, 0, &error);
    CHECK(status == DGEN_OK, "%s", error.message);
    return bytes;
}

static uint64_t asked(uint64_t units, double ratio)
{
    uint64_t distinct = (uint64_t)floorl((long double)units / ratio + 0.5L);
    return units && !distinct ? 1 : distinct;
}

/* ------------------------------------------------------------------------------------------------------------ counts
 */

static void check_count(uint64_t units, uint64_t tail, double dedup, double compress, dgen_codec codec, uint64_t unit)
{
    dgen_config config = test_config(units * unit + tail, units * 7 + (uint64_t)(dedup * 100));
    config.dedup_ratio = dedup;
    config.compress_ratio = compress;
    config.codec = codec;
    config.block_size = unit;
    uint8_t *bytes = object_of(&config);
    uint64_t distinct = count_distinct(bytes, units * unit, unit), want = asked(units, dedup);
    CHECK(distinct == want, "%llu units of %llu, dedup %.17g, compress %g: %llu distinct, not %llu",
          (unsigned long long)units, (unsigned long long)unit, dedup, compress, (unsigned long long)distinct,
          (unsigned long long)want);
    for (uint64_t i = 0; tail >= 16 && dedup > 1 && i < units; i++)
        CHECK(memcmp(bytes + i * unit, bytes + units * unit, tail), "the partial unit is unit %llu again",
              (unsigned long long)i);
    free(bytes);
}

static void exact_counts(void)
{
    static const uint64_t units[] = { 0, 1, 2, 3, 5, 7, 16, 31, 33, 64, 100, 127, 255, 256, 257, 1000, 2049, 4099 };
    double ratios[] = { 1.0000001, 1.1,  1.25, sqrt(2), 1.5, (1 + sqrt(5)) / 2, 2, exp(1), 3, acos(-1), 4, 7.3,
                        10,        33.3, 100,  1000,    1e6 };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        for (size_t j = 0; j < sizeof ratios / sizeof *ratios; j++) {
            check_count(units[i], 0, ratios[j], 1, DGEN_CODEC_ANY, 512);
            check_count(units[i], (i * 37 + j * 101) % 512, ratios[j], 2, DGEN_CODEC_ANY, 512);
        }
    for (uint64_t unit = 512; unit <= 262144; unit *= 2)
        for (size_t j = 0; j < sizeof ratios / sizeof *ratios; j++) {
            check_count(77, unit / 3, ratios[j], j % 3 ? 1.7 : 1, (dgen_codec)(j % 5), unit);
            if (unit <= 4096) check_count(1500, unit - 1, ratios[j], j % 3 ? 3 : 1, (dgen_codec)(j % 5), unit);
        }
}

/* Sectors of distinct units are distinct, and none is zero: as many as the distinct units have. */
static void distinct_units_share_no_sector(void)
{
    static const double compress[] = { 1, 1.25, 2, 4, 8, 10, 25 };
    static const uint64_t units[] = { 512, 4096, 65536 };
    static const uint8_t zeros[SECTOR];
    for (int codec = 0; codec < 5; codec++)
        for (size_t r = 0; r < sizeof compress / sizeof *compress; r++) {
            dgen_config config = test_config(64 << 20, 99 + r);
            config.dedup_ratio = 2.5;
            config.compress_ratio = compress[r];
            config.codec = (dgen_codec)codec;
            config.block_size = units[(r + codec) % 3];
            uint8_t *bytes = object_of(&config);
            uint64_t want = asked(config.size / config.block_size, 2.5) * (config.block_size / SECTOR);
            uint64_t distinct = count_distinct(bytes, config.size, SECTOR), zero = 0;
            for (uint64_t i = 0; i < config.size; i += SECTOR) zero += !memcmp(bytes + i, zeros, SECTOR);
            CHECK(distinct == want && !zero,
                  "codec %d, compress %g, unit %llu: %llu of %llu sectors distinct, %llu zero", codec, compress[r],
                  (unsigned long long)config.block_size, (unsigned long long)distinct, (unsigned long long)want,
                  (unsigned long long)zero);
            free(bytes);
        }
}

/* Streams and seeds share no sector: the objects side by side have all the sectors of each. */
static void objects_share_nothing(void)
{
    enum { SIZE = 4 << 20 };
    uint8_t *both = malloc(3 * SIZE);
    dgen_error error;
    for (int r = 1; r <= 4; r *= 2) {
        dgen_config config = test_config(SIZE, 5);
        config.dedup_ratio = 2;
        config.compress_ratio = r;
        config.block_size = 4096;
        for (int i = 0; i < 3; i++) {
            config.seed = i == 2 ? 6 : 5;
            config.stream = i == 1;
            CHECK(dgen_fill_at(both + i * SIZE, SIZE, &config, 0, &error) == DGEN_OK, "%s", error.message);
        }
        uint64_t distinct = count_distinct(both, 3 * SIZE, SECTOR);
        CHECK(distinct == 3 * SIZE / 2 / SECTOR, "compress %d: %llu distinct sectors", r, (unsigned long long)distinct);
    }
    free(both);
}

/* -------------------------------------------------------------------------------------------------------- scattering
 */

static void init_fold(dgen_fold *fold, uint64_t units, uint64_t unique, uint32_t class_bits, uint64_t seed)
{
    dgen__fold_init(fold, units, unique, class_bits, seed, 3);
}

/* Each id has as many copies as any other, give or take one (of its class: one in so many as the class has ids). */
static void copies_are_balanced_and_found(void)
{
    static const uint64_t units[] = { 1, 2, 3, 10, 100, 1000, 4095, 4096, 4097, 30011 };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        for (double ratio = 1.05; ratio < 3000; ratio *= 1.9)
            for (uint32_t class_bits = 0; class_bits < 6; class_bits += 5) {
                uint64_t unique = asked(units[i], ratio), n = units[i], low = n, high = 0;
                if (unique < (UINT64_C(1) << class_bits)) continue;
                dgen_fold fold;
                init_fold(&fold, n, unique, class_bits, i);
                uint64_t *copies = calloc(unique, sizeof *copies), *ids = malloc(n * sizeof *ids), found = 0;
                dgen__fold_ids(&fold, 0, (uint32_t)n, ids);
                for (uint64_t unit = 0; unit < n; unit++) {
                    CHECK(ids[unit] < unique && ids[unit] == dgen__fold_id(&fold, unit), "unit %llu of %llu: id %llu",
                          (unsigned long long)unit, (unsigned long long)n, (unsigned long long)ids[unit]);
                    if (ids[unit] < unique) copies[ids[unit]]++;
                }
                for (uint64_t id = 0; id < unique; id++) {
                    if (copies[id] < low) low = copies[id];
                    if (copies[id] > high) high = copies[id];
                    uint64_t copy = 0, unit, last = UINT64_MAX;
                    for (; (unit = dgen__fold_unit(&fold, id, copy)) != UINT64_MAX; copy++, last = unit)
                        found += unit < n && unit != last && ids[unit] == id;
                    CHECK(copy == copies[id], "id %llu: %llu copies found of %llu", (unsigned long long)id,
                          (unsigned long long)copy, (unsigned long long)copies[id]);
                }
                uint64_t classes = UINT64_C(1) << class_bits;
                double least_ids = (double)(unique / classes), most_rows = (double)((n + classes - 1) / classes);
                double spread = class_bits ? most_rows / least_ids - (double)(n / classes) / (least_ids + 1) + 2 : 1;
                CHECK(found == n, "%llu of %llu units found by their ids", (unsigned long long)found,
                      (unsigned long long)n);
                CHECK((double)(high - low) <= spread, "%llu units, %llu ids: %llu to %llu copies",
                      (unsigned long long)n, (unsigned long long)unique, (unsigned long long)low,
                      (unsigned long long)high);
                free(copies);
                free(ids);
            }
}

/* Two copies of each of many ids: figures of a random order, in standard deviations of it. */
static void check_scatter(uint32_t class_bits, uint64_t seed)
{
    enum { UNITS = 60000, UNIQUE = UNITS / 2 };
    static uint64_t ids[UNITS], first[UNIQUE];
    dgen_fold fold;
    init_fold(&fold, UNITS, UNIQUE, class_bits, seed);
    dgen__fold_ids(&fold, 0, UNITS, ids);
    memset(first, 0xFF, sizeof first);
    double distances = 0, product = 0, early = 0, order = 0, ascents = 0;
    uint64_t run = 0, longest = 0, near = 0, classes = UINT64_C(1) << class_bits;
    for (uint64_t i = 0; i < UNITS; i++) {
        uint64_t *at = &first[ids[i]];
        if (*at == UINT64_MAX) {
            *at = i;
            early += i < UNITS / 2;
        }
        else {
            distances += (double)(i - *at);
            near += i - *at < 100;
        }
        run = i && ids[i] == ids[i - 1] + 1 ? run + 1 : 0;
        if (run > longest) longest = run;
        order += ((double)i / UNITS - 0.5) * ((double)ids[i] / UNIQUE - 0.5);
        if (i >= classes) {
            ascents += ids[i] > ids[i - classes];
            product += ((double)ids[i] / UNIQUE - 0.5) * ((double)ids[i - classes] / UNIQUE - 0.5);
        }
    }
    double z_distance = (distances / UNIQUE / UNITS - 1.0 / 3) / sqrt(1.0 / 18 / UNIQUE);
    double z_early = (early / UNIQUE - 0.75) / sqrt(0.75 * 0.25 / UNIQUE);
    double z_order = order / UNITS * 12 * sqrt(UNITS), z_neighbour = product / UNITS * 12 * sqrt(UNITS);
    double z_ascent = (ascents / (UNITS - (double)classes) - 0.5) / sqrt(1.0 / 12 / UNITS);
    CHECK(fabs(z_distance) < 5 && fabs(z_early) < 5 && fabs(z_order) < 5 && fabs(z_neighbour) < 5 && fabs(z_ascent) < 5,
          "class_bits %u, seed %llu: distance %.1f, early %.1f, order %.1f, neighbour %.1f, ascent %.1f", class_bits,
          (unsigned long long)seed, z_distance, z_early, z_order, z_neighbour, z_ascent);
    CHECK(longest <= 5, "%llu ids in a row, in order", (unsigned long long)longest);
    CHECK(near < 220, "%llu copies within 100 units; a random order has 100", (unsigned long long)near);
}

static void copies_are_scattered(void)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        check_scatter(0, seed);
        check_scatter(5, seed);
        check_scatter(8, seed);
    }
}

/* Seeds scatter differently: the same id at the same unit as often as by chance. */
static void seeds_scatter_differently(void)
{
    enum { UNITS = 20000, UNIQUE = 200 };
    static uint64_t a[UNITS], b[UNITS];
    for (uint64_t seed = 0; seed < 10; seed++) {
        dgen_fold fold;
        uint64_t same = 0;
        init_fold(&fold, UNITS, UNIQUE, 0, seed);
        dgen__fold_ids(&fold, 0, UNITS, a);
        init_fold(&fold, UNITS, UNIQUE, 0, seed + 1);
        dgen__fold_ids(&fold, 0, UNITS, b);
        for (int i = 0; i < UNITS; i++) same += a[i] == b[i];
        CHECK(same > 50 && same < 150, "seeds %llu and next: %llu units alike, 100 expected", (unsigned long long)seed,
              (unsigned long long)same);
    }
}

/* Objects of up to 2^63 bytes: ids are in range and lead back, and a far piece agrees with a larger one around it. */
static void far_units(void)
{
    static uint8_t piece[3000], around[200000];
    dgen_error error;
    for (int i = 0; i < 300; i++) {
        uint64_t units = test_random() >> (10 + i % 40), unique = (uint64_t)((double)units / (1.5 + i % 7)), id, unit;
        if (unique < 300) continue;
        dgen_fold fold;
        init_fold(&fold, units, unique, i % 9, i);
        uint64_t one = test_random() % units, copy = 0;
        id = dgen__fold_id(&fold, one);
        while ((unit = dgen__fold_unit(&fold, id, copy)) != one && unit != UINT64_MAX) copy++;
        CHECK(id < unique && unit == one, "unit %llu of %llu", (unsigned long long)one, (unsigned long long)units);
    }
    for (int i = 0; i < 40; i++) {
        dgen_config config = test_config((UINT64_C(1) << 63) - 12345, i);
        config.dedup_ratio = i % 2 ? 3.7 : 1;
        config.compress_ratio = 1 + i % 4;
        config.block_size = UINT64_C(512) << i % 10;
        uint64_t at = (test_random() >> 1) % (config.size - sizeof around);
        CHECK(dgen_fill_at(around, sizeof around, &config, at, &error) == DGEN_OK
                  && dgen_fill_at(piece, sizeof piece, &config, at + 77777, &error) == DGEN_OK,
              "%s", error.message);
        CHECK(!memcmp(piece, around + 77777, sizeof piece), "config %d at %llu", i, (unsigned long long)at);
    }
}

/* --------------------------------------------------------------------------------------------------------- the bytes
 */

/* Any mixture of options, small enough for one byte at a time. */
static dgen_config mixture(int i)
{
    dgen_config config = test_config(1 + test_random() % 90000, i);
    config.stream = i % 3;
    config.dedup_ratio = i & 1 ? 1 + (double)(test_random() % 300) / 100 : 1;
    config.compress_ratio = i & 2 ? 1 + (double)(test_random() % 240) / (i & 4 ? 10 : 60) : 1;
    config.codec = (dgen_codec)(test_random() % 5);
    config.block_size = UINT64_C(512) << test_random() % 8;
    return config;
}

static void one_byte_at_a_time(void)
{
    enum { SPACE = 200000, GUARD = 64 };
    static uint8_t right[SPACE], got[SPACE];
    static dgen_plan slow, fast;
    for (int i = 0; i < 160; i++) {
        dgen_config config = mixture(i);
        dgen__plan_init(&slow, &config, 1);
        dgen__plan_init(&fast, &config, config.size);
        for (uint64_t k = 0; k < config.size; k++) dgen__plan_fill(&slow, right + k, 1, k, false);
        for (int streaming = 0; streaming < 2; streaming++) {
            uint8_t *at = got + GUARD + test_random() % 64;
            memset(got, 0x5A, sizeof got);
            for (uint64_t k = 0, n; k < config.size; k += n) {
                n = 1 + test_random() % (test_random() % 4 ? 9000 : 70000);
                if (n > config.size - k) n = config.size - k;
                dgen__plan_fill(&fast, at + k, n, k, streaming);
                for (int j = 0; j < GUARD; j++) CHECK(at[k + n + j] == 0x5A, "mixture %d wrote past its end", i);
            }
            CHECK(!memcmp(at, right, config.size) && at[-1] == 0x5A,
                  "mixture %d: dedup %g, compress %g, unit %llu, codec %d, streaming %d", i, config.dedup_ratio,
                  config.compress_ratio, (unsigned long long)config.block_size, config.codec, streaming);
        }
    }
}

/* One hash over many objects, large enough for threads and stores past the cache. */
static uint64_t hash_of_objects(void)
{
    uint64_t h = 0;
    for (int codec = 0; codec < 5; codec++)
        for (int i = 0; i < 24; i++) {
            dgen_config config = test_config(i % 12 ? 300000 + 1001 * i : 9000017, 1000 + i);
            config.codec = (dgen_codec)codec;
            config.dedup_ratio = i & 1 ? 1.9 : 1;
            config.compress_ratio = 1.04 * pow(1.17, i / 2 * 1.7);
            config.block_size = UINT64_C(512) << i % 8;
            uint8_t *bytes = object_of(&config);
            h = (h ^ test_hash(bytes, config.size)) * 0x100000001B3;
            free(bytes);
        }
    return h;
}

/* In a process of its own, because the core chooses its kernels once. 0: it failed. */
static uint64_t hash_with(const char *isa, const char *aes)
{
    int ends[2];
    uint64_t hash = 0;
    if (pipe(ends)) return 0;
    pid_t child = fork();
    if (child == 0) {
        setenv("DGEN_ISA", isa, 1);
        setenv("DGEN_AES", aes, 1);
        hash = hash_of_objects();
        _exit(test_faults || write(ends[1], &hash, sizeof hash) != sizeof hash);
    }
    close(ends[1]);
    if (read(ends[0], &hash, sizeof hash) != sizeof hash) hash = 0;
    close(ends[0]);
    waitpid(child, NULL, 0);
    return hash;
}

static void every_form_of_the_kernels(void)
{
    static const char *const forms[][2] = { { "baseline", "table" }, { "baseline", "aes-ni" }, { "avx2", "aes-ni" },
                                            { "avx2", "vaes256" },   { "avx512", "vaes512" },  { "neon", "armv8" } };
    uint64_t first = hash_with(forms[0][0], forms[0][1]);
    CHECK(first != 0, "no bytes");
    for (size_t i = 1; i < sizeof forms / sizeof *forms; i++)
        CHECK(hash_with(forms[i][0], forms[i][1]) == first, "%s with %s makes other bytes", forms[i][0], forms[i][1]);
}

int main(void)
{
    RUN(every_form_of_the_kernels); /* first: the parent must not have chosen kernels before it forks */
    RUN(exact_counts);
    RUN(distinct_units_share_no_sector);
    RUN(objects_share_nothing);
    RUN(copies_are_balanced_and_found);
    RUN(copies_are_scattered);
    RUN(seeds_scatter_differently);
    RUN(far_units);
    RUN(one_byte_at_a_time);
    return TEST_END();
}
