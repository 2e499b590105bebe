package logistic

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// PageCommand writes the page on record.
const PageCommand = "go run ./props/verify page figures"

// PageSeed is that of the page on record, PointsFile beside it has its points, which PointsCommand writes.
const (
	PageSeed      = 1
	PointsFile    = "figures.csv"
	PointsCommand = "go run ./props/verify figures -repeats 2,3,4,5"
)

// Shown are the files of the pictures on the page.
func Shown() (files []string) {
	for _, i := range pictures {
		files = append(files, i.File)
	}
	return files
}

// pictures are the pictures on the page, of those that verify figures draws.
var pictures = []table.Image{
	{Says: "Fig 4, forward: the plateau of every level, and the floor of the noise above it", File: "fig4a.svg"},
	{Says: "Fig 6, nonconvex R: a plateau that grows, without a stationary point at s_b = 1 and 2", File: "fig6b.svg"},
	{Says: "Fig 7, s_f = 2: a plateau at every spacing, of order 1/Dt, under the noise at the largest",
		File: "fig7b.svg"},
	{Says: "Fig 4, backward: how many steps it takes until the norm is stable, of order ln(1/gamma)/gamma",
		File: "fig4b-steps.svg"},
}

// Page shows what became of the experiments: the outcomes printed, judged by claims, and
// every point of a Result as measured/predicted.
func (r *Result) Page(claims []claim.Claim, seed uint64) *table.Page {
	d := &table.Page{Title: "Figures 3 to 8, beside an oracle", Command: cmp.Or(r.Command, PageCommand)}
	_, against := r.Agreement()
	points := 0
	for k := range r.Figures {
		points += len(r.Figures[k].points())
	}
	d.Add(table.Text(fmt.Sprintf("Of %d points %d lie where an oracle says that draws nothing, and the pictures "+
		"come out as they are "+
		"described; but every zero-mean forward perturbation leaves a plateau of order s_f^2/Dt, however small "+
		"(Fig 5: \"only "+
		"sufficiently large\" ones) or rare (Figs 7 and 8: \"a clear phase transition\"), and with the nonconvex "+
		"R a large one-sided "+
		"backward one leaves no stationary point at all (Fig 6). What looks like a norm that \"again\" tends to 0 "+
		"is the plateau "+
		"sinking below the noise of the steps, and at a fixed T a smaller g raises the norm once g is below about "+
		"10/(lambda T), since "+
		"w^0 is not forgotten.", points, points-len(against))))
	for _, i := range pictures {
		d.Add(i)
	}
	d.Add(table.Text("Lines: the oracle. Marks: a run, with the 5 % and 95 % quantiles of |grad f(w_t)|. Bands: "+
		"the interval of the "+
		"oracle. Dashed: |grad f(w_b)|, what is left as T -> infinity and then g -> 0. "+r.sizes()+
		" Fig 2, two spikes, belongs to the introduction and has no "+
		"data: [Spikes](SPIKES.md) has the picture it draws, and what it needs."),
		table.Heading("The outcomes printed"))
	judged := table.New("claim", "verdict", "cases", "evidence")
	found := pool.Map(len(claims), func(k int) claim.Judgement { return claims[k].Judge(seed) })
	for k, c := range claims {
		j := found[k]
		judged.Add(fmt.Sprintf("%s, %s: %s", c.Eq, c.Form, c.Statement), j.Verdict, j.Cases, j.Note)
	}
	d.Add(judged, table.Heading("Choices that the paper leaves open, made otherwise"), table.Text(variedSay),
		variedTable(Variations()))
	for _, r := range reasons {
		d.Add(table.Text(r.letter + ": " + r.says))
	}
	d.Add(table.Text(beside), table.Text(littleSay))
	d.Add(table.Heading("Plateaus at full size, without a run"),
		table.Text(fmt.Sprintf("d = %d, M = %d, three draws of the data. "+
			"Each is |grad f| at a root of E[perturbed gradient] that is proved to exist by Kantorovich's theorem, "+
			"within 1e-9; \"none\": it "+
			"is proved that there is no root, and the number is the limit of |grad f|; \"?\": neither is proved.", fullD,
			fullM)),
		plateaus())
	r.addMeasured(d)
	return d
}

// addMeasured adds all that is made of the points alone.
func (r *Result) addMeasured(d *table.Page) {
	panels, against := r.Agreement()
	if t := r.Conditions(); t != nil {
		d.Add(table.Heading("Real data and short formats"), table.Text(formatsSay), t)
	}
	if all := r.Exponents(); len(all) > 0 {
		d.Add(table.Heading("Fitted exponents"), table.Text(exponentsSay), exponentsTable(all))
		if slices.ContainsFunc(r.Figures, func(f Figure) bool { return f.ID == RepeatsID }) {
			d.Add(table.Text(repeatsSay))
		}
	}
	r.addSteps(d)
	d.Add(table.Heading("Measured/predicted"))
	if len(r.Figures) > 0 {
		p := r.Figures[0].points()[0]
		d.Add(table.Text(fmt.Sprintf("M = %d, d = %d, T = %d but in the coupled sweep, EWMA %v, w^0 = %v, one "+
			"number a %s. The predicted "+
			"value is E of the stable gradient norm at this g and T: root, noise (a Lyapunov equation, the last "+
			"kick by quadrature), and "+
			"what is left of w^0 (the flow of mean and covariance). The interval is exp(+-(%d sd + %v)) about "+
			"measured/predicted, sd the "+
			"relative standard deviation of a mean over T/2 steps, by the oracle, and %v for what is of third "+
			"order in the noise; 1 lies "+
			"in it, or the point is named below.", p.M, p.D, p.T, p.EWMA, p.Start, p.Law.Reading, Z, Closure, Closure)))
	}
	d.Add(panels)
	if len(against) == 0 {
		d.Add(table.Text("Outside of its interval: none."))
	}
	for _, line := range against {
		d.Add(table.Text("Outside of its interval: " + line))
	}
	for k := range r.Figures {
		f := &r.Figures[k]
		for i := range f.Panels {
			d.Add(table.Heading(fmt.Sprintf("%s: %s, %s", f.Name(), f.Title, f.Panels[i].Title)),
				r.ratios(&f.Panels[i]))
		}
	}
}

// addSteps adds the sections of the steps until the norm is stable, where there are panels of them.
func (r *Result) addSteps(d *table.Page) {
	first := true
	r.stepsPanels(func(f *Figure, p *Panel) {
		if first {
			d.Add(table.Heading("Steps until the norm is stable"), table.Text(stepsSay), r.stepsTable())
			first = false
		}
		d.Add(table.Text(fmt.Sprintf("%s: %s, %s.", f.Name(), f.Title, p.Title)), r.arrivals(p))
	})
}

// variedSay introduces the table of variations.
const variedSay = "By the oracle alone, one choice at a time, a draw of the data each. Values are tried from left " +
	"to right until the verdict changes: one without a word leaves it as it is; \"cannot\" has a reason below. " +
	"Undecided at few samples: these are separable, |grad f| falls towards infinity, and no root is proved there."

// littleSay is the condition for Fig 3, left; a test holds it.
const littleSay = "Fig 3, left: |grad f|^2 in the steady state is about P^2 + N gamma, P the plateau, of order " +
	"s_f^2/d, and N gamma the noise of the steps. So gamma from 0.3 to 0.01 gains less than a factor of 2 where P " +
	"is above 0.47 of the norm at 0.3 (within 15 % of that share it may go either way), as at d = 10, s_f = 1 and " +
	"2; at d = 20 and s_f = 1 the plateau lies below the noise, and the printed outcome fails; so it does where " +
	"the larger gamma is 1."

// formatsSay introduces Conditions.
const formatsSay = "Logistic regression with R = 0.1 |w|^2 on breast_cancer (standardized) and digits (odd against " +
	"even), the activations or the chain terms of a step as one tensor in a short format. Only stochastic rounding of " +
	"the chain terms lies inside Corollary 1's conditions, and only it keeps the minimum; every law outside leaves a " +
	"plateau, often below the noise xi of the steps (bf16; stochastic rounding on digits). Rounding to nearest and " +
	"Top-k are steps along " +
	"a subgradient of another convex function F: where its minimum is a kink no w has E[perturbed gradient] = 0, the " +
	"steps go to and fro about the kink, and |grad f| there is the plateau. It is within 3e-5 (F is strongly convex: " +
	"|w - v| <= sqrt((e + |G|^2/(4 rho))/rho) for an e-subgradient G). Errors are those at the stationary point."

// ratios has a line a curve, a column a step size or horizon.
func (r *Result) ratios(p *Panel) *table.Table {
	if p.Axis == ByStep { // a point a curve
		t := table.New("curve", "measured/predicted [interval]", "plateau")
		for _, c := range p.Curves {
			t.Add(c.Label, r.cell(c.Points[0]), level(r.Of(c.Points[0]).Predicted))
		}
		return t
	}
	names := []string{"curve"}
	for _, at := range p.Curves[0].Points {
		if p.Axis == ByT {
			names = append(names, fmt.Sprintf("T = %d", at.T))
			continue
		}
		names = append(names, fmt.Sprintf("g = %v", at.Gamma))
	}
	t := table.New(append(names, "plateau")...)
	for _, c := range p.Curves {
		cells := []any{c.Label}
		for _, at := range c.Points {
			cells = append(cells, r.cell(at))
		}
		t.Add(append(cells, level(r.Of(c.Points[len(c.Points)-1]).Predicted))...)
	}
	return t
}

func (r *Result) cell(p Point) string {
	o := r.Of(p)
	lo, hi := o.Predicted.Interval(o.Measured)
	return fmt.Sprintf("%.2f [%.2f, %.2f]", o.Measured.Stable/o.Predicted.Stable, lo, hi)
}

// level is a plateau in words.
func level(q *Predicted) string {
	text := fmt.Sprintf("%.3g", q.Plateau)
	switch {
	case !q.Proved:
		return "?"
	case q.NoRoot:
		return text + ", none"
	case q.Plateau <= q.PlateauErr:
		return "0"
	}
	return text
}

// plateaus are those at full size, with their closed forms.
func plateaus() *table.Table {
	t := table.New("law", "R", "draw 1", "draw 2", "draw 3", "closed form, draw 1")
	add := func(name string, reg core.Regularizer, l Law, closed string) {
		cells := []any{name, regName(reg)}
		for draw := uint64(1); draw <= judgedDraws; draw++ {
			q := &Predicted{}
			if r := rootOf(draw, reg, l); r.Proved {
				q.Plateau, q.PlateauErr, q.Proved = r.Plateau, r.Err, true
			} else {
				n := usualSetting.noRoot(draw, reg, l)
				q.Plateau, q.NoRoot, q.Proved = n.Limit, true, n.Right < 0
			}
			cells = append(cells, level(q))
		}
		t.Add(append(cells, closed)...)
	}
	for _, reg := range []core.Regularizer{Nonconvex, Convex} {
		add("standard SGD", reg, Law{}, "0")
		add("zero mean, s_b = 2", reg, Law{Backward: 2}, "0")
		for _, s := range []float64{0.1, 0.5, 1, 2} {
			l := Law{Forward: s}
			add(fmt.Sprintf("zero mean, s_f = %v", s), reg, l, fmt.Sprintf("(s_f^2/(6d)) |mean sigma''x| = %.3g",
				usualSetting.closedForm(1, reg, l)))
		}
		mean := norm2(fieldOf(base(1, reg, Law{}, 0.1)).data.mean)
		for _, s := range []float64{0.25, 0.5, 1, 2} {
			add(fmt.Sprintf("one-sided, s_b = %v", s), reg, Law{Backward: s, OneSided: true},
				fmt.Sprintf("s_b |mean x|/(2 sqrt d) = %.3g", s*mean/(2*math.Sqrt(fullD))))
		}
	}
	for _, reg := range []core.Regularizer{Nonconvex, Intermittent} {
		for _, every := range []int{10, 100, 1000} {
			l := Law{Forward: 2, Every: every}
			add(fmt.Sprintf("zero mean, s_f = 2, every %d steps", every), reg, l,
				fmt.Sprintf("(s_f^2/(6d Dt)) |mean sigma''x| = %.3g", usualSetting.closedForm(1, reg, l)))
		}
	}
	return t
}

// fullTime is how long the points at full size take, as measured; fullSay is how they are made.
const (
	fullTime = "about 11 minutes"
	fullSay  = "the full size. They are made, and all pictures are drawn, by " + PointsCommand + " -out DIR, in " +
		fullTime + " on two cores; this page and its pictures are made of DIR/" + PointsFile + ", which stands beside it"
)

// sizes are those of the runs that the page shows, in a sentence.
func (r *Result) sizes() string {
	if len(r.Figures) == 0 {
		return "No runs."
	}
	p := r.Figures[0].points()[0]
	size := "in part"
	switch full, quick := Default(p.Seed), Quick(p.Seed); {
	case p.M == full.M && p.T == full.T:
		size = fullSay
	case p.M == quick.M && p.T == quick.T:
		size = "the quick size"
	}
	return fmt.Sprintf("Runs have M = %d samples and T = %d steps, %s.", p.M, p.T, size)
}

func regName(r core.Regularizer) string {
	if r.Kind == "l2" {
		return fmt.Sprintf("%v |w|^2", r.Rho)
	}
	return "nonconvex"
}
