"""Writes a recorded run for `verify trace`, as props/trace/FORMAT.md has it. Needs NumPy alone.

    rec = Recorder("run", chain, "float32", samples=32)
    rec.step(t, gamma, x, W, Y, V, label=label, U=U, loss=loss)     # every step, or every n-th
    rec.close()
"""

import json
import os

import numpy as np


class Recorder:
    """chain, precision, samples (M) and reg are those of FORMAT.md; more goes into run.json as it is:
    known, budget, rounding, seed, note. The directory must be new: chunks of an older run would become
    part of this one."""

    MAX_BYTES = 32 << 20  # of a chunk: what is held until it is written

    def __init__(self, path, chain, precision, samples, reg=None, engine="numpy", chunk=32, compress=False, **more):
        os.makedirs(path)
        self.path, self.samples, self.chunk, self.chunks, self.rows = path, samples, chunk, 0, []
        self.bytes, self.copy = 0, True  # copy: the engine may go on to write into its arrays
        self.save = np.savez_compressed if compress else np.savez
        self.chain = chain
        run = {"version": 1, "engine": engine, "chain": chain, "precision": precision, "samples": samples,
               "reg": reg or {"kind": "none", "rho": 0}, **more}
        with open(os.path.join(path, "run.json"), "w", encoding="utf-8") as f:
            json.dump(run, f, indent=1)

    def step(self, t, gamma, x, W, Y, V, label=None, U=None, loss=None, scale=None, after=None, samples=None):
        """W, U, after: the weights, gradients and new weights of each operator, None for one that has none.
        Y: Y_1..Y_N; V: V_1..V_{N-1}, times scale. A row for each recorded sample. samples: M of this step."""
        row = {"step": np.int64(t), "gamma": np.float64(gamma), "x": self.table(x)}
        for name, values in [("Y", Y), ("V", V)]:
            row |= {f"{name}_{i}": self.table(a) for i, a in enumerate(values, 1)}
        for name, values in [("w", W), ("U", U), ("after", after)]:
            row |= {f"{name}_{i}": self.own(a).reshape(-1) for i, a in enumerate(values or [], 1) if a is not None}
        if label is not None:
            row["label"] = np.asarray(label, np.int64)
        for name, a in [("loss", loss), ("scale", scale)]:
            if a is not None:
                row[name] = np.float64(a)
        if samples not in (None, self.samples):
            row["samples"] = np.int64(samples)
        like = [(name, a.shape) for name, a in row.items()]
        if self.rows and like != [(name, a.shape) for name, a in self.rows[0].items()]:
            self.flush()  # another batch: a chunk of its own
        self.rows.append(row)
        self.bytes += sum(a.nbytes for a in row.values())
        if len(self.rows) == self.chunk or self.bytes >= self.MAX_BYTES:
            self.flush()

    def flush(self):
        if self.rows:
            part = os.path.join(self.path, "part")
            with open(part, "wb") as f:
                self.save(f, **{name: np.stack([r[name] for r in self.rows]) for name in self.rows[0]})
            os.replace(part, os.path.join(self.path, f"steps-{self.chunks:06d}.npz"))  # whole or not at all
            self.chunks, self.rows, self.bytes = self.chunks + 1, [], 0

    close = flush

    def own(self, a):
        return (np.array if self.copy else np.asarray)(a, order="C")  # numpy.save keeps the order of columns

    def table(self, a):
        """A row a sample."""
        a = self.own(a)
        return a.reshape(len(a), -1)
