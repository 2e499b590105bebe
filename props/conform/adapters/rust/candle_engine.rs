//! candle on the CPU as an engine for verify gate: candle_engine [float64|float32|bfloat16|float16]
//! Needs candle-core, candle-nn, and serde_json with the feature float_roundtrip: without it numbers
//! are read up to a unit in the last place off.

use candle_core::{DType, Device, Error, Result, Tensor, Var};
use serde_json::{json, Map, Value};
use std::io::{BufRead, Write};

const OPS: [&str; 13] = [
    "affine", "linear", "fixed", "bias", "scale", "tanh", "sigmoid", "softplus", "square", "halfsq", "logistic",
    "softmaxce", "bilinear",
];

struct Engine {
    dtype: DType,
}

/// One pass: Y_0..Y_N, V_1..V_N, U_1..U_N.
struct Pass {
    y: Vec<Tensor>,
    v: Vec<Tensor>,
    u: Vec<Tensor>,
}

/// The means of loss and U, and the weights after (5d).
struct Step {
    loss: Tensor,
    u: Vec<Tensor>,
    w: Vec<Tensor>,
}

fn bad(what: &str, value: &Value) -> Error {
    Error::Msg(format!("{what}: {value}"))
}

fn number(v: &Value) -> Result<f64> {
    match v.as_str() {
        Some("NaN") => Ok(f64::NAN),
        Some("Infinity") => Ok(f64::INFINITY),
        Some("-Infinity") => Ok(f64::NEG_INFINITY),
        _ => v.as_f64().ok_or_else(|| bad("no number", v)),
    }
}

fn word(x: f64) -> Value {
    match x {
        _ if x.is_nan() => json!("NaN"),
        _ if x.is_infinite() => json!(if x > 0.0 { "Infinity" } else { "-Infinity" }),
        _ => json!(x),
    }
}

fn list(v: &Value) -> Result<&Vec<Value>> {
    v.as_array().ok_or_else(|| bad("no array", v))
}

fn size(v: &Value, name: &str) -> Result<usize> {
    v[name].as_f64().map(|x| x as usize).ok_or_else(|| bad(name, v)) // 1.0 is an integer too
}

fn numbers(t: &Tensor) -> Result<Value> {
    let flat = t.flatten_all()?.to_dtype(DType::F64)?.to_vec1::<f64>()?;
    Ok(flat.into_iter().map(word).collect())
}

fn rows(ts: &[Tensor]) -> Result<Value> {
    ts.iter().map(numbers).collect()
}

fn dot(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    (a * b)?.sum_keepdim(0)
}

/// ln(1 + e^x), and x from top on, where e^-x is below the rounding and e^x may overflow. Not
/// max(x, 0) + ln(1 + e^-|x|): its derivative is v - v e/(1+e), NaN for an infinite v.
fn softplus(x: &Tensor) -> Result<Tensor> {
    let top = [(DType::F64, 40.0), (DType::F32, 20.0)].iter().find(|t| t.0 == x.dtype()).map_or(10.0, |t| t.1);
    let zeros = x.zeros_like()?;
    let large = x.ge(top)?;
    let rest = large.where_cond(&(x - top)?, &zeros)?;
    (large.where_cond(&(zeros + top)?, x)?.exp()? + 1.0)?.log()? + rest
}

impl Engine {
    fn tensor(&self, v: &Value) -> Result<Tensor> {
        let numbers = list(v)?.iter().map(number).collect::<Result<Vec<f64>>>()?;
        Tensor::new(numbers, &Device::Cpu)?.to_dtype(self.dtype)
    }

    fn tensors(&self, v: &Value) -> Result<Vec<Tensor>> {
        list(v)?.iter().map(|row| self.tensor(row)).collect()
    }

    fn forward(&self, op: &Value, label: Option<&Value>, x: &Tensor, w: &Tensor) -> Result<Tensor> {
        let times = |a: Tensor| a.matmul(&x.unsqueeze(1)?)?.squeeze(1);
        match op["op"].as_str().unwrap_or("") {
            name @ ("affine" | "linear") => {
                let (m, n) = (size(op, "out")?, size(op, "in")?);
                let y = times(w.narrow(0, 0, m * n)?.reshape((m, n))?)?;
                if name == "linear" { Ok(y) } else { y + w.narrow(0, m * n, m)? }
            }
            "fixed" => times(Tensor::stack(&self.tensors(&op["a"])?, 0)?),
            "bias" => x + w,
            "scale" => x * w,
            "tanh" => x.tanh(),
            "sigmoid" => candle_nn::ops::sigmoid(x),
            "softplus" | "logistic" => softplus(x),
            "square" => x.sqr(),
            "halfsq" => dot(x, x)? / 2.0,
            "softmaxce" => {
                let label = label.unwrap_or(&op["label"]).as_f64().ok_or_else(|| bad("no label", op))?;
                candle_nn::ops::log_softmax(x, 0)?.narrow(0, label as usize, 1)?.neg()
            }
            "bilinear" => dot(x, w)?.sqr()? + (dot(x, x)? / 2.0)?,
            _ => Err(bad("operator", op)),
        }
    }

    /// Differentiates Y_N + sum <eps_i, Y_{i-1}>, by the weights for U, by delta for V.
    fn pass(&self, chain: &Value, w: &[Tensor], sample: &Value) -> Result<Pass> {
        let vars = |ts: Vec<Tensor>| ts.iter().map(Var::from_tensor).collect::<Result<Vec<Var>>>();
        let (w, delta) = (vars(w.to_vec())?, vars(self.tensors(&sample["delta"])?)?);
        let eps = self.tensors(&sample["eps"])?;
        let mut y = vec![self.tensor(&sample["x"])?];
        for (i, op) in list(chain)?.iter().enumerate() {
            let f = self.forward(op, sample.get("label"), &y[i], w[i].as_tensor())?;
            y.push((f + delta[i].as_tensor())?);
        }
        let mut loss = y[w.len()].sum_all()?;
        for i in 1..w.len() {
            loss = (loss + (&eps[i] * &y[i])?.sum_all()?)?;
        }
        let grads = loss.backward()?;
        let of = |v: &Var| grads.get(v).cloned().map_or_else(|| v.zeros_like(), Ok);
        Ok(Pass { y, v: delta.iter().map(of).collect::<Result<_>>()?, u: w.iter().map(of).collect::<Result<_>>()? })
    }

    /// One step over the samples, summed in windows.
    fn step(&self, r: &Value, w: &[Tensor], gamma: f64, samples: &[Value], window: usize) -> Result<Step> {
        let mut total: Option<Vec<Tensor>> = None; // U_1..U_N, Y_N
        let add = |a: Option<Vec<Tensor>>, b: Vec<Tensor>| match a {
            None => Ok(b),
            Some(a) => a.iter().zip(&b).map(|(a, b)| a + b).collect::<Result<Vec<_>>>(),
        };
        for some in samples.chunks(window.max(1)) {
            let mut sum = None;
            for sample in some {
                let mut p = self.pass(&r["chain"], w, sample)?;
                p.u.extend(p.y.pop());
                sum = Some(add(sum, p.u)?);
            }
            total = Some(add(total, sum.unwrap_or_default())?);
        }
        let mean = total.unwrap_or_default().into_iter().map(|t| t / samples.len() as f64);
        let mut u = mean.collect::<Result<Vec<_>>>()?;
        let loss = u.pop().ok_or_else(|| bad("no samples", r))?;
        let rho = number(&r["reg"]["rho"])?;
        let move_on = |(w, u): (&Tensor, &Tensor)| {
            let u = match r["reg"]["kind"].as_str() {
                Some("none") => u.clone(),
                Some("l2") => (u + (w * (2.0 * rho))?)?,
                Some("nonconvex") => (u + ((w * (2.0 * rho))? / (w.sqr()? + 1.0)?.sqr()?)?)?,
                _ => return Err(bad("regularizer", &r["reg"])),
            };
            w - (u * gamma)?
        };
        let w = w.iter().zip(&u).map(move_on).collect::<Result<Vec<_>>>()?;
        Ok(Step { loss, u, w })
    }

    fn answer(&self, r: &Value, name: &str) -> Result<Value> {
        let types = ["step", "trace", "batch", "run"];
        let kind = r["type"].as_str().unwrap_or("");
        if kind == "hello" {
            return Ok(json!({"protocol": 1, "name": "candle", "version": "0.11.1", "precision": name,
                "deterministic": true, "ops": OPS, "types": types, "takes": []}));
        }
        if !types.contains(&kind) {
            return Ok(json!({"unsupported": format!("type {kind}")}));
        }
        let mut w = self.tensors(&r["w"])?;
        if kind == "run" {
            let (mut losses, mut ws) = (vec![], vec![]);
            for t in list(&r["steps"])? {
                let s = self.step(r, &w, number(&t["gamma"])?, list(&t["samples"])?, size(t, "accumulate")?)?;
                losses.push(numbers(&s.loss)?[0].take());
                ws.push(rows(&s.w)?);
                w = s.w;
            }
            return Ok(json!({"losses": losses, "ws": ws}));
        }
        let one = [r.clone()];
        let (samples, window) = match kind {
            "batch" => (&list(&r["samples"])?[..], size(r, "accumulate")?),
            _ => (&one[..], 1),
        };
        let s = self.step(r, &w, number(&r["gamma"])?, samples, window)?;
        let mut reply = json!({"loss": numbers(&s.loss)?[0], "u": rows(&s.u)?, "w": rows(&s.w)?});
        if kind == "trace" {
            let p = self.pass(&r["chain"], &w, r)?;
            reply["Y"] = rows(&p.y)?;
            reply["V"] = rows(&p.v)?;
        }
        Ok(reply)
    }
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or("float64".into());
    let dtype = match name.as_str() {
        "float64" => DType::F64,
        "float32" => DType::F32,
        "bfloat16" => DType::BF16,
        "float16" => DType::F16,
        _ => return Err(format!("precision {name}").into()),
    };
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let answer = Engine { dtype }.answer(&request, &name);
        let reply = answer.unwrap_or_else(|e| json!({"error": e.to_string()}));
        let mut all = Map::from_iter([("id".to_string(), request["id"].clone())]);
        all.extend(reply.as_object().cloned().unwrap_or_default());
        writeln!(out, "{}", Value::Object(all))?;
        out.flush()?;
    }
    Ok(())
}
