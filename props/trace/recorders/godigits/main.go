// Godigits trains a network of six tanh layers on handwritten digits with the engine of package
// core in a short format, with a cause planted in it, and records the run: what digits.py does with PyTorch.
//
//	go run ./props/trace/recorders/godigits [flags] FORMAT CAUSE DIR
//	go run ./props/verify trace DIR -html page.html
//
// FORMAT is float32, bf16, or e4m3 with stochastic rounding. CAUSE is one of
//
//	none
//	topk   a quarter of Y_4 and V_4, the largest entries, reaches the next operator
//	flip   at step -at a bit of the exponent of an entry of V_6 flips
//
// What comes in: flags. What goes out: a record. It imports core, trace and the data set; nothing imports it. It
// is also the example of how a Go engine is recorded: Pass of a trace.Recorder in place of Batch.Pass, Write at each
// step.
//
// Bad input is an error on stderr, with exit code 2.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/props/trace"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "godigits:", err)
		os.Exit(2)
	}
}

// formats are what states are rounded to.
var formats = map[string]struct {
	storage string
	format  perturb.Format
}{
	"float32": {"float32", perturb.Format{Mantissa: 23, MinExp: -126, Max: math.MaxFloat32}},
	"bf16":    {"bfloat16", perturb.BF16},
	"e4m3":    {"e4m3", perturb.E4M3},
}

const layerWidth, layers, samples, gamma = 24, 5, 32, 0.2

func run(args []string, stderr io.Writer) error {
	fs := flag.NewFlagSet("godigits", flag.ContinueOnError)
	fs.SetOutput(stderr)
	steps := fs.Int("steps", 300, "`number` of steps")
	at := fs.Int("at", 200, "the `step` of the flip")
	seed := fs.Uint64("seed", 1, "of weights, batches and rounding")
	declare := fs.Bool("declare", false, "say in the record that Y_4 and V_4 are compressed")
	fs.Usage = func() {
		fmt.Fprintln(stderr, "usage: godigits [flags] float32|bf16|e4m3 none|topk|flip DIR")
		fs.PrintDefaults()
	}
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() != 3 {
		return fmt.Errorf("%d arguments, want FORMAT CAUSE DIR", fs.NArg())
	}
	f, ok := formats[fs.Arg(0)]
	cause := fs.Arg(1)
	switch {
	case !ok:
		return fmt.Errorf("format %q, want float32, bf16 or e4m3", fs.Arg(0))
	case cause != "none" && cause != "topk" && cause != "flip":
		return fmt.Errorf("cause %q, want none, topk or flip", cause)
	case *steps < 1:
		return fmt.Errorf("-steps is %d, want 1 or more", *steps)
	}
	data, err := cascade.Testdata.ReadFile("testdata/data/digits.csv.gz")
	if err != nil {
		return err
	}
	table, err := problem.ReadDigits(bytes.NewReader(data))
	if err != nil {
		return err
	}
	table.Scale(1.0 / problem.MaxPixel)
	widths := make([]int, layers)
	for k := range widths {
		widths[k] = layerWidth
	}
	obj, err := problem.Network(table, widths...)
	if err != nil {
		return err
	}
	c, _ := obj.Sample(0)
	about := trace.Run{Engine: "cascade core", Chain: c.Specs(), Samples: samples, Reg: core.Regularizer{Kind: "none"},
		Precision: trace.Precision{Storage: f.storage, Compute: "float64", Accumulate: "float64"},
		Note:      fmt.Sprintf("godigits: %s, planted cause: %s", fs.Arg(0), cause)}
	if *declare && cause == "topk" {
		keep := trace.Declared{Kind: "topk", Keep: layerWidth / 4}
		about.Declared = map[string]trace.Declared{"Y_4": keep, "V_4": keep}
	}
	w, err := trace.Create(fs.Arg(2), about)
	if err != nil {
		return err
	}
	e := &engine{format: f.format, stochastic: fs.Arg(0) == "e4m3", cause: cause, at: *at, c: c,
		rng: rand.New(rand.NewPCG(*seed, 1))}
	if err := e.train(obj, w, problem.InitWeights(c, *seed), *steps); err != nil {
		return err
	}
	return w.Close()
}

// engine is the Perturber that makes an engine in a short format of core's exact operators: what it adds to a state
// leaves the state as the next operator reads it.
type engine struct {
	format     perturb.Format
	stochastic bool
	cause      string
	at, t      int
	c          *core.Chain
	rng        *rand.Rand
}

// train takes steps from weights and records each.
func (e *engine) train(obj core.Objective, w *trace.Writer, weights []float64, steps int) error {
	batch := core.NewBatch(e.c, samples)
	var rec trace.Recorder
	for e.t = range steps {
		chosen := make([]int, samples)
		for k := range chosen {
			chosen[k] = e.rng.IntN(obj.Len())
		}
		batch.Load(obj, chosen)
		st := rec.Pass(e.c, batch, weights, func(int, int) core.Perturber { return e })
		st.T, st.Gamma = e.t, gamma
		st.X, st.Labels = st.X[:0], st.Labels[:0]
		for _, k := range chosen {
			c, x := obj.Sample(k)
			specs := c.Specs()
			st.X = append(st.X, x...)
			st.Labels = append(st.Labels, specs[len(specs)-1].Label)
		}
		if err := w.Write(st); err != nil {
			return err
		}
		core.Step(weights, st.U, gamma, core.Regularizer{Kind: "none"})
	}
	return nil
}

// Delta implements core.Perturber.
func (e *engine) Delta(i int, dst, f []float64) { e.state("Y", i, dst, f) }

// Eps implements core.Perturber.
func (e *engine) Eps(i int, dst, b []float64) { e.state("V", i-1, dst, b) }

// state writes what becomes of the rows of a state, less the state.
func (e *engine) state(name string, i int, dst, exact []float64) {
	copy(dst, exact)
	if e.cause == "topk" && i == 4 {
		for from := 0; from < len(dst); from += layerWidth {
			largest(dst[from:from+layerWidth], layerWidth/4)
		}
	}
	for k, x := range dst {
		dst[k] = e.round(x)
	}
	if e.cause == "flip" && name == "V" && i == 6 && e.t == e.at {
		e.flip(dst)
	}
	for k, x := range exact {
		dst[k] -= x
	}
}

// largest keeps the n entries of a row that are largest.
func largest(row []float64, n int) {
	law := perturb.TopK(n)
	delta := make([]float64, len(row))
	law.Outcome(delta, row, 0, 0)
	for k, d := range delta {
		row[k] += d
	}
}

func (e *engine) round(x float64) float64 {
	if !e.stochastic {
		return e.format.Nearest(x)
	}
	toZero, away, frac := e.format.Neighbours(x)
	if e.rng.Float64() < frac {
		return away
	}
	return toZero
}

// flip sets a bit of the exponent that is 0, in the largest entry that has one: times 2^8, and 2^4 in e4m3.
func (e *engine) flip(state []float64) {
	bit := 3
	if e.format == perturb.E4M3 {
		bit = 2
	}
	at := -1
	for k, x := range state {
		_, exponent := math.Frexp(x)
		biased := exponent - 2 + 1<<10 // in the format its bias is another power of 2, less 1
		if biased>>bit&1 == 0 && math.Abs(x)*math.Ldexp(1, 1<<bit) <= e.format.Max &&
			(at < 0 || math.Abs(x) > math.Abs(state[at])) {
			at = k
		}
	}
	if at >= 0 {
		state[at] *= math.Ldexp(1, 1<<bit)
	}
}
