package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRun: each file of the corpus is written as its bytes, whatever they are; a file that is
// none of go test's is an error that names it.
func TestRun(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "a", "b")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(from, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{"empty": "", "bytes": "a\x00\xff\n\")(", "words": "more words"}
	write("empty", "go test fuzz v1\n[]byte(\"\")\n")
	write("bytes", `go test fuzz v1`+"\n"+`[]byte("a\x00\xff\n\")(")`+"\n")
	write("words", "go test fuzz v1\n[]byte(\"more words\")")
	if err := run(from, to); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(to)
	if err != nil || len(entries) != len(want) {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for name, bytes := range want {
		if got, err := os.ReadFile(filepath.Join(to, name)); err != nil || string(got) != bytes {
			t.Errorf("%s: %q, %v, want %q", name, got, err, bytes)
		}
	}
	for _, text := range []string{"", "go test fuzz v1\nstring(\"x\")\n", "go test fuzz v1\n[]byte(x)\n",
		"go test fuzz v1\n[]byte(\"x\n", "[]byte(\"x\")"} {
		write("words", text)
		if err := run(from, to); err == nil || !strings.HasPrefix(err.Error(), "words is no list of bytes") {
			t.Errorf("%q: error %v", text, err)
		}
	}
	if err := run(filepath.Join(from, "none"), to); err == nil {
		t.Error("a folder that is not there")
	}
	if err := run(from, filepath.Join(from, "words")); err == nil {
		t.Error("a file for a folder")
	}
}
