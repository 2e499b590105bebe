"""The engine protocol of cascade, version 1, for an engine in Python: PROTOCOL.md has the rules.

An engine gives one function, gradient, and says how its arrays are made; everything else
(numbers, messages, (5d), batches, runs) is here. Nothing but replies may go to stdout, so
what libraries print is sent to stderr.
"""

import json
import math
import os
import sys

_replies = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
os.dup2(2, 1)  # also what libraries in C print
sys.stdout = sys.stderr

OPS = ["affine", "linear", "fixed", "bias", "scale", "tanh", "sigmoid", "softplus", "square", "halfsq", "logistic",
       "softmaxce", "bilinear"]


class Unsupported(Exception):
    """The engine cannot do this: a visible skip, no fault."""


def serve(gradient, array, tolist, name, version, precision, ops=OPS, deterministic=True):
    """Answers requests until stdin ends.

    gradient(chain, x, w, delta, eps) is one pass (5a)-(5c): it returns Y = [Y_0..Y_N],
    V = [V_1..V_N] and U = [U_1..U_N], where w, delta and eps are lists with one array an
    operator, and the label of a softmaxce is in chain. array(list) makes an array, tolist
    turns one into Python floats. + - * / must work on arrays.
    """

    def matrix(rows):
        return [array([float(v) for v in row]) for row in rows]

    def batch(chain, w, samples, accumulate, gamma, reg):
        """One step with the means over all samples, passed in windows."""
        loss, total = 0.0, None
        for start in range(0, len(samples), accumulate):
            window = None
            for s in samples[start:start + accumulate]:
                labelled = [{**o, "label": s.get("label", o["label"])} if "label" in o else o for o in chain]
                x = array([float(v) for v in s["x"]])
                Y, V, U = gradient(labelled, x, w, matrix(s["delta"]), matrix(s["eps"]))
                loss = loss + Y[-1]
                window = U if window is None else [a + b for a, b in zip(window, U)]
            total = window if total is None else [a + b for a, b in zip(total, window)]
        if len(samples) > 1:
            loss, total = loss / len(samples), [a / len(samples) for a in total]
        return loss, total, [step(p, u, gamma, reg) for p, u in zip(w, total)], Y, V

    def step(w, u, gamma, reg):
        """(5d), with the regularizer at the old weights."""
        if reg["kind"] == "l2":
            u = u + (2 * float(reg["rho"])) * w
        elif reg["kind"] == "nonconvex":
            u = u + (2 * float(reg["rho"])) * w / ((1 + w * w) * (1 + w * w))
        return w - gamma * u

    def plain(a):
        """A list of floats, with the strings of the protocol for what is not finite."""
        v = tolist(a)
        if all(map(math.isfinite, v)):
            return v
        return ["NaN" if x != x else x if math.isfinite(x) else "Infinity" if x > 0 else "-Infinity" for x in v]

    def rows(m):
        return [plain(a) for a in m]

    def answer(r):
        if r["type"] == "hello":
            return {"protocol": 1, "name": name, "version": version, "precision": precision,
                    "deterministic": deterministic, "ops": ops, "types": ["step", "trace", "batch", "run"], "takes": []}
        if r["type"] in ("step", "trace"):
            loss, U, w, Y, V = batch(r["chain"], matrix(r["w"]), [r], 1, float(r["gamma"]), r["reg"])
            reply = {"loss": plain(loss)[0], "u": rows(U), "w": rows(w)}
            return reply if r["type"] == "step" else {**reply, "Y": rows(Y), "V": rows(V)}
        if r["type"] == "batch":
            w, gamma = matrix(r["w"]), float(r["gamma"])
            loss, U, w, _, _ = batch(r["chain"], w, r["samples"], r["accumulate"], gamma, r["reg"])
            return {"loss": plain(loss)[0], "u": rows(U), "w": rows(w)}
        if r["type"] == "run":
            w, losses, ws = matrix(r["w"]), [], []
            for t in r["steps"]:
                loss, _, w, _, _ = batch(r["chain"], w, t["samples"], t["accumulate"], float(t["gamma"]), r["reg"])
                losses.append(plain(loss)[0])
                ws.append(rows(w))
            return {"losses": losses, "ws": ws}
        raise Unsupported("type " + r["type"])

    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = answer(request)
        except Unsupported as e:
            reply = {"unsupported": str(e)}
        except Exception as e:
            reply = {"error": type(e).__name__ + ": " + str(e)}
        _replies.write(json.dumps({"id": request["id"], **reply}, allow_nan=False) + "\n")
        _replies.flush()
    os._exit(0)  # a library's own end may take longer than the protocol allows
