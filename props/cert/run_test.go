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
	{"", "thm4-past", `[{"p":"1","d":["1"]}]`, `[{"p":"1/2","d":["1"]},{"p":"1/2","d":["2"]}]`, "2 outcomes, a run has one"},
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
		Claim: "thm4", Reading: "past", Chain: []cert.Op{{Op: "bias", N: 1}, {Op: "square", N: 1}, {Op: "halfsq", N: 1}},
		X: one(0), W: [][]*big.Rat{one(1), {}, {}}, Delta: map[int]cert.Law{1: {{P: big.NewRat(1, 1), D: one(1)}}}, Constants: unit(),
		Run: &cert.Run{Gamma: big.NewRat(1, 100), Steps: 3, L: big.NewRat(1, 1), LStar: big.NewRat(0, 1)},
	}
	if err := c.Fill(); err == nil || !strings.Contains(err.Error(), "F is of degree 4 in the weights") {
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
	c.Constants = &cert.Constants{C: one(40)[0], C2: one(1)[0], Lf: one(40)[0], L1: one(40)[0], L2: one(1)[0], Why: reasons()}
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
