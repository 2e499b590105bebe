package spikes

import (
	"errors"
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/props/internal/pool"
)

// roundRel covers the rounding of a loss or gradient that is a mean of at most
// 2^10 samples with dot products of at most 2^5 terms, relative to the sizes
// that scale gives: gamma(2^10 + 2^6) < 2^-42, with a factor 4 to spare.
const roundRel = 0x1p-40

// Site is where a spike enters: delta_I, or eps_I when Eps.
type Site struct {
	Eps bool
	I   int
}

// String is delta_I or eps_I.
func (s Site) String() string {
	if s.Eps {
		return fmt.Sprintf("eps_%d", s.I)
	}
	return fmt.Sprintf("delta_%d", s.I)
}

// sites are those that can touch a gradient: delta_1..delta_{N-1}, eps_2..eps_N.
func sites(c *core.Chain) []Site {
	var all []Site
	for i := 1; i < c.N(); i++ {
		all = append(all, Site{false, i})
	}
	for i := 2; i <= c.N(); i++ {
		all = append(all, Site{true, i})
	}
	return all
}

// width is the length of the perturbation at s.
func (s Site) width(c *core.Chain) int {
	if s.Eps {
		return c.D(s.I - 1)
	}
	return c.D(s.I)
}

// given has the perturbation v at s and none elsewhere.
func (s Site) given(n int, v []float64) *core.Given {
	at := make([][]float64, n+1)
	at[s.I] = v
	if s.Eps {
		return &core.Given{EpsAt: at}
	}
	return &core.Given{DeltaAt: at}
}

// setting is an objective with its constants looked up once, a step size and
// the weights that runs start from.
type setting struct {
	name       string
	obj        problem.Known
	s          bounds.Smooth
	start      []float64
	lower, up  float64 // of l*
	input      float64 // max |x_k|
	n, samples int
}

// newSetting takes the step size share/(3L), 0 < share < 1, full batch.
func newSetting(name string, obj problem.Known, share float64, start []float64) *setting {
	s := &setting{name: name, obj: obj, start: start, lower: obj.LStarLower(), up: obj.LStarUpper(),
		samples: obj.Len(), n: len(start)}
	s.s = bounds.Smooth{L: obj.L(), Mu: obj.Mu(), Gamma: share / (3 * obj.L())}
	for k := range obj.Len() {
		_, x := obj.Sample(k)
		s.input = max(s.input, norm(x))
	}
	return s
}

// chain is that of sample 0; all samples share its shape.
func (s *setting) chain() *core.Chain {
	c, _ := s.obj.Sample(0)
	return c
}

// lossError bounds the rounding of problem.Loss at w. For a quadratic the terms
// are at most |A|_F^2 (|x|+|w|)^2 <= n L (|x|+|w|)^2 in sum; for a regression a
// term moves by at most the rounding of <x,w>, of size |x||w|, and is at most
// |x||w| + ln 2, and rho |w|^2 <= L |w|^2.
func (s *setting) lossError(w float64) float64 {
	size := s.input + w
	return roundRel * (float64(s.n)*s.s.L*size*size + s.input*w + 1)
}

// noise bounds, as a perturbation of the gradient, what rounding does to one
// step from weights of norm w: that of the mean gradient, whose terms are n L
// (|x|+|w|) for a quadratic and, for a regression, |x| and slopes that move by
// |x|^2 |w|/4, on average below n L |w|; and that of the step, 2^-53 (|w| + g |U+r|),
// which divided by g is |w|/g and more of the same.
func (s *setting) noise(w float64) float64 {
	return roundRel * (w/s.s.Gamma + 2*float64(s.n)*s.s.L*(s.input+w) + 2*s.input)
}

// gap holds the true gap of some weights between low and high.
type gap struct{ low, high float64 }

func (s *setting) gap(w []float64) gap {
	loss, e := problem.Loss(s.obj, w), s.lossError(norm(w))
	return gap{loss - s.up - e, loss - s.lower + e}
}

func (s *setting) startGap() gap { return s.gap(s.start) }

// spikes says which steps of a run are hit, where, and by what.
type spikes struct {
	at     func(t int) bool
	site   Site
	vector []float64
	signs  bool // sample k gets (-1)^k vector
}

// perturb is the callback of core.Run.
func (p spikes) perturb(c *core.Chain) func(t, k int) core.Perturber {
	plus := p.site.given(c.N(), p.vector)
	minus := p.site.given(c.N(), scaled(-1, p.vector))
	return func(t, k int) core.Perturber {
		switch {
		case !p.at(t):
			return nil
		case p.signs && k%2 == 1:
			return minus
		}
		return plus
	}
}

// trace is what a run shows; see the directions of rounding in the package comment.
type trace struct {
	low, high []float64 // gap of w^t, at most and at least the true one; NaN where it was not asked for
	size      []float64 // |U-u| at step t, at least the true one; 0 at quiet steps
	noise     []float64 // noise of step t
}

// worstNoise is the largest noise of a step.
func (tr *trace) worstNoise() float64 {
	m := 0.0
	for _, v := range tr.noise {
		m = max(m, v)
	}
	return m
}

var errEnough = errors.New("enough")

// run makes up to steps steps. The gap is measured where measure(t) says so; stop
// (nil: never) ends the run after a measured step.
func (s *setting) run(p spikes, steps int, measure func(t int) bool, stop func(t int, low float64) bool) (*trace,
	error) {
	tr := &trace{}
	w := append([]float64(nil), s.start...)
	observe := func(t int, w, u []float64, _ []int) error {
		size := norm(w)
		g, kick := gap{math.NaN(), math.NaN()}, 0.0
		if measure(t) {
			g = s.gap(w)
		}
		if p.at(t) {
			kick = s.spikeSize(w, u) + s.noise(size)
		}
		tr.low, tr.high = append(tr.low, g.low), append(tr.high, g.high)
		tr.size, tr.noise = append(tr.size, kick), append(tr.noise, s.noise(size))
		if stop != nil && stop(t, g.low) {
			return errEnough
		}
		return nil
	}
	err := core.Run(s.obj, w, core.Options{T: steps, Gamma: s.s.Gamma, Reg: s.obj.Reg(),
		Perturb: p.perturb(s.chain()), Observe: observe})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("spikes: %s: %w", s.name, err)
	}
	return tr, nil
}

// spikeSize is |U-u|, u from exact passes at w.
func (s *setting) spikeSize(w, u []float64) float64 {
	d := problem.Gradient(s.obj, w)
	for j := range d {
		d[j] = u[j] + s.obj.Reg().Grad(w[j]) - d[j]
	}
	return norm(d)
}

func norm(v []float64) float64 { return math.Sqrt(normSq(v)) }

func normSq(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x * x)
	}
	return sum
}

func scaled(a float64, v []float64) []float64 {
	out := make([]float64, len(v))
	for j, x := range v {
		out[j] = a * x
	}
	return out
}

// onAll runs f(0), ..., f(n-1), each writing only what is its own, and
// returns the error of the lowest index.
func onAll(n int, f func(i int) error) error {
	for _, err := range pool.Map(n, f) {
		if err != nil {
			return err
		}
	}
	return nil
}
