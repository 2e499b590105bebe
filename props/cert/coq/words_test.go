package coq_test

import (
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/cert/coq"
)

func rat(a, b int64) *big.Rat { return big.NewRat(a, b) }

func vec(of ...int64) []*big.Rat {
	v := make([]*big.Rat, len(of))
	for k, x := range of {
		v[k] = rat(x, 1)
	}
	return v
}

func law(outcomes int) (l cert.Law) {
	for k := range outcomes {
		l = append(l, cert.Outcome{P: rat(1, int64(outcomes)), D: vec(int64(k) - 1)})
	}
	return l
}

// everything has something in each field that an export has. It is no true certificate:
// what Coq says of one is for TestCompiles.
func everything(claim, form, reading string) *cert.Certificate {
	return &cert.Certificate{
		Claim: claim, Form: form, Reading: reading, I: 2, Given: []int{1, 2},
		Chain: []cert.Op{
			{Op: "linear", In: 1, Out: 2}, {Op: "affine", In: 2, Out: 3},
			{Op: "fixed", A: [][]*big.Rat{vec(1, -2), {rat(-1, 2), rat(3, 4)}}},
			{Op: "bias", N: 4}, {Op: "scale", N: 5}, {Op: "square", N: 6}, {Op: "halfsq", N: 7}, {Op: "bilinear", N: 8},
		},
		X: vec(1, 0), W: [][]*big.Rat{vec(2), nil, {rat(1, 3)}},
		Delta:     map[int]cert.Law{3: law(2), 1: law(2), 2: law(3)},
		Eps:       map[int]cert.Law{8: law(3), 2: law(5)},
		Constants: &cert.Constants{C: rat(1, 1), C2: rat(2, 1), Lf: rat(3, 1), L1: rat(4, 1), L2: rat(1, 5)},
		LHS:       cert.Value{Num: rat(-7, 1), Rows: [][]*big.Rat{vec(1, 2), vec(3, 4)}},
		RHS:       cert.Value{Num: rat(5, 6), Rows: [][]*big.Rat{vec(0, -1)}},
	}
}

// TestWords: what is written, letter by letter, of a certificate that has everything. Of the
// laws of delta_1..delta_8 and eps_8..eps_2 those with 2, 3, 2 and 3, 5 outcomes count: where
// delta_1 has its outcome 1 and delta_2 its outcome 2 it is number ((1*3+2)*2*3)*5 = 150.
func TestWords(t *testing.T) {
	for _, c := range []struct {
		name                 string
		claim, form, reading string
	}{
		{"number", "thm2", "printed", "total"},
		{"derivation", "eq20", "derivation", "literal"},
		{"spike", "spike", "printed", ""},
		{"equation", "eq6c", "printed", ""},
		{"display", "disp12", "printed", ""},
	} {
		text, err := coq.Export(everything(c.claim, c.form, c.reading))
		if err != nil {
			t.Fatal(err)
		}
		term, err := coq.Decision(everything(c.claim, c.form, c.reading))
		if err != nil {
			t.Fatal(err)
		}
		got := string(text) + "\n(* the decision *)\n" + term + "\n"
		file := filepath.Join("testdata", c.name+".v")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(file); err != nil || string(want) != got {
			t.Errorf("%s, %v: got\n%s\nwant\n%s", file, err, got, want)
		}
	}
	for _, claim := range []string{"eq48sum", "nothing"} {
		if why := coq.Missing(claim); why == "" {
			t.Errorf("%s: nothing is missing", claim)
		}
		if _, err := coq.Export(&cert.Certificate{Claim: claim}); err == nil {
			t.Errorf("%s is exported", claim)
		}
		if _, err := coq.Decision(&cert.Certificate{Claim: claim}); err == nil {
			t.Errorf("%s is decided", claim)
		}
	}
}
