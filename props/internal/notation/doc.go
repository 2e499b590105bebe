// Package notation writes statements of claims, which are in the notation of theory.md,
// as HTML whose formulas are MathML.
//
// What comes in: a statement, words and formulas mixed, such as "E|U-u|^2 <= 2C^2
// sum_{i<N} E|V_i-v_i|^2, i < N". What goes out: HTML; a long formula is cut at its
// relations and sums into several <math> elements, so that a line can break there. It
// imports the standard library alone; rooms that write pages import it.
//
// Libraries that make MathML read LaTeX; a way from this notation to LaTeX would be as
// long as the one to MathML is.
//
// # Bad input
//
// Every text gives HTML that is well formed: what is not understood is shown as it is.
package notation
