package props_test

import (
	"fmt"
	"strings"

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

// printer is a test that prints the replay it is given.
type printer struct{ replay string }

func (p *printer) Skipf(string, ...any) {}
func (p *printer) Fatalf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	p.replay = text[strings.LastIndex(text, "\n")+1:]
}

// A claim of one's own is searched like those of the paper. This one forgets that V_{i+1}
// goes through a Jacobian that the forward errors change: where delta_1 alone is drawn, its
// right side is 0.
func ExampleSearch() {
	mine := []claim.Claim{errorsAdd}
	found := props.Search(mine, props.Options{Seed: 1, Cases: props.Batch})[0]
	fmt.Println(found.Claim.Name(), found.Verdict())
	fmt.Println("smallest violating case:", found.Witness.Line())

	// The same in a test: what Property prints replays the case, in math/big.
	p := &printer{}
	props.Property(p, mine, found.Witness)
	again, err := props.Replay([]byte(p.replay), &errorsAdd)
	fmt.Printf("replayed: at i = %d left is %.4f, right %.4f, error %v\n", again.I, again.Left.Lo, again.Right.Hi, err)
	// Output:
	// errors-add/conjecture refuted
	// smallest violating case: bias(4) w_1=[1 1 1 1], halfsq(4); x=[1 1 1 1]; delta_1~table
	// replayed: at i = 1 left is 0.6081, right 0.0000, error <nil>
}
