package search

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
	"github.com/cascade-sgd/cascade/props/internal/search/climb"
)

// TestMemory: a case is measured once, with the views of measure.Case, and what is beyond
// the cap each time; views that were given out stay as they were.
func TestMemory(t *testing.T) {
	for _, kind := range []claim.Kind{claim.Step, claim.Nodes, claim.Training} {
		m := newMemory(kind, 2)
		var given []*views
		for round := range 2 {
			for index := range uint64(30) {
				c := Draw(kind, gen.Random(4, index/2)) // each twice in a row
				v := m.of(c)
				if given = append(given, v); round == 0 {
					continue
				}
				var want views
				want.lo, want.hi, want.why = measure.Case(kind, c)
				if !reflect.DeepEqual(*v, want) || v != given[index] || v != given[index/2*2] {
					t.Errorf("%v, case %d: other views than measured alone, or than before", kind, index)
				}
			}
		}
		for k := len(m.kept); k < mostKept; k++ {
			m.kept[string(rune(k))] = &views{}
		}
		one := newMemory(kind, 1)
		for index := range uint64(60) { // lent views are good until the next case
			c := Draw(kind, gen.Random(4, 200+index))
			var want views
			want.lo, want.hi, want.why = measure.Case(kind, c)
			if !reflect.DeepEqual(*one.of(c), want) || !reflect.DeepEqual(*m.of(c), want) {
				t.Errorf("%v, case %d: what is not kept is measured otherwise", kind, index)
			}
		}
		if len(m.kept) != mostKept || one.kept != nil {
			t.Errorf("%v: a case is kept beyond the cap, or for one climb", kind)
		}
	}
}

// TestClimbWithMemory: claims that climb from one case, one after the other, end where
// each ends alone, though most of what a claim in another reading asks for is known.
func TestClimbWithMemory(t *testing.T) {
	other := *under(1)
	other.Left = func(v *claim.View, _ int) float64 { return v.U2 }
	from := scalar(1)
	m, opt := newMemory(claim.Step, 3), Options{Seed: 3, Climb: 60}
	asked := map[string]bool{}
	for k, on := range []*claim.Claim{under(1), under(2), &other} {
		found := newFindings([]claim.Claim{*on})
		kept := len(m.kept)
		(&climbJob{on, len(from.Chain), from}).climb(found, m, 2, opt)
		if grown := len(m.kept) - kept; (grown == 0) != (k == 1) {
			t.Errorf("claim %d measured %d cases anew", k, grown)
		}
		score := func(c *gen.Case) float64 {
			asked[string(c.AppendKey(nil))] = true
			return Score(on, c)
		}
		seed := opt.Seed ^ 2<<32 ^ uint64(len(from.Chain))
		best, s := climb.Climb(from, score, climb.Options{Seed: seed, Evaluations: opt.Climb})
		f := found[0]
		if f.Worst == nil || !reflect.DeepEqual(f.Worst, best) ||
			!(math.Abs(math.Log(f.Ratio)-s) < 1e-6) {
			t.Errorf("claim %d: ends at %v with %v, alone with %v", k, f.Worst, f.Ratio, s)
		}
	}
	if len(asked) != len(m.kept) {
		t.Errorf("%d cases kept, %d asked for", len(m.kept), len(asked))
	}
}

// TestByStart: each job once, those of one start together, in order, the longest list first.
func TestByStart(t *testing.T) {
	a, b := &gen.Case{}, &gen.Case{}
	jobs := []climbJob{{from: a}, {from: b}, {from: new(gen.Case)}, {from: b}}
	want := [][]int{{1, 3}, {0}, {2}}
	if got := byStart(jobs); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("jobs %v, want %v", got, want)
	}
}
