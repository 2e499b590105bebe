package rates

import (
	"fmt"
	"io"
	"strings"
)

// Markdown writes the page of Table 1 and Corollary 1.
func Markdown(w io.Writer, results []Result) error {
	var b strings.Builder
	first, last := results[0].Points[0], results[0].Points[len(results[0].Points)-1]
	fmt.Fprintf(&b, "# Table 1 and Corollary 1, measured\n\nWritten by: go run ./props/verify page table1\n\n%s\n", conclusion(results))
	fmt.Fprintf(&b, `
SGD with one sample a step on a logistic regression of %d rows and 2 features, T = %d..%d, %d to %d replicates.
Nonconvex: (1/T) sum_t E|grad l|^2, g ~ T^-1/2, printed rate T^-1/2. PL (l2): E[l(w^T)-l*], g = 3 ln T/(mu T), printed rate ln T/T.
Q of the T steps have a perturbation of O(1): |delta_1| = %d or |eps_2| = %d, at the others none; "burst" has them in a row (PL: at the end),
"spread" evenly. Beyond O(T) there are no more steps, so the size grows as T^1/8. Beyond O(1) is Q = (T/ln T)^1/2, which the root form
of (41) allows (bounds/PROOFS.md, (4.10)), and far beyond it Q = T^3/4, which no bound does.

*Slope* is that of ln left against ln T over the upper half of the range, with a 95 %% interval; *excess* is what it has above the rate's own
slope; 'loses' or 'keeps' says that the interval of the excess lies above, or not above, %v. *Explicit* is the largest left side over the right
side of Theorem 4 or 5 with proved constants and the repaired (23), never above 1. A slope over a finite range settles no rate.

| setting | budget | level | Q at T = %d | placement | slope | rate | excess | | explicit |
|---|---|---|---|---|---|---|---|---|---|
`, len(rows), first.T, last.T, last.Replicates, first.Replicates, sizeForward, sizeBackward, slopeMargin, last.T)
	for _, r := range results {
		b.WriteString(r.row())
	}
	b.WriteString("\n## Reading\n\n")
	for _, line := range Reading(results) {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// conclusion is what the page shows, in two sentences.
func conclusion(results []Result) string {
	var within, kept, lost, beyond int
	by := map[Placement]int{} // of those beyond that lose the rate
	for _, r := range results {
		word := r.Word()
		switch {
		case r.Level == "inside" || r.Level == "at":
			within++
			if word == "keeps the rate" {
				kept++
			} else if word == "loses the rate" {
				lost++
			}
		default:
			beyond++
			if word == "loses the rate" {
				by[r.Placement]++
			}
		}
	}
	return fmt.Sprintf("Within the budgets of Table 1 %d of %d measurements keep the rate, %d lose it, and of %d the slope "+
		"cannot tell. Beyond them\n%d of %d lose it: %d with the errors in a burst and %d with them spread out, which "+
		"Table 1 does not tell apart.", kept, within, lost, within-kept-lost, by[Burst]+by[Spread], beyond, by[Burst],
		by[Spread])
}

func (r *Result) row() string {
	e := r.Excess()
	end := r.Points[len(r.Points)-1]
	return fmt.Sprintf("| %s | %s | %s | %d | %s | %.3f (%.3f, %.3f) | %.3f | %+.3f (%+.3f, %+.3f) | %s | %.3g |\n",
		r.Setting, cell(r.Budget), r.Level, end.Q,
		r.Placement, r.Slope.At, r.Slope.Lo, r.Slope.Hi, r.Rate, e.At, e.Lo, e.Hi, r.Word(), r.Ratio)
}

// cell escapes what a Markdown table would take for its own.
func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

// Reading says for each setting what the measurement shows of its budget.
func Reading(results []Result) []string {
	var lines []string
	var order []string
	by := map[string][]Result{}
	for _, r := range results {
		if by[r.Setting] == nil {
			order = append(order, r.Setting)
		}
		by[r.Setting] = append(by[r.Setting], r)
	}
	for _, s := range order {
		var parts []string
		for _, r := range by[s] {
			parts = append(parts, fmt.Sprintf("%s, %s: %s", r.Level, r.Placement, r.Word()))
		}
		lines = append(lines, s+": "+strings.Join(parts, "; "))
	}
	return lines
}

// Count is what the results of a claim come to.
type Count struct {
	Rows, Kept, Lost int
	Within           int     // of Lost, those within the budget
	Against          int     // of Within, those that chance does not explain
	Ratio            float64 // the largest left/right
}

// Tally counts the results that speak of a claim: those of its own scenarios, all but
// cor1's for table1, cor3's for eq50.
func Tally(claim string, results []Result) Count {
	var c Count
	for _, r := range results {
		switch {
		case claim == "table1" && r.Claim != "cor1", claim == "eq50" && r.Claim == "cor3", r.Claim == claim:
		default:
			continue
		}
		c.Rows++
		c.Ratio = max(c.Ratio, r.Ratio)
		switch r.Word() {
		case "keeps the rate":
			c.Kept++
		case "loses the rate":
			c.Lost++
			if r.Level == "inside" || r.Level == "at" {
				c.Within++
				if r.Excess().BeyondChance() {
					c.Against++
				}
			}
		}
	}
	return c
}
