/*
 * What the files of the Octave package share.
 *
 * The package is one loadable function, __dgen__, behind thin .m files that carry the help and the tests. It converts,
 * calls the core, converts back. An error in Octave is a C++ exception, so the core, which is C, is never on the stack
 * when one is thrown: whatever a callback throws is kept, the core told to stop, and the exception thrown on after.
 *
 *   convert.cc    values, options and reports; errors and interrupts
 *   result.cc     arrays handed to Octave without a copy, and had back when Octave lets go of them
 *   generator.cc  the streaming generator as a value of Octave
 *   __dgen__.cc   the functions
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

/* Raises that `name` is none of the options of a function that has others than the core's. */
[[noreturn]] void raise_option(const std::string &name, const char *known);

/* Has the core ask Octave for pending signals, Ctrl-C among them, while it works. */
void watch_interrupts();

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

/* A number where a double holds it exactly, else uint64. */
octave_value count_value(uint64_t count);
octave_value field_value(const dgen_field &field);
octave_value record_value(const dgen_record &record);

/* -------------------------------------------------------------------------------------------------------- results */

/* A uint8 column in the making: have the core write data(), then release() it to Octave. Without the release the memory
   is given back. `placement` says how many threads will write it and on which node. */
class Column {
public:
    Column(uint64_t n_bytes, const dgen_config &placement);
    ~Column();
    Column(const Column &) = delete;
    Column &operator=(const Column &) = delete;
    void *data() const { return m_data; }
    octave_value release();

private:
    uint64_t m_bytes;
    void *m_data;
    bool m_pin;
    dgen_array m_memory; /* if m_pin, what m_data points to */
};

/* Looks at the large results handed out, at most so many, and gives those that Octave has let go of back to the core's
   pool. */
void sweep(size_t at_most = SIZE_MAX);

/* ------------------------------------------------------------------------------------------------------ generator */

void register_generator();
octave_value open_generator(const dgen_config &config);

} // namespace dgen_octave

#endif
