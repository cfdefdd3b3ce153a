/* What happened to bytes that are not what they should be. See diagnose.c and locate.c. */
#ifndef DGEN_DIAGNOSE_H
#define DGEN_DIAGNOSE_H

#include "plan.h"

/* A piece of an object as somebody holds it: bytes [offset, offset + n_bytes). */
typedef struct dgen_piece {
    const dgen_plan *plan, *unfolded; /* of the object; of the object without dedup_ratio */
    uint64_t seed;
    uint64_t end; /* bytes of the object; 2^63 if they are not known */
    const uint8_t *bytes;
    uint64_t n_bytes, offset;
} dgen_piece;

/* Sets the class of the damage that starts at bytes[report->first_bad], and `from` where it is misplaced. False if the
   poll hook of this thread asked to stop. */
bool dgen__diagnose(const dgen_piece *piece, dgen_verify_report *report);

/* locate.c: whether the bytes that start at bytes[at], which is bad, belong elsewhere in the object, and where.
   *canceled if the poll hook asked to stop. */
bool dgen__locate(const dgen_piece *piece, uint64_t at, uint64_t *from, bool *canceled);

#endif
