package logistic

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// variation is an outcome with its finding, and with why some choices cannot change it.
type variation struct {
	outcome string // name of the claim whose row calls Vary with it; props tests that they are the same
	about   string // in a word
	find    func(o *setting) finding
	floors  bool              // it is about noise as well: dimensions are fewer, as each costs a covariance
	cannot  map[string]string // choice to a reason
	lists   []trial           // lists of gamma, s, Dt or T, other than those of the judgement
	horizon func(steps int) (is, ok bool)
	roots   bool // beside a direction in which there is none it asks for roots: each is proved to be the only one
}

// trial is one value of a choice.
type trial struct {
	says string
	set  func(o *setting)
	seen func(p Point) bool // that a point has the value: a finding that asks for no such point ignores it
}

// The choices that are varied. EWMA, phase and seed are no fields of a setting: no finding reads them.
const (
	byD       = "d"
	byM       = "M"
	byDraw    = "draws"
	byReading = "reading"
	byList    = "lists"
	byStart   = "w^0"
	byHorizon = "T"
)

var choices = []string{byD, byM, byDraw, byReading, byList, byStart, byHorizon}

// The reasons why a choice cannot change an outcome.
const (
	limitFirst   = "a"
	sameMean     = "b"
	oneRoot      = "c"
	nowhere      = "d"
	anyData      = "e"
	stepsVanish  = "f"
	identity     = "g"
	onlyLaw      = "h"
	anyLevel     = "i"
	everyReading = "j"
	inLists      = "in the lists"
)

// reasons are printed under the table.
var reasons = []struct{ letter, says string }{
	{limitFirst, "T -> infinity comes first in the outcome: there is no T in it."},
	{sameMean, "A plateau is |grad f| at the root of G, and E over delta is the same for one number a step and one a " +
		"sample: G does not know the reading."},
	{oneRoot, "G has one root, whatever w^0 is. Strongly convex R: F is strongly convex. Nonconvex R: proved for " +
		"every law and draw by two eigenvalues, onlyRoot; the number is the least margin, > 0 is a proof. " +
		"(Newton's method from a far w^0 may run away; the steps do not stay there, as |grad f| is nowhere near 0 " +
		"there.)"},
	{nowhere, "Where there is no root, <v, G(w)> < 0 for one v and all w, whatever w^0 is. Where there is one, " +
		"every root has the same plateau, by reason " + identity + "; that steps from a far w^0 run past it is " +
		"excluded where the number, as in reason " + oneRoot + ", is > 0: near the s_b at which the root goes it " +
		"is not, and this is open."},
	{anyData, "For any data: G = grad f as E eps = 0, F = f is strongly convex, and to first order in gamma the " +
		"covariance of the steps is gamma times a matrix, so that the floor is of order gamma^{1/2}."},
	{stepsVanish, "For any T, data, R and EWMA: as gamma -> 0, w_t -> w^0 for all t <= T, and |grad f| -> |grad " +
		"f(w^0)| > 0."},
	{identity, "An identity: G(w_b) = grad f(w_b) + E[eps] mean x = 0 for any data, s_b and d, at the one root " +
		"there is."},
	{onlyLaw, "The outcome is about a mean and no number is drawn in it: eps has the same mean in both readings."},
	{anyLevel, "For every s_b: with a root by G(w_b) = 0, without one by what is nearest in a zonotope, see " +
		"oneSidedGrows."},
	{everyReading, "Both are in the judgement already."},
}

// beside says what is no field of a setting.
const beside = "Three choices change nothing anywhere. EWMA: its weights sum to 1, so that the mean over steps " +
	"that have forgotten w^0 is that of |grad f(w_t)| whatever the factor (and reason f covers the fixed T). Phase " +
	"of the injection: G and the mean over a cycle of Dt steps do not depend on where the cycle starts; elsewhere " +
	"there is no spacing. Seed of the noise: nothing is drawn here; the seeds of the data are the draws."

func sizes(choice string, values []int) (all []trial) {
	for _, v := range values {
		t := trial{says: fmt.Sprint(v)}
		switch choice {
		case byD:
			t.set = func(o *setting) { o.d = v }
			t.seen = func(p Point) bool { return p.D == v }
		case byM:
			t.set = func(o *setting) { o.m = v }
			t.seen = func(p Point) bool { return p.M == v }
		case byDraw:
			t.set = func(o *setting) { o.draws = []uint64{uint64(v)} }
			t.seen = func(p Point) bool { return p.Draw == uint64(v) }
		}
		all = append(all, t)
	}
	return all
}

// trialsOf are the values of a choice, until the verdict changes.
func (v *variation) trialsOf(choice string) []trial {
	switch choice {
	case byD:
		if v.floors {
			return sizes(byD, []int{3, 20})
		}
		return sizes(byD, []int{3, 20, 30})
	case byM:
		return sizes(byM, []int{3000, 200, 50, 20})
	case byDraw:
		return sizes(byDraw, []int{4, 5})
	case byReading:
		return []trial{{OneASample.words(),
			func(o *setting) { o.readings = []Reading{OneASample} },
			func(p Point) bool { return p.Law.Reading == OneASample }}}
	case byList:
		return v.lists
	}
	return nil
}

func (r Reading) words() string { return "one a " + string(r) }

// closeTo reports equality up to rounding.
func closeTo(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) }

// gammasAre, levelsAre, spacingsAre and horizonsAre are other lists; seen is that of their last value.
func gammasAre(g ...float64) trial {
	return trial{fmt.Sprintf("gamma %v", g), func(o *setting) { o.gammas = g },
		func(p Point) bool { return p.Gamma == g[len(g)-1] }}
}

func levelsAre(s ...float64) trial {
	last := s[len(s)-1]
	return trial{fmt.Sprintf("s %v", s), func(o *setting) { o.levels = s },
		func(p Point) bool { return p.Law.Forward == last || p.Law.Backward == last }}
}

func spacingsAre(n ...int) trial {
	return trial{fmt.Sprintf("Dt %v", n), func(o *setting) { o.spacings = n },
		func(p Point) bool { return p.Law.Every == n[len(n)-1] }}
}

func horizonsAre(t ...float64) trial {
	return trial{fmt.Sprintf("T %v", t), func(o *setting) { o.horizons = t },
		func(p Point) bool { return closeTo(p.Gamma, 1/math.Sqrt(t[len(t)-1])) }}
}

// variations are all outcomes that the oracle judges.
func variations() []*variation {
	plateau := map[string]string{byReading: sameMean, byHorizon: limitFirst}
	noise := map[string]string{byReading: everyReading, byHorizon: limitFirst}
	with := func(m map[string]string, more ...string) map[string]string {
		all := map[string]string{}
		for k, v := range m {
			all[k] = v
		}
		for k := 0; k < len(more); k += 2 {
			all[more[k]] = more[k+1]
		}
		return all
	}
	tiny := gammasAre(1e-3, 1e-4, 1e-5, 1e-6)
	spaced := spacingsAre(2, 7, 1000, 100_000)
	all := []*variation{
		{outcome: "fig3a/printed", about: "little improvement", find: (*setting).gainsLittle, floors: true,
			cannot: map[string]string{byReading: everyReading}, horizon: littleAt,
			lists: []trial{gammasAre(0.3, 0.001), gammasAre(1, 0.1), gammasAre(1, 1e-5)}},
		{outcome: "fig3b/printed", about: "backward -> 0", floors: true, cannot: noise,
			find:  func(o *setting) finding { return o.toZero(Nonconvex, o.levelsOr(2)) },
			lists: []trial{tiny, levelsAre(4)}},
		{outcome: "fig4a/printed", about: "small falls, 0.5 saturates", find: (*setting).saturates, floors: true,
			cannot: with(plateau, byReading, ""), lists: []trial{gammasAre(1, 0.3, 0.1), gammasAre(0.01, 0.001, 1e-4)}},
		{outcome: "fig4a/sharp", about: "every level, closed form", cannot: plateau,
			find:  func(o *setting) finding { return o.every(Nonconvex) },
			lists: []trial{levelsAre(0.03, 0.3, 3)}},
		{outcome: "fig4b/printed", about: "backward -> 0", floors: true, cannot: noise,
			find:  func(o *setting) finding { return o.toZero(Nonconvex, o.levelsOr(4)) },
			lists: []trial{tiny, levelsAre(0.01)}},
		{outcome: "fig4b/derivation", about: "at fixed T", find: nil, cannot: map[string]string{byD: stepsVanish,
			byM: stepsVanish, byDraw: stepsVanish, byReading: stepsVanish, byList: stepsVanish, byHorizon: stepsVanish}},
		{outcome: "fig5a/printed", about: "only large levels", find: (*setting).onlyLarge,
			cannot: plateau, lists: []trial{levelsAre(0.01, 0.005)}},
		{outcome: "fig5a/repaired", about: "every level, closed form", cannot: plateau,
			find: func(o *setting) finding { return o.every(Convex) }, lists: []trial{levelsAre(0.03, 0.3, 3)}},
		{outcome: "fig5b/printed", about: "backward -> 0", floors: true,
			cannot: with(noise, byD, anyData, byM, anyData, byDraw, anyData, byList, anyData),
			find:   func(o *setting) finding { return o.toZero(Convex, o.levelsOr(2)) }},
		{outcome: "fig6/printed", about: "plateau grows with s_b", find: (*setting).oneSidedGrows,
			cannot: with(plateau, byReading, onlyLaw, byList, anyLevel, byStart, nowhere), roots: true},
		{outcome: "fig6/sharp", about: "closed form", find: (*setting).exact,
			cannot: with(plateau, byReading, onlyLaw, byD, identity, byM, identity, byDraw, identity, byList, identity)},
		{outcome: "fig6/derivation", about: "a stationary point", find: (*setting).stationary,
			cannot: with(plateau, byReading, onlyLaw, byStart, nowhere),
			lists:  []trial{levelsAre(0.1, 0.25), levelsAre(4, 16)}},
		{outcome: "remark4/printed", about: "gamma = T^{-1/2}", find: (*setting).coupled, floors: true,
			cannot: map[string]string{byReading: everyReading, byHorizon: inLists},
			lists:  []trial{horizonsAre(1e4, 1e5, 2e5), horizonsAre(1e8, 1e10, 1e12)}},
	}
	for _, f := range []struct {
		id  string
		reg core.Regularizer
	}{{"fig7", Nonconvex}, {"fig8", Intermittent}} {
		all = append(all,
			&variation{outcome: f.id + "a/printed", about: "falls as Dt grows", cannot: plateau, lists: []trial{spaced},
				find: func(o *setting) finding { return o.falls(f.reg) }},
			&variation{outcome: f.id + "b/printed", about: "no plateau at large Dt", cannot: plateau,
				lists: []trial{spacingsAre(30, 300), spacingsAre(100_000)},
				find:  func(o *setting) finding { return o.again(f.reg) }},
			&variation{outcome: f.id + "b/repaired", about: "plateau ~ 1/Dt", cannot: plateau,
				lists: []trial{spacingsAre(10, 30_000), spacingsAre(1, 3, 10)},
				find:  func(o *setting) finding { return o.reciprocal(f.reg) }},
			&variation{outcome: f.id + "c/printed", about: "larger s_f, larger Dt", cannot: plateau,
				lists: []trial{spacingsAre(1, 2), spacingsAre(10_000)},
				find:  func(o *setting) finding { return o.larger(f.reg) }})
	}
	return all
}

// Varied is what became of an outcome.
type Varied struct {
	Outcome, About string
	Usual          claim.Verdict
	Cells          []Cell // one for each choice
	usual          finding
}

// Cell is a choice of an outcome.
type Cell struct {
	Choice  string
	Says    string // values with verdicts, or why it cannot matter
	Changes string // the first value with another verdict, with that; "" for none
	Ignored string // a value that the finding did not read: a fault; "" for none
}

// Outcomes are the names of the claims that something is varied for.
func Outcomes() (all []string) {
	for _, v := range variations() {
		all = append(all, v.outcome)
	}
	return all
}

// vary makes a finding with each choice made otherwise.
func (v *variation) vary() *Varied {
	out := &Varied{Outcome: v.outcome, About: v.about, Usual: claim.Refuted}
	var asked []Point
	if v.find != nil {
		o := *usualSetting
		o.heard = func(p Point) { asked = append(asked, p) }
		out.usual = v.find(&o)
		out.Usual = out.usual.verdict()
	}
	for _, choice := range choices {
		cell := Cell{Choice: choice}
		switch why := v.cannot[choice]; {
		case choice == byStart && v.find == nil:
			cell.Says = "changes where grad f(w^0) = 0, and nowhere else (" + stepsVanish + ")"
			cell.Changes = "grad f(w^0) = 0: holds"
		case choice == byStart:
			if cell.Says = startWords(asked); why == nowhere && v.roots {
				cell.Says = strings.Replace(cell.Says, oneRoot+" (", why+" (", 1)
			} else if why != "" {
				cell.Says = "cannot: " + why
			}
		case why == inLists:
			cell.Says = why
		case why != "":
			cell.Says = "cannot: " + why
		case choice == byHorizon:
			v.atHorizons(&cell)
		default:
			for _, t := range v.trialsOf(choice) {
				if !v.try(&cell, t, out.Usual) {
					break
				}
			}
		}
		out.Cells = append(out.Cells, cell)
	}
	return out
}

// try adds a trial to a cell; false once the verdict changed.
func (v *variation) try(cell *Cell, t trial, usually claim.Verdict) bool {
	o := &setting{d: fullD, m: fullM, draws: []uint64{1}, readings: []Reading{OneAStep}}
	t.set(o)
	seen := false
	o.heard = func(p Point) { seen = seen || t.seen(p) }
	f := v.find(o)
	got := f.verdict()
	says := t.says
	switch {
	case !seen:
		cell.Ignored = t.says
		says += " NOT READ"
	case got == usually:
	case got == claim.Undecided:
		says += ": undecided, no root is proved for " + f.lacks
	default:
		says += ": " + string(got)
	}
	if cell.Says != "" {
		cell.Says += ", "
	}
	cell.Says += says
	if got != usually {
		cell.Changes = fmt.Sprintf("%s = %s: %s", cell.Choice, t.says, got)
		return false
	}
	return true
}

// startWords is the least margin of onlyRoot over all laws that the judgement asked for.
func startWords(asked []Point) string {
	least := math.Inf(1)
	for _, p := range once(asked) {
		r, ok := rootsFound.Load(p)
		if !ok || !r.(*Root).Proved {
			continue
		}
		least = min(least, fieldOf(p).onlyRoot(r.(*Root).W))
	}
	switch {
	case math.IsInf(least, 1):
		return "cannot: " + oneRoot
	case least > 0:
		return fmt.Sprintf("cannot: %s (%.1e)", oneRoot, least)
	}
	return fmt.Sprintf("open: %s (%.1e)", oneRoot, least)
}

// once are the points, each once.
func once(asked []Point) []Point {
	var all []Point
	for _, p := range asked {
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

// littleAt is Fig 3, left, at T steps from w^0 = 0 with 200 samples: whether the improvement is little for both
// versions, and
// whether the oracle says so.
func littleAt(steps int) (is, ok bool) {
	is = true
	for _, s := range []float64{1, 2} {
		var norms []float64
		for _, gamma := range []float64{0.3, 0.01} {
			p := base(1, Nonconvex, Law{Forward: s}, gamma)
			p.M, p.T = 200, steps
			norms = append(norms, predict(fieldOf(p), false).Stable)
		}
		if undefined(norms) {
			return false, false
		}
		is = is && norms[0]/norms[1] < littleImprovement
	}
	return is, true
}

// atHorizons tries a T at which w^0 is not forgotten, and a shorter one.
func (v *variation) atHorizons(cell *Cell) {
	var all []string
	for _, steps := range []int{200, 50} {
		is, ok := v.horizon(steps)
		says := fmt.Sprint(steps)
		if !ok {
			says += ": undecided"
		} else if !is {
			says += ": refuted"
		}
		if all = append(all, says); !is && cell.Changes == "" {
			cell.Changes = "T = " + says
		}
	}
	cell.Says = strings.Join(all, ", ")
}

// Variations are those of all outcomes, made once: they do not depend on a seed.
var Variations = sync.OnceValue(func() (all []*Varied) {
	for _, v := range variations() {
		all = append(all, variedOf(v.outcome))
	}
	return all
})

var variedFound sync.Map // outcome to func() *Varied

// variedOf is that of one outcome, made once; nil for none of ours.
func variedOf(outcome string) *Varied {
	for _, v := range variations() {
		if v.outcome == outcome {
			made, _ := variedFound.LoadOrStore(outcome, sync.OnceValue(v.vary))
			return made.(func() *Varied)()
		}
	}
	return nil
}

// Vary adds to a judgement at which choices its verdict changes; a finding that does not read a choice makes it
// undecided. A name that nothing is varied for panics.
func Vary(outcome string, judge func() claim.Judgement) claim.Judgement {
	j, v := judge(), variedOf(outcome)
	if v == nil {
		panic("logistic: nothing is varied for " + outcome)
	}
	return v.added(j)
}

func (v *Varied) added(j claim.Judgement) claim.Judgement {
	var changes []string
	for _, c := range v.Cells {
		if c.Ignored != "" {
			j.Verdict = claim.Undecided
			j.Note = fmt.Sprintf("the judgement does not read %s = %s", c.Choice, c.Ignored)
			return j
		}
		if c.Changes != "" {
			changes = append(changes, c.Changes)
		}
	}
	words := "none that was tried changes the verdict"
	if len(changes) > 0 {
		words = "another verdict at " + strings.Join(changes, "; ")
	}
	j.Note = strings.TrimPrefix(j.Note+". Choices made otherwise: "+words, ". ")
	return j
}

// variedTable has a line an outcome, a column a choice.
func variedTable(all []*Varied) *table.Table {
	t := table.New(append([]string{"outcome", "verdict"}, choices...)...)
	for _, v := range all {
		cells := []any{v.Outcome + ": " + v.About, v.Usual}
		for _, c := range v.Cells {
			cells = append(cells, c.Says)
		}
		t.Add(cells...)
	}
	return t
}
