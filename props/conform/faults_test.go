package conform

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/cascade-sgd/cascade/core"
)

// planted is an engine with a fault, and a rule whose cases that are always asked find
// it. Most are modelled on what users of training engines reported.
type plantedFault struct {
	name, rule string
	make       func() Engine
}

// broken engines, by what they get wrong.
var broken = slices.Concat(
	callFaults(), memoryFaults(), perturbationFaults(), operatorFaults(), sizeFaults(), functionFaults(),
	precisionFaults(), stepFaults(), wildFaults(), batchFaults(), runFaults(), traceFaults(), randomFaults(),
)

var float64s = Precision{"float64", "float64", "float64"}

func word(name string) Precision { return Precision{name, name, name} }

// in makes a lab engine of a precision with a fault.
func in(p Precision, alter func(e *lab)) func() Engine {
	return func() Engine {
		e := newLab(p)
		alter(e)
		return e
	}
}

// fault is a lab engine in float64 with a fault.
func faulty(alter func(e *lab)) func() Engine { return in(float64s, alter) }

// stepOnly hides the other abilities of an engine.
type stepOnly struct{ e *lab }

func (s stepOnly) Step(req *Request) (*Reply, error) { return s.e.Step(req) }
func (s stepOnly) Describe() Info                    { return s.e.Describe() }

// onlySteps is faulty for an engine that has Step alone.
func onlySteps(alter func(e *lab)) func() Engine {
	return func() Engine {
		e := newLab(float64s)
		alter(e)
		return stepOnly{e}
	}
}

// replying changes replies.
func replying(change func(calls int, j *job, r *Reply) (*Reply, error)) func() Engine {
	return onlySteps(func(e *lab) {
		calls := 0
		e.hook.reply = func(j *job, r *Reply) (*Reply, error) {
			calls++
			return change(calls, j, r)
		}
	})
}

func poison(rows [][]float64) {
	for _, row := range rows {
		fill(row, math.NaN())
	}
}

func callFaults() []plantedFault {
	return []plantedFault{
		{"panics now and then", "operators", replying(func(calls int, _ *job, r *Reply) (*Reply, error) {
			if calls%50 == 3 {
				panic("out of luck")
			}
			return r, nil
		})},
		{"leaves its goroutine", "operators", replying(func(int, *job, *Reply) (*Reply, error) {
			runtime.Goexit()
			return nil, nil
		})},
		{"hangs", "operators", replying(func(int, *job, *Reply) (*Reply, error) { select {} })},
		{"no reply", "operators", replying(func(int, *job, *Reply) (*Reply, error) { return nil, nil })},
		{"one number too many in u", "operators", replying(func(_ int, _ *job, r *Reply) (*Reply, error) {
			r.U[0] = append(r.U[0], 0)
			return r, nil
		})},
		{"no part for operators without weights", "operators", replying(func(_ int, _ *job, r *Reply) (*Reply, error) {
			empty := func(v []float64) bool { return len(v) == 0 }
			r.U, r.W = slices.DeleteFunc(r.U, empty), slices.DeleteFunc(r.W, empty)
			return r, nil
		})},
		{"wants eps_1", "operators", onlySteps(func(e *lab) {
			e.hook.reply = func(j *job, r *Reply) (*Reply, error) {
				if len(j.first().Eps[0]) != len(j.first().X) {
					return nil, errors.New("eps_1 has the wrong length")
				}
				return r, nil
			}
		})},
		{"answers nothing but errors", "operators", replying(func(int, *job, *Reply) (*Reply, error) {
			return nil, errors.New("not implemented")
		})},
		{"lacks an operator that it names", "operators", replying(func(_ int, j *job, r *Reply) (*Reply, error) {
			if slices.ContainsFunc(j.chain, func(s core.Spec) bool { return s.Op == "bilinear" }) {
				return nil, errors.New("unknown operator bilinear")
			}
			return r, nil
		})},
		{"changes its arguments", "operators", func() Engine { return &meddler{newLab(float64s), "x"} }},
		{"turns an argument into NaN", "operators", func() Engine { return &meddler{newLab(float64s), "w"} }},
		{"steps the weights in place", "operators", func() Engine { return &meddler{newLab(float64s), "step"} }},
		{"sets the step size of its request to 0", "operators", func() Engine { return &meddler{newLab(float64s), "gamma"} }},
		{"takes the perturbations from its request", "operators", func() Engine {
			return &meddler{newLab(float64s), "delta"}
		}},
		{"turns the steps of a run around", "run", func() Engine { return &meddler{newLab(float64s), "steps"} }},
		{"sets the windows of its batch", "batch", func() Engine { return &meddler{newLab(float64s), "windows"} }},
		{"traces with another step size", "trace", func() Engine { return &meddler{newLab(float64s), "trace"} }},
		{"keeps x of the request before", "one-part", func() Engine { return &hoarder{lab: newLab(float64s)} }},
		{"loss is NaN", "operators", replying(func(_ int, _ *job, r *Reply) (*Reply, error) {
			r.Loss = math.NaN()
			return r, nil
		})},
		{"gradient is NaN", "operators", replying(func(_ int, _ *job, r *Reply) (*Reply, error) {
			poison(r.U)
			return r, nil
		})},
		{"weights become NaN", "operators", replying(func(_ int, _ *job, r *Reply) (*Reply, error) {
			poison(r.W)
			return r, nil
		})},
		{"changes its reply afterwards", "manners", replying(func(calls int, _ *job, r *Reply) (*Reply, error) {
			if calls > 4 {
				go func() { time.Sleep(patience / 8); r.Loss++; r.W[0] = nil }()
			}
			return r, nil
		})},
		{"clears its reply afterwards", "manners", replying(func(_ int, _ *job, r *Reply) (*Reply, error) {
			go func() {
				time.Sleep(patience / 8)
				for _, u := range r.U {
					clear(u)
				}
			}()
			return r, nil
		})},
		{"leaves a goroutine behind a request", "manners", replying(func(_ int, _ *job, r *Reply) (*Reply, error) {
			go func() { time.Sleep(time.Minute) }()
			return r, nil
		})},
		{"leaves a goroutine behind every other request", "manners",
			replying(func(calls int, _ *job, r *Reply) (*Reply, error) {
				if calls%2 == 0 {
					go func() { time.Sleep(time.Minute) }()
				}
				return r, nil
			})},
		{"leaves a goroutine behind every fourth request", "manners",
			replying(func(calls int, _ *job, r *Reply) (*Reply, error) {
				if calls%4 == 0 {
					go func() { time.Sleep(time.Minute) }()
				}
				return r, nil
			})},
	}
}

func roundTo(format string, v []float64) {
	for k, x := range v {
		v[k] = formats[format].round(x)
	}
}

// meddler changes its request.
type meddler struct {
	*lab
	what string
}

func (m *meddler) Step(req *Request) (*Reply, error) {
	r, err := m.lab.Step(req)
	switch m.what {
	case "x":
		req.X[0] = 0.123
	case "w":
		req.W[len(req.W)-1] = []float64{math.NaN()}
	case "gamma":
		req.Gamma = 0
	case "delta":
		req.Delta, req.Eps = nil, nil
	case "step":
		for i := range req.W {
			copy(req.W[i], r.W[i])
		}
	}
	return r, err
}

func (m *meddler) Trace(req *Request) (y, v [][]float64, err error) {
	y, v, err = m.lab.Trace(req)
	if m.what == "trace" {
		req.Gamma++
	}
	return y, v, err
}

func (m *meddler) Batch(req *BatchRequest) (*Reply, error) {
	r, err := m.lab.Batch(req)
	if m.what == "windows" {
		req.Accumulate = len(req.Samples)
	}
	return r, err
}

func (m *meddler) Run(req *RunRequest) (*RunReply, error) {
	r, err := m.lab.Run(req)
	if m.what == "steps" {
		req.Steps = slices.Clone(req.Steps)
		slices.Reverse(req.Steps)
	}
	return r, err
}

// hoarder keeps slices of its requests, and takes them for the next when their lengths
// are right.
type hoarder struct {
	*lab
	x []float64
}

func (h *hoarder) Step(req *Request) (*Reply, error) {
	copied := *req
	if len(h.x) == len(req.X) {
		copied.X = h.x
	}
	h.x = req.X
	return h.lab.Step(&copied)
}

// captured takes a part from the first request with the same key.
func captured(key func(j *job) string, take func(j, first *job)) func() Engine {
	return onlySteps(func(e *lab) {
		seen := map[string]*job{}
		e.hook.request = func(j *job) *job {
			k := key(j)
			if seen[k] == nil {
				seen[k] = j.clone()
			}
			take(j, seen[k])
			return j
		}
	})
}

// shapes is a chain without what is not its shape.
func shapes(j *job) string {
	var b strings.Builder
	for _, s := range j.chain {
		in, out := widths(s)
		fmt.Fprint(&b, s.Op, in, out, ";")
	}
	return b.String()
}

func x(j *job) string   { return fmt.Sprint(j.first().X) }
func w(j *job) string   { return fmt.Sprint(j.w) }
func del(j *job) string { return fmt.Sprint(j.first().Delta) }
func eps(j *job) string { return fmt.Sprint(j.first().Eps) }

// answering answers from memory when the key is the same as before.
func answering(key func(j *job) string) func() Engine {
	return onlySteps(func(e *lab) {
		seen := map[string]*Reply{}
		e.hook.reply = func(j *job, r *Reply) (*Reply, error) {
			k := key(j)
			if seen[k] == nil {
				seen[k] = &Reply{r.Loss, cloneRows(r.U), cloneRows(r.W)}
			}
			m := seen[k]
			return &Reply{m.Loss, cloneRows(m.U), cloneRows(m.W)}, nil
		}
	})
}

func lastBit(v []float64) {
	for k, x := range v {
		v[k] = math.Nextafter(x, math.Inf(1))
	}
}

func memoryFaults() []plantedFault {
	return []plantedFault{
		{"perturbations baked in", "one-part", captured(
			func(j *job) string { return shapes(j) + x(j) + w(j) },
			func(j, first *job) {
				copy(j.first().Delta, first.first().Delta)
				copy(j.first().Eps, first.first().Eps)
			})},
		{"backward pass memoised without eps", "one-part", captured(
			func(j *job) string { return shapes(j) + x(j) + w(j) + del(j) },
			func(j, first *job) { copy(j.first().Eps, first.first().Eps) })},
		{"delta of the loss captured", "one-part", captured(
			func(j *job) string {
				return shapes(j) + x(j) + w(j) + eps(j) + fmt.Sprint(j.first().Delta[:len(j.chain)-1])
			},
			func(j, first *job) { copy(j.first().Delta, first.first().Delta) })},
		{"graph keyed without the label", "one-part", captured(shapes, func(j, first *job) {
			for k := range j.chain {
				j.chain[k].Label = first.chain[k].Label
			}
		})},
		{"matrix of fixed captured", "one-part", captured(shapes, func(j, first *job) {
			for k := range j.chain {
				j.chain[k].A = first.chain[k].A
			}
		})},
		{"rho captured", "one-part", captured(func(j *job) string {
			return shapes(j) + x(j) + j.reg.Kind
		}, func(j, first *job) { j.reg = first.reg })},
		{"kind of regularizer captured", "one-part", captured(func(j *job) string {
			return shapes(j) + x(j)
		}, func(j, first *job) { j.reg = first.reg })},
		{"gamma captured", "one-part", captured(func(j *job) string {
			return shapes(j) + x(j)
		}, func(j, first *job) { j.steps[0].Gamma = first.steps[0].Gamma })},
		{"function captured, graph keyed by widths", "one-part", captured(
			func(j *job) string {
				return strings.NewReplacer("sigmoid", "f", "tanh", "f", "softplus", "f").Replace(shapes(j)) + x(j)
			},
			func(j, first *job) { copy(j.chain, first.chain) })},
		{"weights kept for the same x", "one-part", captured(
			func(j *job) string {
				return shapes(j) + x(j) + del(j) + eps(j)
			}, func(j, first *job) { copy(j.w, first.w) })},
		{"x kept for the same weights", "one-part", captured(
			func(j *job) string {
				return shapes(j) + w(j) + del(j) + eps(j)
			}, func(j, first *job) { copy(j.first().X, first.first().X) })},
		{"answers from memory but for the regularizer", "one-part", answering(func(j *job) string {
			return shapes(j) + x(j) + w(j) + del(j) + eps(j) + fmt.Sprint(j.steps[0].Gamma)
		})},
		{"memory keyed by sums", "one-part", answering(func(j *job) string {
			sum := 0.0
			j.numbers(func(v []float64) {
				for _, x := range v {
					sum += math.Abs(math.Round(x * 8))
				}
			})
			return shapes(j) + fmt.Sprint(j.reg, j.steps[0].Gamma) + x(j) + fmt.Sprint(sum < math.Inf(1))
		})},
		{"stale states of the chain before", "no-memory", onlySteps(func(e *lab) {
			var last [][]float64
			e.hook.at = func(i int, _ *job, y, _ [][]float64) []float64 {
				defer func() {
					if i == 0 {
						last = cloneRows(y)
					}
				}()
				if i > 0 && i < len(last) && len(last[i]) == len(y[i]) {
					return last[i]
				}
				return y[i]
			}
		})},
		{"stale v", "no-memory", onlySteps(func(e *lab) {
			last := map[int][]float64{}
			e.hook.back = func(i int, _ *job, _ *Sample, _, v []float64) {
				if old := last[i]; len(old) == len(v) {
					old = slices.Clone(old)
					last[i] = slices.Clone(v)
					copy(v, old)
					return
				}
				last[i] = slices.Clone(v)
			}
		})},
		{"sums in another order once another shape was compiled", "no-memory", onlySteps(func(e *lab) {
			compiled := map[string]bool{}
			e.hook.request = func(j *job) *job { compiled[shapes(j)] = true; return j }
			e.hook.j2 = func(i int, j *job, x, _, v, g []float64) {
				for k := range g {
					full := j.chain[i-1].Op == "scale" && x[k] != float64(float32(x[k])) && v[k] != float64(float32(v[k]))
					if len(compiled) > 2 && full {
						lastBit(g[k : k+1])
					}
				}
			}
		})},
		{"gradients add up between requests of one shape", "no-memory", onlySteps(func(e *lab) {
			sums := map[string][][]float64{}
			e.hook.reply = func(j *job, r *Reply) (*Reply, error) {
				k := shapes(j)
				if old := sums[k]; old != nil {
					for i := range old {
						for n := range old[i] {
							r.U[i][n] += old[i][n]
						}
					}
				}
				sums[k] = cloneRows(r.U)
				return r, nil
			}
		})},
		{"noise below rounding", "deterministic", onlySteps(func(e *lab) {
			rng := rand.New(rand.NewPCG(1, 2))
			e.hook.j2 = func(_ int, _ *job, _, _, _, g []float64) {
				if rng.IntN(2) == 0 {
					lastBit(g)
				}
			}
		})},
		{"repeats itself from a cache of another rounding", "deterministic", onlySteps(func(e *lab) {
			last := ""
			e.hook.reply = func(j *job, r *Reply) (*Reply, error) {
				line := j.line()
				if line == last {
					r.Loss = math.Nextafter(r.Loss, 9)
				}
				last = line
				return r, nil
			}
		})},
		{"large gradients", "deterministic", onlySteps(func(e *lab) {
			rng := rand.New(rand.NewPCG(3, 4))
			e.hook.j2 = func(_ int, _ *job, _, _, _, g []float64) {
				if len(g) > 1024 {
					k := rng.IntN(len(g))
					g[k] = math.Nextafter(g[k], 9)
				}
			}
		})},
		{"rare races", "deterministic", onlySteps(func(e *lab) {
			calls := 0
			e.hook.reply = func(j *job, r *Reply) (*Reply, error) {
				if calls++; calls%7 == 0 {
					r.Loss = math.Nextafter(r.Loss, 9)
				}
				return r, nil
			}
		})},
	}
}

// at alters the states of one pass.
func asked(alter func(j *job, s *Sample)) func() Engine {
	return onlySteps(func(e *lab) {
		e.hook.request = func(j *job) *job { alter(j, j.first()); return j }
	})
}

func perturbationFaults() []plantedFault {
	return []plantedFault{
		{"no delta at all", "perturbations", asked(func(_ *job, s *Sample) { zero(s.Delta...) })},
		{"no delta at operator 3", "perturbations", asked(func(_ *job, s *Sample) {
			if len(s.Delta) > 2 {
				zero(s.Delta[2])
			}
		})},
		{"delta twice", "perturbations", asked(func(_ *job, s *Sample) {
			for _, d := range s.Delta {
				for k := range d {
					d[k] *= 2
				}
			}
		})},
		{"delta of the neighbour", "perturbations", asked(func(_ *job, s *Sample) {
			for i := range len(s.Delta) - 1 {
				if len(s.Delta[i]) == len(s.Delta[i+1]) {
					s.Delta[i], s.Delta[i+1] = s.Delta[i+1], s.Delta[i]
				}
			}
		})},
		{"loss without delta_N", "perturbations", onlySteps(func(e *lab) {
			e.hook.reply = func(j *job, r *Reply) (*Reply, error) {
				r.Loss -= j.first().Delta[len(j.chain)-1][0]
				return r, nil
			}
		})},
		{"delta_N leaks into V_N", "perturbations", onlySteps(func(e *lab) {
			e.hook.j1 = func(i int, j *job, _, _, _, _, _, g []float64) {
				if n := len(j.chain); i == n {
					for k := range g {
						g[k] *= 1 + j.first().Delta[n-1][0]
					}
				}
			}
		})},
		{"exact states in the backward pass", "perturbations", onlySteps(func(e *lab) {
			e.hook.at = func(i int, _ *job, _, clean [][]float64) []float64 { return clean[i] }
		})},
		{"states before delta in the backward pass", "perturbations", onlySteps(func(e *lab) {
			e.hook.at = func(i int, j *job, states, _ [][]float64) []float64 {
				y := slices.Clone(states[i])
				if i > 0 {
					for k, d := range j.first().Delta[i-1] {
						y[k] -= d
					}
				}
				return y
			}
		})},
		{"derivative from the perturbed output", "perturbations", onlySteps(func(e *lab) {
			e.hook.j1 = func(i int, j *job, _, _, _, y, v, g []float64) {
				if j.chain[i-1].Op == "tanh" {
					for k := range g {
						g[k] = (1 - y[k]*y[k]) * v[k]
					}
				}
			}
		})},
		{"no eps", "perturbations", asked(func(_ *job, s *Sample) { zero(s.Eps...) })},
		{"eps at i+1", "perturbations", asked(func(_ *job, s *Sample) {
			for i := 1; i < len(s.Eps)-1; i++ {
				if len(s.Eps[i]) == len(s.Eps[i+1]) {
					copy(s.Eps[i], s.Eps[i+1])
				}
			}
		})},
		{"eps at i-1", "perturbations", asked(func(_ *job, s *Sample) {
			for i := len(s.Eps) - 1; i > 1; i-- {
				if len(s.Eps[i]) == len(s.Eps[i-1]) {
					copy(s.Eps[i], s.Eps[i-1])
				}
			}
		})},
		{"eps of the last operator dropped", "perturbations", asked(func(_ *job, s *Sample) {
			zero(s.Eps[len(s.Eps)-1])
		})},
		{"eps of the first pair dropped", "perturbations", asked(func(_ *job, s *Sample) { zero(s.Eps[1]) })},
		{"eps subtracted", "perturbations", asked(func(_ *job, s *Sample) {
			for _, e := range s.Eps {
				for k := range e {
					e[k] = -e[k]
				}
			}
		})},
		{"eps squared", "perturbations", asked(func(_ *job, s *Sample) {
			for _, e := range s.Eps {
				for k := range e {
					e[k] += e[k] * e[k]
				}
			}
		})},
		{"eps a thousandfold", "perturbations", asked(func(_ *job, s *Sample) {
			for _, e := range s.Eps {
				for k := range e {
					e[k] *= 1000
				}
			}
		})},
		{"eps after the gradient", "perturbations", onlySteps(func(e *lab) {
			e.hook.j2 = func(i int, j *job, x, w, v, g []float64) {
				if i < len(j.chain) {
					before := slices.Clone(v)
					for k, eps := range j.first().Eps[i] {
						before[k] -= eps
					}
					copy(g, e.byWeight(j.chain[i-1], x, w, before))
				}
			}
		})},
		{"eps before the Jacobian", "perturbations", onlySteps(func(e *lab) {
			e.hook.back = func(i int, j *job, s *Sample, g, v []float64) {
				if len(s.Eps[i-1]) == len(s.Delta[i-1]) {
					for k := range v {
						v[k] = g[k] + s.Eps[i-1][k]*0.5
					}
				}
			}
		})},
		{"eps alone dropped where nothing else is perturbed", "perturbations", asked(func(_ *job, s *Sample) {
			count := 0
			for i := range s.Delta {
				for _, rows := range [][]float64{s.Delta[i], s.Eps[i]} {
					if slices.ContainsFunc(rows, func(x float64) bool { return x != 0 }) {
						count++
					}
				}
			}
			if count == 1 {
				zero(s.Eps...)
			}
		})},
		{"fast path without perturbations forgets biases", "perturbations", onlySteps(func(e *lab) {
			e.hook.request = func(j *job) *job {
				if !j.perturbed() {
					for k, s := range j.chain {
						if s.Op == "affine" {
							zero(j.w[k][s.In*s.Out:])
						}
					}
				}
				return j
			}
			e.hook.step = func(j *job, i int, w, u, after []float64) {}
		})},
		{"delta only from the second operator on when eps is 0", "perturbations", asked(func(_ *job, s *Sample) {
			for _, e := range s.Eps {
				if slices.ContainsFunc(e, func(x float64) bool { return x != 0 }) {
					return
				}
			}
			zero(s.Delta[0])
		})},
	}
}

// onJ1 changes what an operator sends back.
func onJ1(op string, change func(i int, j *job, x, f, v, g []float64)) func() Engine {
	return onlySteps(func(e *lab) { changeJ1(e, op, change) })
}

func changeJ1(e *lab, op string, change func(i int, j *job, x, f, v, g []float64)) {
	e.hook.j1 = func(i int, j *job, x, _, f, _, v, g []float64) {
		if op == "" || j.chain[i-1].Op == op {
			change(i, j, x, f, v, g)
		}
	}
}

// onF changes what an operator computes.
func onF(op string, change func(i int, s core.Spec, x, w, y []float64)) func() Engine {
	return onlySteps(func(e *lab) { changeF(e, op, change) })
}

func changeF(e *lab, op string, change func(i int, s core.Spec, x, w, y []float64)) {
	e.hook.forward = func(i int, s core.Spec, x, w, y []float64) {
		if op == "" || s.Op == op {
			change(i, s, x, w, y)
		}
	}
}

// onJ2 changes a gradient by a weight.
func onJ2(op string, change func(i int, j *job, x, v, g []float64)) func() Engine {
	return onlySteps(func(e *lab) {
		e.hook.j2 = func(i int, j *job, x, _, v, g []float64) {
			if op == "" || j.chain[i-1].Op == op {
				change(i, j, x, v, g)
			}
		}
	})
}

func times(v []float64, factor float64) {
	for k := range v {
		v[k] *= factor
	}
}

func operatorFaults() []plantedFault {
	return []plantedFault{
		{"halfsq ignores what comes back", "operators", onJ1("halfsq", func(_ int, _ *job, x, _, _, g []float64) {
			copy(g, x)
		})},
		{"softmaxce ignores what comes back", "operators", onJ1("softmaxce", func(_ int, _ *job, _, _, v, g []float64) {
			times(g, 1/v[0])
		})},
		{"bilinear ignores what comes back", "operators", onJ2("bilinear", func(_ int, _ *job, _, v, g []float64) {
			times(g, 1/v[0])
		})},
		{"logistic ignores what comes back", "operators", onJ1("logistic", func(_ int, _ *job, x, _, _, g []float64) {
			g[0] = sigmoid(x[0])
		})},
		{"sigmoid as the last operator lacks its derivative", "operators",
			onJ1("sigmoid", func(i int, j *job, _, _, v, g []float64) {
				if i == len(j.chain) {
					copy(g, v)
				}
			})},
		{"label of a first softmaxce is 0", "operators", onF("softmaxce", func(i int, s core.Spec, x, _, y []float64) {
			if i == 1 {
				y[0] += x[s.Label] - x[0]
			}
		})},
		{"softplus as the last operator lacks its derivative", "operators",
			onJ1("softplus", func(i int, j *job, _, _, v, g []float64) {
				if i == len(j.chain) {
					copy(g, v)
				}
			})},
		{"scale as the last operator has the gradient of bias", "operators",
			onJ2("scale", func(i int, j *job, _, v, g []float64) {
				if i == len(j.chain) {
					copy(g, v)
				}
			})},
		{"bias as the last operator has no gradient", "operators", onJ2("bias", func(i int, j *job, _, _, g []float64) {
			if i == len(j.chain) {
				clear(g)
			}
		})},
		{"square as the last operator halved", "operators", onF("square", func(i int, _ core.Spec, _, _, y []float64) {
			if len(y) == 1 && i > 1 {
				y[0] /= 2
			}
		})},
		{"transposed Jacobian", "operators", onlySteps(func(e *lab) {
			e.hook.j1 = func(i int, j *job, _, w, _, _, v, g []float64) {
				if s := j.chain[i-1]; (s.Op == "affine" || s.Op == "linear") && s.In == s.Out {
					for r := range g {
						g[r] = 0
						for c := range v {
							g[r] += w[r*s.In+c] * v[c]
						}
					}
				}
			}
		})},
		{"transposed gradient", "operators", onJ2("linear", func(i int, j *job, x, v, g []float64) {
			if s := j.chain[i-1]; s.In == s.Out {
				for r := range v {
					for c := range x {
						g[r*s.In+c] = v[c] * x[r]
					}
				}
			}
		})},
		{"tanh derivative at the input", "operators", onJ1("tanh", func(_ int, _ *job, x, _, v, g []float64) {
			for k := range g {
				g[k] = (1 - x[k]*x[k]) * v[k]
			}
		})},
		{"square derivative without 2", "operators", onJ1("square", func(_ int, _ *job, _, _, _, g []float64) {
			times(g, 0.5)
		})},
		{"softmax label off by one", "operators", onlySteps(func(e *lab) {
			e.hook.request = func(j *job) *job {
				for k, s := range j.chain {
					if s.Op == "softmaxce" {
						j.chain[k].Label = (s.Label + 1) % s.N
					}
				}
				return j
			}
		})},
		{"softmax without the 1 of the label", "operators", onJ1("softmaxce", func(i int, j *job, _, _, v, g []float64) {
			g[j.chain[i-1].Label] += v[0]
		})},
		{"no bias gradient", "operators", onJ2("affine", func(i int, j *job, _, _, g []float64) {
			clear(g[j.chain[i-1].In*j.chain[i-1].Out:])
		})},
		{"bias gradient summed over outputs", "operators", onJ2("affine", func(i int, j *job, _, v, g []float64) {
			sum := 0.0
			for _, x := range v {
				sum += x
			}
			fill(g[j.chain[i-1].In*j.chain[i-1].Out:], sum)
		})},
		{"last weight forgotten", "operators", onJ2("", func(_ int, _ *job, _, _, g []float64) {
			if len(g) > 1 {
				g[len(g)-1] = 0
			}
		})},
		{"sign wrong in operator 3 only", "operators", onJ2("", func(i int, _ *job, _, _, g []float64) {
			if i == 3 {
				times(g, -1)
			}
		})},
		{"3 % too much", "operators", onJ2("", func(_ int, _ *job, _, _, g []float64) { times(g, 1.03) })},
		{"sigmoid for tanh", "operators", onlySteps(func(e *lab) {
			e.hook.request = func(j *job) *job {
				for k, s := range j.chain {
					if s.Op == "tanh" {
						j.chain[k].Op = "sigmoid"
					}
				}
				return j
			}
		})},
		{"scale after bias fused in the wrong order", "operators", onlySteps(func(e *lab) {
			e.hook.request = func(j *job) *job {
				for k := 1; k < len(j.chain); k++ {
					if j.chain[k].Op == "scale" && j.chain[k-1].Op == "bias" {
						for i, s := range j.w[k] {
							j.w[k-1][i] /= s
						}
					}
				}
				return j
			}
			e.hook.step = func(j *job, i int, w, u, after []float64) {}
		})},
		{"square after softplus fused without its derivative", "operators",
			onJ1("square", func(i int, j *job, _, _, v, g []float64) {
				if i > 1 && j.chain[i-2].Op == "softplus" {
					copy(g, v)
				}
			})},
		{"bilinear without the square of x", "operators", onF("bilinear", func(_ int, _ core.Spec, x, _, y []float64) {
			for _, a := range x {
				y[0] -= a * a / 2
			}
		})},
		{"bilinear Jacobian without x", "operators", onJ1("bilinear", func(_ int, _ *job, x, _, v, g []float64) {
			for k := range g {
				g[k] -= x[k] * v[0]
			}
		})},
		{"halfsq without the half", "operators", onF("halfsq", func(_ int, _ core.Spec, _, _, y []float64) { y[0] *= 2 })},
		{"fixed is its transpose", "operators", onJ1("fixed", func(i int, j *job, _, _, v, g []float64) {
			if a := j.chain[i-1].A; len(a) == len(a[0]) {
				for r := range g {
					g[r] = 0
					for c := range v {
						g[r] += a[r][c] * v[c]
					}
				}
			}
		})},
		{"scale has the gradient of bias", "operators", onJ2("scale", func(_ int, _ *job, _, v, g []float64) {
			copy(g, v)
		})},
		{"loss and regularizer", "operators", replying(func(_ int, j *job, r *Reply) (*Reply, error) {
			for _, w := range j.w {
				r.Loss += j.reg.Value(w)
			}
			return r, nil
		})},
		{"regularizer in u", "operators", replying(func(_ int, j *job, r *Reply) (*Reply, error) {
			for i, w := range j.w {
				for k, x := range w {
					r.U[i][k] += j.reg.Grad(x)
				}
			}
			return r, nil
		})},
		{"gradient divided by the width", "operators", onJ2("linear", func(_ int, _ *job, x, _, g []float64) {
			times(g, 1/float64(len(x)))
		})},
	}
}

func sizeFaults() []plantedFault {
	return []plantedFault{
		{"the last entry of 31 dropped", "widths", onF("", func(_ int, _ core.Spec, x, _, y []float64) {
			if len(x) == 31 && len(y) == 31 {
				y[30] = 0
			}
		})},
		{"tail of a vector of eights in a Jacobian", "widths", onJ1("", func(_ int, _ *job, _, _, _, g []float64) {
			if n := len(g); n > 8 && n%8 == 7 {
				g[n-1] = 0
			}
		})},
		{"matrices of more than 1024 entries cut", "widths", onJ2("linear", func(_ int, _ *job, _, _, g []float64) {
			if len(g) > 1024 {
				clear(g[1024:])
			}
		})},
		{"blocks of 16 added once too often", "widths", onF("halfsq", func(_ int, _ core.Spec, x, _, y []float64) {
			if n := len(x); n > 16 {
				y[0] += x[16] * x[16] / 2
			}
		})},
		{"matrices of more than 2000 entries cut", "widths", onJ2("", func(_ int, _ *job, _, _, g []float64) {
			if len(g) > 2000 {
				clear(g[2000:])
			}
		})},
		{"row 64 of a matrix twice", "widths", onF("affine", func(_ int, s core.Spec, _, w, y []float64) {
			if s.Out > 64 {
				y[64] = y[63] - w[s.In*s.Out+63] + w[s.In*s.Out+64]
			}
		})},
		{"tail of a reduction dropped in bfloat16", "widths", in(word("bfloat16"), func(e *lab) {
			changeF(e, "fixed", func(_ int, s core.Spec, x, _, y []float64) {
				if n := len(x); n > 32 {
					for j := range y {
						y[j] = e.c(y[j] - s.A[j][n-1]*x[n-1])
					}
				}
			})
		})},
		{"a term dropped in a Jacobian in float16", "widths", in(word("float16"), func(e *lab) {
			e.hook.j1 = func(i int, j *job, _, w, _, _, v, g []float64) {
				if s := j.chain[i-1]; s.Op == "linear" && len(v) > 32 {
					for k := range g {
						g[k] = e.c(g[k] - w[(len(v)-1)*s.In+k]*v[len(v)-1])
					}
				}
			}
		})},
		{"softmax of more than 32 classes loses one", "widths",
			onJ1("softmaxce", func(_ int, _ *job, _, _, _, g []float64) {
				if len(g) > 32 {
					g[32] = 0
				}
			})},
		{"refuses more than 12 operators", "long-chain", replying(func(_ int, j *job, r *Reply) (*Reply, error) {
			if len(j.chain) > 12 {
				return nil, errors.New("too long")
			}
			return r, nil
		})},
		{"recomputes segments of eight without delta", "long-chain", onlySteps(func(e *lab) {
			e.hook.at = func(i int, j *job, y, _ [][]float64) []float64 {
				if i > 8 && i%8 == 0 {
					v := slices.Clone(y[i])
					for k, d := range j.first().Delta[i-1] {
						v[k] -= d
					}
					return v
				}
				return y[i]
			}
		})},
		{"recomputes segments of sixteen without delta", "long-chain", onlySteps(func(e *lab) {
			e.hook.at = func(i int, j *job, y, _ [][]float64) []float64 {
				if i == 0 || i%16 > 0 || i == len(j.chain) {
					return y[i]
				}
				v := slices.Clone(y[i])
				for k, d := range j.first().Delta[i-1] {
					v[k] -= d
				}
				return v
			}
		})},
		{"gradient of operator 10 and beyond from its neighbour", "long-chain",
			onJ2("", func(i int, _ *job, _, _, g []float64) {
				if i >= 10 {
					times(g, 2)
				}
			})},
		{"an operator dropped when pipelined in four", "long-chain",
			onJ1("bias", func(i int, j *job, _, _, v, g []float64) {
				if len(j.chain) >= 9 && i > 2 {
					times(g, 1.5)
				}
			})},
		{"equal layers share a gradient", "ties", onlySteps(func(e *lab) {
			e.hook.reply = func(j *job, r *Reply) (*Reply, error) {
				for k := 1; k < len(j.chain); k++ {
					if w := j.w[k]; sameSpec(j.chain[k], j.chain[k-1]) && slices.Equal(w, j.w[k-1]) && len(w) > 2 &&
						w[0] != math.Trunc(w[0]) {
						copy(r.U[k], r.U[k-1])
					}
				}
				return r, nil
			}
		})},
		{"equal layers are one", "ties", onF("", func(i int, s core.Spec, x, w, y []float64) {
			if len(w) > 1 && !slices.ContainsFunc(w, func(v float64) bool { return v != w[0] }) && w[0] != 0 && w[0] != 1 {
				times(y, 1.25)
			}
		})},
		{"zero weights taken for missing", "ties", onF("linear", func(_ int, _ core.Spec, x, w, y []float64) {
			if !slices.ContainsFunc(w, func(v float64) bool { return v != 0 }) {
				fill(y, x[0])
			}
		})},
		{"a quotient by the weight", "ties", onJ1("scale", func(i int, j *job, _, _, _, g []float64) {
			for k, w := range j.w[i-1] {
				g[k] = g[k] / w * w
			}
		})},
		{"a quotient by the input", "ties", onJ2("scale", func(_ int, _ *job, x, _, g []float64) {
			for k, a := range x {
				g[k] = g[k] / a * a
			}
		})},
		{"ties in softmax", "ties", onJ1("softmaxce", func(_ int, _ *job, x, _, v, g []float64) {
			top := slices.Max(x)
			for k := slices.Index(x, top) + 1; k < len(x); k++ {
				if x[k] == top {
					g[k] -= v[0] / 8
				}
			}
		})},
		{"sparse: zero inputs lose their gradient", "ties", onJ1("tanh", func(_ int, _ *job, x, _, _, g []float64) {
			for k, a := range x {
				if a == 0 && len(x) == 4 {
					g[k] = 0
				}
			}
		})},
		{"derivative of square at 0 is NaN", "ties", onJ1("square", func(_ int, _ *job, x, f, v, g []float64) {
			for k := range g {
				g[k] = 2 * f[k] / x[k] * v[k]
			}
		})},
		{"delta clipped at 64", "sizes", asked(func(_ *job, s *Sample) { clip(64, s.Delta...) })},
		{"eps clipped at 100", "sizes", asked(func(_ *job, s *Sample) { clip(100, s.Eps...) })},
		{"gradient clipped at 1e6", "sizes", onJ2("", func(_ int, _ *job, _, _, g []float64) { clip(1e6, g) })},
		{"input clipped at 1e4", "sizes", asked(func(_ *job, s *Sample) { clip(1e4, s.X) })},
		{"weights clipped at 1e5 for the pass", "sizes", onF("linear", func(_ int, s core.Spec, x, w, y []float64) {
			for j := range y {
				for k, a := range x {
					v := w[j*s.In+k]
					y[j] += (max(-1e5, min(1e5, v)) - v) * a
				}
			}
		})},
		{"small gradients flushed to 0", "sizes", onJ2("", func(_ int, _ *job, _, _, g []float64) { flush(1e-7, g) })},
		{"small eps flushed to 0", "sizes", asked(func(_ *job, s *Sample) { flush(1e-8, s.Eps...) })},
		{"small delta flushed to 0", "sizes", asked(func(_ *job, s *Sample) { flush(1e-6, s.Delta...) })},
		{"adds 1e-8 before it divides", "sizes", onJ1("scale", func(i int, j *job, _, _, _, g []float64) {
			for k := range g {
				g[k] *= math.Abs(g[k]) / (math.Abs(g[k]) + 1e-12)
			}
		})},
		{"an epsilon in the loss", "sizes", onF("halfsq", func(_ int, _ core.Spec, _, _, y []float64) { y[0] += 1e-12 })},
	}
}

func clip(limit float64, rows ...[]float64) {
	for _, v := range rows {
		for k, x := range v {
			if math.Abs(x) > limit {
				v[k] = math.Copysign(limit, x)
			}
		}
	}
}

func flush(limit float64, rows ...[]float64) {
	for _, v := range rows {
		for k, x := range v {
			if math.Abs(x) < limit {
				v[k] = 0
			}
		}
	}
}

// valued changes a function where its argument lies in a range.
func valued(op string, lo, hi float64, f func(x, y float64) float64) func() Engine {
	return onF(op, func(_ int, _ core.Spec, x, _, y []float64) {
		for k, a := range x {
			if lo <= a && a <= hi {
				y[k] = f(a, y[k])
			}
		}
	})
}

// sloped changes a derivative where the argument lies in a range.
func sloped(op string, lo, hi float64, d func(x, d float64) float64) func() Engine {
	return onJ1(op, func(_ int, _ *job, x, _, v, g []float64) {
		for k, a := range x {
			if lo <= a && a <= hi && v[k] != 0 {
				g[k] = d(a, g[k]/v[k]) * v[k]
			}
		}
	})
}

var inf = math.Inf(1)

func functionFaults() []plantedFault {
	return []plantedFault{
		{"softplus is x from 20 on", "sweep", valued("softplus", 20, inf, func(x, _ float64) float64 { return x })},
		{"softplus is x from 16 on", "sweep", valued("softplus", 16, inf, func(x, _ float64) float64 { return x })},
		{"softplus is x from 26 on", "sweep", valued("softplus", 26, inf, func(x, _ float64) float64 { return x })},
		{"logistic is x from 30 on", "sweep", valued("logistic", 30, inf, func(x, _ float64) float64 { return x })},
		{"softplus is x from 12 on in float32", "sweep", in(word("float32"), func(e *lab) {
			changeF(e, "softplus", func(_ int, _ core.Spec, x, _, y []float64) {
				for k, a := range x {
					if a > 9 {
						y[k] = a
					}
				}
			})
		})},
		{"ln(1+z) is z below 1e-4", "sweep", valued("softplus", -inf, -9.2, func(x, _ float64) float64 {
			return math.Exp(x)
		})},
		{"softplus overflows", "sweep", valued("softplus", 700, inf, func(x, _ float64) float64 {
			return math.Log(1 + math.Exp(x))
		})},
		{"logistic overflows in float32", "sweep", in(word("float32"), func(e *lab) {
			changeF(e, "logistic", func(_ int, _ core.Spec, x, _, y []float64) {
				if x[0] > 88.8 {
					y[0] = inf
				}
			})
		})},
		{"softplus is 0 below -30", "sweep", valued("softplus", -inf, -30, func(_, _ float64) float64 { return 0 })},
		{"derivative of softplus is 1 from 20 on", "sweep", sloped("softplus", 20, inf, func(_, _ float64) float64 {
			return 1
		})},
		{"derivative of softplus as 1-e^-y everywhere", "sweep", sloped("softplus", -inf, -5, func(x, _ float64) float64 {
			return 1 - math.Exp(-softplus(x))
		})},
		{"sigmoid clamped at 30", "sweep", valued("sigmoid", -inf, -30, func(_, _ float64) float64 {
			return sigmoid(-30)
		})},
		{"sigmoid is 0 below -40", "sweep", valued("sigmoid", -inf, -40, func(_, _ float64) float64 { return 0 })},
		{"sigmoid as (1+tanh(x/2))/2 everywhere", "sweep", valued("sigmoid", -inf, -5, func(x, _ float64) float64 {
			return (1 + math.Tanh(x/2)) / 2
		})},
		{"sigmoid as e^x/(1+e^x)", "sweep", valued("sigmoid", 700, inf, func(x, _ float64) float64 {
			return math.Exp(x) / (1 + math.Exp(x))
		})},
		{"hard sigmoid derivative beyond 8", "sweep", sloped("sigmoid", 8, inf, func(_, _ float64) float64 { return 0 })},
		{"tanh is 1 from 9 on", "sweep", valued("tanh", 9, inf, func(_, _ float64) float64 { return 1 })},
		{"tanh by a fraction beyond 8", "sweep", valued("tanh", 7.9, 19, func(x, y float64) float64 {
			return y * (1 - 1e-12)
		})},
		{"tanh by two terms of its series below 1/16", "sweep", valued("tanh", -0.07, 0.07, func(x, _ float64) float64 {
			return x - x*x*x/3
		})},
		{"tanh by exponentials near 0", "sweep", valued("tanh", -1, 1, func(x, _ float64) float64 {
			return (math.Exp(2*x) - 1) / (math.Exp(2*x) + 1)
		})},
		{"tanh overflows", "sweep", valued("tanh", 355, inf, func(x, _ float64) float64 {
			return (math.Exp(2*x) - 1) / (math.Exp(2*x) + 1)
		})},
		{"tanh derivative overflows", "sweep", sloped("tanh", -inf, inf, func(x, d float64) float64 {
			return d * (math.Cosh(x) / math.Cosh(x))
		})},
		{"tanh derivative flushed beyond 5", "sweep", sloped("tanh", 5, inf, func(_, _ float64) float64 { return 0 })},
		{"unshifted softmax", "sweep", onlySteps(func(e *lab) {
			unshifted := func(x []float64) (sum float64) {
				for _, a := range x {
					sum += math.Exp(a)
				}
				return sum
			}
			changeF(e, "softmaxce", func(_ int, s core.Spec, x, _, y []float64) {
				y[0] = math.Log(unshifted(x)) - x[s.Label]
			})
			changeJ1(e, "softmaxce", func(i int, j *job, x, _, v, g []float64) {
				for k, a := range x {
					g[k] = math.Exp(a) / unshifted(x) * v[0]
				}
				g[j.chain[i-1].Label] -= v[0]
			})
		})},
		{"unshifted softmax in float32", "sweep", in(word("float32"), func(e *lab) {
			changeF(e, "softmaxce", func(_ int, s core.Spec, x, _, y []float64) {
				if slices.Max(x) > 88.8 {
					y[0] = inf
				}
			})
		})},
		{"unshifted softmax in float16", "sweep", in(word("float16"), func(e *lab) {
			changeF(e, "softmaxce", func(_ int, s core.Spec, x, _, y []float64) {
				if slices.Max(x) > 11.1 {
					y[0] = math.NaN()
				}
			})
		})},
		{"loss clamped at 100", "sweep", onF("softmaxce", func(_ int, _ core.Spec, _, _, y []float64) {
			y[0] = min(y[0], 100)
		})},
		{"loss as -ln p", "sweep", onF("softmaxce", func(_ int, s core.Spec, x, _, y []float64) {
			sum := 0.0
			for _, a := range x {
				sum += math.Exp(a - slices.Max(x))
			}
			y[0] = -math.Log(math.Exp(x[s.Label]-slices.Max(x)) / sum)
		})},
		{"p at least 1e-7", "sweep", onJ1("softmaxce", func(i int, j *job, x, _, v, g []float64) {
			for k := range g {
				if p := g[k] / v[0]; k != j.chain[i-1].Label && p < 1e-7 {
					g[k] = 1e-7 * v[0]
				}
			}
		})},
		// As candle: 0 is what sum p - 1 should be, and what it is comes to the largest logit.
		{"softmax differentiates through its largest logit", "sweep",
			in(word("float32"), func(e *lab) {
				changeJ1(e, "softmaxce", func(i int, j *job, x, _, v, g []float64) {
					top, noise := 0, 0.0
					for k := range g {
						if x[k] > x[top] {
							top = k
						}
						noise = e.c(noise + g[k])
					}
					g[top] = e.c(g[top] - noise)
				})
			})},
		{"label smoothing of 1e-6", "sweep", onJ1("softmaxce", func(i int, j *job, _, _, v, g []float64) {
			g[j.chain[i-1].Label] += 1e-6 * v[0]
		})},
		{"sigmoid derivative 1e-9 at least", "sweep", sloped("sigmoid", -inf, -15, func(_, d float64) float64 {
			return max(d, 1e-9)
		})},
	}
}

// in64 passes numbers through another format in a float64 engine.
func through(name string) func(v []float64) {
	f := formats[name]
	return func(v []float64) {
		for k, x := range v {
			v[k] = f.round(x)
		}
	}
}

// factor multiplies a Jacobian by 1 + units u in a precision.
func factor(op string, p Precision, units float64, where func(x float64) bool) func() Engine {
	return in(p, func(e *lab) {
		u := e.computed.unit()
		if e.stored.digits < e.computed.digits {
			u = e.stored.unit()
		}
		changeJ1(e, op, func(_ int, _ *job, x, _, _, g []float64) {
			for k := range g {
				if where == nil || where(x[min(k, len(x)-1)]) {
					g[k] = e.c(g[k] * (1 + units*u))
				}
			}
		})
	})
}

// factorOf is factor for a derivative of another formula.
func factorOf(name, form string, p Precision, units float64) func() Engine {
	make := factor(strings.TrimSuffix(name, "'"), p, units, nil)
	return func() Engine {
		e := make().(*lab)
		e.forms[name] = form
		return e
	}
}

func precisionFaults() []plantedFault {
	return []plantedFault{
		{"float32 called float64", "operators", func() Engine {
			e := newLab(word("float32"))
			e.info.Mixed = float64s
			return e
		}},
		{"input through float32", "operators", asked(func(_ *job, s *Sample) { through("float32")(s.X) })},
		{"weights through float32", "operators", onF("", func(_ int, s core.Spec, x, w, y []float64) {
			if s.Op == "scale" {
				for k := range y {
					y[k] = x[k] * float64(float32(w[k]))
				}
			}
		})},
		{"delta through bfloat16", "operators", asked(func(_ *job, s *Sample) {
			for _, d := range s.Delta {
				through("bfloat16")(d)
			}
		})},
		{"eps through float32", "operators", asked(func(_ *job, s *Sample) {
			for _, d := range s.Eps {
				through("float32")(d)
			}
		})},
		{"matrix of fixed through float32", "operators", onlySteps(func(e *lab) {
			e.hook.request = func(j *job) *job {
				for k := range j.chain {
					for _, row := range j.chain[k].A {
						through("float32")(row)
					}
				}
				return j
			}
		})},
		{"gamma through bfloat16", "operators", asked(func(j *job, _ *Sample) {
			j.steps[0].Gamma = formats["bfloat16"].round(j.steps[0].Gamma)
		})},
		{"rho through float32", "operators", asked(func(j *job, _ *Sample) { j.reg.Rho = float64(float32(j.reg.Rho)) })},
		{"states through float32", "operators", onlySteps(func(e *lab) {
			e.hook.state = func(_ int, _ *job, _ *Sample, _, y []float64) { through("float32")(y) }
		})},
		{"gradient through float32 on its way back", "operators", onlySteps(func(e *lab) {
			e.hook.back = func(_ int, _ *job, _ *Sample, _, v []float64) { through("float32")(v) }
		})},
		{"a constant with seven digits", "operators", onF("logistic", func(_ int, _ core.Spec, x, _, y []float64) {
			y[0] *= float64(float32(1.0000001))
		})},
		{"weights lose nine digits", "operators", replying(func(_ int, _ *job, r *Reply) (*Reply, error) {
			for _, w := range r.W {
				through("float32")(w)
			}
			return r, nil
		})},
		{"sums in bfloat16 called float32", "widths", func() Engine {
			e := newLab(word("bfloat16"))
			e.info.Mixed = Precision{"bfloat16", "bfloat16", "float32"}
			return e
		}},
		{"eps added in bfloat16 by a float32 engine", "operators", in(word("float32"), func(e *lab) {
			e.hook.back = func(_ int, _ *job, _ *Sample, _, v []float64) { through("bfloat16")(v) }
		})},
		{"tanh' 12 % too large in bfloat16", "mean", factor("tanh", word("bfloat16"), 32, func(x float64) bool {
			return x != 0
		})},
		{"tanh' 8 u too large in float64", "anchors", factor("tanh", float64s, 8, nil)},
		{"tanh' 8 u too small in bfloat16", "anchors", factor("tanh", word("bfloat16"), -8, nil)},
		{"sigmoid' 8 u too large in float32", "anchors", factor("sigmoid", word("float32"), 8, nil)},
		{"softplus' 8 u too small in float16", "anchors", factor("softplus", word("float16"), -8, nil)},
		{"logistic' 8 u too large in e4m3", "anchors", factor("logistic", word("e4m3"), 8, nil)},
		{"softmaxce' 8 u too large in bfloat16", "anchors", factor("softmaxce", word("bfloat16"), 8, nil)},
		{"linear 8 u too large in bfloat16", "anchors", factor("linear", word("bfloat16"), 8, nil)},
		{"square 8 u too small in e5m2", "anchors", factor("square", word("e5m2"), -8, nil)},
		{"halfsq 8 u too large with tf32", "anchors", factor("halfsq", Precision{"float32", "tf32", "float32"}, 8, nil)},
		{"bilinear 8 u too large in bfloat16", "anchors", factor("bilinear", word("bfloat16"), 8, nil)},
		{"sigmoid' by exp 8 u too large in float32", "anchors", factorOf("sigmoid'", "exp", word("float32"), 8)},
		{"tanh' by cosh 8 u too small in float64", "anchors", factorOf("tanh'", "cosh", float64s, -8)},
		{"tanh' 4 u too large but at 0", "mean", factor("tanh", float64s, 4, func(x float64) bool { return x != 0 })},
		{"tanh' 4 u too large but at 0 in bfloat16", "mean", factor("tanh", word("bfloat16"), 4, func(x float64) bool {
			return x != 0
		})},
		{"sigmoid' 8 u too small for negative numbers", "mean", factor("sigmoid", float64s, -8, func(x float64) bool {
			return x < 0
		})},
		{"softmaxce' 4 u too large", "mean", factor("softmaxce", float64s, 4, func(x float64) bool { return x != 0 })},
		{"softplus' 12 u too large", "mean", factor("softplus", word("float32"), 12, func(x float64) bool {
			return x != 0
		})},
	}
}

// stepping changes the new weights.
func stepping(change func(j *job, w, u, after []float64)) func() Engine {
	return onlySteps(func(e *lab) {
		e.hook.step = func(j *job, _ int, w, u, after []float64) { change(j, w, u, after) }
	})
}

func newWeights(w, u []float64, gamma float64, reg core.Regularizer, after []float64) {
	copy(after, w)
	core.Step(after, u, gamma, reg)
}

func stepFaults() []plantedFault {
	return []plantedFault{
		{"gamma rounded to six decimals", "step", stepping(func(j *job, w, u, after []float64) {
			newWeights(w, u, math.Round(1e6*j.steps[0].Gamma)/1e6, j.reg, after)
		})},
		{"decay does not turn the sign of a weight", "step", stepping(func(j *job, w, u, after []float64) {
			gamma := j.steps[0].Gamma
			for k := range w {
				if j.reg.Kind == "l2" && 2*gamma*j.reg.Rho > 1 {
					after[k] = -gamma * u[k]
				} else {
					newWeights(w[k:k+1], u[k:k+1], gamma, j.reg, after[k:k+1])
				}
			}
		})},
		{"regularizer dropped", "step", stepping(func(j *job, w, u, after []float64) {
			newWeights(w, u, j.steps[0].Gamma, core.Regularizer{}, after)
		})},
		{"half the regularizer", "step", stepping(func(j *job, w, u, after []float64) {
			newWeights(w, u, j.steps[0].Gamma, core.Regularizer{Kind: j.reg.Kind, Rho: j.reg.Rho / 2}, after)
		})},
		{"decay applied twice", "step", stepping(func(j *job, w, u, after []float64) {
			newWeights(w, u, j.steps[0].Gamma, core.Regularizer{Kind: j.reg.Kind, Rho: j.reg.Rho * 2}, after)
		})},
		{"regularizer at the new weights", "step", stepping(func(j *job, w, u, after []float64) {
			newWeights(w, u, j.steps[0].Gamma, core.Regularizer{}, after)
			for k, x := range after {
				after[k] -= j.steps[0].Gamma * j.reg.Grad(x)
			}
		})},
		{"decay without gamma", "step", stepping(func(j *job, w, u, after []float64) {
			newWeights(w, u, j.steps[0].Gamma, core.Regularizer{}, after)
			for k, x := range w {
				after[k] -= 0.5 * j.reg.Grad(x)
			}
		})},
		{"weight decay of its own", "step", stepping(func(j *job, w, _, after []float64) {
			if j.reg.Kind == "none" {
				for k, x := range w {
					after[k] -= 0.01 * j.steps[0].Gamma * x
				}
			}
		})},
		{"weight decay of its own, 1e-9", "step", stepping(func(j *job, w, _, after []float64) {
			for k, x := range w {
				after[k] -= 1e-9 * x
			}
		})},
		{"gamma squared", "step", stepping(func(j *job, w, u, after []float64) {
			newWeights(w, u, j.steps[0].Gamma*j.steps[0].Gamma, j.reg, after)
		})},
		{"gamma cut at 3", "step", stepping(func(j *job, w, u, after []float64) {
			newWeights(w, u, min(j.steps[0].Gamma, 3), j.reg, after)
		})},
		{"gamma cut at 1", "step", stepping(func(j *job, w, u, after []float64) {
			newWeights(w, u, min(j.steps[0].Gamma, 1), j.reg, after)
		})},
		{"gamma at least 1/1000", "step", stepping(func(j *job, w, u, after []float64) {
			newWeights(w, u, max(j.steps[0].Gamma, 1e-3), j.reg, after)
		})},
		{"gamma of 0 taken for the default", "step", stepping(func(j *job, w, u, after []float64) {
			if j.steps[0].Gamma == 0 {
				newWeights(w, u, 0.01, j.reg, after)
			}
		})},
		{"weights become NaN at rest", "step", stepping(func(j *job, _, _, after []float64) {
			if j.steps[0].Gamma == 0 {
				fill(after, math.NaN())
			}
		})},
		{"rho cut at 1", "step", stepping(func(j *job, w, u, after []float64) {
			newWeights(w, u, j.steps[0].Gamma, core.Regularizer{Kind: j.reg.Kind, Rho: min(j.reg.Rho, 1)}, after)
		})},
		{"small rho ignored", "step", stepping(func(j *job, w, u, after []float64) {
			if j.reg.Rho < 1e-3 {
				newWeights(w, u, j.steps[0].Gamma, core.Regularizer{}, after)
			}
		})},
		{"nonconvex with 1+w^2 not squared", "step", stepping(func(j *job, w, u, after []float64) {
			if j.reg.Kind == "nonconvex" {
				for k, x := range w {
					after[k] = x - j.steps[0].Gamma*(u[k]+2*j.reg.Rho*x/(1+x*x))
				}
			}
		})},
		{"large weights not decayed", "step", stepping(func(j *job, w, u, after []float64) {
			for k, x := range w {
				if math.Abs(x) > 100 {
					newWeights(w[k:k+1], u[k:k+1], j.steps[0].Gamma, core.Regularizer{}, after[k:k+1])
				}
			}
		})},
		{"weights at 0 are frozen", "step", stepping(func(_ *job, w, _, after []float64) {
			for k, x := range w {
				if x == 0 {
					after[k] = 0
				}
			}
		})},
		{"weights without gradient are not decayed", "step", stepping(func(_ *job, w, u, after []float64) {
			for k, x := range u {
				if x == 0 {
					after[k] = w[k]
				}
			}
		})},
		{"biases are not decayed", "step", onlySteps(func(e *lab) {
			e.hook.step = func(j *job, i int, w, u, after []float64) {
				if s := j.chain[i-1]; s.Op == "affine" {
					n := s.In * s.Out
					newWeights(w[n:], u[n:], j.steps[0].Gamma, core.Regularizer{}, after[n:])
				}
			}
		})},
	}
}

func wildFaults() []plantedFault {
	return []plantedFault{
		{"NaN in u becomes 0", "not-finite", replying(func(_ int, _ *job, r *Reply) (*Reply, error) {
			calm(r.U)
			return r, nil
		})},
		{"NaN in delta ignored", "not-finite", asked(func(_ *job, s *Sample) { calm(s.Delta) })},
		{"a logit of -Inf makes the loss NaN", "not-finite", onF("softmaxce", func(_ int, _ core.Spec, x, _, y []float64) {
			if slices.Contains(x, -inf) {
				y[0] = math.NaN()
			}
		})},
		{"Inf in eps becomes 0", "not-finite", asked(func(_ *job, s *Sample) {
			for _, row := range s.Eps {
				for k, x := range row {
					if math.IsInf(x, 0) {
						row[k] = 0
					}
				}
			}
		})},
		{"NaN in eps ignored", "not-finite", asked(func(_ *job, s *Sample) { calm(s.Eps) })},
		{"NaN in a weight ignored", "not-finite", onF("", func(i int, s core.Spec, x, w, y []float64) {
			if s.Op == "bias" {
				for k := range y {
					if w[k] != w[k] {
						y[k] = x[k]
					}
				}
			}
		})},
		{"NaN in the second logit is lost in a maximum", "not-finite", onlySteps(func(e *lab) {
			changeF(e, "softmaxce", func(_ int, s core.Spec, x, _, y []float64) {
				if len(x) > 1 && x[1] != x[1] {
					y[0] = 1
				}
			})
		})},
		{"relu-like maximum swallows NaN in softplus", "not-finite",
			onF("softplus", func(_ int, _ core.Spec, x, _, y []float64) {
				for k := range y {
					if x[k] != x[k] {
						y[k] = 0
					}
				}
			})},
		{"Inf becomes the largest number", "not-finite", onF("", func(_ int, _ core.Spec, _, _, y []float64) {
			for k, v := range y {
				if math.IsInf(v, 0) {
					y[k] = math.Copysign(math.MaxFloat64, v)
				}
			}
		})},
		{"tanh of Inf is NaN", "not-finite", onF("tanh", func(_ int, _ core.Spec, x, _, y []float64) {
			for k := range y {
				if math.IsInf(x[k], 0) {
					y[k] = math.NaN()
				}
			}
		})},
		{"-Inf loses its sign", "not-finite", onF("scale", func(_ int, _ core.Spec, x, _, y []float64) {
			for k := range y {
				if math.IsInf(y[k], -1) {
					y[k] = inf
				}
			}
		})},
		{"one NaN poisons its neighbours", "not-finite", onF("", func(_ int, s core.Spec, x, _, y []float64) {
			if slices.Contains(keepingOps, s.Op) && slices.ContainsFunc(x, func(v float64) bool { return v != v }) {
				fill(y, math.NaN())
			}
		})},
		{"a step with NaN is skipped", "not-finite", stepping(func(_ *job, w, _, after []float64) {
			for k, x := range after {
				if x != x {
					after[k] = w[k]
				}
			}
		})},
		{"loss of NaN is 0", "not-finite", replying(func(_ int, _ *job, r *Reply) (*Reply, error) {
			if r.Loss != r.Loss {
				r.Loss = 0
			}
			return r, nil
		})},
	}
}

func calm(rows [][]float64) {
	for _, row := range rows {
		for k, x := range row {
			if x != x {
				row[k] = 0
			}
		}
	}
}

// windowed joins the windows of a batch in a way of its own.
func windowed(join func(e *lab, j *job, parts []part) (float64, [][]float64)) func() Engine {
	return faulty(func(e *lab) {
		e.hook.windows = func(j *job, parts []part) (float64, [][]float64) { return join(e, j, parts) }
	})
}

func samplesOf(parts []part) float64 {
	n := 0
	for _, p := range parts {
		n += p.n
	}
	return float64(n)
}

func scaledPart(p part, factor float64) part {
	q := part{p.n, p.loss * factor, cloneRows(p.u)}
	for _, row := range q.u {
		times(row, factor)
	}
	return q
}

func batchFaults() []plantedFault {
	return []plantedFault{
		{"the last window counted twice", "batch", windowed(func(e *lab, _ *job, parts []part) (float64, [][]float64) {
			n := samplesOf(parts)
			if len(parts) > 1 {
				parts = append(parts, scaledPart(parts[len(parts)-1], 1))
			}
			return e.join(parts, n)
		})},
		{"the short last window dropped", "batch", windowed(func(e *lab, _ *job, parts []part) (float64, [][]float64) {
			n := samplesOf(parts)
			if k := len(parts); k > 1 && parts[k-1].n < parts[0].n {
				parts = parts[:k-1]
			}
			return e.join(parts, n)
		})},
		{"the mean of means of windows", "batch", windowed(func(e *lab, _ *job, parts []part) (float64, [][]float64) {
			for k, p := range parts {
				parts[k] = scaledPart(p, 1/float64(p.n))
			}
			return e.join(parts, float64(len(parts)))
		})},
		{"divided by accumulate", "batch", windowed(func(e *lab, j *job, parts []part) (float64, [][]float64) {
			return e.join(parts, float64(j.steps[0].Accumulate))
		})},
		{"gradients of a batch added up in bfloat16 by a float32 engine", "batch", in(word("float32"), func(e *lab) {
			e.hook.windows = func(_ *job, parts []part) (float64, [][]float64) {
				for _, p := range parts {
					for _, row := range p.u {
						if p.n > 1 {
							roundTo("bfloat16", row)
						}
					}
				}
				return e.join(parts, samplesOf(parts))
			}
		})},
		{"1/B through float32", "batch", windowed(func(e *lab, _ *job, parts []part) (float64, [][]float64) {
			n := samplesOf(parts)
			return e.join(parts, 1/float64(float32(1/n)))
		})},
		{"label 0 taken for none", "batch", faulty(func(e *lab) {
			e.hook.sample = func(_ *job, s *Sample) {
				if s.Label != nil && *s.Label == 0 {
					s.Label = nil
				}
			}
		})},
		{"the sum instead of the mean", "batch", windowed(func(e *lab, _ *job, parts []part) (float64, [][]float64) {
			return e.join(parts, 1)
		})},
		{"divided twice", "batch", windowed(func(e *lab, _ *job, parts []part) (float64, [][]float64) {
			n := samplesOf(parts)
			return e.join(parts, n*n)
		})},
		{"the loss of the last window", "batch", windowed(func(e *lab, _ *job, parts []part) (float64, [][]float64) {
			last := parts[len(parts)-1].loss / float64(parts[len(parts)-1].n)
			_, u := e.join(parts, samplesOf(parts))
			return last, u
		})},
		{"the first window forgotten", "batch", windowed(func(e *lab, _ *job, parts []part) (float64, [][]float64) {
			n := samplesOf(parts)
			if len(parts) > 2 {
				parts = parts[1:]
			}
			return e.join(parts, n)
		})},
		{"gradients not cleared between batches", "batch", faulty(func(e *lab) {
			left := map[string]part{}
			e.hook.windows = func(j *job, parts []part) (float64, [][]float64) {
				n := samplesOf(parts)
				if p, ok := left[shapes(j)]; ok && j.kind == batch {
					parts = append(parts, p)
				}
				left[shapes(j)] = scaledPart(parts[0], 1e-3)
				return e.join(parts, n)
			}
		})},
		{"the mean of the first 8 samples", "batch", faulty(firstSamples(8))},
		{"the mean of the first 16 samples", "batch", faulty(firstSamples(16))},
		{"the mean of the first 64 samples", "batch", faulty(firstSamples(64))},
		{"a tail of 32 samples and one dropped", "batch", faulty(func(e *lab) {
			e.hook.request = func(j *job) *job {
				if s := &j.steps[0]; j.kind == batch && len(s.Samples) > 32 && len(s.Samples)%2 == 1 {
					s.Samples = s.Samples[:len(s.Samples)-1]
				}
				return j
			}
		})},
		{"the chain's label for all samples", "batch", faulty(func(e *lab) {
			e.hook.sample = func(_ *job, s *Sample) { s.Label = nil }
		})},
		{"delta of the first sample for all", "batch", faulty(func(e *lab) {
			e.hook.sample = func(j *job, s *Sample) { copy(s.Delta, j.first().Delta) }
		})},
		{"eps of the last sample for all", "batch", faulty(func(e *lab) {
			e.hook.sample = func(j *job, s *Sample) {
				if j.kind == batch {
					samples := j.steps[0].Samples
					copy(s.Eps, samples[len(samples)-1].Eps)
				}
			}
		})},
		{"x of the first sample of a window for all of it", "batch", faulty(func(e *lab) {
			k := 0
			e.hook.sample = func(j *job, s *Sample) {
				if j.kind != batch {
					return
				}
				samples := j.steps[0].Samples
				if k >= len(samples) {
					k = 0
				}
				copy(s.X, samples[k-k%j.steps[0].Accumulate].X)
				k++
			}
		})},
		{"a step after each window", "batch", faulty(func(e *lab) {
			e.hook.step = func(j *job, i int, w, u, after []float64) {
				s := j.steps[0]
				if windows := (len(s.Samples) + s.Accumulate - 1) / s.Accumulate; j.kind == batch && windows > 1 {
					for k := range after {
						after[k] -= s.Gamma * u[k] * float64(windows-1)
					}
				}
			}
		})},
		{"gamma scaled by the batch", "batch", faulty(func(e *lab) {
			e.hook.step = func(j *job, i int, w, u, after []float64) {
				if n := len(j.steps[0].Samples); j.kind == batch && n > 1 {
					newWeights(w, u, j.steps[0].Gamma*math.Sqrt(float64(n)), j.reg, after)
				}
			}
		})},
		{"decay once a window", "batch", faulty(func(e *lab) {
			e.hook.step = func(j *job, i int, w, u, after []float64) {
				if n := len(j.steps[0].Samples); j.kind == batch && n > 1 && j.reg.Kind == "l2" {
					newWeights(w, u, j.steps[0].Gamma, core.Regularizer{Kind: "l2", Rho: j.reg.Rho * float64(n)}, after)
				}
			}
		})},
	}
}

// firstSamples leaves out the samples of a batch after the first n: a buffer of a fixed size.
func firstSamples(n int) func(e *lab) {
	return func(e *lab) {
		e.hook.request = func(j *job) *job {
			if s := &j.steps[0]; j.kind == batch {
				s.Samples = s.Samples[:min(n, len(s.Samples))]
				s.Accumulate = min(n, s.Accumulate)
			}
			return j
		}
	}
}

// frozenFrom keeps the weights of the n-th step from then on, a schedule that has an end.
func frozenFrom(n int) func(e *lab) {
	return func(e *lab) {
		e.hook.runReply = func(_ *job, r *RunReply) *RunReply {
			for t := n; t < len(r.Ws); t++ {
				r.Ws[t] = r.Ws[n-1]
			}
			return r
		}
	}
}

func runFaults() []plantedFault {
	return []plantedFault{
		{"momentum leaks", "run", faulty(func(e *lab) {
			var before [][]float64
			e.hook.carry = func(j *job, t int, w [][]float64) [][]float64 {
				if t == 0 {
					before = nil
				}
				out := cloneRows(w)
				if before != nil {
					for i := range out {
						for k := range out[i] {
							out[i][k] += 0.1 * (w[i][k] - before[i][k])
						}
					}
				}
				before = cloneRows(w)
				return out
			}
		})},
		{"the schedule of gamma is frozen", "run", faulty(func(e *lab) {
			e.hook.request = func(j *job) *job {
				for t := range j.steps {
					if j.kind == run {
						j.steps[t].Gamma = j.steps[0].Gamma
					}
				}
				return j
			}
		})},
		{"the samples of the first step again", "run", faulty(func(e *lab) {
			e.hook.request = func(j *job) *job {
				for t := range j.steps {
					j.steps[t].Samples = j.steps[0].Samples
					j.steps[t].Accumulate = j.steps[0].Accumulate
				}
				return j
			}
		})},
		{"carries weights in float32", "run", faulty(func(e *lab) {
			e.hook.carry = func(_ *job, t int, w [][]float64) [][]float64 {
				if w = cloneRows(w); t > 0 {
					for _, row := range w {
						roundTo("float32", row)
					}
				}
				return w
			}
		})},
		{"weights of two steps ago", "run", faulty(func(e *lab) {
			var older [][]float64
			e.hook.carry = func(j *job, t int, w [][]float64) [][]float64 {
				if t < 2 {
					older = w
					return w
				}
				out := older
				older = w
				return out
			}
		})},
		{"weights left from the run before", "run", faulty(func(e *lab) {
			left := map[string][][]float64{}
			e.hook.carry = func(j *job, t int, w [][]float64) [][]float64 {
				if k := shapes(j); t == 0 && left[k] != nil {
					w = left[k]
				}
				return w
			}
			e.hook.runReply = func(j *job, r *RunReply) *RunReply {
				left[shapes(j)] = cloneRows(r.Ws[len(r.Ws)-1])
				return r
			}
		})},
		{"the losses are those after the step", "run", faulty(func(e *lab) {
			e.hook.runReply = func(j *job, r *RunReply) *RunReply {
				copy(r.Losses, append(slices.Clone(r.Losses[1:]), r.Losses[0]+1))
				return r
			}
		})},
		{"all weights are the last", "run", faulty(func(e *lab) {
			e.hook.runReply = func(j *job, r *RunReply) *RunReply {
				for t := range r.Ws {
					r.Ws[t] = r.Ws[len(r.Ws)-1]
				}
				return r
			}
		})},
		{"the first step twice", "run", faulty(func(e *lab) {
			e.hook.carry = func(j *job, t int, w [][]float64) [][]float64 {
				if t > 0 {
					return w
				}
				c := *j
				loss, u := e.mean(&c, &j.steps[0])
				_ = loss
				return e.after(&c, j.steps[0].Gamma, w, u)
			}
		})},
		{"a step of gamma 0 ends the run", "run", faulty(func(e *lab) {
			e.hook.runReply = func(j *job, r *RunReply) *RunReply {
				for t := range r.Ws {
					if t > 0 && j.steps[t-1].Gamma == 0 {
						r.Ws[t] = r.Ws[t-1]
					}
				}
				return r
			}
		})},
		{"no step after the 8th", "run", faulty(frozenFrom(8))},
		{"no step after the 32nd", "run", faulty(frozenFrom(32))},
		{"one loss too few", "run", faulty(func(e *lab) {
			e.hook.runReply = func(j *job, r *RunReply) *RunReply { r.Losses = r.Losses[1:]; return r }
		})},
		{"the same run again has other bits", "run", faulty(func(e *lab) {
			calls := 0
			e.hook.runReply = func(j *job, r *RunReply) *RunReply {
				if calls++; calls%2 == 0 {
					r.Losses[0] = math.Nextafter(r.Losses[0], 9)
				}
				return r
			}
		})},
	}
}

// tracing changes what a trace shows.
func tracing(change func(j *job, y, v [][]float64) ([][]float64, [][]float64, error)) func() Engine {
	return faulty(func(e *lab) { e.hook.trace = change })
}

func traceFaults() []plantedFault {
	return []plantedFault{
		{"trace without the last perturbation", "trace",
			tracing(func(j *job, y, v [][]float64) ([][]float64, [][]float64, error) {
				for k := range y[1] {
					y[1][k] -= j.first().Delta[0][k]
				}
				return y, v, nil
			})},
		{"trace a little off the loss", "trace", tracing(func(j *job, y, v [][]float64) ([][]float64, [][]float64, error) {
			n := len(j.chain)
			y[n][0] = math.Nextafter(y[n][0], inf)
			return y, v, nil
		})},
		{"trace of N states", "trace", tracing(func(_ *job, y, v [][]float64) ([][]float64, [][]float64, error) {
			return y[1:], v[1:], nil
		})},
		{"trace with a short row", "trace", tracing(func(j *job, y, v [][]float64) ([][]float64, [][]float64, error) {
			y[0] = y[0][:len(y[0])-1]
			return y, v, nil
		})},
		{"trace with a short gradient", "trace", tracing(func(j *job, y, v [][]float64) ([][]float64, [][]float64, error) {
			v[1] = v[1][:len(v[1])-1]
			return y, v, nil
		})},
		{"trace with another input", "trace", tracing(func(j *job, y, v [][]float64) ([][]float64, [][]float64, error) {
			y[0] = make([]float64, len(y[0]))
			return y, v, nil
		})},
		{"trace of wrong inner states", "trace", tracing(func(j *job, y, v [][]float64) ([][]float64, [][]float64, error) {
			for i := 1; i < len(j.chain); i++ {
				times(y[i], 1.1)
			}
			return y, v, nil
		})},
		{"trace of exact gradients", "trace", tracing(func(j *job, y, v [][]float64) ([][]float64, [][]float64, error) {
			for i := 1; i < len(j.chain); i++ {
				for k := range v[i] {
					v[i][k] -= j.first().Eps[i][k]
				}
			}
			return y, v, nil
		})},
		{"trace with V_N = 2", "trace", tracing(func(j *job, y, v [][]float64) ([][]float64, [][]float64, error) {
			v[len(j.chain)] = []float64{2}
			return y, v, nil
		})},
		{"trace of the pass before", "trace", func() Engine {
			e := newLab(float64s)
			var y0, v0 [][]float64
			e.hook.trace = func(j *job, y, v [][]float64) ([][]float64, [][]float64, error) {
				oy, ov := y0, v0
				y0, v0 = cloneRows(y), cloneRows(v)
				if len(oy) == len(y) && len(oy[0]) == len(y[0]) {
					return oy, ov, nil
				}
				return y, v, nil
			}
			return e
		}},
		{"trace panics", "trace", tracing(func(*job, [][]float64, [][]float64) ([][]float64, [][]float64, error) {
			panic("no trace")
		})},
		{"trace hangs", "trace", tracing(func(*job, [][]float64, [][]float64) ([][]float64, [][]float64, error) {
			select {}
		})},
		{"trace transposes two states", "trace", tracing(func(j *job, y, v [][]float64) ([][]float64, [][]float64, error) {
			if len(y) > 3 && len(y[1]) == len(y[2]) {
				y[1], y[2] = y[2], y[1]
			}
			return y, v, nil
		})},
	}
}

// stochastic is a lab engine that rounds at random, from bits or from a generator of
// its own.
func stochastic(p Precision, bits bool, alter func(e *lab)) func() Engine {
	return func() Engine {
		e := newLab(p)
		e.random = rand.New(rand.NewPCG(5, 6))
		e.info.Stochastic = true
		if bits {
			e.info.Takes = []string{"bits"}
		}
		alter(e)
		return stepOnly{e}
	}
}

func randomFaults() []plantedFault {
	return []plantedFault{
		{"stochastic, but rounds to nearest", "unbiased", stochastic(word("bfloat16"), false, func(e *lab) {
			e.random = nil
		})},
		{"stochastic, but rounds states down", "unbiased", stochastic(word("bfloat16"), false, func(e *lab) {
			e.hook.state = func(_ int, _ *job, _ *Sample, f, y []float64) {
				for k := range y {
					y[k] = truncate(formats["bfloat16"], y[k]*(1-0x1p-10))
				}
			}
		})},
		{"stochastic from bits of its own", "deterministic", stochastic(word("bfloat16"), true, func(e *lab) {
			rng := rand.New(rand.NewPCG(7, 8))
			e.hook.request = func(j *job) *job {
				for k := range j.bits {
					j.bits[k] = rng.Uint32()
				}
				return j
			}
		})},
		{"stochastic, with the bits of the first request for all", "unbiased",
			stochastic(word("bfloat16"), true, func(e *lab) {
				var bits []uint32
				e.hook.request = func(j *job) *job {
					if bits == nil {
						bits = slices.Clone(j.bits)
					}
					copy(j.bits, bits)
					return j
				}
			})},
		{"stochastic, gradients biased by a quarter unit", "unbiased", stochastic(word("float32"), false, func(e *lab) {
			e.hook.j2 = func(_ int, _ *job, _, _, _, g []float64) { times(g, 1+0x1p-24) }
		})},
		{"stochastic, but rounds up too rarely", "unbiased", stochastic(word("bfloat16"), false, func(e *lab) {
			e.lazy = 1.0 / 8
		})},
		{"stochastic, but states are rounded to nearest", "unbiased", stochastic(word("float16"), false, func(e *lab) {
			e.hook.state = func(i int, _ *job, s *Sample, f, y []float64) {
				for k, x := range f {
					y[k] = e.stored.round(x + s.Delta[i-1][k])
				}
			}
		})},
	}
}
