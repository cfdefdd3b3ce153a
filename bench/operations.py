# Vector operations in NumPy and PyTorch, for comparison. Lines and timing rule: measure.h; arguments: operations.lua.

import os
import sys

from measure import emit, times

mode, folder, types, names, sizes, runs = sys.argv[1:7]

try:
    import numpy as np

    NUMPY = {
        "add": lambda x, y, o: np.add(x, y, out=o), "sub": lambda x, y, o: np.subtract(x, y, out=o),
        "mul": lambda x, y, o: np.multiply(x, y, out=o), "div": lambda x, y, o: np.divide(x, y, out=o),
        "dot": lambda x, y, o: np.dot(x, y), "sum": lambda x, y, o: np.sum(x), "max": lambda x, y, o: np.max(x),
        "min": lambda x, y, o: np.min(x), "argmax": lambda x, y, o: np.argmax(x), "argmin": lambda x, y, o: np.argmin(x),
        "norm_l2": lambda x, y, o: np.linalg.norm(x), "norm_l1": lambda x, y, o: np.linalg.norm(x, ord=1),
        "relu": lambda x, y, o: np.maximum(0, x, out=o), "tanh": lambda x, y, o: np.tanh(x, out=o),
        "exp": lambda x, y, o: np.exp(x, out=o), "abs": lambda x, y, o: np.abs(x, out=o),
        "scale": lambda x, y, o: np.multiply(x, 2.5, out=o), "clamp": lambda x, y, o: np.clip(x, -1, 1, out=o),
        "square": lambda x, y, o: np.square(x, out=o),
        "cosine": lambda x, y, o: np.dot(x, y) / (np.linalg.norm(x) * np.linalg.norm(y)),
    }

    def numpy_sigmoid(x, y, o):
        if o is None:
            return 1 / (1 + np.exp(-x))
        np.negative(x, out=o)
        np.exp(o, out=o)
        np.add(o, 1, out=o)
        return np.divide(1, o, out=o)

    NUMPY["sigmoid"] = numpy_sigmoid
except ImportError as problem:
    emit("op", "peer", "NumPy", "", "", "", 0, problem)
    sys.exit(0)

try:
    import torch

    TORCH = {
        "add": lambda x, y, o: torch.add(x, y, out=o), "sub": lambda x, y, o: torch.sub(x, y, out=o),
        "mul": lambda x, y, o: torch.mul(x, y, out=o), "div": lambda x, y, o: torch.div(x, y, out=o),
        "dot": lambda x, y, o: torch.dot(x, y), "sum": lambda x, y, o: torch.sum(x), "max": lambda x, y, o: torch.max(x),
        "min": lambda x, y, o: torch.min(x), "argmax": lambda x, y, o: torch.argmax(x),
        "argmin": lambda x, y, o: torch.argmin(x), "norm_l2": lambda x, y, o: torch.norm(x),
        "norm_l1": lambda x, y, o: torch.norm(x, p=1), "sigmoid": lambda x, y, o: torch.sigmoid(x, out=o),
        "relu": lambda x, y, o: torch.relu(x) if o is None else torch.clamp_min(x, 0, out=o),
        "tanh": lambda x, y, o: torch.tanh(x, out=o), "exp": lambda x, y, o: torch.exp(x, out=o),
        "abs": lambda x, y, o: torch.abs(x, out=o), "scale": lambda x, y, o: torch.mul(x, 2.5, out=o),
        "clamp": lambda x, y, o: torch.clamp(x, -1, 1, out=o), "square": lambda x, y, o: torch.square(x, out=o),
        "cosine": lambda x, y, o: torch.nn.functional.cosine_similarity(x, y, dim=0),
    }
except ImportError:
    torch = None

REDUCTIONS = {"dot", "sum", "max", "min", "argmax", "argmin", "norm_l2", "norm_l1", "cosine"}


def tell(host, name, kind, memory, n, act):
    emit("working", host, f"{name} {kind} {memory}, {n}")
    emit("op", "peer", host, name, kind, memory, n, times(act, int(runs), 0.02 if n < 1e6 else 0.2, 0.005, 0.5)[0])


def grid(host, ways, name, kind, x, y, out):
    act = ways[name]
    if name in REDUCTIONS:
        tell(host, name, kind, "out", len(x), lambda: act(x, y, None))
        return
    tell(host, name, kind, "out", len(x), lambda: act(x, y, out))
    tell(host, name, kind, "alloc", len(x), lambda: act(x, y, None))


def write(host, name, kind, result):
    result = np.asarray(result)
    if result.ndim == 0:
        result = result.astype("f8") + (1 if name.startswith("arg") else 0)
    result.tofile(os.path.join(folder, f"peer {host}.{kind}.{name}"))


abouts = {"NumPy": np.__version__, "PyTorch": torch.__version__ if torch else "not there"}
for host, version in abouts.items():
    emit("about", host, version)
for kind in types.split(","):
    for n in map(int, sizes.split(",")):
        dtype = {"f32": "f4", "f64": "f8"}[kind]
        x, y = (np.resize(np.fromfile(os.path.join(folder, f"{v}.{kind}"), dtype), n) for v in "xy")
        hosts = [("NumPy", NUMPY, x, y, np.empty_like(x))]
        if torch:
            hosts.append(("PyTorch", TORCH, torch.from_numpy(x), torch.from_numpy(y), torch.empty(n, dtype=torch.from_numpy(x).dtype)))
        for host, ways, a, b, out in hosts:
            for name in names.split(","):
                if mode == "grid":
                    grid(host, ways, name, kind, a, b, out)
                else:
                    write(host, name, kind, ways[name](a, b, None))
