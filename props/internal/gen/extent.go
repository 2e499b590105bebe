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
	x := Extent{N: len(c.Chain), Width: c.Width(), Leaves: int(min(e.tree.leaves, math.MaxInt32))}
	if c.Run != nil {
		x.Steps = c.Run.Steps
	}
	return x
}

// Width is the largest dimension of a state. The case need not be valid.
func (c *Case) Width() int {
	w := len(c.X)
	for i := range c.Chain {
		if i > 0 {
			w = max(w, width(c.Chain, i))
		}
	}
	return w
}

// Max is the larger of both in each direction.
func (x Extent) Max(y Extent) Extent {
	return Extent{max(x.N, y.N), max(x.Width, y.Width), max(x.Steps, y.Steps), max(x.Leaves, y.Leaves)}
}
