/*
 * Verifying: are these the bytes of this object, and if not, what is wrong with them?
 *
 * Nothing is stored beside the data. Each thread makes a stretch of the object again, in its first-level cache, and
 * compares it with the bytes in hand. Only stretches that differ are looked at byte by byte. The first bad byte is then
 * diagnosed.
 *
 * Reading has to go on while a stretch is made. The CPU reads ahead by itself, but not past the end of a page: so the
 * comparison trails the making by up to a page and always stops in the middle of one, which the CPU then reads to its
 * end. (Prefetching by instruction is slower than either: it has fewer lines under way.)
 */
#include <inttypes.h>

#include "diagnose.h"
#include "threads.h"

/* A stretch is made at once, a task is one call of a thread, a slice is what is done between two polls. */
enum { STRETCH = 4096, RING = 2 * STRETCH, PAGE = 4096, APART = 1024, LINE = 64, TASK = 256 * 1024, TASKS = 128, IDS = 64 };

typedef struct finding {
    uint64_t bad_bytes, first_bad; /* first_bad: in the buffer; UINT64_MAX if none */
} finding;

typedef struct slice {
    const dgen_piece *piece;
    uint64_t first_task; /* tasks are aligned in the object, so that cells and units are seldom cut */
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

/* What makes the object again. Ids of units that a stretch does not exceed are looked up here, many at a time. */
typedef struct maker {
    const dgen_piece *piece;
    uint64_t first, count, end, ids[IDS]; /* ids of units [first, first + count); `end`: no unit from here on is needed */
} maker;

static void make(maker *maker, uint8_t *right, uint64_t n, uint64_t at)
{
    const dgen_plan *plan = maker->piece->plan;
    uint64_t unit_bytes = plan->unit_bytes, step;
    if (unit_bytes < STRETCH) {
        dgen__plan_fill(plan, right, n, at, false);
        return;
    }
    for (; n > 0; n -= step, at += step, right += step) {
        uint64_t unit = at / unit_bytes, within = at % unit_bytes;
        if (unit - maker->first >= maker->count) {
            maker->first = unit;
            maker->count = dgen__least(IDS, maker->end - unit);
            dgen__fold_ids(&plan->fold, unit, (uint32_t)maker->count, maker->ids);
        }
        step = dgen__least(unit_bytes - within, n);
        dgen__plan_fill(maker->piece->unfolded, right, step, maker->ids[unit - maker->first] * unit_bytes + within, false);
    }
}

/* Compares n bytes at bytes[i] with what is right. */
static void compare_stretch(const dgen_piece *piece, uint64_t i, const uint8_t *right, uint64_t n, finding *found)
{
    const uint8_t *bytes = piece->bytes + i;
    if (LIKELY(!memcmp(bytes, right, n))) return;
    if (!found->bad_bytes) found->first_bad = i + first_difference(bytes, right, n);
    found->bad_bytes += dgen__isa()->count_differences(bytes, right, n);
}

/* Compares bytes [begin, end) of the object, which lie in the piece. Byte k of it is made at right[k % RING], which is kept
   apart within a page from where it is read: a load waits for stores just before that have its address modulo PAGE. */
static finding compare(const dgen_piece *piece, uint64_t begin, uint64_t end)
{
    alignas(DGEN_ALIGNMENT) uint8_t memory[RING + PAGE];
    uint64_t made = begin, done = begin, n, unit_bytes = piece->plan->unit_bytes;
    uint64_t page = (uintptr_t)piece->bytes - piece->offset; /* byte k of the object is at page + k, modulo PAGE */
    uint8_t *right = memory + (page + APART - (uintptr_t)memory) % PAGE / LINE * LINE;
    maker maker = { .piece = piece, .end = unit_bytes ? (end - 1) / unit_bytes + 1 : 0 };
    finding found = { 0, UINT64_MAX };
    while (done < end) {
        if (made < end) {
            n = dgen__least(STRETCH - made % STRETCH, end - made);
            make(&maker, right + made % RING, n, made);
            made += n;
        }
        uint64_t trail = made < end ? (page + made - PAGE / 2) % PAGE : 0;
        uint64_t stop = made - done < trail ? done : made - trail;
        for (; done < stop; done += n) {
            n = dgen__least(RING - done % RING, stop - done);
            compare_stretch(piece, done - piece->offset, right + done % RING, n, &found);
        }
    }
    return found;
}

static void compare_task(void *context, uint64_t i)
{
    slice *slice = context;
    const dgen_piece *piece = slice->piece;
    uint64_t begin = (slice->first_task + i) * TASK, end = begin + TASK, last = piece->offset + piece->n_bytes;
    if (begin < piece->offset) begin = piece->offset;
    slice->found[i] = compare(piece, begin, dgen__least(end, last));
}

/* Compares the whole piece; false if canceled. */
static bool compare_all(const dgen_piece *piece, int max_threads, dgen_verify_report *report)
{
    slice slice = { .piece = piece };
    uint64_t end = piece->offset + piece->n_bytes, tasks = end / TASK + (end % TASK != 0), count;
    for (uint64_t task = piece->offset / TASK; task < tasks && piece->n_bytes; task += count) {
        if (dgen__canceled()) return false;
        count = dgen__least(tasks - task, TASKS);
        slice.first_task = task;
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
