package webpage

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"path"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/pages"
)

// document is a page on record.
type document struct {
	ID, Title string
	HTML      template.HTML
}

// experiments are the pages on record of what is measured without a search, in order.
var experiments = []string{"THEOREM1.md", "CONSTANTS.md", "TABLE1.md", "SPIKES.md", "FIGURES.md", "COUNTEREXAMPLES.md",
	"FEEDBACK.md", "MEMORIES.md", "SAVED.md", "MOMENTUM.md"}

func documents() ([]document, error) {
	var all []document
	for _, name := range experiments {
		data, err := pages.FS.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("webpage: %w", err)
		}
		d, err := markdown(strings.ToLower(strings.TrimSuffix(name, path.Ext(name))), data)
		if err != nil {
			return nil, fmt.Errorf("webpage: %s: %w", name, err)
		}
		all = append(all, d)
	}
	return all, nil
}

// faults is the gate's table of planted faults.
func faults() (document, error) { return markdown("faults", []byte(conform.Faults)) }

var converter = goldmark.New(goldmark.WithExtensions(extension.Table))

// markdown turns a page into HTML, its title kept apart.
func markdown(id string, data []byte) (document, error) {
	title, rest, ok := strings.Cut(string(data), "\n")
	title, isTitle := strings.CutPrefix(title, "# ")
	if !ok || !isTitle {
		return document{}, fmt.Errorf("the first line is no title: %.80q", title)
	}
	var b bytes.Buffer
	if err := converter.Convert([]byte(rest), &b); err != nil {
		return document{}, err
	}
	text := strings.NewReplacer(
		"<table>", `<div class="wide" tabindex="0" role="region" aria-label="table"><table>`, "</table>",
		"</table></div>",
		"<h3", "<h5", "</h3>", "</h5>", "<h2", "<h4", "</h2>", "</h4>").Replace(b.String())
	text = toPage.ReplaceAllStringFunc(text, func(href string) string {
		return strings.ToLower(toPage.ReplaceAllString(href, `href="#page-$1"`))
	})
	return document{id, title, template.HTML(pictures.ReplaceAllStringFunc(text, onRecord))}, nil
}

// toPage is a link to another page, which is on the same one here.
var toPage = regexp.MustCompile(`href="([A-Z0-9]+)\.md"`)

// pictures are those of a page, which stand beside it.
var pictures = regexp.MustCompile(`src="[a-z0-9-]+\.svg"`)

// onRecord makes a picture on record part of the page; one that is not there stays a name,
// which the page's policy does not fetch.
func onRecord(src string) string {
	data, err := pages.FS.ReadFile(strings.Trim(strings.TrimPrefix(src, "src="), `"`))
	if err != nil {
		return src
	}
	return `class="picture" src="` + asData(data) + `"`
}

// asData is a picture as an address.
func asData(svg []byte) string {
	return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg)
}

// Figure is a picture of an experiment.
type Figure struct {
	Name string // of the file, such as fig4.svg
	SVG  []byte
}

// figure is one in the page.
type figure struct {
	Name string
	Data template.URL
}

// Check refuses a figure that is no SVG.
func (f *Figure) Check() error {
	if !bytes.Contains(f.SVG[:min(len(f.SVG), 2000)], []byte("<svg")) {
		return fmt.Errorf("webpage: figure %.80q is not SVG", f.Name)
	}
	return nil
}

// inline makes pictures part of the page. Each is an image of its own: its ids and styles
// meet nothing else, and no script of it runs.
func inline(figures []Figure) ([]figure, error) {
	var all []figure
	for _, f := range figures {
		if err := f.Check(); err != nil {
			return nil, err
		}
		all = append(all, figure{strings.TrimSuffix(f.Name, ".svg"), template.URL(asData(f.SVG))})
	}
	return all, nil
}
