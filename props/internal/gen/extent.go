package gen

import "math"

// Extent is how large a case is in each direction: what a search that found nothing says
// of how far it looked.
type Extent struct {
	N      int `json:"n"`      // operators
	Width  int `json:"width"`  // the largest dimension of a state
	Steps  int `json:"steps"`  // T, 0 for a pass
	Leaves int `json:"leaves"` // joint outcomes of a pass, as the supports of its laws have it
}

// Extent is how large the case is. The case need not be valid.
func (c *Case) Extent() Extent {
	e := c.estimate()
	x := Extent{N: len(c.Chain), Width: len(c.X), Leaves: int(min(e.tree.leaves, math.MaxInt32))}
	for i := 1; i <= len(c.Chain); i++ {
		x.Width = max(x.Width, int(min(e.ops[i].out, math.MaxInt32)))
	}
	if c.Run != nil {
		x.Steps = c.Run.Steps
	}
	return x
}

// Max is the larger of both in each direction.
func (x Extent) Max(y Extent) Extent {
	return Extent{max(x.N, y.N), max(x.Width, y.Width), max(x.Steps, y.Steps), max(x.Leaves, y.Leaves)}
}
