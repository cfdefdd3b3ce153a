/*
 * The layouts of other programs, and the Arrow C data interface.
 *
 * What is exported shares the memory of an Octave array, which it holds until the consumer lets go. What is imported stays the
 * producer's: a reference to it is kept (result.cc), so that Octave copies before it writes, and given back on a later call
 * once Octave has let go.
 */
#include "quantized.h"

namespace dgen_octave {

/* -------------------------------------------------------------------------------------------------------------- layouts */

/* A struct that dgen_repack made, as the core sees it. A layout may lack scale and zero. */
class Packed {
public:
    explicit Packed(const octave_scalar_map &fields)
        : core{}, shape(fields.getfield("shape")), m_codes(fields.getfield("codes"), "p.codes")
    {
        dgen_error error;
        dim_vector dims;
        check(dgen_packing_find(&core.packing, text_value(fields.getfield("packing"), "p.packing").c_str(), &error), error);
        core.bits = static_cast<int>(whole_value(fields.getfield("bits"), "p.bits", 0, 1024));
        core.group = static_cast<int64_t>(whole_value(fields.getfield("group"), "p.group", 0, UINT64_C(1) << 53));
        core.ndim = read_shape(dims, core.shape, shape, "p.shape");
        core.codes = m_codes.array;
        core.scale = part(fields, "scale", "p.scale");
        core.zero = part(fields, "zero", "p.zero");
    }

    dgen_packed core;
    octave_value shape;

private:
    dgen_array part(const octave_scalar_map &fields, const char *name, const char *argument)
    {
        if (!fields.isfield(name)) return dgen_array();
        m_parts.push_back(read_floats(fields.getfield(name), argument));
        return m_parts.back().array;
    }

    Input m_codes;
    std::vector<Input> m_parts;
};

static octave_value packed_value(dgen_packed *core, const octave_value &shape)
{
    octave_scalar_map map;
    map.assign("packing", dgen_packing_name(core->packing));
    map.assign("bits", static_cast<double>(core->bits));
    map.assign("group", static_cast<double>(core->group));
    map.assign("shape", shape);
    map.assign("codes", hand_over(&core->codes, dims_of(core->codes)));
    if (core->scale.release) map.assign("scale", hand_over(&core->scale, dims_of(core->scale)));
    if (core->zero.release) map.assign("zero", hand_over(&core->zero, dims_of(core->zero)));
    return octave_value(map);
}

static octave_value pack(const dgen_quantized &quantized, dgen_packing packing, const octave_value &shape)
{
    dgen_error error;
    Owned<dgen_packed, dgen_packed_release> made;
    check(dgen_repack(&made, &quantized, packing, &error), error);
    return packed_value(&made, shape);
}

octave_value repack_value(const octave_value_list &arguments)
{
    dgen_error error;
    dgen_packing packing;
    const octave_value from = argument(arguments, 0);
    const octave_scalar_map fields = fields_of(from, "q", "what quantize or repack returns");
    check(dgen_packing_find(&packing, text_value(argument(arguments, 1), "packing").c_str(), &error), error);
    if (!fields.isfield("packing")) {
        const Quantized q(from);
        return pack(q.core, packing, q.shape);
    }
    const Packed p(fields);
    Owned<dgen_quantized, dgen_quantized_release> restored;
    check(dgen_packed_restore(&restored, &p.core, &error), error);
    if (packing == DGEN_PACKING_DGEN) return quantized_value(&restored, p.shape);
    return pack(restored, packing, p.shape);
}

/* ---------------------------------------------------------------------------------------------------------------- Arrow */

static uintptr_t address_value(const octave_value &value, const char *argument)
{
    dgen_error error;
    uint64_t address;
    check(dgen_value_whole(&address, argument, Value(value), 1, UINTPTR_MAX, 1, &error), error);
    if (address % alignof(ArrowArray) != 0) raise_type(argument, "the address of a struct");
    return static_cast<uintptr_t>(address);
}

static void let_go(void *memory) { delete static_cast<std::shared_ptr<const void> *>(memory); }

/* The array with a share of its own in the memory; release it. */
static void share(dgen_array *out, const Input &input)
{
    dgen_error error;
    auto memory = std::make_unique<std::shared_ptr<const void>>(input.memory);
    const dgen_array &array = input.array;
    check(dgen_array_adopt(out, array.dtype, array.ndim, array.shape, array.data, let_go, memory.get(), &error), error);
    memory.release();
}

octave_value arrow_export_value(const octave_value_list &arguments)
{
    dgen_error error;
    const octave_value x = argument(arguments, 0);
    auto *array = reinterpret_cast<ArrowArray *>(address_value(argument(arguments, 1), "array_address"));
    auto *schema = reinterpret_cast<ArrowSchema *>(address_value(argument(arguments, 2), "schema_address"));
    Owned<dgen_quantized, dgen_quantized_release> shared;
    if (x.isstruct()) {
        const Quantized q(x);
        static_cast<dgen_quantized &>(shared) = q.core;
        shared.codes.release = shared.scale.release = shared.zero.release = nullptr;
        share(&shared.codes, q.codes);
        share(&shared.scale, q.scale);
        share(&shared.zero, q.zero);
        check(dgen_quantized_arrow_export(array, schema, &shared, &error), error);
    }
    else {
        share(&shared.codes, Input(x, "x"));
        check(dgen_arrow_export(array, schema, &shared.codes, &error), error);
    }
    return octave_value();
}

octave_value arrow_import_value(const octave_value_list &arguments)
{
    dgen_error error;
    auto *array = reinterpret_cast<ArrowArray *>(address_value(argument(arguments, 0), "array_address"));
    auto *schema = reinterpret_cast<ArrowSchema *>(address_value(argument(arguments, 1), "schema_address"));
    Owned<dgen_quantized, dgen_quantized_release> made;
    sweep();
    if (!dgen_arrow_is_quantized(schema)) {
        check(dgen_arrow_import(&made.codes, array, schema, &error), error);
        return lend(&made.codes, dims_of(made.codes));
    }
    check(dgen_quantized_arrow_import(&made, array, schema, &error), error);
    octave_value codes = lend(&made.codes, dims_of(made.codes));
    octave_value scale = lend(&made.scale, dims_of(made.scale)), zero = lend(&made.zero, dims_of(made.zero));
    return quantized_value(made, shape_value(made.ndim, made.shape), codes, scale, zero);
}

} // namespace dgen_octave
