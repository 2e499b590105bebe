package props_test

import (
	"flag"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/report"
)

// full runs the long forms: go test ./props -full.
var full = flag.Bool("full", false,
	"search as far as the record was written with: three seeds, 2000 cases, climbs of 200")

// rapidChecks are those of a kind of claims by rapid; with -full as many as it takes by
// itself.
const rapidChecks = 60

func TestMain(m *testing.M) {
	flag.Parse()
	debug.SetGCPercent(400) // as verify has it: a search throws much away
	if !*full && !given("rapid.checks") {
		if err := flag.Set("rapid.checks", strconv.Itoa(rapidChecks)); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// given reports that a flag is on the command line.
func given(name string) (yes bool) {
	flag.Visit(func(f *flag.Flag) { yes = yes || f.Name == name })
	return yes
}

// short and long are how far the tests search, without -full and with it. From seed 6 a few
// hundred cases reach every verdict on record; from seeds 1 and 3 that takes two batches.
var (
	short = props.Options{Seed: 6, Cases: 600}
	long  = props.Options{Seed: 1, Cases: 2 * props.Batch, Climb: 200}
)

// shortRuns are the cases of claims about runs without -full: one costs what ten passes do, and
// fewer of them reach every verdict.
const shortRuns = 400

// options are short or long.
func options() props.Options {
	if *full {
		return long
	}
	return short
}

// record is testdata/record.
func record(t testing.TB) report.Record {
	t.Helper()
	on, err := report.OnDisk()
	if err != nil {
		t.Fatal(err)
	}
	return on
}

// searched are the claims that a search has cases for.
func searched() []claim.Claim {
	return slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool { return c.Kind == claim.SelfJudged })
}

// only is the claim of the list with the given name.
func only(t testing.TB, name string) claim.Claim {
	t.Helper()
	for _, c := range props.Claims() {
		if c.Name() == name {
			return c
		}
	}
	t.Fatalf("no claim %s", name)
	return claim.Claim{}
}
