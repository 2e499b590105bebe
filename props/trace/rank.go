package trace

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// The ranking. For a site and a window of steps let
//
//	z = ln ( |error|_F / what the model of rounding expects )     the size
//	m = ln ( |sum of the errors over samples and steps| / what independent errors give )     the mean
//
// both by the way that explains the site best. In a clean run z is the same for all sites up to a few
// tenths, whatever the format, and exp(2m) follows chi^2/d over its degrees of freedom, times exp(2z). A
// site is suspect when
//
//	one window is above all clean ones of the other sites ("size", "mean"), or
//	one window is above the site's own usual ones ("change", "mean").
//
// The thresholds are those of clean engines in float32, bfloat16, e4m3 rounded at random and bfloat16 with
// sums in bfloat16; see TestCleanRuns.
const (
	zFloor      = -1.2 // see block.floor
	acrossBase  = 0.45 // how far clean sites are apart
	acrossCount = 3.2  // times n^{-1/2} for n numbers in a window: seven times the spread of ln of a mean square, over 2
	meanSlack   = 0.45
	changeBase  = 0.35
	meanChange  = 0.2
	changeScale = 8.0 // times the spread of the site's own windows
	changeLeast = 8   // windows that a spread is taken from
	familyFloor = 0.7 // above zFloor, where all of a site's kind are at it
	// ln 4: functions of engines are off by a unit or two, often with one sign, where the
	// model has rounding alone. It shows where compute is not finer than storage.
	ofFunctions = 1.4
	topKept     = 8
	historyMost = 4096
)

// windows are their lengths in steps; the first is a step.
var windows = [...]int{1, 10, 30}

// block is a window of steps of a site.
type block struct {
	from, to, steps int
	numbers         float64 // of errors in it, see spread
	coordinates     float64
	z, raw, m       float64
}

// floor is where a site has no error to speak of: rounding to storage explains all but a few numbers,
// which fell to the other side.
func (b block) floor() float64 { return floorOf(b.numbers) }

func floorOf(numbers float64) float64 { return min(-0.3, zFloor+8/math.Sqrt(numbers)) }

// history is what is kept of a site's blocks of one window length.
type history struct {
	all          []block // every stride-th
	stride, seen int
	topZ, topM   []block // the largest
}

func (h *history) add(b block) {
	if h.stride == 0 {
		h.stride = 1
	}
	if h.seen%h.stride == 0 {
		h.all = append(h.all, b)
		if len(h.all) >= historyMost {
			for k := range len(h.all) / 2 {
				h.all[k] = h.all[2*k]
			}
			h.all = h.all[:len(h.all)/2]
			h.stride *= 2
		}
	}
	h.seen++
	h.topZ = keepTop(h.topZ, b, func(b block) float64 { return b.z })
	h.topM = keepTop(h.topM, b, func(b block) float64 { return b.m })
}

func keepTop(top []block, b block, of func(block) float64) []block {
	if len(top) == topKept && !(of(b) > of(top[topKept-1])) {
		return top
	}
	at, _ := slices.BinarySearchFunc(top, b, func(x, y block) int { return cmp.Compare(of(y), of(x)) })
	top = slices.Insert(top, at, b)
	return top[:min(len(top), topKept)]
}

// usual is the median and the spread (1.4826 times the median deviation) of a number of the blocks.
func (h *history) usual(of func(block) float64) (median, spread float64) {
	v := make([]float64, len(h.all))
	for k, b := range h.all {
		v[k] = of(b)
	}
	median = medianOf(v)
	for k := range v {
		v[k] = math.Abs(v[k] - median)
	}
	return median, 1.4826 * medianOf(v)
}

// medianOf sorts v. Of no numbers it is NaN.
func medianOf(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// open is a block that is being filled.
type open struct {
	from, to, steps int
	sum2            [ways]float64
	mean            [ways][]float64
	pred            float64
	spread          spread
}

// join takes in the steps of a shorter window behind its own.
func (o *open) join(p *open) {
	if o.steps == 0 {
		o.begin(p.from, len(p.spread.by))
	}
	o.to = p.to
	o.steps += p.steps
	o.spread.add(&p.spread)
	o.pred += p.pred
	o.sums(&p.sum2, &p.mean)
}

func (o *open) begin(t, d int) {
	o.from = t
	o.sum2, o.pred = [ways]float64{}, 0
	o.spread.reset(d)
	for way := range ways {
		o.mean[way] = sized(o.mean[way], d)
		clear(o.mean[way])
	}
}

func (o *open) sums(sum2 *[ways]float64, mean *[ways][]float64) {
	for way := range ways {
		o.sum2[way] += sum2[way] // NaN stays
		if sum2[way] == sum2[way] {
			floats.Add(o.mean[way], mean[way])
		}
	}
}

// close turns the sums into a block.
func (o *open) close() block {
	way := byValue
	for w := range ways {
		if o.sum2[w] < o.sum2[way] {
			way = w
		}
	}
	expected := o.pred + math.SmallestNonzeroFloat64
	b := block{from: o.from, to: o.to, steps: o.steps, numbers: o.spread.numbers(), coordinates: o.spread.coordinates()}
	floor := b.floor()
	b.z = max(floor, math.Log(o.sum2[way]/expected)/2)
	b.raw = max(floor, math.Log(o.sum2[byValue]/expected)/2)
	b.m = max(floor, math.Log(square(o.mean[way])/expected)/2)
	o.steps = 0
	return b
}

// ranker follows all sites over the run.
type ranker struct {
	*shape
	open    [][len(windows)]open
	history [][len(windows)]history
	skips   []bool // the site that touches no gradient, delta_N, and those with a declared error
	plain   bool   // compute is not finer than storage
}

func newRanker(s *shape) *ranker {
	n := 2*s.chain.N() - 1
	e := newEnvelope(s.run.Precision)
	r := &ranker{shape: s, open: make([][len(windows)]open, n), history: make([][len(windows)]history, n),
		skips: make([]bool, n), plain: e.c >= e.s}
	for k, d := range s.declared {
		r.skips[k] = d != nil
	}
	r.skips[s.deltaSite(s.chain.N())] = true
	return r
}

// add takes in the errors of a step. It gives the blocks of one step, by site.
func (r *ranker) add(t int, sites []siteError, one []block) []block {
	one = one[:0]
	for k := range sites {
		o, h, e := &r.open[k], &r.history[k], &sites[k]
		at := &open{from: t, to: t, steps: windows[0], sum2: e.sum2, mean: e.mean, pred: e.pred, spread: e.spread}
		for w := range windows {
			if w > 0 {
				at = &o[w]
			}
			if at.steps < windows[w] {
				break
			}
			if w+1 < len(windows) { // a window is whole ones of the shorter kind
				o[w+1].join(at)
			}
			b := at.close()
			h[w].add(b)
			if w == 0 {
				one = append(one, b)
			}
		}
	}
	return one
}

// finish closes the windows that are at least half full, where there is no other.
func (r *ranker) finish() {
	for k := range r.open {
		for w, length := range windows {
			o := &r.open[k][w]
			if o.steps == 0 {
				continue
			}
			if w+1 < len(windows) {
				r.open[k][w+1].join(o)
			}
			if 2*o.steps >= length || r.history[k][w].seen == 0 {
				r.history[k][w].add(o.close())
			}
		}
	}
}

// isFunction reports whether the operator of a site is no polynomial.
func (r *ranker) isFunction(k int) bool { return !r.run.Chain[r.site(k).Op-1].Polynomial() }

// family is what sites are compared within: the operator's kind and the direction.
func (r *ranker) family(k int) string {
	s := r.site(k)
	op := r.run.Chain[s.Op-1].Op
	switch op {
	case "affine", "linear", "fixed":
		op = "dense"
	case "tanh", "sigmoid", "softplus", "square", "bias", "scale":
		op = "entry by entry"
	}
	return s.Kind + " " + op
}

// reference is what a site is held against: the usual values of the others.
type reference struct {
	level        float64               // usual raw z over all sites
	z, m         [len(windows)]float64 // of the others of its family, or -Inf where there are fewer than 2
	atZero       [len(windows)]bool    // all of its family, or all sites, are usually at their floor
	siteZ, siteM [len(windows)]float64 // usual z and m of the site
	spread       [len(windows)]float64 // of its z
	blocks       [len(windows)]int
	functions    float64 // ofFunctions where they may show, else 0
}

// references are those of all sites.
func (r *ranker) references() []reference {
	n := len(r.history)
	type usual struct{ raw, z, m, above [len(windows)]float64 }
	all := make([]usual, n)
	refs := make([]reference, n)
	for k := range n {
		for w := range windows {
			h := &r.history[k][w]
			all[k].raw[w], _ = h.usual(func(b block) float64 { return b.raw })
			all[k].above[w], _ = h.usual(func(b block) float64 { return b.z - b.floor() })
			all[k].m[w], _ = h.usual(func(b block) float64 { return b.m })
			all[k].z[w], refs[k].spread[w] = h.usual(func(b block) float64 { return b.z })
			refs[k].siteZ[w], refs[k].siteM[w], refs[k].blocks[w] = all[k].z[w], all[k].m[w], h.seen
		}
	}
	for k := range n {
		ref := &refs[k]
		if r.plain && r.isFunction(k) {
			ref.functions = ofFunctions
		}
		var raw []float64
		for l := range n {
			if l != k && !r.skips[l] {
				raw = append(raw, all[l].raw[0])
			}
		}
		ref.level = medianOf(raw)
		for w := range windows {
			var z, m, family, others []float64
			for l := range n {
				if l == k || r.skips[l] {
					continue
				}
				others = append(others, all[l].above[w])
				if r.family(l) == r.family(k) {
					z, m = append(z, all[l].z[w]), append(m, all[l].m[w])
					family = append(family, all[l].above[w])
				}
			}
			ref.z[w], ref.m[w] = math.Inf(-1), math.Inf(-1)
			if len(family) >= 2 {
				others = family
				ref.z[w], ref.m[w] = medianOf(z), medianOf(m)
			}
			// The floor of a longer window is lower: what is at it in one step need not be there.
			ref.atZero[w] = len(others) >= 2 && slices.Max(others) <= 0.1
		}
	}
	return refs
}

// finding is a test of a block that is above its threshold, by score.
type finding struct {
	site, window int
	block        block
	test         string
	score        float64
	ratio        float64 // of the error to what is expected
}

// judgeBlock is the best test of a block; score <= 0 is clean.
func (ref *reference) judgeBlock(b block, w int) (test string, score, ratio float64) {
	n := math.Sqrt(b.numbers)
	slack := acrossBase + ref.functions + acrossCount/n
	level := max(ref.level, ref.z[w])
	test, score, ratio = "size", b.z-level-slack, b.z-level
	try := func(name string, s, r float64) {
		if s > score {
			test, score, ratio = name, s, r
		}
	}
	if ref.atZero[w] {
		try("size", b.z-b.floor()-familyFloor-ref.functions-acrossCount/n, b.z-level)
	}
	quantile := math.Log(chiSquareTail(b.coordinates)) / 2
	try("mean", b.m-max(ref.level, ref.z[w], ref.m[w])-quantile-meanSlack-ref.functions, b.m-level)
	if ref.blocks[w] >= changeLeast {
		usual := max(ref.siteZ[w], ref.siteM[w])
		try("mean", b.m-usual-quantile-meanChange-ref.functions, b.m-usual)
		try("change", b.z-ref.siteZ[w]-max(changeBase, changeScale*ref.spread[w])-acrossCount/n/2, b.z-ref.siteZ[w])
	}
	if score > 0 && test != "change" { // a change has nothing taken off
		score += ref.functions // which decides whether a site is named, not which is named first
	}
	return test, score, ratio
}

// chiSquareTail is the quantile of chi^2_d/d above which it lies with a probability of 1e-7, by
// E. B. Wilson and M. M. Hilferty, Proc. Natl. Acad. Sci. 17 (1931): a cube of a normal variable.
func chiSquareTail(d float64) float64 {
	const normal = 5.2 // the quantile of 1e-7
	v := 2.0 / (9 * d)
	x := 1 - v + normal*math.Sqrt(v)
	return x * x * x
}

// findings are the best of each site that is above its threshold, the highest score first.
func (r *ranker) findings() []finding {
	refs := r.references()
	var list []finding
	for k := range r.history {
		if r.skips[k] {
			continue
		}
		best := finding{site: k}
		for w := range windows {
			h := &r.history[k][w]
			for _, b := range slices.Concat(h.topZ, h.topM) {
				test, score, ratio := refs[k].judgeBlock(b, w)
				if score > best.score {
					best = finding{k, windows[w], b, test, score, math.Exp(ratio)}
				}
			}
		}
		if best.score > 0 {
			list = append(list, best)
		}
	}
	slices.SortStableFunc(list, func(a, b finding) int { return cmp.Compare(b.score, a.score) })
	return list
}
