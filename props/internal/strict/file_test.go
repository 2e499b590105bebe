package strict

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// impatient makes a test wait for a short time only.
func impatient(t *testing.T, idle, all time.Duration) {
	t.Helper()
	t.Cleanup(SetPatience(idle, all))
}

// broken is a reader that fails.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken") }

func TestRead(t *testing.T) {
	for _, c := range []struct {
		data string
		max  int64
		want string
	}{
		{"", 0, ""},
		{"abc", 3, ""},
		{"abc", 4, ""},
		{"abc", 2, "more than 2 bytes"},
		{"a", 0, "more than 0 bytes"},
	} {
		got, err := Read(strings.NewReader(c.data), c.max)
		if c.want == "" && (err != nil || string(got) != c.data) || c.want != "" &&
			(err == nil || err.Error() != c.want || got != nil) {
			t.Errorf("%q, at most %d: %q, %v", c.data, c.max, got, err)
		}
	}
	if _, err := Read(broken{}, 1); err == nil || err.Error() != "broken" {
		t.Errorf("error %v", err)
	}
	// Nothing above the cap is read.
	if _, err := Read(io.MultiReader(strings.NewReader("abcd"), broken{}), 3); err == nil ||
		err.Error() != "more than 3 bytes" {
		t.Errorf("error %v", err)
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	if err := os.WriteFile(name, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadFile(name, 3); err != nil || string(got) != "abc" {
		t.Errorf("%q, %v", got, err)
	}
	for _, c := range []struct{ name, want string }{
		{name, "file: more than 2 bytes"},
		{dir, "is a directory"},
		{filepath.Join(dir, "none"), "no such file"},
	} {
		if got, err := ReadFile(c.name, 2); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, error %v, want %q in it", c.name, got, err, c.want)
		}
	}
}

// TestGrows: a file that grows after it was opened is capped all the same.
func TestGrows(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(name, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.WriteFile(name, bytes.Repeat([]byte("x"), 5), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(f); err == nil || !strings.Contains(err.Error(), "more than 4 bytes") {
		t.Errorf("%q, %v", got, err)
	}
}
