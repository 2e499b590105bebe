package beyond

import (
	"cmp"
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// pageOf begins a page with what those of the claims come to that stand on it.
func pageOf(name, title, says string, claims []claim.Claim, seed uint64) *table.Page {
	d := &table.Page{Title: title, Command: "go run ./props/verify page " + name}
	judged := table.New("claim", "verdict", "cases", "largest left/right", "proof", "evidence")
	for _, c := range claims {
		if c.Page == name {
			j := c.Judge(seed)
			note := j.Note
			if j.Certificate != nil {
				note += ": testdata/certificates/" + c.CertificateName()
			}
			judged.Add(c.ID+": "+c.Statement, j.Verdict, j.Cases, ratioOf(j.Ratio), cmp.Or(c.Proof, "-"), note)
		}
	}
	d.Add(table.Text(says), judged)
	return d
}

func ratioOf(r float64) string {
	if r == 0 {
		return "-"
	}
	if math.IsInf(r, 1) {
		return "unbounded"
	}
	return fmt.Sprintf("%.4f", r)
}

// FeedbackPage is about error feedback of the gradient, and about the climbs, which two results
// of others calibrate.
func FeedbackPage(claims []claim.Claim, seed uint64) *table.Page {
	d := pageOf("feedback", "Error feedback of the gradient",
		"A memory that gives back what compression takes off the gradient makes errors of O(1) at every step cost "+
			"O(g^2 m^2), biased ones too: U_t = u_t + d_t - d_{t+1}, E|d_t|^2 <= m^2, moves z_t = w_t - g d_t as SGD moves, "+
			"with the gradient taken at z_t + g d_t. Both statements are proved, and searched over whole trees of chance; "+
			"the first is reached for each L = mu, T and g <= 1/L.", claims, seed)
	d.Add(table.Heading("What is left, by step size"), table.Text("l = w^2/2 from w = 0 without noise, d_t = "+
		"-sign(z_t) "+
		"for t < T and sign(z_T) at the end: the gap at T = 400 is the bound, and falls with g^2. The same errors "+
		"without a "+
		"memory, U = u - 1, leave 1/2 whatever g is."))
	t := table.New("g", "gap at T", "ef1", "gap/g^2", "without a memory")
	for _, g := range []float64{1, 0.5, 0.25, 0.125, 0.0625, 0.03125} {
		f := &feedback{shape: parabola, h: []float64{1}, mu: 1, start: []float64{0}, gamma: g, steps: 400, rule: against,
			size: 1}
		f.run()
		w := 0.0
		for range f.steps {
			w -= g * (w - 1)
		}
		t.Add(g, fmt.Sprintf("%.6g", f.gapT), fmt.Sprintf("%.6g", f.bound().Root()), fmt.Sprintf("%.4f", f.gapT/g/g),
			fmt.Sprintf("%.4f", w*w/2))
	}
	d.Add(t, table.Heading("The climbs, calibrated from outside"), table.Text("EF21 (arXiv:2106.05203) sends the "+
		"difference "+
		"to the gradient that it keeps, by a compressor with |C(a) - a| <= rho |a|. For one worker the best Lyapunov "+
		"function "+
		"is known (arXiv:2506.05271), with the step size at which it falls the fastest: in one step by the tight factor "+
		"at most. The climbs have to reach that factor and not to pass it, and at 0.95 and 1.05 times that step it "+
		"has to be "+
		"worse. The rate that EF21 was published with, 2 D0/(g T) + |d_0 - u_0|^2/((1-rho) T) for g = (1-rho)/L, "+
		"has to hold on runs with Top-1, d_0 = 0; it is met where one coordinate is all there is."))
	c := table.New("mu/L", "rho", "L g", "tight factor", "climbed", "near that step", "published rate, largest "+
		"left/right")
	for _, k := range calibrate(seed) {
		c.Add(k.mu, k.rho, fmt.Sprintf("%.4f", k.gamma), fmt.Sprintf("%.8f", k.tight), fmt.Sprintf("%.8f", k.climbed),
			fmt.Sprintf("%.6f", k.flatter), fmt.Sprintf("%.4f of %d runs", k.published, k.publishedFor))
	}
	d.Add(c)
	return d
}

// MemoriesPage is about memories for activations: which keep the rate, and which do not.
func MemoriesPage(claims []claim.Claim, seed uint64) *table.Page {
	d := pageOf("memories", "Memories for activations",
		"Carrying the rest along at an activation makes the errors of what is sent telescope, not those of the gradient. "+
			"What keeps the rate with errors of O(1) at every step: backward a memory for each sample, where the forward "+
			"pass "+
			"is exact; forward the difference to a reference kept for each sample. What does not: one backward memory for "+
			"all samples, and forward the rest carried along where what follows is curved. This answers the paper's "+
			"first open "+
			"question; what is not settled stands at the end of section 5 of PROOFS.md.",
		claims, seed)
	d.Add(table.Heading("One memory for all samples, by hand"), table.Text("y_1 = x w, f_2 = 0.75 y^2 - 2.5 y, w = "+
		"1: v = -1 at "+
		"x = 1, v = 1/2 at x = 2, so u = 0. Sent is v + e where its size is at least 0.9, else 0. The memory e stays "+
		"on three "+
		"values, with the stationary law p; E[U] = sum p (U at x = 1 + U at x = 2)/2 = -3/28. Coq has this "+
		"and the next example as theorems, props/cert/coq/Memories.v."))
	one := table.New("e", "p", "x = 1 sends", "then e", "x = 2 sends", "then e", "p (U + U)/2")
	one.Add("0", "4/7", "-1", "0", "0", "1/2", "4/7 (-1 + 0)/2 = -2/7")
	one.Add("1/2", "2/7", "0", "-1/2", "1", "0", "2/7 (0 + 2)/2 = 2/7")
	one.Add("-1/2", "1/7", "-3/2", "0", "0", "0", "1/7 (-3/2 + 0)/2 = -3/28")
	c := &carried{k: 1, s: 1}
	c.w = c.at()
	d.Add(one, table.Heading("Forward curvature, by hand"), table.Text("l = w^2/2 + w^3/6, y_1 = w, sent is +-1/2, "+
		"the rest is "+
		"carried along: at w = -1/8 delta and U sum to 0 over a cycle of the memory, where grad l = -15/128. In "+
		"general the "+
		"plateau is k s^2/8 (1 - k^2 s^2/16)."))
	two := table.New("visit", "e", "w + e", "Y", "delta", "U = Y + Y^2/2")
	sum, u := 0.0, 0.0
	for k, v := range c.cycle(1 << 10) {
		sum += v.delta
		u += v.u
		two.Add(k, v.e, c.w+v.e, v.sent, v.delta, v.u)
	}
	two.Add("sum", "", "", "", sum, u)
	d.Add(two, table.Heading("Section 7's regression with each scheme"), table.Text(fmt.Sprintf("Logistic "+
		"regression, R = %v |w|^2, without xi; full-batch steps from w = 0, %d/g of them. The mean of |grad f| over the "+
		"second half (stable gradient norm). Backward: a chain term is sent where it is at least %v, else 0. Forward: "+
		"rounded to multiples of %v; or the difference to a reference, rounded to the nearest power of two, so that "+
		"rho = 1/3. First d = %d, M = %d, as ef7 draws it.", schemeRho, schemeLength, sendFrom, gridOf, small.d, small.m)))
	d.Add(schemeTable(regression(small, seed<<8), schemeGammas))
	d.Add(table.Text(fmt.Sprintf("The same at the paper's size, d = %d, M = %d. With g = 1/64 and T = 200000, as there, "+
		"`go test ./props/internal/experiment/beyond -run PaperSize -full` runs it.", paperSize.d, paperSize.m)))
	d.Add(schemeTable(regression(paperSize, seed<<8), schemeGammas[:2]))
	return d
}

// schemeTable has a row for each scheme and a column for each step size.
func schemeTable(p *problem.Regression, gammas []float64) *table.Table {
	names := []string{"scheme"}
	for _, g := range gammas {
		names = append(names, fmt.Sprintf("g = %v", g))
	}
	t := table.New(append(names, "as g -> 0")...)
	for _, s := range schemes {
		row := []any{string(s)}
		for _, g := range gammas {
			row = append(row, fmt.Sprintf("%.3g", runScheme(p, s, g, stepsOf(g)).stable))
		}
		end := "a plateau"
		if s.keeps() {
			end = "0"
		}
		t.Add(append(row, end)...)
	}
	return t
}

// SavedPage is about activations that the backward pass reads from a store that is not exact.
func SavedPage(claims []claim.Claim, seed uint64) *table.Page {
	d := pageOf("saved", "Saved activations",
		"A third place for errors: the forward pass is exact, and the backward pass reads y_{i-1} + zeta_i "+
			"(compression of the "+
			"store, or recomputation with another state). Independent zeta of mean 0 give no bias at all where the "+
			"Jacobians are "+
			"affine in the input; with curvature the bias is of second order, with the factor L2/2. What they add to E|U-u|^2 "+
			"beside delta and eps is known with a bound that is reached. These are proved; three stronger conjectures fail.",
		claims, seed)
	d.Add(table.Heading("Bias by size"), table.Text("f_1 = f_2 = y + y^2/4 + w y + c y^3 at y_0 = 1/2, w = 0, "+
		"zeta_1, zeta_2 = "+
		"+-s independent: |E[U-u]| is 0 to rounding for c = 0, else it falls with s^2, below its bound."))
	t := table.New("s", "c = 0", "c = 1/8", "its bound", "bias/s^2")
	for _, s := range []float64{0.5, 0.25, 0.125, 0.0625, 0.03125} {
		bias := func(cubed float64) *saved {
			f := cubic{a: [4]float64{0, 1, 0.25, cubed}, b: [4]float64{0, 1}}
			v := &saved{x: 0.5, ops: []cubic{f, f}, w: []float64{0, 0}, low: []float64{s, s}, high: []float64{s, s}}
			v.run(bounds.Saved)
			return v
		}
		flat, curved := bias(0), bias(0.125)
		t.Add(s, fmt.Sprintf("%.1g", math.Sqrt(flat.mean2)), fmt.Sprintf("%.5g", math.Sqrt(curved.mean2)),
			fmt.Sprintf("%.5g", math.Sqrt(bounds.SavedMean(curved.c, curved.l2, curved.spread()))),
			fmt.Sprintf("%.4f", math.Sqrt(curved.mean2)/s/s))
	}
	d.Add(t, table.Heading("Dependent errors"), table.Text("Independence is needed: with f_2 = f_3 = y^2/2 and "+
		"zeta_2 = zeta_3 = +-s "+
		"the mean of V_1 = (y_1 + zeta)(y_2 + zeta) is v_1 + s^2. Nor is the sum of squares a bound then: for equal layers "+
		"E|U-u|^2 grows with the square of their number."))
	equal := table.New("N", "E|U-u|^2", "sa7's right side", "left/right")
	for n := 3; n <= 6; n++ {
		c := equalLayers(n, 2, 1, 1./64, "halfsq")
		if err := c.Fill(); err != nil {
			panic("beyond: " + err.Error()) // the constants are those of this chain
		}
		left, _ := c.LHS.Num.Float64()
		right, _ := c.RHS.Num.Float64()
		equal.Add(n, fmt.Sprintf("%.5g", left), fmt.Sprintf("%.5g", right), fmt.Sprintf("%.4f", left/right))
	}
	d.Add(table.Text("f_1 = 2 w, f_2 = ... = f_N = y^2/2 at y = 2, zeta_2 = ... = zeta_N = +-1/64, in fractions:"), equal)
	d.Add(table.Text("Coq has the three certificates as theorems, and N = 3 of this table for every s in (0, 1/16]: " +
		"props/cert/coq/Saved.v."))
	return d
}

// MomentumPage is about heavy ball.
func MomentumPage(claims []claim.Claim, seed uint64) *table.Page {
	d := pageOf("momentum", "Momentum",
		"Heavy ball, w^{t+1} = w^t - g m_t, m_t = beta m_{t-1} + U_t, on a quadratic is a linear system: (36) and "+
			"(40) become an "+
			"equality of bias and spread apart. Momentum takes nothing off a bias, and of the spread it leaves what SGD "+
			"leaves "+
			"with a step of about g/(1-beta). hb3 holds for every smooth objective, by error feedback. All three are "+
			"proved; what "+
			"is not is a bound under A4 with the rate mu g/(1-beta) for objectives that are not quadratic.",
		claims, seed)
	d.Add(table.Heading("What errors leave in the limit"), table.Text("Curvature h = 1, a constant error 1 or "+
		"independent ones "+
		"of variance 1, summed over 20000 steps, beside what hb2 says. SGD: the same step g/(1-beta), without momentum."))
	t := table.New("beta", "g", "bias, summed", "hb2", "variance, summed", "hb2", "SGD with g/(1-beta)")
	for _, beta := range []float64{0, 0.5, 0.9, 0.99} {
		for _, g := range []float64{0.1, 0.01} {
			b := heavy(beta, g)
			bias, variance := limits(b, 20000)
			sgd := "-"
			if g/(1-beta) < 2 {
				sgd = fmt.Sprintf("%.5f", heavy(0, g/(1-beta)).Variance())
			}
			t.Add(beta, g, fmt.Sprintf("%.6f", bias), fmt.Sprintf("%.6f", b.Bias()), fmt.Sprintf("%.6f", variance),
				fmt.Sprintf("%.6f", b.Variance()), sgd)
		}
	}
	d.Add(t, table.Heading("A.3's second half"), table.Text("The paper's example of heavy ball with Top-1 of v_1 "+
		"is outside of "+
		"3 L g <= 1; inside it the compressed runs converge: see COUNTEREXAMPLES.md, a3."))
	return d
}
