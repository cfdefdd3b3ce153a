/* Drawing values: what distributions, samplers and the parts that prepare tables share. */
#ifndef DGEN_RANDOM_H
#define DGEN_RANDOM_H

#include "core.h"
#include "engine.h"
#include "stream.h"

/* A row of distributions.def from the inside. */
typedef struct dgen__distribution {
    const char *name;
    uint8_t key, kind, parameters;
    const char *domains;
    uint32_t cost;
} dgen__distribution;

extern const dgen__distribution dgen__distributions[DGEN_DISTRIBUTION_COUNT];

/* A parameter: a number, or an array that is read where it lies. Integers are exact in `integer`. */
typedef struct dgen__parameter {
    const dgen_array *array; /* NULL: the number */
    int64_t length;          /* of the array; 1 */
    double number, least, most; /* of an array, its least and greatest element */
    int64_t integer;
} dgen__parameter;

/* Everything that value k of a call needs but k: made once by dgen__draws_init, then only read, by many threads. */
typedef struct dgen__draws {
    const dgen__distribution *row;
    dgen_distribution distribution;
    dgen_random_options options; /* with the seed and type in use */
    dgen_dtype dtype, drawn;     /* of the values; of what the kernel makes, which is converted */
    double least, most;          /* integers, ORDER: of the values */
    int method;                  /* DGEN_DRAW_... */
    uint8_t bits[DGEN_DRAW_BITS]; /* a value, of each sub-stream: 8, 16, 32, 64; 0 where none is used */
    dgen_stream stream[DGEN_DRAW_BITS];
    uint64_t side;
    dgen__parameter parameter[DGEN_DRAW_PARAMETERS];
    void *table;          /* of the kernel; freed with dgen__draws_free */
    dgen__engine *engine; /* instead of all this, where another engine is asked for */
} dgen__draws;

/* Sets method, type drawn and bits of the sub-streams. */
static inline void dgen__draws_use(dgen__draws *draws, int method, dgen_dtype drawn, unsigned bits0, unsigned bits1,
                                   unsigned bits2)
{
    draws->method = method;
    draws->drawn = drawn;
    draws->bits[0] = (uint8_t)bits0;
    draws->bits[1] = (uint8_t)bits1;
    draws->bits[2] = (uint8_t)bits2;
}

/* distribution.c: checks options and parameters, and sets row, options, dtype, parameter. `values`: how many will be
   drawn from options.offset on; UINT64_MAX: not known. */
dgen_status dgen__draws_check(dgen__draws *draws, dgen_distribution distribution, const dgen_operand *parameters,
                              const dgen_random_options *options, uint64_t values, dgen_error *error);
/* Checks that the type holds `least` to `most`; the message names `argument`. */
dgen_status dgen__draws_range(const dgen__draws *draws, double least, double most, const char *argument, dgen_error *error);

/* draws.c: all of it, for `values` values. */
dgen_status dgen__draws_init(dgen__draws *draws, dgen_distribution distribution, const dgen_operand *parameters,
                             const dgen_random_options *options, uint64_t values, dgen_error *error);
void dgen__draws_free(dgen__draws *draws);
/* Values [first, first + length of out) into out. */
dgen_status dgen__draws_fill(const dgen__draws *draws, const dgen_array *out, uint64_t first, bool fresh,
                             dgen_error *error);
/* Values [first, first + count) into contiguous memory, by this thread. */
void dgen__draws_values(const dgen__draws *draws, void *out, uint64_t first, uint64_t count);
/* Elements [first, first + count) of parameter `which`, recycled, as double or, of integers, int64_t. */
void dgen__parameter_read(void *out, const dgen__draws *draws, int which, uint64_t first, uint64_t count);
/* The key stream of sub-stream `number` (0 to 3) of the distribution. */
void dgen__draws_stream(dgen_stream *stream, const dgen__draws *draws, unsigned number, bool prepare);

/* counts.c: method, drawn, bits and table of the WHOLE and INDEX distributions. */
dgen_status dgen__prepare_counts(dgen__draws *draws, uint64_t values, dgen_error *error);
/* permutation.c: the values of an ORDER distribution into out, which has the right length. */
dgen_status dgen__order_fill(const dgen__draws *draws, const dgen_array *out, dgen_error *error);
/* rows.c: rows of unit vectors into out, rows x dim, from row options.offset / dim on. */
dgen_status dgen__rows_fill(const dgen__draws *draws, const dgen_array *out, bool fresh, dgen_error *error);

#endif
