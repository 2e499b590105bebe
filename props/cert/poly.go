package cert

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Op describes an operator f : R^in x R^nw -> R^out, polynomial in the input x
// and the weight w; matrices are row-major.
//
//	op          fields    shape     y                     weight
//	affine      in, out   in->out   W x + b               W, then b
//	linear      in, out   in->out   W x                   W
//	fixed       a         in->out   A x                   none
//	bias        n         n->n      x + w                 n
//	scale       n         n->n      w o x                 n
//	square      n         n->n      x o x                 none
//	halfsq      n         n->1      |x|^2/2               none
//	bilinear    n         n->1      <x,w>^2 + |x|^2/2     n
type Op struct {
	Op      string
	In, Out int          // affine, linear
	N       int          // bias, scale, square, halfsq, bilinear
	A       [][]*big.Rat // fixed: rows of equal length
}

// String is a short form such as "linear(1,3)" or "fixed([[1 2]])".
func (o Op) String() string {
	switch o.Op {
	case "affine", "linear":
		return fmt.Sprintf("%s(%d,%d)", o.Op, o.In, o.Out)
	case "fixed":
		rows := make([]string, len(o.A))
		for k, row := range o.A {
			rows[k] = vector(row)
		}
		return "fixed([" + strings.Join(rows, " ") + "])"
	}
	return fmt.Sprintf("%s(%d)", o.Op, o.N)
}

// term is c times the product of its variables, which may repeat.
type term struct {
	c    *big.Rat
	vars []int
}

// poly is a sum of terms with distinct monomials. Differentiation keeps them
// distinct, so terms are never merged.
type poly []term

// at is the value of p at z.
func (p poly) at(z []*big.Rat) *big.Rat {
	s := new(big.Rat)
	for _, t := range p {
		v := new(big.Rat).Set(t.c)
		for _, k := range t.vars {
			v.Mul(v, z[k])
		}
		s.Add(s, v)
	}
	return s
}

// over encloses p on the box z.
func (p poly) over(z []interval) interval {
	s := point(new(big.Rat))
	for _, t := range p {
		v := point(t.c)
		for _, k := range t.vars {
			v = v.mul(z[k])
		}
		s = s.add(v)
	}
	return s
}

// diff is the derivative of p by variable k.
func (p poly) diff(k int) poly {
	var d poly
	for _, t := range p {
		at := slices.Index(t.vars, k)
		if at < 0 {
			continue
		}
		times := int64(0)
		for _, v := range t.vars {
			if v == k {
				times++
			}
		}
		d = append(d, term{mul(times, t.c), slices.Delete(slices.Clone(t.vars), at, at+1)})
	}
	return d
}

// operator is an Op as polynomials: f[j] in the variables x_0..x_{in-1},
// w_0..w_{nw-1}, numbered in this order, and their gradients.
type operator struct {
	in, out, nw int
	f           []poly
	grad        [][]poly // grad[j][k] = df_j / d variable k
}

func newOperator(o Op) operator {
	var r operator
	one := func(vars ...int) poly { return poly{{num(1), vars}} }
	switch o.Op {
	case "affine", "linear":
		r = operator{in: o.In, out: o.Out, nw: o.In * o.Out}
		for j := range o.Out {
			var p poly
			for l := range o.In {
				p = append(p, term{num(1), []int{l, o.In + j*o.In + l}})
			}
			if o.Op == "affine" {
				p = append(p, term{num(1), []int{o.In + o.In*o.Out + j}})
			}
			r.f = append(r.f, p)
		}
		if o.Op == "affine" {
			r.nw += o.Out
		}
	case "fixed":
		r = operator{in: len(o.A[0]), out: len(o.A)}
		for _, row := range o.A {
			var p poly
			for l, a := range row {
				p = append(p, term{a, []int{l}})
			}
			r.f = append(r.f, p)
		}
	case "halfsq", "bilinear":
		r = operator{in: o.N, out: 1, f: []poly{lossPoly(o)}}
		if o.Op == "bilinear" {
			r.nw = o.N
		}
	default:
		r = operator{in: o.N, out: o.N}
		if o.Op != "square" {
			r.nw = o.N
		}
		for k := range o.N {
			switch o.Op {
			case "bias":
				r.f = append(r.f, append(one(k), one(o.N+k)...))
			case "scale":
				r.f = append(r.f, one(k, o.N+k))
			case "square":
				r.f = append(r.f, one(k, k))
			}
		}
	}
	r.grad = make([][]poly, r.out)
	for j, p := range r.f {
		for k := range r.in + r.nw {
			r.grad[j] = append(r.grad[j], p.diff(k))
		}
	}
	return r
}

// lossPoly is |x|^2/2, plus <x,w>^2 for bilinear.
func lossPoly(o Op) poly {
	var p poly
	for k := range o.N {
		p = append(p, term{big.NewRat(1, 2), []int{k, k}})
		if o.Op != "bilinear" {
			continue
		}
		p = append(p, term{num(1), []int{k, k, o.N + k, o.N + k}})
		for l := range k {
			p = append(p, term{num(2), []int{l, k, o.N + l, o.N + k}})
		}
	}
	return p
}

// forward is f(x, w), with z = (x, w).
func (o *operator) forward(z []*big.Rat) []*big.Rat {
	y := make([]*big.Rat, o.out)
	for j, p := range o.f {
		y[j] = p.at(z)
	}
	return y
}

// pullback is grad f(x, w)^T v by the variables from..to-1: J1^T v for 0..in,
// J2^T v for in..in+nw.
func (o *operator) pullback(z, v []*big.Rat, from, to int) []*big.Rat {
	g := zeros(to - from)
	for j := range o.f {
		for k := range g {
			g[k].Add(g[k], mul(1, o.grad[j][from+k].at(z), v[j]))
		}
	}
	return g
}

// jacobian2 is J2(x, w), flat by rows.
func (o *operator) jacobian2(z []*big.Rat) []*big.Rat {
	var m []*big.Rat
	for j := range o.f {
		for k := range o.nw {
			m = append(m, o.grad[j][o.in+k].at(z))
		}
	}
	return m
}
