package props

import (
	"slices"

	"github.com/cascade-sgd/cascade/props/claim"
)

// Claims is the list of the paper's claims and of ours beside them, a file a chapter.
// It is built anew, so that a caller may change its copy. Two rows of one name, or an
// incomplete one, panic.
func Claims() []claim.Claim {
	all := slices.Concat(
		propagationClaims(), // section 3, Theorem 1
		spikeClaims(),       // section 6.3
		linearClaims(),      // (6)
		biasClaims(),        // section 3, Theorem 2
		convergenceClaims(), // section 4
		corollaryClaims(),   // section 5
		ExperimentClaims(),  // section 7
		sentenceClaims(),    // sentences without a display
		AppendixClaims(),    // appendix A
		BeyondClaims(),      // section 8, what it leaves open
	)
	seen := map[string]bool{}
	for k := range all {
		c := &all[k]
		if err := c.Complete(); err != nil {
			panic("props: " + err.Error())
		}
		if seen[c.Name()] {
			panic("props: two claims are named " + c.Name())
		}
		seen[c.Name()] = true
	}
	return all
}

// biasClaims are Lemma 2, Theorem 2 and the steps and lines of its proof, (24)-(32), each
// in the three readings of the conditional expectations.
func biasClaims() []claim.Claim {
	var all []claim.Claim
	for _, r := range claim.Readings {
		of := slices.Concat(biasClaimsIn(r), repairedBiasClaims(r), biasLines(r), repairedBiasLines(r))
		for _, c := range of {
			c.Reading = r
			// Linear in moments given x; E_t over x too makes the left of (23) and (26) smaller.
			c.Mixes = c.Kind == claim.Step
			all = append(all, c)
		}
	}
	return all
}
