package gen

import "github.com/cascade-sgd/cascade/core/perturb"

// Clone is a deep copy.
func (c *Case) Clone() *Case {
	d := &Case{X: append([]float64(nil), c.X...)}
	for _, s := range c.Chain {
		s.A = cloneRows(s.A)
		d.Chain = append(d.Chain, s)
	}
	d.W = cloneRows(c.W)
	for k := range c.Delta {
		d.Delta = append(d.Delta, cloneLaw(c.Delta[k]))
		d.Eps = append(d.Eps, cloneLaw(c.Eps[k]))
	}
	if c.Run != nil {
		run := *c.Run
		run.More = cloneRows(run.More)
		d.Run = &run
	}
	return d
}

func cloneRows(a [][]float64) [][]float64 {
	if a == nil {
		return nil
	}
	b := make([][]float64, len(a))
	for k, row := range a {
		b[k] = append([]float64{}, row...)
	}
	return b
}

func cloneLaw(s perturb.Spec) perturb.Spec {
	s.D = append([]float64(nil), s.D...)
	s.A = append([]float64(nil), s.A...)
	s.B = append([]float64(nil), s.B...)
	out := s.Outcomes
	s.Outcomes = nil
	for _, o := range out {
		s.Outcomes = append(s.Outcomes, perturb.Outcome{P: o.P, D: append([]float64(nil), o.D...)})
	}
	return s
}
