package trace_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/trace"
)

var updateJudgements = flag.Bool("update-judgements", false, "write testdata/judgements.txt anew")

const judgementsFile = "testdata/judgements.txt"

// made is a record that is made here: a chain run by core.Batch whose states are rounded to a short
// format, with causes that are planted. Nothing in it is of the judge.
type made struct {
	name    string
	run     trace.Run
	keep    perturb.Format // of states
	steps   int
	batch   int // samples recorded of run.Samples
	classes int
	gamma   float64
	bare    bool // without U and without the loss
	after   bool
	forward func(t, i, b int, y []float64) // changes Y_i of sample b before it is rounded
	back    func(t, i, b int, v []float64) // changes V_{i-1}
	change  func(st *trace.Step)           // of what is recorded
}

// samples are the objective: rows of inputs, labels in turn.
type samples struct {
	chains []*core.Chain
	x      [][]float64
}

func (s *samples) Len() int                              { return len(s.x) }
func (s *samples) Sample(k int) (*core.Chain, []float64) { return s.chains[k%len(s.chains)], s.x[k] }

// rounding is the Perturber of a window.
type rounding struct {
	*made
	t, from, to int
}

func (r *rounding) rows(i int, dst, f []float64, change func(t, i, b int, v []float64)) {
	d := len(f) / (r.to - r.from)
	for b := r.from; b < r.to; b++ {
		at := (b - r.from) * d
		v := slices.Clone(f[at : at+d])
		if change != nil {
			change(r.t, i, b, v)
		}
		for k, x := range v {
			dst[at+k] = r.keep.Nearest(x) - f[at+k]
		}
	}
}

func (r *rounding) Delta(i int, dst, f []float64) { r.rows(i, dst, f, r.forward) }
func (r *rounding) Eps(i int, dst, g []float64)   { r.rows(i, dst, g, r.back) }

// write writes the record and gives its path.
func (m *made) write(t *testing.T, dir string) string {
	t.Helper()
	specs := m.run.Chain
	obj := &samples{}
	for label := range max(1, m.classes) {
		of := slices.Clone(specs)
		if m.classes > 0 {
			of[len(of)-1].Label = label
		}
		c, err := core.FromSpecs(of)
		if err != nil {
			t.Fatal(err)
		}
		obj.chains = append(obj.chains, c)
	}
	c := obj.chains[0]
	rng := rand.New(rand.NewPCG(uint64(len(specs)), uint64(m.batch)))
	numbers := func(n int, size float64) (v []float64) {
		for range n {
			v = append(v, math.Round(64*size*(2*rng.Float64()-1))/64)
		}
		return v
	}
	for range 3 * m.batch {
		obj.x = append(obj.x, numbers(c.D(0), 1))
	}
	w := numbers(c.NW(), 0.75)
	path := filepath.Join(dir, m.name)
	m.run.Engine, m.run.Note = "made", m.name
	out, err := trace.Create(path, m.run)
	if err != nil {
		t.Fatal(err)
	}
	batch := core.NewBatch(c, m.batch)
	var rec trace.Recorder
	for step := range m.steps {
		var at []int
		for k := range m.batch {
			at = append(at, (step*m.batch+k*(1+step%2))%len(obj.x))
		}
		batch.Load(obj, at)
		st := rec.Pass(c, batch, w, func(from, to int) core.Perturber { return &rounding{m, step, from, to} })
		st.T, st.M, st.Gamma, st.X, st.Labels, st.After = 3+step, m.run.Samples, m.gamma, nil, nil, nil
		for _, k := range at {
			chain, x := obj.Sample(k)
			st.X = append(st.X, x...)
			if m.classes > 0 {
				st.Labels = append(st.Labels, chain.Specs()[len(specs)-1].Label)
			}
		}
		next := slices.Clone(w)
		core.Step(next, st.U, m.gamma, m.run.Reg)
		if m.after {
			st.After = next
		}
		if m.bare {
			st.U, st.Loss = nil, math.NaN()
		}
		u := st.U
		if m.change != nil {
			m.change(st)
		}
		if err := out.Write(st); err != nil {
			t.Fatal(err)
		}
		st.U = u
		w = next
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

var (
	bf16 = trace.Precision{Storage: "bfloat16", Compute: "float32", Accumulate: "float32"}
	e4m3 = trace.Precision{Storage: "e4m3", Compute: "float32", Accumulate: "float32"}
	fp16 = trace.Precision{Storage: "float16", Compute: "float16", Accumulate: "float32"}
	flat = trace.Precision{Storage: "bfloat16", Compute: "bfloat16", Accumulate: "bfloat16"}
)

// theMade are the records: together they have every operator, a spike, a bias, faults, budgets, declared
// compressors, sampled states, and less than all of a step recorded.
func theMade() []*made {
	star := 0.125
	entries := []core.Spec{
		{Op: "affine", In: 3, Out: 4}, {Op: "tanh", N: 4}, {Op: "scale", N: 4}, {Op: "sigmoid", N: 4}, {Op: "bias", N: 4},
		{Op: "affine", In: 4, Out: 3}, {Op: "softmaxce", N: 3},
	}
	dense := []core.Spec{
		{Op: "linear", In: 3, Out: 4}, {Op: "square", N: 4},
		{Op: "fixed", A: [][]float64{{0.5, -0.25, 0.125, 1}, {-0.75, 0.5, 0.25, -0.5}}}, {Op: "softplus", N: 2},
		{Op: "linear", In: 2, Out: 1}, {Op: "logistic"},
	}
	small := []core.Spec{
		{Op: "affine", In: 3, Out: 4}, {Op: "tanh", N: 4}, {Op: "affine", In: 4, Out: 3}, {Op: "softmaxce", N: 3},
	}
	one := func(v []float64, by float64) {
		for k := range v {
			v[k] *= 1 + by*float64(1-2*(k%2))
		}
	}
	return []*made{
		{
			name: "entries", keep: perturb.BF16, steps: 64, batch: 3, classes: 3, gamma: 0.25,
			run: trace.Run{Chain: entries, Precision: bf16, Samples: 3, Reg: core.Regularizer{Kind: "l2", Rho: 0.01},
				Budget: &trace.Budget{Error: 0.05, Relative: 0.02}},
			back: func(t, i, b int, v []float64) {
				if t == 45 && i == 5 || t == 46 && i == 5 {
					one(v, 12)
				}
			},
		},
		{
			name: "dense", keep: perturb.E4M3, steps: 62, batch: 4, gamma: 0.0625,
			run: trace.Run{Chain: dense, Precision: e4m3, Samples: 4, Reg: core.Regularizer{Kind: "nonconvex", Rho: 0.05},
				Known: &trace.Known{L: 4, Mu: 0.25, LStar: &star}},
			forward: func(t, i, b int, y []float64) {
				if i == 3 {
					y[0] += 0.125
				}
				if t == 40 && i == 1 {
					one(y, 0.75)
				}
			},
		},
		{
			name: "bilinear", keep: perturb.BF16, steps: 25, batch: 2, gamma: 0.03125, after: true,
			run: trace.Run{Chain: []core.Spec{{Op: "affine", In: 2, Out: 3}, {Op: "softplus", N: 3}, {Op: "bilinear", N: 3}},
				Precision: flat, Samples: 2, Sums: "nearest", Reg: core.Regularizer{Kind: "none"}},
		},
		{
			name: "part of a batch", keep: perturb.FP16, steps: 23, batch: 2, gamma: 0.125,
			run: trace.Run{Chain: []core.Spec{{Op: "linear", In: 2, Out: 3}, {Op: "sigmoid", N: 3}, {Op: "halfsq", N: 3}},
				Precision: fp16, Samples: 5, Reg: core.Regularizer{Kind: "none"}},
		},
		{
			name: "declared", keep: perturb.BF16, steps: 60, batch: 3, classes: 3, gamma: 0.25,
			run: trace.Run{Chain: small, Precision: bf16, Samples: 3, Reg: core.Regularizer{Kind: "none"},
				Declared: map[string]trace.Declared{"Y_1": {Kind: "topk", Keep: 2, Relative: 0.25},
					"V_2": {Kind: "any", Relative: 0.125}}},
			forward: func(t, i, b int, y []float64) {
				if i == 1 {
					keepTwo(y)
				}
			},
			back: func(t, i, b int, v []float64) {
				if i == 3 && t%2 == 1 {
					one(v, 0.25)
				}
			},
		},
		{
			name: "sampled", keep: perturb.BF16, steps: 31, batch: 3, classes: 3, gamma: 0.25, bare: true,
			run: trace.Run{Chain: entries, Precision: bf16, Samples: 3, Reg: core.Regularizer{Kind: "none"},
				Sampled: map[string][]int{"Y_2": {0, 2}, "Y_3": {0, 2, 3}, "V_3": {1, 2}, "V_4": {1, 2}, "V_6": {0, 2}}},
			change: func(st *trace.Step) {
				pick := func(v []float64, d int, columns ...int) (some []float64) {
					for b := range st.B {
						for _, k := range columns {
							some = append(some, v[b*d+k])
						}
					}
					return some
				}
				st.Y, st.V = slices.Clone(st.Y), slices.Clone(st.V)
				st.Y[2], st.Y[3] = pick(st.Y[2], 4, 0, 2), pick(st.Y[3], 4, 0, 2, 3)
				st.V[3], st.V[4], st.V[6] = pick(st.V[3], 4, 1, 2), pick(st.V[4], 4, 1, 2), pick(st.V[6], 3, 0, 2)
			},
		},
		{
			name: "faults", keep: perturb.BF16, steps: 12, batch: 2, classes: 3, gamma: 0.25,
			run: trace.Run{Chain: small, Precision: bf16, Samples: 2, Reg: core.Regularizer{Kind: "none"}},
			change: func(st *trace.Step) {
				st.Y, st.V, st.U = slices.Clone(st.Y), slices.Clone(st.V), slices.Clone(st.U)
				change := func(v *[]float64, k int, to float64) { *v = slices.Clone(*v); (*v)[k] = to }
				switch st.T {
				case 4:
					change(&st.V[2], 6, 1.5)
				case 5:
					change(&st.V[2], 2, -1.5)
					change(&st.Y[3], 4, 8)
				case 6:
					st.U[17] += 0.25
				case 7:
					st.Loss += 0.5
				case 12:
					change(&st.Y[2], 3, math.NaN())
				}
			},
		},
	}
}

// wrong are records in which each state, gradient and weight is wrong once, of three chains: what is allowed
// there is said with each fault.
func wrong(t *testing.T) (all []*made) {
	t.Helper()
	for _, of := range theMade()[:3] {
		specs := slices.Clone(of.run.Chain)
		if of.classes > 0 {
			specs[len(specs)-1].Label = 1
		}
		c, err := core.FromSpecs(specs)
		if err != nil {
			t.Fatal(err)
		}
		m := *of
		m.name, m.forward, m.back, m.after, m.run.Budget = "wrong "+of.name, nil, nil, true, nil
		type place func(st *trace.Step) []float64
		var places []place
		for i := 1; i <= c.N(); i++ {
			places = append(places, func(st *trace.Step) []float64 { st.Y[i] = slices.Clone(st.Y[i]); return st.Y[i] })
			if i < c.N() {
				places = append(places, func(st *trace.Step) []float64 { st.V[i] = slices.Clone(st.V[i]); return st.V[i] })
			}
			if c.Op(i).NW() > 0 {
				places = append(places, func(st *trace.Step) []float64 { return c.W(i, st.U) },
					func(st *trace.Step) []float64 { return c.W(i, st.After) })
			}
		}
		m.steps = len(places)
		m.change = func(st *trace.Step) {
			st.Y, st.V, st.U = slices.Clone(st.Y), slices.Clone(st.V), slices.Clone(st.U)
			st.After = slices.Clone(st.After)
			v := places[st.T-3](st)
			v[len(v)-1] += 4
		}
		all = append(all, &m)
	}
	return all
}

// keepTwo keeps the two largest entries.
func keepTwo(v []float64) {
	sizes := make([]float64, len(v))
	for k, x := range v {
		sizes[k] = math.Abs(x)
	}
	sort.Float64s(sizes)
	for k, x := range v {
		if math.Abs(x) < sizes[len(sizes)-2] {
			v[k] = 0
		}
	}
}

// TestJudgementsOnRecord: all that is said of records that are made here, in testdata/judgements.txt. What
// changes there is looked at: -update-judgements writes it anew.
func TestJudgementsOnRecord(t *testing.T) {
	dir := t.TempDir()
	var got strings.Builder
	paths := map[string]string{}
	for _, m := range theMade() {
		paths[m.name] = m.write(t, dir)
		j, err := trace.Judge(context.Background(), paths[m.name])
		if err != nil {
			t.Fatalf("%s: %v", m.name, err)
		}
		j.Record = m.name
		inLines(t, &got, m.name, j)
	}
	other := theMade()[0]
	usual := other.back
	other.name, other.back = "entries, other", func(t, i, b int, v []float64) {
		usual(t, i, b, v)
		if t >= 30 && i == 3 && b == 1 {
			v[2] *= 1.0625
		}
	}
	short := theMade()[0]
	short.name, short.steps = "entries, short", 31
	for _, m := range []*made{other, short} {
		both, err := trace.Compare(context.Background(), paths["entries"], m.write(t, dir))
		if err != nil {
			t.Fatal(err)
		}
		both.Old, both.New = nil, nil
		inLines(t, &got, "compared with "+m.name, both)
	}
	for _, m := range wrong(t) {
		j, err := trace.Judge(context.Background(), m.write(t, dir))
		if err != nil {
			t.Fatal(err)
		}
		inLines(t, &got, m.name+", faults", j.Faults)
	}
	// A mean of errors that stands out over all of a run that fills no window of thirty.
	faint := theMade()[1]
	faint.name, faint.steps, faint.forward = "faint", 17, func(t, i, b int, y []float64) {
		if i == 1 {
			y[1] *= 1.5
		}
	}
	j, err := trace.Judge(context.Background(), faint.write(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	inLines(t, &got, "faint, suspects", j.Suspects)
	if *updateJudgements {
		if err := os.WriteFile(judgementsFile, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(judgementsFile)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); d != "" {
		t.Errorf("judgements (-on record +got):\n%s", d)
	}
}

// TestLargestStep: steps are numbered up to 2^53, and no further.
func TestLargestStep(t *testing.T) {
	const run = `{"version":1,"engine":"x","chain":[{"op":"bias","n":1},{"op":"halfsq","n":1}],"precision":"float64",` +
		`"samples":1,"reg":{"kind":"none"}}` + "\n"
	for step, taken := range map[string]bool{"0": true, "9007199254740992": true, "9007199254740993": false, "-1": false} {
		line := `{"step":` + step + `,"gamma":0,"x":[[2]],"w":[[0],[]],"Y":[[[2]],[[2]]],"V":[[[2]]]}`
		r, err := trace.Read([]byte(run + line + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		var st trace.Step
		if err := r.Next(&st); (err == nil) != taken || !taken && !strings.Contains(err.Error(), "want 0 to 2^53") {
			t.Errorf("step %s: %v", step, err)
		}
	}
}

// long are numbers whose last digits another architecture may have otherwise.
var long = regexp.MustCompile(`\d+\.\d{6,}(e[-+]\d+)?`)

// inLines writes what is said as JSON, numbers with four digits, of the columns every twelfth.
func inLines(t *testing.T, to *strings.Builder, name string, v any) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var all any
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(to, "# %s\n", name)
	var walk func(path string, v any)
	text := func(v any) string {
		if x, ok := v.(float64); ok {
			return fmt.Sprintf("%.4g", x)
		}
		return long.ReplaceAllStringFunc(fmt.Sprint(v), func(number string) string {
			x, err := strconv.ParseFloat(number, 64)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("%.5g", x)
		})
	}
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			keys := make([]string, 0, len(v))
			for k := range v {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			var flat []string
			for _, k := range keys {
				switch v[k].(type) {
				case map[string]any, []any:
				default:
					flat = append(flat, k+"="+text(v[k]))
				}
			}
			fmt.Fprintf(to, "%s %s\n", path, strings.Join(flat, " "))
			for _, k := range keys {
				if k != "chain" {
					walk(path+"."+k, v[k])
				}
			}
		case []any:
			var flat []string
			for k, x := range v {
				switch x.(type) {
				case map[string]any, []any:
					if !strings.HasSuffix(path, ".columns") || k%12 == 0 {
						walk(fmt.Sprintf("%s[%d]", path, k), x)
					}
				default:
					flat = append(flat, text(x))
				}
			}
			if len(flat) > 0 || len(v) == 0 {
				fmt.Fprintf(to, "%s [%s]\n", path, strings.Join(flat, " "))
			}
		}
	}
	walk("", all)
}
