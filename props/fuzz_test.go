package props

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// stop is a Failer that stops as a test does.
type stop struct{ failed, skipped string }

func (s *stop) Fatalf(format string, args ...any) {
	s.failed = fmt.Sprintf(format, args...)
	panic(s)
}

func (s *stop) Skipf(format string, args ...any) {
	s.skipped = fmt.Sprintf(format, args...)
	panic(s)
}

func until(body func(t Failer)) (s *stop) {
	s = new(stop)
	defer func() {
		if p := recover(); p != nil && p != any(s) {
			panic(p)
		}
	}()
	body(s)
	return s
}

// named are the claims of the list with the given names.
func named(t *testing.T, names ...string) []claim.Claim {
	t.Helper()
	claims := slices.DeleteFunc(Claims(), func(c claim.Claim) bool { return !slices.Contains(names, c.Name()) })
	if len(claims) != len(names) {
		t.Fatalf("%d claims are named %v", len(claims), names)
	}
	return claims
}

// TestWords: every operator has a formula, and a chain reads as what it computes.
func TestWords(t *testing.T) {
	for _, op := range core.OpNames() {
		if formulas[op] == "" {
			t.Errorf("%s has no formula", op)
		}
	}
	want := "in words: y_0 = x in R^1; y_1 = W_1 y_0; y_2 = W_2 y_1 (eps_2: constant); y_3 = W_3 y_2 (eps_3: constant)"
	if got := inWords(threeOperators()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	biased := &gen.Case{Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "scale", N: 1}}, X: []float64{1},
		Delta: make([]perturb.Spec, 2), Eps: make([]perturb.Spec, 2)}
	if got := inWords(biased); !strings.Contains(got, "w_1") || !strings.Contains(got, "w_2") ||
		strings.Contains(got, "w_0") {
		t.Errorf("got  %s", got)
	}
	labelled := &gen.Case{Chain: []core.Spec{{Op: "softmaxce", N: 3, Label: 2}}, X: []float64{1, 2, 3},
		Delta: []perturb.Spec{{Law: "zero"}}, Eps: []perturb.Spec{{}}}
	if got := inWords(labelled); !strings.HasSuffix(got, "y_1 = the cross entropy of softmax(y_0) and label 2") {
		t.Errorf("got  %s", got)
	}
}

// TestLadder: rungs rise with the ratio, each is reached, and the last is near 1.
func TestLadder(t *testing.T) {
	last, seen := 0, map[int]bool{}
	for k := range 4001 {
		distance := 1.0
		for range k / 100 {
			distance *= 0.7
		}
		rung := ladder(1 - distance*(1-float64(k%100)*0.003))
		if rung < last {
			t.Fatalf("step %d: rung %d after %d", k, rung, last)
		}
		last, seen[rung] = rung, true
	}
	if len(seen) != MaxRung+1 || ladder(1) != MaxRung || ladder(2) != MaxRung || ladder(0) != 0 {
		t.Errorf("%d rungs reached of %d", len(seen), MaxRung+1)
	}
}

// TestFuzzSavedCanFail: a case that violates a claim said to hold makes the target red;
// a claim said to be refuted does not.
func TestFuzzSavedCanFail(t *testing.T) {
	data := []byte(`{"version":1,"claim":"eq6b","form":"printed","ratio":"inf","case":{
		"chain":[{"op":"linear","in":1,"out":1},{"op":"linear","in":1,"out":1}],"x":[3],"w":[[2],[0.1]],
		"delta":[{"law":"zero"},{"law":"zero"}],"eps":[{"law":"zero"},{"law":"constant","d":[1]}]}}`)
	hold := named(t, "eq6b/printed")
	if s := until(func(t Failer) { FuzzSaved(t, hold, data) }); !strings.Contains(s.failed,
		"eq6b/printed holds, and is violated") {
		t.Errorf("failed %q, skipped %q", s.failed, s.skipped)
	}
	if s := until(func(t Failer) { FuzzSaved(t, nil, data) }); s.failed != "" {
		t.Error(s.failed)
	}
}

// TestFuzzSkipsWhatIsDear: an input whose case is dear is skipped by that name.
func TestFuzzSkipsWhatIsDear(t *testing.T) {
	claims := named(t, "thm3/printed")
	for index := range uint64(2000) {
		data := make([]byte, 40)
		src := gen.Random(3, index)
		for k := range data {
			data[k] = byte(src.Int(0, 255))
		}
		if gen.TrainingRun(gen.Bytes(data)).Affordable(claim.Training, gen.FuzzBudget) == nil {
			continue
		}
		if s := until(func(t Failer) { Fuzz(t, claims, data) }); !strings.HasPrefix(s.skipped,
			TooDear+": gen: operator ") {
			t.Errorf("failed %q, skipped %q", s.failed, s.skipped)
		}
		return
	}
	t.Error("no dear run in 2000")
}

// TestRungOf: the rungs without branches are those of the ladder.
func TestRungOf(t *testing.T) {
	for k := range 4000 {
		ratio := 1 - math.Exp2(-float64(k)/180)
		if got, want := rungOf(ratio), ladder(ratio); got != want {
			t.Fatalf("ratio %v: rung %d, the ladder has %d", ratio, got, want)
		}
	}
	if rungOf(2) != MaxRung || ladder(2) != MaxRung || ladder(0) != 0 {
		t.Error("the ends of the ladder")
	}
}

// TestFinds: a refuted claim is written down once with its case and left alone; the others
// at each rung.
func TestFinds(t *testing.T) {
	claims := slices.DeleteFunc(Claims(), func(c claim.Claim) bool {
		return !slices.Contains([]string{"eq14b/printed", "thm1/printed"}, c.Name())
	})
	dir := t.TempDir()
	f := NewFinds(claims, dir)
	rng := rand.New(rand.NewPCG(1, 1))
	for range 400 {
		data := make([]byte, 64)
		for k := range data {
			data[k] = byte(rng.IntN(256))
		}
		func() {
			defer func() { _ = recover() }() // a skip
			f.Fuzz(new(stop), data)
		}()
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 || len(f.open) != 1 {
		t.Fatalf("%v, %v, %d claims open", files, err, len(f.open))
	}
	data, err := os.ReadFile(filepath.Join(dir, files[0].Name()))
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]Find{}
	for line := range strings.Lines(string(data)) {
		var find Find
		if err := json.Unmarshal([]byte(line), &find); err != nil {
			t.Fatal(err)
		}
		if before, seen := last[find.Claim]; seen && (before.Refuted || !find.Refuted && before.Rung >= find.Rung) {
			t.Errorf("%s: rung %d after %d", find.Claim, find.Rung, before.Rung)
		}
		last[find.Claim] = find
	}
	if !last["eq14b/printed"].Refuted || last["thm1/printed"].Refuted || last["thm1/printed"].Case == nil {
		t.Errorf("%+v", last)
	}
}
