"""HIPS autograd as an engine for the gate: python3 autograd_engine.py [float64 | float32]"""

import sys
from importlib.metadata import version

import autograd.numpy as np
from autograd import value_and_grad
from autograd.scipy.special import expit, logsumexp

from serve import serve

dtype = np.dtype(sys.argv[1] if len(sys.argv) > 1 else "float64")
np.seterr(all="ignore")


def forward(o, x, w):
    op = o["op"]
    if op in ("affine", "linear"):
        n = o["in"] * o["out"]
        y = np.dot(np.reshape(w[:n], (o["out"], o["in"])), x)
        return y + w[n:] if op == "affine" else y
    if op == "fixed":
        return np.dot(np.array(o["a"], dtype), x)
    if op == "bias":
        return x + w
    if op == "scale":
        return w * x
    if op == "tanh":
        return np.tanh(x)
    if op == "sigmoid":
        return expit(x)
    if op in ("softplus", "logistic"):
        return np.logaddexp(x, np.zeros(1, dtype))
    if op == "square":
        return x * x
    if op == "halfsq":
        return np.sum(x * x, keepdims=True) / 2
    if op == "softmaxce":
        return np.reshape(logsumexp(x), (1,)) - x[o["label"]]
    if op == "bilinear":
        return np.sum(x * w, keepdims=True) ** 2 + np.sum(x * x, keepdims=True) / 2
    raise ValueError("operator " + op)


def gradient(chain, x, w, delta, eps):
    def loss(parameters):
        w, delta = parameters
        Y = [x]
        for i, o in enumerate(chain):
            Y.append(forward(o, Y[i], w[i]) + delta[i])
        states[:] = [getattr(y, "_value", y) for y in Y]
        return np.sum(Y[-1]) + sum(np.sum(eps[i] * Y[i]) for i in range(1, len(chain)))

    states = []
    _, (U, V) = value_and_grad(loss)((w, delta))
    return states, V, U


serve(gradient, array=lambda v: np.array(v, dtype), tolist=lambda a: np.asarray(a, np.float64).tolist(),
      name="autograd", version=version("autograd"), precision=dtype.name)
