package logistic

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// tiny are figures that take well under a second.
func tiny() []Figure {
	o := Quick(1)
	o.M, o.T, o.D = 20, 60, 3
	o.Gammas, o.Horizons = []float64{0.3, 0.1}, []int{20, 40}
	o.FormatGammas, o.FormatSteps = []float64{0.1}, 60
	o.Forward, o.Backward, o.Every = []float64{1}, []float64{1}, []int{1, 3}
	all := Figures(o)
	last := &all[len(all)-1] // formats: one law of one data set, to nearest
	last.Panels = last.Panels[:1]
	last.Panels[0].Curves = last.Panels[0].Curves[2:3]
	return all
}

// files of a directory, by name.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all, err := os.ReadDir(filepath.Join(dir, "points"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range all {
		data, err := os.ReadFile(filepath.Join(dir, "points", f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name()] = string(data)
	}
	return out
}

// tables are the numbers of all figures.
func tables(t *testing.T, r *Result) string {
	t.Helper()
	var b bytes.Buffer
	for k := range r.Figures {
		if err := r.CSV(&b, &r.Figures[k]); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// TestResumes: a run that is stopped again and again, at any GOMAXPROCS, ends in the bytes
// of one that is not, and makes no point twice.
func TestResumes(t *testing.T) {
	whole, parts := t.TempDir(), t.TempDir()
	one, err := Run(t.Context(), tiny(), whole, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var r *Result
	stops := 0
	for {
		ctx, cancel := context.WithCancel(t.Context())
		fresh := 0
		r, err = Run(ctx, tiny(), parts, func(done, total, stored int64, _ float64) {
			if fresh++; fresh > 8 {
				cancel()
			}
			if done > total || stored > done {
				t.Errorf("%d of %d steps done, %d stored", done, total, stored)
			}
		})
		cancel()
		if err == nil {
			break
		}
		stops++
	}
	if stops < 3 {
		t.Errorf("stopped %d times, want 3 or more", stops)
	}
	if tables(t, one) != tables(t, r) {
		t.Error("the numbers differ")
	}
	a, b := files(t, whole), files(t, parts)
	if len(a) < 20 || len(a) != len(b) {
		t.Errorf("%d and %d files", len(a), len(b))
	}
	for name, data := range a {
		if b[name] != data {
			t.Errorf("%s differs", name)
		}
	}
	said := 0
	if _, err := Run(t.Context(), tiny(), parts, func(done, total, stored int64, _ float64) {
		if said++; stored != total {
			t.Errorf("%d of %d steps are stored", stored, total)
		}
	}); err != nil || said != 1 {
		t.Errorf("again: %v, said %d times", err, said)
	}
}

// TestStoredFaults: a point that is not what its name says, or cut off, is an error with
// its name, never taken.
func TestStoredFaults(t *testing.T) {
	some := tiny()[1:2]
	dir := t.TempDir()
	if _, err := Run(t.Context(), some, dir, nil); err != nil {
		t.Fatal(err)
	}
	p := some[0].points()[0]
	path := file(dir, p)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]struct{ from, to, want string }{
		"cut off":     {string(good), string(good[:len(good)/2]), "line"},
		"other point": {`"gamma":0.3`, `"gamma":0.2`, "not the outcome"},
		"no runs":     {`"trace"`, `"tracy"`, "tracy"},
		"zero":        {`"stable":`, `"stable":-`, "not the outcome"},
		"edited":      {`"complexity":`, `"complexity":1`, "digest"},
		"unknown key": {`{"version"`, `{"x":1,"version"`, "x: unknown key"},
	} {
		bad := strings.Replace(string(good), change.from, change.to, 1)
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Run(t.Context(), some, dir, nil)
		if err == nil || !strings.Contains(err.Error(), filepath.Base(path)) ||
			!strings.Contains(err.Error(), change.want) || !strings.HasSuffix(err.Error(), "; remove it to make it anew") {
			t.Errorf("%s: error %v, want %q and the name in it", name, err, change.want)
		}
	}
	older := strings.Replace(string(good), `"version":`, `"version":9`, 1)
	if err := os.WriteFile(path, []byte(older), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), some, dir, nil); err != nil {
		t.Fatal(err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, good) {
		t.Errorf("the point of another version is not made anew: %v", err)
	}
}

// TestRefusals: options that no figure can be made with.
func TestRefusals(t *testing.T) {
	for want, change := range map[string]func(o *Options){
		"no gammas":         func(o *Options) { o.Gammas = nil },
		"no draws":          func(o *Options) { o.Draws = nil },
		"gamma is NaN":      func(o *Options) { o.Gammas[0] /= 0; o.Gammas[0] *= 0 },
		"d is 0":            func(o *Options) { o.D = 0 },
		"m is -1":           func(o *Options) { o.M = -1 },
		"T is 1":            func(o *Options) { o.T = 1 },
		"s_f is 5":          func(o *Options) { o.Forward = []float64{5} },
		"s_b is -1":         func(o *Options) { o.Backward = []float64{-1} },
		"EWMA is 1":         func(o *Options) { o.EWMA = 1 },
		`reading "both"`:    func(o *Options) { o.Readings = []Reading{"both"} },
		"start is 10000":    func(o *Options) { o.Start = 10_000 },
		"delta every -3":    func(o *Options) { o.Every = []int{-3} },
		"T is 100000000000": func(o *Options) { o.Horizons = []int{100_000_000_000} },
	} {
		o := Quick(1)
		change(&o)
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	for _, o := range []Options{Quick(1), Default(1), Full(1)} {
		if err := o.Check(); err != nil {
			t.Error(err)
		}
	}
	if _, err := Select(tiny(), []string{"fig9"}); err == nil {
		t.Error("fig9 is selected")
	}
	if _, err := Select(tiny(), []string{"fig4", "fig4"}); err == nil {
		t.Error("fig4 is selected twice")
	}
	if some, err := Select(tiny(), []string{"fig7", "fig3"}); err != nil || len(some) != 2 || some[0].ID != "fig7" {
		t.Errorf("fig7 and fig3: %v, %v", some, err)
	}
}

// TestEstimate: the sizes that the command prints beforehand. A step of any kind takes a
// microsecond here; TestEstimateWeighs times one.
func TestEstimate(t *testing.T) {
	usual := stepTime
	defer func() { stepTime = usual }()
	stepTime = func(Point, Law) time.Duration { return time.Microsecond }
	runs, steps, took := Estimate(Figures(Default(1)))
	alone := 58_872_000 * time.Microsecond / time.Duration(runtime.GOMAXPROCS(0))
	if runs != 422 || steps != 58_872_000 || took < alone*11/10 || took > alone*13/10 { // the oracle takes a fifth
		t.Errorf("%d runs, %d steps, %v; steps alone %v", runs, steps, took, alone)
	}
	once, _, _ := Estimate(append(tiny(), tiny()...))
	if alone, _, _ := Estimate(tiny()); alone != once || alone == 0 {
		t.Errorf("%d runs, twice %d", alone, once)
	}
}

// TestSound: a stored point without numbers is not taken.
func TestSound(t *testing.T) {
	for _, c := range []struct {
		m    Measured
		want bool
	}{
		{Measured{Stable: 1, Low: 1, High: 1, Trace: []Sample{{}}}, true}, {Measured{Stable: 1, Low: 1, High: 1}, false},
		{Measured{Stable: 0, Trace: []Sample{{}}}, false},
		{Measured{Stable: 1, Low: 2, High: 1, Trace: []Sample{{}}}, false},
		{Measured{Stable: math.NaN(), Trace: []Sample{{}}}, false},
	} {
		if c.m.sound() != c.want {
			t.Errorf("%+v: sound %v", c.m, !c.want)
		}
	}
	near(t, "gamma of the coupled sweep", rootStep(10_000), 0.01, 1e-17)
}

// TestLoad: what a store gives back, when it is made anew, and each refusal with the file's name.
func TestLoad(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "points"), 0o777); err != nil {
		t.Fatal(err)
	}
	p := base(1, Convex, Law{}, 0.1)
	fresh := func() *Outcome {
		return &Outcome{Version: outcomeVersion, Point: p,
			Measured:  &Measured{Stable: 1, Trace: []Sample{{0, 1}}, W: []float64{}},
			Predicted: &Predicted{Stable: 1}}
	}
	if o, err := load(dir, p, false); o != nil || err != nil {
		t.Errorf("not stored: %v, %v", o, err)
	}
	for name, c := range map[string]struct {
		change func(o *Outcome)
		taken  bool
		want   string
	}{
		"good":          {func(*Outcome) {}, true, ""},
		"older":         {func(o *Outcome) { o.Version-- }, false, ""},
		"another point": {func(o *Outcome) { o.Point.Gamma = 0.2 }, false, "not the outcome of the point"},
		"no runs":       {func(o *Outcome) { o.Measured.Trace = []Sample{} }, false, "not the outcome"},
		"zero":          {func(o *Outcome) { o.Measured.Stable = 0 }, false, "not the outcome"},
	} {
		o := fresh()
		c.change(o)
		if err := o.store(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file(dir, o.Point), file(dir, p)); err != nil { // to the name of p
			t.Fatal(err)
		}
		got, err := load(dir, p, false)
		if (got != nil) != c.taken || c.want == "" && err != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(err.Error(), filepath.Base(file(dir, p)))) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	o := fresh()
	if err := o.store(dir); err != nil {
		t.Fatal(err)
	}
	if got, err := load(dir, p, true); got != nil || err != nil {
		t.Errorf("without the trace that is asked for: %v, %v", got, err)
	}
	if o.Predicted.Trace = []Sample{{0, 1}}; o.store(dir) != nil {
		t.Error("not stored")
	}
	if got, err := load(dir, p, true); got == nil || err != nil || got.Predicted.Trace[0].EWMA != 1 {
		t.Errorf("with a trace: %v, %v", got, err)
	}
	if got, err := load("", p, false); got != nil || err != nil || fresh().store("") != nil {
		t.Errorf("without a directory: %v, %v", got, err)
	}
	o.Predicted.Stable = math.Inf(1)
	if err := o.store(dir); err == nil || !strings.Contains(err.Error(), filepath.Base(file(dir, p))) {
		t.Errorf("+Inf is stored: %v", err)
	}
	if err := os.WriteFile(file(dir, p), make([]byte, maxOutcome+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := load(dir, p, false); err == nil || !strings.Contains(err.Error(), filepath.Base(file(dir, p))) {
		t.Errorf("too large: %v", err)
	}
	if _, err := Run(t.Context(), tiny()[:1], file(dir, p), nil); err == nil {
		t.Error("a file is taken for the directory")
	}
}

// TestTracesAreMade: a point that two panels have gets its trace if one of them shows it, in any order, and one
// that is stored without is made again.
func TestTracesAreMade(t *testing.T) {
	p := tiny()[0].points()[0]
	one := func(axis Axis) Figure {
		return Figure{ID: "a", Panels: []Panel{{Axis: axis, Curves: []Curve{{Points: []Point{p}}}}}}
	}
	dir := t.TempDir()
	r, err := Run(t.Context(), []Figure{one(ByGamma)}, dir, nil)
	if err != nil || r.Of(p).Predicted.Trace != nil {
		t.Fatalf("a trace that nobody asked for, %v", err)
	}
	for _, axes := range [][]Axis{{ByStep}, {ByGamma, ByStep}, {ByStep, ByGamma}} {
		var all []Figure
		for _, axis := range axes {
			all = append(all, one(axis))
		}
		for _, to := range []string{dir, ""} {
			total := int64(0)
			r, err := Run(t.Context(), all, to, func(_, of, _ int64, _ float64) { total = of })
			if err != nil || len(r.Of(p).Predicted.Trace) != len(traceSteps(p.T)) || total != int64(p.T) {
				t.Errorf("%v: %d samples, %d steps, %v", axes, len(r.Of(p).Predicted.Trace), total, err)
			}
		}
	}
}
