package cert

import (
	"fmt"
	"math/big"
	"slices"
)

// claim is a printed statement. left and right are its sides at index i; a
// claim in no reading gets the empty one. matrices instead of them makes the
// claim an equation.
type claim struct {
	eq        string
	statement string
	biased    bool                     // needs a reading
	span      func(n int) (lo, hi int) // of i; nil: no index
	left      func(s *sides, i int) []Term
	right     func(s *sides, i int) []Term

	// first is what a chain of inequalities begins with, where
	// left is a middle member: the report says how it compares.
	first func(s *sides, i int) []Term

	matrices func(m *model, x []*big.Rat) (fromPass, printed [][]*big.Rat)

	event    bool // conditioned on outcomes of delta: at.given
	saved    bool // may have zeta: an exact forward pass, eps and zeta of mean 0
	together bool // zeta is drawn at once for all operators, whose J1 and J2 are affine in the input

	noErrors bool // compares exact passes
	lastEps  bool // eps_N is the one error

	unbounded bool // denies every constant: refuted by left >= 1 with right = 0 alone

	run    bool // about a training run
	pl     bool // and under A4
	bare   bool // speaks of no constant of A3
	series bool // about the sum of (48), without a chain
}

func from1toN(n int) (int, int) { return 1, n }
func below(n int) (int, int)    { return 1, n - 1 }

// The forms of a claim.
const (
	printed     = "printed"
	derived     = "derivation"
	conjectured = "conjecture"
)

// derivations are steps that a printed proof takes silently, by the claim that
// they are to prove.
var derivations = map[string]*claim{
	"eq20": {
		eq: "(20)", statement: "right side of (19) <= right side of (20), the step that the proof takes from (19) " +
			"to (20)",
		left: eq19, right: eq20, first: allOfU,
	},
	"eq41": {
		eq: "(41)", run: true, pl: true, bare: true,
		statement: "(40) unrolled from t = 0, which gives the exponents T-1-t, <= right side of (41), " +
			"the step that the proof takes from (40) to (41)",
		left: unrolled40, right: eq41, first: gapAtT,
	},
}

// conjectures are statements of ours about saved activations: stronger than what
// bounds/PROOFS.md, section 5, proves.
var conjectures = map[string]*claim{
	"sa5": {
		eq: "8", bare: true, saved: true, left: allOfUMean, right: nothing,
		statement: "exact forward pass, J1_i and J2_i taken at y_{i-1} + zeta_i: eps_i and zeta_i independent with mean " +
			"0 give no bias, whatever the operators: |E[U-u]|^2 <= 0",
	},
	"sa6": {
		eq: "8", bare: true, saved: true, together: true, left: allOfUMean, right: nothing,
		statement: "the same where J1_i and J2_i are affine in the input, zeta_1, ..., zeta_N of mean 0 but dependent: " +
			"|E[U-u]|^2 <= 0",
	},
	"sa7": {
		eq: "8", saved: true, together: true, left: allOfU,
		statement: "J1_i and J2_i affine in the input, zeta_1, ..., zeta_N of mean 0 but dependent: E|U-u|^2 <= " +
			"sum_{i<=N} ( C^{2(N-i)} L1^2 sum_{j=i..N} E|zeta_j|^2 + sum_{j=i+1..N} C^{2(j-i)} E|eps_j|^2 )",
		right: func(s *sides, _ int) []Term {
			var terms []Term
			power := func(k int) Factor { return factor(pow(s.C, 2*k), "C^%d", 2*k) }
			for i := 1; i <= s.n; i++ {
				terms = append(terms, between(i, s.n, func(j int) Term {
					return Term{power(s.n - i), factor(sq(s.L1), "L1^2"), s.z2(j)}
				})...)
				terms = append(terms, between(i+1, s.n, func(j int) Term { return Term{power(j - i), s.e2(j)} })...)
			}
			return terms
		},
	},
}

// nothing is 0.
func nothing(*sides, int) []Term { return one(factor(new(big.Rat), "0")) }

// claims lists every printed statement that a certificate may refute.
var claims = map[string]*claim{
	"lemma1": {
		eq: "Lemma 1", statement: "|v_i|^2 <= Cv^2, Cv = max{1, C^N}", span: from1toN,
		left:  func(s *sides, i int) []Term { return one(s.v0(i)) },
		right: func(s *sides, _ int) []Term { return one(factor(s.cv2(), "Cv^2")) },
	},
	"eq12": {
		eq: "(12)", statement: "|v_i|^2 <= C^{2(N-i)}", span: from1toN,
		left: func(s *sides, i int) []Term { return one(s.v0(i)) },
		right: func(s *sides, i int) []Term {
			return one(factor(pow(s.C, 2*(s.n-i)), "C^%d", 2*(s.n-i)))
		},
	},
	"eq14a": {
		eq: "(14)", statement: "E|U_N-u_N|^2 <= L1^2 E|Y_{N-1}-y_{N-1}|^2",
		left: lastOfU, right: eq14a,
	},
	"eq14b": {
		eq: "(14)", statement: "L1^2 E|Y_{N-1}-y_{N-1}|^2 <= 2 Cv^2 L2^2 E|Y_{N-1}-y_{N-1}|^2",
		left: eq14a,
		right: func(s *sides, _ int) []Term {
			return []Term{{factor(mul(2, s.cv2(), sq(s.L2)), "2 Cv^2 L2^2"), s.y2(s.n - 1)}}
		},
		first: lastOfU,
	},
	"eq15": {
		eq: "(15)", statement: "E|U_i-u_i|^2 <= 2C^2 E|V_i-v_i|^2 + 2 Cv^2 L1^2 E|Y_{i-1}-y_{i-1}|^2, i < N",
		span: below,
		left: func(s *sides, i int) []Term { return one(s.u2(i)) },
		right: func(s *sides, i int) []Term {
			return []Term{{s.twoC2(), s.v2(i)}, {s.twoCv2L1(), s.y2(i - 1)}}
		},
	},
	"eq16": {
		eq: "(16)", statement: "E|U-u|^2 <= 2C^2 sum_{i<N} E|V_i-v_i|^2 + 2 Cv^2 L1^2 sum_{i<N} E|Y_i-y_i|^2",
		left: allOfU,
		right: func(s *sides, _ int) []Term {
			return append(
				s.below(func(i int) Term { return Term{s.twoC2(), s.v2(i)} }),
				s.below(func(i int) Term { return Term{s.twoCv2L1(), s.y2(i)} })...)
		},
	},
	"eq17a": {
		eq: "(17)", span: below,
		statement: "E|V_i-v_i|^2 <= 3C^2 E|V_{i+1}-v_{i+1}|^2 + 3 Cv^2 L1^2 E|Y_i-y_i|^2 + 3 E|eps_{i+1}|^2",
		left:      func(s *sides, i int) []Term { return one(s.v2(i)) },
		right:     eq17a,
	},
	"eq17b": {
		eq: "(17)", span: below,
		statement: "right side of (17a) <= 3 Cv^2 L1^2 sum_{j=i..N-1} (3C^2)^{j-i} E|Y_j-y_j|^2 " +
			"+ 3 sum_{j=i..N-1} (3C^2)^{j-i} E|eps_{j+1}|^2",
		left: eq17a,
		right: func(s *sides, i int) []Term {
			q := func(j int) Factor { return factor(pow(mul(3, s.c2()), j-i), "(3C^2)^%d", j-i) }
			return append(
				between(i, s.n-1, func(j int) Term { return Term{s.threeCv2L1(), q(j), s.y2(j)} }),
				between(i, s.n-1, func(j int) Term { return Term{three(), q(j), s.e2(j + 1)} })...)
		},
		first: func(s *sides, i int) []Term { return one(s.v2(i)) },
	},
	"eq18a": {
		eq: "(18)", statement: "E|Y_i-y_i|^2 <= 2 Lf^2 E|Y_{i-1}-y_{i-1}|^2 + 2 E|delta_i|^2", span: from1toN,
		left:  func(s *sides, i int) []Term { return one(s.y2(i)) },
		right: eq18a,
	},
	"eq18b": {
		eq: "(18)", statement: "right side of (18a) <= 2 sum_{j=1..i} (2Lf^2)^{i-j} E|delta_j|^2", span: from1toN,
		left: eq18a,
		right: func(s *sides, i int) []Term {
			return times(two(), eq18Sum(s, i))
		},
		first: func(s *sides, i int) []Term { return one(s.y2(i)) },
	},
	"eq19": {
		eq: "(19)", left: allOfU, right: eq19,
		statement: "E|U-u|^2 <= 2 Cv^2 L1^2 sum_{i<N} S_i E|Y_i-y_i|^2 " +
			"+ 2 sum_{i<N} [sum_{j=1..i} (3C^2)^j] E|eps_{i+1}|^2",
	},
	"eq20": {
		eq: "(20)", left: allOfU, right: eq20,
		statement: "E|U-u|^2 <= 4 Cv^2 L1^2 sum_{i<N} S_i sum_{j=1..i} (2Lf^2)^{i-j} E|delta_j|^2 " +
			"+ sum_{i<N} [sum_{j=1..i} (3C^2)^j] E|eps_{i+1}|^2",
	},
	"thm1": {
		eq: "(13), (21)", left: allOfU, right: eq13,
		statement: "E|U-u|^2 <= sum_{i<N} Ce_d[i] E|delta_i|^2 + sum_{i<N} Ce_e[i+1] E|eps_{i+1}|^2",
	},
	"spike": {
		eq: "6.3", unbounded: true,
		statement: "a spike, |U-u|^2 of O(1), occurs whenever |delta_i| for an i in 1..N-1 or |eps_i| " +
			"for an i in 2..N-1 is O(1): |U-u|^2 >= c for a constant c > 0 whenever one of them is at least 1",
		left:  leastError,
		right: allOfU,
	},
	"eq6a": {
		eq: "(6)", bare: true, noErrors: true,
		statement: "U_1 = W_2^T ... W_N^T v_N v_1^T + e, linear network, delta = 0; here without errors, e = 0",
		matrices: func(m *model, x []*big.Rat) (_, _ [][]*big.Rat) {
			return outer(m.exact.v[1], x), outer(m.exact.v[1], m.exact.v[1])
		},
	},
	"eq6b": {
		eq: "(6)", bare: true,
		statement: "U_1 = ( W_2^T( ... (W_N^T v_N + eps_N) ... ) + eps_2 ) v_1^T + eps_1, linear network, delta " +
			"= 0; (5) has no eps_1, it is 0",
		matrices: func(m *model, x []*big.Rat) (_, _ [][]*big.Rat) {
			return reshape(m.leaves[0].u[1], len(x)), outer(m.leaves[0].v[1], m.exact.v[1])
		},
	},
	"eq6c": {
		eq: "(6)", bare: true, lastEps: true,
		statement: "eps_N reaches U_1 multiplied by W_1^T ... W_{N-1}^T: U_1 - u_1 " +
			"= (W_1^T ... W_{N-1}^T eps_N) x^T, linear network, delta = 0, eps_N alone",
		matrices: func(m *model, x []*big.Rat) (_, _ [][]*big.Rat) {
			l := &m.leaves[0]
			v := l.eps[m.n]
			for i := m.n - 1; i >= 1; i-- {
				v = m.ops[i].pullback(m.z(l, i), v, 0, m.ops[i].in)
			}
			return reshape(m.dU(1)(l), len(x)), outer(v, x)
		},
	},
	"disp12": {
		eq: "before (12)", bare: true, noErrors: true,
		statement: "v_1 = (J1_N)^T ... (J1_3)^T (J1_2)^T in this order of factors, v_N left out, linear network; " +
			"where the factors fit together",
		matrices: func(m *model, _ []*big.Rat) (_, _ [][]*big.Rat) {
			v := reshape(m.exact.v[1], 1)
			var product [][]*big.Rat
			for i := m.n; i >= 2; i-- {
				rows := reshape(m.w[i], m.ops[i].in)
				back := make([][]*big.Rat, m.ops[i].in) // W_i^T
				for _, row := range rows {
					for k, x := range row {
						back[k] = append(back[k], x)
					}
				}
				if i == m.n {
					product = back
				} else if product = matrixProduct(product, back); product == nil {
					return v, v // it says nothing
				}
			}
			return v, product
		},
	},
	"lemma2": {
		eq: "(22)", biased: true, event: true, span: from1toN,
		statement: "|E^{G_{i-1}}[J2_i(Y_{i-1},w_i) - J2_i(y_{i-1},w_i)]|^2 " +
			"<= 2 C2^2 |E^{G_{i-1}}[Y_{i-1}-y_{i-1}]|^2 + L2^2 E^{G_{i-1}}|Y_{i-1}-y_{i-1}|^4",
		left: func(s *sides, i int) []Term {
			o := &s.ops[i]
			return one(factor(norm2(s.g.mean(func(l *leaf) []*big.Rat {
				return difference(o.jacobian2(s.z(l, i)), o.jacobian2(s.z(&s.exact, i)))
			})), "|E^{G_%d}[J2_%d(Y_%d)-J2_%d(y_%d)]|^2", i-1, i, i-1, i, i-1))
		},
		right: func(s *sides, i int) []Term {
			h := s.dY(i - 1)
			four := s.g.mean(func(l *leaf) []*big.Rat { return []*big.Rat{sq(norm2(h(l)))} })
			return []Term{
				{factor(mul(2, sq(s.C2)), "2 C2^2"), factor(norm2(s.g.mean(h)), "|E^{G_%d}[Y_%d-y_%d]|^2", i-1, i-1,
					i-1)},
				{factor(sq(s.L2), "L2^2"), factor(four[0], "E^{G_%d}|Y_%d-y_%d|^4", i-1, i-1, i-1)},
			}
		},
	},
	"eq24": {
		eq: "(24)", biased: true,
		statement: "E|E_t[U_N-u_N]|^2 <= 4 Cv^2 C2^2 E|E^{G_{N-1}}[Y_{N-1}-y_{N-1}]|^2 " +
			"+ 2 Cv^2 L2^2 E|Y_{N-1}-y_{N-1}|^4",
		left:  func(s *sides, _ int) []Term { return one(s.uMean2(s.n)) },
		right: func(s *sides, _ int) []Term { return fromForward(s, s.n-1) },
	},
	"eq26": {
		eq: "(26)", biased: true, span: below,
		statement: "E|E_t[U_i-u_i]|^2 <= 2C^2 E|E^{H_i}[V_i-v_i]|^2 + 4 Cv^2 C2^2 E|E^{G_{i-1}}[Y_{i-1}-y_{i-1}]|^2 " +
			"+ 2 Cv^2 L2^2 E|Y_{i-1}-y_{i-1}|^4",
		left: func(s *sides, i int) []Term { return one(s.uMean2(i)) },
		right: func(s *sides, i int) []Term {
			return append([]Term{{s.twoC2(), s.vMean2(s.r, i)}}, fromForward(s, i-1)...)
		},
	},
	"eq27": {
		eq: "(27)", biased: true,
		statement: "E|E_t[U-u]|^2 <= 2C^2 sum_{i<N} E|E^{H_i}[V_i-v_i]|^2 " +
			"+ 4 Cv^2 C2^2 sum_{i<N} E|E^{G_i}[Y_i-y_i]|^2 + 2 Cv^2 L2^2 sum_{i<N} E|Y_i-y_i|^4",
		left: allOfUMean,
		right: func(s *sides, _ int) []Term {
			terms := s.below(func(i int) Term { return Term{s.twoC2(), s.vMean2(s.r, i)} })
			for i := 1; i < s.n; i++ {
				terms = append(terms, fromForward(s, i)...)
			}
			return terms
		},
	},
	"eq28a": {
		eq: "(28)", biased: true, span: below,
		statement: "E|E^{H_i}[V_i-v_i]|^2 <= E|E^{H_{i+1}}[J1_{i+1}(Y_i)^T V_{i+1} - J1_{i+1}(y_i)^T v_{i+1} " +
			"+ eps_{i+1}]|^2",
		left:  func(s *sides, i int) []Term { return one(s.vMean2(s.r, i)) },
		right: bracket28,
	},
	"eq28b": {
		eq: "(28)", biased: true, span: below,
		statement: "right side of (28a) <= 3C^2 E|E^{H_{i+1}}[V_{i+1}-v_{i+1}]|^2 " +
			"+ 6 Cv^2 C2^2 E|E^{G_i}[Y_i-y_i]|^2 + 3 Cv^2 L2^2 E|Y_{i-1}-y_{i-1}|^4 + 3 E|E^{H_{i+1}}[eps_{i+1}]|^2",
		left: bracket28, right: eq28b,
		first: func(s *sides, i int) []Term { return one(s.vMean2(s.r, i)) },
	},
	"eq28m": {
		eq: "(28)", biased: true, span: below,
		statement: "right side of (28a) <= (3/2) E|E^{H_{i+1}}[J1_{i+1}(Y_i)^T V_{i+1} - J1_{i+1}(y_i)^T v_{i+1}]|^2 " +
			"+ 3 E|E^{H_{i+1}}[eps_{i+1}]|^2, the line between the two",
		left: bracket28, right: middle28,
		first: func(s *sides, i int) []Term { return one(s.vMean2(s.r, i)) },
	},
	"eq28n": {
		eq: "(28)", biased: true, span: below,
		statement: "the line between the two of (28) <= 3C^2 E|E^{H_{i+1}}[V_{i+1}-v_{i+1}]|^2 " +
			"+ 6 Cv^2 C2^2 E|E^{G_i}[Y_i-y_i]|^2 + 3 Cv^2 L2^2 E|Y_{i-1}-y_{i-1}|^4 + 3 E|E^{H_{i+1}}[eps_{i+1}]|^2",
		left: middle28, right: eq28b,
		first: func(s *sides, i int) []Term { return one(s.vMean2(s.r, i)) },
	},
	"eq28c": {
		eq: "(28)", biased: true, span: below,
		statement: "E|E^{H_i}[V_i-v_i]|^2 <= sum_{j=i..N-1} (3C^2)^{j-i} ( 6 Cv^2 C2^2 E|E^{G_j}[Y_j-y_j]|^2 " +
			"+ 3 Cv^2 L2^2 E|Y_j-y_j|^4 + 3 E|E^{H_{j+1}}[eps_{j+1}]|^2 ), (28) unrolled",
		left: func(s *sides, i int) []Term { return one(s.vMean2(s.r, i)) },
		right: func(s *sides, i int) []Term {
			var terms []Term
			for j := i; j < s.n; j++ {
				terms = append(terms, times(factor(pow(s.threeC2().Value, j-i), "(3C^2)^%d", j-i), []Term{
					{factor(mul(6, s.cv2(), sq(s.C2)), "6 Cv^2 C2^2"), s.yMean2(s.r, j)},
					{factor(mul(3, s.cv2(), sq(s.L2)), "3 Cv^2 L2^2"), s.y4(j)},
					{three(), s.eMean2(s.r, j+1)},
				})...)
			}
			return terms
		},
	},
	"eq29": {
		eq: "(29)", biased: true, span: from1toN,
		statement: "E|E^{G_i}[Y_i-y_i]|^2 <= 4C^2 E|E^{G_{i-1}}[Y_{i-1}-y_{i-1}]|^2 + 2 L1^2 E|Y_{i-1}-y_{i-1}|^4 " +
			"+ 2 E|E^{G_i}[delta_i]|^2",
		left: func(s *sides, i int) []Term { return one(s.yMean2(s.r, i)) }, right: eq29,
	},
	"eq29m": {
		eq: "(29)", biased: true, span: from1toN,
		statement: "E|E^{G_i}[Y_i-y_i]|^2 <= 2 E|E^{G_i}[f_i(Y_{i-1},w_i)-f_i(y_{i-1},w_i)]|^2 " +
			"+ 2 E|E^{G_i}[delta_i]|^2, the line before (29)",
		left: func(s *sides, i int) []Term { return one(s.yMean2(s.r, i)) }, right: middle29,
	},
	"eq29n": {
		eq: "(29)", biased: true, span: from1toN,
		statement: "the line before (29) <= 4C^2 E|E^{G_{i-1}}[Y_{i-1}-y_{i-1}]|^2 + 2 L1^2 E|Y_{i-1}-y_{i-1}|^4 " +
			"+ 2 E|E^{G_i}[delta_i]|^2",
		left: middle29, right: eq29,
		first: func(s *sides, i int) []Term { return one(s.yMean2(s.r, i)) },
	},
	"eq29b": {
		eq: "(29)", biased: true, span: from1toN,
		statement: "E|E^{G_i}[Y_i-y_i]|^2 <= 2 L1^2 sum_{j<i} (4C^2)^{i-j-1} E|Y_j-y_j|^4 " +
			"+ 2 sum_{j<=i} (4C^2)^{i-j} E|E^{G_j}[delta_j]|^2, (29) unrolled",
		left: func(s *sides, i int) []Term { return one(s.yMean2(s.r, i)) },
		right: func(s *sides, i int) []Term {
			q := func(k int) Factor { return factor(pow(mul(4, s.c2()), k), "(4C^2)^%d", k) }
			return append(
				between(1, i-1, func(j int) Term {
					return Term{factor(mul(2, sq(s.L1)), "2 L1^2"), q(i - j - 1), s.y4(j)}
				}),
				between(1, i, func(j int) Term { return Term{two(), q(i - j), s.dMean2(s.r, j)} })...)
		},
	},
	"eq30a": {
		eq: "(30)", statement: "E|Y_i-y_i|^4 <= 8 Lf^4 E|Y_{i-1}-y_{i-1}|^4 + 8 E|delta_i|^4", span: from1toN,
		left:  func(s *sides, i int) []Term { return one(s.y4(i)) },
		right: eq30a,
	},
	"eq30b": {
		eq: "(30)", statement: "right side of (30a) <= 8 sum_{j=1..i} (8Lf^4)^{i-j} E|delta_j|^4", span: from1toN,
		left: eq30a,
		right: func(s *sides, i int) []Term {
			return between(1, i, func(j int) Term {
				return Term{factor(num(8), "8"), factor(pow(s.lf4(), i-j), "(8 Lf^4)^%d", i-j), s.d4(j)}
			})
		},
		first: func(s *sides, i int) []Term { return one(s.y4(i)) },
	},
	"eq31": {
		eq: "(31)", biased: true,
		statement: "E|E_t[U-u]|^2 <= 2 Cv^2 sum_{i<N} S_i ( 2 C2^2 E|E^{G_i}[Y_i-y_i]|^2 + L2^2 E|Y_i-y_i|^4 ) " +
			"+ 2 sum_{i<N} [sum_{j=1..i} (3C^2)^j] E|E^{H_{i+1}}[eps_{i+1}]|^2",
		left: allOfUMean,
		right: func(s *sides, _ int) []Term {
			var terms []Term
			for i := 1; i < s.n; i++ {
				terms = append(terms, times(factor(s.bigS(i), "S_%d", i), fromForward(s, i))...)
				terms = append(terms, Term{two(), s.backward(i), s.eMean2(s.r, i+1)})
			}
			return terms
		},
	},
	"disp33": {
		eq: "before (33)", biased: true,
		statement: "(23) with 8 C2^2 Cv^2 for 8 L2^2 Cv^2 in Cb_d, the display between (32) and (33)",
		left:      allOfUMean,
		right: func(s *sides, _ int) []Term {
			return slices.Concat(
				s.below(func(i int) Term {
					c := factor(mul(8, sq(s.C2), s.cv2()), "8 C2^2 Cv^2")
					name := fmt.Sprintf("sum_{j=%d..%d} S_j (4C^2)^{j-%d}", i, s.n-1, i)
					return Term{c, factor(s.weighted(i, mul(4, s.c2())), "( %s )", name), s.dMean2(s.r, i)}
				}),
				s.below(func(i int) Term { return Term{s.ctD(i), s.d4(i)} }),
				s.below(func(i int) Term { return Term{s.cbE(i), s.eMean2(s.r, i+1)} }))
		},
	},
	"eq32": {
		eq: "(32)", biased: true,
		statement: "4 C2^2 Cv^2 sum_{i<N} S_i E|E^{G_i}[Y_i-y_i]|^2 " +
			"<= 8 C2^2 Cv^2 sum_{i<N} ( sum_{j=i..N-1} S_j (4C^2)^{j-i} ) E|E^{G_i}[delta_i]|^2 " +
			"+ 8 C2^2 L1^2 Cv^2 sum_{i<N-1} ( sum_{j=i+1..N-1} S_j (4C^2)^{j-i-1} ) E|Y_i-y_i|^4",
		left: func(s *sides, _ int) []Term {
			return s.below(func(i int) Term {
				return Term{factor(mul(4, sq(s.C2), s.cv2()), "4 C2^2 Cv^2"), factor(s.bigS(i), "S_%d", i),
					s.yMean2(s.r, i)}
			})
		},
		right: func(s *sides, _ int) []Term {
			// weights is sum_{j=from..N-1} S_j (4C^2)^{j-from}.
			weights := func(from int) Factor {
				name := fmt.Sprintf("sum_{j=%d..%d} S_j (4C^2)^{j-%d}", from, s.n-1, from)
				return factor(s.weighted(from, mul(4, s.c2())), "( %s )", name)
			}
			return append(
				s.below(func(i int) Term {
					return Term{factor(mul(8, sq(s.C2), s.cv2()), "8 C2^2 Cv^2"), weights(i), s.dMean2(s.r, i)}
				}),
				between(1, s.n-2, func(i int) Term {
					c := factor(mul(8, sq(s.C2), sq(s.L1), s.cv2()), "8 C2^2 L1^2 Cv^2")
					return Term{c, weights(i + 1), s.y4(i)}
				})...)
		},
	},
	"thm2": {
		eq: "(23), (33)", biased: true,
		statement: "E|E_t[U-u]|^2 <= sum_{i<N} Cb_d[i] E|E^{G_i}[delta_i]|^2 + sum_{i<N} Ct_d[i] E|delta_i|^4 " +
			"+ sum_{i<N} Cb_e[i+1] E|E^{H_{i+1}}[eps_{i+1}]|^2",
		left: allOfUMean, right: eq23,
	},
	"eq41": {
		eq: "(41)", run: true, pl: true, bare: true,
		statement: "l(w^T)-l* <= (1-mu g/3)^T D0 + 3 L g sigma^2/mu + L g^2 sum_{t<T} (1-mu g/3)^{T-t} |U-u|^2 " +
			"+ (g/2) sum_{t<T} (1-mu g/3)^{T-t} |U-u|^2",
		left: gapAtT, right: eq41,
	},
	"thm4": {
		eq: "(37)", biased: true, run: true,
		statement: "(1/T) sum_{t<T} |grad l(w^t)|^2 <= 6 D0/(g T) + 6 L g sigma^2 " +
			"+ (6 L g/T) sum_t [right side of (13)] + (3/T) sum_t [right side of (23)]",
		left: meanOfGrads, right: eq37,
	},
	"thm5": {
		eq: "(38)", biased: true, run: true, pl: true,
		statement: "l(w^T)-l* <= (1-mu g/3)^T D0 + 3 L g sigma^2/mu " +
			"+ L g^2 sum_{t<T} (1-mu g/3)^{T-t} [right side of (13)] " +
			"+ (g/2) sum_{t<T} (1-mu g/3)^{T-t} [right side of (23)]",
		left: gapAtT, right: eq38,
	},
	"eq48sum": {
		eq: "(48)", series: true,
		statement: "sum_{t<T} (1 - ln T/T)^{T-t} <= K ln T/T for every T, with one constant K",
	},
}

// Factors and sums that several claims have.

func two() Factor                   { return factor(num(2), "2") }
func three() Factor                 { return factor(num(3), "3") }
func (s *sides) twoC2() Factor      { return factor(mul(2, s.c2()), "2 C^2") }
func (s *sides) threeC2() Factor    { return factor(mul(3, s.c2()), "3 C^2") }
func (s *sides) twoCv2L1() Factor   { return factor(mul(2, s.cv2(), sq(s.L1)), "2 Cv^2 L1^2") }
func (s *sides) threeCv2L1() Factor { return factor(mul(3, s.cv2(), sq(s.L1)), "3 Cv^2 L1^2") }

// leastError is what |delta_i|^2, i < N, or |eps_i|^2, 2 <= i < N, is at least, whatever
// the outcome: of the site where that is most. Section 6.3 prints eps_i; eps_1 does not
// exist and eps_N is not meant.
func leastError(s *sides, _ int) []Term {
	most := factor(new(big.Rat), "0")
	for i := 1; i < s.n; i++ {
		sites := []Factor{factor(least(s.sites[i-1]), "min |delta_%d|^2", i)}
		if i > 1 {
			sites = append(sites, factor(least(s.sites[2*s.n-i]), "min |eps_%d|^2", i))
		}
		for _, f := range sites {
			if f.Value.Cmp(most.Value) > 0 {
				most = f
			}
		}
	}
	return one(most)
}

// least is the smallest |d|^2 of a law.
func least(l Law) *big.Rat {
	m := norm2(l[0].D)
	for _, o := range l[1:] {
		if n := norm2(o.D); n.Cmp(m) < 0 {
			m = n
		}
	}
	return m
}

func lastOfU(s *sides, _ int) []Term { return one(s.u2(s.n)) }

// allOfUMean is |E_t[U-u]|^2.
func allOfUMean(s *sides, _ int) []Term {
	return between(1, s.n, func(i int) Term { return Term{s.uMean2(i)} })
}

// eq28b and eq29 are the right sides of (28), before it is unrolled, and of (29); middle28
// and middle29 what stands before them.
func eq28b(s *sides, i int) []Term {
	return []Term{
		{s.threeC2(), s.vMean2(s.r, i+1)},
		{factor(mul(6, s.cv2(), sq(s.C2)), "6 Cv^2 C2^2"), s.yMean2(s.r, i)},
		{factor(mul(3, s.cv2(), sq(s.L2)), "3 Cv^2 L2^2"), s.y4(i - 1)},
		{three(), s.eMean2(s.r, i+1)},
	}
}

func eq29(s *sides, i int) []Term {
	return []Term{
		{factor(mul(4, s.c2()), "4 C^2"), s.yMean2(s.r, i-1)},
		{factor(mul(2, sq(s.L1)), "2 L1^2"), s.y4(i - 1)},
		{two(), s.dMean2(s.r, i)},
	}
}

func middle28(s *sides, i int) []Term {
	return []Term{{factor(big.NewRat(3, 2), "3/2"), s.bMean2(s.r, i)}, {three(), s.eMean2(s.r, i+1)}}
}

func middle29(s *sides, i int) []Term {
	return []Term{{two(), s.fMean2(s.r, i)}, {two(), s.dMean2(s.r, i)}}
}

// allOfU is E|U-u|^2.
func allOfU(s *sides, _ int) []Term {
	return between(1, s.n, func(i int) Term { return Term{s.u2(i)} })
}

func eq14a(s *sides, _ int) []Term {
	return []Term{{factor(sq(s.L1), "L1^2"), s.y2(s.n - 1)}}
}

func eq17a(s *sides, i int) []Term {
	return []Term{{s.threeC2(), s.v2(i + 1)}, {s.threeCv2L1(), s.y2(i)}, {three(), s.e2(i + 1)}}
}

func eq18a(s *sides, i int) []Term {
	return []Term{{factor(mul(2, sq(s.Lf)), "2 Lf^2"), s.y2(i - 1)}, {two(), s.d2(i)}}
}

// eq18Sum is sum_{j=1..i} (2Lf^2)^{i-j} E|delta_j|^2.
func eq18Sum(s *sides, i int) []Term {
	return between(1, i, func(j int) Term {
		return Term{factor(pow(mul(2, sq(s.Lf)), i-j), "(2 Lf^2)^%d", i-j), s.d2(j)}
	})
}

// eq13 is the right side of (13), with the coefficients of (21).
func eq13(s *sides, _ int) []Term {
	return append(
		s.below(func(i int) Term { return Term{s.ceD(i), s.d2(i)} }),
		s.below(func(i int) Term { return Term{s.ceE(i), s.e2(i + 1)} })...)
}

// eq19 and eq20 are the right sides of (19) and (20).
func eq19(s *sides, _ int) []Term {
	return append(
		s.below(func(i int) Term { return Term{s.twoCv2L1(), factor(s.bigS(i), "S_%d", i), s.y2(i)} }),
		s.below(func(i int) Term { return Term{two(), s.backward(i), s.e2(i + 1)} })...)
}

func eq20(s *sides, _ int) []Term {
	var terms []Term
	for i := 1; i < s.n; i++ {
		four := factor(mul(4, s.cv2(), sq(s.L1)), "4 Cv^2 L1^2")
		terms = append(terms, times(four, times(factor(s.bigS(i), "S_%d", i), eq18Sum(s, i)))...)
	}
	return append(terms, s.below(func(i int) Term { return Term{s.backward(i), s.e2(i + 1)} })...)
}

// backward is sum_{j=1..i} (3C^2)^j.
func (s *sides) backward(i int) Factor {
	return factor(s.powers(1, i), "[sum_{j=1..%d} (3C^2)^j]", i)
}

// eq23 is the right side of (23), with the coefficients of (33).
func eq23(s *sides, _ int) []Term {
	return slices.Concat(
		s.below(func(i int) Term { return Term{s.cbD(i), s.dMean2(s.r, i)} }),
		s.below(func(i int) Term { return Term{s.ctD(i), s.d4(i)} }),
		s.below(func(i int) Term { return Term{s.cbE(i), s.eMean2(s.r, i+1)} }))
}

// fromForward is what the states of operator i add in (24) and (26).
func fromForward(s *sides, i int) []Term {
	return []Term{
		{factor(mul(4, s.cv2(), sq(s.C2)), "4 Cv^2 C2^2"), s.yMean2(s.r, i)},
		{factor(mul(2, s.cv2(), sq(s.L2)), "2 Cv^2 L2^2"), s.y4(i)},
	}
}

func eq30a(s *sides, i int) []Term {
	return []Term{{factor(s.lf4(), "8 Lf^4"), s.y4(i - 1)}, {factor(num(8), "8"), s.d4(i)}}
}

// bracket28 is the right side of (28a). Its bracket is V_i - v_i, and H_{i+1},
// taken literally, is what the past knows of V_i.
func bracket28(s *sides, i int) []Term {
	r := s.r
	if r == literal {
		r = past
	}
	return one(factor(s.vMean2(r, i).Value, "E|E^{H_%d}[V_%d-v_%d]|^2", i+1, i, i))
}

// matrixProduct is a b, nil where they do not fit.
func matrixProduct(a, b [][]*big.Rat) [][]*big.Rat {
	if len(a[0]) != len(b) {
		return nil
	}
	c := make([][]*big.Rat, len(a))
	for i, row := range a {
		for k := range b[0] {
			entry := new(big.Rat)
			for j, x := range row {
				entry.Add(entry, mul(1, x, b[j][k]))
			}
			c[i] = append(c[i], entry)
		}
	}
	return c
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
