package draw

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/internal/experiment/logistic"
)

// drawn are all figures at a size that takes no time.
func drawn(t *testing.T) *logistic.Result {
	t.Helper()
	o := logistic.Quick(1)
	o.M, o.T, o.D = 5, 24, 2
	o.Horizons = []int{8, 16}
	o.FormatGammas, o.FormatSteps = o.FormatGammas[:1], 24
	r, err := logistic.Run(t.Context(), logistic.Figures(o), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestPictures: every panel is a picture in both formats, below 100 kB as SVG, with its
// title, axes and every curve by name; the same bytes again, which one figure of each axis
// shows.
func TestPictures(t *testing.T) {
	r := drawn(t)
	twice := map[logistic.Axis]bool{}
	seen := map[string]bool{}
	for k := range r.Figures {
		f := &r.Figures[k]
		pictures, err := Pictures(f, r)
		if err != nil {
			t.Fatal(err)
		}
		again := pictures
		if axis := f.Panels[0].Axis; !twice[axis] {
			twice[axis] = true
			if again, err = Pictures(f, r); err != nil {
				t.Fatal(err)
			}
		}
		if len(pictures) != len(f.Panels) {
			t.Errorf("%s: %d pictures of %d panels", f.ID, len(pictures), len(f.Panels))
		}
		for i, p := range pictures {
			if seen[p.Name] || len(p.SVG) > 100_000 || !bytes.Equal(p.SVG, again[i].SVG) ||
				!bytes.Equal(p.PNG, again[i].PNG) {
				t.Errorf("%s: twice, %d bytes, or not the same again", p.Name, len(p.SVG))
			}
			seen[p.Name] = true
			if at, err := png.DecodeConfig(bytes.NewReader(p.PNG)); err != nil || at.Width < 1000 {
				t.Errorf("%s: %v, %v", p.Name, at, err)
			}
			texts := textsOf(t, p.SVG)
			want := []string{f.Title + ": " + f.Panels[i].Title, "oracle", "plateau, γ → 0"}
			if f.Panels[i].Axis == logistic.ByStep { // one run: no spread, and no interval
				want = append(want, "simulation", "EWMA of |grad f(w_t)|", "step t + 1")
			} else {
				want = append(want, "simulation, 5–95 %", "interval of oracle", "stable gradient norm, |grad f|")
			}
			for _, c := range f.Panels[i].Curves {
				want = append(want, c.Label)
			}
			for _, w := range want {
				if !strings.Contains(texts, w+"\n") {
					t.Errorf("%s has no text %q", p.Name, w)
				}
			}
		}
	}
	if len(seen) != 22 || len(twice) != 3 {
		t.Errorf("%d pictures, want 22; of %d axes twice, want 3", len(seen), len(twice))
	}
}

// textsOf are the texts of a picture, a line each.
func textsOf(t *testing.T, svg []byte) string {
	t.Helper()
	var all strings.Builder
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok {
			all.WriteString(string(text) + "\n")
		}
	}
}

// TestPalette: as many colours and marks as the widest panel has curves.
func TestPalette(t *testing.T) {
	for _, f := range logistic.Figures(logistic.Full(1)) {
		for _, p := range f.Panels {
			if n := len(p.Curves); n > len(palette) || n > len(marks) {
				t.Errorf("%s: %d curves, %d colours, %d marks", f.Name(), n, len(palette), len(marks))
			}
		}
	}
}

// TestTickLabels: powers of ten, with multiples where there are few of them; in order, each
// value once.
func TestTickLabels(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{1e-6, 1e-2, "1e-6 1e-5 1e-4 0.001 0.01"}, {100, 2e5, "100 1000 1e4 1e5"}, {0.02, 0.09, "0.02 0.03 0.05 0.07"},
		{0.02, 0.5, "0.02 0.05 0.1 0.2 0.5"}, {0.02, 3, "0.1 1"}, {0.1, 10, "0.1 1 10"},
	} {
		var labels []string
		last := 0.0
		for _, at := range (decades{}).Ticks(c.low, c.high) {
			if at.Label != "" {
				labels = append(labels, at.Label)
			}
			if !(at.Value > last) {
				t.Errorf("%v..%v: a tick at %v after %v", c.low, c.high, at.Value, last)
			}
			last = at.Value
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%v..%v: labels %s, want %s", c.low, c.high, got, c.want)
		}
	}
}

// TestTicks: every axis has two labels or more, whatever it spans.
func TestTicks(t *testing.T) {
	for _, c := range []struct{ low, high float64 }{{0.001, 0.3}, {0.02, 0.09}, {1, 2e5}, {1e-6, 1e-2},
		{0.011, 0.031}} {
		labels := 0
		for _, at := range (decades{}).Ticks(c.low, c.high) {
			if at.Label != "" {
				labels++
			}
			if at.Value < c.low || at.Value > c.high {
				t.Errorf("%v..%v: a tick at %v", c.low, c.high, at.Value)
			}
		}
		if labels < 2 || labels > 10 {
			t.Errorf("%v..%v: %d labels", c.low, c.high, labels)
		}
	}
}
