package gen

import "math"

// The second opinion is given at two precisions, see package measure; operations of
// both are counted together.
var precisions = [...]float64{320, 1280}

// leavesInBig caps the outcomes of a case that is repeated in math/big, as package
// measure does.
const leavesInBig = 1 << 12

// expOps are the operations of e^x at both precisions: bigpass sums r^n/n! at r <= 2^-9
// until p + 64 bits are reached, three operations a term, and doubles eight times.
var expOps = overPrecisions(func(p float64) float64 { return 3*expTerms(p) + 32 })

// expTerms is the n at which 2^(-9n)/n! is below 2^-p.
func expTerms(p float64) float64 {
	bits, n := 0.0, 1.0
	for ; bits < p; n++ {
		bits += 9 + math.Log2(n)
	}
	return n
}

// logOps are the operations of ln(1+x): 2 atanh s = sum s^(2k+1)/(2k+1) at s <= 1/3, that
// is 3.17 bits a term, four operations each.
var logOps = overPrecisions(func(p float64) float64 { return 4*p/3.17 + 16 })

// functionBits are what bigpass adds to the precision inside a function.
const functionBits = 64

func overPrecisions(f func(p float64) float64) float64 {
	sum := 0.0
	for _, p := range precisions {
		sum += f(p + functionBits)
	}
	return sum
}

// numBytes is a number of bigpass at the larger precision: the Num, the big.Float and
// its words, of which math/big takes four more than it needs.
const numBytes = 24 + 48 + (1280/64+4)*8

// secondOpinion adds measure.InBig: all leaves are listed; every node has its operator
// evaluated once more, and each quantity of bigpass.Moments is summed at the nodes that
// decide it.
func (e *estimate) secondOpinion(nodes bool) {
	n, t := len(e.ops)-1, &e.tree
	leaves := min(t.leaves, leavesInBig)
	capped := func(x float64) float64 { return min(x, leaves) }
	e.big[0] += logOps // ln 2
	for i := 1; i <= n; i++ {
		o := &e.ops[i]
		// Enumerate is a pass for each leaf, and each leaf is kept.
		pass := o.forward + o.vjp1 + o.vjp2 + e.delta[i].draw + e.eps[i].draw + 2*perNode
		e.float[i] += 2 * leaves * pass
		e.memory[i] += leaves * (8*(o.in+o.out) + 80)

		forward, drawn := capped(t.forward[i]), capped(t.forward[i]*e.delta[i].support)
		backward := capped(t.backward[i] * t.lastDelta)
		back := capped(backward * e.eps[i].support)
		passes := forward*o.bigForward + backward*(o.bigVJP1+o.bigVJP2) + 2*(drawn*o.out+back*o.in)
		e.big[i] += passes
		if nodes {
			e.big[i] += passes + 2*3*leaves // bigpass.Nodes runs them anew
		}
		// delta_i and Y_i, known literally and by their past; V_i and eps_i likewise;
		// U_i and Y_{i-1} V_i^T of which only the mean over all is kept.
		e.quantity(i, drawn, 2*o.out, drawn+forward)
		e.quantity(i, backward, o.out, 2*backward)
		e.quantity(i, back, o.in, back+backward)
		e.quantity(i, backward, o.nw, 1)
		e.quantity(i, backward, o.in*o.out, 1)
		e.big[i] += 2 * 6 * leaves // a weight for each leaf and quantity
		e.memory[i] += 2 * numBytes * (o.nw + 3*(o.in+o.out))
		e.memory[i] += 200 * (drawn + back) // the nodes of the tree by number
		if nodes && i > 1 && o.nw > 0 {
			e.big[i] += forward * o.out * (o.bigVJP1 + o.bigVJP2 + 2*o.out)
			e.quantity(i, forward, o.in+1+o.out*o.nw, 2*forward)
		}
	}
}

// quantity adds a vector of so many numbers that is formed at so many nodes, and kept for
// the events of its readings: a difference, its square, and one sum a reading, at both
// precisions.
func (e *estimate) quantity(i int, nodes, numbers, events float64) {
	const operations = 2 * (1 + 2 + 1 + 3) // of a number at a node
	e.big[i] += operations*nodes*numbers + 2*2*events*numbers
	e.memory[i] += 2 * numBytes * numbers * (events + 3) // half of it not collected yet
}
