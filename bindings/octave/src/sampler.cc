/*
 * A distribution with its parameters and a position: dgen_sampler of the core behind a handle.
 */
#include <octave/interpreter.h>

#include "handle.h"

namespace dgen_octave {

/* A sampler of the core that can be closed while values still refer to it. */
struct State {
    static constexpr const char *noun = "sampler";
    static const Method<State> methods[];
    dgen_sampler *sampler = nullptr;

    State() = default;
    State(const State &) = delete;
    State &operator=(const State &) = delete;
    ~State() { close(); }

    void close()
    {
        dgen_sampler_close(sampler);
        sampler = nullptr;
    }

    dgen_sampler *open() const
    {
        dgen_error error;
        if (!sampler) check(dgen_error_closed(noun, &error), error);
        return sampler;
    }

    void record(dgen_record &fields) const;

    std::string describe() const
    {
        char text[256] = "dgen.sampler: closed";
        if (sampler) dgen_sampler_describe(sampler, text, sizeof text);
        return text;
    }
};

static dgen_field text_field(const char *name, const char *text)
{
    dgen_field field = {};
    field.name = name;
    field.value.kind = DGEN_VALUE_TEXT;
    field.value.text = text;
    return field;
}

/* What a generator has too looks as it does there. */
void State::record(dgen_record &fields) const
{
    const dgen_random_options &options = *dgen_sampler_options(open());
    dgen_config config;
    dgen_config_init(&config);
    config.seed = options.seed;
    config.has_seed = 1;
    config.stream = options.stream;
    config.offset = options.offset;
    config.max_threads = options.max_threads;
    dgen_config_record(&config, &fields);
    int all = fields.count;
    fields.count = 0;
    for (int i = 0; i < all; i++) {
        std::string name = fields.fields[i].name;
        if (name == "seed" || name == "stream" || name == "offset" || name == "max_threads")
            fields.fields[fields.count++] = fields.fields[i];
    }
    fields.fields[fields.count++] = text_field("type", dgen_dtype_name(options.dtype));
    const char *name = dgen_distribution_get(dgen_sampler_distribution(sampler))->name;
    fields.fields[fields.count++] = text_field("distribution", name);
}

/* ---------------------------------------------------------------------------------------------------------- methods */

static octave_value_list next(State &state, const octave_value_list &arguments)
{
    dgen_error error;
    dgen_sampler *sampler = state.open();
    Shape shape(arguments(0));
    dgen_dtype dtype = dgen_sampler_options(sampler)->dtype;
    Result result(dtype, shape.dims(), nullptr);
    dgen_array out = borrow(dtype, shape.ndim, shape.shape, result.data());
    check(dgen_sampler_fill(sampler, &out, &error), error);
    return result.release();
}

static octave_value_list position(State &state, const octave_value_list &)
{
    return count_value(dgen_sampler_position(state.open()));
}

static octave_value_list seek(State &state, const octave_value_list &arguments)
{
    dgen_error error;
    dgen_sampler *sampler = state.open();
    uint64_t to = whole_value(arguments(0), "position", 0, UINT64_C(1) << 53);
    check(dgen_sampler_seek(sampler, to, &error), error);
    return octave_value_list();
}

static octave_value_list reset(State &state, const octave_value_list &)
{
    dgen_sampler_reset(state.open());
    return octave_value_list();
}

static octave_value_list close(State &state, const octave_value_list &)
{
    state.close();
    return octave_value_list();
}

const Method<State> State::methods[] = {
    { "next", next, 1, 1 },   { "position", position, 0, 0 }, { "seek", seek, 1, 1 },
    { "reset", reset, 0, 0 }, { "close", dgen_octave::close, 0, 0 },       { nullptr, nullptr, 0, 0 },
};

/* -------------------------------------------------------------------------------------------------------- the type */

class Sampler : public Handle<State> {
public:
    using Handle<State>::Handle;
    octave_base_value *clone() const { return new Sampler(*this); }

private:
    DECLARE_OV_TYPEID_FUNCTIONS_AND_DATA
};

DEFINE_OV_TYPEID_FUNCTIONS_AND_DATA(Sampler, "dgen_sampler", "dgen_sampler");

void register_sampler() { Sampler::register_type(); }

octave_value open_sampler(dgen_distribution distribution, const dgen_operand *parameters,
                          const dgen_random_options &options)
{
    dgen_error error;
    auto state = std::make_shared<State>();
    check(dgen_sampler_open(&state->sampler, distribution, parameters, &options, &error), error);
    return octave_value(new Sampler(state));
}

} // namespace dgen_octave
