package report

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// TestCommandOf: the command does the same search, however its claims were written: Select takes them.
func TestCommandOf(t *testing.T) {
	for in, want := range map[Selection]string{
		{}:                                       "",
		{Claims: "thm1"}:                         " -claims thm1",
		{Claims: "thm1, thm2,\teq15 a1"}:         " -claims thm1,thm2,eq15,a1",
		{Form: FormsOfPaper}:                     " -form " + FormsOfPaper,
		{Claims: "thm1 thm2", Form: FormsOfOurs}: " -claims thm1,thm2 -form " + FormsOfOurs,
	} {
		r := &Report{Seed: 7, Cases: 8, Climb: 9, Select: in}
		got := r.CommandOf([]int{1, 3, 4, 5})
		if want = "verify -units 1,3-5 -seed 7 -cases 8 -climb 9" + want + " -json FILE"; got != want {
			t.Errorf("%+v: %s, want %s", in, got, want)
		}
		if _, after, ok := strings.Cut(got, " -claims "); ok {
			if _, err := Select(Selection{Claims: strings.Fields(after)[0]}); err != nil {
				t.Errorf("%+v: %v", in, err)
			}
		}
	}
	if got := (&Report{Shard: "1/1", Only: "2-3"}).asked() + ", " + (&Report{Shard: "2/3"}).asked(); got !=
		"units 2-3, 2/3" {
		t.Error(got)
	}
}

// TestFullDevice: wherever the device is full, the error is returned.
func TestFullDevice(t *testing.T) {
	g, err := GrowthOnDisk()
	if err != nil {
		t.Fatal(err)
	}
	counts, err := ValidOnDisk()
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(room int) error{
		"growth": func(room int) error { return g.CSV(&full{room}) },
		"curves": func(room int) error { return GrowthSVG(&full{room}, g, Record{}) },
		"valid":  func(room int) error { return WriteValid(&full{room}, counts[:1]) },
		"counts": func(room int) error {
			var many []ValidCount
			for range 200 {
				many = append(many, counts...)
			}
			return WriteValid(&full{room}, many)
		},
		"record": func(room int) error { return WriteRecord(&full{room}, []Row{{ID: "a"}}) },
	} {
		for _, room := range []int{0, 40} {
			if err := write(room); !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d: %v", name, room, err)
			}
		}
	}
}

// TestNoSearch: a report of no search has no units to miss, to do again or to confirm.
func TestNoSearch(t *testing.T) {
	shard, unknown := &Report{Shard: "3/2", Cases: 1}, &Report{Shard: "1/1", Cases: 1, Select: Selection{Claims: "thm9"}}
	for name, c := range map[string]struct {
		err  func(r *Report) error
		both bool
	}{
		"missing": {func(r *Report) error { _, _, err := r.Missing(); return err }, true},
		"worst":   {(*Report).checkWorst, true},
		"options": {func(r *Report) error { _, err := r.Options(); return err }, false},
	} {
		if err := c.err(shard); err == nil || !strings.Contains(err.Error(), `shard is "3/2", want i/n`) {
			t.Errorf("%s: %v", name, err)
		}
		err := c.err(unknown)
		if c.both && (err == nil || !strings.Contains(err.Error(), `no claim "thm9"`)) || !c.both && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := unknown.Recheck(context.Background(), 1, 1, func(search.Unit) {})
	if err == nil || !strings.Contains(err.Error(), `no claim "thm9"`) {
		t.Error(err)
	}
	if unknown.possible() != nil {
		t.Error("claims of no list have largest possible ratios")
	}
	if row := (&Row{ID: "thm9", Form: claim.Printed}); row.certifiable() {
		t.Error("a claim of no list is certified")
	}
}
