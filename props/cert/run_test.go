package cert_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
)

// runRefusals are runs that break a hypothesis, or state what does not hold, and the same
// for series; "": accepted.
var runRefusals = []refusalRow{
	{"", "thm4-past", `"gamma":"1/256"`, `"gamma":"1/2"`, "run.gamma: is 1/2, want 0 < gamma <= 1/(3L)"},
	{"", "thm4-past", `"gamma":"1/256"`, `"gamma":"0"`, "run.gamma: is 0"},
	{"", "thm4-past", `"gamma":"1/256"`, `"gamma":"-1/256"`, "run.gamma: is -1/256"},
	{"", "thm4-past", `"L":"1"`, `"L":"1/2"`, "run.L: is 1/2, not a Lipschitz constant"},
	{"", "thm4-past", `"L":"1"`, `"L":"0"`, "run.L: is 0"},
	{"", "thm4-past", `"lstar":"0"`, `"lstar":"1/100"`, "run.lstar: is 1/100, l goes below it"},
	{"", "thm4-past", `"steps":2048`, `"steps":0`, "run.steps: is 0"},
	{"", "thm4-past", `"steps":2048`, `"steps":999999999`, "run.steps: is 999999999"},
	{"", "thm4-past", `"steps":2048`, `"steps":20`, "rhs: stated as"},
	{"", "thm4-past", `"run": {`, `"run": {"mu":"1",`, "run.mu: thm4 is not under A4"},
	{"", "thm4-past", `"p":"1"`, `"p":"1/2"`, "sum to 1/2"},
	{"", "thm4-past", `[{"p":"1","d":["1"]}]`, `[{"p":"1/2","d":["1"]},{"p":"1/2","d":["2"]}]`,
		"2 outcomes, a run has one"},
	{"", "thm4-past", `"claim": "thm4"`, `"claim": "thm2"`, "eq: is"},
	{"", "thm5-past", `"mu":"1"`, `"mu":"2"`, "run.mu: is 2, not shown to be a PL constant"},
	{"", "thm5-past", `"mu":"1"`, `"mu":"0"`, "run.mu: is 0"},
	{"", "thm5-past", `,"mu":"1"`, ``, "run.mu: missing"},
	{"", "eq48sum", `"total":2`, `"total":1`, "series.terms: is 1, want 0"},
	{"", "eq48sum", `"total":2`, `"total":9`, "series.total: is 9, want 1..8"},
	{"", "eq48sum", `"total":2`, `"total":3`, ""},
	{"", "eq48sum", `"terms":1`, `"terms":-1`, "series.terms: is -1, want 0..1"},
	{"", "eq48sum", `"terms":1`, `"terms":0`, "lhs: stated as 4, computed as 1"},
	{"", "eq48sum", `"from":4`, `"from":3`, "series.from: is 3, n ln T/T may be 21/40 there, want at most 1/2"},
	{"", "eq48sum", `"from":4`, `"from":0`, "series.from: is 0, want 1..64"},
	{"", "eq48sum", `"from":4`, `"from":65`, "series.from: is 65, want 1..64"},
	{"", "eq48sum", `"from":4`, `"from":64`, ""},
	{"", "eq48sum", `"ln2":"7/10"`, `"ln2":"69/100"`, "series.ln2: is 69/100, ln 2 is about 0.693147"},
	{"", "eq48sum", `"ln2":"7/10"`, `"ln2":"693147180559945309/1000000000000000000"`, "series.ln2: is"},
	{"", "eq48sum", `"ln2":"7/10"`, `"ln2":"69314718055994531/100000000000000000"`, ""},
	{"", "eq48sum", `"ln2":"7/10"`, `"ln2":"-7/10"`, "series.ln2: is -7/10"},
	{"", "eq48sum", `"rhs": "1"`, `"rhs": "2"`, "rhs: stated as"},
	{"", "eq48sum", `"text"`, `"chain": [], "text"`, "chain: eq48sum is about a series"},
	{"", "eq48sum", `"text"`, `"n": 2, "text"`, "n: eq48sum is about a series"},
	{"", "eq48sum", `"series"`, `"Series"`, `Series: line 6, column 3: key in other case, want "series"`},
	{"", "thm5-past", `"run"`, `"series":{},"run"`, "series: thm5 is not about a series"},
}

func TestRunRefusals(t *testing.T) {
	for _, c := range runRefusals {
		_, err := cert.Check([]byte(c.changed(t)))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s for %s: error %v, want %q in it", c.new, c.old, err, c.want)
		}
	}
}

// TestRunDegree: l has to be quadratic in the weights; square after a weight is
// quartic.
func TestRunDegree(t *testing.T) {
	one := func(n int64) []*big.Rat { return []*big.Rat{big.NewRat(n, 1)} }
	c := &cert.Certificate{
		Claim: "thm4", Reading: "past", Chain: []cert.Op{{Op: "bias", N: 1}, {Op: "square", N: 1},
			{Op: "halfsq", N: 1}},
		X: one(0), W: [][]*big.Rat{one(1), {}, {}}, Delta: map[int]cert.Law{1: {{P: big.NewRat(1, 1), D: one(1)}}},
		Constants: unit(),
		Run:       &cert.Run{Gamma: big.NewRat(1, 100), Steps: 3, L: big.NewRat(1, 1), LStar: big.NewRat(0, 1)},
	}
	if err := c.Fill(); err == nil || !strings.Contains(err.Error(), "F is of degree 4 in the weights") {
		t.Errorf("error %v", err)
	}
	// A state of degree 5 is refused where it arises, one of degree 4 is not.
	c.Chain = []cert.Op{{Op: "bias", N: 1}, {Op: "square", N: 1}, {Op: "square", N: 1}, {Op: "scale", N: 1},
		{Op: "halfsq", N: 1}}
	c.W = [][]*big.Rat{one(1), {}, {}, one(1), {}}
	if err := c.Fill(); err == nil || !strings.Contains(err.Error(), "state 4 is of degree 5 in the weights, at most 4") {
		t.Errorf("error %v", err)
	}
}

// longRun is a run whose errors and weights are known in closed form, as it is on one
// weight: F = w^2/2, the exact gradient is w and the perturbed one slope w + shift.
type longRun struct {
	name         string
	slope, shift *big.Rat
	c            *cert.Certificate
}

func longRuns(gamma *big.Rat, steps int, start *big.Rat) []longRun {
	rat := func(n int64) *big.Rat { return big.NewRat(n, 1) }
	law := func(d int64) cert.Law { return cert.Law{{P: rat(1), D: one(d)}} }
	made := func(chain []cert.Op, x int64, w [][]*big.Rat, delta, eps map[int]cert.Law) *cert.Certificate {
		return &cert.Certificate{
			Chain: chain, X: one(x), W: w, Delta: delta, Eps: eps,
			Run: &cert.Run{Gamma: gamma, Steps: steps, L: rat(1), LStar: rat(0), Mu: rat(1)},
		}
	}
	shifted := []cert.Op{{Op: "bias", N: 1}, {Op: "halfsq", N: 1}}
	scaled := []cert.Op{{Op: "fixed", A: [][]*big.Rat{one(1)}}, {Op: "scale", N: 1}, {Op: "halfsq", N: 1}}
	return []longRun{
		{"delta shifts", rat(1), rat(3), made(shifted, 0, [][]*big.Rat{{start}, {}}, map[int]cert.Law{1: law(3)}, nil)},
		{"eps shifts", rat(1), rat(-2), made(shifted, 0, [][]*big.Rat{{start}, {}}, nil, map[int]cert.Law{2: law(-2)})},
		{"delta scales, eps shifts", rat(4), rat(2),
			made(scaled, 1, [][]*big.Rat{{}, {start}, {}}, map[int]cert.Law{1: law(1)}, map[int]cert.Law{3: law(1)})},
	}
}

// TestLongRuns adds up (37), (38), (40) and (41) step by step, without powers of q and
// without fixed points, and compares the sides of certificates: of runs that move, that
// stand still, and that come to a stand.
func TestLongRuns(t *testing.T) {
	still := map[string]int{}
	for _, gamma := range []*big.Rat{big.NewRat(1, 4), big.NewRat(1, 5), big.NewRat(1, 3)} {
		for _, steps := range []int{1, 2, 3, 5, 9} {
			for _, start := range []*big.Rat{big.NewRat(0, 1), big.NewRat(-3, 1), big.NewRat(2, 1), big.NewRat(-1, 2)} {
				for _, run := range longRuns(gamma, steps, start) {
					compareRun(t, run, still)
				}
			}
		}
	}
	for _, run := range longRuns(one(1)[0], 1, one(1)[0]) {
		if still[run.name] == 0 {
			t.Errorf("%s: no run stands still for two steps or more", run.name)
		}
	}
}

func compareRun(t *testing.T, run longRun, still map[string]int) {
	t.Helper()
	plus := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Add(a, b) }
	minus := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }
	times := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }
	half := big.NewRat(1, 2)

	r := run.c.Run
	q := minus(big.NewRat(1, 1), times(times(r.Mu, r.Gamma), big.NewRat(1, 3)))
	w := run.c.W[0]
	if len(w) == 0 {
		w = run.c.W[1]
	}
	at := w[0]
	start := times(half, times(at, at)) // q^t D0
	d0 := start
	printed, unrolled, grad2 := new(big.Rat), new(big.Rat), new(big.Rat)
	weights := new(big.Rat) // sum_{t<T} q^{T-t}
	stood := 0
	for range r.Steps {
		u := plus(times(run.slope, at), run.shift)
		e := minus(u, at)
		printed = times(q, plus(printed, times(e, e)))
		unrolled = plus(times(q, unrolled), times(e, e))
		weights = times(q, plus(weights, big.NewRat(1, 1)))
		grad2 = plus(grad2, times(at, at))
		start = times(q, start)
		if u.Sign() == 0 {
			stood++
		}
		at = minus(at, times(r.Gamma, u))
	}
	if stood > 1 {
		still[run.name]++
	}
	gap := times(half, times(at, at))
	factor := plus(times(r.L, times(r.Gamma, r.Gamma)), times(half, r.Gamma))
	check := func(claim, form string, left, right *big.Rat) {
		t.Helper()
		c := *run.c
		c.Claim, c.Form = claim, form
		if err := c.Fill(); err != nil {
			t.Fatalf("%s, %s: %v", run.name, claim, err)
		}
		if c.LHS.Num.Cmp(left) != 0 || c.RHS.Num.Cmp(right) != 0 {
			t.Errorf("%s, %s, %s, g = %v, T = %d from %v: sides %v, %v, step by step %v, %v",
				run.name, claim, form, r.Gamma, r.Steps, w[0], c.LHS, c.RHS, left, right)
		}
	}
	right := plus(start, times(factor, printed))
	check("eq41", "printed", gap, right)
	check("eq41", "derivation", plus(start, times(factor, unrolled)), right)

	// (37) and (38) have the right sides of (13) and (23) of the same step.
	c := *run.c
	c.Constants = &cert.Constants{C: one(40)[0], C2: one(1)[0], Lf: one(40)[0], L1: one(40)[0], L2: one(1)[0],
		Why: reasons()}
	c.Run = nil
	var sides []*big.Rat
	for _, claim := range []struct{ id, reading string }{{"thm1", ""}, {"thm2", "past"}} {
		c.Claim, c.Reading = claim.id, claim.reading
		if err := c.Fill(); err != nil {
			t.Fatalf("%s, %s: %v", run.name, claim.id, err)
		}
		sides = append(sides, c.RHS.Num)
	}
	run.c.Constants, run.c.Reading = c.Constants, "past"
	both := plus(times(times(r.L, times(r.Gamma, r.Gamma)), sides[0]), times(times(half, r.Gamma), sides[1]))
	check("thm5", "printed", gap, plus(start, times(weights, both)))
	mu := r.Mu
	r.Mu = nil
	perStep := new(big.Rat).Quo(big.NewRat(1, 1), big.NewRat(int64(r.Steps), 1))
	six := big.NewRat(6, 1)
	first := times(times(six, d0), new(big.Rat).Quo(perStep, r.Gamma))
	second := plus(times(six, times(times(r.L, r.Gamma), sides[0])), times(big.NewRat(3, 1), sides[1]))
	check("thm4", "printed", times(perStep, grad2), plus(first, second))
	r.Mu, run.c.Constants, run.c.Reading = mu, nil, ""
}

// vectorRun is a run of several weights, or with l* > 0, in closed form.
type vectorRun struct {
	name             string
	c                *cert.Certificate
	loss             func(w []*big.Rat) *big.Rat
	exact, perturbed func(w []*big.Rat) []*big.Rat // gradients
	l, mu, lstar     *big.Rat                      // the tightest that hold
}

func ratOf(n, d int64) *big.Rat { return big.NewRat(n, d) }

func ints(n ...int64) []*big.Rat {
	v := make([]*big.Rat, len(n))
	for k, x := range n {
		v[k] = big.NewRat(x, 1)
	}
	return v
}

// combine is sum_k a_k v_k.
func combine(a []int64, v []*big.Rat) *big.Rat {
	s := new(big.Rat)
	for k := range v {
		s.Add(s, new(big.Rat).Mul(ratOf(a[k], 1), v[k]))
	}
	return s
}

func vectorRuns() []vectorRun {
	plus := func(v []*big.Rat, by ...int64) []*big.Rat {
		out := make([]*big.Rat, len(v))
		for k := range v {
			out[k] = new(big.Rat).Add(v[k], ratOf(by[k], 1))
		}
		return out
	}
	sure := func(d ...int64) cert.Law { return cert.Law{{P: ratOf(1, 1), D: ints(d...)}} }
	// A = [[2 1] [1 2]] has A^T A = [[5 4] [4 5]], with the eigenvalues 1 and 9.
	coupled := func(v []*big.Rat) []*big.Rat {
		return []*big.Rat{combine([]int64{5, 4}, v), combine([]int64{4, 5}, v)}
	}
	coupledLoss := func(w []*big.Rat) *big.Rat {
		v := plus(w, 1, -2)
		return new(big.Rat).Mul(ratOf(1, 2), new(big.Rat).Add(
			new(big.Rat).Mul(v[0], combine([]int64{5, 4}, v)), new(big.Rat).Mul(v[1], combine([]int64{4, 5}, v))))
	}
	a := [][]*big.Rat{ints(2, 1), ints(1, 2)}
	return []vectorRun{
		{
			name: "coupled weights",
			c: &cert.Certificate{
				Chain: []cert.Op{{Op: "bias", N: 2}, {Op: "fixed", A: a}, {Op: "halfsq", N: 2}},
				X:     ints(1, -2), W: [][]*big.Rat{ints(3, 1), {}, {}}, Delta: map[int]cert.Law{1: sure(1, -3)},
			},
			loss:  coupledLoss,
			exact: func(w []*big.Rat) []*big.Rat { return coupled(plus(w, 1, -2)) },
			perturbed: func(w []*big.Rat) []*big.Rat {
				return coupled(plus(w, 1+1, -2-3))
			},
			l: ratOf(9, 1), mu: ratOf(1, 1), lstar: ratOf(0, 1),
		},
		{
			// F = <y,w>^2 + |y|^2/2 with y = 3; the error makes y 4 in U.
			name: "l* above 0",
			c: &cert.Certificate{
				Chain: []cert.Op{{Op: "fixed", A: [][]*big.Rat{ints(3)}}, {Op: "bilinear", N: 1}},
				X:     ints(1), W: [][]*big.Rat{{}, ints(2)}, Delta: map[int]cert.Law{1: sure(1)},
			},
			loss: func(w []*big.Rat) *big.Rat {
				return new(big.Rat).Add(new(big.Rat).Mul(ratOf(9, 1), new(big.Rat).Mul(w[0], w[0])), ratOf(9, 2))
			},
			exact:     func(w []*big.Rat) []*big.Rat { return []*big.Rat{combine([]int64{18}, w)} },
			perturbed: func(w []*big.Rat) []*big.Rat { return []*big.Rat{combine([]int64{32}, w)} },
			l:         ratOf(18, 1), mu: ratOf(18, 1), lstar: ratOf(9, 2),
		},
		{
			// F = (2 w + b)^2/2: H is singular, so there is no mu.
			name: "singular",
			c: &cert.Certificate{
				Chain: []cert.Op{{Op: "affine", In: 1, Out: 1}, {Op: "halfsq", N: 1}},
				X:     ints(2), W: [][]*big.Rat{ints(1, -3), {}}, Eps: map[int]cert.Law{2: sure(1)},
			},
			loss: func(w []*big.Rat) *big.Rat {
				y := combine([]int64{2, 1}, w)
				return new(big.Rat).Mul(ratOf(1, 2), new(big.Rat).Mul(y, y))
			},
			exact: func(w []*big.Rat) []*big.Rat {
				y := combine([]int64{2, 1}, w)
				return []*big.Rat{new(big.Rat).Mul(ratOf(2, 1), y), y}
			},
			perturbed: func(w []*big.Rat) []*big.Rat {
				v := new(big.Rat).Add(combine([]int64{2, 1}, w), ratOf(1, 1))
				return []*big.Rat{new(big.Rat).Mul(ratOf(2, 1), v), v}
			},
			l: ratOf(5, 1), lstar: ratOf(0, 1),
		},
	}
}

// TestVectorRuns: both sides against the closed form, and the tightest L, mu and l* are
// accepted, anything tighter is not.
func TestVectorRuns(t *testing.T) {
	little := ratOf(1, 1000)
	for _, run := range vectorRuns() {
		for _, steps := range []int{1, 4} {
			gamma := new(big.Rat).Inv(new(big.Rat).Mul(ratOf(3, 1), run.l))
			made := func(l, mu, lstar *big.Rat) *cert.Certificate {
				c := *run.c
				c.Claim, c.Reading, c.Constants = "thm4", "past", unit()
				large := ratOf(200, 1)
				c.Constants.C, c.Constants.C2, c.Constants.Lf, c.Constants.L1, c.Constants.L2 = large, large, large,
					large, large
				c.Run = &cert.Run{Gamma: gamma, Steps: steps, L: l, LStar: lstar}
				if mu != nil {
					c.Claim, c.Reading, c.Constants, c.Run.Mu = "eq41", "", nil, mu
				}
				return &c
			}
			refused := func(c *cert.Certificate, want string) {
				t.Helper()
				if err := c.Fill(); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: error %v, want %q in it", run.name, err, want)
				}
			}
			c := made(run.l, nil, run.lstar)
			if err := c.Fill(); err != nil {
				t.Fatalf("%s: %v", run.name, err)
			}
			mean, _, gap, d0 := run.follow(steps, gamma, run.lstar)
			if c.LHS.Num.Cmp(mean) != 0 {
				t.Errorf("%s: mean of |grad|^2 is %v, by hand %v", run.name, c.LHS, mean)
			}
			lower := new(big.Rat).Sub(run.lstar, ratOf(7, 1))
			below := made(run.l, nil, lower)
			if err := below.Fill(); err != nil {
				t.Errorf("%s: l* from below: %v", run.name, err)
			}
			// D0 is counted from the l* that is given: 6/(gT) more for each unit.
			more := new(big.Rat).Quo(ratOf(6*7, 1), new(big.Rat).Mul(gamma, ratOf(int64(steps), 1)))
			if below.RHS.Num.Cmp(more.Add(more, c.RHS.Num)) != 0 {
				t.Errorf("%s: right side %v with l* lower by 7, %v without", run.name, below.RHS, c.RHS)
			}
			refused(made(new(big.Rat).Sub(run.l, little), nil, run.lstar), "run.L: is")
			refused(made(run.l, nil, new(big.Rat).Add(run.lstar, little)), "run.lstar: is")
			if run.mu == nil {
				refused(made(run.l, little, run.lstar), "run.mu: is")
				continue
			}
			c = made(run.l, run.mu, run.lstar)
			if err := c.Fill(); err != nil {
				t.Fatalf("%s: %v", run.name, err)
			}
			if c.LHS.Num.Cmp(gap) != 0 {
				t.Errorf("%s: gap %v, by hand %v", run.name, c.LHS, gap)
			}
			if right := run.eq41(steps, gamma, d0); c.RHS.Num.Cmp(right) != 0 {
				t.Errorf("%s: right side of (41) %v, by hand %v", run.name, c.RHS, right)
			}
			refused(made(run.l, new(big.Rat).Add(run.mu, little), run.lstar), "run.mu: is")
			refused(made(run.l, run.mu, lower), "run.lstar: is")
			refused(made(run.l, run.mu, new(big.Rat).Add(run.lstar, little)), "run.lstar: is")
		}
	}
}

// follow runs the steps: the mean of |grad|^2, |U-u|^2 by step, l(w^T)-l* and D0.
func (run vectorRun) follow(steps int, gamma, lstar *big.Rat) (mean *big.Rat, errors []*big.Rat, gap, d0 *big.Rat) {
	var w []*big.Rat
	for _, wi := range run.c.W {
		w = append(w, wi...)
	}
	d0 = new(big.Rat).Sub(run.loss(w), lstar)
	mean = new(big.Rat)
	for range steps {
		exact, perturbed := run.exact(w), run.perturbed(w)
		squares, differences := new(big.Rat), new(big.Rat)
		next := make([]*big.Rat, len(w))
		for k := range w {
			d := new(big.Rat).Sub(perturbed[k], exact[k])
			squares.Add(squares, new(big.Rat).Mul(exact[k], exact[k]))
			differences.Add(differences, new(big.Rat).Mul(d, d))
			next[k] = new(big.Rat).Sub(w[k], new(big.Rat).Mul(gamma, perturbed[k]))
		}
		mean.Add(mean, squares)
		errors = append(errors, differences)
		w = next
	}
	return mean.Quo(mean, ratOf(int64(steps), 1)), errors, new(big.Rat).Sub(run.loss(w), lstar), d0
}

// eq41 is the right side of (41).
func (run vectorRun) eq41(steps int, gamma, d0 *big.Rat) *big.Rat {
	_, errors, _, _ := run.follow(steps, gamma, run.lstar)
	q := new(big.Rat).Sub(ratOf(1, 1), new(big.Rat).Mul(run.mu, new(big.Rat).Mul(gamma, ratOf(1, 3))))
	sum, start := new(big.Rat), new(big.Rat).Set(d0)
	for _, e := range errors {
		sum.Mul(q, sum.Add(sum, e))
		start.Mul(start, q)
	}
	factor := new(big.Rat).Add(new(big.Rat).Mul(run.l, new(big.Rat).Mul(gamma, gamma)),
		new(big.Rat).Mul(ratOf(1, 2), gamma))
	return start.Add(start, factor.Mul(factor, sum))
}
