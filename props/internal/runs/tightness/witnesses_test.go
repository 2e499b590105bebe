package tightness

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/search/climb"
	"github.com/cascade-sgd/cascade/props/pages"
)

var update = flag.Bool("update", false, "climb for better witnesses and write those that are: minutes")

// aim is a bound to look for a witness of, at N, C and Lf; C = 0 is whatever comes.
type aim struct {
	name  string // of the claim
	n     int
	c, lf float64
}

func aims() (all []aim) {
	for n := 2; n <= 6; n++ {
		for _, c := range []float64{0.5, 1, 2} {
			all = append(all, aim{"thm1/printed", n, c, c})
		}
	}
	all = append(all, aim{"thm1/printed", 3, 1, 0.5})
	for _, name := range []string{"eq12/printed", "eq14a/printed", "eq15/printed", "eq17a/printed", "eq18a/printed",
		"eq30a/printed", "eq24/printed/past", "eq26/printed/past", "eq29/printed/total"} {
		all = append(all, aim{name, 3, 0, 0})
	}
	return all
}

// file is the name of the witness.
func (a aim) file() string {
	name := strings.ReplaceAll(strings.ReplaceAll(a.name, "/printed", ""), "/", "-")
	if a.c == 0 {
		return fmt.Sprintf("%s-n%d.json", name, a.n)
	}
	decimal := func(x float64) string { return strings.ReplaceAll(fmt.Sprint(x), ".", "p") }
	return fmt.Sprintf("%s-n%d-c%s-lf%s.json", name, a.n, decimal(a.c), decimal(a.lf))
}

// with is the view with the constants of the aim; over is by how much those of the case are
// larger.
func (a aim) with(v *claim.View) (*claim.View, float64) {
	if a.c == 0 {
		return v, 0
	}
	w := *v
	over := max(v.K.C*(1-0x1p-24)-a.c, v.K.Lf*(1-0x1p-24)-a.lf, 0)
	w.K.C, w.K.Lf = max(v.K.C, a.c), max(v.K.Lf, a.lf)
	return &w, over
}

func (a aim) score(cl *claim.Claim) climb.Score {
	return func(c *gen.Case) float64 {
		for _, s := range c.Chain {
			if !s.Polynomial() {
				return math.Inf(-1)
			}
		}
		if len(c.Chain) != a.n {
			return math.Inf(-1)
		}
		lo, hi, why := measure.Case(claim.Step, c)
		if why != claim.Valid {
			return math.Inf(-1)
		}
		l, over := a.with(lo)
		h, _ := a.with(hi)
		r := cl.Check(l, h)
		if r.Reason != claim.Valid {
			return math.Inf(-1)
		}
		return math.Log(r.Ratio) - 20*over
	}
}

// starts are chains that errors pass without loss, and drawn ones.
func (a aim) starts() (list []*gen.Case) {
	c := a.c
	if c == 0 {
		c = 1
	}
	for _, inner := range []string{"bias", "linear", "scale", "fixed"} {
		for _, last := range []string{"halfsq", "linear", "bilinear"} {
			k := &gen.Case{X: []float64{c}}
			for i := range a.n {
				s, w := core.Spec{Op: inner, N: 1}, []float64{0}
				switch inner {
				case "linear":
					s, w = core.Spec{Op: "linear", In: 1, Out: 1}, []float64{c}
				case "scale":
					w = []float64{c}
				case "fixed":
					s, w = core.Spec{Op: "fixed", A: [][]float64{{c}}}, nil
					if i%2 == 0 {
						s, w = core.Spec{Op: "bias", N: 1}, []float64{0}
					}
				}
				if i == a.n-1 {
					switch last {
					case "halfsq":
						s, w = core.Spec{Op: "halfsq", N: 1}, nil
					case "linear":
						s, w = core.Spec{Op: "linear", In: 1, Out: 1}, []float64{c}
					case "bilinear":
						s, w = core.Spec{Op: "bilinear", N: 1}, []float64{0.5}
					}
				}
				k.Chain, k.W = append(k.Chain, s), append(k.W, w)
				delta, eps := perturb.Spec{Law: "constant", D: []float64{0.1}}, perturb.Spec{Law: "constant", D: []float64{0.2}}
				if i == a.n-1 {
					delta = perturb.Spec{Law: "zero"}
				}
				if i == 0 {
					eps = perturb.Spec{Law: "zero"}
				}
				k.Delta, k.Eps = append(k.Delta, delta), append(k.Eps, eps)
			}
			list = append(list, k)
		}
	}
	return list
}

// climbed is the best witness found.
func (a aim) climbed(t *testing.T) *cert.Certificate {
	cl := named(t, a.name)
	score := a.score(cl)
	type found struct {
		c *gen.Case
		s float64
	}
	var all []found
	for k, start := range a.starts() {
		c, s := climb.Climb(start, score, climb.Options{Seed: uint64(k), Evaluations: 4000})
		all = append(all, found{c, s})
	}
	slices.SortFunc(all, func(x, y found) int {
		switch {
		case x.s > y.s:
			return -1
		case x.s < y.s:
			return 1
		}
		return 0
	})
	c, _ := climb.Climb(all[0].c, score, climb.Options{Seed: 99, Evaluations: 20000})
	var best *cert.Certificate
	most := new(big.Rat)
	for _, from := range []*gen.Case{c, all[0].c, all[1].c} {
		for bits := 3; bits <= 16; bits++ {
			made, err := a.witness(cl, rounded(from, bits))
			if err != nil {
				continue
			}
			if r := new(big.Rat).Quo(made.LHS.Num, made.RHS.Num); r.Cmp(most) > 0 {
				best, most = made, r
			}
		}
	}
	return best
}

// rounded has the numbers of a case as multiples of 2^-bits.
func rounded(c *gen.Case, bits int) *gen.Case {
	r := c.Clone()
	scale := math.Ldexp(1, bits)
	each := func(v []float64) {
		for k := range v {
			v[k] = math.Round(v[k]*scale) / scale
		}
	}
	each(r.X)
	for _, w := range r.W {
		each(w)
	}
	for _, s := range r.Chain {
		for _, row := range s.A {
			each(row)
		}
	}
	for _, laws := range [][]perturb.Spec{r.Delta, r.Eps} {
		for k := range laws {
			each(laws[k].D)
			each(laws[k].A)
			each(laws[k].B)
			p := []float64{laws[k].P}
			each(p)
			laws[k].P = p[0]
		}
	}
	return r
}

// witness is the case with the constants of the aim and the others rounded up.
func (a aim) witness(cl *claim.Claim, c *gen.Case) (*cert.Certificate, error) {
	w, err := search.Rational(cl, c)
	if err != nil {
		return nil, err
	}
	if _, err := c.Build(); err != nil {
		return nil, err
	}
	lo, _, why := measure.Case(claim.Step, c)
	if why != claim.Valid {
		return nil, fmt.Errorf("the case says nothing: %v", why)
	}
	if cl.Span != nil {
		w.I = cl.Check(lo, lo).I
	}
	up := func(x, least float64) *big.Rat {
		const unit = 0x1p-16
		return new(big.Rat).SetFloat64(max(math.Ceil(x*(1-0x1p-25)/unit)*unit, least, unit))
	}
	words := "by the enclosure on the boxes of the visited states"
	w.Constants = &cert.Constants{
		C: up(lo.K.C, a.c), C2: up(lo.K.C2, 0), Lf: up(lo.K.Lf, a.lf), L1: up(lo.K.L1, 0), L2: up(lo.K.L2, 0),
		Why: map[string]string{"C": words, "C2": words, "Lf": words, "L1": words, "L2": words},
	}
	if a.c != 0 && (w.Constants.C.Cmp(up(0, a.c)) > 0 || w.Constants.Lf.Cmp(up(0, a.lf)) > 0) {
		return nil, fmt.Errorf("C = %v, Lf = %v", lo.K.C, lo.K.Lf)
	}
	w.Text = "Found by climbs and rounded."
	if err := w.Fill(); err != nil {
		return nil, err
	}
	_, err = w.MarshalWitness()
	return w, err
}

func named(t *testing.T, name string) *claim.Claim {
	t.Helper()
	all := props.Claims()
	k := slices.IndexFunc(all, func(c claim.Claim) bool { return c.Name() == name })
	if k < 0 {
		t.Fatalf("no claim %s", name)
	}
	return &all[k]
}

// TestWitnesses: each aim has a witness on record, which is of its bound.
func TestWitnesses(t *testing.T) {
	folder := filepath.Join("../../../..", Folder)
	for _, a := range aims() {
		t.Run(strings.TrimSuffix(a.file(), ".json"), func(t *testing.T) {
			path := filepath.Join(folder, a.file())
			data, err := os.ReadFile(path)
			if *update {
				best := a.climbed(t)
				if best == nil {
					t.Fatal("no witness")
				}
				made, ratio := marshal(t, best)
				if err != nil || ratio.Cmp(ratioOf(t, data)) > 0 {
					f, _ := ratio.Float64()
					t.Logf("%.8g", f)
					data, err = made, os.WriteFile(path, made, 0o644)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			w, err := cert.CheckWitness(data)
			if err != nil {
				t.Fatal(err)
			}
			c := w.Report.Certificate
			if len(c.Chain) != a.n || a.c != 0 && (above(c.Constants.C) != a.c || above(c.Constants.Lf) != a.lf) ||
				!strings.HasPrefix(a.name, c.Claim+"/") {
				t.Errorf("it is a witness of %s", w.Name())
			}
		})
	}
}

// TestConstants: the page is that on record, with a row for each witness; no lower end is above
// its upper one, and where it were the page would not be written.
func TestConstants(t *testing.T) {
	d, err := Constants()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := d.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	record, err := pages.FS.ReadFile("CONSTANTS.md")
	if err != nil || !bytes.Equal(record, b.Bytes()) {
		t.Errorf("CONSTANTS.md is not this page, which %s writes: %v", d.Command, err)
	}
	files, all, err := onRecord()
	if err != nil || len(files) != len(aims()) {
		t.Errorf("%d witnesses for %d aims, %v", len(files), len(aims()), err)
	}
	w := *all[files[0]]
	w.Ratio = big.NewRat(2, 1)
	if _, err := addRow(registry(), "x", &w); err == nil {
		t.Error("a lower end of 2 is on the page")
	}
	if known, err := Known(&w); err != nil || known != all[files[0]] && known.Ratio.Cmp(all[files[0]].Ratio) != 0 {
		t.Errorf("known: %v, %v", known, err)
	}
}

// TestUpper: (24) and (26) at random sizes of their three terms, PROOFS.md (3.34): the upper
// ends are not passed, and are met.
func TestUpper(t *testing.T) {
	most24, most26 := 0.0, 0.0
	r := rand.New(rand.NewPCG(1, 1))
	for range 20000 {
		a, p, q := r.Float64(), r.Float64(), r.Float64()
		most24 = max(most24, (p+q)*(p+q)/(4*p*p+8*q*q))
		most26 = max(most26, (a+p+q)*(a+p+q)/(2*a*a+4*p*p+8*q*q))
	}
	if !(most24 <= 0.375 && most24 > 0.374 && most26 <= 0.875 && most26 > 0.87) {
		t.Errorf("(24) %v, (26) %v", most24, most26)
	}
}

func marshal(t *testing.T, c *cert.Certificate) ([]byte, *big.Rat) {
	t.Helper()
	data, err := c.MarshalWitness()
	if err != nil {
		t.Fatal(err)
	}
	return data, ratioOf(t, data)
}

func ratioOf(t *testing.T, data []byte) *big.Rat {
	t.Helper()
	w, err := cert.CheckWitness(data)
	if err != nil {
		t.Fatal(err)
	}
	return w.Ratio
}
