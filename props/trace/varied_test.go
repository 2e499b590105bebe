package trace

import (
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
)

// TestVariedParts: steps of one run that differ in what may be left out, as a trainer does that has gradients
// at some steps alone, are all read back; each with what it had.
func TestVariedParts(t *testing.T) {
	s, st := uneven(t, float64s, nil)
	n := s.chain.N()
	steps := map[int]func(c *Step){
		1: func(*Step) {},
		2: func(c *Step) { c.U = st.W },
		3: func(c *Step) { c.U = st.W },
		5: func(c *Step) { c.U, c.After = st.W, st.W },
		7: func(c *Step) { c.After = st.W },
		8: func(c *Step) { c.V[n] = []float64{1, 1} },
		9: func(c *Step) { c.Loss = math.NaN() },
	}
	w, err := Create(t.TempDir()+"/run", s.run)
	if err != nil {
		t.Fatal(err)
	}
	order := []int{1, 2, 3, 5, 7, 8, 9}
	for _, k := range order {
		c := again(st)
		c.T, c.U, c.After, c.V[n] = k, nil, nil, nil
		steps[k](c)
		if err := w.Write(c); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range []int{9, 8, -1} {
		c := again(st)
		if c.T = k; w.Write(c) == nil || !strings.Contains(w.Write(c).Error(), "after step 9, want rising steps") {
			t.Errorf("step %d after step 9: %v", k, w.Write(c))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := Open(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got Step
	for _, k := range order {
		if err := r.Next(&got); err != nil {
			t.Fatalf("step %d: %v", k, err)
		}
		var want Step
		want.V = make([][]float64, n+1)
		steps[k](&want)
		if got.lossIsNaN || math.IsNaN(got.Loss) != (k == 9) {
			t.Errorf("step %d: the loss is read as %v, as if recorded: %v", k, got.Loss, got.lossIsNaN)
		}
		if got.T != k || (got.U != nil) != (want.U != nil) || (got.After != nil) != (want.After != nil) ||
			(got.V[n] != nil) != (want.V[n] != nil) {
			t.Errorf("step %d is read as %d: U %v, after %v, V_N %v", k, got.T, got.U, got.After, got.V[n])
		}
	}
	if err := r.Next(&got); err != io.EOF {
		t.Errorf("after the last step: %v", err)
	}
}

// TestLeastScale: V that was multiplied by next to nothing has no digits left, and says nothing.
func TestLeastScale(t *testing.T) {
	s, st := uneven(t, float64s, nil)
	for scale, ok := range map[float64]bool{0x1p-126: true, 0x1p-24: true, 1: true, 0x1p127: true, 0x1p-127: false,
		5e-324: false, 0: false, -1: false, math.Inf(1): false, math.NaN(): false} {
		c := again(st)
		c.Scale = scale
		if err := c.finish(s, 0); (err == nil) != ok || err != nil && !strings.Contains(err.Error(),
			fmt.Sprintf("step 5: array scale: %v, want", scale)) {
			t.Errorf("scale %v: %v", scale, err)
		}
	}
}

// TestShownWords: what a record says of itself is one line that steers no terminal and cannot pass for a
// verdict.
func TestShownWords(t *testing.T) {
	s, st := uneven(t, float64s, nil)
	s.run.Engine, s.run.Note = "a\u202eb\x1b[2J", "well\n\nno cause above the noise\r\n"
	j, err := Judge(t.Context(), written(t, s, st, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	if j.Engine != "a\ufffdb\ufffd[2J" || j.Note != "well no cause above the noise" {
		t.Errorf("engine %q, note %q", j.Engine, j.Note)
	}
}
