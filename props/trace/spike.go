package trace

import (
	"fmt"
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/bounds"
)

// A spike is a step whose |U-u|^2 is more than spikeLeast times the median of the spikePast steps before
// it, and stands out of their spread, on a logarithmic scale.
const (
	spikePast   = 50
	spikeNeeds  = 20
	spikeLeast  = 10.0
	spikeSpread = 8.0
	lossPast    = 20
	lossSpread  = 3.0
	lossMean    = 3 // steps whose mean loss must be back
)

// series is what is kept of every step: 40 bytes.
type series struct {
	t                   []int
	loss, error2, grad2 []float64
	gamma               []float64
	flagged             []int           // indices
	blocks              map[int][]block // of flagged steps, by site
	scratch             []float64
}

// add takes in a step and reports whether it is a spike.
func (s *series) add(m measured) bool {
	k := len(s.t)
	s.t = append(s.t, m.t)
	s.loss, s.error2, s.grad2 = append(s.loss, m.loss), append(s.error2, m.error2), append(s.grad2, m.grad2)
	s.gamma = append(s.gamma, m.gamma)
	if !s.spike(k) {
		return false
	}
	s.flagged = append(s.flagged, k)
	return true
}

// leastRelative is the least |U-u|^2 relative to |u|^2 that the judge can tell from 0.
const leastRelative = 0x1p-90

func (s *series) log2(k int) float64 {
	return math.Log(s.error2[k] + leastRelative*s.grad2[k] + math.SmallestNonzeroFloat64)
}

func (s *series) spike(k int) bool {
	from := max(0, k-spikePast)
	if k-from < spikeNeeds || s.error2[k] != s.error2[k] {
		return false
	}
	v := s.scratch[:0]
	for i := from; i < k; i++ {
		v = append(v, s.log2(i))
	}
	median := medianOf(v)
	for i := range v {
		v[i] = math.Abs(v[i] - median)
	}
	spread := 1.4826 * medianOf(v)
	s.scratch = v
	return s.log2(k)-median > max(math.Log(spikeLeast), spikeSpread*spread)
}

// smooth are the constants that the root form of (41) needs.
type smooth struct {
	l, mu, lstar float64
	estimated    bool
}

// spikes joins the flagged steps and says of each what came of it.
func (s *series) spikes(c smooth) []Spike {
	list := []Spike{}
	usual := medianOf(slices.Clone(s.error2))
	for i := 0; i < len(s.flagged); {
		first := s.flagged[i]
		last, peak := first, first
		for i++; i < len(s.flagged) && s.flagged[i] <= last+2; i++ {
			last = s.flagged[i]
			if s.error2[last] > s.error2[peak] {
				peak = last
			}
		}
		sp := Spike{From: s.t[first], To: s.t[last], Peak: s.t[peak], Error2: Number(s.error2[peak]), Usual2: Number(usual),
			Share: Number(math.NaN()), Took: -1, Promised: -1, Estimated: c.estimated}
		s.recovery(&sp, first, last, peak, c)
		list = append(list, sp)
	}
	return list
}

// recovery looks when the loss is back where it was, and when (41) promises that.
func (s *series) recovery(sp *Spike, first, last, peak int, c smooth) {
	// The loss of the spike's step is at the weights before it.
	before := slices.Clone(s.loss[max(0, first-lossPast) : first+1])
	median := medianOf(before)
	for k := range before {
		before[k] = math.Abs(before[k] - median)
	}
	band := lossSpread * 1.4826 * medianOf(before)
	for k := last + 1; k+lossMean <= len(s.loss); k++ {
		if mean(s.loss[k:k+lossMean]) <= median+band {
			sp.Recovered, sp.Took = true, s.t[k]-s.t[last]
			break
		}
	}
	g := s.gamma[peak]
	switch {
	case !(c.l > 0 && c.mu > 0 && c.mu <= c.l && g > 0 && band > 0):
		sp.Why = "constants that (41) needs are not known"
		return
	case !(g*c.l <= 1):
		sp.Why = fmt.Sprintf("(41) needs a step size of at most 1/L, and g = %.3g, L = %.3g", g, c.l)
		return
	}
	gap := math.Max(0, median-c.lstar)
	smooth := bounds.Smooth{L: c.l, Mu: c.mu, Gamma: g}
	beta := math.Sqrt(c.l/2) * g * math.Sqrt(s.error2[peak])
	allowed := math.Sqrt(gap+band) - math.Sqrt(gap)
	const most = 1 << 30
	steps := 0
	if beta > allowed { // beta q^{k/2} <= allowed
		steps = int(math.Min(most, math.Ceil(2*math.Log(allowed/beta)/math.Log(smooth.RootQ()))))
	}
	if steps >= 0 && steps < most {
		sp.Promised = steps
	}
}

// say puts the spike into words.
func (sp *Spike) say(name func(Site) string) {
	where := fmt.Sprintf("step %d", sp.Peak)
	if sp.From != sp.To {
		where = fmt.Sprintf("steps %d to %d", sp.From, sp.To)
	}
	cause := "no site's error stands out"
	if sp.Cause != nil {
		cause = fmt.Sprintf("the error of %s did it", name(*sp.Cause))
		if s := float64(sp.Share); s == s {
			cause += fmt.Sprintf(" (%.0f %% of the gradient's error)", 100*s)
		}
	}
	back := "the loss has not come back"
	if sp.Recovered {
		back = "the loss was back after " + steps(sp.Took)
	}
	if sp.Promised >= 0 {
		kind := ""
		if sp.Estimated {
			kind = ", with estimated constants"
		}
		back += fmt.Sprintf(" (the root form of (41) promises %d%s)", sp.Promised, kind)
	}
	if sp.Why != "" {
		back += " (" + sp.Why + ")"
	}
	sp.Says = fmt.Sprintf("%s: |U-u|^2 was %.3g, usually %.3g; %s; %s", where, float64(sp.Error2), float64(sp.Usual2),
		cause, back)
}
