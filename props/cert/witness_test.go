package cert_test

import (
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
)

// TestCheckWitness: a witness need not refute; all else is checked as in a certificate.
func TestCheckWitness(t *testing.T) {
	data, err := os.ReadFile("../../testdata/constants/thm1-n2-c1-lf1.json")
	if err != nil {
		t.Fatal(err)
	}
	w, err := cert.CheckWitness(data)
	if err != nil || w.Ratio.Cmp(big.NewRat(19, 48)) != 0 || w.Name() != "thm1, N = 2, C = 1, Lf = 1" {
		t.Fatalf("%+v, %v", w, err)
	}
	if _, err := cert.Check(data); err == nil || !strings.Contains(err.Error(), "left <= right") {
		t.Errorf("as a certificate: %v", err)
	}
	if again, err := w.Report.Certificate.MarshalWitness(); err != nil || string(again) != string(data) {
		t.Errorf("%v\n%s", err, again)
	}
	for _, c := range []struct{ from, to, want string }{
		{`"lhs": "361/256"`, `"lhs": "362/256"`, "lhs"},
		{`"lhs": "361/256"`, `"lhs": "363/256"`, "lhs: stated as 363/256"},
		{`"C":"1"`, `"C":"1/2"`, "constants.C"},
		{`"L1":"1"`, `"L1":"1/2"`, "constants.L1"},
		{`"p":"1","d":["1"]`, `"p":"1/2","d":["1"]`, "eps"},
	} {
		if _, err := cert.CheckWitness([]byte(strings.Replace(string(data), c.from, c.to, 1))); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.to, err)
		}
	}
	for _, name := range []string{"eq6a", "disp12", "spike", "eq48sum", "thm4-past", "eq41-derivation"} {
		data, err := os.ReadFile(filepath.Join("../../testdata/certificates", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cert.CheckWitness(data); err == nil || !strings.Contains(err.Error(), "no bound of one step") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
