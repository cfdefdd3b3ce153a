/*
 * The functions of the package but for operations and distributions: __dgen__ ("generate", n, ...) is what
 * dgen_generate (n, ...) calls, and so on.
 *
 * It is loaded once and stays: values of the generator's type, memory lent to Octave, and the core's threads outlive
 * any "clear functions".
 */
#include <octave/interpreter.h>

#include "shim.h"

namespace dgen_octave {

/* ------------------------------------------------------------------------------------------------------ the bytes */

static octave_value generate(const octave_value_list &arguments)
{
    dgen_error error;
    dgen_config config = config_of_object(arguments);
    dgen_array unmade;
    if (!config.has_size || config.size > INT64_MAX) check(dgen_generate(&unmade, &config, &error), error);
    if (config.offset > config.size) check(dgen_config_check(&config, &error), error);
    uint64_t n_bytes = config.size - config.offset;
    Result column(DGEN_U8, column_of(n_bytes), &config);
    check(dgen_fill_at(column.data(), n_bytes, &config, config.offset, &error), error);
    return column.release();
}

static octave_value generator(const octave_value_list &arguments)
{
    return open_generator(config_of_object(arguments));
}

/* The array's memory, as see_bytes (pointer, bytes). */
template <typename SeeBytes>
static octave_value with_bytes(const octave_value_list &arguments, SeeBytes see_bytes)
{
    if (arguments.length() == 0) raise_type("x", "a real, full array");
    return with_array(arguments(0), "x", [&](const auto &array) {
        return see_bytes(static_cast<const void *>(array.data()), static_cast<uint64_t>(array.byte_size()));
    });
}

static octave_value verify(const octave_value_list &arguments)
{
    dgen_config config;
    dgen_config_init(&config);
    each_option(arguments, 1, [&](const std::string &name, const octave_value &value) {
        set_option(config, name, value);
    });
    return with_bytes(arguments, [&](const void *bytes, uint64_t n_bytes) {
        dgen_verify_report report;
        dgen_error error;
        dgen_record record;
        check(dgen_verify_at(&report, bytes, n_bytes, &config, config.offset, &error), error);
        dgen_verify_record(&report, &record);
        return record_value(record);
    });
}

static octave_value describe(const octave_value_list &arguments)
{
    uint64_t block_size = 4096;
    each_option(arguments, 1, [&](const std::string &name, const octave_value &value) {
        if (name != "block_size") raise_option(name, "block_size");
        block_size = whole_value(value, "block_size", 64, UINT64_C(1) << 24);
    });
    return with_bytes(arguments, [&](const void *bytes, uint64_t n_bytes) {
        dgen_describe_report report;
        dgen_error error;
        dgen_record record;
        check(dgen_describe(&report, bytes, n_bytes, block_size, &error), error);
        dgen_describe_record(&report, &record);
        return record_value(record);
    });
}

/* Assigning shares memory and slicing does too; this gives the values memory of their own. */
static octave_value copy(const octave_value_list &arguments)
{
    if (arguments.length() == 0) raise_type("x", "a real, full array");
    return with_array(arguments(0), "x", [](const auto &array) {
        auto own = array;
        own.make_unique();
        return octave_value(own);
    });
}

/* ----------------------------------------------------------------------------------------------------- the machine */

static octave_value system_info(const octave_value_list &)
{
    dgen_record record;
    sweep();
    dgen_system_record(&record);
    return record_value(record);
}

static octave_value threads(const octave_value_list &arguments)
{
    dgen_error error;
    if (arguments.length() > 0) {
        int n = static_cast<int>(whole_value(arguments(0), "n", 0, 1024));
        check(dgen_threads_set(n, &error), error);
    }
    return octave_value(static_cast<double>(dgen_threads_get()));
}

static octave_value operations(const octave_value_list &) { return operations_value(); }

static octave_value distributions(const octave_value_list &) { return distributions_value(); }

static octave_value version(const octave_value_list &) { return octave_value(DGEN_VERSION); }

static octave_value pool_trim(const octave_value_list &)
{
    sweep();
    return count_value(dgen_pool_trim());
}

static octave_value pool_cap(const octave_value_list &arguments)
{
    if (arguments.length() > 0) {
        sweep();
        dgen_pool_cap_set(whole_value(arguments(0), "bytes", 0, INT64_MAX));
    }
    return count_value(dgen_pool_cap_get());
}

/* ---------------------------------------------------------------------------------------------------------- calling */

void start(octave::interpreter &interpreter)
{
    static bool started = false;
    if (started) return;
    interpreter.mlock();
    register_generator();
    register_sampler();
    watch_interrupts();
    started = true;
}

static const struct Function {
    const char *name;
    octave_value (*call)(const octave_value_list &);
    int most; /* arguments; -1: any number */
} functions[] = {
    { "generate", generate, -1 },  { "generator", generator, -1 },    { "verify", verify, -1 },
    { "describe", describe, -1 },  { "copy", copy, 1 },               { "system_info", system_info, 0 },
    { "threads", threads, 1 },     { "version", version, 0 },         { "pool_trim", pool_trim, 0 },
    { "pool_cap", pool_cap, 1 },      { "operations", operations, 0 }, { "distributions", distributions, 0 },
    { "sampler", sampler_value, -1 }, { "normalize_rows", normalize_rows_value, -1 },
    { "quantize", quantize_value, -1 }, { "dequantize", dequantize_value, -1 }, { "unpack", unpack_value, -1 },
    { "quantize_batch", quantize_batch_value, -1 }, { "repack", repack_value, 2 }, { "equalize", equalize_value, -1 },
    { "activation_table", activation_table_value, -1 }, { "quantize_activations", quantize_activations_value, -1 },
    { "choose_bits", choose_bits_value, -1 }, { "arrow_export", arrow_export_value, 3 },
    { "arrow_import", arrow_import_value, 2 },
};

static octave_value call(const std::string &name, const octave_value_list &arguments)
{
    for (const Function &function : functions)
        if (name == function.name) {
            if (function.most >= 0 && arguments.length() > function.most)
                error_with_id("Octave:invalid-fun-call", "Invalid call to dgen_%s", function.name);
            return function.call(arguments);
        }
    error_with_id("Octave:invalid-fun-call", "Invalid call to __dgen__");
}

} // namespace dgen_octave

DEFMETHOD_DLD(__dgen__, interpreter, arguments, ,
              "-*- texinfo -*-\n@deftypefn {} {@var{result} =} __dgen__ (@var{function}, @dots{})\n"
              "The functions of the package dgen: see @code{dgen_generate}.\n@end deftypefn")
{
    dgen_octave::start(interpreter);
    if (arguments.length() == 0) error_with_id("Octave:invalid-fun-call", "Invalid call to __dgen__");
    std::string name = arguments(0).xstring_value("__dgen__: the function must be text");
    return dgen_octave::call(name, arguments.slice(1, arguments.length() - 1));
}
