package tightness

import (
	"fmt"
	"io/fs"
	"math/big"
	"path"
	"strings"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// Folder has the witnesses on record, below the root of the module.
const Folder = "testdata/constants"

// Upper is the least coefficient of the right side that is proved to do, of the bound that a
// witness is about, and where that is proved; ok is false where none is known. The ids are those
// that the format of certificates has: a coefficient is of the statement that a certificate
// makes, N, C and Lf are the witness's, and claim.AtMost is the largest left/right over all.
func Upper(w *cert.Witness) (coefficient float64, proof string, ok bool) {
	c := w.Report.Certificate
	past := c.Reading == "past" || c.Reading == "literal"
	total := c.Reading == "total" || c.Reading == "literal"
	switch {
	case c.Form != "" && c.Form != "printed":
		return 0, "", false
	case c.Claim == "thm1" || c.Claim == "eq20":
		k := bounds.Const{N: len(c.Chain), C: above(c.Constants.C), C2: 1, Lf: above(c.Constants.Lf), L1: 1, L2: 1}
		return bounds.SharpTheorem1Ratio(k) * (1 + bounds.RatioError), "(2.8), (2.15)", true
	case c.Claim == "lemma1" || c.Claim == "eq12":
		return 1, "(1.1)", true
	case c.Claim == "eq14a":
		return 1, "(1.2)", true
	case c.Claim == "eq15" || c.Claim == "eq17a" || c.Claim == "eq18a" || c.Claim == "eq30a":
		return 1, "(2.1)-(2.3), (1.6)", true
	case c.Claim == "eq24":
		return 3. / 8, "(3.34)", true
	case c.Claim == "eq26" && past:
		return 7. / 8, "(3.34)", true
	case c.Claim == "eq29" && total:
		return 7. / 8, "(3.6)", true
	}
	return 0, "", false
}

// above is a float64 that is not below x: ratios of the page fall in neither constant by more
// than that.
func above(x *big.Rat) float64 {
	f, _ := x.Float64()
	return f
}

// onRecord are the witnesses of Folder by their files.
func onRecord() (files []string, all map[string]*cert.Witness, err error) {
	entries, err := fs.ReadDir(cascade.Testdata, Folder)
	if err != nil {
		return nil, nil, err
	}
	all = map[string]*cert.Witness{}
	for _, e := range entries {
		data, err := fs.ReadFile(cascade.Testdata, path.Join(Folder, e.Name()))
		if err != nil {
			return nil, nil, err
		}
		w, err := cert.CheckWitness(data)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		files, all[e.Name()] = append(files, e.Name()), w
	}
	return files, all, nil
}

// Known is the witness on record of the bound that w is about, nil where there is none.
func Known(w *cert.Witness) (*cert.Witness, error) {
	files, all, err := onRecord()
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if all[file].Name() == w.Name() {
			return all[file], nil
		}
	}
	return nil, nil
}

// Constants is the registry of the best coefficient known for each bound: from below by a
// witness in rational numbers, from above by a proof.
func Constants() (*table.Page, error) {
	files, all, err := onRecord()
	if err != nil {
		return nil, err
	}
	d := &table.Page{Title: "Constants: the best coefficient known", Command: "go run ./props/verify page constants"}
	one, steps := registry(), registry()
	exact, widest := 0, 0.0
	for _, file := range files {
		w := all[file]
		to := steps
		if w.Report.Certificate.Claim == "thm1" {
			to = one
		}
		gap, err := addRow(to, file, w)
		if err != nil {
			return nil, err
		}
		if gap == 0 {
			exact++
		}
		widest = max(widest, gap)
	}
	d.Add(table.Text(fmt.Sprintf("Of %d coefficients %d are known: a witness from below and a proof from above meet. The "+
		"widest gap between them is %.4f.", len(files), exact, widest)),
		table.Text("A bound left <= right holds with theta times its right side from the upper end on, by the "+
			"proof named "+
			"(bounds/PROOFS.md), and with no theta below the lower end, by a witness: a case in rational numbers in the "+
			"layout of a "+
			"certificate (props/cert/FORMAT.md), in "+Folder+", whose left/right it is. The checker accepts a better one "+
			"without "+
			"trust in whoever found it: go run ./props/verify constants FILE, and python3 props/cert/check_witness.py "+
			"FILE. N, C "+
			"and Lf are those of the witness."),
		table.Heading("Theorem 1"), table.Text("(13) with (21), by N, C and Lf. The upper end is the largest eigenvalue "+
			"of SharpQ against (21); it uses the angles of (2.5), which operators of two variables have with a larger L1 "+
			"only."))
	d.Add(one, table.Heading("Steps of the proofs"), table.Text("Their upper ends are the same at every N, C and "+
		"Lf."), steps,
		table.Heading("Without a coefficient"), table.Text("Printed bounds that fail have none: no theta does where "+
			"right is 0 or "+
			"falls with L2 -> 0, see ERRATA.md. Of bounds whose sides the format does not state (Theorem 3, runs, "+
			"repaired and "+
			"sharp forms) the largest left/right that a search found and the largest possible are in VERDICTS.md."))
	return d, nil
}

func registry() *table.Table {
	return table.New("bound", "N", "C", "Lf", "lower end", "as a fraction", "upper end", "proof", "gap", "witness")
}

// addRow adds what is known of a bound, and returns the gap between both ends.
func addRow(t *table.Table, file string, w *cert.Witness) (gap float64, err error) {
	c := w.Report.Certificate
	upper, proof, ok := Upper(w)
	lower, _ := w.Ratio.Float64()
	if !ok || lower > upper*(1+1e-12) {
		return 0, fmt.Errorf("%s: a lower end of %v, an upper end of %v (%v)", file, lower, upper, ok)
	}
	bound := c.Claim
	if c.Reading != "" {
		bound += ", " + c.Reading
	}
	if c.I > 0 {
		bound += fmt.Sprintf(", i = %d", c.I)
	}
	fraction := w.Ratio.RatString()
	const long = 24
	if len(fraction) > long {
		fraction = fmt.Sprintf("of %d digits", len(w.Ratio.Denom().String()))
	}
	if gap = upper - lower; gap < 1e-8 {
		gap = 0
	}
	t.Add(bound, len(c.Chain), c.Constants.C.RatString(), c.Constants.Lf.RatString(), fmt.Sprintf("%.6f", lower), fraction,
		fmt.Sprintf("%.6f", upper), proof, fmt.Sprintf("%.4f", gap), strings.TrimSuffix(path.Base(file), ".json"))
	return gap, nil
}
