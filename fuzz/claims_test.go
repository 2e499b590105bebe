package fuzz

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
)

// tally is a props.Failer that notes what happened instead of stopping.
type tally struct{ failed, skipped string }

func (t *tally) Fatalf(format string, args ...any) {
	t.failed = fmt.Sprintf(format, args...)
	panic(t)
}
func (t *tally) Skipf(format string, args ...any) {
	t.skipped = fmt.Sprintf(format, args...)
	panic(t)
}

// try runs the body of a target until it ends, fails or skips.
func try(body func(t props.Failer)) (t *tally) {
	t = new(tally)
	defer func() {
		if p := recover(); p != nil && p != any(t) {
			panic(p)
		}
	}()
	body(t)
	return t
}

func random(rng *rand.Rand, n int) []byte {
	data := make([]byte, n)
	for k := range data {
		data[k] = byte(rng.IntN(256))
	}
	return data
}

// TestTargetsShareTheClaims: each claim that is searched has exactly one target, each
// target has claims that hold, and each row has its function.
func TestTargetsShareTheClaims(t *testing.T) {
	for _, c := range props.Claims() {
		var of []string
		for _, row := range targets {
			if row.Owns(&c) {
				of = append(of, row.Name)
			}
		}
		want := 1
		if c.Kind == claim.SelfJudged {
			want = 0
		}
		if len(of) != want {
			t.Errorf("%s has the targets %v, want %d", c.Name(), of, want)
		}
	}
	functions := declared(t)
	for _, row := range targets {
		if claims, err := aim(row, ""); err != nil || len(claims) == 0 {
			t.Errorf("%s: no claims that hold, error %v", row.Name, err)
		}
		if !slices.Contains(functions, row.Name) {
			t.Errorf("%s: a row without a function", row.Name)
		}
	}
}

// declared are the fuzz targets of the package.
func declared(t *testing.T) (names []string) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, "Fuzz") {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}

// TestCorpora: each target has a corpus, of inputs whose names say what they are, and each
// corpus has a target. What go test writes when it fails gets a name before it is kept.
func TestCorpora(t *testing.T) {
	folders, err := os.ReadDir("testdata/fuzz")
	if err != nil {
		t.Fatal(err)
	}
	functions := declared(t)
	for _, d := range Decoders() {
		if !slices.Contains(functions, d.Name) {
			t.Errorf("%s: a row without a function", d.Name)
		}
	}
	if len(functions) != len(Decoders())+len(targets) {
		t.Errorf("%d functions, want one for each of %d rows", len(functions), len(Decoders())+len(targets))
	}
	var have []string
	for _, folder := range folders {
		have = append(have, folder.Name())
		files, err := os.ReadDir(filepath.Join("testdata/fuzz", folder.Name()))
		if err != nil || len(files) == 0 {
			t.Errorf("%s: no inputs, %v", folder.Name(), err)
		}
		for _, f := range files {
			if !telling(f.Name()) {
				t.Errorf("%s/%s: want a name of words", folder.Name(), f.Name())
			}
		}
	}
	slices.Sort(functions)
	if !slices.Equal(functions, have) {
		t.Errorf("targets %v, corpora of %v", functions, have)
	}
	if telling("0fa9672c03dc94a7") || telling("x") || !telling("a-run") {
		t.Error("names are not told apart")
	}
}

// TestNightly: the nightly lane fuzzes each target.
func TestNightly(t *testing.T) {
	text, err := os.ReadFile("../.github/workflows/nightly.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, list, found := strings.Cut(string(text), "target: [")
	list, _, closed := strings.Cut(list, "]")
	if !found || !closed {
		t.Fatal("no list of targets")
	}
	got := strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(", \n", r) })
	want := declared(t)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the nightly lane fuzzes %v, want %v", got, want)
	}
}

// telling reports that a name is of words, not of hexadecimal digits.
func telling(name string) bool {
	return strings.Contains(name, "-") || len(name) > 2 && strings.Trim(name, "0123456789abcdef") != ""
}

// TestAim: names select claims of any verdict, and a name of none is an error.
func TestAim(t *testing.T) {
	for _, c := range []struct {
		target, names, want string
	}{
		{"FuzzHorizon", "thm4/printed", "thm4/printed/literal thm4/printed/past thm4/printed/total"},
		{"FuzzHorizon", "thm4/printed/past", "thm4/printed/past"},
		{"FuzzHorizon", "thm", ""}, // not known: no id is thm
		{"FuzzDescent", "thm4/printed", ""},
		{"FuzzLinear", "eq6b, eq6c/printed", "eq6b/printed eq6b/repaired eq6c/printed"},
		{"FuzzSpike", "spike/printed", "spike/printed"},
	} {
		claims, err := aim(row(c.target), c.names)
		var names []string
		for _, cl := range claims {
			names = append(names, cl.Name())
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s aimed at %s: %q, want %q", c.target, c.names, got, c.want)
		}
		if (err != nil) != (c.names == "thm") {
			t.Errorf("%s aimed at %s: error %v", c.target, c.names, err)
		}
	}
	for _, names := range []string{"thm9", "thm4/misprinted", "cor1", strings.Repeat("x", 1000)} {
		if _, err := aim(targets[0], names); err == nil || len(err.Error()) > 200 {
			t.Errorf("aimed at %.20s: error %v", names, err)
		}
	}
}

// TestTargetsCanFail: aimed at a refuted claim, some short input makes the target red,
// with the small case, the chain in words, the line to replay, and a certificate.
func TestTargetsCanFail(t *testing.T) {
	for _, c := range []struct{ target, names string }{
		{"FuzzPropagation", "eq14b/printed"},
		{"FuzzBias", "eq28b/printed/total"},
		{"FuzzSpike", "spike/printed"},
		{"FuzzNodes", "lemma2/printed/past"},
		{"FuzzLinear", "eq6b/printed"},
		{"FuzzHorizon", "thm4/printed/past"},
	} {
		claims, err := aim(row(c.target), c.names)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		rng := rand.New(rand.NewPCG(1, 1))
		for k := 0; text == "" && k < 2000; k++ {
			data := random(rng, 64)
			text = try(func(t props.Failer) { props.Fuzz(t, claims, data) }).failed
		}
		for _, want := range []string{c.names + ": ", "in words: y_0 = x in R^",
			"go run ./props/verify replay FILE\n{\"version\":1"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s aimed at %s: no %q in\n%s", c.target, c.names, want, text)
			}
		}
		if !strings.Contains(text, ": refuted") && !strings.Contains(text, ": undecided") {
			t.Errorf("%s aimed at %s: no verdict in\n%s", c.target, c.names, text)
		}
		if strings.Contains(text, ": refuted") && !strings.Contains(text, "certificate") {
			t.Errorf("%s aimed at %s: refuted, and no word of a certificate in\n%s", c.target, c.names, text)
		}
	}
}

// TestInputCap: an input over the cap is skipped, not decoded.
func TestInputCap(t *testing.T) {
	claims, err := aim(targets[0], "")
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, props.MaxFuzzInput+1)
	if s := try(func(t props.Failer) { props.Fuzz(t, claims, data) }).skipped; s == "" {
		t.Error("an input over the cap was decoded")
	}
}

// TestWhatIsTooDear: of random inputs few are too dear for a target, and what is left
// climbs: the worst cases are small. That what is rejected climbs no higher is a test of
// package props, TestWhatIsTooDearClimbsNoHigher.
func TestWhatIsTooDear(t *testing.T) {
	const inputs = 40
	// The highest rungs that they reach; of a spike and of a network, 0 is what holds.
	least := map[string]int{"FuzzPropagation": props.MaxRung, "FuzzBias": props.MaxRung, "FuzzNodes": 5,
		"FuzzDescent": props.MaxRung, "FuzzHorizon": props.MaxRung}
	for _, row := range targets {
		claims, err := aim(row, "")
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(7, 7))
		dear, tried, top := 0, 0, -1
		for range inputs {
			data := random(rng, 200)
			rung := -1
			r := try(func(t props.Failer) { rung = props.Fuzz(t, claims, data) })
			if r.failed != "" {
				t.Fatalf("%s: %s", row.Name, r.failed)
			}
			if strings.HasPrefix(r.skipped, props.TooDear) {
				dear++
			}
			if rung >= 0 {
				tried++
			}
			top = max(top, rung)
		}
		if dear > inputs/8 || tried < inputs/10 || top < least[row.Name] {
			t.Errorf("%s: of %d inputs %d too dear, %d say something, highest rung %d, want %d", row.Name, inputs, dear,
				tried, top, least[row.Name])
		}
	}
}
