/*
 * What the files of the Octave package share.
 *
 * The package is one loadable file: the function __dgen__ behind thin .m files that carry the help and the tests, and a
 * function for each operation and each distribution of the registries, which Octave finds by autoload. It converts,
 * calls the core, converts back. An error in Octave is a C++ exception, so the core, which is C, is never on the stack
 * when one is thrown: whatever a callback throws is kept, the core told to stop, and the exception thrown on after.
 *
 *   convert.cc    values, options and reports; errors and interrupts
 *   result.cc     arrays handed to Octave without a copy, and had back when Octave lets go of them
 *   handle.h      objects of the core as values of Octave
 *   generator.cc  the streaming generator
 *   operation.cc  the vector operations
 *   random.cc     random values
 *   sampler.cc    a distribution with a position
 *   quantized.h   what is quantized as values of Octave
 *   quantize.cc   quantization, and back
 *   activation.cc quantization of activations, equalization of channels, bits for layers
 *   interchange.cc layouts of other programs, and the Arrow C data interface
 *   __dgen__.cc   all other functions
 */
#ifndef DGEN_OCTAVE_SHIM_H
#define DGEN_OCTAVE_SHIM_H

#include <string>

#include <octave/oct.h>

#include "dgen.h"

namespace dgen_octave {

/* ------------------------------------------------------------------------------------------ errors and interrupts */

/* Raises the core's message under the identifier "dgen:<status>". */
[[noreturn]] void raise(const dgen_error &error);

/* After a call of the core: throws what a callback caught meanwhile, or raises the error if there is one. */
void check(dgen_status status, const dgen_error &error);

/* Raises "<argument> must be <legal>". */
[[noreturn]] void raise_type(const char *argument, const char *legal);

/* Raises that `name` is none of the options of a function, which may be named, that has others than the core's. */
[[noreturn]] void raise_option(const std::string &name, const char *known, const std::string &function = "");

/* Has the core ask Octave for pending signals, Ctrl-C among them, while it works. */
void watch_interrupts();

/* What the first function called must do: the file stays loaded, and what outlives a call is made. */
void start(octave::interpreter &interpreter);

/* The answer of a callback of the core that caught an exception: check() throws it once the core has returned. */
int cancel_with_current_exception();

/* ----------------------------------------------------------------------------------------------------- conversion */

/* A value for the core to check; it lends its text. */
struct Value : dgen_value {
    explicit Value(const octave_value &host);
    Value(const Value &) = delete;
    Value &operator=(const Value &) = delete;

private:
    std::string m_text;
};

/* A text without zero bytes, or an error that names `argument`. */
std::string text_value(const octave_value &value, const char *argument);
uint64_t whole_value(const octave_value &value, const char *argument, uint64_t minimum, uint64_t maximum);

/* Calls take (name, value) for every pair of arguments from `first` on. */
template <typename Take>
void each_option(const octave_value_list &arguments, octave_idx_type first, Take take)
{
    for (octave_idx_type i = first; i < arguments.length(); i += 2) {
        if (i + 1 == arguments.length() || !arguments(i).is_string())
            raise_type("options", "pairs of a name and a value");
        take(text_value(arguments(i), "options"), arguments(i + 1));
    }
}

void set_option(dgen_config &config, const std::string &name, const octave_value &value);
/* Options: a size, unless a name stands first, then pairs. */
dgen_config config_of_object(const octave_value_list &arguments);

/* Returns see (array) with the array in `value`, whose memory is read in place. */
template <typename See>
octave_value with_array(const octave_value &value, const char *argument, See see)
{
    if (value.iscomplex() || value.issparse()) raise_type(argument, "a real, full array");
    if (value.is_double_type()) return see(value.array_value());
    if (value.is_single_type()) return see(value.float_array_value());
    if (value.is_uint8_type()) return see(value.uint8_array_value());
    if (value.is_char_matrix()) return see(value.char_array_value());
    if (value.islogical()) return see(value.bool_array_value());
    if (value.is_int8_type()) return see(value.int8_array_value());
    if (value.is_int16_type()) return see(value.int16_array_value());
    if (value.is_int32_type()) return see(value.int32_array_value());
    if (value.is_int64_type()) return see(value.int64_array_value());
    if (value.is_uint16_type()) return see(value.uint16_array_value());
    if (value.is_uint32_type()) return see(value.uint32_array_value());
    if (value.is_uint64_type()) return see(value.uint64_array_value());
    raise_type(argument, "a real, full array");
}

/* The core's type of an Octave element. */
template <typename Element>
struct Dtype;
template <> struct Dtype<double> { static constexpr dgen_dtype value = DGEN_F64; };
template <> struct Dtype<float> { static constexpr dgen_dtype value = DGEN_F32; };
template <> struct Dtype<bool> { static constexpr dgen_dtype value = DGEN_U8; };
template <> struct Dtype<char> { static constexpr dgen_dtype value = DGEN_U8; };
template <> struct Dtype<octave_int8> { static constexpr dgen_dtype value = DGEN_I8; };
template <> struct Dtype<octave_int16> { static constexpr dgen_dtype value = DGEN_I16; };
template <> struct Dtype<octave_int32> { static constexpr dgen_dtype value = DGEN_I32; };
template <> struct Dtype<octave_int64> { static constexpr dgen_dtype value = DGEN_I64; };
template <> struct Dtype<octave_uint8> { static constexpr dgen_dtype value = DGEN_U8; };
template <> struct Dtype<octave_uint16> { static constexpr dgen_dtype value = DGEN_U16; };
template <> struct Dtype<octave_uint32> { static constexpr dgen_dtype value = DGEN_U32; };
template <> struct Dtype<octave_uint64> { static constexpr dgen_dtype value = DGEN_I64; }; /* the same below 2^63 */

/* The core's view of memory that the caller keeps alive. */
dgen_array borrow(dgen_dtype dtype, int ndim, const int64_t *shape, const void *data);

/* A number where a double holds it exactly, else uint64. */
octave_value count_value(uint64_t count);
octave_value field_value(const dgen_field &field);
octave_value record_value(const dgen_record &record);
/* A number as help shows it, and numbers apart by some text. */
std::string number_text(double number);
std::string list_text(const double *numbers, int n, const char *apart);

/* -------------------------------------------------------------------------------------------------------- results */

/* An array of any type in the making, those of 16-bit floats as uint16: have the core write data(), then release() it to Octave. Without
   the release the memory is given back. `placement` says how many threads will write it and on which node; it may be
   null. */
class Result {
public:
    Result(dgen_dtype dtype, const dim_vector &dims, const dgen_config *placement);
    ~Result();
    Result(const Result &) = delete;
    Result &operator=(const Result &) = delete;
    void *data() const { return m_data; }
    octave_value release();

private:
    dgen_dtype m_dtype;
    dim_vector m_dims;
    uint64_t m_bytes;
    void *m_data;
    bool m_pin;
    dgen_array m_memory; /* if m_pin, what m_data points to */
};

/* Gives Octave an array of the core's own memory: a large one as it is, a small one, or what may not be pinned, as a copy. */
octave_value hand_over(dgen_array *array, const dim_vector &dims);
/* Gives Octave an array of another program's memory, as it is. */
octave_value lend(dgen_array *array, const dim_vector &dims);

/* n x 1; n is cut to what Octave can count, for which there is no memory either. */
inline dim_vector column_of(uint64_t n)
{
    return dim_vector(static_cast<octave_idx_type>(n < INT64_MAX ? n : INT64_MAX), 1);
}

/* Looks at the large results handed out, at most so many, and gives those that Octave has let go of back to the core's
   pool. */
void sweep(size_t at_most = SIZE_MAX);

/* -------------------------------------------------------------------------------------------- generator and sampler */

/* A dgen_progress of an octave_value: calls that function with what is done and the total; the answer false stops, and so does an
   error or Ctrl-C. */
int report_progress(void *function, uint64_t done, uint64_t total);

void register_generator();
octave_value open_generator(const dgen_config &config);

void register_sampler();
octave_value open_sampler(dgen_distribution distribution, const dgen_operand *parameters,
                          const dgen_random_options &options);

/* ----------------------------------------------------------------------------------------------------- operations */

/* The registry as a struct array. Each row is a function of its own, with no other name in C++. */
octave_value operations_value();
octave_value normalize_rows_value(const octave_value_list &arguments);

/* -------------------------------------------------------------------------------------------------- random values */

/* How many values, as a user says it: a number, for a column, or 1 to 4 dimensions. */
struct Shape {
    int ndim;
    int64_t shape[4];
    explicit Shape(const octave_value &n);
    dim_vector dims() const;
};

/* The registry as a struct array. As with operations, each row is a function of its own. */
octave_value distributions_value();
/* The arguments are a distribution, then what its function takes after n. */
octave_value sampler_value(const octave_value_list &arguments);

/* --------------------------------------------------------------------------------------------------- quantization */

/* Each is the function of that name. */
octave_value quantize_value(const octave_value_list &arguments);
octave_value dequantize_value(const octave_value_list &arguments);
octave_value unpack_value(const octave_value_list &arguments);
octave_value quantize_batch_value(const octave_value_list &arguments);
octave_value repack_value(const octave_value_list &arguments);
octave_value equalize_value(const octave_value_list &arguments);
octave_value activation_table_value(const octave_value_list &arguments);
octave_value quantize_activations_value(const octave_value_list &arguments);
octave_value choose_bits_value(const octave_value_list &arguments);
octave_value arrow_export_value(const octave_value_list &arguments);
octave_value arrow_import_value(const octave_value_list &arguments);

} // namespace dgen_octave

#endif
