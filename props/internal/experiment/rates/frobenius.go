package rates

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// j2Moments are E|J2_i^T z|^2, E[|J2_i|^2 |z|^2] with |.| Frobenius, and E|z|^2, z = V_i-v_i
// in the literal reading, for one operator of a chain.
type j2Moments struct{ carried, apart, z float64 }

// JudgeEq25 holds the display under (25) against random chains: J2_i^T z is at most |J2_i||z|
// long, and an equality fails where it is shorter.
func JudgeEq25(seed uint64) claim.Judgement {
	return judgeJ2(seed, "E|J2_i^T z|^2", "E[|J2_i|^2 |z|^2]", func(m j2Moments, _ float64) (left, right float64) {
		return m.apart, m.carried // the other direction always holds
	})
}

// JudgeEq26Line holds E[|J2_i|^2 |z|^2] <= C^2 E|z|^2 against random chains, with C of A3, which
// bounds |J2_i|_op.
func JudgeEq26Line(seed uint64) claim.Judgement {
	return judgeJ2(seed, "C^2 E|z|^2", "E[|J2_i|^2 |z|^2]", func(m j2Moments, c float64) (left, right float64) {
		return m.apart, c * c * m.z
	})
}

func judgeJ2(seed uint64, below, above string, sides func(m j2Moments, c float64) (left,
	right float64)) claim.Judgement {
	j := claim.Judgement{Verdict: claim.Holds}
	for k := range uint64(300) {
		p, err := gen.Step(gen.Random(seed, k)).Build()
		if err != nil {
			continue
		}
		moments, c, err := j2MomentsOf(p)
		if err != nil {
			continue // too many outcomes
		}
		for i := 1; i < p.Chain.N(); i++ {
			left, right := sides(moments[i], c)
			if p.Chain.Op(i).NW() == 0 || !(left > 1e-12) || !(left < 1e12) {
				continue
			}
			j.Cases++
			if ratio := left / right; ratio > j.Ratio && !math.IsNaN(ratio) {
				j.Ratio = ratio
				if ratio > 1+claim.Tie {
					j.Verdict = claim.Refuted
					j.Note = fmt.Sprintf("%s is %.4g, %s is %.4g at operator %d of %v", above, left, below, right, i,
						p.Chain.Specs())
				}
			}
		}
	}
	if j.Verdict == claim.Holds {
		j.Note = fmt.Sprintf("%d operators of random chains", j.Cases)
	}
	return j
}

// j2MomentsOf has an entry for each operator, and C on the hull of all states.
func j2MomentsOf(p *gen.Pass) ([]j2Moments, float64, error) {
	n := p.Chain.N()
	exact, region := core.NewState(p.Chain), core.NewRegion(p.Chain)
	exact.Pass(p.Chain, p.X, p.W, nil)
	all := make([]j2Moments, n+1)
	leaves := 0
	err := expect.Enumerate(p.Chain, p.X, p.W, &p.Plan, 0, func(l *expect.Leaf, s *core.State) error {
		if leaves++; leaves > 1<<10 {
			return &expect.TooManyLeaves{AtLeast: leaves, Cap: 1 << 10}
		}
		region.Visit(s, p.W)
		for i := 1; i < n; i++ {
			op, m := p.Chain.Op(i), &all[i]
			if op.NW() == 0 {
				continue
			}
			z, size := make([]float64, len(s.V[i])), 0.0
			for k, v := range s.V[i] {
				z[k] = v - exact.V[i][k]
				size += z[k] * z[k]
			}
			back := func(v []float64) (norm2 float64) {
				u := make([]float64, op.NW())
				op.VJP2(u, s.Y[i-1], p.Chain.W(i, p.W), s.F[i], v)
				for _, x := range u {
					norm2 += x * x
				}
				return norm2
			}
			frobenius := 0.0
			for k := range z {
				unit := make([]float64, len(z))
				unit[k] = 1
				frobenius += back(unit)
			}
			m.carried += l.P * back(z)
			m.apart += l.P * frobenius * size
			m.z += l.P * size
		}
		return nil
	})
	region.Visit(exact, p.W)
	return all, region.Regularity(nil).C(), err
}
