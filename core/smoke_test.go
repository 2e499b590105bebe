package core

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSmoke(t *testing.T) {
	c, err := NewChain(Affine(3, 4), Tanh(4), Affine(4, 3), SoftmaxCE(3, 1))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	w := make([]float64, c.NW())
	x := []float64{1, -2, 0.5}
	for k := range w {
		w[k] = r.NormFloat64()
	}
	s := NewState(c)
	s.Pass(c, x, w, nil)
	reg := NewRegion(c)
	reg.Visit(s, w)
	per := make([]Regularity, 5)
	k := reg.Regularity(per)
	t.Logf("%+v\n%+v", k, per)
	for j := range w {
		h := 1e-6
		w2 := append([]float64(nil), w...)
		w2[j] += h
		s2 := NewState(c)
		s2.Pass(c, x, w2, nil)
		w2[j] -= 2 * h
		s3 := NewState(c)
		s3.Pass(c, x, w2, nil)
		fd := (s2.Loss() - s3.Loss()) / (2 * h)
		if !(math.Abs(fd-s.UAll[j]) < 1e-7) {
			t.Errorf("%d: %v %v", j, fd, s.UAll[j])
		}
	}
}
