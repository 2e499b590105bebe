// What every engine in JavaScript needs: lines of JSON on stdin and stdout, protocol v1 of PROTOCOL.md.
export class Unsupported extends Error {} // the engine cannot do this: a visible skip, not a fault

// serve answers lines until stdin ends. hello is what the engine says of itself. The engine has
//   array(list), list(array)           its arrays, from lists of numbers and back
//   add, sub, mul, div                 by entries, also with a number for one of the two
//   pass(chain, w, {x, delta, eps})    (5a) to (5c): Y_0..Y_N, V_1..V_N, u_1..u_N
//   scope(f)                           calls f and forgets its arrays, where that is not done by itself
export async function serve(hello, engine) {
  // Libraries that print must not tear a line: stdout is ours, theirs is stderr. (Not by
  // writeSync: Node may have made the pipe non-blocking, and a long line ends in EAGAIN.)
  const send = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  let parts = []; // of a line that is not complete yet
  for await (let chunk of process.stdin) {
    for (let end; (end = chunk.indexOf(10)) >= 0; chunk = chunk.subarray(end + 1)) {
      const line = Buffer.concat([...parts, chunk.subarray(0, end)]).toString();
      parts = [];
      send(JSON.stringify(answer(JSON.parse(line, number), hello, engine), word) + "\n");
    }
    parts.push(chunk);
  }
}

function answer(request, hello, engine) {
  const { id, type } = request;
  const scope = engine.scope ?? ((f) => f());
  try {
    if (type === "hello") return { id, protocol: 1, ...hello, types: Object.keys(answers), takes: [] };
    if (!Object.hasOwn(answers, type)) throw new Unsupported(`type ${type}`);
    return { id, ...scope(() => answers[type](engine, request)) };
  } catch (e) {
    return e instanceof Unsupported ? { id, unsupported: e.message } : { id, error: String(e.stack) };
  }
}

const answers = {
  step: (engine, { x, delta, eps, ...rest }) =>
    plain(engine, batch(engine, { ...rest, accumulate: 1, samples: [{ x, delta, eps }] })),
  trace: (engine, request) => {
    const { Y, V } = onePass(engine, request.chain, request.w, request);
    return { ...answers.step(engine, request), Y: Y.map(engine.list), V: V.map(engine.list) };
  },
  batch: (engine, request) => plain(engine, batch(engine, request)),
  run: (engine, { w, steps, ...rest }) => {
    const losses = [], ws = [];
    for (const each of steps) {
      const { loss, w: after } = plain(engine, batch(engine, { ...rest, ...each, w }));
      losses.push(loss);
      ws.push(w = after);
    }
    return { losses, ws };
  },
};

// batch is one step: the means of loss and u, and the weights after (5d).
function batch(engine, { chain, w, gamma, reg, accumulate, samples }) {
  const { array, add, sub, mul, div } = engine;
  const both = (a, b) => ({ loss: add(a.loss, b.loss), u: a.u.map((ui, i) => add(ui, b.u[i])) });
  const one = (sample) => {
    const { Y, u } = onePass(engine, chain, w, sample);
    return { loss: Y[chain.length], u };
  };
  const windows = [];
  for (let from = 0; from < samples.length; from += accumulate) {
    windows.push(samples.slice(from, from + accumulate).map(one).reduce(both));
  }
  const total = windows.reduce(both);
  const u = total.u.map((ui) => div(ui, samples.length));
  const after = w.map(array).map((wi, i) => sub(wi, mul(gamma, add(u[i], penalty(engine, reg, wi)))));
  return { loss: div(total.loss, samples.length), u, w: after };
}

function onePass(engine, chain, w, { x, delta, eps, label }) {
  const { array } = engine;
  const labelled = chain.map((o) => (o.op === "softmaxce" ? { ...o, label: label ?? o.label } : o));
  return engine.pass(labelled, w.map(array), { x: array(x), delta: delta.map(array), eps: eps.map(array) });
}

function penalty({ mul, div, add }, { kind, rho }, w) { // r, the gradient of R
  if (kind === "none") return 0;
  const r = mul(2 * rho, w);
  if (kind === "l2") return r;
  const d = add(1, mul(w, w));
  return div(div(r, d), d);
}

function plain({ list }, { loss, u, w }) {
  return { loss: list(loss)[0], u: u.map(list), w: w.map(list) };
}

const words = { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity };

// number reads the words for what JSON cannot say. Names of operators are none of them.
function number(key, value) {
  return typeof value === "string" && Object.hasOwn(words, value) ? words[value] : value;
}

// word writes them: JSON.stringify alone writes null for NaN.
function word(key, value) {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
