package props_test

import (
	"fmt"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
)

// errorsAdd is a claim of one's own: the error of V_i is that of V_{i+1} and eps_{i+1}, each
// with its factor, and nothing else.
var errorsAdd = claim.Claim{
	ID: "errors-add", Form: claim.Conjecture, Eq: "mine",
	Statement: "E|V_i-v_i|^2 <= C^2 E|V_{i+1}-v_{i+1}|^2 + E|eps_{i+1}|^2, i < N",
	Span:      func(v *claim.View) (lo, hi int) { return 1, v.K.N - 1 },
	Left:      func(v *claim.View, i int) float64 { return v.V2[i] },
	Right:     func(v *claim.View, i int) float64 { return v.K.C*v.K.C*v.V2[i+1] + v.E2[i+1] },
}

// A claim of one's own is searched like those of the paper. This one forgets that V_{i+1}
// goes through a Jacobian that the forward errors change: where delta_1 alone is drawn, its
// right side is 0.
func ExampleSearch() {
	mine := []claim.Claim{errorsAdd}
	found := props.Search(mine, props.Options{Seed: 1, Cases: props.Batch})[0]
	fmt.Println(found.Claim.Name(), found.Verdict())
	fmt.Println("smallest violating case:", found.Witness.Line())

	// The worst case as a file, and what it shows, in math/big.
	file, err := props.Save(found, 1)
	if err != nil {
		panic(err)
	}
	again, err := props.Replay(file, &errorsAdd)
	fmt.Println("replayed, it violates the claim:", again.Answer == claim.No, err)

	// The same made small, in the arithmetic of certificates.
	line, exact, err := props.Small(found)
	fmt.Println("small:", line, err)
	fmt.Println("E|V_1-v_1|^2 =", exact.V2[1].RatString(), "E|V_2-v_2|^2 =", exact.V2[2].RatString(), "E|eps_2|^2 =",
		exact.E2[2].RatString())
	// Output:
	// errors-add/conjecture refuted
	// smallest violating case: bias(4) w_1=[1 1 1 1], halfsq(4); x=[1 1 1 1]; delta_1~table
	// replayed, it violates the claim: true <nil>
	// small: bias(4) w_1=[0 0 0 0], halfsq(4); x=[0 0 0 0]; delta_1=[0 0 0 1] <nil>
	// E|V_1-v_1|^2 = 1 E|V_2-v_2|^2 = 0 E|eps_2|^2 = 0
}
