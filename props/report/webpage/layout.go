package webpage

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// graphPlain is where the graph's nodes and edges lie, in Graphviz's format "plain".
//
//go:embed graph.plain
var graphPlain string

// point is in inches, from the lower left corner.
type point struct{ x, y float64 }

// layout says where a graph lies.
type layout struct {
	width, height float64
	nodes         map[string]point // their centres
	edges         map[edge][]point // Bezier curves: a beginning and three points each
}

// readLayout reads what Graphviz wrote. The error names the line.
func readLayout(text string) (*layout, error) {
	l := &layout{nodes: map[string]point{}, edges: map[edge][]point{}}
	for k, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		bad := func(what string) error {
			return fmt.Errorf("webpage: graph.plain, line %d: %s: %.80q", k+1, what, line)
		}
		numbers := func(from, n int) ([]float64, error) {
			if len(f) < from+n {
				return nil, bad("too short")
			}
			out := make([]float64, n)
			for j := range out {
				v, err := strconv.ParseFloat(f[from+j], 64)
				if err != nil || !(v >= 0 && v < 1e4) {
					return nil, bad("not a place")
				}
				out[j] = v
			}
			return out, nil
		}
		switch {
		case len(f) == 0 || f[0] == "stop":
		case f[0] == "graph":
			v, err := numbers(2, 2)
			if err != nil {
				return nil, err
			}
			l.width, l.height = v[0], v[1]
		case f[0] == "node":
			v, err := numbers(2, 2)
			if err != nil {
				return nil, err
			}
			l.nodes[f[1]] = point{v[0], v[1]}
		case f[0] == "edge":
			v, err := numbers(3, 1)
			if err != nil {
				return nil, err
			}
			n := int(v[0])
			if n%3 != 1 {
				return nil, bad("not a curve")
			}
			if v, err = numbers(4, 2*n); err != nil {
				return nil, err
			}
			var points []point
			for j := 0; j < len(v); j += 2 {
				points = append(points, point{v[j], v[j+1]})
			}
			l.edges[edge{f[1], f[2]}] = points
		default:
			return nil, bad("unknown")
		}
	}
	if l.width == 0 || l.height == 0 {
		return nil, fmt.Errorf("webpage: graph.plain has no graph")
	}
	return l, nil
}
