/*
 * Diagnosis: the class of the first bad run.
 *
 * The run goes from the first bad byte to the last one before 4 KiB that are right, and is looked at for 64 KiB at
 * most. The classes are tried in this order, from the one that says most about the bytes to the one that says least:
 *
 * - bit flip: at most 8 bits of the run differ, all in one 512-byte sector of the object;
 * - truncated: all bytes from the first bad one to the object's end are zero, and the buffer reaches that end;
 * - zeroed: all bad bytes of the run are zero;
 * - stale seed: the run starts as the same place does under a seed at most 1024 away, such as the one before;
 * - misplaced: the run starts with bytes that belong elsewhere in the object (locate.c);
 * - unknown: none of these.
 */
#include "diagnose.h"
#include "threads.h"

enum { SECTOR = 512, RIGHT_BYTES = 4096, RUN_BYTES = 65536, FLIPPED_BITS = 8, SEEDS = 1024 };

/* Fewer bytes of another seed than the least could be chance; the most are as many as settle it. */
enum { STALE_LEAST = 8, STALE_MOST = 64 };

typedef struct run {
    uint64_t last; /* the last bad byte, in the buffer */
    uint64_t bits; /* how many bits are wrong */
    bool zeros;    /* every bad byte is zero */
} run;

static run survey(const dgen_piece *piece, uint64_t first)
{
    uint8_t right[SECTOR];
    run run = { .last = first, .zeros = true };
    uint64_t end = dgen__least(piece->n_bytes, first + RUN_BYTES), n;
    for (uint64_t at = first; at < end && at - run.last <= RIGHT_BYTES; at += n) {
        const uint8_t *bytes = piece->bytes + at;
        n = dgen__least(SECTOR, end - at);
        dgen__plan_fill(piece->plan, right, n, piece->offset + at, false);
        for (uint64_t i = 0; i < n; i++) {
            if (bytes[i] == right[i]) continue;
            run.last = at + i;
            run.bits += (uint64_t)__builtin_popcount(bytes[i] ^ right[i]);
            run.zeros &= !bytes[i];
        }
    }
    return run;
}

/* Whether all n bytes are zero; *canceled if asked to stop meanwhile. */
static bool all_zero(const uint8_t *bytes, uint64_t n, bool *canceled)
{
    uint64_t step;
    for (uint64_t at = 0; at < n; at += step) {
        step = dgen__least(n - at, 32 * MIB);
        if (bytes[at] || memcmp(bytes + at, bytes + at + 1, step - 1)) return false;
        if ((*canceled = dgen__canceled())) return false;
    }
    return true;
}

/* Whether the n bytes at bytes[first] are those of this place under another seed near this one. */
static bool stale(const dgen_piece *piece, uint64_t seed, uint64_t first, uint64_t n)
{
    dgen_plan other = *piece->plan;
    const dgen_fold *fold = &piece->plan->fold;
    uint8_t bytes[STALE_MOST];
    n = dgen__least(n, STALE_MOST);
    if (n < STALE_LEAST) return false;
    for (int i = 0; i < 2 * SEEDS; i++) {
        uint64_t near = i % 2 ? seed + (uint64_t)(i / 2 + 1) : seed - (uint64_t)(i / 2 + 1);
        dgen__stream_init(&other.stream, near, other.stream.stream, false);
        if (other.unit_bytes)
            dgen__fold_init(&other.fold, fold->units, fold->unique, fold->class_bits, near, other.stream.stream);
        dgen__plan_fill(&other, bytes, n, piece->offset + first, false);
        if (!memcmp(bytes, piece->bytes + first, n)) return true;
    }
    return false;
}

bool dgen__diagnose(const dgen_piece *piece, dgen_verify_report *report)
{
    uint64_t first = report->first_bad;
    run run = survey(piece, first);
    bool one_sector = (piece->offset + first) / SECTOR == (piece->offset + run.last) / SECTOR;
    bool to_the_end = piece->offset + piece->n_bytes == piece->plan->size, canceled = false;
    if (one_sector && run.bits <= FLIPPED_BITS) report->damage = DGEN_DAMAGE_BIT_FLIP;
    else if (run.zeros && to_the_end && all_zero(piece->bytes + first, piece->n_bytes - first, &canceled))
        report->damage = DGEN_DAMAGE_TRUNCATED;
    else if (run.zeros) report->damage = DGEN_DAMAGE_ZEROED;
    else if (stale(piece, piece->seed, first, run.last + 1 - first)) report->damage = DGEN_DAMAGE_STALE_SEED;
    else if (dgen__locate(piece, first, &report->from, &canceled)) report->damage = DGEN_DAMAGE_MISPLACED;
    else report->damage = DGEN_DAMAGE_UNKNOWN;
    return !canceled;
}
