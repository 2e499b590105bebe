package beyond

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"

	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
)

// conjectureCases are drawn by a judgement of a conjecture about saved activations.
const conjectureCases = 600

// JudgeSavedConjecture goes through small chains of one number with zeta of two values, in
// fractions, for the conjecture sa5, sa6 or sa7. The shortest chain that violates it comes as a
// certificate in the judgement; the ratio is the largest found.
func JudgeSavedConjecture(id string) func(seed uint64) claim.Judgement {
	return func(seed uint64) claim.Judgement { return judgeConjecture(seed, id) }
}

func judgeConjecture(seed uint64, id string) claim.Judgement {
	r := source(seed, 15)
	out := claim.Judgement{Verdict: claim.Holds}
	draw := drawConjecture
	if id == "sa7" {
		draw = drawEqual
	}
	var best *cert.Certificate
	var shortest []byte
	for range conjectureCases {
		c := draw(r, id)
		if err := c.Fill(); err != nil {
			out.Verdict, out.Note = claim.Undecided, err.Error()
			return out
		}
		out.Cases++
		out.Ratio = max(out.Ratio, quotient(c.LHS.Num, c.RHS.Num))
		if c.LHS.Num.Cmp(c.RHS.Num) <= 0 {
			continue
		}
		c.Text = shows[id]
		file, err := c.Marshal()
		if err != nil {
			out.Verdict, out.Note = claim.Undecided, err.Error()
			return out
		}
		if best == nil || len(c.Chain) < len(best.Chain) || len(c.Chain) == len(best.Chain) && shorter(file, shortest) {
			best, shortest = c, file
		}
	}
	if best == nil {
		out.Note = "chains of 2 to 5 operators of one number, all outcomes"
		return out
	}
	out.Verdict, out.Certificate = claim.Refuted, best
	out.Note = fmt.Sprintf("%s > %s, on a chain of %d operators", best.LHS, best.RHS, len(best.Chain))
	return out
}

// shows says of a certificate what it shows.
var shows = map[string]string{
	"sa5": "A Jacobian that is no affine function of the input, taken at a state that is wrong by +-s with equal " +
		"chances, is wrong on average.",
	"sa6": "Both Jacobians are affine in the input, but the errors of the two saved states are the same one: the " +
		"product of two Jacobians has their covariance in its mean.",
	"sa7": "Errors of saved states that are drawn together add up like numbers, not like independent ones: the " +
		"square of the sum, not the sum of the squares.",
}

// shorter orders files by their length, then by their bytes.
func shorter(a, b []byte) bool {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(string(a), string(b))) < 0
}

// quotient is left/right, +Inf over 0 and 0 for 0/0.
func quotient(left, right *big.Rat) float64 {
	switch {
	case left.Sign() == 0:
		return 0
	case right.Sign() == 0:
		return math.Inf(1)
	}
	q, _ := new(big.Rat).Quo(left, right).Float64()
	return q
}

// drawConjecture draws a chain with zeta; where the claim draws them together it has no
// operator whose J2 is curved.
func drawConjecture(r *rand.Rand, id string) *cert.Certificate {
	c := &cert.Certificate{Claim: id, Form: string(claim.Conjecture), Zeta: map[int]cert.Law{}}
	numbers := []*big.Rat{big.NewRat(0, 1), big.NewRat(1, 1), big.NewRat(-1, 1), big.NewRat(1, 2)}
	number := func() *big.Rat { return pick(r, numbers...) }
	c.X = []*big.Rat{number()}
	kinds := []string{"linear", "affine", "bias", "scale", "square", "halfsq"}
	if id == "sa5" {
		kinds = append(kinds, "bilinear")
	}
	n := 2 + r.IntN(4)
	for i := 1; i <= n; i++ {
		op := cert.Op{Op: pick(r, kinds...), N: 1}
		weights := 1
		switch op.Op {
		case "linear":
			op.N, op.In, op.Out = 0, 1, 1
		case "affine":
			op.N, op.In, op.Out, weights = 0, 1, 1, 2
		case "square", "halfsq":
			weights = 0
		}
		w := []*big.Rat{}
		for range weights {
			w = append(w, number())
		}
		c.Chain, c.W = append(c.Chain, op), append(c.W, w)
		if s := pick(r, big.NewRat(0, 1), big.NewRat(1, 1), big.NewRat(-1, 1), big.NewRat(1, 2)); s.Sign() != 0 {
			c.Zeta[i] = cert.Law{
				{P: big.NewRat(1, 2), D: []*big.Rat{s}}, {P: big.NewRat(1, 2), D: []*big.Rat{new(big.Rat).Neg(s)}},
			}
		}
	}
	return c
}

// drawEqual draws scale followed by equal layers, mostly read with the same zeta; with one layer scale is
// read with it too.
func drawEqual(r *rand.Rand, id string) *cert.Certificate {
	n := 2 + r.IntN(5)
	x, w := pick(r, 1, -1, 0.5, 2), pick(r, 1, -1, 0.5, 2)
	s := math.Ldexp(1, -r.IntN(8))
	c := equalLayers(n, x, w, s, pick(r, "square", "halfsq"))
	if n == 2 { // one layer has nothing to be drawn with but scale
		c.Zeta[1] = slices.Clone(c.Zeta[2])
		if read := new(big.Rat).SetFloat64(math.Abs(x) + s); read.Cmp(c.Constants.C) > 0 {
			c.Constants.C, c.Constants.Lf = read, read
		}
	}
	for i := 2; i <= n; i++ {
		if r.IntN(8) == 0 {
			slices.Reverse(c.Zeta[i])
		}
	}
	c.Claim = id
	return c
}

// equalLayers is scale(w) followed by n-1 operators y^2 or y^2/2, by kind, each read with zeta = +-s
// of one draw, at the input x, with the least constants on the hull of what is visited or read;
// numbers are dyadic, so that float64 is exact.
func equalLayers(n int, x, w, s float64, kind string) *cert.Certificate {
	rat := func(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }
	curved := map[string]float64{"square": 2, "halfsq": 1}[kind]
	c := &cert.Certificate{
		Claim: "sa7", Form: string(claim.Conjecture), Zeta: map[int]cert.Law{}, X: []*big.Rat{rat(x)},
		Chain: []cert.Op{{Op: "scale", N: 1}}, W: [][]*big.Rat{{rat(w)}},
	}
	most, y := max(math.Abs(x), math.Abs(w)), w*x
	for i := 2; i <= n; i++ {
		c.Chain, c.W = append(c.Chain, cert.Op{Op: kind, N: 1}), append(c.W, []*big.Rat{})
		c.Zeta[i] = cert.Law{
			{P: big.NewRat(1, 2), D: []*big.Rat{rat(s)}}, {P: big.NewRat(1, 2), D: []*big.Rat{rat(-s)}},
		}
		most = max(most, curved*(math.Abs(y)+s))
		y = curved / 2 * y * y
	}
	why := map[string]string{
		"C":  fmt.Sprintf("of scale the weight and the input, of %s %g times what is read", kind, curved),
		"C2": "second derivatives are 1, or that of the square",
		"Lf": "at most C",
		"L1": "derivatives of scale are 1 apart for each 1, those of the square as its second derivative says",
		"L2": "second derivatives are constant, so that any number > 0 is a constant",
	}
	c.Constants = &cert.Constants{C: rat(most), C2: rat(curved), Lf: rat(most), L1: rat(curved), L2: rat(1), Why: why}
	return c
}
