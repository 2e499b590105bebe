package props

import (
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/experiment/appendix"
)

// AppendixClaims are the part of Claims about appendix A: the three examples of appendix A, and
// what the text concludes from
// A.3.
func AppendixClaims() []claim.Claim {
	return []claim.Claim{
		{
			ID: "a1", Eq: "A.1", Form: claim.Printed, Kind: claim.SelfJudged,
			Statement: "Y = +-a with probability 1/2 each, y = 0: E sigma'(Y) = sigma'(a) < sigma'(0)",
			Judge:     func(uint64) claim.Judgement { return appendix.JudgeA1() },
		},
		{
			ID: "a2", Eq: "A.2, (55)", Form: claim.Printed, Kind: claim.SelfJudged,
			Statement: "f(x) = x^2 with the constant forward perturbation d: x+ = (1-2g) x - 2 g d converges to -d " +
				"for any 0 < g < 1/2",
			Judge: func(uint64) claim.Judgement { return appendix.JudgeA2() },
		},
		{
			ID: "a3", Eq: "A.3", Form: claim.Printed, Kind: claim.SelfJudged,
			Statement: "SGD and heavy ball converge to w1 = 0 without the Top-1 compressor of v1 (SGD in one step), " +
				"and do not with it",
			Judge: appendix.JudgeA3,
		},
		{
			ID: "a3", Eq: "A.3", Form: claim.Derivation, Kind: claim.SelfJudged,
			Statement: "from A.3: with g <= 1/(3L), which all of section 4 needs, " +
				"neither run converges with the compressor",
			Instead: "the runs come out as printed, at step sizes for which no theorem of section 4 speaks",
			Judge:   appendix.JudgeA3Admissible,
		},
	}
}
