package trace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// near1 are factors a little below and above 1: what is held against a bound passes with the first alone.
var near1 = []float64{1 - 1e-9, 1 + 1e-9}

// faultsAt are the faults of a site by a rule.
func faultsAt(seen []Fault, site Site, rule string) (list []Fault) {
	for _, f := range seen {
		if f.Site == site && f.Rule == rule {
			list = append(list, f)
		}
	}
	return list
}

// isFault holds the faults of a site against the one that is wanted, none where it is nil.
func isFault(t *testing.T, name string, seen []Fault, want *Fault, site Site, rule string) {
	t.Helper()
	got := faultsAt(seen, site, rule)
	if want == nil {
		if len(got) > 0 {
			t.Fatalf("%s: %+v, want no fault", name, got)
		}
		return
	}
	if len(got) != 1 {
		t.Fatalf("%s: %d faults, want one: %+v", name, len(got), got)
	}
	f := got[0]
	close := func(a, b Number) bool { return math.Abs(float64(a-b)) <= 1e-7*math.Abs(float64(b)) }
	if f.Step != want.Step || f.Sample != want.Sample || f.Index != want.Index || f.Value != want.Value ||
		!close(f.Want, want.Want) || !close(f.Allowed, want.Allowed) {
		t.Fatalf("%s: %+v, want %+v", name, f, *want)
	}
}

// TestEachStateIsHeld: an entry of a state is a fault beyond what the envelope allows there, and none below, at each
// site, sample and recorded coordinate; the first one of a site is named.
func TestEachStateIsHeld(t *testing.T) {
	precisions := []Precision{{"bfloat16", "float32", "float32"}, {"e4m3", "bfloat16", "float32"}, float32s}
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 22))
		rows := []int{1, 3, window + 2}[rng.IntN(20)/9]
		s, st := drawnStep(t, rng, precisions[seed%3], rows)
		isPass(s, st)
		st.Scale = []float64{1, 0.25}[rng.IntN(2)]
		sampled := map[string][]int{}
		if seed%2 > 0 {
			sampled = drawnSampled(rng, s)
		}
		env := newEnvelope(s.run.Precision)
		for k := range 2*s.chain.N() - 1 {
			site, at := s.site(k), seenAt(s, sampled, k)
			if len(at) == 0 {
				continue
			}
			sample, c := rng.IntN(rows), rng.IntN(len(at))
			for _, by := range near1 {
				bad := again(st)
				d, v, rule, more := s.siteWidth(k), &bad.Y[site.I], "(5a)", 0.0
				if site.Kind == "eps" {
					v, rule = &bad.V[site.I-1], "(5b)"
					if st.Scale != 1 {
						more = (env.tinyS + 8*env.tiny) / st.Scale
					}
				}
				n := newNaiveSite(t, s, bad, k, at)
				n.recover(s, bad, k, false)
				o, want := n.o, n.want[sample*len(at)+c]
				allow := make([]float64, len(at))
				vs, x := n.v[sample*o.out:(sample+1)*o.out], o.x[sample*o.in:(sample+1)*o.in]
				f, g := make([]float64, o.out), make([]float64, o.in)
				n.op(sample).Forward(f, x, o.w)
				n.op(sample).VJP1(g, x, o.w, f, vs)
				if site.Kind == "eps" {
					env.byInput(allow, o, sample, vs, g)
				} else {
					env.forward(allow, o, sample, f)
				}
				a := env.stored(want, allow[c]*env.judged()) + judge.s*math.Abs(want) + more
				value := want + a*by*float64(1-2*rng.IntN(2))
				(*v)[sample*d+at[c]] = value
				fault := &Fault{Step: 4, Sample: sample, Index: at[c], Value: Number(value), Want: Number(want),
					Allowed: Number(a)}
				if by < 1 {
					fault = nil
				} else if c+1 < len(at) { // one behind it, which is not named
					(*v)[sample*d+at[c+1]] += 100
				} else if sample+1 < rows {
					(*v)[(sample+1)*d+at[0]] += 100
				}
				run, part := s, bad
				if len(sampled) > 0 {
					run, part = withSampled(t, s, bad, sampled)
				}
				j := newStepJudge(run, newApart(run))
				j.measure(part, j.exacts.take(nil, part, part.W))
				name := fmt.Sprintf("seed %d, %v of %v, %v sampled, %v of what is allowed", seed, site, s.run.Chain, sampled, by)
				isFault(t, name, j.seen, fault, site, rule)
			}
		}
	}
}

// TestEachGradientIsHeld: an entry of U is a fault beyond what a sum of B terms may be off by, by root mean squares
// over the samples, and none below; the square of the whole difference is given.
func TestEachGradientIsHeld(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 23))
		rows := []int{1, 2, 5}[rng.IntN(3)]
		s, st := drawnStep(t, rng, []Precision{{"bfloat16", "float32", "bfloat16"}, float32s,
			{"bfloat16", "float32", "float32"}}[seed%3], rows)
		isPass(s, st)
		if st.Scale = 1; seed%4 == 0 {
			st.Scale = 0.25
		}
		e := newEnvelope(s.run.Precision)
		c, n := s.chain, s.chain.N()
		rms := func(m []float64, d, k int) float64 {
			sum := 0.0
			for b := range rows {
				sum += m[b*d+k] * m[b*d+k]
			}
			return math.Sqrt(sum / float64(rows))
		}
		for i := 1; i <= n; i++ {
			nw, spec := c.Op(i).NW(), s.run.Chain[i-1]
			if nw == 0 {
				continue
			}
			x, v, in, out := st.X, st.V[i], c.D(i-1), c.D(i)
			if i > 1 {
				x = st.Y[i-1]
			}
			if i == n {
				v = slices.Repeat([]float64{1}, rows)
			}
			k := rng.IntN(nw)
			mag, grown := 0.0, e.dotGrowth(rows)+judge.dotGrowth(rows)
			switch spec.Op {
			case "affine", "linear":
				if mag = rms(v, out, k%out); k < in*out {
					mag = rms(v, out, k/in) * rms(x, in, k%in)
				}
			case "bias":
				mag = rms(v, out, k)
			case "scale":
				mag = rms(v, out, k) * rms(x, in, k)
			case "bilinear":
				longest := 0.0
				for b := range rows {
					longest = max(longest, norm(x[b*in:(b+1)*in]))
				}
				mag = 2 * longest * norm(c.W(i, st.W)) * rms(x, in, k) * rms(v, 1, 0)
				grown += math.Pow(1+max(e.c, e.a), float64(2*in+10)) - 1
			}
			want := c.W(i, st.U)[k]
			err := mag*grown + float64(rows+2)*e.tiny
			if st.Scale != 1 {
				err += (e.tinyS + 8*e.tiny) / st.Scale
			}
			a := err + e.s*(math.Abs(want)+err) + e.tinyS
			for _, by := range near1 {
				bad := again(st)
				bad.U = slices.Clone(st.U)
				value := want + by*a*float64(1-2*rng.IntN(2))
				c.W(i, bad.U)[k] = value
				j := newStepJudge(s, newApart(s))
				m := j.measure(bad, j.exacts.take(nil, bad, bad.W))
				name := fmt.Sprintf("seed %d, %s_%d[%d], %v of what is allowed", seed, spec.Op, i, k, by)
				fault := &Fault{Step: 4, Sample: -1, Index: k, Value: Number(value), Want: Number(want), Allowed: Number(a)}
				if by < 1 {
					fault = nil
				}
				isFault(t, name, j.seen, fault, Site{"U", i, i}, "(5c)")
				near(t, name, m.uError2, (value-want)*(value-want), 1e-9)
			}
		}
	}
}

// TestLossAndOnesAreHeld: the recorded loss is the mean of Y_N, V_N is 1, up to what is allowed.
func TestLossAndOnesAreHeld(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 24))
		rows := 1 + rng.IntN(4)
		s, st := drawnStep(t, rng, Precision{"bfloat16", "float32", "bfloat16"}, rows)
		n := s.chain.N()
		e := newEnvelope(s.run.Precision)
		isPass(s, st)
		for k := range st.Y[n] { // of both signs
			st.Y[n][k] = rng.NormFloat64()
		}
		want, size := 0.0, 0.0
		for _, y := range st.Y[n] {
			want, size = want+y/float64(rows), size+math.Abs(y)/float64(rows)
		}
		err := size*(e.dotGrowth(rows)+judge.dotGrowth(rows)) + e.tiny
		for _, by := range near1 {
			for _, sign := range []float64{-1, 1} {
				bad := again(st)
				// a = err + s (|loss| + err) + tiny, of the recorded loss = want + by a
				up := math.Copysign(1, want) * sign
				a := (err*(1+e.s) + e.s*math.Abs(want) + e.tinyS) / (1 - up*by*e.s)
				bad.Loss = want + sign*by*a
				if math.Signbit(bad.Loss) != math.Signbit(want) {
					continue
				}
				j := newStepJudge(s, newApart(s))
				j.judge(bad, j.exacts.take(nil, bad, bad.W))
				fault := &Fault{Step: 4, Sample: -1, Value: Number(bad.Loss), Want: Number(want), Allowed: Number(a)}
				if by < 1 {
					fault = nil
				}
				isFault(t, fmt.Sprintf("seed %d, the loss, %v", seed, sign*by), j.seen, fault, Site{"loss", n, n}, "loss")
			}
		}
		sample, low := rng.IntN(rows), float64(1-2*rng.IntN(2))
		for _, over := range []float64{0, 0x1p-20} {
			bad := again(st)
			bad.V[n] = slices.Repeat([]float64{1}, rows)
			value := 1 + low*(2*e.s+over)
			bad.V[n][sample] = value
			if over > 0 && sample+1 < rows {
				bad.V[n][sample+1] = 3
			}
			j := newStepJudge(s, newApart(s))
			j.judge(bad, j.exacts.take(nil, bad, bad.W))
			fault := &Fault{Step: 4, Sample: sample, Value: Number(value), Want: 1, Allowed: Number(2 * e.s)}
			if over == 0 {
				fault = nil
			}
			isFault(t, fmt.Sprintf("seed %d, V_N", seed), j.seen, fault, Site{"V", n, n}, "(5b)")
		}
	}
}

// TestEachWeightIsHeld: a weight after a step is held against (5d), and one before a step against what the step before
// it left, at each weight, up to what is allowed.
func TestEachWeightIsHeld(t *testing.T) {
	for seed := range uint64(80) {
		rng := rand.New(rand.NewPCG(seed, 25))
		s, st := drawnStep(t, rng, []Precision{{"bfloat16", "float32", "float32"},
			{"float32", "bfloat16", "float32"}}[seed%2], 2)
		if s.chain.NW() == 0 {
			continue
		}
		isPass(s, st)
		st.Gamma = float64(1-2*rng.IntN(2)) * rng.Float64()
		s.run.Reg = []core.Regularizer{{Kind: "none"}, {Kind: "l2", Rho: 0.3}, {Kind: "nonconvex", Rho: 0.3}}[rng.IntN(3)]
		e := newEnvelope(s.run.Precision)
		after := slices.Clone(st.W)
		for k, w := range st.W {
			after[k] = w - st.Gamma*(st.U[k]+s.run.Reg.Grad(w))
		}
		all := rng.IntN(s.chain.NW())
		i, k := s.weight(all)
		w, u := st.W[all], st.U[all]
		r := s.run.Reg.Grad(w)
		step := math.Abs(st.Gamma) * (math.Abs(u) + math.Abs(r))
		err := judge.c*8*(math.Abs(w)+step) + e.c*math.Abs(w) + e.tiny
		a := 8*max(e.c, e.s)*step + err + e.s*(math.Abs(after[all])+err) + e.tinyS
		kept := e.s*math.Abs(after[all]) + e.tinyS
		for _, by := range near1 {
			fault := func(value, want, a float64, at int) *Fault {
				if by < 1 {
					return nil
				}
				return &Fault{Step: at, Sample: -1, Index: k, Value: Number(value), Want: Number(want), Allowed: Number(a)}
			}
			value := after[all] + by*a
			name := fmt.Sprintf("seed %d, w_%d[%d], %v of what is allowed", seed, i, k, by)
			// in the step itself
			bad := again(st)
			bad.U, bad.After = st.U, slices.Clone(after)
			bad.After[all] = value
			j := newStepJudge(s, newApart(s))
			j.judge(bad, j.exacts.take(nil, bad, bad.W))
			isFault(t, name, j.seen, fault(value, after[all], a, 4), Site{"w", i, i}, "(5d)")
			// in the one behind it
			for _, late := range []int{0, 1} {
				j = newStepJudge(s, newApart(s))
				first, next := again(st), again(st)
				first.U = st.U
				j.judge(first, j.exacts.take(nil, first, first.W))
				next.T, next.W = 5+late, slices.Clone(after)
				next.W[all] = value
				j.judge(next, j.exacts.take(nil, next, next.W))
				want := fault(value, after[all], a, 4)
				if late > 0 {
					want = nil
				}
				if want != nil { // it is of the step that is judged
					want.Step = 5
				}
				isFault(t, name+", in the next step", j.seen, want, Site{"w", i, i}, "(5d)")
				// what was left is kept
				j = newStepJudge(s, newApart(s))
				first.After = slices.Clone(after)
				j.judge(first, j.exacts.take(nil, first, first.W))
				left := after[all] - by*kept
				next.W[all] = left
				if by > 1 && k+1 < s.chain.Op(i).NW() {
					next.W[all+1]++
				}
				j.judge(next, j.exacts.take(nil, next, next.W))
				want = fault(left, after[all], kept, 5)
				if late > 0 {
					want = nil
				}
				isFault(t, name+", kept", j.seen, want, Site{"w", i, i}, "kept")
			}
		}
	}
}

// TestRegularizerIsHeld: weights that moved as if there was no regularizer are a fault, whatever its factor.
func TestRegularizerIsHeld(t *testing.T) {
	for _, rho := range []float64{0.25, 1, 2} {
		for _, kind := range []string{"l2", "nonconvex"} {
			s, st := uneven(t, float32s, nil)
			isPass(s, st)
			s.run.Reg = core.Regularizer{Kind: kind, Rho: rho}
			st.After = slices.Clone(st.W)
			for k, u := range st.U {
				st.After[k] -= st.Gamma * u
			}
			j := newStepJudge(s, newApart(s))
			j.judge(st, j.exacts.take(nil, st, st.W))
			if len(faultsAt(j.seen, Site{"w", 1, 1}, "(5d)")) != 1 || len(faultsAt(j.seen, Site{"w", 3, 3}, "(5d)")) != 1 {
				t.Errorf("%s, rho = %v: %+v", kind, rho, j.seen)
			}
		}
	}
}

// TestHeldAtZero: where all numbers are 0 what is allowed is what operations may be off by near 0, as many of them as
// there are.
func TestHeldAtZero(t *testing.T) {
	p := Precision{"float16", "float16", "e4m3"}
	s, st := uneven(t, p, nil, core.Spec{Op: "affine", In: 2, Out: 3}, core.Spec{Op: "square", N: 3},
		core.Spec{Op: "halfsq", N: 3})
	clear(st.X)
	clear(st.W)
	isPass(s, st)
	// Subnormal numbers of float16 are 2^-24 apart, those of e4m3 2^-9; float16 rounds by 2^-10.
	const tiny, near0, unit = 0x1p-24 + 0x1p-9, 0x1p-24, 0x1p-10
	for _, by := range near1 {
		for what, c := range map[string]struct {
			site  Site
			rule  string
			err   float64 // before it is stored
			place func(st *Step) *float64
		}{
			"U":    {Site{"U", 1, 1}, "(5c)", 4 * tiny, func(st *Step) *float64 { return &st.U[4] }},
			"w":    {Site{"w", 1, 1}, "(5d)", tiny, func(st *Step) *float64 { return &st.After[4] }},
			"loss": {Site{"loss", 3, 3}, "loss", tiny, func(st *Step) *float64 { return &st.Loss }},
		} {
			bad := again(st)
			bad.U, bad.After = slices.Clone(st.U), slices.Clone(st.W)
			a := c.err + unit*c.err + near0
			if what == "loss" {
				a /= 1 - unit*by
			}
			*c.place(bad) = by * a
			j := newStepJudge(s, newApart(s))
			j.judge(bad, j.exacts.take(nil, bad, bad.W))
			index := 4
			if what == "loss" {
				index = 0
			}
			fault := &Fault{Step: 5, Sample: -1, Index: index, Value: Number(by * a), Allowed: Number(a)}
			if by < 1 {
				fault = nil
			}
			isFault(t, fmt.Sprintf("%s, %v of what is allowed", what, by), j.seen, fault, c.site, c.rule)
		}
	}
}
