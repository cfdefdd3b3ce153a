/*
 * What the files of the R binding share.
 *
 * The binding converts, calls the core, converts back. Two rules shape it. An error in R is a longjmp, so whatever owns
 * memory hangs on an external pointer with a finalizer before anything can raise; and the core answers with a status,
 * which is raised here, by the package's own R function, with the core's own message once the core has returned.
 *
 *   r_convert.c    values, options, records, errors
 *   r_altrep.c     arrays as R's own raw, integer and double vectors, and their pressure on R's collector
 *   r_array.c      dgen_buffer and dgen_array: elements, views, conversion
 *   r_bytes.c      generate, fill, verify, describe
 *   r_generator.c  the streaming generator
 *   r_operation.c  the operations of the registry
 *   r_random.c     the distributions of the registry, samplers
 *   r_rng.c        R's own random numbers from the stream
 *   r_quantize.c   quantization, alone and of many layers, and layouts of other programs
 *   r_activation.c tables of activations, equalization of channels, bits for layers
 *   r_arrow.c      the Arrow C data interface
 *   r_init.c       the machine, interrupts, and the table of entry points
 */
#ifndef DGEN_R_H
#define DGEN_R_H

#define R_NO_REMAP
#include <R.h>
#include <Rinternals.h>
#include <R_ext/Rdynload.h>

#include "dgen.h"

/* ------------------------------------------------------------------------------------------ errors and conversion */

/* Raises the core's error as an R condition, or R's interrupt if that is what cancelled the call. */
_Noreturn void dgen_r_raise(const dgen_error *error);
_Noreturn void dgen_r_raise_type(const char *argument, const char *legal);
_Noreturn void dgen_r_raise_closed(const char *argument);

/* A scalar of R, for the core to check. */
dgen_value dgen_r_value(SEXP x);
uint64_t dgen_r_check_whole(SEXP x, const char *argument, uint64_t minimum, uint64_t maximum);
/* A named list of options, NULL meaning absent, as a config. */
void dgen_r_check_config(dgen_config *config, SEXP options);
dgen_dtype dgen_r_check_dtype(SEXP type);
/* One string. */
const char *dgen_r_check_text(SEXP x, const char *argument);
/* A report as a named list. */
SEXP dgen_r_list(const dgen_record *record);
SEXP dgen_r_count(uint64_t count);
/* The element called `name` of a list, NULL of R if it has none. */
SEXP dgen_r_field(SEXP list, const char *name);
/* The number of threads that an argument asks for, 0 for NULL. */
int dgen_r_check_threads(SEXP max_threads);

/* What a progress function of R needs, and whether it asked to stop. */
typedef struct dgen_r_report {
    SEXP function;
    double done, total;
    int stop;
} dgen_r_report;
/* A dgen_progress that calls it; its context is a report. */
int dgen_r_progress(void *context, uint64_t done, uint64_t total);

/* --------------------------------------------------------------------------------------------------------- handles
   An external pointer to a heap dgen_array: what every array of the package hangs on. */

/* A closed handle for the core to fill in; the collector owns it from here on. `array` gets its address. */
SEXP dgen_r_handle(dgen_array **array);
/* The array of a dgen_buffer. */
dgen_array *dgen_r_check_buffer(SEXP x, const char *argument);
/* Releases the memory now. */
void dgen_r_handle_close(SEXP handle);

/* The handle's array as an R vector: raw, integer and double are R's own, other types a dgen_array. */
SEXP dgen_r_wrap(SEXP handle);
/* The handle under an R vector of this package; NULL under any other. */
SEXP dgen_r_handle_of(SEXP x);
/* True of a dgen_buffer and of what is a view of one. */
int dgen_r_is_buffer(SEXP x);
/* The memory of a vector, a dgen_array or a dgen_buffer, in place. */
dgen_array dgen_r_check_array(SEXP x, const char *argument);
/* True of what an operand may be: raw, logical, integer and double vectors, dgen_arrays, buffers; not of factors. */
int dgen_r_is_array(SEXP x);
/* The memory of such an operand, the first of a list. NA of integers and logicals becomes NA of doubles: the list then holds
   those, so that they live as long as it. Gives what it holds. */
SEXP dgen_r_read_array(dgen_array *array, SEXP cell, const char *argument);
/* The memory of `out`, which may be written in place. */
dgen_array dgen_r_check_out(SEXP x);
/* Marks a vector as type and shape of `array`, which lies in its bytes. */
void dgen_r_mark(SEXP x, const dgen_array *array);
/* Copies the elements at the 1-based `index`; `missing` stands for NA and for what lies beyond the end. */
void dgen_r_gather(void *out, const dgen_array *array, SEXP index, const void *missing);

/* So few bytes are an ordinary vector of R: a handle with its finalizer would cost more than they do. */
#define DGEN_R_SMALL 4096
/* Collects garbage where dead arrays are worth it before n_bytes are asked for. Call it with everything protected. */
void dgen_r_make_room(uint64_t n_bytes);
/* Nonzero, after a full collection, if `status` is the first failure for want of memory: worth one more try. */
int dgen_r_retry(dgen_status status, int *tried);
/* A new vector of R's own for a small result, and the array that lies in it. */
SEXP dgen_r_small(dgen_array *array, dgen_dtype dtype, int ndim, const int64_t *shape);
/* An array that the core has made, as an R vector, which owns it from here on. If this raises, the array may still be the
   caller's: it is for where a cleanup releases what is left, as give_array has one. */
SEXP dgen_r_give(dgen_array *array);
SEXP dgen_r_give_array(dgen_array *array);
/* A new, uninitialised array under a new handle. */
SEXP dgen_r_array(dgen_array **array, dgen_dtype dtype, int ndim, const int64_t *shape);

/* ---------------------------------------------------------------------------------------------------- quantization */

/* The memory of an argument that is to be an array, in place; its type is for the core to check. */
dgen_array dgen_r_check_input(SEXP x, const char *argument);
/* Options of dgen_quantize: a list of arguments with names, NULL meaning absent. */
void dgen_r_check_quantize_options(dgen_quantize_options *options, SEXP arguments);
/* A dgen_quantized as the core has it, its arrays in place. */
dgen_quantized dgen_r_check_quantized(SEXP q);
/* And what the core has made, which is the list's from here on, or released. */
SEXP dgen_r_give_quantized(dgen_quantized *quantized);
/* The memory of a list's arrays, in place. */
dgen_array *dgen_r_check_layers(SEXP layers);
/* Keeps the memory of buffers for as long as the core works: a hook may run R code, which may close them. */
void dgen_r_keep(dgen_array *arrays, R_xlen_t count);
void dgen_r_let_go(dgen_array *arrays, R_xlen_t count);
/* A list's class. */
void dgen_r_set_class(SEXP list, const char *name);
/* An array of the list that is the argument `owner`, in place. */
dgen_array dgen_r_check_part(SEXP list, const char *owner, const char *name);

/* ------------------------------------------------------------------------------------------------------- the parts */

void dgen_r_altrep_init(DllInfo *dll);
/* True, once, if R's interrupt cancelled the last call; take_interrupt says that one did, outside the poll. */
int dgen_r_interrupted(void);
void dgen_r_take_interrupt(void);

/* What R code calls by .Call, as C_<name>: each is a function dgen_r_<name> of so many SEXP. */
#define DGEN_R_ENTRIES(ENTRY)                                                                             \
    ENTRY(generate, 1) ENTRY(fill, 2) ENTRY(verify, 2) ENTRY(describe, 2)                                 \
    ENTRY(generator, 1) ENTRY(generator_fill, 2) ENTRY(generator_next, 2) ENTRY(generator_write_file, 3)  \
    ENTRY(generator_seek, 2) ENTRY(generator_reset, 1) ENTRY(generator_set_seed, 2)                       \
    ENTRY(generator_position, 1) ENTRY(generator_done, 1) ENTRY(generator_fields, 1)                      \
    ENTRY(generator_show, 1) ENTRY(generator_close, 1)                                                    \
    ENTRY(buffer, 1) ENTRY(buffers, 2) ENTRY(buffer_close, 1)                                             \
    ENTRY(length, 1) ENTRY(get, 2) ENTRY(get_value, 2) ENTRY(set, 3) ENTRY(show, 1)                       \
    ENTRY(convert, 2) ENTRY(view, 2) ENTRY(copy, 1) ENTRY(operations, 0)                                  \
    ENTRY(distributions, 0) ENTRY(normalize_rows, 3) ENTRY(rng_stream, 2)                                 \
    ENTRY(sampler_fill, 2) ENTRY(sampler_next, 2) ENTRY(sampler_position, 1) ENTRY(sampler_seek, 2)       \
    ENTRY(sampler_reset, 1) ENTRY(sampler_fields, 1) ENTRY(sampler_show, 1) ENTRY(sampler_close, 1)       \
    ENTRY(dequantize, 4) ENTRY(unpack, 2) ENTRY(repack, 2) ENTRY(quantized_show, 1) ENTRY(equalize, 5)    \
    ENTRY(arrow_export, 3) ENTRY(arrow_import, 2)                                                         \
    ENTRY(system_info, 0) ENTRY(threads, 1) ENTRY(version, 0) ENTRY(pool_trim, 0) ENTRY(pool_cap, 1)

#define DGEN_R_ARGUMENTS_0 void
#define DGEN_R_ARGUMENTS_1 SEXP
#define DGEN_R_ARGUMENTS_2 SEXP, SEXP
#define DGEN_R_ARGUMENTS_3 SEXP, SEXP, SEXP
#define DGEN_R_ARGUMENTS_4 SEXP, SEXP, SEXP, SEXP
#define DGEN_R_ARGUMENTS_5 SEXP, SEXP, SEXP, SEXP, SEXP
#define DGEN_R_PROTOTYPE(name, arguments) SEXP dgen_r_##name(DGEN_R_ARGUMENTS_##arguments);
DGEN_R_ENTRIES(DGEN_R_PROTOTYPE)
/* By .External, with as many arguments as the row has: the row's number, its arguments, options by name. */
SEXP dgen_r_operation(SEXP arguments);
SEXP dgen_r_random(SEXP arguments);
/* By .External: the distribution's name, parameters and options by name. */
SEXP dgen_r_sampler(SEXP arguments);
/* By .External: x (dgen_quantize_batch: layers, bits, the progress function; dgen_activation_table: stats;
   dgen_quantize_activations: x, t, table; dgen_choose_bits: layers, names, budget, rules, the progress function), then options
   by name. */
SEXP dgen_r_quantize(SEXP arguments);
SEXP dgen_r_quantize_batch(SEXP arguments);
SEXP dgen_r_activation_table(SEXP arguments);
SEXP dgen_r_quantize_activations(SEXP arguments);
SEXP dgen_r_choose_bits(SEXP arguments);

#endif
