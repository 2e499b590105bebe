// Package recorders has the files that write a recorded run (props/trace/FORMAT.md) from
// PyTorch, JAX and NumPy, and a training run with planted causes to try them on.
//
// What comes in: nothing. What goes out: the text of the files, for the command, which
// prints them. They need nothing of this module to run. It imports the standard library
// alone; verify imports it.
//
//	recorder.py        the writer, which the others share
//	torch_recorder.py  hooks on an nn.Sequential
//	jax_recorder.py    states out of a compiled pass
//	numpy_recorder.py  passes by hand
//	digits.py          the digits network with a planted cause, in each of the three
//
// godigits is the same training run by the engine of package core, recorded from Go.
//
// testdata has four short runs of digits.py with PyTorch 2.15.0:
//
//	digits.py torch FORMAT CAUSE DIR -steps 12 -hidden 8 8 8 -samples 4 -pool -compress -gamma 0.1
//	digits.py torch float32 flip DIR -steps 24 -at 21 -hidden 4 4 4 -samples 4 -pool -compress -gamma 0.1
package recorders
