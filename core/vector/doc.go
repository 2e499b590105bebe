// Package vector has the loops in which full-batch runs of a regression and steps of wide layers
// spend their time, four numbers at a time where the processor can (AVX2 on amd64):
//
//	Slopes, TwoSlopes   s_k = 1/(1+exp(-a_k)), and the same of a_k + delta
//	Combine             y = sum_j w_j x_j, of columns x_j
//	AddOuter            m_jk <- m_jk + (alpha v_j) x_k, the update of a layer
//	Pairs, Sums         sum_k v_k x_jk for ten rows at once, of one v or of two
//
// In come slices of float64, out go slices of float64; a length that does not fit panics with the
// prefix "vector:". It imports the standard library alone; core and the rooms may import it.
//
// # Bits
//
// Each element is what the formula in Go gives, rounded after every product and every sum: lanes of
// a register are elements, never parts of one sum, and no product is fused with a sum. So the bits
// are those of the Go code beside each loop, which other processors run, and Combine, AddOuter and
// Sums add in the order of gonum's Dgemv and Dger on amd64, whose bits they have.
package vector
