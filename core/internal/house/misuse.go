package house

import (
	"fmt"
	"go/ast"
	"strings"
	"testing"
)

// Row is one misuse: the function or method ("Chain.W"), what is wrong, the call,
// and what the panic says after the prefix.
type Row struct {
	Name, How string
	Call      func()
	Want      string
}

// Misuse runs the rows, each of which must panic with the package's prefix and the
// values, and holds them against the exported functions, methods of
// exported types, and methods of the interfaces named. harmless are those that take
// anything, or give an error.
func Misuse[R ~struct {
	Name, How string
	Call      func()
	Want      string
}](t *testing.T, prefix string, rows []R, harmless string, interfaces ...string) {
	t.Helper()
	seen := map[string]bool{}
	for _, r := range rows {
		row := Row(r)
		seen[row.Name] = true
		t.Run(row.Name+"/"+row.How, func(t *testing.T) {
			got := Panic(row.Call)
			if !strings.HasPrefix(got, prefix+": ") || !strings.Contains(got, row.Want) {
				t.Errorf("panic %q, want %s: ... %s", got, prefix, row.Want)
			}
		})
	}
	for _, name := range strings.Fields(harmless) {
		if seen[name] {
			t.Errorf("%s is both misused and harmless", name)
		}
		seen[name] = true
	}
	exported := map[string]bool{}
	_, files := sources(t)
	for _, file := range files {
		collect(file, interfaces, exported)
	}
	for name := range seen {
		if !exported[name] {
			t.Errorf("%s is not exported", name)
		}
	}
	for name := range exported {
		if !seen[name] {
			t.Errorf("%s: nobody tried to misuse it", name)
		}
	}
}

// Panic is what f panics with, or "<nil>".
func Panic(f func()) (message string) {
	defer func() { message = fmt.Sprint(recover()) }()
	f()
	return ""
}

func collect(file *ast.File, interfaces []string, names map[string]bool) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if name := methodName(d); d.Name.IsExported() && ast.IsExported(name) {
				names[name] = true
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				collectInterface(s, interfaces, names)
			}
		}
	}
}

// methodName is Type.Method, or the name of a function.
func methodName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	r := d.Recv.List[0].Type
	if star, ok := r.(*ast.StarExpr); ok {
		r = star.X
	}
	return r.(*ast.Ident).Name + "." + d.Name.Name
}

func collectInterface(s ast.Spec, interfaces []string, names map[string]bool) {
	spec, ok := s.(*ast.TypeSpec)
	if !ok {
		return
	}
	i, ok := spec.Type.(*ast.InterfaceType)
	if !ok {
		return
	}
	for _, name := range interfaces {
		for _, m := range i.Methods.List {
			if spec.Name.Name == name && len(m.Names) > 0 { // no embedded interface
				names[name+"."+m.Names[0].Name] = true
			}
		}
	}
}
