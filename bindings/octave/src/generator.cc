/*
 * The streaming generator: dgen_generator of the core behind a handle.
 */
#include <octave/file-ops.h>
#include <octave/interpreter.h>
#include <octave/parse.h>

#include "handle.h"

namespace dgen_octave {

/* A generator of the core that can be closed while values still refer to it. */
struct Stream {
    static constexpr const char *noun = "generator";
    static const Method<Stream> methods[];
    dgen_generator *generator = nullptr;

    Stream() = default;
    Stream(const Stream &) = delete;
    Stream &operator=(const Stream &) = delete;
    ~Stream() { close(); }

    void close()
    {
        dgen_generator_close(generator);
        generator = nullptr;
    }

    dgen_generator *open() const
    {
        dgen_error error;
        if (!generator) check(dgen_error_closed(noun, &error), error);
        return generator;
    }

    void record(dgen_record &fields) const { dgen_config_record(dgen_generator_config(open()), &fields); }

    std::string describe() const
    {
        char text[512] = "dgen.generator: closed";
        if (generator) dgen_generator_describe(generator, text, sizeof text);
        return text;
    }
};

/* ---------------------------------------------------------------------------------------------------------- methods */

static octave_value_list next(Stream &stream, const octave_value_list &arguments)
{
    dgen_generator *generator = stream.open();
    const dgen_config *config = dgen_generator_config(generator);
    uint64_t n = config->chunk_size, got;
    dgen_error error;
    if (arguments.length() > 0) n = whole_value(arguments(0), "n", 0, UINT64_C(1) << 63);
    Result column(DGEN_U8, column_of(std::min(n, config->size - dgen_generator_position(generator))), config);
    check(dgen_generator_fill(generator, column.data(), n, &got, &error), error);
    return column.release();
}

static octave_value_list position(Stream &stream, const octave_value_list &)
{
    return count_value(dgen_generator_position(stream.open()));
}

static octave_value_list seek(Stream &stream, const octave_value_list &arguments)
{
    dgen_error error;
    dgen_generator *generator = stream.open();
    uint64_t to = whole_value(arguments(0), "position", 0, dgen_generator_config(generator)->size);
    check(dgen_generator_seek(generator, to, &error), error);
    return octave_value_list();
}

static octave_value_list reset(Stream &stream, const octave_value_list &)
{
    dgen_generator_reset(stream.open());
    return octave_value_list();
}

static octave_value_list set_seed(Stream &stream, const octave_value_list &arguments)
{
    dgen_error error;
    dgen_config config;
    dgen_generator *generator = stream.open();
    dgen_config_init(&config);
    set_option(config, "seed", arguments(0));
    check(dgen_generator_set_seed(generator, config.seed, &error), error);
    return octave_value_list();
}

static octave_value_list done(Stream &stream, const octave_value_list &)
{
    return octave_value(dgen_generator_done(stream.open()) != 0);
}

static octave_value_list close(Stream &stream, const octave_value_list &)
{
    stream.close();
    return octave_value_list();
}

int report_progress(void *function, uint64_t done, uint64_t total)
{
    try {
        octave_value_list answer
            = octave::feval(*static_cast<octave_value *>(function), ovl(count_value(done), count_value(total)));
        return answer.length() > 0 && answer(0).is_bool_scalar() && !answer(0).bool_value();
    }
    catch (...) {
        return cancel_with_current_exception();
    }
}

static octave_value_list write_file(Stream &stream, const octave_value_list &arguments)
{
    dgen_error error;
    uint64_t written;
    dgen_generator *generator = stream.open();
    std::string path = octave::sys::file_ops::tilde_expand(text_value(arguments(0), "path"));
    octave_value progress;
    each_option(arguments, 1, [&](const std::string &name, const octave_value &value) {
        if (name != "progress") raise_option(name, "progress");
        if (!value.is_function_handle()) raise_type("progress", "a function");
        progress = value;
    });
    dgen_progress report = progress.is_defined() ? report_progress : nullptr;
    check(dgen_generator_write_file(generator, path.c_str(), report, &progress, &written, &error), error);
    return count_value(written);
}

const Method<Stream> Stream::methods[] = {
    { "next", next, 0, 1 },     { "position", position, 0, 0 }, { "seek", seek, 1, 1 },
    { "reset", reset, 0, 0 },   { "set_seed", set_seed, 1, 1 }, { "done", done, 0, 0 },
    { "close", dgen_octave::close, 0, 0 },   { "write_file", write_file, 1, 3 },
    { nullptr, nullptr, 0, 0 },
};

/* -------------------------------------------------------------------------------------------------------- the type */

class Generator : public Handle<Stream> {
public:
    using Handle<Stream>::Handle;
    octave_base_value *clone() const { return new Generator(*this); }

private:
    DECLARE_OV_TYPEID_FUNCTIONS_AND_DATA
};

DEFINE_OV_TYPEID_FUNCTIONS_AND_DATA(Generator, "dgen_generator", "dgen_generator");

void register_generator() { Generator::register_type(); }

octave_value open_generator(const dgen_config &config)
{
    dgen_error error;
    auto stream = std::make_shared<Stream>();
    check(dgen_generator_open(&stream->generator, &config, &error), error);
    return octave_value(new Generator(stream));
}

} // namespace dgen_octave
