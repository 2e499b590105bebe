package rates

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/cascade-sgd/cascade/props/claim"
)

// Shared is one measurement over the small range, made when first asked for: the
// claims about rates judge themselves by the same one.
type Shared struct {
	once    sync.Once
	results []Result
	err     error
}

func smallFrom(seed uint64) Options {
	o := Small
	o.Seed = seed
	return o
}

func (m *Shared) get(seed uint64) []Result {
	m.once.Do(func() {
		m.results, m.err = Run(Scenarios(), smallFrom(seed))
	})
	if m.err != nil {
		panic("rates: " + m.err.Error())
	}
	return m.results
}

// Judge is unsettled unless the measurement speaks against the claim of the given id: a
// slope proves no rate.
func (m *Shared) Judge(id string, seed uint64) claim.Judgement {
	results := m.get(seed)
	j := judge(id, results)
	c := Tally(id, results)
	j.Note += fmt.Sprintf("of %d measured slopes %d keep the rate, %d lose it, %d of these within the budget; go run "+
		"./props/verify page table1",
		c.Rows, c.Kept, c.Lost, c.Within)
	return j
}

// JudgeLine50 is Judge for (50), and measures how left over its right side grows with T.
func (m *Shared) JudgeLine50(id string, seed uint64) claim.Judgement {
	results := m.get(seed)
	return judge50(id, judge(id, results), results)
}

// judge is undecided, which is never on record, where the explicit form fails or
// a rate is lost within its budget by more than chance explains.
func judge(id string, results []Result) claim.Judgement {
	c := Tally(id, results)
	j := claim.Judgement{Verdict: claim.Unsettled, Cases: c.Rows, Ratio: c.Ratio}
	if !(c.Ratio <= 1) {
		j.Verdict = claim.Undecided
		j.Note = fmt.Sprintf("the explicit form of Theorem 4 or 5 fails: left/right %v; ", c.Ratio)
	}
	if c.Against > 0 {
		j.Verdict = claim.Undecided
		j.Note += fmt.Sprintf("%d rates are lost within the budget, beyond chance; ", c.Against)
	}
	return j
}

// judge50 adds to the judgement of the claim of the given id how left over the right side of
// (50) grows with T.
func judge50(id string, j claim.Judgement, results []Result) claim.Judgement {
	worst := math.Inf(-1)
	for _, r := range results {
		if !slices.Contains(r.Claims, id) {
			continue
		}
		if r.Budget == "O(T)" && r.Level == "beyond" {
			continue // Q stays T, and the size grows
		}
		e := r.Over(func(p Point) float64 {
			t, q := float64(p.T), float64(p.Q)
			x := math.Log(t) / t
			qd, qe := q, 0.0
			if r.DZero.F == nil {
				qd, qe = 0, q
			}
			return x*(1+qd) + x*x*(qd+qe)
		})
		worst = max(worst, e.At)
		if e.BeyondChance() {
			j.Verdict = claim.Undecided
			j.Note += fmt.Sprintf("%s, %s, %s: left grows like T^%.2f times the right side, beyond chance; ",
				r.Setting, r.Level, r.Placement, e.At)
		}
	}
	j.Note += fmt.Sprintf("left over right grows at most like T^%.2f; with Q_e = T the printed right side is ln^2 "+
		"T/T, more than the rate of Table 1: "+
		"that cell needs the geometric weights of (38), see cor3/derivation", worst)
	return j
}
