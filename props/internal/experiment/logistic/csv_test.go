package logistic

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// resultOf is a figure of points with outcomes that are written down.
func resultOf(axis Axis, outcomes ...*Outcome) (*Result, *Figure) {
	r := &Result{of: map[uint64]*Outcome{}}
	c := Curve{Label: "a law"}
	for k, o := range outcomes {
		if o.Point.D == 0 {
			o.Point = base(1, Convex, Law{}, 0.5/float64(k+1))
		}
		r.of[o.Point.Key()] = o
		c.Points = append(c.Points, o.Point)
	}
	r.Figures = []Figure{{ID: "fig4", Title: "A title", Panels: []Panel{{Title: "a panel", Axis: axis,
		Curves: []Curve{c}}}}}
	return r, &r.Figures[0]
}

// TestCSV: every column holds what its name says.
func TestCSV(t *testing.T) {
	r, f := resultOf(ByGamma, &Outcome{
		Measured: &Measured{Stable: 3, Low: 2, High: 4, Complexity: 17, MeanNorm: 0.5, Squares: 0.25},
		Predicted: &Predicted{Stable: 2, SD: 0.125, Plateau: 1.5, PlateauErr: 1e-9, Proved: true, NoRoot: true,
			Floor: 1.75, Settled: false, Slack: 0.0625, Errors: &Errors{Size: 0.75, Bias: 0.375},
			Arrival: &Arrival{At: 15, Low: 10, High: 20}},
		Digest: "0123456789abcdefaaaa",
	})
	var b bytes.Buffer
	if err := r.CSV(&b, f); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	want := map[string]string{
		"figure": "fig4", "panel": "a panel", "curve": "a law", "gamma": "0.5", "T": "200000", "measured": "3", "low": "2",
		"high": "4", "predicted": "2", "sd": "0.125", "ratio": "1.5", "agrees": "false", "plateau": "1.5",
		"plateau_error": "1e-09", "root": "false", "proved": "true", "floor": "1.75", "settled": "false",
		"complexity": "17", "slack": "0.0625", "error_size": "0.75", "error_bias": "0.375", "arrival": "15",
		"arrival_low": "10", "arrival_high": "20", "digest": "0123456789abcdef",
		"key": fmt.Sprintf("%016x", f.points()[0].Key()), "mean_gradient": "0.5", "mean_square": "0.25",
		"ratio_low": "1.07", "ratio_high": "2.0",
	}
	for k, name := range rows[0] {
		if got := rows[1][k]; want[name] == "" || !strings.HasPrefix(got, want[name]) {
			t.Errorf("%s is %s, want %s", name, got, want[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("no columns %v", want)
	}
	if err := r.CSV(broken{}, f); !errors.Is(err, errBroken) {
		t.Errorf("a broken writer: %v", err)
	}
}

// TestReadCSV: what CSV wrote comes back, traces and W left out; whatever is wrong in a line is named.
func TestReadCSV(t *testing.T) {
	some := tiny()
	made, err := Run(t.Context(), some, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := made.CSV(&b, made.All()...); err != nil {
		t.Fatal(err)
	}
	good := b.String()
	r, err := ReadCSV([]byte(good), some)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.All() {
		for _, p := range f.points() {
			want := *made.Of(p)
			m, q := *want.Measured, *want.Predicted
			m.Trace, m.W, q.Trace = nil, nil, nil
			if got := r.Of(p); !reflect.DeepEqual(got.Measured, &m) || !reflect.DeepEqual(got.Predicted, &q) ||
				!reflect.DeepEqual(got.Point, p) || got.Digest != want.Digest[:16] || got.Version != outcomeVersion {
				t.Errorf("%s: %+v of %+v, want %+v of %+v", f.Name(), got.Measured, got.Predicted, m, q)
			}
		}
	}
	rows := strings.SplitAfter(good, "\n")
	edit := func(column, text string) string { // of the first line
		names, fields := strings.Split(strings.TrimSpace(rows[0]), ","), lineFields(t, rows[1])
		fields[slices.Index(names, column)] = text
		var line strings.Builder
		w := csv.NewWriter(&line)
		if err := w.Write(fields); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		return rows[0] + line.String() + strings.Join(rows[2:], "")
	}
	other := Figures(Quick(2))
	for name, c := range map[string]struct {
		text    string
		figures []Figure
		want    string
	}{
		"nothing":          {"", some, "no line"},
		"not CSV":          {rows[0] + "\"", some, "points: "},
		"short":            {strings.Join(rows[:3], ""), some, "points end before"},
		"long":             {good + rows[len(rows)-2], some, "go on after the last figure"},
		"no such column":   {strings.Replace(good, "key", "kay", 1), some, "no column key"},
		"other options":    {good, other, "line 2: key"},
		"edited measured":  {edit("measured", "0.5"), some, "not what is said of this point before"},
		"edited sd":        {edit("sd", "0.5"), some, "not what is said of this point before"},
		"edited ratio":     {edit("ratio", "0.5"), some, "line 2: not what follows"},
		"edited agreement": {edit("agrees", "no"), some, "line 2: not what follows"},
		"a NaN":            {edit("sd", "NaN"), some, "line 2: sd is NaN"},
		"infinite":         {edit("sd", "Inf"), some, "line 2: sd is Inf"},
		"no number":        {edit("low", "x"), some, "line 2: low is x"},
		"half a step":      {edit("complexity", "1.5"), some, "line 2: complexity is 1.5"},
		"maybe":            {edit("proved", "maybe"), some, "line 2: proved is maybe"},
		"negative":         {edit("measured", "-1"), some, "line 2: measured -1"},
	} {
		if _, err := ReadCSV([]byte(c.text), c.figures); err == nil || !strings.Contains(unquoted(err), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func unquoted(err error) string { return strings.ReplaceAll(err.Error(), "\"", "") }

func lineFields(t *testing.T, line string) []string {
	t.Helper()
	fields, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil {
		t.Fatal(err)
	}
	return fields
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

// TestAgreement: how many agree, from and to which ratio, the worst interval, and who does not.
func TestAgreement(t *testing.T) {
	point := func(measured, sd float64) *Outcome {
		return &Outcome{Measured: &Measured{Stable: measured}, Predicted: &Predicted{Stable: 2, SD: sd}}
	}
	r, f := resultOf(ByGamma, point(2.2, 0.01), point(2.02, 0), point(1.9, 0.1), point(2, 0.5))
	s := r.summary(f, &f.Panels[0])
	if s.points != 4 || len(s.against) != 1 ||
		!strings.Contains(s.against[0], "gamma = 0.5, T = 200000: measured 2.2") {
		t.Errorf("%+v", s)
	}
	near(t, "least", s.least, 0.95, 1e-15)
	near(t, "most", s.most, 1.1, 1e-15)
	if s.worst != "[1.057, 1.145]" { // 1.1 e^(-+0.04)
		t.Errorf("worst %s", s.worst)
	}
	panels, against := r.Agreement()
	all := lines(t, panels)
	row := strings.Join(strings.Fields(strings.ReplaceAll(all[len(all)-1], "|", " ")), " ")
	if row != "fig4 a panel 4 3 0.950 1.100 [1.057, 1.145]" || len(against) != 1 || against[0] != s.against[0] {
		t.Errorf("%s, %v", row, against)
	}
	near(t, "distance", distance(1.1, 1.1*math.Exp(-0.04), 1.1*math.Exp(0.04)), math.Log(1.1)/0.04, 1e-9)
	near(t, "at the edge", distance(0.9, 0.81, 1), 1, 1e-12)
}
