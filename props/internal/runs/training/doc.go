// Package training trains on real data in low precision and checks the claims about one
// step along the way.
//
// What comes in: findings of a search, whose claims are checked, and a seed. What goes
// out: a Result for each run: losses, the measured error beside Theorem 1's bounds, the
// largest ratio of each claim. It imports search and what is below; the report imports
// it. The data are part of the binary; an error says that they cannot be read.
package training
