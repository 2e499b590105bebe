// Package adapters holds engines that other people build, made ready for the gate: one short
// file each, to copy and edit. In comes the name of one; out comes its file, complete.
// ADAPTERS.md in props/pages says what the gate finds in each. The command may import it; it
// imports the standard library alone.
//
// The files are here as they are edited: those in Python share serve.py, those in JavaScript
// serve.mjs, which Text puts into each; those in Go (folder go) have the build tag ignore:
// they are built in a module of their own, with the versions of engines.mod. install.sh
// installs what one needs, in versions that are known to work.
//
// # Bad input
//
// A name that is not on the list gives an error that names it and the list.
package adapters
