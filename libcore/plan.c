/*
 * Where each byte of an object comes from.
 *
 *     plain                          byte k of the object is byte k of the stream
 *     compress_ratio >= 1.03         the object is cells of 4096 bytes; cell c takes its literals from stream bytes
 *                                    [4096 c, 4096 (c + 1)) (cell.c)
 *     dedup_ratio > 1                the object is units of block_size; fold.c gives unit i an id, and the unit is
 * bytes [id * block_size, (id + 1) * block_size) of the object without dedup_ratio, except that cells are cut in units
 * where block_size < 4096
 *
 * Of the full units, max(1, round(units / dedup_ratio)) are distinct; a last, partial unit is one more.
 */
#include "plan.h"

/* Compressible cells repeat their cycle of forms every 32; a fold keeps them in it. */
enum { CYCLE_BYTES = 32 * DGEN_CELL_BYTES, LEAST_IDS = 2 };

static uint64_t round_quotient(uint64_t n, double divisor)
{
    double quotient = (double)n / divisor;
    uint64_t whole = (uint64_t)quotient;
    return whole + (quotient - (double)whole >= 0.5);
}

/* Enough classes that units keep their place in the cycle of cells; fewer in a small object, so that it scatters too.
 *scattered: too few. */
static uint32_t choose_class_bits(const dgen_config *config, uint64_t unique, bool *scattered)
{
    uint32_t bits = 0;
    if (config->compress_ratio < 1.03) return 0;
    while (config->block_size << bits < CYCLE_BYTES && (uint64_t)LEAST_IDS << (bits + 1) <= unique) bits++;
    *scattered = config->block_size << bits < CYCLE_BYTES;
    return bits;
}

void dgen__plan_init(dgen_plan *plan, const dgen_config *config, uint64_t n_bytes)
{
    dgen__stream_init(&plan->stream, config->seed, config->stream, n_bytes >= DGEN_CELL_BYTES);
    bool dedup = config->dedup_ratio > 1, scattered = false;
    plan->size = config->size;
    plan->unit_bytes = dedup ? config->block_size : 0;
    if (dedup) {
        uint64_t units = config->size / plan->unit_bytes, unique = round_quotient(units, config->dedup_ratio);
        if (unique == 0 && units > 0) unique = 1;
        uint32_t class_bits = choose_class_bits(config, unique, &scattered);
        dgen__fold_init(&plan->fold, units, unique, class_bits, config->seed, config->stream);
    }
    dgen__cell_init(&plan->cell, config->compress_ratio, config->codec, (uint32_t)plan->unit_bytes, scattered);
}

/* Bytes [offset, offset + n) of the object without dedup_ratio. */
static void fill_unfolded(const dgen_plan *plan, uint8_t *dst, uint64_t n, uint64_t offset, bool streaming)
{
    uint32_t cell_bytes = plan->cell.cell_bytes;
    if (cell_bytes == 0) {
        dgen__stream_fill(&plan->stream, dst, n, offset, streaming);
        return;
    }
    uint32_t within = (uint32_t)(offset & (cell_bytes - 1));
    for (uint64_t id = offset >> __builtin_ctz(cell_bytes); n > 0; id++) {
        uint32_t piece = (uint32_t)dgen__least(cell_bytes - within, n);
        dgen__cell_fill(&plan->cell, &plan->stream, dst, piece, id, within, streaming);
        dst += piece;
        n -= piece;
        within = 0;
    }
}

/* The first of `count` whole units, or as many as make up a cell; says how many. */
static uint32_t fill_units(const dgen_plan *plan, uint8_t *dst, const uint64_t *ids, uint32_t count, bool streaming)
{
    const dgen_cell *cell = &plan->cell;
    uint64_t unit_bytes = plan->unit_bytes;
    if (cell->cell_bytes == 0) {
        cell->aes->fill(dst, &plan->stream.key, plan->stream.stream, ids[0] * (unit_bytes / 16), unit_bytes / 16,
                        streaming);
        return 1;
    }
    if (cell->units == 1) {
        fill_unfolded(plan, dst, unit_bytes, ids[0] * unit_bytes, streaming);
        return 1;
    }
    if (count > cell->units) count = cell->units;
    dgen__cells_fill(cell, &plan->stream, dst, ids, count, streaming);
    return count;
}

static void fill_folded(const dgen_plan *plan, uint8_t *dst, uint64_t n, uint64_t offset, bool streaming)
{
    enum { BATCH = 64 };
    uint64_t ids[BATCH], unit_bytes = plan->unit_bytes, unit = offset / unit_bytes, within = offset % unit_bytes;
    if (within) {
        uint64_t head = dgen__least(unit_bytes - within, n);
        fill_unfolded(plan, dst, head, dgen__fold_id(&plan->fold, unit++) * unit_bytes + within, streaming);
        dst += head;
        n -= head;
    }
    while (n >= unit_bytes) {
        uint32_t count = (uint32_t)dgen__least(BATCH, n / unit_bytes);
        dgen__fold_ids(&plan->fold, unit, count, ids);
        for (uint32_t i = 0, done; i < count; i += done, dst += done * unit_bytes)
            done = fill_units(plan, dst, ids + i, count - i, streaming);
        unit += count;
        n -= count * unit_bytes;
    }
    if (n) fill_unfolded(plan, dst, n, dgen__fold_id(&plan->fold, unit) * unit_bytes, streaming);
}

void dgen__plan_fill(const dgen_plan *plan, void *dst, uint64_t n, uint64_t offset, bool streaming)
{
    if (plan->unit_bytes == 0)
        fill_unfolded(plan, dst, n, offset, streaming);
    else
        fill_folded(plan, dst, n, offset, streaming);
    if (streaming) __atomic_thread_fence(__ATOMIC_SEQ_CST); /* on x86 it orders stores past the cache, too */
}
