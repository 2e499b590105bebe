package props

// Place is a display or a sentence of arXiv:2602.20646v1 that can be checked, with the
// claims that carry it, or the reason why none does.
type Place struct {
	Eq     string   // its number, or where it stands
	Claims []string // ids of printed claims and derivations
	Why    string   // where there is no claim, or where the claims leave something out
}

// Coverage lists in order what theory.md restates of the paper: its displays, and the
// sentences that can be checked.
func Coverage() []Place {
	return []Place{
		{Eq: "(1)-(5)", Why: "definitions: they are what package core computes; that delta_N and eps_1 touch no gradient " +
			"follows: a test of core says so of delta_N, and no eps_1 is ever drawn"},
		{Eq: "(6)", Claims: []string{"eq6a", "eq6b", "eq6c"}},
		{Eq: "(8)-(10), filtrations", Why: "definitions; E^{G_i}[delta_i] = delta_i is why there are three readings"},
		{Eq: "A1-A4", Why: "hypotheses: each case is checked for them, or has them proved"},
		{Eq: "3.3, mu = lambda", Claims: []string{"sec33"}},
		{Eq: "Lemma 1, (12)", Claims: []string{"lemma1", "eq12", "disp12"}},
		{Eq: "(13), (21)", Claims: []string{"thm1"}},
		{Eq: "after Theorem 1, e^{O(N)}", Claims: []string{"depth"}},
		{Eq: "(14)", Claims: []string{"eq14a", "eq14b"}},
		{Eq: "(15), (16)", Claims: []string{"eq15", "eq16"}},
		{Eq: "(17)", Claims: []string{"eq17a", "eq17b"}},
		{Eq: "(18)", Claims: []string{"eq18a", "eq18b"}},
		{Eq: "(19), (20)", Claims: []string{"eq19", "eq20"}},
		{Eq: "(22)", Claims: []string{"lemma2"}},
		{Eq: "(23), (33)", Claims: []string{"thm2"}},
		{Eq: "(24)", Claims: []string{"eq24"}},
		{Eq: "(25) and the display under it", Claims: []string{"eq25"},
			Why: "in the literal reading, where E^{H_i}[V_i-v_i] is V_i-v_i; the sides of the others are no moments " +
				"that a view has"},
		{Eq: "(26)", Claims: []string{"eq26"}},
		{Eq: "(27)", Claims: []string{"eq27"}},
		{Eq: "(28)", Claims: []string{"eq28a", "eq28m", "eq28n", "eq28b", "eq28c"}},
		{Eq: "(29)", Claims: []string{"eq29m", "eq29n", "eq29", "eq29b"},
			Why: "the line whose first term has lost its outer E, a misprint, compares a number with a random " +
				"variable"},
		{Eq: "(30)", Claims: []string{"eq30a", "eq30b"}},
		{Eq: "(31)", Claims: []string{"eq31"}},
		{Eq: "(32)", Claims: []string{"eq32"}},
		{Eq: "before (33)", Claims: []string{"disp33"}},
		{Eq: "(34)", Claims: []string{"thm3"}},
		{Eq: "(35)", Claims: []string{"eq35"}},
		{Eq: "(36)", Claims: []string{"eq36a", "eq36b", "eq36c", "eq36"}},
		{Eq: "(37)", Claims: []string{"thm4"}},
		{Eq: "(38)", Claims: []string{"thm5"}},
		{Eq: "(40)", Claims: []string{"eq40"}},
		{Eq: "(41)", Claims: []string{"eq41"}},
		{Eq: "Remarks 1, 2", Claims: []string{"remark1", "remark2"}},
		{Eq: "Corollary 1, (43), (44)", Claims: []string{"cor1"}},
		{Eq: "(45), (47)", Claims: []string{"word"}, Why: "in their usual meaning they are lines towards cor1"},
		{Eq: "(48)", Claims: []string{"eq48sum"}},
		{Eq: "Corollary 2, (49)", Claims: []string{"cor2", "word"}},
		{Eq: "Corollary 3, (50)", Claims: []string{"cor3", "eq50", "bernoulli", "word"}},
		{Eq: "Corollary 4, (51), (52)", Claims: []string{"cor4", "cor4pl", "word"}},
		{Eq: "Table 1", Claims: []string{"table1"}},
		{Eq: "6.2, slower convergence or divergence", Claims: []string{"beyond"}},
		{Eq: "Remark 3", Claims: []string{"cor2", "cor3", "fig4a", "fig4b"},
			Why: "unbiased backward perturbations of O(1) at every step are Q_e = O(T); the plateau for g -> 0 is Fig 4's"},
		{Eq: "Remark 4", Claims: []string{"remark4"}},
		{Eq: "5.3, much weaker constraints on delta", Claims: []string{"cor1"}},
		{Eq: "5.3, whenever Lipschitz factors exceed 1", Claims: []string{"depth53"}},
		{Eq: "5.3, hierarchy", Claims: []string{"sec53", "sec53a", "sec53b", "sec53c"}},
		{Eq: "6.3, spikes", Claims: []string{"spike", "table1"},
			Why: "the first with the printed range of i; how many are tolerated is Table 1's"},
		{Eq: "7.1, mu = 2 rho", Claims: []string{"sec33"}, Why: "the data term is convex: 3.3 with lambda = 2 rho"},
		{Eq: "Figs 1, 2", Why: "a diagram, and a picture without data; what it shows is on the page of spikes"},
		{Eq: "Fig 3", Claims: []string{"fig3a", "fig3b"},
			Why: "the caption's s_f = 2 and the text's s_f = 1 contradict each other: both are run"},
		{Eq: "Fig 4", Claims: []string{"fig4a", "fig4b"}},
		{Eq: "Fig 5", Claims: []string{"fig5a", "fig5b"}},
		{Eq: "Fig 6", Claims: []string{"fig6"}},
		{Eq: "Fig 7", Claims: []string{"fig7a", "fig7b", "fig7c"}},
		{Eq: "Fig 8", Claims: []string{"fig8a", "fig8b", "fig8c"}},
		{Eq: "A.1", Claims: []string{"a1"}},
		{Eq: "A.2, (55)", Claims: []string{"a2"}},
		{Eq: "A.3", Claims: []string{"a3"}, Why: "with both matrices, SGD and heavy ball; its time index is circular, " +
			"and is read as m_t = beta m_{t-1} + U_t"},
		{Eq: "8, open questions", Why: "no statements; what we prove on them are the claims ef, sa and hb"},
	}
}
