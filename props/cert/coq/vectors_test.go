package coq_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/cert/coq"
)

// forSize are the refusals for the size of numbers or the length of a run alone.
var forSize = regexp.MustCompile("bits|digits|still move")

// decided are vectors of the format that Coq can speak of: those that parse, of a claim that
// the library states. What is refused for its size alone is left out: Coq has no caps.
func decided(t *testing.T) (certificates []*cert.Certificate, valid []bool) {
	t.Helper()
	data, err := os.ReadFile("../../../testdata/vectors/certificates.json")
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		TestGroups []struct {
			Tests []struct{ Certificate *string }
		}
	}
	if err := json.Unmarshal(data, &set); err != nil {
		t.Fatal(err)
	}
	for _, group := range set.TestGroups {
		for _, v := range group.Tests {
			if v.Certificate == nil {
				continue
			}
			c, err := cert.Parse([]byte(*v.Certificate))
			if err != nil || coq.Missing(c.Claim) != "" {
				continue
			}
			_, err = cert.Check([]byte(*v.Certificate))
			var refused *cert.Refusal
			if errors.As(err, &refused) && forSize.MatchString(refused.Reason) {
				continue
			}
			certificates, valid = append(certificates, c), append(valid, err == nil)
		}
	}
	return certificates, valid
}

// TestVectors: Coq's verdict on the vectors is that of the Go checker, which is that of
// check.py.
func TestVectors(t *testing.T) {
	if !*full {
		t.Skip("with -full: coqc takes some seconds")
	}
	certificates, valid := decided(t)
	const header = "From Coq Require Import QArith List Bool.\nFrom Cascade Require Import Cascade Kernel Runs.\n" +
		"Import ListNotations.\nOpen Scope Q_scope.\n\n"
	var b strings.Builder
	b.WriteString(header)
	tally := map[bool]int{}
	for k, c := range certificates {
		term, err := coq.Decision(c)
		if err != nil {
			t.Fatal(err)
		}
		tally[valid[k]]++
		fmt.Fprintf(&b, "Goal (%s) = %v.\nProof. vm_compute. reflexivity. Qed.\n\n", term, valid[k])
	}
	t.Logf("%d valid, %d invalid", tally[true], tally[false])
	if tally[true] == 0 || tally[false] == 0 {
		t.Fatal("one verdict does not occur")
	}
	dir := library(t)
	if out, err := compile(t, dir, "vectors.v", b.String()); err != nil || out != "" {
		t.Errorf("%v\n%s", err, out)
	}
	// It is seen red: a valid one that is said to be invalid.
	term, err := coq.Decision(certificates[0])
	if err != nil {
		t.Fatal(err)
	}
	swapped := fmt.Sprintf("%sGoal (%s) = %v.\nProof. vm_compute. reflexivity. Qed.\n", header, term, !valid[0])
	if out, err := compile(t, dir, "swapped.v", swapped); err == nil {
		t.Errorf("the wrong verdict is proved\n%s", out)
	}
}
