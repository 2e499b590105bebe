package trace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/core"
)

// Comparison is two runs beside each other, of two builds or formats of an engine with one chain.
type Comparison struct {
	Version int         `json:"version"`
	Old     *Judgement  `json:"old"`
	New     *Judgement  `json:"new"`
	Sites   []SiteParts `json:"sites"` // in the order of Judgement.Sites
	Parts   *Parting    `json:"parts"` // null: nowhere, or the runs do not begin alike
	Says    string      `json:"says"`
}

// SiteParts is how a site differs.
type SiteParts struct {
	Site
	Name  string `json:"name"`
	Old   Number `json:"old"` // root mean square error of a sample
	New   Number `json:"new"`
	Ratio Number `json:"ratio"` // new over old
	Share Number `json:"share"` // of the gradient's error, new less old
}

// Parting is where two runs that begin alike first differ, in the order in which an engine computes.
type Parting struct {
	Site          // kind "w" where the weights differ first, "x" where the samples do
	Step   int    `json:"step"`
	Sample int    `json:"sample"`
	Index  int    `json:"index"`
	Old    Number `json:"old"`
	New    Number `json:"new"`
}

// Compare judges the records at both paths and holds them against each other. The error is that of Judge, or says
// that the chains differ.
func Compare(ctx context.Context, oldPath, newPath string) (*Comparison, error) {
	c := &Comparison{Version: JudgementVersion}
	parts, err := part(oldPath, newPath)
	if err != nil {
		return nil, err
	}
	c.Parts = parts
	var stopped error
	for _, one := range []struct {
		path string
		into **Judgement
	}{{oldPath, &c.Old}, {newPath, &c.New}} {
		j, err := Judge(ctx, one.path)
		if j == nil {
			return nil, err
		}
		stopped = errors.Join(stopped, err)
		*one.into = j
	}
	if len(c.Old.Sites) == len(c.New.Sites) {
		for k, s := range c.Old.Sites {
			n := c.New.Sites[k]
			c.Sites = append(c.Sites, SiteParts{Site: s.Site, Name: s.Name, Old: s.RMS, New: n.RMS,
				Ratio: Number(ratio(float64(n.RMS), float64(s.RMS))), Share: n.Share - s.Share})
		}
	}
	c.Says = c.say()
	return c, stopped
}

// ratio is a/b, and 1 for two zeros.
func ratio(a, b float64) float64 {
	if a == b {
		return 1
	}
	return a / b
}

func (c *Comparison) say() string {
	if c.Old.Steps == 0 || c.New.Steps == 0 {
		return "nothing compared: a record has no step"
	}
	text := "the runs are the same, number for number"
	if p := c.Parts; p != nil {
		switch p.Kind {
		case "x":
			text = fmt.Sprintf("the runs have other samples from step %d on", p.Step)
		case "w":
			text = fmt.Sprintf("the runs part at step %d: w_%d index %d is %v and %v", p.Step, p.I, p.Index, p.Old, p.New)
		default:
			f := Fault{Site: p.Site, Step: p.Step, Sample: p.Sample, Index: p.Index}
			text = fmt.Sprintf("the runs part at %s: %v and %v", f.place(), p.Old, p.New)
		}
	} else if c.Old.Steps != c.New.Steps {
		text = fmt.Sprintf("the runs are the same as far as both go, %d and %d steps", c.Old.Steps, c.New.Steps)
	}
	worst, at := 0.0, -1
	for k, s := range c.Sites {
		if s.Kind == "delta" && s.I == len(c.Old.Chain) {
			continue // it touches no gradient
		}
		if x := math.Abs(math.Log(float64(s.Ratio))); x > worst {
			worst, at = x, k
		}
	}
	if at >= 0 && worst > math.Ln2/4 {
		s := c.Sites[at]
		text += fmt.Sprintf("; the site that differs most is %s: its error is %.3g times the old one", s.Name,
			float64(s.Ratio))
	}
	return text
}

// part finds where two records first differ.
func part(oldPath, newPath string) (*Parting, error) {
	a, err := Open(oldPath)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	b, err := Open(newPath)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	sameOp := func(x, y core.Spec) bool { return x.Op == y.Op }
	if !a.chain.SameShape(b.chain) || !slices.EqualFunc(a.run.Chain, b.run.Chain, sameOp) {
		return nil, fmt.Errorf("trace: %s and %s have other chains: %v and %v", oldPath, newPath, a.run.Chain, b.run.Chain)
	}
	var s, t Step
	for {
		errA, errB := a.Next(&s), b.Next(&t)
		if errA == io.EOF || errB == io.EOF {
			return nil, nil
		}
		if err := errors.Join(errA, errB); err != nil {
			return nil, err
		}
		if p := a.parting(&s, &t); p != nil {
			return p, nil
		}
	}
}

// parting compares a step in the order in which it is computed.
func (s *shape) parting(a, b *Step) *Parting {
	n := s.chain.N()
	if a.T != b.T || a.B != b.B || !slices.Equal(a.X, b.X) || !slices.Equal(a.Labels, b.Labels) {
		return &Parting{Site: Site{Kind: "x"}, Step: a.T}
	}
	at := func(site Site, v, w []float64, d int) *Parting {
		for k := range min(len(v), len(w)) {
			if v[k] != w[k] && (v[k] == v[k] || w[k] == w[k]) {
				return &Parting{Site: site, Step: a.T, Sample: k / d, Index: k % d, Old: Number(v[k]), New: Number(w[k])}
			}
		}
		return nil
	}
	for i := 1; i <= n; i++ {
		if nw := s.chain.Op(i).NW(); nw > 0 {
			if p := at(Site{"w", i, i}, s.chain.W(i, a.W), s.chain.W(i, b.W), nw); p != nil {
				return p
			}
		}
	}
	for i := 1; i <= n; i++ {
		if p := at(Site{"delta", i, i}, a.Y[i], b.Y[i], width(s.columns.y[i], s.chain.D(i))); p != nil {
			return p
		}
	}
	for i := n; i >= 2; i-- {
		if p := at(Site{"eps", i, i}, a.V[i-1], b.V[i-1], width(s.columns.v[i-1], s.chain.D(i-1))); p != nil {
			return p
		}
	}
	return nil
}

// Fails reports whether the new run does, see Judgement.Fails.
func (c *Comparison) Fails() bool { return c.New.Fails() }
