package cert_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"

	"github.com/cascade-sgd/cascade/props/cert"
)

func float(x *big.Rat) float64 { f, _ := x.Float64(); return f }

func floats(v []*big.Rat) []float64 {
	f := make([]float64, len(v))
	for k, x := range v {
		f[k] = float(x)
	}
	return f
}

// small draws a small rational.
func small(r *rand.Rand) *big.Rat { return big.NewRat(int64(r.IntN(9))-4, 1<<r.IntN(3)) }

func smalls(r *rand.Rand, n int) []*big.Rat {
	v := make([]*big.Rat, n)
	for k := range v {
		v[k] = small(r)
	}
	return v
}

// randomConjecture is a chain with laws of zeta and eps that mostly have the mean 0.
func randomConjecture(r *rand.Rand) *cert.Certificate {
	n := 2 + r.IntN(2)
	ops := []string{"linear", "affine", "bias", "scale", "square", "halfsq", "fixed"}
	id := []string{"sa5", "sa6", "sa7"}[r.IntN(3)]
	if id == "sa5" {
		ops = append(ops, "bilinear")
	}
	c := randomCertificate(r, n, ops)
	widths := []int{len(c.X)} // of what an operator reads
	for k, o := range c.Chain[:n-1] {
		width := widths[k]
		switch o.Op {
		case "linear", "affine":
			width = o.Out
		case "fixed":
			width = len(o.A)
		case "halfsq", "bilinear":
			width = 1
		}
		widths = append(widths, width)
	}
	law := func(p *big.Rat, width int) cert.Law {
		d := smalls(r, width)
		if !slices.ContainsFunc(d, func(x *big.Rat) bool { return x.Sign() != 0 }) {
			d[0] = big.NewRat(1, 2)
		}
		// p d + (1-p) e = 0
		rest := new(big.Rat).Sub(big.NewRat(1, 1), p)
		var e []*big.Rat
		for _, x := range d {
			e = append(e, new(big.Rat).Neg(new(big.Rat).Quo(new(big.Rat).Mul(p, x), rest)))
		}
		return cert.Law{{P: p, D: d}, {P: rest, D: e}}
	}
	c.Claim, c.Form, c.Delta, c.Eps, c.Zeta = id, "conjecture", nil, map[int]cert.Law{}, map[int]cert.Law{}
	p := big.NewRat(1, int64(2+r.IntN(2)))
	for i, width := range widths {
		if r.IntN(4) > 0 {
			c.Zeta[i+1] = law(p, width)
		}
		if i > 0 && r.IntN(3) == 0 {
			c.Eps[i+1] = law(big.NewRat(1, 2), width)
		}
	}
	if id == "sa7" {
		size := big.NewRat(1<<r.IntN(12), 1)
		c.Constants = &cert.Constants{C: size, C2: size, Lf: size, L1: size, L2: size, Why: reasons()}
	}
	return c
}

// randomCertificate draws everything but claim, constants and sides.
func randomCertificate(r *rand.Rand, n int, ops []string) *cert.Certificate {
	c := &cert.Certificate{Delta: map[int]cert.Law{}, Eps: map[int]cert.Law{}}
	width := 1 + r.IntN(2)
	c.X = smalls(r, width)
	for i := 1; i <= n; i++ {
		op := ops[r.IntN(len(ops))]
		if i == n {
			op = []string{"halfsq", "linear", "affine", "fixed"}[r.IntN(4)]
			if len(ops) == 1 {
				op = ops[0]
			}
		}
		o := cert.Op{Op: op}
		in, nw := width, 0
		switch op {
		case "linear", "affine":
			o.In, o.Out = in, 1+r.IntN(3)
			if i == n {
				o.Out = 1
			}
			if nw = o.In * o.Out; op == "affine" {
				nw += o.Out
			}
			width = o.Out
		case "fixed":
			rows := 1 + r.IntN(2)
			if i == n {
				rows = 1
			}
			for range rows {
				o.A = append(o.A, smalls(r, in))
			}
			width = rows
		case "halfsq", "bilinear":
			o.N = in
			if width = 1; op == "bilinear" {
				nw = in
			}
		default:
			if o.N = in; op != "square" {
				nw = in
			}
		}
		c.Chain = append(c.Chain, o)
		c.W = append(c.W, smalls(r, nw))
		c.Delta[i] = randomLaw(r, width)
		if i > 1 {
			c.Eps[i] = randomLaw(r, in)
		}
	}
	return c
}

// randomLaw draws up to 2 outcomes, zero-mean ones half the time, and no law
// (nil: zero) half the time.
func randomLaw(r *rand.Rand, width int) cert.Law {
	switch r.IntN(6) {
	case 0:
		return cert.Law{{P: big.NewRat(1, 1), D: smalls(r, width)}}
	case 1:
		a, b := smalls(r, width), smalls(r, width)
		if fmt.Sprint(a) == fmt.Sprint(b) {
			return nil
		}
		return cert.Law{{P: big.NewRat(1, 4), D: a}, {P: big.NewRat(3, 4), D: b}}
	case 2:
		a := smalls(r, width)
		a[0].Set(big.NewRat(1, 2))
		b := make([]*big.Rat, width)
		for k := range b {
			b[k] = new(big.Rat).Neg(a[k])
		}
		return cert.Law{{P: big.NewRat(1, 2), D: a}, {P: big.NewRat(1, 2), D: b}}
	}
	return nil
}

func unit() *cert.Constants {
	one := big.NewRat(1, 1)
	return &cert.Constants{C: one, C2: one, Lf: one, L1: one, L2: one, Why: reasons()}
}

// reasons has one for each constant.
func reasons() map[string]string {
	why := map[string]string{}
	for _, name := range []string{"C", "C2", "Lf", "L1", "L2"} {
		why[name] = "of this test"
	}
	return why
}

var allOps = []string{"affine", "linear", "fixed", "bias", "scale", "square", "halfsq", "bilinear"}

// scalarClaims are the claims of this package that bound, with their index
// range: 0 none, 1 i < N, 2 i <= N.
var scalarClaims = []struct {
	id     string
	form   string
	biased bool
	index  int
}{
	{"lemma1", "printed", false, 2},
	{"eq12", "printed", false, 2},
	{"eq14a", "printed", false, 0},
	{"eq14b", "printed", false, 0},
	{"eq15", "printed", false, 1},
	{"eq16", "printed", false, 0},
	{"eq17a", "printed", false, 1},
	{"eq17b", "printed", false, 1},
	{"eq18a", "printed", false, 2},
	{"eq18b", "printed", false, 2},
	{"eq19", "printed", false, 0},
	{"eq20", "printed", false, 0},
	{"eq20", "derivation", false, 0},
	{"thm1", "printed", false, 0},
	{"spike", "printed", false, 0},
	{"lemma2", "printed", true, 2},
	{"eq24", "printed", true, 0},
	{"eq26", "printed", true, 1},
	{"eq28a", "printed", true, 1},
	{"eq28b", "printed", true, 1},
	{"eq29", "printed", true, 2},
	{"eq27", "printed", true, 0},
	{"eq28m", "printed", true, 1},
	{"eq28n", "printed", true, 1},
	{"eq28c", "printed", true, 1},
	{"eq29m", "printed", true, 2},
	{"eq29n", "printed", true, 2},
	{"eq29b", "printed", true, 2},
	{"eq31", "printed", true, 0},
	{"disp33", "printed", true, 0},
	{"eq30a", "printed", false, 2},
	{"eq30b", "printed", false, 2},
	{"eq32", "printed", true, 0},
	{"thm2", "printed", true, 0},
}

// everyStatement calls f with c set to each claim, reading and a random index.
func everyStatement(r *rand.Rand, c *cert.Certificate, f func()) {
	for _, s := range scalarClaims {
		readings := []string{""}
		if s.biased {
			readings = []string{"literal", "past", "total"}
		}
		for _, reading := range readings {
			c.Claim, c.Form, c.Reading, c.I, c.Given = s.id, s.form, reading, 0, nil
			if s.index > 0 {
				c.I = 1 + r.IntN(len(c.Chain)+s.index-2)
			}
			if s.id == "lemma2" {
				given(r, c)
			}
			f()
		}
	}
}

// given draws an event of lemma2 at an i >= 2 whose operator has weights.
func given(r *rand.Rand, c *cert.Certificate) {
	c.I = 2 + r.IntN(len(c.Chain)-1)
	known := map[string]int{"literal": c.I - 1, "past": c.I - 2}[c.Reading]
	for s := 1; s <= known; s++ {
		c.Given = append(c.Given, r.IntN(max(1, len(c.Delta[s]))))
	}
}

func one(n int64) []*big.Rat { return []*big.Rat{big.NewRat(n, 1)} }
