package cert_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
)

const termFile = "testdata/terms.txt"

// TestTerms: the terms of both sides of every claim at N = 3 and i = 2, and the
// abbreviations in them, have the names on file, which were read beside the paper's
// displays. Their values are the business of TestOracle.
func TestTerms(t *testing.T) {
	c := &cert.Certificate{
		Chain: []cert.Op{{Op: "scale", N: 1}, {Op: "scale", N: 1}, {Op: "scale", N: 1}},
		X:     one(1), W: [][]*big.Rat{one(1), one(1), one(1)}, Constants: unit(),
	}
	var b strings.Builder
	defined := map[string]string{}
	everyStatement(rand.New(rand.NewPCG(1, 1)), c, func() {
		if c.Reading == "literal" || c.Reading == "total" {
			return // the names are those of the other readings
		}
		if c.I > 0 {
			c.I = 2
		}
		c.Given = nil
		if c.Claim == "lemma2" {
			c.Reading = "total" // which is given nothing
		}
		r, err := cert.Evaluate(c)
		if err != nil {
			t.Fatalf("%s: %v", c.Claim, err)
		}
		fmt.Fprintf(&b, "%s %s\n\t%s\n\t%s\n", c.Claim, c.Form, termNames(r.Left), termNames(r.Right))
		for _, d := range r.Definitions {
			if was, has := defined[d.Name]; has && was != d.Formula {
				t.Errorf("%s is %s and %s", d.Name, was, d.Formula)
			} else if !has {
				defined[d.Name] = d.Formula
				fmt.Fprintf(&b, "\twhere %s = %s\n", d.Name, d.Formula)
			}
		}
	})
	if *update {
		if err := os.WriteFile(termFile, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(termFile)
	if err != nil {
		t.Fatal(err)
	}
	lines, got := strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")
	for k, line := range got {
		if k >= len(lines) || line != lines[k] {
			t.Fatalf("line %d of %s is not %q; -update writes it", k+1, termFile, line)
		}
	}
	if len(lines) != len(got) {
		t.Errorf("%d lines, %s has %d", len(got), termFile, len(lines))
	}
}

func termNames(terms []cert.Term) string {
	var names []string
	for _, t := range terms {
		names = append(names, t.Name())
	}
	return strings.Join(names, " + ")
}
