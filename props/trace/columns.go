package trace

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/core"
)

// columns holds the run in at most MaxColumns pieces: when they are full, two become one.
type columns struct {
	sites int
	per   int // steps of a column
	all   []column
	one   column // the step that is added
}

// column is a Column that is being filled.
type column struct {
	Column
	steps, shares int
}

func (c *columns) add(m measured, sites []siteError, samples int, first []float64) {
	if c.per == 0 {
		c.per = 1
	}
	if n := len(c.all); n == 0 || c.all[n-1].steps == c.per {
		if n == MaxColumns {
			c.halve()
		}
		if n := len(c.all); n == 0 || c.all[n-1].steps == c.per {
			c.all = append(c.all, column{})
		}
	}
	last := &c.all[len(c.all)-1]
	one := &c.one
	if one.Size == nil {
		*one = newColumn(c.sites)
	}
	one.clear()
	one.From, one.To, one.steps = m.t, m.t, 1
	one.Loss, one.Error2, one.Grad2 = Number(m.loss), Number(m.error2), Number(m.grad2)
	for k := range sites {
		e := &sites[k]
		if !e.checked {
			continue
		}
		one.Size[k] = Number(math.Sqrt(e.sum2[byValue] / float64(samples)))
		one.Ratio[k] = Number(math.Sqrt(e.sum2[e.way()] / (e.pred + math.SmallestNonzeroFloat64)))
		if first != nil {
			one.Share[k] = Number(first[k])
		}
	}
	if first != nil {
		one.shares = 1
	}
	last.join(one)
	if last.steps == 1 {
		*one = column{} // which last has become
	}
}

func newColumn(sites int) column {
	c := column{}
	for _, list := range []*[]Number{&c.Size, &c.Ratio, &c.Share} {
		*list = make([]Number, sites)
	}
	c.clear()
	return c
}

// clear makes it one that no step is in.
func (c *column) clear() {
	for _, list := range [...][]Number{c.Size, c.Ratio, c.Share} {
		for k := range list {
			list[k] = Number(math.NaN())
		}
	}
	c.steps, c.shares = 0, 0
}

// join takes in the next steps.
func (c *column) join(o *column) {
	if c.steps == 0 {
		*c = *o
		return
	}
	a, b := float64(c.steps), float64(o.steps)
	part := func(x, y Number) Number { return Number((float64(x)*a + float64(y)*b) / (a + b)) }
	c.To = o.To
	c.Loss, c.Grad2 = part(c.Loss, o.Loss), part(c.Grad2, o.Grad2)
	c.Error2 = Number(larger(float64(c.Error2), float64(o.Error2)))
	for k := range c.Size {
		c.Size[k] = Number(larger(float64(c.Size[k]), float64(o.Size[k])))
		c.Ratio[k] = Number(larger(float64(c.Ratio[k]), float64(o.Ratio[k])))
		switch {
		case o.shares == 0:
		case c.shares == 0:
			c.Share[k] = o.Share[k]
		default:
			n, m := float64(c.shares), float64(o.shares)
			c.Share[k] = Number((float64(c.Share[k])*n + float64(o.Share[k])*m) / (n + m))
		}
	}
	c.steps += o.steps
	c.shares += o.shares
}

func (c *columns) halve() {
	for k := range len(c.all) / 2 {
		a := c.all[2*k]
		a.join(&c.all[2*k+1])
		c.all[k] = a
	}
	c.all = c.all[:len(c.all)/2]
	c.per *= 2
}

func (c *columns) list() []Column {
	list := make([]Column, len(c.all))
	for k := range list {
		list[k] = c.all[k].Column
	}
	return list
}

// operatorName is an operator in short: without the label, which differs from sample to sample, and
// without the numbers of a matrix.
func operatorName(s core.Spec) string {
	switch s.Op {
	case "softmaxce":
		return fmt.Sprintf("softmaxce(%d)", s.N)
	case "fixed":
		return fmt.Sprintf("fixed(%d,%d)", len(s.A[0]), len(s.A))
	}
	return s.String()
}
