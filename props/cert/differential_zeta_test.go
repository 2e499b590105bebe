package cert_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/cascade-sgd/cascade/props/cert"
)

// zeta is a certificate whose laws of zeta are changed: most of them still have the mean 0, so that
// what is computed from them shows.
func (m *mutator) zeta() any {
	var file map[string]any
	switch m.r.IntN(8) {
	case 0: // mostly of a claim that has no zeta
		file = m.copyOf(m.trees[m.names[m.r.IntN(len(m.names))]])
	case 1, 2, 3:
		file = m.copyOf(m.trees[[]string{"sa5-conjecture", "sa6-conjecture", "sa7-conjecture"}[m.r.IntN(3)]])
	case 4, 5:
		file = m.copyOf(m.equalReads())
	default:
		file = m.copyOf(m.conjecture())
	}
	for range 1 + m.r.IntN(2) {
		laws, ok := file["zeta"].(map[string]any)
		if !ok {
			laws = map[string]any{}
		}
		switch m.r.IntN(10) {
		case 0:
			m.zetaField(file, laws)
		case 1:
			m.zetaSite(file, laws)
		case 2:
			file["claim"] = []string{"sa5", "sa6", "sa7"}[m.r.IntN(3)]
			if delete(file, "constants"); file["claim"] == "sa7" {
				file["constants"] = m.trees["sa7-conjecture"].(map[string]any)["constants"]
			}
		case 3:
			m.newLaws(file, laws)
		default:
			for _, site := range slices.Sorted(maps.Keys(laws)) {
				if law, ok := laws[site].([]any); ok && m.r.IntN(2) == 0 {
					laws[site] = m.lawOf(law)
				}
			}
		}
	}
	return file
}

// equalReads is f_1 = w x, then y^2 or y^2/2, read at a zeta of one law but for factors, with the least C,
// about sa7: most of them refute it.
func (m *mutator) equalReads() any {
	n := 2 + m.r.IntN(3)
	rat := func(list ...string) *big.Rat {
		x, ok := new(big.Rat).SetString(list[m.r.IntN(len(list))])
		if !ok {
			panic(list)
		}
		return x
	}
	x, w := rat("1", "2", "-1", "1/2"), rat("1", "2", "-1")
	kind, curved := "halfsq", big.NewRat(1, 1)
	if m.r.IntN(3) == 0 {
		kind, curved = "square", big.NewRat(2, 1)
	}
	c := &cert.Certificate{
		Claim: "sa7", Form: "conjecture", X: []*big.Rat{x}, Chain: []cert.Op{{Op: "linear", In: 1, Out: 1}},
		W: [][]*big.Rat{{w}}, Zeta: map[int]cert.Law{}, Constants: unit(), Text: "read with the same errors",
	}
	product := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }
	most := rat("0")
	reach := func(x *big.Rat) {
		if x = new(big.Rat).Abs(x); x.Cmp(most) > 0 {
			most = x
		}
	}
	reach(w)
	weights, size := m.weights(), rat("1/4", "1/16", "1/64")
	values := m.unbiased(weights, 1)
	y := x
	for i := 1; i <= n; i++ {
		steep := rat("1")
		if i > 1 {
			c.Chain, c.W, steep = append(c.Chain, cert.Op{Op: kind, N: 1}), append(c.W, []*big.Rat{}), curved
		}
		reach(product(steep, y))
		if m.r.IntN(4) > 0 {
			factor := product(size, rat("1", "1", "1", "-1", "1/2"))
			var law cert.Law
			for k, p := range weights {
				d := product(factor, values[k][0])
				reach(product(steep, new(big.Rat).Add(y, d)))
				law = append(law, cert.Outcome{P: p, D: []*big.Rat{d}})
			}
			c.Zeta[i] = law
		}
		if i == 1 {
			y = product(w, x)
		} else {
			y = product(product(curved, rat("1/2")), product(y, y))
		}
	}
	c.Constants.C, c.Constants.Lf, c.Constants.L1, c.Constants.C2 = most, most, curved, curved
	c.LHS, c.RHS = cert.Value{Num: rat("1")}, cert.Value{Num: rat("0")}
	_ = c.Fill() // what has no sides keeps these, and is refused
	return decode(m.t, honestBytes(m.t, c))
}

// unbiased are values of so many components, one for each weight, of mean 0.
func (m *mutator) unbiased(weights []*big.Rat, width int) [][]*big.Rat {
	sum := make([]*big.Rat, width)
	for c := range sum {
		sum[c] = new(big.Rat)
	}
	var all [][]*big.Rat
	for k, p := range weights {
		d := smalls(m.r, width)
		same := func(e []*big.Rat) bool { return slices.EqualFunc(d, e, equal) }
		for width > 0 && slices.ContainsFunc(all, same) {
			d = smalls(m.r, width)
		}
		for c := range d {
			if k == len(weights)-1 {
				d[c].Quo(new(big.Rat).Neg(sum[c]), p)
			}
			sum[c].Add(sum[c], new(big.Rat).Mul(p, d[c]))
		}
		all = append(all, d)
	}
	return all
}

func equal(a, b *big.Rat) bool { return a.Cmp(b) == 0 }

// copyOf shares nothing with tree.
func (m *mutator) copyOf(tree any) map[string]any {
	return decode(m.t, encoded(m.t, tree)).(map[string]any)
}

// zetaField changes the field as a whole, or what stands beside it.
func (m *mutator) zetaField(file, laws map[string]any) {
	switch m.r.IntN(8) {
	case 0:
		delete(file, "zeta")
	case 1:
		file["zeta"] = map[string]any{}
	case 2:
		file["zeta"] = []any{nil, []any{}, "", json.Number("0"), false}[m.r.IntN(5)]
	case 3:
		file["delta"] = []any{map[string]any{}, nil, map[string]any{"1": pairOf("1", 1)}}[m.r.IntN(3)]
	case 4:
		file["eps"] = map[string]any{"2": pairOf("1/2", 1)}
	case 5: // one key twice
		law := encoded(m.t, pairOf("1", 1))
		file["zeta"] = json.RawMessage(fmt.Sprintf(`{"1":%s,"2":%[1]s,"1":%[1]s}`, law))
	case 6: // from the last site to the first
		var parts []string
		for _, site := range slices.Backward(slices.Sorted(maps.Keys(laws))) {
			parts = append(parts, fmt.Sprintf("%q:%s", site, encoded(m.t, laws[site])))
		}
		file["zeta"] = json.RawMessage("{" + strings.Join(parts, ",") + "}")
	case 7:
		file["Zeta"] = laws
	}
}

// zetaSite moves, copies or takes away the law of a site, or writes its number in another way.
func (m *mutator) zetaSite(file, laws map[string]any) {
	file["zeta"] = laws
	chain, _ := file["chain"].([]any)
	n := len(chain)
	other := strconv.Itoa(1 + m.r.IntN(max(n, 1)))
	sites := slices.Sorted(maps.Keys(laws))
	if len(sites) == 0 {
		laws[other] = pairOf("1/2", 1)
		return
	}
	site := sites[m.r.IntN(len(sites))]
	law := laws[site]
	switch m.r.IntN(5) {
	case 0:
		delete(laws, site)
	case 1:
		laws[other] = law
	case 2:
		delete(laws, site)
		laws[other] = law
	case 3:
		laws[site] = []any{nil, []any{}, map[string]any{}, "0", []any{nil}, []any{map[string]any{}}}[m.r.IntN(6)]
	case 4:
		delete(laws, site)
		laws[[]string{
			"0", strconv.Itoa(n + 1), "0" + site, "+" + site, " " + site, site + " ", site + ".0", site + "e0", "-" + site, "",
			"18446744073709551617", "x",
		}[m.r.IntN(12)]] = law
	}
}

// pairOf is +s or -s in each of so many components.
func pairOf(s string, width int) []any {
	side := func(x string) any {
		return map[string]any{"p": "1/2", "d": slices.Repeat([]any{x}, width)}
	}
	return []any{side(s), side("-" + s)}
}

// newLaws draws laws of 1 to 8 outcomes of mean 0 for all sites, mostly with one list of p.
func (m *mutator) newLaws(file, laws map[string]any) {
	file["zeta"] = laws
	weights := m.weights()
	for _, site := range slices.Sorted(maps.Keys(laws)) {
		if m.r.IntN(8) == 0 {
			weights = m.weights()
		}
		width := 1
		if law, _ := laws[site].([]any); len(law) > 0 {
			o, _ := law[0].(map[string]any)
			d, _ := o["d"].([]any)
			width = len(d)
		}
		var law []any
		for k, d := range m.unbiased(weights, width) {
			law = append(law, map[string]any{"p": weights[k].RatString(), "d": ratStrings(d)})
		}
		laws[site] = law
	}
}

// weights are 1 to 8 probabilities.
func (m *mutator) weights() []*big.Rat {
	var parts []int64
	total := int64(0)
	n := 1 + m.r.IntN(1+m.r.IntN(8))
	if m.r.IntN(8) == 0 { // of three sites, more joint outcomes than are allowed unless drawn at once
		n = cert.MaxOutcomes
	}
	for range n {
		parts = append(parts, int64(1+m.r.IntN(2)))
		total += parts[len(parts)-1]
	}
	p := make([]*big.Rat, len(parts))
	for k, part := range parts {
		p[k] = big.NewRat(part, total)
	}
	return p
}

// lawOf is a law changed: scaled, turned round, with another probability, or with numbers written
// in another way.
func (m *mutator) lawOf(law []any) any {
	if len(law) == 0 {
		return law
	}
	numbers := func(keep func(x *big.Rat) string) any {
		all := slices.Clone(law)
		for k, o := range all {
			outcome, _ := o.(map[string]any)
			d, _ := outcome["d"].([]any)
			d = slices.Clone(d)
			for c := range d {
				if s, ok := d[c].(string); ok {
					if x, ok := new(big.Rat).SetString(s); ok {
						d[c] = keep(x)
					}
				}
			}
			outcome = maps.Clone(outcome)
			if outcome == nil {
				outcome = map[string]any{}
			}
			outcome["d"], all[k] = d, outcome
		}
		return all
	}
	switch m.r.IntN(8) {
	case 0, 1, 2:
		factor := []*big.Rat{
			big.NewRat(-1, 1), big.NewRat(2, 1), big.NewRat(1, 2), big.NewRat(1, 3), big.NewRat(-7, 5), new(big.Rat),
			big.NewRat(1, 1<<40), big.NewRat(1<<40, 1),
		}[m.r.IntN(8)]
		return numbers(func(x *big.Rat) string { return new(big.Rat).Mul(x, factor).RatString() })
	case 3:
		turned := slices.Clone(law)
		slices.Reverse(turned)
		return turned
	case 4:
		return append(slices.Clone(law), law[m.r.IntN(len(law))])
	case 5:
		spelling := m.r.IntN(7)
		return numbers(func(x *big.Rat) string {
			s := x.RatString()
			return []string{otherwise(x), s + "/1", "+" + s, "0" + s, s + " ", s + ".0", "-0"}[spelling]
		})
	case 6:
		all := slices.Clone(law)
		k := m.r.IntN(len(all))
		outcome, _ := all[k].(map[string]any)
		outcome = maps.Clone(outcome)
		if outcome == nil {
			return nil
		}
		outcome["p"] = []any{"0", "1", "-1/2", "1/3", "2/4", "1/1", nil, json.Number("1"), "2/3"}[m.r.IntN(9)]
		all[k] = outcome
		return all
	}
	return m.oneOf(edits("zeta", law), law)
}
