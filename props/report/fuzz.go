package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// maxRefusal caps the text of a refusal in bytes: of a value, 80 characters are quoted.
const maxRefusal = 1000

// FuzzBytes is the body of a fuzz target: any bytes are refused with a reason, or are the
// report that verify writes. A changed byte leaves no digest right, so what has the fields
// of a report is tried with the digest of its content as well. refusal is that of Read, nil
// for a report; err is what is wrong with it, or with what was accepted.
func FuzzBytes(data []byte) (refusal, err error) { return fuzzBytes(Read, data) }

// FuzzSeed is a report for FuzzBytes to begin with: of a small search for one claim.
func FuzzSeed() ([]byte, error) {
	const cases = 3
	sel := Selection{Claims: "eq15"} // any that is searched would do
	claims, err := Select(sel)
	if err != nil {
		return nil, err
	}
	opt := search.Options{Seed: 1, Cases: cases, Progress: func(int, int, string) {}}
	return New(sel, search.Run(claims, opt), opt).Marshal()
}

func fuzzBytes(read func(io.Reader) (*Report, error), data []byte) (refusal, err error) {
	if refusal, err = readAgain(read, data); err != nil {
		return refusal, err
	}
	if b := resealed(data); b != nil {
		_, err = readAgain(read, b)
	}
	return refusal, err
}

// resealed is the report in data as it is written with the digest of its content, nil
// where there are no fields of a report.
func resealed(data []byte) []byte {
	r := new(Report)
	if strict.Unmarshal(data, r) != nil {
		return nil
	}
	r.Seal()
	b, err := r.Marshal()
	if err != nil {
		return nil
	}
	return b
}

// readAgain reads data; err says that a refusal has no reason, or that a report is written
// otherwise.
func readAgain(read func(io.Reader) (*Report, error), data []byte) (refusal, err error) {
	r, refusal := read(bytes.NewReader(data))
	if refusal != nil {
		if text := refusal.Error(); len(text) > maxRefusal || !strings.HasPrefix(text, "report: ") {
			err = fmt.Errorf("a refusal of %d bytes, want it to begin with report: %.200q", len(text), text)
		}
		return refusal, err
	}
	again, err := r.Marshal()
	if err == nil && !bytes.Equal(bytes.TrimSpace(data), bytes.TrimSpace(again)) {
		err = fmt.Errorf("read, but verify writes\n%s", again)
	}
	return nil, err
}
