// Package draw makes pictures of the experiments of package logistic, one for each panel,
// as SVG and PNG: the oracle as a line, the simulation as dots with their spread, the
// interval of the oracle as a band, plateaus dashed.
//
// What comes in: a logistic.Result. What goes out: bytes of files. It is the one package
// that imports gonum.org/v1/plot; the command imports it. The colours are those of Okabe
// and Ito, which are told apart without red or green, and every curve has a mark of its
// own, for print in black.
//
// # Bad input
//
// Nothing here reads data from outside. A Result without a point of its figures panics.
package draw
