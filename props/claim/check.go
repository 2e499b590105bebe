package claim

import (
	"math"

	"github.com/cascade-sgd/cascade/bounds"
)

// Interval holds a real number that was computed with rounding.
type Interval struct{ Lo, Hi float64 }

// Answer is the three-valued outcome of left <= right.
type Answer int

const (
	Yes       Answer = iota
	Uncertain        // the intervals overlap; math/big decides
	No
)

// Tie is the relative width below which overlapping sides count as equal, and
// equality as holding. The constants of A3 carry an inflation of 2^-26 and the
// moments a relative error of 2^-32; sides that differ by less than
// 2^-20 cannot be told apart by better arithmetic alone, and are not worth it.
const Tie = 0x1p-20

// tiny is the size of both sides below which no answer is given: moments are
// squares and fourth powers, products of them underflow from about 1e-300 on,
// and the 320 bits of the second opinion reach down to squares of about 1e-180
// beside states of size 1.
const tiny = 1e-120

// unresolved is the size below which two sides that float64 cannot tell from 0 say
// nothing: means that cancel leave about 1e-24 beside states of size 1. Larger ones
// go to math/big. Most cases have a zero mean somewhere, and most of the time of a
// search went into confirming that 0 <= 0.
const unresolved = 1e-20

// compare decides left <= right. NaN, which no comparison accepts, is Uncertain.
func compare(left, right Interval) Answer {
	switch {
	case left.Hi <= right.Lo:
		return Yes
	case left.Lo > right.Hi:
		return No
	case left.Hi <= right.Lo*(1+Tie):
		return Yes
	}
	return Uncertain
}

// Reason says why a case says nothing about a claim.
type Reason int

const (
	Valid     Reason = iota
	Overflow         // a side is not finite
	Underflow        // both sides are below tiny, not both 0
	Vacuous          // both sides are 0, or unresolved: not told from 0 by float64
	NoIndex          // the chain has no index that the claim speaks of
	Shapes           // printed shapes do not fit together
	TooLarge         // more outcomes than the cap, or more work than the budget of a case
	Ill              // rounding errors leave the region of the constants, or hide the answer
	StepSize         // g > 1/(3L), which section 4 excludes
	NoMu             // the claim rests on A4 and no mu > 0 is known
	NoLStar          // no lower bound l* of the loss is known
	// Reasons is their number.
	Reasons = int(iota)
)

var reasonNames = [Reasons]string{
	"valid", "overflow", "underflow", "vacuous", "no index", "shapes", "too large",
	"ill-conditioned", "g above 1/(3L)", "no mu", "no l*",
}

// String is the reason in words, as reports have it.
func (r Reason) String() string { return reasonNames[r] }

// ReasonOf is the reason with the given name; ok says whether there is one.
func ReasonOf(name string) (r Reason, ok bool) {
	for k, n := range reasonNames {
		if n == name {
			return Reason(k), true
		}
	}
	return 0, false
}

// sides evaluates both sides of a claim at index i on the enclosure lo..hi.
// RelError covers the rounding of the formulas of package bounds.
func (c *Claim) sides(lo, hi *View, i int) (left, right Interval) {
	return enclose(c.Left(lo, i), c.Left(hi, i)), enclose(c.Right(lo, i), c.Right(hi, i))
}

func enclose(lo, hi float64) Interval {
	return Interval{lo - bounds.RelError*math.Abs(lo), hi + bounds.RelError*math.Abs(hi)}
}

func classify(left, right Interval) Reason {
	switch {
	case !(left.Hi <= math.MaxFloat64) || !(right.Hi <= math.MaxFloat64):
		return Overflow
	case left.Hi == 0 && right.Hi == 0:
		return Vacuous
	case left.Hi < tiny && right.Hi < tiny:
		return Underflow
	}
	return Valid
}

// ratio is the largest left/right that the enclosures prove: the left side
// under-estimated, the right side over-estimated. It is +Inf for a positive
// left side over 0 or less.
func ratio(left, right Interval) float64 {
	switch {
	case left.Lo <= 0:
		return 0
	case right.Hi <= 0:
		return math.Inf(1)
	}
	return left.Lo / right.Hi
}

// Result is what one case says about one claim.
type Result struct {
	Reason      Reason // Valid: the rest counts
	Answer      Answer // No if any index says so, else Uncertain if any is, else Yes
	Ratio       float64
	I           int // the index of the largest ratio
	Left, Right Interval
}

// checkEquation is Check for an exact equation, whose right side is 0.
func (c *Claim) checkEquation(v *View) Result {
	left := c.Left(v, 0)
	switch {
	case math.IsNaN(left):
		return Result{Reason: Shapes}
	case v.Linear.trivial():
		return Result{Reason: Vacuous}
	case left == 0:
		return Result{Answer: Yes}
	}
	return Result{Answer: No, Ratio: math.Inf(1), Left: Interval{left, left}}
}

// Check evaluates the claim at every index of the enclosed view.
func (c *Claim) Check(lo, hi *View) Result {
	if c.Kind == Linear {
		return c.checkEquation(lo)
	}
	if c.PL && !(lo.Run.S.Mu > 0) {
		return Result{Reason: NoMu}
	}
	from, to := c.span(lo)
	res := Result{Reason: NoIndex, Answer: Yes, Ratio: -1}
	for i := from; i <= to; i++ {
		left, right := c.sides(lo, hi, i)
		why := classify(left, right)
		if left.Lo <= 0 && right.Lo <= 0 && (lo.Big || left.Hi <= unresolved && right.Hi <= unresolved) {
			why = Vacuous // to the last bit of math/big
		}
		if why != Valid {
			if res.Reason == NoIndex {
				res.Reason = why
			}
			continue
		}
		answer := compare(left, right)
		r := ratio(left, right)
		// A violated index is the one to report; among equals, the largest ratio.
		if res.Reason != Valid || worse(answer, r, res.Answer, res.Ratio) {
			res.Ratio, res.I, res.Left, res.Right, res.Answer = r, i, left, right, answer
		}
		res.Reason = Valid
	}
	return res
}

// worse orders answers No, Uncertain, Yes, then by ratio.
func worse(a Answer, ra float64, b Answer, rb float64) bool {
	if a != b {
		return a > b
	}
	return ra > rb
}
