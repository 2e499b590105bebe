"""tinygrad on the CPU as an engine for the gate: python3 tinygrad_engine.py [float32 | float64] [MODE]

MODE is operators (the default: a TinyJit for each operator and its derivative; (5d) and means are NumPy's) or
chain (each chain is one lazy graph, whose kernels are compiled anew for most requests).
"""

import json
import sys
from importlib.metadata import version

import numpy as np

from serve import serve

from tinygrad import Tensor, TinyJit, dtypes

word = sys.argv[1] if len(sys.argv) > 1 else "float32"
mode = sys.argv[2] if len(sys.argv) > 2 else "operators"
if mode not in ("operators", "chain"):
    sys.exit("tinygrad_engine.py: no mode " + mode)
dtype = getattr(dtypes, word)


def forward(o, x, w, a):
    op = o["op"]
    if op in ("affine", "linear"):
        n = o["in"] * o["out"]
        y = w[:n].reshape(o["out"], o["in"]) @ x
        return y + w[n:] if op == "affine" else y
    if op == "fixed":
        return a @ x
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


def matrix(o):
    """The matrix of a fixed operator."""
    return np.array([[float(v) for v in row] for row in o["a"]], word) if "a" in o else None


class Jitted:
    """A function of tensors, compiled once; its arguments keep their places in memory."""

    def __init__(self, function, arrays):
        self.function = TinyJit(function)
        self.arguments = {k: Tensor(np.ones(a.shape, word)).contiguous().realize() for k, a in arrays.items()}
        self.places = {k: np.frombuffer(t._buffer().as_memoryview(force_zero_copy=True), word)
                       for k, t in self.arguments.items()}

    def __call__(self, arrays):
        for k, place in self.places.items():
            place[:] = arrays[k].reshape(-1)
        return [t.numpy() for t in self.function(**self.arguments)]


class Operator:
    """f + delta, and what goes back."""

    def __init__(self, o, arrays):
        def value(x, w=None, a=None, delta=None, **_):
            return (forward(o, x, w, a) + delta).realize(),

        def back(x, w=None, a=None, delta=None, v=None, eps=None):
            wanted = [x] if w is None else [x, w]
            V, *U = (forward(o, x, w, a) + delta).gradient(*wanted, gradient=v)
            return [g.contiguous().realize() for g in [V + eps, *U]]

        self.value, self.back = Jitted(value, {k: arrays[k] for k in arrays if k not in ("v", "eps")}), Jitted(back, arrays)


compiled = {}


def by_operators(chain, x, w, delta, eps):
    Y, V, U, calls = [x], [np.ones(1, word)], [], []
    for i, o in enumerate(chain):
        arrays = {"x": Y[i], "w": w[i], "a": matrix(o), "delta": delta[i], "v": delta[i],
                  "eps": eps[i] if i > 0 else np.zeros_like(x)}
        arrays = {k: a for k, a in arrays.items() if a is not None and a.size > 0}
        key = json.dumps([o["op"], o.get("label"), *(a.shape for a in arrays.values())])
        if key not in compiled:
            compiled[key] = Operator(o, arrays)
        calls.append((compiled[key], arrays))
        Y.append(compiled[key].value(arrays)[0])
    for operator, arrays in reversed(calls):
        v, *u = operator.back({**arrays, "v": V[0]})
        V.insert(0, v)
        U.insert(0, u[0] if u else np.zeros(0, word))
    return Y, V[1:], U


def by_chains(chain, x, w, delta, eps):
    tensors = lambda arrays: [Tensor(a, dtype=dtype).realize() for a in arrays]
    w, delta, eps = tensors(w), tensors(delta), tensors(eps)
    Y = tensors([x])
    for i, o in enumerate(chain):
        Y.append(forward(o, Y[i], w[i], None if matrix(o) is None else Tensor(matrix(o))) + delta[i])
    loss = Y[-1].sum()
    for i in range(1, len(chain)):
        loss = loss + (eps[i] * Y[i]).sum()
    grads = loss.gradient(*[p for p in w if p.shape[0] > 0], *delta)
    Tensor.realize(*Y, *grads)
    arrays = [g.numpy() for g in grads]
    U = [arrays.pop(0) if p.shape[0] > 0 else np.zeros(0, word) for p in w]
    return [y.numpy() for y in Y], arrays, U


serve(by_operators if mode == "operators" else by_chains, array=lambda v: np.array(v, word),
      tolist=lambda a: a.astype(np.float64).reshape(-1).tolist(),
      name="tinygrad " + mode, version=version("tinygrad"), precision=word)
