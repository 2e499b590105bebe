"""A full run of the regression of section 7, both gradients at every step: numpy or jax.

    python3 regression.py numpy|jax [STEPS]

d = 10, M = 2000, delta one number a step, float64. Prints microseconds a step. NumPy shares
exp(-(a + delta)) = exp(-a) exp(-delta) between the two gradients and writes into buffers;
JAX compiles the whole run. Data and noise are drawn before the clock starts.
"""

import sys
import time

import numpy as np

D, M, GAMMA, HALF, RHO = 10, 2000, 0.01, 2 / 10**0.5, 0.001


def setting(steps):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((M, D))
    return x, rng.uniform(-HALF, HALF, steps), 0.001 * rng.standard_normal((steps, D))


def by_numpy(x, delta, xi):
    xt = np.ascontiguousarray(x.T)
    w, norms = np.zeros(D), np.empty(len(delta))
    e, both = np.empty(M), np.empty((2, M))
    factor = np.exp(-delta)
    for t in range(len(delta)):
        np.dot(w, xt, out=e)
        np.negative(e, out=e)
        np.exp(e, out=e)
        np.add(e, 1, out=both[0])
        np.multiply(e, factor[t], out=e)
        np.add(e, 1, out=both[1])
        np.reciprocal(both, out=both)
        g = both @ x
        g /= M
        g += (2 * RHO) * w / (1 + w * w) ** 2
        norms[t] = np.sqrt(g[0] @ g[0])
        w = w - GAMMA * (g[1] + xi[t])
    return norms


def by_jax():
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    def run(x, delta, xi):
        def step(w, at):
            q, noise = at
            e = jnp.exp(-(x @ w))
            g = jnp.stack([1 / (1 + e), 1 / (1 + e * jnp.exp(-q))]) @ x / M
            g = g + 2 * RHO * w / (1 + w * w) ** 2
            return w - GAMMA * (g[1] + noise), jnp.linalg.norm(g[0])

        return jax.lax.scan(step, jnp.zeros(D), (delta, xi))[1]

    compiled = jax.jit(run)
    return lambda *args: np.asarray(compiled(*args))


def main():
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    args = setting(steps)
    few = (args[0], args[1][:100], args[2][:100])
    run = by_numpy if sys.argv[1] == "numpy" else by_jax()
    if not np.allclose(run(*few), by_numpy(*few), rtol=1e-10):
        sys.exit("the two do not agree")
    run(*args) if sys.argv[1] == "jax" else None  # compiles
    start = time.perf_counter()
    run(*args)
    print((time.perf_counter() - start) / steps * 1e6)


if __name__ == "__main__":
    main()
