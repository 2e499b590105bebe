package conform

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/core"
)

// hangTimeout is long for an answer of microseconds and short for a test: only
// engines that hang are given it.
const hangTimeout = 300 * time.Millisecond

func (b plantedFault) factory() (Engine, error) { return b.make(), nil }

func (b plantedFault) options(o Options) *Options {
	if strings.Contains(b.name, "hangs") {
		o.Timeout = hangTimeout
	}
	return &o
}

// hurry ends the wait for goroutines early for an engine whose goroutines never end, until
// what it returns is called.
func (b plantedFault) hurry() (after func()) {
	usual := settling
	if strings.HasPrefix(b.name, "leaves a goroutine") {
		settling = 100 * time.Millisecond
	}
	return func() { settling = usual }
}

// isFound reports whether the cases that a rule always asks find the fault.
func (b plantedFault) isFound(r *rule, seed uint64) bool {
	only := *r
	only.draw = nil
	defer b.hurry()()
	g := newGate(b.factory, b.options(Options{Seed: seed, Rules: []string{r.name}}).withDefaults())
	g.run(&only)
	return slices.ContainsFunc(g.shown, func(x *shown) bool { return x.always })
}

// TestBrokenEngines: every planted fault is found by the cases that its rule asks
// whatever the seed. A rule is done with an engine at the first fault that it finds.
func TestBrokenEngines(t *testing.T) {
	kept.first = true
	defer func() { kept.first = false }()
	seen := map[string]bool{}
	count := uint64(1)
	if *full {
		count = seeds
	}
	for _, b := range broken {
		if seen[b.name] {
			t.Errorf("%s: listed twice", b.name)
		}
		seen[b.name] = true
		for seed := uint64(1); seed <= count; seed++ {
			if !b.isFound(ruleNamed(b.rule), seed) {
				t.Errorf("%s: the cases that rule %s always asks do not find it, seed %d", b.name, b.rule, seed)
			}
		}
	}
	t.Logf("%d faults", len(broken))
	kept.forget()
}

func ruleNamed(name string) *rule { return rules[slices.Index(RuleNames(), name)] }

// TestEightUnits: a factor of 1 +- 8 unit roundoffs in the Jacobian of any operator is
// found by the cases that the anchors always ask.
func TestEightUnits(t *testing.T) {
	for _, p := range precisions {
		for _, op := range core.OpNames() {
			for _, units := range []float64{8, -8} {
				b := plantedFault{make: factor(op, p, units, nil)}
				g := newGate(b.factory, (&Options{Rules: []string{"anchors"}}).withDefaults())
				g.run(anchorsRule)
				if !slices.ContainsFunc(g.shown, func(x *shown) bool { return x.always }) {
					t.Errorf("%v: %+v units in the Jacobian of %s are not found", p, units, op)
				}
			}
		}
		kept.forget()
	}
}
