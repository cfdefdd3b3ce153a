/*
 * Verify against injuries whose extent an independent comparison knows: every bad byte found and counted, the first one
 * named, the damage classed, nothing reported where nothing is wrong, nothing written, nothing read outside.
 *
 * Injuries are made in a window of a 64 MiB object and verified as a sub-range at odd offsets; then the window is put
 * right again. What is right is told by a second copy, compared byte by byte.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)

enum { SECTOR = 512, INJURIES = 2000, EXTRA_INJURIES = 300 };
static const uint64_t SIZE = 64 * MIB, SEED = 20261121;

static uint8_t *object, *right; /* the object to injure, before an inaccessible page; what it should be */

typedef struct kind_of_object {
    const char *name;
    double dedup_ratio, compress_ratio;
    uint64_t block_size;
    dgen_codec codec;
    int injuries;
} kind_of_object;

static const kind_of_object objects[] = {
    { "plain", 1, 1, 65536, DGEN_CODEC_ANY, INJURIES },
    { "dedup 3", 3, 1, 4096, DGEN_CODEC_ANY, INJURIES },
    { "compress 2.2 any", 1, 2.2, 65536, DGEN_CODEC_ANY, INJURIES },
    { "compress 3 lz4", 1, 3, 65536, DGEN_CODEC_LZ4, INJURIES },
    { "dedup 2 compress 2.2 any", 2, 2.2, 16384, DGEN_CODEC_ANY, INJURIES },
    { "dedup 2.5 compress 1.6 lz4, units of 512", 2.5, 1.6, 512, DGEN_CODEC_LZ4, EXTRA_INJURIES },
    { "dedup 2 compress 3 any, units of 1024", 2, 3, 1024, DGEN_CODEC_ANY, EXTRA_INJURIES },
    { "compress 5.5 any", 1, 5.5, 65536, DGEN_CODEC_ANY, EXTRA_INJURIES },
    { "compress 8 any", 1, 8, 65536, DGEN_CODEC_ANY, EXTRA_INJURIES },
    { "compress 25 zlib", 1, 25, 65536, DGEN_CODEC_ZLIB, EXTRA_INJURIES },
};
enum { OBJECTS = sizeof objects / sizeof *objects };

static dgen_config config_of(const kind_of_object *kind)
{
    dgen_config config = test_config(SIZE, SEED);
    config.dedup_ratio = kind->dedup_ratio;
    config.compress_ratio = kind->compress_ratio;
    config.block_size = kind->block_size;
    config.codec = kind->codec;
    return config;
}

static uint64_t below(uint64_t n) { return (test_random() >> 11) % n; }

static void *map_before_guard(uint64_t n)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint8_t *p = mmap(NULL, n + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || mprotect(p + page, n, PROT_READ | PROT_WRITE)) abort();
    return p + page;
}

static void fill(const dgen_config *config)
{
    dgen_error error = { 0 };
    CHECK(dgen_fill_at(right, SIZE, config, 0, &error) == DGEN_OK, "%s", error.message);
    memcpy(object, right, SIZE);
}

/* ------------------------------------------------------------------------------------------------------- the oracle */

typedef struct truth {
    uint64_t bad_bytes, first_bad, last_bad, bits; /* in the object */
    int zeros;                                     /* every bad byte is zero */
} truth;

static truth compare(uint64_t begin, uint64_t end)
{
    truth truth = { .zeros = 1 };
    for (uint64_t i = begin; i < end; i++) {
        if (object[i] == right[i]) continue;
        if (!truth.bad_bytes++) truth.first_bad = i;
        truth.last_bad = i;
        truth.bits += (uint64_t)__builtin_popcount(object[i] ^ right[i]);
        truth.zeros &= !object[i];
    }
    return truth;
}

/* --------------------------------------------------------------------------------------------------------- injuries */

enum injury {
    ONE_BIT, ONE_BYTE, ZEROED_512, ZEROED_4096, HOLE, SWAPPED, MISDIRECTED, SHIFTED, STALE, TRUNCATED, GARBAGE,
    INJURY_KINDS
};
static const char *const injury_names[] = {
    "1 bit",       "1 byte",    "zeroed 512 B", "zeroed 4096 B", "hole of 64 KiB", "swapped blocks",
    "misdirected", "shifted by 1 B", "stale generation", "truncated", "garbage",
};

typedef struct wound {
    uint64_t at, bytes;       /* where the injury is */
    uint64_t other;           /* where a second one is, or the bytes come from */
    dgen_damage damage;
} wound;

static wound swap(void)
{
    static const uint64_t sizes[] = { 512, 1024, 4096, 16384 };
    uint8_t kept[16384];
    wound wound = { .bytes = sizes[below(4)], .damage = DGEN_DAMAGE_MISPLACED };
    wound.at = below(SIZE / wound.bytes) * wound.bytes;
    wound.other = below(SIZE / wound.bytes) * wound.bytes;
    memcpy(kept, object + wound.at, wound.bytes);
    memcpy(object + wound.at, object + wound.other, wound.bytes);
    memcpy(object + wound.other, kept, wound.bytes);
    return wound;
}

/* A block written at another multiple of 512, or a byte off by one. */
static wound move(int shift)
{
    wound wound = { .bytes = (1 + below(16)) * SECTOR, .damage = DGEN_DAMAGE_MISPLACED };
    if (shift) {
        wound.at = 1 + below(SIZE - wound.bytes - 2);
        wound.other = below(2) ? wound.at - 1 : wound.at + 1;
    } else {
        wound.at = below((SIZE - wound.bytes) / SECTOR) * SECTOR;
        wound.other = below((SIZE - wound.bytes) / SECTOR) * SECTOR;
    }
    memmove(object + wound.at, right + wound.other, wound.bytes);
    return wound;
}

static wound go_stale(dgen_config config)
{
    wound wound = { .bytes = (1 + below(16)) * SECTOR, .damage = DGEN_DAMAGE_STALE_SEED };
    dgen_error error = { 0 };
    uint64_t away = below(4) ? 1 + below(3) : 1 + below(1024);
    config.seed = below(2) ? SEED - away : SEED + away;
    wound.at = below((SIZE - wound.bytes) / SECTOR) * SECTOR;
    CHECK(dgen_fill_at(object + wound.at, wound.bytes, &config, wound.at, &error) == DGEN_OK, "%s", error.message);
    return wound;
}

static wound zero(uint64_t bytes, dgen_damage damage)
{
    wound wound = { .at = below((SIZE - bytes) / SECTOR) * SECTOR, .bytes = bytes, .damage = damage };
    if (damage == DGEN_DAMAGE_TRUNCATED) wound.at = SIZE - bytes;
    memset(object + wound.at, 0, bytes);
    return wound;
}

static wound injure(enum injury injury, const dgen_config *config)
{
    wound wound = { .at = below(SIZE), .bytes = 1, .damage = DGEN_DAMAGE_BIT_FLIP };
    switch (injury) {
    case ONE_BIT: object[wound.at] ^= (uint8_t)(1 << below(8)); return wound;
    case ONE_BYTE: object[wound.at] ^= (uint8_t)(1 + below(255)); return wound;
    case ZEROED_512: return zero(512, DGEN_DAMAGE_ZEROED);
    case ZEROED_4096: return zero(4096, DGEN_DAMAGE_ZEROED);
    case HOLE: return zero(64 * KIB, DGEN_DAMAGE_ZEROED);
    case SWAPPED: return swap();
    case MISDIRECTED: return move(0);
    case SHIFTED: return move(1);
    case STALE: return go_stale(*config);
    case TRUNCATED: return zero(SECTOR + below(64 * KIB), DGEN_DAMAGE_TRUNCATED);
    default:
        wound.bytes = 4096;
        wound.at = below(SIZE - wound.bytes);
        wound.damage = DGEN_DAMAGE_UNKNOWN;
        for (uint64_t i = 0; i < wound.bytes; i++) object[wound.at + i] = (uint8_t)(test_random() >> 32);
        return wound;
    }
}

static void heal(const wound *wound, int swapped)
{
    memcpy(object + wound->at, right + wound->at, wound->bytes);
    if (swapped) memcpy(object + wound->other, right + wound->other, wound->bytes);
}

typedef struct tally {
    uint64_t made, none, first_right, count_right, decidable, class_right, placed, from_right;
    double seconds_most;
} tally;

/* Whether the bytes found at the first bad one do stand at `from`: all of the wound that is left after it. */
static int from_is_right(const wound *wound, const truth *truth, uint64_t from, int unfolded)
{
    int in_other = truth->first_bad < wound->at; /* of two swapped blocks in the range */
    uint64_t at = in_other ? wound->other : wound->at, other = in_other ? wound->at : wound->other;
    uint64_t left = at + wound->bytes - truth->first_bad;
    if (unfolded && from != other + (truth->first_bad - at)) return 0;
    return from <= SIZE && left <= SIZE - from && !memcmp(object + truth->first_bad, right + from, left);
}

/* A sub-range around the wound, at odd offsets, to the object's end if that is what was cut. */
static void choose_range(const wound *wound, uint64_t *begin, uint64_t *end)
{
    uint64_t before = below(40 * KIB), after = below(40 * KIB);
    *begin = wound->at < before ? 0 : wound->at - before;
    *end = wound->at + wound->bytes + after;
    if (*end > SIZE || wound->damage == DGEN_DAMAGE_TRUNCATED) *end = SIZE;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void examine(const kind_of_object *kind, const dgen_config *config, enum injury injury, tally *tally)
{
    wound wound = injure(injury, config);
    uint64_t begin, end;
    choose_range(&wound, &begin, &end);
    truth truth = compare(begin, end);
    dgen_verify_report report;
    dgen_error error = { 0 };
    double began = now();
    CHECK(dgen_verify_at(&report, object + begin, end - begin, config, begin, &error) == DGEN_OK, "%s", error.message);
    began = now() - began;
    if (began > tally->seconds_most) tally->seconds_most = began;
    CHECK(report.checked == end - begin, "%llu", (unsigned long long)report.checked);
    if (!truth.bad_bytes) { /* blocks that were alike, say */
        tally->none++;
        CHECK(!report.bad_bytes && report.damage == DGEN_DAMAGE_NONE && report.first_bad == end - begin, "false alarm");
        heal(&wound, injury == SWAPPED);
        return;
    }
    dgen_damage damage = wound.damage;
    int one_sector = truth.first_bad / SECTOR == truth.last_bad / SECTOR;
    if (truth.bits <= 8 && one_sector) damage = DGEN_DAMAGE_BIT_FLIP;
    else if (truth.zeros && end == SIZE && wound.at + wound.bytes == SIZE) damage = DGEN_DAMAGE_TRUNCATED;
    /* Nothing tells where a few bytes came from. */
    int decidable = damage == wound.damage && (damage != DGEN_DAMAGE_MISPLACED || truth.last_bad - truth.first_bad >= 256);
    tally->made++;
    tally->first_right += report.first_bad == truth.first_bad - begin;
    tally->count_right += report.bad_bytes == truth.bad_bytes;
    tally->decidable += decidable;
    tally->class_right += decidable && report.damage == damage;
    if (decidable && report.damage == DGEN_DAMAGE_MISPLACED && damage == DGEN_DAMAGE_MISPLACED) {
        tally->placed++;
        tally->from_right += from_is_right(&wound, &truth, report.from, kind->dedup_ratio == 1 && kind->compress_ratio == 1);
    }
    if (decidable && report.damage != damage && getenv("DGEN_TEST_VERBOSE"))
        printf("  %s, %s: class %d, not %d: wound at %llu + %llu, other %llu\n", kind->name, injury_names[injury],
               report.damage, damage, (unsigned long long)wound.at, (unsigned long long)wound.bytes,
               (unsigned long long)wound.other);
    heal(&wound, injury == SWAPPED);
}

static void show(const char *name, const tally *t)
{
    printf("  %-41s %6llu %6llu %6llu %6llu %6llu %6llu %6llu %6llu %8.1f ms\n", name, (unsigned long long)t->made,
           (unsigned long long)t->none, (unsigned long long)t->first_right, (unsigned long long)t->count_right,
           (unsigned long long)t->decidable, (unsigned long long)t->class_right, (unsigned long long)t->placed,
           (unsigned long long)t->from_right, 1e3 * t->seconds_most);
}

static void add(tally *to, const tally *t)
{
    to->made += t->made, to->none += t->none;
    to->first_right += t->first_right, to->count_right += t->count_right;
    to->decidable += t->decidable, to->class_right += t->class_right;
    to->placed += t->placed, to->from_right += t->from_right;
    if (t->seconds_most > to->seconds_most) to->seconds_most = t->seconds_most;
}

static void injuries_are_found_and_classed(void)
{
    tally all = { 0 }, by_injury[INJURY_KINDS] = { 0 };
    printf("  %-41s %6s %6s %6s %6s %6s %6s %6s %6s %8s\n", "", "made", "none", "first", "count", "decid.", "class",
           "placed", "from", "longest");
    for (int k = 0; k < OBJECTS; k++) {
        dgen_config config = config_of(&objects[k]);
        tally of_object = { 0 };
        fill(&config);
        for (int i = 0; i < objects[k].injuries; i++) {
            tally one = { 0 };
            examine(&objects[k], &config, (enum injury)(i % INJURY_KINDS), &one);
            add(&of_object, &one);
            add(&by_injury[i % INJURY_KINDS], &one);
        }
        CHECK(!memcmp(object, right, SIZE), "the test did not put its object right");
        show(objects[k].name, &of_object);
        add(&all, &of_object);
    }
    for (int i = 0; i < INJURY_KINDS; i++) show(injury_names[i], &by_injury[i]);
    show("all", &all);
    CHECK(all.first_right == all.made, "%llu of %llu", (unsigned long long)all.first_right, (unsigned long long)all.made);
    CHECK(all.count_right == all.made, "%llu of %llu", (unsigned long long)all.count_right, (unsigned long long)all.made);
    CHECK(all.decidable > 0.99 * (double)all.made, "%llu", (unsigned long long)all.decidable);
    CHECK((double)all.class_right >= 0.999 * (double)all.decidable, "%llu of %llu", (unsigned long long)all.class_right,
          (unsigned long long)all.decidable);
    CHECK((double)all.from_right >= 0.999 * (double)all.placed, "%llu of %llu", (unsigned long long)all.from_right,
          (unsigned long long)all.placed);
}

/* ---------------------------------------------------------------------------------------------- the rest of promise 4 */

static void clean_ranges_raise_no_alarm_and_are_not_written(void)
{
    for (int k = 0; k < OBJECTS; k++) {
        dgen_config config = config_of(&objects[k]);
        dgen_verify_report report;
        dgen_error error = { 0 };
        fill(&config);
        CHECK(!mprotect(object, SIZE, PROT_READ), "mprotect"); /* a write would kill the test */
        for (int threads = 1; threads <= 2; threads++) {
            config.max_threads = threads;
            CHECK(dgen_verify_at(&report, object, SIZE, &config, 0, &error) == DGEN_OK, "%s", error.message);
            CHECK(report.checked == SIZE && !report.bad_bytes && report.first_bad == SIZE && !report.damage, "%s",
                  objects[k].name);
        }
        for (int i = 0; i < 400; i++) {
            uint64_t n = below(1 + below(300 * KIB)), at = i % 3 ? below(SIZE - n + 1) : SIZE - n; /* to the guard page */
            CHECK(dgen_verify_at(&report, object + at, n, &config, at, &error) == DGEN_OK, "%s", error.message);
            CHECK(report.checked == n && !report.bad_bytes && report.first_bad == n && !report.damage,
                  "%s: %llu bytes at %llu", objects[k].name, (unsigned long long)n, (unsigned long long)at);
        }
        CHECK(!mprotect(object, SIZE, PROT_READ | PROT_WRITE), "mprotect");
    }
}

static void many_injuries_are_counted_over_threads_and_slices(void)
{
    for (int k = 0; k < OBJECTS; k++) {
        dgen_config config = config_of(&objects[k]);
        dgen_verify_report report;
        dgen_error error = { 0 };
        fill(&config);
        for (int i = 0; i < 200; i++) object[below(SIZE)] ^= (uint8_t)(1 + below(255));
        memset(object + below(SIZE - 3 * MIB), 0, 3 * MIB);
        truth truth = compare(0, SIZE);
        for (int threads = 1; threads <= 2; threads++) {
            config.max_threads = threads;
            CHECK(dgen_verify_at(&report, object, SIZE, &config, 0, &error) == DGEN_OK, "%s", error.message);
            CHECK(report.bad_bytes == truth.bad_bytes, "%llu, not %llu", (unsigned long long)report.bad_bytes,
                  (unsigned long long)truth.bad_bytes);
            CHECK(report.first_bad == truth.first_bad, "%llu, not %llu", (unsigned long long)report.first_bad,
                  (unsigned long long)truth.first_bad);
        }
    }
}

/* Whether the object's bytes do not depend on its size. */
static int any_size(const kind_of_object *kind) { return kind->dedup_ratio == 1; }

static void pieces_of_large_objects_and_of_unknown_size(void)
{
    const uint64_t far = (UINT64_C(1) << 62) + 12345, n = 100 * KIB;
    for (int k = 0; k < OBJECTS; k++) {
        dgen_config config = config_of(&objects[k]);
        dgen_verify_report report;
        dgen_error error = { 0 };
        config.size = UINT64_C(1) << 63;
        CHECK(dgen_fill_at(object, n, &config, far, &error) == DGEN_OK, "%s", error.message);
        if (any_size(&objects[k])) config.has_size = 0, config.size = 0;
        CHECK(dgen_verify_at(&report, object, n, &config, far, &error) == DGEN_OK, "%s", error.message);
        CHECK(!report.bad_bytes, "%s: %llu", objects[k].name, (unsigned long long)report.bad_bytes);
        /* bytes from 3 GiB further on, which is past the piece */
        config.size = UINT64_C(1) << 63, config.has_size = 1;
        CHECK(dgen_fill_at(object + 1024, 4096, &config, far + 1024 + 3 * 1024 * MIB, &error) == DGEN_OK, "%s",
              error.message);
        if (any_size(&objects[k])) config.has_size = 0, config.size = 0;
        CHECK(dgen_verify_at(&report, object, n, &config, far, &error) == DGEN_OK, "%s", error.message);
        CHECK(report.damage == DGEN_DAMAGE_MISPLACED, "%s: class %d", objects[k].name, report.damage);
        if (any_size(&objects[k]))
            CHECK(report.from == far + report.first_bad + 3 * 1024 * MIB, "%s: from %llu", objects[k].name,
                  (unsigned long long)report.from);
    }
}

static void zeros_are_truncation_only_at_the_objects_end(void)
{
    dgen_config config = config_of(&objects[0]);
    dgen_verify_report report;
    fill(&config);
    memset(object + SIZE - 8192, 0, 8192);
    CHECK(dgen_verify_at(&report, object, SIZE, &config, 0, NULL) == DGEN_OK && report.damage == DGEN_DAMAGE_TRUNCATED,
          "class %d", report.damage);
    CHECK(dgen_verify_at(&report, object, SIZE - 1, &config, 0, NULL) == DGEN_OK && report.damage == DGEN_DAMAGE_ZEROED,
          "a buffer that ends before: class %d", report.damage);
    object[SIZE - 2] = right[SIZE - 2];
    CHECK(dgen_verify_at(&report, object, SIZE, &config, 0, NULL) == DGEN_OK && report.damage == DGEN_DAMAGE_ZEROED,
          "a byte that is left: class %d", report.damage);
}

static int answer(void *context) { return ++*(int *)context >= 3; }

static void a_poll_cancels(void)
{
    dgen_config config = config_of(&objects[0]);
    dgen_verify_report report = { .checked = 7 };
    dgen_error error = { 0 };
    int asked = 1;
    fill(&config);
    dgen_poll_set(answer, &asked);
    CHECK(dgen_verify_at(&report, object, SIZE, &config, 0, &error) == DGEN_ECANCELED, "%s", error.message);
    dgen_poll_set(NULL, NULL);
    CHECK(report.checked == 7, "the report was touched");
    CHECK(dgen_verify_at(&report, object, SIZE, &config, 0, &error) == DGEN_OK && !report.bad_bytes, "%s", error.message);
}

static void check_error(const dgen_config *config, const void *bytes, uint64_t n, uint64_t offset, const char *argument)
{
    dgen_verify_report report = { .checked = 7 };
    dgen_error error = { 0 };
    CHECK(dgen_verify_at(&report, bytes, n, config, offset, &error) == DGEN_EINVAL, "%s is not refused", argument);
    CHECK(!strcmp(error.argument, argument), "\"%s\", not \"%s\"", error.argument, argument);
    CHECK(strstr(error.message, argument), "\"%s\" does not name %s", error.message, argument);
    CHECK(report.checked == 7, "the report was touched");
    CHECK(dgen_verify_at(&report, bytes, n, config, offset, NULL) == DGEN_EINVAL, "no error wanted");
}

static void bad_arguments_are_named(void)
{
    dgen_config config = config_of(&objects[0]), broken = config;
    check_error(&config, object, 2, SIZE - 1, "offset");
    check_error(&config, object, 0, SIZE + 1, "offset");
    check_error(&config, object, 2, UINT64_MAX, "offset");
    check_error(&config, object, UINT64_MAX, 2, "offset");
    check_error(&config, NULL, 1, 0, "bytes");
    broken.has_seed = 0;
    check_error(&broken, object, 1, 0, "seed");
    broken = config, broken.dedup_ratio = 0.5;
    check_error(&broken, object, 1, 0, "dedup_ratio");
    broken = config, broken.has_size = 0, broken.size = 0;
    check_error(&broken, object, 2, UINT64_C(1) << 63, "offset");
    dgen_verify_report report;
    CHECK(dgen_verify_at(&report, NULL, 0, &config, SIZE, NULL) == DGEN_OK, "no bytes");
    CHECK(report.checked == 0 && report.first_bad == 0 && !report.damage, "no bytes");
}

static const dgen_value *field(const dgen_record *record, const char *name)
{
    for (int i = 0; i < record->count; i++)
        if (!strcmp(record->fields[i].name, name)) return &record->fields[i].value;
    return NULL;
}

static void records_have_the_fields_of_the_vocabulary(void)
{
    static const char *const classes[] = { "", "bit flip", "zeroed", "misplaced", "stale seed", "truncated", "unknown" };
    dgen_record record;
    dgen_verify_report report = { .checked = 10, .first_bad = 10 };
    dgen_verify_record(&report, &record);
    CHECK(record.count == 3 && field(&record, "ok")->integer == 1 && field(&record, "checked")->count == 10
              && field(&record, "bad_bytes")->count == 0, "a clean report");
    for (int damage = DGEN_DAMAGE_BIT_FLIP; damage <= DGEN_DAMAGE_UNKNOWN; damage++) {
        report = (dgen_verify_report){ .checked = 10, .bad_bytes = 2, .first_bad = 4, .damage = (dgen_damage)damage };
        report.from = 99;
        dgen_verify_record(&report, &record);
        CHECK(field(&record, "ok")->integer == 0 && field(&record, "first_bad")->count == 5, "class %d", damage);
        CHECK(!strcmp(field(&record, "class")->text, classes[damage]), "%s", field(&record, "class")->text);
        CHECK((field(&record, "from") != NULL) == (damage == DGEN_DAMAGE_MISPLACED), "class %d", damage);
        CHECK(damage != DGEN_DAMAGE_MISPLACED || field(&record, "from")->count == 99, "from");
    }
}

int main(void)
{
    object = map_before_guard(SIZE);
    right = map_before_guard(SIZE);
    RUN(bad_arguments_are_named);
    RUN(records_have_the_fields_of_the_vocabulary);
    RUN(clean_ranges_raise_no_alarm_and_are_not_written);
    RUN(many_injuries_are_counted_over_threads_and_slices);
    RUN(pieces_of_large_objects_and_of_unknown_size);
    RUN(zeros_are_truncation_only_at_the_objects_end);
    RUN(a_poll_cancels);
    RUN(injuries_are_found_and_classed);
    return TEST_END();
}
