package cert

import "math/big"

// Moments are the exact moments of one perturbed pass, of which the sides of a claim are
// made. Lists are indexed like the paper, 1..N; an entry that does not exist, such as
// that of eps_1, is nil.
type Moments struct {
	U2, UMean2 *big.Rat // E|U-u|^2 and |E[U-u]|^2, all operators together

	V0             []*big.Rat // |v_i|^2
	D2, D4, E2     []*big.Rat // E|delta_i|^2, E|delta_i|^4, E|eps_i|^2
	Y2, Y4, V2     []*big.Rat // E|Y_i-y_i|^2, E|Y_i-y_i|^4, E|V_i-v_i|^2
	U2At, UMean2At []*big.Rat // E|U_i-u_i|^2, |E[U_i-u_i]|^2
	DMean2, EMean2 []*big.Rat // E|E^{G_i}[delta_i]|^2, E|E^{H_i}[eps_i]|^2
	YMean2, VMean2 []*big.Rat // E|E^{G_i}[Y_i-y_i]|^2, E|E^{H_i}[V_i-v_i]|^2
	FreeConstants  []string   // those of A3 that may be any number > 0 for these operators
	Reading        string     // of the conditional means
	factors        []Factor
	model          *model
}

// MomentsOf computes the moments of the chain, input, weights and laws of c, in the
// reading of c (past if it has none). It is for claims that this package does not
// know: claim, form, index, constants, run and sides of c are not looked at. The error
// is a *[Refusal] that names the place in c.
func MomentsOf(c *Certificate) (*Moments, error) {
	one, zero := num(1), Value{Num: num(0)}
	// Theorem 2 stands for any claim with a reading and with constants: its sides are not formed.
	known := &Certificate{
		Claim: "thm2", Reading: c.Reading, Chain: c.Chain, X: c.X, W: c.W, Delta: c.Delta, Eps: c.Eps,
		Constants: &Constants{C: one, C2: one, Lf: one, L1: one, L2: one, Why: map[string]string{}},
		LHS:       zero, RHS: zero,
	}
	if known.Reading == "" {
		known.Reading = string(past)
	}
	for _, name := range constantNames {
		known.Constants.Why[name] = "not looked at"
	}
	data, err := known.encode()
	if err != nil {
		return nil, err
	}
	parsed, err := Parse(data)
	if err != nil {
		return nil, err
	}
	m, err := newModel(parsed)
	if err != nil {
		return nil, err
	}
	return m.list(reading(known.Reading)), nil
}

func (m *model) list(r reading) *Moments {
	out := &Moments{
		U2:            new(big.Rat),
		UMean2:        new(big.Rat),
		FreeConstants: m.free(),
		Reading:       string(r),
		model:         m,
	}
	column := func(from int, f func(i int) Factor) []*big.Rat {
		list := make([]*big.Rat, m.n+1)
		for i := from; i <= m.n; i++ {
			factor := f(i)
			list[i] = factor.Value
			out.factors = append(out.factors, factor)
		}
		return list
	}
	out.V0 = column(1, m.v0)
	out.D2 = column(1, m.d2)
	out.D4 = column(1, m.d4)
	out.E2 = column(2, m.e2)
	out.Y2 = column(1, m.y2)
	out.Y4 = column(1, m.y4)
	out.V2 = column(1, m.v2)
	out.U2At = column(1, m.u2)
	out.UMean2At = column(1, m.uMean2)
	out.DMean2 = column(1, func(i int) Factor { return m.dMean2(r, i) })
	out.EMean2 = column(2, func(i int) Factor { return m.eMean2(r, i) })
	out.YMean2 = column(1, func(i int) Factor { return m.yMean2(r, i) })
	out.VMean2 = column(1, func(i int) Factor { return m.vMean2(r, i) })
	for i := 1; i <= m.n; i++ {
		out.U2.Add(out.U2, out.U2At[i])
		out.UMean2.Add(out.UMean2, out.UMean2At[i])
	}
	return out
}

// List is every moment with its name in the paper, such as E|Y_1-y_1|^2.
func (m *Moments) List() []Factor { return m.factors }

// Hold refuses constants that are not positive, or not shown to hold for every
// operator on the box of all visited states, as Check does.
func (m *Moments) Hold(k *Constants) error { return k.check(m.model) }
