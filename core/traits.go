package core

// traits are small facts about an operator that do not depend on its sizes.
type traits struct {
	polynomial  bool    // its outputs are polynomials of input and weights
	nonNegative bool    // its outputs are >= 0 everywhere
	fancy       float64 // how much plainer another operator could be, 0 for the plainest
}

// traitsOf has a row for every operator.
var traitsOf = map[string]traits{
	"affine":    {polynomial: true, fancy: 20},
	"linear":    {polynomial: true},
	"fixed":     {polynomial: true, fancy: 20},
	"bias":      {polynomial: true},
	"scale":     {polynomial: true},
	"tanh":      {fancy: 40},
	"sigmoid":   {nonNegative: true, fancy: 40},
	"softplus":  {nonNegative: true, fancy: 40},
	"square":    {polynomial: true, nonNegative: true},
	"halfsq":    {polynomial: true, nonNegative: true},
	"logistic":  {nonNegative: true, fancy: 40},
	"softmaxce": {nonNegative: true, fancy: 40},
	"bilinear":  {polynomial: true, nonNegative: true, fancy: 40},
}

// Polynomial reports that the outputs of the operator are polynomials of its input
// and weights: rational numbers in give rational numbers out.
func (s Spec) Polynomial() bool { return traitsOf[s.Op].polynomial }

// NonNegative reports that the operator has no output below 0, so that 0 is a lower
// bound of a loss that it ends with.
func (s Spec) NonNegative() bool { return traitsOf[s.Op].nonNegative }

// Fancy is how much plainer another operator could be in a case that a human reads: 0
// for the plainest, up to 40.
func (s Spec) Fancy() float64 { return traitsOf[s.Op].fancy }
