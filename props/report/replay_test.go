package report

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// named is the claim on the list with the name.
func named(t testing.TB, name string) *claim.Claim {
	t.Helper()
	for _, c := range props.Claims() {
		if c.Name() == name {
			return &c
		}
	}
	t.Fatalf("no claim %s", name)
	return nil
}

// squared is a chain on which everything is easy to follow: f_1 = x + w, f_2 = y^2,
// f_3 = y^2/2 in one dimension, with delta_1 = 1/2 or -1/2.
func squared() *gen.Case {
	zero := perturb.Spec{Law: "zero"}
	return &gen.Case{
		Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "square", N: 1}, {Op: "halfsq", N: 1}},
		X:     []float64{1}, W: [][]float64{{0}, {}, {}},
		Delta: []perturb.Spec{{Law: "twopoint", A: []float64{0.5}, B: []float64{-0.5}, P: 0.5}, zero, zero},
		Eps:   []perturb.Spec{zero, zero, zero},
	}
}

func saved(c *claim.Claim, on *gen.Case) *search.SavedCase {
	return &search.SavedCase{
		Version: 1, Claim: c.ID, Form: c.Form, Reading: c.Reading, Case: on,
		Ratio: claim.Number(search.CheckInBig(c, on).Ratio),
	}
}

// TestSavedCases saves cases of every kind, reads them back and replays them. A file that
// says something else is not believed.
func TestSavedCases(t *testing.T) {
	replayed := map[claim.Kind]int{}
	for _, c := range props.Claims() {
		if c.Kind == claim.SelfJudged || replayed[c.Kind] >= 12 && c.Form == claim.Printed {
			continue
		}
		var on *gen.Case
		for k := uint64(0); on == nil || search.CheckInBig(&c, on).Reason != claim.Valid; k++ {
			on = search.Draw(c.Kind, gen.Random(7, k))
		}
		replayed[c.Kind]++
		data, err := saved(&c, on).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		s, found, err := ReadSaved(data)
		if err != nil || found.Name() != c.Name() {
			t.Fatalf("%s: %v", c.Name(), err)
		}
		var out bytes.Buffer
		same, err := Explain(&out, s, found)
		if err != nil || !same {
			t.Errorf("%s: replayed as saved: %v, error %v\n%s", c.Name(), same, err, &out)
		}
		checkSums(t, &c, out.String())
		about := strings.Contains(out.String(), "\nA1, A2   L = ") && strings.Contains(out.String(), "\nA4       mu = ")
		reading := strings.Contains(out.String(), "\nreading  "+c.Reading.String()+"\n")
		if reading != (c.Reading != claim.AnyReading) || strings.Count(out.String(), "\nreading  ") > 1 {
			t.Errorf("%s: the reading is printed: %v\n%s", c.Name(), reading, &out)
		}
		if about != (c.Kind == claim.Training) {
			t.Errorf("%s: constants of a run are printed: %v\n%s", c.Name(), about, &out)
		}
		if s.Ratio = s.Ratio*2 + 3; math.IsInf(float64(s.Ratio), 1) {
			s.Ratio = 0.5
		}
		if same, _ := Explain(&out, s, found); same ||
			!strings.Contains(out.String(), "but the file says that the ratio is") {
			t.Errorf("%s: a file that lies about its ratio was believed", c.Name())
		}
	}
	if replayed[claim.Step] < 20 || replayed[claim.Nodes] < 3 || replayed[claim.Linear] < 3 ||
		replayed[claim.Training] < 12 {
		t.Errorf("replayed %v", replayed)
	}
}

// checkSums: the terms that a replay prints add up to the sides that it prints, where
// every term is linear. This is the arithmetic that a reader follows by hand.
func checkSums(t *testing.T, c *claim.Claim, text string) {
	t.Helper()
	sum, side := map[string]float64{}, map[string]float64{}
	complete := map[string]bool{"left": true, "right": true}
	for _, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] != "left" && f[0] != "right" {
			continue
		}
		if strings.HasSuffix(line, "without it") || c.Kind == claim.Linear {
			complete[f[0]] = false
			continue
		}
		last, err := strconv.ParseFloat(f[len(f)-1], 64)
		if err != nil {
			t.Errorf("%s: %s: %v", c.Name(), line, err)
		}
		if len(f) == 2 {
			side[f[0]] = last
		} else {
			sum[f[0]] += last
		}
	}
	for _, s := range []string{"left", "right"} {
		if _, printed := side[s]; !printed && complete[s] {
			t.Errorf("%s: no %s side in\n%s", c.Name(), s, text)
		}
		if d := math.Abs(sum[s] - side[s]); complete[s] && !(d <= 1e-6*math.Abs(side[s])) {
			t.Errorf("%s: the terms of the %s side add up to %v, it is %v\n%s", c.Name(), s, sum[s], side[s], text)
		}
	}
}

// TestExplain: on a chain that is followed by hand, what a replay prints of (14).
// Y_1 - y_1 = 1/2 or -1/2, so E|Y_1-y_1|^2 = 1/4 and E|Y_2-y_2|^2 = (25/16 + 9/16)/2 = 17/16;
// L2 is 0 for every operator.
func TestExplain(t *testing.T) {
	c := named(t, "eq14b/printed")
	var out bytes.Buffer
	same, err := Explain(&out, saved(c, squared()), c)
	if err != nil || !same {
		t.Fatalf("same %v, error %v", same, err)
	}
	for _, want := range []string{
		"claim    eq14b, (14) of arXiv:2602.20646v1, printed\n",
		"says     L1^2 E|Y_{N-1}-y_{N-1}|^2 <= 2 Cv^2 L2^2 E|Y_{N-1}-y_{N-1}|^2\n",
		"chain    N = 3: bias(1), square(1), halfsq(1)\n", "x        [1]\n", "w_1      [0]\n",
		`delta_1  {"law":"twopoint","a":[0.5],"b":[-0.5],"p":0.5}` + "\n",
		"         L2 = 9.313225746e-10 = 2^-30, stands for 0: A3 wants it positive\n",
		"left   E|Y_2-y_2|^2  1.0625 ", "right  E|Y_2-y_2|^2  1.0625 ",
		"result   left > right: the case violates the claim\n", "would hold from L2 = ",
		"constants of A3 may be taken larger; all else as it is, the claim\n",
	} {
		if !strings.Contains(strings.ReplaceAll(out.String(), "1.062500000", "1.0625"), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	// A claim that holds needs no remedy.
	out.Reset()
	c = named(t, "eq14b/repaired")
	if same, err := Explain(&out, saved(c, squared()), c); err != nil || !same ||
		strings.Contains(out.String(), "would hold") {
		t.Errorf("same %v, error %v\n%s", same, err, &out)
	}
}

// TestHoldsFrom: (14) is L1^2 <= 2 Cv^2 L2^2 on that chain, so it holds from
// L2 = L1/(2^{1/2} Cv) on; Cv grows with C, C2 and Lf are not in it, and a larger L1 makes
// it worse.
func TestHoldsFrom(t *testing.T) {
	c := named(t, "eq14b/printed")
	lo, hi, why := measure.InBig(c.Kind, squared(), measure.BigPrec)
	if why != claim.Valid {
		t.Fatal(why)
	}
	for _, k := range constants {
		from, ok := holdsFrom(c, lo, hi, k)
		want := map[string]float64{
			"L2": lo.K.L1 / (math.Sqrt2 * lo.K.Cv()),
			"C":  math.Pow(lo.K.L1/(math.Sqrt2*lo.K.L2), 1.0/3),
		}[k.name]
		if ok != (want > 0) || !(math.Abs(from-want) <= 1e-5*want) {
			t.Errorf("%s: from %v (%v), want %v", k.name, from, ok, want)
		}
	}
	// A claim that a larger constant breaks again holds from nowhere.
	odd := *c
	odd.Left = func(v *claim.View, _ int) float64 { return v.Y2[2] }
	odd.Right = func(v *claim.View, _ int) float64 {
		if x := v.K.L2; x < 1 || x > 4 {
			return v.Y2[2] / 2
		}
		return 2 * v.Y2[2]
	}
	if from, ok := holdsFrom(&odd, lo, hi, constants[len(constants)-1]); ok {
		t.Errorf("holds from %v", from)
	}
}

// TestTerms: a term is a coefficient where the side is linear in it, and what the side is
// without it where it is not; what is 0 is named.
func TestTerms(t *testing.T) {
	lo, _, why := measure.Case(claim.Step, squared())
	if why != claim.Valid {
		t.Fatal(why)
	}
	y2 := lo.Y2[1]
	f := func(v *claim.View, _ int) float64 {
		if lo.Y2[1] != y2 {
			t.Error("the view itself is changed")
		}
		return 3*v.Y2[1] + 5*v.E2[2] + v.D2[1]*v.D2[1] + v.K.C
	}
	terms, zero := termsOf(f, lo, 0)
	if len(terms) != 2 || len(zero) != 1 || zero[0] != "E|eps_2|^2" {
		t.Fatalf("terms %+v, zero %v", terms, zero)
	}
	d, y := terms[0], terms[1]
	if d.name != "E|delta_1|^2" || d.linear || math.Abs(d.without-0.75-lo.K.C) > 1e-6 {
		t.Errorf("%+v", d)
	}
	if y.name != "E|Y_1-y_1|^2" || !y.linear || math.Abs(y.coefficient-3) > 1e-6 || math.Abs(y.value-0.25) > 1e-6 {
		t.Errorf("%+v", y)
	}
}

// TestEachOperator: the constants of each operator are printed where a claim speaks of them.
func TestEachOperator(t *testing.T) {
	for name, want := range map[string]bool{"thm1/sharp-each": true, "thm1/sharp": false} {
		var out bytes.Buffer
		c := named(t, name)
		if _, err := Explain(&out, saved(c, squared()), c); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "operator  |J1|"); got != want {
			t.Errorf("%s: %v, want %v\n%s", name, got, want, &out)
		}
	}
}

// TestSaysNothing: a case that says nothing does not show what its file says.
func TestSaysNothing(t *testing.T) {
	still := squared()
	still.Delta[0] = perturb.Spec{Law: "zero"}
	fast := gen.LongRuns(2, 1)[0]
	fast.Run.Gamma *= 2
	for _, c := range []struct {
		name string
		on   *gen.Case
		want string
	}{
		{"thm1/printed", still, "says nothing about the claim: vacuous"},
		{"thm3/printed", fast, "says nothing about the claim: g above 1/(3L)\n         L = "},
	} {
		var out bytes.Buffer
		on := named(t, c.name)
		if same, err := Explain(&out, saved(on, c.on), on); same || err != nil ||
			!strings.Contains(out.String(), c.want) {
			t.Errorf("%s: same %v, error %v\n%s", c.name, same, err, &out)
		}
	}
}

func TestReadSavedRefuses(t *testing.T) {
	data, err := saved(named(t, "lemma1/printed"), squared()).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	good := string(data)
	for name, c := range map[string]struct{ in, want string }{
		"empty":         {"", "saved case: line 1, column 1: "},
		"not JSON":      {"{", "saved case: line 1, column 2: "},
		"unknown field": {`{"version":1,"colour":3}`, "colour"},
		"version":       {`{"version":2}`, "version 2"},
		"no case":       {`{"version":1,"claim":"thm1","form":"printed"}`, "no case"},
		"no claim":      {strings.Replace(good, `"lemma1"`, `"lemma9"`, 1), `no claim "lemma9" in form "printed"`},
		"self-judged":   {strings.Replace(good, `"lemma1"`, `"a2"`, 1), `no claim "a2" in form "printed"`},
		"reading":       {strings.Replace(good, `"ratio"`, `"reading": "exact", "ratio"`, 1), "reading"},
		"trailing":      {good + "{}", "saved case: line "},
		"a brace":       {good + "}", "saved case: line "},
		"words":         {good + "words", "saved case: line "},
	} {
		if _, _, err := ReadSaved([]byte(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.want)
		}
	}
	s, on, err := ReadSaved([]byte(strings.Replace(good, `"x": [`, `"x": [9,`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Explain(&bytes.Buffer{}, s, on); err == nil || !strings.Contains(err.Error(), "x has length") {
		t.Errorf("a case with one input too many: error %v", err)
	}
}

// TestHypothesis: a network that is not linear breaks the hypothesis of (6).
func TestHypothesis(t *testing.T) {
	c := named(t, "eq6b/repaired")
	s := &search.SavedCase{Version: 1, Claim: c.ID, Form: c.Form, Case: squared()}
	var hypothesis *search.HypothesisError
	if _, err := Explain(&bytes.Buffer{}, s, c); !errors.As(err, &hypothesis) {
		t.Errorf("error %v", err)
	}
}

var errFull = errors.New("no space left")

// full takes so many bytes.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestExplainWriteErrors: wherever the device is full, the error is returned.
func TestExplainWriteErrors(t *testing.T) {
	c := named(t, "eq14b/printed")
	s := saved(c, squared())
	for room := 0; room < 900; room += 45 {
		if _, err := Explain(&full{room}, s, c); !errors.Is(err, errFull) {
			t.Errorf("room for %d bytes: error %v", room, err)
		}
	}
}
