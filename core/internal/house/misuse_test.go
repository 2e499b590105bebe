package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCollect: exported functions, methods of exported types by value and by pointer, and
// the methods of the interfaces that are named; nothing else.
func TestCollect(t *testing.T) {
	const code = `package p
func Exported() {}
func hidden() {}
type T struct{}
func (T) Value() {}
func (*T) Pointer() {}
func (*T) own() {}
type small struct{}
func (small) Method() {}
type Op interface { Forward(); In() int; fmt.Stringer }
type Other interface { Skipped() }
type Number int
const C = 1
var V = func() {}
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", code, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		interfaces []string
		want       string
	}{
		{nil, "Exported T.Pointer T.Value"},
		{[]string{"Op"}, "Exported Op.Forward Op.In T.Pointer T.Value"},
		{[]string{"Other", "None", "Number"}, "Exported Other.Skipped T.Pointer T.Value"},
	} {
		names := map[string]bool{}
		collect(file, c.interfaces, names)
		if got := strings.Join(slices.Sorted(maps.Keys(names)), " "); got != c.want {
			t.Errorf("interfaces %v: %s, want %s", c.interfaces, got, c.want)
		}
	}
}

// TestPanic: what is panicked with, in words; a call that returns has none.
func TestPanic(t *testing.T) {
	for want, f := range map[string]func(){
		"core: w": func() { panic("core: w") }, "7": func() { panic(7) }, "<nil>": func() {},
		"bad": func() { panic(fmt.Errorf("bad")) },
	} {
		if got := Panic(f); got != want {
			t.Errorf("panic %q, want %q", got, want)
		}
	}
}

// TestSources: the package in the working directory, without its tests.
func TestSources(t *testing.T) {
	dir := t.TempDir()
	for name, code := range map[string]string{
		"a.go": "package p\nfunc A() {}", "b.go": "package p\nfunc B() {}", "a_test.go": "package p\nfunc T() {}",
		"note.txt": "no code",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(code), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	fset, files := sources(t)
	got := ""
	for _, f := range files {
		got += filepath.Base(fset.Position(f.Pos()).Filename) + " "
		for _, d := range f.Decls {
			got += d.(*ast.FuncDecl).Name.Name + " "
		}
	}
	if got != "a.go A b.go B " {
		t.Errorf("sources %s", got)
	}
}

// module is a package with one function that panics as promised and one sum that may be fused.
const module = `package p
func F(n int) { if n < 0 { panic("p: n is -1") } }
func G(x, y, z float64) float64 { return x*y + z }
`

// childEnv has the name of the planted fault that TestPlanted runs into.
const childEnv = "HOUSE_TEST_FAULT"

// faults are misuses of Misuse itself and what it says; the first is none.
var faults = map[string]struct {
	run  func(t *testing.T)
	want string // in the output; "" passes
}{
	"none": {func(t *testing.T) { misuse(t, "p", "n is -1", "G") }, ""},
	"another prefix": {func(t *testing.T) { misuse(t, "q", "n is -1", "G") },
		`panic "p: n is -1", want q: ... n is -1`},
	"another value": {func(t *testing.T) { misuse(t, "p", "n is -2", "G") },
		`panic "p: n is -1", want p: ... n is -2`},
	"nobody tried": {func(t *testing.T) { misuse(t, "p", "n is -1", "") }, "G: nobody tried to misuse it"},
	"both":         {func(t *testing.T) { misuse(t, "p", "n is -1", "F G") }, "F is both misused and harmless"},
	"not there":    {func(t *testing.T) { misuse(t, "p", "n is -1", "G H") }, "H is not exported"},
	"no panic": {func(t *testing.T) {
		Misuse(t, "p", []Row{{"F", "n", func() {}, ""}}, "G")
	}, `panic "<nil>", want p: ...`},
	"a fused sum": {NoFusedSums, "x * y is added without being rounded: write float64(...)"},
	"no Go": {func(t *testing.T) {
		if err := os.WriteFile("q.go", []byte("package p\nfunc {"), 0o600); err != nil {
			panic(err)
		}
		NoFusedSums(t)
	}, "q.go:2:6: expected 'IDENT'"},
	"no sources": {func(t *testing.T) { t.Chdir(t.TempDir()); NoFusedSums(t) }, "no sources"},
}

func misuse(t *testing.T, prefix, want, harmless string) {
	Misuse(t, prefix, []Row{{"F", "negative", func() { panic("p: n is -1") }, want}}, harmless)
}

// TestPlanted runs one fault, in a process of its own.
func TestPlanted(t *testing.T) {
	name := os.Getenv(childEnv)
	if name == "" {
		t.Skip("run by TestFaultsAreSeen")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(module), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	faults[name].run(t)
}

// TestFaultsAreSeen: each fault fails the test that has it, and says what is wrong.
func TestFaultsAreSeen(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range faults {
		cmd := exec.Command(self, "-test.run=^TestPlanted$")
		cmd.Env = append(os.Environ(), childEnv+"="+name)
		out, err := cmd.CombinedOutput()
		if (err == nil) != (f.want == "") || !strings.Contains(string(out), f.want) {
			t.Errorf("%s: error %v, want %q in\n%s", name, err, f.want, out)
		}
	}
}
