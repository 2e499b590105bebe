package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/cert/coq"
)

// TestReadme: it is at most 7 kB; what it links is there, the commands that it names are, and the numbers of
// its worked example are those of the certificate that it replays.
func TestReadme(t *testing.T) {
	const root = "../.."
	data := must(os.ReadFile(filepath.Join(root, "README.md")))
	text := string(data)
	if len(data) > 7000 {
		t.Errorf("README.md has %d bytes", len(data))
	}
	links := regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(text, -1)
	for _, link := range links {
		if _, err := os.Stat(filepath.Join(root, link[1])); err != nil && !strings.HasPrefix(link[1], "https://") {
			t.Errorf("README.md links %s: %v", link[1], err)
		}
	}
	command := regexp.MustCompile("(?:go run ./props/verify|`verify|&& verify)(?: ([a-z]+))?")
	named := command.FindAllStringSubmatch(text, -1)
	for _, name := range named {
		if commands[name[1]] == nil {
			t.Errorf("README.md names the command %q", name[0])
		}
	}
	if len(links) < 20 || len(named) < 10 {
		t.Errorf("%d links and %d commands are found", len(links), len(named))
	}

	const file = "testdata/certificates/thm2-past.json"
	r, err := cert.Check(must(os.ReadFile(filepath.Join(root, file))))
	if err != nil {
		t.Fatal(err)
	}
	k := r.Certificate.Constants
	hinge := ""
	for _, h := range r.Hinges() {
		if h.Constant == "L2" && h.From != nil {
			from, _ := h.From.Float64()
			hinge = fmt.Sprintf("%.3f", from)
		}
	}
	var factors []string // of the terms of the right side, which is their sum
	for _, term := range r.Right {
		if v := term.Value(); v.Sign() != 0 {
			factors = append(factors, v.RatString())
		}
	}
	of := 0
	names, err := filepath.Glob(filepath.Join(root, "testdata/certificates/*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		c, err := cert.Parse(must(os.ReadFile(name)))
		if err != nil {
			t.Fatal(err)
		}
		if why := coq.Missing(c.Claim); why == "" || strings.HasPrefix(why, "a theorem") {
			of++
		}
	}
	for _, want := range []string{
		"replay " + file,
		k.L2.RatString() + " say; C = C2 = L1 = Lf = " + k.C.RatString(),
		"= " + strings.Join(factors, " + ") + " = " + r.RHS.String(),
		r.LHS.String() + " <= " + r.RHS.String() + " is false",
		"It holds from L2 = " + hinge + " on",
		fmt.Sprintf("Coq proves %d refutations", of),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("README.md does not say %q", want)
		}
	}
}
