package conform

import (
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// MaxFuzzBytes is the longest input of FuzzBytes; a longer one asks nothing.
const MaxFuzzBytes = 1 << 12

// maxFuzzNumbers caps the numbers of the requests of one input, so that none takes the
// reference long.
const maxFuzzNumbers = 1 << 14

// FuzzBytes is the body of a native fuzz target of an engine: it asks what one rule draws,
// and takes each choice from data, so that a changed byte changes one of them. The first
// byte is the rule, the second its case. The error joins findings, brought to their
// smallest case, as that of Check does. asked is how many requests were made: 0 where data
// are no case that fits the engine, which says nothing of it.
//
//	func FuzzEngine(f *testing.F) {
//		f.Fuzz(func(t *testing.T, data []byte) {
//			if _, err := conform.FuzzBytes(factory, data); err != nil {
//				t.Fatal(err)
//			}
//		})
//	}
func FuzzBytes(factory Factory, data []byte) (asked int, err error) {
	if len(data) < 2 || len(data) > MaxFuzzBytes {
		return 0, nil
	}
	drawing := fuzzRules()
	r := drawing[int(data[0])%len(drawing)]
	g := newGate(factory, (&Options{Timeout: fuzzTimeout}).withDefaults())
	s := &session{gate: g, rule: r, out: Outcome{Rule: r.name}}
	if s.open() && (r.skip == nil || r.skip(s) == "") {
		m := *s.maker
		m.rng = rand.New(newByteChoices(data[2:]))
		if q := r.draw(&m, int(data[1])); q != nil && q.numbers() <= maxFuzzNumbers {
			s.ask(q, int(data[1]))
			s.settle()
		}
	}
	if len(g.shown) == 0 {
		return s.out.Requests, nil
	}
	var errs []error
	for _, v := range g.report().Findings {
		errs = append(errs, v)
	}
	// The address of a case is that of a seed, and says nothing here.
	addressed := func(err error) bool { return strings.Contains(err.Error(), `{"rule":`) }
	if len(errs) == 0 || slices.ContainsFunc(errs, addressed) {
		return s.out.Requests, g.violations()
	}
	return s.out.Requests, errors.Join(errs...)
}

// fuzzTimeout is short of what native fuzzing takes for a hang of its own.
const fuzzTimeout = 5 * time.Second

// fuzzRules are the rules that draw, but for the one that asks hundreds of requests.
func fuzzRules() []*rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r *rule) bool { return r.draw == nil || r == meanRule })
}

// numbers is the size of all that is asked.
func (q *sequence) numbers() (n int) {
	for _, x := range q.questions {
		x.job.numbers(func(v []float64) { n += len(v) })
	}
	return n
}

// byteChoices is a source of choices that are bytes, and then, where these end, what a
// generator makes of them: a source that gave the same number for ever would not let
// package rand come to an end.
type byteChoices struct {
	data []byte
	rest *rand.PCG
}

func newByteChoices(data []byte) *byteChoices {
	h := fnv.New64a()
	h.Write(data)
	return &byteChoices{data, rand.NewPCG(h.Sum64(), 0)}
}

// Uint64 has the byte at both ends: package rand takes choices from either.
func (b *byteChoices) Uint64() uint64 {
	if len(b.data) == 0 {
		return b.rest.Uint64()
	}
	v := uint64(b.data[0])
	b.data = b.data[1:]
	return v * 0x0101010101010101
}
