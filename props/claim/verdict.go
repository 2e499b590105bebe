package claim

import "github.com/cascade-sgd/cascade/props/cert"

// Verdict is what became of a claim. The list is closed.
type Verdict string

const (
	Holds     Verdict = "holds"     // nothing was found against it: the outcome of a search, not a proof
	Refuted   Verdict = "refuted"   // a case violates it, confirmed in exact arithmetic or by a certificate
	Unsettled Verdict = "unsettled" // asymptotic, or no data: the note has the reason
	Undecided Verdict = "undecided" // a case that no arithmetic at hand could decide
	Starved   Verdict = "starved"   // too few cases said anything
	Invalid   Verdict = "invalid"   // nothing ran

	// Elsewhere is no verdict: it marks the row of a claim that another shard settles.
	Elsewhere Verdict = "elsewhere"
)

// Recordable reports that the verdict may stand on record: a search came to an end.
func (v Verdict) Recordable() bool { return v == Holds || v == Refuted || v == Unsettled }

// Judgement is what a claim of Kind SelfJudged finds out about itself.
type Judgement struct {
	Verdict Verdict // Holds, Refuted, Unsettled or Undecided
	Cases   int     // that it went through
	Ratio   float64 // the largest left/right where that makes sense, else 0
	Note    string  // the evidence in one line

	Certificate *cert.Certificate // of a refutation, or nil
}
