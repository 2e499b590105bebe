"""PyTorch on the CPU as an engine for the gate: python3 torch_engine.py [float64 | float32 | bfloat16 | float16]"""

import sys

import torch
import torch.nn.functional as F

from serve import serve

word = sys.argv[1] if len(sys.argv) > 1 else "float64"
dtype = getattr(torch, word)
torch.set_num_threads(1)  # chains are small


def forward(o, x, w):
    op = o["op"]
    if op in ("affine", "linear"):
        n = o["in"] * o["out"]
        return F.linear(x, w[:n].reshape(o["out"], o["in"]), w[n:] if op == "affine" else None)
    if op == "fixed":
        return torch.tensor([[float(v) for v in row] for row in o["a"]], dtype=dtype) @ x
    if op == "bias":
        return x + w
    if op == "scale":
        return w * x
    if op == "tanh":
        return torch.tanh(x)
    if op == "sigmoid":
        return torch.sigmoid(x)
    if op in ("softplus", "logistic"):
        return F.softplus(x)
    if op == "square":
        return torch.square(x)
    if op == "halfsq":
        return torch.sum(x * x, 0, keepdim=True) / 2
    if op == "softmaxce":
        return F.cross_entropy(x[None], torch.tensor([o["label"]]), reduction="none")
    if op == "bilinear":
        return torch.sum(x * w, 0, keepdim=True) ** 2 + torch.sum(x * x, 0, keepdim=True) / 2
    raise ValueError("operator " + op)


def gradient(chain, x, w, delta, eps):
    """eps enters as <eps_i, Y_{i-1}>; the derivative by delta_i is V_i."""
    w = [p.detach().requires_grad_() for p in w]
    delta = [d.detach().requires_grad_() for d in delta]
    Y = [x]
    for i, o in enumerate(chain):
        Y.append(forward(o, Y[i], w[i]) + delta[i])
    seeds = [torch.ones_like(Y[-1])] + eps[1:]
    grads = torch.autograd.grad([Y[-1]] + Y[1:-1], w + delta, seeds, allow_unused=True)
    grads = [torch.zeros_like(p) if g is None else g for p, g in zip(w + delta, grads)]
    return [y.detach() for y in Y], grads[len(w):], grads[:len(w)]


serve(gradient, array=lambda v: torch.tensor(v, dtype=dtype),
      tolist=lambda a: a.detach().to(torch.float64).reshape(-1).tolist(),
      name="PyTorch", version=torch.__version__, precision=word)
