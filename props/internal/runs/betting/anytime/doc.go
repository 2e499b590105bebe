// Package anytime tests claims of the form E[X_t | past] <= 0 on long stochastic
// runs, at every step and for as long as one likes, by betting against them.
//
// The wealth K_t = prod_{s<=t} (1 + l_s X_s/B_s), with a bet l_s in [0, 1) and a bound
// X_s >= -B_s both fixed before X_s is seen, is a nonnegative supermartingale when
// the claim is true, so P(sup_t K_t >= 1/alpha) <= alpha (Ville's inequality). No upper
// bound of X is needed: for L >= 0 with E[L | past] <= R take X = L - R, B = R. The bets
// are those of I. Waudby-Smith and A. Ramdas, Estimating means of bounded random
// variables by betting, J. R. Statist. Soc. B 86(1), 2024; compare S. Howard, A. Ramdas,
// J. McAuliffe, J. Sekhon, Ann. Statist. 49(2), 2021, for the empirical Bernstein bounds
// that they sharpen.
//
// In come observations with their bounds, one by one; out comes the wealth, and whether the claim
// is rejected at a level. The runs, the gate, the judge of records and the reports may import it; it imports the
// standard library alone.
//
// # Bad input
//
// An observation below its bound, a bound that is not positive, NaN and Inf are
// errors that name the value: a broken promise is never counted as evidence.
package anytime
