package props

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// testOptions are enough to settle every verdict and little enough for go test.
var testOptions = Options{Seed: 1, Cases: 2000, Climb: 200}

// searched are the claims that a search has cases for.
func searched() []Claim {
	return slices.DeleteFunc(Claims(), func(c Claim) bool { return c.Kind == Own })
}

// someSearched are a third of them, of every kind, for tests of the search itself.
func someSearched() []Claim {
	k := 0
	return slices.DeleteFunc(searched(), func(c Claim) bool { k++; return c.Kind != Linear && k%3 != 0 })
}

// record is testdata/verdicts.
func record(t *testing.T) map[string]string {
	t.Helper()
	f, err := cascade.Testdata.Open("testdata/verdicts")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	on, err := ReadVerdicts(f)
	if err != nil {
		t.Fatal(err)
	}
	return on
}

// TestVerdicts is the theorem check: a search from three seeds, with nothing
// but the claims to start from, reaches the verdicts on record, both ways. The
// first one climbs as well, which refutes nothing and is most of the work.
func TestVerdicts(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		opt := testOptions
		if opt.Seed = seed; seed > 1 {
			opt.Climb = 0
		}
		var rows []ClaimReport
		for _, f := range Search(Claims(), opt) {
			rows = append(rows, f.Row(opt, opt.Cases))
		}
		for _, d := range Differences(rows, record(t), true) {
			t.Errorf("seed %d: %s", seed, d)
		}
	}
}

// TestProperty runs every claim as a rapid property, which shrinks what fails.
// A claim on record as refuted must keep failing in the search, not here.
func TestProperty(t *testing.T) {
	on := record(t)
	for _, c := range Claims() {
		if on[c.Name()] != "holds" || c.Kind == Own {
			continue
		}
		t.Run(c.Name(), func(t *testing.T) {
			said, tried := 0, 0
			rapid.Check(t, func(rt *rapid.T) {
				tried++
				if Property(rt, []Claim{c}, draw(c.Kind, gen.Rapid(rt)))[0] >= 0 {
					said++
				}
			})
			// rapid favours small values, and with them chains that nothing perturbs.
			if said*20 < tried {
				t.Errorf("%d of %d cases say anything about the claim", said, tried)
			}
		})
	}
}

// TestRuns holds every claim on the training runs.
func TestRuns(t *testing.T) {
	reports, err := CheckRuns(Search(searched(), Options{Seed: 1, Cases: Batch}), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(reports) != 7 {
		t.Errorf("%d runs, want 7", len(reports))
	}
	for _, r := range reports {
		if !r.OK {
			t.Errorf("%s: %v", r.Name, r.Violated)
		}
		if !(r.LossLast < r.LossFirst/2) {
			t.Errorf("%s: the loss went from %v to %v: nothing was trained", r.Name, r.LossFirst, r.LossLast)
		}
		if len(r.Logged) < 10 {
			t.Errorf("%s: %d steps were logged, want at least 10", r.Name, len(r.Logged))
		}
		for _, l := range r.Logged {
			if !(l.Measured > 0 && l.Measured <= l.Bound) {
				t.Errorf("%s, step %d: measured %v, bound %v", r.Name, l.T, l.Measured, l.Bound)
			}
		}
		if len(r.Ratio) < 40 {
			t.Errorf("%s: %d claims were valid somewhere, want at least 40", r.Name, len(r.Ratio))
		}
	}
}

// brokenFormulas are right sides with a planted fault; the search must refute
// each, and find the ratio that the fault leaves.
func brokenFormulas() []Claim {
	claims := map[string]Claim{}
	for _, c := range Claims() {
		claims[c.Name()] = c
	}
	breakIt := func(name, fault string, right func(v *View, i int) float64) Claim {
		c, ok := claims[name]
		if !ok {
			panic("no claim " + name)
		}
		c.ID = fault
		c.Right = right
		if c.Kind == Training {
			c.Form = Repaired // a planted fault has no certificate: let none be tried
		}
		return c
	}
	scale := func(name, fault string, f float64) Claim {
		right := claims[name].Right
		return breakIt(name, fault, func(v *View, i int) float64 { return f * right(v, i) })
	}
	smaller := func(v *View, change func(k *bounds.Const)) bounds.Const {
		k := v.K
		change(&k)
		return k
	}
	return []Claim{
		breakIt("lemma1/printed", "Cv without max", func(v *View, _ int) float64 { return math.Pow(v.K.C, 2*float64(v.K.N)) }),
		breakIt("eq12/printed", "(12) with N-i-1", func(v *View, i int) float64 { return math.Pow(v.K.C, 2*float64(v.K.N-i-1)) }),
		scale("eq14a/printed", "(14) with L1^2/2", 0.5),
		breakIt("eq15/printed", "(15) at the state after", func(v *View, i int) float64 {
			return bounds.Eq15(smaller(v, func(k *bounds.Const) { k.L1 = 0 }), i, v.V2, v.Y2)
		}),
		breakIt("eq15/printed", "(15) with C for C^2", func(v *View, i int) float64 {
			return bounds.Eq15(smaller(v, func(k *bounds.Const) { k.C = math.Sqrt(k.C) }), i, v.V2, v.Y2)
		}),
		scale("eq16/printed", "(16) with factor 2/3", 1.0/3),
		breakIt("eq17a/printed", "(17) without eps", func(v *View, i int) float64 {
			return bounds.Eq17a(v.K, i, v.V2, v.Y2, make([]float64, v.K.N+1))
		}),
		breakIt("eq17a/printed", "(17) with eps one off", func(v *View, i int) float64 {
			return bounds.Eq17a(v.K, i, v.V2, v.Y2, append([]float64{0}, v.E2[:v.K.N]...))
		}),
		breakIt("eq18a/printed", "(18) without a 2", func(v *View, i int) float64 {
			return bounds.Eq18a(v.K, i, v.Y2, v.D2) / 2
		}),
		breakIt("eq18b/printed", "(18) with one power less", func(v *View, i int) float64 {
			sum := 0.0
			for j := 1; j <= i; j++ {
				sum += 2 * math.Pow(2*v.K.Lf*v.K.Lf, float64(max(i-j-1, 0))) * v.D2[j]
			}
			return sum
		}),
		breakIt("eq19/printed", "(19) with S_{i-1}", func(v *View, _ int) float64 {
			sum := 0.0
			for i := 1; i < v.K.N; i++ {
				sum += 2 * v.K.CvSq() * v.K.L1 * v.K.L1 * v.K.S(i-1) * v.Y2[i] / 8
				sum += 2 * bounds.Theorem1Eps(v.K, i+1) * v.E2[i+1]
			}
			return sum
		}),
		breakIt("thm1/printed", "(13) without eps", func(v *View, _ int) float64 {
			return bounds.Theorem1(v.K, v.D2, make([]float64, v.K.N+1))
		}),
		breakIt("thm1/printed", "(13) without delta", func(v *View, _ int) float64 {
			return bounds.Theorem1(v.K, make([]float64, v.K.N+1), v.E2)
		}),
		breakIt("thm1/printed", "(21) with C for C^2", func(v *View, _ int) float64 {
			return bounds.Theorem1(smaller(v, func(k *bounds.Const) { k.C = math.Sqrt(k.C) }), v.D2, v.E2)
		}),
		breakIt("thm1/printed", "(21) with the sum to i-2", func(v *View, _ int) float64 {
			sum := 0.0
			for i := 1; i < v.K.N; i++ {
				sum += bounds.Theorem1Delta(v.K, i) * v.D2[i]
				if i > 1 {
					sum += bounds.Theorem1Eps(v.K, i) * v.E2[i+1]
				}
			}
			return sum
		}),
		scale("thm1/printed", "(13) three times too small", 1.0/3),
		scale("eq30a/printed", "(30) with 4 for 8", 0.5),
		scale("eq35/printed", "(35) with L/2", 0.5),
		breakIt("eq35/printed", "(35) without U-u", func(v *View, i int) float64 {
			return bounds.Eq35(v.Run.S, v.Run.Leaves[i].UR2, 0)
		}),
		scale("eq36/printed", "(36) with half of all errors", 0.5),
		breakIt("eq36/printed", "(36) without the bias", func(v *View, _ int) float64 {
			return bounds.Eq36(v.Run.S, v.Run.First.E2, 0)
		}),
		breakIt("eq36/printed", "(36) without sigma", func(v *View, _ int) float64 {
			s := v.Run.S
			s.SigmaSq = 0
			return bounds.Eq36(s, v.Run.First.E2, v.Run.First.Mean2)
		}),
		scale("eq40/printed", "(40) with half of all errors", 0.5),
		breakIt("thm3/printed", "(34) without D0", func(v *View, _ int) float64 {
			return bounds.Theorem3(v.Run.S, 0, v.Run.Steps, v.Run.Sum.E2, v.Run.Sum.Mean2)
		}),
		breakIt("thm3/printed", "(34) without the bias", func(v *View, _ int) float64 {
			return bounds.Theorem3(v.Run.S, v.Run.D0, v.Run.Steps, v.Run.Sum.E2, 0)
		}),
		scale("thm3/printed", "(34) four times too small", 0.25),
		scale("eq41/printed", "(41) with a quarter of all errors", 0.25),
		scale("eq41/sharp", "sharp (41) with 0.9 of all errors", 0.9),
		breakIt("eq41/printed", "(41) without the bias", func(v *View, _ int) float64 {
			return bounds.Eq41(v.Run.S, 0, v.Run.Steps, v.Run.Geo.E2, 0)
		}),
		scale("eq40/sharp-root", "root (40) with 0.9", 0.9),
		breakIt("eq40/sharp-root", "root (40) without the cross term", func(v *View, _ int) float64 {
			return bounds.RootEq40(v.Run.S, 0, v.Run.First.Mean2, v.Run.First.Spread)
		}),
		scale("eq41/sharp-root", "root (41) with 0.9", 0.9),
		breakIt("eq41/sharp-root", "root (41) with L/4 for the bias", func(v *View, _ int) float64 {
			return bounds.Root41Excess(v.Run.S, v.Run.D0, v.Run.Steps, v.Run.RootBias/math.Sqrt2, v.Run.Root.Spread)
		}),
		breakIt("eq41/sharp-root", "root (41) without the spread", func(v *View, _ int) float64 {
			return bounds.Root41Excess(v.Run.S, v.Run.D0, v.Run.Steps, v.Run.RootBias, 0)
		}),
		breakIt("eq41/sharp-root", "root (41) without sigma", func(v *View, _ int) float64 {
			s := v.Run.S
			s.SigmaSq = 0
			return bounds.Root41Excess(s, v.Run.D0, v.Run.Steps, v.Run.RootBias, v.Run.Root.Spread)
		}),
		breakIt("thm4/repaired/past", "(37) without delta and eps", func(v *View, _ int) float64 {
			return bounds.Theorem4(v.Run.S, v.Run.D0, v.Run.Steps, 0, 0)
		}),
		breakIt("thm5/repaired/past", "(38) without delta and eps", func(v *View, _ int) float64 {
			return bounds.Theorem5(v.Run.S, 0, v.Run.Steps, 0, 0)
		}),
	}
}

func TestBrokenFormulas(t *testing.T) {
	for _, f := range Search(brokenFormulas(), testOptions) {
		// Only a certificate refutes a run.
		if f.Claim.Kind == Training && f.Violated > 0 && f.Ratio > 1 {
			continue
		}
		if f.Verdict() != "refuted" || !(f.Ratio > 1) {
			t.Errorf("%s: %s with ratio %v, want it refuted", f.Claim.ID, f.Verdict(), f.Ratio)
		}
	}
}

// readmeRatios are the ratios of README's table, by the name of the claim.
func readmeRatios(t *testing.T) map[string]float64 {
	data, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	ratios := map[string]float64{}
	for _, line := range strings.Split(string(data), "\n") {
		if f := strings.Split(line, " | "); len(f) == 7 {
			ratio, err := strconv.ParseFloat(strings.TrimSuffix(f[6], " |"), 64)
			if err == nil {
				ratios[strings.TrimPrefix(f[0], "| ")+"/"+strings.ReplaceAll(f[2], ", ", "/")] = ratio
			}
		}
	}
	return ratios
}

// TestTightnessIsKept: every claim that holds would be refuted with half the ratio on
// record of its right side. So each check can fail, and a right side that becomes twice
// as large, which no verdict shows, is noticed.
func TestTightnessIsKept(t *testing.T) {
	on, ratios := record(t), readmeRatios(t)
	var planted []Claim
	idle := 0 // equations: they hold with both sides 0
	for _, c := range searched() {
		if on[c.Name()] != "holds" {
			continue
		}
		ratio, ok := ratios[c.Name()]
		if !ok {
			t.Errorf("%s: no ratio in README", c.Name())
		}
		if ratio == 0 {
			idle++
			continue
		}
		right := c.Right
		c.Right = func(v *View, i int) float64 { return ratio / 2 * right(v, i) }
		c.Form = Repaired // no certificate is tried for a planted fault
		planted = append(planted, c)
	}
	if idle != 3 || len(planted) < 50 {
		t.Errorf("%d claims without a ratio, %d with one, want 3 and at least 50", idle, len(planted))
	}
	for _, f := range Search(planted, testOptions) {
		if f.Violated == 0 || !(f.Ratio > 1) {
			t.Errorf("%s: %s with half its ratio of the right side, found %v of it", f.Claim.Name(), f.Verdict(), f.Ratio/2)
		}
	}
}

// TestMoreCasesNeverLower: a longer search repeats the shorter one.
func TestMoreCasesNeverLower(t *testing.T) {
	short, long := Options{Seed: 1, Cases: Batch, Climb: 60}, Options{Seed: 1, Cases: 2 * Batch, Climb: 60}
	a, b := Search(someSearched(), short), Search(someSearched(), long)
	for k := range a {
		if !(b[k].Ratio >= a[k].Ratio) {
			t.Errorf("%s: %v after %d cases, %v after %d", a[k].Claim.Name(), a[k].Ratio, short.Cases, b[k].Ratio, long.Cases)
		}
	}
}

func searchJSON(t *testing.T, claims []Claim, opt Options) []byte {
	r := &Report{Version: 1, Seed: opt.Seed, Cases: opt.Cases}
	found := Search(claims, opt)
	for _, f := range found {
		r.Claims = append(r.Claims, f.Row(opt, opt.Cases))
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSameSeedSameBits(t *testing.T) {
	opt := Options{Seed: 5, Cases: Batch, Climb: 30}
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	one := searchJSON(t, searched(), opt) // TestJudgementsRepeat has the others
	runtime.GOMAXPROCS(2)
	if diff := cmp.Diff(string(one), string(searchJSON(t, searched(), opt))); diff != "" {
		t.Errorf("GOMAXPROCS 1 and 2 differ (-1 +2):\n%s", diff)
	}
	few := searched()[:3]
	one = searchJSON(t, few, opt)
	opt.Seed = 6
	if bytes.Equal(one, searchJSON(t, few, opt)) {
		t.Error("another seed gave the same report")
	}
}

// TestReplayCommand: a search of the claims that a row's command names finds the
// row's ratio again, also where a climb on another claim had found it.
func TestReplayCommand(t *testing.T) {
	opt := Options{Seed: 4, Cases: Batch, Climb: 60}
	crossed, plain := 0, 0
	for _, f := range Search(slices.DeleteFunc(Claims(), func(c Claim) bool { return c.Kind != Step }), opt) {
		ids := f.searchedWith()
		if len(ids) > 1 {
			crossed++
		} else if plain++; plain > 3 {
			continue // a few of them will do
		}
		again := Search(slices.DeleteFunc(Claims(), func(c Claim) bool { return c.Kind != Step || !slices.Contains(ids, c.ID) }), opt)
		at := slices.IndexFunc(again, func(g *Finding) bool { return g.Claim.Name() == f.Claim.Name() })
		if g := again[at]; g.Ratio != f.Ratio || g.Source != f.Source {
			t.Errorf("%s: ratio %v from %s, again with the claims %v: %v from %s", f.Claim.Name(), f.Ratio, f.Source, ids, g.Ratio, g.Source)
		}
		if cmd := f.Row(opt, opt.Cases).Replay; !strings.Contains(cmd, strings.Join(ids, ",")+" -seed 4 -cases 1000 -climb 60") {
			t.Errorf("%s: command %s", f.Claim.Name(), cmd)
		}
	}
	if crossed < 3 {
		t.Errorf("%d rows come from a climb on another claim, want 3 or more", crossed)
	}
}

// TestShards: disjoint parts of a search together are the search.
func TestShards(t *testing.T) {
	opt := Options{Seed: 2, Cases: 2 * Batch}
	whole := Search(someSearched(), opt)
	opt.Shards = 2
	opt.Shard = 0
	a := Search(someSearched(), opt)
	opt.Shard = 1
	b := Search(someSearched(), opt)
	for k := range whole {
		if a[k].Cases+b[k].Cases != whole[k].Cases || max(a[k].Ratio, b[k].Ratio) != whole[k].Ratio {
			t.Errorf("%s: shards have %d+%d cases and ratios %v, %v; the whole %d and %v",
				whole[k].Claim.Name(), a[k].Cases, b[k].Cases, a[k].Ratio, b[k].Ratio, whole[k].Cases, whole[k].Ratio)
		}
	}
}

func TestCompare(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		left, right Interval
		want        Answer
	}{
		{Interval{1, 1}, Interval{1, 1}, Yes},
		{Interval{0, 0}, Interval{0, 0}, Yes},
		{Interval{0.5, 0.9}, Interval{1, 2}, Yes},
		{Interval{3, 4}, Interval{1, 2}, No},
		{Interval{1, 1 + 1e-9}, Interval{1, 1}, Yes}, // a tie
		{Interval{1, 3}, Interval{2, 2.5}, Uncertain},
		{Interval{1, 1}, Interval{0, inf}, Uncertain},
		{Interval{nan, nan}, Interval{1, 1}, Uncertain},
		{Interval{1, 1}, Interval{nan, nan}, Uncertain},
	} {
		if got := compare(c.left, c.right); got != c.want {
			t.Errorf("compare(%v, %v) = %v, want %v", c.left, c.right, got, c.want)
		}
	}
}

// TestNaNNeverPasses: a claim whose side is NaN counts no case.
func TestNaNNeverPasses(t *testing.T) {
	claims := Claims()[:1]
	claims[0].Right = func(*View, int) float64 { return math.NaN() }
	f := Search(claims, Options{Seed: 1, Cases: Batch})[0]
	if f.Cases != 0 || f.Verdict() != "starved" {
		t.Errorf("%d valid cases and verdict %s, want 0 and starved", f.Cases, f.Verdict())
	}
}

// TestStarved: a claim that rejects nearly everything has no verdict.
func TestStarved(t *testing.T) {
	f := newFindings(Claims())[0]
	f.Cases, f.Rejected[Overflow] = 4, 96
	if v := f.Verdict(); v != "starved" {
		t.Errorf("4 valid cases of 100: %s, want starved", v)
	}
	f.Cases = 6
	if v := f.Verdict(); v != "holds" {
		t.Errorf("6 valid cases of 102: %s, want holds", v)
	}
}

func TestVerdictsFile(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"three fields": {"a holds really\n", "line 1"},
		"unknown":      {"# c\na probably\n", "line 2"},
		"twice":        {"a holds\nb holds\na refuted\n", "line 3"},
	} {
		if _, err := ReadVerdicts(strings.NewReader(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that names %s", name, err, c.want)
		}
	}
	rows := []ClaimReport{{ID: "a", Form: Printed, Verdict: "refuted"}, {ID: "b", Form: Printed, Verdict: "holds"}}
	got := Differences(rows, map[string]string{"a/printed": "holds", "c/printed": "holds"}, true)
	want := []string{
		"a/printed: refuted, on record: holds", "b/printed: holds, not on record",
		"c/printed: on record as holds, but no such claim",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
}

// TestSavedCase saves a worst case, reads it back and replays it.
func TestSavedCase(t *testing.T) {
	for _, f := range Search(searched(), Options{Seed: 1, Cases: Batch}) {
		data, err := json.Marshal(f.Save(1))
		if err != nil {
			t.Fatal(err)
		}
		s, claim, err := ReadSaved(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", f.Claim.Name(), err)
		}
		var out bytes.Buffer
		same, err := Explain(&out, s, claim)
		if err != nil || !same {
			t.Errorf("%s: replayed as saved: %v, error %v\n%s", f.Claim.Name(), same, err, &out)
		}
		if s.Ratio = s.Ratio*2 + 3; math.IsInf(float64(s.Ratio), 1) {
			s.Ratio = 0.5
		}
		if same, _ := Explain(&out, s, claim); same {
			t.Errorf("%s: a file that lies about its ratio was believed", f.Claim.Name())
		}
	}
}

func TestSavedCaseRefusals(t *testing.T) {
	good, err := json.Marshal(Search(searched()[:1], Options{Seed: 1, Cases: Batch})[0].Save(1))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ in, want string }{
		"empty":         {"", "EOF"},
		"not JSON":      {"{", "unexpected EOF"},
		"unknown field": {`{"version":1,"colour":3}`, "colour"},
		"version":       {`{"version":2}`, "version 2"},
		"no case":       {`{"version":1,"claim":"thm1","form":"printed"}`, "no case"},
		"no claim":      {strings.Replace(string(good), `"lemma1"`, `"lemma9"`, 1), "lemma9"},
		"trailing":      {string(good) + "{}", "more data"},
	} {
		if _, _, err := ReadSaved(strings.NewReader(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.want)
		}
	}
	s, claim, err := ReadSaved(strings.NewReader(strings.Replace(string(good), `"x":[`, `"x":[9,`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Explain(os.Stderr, s, claim); err == nil || !strings.Contains(err.Error(), "x has length") {
		t.Errorf("a case with one input too many: error %v", err)
	}
}

// TestPropertyFails: a claim that is false fails as a rapid property with a case that
// replays. (fatal stands in for the test that it would stop.)
func TestPropertyFails(t *testing.T) {
	for _, c := range Claims() {
		if c.Name() != "eq14b/printed" {
			continue
		}
		for index := range uint64(100) {
			f := &fatal{}
			Property(f, []Claim{c}, draw(Step, gen.Random(1, index)))
			if f.text != "" {
				line := f.text[strings.LastIndex(f.text, "\n")+1:]
				s, claim, err := ReadSaved(strings.NewReader(line))
				if err != nil {
					t.Fatalf("the printed case does not parse: %v\n%s", err, line)
				}
				if same, err := Explain(&bytes.Buffer{}, s, claim); err != nil || !same {
					t.Fatalf("the printed case does not replay: %v", err)
				}
				return
			}
		}
	}
	t.Error("100 cases did not violate the printed (14)")
}

type fatal struct{ text string }

func (f *fatal) Fatalf(format string, args ...any) { f.text = fmt.Sprintf(format, args...) }
func (f *fatal) Skipf(string, ...any)              {}

// TestErrata: every refuted claim gets a certificate, a witness that still violates it in
// math/big, is no larger than what was found, and a repaired form or the word
// that the statement holds by itself.
func TestErrata(t *testing.T) {
	on := record(t)
	found := Search(Claims(), Options{Seed: 1, Cases: 2 * Batch})
	errata := Errata(found)
	refuted := 0
	for _, f := range found {
		if on[f.Claim.Name()] != "refuted" {
			continue
		}
		refuted++
		if !f.Claim.Certifiable() {
			continue
		}
		// A certificate must come from the search alone: a human only commits it.
		c, err := f.Certificate()
		if err != nil {
			t.Errorf("%s: no certificate: %v", f.Claim.Name(), err)
			continue
		}
		data, err := c.Marshal()
		if err != nil {
			t.Errorf("%s: %v", f.Claim.Name(), err)
			continue
		}
		if r, err := cert.Check(data); err != nil || r.Verdict != cert.Refuted {
			t.Errorf("%s: %v, %v", f.Claim.Name(), r, err)
		}
	}
	if len(errata) != refuted {
		t.Errorf("%d errata, %d claims on record as refuted", len(errata), refuted)
	}
	var sharper []string
	for _, i := range Improvements(found) {
		sharper = append(sharper, i.Claim.Name())
		// Sharper means that more of it is used; Theorem 1's each has its own constants.
		if i.Beside != nil && i.Claim.Form == Sharp && !(float64(i.Ratio) >= i.Beside.Ratio) {
			t.Errorf("%s: ratio %v, the form beside it has %s", i.Claim.Name(), i.Ratio, i.BesideRatio())
		}
		if repaired := strings.HasSuffix(i.BesideRatio(), "(repaired)"); repaired != (i.Claim.ID == "thm4" || i.Claim.ID == "thm5") {
			t.Errorf("%s stands beside %s", i.Claim.Name(), i.BesideRatio())
		}
		if readings := len(i.Readings); i.Claim.Reading != "" && readings != 3 {
			t.Errorf("%s is listed with the readings %v", i.Claim.Name(), i.Readings)
		}
	}
	want := []string{"thm1/sharp", "thm1/sharp-each", "eq36/sharp", "thm3/sharp", "eq40/sharp", "eq41/sharp", "eq40/sharp-root", "eq41/sharp-root",
		"thm4/sharp/literal", "thm5/sharp/literal", "table1/sharp"}
	if d := cmp.Diff(want, sharper); d != "" {
		t.Errorf("sharper forms (-want +got):\n%s", d)
	}
	for _, e := range errata {
		slack := map[string]string{
			"lemma2/printed/literal": "(26)", "lemma2/printed/past": "(26)", "eq20/derivation": "(20)", "eq41/derivation": "(41)",
		}[e.Claim.Name()]
		if got, _, _ := strings.Cut(e.Slack(), " hold"); got != slack {
			t.Errorf("%s: %q hold through slack, want %q", e.Claim.Name(), got, slack)
		}
		if len(e.Repaired) == 0 && e.Claim.Form != Derivation {
			t.Errorf("%s: no repaired form stands beside it", e.Claim.Name())
		}
		if e.Claim.Kind == Own {
			if e.Note == "" || e.Witness != nil {
				t.Errorf("%s: note %q, witness %v", e.Claim.Name(), e.Note, e.Witness)
			}
			continue
		}
		if e.Result.Answer != No {
			t.Errorf("%s: the witness %s does not violate it", e.Claim.Name(), Line(e.Witness))
		}
		if len(e.Witness.Chain) > 3 {
			t.Errorf("%s: the witness has %d operators: %s", e.Claim.Name(), len(e.Witness.Chain), Line(e.Witness))
		}
	}
}

// TestSimplifyKeepsWhatHolds: a case that violates nothing is left alone.
func TestSimplifyKeepsWhatHolds(t *testing.T) {
	c := only("thm1")
	k := draw(Step, gen.Random(1, 3))
	if Simplify(&c, k) != k {
		t.Error("a case that agrees with the claim was changed")
	}
}

// TestLine: the sign of -0 is not shown.
func TestLine(t *testing.T) {
	zero := math.Copysign(0, -1)
	c := &gen.Case{
		Chain: []core.Spec{{Op: "scale", N: 2}}, X: []float64{zero, zero}, W: [][]float64{{zero, -0.5}},
		Delta: []perturb.Spec{{Law: "twopoint", A: []float64{zero, 1}, B: []float64{zero, -1}, P: 0.5}}, Eps: []perturb.Spec{{Law: "constant", D: []float64{zero}}},
	}
	if got, want := Line(c), "scale(2) w_1=[0 -0.5]; x=[0 0]; delta_1=[0 1] or [0 -1] (p=0.5); eps_1=[0]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestHardCases: cases of long searches that once went wrong, in testdata/hard. In
// bits.json the two sides of (32) part only with more bits than exactPrec; in
// underflow.json there are leaves whose probability is 0 in float64.
func TestHardCases(t *testing.T) {
	on := record(t)
	files, err := filepath.Glob("../testdata/hard/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	underflow := map[string]int{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := gen.ReadCase(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []Kind{Step, Nodes} {
			f := newFindings(slices.DeleteFunc(Claims(), func(c Claim) bool { return c.Kind != kind }))
			tryAll(f, kind, c, "")
			for _, g := range f {
				underflow[filepath.Base(file)] += g.Rejected[Underflow]
				if g.Undecided > 0 || g.Violated > 0 && on[g.Claim.Name()] == "holds" {
					t.Errorf("%s: %s: %d undecided, %d violated", file, g.Claim.Name(), g.Undecided, g.Violated)
				}
			}
		}
	}
	if underflow["underflow.json"] == 0 {
		t.Error("underflow.json is not rejected for a probability that underflows")
	}
}

// TestProductsOfErrors: in the total reading the repaired (23) needs what products of
// errors add to Cy; without it a delta_2 that follows the sign of delta_1 breaks it.
func TestProductsOfErrors(t *testing.T) {
	const a = 0x1p-14
	zero := perturb.Spec{Law: "zero"}
	c := &gen.Case{
		Chain: []core.Spec{{Op: "bias", N: 2}, {Op: "square", N: 2}, {Op: "halfsq", N: 2}},
		X:     []float64{0, 1}, W: [][]float64{{0, 0}, {}, {}},
		Delta: []perturb.Spec{
			{Law: "twopoint", A: []float64{a, a}, B: []float64{-a, -a}, P: 0.5},
			{Law: "switch", A: []float64{0.5, 0}, B: []float64{-0.5, 0}, K: 1, At: 1}, zero,
		},
		Eps: []perturb.Spec{zero, zero, zero},
	}
	claims := Claims()
	at := slices.IndexFunc(claims, func(c Claim) bool { return c.Name() == "thm2/repaired/total" })
	with := claims[at]
	without := with
	without.Right = func(v *View, _ int) float64 {
		return bounds.ConjecturedTheorem2(v.K, v.DMean2[expect.Total], v.D4, v.EMean2[expect.Past])
	}
	if r := CheckExactly(&with, c); r.Answer != Yes || !(r.Ratio < 1e-12) {
		t.Errorf("with the products: %+v", r)
	}
	if r := CheckExactly(&without, c); r.Answer != No || !(math.Abs(r.Ratio-6.5183) < 1e-3) {
		t.Errorf("without the products: %+v, want a violation with ratio 6.5183", r)
	}
}
