package claim

import (
	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
)

// View is what a claim may speak of: N and the constants of A3, the norms
// |v_i|^2 of the exact pass, and the moments of the perturbed one. Slices are
// indexed like the paper. A case is measured as two views, of lower and of upper
// bounds.
type View struct {
	K   bounds.Const
	Per []core.Regularity // the constants of each operator, 1..N; Kinds Step and Training only
	V0  []float64         // |v_i|^2, i = 1..N
	*Moments
	Nodes  [ReadingSlots][]Node // Kind Nodes only
	Linear *LinearNet           // Kind Linear only
	Run    *Run                 // Kind Training only
	Width  int                  // the largest dimension of a state, 0 where it is not known
	Big    bool                 // the moments come from math/big
}

// PerOp are the constants of each operator for package bounds.
func (v *View) PerOp() bounds.PerOp {
	n := v.K.N + 1
	p := bounds.PerOp{
		J1: make([]float64, n),
		J2: make([]float64, n),
		Lf: make([]float64, n),
		L1: make([]float64, n),
	}
	for i := 1; i < n; i++ {
		r := v.Per[i]
		p.J1[i] = r.J1
		p.J2[i] = r.J2
		p.Lf[i] = r.Lf
		p.L1[i] = r.L1
	}
	return p
}

// Curvature are the constants L1 and L2 of each operator, which serve for both Jacobians.
func (v *View) Curvature() bounds.Curvature {
	n := v.K.N + 1
	l1, l2 := make([]float64, n), make([]float64, n)
	for i := 1; i < n; i++ {
		l1[i], l2[i] = v.Per[i].L1, v.Per[i].L2
	}
	return bounds.PerOp{L1: l1}.Curvature(l2)
}

// Bias are the moments that the sharp form of Theorem 2 reads, delta in the reading r,
// which is the past or the literal one, eps given the forward pass.
func (v *View) Bias(r Reading) bounds.BiasMoments {
	return bounds.BiasMoments{DMean2: v.DMean2[r], DMean22: v.DMean22[r], D22: v.D22, EMean2: v.EMean2[Past]}
}

// Node is one event that Lemma 2 conditions on, for one operator i. All three
// are given that event; for i = 1 all are 0 and there is no node.
type Node struct {
	I     int
	Left  float64 // |E[J2_i(Y_{i-1}) - J2_i(y_{i-1})]|^2, Frobenius
	Mean2 float64 // |E[Y_{i-1} - y_{i-1}]|^2
	Four  float64 // E|Y_{i-1} - y_{i-1}|^4
}

// LinearNet are the matrices of (6): a network of linear operators W_1..W_N
// with delta = 0, in integers small enough that float64 is exact.
type LinearNet struct {
	W      [][][]float64 // W[i], i = 1..N
	X      []float64     // x = y_0
	VN, V1 []float64     // exact v_N = 1 and v_1
	Eps    [][]float64   // eps_i, i = 2..N
	U0     [][]float64   // u_1 of the exact pass
	U      [][]float64   // U_1 of the pass with all eps_i
	UN     [][]float64   // U_1 of the pass with eps_N alone
}

// trivial reports that no eps and no input reaches U_1.
func (l *LinearNet) trivial() bool {
	for i := range l.U {
		for j := range l.U[i] {
			if l.U[i][j] != 0 && l.U0[i][j] != 0 && l.U[i][j] != l.U0[i][j] {
				return false
			}
		}
	}
	return true
}

// Run is what a claim about training may speak of, as lower or as upper
// bounds. E is over all paths of samples and outcomes, E_t given w^t.
type Run struct {
	S     bounds.Smooth // L and SigmaSq from above, Mu from below
	Steps int           // T
	LStar float64       // a lower bound of l*
	D0    float64       // l(w^0) - l*; without mu l* is that lower bound
	Grad2 float64       // (1/T) sum_t E|grad l(w^t)|^2
	GapT  float64       // E l(w^T) - l*

	First StepSums // of step 0 alone
	Sum   StepSums // summed over t
	// Summed with the weights of three forms of (41), 0 without mu:
	Weighted41    StepSums // (1-mu g/3)^{T-t}, as printed
	WeightedSharp StepSums // (1-mu g)^{T-1-t}, of the sharp form
	WeightedRoot  StepSums // q^{T-1-t} of bounds.Root41
	RootBias      float64  // sum_{t<T} q^{(T-1-t)/2} (E|E_t[U-u]|^2)^{1/2}

	// Of the first step: E_t l(w+) - l(w) + (g/6)|grad l|^2, and the same with g/2.
	Drop36, SharpDrop36 float64
	// Of the first step, b = E_t[U-u]: E_t l(w+) - l(w) + g (1-Lg) |grad l|^2 + g <grad l, b>, what
	// the first line of (36) bounds; -g <grad l, b> - (g/2) |grad l|^2; and E_t|grad l - (u+r)|^2.
	Line36, Young36, Variance float64
	// E_t l(w+) - l* - q (l(w) - l*) with q = 1 - mu g/3, 1 - mu g, and that of bounds.RootEq40.
	Drop40, SharpDrop40, RootDrop40 float64

	// E[l(w^T)-l*] - q^T D0 with the q of (41), of its sharp form and of its root form:
	// what the errors add to a gap that shrinks. As g -> 0 that gap is all there is, and
	// beside it a ratio says nothing.
	Added41, SharpAdded41, RootAdded41 float64

	Leaves []Leaf // by outcome of the first step: what (35) speaks of
}

// StepSums are sums over steps of E|U-u|^2, E|E_t[U-u]|^2, their difference, and of
// the right sides of (13), of (23) by reading, and of the repaired (23). Sharp1 and
// Sharp2 are the sharp (13) and (23) of the summed moments, which are at least their
// sums, Each1 and Each2 the same with the constants of each operator; in the total reading,
// where there is no sharp (23), Sharp2 and Each2 are the repaired one.
type StepSums struct {
	E2, Mean2, Spread, Thm1, Sharp1, Each1 float64
	Thm2, Repaired2, Sharp2, Each2         [ReadingSlots]float64
}

// Leaf is one outcome of the first step: l(w+) - l(w) + g <grad l, u+r>
// + g <grad l, U-u>, |u+r|^2 and |U-u|^2.
type Leaf struct{ Drop, UR2, E2 float64 }
