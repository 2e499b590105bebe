package coq_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/cert/coq"
)

var (
	full   = flag.Bool("full", false, "compile the exports of all certificates, each also with a wrong side")
	update = flag.Bool("update", false, "write CERTIFICATES.md anew")
)

const closed = "Closed under the global context\n"

// onRecord are the certificates by the names of their files.
func onRecord(t *testing.T) (names []string, all map[string]*cert.Certificate) {
	t.Helper()
	files, err := filepath.Glob("../../../testdata/certificates/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no certificates: %v", err)
	}
	all = map[string]*cert.Certificate{}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := cert.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		names = append(names, name)
		all[name] = c
	}
	return names, all
}

// TestCertificates: CERTIFICATES.md says of each certificate whether it is exported, or what
// stands in the way.
func TestCertificates(t *testing.T) {
	names, all := onRecord(t)
	var rows strings.Builder
	exported, theorems := 0, 0
	for _, name := range names {
		what := coq.Missing(all[name].Claim)
		text, err := coq.Export(all[name])
		if (err == nil) != (what == "") {
			t.Errorf("%s: Missing says %q, Export %v", name, what, err)
		}
		if err == nil {
			exported++
			theorems++
			what = "a theorem"
			if words := all[name].Text; words != "" && bytes.Contains(text, []byte(words)) {
				t.Errorf("%s: words that are not checked are in the export", name)
			}
		}
		if strings.HasPrefix(what, "a theorem of") {
			theorems++
		}
		fmt.Fprintf(&rows, "| %s | %s |\n", name, what)
	}
	const least = 20
	if exported < least {
		t.Errorf("%d certificates are exported, want %d or more", exported, least)
	}
	page := fmt.Sprintf("# What Coq checks of the certificates on record\n\n%d of %d are theorems over Q, closed "+
		"under the global context. Written by `go test ./props/cert/coq -update`.\n\n| certificate | in Coq |\n|---|---|\n%s",
		theorems, len(names), rows.String())
	const file = "CERTIFICATES.md"
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if old, err := os.ReadFile(file); err != nil || string(old) != page {
		t.Errorf("%s is not what it has to be: run with -update (%v)", file, err)
	}
}

// TestSavedIsOnRecord: the cases of Saved.v are those of the certificates on record.
func TestSavedIsOnRecord(t *testing.T) {
	text, err := os.ReadFile("Saved.v")
	if err != nil {
		t.Fatal(err)
	}
	_, all := onRecord(t)
	q := func(x *big.Rat) string {
		if x.IsInt() {
			return x.Num().String()
		}
		return fmt.Sprintf("%v # %v", x.Num(), x.Denom())
	}
	parenthesis := func(x *big.Rat) string {
		if x.IsInt() {
			return q(x)
		}
		return "(" + q(x) + ")"
	}
	chain := func(c *cert.Certificate) string {
		var ops []string
		for k, o := range c.Chain {
			op := strings.ToUpper(o.Op[:1]) + o.Op[1:]
			for _, w := range c.W[k] {
				op += " " + parenthesis(w)
			}
			ops = append(ops, op)
		}
		return "[" + strings.Join(ops, "; ") + "]"
	}
	zeta := func(c *cert.Certificate) string {
		var list []string
		for i := range c.Chain {
			z := new(big.Rat)
			if l := c.Zeta[i+1]; l != nil {
				z = new(big.Rat).Abs(l[0].D[0])
			}
			list = append(list, q(z))
		}
		return "[" + strings.Join(list, "; ") + "]"
	}
	sa5, sa6, sa7 := all["sa5-conjecture"], all["sa6-conjecture"], all["sa7-conjecture"]
	for _, want := range []string{
		fmt.Sprintf("bias %s %s %s == %s.", chain(sa5), parenthesis(sa5.X[0]), zeta(sa5), q(sa5.LHS.Num)),
		fmt.Sprintf("bias %s %s %s == %s.", chain(sa6), parenthesis(sa6.X[0]), zeta(sa6), q(sa6.LHS.Num)),
		"one_layer : list op := " + chain(sa7) + ".",
		fmt.Sprintf("square_error one_layer %s %s == %s ", parenthesis(sa7.X[0]), zeta(sa7), q(sa7.LHS.Num)),
		fmt.Sprintf("bound_of_two %s %s %s == %s ", parenthesis(sa7.Constants.C), parenthesis(sa7.Constants.L1),
			"(1 # 4)", q(sa7.RHS.Num)),
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("Saved.v does not have %q", want)
		}
	}
}

// compiled is the folder of the library, "" until a test needs it.
var compiled string

func TestMain(m *testing.M) {
	code := m.Run()
	if compiled != "" {
		os.RemoveAll(compiled)
	}
	os.Exit(code)
}

// library compiles what exports rest on, once for all tests, or skips where Coq is not
// installed.
func library(t *testing.T) (dir string) {
	t.Helper()
	if _, err := exec.LookPath("coqc"); err != nil {
		t.Skip("no coqc: nothing is compiled")
	}
	if compiled != "" {
		return compiled
	}
	dir, err := os.MkdirTemp("", "coq")
	if err != nil {
		t.Fatal(err)
	}
	compiled = dir
	for _, source := range coq.Library() {
		want := closed
		if source.Name == "Cascade.v" {
			want = ""
		}
		if out, err := compile(t, dir, source.Name, source.Text); err != nil || out != want {
			t.Fatalf("%s: %v\n%s", source.Name, err, out)
		}
	}
	return dir
}

func compile(t *testing.T, dir, name, text string) (out string, err error) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := exec.Command("coqc", "-Q", dir, "Cascade", path).CombinedOutput()
	return string(b), err
}

// wrong returns c with what makes it wrong, by name.
func wrong(c cert.Certificate, name string) *cert.Certificate {
	switch name {
	case "left side":
		c.LHS.Num = new(big.Rat).Add(c.LHS.Num, big.NewRat(1, 3))
	case "left side, a matrix":
		c.LHS.Rows = [][]*big.Rat{{new(big.Rat).Add(c.LHS.Rows[0][0], big.NewRat(1, 3))}}
	case "a constant that does not hold":
		k := *c.Constants
		k.L1 = big.NewRat(1, 1024)
		c.Constants = &k
	case "a Lipschitz constant of the gradient", "a PL constant", "a lower bound of the loss":
		r := *c.Run
		switch name {
		case "a PL constant":
			r.Mu = big.NewRat(2, 1)
		case "a lower bound of the loss":
			r.LStar = big.NewRat(1, 64)
		default:
			r.L = big.NewRat(1, 2)
		}
		c.Run = &r
	case "no error":
		c.Delta, c.Eps = nil, nil
	case "probabilities":
		c.Delta = map[int]cert.Law{1: {{P: big.NewRat(1, 2), D: c.Delta[1][0].D}}}
	case "weights that do not fit":
		c.W = append([][]*big.Rat{{big.NewRat(1, 1), big.NewRat(1, 1)}}, c.W[1:]...)
	}
	return &c
}

// TestCompiles: coqc accepts exports without an assumption, and refuses each wrong one.
func TestCompiles(t *testing.T) {
	if !*full {
		t.Skip("with -full: the library alone takes coqc some seconds")
	}
	dir := library(t)
	names, all := onRecord(t)
	accepts := func(name string, c *cert.Certificate) (bool, string) {
		text, err := coq.Export(c)
		if err != nil {
			t.Fatal(err)
		}
		out, err := compile(t, dir, strings.Map(letter, name)+".v", string(text))
		return err == nil && out == closed, out
	}
	for _, c := range []struct{ file, old, wrong string }{
		{"Memories.v", "- (3 # 28)", "- (3 # 29)"},
		{"Saved.v", "== 9 # 64", "== 9 # 65"},
		{"Saved.v", "257 # 256 /\\", "257 # 255 /\\"},
		{"Saved.v", "constants_hold (2 + s) 1 s.", "constants_hold 2 1 s."},
	} {
		text, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		wrong := strings.Replace(string(text), c.old, c.wrong, 1)
		for text, want := range map[string]bool{string(text): true, wrong: false} {
			if out, err := compile(t, dir, c.file, text); (err == nil && out == closed) != want {
				t.Errorf("%s: %v, want %v\n%s", c.file, err, want, out)
			}
		}
	}
	if good, out := accepts("eq29-past", all["eq29-past"]); !good {
		t.Errorf("eq29-past: not accepted\n%s", out)
	}
	for _, c := range []struct{ of, what string }{
		{"eq29-past", "left side"},
		{"eq29-past", "a constant that does not hold"},
		{"eq29-past", "no error"},
		{"eq29-past", "probabilities"},
		{"thm5-past", "a Lipschitz constant of the gradient"},
		{"thm5-past", "a PL constant"},
		{"thm4-past", "a lower bound of the loss"},
		{"eq6a", "left side, a matrix"},
		{"eq6a", "weights that do not fit"},
	} {
		good, out := accepts("wrong", wrong(*all[c.of], c.what))
		if good || !strings.Contains(out, "Unable to unify") {
			t.Errorf("%s with %s wrong: accepted %v, want an error of unification\n%s", c.of, c.what, good, out)
		}
	}
	for _, name := range names {
		c := all[name]
		if coq.Missing(c.Claim) != "" {
			continue
		}
		if good, out := accepts(name, c); !good {
			t.Errorf("%s: not accepted\n%s", name, out)
		}
		what := "left side"
		if c.LHS.Rows != nil {
			what = "left side, a matrix"
		}
		if good, _ := accepts("wrong", wrong(*c, what)); good {
			t.Errorf("%s: accepted with a wrong left side", name)
		}
	}
}

// letter keeps what the name of a module may have.
func letter(c rune) rune {
	if c == '-' {
		return '_'
	}
	return c
}
