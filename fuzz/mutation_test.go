package fuzz

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// ratchet are the rows of mutation.ratchet by package: mutants that no test kills, mutants whose
// tests take too long; nil for a package that was not measured.
func ratchet(t *testing.T) map[string][]int {
	t.Helper()
	rows := map[string][]int{}
	for line := range strings.Lines(string(read(t, "deploy/mutation.ratchet"))) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		if _, twice := rows[words[0]]; twice {
			t.Errorf("%s is there twice", words[0])
		}
		rows[words[0]] = nil
		if slices.Equal(words[1:], []string{"-"}) {
			continue
		}
		for _, w := range words[1:] {
			n, err := strconv.Atoi(w)
			if err != nil || n < 0 {
				t.Errorf("%q: %v", line, err)
			}
			rows[words[0]] = append(rows[words[0]], n)
		}
		if len(rows[words[0]]) != 2 {
			t.Errorf("%q: want a package and two numbers, or -", line)
		}
	}
	return rows
}

// tested are the packages of this module that have code and tests.
func tested(t *testing.T) (packages []string) {
	t.Helper()
	has := map[string][2]bool{}
	err := fs.WalkDir(os.DirFS(".."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if d.IsDir() && path != "." {
			if _, err := os.Stat(filepath.Join("..", path, "go.mod")); err == nil || strings.HasPrefix(d.Name(), ".") ||
				d.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		h := has[dir]
		if strings.HasSuffix(path, "_test.go") {
			h[1] = true
		} else {
			h[0] = h[0] || d.Name() != "doc.go"
		}
		has[dir] = h
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, h := range has {
		if h == [2]bool{true, true} {
			packages = append(packages, dir)
		}
	}
	slices.Sort(packages)
	return packages
}

// TestRatchetHasAll: each package that has code and tests is in mutation.ratchet, measured or
// said not to be, and the weekly lane takes what is measured and names the others.
func TestRatchetHasAll(t *testing.T) {
	rows, have := ratchet(t), tested(t)
	for _, p := range have {
		if _, ok := rows[p]; !ok {
			t.Errorf("mutation.ratchet lacks %s: measure it, or add '%s -'", p, p)
		}
	}
	var measured, not []string
	for p, n := range rows {
		if !slices.Contains(have, p) {
			t.Errorf("mutation.ratchet has %s, which has no tests or is not there", p)
		}
		if n == nil {
			not = append(not, p)
		} else {
			measured = append(measured, p)
		}
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	out, err := exec.Command(bash, "deploy/mutation.sh", "-measured").Output()
	var list []string
	if err != nil || json.Unmarshal(out, &list) != nil || len(list) == 0 || !same(list, measured) {
		t.Errorf("-measured: %v, %s, want %v", err, out, measured)
	}
	out, err = exec.Command(bash, "deploy/mutation.sh", "-unmeasured").Output()
	if err != nil || !same(strings.Fields(string(out)), not) {
		t.Errorf("-unmeasured: %v, %s, want %v", err, out, not)
	}
	lane := string(read(t, "../.github/workflows/weekly.yml"))
	for _, part := range []string{"mutation.sh -measured", "mutation.sh -unmeasured", `mutation.sh "$PACKAGE"`} {
		if !strings.Contains(lane, part) {
			t.Errorf("the weekly lane does not call %s", part)
		}
	}
}

func same(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// TestRatchet: what mutation.sh says of mutants that are known, and which of that fails.
func TestRatchet(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	dir := t.TempDir()
	record := filepath.Join(dir, "ratchet")
	if err := os.WriteFile(record, []byte("# package\nprops/claim 3 1\nprops/report -\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	gremlins := filepath.Join(dir, "gremlins")
	// The tests are not built here; their results must not come from the cache.
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte("#!/bin/sh\nexit 0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	for _, c := range []struct {
		name, of                       string
		killed, lived, notCovered, out int
		green                          bool
		says                           string
	}{
		{"as on record", "props/claim", 9, 2, 1, 1, true, "as on record"},
		{"one more lives", "props/claim", 8, 3, 1, 1, false, "on record are 3 that no test kills"},
		{"a test is gone", "props/claim", 5, 0, 7, 1, false, "on record are 3 that no test kills"},
		{"fewer live", "props/claim", 12, 0, 0, 1, true, "on record are 3: lower it"},
		{"too slow", "props/claim", 1, 0, 0, 12, false, "a test hangs, or the machine is too slow"},
		{"nothing tested", "props/claim", 0, 2, 1, 0, false, "nothing was tested"},
		{"said not to be measured", "props/report", 9, 2, 1, 1, false, "add the line 'props/report 3 1'"},
		{"not on record", "props/trace", 9, 2, 0, 0, false, "add the line 'props/trace 2 0'"},
	} {
		statuses := strings.Repeat(`{"status":"KILLED"},`, c.killed) + strings.Repeat(`{"status":"LIVED"},`, c.lived) +
			strings.Repeat(`{"status":"NOT COVERED"},`, c.notCovered) + strings.Repeat(`{"status":"TIMED OUT"},`, c.out)
		script := "#!/bin/sh\ncase $GOFLAGS in *-count=1) ;; *) exit 1 ;; esac\n" +
			"for a; do [ \"$o\" = --output ] && echo '" + statuses + `{"status":"NOT VIABLE"}` + "' >\"$a\"; o=$a; done\n"
		if err := os.WriteFile(gremlins, []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(bash, "deploy/mutation.sh", c.of)
		cmd.Env = append(os.Environ(), "GREMLINS="+gremlins, "RATCHET="+record)
		out, err := cmd.CombinedOutput()
		if (err == nil) != c.green || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: %v, %s, want %q", c.name, err, out, c.says)
		}
		total := fmt.Sprintf("of %d mutants", c.killed+c.lived+c.notCovered+c.out)
		if c.killed > 0 && !strings.Contains(string(out), total) {
			t.Errorf("%s: %s, want %s", c.name, out, total)
		}
	}
	if err := exec.Command(bash, "deploy/mutation.sh", "-all").Run(); err == nil {
		t.Error("a flag that is none passes")
	}
}
