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
var sourceOfCascade string

//go:embed Kernel.v
var sourceOfKernel string

//go:embed Runs.v
var sourceOfRuns string

// Source is a file of the library.
type Source struct{ Name, Text string }

// Library lists the files that an export needs, in the order in which they are compiled, as
// coqc -Q . Cascade NAME.
func Library() []Source {
	return []Source{{"Cascade.v", sourceOfCascade}, {"Kernel.v", sourceOfKernel}, {"Runs.v", sourceOfRuns}}
}

// statement is how the library states a claim, under the id with a capital: eq6a is Eq6a.
type statement struct {
	of      kind
	partial bool   // the right side is of matrices that need not fit together
	missing string // why it does not; of is nothing then
}

// kind is what a statement compares, which says what theorems its export has.
type kind int

const (
	nothing  kind = iota
	numbers       // two numbers of a step
	ofRun         // two numbers of T steps
	matrices      // two matrices of a step
	spike         // the least error, and |U-u|^2, which has to be 0
)

// byHand is what stands in the way of conjectures about saved activations.
const byHand = "a theorem of Saved.v, written by hand: the passes of the library read what was computed"

// library are the statements by the ids that certificates have for claims: names of that
// format, written out here as the .v files write them out.
var library = map[string]statement{
	"lemma1": {of: numbers}, "eq12": {of: numbers}, "eq14a": {of: numbers}, "eq14b": {of: numbers},
	"eq15": {of: numbers}, "eq16": {of: numbers}, "eq17a": {of: numbers}, "eq17b": {of: numbers},
	"eq18a": {of: numbers}, "eq18b": {of: numbers}, "eq19": {of: numbers}, "eq20": {of: numbers},
	"thm1": {of: numbers}, "lemma2": {of: numbers}, "eq24": {of: numbers}, "eq26": {of: numbers},
	"eq27": {of: numbers}, "eq28a": {of: numbers}, "eq28b": {of: numbers}, "eq28m": {of: numbers},
	"eq28n": {of: numbers}, "eq28c": {of: numbers}, "eq29m": {of: numbers}, "eq29n": {of: numbers},
	"eq29": {of: numbers}, "eq29b": {of: numbers}, "eq30a": {of: numbers}, "eq30b": {of: numbers},
	"eq31": {of: numbers}, "eq32": {of: numbers}, "disp33": {of: numbers}, "thm2": {of: numbers},

	"eq6a": {of: matrices}, "eq6b": {of: matrices}, "eq6c": {of: matrices}, "disp12": {of: matrices, partial: true},

	"eq41": {of: ofRun}, "thm4": {of: ofRun}, "thm5": {of: ofRun}, // eq41 is without constants of A3

	"spike": {of: spike},
	"sa5":   {missing: byHand}, "sa6": {missing: byHand}, "sa7": {missing: byHand},

	"eq48sum": {
		missing: "the logarithm: the library has rational numbers alone, and a statement without ln is another one",
	},
}

// Missing says why certificates of a claim are not exported, "" for claims that are.
func Missing(claim string) string {
	s := library[claim]
	if s.of == nothing && s.missing == "" {
		return "the library does not state it"
	}
	return s.missing
}

// Export is the Coq file of a certificate. It is not checked here.
func Export(c *cert.Certificate) ([]byte, error) {
	if why := Missing(c.Claim); why != "" {
		return nil, fmt.Errorf("coq: %s: %s", c.Claim, why)
	}
	f := &file{c: c, statement: library[c.Claim]}
	f.line("(** A certificate against %s of arXiv:2602.20646v1, as a theorem over Q.", f.title())
	f.line("    Written by verify export -to coq. What the names mean is in Cascade.v. *)")
	f.line("")
	f.line("From Coq Require Import QArith List.")
	f.line("From Cascade Require Import Cascade Kernel%s.", map[bool]string{true: " Runs"}[c.Run != nil])
	f.line("Import ListNotations.")
	f.line("Open Scope Q_scope.")
	f.line("")
	f.theCase()
	switch {
	case f.of == spike:
		f.theConstants()
		f.theorem("size", fmt.Sprintf("largest_error the_case == %s /\\ all_u2 the_case == %s",
			rational(c.LHS.Num), rational(c.RHS.Num)), "split; apply Qeq_bool_iff")
		f.theorem("refuted", "~ spike_holds", "apply (accepted_refutes_spike the_case the_constants)")
	case f.of == matrices:
		f.equation(f.name())
	case c.Run != nil:
		f.run()
	default:
		f.theConstants()
		f.numbers(f.name())
	}
	f.line("Print Assumptions refuted.")
	return []byte(f.b.String()), nil
}

// Decision is a boolean term over the library of Export that computes to true when the
// certificate is right, sides included, and to false when it is not: what the theorems of
// Export need, without the theorems.
func Decision(c *cert.Certificate) (string, error) {
	if why := Missing(c.Claim); why != "" {
		return "", fmt.Errorf("coq: %s: %s", c.Claim, why)
	}
	f := &file{c: c, statement: library[c.Claim]}
	the := "(" + f.record("; ") + ")"
	switch {
	case f.of == spike:
		return fmt.Sprintf("let c := %s in accepts_spike c %s && Qeq_bool (largest_error c) %s && Qeq_bool (all_u2 c) %s",
			the, f.constants(), rational(c.LHS.Num), rational(c.RHS.Num)), nil
	case f.of == matrices:
		q := f.name()
		return fmt.Sprintf("let s := equation_sides %s %s in accepts_equation %s %s && same_matrix (fst s) %s &&\n"+
			"  same_matrix (match snd s with Some m => m | None => fst s end) %s",
			q, the, q, the, matrix(c.LHS.Rows), matrix(c.RHS.Rows)), nil
	}
	r, i, m := f.place()
	if c.Run != nil {
		return fmt.Sprintf("let run := %s in let k := %s in accepts_run %s run k %s %s &&\n"+
			"  sides_are (run_sides run k %s %s) %s %s", f.theRun(the), f.constants(), f.name(), r, f.minimizer(), r, f.name(),
			rational(c.LHS.Num), rational(c.RHS.Num)), nil
	}
	return fmt.Sprintf("let c := %s in let k := %s in accepts %s c k %s %d %d &&\n"+
		"  sides_are (sides %s c k %s %d (outcome c %d)) %s %s", the, f.constants(), f.name(), r, i, m,
		f.name(), r, i, m, rational(c.LHS.Num), rational(c.RHS.Num)), nil
}

// file is an export as far as it is written.
type file struct {
	c *cert.Certificate
	statement
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

// name is what the library calls the claim.
func (f *file) name() string {
	name := strings.ToUpper(f.c.Claim[:1]) + f.c.Claim[1:]
	if f.c.Form == "derivation" {
		return name + "_derivation"
	}
	return name
}

// theorem writes a theorem whose proof ends by computation.
func (f *file) theorem(name, statement, by string) {
	f.line("Theorem %s : %s.", name, statement)
	f.line("Proof. %s; vm_compute; reflexivity. Qed.", by)
	f.line("")
}

func (f *file) theCase() {
	f.line("Definition the_case : case :=\n  %s.", f.record(";\n     "))
	f.line("")
}

// record is the case, its fields apart by sep.
func (f *file) record(sep string) string {
	c := f.c
	return "{| " + strings.Join([]string{
		"chain := " + list(c.Chain, operator), "x := " + vector(c.X), "w := " + matrix(c.W),
		"delta_law := " + laws(c.Delta), "eps_law := " + laws(c.Eps),
	}, sep) + " |}"
}

func (f *file) constants() string {
	k := f.c.Constants
	if k == nil { // a run of eq41, which is about none
		return "{| C := 1; C2 := 1; Lf := 1; L1 := 1; L2 := 1 |}"
	}
	return fmt.Sprintf("{| C := %s; C2 := %s; Lf := %s; L1 := %s; L2 := %s |}",
		rational(k.C), rational(k.C2), rational(k.Lf), rational(k.L1), rational(k.L2))
}

func (f *file) theConstants() {
	f.line("Definition the_constants : constants :=\n  %s.", f.constants())
	f.line("")
	f.theorem("assumption_A3", "A3 the_case the_constants", "apply A3_ok_sound")
}

// place is where a claim between numbers is made: reading, index, joint outcome. A claim
// without a reading or an index is the same in each; it gets Past and 1.
func (f *file) place() (r string, i, m int) {
	r = "Past"
	switch f.c.Reading {
	case "literal":
		r = "Literal"
	case "total":
		r = "Total"
	}
	return r, max(f.c.I, 1), f.outcome()
}

// numbers writes the theorems of a claim between numbers.
func (f *file) numbers(claim string) {
	r, i, m := f.place()
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

// theRun is the run from a case. Without mu it is 1, which is not read then.
func (f *file) theRun(start string) string {
	r, mu := f.c.Run, "1"
	if r.Mu != nil {
		mu = rational(r.Mu)
	}
	return fmt.Sprintf("{| start := %s; gamma := %s; steps := Z.to_nat %d; smooth := %s; low := %s; pl := %s |}", start,
		rational(r.Gamma), r.Steps, rational(r.L), rational(r.LStar), mu)
}

// minimizer are the weights at which the loss is least, [] where the claim does not ask for
// them or there are none.
func (f *file) minimizer() string {
	if f.c.Run.Mu == nil {
		return "[]"
	}
	w, err := f.c.Minimizer()
	if err != nil {
		return "[]"
	}
	return vector(w)
}

// run writes the theorems of a claim about T steps.
func (f *file) run() {
	r, _, _ := f.place()
	f.line("Definition the_constants : constants :=\n  %s.", f.constants())
	f.line("")
	f.line("Definition the_run : run :=\n  %s.", f.theRun("the_case"))
	f.line("")
	f.theorem("both_sides", fmt.Sprintf("let s := run_sides the_run the_constants %s %s in\n  fst s == %s /\\ snd "+
		"s == %s",
		r, f.name(), rational(f.c.LHS.Num), rational(f.c.RHS.Num)), "apply sides_are_sound")
	f.theorem("refuted", fmt.Sprintf("~ run_holds %s %s", f.name(), r),
		fmt.Sprintf("apply (accepted_refutes_run %s the_run the_constants %s %s)", f.name(), r, f.minimizer()))
}

func (f *file) equation(claim string) {
	right := matrix(f.c.RHS.Rows)
	f.theorem("left_side", fmt.Sprintf("same_matrix (fst (equation_sides %s the_case)) %s = true", claim,
		matrix(f.c.LHS.Rows)), "idtac")
	if f.partial {
		f.theorem("right_side", fmt.Sprintf("match snd (equation_sides %s the_case) with\n  "+
			"| Some m => same_matrix m %s = true\n  "+
			"| None => same_matrix (fst (equation_sides %s the_case)) %s = true\n  end", claim, right, claim, right), "idtac")
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
