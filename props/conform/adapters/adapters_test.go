package adapters

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
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
		if !installs(a.Name) {
			t.Errorf("install.sh does not know %s", a.Name)
		}
	}
	_, err := Text("numpyy")
	if err == nil || !strings.Contains(err.Error(), `no adapter "numpyy"`) {
		t.Fatalf("error %v", err)
	}
	for _, a := range All() {
		if !strings.Contains(err.Error()+",", " "+a.Name+",") {
			t.Errorf("%v: %s is not among those that there are", err, a.Name)
		}
	}
}

// installs reports whether install.sh knows a name: alone in its case, or among others.
func installs(name string) bool {
	return regexp.MustCompile(`(?m)^([a-z]+ \| )*` + name + `( \| [a-z]+)*\)`).MatchString(Files()["install.sh"])
}

// TestComplete: an engine in Python or JavaScript is its file with serve.py or serve.mjs in
// the place of the line that imports it, nothing more or less; others are their files.
func TestComplete(t *testing.T) {
	for _, a := range All() {
		source := read(a.File)
		text, err := Text(a.Name)
		if err != nil {
			t.Error(err)
		}
		first, serve, mark := "from serve import ", "serve.py", "#"
		if strings.HasSuffix(a.File, ".mjs") {
			first, serve, mark = "import { serve, Unsupported } from ", "serve.mjs", "/"
		}
		if strings.HasSuffix(a.File, ".py") || strings.HasSuffix(a.File, ".mjs") {
			before, rest, imports := strings.Cut(source, first)
			_, after, _ := strings.Cut(rest, "\n")
			protocol, ok := strings.CutPrefix(text, before)
			protocol, end := strings.CutSuffix(protocol, after)
			line := strings.Repeat(mark, 20)
			if !imports || !ok || !end ||
				protocol != line+" the protocol\n"+read(serve)+"\n"+line+" the engine\n" {
				t.Errorf("%s is not %s with %s in it", a.Name, a.File, serve)
			}
		} else if text != source || source == "" {
			t.Errorf("%s is not %s", a.Name, a.File)
		}
		if Files()[a.File] != source {
			t.Errorf("the files have another %s", a.File)
		}
	}
	for name, text := range Files() {
		if text == "" || strings.HasSuffix(name, ".go") && path.Dir(name) != "go" {
			t.Errorf("%s has %d bytes", name, len(text))
		}
	}
}

// TestNotEmbedded: a file that All names and nobody embedded is a mistake in this package that shows.
func TestNotEmbedded(t *testing.T) {
	defer func() {
		if r := recover(); !strings.Contains(fmt.Sprint(r), "adapters: ") || !strings.Contains(fmt.Sprint(r), "nobody.py") {
			t.Errorf("recovered %v", r)
		}
	}()
	read("nobody.py")
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
	gated(t, "numpy", python, "engine.py", "float64", "float32", "float16")
}

// TestNode does the same for the engine in JavaScript, where Node is installed.
func TestNode(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no Node: ", err)
	}
	gated(t, "node", node, "engine.mjs", "float64", "float32", "mixed")
}

// gated asks the file that a user copies a few rules, in the first precision more of them.
func gated(t *testing.T, name, program, file string, precisions ...string) {
	t.Helper()
	text, err := Text(name)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	rules := []string{"operators", "step", "trace", "batch", "run"}
	for k, precision := range precisions {
		if k == 1 {
			rules = rules[:1]
		}
		e := wire.Command([]string{program, file, precision}, nil)
		r := conform.Run(e.Factory, e.Options(&conform.Options{Cases: 2, Rules: rules}))
		if err := r.Err(); err != nil || len(r.Skipped()) > 0 {
			t.Errorf("%s: %v, skipped %v", precision, err, r.Skipped())
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}
