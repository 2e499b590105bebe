package appendix

import (
	"fmt"
	"strings"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// Page shows the examples of appendix A: what each of the claims about them comes to,
// and all their runs.
func Page(claims []claim.Claim, seed uint64) *table.Page {
	d := &table.Page{
		Title:   "The counterexamples of appendix A, replayed",
		Command: "go run ./props/verify page counterexamples",
	}
	judged := table.New("claim", "verdict", "cases", "what it shows and does not")
	count := map[claim.Verdict]int{}
	var refuted []string
	for _, c := range claims {
		j := c.Judge(seed)
		if count[j.Verdict]++; j.Verdict == claim.Refuted {
			refuted = append(refuted, fmt.Sprintf("%s, %s", c.Eq, c.Form))
		}
		judged.Add(fmt.Sprintf("%s, %s: %s", c.Eq, c.Form, c.Statement), j.Verdict, j.Cases, j.Note)
	}
	d.Add(table.Text(fmt.Sprintf("Of %d statements about the examples %d hold and %d are refuted (%s). A.3 is "+
		"no counterexample to the theorems: at the step sizes that section 4 allows, g <= 1/(3L), its compressed runs "+
		"converge.",
		len(claims), count[claim.Holds], count[claim.Refuted], strings.Join(refuted, "; "))))
	d.Add(judged, table.Heading("A.1"), table.Text("sigma(y) = 1/(1+e^-y), Y = +a or -a. The last column tends to "+
		"1/16 as a -> 0: "+
		"the bias is of second order in a."))
	a1 := table.New("a", "E sigma'(Y), engine", "sigma'(a), printed", "sigma'(0)", "(sigma'(0) - E sigma'(Y))/a^2")
	for k, c := range a1Cases() {
		if k%8 == 0 {
			a1.Add(fmt.Sprintf("%.4g", c.A), fmt.Sprintf("%.9f", c.Engine), fmt.Sprintf("%.9f", c.Printed),
				fmt.Sprintf("%.2f", c.At0), fmt.Sprintf("%.5f", (c.At0-c.Engine)/c.A/c.A))
		}
	}
	d.Add(a1, table.Heading("A.2 and A.3"), table.Text(fmt.Sprintf("A run converged when it came within %g of the "+
		"limit in %d steps: "+
		"-d in A.2, w1 = 0 in A.3. The theorems of section 4 need 3 L g <= 1; A.3 has L >= lambda_max(A^T A).",
		settled, exampleSteps)))
	all := table.New("run", "g", "momentum", "3 L g", "start", "perturbed", "as printed", "after one step", "steps",
		"distance", "outcome")
	for _, r := range append(a2Runs(), a3Runs(seed)...) {
		all.Add(r.Name, fmt.Sprintf("%.4g", r.Gamma), r.Momentum, fmt.Sprintf("%.3g", r.Times3L),
			fmt.Sprintf("%.3v", r.Start),
			yes(r.Perturbed), yes(r.AsPrinted), fmt.Sprintf("%.3g", r.OneStep), r.Steps,
			distanceWords(r.Distance), r.outcome())
	}
	d.Add(all)
	return d
}

// distanceWords is a distance in three digits. One that has (all but) underflowed differs on an architecture that
// fuses a product with a sum.
func distanceWords(d float64) string {
	const small = 1e-100
	if d < small {
		return fmt.Sprintf("< %g", small)
	}
	return fmt.Sprintf("%.3g", d)
}

func (r *exampleRun) outcome() string {
	switch {
	case r.Converged:
		return "converges"
	case r.Overflowed:
		return "diverges"
	}
	return "stays away"
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
