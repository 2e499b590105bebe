package props

import (
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/experiment/logistic"
	"github.com/cascade-sgd/cascade/props/internal/experiment/sites"
)

// ExperimentClaims are the part of Claims about section 7, and section 5.3
// on a network: the printed outcomes of section 7, and what stands beside them; a
// letter for each sentence about a figure. They are judged by the oracle of package
// logistic at the size of the paper and by short runs; verify figures makes the long ones.
func ExperimentClaims() []claim.Claim {
	row := func(id, eq string, form claim.Form, statement string, judge func() claim.Judgement,
		panels ...string) claim.Claim {
		return claim.Claim{
			ID: id, Eq: eq, Form: form, Kind: claim.SelfJudged, Experiment: true, Statement: statement, Panels: panels,
			Judge: func(uint64) claim.Judgement { return judge() },
		}
	}
	fails := func(c claim.Claim, instead string) claim.Claim {
		c.Instead = instead
		return c
	}
	all := []claim.Claim{
		row("fig3a", "Fig 3", claim.Printed, "left: zero-mean forward, s_f = 2 (1 in the text): "+
			"\"shrinking g yields little improvement\"",
			logistic.JudgeLittle, "fig3/0"),
		row("fig3b", "Fig 3", claim.Printed, "standard SGD and zero-mean backward with s_b = 2, R "+
			"nonconvex: |grad f| -> 0 as g -> 0",
			func() claim.Judgement { return logistic.JudgeToZero(logistic.Nonconvex, []float64{2}) }, "fig3/1"),
		row("fig4a", "Fig 4", claim.Printed, "zero-mean forward, R nonconvex: at small s_f the stable "+
			"gradient norm falls with g, from "+
			"s_f >= 0.5 on it saturates at a plateau as g -> 0", logistic.JudgeSaturates, "fig4/0"),
		row("fig4a", "Fig 4", claim.Sharp, "every s_f > 0 has a plateau, (s_f^2/(6d)) |mean sigma''(a) x| "+
			"(1 + O(s_f^2))",
			func() claim.Judgement { return logistic.JudgeEvery(logistic.Nonconvex) }, "fig4/0"),
		row("fig4b", "Fig 4", claim.Printed, "standard SGD and zero-mean backward, all s_b, R nonconvex: "+
			"the stable gradient norm -> 0 as g -> 0",
			func() claim.Judgement { return logistic.JudgeToZero(logistic.Nonconvex, []float64{0.5, 1, 4}) }, "fig4/1"),
		fails(row("fig4b", "Fig 4", claim.Derivation, "the same at T = 200000, the number of steps of the figure",
			func() claim.Judgement { return logistic.JudgeFixedT(logistic.Nonconvex) }, "fig4/1"),
			"g T has to grow: w^0 is forgotten like e^{-lambda g T}, and the norm is least at "+
				"g of about 10/(lambda T)"),
		row("fig5a", "Fig 5", claim.Printed, "zero-mean forward, R strongly convex: only sufficiently "+
			"large s_f saturate at a plateau",
			logistic.JudgeOnlyLarge, "fig5/0"),
		row("fig5a", "Fig 5", claim.Repaired, "every s_f > 0 does, at (s_f^2/(6d)) |mean sigma''(a) x| (1 "+
			"+ O(s_f^2)), which the noise hides until g is "+
			"of order s_f^2", func() claim.Judgement { return logistic.JudgeEvery(logistic.Convex) }, "fig5/0"),
		row("fig5b", "Fig 5", claim.Printed, "standard SGD and zero-mean backward, all s_b, R strongly "+
			"convex: the stable gradient norm -> 0 as g -> 0",
			func() claim.Judgement { return logistic.JudgeToZero(logistic.Convex, []float64{0.5, 1, 2}) }, "fig5/1"),
		row("fig6", "Fig 6", claim.Printed, "non-zero-mean backward: for every s_b > 0 a nonzero plateau "+
			"that grows with s_b",
			logistic.JudgeOneSided, "fig6/0", "fig6/1"),
		row("fig6", "Fig 6", claim.Sharp, "R strongly convex: the plateau is s_b |mean x|/(2 sqrt "+
			"d)", logistic.JudgeExact, "fig6/0", "fig6/1"),
		fails(row("fig6", "Fig 6", claim.Derivation, "with the nonconvex R the plateau is that of a stationary "+
			"point of the mean step",
			logistic.JudgeStationary, "fig6/0", "fig6/1"),
			"beyond some s_b there is none, w^t runs to infinity and |grad f| tends to the nearest point "+
				"of a zonotope; with the strongly convex R there is one always"),
		row("remark4", "Remark 4", claim.Printed, "g = T^-1/2: unbiased O(1) backward errors keep the "+
			"rate, O(1) forward ones leave a plateau as T -> infinity",
			logistic.JudgeCoupled, "remark4/0"),
	}
	for _, f := range []struct {
		id, eq, kind string
		reg          core.Regularizer
	}{{"fig7", "Fig 7", "nonconvex", logistic.Nonconvex}, {"fig8", "Fig 8", "strongly " +
		"convex", logistic.Intermittent}} {
		about := "zero-mean forward every Dt steps, R " + f.kind + ": "
		all = append(all,
			row(f.id+"a", f.eq, claim.Printed, about+"at small Dt a plateau, which falls as Dt grows",
				func() claim.Judgement { return logistic.JudgeFalls(f.reg) }, f.id+"/1"),
			row(f.id+"b", f.eq, claim.Printed, about+"at large Dt \"the stable gradient norm again\" tends "+
				"to 0 as g -> 0, \"a clear phase transition\"",
				func() claim.Judgement { return logistic.JudgeAgain(f.reg) }, f.id+"/0", f.id+"/1"),
			row(f.id+"b", f.eq, claim.Repaired, about+"a plateau at every Dt, of order 1/Dt; it vanishes "+
				"when Dt grows with T",
				func() claim.Judgement { return logistic.JudgeReciprocal(f.reg) }, f.id+"/0", f.id+"/1"),
			row(f.id+"c", f.eq, claim.Printed, about+"larger s_f needs larger "+
				"Dt", func() claim.Judgement { return logistic.JudgeLarger(f.reg) }, f.id+"/0", f.id+"/1"),
		)
	}
	for k := range all { // what changes at other choices is evidence
		name, judge := all[k].Name(), all[k].Judge
		all[k].Judge = func(seed uint64) claim.Judgement {
			return logistic.Vary(name, func() claim.Judgement { return judge(seed) })
		}
	}
	return append(all,
		row("sec53a", "5.3", claim.Printed, "near-input delta_1 usually harms more than delta_{N-1}, eps_N more than "+
			"eps_2 (tanh, depth 6, digits)", sites.JudgeUsually),
		row("sec53b", "5.3", claim.Printed, "\"no single scalar ordering holds across all regimes\"",
			sites.JudgeNoOrder),
		fails(row("sec53c", "5.3", claim.Printed,
			"\"this hierarchy is captured by\" Ce_d[i] and Ce_e[i+1]: they are ordered as "+
				"the harm is", sites.JudgeCaptured),
			"the coefficients (21) bound the harm at every site, and have one order whatever the network"),
	)
}
