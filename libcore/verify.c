/*
 * Verifying: are these the bytes of this object, and if not, what is wrong with them?
 *
 * Nothing is stored beside the data. Each thread makes a stretch of the object again, in its first-level cache, and
 * compares it with the bytes in hand. Only stretches that differ are looked at byte by byte. The first bad byte is then
 * diagnosed.
 *
 * Reading has to go on while a stretch is made. The CPU reads ahead by itself, but not past the end of a page, and a
 * stretch that starts a page waits for memory. So each thread goes through both halves of the buffer in turn: while a
 * stretch of one is made and compared, the next page of the other arrives, which a prefetch of its first lines sets
 * off. (Prefetching whole stretches by instruction is slower: it has fewer lines under way.)
 */
#include <inttypes.h>

#include "diagnose.h"
#include "threads.h"

/* A stretch is compared at once, a task is a part of each half, a slice is what is done between two polls. */
enum {
    STRETCH = 4096,
    PART = 256 * 1024,
    TASKS = 64,
    AHEAD = 8, /* lines of 64 bytes prefetched of each stretch */
    IDS = 64   /* a multiple of the units in a stretch */
};

typedef struct finding {
    uint64_t bad_bytes, first_bad; /* first_bad: in the buffer; UINT64_MAX if none */
} finding;

/* Parts are aligned in the object, so that cells and units are seldom cut. */
typedef struct slice {
    const dgen_piece *piece;
    uint64_t first_part, half; /* of the slice's tasks; task i is part first_part + i and the one `half` parts on */
    finding found[TASKS];
} slice;

/* Where the n bytes at a and b first differ, n if nowhere. */
static uint64_t first_difference(const uint8_t *a, const uint8_t *b, uint64_t n)
{
    uint64_t i = 0;
    while (i + 64 <= n && !memcmp(a + i, b + i, 64)) i += 64;
    while (i < n && a[i] == b[i]) i++;
    return i;
}

/* What is left of a part, and the ids of units in it, which are looked up many at a time. */
typedef struct lane {
    uint64_t at, end;
    uint64_t unit, count, ids[IDS]; /* of units [unit, unit + count) */
} lane;

/* The ids of units from `unit` on: of one at least, of a whole stretch where that starts at `unit`. */
static const uint64_t *ids_of(const dgen_plan *plan, lane *lane, uint64_t unit)
{
    if (unit - lane->unit >= lane->count) {
        lane->unit = unit;
        lane->count = dgen__least(IDS, (lane->end - 1) / plan->unit_bytes + 1 - unit);
        dgen__fold_ids(&plan->fold, unit, (uint32_t)lane->count, lane->ids);
    }
    return lane->ids + (unit - lane->unit);
}

/* Makes the next n bytes of a lane again, a stretch or less. */
static void make(const dgen_piece *piece, lane *lane, uint8_t *right, uint64_t n)
{
    const dgen_plan *plan = piece->plan;
    uint64_t unit_bytes = plan->unit_bytes;
    if (!unit_bytes || (unit_bytes < STRETCH && n < STRETCH)) {
        dgen__plan_fill(plan, right, n, lane->at, false);
        return;
    }
    const uint64_t *ids = ids_of(plan, lane, lane->at / unit_bytes);
    if (unit_bytes >= STRETCH)
        dgen__plan_fill(piece->unfolded, right, n, ids[0] * unit_bytes + lane->at % unit_bytes, false);
    else if (plan->cell.cell_bytes)
        dgen__cells_fill(&plan->cell, &plan->stream, right, ids, (uint32_t)(STRETCH / unit_bytes), false);
    else
        for (uint64_t i = 0; i < STRETCH / unit_bytes; i++)
            dgen__stream_fill(&plan->stream, right + i * unit_bytes, unit_bytes, ids[i] * unit_bytes, false);
}

static inline void prefetch(const dgen_piece *piece, const lane *lane)
{
    uintptr_t at = (uintptr_t)piece->bytes + (lane->at - piece->offset);
    if (lane->at < lane->end)
        for (int i = 0; i < AHEAD; i++) __builtin_prefetch((const void *)(at + 64 * i));
}

/* Compares the next stretch of a lane. */
static void compare_stretch(const dgen_piece *piece, struct lane *lane, const struct lane *next, finding *found)
{
    alignas(STRETCH) uint8_t right[STRETCH]; /* a page: up to a fifth faster than across two */
    uint64_t n = dgen__least(STRETCH - lane->at % STRETCH, lane->end - lane->at), i = lane->at - piece->offset;
    const uint8_t *bytes = piece->bytes + i;
    make(piece, lane, right, n);
    prefetch(piece, next);
    lane->at += n;
    if (LIKELY(!memcmp(bytes, right, n))) return;
    found->first_bad = dgen__least(found->first_bad, i + first_difference(bytes, right, n));
    found->bad_bytes += dgen__isa()->count_differences(bytes, right, n);
}

/* What of a part lies in the piece. */
static lane lane_of(const dgen_piece *piece, uint64_t part)
{
    uint64_t begin = part * PART, end = dgen__least(begin + PART, piece->offset + piece->n_bytes);
    if (begin < piece->offset) begin = piece->offset;
    return (lane){ .at = begin, .end = end < begin ? begin : end };
}

static void compare_task(void *context, uint64_t i)
{
    slice *slice = context;
    uint64_t part = slice->first_part + i;
    lane near = lane_of(slice->piece, part), far = lane_of(slice->piece, part + slice->half);
    finding found = { 0, UINT64_MAX };
    while (near.at < near.end || far.at < far.end) {
        if (near.at < near.end) compare_stretch(slice->piece, &near, &far, &found);
        if (far.at < far.end) compare_stretch(slice->piece, &far, &near, &found);
    }
    slice->found[i] = found;
}

/* Compares the whole piece; false if canceled. */
static bool compare_all(const dgen_piece *piece, int max_threads, dgen_verify_report *report)
{
    slice slice = { .piece = piece };
    uint64_t end = piece->offset + piece->n_bytes, part = piece->offset / PART, count;
    uint64_t parts = end / PART + (end % PART != 0) - part, middle = part + (parts + 1) / 2;
    slice.half = middle - part;
    for (; part < middle && piece->n_bytes; part += count) {
        if (dgen__canceled()) return false;
        count = dgen__least(middle - part, TASKS);
        slice.first_part = part;
        if (!dgen__parallel_for(compare_task, &slice, count, max_threads)) return false;
        for (uint64_t i = 0; i < count; i++) {
            report->bad_bytes += slice.found[i].bad_bytes;
            report->first_bad = dgen__least(report->first_bad, slice.found[i].first_bad);
        }
    }
    return true;
}

dgen_status dgen_verify_at(dgen_verify_report *out, const void *bytes, uint64_t n_bytes, const dgen_config *config,
                           uint64_t offset, dgen_error *error)
{
    dgen_config object;
    dgen_status status = dgen__config_piece(&object, config, n_bytes, offset, error);
    if (status != DGEN_OK) return status;
    if (!config->has_seed)
        return dgen__fail(error, DGEN_EINVAL, "seed", "seed must be given: the one the bytes were generated with");
    if (!bytes && n_bytes) return dgen__fail(error, DGEN_EINVAL, "bytes", "bytes must not be NULL");
    dgen_plan plan, unfolded;
    dgen__plan_init(&plan, &object, n_bytes);
    unfolded = plan;
    unfolded.unit_bytes = 0;
    dgen_piece piece = {
        .plan = &plan,
        .unfolded = &unfolded,
        .seed = config->seed,
        .end = config->has_size || config->dedup_ratio > 1 ? object.size : UINT64_C(1) << 63,
        .bytes = bytes,
        .n_bytes = n_bytes,
        .offset = offset,
    };
    dgen_verify_report report = { .checked = n_bytes, .first_bad = n_bytes };
    if (!compare_all(&piece, config->max_threads, &report)) return dgen__fail_canceled(error);
    if (report.bad_bytes && !dgen__diagnose(&piece, &report)) return dgen__fail_canceled(error);
    *out = report;
    return DGEN_OK;
}

void dgen_verify_record(const dgen_verify_report *report, dgen_record *out)
{
    static const char *const classes[] = {
        [DGEN_DAMAGE_BIT_FLIP] = "bit flip",     [DGEN_DAMAGE_ZEROED] = "zeroed",
        [DGEN_DAMAGE_MISPLACED] = "misplaced",   [DGEN_DAMAGE_STALE_SEED] = "stale seed",
        [DGEN_DAMAGE_TRUNCATED] = "truncated",   [DGEN_DAMAGE_UNKNOWN] = "unknown",
    };
    bool ok = report->damage == DGEN_DAMAGE_NONE;
    out->count = 0;
    dgen__record_boolean(out, "ok", ok);
    dgen__record_count(out, "checked", report->checked);
    dgen__record_count(out, "bad_bytes", report->bad_bytes);
    if (ok) return;
    dgen__record_count(out, "first_bad", report->first_bad + 1);
    dgen__record_text(out, "class", classes[report->damage]);
    if (report->damage == DGEN_DAMAGE_MISPLACED) dgen__record_count(out, "from", report->from);
}
