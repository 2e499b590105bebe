package cert_test

import (
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
)

// TestReports: what is shown of a few certificates, whole, one of each kind.
func TestReports(t *testing.T) {
	many := committed(t)["thm2-past"]
	many.Delta[2] = cert.Law{{P: big.NewRat(1, 3), D: one(1)}, {P: big.NewRat(2, 3), D: one(2)}}
	many.Eps = map[int]cert.Law{2: nil}
	for k := range int64(5) {
		many.Eps[2] = append(many.Eps[2], cert.Outcome{P: big.NewRat(1, 5), D: []*big.Rat{big.NewRat(k-2, 64)}})
	}
	if err := many.Fill(); err != nil {
		t.Fatal(err)
	}
	steps := longRuns(big.NewRat(1, 3), 60, big.NewRat(1, 2))[0].c
	steps.Claim, steps.Form, steps.Text = "eq41", "derivation", "more terms than are shown"
	if err := steps.Fill(); err != nil {
		t.Fatal(err)
	}
	hopeless := committed(t)["lemma2-literal"]
	hopeless.Constants.L2 = big.NewRat(1, 1<<20)
	hopeless.Constants.C2 = big.NewRat(1, 1)
	if err := hopeless.Fill(); err != nil {
		t.Fatal(err)
	}
	alone := committed(t)["sa6-conjecture"] // where zeta is drawn at once, as for sa7
	alone.Claim, alone.Chain[1], alone.Text = "sa5", bilinear, "f_2 is curved in its weight"
	alone.W[1] = one(1)
	if err := alone.Fill(); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		"sa5-alone":     honestBytes(t, alone),
		"many-outcomes": honestBytes(t, many), "many-steps": honestBytes(t, steps),
		"small-L2": honestBytes(t, hopeless),
	}
	for _, name := range []string{"thm2-past", "thm4-past", "thm5-total", "eq41-derivation", "eq48sum", "spike",
		"eq6b", "lemma2-literal", "eq28b-total", "sa6-conjecture"} {
		files[name] = read(t, name)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		t.Run(name, func(t *testing.T) {
			r, err := cert.Check(files[name])
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "reports", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(r.String()), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.String(); got != string(want) {
				t.Errorf("the report is another one; -update writes it:\n%s", got)
			}
		})
	}
}

// TestArithmetic: the terms of a report add up to the sides, each is the product of its
// factors, each definition is used, and the words of the author come last and are
// marked.
func TestArithmetic(t *testing.T) {
	for name := range committed(t) {
		r, err := cert.Check(read(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, side := range []struct {
			terms []cert.Term
			want  cert.Value
		}{{r.Left, r.LHS}, {r.Right, r.RHS}} {
			if (len(side.terms) == 0) != (side.want.Rows != nil || r.Certificate.Series != nil) {
				t.Errorf("%s: %d terms for %v", name, len(side.terms), side.want)
				continue
			}
			sum := new(big.Rat)
			for _, term := range side.terms {
				product := big.NewRat(1, 1)
				for _, f := range term {
					product.Mul(product, f.Value)
				}
				if product.Cmp(term.Value()) != 0 {
					t.Errorf("%s: %s is %v, the product %v", name, term.Name(), term.Value(), product)
				}
				sum.Add(sum, product)
			}
			if len(side.terms) > 0 && sum.Cmp(side.want.Num) != 0 {
				t.Errorf("%s: the terms sum to %v, the side is %v", name, sum, side.want)
			}
		}
		text := r.String()
		before, after, found := strings.Cut(text,
			"\nwords     what the author of the certificate says; nobody has checked it\n")
		if !found || strings.Contains(before, "\ntext ") || !strings.Contains(after, r.Certificate.Text) {
			t.Errorf("%s: the words are not set apart:\n%s", name, text)
		}
		for _, d := range r.Definitions {
			if !strings.Contains(before, d.Name+" = "+d.Formula+" = ") {
				t.Errorf("%s: %s is not shown", name, d.Name)
			}
		}
	}
}

// TestHinges: from the value of a hinge on the claim holds, a little below it fails, and
// the constant bounds nothing but zeros.
func TestHinges(t *testing.T) {
	hinges := map[string]string{}
	for name, c := range committed(t) {
		r, err := cert.Check(read(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range r.Hinges() {
			hinges[name] += h.Constant
			if h.From == nil {
				t.Errorf("%s: no %s is enough", name, h.Constant)
				continue
			}
			for _, factor := range []struct {
				of      *big.Rat
				refuted bool
			}{{big.NewRat(1, 1), false}, {big.NewRat(2, 1), false}, {big.NewRat(1<<22-1, 1<<22), true}} {
				k := *c.Constants
				value := new(big.Rat).Mul(h.From, factor.of)
				*map[string]**big.Rat{"C": &k.C, "C2": &k.C2, "Lf": &k.Lf, "L1": &k.L1,
					"L2": &k.L2}[h.Constant] = roughly(value, !factor.refuted)
				changed := *c
				changed.Constants = &k
				if err := changed.Fill(); err != nil {
					t.Fatal(err)
				}
				_, err := changed.Marshal()
				if (err == nil) != factor.refuted {
					t.Errorf("%s: %s = %v times the hinge: %v, %v, error %v", name, h.Constant, factor.of,
						changed.LHS, changed.RHS, err)
				}
			}
		}
	}
	for _, name := range []string{"thm2-literal", "thm2-past", "thm2-total", "thm4-past", "thm5-past", "eq14b",
		"lemma2-past"} {
		if hinges[name] != "L2" {
			t.Errorf("%s hinges on %q, want L2", name, hinges[name])
		}
	}
	for _, name := range []string{"eq6a", "eq41-derivation", "eq48sum", "spike", "eq29-past", "eq20-derivation"} {
		if hinges[name] != "" {
			t.Errorf("%s hinges on %q, want nothing", name, hinges[name])
		}
	}
}

// roughly is x rounded up or down to 2^-30, so that a certificate may have it.
func roughly(x *big.Rat, up bool) *big.Rat {
	const bits = 30
	scaled := new(big.Rat).Mul(x, big.NewRat(1<<bits, 1))
	n := new(big.Int).Quo(scaled.Num(), scaled.Denom())
	if up && !scaled.IsInt() {
		n.Add(n, big.NewInt(1))
	}
	return new(big.Rat).SetFrac(n, big.NewInt(1<<bits))
}

// TestNoHinge: a free constant that would have to be enormous.
func TestNoHinge(t *testing.T) {
	c := committed(t)["lemma2-past"]
	c.Constants.L2 = new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 63))
	c.Delta[1][0].D = []*big.Rat{big.NewRat(-1, 4096)}
	if err := c.Fill(); err != nil {
		t.Fatal(err)
	}
	data, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	r, err := cert.Check(data)
	if err != nil {
		t.Fatal(err)
	}
	h := r.Hinges()
	if len(h) != 1 || h[0].Constant != "L2" || h[0].From != nil {
		t.Errorf("hinges %+v", h)
	}
	if !strings.Contains(r.String(), "L2 may grow to 2^64 times what it is, and the claim still fails") {
		t.Errorf("report\n%s", r)
	}
}
