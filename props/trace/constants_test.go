package trace

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
)

// TestConstants has L of a quadratic objective between its estimate and its bound, mu below its estimate, and says
// what cannot be known.
func TestConstants(t *testing.T) {
	obj := problem.NewQuadratic([][]float64{{1, 0.2}, {0, 0.7}, {0.3, 0.1}}, [][]float64{{0.1, 0}, {-0.2, 0.3}, {0, -0.1}})
	c, _ := obj.Sample(0)
	s := &shape{run: Run{Version: 1, Engine: "quadratic", Chain: c.Specs(), Samples: 3,
		Precision: Precision{"float64", "float64", "float64"}}}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	q := newQuadraticRun(obj, s, 1)
	r := newRunJudge(s, "")
	j, err := r.run(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if l, most := r.curve.l, r.curve.atMost(s); !(l <= obj.L()*(1+1e-9) && obj.L() <= most) {
		t.Errorf("L is %v, estimated %v, at most %v", obj.L(), l, most)
	}
	if mu := r.curve.mu; !(mu > 0) || math.IsInf(mu, 0) {
		t.Errorf("mu is estimated as %v", mu)
	}
	if len(j.Constants) != 3 || !strings.Contains(j.Constants[0].Says, "at least") {
		t.Errorf("it says %+v", j.Constants)
	}
	s = &shape{run: Run{Version: 1, Engine: "may be negative", Samples: 1,
		Precision: Precision{"float64", "float64", "float64"},
		Chain:     []core.Spec{{Op: "linear", In: 2, Out: 2}, {Op: "linear", In: 2, Out: 1}}}}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	says := newRunJudge(s, "").sayConstants()
	for k, want := range []string{"L unknown", "mu unknown: it needs l*, and linear(2,1) may be below 0", "l* unknown"} {
		if got := says[k].Name + " " + says[k].Says; !strings.HasPrefix(got, want) {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
}

// TestCurveDrawn: L is the largest difference of gradients over that of weights, mu the least |grad|^2 over twice the
// gap, of drawn steps, formed anew; the bound of L is that of core on the box of their weights at the last samples.
func TestCurveDrawn(t *testing.T) {
	curved := 0
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 43))
		s, st := drawnStep(t, rng, float64s, 1+rng.IntN(3))
		s.run.Reg = []core.Regularizer{{Kind: "none"}, {Kind: "l2", Rho: 0.25}, {Kind: "nonconvex", Rho: 0.25}}[seed%3]
		s.run.Known = []*Known{nil, {LStar: new(float64)}, {Mu: 3}, {L: 0.5}}[seed%4]
		last := s.run.Chain[s.chain.N()-1].Op
		star := 0.0
		if k := s.run.Known; k != nil && k.LStar != nil {
			*k.LStar = -0.5
			star = -0.5
		}
		bounded := last != "affine" || star < 0
		r := newRunJudge(s, "x")
		if got, ok := r.lstar(); got != star || ok != bounded {
			t.Fatalf("seed %d, %s: l* = %v, %v", seed, last, got, ok)
		}
		l, mu := 0.0, 0.0
		box := [2][]float64{}
		for step := range 3 {
			st = again(st)
			st.T = step
			for k := range st.W {
				st.W[k] += rng.NormFloat64()
			}
			m := r.judge(st, r.exacts.take(nil, st, st.W))
			m.loss = rng.Float64()
			r.curve.add(r.stepJudge, st, m)
			gradient := func(w []float64) []float64 {
				u := newExactPasses(s).take(nil, st, w).u
				for k, x := range w {
					u[k] += s.run.Reg.Grad(x)
				}
				return u
			}
			at := gradient(st.W)
			next := make([]float64, len(st.W))
			far := 0.0
			for k, x := range st.W {
				next[k] = x - st.Gamma*(r.uc[k]+s.run.Reg.Grad(x))
				far += (next[k] - x) * (next[k] - x)
			}
			if gap := m.loss + s.run.Reg.Value(st.W) - star; bounded && gap > 0 && square(at) > 0 {
				if least := square(at) / 2 / gap; mu == 0 || least < mu {
					mu = least
				}
			}
			known := s.run.Known != nil && s.run.Known.L > 0
			if far > 0 && !known {
				apart := 0.0
				for k, x := range gradient(next) {
					apart += (x - at[k]) * (x - at[k])
				}
				if slope := math.Sqrt(apart / far); slope > l {
					l = slope
				}
			}
			if box[0] == nil {
				box = [2][]float64{append([]float64{}, st.W...), append([]float64{}, st.W...)}
			}
			for k, x := range st.W {
				box[0][k], box[1][k] = min(box[0][k], x), max(box[1][k], x)
			}
			name := fmt.Sprintf("seed %d, step %d of %v", seed, step, s.run.Chain)
			near(t, name+", L", r.curve.l, l, 1e-6)
			near(t, name+", mu", r.curve.mu, mu, 1e-9)
			if known != math.IsNaN(r.curve.atMost(s)) {
				t.Fatalf("%s: at most %v", name, r.curve.atMost(s))
			}
			if known {
				continue
			}
			worst, labels := 0.0, st.Labels
			if labels == nil {
				labels = []int{0}
			}
			for _, label := range labels {
				region := core.NewRegion(s.withLabel(label))
				region.VisitWeights(box[0])
				region.VisitWeights(box[1])
				var inputs [][]float64
				for b := range st.B {
					inputs = append(inputs, st.X[b*s.chain.D(0):(b+1)*s.chain.D(0)])
				}
				worst = max(worst, region.Smoothness(inputs))
			}
			if got, want := r.curve.atMost(s), worst+2*s.run.Reg.Rho; !(math.Abs(got-want) <= 1e-12*want) && got != want {
				t.Fatalf("%s: L is at most %v, want %v", name, got, want)
			}
		}
		if l > 0 && mu > 0 {
			curved++
		}
	}
	if curved < 10 {
		t.Errorf("L and mu of %d runs", curved)
	}
}

// TestWhereConstantsAreFrom: what is said of L, mu and l*, by what the record knows and the steps have shown.
func TestWhereConstantsAreFrom(t *testing.T) {
	star := 0.25
	for _, c := range []struct {
		known *Known
		l, mu float64
		last  string
		want  [3]string
	}{
		{nil, 0.75, 0.5, "halfsq", [3]string{"at least 0.75, the largest", "at most 0.5, the least",
			"at least 0, which halfsq(2)"}},
		{nil, 0, 0, "halfsq", [3]string{"unknown: no step", "unknown: there is no gradient", "at least 0, which"}},
		{&Known{L: 0.5}, 0.75, 0.5, "halfsq", [3]string{"0.5, as the record says", "at most 0.5, the least", "at least 0"}},
		{&Known{Mu: 0.5}, 0.75, 0.25, "halfsq", [3]string{"at least 0.75", "0.5, as the record says", "at least 0"}},
		{nil, 0.75, 0, "linear", [3]string{"at least 0.75", "unknown: it needs l*, and linear(2,1) may", "unknown"}},
		{&Known{LStar: &star}, 0.75, 0.5, "linear", [3]string{"at least 0.75", "at most 0.5", "0.25, as the record says"}},
		{&Known{Mu: 0.5}, 0.75, 0, "linear", [3]string{"at least 0.75", "0.5, as the record says", "unknown"}},
	} {
		spec := core.Spec{Op: c.last, N: 2}
		if c.last == "linear" {
			spec = core.Spec{Op: c.last, In: 2, Out: 1}
		}
		s, _ := uneven(t, float64s, nil, core.Spec{Op: "bias", N: 2}, spec)
		s.run.Known = c.known
		r := newRunJudge(s, "x")
		r.curve.l, r.curve.mu, r.curve.steps = c.l, c.mu, 1
		said := r.sayConstants()
		if len(said) != 3 {
			t.Fatalf("%+v", said)
		}
		for k, want := range c.want {
			if said[k].Name != []string{"L", "mu", "l*"}[k] || !strings.HasPrefix(said[k].Says, want) || said[k].Holds != nil {
				t.Errorf("%+v, %s: %+v, want %q", c.known, c.last, said[k], want)
			}
		}
		if c.l > 0 && (c.known == nil || c.known.L == 0) != strings.Contains(said[0].Says, "no upper bound is known") {
			t.Errorf("%+v: %q", c.known, said[0].Says)
		}
	}
}
