// Package pool is the worker pool of every room: work is split by index and its
// results are merged in order, so that they do not depend on GOMAXPROCS or on who
// did what.
//
// What comes in: a number of pieces and a function of the index. What goes out: the
// results by index. It imports the standard library alone and every room may import
// it. A function that panics ends the program, as it would without the pool.
package pool
