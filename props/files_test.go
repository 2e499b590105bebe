package props_test

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// uses is, for each file of a folder, the files that declare package-level names it uses; why
// has one such name for each pair. Methods and tests are left out.
func uses(t *testing.T, folder string) (all map[string][]string, why map[[2]string]string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	declared, unresolved := map[string]string{}, map[string][]string{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		for n := range f.Scope.Objects {
			declared[n] = name
		}
		for _, id := range f.Unresolved {
			unresolved[name] = append(unresolved[name], id.Name)
		}
	}
	all, why = map[string][]string{}, map[[2]string]string{}
	for from, names := range unresolved {
		for _, n := range names {
			if to := declared[n]; to != "" && to != from {
				all[from] = append(all[from], to)
				why[[2]string{from, to}] = n
			}
		}
	}
	return all, why
}

// cycle is a way from a file back to itself, nil where there is none.
func cycle(all map[string][]string) []string {
	done := map[string]bool{}
	var way []string
	var visit func(file string) []string
	visit = func(file string) []string {
		if k := slices.Index(way, file); k >= 0 {
			return append(slices.Clone(way[k:]), file)
		}
		if done[file] {
			return nil
		}
		done[file] = true
		way = append(way, file)
		defer func() { way = way[:len(way)-1] }()
		for _, to := range all[file] {
			if found := visit(to); found != nil {
				return found
			}
		}
		return nil
	}
	for file := range all {
		if found := visit(file); found != nil {
			return found
		}
	}
	return nil
}

// TestFilesHaveNoCycle: the list of claims is made of its chapters, and no chapter uses the list or
// what is done with it. Between packages the compiler sees to that.
func TestFilesHaveNoCycle(t *testing.T) {
	all, why := uses(t, ".")
	if len(all) < 5 || why[[2]string{"claims.go", "convergence.go"}] != "convergenceClaims" {
		t.Fatalf("uses of %d files: %v", len(all), why)
	}
	if way := cycle(all); way != nil {
		for k := range way[1:] {
			t.Errorf("%s uses %s of %s", way[k], why[[2]string{way[k], way[k+1]}], way[k+1])
		}
	}
	planted := map[string][]string{"a": {"b", "c"}, "b": {"c"}, "c": {"d"}, "d": {"b"}}
	if way := cycle(planted); len(way) != 4 || way[0] != way[3] {
		t.Errorf("a planted cycle: %v", way)
	}
	if way := cycle(map[string][]string{"a": {"b", "c"}, "b": {"c"}}); way != nil {
		t.Errorf("no cycle: %v", way)
	}
}
