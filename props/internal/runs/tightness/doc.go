// Package tightness says how much of a bound can be used, where that can be computed
// without a search: for Theorem 1 by N, C and Lf, from above and from below.
//
// What comes in: nothing; the grids are its own. What goes out: a page. It imports
// bounds and table; the report imports it.
package tightness
