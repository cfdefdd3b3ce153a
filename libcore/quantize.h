/* What the files of quantization share. */
#ifndef DGEN_QUANTIZE_H
#define DGEN_QUANTIZE_H

#include "core.h"
#include "cpu.h"
#include "pack.h"

/* A matrix as quantization sees it: rows of the first dimension. */
typedef struct dgen__rows_of {
    int64_t rows, columns; /* elements a row */
    int64_t group, groups; /* elements a scale, scales a row */
    uint64_t row_bytes;    /* of codes */
} dgen__rows_of;

dgen__rows_of dgen__quantized_rows(const dgen_quantized *quantized);

/* Checks an argument that is to be read as floats: open, not NULL, f32, f64, f16 or bf16. */
dgen_status dgen__check_floats(const dgen_array *x, const char *argument, dgen_error *error);
dgen_status dgen__quantize_options_check(const dgen_quantize_options *options, dgen_error *error);

dgen_status dgen__value_bits(int *out, dgen_value value, dgen_error *error);
dgen_status dgen__value_flag(int *out, const char *argument, dgen_value value, dgen_error *error);
dgen_status dgen__value_threads(int *out, dgen_value value, dgen_error *error);

/* Names in the order of their enumerations, NULL at the end. */
extern const char *const dgen__scheme_names[], *const dgen__range_names[], *const dgen__axis_names[];

/* Sets types, shapes and strides of codes, scale and zero from the other fields. */
void dgen__quantized_lay_out(dgen_quantized *quantized, dgen_dtype scale_type);
/* Gives what is laid out its memory: the arrays of `out` that are not released, which must fit, and new ones; all or none. */
dgen_status dgen__quantized_take(dgen_quantized *quantized, const dgen_quantized *out, dgen_error *error);
/* Releases the new ones. */
void dgen__quantized_give_back(dgen_quantized *quantized, const dgen_quantized *out);

/* What kernels want to know. */
dgen_quantizer dgen__quantizer_of(const dgen_quantized *quantized, bool exact);

/* Copies n elements of a group, whose non-finite ones become what the policy says, with the extremes of the finite ones and 0;
   returns how many they are. */
int64_t dgen__replace_nonfinite(float *out, const float *x, int64_t n, dgen_nonfinite policy);
/* Names the first element, in the order of indices, that is no finite number of f32. */
dgen_status dgen__fail_nonfinite(const dgen_array *x, dgen_error *error);
/* Says of which of several layers, from 0, the reason is; that a host has asked to stop is of none. */
dgen_status dgen__fail_layer(dgen_error *error, int64_t i, const dgen_error *reason);
/* Adds what another part of a matrix came to, in an order that is always the same. */
void dgen__deviation_add(dgen_deviation *sum, const dgen_deviation *part);
/* The certificate of `count` elements that came to `sum`; NULL: it was not measured. */
void dgen__certify(dgen_certificate *out, const dgen_deviation *sum, int64_t count, int64_t nonfinite);

/* A tile of a matrix: rows [row, row + rows), columns [column, column + columns). */
typedef struct dgen__tile {
    int64_t row, rows, column, columns;
} dgen__tile;

/* A tile's elements in f32, row by row: where they lie, if they do so in f32, else in `place`, which has room for the tile. *stride:
   from row to row. */
const float *dgen__tile_read(const dgen_array *x, const dgen__tile *tile, void *place, int64_t *stride);
/* True if every tile is read where it lies. */
bool dgen__tile_is_plain(const dgen_array *x);
/* True if the elements of a row follow each other. */
bool dgen__tile_has_rows(const dgen_array *x);
/* Stores a tile, row by row without gaps, in the type of `out`: of f32, but of u8 where `out` is u8. past_cache: where rows or
   columns are contiguous, past the cache; the caller fences at the end. */
void dgen__tile_write(const dgen_array *out, const dgen__tile *tile, const void *values, bool past_cache);

/* Codes from scales and zeros that are given: those of quantized, filled. Adds up the certificate. A NaN or infinity: as options
   say. */
dgen_status dgen__quantize_given(dgen_quantized *quantized, const dgen_array *x, const dgen_quantize_options *options,
                                 dgen_error *error);

/* By ggml's reference: options->rule, into quantized, which is laid out and has memory. */
dgen_status dgen__ggml_quantize(dgen_quantized *quantized, const dgen_array *x, const dgen_quantize_options *options,
                                dgen_error *error);

/* Takes scales that lose least in the place of those of the ranges, for the groups of n finite elements of f32, the last one perhaps
   cut short. */
void dgen__scale_search(float *scale, const uint8_t *zero, const float *x, int64_t n, int64_t group, const dgen_quantizer *quantizer);
/* Scales and zeros of ranges clipped by options->percentile. `place` has room for the patterns of a group. */
enum { DGEN__PATTERN_ROOM = 64 };
static inline uint64_t dgen__search_bytes(int64_t group) { return (uint64_t)group * sizeof(float) + DGEN__PATTERN_ROOM; }
void dgen__percentile_scales(float *scale, uint8_t *zero, const float *x, int64_t n, int64_t group, const dgen_quantize_options *options,
                             const dgen_quantizer *quantizer, void *place);
/* Which candidate to take, by what the kernel has added up. */
float dgen__best_candidate(const float candidate[DGEN_CANDIDATES], const double error[DGEN_CANDIDATES]);

/* The rank, from 1, of the magnitude that clips the range of n elements. */
int64_t dgen__percentile_rank(double percentile, int64_t n);
void dgen__clip_range(float *least, float *most, float limit);
/* Magnitudes are ranked by two histograms. Counts those of n elements: by their upper bits if `upper` is negative, else by the lower
   bits of those that have these upper ones. */
enum { DGEN__HISTOGRAM_BITS = 16 };
void dgen__count_magnitudes(uint64_t *count, const float *x, int64_t n, int upper);
/* The bits in which the magnitude of *rank lies; *rank becomes its rank among those that share them. */
int dgen__bucket_of_rank(const uint64_t *count, int64_t *rank);
float dgen__magnitude_of_buckets(int upper, int lower);

#endif
