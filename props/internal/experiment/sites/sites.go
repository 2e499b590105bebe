package sites

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/pool"
)

// Options of Run.
type Options struct {
	Seed    uint64
	Samples int     // digits
	Draws   int     // directions of each perturbation
	Size    float64 // of it, absolute or relative to the state that it is added to
	Steps   int     // of training
	Depth   int     // layers of tanh; 0 for the 6 of section 5.3
	Width   int     // of each; 0 for 16
}

// Default are those of the judgement.
func Default(seed uint64) Options {
	return Options{Seed: seed, Samples: 40, Draws: 4, Size: 1e-3, Steps: 150}
}

// Network is a choice of weights.
type Network struct {
	Name    string
	Gain    float64 // of the matrices, over that of Glorot and Bengio
	Trained bool
}

// Networks are the initialisations of section 5.3, and one that was trained.
var Networks = []Network{
	{"contracting, gain 0.5", 0.5, false}, {"gain 1", 1, false}, {"expanding, gain 3", 3, false}, {"trained", 1, true},
}

// The sizes of the network: with affine operators between the layers and the loss N is 14.
const (
	usualDepth = 6
	usualWidth = 16
)

// tanhWidths are the widths of the layers of tanh.
func (o *Options) tanhWidths() []int {
	return slices.Repeat([]int{cmp.Or(o.Width, usualWidth)}, cmp.Or(o.Depth, usualDepth))
}

// Line is one network with one kind of size.
type Line struct {
	Network  string
	Relative bool
	// Root mean square of |U-u| over the size: Delta[i] for delta_i, i = 1..N-1, and Eps[i] for
	// eps_i, i = 2..N.
	Delta, Eps []float64
	// RatioDelta is delta_1 over delta_{N-1} and RatioEps eps_N over eps_2, as measured, and
	// by the square roots of the coefficients (21).
	RatioDelta, RatioEps     float64
	BoundedDelta, BoundedEps float64
}

// Result is all lines.
type Result struct{ Lines []Line }

// Run measures all networks with both kinds of size.
func Run(o Options) (*Result, error) {
	if o.Samples < 1 || o.Draws < 1 || !(o.Size > 0) || o.Steps < 0 || o.Depth < 0 || o.Width < 0 {
		panic(fmt.Sprintf("sites: cannot measure with %+v", o))
	}
	table, err := gen.Digits()
	if err != nil {
		return nil, err
	}
	obj, err := problem.Network(table, o.tanhWidths()...)
	if err != nil {
		return nil, err
	}
	lines := pool.Map(2*len(Networks), func(k int) Line {
		n := Networks[k/2]
		w, failed := weights(obj, n, o)
		if failed != nil {
			panic("sites: " + failed.Error()) // the options of core.Run are ours
		}
		return measure(obj, w, n.Name, k%2 == 1, o)
	})
	return &Result{lines}, nil
}

func weights(obj core.Objective, n Network, o Options) ([]float64, error) {
	c, _ := obj.Sample(0)
	w := problem.InitWeights(c, o.Seed)
	for k := range w {
		w[k] *= n.Gain
	}
	if !n.Trained {
		return w, nil
	}
	const batch = 100
	samples := make([]int, batch)
	return w, core.Run(obj, w, core.Options{T: o.Steps, Gamma: 0.3, Batch: func(t int) []int {
		for k := range samples {
			samples[k] = (t*batch + k) % obj.Len()
		}
		return samples
	}})
}

func measure(obj core.Objective, w []float64, name string, relative bool, o Options) Line {
	c, _ := obj.Sample(0)
	n := c.N()
	line := Line{Network: name, Relative: relative, Delta: make([]float64, n+1), Eps: make([]float64, n+1)}
	exact, moved := core.NewState(c), core.NewState(c)
	region := core.NewRegion(c)
	rng := rand.New(rand.NewPCG(o.Seed, 53))
	for k := range o.Samples {
		c, x := obj.Sample(k)
		exact.Pass(c, x, w, nil)
		region.Visit(exact, w)
		for range o.Draws {
			for i := 1; i <= n; i++ {
				g := core.Given{DeltaAt: make([][]float64, n+1), EpsAt: make([][]float64, n+1)}
				if i < n {
					line.Delta[i] += hit(rng, exact, moved, c, x, w, &g, g.DeltaAt, i, exact.Y[i], relative, o)
				}
				g.DeltaAt[i] = nil
				if i > 1 {
					line.Eps[i] += hit(rng, exact, moved, c, x, w, &g, g.EpsAt, i, exact.V[i-1], relative, o)
				}
			}
		}
	}
	for i := range line.Delta {
		line.Delta[i] = math.Sqrt(line.Delta[i]/float64(o.Samples*o.Draws)) / o.Size
		line.Eps[i] = math.Sqrt(line.Eps[i]/float64(o.Samples*o.Draws)) / o.Size
	}
	line.RatioDelta, line.RatioEps = line.Delta[1]/line.Delta[n-1], line.Eps[n]/line.Eps[2]
	region.Widen(core.Margin)
	k := region.Regularity(make([]core.Regularity, n+1))
	b := bounds.Const{N: n, C: k.C(), C2: k.C2, Lf: k.Lf, L1: k.L1, L2: k.L2}
	line.BoundedDelta = math.Sqrt(bounds.Theorem1Delta(b, 1) / bounds.Theorem1Delta(b, n-1))
	line.BoundedEps = math.Sqrt(bounds.Theorem1Eps(b, n) / bounds.Theorem1Eps(b, 2))
	return line
}

// hit is |U-u|^2 for one perturbation of a random direction at index i of at.
func hit(rng *rand.Rand, exact, moved *core.State, c *core.Chain, x, w []float64, g *core.Given, at [][]float64, i int,
	state []float64, relative bool, o Options) float64 {
	v := make([]float64, len(state))
	norm := 0.0
	for j := range v {
		v[j] = rng.NormFloat64()
		norm += v[j] * v[j]
	}
	size := o.Size / math.Sqrt(norm)
	if relative {
		size *= length(state)
	}
	for j := range v {
		v[j] *= size
	}
	at[i] = v
	moved.Pass(c, x, w, g)
	sum := 0.0
	for j, u := range moved.UAll {
		sum += (u - exact.UAll[j]) * (u - exact.UAll[j])
	}
	return sum
}

func length(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum)
}

// judged is one Result for all judgements: they do not depend on a seed.
var judged = sync.OnceValues(func() (*Result, error) { return Run(Default(1)) })

// judgement is what settle makes of all lines.
func judgement(settle func(r *Result) (claim.Verdict, string)) claim.Judgement {
	r, err := judged()
	if err != nil {
		return claim.Judgement{Verdict: claim.Undecided, Note: err.Error()}
	}
	more, err := tried()
	if err != nil {
		return claim.Judgement{Verdict: claim.Undecided, Note: err.Error()}
	}
	v, note := settle(r)
	v, note = varied(v, note, more, settle)
	return claim.Judgement{Verdict: v, Cases: len(r.Lines), Note: note}
}

// JudgeUsually is about the two orders that section 5.3 expects. "Usually" is no number: it
// says where they hold.
func JudgeUsually() claim.Judgement { return judgement(usually) }

func usually(r *Result) (claim.Verdict, string) {
	forward, backward := 0, 0
	var all []string
	for _, l := range r.Lines {
		if l.RatioDelta > 1 {
			forward++
		}
		if l.RatioEps > 1 {
			backward++
		}
		all = append(all, fmt.Sprintf("%s: %.2g, %.2g", l.name(), l.RatioDelta, l.RatioEps))
	}
	return claim.Unsettled, fmt.Sprintf("\"usually\" is no number. Root mean square of |U-u|, "+
		"delta_1 over delta_{N-1} and eps_N over eps_2: %s. So in %d and %d of %d", strings.Join(all, "; "),
		forward, backward, len(r.Lines))
}

// JudgeNoOrder is that no order holds for all networks: each is seen both ways, by a factor
// of clear or more.
func JudgeNoOrder() claim.Judgement { return judgement(noOrder) }

func noOrder(r *Result) (claim.Verdict, string) {
	const clear = 1.3
	var low, high [2]*Line
	for k := range r.Lines {
		l := &r.Lines[k]
		for side, ratio := range []float64{l.RatioDelta, l.RatioEps} {
			if ratio < 1/clear {
				low[side] = l
			}
			if ratio > clear {
				high[side] = l
			}
		}
	}
	if low[0] == nil || low[1] == nil || high[0] == nil || high[1] == nil {
		return claim.Unsettled, "each order is seen one way only"
	}
	return claim.Holds, fmt.Sprintf("delta_{N-1} harms %.2g times as much as delta_1 on %s, eps_2 %.2g times as "+
		"much as eps_N on %s; the other way round on %s and on %s", 1/low[0].RatioDelta, low[0].name(),
		1/low[1].RatioEps,
		low[1].name(), high[0].name(), high[1].name())
}

// JudgeCaptured is that the coefficients (21) are ordered as the harm is. They have one
// order: Ce_e[i+1] = sum_{j<=i} (3C^2)^j grows with i for any C > 0, and for 2 Lf^2 >= 1, as S_j
// never falls, Ce_d[1]/Ce_d[N-1] >= (sum_{m=0..N-2} S_{1+m})/S_{N-1} >= 1.
func JudgeCaptured() claim.Judgement { return judgement(captured) }

func captured(r *Result) (claim.Verdict, string) {
	for _, l := range r.Lines {
		if l.RatioDelta < 1 && l.BoundedDelta > 1 && l.RatioEps < 1 && l.BoundedEps > 1 {
			return claim.Refuted,
				fmt.Sprintf("%s: delta_1 harms %.2g times as much as delta_{N-1}, eps_N %.2g times as "+
					"much as eps_2, where the roots of (21) have the ratios %.2g and %.2g; Ce_e[N] > Ce_e[2] for "+
					"any C, and Ce_d[1] >= "+
					"Ce_d[N-1] once 2 Lf^2 >= 1", l.name(), l.RatioDelta, l.RatioEps, l.BoundedDelta, l.BoundedEps)
		}
	}
	return claim.Holds, "on every network"
}

func (l *Line) name() string {
	if l.Relative {
		return l.Network + ", equal relative size"
	}
	return l.Network + ", equal absolute size"
}
