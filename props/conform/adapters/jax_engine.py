"""JAX on the CPU as an engine for the gate: python3 jax_engine.py [float64 | float32 | bfloat16 | float16] [MODE]

MODE is jit (the default: a function compiled for each chain, 1600 of them in a gate), operators (one for each
operator of a width, and one for its derivative: 1000) or eager. JAX_COMPILATION_CACHE_DIR=DIR
JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0 keeps what was compiled for the next gate.
"""

import json
import os
import sys

os.environ.setdefault("JAX_PLATFORMS", "cpu")
import jax
import jax.numpy as jnp
import numpy as np

from serve import serve

word = sys.argv[1] if len(sys.argv) > 1 else "float64"
mode = sys.argv[2] if len(sys.argv) > 2 else "jit"
if mode not in ("jit", "operators", "eager"):
    sys.exit("jax_engine.py: no mode " + mode)
jax.config.update("jax_enable_x64", word == "float64")
dtype = jnp.dtype(word)


def forward(o, x, w, part):
    """f of an operator; part is its label, the matrix of a fixed one, or 0."""
    op = o["op"]
    if op in ("affine", "linear"):
        n = o["in"] * o["out"]
        y = w[:n].reshape(o["out"], o["in"]) @ x
        return y + w[n:] if op == "affine" else y
    if op == "fixed":
        return part @ x
    if op == "bias":
        return x + w
    if op == "scale":
        return w * x
    if op == "tanh":
        return jnp.tanh(x)
    if op == "sigmoid":
        return jax.nn.sigmoid(x)
    if op in ("softplus", "logistic"):
        return jax.nn.softplus(x)
    if op == "square":
        return x * x
    if op == "halfsq":
        return jnp.sum(x * x, keepdims=True) / 2
    if op == "softmaxce":
        return -jax.nn.log_softmax(x)[part][None]
    if op == "bilinear":
        return jnp.sum(x * w, keepdims=True) ** 2 + jnp.sum(x * x, keepdims=True) / 2
    raise ValueError("operator " + op)


def whole(chain):
    """The derivatives of a chain; eps enters as <eps_i, Y_{i-1}>, the derivative by delta_i is V_i."""
    def loss(w, delta, x, eps, parts):
        Y = [x]
        for i, o in enumerate(chain):
            Y.append(forward(o, Y[i], w[i], parts[i]) + delta[i])
        return jnp.sum(Y[-1]) + sum(jnp.sum(eps[i] * Y[i]) for i in range(1, len(chain))), Y

    g = jax.grad(loss, argnums=(0, 1), has_aux=True)
    return g if mode == "eager" else jax.jit(g)


def single(o):
    """One operator, and what it sends back."""
    def f(x, w, part, delta):
        return forward(o, x, w, part) + delta

    def back(x, w, part, delta, v, eps):
        _, pull = jax.vjp(lambda x, w: f(x, w, part, delta), x, w)
        V, U = pull(v)
        return V + eps, U

    return jax.jit(f), jax.jit(back)


compiled = {}


def cached(make, o):
    key = json.dumps(o)
    if key not in compiled:
        compiled[key] = make(o)
    return compiled[key]


def gradient(chain, x, w, delta, eps):
    parts = [jnp.array(np.array([[float(v) for v in row] for row in o["a"]]), dtype) if "a" in o else o.get("label", 0)
             for o in chain]
    chain = [{k: v for k, v in o.items() if k not in ("a", "label")} for o in chain]
    if mode != "operators":
        (U, V), Y = cached(whole, chain)(w, delta, x, eps, parts)
        return Y, V, U
    Y, V, U = [x], [jnp.ones(1, dtype)], []
    for o, *args in zip(chain, w, parts, delta):
        Y.append(cached(single, o)[0](Y[-1], *args))
    for i in reversed(range(len(chain))):
        e = eps[i] if i > 0 else jnp.zeros_like(x)
        v, u = cached(single, chain[i])[1](Y[i], w[i], parts[i], delta[i], V[0], e)
        V.insert(0, v)
        U.insert(0, u)
    return Y, V[1:], U


serve(gradient, array=lambda v: jnp.array(np.array(v), dtype),
      tolist=lambda a: np.asarray(a).astype(np.float64).reshape(-1).tolist(),
      name="JAX " + mode, version=jax.__version__, precision=word)
