package props

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"math"
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

// writeShapes has the tests named InCorpus write what is missing: go test ./props -run InCorpus -write-shapes.
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
		for _, s := range shapesOf(target.Name) {
			path := filepath.Join(corpora, target.Name, s.name)
			data := inputAt(t, path)
			if data == nil && *writeShapes && s.write(t, &target) {
				data = inputAt(t, path)
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

// write adds the shape to the corpus of a target, where a drawn case has it.
func (s *shape) write(t *testing.T, target *Target) bool {
	t.Helper()
	data := s.draw(target, claimsOf(target))
	if data == nil {
		return false
	}
	text := fmt.Appendf(nil, "go test fuzz v1\n[]byte(%q)\n", data)
	if err := os.WriteFile(filepath.Join(corpora, target.Name, s.name), text, 0o644); err != nil {
		t.Fatal(err)
	}
	return true
}

// draw is the shortest of drawn inputs of a shape of which some claim says something.
func (s *shape) draw(target *Target, claims []claim.Claim) []byte {
	const draws = 4000
	inputs := slices.DeleteFunc(DrawnInputs(target.Kind, 1, draws), func(data []byte) bool {
		return len(data) > MaxFuzzInput || s.fits(target.Kind, data) != ""
	})
	slices.SortFunc(inputs, func(a, b []byte) int { return cmp.Compare(len(a), len(b)) })
	for _, data := range inputs[:min(len(inputs), 200)] {
		if s.name == tooDear {
			return data
		}
		if rungs, _ := Rungs(claims, data); len(rungs) > 0 {
			return data
		}
	}
	return nil
}

// traitsOf are the shapes of a case by operator and place, such as tanh-first, and by site and
// law, such as eps-bitflip or delta-round-stochastic; eps_1 is no site.
func traitsOf(c *gen.Case) (names []string) {
	law := func(site, law, mode string) {
		names = append(names, strings.TrimSuffix(site+"-"+law+"-"+mode, "-"))
	}
	for i, s := range c.Chain {
		place := "middle"
		switch i {
		case 0:
			place = "first"
		case len(c.Chain) - 1:
			place = "last"
		}
		names = append(names, s.Op+"-"+place)
		law("delta", c.Delta[i].Law, c.Delta[i].Mode)
		if i > 0 {
			law("eps", c.Eps[i].Law, c.Eps[i].Mode)
		}
	}
	return names
}

// trait is the shape of a case that has a trait.
func trait(name string) shape {
	return shape{name, func(c *gen.Case) bool { return slices.Contains(traitsOf(c), name) }}
}

// traitName is the name of a file that is there for a trait.
var traitName = regexp.MustCompile(`^([a-z]+-(first|middle|last)|(delta|eps)-[a-z]+(-[a-z]+)?)$`)

// drawnTraits are those that 4000 drawn cases of a kind have, where a fuzz input may have them.
func drawnTraits(kind claim.Kind) (names []string) {
	const draws = 4000
	for _, data := range DrawnInputs(kind, 1, draws) {
		if c, why := caseIn(kind, data); why == "" {
			names = append(names, traitsOf(c)...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestTraitsInCorpus: the corpus of each target holds every operator at each place where its
// cases have it, and every law at delta and at eps, as a file of that name or in a file that is
// there for something else. With -write-shapes what is missing is drawn.
func TestTraitsInCorpus(t *testing.T) {
	drawn := map[claim.Kind][]string{}
	for _, target := range Targets() {
		if drawn[target.Kind] == nil {
			drawn[target.Kind] = drawnTraits(target.Kind)
		}
		held := map[string]bool{}
		for _, name := range filesOf(t, target.Name) {
			c, why := caseIn(target.Kind, inputAt(t, filepath.Join(corpora, target.Name, name)))
			if why == "" {
				for _, trait := range traitsOf(c) {
					held[trait] = true
				}
			}
		}
		for _, name := range drawn[target.Kind] {
			if s := trait(name); !held[name] && (!*writeShapes || !s.write(t, &target)) {
				t.Errorf("%s has no %s", target.Name, name)
			}
		}
		t.Logf("%s holds %d traits", target.Name, len(drawn[target.Kind]))
	}
	want := map[claim.Kind]int{claim.Step: 45, claim.Nodes: 45, claim.Linear: 5, claim.Training: 26}
	for kind, n := range want {
		if len(drawn[kind]) != n {
			t.Errorf("kind %v has %d traits, want %d: %v", kind, len(drawn[kind]), n, drawn[kind])
		}
	}
	for _, op := range gen.InnerOps {
		for _, place := range []string{"-first", "-middle"} {
			if !slices.Contains(drawn[claim.Step], op+place) {
				t.Errorf("no drawn pass has %s%s", op, place)
			}
		}
	}
	for _, op := range gen.LastOps {
		if !slices.Contains(drawn[claim.Step], op+"-last") {
			t.Errorf("no drawn pass has %s-last", op)
		}
	}
}

// past are the files of what once failed: each says so by its name, and by a case that is as it
// says.
var past = map[string]func(data []byte) string{
	// e^-x has that many bits before its point, or 1 as many behind: what a sum in exact
	// arithmetic has to hold at once.
	"FuzzPropagation/exponents-ten-million-bits-apart": func(data []byte) string {
		far := shape{"", func(c *gen.Case) bool {
			chain, err := core.FromSpecs(c.Chain)
			if err != nil {
				return false
			}
			state := core.NewState(chain)
			state.Pass(chain, c.X, slices.Concat(c.W...), nil)
			for i, s := range c.Chain {
				if s.Op == "sigmoid" && slices.ContainsFunc(state.Y[i], func(y float64) bool {
					return math.Abs(y) > 1e7*math.Ln2
				}) {
					return true
				}
			}
			return false
		}}
		return far.fits(claim.Step, data)
	},
	"FuzzHorizon/thm4-printed-bias-at-rest": func(data []byte) string {
		claims := slices.DeleteFunc(Claims(), func(c claim.Claim) bool { return c.Name() != "thm4/printed/past" })
		rungs, _ := Rungs(claims, data)
		if rungs["thm4/printed/past"] == MaxRung {
			return ""
		}
		return fmt.Sprintf("reaches %v", rungs)
	},
}

// TestNamesAreKnown: each file of a corpus has a name that some test holds it to: a rung that it
// reaches, a shape, a trait, or what once failed.
func TestNamesAreKnown(t *testing.T) {
	seen := 0
	for _, target := range Targets() {
		for _, name := range filesOf(t, target.Name) {
			data := inputAt(t, filepath.Join(corpora, target.Name, name))
			isShape := slices.ContainsFunc(shapesOf(target.Name), func(s shape) bool { return s.name == name })
			why := "no test knows what it is"
			switch is := past[target.Name+"/"+name]; {
			case is != nil:
				seen++
				why = is(data)
			case climbed.MatchString(name), isShape, strings.HasPrefix(name, "with-"):
				why = "" // TestClimbedNames, TestShapesInCorpus
			case traitName.MatchString(name):
				s := trait(name)
				why = s.fits(target.Kind, data)
			}
			if why != "" {
				t.Errorf("%s/%s: %s", target.Name, name, why)
			}
		}
	}
	if seen != len(past) {
		t.Errorf("%d of %d files of what once failed are there", seen, len(past))
	}
}

// filesOf are the names of a target's corpus.
func filesOf(t *testing.T, target string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(corpora, target))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
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
