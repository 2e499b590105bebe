// Package house holds the tests that the packages of core share because they are
// about the code as such: that misuse panics as promised (Misuse), and that no sum
// of products may be fused (NoFusedSums). Tests import it; it looks at the package
// in the working directory, without its tests.
//
// In comes the source of a package; out comes a failing test. The tests of core and of the packages in
// it alone may import it.
package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

func sources(t *testing.T) (fset *token.FileSet, files []*ast.File) {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset = token.NewFileSet()
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return fset, files
}
