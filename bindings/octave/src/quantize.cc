/*
 * Quantization, and back. The arrays of a result are made here, in memory that Octave will own (result.cc), and filled by
 * the core; of a batch the core makes them, and they are handed over.
 */
#include <algorithm>
#include <cmath>

#include <octave/Cell.h>
#include <octave/quit.h>

#include "quantized.h"

namespace dgen_octave {

/* ------------------------------------------------------------------------------------------------------------ shapes */

int shape_to_core(int64_t shape[4], const std::vector<int64_t> &sizes)
{
    int ndim = static_cast<int>(std::min<size_t>(sizes.size(), 4));
    if (sizes.size() == 2 && (sizes[0] == 1 || sizes[1] == 1)) {
        shape[0] = sizes[0] == 1 ? sizes[1] : sizes[0];
        return 1;
    }
    std::copy_n(sizes.begin(), ndim, shape);
    for (size_t i = 4; i < sizes.size(); i++)
        if (sizes[i] < 0 || __builtin_mul_overflow(shape[3], sizes[i], &shape[3])) shape[3] = 0; /* which is refused */
    return ndim;
}

static std::vector<int64_t> sizes_of(const dim_vector &dims)
{
    std::vector<int64_t> sizes;
    for (int i = 0; i < dims.ndims(); i++) sizes.push_back(dims(i));
    return sizes;
}

static dim_vector dims_of(const std::vector<int64_t> &sizes)
{
    dim_vector dims(sizes.empty() ? 1 : sizes[0], sizes.size() < 2 ? 1 : sizes[1]);
    if (sizes.size() > 2) dims.resize(static_cast<int>(sizes.size()));
    for (size_t i = 2; i < sizes.size(); i++) dims(static_cast<int>(i)) = sizes[i];
    dims.chop_trailing_singletons();
    return dims;
}

dim_vector dims_of(const dgen_array &array) { return dims_of({ array.shape, array.shape + array.ndim }); }

static octave_value shape_value(const std::vector<int64_t> &sizes)
{
    RowVector list(static_cast<octave_idx_type>(sizes.size()));
    for (size_t i = 0; i < sizes.size(); i++) list(static_cast<octave_idx_type>(i)) = static_cast<double>(sizes[i]);
    return octave_value(list);
}

octave_value shape_value(const dim_vector &dims) { return shape_value(sizes_of(dims)); }

/* n rows of one element, which a vector of Octave is not, get a third dimension. */
octave_value shape_value(int ndim, const int64_t *shape)
{
    std::vector<int64_t> sizes(shape, shape + ndim);
    if (ndim == 1 || (ndim == 2 && shape[1] == 1 && shape[0] > 1)) sizes.push_back(1);
    return shape_value(sizes);
}

int read_shape(dim_vector &dims, int64_t shape[4], const octave_value &value, const char *argument)
{
    bool is_list = value.isnumeric() && !value.iscomplex() && value.ndims() == 2 && value.numel() >= 2
        && (value.rows() == 1 || value.columns() == 1);
    if (!is_list) raise_type(argument, "a list of dimensions");
    const NDArray list = value.array_value();
    std::vector<int64_t> sizes;
    for (octave_idx_type i = 0; i < list.numel(); i++) /* 0 is refused by the core */
        sizes.push_back(list.xelem(i) >= 1 && list.xelem(i) <= 0x1p60 ? static_cast<int64_t>(list.xelem(i)) : 0);
    dims = dims_of(sizes);
    return shape_to_core(shape, sizes);
}

/* ------------------------------------------------------------------------------------------------------------ reading */

Input::Input(const octave_value &value, const std::string &argument, Vectors vectors)
{
    if (!value.isnumeric() && !value.islogical()) raise_type(argument.c_str(), "an array");
    with_array(value, argument.c_str(), [&](const auto &read) {
        typedef std::decay_t<decltype(read)> Values;
        auto held = std::make_shared<const Values>(read);
        dims = held->dims();
        std::vector<int64_t> sizes = sizes_of(dims);
        int64_t shape[4];
        if (vectors == MATRICES && sizes.size() == 2) array = borrow(Dtype<typename Values::element_type>::value, 2,
                                                                     sizes.data(), held->data());
        else array = borrow(Dtype<typename Values::element_type>::value, shape_to_core(shape, sizes), shape, held->data());
        memory = held;
        return octave_value();
    });
}

Input read_floats(const octave_value &value, const char *argument)
{
    Input input(value, argument);
    if (input.array.dtype == DGEN_U16) input.array.dtype = DGEN_F16;
    return input;
}

Layers::Layers(const octave_value &value, const char *argument)
{
    if (!value.iscell()) raise_type(argument, "a list of arrays");
    const Cell cell = value.cell_value();
    dims = cell.dims();
    inputs.reserve(static_cast<size_t>(cell.numel()));
    for (octave_idx_type i = 0; i < cell.numel(); i++) {
        octave_quit();
        inputs.emplace_back(cell.xelem(i), "layer " + std::to_string(i + 1) + ": x");
        pointers.push_back(&inputs.back().array);
    }
}

octave_scalar_map fields_of(const octave_value &value, const char *argument, const char *legal)
{
    if (!value.isstruct() || value.numel() != 1) raise_type(argument, legal);
    return value.scalar_map_value();
}

/* What was measured, where it is still there. */
static dgen_certificate read_certificate(const octave_value &value)
{
    dgen_certificate read = { NAN, NAN, NAN, NAN, 0, 0 };
    if (!value.isstruct() || value.numel() != 1) return read;
    const octave_scalar_map fields = value.scalar_map_value();
    auto number = [&](const char *name) {
        octave_value field = fields.getfield(name);
        return field.is_real_scalar() ? field.double_value() : NAN;
    };
    auto count = [&](const char *name) {
        double n = number(name);
        return n >= 0 && n <= 0x1p53 ? static_cast<int64_t>(n) : 0;
    };
    return { number("max"), number("rmse"), number("snr_db"), number("cosine"), count("clipped"), count("nonfinite") };
}

Quantized::Quantized(const octave_value &value) : Quantized(fields_of(value, "q", "what quantize returns")) {}

Quantized::Quantized(const octave_scalar_map &fields)
    : core{}, shape(fields.getfield("shape")), codes(fields.getfield("codes"), "q.codes"),
      scale(read_floats(fields.getfield("scale"), "q.scale")), zero(read_floats(fields.getfield("zero"), "q.zero"))
{
    dgen_error error;
    dgen_record names;
    core.codes = codes.array;
    core.scale = scale.array;
    core.zero = zero.array;
    core.ndim = read_shape(dims, core.shape, shape, "q.shape");
    core.error = read_certificate(fields.getfield("error"));
    dgen_quantized_record(&core, &names);
    for (int i = 0; i < names.count; i++) {
        const char *name = names.fields[i].name;
        check(dgen_quantized_set(&core, name, Value(fields.getfield(name)), &error), error);
    }
    check(dgen_quantized_check(&core, &error), error);
}

/* ------------------------------------------------------------------------------------------------------------- results */

/* The names of a struct's fields, which the next one shares: it would take longer to add them again. */
class Form {
public:
    octave_scalar_map blank() const { return m_blank; }

    void learn(const octave_scalar_map &filled)
    {
        if (m_blank.nfields() > 0) return;
        const string_vector names = filled.keys();
        for (octave_idx_type i = 0; i < names.numel(); i++) m_blank.assign(names(i), octave_value());
    }

private:
    octave_scalar_map m_blank;
};

static void assign(octave_scalar_map &map, const dgen_record &record)
{
    for (int i = 0; i < record.count; i++) map.assign(record.fields[i].name, field_value(record.fields[i]));
}

octave_value quantized_value(const dgen_quantized &core, const octave_value &shape, const octave_value &codes,
                             const octave_value &scale, const octave_value &zero)
{
    static Form form, error_form;
    dgen_record record;
    octave_scalar_map map = form.blank(), error = error_form.blank();
    map.assign("codes", codes);
    map.assign("scale", scale);
    map.assign("zero", zero);
    dgen_quantized_record(&core, &record);
    assign(map, record);
    map.assign("shape", shape);
    dgen_certificate_record(&core.error, &record);
    assign(error, record);
    map.assign("error", error);
    form.learn(map);
    error_form.learn(error);
    return octave_value(map);
}

octave_value quantized_value(dgen_quantized *core, const octave_value &shape)
{
    octave_value codes = hand_over(&core->codes, dims_of(core->codes));
    octave_value scale = hand_over(&core->scale, dims_of(core->scale));
    octave_value zero = hand_over(&core->zero, dims_of(core->zero));
    return quantized_value(*core, shape, codes, scale, zero);
}

/* A quantized array in the making, in memory that Octave will own. */
class Making {
public:
    explicit Making(const dgen_quantized &laid_out)
        : core(laid_out), m_codes(core.codes.dtype, dims_of(core.codes), nullptr),
          m_scale(core.scale.dtype, dims_of(core.scale), nullptr), m_zero(core.zero.dtype, dims_of(core.zero), nullptr)
    {
        core.codes = borrow(core.codes.dtype, core.codes.ndim, core.codes.shape, m_codes.data());
        core.scale = borrow(core.scale.dtype, core.scale.ndim, core.scale.shape, m_scale.data());
        core.zero = borrow(core.zero.dtype, core.zero.ndim, core.zero.shape, m_zero.data());
    }

    octave_value release(const octave_value &shape)
    {
        octave_value codes = m_codes.release(), scale = m_scale.release(), zero = m_zero.release();
        return quantized_value(core, shape, codes, scale, zero);
    }

    dgen_quantized core;

private:
    Result m_codes, m_scale, m_zero;
};

/* ----------------------------------------------------------------------------------------------------------- functions */

octave_value quantize_value(const octave_value_list &arguments)
{
    dgen_error error;
    dgen_quantized laid_out;
    const Input x(argument(arguments, 0), "x");
    dgen_quantize_options options
        = quantize_options(arguments, 1, [](const std::string &, const octave_value &) { return false; });
    check(dgen_quantize_shape(&laid_out, &x.array, &options, &error), error);
    Making making(laid_out);
    check(dgen_quantize(&making.core, &x.array, &options, &error), error);
    return making.release(shape_value(x.dims));
}

/* The only option of some functions, from the arguments from `first` on. */
static int read_threads(const octave_value_list &arguments, octave_idx_type first)
{
    uint64_t threads = 0;
    each_option(arguments, first, [&](const std::string &name, const octave_value &value) {
        if (name != "max_threads") raise_option(name, "max_threads");
        threads = whole_value(value, "max_threads", 0, 1024);
    });
    return static_cast<int>(threads);
}

octave_value dequantize_value(const octave_value_list &arguments)
{
    dgen_error error;
    dgen_array out;
    const Quantized q(argument(arguments, 0));
    dgen_dtype type = DGEN_F32;
    bool has_type = arguments.length() % 2 == 0;
    if (has_type) check(dgen_dtype_find(&type, text_value(arguments(1), "type").c_str(), &error), error);
    int threads = read_threads(arguments, 1 + has_type);
    check(dgen_dequantize_shape(&out, &q.core, type, &error), error);
    Result result(type, q.dims, nullptr);
    out = borrow(type, out.ndim, out.shape, result.data());
    check(dgen_dequantize(&out, &q.core, type, threads, &error), error);
    return result.release();
}

octave_value unpack_value(const octave_value_list &arguments)
{
    dgen_error error;
    const Quantized q(argument(arguments, 0));
    int threads = read_threads(arguments, 1);
    Result result(DGEN_U8, q.dims, nullptr);
    dgen_array out = borrow(DGEN_U8, q.core.ndim, q.core.shape, result.data());
    check(dgen_unpack(&out, &q.core, threads, &error), error);
    return result.release();
}

/* Results of the core, given back unless they are handed over. */
struct Batch : std::vector<dgen_quantized> {
    explicit Batch(size_t count) : std::vector<dgen_quantized>(count) {}
    ~Batch()
    {
        for (dgen_quantized &quantized : *this) dgen_quantized_release(&quantized);
    }
};

/* The bits of each layer; none if they are one number. */
static std::vector<int> bits_of_each(const octave_value &value, const Layers &layers)
{
    std::vector<int> bits;
    dgen_error error;
    dgen_quantize_options options;
    if (value.numel() == 1 || value.is_string() || !value.isnumeric()) return bits;
    if (value.iscomplex() || value.issparse() || value.numel() != layers.count())
        error_with_id("dgen:wrong-type", "bits must be a number, or have as many elements as there are layers, %lld, not %lld",
                      static_cast<long long>(layers.count()), static_cast<long long>(value.numel()));
    const NDArray list = value.array_value();
    for (octave_idx_type i = 0; i < list.numel(); i++) {
        check(dgen_quantize_options_set(&options, "bits", Value(list.xelem(i)), &error), error);
        bits.push_back(options.bits);
    }
    return bits;
}

octave_value quantize_batch_value(const octave_value_list &arguments)
{
    dgen_error error;
    const Layers layers(argument(arguments, 0), "list");
    std::vector<int> bits;
    octave_value progress;
    dgen_quantize_options options
        = quantize_options(arguments, 1, [&](const std::string &name, const octave_value &value) {
              if (name == "bits") bits = bits_of_each(value, layers);
              if (name != "progress") return !bits.empty() && name == "bits";
              if (!value.is_function_handle()) raise_type("progress", "a function");
              progress = value;
              return true;
          });
    Batch batch(layers.pointers.size());
    check(dgen_quantize_batch(batch.data(), layers.pointers.data(), layers.count(), &options,
                              bits.empty() ? nullptr : bits.data(), progress.is_defined() ? report_progress : nullptr,
                              &progress, &error),
          error);
    Cell list(layers.dims);
    for (octave_idx_type i = 0; i < list.numel(); i++) {
        octave_quit(); /* thousands of structs take as long as their layers */
        list(i) = quantized_value(&batch[static_cast<size_t>(i)],
                                  shape_value(layers.inputs[static_cast<size_t>(i)].dims));
    }
    return octave_value(list);
}

} // namespace dgen_octave
