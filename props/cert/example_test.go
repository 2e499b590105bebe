package cert_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/cascade-sgd/cascade/props/cert"
)

// A refutation of the second bound of (14) in a few lines of JSON: two operators of one
// number each, and one error delta_1 = -1.
func ExampleCheck() {
	const file = `{"version":1,"claim":"eq14b","eq":"(14)","form":"printed",
		"chain":[{"op":"linear","in":1,"out":1},{"op":"linear","in":1,"out":1}],
		"x":["1"],"w":[["1"],["1"]],"delta":{"1":[{"p":"1","d":["-1"]}]},
		"constants":{"C":"1","C2":"1","Lf":"1","L1":"1","L2":"1/2",
			"why":{"C":"weights and states are at most 1 in size","C2":"grad^2_21 of y = w x is 1",
				"Lf":"the weights are at most 1 in size","L1":"the gradient moves as far as w or x",
				"L2":"grad^2 is constant"}},
		"lhs":"1","rhs":"1/2","text":"L2 stands where L1 is needed.","n":2}`
	r, err := cert.Check([]byte(file))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Eq, "is", r.Verdict+":", r.LHS, "on the left,", r.RHS, "on the right")

	// A certificate that claims more than it shows is refused, with the place.
	_, err = cert.Check([]byte(strings.Replace(file, `"rhs":"1/2"`, `"rhs":"1/3"`, 1)))
	fmt.Println(err)
	// Output:
	// (14) is refuted: 1 on the left, 1/2 on the right
	// cert: rhs: stated as 1/3, computed as 1/2
}
