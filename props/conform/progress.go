package conform

// Progress is how far a run is.
type Progress struct {
	Doing       string // the rule at work, or what comes after all rules
	Done, Rules int    // rules that are done, of how many
	Requests    int    // asked so far
	Expected    int    // about how many will have been asked in the end; at least Requests
}

// usualRequests is how many requests a rule always asks, of an engine that has all operators.
// TestUsual holds it against what is on record.
var usualRequests = map[string]int{
	"operators": 298, "perturbations": 210, "one-part": 186, "deterministic": 312, "no-memory": 48, "widths": 651,
	"long-chain": 63, "ties": 166, "sweep": 983, "sizes": 288, "step": 315, "not-finite": 1190, "anchors": 203,
	"mean": 540, "manners": patientSteps + leakSteps, "trace": 226, "batch": 210, "run": 156,
	"unbiased": 0, // for all but engines that round at random
}

// tell tells Options.Progress how far the run is: at the rule r, which asked so many requests,
// or behind all rules when r is nil.
func (g *gate) tell(r *rule, asked int) {
	if g.opt.Progress == nil {
		return
	}
	done := len(g.outcomes)
	p := Progress{Doing: "smallest cases", Done: done, Rules: len(g.list), Requests: g.requests + asked}
	p.Expected = p.Requests
	if r != nil {
		p.Doing = r.name
		p.Expected += max(0, g.expected(r)-asked)
		for _, next := range g.list[min(done+1, len(g.list)):] {
			p.Expected += g.expected(next)
		}
	}
	g.opt.Progress(p)
}

// expected is about how many requests a rule asks.
func (g *gate) expected(r *rule) int {
	n := usualRequests[r.name]
	if drawn := g.opt.Cases; r.draw != nil && r.most > 0 {
		n += min(drawn, r.most)
	} else if r.draw != nil {
		n += drawn
	}
	return n
}
