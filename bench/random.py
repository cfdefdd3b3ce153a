# Random values in NumPy (its default PCG64, and its fastest, SFC64) and in dgen-py. Lines and timing rule: measure.h;
# arguments: random.c.

import sys

from measure import emit, times

types, names, sizes, runs = sys.argv[1:5]

try:
    import numpy as np
except ImportError as problem:
    emit("op", "peer", "NumPy", "", "", "", 0, problem)
    sys.exit(0)
try:
    import dgen_py
except ImportError:
    dgen_py = None

WEIGHTS = np.arange(1, 11) / 55
REAL = {
    "uniform": lambda g, n, t: g.random(n, dtype=t),
    "normal": lambda g, n, t: g.standard_normal(n, dtype=t),
    "exponential": lambda g, n, t: g.standard_exponential(n, dtype=t),
    "gamma": lambda g, n, t: g.standard_gamma(2, n, dtype=t),
    "gamma_half": lambda g, n, t: g.standard_gamma(0.5, n, dtype=t),
}
REAL_INTO = {
    "uniform": lambda g, o: g.random(out=o, dtype=o.dtype),
    "normal": lambda g, o: g.standard_normal(out=o, dtype=o.dtype),
    "exponential": lambda g, o: g.standard_exponential(out=o, dtype=o.dtype),
    "gamma": lambda g, o: g.standard_gamma(2, out=o, dtype=o.dtype),
    "gamma_half": lambda g, o: g.standard_gamma(0.5, out=o, dtype=o.dtype),
}
DOUBLE = {
    "lognormal": lambda g, n: g.lognormal(size=n), "beta": lambda g, n: g.beta(2, 3, n),
    "chisq": lambda g, n: g.chisquare(3, n), "t": lambda g, n: g.standard_t(5, n), "cauchy": lambda g, n: g.standard_cauchy(n),
}
# NumPy's whole numbers are of 64 bits; they stand beside the narrower ones of the table.
WHOLE = {
    "geometric": lambda g, n: g.geometric(0.2, n), "poisson_5": lambda g, n: g.poisson(5, n),
    "poisson_50": lambda g, n: g.poisson(50, n), "poisson_5000": lambda g, n: g.poisson(5000, n),
    "binomial": lambda g, n: g.binomial(100, 0.3, n), "bernoulli": lambda g, n: g.binomial(1, 0.3, n),
    "integers_256": lambda g, n: g.integers(0, 256, n, dtype="i4"),
    "integers_1e6": lambda g, n: g.integers(1, 1000004, n, dtype="i4"),
    "categorical": lambda g, n: g.choice(10, n, p=WEIGHTS), "permutation": lambda g, n: g.permutation(n),
    "sample": lambda g, n: g.choice(10 * n, n, replace=False),
}


def unit_vectors(g, n, dtype):
    x = g.standard_normal((n // 512, 512), dtype=dtype)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x


def tell(host, name, kind, memory, n, act):
    emit("working", host, f"{name} {kind} {memory}, {n}")
    emit("op", "peer", host, name, kind, memory, n, times(act, int(runs), 0.02 if n < 1e6 else 0.2, 0.005, 0.5)[0])


def numpy_rows(host, generator, name, kind, n):
    dtype = {"f32": "f4", "f64": "f8"}.get(kind)
    if name in REAL and dtype:
        tell(host, name, kind, "alloc", n, lambda: REAL[name](generator, n, np.dtype(dtype)))
        out = np.zeros(n, dtype)
        tell(host, name, kind, "out", n, lambda: REAL_INTO[name](generator, out))
    elif name in DOUBLE and kind == "f64":
        tell(host, name, kind, "alloc", n, lambda: DOUBLE[name](generator, n))
    elif name in WHOLE and kind == "i32":
        tell(host, name, kind, "alloc", n, lambda: WHOLE[name](generator, n))
    elif name == "unit_vectors" and dtype:
        tell(host, name, kind, "alloc", n, lambda: unit_vectors(generator, n, dtype))


emit("about", "NumPy", np.__version__)
emit("about", "dgen-py", getattr(dgen_py, "__version__", "there") if dgen_py else "not there")
for kind in types.split(","):
    for n in (int(float(size)) for size in sizes.split(",")):
        for name in names.split(","):
            numpy_rows("NumPy", np.random.default_rng(1), name, kind, n)
            numpy_rows("SFC64", np.random.Generator(np.random.SFC64(1)), name, kind, n)
            if dgen_py and name == "unit_vectors" and kind == "f32":
                tell("dgen-py", name, kind, "alloc", n, lambda: dgen_py.generate_uniform_vectors(n // 512, 512, -1.0, 1.0))
