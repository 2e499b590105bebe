package conform

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestFuzzBytes: of random bytes most ask something, every rule that draws is asked, and
// the reference answers all.
func TestFuzzBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	asked := map[byte]int{}
	some := 0
	for k := range 300 {
		data := make([]byte, 2+rng.IntN(60))
		for j := range data {
			data[j] = byte(rng.IntN(256))
		}
		data[0] = byte(k % len(fuzzRules()))
		n, err := FuzzBytes(func() (Engine, error) { return NewReference(), nil }, data)
		if err != nil {
			t.Fatalf("%v: %v", data, err)
		}
		asked[data[0]] += n
		if n > 0 {
			some++
		}
	}
	if some < 200 || len(asked) < 10 {
		t.Errorf("%d inputs of 300 ask something, of %d rules", some, len(asked))
	}
	for k, r := range fuzzRules() {
		if asked[byte(k)] == 0 {
			t.Errorf("rule %s asks nothing", r.name)
		}
	}
}

// forgetful answers without the perturbation of the last output.
type forgetful struct{ Engine }

func (f forgetful) Step(req *Request) (*Reply, error) {
	bare := *req
	bare.Delta = append(append([][]float64{}, req.Delta[:len(req.Delta)-1]...), make([]float64, 1))
	return f.Engine.Step(&bare)
}

// TestFuzzBytesCanFail: an engine that is wrong is found, with a small request to replay.
func TestFuzzBytesCanFail(t *testing.T) {
	factory := func() (Engine, error) { return forgetful{NewReference()}, nil }
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		data := make([]byte, 40)
		for j := range data {
			data[j] = byte(rng.IntN(256))
		}
		if _, err := FuzzBytes(factory, data); err != nil {
			if text := err.Error(); !strings.Contains(text, `{"chain":`) && !strings.Contains(text, "chain") {
				t.Errorf("no request in %s", text)
			}
			return
		}
	}
	t.Error("an engine that drops delta_N passes 200 inputs")
}

// TestCorpusNamesItsRules: a file rule-X of the corpus asks rule X.
func TestCorpusNamesItsRules(t *testing.T) {
	files, err := filepath.Glob("../../fuzz/testdata/fuzz/FuzzEngine/rule-*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files, %v", err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, quoted, _ := strings.Cut(strings.TrimSpace(string(text)), "\n[]byte(")
		data, err := strconv.Unquote(strings.TrimSuffix(quoted, ")"))
		if err != nil || data == "" {
			t.Fatalf("%s: %q, %v", path, data, err)
		}
		rules := fuzzRules()
		if got := "rule-" + rules[int(data[0])%len(rules)].name; got != filepath.Base(path) {
			t.Errorf("%s asks %s", filepath.Base(path), got)
		}
	}
}
