#!/usr/bin/env python3
"""A second checker of refutation certificates: python3 check.py FILE...

Written from FORMAT.md and the paper, arXiv:2602.20646v1, not from the Go checker. It needs
Python 3.9 and its standard library, and computes with fractions alone. A line for each file;
exit code 0 when all are accepted, 1 when one is refused, 2 when one cannot be read.
"""
import json, math, re, sys
from fractions import Fraction
from functools import lru_cache
from itertools import product

MAX_BYTES, CONSTANTS, ZERO, ONE = 65536, ("C", "C2", "Lf", "L1", "L2"), Fraction(0), Fraction(1)
FRACTION = re.compile(r"(-?)(0|[1-9][0-9]*)(?:/([1-9][0-9]*))?")
getattr(sys, "set_int_max_str_digits", id)(0)  # sides have up to 10000 digits

class Refused(Exception):
    """What in a certificate is not as it must be."""

def need(holds, place, reason):
    if not holds:
        raise Refused(f"{place}: {reason}" if place else reason)

# Section 1, bytes.
def parse(data):
    need(len(data) <= MAX_BYTES, "", f"more than {MAX_BYTES} bytes")
    def unique(pairs):
        need(len(dict(pairs)) == len(pairs), "", "a key twice")
        return dict(pairs)
    def integral(token):
        need(len(token) <= 20 and "." not in token and "e" not in token.lower(), "", f"{token:.40} is no integer")
        return int(token)
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=unique, parse_int=integral, parse_float=integral,
                          parse_constant=lambda token: need(False, "", token))
    except (ValueError, RecursionError) as error:
        raise Refused(f"not JSON: {error}") from error

def members(place, value, required, optional=()):
    need(type(value) is dict and set(required) <= set(value), place, f"not an object with {', '.join(required)}")
    need(set(value) <= set(required) | set(optional), place, "an unexpected key")
    return value

def entries(place, value, low, high):
    need(type(value) is list, place, "not a list")
    need(low <= len(value) <= high, place, f"{len(value)} entries, not {low} to {high}")
    return value

def integer(place, value, low, high):
    need(type(value) is int and low <= value <= high, place, f"not an integer in {low}..{high}")
    return value

def fraction(place, value, digits=20):
    parts = FRACTION.fullmatch(value) if type(value) is str else None
    need(parts, place, "not a string with a fraction")
    sign, over, under = parts[1], parts[2], parts[3] or "1"
    need(len(over) <= digits and len(under) <= digits, place, f"more than {digits} digits")
    need(math.gcd(int(over), int(under)) == 1 and parts[3] != "1" and sign + over != "-0", place, "not in lowest terms")
    return Fraction(int(sign + over), int(under))

def fractions(place, value, low, high):
    return [fraction(f"{place}[{k}]", v) for k, v in enumerate(entries(place, value, low, high))]

def matrix(place, value):
    rows = [fractions(place, row, 1, 4) for row in entries(place, value, 1, 4)]
    need(len(set(map(len, rows))) == 1, place, "rows of different lengths")
    return rows

def words(place, value):
    need(type(value) is str and re.fullmatch("[ -~]{0,2000}", value), place, "not at most 2000 bytes of printable ASCII")
    return value

# Polynomials: {sorted tuple of variables: coefficient}.
def collect(terms):
    poly = {}
    for key, c in ((tuple(sorted(variables)), c) for variables, c in terms):
        poly[key] = poly.get(key, 0) + c
    return {key: c for key, c in poly.items() if c}

def derivative(poly, k):
    return collect((v[:v.index(k)] + v[v.index(k) + 1:], c * v.count(k)) for v, c in poly.items() if k in v)

def value_at(poly, point):
    return sum((c * math.prod(point[k] for k in variables) for variables, c in poly.items()), ZERO)

def enclosure(poly, box):
    low = high = ZERO
    for variables, c in poly.items():
        a = b = c
        for k in variables:
            ends = [p * q for p in (a, b) for q in box[k]]
            a, b = min(ends), max(ends)
        low, high = low + a, high + b
    return low, high

def substitute(poly, arguments):
    total = []
    for variables, c in poly.items():
        term = [((), c)]
        for k in variables:
            term = [(v + u, a * b) for v, a in term for u, b in arguments[k].items()]
        total += term
    return collect(total)

# Section 3, operators and passes.
class Operator:
    """f as polynomials in the inputs 0..nx-1 and the weights nx..nx+nw-1."""
    def __init__(self, place, spec):
        need(type(spec) is dict and type(spec.get("op")) is str, place, "not an operator")
        self.op = op = spec["op"]
        fields = {"linear": ("in", "out"), "affine": ("in", "out"), "fixed": ("a",)}.get(op, ("n",))
        members(place, spec, ("op",) + fields)
        if op in ("linear", "affine"):
            n, m = integer(place, spec["in"], 1, 4), integer(place, spec["out"], 1, 4)
            outputs = [[((k, n + j * n + k), 1) for k in range(n)] for j in range(m)]
            self.nx, self.nw = n, n * m + (m if op == "affine" else 0)
            if op == "affine":
                outputs = [row + [((n + n * m + j,), 1)] for j, row in enumerate(outputs)]
        elif op == "fixed":
            outputs = [[((k,), v) for k, v in enumerate(row)] for row in matrix(place, spec["a"])]
            self.nx, self.nw = len(outputs[0]), 0
        else:
            need(op in ("bias", "scale", "square", "halfsq", "bilinear"), place, "unknown operator")
            n = self.nx = integer(place, spec["n"], 1, 4)
            self.nw = n if op in ("bias", "scale", "bilinear") else 0
            half_square = [((k, k), Fraction(1, 2)) for k in range(n)]
            outputs = {
                "bias": [[((k,), 1), ((n + k,), 1)] for k in range(n)],
                "scale": [[((k, n + k), 1)] for k in range(n)],
                "square": [[((k, k), 1)] for k in range(n)],
                "halfsq": [half_square],
                "bilinear": [half_square + [((k, j, n + k, n + j), 1) for k in range(n) for j in range(n)]],
            }[op]
        self.f, self.width = [collect((v, Fraction(c)) for v, c in terms) for terms in outputs], len(outputs)
        self.grad = [[derivative(p, k) for k in range(self.nx + self.nw)] for p in self.f]

def small(place, vector):
    need(all(max(abs(v.numerator), v.denominator).bit_length() <= 512 for v in vector), place, "more than 512 bits")
    return vector

class Pass:
    """The perturbed pass: y, v, u, and J2 along the way, by 1..N. Without errors, the exact one. The Jacobians are at read."""
    def __init__(self, ops, x, w, delta, eps, zeta):
        n, self.delta, self.eps, self.zeta, self.y, self.read = len(ops), delta, eps, zeta, [x], []
        self.v, self.u, self.j2 = ([None] * (n + 1) for _ in range(3))
        jacobians = [None]
        for i, op in enumerate(ops, 1):
            z = self.y[-1] + w[i - 1]
            self.read.append([a + d for a, d in zip(self.y[-1], zeta[i])])
            jacobians.append([[value_at(p, self.read[-1] + w[i - 1]) for p in row] for row in op.grad])
            self.j2[i] = [entry for row in jacobians[i] for entry in row[op.nx:]]
            self.y.append(small(f"Y_{i}", [value_at(p, z) + d for p, d in zip(op.f, delta[i])]))
        self.v[n] = [ONE]
        for i in range(n, 0, -1):
            nx = ops[i - 1].nx
            back = [sum(v * row[k] for v, row in zip(self.v[i], jacobians[i])) for k in range(nx + ops[i - 1].nw)]
            self.u[i] = back[nx:]
            if i > 1:
                self.v[i - 1] = small(f"V_{i-1}", [b + e for b, e in zip(back, eps[i])])

square, minus = (lambda vector: sum((v * v for v in vector), ZERO)), (lambda a, b: [p - q for p, q in zip(a, b)])

class Case:
    """The exact pass, the perturbed passes of all outcomes, and the boxes of section 4."""
    def __init__(self, ops, x, w, delta, eps, zeta={}, together=False):
        self.ops, self.x, self.w, self.n = ops, x, w, (n := len(ops))
        no_delta, no_eps = [None] + [[ZERO] * op.width for op in ops], [None] + [[ZERO] * op.nx for op in ops]
        self.sites = [delta.get(i, [(ONE, no_delta[i])]) for i in range(1, n + 1)]
        self.sites += [eps.get(i, [(ONE, no_eps[i])]) for i in range(n, 1, -1)]
        reads = [zeta.get(i, [(ONE, no_eps[i])]) for i in range(1, n + 1)]
        if together and zeta:  # one draw for all of them
            reads = [[(law[0], [r[k % len(r)][1] for r in reads]) for k, law in enumerate(next(iter(zeta.values())))]]
        self.sites, self.exact, self.outcomes = self.sites + reads, Pass(ops, x, w, no_delta, no_eps, no_eps), []
        for path in product(*(range(len(site)) for site in self.sites)):
            drawn = [site[k] for site, k in zip(self.sites, path)]
            errors = [d for _, d in drawn]
            read = errors[2 * n - 1:] if len(reads) == n else errors[-1]
            one = Pass(ops, x, w, [None] + errors[:n], [None, None] + errors[2 * n - 2:n - 1:-1], [None] + read)
            self.outcomes.append((path, math.prod(p for p, _ in drawn), one))
        self.boxes = []
        for i in range(n):
            inputs = [self.exact.y[i]] + [at for _, _, o in self.outcomes for at in (o.y[i], o.read[i])]
            self.boxes.append([(min(c), max(c)) for c in zip(*inputs)] + [(v, v) for v in w[i]])

    def mean(self, f):
        return sum((p * f(o) for _, p, o in self.outcomes), ZERO)

    def conditional(self, k, f):
        """{event: (probability, mean)} of the events that the first k sites make."""
        events, total = {}, lambda cases: sum(p for p, _ in cases)
        for path, p, o in self.outcomes:
            events.setdefault(path[:k], []).append((p, f(o)))
        return {event: (total(cases), [sum(p * v for (p, _), v in zip(cases, column)) / total(cases)
                                       for column in zip(*(v for _, v in cases))]) for event, cases in events.items()}

    def given(self, k, f):
        return sum((p * square(mean) for p, mean in self.conditional(k, f).values()), ZERO)

    def known(self, reading, kind, i):
        """The number of sites that a conditional mean knows."""
        none = reading == "total" or (kind, i) in (("Y", 0), ("V", self.n))
        return 0 if none else (i if kind == "Y" else 2 * self.n - i) - (1 if kind != "eps" and reading == "past" else 0)

# Section 4, constants.
def pivots(m):
    """The pivots of a symmetric matrix, None where it is not positive semidefinite."""
    found = []
    while m:
        pivot, row = m[0][0], m[0][1:]
        if pivot < 0 or (pivot == 0 and any(row)):
            return None
        found.append(pivot)
        m = [[v - (low[0] * top / pivot if pivot else 0) for v, top in zip(low[1:], row)] for low in m[1:]]
    return found

def bounded(rows, box, c):
    """|M|_op <= c for the matrices that rows of polynomials enclose."""
    cells = [[enclosure(p, box) for p in row] for row in rows]
    points = all(a == b for row in cells for a, b in row)
    m = [[a if points else max(abs(a), abs(b)) for a, b in row] for row in cells]
    m = [row for row in m if any(row)]  # they add nothing
    if m and len(m) > len(m[0]):
        m = list(zip(*m))  # M and its transpose have one norm
    return pivots([[(c * c if a is b else 0) - sum(p * q for p, q in zip(a, b)) for b in m] for a in m]) is not None

def check_constants(ops, boxes, k):
    for i, (op, box) in enumerate(zip(ops, boxes), 1):
        n, total = op.nx, range(op.nx + op.nw)
        j1, j2 = [row[:n] for row in op.grad], [row[n:] for row in op.grad]
        mixed = [[derivative(p, b) for p in row for b in range(n)] for row in j2]
        second = [[derivative(p, z) for z in total] for row in op.grad for p in row]
        third = [[derivative(p, z) for z in total] for row in second for p in row]
        for name, rows in (("C", j1), ("C", j2), ("Lf", j1), ("C2", mixed), ("L1", second), ("L2", third)):
            need(k[name] > 0 and bounded(rows, box, k[name]), "constants." + name, f"fails for operator {i}")

# Section 5, runs.
class Run:
    def __init__(self, case, delta, eps, steps, gamma, L, lstar, mu=None):
        self.steps, self.gamma, self.l, self.lstar, self.mu = steps, gamma, L, lstar, mu
        need(all(len(law) == 1 for laws in (delta, eps) for law in laws.values()), "run", "laws of several outcomes")
        need(1 <= sum(map(len, case.w)) <= 6, "w", "a run has 1..6 weights")
        self.objective(case)
        self.train(case, delta, eps)

    def objective(self, case):
        """F as a polynomial of all weights, and what section 5 asks of it."""
        state, n = [collect([((), v)]) for v in case.x], 0
        for op in case.ops:
            arguments = state + [{(n + k,): ONE} for k in range(op.nw)]
            state, n = [substitute(p, arguments) for p in op.f], n + op.nw
            need(all(len(v) <= 4 for p in state for v in p), "run", "a state of degree above 4")
        self.f = f = state[0]
        need(all(len(v) <= 2 for v in f), "run", "F of degree above 2")
        b = [f.get((i,), ZERO) for i in range(n)]
        h = [[f.get(tuple(sorted((i, j))), ZERO) * (2 if i == j else 1) for j in range(n)] for i in range(n)]
        shifted = lambda s, sign: [[(s if i == j else 0) + sign * h[i][j] for j in range(n)] for i in range(n)]
        need(self.l > 0 and pivots(shifted(self.l, -1)) and pivots(shifted(self.l, 1)), "run.L", "does not hold")
        need(0 < self.gamma <= 1 / (3 * self.l), "run.gamma", "not in (0, 1/(3L)]")
        above = pivots([row + [v] for row, v in zip(h, b)] + [b + [2 * (f.get((), ZERO) - self.lstar)]])
        need(above is not None, "run.lstar", "F goes below it")
        if self.mu is not None:
            need(self.mu > 0 and pivots(shifted(-self.mu, 1)), "run.mu", "does not hold")
            need(above[-1] == 0, "run.lstar", "F does not go down to it")  # the last pivot is 2(min F - lstar)
            self.q = 1 - self.mu * self.gamma / 3
            need(self.steps * (self.q.denominator.bit_length() - 1) <= 40000, "run.steps", "q^T is too long")

    def train(self, case, delta, eps):
        """The squares of the gradient and of the error by step, up to where the run stands still."""
        self.grads, self.errors, flat, boxes = [], [], sum(case.w, []), case.boxes
        self.d0 = value_at(self.f, flat) - self.lstar
        for t in range(self.steps):
            need(t < 2048, "run.steps", "the weights still move")
            rest = iter(flat)
            w = [[next(rest) for _ in range(op.nw)] for op in case.ops]
            now = Case(case.ops, case.x, w, delta, eps)
            boxes = [[(min(a[0], b[0]), max(a[1], b[1])) for a, b in zip(*pair)] for pair in zip(boxes, now.boxes)]
            exact, perturbed = sum(now.exact.u[1:], []), sum(now.outcomes[0][2].u[1:], [])
            self.grads.append(square(exact))
            self.errors.append(square(minus(perturbed, exact)))
            after = small("w", [v - self.gamma * u for v, u in zip(flat, perturbed)])
            if after == flat:
                break
            flat = after
        case.boxes = boxes
        self.gap = value_at(self.f, flat) - self.lstar

    def weighted(self, squares, less=0):
        """sum_{t<T} q^{T-t-less} of squares by step; the last one stays to the end, a geometric sum."""
        total, same = ZERO, self.steps - len(squares) + 1
        for s in squares[:-1]:
            total = total * self.q + s
        end = self.q ** same
        return total * end * self.q ** (1 - less) + squares[-1] * self.q ** (1 - less) * (1 - end) / (1 - self.q)

# Section 6, {id: (eq, marks)}: r reading, - no constants, i, < index, T run, A one under A4, M matrices, d derivation too, z zeta, t drawn at once
CLAIMS = {
    "lemma1": ("Lemma 1", "i"), "eq12": ("(12)", "i"), "eq14a": ("(14)", ""), "eq14b": ("(14)", ""), "eq15": ("(15)", "<"),
    "eq16": ("(16)", ""), "eq17a": ("(17)", "<"), "eq17b": ("(17)", "<"), "eq18a": ("(18)", "i"), "eq18b": ("(18)", "i"),
    "eq19": ("(19)", ""), "eq20": ("(20)", "d"), "thm1": ("(13), (21)", ""), "spike": ("6.3", ""), "eq6a": ("(6)", "-M"),
    "eq6b": ("(6)", "-M"), "eq6c": ("(6)", "-M"), "lemma2": ("(22)", "ri"), "eq24": ("(24)", "r"), "eq26": ("(26)", "r<"),
    "eq27": ("(27)", "r"), "eq28a": ("(28)", "r<"), "eq28b": ("(28)", "r<"), "eq28c": ("(28)", "r<"), "eq28m": ("(28)", "r<"),
    "eq28n": ("(28)", "r<"), "eq29": ("(29)", "ri"), "eq29b": ("(29)", "ri"), "eq29m": ("(29)", "ri"), "eq29n": ("(29)", "ri"),
    "eq30a": ("(30)", "i"), "eq30b": ("(30)", "i"), "eq31": ("(31)", "r"), "eq32": ("(32)", "r"), "disp12": ("before (12)", "-M"),
    "disp33": ("before (33)", "r"), "thm2": ("(23), (33)", "r"), "eq41": ("(41)", "-Ad"), "thm4": ("(37)", "rT"), "thm5": ("(38)", "rA"),
    "eq48sum": ("(48)", "-"), "sa5": ("8", "-z"), "sa6": ("8", "-zt"), "sa7": ("8", "zt")}

def sides(claim, derivation, case, k, i, reading, event, run):
    """Both sides of a claim that is about numbers, with the names of section 6."""
    n, exact = case.n, case.exact
    c, c2, l1, l2, lf = (k[name] ** 2 if k else None for name in ("C", "C2", "L1", "L2", "Lf"))  # squares
    cv2 = max(ONE, c ** n) if k else None
    dy, dv, du = (lambda o, j, name=name: minus(getattr(o, name)[j], getattr(exact, name)[j]) for name in "yvu")
    y2, y4 = (lru_cache(None)(lambda j, power=p: case.mean(lambda o: square(dy(o, j)) ** power)) for p in (1, 2))
    v2, u2 = (lambda j: case.mean(lambda o: square(dv(o, j)))), (lambda j: case.mean(lambda o: square(du(o, j))))
    d2, d4 = (lambda j, power=p: case.mean(lambda o: square(o.delta[j]) ** power) for p in (1, 2))
    e2, um = lambda j: case.mean(lambda o: square(o.eps[j])), lambda j: case.given(0, lambda o: du(o, j))
    z2 = lambda j: case.mean(lambda o: square(o.zeta[j]))
    dm = lambda j: case.given(case.known(reading, "Y", j), lambda o: o.delta[j])
    em = lambda j: case.given(case.known(reading, "eps", j), lambda o: o.eps[j])
    ym = lambda j: case.given(case.known(reading, "Y", j), lambda o: dy(o, j))
    vm = lambda j, reading=reading: case.given(case.known(reading, "V", j), lambda o: dv(o, j))
    add, below = (lambda low, high, f: sum((f(j) for j in range(low, high + 1)), ZERO)), (lambda f: add(1, n - 1, f))
    S, B = lambda j: add(0, j, lambda a: (3 * c) ** a), lambda j: add(1, j, lambda a: (3 * c) ** a)
    W = lambda first, q: add(first, n - 1, lambda j: S(j) * q ** (j - first))
    Cy = lambda j: 8 * c2 * l1 * cv2 * W(j + 1, 4 * c) + 2 * l2 * cv2 * S(j)
    Ct = lambda j: 8 * add(j, n - 1, lambda a: Cy(a) * (8 * lf ** 2) ** (a - j))
    whole, eq14a, eq18a = lambda: add(1, n, u2), lambda: l1 * y2(n - 1), lambda: 2 * lf * y2(i - 1) + 2 * d2(i)
    eq13 = lambda: below(lambda j: 4 * cv2 * l1 * W(j, 2 * lf) * d2(j) + B(j) * e2(j + 1))
    eq23 = lambda: below(lambda j: 8 * l2 * cv2 * W(j, 4 * c) * dm(j) + Ct(j) * d4(j) + 2 * B(j) * em(j + 1))
    eq17a = lambda: 3 * c * v2(i + 1) + 3 * cv2 * l1 * y2(i) + 3 * e2(i + 1)
    eq18b = lambda j: 2 * add(1, j, lambda a: (2 * lf) ** (j - a) * d2(a))
    eq19 = lambda: 2 * cv2 * l1 * below(lambda j: S(j) * y2(j)) + 2 * below(lambda j: B(j) * e2(j + 1))
    eq20 = lambda: 2 * cv2 * l1 * below(lambda j: S(j) * eq18b(j)) + below(lambda j: B(j) * e2(j + 1))
    fm = lambda: case.given(case.known(reading, "Y", i), lambda o: minus(dy(o, i), o.delta[i]))
    bm = lambda: case.given(case.known(reading, "eps", i + 1), lambda o: minus(dv(o, i), o.eps[i + 1]))
    eq28a = lambda: vm(i, "past" if reading == "literal" else reading)
    eq28b = lambda: 3 * c * vm(i + 1) + 6 * cv2 * c2 * ym(i) + 3 * cv2 * l2 * y4(i - 1) + 3 * em(i + 1)
    eq29, forward = lambda: 4 * c * ym(i - 1) + 2 * l1 * y4(i - 1) + 2 * dm(i), lambda j: 4 * cv2 * c2 * ym(j) + 2 * cv2 * l2 * y4(j)
    eq28m, eq29m = lambda: 3 * bm() / 2 + 3 * em(i + 1), lambda: 2 * fm() + 2 * dm(i)
    sizes = [min(square(d) for _, d in site) for at, site in enumerate(case.sites[:2 * n - 1]) if at < n - 1 or at > n]
    event_mean = lambda f: case.conditional(len(event), f)[event][1]
    start = lambda: run.q ** run.steps * run.d0
    unrolled = lambda less: start() + (run.l * run.gamma ** 2 + run.gamma / 2) * run.weighted(run.errors, less)
    return {
        "lemma1": lambda: (square(exact.v[i]), cv2), "eq12": lambda: (square(exact.v[i]), c ** (n - i)),
        "eq14a": lambda: (u2(n), eq14a()), "eq14b": lambda: (eq14a(), 2 * cv2 * l2 * y2(n - 1)),
        "eq15": lambda: (u2(i), 2 * c * v2(i) + 2 * cv2 * l1 * y2(i - 1)), "eq17a": lambda: (v2(i), eq17a()),
        "eq16": lambda: (whole(), 2 * c * below(v2) + 2 * cv2 * l1 * below(y2)),
        "eq17b": lambda: (eq17a(), 3 * add(i, n - 1, lambda j: (3 * c) ** (j - i) * (cv2 * l1 * y2(j) + e2(j + 1)))),
        "eq18a": lambda: (y2(i), eq18a()), "eq18b": lambda: (eq18a(), eq18b(i)), "eq19": lambda: (whole(), eq19()),
        "eq20": lambda: (eq19() if derivation else whole(), eq20()), "thm1": lambda: (whole(), eq13()),
        "spike": lambda: (max(sizes), whole()), "sa5": lambda: (add(1, n, um), ZERO), "sa6": lambda: (add(1, n, um), ZERO),
        "sa7": lambda: (whole(), add(1, n, lambda a: c ** (n - a) * l1 * add(a, n, z2) + add(a + 1, n, lambda j: c ** (j - a) * e2(j)))),
        "lemma2": lambda: (square(event_mean(lambda o: minus(o.j2[i], exact.j2[i]))), 2 * c2
                           * square(event_mean(lambda o: dy(o, i - 1))) + l2 * event_mean(lambda o: [square(dy(o, i - 1)) ** 2])[0]),
        "eq24": lambda: (um(n), forward(n - 1)), "eq26": lambda: (um(i), 2 * c * vm(i) + forward(i - 1)),
        "eq27": lambda: (add(1, n, um), below(lambda j: 2 * c * vm(j) + forward(j))),
        "eq28a": lambda: (vm(i), eq28a()), "eq28b": lambda: (eq28a(), eq28b()), "eq28m": lambda: (eq28a(), eq28m()),
        "eq28n": lambda: (eq28m(), eq28b()), "eq29": lambda: (ym(i), eq29()),
        "eq29m": lambda: (ym(i), eq29m()), "eq29n": lambda: (eq29m(), eq29()),
        "eq28c": lambda: (vm(i), 3 * add(i, n - 1, lambda j: (3 * c) ** (j - i) * (forward(j) / 2 + em(j + 1)))),
        "eq29b": lambda: (ym(i), 2 * add(1, i, lambda j: (4 * c) ** (i - j) * (dm(j) + (l1 * y4(j) / (4 * c) if j < i else 0)))),
        "eq31": lambda: (add(1, n, um), below(lambda j: S(j) * forward(j) + 2 * B(j) * em(j + 1))),
        "disp33": lambda: (add(1, n, um), below(lambda j: 8 * c2 * cv2 * W(j, 4 * c) * dm(j) + Ct(j) * d4(j) + 2 * B(j) * em(j + 1))),
        "eq30a": lambda: (y4(i), 8 * lf ** 2 * y4(i - 1) + 8 * d4(i)),
        "eq30b": lambda: (8 * lf ** 2 * y4(i - 1) + 8 * d4(i), 8 * add(1, i, lambda j: (8 * lf ** 2) ** (i - j) * d4(j))),
        "eq32": lambda: (4 * c2 * cv2 * below(lambda j: S(j) * ym(j)),
                         8 * c2 * cv2 * below(lambda j: W(j, 4 * c) * dm(j) + l1 * W(j + 1, 4 * c) * y4(j))),  # W_N = 0
        "thm2": lambda: (add(1, n, um), eq23()), "eq41": lambda: (unrolled(1) if derivation else run.gap, unrolled(0)),
        "thm4": lambda: ((sum(run.grads) + run.grads[-1] * (run.steps - len(run.grads))) / run.steps,
                         6 * run.d0 / (run.gamma * run.steps) + 6 * run.l * run.gamma * eq13() + 3 * eq23()),
        "thm5": lambda: (run.gap, start() + run.weighted([ONE]) * (run.l * run.gamma ** 2 * eq13() + run.gamma / 2 * eq23())),
    }[claim]()

def matrices(claim, case, delta, eps):
    need(all(op.op == "linear" for op in case.ops) and not delta, "chain", "(6) is about linear networks without delta")
    need(all(len(law) == 1 for law in eps.values()), "eps", "(6) has one outcome")
    need(set(eps) <= {"eq6a": set(), "disp12": set(), "eq6b": set(eps), "eq6c": {case.n}}[claim], "eps", "not of this claim")
    exact, perturbed, width = case.exact, case.outcomes[0][2], len(case.x)
    outer = lambda a, b: [[p * q for q in b] for p in a]
    rows = lambda flat: [flat[k:k + width] for k in range(0, len(flat), width)]
    back = perturbed.eps[case.n]  # through W_{N-1}^T, ..., W_1^T
    for op, w in reversed(list(zip(case.ops, case.w))[:-1]):
        back = [sum(back[j] * w[j * op.nx + k] for j in range(op.width)) for k in range(op.nx)]
    column, product = [[p] for p in exact.v[1]], [[p] for p in case.w[-1]]
    for op, w in reversed(list(zip(case.ops, case.w))[1:-1]):  # W_N^T, ..., W_2^T from the left
        columns = [w[j * op.nx:(j + 1) * op.nx] for j in range(op.width)]
        product = [[sum(p * q for p, q in zip(row, col)) for col in columns] for row in product] if len(product[:1] and product[0]) == op.nx else []
    return {"disp12": (column, product or column), "eq6a": (outer(exact.v[1], case.x), outer(exact.v[1], exact.v[1])),
            "eq6b": (rows(perturbed.u[1]), outer(perturbed.v[1], exact.v[1])),
            "eq6c": (rows(minus(perturbed.u[1], exact.u[1])), outer(back, case.x))}[claim]

# The whole certificate.
def laws(name, value, first, widths):
    members(name, value, (), [str(i) for i in range(first, len(widths) + 1)])
    out = {}
    for key, law in value.items():
        place, width = f"{name}.{key}", widths[int(key) - 1]
        law = [members(place, outcome, ("p", "d")) for outcome in entries(place, law, 1, 8)]
        law = out[int(key)] = [(fraction(place, o["p"]), fractions(place, o["d"], width, width)) for o in law]
        need(all(p > 0 for p, _ in law) and sum(p for p, _ in law) == 1, place, "not probabilities")
        need(len({tuple(d) for _, d in law}) == len(law), place, "an outcome twice")
    return out

def series(value):
    s = members("series", value, ("total", "terms", "from", "ln2"))
    total = integer("series.total", s["total"], 1, 8)
    terms, first = integer("series.terms", s["terms"], 0, total - 1), integer("series.from", s["from"], 1, 64)
    ln2, third = fraction("series.ln2", s["ln2"]), Fraction(1, 3)
    least = sum(third ** (2 * k + 1) / (2 * k + 1) for k in range(32)) + third ** 65 / (65 * Fraction(8, 9))
    need(ln2 >= 2 * least, "series.ln2", "below ln 2")
    need(2 ** (terms * first) * total * first * ln2 / 2 ** (total * first) <= Fraction(1, 2), "series.from", "too small")
    return Fraction(4 ** terms), ONE

def check(data):
    """Raises Refused unless the bytes are a certificate; returns its file."""
    file = parse(data)
    claim, form = (file.get("claim"), file.get("form")) if type(file) is dict else (None, None)
    need(type(claim) is str and claim in CLAIMS, "claim", "unknown")
    eq, marks = CLAIMS[claim]
    need(form == ("conjecture" if "z" in marks else "printed") or form == "derivation" and "d" in marks, "form", "not of this claim")
    keys = ["version", "claim", "eq", "form", "lhs", "rhs", "text"]
    if claim == "eq48sum":
        left, right = series(members("", file, keys + ["series"])["series"])
    else:
        keys += ["chain", "x", "w", "n"] + ["reading"] * ("r" in marks) + ["constants"] * ("-" not in marks)
        keys += ["at"] * ("i" in marks or "<" in marks) + ["run"] * ("T" in marks or "A" in marks)
        left, right = evaluate(members("", file, keys, ("delta", "eps") + ("zeta",) * ("z" in marks)), claim, form, marks)
    integer("version", file["version"], 1, 1)
    need(file["eq"] == eq, "eq", "not the number of this claim")
    words("text", file["text"])
    for place, value in (("lhs", left), ("rhs", right)):
        stated = matrix(place, file[place]) if "M" in marks else fraction(place, file[place], 10000)
        need(stated == value, place, "not what it is computed to be")
    refuted = left != right if "M" in marks else left >= 1 and right == 0 if claim == "spike" else left > right
    need(refuted, "", "the sides do not refute the claim")
    return file

def evaluate(file, claim, form, marks):
    ops = [Operator(f"chain[{k}]", spec) for k, spec in enumerate(entries("chain", file["chain"], 2, 6))]
    n = integer("n", file["n"], len(ops), len(ops))
    need(all(a.width == b.nx for a, b in zip(ops, ops[1:])) and ops[-1].width == 1, "chain", "widths do not fit")
    x = fractions("x", file["x"], ops[0].nx, ops[0].nx)
    w = [fractions("w", v, op.nw, op.nw) for v, op in zip(entries("w", file["w"], n, n), ops)]
    delta = laws("delta", file.get("delta", {}), 1, [op.width for op in ops])
    eps = laws("eps", file.get("eps", {}), 2, [op.nx for op in ops])
    zeta, together = laws("zeta", file.get("zeta", {}), 1, [op.nx for op in ops]), "t" in marks
    drawn, counted = [law for part in (delta, eps, zeta) for law in part.values()], list(zeta.values())[:1 if together else n]
    need(math.prod(map(len, [*delta.values(), *eps.values(), *counted])) <= 256, "", "more than 256 joint outcomes")
    if "z" in marks:
        need(not delta, "delta", "the forward pass is exact")
        need(not any(sum(p * d[k] for p, d in law) for law in drawn for k in range(len(law[0][1]))), "", "a mean that is not 0")
        need(not together or all(op.op != "bilinear" for op in ops), "chain", "a J2 that is not affine in the input")
        need(not together or len({tuple(p for p, _ in law) for law in zeta.values()}) < 2, "zeta", "not the same probabilities")
    reading, k, numbers = file.get("reading"), {}, {}
    need("r" not in marks or reading in ("literal", "past", "total"), "reading", "unknown")
    if "-" not in marks:
        spec = members("constants", file["constants"], CONSTANTS + ("why",))
        k = {name: fraction("constants." + name, spec[name]) for name in CONSTANTS}
        why = members("constants.why", spec["why"], CONSTANTS)
        need(all(words("constants.why", why[name]).strip(" ") for name in CONSTANTS), "constants.why", "empty")
    if "T" in marks or "A" in marks:
        spec = members("run", file["run"], ("gamma", "steps", "L", "lstar") + ("mu",) * ("A" in marks))
        numbers = {key: fraction("run." + key, v) for key, v in spec.items() if key != "steps"}
        steps = integer("run.steps", spec["steps"], 1, 16384)
    every = x + sum(w, []) + [*k.values(), *numbers.values()] + [v for law in drawn for p, d in law for v in [p] + d]
    every += [c for op in ops if op.op == "fixed" for p in op.f for c in p.values()]
    need(math.lcm(*(v.denominator for v in every)).bit_length() <= 64, "", "the common denominator is too large")
    i, event = index(file["at"], marks, n, reading, claim, delta) if "at" in file else (None, ())
    case = Case(ops, x, w, delta, eps, zeta, together)
    run = Run(case, delta, eps, steps, **numbers) if numbers else None
    if k:
        check_constants(ops, case.boxes, k)
    return matrices(claim, case, delta, eps) if "M" in marks else sides(claim, form == "derivation", case, k, i, reading, event, run)

def index(at, marks, n, reading, claim, delta):
    members("at", at, ("i",), ("given",) if claim == "lemma2" else ())
    i = integer("at.i", at["i"], 1, n - 1 if "<" in marks else n)
    known = {"literal": i - 1, "past": max(i - 2, 0)}.get(reading, 0) if claim == "lemma2" else 0
    event = entries("at.given", at.get("given", []), known, known)
    return i, tuple(integer("at.given", o, 0, len(delta.get(site, [None])) - 1) for site, o in enumerate(event, 1))

def main(names):
    if not names or names[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    status = 0
    for name in names:
        try:
            with open(name, "rb") as f:
                check(f.read(MAX_BYTES + 1))
            print(f"{name}: accept")
        except (Refused, OSError) as error:
            print(f"{name}: refuse {error}" if isinstance(error, Refused) else error)
            status = max(status, 1 if isinstance(error, Refused) else 2)
    return status

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
