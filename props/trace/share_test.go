package trace

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// sizedView is the view of an operator whose spec has its sizes, as core builds it.
func sizedView(name string) *opView {
	o := allowedView(name)
	switch name {
	case "affine", "linear":
		o.spec.In, o.spec.Out = o.in, o.out
	case "fixed", "logistic":
	default:
		o.spec.N = o.in
	}
	return o
}

// TestTangents: the tangent of each operator is what differences of its values tend to, for each
// row and a move of both input and weights.
func TestTangents(t *testing.T) {
	for _, name := range core.OpNames() {
		o := sizedView(name)
		if o.labels[0] = o.labels[1]; name == "softmaxce" {
			o.spec.Label = o.labels[1]
		}
		specs := []core.Spec{{Op: "bias", N: o.in}, o.spec}
		if o.out > 1 {
			specs = append(specs, core.Spec{Op: "linear", In: o.out, Out: 1})
		}
		chain, err := core.FromSpecs(specs)
		if err != nil {
			t.Fatal(err)
		}
		op := chain.Op(2)
		r := rand.New(rand.NewPCG(7, 7))
		a, g := make([]float64, 2*o.in), make([]float64, op.NW())
		for _, v := range [][]float64{a, g} {
			for k := range v {
				v[k] = r.Float64() - 0.5
			}
		}
		got := make([]float64, 2*o.out)
		o.tangent(got, a, g, 2)
		const h = 1e-5
		moved := func(b int, h float64) []float64 {
			x, w := slices.Clone(o.x[b*o.in:(b+1)*o.in]), slices.Clone(o.w)
			for k := range x {
				x[k] += h * a[b*o.in+k]
			}
			for k := range g {
				w[k] += h * g[k]
			}
			y := make([]float64, o.out)
			op.Forward(y, x, w)
			return y
		}
		for b := range 2 {
			up, down := moved(b, h), moved(b, -h)
			for k := range o.out {
				if want := (up[k] - down[k]) / (2 * h); !(math.Abs(got[b*o.out+k]-want) <= 1e-7*(1+math.Abs(want))) {
					t.Errorf("%s, row %d, entry %d: %v, differences give %v", name, b, k, got[b*o.out+k], want)
				}
			}
		}
	}
}

// TestNearestAll: many numbers are rounded as each of them is.
func TestNearestAll(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for name, f := range formats {
		if name == "float64" {
			continue // nothing is rounded
		}
		src := []float64{0, 1, -1, f.Max, -2 * f.Max, f.smallest(), f.smallest() / 3, 1 + f.ulp()/2, 1 + 1.5*f.ulp(),
			-1 - f.ulp()/2, 1 + 0.25*f.ulp(), 1 + 0.75*f.ulp()}
		for range 200 {
			src = append(src, math.Ldexp(r.NormFloat64(), r.IntN(20)-10))
		}
		for _, scale := range []float64{1, 0.25, 3} {
			dst := make([]float64, len(src))
			f.nearestAll(dst, src, scale)
			for k, x := range src {
				if want := f.nearest(x*scale) / scale; dst[k] != want {
					if f.Mantissa == 23 && scale == 1 && math.IsInf(dst[k], 0) {
						continue // beyond the largest float32
					}
					t.Errorf("%s: %v times %v becomes %v, want %v", name, x, scale, dst[k], want)
				}
			}
		}
	}
}

// TestColumnsByHand: sizes are root mean squares over the samples and ratios what the model of
// rounding makes of them, of several steps the largest; shares are means over the steps that
// have them.
func TestColumnsByHand(t *testing.T) {
	c := &columns{sites: 1}
	e := []siteError{{checked: true, pred: 4}}
	for way := range ways {
		e[0].sum2[way] = 36
	}
	for k, first := range [][]float64{{0.5}, nil, {0.1}, {0.6}} {
		c.per = 4
		c.add(measured{t: k, loss: float64(k), error2: float64(3 - k), grad2: 1}, e, 4, first)
	}
	got := c.list()
	if len(got) != 1 {
		t.Fatalf("%d columns", len(got))
	}
	if one := got[0]; one.From != 0 || one.To != 3 || one.Size[0] != 3 || one.Ratio[0] != 3 || one.Loss != 1.5 ||
		one.Error2 != 3 || one.Grad2 != 1 || !(math.Abs(float64(one.Share[0])-0.4) < 1e-12) {
		t.Errorf("%+v", one)
	}
	if got := operatorName(core.Spec{Op: "fixed", A: [][]float64{{1, 2, 3}, {4, 5, 6}}}); got != "fixed(3,2)" {
		t.Errorf("named %s", got)
	}
	if a, b := Number(math.NaN()).String(), Number(1.23456).String(); a != "-" || b != "1.235" {
		t.Errorf("numbers %q and %q", a, b)
	}
}

// naiveShares are the first-order shares of sites, not divided, from Jacobians by differences: half way between the
// exact states and the recorded ones a_i = J1_i a_{i-1} + J2_i d_i, and backward b_{i-1} = J1_i^T b_i +
// grad_y <V_i, J2_i(y) d_i + J1_i(y) a_{i-1}>.
func naiveShares(s *shape, st *Step, ex *exactPass, d []float64, sites []siteError) []float64 {
	const h = 1e-4
	n := s.chain.N()
	shares := make([]float64, len(sites))
	for b := range st.B {
		half := func(rows, exact []float64, i int) []float64 {
			d := s.chain.D(i)
			v := slices.Clone(rows[b*d : (b+1)*d])
			for k := range v {
				v[k] = (v[k] + exact[b*d+k]) / 2
			}
			return v
		}
		chain := s.chain
		if st.Labels != nil {
			chain = s.withLabel(st.Labels[b])
		}
		along := func(i int, y, a []float64, h float64) []float64 { // f_i(y + h a, w_i + h d_i)
			y, w := slices.Clone(y), slices.Clone(s.chain.W(i, st.W))
			for k := range y {
				y[k] += h * a[k]
			}
			for k, x := range s.chain.W(i, d) {
				w[k] += h * x
			}
			f := make([]float64, chain.D(i))
			chain.Op(i).Forward(f, y, w)
			return f
		}
		slope := func(i int, y, a []float64) []float64 {
			h := h / (1 + norm(a) + norm(s.chain.W(i, d)))
			up, down := along(i, y, a, h), along(i, y, a, -h)
			for k := range up {
				up[k] = (up[k] - down[k]) / (2 * h)
			}
			return up
		}
		y, a := [][]float64{st.X[b*chain.D(0) : (b+1)*chain.D(0)]}, [][]float64{make([]float64, chain.D(0))}
		for i := 1; i < n; i++ {
			y, a = append(y, half(st.Y[i], ex.y[i], i)), append(a, slope(i, y[i-1], a[i-1]))
			k := s.epsSite(i + 1)
			shares[k] += inner(a[i], sites[k].e[b*chain.D(i):(b+1)*chain.D(i)]) / float64(st.B)
		}
		back := []float64{0}
		for i := n; i > 1; i-- {
			v := []float64{1}
			if i < n {
				v = half(st.V[i], ex.v[i], i)
			}
			// of y -> <b_i, f_i(y)> + <V_i, J2_i(y) d_i + J1_i(y) a_{i-1}>
			value := func(y []float64) float64 {
				f := make([]float64, chain.D(i))
				chain.Op(i).Forward(f, y, s.chain.W(i, st.W))
				return inner(back, f) + inner(v, slope(i, y, a[i-1]))
			}
			next := make([]float64, chain.D(i-1))
			for k := range next {
				up, down := slices.Clone(y[i-1]), slices.Clone(y[i-1])
				up[k], down[k] = up[k]+h, down[k]-h
				next[k] = (value(up) - value(down)) / (2 * h)
			}
			k := s.deltaSite(i - 1)
			shares[k] += inner(next, sites[k].e[b*chain.D(i-1):(b+1)*chain.D(i-1)]) / float64(st.B)
			back = next
		}
	}
	return shares
}

// TestSharesByDifferences: the shares of drawn steps of some samples are those that differences give, at states far
// from those of the exact pass and of every width.
func TestSharesByDifferences(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 26))
		s, st := drawnStep(t, rng, float64s, 1+rng.IntN(3))
		if seed%4 == 0 { // an operator entry by entry reads the samples
			first := []string{"tanh", "square", "sigmoid", "softplus"}[seed/4%4]
			s.run.Chain = append([]core.Spec{{Op: first, N: s.chain.D(0)}}, s.run.Chain...)
			again := &shape{run: s.run}
			if err := again.check(); err != nil {
				t.Fatal(err)
			}
			s = again
			st.Y, st.V = slices.Insert(st.Y, 1, st.X), slices.Insert(st.V, 1, st.X)
			st.X = slices.Repeat([]float64{0.75}, len(st.X))
		}
		j := newStepJudge(s, newApart(s))
		j.judge(st, j.exacts.take(nil, st, st.W))
		for range 2 { // of the second step nothing is left of the first
			got, all := j.first(1), naiveShares(s, st, j.ex, j.d, j.sites)
			for k, want := range all {
				if !(math.Abs(got[k]-want) <= 1e-5*(1+largestOf(all))) {
					t.Errorf("seed %d, %v of %v: %v, differences give %v", seed, s.site(k), s.run.Chain, got[k], want)
				}
			}
			next := again(st)
			for i := 1; i < s.chain.N(); i++ {
				for k := range next.Y[i] {
					next.Y[i][k], next.V[i][k] = next.Y[i][k]+0.25, next.V[i][k]-0.5
				}
			}
			st = next
			j.judge(st, j.exacts.take(j.ex, st, st.W))
		}
	}
}

// TestSecondDerivatives: both derivatives of operators entry by entry are those that differences give.
func TestSecondDerivatives(t *testing.T) {
	x := []float64{-3, -0.5, 0, 0.25, 2}
	for _, op := range []string{"tanh", "square", "sigmoid", "softplus", "logistic"} {
		spec := core.Spec{Op: op, N: 1}
		if op == "logistic" {
			spec.N = 0
		}
		f, err := core.NewOp(spec)
		if err != nil {
			t.Fatal(err)
		}
		o := &opView{spec: spec, x: x}
		d1, d2 := o.derived()
		for k, v := range x {
			const h = 1e-3
			at := func(x float64) float64 {
				var y [1]float64
				f.Forward(y[:], []float64{x}, nil)
				return y[0]
			}
			first, second := (at(v+h)-at(v-h))/(2*h), (at(v+h)-2*at(v)+at(v-h))/(h*h)
			if !(math.Abs(d1[k]-first) <= 1e-5) || !(math.Abs(d2[k]-second) <= 1e-5) {
				t.Errorf("%s at %v: %v and %v, differences give %v and %v", op, v, d1[k], d2[k], first, second)
			}
		}
	}
}

// TestCotangents: the cotangent of each operator is what differences of b^T f(x, w) + <v, J2(x) g + J1(x) a> give, for
// each row.
func TestCotangents(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for _, name := range core.OpNames() {
		o := sizedView(name)
		numbers := func(n int) []float64 {
			v := make([]float64, n)
			for k := range v {
				v[k] = r.NormFloat64()
			}
			return v
		}
		bs, v, a, g := numbers(2*o.out), numbers(2*o.out), numbers(2*o.in), numbers(len(o.w))
		got := make([]float64, 2*o.in)
		o.cotangent(got, bs, v, a, g, 2)
		for b := range 2 {
			spec := o.spec
			if name == "softmaxce" {
				spec.Label = o.labels[b]
			}
			op, err := core.NewOp(spec)
			if err != nil {
				t.Fatal(err)
			}
			const h = 1e-4
			value := func(x []float64) float64 {
				f, up, down := make([]float64, o.out), make([]float64, o.out), make([]float64, o.out)
				op.Forward(f, x, o.w)
				for sign, y := range map[float64][]float64{1: up, -1: down} {
					x, w := slices.Clone(x), slices.Clone(o.w)
					for k := range x {
						x[k] += sign * h * a[b*o.in+k]
					}
					for k := range w {
						w[k] += sign * h * g[k]
					}
					op.Forward(y, x, w)
				}
				sum := 0.0
				for k := range f {
					sum += bs[b*o.out+k]*f[k] + v[b*o.out+k]*(up[k]-down[k])/(2*h)
				}
				return sum
			}
			for k := range o.in {
				x := slices.Clone(o.x[b*o.in : (b+1)*o.in])
				x[k] += h
				up := value(x)
				x[k] -= 2 * h
				if want := (up - value(x)) / (2 * h); !(math.Abs(got[b*o.in+k]-want) <= 1e-5*(1+math.Abs(want))) {
					t.Errorf("%s, row %d, entry %d: %v, differences give %v", name, b, k, got[b*o.in+k], want)
				}
			}
		}
	}
}
