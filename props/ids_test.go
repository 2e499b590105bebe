package props_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props"
)

// knowIDs are the files beside the list that name claims by their ids, and why.
var knowIDs = map[string]string{
	"props/coverage.go":                               "which rows an equation of the paper has",
	"props/cert/claims.go":                            "the statements of certificates, restated on purpose",
	"props/cert/moments.go":                           "one of them, whose sides are not formed",
	"props/cert/coq/export.go":                        "the statements of the library, by the names of certificates",
	"props/internal/runs/tightness/registry.go":       "witnesses are certificates",
	"props/internal/experiment/rates/series.go":       "it makes one",
	"props/internal/experiment/rates/scenario.go":     "a scenario says which claims it speaks of",
	"props/internal/experiment/logistic/figures.go":   "fig6 and remark4 are names of figures too",
	"props/internal/experiment/logistic/exponents.go": "names of figures",
	"props/report/webpage/chart.go":                   "names of figures",
	"props/report/readme.go":                          "the README chooses what it shows",
	"props/report/fuzz.go":                            "any claim would do",
	"props/report/pages.go":                           "the name of a page",
	"props/internal/experiment/beyond/page.go":        "columns that are headed by the claim whose bound they have",
	"props/internal/experiment/beyond/conjecture.go":  "it makes certificates, which name their claim",
	"props/report/webpage/heat.go":                    "a class of CSS",
	"props/trace/judgement.go":                        "a key of JSON",
}

// quoted are words in quotes that have a digit, as all ids but a few have.
var quoted = regexp.MustCompile(`"([a-z]+[0-9][a-z0-9]*|spike|bernoulli)"`)

// rows are in the files of the list's chapters.
var rows = regexp.MustCompile(`claim\.(Printed|Repaired|Sharp)\b`)

// idsIn are the ids of the list that a source names outside of comments.
func idsIn(source string, is map[string]bool) (ids []string) {
	for line := range strings.Lines(source) {
		code, _, _ := strings.Cut(line, "//")
		for _, m := range quoted.FindAllStringSubmatch(code, -1) {
			if is[m[1]] {
				ids = append(ids, m[1])
			}
		}
	}
	return ids
}

// TestClaimsAreData: nothing but the list knows a claim by its id, or it says why above.
func TestClaimsAreData(t *testing.T) {
	is := map[string]bool{}
	for _, c := range props.Claims() {
		is[c.ID] = true
	}
	root, known := os.DirFS(".."), map[string]bool{}
	for _, room := range []string{"core", "bounds", "props"} {
		err := fs.WalkDir(root, room, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			source, err := fs.ReadFile(root, file)
			if err != nil || path.Dir(file) == "props" && rows.Match(source) {
				return err
			}
			ids := idsIn(string(source), is)
			if known[file] = len(ids) > 0; known[file] && knowIDs[file] == "" {
				t.Errorf("%s names %v: let a field of the claim say it", file, ids)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for file := range knowIDs {
		if !known[file] {
			t.Errorf("%s names no claim, and is said to", file)
		}
	}
	const planted = "switch c.ID {\ncase \"thm1\": // \"thm2\"\n} // \"thm3\"\n\tx := \"spike\" + \"sp1ke\" + \"t1\""
	if ids := idsIn(planted, is); !slices.Equal(ids, []string{"thm1", "spike"}) {
		t.Errorf("planted ids: %v", ids)
	}
}
