package trace

import "github.com/cascade-sgd/cascade/core"

// FalseAlarm bounds the rate at which a run of a clean engine is called suspect, by calibration: none of 250
// runs was, 50 in each of five precisions, which leaves less than 1.2 % with a confidence of 95 %.
const FalseAlarm = 0.012

// JudgementVersion is the version of Judgement as JSON: fields are added, never changed.
const JudgementVersion = 1

// A Verdict is what a run comes to.
type Verdict string

// The verdicts, from the worst.
const (
	// Faulty: the record contradicts itself beyond all that its precision allows.
	Faulty Verdict = "fault"
	// Suspected: an operator's error stands out of what clean runs show.
	Suspected Verdict = "suspect"
	// NoCause: no cause above the noise.
	NoCause Verdict = "no cause"
	// NothingJudged: no step was there to judge, or no weight moved in them and nothing else is
	// wrong. It never passes.
	NothingJudged Verdict = "nothing judged"
)

// Judgement is the answer to a recorded run. Numbers that were not measured are NaN in
// Go and null in JSON. Operators are counted as in the paper, 1..N, samples and indices
// from 0, steps by the numbers of the record.
type Judgement struct {
	Version   int         `json:"version"`
	Record    string      `json:"record"` // the path, as given
	Engine    string      `json:"engine"`
	Note      string      `json:"note,omitempty"`
	Chain     []core.Spec `json:"chain"`
	Operators []string    `json:"operators"` // "affine(64,32)", ...
	Precision Precision   `json:"precision"`
	Reg       string      `json:"reg"`
	Steps     int         `json:"steps"` // that were read
	First     int         `json:"first"` // number of the first and the last one
	Last      int         `json:"last"`
	Samples   int         `json:"samples"`  // M of the first step
	Recorded  int         `json:"recorded"` // B of the first step

	Verdict Verdict `json:"verdict"`
	Says    string  `json:"says"` // the verdict in one sentence

	Faults      []Fault    `json:"faults"`      // the first of each place, at most MaxFaults
	FaultySteps int        `json:"faultySteps"` // steps with a fault
	Suspects    []Suspect  `json:"suspects"`    // the first is the cause
	Spikes      []Spike    `json:"spikes"`
	Sites       []SiteSum  `json:"sites"`      // delta_1..delta_N, then eps_2..eps_N
	Columns     []Column   `json:"columns"`    // the run in at most MaxColumns pieces, for a heat map
	Judged      []StepSum  `json:"judged"`     // the steps whose sites were taken apart
	Rate        []Sentence `json:"rate"`       // which of Corollary 1's conditions hold, and the budget
	Constants   []Sentence `json:"constants"`  // L, mu and l* of (41): where they are from
	Drift       Drift      `json:"drift"`      // of the constants of A3 over the judged steps
	Unchecked   []string   `json:"unchecked"`  // what could not be checked, and why
	Exceeded    []Sentence `json:"exceeded"`   // declared budgets: Holds false where one is exceeded
	FalseAlarm  float64    `json:"falseAlarm"` // rate at which a clean run is called suspect, by calibration
}

// A Site is a place where errors enter: delta_i, eps_i, U_i or w_i.
type Site struct {
	Kind string `json:"kind"` // "delta", "eps", "U" or "w"; "loss" in a Fault
	I    int    `json:"i"`    // index of the paper
	Op   int    `json:"op"`   // the operator that computed it, 1..N: i, and i of eps_i
}

// Fault is a contradiction in the record beyond what the declared precision allows.
type Fault struct {
	Site
	Step    int    `json:"step"`
	Sample  int    `json:"sample"`  // -1 where it belongs to none
	Index   int    `json:"index"`   // coordinate
	Value   Number `json:"value"`   // recorded
	Want    Number `json:"want"`    // recomputed from the record
	Allowed Number `json:"allowed"` // how far they may be apart
	Rule    string `json:"rule"`    // "(5a)", "(5b)", "(5c)", "(5d)", "kept", "finite", "loss", "declared"
	Says    string `json:"says"`
	Steps   int    `json:"steps"` // how many steps have a fault at this site
}

// Suspect is a site whose error stands out.
type Suspect struct {
	Site
	From   int    `json:"from"` // the window of steps in which it stands out most
	To     int    `json:"to"`
	Window int    `json:"window"` // steps in it: 1, 10 or 30
	Ratio  Number `json:"ratio"`  // |error| over what is expected of a clean engine
	Score  Number `json:"score"`  // ln ratio less the threshold, > 0; suspects are ranked by it
	Test   string `json:"test"`   // "size": |error|_F; "mean": |mean of the errors|
	Share  Number `json:"share"`  // of the gradient's error there
	Says   string `json:"says"`
}

// Spike is a step, or a few in a row, at which the gradient's error stands out.
type Spike struct {
	From      int    `json:"from"`
	To        int    `json:"to"`
	Peak      int    `json:"peak"`          // the step with the largest error
	Error2    Number `json:"error2"`        // |U-u|^2 there
	Usual2    Number `json:"usual2"`        // its median over the run
	Cause     *Site  `json:"cause"`         // null: no site stands out
	Share     Number `json:"share"`         // of the cause in the gradient's error
	Recovered bool   `json:"recovered"`     // the loss came back to where it was
	Took      int    `json:"took"`          // steps until then, -1: it did not
	Promised  int    `json:"promised"`      // steps that the root form of (41) promises, -1: none
	Estimated bool   `json:"estimated"`     // L and mu were estimated along the run
	Why       string `json:"why,omitempty"` // nothing is promised
	Says      string `json:"says"`
}

// SiteSum is what a site did over the run.
type SiteSum struct {
	Site
	Name          string `json:"name"`          // "delta_3"
	Operator      string `json:"operator"`      // "affine(64,32)"
	Checked       bool   `json:"checked"`       // its error could be recovered
	RMS           Number `json:"rms"`           // (mean |error|^2)^{1/2} of a sample
	Expected      Number `json:"expected"`      // the same by the rounding of the declared precision
	Largest       Number `json:"largest"`       // |error| of a sample, at most over steps, root mean square over the batch
	Usual         Number `json:"usual"`         // median ln(|error|/expected) over the steps
	Share         Number `json:"share"`         // mean share of |U-u|^2 over the judged steps
	Amplification Number `json:"amplification"` // |dU| per |error|, largest of the judged steps
	AtMost        Number `json:"atMost"`        // its bound by Theorem 1 with constants per operator
	Bias          Number `json:"bias"`          // |mean of the error| over steps and batch
	BiasLow       Number `json:"biasLow"`       // anytime-valid interval of the mean along its direction
	BiasHigh      Number `json:"biasHigh"`
	Biased        bool   `json:"biased"`             // 0 is not in it
	MayBe         Number `json:"mayBe"`              // |error| up to which this site alone keeps the rate, see Rate
	Declared      string `json:"declared,omitempty"` // the compressor that is declared there, in words
}

// Column is a piece of the run. Lists are in the order of Sites.
type Column struct {
	From   int      `json:"from"`
	To     int      `json:"to"`
	Loss   Number   `json:"loss"`   // mean
	Error2 Number   `json:"error2"` // |U-u|^2, largest
	Grad2  Number   `json:"grad2"`  // |u|^2, mean
	Size   []Number `json:"size"`   // |error| of a sample, root mean square, largest of its steps
	Ratio  []Number `json:"ratio"`  // over what is expected, largest of its steps
	Share  []Number `json:"share"`  // first-order share of |U-u|^2, mean
}

// StepSum is the verdict of one step: the gradient's error beside its bounds, and the
// part of each site. Lists are in the order of Sites.
type StepSum struct {
	Step       int      `json:"step"`
	Flagged    bool     `json:"flagged"` // it stood out; else it is one of every 50
	Loss       Number   `json:"loss"`
	Grad2      Number   `json:"grad2"`   // |u|^2
	Error2     Number   `json:"error2"`  // |U-u|^2
	Printed    Number   `json:"printed"` // Theorem 1 as printed, on the box of the step
	Sharp      Number   `json:"sharp"`
	PerOp      Number   `json:"perOp"`
	A3         A3       `json:"a3"`      // the constants that the bounds have
	First      []Number `json:"first"`   // first-order shares, which sum to 1 up to second order
	Share      []Number `json:"share"`   // First, or where it does not sum to 1, what goes away without the site
	Only       []Number `json:"only"`    // |U-u|^2 with this site's error alone, over |U-u|^2
	Without    []Number `json:"without"` // with this one's removed
	Gain       []Number `json:"gain"`    // (|U-u|^2 with it alone)^{1/2} over its |error|
	GainAtMost []Number `json:"gainAtMost"`
}

// Sentence is a statement with its verdict.
type Sentence struct {
	Name  string `json:"name"`
	Holds *bool  `json:"holds"` // null: cannot be said
	Says  string `json:"says"`
}
