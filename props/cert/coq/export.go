package coq

import (
	_ "embed"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/cert"
)

//go:embed Cascade.v
var cascade string

//go:embed Kernel.v
var kernel string

// Source is a file of the library.
type Source struct{ Name, Text string }

// Library lists the files that an export needs, in the order in which they are compiled, as
// coqc -Q . Cascade NAME.
func Library() []Source {
	return []Source{{"Cascade.v", cascade}, {"Kernel.v", kernel}}
}

// numbers are the claims that compare two numbers, by the names that Cascade.v has for them.
var numbers = map[string]string{
	"lemma1": "Lemma1", "eq12": "Eq12", "eq14a": "Eq14a", "eq14b": "Eq14b", "eq15": "Eq15", "eq16": "Eq16",
	"eq17a": "Eq17a", "eq17b": "Eq17b", "eq18a": "Eq18a", "eq18b": "Eq18b", "eq19": "Eq19", "eq20": "Eq20",
	"thm1": "Thm1", "lemma2": "Lemma2", "eq24": "Eq24", "eq26": "Eq26", "eq27": "Eq27", "eq28a": "Eq28a",
	"eq28b": "Eq28b", "eq28m": "Eq28m", "eq28n": "Eq28n", "eq28c": "Eq28c", "eq29m": "Eq29m", "eq29n": "Eq29n",
	"eq29": "Eq29", "eq29b": "Eq29b", "eq30a": "Eq30a", "eq30b": "Eq30b", "eq31": "Eq31", "eq32": "Eq32",
	"disp33": "Disp33", "thm2": "Thm2",
}

// equations are those that compare two matrices.
var equations = map[string]string{"eq6a": "Eq6a", "eq6b": "Eq6b", "eq6c": "Eq6c", "disp12": "Disp12"}

// Missing says why certificates of a claim are not exported, "" for claims that are.
func Missing(claim string) string {
	const run = "a run: A1, l* and mu are about all weights of a composition, and T steps about its iterates; " +
		"the library has one pass at given weights"
	switch claim {
	case "eq41", "thm4", "thm5":
		return run
	case "eq48sum":
		return "the logarithm: the library has rational numbers alone, and a statement without ln is another one"
	case "spike":
		return ""
	}
	if numbers[claim] == "" && equations[claim] == "" {
		return "the library does not state it"
	}
	return ""
}

// Export is the Coq file of a certificate. It is not checked here.
func Export(c *cert.Certificate) ([]byte, error) {
	if why := Missing(c.Claim); why != "" {
		return nil, fmt.Errorf("coq: %s: %s", c.Claim, why)
	}
	f := &file{c: c}
	f.line("(** A certificate against %s of arXiv:2602.20646v1, as a theorem over Q.", f.title())
	f.line("    Written by verify export -to coq. What the names mean is in Cascade.v. *)")
	f.line("")
	f.line("From Coq Require Import QArith List.")
	f.line("From Cascade Require Import Cascade Kernel.")
	f.line("Import ListNotations.")
	f.line("Open Scope Q_scope.")
	f.line("")
	f.theCase()
	switch {
	case c.Claim == "spike":
		f.theConstants()
		f.theorem("size", fmt.Sprintf("largest_error the_case == %s /\\ all_u2 the_case == %s",
			rational(c.LHS.Num), rational(c.RHS.Num)), "split; apply Qeq_bool_iff")
		f.theorem("refuted", "~ spike_holds", "apply (accepted_refutes_spike the_case the_constants)")
	case equations[c.Claim] != "":
		f.equation(equations[c.Claim])
	default:
		f.theConstants()
		f.numbers(f.name())
	}
	f.line("Print Assumptions refuted.")
	return []byte(f.b.String()), nil
}

// file is an export as far as it is written.
type file struct {
	c *cert.Certificate
	b strings.Builder
}

func (f *file) line(format string, args ...any) { fmt.Fprintf(&f.b, format+"\n", args...) }

// title is the claim in words for a comment.
func (f *file) title() string {
	t := f.c.Claim
	if f.c.Form == "derivation" {
		t += ", derivation"
	}
	if f.c.Reading != "" {
		t += ", " + f.c.Reading + " reading"
	}
	return t
}

// name is what Cascade.v calls the claim.
func (f *file) name() string {
	if f.c.Form == "derivation" {
		return numbers[f.c.Claim] + "_derivation"
	}
	return numbers[f.c.Claim]
}

// theorem writes a theorem whose proof ends by computation.
func (f *file) theorem(name, statement, by string) {
	f.line("Theorem %s : %s.", name, statement)
	f.line("Proof. %s; vm_compute; reflexivity. Qed.", by)
	f.line("")
}

func (f *file) theCase() {
	c := f.c
	ops := make([]string, len(c.Chain))
	for k, o := range c.Chain {
		ops[k] = operator(o)
	}
	f.line("Definition the_case : case := {|")
	f.line("  chain := [%s];", strings.Join(ops, "; "))
	f.line("  x := %s;", vector(c.X))
	f.line("  w := %s;", matrix(c.W))
	f.line("  delta_law := %s;", laws(c.Delta))
	f.line("  eps_law := %s", laws(c.Eps))
	f.line("|}.")
	f.line("")
}

func (f *file) theConstants() {
	k := f.c.Constants
	f.line("Definition the_constants : constants :=")
	f.line("  {| C := %s; C2 := %s; Lf := %s; L1 := %s; L2 := %s |}.",
		rational(k.C), rational(k.C2), rational(k.Lf), rational(k.L1), rational(k.L2))
	f.line("")
	f.theorem("assumption_A3", "A3 the_case the_constants", "apply A3_ok_sound")
}

// numbers writes the theorems of a claim between numbers. A claim without a reading or an
// index is the same in each; it gets Past and 1.
func (f *file) numbers(claim string) {
	r, i := "Past", max(f.c.I, 1)
	switch f.c.Reading {
	case "literal":
		r = "Literal"
	case "total":
		r = "Total"
	}
	m := f.outcome()
	f.theorem("both_sides", fmt.Sprintf(
		"let s := sides %s the_case the_constants %s %d (outcome the_case %d) in\n  fst s == %s /\\ snd s == %s",
		claim, r, i, m, rational(f.c.LHS.Num), rational(f.c.RHS.Num)), "apply sides_are_sound")
	f.theorem("refuted", fmt.Sprintf("~ holds %s %s", claim, r),
		fmt.Sprintf("apply (accepted_refutes %s the_case the_constants %s %d %d)", claim, r, i, m))
}

// outcome is the number of the joint outcome whose first sites are what is given: the last
// site runs fastest.
func (f *file) outcome() int {
	c, m := f.c, 0
	n := len(c.Chain)
	for site := range 2*n - 1 {
		law := c.Delta[site+1]
		if site >= n {
			law = c.Eps[2*n-site]
		}
		m *= max(len(law), 1)
		if site < len(c.Given) {
			m += c.Given[site]
		}
	}
	return m
}

func (f *file) equation(claim string) {
	right := matrix(f.c.RHS.Rows)
	f.theorem("left_side", fmt.Sprintf("same_matrix (fst (equation_sides %s the_case)) %s = true", claim,
		matrix(f.c.LHS.Rows)), "idtac")
	if claim == "Disp12" {
		f.theorem("right_side", "match snd (equation_sides Disp12 the_case) with\n  "+
			"| Some m => same_matrix m "+right+" = true\n  "+
			"| None => same_matrix (fst (equation_sides Disp12 the_case)) "+right+" = true\n  end", "idtac")
	} else {
		f.theorem("right_side", fmt.Sprintf("match snd (equation_sides %s the_case) with\n  "+
			"| Some m => same_matrix m %s = true\n  | None => False\n  end", claim, right), "idtac")
	}
	f.theorem("refuted", "~ equation_holds "+claim, fmt.Sprintf("apply (accepted_refutes_equation %s the_case)", claim))
}

// rational is a number of Q, in brackets so that it can stand anywhere.
func rational(x *big.Rat) string {
	if x == nil {
		panic("coq: a number of the certificate is nil")
	}
	if x.IsInt() && x.Sign() >= 0 {
		return x.Num().String()
	}
	if x.IsInt() {
		return "(" + x.Num().String() + ")"
	}
	return fmt.Sprintf("(%s # %s)", x.Num(), x.Denom())
}

func list[T any](v []T, write func(T) string) string {
	words := make([]string, len(v))
	for k, x := range v {
		words[k] = write(x)
	}
	return "[" + strings.Join(words, "; ") + "]"
}

func vector(v []*big.Rat) string   { return list(v, rational) }
func matrix(m [][]*big.Rat) string { return list(m, vector) }

func laws(l map[int]cert.Law) string {
	return list(slices.Sorted(maps.Keys(l)), func(site int) string {
		return fmt.Sprintf("(%d%%nat, %s)", site, list(l[site], func(o cert.Outcome) string {
			return "(" + rational(o.P) + ", " + vector(o.D) + ")"
		}))
	})
}

func operator(o cert.Op) string {
	switch o.Op {
	case "linear":
		return fmt.Sprintf("Linear %d %d", o.In, o.Out)
	case "affine":
		return fmt.Sprintf("Affine %d %d", o.In, o.Out)
	case "fixed":
		return "Fixed " + matrix(o.A)
	case "bias":
		return fmt.Sprintf("Bias %d", o.N)
	case "scale":
		return fmt.Sprintf("Scale %d", o.N)
	case "square":
		return fmt.Sprintf("Square %d", o.N)
	case "halfsq":
		return fmt.Sprintf("HalfSq %d", o.N)
	case "bilinear":
		return fmt.Sprintf("Bilinear %d", o.N)
	}
	panic(fmt.Sprintf("coq: operator %q", o.Op))
}
