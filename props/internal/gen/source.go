package gen

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"pgregory.net/rapid"
)

// Source supplies the choices a generator makes. One generator body serves
// random search (Random), property tests that shrink (Rapid) and native
// fuzzing (Bytes). The smallest choice, lo, is always the simplest one.
type Source interface {
	// Int returns a choice in [lo, hi].
	Int(lo, hi int) int
}

type randomSource struct{ *rand.Rand }

// Random draws from a PCG with the given seed and stream.
func Random(seed, stream uint64) Source { return randomSource{rand.New(rand.NewPCG(seed, stream))} }

func (s randomSource) Int(lo, hi int) int { return lo + s.IntN(hi-lo+1) }

type rapidSource struct{ t *rapid.T }

// Rapid draws from a rapid test, which then shrinks what fails.
func Rapid(t *rapid.T) Source { return rapidSource{t} }

func (s rapidSource) Int(lo, hi int) int { return rapid.IntRange(lo, hi).Draw(s.t, "choice") }

type byteSource struct{ data []byte }

// Bytes reads choices from data, one byte for up to 256 alternatives and two
// for more; when the data end, every further choice is the simplest. The codec
// is flat: a changed byte changes one choice, which is what a coverage-guided
// fuzzer can climb on.
func Bytes(data []byte) Source { return &byteSource{data} }

func (s *byteSource) Int(lo, hi int) int {
	n := hi - lo + 1
	if n <= 0 || n > 1<<16 {
		panic(fmt.Sprintf("gen: choice in [%d, %d]", lo, hi))
	}
	switch {
	case n == 1:
		return lo
	case n <= 256 && len(s.data) >= 1:
		v := int(s.data[0])
		s.data = s.data[1:]
		return lo + v%n
	case n > 256 && len(s.data) >= 2:
		v := int(binary.LittleEndian.Uint16(s.data))
		s.data = s.data[2:]
		return lo + v%n
	}
	s.data = nil
	return lo
}

// Recorder hands on the choices of another source and has them as bytes.
type Recorder struct {
	of   Source
	data []byte
}

// Record records the choices of a source.
func Record(of Source) *Recorder { return &Recorder{of: of} }

// Int implements Source.
func (r *Recorder) Int(lo, hi int) int {
	v := r.of.Int(lo, hi)
	switch n := hi - lo + 1; {
	case n == 1:
	case n <= 256:
		r.data = append(r.data, byte(v-lo))
	default:
		r.data = binary.LittleEndian.AppendUint16(r.data, uint16(v-lo))
	}
	return v
}

// Bytes are the data of which Bytes makes the same choices.
func (r *Recorder) Bytes() []byte { return r.data }
