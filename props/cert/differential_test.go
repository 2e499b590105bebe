package cert_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
)

var (
	mutants = flag.Int("mutants", 150, "certificates that TestDifferential changes and gives to both checkers; "+
		"20 times as many with -full")
	mutantSeed = flag.Uint64("mutant-seed", 1, "seed of TestDifferential")
	onlyZeta   = flag.Bool("zeta", false, "TestDifferential changes laws of zeta alone")
)

// python is the interpreter, or a visible skip.
func python(t testing.TB) string {
	t.Helper()
	name, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3: the second checker is not run")
	}
	return name
}

// everyVector is how many vectors the second checker is given without -full: one in so many. The
// step of .ci/run of that name gives it all of them.
const everyVector = 4

// TestSecondChecker: check.py comes to the verdicts of the vectors and accepts the
// certificates on record, and it stays one file below 500 lines.
func TestSecondChecker(t *testing.T) {
	source, err := os.ReadFile("check.py")
	if err != nil {
		t.Fatal(err)
	}
	const most = 500
	if n := strings.Count(string(source), "\n"); n >= most {
		t.Errorf("check.py has %d lines, want fewer than %d", n, most)
	}
	command := python(t)
	var some []vector
	for _, g := range readVectors(t).TestGroups {
		for _, v := range g.Tests {
			if *full || v.ID%everyVector == 0 {
				some = append(some, v)
			}
		}
	}
	if out, disagree := runVectorsFile(t, command, some); disagree || len(some) < 50 {
		t.Errorf("%d vectors:\n%s", len(some), out)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(command, append([]string{"check.py"}, files...)...).CombinedOutput()
	if err != nil || strings.Count(string(out), ": accept\n") != len(files) {
		t.Errorf("%d certificates on record: %v\n%s", len(files), err, out)
	}
}

// TestSecondCheckerFails: the runner of the vectors sees a verdict that is another one,
// canonical bytes that are none, and a file without vectors.
func TestSecondCheckerFails(t *testing.T) {
	command := python(t)
	text := string(read(t, "eq6a"))
	good := newVector("good", "OnRecord", []byte(text))
	bad := newVector("bad", "Field", []byte(strings.Replace(text, `"2"`, `"3"`, 1)))
	if good.Result != "valid" || !good.Canonical || bad.Result != "invalid" {
		t.Fatalf("%+v, %+v", good, bad)
	}
	swapped, reversed, uncanonical := good, bad, good
	swapped.Result, swapped.Canonical = "invalid", false
	reversed.Result = "valid"
	uncanonical.Canonical = false
	all := []vector{good, bad, swapped, reversed, uncanonical}
	for k := range all {
		all[k].ID = k + 1
	}
	out, disagree := runVectorsFile(t, command, all)
	for k, what := range []string{
		"valid called valid", "invalid called invalid", "valid called invalid", "invalid called valid",
		"canonical called not",
	} {
		if said := strings.Contains(out, fmt.Sprintf("vector %d,", k+1)); said != (k >= 2) || !disagree {
			t.Errorf("%s: reported as wrong: %v\n%s", what, said, out)
		}
	}
	if out, disagree := runVectorsFile(t, command, []vector{}); !disagree {
		t.Errorf("no vectors, and nothing is wrong:\n%s", out)
	}
	if out, disagree := runVectorsFile(t, command, all[:2]); disagree {
		t.Errorf("right vectors are reported as wrong:\n%s", out)
	}
}

// runVectorsFile gives vectors to check_vectors.py and reports whether it disagrees.
func runVectorsFile(t testing.TB, command string, tests []vector) (out string, disagree bool) {
	t.Helper()
	data, err := json.Marshal(vectorSet{TestGroups: []vectorGroup{{Tests: tests}}})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "vectors.json")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := exec.Command(command, "check_vectors.py", name).CombinedOutput()
	code := 0
	if exit, ok := err.(*exec.ExitError); ok {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if code > 1 || code == 1 && strings.Contains(string(b), "Traceback") {
		t.Fatalf("check_vectors.py fails with %d:\n%s", code, b)
	}
	return string(b), code == 1
}

// TestDifferential: both checkers come to one verdict on certificates that are changed at
// random, most of them with the sides that they then have, so that a difference in any
// number shows. 10^5 of them take some minutes: go test -run Differential -mutants 100000, with -zeta
// of laws of zeta alone.
func TestDifferential(t *testing.T) {
	command := python(t)
	if *full {
		*mutants *= 20
	}
	m := newMutator(t, *mutantSeed)
	const batch = 2000
	tally := map[string]int{}
	for done := 0; done < *mutants; done += batch {
		var tests []vector
		for range min(batch, *mutants-done) {
			v := newVector(fmt.Sprintf("mutant %d", done+len(tests)), "Mutant", m.next())
			v.ID = done + len(tests)
			tests = append(tests, v)
			tally[v.Result]++
		}
		if out, disagree := runVectorsFile(t, command, tests); disagree {
			t.Fatalf("the checkers disagree:\n%s", disagreements(t, out, tests))
		}
	}
	t.Logf("%d mutants, seed %d: %v; %v", *mutants, *mutantSeed, tally, m.kinds)
	if tally["valid"] < *mutants/20 || tally["invalid"] < *mutants/4 {
		t.Errorf("one verdict hardly occurs: %v", tally)
	}
}

// disagreements are the lines of out with the bytes that they are about.
func disagreements(t testing.TB, out string, tests []vector) string {
	t.Helper()
	var b strings.Builder
	for _, v := range tests {
		mark := fmt.Sprintf("vector %d,", v.ID)
		for line := range strings.Lines(out) {
			if strings.Contains(line, mark) {
				fmt.Fprintf(&b, "%s  Go: %s %s\n%q\n", line, v.Result, v.Reason, v.data(t))
			}
		}
	}
	return b.String()
}

// mutator changes certificates.
type mutator struct {
	t     testing.TB
	r     *rand.Rand
	names []string
	trees map[string]any
	kinds map[string]int
}

func newMutator(t testing.TB, seed uint64) *mutator {
	m := &mutator{t: t, r: rand.New(rand.NewPCG(seed, 11)), trees: map[string]any{}, kinds: map[string]int{}}
	for name := range committed(t) {
		m.trees[name] = decode(t, read(t, name))
	}
	m.names = slices.Sorted(maps.Keys(m.trees))
	return m
}

// ofZeta is the kind of mutant whose zeta is changed, one in 8.
const ofZeta = 7

// zetaOr is kind, or ofZeta where no others are asked for.
func (m *mutator) zetaOr(kind int) int {
	if *onlyZeta {
		return ofZeta
	}
	return kind
}

// next is a certificate on record, or one with parts drawn at random, changed.
func (m *mutator) next() []byte {
	tree := m.trees[m.names[m.r.IntN(len(m.names))]]
	kind := "record"
	others := m.r.IntN(3)
	switch m.zetaOr(m.r.IntN(8)) {
	case 0:
		tree, kind = m.random(), "random"
	case 2:
		tree, kind = m.conjecture(), "conjecture"
	case 1:
		tree, kind = m.run(), "run"
	case ofZeta:
		tree, kind = m.zeta(), "zeta"
		others /= 2
	}
	for range others {
		tree = m.edit(tree)
	}
	data := encoded(m.t, tree)
	what := "as edited"
	switch m.r.IntN(8) {
	case 0:
		data, what = m.bytes(data), "bytes"
	case 1:
	default:
		if filled := withSides(data); filled != nil {
			data, what = filled, "sides computed"
		} else if lhs, rhs, ok := cert.SidesAnyway(data); ok {
			data, what = withTheSides(data, lhs, rhs), "sides of what is refused"
		}
	}
	m.kinds[fmt.Sprintf("%s, %s", kind, what)]++
	return data
}

// edit changes one leaf, key or list.
func (m *mutator) edit(tree any) any {
	// All edits of a tree are many; one level down at random leaves a few of a part.
	o, ok := tree.(map[string]any)
	if !ok || len(o) == 0 || m.r.IntN(50) == 0 {
		return m.oneOf(edits("", tree), tree)
	}
	keys := slices.Sorted(maps.Keys(o))
	key := keys[m.r.IntN(len(keys))]
	if m.r.IntN(3) > 0 { // numbers of the case more often than words
		for _, favoured := range []string{"chain", "x", "w", "delta", "eps", "zeta", "constants", "run", "series", "at"} {
			if _, has := o[favoured]; has && m.r.IntN(3) == 0 {
				key = favoured
			}
		}
	}
	changed := maps.Clone(o)
	changed[key] = m.oneOf(edits(key, o[key]), o[key])
	return changed
}

// oneOf prefers another number or word to another kind of value, which is refused at once.
func (m *mutator) oneOf(list []edit, otherwise any) any {
	if m.r.IntN(5) > 0 {
		list = slices.DeleteFunc(list, func(e edit) bool {
			const long = 30
			return !strings.HasPrefix(e.what, "to ") || len(e.what) > long
		})
	}
	if len(list) == 0 {
		return otherwise
	}
	return list[m.r.IntN(len(list))].tree
}

// bytes changes the text.
func (m *mutator) bytes(data []byte) []byte {
	const letters = "{}[]\",:/-0123456789.eE+ \\unlIC\n\x00\xff"
	for range 1 + m.r.IntN(3) {
		at := m.r.IntN(len(data))
		letter := letters[m.r.IntN(len(letters))]
		switch m.r.IntN(3) {
		case 0:
			data[at] = letter
		case 1:
			data = slices.Delete(data, at, at+1)
		case 2:
			data = slices.Insert(data, at, letter)
		}
	}
	return data
}

// random is a chain with laws and constants drawn at random, about any claim.
func (m *mutator) random() any {
	c := randomCertificate(m.r, 2+m.r.IntN(3), allOps)
	one := big.NewRat(1, 1)
	size := big.NewRat(1<<m.r.IntN(12), 1)
	c.Constants = &cert.Constants{C: size, C2: size, Lf: size, L1: size, L2: size, Why: reasons()}
	if m.r.IntN(2) == 0 {
		c.Constants.L2 = big.NewRat(1, 16)
	}
	c.LHS, c.RHS = cert.Value{Num: one}, cert.Value{Num: new(big.Rat)}
	var statements []cert.Certificate
	everyStatement(m.r, c, func() { statements = append(statements, *c) })
	return decode(m.t, honestBytes(m.t, &statements[m.r.IntN(len(statements))]))
}

// conjecture is a chain with zeta, of sites that are drawn alone or at once.
func (m *mutator) conjecture() any {
	c := randomConjecture(m.r)
	c.LHS, c.RHS = cert.Value{Num: big.NewRat(1, 1)}, cert.Value{Num: new(big.Rat)}
	if m.r.IntN(4) > 0 {
		_ = c.Fill() // what has no sides keeps these, and is refused
	}
	return decode(m.t, honestBytes(m.t, c))
}

// run is a run of some steps.
func (m *mutator) run() any {
	gamma := big.NewRat(1, int64(3+m.r.IntN(3)))
	runs := longRuns(gamma, 1+m.r.IntN(12), small(m.r))
	c := runs[m.r.IntN(len(runs))].c
	c.Claim, c.Form = "eq41", []string{"printed", "derivation"}[m.r.IntN(2)]
	if m.r.IntN(2) == 0 {
		c.Claim, c.Form, c.Reading = []string{"thm4", "thm5"}[m.r.IntN(2)], "printed",
			[]string{"literal", "past", "total"}[m.r.IntN(3)]
		c.Constants = unit()
		c.Constants.C, c.Constants.Lf, c.Constants.L1 = big.NewRat(20, 1), big.NewRat(20, 1), big.NewRat(3, 1)
		c.Constants.L2 = big.NewRat(1, 1<<m.r.IntN(9))
		if c.Claim == "thm4" {
			c.Run.Mu = nil
		}
	}
	if err := c.Fill(); err != nil {
		c.LHS, c.RHS = cert.Value{Num: new(big.Rat)}, cert.Value{Num: new(big.Rat)}
	}
	return decode(m.t, honestBytes(m.t, c))
}
