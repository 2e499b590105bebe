package bounds_test

import (
	"fmt"
	"testing"

	. "github.com/cascade-sgd/cascade/bounds"
)

func repairedFormulas(k Const, m *moments, o *oracle) []formula {
	N := k.N
	y, y4, v, d, d4, e := at(m.y), at(m.y4), at(m.v), at(m.d), at(m.d4), at(m.e)
	cb := func(i int) num { return prod(lit(8), o.L1, o.L1, o.Cv2, o.weightedS(i, o.fourC2())) }
	past := func(i int) num { // PROOFS.md, (3.23)
		return add(
			prod(lit(8), pow(o.L1, 4), o.Cv2, o.weightedS(i+1, o.fourC2())),
			prod(lit(2), o.L2, o.L2, o.Cv2, o.s(i)))
	}
	products := func(i int) num {
		return add(
			prod(lit(4), pow(o.L1, 4), o.Cv2, lit(float64((i-1)*(i-1))), o.s(i-1)),
			prod(lit(4), pow(o.L1, 4), o.Cv2, sum(i+1, N-1, func(b int) num {
				return prod(lit(float64(b-1)), o.s(b-1))
			})))
	}
	cy := func(i int) num { return add(past(i), products(i)) } // PROOFS.md, (3.15) and (3.16)
	theorem := func(cy func(int) num) num {
		return sum(1, N-1, func(i int) num {
			return add(prod(cb(i), d(i)), prod(o.delta4(cy, i), d4(i)), prod(lit(2), o.t(i), e(i+1)))
		})
	}
	all := []formula{
		{"repaired (22)", RepairedLemma2(k, m.y[1], m.y4[1]), add(
			prod(lit(2), o.L1, o.L1, y(1)),
			prod(o.L2, o.L2, y4(1)))},
		{"repaired (23)", RepairedTheorem2(k, m.d, m.d4, m.e), theorem(cy)},
		{"repaired (23), past", RepairedTheorem2Past(k, m.d, m.d4, m.e), theorem(past)},
		{"repaired (31), past", RepairedEq31Past(k, m.y, m.y4, m.e), sum(1, N-1, func(i int) num {
			return add(
				prod(lit(4), o.Cv2, o.s(i), o.L1, o.L1, y(i)),
				prod(lit(2), o.Cv2, o.s(i), o.L2, o.L2, y4(i)),
				prod(lit(2), o.t(i), e(i+1)))
		})},
		{"repaired (31)", RepairedEq31(k, m.y, m.y4, m.e), sum(1, N-1, func(i int) num {
			return add(
				prod(lit(4), o.Cv2, o.s(i), o.L1, o.L1, y(i)),
				prod(add(prod(lit(2), o.Cv2, o.s(i), o.L2, o.L2), products(i)), y4(i)),
				prod(lit(2), o.t(i), e(i+1)))
		})},
		{"conjectured (23)", ConjecturedTheorem2(k, m.d, m.d4, m.e), theorem(past)},
	}
	for i := 1; i <= N; i++ {
		put := func(eq string, got float64, want num) {
			all = append(all, formula{fmt.Sprintf("%s at %d", eq, i), got, want})
		}
		put("repaired (29) past", RepairedEq29Past(k, i, m.y, m.d), add(
			prod(o.twoLf2(), y(i-1)),
			prod(lit(2), d(i))))
		put("repaired (29) unrolled", RepairedEq29bPast(k, i, m.y, m.d), add(
			sum(1, i-1, func(j int) num { return prod(lit(2), pow(o.twoLf2(), i-j), y(j)) }),
			prod(lit(2), d(i))))
		if i == N {
			continue
		}
		put("repaired (28) unrolled, past", RepairedEq28cPast(k, i, m.y, m.d, m.e), sum(i, N-1, func(j int) num {
			eps := at(m.d)(j + 1)
			if j == i {
				eps = e(j + 1)
			}
			return prod(pow(o.threeC2(), j-i), add(prod(lit(3), o.Cv2, o.L1, o.L1, y(j)), prod(lit(3), eps)))
		}))
		put("repaired (28) unrolled", RepairedEq28c(k, i, m.y, m.y4, m.e, m.d4), sum(i, N-1, func(j int) num {
			return prod(pow(o.threeC2(), j-i), add(
				prod(lit(6), o.Cv2, o.L1, o.L1, y(j)),
				prod(lit(3), o.Cv2, o.L2, o.L2, y4(j)),
				prod(lit(3), e(j+1)),
				prod(lit(12), o.L1, o.L1, d4(j))))
		}))
		put("repaired Cb_d", RepairedDeltaMean(k, i), cb(i))
		put("repaired Ct_d", RepairedDelta4(k, i), o.delta4(cy, i))
		put("repaired Cy", RepairedCy(k, i), cy(i))
		put("repaired Ct_d, past", RepairedDelta4Past(k, i), o.delta4(past, i))
		put("repaired Cy, past", RepairedCyPast(k, i), past(i))
		put("repaired (28)", RepairedEq28b(k, i, m.v, m.y, m.y4, m.e, m.d4), add(
			prod(o.threeC2(), v(i+1)),
			prod(lit(6), o.Cv2, o.L1, o.L1, y(i)),
			prod(lit(3), o.Cv2, o.L2, o.L2, y4(i)),
			prod(lit(3), e(i+1)),
			prod(lit(12), o.L1, o.L1, d4(i))))
		put("repaired (28) past", RepairedEq28Past(k, i, m.v, m.y, m.e), add(
			prod(o.threeC2(), v(i+1)),
			prod(lit(3), o.Cv2, o.L1, o.L1, y(i)),
			prod(lit(3), e(i+1))))
	}
	return all
}

func TestRepairedMisuse(t *testing.T) {
	k, one, m, short := Const{N: 2}, Const{N: 1}, make([]float64, 3), make([]float64, 2)
	checkMisuse(t, []misuse{
		{"repaired (28): i is 2, want 1..1", func() { RepairedEq28b(k, 2, m, m, m, m, m) }},
		{"repaired (28), unrolled: i is 2, want 1..1", func() { RepairedEq28cPast(k, 2, m, m, m) }},
		{"repaired (28), unrolled: i is 0, want 1..1", func() { RepairedEq28c(k, 0, m, m, m, m) }},
		{"repaired (29), unrolled: i is 3, want 1..2", func() { RepairedEq29bPast(k, 3, m, m) }},
		{"repaired (28): i is 0, want 1..1", func() { RepairedEq28b(k, 0, m, m, m, m, m) }},
		{"repaired (28): 2 moments, want N+1 = 3", func() { RepairedEq28b(k, 1, m, m, m, m, short) }},
		{"(17): i is 2, want 1..1", func() { RepairedEq28Past(k, 2, m, m, m) }},
		{"(18): i is 3, want 1..2", func() { RepairedEq29Past(k, 3, m, m) }},
		{"repaired Cb_d: i is 2, want 1..1", func() { RepairedDeltaMean(k, 2) }},
		{"repaired Cb_d: i is 0, want 1..1", func() { RepairedDeltaMean(k, 0) }},
		{"repaired Ct_d: i is 2, want 1..1", func() { RepairedDelta4(k, 2) }},
		{"repaired Ct_d: i is 0, want 1..1", func() { RepairedDelta4(k, 0) }},
		{"repaired Ct_d: i is 2, want 1..1", func() { RepairedDelta4Past(k, 2) }},
		{"repaired Ct_d: i is 0, want 1..1", func() { RepairedDelta4Past(k, 0) }},
		{"repaired Cy: i is 2, want 1..1", func() { RepairedCy(k, 2) }},
		{"repaired Cy: i is 0, want 1..1", func() { RepairedCyPast(k, 0) }},
		{"repaired (23): 2 moments, want N+1 = 3", func() { RepairedTheorem2(k, m, m, short) }},
		{"repaired (23), past: 2 moments, want N+1 = 3", func() { RepairedTheorem2Past(k, m, short, m) }},
		{"N is 1, want 2..1024", func() { RepairedDeltaMean(one, 1) }},
		{"N is 1, want 2..1024", func() { RepairedDelta4(one, 1) }},
		{"N is 1, want 2..1024", func() { RepairedDelta4Past(one, 1) }},
		{"N is 1, want 2..1024", func() { RepairedCyPast(one, 1) }},
	})
}
