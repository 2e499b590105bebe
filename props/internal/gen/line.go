package gen

import (
	"fmt"
	"strings"

	"github.com/cascade-sgd/cascade/core/perturb"
)

// Line is the case on one line, zeros left out.
func (c *Case) Line() string {
	var parts []string
	for i, o := range c.Chain {
		p := o.String()
		if len(c.W[i]) > 0 {
			p += fmt.Sprintf(" w_%d=%v", i+1, plain(c.W[i]))
		}
		parts = append(parts, p)
	}
	line := strings.Join(parts, ", ") + fmt.Sprintf("; x=%v", plain(c.X))
	if r := c.Run; r != nil {
		for _, x := range r.More {
			line += fmt.Sprintf(",%v", plain(x))
		}
		line += fmt.Sprintf("; T=%d, g=%.6g", r.Steps, r.Gamma)
		if r.Reg.Kind != "" && r.Reg.Kind != "none" {
			line += fmt.Sprintf(", %s(%v)", r.Reg.Kind, r.Reg.Rho)
		}
	}
	for i := range c.Delta {
		for _, l := range []struct {
			name string
			s    perturb.Spec
		}{{"delta", c.Delta[i]}, {"eps", c.Eps[i]}} {
			switch l.s.Law {
			case "zero":
			case "constant":
				line += fmt.Sprintf("; %s_%d=%v", l.name, i+1, plain(l.s.D))
			case "twopoint":
				line += fmt.Sprintf("; %s_%d=%v or %v (p=%v)", l.name, i+1, plain(l.s.A), plain(l.s.B), l.s.P)
			case "switch":
				line += fmt.Sprintf("; %s_%d=%v where s_%d >= %v, else %v", l.name, i+1, plain(l.s.A), l.s.K+1,
					l.s.At, plain(l.s.B))
			default:
				line += fmt.Sprintf("; %s_%d~%s", l.name, i+1, l.s.Law)
			}
		}
	}
	return line
}

// plain is v without the sign of -0, which means nothing here.
func plain(v []float64) []float64 {
	out := make([]float64, len(v))
	for k, x := range v {
		out[k] = x + 0
	}
	return out
}
