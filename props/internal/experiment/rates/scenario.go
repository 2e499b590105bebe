package rates

import (
	"fmt"
	"math"
	"strings"

	"github.com/cascade-sgd/cascade/bounds"
)

// Placement says at which steps the Q perturbations are.
type Placement string

const (
	Burst  Placement = "burst"  // consecutive: in the middle without PL, at the end with
	Spread Placement = "spread" // evenly
)

// Scenario is a sequence of perturbations for every T. delta_1 is +-DZero + DMean
// and eps_2 is +-EZero + EMean at the perturbed steps, each sign with probability
// 1/2, and 0 at the others.
type Scenario struct {
	Claims    []string // the ids of those that it speaks of
	Setting   string   // such as "PL, zero mean, Q_d"
	Budget    string   // as printed
	Level     string   // inside, at, beyond, and far beyond O(1)
	Placement Placement
	PL        bool
	Q         Growth // perturbed steps, at most T

	DZero, DMean, EZero, EMean Growth // nil: 0
}

// Growth is a function of T with the name that the page shows.
type Growth struct {
	Name string
	F    func(t float64) float64
}

func (g Growth) at(t int) float64 {
	if g.F == nil {
		return 0
	}
	return g.F(float64(t))
}

func power(p float64, name string) Growth {
	return Growth{name, func(t float64) float64 { return math.Pow(t, p) }}
}

func constant(c float64) Growth {
	return Growth{fmt.Sprint(c), func(float64) float64 { return c }}
}

// logPower is (ln T/T)^p.
func logPower(p float64, name string) Growth {
	return Growth{name, func(t float64) float64 { return math.Pow(math.Log(t)/t, p) }}
}

// Sizes of an O(1) perturbation: the activations and slopes of the runs are of
// order 1, so that these change a gradient by as much as it is.
const (
	sizeForward  = 2
	sizeBackward = 1
)

// levels are Q inside, at and beyond a budget, and the size at each. More than all
// steps there are not: beyond O(T) the size grows. Beyond O(1) lies the budget of the
// root form of (41), and only far beyond it a Q that no bound allows.
type level struct {
	name string
	q    Growth
	grow Growth // factor of the size
}

func levels(budget string) []level {
	one := constant(1)
	switch budget {
	case "O(T^1/2)":
		return []level{{"inside", power(0.25, "T^1/4"), one}, {"at", power(0.5, "T^1/2"), one},
			{"beyond", power(0.75, "T^3/4"), one}}
	case "O(T)":
		return []level{{"inside", power(0.5, "T^1/2"), one}, {"at", power(1, "T"), one},
			{"beyond", power(1, "T"), power(0.125, "T^1/8")}}
	case "O(1)":
		return []level{{"inside", constant(1), one}, {"at", constant(8), one},
			{"beyond", Growth{"(T/ln T)^1/2", bounds.RootBudget}, one}, {"far beyond", power(0.75, "T^3/4"), one}}
	}
	panic("rates: no budget " + budget)
}

// Scenarios lists Table 1, 8 cells by their levels and two placements, and
// Corollary 1 within and beyond its exponents.
func Scenarios() []Scenario { return append(table1(), corollary1()...) }

// table1 has the cells, each with the corollary that it is from and the line of that.
func table1() []Scenario {
	cor2, cor3, cor4 := []string{"table1", "cor2"}, []string{"table1", "cor3", "eq50"}, []string{"table1", "cor4"}
	var all []Scenario
	for _, cell := range []struct {
		claims            []string
		pl, zero, forward bool
		budget            string
	}{
		{cor2, false, true, true, "O(T^1/2)"}, {cor2, false, true, false, "O(T)"},
		{cor4, false, false, true, "O(T^1/2)"}, {cor4, false, false, false, "O(T^1/2)"},
		{cor3, true, true, true, "O(1)"}, {cor3, true, true, false, "O(T)"},
		{cor4, true, false, true, "O(1)"}, {cor4, true, false, false, "O(1)"},
	} {
		for _, l := range levels(cell.budget) {
			for _, place := range []Placement{Burst, Spread} {
				s := Scenario{Claims: cell.claims, Budget: cell.budget, Level: l.name, Placement: place, PL: cell.pl,
					Q: l.q}
				size := float64(sizeBackward)
				if cell.forward {
					size = sizeForward
				}
				grown := Growth{l.grow.Name, func(t float64) float64 { return size * l.grow.F(t) }}
				switch {
				case cell.forward && cell.zero:
					s.DZero = grown
				case cell.forward:
					s.DMean = grown
				case cell.zero:
					s.EZero = grown
				default:
					s.EMean = grown
				}
				s.Setting = setting(cell.pl, cell.zero, cell.forward)
				all = append(all, s)
			}
		}
	}
	return all
}

// Permission is one printed limit of delta_1 and that of eps_2 beside it.
type Permission struct {
	What       string
	Delta, Eps float64
}

// Permitted lists the limits of (43), (44) and Table 1 at T, their constants taken
// alike for delta and eps.
func Permitted(t int) []Permission {
	var all []Permission
	forward := map[[2]bool]*Scenario{} // by PL and zero mean
	for _, s := range table1() {
		if s.Level != "at" || s.Placement != Burst {
			continue
		}
		cell := [2]bool{s.PL, s.DZero.F != nil || s.EZero.F != nil}
		if s.DZero.F != nil || s.DMean.F != nil {
			forward[cell] = &s
			continue
		}
		all = append(all, Permission{strings.TrimSuffix(s.Setting, "Q_e") + "steps", forward[cell].Q.at(t), s.Q.at(t)})
	}
	for _, s := range corollary1() {
		if s.Level == "at" {
			all = append(all, Permission{s.Setting + ", size", s.DZero.at(t), s.EZero.at(t)},
				Permission{s.Setting + ", mean", s.DMean.at(t), s.EMean.at(t)})
		}
	}
	return all
}

func setting(pl, zero, forward bool) string {
	pick := func(c bool, a, b string) string {
		if c {
			return a
		}
		return b
	}
	return pick(pl, "PL", "nonconvex") + ", " + pick(zero, "zero mean", "nonzero mean") + ", " + pick(forward, "Q_d",
		"Q_e")
}

// corollary1 perturbs every step with sizes that shrink as (43) and (44) allow, or
// with exponents half as large.
func corollary1() []Scenario {
	cor1, all := []string{"cor1"}, power(1, "T")
	return []Scenario{
		{
			Claims: cor1, Setting: "nonconvex, (43)", Budget: "|delta| T^-1/8, means T^-1/4", Level: "at",
			Placement: Spread, Q: all,
			DZero: power(-1./8, ""), DMean: power(-1./4, ""), EZero: constant(1), EMean: power(-1./4, ""),
		},
		{
			Claims: cor1, Setting: "nonconvex, (43)", Budget: "|delta| T^-1/16, means T^-1/8", Level: "beyond",
			Placement: Spread, Q: all,
			DZero: power(-1./16, ""), DMean: power(-1./8, ""), EZero: constant(1), EMean: power(-1./8, ""),
		},
		{
			Claims: cor1, Setting: "PL, (44)", Budget: "|delta| (ln T/T)^1/4, means (ln T/T)^1/2", Level: "at",
			Placement: Spread, PL: true, Q: all,
			DZero: logPower(1./4, ""), DMean: logPower(1./2, ""), EZero: constant(1), EMean: logPower(1./2, ""),
		},
		{
			Claims: cor1, Setting: "PL, (44)", Budget: "|delta| (ln T/T)^1/8, means (ln T/T)^1/4", Level: "beyond",
			Placement: Spread, PL: true, Q: all,
			DZero: logPower(1./8, ""), DMean: logPower(1./4, ""), EZero: constant(1), EMean: logPower(1./4, ""),
		},
	}
}

// count is Q(T), rounded, at most T.
func (s *Scenario) count(t int) int { return min(t, int(math.Round(s.Q.at(t)))) }

// on reports whether step k of t is perturbed: count(t) of them are.
func (s *Scenario) on(k, t, q int) bool {
	switch {
	case q == 0:
		return false
	case s.Placement == Spread: // k is the first step of one of q equal parts
		return k == 0 || k*q/t != (k-1)*q/t
	case s.PL:
		return k >= t-q
	}
	from := (t - q) / 2
	return k >= from && k < from+q
}

// rate is the printed rate at T.
func (s *Scenario) rate(t int) float64 {
	if s.PL {
		return math.Log(float64(t)) / float64(t)
	}
	return 1 / math.Sqrt(float64(t))
}
