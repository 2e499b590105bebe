package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExport: a certificate becomes a theorem, on the standard output or in a file, and what
// cannot become one is said.
func TestExport(t *testing.T) {
	const good = "../../testdata/certificates/eq29-past.json"
	code, stdout, stderr := verify("export", "-to", "coq", good)
	if code != exitOK || stderr != "" || !strings.Contains(stdout, "\nTheorem refuted : ~ holds Eq29 Past.\n") {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	dir := t.TempDir()
	out := filepath.Join(dir, "eq29.v")
	if code, _, stderr := verify("export", good, "-o", out, "-to", "coq"); code != exitOK || stderr != "" {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if written := must(os.ReadFile(out)); string(written) != stdout {
		t.Errorf("-o writes another text:\n%s", written)
	}
	certificate := must(os.ReadFile(good))
	wrong := file(t, "wrong.json", string(bytes.Replace(certificate, []byte(`"lhs": "4"`), []byte(`"lhs": "5"`), 1)))
	copied := file(t, "copy.json", string(certificate))
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-to", "coq"}, exitUsage, "0 arguments"},
		{[]string{good}, exitUsage, `-to is "", want coq`},
		{[]string{"-to", "lean", good}, exitUsage, `-to is "lean", want coq`},
		{[]string{"-to", "coq", "export.go"}, exitUsage, "export.go: "},
		{[]string{"-to", "coq", good, "-o", filepath.Join(dir, "no", "out.v")}, exitUsage, "its directory is not there"},
		{[]string{"-to", "coq", copied, "-o", copied}, exitUsage, "is the same file as"},
		{[]string{"-to", "coq", wrong}, exitDiffers, "refused: cert: lhs: "},
		{[]string{"-to", "coq", "../../testdata/certificates/eq48sum.json"}, exitDiffers, "the logarithm"},
	} {
		code, stdout, stderr := verify(append([]string{"export"}, c.args...)...)
		if code != c.code || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("export %q: exit %d, %s%s, want %d, %q", c.args, code, stdout, stderr, c.code, c.want)
		}
	}
}
