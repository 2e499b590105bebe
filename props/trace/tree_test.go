package trace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
)

// chains have every operator.
var chains = [][]core.Spec{
	{{Op: "affine", In: 3, Out: 4}, {Op: "tanh", N: 4}, {Op: "affine", In: 4, Out: 3}, {Op: "softmaxce", N: 3, Label: 1}},
	{{Op: "scale", N: 3}, {Op: "fixed", A: [][]float64{{1, -0.5, 0.25}, {0.5, 2, -1}}}, {Op: "bilinear", N: 2}},
	{{Op: "bias", N: 3}, {Op: "square", N: 3}, {Op: "linear", In: 3, Out: 2}, {Op: "sigmoid", N: 2}, {Op: "halfsq", N: 2}},
	{{Op: "linear", In: 3, Out: 2}, {Op: "softplus", N: 2}, {Op: "affine", In: 2, Out: 1}, {Op: "logistic"}},
}

// treeCase is one of the chains at a point, with two outcomes at each site.
func treeCase(t testing.TB, specs []core.Spec, size float64) (s *shape, x, w []float64, plan *expect.Plan) {
	t.Helper()
	run := Run{Version: 1, Engine: "tree", Chain: specs, Precision: Precision{"float64", "float64", "float64"}, Samples: 1}
	s = &shape{run: run}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, uint64(len(specs))))
	vector := func(n int, size float64) []float64 {
		v := make([]float64, n)
		for k := range v {
			v[k] = size * rng.NormFloat64()
		}
		return v
	}
	n := s.chain.N()
	x, w = vector(s.chain.D(0), 1), vector(s.chain.NW(), 1)
	plan = &expect.Plan{Delta: make([]perturb.Finite, n+1), Eps: make([]perturb.Finite, n+1)}
	for i := 1; i <= n; i++ {
		if i < n {
			plan.Delta[i] = perturb.TwoPoint(vector(s.chain.D(i), size), vector(s.chain.D(i), size), 0.25)
		}
		if i > 1 {
			plan.Eps[i] = perturb.TwoPoint(vector(s.chain.D(i-1), size), vector(s.chain.D(i-1), size), 0.75)
		}
	}
	return s, x, w, plan
}

// label is the label of the chain's softmaxce, nil where there is none.
func (s *shape) label() []int {
	if s.labelled == nil {
		return nil
	}
	return []int{s.run.Chain[s.chain.N()-1].Label}
}

// stepOf is a pass of one sample as a step.
func (s *shape) stepOf(state *core.State, x, w []float64) *Step {
	n := s.chain.N()
	st := &Step{M: 1, B: 1, Scale: 1, Loss: math.NaN(), X: x, W: w, Labels: s.label(), Y: slices.Clone(state.Y),
		V: slices.Clone(state.V)}
	st.Y[0], st.V[n] = nil, nil
	return st
}

// TestTree records every leaf of a tree as a step. What the judge recovers is what the leaf has, its totals are those
// of the exact expectation, and so are those with one site alone and with one removed.
func TestTree(t *testing.T) {
	for k, specs := range chains {
		t.Run(fmt.Sprint(specs[len(specs)-1].Op), func(t *testing.T) {
			s, x, w, plan := treeCase(t, specs, 0.1)
			c := s.withLabel(append(s.label(), 0)[0])
			n := c.N()
			want := func(plan *expect.Plan) float64 {
				m := claim.NewMoments(c)
				if err := expect.NewWalker(c).Walk(m, x, w, plan, 0); err != nil {
					t.Fatal(err)
				}
				return m.U2
			}
			j := newStepJudge(s, newApart(s))
			var total, sums float64
			only, without := make([]float64, len(j.sites)), make([]float64, len(j.sites))
			err := expect.Enumerate(c, x, w, plan, 0, func(l *expect.Leaf, state *core.State) error {
				st := s.stepOf(state, x, w)
				m := j.judge(st, j.exacts.take(nil, st, st.W))
				for i := 1; i <= n; i++ {
					sameNumbers(t, "delta", j.sites[s.deltaSite(i)].e, l.Delta[i])
					if i > 1 {
						sameNumbers(t, "eps", j.sites[s.epsSite(i)].e, l.Eps[i])
					}
				}
				a := j.takeApart(m)
				total += l.P * m.error2
				for k := range j.sites {
					only[k] += l.P * float64(a.Only[k]) * m.error2
					without[k] += l.P * float64(a.Without[k]) * m.error2
					sums += l.P * float64(a.First[k]) * m.error2
				}
				if !(m.error2 <= float64(a.PerOp)) || !(a.PerOp <= a.Sharp*(1+1e-9)) || !(a.Sharp <= a.Printed*(1+1e-9)) {
					t.Errorf("|U-u|^2 = %v, at most %v per operator, %v sharp, %v as printed", m.error2, a.PerOp, a.Sharp, a.Printed)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			near(t, "E|U-u|^2", total, want(plan), 1e-9)
			near(t, "the sum of first-order shares", sums, total, 0.02)
			for site := range j.sites {
				one := &expect.Plan{Delta: make([]perturb.Finite, n+1), Eps: make([]perturb.Finite, n+1)}
				rest := &expect.Plan{Delta: slices.Clone(plan.Delta), Eps: slices.Clone(plan.Eps)}
				if at := s.site(site); at.Kind == "delta" {
					one.Delta[at.I], rest.Delta[at.I] = plan.Delta[at.I], nil
				} else {
					one.Eps[at.I], rest.Eps[at.I] = plan.Eps[at.I], nil
				}
				near(t, fmt.Sprint(k, s.site(site), " alone"), only[site], want(one), 1e-9)
				near(t, fmt.Sprint(k, s.site(site), " removed"), without[site], want(rest), 1e-9)
			}
		})
	}
}

// TestFirstOrder has the first-order share of a site, times |U-u|^2, be the derivative that
// a difference quotient gives.
func TestFirstOrder(t *testing.T) {
	for _, specs := range chains {
		t.Run(fmt.Sprint(specs[len(specs)-1].Op), func(t *testing.T) {
			s, x, w, plan := treeCase(t, specs, 1e-4)
			c := s.withLabel(append(s.label(), 0)[0])
			n := c.N()
			state := core.NewState(c)
			pass := func(given *core.Given) []float64 {
				state.Pass(c, x, w, given)
				return append([]float64(nil), state.UAll...)
			}
			all := &core.Given{DeltaAt: make([][]float64, n+1), EpsAt: make([][]float64, n+1)}
			for i := 1; i <= n; i++ {
				if i < n {
					all.DeltaAt[i] = plan.Delta[i].Spec().A
				}
				if i > 1 {
					all.EpsAt[i] = plan.Eps[i].Spec().A
				}
			}
			u, up := pass(&core.Given{}), pass(all)
			st := s.stepOf(state, x, w)
			j := newStepJudge(s, newApart(s))
			m := j.judge(st, j.exacts.take(nil, st, st.W))
			got := j.first(m.error2)
			for site := range j.sites {
				one := &core.Given{DeltaAt: make([][]float64, n+1), EpsAt: make([][]float64, n+1)}
				if at := s.site(site); at.Kind == "delta" {
					one.DeltaAt[at.I] = all.DeltaAt[at.I]
				} else {
					one.EpsAt[at.I] = all.EpsAt[at.I]
				}
				want := 0.0
				for k, x := range pass(one) {
					want += (x - u[k]) * (up[k] - u[k])
				}
				if math.Abs(got[site]*m.error2-want) > 2e-3*m.error2 {
					t.Errorf("%v: %v, want %v", s.site(site), got[site], want/m.error2)
				}
			}
		})
	}
}

func sameNumbers(t *testing.T, name string, got, want []float64) {
	t.Helper()
	for k := range got {
		w := 0.0
		if len(want) > 0 {
			w = want[k]
		}
		if !(math.Abs(got[k]-w) <= 1e-14) {
			t.Fatalf("%s[%d] = %v, want %v", name, k, got[k], w)
		}
	}
}

func near(t *testing.T, name string, got, want, rel float64) {
	t.Helper()
	if !(math.Abs(got-want) <= rel*math.Abs(want)+1e-15) {
		t.Errorf("%s: %v, want %v", name, got, want)
	}
}
