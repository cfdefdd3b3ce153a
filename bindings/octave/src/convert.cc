/*
 * Between Octave and the core: values, options and reports; errors and interrupts.
 *
 * Octave's handler of Ctrl-C only leaves a note, which the interpreter reads between statements. A long call has no
 * next statement: the core asks the poll here, which reads the note as the interpreter would, and stops early.
 */
#include <algorithm>
#include <exception>
#include <utility>

#include <octave/Cell.h>
#include <octave/oct-map.h>
#include <octave/quit.h>

#include "shim.h"

namespace dgen_octave {

/* ------------------------------------------------------------------------------------------ errors and interrupts */

/* What a callback of the core caught, until check() throws it on. */
static std::exception_ptr caught;

void raise(const dgen_error &error)
{
    std::string identifier = std::string("dgen:") + dgen_status_name(error.code);
    std::replace(identifier.begin(), identifier.end(), ' ', '-');
    error_with_id(identifier.c_str(), "%s", error.message);
}

void check(dgen_status status, const dgen_error &error)
{
    if (caught) std::rethrow_exception(std::exchange(caught, nullptr));
    if (status != DGEN_OK) raise(error);
}

void raise_type(const char *argument, const char *legal)
{
    dgen_error error;
    dgen_error_type(argument, legal, &error);
    raise(error);
}

void raise_option(const std::string &name, const char *known, const std::string &function)
{
    std::string of = function.empty() ? "" : " of " + function;
    error_with_id("dgen:invalid-argument", "\"%s\" is not an option%s; the options are %s", name.c_str(), of.c_str(), known);
}

int cancel_with_current_exception()
{
    caught = std::current_exception();
    return 1;
}

/* Octave forgets an interrupt that it has thrown; the core may ask again before it has returned. */
static int poll_signals(void *)
{
    if (caught) return 1;
    try {
        if (octave_interrupt_state > 0) octave_signal_caught = 1; /* the handler sets both, the count last */
        octave_quit();
        return 0;
    }
    catch (...) {
        return cancel_with_current_exception();
    }
}

void watch_interrupts() { dgen_poll_set(poll_signals, nullptr); }

/* ---------------------------------------------------------------------------------------------- values to the core */

static bool has_zero_byte(const std::string &text) { return text.find('\0') != std::string::npos; }

Value::Value(const octave_value &host) : dgen_value{}
{
    kind = DGEN_VALUE_OTHER;
    if (host.is_string() && host.rows() <= 1) {
        m_text = host.string_value();
        if (has_zero_byte(m_text)) return;
        kind = DGEN_VALUE_TEXT;
        text = m_text.c_str();
    }
    else if (host.numel() != 1 || host.iscomplex() || host.issparse()) return;
    else if (host.islogical()) {
        kind = DGEN_VALUE_BOOLEAN;
        integer = host.bool_value();
    }
    else if (host.is_uint64_type()) {
        kind = DGEN_VALUE_COUNT;
        count = host.uint64_scalar_value().value();
    }
    else if (host.isinteger()) {
        kind = DGEN_VALUE_INTEGER;
        integer = host.int64_scalar_value().value();
    }
    else if (host.is_double_type() || host.is_single_type()) {
        kind = DGEN_VALUE_NUMBER;
        number = host.double_value();
    }
}

std::string text_value(const octave_value &value, const char *argument)
{
    if (value.is_string() && value.rows() <= 1) {
        std::string text = value.string_value();
        if (!has_zero_byte(text)) return text;
    }
    raise_type(argument, "text");
}

uint64_t whole_value(const octave_value &value, const char *argument, uint64_t minimum, uint64_t maximum)
{
    dgen_error error;
    uint64_t whole;
    check(dgen_value_whole(&whole, argument, Value(value), minimum, maximum, 0, &error), error);
    return whole;
}

void set_option(dgen_config &config, const std::string &name, const octave_value &value)
{
    dgen_error error;
    check(dgen_config_set(&config, name.c_str(), Value(value), &error), error);
}

dgen_config config_of_object(const octave_value_list &arguments)
{
    dgen_config config;
    octave_idx_type n = arguments.length();
    bool size_first = n % 2 == 1 || (n > 0 && !arguments(0).is_string());
    dgen_config_init(&config);
    if (size_first) set_option(config, "size", arguments(0));
    each_option(arguments, size_first, [&](const std::string &name, const octave_value &value) {
        set_option(config, name, value);
    });
    return config;
}

dgen_array borrow(dgen_dtype dtype, int ndim, const int64_t *shape, const void *data)
{
    dgen_array array;
    dgen_error error;
    check(dgen_array_borrow(&array, dtype, ndim, shape, const_cast<void *>(data), &error), error);
    return array;
}

/* ----------------------------------------------------------------------------------------------- values to Octave */

octave_value count_value(uint64_t count)
{
    if (count <= UINT64_C(1) << 53) return octave_value(static_cast<double>(count));
    return octave_value(octave_uint64(count));
}

/* Words apart by one space, as a row of cells. */
static octave_value words_value(const std::string &words)
{
    string_vector list;
    for (size_t at = 0, end; at < words.size(); at = end + 1) {
        end = std::min(words.find(' ', at), words.size());
        list.append(words.substr(at, end - at));
    }
    return octave_value(Cell(list).reshape(dim_vector(1, list.numel())));
}

octave_value field_value(const dgen_field &field)
{
    const dgen_value &value = field.value;
    switch (value.kind) {
    case DGEN_VALUE_NUMBER: return octave_value(value.number);
    case DGEN_VALUE_INTEGER: return octave_value(octave_int64(value.integer));
    case DGEN_VALUE_COUNT: return count_value(value.count);
    case DGEN_VALUE_BOOLEAN: return octave_value(value.integer != 0);
    case DGEN_VALUE_TEXT: return octave_value(value.text);
    case DGEN_VALUE_WORDS: return words_value(value.text);
    default: return octave_value(Matrix());
    }
}

octave_value record_value(const dgen_record &record)
{
    octave_scalar_map map;
    for (int i = 0; i < record.count; i++) map.assign(record.fields[i].name, field_value(record.fields[i]));
    return octave_value(map);
}

std::string number_text(double number)
{
    char text[32];
    snprintf(text, sizeof text, "%.5g", number);
    return text;
}

std::string list_text(const double *numbers, int n, const char *apart)
{
    std::string text;
    for (int i = 0; i < n; i++) text += (i ? apart : "") + number_text(numbers[i]);
    return text;
}

} // namespace dgen_octave
