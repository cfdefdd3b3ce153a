/*
 * Random values: a function of Octave for each row of the registry, dgen_normal (n, mean, sd), dgen_gamma (n, shape) and
 * so on, with its help made of the registry.
 *
 * Octave frees what it is given, so the result's memory is made here (result.cc), and for that its type and shape must
 * be known: they follow from n and the row. Only where they depend on the parameters is the core asked first, because
 * its answer costs a look at every parameter.
 */
#include <algorithm>
#include <cctype>
#include <cmath>
#include <vector>

#include <octave/Cell.h>
#include <octave/oct-map.h>

#include "shim.h"

namespace dgen_octave {

/* ------------------------------------------------------------------------------------------------------------ shapes */

static constexpr int64_t MOST = INT64_C(1) << 53; /* values of a stream */

Shape::Shape(const octave_value &n) : ndim(1), shape{}
{
    if (n.is_undefined() || n.is_string() || n.numel() == 1) {
        shape[0] = static_cast<int64_t>(whole_value(n, "n", 0, MOST));
        return;
    }
    bool is_list = n.ndims() == 2 && (n.rows() == 1 || n.columns() == 1 || n.isempty());
    if (!is_list || !n.isnumeric() || n.iscomplex() || n.issparse()) raise_type("n", "a number or a list of dimensions");
    NDArray dimensions = n.array_value();
    int64_t values = 1;
    if (dimensions.isempty() || dimensions.numel() > 4)
        error_with_id("dgen:invalid-argument", "n must be 1 to 4 dimensions, not %lld",
                      static_cast<long long>(dimensions.numel()));
    ndim = static_cast<int>(dimensions.numel());
    for (int d = 0; d < ndim; d++) {
        shape[d] = static_cast<int64_t>(whole_value(dimensions.xelem(d), "n", 0, MOST));
        if (__builtin_mul_overflow(values, shape[d], &values) || values > MOST)
            error_with_id("dgen:invalid-argument", "n must be at most 2^53 values");
    }
}

dim_vector Shape::dims() const
{
    dim_vector dims(shape[0], 1);
    if (ndim > 2) dims.resize(ndim);
    for (int d = 1; d < ndim; d++) dims(d) = shape[d];
    return dims;
}

/* ------------------------------------------------------------------------------------------------------------- calls */

/* A uint64 beyond int64 as double, in which the core sees it to be too large where it wants integers. */
static octave_value within_int64(const octave_value &value)
{
    if (!value.is_uint64_type()) return value;
    const uint64NDArray array = value.uint64_array_value();
    bool within = true;
    for (octave_idx_type i = 0; i < array.numel(); i++) within &= array.xelem(i).value() <= INT64_MAX;
    return within ? value : octave_value(value.array_value());
}

/* A distribution with its parameters and options: its constructor reads them from the arguments from `first` on. */
class Draw {
public:
    Draw(dgen_distribution distribution, const octave_value_list &arguments, octave_idx_type first);
    /* Values of that shape, or, without one, of the shape that the parameters say. */
    octave_value values(const Shape *shape);
    octave_value sampler();

private:
    const char *legal() const;
    void set_parameter(int i, const octave_value &value);
    bool set_parameter(const std::string &name, const octave_value &value);
    template <typename Act> octave_value bind(int i, Act act);
    octave_value draw(const Shape *shape);

    dgen_distribution m_distribution;
    const dgen_distribution_row &m_row;
    octave_value m_value[2]; /* undefined: not given */
    dgen_random_options m_options;
    dgen_array m_array[2];
    dgen_operand m_operand[2];
};

Draw::Draw(dgen_distribution distribution, const octave_value_list &arguments, octave_idx_type first)
    : m_distribution(distribution), m_row(*dgen_distribution_get(distribution))
{
    octave_idx_type given = first;
    for (int i = 0; i < m_row.parameters && given < arguments.length() && !arguments(given).is_string(); i++)
        set_parameter(i, arguments(given++));
    dgen_random_options_init(&m_options);
    m_options.index_base = 1;
    each_option(arguments, given, [&](const std::string &name, const octave_value &value) {
        dgen_error error;
        if (set_parameter(name, value)) return;
        check(dgen_random_options_set(&m_options, distribution, name.c_str(), Value(value), &error), error);
    });
}

/* What a parameter may be, in words. */
const char *Draw::legal() const
{
    return m_row.kind == DGEN_INDEX ? m_row.legal[0] : "a number or an array";
}

void Draw::set_parameter(int i, const octave_value &value)
{
    const char *name = m_row.parameter[i];
    if (m_value[i].is_defined()) raise_type(name, "given once");
    if (!value.isnumeric() && !value.islogical()) raise_type(name, legal());
    m_value[i] = within_int64(value);
}

bool Draw::set_parameter(const std::string &name, const octave_value &value)
{
    for (int i = 0; i < m_row.parameters; i++)
        if (name == m_row.parameter[i]) {
            set_parameter(i, value);
            return true;
        }
    return false;
}

/* Makes operands of the parameters from i on, then acts. An array is held for as long. */
template <typename Act>
octave_value Draw::bind(int i, Act act)
{
    if (i == m_row.parameters) return act();
    const char *name = m_row.parameter[i];
    const octave_value &value = m_value[i];
    bool is_number = value.is_undefined() || (value.numel() == 1 && !value.iscomplex() && !value.issparse());
    if (is_number && !value.is_int64_type() && !value.is_uint64_type() && m_row.kind != DGEN_INDEX) {
        m_operand[i] = { nullptr, value.is_defined() ? value.double_value() : m_row.defaults[i] };
        return bind(i + 1, act);
    }
    if (value.is_undefined()) raise_type(name, legal());
    return with_array(value, name, [&](const auto &array) {
        typedef typename std::decay_t<decltype(array)>::element_type Element;
        int64_t length = array.numel();
        m_array[i] = borrow(Dtype<Element>::value, 1, &length, array.data());
        m_operand[i] = { &m_array[i], 0 };
        return bind(i + 1, act);
    });
}

octave_value Draw::values(const Shape *shape)
{
    return bind(0, [&] { return draw(shape); });
}

octave_value Draw::sampler()
{
    return bind(0, [&] { return open_sampler(m_distribution, m_operand, m_options); });
}

octave_value Draw::draw(const Shape *shape)
{
    dgen_array out;
    dgen_error error;
    dim_vector dims;
    int ndim = shape ? shape->ndim : 0;
    const int64_t *dimensions = shape ? shape->shape : nullptr;
    out.dtype = m_options.has_dtype ? m_options.dtype : m_row.kind == DGEN_REAL ? DGEN_F64 : DGEN_I32;
    if (!shape || (m_distribution == DGEN_DISTRIBUTION_integers && !m_options.has_dtype)) {
        check(dgen_random_shape(&out, m_distribution, ndim, dimensions, m_operand, &m_options, &error), error);
        ndim = out.ndim;
        dimensions = out.shape;
    }
    dims = shape ? shape->dims() : dim_vector(out.shape[0], ndim > 1 ? out.shape[1] : 1);
    Result result(out.dtype, dims, nullptr);
    out = borrow(out.dtype, ndim, dimensions, result.data());
    check(dgen_random(&out, m_distribution, 0, nullptr, m_operand, &m_options, &error), error);
    return result.release();
}

static octave_value random(dgen_distribution distribution, const octave_value_list &arguments)
{
    if (dgen_distribution_get(distribution)->kind >= DGEN_ORDER)
        return Draw(distribution, arguments, 0).values(nullptr);
    const Shape shape(arguments.length() > 0 ? arguments(0) : octave_value());
    return Draw(distribution, arguments, 1).values(&shape);
}

octave_value sampler_value(const octave_value_list &arguments)
{
    dgen_error error;
    dgen_distribution distribution;
    std::string name = text_value(arguments.length() > 0 ? arguments(0) : octave_value(), "distribution");
    check(dgen_distribution_find(&distribution, name.c_str(), &error), error);
    return Draw(distribution, arguments, 1).sampler();
}

/* ------------------------------------------------------------------------------------------------------------- help */

/* A call with seed 1, of parameters that are legal where they have no default, and what it returns. */
static std::string example(dgen_distribution distribution)
{
    static const std::vector<std::vector<double>> candidates[] = {
        { {} }, { { 5 }, { 0.5 } }, { { 1, 6 }, { 6, 3 }, { 6, 0.5 } }
    };
    const dgen_distribution_row &row = *dgen_distribution_get(distribution);
    const int64_t five = 5;
    int needed = 0;
    for (int i = 0; i < row.parameters; i++) needed += std::isnan(row.defaults[i]);
    dgen_random_options options;
    dgen_random_options_init(&options);
    options.has_seed = options.seed = options.index_base = 1;
    for (const std::vector<double> &numbers : candidates[needed]) {
        const double weights[] = { 1, 2, 1 };
        const int64_t three = 3;
        dgen_array array = borrow(DGEN_F64, 1, &three, weights), out = {};
        dgen_operand operand[2];
        std::string list = row.kind < DGEN_ORDER ? "5" : "";
        for (int i = 0; i < row.parameters; i++) {
            operand[i] = { nullptr, i < needed ? numbers[i] : row.defaults[i] };
            if (row.kind == DGEN_INDEX) operand[i].array = &array;
            if (i >= needed) continue;
            list += (list.empty() ? "" : ", ");
            list += row.kind == DGEN_INDEX ? "[1 2 1]" : number_text(numbers[i]);
        }
        if (dgen_random(&out, distribution, 1, row.kind < DGEN_ORDER ? &five : nullptr, operand, &options, nullptr))
            continue;
        double values[8];
        int n = static_cast<int>(std::min<int64_t>(dgen_array_length(&out), 8));
        for (int i = 0; i < n; i++) values[i] = dgen_array_get(&out, i);
        dgen_array_release(&out);
        return std::string("dgen_") + row.name + " (" + list + ", \"seed\", 1)\n  @result{} " + list_text(values, n, "   ")
            + "\n";
    }
    return std::string("dgen_") + row.name + " ()\n";
}

static std::string usage(const dgen_distribution_row &row)
{
    std::string all = row.kind < DGEN_ORDER ? "@var{n}" : "", needed = all, text = "-*- texinfo -*-\n@deftypefn ";
    std::string call = std::string(" {} {@var{x} =} dgen_") + row.name + " (";
    for (int i = 0; i < row.parameters; i++) {
        all += std::string(all.empty() ? "" : ", ") + "@var{" + row.parameter[i] + "}";
        if (std::isnan(row.defaults[i])) needed = all;
    }
    text += call + needed + ")\n";
    if (all != needed) text += "@deftypefnx" + call + all + ")\n";
    if (row.kind < DGEN_ORDER && row.parameters > 0)
        text += "@deftypefnx" + call + "@var{n}, @qcode{\"" + row.parameter[0] + "\"}, @var{" + row.parameter[0]
            + "}, @dots{})\n";
    return text + "@deftypefnx" + call + "@dots{}, @var{option}, @var{value}, @dots{})\n";
}

/* What the arguments may be. */
static std::string arguments_help(const dgen_distribution_row &row)
{
    std::string text = "@table @var\n";
    if (row.kind < DGEN_ORDER) text += "@item n\nhow many values, as a column; or 1 to 4 dimensions\n";
    for (int i = 0; i < row.parameters; i++) {
        text += std::string("@item ") + row.parameter[i] + "\n" + row.legal[i];
        if (!std::isnan(row.defaults[i])) text += "; default " + number_text(row.defaults[i]);
        text += "\n";
    }
    text += "@end table\n\n";
    if (row.kind < DGEN_INDEX)
        text += "A parameter is a number, or an array of any real class of which value k takes\nelement k, from the first "
                "on again after the last.\n";
    if (row.kind < DGEN_ORDER) text += "Parameters may be given in this order or by name.\n";
    return text;
}

static std::string options_help(dgen_distribution distribution, const dgen_distribution_row &row)
{
    static const char *const types[] = {
        "@qcode{\"double\"} (default) or @qcode{\"single\"}",
        "@qcode{\"int32\"} (default), @qcode{\"int64\"}, @qcode{\"uint8\"}, @qcode{\"double\"} or @qcode{\"single\"},\n"
        "all with the same numbers",
        "@qcode{\"int32\"} (default, where it suffices), @qcode{\"int64\"}, @qcode{\"uint8\"}, @qcode{\"double\"} or\n"
        "@qcode{\"single\"}, all with the same numbers",
        "@qcode{\"single\"} (default) or @qcode{\"double\"}",
    };
    bool bounded = distribution == DGEN_DISTRIBUTION_integers || row.kind == DGEN_ORDER;
    int type = row.kind == DGEN_REAL ? 0 : row.kind == DGEN_ROWS ? 3 : bounded ? 2 : 1;
    std::string text = "Options:\n\n@table @asis\n@item @qcode{\"type\"}\n" + std::string(types[type]) + "\n";
    text += "@item @qcode{\"seed\"}, @qcode{\"stream\"}\nwhole numbers from 0 to 2^64 - 1, or @qcode{\"0x@dots{}\"}: which "
            "values; streams of one\nseed are independent, and without a seed a fresh one is drawn\n";
    if (row.kind != DGEN_ORDER)
        text += "@item @qcode{\"offset\"}\nthe first value is this one of the stream, counted from 0\n";
    text += "@item @qcode{\"max_threads\"}\nhow many threads to use at most\n";
    if (distribution == DGEN_DISTRIBUTION_uniform)
        text += "@item @qcode{\"resolution\"}\n@qcode{\"standard\"}, or @qcode{\"full\"}: every number of the class, by its "
                "probability\n@item @qcode{\"engine\"}\n@qcode{\"dgen\"}; or @qcode{\"octave\"}, @qcode{\"r\"}, "
                "@qcode{\"lua\"}: the bits of\n@code{rand (\"twister\", @var{seed}); rand (n, 1)}, or of the other "
                "hosts' like\n";
    return text + "@end table\n";
}

static std::string help(dgen_distribution distribution)
{
    const dgen_distribution_row &row = *dgen_distribution_get(distribution);
    std::string text = usage(row);
    text += std::string("Random values: ") + row.summary + ".\n\n" + arguments_help(row) + "\n";
    text += options_help(distribution, row) + "\nMethod: " + row.method + ".\n\n@example\n@group\n" + example(distribution);
    return text + "@end group\n@end example\n@seealso{dgen_distributions, dgen_sampler}\n@end deftypefn";
}

/* ------------------------------------------------------------------------------------------------------- the registry */

octave_value distributions_value()
{
    static const char *const kinds[] = { "real", "whole", "index", "order", "rows" };
    static const char *const keys[] = { "name", "kind", "parameters", "defaults", "legal", "summary", "method" };
    octave_map map(column_of(DGEN_DISTRIBUTION_COUNT),
                   string_vector(std::vector<std::string>(std::begin(keys), std::end(keys))));
    for (int i = 0; i < DGEN_DISTRIBUTION_COUNT; i++) {
        const dgen_distribution_row &row = *dgen_distribution_get(static_cast<dgen_distribution>(i));
        Cell parameters(1, row.parameters), legal(1, row.parameters);
        RowVector defaults(row.parameters);
        for (int j = 0; j < row.parameters; j++) {
            parameters(j) = row.parameter[j];
            legal(j) = row.legal[j];
            defaults(j) = row.defaults[j];
        }
        octave_scalar_map fields;
        fields.assign("name", row.name);
        fields.assign("kind", kinds[row.kind]);
        fields.assign("parameters", octave_value(parameters));
        fields.assign("defaults", defaults);
        fields.assign("legal", octave_value(legal));
        fields.assign("summary", row.summary);
        fields.assign("method", row.method);
        map.fast_elem_insert(i, fields);
    }
    return octave_value(map);
}

} // namespace dgen_octave

#define DGEN_DISTRIBUTION(name, key, kind, parameters, domains, cost, summary, method)                     \
    DEFMETHOD_DLD(dgen_##name, interpreter, arguments, , dgen_octave::help(DGEN_DISTRIBUTION_##name))      \
    {                                                                                                      \
        dgen_octave::start(interpreter);                                                                   \
        return dgen_octave::random(DGEN_DISTRIBUTION_##name, arguments);                                   \
    }
#include "distributions.def"
#undef DGEN_DISTRIBUTION
