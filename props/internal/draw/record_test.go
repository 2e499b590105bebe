package draw

import (
	"bytes"
	"flag"
	"fmt"
	"image/color"
	"image/png"
	"os"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"

	"github.com/cascade-sgd/cascade/props/internal/experiment/logistic"
)

var update = flag.Bool("update", false, "write testdata anew")

const recordFile = "testdata/drawn.md"

// path is what a path goes through, in hundredths of a point.
func path(p vg.Path) string {
	var b strings.Builder
	for _, c := range p {
		switch c.Type {
		case vg.MoveComp:
			fmt.Fprintf(&b, " M %.2f %.2f", c.Pos.X, c.Pos.Y)
		case vg.LineComp:
			fmt.Fprintf(&b, " L %.2f %.2f", c.Pos.X, c.Pos.Y)
		case vg.ArcComp:
			fmt.Fprintf(&b, " A %.2f %.2f r %.2f", c.Pos.X, c.Pos.Y, c.Radius)
		case vg.CloseComp:
			b.WriteString(" Z")
		default:
			fmt.Fprintf(&b, " %d?", c.Type)
		}
	}
	return b.String()
}

// written are the strokes, areas and words of a picture, one a line, each with its colour; strokes with
// width and dashes.
func written(actions []recorder.Action) string {
	type pen struct {
		hue   string
		width vg.Length
		dash  []vg.Length
	}
	var b strings.Builder
	var now pen
	var pens []pen
	for _, action := range actions {
		switch a := action.(type) {
		case *recorder.SetColor:
			now.hue = "none"
			if a.Color == nil {
				continue
			}
			c := color.NRGBAModel.Convert(a.Color).(color.NRGBA)
			now.hue = fmt.Sprintf("%02x%02x%02x%02x", c.R, c.G, c.B, c.A)
		case *recorder.SetLineWidth:
			now.width = a.Width
		case *recorder.SetLineDash:
			now.dash = a.Dashes
		case *recorder.Push:
			pens = append(pens, now)
		case *recorder.Pop:
			now, pens = pens[len(pens)-1], pens[:len(pens)-1]
		case *recorder.Stroke:
			fmt.Fprintf(&b, "stroke %s %.2f %.2f:%s\n", now.hue, now.width, now.dash, path(a.Path))
		case *recorder.Fill:
			fmt.Fprintf(&b, "fill %s:%s\n", now.hue, path(a.Path))
		case *recorder.FillString:
			fmt.Fprintf(&b, "words %s %.2f %.2f %.2f: %s\n", now.hue, a.Size, a.Point.X, a.Point.Y, a.String)
		case *recorder.Translate:
			fmt.Fprintf(&b, "move %.2f %.2f\n", a.Point.X, a.Point.Y)
		default:
			b.WriteString(action.Call() + "\n")
		}
	}
	return b.String()
}

// TestRecord: a small panel of each axis, the one of seven curves, is drawn as it is on record: every
// line, area and word with its place, its colour, its width and its dashes.
func TestRecord(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("numbers of runs differ in their last bits: the record is that of amd64")
	}
	o := logistic.Quick(1)
	o.M, o.T, o.D = 5, 24, 2
	o.Horizons, o.Gammas = []int{8, 16}, []float64{0.3, 0.1, 0.03}
	o.Forward = []float64{0.1, 0.25, 0.5, 1, 2, 4}
	all := logistic.Figures(o)
	var figures []logistic.Figure
	for _, k := range []int{0, 1, 6} {
		f := all[k]
		f.Panels = f.Panels[:1]
		figures = append(figures, f)
	}
	r, err := logistic.Run(t.Context(), figures, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("# What is drawn\n\nSmall panels, all that is in them, in points; colours are RGBA.\n")
	for k := range figures {
		f := &figures[k]
		s := newSheet(f, &f.Panels[0], r)
		c := new(recorder.Canvas)
		s.draw(draw.NewCanvas(c, width, s.height()))
		fmt.Fprintf(&b, "\n## %s, %.2f by %.2f\n\n%s", f.Name(), width, s.height(), written(c.Actions))
		pictures, err := Pictures(f, r)
		if err != nil {
			t.Fatal(err)
		}
		at, err := png.DecodeConfig(bytes.NewReader(pictures[0].PNG))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "as PNG %d by %d\n", at.Width, at.Height)
	}
	got := b.String()
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(recordFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(recordFile)
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for k := range max(len(mine), len(theirs)) {
		if k >= len(mine) || k >= len(theirs) || mine[k] != theirs[k] {
			t.Fatalf("%s: line %d is not what is drawn; run with -update and look at what changed:\n%.200q", recordFile,
				k+1, append(mine, "")[min(k, len(mine))])
		}
	}
}
