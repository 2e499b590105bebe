package beyond

import (
	"math"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/props/claim"
)

// carried is gradient descent on l(w) = w^2/2 + k w^3/6, y_1 = w, where the forward pass
// sends +-s/2, whichever is nearer to y_1 + e, and carries the rest e along: the delta_t
// telescope, Y_t^2 = s^2/4 is the same at every step, and U_t = Y_t + k s^2/8.
//
// k, s, g and w^0 are dyadic numbers of a few bits, and w moves by multiples of g s/2 and g k
// s^2/8: float64 is exact.
type carried struct{ k, s, gamma, w, e float64 }

// at is where it stands in the mean, -k s^2/8.
func (c *carried) at() float64 { return -c.k * c.s * c.s / 8 }

// slope is grad l(w).
func (c *carried) slope(w float64) float64 { return w + c.k*w*w/2 }

// plateau is |grad l| where it stands: k s^2/8 (1 - k^2 s^2/16).
func (c *carried) plateau() float64 { return c.k * c.s * c.s / 8 * (1 - c.k*c.k*c.s*c.s/16) }

// send is Y for the activation y; the rest is kept.
func (c *carried) send(y float64) float64 {
	full := y + c.e
	sent := math.Copysign(c.s/2, full)
	c.e = full - sent
	return sent
}

// step is one step of descent.
func (c *carried) step() { c.w -= c.gamma * c.slope(c.send(c.w)) }

// visit is what one visit sees: the memory before it, what is sent, delta and U.
type visit struct{ e, sent, delta, u float64 }

// cycle are the visits until the memory is 0 again, from e = 0 where w does not move; nil where
// that takes more than most. For |w| <= s/2 the step of the memory is a rotation of [-s/2, s/2),
// so that 0 is the first to come back.
func (c *carried) cycle(most int) []visit {
	var visits []visit
	c.e = 0
	for range most {
		before := c.e
		sent := c.send(c.w)
		visits = append(visits, visit{before, sent, sent - c.w, c.slope(sent)})
		if c.e == 0 {
			return visits
		}
	}
	return nil
}

// drawCarried draws a start with k s^2/8 + |w^0 - w_b| + g s <= s/2.
func drawCarried(r *rand.Rand) *carried {
	c := &carried{k: float64(1+r.IntN(16)) / 8, s: float64(1+r.IntN(8)) / 8, gamma: 1 / float64(int(8)<<r.IntN(4))}
	room := c.s/2 - c.gamma*c.s + c.at() // at is not above 0
	c.w = c.at() + room*float64(r.IntN(17)-8)/8
	return c
}

// JudgeCarried: the rest that is carried along makes the forward errors telescope, and leaves
// a plateau: where w stands at -k s^2/8 the mean of U over a cycle of the memory is 0 and
// |grad l| is k s^2/8 (1 - k^2 s^2/16), exactly; runs come within g s of it.
func JudgeCarried(seed uint64) claim.Judgement { return judgeCarried(seed, (*carried).plateau) }

func judgeCarried(seed uint64, plateau func(*carried) float64) claim.Judgement {
	j, r := newJudge(), source(seed, 12)
	longest := 0
	for range cases {
		c := drawCarried(r)
		start, steps := math.Abs(c.w-c.at()), 1+r.IntN(100)
		for range steps {
			c.step()
		}
		j.compare(math.Abs(c.w-c.at()), math.Pow(1-c.gamma, float64(steps))*start+c.gamma*c.s, c)

		c.w = c.at()
		visits, sum, u := c.cycle(1<<12), 0.0, 0.0
		for _, v := range visits {
			sum += v.delta
			u += v.u
		}
		j.demand(visits != nil && sum == 0 && u == 0, "over a cycle of %d visits U sums to %v and delta to %v: %+v",
			len(visits), u, sum, c)
		j.demand(-c.slope(c.w) == plateau(c), "|grad l| is %v, not %v: %+v", -c.slope(c.w), plateau(c), c)
		longest = max(longest, len(visits))
	}
	return j.done("exact numbers, cycles of up to %d visits; runs of 1 to 100 steps end within g s of -k s^2/8", longest)
}
