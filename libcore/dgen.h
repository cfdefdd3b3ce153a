/*
 * dgen: synthetic data at the speed of memory.
 *
 * This is the only header a host, a benchmark or a test includes. It is in the order a newcomer needs it: status and
 * errors, options, arrays, bytes in one call, the streaming generator, checking, vector operations, random values,
 * quantization, then memory, threads and the machine.
 *
 * Conventions. Every function that can fail returns a dgen_status and takes a nullable dgen_error last; on failure its
 * outputs are untouched and nothing has leaked. The core never prints, aborts, exits, or calls back into a host except
 * through the hooks below, on the calling thread. Sizes called bytes are bytes, else elements. Offsets are 0-based.
 * Functions are safe to call from several threads at once unless said; one object must not be shared without a lock.
 */
#ifndef DGEN_H
#define DGEN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DGEN_VERSION "0.1.0"
#define DGEN_FORMAT 1 /* the stream's format: bytes of one format never change */

#if defined(__GNUC__)
#define DGEN_API __attribute__((visibility("default")))
#define DGEN_CHECKED __attribute__((visibility("default"), warn_unused_result))
#else
#define DGEN_API
#define DGEN_CHECKED
#endif

/* ---------------------------------------------------------------------------------------------- status and errors */

typedef enum dgen_status {
    DGEN_OK,
    DGEN_EINVAL,      /* an argument is out of its legal range */
    DGEN_ETYPE,       /* an argument is of the wrong type */
    DGEN_ENOMEM,      /* memory could not be had */
    DGEN_EIO,         /* the operating system refused a read or a write */
    DGEN_ECLOSED,     /* the object was closed */
    DGEN_EEND,        /* the generator is at its end */
    DGEN_ECANCELED,   /* a poll or progress hook asked to stop */
    DGEN_EUNSUPPORTED /* this build or machine cannot do it */
} dgen_status;

/* What went wrong. `argument` is the name of the argument at fault, or empty; `message` names it too, with what is
   legal, and is the text every host shows. */
typedef struct dgen_error {
    dgen_status code;
    char argument[32];
    char message[476];
} dgen_error;

/* A status's name, such as "invalid argument". Static; never NULL. */
DGEN_API const char *dgen_status_name(dgen_status status);

/* Fills `error` for a closed object, so that the hosts say it alike: "<argument> is closed". Returns DGEN_ECLOSED. */
DGEN_API dgen_status dgen_error_closed(const char *argument, dgen_error *error);

/* Fills `error` for an argument of the wrong type: "<argument> must be <legal>". Returns DGEN_ETYPE. */
DGEN_API dgen_status dgen_error_type(const char *argument, const char *legal, dgen_error *error);

/* ------------------------------------------------------------------------------------------------ values and records
   How a host's numbers and texts reach the core to be checked once, and how reports travel back. */

typedef enum dgen_value_kind {
    DGEN_VALUE_OTHER,   /* anything the core has no use for; always an error where a value is wanted */
    DGEN_VALUE_NUMBER,  /* number */
    DGEN_VALUE_INTEGER, /* integer: a signed 64-bit integer of the host */
    DGEN_VALUE_COUNT,   /* count: an unsigned 64-bit integer */
    DGEN_VALUE_BOOLEAN, /* integer: 0 or 1 */
    DGEN_VALUE_TEXT,    /* text: NUL-terminated, borrowed */
    DGEN_VALUE_WORDS    /* text: several words apart by one space; a list of strings to the host */
} dgen_value_kind;

typedef struct dgen_value {
    dgen_value_kind kind;
    double number;
    int64_t integer;
    uint64_t count;
    const char *text;
} dgen_value;

typedef struct dgen_field {
    const char *name; /* static */
    dgen_value value; /* its text, if any, is static or lies in the record's `text` */
} dgen_field;

/* A report as named fields, in the order to show them: hosts turn it into a table, list or struct in one loop. */
typedef struct dgen_record {
    int count;
    dgen_field fields[24];
    char text[1024];
} dgen_record;

/* Reads a whole number between `minimum` and `maximum` into *out. Numbers with a fraction, NaN, infinities, negative
   values and other types are errors that name `argument` and the range. Texts "0x..." and decimal texts are accepted
   where `text_allowed` is nonzero. */
DGEN_CHECKED dgen_status dgen_value_whole(uint64_t *out, const char *argument, dgen_value value, uint64_t minimum,
                                          uint64_t maximum, int text_allowed, dgen_error *error);

/* --------------------------------------------------------------------------------------------------------- options */

typedef enum dgen_codec { DGEN_CODEC_ANY, DGEN_CODEC_LZ4, DGEN_CODEC_ZSTD, DGEN_CODEC_LZ4_ZSTD, DGEN_CODEC_ZLIB } dgen_codec;
typedef enum dgen_numa_mode { DGEN_NUMA_AUTO, DGEN_NUMA_FORCE, DGEN_NUMA_DISABLED } dgen_numa_mode;

/* What to generate. Initialise with dgen_config_init, then set fields, or set by name with dgen_config_set. The bytes
   depend on size (only where dedup_ratio > 1), seed, stream, dedup_ratio, compress_ratio, block_size and codec; on
   nothing else. */
typedef struct dgen_config {
    size_t sizeof_config;  /* set by dgen_config_init: lets the struct grow */
    uint64_t size;         /* bytes of the whole object: 0 to 2^63 */
    uint64_t seed;         /* any; read only if has_seed, else a fresh one is drawn from the operating system */
    uint64_t stream;       /* numbers independent streams of one seed: ranks, files, workers */
    uint64_t offset;       /* where in the object to start: 0 to size */
    double dedup_ratio;    /* 1 to 1e6: units of the object / distinct units */
    double compress_ratio; /* 1 to 25: every aligned block of 4 KiB to 1 MiB compresses by at least this */
    uint64_t block_size;   /* the unit of dedup_ratio in bytes: a power of two, 512 to 16 MiB */
    uint64_t chunk_size;   /* bytes a streaming step: 1 to 2^40 */
    dgen_codec codec;      /* which compressors compress_ratio is held for */
    dgen_numa_mode numa_mode;
    int numa_node;   /* -1, or the node to place memory on */
    int max_threads; /* 0: dgen_threads_get() */
    int has_size, has_seed;
} dgen_config;

/* Defaults: size 0, stream 0, ratios 1, block_size 65536, chunk_size 32 MiB, codec any, numa_mode auto. */
DGEN_API void dgen_config_init(dgen_config *config);

/* Sets the option called `name`. An unknown option, a wrong type or an illegal value is an error that names it. */
DGEN_CHECKED dgen_status dgen_config_set(dgen_config *config, const char *name, dgen_value value, dgen_error *error);

/* Checks every field, as each entry point does before it acts. */
DGEN_CHECKED dgen_status dgen_config_check(const dgen_config *config, dgen_error *error);

/* The options as fields, by the names that dgen_config_set takes; seed and stream above 2^53 as "0x..." text. */
DGEN_API void dgen_config_record(const dgen_config *config, dgen_record *out);

/* A 53-bit seed from the operating system: exact as a number in every host. */
DGEN_API uint64_t dgen_fresh_seed(void);

/* -------------------------------------------------------------------------------------------------- element types */

typedef enum dgen_dtype {
    DGEN_U8, DGEN_I8, DGEN_I16, DGEN_U16, DGEN_I32, DGEN_U32, DGEN_I64, DGEN_F16, DGEN_BF16, DGEN_F32, DGEN_F64,
    DGEN_DTYPE_COUNT
} dgen_dtype;

/* "u8", "i8", ... ; NULL if out of range. */
DGEN_API const char *dgen_dtype_name(dgen_dtype dtype);
/* Bytes an element. */
DGEN_API size_t dgen_dtype_bytes(dgen_dtype dtype);
/* The type called `name` ("single" and "double" are accepted too); an unknown one is an error listing all. */
DGEN_CHECKED dgen_status dgen_dtype_find(dgen_dtype *out, const char *name, dgen_error *error);

/* ---------------------------------------------------------------------------------------------------------- arrays */

/* An array: borrowed memory, or memory counted by `owner`. Copying the struct does not count; use
   dgen_array_retain. A released array has data NULL and release NULL. */
typedef struct dgen_array dgen_array;
struct dgen_array {
    void *data;                   /* 64-byte aligned when allocated here; may be NULL when empty and released */
    dgen_dtype dtype;
    int ndim;                     /* 1 to 4 */
    int64_t shape[4], stride[4];  /* elements */
    void (*release)(dgen_array *); /* NULL: released */
    void *owner;
};

/* Allocates an uninitialised, contiguous (column-major) array, from the reuse pool where that has fitting memory.
   `placement` (NUMA options, max_threads) may be NULL. Release with dgen_array_release. */
DGEN_CHECKED dgen_status dgen_array_alloc(dgen_array *out, dgen_dtype dtype, int ndim, const int64_t *shape,
                                          const dgen_config *placement, dgen_error *error);
/* Wraps memory the caller owns and keeps alive. */
DGEN_CHECKED dgen_status dgen_array_borrow(dgen_array *out, dgen_dtype dtype, int ndim, const int64_t *shape, void *data,
                                           dgen_error *error);
/* Wraps memory of another that stays until give_back (context) is called: when the last reference is dropped, on whatever thread
   does so. On failure it is not called. */
DGEN_CHECKED dgen_status dgen_array_adopt(dgen_array *out, dgen_dtype dtype, int ndim, const int64_t *shape, void *data,
                                          void (*give_back)(void *context), void *context, dgen_error *error);
/* Another reference to the same memory. */
DGEN_API void dgen_array_retain(dgen_array *out, const dgen_array *source);
/* A view of `count` elements from 0-based `first`, as one dimension; keeps the memory alive. `source` is contiguous or
   has 1 dimension. */
DGEN_CHECKED dgen_status dgen_array_slice(dgen_array *out, const dgen_array *source, int64_t first, int64_t count,
                                          dgen_error *error);
/* Drops the reference; the last one returns the memory to the pool. Harmless on a released array. */
DGEN_API void dgen_array_release(dgen_array *array);
DGEN_API int64_t dgen_array_length(const dgen_array *array);
DGEN_API size_t dgen_array_bytes(const dgen_array *array);
/* Element i (0-based, unchecked; the first dimension runs fastest) as a double; i64 beyond 2^53 loses its low bits. */
DGEN_API double dgen_array_get(const dgen_array *array, int64_t i);
/* Stores `value` in element i. Integers: a fraction, NaN or a value out of the type's range is an error. */
DGEN_CHECKED dgen_status dgen_array_set(dgen_array *array, int64_t i, double value, dgen_error *error);
/* Converts element by element into `out`, of the same length and any type; floats round half to even. Where the types are
   one, bits are copied. */
DGEN_CHECKED dgen_status dgen_array_convert(dgen_array *out, const dgen_array *source, dgen_error *error);
/* Writes a one-line description, such as "dgen.array u8 [1048576]: 12 250 3 ...", into text. */
DGEN_API void dgen_array_describe(const dgen_array *array, char *text, size_t text_bytes);

/* ----------------------------------------------------------------------------------------------------------- bytes */

/* One shot: `config->size - config->offset` bytes of the object in a new u8 array. */
DGEN_CHECKED dgen_status dgen_generate(dgen_array *out, const dgen_config *config, dgen_error *error);

/* Bytes [offset, offset + n_bytes) of the object into memory the caller owns, at any alignment. If size was not set, the
   object ends where the piece does. On DGEN_ECANCELED the contents of dst are unspecified. */
DGEN_CHECKED dgen_status dgen_fill_at(void *dst, uint64_t n_bytes, const dgen_config *config, uint64_t offset,
                                      dgen_error *error);

/* ------------------------------------------------------------------------------------------------------- generator */

/* A position in an object. One generator serves one thread at a time. */
typedef struct dgen_generator dgen_generator;

/* Starts at config->offset. config->size is required. Close with dgen_generator_close. */
DGEN_CHECKED dgen_status dgen_generator_open(dgen_generator **out, const dgen_config *config, dgen_error *error);
DGEN_API void dgen_generator_close(dgen_generator *generator); /* NULL is harmless */
/* The next n_bytes, fewer at the end, into dst; *got says how many. DGEN_EEND at the end. */
DGEN_CHECKED dgen_status dgen_generator_fill(dgen_generator *generator, void *dst, uint64_t n_bytes, uint64_t *got,
                                             dgen_error *error);
/* The same into a new u8 array of just the bytes that are left, at most n_bytes. */
DGEN_CHECKED dgen_status dgen_generator_next(dgen_generator *generator, dgen_array *out, uint64_t n_bytes,
                                             dgen_error *error);
DGEN_API uint64_t dgen_generator_position(const dgen_generator *generator);
DGEN_CHECKED dgen_status dgen_generator_seek(dgen_generator *generator, uint64_t position, dgen_error *error);
/* Back to config->offset. */
DGEN_API void dgen_generator_reset(dgen_generator *generator);
/* Another seed from here on; the position stays. */
DGEN_CHECKED dgen_status dgen_generator_set_seed(dgen_generator *generator, uint64_t seed, dgen_error *error);
DGEN_API int dgen_generator_done(const dgen_generator *generator);
/* Its options, with the seed in use. Valid until the generator is closed. */
DGEN_API const dgen_config *dgen_generator_config(const dgen_generator *generator);
/* A one-line description, such as "dgen.generator: 0 of 1048576 bytes, seed 42, ...". */
DGEN_API void dgen_generator_describe(const dgen_generator *generator, char *text, size_t text_bytes);

/* Called between chunks with bytes done and to do; nonzero cancels. */
typedef int (*dgen_progress)(void *context, uint64_t done, uint64_t total);

/* Writes what is left, from the position to the end, to `path`: into a temporary file beside it, synced, then renamed
   over it, so that a reader sees the old file or the new one. Devices and pipes are written in place. *written (may be
   NULL) gets the byte count. The generator is at its end afterwards; on failure its position is unchanged. */
DGEN_CHECKED dgen_status dgen_generator_write_file(dgen_generator *generator, const char *path, dgen_progress progress,
                                                   void *context, uint64_t *written, dgen_error *error);

/* ------------------------------------------------------------------------------------------------ verify, describe */

typedef enum dgen_damage {
    DGEN_DAMAGE_NONE,
    DGEN_DAMAGE_BIT_FLIP,   /* at most 8 bits, within one 512-byte sector */
    DGEN_DAMAGE_ZEROED,     /* zeros where data should be */
    DGEN_DAMAGE_MISPLACED,  /* bytes of this stream that belong elsewhere: see `from` */
    DGEN_DAMAGE_STALE_SEED, /* the bytes of another seed near this one */
    DGEN_DAMAGE_TRUNCATED,  /* zeros from the first bad byte to the object's end */
    DGEN_DAMAGE_UNKNOWN
} dgen_damage;

typedef struct dgen_verify_report {
    uint64_t checked, bad_bytes;
    uint64_t first_bad; /* 0-based in the buffer; `checked` if none is bad */
    dgen_damage damage; /* of the first bad run */
    uint64_t from;      /* if misplaced: the offset in the object where the bytes found at first_bad belong */
} dgen_verify_report;

/* Compares n_bytes with bytes [offset, offset + n_bytes) of the object, without a copy. Bad bytes are a finding, not an
   error. */
DGEN_CHECKED dgen_status dgen_verify_at(dgen_verify_report *out, const void *bytes, uint64_t n_bytes,
                                        const dgen_config *config, uint64_t offset, dgen_error *error);
/* ok, checked, bad_bytes, first_bad (1-based, absent if ok), class (absent if ok), from (if misplaced). */
DGEN_API void dgen_verify_record(const dgen_verify_report *report, dgen_record *out);

typedef struct dgen_describe_report {
    uint64_t size, block_size, blocks; /* a last, partial block counts */
    double entropy;                    /* bits a byte, of all bytes as one histogram */
    uint64_t unique_blocks, zero_blocks;
    uint64_t sampled_blocks;                     /* how many blocks the ratios below were estimated on */
    double lz_ratio, lz_ratio_min, lz_ratio_max; /* raw / LZ4-format bytes, each block alone: over all, worst, best */
} dgen_describe_report;

/* What any bytes are like. block_size: 64 to 16 MiB. */
DGEN_CHECKED dgen_status dgen_describe(dgen_describe_report *out, const void *bytes, uint64_t n_bytes,
                                       uint64_t block_size, dgen_error *error);
DGEN_API void dgen_describe_record(const dgen_describe_report *report, dgen_record *out);

/* ------------------------------------------------------------------------------------------------- vector operations
   One row of ops.def each. Elements are f32 or f64; other types are promoted: f16 and bf16 to f32, integers to f64 (an
   i64 beyond 2^53 is an error), f32 beside f64 to f64. A number beside an array takes the array's type. The bits of a
   result depend on the operands' values alone: not on ISA, threads, alignment, strides, or where an element stands. */

/* DGEN_OP_add, DGEN_OP_sub, ... */
typedef enum dgen_op {
#define DGEN_OP(name, kind, arguments, cost, error_f32, error_f64, nan, body, formula, summary) DGEN_OP_##name,
#include "ops.def"
#undef DGEN_OP
    DGEN_OP_COUNT
} dgen_op;

typedef enum dgen_op_kind {
    DGEN_ELEMENTWISE,  /* arrays of one length, and numbers, to an array: dgen_map */
    DGEN_NORMALIZATION, /* one array to an array by way of its reductions: dgen_map */
    DGEN_REDUCTION     /* one or two arrays to a number: dgen_reduce */
} dgen_op_kind;

typedef struct dgen_operation {
    const char *name;
    dgen_op_kind kind;
    int arrays;               /* how many arguments may be arrays: the first ones */
    int parameters;           /* how many numbers follow them */
    const char *arguments[3]; /* their names */
    double defaults[3];       /* NaN: none */
    int is_index;             /* the result is a 0-based position: hosts add 1 */
    int has_nan_option;       /* "nan" may be "ignore" */
    double error_f32, error_f64; /* elementwise: ULP; others: half ULP of what ops.def says */
    const char *formula, *summary;
} dgen_operation;

/* Row `op`; NULL if out of range. */
DGEN_API const dgen_operation *dgen_operation_get(dgen_op op);
/* The row called `name`; NULL if there is none. */
DGEN_API const dgen_operation *dgen_operation_find(const char *name);
/* The op of a row. */
DGEN_API dgen_op dgen_operation_op(const dgen_operation *operation);

typedef struct dgen_op_options {
    size_t sizeof_options; /* set by dgen_op_options_init */
    int nan_ignore;        /* nonzero: NaNs are left out of reductions; minimum and maximum take the other operand */
    int max_threads;       /* 0: dgen_threads_get() */
} dgen_op_options;

/* Defaults: NaNs propagate, all threads. */
DGEN_API void dgen_op_options_init(dgen_op_options *options);
/* Sets the option called `name`, "nan" or "max_threads", for a call of `op`; anything else is an error that names it. */
DGEN_CHECKED dgen_status dgen_op_options_set(dgen_op_options *options, dgen_op op, const char *name, dgen_value value,
                                             dgen_error *error);

/* An argument: an array, or a number if `array` is NULL. */
typedef struct dgen_operand {
    const dgen_array *array;
    double number;
} dgen_operand;

/* Elementwise operations and normalizations. `operands` holds arrays + parameters of them; `options` may be NULL. A
   released `out` (all zero) gets a new contiguous array; else the result is written into it: of the result's type and
   shape, any strides, and sharing memory with an operand only where it is that operand, element for element. Operands
   have one shape; a 1-dimensional one goes with any shape of its length. Where any element is NaN, see ops.def. On
   DGEN_ECANCELED the contents of `out` are unspecified. */
DGEN_CHECKED dgen_status dgen_map(dgen_array *out, dgen_op op, const dgen_operand *operands,
                                  const dgen_op_options *options, dgen_error *error);
/* Checks all that dgen_map would, and sets only type, shape and strides of *out, for a host that allocates itself. */
DGEN_CHECKED dgen_status dgen_map_shape(dgen_array *out, dgen_op op, const dgen_operand *operands,
                                        const dgen_op_options *options, dgen_error *error);
/* Reductions over all elements, in the order of memory of a contiguous array. Sums are not rounded to the type, and do not
   overflow with it. A sum of nothing is 0, its logsumexp -Inf; the mean, extremes or cosine of nothing are errors. The
   first NaN is the result, quieted, its payload kept, unless NaNs are ignored: then those elements, or pairs, do not
   count. argmin and argmax are 0-based, the first on ties, the first NaN if there is one and NaNs propagate. */
DGEN_CHECKED dgen_status dgen_reduce(double *out, dgen_op op, const dgen_operand *operands,
                                     const dgen_op_options *options, dgen_error *error);

/* Each operation as a function, with default options: dgen_exp (&y, &x, &error), dgen_clamp (&y, &x, -1, 1, &error),
   dgen_add (&z, &x, &y, &error), dgen_sum (&number, &x, &error). */
#define DGEN_DECLARE_UNARY(name) DGEN_CHECKED dgen_status dgen_##name(dgen_array *out, const dgen_array *x, dgen_error *error);
#define DGEN_DECLARE_NORMALIZATION(name) DGEN_DECLARE_UNARY(name)
#define DGEN_DECLARE_PARAMETER(name) \
    DGEN_CHECKED dgen_status dgen_##name(dgen_array *out, const dgen_array *x, double first, dgen_error *error);
#define DGEN_DECLARE_PARAMETERS(name) \
    DGEN_CHECKED dgen_status dgen_##name(dgen_array *out, const dgen_array *x, double first, double second, dgen_error *error);
#define DGEN_DECLARE_BINARY(name) \
    DGEN_CHECKED dgen_status dgen_##name(dgen_array *out, const dgen_array *x, const dgen_array *y, dgen_error *error);
#define DGEN_DECLARE_TERNARY(name)                                                                                      \
    DGEN_CHECKED dgen_status dgen_##name(dgen_array *out, const dgen_array *x, const dgen_array *y, const dgen_array *z, \
                                         dgen_error *error);
#define DGEN_DECLARE_REDUCTION(name) DGEN_CHECKED dgen_status dgen_##name(double *out, const dgen_array *x, dgen_error *error);
#define DGEN_DECLARE_PAIR(name) \
    DGEN_CHECKED dgen_status dgen_##name(double *out, const dgen_array *x, const dgen_array *y, dgen_error *error);
#define DGEN_OP(name, kind, arguments, cost, error_f32, error_f64, nan, body, formula, summary) DGEN_DECLARE_##kind(name)
#include "ops.def"
#undef DGEN_OP

/* --------------------------------------------------------------------------------------------------- random values
   One row of distributions.def each. Value k is a function of (DGEN_FORMAT, seed, stream, distribution, the parameters of
   value k, type, k): not of ISA, threads, offset, or how many values are asked for at a time. Distributions share no bits:
   equal seeds do not make, say, normals and uniforms alike. The types of a WHOLE distribution hold the same numbers. */

/* DGEN_DISTRIBUTION_uniform, DGEN_DISTRIBUTION_normal, ... */
typedef enum dgen_distribution {
#define DGEN_DISTRIBUTION(name, key, kind, parameters, domains, cost, summary, method) DGEN_DISTRIBUTION_##name,
#include "distributions.def"
#undef DGEN_DISTRIBUTION
    DGEN_DISTRIBUTION_COUNT
} dgen_distribution;

typedef enum dgen_distribution_kind {
    DGEN_REAL,  /* types f64 (default), f32 */
    DGEN_WHOLE, /* types i32 (default; integers: i64 where i32 is too short), i64, u8, f64, f32 */
    DGEN_INDEX, /* positions, with the types of DGEN_WHOLE */
    DGEN_ORDER, /* positions of which none is twice, a whole call at once; types as DGEN_INDEX */
    DGEN_ROWS   /* a rows x dim array; types f32 (default), f64 */
} dgen_distribution_kind;

typedef struct dgen_distribution_row {
    const char *name;
    dgen_distribution_kind kind;
    int parameters;           /* how many */
    const char *parameter[2]; /* their names */
    double defaults[2];       /* NaN: none */
    const char *legal[2];     /* what each must be, in words */
    const char *summary, *method;
} dgen_distribution_row;

/* Row `distribution`; NULL if out of range. */
DGEN_API const dgen_distribution_row *dgen_distribution_get(dgen_distribution distribution);
/* The distribution called `name`; an unknown one is an error listing all. */
DGEN_CHECKED dgen_status dgen_distribution_find(dgen_distribution *out, const char *name, dgen_error *error);

typedef enum dgen_engine {
    DGEN_ENGINE_DGEN,   /* the stream of this library */
    DGEN_ENGINE_R,      /* R's set.seed (seed); runif (n): MT19937, 32 bits a value */
    DGEN_ENGINE_OCTAVE, /* Octave's rand ("twister", seed); rand (n, 1): MT19937, 53 bits a value */
    DGEN_ENGINE_LUA     /* Lua 5.4's math.randomseed (seed); math.random (): xoshiro256** */
} dgen_engine;

typedef struct dgen_random_options {
    size_t sizeof_options; /* set by dgen_random_options_init */
    dgen_dtype dtype;      /* read only if has_dtype, else the distribution's default */
    uint64_t seed;         /* any; read only if has_seed, else a fresh one is drawn from the operating system */
    uint64_t stream;       /* numbers independent streams of one seed */
    uint64_t offset;       /* the first value is this one of the stream: 0 to 2^53; not of DGEN_ORDER */
    int max_threads;       /* 0: dgen_threads_get() */
    int full_resolution;   /* uniform with min 0, max 1: every number of the type, not only multiples of 2^-53 (f32: 2^-24) */
    dgen_engine engine;    /* others than DGEN_ENGINE_DGEN: uniform in f64 only, in the order of the host, stream 0 */
    int index_base;        /* what position the first of a list is, 0 or 1: DGEN_INDEX, DGEN_ORDER */
    int has_dtype, has_seed;
} dgen_random_options;

/* Defaults: fresh seed, stream 0, offset 0, default type, all threads, index_base 0. */
DGEN_API void dgen_random_options_init(dgen_random_options *options);
/* Sets the option called `name`: "type", "seed", "stream", "offset", "max_threads", and for uniform "resolution"
   ("standard" | "full") and "engine" ("dgen" | "r" | "octave" | "lua"). Anything else is an error that names it. */
DGEN_CHECKED dgen_status dgen_random_options_set(dgen_random_options *options, dgen_distribution distribution,
                                                 const char *name, dgen_value value, dgen_error *error);

/* Random values. `parameters`: as many as the row has, in its order; each a number, or an array of which value k has
   element k modulo its length (weights: the array as a whole; DGEN_ORDER, DGEN_ROWS: numbers). Integers beyond 2^53 come as
   an i64 array of one element. A released `out` (all zero) gets a new contiguous array of `shape` (DGEN_ORDER: of n or k
   elements; DGEN_ROWS: rows x dim; shape NULL); else its elements are filled, in the order of its indices, at any strides:
   of its own type, which options may repeat. options may be NULL. On DGEN_ECANCELED the contents of `out` are unspecified. */
DGEN_CHECKED dgen_status dgen_random(dgen_array *out, dgen_distribution distribution, int ndim, const int64_t *shape,
                                     const dgen_operand *parameters, const dgen_random_options *options,
                                     dgen_error *error);
/* Checks all that dgen_random would, and sets only type, shape and strides of *out, for a host that allocates itself. */
DGEN_CHECKED dgen_status dgen_random_shape(dgen_array *out, dgen_distribution distribution, int ndim,
                                           const int64_t *shape, const dgen_operand *parameters,
                                           const dgen_random_options *options, dgen_error *error);

/* A distribution with its parameters and a position: the next values, again and again. For DGEN_REAL, DGEN_WHOLE and
   DGEN_INDEX. One sampler serves one thread at a time. */
typedef struct dgen_sampler dgen_sampler;

/* Copies the parameters; starts at options->offset. Close with dgen_sampler_close. */
DGEN_CHECKED dgen_status dgen_sampler_open(dgen_sampler **out, dgen_distribution distribution,
                                           const dgen_operand *parameters, const dgen_random_options *options,
                                           dgen_error *error);
DGEN_API void dgen_sampler_close(dgen_sampler *sampler); /* NULL is harmless */
/* The next values into all of `out`, which is of the sampler's type. */
DGEN_CHECKED dgen_status dgen_sampler_fill(dgen_sampler *sampler, const dgen_array *out, dgen_error *error);
/* The same into a new array of `shape`. */
DGEN_CHECKED dgen_status dgen_sampler_next(dgen_sampler *sampler, dgen_array *out, int ndim, const int64_t *shape,
                                           dgen_error *error);
/* How many values of the stream lie before the next one. */
DGEN_API uint64_t dgen_sampler_position(const dgen_sampler *sampler);
DGEN_CHECKED dgen_status dgen_sampler_seek(dgen_sampler *sampler, uint64_t position, dgen_error *error);
/* Back to options->offset. */
DGEN_API void dgen_sampler_reset(dgen_sampler *sampler);
DGEN_API dgen_distribution dgen_sampler_distribution(const dgen_sampler *sampler);
/* Its options, with the seed and type in use. Valid until the sampler is closed. */
DGEN_API const dgen_random_options *dgen_sampler_options(const dgen_sampler *sampler);
/* A one-line description, such as "dgen.sampler: normal f64, seed 42, stream 0, at value 1000". */
DGEN_API void dgen_sampler_describe(const dgen_sampler *sampler, char *text, size_t text_bytes);

/* x / its Euclidean norm, row by row, of a matrix in f32 or f64 (other types are promoted as operations do); sums in f64. A
   row of zeros stays; a row with a NaN or an infinity is NaN. `out`: as of dgen_map, x itself allowed. */
DGEN_CHECKED dgen_status dgen_normalize_rows(dgen_array *out, const dgen_array *x, int max_threads, dgen_error *error);

/* ---------------------------------------------------------------------------------------------------- quantization
   A matrix w of floats as codes of 8, 4 or 2 bits, with a scale and a zero for each group of a row: w' = (code - zero) scale.
   The rows are those of the first dimension, x[i, ...] in the order of their indices; one dimension is one row. Where nothing
   is clipped, |w - w'| <= scale / 2 + 2 ulp (w), against the scale as stored, ulp of f32; with `exact` 1 ulp. Scales
   have at most 16 significant bits, so that w' is exact in f32, and are no less than 2^-126. 0 comes back as 0 (but for
   DGEN_RANGE_MIDRISE), a constant group of 2^-126 or more as its constant (but for scales of f16). f64 elements are what they round
   to in f32. Halves round to even. The bits of every result are those of any ISA, thread count and layout. */

typedef enum dgen_scheme {
    DGEN_ASYMMETRIC, /* the zero lies where the group's range, widened to hold 0, wants it */
    DGEN_SYMMETRIC,  /* the zero is 2^(bits - 1), but see dgen_code_range */
    DGEN_OFFSET      /* w' = code scale + zero, where `zero` is an array of floats: what ggml's Q4_1 is */
} dgen_scheme;

/* What codes a symmetric scheme uses, less 2^(bits - 1). */
typedef enum dgen_code_range {
    DGEN_RANGE_NARROW, /* -(2^(bits - 1) - 1) to 2^(bits - 1) - 1 */
    DGEN_RANGE_FULL,   /* -2^(bits - 1) to 2^(bits - 1) - 1 */
    DGEN_RANGE_MIDRISE /* 2 bits: w' is -1.5, -.5, .5 or 1.5 scales; there is no 0 */
} dgen_code_range;

typedef enum dgen_axis { DGEN_AXIS_GROUP, DGEN_AXIS_ROW, DGEN_AXIS_TENSOR } dgen_axis;

typedef enum dgen_search {
    DGEN_SEARCH_MINMAX,    /* the range of the group */
    DGEN_SEARCH_MSE,       /* of 16 scales from there down, that of the least squared error */
    DGEN_SEARCH_PERCENTILE /* the range without the (100 - percentile) % of elements of the largest magnitude */
} dgen_search;

/* What becomes of NaNs and infinities, f64 elements beyond the range of f32 among them. */
typedef enum dgen_nonfinite {
    DGEN_NONFINITE_ERROR,    /* an error that names the first */
    DGEN_NONFINITE_SATURATE, /* infinities become the extremes of the group's finite elements and 0, NaNs 0 */
    DGEN_NONFINITE_ZERO      /* all become 0 */
} dgen_nonfinite;

/* Layouts of other programs. */
typedef enum dgen_packing {
    DGEN_PACKING_DGEN,
    DGEN_PACKING_GGML_Q8_0, /* blocks of 32: f16 scale, int8 codes */
    DGEN_PACKING_GGML_Q4_0, /* blocks of 32: f16 scale, element j in the low half of byte j mod 16, j + 16 in the high one */
    DGEN_PACKING_GGML_Q4_1, /* blocks of 32: f16 scale, f16 minimum, codes as Q4_0 */
    DGEN_PACKING_GPTQ,      /* qweight, qzeros less 1, f16 scales; zeros of 0 are refused */
    DGEN_PACKING_GPTQ_V2,   /* the same with qzeros as they are */
    DGEN_PACKING_ONNX,      /* MatMulNBits: B, scales, zero_points */
    DGEN_PACKING_COUNT
} dgen_packing;

typedef struct dgen_quantize_options {
    size_t sizeof_options; /* set by dgen_quantize_options_init */
    int bits;              /* 8, 4 or 2 */
    dgen_scheme scheme;
    dgen_code_range range; /* read only if symmetric */
    dgen_axis axis;        /* what has a scale of its own */
    int64_t group;         /* elements of a row that share a scale, the last ones of a row fewer; read only if has_group,
                              else 128 or the whole row, whichever is less */
    dgen_search search;
    double percentile;     /* 50 to 100; read only by DGEN_SEARCH_PERCENTILE */
    dgen_nonfinite nan;
    int exact;             /* nonzero: codes are those of the quotient itself, not of a product by the scale's reciprocal */
    dgen_dtype scale_type; /* DGEN_F32, or DGEN_F16: rounded up, 2^-24 to 65504; what lies beyond such a scale clips */
    dgen_packing rule;     /* one of ggml's: codes and scales byte for byte as its reference makes them; that sets bits,
                              scheme, axis, group and scale_type, and holds no bound */
    int certificate;       /* zero: the errors are not measured, and are NaN */
    int max_threads;       /* 0: dgen_threads_get() */
    int has_group;
} dgen_quantize_options;

/* Defaults: 8 bits, asymmetric, narrow, groups of 128, minmax, percentile 99.9, nan error, f32 scales, rule dgen, certificate. */
DGEN_API void dgen_quantize_options_init(dgen_quantize_options *options);
/* Sets the option called `name`: "bits", "scheme" ("asymmetric" | "symmetric"), "range" ("narrow" | "full" | "midrise"), "axis"
   ("group" | "row" | "tensor"), "group", "search" ("minmax" | "mse" | "percentile"), "percentile", "nan" ("error" | "saturate" |
   "zero"), "exact", "scale_type" ("f32" | "f16"), "rule" ("dgen" | "ggml_q8_0" | "ggml_q4_0" | "ggml_q4_1"), "certificate",
   "max_threads". Anything else is an error that names it. */
DGEN_CHECKED dgen_status dgen_quantize_options_set(dgen_quantize_options *options, const char *name, dgen_value value,
                                                   dgen_error *error);

/* How far w' is from w, measured against the scales as stored; elements that were replaced count as what replaced them. */
typedef struct dgen_certificate {
    double max;        /* the largest |w - w'| */
    double rmse;
    double snr_db;     /* 10 log10 (sum w^2 / sum (w - w')^2); Inf where nothing was lost */
    double cosine;     /* of w and w'; 1 where both are 0 */
    int64_t clipped;   /* elements beyond the range of the codes by more than scale / 2 */
    int64_t nonfinite; /* NaNs and infinities, replaced */
} dgen_certificate;

/* A quantized array. Row i lies from byte i x codes.shape[0] on; in it, element j in bits j x bits and up, the lowest bits of a
   byte first; bits past the row are 0. Scale and zero of its group k: element i x groups + k. */
typedef struct dgen_quantized {
    dgen_array codes;  /* u8 [bytes a row, rows], or of one dimension if x was */
    dgen_array scale;  /* f32 or f16 [groups a row, rows]; of one dimension if x was; [1] of a tensor */
    dgen_array zero;   /* u8, or the type of scale (DGEN_OFFSET); of the shape of scale */
    int bits;
    dgen_scheme scheme;
    dgen_code_range range;
    dgen_axis axis;
    int64_t group;     /* elements a scale */
    int ndim;          /* of x */
    int64_t shape[4];
    dgen_certificate error;
} dgen_quantized;

/* Quantizes a float array of any strides. options may be NULL. Released arrays of `out` (all zero) are allocated; others are
   filled: of the types and shapes that dgen_quantize_shape sets, contiguous. Release with dgen_quantized_release. On
   DGEN_ECANCELED, and where an element is not finite under DGEN_NONFINITE_ERROR, the contents of filled arrays are unspecified. */
DGEN_CHECKED dgen_status dgen_quantize(dgen_quantized *out, const dgen_array *x, const dgen_quantize_options *options,
                                       dgen_error *error);
/* Checks all that dgen_quantize would but the elements, and sets *out but for its memory and error, for a host that allocates
   itself. */
DGEN_CHECKED dgen_status dgen_quantize_shape(dgen_quantized *out, const dgen_array *x, const dgen_quantize_options *options,
                                             dgen_error *error);
DGEN_API void dgen_quantized_release(dgen_quantized *quantized); /* harmless on a released one */

/* bits, scheme, range, axis, group: what a host shows beside the arrays, the shape and the error. */
DGEN_API void dgen_quantized_record(const dgen_quantized *quantized, dgen_record *out);
/* Sets the field called `name` of those, as a host reads it back. */
DGEN_CHECKED dgen_status dgen_quantized_set(dgen_quantized *quantized, const char *name, dgen_value value,
                                            dgen_error *error);
/* Checks that fields and arrays fit each other, as each function that takes one does first; `q` is the argument's name. */
DGEN_CHECKED dgen_status dgen_quantized_check(const dgen_quantized *quantized, dgen_error *error);
/* max, rmse, snr_db, cosine, clipped, nonfinite. */
DGEN_API void dgen_certificate_record(const dgen_certificate *certificate, dgen_record *out);
/* A one-line description, such as "dgen.quantized: 4 bits, asymmetric, groups of 128 of 768 x 768, 20.1 dB". */
DGEN_API void dgen_quantized_describe(const dgen_quantized *quantized, char *text, size_t text_bytes);

/* w' in f32 (exact, but for DGEN_OFFSET), f64, f16 or bf16 (rounded to even). A released `out` gets a new contiguous array of
   the shape of x; else its elements are filled, at any strides: its type must be `dtype`, its shape that of x. */
DGEN_CHECKED dgen_status dgen_dequantize(dgen_array *out, const dgen_quantized *quantized, dgen_dtype dtype, int max_threads,
                                         dgen_error *error);
/* The codes one a byte, 0 to 2^bits - 1: u8, of the shape of x. `out` as of dgen_dequantize. */
DGEN_CHECKED dgen_status dgen_unpack(dgen_array *out, const dgen_quantized *quantized, int max_threads, dgen_error *error);
/* Checks `quantized`, and sets only type, shape and strides of *out, for a host that allocates itself. */
DGEN_CHECKED dgen_status dgen_dequantize_shape(dgen_array *out, const dgen_quantized *quantized, dgen_dtype dtype,
                                               dgen_error *error);

/* `count` arrays in one call, layer i with bits[i] bits where bits is not NULL: all or none. `progress`, called between layers
   with elements done and to do, may be NULL. out[0..count) are all zero before. */
DGEN_CHECKED dgen_status dgen_quantize_batch(dgen_quantized *out, const dgen_array *const *layers, int64_t count,
                                             const dgen_quantize_options *options, const int *bits, dgen_progress progress,
                                             void *context, dgen_error *error);

/* ---- layouts of other programs */

/* The packing called `name`: "dgen", "ggml_q8_0", "ggml_q4_0", "ggml_q4_1", "gptq", "gptq_v2", "onnx". */
DGEN_CHECKED dgen_status dgen_packing_find(dgen_packing *out, const char *name, dgen_error *error);
DGEN_API const char *dgen_packing_name(dgen_packing packing);

/* A matrix in the layout of another program: `rows` out-features of K in-features; one dimension is one row. Shapes are those of
   column-major arrays: read row by row, as other programs do, they are turned round.
   ggml: codes u8 [bytes a row, rows], scales and minima among them.
   GPTQ: codes i32 [rows, K bits / 32] (qweight), scale f16 [rows, groups] (scales), zero i32 [rows bits / 32, groups] (qzeros).
   ONNX: codes u8 [group bits / 8, groups, rows] (B), scale f32 or f16 [groups, rows], zero u8 [bytes of groups codes, rows]
   (zero_points; none where the scheme is symmetric: they are 2^(bits - 1)). A row's last block is padded with its zero. */
typedef struct dgen_packed {
    dgen_packing packing;
    int bits;
    int64_t group;
    int ndim;          /* of x */
    int64_t shape[4];
    dgen_array codes, scale, zero; /* released where the layout has none */
} dgen_packed;

/* Without loss, or an error that says what the layout cannot hold: other bits, groups or rows than it has, scales (and minima,
   -zero scale) that f16 does not hold exactly, zeros that it does not know. Release with dgen_packed_release. */
DGEN_CHECKED dgen_status dgen_repack(dgen_packed *out, const dgen_quantized *quantized, dgen_packing packing,
                                     dgen_error *error);
/* And back, with the axis "group", scales of the layout's type, and the scheme symmetric, of full range, where all zeros are
   2^(bits - 1). The error of *out is NaN: there is nothing to compare with. Release with dgen_quantized_release. */
DGEN_CHECKED dgen_status dgen_packed_restore(dgen_quantized *out, const dgen_packed *packed, dgen_error *error);
DGEN_API void dgen_packed_release(dgen_packed *packed);

/* ---- activations, channels, budgets */

/* Quantization of activations that change over timesteps, as those of a diffusion model: timesteps in order, in groups of
   neighbours, each group with one scale and zero (Q-DiT, arXiv 2406.17343; TQ-DiT, arXiv 2502.04056). */
typedef struct dgen_activation_table {
    dgen_array timestep; /* f64 [timesteps], ascending */
    dgen_array group;    /* i32: the number of its group, from 1 */
    dgen_array scale;    /* f32 */
    dgen_array zero;     /* u8 */
    int bits;
    int64_t groups, smoothing;
    int equal_range;     /* the method: 0 "uniform", 1 "equal_range" */
    int64_t narrowed;    /* timesteps whose own range smoothing has cut: their largest activations will clip */
    double noise;        /* root mean square over timesteps of scale / sqrt (12): what rounding is expected to lose */
    double noise_single; /* the same of one group of all timesteps */
} dgen_activation_table;

typedef struct dgen_activation_options {
    size_t sizeof_options;
    int64_t groups;    /* 1 to the number of timesteps; 0: 10, or all timesteps if they are fewer */
    int equal_range;   /* 0: groups of equally many timesteps. 1: those of the least noise, by dynamic programming */
    int bits;          /* 8, 4 or 2 */
    int64_t smoothing; /* over so many timesteps on each side of a boundary, or half of the shorter group if that is fewer, the
                          range goes over linearly; 0: at once */
} dgen_activation_options;

/* Defaults: 10 groups or all timesteps if they are fewer, equal_range, 8 bits, no smoothing. */
DGEN_API void dgen_activation_options_init(dgen_activation_options *options);
/* "groups", "method" ("uniform" | "equal_range"), "bits", "smoothing". */
DGEN_CHECKED dgen_status dgen_activation_options_set(dgen_activation_options *options, const char *name, dgen_value value,
                                                     dgen_error *error);
/* stats: timesteps x 3, each row a timestep (ascending), the least and the largest activation that it was seen to have. "uniform":
   group k of G begins at timestep floor (k T / G) of T, both from 0. "equal_range": the least sum of squared ranges over timesteps;
   of equal ones, that whose last boundary is the earliest, then the last but one. */
DGEN_CHECKED dgen_status dgen_activation_table_make(dgen_activation_table *out, const dgen_array *stats,
                                                    const dgen_activation_options *options, dgen_error *error);
DGEN_API void dgen_activation_table_release(dgen_activation_table *table);
/* bits, groups, method, smoothing, narrowed, noise, noise_single. */
DGEN_API void dgen_activation_table_record(const dgen_activation_table *table, dgen_record *out);
/* Sets the field called `name` of those, as a host reads it back. */
DGEN_CHECKED dgen_status dgen_activation_table_set(dgen_activation_table *table, const char *name, dgen_value value,
                                                   dgen_error *error);
/* Checks that fields and arrays fit each other, as dgen_quantize_activations does first. */
DGEN_CHECKED dgen_status dgen_activation_table_check(const dgen_activation_table *table, dgen_error *error);
/* Row i of x was seen at timestep t[i] (t.array, of as many elements as x has rows) or t.number: its scale and zero are those of
   the last timestep of the table that is not after it; one before the first is an error. Values beyond the table's range clip, and are
   counted. Of `options`, nan, certificate and
   max_threads count. The result has axis row. */
DGEN_CHECKED dgen_status dgen_quantize_activations(dgen_quantized *out, const dgen_array *x, dgen_operand t,
                                                   const dgen_activation_table *table, const dgen_quantize_options *options,
                                                   dgen_error *error);

/* Channel equalization (SmoothQuant, arXiv 2211.10438): column j of w, and of the activations x, is input channel j;
   scale_j = max |X_j|^alpha / max |W_j|^(1 - alpha), 1 where either is 0; w' = w scale_j, x' = x inverse_j, so that x' w'^T is x w^T. */
typedef struct dgen_equalized {
    dgen_array w, x;           /* f32, or f64 where the argument was; of the shapes of the arguments */
    dgen_array scale, inverse; /* f32 [channels] */
} dgen_equalized;

/* alpha: 0 to 1. power_of_two: scales are rounded to powers of two, so that dividing by them gives w and x back bit for bit, but
   for underflow. */
DGEN_CHECKED dgen_status dgen_equalize(dgen_equalized *out, const dgen_array *w, const dgen_array *x, double alpha,
                                       int power_of_two, int max_threads, dgen_error *error);
DGEN_API void dgen_equalized_release(dgen_equalized *equalized);

/* Bits for each of a model's layers. */
typedef struct dgen_layer {
    const char *name; /* "" if it has none */
    const dgen_array *x;
} dgen_layer;

typedef struct dgen_bits_rule {
    const char *pattern; /* with * for any characters and ? for one; the first that fits a layer's name holds */
    int bits;            /* 2, 4 or 8; 16: the layer stays as it is, at 2 bytes an element */
} dgen_bits_rule;

typedef struct dgen_bits_choice {
    int bits;
    uint64_t size;  /* bytes of codes, scales and zeros */
    double rmse, snr_db;
} dgen_bits_choice;

/* The bits of least total squared error, relative to each layer's own sum of squares, whose sizes together are at most `budget`
   bytes (0: none; then layers without a rule get `options`' bits). By the largest gain a byte first, from 2 bits up; equal
   arguments give equal choices. choices[0..count) is filled; a budget that even 2 bits do not fit is an error that says how many
   bytes it takes. */
DGEN_CHECKED dgen_status dgen_choose_bits(dgen_bits_choice *choices, const dgen_layer *layers, int64_t count, uint64_t budget,
                                          const dgen_bits_rule *rules, int rule_count, const dgen_quantize_options *options,
                                          dgen_progress progress, void *context, dgen_error *error);

/* ---- the Arrow C data interface (arrow.apache.org/docs/format/CDataInterface.html) */

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
#endif

/* A contiguous array without a copy: one dimension as a primitive type (bf16: fixed-size binary of 2 bytes), more as
   "arrow.fixed_shape_tensor" of one row (at most 2^31 - 1 elements), its permutation saying that the first dimension runs fastest.
   The structs keep the memory alive until they are released (borrowed memory its owner must). On failure they are untouched. */
DGEN_CHECKED dgen_status dgen_arrow_export(struct ArrowArray *array, struct ArrowSchema *schema, const dgen_array *x,
                                           dgen_error *error);
/* Takes both structs over (their release becomes NULL; also on failure) and gives the array without a copy, read-only by
   convention. What dgen_arrow_export makes, and primitive arrays and tensors of other programs; nulls, and types that dgen has not,
   are errors. Memory that is not aligned for its type, and tensors in another order of dimensions, are copied. */
DGEN_CHECKED dgen_status dgen_arrow_import(dgen_array *out, struct ArrowArray *array, struct ArrowSchema *schema,
                                           dgen_error *error);
/* A quantized array as one row of a struct, or a record batch, of large lists "codes", "scale" and "zero"; the other fields are
   JSON in the schema's metadata, under "dgen.quantized". And back. */
DGEN_CHECKED dgen_status dgen_quantized_arrow_export(struct ArrowArray *array, struct ArrowSchema *schema,
                                                     const dgen_quantized *quantized, dgen_error *error);
DGEN_CHECKED dgen_status dgen_quantized_arrow_import(dgen_quantized *out, struct ArrowArray *array,
                                                     struct ArrowSchema *schema, dgen_error *error);
/* Nonzero if the schema is one of a quantized array. */
DGEN_API int dgen_arrow_is_quantized(const struct ArrowSchema *schema);

/* ---------------------------------------------------------------------------------------------- memory and machine */

/* Idle memory kept for reuse is at most this many bytes; the default is DGEN_POOL_CAP of the environment, else the less
   of 1 GiB and an eighth of the machine's memory. Setting it trims to the new cap at once. */
DGEN_API uint64_t dgen_pool_cap_get(void);
DGEN_API void dgen_pool_cap_set(uint64_t bytes);
/* Idle bytes now. */
DGEN_API uint64_t dgen_pool_bytes(void);
/* Nonzero if an array of n_bytes with default placement would be made of idle memory now. */
DGEN_API int dgen_pool_serves(uint64_t n_bytes);
/* Returns all idle memory to the operating system; says how many bytes. */
DGEN_API uint64_t dgen_pool_trim(void);
/* Bytes of arrays alive, for a host's garbage collector and for tests. */
DGEN_API uint64_t dgen_live_bytes(void);

/* How many threads a call may use at most; n 0 restores the default (see dgen_system_record, threads_why). */
DGEN_API int dgen_threads_get(void);
DGEN_CHECKED dgen_status dgen_threads_set(int n, dgen_error *error);

/* A hook asked at least every 50 ms or so on the thread that set it, while a call runs there: nonzero cancels the call
   with DGEN_ECANCELED. NULL removes it. */
typedef int (*dgen_poll)(void *context);
DGEN_API void dgen_poll_set(dgen_poll poll, void *context);

/* version, format, isa, isas, aes, threads, threads_why, cores, logical_cpus, nodes, huge_pages, pool_bytes, pool_cap. */
DGEN_API void dgen_system_record(dgen_record *out);

#ifdef __cplusplus
}
#endif
#endif
