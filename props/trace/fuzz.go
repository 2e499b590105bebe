package trace

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// FuzzBytes is the body of a fuzz target: any bytes are refused with a reason, or are a record that is judged, with a
// verdict, the same twice. refusal is nil for a record that is judged; err is what is wrong with that.
func FuzzBytes(data []byte) (refusal, err error) {
	var said [2]string
	for k := range said {
		r, err := Read(data)
		if err == nil {
			if r.numbers(1) > 1<<12 || r.chain.N() > 16 { // a record of a few bytes may ask for much
				r.Close()
				return errors.New("a record of too many numbers"), nil
			}
			var j *Judgement
			j, err = r.Judge(context.Background())
			r.Close()
			if err == nil {
				if j.Verdict == "" || j.Says == "" || j.Steps == 0 && j.Verdict != NothingJudged {
					return nil, fmt.Errorf("a judgement without a verdict: %+v", j)
				}
				said[k] = j.Says
				continue
			}
		}
		if text := err.Error(); !strings.HasPrefix(text, "trace: ") || len(text) > 2000 {
			return err, fmt.Errorf("a refusal of %d bytes: %.200q", len(text), text)
		}
		said[k], refusal = err.Error(), err
	}
	if said[0] != said[1] {
		return refusal, fmt.Errorf("the same bytes are judged in two ways: %.200q and %.200q", said[0], said[1])
	}
	return refusal, nil
}
