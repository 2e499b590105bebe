package main

import (
	"errors"
	"fmt"

	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/cert/coq"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

var exportCommand = &command{
	synopsis: "-to coq FILE [-o FILE]",
	what:     "Writes a certificate as a theorem for Coq, so that nothing of this program has to be trusted.",
	long: `The file is for Coq 8.16, Debian's package coq. It names the case, and proves by computation that A3 holds with
the constants, what both sides are, and that the claim is false. The definitions to read first are in
props/cert/coq/Cascade.v; props/cert/coq/check.sh compiles the exports of all certificates.

Examples:
  coqc -Q props/cert/coq Cascade props/cert/coq/Cascade.v
  coqc -Q props/cert/coq Cascade props/cert/coq/Kernel.v
  coqc -Q props/cert/coq Cascade props/cert/coq/Runs.v     # for certificates of runs
  go run ./props/verify export -to coq testdata/certificates/eq29-past.json -o eq29_past.v
  coqc -Q props/cert/coq Cascade eq29_past.v`,
	run: runExport,
}

func runExport(c *call) (int, error) {
	var to, out string
	c.fs.StringVar(&to, "to", "", "the `language` to write: coq")
	c.fs.StringVar(&out, "o", "", "write to this `file`, not to the standard output")
	if err := c.parse(1, 1); err != nil {
		return exitUsage, err
	}
	if to != "coq" {
		return exitUsage, fmt.Errorf("-to is %s, want coq", strict.Quote(to))
	}
	path := c.args[0]
	if out != "" {
		if err := differ(path, out); err != nil {
			return exitUsage, err
		}
	}
	data, err := strict.ReadFile(path, cert.MaxBytes)
	if err != nil {
		return exitUsage, err
	}
	certificate, err := cert.Parse(data)
	if err != nil {
		return exitUsage, fmt.Errorf("%s: %w", path, err)
	}
	text, err := coq.Export(certificate)
	if err == nil {
		_, err = cert.Check(data)
	}
	var refused *cert.Refusal
	switch {
	case errors.As(err, &refused):
		fmt.Fprintf(c.stderr, "verify export: %s: refused: %v\n", path, err)
		return exitDiffers, nil
	case err != nil:
		fmt.Fprintf(c.stderr, "verify export: %s: %v\n", path, err)
		return exitDiffers, nil
	case out == "":
		_, err = c.stdout.Write(text)
		return exitOK, err
	}
	return exitOK, strict.WriteFile(out, text)
}

// differ refuses to write over what is read, and to what cannot be written.
func differ(in, out string) error {
	file, err := strict.Writable(out)
	if err != nil {
		return fmt.Errorf("-o %s: %w", strict.Cut(out), err)
	}
	if target, err := strict.Target(in); err == nil && file != "" && target == file {
		return fmt.Errorf("-o %s is the same file as %s", strict.Cut(out), strict.Cut(in))
	}
	return nil
}
