"""A chain of affine, tanh and softmaxce in NumPy, passes by hand, recorded for `verify trace`:

    net = Net([64, 24, 16, 10], seed=1)
    rec = Recorder("run", net.chain, "float32", samples=32)
    for t, (x, label) in enumerate(batches):
        Y, V, U = net.passes(x, label)
        rec.step(t, gamma, x, net.W, Y, V, label=label, U=U, loss=Y[-1].mean())     # before the weights move
        net.move(gamma, U)
    rec.close()

Write your own passes in place of Net: all that the record needs is what they compute. forward(i, y) and
backward(i, v) of Net change the states on their way to the next operator: rounding, compression, faults.
"""

import numpy as np

from recorder import Recorder  # noqa: F401, for those who import this file


class Net:
    def __init__(self, sizes, seed, dtype=np.float32):
        random, self.dtype = np.random.default_rng(seed), dtype
        self.W, self.chain = [], []
        for n, m in zip(sizes, sizes[1:]):
            if self.chain:
                self.W.append(None)
                self.chain.append({"op": "tanh", "n": n})
            weight, bias = random.normal(0, n ** -0.5, (m, n)), np.zeros(m)
            self.W.append(np.concatenate([weight.reshape(-1), bias]).astype(dtype))
            self.chain.append({"op": "affine", "in": n, "out": m})
        self.W.append(None)
        self.chain.append({"op": "softmaxce", "n": sizes[-1]})
        self.N = len(self.chain)

    def forward(self, i, y):
        """What operator i+1 reads of Y_i."""
        return y

    def backward(self, i, v):
        """What operator i reads of V_i."""
        return v

    def matrix(self, i):
        m, n = self.chain[i]["out"], self.chain[i]["in"]
        return self.W[i][:m * n].reshape(m, n), self.W[i][m * n:]

    def passes(self, x, label):
        """Y_1..Y_N, V_1..V_{N-1} and the mean gradients, of a batch."""
        rows, Y = np.arange(len(x)), [x.astype(self.dtype)]
        for i, f in enumerate(self.chain):
            y = Y[-1]
            if f["op"] == "affine":
                a, b = self.matrix(i)
                y = y @ a.T + b
            elif f["op"] == "tanh":
                y = np.tanh(y)
            else:
                s = y - y.max(1, keepdims=True)
                p = np.exp(s)
                total = p.sum(1, keepdims=True)
                p, y = p / total, np.log(total)[:, 0] - s[rows, label]
            Y.append(self.forward(i + 1, y) if i + 1 < self.N else y)
        p[rows, label] -= 1
        V, U = [self.backward(self.N - 1, p)], [None] * self.N
        for i in range(self.N - 2, -1, -1):  # operator i + 1 of the paper
            f, v = self.chain[i], V[0]
            if f["op"] == "affine":
                U[i] = np.concatenate([(v.T @ Y[i]).reshape(-1), v.sum(0)]) / self.dtype(len(x))
                v = v @ self.matrix(i)[0]
            else:
                v = v * (1 - Y[i + 1] ** 2)
            if i > 0:
                V.insert(0, self.backward(i, v))
        return Y[1:], V, U

    def move(self, gamma, U):
        for i, u in enumerate(U):
            if u is not None:
                self.W[i] = self.W[i] - self.dtype(gamma) * u
