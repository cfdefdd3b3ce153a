/*
 * The vector operations: a function of Octave for each row of the registry, dgen_exp (x), dgen_add (x, y) and so on.
 *
 * They are functions of this file, not .m files around __dgen__, which would cost four times the call. Their help is
 * made of the registry. Arrays are read where they lie and the result is handed over as it is (result.cc).
 *
 * A 1x1 value is a number beside an array, and an array of one without. Arrays of the same dimensions, however many,
 * are one run of elements to the core. Where dimensions differ it is shown them, to say so: vectors of one orientation
 * as having one dimension.
 */
#include <algorithm>
#include <cctype>
#include <cmath>

#include <octave/Cell.h>
#include <octave/oct-map.h>

#include "shim.h"

namespace dgen_octave {

/* -------------------------------------------------------------------------------------------------------- arguments */

static constexpr int64_t EXACT = INT64_C(1) << 53;

/* What the core says of an array of int64, for what it does not see as one. */
template <typename Whole>
static void check_exact(const char *argument, const Array<octave_int<Whole>> &array)
{
    for (octave_idx_type i = 0; i < array.numel(); i++) {
        Whole x = array.xelem(i).value();
        if (x > static_cast<Whole>(EXACT) || (x < 0 && x + EXACT < 0))
            error_with_id("dgen:invalid-argument", "%s must lie from -2^53 to 2^53 to become f64; element %lld is %s",
                          argument, static_cast<long long>(i) + 1, std::to_string(x).c_str());
    }
}

/* Up to 2^53 a uint64 is the same bits as an int64. */
static void check_counts(const char *argument, const uint64NDArray &array) { check_exact<uint64_t>(argument, array); }
template <typename Other>
static void check_counts(const char *, const Other &)
{
}

static double number_value(const octave_value &value, const char *argument)
{
    if (value.is_int64_type()) check_exact<int64_t>(argument, value.int64_array_value());
    if (value.is_uint64_type()) check_counts(argument, value.uint64_array_value());
    return value.double_value();
}

/* "[2, 3]" */
static std::string dims_text(const dim_vector &dims)
{
    std::string text = "[";
    for (int i = 0; i < dims.ndims(); i++) text += (i ? ", " : "") + std::to_string(dims(i));
    return text + "]";
}

/* ------------------------------------------------------------------------------------------------------------ calls */

/* A call of an operation: its constructor reads the arguments, and run() works on them. */
class Operation {
public:
    Operation(dgen_op op, const octave_value_list &arguments);
    octave_value run() { return bind(0); }

private:
    void check_argument(int i) const;
    void read_shapes();
    bool is_number(int i) const { return i >= m_row.arrays || (!m_all_of_one && m_value[i].numel() == 1); }
    octave_value bind(int i);
    octave_value map();
    octave_value reduce();

    dgen_op m_op;
    const dgen_operation &m_row;
    int m_count; /* arrays and parameters */
    octave_value m_value[3];
    dgen_op_options m_options;
    bool m_all_of_one; /* every array has one element */
    bool m_as_vectors; /* to the core, arrays have one dimension */
    dim_vector m_dims; /* of the first array, and so of the result */
    dgen_array m_array[3];
    dgen_operand m_operand[3];
};

Operation::Operation(dgen_op op, const octave_value_list &arguments)
    : m_op(op), m_row(*dgen_operation_get(op)), m_count(m_row.arrays + m_row.parameters)
{
    octave_idx_type given = 0;
    for (int i = 0; i < m_count; i++) {
        bool is_left_out = given == arguments.length() || arguments(given).is_string();
        if (is_left_out && i >= m_row.arrays && !std::isnan(m_row.defaults[i])) m_value[i] = m_row.defaults[i];
        else if (given < arguments.length()) m_value[i] = arguments(given++);
        check_argument(i);
    }
    dgen_op_options_init(&m_options);
    each_option(arguments, given, [&](const std::string &name, const octave_value &value) {
        dgen_error error;
        check(dgen_op_options_set(&m_options, op, name.c_str(), Value(value), &error), error);
    });
    read_shapes();
}

void Operation::check_argument(int i) const
{
    bool is_parameter = i >= m_row.arrays;
    const octave_value &value = m_value[i];
    const char *legal = is_parameter                         ? "a number"
        : m_row.arrays > 1 && m_row.kind == DGEN_ELEMENTWISE ? "an array or a number"
                                                             : "an array";
    if ((!value.isnumeric() && !value.islogical()) || (is_parameter && value.numel() != 1))
        raise_type(m_row.arguments[i], legal);
    if (value.iscomplex() || value.issparse())
        raise_type(m_row.arguments[i], is_parameter ? legal : "a real, full array");
}

void Operation::read_shapes()
{
    m_all_of_one = true;
    for (int i = 0; i < m_row.arrays; i++) m_all_of_one &= m_value[i].numel() == 1;
    const char *differing = nullptr, *first = nullptr;
    dim_vector others;
    bool columns = true, rows = true, few = true;
    for (int i = 0; i < m_row.arrays; i++) {
        if (is_number(i)) continue;
        dim_vector dims = m_value[i].dims();
        columns = columns && dims.ndims() == 2 && dims(1) == 1;
        rows = rows && dims.ndims() == 2 && dims(0) == 1;
        few = few && dims.ndims() <= 4;
        if (!first) {
            first = m_row.arguments[i];
            m_dims = dims;
        }
        else if (!differing && dims != m_dims) {
            differing = m_row.arguments[i];
            others = dims;
        }
    }
    m_as_vectors = !differing || columns || rows;
    if (!m_as_vectors && !few)
        error_with_id("dgen:invalid-argument", "%s must have the shape of %s, %s, not %s", differing, first,
                      dims_text(m_dims).c_str(), dims_text(others).c_str());
}

/* Makes operands of the arguments from i on, and calls the core. An array is held for as long: that of a range or a
   scalar is made here. */
octave_value Operation::bind(int i)
{
    if (i == m_count) return m_row.kind == DGEN_REDUCTION ? reduce() : map();
    const char *argument = m_row.arguments[i];
    if (is_number(i)) {
        m_operand[i] = { nullptr, number_value(m_value[i], argument) };
        return bind(i + 1);
    }
    return with_array(m_value[i], argument, [&](const auto &array) {
        typedef typename std::decay_t<decltype(array)>::element_type Element;
        check_counts(argument, array);
        int64_t shape[4] = { array.numel() };
        int ndim = m_as_vectors ? 1 : array.ndims();
        for (int d = 0; !m_as_vectors && d < ndim; d++) shape[d] = array.dims()(d);
        m_array[i] = borrow(Dtype<Element>::value, ndim, shape, array.data());
        m_operand[i] = { &m_array[i], 0 };
        return bind(i + 1);
    });
}

octave_value Operation::map()
{
    dgen_array out;
    dgen_error error;
    check(dgen_map_shape(&out, m_op, m_operand, &m_options, &error), error);
    Result result(out.dtype, m_dims, nullptr);
    out = borrow(out.dtype, out.ndim, out.shape, result.data());
    check(dgen_map(&out, m_op, m_operand, &m_options, &error), error);
    return result.release();
}

octave_value Operation::reduce()
{
    double number;
    dgen_error error;
    check(dgen_reduce(&number, m_op, m_operand, &m_options, &error), error);
    return octave_value(number + m_row.is_index);
}

/* dgen_normalize_rows (x, "max_threads", n), which is no row of the registry. */
octave_value normalize_rows_value(const octave_value_list &arguments)
{
    uint64_t max_threads = 0;
    octave_value x = arguments.length() > 0 ? arguments(0) : octave_value();
    if (!x.isnumeric() && !x.islogical()) raise_type("x", "an array");
    each_option(arguments, 1, [&](const std::string &name, const octave_value &value) {
        if (name != "max_threads") raise_option(name, "max_threads");
        max_threads = whole_value(value, "max_threads", 0, 1024);
    });
    return with_array(x, "x", [&](const auto &array) {
        typedef typename std::decay_t<decltype(array)>::element_type Element;
        check_counts("x", array);
        dgen_error error;
        dim_vector dims = array.dims();
        int64_t shape[4] = {};
        int ndim = static_cast<int>(std::min<octave_idx_type>(dims.ndims(), 4)); /* the core refuses more than 2 */
        for (int d = 0; d < ndim; d++) shape[d] = dims(d);
        for (int d = 4; d < dims.ndims(); d++) shape[3] *= dims(d);
        Result result(Dtype<Element>::value == DGEN_F32 ? DGEN_F32 : DGEN_F64, dims, nullptr);
        dgen_array in = borrow(Dtype<Element>::value, ndim, shape, array.data());
        dgen_array out = borrow(Dtype<Element>::value == DGEN_F32 ? DGEN_F32 : DGEN_F64, ndim, shape, result.data());
        check(dgen_normalize_rows(&out, &in, static_cast<int>(max_threads), &error), error);
        return result.release();
    });
}

/* ------------------------------------------------------------------------------------------------------------- help */

/* A call on three elements, or on the positive ones of them where it is not defined for all, and what it returns. */
static std::string example(dgen_op op)
{
    static const double points[2][3] = { { -1.5, 0.5, 2 }, { 0.5, 1, 2 } };
    static const double others[2][3] = { { 1, 2, 3 }, { 0, 0.5, 1 } };
    static const double parameters[2][2] = { { 2, 0 }, { -1, 1 } };
    const dgen_operation &row = *dgen_operation_get(op);
    const int64_t three = 3;
    std::string text;
    for (const double *x : points) {
        dgen_array array[3], out;
        dgen_operand operand[3];
        double result[3] = { 0, 0, 0 };
        text = std::string("dgen_") + row.name + " (";
        for (int i = 0; i < row.arrays; i++) {
            const double *values = i == 0 ? x : others[i - 1];
            array[i] = borrow(DGEN_F64, 1, &three, values);
            operand[i] = { &array[i], 0 };
            text += (i ? ", [" : "[") + list_text(values, 3, " ") + "]";
        }
        for (int i = row.arrays; i < row.arrays + row.parameters; i++) {
            double number = row.defaults[i];
            if (std::isnan(number)) number = parameters[row.parameters - 1][i - row.arrays];
            operand[i] = { nullptr, number };
            text += ", " + number_text(number);
        }
        out = borrow(DGEN_F64, 1, &three, result);
        bool reduces = row.kind == DGEN_REDUCTION;
        dgen_status status = reduces ? dgen_reduce(result, op, operand, nullptr, nullptr)
                                     : dgen_map(&out, op, operand, nullptr, nullptr);
        text += ")\n";
        if (status != DGEN_OK) return text;
        if (reduces) result[0] += row.is_index;
        text += "  @result{} " + list_text(result, reduces ? 1 : 3, "   ") + "\n";
        if (!std::isnan(result[0] + result[1] + result[2])) return text;
    }
    return text;
}

/* How exact the result is, as the registry has it. */
static std::string accuracy(const dgen_operation &row)
{
    std::string single = number_text(row.error_f32), wide = number_text(row.error_f64);
    bool bounded = row.error_f32 > 0 || row.error_f64 > 0;
    switch (row.kind) {
    case DGEN_ELEMENTWISE:
        if (!bounded) return "Each operation of the formula is rounded once.\n";
        return "The error is at most " + single + " ULP in single and " + wide + " ULP in double precision.\n";
    case DGEN_REDUCTION:
        if (!bounded) return "The result is exact.\n";
        return "The error is at most " + single + " * 2^-24 (of single) or " + wide
            + " * 2^-53 (of double)\ntimes the sum of the terms' magnitudes.  All elements count, in any dimensions.\n";
    default: return "";
    }
}

static std::string help(dgen_op op)
{
    const dgen_operation &row = *dgen_operation_get(op);
    int count = row.arrays + row.parameters;
    std::string result = row.kind == DGEN_REDUCTION ? "number" : "y", all, needed, call, summary = row.summary;
    for (int i = 0; i < count; i++) {
        all += std::string(i ? ", " : "") + "@var{" + row.arguments[i] + "}";
        if (std::isnan(row.defaults[i])) needed = all;
    }
    if (row.kind != DGEN_REDUCTION && row.arrays > 1) result = "result";
    call = " {} {@var{" + result + "} =} dgen_" + row.name + " (";
    std::string text = "-*- texinfo -*-\n@deftypefn " + call + needed + ")\n";
    if (all != needed) text += "@deftypefnx" + call + all + ")\n";
    text += "@deftypefnx" + call + "@dots{}, @var{option}, @var{value})\n";
    if (summary[1] != ' ') summary[0] = static_cast<char>(std::toupper(summary[0])); /* not the x of "x times" */
    text += summary + ":\n@code{" + row.formula + "}.\n\n" + accuracy(row);
    for (int i = row.arrays; i < count; i++)
        if (!std::isnan(row.defaults[i]))
            text += std::string("@var{") + row.arguments[i] + "} is " + number_text(row.defaults[i]) + " by default.\n";
    text += "\nOptions: ";
    if (row.has_nan_option) text += "@qcode{\"nan\"}, @qcode{\"propagate\"} (default) or @qcode{\"ignore\"}, and ";
    text += "@qcode{\"max_threads\"}.\n\n@example\n@group\n" + example(op) + "@end group\n@end example\n";
    text += "@seealso{dgen_operations}\n@end deftypefn";
    return text;
}

/* ----------------------------------------------------------------------------------------------------- the registry */

octave_value operations_value()
{
    static const char *const kinds[] = { "elementwise", "normalization", "reduction" };
    static const char *const keys[] = { "name", "kind", "arguments", "defaults", "formula", "summary", "error_f32",
                                        "error_f64" };
    dim_vector one_each = column_of(DGEN_OP_COUNT);
    octave_map map(one_each, string_vector(std::vector<std::string>(std::begin(keys), std::end(keys))));
    for (int op = 0; op < DGEN_OP_COUNT; op++) {
        const dgen_operation &row = *dgen_operation_get(static_cast<dgen_op>(op));
        octave_idx_type count = row.arrays + row.parameters;
        Cell arguments(1, count);
        RowVector defaults(count);
        for (octave_idx_type i = 0; i < count; i++) {
            arguments(i) = row.arguments[i];
            defaults(i) = row.defaults[i];
        }
        octave_scalar_map fields;
        fields.assign("name", row.name);
        fields.assign("kind", kinds[row.kind]);
        fields.assign("arguments", octave_value(arguments));
        fields.assign("defaults", defaults);
        fields.assign("formula", row.formula);
        fields.assign("summary", row.summary);
        fields.assign("error_f32", row.error_f32);
        fields.assign("error_f64", row.error_f64);
        map.fast_elem_insert(op, fields);
    }
    return octave_value(map);
}

} // namespace dgen_octave

#define DGEN_OP(name, kind, arguments_, cost, error_f32, error_f64, nan, body, formula, summary)           \
    DEFMETHOD_DLD(dgen_##name, interpreter, arguments, , dgen_octave::help(DGEN_OP_##name))                \
    {                                                                                                      \
        dgen_octave::start(interpreter);                                                                   \
        return dgen_octave::Operation(DGEN_OP_##name, arguments).run();                                    \
    }
#include "ops.def"
#undef DGEN_OP
