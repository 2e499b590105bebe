package cert

import (
	"bytes"
	"errors"
	"fmt"
)

// FuzzBytes is the body of a fuzz target: any bytes are refused with a reason, or are a
// certificate that its canonical form says again. A changed byte rarely leaves the sides
// right, so what parses is tried with its own sides as well. refusal is that of Check, nil
// for a certificate; err is what is wrong with it, or with what was accepted.
func FuzzBytes(data []byte) (refusal, err error) {
	r, refusal := Check(data)
	if _, second := Check(data); fmt.Sprint(second) != fmt.Sprint(refusal) {
		return refusal, fmt.Errorf("%v at first, then %v", refusal, second)
	}
	if refusal == nil {
		err = replays(r)
	} else {
		err = reasoned(refusal)
	}
	if err != nil {
		return refusal, err
	}
	c, why := Parse(data)
	if why == nil {
		why = c.Fill()
	}
	var b []byte
	if why == nil {
		b, why = c.Marshal()
	}
	if why != nil {
		return refusal, reasoned(why)
	}
	if r, why = Check(b); why != nil {
		return refusal, fmt.Errorf("written, then refused: %w\n%s", why, b)
	}
	return refusal, replays(r)
}

// reasoned is nil for a refusal with a reason.
func reasoned(err error) error {
	var r *Refusal
	if !errors.As(err, &r) || r.Reason == "" {
		return fmt.Errorf("error %#v, want a *Refusal with a reason", err)
	}
	return nil
}

// replays is nil where the canonical form of an accepted certificate is accepted with the
// same report, and is its own canonical form.
func replays(r *Report) error {
	if r.Verdict != Refuted {
		return fmt.Errorf("accepted with verdict %q", r.Verdict)
	}
	b, err := r.Certificate.Marshal()
	if err != nil {
		return fmt.Errorf("accepted, but has no canonical form: %w", err)
	}
	again, err := Check(b)
	if err != nil {
		return fmt.Errorf("accepted, but not in canonical form: %w\n%s", err, b)
	}
	if r.String() != again.String() {
		return fmt.Errorf("report\n%s\nand in canonical form\n%s", r, again)
	}
	if c, err := again.Certificate.Marshal(); err != nil || !bytes.Equal(b, c) {
		return fmt.Errorf("canonical form\n%s\nof which the canonical form is (%v)\n%s", b, err, c)
	}
	return nil
}
