package bounds

import (
	"fmt"
	"math"
)

// What the paper leaves open (its section 8): errors that a memory gives back, saved
// activations that are not exact, momentum. All are ours; proofs: PROOFS.md, section 5.

// Feedback is a run of T steps w <- w - g (u_t + d_t - d_{t+1}), d_0 = 0: what step t adds
// to the gradient is taken back later. E|d_t|^2 <= M2, and d_t is known before u_t is drawn.
type Feedback struct {
	Smooth
	D0    float64 // l(w^0) - l*
	M2    float64
	Steps int // T >= 1
}

// Root bounds E[l(w^T) - l*] under A4, for g <= 2/L, by
//
//	( (L/2)^{1/2} g m (1 + L g sum_{k<T-1} q^{k/2}) + (q^T D0 + (L g^2/2) sigma^2 sum_{k<T} q^k)^{1/2} )^2
//
// with m^2 = M2, q = 1 - mu g (2 - L g). It panics unless T >= 1 and mu > 0.
func (f Feedback) Root() float64 {
	horizon("error feedback", f.Steps)
	q := f.RootQ()
	if q < 0 || f.L*f.Gamma > 2 {
		panic(fmt.Sprintf("bounds: L g is %v, error feedback wants at most 2", f.L*f.Gamma))
	}
	weight, biased := 1.0, 0.0
	for range f.Steps - 1 {
		biased += weight
		weight *= math.Sqrt(q)
	}
	power, noisy := 1.0, 0.0
	for range f.Steps {
		noisy += power
		power *= q
	}
	memory := math.Sqrt(f.L*f.M2/2) * f.Gamma * (1 + float64(f.L*f.Gamma)*biased)
	rest := math.Sqrt(product(power, f.D0) + product(f.L, f.Gamma, f.Gamma, f.SigmaSq, noisy)/2)
	return (memory + rest) * (memory + rest)
}

// MeanGrad bounds (1/T) sum_{t<T} E|grad l(w^t)|^2, without A4, for g <= 1/(2L), by
//
//	2 D0/(g T) + L g sigma^2 + 2 L^2 g^2 m^2 (T-1)/T.
//
// It panics unless T >= 1.
func (f Feedback) MeanGrad() float64 {
	t := horizon("error feedback", f.Steps)
	return 2*f.D0/(f.Gamma*t) + product(f.L, f.Gamma, f.SigmaSq) +
		2*product(f.L, f.L, f.Gamma, f.Gamma, f.M2)*((t-1)/t)
}

// SavedMean bounds |E[U-u]|^2 where the forward pass is exact and the backward pass of
// operator i sees y_{i-1} + zeta_i, zeta_i independent with mean 0 and s2[i] = E|zeta_i|^2:
//
//	sum_{i=1..N} ( C^{N-i} (L2/2) sum_{j=i..N} s2[j] )^2
//
// with A3's constants along y. It panics unless s2 has N+1 entries, N >= 2.
func SavedMean(c, l2 float64, s2 []float64) float64 {
	return saved(c, l2/2, s2)
}

// Saved bounds |U-u|^2, at each outcome, by
//
//	sum_{i=1..N} ( C^{N-i} L1 sum_{j=i..N} |zeta_j| )^2
//
// with size[j] = |zeta_j|, where no law is asked for. It panics as SavedMean does.
func Saved(c, l1 float64, size []float64) float64 { return saved(c, l1, size) }

// SavedVariance bounds E|U-u|^2 where J1_i and J2_i are affine in the input and the backward
// pass takes them at Y_{i-1} + zeta_i, with eps and zeta independent of each other and of the
// forward pass, of mean 0, and delta of any law:
//
//	sum_{i=1..N} ( (C^{N-i} L1 sum_{j=i..N} h_{j-1})^2 + C^{2(N-i)} L1^2 sum_{j=i..N} z2[j]
//		+ sum_{j=i+1..N} C^{2(j-i)} e2[j] )
//
// with h_j = sum_{k<=j} Lf^{j-k} d2[k]^{1/2} and d2[i] = E|delta_i|^2, e2[i] = E|eps_i|^2, z2[i] =
// E|zeta_i|^2: PROOFS.md (5.15). It panics unless all three have N+1 entries, N >= 2.
func SavedVariance(c, l1, lf float64, d2, e2, z2 []float64) float64 {
	if len(z2) < 3 || len(d2) != len(z2) || len(e2) != len(z2) {
		panic(fmt.Sprintf("bounds: %d, %d and %d entries for saved activations, want N+1 >= 3 each",
			len(d2), len(e2), len(z2)))
	}
	n := len(z2) - 1
	h := make([]float64, n)
	for j := 1; j < n; j++ {
		h[j] = product(lf, h[j-1]) + math.Sqrt(d2[j])
	}
	total, forward, stored, back, power := 0.0, 0.0, 0.0, 0.0, 1.0
	for i := n; i >= 1; i-- {
		forward += h[i-1]
		stored += z2[i]
		row := product(power, l1, forward)
		total += float64(row*row) + product(power, power, l1, l1, stored) + back
		back = product(c, c, back+e2[i])
		power *= c
	}
	return total
}

func saved(c, factor float64, s []float64) float64 {
	if len(s) < 3 {
		panic(fmt.Sprintf("bounds: %d entries for saved activations, want N+1 >= 3", len(s)))
	}
	total, tail, power := 0.0, 0.0, 1.0
	for i := len(s) - 1; i >= 1; i-- {
		tail += s[i]
		row := product(power, factor, tail)
		total += row * row
		power *= c
	}
	return total
}

// HeavyBall is w^{t+1} = w^t - g m_t, m_t = beta m_{t-1} + U_t, m_{-1} = 0, in one
// direction of curvature h of a quadratic: x_{t+1} = (1 + beta - g h) x_t - beta x_{t-1} -
// g e_t. It is stable for 0 <= beta < 1 and 0 < g h < 2 (1 + beta).
type HeavyBall struct{ H, Gamma, Beta float64 }

// Response is r_0, ..., r_{n-1}: an error e_t of the gradient moves x_{t+1+k} by -g r_k e_t;
// r_0 = 1, r_1 = 1 + beta - g h, r_{k+1} = (1 + beta - g h) r_k - beta r_{k-1}.
func (b HeavyBall) Response(n int) []float64 {
	r := make([]float64, n)
	before, now := 0.0, 1.0
	for k := range r {
		r[k] = now
		before, now = now, float64((1+b.Beta-float64(b.Gamma*b.H))*now)-float64(b.Beta*before)
	}
	return r
}

// Decay is x_T/x_0 without errors: r_T - beta r_{T-1}.
func (b HeavyBall) Decay(steps int) float64 {
	horizon("heavy ball", steps)
	r := b.Response(steps + 1)
	return r[steps] - float64(b.Beta*r[steps-1])
}

// Bias is where x stands in the limit under the constant error 1: -1/h, whatever beta is.
func (b HeavyBall) Bias() float64 { return -1 / b.H }

// Variance is that of x in the limit under independent errors of variance 1:
//
//	g (1 + beta) / (h (1 - beta) (2 (1 + beta) - g h)).
func (b HeavyBall) Variance() float64 {
	return b.Gamma * (1 + b.Beta) / (b.H * (1 - b.Beta) * (2*(1+b.Beta) - float64(b.Gamma*b.H)))
}

// Tracking bounds |delta_t| where what is sent is the difference to a reference, by a
// compressor with |C(a) - a| <= rho |a|: sum_{k<=t} rho^{t+1-k} moved[k], moved[k] =
// |y_k - y_{k-1}| and y_{-1} the first reference. It panics unless 0 <= rho < 1.
func Tracking(rho float64, moved []float64) float64 {
	if !(rho >= 0 && rho < 1) {
		panic(fmt.Sprintf("bounds: rho is %v, want 0 <= rho < 1", rho))
	}
	delta := 0.0
	for _, m := range moved {
		delta = product(rho, delta+m)
	}
	return delta
}
