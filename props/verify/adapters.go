package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/conform/adapters"
	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/trace/recorders"
)

var adaptersCommand = &command{
	synopsis: "[NAME | -write DIR]",
	what:     "Lists engines to gate and recorders for trace, or prints the file of one, to copy and edit.",
	long: `Examples:
  go run ./props/verify adapters numpy > engine.py
  go run ./props/verify gate 'python3 engine.py'
  go run ./props/verify adapters record-torch > torch_recorder.py
  go run ./props/verify adapters -write DIR
  go run ./props/verify gate "$(sh DIR/install.sh jax) float32"`,
	run: runAdapters,
}

func runAdapters(c *call) (int, error) {
	dir := c.fs.String("write", "",
		"write all engines and recorders, and install.sh, which installs an engine, into this `dir`")
	if err := c.parse(0, 1); err != nil {
		return exitUsage, err
	}
	p := &table.Printer{To: c.stdout}
	switch {
	case *dir != "" && len(c.args) > 0:
		return exitUsage, fmt.Errorf("-write writes all: unexpected argument %s", strict.Quote(c.args[0]))
	case *dir != "":
		return exitOK, writeAdapters(*dir)
	case len(c.args) == 0:
		t := table.New("name", "what", "run")
		for _, a := range adapters.All() {
			t.Add(a.Name, a.What, a.Run)
		}
		for _, r := range recorders.All() {
			t.Add(r.Name, r.What, r.Run)
		}
		p.With(t.Text)
		return exitOK, p.Err
	}
	textOf := adapters.Text
	if strings.HasPrefix(c.args[0], "record-") {
		textOf = recorders.Text
	}
	text, err := textOf(c.args[0])
	if err != nil {
		return exitUsage, err
	}
	p.F("%s", text)
	return exitOK, p.Err
}

func writeAdapters(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	all := adapters.Files()
	maps.Copy(all, recorders.Files())
	for _, name := range slices.Sorted(maps.Keys(all)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := strict.WriteFile(path, []byte(all[name])); err != nil {
			return err
		}
	}
	return nil
}
