package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// few are two claims that are searched, one of them refuted, one of many ties at ratio 1,
// and one that judges itself.
var few = Selection{Claims: "eq14b,eq14a,a1"}

// Their rows.
const (
	eq14a = iota
	eq14b
	eq14bRepaired
	a1
)

// fewOptions are those of part: two batches, the second of a few cases.
var fewOptions = search.Options{Seed: 1, Cases: search.Batch + 100, Climb: 5}

var parts sync.Map // [2]int to []byte

// part is the report of shard i of n, from 1, as verify would have read it.
func part(t testing.TB, i, n int) *Report {
	t.Helper()
	if b, ok := parts.Load([2]int{i, n}); ok {
		return read(t, b.([]byte))
	}
	opt := fewOptions
	opt.Shard, opt.Shards = i-1, n
	b := written(t, searched(t, few, opt))
	parts.Store([2]int{i, n}, b)
	return read(t, b)
}

func searched(t testing.TB, sel Selection, opt search.Options) *Report {
	t.Helper()
	claims, err := Select(sel)
	if err != nil {
		t.Fatal(err)
	}
	return New(sel, search.Run(claims, opt), opt)
}

func read(t testing.TB, b []byte) *Report {
	t.Helper()
	r, err := Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func written(t testing.TB, r *Report) []byte {
	t.Helper()
	b, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var halves sync.Map // int to []byte

// stopped is the report of the whole search that a signal stops after so many units.
func stopped(t testing.TB, b int) *Report {
	t.Helper()
	if data, ok := halves.Load(b); ok {
		return read(t, data.([]byte))
	}
	opt := fewOptions
	stop := make(chan struct{})
	opt.Stop = stop
	opt.Progress = func(done, _ int, _ string) {
		if done == b {
			close(stop)
		}
	}
	data := written(t, searched(t, few, opt))
	halves.Store(b, data)
	return read(t, data)
}

// only is the report of some units.
func only(t testing.TB, units ...int) *Report {
	t.Helper()
	opt := fewOptions
	opt.Units = units
	return read(t, written(t, searched(t, few, opt)))
}

// TestMergeIsTheSearch: the units of the search, three, in shards of any number or as lists,
// joined in any order, some of them twice, are the whole search, to the last byte. Of four
// shards the last is idle.
func TestMergeIsTheSearch(t *testing.T) {
	whole := part(t, 1, 1)
	for _, c := range []struct {
		name  string
		parts []*Report
	}{
		{"one", []*Report{whole}},
		{"two", []*Report{part(t, 1, 2), part(t, 2, 2)}},
		{"two, turned round", []*Report{part(t, 2, 2), part(t, 1, 2)}},
		{"three", []*Report{part(t, 3, 3), part(t, 1, 3), part(t, 2, 3)}},
		{"four", []*Report{part(t, 4, 4), part(t, 3, 4), part(t, 2, 4), part(t, 1, 4)}},
		{"four without the idle one", []*Report{part(t, 2, 4), part(t, 1, 4), part(t, 3, 4)}},
		{"a shard twice", []*Report{part(t, 2, 2), part(t, 1, 2), part(t, 2, 2)}},
		{"shards of two numbers", []*Report{part(t, 1, 2), part(t, 3, 3), part(t, 2, 3)}},
		{"a shard and the whole", []*Report{part(t, 2, 2), whole}},
		{"the whole twice", []*Report{whole, whole}},
		{"the rest of a search that was stopped", []*Report{part(t, 3, 3), stopped(t, 2)}},
		{"more than the rest of it", []*Report{stopped(t, 2), only(t, 2, 3)}},
		{"all of a search that was stopped", []*Report{stopped(t, 0), part(t, 2, 2), part(t, 1, 2)}},
		{"lists of units", []*Report{only(t, 1, 3), only(t, 2)}},
	} {
		sum, err := Merge(c.parts)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := cmp.Diff(string(written(t, whole)), string(written(t, sum))); d != "" {
			t.Errorf("%s (-whole +merged):\n%s", c.name, d)
		}
	}
}

// TestTies: of equal ratios the case of the earliest batch stays, and one is not compared
// with a row that has no case.
func TestTies(t *testing.T) {
	row := func(ratio claim.Number, source string) Row {
		r := Row{Ratio: ratio, Note: source}
		if source != "" {
			r.Cases, r.Worst = 1, &search.Origin{Source: source}
		}
		return r
	}
	for _, c := range []struct{ a, b, want Row }{
		{row(1, "random case 2001"), row(1, "random case 1999"), row(1, "random case 1999")},
		{row(1, "random case 999"), row(1, "random case 1000"), row(1, "random case 999")},
		{row(1, "climb on thm1/sharp from batch 3, N = 2"), row(1, "random case 2000"), row(1, "random case 2000")},
		{row(1, "climb on thm1/sharp from batch 3, N = 2"), row(1, "random case 4000"),
			row(1, "climb on thm1/sharp from batch 3, N = 2")},
		{row(1, "random case 1"), row(1, "climb on thm1/sharp from batch 3, N = 2"), row(1, "random case 1")},
		{row(1, "long run 3"), row(1, "random case 1"), row(1, "long run 3")},
		{row(1, "random case 1"), row(2, "random case 9999"), row(2, "random case 9999")},
		{row(0, ""), row(0, "random case 9999"), row(0, "random case 9999")},
		{row(0, "random case 9999"), row(0, ""), row(0, "random case 9999")},
	} {
		got := c.a
		if c.b.before(&c.a) {
			got = c.b
		}
		if got.Note != c.want.Note || got.Worst != c.want.Worst && got.Worst.Source != c.want.Worst.Source {
			t.Errorf("%q and %q: %q stays, want %q", c.a.Note, c.b.Note, got.Note, c.want.Note)
		}
	}
}

// TestStoppedReport: what a signal leaves is well formed and says so; alone it is refused
// with the searches that are missing.
func TestStoppedReport(t *testing.T) {
	half := stopped(t, 2)
	if !half.Stopped || len(half.Units) != 2 || len(half.Parts) != 2 || half.Claims[eq14b].Cases == 0 {
		t.Errorf("stopped %v, %d units, %d cases", half.Stopped, len(half.Units), half.Claims[eq14b].Cases)
	}
	_, err := Merge([]*Report{half})
	if want := "merge: 1 of 3 units are in no report; this does them: verify -units 3 -seed 1 -cases 1100 -climb 5 " +
		"-claims eq14b,eq14a,a1 -json FILE"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if missing, asked, err := half.Missing(); err != nil || asked != 3 || !slices.Equal(missing, []int{3}) {
		t.Errorf("missing %v of %d, %v", missing, asked, err)
	}
}

// sealed is a copy of r with a change and the digest of what it then says.
func sealed(t testing.TB, r *Report, change func(r *Report)) *Report {
	t.Helper()
	r = read(t, written(t, r))
	change(r)
	for k := range r.Claims {
		before, _, _ := strings.Cut(r.Claims[k].Replay, " -seed")
		r.Claims[k].Replay = before + searchFlags(r.Seed, r.Cases, r.Climb)
	}
	r.Seal()
	return r
}

// TestMergeRefuses: what is not each unit of one search.
func TestMergeRefuses(t *testing.T) {
	whole, a, b := part(t, 1, 1), part(t, 1, 2), part(t, 2, 2)
	for _, c := range []struct {
		name  string
		parts []*Report
		want  string
	}{
		{"none", nil, "no reports"},
		{"one alone", []*Report{a}, "2 of 3 units are in no report; this does them: verify -units 2,3 -seed 1 "},
		{"the last alone", []*Report{b}, "1 of 3 units are in no report; this does them: verify -units 1 -seed 1 "},
		{"a unit twice, not the same", []*Report{a, b, sealed(t, b, func(r *Report) {
			r.Units[0].Digest = strings.Repeat("0", 64)
		})}, "reports 2 and 3, shards 2/2 and 2/2: unit 2 is in both, and differs"},
		{"counts of a unit twice, not the same", []*Report{a, b, sealed(t, b, func(r *Report) {
			row, p := &r.Claims[eq14a], &r.Parts[0][0]
			row.Cases, p.Cases = row.Cases-1, p.Cases-1
			for why := range row.Reasons {
				row.Reasons[why]++
				p.Reasons[why]++
				break
			}
			row.Rejected++
		})}, "unit 2 is in both, and differs"},
		{"a unit of the whole, not the same", []*Report{whole, sealed(t, b, func(r *Report) {
			r.Units[0].Digest = strings.Repeat("0", 64)
		})}, "reports 1 and 2, shards 1/1 and 2/2: unit 2 is in both, and differs"},
		{"idle", []*Report{part(t, 4, 4)}, "all shards are idle"},
		{"stopped before it began", []*Report{stopped(t, 0), b}, "this does them: verify -units 1 "},
		{"seed", []*Report{a, sealed(t, b, func(r *Report) { r.Seed = 2 })},
			"report 2: seed is 2, want 1 as in the first"},
		{"cases", []*Report{a, sealed(t, b, func(r *Report) { r.Cases = 1099 })},
			"report 2: cases is 1099, want 1100 as in the first"},
		{"climb", []*Report{a, sealed(t, b, func(r *Report) { r.Climb = 6 })},
			"report 2: climb is 6, want 5 as in the first"},
		{"selection", []*Report{a, sealed(t, b, func(r *Report) { r.Select.Claims = "eq14a,eq14b,a1" })},
			"report 2: select is"},
		{"executable", []*Report{a, sealed(t, b, func(r *Report) { r.Build.Executable = "ff" })},
			"report 2: build is {ff "},
		{"revision", []*Report{a, sealed(t, b, func(r *Report) { r.Build.Revision = "ff" })}, "report 2: build is"},
		{"compiler", []*Report{a, sealed(t, b, func(r *Report) { r.Build.Go = "go1.0" })}, "report 2: build is"},
	} {
		if sum, err := Merge(c.parts); err == nil || sum != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", c.name, err, c.want)
		}
	}
}

// edit is a change of a report that says what no search found.
type edit struct {
	name   string
	change func(r *Report)
	want   string // in the error
}

// caughtByMerge are edits that Merge refuses though the digest is that of what they say.
var caughtByMerge = []edit{
	{"a ratio of 77 that holds", func(r *Report) {
		row := &r.Claims[eq14bRepaired]
		row.Ratio, row.RatioByN[2] = 77, 77
	}, "eq14b/repaired: ratio is 77, want at most 1 where nothing is violated"},
	{"77 million cases in two batches", func(r *Report) { r.Claims[eq14bRepaired].Cases = 77_000_000 },
		"eq14b/repaired: cases + rejected is 77000"},
	{"a case too few", func(r *Report) { r.Claims[eq14bRepaired].Cases -= 60 }, "want 1100..1142 from 2 batches"},
	{"a claim is deleted", func(r *Report) { r.Claims = r.Claims[1:] },
		"claims has 3 rows, want the 4 that are selected"},
	{"a violation is kept quiet", func(r *Report) {
		row := &r.Claims[eq14b]
		row.Violated, row.Verdict, row.Certificate = 0, claim.Holds, ""
	}, "eq14b/printed: ratio is 2.3"},
	{"a refutation without a violation", func(r *Report) { r.Claims[eq14bRepaired].Verdict = claim.Refuted },
		"eq14b/repaired: verdict is refuted, want holds, which the counts say"},
	{"a violation is made up", func(r *Report) {
		row := &r.Claims[eq14bRepaired]
		row.Violated, row.Verdict = 1, claim.Refuted
	}, "want at least 1 where something is violated"},
	{"a ratio of 0.9 for 0.5", func(r *Report) {
		row := &r.Claims[eq14bRepaired]
		for n := range row.RatioByN {
			row.RatioByN[n] = 0.9
		}
		row.Ratio = 0.9
	}, "eq14b/repaired: worst: the case from "},
	{"a worst case that does not say it", func(r *Report) {
		r.Claims[eq14bRepaired].Worst = &search.Origin{Source: "random case 3"}
	}, "eq14b/repaired: worst: the case from "},
	{"a worst case from nowhere", func(r *Report) {
		r.Claims[eq14bRepaired].Worst = &search.Origin{Source: "long run 3"}
	}, `eq14b/repaired: worst: no case from "long run 3"`},
}

func TestEditedReports(t *testing.T) {
	whole := part(t, 1, 1)
	for _, e := range caughtByMerge {
		if _, err := Merge([]*Report{sealed(t, whole, e.change)}); err == nil ||
			!strings.Contains(err.Error(), e.want) {
			t.Errorf("%s, sealed: error %v, want %q in it", e.name, err, e.want)
		}
		r := read(t, written(t, whole))
		e.change(r)
		if _, err := Merge([]*Report{r}); err == nil || !strings.Contains(err.Error(), "digest is ") {
			t.Errorf("%s, with the old digest: error %v", e.name, err)
		}
	}
}

// smallest is the random case of the smallest ratio above 0 among some, with the claim.
func smallest(t *testing.T, at int) *search.Finding {
	t.Helper()
	claims, err := Select(few)
	if err != nil {
		t.Fatal(err)
	}
	var least *search.Finding
	for k := range uint64(50) {
		f := search.Try(claims[at:at+1], search.Draw(claim.Step, gen.Random(fewOptions.Seed, k)),
			fmt.Sprintf("random case %d", k))[0]
		if f.Ratio > 0 && (least == nil || f.Ratio < least.Ratio) {
			least = f
		}
	}
	if least == nil || !(least.Ratio < float64(part(t, 1, 1).Claims[at].Ratio)) {
		t.Fatalf("no case with a smaller ratio: %+v", least)
	}
	return least
}

// TestRecheck: what only doing it again shows.
func TestRecheck(t *testing.T) {
	whole := part(t, 1, 1)
	recheck := func(r *Report, k int, seed uint64) (units []int, err error) {
		err = r.Recheck(context.Background(), k, seed, func(u search.Unit) { units = append(units, u.Number) })
		return units, err
	}
	if units, err := recheck(whole, 3, 1); err != nil || len(units) != 3 {
		t.Errorf("the search itself: units %v, error %v", units, err)
	}
	if units, err := recheck(whole, 0, 1); err != nil || units != nil {
		t.Errorf("no unit: %v, %v", units, err)
	}
	if units, err := recheck(part(t, 2, 2), 9, 1); err != nil || len(units) != 2 {
		t.Errorf("a shard: units %v, error %v", units, err)
	}
	for _, e := range []edit{
		{"another digest of a unit", func(r *Report) { r.Units[1].Digest = strings.Repeat("0", 64) },
			"unit 2: its digest is 0000"},
		{"a smaller ratio with its case", func(r *Report) {
			row, f := &r.Claims[eq14a], smallest(t, eq14a)
			row.Worst = &search.Origin{Source: f.Source}
			row.Ratio = claim.Number(f.Ratio)
			for n := range row.RatioByN {
				row.RatioByN[n] = min(row.RatioByN[n], sixDigits(f.Ratio))
			}
			row.RatioByN[len(f.Worst.Chain)] = sixDigits(f.Ratio)
		}, "as in this unit"},
		{"valid for rejected", func(r *Report) {
			row := &r.Claims[eq14a]
			row.Cases++
			row.Rejected--
			for why := range row.Reasons {
				if row.Reasons[why] > 1 {
					row.Reasons[why]--
					break
				}
			}
		}, "eq14a/printed: the row is not that of all units"},
		{"the verdict of a claim that judges itself", func(r *Report) { r.Claims[a1].Cases++ },
			"a1/printed: the row is not that of all units"},
	} {
		r := sealed(t, whole, e.change)
		if _, err := Merge([]*Report{r}); err != nil {
			t.Errorf("%s: Merge sees it: %v", e.name, err)
		}
		if _, err := recheck(r, 99, 1); err == nil || !strings.Contains(err.Error(), e.want) {
			t.Errorf("%s: error %v, want %q in it", e.name, err, e.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := whole.Recheck(ctx, 1, 1, func(search.Unit) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: error %v", err)
	}
}

// TestOtherBuild: a difference says that it may come from the program that looks at it.
func TestOtherBuild(t *testing.T) {
	r := sealed(t, part(t, 1, 1), func(r *Report) {
		r.Build.Executable = "ff"
		r.Claims[eq14a].Worst = &search.Origin{Source: smallest(t, eq14a).Source}
	})
	if _, err := Merge([]*Report{r}); err == nil || !strings.Contains(err.Error(), "this program is another build") {
		t.Errorf("error %v", err)
	}
	if b := ThisBuild(); len(b.Executable) != 64 || !strings.HasPrefix(b.Go, "go1.") {
		t.Errorf("this build is %+v", b)
	}
}

// TestWith: what the counts of two units make together, in any order.
func TestWith(t *testing.T) {
	part := func(refuted bool, valid, rejected, violated, undecided int) *Part {
		return &Part{Cases: valid, Reasons: map[string]int{"overflow": rejected}, Violated: violated,
			Undecided: undecided, Refuted: refuted}
	}
	for _, c := range []struct {
		a, b *Part
		want claim.Verdict
	}{
		{part(false, 9, 1, 0, 0), part(false, 9, 1, 0, 0), claim.Holds},
		{part(false, 9, 1, 0, 0), part(false, 0, 0, 0, 0), claim.Holds},
		{part(false, 9, 1, 0, 0), part(false, 1, 999, 0, 0), claim.Starved},
		{part(false, 0, 0, 0, 0), part(false, 0, 0, 0, 0), claim.Invalid},
		{part(false, 9, 1, 0, 0), part(true, 9, 1, 1, 0), claim.Refuted},
		{part(false, 9, 1, 0, 1), part(true, 9, 1, 1, 0), claim.Refuted},
		{part(false, 9, 1, 1, 0), part(false, 9, 1, 0, 0), claim.Undecided},
		{part(false, 1, 999, 0, 1), part(false, 0, 9, 0, 0), claim.Undecided},
		{part(false, 0, 9, 0, 0), part(true, 1, 999, 1, 0), claim.Refuted},
	} {
		for _, p := range [][]*Part{{c.a, c.b}, {c.b, c.a}} {
			got := Row{Note: "kept"}.with(p)
			if got.Verdict != c.want || got.Note != "kept" {
				t.Errorf("%+v and %+v: %s, want %s", p[0], p[1], got.Verdict, c.want)
			}
			if got.Cases != c.a.Cases+c.b.Cases || got.Rejected != c.a.Reasons["overflow"]+c.b.Reasons["overflow"] {
				t.Errorf("%+v and %+v: %d cases, %d rejected", p[0], p[1], got.Cases, got.Rejected)
			}
		}
	}
}

// TestReadRefusesParts: counts by unit that are not those of the units or of the rows.
func TestReadRefusesParts(t *testing.T) {
	for _, e := range []edit{
		{"none", func(r *Report) { r.Parts = nil }, "parts has 0 entries, want one for each of 1 units"},
		{"one too few", func(r *Report) { r.Parts[0] = r.Parts[0][1:] }, "parts[0][0] is not of eq14a/printed"},
		{"one too many", func(r *Report) { r.Parts[0] = append(r.Parts[0], r.Parts[0][0]) }, "parts[0] has 4 entries"},
		{"a case more", func(r *Report) { r.Parts[0][2].Cases++ }, "eq14b/repaired: the row is not the sum of its parts"},
		{"fewer than none", func(r *Report) { r.Parts[0][2].Cases = -1 }, "a count is -1"},
		{"a ratio", func(r *Report) { r.Parts[0][2].Ratio = 0.125 }, "eq14b/repaired: ratio is 0."},
		{"a refutation", func(r *Report) { r.Parts[0][1].Refuted = false }, "eq14b/printed: the row is not the sum"},
		{"a claim", func(r *Report) { r.Parts[0][1].Claim = "x" }, "parts[0][1] is not of eq14b/printed, as in unit 2"},
	} {
		r := sealed(t, part(t, 2, 3), e.change)
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), e.want) {
			t.Errorf("%s: error %v, want %q in it", e.name, err, e.want)
		}
	}
	r := sealed(t, part(t, 1, 1), func(r *Report) { r.Parts = [][]Part{{}} })
	if err := r.Check(); err == nil || !strings.Contains(err.Error(), "want none where no unit is missing") {
		t.Errorf("parts of the whole: error %v", err)
	}
}

// TestBefore: the worse one is before the other, of two as bad the earlier one, and one without cases is before none.
func TestBefore(t *testing.T) {
	of := func(source string) *Row {
		return &Row{Cases: 1, Ratio: 1, Worst: &search.Origin{Source: source}}
	}
	early, late, worse, none := of("random case 1"), of("random case 5000"), of("far case 1"), of("random case 1")
	worse.Ratio, none.Cases = 2, 0
	for _, c := range []struct {
		r, s *Row
		want bool
	}{
		{early, late, true}, {late, early, false}, {early, early, false}, {worse, early, true}, {early, worse, false},
		{early, none, true}, {none, early, false}, {none, none, false},
	} {
		if got := c.r.before(c.s); got != c.want {
			t.Errorf("%+v before %+v: %v", c.r.Worst, c.s.Worst, got)
		}
	}
}

// TestJoins: reports of another seed, number of cases, climb, selection or build are no parts of one
// search; the words name the field and what the first has.
func TestJoins(t *testing.T) {
	first := func() *Report {
		return &Report{Seed: 1, Cases: 2, Climb: 3, Select: few, Build: Build{Executable: "a"}}
	}
	for want, change := range map[string]func(r *Report){
		"seed is 7, want 1 as in the first":  func(r *Report) { r.Seed = 7 },
		"cases is 7, want 2 as in the first": func(r *Report) { r.Cases = 7 },
		"climb is 7, want 3 as in the first": func(r *Report) { r.Climb = 7 },
		"select":                             func(r *Report) { r.Select.Form = "sharp" },
		"build":                              func(r *Report) { r.Build.Executable = "b" },
	} {
		r := first()
		change(r)
		if err := r.joins(first()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if err := first().joins(first()); err != nil {
		t.Error(err)
	}
	r := &Report{Shard: "2/3"}
	if r.asked() != "2/3" {
		t.Errorf("asked %q", r.asked())
	}
	if r.Only = "3-5"; r.asked() != "units 3-5" {
		t.Errorf("asked %q", r.asked())
	}
}
