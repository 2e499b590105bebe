package fuzz

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/props"
)

// claimsOf are the claims of a kind with the given verdict on record.
func claimsOf(tb testing.TB, kind props.Kind, verdict string) []props.Claim {
	f, err := cascade.Testdata.Open("testdata/verdicts")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	on, err := props.ReadVerdicts(f)
	if err != nil {
		tb.Fatal(err)
	}
	var claims []props.Claim
	for _, c := range props.Claims() {
		if c.Kind == kind && on[c.Name()] == verdict {
			claims = append(claims, c)
		}
	}
	if len(claims) == 0 {
		tb.Fatalf("no claim of kind %d on record as %s", kind, verdict)
	}
	return claims
}

func FuzzPropagation(f *testing.F) {
	claims := claimsOf(f, props.Step, "holds")
	f.Fuzz(func(t *testing.T, data []byte) { props.Fuzz(t, claims, data) })
}

func FuzzTraining(f *testing.F) {
	claims := claimsOf(f, props.Training, "holds")
	for _, seed := range []string{"", "\x00\x01\x00", "\x02\x00\x02\x01\x05\x03\x02\x01", "\x01\x01\x03\x01\x01\x00\x02\x04\x01\x09"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { props.Fuzz(t, claims, data) })
}

// tally is a props.Failer that notes what happened instead of stopping.
type tally struct{ failed, skipped string }

func (t *tally) Fatalf(format string, args ...any) {
	t.failed = fmt.Sprintf(format, args...)
	panic(t)
}
func (t *tally) Skipf(format string, args ...any) {
	t.skipped = fmt.Sprintf(format, args...)
	panic(t)
}

func run(data []byte, claims []props.Claim) (t *tally) {
	t = new(tally)
	defer func() {
		if p := recover(); p != nil && p != any(t) {
			panic(p)
		}
	}()
	props.Fuzz(t, claims, data)
	return t
}

// TestTargetCanFail: some short input violates a refuted claim.
func TestTargetCanFail(t *testing.T) {
	claims := claimsOf(t, props.Step, "refuted")
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		data := make([]byte, 64)
		for k := range data {
			data[k] = byte(rng.IntN(256))
		}
		if run(data, claims).failed != "" {
			return
		}
	}
	t.Error("200 random inputs did not violate a claim that is on record as refuted")
}

// TestInputCap: an input over the cap is skipped, not decoded.
func TestInputCap(t *testing.T) {
	claims := claimsOf(t, props.Step, "holds")
	if s := run(make([]byte, props.MaxFuzzInput+1), claims).skipped; s == "" {
		t.Error("an input over the cap was decoded")
	}
}
