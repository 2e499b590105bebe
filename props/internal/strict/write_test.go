package strict

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func contents(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// alone fails t unless the directory has these names and no others, such as that of a
// temporary file.
func alone(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	if strings.Join(have, " ") != strings.Join(names, " ") {
		t.Errorf("in the directory: %q, want %q", have, names)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "report.json")
	for _, data := range []string{"first", "a second one", "", "x"} {
		if err := WriteFile(name, []byte(data)); err != nil {
			t.Fatal(err)
		}
		if got := contents(t, name); got != data {
			t.Errorf("have %q, want %q", got, data)
		}
	}
	alone(t, dir, "report.json")
	for _, c := range []struct{ name, want string }{
		{dir, "is a directory"},
		{filepath.Join(dir, "none", "report.json"), "no such file"},
		{filepath.Join(name, "report.json"), "not a directory"},
	} {
		if err := WriteFile(c.name, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", c.name, err, c.want)
		}
	}
	alone(t, dir, "report.json")
}
