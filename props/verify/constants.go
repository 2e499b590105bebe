package main

import (
	"errors"
	"fmt"

	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/internal/runs/tightness"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

var constantsCommand = &command{
	synopsis: "FILE",
	what:     "Checks a witness for the best coefficient of a bound, and says whether it beats the one on record.",
	long: `A witness is a case in the layout of a certificate (props/cert/FORMAT.md) with both sides, which need not
refute: no coefficient below its left/right will do for the bound at its N, C and Lf. What is known is on the page
that verify page constants writes; the witnesses are in testdata/constants.

Example:
  go run ./props/verify constants testdata/constants/thm1-n2-c1-lf1.json`,
	run: runConstants,
}

func runConstants(c *call) (int, error) {
	if err := c.parse(1, 1); err != nil {
		return exitUsage, err
	}
	path := c.args[0]
	data, err := strict.ReadFile(path, cert.MaxBytes)
	if err != nil {
		return exitUsage, err
	}
	if _, err := cert.Parse(data); err != nil {
		return exitUsage, fmt.Errorf("%s: %w", path, err)
	}
	w, err := cert.CheckWitness(data)
	var refused *cert.Refusal
	switch {
	case errors.As(err, &refused):
		fmt.Fprintf(c.stderr, "verify constants: %s: refused: %v\n", path, err)
		return exitDiffers, nil
	case err != nil:
		return exitUsage, fmt.Errorf("%s: %w", path, err)
	}
	known, err := tightness.Known(w)
	if err != nil {
		return exitUsage, err
	}
	ratio, _ := w.Ratio.Float64()
	says := "the first witness of this bound"
	better := known == nil
	if known != nil {
		old, _ := known.Ratio.Float64()
		switch w.Ratio.Cmp(known.Ratio) {
		case 1:
			better, says = true, fmt.Sprintf("better than the one on record, which has %.8g", old)
		case 0:
			says = "as the one on record"
		default:
			says = fmt.Sprintf("not better than the one on record, which has %.8g", old)
		}
	}
	end := "no upper end is known"
	if upper, proof, ok := tightness.Upper(w); ok {
		end = fmt.Sprintf("%.8g is proved to do, PROOFS.md %s", upper, proof)
	}
	if _, err := fmt.Fprintf(c.stdout, "%s: left/right = %.8g, %s; %s\n", w.Name(), ratio, says, end); err != nil {
		return exitUsage, err
	}
	if !better {
		return exitDiffers, nil
	}
	return exitOK, nil
}
