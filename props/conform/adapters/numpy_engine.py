"""NumPy as an engine for the gate: python3 numpy_engine.py [float64 | float32 | float16]"""

import sys

import numpy as np

from serve import serve

dtype = np.dtype(sys.argv[1] if len(sys.argv) > 1 else "float64")
np.seterr(all="ignore")


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def forward(o, x, w):
    op = o["op"]
    if op in ("affine", "linear"):
        n = o["in"] * o["out"]
        y = w[:n].reshape(o["out"], o["in"]) @ x
        return y + w[n:] if op == "affine" else y
    if op == "fixed":
        return np.array(o["a"], dtype) @ x
    if op == "bias":
        return x + w
    if op == "scale":
        return w * x
    if op == "tanh":
        return np.tanh(x)
    if op == "sigmoid":
        return sigmoid(x)
    if op in ("softplus", "logistic"):
        return np.logaddexp(x, 0)
    if op == "square":
        return x * x
    if op == "halfsq":
        return np.sum(x * x, keepdims=True) / 2
    if op == "softmaxce":
        s = x - x.max()
        return np.log(np.sum(np.exp(s), keepdims=True)) - s[o["label"]]
    if op == "bilinear":
        return np.sum(x * w, keepdims=True) ** 2 + np.sum(x * x, keepdims=True) / 2
    raise ValueError("operator " + op)


def backward(o, x, w, y, v):
    """J1^T v and J2^T v, where y = f(x, w) before delta."""
    op, none = o["op"], np.zeros(0, dtype)
    if op in ("affine", "linear"):
        n = o["in"] * o["out"]
        u = np.outer(v, x).reshape(n)
        return w[:n].reshape(o["out"], o["in"]).T @ v, np.concatenate([u, v]) if op == "affine" else u
    if op == "fixed":
        return np.array(o["a"], dtype).T @ v, none
    if op == "bias":
        return v, v
    if op == "scale":
        return w * v, x * v
    if op == "tanh":
        return v * (1 - y * y), none
    if op == "sigmoid":
        return v * y * sigmoid(-x), none
    if op in ("softplus", "logistic"):
        return v * sigmoid(x), none
    if op == "square":
        return 2 * x * v, none
    if op == "halfsq":
        return x * v, none
    if op == "softmaxce":
        p = softmax(x)
        p[o["label"]] -= 1
        return p * v, none
    if op == "bilinear":
        d = 2 * np.sum(x * w, keepdims=True)
        return (d * w + x) * v, d * x * v
    raise ValueError("operator " + op)


def gradient(chain, x, w, delta, eps):
    n = len(chain)
    Y, f = [x], []
    for i in range(n):
        f.append(forward(chain[i], Y[i], w[i]))
        Y.append(f[i] + delta[i])
    V, U = [None] * n + [np.ones(1, dtype)], [None] * n
    for i in reversed(range(n)):
        V[i], U[i] = backward(chain[i], Y[i], w[i], f[i], V[i + 1])
        if i > 0:
            V[i] = V[i] + eps[i]
    return Y, V[1:], U


serve(gradient, array=lambda v: np.array(v, dtype), tolist=lambda a: np.asarray(a, np.float64).tolist(),
      name="NumPy", version=np.__version__, precision=dtype.name)
