# The first table's rows from Python, for comparison: dgen-py, the generator that dgen is measured against, and NumPy.
# Lines and timing rule: measure.h.
#
#     bytes.py MODES SIZES RUNS     modes: about, oneshot, stream, native, objects

import sys

from measure import emit, times

SKIP_SECONDS, CHUNK_BYTES = 5.0, 32 << 20
missing = {}
try:
    import dgen_py
except ImportError as problem:
    missing["dgen-py"] = problem
try:
    import numpy
except ImportError as problem:
    missing["NumPy"] = problem


def measure(role, mode, what, host, size, runs, act):
    """Times one row, prints it, and returns the seconds of a call."""
    emit("doing", host, what, size)
    text, once = times(act, runs, 0.2, 0.02, 2.0)
    emit("row", role, mode, what, host, size, text)
    return once


def measure_sizes(role, mode, what, host, sizes, runs, actor):
    """Measures one way at each size, or says for each why not."""
    rate = 0  # seconds a byte at the size before
    for size in sizes:
        if host in missing:
            emit("skip", role, mode, what, host, size, missing[host])
        elif rate * size > SKIP_SECONDS:
            emit("skip", role, mode, what, host, size, f"not run: about {rate * size:.0f} s each")
        else:
            rate = measure(role, mode, what, host, size, runs, actor(size)) / size


def streamer(size):
    """A function that makes the next `size` bytes of a huge object, a chunk at a time into one buffer."""
    buffer = memoryview(bytearray(min(size, CHUNK_BYTES)))
    generator = dgen_py.Generator(size=1 << 44)

    def act():
        for _ in range(size // CHUNK_BYTES):
            generator.fill_chunk(buffer)
        if size % CHUNK_BYTES:
            generator.fill_chunk(buffer[: size % CHUNK_BYTES])

    return act


def measure_native(sizes, runs):
    ways = {
        "randint uint8": lambda n: numpy.random.randint(0, 256, n, dtype=numpy.uint8),
        "Generator.bytes": lambda n: numpy.random.default_rng().bytes(n),
        "SFC64 random_raw": lambda n: numpy.random.SFC64().random_raw(n // 8),
    }
    for what, way in ways.items():
        measure_sizes("native", "native", what, "NumPy", sizes, runs, lambda n, way=way: lambda: way(n))


def pool_slices(size):
    pool = dgen_py.BufferPool()
    return lambda: pool.next_slice(size)


modes = sys.argv[1].split(",")
sizes = [int(size) for size in sys.argv[2].split(",")]
runs = int(sys.argv[3])
if "about" in modes:
    emit("about", "Python", sys.version.split()[0])
    if "dgen-py" not in missing:
        emit("about", "dgen-py", dgen_py.__version__)
    if "NumPy" not in missing:
        emit("about", "NumPy", numpy.__version__)
if "oneshot" in modes:
    one_shot = lambda n: lambda: dgen_py.generate_data(n)
    measure_sizes("peer", "oneshot", "generate_data", "dgen-py", sizes, runs, one_shot)
if "stream" in modes:
    measure_sizes("peer", "stream", "fill_chunk", "dgen-py", sizes, runs, streamer)
if "native" in modes:
    measure_native(sizes, runs)
if "objects" in modes:
    measure_sizes("peer", "objects", "BufferPool.next_slice", "dgen-py", sizes, runs, pool_slices)
