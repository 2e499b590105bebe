package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/trace"
)

// TestCauses has the cause that is planted in the Go engine named, in each format, and nothing where there is none.
func TestCauses(t *testing.T) {
	for _, format := range []string{"float32", "bf16", "e4m3"} {
		for _, c := range []struct {
			cause, more string
			verdict     trace.Verdict
			site        trace.Site
			step        int
		}{
			{cause: "none", verdict: trace.NoCause},
			{"topk", "", trace.Faulty, trace.Site{Kind: "delta", I: 4, Op: 4}, 0},
			{"topk", "-declare", trace.NoCause, trace.Site{}, 0},
			{"flip", "", trace.Faulty, trace.Site{Kind: "eps", I: 7, Op: 7}, 24},
		} {
			t.Run(format+"-"+c.cause+c.more, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "run")
				args := strings.Fields("-steps 30 -at 24 " + c.more + " " + format + " " + c.cause + " " + dir)
				if err := run(args, io.Discard); err != nil {
					t.Fatal(err)
				}
				j, err := trace.Judge(context.Background(), dir)
				if err != nil || j.Verdict != c.verdict || j.Steps != 30 {
					t.Fatalf("%v: %s", err, j.Says)
				}
				if c.verdict != trace.Faulty {
					return
				}
				if f := j.Faults[0]; f.Site != c.site || f.Step != c.step {
					t.Errorf("%s, want %v at step %d", f.Says, c.site, c.step)
				}
				if len(j.Suspects) == 0 || j.Suspects[0].Site != c.site {
					t.Errorf("suspects %+v, want %v first", j.Suspects, c.site)
				}
				// In e4m3 rounding does as much as the flip.
				spikes := c.cause == "flip" && format != "e4m3"
				if spikes && (len(j.Spikes) != 1 || j.Spikes[0].Peak != c.step || *j.Spikes[0].Cause != c.site) {
					t.Errorf("spikes %+v, want one by %v", j.Spikes, c.site)
				}
			})
		}
	}
}

// TestMisuse has wrong arguments refused.
func TestMisuse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	for args, want := range map[string]string{
		"bf16 none":                 "2 arguments",
		"fp4 none " + dir:           `format "fp4"`,
		"bf16 gremlin " + dir:       `cause "gremlin"`,
		"-steps 0 bf16 none " + dir: "-steps is 0",
		"bf16 none .":               "trace:",
	} {
		if err := run(strings.Fields(args), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

// newEngine is one in a format, with a cause at step 0.
func newEngine(format, cause string) *engine {
	return &engine{format: formats[format].format, stochastic: format == "e4m3", cause: cause,
		rng: rand.New(rand.NewPCG(1, 1))}
}

// TestFormats: each is the format that the record says, by a number that it just does not have.
func TestFormats(t *testing.T) {
	for name, c := range map[string]struct {
		storage    string
		x, down    float64
		large, max float64
	}{
		"float32": {"float32", 1 + 0x1.8p-25, 1, 0x1p127, math.MaxFloat32},
		"bf16":    {"bfloat16", 1 + 0x1.8p-9, 1, 0x1p127, 0x1.fep127},
		"e4m3":    {"e4m3", 1 + 0x1p-4, 1, 256, 448},
	} {
		f := formats[name]
		toZero, away, _ := f.format.Neighbours(c.x)
		if f.storage != c.storage || toZero != c.down || !(away > c.x) || f.format.Max != c.max ||
			f.format.Nearest(c.large) != c.large {
			t.Errorf("%s: %+v, %v lies between %v and %v", name, f, c.x, toZero, away)
		}
	}
	if len(formats) != 3 {
		t.Errorf("%d formats", len(formats))
	}
}

// TestRound: to nearest is always the same; at random is to either neighbour, as often as it is
// near, here to the upper one a quarter of the time.
func TestRound(t *testing.T) {
	e := newEngine("bf16", "none")
	for x, want := range map[float64]float64{1: 1, 1 + 0x1p-9: 1, 1 + 0x1.8p-8: 1 + 0x1p-7, -0x1.03p-3: -0x1.04p-3} {
		if got := e.round(x); got != want {
			t.Errorf("round(%x) = %x, want %x", x, got, want)
		}
	}
	e = newEngine("e4m3", "none")
	up := 0
	for range 4000 {
		switch got := e.round(1 + 0x1p-5); got {
		case 1:
		case 1.125:
			up++
		default:
			t.Fatalf("1 + 1/32 becomes %v", got)
		}
	}
	if math.Abs(float64(up)-1000) > 6*math.Sqrt(4000*0.25*0.75) {
		t.Errorf("%d of 4000 are rounded up, want about 1000", up)
	}
	if e.round(0.5) != 0.5 || e.round(-448) != -448 {
		t.Error("a number of the format is rounded")
	}
}

// TestLargest: the entries that are largest stay, the others are 0.
func TestLargest(t *testing.T) {
	for _, c := range []struct {
		row, want []float64
		n         int
	}{
		{[]float64{1, -3, 2, 0.5}, []float64{0, -3, 2, 0}, 2},
		{[]float64{1, -3, 2, 0.5}, []float64{1, -3, 2, 0.5}, 4},
		{[]float64{0, 0, 5}, []float64{0, 0, 5}, 1},
	} {
		row := slices.Clone(c.row)
		if largest(row, c.n); !slices.Equal(row, c.want) {
			t.Errorf("the %d largest of %v: %v, want %v", c.n, c.row, row, c.want)
		}
	}
}

// TestState: what is added to a state makes it the one that the next operator reads: rounded,
// cut at the fourth operator where that is planted, and with a bit flipped at one step in V_6.
func TestState(t *testing.T) {
	const third = 1 / 3.
	row := make([]float64, 2*layerWidth)
	for k := range row {
		row[k] = third * float64(k+1)
	}
	read := func(e *engine, name string, i int) []float64 {
		dst := make([]float64, len(row))
		if name == "Y" {
			e.Delta(i, dst, row)
		} else {
			e.Eps(i+1, dst, row)
		}
		for k := range dst {
			dst[k] += row[k]
		}
		return dst
	}
	for _, c := range []struct {
		cause, name string
		i           int
		zeros       int // of 2 rows of 24, of which 6 stay
		flips       int
	}{
		{"none", "Y", 4, 0, 0}, {"none", "V", 6, 0, 0},
		{"topk", "Y", 4, 36, 0}, {"topk", "V", 4, 36, 0}, {"topk", "Y", 3, 0, 0}, {"topk", "V", 5, 0, 0},
		{"flip", "V", 6, 0, 1}, {"flip", "Y", 6, 0, 0}, {"flip", "V", 5, 0, 0},
	} {
		e := newEngine("bf16", c.cause)
		zeros, flips := 0, 0
		for k, x := range read(e, c.name, c.i) {
			switch {
			case x == 0:
				zeros++
			case x != perturb.BF16.Nearest(row[k]):
				flips++
			}
		}
		if zeros != c.zeros || flips != c.flips {
			t.Errorf("%s, %s_%d: %d zeros, %d flips, want %d and %d", c.cause, c.name, c.i, zeros, flips, c.zeros, c.flips)
		}
	}
	e := newEngine("bf16", "flip")
	e.t = 1 // another step
	for k, x := range read(e, "V", 6) {
		if x != perturb.BF16.Nearest(row[k]) {
			t.Errorf("entry %d flips at another step", k)
		}
	}
}

// TestFlip: the largest entry whose bit is 0 and that stays finite grows by 2^8, in e4m3 by 2^4;
// where there is none nothing happens.
func TestFlip(t *testing.T) {
	for _, c := range []struct {
		format    string
		row, want []float64
	}{
		{"bf16", []float64{1.5, -2, 1}, []float64{1.5, -512, 1}},
		{"bf16", []float64{0x1p-8, 1}, []float64{1, 1}},
		{"bf16", []float64{1, 1.5}, []float64{1, 1.5}}, // 127 has no bit that is 0
		{"bf16", []float64{0x1p120}, []float64{0x1p120}},
		{"e4m3", []float64{1.5, -2, 1}, []float64{1.5, -32, 1}},
		{"e4m3", []float64{448}, []float64{448}},
	} {
		row := slices.Clone(c.row)
		if newEngine(c.format, "flip").flip(row); !slices.Equal(row, c.want) {
			t.Errorf("%s: %v becomes %v, want %v", c.format, c.row, row, c.want)
		}
	}
}

// TestSeeds: a seed gives the same bytes again, another one others; usage goes to stderr.
func TestSeeds(t *testing.T) {
	record := func(seed string) []byte {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "run")
		if err := run([]string{"-steps", "2", "-seed", seed, "bf16", "none", dir}, io.Discard); err != nil {
			t.Fatal(err)
		}
		chunks, err := filepath.Glob(filepath.Join(dir, "*.npz"))
		if err != nil || len(chunks) == 0 {
			t.Fatal(chunks, err)
		}
		data, err := os.ReadFile(chunks[0])
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	one := record("1")
	if !bytes.Equal(record("1"), one) || bytes.Equal(record("2"), one) {
		t.Error("the record does not go by the seed")
	}
	var usage strings.Builder
	err := run([]string{"-h"}, &usage)
	if !errors.Is(err, flag.ErrHelp) || !strings.HasPrefix(usage.String(), "usage: godigits") {
		t.Errorf("error %v, usage %q", err, usage.String())
	}
}
