package conform

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// made is a step through the operators, filled.
func made(t *testing.T, chain []core.Spec) *job {
	t.Helper()
	ar, err := newArithmetic(float64s, false)
	if err != nil {
		t.Fatal(err)
	}
	j := newMaker(ar, Info{}, nil, "ways").at(1, "made", 0).job(chain, filling{whole: true, delta: every, eps: every})
	if j == nil {
		t.Fatalf("%v does not fit", chain)
	}
	return j
}

// TestCutTail: after each number of operators both ends are tried, a sum and half of the sum
// of squares, but for one that is there already.
func TestCutTail(t *testing.T) {
	j := made(t, []core.Spec{{Op: "scale", N: 2}, {Op: "bias", N: 2}, {Op: "halfsq", N: 2}})
	var got []string
	for k := 0; ; k++ {
		c, more := cutTail(j, k)
		if !more {
			break
		}
		if c == nil {
			got = append(got, "-")
			continue
		}
		words := ""
		for i, s := range c.chain {
			words += s.Op + " "
			if i > 0 && c.chain[i-1].Op != "linear" && len(c.first().Eps[i]) != 2 {
				t.Errorf("way %d: eps_%d is %v", k, i+1, c.first().Eps[i])
			}
		}
		last := len(c.chain) - 1
		if len(c.w) != last+1 || len(c.first().Delta[last]) != 1 || c.chain[last].Op == "linear" &&
			!slices.Equal(c.w[last], []float64{1, 1}) {
			t.Errorf("way %d: weights %v, delta %v", k, c.w, c.first().Delta)
		}
		got = append(got, words)
	}
	if want := []string{"scale linear ", "scale halfsq ", "scale bias linear ", "-"}; !slices.Equal(got, want) {
		t.Errorf("cut to %q, want %q", got, want)
	}
	// A sum at the end is as simple as can be.
	j = made(t, []core.Spec{{Op: "scale", N: 2}, {Op: "linear", In: 2, Out: 1}})
	for k := range 2 {
		if c, more := cutTail(j, k); c != nil || !more {
			t.Errorf("way %d: a sum at the end becomes %v", k, c.chain)
		}
	}
	if _, more := cutTail(j, 2); more {
		t.Error("a third way to cut a chain of two")
	}
}

// TestZeroTerms: a product with an exact zero leaves a sum exact, whatever the other factor.
func TestZeroTerms(t *testing.T) {
	ar, err := newArithmetic(word("bfloat16"), false)
	if err != nil {
		t.Fatal(err)
	}
	const long = 1 + 0x1p-40
	for _, c := range []struct {
		x, rx, y, ry float64
		exact        bool
	}{
		{0, 0, long, 0, true}, {long, 0, 0, 0, true}, {0, 0, 1, 0.5, true}, {1, 0.5, 0, 0, true},
		{1, 0, long, 0, false}, {long, 0, 1, 0, false}, {0, 0x1p-30, 1, 0, false}, {1, 0, 0, 0x1p-30, false},
		{1, 0, 2, 0, true},
	} {
		d := ar.newDot()
		d.add(2, 0, 3, 0)
		d.add(c.x, c.rx, c.y, c.ry)
		if d.exact != c.exact || d.terms != 2 || d.grain != 1 {
			t.Errorf("%+v: exact %v, %d terms, grain %d", c, d.exact, d.terms, d.grain)
		}
	}
}

const waysFile = "testdata/ways.md"

// wayNames are those of ways.
var wayNames = []string{
	"fewerSteps", "fewerSamples", "dropOperators", "cutFront", "cutTail", "narrower", "quieter",
	"plainStep", "plainVectors", "plainNumbers", "plainMatrices",
}

// TestWays: what each way to make a request simpler makes of requests of every type, on record.
func TestWays(t *testing.T) {
	ar, err := newArithmetic(float64s, false)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("# What requests are made simpler by\n\nOf requests that are drawn with seed 1: how many ways there " +
		"are, how many of them change one, and a digest of what they make of it.\n\n| rule | way | ways | changes | digest |\n" +
		"|---|---|---|---|---|\n")
	for _, name := range []string{"step", "trace", "batch", "run", "one-part", "ties", "sweep"} {
		var jobs []*job
		m := newMaker(ar, Info{}, nil, name)
		for index := 0; len(jobs) < 6; index++ {
			if q := ruleNamed(name).draw(m.at(1, "drawn", index), index); q != nil {
				jobs = append(jobs, q.questions[len(q.questions)-1].job)
			}
		}
		for w, way := range ways {
			h := sha256.New()
			all, changes := 0, 0
			for _, j := range jobs {
				if err := j.prepare(ar); err != nil {
					t.Fatal(err)
				}
				before := j.clone()
				for k := 0; ; k++ {
					c, more := way(j, k)
					if !more {
						break
					}
					if all++; c != nil {
						changes++
						c.write(h)
					}
					if k > 1000 {
						t.Fatalf("%s has no end", wayNames[w])
					}
				}
				if !j.same(before) {
					t.Errorf("%s changes the request itself", wayNames[w])
				}
			}
			fmt.Fprintf(&b, "| %s | %s | %d | %d | %.6x |\n", name, wayNames[w], all, changes, h.Sum(nil))
		}
	}
	recordedAs(t, waysFile, b.String())
}
