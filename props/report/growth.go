package report

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/pages"
)

// Growth has the largest ratios of the batches of a search without climbs, from which
// follows how the largest one grows with the number of cases.
type Growth struct {
	Batches int        // of search.Batch cases each
	Curves  []RatioRow // one for each claim that random cases settle, in the order of the list
}

// RatioRow has the largest ratios that were found for a claim, 0 where no case was valid.
type RatioRow struct {
	Claim string
	Long  float64   // in the unit of the long runs, 0 for a claim that has none
	Batch []float64 // in each batch of random cases
}

// growthFile has the ratios on record, in package pages; growthMost caps its batches.
const (
	growthFile = "growth.csv"
	growthMost = 1 << 10
)

// GrowthOf gathers the ratios of the reports of parts of one search of all claims without
// climbs: its batches 0, 1, 2, ... for all kinds and its long runs, whatever the reports they
// are in. The error names the report's field, or the claim and the batch that is missing.
func GrowthOf(parts []*Report) (*Growth, error) {
	at := map[string]*RatioRow{}
	g := new(Growth)
	if len(parts) == 0 {
		return nil, errors.New("no report: give those of parts of a search, as verify -units makes them")
	}
	for k, r := range parts {
		switch {
		case !r.Select.All():
			return nil, fmt.Errorf("report %d is of some claims, want one of all", k+1)
		case r.Climb != 0:
			return nil, fmt.Errorf("report %d has climbs of %d, want -climb 0: a climb is no random case", k+1, r.Climb)
		case r.Seed != parts[0].Seed:
			return nil, fmt.Errorf("report %d is of seed %d, want %d as in report 1", k+1, r.Seed, parts[0].Seed)
		case len(r.Parts) != len(r.Units):
			return nil, fmt.Errorf("report %d does not keep its units apart: give reports of parts, as -units makes "+
				"them", k+1)
		}
		opt := search.Options{Cases: r.Cases}
		for j := range r.Units {
			u := &r.Units[j]
			if u.Kind == search.FarUnit || u.Kind != search.LongUnit && opt.Size(u.Batch) != search.Batch ||
				u.Batch >= growthMost {
				continue // no batch, or one that is not whole
			}
			for _, p := range r.Parts[j] {
				row := at[p.Claim]
				if row == nil {
					row = &RatioRow{Claim: p.Claim}
					at[p.Claim] = row
				}
				if u.Kind == search.LongUnit {
					row.Long = float64(p.Ratio)
					continue
				}
				for len(row.Batch) <= u.Batch {
					row.Batch = append(row.Batch, math.NaN())
				}
				row.Batch[u.Batch] = float64(p.Ratio)
				g.Batches = max(g.Batches, u.Batch+1)
			}
		}
	}
	for _, name := range searchedNames() {
		row := at[name]
		if row == nil {
			return nil, fmt.Errorf("no unit has %s", name)
		}
		for b := range g.Batches {
			if b >= len(row.Batch) || math.IsNaN(row.Batch[b]) {
				return nil, fmt.Errorf("no unit has batch %d of %s", b, name)
			}
		}
		g.Curves = append(g.Curves, *row)
	}
	return g, nil
}

// searchedNames are those of the claims that random cases settle, in the order of the list.
func searchedNames() (names []string) {
	claims, err := Select(Selection{})
	if err != nil {
		panic("report: " + err.Error()) // the zero value selects all
	}
	for k := range claims {
		if claims[k].Kind != claim.SelfJudged {
			names = append(names, claims[k].Name())
		}
	}
	return names
}

// CSV writes the ratios, a line a claim: its name, that of the long runs, "" for none, and
// those of the batches, to five digits, inf above all that a right side of rounding leaves.
func (g *Growth) CSV(w io.Writer) error {
	c := csv.NewWriter(w)
	header := []string{"claim", "long runs"}
	for b := range g.Batches {
		header = append(header, strconv.Itoa(b+1))
	}
	if err := c.Write(header); err != nil {
		return err
	}
	digits := func(ratio float64) string {
		if ratio >= unbounded {
			return "inf"
		}
		return strconv.FormatFloat(ratio, 'g', 5, 64)
	}
	for _, row := range g.Curves {
		cells := []string{row.Claim, ""}
		if row.Long > 0 {
			cells[1] = digits(row.Long)
		}
		for _, ratio := range row.Batch {
			cells = append(cells, digits(ratio))
		}
		if err := c.Write(cells); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// ReadGrowth reads what CSV writes. The error names the line and the value, or the claim that
// has no curve, or a curve that is of no claim that is searched.
func ReadGrowth(from io.Reader) (*Growth, error) {
	lines, err := csv.NewReader(from).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("growth: %w", err)
	}
	if len(lines) == 0 || len(lines[0]) < 3 || len(lines[0]) > growthMost {
		return nil, fmt.Errorf("growth: no header, want claim, long runs, 1, 2, ... up to %d", growthMost)
	}
	g := &Growth{Batches: len(lines[0]) - 2}
	names := searchedNames()
	for k, cells := range lines[1:] {
		row := RatioRow{Claim: cells[0]}
		for j, text := range cells[1:] {
			ratio := 0.0
			if text != "" || j > 0 {
				ratio, err = strconv.ParseFloat(text, 64)
				if err != nil || !(ratio >= 0) {
					return nil, fmt.Errorf("growth: line %d: ratio %s, want a number >= 0 or inf", k+2, strict.Quote(text))
				}
			}
			if j == 0 {
				row.Long = ratio
			} else {
				row.Batch = append(row.Batch, ratio)
			}
		}
		switch {
		case k >= len(names):
			return nil, fmt.Errorf("growth: line %d: %s is no claim that is searched, or is there twice", k+2,
				strict.Quote(row.Claim))
		case row.Claim != names[k]:
			return nil, fmt.Errorf("growth: line %d is of %s, want %s: a curve for each claim of the list that is "+
				"searched, in its order", k+2, strict.Quote(row.Claim), names[k])
		}
		g.Curves = append(g.Curves, row)
	}
	if len(g.Curves) < len(names) {
		return nil, fmt.Errorf("growth: %s has no curve", names[len(g.Curves)])
	}
	return g, nil
}

// GrowthOnDisk is that on record.
func GrowthOnDisk() (*Growth, error) {
	f, err := pages.FS.Open(growthFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadGrowth(f)
}

// chances are those of the k-th smallest of m, for k = 1..m, to be the largest of n that are
// chosen of them: C(k-1, n-1)/C(m, n).
func chances(m, n int) []float64 {
	p := make([]float64, m)
	p[m-1] = float64(n) / float64(m)
	for k := m - 1; k >= n; k-- {
		p[k-1] = p[k] * float64(k-n+1) / float64(k)
	}
	return p
}

// after are what n of the batches find: the mean of their largest ratio over all choices of
// n, and its median.
func (r *RatioRow) after(n int) (mean, median float64) {
	sorted := slices.Sorted(slices.Values(r.Batch))
	below, found := 0.0, false
	for k, p := range chances(len(sorted), n) {
		if p == 0 {
			continue
		}
		mean += float64(p * sorted[k]) // no fused multiply-add: the same digits everywhere
		if below += p; !found && below >= 0.5-1e-9 {
			median, found = sorted[k], true
		}
	}
	return mean, median
}

// doublings are 1, 2, 4, ... up to the number of batches.
func (g *Growth) doublings() (ns []int) {
	for n := 1; n <= g.Batches; n *= 2 {
		ns = append(ns, n)
	}
	return ns
}

// moves is by how much of itself a curve moves in its last doubling.
func moves(curve []float64) float64 {
	n := len(curve)
	if n < 2 || curve[n-1] == 0 {
		return 0
	}
	return curve[n-1]/curve[n-2] - 1 // +Inf from 0
}

// growthCurve is that of a claim, at each doubling.
type growthCurve struct {
	RatioRow
	mean, median []float64
	on           Entry
}

// split are the curves of the claims that hold on record, and of those that are refuted.
func (g *Growth) split(on Record) (hold, refuted []growthCurve) {
	for _, row := range g.Curves {
		c := growthCurve{RatioRow: row, on: on[row.Claim]}
		for _, n := range g.doublings() {
			mean, median := row.after(n)
			c.mean, c.median = append(c.mean, mean), append(c.median, median)
		}
		if c.on.Verdict == claim.Refuted {
			refuted = append(refuted, c)
		} else {
			hold = append(hold, c)
		}
	}
	return hold, refuted
}

// The marks at which a curve moves, and above which a bound is met.
const (
	movesMark  = 0.01
	movesMuch  = 0.1
	boundIsMet = 0.999
)

// GrowthPage says how the largest ratio grows with cases, for each claim that is searched.
func GrowthPage(g *Growth, on Record) *table.Page {
	d := &table.Page{Title: "What more cases find", Command: "go run ./props/verify page growth"}
	hold, refuted := g.split(on)
	ns := g.doublings()
	last := ns[len(ns)-1] * search.Batch
	count := func(of []growthCurve, is func(c *growthCurve) bool) (n int) {
		for k := range of {
			if is(&of[k]) {
				n++
			}
		}
		return n
	}
	moved := func(c *growthCurve) bool { return moves(c.mean) > movesMark }
	much := func(c *growthCurve) bool { return moves(c.mean) > movesMuch }
	above := func(c *growthCurve) bool { return float64(c.on.Ratio) > (1+movesMark)*c.withoutClimbs() }
	below := func(c *growthCurve) bool { return (1+movesMark)*float64(c.on.Ratio) < c.withoutClimbs() }
	names := func(is func(c *growthCurve) bool) string {
		var names []string
		for k := range hold {
			if is(&hold[k]) {
				names = append(names, hold[k].Claim)
			}
		}
		return cmp.Or(strings.Join(names, ", "), "none")
	}
	met := count(hold, func(c *growthCurve) bool { return c.mean[0] > boundIsMet })
	first := count(refuted, func(c *growthCurve) bool { return slices.Min(c.Batch) > 1 })
	never := count(refuted, func(c *growthCurve) bool { return slices.Max(c.Batch) <= 1 })
	some := count(hold, moved)
	d.Add(table.Text(fmt.Sprintf("Of %d claims that random cases settle and that hold on record, doubling the cases "+
		"from %d to %d still raises the largest ratio by more than 1 %% for %d, and by more than 10 %% for %d (%s). For "+
		"the other %d, of which %d meet their bound in the first %d cases, twice the machines bring less than "+
		"1 %% of random cases.",
		len(hold), last/2, last, some, count(hold, much), names(much), len(hold)-some, met, search.Batch)),
		table.Text(fmt.Sprintf("Climbs: the ratio on record, of 4000 cases with climbs of 1000 evaluations, is more "+
			"than 1 %% above what %d cases without climbs and the long runs find for %d of the %d, among them %d of the "+
			"%d that still move, and more than 1 %% below for %d (%s).",
			last, count(hold, above), len(hold),
			count(hold, func(c *growthCurve) bool { return moved(c) && above(c) }), some,
			count(hold, below), names(below))),
		table.Text(fmt.Sprintf("Of %d refuted claims %d are violated in each of the %d batches of %d cases, and %d in "+
			"none of them.", len(refuted), first, g.Batches, search.Batch, never)),
		table.Text("Still moved by more than 1 %: "+names(moved)+"."),
		table.Image{Says: "largest ratio against the number of cases, a curve a claim", File: "growth.svg"},
		table.Heading("By doubling"), doublingTable(hold, ns),
		table.Heading("Claims that hold"),
		growthTable(hold, ns, "mean over all choices of so many of the batches",
			func(c *growthCurve) []float64 { return c.mean }),
		table.Heading("Refuted claims"),
		growthTable(refuted, ns, "median over all choices of so many of the batches; unbounded: the right side "+
			"is 0 but for rounding", func(c *growthCurve) []float64 { return c.median }),
		table.Text(fmt.Sprintf("The ratios of the single batches, and of the long runs, are in growth.csv, written by: "+
			"go run ./props/verify -cases %d -climb 0 -units 2-%d -json PART.json, then go run ./props/verify page "+
			"ratios PART.json.", g.Batches*search.Batch, 2+4*g.Batches)))
	return d
}

// withoutClimbs is the most that was found without a climb.
func (c *growthCurve) withoutClimbs() float64 { return max(c.mean[len(c.mean)-1], c.Long) }

// doublingTable says for each doubling how many curves it moves.
func doublingTable(hold []growthCurve, ns []int) *table.Table {
	t := table.New("cases", "to", "moved by more than 1 %", "by more than 10 %", "mean growth")
	t.Columns[2].Means = fmt.Sprintf("of the %d claims that hold", len(hold))
	t.Columns[4].Means = "geometric mean over the claims that had a ratio above 0 before"
	for k := 1; k < len(ns); k++ {
		some, much, sum, had := 0, 0, 0.0, 0
		for j := range hold {
			curve := hold[j].mean[:k+1]
			by := moves(curve)
			if by > movesMark {
				some++
			}
			if by > movesMuch {
				much++
			}
			if curve[k-1] > 0 {
				sum += math.Log1p(by)
				had++
			}
		}
		t.Add(ns[k-1]*search.Batch, ns[k]*search.Batch, some, much,
			fmt.Sprintf("%.2f %%", 100*math.Expm1(sum/float64(max(had, 1)))))
	}
	return t
}

// growthTable has a row for each claim.
func growthTable(of []growthCurve, ns []int, means string, curve func(c *growthCurve) []float64) *table.Table {
	t := table.New("claim", "curve")
	t.Columns[1].Means = "the numbers beside it, on a linear scale from 0 to the last of them"
	for k, n := range ns {
		t.Columns = append(t.Columns, table.Column{Name: strconv.Itoa(n * search.Batch)})
		if k == 0 {
			t.Columns[2].Means = "the largest left/right after so many random cases: " + means
		}
	}
	t.Columns = append(t.Columns, table.Column{Name: "last doubling", Means: "by how much it moves the ratio"},
		table.Column{Name: "long runs", Means: "the largest ratio on these, which every search has"},
		table.Column{Name: "on record", Means: "of 4000 cases, with the long runs and with climbs of 1000 evaluations"})
	for k := range of {
		c := &of[k]
		values := curve(c)
		cells := []any{c.Claim, sparkline(values)}
		for _, v := range values {
			cells = append(cells, ratioWords(v))
		}
		by := "-"
		if v := moves(values); v > 0 && !math.IsInf(v, 1) {
			by = fmt.Sprintf("%.1f %%", 100*v)
		} else if v > 0 {
			by = "from none"
		}
		long := ""
		if c.Long > 0 {
			long = ratioWords(c.Long)
		}
		t.Add(append(cells, by, long, ratioWords(float64(c.on.Ratio)))...)
	}
	return t
}

func ratioWords(ratio float64) string {
	if ratio >= unbounded {
		return "unbounded"
	}
	return claim.Number(ratio).String()
}

// sparkline draws values of 0 and above, eighths of the largest of those that are finite.
func sparkline(values []float64) string {
	const marks = "▁▂▃▄▅▆▇█"
	most := 0.0
	for _, v := range values {
		if v < unbounded {
			most = max(most, v)
		}
	}
	var b strings.Builder
	for _, v := range values {
		at := 0
		switch {
		case v >= unbounded:
			at = 7
		case most > 0:
			at = int(math.Round(7 * v / most))
		}
		b.WriteRune([]rune(marks)[at])
	}
	return b.String()
}

// The size of the picture of all curves.
const (
	growthWidth, growthHeight = 720, 380
	growthLeft, growthRight   = 50, 170
	growthTop, growthBottom   = 14, 40
)

// GrowthSVG draws the curves of the claims that hold: those that the last doubling moves by
// more than 1 % in colour, the five that it moves the most with their names.
func GrowthSVG(w io.Writer, g *Growth, on Record) error {
	hold, _ := g.split(on)
	ns := g.doublings()
	x := func(k int) float64 {
		return growthLeft + float64(k)/float64(max(len(ns)-1, 1))*(growthWidth-growthLeft-growthRight)
	}
	y := func(ratio float64) float64 {
		return growthTop + (1-min(ratio, 1))*(growthHeight-growthTop-growthBottom)
	}
	p := &table.Printer{To: w}
	p.F(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img" `+
		`aria-label="Largest ratio against random cases, a curve a claim that holds">`+"\n", growthWidth, growthHeight)
	p.F("<style>svg{--ink:#1b1f24;--soft:#8c959f;--bg:#fff;--moves:#b3261e}\n" +
		"@media (prefers-color-scheme:dark){svg{--ink:#e6edf3;--soft:#6e7781;--bg:#12161b;--moves:#ff8b7d}}\n" +
		"text{font:12px system-ui,sans-serif;fill:var(--ink)}polyline{fill:none;stroke:var(--soft);opacity:.5}\n" +
		"line{stroke:var(--soft);opacity:.3}.moves{stroke:var(--moves);opacity:1}</style>\n")
	p.F(`<rect width="%d" height="%d" fill="var(--bg)"/>`+"\n", growthWidth, growthHeight)
	for _, ratio := range []float64{0, 0.25, 0.5, 0.75, 1} {
		p.F(`<line x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n",
			growthLeft, growthWidth-growthRight, y(ratio), y(ratio), growthLeft-6, y(ratio)+4, ratio)
	}
	for k, n := range ns {
		p.F(`<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x(k), growthHeight-growthBottom+18,
			n*search.Batch)
	}
	p.F(`<text x="%d" y="%d">random cases; left/right, 1 is a bound that is met; `+
		`red: still moved by more than 1 %%</text>`+
		"\n", growthLeft, growthHeight-6)
	slices.SortStableFunc(hold, func(a, b growthCurve) int { return cmp.Compare(moves(a.mean), moves(b.mean)) })
	var named []growthCurve
	for k, c := range hold {
		var points []string
		for j, ratio := range c.mean {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(j), y(ratio)))
		}
		class := ""
		if moves(c.mean) > movesMark {
			class = ` class="moves"`
			if k >= len(hold)-5 {
				named = append(named, c)
			}
		}
		p.F(`<polyline%s points="%s"><title>%s</title></polyline>`+"\n", class, strings.Join(points, " "), c.Claim)
	}
	slices.SortStableFunc(named, func(a, b growthCurve) int {
		return cmp.Compare(b.mean[len(b.mean)-1], a.mean[len(a.mean)-1])
	})
	free := 0.0 // below the name before
	for _, c := range named {
		at := max(y(c.mean[len(c.mean)-1])+4, free)
		free = at + 14
		p.F(`<text x="%d" y="%.1f">%s</text>`+"\n", growthWidth-growthRight+6, at, c.Claim)
	}
	p.F("</svg>\n")
	return p.Err
}
