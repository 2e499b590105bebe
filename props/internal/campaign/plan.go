package campaign

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// The sorts of units.
var sorts = []string{"judge", "fixed", "long", "draw", "count", "far", "climb", "fuzz", "left"}

// Sizes of units: a few seconds of a core or less, so that little is lost with one.
const (
	drawCases = 200
	farCases  = 16
	// judgedAtOnce claims that judge themselves are a unit.
	judgedAtOnce = 4
	// climbsAtOnce cases a climbing unit begins from.
	climbsAtOnce = 2
	// firstDraws units of each kind come before all else: as many cases as a batch of a
	// search has.
	firstDraws = 5
)

// arm is a source of units: k = 0, 1, 2, ...
type arm struct {
	sort, name string
	do         func(k int) (found []*search.Finding, executions int64, note string)
	dead       func() bool // there is nothing left to do
	first      int         // units that come before the choice

	next int // the first unit that is not done
	// With a weight that halves every few units: seconds spent, rungs gained.
	spent, gained float64
	last          int     // the number of units of the campaign after its last one
	seconds       float64 // spent in all
	claims        []int   // of an arm that counts: their positions
}

// unit is the name of a unit of the arm.
func (a *arm) unit(k int) string { return a.name + "#" + strconv.Itoa(k) }

// fade is the weight of what a unit before counts for the choice.
const fade = 0.7

func (a *arm) count(u *done, gain float64) {
	a.next++
	a.seconds += u.Seconds
	a.spent = fade*a.spent + u.Seconds
	a.gained = fade*a.gained + gain
}

// worth is what the next second of the arm may bring: what the last ones brought, and a
// little hope for what was hardly tried.
func (a *arm) worth() float64 { return (a.gained + 0.02) / (a.spent + 0.05) }

// oldest is how often the choice falls on the arm that was not chosen for the longest time,
// so that none is given up.
const oldest = 4

func (r *run) armOf(unit string) *arm {
	name, _, _ := strings.Cut(unit, "#")
	k := slices.IndexFunc(r.arms, func(a *arm) bool { return a.name == name })
	if k < 0 {
		return nil
	}
	return r.arms[k]
}

// work does units until the time is up.
func (r *run) work() error {
	native := r.build()
	if r.result.Again != "" { // it was begun, and not finished
		if a := r.armOf(r.result.Again); a != nil && a.unit(a.next) == r.result.Again {
			if err := r.one(a); err != nil {
				return err
			}
		}
	}
	for !r.over() && !(r.opt.Units > 0 && r.result.Units-r.result.Resumed >= r.opt.Units) {
		select {
		case made := <-native:
			native = nil
			if made.err != nil {
				r.result.Notes = append(r.result.Notes, fmt.Sprintf("no native fuzzing: %v", made.err))
				r.opt.Say(r.status("", fmt.Sprintf("no native fuzzing: %v", made.err)))
			} else if made.native != nil {
				for _, a := range r.fuzzArms(made.native) {
					a.next = r.next[a.name]
					r.arms = append(r.arms, a)
				}
				for _, name := range made.native.left {
					if err := r.salvage(made.native, name); err != nil {
						return err
					}
				}
			}
		default:
		}
		a := r.choose()
		if a == nil {
			if native == nil {
				return nil
			}
			select { // only fuzzing is left to do
			case made := <-native:
				again := make(chan built, 1)
				again <- made
				native = again
			case <-r.ended:
			}
			continue
		}
		if err := r.one(a); err != nil {
			return err
		}
	}
	return nil
}

// choose is the arm whose unit is done next, nil where none has any.
func (r *run) choose() *arm {
	alive := slices.DeleteFunc(slices.Clone(r.arms), func(a *arm) bool { return a.dead() })
	for _, a := range alive {
		if a.next < a.first {
			return a
		}
	}
	if len(alive) == 0 {
		return nil
	}
	if r.opt.Valid > 0 {
		return r.cheapest(alive)
	}
	if r.result.Units%oldest == 0 {
		return slices.MinFunc(alive, func(a, b *arm) int { return a.last - b.last })
	}
	best := alive[0]
	for _, a := range alive[1:] {
		if a.worth() > best.worth() {
			best = a
		}
	}
	return best
}

// one does the next unit of an arm; where the time is up before it ends, nothing of it is
// kept, and it is done again.
func (r *run) one(a *arm) error {
	name := a.unit(a.next)
	if err := r.journal.write(entry{Begin: name}); err != nil {
		return err
	}
	r.opt.Say(r.status(name, ""))
	start := clock()
	found, executions, note := a.do(a.next)
	took := clock().Sub(start)
	// Native fuzzing has what it has when the time is up. A claim that judges itself is
	// waited for: where machines are slow it would be begun again in every call, and never end.
	if r.over() && a.sort != "fuzz" && (a.sort != "judge" || found == nil) {
		return nil
	}
	return r.enter(name, found, executions, took, note, a)
}

// clock times the units that the choice goes by.
var clock = time.Now

// enter writes down a unit and takes it in.
func (r *run) enter(name string, found []*search.Finding, executions int64, took time.Duration, note string,
	a *arm) error {
	u := &done{Name: name, Seconds: math.Round(took.Seconds()*1e4) / 1e4, Executions: executions, Note: note}
	var events []string
	for _, f := range found {
		known := r.state[r.index[f.Claim.Name()]]
		if m := f.Memo(known); m != nil {
			u.Found = append(u.Found, m)
		}
		if f.Verdict() == claim.Refuted && known.Verdict() != claim.Refuted {
			events = append(events, fmt.Sprintf("%s refuted, by %s", f.Claim.Name(), name))
		}
	}
	if err := r.journal.write(entry{Unit: u}); err != nil {
		return err
	}
	if err := r.take(u); err != nil {
		return err
	}
	r.executed += executions
	if a != nil {
		a.last = r.result.Units
	}
	if err := r.forget(name); err != nil {
		return err
	}
	for _, event := range append(events, note) {
		if event != "" {
			r.opt.Say(r.status("", event))
		}
	}
	return nil
}

// of are the claims of a kind.
func (r *run) of(kind claim.Kind) []claim.Claim {
	return slices.DeleteFunc(slices.Clone(r.opt.Claims), func(c claim.Claim) bool { return c.Kind != kind })
}

// open are the claims of a kind that are not refuted.
func (r *run) open(kind claim.Kind) (claims []claim.Claim) {
	for k := range r.opt.Claims {
		if c := &r.opt.Claims[k]; c.Kind == kind && r.state[k].Confirmed == 0 {
			claims = append(claims, *c)
		}
	}
	return claims
}

// newArms are those that need no binary.
func (r *run) newArms() (arms []*arm) {
	have := map[claim.Kind]bool{}
	for k := range r.opt.Claims {
		have[r.opt.Claims[k].Kind] = true
	}
	var far, climbs []*arm
	for _, kind := range []claim.Kind{claim.Step, claim.Nodes, claim.Linear, claim.Training} {
		if !have[kind] {
			continue
		}
		none := func() bool { return len(r.open(kind)) == 0 }
		arms = append(arms, &arm{sort: "draw", name: fmt.Sprintf("draw %v", kind), first: firstDraws, dead: none,
			do: func(k int) ([]*search.Finding, int64, string) {
				claims := r.open(kind)
				if k < firstDraws { // a refuted claim may yet get a smaller witness, that has a certificate
					claims = r.of(kind)
				}
				return r.cases(claims, kind, drawCases, func(j int) (*gen.Case, string) {
					index := uint64(k*drawCases + j)
					return search.Draw(kind, gen.Random(r.opt.Seed, index)), fmt.Sprintf("drawn %d", index)
				})
			}})
		far = append(far, &arm{sort: "far", name: fmt.Sprintf("far %v", kind), first: 1, dead: none,
			do: func(k int) ([]*search.Finding, int64, string) {
				return r.cases(r.open(kind), kind, farCases, func(j int) (*gen.Case, string) {
					index := uint64(k*farCases + j)
					return gen.Far(kind, gen.Random(r.opt.Seed^farStream, index)), fmt.Sprintf("far %d", index)
				})
			}})
	}
	if have[claim.Training] {
		a := &arm{sort: "long", name: "long", first: 1, do: r.long}
		a.dead = func() bool { return a.next > 0 }
		arms = append(arms, a)
	}
	if judged := r.of(claim.SelfJudged); len(judged) > 0 {
		units := (len(judged) + judgedAtOnce - 1) / judgedAtOnce
		a := &arm{sort: "judge", name: "judge", first: units}
		a.do = func(k int) ([]*search.Finding, int64, string) {
			return r.judge(judged[k*judgedAtOnce : min(len(judged), (k+1)*judgedAtOnce)])
		}
		a.dead = func() bool { return a.next >= units }
		arms = append(arms, a)
	}
	for k := range r.opt.Claims {
		if c := &r.opt.Claims[k]; c.Kind != claim.SelfJudged && c.Kind != claim.Linear && r.opt.Climb > 0 {
			climbs = append(climbs, r.climbArm(k))
		}
	}
	return slices.Concat(arms, far, climbs)
}

// farStream keeps the draws of far cases apart from the others.
const farStream = 0x666172

// cases tries claims of a kind on drawn cases.
func (r *run) cases(claims []claim.Claim, kind claim.Kind, n int,
	draw func(k int) (*gen.Case, string)) ([]*search.Finding, int64, string) {
	return search.TryCases(claims, kind, n, r.ended, draw), int64(n), ""
}

func (r *run) long(int) ([]*search.Finding, int64, string) {
	cases, err := search.FixedCases()
	if err != nil {
		return nil, 0, err.Error()
	}
	return r.cases(r.of(claim.Training), claim.Training, len(cases), func(k int) (*gen.Case, string) {
		return cases[k], fmt.Sprintf("fixed run %d", k)
	})
}

func (r *run) judge(claims []claim.Claim) ([]*search.Finding, int64, string) {
	judged := make(chan []*search.Finding, 1)
	go func() { judged <- search.Judge(claims, r.opt.Seed, nil) }()
	var found []*search.Finding
	select {
	case found = <-judged:
	case <-r.opt.Stop: // it cannot be interrupted, only left
		return nil, 0, ""
	}
	cases := int64(0)
	for _, f := range found {
		cases += int64(f.Cases)
	}
	return found, cases, ""
}

// climbArm climbs on the k-th claim from its worst cases of all lengths, far ones too. A
// refuted claim needs no worse case.
func (r *run) climbArm(k int) *arm {
	c := &r.opt.Claims[k]
	return &arm{
		sort: "climb", name: "climb " + c.Name(), first: 1,
		dead: func() bool {
			f := r.state[k]
			return f.Confirmed > 0 || f.Worst == nil || f.Ratio >= 1-0x1p-20
		},
		do: func(number int) ([]*search.Finding, int64, string) {
			f := r.state[k]
			var from []*gen.Case // some of them, in turn
			for _, n := range slices.Sorted(maps.Keys(f.ByN)) {
				if e := f.ByN[n]; e.Ratio > 0 && !math.IsInf(e.Ratio, 1) {
					from = append(from, e.Case)
				}
			}
			if len(from) > climbsAtOnce {
				at := number * climbsAtOnce % len(from)
				from = slices.Concat(from, from)[at : at+climbsAtOnce]
			}
			seed := r.opt.Seed ^ uint64(number)<<32
			found, n := search.ClimbFrom(r.open(c.Kind), c, from, seed, r.opt.Climb, r.ended)
			return found, int64(n), ""
		},
	}
}
