/* Tables that whole numbers are drawn by. Each is one block, for free. */
#ifndef DGEN_TABLE_H
#define DGEN_TABLE_H

#include "random.h"

/* A dgen_outcomes of a binomial of size and prob, or with size -1 a Poisson of mean prob. */
dgen_status dgen__outcomes_make(void **out, double size, double prob, dgen_error *error);

/* Up to so many bits of columns, a word of 32 bits has enough others. */
enum { DGEN_NARROW_COLUMNS = 20 };

/* A dgen_aliases of the weights, of 2^*column_bits columns. */
dgen_status dgen__aliases_make(void **out, const dgen__draws *draws, unsigned *column_bits, dgen_error *error);

#endif
