package bounds_test

import (
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/cascade-sgd/cascade/bounds"
)

// exactSlack allows for the rounding of a few hundred steps on either side.
const exactSlack = 0x1p-40

// walk is gradient descent on l = mu w^2/2 from w with the errors added to the gradient.
func walk(mu, w float64, gammas, errors []float64) float64 {
	for t, g := range gammas {
		w -= g * (mu*w + errors[t])
	}
	return w
}

// TestSpikeReach: of all signs of the errors none leaves a larger gap, and one leaves it.
func TestSpikeReach(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 1))
	for range 200 {
		mu, steps := 0.2+r.Float64(), 1+r.IntN(7)
		gammas, errors := make([]float64, steps), make([]float64, steps)
		for k := range gammas {
			gammas[k] = 3*r.NormFloat64()/mu - 0.5
			errors[k] = max(r.NormFloat64(), 0)
		}
		most := 0.0
		signed := make([]float64, steps)
		for signs := range 1 << steps {
			for k, m := range errors {
				signed[k] = m
				if signs>>k&1 == 1 {
					signed[k] = -m
				}
			}
			w := walk(mu, 0, gammas, signed)
			most = max(most, mu*w*w/2)
		}
		if reach := SpikeReach(mu, gammas, errors); !(math.Abs(reach-most) <= exactSlack*reach) {
			t.Fatalf("mu = %v, steps %v, errors %v: reach %v, the signs give %v", mu, gammas, errors, reach, most)
		}
	}
}

// worstSpikes is the largest gap that errors of size m at Q steps leave on l = mu w^2/2
// from gap d0: the start moves it by |P| w0, an error at step t by |g_t| prod |1-mu g_s| m.
func worstSpikes(mu, d0, m float64, spikes int, gammas []float64) float64 {
	moves, after := make([]float64, len(gammas)), 1.0
	for t := len(gammas) - 1; t >= 0; t-- {
		moves[t] = math.Abs(gammas[t]) * after * m
		after *= math.Abs(1 - mu*gammas[t])
	}
	w := after * math.Sqrt(2*d0/mu)
	for range spikes {
		largest := 0
		for t, x := range moves {
			if x > moves[largest] {
				largest = t
			}
		}
		w += moves[largest]
		moves[largest] = 0
	}
	return mu * w * w / 2
}

// TestSpikeFloor: no steps stay below it, and it is met by harmonic steps or by none.
func TestSpikeFloor(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 2))
	for range 2000 {
		mu, d0, m := 0.2+r.Float64(), 3*r.Float64(), r.Float64()
		steps := 1 + r.IntN(40)
		spikes := r.IntN(steps + 1)
		floor := SpikeFloor(mu, d0, m, spikes, steps)
		harmonic, constant, still := make([]float64, steps), make([]float64, steps), make([]float64, steps)
		g, t0 := r.NormFloat64(), 1+3*r.Float64()
		mixed := make([]float64, steps)
		for k := range mixed {
			harmonic[k] = 1 / (mu * float64(k+1))
			constant[k] = g / mu
			mixed[k] = 2 * r.Float64() / (mu * (float64(k) + t0))
			if r.IntN(3) == 0 {
				mixed[k] = r.NormFloat64() / mu
			}
		}
		for _, gammas := range [][]float64{harmonic, constant, mixed} {
			if gap := worstSpikes(mu, d0, m, spikes, gammas); !(gap >= floor*(1-exactSlack)) {
				t.Fatalf("mu = %v, D0 = %v, m = %v, Q = %d: %v leave %v, the floor is %v",
					mu, d0, m, spikes, gammas, gap, floor)
			}
		}
		least := min(worstSpikes(mu, d0, m, spikes, harmonic), worstSpikes(mu, d0, m, spikes, still))
		if !(least <= floor*(1+exactSlack)+1e-30) {
			t.Fatalf("harmonic steps or none leave %v, the floor is %v", least, floor)
		}
		constantFloor := SpikeFloorConstantStep(mu, d0, m, spikes, steps)
		if gap := worstSpikes(mu, d0, m, spikes, constant); !(gap >= constantFloor*(1-exactSlack)) {
			t.Fatalf("mu = %v, D0 = %v, m = %v, Q = %d, T = %d: steps %v leave %v, the floor of constant steps is %v",
				mu, d0, m, spikes, steps, g/mu, gap, constantFloor)
		}
		if !(constantFloor >= floor*(1-exactSlack)) {
			t.Fatalf("the floor of constant steps is %v, that of all %v", constantFloor, floor)
		}
	}
}

// TestSpikeFloorConstantStepMet: some constant step leaves little more than the floor.
func TestSpikeFloorConstantStepMet(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 3))
	for range 100 {
		mu, d0, m := 0.2+r.Float64(), 3*r.Float64(), r.Float64()
		steps := 1 + r.IntN(40)
		spikes := r.IntN(steps + 1)
		least := math.Inf(1)
		gammas := make([]float64, steps)
		for g := 0.0; g <= 1; g += 1.0 / 2048 {
			for k := range gammas {
				gammas[k] = g / mu
			}
			least = min(least, worstSpikes(mu, d0, m, spikes, gammas))
		}
		if floor := SpikeFloorConstantStep(mu, d0, m, spikes, steps); !(least <= floor*1.001+1e-6) {
			t.Errorf("mu = %v, D0 = %v, m = %v, Q = %d, T = %d: the best constant step leaves %v, the floor is %v",
				mu, d0, m, spikes, steps, least, floor)
		}
	}
}

// TestSpikesBothEnds: with L = mu and no noise the root form of the errors alone is what
// they reach, for steps of any size up to 1/L, so the two ends meet.
func TestSpikesBothEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 4))
	for range 200 {
		mu, steps := 0.2+r.Float64(), 1+r.IntN(30)
		gammas, errors := make([]float64, steps), make([]float64, steps)
		squares, none := make([]float64, steps), make([]float64, steps)
		for k := range gammas {
			gammas[k], errors[k] = 0.9*r.Float64()/mu, r.Float64()
			squares[k] = errors[k] * errors[k]
		}
		s := Smooth{L: mu, Mu: mu}
		reach := SpikeReach(mu, gammas, errors)
		if root := Root41Steps(s, 0, gammas, squares, none); !(math.Abs(root-reach) <= 1e-10*reach) {
			t.Fatalf("root form %v, reached %v", root, reach)
		}
		if sharp := Sharp41Steps(s, 0, gammas, squares, squares); !(sharp >= reach*(1-exactSlack)) {
			t.Fatalf("sharp (41) %v, reached %v", sharp, reach)
		}
	}
}

// TestStepForms: with one step size the forms that go step by step are Sharp41 and Root41
// but for the sum of noise, and those with sums are no smaller.
func TestStepForms(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 5))
	for trial := range 200 {
		s := Smooth{Mu: 0.2 + r.Float64()}
		s.L = s.Mu * (1 + 3*r.Float64())
		s.Gamma = r.Float64() / (3 * s.L)
		if trial%2 == 0 {
			s.SigmaSq = r.Float64()
		}
		steps, d0 := 1+r.IntN(30), r.Float64()
		gammas, e2 := make([]float64, steps), make([]float64, steps)
		mean2, spread2 := make([]float64, steps), make([]float64, steps)
		sumE2, sumMean2, bias, spread := 0.0, 0.0, 0.0, 0.0
		for k := range gammas {
			gammas[k] = s.Gamma
			mean2[k] = r.Float64()
			if s.SigmaSq == 0 {
				spread2[k] = r.Float64()
			}
			e2[k] = mean2[k] + spread2[k]
			sumE2 += s.SharpWeight(steps, k) * e2[k]
			sumMean2 += s.SharpWeight(steps, k) * mean2[k]
			bias += s.RootWeight(steps-1-k) * math.Sqrt(mean2[k])
			spread += s.RootWeight(2*(steps-1-k)) * spread2[k]
		}
		sharp, sharpSteps := Sharp41(s, d0, steps, sumE2, sumMean2), Sharp41Steps(s, d0, gammas, e2, mean2)
		noise := s.L * s.Gamma / s.Mu * s.SigmaSq * s.SharpWeight(steps, -1) // the tail of a geometric sum
		if !(math.Abs(sharp-noise-sharpSteps) <= exactSlack*sharp) {
			t.Fatalf("sharp (41) %v less %v, step by step %v", sharp, noise, sharpSteps)
		}
		root, rootSteps := Root41(s, d0, steps, bias, spread), Root41Steps(s, d0, gammas, mean2, spread2)
		if !(math.Abs(root-rootSteps) <= exactSlack*root) {
			t.Fatalf("root (41) %v, step by step %v", root, rootSteps)
		}
	}
}

// TestHarmonicBound: Root41Steps at those steps is below it wherever the spikes are, so
// are walks on l = L w^2/2 and l = mu w^2/2, and it is near the floor where L = mu.
func TestHarmonicBound(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 6))
	for range 300 {
		s := Smooth{Mu: 0.2 + r.Float64(), SigmaSq: r.Float64()}
		s.L = s.Mu * (1 + 5*r.Float64())
		t0 := max(s.L/s.Mu, 2.01) + 5*r.Float64()
		steps := 1 + r.IntN(60)
		spikes, m, d0 := r.IntN(steps+1), r.Float64(), r.Float64()
		right := HarmonicBound(s, d0, m, spikes, steps, t0)
		gammas, errors := make([]float64, steps), make([]float64, steps)
		for k := range gammas {
			gammas[k] = 1 / (s.Mu * (float64(k) + t0))
		}
		for _, k := range r.Perm(steps)[:spikes] {
			errors[k] = m
		}
		mean2 := make([]float64, steps)
		share := r.Float64() // of the error that is bias
		spread2 := make([]float64, steps)
		for k, e := range errors {
			mean2[k], spread2[k] = share*e*e, (1-share)*e*e
		}
		if left := Root41Steps(s, d0, gammas, mean2, spread2); !(left <= right*(1+exactSlack)) {
			t.Fatalf("%+v, T = %d, Q = %d, t0 = %v: step by step %v, bound %v",
				s, steps, spikes, t0, left, right)
		}
		quiet := s
		quiet.SigmaSq = 0
		right = HarmonicBound(quiet, d0, m, spikes, steps, t0)
		for _, curvature := range []float64{s.Mu, s.L} {
			w := walk(curvature, -math.Sqrt(2*d0/curvature), gammas, errors)
			if left := curvature * w * w / 2; !(left <= right*(1+exactSlack)) {
				t.Fatalf("%+v, T = %d, Q = %d, t0 = %v: curvature %v leaves %v, bound %v",
					s, steps, spikes, t0, curvature, left, right)
			}
		}
	}
	s := Smooth{L: 2, Mu: 2}
	right, floor := HarmonicBound(s, 1, 1, 1000, 1_000_000, 2.5), SpikeFloor(2, 1, 1, 1000, 1_000_000)
	if !(right <= 1.07*floor) || !(right >= floor) { // 1.065: the spread of the spikes, (1 + Q^{-1/2})^2
		t.Errorf("L = mu: the bound %v is not near the floor %v", right, floor)
	}
}

// TestBudgets: errors at as many steps as the budgets say cost the rate a factor that does
// not grow with T, with constant steps for ln T/T and with harmonic ones for 1/T; ten
// times the order of the budget, T^{1/10} more, costs a factor that does.
func TestBudgets(t *testing.T) {
	const mu, d0, m = 1.0, 1.0, 1.0
	constant := func(steps int, q float64) float64 {
		return SpikeFloorConstantStep(mu, d0, m, int(q), steps) * float64(steps) / math.Log(float64(steps))
	}
	harmonic := func(steps int, q float64) float64 {
		return HarmonicBound(Smooth{L: mu, Mu: mu}, d0, m, int(q), steps, 3) * float64(steps)
	}
	const few, many = 1 << 10, 1 << 30
	for name, at := range map[string]struct {
		cost   func(steps int, q float64) float64
		budget func(t float64) float64
	}{
		"constant steps": {constant, RootBudget},
		"harmonic steps": {harmonic, HarmonicBudget},
	} {
		kept := at.cost(many, at.budget(many)) / at.cost(few, at.budget(few))
		if !(kept <= 1.5) {
			t.Errorf("%s: at the budget the cost grows by %v", name, kept)
		}
		lost := at.cost(many, math.Pow(many, 0.1)*at.budget(many)) / at.cost(few, math.Pow(few, 0.1)*at.budget(few))
		if !(lost >= 8) {
			t.Errorf("%s: beyond the budget the cost grows by %v", name, lost)
		}
	}
	checkWritten(t, []written{
		{"root budget", RootBudget(2), math.Sqrt(2 / math.Ln2)},
		{"root budget", RootBudget(math.Exp(4)), math.Exp(2) / 2},
		{"harmonic budget", HarmonicBudget(1), 1},
		{"harmonic budget", HarmonicBudget(49), 7},
	})
}

func TestSpikesByHand(t *testing.T) {
	checkWritten(t, []written{
		// w = 0.5 2 after the first step, then |1 - 2| 1 + 2*3, so w_2 = 7.
		{"reach", SpikeReach(1, []float64{0.5, 2}, []float64{2, 3}), 49.0 / 2},
		{"reach of negative steps", SpikeReach(2, []float64{-0.5}, []float64{2}), 1},
		{"floor", SpikeFloor(0.5, 100, 3, 2, 4), 9 * 0.25},
		{"floor at D0", SpikeFloor(0.5, 0.125, 3, 2, 4), 0.125},
		// w0 = 4, z = 3, Q/T = 1/2: z (1 - (1/2) (3/8)^1) = 3 (13/16).
		{"floor of constant steps", SpikeFloorConstantStep(2, 16, 6, 2, 4), 39.0 / 16 * 39 / 16},
		{"floor of constant steps, Q = T", SpikeFloorConstantStep(2, 16, 6, 4, 4), 9},
		{"floor of constant steps, small D0", SpikeFloorConstantStep(2, 1, 6, 2, 4), 1},
		{"floor of constant steps, no spike", SpikeFloorConstantStep(2, 16, 6, 0, 4), 0},
		// q = 1 - 1/2 and one step: 0.5 5 + 2/16 3 + 2/16 7 + (1/8) 11, L g^2 = 2/16.
		{"sharp (41)",
			Sharp41Steps(Smooth{L: 2, Mu: 2, SigmaSq: 3}, 5, []float64{0.25}, []float64{7}, []float64{11}),
			2.5 + 3.0/8 + 7.0/8 + 11.0/8},
		// L/mu = 2, t0 = 3, T = 2, n = 4: e ( 2 2/4 + ( 5/4 + (2^{1/2} 2 + 2^{1/2} 2)^2/16 )^{1/2} )^2.
		{"harmonic", HarmonicBound(Smooth{L: 2, Mu: 1, SigmaSq: 4}, 5, 2, 2, 2, 3),
			math.E * square(1+math.Sqrt(1.25+2))},
	})
}

func TestSpikesMisuse(t *testing.T) {
	one, two := make([]float64, 1), make([]float64, 2)
	s := Smooth{L: 4, Mu: 1}
	checkMisuse(t, []misuse{
		{"spikes with mu = 0, want mu > 0", func() { SpikeReach(0, one, one) }},
		{"spikes: slices of 1 and 2 steps", func() { SpikeReach(1, one, two) }},
		{"spikes with mu = NaN, want mu > 0", func() { SpikeFloor(math.NaN(), 1, 1, 1, 1) }},
		{"spikes with mu = -1, want mu > 0", func() { SpikeFloorConstantStep(-1, 1, 1, 1, 1) }},
		{"spikes with T = 0, want T >= 1", func() { SpikeFloor(1, 1, 1, 0, 0) }},
		{"spikes: Q = 3 spikes in T = 2 steps", func() { SpikeFloorConstantStep(1, 1, 1, 3, 2) }},
		{"spikes: Q = -1 spikes in T = 2 steps", func() { SpikeFloor(1, 1, 1, -1, 2) }},
		{"sharp (41) with mu = 0, want mu > 0", func() { Sharp41Steps(Smooth{}, 1, nil, nil, nil) }},
		{"sharp (41): slices of 2 and 1 steps", func() { Sharp41Steps(s, 1, two, two, one) }},
		{"root (41) with mu = 0, want mu > 0", func() { Root41Steps(Smooth{}, 1, nil, nil, nil) }},
		{"root (41): slices of 2 and 1 steps", func() { Root41Steps(s, 1, two, one, two) }},
		{"harmonic steps with mu = 0, want mu > 0", func() { HarmonicBound(Smooth{}, 1, 1, 0, 1, 3) }},
		{"harmonic steps with t0 = 3.9, want t0 > 2 and t0 >= L/mu = 4", func() {
			HarmonicBound(s, 1, 1, 0, 1, 3.9)
		}},
		{"harmonic steps with t0 = 2, want t0 > 2", func() { HarmonicBound(Smooth{L: 1, Mu: 1}, 1, 1, 0, 1, 2) }},
		{"budget for T = 1.9, want T >= 2", func() { RootBudget(1.9) }},
		{"budget for T = NaN, want T >= 2", func() { RootBudget(math.NaN()) }},
		{"budget for T = 0.9, want T >= 1", func() { HarmonicBudget(0.9) }},
	})
}
