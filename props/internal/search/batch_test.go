package search

import (
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// panicText is what f panics with, "" for nothing.
func panicText(f func()) (text string) {
	defer func() {
		switch r := recover().(type) {
		case string:
			text = r
		case error:
			text = r.Error()
		}
	}()
	f()
	return ""
}

// TestOptions: what cannot be searched panics, with the values; the zero value can.
func TestOptions(t *testing.T) {
	for _, o := range []Options{
		{Shard: -1, Shards: 2}, {Shard: 2, Shards: 2}, {Shard: 1}, {Cases: -1}, {Climb: -1}, {Shards: -1},
	} {
		if text := panicText(o.check); !strings.HasPrefix(text, "search: shard ") {
			t.Errorf("%+v: panic %q", o, text)
		}
	}
	o := Options{}
	o.check()
	if o.Shards != 1 || o.Progress == nil || o.stopped() {
		t.Errorf("the defaults are %d shards, stopped: %v", o.Shards, o.stopped())
	}
	o.Progress(0, 0, "") // does nothing
	for cases, want := range map[int]int{0: 0, 1: 1, Batch: 1, Batch + 1: 2, 3 * Batch: 3} {
		if got := (&Options{Cases: cases}).Batches(); got != want {
			t.Errorf("%d cases are %d batches, want %d", cases, got, want)
		}
		sum := 0
		for b := range want {
			sum += (&Options{Cases: cases}).Size(b)
		}
		if past := (&Options{Cases: cases}).Size(want); sum != cases || past != 0 {
			t.Errorf("the batches of %d cases have %d, one past them %d", cases, sum, past)
		}
	}
	stop := make(chan struct{})
	o.Stop = stop
	if o.stopped() {
		t.Error("stopped before it is")
	}
	close(stop)
	if !o.stopped() {
		t.Error("not stopped after it is")
	}
}

// TestIncomplete: a claim without a right side is not searched, and claims of two kinds are
// not tried on one case.
func TestIncomplete(t *testing.T) {
	half := under(1)
	half.Right = nil
	for _, f := range []func(){
		func() { Search([]claim.Claim{*under(1), *half}, Options{}) },
		func() { Redo([]claim.Claim{*half}, Options{Cases: 1}, 1) },
	} {
		if text := panicText(f); text != "search: claim: own/repaired has no Left or no Right" {
			t.Errorf("panic %q", text)
		}
	}
	linear := under(1)
	linear.ID, linear.Kind = "other", claim.Linear
	if text := panicText(func() { Try([]claim.Claim{*under(1), *linear}, scalar(1), "") }); text !=
		"search: claims own/repaired and other/repaired are not of one kind" {
		t.Errorf("panic %q", text)
	}
	if f := Try(nil, scalar(1), ""); len(f) != 0 {
		t.Errorf("%d findings of no claim", len(f))
	}
}

// TestByKind: positions of the claims, in order, and back.
func TestByKind(t *testing.T) {
	claims := make([]claim.Claim, 4)
	for k, kind := range []claim.Kind{claim.Nodes, claim.Step, claim.Nodes, claim.Training} {
		claims[k] = *under(1)
		claims[k].ID, claims[k].Kind = string(rune('a'+k)), kind
	}
	kinds := byKind(claims)
	if n := kinds[claim.Nodes]; len(n) != 2 || n[0] != 0 || n[1] != 2 || len(kinds[claim.Step]) != 1 ||
		kinds[claim.Training][0] != 3 || len(kinds[claim.Linear]) != 0 {
		t.Errorf("by kind: %v", kinds)
	}
	some := selected(claims, kinds[claim.Nodes])
	if len(some) != 2 || some[0].ID != "a" || some[1].ID != "c" {
		t.Errorf("selected %v", some)
	}
	total, found := newFindings(claims), newFindings(some)
	found[1].Cases = 7
	mergeAt(total, kinds[claim.Nodes], found)
	if total[2].Cases != 7 || total[0].Cases+total[1].Cases+total[3].Cases != 0 {
		t.Error("what was found for one claim went to another")
	}
}

// TestDigest: every fact of a finding that a report has is in it, and none that it has not.
func TestDigest(t *testing.T) {
	base := func() *Finding {
		f := newFindings([]claim.Claim{*under(1)})[0]
		f.Ratio, f.ByN = 0.5, map[int]*Extreme{gen.MinN: {0.5, scalar(1)}, gen.MaxN: {0.25, scalar(1)}}
		return f
	}
	whole := digest([]*Finding{base()})
	if len(whole) != 64 || whole != digest([]*Finding{base()}) {
		t.Errorf("digest %q, and again %q", whole, digest([]*Finding{base()}))
	}
	seen := map[string]string{whole: "nothing"}
	for name, change := range map[string]func(f *Finding){
		"claim":     func(f *Finding) { f.Claim = &claim.Claim{ID: "x", Form: claim.Printed} },
		"cases":     func(f *Finding) { f.Cases = 1 },
		"rejected":  func(f *Finding) { f.Rejected[claim.Reasons-1] = 1 },
		"undecided": func(f *Finding) { f.Undecided = 1 },
		"violated":  func(f *Finding) { f.Violated = 1 },
		"confirmed": func(f *Finding) { f.Confirmed = 1 },
		"ratio":     func(f *Finding) { f.Ratio = math.Nextafter(0.5, 1) },
		"index":     func(f *Finding) { f.I = 1 },
		"reach":     func(f *Finding) { f.Reach.Width = 1 },
		"judgement": func(f *Finding) { f.Judged = &claim.Judgement{Verdict: claim.Holds} },
		"source":    func(f *Finding) { f.Source = "x" },
		"shortest":  func(f *Finding) { f.ByN[gen.MinN].Ratio = math.Nextafter(0.5, 1) },
		"longest":   func(f *Finding) { f.ByN[gen.MaxN].Ratio = 0.5 },
		"other N":   func(f *Finding) { f.ByN[gen.MinN+1] = &Extreme{0.5, nil} },
	} {
		f := base()
		change(f)
		d := digest([]*Finding{f})
		if seen[d] != "" {
			t.Errorf("a change of the %s has the digest of a change of %s", name, seen[d])
		}
		seen[d] = "the " + name
	}
	f := base()
	f.Worst, f.Witness = scalar(2), scalar(2)
	if digest([]*Finding{f}) != whole {
		t.Error("the digest depends on the worst case, which the source gives")
	}
}

// TestProgress: a search says what it does next, in order, and each shard its own units.
func TestProgress(t *testing.T) {
	claims := []claim.Claim{*under(1), *under(1), *under(1)}
	claims[1].Kind = claim.Nodes
	claims[2].Kind = claim.SelfJudged
	claims[2].Judge = func(uint64) claim.Judgement { return claim.Judgement{Verdict: claim.Holds} }
	for shard, want := range []string{
		"0/3 claims that judge themselves; 1/3 claims of kind step; 2/3 claims of kind nodes; 3/3 done; ",
		"0/2 claims of kind step; 1/2 claims of kind nodes; 2/2 done; ",
	} {
		said := ""
		out := Run(claims, Options{Cases: Batch + 1, Shard: shard, Shards: 2,
			Progress: func(done, total int, doing string) {
				said += string(rune('0'+done)) + "/" + string(rune('0'+total)) + " " + doing + "; "
			}})
		if said != want || out.Stopped || len(out.Parts) != len(out.Units) || out.Units[0].Number != shard+1 {
			t.Errorf("shard %d says %q, did %v", shard, said, out.Units)
		}
	}
}

// TestBudget: one that is used up begins no batch.
func TestBudget(t *testing.T) {
	out := Run([]claim.Claim{*under(1)}, Options{Cases: 3 * Batch, Budget: 1})
	if !out.Stopped || len(out.Units) != 0 || out.Findings[0].Cases != 0 {
		t.Errorf("a nanosecond did %v, stopped: %v", out.Units, out.Stopped)
	}
	if out = Run(nil, Options{Cases: 1, Budget: 1}); out.Stopped || len(out.Units) != 0 {
		t.Error("a search of nothing is stopped before its end")
	}
}

// TestStopped: a shard that did all of its batches, none among them, is not stopped; one that
// began none of those it has is.
func TestStopped(t *testing.T) {
	linear := []claim.Claim{*under(1)}
	linear[0].Kind = claim.Linear // its cases are the cheapest
	linear[0].Left = func(*claim.View, int) float64 { return 0 }
	linear[0].Right = func(*claim.View, int) float64 { return 1 }
	for shards := 1; shards <= 4; shards++ {
		for shard := range shards {
			for batches := range 3 {
				of := 0
				for b := range batches {
					if (b+b/shards*(shards-1))%shards == shard {
						of++
					}
				}
				o := Options{Cases: max(0, (batches-1)*Batch+1), Shard: shard, Shards: shards}
				whole := Run(linear, o)
				o.Budget = 1
				none := Run(linear, o)
				if whole.Stopped || len(whole.Units) != of || none.Stopped != (of > 0) || len(none.Units) != 0 {
					t.Errorf("shard %d of %d, %d batches: %d units, stopped %v; within no time %d, %v", shard, shards,
						batches, len(whole.Units), whole.Stopped, len(none.Units), none.Stopped)
				}
			}
		}
	}
}

// TestJudgesInTheirPlaces: each judgement goes to its own claim.
func TestJudgesInTheirPlaces(t *testing.T) {
	claims := []claim.Claim{*under(1), *under(1), *under(1), *under(1)}
	for k := range claims {
		claims[k].ID = string(rune('a' + k))
		if k != 1 {
			claims[k].Kind = claim.SelfJudged
			claims[k].Judge = func(seed uint64) claim.Judgement {
				return claim.Judgement{Verdict: claim.Holds, Cases: 10*int(seed) + k, Ratio: float64(k)}
			}
		}
	}
	for k, f := range Search(claims, Options{Seed: 7}) {
		switch {
		case k == 1 && f.Judged != nil:
			t.Errorf("%s was judged", f.Claim.ID)
		case k != 1 && (f.Judged == nil || f.Cases != 70+k || f.Ratio != float64(k) || f.Verdict() != claim.Holds):
			t.Errorf("%s: %+v", f.Claim.ID, f)
		}
	}
}

// TestTry: by hand: E|delta_1|^2 = 4 against 16, 4 and 1; a case that says nothing says so
// to every claim.
func TestTry(t *testing.T) {
	claims := []claim.Claim{*under(16), *under(4), *under(1)}
	for k, want := range []struct {
		verdict                    claim.Verdict
		ratio                      float64
		violated, confirmed, cases int
	}{{claim.Holds, 0.25, 0, 0, 1}, {claim.Holds, 1, 0, 0, 1}, {claim.Refuted, 4, 1, 1, 1}} {
		f := Try(claims, scalar(2), "by hand")[k]
		if f.Verdict() != want.verdict || !(math.Abs(f.Ratio-want.ratio) < 1e-6) || f.Violated != want.violated ||
			f.Confirmed != want.confirmed || f.Cases != want.cases || f.Source != "by hand" {
			t.Errorf("%+v, want %+v", f, want)
		}
	}
	broken := scalar(1e200) // its square is no float64
	for _, f := range Try(claims, broken, "") {
		if f.Cases != 0 || f.RejectedTotal() != 1 {
			t.Errorf("a case that overflows: %+v", f)
		}
	}
}

// TestSettle: what float64 does not answer with yes is settled in math/big; a second
// violation is only counted.
func TestSettle(t *testing.T) {
	unsure := func(c *claim.Claim, tie float64) *claim.Claim {
		left := c.Left
		c.Left = func(v *claim.View, i int) float64 {
			if v.Big {
				return left(v, i)
			}
			return tie
		}
		return c
	}
	// In float64 the left side is larger than the right one by a part in 10^5: a no, which
	// math/big confirms or takes back.
	for _, c := range []struct {
		bound float64
		want  claim.Verdict
	}{{16, claim.Holds}, {1, claim.Refuted}} {
		f := Try([]claim.Claim{*unsure(under(c.bound), c.bound*(1+1e-5))}, scalar(2), "")[0]
		if f.Verdict() != c.want {
			t.Errorf("4 <= %v: %s, want %s", c.bound, f.Verdict(), c.want)
		}
	}
	f := newFindings([]claim.Claim{*under(1)})[0]
	for range 3 {
		tryAll([]*Finding{f}, claim.Step, scalar(2), "")
	}
	if f.Violated != 3 || f.Confirmed != 1 || f.Cases != 3 {
		t.Errorf("%d violated, %d confirmed of %d, want 3, 1 of 3", f.Violated, f.Confirmed, f.Cases)
	}
	second := &secondOpinion{kind: claim.Step, c: scalar(2)}
	first := second.in(64)
	if second.in(64) != first || second.in(128) == first {
		t.Error("a second opinion is asked for twice, or given for other bits")
	}
	open := under(4)
	open.Left = func(*claim.View, int) float64 { return math.NaN() }
	if r := second.check(open); r.Reason == claim.Valid && r.Answer != claim.Uncertain {
		t.Errorf("NaN is %+v", r)
	}
}

// TestSettleRun: a run that rounding hides is no case; a violation without a certificate
// leaves the verdict open.
func TestSettleRun(t *testing.T) {
	c := scalar(1)
	c.Run = &gen.Run{All: true, Gamma: 0.25, Steps: 2}
	ownClaim := under(1)
	ownClaim.Kind = claim.Training
	f := &Finding{Claim: ownClaim}
	r := claim.Result{Answer: claim.Uncertain}
	f.settle(&r, &secondOpinion{kind: claim.Training, c: c, work: math.Inf(1)})
	if r.Reason != claim.Ill || f.Undecided != 0 || f.Confirmed != 0 {
		t.Errorf("hidden by rounding: %+v, %d undecided", r, f.Undecided)
	}
	r = claim.Result{Answer: claim.No}
	f.settle(&r, &secondOpinion{kind: claim.Training, c: c, work: math.Inf(1)})
	if r.Reason != claim.Valid || f.Undecided != 1 || f.Confirmed != 0 {
		t.Errorf("violated without a certificate: %+v, %d undecided", r, f.Undecided)
	}
	f.Witness = c
	f.certifySmallest()
	if f.Confirmed != 0 {
		t.Error("a form of ours is certified")
	}
}

// TestScore: the logarithm of the ratio, -Inf where there is none.
func TestScore(t *testing.T) {
	if s := Score(under(1), scalar(2)); !(math.Abs(s-math.Log(4)) < 1e-6) {
		t.Errorf("score %v, want ln 4", s)
	}
	for name, c := range map[string]*gen.Case{"overflows": scalar(1e200), "is nothing": scalar(0)} {
		of := under(1)
		if name == "is nothing" {
			of = under(0)
		}
		if s := Score(of, c); !math.IsInf(s, -1) {
			t.Errorf("a case that %s has the score %v", name, s)
		}
	}
}

// TestCheckInBig: exact sides, so a tie holds; an overflow of float64 is none here.
func TestCheckInBig(t *testing.T) {
	for bound, want := range map[float64]claim.Answer{16: claim.Yes, 4: claim.Yes, 3.999: claim.No} {
		if r := CheckInBig(under(bound), scalar(2)); r.Reason != claim.Valid || r.Answer != want {
			t.Errorf("4 <= %v: %+v, want the answer %v", bound, r, want)
		}
	}
	two := scalar(1)
	two.Delta[0] = perturb.Spec{Law: "twopoint", A: []float64{3}, B: []float64{-1}, P: 0.25}
	if r := CheckInBig(under(6), two); !(math.Abs(r.Ratio-0.5) < 1e-9) {
		t.Errorf("3/6 is %+v", r)
	}
}
