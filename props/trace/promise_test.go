package trace

import (
	"context"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
)

// quadraticRun takes full-batch steps on a quadratic objective with noise in every pass, and one large error.
type quadraticRun struct {
	obj     *problem.Quadratic
	shape   *shape
	w       []float64
	t       int
	batch   *core.Batch
	rec     Recorder
	rng     *rand.Rand
	spikeAt int
}

const quadraticGamma = 0.2

func newQuadraticRun(obj *problem.Quadratic, s *shape, seed uint64) *quadraticRun {
	return &quadraticRun{obj: obj, shape: s, w: []float64{1, -1}, batch: core.NewBatch(s.chain, 3),
		rng: rand.New(rand.NewPCG(seed, 1)), spikeAt: 100}
}

func (q *quadraticRun) Next(st *Step) error {
	if q.t == 200 {
		return io.EOF
	}
	q.batch.Load(q.obj, nil)
	got := q.rec.Pass(q.shape.chain, q.batch, q.w, func(from, to int) core.Perturber { return q })
	got.X = got.X[:0]
	for k := range q.obj.Len() {
		_, x := q.obj.Sample(k)
		got.X = append(got.X, x...)
	}
	got.T, got.Gamma = q.t, quadraticGamma
	*st = *got
	core.Step(q.w, got.U, quadraticGamma, core.Regularizer{Kind: "none"})
	q.t++
	return nil
}

// Delta implements core.Perturber.
func (q *quadraticRun) Delta(_ int, dst, _ []float64) { clear(dst) }

// Eps implements core.Perturber.
func (q *quadraticRun) Eps(i int, dst, _ []float64) {
	for k := range dst {
		dst[k] = 0.01 * q.rng.NormFloat64()
		if i == 2 && q.t == q.spikeAt {
			dst[k] += 20
		}
	}
}

// TestPromise has a spike forgotten within the steps that the root form of (41) promises, with the proved
// constants of a quadratic objective.
func TestPromise(t *testing.T) {
	for seed := range uint64(5) {
		a := [][]float64{{1, 0.2}, {0, 0.7}, {0.3, 0.1}}
		inputs := [][]float64{{0.1, 0}, {-0.2, 0.3}, {0, -0.1}}
		obj := problem.NewQuadratic(a, inputs)
		c, _ := obj.Sample(0)
		lstar := obj.LStarLower()
		s := &shape{run: Run{Version: 1, Engine: "quadratic", Chain: c.Specs(), Samples: 3,
			Precision: Precision{"float64", "float64", "float64"}, Known: &Known{L: obj.L(), Mu: obj.Mu(), LStar: &lstar}}}
		if err := s.check(); err != nil {
			t.Fatal(err)
		}
		q := newQuadraticRun(obj, s, seed)
		j, err := newRunJudge(s, "").run(context.Background(), q)
		if err != nil || len(j.Spikes) != 1 {
			t.Fatalf("seed %d: %v, spikes %+v, want one", seed, err, j.Spikes)
		}
		sp := j.Spikes[0]
		if sp.Cause == nil || *sp.Cause != (Site{"eps", 2, 2}) || sp.Peak != 100 {
			t.Errorf("seed %d: %s, want eps_2 at step 100", seed, sp.Says)
		}
		if !sp.Recovered || sp.Estimated || sp.Promised < 1 || sp.Took > sp.Promised {
			t.Errorf("seed %d: %s, want it to be forgotten within what is promised by known constants", seed, sp.Says)
		}
		t.Log(sp.Says)
	}
}
