package beyond

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/optimize"
)

// Two results of others calibrate the climbs from outside. EF21 (Richtarik, Sokolov,
// Fatkhullin 2021, arXiv:2106.05203) keeps a gradient d and sends the difference by a
// compressor with |C(a) - a| <= rho |a|:
//
//	x_{t+1} = x_t - g d_t,  d_{t+1} = d_t + C(grad f(x_{t+1}) - d_t).
//
// For one worker its Theorem 1 has (1/T) sum |grad f(x_t)|^2 <= 2 (f(x_0) - f*)/(g T) +
// |d_0 - grad f(x_0)|^2/((1-rho) T) for g <= (1-rho)/L. Thomsen, Taylor and Dieuleveut
// (2025, arXiv:2506.05271) find the best Lyapunov function for mu-strongly convex f, V = rho
// |grad f|^2 + |grad f - d|^2, and the step size at which it falls the fastest. Its worst
// factor in one step is the larger of two eigenvalues, at the curvatures mu and L.

// calibration is one setting.
type calibration struct {
	mu, rho      float64 // L = 1
	gamma        float64
	tight        float64 // the largest V_1/V_0 possible
	climbed      float64 // what a climb of the same methods as that on cases reaches
	flatter      float64 // the least of tight at 0.95 and 1.05 times the step
	published    float64 // the largest left/right of EF21's Theorem 1 on runs with Top-1
	publishedFor int     // so many runs
}

// step21 is the step size of the fastest fall.
func step21(mu, rho float64) float64 {
	return 2 / (1 + mu) * (1 - rho*rho) / ((1 + rho) * (1 + rho))
}

// tight21 is the largest V_1/V_0 for L = 1: with grad f(x_1) = g - gamma h d, h = mu or 1, and
// the worst compressor, the largest eigenvalue of a pencil of two by two.
func tight21(mu, rho, gamma float64) float64 {
	most := 0.0
	for _, h := range []float64{mu, 1} {
		a := gamma * h
		gg, gd, dd := rho+rho*rho, -(rho*a + rho*rho*(1+a)), rho*a*a+rho*rho*(1+a)*(1+a)
		// V_0 has the matrix ((1+rho, -1), (-1, 1)), its inverse is ((1, 1), (1, 1+rho))/rho.
		trace := (gg + gd + gd + (1+rho)*dd) / rho
		det := (gg*dd - gd*gd) / rho
		most = max(most, (trace+math.Sqrt(max(trace*trace-4*det, 0)))/2)
	}
	return most
}

// ratio21 is V_1/V_0 at numbers that a climb moves: grad f(x_0) and d_0 in the plane, the
// change of the gradient within what mu and L = 1 allow, and what the compressor leaves.
func ratio21(mu, rho, gamma float64, at []float64) float64 {
	g, d := at[0:2], at[2:4]
	size := math.Hypot(d[0], d[1])
	before := rho*(g[0]*g[0]+g[1]*g[1]) + (g[0]-d[0])*(g[0]-d[0]) + (g[1]-d[1])*(g[1]-d[1])
	// H d is in the ball of radius (1-mu)/2 |d| around (1+mu)/2 d.
	sin, cos := math.Sincos(at[4])
	part := (1 - mu) / 2 * size * math.Tanh(at[5])
	n := []float64{
		g[0] - gamma*((1+mu)/2*d[0]+part*cos),
		g[1] - gamma*((1+mu)/2*d[1]+part*sin),
	}
	left := rho * math.Tanh(at[6]) // of the difference
	after := rho*(n[0]*n[0]+n[1]*n[1]) + left*left*((n[0]-d[0])*(n[0]-d[0])+(n[1]-d[1])*(n[1]-d[1]))
	return after / before
}

// climb21 climbs with the methods of the climb on cases.
func climb21(mu, rho, gamma float64, r *rand.Rand) float64 {
	best, most := make([]float64, 7), 0.0
	for k := range best {
		best[k] = r.NormFloat64()
	}
	f := func(at []float64) float64 {
		x := ratio21(mu, rho, gamma, at)
		if x > most {
			most, best = x, append([]float64(nil), at...)
		}
		return -x
	}
	for _, method := range []optimize.Method{
		&optimize.CmaEsChol{InitStepSize: 0.5, Src: r}, &optimize.NelderMead{SimplexSize: 0.3},
		&optimize.NelderMead{SimplexSize: 0.1},
	} {
		settings := &optimize.Settings{FuncEvaluations: 3000, Concurrent: 1}
		// An error only says why a method stopped; what it found is in best.
		_, _ = optimize.Minimize(optimize.Problem{Func: f}, best, settings, method)
	}
	return most
}

// drawn21 is a sum of valleys h w^2/(1+w^2)/2 or of parabolas.
func drawn21(r *rand.Rand) *feedback { return drawFeedback(r, []shape{parabola, kinked, valley}, 1) }

// published21 is left/right of EF21's Theorem 1 on a run of Top-1, from d_0 = 0.
func published21(f *feedback) float64 {
	rho := math.Sqrt(1 - 1/float64(len(f.h)))
	gamma := (1 - rho) / slices.Max(f.h)
	w, d := append([]float64(nil), f.start...), make([]float64, len(f.h))
	grad := func() []float64 {
		u := make([]float64, len(w))
		for j := range w {
			u[j] = f.slope(j, w[j])
		}
		return u
	}
	u := grad()
	g0, sum := 0.0, 0.0
	for _, x := range u {
		g0 += x * x
	}
	for range f.steps {
		for j := range w {
			sum += u[j] * u[j]
			w[j] -= gamma * d[j]
		}
		u = grad()
		sent := 0
		for j := range u {
			if math.Abs(u[j]-d[j]) > math.Abs(u[sent]-d[sent]) {
				sent = j
			}
		}
		d[sent] = u[sent]
	}
	right := 2*f.loss(f.start)/gamma + g0/(1-rho)
	if right == 0 {
		return 0
	}
	return sum / right
}

// calibrate goes through some settings.
func calibrate(seed uint64) (all []calibration) {
	const problems = 500
	r := source(seed, 13)
	for _, mu := range []float64{0.1, 0.5} {
		for _, rho := range []float64{0.3, 0.7, 0.95} {
			c := calibration{mu: mu, rho: rho, gamma: step21(mu, rho), publishedFor: problems}
			c.tight, c.climbed = tight21(mu, rho, c.gamma), climb21(mu, rho, c.gamma, r)
			c.flatter = min(tight21(mu, rho, 0.95*c.gamma), tight21(mu, rho, 1.05*c.gamma))
			for range problems {
				c.published = max(c.published, published21(drawn21(r)))
			}
			all = append(all, c)
		}
	}
	return all
}
