// Package strict reads data from outside and writes output files. It is the one
// reader for all that comes in: certificates, saved cases, reports, requests and
// replies of engines, recorded runs; and the one writer for all files that go out.
//
// In comes a path, a reader or bytes, and a size cap; out comes a Go value that says
// all that the data says, or an error. Data is one JSON value and nothing after it,
// and has no unknown, repeated or otherwise cased key at any depth: encoding/json
// takes the last of two equal keys, takes "CLAIM" for "claim" and null for 0.
//
// Every room may import it. It imports the standard library alone.
//
// # Bad input
//
// Data gives an error that names line, column and path of the value, and quotes at
// most [MaxQuoted] characters of it; the receiver is left as it was. Size, depth and
// digits are capped before they cost anything, and no file or pipe is waited for
// longer than [Patience] at a time. A receiver that is not a pointer, or a type that
// no data can be read into, is misuse and panics with the prefix "strict:".
package strict
