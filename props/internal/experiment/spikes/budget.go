package spikes

import (
	"math"

	"github.com/cascade-sgd/cascade/bounds"
)

// Budget is how many spikes of |U-u| = 1 the bounds allow in T steps, with the
// step sizes of Corollary 1 and L = 2, mu = 1. Table 1 has the orders beside it.
//
//	nonconvex   g = T^-1/2/(3L), added error 10 T^-1/2 in (34)
//	PL          g = 3 ln T/(mu T), added error 20 ln T/T in (40), so that q^T is near 1/T
type Budget struct {
	Steps             int
	Nonconvex         float64 // wherever they fall; Table 1: O(T^1/2)
	NonconvexZeroMean float64 // backward, E_t[U-u] = 0; Table 1: O(T), more than T means all
	PL                int     // wherever they fall: Recursion.Worst; Table 1: O(1)
	PLZeroMean        int     // backward, E_t[U-u] = 0; Table 1: O(T); Never means all
	PLSpaced          int     // evenly spaced: T over Recursion.MinSpacing; not in Table 1
	PLRoot            int     // wherever they fall, from a gap of 0: Root; Table 1: O(1)
	PLForgiven        int     // all of the first PLForgiven steps may be spikes; not in Table 1
}

// budgetL and budgetMu are the constants of NewBudget.
const budgetL, budgetMu = 2, 1

// NewBudget panics unless 3 ln T/T <= 1/(3L), that is T >= 100.
//
// PLForgiven: spikes at every step before T - k add at most q^k Kick/(1-q) to the
// last gap, which is within the allowance h for k = ln(Kick/((1-q) h))/-ln q or more.
func NewBudget(steps int) Budget {
	t := float64(steps)
	nonconvex := bounds.Smooth{L: budgetL, Gamma: 1 / (3 * budgetL * math.Sqrt(t))}
	pl := bounds.Smooth{L: budgetL, Mu: budgetMu, Gamma: 3 * math.Log(t) / (budgetMu * t)}
	hn, h := 10/math.Sqrt(t), 20*math.Log(t)/t
	rec := Printed(pl, false)
	return Budget{
		Steps:             steps,
		Nonconvex:         NonconvexBudget(nonconvex, steps, 1, hn, false),
		NonconvexZeroMean: NonconvexBudget(nonconvex, steps, 1, hn, true),
		PL:                rec.Worst(1, h),
		PLZeroMean:        Printed(pl, true).Worst(1, h),
		PLSpaced:          steps / rec.MinSpacing(h, 1),
		PLRoot:            Root(pl).Worst(1, math.Sqrt(h)),
		PLForgiven:        max(steps-rec.Steps(rec.Kick/rec.Rate, h), 0),
	}
}
