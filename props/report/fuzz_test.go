package report

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// TestFuzzBytes: a report is accepted; one that is changed and sealed anew is accepted on
// the second way, which is where the mutants of a fuzzer get past the digest.
func TestFuzzBytes(t *testing.T) {
	seed, err := FuzzSeed()
	if err != nil {
		t.Fatal(err)
	}
	if refusal, err := FuzzBytes(seed); refusal != nil || err != nil {
		t.Fatalf("refusal %v, error %v", refusal, err)
	}
	changed := bytes.Replace(seed, []byte(`"executable": "`), []byte(`"executable": "0`), 1)
	accepted := 0
	count := func(r io.Reader) (*Report, error) {
		rep, err := Read(r)
		if err == nil {
			accepted++
		}
		return rep, err
	}
	refusal, err := fuzzBytes(count, changed)
	if refusal == nil || !strings.Contains(refusal.Error(), "digest is ") || err != nil || accepted != 1 {
		t.Errorf("changed: refusal %v, error %v, accepted %d times, want once", refusal, err, accepted)
	}
}

// TestFuzzBytesCanFail: a reader that takes what verify does not write, and one that
// refuses without a reason, are found.
func TestFuzzBytesCanFail(t *testing.T) {
	for want, read := range map[string]func(io.Reader) (*Report, error){
		"read, but verify writes": func(io.Reader) (*Report, error) { return new(Report), nil },
		"a refusal of 3 bytes":    func(io.Reader) (*Report, error) { return nil, io.EOF },
	} {
		if _, err := fuzzBytes(read, []byte("{}")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
