package spikes

import (
	"math"
	"testing"
)

func TestPhase(t *testing.T) {
	o := Small(1)
	o.Sizes, o.Spacings = o.Sizes[:4], []int{1, 128, 1024}
	ds, err := Phase(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range ds {
		marks := map[byte]int{}
		for i, row := range d.Cells {
			for j, c := range row {
				marks[c.Mark()]++
				if c.Wrong() {
					t.Errorf("%s: size %v every %d: bound says recovered, gap %v above %v", d.Name, c.Size,
						d.Spacings[j], c.Gap, d.Level)
				}
				if c.Printed && !c.Sharp {
					t.Errorf("%s: size %v every %d: (40) promises more than its sharp form", d.Name, c.Size,
						d.Spacings[j])
				}
				if r := c.Size / d.Sizes[i]; !(r > 0.999 && r < 1.001) {
					t.Errorf("%s: measured size %v, wanted %v", d.Name, c.Size, d.Sizes[i])
				}
			}
		}
		if marks['#'] == 0 || marks['*'] == 0 || marks['o'] == 0 || marks['.'] == 0 {
			t.Errorf("%s: a region is empty: %v", d.Name, marks)
		}
	}
}

func TestMarks(t *testing.T) {
	for _, c := range []struct {
		cell Cell
		want byte
	}{
		{Cell{Recovers: true, Printed: true, Sharp: true}, '#'}, {Cell{Recovers: true, Sharp: true}, '+'},
		{Cell{Recovers: true}, 'o'}, {Cell{}, '.'}, {Cell{Printed: true}, '!'}, {Cell{Sharp: true}, '!'},
		{Cell{Recovers: true, Root: true}, '*'}, {Cell{Root: true}, '!'},
	} {
		if got := c.cell.Mark(); got != c.want {
			t.Errorf("%+v: %c, want %c", c.cell, got, c.want)
		}
	}
}

func TestMostOften(t *testing.T) {
	yes, no := Cell{Recovers: true}, Cell{}
	d := Diagram{Spacings: []int{1, 4, 16}, Cells: [][]Cell{{yes, yes, yes}, {yes, no, yes}, {yes, yes, no},
		{no, yes, {Sharp: true}}}}
	for i, want := range []int{1, 16, Never, Never} {
		if got := d.MostOften(i); got != want {
			t.Errorf("row %d: %d, want %d", i, got, want)
		}
	}
	if d.Wrong() != 1 {
		t.Errorf("%d wrong cells", d.Wrong())
	}
}

func TestBadOptions(t *testing.T) {
	for want, change := range map[string]func(*Options){
		"spikes: kicks is empty": func(o *Options) { o.Kicks = nil },
		"spikes: sizes[1] is -2, want > 0 and at most 1e+06": func(o *Options) {
			o.Sizes = []float64{1,
				-2}
		},
		"spikes: kicks[0] is 1e+07, want > 0 and at most 1e+06":             func(o *Options) { o.Kicks = []float64{1e7} },
		"spikes: sizes[0] is NaN, want > 0 and at most 1e+06":               func(o *Options) { o.Sizes = []float64{math.NaN()} },
		"spikes: kicks[0] is +Inf, want > 0 and at most 1e+06":              func(o *Options) { o.Kicks = []float64{math.Inf(1)} },
		"spikes: spacings is empty":                                         func(o *Options) { o.Spacings = nil },
		"spikes: spacings[0] is 2049, want 1..2048, a quarter of the steps": func(o *Options) { o.Spacings = []int{2049} },
		"spikes: chains is 0, want at least 1":                              func(o *Options) { o.Chains = 0 },
	} {
		o := Small(1)
		change(&o)
		_, err1 := Check(o)
		_, err2 := Phase(o)
		_, err3 := Isolated(o)
		_, err4 := Run(o)
		for _, err := range []error{err1, err2, err3, err4} {
			if err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
}
