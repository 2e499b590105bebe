package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// TestErrataOf: what is refuted without a witness is no erratum; what stands in its place is of the same id, in the
// same reading, in a form of ours.
func TestErrataOf(t *testing.T) {
	c := func(id string, f claim.Form, r claim.Reading) *claim.Claim {
		return &claim.Claim{ID: id, Eq: "(" + id + ")", Form: f, Reading: r, Kind: claim.SelfJudged, Statement: string(f)}
	}
	judged := func(c *claim.Claim, v claim.Verdict) *search.Finding {
		return &search.Finding{Claim: c, Cases: 1, Judged: &claim.Judgement{Verdict: v, Cases: 1, Note: "why"}}
	}
	wrong := c("a", claim.Printed, claim.Past)
	found := []*search.Finding{
		judged(wrong, claim.Refuted), judged(c("a", claim.Repaired, claim.Past), claim.Holds),
		judged(c("a", claim.Repaired, claim.Total), claim.Holds), judged(c("a", claim.Printed, claim.Total), claim.Holds),
		judged(c("b", claim.Repaired, claim.Past), claim.Holds),
		{Claim: &claim.Claim{ID: "no", Form: claim.Printed}, Cases: 1, Violated: 1, Confirmed: 1, Ratio: 2},
	}
	all := Errata(found)
	if len(all) != 1 || all[0].Claim != wrong || all[0].Note != "why" || len(all[0].Repaired) != 1 ||
		all[0].Repaired[0] != found[1].Claim || len(all[0].Spared) != 0 {
		t.Fatalf("%+v", all)
	}
	e := Erratum{Claim: wrong, Repaired: []*claim.Claim{c("a", claim.Conjecture, 0), c("a", claim.Repaired, 0)}}
	if got := e.Instead(); !slices.Equal(got, []string{"conjecture: conjecture", "repaired"}) || e.Slack() != "" {
		t.Errorf("%q", got)
	}
	e.Spared = []*claim.Claim{c("x", claim.Printed, 0)}
	if got := e.Slack(); got != "(x) holds as printed all the same, through slack" {
		t.Error(got)
	}
	e.Spared = append(e.Spared, c("y", claim.Printed, 0))
	if got := e.Slack(); got != "(x) and (y) hold as printed all the same, through slack" {
		t.Error(got)
	}
}

// TestBesideRatio: the printed form stands without its name, others with it; below 0 is none.
func TestBesideRatio(t *testing.T) {
	of := func(f claim.Form, ratio float64) *search.Finding {
		return &search.Finding{Claim: &claim.Claim{ID: "a", Form: f, Kind: claim.Step}, Cases: 1, Ratio: ratio}
	}
	for want, i := range map[string]Improvement{
		"-": {}, "0.5000": {Beside: of(claim.Printed, 0.5)}, "0.2500 (repaired)": {Beside: of(claim.Repaired, 0.25)},
		"0.0000": {Beside: of(claim.Printed, -1)}, "0.0000 (repaired)": {Beside: of(claim.Repaired, -1)},
	} {
		if got := i.BesideRatio(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	sharp := of(claim.Sharp, -1)
	all := Improvements([]*search.Finding{sharp, of(claim.Repaired, 0.25), of(claim.Printed, 0.5), of(claim.Repaired, 1)})
	if len(all) != 1 || all[0].Ratio != 0 || all[0].BesideRatio() != "0.5000" || len(all[0].Readings) != 0 {
		t.Errorf("%+v", all)
	}
	again := Improvements([]*search.Finding{of(claim.Sharp, 0.5), of(claim.Sharp, 0.75)})
	if len(again) != 2 || again[1].Ratio != 0.75 || again[0].BesideRatio() != "-" {
		t.Errorf("%+v", again)
	}
}

// TestGrowthTables by hand: 1000 and 2000 cases of five claims.
func TestGrowthTables(t *testing.T) {
	curve := func(name string, long float64, on claim.Number, values ...float64) growthCurve {
		return growthCurve{RatioRow: RatioRow{Claim: name, Long: long}, mean: values, on: Entry{Ratio: on}}
	}
	of := []growthCurve{
		curve("still", 0, 0, 0, 0), curve("first", 0.25, 0.5, 0, 0.125), curve("half", 0, 0.75, 0.5, 0.75),
		curve("a little", 2e15, 1, 0.5, 0.5025), curve("far", 0, 3, 0.5, 1e15),
	}
	ns := []int{1, 2}
	got := growthTable(of, ns, "a mean", func(c *growthCurve) []float64 { return c.mean })
	var text []string
	for _, c := range got.Columns {
		text = append(text, c.Name+": "+c.Means)
	}
	for _, row := range got.Rows {
		text = append(text, strings.Join(row, ", "))
	}
	want := []string{"claim: ", "curve: the numbers beside it, on a linear scale from 0 to the last of them",
		"1000: the largest left/right after so many random cases: a mean", "2000: ",
		"last doubling: by how much it moves the ratio", "long runs: the largest ratio on these, which every search has",
		"on record: of 4000 cases, with the long runs and with climbs of 1000 evaluations",
		"still, ▁▁, 0.0000, 0.0000, -, , 0.0000", "first, ▁█, 0.0000, 0.1250, from none, 0.2500, 0.5000",
		"half, ▆█, 0.5000, 0.7500, 50.0 %, , 0.7500", "a little, ██, 0.5000, 0.5025, 0.5 %, unbounded, 1.0000",
		"far, ██, 0.5000, unbounded, 199999999999999904.0 %, , 3.0000"}
	if d := cmp.Diff(want, text); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	// Of four curves that had a ratio (0.5 to 0.75, 0.5025 and 1e15, and one that stays) the mean is geometric.
	d := doublingTable(append(of[:4:4], curve("stays", 0, 0, 0.5, 0.5), curve("1 %", 0, 0, 1, 1.01-1e-12),
		curve("10 %", 0, 0, 1, 1.1-1e-12)), ns)
	mean := 100 * (math.Pow(1.5*1.005*1*1.01*1.1, 1./5) - 1)
	if got := d.Rows[0]; !slices.Equal(got, []string{"1000", "2000", "3", "2", fmt.Sprintf("%.2f %%", mean)}) ||
		len(d.Rows) != 1 || d.Columns[2].Means != "of the 7 claims that hold" {
		t.Errorf("%q, mean %v, %q", d.Rows, mean, d.Columns[2].Means)
	}
	if got := doublingTable(of[:1], ns).Rows[0][4]; got != "0.00 %" {
		t.Errorf("none had a ratio: %s", got)
	}
}

// TestGrowthPageByHand: what the sentences count, of two batches of claims that hold, three of them moved, and of
// refuted ones that are violated in all batches, in one and in none.
func TestGrowthPageByHand(t *testing.T) {
	g := &Growth{Batches: 2, Curves: []RatioRow{
		{Claim: "met", Batch: []float64{1, 1}}, {Claim: "some", Batch: []float64{0.5, 0.52}},
		{Claim: "much", Batch: []float64{0.5, 0.7}, Long: 0.9}, {Claim: "climbs", Batch: []float64{0.25, 0.25}},
		{Claim: "all", Batch: []float64{1.5, 2}}, {Claim: "one", Batch: []float64{1, 2}},
		{Claim: "none", Batch: []float64{1, 1}},
	}}
	on := Record{"met": {claim.Holds, 1}, "some": {claim.Holds, 0.6}, "much": {claim.Holds, 0.8},
		"climbs": {claim.Holds, 0.5}, "all": {claim.Refuted, 3}, "one": {claim.Refuted, 3}, "none": {claim.Refuted, 3}}
	var page strings.Builder
	if err := GrowthPage(g, on).Markdown(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Of 4 claims that random cases settle and that hold on record, doubling the cases from 1000 to 2000 still raises " +
			"the largest ratio by more than 1 % for 2, and by more than 10 % for 1 (much). For the other 2, of which 1 meet " +
			"their bound in the first 1000 cases,",
		"is more than 1 % above what 2000 cases without climbs and the long runs find for 2 of the 4, among them 1 of " +
			"the 2 that still move, and more than 1 % below for 1 (much).",
		"Of 3 refuted claims 1 are violated in each of the 2 batches of 1000 cases, and 1 in none of them.",
		"Still moved by more than 1 %: some, much.", "-cases 2000 -climb 0 -units 2-10 -json",
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("no %q in\n%s", want, &page)
		}
	}
	var picture strings.Builder
	if err := GrowthSVG(&picture, g, on); err != nil {
		t.Fatal(err)
	}
	// From 14 to 340 in height, so that 0.7 is at 111.8 and 0.52 at 170.48; x is 50 and 550. Names begin 4 below.
	for _, want := range []string{
		`<polyline class="moves" points="50.0,144.4 550.0,111.8"><title>much</title></polyline>`,
		`<polyline class="moves" points="50.0,173.7 550.0,170.5"><title>some</title></polyline>`,
		`<polyline points="50.0,14.0 550.0,14.0"><title>met</title></polyline>`,
		`<text x="556" y="115.8">much</text>` + "\n" + `<text x="556" y="174.5">some</text>` + "\n</svg>",
		`<text x="50.0" y="358" text-anchor="middle">1000</text>`, `<text x="550.0" y="358" text-anchor="middle">2000</text>`,
	} {
		if !strings.Contains(picture.String(), want) {
			t.Errorf("no %q in\n%s", want, &picture)
		}
	}
	if strings.Contains(picture.String(), ">all<") || strings.Count(picture.String(), "<polyline") != 4 {
		t.Errorf("curves of refuted claims in\n%s", &picture)
	}
	one := &Growth{Batches: 1, Curves: []RatioRow{{Claim: "met", Batch: []float64{1}}}}
	picture.Reset()
	if err := GrowthSVG(&picture, one, on); err != nil || !strings.Contains(picture.String(), `points="50.0,14.0"`) {
		t.Errorf("one batch: %v\n%s", err, &picture)
	}
	// Names that would overlap stand below each other, the largest on top, and five at most.
	many := &Growth{Batches: 2}
	for k := range 7 {
		many.Curves = append(many.Curves, RatioRow{Claim: fmt.Sprintf("c%d", k), Batch: []float64{0.5, 0.9 + float64(k)/1e3}})
	}
	picture.Reset()
	if err := GrowthSVG(&picture, many, on); err != nil {
		t.Fatal(err)
	}
	_, names, _ := strings.Cut(picture.String(), "<text x=\"556\"")
	want := ` y="48.6">c6</text>` + "\n"
	for k, name := range []string{"c5", "c4", "c3", "c2"} {
		want += fmt.Sprintf(`<text x="556" y="%.1f">%s</text>`+"\n", 48.644+14*float64(k+1), name)
	}
	if names != want+"</svg>\n" {
		t.Errorf("names %s, want %s", names, want)
	}
}

// TestWorstBatch: the batch of a source, far ones after all, -1 for what comes before.
func TestWorstBatch(t *testing.T) {
	for source, want := range map[string]int{
		"random case 0": 0, "random case 999": 0, "random case 1000": 1, "random case 2500": 2, "far case 0": math.MaxInt32,
		"far case 7": math.MaxInt32 + 7, "climb on thm1/sharp from batch 3, N = 2": 3, "climb from batch x": -1,
		"long run 3": -1, "random case": -1, "far case": -1, "": -1,
	} {
		if got := (&Row{Worst: &search.Origin{Source: source}}).worstBatch(); got != want {
			t.Errorf("%q: batch %d, want %d", source, got, want)
		}
	}
	if got := (&Row{}).worstBatch(); got != -1 {
		t.Errorf("no worst case: %d", got)
	}
}

// TestContains: a sum has each count of its part at least, and a refutation.
func TestContains(t *testing.T) {
	row := func() *Row {
		return &Row{Verdict: claim.Refuted, Cases: 5, Rejected: 6, Violated: 2, Undecided: 1, Ratio: 2,
			RatioByN: map[int]claim.Number{2: 2, 3: 0.5}}
	}
	if err := row().contains(row()); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(r *Row){
		"verdict is holds, want refuted, as in this unit": func(r *Row) { r.Verdict = claim.Holds },
		"cases is 4, want at least 5":                     func(r *Row) { r.Cases = 4 },
		"rejected is 5, want at least 6":                  func(r *Row) { r.Rejected = 5 },
		"violated is 1, want at least 2":                  func(r *Row) { r.Violated = 1 },
		"undecided is 0, want at least 1":                 func(r *Row) { r.Undecided = 0 },
		"ratio is 1.5, want at least 2":                   func(r *Row) { r.Ratio = 1.5 },
		"ratio_by_n of N = 3 is 0.25, want at least 0.5":  func(r *Row) { r.RatioByN[3] = 0.25 },
		"ratio_by_n of N = 2 is 0, want at least 2":       func(r *Row) { delete(r.RatioByN, 2) },
	} {
		r := row()
		change(r)
		if err := r.contains(row()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		if err := row().contains(r); strings.HasPrefix(want, "ratio_by_n of N = 2") && err != nil {
			t.Errorf("more than the part: %v", err)
		}
	}
	if err := new(Row).contains(&Row{Verdict: claim.Elsewhere, Cases: 9}); err != nil {
		t.Error(err)
	}
}

// TestTried: the random cases of the kind that has the fewest units; claims that judge themselves have none.
func TestTried(t *testing.T) {
	units := func(kind claim.Kind, batches ...int) (u []search.Unit) {
		for _, b := range batches {
			u = append(u, search.Unit{Kind: kind.String(), Batch: b})
		}
		return u
	}
	const cases = 2*search.Batch + 7 // the third batch has 7
	for _, c := range []struct {
		claims string
		units  []search.Unit
		want   int
	}{
		{"eq14b,a1", units(claim.Step, 0, 2), search.Batch + 7}, {"eq14b,a1", units(claim.Step, 0, 1, 2), cases},
		{"eq14b,thm3", slices.Concat(units(claim.Step, 0, 1), units(claim.Training, 2)), 7},
		{"eq14b,thm3", units(claim.Step, 0, 1), 0}, {"a1", nil, cases}, {"thm9", units(claim.Step, 0), 0},
	} {
		r := &Report{Cases: cases, Select: Selection{Claims: c.claims}, Units: c.units}
		if got := r.Tried(); got != c.want {
			t.Errorf("%s: %d tried, want %d", c.claims, got, c.want)
		}
	}
	// Climbs add a case for each length and claim of the kind in each unit, long runs fewer than a batch.
	claims := []claim.Claim{{Kind: claim.Training}, {Kind: claim.Training}, {Kind: claim.Linear}, {Kind: claim.Step}}
	all := slices.Concat(units(claim.Training, 0, 1), units(claim.Linear, 0), units(claim.Step, 0),
		[]search.Unit{{Kind: search.LongUnit}})
	far := search.Unit{Kind: search.FarUnit}
	lengths := gen.MaxN - gen.MinN + 1
	for _, c := range []struct {
		kind        claim.Kind
		climb       int
		units       []search.Unit
		least, most int
	}{
		{claim.Training, 5, all, 2 * search.Batch, 3*search.Batch + 4*lengths},
		{claim.Training, 0, all, 2 * search.Batch, 3 * search.Batch}, {claim.Linear, 5, all, search.Batch, search.Batch},
		{claim.Step, 1, all, search.Batch, search.Batch + lengths},
		{claim.Step, 0, append(all[:5:5], far, far), search.Batch, search.Batch + 2*search.MostFar(claim.Step)},
		{claim.Nodes, 5, all, 0, 0},
	} {
		r := &Report{Cases: cases, Climb: c.climb, Units: c.units}
		for tried, ok := range map[int]bool{c.least - 1: false, c.least: true, c.most: true, c.most + 1: false} {
			row := &Row{Cases: tried - 1, Rejected: 1}
			if err := r.checkTried(row, claims, c.kind); (err == nil) != ok {
				t.Errorf("%v, climb %d: %d cases: %v, want %d..%d", c.kind, c.climb, tried, err, c.least, c.most)
			}
		}
	}
	if err := new(Report).checkTried(&Row{Cases: 9}, claims, claim.SelfJudged); err != nil {
		t.Error(err)
	}
}

// TestCheckSearched: what a row may say at most and at least.
func TestCheckSearched(t *testing.T) {
	why := claim.Reason(1).String()
	good := func() *Row {
		return &Row{Verdict: claim.Holds, Cases: 2, Rejected: 1, Reasons: map[string]int{why: 1}, Ratio: 1,
			RatioByN: map[int]claim.Number{gen.MinN: 1, gen.MaxChain: 0}, Worst: &search.Origin{Source: "x"}}
	}
	for want, change := range map[string]func(r *Row){
		"":  func(*Row) {},
		" ": func(r *Row) { r.Violated, r.Verdict = 1, claim.Undecided },
		"  ": func(r *Row) {
			r.Violated, r.Verdict, r.Ratio, r.RatioByN[gen.MinN] = 1, claim.Refuted, 1.5, 1.5
		},
		"   ": func(r *Row) { r.Undecided, r.Verdict = 1, claim.Undecided },
		"    ": func(r *Row) {
			*r = Row{Verdict: claim.Invalid}
		},
		"verdict is refuted":                       func(r *Row) { r.Verdict = claim.Refuted },
		"verdict is holds, want undecided":         func(r *Row) { r.Undecided = 1 },
		"at most 1 where nothing":                  func(r *Row) { r.Ratio, r.RatioByN[gen.MinN] = 1.5, 1.5 },
		"at least 1 where some":                    func(r *Row) { r.Violated, r.Ratio, r.RatioByN[gen.MinN] = 1, 0.5, 0.5 },
		"that of N = 65":                           func(r *Row) { r.RatioByN[gen.MaxChain+1] = 0 },
		"that of N = 1 ":                           func(r *Row) { r.RatioByN[gen.MinN-1] = 0 },
		"that of N = 3 is NaN":                     func(r *Row) { r.RatioByN[3] = claim.Number(math.NaN()) },
		"is 0, want a reason":                      func(r *Row) { r.Reasons[why] = 0 },
		"is 1125899906842625, want":                func(r *Row) { over := maxCount + 1; r.Reasons[why] = int(over) },
		"rejected is 2, want 1":                    func(r *Row) { r.Rejected = 2 },
		"ratio is 0.5000, want 1, the largest":     func(r *Row) { r.Ratio = 0.5 },
		"worst is true, want true if":              func(r *Row) { r.Cases = 0 },
		"ratio_by_n is 0, want some if":            func(r *Row) { r.Ratio, r.RatioByN = 0, nil },
		"verdict is holds, want invalid":           func(r *Row) { *r = Row{Verdict: claim.Holds} },
		"worst is false, want true if there are c": func(r *Row) { r.Worst = nil },
	} {
		r := good()
		change(r)
		err := r.checkSearched()
		if ok := strings.TrimSpace(want) == ""; ok != (err == nil) || !ok && !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	// All the digits of the ratio but six are its own.
	r := good()
	r.Ratio, r.RatioByN[gen.MinN] = 0.12345678, 0.123457
	if err := r.checkSearched(); err != nil {
		t.Error(err)
	}
}

// TestZeroRatioOfAPart: a unit in which nothing was found has the ratio 0.
func TestZeroRatioOfAPart(t *testing.T) {
	r := sealed(t, only(t, 2, 3), func(r *Report) {
		for j := range r.Parts[0] {
			a, b := &r.Parts[0][j], &r.Parts[1][j]
			if b.Ratio < a.Ratio {
				b.Ratio = 0
			} else {
				a.Ratio = 0
			}
		}
	})
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}

// TestFuzzSeed: the report that fuzzing begins with is that of a search that anybody can do again.
func TestFuzzSeed(t *testing.T) {
	data, err := FuzzSeed()
	if err != nil {
		t.Fatal(err)
	}
	if r := read(t, data); r.Seed != 1 || r.Cases != 3 || r.Climb != 0 || r.Select.Claims != "eq15" || len(r.Claims) != 1 {
		t.Errorf("%+v", r)
	}
}

// TestCountsAtTheEdge: no valid case is a count, a million is enough, one of equal length adds nothing, and the first
// and last form of the list have their place.
func TestCountsAtTheEdge(t *testing.T) {
	head, names := strings.Join(validHeader, ",")+"\n", countedNames()
	counts, err := ReadValid(strings.NewReader(head + names[0] + ",0,0,0,0\n" +
		names[1] + ",18446744073709551615,3,3,inf\n"))
	if err != nil || len(counts) != 2 || counts[0] != (ValidCount{Claim: names[0]}) || counts[1].Violated != 3 ||
		counts[1].Seed != math.MaxUint64 {
		t.Errorf("%+v, %v", counts, err)
	}
	for in, want := range map[string]string{names[0] + ",1,2,-1,1": `"-1" violated`, names[0] + ",1,2,0,-1": `ratio "-1"`,
		names[0] + ",1,2,x,1": `"x" violated`, names[0] + ",1,2,0,x": `ratio "x"`} {
		if _, err := ReadValid(strings.NewReader(head + in + "\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", in, err)
		}
	}
	row := func(name string, valid int, ratio claim.Number) *Report {
		id, rest, _ := strings.Cut(name, "/")
		form, _, _ := strings.Cut(rest, "/")
		return &Report{Seed: 1, Campaign: &Campaign{}, Claims: []Row{{ID: id, Form: claim.Form(form), Cases: valid,
			Ratio: ratio}}}
	}
	first, last := names[0], names[len(names)-1]
	known := []ValidCount{{Claim: last, Seed: 1, Valid: 9, Ratio: 0.5},
		{Claim: first, Seed: 2, Valid: validGoal, Ratio: 0.25}}
	all, err := AddValid(known, []*Report{row(last, 9, 0.75), row(first, validGoal-1, 0)})
	want := []ValidCount{{first, 1, validGoal - 1, 0, 0}, {first, 2, validGoal, 0, 0.25}, {last, 1, 9, 0, 0.5}}
	if err != nil || !slices.Equal(all, want) {
		t.Errorf("%v, %v", all, err)
	}
	for valid, want := range map[int]string{validGoal: " 1 have gone through 1000000 valid ones",
		validGoal - 1: " 0 have gone through 1000000 valid ones"} {
		var page strings.Builder
		if err := ValidPage([]ValidCount{{Claim: first, Seed: 1, Valid: valid}}).Markdown(&page); err != nil ||
			!strings.Contains(page.String(), want) ||
			!strings.Contains(page.String(), fmt.Sprintf("| %s | %d | 0 | - | 1 |", first, valid)) ||
			!strings.Contains(page.String(), "The fewest, 0, have been drawn for "+names[1]+".") {
			t.Errorf("%v: no %q in\n%s", err, want, &page)
		}
	}
	var full []ValidCount
	for k, name := range names {
		full = append(full, ValidCount{Claim: name, Seed: 1, Valid: 100 - k%7, Ratio: 0.5})
	}
	var page strings.Builder
	if err := ValidPage(full).Markdown(&page); err != nil ||
		!strings.Contains(page.String(), "The fewest, 94, have been drawn for "+names[6]+".") {
		t.Errorf("%v in\n%s", err, &page)
	}
}
