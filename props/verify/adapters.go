package main

import (
	"github.com/cascade-sgd/cascade/props/conform/adapters"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

var adaptersCommand = &command{
	synopsis: "[NAME | install]",
	what:     "Lists engines that are ready to be gated, or prints the file of one, to copy and edit.",
	long: `Examples:
  go run ./props/verify adapters numpy > engine.py
  go run ./props/verify gate 'python3 engine.py'
  go run ./props/verify adapters install > install.sh   the script that installs what they need`,
	run: runAdapters,
}

func runAdapters(c *call) (int, error) {
	if err := c.parse(0, 1); err != nil {
		return exitUsage, err
	}
	p := &table.Printer{To: c.stdout}
	if len(c.args) == 0 {
		t := table.New("name", "what", "run")
		for _, a := range adapters.All() {
			t.Add(a.Name, a.What, a.Run)
		}
		p.With(t.Text)
		return exitOK, p.Err
	}
	text := adapters.Install()
	if c.args[0] != "install" {
		var err error
		if text, err = adapters.Text(c.args[0]); err != nil {
			return exitUsage, err
		}
	}
	p.F("%s", text)
	return exitOK, p.Err
}
