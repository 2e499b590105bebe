package logistic

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/pool"
)

// The judgements of the printed outcomes rest on the oracle at full size, d = 10 and
// M = 2000, for judgedDraws draws of the data, and on short runs that it must agree with.
// They do not depend on a seed: the same numbers every time.
const (
	judgedDraws = 3
	fullD       = 10
	fullM       = 2000
	fullT       = 200_000
)

// usualSetting is the setting of the judgements.
var usualSetting = &setting{d: fullD, m: fullM, draws: []uint64{1, 2, 3}, readings: []Reading{OneAStep, OneASample}}

// base is a point at full size.
func base(draw uint64, reg core.Regularizer, l Law, gamma float64) Point {
	return usualSetting.base(draw, reg, l, gamma)
}

var fullData = sync.OnceValue(newShared)

func fieldOf(p Point) *field { return newField(p, fullData().of(p)) }

// rootOf is the root at full size; judgements share what they have looked for.
func rootOf(draw uint64, reg core.Regularizer, l Law) *Root { return usualSetting.root(draw, reg, l) }

var rootsFound sync.Map // Point to *Root

var noRootsFound sync.Map // Point to *NoRoot

// floors are E|grad f| in the steady state at the step sizes; NaN where there is none. Tests replace
// it.
var floors = func(o *setting, draw uint64, reg core.Regularizer, l Law, gammas []float64) []float64 {
	root := o.root(draw, reg, l)
	var points []Point
	for _, g := range gammas {
		points = append(points, o.base(draw, reg, l, g))
	}
	return pool.Map(len(gammas), func(k int) float64 {
		if !root.Proved {
			return math.NaN()
		}
		p := points[k]
		key := floorKey{p, root}
		if v, ok := floorsFound.Load(key); ok {
			return v.(float64)
		}
		floor := math.NaN()
		if s, ok := fieldOf(p).steadyAt(root.W); ok {
			floor = s.mean
		}
		floorsFound.Store(key, floor)
		return floor
	})
}

// floorKey is a point with the root that its floor is about.
type floorKey struct {
	p    Point
	root *Root
}

var floorsFound sync.Map // floorKey to float64

// slope is that of ln y against ln x between the first and the last.
func slope(x, y []float64) float64 {
	n := len(x) - 1
	return math.Log(y[n]/y[0]) / math.Log(x[n]/x[0])
}

// short runs a few points at small size and says how many are outside of their interval.
func short(reg core.Regularizer, laws ...Law) (shortRuns int, against string) {
	var points []Point
	for _, l := range laws {
		for _, gamma := range []float64{0.3, 0.15} {
			p := base(1, reg, l, gamma)
			p.M, p.T = 200, 8000
			points = append(points, p)
		}
	}
	for k, text := range pool.Map(len(points), func(k int) string { return shortRun(points[k]) }) {
		if shortRuns = k + 1; text != "" {
			against = text
		}
	}
	return shortRuns, against
}

// shortRun is "" where the run and the oracle agree; judgements share the runs.
func shortRun(p Point) string {
	if text, ok := shortFound.Load(p); ok {
		return text.(string)
	}
	s := newData(p.M, p.D, p.Draw)
	m, q := simulate(context.Background(), p, s), predict(newField(p, s), false)
	text := ""
	if !q.Agrees(m) {
		text = fmt.Sprintf("%+v: measured %.4g, predicted %.4g", p.Law, m.Stable, q.Stable)
	}
	shortFound.Store(p, text)
	return text
}

var shortFound sync.Map // Point to string

// finding is what the oracle alone says of an outcome in one setting.
type finding struct {
	is    bool
	cases int
	note  string
	lacks string // what no root is proved for; "" where one is for all
}

// lacking is a finding without a proved root.
func lacking(what string) finding { return finding{lacks: what} }

// verdict is that of the oracle alone.
func (f finding) verdict() claim.Verdict {
	switch {
	case f.lacks != "":
		return claim.Undecided
	case f.is:
		return claim.Holds
	}
	return claim.Refuted
}

// judged is the judgement with short runs that the oracle must agree with.
func (f finding) judged(reg core.Regularizer, laws ...Law) claim.Judgement {
	if f.lacks != "" {
		return unproved(f.lacks)
	}
	return verdict(f.is, f.cases, f.note, reg, laws...)
}

// verdict is what a judgement comes to: Undecided where the oracle or a run fails.
func verdict(is bool, cases int, note string, reg core.Regularizer, laws ...Law) claim.Judgement {
	shortRuns, against := short(reg, laws...)
	j := claim.Judgement{Verdict: claim.Holds, Cases: cases + shortRuns, Note: note}
	switch {
	case against != "":
		j.Verdict, j.Note = claim.Undecided, "the oracle and a short run differ: "+against
	case !is:
		j.Verdict = claim.Refuted
	}
	return j
}

// unproved is the judgement where the oracle says nothing.
func unproved(what string) claim.Judgement {
	return claim.Judgement{Verdict: claim.Undecided, Note: "no root is proved for " + what}
}

// undefined reports a number that the oracle does not have.
func undefined(v []float64) bool { return slices.ContainsFunc(v, math.IsNaN) }

// JudgeToZero is about standard SGD and zero-mean backward errors: the root of G is that of
// grad f, as E eps = 0, and the floor falls like gamma^{1/2}.
func JudgeToZero(reg core.Regularizer, levels []float64) claim.Judgement {
	f := usualSetting.toZero(reg, levels)
	at := []float64{1e-2, 1e-4, 1e-6}
	stuck := pool.Map(len(at), func(k int) float64 { return standardSGD(reg, at[k]) })
	f.note += fmt.Sprintf(". At T = %d standard SGD comes to %.2g, %.2g, %.2g at gamma = 1e-2, 1e-4, 1e-6: w^0 is not "+
		"forgotten unless gamma T grows", fullT, stuck[0], stuck[1], stuck[2])
	return f.judged(reg, Law{}, Law{Backward: 1}, Law{Backward: 1, Reading: OneASample})
}

func (o *setting) toZero(reg core.Regularizer, levels []float64) finding {
	gammas := o.gammasOr(1e-2, 1e-3, 1e-4, 1e-5)
	cases, is, off := 0, true, 0.0
	for _, draw := range o.draws {
		for _, reading := range o.readings {
			for _, s := range append([]float64{0}, levels...) {
				l := Law{Backward: s, Reading: reading}
				root := o.root(draw, reg, l)
				if !root.Proved {
					return lacking(fmt.Sprintf("s_b = %v", s))
				}
				f := floors(o, draw, reg, l, gammas)
				if undefined(f) {
					return lacking(fmt.Sprintf("s_b = %v", s))
				}
				off = max(off, math.Abs(slope(gammas, f)-0.5))
				is = is && root.Plateau <= root.Err && off < 0.02
				cases++
			}
		}
	}
	note := fmt.Sprintf("for T -> infinity first: the root of the mean is that of grad f (proved), the "+
		"floor goes like gamma^a, a within %.0e of 1/2, one number a step or one a sample", off)
	return finding{is: is, cases: cases, note: note}
}

// standardSGD is the stable gradient norm of standard SGD at the T of the figures.
func standardSGD(reg core.Regularizer, gamma float64) float64 {
	p := base(1, reg, Law{}, gamma)
	if v, ok := standardFound.Load(p); ok {
		return v.(float64)
	}
	v := predict(fieldOf(p), false).Stable
	standardFound.Store(p, v)
	return v
}

var standardFound sync.Map // Point to float64

// JudgeFixedT is the same at the T of the figures.
func JudgeFixedT(reg core.Regularizer) claim.Judgement {
	at := []float64{1e-2, 1e-3, 1e-4, 1e-5, 1e-6}
	got := pool.Map(len(at), func(k int) float64 { return standardSGD(reg, at[k]) })
	if undefined(got) {
		return unproved("standard SGD")
	}
	is := true
	for k := 1; k < len(got); k++ {
		is = is && got[k] < got[k-1]
	}
	note := fmt.Sprintf("standard SGD, T = %d, gamma = 1e-2 to 1e-6: %.2g, least at about 10/(lambda T)", fullT, got)
	return verdict(is, len(at), note, reg, Law{})
}

// littleImprovement is what "little improvement" is taken for, against 30^{1/2} = 5.5 of standard SGD.
const littleImprovement = 2

// JudgeLittle is about Fig 3, left, both versions: gamma = 0.3 over gamma = 0.01.
func JudgeLittle() claim.Judgement {
	return usualSetting.gainsLittle().judged(Nonconvex, Law{Forward: 2}, Law{Forward: 1})
}

func (o *setting) gainsLittle() finding {
	gammas := o.gammasOr(0.3, 0.01)
	gain := map[float64]float64{}
	cases := 0
	for _, draw := range o.draws {
		for _, reading := range o.readings {
			for _, s := range []float64{0, 1, 2} {
				f := floors(o, draw, Nonconvex, Law{Forward: s, Reading: reading}, gammas)
				if gain[s] = max(gain[s], f[0]/f[1]); math.IsNaN(f[0] + f[1]) {
					return lacking(fmt.Sprintf("s_f = %v", s))
				}
				cases++
			}
		}
	}
	note := fmt.Sprintf("gamma from 0.3 to 0.01 lowers the norm at most %.2f fold with s_f = 2 (caption), "+
		"%.2f fold with s_f = 1 "+
		"(text), and %.1f fold for standard SGD", gain[2], gain[1], gain[0])
	return finding{is: gain[2] < littleImprovement && gain[1] < littleImprovement, cases: cases, note: note}
}

// closedForm is (s_f^2/(6d)) |mean sigma”(a) x| at the minimum of f: the plateau to first order
// in s_f^2, over Every.
func (o *setting) closedForm(draw uint64, reg core.Regularizer, l Law) float64 {
	root := o.root(draw, reg, Law{})
	f := fieldOf(o.base(draw, reg, Law{}, 0.1))
	a, u := make([]float64, f.m), make([]float64, f.d)
	f.ahead(a, root.W)
	for k, v := range a {
		s := 1 / (1 + math.Exp(-v))
		a[k] = s * (1 - s) * (1 - 2*s)
	}
	f.back(u, a)
	return l.Forward * l.Forward / (6 * float64(f.d)) * norm2(u) / float64(max(l.Every, 1))
}

// JudgeEvery is that every zero-mean forward level has a plateau, of the closed form.
func JudgeEvery(reg core.Regularizer) claim.Judgement {
	return usualSetting.every(reg).judged(reg, Law{Forward: 0.5}, Law{Forward: 2})
}

func (o *setting) every(reg core.Regularizer) finding {
	levels := o.levelsOr(0.02, 0.05, 0.1, 0.25, 0.5, 1, 2)
	cases, is := 0, true
	var least, most, smallest float64 = math.Inf(1), 0, 0
	for _, draw := range o.draws {
		for _, s := range levels {
			r := o.root(draw, reg, Law{Forward: s})
			if !r.Proved {
				return lacking(fmt.Sprintf("s_f = %v", s))
			}
			if cases++; s == levels[0] && draw == 1 {
				smallest = r.Plateau
				is = is && r.Plateau > 10*r.Err
			}
			ratio := r.Plateau / o.closedForm(draw, reg, Law{Forward: s})
			least, most = min(least, ratio), max(most, ratio)
			is = is && r.Plateau > r.Err && math.Abs(ratio-1) < 0.02*s*s+1e-3
		}
	}
	note := fmt.Sprintf("s_f = %v: %.3g at a root that is proved; all plateaus are %.3f to %.3f of "+
		"(s_f^2/(6d)) |mean sigma''(a) x|, "+
		"s_f = %v to %v", levels[0], smallest, least, most, levels[0], levels[len(levels)-1])
	return finding{is: is, cases: cases, note: note}
}

// JudgeSaturates is about Fig 4, forward: small levels fall with gamma, large ones saturate.
func JudgeSaturates() claim.Judgement {
	return usualSetting.saturates().judged(Nonconvex, Law{Forward: 0.5}, Law{Forward: 0.1})
}

func (o *setting) saturates() finding {
	gammas := o.gammasOr(0.3, 0.1, 0.03, 0.01)
	cases, is := 0, true
	var over [2]float64
	for _, draw := range o.draws {
		for k, s := range []float64{0.1, 0.5} {
			l := Law{Forward: s, Reading: o.readings[0]}
			r, f := o.root(draw, Nonconvex, l), floors(o, draw, Nonconvex, l, gammas)
			if !r.Proved || undefined(f) {
				return lacking(fmt.Sprintf("s_f = %v", s))
			}
			for i := 1; i < len(f); i++ {
				is = is && f[i] < f[i-1]
			}
			cases++
			is = is && r.Plateau > r.Err
			over[k] = max(over[k], f[len(f)-1]/r.Plateau)
		}
	}
	note := fmt.Sprintf("at gamma = 0.01 the norm is %.2g times its plateau for s_f = 0.1 and %.2g times "+
		"for s_f = 0.5: both have one, "+
		"and 0.5 is where it comes out of the floor that xi and delta leave at the step sizes "+
		"drawn", over[0], over[1])
	return finding{is: is, cases: cases, note: note}
}

// JudgeOnlyLarge is about Fig 5: some small level has no plateau.
func JudgeOnlyLarge() claim.Judgement {
	return usualSetting.onlyLarge().judged(Convex, Law{Forward: 0.25}, Law{Forward: 1})
}

func (o *setting) onlyLarge() finding {
	cases, is := 0, false
	note := ""
	for _, draw := range o.draws {
		for _, s := range o.levelsOr(0.02, 0.05, 0.1) {
			r := o.root(draw, Convex, Law{Forward: s})
			if !r.Proved {
				return lacking(fmt.Sprintf("s_f = %v", s))
			}
			if cases++; draw == 1 && s == 0.1 {
				f := floors(o, draw, Convex, Law{Forward: s}, []float64{0.01})
				note = fmt.Sprintf("s_f = %v saturates at %.4g, within %.0e, at the one root there is; at "+
					"gamma = 0.01 the noise leaves "+
					"%.2g, which hides it", s, r.Plateau, r.Err, f[0])
			}
			is = is || !(r.Plateau > r.Err)
		}
	}
	return finding{is: is, cases: cases, note: note}
}

// JudgeOneSided is about Fig 6: a plateau for every s_b that grows with it, both
// regularizers. With a root it is E[eps] |mean x|. Without one it is the length of the point p
// of the zonotope { (1/M) sum_k s_k x_k, 0 <= s_k <= 1 } nearest to -E[eps] mean x, which never
// falls as E[eps] grows: with u = -mean x, p1 and p2 those of e1 < e2, being nearest gives
// <p2-p1, u> >= 0 and |p1 - e1 u|^2 <= |p2 - e1 u|^2, so |p2|^2 - |p1|^2 >= 2 e1 <p2-p1, u> >= 0.
func JudgeOneSided() claim.Judgement {
	weak, strong := Law{Backward: 0.5, OneSided: true}, Law{Backward: 2, OneSided: true}
	return usualSetting.oneSidedGrows().judged(Convex, weak, strong)
}

func (o *setting) oneSidedGrows() finding {
	levels := o.levelsOr(0.1, 0.25, 0.5, 1, 2, 4)
	cases, is := 0, true
	var first, without []float64
	for _, draw := range o.draws {
		for _, reg := range []core.Regularizer{Convex, Nonconvex} {
			last := 0.0
			for _, s := range levels {
				height, none, proved := o.oneSided(draw, reg, s)
				if !proved {
					return lacking(fmt.Sprintf("s_b = %v, one-sided", s))
				}
				if cases++; none && draw == 1 {
					first, without = append(first, s), append(without, height)
				}
				is = is && height > last
				last = height
			}
		}
	}
	note := fmt.Sprintf("strongly convex R: s_b |mean x|/(2 sqrt d), exactly. Nonconvex R: the same while "+
		"there is a root; at s_b = %v "+
		"there is none (proved), w_t runs to infinity and |grad f| to %.4f: it grows with s_b, and no "+
		"further than a bound", first, without)
	return finding{is: is, cases: cases, note: note}
}

// oneSided is where |grad f| ends as T -> infinity and then gamma -> 0; 0 within the error of a root.
func (o *setting) oneSided(draw uint64, reg core.Regularizer, s float64) (height float64, none, proved bool) {
	l := Law{Backward: s, OneSided: true}
	if r := o.root(draw, reg, l); r.Proved {
		if r.Plateau > r.Err {
			return r.Plateau, false, true
		}
		return 0, false, true
	}
	n := o.noRoot(draw, reg, l)
	return n.Limit, true, n.Right < 0
}

// JudgeStationary is that the plateau of Fig 6 with the nonconvex R is a stationary point.
func JudgeStationary() claim.Judgement {
	f := usualSetting.stationary()
	return claim.Judgement{Verdict: f.verdict(), Cases: f.cases, Note: f.note}
}

func (o *setting) stationary() finding {
	f := finding{is: true}
	for _, draw := range o.draws {
		for _, s := range o.levelsOr(0.25, 1, 2) {
			n := o.noRoot(draw, Nonconvex, Law{Backward: s, OneSided: true})
			if f.cases++; n.Right < 0 && f.is {
				f.is = false
				f.note = fmt.Sprintf("draw %d, s_b = %v: for one v of length 1, <v, G(w)> <= %.3g for all "+
					"w, so that F has no stationary point and w_t moves along -v for ever; the strongly convex R has "+
					"one always", draw, s, n.Right)
			}
		}
	}
	return f
}

// JudgeExact is the closed form of Fig 6.
func JudgeExact() claim.Judgement {
	return usualSetting.exact().judged(Convex, Law{Backward: 0.25, OneSided: true})
}

func (o *setting) exact() finding {
	cases, is, worst := 0, true, 0.0
	for _, draw := range o.draws {
		for _, s := range o.levelsOr(0.05, 0.1, 0.25, 0.5, 1, 2, 4) {
			p := o.base(draw, Convex, Law{Backward: s, OneSided: true}, 0.1)
			r := o.root(draw, Convex, p.Law)
			if !r.Proved {
				return lacking(fmt.Sprintf("s_b = %v, one-sided", s))
			}
			want := s * norm2(fieldOf(p).data.mean) / (2 * math.Sqrt(float64(o.d)))
			worst = max(worst, math.Abs(r.Plateau/want-1))
			is = is && math.Abs(r.Plateau-want) <= 2*r.Err
			cases++
		}
	}
	note := fmt.Sprintf("G(w_b) = grad f(w_b) + (s_b/(2 sqrt d)) mean x = 0; found within %.0e", worst)
	return finding{is: is, cases: cases, note: note}
}

// JudgeFalls is about Figs 7 and 8: a plateau at small spacings, lower at larger ones.
func JudgeFalls(reg core.Regularizer) claim.Judgement {
	return usualSetting.falls(reg).judged(reg, Law{Forward: 2, Every: 3}, Law{Forward: 2, Every: 30})
}

func (o *setting) falls(reg core.Regularizer) finding {
	cases, is := 0, true
	var heights []float64
	for _, draw := range o.draws {
		for _, s := range []float64{1, 2} {
			last := math.Inf(1)
			for _, every := range o.spacingsOr(1, 3, 10, 30, 100) {
				r := o.root(draw, reg, Law{Forward: s, Every: every})
				if !r.Proved {
					return lacking(fmt.Sprintf("a spacing of %d", every))
				}
				is = is && r.Plateau > r.Err && r.Plateau < last
				last = r.Plateau
				if cases++; draw == 1 && s == 2 {
					heights = append(heights, r.Plateau)
				}
			}
		}
	}
	note := fmt.Sprintf("s_f = 2, every 1, 3, 10, 30, 100 steps: %.3g", heights)
	return finding{is: is, cases: cases, note: note}
}

// JudgeAgain is about Figs 7 and 8: beyond some spacing there is no plateau.
func JudgeAgain(reg core.Regularizer) claim.Judgement {
	return usualSetting.again(reg).judged(reg, Law{Forward: 2, Every: 10}, Law{Forward: 2, Every: 100})
}

func (o *setting) again(reg core.Regularizer) finding {
	cases, is := 0, false
	note := ""
	for _, draw := range o.draws {
		for _, every := range o.spacingsOr(10, 100, 1000, 10_000) {
			r := o.root(draw, reg, Law{Forward: 2, Every: every})
			if !r.Proved {
				return lacking(fmt.Sprintf("a spacing of %d", every))
			}
			is = is || !(r.Plateau > r.Err)
			if cases++; draw == 1 && every == 1000 {
				note = fmt.Sprintf("every %d steps, s_f = 2: %.4g, within %.0e, is left at the root, for T "+
					"-> infinity and gamma -> 0; "+
					"it falls like 1/Dt, without a threshold", every, r.Plateau, r.Err)
			}
		}
	}
	return finding{is: is, cases: cases, note: note}
}

// JudgeReciprocal is the closed form of Figs 7 and 8.
func JudgeReciprocal(reg core.Regularizer) claim.Judgement {
	return usualSetting.reciprocal(reg).judged(reg, Law{Forward: 2, Every: 30})
}

func (o *setting) reciprocal(reg core.Regularizer) finding {
	spacings, x := o.spacingsOr(3, 10, 30, 100, 300, 1000), []float64{}
	cases, is, off := 0, true, 0.0
	for _, draw := range o.draws {
		for _, s := range []float64{0.5, 1, 2} {
			var heights []float64
			x = x[:0]
			for _, every := range spacings {
				r := o.root(draw, reg, Law{Forward: s, Every: every})
				if !r.Proved {
					return lacking(fmt.Sprintf("a spacing of %d", every))
				}
				is = is && r.Plateau > r.Err
				heights, x = append(heights, r.Plateau), append(x, float64(every))
				cases++
			}
			off = max(off, math.Abs(slope(x, heights)+1))
		}
	}
	note := fmt.Sprintf("slope of ln plateau by ln Dt within %.0e of -1, Dt = 3 to 1000: with Dt ~ "+
		"T^{1/2}, as Table 1 has it, "+
		"the plateau is of order T^{-1/2}, below the T^{-1/4} that the rate allows |grad f|", off)
	return finding{is: is && off < 0.01, cases: cases, note: note}
}

// JudgeLarger is about Figs 7 and 8: larger s_f needs a larger spacing.
func JudgeLarger(reg core.Regularizer) claim.Judgement {
	return usualSetting.larger(reg).judged(reg, Law{Forward: 1, Every: 10}, Law{Forward: 2, Every: 40})
}

func (o *setting) larger(reg core.Regularizer) finding {
	cases, is := 0, true
	least, most := math.Inf(1), 0.0
	for _, draw := range o.draws {
		for _, every := range o.spacingsOr(3, 30, 300) {
			a, b := o.root(draw, reg, Law{Forward: 1, Every: every}), o.root(draw, reg, Law{Forward: 2, Every: every})
			if !a.Proved || !b.Proved {
				return lacking(fmt.Sprintf("a spacing of %d", every))
			}
			ratio := b.Plateau / a.Plateau
			least, most = min(least, ratio), max(most, ratio)
			is = is && ratio > 1
			cases++
		}
	}
	note := fmt.Sprintf("s_f = 2 is %.2f to %.2f times as high as s_f = 1 at the same Dt, and needs that "+
		"much more of it: Dt ~ s_f^2", least, most)
	return finding{is: is, cases: cases, note: note}
}

// JudgeCoupled is about the sweep gamma = T^{-1/2} of Remark 4.
func JudgeCoupled() claim.Judgement {
	return usualSetting.coupled().judged(Nonconvex, Law{Backward: 1}, Law{Forward: 2})
}

func (o *setting) coupled() finding {
	horizons := o.horizonsOr(1e6, 1e8, 1e10)
	var gammas []float64
	for _, t := range horizons {
		gammas = append(gammas, 1/math.Sqrt(t))
	}
	cases, is, off, left := 0, true, 0.0, math.Inf(1)
	for _, draw := range o.draws {
		for _, reading := range o.readings {
			for _, s := range []float64{0, 1, 2} {
				f := floors(o, draw, Nonconvex, Law{Backward: s, Reading: reading}, gammas)
				if undefined(f) {
					return lacking(fmt.Sprintf("s_b = %v", s))
				}
				off = max(off, math.Abs(slope(horizons, f)+0.25))
				cases++
			}
			forward := floors(o, draw, Nonconvex, Law{Forward: 2, Reading: reading}, gammas)
			r := o.root(draw, Nonconvex, Law{Forward: 2})
			if !r.Proved || undefined(forward) {
				return lacking("s_f = 2")
			}
			is = is && r.Plateau > r.Err
			left = min(left, forward[len(forward)-1]/r.Plateau)
			cases++
		}
	}
	note := fmt.Sprintf("the floor of standard SGD and of zero-mean backward errors goes like T^a, a "+
		"within %.0e of -1/4, so that its square "+
		"keeps the rate T^{-1/2}; forward errors of s_f = 2 stay at %.3f of their plateau or more", off, left)
	return finding{is: is && off < 0.01 && left > 0.99, cases: cases, note: note}
}
