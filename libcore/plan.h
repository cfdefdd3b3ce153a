/* Where each byte of an object comes from: dedup and compression over the stream. See plan.c. */
#ifndef DGEN_PLAN_H
#define DGEN_PLAN_H

#include "core.h"
#include "stream.h"

enum { DGEN_CELL_BYTES = 4096, DGEN_SUB_CELLS_MAX = 8 };

/* The layout of a compressible cell of 4096 bytes; cell_bytes 0: not compressible. Filled by dgen__cell_init (cell.c).
 */
typedef struct dgen_cell {
    uint32_t
        cell_bytes; /* 4096, or the deduplication unit where that is smaller: the bytes that a cell id stands for */
    uint32_t units; /* 4096 / cell_bytes; above 1, unit i is sub-cell i mod units of cell i / units */
    uint32_t sub_cells;
    uint32_t literal_bytes[DGEN_SUB_CELLS_MAX]; /* odd, of each sub-cell */
    uint32_t source_offset[DGEN_SUB_CELLS_MAX]; /* of each sub-cell's literals in the cell's 4096 stream bytes */
    uint32_t skewed;                            /* byte positions of a 64-byte line with a forced bit (0: no skew) */
    const dgen_isa_kernels *isa;
    const dgen_aes_kernels *aes;
    dgen_skew skew[32]; /* by cell mod 32 */
} dgen_cell;

/* A keyed permutation of [0, units) and the folding of its values onto [0, unique); unique == units: none. */
typedef struct dgen_fold {
    uint64_t units, unique;
    uint32_t class_bits;          /* units and ids that agree in these low bits are folded among themselves */
    uint32_t more_rows, more_ids; /* the first so many classes have one unit, one id more than the others' */
    uint64_t rows, ids;           /* of one class */
    uint64_t reciprocal[2];       /* floor((2^64 - 1) / n) of n = ids, ids + 1 */
    dgen_permutation permutation; /* of the rows of a class */
    const dgen_isa_kernels *isa;
} dgen_fold;

typedef struct dgen_plan {
    dgen_stream stream;
    uint64_t size;
    uint64_t unit_bytes; /* a power of two; 0: no dedup */
    dgen_fold fold;
    dgen_cell cell;
} dgen_plan;

/* Makes the plan of a checked config whose seed is set. n_bytes says how much will be asked of it at once. */
void dgen__plan_init(dgen_plan *plan, const dgen_config *config, uint64_t n_bytes);
/* Bytes [offset, offset + n) of the object, on this thread. */
void dgen__plan_fill(const dgen_plan *plan, void *dst, uint64_t n, uint64_t offset, bool streaming);

/* fold.c: the id of a unit, and the copies of an id: each a unit that has it, UINT64_MAX past the last. Units from
   `units` up have the ids from `unique` up. */
void dgen__fold_init(dgen_fold *fold, uint64_t units, uint64_t unique, uint32_t class_bits, uint64_t seed,
                     uint64_t stream);
uint64_t dgen__fold_id(const dgen_fold *fold, uint64_t unit);
/* ids[i] = dgen__fold_id(fold, unit + i). */
void dgen__fold_ids(const dgen_fold *fold, uint64_t unit, uint32_t count, uint64_t *ids);
uint64_t dgen__fold_unit(const dgen_fold *fold, uint64_t id, uint64_t copy);

/* cell.c. scattered: cells do not keep their place in the cycle of 32. */
void dgen__cell_init(dgen_cell *cell, double ratio, dgen_codec codec, uint32_t unit_bytes, bool scattered);
/* Whole cells, 4096 bytes of them at most. */
void dgen__cells_fill(const dgen_cell *cell, const dgen_stream *stream, uint8_t *dst, const uint64_t *ids,
                      uint32_t count, bool streaming);
/* Bytes [offset, offset + n) of cell number id, n <= cell_bytes - offset. */
void dgen__cell_fill(const dgen_cell *cell, const dgen_stream *stream, uint8_t *dst, uint32_t n, uint64_t id,
                     uint32_t offset, bool streaming);

#endif
