package adapters

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed *.py install.sh
var files embed.FS

// Adapter is one engine.
type Adapter struct {
	Name string // for Text and install.sh
	File string // in this folder
	What string // in one line
	Run  string // how it is run, with what it may be told
}

// All lists the adapters.
func All() []Adapter {
	return []Adapter{
		{"numpy", "numpy_engine.py", "NumPy, gradients by hand; a beginning for an engine of your own",
			"python3 numpy_engine.py [float64|float32|float16]"},
	}
}

// shared is the line by which an engine in Python takes what it shares with others.
var shared = regexp.MustCompile(`(?m)^from serve import .*\n`)

// Text is the file of the adapter of this name, complete: what it shares is in it.
func Text(name string) (string, error) {
	var names []string
	for _, a := range All() {
		names = append(names, a.Name)
		if a.Name != name {
			continue
		}
		text := read(a.File)
		if !strings.HasSuffix(a.File, ".py") {
			return text, nil
		}
		cut := shared.FindStringIndex(text)
		if cut == nil {
			return text, nil
		}
		line := strings.Repeat("#", 20)
		return text[:cut[0]] + line + " the protocol\n" + read("serve.py") + "\n" + line + " the engine\n" +
			text[cut[1]:], nil
	}
	return "", fmt.Errorf("adapters: no adapter %.80q, want one of %s", name, strings.Join(names, ", "))
}

// Install is the script that installs what an adapter needs.
func Install() string { return read("install.sh") }

func read(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("adapters: " + err.Error()) // a file that All names and nobody embedded
	}
	return string(b)
}
