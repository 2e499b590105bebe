package recorders

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.py
var files embed.FS

// Recorder is one file.
type Recorder struct {
	Name string // for Text
	File string // in this folder
	What string // in one line
	Run  string // how it is used
}

// All lists the files.
func All() []Recorder {
	return []Recorder{
		{"record-torch", "torch_recorder.py", "records PyTorch while it trains an nn.Sequential",
			"from torch_recorder import Recorder"},
		{"record-jax", "jax_recorder.py", "records JAX, compiled or not", "from jax_recorder import Recorder"},
		{"record-numpy", "numpy_recorder.py", "records passes by hand", "from numpy_recorder import Recorder"},
		{"record-any", "recorder.py", "writes records from arrays, with NumPy alone", "from recorder import Recorder"},
		{"record-digits", "digits.py", "trains with a planted cause, to try trace on; wants the others beside it",
			"python3 digits.py torch bf16 flip DIR"},
	}
}

// The lines by which a recorder takes what it shares with the others: one that gives the writer another name.
var shared = map[string]string{
	"from recorder import Recorder as Writer\n": "\nWriter = Recorder  # of recorder.py, above\n",

	"from recorder import Recorder  # noqa: F401, for those who import this file\n": "",
}

// Text is the file of this name, complete: what it shares is in it.
func Text(name string) (string, error) {
	var names []string
	for _, r := range All() {
		names = append(names, r.Name)
		if r.Name != name {
			continue
		}
		text := read(r.File)
		for line, instead := range shared {
			if before, after, found := strings.Cut(text, line); found {
				text = before + "# ---- recorder.py\n" + read("recorder.py") + "# ---- " + r.File + "\n" + instead + after
			}
		}
		return text, nil
	}
	return "", fmt.Errorf("recorders: no recorder %.80q, want one of %s", name, strings.Join(names, ", "))
}

// Files are all files, as they are edited.
func Files() map[string]string {
	all := map[string]string{}
	for _, r := range All() {
		all[r.File] = read(r.File)
	}
	return all
}

func read(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("recorders: " + err.Error()) // a file that All names and nobody embedded
	}
	return string(b)
}
