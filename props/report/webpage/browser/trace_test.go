package browser

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/cascade-sgd/cascade/props/report/webpage"
	"github.com/cascade-sgd/cascade/props/trace"
)

// traced is the page of a recorded run in which a bit flips.
func traced(t *testing.T) string {
	program(t)
	j, err := trace.Judge(context.Background(), "../../../trace/recorders/testdata/torch-float32-flip")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := webpage.WriteTrace(&b, j); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "trace.html")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestTrace: the page of a recorded run asks for nothing and logs nothing (openFile sees to that), has names,
// is as wide as the screen, and does what its controls promise, by keys as well.
func TestTrace(t *testing.T) {
	b := openFile(t, traced(t), 1280, 900)
	b.names(40)
	for _, width := range []int64{320, 390, 768, 1280, 1920} {
		b.run(chromedp.EmulateViewport(width, 800))
		if over := eval[[]string](b, tooWide); len(over) > 0 {
			t.Errorf("%d pixels: too wide: %q", width, over)
		}
	}
	// One map is shown; an arrow key shows the next one.
	const shown = `[...document.querySelectorAll(".maps svg.heat:not(.strip)")].filter(e => e.closest("fieldset") &&
		e.getClientRects().length).map(e => e.getAttribute("aria-label").split(":")[0]).join()`
	if s := eval[string](b, shown); s != "against rounding" {
		t.Errorf("%q is shown", s)
	}
	b.run(chromedp.Focus("#map-ratio"), chromedp.KeyEvent(kb.ArrowRight))
	if s := eval[string](b, shown); s != "size" {
		t.Errorf("behind an arrow key %q is shown", s)
	}
	// The drift of the constants is beside the bounds, with a chart as wide as theirs and a row for each.
	if s := eval[string](b, `[...document.querySelectorAll("#bounds .heat")].map(e =>
		Math.round(e.getBoundingClientRect().width)).join()`); s == "" || strings.Split(s, ",")[0] != s[strings.Index(s,
		",")+1:] {
		t.Errorf("the charts of the bounds are %q wide", s)
	}
	if s := eval[string](b, `[...document.querySelectorAll("#drift ~ .wide tbody tr")].map(e =>
		e.firstElementChild.textContent).join()`); s != "C,Lf,L1,L2,Theorem 1" {
		t.Errorf("the drift has the rows %q", s)
	}
	// The slider reads a column.
	b.run(chromedp.Focus(".slide input"), chromedp.KeyEvent(kb.End), chromedp.KeyEvent(kb.ArrowLeft),
		chromedp.KeyEvent(kb.ArrowLeft))
	if s := eval[string](b, `document.querySelector(".slide output").textContent`); !strings.HasPrefix(s,
		"step 21: loss ") ||
		!strings.Contains(s, "eps_7") {
		t.Errorf("the slider says %q", s)
	}
	if n := eval[int](b, `document.querySelectorAll(".cursor:not([hidden])").length`); n != 4 {
		t.Errorf("%d cursors", n)
	}
	// The mark of a spike leads to its card, open or not.
	b.run(chromedp.Evaluate(`for (const d of document.querySelectorAll("details")) d.open = false;
		[...document.querySelectorAll('.maps a[href="#spike-1"]')].find(a => a.getClientRects().length).focus()`, nil),
		chromedp.KeyEvent(kb.Enter), chromedp.Sleep(100*time.Millisecond))
	if !eval[bool](b, `location.hash === "#spike-1" && document.getElementById("spike-1").closest("details").open`) {
		t.Error("Enter on a spike does not open its card")
	}
	b.run(chromedp.Evaluate(`document.querySelector("h1").style.width = "3000px"`, nil))
	if len(eval[[]string](b, tooWide)) == 0 {
		t.Error("3000 pixels are found not to be too wide")
	}
}

// TestTraceContrast: WCAG AA in light and dark, by the system and by the button.
func TestTraceContrast(t *testing.T) {
	file := traced(t)
	for _, before := range [][]chromedp.Action{nil, {dark()}} {
		b := openFile(t, file, 1280, 900, before...)
		for range 2 {
			for _, bad := range eval[[]string](b, contrast) {
				t.Errorf("dark: %v: %s", before != nil, bad)
			}
			b.run(chromedp.Evaluate(`document.getElementById("theme").click()`, nil))
		}
	}
}

// TestTracePrint: cards that are closed are on paper, and all three maps.
func TestTracePrint(t *testing.T) {
	b := openFile(t, traced(t), 1280, 900)
	b.run(chromedp.Evaluate(`for (const d of document.querySelectorAll("details")) d.open = false`, nil))
	var data []byte
	b.run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		data, _, err = page.PrintToPDF().Do(ctx)
		return err
	}))
	if n := len(sheet.FindAll(data, -1)); n < 4 {
		t.Errorf("%d sheets of paper, want those of three maps and a card", n)
	}
	if *shotsDir != "" {
		b.save("trace.pdf", data)
	}
}

// TestTraceShots writes pictures for people to look at.
func TestTraceShots(t *testing.T) {
	if *shotsDir == "" {
		t.Skip("no -shots")
	}
	file := traced(t)
	for _, width := range []int64{1280, 390} {
		for _, before := range [][]chromedp.Action{nil, {dark()}} {
			name := fmt.Sprintf("trace-%d-dark-%v", width, before != nil)
			t.Run(name, func(t *testing.T) {
				b := openFile(t, file, width, 1700, before...)
				var png []byte
				b.run(page.BringToFront(), chromedp.CaptureScreenshot(&png)) // one behind is painted late
				b.save(name+".png", png)
			})
		}
	}
}
