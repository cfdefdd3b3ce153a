/*
 * The tables of inner loops. Each file of this folder that ends in an ISA's name compiles the same source for that ISA
 * and exports one table; cpu.c chooses one of each at run time. Kernels allocate nothing, start no threads and cannot
 * fail. All of them give the same bytes.
 */
#ifndef DGEN_KERNELS_H
#define DGEN_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unfused.h"

enum { DGEN_ROUNDS = 5 };

/* A keyed ARS-5: round keys, and what round 1 makes of the low byte of the block number (see stream.c). */
typedef struct dgen_key {
    _Alignas(64) uint8_t first_round[256][16];
    uint8_t round[DGEN_ROUNDS + 1][16];
    int has_first_round;
} dgen_key;

/* Bits to force in each line of 64 bytes: byte = byte & keep | force. */
typedef struct dgen_skew {
    uint8_t keep[64], force[64];
} dgen_skew;

/* How blocks of the stream are made: one row a form of the AES round. */
typedef struct dgen_aes_kernels {
    const char *name; /* "vaes512", "vaes256", "aes-ni", "armv8", "table" */
    /* Fills key->first_round from key->round. */
    void (*prepare)(dgen_key *key);
    /* Writes blocks [block, block + count) of `stream` to dst, at any alignment; streaming: past the cache, and the
       caller fences at the end. */
    void (*fill)(uint8_t *dst, const dgen_key *key, uint64_t stream, uint64_t block, size_t count, int streaming);
    /* The same with a skew of each line, within one group of 256 blocks and in multiples of 4, where the key has
       first_round: costs nothing in the shadow of the rounds. NULL: fill, then dgen_isa_kernels' skew. */
    void (*fill_skewed)(uint8_t *dst, const dgen_key *key, uint64_t stream, uint64_t block, unsigned count,
                        const dgen_skew *skew);
    /* Turns blocks back into (block number, stream), little-endian, in place. */
    void (*invert)(uint8_t *blocks, const dgen_key *key, size_t count);
} dgen_aes_kernels;

enum { DGEN_PERMUTE_ROUNDS = 4, DGEN_PERMUTE_LANES = 32 };

/* A keyed permutation of high * 2^low_bits + low, high < high_count: see fold.c. */
typedef struct dgen_permutation {
    uint32_t low_bits, high_count;
    uint32_t keys[2 * DGEN_PERMUTE_ROUNDS];
} dgen_permutation;

enum { DGEN_F32_KERNELS, DGEN_F64_KERNELS, DGEN_REAL_TYPES };

/* Past the cache: stores need not be found there again; the caller fences at the end. */
enum { DGEN_MAP_IGNORE_NAN = 1, DGEN_MAP_PAST_CACHE = 2 };

/* An elementwise operation on n contiguous elements at any alignment. operands: arrays, or one number where the operand's
   bit in `numbers` is set; in place is allowed. options: of the bits above. */
typedef void dgen_map_kernel(void *out, const void *const operands[3], unsigned numbers, size_t n, unsigned options);

/* Reductions take an array in pieces of this size, in a fixed order; argmin and argmax say first in which stretch. */
enum { DGEN_PIECE_BYTES = 32768, DGEN_STRETCH_BYTES = 4096 };

/* What a piece, or several, come to. Sums: up to three, with what their rounding lost. Moments: the mean and the sum of
   squared deviations from it. Extremes: the value, and the first stretch that has it. */
typedef struct dgen_partial {
    double sum[3], lost[3];
    int64_t count; /* of elements */
    int64_t index; /* where the stretch begins */
    bool has_nan;  /* extremes: an element is NaN, and the value void; reduce.c notes it of sums, too, and where */
    int64_t nan_at;
} dgen_partial;

/* Reduces a piece of n contiguous elements at any alignment; y: where the operation has two arrays; center: a number that
   its terms have. Sets those fields of *out that the operation has. */
typedef void dgen_reduce_kernel(dgen_partial *out, const void *x, const void *y, size_t n, double center);

/* How values are drawn: one row of draws.def each, DGEN_DRAW_uniform, DGEN_DRAW_normal, ...; and of what types. */
enum {
#define DGEN_DRAW(method, f64, f32, i32, i64, u8) DGEN_DRAW_##method,
#include "draws.def"
#undef DGEN_DRAW
    DGEN_DRAW_METHODS
};
enum { DGEN_DRAW_F64, DGEN_DRAW_F32, DGEN_DRAW_I32, DGEN_DRAW_I64, DGEN_DRAW_U8, DGEN_DRAW_TYPES };

/* Values are drawn in whole groups: value `first` is at a multiple of DGEN_DRAW_GROUP, and so many, times something, are
   asked for. */
enum { DGEN_DRAW_GROUP = 64, DGEN_DRAW_BITS = 3, DGEN_DRAW_PARAMETERS = 2 };

/* What a draw is made of. Value i of the call is value first + i of the stream. */
typedef struct dgen_draw {
    const void *bits[DGEN_DRAW_BITS]; /* sub-streams, from the bits of value `first` on; 64-byte aligned; NULL: not used */
    uint64_t first;
    uint64_t side; /* key of the side streams, see draw.h */
    /* Doubles (integers: int64_t): one for each value, or one for all where its bit in `numbers` is set. */
    const void *parameter[DGEN_DRAW_PARAMETERS];
    unsigned numbers;
    const void *table; /* what the core prepared for these parameters; NULL: nothing */
} dgen_draw;

/* Poisson and binomial values of a variance below this are drawn by inversion, others by rejection (counts_f64.h). */
#define DGEN_INVERSION_VARIANCE 256.0

/* Where inversion starts: at `mode`, which has `probability`; from k to k + 1 that changes by the factor
   (size - slope k) ratio / (k + 1). Binomial values count failures where `failures`. */
typedef struct dgen_outward {
    double mode, probability, size, slope, ratio;
    bool failures;
} dgen_outward;

/* The outcomes of inversion for one parameter: the first whose cumulative sum exceeds u is the value; the last sum is 2.
   guide: by the first bits of u, the value if they decide it, else ~ the first outcome that it can be. */
enum { DGEN_GUIDE_BITS = 12 };
typedef struct dgen_outcomes {
    int32_t guide[1 << DGEN_GUIDE_BITS];
    const double *cumulative;
    const int32_t *value;
} dgen_outcomes;

/* An alias table of 2^column_bits columns. The lower half of an entry, and 64 bits in `rest` behind it, say how much of the
   column is its own outcome's, of 2^32 or, for words of 32 bits, 2^(32 - column_bits); the upper half is the outcome that
   has the rest of the column. */
typedef struct dgen_aliases {
    uint32_t column_bits;
    int32_t base; /* added to the outcomes */
    uint64_t *entry, *rest;
} dgen_aliases;

/* Draws n values, a multiple of DGEN_DRAW_GROUP, into `out` at any alignment. */
typedef void dgen_draw_kernel(void *out, const dgen_draw *draw, size_t n);

/* How the groups of a row become codes: see quantize.h. */
typedef struct dgen_quantizer {
    int bits;       /* 8, 4 or 2 */
    int range;      /* of symmetric codes: a dgen_code_range */
    bool symmetric, exact, half_scale;
    bool offset;    /* decode: w' = code scale + zero, and zeros are floats */
} dgen_quantizer;

/* How far results are from elements, over those met so far. */
typedef struct dgen_deviation {
    double squares, result_squares, error_squares, most;
    int64_t clipped;
} dgen_deviation;

/* Kernels take the groups of a row sixteen at once, larger ones than DGEN_LARGE_GROUP four at once: whole bytes of codes. */
enum { DGEN_LARGE_GROUP = 256, DGEN_CANDIDATES = 16 };
static inline size_t dgen__superblock(size_t group) { return group * (group <= DGEN_LARGE_GROUP ? 16 : 4); }

/* Quantization, of f32 elements of one row at any alignment. n elements begin with a byte of codes and, but for `phase`
   elements of their first group that lie before them, with a group; only the row's end may cut the last one short. Scales and
   zeros: one for each group. */
typedef struct dgen_quantize_kernels {
    /* By the range of each group. Returns n or, where a superblock has an element that is not finite, how many lie before that.
       deviation: added to; NULL: not wanted. */
    size_t (*quantize)(uint8_t *packed, float *scale, uint8_t *zero, const float *x, size_t n, size_t group,
                       const dgen_quantizer *quantizer, dgen_deviation *deviation);
    /* Widens [*least, *most] to hold n elements; false if one is not finite: then they are void. */
    bool (*range)(float *least, float *most, const float *x, size_t n);
    /* Scales and zeros of `count` groups by their ranges, of finite numbers. */
    void (*scales)(float *scale, uint8_t *zero, const float *least, const float *most, size_t count,
                   const dgen_quantizer *quantizer);
    /* With given scales and zeros; finite elements only. */
    void (*encode)(uint8_t *packed, const float *scale, const uint8_t *zero, const float *x, size_t n, size_t group, size_t phase,
                   const dgen_quantizer *quantizer, dgen_deviation *deviation);
    /* Scales to try, the largest first: `scale` and smaller ones. */
    void (*candidates)(float candidate[DGEN_CANDIDATES], float scale, const dgen_quantizer *quantizer);
    /* Adds the squared errors of n elements of one group under each candidate. */
    void (*candidate_errors)(double error[DGEN_CANDIDATES], const float candidate[DGEN_CANDIDATES], uint8_t zero, const float *x,
                             size_t n, const dgen_quantizer *quantizer);
    /* w' of n codes. zero: uint8_t, or float if quantizer->offset. */
    void (*decode)(float *out, const uint8_t *packed, const float *scale, const void *zero, size_t n, size_t group, size_t phase,
                   const dgen_quantizer *quantizer);
    /* n codes, one a byte. */
    void (*unpack)(uint8_t *codes, const uint8_t *packed, size_t n, int bits);
    /* f64, f16, bf16 to f32 and back, halves to even: by DGEN_OF_F64, ... */
    void (*to_f32[3])(float *out, const void *x, size_t n);
    void (*from_f32[3])(void *out, const float *x, size_t n);
} dgen_quantize_kernels;
enum { DGEN_OF_F64, DGEN_OF_F16, DGEN_OF_BF16 };

/* Everything else, once per vector ISA. */
typedef struct dgen_isa_kernels {
    const char *name; /* "baseline", "avx2", "avx512", "neon" */
    /* Completes `count` sub-cells of `size` bytes (a multiple of 64) that stand one after another: in each,
       byte[i] = byte[i - distance[j]] for i from literals[j] on, 0 < distance[j] <= literals[j]. */
    void (*repeat)(uint8_t *dst, size_t size, unsigned count, const uint32_t *literals, const uint32_t *distance);
    /* Skews n bytes, a multiple of 64. */
    void (*skew)(uint8_t *row, size_t n, const dgen_skew *skew);
    /* Copies n bytes past the cache where dst allows it; the caller fences at the end. */
    void (*copy_streaming)(uint8_t *dst, const uint8_t *src, size_t n);
    /* Permutes DGEN_PERMUTE_LANES values in place, each with its own tweak of the keys. */
    void (*permute)(const dgen_permutation *permutation, int32_t *high, uint32_t *low, const uint32_t *tweak);
    /* How many of n bytes differ. */
    uint64_t (*count_differences)(const uint8_t *a, const uint8_t *b, size_t n);
    /* By dgen_op and type; NULL where the operation is not elementwise. */
    dgen_map_kernel *const (*map)[DGEN_REAL_TYPES];
    /* The same of reductions. */
    dgen_reduce_kernel *const (*reduce)[DGEN_REAL_TYPES];
    /* By type: the first of n elements that equals `wanted`, or is NaN if `wanted` is; n if there is none. */
    size_t (*const *find)(const void *x, size_t n, double wanted);
    /* By type: (x - center) / spread in f64 arithmetic; an element's own NaN stays, another NaN is `nan`. */
    void (*const *standardize)(void *out, const void *x, size_t n, double center, double spread, double nan);
    /* Where inversion starts for a binomial of size and prob, or with size -1 a Poisson of mean prob. */
    void (*outward)(dgen_outward *out, double size, double prob);
    /* By type, of a matrix by rows without gaps: the sum of squares of each row, of f64 in one order. */
    void (*const *squares_of_rows)(double *sums, const void *x, size_t rows, size_t columns);
    /* By type: to[c * to_stride + r] = from[r * from_stride + c]; past the cache where `to` and the stride are whole lines of
       64 bytes, and the caller fences at the end. */
    void (*const *transpose)(void *to, size_t to_stride, const void *from, size_t from_stride, size_t rows, size_t columns,
                             bool past_cache);
    /* By method and type drawn; NULL where the method does not draw it. */
    dgen_draw_kernel *const (*draw)[DGEN_DRAW_TYPES];
    /* By type from and to: n values that the second type can hold; NULL where nothing asks for it. */
    void (*const (*convert)[DGEN_DRAW_TYPES])(void *out, const void *values, size_t n);
    const dgen_quantize_kernels *quantization;
} dgen_isa_kernels;

extern const dgen_aes_kernels dgen__aes_table;
#if defined(__x86_64__) || defined(__i386__)
extern const dgen_aes_kernels dgen__aes_ni, dgen__aes_vaes256, dgen__aes_vaes512;
extern const dgen_isa_kernels dgen__isa_avx2, dgen__isa_avx512;
#elif defined(__aarch64__)
extern const dgen_aes_kernels dgen__aes_armv8;
extern const dgen_isa_kernels dgen__isa_neon;
#endif
extern const dgen_isa_kernels dgen__isa_baseline;

#endif
