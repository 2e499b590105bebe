"""Trains a network of six tanh layers on handwritten digits with a fault in it, and records it:

    python3 digits.py ENGINE FORMAT CAUSE DIR        then: go run ./props/verify trace DIR -html page.html

ENGINE: torch, jax or numpy. FORMAT: float32; bf16 (torch: autocast); e4m3, states rounded at random on their way
to the next operator. CAUSE:
    none
    topk     of Y_4 and V_4 a quarter of the entries, the largest, reach the next operator, the others are 0 there:
             what a compressed pipeline does at a cut
    flip     at one step one bit of the exponent of one entry of V_6 flips, on its way from operator 7 to 6
    layer    operator 5 works in bf16, whatever FORMAT says (torch and numpy)
"""

import argparse
import gzip
import os
import sys
import time

import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("engine", choices=["torch", "jax", "numpy"])
parser.add_argument("format", choices=["float32", "bf16", "e4m3"])
parser.add_argument("cause", choices=["none", "topk", "flip", "layer"])
parser.add_argument("dir", help="a new directory for the record")
parser.add_argument("-steps", type=int, default=300)
parser.add_argument("-at", type=int, default=200, help="the step of the flip")
parser.add_argument("-hidden", type=int, nargs="+", default=[24] * 5, help="widths of the layers, at least 3")
parser.add_argument("-samples", type=int, default=32, help="of a batch")
parser.add_argument("-gamma", type=float, default=0.2)
parser.add_argument("-seed", type=int, default=1)
parser.add_argument("-pool", action="store_true", help="4x4 pixels in place of 8x8: small records")
parser.add_argument("-compress", action="store_true", help="compress the record")
parser.add_argument("-declare", action="store_true", help="say in the record that Y_4 and V_4 are compressed")
parser.add_argument("-bare", action="store_true", help="train without a record, to see what it costs (torch, numpy)")
digits = "testdata/data/digits.csv.gz"  # of this repository, which may be where one is
parser.add_argument("-data", default=digits if os.path.exists(digits) else os.path.join(here, "../../..", digits))
o = parser.parse_args()

with gzip.open(o.data, "rt") as f:
    data = np.loadtxt(f, delimiter=",")
pixels, labels = data[:, :-1].astype(np.float32) / 16, data[:, -1].astype(np.int64)
if o.pool:
    pixels = pixels.reshape(-1, 4, 2, 4, 2).mean((2, 4)).reshape(-1, 16)
sizes = [pixels.shape[1], *o.hidden, 10]
batches = np.random.default_rng(o.seed).integers(0, len(pixels), (o.steps, o.samples))
noise = np.random.default_rng(o.seed + 1)
precision = {"float32": "float32",
             "bf16": {"storage": "bfloat16", "compute": "bfloat16", "accumulate": "float32"},
             "e4m3": {"storage": "e4m3", "compute": "float32", "accumulate": "float32"}}[o.format]
more = {"seed": o.seed, "rounding": "stochastic" if o.format == "e4m3" else "nearest", "compress": o.compress,
        "note": f"digits.py: {o.engine}, {o.format}, planted cause: {o.cause}"}
if o.declare and o.cause == "topk":
    keep = {"kind": "topk", "keep": o.hidden[1] // 4}
    more["declared"] = {"Y_4": keep, "V_4": keep}
scale = 64.0  # of the losses, as in mixed precision: e4m3 ends at 448 and at 1/512


def bf16(a):
    bits = np.ascontiguousarray(a, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).view(np.float32)


def e4m3(a):
    """Rounded at random, up or down, with the mean a."""
    exponent = np.frexp(np.maximum(np.abs(a), 2.0 ** -6))[1] - 1
    unit = np.exp2(exponent - 3).astype(np.float32)
    return np.clip(np.floor(a / unit + noise.random(a.shape, np.float32)) * unit, -448, 448).astype(np.float32)


def largest(a):
    """The largest quarter of each row, the rest 0."""
    least = -np.partition(-np.abs(a), a.shape[1] // 4 - 1, axis=1)[:, [a.shape[1] // 4 - 1]]
    return np.where(np.abs(a) >= least, a, np.float32(0))


def flip(a):
    """A bit of the exponent that is 0 becomes 1, in the largest entry that has one: times 2^8, in e4m3 2^4."""
    if o.format == "e4m3":
        low = np.abs(a) < 8  # an exponent of 1010b or less
        at = np.unravel_index(np.where(low, np.abs(a), 0).argmax(), a.shape)
        by = np.float32(16)
    else:
        bits = np.ascontiguousarray(a).view(np.uint32)
        at = np.unravel_index(np.where(bits >> 26 & 1, 0, np.abs(a)).argmax(), a.shape)
        by = np.float32(256)
    a = a.copy()
    a[at] *= by
    return a


def cross(name, i, t, a):
    """What the next operator reads of Y_i or V_i of step t."""
    a = np.ascontiguousarray(a, np.float32)
    if o.cause == "topk" and i == 4:
        a = largest(a)
    if o.format == "bf16" or o.cause == "layer" and (name, i) in [("Y", 5), ("V", 4)]:
        a = bf16(a)
    elif o.format == "e4m3":
        a = e4m3(a)
    if o.cause == "flip" and (name, i, t) == ("V", 6, o.at):
        a = flip(a)
    return a


def batch(t):
    global began
    if t == 0:
        began = time.process_time()  # without what is imported
    return pixels[batches[t]], labels[batches[t]]


def train_numpy():
    from numpy_recorder import Net, Recorder

    class Digits(Net):
        def forward(self, i, y):
            return cross("Y", i, self.t, y)

        def backward(self, i, v):
            return cross("V", i, self.t, v * np.float32(scale) if i == self.N - 1 else v)

    net = Digits(sizes, o.seed)
    rec = None if o.bare else Recorder(o.dir, net.chain, precision, o.samples, **more)
    for net.t in range(o.steps):
        x, label = batch(net.t)
        Y, V, U = net.passes(x, label)
        U = [None if u is None else u / np.float32(scale) for u in U]
        if rec:
            rec.step(net.t, o.gamma, x, net.W, Y, V, label=label, U=U, loss=Y[-1].mean(dtype=float), scale=scale)
        net.move(o.gamma, U)
    if rec:
        rec.close()
    return Y[-1].mean()


def train_torch():
    import torch
    from torch import nn

    from torch_recorder import Recorder

    torch.manual_seed(o.seed)
    torch.set_num_threads(1)

    class Crossing(torch.autograd.Function):
        @staticmethod
        def forward(ctx, y, i):
            ctx.i = i
            return torch.from_numpy(cross("Y", i, now, y.float().numpy())).to(y.dtype)

        @staticmethod
        def backward(ctx, v):
            return torch.from_numpy(cross("V", ctx.i, now, v.float().numpy())).to(v.dtype), None

    class Boundary(nn.Module):
        boundary = True

        def __init__(self, i):
            super().__init__()
            self.i = i

        def forward(self, y):
            return Crossing.apply(y, self.i)

    modules, now = [], 0
    for n, m in zip(sizes, sizes[1:]):
        modules += [nn.Linear(n, m), nn.Tanh()]
    modules.pop()
    for i in range(len(modules), 0, -1):
        if o.format == "e4m3" or o.cause == "topk" and i == 4 or o.cause == "flip" and i == 6 \
                or o.cause == "layer" and i in (4, 5):
            modules.insert(i, Boundary(i))
    model = nn.Sequential(*modules)
    optimizer = torch.optim.SGD(model.parameters(), lr=o.gamma)
    rec, whole = None, scale * o.samples
    if not o.bare:
        rec = Recorder(o.dir, model, optimizer, o.samples, precision, **more)
        rec.scale = whole
    for now in range(o.steps):
        x, label = map(torch.from_numpy, batch(now))
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=o.format == "bf16"):
            loss = rec.loss(model(x), label) if rec else nn.functional.cross_entropy(model(x), label)
        (loss * whole).backward()
        for p in model.parameters():
            p.grad /= whole
        optimizer.step()
    if rec:
        rec.close()
    return loss.item()


def train_jax():
    import jax
    import jax.numpy as jnp

    from jax_recorder import Recorder, value_grad_states

    if o.cause == "layer":
        sys.exit("no cause layer in jax")
    now = 0
    kept = jnp.bfloat16 if o.format == "bf16" else jnp.float32

    def crossing(i):
        def host(name, a):
            return jax.pure_callback(lambda a: cross(name, i, now, np.asarray(a)).astype(a.dtype), a, a)

        f = jax.custom_vjp(lambda y: host("Y", y))
        f.defvjp(lambda y: (host("Y", y), None), lambda _, v: (host("V", v),))
        return f

    def affine(w, y):
        return jnp.dot(y.astype(kept), w[0].T.astype(kept)) + w[1].astype(kept)

    def losses(_, y, label):
        y = y.astype(jnp.float32)
        return jax.nn.logsumexp(y, axis=1) - y[jnp.arange(len(label)), label]

    random, layers, params, chain = np.random.default_rng(o.seed), [], [], []
    for k, (n, m) in enumerate(zip(sizes, sizes[1:])):
        layers += [affine, lambda _, y: jnp.tanh(y)]
        params += [(jnp.array(random.normal(0, n ** -0.5, (m, n)), jnp.float32), jnp.zeros(m)), ()]
        chain += [{"op": "affine", "in": n, "out": m}, {"op": "tanh", "n": m}]
    layers[-1], chain[-1] = losses, {"op": "softmaxce", "n": 10}
    crossed = range(1, len(layers)) if o.format == "e4m3" else {"topk": [4], "flip": [6]}.get(o.cause, [])
    grad = value_grad_states(layers, {i: crossing(i) for i in crossed}, scale * o.samples)
    rec = Recorder(o.dir, chain, precision, o.samples, scale * o.samples, **more)
    for now in range(o.steps):
        x, label = batch(now)
        loss, u, states = grad(params, x, label)
        rec.record(now, o.gamma, x, label, params, u, states, loss)
        params = jax.tree.map(lambda w, g: w - o.gamma * g, params, u)
    rec.close()
    return float(loss)


last = {"numpy": train_numpy, "torch": train_torch, "jax": train_jax}[o.engine]()
took = time.process_time() - began
size = 0 if o.bare else sum(f.stat().st_size for f in os.scandir(o.dir)) / o.steps
print(f"{o.dir}: {o.engine}, {o.format}, {o.cause}: last loss {last:.4g};",
      f"{1e3 * took / o.steps:.2f} ms of CPU and {size:.0f} bytes a step")
