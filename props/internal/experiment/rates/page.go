package rates

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/table"
)

// Page is that of Table 1 and Corollary 1.
func Page(results []Result) *table.Page {
	first, last := results[0].Points[0], results[0].Points[len(results[0].Points)-1]
	d := &table.Page{Title: "Table 1 and Corollary 1, measured", Command: "go run ./props/verify page table1"}
	t := table.New("setting", "budget", "level", fmt.Sprintf("Q at T = %d", last.T), "placement", "slope", "rate",
		"excess", "", "explicit")
	for _, r := range results {
		r.addTo(t)
	}
	about := fmt.Sprintf("SGD with one sample a step on a logistic regression of %d rows and 2 features, T = %d..%d, %d "+
		"to %d replicates.\n"+
		"Nonconvex: (1/T) sum_t E|grad l|^2, g ~ T^-1/2, printed rate T^-1/2. PL (l2): E[l(w^T)-l*], g = "+
		"3 ln T/(mu T), printed rate ln T/T.\n"+
		"Q of the T steps have a perturbation of O(1): |delta_1| = %d or |eps_2| = %d, at the others "+
		"none; \"burst\" has them in a row (PL: at the end),\n"+
		"\"spread\" evenly. Beyond O(T) there are no more steps, so the size grows as T^1/8. Beyond O(1) "+
		"is Q = (T/ln T)^1/2, which the root form\n"+
		"of (41) allows (bounds/PROOFS.md, (4.10)), and far beyond it Q = T^3/4, which no bound does.",
		len(rows), first.T, last.T, last.Replicates, first.Replicates, sizeForward, sizeBackward)
	columns := fmt.Sprintf("*Slope* is that of ln left against ln T over the upper half of the range, with a 95 %% "+
		"interval; *excess* is what it has above the rate's own\n"+
		"slope; 'loses' or 'keeps' says that the interval of the excess lies above, or not above, %v. "+
		"*Explicit* is the largest left side over the right\n"+
		"side of Theorem 4 or 5 with proved constants and the repaired (23), never above 1. A slope over "+
		"a finite range settles no rate.",
		slopeMargin)
	d.Add(table.Text(conclusion(results)), table.Text(about), table.Text(columns), t)
	d.Add(table.Heading("Reading"), table.List(Reading(results)))
	return d
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
	return fmt.Sprintf("Within the budgets of Table 1 %d of %d measurements keep the rate, %d lose it, and of %d the "+
		"slope cannot tell. Beyond them\n%d of %d lose it: %d with the errors in a burst and %d with them spread out, which "+
		"Table 1 does not tell apart.", kept, within, lost, within-kept-lost, by[Burst]+by[Spread], beyond, by[Burst],
		by[Spread])
}

// addTo adds a row.
func (r *Result) addTo(t *table.Table) {
	e := r.Excess()
	end := r.Points[len(r.Points)-1]
	t.Add(r.Setting, r.Budget, r.Level, end.Q, r.Placement,
		fmt.Sprintf("%.3f (%.3f, %.3f)", r.Slope.At, r.Slope.Lo, r.Slope.Hi), fmt.Sprintf("%.3f", r.Rate),
		fmt.Sprintf("%+.3f (%+.3f, %+.3f)", e.At, e.Lo, e.Hi), r.Word(), fmt.Sprintf("%.3g", r.Ratio))
}

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

// Tally counts the results that speak of a claim.
func Tally(claim string, results []Result) Count {
	var c Count
	for _, r := range results {
		if !slices.Contains(r.Claims, claim) {
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
