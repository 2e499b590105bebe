package search

import (
	"fmt"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
)

// Origin says where a case of a search came from, and has the case itself where that
// does not say it all: at the end of a climb.
type Origin struct {
	Source string    `json:"source"`
	Case   *gen.Case `json:"case,omitempty"`
}

// The sources of cases that are drawn again from their number.
const (
	randomSource = "random case %d"
	longSource   = "long run %d"
	dataSource   = "data run %d"
	farSource    = "far case %d"
)

// Origin is where the finding's worst case came from; nil where there is none.
func (f *Finding) Origin() *Origin {
	if f.Worst == nil {
		return nil
	}
	o := &Origin{Source: f.Source}
	var number uint64
	for _, format := range []string{randomSource, longSource, dataSource, farSource} {
		if k, err := fmt.Sscanf(f.Source, format, &number); k == 1 && err == nil {
			return o
		}
	}
	o.Case = f.Worst
	return o
}

// Again is the case: the one that is saved, or the one that is drawn again by the seed of
// its search. The error names a source that gives none.
func (o *Origin) Again(kind claim.Kind, seed uint64) (*gen.Case, error) {
	if o.Case != nil {
		return o.Case, nil
	}
	var number uint64
	if _, err := fmt.Sscanf(o.Source, randomSource, &number); err == nil {
		return Draw(kind, gen.Random(seed, number)), nil
	}
	if _, err := fmt.Sscanf(o.Source, farSource, &number); err == nil {
		return DrawFar(kind, seed, number), nil
	}
	var fixed []*gen.Case
	if _, err := fmt.Sscanf(o.Source, longSource, &number); err == nil {
		fixed = gen.LongRuns(LongSteps, longParts...)
	} else if _, err := fmt.Sscanf(o.Source, dataSource, &number); err == nil {
		if fixed, err = gen.DataRuns(gen.DataSteps); err != nil {
			return nil, err
		}
	}
	if number >= uint64(len(fixed)) || kind != claim.Training {
		return nil, fmt.Errorf("no case from %.80q", o.Source)
	}
	return fixed[number], nil
}

// Confirm is nil when left/right of the claim on the case is ratio: as float64 has it, or
// as it is settled, since a search settles one violation and counts the others. The error
// says what it is, or why there is none.
func (o *Origin) Confirm(c *claim.Claim, opt Options, ratio float64) error {
	on, err := o.Again(c.Kind, opt.Seed)
	if err != nil {
		return err
	}
	saved := SavedCase{Case: on}
	if err := saved.Fits(c); err != nil {
		return err
	}
	f := Try([]claim.Claim{*c}, on, o.Source)[0]
	if f.Cases > 0 && f.Ratio == ratio {
		return nil
	}
	lo, hi, why := measure.Case(c.Kind, on)
	if why == claim.Valid {
		if r := c.Check(lo, hi); r.Reason == claim.Valid && r.Ratio == ratio {
			return nil
		}
	}
	if f.Cases == 0 {
		return fmt.Errorf("the case from %.80q says nothing about the claim", o.Source)
	}
	return fmt.Errorf("the case from %.80q has the ratio %v, not %v", o.Source, f.Ratio, ratio)
}
