package problem

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"gonum.org/v1/gonum/diff/fd"
)

func digitsNetwork(tb testing.TB, t *Table, widths ...int) (core.Objective, []float64) {
	tb.Helper()
	t.Scale(1.0 / MaxPixel)
	obj, err := Network(t, widths...)
	if err != nil {
		tb.Fatal(err)
	}
	c, _ := obj.Sample(0)
	return obj, InitWeights(c, 1)
}

func TestNetworkShape(t *testing.T) {
	table := digits(t)
	obj, w := digitsNetwork(t, table, 16)
	if len(w) != 1210 || obj.Len() != 1797 {
		t.Errorf("%d weights and %d samples, want 64*16+16+16*10+10 = 1210 and 1797", len(w), obj.Len())
	}
	first, _ := obj.Sample(0)
	for k := range obj.Len() {
		c, x := obj.Sample(k)
		if s := c.Op(4).Spec(); s.Op != "softmaxce" || s.Label != table.Label[k] || !c.SameShape(first) {
			t.Fatalf("sample %d of label %d has the chain %v", k, table.Label[k], c.Specs())
		}
		for _, v := range x {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("sample %d has the pixel %v", k, v)
			}
		}
	}
	limit, used := math.Sqrt(6.0/80), 0.0
	for k, v := range w[:64*16] {
		if used = max(used, math.Abs(v)); !(math.Abs(v) <= limit) {
			t.Errorf("weight %d is %v, limit %v", k, v, limit)
		}
	}
	if !(used > 0.99*limit) {
		t.Errorf("the largest weight is %v, limit %v", used, limit)
	}
	for _, v := range w[64*16 : 64*16+16] {
		if v != 0 {
			t.Errorf("bias %v, want 0", v)
		}
	}
}

func TestNetworkGradient(t *testing.T) {
	table := digits(t)
	table.X, table.Label = table.X[:12], table.Label[:12]
	for k, x := range table.X {
		table.X[k] = x[18:23]
	}
	for _, widths := range [][]int{{}, {3}, {4, 3}} {
		obj, w := digitsNetwork(t, table, widths...)
		want := fd.Gradient(nil, func(w []float64) float64 { return Loss(obj, w) }, w,
			&fd.Settings{Formula: fd.Central})
		checkGradient(t, Gradient(obj, w), want, 1)
	}
}

// 300 steps of batches of 32 bring the digits well below ln 10 = 2.30, the loss
// of a network that says nothing.
func TestTrainingNetwork(t *testing.T) {
	obj, w := digitsNetwork(t, digits(t), 16)
	before := Loss(obj, w)
	rng := rand.New(rand.NewPCG(1, 1))
	batch := make([]int, 32)
	err := core.Run(obj, w, core.Options{T: 300, Gamma: 0.3, Batch: func(int) []int {
		for k := range batch {
			batch[k] = rng.IntN(obj.Len())
		}
		return batch
	}})
	after := Loss(obj, w)
	if err != nil || !(before > 2 && before < 3 && after < 0.5) {
		t.Errorf("loss %v, then %v, error %v", before, after, err)
	}
}

// Gradient descent with g = 1/L lowers l at every step.
func TestTrainingKnown(t *testing.T) {
	eachKnown(t, func(t *testing.T, c knownCase, rng *rand.Rand) {
		w := c.weights(rng)
		last := c.loss(w)
		for step := range 20 {
			if err := core.Run(c.obj, w, core.Options{T: 1, Gamma: 1 / c.obj.L(), Reg: c.obj.Reg()}); err != nil {
				t.Fatal(err)
			}
			now := c.loss(w)
			if !(now <= last*(1+rounding)) {
				t.Errorf("step %d: loss %v, then %v", step, last, now)
			}
			last = now
		}
	})
}

// The sign of the label is folded in: l is ln(1+exp(-y <h,w>)), term by term.
func TestLogisticForm(t *testing.T) {
	table := Synthetic(4, 50, 7)
	w := []float64{0.3, -1, 2, 0.1, -0.7}
	r, err := Logistic(table)
	if err != nil {
		t.Fatal(err)
	}
	want := 0.0
	for k, h := range table.X {
		y := float64(2*table.Label[k] - 1)
		want += math.Log1p(math.Exp(-y*(dot(h, w[:4])+w[4]))) / 50
	}
	if got := Loss(r, w); !(math.Abs(got-want) <= 1e-14) {
		t.Errorf("loss %v, want %v", got, want)
	}
}

// The regression owns its data.
func TestLogisticCopies(t *testing.T) {
	table := Synthetic(2, 20, 1)
	r := regression(t, table, false, "none", 0)
	before := Loss(r, []float64{1, 2})
	if again := Synthetic(2, 20, 1); table.X[3][0] != again.X[3][0] || table.X[4][1] != again.X[4][1] {
		t.Error("LogisticWith changed the table")
	}
	table.Scale(3)
	if after := Loss(r, []float64{1, 2}); after != before {
		t.Errorf("loss %v, and %v after a change of the table", before, after)
	}
}

// Labels follow their law: sum (label - p)/sqrt(p(1-p)) over m rows has mean 0
// and variance m. The stream starts with x*.
func TestSynthetic(t *testing.T) {
	const m = 20000
	table := Synthetic(10, m, 5)
	star := normal(rand.New(rand.NewPCG(5, 0)), 10)
	z, sum, square := 0.0, 0.0, 0.0
	for k, h := range table.X {
		p := sigmoid(dot(h, star))
		z += (float64(table.Label[k]) - p) / math.Sqrt(p*(1-p)) / math.Sqrt(m)
		for _, v := range h {
			sum += v / math.Sqrt(10*m)
			square += v * v / (10 * m)
		}
	}
	// 5 standard deviations; the variance of a square of N(0,1) is 2.
	if !(math.Abs(z) <= 5 && math.Abs(sum) <= 5 && math.Abs(square-1) <= 5*math.Sqrt(2.0/(10*m))) {
		t.Errorf("labels are off by %v sd, features by %v sd, their mean square is %v", z, sum, square)
	}
	again := Synthetic(10, m, 5)
	if again.X[m-1][9] != table.X[m-1][9] || again.Label[m-1] != table.Label[m-1] {
		t.Error("the same seed gave other data")
	}
	if other := Synthetic(10, m, 6); other.X[0][0] == table.X[0][0] {
		t.Error("another seed gave the same data")
	}
}

// Both ends of what Synthetic takes.
func TestSyntheticEnds(t *testing.T) {
	for _, c := range [][2]int{{1, 1}, {MaxFeatures, 1}, {1, MaxRows}} {
		if table := Synthetic(c[0], c[1], 1); len(table.X) != c[1] || len(table.X[0]) != c[0] {
			t.Errorf("Synthetic(%d, %d) is %d x %d", c[0], c[1], len(table.X), len(table.X[0]))
		}
	}
}

// Each cap of a Table is allowed, one more is not.
func TestTableCaps(t *testing.T) {
	for _, c := range []struct{ rows, features, classes int }{
		{MaxRows, 1, 1}, {1, MaxFeatures, 1}, {1, 1, MaxClasses},
	} {
		table := func(more int) *Table {
			up := func(size int) int {
				if size > 1 {
					return size + more
				}
				return size
			}
			return &Table{
				X:     slices.Repeat([][]float64{make([]float64, up(c.features))}, up(c.rows)),
				Label: make([]int, up(c.rows)),
				Names: slices.Repeat([]string{"a"}, up(c.classes)),
			}
		}
		if err := table(0).check(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		if err := table(1).check(); err == nil {
			t.Errorf("%+v and one more: no error", c)
		}
	}
}

// InitWeights draws the matrices of linear operators too, and leaves the rest.
func TestInitWeights(t *testing.T) {
	c := mustChain(core.Scale(2), core.Linear(2, 3), core.Affine(3, 1))
	w := InitWeights(c, 1)
	for k, v := range w {
		if drawn := k >= 2 && k < 11; (v != 0) != drawn {
			t.Errorf("weight %d is %v", k, v)
		}
	}
}

func TestConstructorErrors(t *testing.T) {
	row := func(v ...float64) [][]float64 { return [][]float64{v} }
	two := []string{"a", "b"}
	good := &Table{row(1, 2), []int{1}, two}
	wide := &Table{row(make([]float64, MaxFeatures+1)...), []int{0}, two}
	long := &Table{make([][]float64, MaxRows+1), nil, two}
	for _, c := range []struct {
		name  string
		table *Table
		reg   core.Regularizer
		want  string
	}{
		{"no rows", &Table{nil, nil, two}, core.Regularizer{}, "0 rows"},
		{"too long", long, core.Regularizer{}, "65537 rows"},
		{"labels missing", &Table{row(1), nil, two}, core.Regularizer{}, "0 labels"},
		{"no classes", &Table{row(1), []int{0}, nil}, core.Regularizer{}, "0 classes"},
		{"no features", &Table{row(), []int{0}, two}, core.Regularizer{}, "0 features"},
		{"too wide", wide, core.Regularizer{}, "1025 features"},
		{"ragged", &Table{[][]float64{{1}, {1, 2}}, []int{0, 1}, two}, core.Regularizer{},
			"row 1 has 2 features, row 0 has 1"},
		{"NaN", &Table{row(1, math.NaN()), []int{0}, two}, core.Regularizer{}, "row 0, feature 1 is NaN"},
		{"Inf", &Table{row(math.Inf(-1)), []int{0}, two}, core.Regularizer{}, "row 0, feature 0 is -Inf"},
		{"label", &Table{row(1), []int{2}, two}, core.Regularizer{}, "row 0 has label 2"},
		{"three classes", &Table{row(1), []int{0}, []string{"a", "b", "c"}}, core.Regularizer{}, "3 classes"},
		{"regularizer", good, core.Regularizer{Kind: "l3"}, `"l3"`},
		{"rho", good, core.Regularizer{Kind: "l2", Rho: math.NaN()}, "NaN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := LogisticWith(c.table, LogisticOptions{Reg: c.reg})
			if r != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v and error %v, want one with %q", r != nil, err, c.want)
			}
		})
	}
	if _, err := Logistic(nil); err == nil || !strings.Contains(err.Error(), "no table") {
		t.Errorf("Logistic of nil: %v", err)
	}
	if _, err := Network(nil, 3); err == nil || !strings.Contains(err.Error(), "no table") {
		t.Errorf("Network of nil: %v", err)
	}
	if _, err := Network(long, 3); err == nil {
		t.Error("Network took a table that is too long")
	}
	for _, width := range []int{0, -1, core.MaxWidth + 1} {
		if _, err := Network(good, width); err == nil {
			t.Errorf("Network took a hidden width of %d", width)
		}
	}
}

func BenchmarkStepDigits(b *testing.B) {
	obj, _ := digitsNetwork(b, digits(b), 16)
	benchmarkSteps(b, obj, core.Regularizer{})
}
