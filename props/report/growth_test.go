package report

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/pages"
)

// TestGrowthOnRecord: the page and the picture of growth are what the ratios on record give,
// and every claim of the list that is searched has a curve.
func TestGrowthOnRecord(t *testing.T) {
	g, on, err := growthAndRecord()
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Curves) != len(searchedNames()) || len(g.doublings()) < 4 {
		t.Errorf("%d curves of %d batches for %d claims", len(g.Curves), g.Batches, len(searchedNames()))
	}
	var page, curves, ratios strings.Builder
	if err := GrowthPage(g, on).Markdown(&page); err != nil {
		t.Fatal(err)
	}
	if err := GrowthSVG(&curves, g, on); err != nil {
		t.Fatal(err)
	}
	if err := g.CSV(&ratios); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{
		"GROWTH.md": page.String(), "growth.svg": curves.String(), growthFile: ratios.String(),
	} {
		want, err := pages.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not what %s gives: write it with verify page growth, or curves", name, growthFile)
		}
	}
	for _, name := range searchedNames() {
		if strings.Count(page.String(), "\n| "+name+" | ") != 1 {
			t.Errorf("%s has no row on the page", name)
		}
	}
}

// TestReadGrowth: a claim of the list without a curve, a curve of no claim, and numbers that
// are none are refused.
func TestReadGrowth(t *testing.T) {
	data, err := pages.FS.ReadFile(growthFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(data), "\n"), "\n")
	text := func(change func(l []string) []string) string {
		return strings.Join(change(append([]string{}, lines...)), "")
	}
	names := searchedNames()
	for want, in := range map[string]string{
		"growth: line 3 is of \"" + names[2] + "\", want " + names[1]: text(func(l []string) []string {
			return append(l[:2], l[3:]...)
		}),
		"growth: " + names[len(names)-1] + " has no curve": text(func(l []string) []string { return l[:len(l)-1] }),
		"is no claim that is searched, or is there twice": text(func(l []string) []string {
			return append(l, "\n"+l[1])
		}),
		`growth: line 2: ratio "nan"`: text(func(l []string) []string {
			l[1] = names[0] + ",nan" + strings.Repeat(",1", strings.Count(l[1], ",")-1) + "\n"
			return l
		}),
		`growth: line 2: ratio "-1"`: text(func(l []string) []string {
			l[1] = names[0] + "," + strings.Repeat(",-1", strings.Count(l[1], ",")-1) + "\n"
			return l
		}),
		`growth: line 2: ratio ""`: text(func(l []string) []string {
			l[1] = names[0] + strings.Repeat(",", strings.Count(l[1], ",")) + "\n"
			return l
		}),
		"wrong number of fields": text(func(l []string) []string { l[1] = names[0] + ",,1\n"; return l }),
		"growth: no header":      "",
	} {
		if _, err := ReadGrowth(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// TestGrowthOf: the ratios of the units of two reports, in any order, and what is refused.
func TestGrowthOf(t *testing.T) {
	claims, err := Select(Selection{})
	if err != nil {
		t.Fatal(err)
	}
	// part has units of a batch, and of the long runs; the ratio tells batch and place.
	part := func(long bool, batches ...int) *Report {
		r := &Report{Seed: 1, Cases: 3*search.Batch + 1}
		enter := func(u search.Unit) {
			parts := []Part{}
			for k := range claims {
				if claims[k].Kind != claim.SelfJudged && unitOf(&u, claims[k].Kind) {
					ratio := claim.Number(u.Batch) + claim.Number(k)/1024
					if u.Kind == search.LongUnit {
						ratio = 0.75
					}
					parts = append(parts, Part{Claim: claims[k].Name(), Cases: 1, Ratio: ratio})
				}
			}
			r.Units, r.Parts = append(r.Units, u), append(r.Parts, parts)
		}
		if long {
			enter(search.Unit{Kind: search.LongUnit})
		}
		for _, b := range batches {
			for _, kind := range []claim.Kind{claim.Step, claim.Nodes, claim.Linear, claim.Training} {
				enter(search.Unit{Kind: kind.String(), Batch: b})
			}
		}
		return r
	}
	g, err := GrowthOf([]*Report{part(false, 1, 3), part(true, 0, 2, 1)}) // batch 3 is of one case
	if err != nil || g.Batches != 3 || len(g.Curves) != len(searchedNames()) {
		t.Fatalf("error %v, %+v", err, g)
	}
	at := 0
	for k := range claims {
		if claims[k].Kind == claim.SelfJudged {
			continue
		}
		row := g.Curves[at]
		at++
		first := float64(k) / 1024
		long := 0.0
		if claims[k].Kind == claim.Training {
			long = 0.75
		}
		want := fmt.Sprint(claims[k].Name(), long, []float64{first, 1 + first, 2 + first})
		if got := fmt.Sprint(row.Claim, row.Long, row.Batch); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	names := searchedNames()
	for want, change := range map[string]func(first, second *Report) []*Report{
		"report 2 has climbs of 9, want -climb 0": func(a, b *Report) []*Report { b.Climb = 9; return []*Report{a, b} },
		"report 2 is of seed 2, want 1":           func(a, b *Report) []*Report { b.Seed = 2; return []*Report{a, b} },
		"report 2 is of some claims": func(a, b *Report) []*Report {
			b.Select.Claims = "eq15"
			return []*Report{a, b}
		},
		"report 1 does not keep its units apart": func(a, b *Report) []*Report { a.Parts = nil; return []*Report{a, b} },
		"no unit has batch 0 of " + names[0]:     func(_, b *Report) []*Report { return []*Report{b} },
		"no unit has batch 1 of " + names[0]:     func(a, _ *Report) []*Report { return []*Report{a, part(false, 2)} },
		"no unit has batch 1 of " + names[1]: func(a, b *Report) []*Report {
			b.Parts[0] = b.Parts[0][:1]
			return []*Report{a, b}
		},
		"no unit has " + names[2]: func(a, _ *Report) []*Report {
			a.Parts[0][2].Claim = "another"
			return []*Report{a}
		},
		"no report: give those of parts": func(_, _ *Report) []*Report { return nil },
	} {
		parts := change(part(false, 0), part(false, 1))
		if _, err := GrowthOf(parts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// TestAfter: mean and median of the largest of n of m are those over all choices, counted
// one by one.
func TestAfter(t *testing.T) {
	r := RatioRow{Batch: []float64{0.5, 0.125, 0.25, 0, 1, 0.25}}
	m := len(r.Batch)
	for n := 1; n <= m; n++ {
		sum, choices, below := 0.0, 0, map[float64]int{}
		for set := range 1 << m {
			largest, size := 0.0, 0
			for k := range m {
				if set>>k&1 == 1 {
					largest = max(largest, r.Batch[k])
					size++
				}
			}
			if size != n {
				continue
			}
			sum += largest
			choices++
			for _, v := range r.Batch {
				if largest <= v {
					below[v]++
				}
			}
		}
		median := math.Inf(1)
		seen := map[float64]bool{}
		for _, v := range r.Batch { // below counts a value as often as it is there
			times := 0
			for _, w := range r.Batch {
				if w == v {
					times++
				}
			}
			if !seen[v] && 2*below[v]/times >= choices {
				median = min(median, v)
			}
			seen[v] = true
		}
		mean, middle := r.after(n)
		if math.Abs(mean-sum/float64(choices)) > 1e-12 || middle != median {
			t.Errorf("%d of %d: mean %v, median %v, want %v, %v", n, m, mean, middle, sum/float64(choices), median)
		}
	}
	one := RatioRow{Batch: []float64{1, math.Inf(1)}}
	if mean, median := one.after(1); !math.IsInf(mean, 1) || median != 1 {
		t.Errorf("of 1 and inf: mean %v, median %v", mean, median)
	}
}

// TestCurveWords: sparklines, and by how much a curve moves.
func TestCurveWords(t *testing.T) {
	for want, values := range map[string][]float64{
		"▁▁▁▁": {0, 0, 0, 0}, "████": {1, 1, 1, 1}, "▁▅█": {0, 0.25, 0.5},
		"▃██": {1, 3, math.Inf(1)},
	} {
		if got := sparkline(values); got != want {
			t.Errorf("%v is %s, want %s", values, got, want)
		}
	}
	for _, c := range []struct {
		curve []float64
		want  float64
	}{{[]float64{1}, 0}, {[]float64{0.5, 0.75}, 0.5}, {[]float64{0, 0}, 0}, {[]float64{0, 1}, math.Inf(1)},
		{[]float64{9, 2, 2}, 0}} {
		if got := moves(c.curve); got != c.want {
			t.Errorf("%v moves by %v, want %v", c.curve, got, c.want)
		}
	}
}
