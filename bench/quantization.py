# Quantization in PyTorch: quantize_per_channel to 8 bits, with scales and zeros that are known before, and back, and cosine
# similarity. Lines and timing rule: measure.h. Arguments: runs, threads.

import sys

from measure import emit, times

runs, threads = int(sys.argv[1]), int(sys.argv[2])

try:
    import warnings

    warnings.filterwarnings("ignore")
    import torch
except ImportError as problem:
    emit("op", "peer", "PyTorch", "", "", "", 0, problem)
    sys.exit(0)

torch.set_num_threads(threads)
emit("about", "PyTorch", torch.__version__)


def tell(what, shape, n, act):
    emit("working", "PyTorch", f"{what}, {shape}")
    emit("op", "peer", "PyTorch", what, "f32", shape, n, times(act, runs, 0.2, 0.005, 1.0)[0])


for rows, columns in ((768, 768), (3072, 768), (12288, 3072)):
    x = torch.randn(rows, columns)
    least, most = x.min(1).values.clamp(max=0), x.max(1).values.clamp(min=0)
    scales = (most - least).double() / 255
    zeros = torch.round(-least / scales).long()
    q = torch.quantize_per_channel(x, scales, zeros, 0, torch.quint8)
    back = q.dequantize()
    shape = f"{rows} x {columns}"
    tell("quantize 8", shape, x.numel(), lambda: torch.quantize_per_channel(x, scales, zeros, 0, torch.quint8))
    tell("dequantize 8", shape, x.numel(), lambda: q.dequantize())
    tell("cosine 8", shape, x.numel(), lambda: torch.nn.functional.cosine_similarity(x.flatten(), back.flatten(), dim=0))
