package gen_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// digits are numbers in JSON.
var digits = regexp.MustCompile(`-?\d+(\.\d+)?(e[+-]?\d+)?`)

// TestDrawsOnRecord: a seed draws what it drew when the record was written, which every
// replay line of a report relies on. A change on purpose writes the record anew and puts
// the digests of the message here. Numbers have six digits, as math differs between
// architectures in the last ones.
func TestDrawsOnRecord(t *testing.T) {
	far := func(kind claim.Kind) func(gen.Source) *gen.Case {
		return func(src gen.Source) *gen.Case { return gen.Far(kind, src) }
	}
	for _, c := range []struct {
		kind string
		draw func(gen.Source) *gen.Case
		want string
	}{
		{"step", gen.Step, "4ca52c19f93fcfba"},
		{"linear step", gen.LinearStep, "6e2c14333c0a65f8"},
		{"training run", gen.TrainingRun, "56900295cc66dee0"},
		{"far step", far(claim.Step), "943be6c54c0626ad"},
		{"far linear step", far(claim.Linear), "20db65751f70a919"},
		{"far run", far(claim.Training), "a4051e73c38e6a75"},
	} {
		h := sha256.New()
		for index := range uint64(300) {
			data, err := json.Marshal(c.draw(gen.Random(1, index)))
			if err != nil {
				t.Fatal(err)
			}
			h.Write(digits.ReplaceAllFunc(data, func(number []byte) []byte {
				x, err := strconv.ParseFloat(string(number), 64)
				if err != nil {
					t.Fatal(err)
				}
				return fmt.Appendf(nil, "%.6g", x)
			}))
		}
		if got := fmt.Sprintf("%x", h.Sum(nil))[:16]; got != c.want {
			t.Errorf("%s: the digest of 300 cases is %s, on record %s", c.kind, got, c.want)
		}
	}
}
