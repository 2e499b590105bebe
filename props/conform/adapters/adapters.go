package adapters

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

//go:embed *.py *.mjs cpp go rust known install.sh
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
		{"numpy", "numpy_engine.py", "NumPy, gradients by hand: to begin with",
			"python3 numpy_engine.py [float64|float32|float16]"},
		{"autograd", "autograd_engine.py", "HIPS autograd", "python3 autograd_engine.py [float64|float32]"},
		{"jax", "jax_engine.py", "JAX on the CPU, chains or operators compiled, or nothing",
			"python3 jax_engine.py [float64|float32|bfloat16|float16] [jit|operators|eager]"},
		{"eigen", "cpp/eigen_engine.cpp", "C++ with Eigen, gradients by hand", "engine [float64|float32]"},
		{"node", "node_engine.mjs", "Node without packages, gradients by hand",
			"node node_engine.mjs [float64|float32|mixed]"},
		{"tfjs", "tfjs_engine.mjs", "TensorFlow.js, its CPU backend in JavaScript, float32", "node tfjs_engine.mjs"},
		{"candle", "rust/candle_engine.rs", "Rust with candle on the CPU",
			"candle_engine [float64|float32|bfloat16|float16]"},
		{"tinygrad", "tinygrad_engine.py", "tinygrad on the CPU, operators or chains compiled",
			"python3 tinygrad_engine.py [float32|float64] [operators|chain]"},
		{"gomlx", "go/gomlx_engine.go", "GoMLX on its backend in pure Go", "engine [float64|float32]"},
		{"spago", "go/spago_engine.go", "spago", "engine [float64|float32]"},
		{"gorgonia", "go/gorgonia_engine.go", "Gorgonia", "engine [float64|float32]"},
		{"torch", "torch_engine.py", "PyTorch on the CPU",
			"python3 torch_engine.py [float64|float32|bfloat16|float16]"},
	}
}

// shared is the line by which an engine in Python or JavaScript takes what it shares with
// others in its language.
var shared = regexp.MustCompile(`(?m)^(?:from serve import .*|import .* from "\./serve\.mjs";)\n`)

// Text is the file of the adapter of this name, complete: what it shares is in it.
func Text(name string) (string, error) {
	var names []string
	for _, a := range All() {
		names = append(names, a.Name)
		if a.Name != name {
			continue
		}
		text := read(a.File)
		cut := shared.FindStringIndex(text)
		if cut == nil {
			return text, nil // shares nothing
		}
		line, serve := strings.Repeat("#", 20), "serve.py"
		if strings.HasSuffix(a.File, ".mjs") {
			line, serve = strings.Repeat("/", 20), "serve.mjs"
		}
		protocol := line + " the protocol\n" + read(serve) + "\n" + line + " the engine\n"
		return text[:cut[0]] + protocol + text[cut[1]:], nil
	}
	return "", fmt.Errorf("adapters: no adapter %.80q, want one of %s", name, strings.Join(names, ", "))
}

// Files are all files of this folder that are not Go: the engines as they are edited, what
// they share, and install.sh, which installs what they need.
func Files() map[string]string {
	all := map[string]string{}
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all[path] = read(path)
		}
		return err
	})
	if err != nil {
		panic("adapters: " + err.Error()) // what is embedded can be read
	}
	return all
}

func read(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("adapters: " + err.Error()) // a file that All names and nobody embedded
	}
	return string(b)
}
