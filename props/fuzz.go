package props

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// MaxFuzzInput is the longest input that Fuzz decodes, in bytes; a case needs far
// less.
const MaxFuzzInput = 1 << 12

// TooDear begins what Fuzz skips an input with whose case costs more than a fuzz input
// may: 0.2 s or 100 MB, by an estimate made before anything is built. Whoever wants to
// know how many there are, counts them by it.
const TooDear = "too dear for a fuzz input"

// settleWork is what making a violating case small may take, in operations: native fuzzing
// takes an input of ten seconds for a hang, and tries one that fails hundreds of times.
const settleWork = 0.2e9

// Fuzz is the body of the native fuzz targets: it decodes a case of the kind of
// the claims from data, a flat list of bytes with one or two for each choice of
// the generator. It fails t when a claim does not hold on it, in math/big, or cannot be
// decided there, with the case made small, its chain in words, a line to replay and,
// where there is one, a certificate. It returns the highest rung of the ladder that a
// claim reached, from 0 to MaxRung, and skips an input that says nothing. The claims are
// of one kind, and their names are as for Search.
func Fuzz(t Failer, claims []claim.Claim, data []byte) (rung int) {
	mustHaveOwnNames(claims)
	c := decode(t, claims[0].Kind, data)
	if c == nil {
		return -1
	}
	rung = -1
	for _, f := range search.TryWithin(claims, c, "fuzz", settleWork) {
		if f.Cases > 0 && f.Verdict() != claim.Holds {
			t.Fatalf("%s", violation(f))
		}
		if f.Ratio >= 0 {
			rung = max(rung, ladder(f.Ratio))
		}
	}
	if rung < 0 {
		t.Skipf("the case says nothing")
	}
	return rung
}

// decode is the case in data, where it is affordable; it skips the others, and gives nil
// to a Failer that goes on.
func decode(t Failer, kind claim.Kind, data []byte) *gen.Case {
	c, why := caseIn(kind, data)
	if why != "" {
		t.Skipf("%s", why)
	}
	return c
}

// caseIn is the case in data, or why it is none for a fuzz input.
func caseIn(kind claim.Kind, data []byte) (c *gen.Case, why string) {
	if len(data) > MaxFuzzInput {
		return nil, fmt.Sprintf("input of %d bytes", len(data))
	}
	c = search.Draw(kind, gen.Bytes(data))
	if err := c.Affordable(kind, gen.FuzzBudget); err != nil {
		return nil, fmt.Sprintf("%s: %v", TooDear, err)
	}
	return c, ""
}

// Rungs are those that the case in data reaches, by the names of the claims, which are of
// one kind; the claims of which it says nothing are left out. depth is the number of its
// operators.
func Rungs(claims []claim.Claim, data []byte) (rungs map[string]int, depth int) {
	rungs = map[string]int{}
	c, why := caseIn(claims[0].Kind, data)
	if why != "" {
		return rungs, 0
	}
	for _, f := range search.TryWithin(claims, c, "fuzz", settleWork) {
		if f.Cases > 0 && f.Ratio >= 0 {
			rungs[f.Claim.Name()] = rungOf(f.Ratio)
		}
	}
	return rungs, len(c.Chain)
}

// DrawnInputs are random cases of a kind as inputs of Fuzz.
func DrawnInputs(kind claim.Kind, seed uint64, n int) (inputs [][]byte) {
	for k := range uint64(n) {
		r := gen.Record(gen.Random(seed, k))
		search.Draw(kind, r)
		inputs = append(inputs, r.Bytes())
	}
	return inputs
}

// violation tells of a finding on one case that its claim does not hold on.
func violation(f *search.Finding) string {
	small, made, why := f.Evidence(settleWork)
	r := search.CheckInBig(f.Claim, small)
	saved := &search.SavedCase{
		Version: 1, Claim: f.Claim.ID, Form: f.Claim.Form, Reading: f.Claim.Reading,
		Ratio: claim.Number(r.Ratio), Source: "fuzz", Case: small,
	}
	line, err := json.Marshal(saved)
	if err != nil {
		line = []byte(err.Error())
	}
	text := fmt.Sprintf("%s: %s, ratio %v\n  %s\n  %s\n  %s\nreplay: save this line as FILE and run: go run "+
		"./props/verify replay FILE\n%s",
		f.Claim.Name(), f.Verdict(), claim.Number(r.Ratio), f.Claim.Statement, inWords(small), small.Line(), line)
	if f.Verdict() != claim.Refuted || !f.Claim.Certifiable() {
		return text
	}
	var b []byte
	if why == nil {
		b, why = made.Marshal()
	}
	if why != nil {
		return text + fmt.Sprintf("\nno certificate: %v", why)
	}
	return fmt.Sprintf("%s\ncertificate, to be replayed likewise:\n%s", text, b)
}

// inWords says what the chain of a case computes and where it is perturbed.
func inWords(c *gen.Case) string {
	words := []string{fmt.Sprintf("y_0 = x in R^%d", len(c.X))}
	for i, s := range c.Chain {
		from := fmt.Sprintf("y_%d", i)
		text := strings.NewReplacer("Y", from, "W", fmt.Sprintf("W_%d", i+1), "w",
			fmt.Sprintf("w_%d", i+1)).Replace(formulas[s.Op])
		if s.Op == "softmaxce" {
			text += fmt.Sprint(s.Label)
		}
		var noise []string
		for _, l := range []struct{ name, law string }{{"delta", c.Delta[i].Law}, {"eps", c.Eps[i].Law}} {
			if l.law != "zero" && l.law != "" {
				noise = append(noise, fmt.Sprintf("%s_%d: %s", l.name, i+1, l.law))
			}
		}
		at := ""
		if len(noise) > 0 {
			at = " (" + strings.Join(noise, ", ") + ")"
		}
		words = append(words, fmt.Sprintf("y_%d = %s%s", i+1, text, at))
	}
	return "in words: " + strings.Join(words, "; ")
}

// formulas are the operators as core.Spec has them, of the input Y.
var formulas = map[string]string{
	"affine": "W Y + w", "linear": "W Y", "fixed": "A Y", "bias": "Y + w", "scale": "w o Y",
	"tanh": "tanh(Y)", "sigmoid": "1/(1+exp(-Y))", "softplus": "ln(1+exp(Y))", "square": "Y o Y",
	"halfsq": "|Y|^2/2", "logistic": "ln(1+exp(Y))", "softmaxce": "the cross entropy of softmax(Y) and label ",
	"bilinear": "<Y,w>^2 + |Y|^2/2",
}

// FuzzSaved is the body of the fuzz target of saved cases: any bytes are refused with a
// reason, or are a case that reads the same when it is written, and whose replay says
// the same twice. t fails too when a case violates one of the claims that hold. The refusal
// is nil for a case that was replayed.
func FuzzSaved(t Failer, hold []claim.Claim, data []byte) (refusal error) {
	if len(data) > MaxFuzzInput {
		return fmt.Errorf("input of %d bytes", len(data))
	}
	s, err := search.ParseSaved(data)
	if err != nil {
		refused(t, err)
		return err
	}
	again, err := json.Marshal(s)
	if err != nil {
		t.Fatalf("read, and cannot be written: %v", err)
	}
	if second, err := search.ParseSaved(again); err != nil {
		t.Fatalf("written, then refused: %v\n%s", err, again)
	} else if b, err := json.Marshal(second); err != nil || !bytes.Equal(b, again) {
		t.Fatalf("written\n%s\nread and written (%v)\n%s", again, err, b)
	}
	for _, c := range Claims() {
		if !s.IsOf(&c) {
			continue
		}
		if err := s.Case.Affordable(c.Kind, gen.FuzzBudget); err != nil {
			return fmt.Errorf("%s: %w", TooDear, err)
		}
		if err := s.Fits(&c); err != nil {
			refused(t, err)
			return err
		}
		r := search.CheckInBig(&c, s.Case)
		if r2 := search.CheckInBig(&c, s.Case); fmt.Sprint(r) != fmt.Sprint(r2) {
			t.Fatalf("%+v, then %+v", r, r2)
		}
		holds := slices.ContainsFunc(hold, func(h claim.Claim) bool { return h.Name() == c.Name() })
		if holds && r.Reason == claim.Valid && r.Answer == claim.No {
			t.Fatalf("%s holds, and is violated: ratio %v by %s", c.Name(), r.Ratio, s.Case.Line())
		}
		return nil
	}
	return errors.New("no claim of that name is searched")
}

// maxReason caps a refusal in bytes: of a value, 80 characters are quoted.
const maxReason = 1000

// refused fails t unless an error is a reason of readable length.
func refused(t Failer, err error) {
	if text := err.Error(); text == "" || len(text) > maxReason {
		t.Fatalf("a refusal of %d bytes: %.200q", len(text), text)
	}
}
