package props

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// corpora are those of the targets of claims.
const corpora = "../fuzz/testdata/fuzz"

// writeShapes has TestShapesInCorpus write what is missing: go test ./props -run Shapes -write-shapes.
var writeShapes = flag.Bool("write-shapes", false, "write the inputs of edge shapes that a corpus lacks")

// A shape is what the name of an input says of its case.
type shape struct {
	name string
	is   func(c *gen.Case) bool
}

// with is the shape of a case that has an operator, a law, a format or a mode.
func with(what string) shape {
	return shape{"with-" + what, func(c *gen.Case) bool {
		text, err := json.Marshal(c)
		return err == nil && strings.Contains(string(text), strconv.Quote(what))
	}}
}

func scalar(c *gen.Case) bool {
	return !slices.ContainsFunc(c.Chain, func(s core.Spec) bool { return max(s.In, s.Out, s.N, len(s.A)) > 1 })
}

var (
	longest  = shape{"longest-chain", func(c *gen.Case) bool { return len(c.Chain) == gen.MaxN }}
	scalars  = shape{"scalars-alone", scalar}
	wide     = shape{"widest-input", func(c *gen.Case) bool { return len(c.X) == gen.MaxWidth }}
	oneInput = shape{"run-on-one-input", func(c *gen.Case) bool { return c.Run != nil && len(c.Run.More) == 0 }}
)

// shapesOf are those that the corpus of a target has besides what climbs.
func shapesOf(target string) (all []shape) {
	words := map[string][]string{
		"FuzzPropagation": {"bilinear", "softmaxce", "logistic", "sigmoid", "softplus", "square", "topk", "bitflip", "table",
			"switch", "int8", "e4m3", "stochastic"},
		"FuzzBias":    {"bilinear", "softmaxce", "topk", "bitflip", "table", "int8", "stochastic"},
		"FuzzSpike":   {"bilinear", "softmaxce", "topk", "bitflip", "int8", "stochastic"},
		"FuzzNodes":   {"bilinear", "topk", "bitflip", "int8", "stochastic"},
		"FuzzLinear":  {"constant"},
		"FuzzDescent": {"softmaxce", "halfsq", "table", "constant"},
		"FuzzHorizon": {"softmaxce", "halfsq", "table", "constant"},
	}[target]
	for _, w := range words {
		all = append(all, with(w))
	}
	dear := shape{name: tooDear}
	switch target {
	case "FuzzDescent", "FuzzHorizon":
		return append(all, oneInput, dear)
	case "FuzzLinear": // no case of its kind is too dear
		return append(all, scalars)
	case "FuzzPropagation":
		return append(all, scalars, longest, wide, dear)
	}
	return append(all, longest, wide, dear)
}

// tooDear is the name of an input whose case no fuzzer may run: what FuzzPropagation once took
// for a hang.
const tooDear = "too-dear-to-run"

// claimsOf are those of a target.
func claimsOf(target *Target) []claim.Claim {
	return slices.DeleteFunc(Claims(), func(c claim.Claim) bool { return !target.Owns(&c) })
}

// inputAt is the list of bytes in a file of a corpus, nil where there is no file.
func inputAt(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	_, quoted, ok := strings.Cut(strings.TrimSpace(string(text)), "\n[]byte(")
	data, err2 := strconv.Unquote(strings.TrimSuffix(quoted, ")"))
	if err != nil || !ok || err2 != nil {
		t.Fatalf("%s is no list of bytes: %v, %v", path, err, err2)
	}
	return []byte(data)
}

// fits says why an input is not what its name says, "" where it is.
func (s *shape) fits(kind claim.Kind, data []byte) string {
	c, why := caseIn(kind, data)
	switch {
	case s.name == tooDear && !strings.HasPrefix(why, TooDear):
		return fmt.Sprintf("is not too dear: %q", why)
	case s.name == tooDear:
		return ""
	case why != "":
		return why
	case !s.is(c):
		return "has the case " + c.Line()
	}
	return ""
}

// TestShapesInCorpus: the corpus of each target has its edge shapes, and each of them is
// what its name says. With -write-shapes those that are missing are drawn: the shortest of
// many cases of which some claim says something.
func TestShapesInCorpus(t *testing.T) {
	for _, target := range Targets() {
		claims := claimsOf(&target)
		for _, s := range shapesOf(target.Name) {
			path := filepath.Join(corpora, target.Name, s.name)
			data := inputAt(t, path)
			if data == nil && *writeShapes {
				if data = s.draw(&target, claims); data != nil {
					text := fmt.Appendf(nil, "go test fuzz v1\n[]byte(%q)\n", data)
					if err := os.WriteFile(path, text, 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
			if data == nil {
				t.Errorf("%s has no %s", target.Name, s.name)
			} else if why := s.fits(target.Kind, data); why != "" {
				t.Errorf("%s/%s: %s", target.Name, s.name, why)
			}
		}
		// No name of this kind says what is not so.
		files, err := filepath.Glob(filepath.Join(corpora, target.Name, "with-*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			s := with(strings.TrimPrefix(filepath.Base(path), "with-"))
			if why := s.fits(target.Kind, inputAt(t, path)); why != "" {
				t.Errorf("%s/%s: %s", target.Name, s.name, why)
			}
		}
	}
}

// draw is the shortest of drawn inputs of a shape of which some claim says something.
func (s *shape) draw(target *Target, claims []claim.Claim) []byte {
	const draws = 4000
	inputs := slices.DeleteFunc(DrawnInputs(target.Kind, 1, draws), func(data []byte) bool {
		return len(data) > MaxFuzzInput || s.fits(target.Kind, data) != ""
	})
	slices.SortFunc(inputs, func(a, b []byte) int { return cmp.Compare(len(a), len(b)) })
	for _, data := range inputs[:min(len(inputs), 20)] {
		if s.name == tooDear {
			return data
		}
		if rungs, _ := Rungs(claims, data); len(rungs) > 0 {
			return data
		}
	}
	return nil
}

// TestShapesCanFail: a name that is not true is told from one that is.
func TestShapesCanFail(t *testing.T) {
	data := inputAt(t, filepath.Join(corpora, "FuzzPropagation/with-bilinear"))
	for name, want := range map[string]bool{"bilinear": true, "affin": false, "softmaxce": false} {
		s := with(name)
		if why := s.fits(claim.Step, data); (why == "") != want {
			t.Errorf("with-%s: %q", name, why)
		}
	}
	dear := shape{name: tooDear}
	if dear.fits(claim.Step, data) == "" || longest.fits(claim.Step, nil) == "" {
		t.Error("a small case passes for one that is too dear or long")
	}
}

// climbed is a name that verify corpus gives: a claim, the operators of the case, and the
// rung that it is there for.
var climbed = regexp.MustCompile(`^(.+)-n([0-9]+)-rung-([0-9]+)$`)

// TestClimbedNames: what is named after a claim, a depth and a rung has that depth and
// reaches that rung of that claim.
func TestClimbedNames(t *testing.T) {
	for _, target := range Targets() {
		byName := map[string]claim.Claim{}
		for _, c := range claimsOf(&target) {
			byName[strings.ReplaceAll(strings.Replace(c.Name(), "/printed", "", 1), "/", "-")] = c
		}
		files, err := os.ReadDir(filepath.Join(corpora, target.Name))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			m := climbed.FindStringSubmatch(f.Name())
			if m == nil {
				if strings.Contains(f.Name(), "near-bound") {
					t.Errorf("%s/%s: say which rung, as verify corpus does", target.Name, f.Name())
				}
				continue
			}
			c, ok := byName[m[1]]
			if !ok {
				t.Errorf("%s/%s: no claim %s", target.Name, f.Name(), m[1])
				continue
			}
			rungs, depth := Rungs([]claim.Claim{c}, inputAt(t, filepath.Join(corpora, target.Name, f.Name())))
			if got := fmt.Sprintf("%s-n%d-rung-%d", m[1], depth, rungs[c.Name()]); got != f.Name() || len(rungs) == 0 {
				t.Errorf("%s/%s is %s", target.Name, f.Name(), got)
			}
		}
	}
}

// TestWhatIsTooDearClimbsNoHigher: what the cap of a fuzz input rejects is not what matters.
// Random cases that are rejected, of up to ten times the cap, reach no rung of any claim
// that the corpus, all of which is affordable, does not reach or pass.
func TestWhatIsTooDearClimbsNoHigher(t *testing.T) {
	const draws, most = 400, 6 // cases drawn, rejected ones tried
	larger := gen.Budget{Name: "this test", Work: 10 * gen.FuzzBudget.Work, Bytes: 5 * gen.FuzzBudget.Bytes}
	for _, target := range Targets() {
		if target.Name != "FuzzPropagation" && target.Name != "FuzzNodes" {
			continue
		}
		claims := claimsOf(&target)
		top := map[string]int{}
		files, err := os.ReadDir(filepath.Join(corpora, target.Name))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			rungs, _ := Rungs(claims, inputAt(t, filepath.Join(corpora, target.Name, f.Name())))
			for name, rung := range rungs {
				top[name] = max(top[name], rung)
			}
		}
		rejected, tried, said := 0, 0, 0
		for _, data := range DrawnInputs(target.Kind, 1, draws) {
			c := search.Draw(target.Kind, gen.Bytes(data))
			if c.Affordable(target.Kind, gen.FuzzBudget) == nil {
				continue
			}
			rejected++
			if tried == most || c.Affordable(target.Kind, larger) != nil {
				continue
			}
			tried++
			for _, f := range search.TryWithin(claims, c, "dear", settleWork) {
				if f.Cases == 0 || f.Ratio < 0 {
					continue
				}
				said++
				if name := f.Claim.Name(); rungOf(f.Ratio) > top[name] {
					t.Errorf("%s: a case that is too dear reaches rung %d, the corpus %d: %s", name, rungOf(f.Ratio),
						top[name], c.Line())
				}
			}
		}
		t.Logf("%s: of %d cases %d too dear; %d of these tried, %d ratios", target.Name, draws, rejected, tried, said)
		if rejected > draws/8 || tried < most || said < most {
			t.Errorf("%s: of %d cases %d too dear; %d of these tried, %d ratios", target.Name, draws, rejected, tried, said)
		}
	}
}
