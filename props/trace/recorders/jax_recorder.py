"""Records what JAX computes while it trains a chain of layers, for `verify trace`:

    layers = [affine, tanh, affine, losses]             # each f(w, y), on a batch; f(w, y, label): a loss a sample
    grad = value_grad_states(layers)                    # was value_and_grad of the mean loss
    rec = Recorder("run", chain, "float32", samples=32)
    for t, (x, label) in enumerate(batches):
        loss, u, states = grad(params, x, label)
        rec.record(t, gamma, x, label, params, u, states, loss)
        params = jax.tree.map(lambda w, g: w - gamma * g, params, u)
    rec.close()

States come out of the compiled pass itself: to every output a zero is added, and the gradient by that zero is V_i.
params has an entry for each layer, () where it has no weights; an affine layer's is (w, b) with w of shape [out, in].
"""

import jax
import jax.numpy as jnp
import numpy as np

from recorder import Recorder as Writer


def value_grad_states(layers, between=None, scale=1.0, wrap=jax.jit):
    """A function of params, x and label: the mean loss, its gradient, and the states (Y, V).

    between: {i: f}, where the output of layer i goes through f to the next one (it is rounded, compressed or sent):
    that is part of the error that is judged. scale: what the loss is multiplied by before it is differentiated.
    wrap: jax.jit, or lambda f: f to run it operation by operation."""
    between = between or {}

    def mean(params, zeros, x, label):
        y, states = x, []
        for i, (f, w) in enumerate(zip(layers[:-1], params), 1):
            y = between.get(i, lambda y: y)(f(w, y) + (zeros[i - 1] if zeros else 0))
            states.append(y)
        losses = layers[-1](params[-1], y, label)
        return losses.mean() * scale, (losses.mean(), states + [losses])

    def run(params, x, label):
        _, (_, states) = jax.eval_shape(lambda *args: mean(args[0], None, *args[1:]), params, x, label)
        zeros = [jnp.zeros(s.shape, s.dtype) for s in states[:-1]]
        _, pull, (loss, states) = jax.vjp(lambda p, z: mean(p, z, x, label), params, zeros, has_aux=True)
        u, v = pull(jnp.float32(1))
        return loss, jax.tree.map(lambda g: g / scale, u), (states, v)

    return wrap(run)


def plain(a):
    """As NumPy; bfloat16 and fp8 as the float32 that they are equal to."""
    a = np.asarray(a)
    return a if a.dtype in (np.float64, np.float32, np.float16) else a.astype(np.float32)


def flat(params):
    return [np.concatenate([plain(a).reshape(-1) for a in jax.tree.leaves(p)]) if jax.tree.leaves(p) else None
            for p in params]


class Recorder(Writer):
    def __init__(self, path, chain, precision, samples, scale=1.0, **more):
        self.scale = scale  # that of value_grad_states
        super().__init__(path, chain, precision, samples, engine=f"JAX {jax.__version__}", **more)

    def record(self, t, gamma, x, label, params, u, states, loss):
        y, v = states
        self.step(t, gamma, plain(x), flat(params), [plain(a) for a in y], [plain(a) for a in v], label, flat(u),
                  float(loss), self.scale / len(x), samples=len(x))
