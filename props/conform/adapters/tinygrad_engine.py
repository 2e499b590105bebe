"""tinygrad on the CPU as an engine for the gate: python3 tinygrad_engine.py [float32 | float64]"""

import sys
from importlib.metadata import version

from serve import serve

from tinygrad import Tensor, dtypes

word = sys.argv[1] if len(sys.argv) > 1 else "float32"
dtype = getattr(dtypes, word)


def forward(o, x, w):
    op = o["op"]
    if op in ("affine", "linear"):
        n = o["in"] * o["out"]
        y = w[:n].reshape(o["out"], o["in"]) @ x
        return y + w[n:] if op == "affine" else y
    if op == "fixed":
        return Tensor([[float(v) for v in row] for row in o["a"]], dtype=dtype) @ x
    if op == "bias":
        return x + w
    if op == "scale":
        return w * x
    if op == "tanh":
        return x.tanh()
    if op == "sigmoid":
        return x.sigmoid()
    if op in ("softplus", "logistic"):
        return x.softplus()
    if op == "square":
        return x.square()
    if op == "halfsq":
        return (x * x).sum(keepdim=True) / 2
    if op == "softmaxce":
        return -x.log_softmax()[o["label"]].reshape(1)
    if op == "bilinear":
        return (x * w).sum(keepdim=True) ** 2 + (x * x).sum(keepdim=True) / 2
    raise ValueError("operator " + op)


def gradient(chain, x, w, delta, eps):
    Y = [x]
    for i, o in enumerate(chain):
        Y.append(forward(o, Y[i], w[i]) + delta[i])
    loss = Y[-1].sum()
    for i in range(1, len(chain)):
        loss = loss + (eps[i] * Y[i]).sum()
    wanted = [p for p in w if p.shape[0] > 0] + delta
    grads = loss.gradient(*wanted)
    Tensor.realize(*Y, *grads)
    U, rest = [], list(grads)
    for p in w:
        U.append(rest.pop(0) if p.shape[0] > 0 else p)
    return Y, rest, U


serve(gradient, array=lambda v: Tensor(v, dtype=dtype).realize(),
      tolist=lambda a: [float(x) for x in a.flatten().tolist()],
      name="tinygrad", version=version("tinygrad"), precision=word)
