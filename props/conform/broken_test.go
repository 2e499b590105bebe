package conform

import (
	"strings"
	"testing"
	"time"
)

// hangTimeout is long for an answer of microseconds and short for a test: only
// engines that hang are given it.
const hangTimeout = time.Second

func (b plantedFault) factory() (Engine, error) { return b.make(), nil }

func (b plantedFault) options(o Options) *Options {
	if strings.Contains(b.name, "hangs") {
		o.Timeout = hangTimeout
	}
	return &o
}

// firedBy lists the rules that an engine breaks.
func firedBy(b plantedFault, o Options) []string {
	g := newGate(b.factory, b.options(o).withDefaults())
	var names []string
	for _, r := range g.rules() {
		if out := g.run(r); out.Violations != nil {
			names = append(names, r.name)
		}
	}
	return names
}

// TestBrokenEngines: every planted fault is found by the cases that its rule asks
// whatever the seed.
func TestBrokenEngines(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range broken {
		if seen[b.name] {
			t.Errorf("%s: listed twice", b.name)
		}
		seen[b.name] = true
		if names := firedBy(b, Options{Rules: []string{b.rule}, Cases: 1}); len(names) == 0 {
			t.Errorf("%s: rule %s did not fire", b.name, b.rule)
		}
	}
	t.Logf("%d faults", len(broken))
}
