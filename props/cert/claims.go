package cert

import (
	"math/big"
)

// claim is a printed statement. left and right are its sides at index i; a
// claim in no reading gets the empty one. matrices instead of them makes the
// claim an equation.
type claim struct {
	eq        string
	statement string
	biased    bool                     // needs a reading
	span      func(n int) (lo, hi int) // of i; nil: no index
	left      func(s *sides, i int) *big.Rat
	right     func(s *sides, i int) *big.Rat

	// first is the quantity that a chain of inequalities begins with, where
	// left is a middle member: the report says how it compares.
	first     func(s *sides, i int) *big.Rat
	firstName string

	matrices func(m *model, x []*big.Rat) (fromPass, printed [][]*big.Rat)

	run    bool // about a training run
	pl     bool // and under A4
	bare   bool // speaks of no constant of A3
	series bool // about the sum of (48), without a chain
}

// sides is what both sides of a claim may speak of.
type sides struct {
	*model
	Constants
	r reading
	g *group    // lemma2: the event that is conditioned on
	t *training // of claims about a run
}

func (s *sides) c2() *big.Rat { return sq(s.C) }

// cv2 is Cv^2 = max{1, C^{2N}}.
func (s *sides) cv2() *big.Rat {
	if p := pow(s.C, 2*s.n); p.Cmp(num(1)) > 0 {
		return p
	}
	return num(1)
}

// bigS is S_j = sum_{k=0..j} (3C^2)^k.
func (s *sides) bigS(j int) *big.Rat { return s.powers(0, j) }

// powers is sum_{k=from..to} (3C^2)^k.
func (s *sides) powers(from, to int) *big.Rat {
	return sum(from, to, func(k int) *big.Rat { return pow(mul(3, s.c2()), k) })
}

// weighted is sum_{j=from..N-1} S_j q^{j-from}.
func (s *sides) weighted(from int, q *big.Rat) *big.Rat {
	return sum(from, s.n-1, func(j int) *big.Rat { return mul(1, s.bigS(j), pow(q, j-from)) })
}

// below is sum_{i=1..N-1}.
func (s *sides) below(f func(i int) *big.Rat) *big.Rat { return sum(1, s.n-1, f) }

func from1toN(n int) (int, int) { return 1, n }
func below(n int) (int, int)    { return 1, n - 1 }

func uLast(s *sides, _ int) *big.Rat { return s.u2(s.n) }
func uAll(s *sides, _ int) *big.Rat {
	return sum(1, s.n, func(i int) *big.Rat { return s.u2(i) })
}
func yAt(s *sides, i int) *big.Rat { return s.y2(i) }
func vAt(s *sides, i int) *big.Rat { return s.v2(i) }

// The forms of a claim.
const (
	printed = "printed"
	derived = "derivation"
)

// derivations are steps that a printed proof takes silently, by the claim that
// they are to prove.
var derivations = map[string]*claim{
	"eq20": {
		eq: "(20)", statement: "right side of (19) <= right side of (20), the step that the proof takes from (19) to (20)",
		left: eq19, right: eq20, first: uAll, firstName: "E|U-u|^2",
	},
	"eq41": {
		eq: "(41)", run: true, pl: true, bare: true,
		statement: "(40) unrolled from t = 0, which gives the exponents T-1-t, <= right side of (41), the step that the proof takes from (40) to (41)",
		left:      unrolled40, right: eq41, first: gapAtT, firstName: "l(w^T)-l*",
	},
}

// claims lists every printed statement that a certificate may refute.
var claims = map[string]*claim{
	"lemma1": {
		eq: "Lemma 1", statement: "|v_i|^2 <= Cv^2, Cv = max{1, C^N}", span: from1toN,
		left:  func(s *sides, i int) *big.Rat { return s.v0(i) },
		right: func(s *sides, _ int) *big.Rat { return s.cv2() },
	},
	"eq12": {
		eq: "(12)", statement: "|v_i|^2 <= C^{2(N-i)}", span: from1toN,
		left:  func(s *sides, i int) *big.Rat { return s.v0(i) },
		right: func(s *sides, i int) *big.Rat { return pow(s.C, 2*(s.n-i)) },
	},
	"eq14a": {
		eq: "(14)", statement: "E|U_N-u_N|^2 <= L1^2 E|Y_{N-1}-y_{N-1}|^2",
		left: uLast, right: eq14a,
	},
	"eq14b": {
		eq: "(14)", statement: "L1^2 E|Y_{N-1}-y_{N-1}|^2 <= 2 Cv^2 L2^2 E|Y_{N-1}-y_{N-1}|^2",
		left:  eq14a,
		right: func(s *sides, _ int) *big.Rat { return mul(2, s.cv2(), sq(s.L2), s.y2(s.n-1)) },
		first: uLast, firstName: "E|U_N-u_N|^2",
	},
	"eq15": {
		eq: "(15)", statement: "E|U_i-u_i|^2 <= 2C^2 E|V_i-v_i|^2 + 2 Cv^2 L1^2 E|Y_{i-1}-y_{i-1}|^2, i < N", span: below,
		left: func(s *sides, i int) *big.Rat { return s.u2(i) },
		right: func(s *sides, i int) *big.Rat {
			return add(mul(2, s.c2(), s.v2(i)), mul(2, s.cv2(), sq(s.L1), s.y2(i-1)))
		},
	},
	"eq16": {
		eq: "(16)", statement: "E|U-u|^2 <= 2C^2 sum_{i<N} E|V_i-v_i|^2 + 2 Cv^2 L1^2 sum_{i<N} E|Y_i-y_i|^2",
		left: uAll,
		right: func(s *sides, _ int) *big.Rat {
			return add(mul(2, s.c2(), s.below(s.v2)), mul(2, s.cv2(), sq(s.L1), s.below(s.y2)))
		},
	},
	"eq17a": {
		eq: "(17)", statement: "E|V_i-v_i|^2 <= 3C^2 E|V_{i+1}-v_{i+1}|^2 + 3 Cv^2 L1^2 E|Y_i-y_i|^2 + 3 E|eps_{i+1}|^2", span: below,
		left: vAt, right: eq17a,
	},
	"eq17b": {
		eq: "(17)", statement: "right side of (17a) <= 3 Cv^2 L1^2 sum_{j=i..N-1} (3C^2)^{j-i} E|Y_j-y_j|^2 + 3 sum_{j=i..N-1} (3C^2)^{j-i} E|eps_{j+1}|^2", span: below,
		left: eq17a,
		right: func(s *sides, i int) *big.Rat {
			q := mul(3, s.c2())
			return add(
				mul(3, s.cv2(), sq(s.L1), sum(i, s.n-1, func(j int) *big.Rat { return mul(1, pow(q, j-i), s.y2(j)) })),
				mul(3, sum(i, s.n-1, func(j int) *big.Rat { return mul(1, pow(q, j-i), s.e2(j+1)) })))
		},
		first: vAt, firstName: "E|V_i-v_i|^2",
	},
	"eq18a": {
		eq: "(18)", statement: "E|Y_i-y_i|^2 <= 2 Lf^2 E|Y_{i-1}-y_{i-1}|^2 + 2 E|delta_i|^2", span: from1toN,
		left: yAt, right: eq18a,
	},
	"eq18b": {
		eq: "(18)", statement: "right side of (18a) <= 2 sum_{j=1..i} (2Lf^2)^{i-j} E|delta_j|^2", span: from1toN,
		left: eq18a, right: eq18b, first: yAt, firstName: "E|Y_i-y_i|^2",
	},
	"eq19": {
		eq: "(19)", statement: "E|U-u|^2 <= 2 Cv^2 L1^2 sum_{i<N} S_i E|Y_i-y_i|^2 + 2 sum_{i<N} [sum_{j=1..i} (3C^2)^j] E|eps_{i+1}|^2",
		left: uAll, right: eq19,
	},
	"eq20": {
		eq: "(20)", statement: "E|U-u|^2 <= 4 Cv^2 L1^2 sum_{i<N} S_i sum_{j=1..i} (2Lf^2)^{i-j} E|delta_j|^2 + sum_{i<N} [sum_{j=1..i} (3C^2)^j] E|eps_{i+1}|^2",
		left: uAll, right: eq20,
	},
	"thm1": {
		eq: "(13), (21)", statement: "E|U-u|^2 <= sum_{i<N} Ce_d[i] E|delta_i|^2 + sum_{i<N} Ce_e[i+1] E|eps_{i+1}|^2",
		left:  uAll,
		right: thm1Right,
	},
	"spike": {
		eq: "6.3", statement: "a spike occurs whenever some |delta_i| or |eps_{i+1}|, i < N, is O(1): the largest of E|delta_i|^2, E|eps_{i+1}|^2 is at most 10^6 E|U-u|^2",
		left: func(s *sides, _ int) *big.Rat {
			m := new(big.Rat)
			for i := 1; i < s.n; i++ {
				for _, e := range []*big.Rat{s.d2(i), s.e2(i + 1)} {
					if e.Cmp(m) > 0 {
						m = e
					}
				}
			}
			return m
		},
		right: func(s *sides, _ int) *big.Rat { return mul(1_000_000, uAll(s, 0)) },
	},
	"eq6a": {
		eq: "(6)", bare: true, statement: "U_1 = W_2^T ... W_N^T v_N v_1^T + e, linear network, delta = 0; here without errors, e = 0",
		matrices: func(m *model, x []*big.Rat) (_, _ [][]*big.Rat) {
			return outer(m.exact.v[1], x), outer(m.exact.v[1], m.exact.v[1])
		},
	},
	"eq6b": {
		eq: "(6)", bare: true, statement: "U_1 = ( W_2^T( ... (W_N^T v_N + eps_N) ... ) + eps_2 ) v_1^T + eps_1, linear network, delta = 0; (5) has no eps_1, it is 0",
		matrices: func(m *model, x []*big.Rat) (_, _ [][]*big.Rat) {
			return reshape(m.leaves[0].u[1], len(x)), outer(m.leaves[0].v[1], m.exact.v[1])
		},
	},
	"eq6c": {
		eq: "(6)", bare: true, statement: "eps_N reaches U_1 multiplied by W_1^T ... W_{N-1}^T: U_1 - u_1 = (W_1^T ... W_{N-1}^T eps_N) x^T, linear network, delta = 0, eps_N alone",
		matrices: func(m *model, x []*big.Rat) (_, _ [][]*big.Rat) {
			l := &m.leaves[0]
			v := l.eps[m.n]
			for i := m.n - 1; i >= 1; i-- {
				v = m.ops[i].pullback(m.z(l, i), v, 0, m.ops[i].in)
			}
			return reshape(m.dU(1)(l), len(x)), outer(v, x)
		},
	},
	"lemma2": {
		eq: "(22)", biased: true, span: from1toN,
		statement: "|E^{G_{i-1}}[J2_i(Y_{i-1},w_i) - J2_i(y_{i-1},w_i)]|^2 <= 2 C2^2 |E^{G_{i-1}}[Y_{i-1}-y_{i-1}]|^2 + L2^2 E^{G_{i-1}}|Y_{i-1}-y_{i-1}|^4",
		left: func(s *sides, i int) *big.Rat {
			o := &s.ops[i]
			return norm2(s.g.mean(func(l *leaf) []*big.Rat {
				return difference(o.jacobian2(s.z(l, i)), o.jacobian2(s.z(&s.exact, i)))
			}))
		},
		right: func(s *sides, i int) *big.Rat {
			h := s.dY(i - 1)
			four := s.g.mean(func(l *leaf) []*big.Rat { return []*big.Rat{sq(norm2(h(l)))} })
			return add(mul(2, sq(s.C2), norm2(s.g.mean(h))), mul(1, sq(s.L2), four[0]))
		},
	},
	"eq24": {
		eq: "(24)", biased: true,
		statement: "E|E_t[U_N-u_N]|^2 <= 4 Cv^2 C2^2 E|E^{G_{N-1}}[Y_{N-1}-y_{N-1}]|^2 + 2 Cv^2 L2^2 E|Y_{N-1}-y_{N-1}|^4",
		left:      func(s *sides, _ int) *big.Rat { return s.uMean2(s.n) },
		right: func(s *sides, _ int) *big.Rat {
			return add(mul(4, s.cv2(), sq(s.C2), s.yMean2(s.r, s.n-1)), mul(2, s.cv2(), sq(s.L2), s.y4(s.n-1)))
		},
	},
	"eq26": {
		eq: "(26)", biased: true, span: below,
		statement: "E|E_t[U_i-u_i]|^2 <= 2C^2 E|E^{H_i}[V_i-v_i]|^2 + 4 Cv^2 C2^2 E|E^{G_{i-1}}[Y_{i-1}-y_{i-1}]|^2 + 2 Cv^2 L2^2 E|Y_{i-1}-y_{i-1}|^4",
		left:      func(s *sides, i int) *big.Rat { return s.uMean2(i) },
		right: func(s *sides, i int) *big.Rat {
			return add(mul(2, s.c2(), s.vMean2(s.r, i)),
				mul(4, s.cv2(), sq(s.C2), s.yMean2(s.r, i-1)), mul(2, s.cv2(), sq(s.L2), s.y4(i-1)))
		},
	},
	"eq28a": {
		eq: "(28)", biased: true, span: below,
		statement: "E|E^{H_i}[V_i-v_i]|^2 <= E|E^{H_{i+1}}[J1_{i+1}(Y_i)^T V_{i+1} - J1_{i+1}(y_i)^T v_{i+1} + eps_{i+1}]|^2",
		left:      vMeanAt, right: bracket28,
	},
	"eq28b": {
		eq: "(28)", biased: true, span: below,
		statement: "right side of (28a) <= 3C^2 E|E^{H_{i+1}}[V_{i+1}-v_{i+1}]|^2 + 6 Cv^2 C2^2 E|E^{G_i}[Y_i-y_i]|^2 + 3 Cv^2 L2^2 E|Y_{i-1}-y_{i-1}|^4 + 3 E|E^{H_{i+1}}[eps_{i+1}]|^2",
		left:      bracket28,
		right: func(s *sides, i int) *big.Rat {
			return add(mul(3, s.c2(), s.vMean2(s.r, i+1)), mul(6, s.cv2(), sq(s.C2), s.yMean2(s.r, i)),
				mul(3, s.cv2(), sq(s.L2), s.y4(i-1)), mul(3, s.eMean2(s.r, i+1)))
		},
		first: vMeanAt, firstName: "E|E^{H_i}[V_i-v_i]|^2",
	},
	"eq29": {
		eq: "(29)", biased: true, span: from1toN,
		statement: "E|E^{G_i}[Y_i-y_i]|^2 <= 4C^2 E|E^{G_{i-1}}[Y_{i-1}-y_{i-1}]|^2 + 2 L1^2 E|Y_{i-1}-y_{i-1}|^4 + 2 E|E^{G_i}[delta_i]|^2",
		left:      func(s *sides, i int) *big.Rat { return s.yMean2(s.r, i) },
		right: func(s *sides, i int) *big.Rat {
			return add(mul(4, s.c2(), s.yMean2(s.r, i-1)), mul(2, sq(s.L1), s.y4(i-1)), mul(2, s.dMean2(s.r, i)))
		},
	},
	"eq30a": {
		eq: "(30)", statement: "E|Y_i-y_i|^4 <= 8 Lf^4 E|Y_{i-1}-y_{i-1}|^4 + 8 E|delta_i|^4", span: from1toN,
		left: y4At, right: eq30a,
	},
	"eq30b": {
		eq: "(30)", statement: "right side of (30a) <= 8 sum_{j=1..i} (8Lf^4)^{i-j} E|delta_j|^4", span: from1toN,
		left: eq30a,
		right: func(s *sides, i int) *big.Rat {
			return mul(8, sum(1, i, func(j int) *big.Rat { return mul(1, pow(s.lf4(), i-j), s.d4(j)) }))
		},
		first: y4At, firstName: "E|Y_i-y_i|^4",
	},
	"eq32": {
		eq: "(32)", biased: true,
		statement: "4 C2^2 Cv^2 sum_{i<N} S_i E|E^{G_i}[Y_i-y_i]|^2 <= 8 C2^2 Cv^2 sum_{i<N} ( sum_{j=i..N-1} S_j (4C^2)^{j-i} ) E|E^{G_i}[delta_i]|^2 + 8 C2^2 L1^2 Cv^2 sum_{i<N-1} ( sum_{j=i+1..N-1} S_j (4C^2)^{j-i-1} ) E|Y_i-y_i|^4",
		left: func(s *sides, _ int) *big.Rat {
			return mul(4, sq(s.C2), s.cv2(), s.below(func(i int) *big.Rat { return mul(1, s.bigS(i), s.yMean2(s.r, i)) }))
		},
		right: func(s *sides, _ int) *big.Rat {
			q := mul(4, s.c2())
			return add(
				mul(8, sq(s.C2), s.cv2(), s.below(func(i int) *big.Rat { return mul(1, s.weighted(i, q), s.dMean2(s.r, i)) })),
				mul(8, sq(s.C2), sq(s.L1), s.cv2(), sum(1, s.n-2, func(i int) *big.Rat { return mul(1, s.weighted(i+1, q), s.y4(i)) })))
		},
	},
	"thm2": {
		eq: "(23), (33)", biased: true,
		statement: "E|E_t[U-u]|^2 <= sum_{i<N} Cb_d[i] E|E^{G_i}[delta_i]|^2 + sum_{i<N} Ct_d[i] E|delta_i|^4 + sum_{i<N} Cb_e[i+1] E|E^{H_{i+1}}[eps_{i+1}]|^2",
		left: func(s *sides, _ int) *big.Rat {
			return sum(1, s.n, func(i int) *big.Rat { return s.uMean2(i) })
		},
		right: thm2Right,
	},
	"eq41": {
		eq: "(41)", run: true, pl: true, bare: true,
		statement: "l(w^T)-l* <= (1-mu g/3)^T D0 + 3 L g sigma^2/mu + L g^2 sum_{t<T} (1-mu g/3)^{T-t} |U-u|^2 + (g/2) sum_{t<T} (1-mu g/3)^{T-t} |U-u|^2",
		left:      gapAtT, right: eq41,
	},
	"thm4": {
		eq: "(37)", biased: true, run: true,
		statement: "(1/T) sum_{t<T} |grad l(w^t)|^2 <= 6 D0/(g T) + 6 L g sigma^2 + (6 L g/T) sum_t [right side of (13)] + (3/T) sum_t [right side of (23)]",
		left:      func(s *sides, _ int) *big.Rat { return s.t.grad2 }, right: thm4Right,
	},
	"thm5": {
		eq: "(38)", biased: true, run: true, pl: true,
		statement: "l(w^T)-l* <= (1-mu g/3)^T D0 + 3 L g sigma^2/mu + L g^2 sum_{t<T} (1-mu g/3)^{T-t} [right side of (13)] + (g/2) sum_{t<T} (1-mu g/3)^{T-t} [right side of (23)]",
		left:      gapAtT, right: thm5Right,
	},
	"eq48sum": {eq: "(48)", series: true, statement: "sum_{t<T} (1 - ln T/T)^{T-t} <= K ln T/T for every T, with one constant K"},
}

func thm1Right(s *sides, _ int) *big.Rat {
	return s.below(func(i int) *big.Rat {
		ceD := mul(4, s.cv2(), sq(s.L1), s.weighted(i, mul(2, sq(s.Lf))))
		return add(mul(1, ceD, s.d2(i)), mul(1, s.powers(1, i), s.e2(i+1)))
	})
}

func thm2Right(s *sides, _ int) *big.Rat {
	return s.below(func(i int) *big.Rat {
		cbD := mul(8, sq(s.L2), s.cv2(), s.weighted(i, mul(4, s.c2())))
		ctD := mul(8, sum(i, s.n-1, func(j int) *big.Rat { return mul(1, s.cy(j), pow(s.lf4(), j-i)) }))
		cbE := mul(2, s.powers(1, i))
		return add(mul(1, cbD, s.dMean2(s.r, i)), mul(1, ctD, s.d4(i)), mul(1, cbE, s.eMean2(s.r, i+1)))
	})
}

func eq14a(s *sides, _ int) *big.Rat { return mul(1, sq(s.L1), s.y2(s.n-1)) }

func eq17a(s *sides, i int) *big.Rat {
	return add(mul(3, s.c2(), s.v2(i+1)), mul(3, s.cv2(), sq(s.L1), s.y2(i)), mul(3, s.e2(i+1)))
}

func eq18a(s *sides, i int) *big.Rat {
	return add(mul(2, sq(s.Lf), s.y2(i-1)), mul(2, s.d2(i)))
}

func eq18b(s *sides, i int) *big.Rat {
	return mul(2, sum(1, i, func(j int) *big.Rat { return mul(1, pow(mul(2, sq(s.Lf)), i-j), s.d2(j)) }))
}

// eq19 and eq20 are the right sides of (19) and (20).
func eq19(s *sides, _ int) *big.Rat {
	return add(
		mul(2, s.cv2(), sq(s.L1), s.below(func(i int) *big.Rat { return mul(1, s.bigS(i), s.y2(i)) })),
		mul(2, s.below(func(i int) *big.Rat { return mul(1, s.powers(1, i), s.e2(i+1)) })))
}

func eq20(s *sides, _ int) *big.Rat {
	// 4 ... sum_j (2Lf^2)^{i-j} E|delta_j|^2 is 2 ... times the right side of (18b).
	return add(
		mul(2, s.cv2(), sq(s.L1), s.below(func(i int) *big.Rat { return mul(1, s.bigS(i), eq18b(s, i)) })),
		s.below(func(i int) *big.Rat { return mul(1, s.powers(1, i), s.e2(i+1)) }))
}

func eq30a(s *sides, i int) *big.Rat { return add(mul(1, s.lf4(), s.y4(i-1)), mul(8, s.d4(i))) }

func y4At(s *sides, i int) *big.Rat { return s.y4(i) }

// lf4 is 8 Lf^4.
func (s *sides) lf4() *big.Rat { return mul(8, pow(s.Lf, 4)) }

// cy is Cy[i] of (33).
func (s *sides) cy(i int) *big.Rat {
	return add(
		mul(8, sq(s.C2), sq(s.L1), s.cv2(), s.weighted(i+1, mul(4, s.c2()))),
		mul(2, sq(s.L2), s.cv2(), s.bigS(i)))
}

func vMeanAt(s *sides, i int) *big.Rat { return s.vMean2(s.r, i) }

// bracket28 is the right side of (28a). Its bracket is V_i - v_i, and H_{i+1},
// taken literally, is what the past knows of V_i.
func bracket28(s *sides, i int) *big.Rat {
	r := s.r
	if r == literal {
		r = past
	}
	return s.vMean2(r, i)
}

func outer(a, b []*big.Rat) [][]*big.Rat {
	m := make([][]*big.Rat, len(a))
	for i := range a {
		for j := range b {
			m[i] = append(m[i], mul(1, a[i], b[j]))
		}
	}
	return m
}

func reshape(flat []*big.Rat, cols int) [][]*big.Rat {
	var m [][]*big.Rat
	for ; len(flat) > 0; flat = flat[cols:] {
		m = append(m, flat[:cols])
	}
	return m
}
