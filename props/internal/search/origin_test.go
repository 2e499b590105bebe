package search

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// TestOrigin: the case is saved where its number does not say it all, and only there.
func TestOrigin(t *testing.T) {
	worst := scalar(1)
	for source, saved := range map[string]bool{
		"random case 7": false, "long run 0": false, "data run 2": false,
		"climb on own/repaired from batch 0, N = 2": true, "by hand": true, "": true, "random case x": true,
	} {
		o := (&Finding{Worst: worst, Source: source}).Origin()
		if o.Source != source || (o.Case == worst) != saved || (o.Case == nil) == saved {
			t.Errorf("%q: %+v, want the case: %v", source, o, saved)
		}
	}
	if o := (&Finding{Source: "random case 7"}).Origin(); o != nil {
		t.Errorf("no case, yet the origin %+v", o)
	}
}

// line is all of a case, for comparison.
func line(t *testing.T, c *gen.Case) string {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestAgain: a number and the seed give the case again, for its kind; nothing else does.
func TestAgain(t *testing.T) {
	for _, kind := range []claim.Kind{claim.Step, claim.Nodes, claim.Linear, claim.Training} {
		got, err := (&Origin{Source: "random case 12"}).Again(kind, 5)
		if err != nil || line(t, got) != line(t, Draw(kind, gen.Random(5, 12))) {
			t.Errorf("kind %v: %v, error %v", kind, got, err)
		}
	}
	long := gen.LongRuns(LongSteps, longParts...)
	last := len(long) - 1
	got, err := (&Origin{Source: "long run 1"}).Again(claim.Training, 5)
	if err != nil || line(t, got) != line(t, long[1]) || line(t, got) == line(t, long[0]) {
		t.Errorf("long run 1 of %d: error %v", last+1, err)
	}
	data, err := gen.DataRuns(gen.DataSteps)
	if err != nil {
		t.Fatal(err)
	}
	if got, err = (&Origin{Source: "data run 0"}).Again(claim.Training, 5); err != nil ||
		line(t, got) != line(t, data[0]) {
		t.Errorf("data run 0: error %v", err)
	}
	ownCase := scalar(3)
	if got, err = (&Origin{Source: "climb on x", Case: ownCase}).Again(claim.Step, 5); err != nil || got != ownCase {
		t.Errorf("a saved case: %v, error %v", got, err)
	}
	for _, o := range []Origin{{Source: "climb on x"}, {}, {Source: "random case"}, {Source: "random case -1"},
		{Source: "long run 99"}, {Source: "data run 99"}, {Source: "Random case 1"}} {
		if c, err := o.Again(claim.Training, 5); err == nil || !strings.Contains(err.Error(), "no case from") {
			t.Errorf("%q: %v, error %v", o.Source, c, err)
		}
	}
	for _, source := range []string{"long run 0", "data run 0"} {
		if c, err := (&Origin{Source: source}).Again(claim.Step, 5); err == nil {
			t.Errorf("%s for one pass: %v", source, c)
		}
	}
}

// TestConfirm: the ratio that a case has, and none other; the error says what is wrong.
// By hand: E|delta_1|^2 = 4 over 16.
func TestConfirm(t *testing.T) {
	c := under(16)
	o := &Origin{Source: "by hand", Case: scalar(2)}
	ratio := Try([]claim.Claim{*c}, o.Case, "")[0].Ratio
	if !(ratio > 0.25-1e-9 && ratio <= 0.25) {
		t.Fatalf("ratio %v, want 1/4 from below", ratio)
	}
	if err := o.Confirm(c, Options{}, ratio); err != nil {
		t.Error(err)
	}
	run := scalar(2)
	run.Run = &gen.Run{All: true, Gamma: 0.125, Steps: 2}
	broken := scalar(2)
	broken.X = nil
	for _, k := range []struct {
		o    Origin
		c    *claim.Claim
		want string
	}{
		{Origin{Source: "by hand", Case: scalar(1)}, c, `the case from "by hand" has the ratio 0.06`},
		{Origin{Source: "by hand", Case: scalar(0)}, under(0), `the case from "by hand" says nothing about the claim`},
		{Origin{Source: "by hand", Case: run}, c, "the case is a run of 2 steps, own is about one pass"},
		{Origin{Source: "by hand", Case: broken}, c, "x has length 0"},
		{Origin{Source: "by hand"}, c, `no case from "by hand"`},
	} {
		if err := k.o.Confirm(k.c, Options{}, ratio); err == nil || !strings.Contains(err.Error(), k.want) {
			t.Errorf("error %v, want %q in it", err, k.want)
		}
	}
}

// TestConfirmEither: a violation that a search settled has its ratio of math/big, one that
// it only counted that of float64; both are the case's.
func TestConfirmEither(t *testing.T) {
	c := under(1)
	o := &Origin{Source: "by hand", Case: scalar(1.5)}
	settled := Try([]claim.Claim{*c}, o.Case, "")[0]
	if settled.Verdict() != claim.Refuted || !(settled.Ratio > 2.25-1e-9 && settled.Ratio <= 2.25) {
		t.Fatalf("%s with ratio %v, want refuted with 9/4", settled.Verdict(), settled.Ratio)
	}
	for name, ratio := range map[string]float64{"settled": settled.Ratio, "big": CheckInBig(c, o.Case).Ratio} {
		if err := o.Confirm(c, Options{}, ratio); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if o.Confirm(c, Options{}, 2.5) == nil || o.Confirm(c, Options{}, 0) == nil {
		t.Error("a ratio that the case has not is confirmed")
	}
}
