// TensorFlow.js on its CPU backend in plain JavaScript, float32: an engine for verify gate.
//   npm install @tensorflow/tfjs, then node tfjs_engine.mjs
import * as tf from "@tensorflow/tfjs";
import { serve, Unsupported } from "./serve.mjs";

const dot = (a, b) => tf.sum(tf.mul(a, b)).reshape([1]);
const times = (rows, x) => tf.matMul(rows, x.reshape([-1, 1])).reshape([-1]);
const half = (x) => tf.div(dot(x, x), 2);

const operators = {
  affine: (o, x, w) => tf.add(operators.linear(o, x, w.slice(0, o.in * o.out)), w.slice(o.in * o.out)),
  linear: (o, x, w) => times(w.reshape([o.out, o.in]), x),
  fixed: (o, x) => times(tf.tensor2d(o.a, undefined, "float32"), x),
  bias: (o, x, w) => tf.add(x, w),
  scale: (o, x, w) => tf.mul(x, w),
  tanh: (o, x) => tf.tanh(x),
  sigmoid: (o, x) => tf.sigmoid(x),
  softplus: (o, x) => tf.softplus(x),
  logistic: (o, x) => tf.softplus(x),
  square: (o, x) => tf.square(x),
  halfsq: (o, x) => half(x),
  softmaxce: (o, x) => tf.neg(tf.logSoftmax(x).slice(o.label, 1)),
  bilinear: (o, x, w) => tf.add(tf.square(dot(x, w)), half(x)),
};

// pass differentiates Y_N + sum <eps_i, Y_{i-1}>: by the weights for u, by delta for V.
function pass(chain, w, { x, delta, eps }) {
  const n = chain.length;
  let states; // as numbers: tf.grads forgets the tensors
  const loss = (...variables) => {
    const Y = [x];
    chain.forEach((o, i) => {
      if (!Object.hasOwn(operators, o.op)) throw new Unsupported(`operator ${o.op}`);
      Y.push(tf.add(operators[o.op](o, Y[i], variables[i]), variables[n + i]));
    });
    states = Y.map((y) => y.dataSync());
    return eps.reduce((sum, e, i) => (i === 0 ? sum : tf.add(sum, tf.sum(tf.mul(e, Y[i])))), Y[n].asScalar());
  };
  const weights = w.map((wi) => wi.size > 0);
  const by = [...w, ...delta];
  const used = by.map((v, i) => i >= n || weights[i]);
  const grads = tf.grads((...some) => loss(...by.map((v, i) => (used[i] ? some.shift() : v))));
  const g = grads(by.filter((v, i) => used[i]));
  return { Y: states.map((y) => tf.tensor1d(y)), u: w.map((wi, i) => (weights[i] ? g.shift() : wi)), V: g };
}

await tf.setBackend("cpu");
await serve({
  name: "TensorFlow.js", version: tf.version.tfjs, precision: "float32", deterministic: true,
  ops: Object.keys(operators),
}, {
  pass, array: (list) => tf.tensor1d(list, "float32"), list: (array) => Array.from(array.dataSync()),
  add: tf.add, sub: tf.sub, mul: tf.mul, div: tf.div, scope: tf.tidy,
});
