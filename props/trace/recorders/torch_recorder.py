"""Records what PyTorch computes while it trains an nn.Sequential, for `verify trace`:

    rec = Recorder("run", model, optimizer, samples=32, precision="float32")    # new
    for x, y in batches:
        optimizer.zero_grad()
        loss = rec.loss(model(x), y)                                            # was cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    rec.close()                                                                 # new

Hooks read the tensors that are there and compute nothing. Y_i is what the operator behind i reads, V_i what
operator i reads: a module between two operators that rounds, compresses or sends (mark it with
`boundary = True`) is part of the error that is judged. precision: {"storage": "bfloat16", "compute": "bfloat16",
"accumulate": "float32"} under torch.autocast. every=10 records every tenth step, rows=8 the first 8 samples of a
batch (gradients are then not checked). The model must be eager: torch.compile runs no hooks. Linear, Tanh, Sigmoid
and Softplus are the operators; Flatten and Identity may stand between.
"""

import warnings

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from recorder import Recorder as Writer


def spec(m):
    """The operator that a module is, None for one that is none."""
    if isinstance(m, nn.Linear):
        return {"op": "linear" if m.bias is None else "affine", "in": m.in_features, "out": m.out_features}
    if isinstance(m, nn.Softplus) and (m.beta != 1 or m.threshold < 37):
        raise ValueError(f"{m}: only beta=1, threshold=37 is ln(1+e^x)")
    for kind, op in [(nn.Tanh, "tanh"), (nn.Sigmoid, "sigmoid"), (nn.Softplus, "softplus")]:
        if isinstance(m, kind):
            return {"op": op}
    if isinstance(m, (nn.Flatten, nn.Identity)) or getattr(m, "boundary", False):
        return None
    raise ValueError(f"{m}: no operator of the engine protocol, and not marked boundary = True")


class Recorder:
    def __init__(self, path, model, optimizer, samples, precision, every=1, rows=None, scaler=None, **more):
        self.optimizer, self.samples, self.every, self.rows, self.scaler = optimizer, samples, every, rows, scaler
        self.t, self.passes, self.writer = 0, 0, None
        self.scale = 1.0  # what the loss is multiplied by before backward()
        self.modules = [m for m in model if spec(m) is not None]
        chain, width = [], None
        for m in self.modules:
            chain.append(spec(m))
            width = chain[-1].get("out", width)
            if "in" not in chain[-1]:
                chain[-1]["n"] = width
        if not self.modules or width is None:
            raise ValueError("the model has no Linear to begin with")
        chain.append({"op": "softmaxce", "n": width})
        self.groups, first = optimizer.param_groups, optimizer.param_groups[0]
        same = all(g["lr"] == first["lr"] and g["weight_decay"] == first["weight_decay"] for g in self.groups)
        self.plain = type(optimizer) is torch.optim.SGD and same and not (first["momentum"] or first["maximize"])
        if not self.plain:
            warnings.warn("not plain SGD: gradients and weights are not recorded, (5c) and (5d) stay unchecked")
        decay = first.get("weight_decay", 0) if self.plain else 0
        reg = {"kind": "l2", "rho": decay / 2} if decay else {"kind": "none", "rho": 0}
        self.make = lambda: Writer(path, chain, precision, samples, reg, f"PyTorch {torch.__version__}"[:200], **more)
        for i, m in enumerate(self.modules):
            m.register_forward_pre_hook(lambda m, args, i=i: self.read(i, args[0]))
            m.register_forward_hook(lambda m, args, out, i=i: self.wrote(i, out))
        optimizer.register_step_pre_hook(lambda *_: self.before())
        optimizer.register_step_post_hook(lambda *_: self.after())

    def on(self):
        return torch.is_grad_enabled() and self.t % self.every == 0

    def keep(self, a):
        """Without a copy on the host: the writer makes one."""
        a = a.detach()[:self.rows]
        return (a if a.dtype in (torch.float64, torch.float16) else a.float()).cpu().numpy()

    def read(self, i, y):
        if self.on():
            if i == 0:  # a pass begins
                self.y, self.v = [], [None] * len(self.modules)
            self.y.append(self.keep(y).copy())

    def wrote(self, i, out):
        if self.on():
            def gradient(v):
                self.v[i] = self.keep(v).copy()
            out.register_hook(gradient)

    def loss(self, logits, label):
        """The mean of cross_entropy(logits, label), recorded."""
        losses = cross_entropy(logits, label, reduction="none")
        if self.on():
            self.y += [self.keep(logits).copy(), self.keep(losses).copy()]
            self.label, self.m, self.passes = label[:self.rows].cpu().numpy().copy(), len(label), self.passes + 1
            self.mean = losses.detach().double().mean().item()
        return losses.mean()

    def flat(self, of):
        """A vector for each operator: its weight row by row, then its bias."""
        out = [None] * (len(self.modules) + 1)
        for i, m in enumerate(self.modules):
            if isinstance(m, nn.Linear):
                parts = [of(p).detach().reshape(-1) for p in (m.weight, m.bias) if p is not None]
                out[i] = torch.cat([p if p.dtype == torch.float64 else p.float() for p in parts]).cpu().numpy()
        return out

    def before(self):
        if self.passes > 1:
            raise RuntimeError("more than one pass before optimizer.step(): accumulated gradients are not recorded")
        if self.passes:
            self.w = self.flat(lambda p: p)
            self.u = self.flat(lambda p: p.grad) if self.plain else None

    def after(self):
        if self.passes:
            self.writer = self.writer or self.make()
            self.writer.copy = False  # all that is kept is a copy
            scale = (self.scaler.get_scale() if self.scaler else self.scale) / self.m
            after = self.flat(lambda p: p) if self.plain and self.every > 1 else None
            self.writer.step(self.t, self.groups[0]["lr"], self.y[0], self.w, self.y[1:], self.v, self.label, self.u,
                             self.mean, scale, after, self.m)
        self.t, self.passes = self.t + 1, 0

    def close(self):
        if self.writer is None:
            raise RuntimeError("nothing was recorded: loss and optimizer.step() were not called while hooks were on")
        self.writer.close()
