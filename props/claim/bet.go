package claim

import "github.com/cascade-sgd/cascade/bounds"

// Bet is what a sequential test needs of a claim about conditional expectations:
// it has a StepBet or a PathBet.
type Bet struct {
	Step *StepBet
	Path *PathBet
}

// Point is what is known, up to rounding, at one weight w of a run.
type Point struct {
	Loss       float64 // l(w)
	Grad2      float64 // |grad l(w)|^2
	E2, Mean2  float64 // E_t|U-u|^2, |E_t[U-u]|^2
	LStarLower float64 // l* is in [LStarLower, LStarUpper]
	LStarUpper float64
}

// StepBet is a claim E_t l(w+) <= Kept + Added about one step from w.
type StepBet struct {
	// Boundary asks for a quadratic with one input, where the claim is met: a true
	// null on its boundary, and the test with the most power.
	Boundary bool
	Kept     func(s bounds.Smooth, p *Point) float64 // what no error adds to
	Added    func(s bounds.Smooth, p *Point) float64
}

// PathBet is a claim about T steps, Left <= Right in expectation.
type PathBet struct {
	// Weight is that of step t in the sums of Right.
	Weight func(s bounds.Smooth, steps, t int) float64
	// Left is the left side along one path: meanGrad2 is (1/T) sum_t |grad l(w^t)|^2,
	// gap a lower bound of l(w^T) - l*.
	Left func(meanGrad2, gap float64) float64
	// Right is the right side for D0 and the weighted sums of E|U-u|^2 and E|E_t[U-u]|^2.
	Right func(s bounds.Smooth, d0 float64, steps int, e2, mean2 float64) float64
}
