package core

// Enclosure bounds how far the computed states of passes lie from the exact
// ones: of all passes visited, exact or perturbed, with the perturbations taken
// as the numbers they were. It is Theorem 1's recursion applied to the engine's
// own rounding:
//
//	Y[i] = Lf_i Y[i-1] + F_i + u max|Y_i|
//	V[i-1] = J1_i V[i] + L1_i Y[i-1] (max|V_i| + V[i]) + RJ1_i max|V_i| + u max|V_{i-1}|
//	U[i] = J2_i V[i] + L1_i Y[i-1] (max|V_i| + V[i]) + RJ2_i max|V_i|
//
// with the constants of A3 and the Roundoff (F, RJ1, RJ2) of operator i on the
// region, and u = 2^-53 for adding a perturbation. All in the Euclidean norm.
// Methods panic on a nil or zero Enclosure, and on states, norms and constants of
// another number or shape than the chain's.
type Enclosure struct {
	Y, V, U []float64 // indexed like the paper, 0..N

	// Scale multiplies every rounding error: 1, the default for 0, is float64,
	// 2^29 is float32.
	Scale float64

	c          *Chain
	maxY, maxV []float64
}

// NewEnclosure returns an Enclosure for c that has visited nothing.
func NewEnclosure(c *Chain) *Enclosure {
	n := c.N() + 1
	buf := make([]float64, 5*n)
	return &Enclosure{
		c: c, Y: buf[:n:n], V: buf[n : 2*n : 2*n], U: buf[2*n : 3*n : 3*n],
		maxY: buf[3*n : 4*n : 4*n], maxV: buf[4*n:],
	}
}

// Reset forgets what was visited.
func (e *Enclosure) Reset() {
	e.must()
	clear(e.maxY)
	clear(e.maxV)
}

func (e *Enclosure) must() {
	if e == nil || e.c == nil {
		panic("core: nil or zero Enclosure")
	}
}

// Visit takes in the states of a pass. It panics when the State was made WithZeta: the
// recursion above has no term for what is read in the place of Y_{i-1}.
func (e *Enclosure) Visit(s *State) {
	e.must()
	s.mustBeMade()
	if s.Read != nil {
		panic("core: an Enclosure has no term for zeta, the State was made WithZeta")
	}
	mustShape("State", e.c, s.c)
	for i := 1; i <= e.c.N(); i++ {
		e.maxY[i] = max(e.maxY[i], norm2(s.Y[i]))
		e.maxV[i] = max(e.maxV[i], norm2(s.V[i]))
	}
}

// VisitNorms takes in the largest |Y_i| and |V_i| of many passes, i = 1..N; entry 0
// of both lists is not looked at.
func (e *Enclosure) VisitNorms(maxY, maxV []float64) {
	e.must()
	mustLen("list of |Y_i| has", len(maxY), e.c.N()+1)
	mustLen("list of |V_i| has", len(maxV), e.c.N()+1)
	for i := 1; i <= e.c.N(); i++ {
		e.maxY[i] = max(e.maxY[i], maxY[i])
		e.maxV[i] = max(e.maxV[i], maxV[i])
	}
}

// Margin is how far, relative to its largest vector, a box is usually widened
// so that it holds the exact states along with those that float64 computed.
const Margin = 0x1p-40

// Compute fills Y, V and U from the region of the same visits and its
// constants (per, as Region.Regularity gives them). It reports false when the
// region was not widened enough to hold the exact states, so that per does not
// cover them; see Region.Widen.
func (e *Enclosure) Compute(r *Region, per []Regularity) bool {
	e.must()
	r.must()
	mustShape("Region", e.c, r.c)
	mustLen("list of constants has", len(per), e.c.N()+1)
	mustFactor("Enclosure.Scale", e.Scale)
	n, scale := e.c.N(), e.Scale
	if scale == 0 {
		scale = 1
	}
	inside := true
	for i := 1; i <= n; i++ {
		ro := e.c.ops[i-1].Roundoff(r.Y[i-1], r.W[i])
		e.Y[i] = float64((float64(per[i].Lf*e.Y[i-1]) +
			float64(scale*(float64(ro.F)+float64(unit*e.maxY[i])))) * inflate)
		if i < n {
			inside = inside && e.Y[i] <= r.margin*e.maxY[i]
		}
	}
	e.V[n] = 0
	for i := n; i >= 1; i-- {
		ro := e.c.ops[i-1].Roundoff(r.Y[i-1], r.W[i])
		state := float64(per[i].L1 * e.Y[i-1] * (e.maxV[i] + e.V[i]))
		e.U[i] = (float64(per[i].J2*e.V[i]) + state + float64(scale*ro.J2*e.maxV[i])) * inflate
		if i > 1 {
			rounding := float64(scale * (float64(ro.J1*e.maxV[i]) + float64(unit*e.maxV[i-1])))
			e.V[i-1] = float64((float64(per[i].J1*e.V[i]) + state + rounding) * inflate)
		}
	}
	return inside
}

// Widen moves every bound of the input boxes outward by margin times the norm
// of the largest vector in the box. It panics unless margin is finite and >= 0.
func (r *Region) Widen(margin float64) {
	r.must()
	mustFactor("margin", margin)
	r.margin = margin
	for _, b := range r.Y {
		m := float64(margin * b.norm())
		for k := range b.Lo {
			b.Lo[k] -= m
			b.Hi[k] += m
		}
	}
}
