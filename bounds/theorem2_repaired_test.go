package bounds_test

import (
	"fmt"

	. "github.com/cascade-sgd/cascade/bounds"
)

func repairedFormulas(k Const, m *moments, o *oracle) []formula {
	N := k.N
	y, y4, v, d, d4, e := at(m.y), at(m.y4), at(m.v), at(m.d), at(m.d4), at(m.e)
	cb := func(i int) num { return prod(lit(8), o.L1, o.L1, o.Cv2, o.weightedS(i, o.fourC2())) }
	conjectured := func(i int) num {
		return add(
			prod(lit(8), pow(o.L1, 4), o.Cv2, o.weightedS(i+1, o.fourC2())),
			prod(lit(2), o.L2, o.L2, o.Cv2, o.s(i)))
	}
	cy := func(i int) num { // PROOFS.md, (3.15) and (3.16)
		return add(conjectured(i),
			prod(lit(4), pow(o.L1, 4), o.Cv2, lit(float64((i-1)*(i-1))), o.s(i-1)),
			prod(lit(4), pow(o.L1, 4), o.Cv2, sum(i+1, N-1, func(b int) num {
				return prod(lit(float64(b-1)), o.s(b-1))
			})))
	}
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
		{"conjectured (23)", ConjecturedTheorem2(k, m.d, m.d4, m.e), theorem(conjectured)},
	}
	for i := 1; i <= N; i++ {
		put := func(eq string, got float64, want num) {
			all = append(all, formula{fmt.Sprintf("%s at %d", eq, i), got, want})
		}
		put("repaired (29) past", RepairedEq29Past(k, i, m.y, m.d), add(
			prod(o.twoLf2(), y(i-1)),
			prod(lit(2), d(i))))
		if i == N {
			continue
		}
		put("repaired Cb_d", RepairedDeltaMean(k, i), cb(i))
		put("repaired Ct_d", RepairedDelta4(k, i), o.delta4(cy, i))
		put("repaired Cy", RepairedCy(k, i), cy(i))
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
