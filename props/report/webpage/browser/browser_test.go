package browser

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/report"
	"github.com/cascade-sgd/cascade/props/report/webpage"
)

var (
	pageFile = flag.String("page", "", "test the page in this `file`, not one of the record")
	shotsDir = flag.String("shots", "", "write screenshots into this `dir`")
)

// patience is what one test may take on a machine that does other things as well.
const patience = 4 * time.Minute

// programs are the names that Chromium has.
var programs = []string{"chromium", "chromium-browser", "google-chrome", "chrome"}

func program(t *testing.T) string {
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skipf("SKIPPED: no Chromium (%s): the page was not tested in a browser", strings.Join(programs, ", "))
	return ""
}

// recorded is a page of the verdicts on record.
func recorded(t *testing.T) string {
	on, err := report.OnDisk()
	if err != nil {
		t.Fatal(err)
	}
	r := &report.Report{Version: 1, Seed: 1, Cases: 1000, Shard: "1/1"}
	for _, c := range props.Claims() {
		e := on[c.Name()]
		row := report.Row{
			ID: c.ID, Eq: c.Eq, Form: c.Form, Reading: c.Reading, Verdict: e.Verdict, Cases: 10, Ratio: e.Ratio,
			RatioByN:  map[int]claim.Number{2: e.Ratio, 3: e.Ratio / 2},
			Statement: c.Statement, Replay: "go run ./props/verify -claims " + c.ID,
		}
		if e.Verdict == claim.Refuted {
			row.Certificate = report.OnRecord(&c)
		}
		r.Claims = append(r.Claims, row)
	}
	var b bytes.Buffer
	if err := webpage.Write(&b, r, webpage.Options{}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// tab is a browser's with the page open, which fails the test on what the page must not do.
type tab struct {
	*testing.T
	ctx context.Context
	url string

	mu       sync.Mutex
	problems []string
}

func (b *tab) problem(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, fmt.Sprintf(format, args...))
}

// browser is one for all tests: to start it takes longer than a test does.
var browser struct {
	context.Context
	end []func()
}

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	for _, end := range slices.Backward(browser.end) {
		end()
	}
	os.Exit(code)
}

// open opens the page of -page, or of the verdicts on record.
func open(t *testing.T, width, height int64, before ...chromedp.Action) *tab {
	program(t) // skips before a page is made
	file := *pageFile
	if file == "" {
		file = recorded(t)
	}
	return openFile(t, file, width, height, before...)
}

func openFile(t *testing.T, file string, width, height int64, before ...chromedp.Action) *tab {
	path := program(t)
	if browser.Context == nil {
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
			chromedp.Flag("hide-scrollbars", true), chromedp.WSURLReadTimeout(patience))
		alloc, end := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, endBrowser := chromedp.NewContext(alloc)
		browser.Context, browser.end = ctx, []func(){end, endBrowser}
		if err := chromedp.Run(ctx); err != nil {
			t.Fatal(err)
		}
	}
	ctx, end := chromedp.NewContext(browser)
	t.Cleanup(end)
	ctx, end = context.WithTimeout(ctx, patience)
	t.Cleanup(end)
	file, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	b := &tab{T: t, ctx: ctx, url: (&url.URL{Scheme: "file", Path: file}).String()}
	chromedp.ListenTarget(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *network.EventRequestWillBeSent:
			if u := ev.Request.URL; !strings.HasPrefix(u, b.url) && !strings.HasPrefix(u, "data:") {
				b.problem("the page asks for %.80s", u)
			}
		case *runtime.EventExceptionThrown:
			b.problem("exception: %s", ev.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			b.problem("console: %s", ev.Type)
		case *log.EventEntryAdded:
			b.problem("log: %s", ev.Entry.Text)
		}
	})
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, p := range b.problems {
			t.Error(p)
		}
	})
	b.run(append([]chromedp.Action{network.Enable(), log.Enable(), chromedp.EmulateViewport(width, height)},
		before...)...)
	b.run(chromedp.Navigate(b.url))
	return b
}

func (b *tab) run(actions ...chromedp.Action) {
	b.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// eval is what a script gives.
func eval[T any](b *tab, script string, how ...chromedp.EvaluateOption) (v T) {
	b.Helper()
	b.run(chromedp.Evaluate(script, &v, how...))
	return v
}

// openAll opens all cards.
func (b *tab) openAll() {
	b.Helper()
	b.run(chromedp.Evaluate(`document.getElementById("all").click()`, nil))
}

func dark() chromedp.Action {
	feature := emulation.MediaFeature{Name: "prefers-color-scheme", Value: "dark"}
	return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{&feature})
}

// clickAll clicks every node of the graph that is shown, and says which ones it clicked and
// whose card did not open.
const clickAll = `(async () => {
	document.documentElement.style.scrollBehavior = "auto";
	const nodes = [...document.querySelectorAll(".tab svg a")].filter(a => a.getClientRects().length);
	const bad = [];
	for (const a of nodes) {
		const id = a.getAttribute("href").slice(1), to = document.getElementById(id), card = to && to.closest(".card");
		if (!to) { bad.push(id + ": no such card"); continue }
		if (card) card.open = false;
		a.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true, view: window}));
		await new Promise(r => addEventListener("hashchange", r, {once: true}));
		await new Promise(r => setTimeout(r));
		if (card && !card.open) bad.push(id + ": its card is closed");
		const at = (card || to).getBoundingClientRect();
		if (!(at.top < innerHeight && at.bottom > 0)) bad.push(id + ": out of sight at " + at.top);
		if (card) card.open = false;
		history.replaceState(null, "", "#");
	}
	return {Clicked: nodes.length, Bad: bad};
})()`

// TestNodesOpenCards: in every reading each node opens its card and brings it into view.
func TestNodesOpenCards(t *testing.T) {
	b := open(t, 1280, 900)
	for _, reading := range []string{"literal", "past", "total"} {
		b.run(chromedp.Click("label[for=tab-" + reading + "]"))
		got := eval[struct {
			Clicked int
			Bad     []string
		}](b, clickAll, awaited)
		if got.Clicked < 40 {
			t.Errorf("%s: %d nodes", reading, got.Clicked)
		}
		for _, bad := range got.Bad {
			t.Errorf("%s, %s", reading, bad)
		}
	}
}

// TestDeepLinks: a link from outside opens a card, a form and a row.
func TestDeepLinks(t *testing.T) {
	b := open(t, 1280, 900)
	for _, id := range []string{"thm2", "thm2-repaired", "eq29-printed-past-row", "errata", "nothing"} {
		b.run(chromedp.Navigate("about:blank"), chromedp.Navigate(b.url+"#"+id))
		if id == "nothing" {
			continue
		}
		const isOpen = `(() => { const d = document.getElementById(%q).closest("details"); return !d || d.open })()`
		if !eval[bool](b, fmt.Sprintf(isOpen, id)) {
			t.Errorf("#%s is closed", id)
		}
	}
	b.mu.Lock()
	b.problems = slices.DeleteFunc(b.problems, func(p string) bool { return strings.Contains(p, "about:blank") })
	b.mu.Unlock()
}

// TestFilterAndKeys: the filter, the order, and what keys do.
func TestFilterAndKeys(t *testing.T) {
	b := open(t, 1280, 900)
	shown := func() []string {
		return eval[[]string](b, `[...document.querySelectorAll(".card")].filter(c => !c.hidden)
			.map(c => c.querySelector(".body").id)`)
	}
	set := func(id, value, event string) {
		b.run(chromedp.Evaluate(fmt.Sprintf(`{ const e = document.getElementById(%q);
			e.value = %q; e.dispatchEvent(new Event(%q)) }`, id, value, event), nil))
	}
	all := shown()
	b.run(chromedp.KeyEvent("/"))
	if !eval[bool](b, `document.activeElement.id === "find"`) {
		t.Error("/ does not lead to the filter")
	}
	set("find", "Theorem 2", "input")
	if got := shown(); !slices.Equal(got, []string{"thm2"}) {
		t.Errorf("Theorem 2 finds %v", got)
	}
	set("find", "zzz", "input")
	if len(shown()) != 0 || !eval[bool](b, `!document.getElementById("none").hidden`) {
		t.Error("zzz finds something, or nothing says that it does not")
	}
	b.run(chromedp.KeyEvent(kb.Escape))
	if got := shown(); len(got) != len(all) {
		t.Errorf("after Escape %d of %d", len(got), len(all))
	}
	set("verdict", "refuted", "input")
	refuted := shown()
	if len(refuted) >= len(all) || slices.Contains(refuted, "thm1") || !slices.Contains(refuted, "thm2") {
		t.Errorf("refuted: %v", refuted)
	}
	set("verdict", "", "input")
	set("order", "verdict", "change")
	if got := shown(); !slices.Equal(got[:len(refuted)], refuted) {
		t.Errorf("refuted first: %v", got)
	}
	b.openAll()
	if n := eval[int](b, `document.querySelectorAll(".card[open]").length`); n != len(all) {
		t.Errorf("%d of %d are open", n, len(all))
	}
	// A hidden card is shown when a link leads to it.
	set("find", "theorem 2", "input")
	b.run(chromedp.Evaluate(`location.hash = "#eq12"`, nil), chromedp.Sleep(100*time.Millisecond))
	if !slices.Contains(shown(), "eq12") {
		t.Error("a link does not show a card that the filter hides")
	}
	// Tabs by arrows, a node by Enter.
	b.run(chromedp.Focus("#tab-literal"), chromedp.KeyEvent(kb.ArrowRight))
	if !eval[bool](b, `document.getElementById("tab-past").checked`) {
		t.Error("an arrow does not choose the next reading")
	}
	b.run(chromedp.Evaluate(`document.querySelector('.tab-past svg a[href="#thm5"]').focus()`, nil),
		chromedp.KeyEvent(kb.Enter),
		chromedp.Sleep(100*time.Millisecond))
	if h := eval[string](b, `location.hash`); h != "#thm5" {
		t.Errorf("Enter on a node leads to %q", h)
	}
}

// TestSlider: it chooses one column of the numbers under a chart, and says which.
func TestSlider(t *testing.T) {
	b := open(t, 1280, 900)
	var seen, says string
	b.run(chromedp.Evaluate(`(() => {
		const f = document.querySelector("#fig4a .charted"), input = f.querySelector("input");
		input.value = 2;
		input.dispatchEvent(new Event("input"));
		const row = [...f.querySelectorAll("tbody tr")][1];
		return [...row.children].filter((c) => !c.classList.contains("off")).length + " " +
			f.querySelector(".cursor").hasAttribute("hidden");
	})()`, &seen), chromedp.Evaluate(`document.querySelector("#fig4a .charted output").textContent`, &says))
	if seen != "3 false" || says != "0.01" {
		t.Errorf("cells shown and cursor hidden: %q, the slider says %q", seen, says)
	}
	var level string
	b.run(chromedp.Evaluate(`(() => {
		const f = document.querySelectorAll("#fig4a .charted")[1], input = f.querySelector("input");
		input.value = 2;
		input.dispatchEvent(new Event("input"));
		return f.querySelector(".slide").textContent.trim().split(" ")[0] + " = " + f.querySelector("output").textContent;
	})()`, &level))
	if level != "s_f = 0.5" {
		t.Errorf("the second slider says %q", level)
	}
}

// TestWithoutScripts: the page is a list that opens, and shows no control that does nothing.
func TestWithoutScripts(t *testing.T) {
	b := open(t, 1280, 900, emulation.SetScriptExecutionDisabled(true))
	var n, controls int
	// The test's own scripts run all the same.
	b.run(chromedp.Evaluate(`document.querySelectorAll(".card summary").length`, &n),
		chromedp.Evaluate(`[...document.querySelectorAll(".js")].filter(e => e.getClientRects().length).length`,
			&controls))
	if n < 40 || controls != 0 {
		t.Errorf("%d cards, %d controls without effect", n, controls)
	}
	b.run(chromedp.Click("label[for=tab-total]"))
	if !eval[bool](b, `document.querySelector(".tab-total").getClientRects().length > 0 &&
		!document.querySelector(".tab-literal").getClientRects().length`) {
		t.Error("the tabs need scripts")
	}
	b.run(chromedp.Navigate(b.url + "#thm2"))
	if !eval[bool](b, `document.getElementById("thm2").closest("details").open`) {
		t.Error("a link to a card needs scripts")
	}
}

// TestNames: every control, link and picture has a name.
func TestNames(t *testing.T) {
	b := open(t, 1280, 900)
	b.openAll()
	b.names(300)
}

// names fails where a control, link or picture has no name, a heading leaves out a level, or where there are
// fewer than least names.
func (b *tab) names(least int) {
	var nodes []*accessibility.Node
	b.run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		nodes, err = accessibility.GetFullAXTree().Do(ctx)
		return err
	}))
	named := 0
	for _, n := range nodes {
		role, name := text(n.Role), text(n.Name)
		switch role {
		case "link", "button", "searchbox", "textbox", "combobox", "radio", "image", "img", "region", "group",
			"heading":
		default:
			continue
		}
		if n.Ignored || role == "group" && name == "" { // details are groups without a name
			continue
		}
		if strings.TrimSpace(name) == "" {
			b.Errorf("a %s without a name: %s", role, n.NodeID)
		}
		named++
	}
	if named < least {
		b.Errorf("%d names were looked at", named)
	}
	if lang := eval[string](b, "document.documentElement.lang"); lang != "en" {
		b.Errorf("language %q", lang)
	}
	if levels := eval[string](b, `(() => {
		let last = 0, bad = "";
		for (const h of document.querySelectorAll("h1,h2,h3,h4,h5")) {
			const l = +h.tagName[1];
			if (l > last + 1) bad += h.textContent.slice(0, 40) + "; ";
			last = l;
		}
		return bad;
	})()`); levels != "" {
		b.Errorf("headings leave out a level: %s", levels)
	}
}

func text(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	return strings.Trim(string(v.Value), `"`)
}

// contrast lists texts whose contrast to what is behind them is below WCAG AA.
const contrast = `(() => {
	const rgb = (s) => {
		const m = s.match(/rgba?\(([^)]+)\)/);
		if (!m) return null;
		const p = m[1].split(/[ ,\/]+/).map(Number);
		return {c: p.slice(0, 3), a: p.length > 3 ? p[3] : 1};
	};
	const lum = (c) => {
		const f = c.map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 });
		return .2126 * f[0] + .7152 * f[1] + .0722 * f[2];
	};
	const behind = (e) => {
		if (e.ownerSVGElement && e.closest("g,a")) {
			const shape = e.closest("g,a").querySelector(".outline");
			const c = shape && rgb(getComputedStyle(shape).fill);
			if (c && c.a > 0) return c.c;
		}
		for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c && c.a > 0) return c.c }
		return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 22, 27] : [255, 255, 255];
	};
	const bad = new Map();
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	let n = 0;
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		const text = walk.currentNode.textContent.trim().slice(0, 40);
		if (!text || !e.getClientRects().length || /^(script|style|title)$/i.test(e.tagName)) continue;
		const s = getComputedStyle(e), c = rgb(e.ownerSVGElement ? s.fill : s.color);
		if (!c || s.visibility === "hidden") continue;
		const a = lum(c.c), b = lum(behind(e)), ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
		const large = parseFloat(s.fontSize) >= 24 || parseFloat(s.fontSize) >= 18.66 && s.fontWeight >= 700;
		n++;
		const where = e.tagName + "." + (e.getAttribute("class") || "");
		if (!(ratio >= (large ? 3 : 4.5))) bad.set(where + " " + ratio.toFixed(2), text);
	}
	return n < 150 ? ["looked at " + n + " texts alone"] : [...bad].map(([k, v]) => k + ": " + v);
})()`

// TestContrast: WCAG AA in light and dark, by the system and by the button; and the check
// finds grey on grey.
func TestContrast(t *testing.T) {
	for _, system := range []string{"light", "dark"} {
		var before []chromedp.Action
		if system == "dark" {
			before = append(before, dark())
		}
		b := open(t, 1280, 900, before...)
		b.openAll()
		for _, turned := range []bool{false, true} {
			name := system
			if turned {
				name += ", turned"
				b.run(chromedp.Evaluate(`document.getElementById("theme").click()`, nil))
			}
			bright := eval[int](b, `+getComputedStyle(document.body).backgroundColor.match(/\d+/)[0]`) > 128
			if isLight := (system == "light") != turned; isLight != bright {
				t.Errorf("%s: a bright background is %v", name, bright)
			}
			for _, bad := range eval[[]string](b, contrast) {
				t.Errorf("%s: %s", name, bad)
			}
		}
		b.run(chromedp.Evaluate(`document.querySelector("h1").style.color = "#888";
			document.body.style.background = "#777"`, nil))
		if bad := eval[[]string](b, contrast); !strings.Contains(strings.Join(bad, "\n"), "H1") {
			t.Errorf("grey on grey is found to be right: %q", bad)
		}
	}
}

// tooWide lists what is wider than the screen, where anything is.
const tooWide = `document.documentElement.scrollWidth <= innerWidth ? [] :
		[...document.querySelectorAll("body *")].filter(e =>
		e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".wide,.tab,.maps,.formula,pre")).slice(0, 5).map(e =>
		e.tagName + "." + e.className + ": " + e.textContent.trim().slice(0, 60))`

// TestWidths: nothing makes the page wider than the screen.
func TestWidths(t *testing.T) {
	b := open(t, 1280, 800)
	b.openAll()
	for _, width := range []int64{320, 390, 768, 1280, 1920} {
		b.run(chromedp.EmulateViewport(width, 800))
		if over := eval[[]string](b, tooWide); len(over) > 0 {
			t.Errorf("%d pixels: too wide: %q", width, over)
		}
	}
	b.run(chromedp.Evaluate(`document.querySelector("h1").style.width = "3000px"`, nil))
	if len(eval[[]string](b, tooWide)) == 0 {
		t.Error("3000 pixels are found not to be too wide")
	}
}

// cut lists formulas of which something lies above or below what shows them. The ink of a script of a script is higher
// than its box: half a pixel has to be left above that.
const cut = `(() => {
	const bad = [];
	let n = 0;
	for (const m of document.querySelectorAll("math")) {
		let box = m.parentElement;
		while (box && getComputedStyle(box).overflowY === "visible") box = box.parentElement;
		if (!box || box === document.body || !m.getClientRects().length) continue;
		n++;
		const room = box.getBoundingClientRect();
		for (const e of [m, ...m.querySelectorAll("mi,mo,mn")]) {
			const r = e.getBoundingClientRect();
			if (r.height && (r.top < room.top + .5 || r.bottom > room.bottom + 1)) {
				bad.push(box.className + " " + e.textContent + " of " + m.textContent.slice(0, 40) + ": " +
					(room.top - r.top).toFixed(1) + ", " + (r.bottom - room.bottom).toFixed(1));
				break;
			}
		}
	}
	return n < 50 ? ["looked at " + n + " formulas alone"] : bad.slice(0, 8);
})()`

// TestFormulasAreWhole: no formula is cut by what it scrolls in.
func TestFormulasAreWhole(t *testing.T) {
	for _, width := range []int64{390, 1280} {
		b := open(t, width, 900)
		if bad := eval[[]string](b, cut); len(bad) > 0 { // with its statements, one a card
			t.Errorf("%d pixels, closed: %q", width, bad)
		}
		b.openAll()
		if bad := eval[[]string](b, cut); len(bad) > 0 {
			t.Errorf("%d pixels: %q", width, bad)
		}
	}
}

// sheet is a sheet of paper in a PDF.
var sheet = regexp.MustCompile(`/Type ?/Page[^s]`)

// TestPrint: what is closed on the screen is on paper.
func TestPrint(t *testing.T) {
	b := open(t, 1280, 900)
	var data []byte
	b.run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		data, _, err = page.PrintToPDF().Do(ctx)
		return err
	}))
	if n := len(sheet.FindAll(data, -1)); n < 60 {
		t.Errorf("%d sheets of paper, want those of open cards and of the pages on experiments", n)
	}
	if *shotsDir != "" {
		b.save("print.pdf", data)
	}
}

// TestShots writes pictures for people to look at.
func TestShots(t *testing.T) {
	if *shotsDir == "" {
		t.Skip("no -shots")
	}
	for _, s := range []struct {
		name          string
		width, height int64
		dark          bool
		at            string
	}{
		{"desktop", 1280, 1700, false, ""}, {"desktop-dark", 1280, 1700, true, ""},
		{"phone", 390, 844, false, ""}, {"phone-dark", 390, 844, true, ""},
		{"card", 1280, 1500, false, "#eq20"}, {"card-dark", 1280, 1500, true, "#thm2"},
		{"card-phone", 390, 1800, false, "#eq29"}, {"card-phone-dark", 390, 1800, true, "#thm5"},
		{"statements-phone", 390, 1200, false, "#statements"}, {"errata", 1280, 1500, false, "#errata"},
		{"experiments", 1280, 1500, true, "#sharper"}, {"end", 1280, 1200, false, "#open"},
	} {
		t.Run(s.name, func(t *testing.T) { // which closes its tab: one in the background is not painted
			before := []chromedp.Action{}
			if s.dark {
				before = append(before, dark())
			}
			b := open(t, s.width, s.height, before...)
			if s.at != "" {
				b.run(chromedp.Evaluate(fmt.Sprintf(`document.documentElement.style.scrollBehavior = "auto";
					const card = document.getElementById(%q).closest(".card") || document.createElement("p");
					for (const d of card.querySelectorAll("details")) d.open = true;
					location.hash = %q`, s.at[1:], s.at), nil),
					chromedp.Sleep(400*time.Millisecond))
			}
			var png []byte
			b.run(page.BringToFront(), chromedp.CaptureScreenshot(&png)) // one behind is painted late
			b.save(s.name+".png", png)
		})
	}
}

func (b *tab) save(name string, data []byte) {
	if err := os.MkdirAll(*shotsDir, 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shotsDir, name), data, 0o644); err != nil {
		b.Fatal(err)
	}
}

// awaited waits for the promise of a script.
func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
