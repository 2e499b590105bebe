package conform

import (
	"math/rand/v2"
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
