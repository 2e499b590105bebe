package logistic

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"

	"github.com/cascade-sgd/cascade/core/problem"
)

// smallPoint is a point that runs in milliseconds.
func smallPoint(l Law, gamma float64) Point {
	p := base(1, Nonconvex, l, gamma)
	p.D, p.M, p.T = 4, 60, 4000
	return p
}

// TestField: G by the closed form of E sigma(a + delta), its derivatives by differences,
// grad f by package problem.
func TestField(t *testing.T) {
	p := smallPoint(Law{Forward: 2, Every: 3, Backward: 1, OneSided: true}, 0.1)
	s := newData(p.M, p.D, p.Draw)
	f := newField(p, s)
	w := []float64{0.3, -0.8, 1.5, 0.1}
	cov := mat.NewSymDense(4, []float64{2, 0.3, 0, 0.1, 0.3, 1, 0, 0, 0, 0, 0.5, 0, 0.1, 0, 0, 1})
	l := f.at(w, cov)
	soft := func(a float64) float64 { return math.Log1p(math.Exp(a)) }
	b := 2 / math.Sqrt(4)
	for j := range w {
		want := p.Reg.Grad(w[j]) + b/4*s.mean[j] // eps ~ U(0, 1/sqrt d)
		for k := range s.m {
			a := dot(s.row(k), w)
			mean := (soft(a+b) - soft(a-b)) / (2 * b)
			want += s.row(k)[j] / float64(s.m) * (2*(1/(1+math.Exp(-a)))/3 + mean/3)
		}
		if !(math.Abs(l.mean[j]-want) < 1e-13) {
			t.Errorf("G_%d = %v, want %v", j, l.mean[j], want)
		}
	}
	table := problem.Synthetic(p.D, p.M, 1)
	reg, err := problem.LogisticWith(table, problem.LogisticOptions{Reg: p.Reg})
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range problem.Gradient(reg, w) {
		if !(math.Abs(l.exact[j]-want) < 1e-13) {
			t.Errorf("grad f_%d = %v, want %v", j, l.exact[j], want)
		}
	}
	jac := mat.NewDense(4, 4, nil)
	fd.Jacobian(jac, func(y, x []float64) { copy(y, f.at(x, nil).mean) }, w, &fd.JacobianSettings{Formula: fd.Central})
	for i := range 4 {
		for j := range 4 {
			if !(math.Abs(jac.At(i, j)-l.hess.At(i, j)) < 1e-8) {
				t.Errorf("Hessian %d, %d: %v, want %v", i, j, l.hess.At(i, j), jac.At(i, j))
			}
		}
	}
	// F'''[cov]_j is the derivative of tr(cov H) by w_j.
	trace := func(x []float64) float64 {
		h, sum := f.at(x, nil).hess, 0.0
		for i := range 4 {
			for j := range 4 {
				sum += h.At(i, j) * cov.At(i, j)
			}
		}
		return sum
	}
	for j, want := range fd.Gradient(nil, trace, w, &fd.Settings{Formula: fd.Central}) {
		if !(math.Abs(l.third[j]-want) < 1e-8) {
			t.Errorf("F'''[cov]_%d = %v, want %v", j, l.third[j], want)
		}
	}
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for j, v := range a {
		sum += v * b[j]
	}
	return sum
}

// TestNormOf against closed forms: mu alone; one dimension, (2/pi)^{1/2}; three equal
// ones, (8/pi)^{1/2}; the derivatives by differences.
func TestNormOf(t *testing.T) {
	for _, c := range []struct {
		mu   []float64
		cov  *mat.SymDense
		want float64
	}{
		{[]float64{3, 4}, mat.NewSymDense(2, nil), 5},
		{[]float64{0, 0}, mat.NewSymDense(2, []float64{4, 0, 0, 0}), 2 * math.Sqrt(2/math.Pi)},
		{[]float64{0, 0, 0}, mat.NewSymDense(3, []float64{1e-8, 0, 0, 0, 1e-8, 0, 0, 0, 1e-8}),
			1e-4 * math.Sqrt(8/math.Pi)},
		{[]float64{0}, mat.NewSymDense(1, nil), 0},
	} {
		if got := normOf(c.mu, c.cov, false).mean; !(math.Abs(got-c.want) <= 1e-9*c.want) {
			t.Errorf("E|z| = %v, want %v", got, c.want)
		}
	}
	mu, cov := []float64{0.5, -1}, mat.NewSymDense(2, []float64{1, 0.4, 0.4, 0.6})
	m := normOf(mu, cov, true)
	mean := func(x []float64) float64 { return normOf(x, cov, false).mean }
	for j, want := range fd.Gradient(nil, mean, mu, &fd.Settings{Formula: fd.Central}) {
		if !(math.Abs(m.first[j]-want) < 1e-6) {
			t.Errorf("derivative %d: %v, want %v", j, m.first[j], want)
		}
	}
	h := mat.NewSymDense(2, nil)
	fd.Hessian(h, mean, mu, &fd.Settings{Formula: fd.Central, Step: 1e-3})
	for i := range 2 {
		for j := range 2 {
			if !(math.Abs(m.second.At(i, j)-h.At(i, j)) < 1e-4) {
				t.Errorf("second derivative %d, %d: %v, want %v", i, j, m.second.At(i, j), h.At(i, j))
			}
		}
	}
}

// TestRootsAreThere: a root is one, by bisection along every line, and where NoRoot says
// there is none <v, G> is below its bound everywhere it is looked at.
func TestRootsAreThere(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	far := 0
	for _, s := range []float64{0.25, 1, 2, 4} {
		p := base(1, Nonconvex, Law{Backward: s, OneSided: true}, 0.1)
		f := fieldOf(p)
		r := f.root(p.start())
		n := f.noRoot()
		if r.Proved == (n.Right < 0) {
			t.Errorf("s_b = %v: a root is proved %v, none is proved %v", s, r.Proved, n.Right < 0)
		}
		if r.Proved {
			if g := norm2(f.at(r.W, nil).mean); !(g < 1e-12) || !(r.Radius < 1e-8) {
				t.Errorf("s_b = %v: |G| = %v, radius %v", s, g, r.Radius)
			}
			continue
		}
		far++
		for range 200 {
			w := make([]float64, fullD)
			for j := range w {
				w[j] = 10 * rng.NormFloat64()
			}
			if got := dot(n.V, f.evaluate(w, nil, false).mean); !(got <= n.Right+1e-12) {
				t.Fatalf("s_b = %v: <v, G> = %v > %v at %v", s, got, n.Right, w)
			}
		}
	}
	if far != 3 {
		t.Errorf("%d levels without a root, want 3", far)
	}
}

// TestKantorovichRefuses: a point that is no root, and a Hessian that is not positive, are
// not proved.
func TestKantorovichRefuses(t *testing.T) {
	p := base(1, Nonconvex, Law{}, 0.1)
	f := fieldOf(p)
	w := f.root(p.start()).W
	for name, move := range map[string]float64{"far": 1, "near": 1e-6} {
		moved := append([]float64(nil), w...)
		moved[0] += move
		r := f.kantorovich(&Root{W: moved}, f.at(moved, nil))
		if r.Proved != (name == "near") {
			t.Errorf("%s: proved %v", name, r.Proved)
		}
		if name == "near" && !(r.Radius >= 1e-6) {
			t.Errorf("a root 1e-6 away is said to be within %v", r.Radius)
		}
	}
}

// TestOracleSeesFaults: runs of another law, step size or regularizer than the oracle
// believes are outside of its interval, and those of its own are inside.
func TestOracleSeesFaults(t *testing.T) {
	believed := base(1, Convex, Law{Forward: 1}, 0.1)
	believed.M, believed.T = 200, 12_000
	q := Predict(believed, false)
	for name, change := range map[string]func(p *Point){
		"nothing":             func(*Point) {},
		"s_f = 1.5":           func(p *Point) { p.Law.Forward = 1.5 },
		"one a sample":        func(p *Point) { p.Law.Reading = OneASample },
		"a third of gamma":    func(p *Point) { p.Gamma = 0.03 },
		"every second step":   func(p *Point) { p.Law.Every = 2 },
		"backward beside it":  func(p *Point) { p.Law.Backward = 1 },
		"one-sided beside it": func(p *Point) { p.Law.Backward, p.Law.OneSided = 0.1, true },
		"rho = 0.5":           func(p *Point) { p.Reg.Rho = 0.5 },
	} {
		p := believed
		change(&p)
		m := Simulate(p)
		if lo, hi := q.Interval(m); q.Agrees(m) != (name == "nothing") {
			t.Errorf("%s: interval [%v, %v]", name, lo, hi)
		}
	}
}

// TestTrace: the oracle of the EWMA is near it all along, dip and all.
func TestTrace(t *testing.T) {
	p := base(1, Nonconvex, Law{Forward: 2, Reading: OneASample}, 0.1)
	p.M, p.T = 200, 6000
	m, q := Simulate(p), Predict(p, true)
	if len(m.Trace) != len(q.Trace) {
		t.Fatalf("%d samples, %d predicted", len(m.Trace), len(q.Trace))
	}
	for k, at := range m.Trace {
		if r := at.EWMA / q.Trace[k].EWMA; at.T != q.Trace[k].T || !(r > 0.8 && r < 1.25) {
			t.Errorf("step %d: measured/predicted = %v", at.T, r)
		}
	}
}
