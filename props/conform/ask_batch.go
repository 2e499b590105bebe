package conform

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/core"
)

var batchRule = &rule{
	name: "batch",
	explanation: "a batch gives the means of loss and U over all its samples, whatever its windows, and one step " +
		"with that mean; each sample has its own x, perturbations and label",
	always: "batches of 1 to 8 samples in windows of every size, the last one short or not; linear, curved and " +
		"classifying chains; integers; samples that are all the same, and one that is unlike the others; batches of " +
		"9 to 129 samples, a power of 2 or one more, in windows of 1, 8 and all",
	drawn: "chains of 2 to 5 operators, up to 9 samples",
	skip: func(s *session) string {
		if !abilities(s.engine)[batch] {
			return "the engine has no Batch"
		}
		return ""
	},
	fixed: cases(func(a *always) {
		for b := 1; b <= 8; b++ {
			for k := 1; k <= b; k++ {
				for _, kind := range []string{"linear", "curved", "labels", "integers"} {
					a.add(fmt.Sprintf("%d samples in windows of %d, %s", b, k, kind),
						func(m *maker, scale float64) *sequence {
							return asking("", m.batch(kind, b, k, both().times(scale)))
						})
				}
			}
		}
		for _, kind := range []string{"all the same", "one alone", "unperturbed"} {
			for k := 1; k <= 4; k++ {
				a.add(fmt.Sprintf("4 samples in windows of %d, %s", k, kind), func(m *maker, scale float64) *sequence {
					return asking("", m.alterBatch(m.batch("curved", 4, k, both().times(scale)), kind))
				})
			}
		}
		for _, b := range many(129) {
			for _, k := range []int{1, 8, b} {
				for _, kind := range []string{"linear", "labels"} {
					a.add(fmt.Sprintf("%d samples in windows of %d, %s", b, k, kind),
						func(m *maker, scale float64) *sequence {
							return asking("", m.batch(kind, b, k, both().times(scale)))
						})
				}
			}
		}
	}),
	draw: func(m *maker, index int) *sequence {
		b := 1 + m.rng.IntN(9)
		return asking("drawn", m.manySamples(m.plainChain(2+index%4, 4, both()), b, 1+m.rng.IntN(b), both()))
	},
}

// many are the numbers of samples or steps, up to most, of what is longer than the buffers, the blocks and the
// schedules of an engine: powers of 2 from 16 on, and one more.
func many(most int) []int {
	n := []int{9}
	for k := 16; k < most; k *= 2 {
		n = append(n, k, k+1)
	}
	return n
}

// batch is a batch of b samples on a chain of a kind.
func (m *maker) batch(kind string, b, accumulate int, f filling) *job {
	switch kind {
	case "integers":
		f.whole = true
		return m.manySamples(m.template("linear", 3, f), b, accumulate, f)
	case "labels":
		chain := chainOf(m.front(3, 2), []core.Spec{
			{Op: "tanh", N: 3}, {Op: "linear", In: 3, Out: 4}, {Op: "softmaxce", N: 4, Label: 2},
		})
		return m.manySamples(chain, b, accumulate, f)
	}
	return m.manySamples(m.template(kind, 3, f), b, accumulate, f)
}

// manySamples turns a step into a batch.
func (m *maker) manySamples(chain []core.Spec, b, accumulate int, f filling) *job {
	j := m.job(chain, f)
	if j == nil {
		return nil
	}
	j = j.as(batch)
	j.steps = []RunStep{m.samples(j.chain, b, accumulate, f)}
	return m.fit(j)
}

// samples draws the samples of a step; every other one has a label of its own where the
// chain has one at all.
func (m *maker) samples(chain []core.Spec, b, accumulate int, f filling) RunStep {
	s := RunStep{Accumulate: accumulate, Gamma: m.gamma(f)}
	classes := math.MaxInt
	for _, spec := range chain {
		if spec.Op == "softmaxce" {
			classes = min(classes, spec.N)
		}
	}
	for k := range b {
		x := m.sample(chain, f)
		if classes < math.MaxInt && k%2 == 0 {
			label := m.rng.IntN(classes)
			x.Label = &label
		}
		s.Samples = append(s.Samples, x)
	}
	return s
}

func (m *maker) alterBatch(j *job, kind string) *job {
	if j == nil {
		return nil
	}
	j = j.clone()
	samples := j.steps[0].Samples
	switch kind {
	case "all the same":
		for k := range samples {
			samples[k] = cloneSamples(samples[:1])[0]
		}
	case "one alone":
		for k := range samples[:len(samples)-1] {
			zero(samples[k].X)
			zero(samples[k].Delta...)
			zero(samples[k].Eps...)
		}
	default:
		j.quiet()
	}
	return m.fit(j)
}

var runRule = &rule{
	name: "run",
	explanation: "a run carries nothing but its weights from step to step: each step is that of (5) at the " +
		"weights before it, with its own samples and gamma",
	always: "runs of 1 to 6 steps, and of up to 65, with other samples, windows and gamma in each; with gamma 0 in " +
		"between; each twice in a row, with the same bits",
	drawn: "runs of 2 to 5 steps of chains of 2 to 4 operators",
	skip: func(s *session) string {
		if !abilities(s.engine)[run] {
			return "the engine has no Run"
		}
		return ""
	},
	fixed: cases(func(a *always) {
		for _, steps := range append([]int{1, 2, 3, 4, 5, 6}, many(65)...) {
			for _, kind := range []string{"linear", "curved", "labels"} {
				for _, still := range []bool{false, true} {
					name := fmt.Sprintf("%d steps, %s, one of them with gamma 0: %v", steps, kind, still)
					a.add(name, func(m *maker, scale float64) *sequence {
						j := m.run(m.batch(kind, 1, 1, both().times(scale)), steps, both().times(scale), still)
						if j == nil {
							return nil
						}
						q := asking("", j, j)
						if !m.random {
							q.questions[1].again = 1
						}
						return q
					})
				}
			}
		}
	}),
	draw: func(m *maker, index int) *sequence {
		j := m.manySamples(m.plainChain(2+index%3, 3, both()), 1, 1, both())
		return asking("drawn", m.run(j, 2+index%4, both(), false))
	},
}

// run turns a batch into a run with small steps.
func (m *maker) run(j *job, steps int, f filling, still bool) *job {
	if j == nil {
		return nil
	}
	j = j.as(run)
	j.steps = nil
	for t := range steps {
		b := 1 + (t+m.rng.IntN(3))%3
		s := m.samples(j.chain, b, 1+m.rng.IntN(b), f)
		s.Gamma = m.ar.stored.round(math.Ldexp(s.Gamma, -3))
		if still && t == steps/2 {
			s.Gamma = 0
		}
		j.steps = append(j.steps, s)
	}
	return m.fit(j)
}
