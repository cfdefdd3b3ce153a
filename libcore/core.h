/*
 * What every file of the core shares: how failure is made, checked size arithmetic, attributes.
 *
 * A function that fails writes one message and returns its status in one expression:
 *     return dgen__fail(error, DGEN_EINVAL, "size", "size must be ...");
 * Names with two underscores are shared between files of the core and hidden from everyone else.
 */
#ifndef DGEN_CORE_H
#define DGEN_CORE_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "dgen.h"
#include "kernels/unfused.h"

#define DGEN_ALIGNMENT 64
#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Writes code, argument and a printf-style message into error (if any); returns code. */
__attribute__((format(printf, 4, 5))) dgen_status dgen__fail(dgen_error *error, dgen_status code, const char *argument,
                                                             const char *format, ...);

/* a * b and a + b, false if they overflow. */
static inline bool dgen__multiply(uint64_t a, uint64_t b, uint64_t *out) { return !__builtin_mul_overflow(a, b, out); }
static inline bool dgen__add(uint64_t a, uint64_t b, uint64_t *out) { return !__builtin_add_overflow(a, b, out); }

static inline uint64_t dgen__least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* A bijection of 64 bits in which each output bit depends on all input bits (Stafford's variant 13 of MurmurHash3's
   finalizer; D. Stafford, "Better Bit Mixing", 2011). */
static inline uint64_t dgen__mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* Little-endian loads and stores at any alignment, on any machine. */
static inline uint64_t dgen__load64(const void *p)
{
    const uint8_t *b = p;
    uint64_t x = 0;
    for (int i = 7; i >= 0; i--) x = x << 8 | b[i];
    return x;
}
static inline void dgen__store64(void *p, uint64_t x)
{
    uint8_t *b = p;
    for (int i = 0; i < 8; i++) b[i] = (uint8_t)(x >> 8 * i);
}

/* True if the elements of the array follow each other in memory in the order of their indices. */
static inline bool dgen__is_contiguous(const dgen_array *array)
{
    int64_t stride = 1;
    for (int i = 0; i < array->ndim; i++) {
        if (array->shape[i] != 1 && array->stride[i] != stride) return false;
        stride *= array->shape[i];
    }
    return true;
}

/* The checked config of the object of which n_bytes at `offset` are wanted: without a size the object ends where they do,
   without a seed a fresh one is drawn. */
dgen_status dgen__config_piece(dgen_config *out, const dgen_config *config, uint64_t n_bytes, uint64_t offset,
                               dgen_error *error);

/* Reads one of `words` (NULL ends them), as its number, or a number between minimum and maximum; "<argument> must be <legal>, not
   ...". */
dgen_status dgen__value_word(int *out, const char *argument, dgen_value value, const char *const *words, const char *legal,
                             dgen_error *error);
dgen_status dgen__value_number(double *out, const char *argument, dgen_value value, double minimum, double maximum,
                               const char *legal, dgen_error *error);

/* Appends fields to a record; text is copied into it. */
void dgen__record_count(dgen_record *record, const char *name, uint64_t value);
void dgen__record_number(dgen_record *record, const char *name, double value);
void dgen__record_boolean(dgen_record *record, const char *name, bool value);
void dgen__record_text(dgen_record *record, const char *name, const char *text);
void dgen__record_words(dgen_record *record, const char *name, const char *text);

#endif
