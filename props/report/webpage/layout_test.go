package webpage

import (
	"strings"
	"testing"
)

// TestReadLayout: places of nodes and edges as Graphviz writes them, at the least and the largest that
// may be; what is no layout is refused with its line.
func TestReadLayout(t *testing.T) {
	const good = "graph 1 1 1\nnode a 0 9999.5 1.05 0.52\n\nedge a b 4 0 1 2 3 4 5 6 7 solid black\nstop\n"
	l, err := readLayout(good)
	if err != nil {
		t.Fatal(err)
	}
	curve := l.edges[edge{"a", "b"}]
	if l.width != 1 || l.height != 1 || l.nodes["a"] != (point{0, 9999.5}) || len(curve) != 4 ||
		curve[0] != (point{0, 1}) || curve[3] != (point{6, 7}) {
		t.Errorf("%+v", l)
	}
	for _, c := range []struct{ old, with, want string }{
		{"graph 1 1 1", "graph 1 1", "line 1: too short"},
		{"graph 1 1 1", "graph 1 0 1", "has no graph"},
		{"graph 1 1 1", "graph 1 1 0", "has no graph"},
		{"graph 1 1 1\n", "", "has no graph"},
		{"graph 1 1 1", "graph 1 x 1", "line 1: not a place"},
		{"9999.5 1.05 0.52", "", "line 2: too short"},
		{"9999.5", "10000", "line 2: not a place"},
		{"9999.5", "-1", "line 2: not a place"},
		{"9999.5", "NaN", "line 2: not a place"},
		{"edge a b 4", "edge a b 3", "line 4: not a curve"},
		{"edge a b 4", "edge a b 7", "line 4: too short"},
		{"edge a b 4", "edge a b x", "line 4: not a place"},
		{" 7 solid", " x solid", "line 4: not a place"},
		{"edge a b 4 0 1 2 3 4 5 6 7 solid black", "edge a b", "line 4: too short"},
		{"stop", "halt", "line 5: unknown"},
	} {
		if _, err := readLayout(strings.Replace(good, c.old, c.with, 1)); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want one with %q", c.with, err, c.want)
		}
	}
}
