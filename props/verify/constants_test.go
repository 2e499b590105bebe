package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConstants: a witness on record, a worse one, the first of a bound, one that is refused, and
// what is none.
func TestConstants(t *testing.T) {
	const file = "../../testdata/constants/thm1-n2-c1-lf1.json"
	text := string(must(os.ReadFile(file)))
	dir := t.TempDir()
	write := func(from, to string) string {
		path := filepath.Join(dir, "w.json")
		if err := os.WriteFile(path, []byte(strings.NewReplacer(from, to, `"361/256"`, `"25/16"`, `"57/16"`, `"4"`).
			Replace(text)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		path string
		code int
		want string
	}{
		{file, exitDiffers, "left/right = 0.39583333, as the one on record; 0.39583333 is proved to do, PROOFS.md (2.8)"},
		{write(`"3/16"`, `"1/4"`), exitDiffers,
			"left/right = 0.390625, not better than the one on record, which has 0.39583333"},
		{"../../testdata/certificates/thm2-past.json", exitOK, "the first witness of this bound; no upper end is known"},
	} {
		if code, stdout, stderr := verify("constants", c.path); code != c.code || !strings.Contains(stdout, c.want) {
			t.Errorf("%s: exit %d, %s%s", c.path, code, stdout, stderr)
		}
	}
	if code, _, stderr := verify("constants", write(`"3/16"`, `"1/8"`)); code != exitDiffers ||
		!strings.Contains(stderr, "refused: cert: lhs: stated as 25/16") {
		t.Errorf("wrong sides: exit %d, %s", code, stderr)
	}
	if code, _, stderr := verify("constants", write(`"claim"`, `"clam"`)); code != exitUsage ||
		!strings.Contains(stderr, "clam") {
		t.Errorf("no witness: exit %d, %s", code, stderr)
	}
}
