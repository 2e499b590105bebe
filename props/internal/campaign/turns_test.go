package campaign

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// seconds that units take in a simulation: more than on an idle machine of two cores.
var seconds = map[string]float64{"judge": 1, "long": 10, "draw": 1, "far": 3, "climb": 1, "fuzz": 10}

// simulated is a campaign over all claims whose units take their seconds and find nothing,
// for so many seconds: the first turn of each arm, in seconds from the beginning. Native
// fuzzing is built after some.
func simulated(t *testing.T, budget, built float64) (first map[string]float64, r *run) {
	t.Helper()
	claims := props.Claims()
	r = &run{opt: Options{Claims: claims, Climb: 1}, state: search.NewFindings(claims), index: map[string]int{},
		result: &Result{}, spent: map[string]*Spent{}, next: map[string]int{}, folders: map[string]bool{}}
	for k := range claims {
		r.index[claims[k].Name()] = k
		r.state[k].Worst, r.state[k].Ratio = &gen.Case{}, 0.5
	}
	r.arms, r.turns = r.newArms()
	native := &Native{Targets: props.Targets()}
	first = map[string]float64{}
	for r.result.Seconds < budget {
		if native != nil && r.result.Seconds >= built {
			if err := r.arm(justBuilt(native)); err != nil {
				t.Fatal(err)
			}
			native = nil
		}
		a := r.choose()
		if a == nil {
			t.Fatalf("nothing to do after %v s", r.result.Seconds)
		}
		if _, seen := first[a.name]; !seen {
			first[a.name] = r.result.Seconds
		}
		if err := r.take(&done{Name: a.unit(a.next), Seconds: seconds[a.sort]}); err != nil {
			t.Fatal(err)
		}
		a.last = r.result.Units
	}
	return first, r
}

func justBuilt(n *Native) built { return built{native: n} }

// TestTurns: on half a machine every kind of unit has its turn in a campaign of ten minutes,
// each claim that judges itself is judged and each target is run, early; native fuzzing has
// its share.
func TestTurns(t *testing.T) {
	first, r := simulated(t, 600, 120)
	for _, a := range r.arms {
		if at, had := first[a.name]; !had || at > 500 {
			t.Errorf("%s has its first turn after %v s (%v)", a.name, at, had)
		}
		if a.sort == "judge" && first[a.name] > 200 {
			t.Errorf("%s is judged after %v s", a.name, first[a.name])
		}
	}
	for _, sort := range sorts {
		if sort == "count" || sort == "fixed" { // of a campaign that counts cases
			continue
		}
		if sort != "left" && r.secondsOf(sort) == 0 {
			t.Errorf("no unit of the sort %s", sort)
		}
	}
	most := 480/shareLater + 2*seconds["fuzz"]*float64(len(props.Targets()))
	if got := r.secondsOf("fuzz"); got < 480/shareLater || got > most {
		t.Errorf("native fuzzing had %v of 480 s", got)
	}
	for _, target := range props.Targets() {
		if at := first["fuzz "+target.Name]; at > 120+shareAtFirst*seconds["fuzz"]*float64(len(props.Targets())) {
			t.Errorf("%s has its first turn after %v s", target.Name, at)
		}
	}
}

// TestTurnsInAMinute: so it is in a minute, but for climbs and far cases.
func TestTurnsInAMinute(t *testing.T) {
	first, _ := simulated(t, 60, 10)
	sorted := map[string]bool{}
	for name := range first {
		sort, _, _ := strings.Cut(name, " ")
		sorted[sort] = true
	}
	for _, sort := range []string{"draw", "judge", "fuzz"} {
		if !sorted[sort] {
			t.Errorf("no unit of the sort %s", sort)
		}
	}
}

// TestDearJudge: a claim that takes long to judge itself does not keep the others waiting,
// and what it says in the end counts.
func TestDearJudge(t *testing.T) {
	steady(t)
	patience := judgePatience
	judgePatience = time.Millisecond
	defer func() { judgePatience = patience }()
	release, stop := make(chan struct{}), make(chan struct{})
	claims := slices.DeleteFunc(few(t), func(c claim.Claim) bool { return c.Kind == claim.Step })
	k := slices.IndexFunc(claims, func(c claim.Claim) bool { return c.Kind == claim.SelfJudged })
	claims[k].Judge = func(uint64) claim.Judgement {
		select {
		case <-release:
		case <-time.After(20 * time.Second): // the test fails, and ends
		}
		return claim.Judgement{Verdict: claim.Refuted, Cases: 7}
	}
	others := 0
	r, err := Run(Options{Claims: claims, Seed: 1, Dir: t.TempDir(), Time: time.Hour, Stop: stop, Say: func(s Status) {
		if s.Event != "" && strings.Contains(s.Event, claims[k].Name()+" refuted") {
			close(stop)
		}
		if strings.HasPrefix(s.Doing, "draw") {
			if others++; others == batchDraws*2+4 { // of two kinds, and some that come after it
				close(release)
			}
		}
	}})
	if err != nil || r.Findings[k].Verdict() != claim.Refuted || r.Findings[k].Cases != 7 || others < 14 {
		t.Errorf("%+v, %v, %d other units", r.Findings[k], err, others)
	}
	for _, s := range r.Kinds { // or native fuzzing would get a share of time that nobody spent
		if s.Sort == "judge" && s.Seconds != 0.1 {
			t.Errorf("%v s are spent on waiting", s.Seconds)
		}
	}
}

// TestLong: the unit of long runs tries all fixed ones.
func TestLong(t *testing.T) {
	var claims []claim.Claim
	for _, c := range props.Claims() {
		if c.Name() == "eq36/printed" {
			claims = append(claims, c)
		}
	}
	cases, err := search.FixedCases()
	if err != nil {
		t.Fatal(err)
	}
	r := &run{opt: Options{Claims: claims}}
	found, n, why := r.long(0)
	if why != "" || n != int64(len(cases)) || len(found) != 1 || found[0].Cases+found[0].RejectedTotal() != len(cases) {
		t.Errorf("%d of %d fixed runs, %d findings, %q", n, len(cases), len(found), why)
	}
}
