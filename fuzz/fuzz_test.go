package fuzz

import (
	"fmt"
	"testing"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/gen"
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
	f.Fuzz(func(t *testing.T, data []byte) { Propagation(t, data, claims) })
}

func FuzzTraining(f *testing.F) {
	claims := claimsOf(f, props.Training, "holds")
	for _, seed := range []string{"", "\x00\x01\x00", "\x02\x00\x02\x01\x05\x03\x02\x01", "\x01\x01\x03\x01\x01\x00\x02\x04\x01\x09"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { Training(t, data, claims) })
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
	Propagation(t, data, claims)
	return t
}

// TestTargetCanFail: some short input violates a refuted claim.
func TestTargetCanFail(t *testing.T) {
	claims := claimsOf(t, props.Step, "refuted")
	src := gen.Random(1, 1)
	for range 200 {
		data := make([]byte, 64)
		for k := range data {
			data[k] = byte(src.Int(0, 255))
		}
		if run(data, claims).failed != "" {
			return
		}
	}
	t.Error("200 random inputs did not violate a claim that is on record as refuted")
}

// TestCodec: every input decodes to a valid case, the empty one to the simplest,
// and a changed byte to another case.
func TestCodec(t *testing.T) {
	src := gen.Random(2, 2)
	changed := 0
	for range 500 {
		data := make([]byte, src.Int(0, 200))
		for k := range data {
			data[k] = byte(src.Int(0, 255))
		}
		a := fmt.Sprint(*gen.Step(gen.Bytes(data)))
		if _, err := gen.Step(gen.Bytes(data)).Build(); err != nil {
			t.Fatalf("%v: %v", data, err)
		}
		for k := range min(8, len(data)) {
			data[k] ^= 0x15
			if fmt.Sprint(*gen.Step(gen.Bytes(data))) != a {
				changed++
				break
			}
			data[k] ^= 0x15
		}
	}
	if changed < 450 {
		t.Errorf("one of the first eight bytes changed the case in %d of 500 inputs", changed)
	}
	if c := gen.Step(gen.Bytes(nil)); len(c.Chain) != gen.MinN {
		t.Errorf("no bytes give N = %d, want %d", len(c.Chain), gen.MinN)
	}
	if s := run(make([]byte, MaxInput+1), nil).skipped; s == "" {
		t.Error("an input over the cap was decoded")
	}
}
