package cert

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Caps on a certificate, see FORMAT.md. A counterexample that a reader can follow is
// far below them; they keep Check within about a second and a few megabytes. With one
// common denominator for all numbers, sums over outcomes cannot grow without bound.
const (
	MaxBytes       = 1 << 16 // of the file
	MaxN           = 6       // operators
	MaxWidth       = 4       // of a state
	MaxOutcomes    = 8       // of one law
	MaxLeaves      = 256     // joint outcomes of all laws
	MaxDigits      = 20      // of a numerator or denominator
	MaxDenominator = 64      // bits of the least common denominator of all numbers
	MaxStateBits   = 512     // of a numerator or denominator of a state
	MaxSideDigits  = 10000   // of a numerator or denominator of a side
	MaxText        = 2000    // bytes of "text" and of each "why"
)

// Version is that of the format.
const Version = 1

// Certificate is the content of a certificate file; see FORMAT.md. The version,
// equation number and n follow from it.
type Certificate struct {
	Claim     string       // id, such as "eq14b"
	Form      string       // printed, derivation or conjecture; empty: printed
	Reading   string       // literal, past or total, for claims with conditional expectations
	I         int          // index, for claims that have one
	Given     []int        // lemma2: the outcomes, from 0, of delta_1, delta_2, ... that are known
	Chain     []Op         // N >= 2 operators, d_N = 1
	X         []*big.Rat   // input
	W         [][]*big.Rat // weights of each operator
	Delta     map[int]Law  // by 1..N
	Eps       map[int]Law  // by 2..N
	Zeta      map[int]Law  // by 1..N, for sa5, sa6 and sa7 alone
	Constants *Constants   // nil for eq6a, eq6b, eq6c and eq41, which need none
	LHS, RHS  Value
	Text      string  // what it shows, in plain words
	Run       *Run    // eq41, thm4, thm5
	Series    *Series // eq48sum, which has no chain and all that belongs to one
}

// Law is a finite law: outcomes that differ, with probabilities > 0 that sum to 1.
type Law []Outcome

// Outcome is the value D with probability P.
type Outcome struct {
	P *big.Rat
	D []*big.Rat
}

// Value is a side of a claim: a number, or rows for an equation of matrices.
type Value struct {
	Num  *big.Rat
	Rows [][]*big.Rat
}

// String is the exact value, as "p/q" or "[[p/q ...] ...]".
func (v Value) String() string {
	if v.Rows == nil {
		return v.Num.RatString()
	}
	rows := make([]string, len(v.Rows))
	for k, r := range v.Rows {
		rows[k] = vector(r)
	}
	return "[" + strings.Join(rows, " ") + "]"
}

func (v Value) equal(o Value) bool { return v.String() == o.String() }

// Refusal says what in a certificate is not as it must be.
type Refusal struct {
	Place  string // such as "delta.1[0].p"; empty for the whole file
	Reason string
}

// Error implements error. It is printable, whatever the file has.
func (r *Refusal) Error() string {
	if r.Place == "" {
		return "cert: " + r.Reason
	}
	return "cert: " + r.Place + ": " + r.Reason
}

func refuse(place, format string, args ...any) error {
	return &Refusal{place, fmt.Sprintf(format, args...)}
}

// cut is a value for a refusal.
func cut(v fmt.Stringer) string { return strict.Cut(v.String()) }

// claim is what c is about, nil if there is no such claim.
func (c *Certificate) claim() *claim {
	switch c.form() {
	case printed:
		return claims[c.Claim]
	case derived:
		return derivations[c.Claim]
	case conjectured:
		return conjectures[c.Claim]
	}
	return nil
}

func (c *Certificate) form() string { return cmp.Or(c.Form, printed) }

// name is the id, with the form of one that is not printed.
func (c *Certificate) name() string {
	if f := c.form(); f != printed {
		return c.Claim + ", " + f
	}
	return c.Claim
}

// commonDenominator is the least one of all numbers but the sides.
func (c *Certificate) commonDenominator() *big.Int {
	d := big.NewInt(1)
	for _, x := range c.numbers() {
		g := new(big.Int).GCD(nil, nil, d, x.Denom())
		d.Mul(d, new(big.Int).Quo(x.Denom(), g))
	}
	return d
}

func (c *Certificate) numbers() []*big.Rat {
	all := slices.Concat(append([][]*big.Rat{c.X}, c.W...)...)
	for _, o := range c.Chain {
		all = append(all, slices.Concat(o.A...)...)
	}
	for _, laws := range []map[int]Law{c.Delta, c.Eps, c.Zeta} {
		for _, l := range laws {
			for _, o := range l {
				all = append(append(all, o.P), o.D...)
			}
		}
	}
	if c.Constants != nil {
		for _, name := range constantNames {
			all = append(all, *c.Constants.byName(name))
		}
	}
	if c.Run != nil {
		all = append(all, c.Run.numbers()...)
	}
	return all
}

// stringsOf writes numbers in lowest terms.
func stringsOf(v []*big.Rat) []string {
	s := make([]string, len(v))
	for k, x := range v {
		if x == nil {
			panic("cert: a number of the certificate is nil")
		}
		s[k] = x.RatString()
	}
	return s
}

// vector is a list of numbers for a reader, "[1 -1/2]".
func vector(v []*big.Rat) string { return "[" + strings.Join(stringsOf(v), " ") + "]" }
