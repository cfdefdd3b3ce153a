/*
 * What is quantized, as values of Octave: arrays that the core reads in place, and structs of codes, scales and zeros.
 *
 * Octave has no arrays of one dimension, so what a row is had to be decided. A vector, 1 x n or n x 1, is one row of n
 * elements: the core is told of one dimension, and the shape that Octave knows comes back with the values. The rows of
 * anything else are those of its first dimension.
 */
#ifndef DGEN_OCTAVE_QUANTIZED_H
#define DGEN_OCTAVE_QUANTIZED_H

#include <memory>
#include <vector>

#include <octave/oct-map.h>

#include "shim.h"

namespace dgen_octave {

/* Sizes as the core is told them: a vector's length, else at most four dimensions, the later ones joined, which leaves the
   rows what they are. Returns how many. */
int shape_to_core(int64_t shape[4], const std::vector<int64_t> &sizes);
/* And back: an array of one dimension is a column. */
dim_vector dims_of(const dgen_array &array);

/* An array of Octave that the core reads in place; this keeps it alive. */
class Input {
public:
    enum Vectors { ROWS, MATRICES };
    Input(const octave_value &value, const std::string &argument, Vectors vectors = ROWS);

    dgen_array array;
    dim_vector dims;
    std::shared_ptr<const void> memory;
};

/* Arrays of a cell, each read in place. */
class Layers {
public:
    Layers(const octave_value &value, const char *argument);
    int64_t count() const { return static_cast<int64_t>(pointers.size()); }

    dim_vector dims;
    std::vector<Input> inputs;
    std::vector<const dgen_array *> pointers;
};

/* A struct that dgen_quantize made, as the core sees it. */
class Quantized {
public:
    explicit Quantized(const octave_value &value);

    dgen_quantized core;
    octave_value shape;
    dim_vector dims;
    Input codes, scale, zero;

private:
    explicit Quantized(const octave_scalar_map &fields);
};

/* Objects of the core that are given back whatever happens. */
template <typename Object, void (*release)(Object *)>
struct Owned : Object {
    Owned() : Object() {}
    ~Owned() { release(this); }
    Owned(const Owned &) = delete;
    Owned &operator=(const Owned &) = delete;
};

/* The fields of a struct `value`, or an error that says what `argument` must be. */
octave_scalar_map fields_of(const octave_value &value, const char *argument, const char *legal);
/* Reads a field of sizes: dims are Octave's; returns how many the core is told. */
int read_shape(dim_vector &dims, int64_t shape[4], const octave_value &value, const char *argument);
/* The bits of 16-bit floats as what they stand for. */
Input read_floats(const octave_value &value, const char *argument);

/* The struct of a quantized array in Octave's memory, or in the core's, which it takes over. */
octave_value quantized_value(const dgen_quantized &core, const octave_value &shape, const octave_value &codes,
                             const octave_value &scale, const octave_value &zero);
octave_value quantized_value(dgen_quantized *core, const octave_value &shape);
/* The field of sizes, as read_shape reads it. */
octave_value shape_value(const dim_vector &dims);
octave_value shape_value(int ndim, const int64_t *shape);

/* An option that is true or false. */
bool flag_value(const octave_value &value, const char *argument);
/* A real number, or an error that says what it must be. */
double real_value(const octave_value &value, const char *argument, const char *legal);

/* Options of quantization, from the arguments from `first` on; take (name, value) is true for one of another function. */
template <typename Take>
dgen_quantize_options quantize_options(const octave_value_list &arguments, octave_idx_type first, Take take)
{
    dgen_quantize_options options;
    dgen_quantize_options_init(&options);
    each_option(arguments, first, [&](const std::string &name, const octave_value &value) {
        dgen_error error;
        if (!take(name, value)) check(dgen_quantize_options_set(&options, name.c_str(), Value(value), &error), error);
    });
    return options;
}

inline octave_value argument(const octave_value_list &arguments, octave_idx_type i)
{
    return i < arguments.length() ? arguments(i) : octave_value();
}

} // namespace dgen_octave

#endif
