package core

import (
	"fmt"
	"math"
)

// Regularizer is R(w); r_i = grad R by w_i is never perturbed (5d).
//
//	kind        R(w)                            r_j
//	none        0                               0
//	l2          rho |w|^2                       2 rho w_j
//	nonconvex   rho sum_j w_j^2/(1+w_j^2)       2 rho w_j/(1+w_j^2)^2
//
// The zero value is none.
type Regularizer struct {
	Kind string  `json:"kind"`
	Rho  float64 `json:"rho,omitempty"`
}

// Check returns an error that names an unknown kind, or a rho that is
// negative or not finite.
func (r Regularizer) Check() error {
	switch r.Kind {
	case "", "none":
		if r.Rho != 0 {
			return fmt.Errorf("core: regularizer \"none\" with rho %v", r.Rho)
		}
		return nil
	case "l2", "nonconvex":
		if !(r.Rho >= 0) || math.IsInf(r.Rho, 0) {
			return fmt.Errorf("core: regularizer %q: rho is %v, want finite and >= 0", r.Kind, r.Rho)
		}
		return nil
	}
	return fmt.Errorf("core: unknown regularizer %.80q, want none, l2 or nonconvex", r.Kind)
}

// must panics on the error of Check.
func (r Regularizer) must() {
	if err := r.Check(); err != nil {
		panic(err.Error())
	}
}

// Value is R(w). It panics on the error of Check.
func (r Regularizer) Value(w []float64) float64 {
	r.must()
	sum := 0.0
	switch r.Kind {
	case "l2":
		for _, v := range w {
			sum += float64(v * v)
		}
	case "nonconvex":
		for _, v := range w {
			q := float64(v * v)
			sum += q / (1 + q)
		}
	}
	return r.Rho * sum
}

// Grad is the component r_j at w_j = v. It panics on the error of Check.
func (r Regularizer) Grad(v float64) float64 {
	r.must()
	return r.grad(v)
}

func (r Regularizer) grad(v float64) float64 {
	switch r.Kind {
	case "l2":
		return float64(2 * r.Rho * v)
	case "nonconvex":
		q := 1 + float64(v*v)
		return 2 * r.Rho * v / float64(q*q)
	}
	return 0
}

// Step is (5d): w <- w - g (u + r(w)), in place. It panics when the lengths
// differ and on the error of r.Check.
func Step(w, u []float64, g float64, r Regularizer) {
	if len(w) != len(u) {
		panic(fmt.Sprintf("core: step of %d weights with a gradient of %d", len(w), len(u)))
	}
	r.must()
	switch r.Kind {
	case "", "none":
		for k, uk := range u {
			w[k] -= float64(g * uk)
		}
	case "l2", "nonconvex":
		for k, uk := range u {
			w[k] -= float64(g * (uk + r.grad(w[k])))
		}
	}
}
