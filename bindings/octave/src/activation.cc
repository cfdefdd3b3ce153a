/*
 * What helps a model through quantization: tables of scales for activations, the equalization of channels, and the choice
 * of bits for layers.
 */
#include <octave/Cell.h>

#include "quantized.h"

namespace dgen_octave {

bool flag_value(const octave_value &value, const char *argument)
{
    if (!value.is_bool_scalar()) raise_type(argument, "true or false");
    return value.bool_value();
}

double real_value(const octave_value &value, const char *argument, const char *legal)
{
    bool is_number = value.isnumeric() && value.numel() == 1 && !value.iscomplex() && !value.issparse();
    if (!is_number) raise_type(argument, legal);
    return value.double_value();
}

/* --------------------------------------------------------------------------------------------------------- equalization */

octave_value equalize_value(const octave_value_list &arguments)
{
    static const char *const legal = "a number from 0 to 1";
    dgen_error error;
    const Input w(argument(arguments, 0), "w", Input::MATRICES), x(argument(arguments, 1), "x", Input::MATRICES);
    double alpha = 0.5;
    bool power_of_two = false, has_alpha = arguments.length() % 2 == 1;
    uint64_t threads = 0;
    if (has_alpha) alpha = real_value(arguments(2), "alpha", legal);
    each_option(arguments, 2 + has_alpha, [&](const std::string &name, const octave_value &value) {
        if (name == "alpha") alpha = real_value(value, "alpha", legal);
        else if (name == "power_of_two") power_of_two = flag_value(value, "power_of_two");
        else if (name == "max_threads") threads = whole_value(value, "max_threads", 0, 1024);
        else raise_option(name, "alpha, power_of_two, max_threads", "equalize");
    });
    Owned<dgen_equalized, dgen_equalized_release> made;
    check(dgen_equalize(&made, &w.array, &x.array, alpha, power_of_two, static_cast<int>(threads), &error), error);
    dim_vector channels(1, static_cast<octave_idx_type>(dgen_array_length(&made.scale)));
    octave_scalar_map map;
    map.assign("w", hand_over(&made.w, w.dims));
    map.assign("x", hand_over(&made.x, x.dims));
    map.assign("scale", hand_over(&made.scale, channels));
    map.assign("inverse", hand_over(&made.inverse, channels));
    return octave_value(map);
}

/* ----------------------------------------------------------------------------------------------------------- activations */

octave_value activation_table_value(const octave_value_list &arguments)
{
    dgen_error error;
    dgen_record record;
    dgen_activation_options options;
    const Input stats(argument(arguments, 0), "stats", Input::MATRICES);
    octave_idx_type at = 1;
    dgen_activation_options_init(&options);
    auto set = [&](const std::string &name, const octave_value &value) {
        check(dgen_activation_options_set(&options, name.c_str(), Value(value), &error), error);
    };
    if (at < arguments.length() && !arguments(at).is_string()) set("groups", arguments(at++));
    if ((arguments.length() - at) % 2 == 1) set("method", arguments(at++));
    each_option(arguments, at, set);
    Owned<dgen_activation_table, dgen_activation_table_release> table;
    check(dgen_activation_table_make(&table, &stats.array, &options, &error), error);
    octave_scalar_map map;
    dgen_activation_table_record(&table, &record);
    map.assign("timestep", hand_over(&table.timestep, dims_of(table.timestep)));
    map.assign("group", hand_over(&table.group, dims_of(table.group)));
    map.assign("scale", hand_over(&table.scale, dims_of(table.scale)));
    map.assign("zero", hand_over(&table.zero, dims_of(table.zero)));
    for (int i = 0; i < record.count; i++) map.assign(record.fields[i].name, field_value(record.fields[i]));
    return octave_value(map);
}

/* A struct that dgen_activation_table made, as the core sees it. */
class Table {
public:
    explicit Table(const octave_value &value) : Table(fields_of(value, "table", "what activation_table returns")) {}

    dgen_activation_table core;

private:
    explicit Table(const octave_scalar_map &fields)
        : core{}, m_timestep(fields.getfield("timestep"), "table.timestep"), m_group(fields.getfield("group"), "table.group"),
          m_scale(fields.getfield("scale"), "table.scale"), m_zero(fields.getfield("zero"), "table.zero")
    {
        dgen_error error;
        dgen_record names;
        core.timestep = m_timestep.array;
        core.group = m_group.array;
        core.scale = m_scale.array;
        core.zero = m_zero.array;
        dgen_activation_table_record(&core, &names);
        for (int i = 0; i < names.count; i++) {
            const char *name = names.fields[i].name;
            check(dgen_activation_table_set(&core, name, Value(fields.getfield(name)), &error), error);
        }
    }

    Input m_timestep, m_group, m_scale, m_zero;
};

octave_value quantize_activations_value(const octave_value_list &arguments)
{
    dgen_error error;
    const Input x(argument(arguments, 0), "x");
    const octave_value when = argument(arguments, 1);
    if (!when.isnumeric()) raise_type("t", "an array or a number");
    const Input t(when, "t");
    const Table table(argument(arguments, 2));
    dgen_quantize_options options
        = quantize_options(arguments, 3, [](const std::string &name, const octave_value &) {
              if (name != "nan" && name != "certificate" && name != "max_threads")
                  raise_option(name, "nan, certificate, max_threads", "quantize_activations");
              return false;
          });
    dgen_operand operand = { &t.array, 0 };
    if (when.numel() == 1) operand = { nullptr, when.double_value() };
    Owned<dgen_quantized, dgen_quantized_release> made;
    check(dgen_quantize_activations(&made, &x.array, operand, &table.core, &options, &error), error);
    return quantized_value(&made, shape_value(x.dims));
}

/* ---------------------------------------------------------------------------------------------------------- bits for layers */

/* The names of layers, the patterns of rules: texts that live as long as the call. */
static std::vector<std::string> texts_of(const Cell &cell, const char *argument, const char *legal)
{
    std::vector<std::string> texts;
    for (octave_idx_type i = 0; i < cell.numel(); i++) {
        if (!cell.xelem(i).is_string()) raise_type(argument, legal);
        texts.push_back(text_value(cell.xelem(i), argument));
    }
    return texts;
}

static std::vector<std::string> names_of(const octave_value &value, int64_t count)
{
    std::string legal = "a list of texts, one for each of " + std::to_string(count) + " layers";
    if (!value.iscell() || value.numel() != count) raise_type("names", legal.c_str());
    return texts_of(value.cell_value(), "names", legal.c_str());
}

/* Rules, such as {"*norm*", 16; "*", 8}. */
struct Rules {
    void read(const octave_value &value)
    {
        static const char *const legal = "a list of pairs, each a pattern and bits";
        if (!value.iscell()) raise_type("rules", legal);
        const Cell cell = value.cell_value();
        if (cell.ndims() != 2 || (cell.columns() != 2 && !cell.isempty())) raise_type("rules", legal);
        patterns = texts_of(cell.index(idx_vector::colon, idx_vector(0)), "rules", legal);
        for (size_t i = 0; i < patterns.size(); i++) {
            octave_value bits = cell.xelem(static_cast<octave_idx_type>(i), 1);
            if (!bits.isnumeric()) raise_type("rules", legal);
            rules.push_back({ patterns[i].c_str(), static_cast<int>(whole_value(bits, "bits", 0, INT32_MAX)) });
        }
    }

    std::vector<std::string> patterns;
    std::vector<dgen_bits_rule> rules;
};

static octave_value choices_value(const std::vector<dgen_bits_choice> &choices)
{
    dim_vector dims = column_of(choices.size());
    NDArray bits(dims), size(dims), rmse(dims), snr_db(dims);
    for (size_t i = 0; i < choices.size(); i++) {
        octave_idx_type at = static_cast<octave_idx_type>(i);
        bits(at) = choices[i].bits;
        size(at) = static_cast<double>(choices[i].size);
        rmse(at) = choices[i].rmse;
        snr_db(at) = choices[i].snr_db;
    }
    octave_scalar_map map;
    map.assign("bits", bits);
    map.assign("size", size);
    map.assign("rmse", rmse);
    map.assign("snr_db", snr_db);
    return octave_value(map);
}

octave_value choose_bits_value(const octave_value_list &arguments)
{
    dgen_error error;
    const Layers inputs(argument(arguments, 0), "layers");
    uint64_t budget = 0;
    Rules rules;
    std::vector<std::string> names;
    octave_value progress;
    dgen_quantize_options options
        = quantize_options(arguments, 1, [&](const std::string &name, const octave_value &value) {
              if (name == "budget") budget = whole_value(value, "budget", 0, UINT64_C(1) << 53);
              else if (name == "rules") rules.read(value);
              else if (name == "names") names = names_of(value, inputs.count());
              else if (name == "progress") {
                  if (!value.is_function_handle()) raise_type("progress", "a function");
                  progress = value;
              }
              else return false;
              return true;
          });
    std::vector<dgen_layer> layers;
    for (size_t i = 0; i < inputs.pointers.size(); i++)
        layers.push_back({ names.empty() ? "" : names[i].c_str(), inputs.pointers[i] });
    std::vector<dgen_bits_choice> choices(layers.size());
    check(dgen_choose_bits(choices.data(), layers.data(), inputs.count(), budget, rules.rules.data(),
                           static_cast<int>(rules.rules.size()), &options,
                           progress.is_defined() ? report_progress : nullptr, &progress, &error),
          error);
    return choices_value(choices);
}

} // namespace dgen_octave
