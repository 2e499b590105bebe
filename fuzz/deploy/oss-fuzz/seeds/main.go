// Command seeds writes the inputs of a corpus of go test, one list of bytes a file, as the
// files of bytes that libFuzzer reads: seeds FROM TO. It imports the standard library
// alone; build.sh calls it.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: seeds FROM TO")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "seeds:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			return err
		}
		_, quoted, ok := strings.Cut(strings.TrimSpace(string(text)), "\n[]byte(")
		data, err := strconv.Unquote(strings.TrimSuffix(quoted, ")"))
		if !ok || err != nil {
			return fmt.Errorf("%s is no list of bytes", e.Name())
		}
		if err := os.WriteFile(filepath.Join(to, e.Name()), []byte(data), 0o644); err != nil {
			return err
		}
	}
	return nil
}
