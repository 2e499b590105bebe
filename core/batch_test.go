package core

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// listed is an objective with everything written down.
type listed struct {
	chains []*Chain
	x      [][]float64
}

func (l *listed) Len() int                         { return len(l.x) }
func (l *listed) Sample(k int) (*Chain, []float64) { return l.chains[k], l.x[k] }

// batchObjectives have every operator, chains that differ in a label, in a matrix
// and in a whole operator of the same shape, and an operator from elsewhere.
func batchObjectives(t testing.TB) []*listed {
	var all []*listed
	add := func(chains ...*Chain) {
		r := newRand(uint64(100 + len(all)))
		o := &listed{}
		for k := range 7 {
			c := chains[k*5%7%len(chains)]
			o.chains = append(o.chains, c)
			o.x = append(o.x, normals(r, c.D(0)))
		}
		all = append(all, o)
	}
	for _, c := range manyChains(t) {
		add(c)
	}
	var labels []*Chain
	for label := range 3 {
		labels = append(labels, mustChain(t, Affine(2, 4), Tanh(4), Linear(4, 3), SoftmaxCE(3, label)))
	}
	add(labels...)
	add(mustChain(t, Scale(2), Fixed([][]float64{{1, 2}, {3, 4}}), HalfSq(2)),
		mustChain(t, Scale(2), Fixed([][]float64{{-1, 0}, {0.5, 2}}), HalfSq(2)))
	add(mustChain(t, Bias(2), Tanh(2), HalfSq(2)), mustChain(t, Scale(2), Sigmoid(2), squareSum(2)))
	add(mustChain(t, Scale(3), squareSum(3)))
	add(mustChain(t, Linear(3, 1), Tanh(1)))
	add(mustChain(t, Affine(5, 9), Sigmoid(9), Affine(9, 1), Sigmoid(1)))
	return all
}

// batchCase is an objective with weights and perturbations for each of its samples.
type batchCase struct {
	obj   *listed
	c     *Chain
	w     []float64
	given []*Given
}

func batchCases(t testing.TB) []batchCase {
	var all []batchCase
	for k, obj := range batchObjectives(t) {
		r := newRand(uint64(200 + k))
		c := obj.chains[0]
		b := batchCase{obj: obj, c: c, w: times(0.7, normals(r, c.NW()))}
		for range obj.x {
			g := &Given{DeltaAt: make([][]float64, c.N()+1), EpsAt: make([][]float64, c.N()+1)}
			for i := 1; i <= c.N(); i++ {
				g.DeltaAt[i] = normals(r, c.D(i))
				if i > 1 {
					g.EpsAt[i] = normals(r, c.D(i-1))
				}
			}
			b.given = append(b.given, g)
		}
		all = append(all, b)
	}
	return all
}

func (b *batchCase) each(from, to int) Perturber {
	e := Each{}
	for _, g := range b.given[from:to] {
		e = append(e, g)
	}
	return e
}

// matrices are the perturbations of a window in one Given.
func (b *batchCase) matrices(from, to int) Perturber {
	all := &Given{DeltaAt: make([][]float64, b.c.N()+1), EpsAt: make([][]float64, b.c.N()+1)}
	for i := 1; i <= b.c.N(); i++ {
		for _, g := range b.given[from:to] {
			all.DeltaAt[i] = append(all.DeltaAt[i], g.DeltaAt[i]...)
			all.EpsAt[i] = append(all.EpsAt[i], g.EpsAt[i]...)
		}
	}
	return all
}

// states are the means by one State after the other, and how far a Batch may be
// from them: twice the enclosures, and twice gamma(B+2) for the sums.
func (b *batchCase) states(perturbed bool) (loss float64, u []float64, lossOff, uOff float64, ok bool) {
	s, n := NewState(b.c), b.c.N()
	u = make([]float64, b.c.NW())
	m := float64(len(b.obj.x))
	for k, x := range b.obj.x {
		c := b.obj.chains[k]
		var p Perturber
		if perturbed {
			p = b.given[k]
		}
		s.Pass(c, x, b.w, p)
		region, enc, per := NewRegion(c), NewEnclosure(c), make([]Regularity, n+1)
		region.Visit(s, b.w)
		enc.Visit(s)
		region.Widen(0x1p-26) // some of the random chains are ill-conditioned
		region.Regularity(per)
		if !enc.Compute(region, per) {
			return 0, nil, 0, 0, false // softmaxce(1) is 0, and no margin is relative to that
		}
		g := gamma(len(b.obj.x) + 2)
		loss += s.Loss()
		lossOff += 2 * (enc.Y[n] + g*math.Abs(s.Loss())) / m
		uOff += 2 * (size2(enc.U) + g*size2(s.UAll)) / m
		for j, v := range s.UAll {
			u[j] += v
		}
	}
	for j := range u {
		u[j] /= m
	}
	return loss / m, u, lossOff, uOff, true
}

func far(a, b []float64) float64 { return math.Sqrt(sqDiff(a, b)) }

// fuses: kernels of gonum may fuse a product with a sum, see Bits in doc.go.
const fuses = runtime.GOARCH != "amd64"

// TestBatchIsManyStates: loss and mean gradient are those of States one by one
// within the bound at Batch, and with windows of one sample the same bits.
func TestBatchIsManyStates(t *testing.T) {
	skipped := 0
	for _, bc := range batchCases(t) {
		for _, perturbed := range []bool{false, true} {
			loss, u, lossOff, uOff, ok := bc.states(perturbed)
			if !ok {
				skipped++
				continue
			}
			for _, window := range []int{1, 2, 3, 7, 20} {
				b := NewBatch(bc.c, window)
				b.Load(bc.obj, nil)
				ways := []BatchPerturber{bc.each, bc.matrices}
				if !perturbed {
					ways = []BatchPerturber{nil, func(int, int) Perturber { return nil }}
				}
				var before []float64
				for way, p := range ways {
					b.Pass(bc.w, p)
					got := append([]float64{b.Loss()}, b.U()...)
					if window == 1 && !fuses && (got[0] != loss || !cmp.Equal(got[1:], byHand(bc, perturbed))) {
						t.Fatalf("%v: windows of one give loss %v and U %v, want %v and %v", bc.c.Specs(), got[0],
							got[1:], loss, u)
					}
					if !(math.Abs(got[0]-loss) <= lossOff && far(got[1:], u) <= uOff) {
						t.Fatalf("%v, window %d, perturbed %v: loss %v, want %v within %v; U %v, want %v within %v",
							bc.c.Specs(), window, perturbed, got[0], loss, lossOff, got[1:], u, uOff)
					}
					if way > 0 && !cmp.Equal(before, got) {
						t.Errorf("%v: %v by one way of perturbing, %v by the other", bc.c.Specs(), before, got)
					}
					before = got
				}
			}
		}
	}
	if skipped > 10 {
		t.Errorf("%d cases without an enclosure", skipped)
	}
}

// byHand is the sum of the gradients in order, times 1/B.
func byHand(bc batchCase, perturbed bool) []float64 {
	s := NewState(bc.c)
	u := make([]float64, bc.c.NW())
	for k, x := range bc.obj.x {
		var p Perturber
		if perturbed {
			p = bc.given[k]
		}
		s.Pass(bc.obj.chains[k], x, bc.w, p)
		add(u, u, s.UAll)
	}
	return times(1/float64(len(bc.obj.x)), u)
}

// TestBatchStep: the fused step is Pass and Step within a rounding of each term.
func TestBatchStep(t *testing.T) {
	const g = 0.125
	for _, bc := range batchCases(t) {
		_, _, _, uOff, ok := bc.states(true)
		if !ok {
			continue
		}
		for _, reg := range []Regularizer{{}, {"l2", 0.25}, {"nonconvex", 0.5}} {
			for _, window := range []int{1, 3, 7} {
				b := NewBatch(bc.c, window)
				b.Load(bc.obj, nil)
				b.Pass(bc.w, bc.each)
				want, loss := append([]float64(nil), bc.w...), b.Loss()
				Step(want, b.U(), g, reg)
				got := append([]float64(nil), bc.w...)
				b.Step(got, g, reg, bc.each)
				// each |U^(k)| is at most uOff B/(2 gamma(B+2))
				terms := size2(bc.w)*(1+2*g*reg.Rho) + 8*g*uOff/gamma(1)
				if off := gamma(len(bc.obj.x)+4) * terms; !(far(got, want) <= off) || b.Loss() != loss {
					t.Fatalf("%v, %v, window %d: %v by a fused step, %v by two, %v apart, want %v; loss %v and %v",
						bc.c.Specs(), reg, window, got, want, far(got, want), off, b.Loss(), loss)
				}
				if window < 7 && !cmp.Equal(got, want) {
					t.Errorf("%v, window %d: a step of many windows is not Pass and Step", bc.c.Specs(), window)
				}
			}
		}
	}
}

// TestBatchStepOfNothing: g = 0 is not a way around 0 times infinity.
func TestBatchStepOfNothing(t *testing.T) {
	c := mustChain(t, Linear(1, 1), HalfSq(1))
	b := NewBatch(c, 1)
	b.Load(&listed{[]*Chain{c}, [][]float64{{math.Inf(1)}}}, nil)
	w := []float64{1}
	if b.Step(w, 0, Regularizer{}, nil); !math.IsNaN(w[0]) {
		t.Errorf("w = %v after a step of 0 along infinity", w)
	}
}

// TestBatchWindows: windows are asked for in order, the last may be short, and a
// sample may repeat.
func TestBatchWindows(t *testing.T) {
	c := someChains(t)[1]
	r := newRand(3)
	obj := &listed{}
	for range 4 {
		obj.chains, obj.x = append(obj.chains, c), append(obj.x, normals(r, c.D(0)))
	}
	w := normals(r, c.NW())
	b := NewBatch(c, 3)
	b.Load(obj, []int{3, 1, 1, 0, 2, 3, 3})
	var asked []int
	b.Pass(w, func(from, to int) Perturber {
		asked = append(asked, from, to)
		return nil
	})
	if diff := cmp.Diff(asked, []int{0, 3, 3, 6, 6, 7}); diff != "" || b.Len() != 7 {
		t.Errorf("windows %v of %d samples", asked, b.Len())
	}
	want := make([]float64, c.NW())
	s := NewState(c)
	for k, times := range []float64{1, 2, 1, 3} {
		s.Pass(c, obj.x[k], w, nil)
		for j, v := range s.UAll {
			want[j] += times * v / 7
		}
	}
	if err := near(b.U(), want); err != nil {
		t.Error(err)
	}
	b.Load(obj, []int{2})
	b.Pass(w, nil)
	s.Pass(c, obj.x[2], w, nil)
	if !cmp.Equal(b.U(), s.UAll) || b.Loss() != s.Loss() || b.Len() != 1 {
		t.Error("a second Load keeps something of the first")
	}
}

// asks records what a Perturber is asked for.
type asks struct {
	Perturber
	delta, eps *[]int
}

func (a asks) Delta(i int, dst, f []float64) {
	*a.delta = append(*a.delta, i)
	a.Perturber.Delta(i, dst, f)
}

func (a asks) Eps(i int, dst, b []float64) {
	*a.eps = append(*a.eps, i)
	a.Perturber.Eps(i, dst, b)
}

// TestSkipLoss: without the loss the gradient has the same bits, and a Perturber is
// asked for delta_1..delta_{N-1} and eps_N..eps_2.
func TestSkipLoss(t *testing.T) {
	for _, bc := range batchCases(t) {
		b, skip := NewBatch(bc.c, 4), NewBatch(bc.c, 4)
		skip.SkipLoss = true
		b.Load(bc.obj, nil)
		skip.Load(bc.obj, nil)
		var delta, eps []int
		b.Pass(bc.w, bc.each)
		for _, f := range skip.f[1:] {
			for k := range f {
				f[k] = math.NaN() // what is read and not written is seen
			}
		}
		skip.Pass(bc.w, func(from, to int) Perturber { return asks{bc.each(from, to), &delta, &eps} })
		if !cmp.Equal(b.U(), skip.U()) || !math.IsNaN(skip.Loss()) {
			t.Errorf("%v: U %v, without the loss %v; loss %v", bc.c.Specs(), b.U(), skip.U(), skip.Loss())
		}
		var wantDelta, wantEps []int
		for range 2 { // windows
			for i := 1; i < bc.c.N(); i++ {
				wantDelta, wantEps = append(wantDelta, i), append(wantEps, bc.c.N()+1-i)
			}
		}
		if diff := cmp.Diff([][]int{wantDelta, wantEps}, [][]int{delta, eps}); diff != "" {
			t.Errorf("%v: asked for %s", bc.c.Specs(), diff)
		}
	}
}

// TestSkipLossSkips: the value of the last operator is left out where no derivative
// needs it, and only there.
func TestSkipLossSkips(t *testing.T) {
	for _, c := range []struct {
		last  Op
		skips bool
	}{{Logistic(), true}, {SoftmaxCE(1, 0), true}, {HalfSq(1), true}, {Tanh(1), false}, {Sigmoid(1), false},
		{squareSum(1), false}} {
		chain := mustChain(t, Bias(1), c.last)
		b := NewBatch(chain, 1)
		b.SkipLoss = true
		b.Load(&listed{[]*Chain{chain}, [][]float64{{1}}}, nil)
		b.f[2][0] = 12345
		b.Pass([]float64{1}, nil)
		if skipped := b.val[2][0] == 12345; skipped != c.skips {
			t.Errorf("%v: value left out: %v", c.last.Spec(), skipped)
		}
	}
}

// TestSparse: a Batch asks where something is, and only there.
func TestSparse(t *testing.T) {
	c := someChains(t)[1]
	obj := &listed{[]*Chain{c}, [][]float64{{1, 2}}}
	b := NewBatch(c, 1)
	b.Load(obj, nil)
	var delta, eps []int
	g := &Given{DeltaAt: [][]float64{nil, nil, filled(4, 1)}, EpsAt: [][]float64{4: filled(3, 1)}}
	b.Pass(normals(newRand(1), c.NW()), func(int, int) Perturber { return sparse{asks{g, &delta, &eps}, g} })
	if diff := cmp.Diff([][]int{delta, eps}, [][]int{{2}, {4}}); diff != "" {
		t.Error(diff)
	}
	for i, want := range map[int]bool{-1: false, 0: false, 1: false, 2: true, 3: false} {
		if g.HasDelta(i) != want {
			t.Errorf("HasDelta(%d) is %v", i, !want)
		}
	}
}

type sparse struct {
	asks
	g *Given
}

func (s sparse) HasDelta(i int) bool { return s.g.HasDelta(i) }
func (s sparse) HasEps(i int) bool   { return s.g.HasEps(i) }

// TestBatchKeepsNothing: results do not depend on what a workspace held, nor on
// GOMAXPROCS.
func TestBatchKeepsNothing(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, bc := range batchCases(t) {
		fresh, used := NewBatch(bc.c, 4), NewBatch(bc.c, 4)
		nan := &listed{chains: bc.obj.chains}
		for _, x := range bc.obj.x {
			nan.x = append(nan.x, filled(len(x), math.NaN()))
		}
		used.Load(nan, nil)
		used.Pass(filled(len(bc.w), math.NaN()), bc.each)
		used.Load(bc.obj, nil)
		used.Pass(bc.w, bc.each)
		runtime.GOMAXPROCS(4)
		fresh.Load(bc.obj, nil)
		fresh.Pass(bc.w, bc.each)
		runtime.GOMAXPROCS(1)
		if !cmp.Equal(fresh.U(), used.U()) || fresh.Loss() != used.Loss() {
			t.Errorf("%v: U %v and %v, loss %v and %v", bc.c.Specs(), fresh.U(), used.U(), fresh.Loss(), used.Loss())
		}
	}
}

func TestBatchAllocates(t *testing.T) {
	for _, bc := range batchCases(t) {
		b := NewBatch(bc.c, 4)
		w := append([]float64(nil), bc.w...)
		b.Load(bc.obj, nil)
		windows := map[int]Perturber{0: bc.each(0, 4), 4: bc.each(4, 7)}
		p := func(from, to int) Perturber { return windows[from] }
		whole := NewBatch(bc.c, 7)
		all := bc.each(0, 7)
		whole.Load(bc.obj, nil)
		if n := testing.AllocsPerRun(3, func() {
			b.Load(bc.obj, nil)
			b.Pass(w, p)
			b.Step(w, 1e-9, Regularizer{}, p)
			whole.Step(w, 1e-9, Regularizer{"l2", 0.1}, func(int, int) Perturber { return all })
		}); n != 0 {
			t.Errorf("%v: %v allocations", bc.c.Specs(), n)
		}
	}
}

// ones adds 1 everywhere.
type ones struct{}

func (ones) Delta(_ int, dst, _ []float64) { copy(dst, filled(len(dst), 1)) }
func (ones) Eps(_ int, dst, _ []float64)   { copy(dst, filled(len(dst), 1)) }

// TestEachOfNone: nil among the Perturbers of a window writes zeros over all of its row.
func TestEachOfNone(t *testing.T) {
	want := []float64{1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0}
	e := Each{ones{}, nil, ones{}, nil}
	for name, perturb := range map[string]func(i int, dst, state []float64){"Delta": e.Delta, "Eps": e.Eps} {
		dst := filled(len(want), math.NaN())
		if perturb(1, dst, make([]float64, len(want))); !slices.Equal(dst, want) {
			t.Errorf("%s: %v, want %v", name, dst, want)
		}
	}
}
