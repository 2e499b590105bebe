package conform

import (
	"github.com/cascade-sgd/cascade/core"
	"iter"
)

// rules is the suite. Every row has a planted fault in faults_test.go that no other
// row finds.
var rules = []*rule{
	operatorsRule, perturbationsRule, onePartRule, deterministicRule, memoryRule, widthsRule, longRule, tiesRule,
	sweepRule, sizesRule, stepRule, wildRule, anchorsRule, meanRule, mannersRule, traceRule, batchRule, runRule,
	unbiasedRule,
}

// always is a sequence of fixed cases under construction: their numbers come from no
// seed of the user's.
type always struct {
	m     *maker
	yield func(*sequence) bool
	index int
	done  bool
}

// cases turns a function that adds cases one by one into a sequence of them.
func cases(list func(a *always)) func(m *maker) iter.Seq[*sequence] {
	return func(m *maker) iter.Seq[*sequence] {
		return func(yield func(*sequence) bool) { list(&always{m: m, yield: yield}) }
	}
}

// attempts is how often numbers are drawn for a fixed case, each time smaller ones,
// until they fit the precision's range.
const attempts = 3

// add yields the case that build makes, unless it does not fit the engine. build gets
// a filling with the scale to use.
func (a *always) add(name string, build func(m *maker, scale float64) *sequence) {
	if a.done {
		return
	}
	a.index++
	scale := 1.0
	for range attempts {
		if q := build(a.m.at(alwaysSeed, name, a.index), scale); q != nil {
			q.name = name
			a.done = !a.yield(q)
			return
		}
		scale /= 4
	}
}

// step adds one step with the chain that build makes.
func (a *always) step(name string, f filling, build func(m *maker, f filling) []core.Spec) {
	a.add(name, func(m *maker, scale float64) *sequence {
		g := f.times(scale)
		return asking(name, m.job(build(m, g), g))
	})
}

// times is f with smaller numbers, unless they are integers.
func (f filling) times(scale float64) filling {
	if !f.whole {
		f.x, f.w, f.by = scaled(f.x)*scale, scaled(f.w)*scale, scaled(f.by)*scale
	}
	return f
}
