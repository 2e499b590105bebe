package campaign

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
)

// TestChoose: all rungs are kept, and the highest at each depth, by fewer inputs; those with names of their own stay.
func TestChoose(t *testing.T) {
	claims := slices.DeleteFunc(few(t), func(c claim.Claim) bool { return c.Kind != claim.Step })
	rng := rand.New(rand.NewPCG(4, 4))
	var inputs []Input
	for range 120 {
		data := make([]byte, 80)
		for k := range data {
			data[k] = byte(rng.IntN(256))
		}
		inputs = append(inputs, Input{Name: "0123456789abcdef", Data: data})
	}
	inputs[7].Name = "with-tanh"
	reached := func(of []Input) map[step]bool {
		all := map[step]bool{}
		top := map[step]int{}
		for k := range of {
			in := &of[k]
			in.Rungs, in.Depth = props.Rungs(claims, in.Data)
			for name, rung := range in.Rungs {
				at := step{claim: name, depth: in.Depth}
				top[at] = max(top[at], rung)
			}
		}
		for k := range of {
			for _, s := range of[k].steps(top) {
				all[s] = true
			}
		}
		return all
	}
	some := Choose(claims, inputs)
	if want, got := reached(inputs), reached(some); !maps.Equal(want, got) || len(got) < 5 {
		t.Errorf("%d rungs of %d", len(got), len(want))
	}
	names := map[string]bool{}
	for _, in := range some {
		if names[in.Name] || in.Name != "with-tanh" && !chosen.MatchString(in.Name) {
			t.Errorf("an input named %s", in.Name)
		}
		names[in.Name] = true
	}
	if len(some) > 40 || !names["with-tanh"] {
		t.Errorf("%d inputs: %v", len(some), names)
	}
	if again := Choose(claims, some); len(again) > len(some) {
		t.Errorf("%d inputs, chosen again %d", len(some), len(again))
	}
}

// TestInputs: a file is what it was written from; what is none is refused.
func TestInputs(t *testing.T) {
	dir := t.TempDir()
	in := Input{Data: []byte("\x00\xff\"x\n")}
	if err := os.WriteFile(filepath.Join(dir, "a"), in.Text(), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := ReadInputs(dir)
	if err != nil || len(got) != 1 || string(got[0].Data) != string(in.Data) || got[0].Name != "a" {
		t.Errorf("%+v, %v", got, err)
	}
	if none, err := ReadInputs(filepath.Join(dir, "nowhere")); err != nil || none != nil {
		t.Errorf("%v, %v", none, err)
	}
	for _, bad := range []string{"", "go test fuzz v1\nint(3)\n", "x\n[]byte(\"\")\n"} {
		if err := os.WriteFile(filepath.Join(dir, "b"), []byte(bad), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadInputs(dir); err == nil || !strings.Contains(err.Error(), "want the lines") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
