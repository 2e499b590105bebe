package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/report"
)

var replayCommand = &command{
	synopsis: "FILE",
	what:     "Explains one certificate or saved case, and says whether it shows what it says.",
	long: `Example:
  go run ./props/verify replay testdata/certificates/eq14b.json`,
	run: runReplay,
}

func runReplay(c *call) (int, error) {
	if err := c.parse(1, 1); err != nil {
		return exitUsage, err
	}
	path := c.args[0]
	data, err := strict.ReadFile(path, search.MaxSavedBytes)
	if err != nil {
		return exitUsage, err
	}
	if isCertificate(data) {
		return replayCertificate(c, path, data)
	}
	saved, claim, err := report.ReadSaved(data)
	if err != nil {
		return exitUsage, fmt.Errorf("%s: %w", path, err)
	}
	same, err := report.Explain(c.stdout, saved, claim)
	var hypothesis *search.HypothesisError
	if errors.As(err, &hypothesis) {
		fmt.Fprintf(c.stderr, "verify replay: %s: %v\n", path, err)
		return exitDiffers, nil
	}
	if err != nil {
		return exitUsage, fmt.Errorf("%s: %w", path, err)
	}
	if !same {
		return exitDiffers, nil
	}
	return exitOK, nil
}

// isCertificate tells a certificate from a saved case, which has the key "case".
func isCertificate(data []byte) bool {
	var keys map[string]json.RawMessage
	if json.Unmarshal(data, &keys) != nil { // not an object
		return false
	}
	_, saved := keys["case"]
	_, claim := keys["claim"]
	return claim && !saved
}

// replayCertificate prints what a certificate shows; one that is refused does
// not show what it says.
func replayCertificate(c *call, path string, data []byte) (int, error) {
	r, err := cert.Check(data)
	if err != nil {
		fmt.Fprintf(c.stderr, "verify replay: %s: refused: %v\n", path, err)
		return exitDiffers, nil
	}
	p := &printer{w: c.stdout}
	p.f("%v", r)
	return exitOK, p.err
}
