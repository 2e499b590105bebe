package fuzz

import (
	"bytes"
	"errors"
	"io/fs"
	"testing"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/props/cert"
)

// FuzzCertificate: any bytes are refused with a reason, or are a certificate that
// its canonical form says again. A changed byte rarely leaves the sides right, so
// what parses is tried with its own sides as well. Most inputs are too long to
// minimise: give -fuzzminimizetime 0x, or a campaign does little else.
func FuzzCertificate(f *testing.F) {
	for _, seed := range certificates(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := cert.Check(data)
		if again, second := cert.Check(data); (again == nil) != (r == nil) ||
			(err != nil && second.Error() != err.Error()) {
			t.Fatalf("%v at first, then %v", err, second)
		}
		if err == nil {
			replays(t, r)
		} else {
			refusal(t, err)
		}
		c, err := cert.Parse(data)
		if err != nil {
			refusal(t, err)
			return
		}
		if err := c.Fill(); err != nil {
			refusal(t, err)
			return
		}
		b, err := c.Marshal()
		if err != nil {
			refusal(t, err)
			return
		}
		if r, err = cert.Check(b); err != nil {
			t.Fatalf("written, then refused: %v\n%s", err, b)
		}
		replays(t, r)
	})
}

func certificates(tb testing.TB) (files [][]byte) {
	tb.Helper()
	names, err := fs.Glob(cascade.Testdata, "testdata/certificates/*.json")
	if err != nil || len(names) == 0 {
		tb.Fatalf("no certificates: %v", err)
	}
	for _, name := range names {
		b, err := cascade.Testdata.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		files = append(files, b)
	}
	return files
}

func refusal(t *testing.T, err error) {
	t.Helper()
	var r *cert.Refusal
	if !errors.As(err, &r) || r.Reason == "" {
		t.Fatalf("error %#v, want a *Refusal with a reason", err)
	}
}

// replays fails t unless the canonical form of an accepted certificate is accepted
// with the same report, and is its own canonical form.
func replays(t *testing.T, r *cert.Report) {
	t.Helper()
	if r.Verdict != cert.Refuted {
		t.Fatalf("accepted with verdict %q", r.Verdict)
	}
	b, err := r.Certificate.Marshal()
	if err != nil {
		t.Fatalf("accepted, but has no canonical form: %v", err)
	}
	again, err := cert.Check(b)
	if err != nil {
		t.Fatalf("accepted, but not in canonical form: %v\n%s", err, b)
	}
	if r.String() != again.String() {
		t.Fatalf("report\n%s\nand in canonical form\n%s", r, again)
	}
	if c, err := again.Certificate.Marshal(); err != nil || !bytes.Equal(b, c) {
		t.Fatalf("canonical form\n%s\nof which the canonical form is (%v)\n%s", b, err, c)
	}
}
