// Node without packages, gradients by hand: an engine for verify gate, to begin with.
//   node node_engine.mjs [float64|float32|mixed]
// mixed keeps numbers in float32 and computes in float64, as a Float32Array does by itself.
import { serve, Unsupported } from "./serve.mjs";

const name = process.argv[2] ?? "float64";
const precisions = {
  float64: "float64",
  float32: "float32",
  mixed: { storage: "float32", compute: "float64", accumulate: "float64" },
};
if (!Object.hasOwn(precisions, name)) throw new Error(`precision ${name}`);
const c = name === "float32" ? Math.fround : (x) => x; // rounds one operation
const Store = name === "float64" ? Float64Array : Float32Array; // states, weights, gradients
const Compute = name === "float32" ? Float32Array : Float64Array; // within (5d)

const map = (n, f) => Store.from({ length: n }, (_, i) => f(i));
const sum = (n, f) => {
  let total = 0;
  for (let i = 0; i < n; i++) total = c(total + f(i));
  return total;
};
const dot = (n, a, b) => sum(n, (i) => c(a(i) * b(i)));
const sigmoid = (x) => {
  const e = c(Math.exp(-Math.abs(x)));
  return c((x < 0 ? e : 1) / c(1 + e));
};
const softplus = (x) => c(Math.max(x, 0) + c(Math.log1p(c(Math.exp(-Math.abs(x))))));

// An operator has its output width, forward f(x, w), and back(v, x, w, y): J1^T v and J2^T v.
const elementwise = (f, derivative) => (op) => ({
  out: op.n ?? 1,
  forward: (x) => x.map(f),
  back: (v, x, w, y) => [v.map((vi, i) => c(vi * derivative(x[i], y[i]))), []],
});

// matrix is y = A x, with A(i, j) of the weights.
const matrix = (out, n, A, back) => ({
  out,
  forward: (x, w) => map(out, (i) => dot(n, (j) => A(w, i, j), (j) => x[j])),
  back: (v, x, w) => [map(n, (j) => dot(out, (i) => A(w, i, j), (i) => v[i])), back(v, x)],
});
const outer = (op, v, x) => map(op.in * op.out, (k) => c(v[Math.floor(k / op.in)] * x[k % op.in]));
const linear = (op) => matrix(op.out, op.in, (w, i, j) => w[i * op.in + j], (v, x) => outer(op, v, x));

const softmax = (x) => {
  const top = x.reduce((a, b) => Math.max(a, b), -Infinity);
  const e = Array.from(x, (xi) => c(Math.exp(c(xi - top))));
  return { top, e, total: sum(e.length, (i) => e[i]) };
};

const operators = {
  linear,
  affine: (op) => {
    const { out, forward, back } = linear(op);
    return {
      out,
      forward: (x, w) => map(out, (i) => c(dot(op.in, (j) => w[i * op.in + j], (j) => x[j]) + w[op.in * out + i])),
      back: (v, x, w) => {
        const [before, u] = back(v, x, w);
        return [before, Store.from([...u, ...v])];
      },
    };
  },
  fixed: (op) => matrix(op.a.length, op.a[0].length, (w, i, j) => op.a[i][j], () => []),
  bias: (op) => ({ out: op.n, forward: (x, w) => x.map((xi, i) => c(xi + w[i])), back: (v) => [v, v] }),
  scale: (op) => ({
    out: op.n,
    forward: (x, w) => x.map((xi, i) => c(xi * w[i])),
    back: (v, x, w) => [v.map((vi, i) => c(vi * w[i])), v.map((vi, i) => c(vi * x[i]))],
  }),
  tanh: elementwise((x) => c(Math.tanh(x)), (x, y) => c(c(1 - y) * c(1 + y))),
  sigmoid: elementwise(sigmoid, (x, y) => c(y * c(1 - y))),
  softplus: elementwise(softplus, sigmoid),
  logistic: elementwise(softplus, sigmoid),
  square: elementwise((x) => c(x * x), (x) => c(2 * x)),
  halfsq: (op) => ({
    out: 1,
    forward: (x) => [c(dot(op.n, (i) => x[i], (i) => x[i]) / 2)],
    back: ([v], x) => [x.map((xi) => c(v * xi)), []],
  }),
  softmaxce: (op) => ({
    out: 1,
    forward: (x) => {
      const { top, total } = softmax(x);
      return [c(c(Math.log(total)) + c(top - x[op.label]))];
    },
    back: ([v], x) => {
      const { e, total } = softmax(x);
      return [x.map((_, i) => c(v * c(c(e[i] / total) - (i === op.label ? 1 : 0)))), []];
    },
  }),
  bilinear: (op) => {
    const inner = (x, w) => dot(op.n, (i) => x[i], (i) => w[i]);
    return {
      out: 1,
      forward: (x, w) => {
        const s = inner(x, w);
        return [c(c(s * s) + c(dot(op.n, (i) => x[i], (i) => x[i]) / 2))];
      },
      back: ([v], x, w) => {
        const s = c(2 * inner(x, w));
        return [x.map((xi, i) => c(v * c(c(s * w[i]) + xi))), x.map((xi) => c(v * c(s * xi)))];
      },
    };
  },
};

// pass is (5a) to (5c) for one sample.
function pass(chain, w, { x, delta, eps }) {
  const ops = chain.map((op) => {
    if (!Object.hasOwn(operators, op.op)) throw new Unsupported(`operator ${op.op}`);
    return operators[op.op](op);
  });
  const Y = [x], V = [], u = [];
  ops.forEach((op, i) => {
    const y = op.forward(Y[i], w[i]);
    Y.push(map(op.out, (k) => c(y[k] + delta[i][k])));
  });
  let v = Store.of(1);
  for (let i = ops.length - 1; i >= 0; i--) {
    V[i] = v;
    // What f itself returned, without delta: tanh and sigmoid have their derivatives by it.
    const y = ops[i].forward(Y[i], w[i]);
    const [before, ui] = ops[i].back(v, Y[i], w[i], y);
    u[i] = Store.from(ui);
    if (i > 0) v = before.map((b, k) => c(b + eps[i][k]));
  }
  return { Y, V, u };
}

// by makes an operation on numbers one by entries.
const by = (f) => (a, b) => {
  const at = (x, k) => (typeof x === "number" ? x : x[k]);
  return Compute.from(typeof a === "number" ? b : a, (_, k) => c(f(at(a, k), at(b, k))));
};

await serve({
  name: "node", version: process.versions.node, precision: precisions[name], deterministic: true,
  ops: Object.keys(operators),
}, {
  pass, array: (list) => Store.from(list), list: (array) => Array.from(Store.from(array)),
  add: by((a, b) => a + b), sub: by((a, b) => a - b), mul: by((a, b) => a * b), div: by((a, b) => a / b),
});
