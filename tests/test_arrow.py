"""Arrays and quantized arrays to and from pyarrow: the same memory, the same values, given back. Run by tests/test_arrow.sh."""
import ctypes as c
import gc
import json
import sys

import numpy as np
import pyarrow as pa

lib = c.CDLL(sys.argv[1])
passed = failed = 0


class Array(c.Structure):
    _fields_ = [("data", c.c_void_p), ("dtype", c.c_int), ("ndim", c.c_int), ("shape", c.c_int64 * 4), ("stride", c.c_int64 * 4),
                ("release", c.c_void_p), ("owner", c.c_void_p)]


class Quantized(c.Structure):
    _fields_ = [("codes", Array), ("scale", Array), ("zero", Array), ("bits", c.c_int), ("scheme", c.c_int), ("range", c.c_int),
                ("axis", c.c_int), ("group", c.c_int64), ("ndim", c.c_int), ("shape", c.c_int64 * 4), ("max", c.c_double),
                ("rmse", c.c_double), ("snr_db", c.c_double), ("cosine", c.c_double), ("clipped", c.c_int64), ("nonfinite", c.c_int64)]


class Value(c.Structure):
    _fields_ = [("kind", c.c_int), ("number", c.c_double), ("integer", c.c_int64), ("count", c.c_uint64), ("text", c.c_char_p)]


class Error(c.Structure):
    _fields_ = [("code", c.c_int), ("argument", c.c_char * 32), ("message", c.c_char * 476)]


lib.dgen_live_bytes.restype = c.c_uint64
error = Error()
TYPES = ["u8", "i8", "i16", "u16", "i32", "u32", "i64", "f16", "bf16", "f32", "f64"]
NUMPY = ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "f2", "u2", "f4", "f8"]
ARROW = [pa.uint8(), pa.int8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(), pa.float16(), pa.binary(2), pa.float32(),
         pa.float64()]


class Refused(Exception):
    pass


def call(name, *arguments):
    if getattr(lib, name)(*arguments, c.byref(error)):
        raise Refused(error.message.decode())


def test(function):
    """Runs a test, which must leave no memory behind on either side."""
    global passed, failed
    gc.collect()
    ours, theirs = lib.dgen_live_bytes(), pa.total_allocated_bytes()
    fault = ""
    try:
        function()
    except Exception as problem:  # an assertion, or what was not to be refused
        fault = f"  line {problem.__traceback__.tb_next.tb_lineno}: {type(problem).__name__} {problem}"
        problem = None
    gc.collect()
    if not fault and (lib.dgen_live_bytes(), pa.total_allocated_bytes()) != (ours, theirs):
        fault = f"  memory is left: {lib.dgen_live_bytes() - ours} bytes of ours, {pa.total_allocated_bytes() - theirs} of pyarrow's"
    print("not ok" if fault else "ok", function.__doc__)
    passed, failed = passed + (not fault), failed + bool(fault)
    if fault:
        print(fault)


def values_of(x):
    """The elements of an array of ours where they lie, in the order of its indices."""
    count = int(np.prod(x.shape[:x.ndim]))
    size = np.dtype(NUMPY[x.dtype]).itemsize
    raw = (c.c_uint8 * (count * size)).from_address(x.data) if count else b""
    return np.frombuffer(raw, NUMPY[x.dtype]).reshape(tuple(x.shape[:x.ndim]), order="F")


def make(dtype, *shape):
    x = Array()
    call("dgen_array_alloc", c.byref(x), dtype, len(shape), (c.c_int64 * len(shape))(*shape), None)
    view = values_of(x)
    if view.size:
        view[...] = np.arange(view.size).reshape(shape) % 120
    return x


class Structs:
    """Room for an ArrowArray and an ArrowSchema, whose release is called if nobody took them."""

    def __init__(self):
        self.array, self.schema = (c.c_uint64 * 10)(), (c.c_uint64 * 9)()
        self.addresses = c.addressof(self.array), c.addressof(self.schema)

    def taken(self):
        return self.array[8] == 0 and self.schema[7] == 0


def export(function, x):
    s = Structs()
    call(function, c.c_void_p(s.addresses[0]), c.c_void_p(s.addresses[1]), c.byref(x))
    return s


def take(function, kind, theirs):
    s, out = Structs(), kind()
    theirs._export_to_c(*s.addresses)
    try:
        call(function, c.byref(out), c.c_void_p(s.addresses[0]), c.c_void_p(s.addresses[1]))
    finally:
        assert s.taken(), "both structs are released"
    return out


def to_arrow(x):
    s = export("dgen_arrow_export", x)
    theirs = pa.Array._import_from_c(*s.addresses)
    assert s.taken()
    return theirs


def from_arrow(theirs):
    return take("dgen_arrow_import", Array, theirs)


def release(*arrays):
    for x in arrays:
        lib.dgen_array_release(c.byref(x))


@test
def vectors_out():
    """vectors of every type go out where they are"""
    for t in range(len(TYPES)):
        x = make(t, 1000)
        want, address = values_of(x).copy(), x.data
        theirs = to_arrow(x)
        release(x)
        assert theirs.type == ARROW[t] and len(theirs) == 1000 and theirs.null_count == 0, TYPES[t]
        assert theirs.buffers()[0] is None and theirs.buffers()[1].address == address, TYPES[t]
        theirs.validate(full=True)
        if TYPES[t] == "bf16":
            assert [int.from_bytes(v, "little") for v in theirs.to_pylist()] == want.tolist()
        else:
            assert np.array_equal(theirs.to_numpy(), want), TYPES[t]


@test
def tensors_out():
    """tensors of 2 to 4 dimensions go out where they are, with their dimensions"""
    for t in range(len(TYPES)):
        if TYPES[t] == "bf16":
            continue  # pyarrow has no tensors of binary
        for shape in [(3, 5), (2, 3, 4), (2, 1, 3, 4)]:
            x = make(t, *shape)
            want, address = values_of(x).copy(), x.data
            theirs = to_arrow(x)
            release(x)
            assert isinstance(theirs.type, pa.FixedShapeTensorType), theirs.type
            assert theirs.type.permutation == list(reversed(range(len(shape)))) and theirs.type.shape == list(reversed(shape))
            assert theirs.storage.flatten().buffers()[1].address == address
            seen = theirs.to_numpy_ndarray()[0]
            assert np.array_equal(seen, want) and seen.__array_interface__["data"][0] == address, (TYPES[t], shape)


@test
def empty():
    """arrays of nothing go out and come back"""
    for shape in [(0,), (0, 3)]:
        x = make(9, *shape)
        y = from_arrow(to_arrow(x))
        assert tuple(y.shape[:y.ndim]) == shape, tuple(y.shape)
        release(x, y)


@test
def vectors_in():
    """pyarrow's arrays come in where they are, whole and sliced"""
    for t in range(len(TYPES)):
        plain = np.arange(100).astype(NUMPY[t])
        theirs = pa.array([v.tobytes() for v in plain] if TYPES[t] == "bf16" else plain, ARROW[t])
        for first, count in [(0, 100), (7, 50), (99, 1)]:
            part = theirs.slice(first, count)
            x = from_arrow(part)
            assert x.dtype == t and x.ndim == 1 and x.shape[0] == count
            assert x.data == theirs.buffers()[1].address + first * plain.itemsize, TYPES[t]
            assert np.array_equal(values_of(x), plain[first:first + count])
            release(x)


@test
def outlives():
    """an imported array outlives pyarrow's"""
    theirs = pa.array(list(range(100000)), pa.float64())
    x = from_arrow(theirs)
    held = pa.total_allocated_bytes()
    del theirs
    gc.collect()
    junk = [np.full(100000, -1.0) for _ in range(4)]
    assert values_of(x)[99999] == 99999 and len(junk) == 4 and pa.total_allocated_bytes() == held
    release(x)


@test
def round_trips():
    """ours by way of pyarrow is ours, where it was"""
    for t in range(len(TYPES)):
        for shape in [(64,), (6, 7), (2, 3, 4)]:
            if TYPES[t] == "bf16" and len(shape) > 1:
                continue
            x = make(t, *shape)
            y = from_arrow(to_arrow(x))
            assert y.data == x.data and y.dtype == t and tuple(y.shape[:y.ndim]) == shape
            release(x, y)


@test
def foreign_tensors():
    """pyarrow's tensors, row by row, come in with the same elements"""
    plain = np.arange(24, dtype="f4").reshape(4, 3, 2)
    x = from_arrow(pa.FixedShapeTensorArray.from_numpy_ndarray(np.stack([plain])))
    assert tuple(x.shape[:x.ndim]) == (4, 3, 2) and np.array_equal(values_of(x), plain)
    release(x)
    rows = pa.FixedShapeTensorArray.from_numpy_ndarray(np.stack([plain, plain + 100, plain + 200]))
    x = from_arrow(rows.slice(1, 1))
    assert np.array_equal(values_of(x), plain + 100)
    release(x)


def refused(theirs, message):
    try:
        release(from_arrow(theirs))
    except Refused as problem:
        assert str(problem).startswith(message), str(problem)
        return
    raise AssertionError(f"{theirs.type} was taken")


@test
def nulls():
    """nulls are refused, unless they are sliced away"""
    theirs = pa.array([1.0, None, 3.0, 4.0])
    refused(theirs, "array must not have nulls; element 2 is null")
    refused(theirs.slice(1), "array must not have nulls; element 1 is null")
    x = from_arrow(theirs.slice(2))
    assert values_of(x).tolist() == [3.0, 4.0] and x.data == theirs.buffers()[1].address + 16
    release(x)


@test
def other_types():
    """types that dgen has not are refused by name"""
    for theirs in [pa.array(["a"]), pa.array([True]), pa.array([1], pa.uint64()), pa.array([b"abcd"], pa.binary(4)), pa.nulls(3),
                   pa.array([[1.0]]), pa.array([{"a": 1}]), pa.array([1, 2], pa.timestamp("s")),
                   pa.array([[1.0, 2.0]], pa.list_(pa.float64(), 2)), pa.array([[None, 2.0]], pa.list_(pa.float64(), 2))]:
        refused(theirs, "schema must be of integers of 8, 16, 32 or 64 bits")
    refused(pa.array(["a", "b", "a"]).dictionary_encode(), "schema must not have a dictionary")
    refused(pa.array([1, 2]).dictionary_encode(), "schema must not have a dictionary")
    refused(pa.FixedShapeTensorArray.from_numpy_ndarray(np.zeros((2, 3, 4))), "array must have 1 row, one tensor, not 2")


def quantize(x, **options):
    room, q = c.create_string_buffer(512), Quantized()
    lib.dgen_quantize_options_init(room)
    for name, value in options.items():
        text = value.encode() if isinstance(value, str) else None
        given = Value(kind=5 if text else 1, number=0 if text else value, text=text)
        lib.dgen_quantize_options_set.argtypes = [c.c_void_p, c.c_char_p, Value, c.c_void_p]
        call("dgen_quantize_options_set", room, name.encode(), given)
    call("dgen_quantize", c.byref(q), c.byref(x), room)
    return q


def bits_of(codes, bits, columns):
    """Codes of a row, one each, the lowest bits of a byte first."""
    every = np.unpackbits(codes, bitorder="little").reshape(-1, bits)
    return (every * (1 << np.arange(bits))).sum(axis=1)[:columns]


QUANTIZED = [dict(bits=8), dict(bits=4, scheme="symmetric", group=32), dict(bits=2, group=48, scale_type="f16"), dict(bits=4, axis="row"),
             dict(bits=8, axis="tensor"), dict(rule="ggml_q4_1"), dict(rule="ggml_q8_0")]


@test
def quantized():
    """quantized arrays go out as a record batch, and mean the same there"""
    for options in QUANTIZED:
        x = make(9, 6, 96)
        values_of(x)[...] = np.random.default_rng(1).normal(size=(6, 96))
        q, w = quantize(x, **options), Array()
        call("dgen_dequantize", c.byref(w), c.byref(q), 9, 0)
        s = export("dgen_quantized_arrow_export", q)
        assert lib.dgen_arrow_is_quantized(c.c_void_p(s.addresses[1]))
        batch = pa.RecordBatch._import_from_c(*s.addresses)
        batch.validate(full=True)
        fields = json.loads(batch.schema.metadata[b"dgen.quantized"])
        parts = [batch.column(name)[0].values for name in ("codes", "scale", "zero")]
        assert [p.buffers()[1].address for p in parts] == [q.codes.data, q.scale.data, q.zero.data]
        assert fields["bits"] == q.bits and fields["group"] == q.group and fields["shape"] == [6, 96]
        assert all(float.fromhex(fields[name]) == getattr(q, name) for name in ("max", "rmse", "snr_db", "cosine"))
        codes, scale, zero = (p.to_numpy() for p in parts)
        codes = np.array([bits_of(row, q.bits, 96) for row in codes.reshape(6, -1)]).astype("f4")
        per_row = 1 if fields["axis"] == "tensor" else len(scale) // 6
        spread = lambda v: np.repeat(np.resize(v.astype("f4"), (6, per_row)), fields["group"] if fields["axis"] == "group" else 96, axis=1)[:, :96]
        if fields["scheme"] == "offset":
            want = codes * spread(scale) + spread(zero)
        else:
            want = (codes - spread(zero)) * spread(scale)
        assert np.array_equal(values_of(w), want), options
        back = take("dgen_quantized_arrow_import", Quantized, batch)
        assert (back.codes.data, back.scale.data, back.zero.data) == (q.codes.data, q.scale.data, q.zero.data)
        for name in ("bits", "scheme", "range", "axis", "group", "ndim", "max", "rmse", "snr_db", "cosine", "clipped", "nonfinite"):
            assert getattr(back, name) == getattr(q, name), (name, options)
        del batch, parts
        release(x, w)
        lib.dgen_quantized_release(c.byref(q))
        lib.dgen_quantized_release(c.byref(back))


@test
def quantized_by_ipc():
    """a quantized array written and read by pyarrow comes back, also as the second row of two"""
    x, w, again = make(9, 5, 70), Array(), Array()
    q = quantize(x, bits=4, group=32)
    call("dgen_dequantize", c.byref(w), c.byref(q), 9, 0)
    s = export("dgen_quantized_arrow_export", q)
    batch = pa.RecordBatch._import_from_c(*s.addresses)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    read = pa.ipc.open_stream(sink.getvalue()).read_next_batch()
    two = pa.Table.from_batches([read, batch]).combine_chunks().to_batches()[0].slice(1, 1)
    for source in (read, two):
        back = take("dgen_quantized_arrow_import", Quantized, source)
        call("dgen_dequantize", c.byref(again), c.byref(back), 9, 0)
        assert np.array_equal(values_of(w), values_of(again))
        release(again)
        lib.dgen_quantized_release(c.byref(back))
    lib.dgen_quantized_release(c.byref(q))
    release(x, w)


print(f"# pyarrow {pa.__version__}, numpy {np.__version__}")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
