package gen

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core/perturb"
)

// TestLongRuns: the runs are without chance, of the horizon and the step sizes asked for.
func TestLongRuns(t *testing.T) {
	cases := LongRuns(100, 1, 0.25)
	if len(cases) != 12 {
		t.Fatalf("%d runs, want two objectives under three laws at two step sizes", len(cases))
	}
	for k, c := range cases {
		run, err := c.BuildRun()
		if err != nil {
			t.Fatal(err)
		}
		part := 1.0
		if k >= 6 {
			part = 0.25
		}
		if g := 3 * run.Known.L() * run.Gamma; !(g <= part) || !(g > part*(1-1e-9)) || run.Steps != 100 || !run.All {
			t.Errorf("run %d: 3 L g = %v, want %v; T = %d, all inputs %v", k, g, part, run.Steps, run.All)
		}
		for _, laws := range [][]perturb.Spec{c.Delta, c.Eps} {
			for _, l := range laws {
				if !l.Single() {
					t.Errorf("run %d has chance: %+v", k, l)
				}
			}
		}
	}
}

// TestDataRuns: both data sets, both regularizers, all rows and one of some.
func TestDataRuns(t *testing.T) {
	cases, err := DataRuns(7)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range cases {
		run, err := c.BuildRun()
		if err != nil {
			t.Fatal(err)
		}
		if g := 3 * run.Known.L() * run.Gamma; !(g <= 1) || !(g > 1-1e-9) && run.All {
			t.Errorf("%s: 3 L g = %v, want just below 1", run.Reg.Kind, g)
		}
		got = append(got, fmt.Sprintf("%d rows of %d, %s, all %v, T = %d", len(run.Inputs), len(c.X), run.Reg.Kind,
			run.All, run.Steps))
	}
	var want []string
	for _, data := range []string{"569 rows of 30", "2000 rows of 10"} {
		for _, reg := range []string{"l2", "nonconvex"} {
			_, width, _ := strings.Cut(data, " ")
			want = append(want, data+", "+reg+", all true, T = 7", "64 "+width+", "+reg+", all false, T = 1")
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("runs\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestData: the tables are those of their sources, standardized or scaled.
func TestData(t *testing.T) {
	cancer, err := BreastCancer()
	if err != nil {
		t.Fatal(err)
	}
	digits, err := Digits()
	if err != nil {
		t.Fatal(err)
	}
	if len(cancer.X) != 569 || len(cancer.X[0]) != 30 || len(digits.X) != 1797 || len(digits.X[0]) != 64 {
		t.Errorf("%d rows of %d and %d of %d", len(cancer.X), len(cancer.X[0]), len(digits.X), len(digits.X[0]))
	}
	mean, square, most := 0.0, 0.0, 0.0
	for _, row := range cancer.X {
		mean += row[3] / 569
		square += row[3] * row[3] / 569
	}
	for _, row := range digits.X {
		most = max(most, slices.Max(row))
	}
	if !(math.Abs(mean) <= 1e-12) || !(math.Abs(square-1) <= 1e-9) || most != 1 {
		t.Errorf("mean %v and mean square %v of a feature, largest pixel %v; want 0, 1, 1", mean, square, most)
	}
}
