package gen

import (
	"fmt"
	"math"
	"reflect"
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

// TestLongRunsOnRecord: the runs themselves, whose ratios stand in the tables.
// By hand, 0.924495 is 1/(3L) for L = 2 0.1 + 1.92669/(4 3), with the larger root of the Gram matrix.
func TestLongRunsOnRecord(t *testing.T) {
	var got []string
	for _, c := range LongRuns(100, 1) {
		got = append(got, c.Line())
	}
	const quad = "bias(1) w_1=[0.9], fixed([[0.75]]), halfsq(1); x=[0.3],[-0.7]; T=100, g=0.592593"
	const logistic = "linear(2,1) w_1=[0.9 -0.4], logistic; x=[0.3 1],[-0.7 0.2],[0.5 -0.9]; T=100, g=0.924495, l2(0.1)"
	want := []string{
		quad + "; delta_1=[0.25]", logistic + "; delta_1=[0.25]; eps_2=[0.25]",
		quad + "; delta_1~round", logistic + "; delta_1~round; eps_2~round",
		quad + "; delta_1~round", logistic + "; delta_1~round; eps_2~round",
	}
	if !slices.Equal(got, want) {
		t.Errorf("runs\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
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
		law := c.Delta[0]
		if !reflect.DeepEqual(c.Eps[1], law) || law.Law == "twopoint" && (law.P*law.A[0]+(1-law.P)*law.B[0] != -0.0625) {
			t.Errorf("laws %+v and %+v", law, c.Eps[1])
		}
		got = append(got, fmt.Sprintf("%d rows of %d, %s(%v), %s, all %v, T = %d", len(run.Inputs), len(c.X),
			run.Reg.Kind, run.Reg.Rho, law.Law, run.All, run.Steps))
	}
	var want []string
	for _, data := range []string{"569 rows of 30", "2000 rows of 10"} {
		for _, reg := range []string{"l2(0.1)", "nonconvex(0.05)"} {
			_, width, _ := strings.Cut(data, " ")
			want = append(want, data+", "+reg+", round, all true, T = 7",
				"64 "+width+", "+reg+", twopoint, all false, T = 1")
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
