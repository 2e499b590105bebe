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
	farCases = 16
	// climbsAtOnce cases a climbing unit begins from.
	climbsAtOnce = 2
	// batchDraws units of a kind have as many cases as a batch of a search.
	batchDraws = 5
	// firstBatches of these come before the choice: as many as a search has by default.
	firstBatches = 4
)

// drawCases are those of a unit; tests have fewer.
var drawCases = search.Batch / batchDraws

// What native fuzzing gets at least once it is built, as one part in so many of the time:
// more until each target had a turn.
const (
	shareAtFirst = 3
	shareLater   = 6
)

// arm is a source of units: k = 0, 1, 2, ...
type arm struct {
	sort, name string
	do         func(k int) (found []*search.Finding, executions int64, note string)
	judges     *claim.Claim // of a claim that judges itself, instead of do
	dead       func() bool  // there is nothing left to do

	next   int           // the first unit that is not done
	late   bool          // it is under way beside the others
	began  time.Time     // of one that judges
	waited time.Duration // of one that was late: what counts as spent
	// With a weight that halves every few units: seconds spent, rungs gained.
	spent, gained float64
	last          int     // the number of units of the campaign after its last one
	seconds       float64 // spent in all
	claims        []int   // of an arm that counts: their positions
}

// unit is the name of a unit of the arm.
func (a *arm) unit(k int) string { return a.name + "#" + strconv.Itoa(k) }

// gainFades is the weight of what a unit before counts for the choice, and at most so many rungs
// of one count: what is refuted has nothing more to gain, and promises no other refutation.
const (
	gainFades = 0.7
	mostGain  = 1
)

func (a *arm) count(u *done, gain float64) {
	a.next++
	a.seconds += u.Seconds
	a.spent = gainFades*a.spent + u.Seconds
	a.gained = gainFades*a.gained + min(gain, mostGain)
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
	for _, name := range r.result.Again { // they were begun, and not finished
		if a := r.armOf(name); a != nil && a.unit(a.next) == name {
			if err := r.one(a); err != nil {
				return err
			}
		}
	}
	for !r.over() && !r.enough() {
		var made *built
		var judged *judgement
		select {
		case b := <-native:
			made = &b
		case j := <-r.judged:
			judged = &j
		default:
		}
		a := r.choose()
		if a == nil && made == nil && judged == nil {
			if native == nil && r.late == 0 {
				return nil
			}
			select { // what is under way is all that is left to do
			case b := <-native:
				made = &b
			case j := <-r.judged:
				judged = &j
			case <-r.ended:
			}
		}
		var err error
		switch {
		case made != nil:
			native = nil
			err = r.arm(*made)
		case judged != nil:
			err = r.enterJudged(*judged)
		case a != nil:
			err = r.one(a)
		}
		if err != nil {
			return err
		}
	}
	if native != nil {
		r.note("no native fuzzing: its binary was not built when the campaign ended")
	}
	return r.lastOnes()
}

// enough reports that the campaign has done as many units as it was asked for.
func (r *run) enough() bool {
	return r.opt.Units > 0 && r.result.Units-r.result.Resumed >= r.opt.Units
}

// arm adds native fuzzing, once it is built.
func (r *run) arm(made built) error {
	if made.err != nil {
		r.note(fmt.Sprintf("no native fuzzing: %v", made.err))
		return nil
	}
	if made.native == nil {
		return nil
	}
	for _, a := range r.fuzzArms(made.native) {
		a.next = r.next[a.name]
		r.arms = append(r.arms, a)
	}
	r.unfuzzed = r.result.Seconds - r.secondsOf("fuzz")*shareLater
	for _, name := range made.native.left {
		if err := r.salvage(made.native, name); err != nil {
			return err
		}
	}
	return nil
}

// note keeps and tells a sentence.
func (r *run) note(text string) {
	r.result.Notes = append(r.result.Notes, text)
	r.opt.Say(r.status("", text))
}

func (r *run) secondsOf(sort string) float64 {
	if s := r.spent[sort]; s != nil {
		return s.Seconds
	}
	return 0
}

// turn is units of an arm up to a number, which come before the choice.
type turn struct {
	arm  *arm
	upTo int
}

// choose is the arm whose unit is done next, nil where none has any: one of native fuzzing
// where that has less than its share, then the first turn that is not over, then the choice.
func (r *run) choose() *arm {
	alive := slices.DeleteFunc(slices.Clone(r.arms), func(a *arm) bool { return a.late || a.dead() })
	if a := r.fuzzDue(alive); a != nil {
		return a
	}
	for _, t := range r.turns {
		if t.arm.next < t.upTo && slices.Contains(alive, t.arm) {
			return t.arm
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

// fuzzDue is the target that had the fewest turns, where native fuzzing had less than its
// share of the time since it was built; nil where it had, or is not there.
func (r *run) fuzzDue(alive []*arm) *arm {
	targets := slices.DeleteFunc(slices.Clone(alive), func(a *arm) bool { return a.sort != "fuzz" })
	if len(targets) == 0 {
		return nil
	}
	least := slices.MinFunc(targets, func(a, b *arm) int { return a.next - b.next })
	share := shareLater
	if least.next == 0 {
		share = shareAtFirst
	}
	if r.secondsOf("fuzz")*float64(share) > r.result.Seconds-r.unfuzzed {
		return nil
	}
	return least
}

// one does the next unit of an arm; where the time is up before it ends, nothing of it is
// kept, and it is done again.
func (r *run) one(a *arm) error {
	name := a.unit(a.next)
	if err := r.journal.write(entry{Begin: name}); err != nil {
		return err
	}
	r.opt.Say(r.status(name, ""))
	if a.judges != nil {
		return r.judge(a)
	}
	start := clock()
	found, executions, note := a.do(a.next)
	took := clock().Sub(start)
	if r.over() && a.sort != "fuzz" { // native fuzzing has what it has when the time is up
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

// newArms are those that need no binary, and the turns that come before the choice: what is
// cheap and finds much comes first. The cases drawn are those of a search.
func (r *run) newArms() (arms []*arm, turns []turn) {
	have := map[claim.Kind]bool{}
	for k := range r.opt.Claims {
		have[r.opt.Claims[k].Kind] = true
	}
	var draws, fars, climbs, judges, long []*arm
	for _, kind := range []claim.Kind{claim.Linear, claim.Nodes, claim.Step, claim.Training} {
		if !have[kind] {
			continue
		}
		none := func() bool { return len(r.open(kind)) == 0 }
		draws = append(draws, &arm{sort: "draw", name: fmt.Sprintf("draw %v", kind), dead: none,
			do: func(k int) ([]*search.Finding, int64, string) {
				claims := r.open(kind)
				if k < batchDraws { // a refuted claim may yet get a smaller witness, that has a certificate
					claims = r.of(kind)
				}
				return r.cases(claims, kind, drawCases, func(j int) (*gen.Case, string) {
					index := uint64(k*drawCases + j)
					return search.Draw(kind, gen.Random(r.opt.Seed, index)), fmt.Sprintf("drawn %d", index)
				})
			}})
		fars = append(fars, &arm{sort: "far", name: fmt.Sprintf("far %v", kind), dead: none,
			do: func(k int) ([]*search.Finding, int64, string) {
				return r.cases(r.open(kind), kind, farCases, func(j int) (*gen.Case, string) {
					index := uint64(k*farCases + j)
					return search.DrawFar(kind, r.opt.Seed, index), fmt.Sprintf("far %d", index)
				})
			}})
	}
	if have[claim.Training] {
		a := &arm{sort: "long", name: "long", do: r.long}
		a.dead = func() bool { return a.next > 0 }
		long = append(long, a)
	}
	for k := range r.opt.Claims {
		switch c := &r.opt.Claims[k]; {
		case c.Kind == claim.SelfJudged:
			judges = append(judges, r.judgeArm(c))
		case c.Kind != claim.Linear && r.opt.Climb > 0:
			climbs = append(climbs, r.climbArm(k))
		}
	}
	once := func(arms []*arm) {
		for _, a := range arms {
			turns = append(turns, turn{a, 1})
		}
	}
	batch := func(draws []*arm, from, to int) {
		for k := from * batchDraws; k < to*batchDraws; k++ {
			for _, a := range draws {
				turns = append(turns, turn{a, k + 1})
			}
		}
	}
	cheap := draws // 1000 runs are as dear as all claims that judge themselves
	if have[claim.Training] {
		cheap = draws[:len(draws)-1]
	}
	batch(cheap, 0, 1)
	once(judges)
	batch(draws, 0, 1)
	once(long)
	batch(draws, 1, 2)
	once(climbs)
	once(fars)
	batch(draws, 2, firstBatches)
	return slices.Concat(draws, judges, long, fars, climbs), turns
}

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

// judgement is what a claim that judges itself found.
type judgement struct {
	arm   *arm
	found []*search.Finding
}

// A claim that judges itself cannot be interrupted. The campaign waits so long for it, and
// then goes on while it is under way, with at most so many at a time.
var judgePatience = 2 * time.Second

const mostLate = 8

func (r *run) judgeArm(c *claim.Claim) *arm {
	a := &arm{sort: "judge", name: "judge " + c.Name(), judges: c}
	a.dead = func() bool { return a.next > 0 || r.late >= mostLate }
	return a
}

// judge has the claim of an arm judge itself.
func (r *run) judge(a *arm) error {
	a.late, a.began = true, clock()
	r.late++
	go func() {
		found := search.Judge([]claim.Claim{*a.judges}, r.opt.Seed, nil)
		found[0].Claim = a.judges
		r.judged <- judgement{a, found}
	}()
	var patience <-chan time.Time
	if r.opt.Units == 0 { // else what is done must not depend on the machine
		patience = time.After(judgePatience)
	}
	for a.late {
		select {
		case j := <-r.judged:
			if err := r.enterJudged(j); err != nil {
				return err
			}
		case <-patience:
			a.waited = clock().Sub(a.began)
			return nil
		case <-r.opt.Stop:
			return nil
		}
	}
	return nil
}

func (r *run) enterJudged(j judgement) error {
	j.arm.late = false
	r.late--
	took := j.arm.waited
	if took == 0 {
		took = clock().Sub(j.arm.began)
	}
	return r.enter(j.arm.unit(j.arm.next), j.found, int64(j.found[0].Cases), took, "", j.arm)
}

// lastOnes waits for the claims that still judge themselves: where machines are slow they
// would be begun again in every call, and never end. Only Stop leaves them.
func (r *run) lastOnes() error {
	for r.late > 0 {
		select {
		case <-r.opt.Stop:
			return nil
		default:
		}
		select {
		case j := <-r.judged:
			if err := r.enterJudged(j); err != nil {
				return err
			}
		case <-r.opt.Stop:
			return nil
		}
	}
	return nil
}

// climbArm climbs on the k-th claim from its worst cases of all lengths, far ones too. A
// refuted claim needs no worse case.
func (r *run) climbArm(k int) *arm {
	c := &r.opt.Claims[k]
	return &arm{
		sort: "climb", name: "climb " + c.Name(),
		dead: func() bool {
			f := r.state[k]
			return f.Confirmed > 0 || f.Worst == nil || f.Ratio >= 1-0x1p-20
		},
		do: func(number int) ([]*search.Finding, int64, string) {
			seed := r.opt.Seed ^ uint64(number)<<32
			found, n := search.ClimbFrom(r.open(c.Kind), c, starts(r.state[k], number), seed, r.opt.Climb, r.ended)
			return found, int64(n), ""
		},
	}
}

// starts are the cases that a climb begins from: climbsAtOnce of the worst ones of each length,
// in turn, fewer where there are not so many.
func starts(f *search.Finding, number int) (from []*gen.Case) {
	for _, n := range slices.Sorted(maps.Keys(f.ByN)) {
		if e := f.ByN[n]; e.Ratio > 0 && !math.IsInf(e.Ratio, 1) {
			from = append(from, e.Case)
		}
	}
	if len(from) > climbsAtOnce {
		at := number * climbsAtOnce % len(from)
		from = slices.Concat(from, from)[at : at+climbsAtOnce]
	}
	return from
}
