package search

import (
	"math"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
)

// views are what a case measures, or why it says nothing.
type views struct {
	lo, hi *claim.View
	why    claim.Reason
}

// score is Score.
func (v *views) score(c *claim.Claim) float64 {
	if v.why != claim.Valid {
		return math.Inf(-1)
	}
	r := c.Check(v.lo, v.hi)
	if r.Reason != claim.Valid {
		return math.Inf(-1)
	}
	return math.Log(r.Ratio)
}

// mostKept caps the cases that a memory keeps, of a few kB each.
const mostKept = 1 << 12

// memory measures cases for claims of one kind and keeps the views of the first ones.
// Claims that climb from one case with one seed ask for the same cases until one of them
// calls better what another does not, and those in several forms or readings never part.
// It is not safe for concurrent use.
type memory struct {
	series *measure.Series
	kept   map[string]*views // by gen.Case.AppendKey; nil for the climb of one claim
	key    []byte
	lent   views // of a case that is not kept
}

// newMemory is for so many climbs; one does not ask twice.
func newMemory(kind claim.Kind, climbs int) *memory {
	m := &memory{series: measure.NewSeries(kind)}
	if climbs > 1 {
		m.kept = map[string]*views{}
	}
	return m
}

// of are the views of a case, lent until the next.
func (m *memory) of(c *gen.Case) *views {
	if m.kept != nil {
		m.key = c.AppendKey(m.key[:0])
		if v := m.kept[string(m.key)]; v != nil {
			return v
		}
	}
	v := &m.lent
	if m.kept == nil || len(m.kept) >= mostKept {
		v.lo, v.hi, v.why = m.series.Lend(c)
		return v
	}
	v = new(views)
	v.lo, v.hi, v.why = m.series.Case(c)
	m.kept[string(m.key)] = v
	return v
}
