package cert

// Ln2Above is what certificates of series compare their ln 2 with.
var Ln2Above = ln2Above

// Evaluate forms both sides of c, whether they refute its claim or not.
var Evaluate = evaluate

// SidesAnyway are both sides of a certificate with zeta, also where it breaks a hypothesis of its claim:
// means, constants, probabilities that are not drawn at once, too many outcomes. Not ok is what has none.
func SidesAnyway(data []byte) (lhs, rhs Value, ok bool) {
	p, f := new(parser), new(fileJSON)
	if p.read("", data, f); p.err != nil {
		return lhs, rhs, false
	}
	c := &Certificate{Claim: p.word("claim", f.Claim), Form: p.word("form", f.Form)}
	cl := p.claim(c, f)
	if p.err != nil || !cl.saved {
		return lhs, rhs, false
	}
	if p.chain(c, f); p.err != nil {
		return lhs, rhs, false
	}
	in := func(i int) int { return shape(c.Chain[i-1]).in }
	c.Delta = p.laws("delta", f.Delta, 1, len(c.Chain), func(i int) int { return shape(c.Chain[i-1]).out })
	c.Eps, c.Zeta = p.laws("eps", f.Eps, 2, len(c.Chain), in), p.laws("zeta", f.Zeta, 1, len(c.Chain), in)
	p.sidesOf(c, cl, f)
	leaves, lengths := 1, map[int]bool{}
	for _, laws := range []map[int]Law{c.Delta, c.Eps, c.Zeta} {
		for _, l := range laws {
			leaves *= len(l)
		}
	}
	for _, l := range c.Zeta {
		lengths[len(l)] = true
	}
	if p.err != nil || leaves > 4*MaxLeaves || cl.together && len(lengths) > 1 {
		return lhs, rhs, false
	}
	m, err := newModel(c)
	if err != nil {
		return lhs, rhs, false
	}
	s := &sides{model: m}
	if c.Constants != nil {
		s.Constants = *c.Constants
	}
	lhs.Num, rhs.Num = sumOf(cl.left(s, 0)), sumOf(cl.right(s, 0))
	return lhs, rhs, true
}
