/*
 * The streaming generator as a value of Octave: g.next (n), g.position (), g.size.
 *
 * It is a type of its own rather than a classdef object, because a member call then costs a microsecond or two where
 * classdef takes twenty. It is a handle: copies of the value share one generator, which closes with the last of them,
 * or by g.close () before. A member is looked up among the methods, then among the options of the core's record.
 */
#include <memory>

#include <octave/file-ops.h>
#include <octave/interpreter.h>
#include <octave/parse.h>

#include "shim.h"

namespace dgen_octave {

/* A generator of the core that can be closed while values still refer to it. */
struct Stream {
    dgen_generator *generator;
    explicit Stream(dgen_generator *opened) : generator(opened) {}
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
        if (!generator) check(dgen_error_closed("generator", &error), error);
        return generator;
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

/* Calls progress (done, total); the answer false stops the writing, and so does an error or Ctrl-C. */
static int report_progress(void *context, uint64_t done, uint64_t total)
{
    try {
        octave_value_list answer
            = octave::feval(*static_cast<octave_value *>(context), ovl(count_value(done), count_value(total)));
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

static const struct Method {
    const char *name;
    octave_value_list (*call)(Stream &, const octave_value_list &);
    int least, most; /* arguments */
} methods[] = {
    { "next", next, 0, 1 },     { "position", position, 0, 0 }, { "seek", seek, 1, 1 },
    { "reset", reset, 0, 0 },   { "set_seed", set_seed, 1, 1 }, { "done", done, 0, 0 },
    { "close", close, 0, 0 },   { "write_file", write_file, 1, 3 },
};

static const Method *find_method(const std::string &name)
{
    for (const Method &method : methods)
        if (name == method.name) return &method;
    return nullptr;
}

static octave_value option(const Stream &stream, const std::string &name)
{
    dgen_record record;
    dgen_config_record(dgen_generator_config(stream.open()), &record);
    for (int i = 0; i < record.count; i++)
        if (name == record.fields[i].name) return field_value(record.fields[i]);
    std::string known;
    for (const Method &method : methods) known += std::string(method.name) + ", ";
    for (int i = 0; i < record.count; i++) known += std::string(i ? ", " : "") + record.fields[i].name;
    error_with_id("dgen:invalid-argument", "\"%s\" is not a member of a generator; the members are %s", name.c_str(),
                  known.c_str());
}

/* -------------------------------------------------------------------------------------------------------- the type */

class Generator : public octave_base_dld_value {
public:
    Generator() : m_stream(new Stream(nullptr)) {}
    explicit Generator(dgen_generator *opened) : m_stream(new Stream(opened)) {}
    Generator(const Generator &) = default;

    octave_base_value *clone() const { return new Generator(*this); }
    bool is_defined() const { return true; }
    bool isobject() const { return true; } /* the interpreter then hands over .next and (n) together */
    dim_vector dims() const { return dim_vector(1, 1); }

    using octave_base_dld_value::subsref;

    octave_value subsref(const std::string &type, const std::list<octave_value_list> &index)
    {
        octave_value_list values = subsref(type, index, 1);
        return values.length() > 0 ? values(0) : octave_value();
    }

    octave_value_list subsref(const std::string &type, const std::list<octave_value_list> &index, int nargout)
    {
        if (type[0] != '.')
            error_with_id("dgen:wrong-type", "a generator has members, such as g.next (n), not elements");
        std::string name = index.front()(0).string_value();
        const Method *method = find_method(name);
        if (!method) return octave_value(option(*m_stream, name)).next_subsref(nargout, type, index);
        bool called = type.size() > 1 && type[1] == '(';
        octave_value_list arguments = called ? *std::next(index.begin()) : octave_value_list();
        if (arguments.length() < method->least || arguments.length() > method->most)
            error_with_id("Octave:invalid-fun-call", "Invalid call to %s", method->name);
        octave_value_list result = method->call(*m_stream, arguments);
        if (result.length() == 0 || type.size() == 1U + called) return result;
        return result(0).next_subsref(nargout, type, index, 1 + called);
    }

    bool print_name_tag(std::ostream &os, const std::string &name) const
    {
        os << name << " = ";
        return false;
    }

    void print(std::ostream &os, bool)
    {
        print_raw(os);
        newline(os);
    }

    void print_raw(std::ostream &os, bool = false) const
    {
        char text[512] = "dgen.generator: closed";
        if (m_stream->generator) dgen_generator_describe(m_stream->generator, text, sizeof text);
        indent(os);
        os << text;
    }

private:
    std::shared_ptr<Stream> m_stream;

    DECLARE_OV_TYPEID_FUNCTIONS_AND_DATA
};

DEFINE_OV_TYPEID_FUNCTIONS_AND_DATA(Generator, "dgen_generator", "dgen_generator");

void register_generator() { Generator::register_type(); }

octave_value open_generator(const dgen_config &config)
{
    dgen_generator *opened;
    dgen_error error;
    check(dgen_generator_open(&opened, &config, &error), error);
    return octave_value(new Generator(opened));
}

} // namespace dgen_octave
