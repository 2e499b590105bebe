package sites

import (
	"fmt"
	"strings"
	"sync"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// trial is a choice made otherwise than in Default.
type trial struct {
	says string
	set  func(o *Options)
}

// trials are what section 5.3 leaves open, or names: the weights and digits drawn, depth, width and size.
var trials = []trial{
	{"seed 2", func(o *Options) { o.Seed = 2 }},
	{"seed 3", func(o *Options) { o.Seed = 3 }},
	{"seed 4", func(o *Options) { o.Seed = 4 }},
	{"depth 2", func(o *Options) { o.Depth = 2 }},
	{"depth 3", func(o *Options) { o.Depth = 3 }},
	{"depth 9", func(o *Options) { o.Depth = 9 }},
	{"width 8", func(o *Options) { o.Width = 8 }},
	{"width 32", func(o *Options) { o.Width = 32 }},
	{"size 1e-6", func(o *Options) { o.Size = 1e-6 }},
	{"size 0.3", func(o *Options) { o.Size = 0.3 }},
}

// fewDirections are the options of trials: fewer digits and directions than Default.
func fewDirections() Options {
	o := Default(1)
	o.Samples, o.Draws = 10, 2
	return o
}

// tried is a Result for each of the trials.
var tried = sync.OnceValues(func() ([]*Result, error) { return try(trials) })

func try(all []trial) ([]*Result, error) {
	type outcome struct {
		r   *Result
		err error
	}
	made := pool.Map(len(all), func(k int) outcome {
		o := fewDirections()
		all[k].set(&o)
		r, err := Run(o)
		return outcome{r, err}
	})
	var results []*Result
	for _, m := range made {
		if m.err != nil {
			return nil, m.err
		}
		results = append(results, m.r)
	}
	return results, nil
}

// varied adds to a judgement at which trials its verdict is another one. Where the seed alone makes the difference
// the verdict is Unsettled.
func varied(v claim.Verdict, note string, results []*Result, settle func(r *Result) (claim.Verdict, string),
) (claim.Verdict, string) {
	var changes, same []string
	bySeed := false
	for k, r := range results {
		if got, _ := settle(r); got != v {
			changes = append(changes, fmt.Sprintf("%s: %s", trials[k].says, got))
			bySeed = bySeed || strings.HasPrefix(trials[k].says, "seed")
		} else {
			same = append(same, trials[k].says)
		}
	}
	note += ". The same verdict at " + strings.Join(same, ", ")
	if len(changes) > 0 {
		note += "; another at " + strings.Join(changes, ", ")
	}
	if bySeed {
		return claim.Unsettled, note + "; it depends on the draw of the weights"
	}
	return v, note
}

// Page is a table of all networks with both kinds of size, and one of what else was tried.
func Page() ([]table.Block, error) {
	r, err := judged()
	if err != nil {
		return nil, err
	}
	more, err := tried()
	if err != nil {
		return nil, err
	}
	return []table.Block{table.Heading("Section 5.3: where a perturbation enters"), table.Text(pageSay), linesTable(r),
		table.Text(triedSay), triedTable(more)}, nil
}

const pageSay = "Digits, 6 layers of 16 tanh (N = 14): root mean square of |U-u|, for delta_1 over that for " +
	"delta_{N-1}, and for eps_N over that for eps_2, each with the ratio of the roots of the coefficients (21) of " +
	"the same network. (21) orders the sites in one way for every network, above 1; where the measured ratio is " +
	"below 1 the order is the other one."

const triedSay = "The same with other draws of weights and digits, depths, widths and sizes (10 digits, 2 " +
	"directions each): of 8 lines, in how many delta_1 harms more than delta_{N-1}, and eps_N more than eps_2; and " +
	"the verdicts. They do not depend on the seed. At depth 2 and 3 the contracting network no longer has " +
	"delta_{N-1} harm more: no network that was tried shows both orders of delta, and (21) orders none of them " +
	"wrongly in both."

func linesTable(r *Result) *table.Table {
	t := table.New("network", "size", "delta_1/delta_{N-1}", "by (21)", "eps_N/eps_2", "by (21)", "ordered as by (21)")
	for _, l := range r.Lines {
		size := "equal absolute"
		if l.Relative {
			size = "equal relative"
		}
		t.Add(l.Network, size, fmt.Sprintf("%.2g", l.RatioDelta), fmt.Sprintf("%.2g", l.BoundedDelta),
			fmt.Sprintf("%.2g", l.RatioEps), fmt.Sprintf("%.2g", l.BoundedEps), l.ordered())
	}
	return t
}

// ordered says which sites harm in the order of (21).
func (l *Line) ordered() string {
	delta, eps := (l.RatioDelta > 1) == (l.BoundedDelta > 1), (l.RatioEps > 1) == (l.BoundedEps > 1)
	switch {
	case delta && eps:
		return "both"
	case delta:
		return "delta only"
	case eps:
		return "eps only"
	}
	return "neither"
}

func triedTable(results []*Result) *table.Table {
	t := table.New("tried", "delta_1 harms more", "eps_N harms more", "no single order", "captured by (21)")
	for k, r := range results {
		delta, eps := 0, 0
		for _, l := range r.Lines {
			if l.RatioDelta > 1 {
				delta++
			}
			if l.RatioEps > 1 {
				eps++
			}
		}
		a, _ := noOrder(r)
		b, _ := captured(r)
		t.Add(trials[k].says, delta, eps, a, b)
	}
	return t
}
