package gen

import (
	"encoding/binary"
	"math"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
)

// AppendKey appends bytes that no other case has: to look a case up among those that were
// measured. The last bit of a number counts, the sign of 0 too.
func (c *Case) AppendKey(b []byte) []byte {
	k := keyed(b)
	k.int(len(c.Chain))
	for i := range c.Chain {
		k.op(&c.Chain[i])
	}
	k.vector(c.X)
	k.vectors(c.W)
	k.laws(c.Delta)
	k.laws(c.Eps)
	if r := c.Run; r != nil {
		k.vectors(r.More)
		k.bool(r.All)
		k.float(r.Gamma)
		k.int(r.Steps)
		k.text(r.Reg.Kind)
		k.float(r.Reg.Rho)
	}
	return k
}

// keyed is a key in the making. What has no fixed length comes after its length, so that
// two cases differ where their keys do.
type keyed []byte

func (k *keyed) int(n int)       { *k = binary.AppendVarint(*k, int64(n)) }
func (k *keyed) float(x float64) { *k = binary.LittleEndian.AppendUint64(*k, math.Float64bits(x)) }

func (k *keyed) bool(x bool) {
	if x {
		k.int(1)
	} else {
		k.int(0)
	}
}

func (k *keyed) text(s string) {
	k.int(len(s))
	*k = append(*k, s...)
}

func (k *keyed) vector(v []float64) {
	b := binary.AppendVarint(*k, int64(len(v)))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	*k = b
}

func (k *keyed) vectors(v [][]float64) {
	k.int(len(v))
	for _, x := range v {
		k.vector(x)
	}
}

func (k *keyed) op(s *core.Spec) {
	k.text(s.Op)
	k.int(s.In)
	k.int(s.Out)
	k.int(s.N)
	k.int(s.Label)
	k.vectors(s.A)
}

func (k *keyed) laws(laws []perturb.Spec) {
	k.int(len(laws))
	for i := range laws {
		k.law(&laws[i])
	}
}

func (k *keyed) law(s *perturb.Spec) {
	k.text(s.Law)
	k.vector(s.D)
	k.vector(s.A)
	k.vector(s.B)
	k.int(len(s.Outcomes))
	for _, o := range s.Outcomes {
		k.float(o.P)
		k.vector(o.D)
	}
	for _, x := range [...]float64{s.P, s.From, s.To, s.Mean, s.SD, s.At} {
		k.float(x)
	}
	for _, n := range [...]int{s.K, s.Lo, s.Hi, s.Every} {
		k.int(n)
	}
	k.text(s.Format)
	k.text(s.Mode)
	k.bool(s.Inner != nil)
	if s.Inner != nil {
		k.law(s.Inner)
	}
}
