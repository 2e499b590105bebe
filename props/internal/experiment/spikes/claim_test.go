package spikes

import (
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
)

func TestUpward(t *testing.T) {
	b := ClaimBothWays(1, 1500)
	for _, v := range b.Violations[:min(5, len(b.Violations))] {
		t.Errorf("%+v", v)
	}
	if b.Skipped > b.Chains/20 || b.Ones < b.Chains/3 || b.Zeros < 1 || b.Zeros > b.Ones/5 {
		t.Errorf("%d of %d chains skipped, %d with one site, %d of them without effect", b.Skipped, b.Chains, b.Ones,
			b.Zeros)
	}
	// N = 2, eps_2 alone: (13) has 3C^2 |eps|^2 and nothing stops |U-u| = C |eps|.
	if got := b.Upper[printed].Ratio; !(got > 0.3 && got <= 1) {
		t.Errorf("printed ratio %v", got)
	}
	if got := b.Upper[sharp].Ratio; !(got > 0.99 && got <= 1) {
		t.Errorf("sharp ratio %v", got)
	}
}

func TestBothAnyGOMAXPROCS(t *testing.T) {
	want := ClaimBothWays(3, 200)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if got := ClaimBothWays(3, 200); !reflect.DeepEqual(got, want) {
		t.Errorf("one processor: %+v, want %+v", got, want)
	}
}

// TestSmallCoefficientsAreSeen: half of the sharp coefficient must be broken.
func TestSmallCoefficientsAreSeen(t *testing.T) {
	broken := 0
	for i := range 1500 {
		rng := rand.New(rand.NewPCG(1, uint64(i)))
		c := randomChain(rng)
		p := newPasses(c)
		s := sites(c)[0]
		if p.run(direction(rng, c.D(0)), direction(rng, c.NW()), s.given(c.N(), unit(rng, s.width(c)))) &&
			p.least() > math.Sqrt(p.sharpCoefficient(s)/2) {
			broken++
		}
	}
	if broken == 0 {
		t.Error("no random chain uses half of the sharp bound")
	}
}

// TestWitnesses replays every witness from its data, along the line of V.
func TestWitnesses(t *testing.T) {
	main, trivial := search()
	if len(main)+len(trivial) != wanted || len(trivial) != 2 {
		t.Fatalf("%d witnesses and %d trivial ones", len(main), len(trivial))
	}
	count := map[string]int{}
	for _, w := range append(main, trivial...) {
		count[w.Kind]++
		c, err := core.FromSpecs(w.Chain)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []float64{0, 1, -3, 512} {
			u, moved := core.NewState(c), core.NewState(c)
			u.Pass(c, w.X, w.W, nil)
			moved.Pass(c, w.X, w.W, w.Site.given(c.N(), scaled(r, w.V)))
			if !reflect.DeepEqual(u.UAll, moved.UAll) || normSq(u.UAll) != w.GradSq || w.GradSq == 0 || w.DiffSq != 0 {
				t.Errorf("%+v times %v: U = %v, u = %v", w, r, moved.UAll, u.UAll)
			}
		}
		if !(norm(w.V) >= 1) {
			t.Errorf("%+v: too small a perturbation", w)
		}
	}
	if count[linear] != 2 || count[other] != 2 {
		t.Errorf("kinds %v", count)
	}
	for j, w := range main {
		if j > 0 && size(t, main[j-1]) > size(t, w) {
			t.Errorf("%v stands before the smaller %v", main[j-1].Chain, w.Chain)
		}
		if w.Site.Eps && w.Site.I == 1 || !w.Site.Eps && w.Site.I == len(w.Chain) {
			t.Errorf("trivial site %v in the main answer", w.Site)
		}
		if !(w.Coefficient > 0) {
			t.Errorf("%+v: (13) allows nothing", w)
		}
	}
}

// TestNoSmallerWitness looks for the kinds found at every chain smaller than the
// one that search gives, whatever the order of candidates.
func TestNoSmallerWitness(t *testing.T) {
	main, _ := firstWitnesses()
	for _, c := range candidates() {
		for _, s := range sites(c) {
			if !slices.ContainsFunc(main, func(w Witness) bool {
				return w.Site.Eps == s.Eps &&
					sizeOf(c) < size(t, w)
			}) {
				continue
			}
			s.find(c, func(found Witness) {
				for _, w := range main {
					if w.Kind == found.Kind && w.Site.Eps == s.Eps && sizeOf(c) < size(t, w) {
						t.Errorf("%v at %v is smaller than %v", found.Chain, s, w.Chain)
					}
				}
			})
		}
	}
}

// size orders chains as search does: N, widths, weights.
func size(t *testing.T, w Witness) int {
	c, err := core.FromSpecs(w.Chain)
	if err != nil {
		t.Fatal(err)
	}
	return sizeOf(c)
}

func sizeOf(c *core.Chain) int { return (c.N()*100+widths(c))*100 + c.NW() }

// TestKinds: what the two non-blind witnesses say by hand. scale(2), halfsq(2) at
// x = (1,0): u = x o (x o w + delta + eps), so that a second entry does nothing.
func TestKinds(t *testing.T) {
	c, err := core.NewChain(core.Scale(2), core.HalfSq(2))
	if err != nil {
		t.Fatal(err)
	}
	p := newPasses(c)
	for _, s := range sites(c) {
		for _, x := range []struct {
			v    []float64
			want bool
		}{{[]float64{0, 1}, true}, {[]float64{1, 0}, false}, {[]float64{1, 1}, false}} {
			if w, ok := p.witness(s, []float64{1, 0}, []float64{1, 0}, x.v); ok != x.want || ok && w.Kind != other {
				t.Errorf("%v = %v: %v, %+v", s, x.v, ok, w)
			}
		}
	}
	if _, ok := p.witness(sites(c)[0], []float64{0, 0}, []float64{1, 0}, []float64{0, 1}); ok {
		t.Error("a witness with u = 0")
	}
}

func TestCoefficientsAddUp(t *testing.T) {
	p := newPasses(randomChain(rand.New(rand.NewPCG(9, 9))))
	p.k = bounds.Const{N: p.c.N(), C: 2, C2: 1, Lf: 1.5, L1: 0.7, L2: 1}
	sum := 0.0
	for _, s := range sites(p.c) {
		sum += p.coefficient(s)
	}
	if got := p.coefficients()[printed]; !near(got, sum) {
		t.Errorf("c = %v, the sites sum to %v", got, sum)
	}
}
