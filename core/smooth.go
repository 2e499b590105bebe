package core

import (
	"fmt"
	"math"
)

// Smoothness returns an upper bound of the Lipschitz constant of the gradient
// of w -> F(x; w), for every input x given, on the box of the weights of r. It
// grows r so that it holds the states of the exact pass (4) at every weight of
// that box, and then has the constants of A3 there (see Regularity).
//
// Proof. Let dw_i, dy_i, dv_i, du_i be the norms of the differences between two
// passes at weights of the box. A box is convex, so with J1, J2, L1 of operator i
// and V_i = J1_{i+1} ... J1_N >= |v_i|
//
//	dy_i <= J1 dy_{i-1} + J2 dw_i,   dy_0 = 0
//	dv_{i-1} <= J1 dv_i + L1 V_i (dy_{i-1} + dw_i),   dv_N = 0
//	du_i <= J2 dv_i + L1 V_i (dy_{i-1} + dw_i)
//
// So du <= K dw with a matrix K >= 0, and |du| <= sqrt(|K|_1 |K|_inf) |dw|. The
// states are covered by the first line: with one pass at a corner of the box and
// dw_i the diameter of the box, operator by operator, Y_i of any weight is within
// dy_i of that pass's. It panics when r holds no weights, when there is no input,
// and on one of a wrong length.
func (r *Region) Smoothness(inputs [][]float64) float64 {
	r.must()
	c := r.c
	n := c.N()
	if r.wAll.empty() {
		panic("core: Smoothness of a region without weights")
	}
	r.cover(inputs)
	per := make([]Regularity, n+1)
	r.Regularity(per)
	k := make([][]float64, n+1) // du_i by dw_j
	for j := 1; j <= n; j++ {
		for i, du := range r.sensitivity(per, j) {
			k[i] = append(k[i], du)
		}
	}
	var rows float64
	cols := make([]float64, n)
	for i := 1; i <= n; i++ {
		sum := 0.0
		for j, v := range k[i] {
			sum += v
			cols[j] += v
		}
		rows = max(rows, sum)
	}
	var col float64
	for _, v := range cols {
		col = max(col, v)
	}
	return math.Sqrt(rows) * math.Sqrt(col) * inflate
}

// sensitivity bounds du_i, i = 1..N, for dw_j = 1 and no other move.
func (r *Region) sensitivity(per []Regularity, j int) []float64 {
	n := r.c.N()
	dw, dy, du := make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)
	if r.c.ops[j-1].NW() > 0 {
		dw[j] = 1
	}
	for i := 1; i <= n; i++ {
		dy[i] = float64(per[i].J1*dy[i-1]) + float64(per[i].J2*dw[i])
	}
	v, dv := 1.0, 0.0
	for i := n; i >= 1; i-- {
		turn := float64(per[i].L1 * v * (dy[i-1] + dw[i]))
		du[i] = float64(per[i].J2*dv) + turn
		dv = float64(per[i].J1*dv) + turn
		v *= per[i].J1
	}
	return du
}

// cover grows r to hold the states of the exact passes at all of its weights.
func (r *Region) cover(inputs [][]float64) {
	c := r.c
	n := c.N()
	if len(inputs) == 0 {
		panic(fmt.Sprintf("core: Smoothness of a chain with N = %d on no inputs", n))
	}
	r.margin = 0
	s := NewState(c)
	states := make([][][]float64, len(inputs))
	for k, x := range inputs {
		s.Forward(c, x, r.wAll.Lo, nil)
		for i := range n {
			states[k] = append(states[k], append([]float64(nil), s.Y[i]...))
			r.Y[i].Add(s.Y[i])
		}
	}
	dy := 0.0
	for i := 1; i < n; i++ {
		k := c.ops[i-1].Regularity(r.Y[i-1], r.W[i])
		dy = float64((float64(k.J1*dy) + float64(k.J2*diameter(r.W[i]))) * inflate)
		for _, y := range states {
			// Margin is far above the rounding of one pass at the corner.
			pad := dy + float64(Margin*Point(y[i]).norm())
			for d, v := range y[i] {
				r.Y[i].Lo[d] = min(r.Y[i].Lo[d], v-pad)
				r.Y[i].Hi[d] = max(r.Y[i].Hi[d], v+pad)
			}
		}
	}
}

func diameter(b Box) float64 {
	sum := 0.0
	for k := range b.Lo {
		d := b.Hi[k] - b.Lo[k]
		sum += float64(d * d)
	}
	return math.Sqrt(sum)
}
