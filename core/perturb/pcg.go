package perturb

import "math/bits"

// pcg is the generator of rand.PCG, number by number; the state of that one goes
// through memory for each number, that of this one stays in registers while a
// uniform law fills a state.
//
// It is PCG-DXSM of 128 bits by O'Neill: state <- state mul + inc, and from the new
// state (hi, lo) with hi ^= hi >> 32, hi *= cheap, hi ^= hi >> 48 the number hi (lo|1).
type pcg struct{ hi, lo uint64 }

const (
	mulHi, mulLo = 2549297995355413924, 4865540595714422341
	incHi, incLo = 6364136223846793005, 1442695040888963407
	cheap        = 0xda942042e4dd58b5
)

// Seed sets the state.
func (p *pcg) Seed(hi, lo uint64) { p.hi, p.lo = hi, lo }

// Uint64 implements rand.Source.
func (p *pcg) Uint64() uint64 {
	hi, lo := advance(p.hi, p.lo)
	p.hi, p.lo = hi, lo
	return scramble(hi, lo)
}

func advance(hi, lo uint64) (uint64, uint64) {
	h, l := bits.Mul64(lo, mulLo)
	h += hi*mulLo + lo*mulHi
	l, carry := bits.Add64(l, incLo, 0)
	h, _ = bits.Add64(h, incHi, carry)
	return h, l
}

func scramble(hi, lo uint64) uint64 {
	hi ^= hi >> 32
	hi *= cheap
	hi ^= hi >> 48
	return hi * (lo | 1)
}
