/*
 * Locating: where in the object do these bytes belong?
 *
 * The stream is a permutation of (block number, stream), so 16 bytes that are a block of it, inverted, tell their own
 * number, however far they were moved; bytes that are none invert to some other stream, of 2^64. So every window of 16
 * bytes near the first bad one is inverted: one of them is a whole block, whatever number of bytes the data slid by.
 *
 * - In a deduplicated object a block's number leads to a unit's id, and the fold's inverse to the units that have it.
 * - In a compressible object it leads to a cell; where in its cell the window lies is found by making the cell again.
 * - Where literals are skewed (see cell.c), up to 24 bits of a block were overwritten. A window that has the forced
 *   bits of some cell number (mod 32) in their places is inverted with every value that those bits may have had.
 *   Windows that are no literals seldom have them: k bits pass once in 2^k and then cost 2^k inversions, about one each
 *   in the mean.
 *
 * A place counts once the object, made again there, agrees with the bytes from the first bad one through the window.
 */
#include "diagnose.h"
#include "threads.h"

enum {
    BLOCK = 16,
    LINE = 64,        /* bytes of a row of skew */
    VARIANTS = 32,    /* cell numbers with skews of their own */
    AGREE_MOST = 8192, /* bytes compared to choose among places */
    REACH_PLAIN = 32, REACH_CELL = 192, /* windows tried past the first bad byte: enough for a whole block or line */
    FORCED_MOST = 32,
    COPIES_MOST = 1024, /* of a unit */
    FEW = 64,
    BATCH = 256
};
static const uint64_t inversions_most = UINT64_C(1) << 27, inversions_unasked = 1 << 16;

typedef struct search {
    const dgen_piece *piece;
    uint64_t at;         /* the first bad byte */
    uint64_t window;     /* the window in hand */
    uint64_t inversions; /* done so far */
    uint64_t agree, from; /* the best place: how many bytes from `at` agree with the object from `from` */
    uint64_t ask_at;      /* inversions after which the poll hook is asked again */
    bool canceled;
} search;

/* How many bytes from `at` agree with the object from `from`: looked at by whole cells once the first few do. */
static uint64_t agreeing(const search *search, uint64_t from)
{
    const dgen_piece *piece = search->piece;
    uint64_t most = dgen__least(piece->n_bytes - search->at, dgen__least(piece->end - from, AGREE_MOST)), n = 0;
    const uint8_t *bytes = piece->bytes + search->at;
    uint8_t right[DGEN_CELL_BYTES];
    while (n < most) {
        uint64_t step = n == 0 ? FEW : DGEN_CELL_BYTES - (from + n) % DGEN_CELL_BYTES, i = 0;
        step = dgen__least(step, most - n);
        dgen__plan_fill(piece->plan, right, step, from + n, false);
        while (i < step && right[i] == bytes[n + i]) i++;
        n += i;
        if (i < step) break;
    }
    return n;
}

static uint64_t distance(uint64_t a, uint64_t b) { return a < b ? b - a : a - b; }

/* Whether bytes are likelier to come from a than from b, both agreeing: moves by whole sectors, then short ones. */
static bool likelier(const search *search, uint64_t a, uint64_t b)
{
    uint64_t here = search->piece->offset + search->at;
    bool a_whole = (a - here) % 512 == 0, b_whole = (b - here) % 512 == 0;
    return a_whole != b_whole ? a_whole : distance(a, here) < distance(b, here);
}

/* Weighs the place where the window belongs at byte `place` of the object. */
static void weigh(search *search, uint64_t place)
{
    uint64_t lead = search->window - search->at, from = place - lead; /* both wrap: the window may begin before `at` */
    if (from >= search->piece->end || place >= search->piece->end) return;
    uint64_t agree = agreeing(search, from);
    if (agree == 0 || agree < lead + BLOCK) return;
    if (agree > search->agree || (agree == search->agree && likelier(search, from, search->from))) {
        search->agree = agree;
        search->from = from;
    }
}

/* Weighs the places of byte `position` of the object before dedup: all units that have its id, within reason. */
static void weigh_unfolded(search *search, uint64_t position)
{
    const dgen_plan *plan = search->piece->plan;
    if (!plan->unit_bytes) {
        weigh(search, position);
        return;
    }
    uint64_t id = position / plan->unit_bytes, within = position % plan->unit_bytes, unit;
    if (id > plan->fold.unique) return; /* a last, partial unit has the id next to the last */
    for (uint64_t copy = 0; copy < COPIES_MOST; copy++) {
        if ((unit = dgen__fold_unit(&plan->fold, id, copy)) == UINT64_MAX) return;
        weigh(search, unit * plan->unit_bytes + within);
    }
}

/* Weighs the places of a window whose block has this number. */
static void weigh_block(search *search, uint64_t number)
{
    const dgen_plan *plan = search->piece->plan;
    const dgen_cell *cell = &plan->cell;
    if (number >= UINT64_C(1) << 59) return;
    if (!cell->cell_bytes) {
        weigh_unfolded(search, number * BLOCK);
        return;
    }
    uint8_t right[DGEN_CELL_BYTES];
    const uint8_t *bytes = search->piece->bytes + search->window;
    uint64_t id = number * BLOCK / cell->cell_bytes;
    dgen__cell_fill(cell, &plan->stream, right, cell->cell_bytes, id, 0, false);
    for (uint32_t i = 0; i + BLOCK <= cell->cell_bytes; i++)
        if (!memcmp(right + i, bytes, BLOCK)) weigh_unfolded(search, id * cell->cell_bytes + i);
}

/* Inverts blocks that the window might be, and weighs those of this stream. */
static void invert(search *search, uint8_t *blocks, uint64_t count)
{
    const dgen_stream *stream = &search->piece->plan->stream;
    dgen__stream_invert(stream, blocks, count);
    for (uint64_t i = 0; i < count; i++, blocks += BLOCK)
        if (UNLIKELY(dgen__load64(blocks + 8) == stream->stream)) weigh_block(search, dgen__load64(blocks));
}

/* Lists the bits of a block that a skew forces, as masks of its two words. Says how many. */
static uint32_t list_forced(uint64_t masks[FORCED_MOST][2], const uint8_t *keep, const uint8_t *force)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < 8 * BLOCK && bits < FORCED_MOST; i++) {
        uint8_t mask[BLOCK] = { 0 };
        mask[i / 8] = (uint8_t)(1 << i % 8);
        if (!((~keep[i / 8] | force[i / 8]) & mask[i / 8])) continue;
        memcpy(masks[bits++], mask, BLOCK);
    }
    return bits;
}

/* Whether to go on looking; now and then that is the poll hook's to say. */
static bool unfinished(search *search)
{
    if (search->inversions >= search->ask_at) {
        search->ask_at = search->inversions + inversions_unasked;
        search->canceled = dgen__canceled();
    }
    return !search->agree && !search->canceled && search->inversions < inversions_most;
}

/* Inverts the window with every value that the bits which variant and place in the line force may have had. */
static void invert_skewed(search *search, uint32_t variant, uint32_t place)
{
    const dgen_skew *skew = &search->piece->plan->cell.skew[variant];
    uint64_t masks[FORCED_MOST][2], word[2], blocks[BATCH][2], count;
    uint64_t combinations = UINT64_C(1) << list_forced(masks, skew->keep + place, skew->force + place);
    memcpy(word, search->piece->bytes + search->window, BLOCK);
    for (uint64_t done = 0; done < combinations && unfinished(search);) {
        for (count = 0; count < BATCH && done < combinations; count++) {
            blocks[count][0] = word[0];
            blocks[count][1] = word[1];
            if (++done == combinations) continue;
            int change = __builtin_ctzll(done); /* a Gray code: from each combination to the next, one bit changes */
            word[0] ^= masks[change][0];
            word[1] ^= masks[change][1];
        }
        search->inversions += count;
        invert(search, (uint8_t *)blocks, count);
    }
}

/* Whether the bytes of the window, and of the rest of its line, have the bits that variant and place force. */
static bool skewed_so(const search *search, uint32_t variant, uint32_t place)
{
    const dgen_cell *cell = &search->piece->plan->cell;
    const uint8_t *bytes = search->piece->bytes + search->window;
    uint64_t end = dgen__least(LINE, cell->literal_bytes[cell->sub_cells - 1]);
    if (end < place + BLOCK || end - place > search->piece->n_bytes - search->window) return false;
    for (uint32_t i = place; i < end; i++) {
        uint8_t keep = cell->skew[variant].keep[i], force = cell->skew[variant].force[i];
        if (bytes[i - place] & (uint8_t)~keep & (uint8_t)~force) return false;
        if ((bytes[i - place] & force) != force) return false;
    }
    return true;
}

/* Whether a variant with a lower number, or a lower place, forces the same bits. */
static bool tried(const dgen_cell *cell, uint32_t variant, uint32_t place)
{
    for (uint32_t v = 0; v < variant; v++)
        if (!memcmp(&cell->skew[v], &cell->skew[variant], sizeof(dgen_skew)))
            return true;
    for (uint32_t p = 0; p < place; p += BLOCK)
        if (!memcmp(cell->skew[variant].keep + p, cell->skew[variant].keep + place, BLOCK)
            && !memcmp(cell->skew[variant].force + p, cell->skew[variant].force + place, BLOCK))
            return true;
    return false;
}

/* Tries every window as every block of a line, lines that lie as in the object first. */
static void search_skewed(search *search, uint64_t first, uint64_t last)
{
    const dgen_cell *cell = &search->piece->plan->cell;
    for (uint32_t place = 0; place < LINE; place += BLOCK)
        for (uint32_t phase = 0; phase < LINE; phase++) {
            uint64_t begin = first + (phase - search->piece->offset - first - place) % LINE;
            for (search->window = begin; search->window <= last; search->window += LINE)
                for (uint32_t variant = 0; variant < VARIANTS; variant++) {
                    if (!skewed_so(search, variant, place) || tried(cell, variant, place)) continue;
                    invert_skewed(search, variant, place);
                    if (search->agree || search->canceled) return;
                }
        }
}

bool dgen__locate(const dgen_piece *piece, uint64_t at, uint64_t *from, bool *canceled)
{
    const dgen_cell *cell = &piece->plan->cell;
    search search = { .piece = piece, .at = at };
    if (piece->n_bytes < BLOCK) return false;
    uint64_t first = at < BLOCK ? 0 : at - BLOCK + 1;
    uint64_t last = dgen__least(piece->n_bytes - BLOCK, at + (cell->cell_bytes ? REACH_CELL : REACH_PLAIN));
    if (cell->skewed) search_skewed(&search, first, last);
    else
        for (search.window = first; search.window <= last && !search.agree; search.window++) {
            uint8_t block[BLOCK];
            memcpy(block, piece->bytes + search.window, BLOCK);
            invert(&search, block, 1);
        }
    *from = search.from;
    *canceled = search.canceled;
    return search.agree > 0;
}
