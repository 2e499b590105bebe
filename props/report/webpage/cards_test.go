package webpage

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

var update = flag.Bool("update", false, "write the files of testdata anew")

// formula is one in MathML, which package notation tests; tag is any; lines puts each
// element of a card on a line of its own.
var (
	formula = regexp.MustCompile(`(?s)<math>.*?</math>`)
	tag     = regexp.MustCompile(`<[^>]*>`)
	lines   = regexp.MustCompile(`(<[^/])`)
)

// TestCardsOnRecord: the cards of one claim of each sort are what testdata/cards.txt has, to
// the last mark of their plots. Ratios are made up, with all that a plot has to clip.
func TestCardsOnRecord(t *testing.T) {
	r := recorded(t)
	for k := range r.Claims {
		row := &r.Claims[k]
		row.Ratio = 0.5
		row.RatioByN = map[int]claim.Number{2: 1e-6, 3: 0.25, 4: 20, 5: 1e9, 8: 0}
		switch row.ID {
		case "eq36":
			row.Worst = &search.Origin{Source: "random case 4"}
		case "eq15":
			row.RatioByN = map[int]claim.Number{3: 0.5}
		case "eq16":
			row.RatioByN = map[int]claim.Number{2: 0.002, 6: 0.05}
		}
	}
	page := pageOf(t, r, Options{})
	var got strings.Builder
	for _, id := range []string{"eq14b", "eq15", "eq16", "eq36", "cor1"} {
		at := strings.Index(page, `<div class="body" id="`+id+`"`)
		if at < 0 {
			t.Fatalf("no card of %s", id)
		}
		const begin = `<details class="card"`
		from := strings.LastIndex(page[:at], begin)
		card, _, _ := strings.Cut(page[from+len(begin):], begin)
		card, _, _ = strings.Cut(card, "<h2") // what comes after the last one
		card = formula.ReplaceAllStringFunc(card, func(m string) string { return tag.ReplaceAllString(m, "") })
		got.WriteString(lines.ReplaceAllString(card, "\n$1") + "\n\n")
	}
	path := filepath.Join("testdata", "cards.txt")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("cards (-on record +got); go test ./props/report/webpage -run Cards -update writes them:\n%.3000s", d)
	}
}
