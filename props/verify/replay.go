package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/report"
)

var replayCommand = &command{
	synopsis: "FILE",
	what:     "Explains one certificate or saved case, and says whether it shows what it says.",
	long: `A saved case is one that a search wrote with -save. What is shown are the numbers of the case, the constants
of A3, each term of both sides, and from which value of a constant the claim would hold.

Examples:
  go run ./props/verify replay testdata/certificates/eq14b.json
  go run ./props/verify -claims thm2 -cases 1000 -runs=false -save DIR
  go run ./props/verify replay DIR/thm2-printed-total.json`,
	run:    runReplay,
	atOnce: true,
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
	var shows bool
	certificate, err := isCertificate(data)
	if err != nil {
		return exitUsage, fmt.Errorf("%s: %w", path, err)
	}
	if certificate {
		shows, err = replayCertificate(c.stdout, data)
	} else {
		shows, err = replaySaved(c.stdout, data)
	}
	var refused *refusedError
	switch {
	case errors.As(err, &refused):
		fmt.Fprintf(c.stderr, "verify replay: %s: %v\n", path, err)
		return exitDiffers, nil
	case err != nil:
		return exitUsage, fmt.Errorf("%s: %w", path, err)
	case !shows:
		return exitDiffers, nil
	}
	return exitOK, nil
}

// refusedError says why a file that is well formed does not show what it says.
type refusedError struct{ reason error }

func (e *refusedError) Error() string { return "refused: " + e.reason.Error() }
func (e *refusedError) Unwrap() error { return e.reason }

// isCertificate tells a certificate from a saved case, which has the key "case". Data that
// are no JSON object are neither.
func isCertificate(data []byte) (bool, error) {
	var keys map[string]json.RawMessage
	if err := strict.Unmarshal(data, &keys); err != nil {
		return false, err
	}
	_, saved := keys["case"]
	_, claim := keys["claim"]
	if !claim && !saved {
		return false, errors.New(`it has neither "claim", as a certificate has, nor "case", as a saved case; the report of ` +
			"a search names a command for each claim, and that of a gate is for verify gate -replay")
	}
	return claim && !saved, nil
}

// replaySaved explains a saved case. One that breaks a hypothesis of its claim is refused.
func replaySaved(w io.Writer, data []byte) (shows bool, err error) {
	saved, on, err := report.ReadSaved(data)
	if err != nil {
		return false, err
	}
	shows, err = report.Explain(w, saved, on)
	var hypothesis *search.HypothesisError
	if errors.As(err, &hypothesis) {
		err = &refusedError{err}
	}
	return shows, err
}

// replayCertificate prints what a certificate shows. What package cert cannot parse is
// malformed; what it parses and refuses does not show what it says.
func replayCertificate(w io.Writer, data []byte) (shows bool, err error) {
	if _, err := cert.Parse(data); err != nil {
		return false, err
	}
	r, err := cert.Check(data)
	if err != nil {
		return false, &refusedError{err}
	}
	_, err = fmt.Fprintf(w, "%v", r)
	return err == nil, err
}
