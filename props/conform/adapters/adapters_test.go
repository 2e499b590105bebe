package adapters

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/conform/wire"
)

// TestText: every adapter is there, complete, and fits a screen or two without what it shares.
func TestText(t *testing.T) {
	for _, a := range All() {
		text, err := Text(a.Name)
		complete := !strings.Contains(text, "from serve import") && strings.Contains(text, "def serve(")
		if err != nil || !complete && strings.HasSuffix(a.File, ".py") {
			t.Errorf("%s: %v, or it is not complete", a.Name, err)
		}
		if n := strings.Count(read(a.File), "\n"); n > 230 {
			t.Errorf("%s has %d lines", a.File, n)
		}
		if !strings.Contains(Files()["install.sh"], "\n"+a.Name+")") {
			t.Errorf("install.sh does not know %s", a.Name)
		}
	}
	if _, err := Text("numpyy"); err == nil || !strings.Contains(err.Error(), "numpyy") {
		t.Errorf("error %v", err)
	}
}

// TestNumPy gates the file that a user copies, where NumPy is installed: the fixed cases of
// a few rules in each precision. `.ci/run` gates it as a whole.
func TestNumPy(t *testing.T) {
	python := os.Getenv("CASCADE_PYTHON")
	if python == "" {
		python = "python3"
	}
	var stderr bytes.Buffer
	probe := exec.Command(python, "-c", "import numpy")
	probe.Stderr = &stderr
	if err := probe.Run(); err != nil {
		t.Skipf("no NumPy for %s (CASCADE_PYTHON names another one): %v: %s", python, err,
			strings.TrimSpace(stderr.String()))
	}
	text, err := Text("numpy")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "engine.py")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, precision := range []string{"float64", "float32", "float16"} {
		e := wire.Command([]string{python, file, precision}, nil)
		r := conform.Run(e.Factory, e.Options(&conform.Options{
			Cases: 2, Rules: []string{"operators", "step", "trace", "batch", "run"},
		}))
		if err := r.Err(); err != nil || len(r.Skipped()) > 0 {
			t.Errorf("%s: %v, skipped %v", precision, err, r.Skipped())
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}
