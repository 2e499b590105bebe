package bounds

import (
	"container/heap"
	"fmt"
	"math"
)

// SharpTheorem1RatioRange encloses the largest SharpTheorem1Ratio over all C and Lf at
// one N: reached is the ratio at some C and Lf, most is at least the ratio at every C
// and Lf. It stops at most <= reached (1+gap) or after a fixed amount of work, minutes at
// N = 64; both ends are sound whenever it stops. Proof: PROOFS.md, (2.15) and (2.16). It
// panics unless N is in 2..64 and gap > 0.
func SharpTheorem1RatioRange(n int, gap float64) (reached, most float64) {
	if n < 2 || n > maxRangeN || !(gap > 0) {
		panic(fmt.Sprintf("bounds: range of the ratio for N = %d, gap %v: want N in 2..%d, gap > 0",
			n, gap, maxRangeN))
	}
	s := &rangeSearch{n: n, gap: gap}
	cells := firstCells(n)
	for _, c := range cells {
		s.reach(c.middle(n))
	}
	for _, c := range cells {
		s.add(c)
	}
	ends := max(ratioOfSmallC(n), ratioOfLargeC(n))
	for range maxRangeCells {
		top := s.cells[0]
		if top.most <= max(ends, s.reached*(1+gap)) {
			break
		}
		heap.Pop(&s.cells)
		for _, half := range top.halves(n) {
			s.add(half)
		}
	}
	return s.reached, max(ends, s.cells[0].most)
}

const (
	maxRangeN     = 64
	maxRangeCells = 1 << 14

	// Outside of these values of C one bound each serves for all C.
	smallestC = 0.04
	largestC  = 5.5
)

// rangeMargin bounds the relative rounding error of a cell's bound. A value of form is
// at most 8N roundings of non-negative terms, so is a coefficient (21), and the slope of
// its logarithm, at most 4N, is off by 16N roundings, in a cell no wider than 1/2: below
// 2^-53 (16N + 64 N^2) < 2^-34 at N = 64.
const rangeMargin = 0x1p-34

// rangeSearch divides the plane of C and lambda = Lf/C into cells.
type rangeSearch struct {
	n       int
	gap     float64
	reached float64 // the largest ratio seen, less its rounding
	cells   cellHeap
}

// reach takes note of the ratio of f.
func (s *rangeSearch) reach(f *form) {
	s.reached = max(s.reached, f.ratio()*(1-rangeMargin))
}

// add puts c on the heap with its bound: +Inf where its middle is too near the largest
// ratio for weights to be found.
func (s *rangeSearch) add(c cell) {
	theta := func() float64 { return s.reached * (1 + s.gap/2) }
	w := c.weights(s.n, theta())
	if w == nil {
		s.reach(c.middle(s.n))
		w = c.weights(s.n, theta())
	}
	most := math.Inf(1)
	if w != nil {
		most = c.most(s.n, w)
	}
	heap.Push(&s.cells, boundedCell{c, most})
}

// cell is a rectangle: c[0] <= C <= c[1], lambda[0] <= lambda <= lambda[1]. Where
// lambda[0] is 0 it is a strip, bounded by the form at lambda[1] and the coefficients at
// lambda = 0. C = 1 is inside no cell.
type cell struct {
	c, lambda [2]float64
}

// firstCells cover C in smallestC..largestC. At N = 2 nothing depends on Lf.
func firstCells(n int) []cell {
	const step = 1.5
	lambdas := [][2]float64{{0, 0.5}, {0.5, 0.75}, {0.75, 1}}
	if n == 2 {
		lambdas = [][2]float64{{0, 1}}
	}
	var edges []float64
	for c := smallestC; c < 1; c *= step {
		edges = append(edges, c)
	}
	for c := 1.0; c < largestC; c *= step {
		edges = append(edges, c)
	}
	edges = append(edges, largestC)
	var cells []cell
	for k := range len(edges) - 1 {
		for _, lambda := range lambdas {
			cells = append(cells, cell{[2]float64{edges[k], edges[k+1]}, lambda})
		}
	}
	return cells
}

func (c cell) strip() bool { return c.lambda[0] == 0 }

// halves splits a cell across its longer side, at N = 2 in C.
func (c cell) halves(n int) [2]cell {
	first, second := c, c
	wide := math.Log(c.c[1] / c.c[0])
	high := c.lambda[1]
	if !c.strip() {
		high = math.Log(c.lambda[1] / c.lambda[0])
	}
	middle := func(side [2]float64) float64 {
		if side[0] == 0 {
			return side[1] / 2
		}
		return math.Sqrt(side[0] * side[1])
	}
	if wide < high && n > 2 {
		first.lambda[1] = middle(c.lambda)
		second.lambda[0] = first.lambda[1]
	} else {
		first.c[1] = middle(c.c)
		second.c[0] = first.c[1]
	}
	return [2]cell{first, second}
}

// center is the middle of c in ln C and ln lambda; of a strip in ln C, at its largest
// lambda.
func (c cell) center() (atC, atLambda float64) {
	atC, atLambda = math.Sqrt(c.c[0]*c.c[1]), c.lambda[1]
	if !c.strip() {
		atLambda = math.Sqrt(c.lambda[0] * c.lambda[1])
	}
	return atC, atLambda
}

func (c cell) middle(n int) *form {
	atC, atLambda := c.center()
	return newForm(n, atC, atLambda)
}

// weight is w_s of (2.16): value (C/C_0)^slopeC (lambda/lambda_0)^slopeLambda with the
// middle C_0, lambda_0. Any will do that is positive.
type weight struct {
	value, slopeC, slopeLambda float64
}

// weights follow form.weights at the middle of c, by one difference in each direction.
// nil where theta is not above the ratio at the middle.
func (c cell) weights(n int, theta float64) []weight {
	const h = -0x1p-12 // towards smaller ratios, mostly
	atC, atLambda := c.center()
	values := newForm(n, atC, atLambda).weights(theta)
	if values == nil {
		return nil
	}
	movedC := newForm(n, atC*(1+h), atLambda).weights(theta)
	movedLambda := newForm(n, atC, atLambda*(1+h)).weights(theta)
	slope := func(moved []float64, s int) float64 {
		if moved == nil {
			return 0
		}
		return math.Log(moved[s]/values[s]) / math.Log1p(h)
	}
	w := make([]weight, len(values))
	for s, value := range values {
		w[s] = weight{value: value, slopeC: slope(movedC, s)}
		if !c.strip() {
			w[s].slopeLambda = slope(movedLambda, s)
		}
	}
	return w
}

// most is (2.16): in ln C and ln lambda the logarithm of a row of Q w is convex, that of
// a coefficient is above its tangent at the middle, and that of a weight is linear, so
// each quotient is largest at a corner.
func (c cell) most(n int, w []weight) float64 {
	atC, atLambda := c.center()
	coefficients := coefficientsAt(n, atC, atLambda)
	corners := [][2]float64{{c.c[0], c.lambda[1]}, {c.c[1], c.lambda[1]}}
	if c.strip() {
		coefficients = coefficientsAt(n, atC, 0)
	} else {
		corners = append(corners, [2]float64{c.c[0], c.lambda[0]}, [2]float64{c.c[1], c.lambda[0]})
	}
	most := 0.0
	values, least := make([]float64, len(w)), make([]float64, len(w))
	for _, corner := range corners {
		moveC, moveLambda := math.Log(corner[0]/atC), math.Log(corner[1]/atLambda)
		for s, d := range coefficients {
			weightMove := float64(w[s].slopeC*moveC) + float64(w[s].slopeLambda*moveLambda)
			values[s] = w[s].value * math.Exp(weightMove)
			move := float64(d.slopeC*moveC) + float64(d.slopeLambda*moveLambda)
			least[s] = d.value * math.Exp(move)
		}
		most = max(most, newForm(n, corner[0], corner[1]).largestQuotient(values, least))
	}
	return most
}

// ratioOfSmallC bounds the ratio where C <= smallestC. Divided by C for each eps, no entry
// of Q falls in C or lambda, and no coefficient is below its value at C = 0, 4 for a
// delta and 3 C^2/C^2 for an eps.
func ratioOfSmallC(n int) float64 {
	f := newForm(n, smallestC, 1)
	for j := 1; j < n; j++ {
		f.coefficients[j-1] = 4
		f.coefficients[n+j-2] = 3 * smallestC * smallestC
	}
	return f.largestQuotient(f.weights(f.ratio()*(1+0x1p-20)), f.coefficients)
}

// ratioOfLargeC bounds the ratio where C >= largestC, by (2.11) with t_k <= C^{-2k}.
func ratioOfLargeC(n int) float64 {
	const c = largestC * largestC
	return leastTheta(func(theta float64) bool {
		h, s, t := 1.0, 1.0, 1.0 // H_k, the least S_{k-1} and t_{k-1}
		for k := 1; k < n; k++ {
			t /= c
			share := t / 2
			if k == 1 {
				share = 0
			}
			h = chainStep(h, c*s, theta, share)
			s = 1 + float64(3*c*s)
		}
		return h*t/c <= 2*theta
	})
}

type boundedCell struct {
	cell
	most float64
}

// cellHeap has the cell of the largest bound on top.
type cellHeap []boundedCell

func (h cellHeap) Len() int           { return len(h) }
func (h cellHeap) Less(i, j int) bool { return h[i].most > h[j].most }
func (h cellHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *cellHeap) Push(x any)        { *h = append(*h, x.(boundedCell)) }

func (h *cellHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
