package trace

import (
	"slices"

	"github.com/cascade-sgd/cascade/core"
)

// partial recovers errors where some states are recorded at some coordinates alone: operator by operator, at
// the coordinates whose output and all that it reads are there. What it cannot recover is unchecked.
type partial struct {
	*recovery
	columns [][]int // by site: the coordinates, nil for all
	views   []opView
	ops     []core.Op // of the coordinates; nil where the error cannot be recovered
}

func newPartial(r *recovery) *partial {
	count := len(r.sites)
	p := &partial{recovery: r, columns: make([][]int, count), views: make([]opView, count), ops: make([]core.Op, count)}
	for k := range r.sites {
		site := r.site(k)
		spec, columns, ok := r.part(site)
		if !ok {
			continue
		}
		op, err := core.NewOp(spec)
		if err != nil {
			continue // no coordinate is left
		}
		p.ops[k], p.columns[k] = op, columns
		p.views[k] = opView{spec: spec, in: op.In(), out: op.Out()}
		r.sites[k].d = op.Out()
		if site.Kind == "eps" {
			r.sites[k].d = op.In()
		}
	}
	return p
}

// part is the operator of a site at the coordinates that can be recovered.
func (s *shape) part(site Site) (spec core.Spec, columns []int, ok bool) {
	spec = s.run.Chain[site.Op-1]
	i := site.Op
	y, v := s.columns.y, s.columns.v
	forward := site.Kind == "delta"
	switch spec.Op {
	case "tanh", "sigmoid", "softplus", "square", "bias", "scale":
		columns = both(y[i-1], y[i])
		if !forward {
			columns = both(both(columns, v[i-1]), v[i]) // V_N is whole
		}
		if columns != nil {
			spec.N = len(columns)
		}
		return spec, columns, true
	case "affine", "linear", "fixed":
		if forward {
			columns = y[i]
			ok = y[i-1] == nil
		} else {
			columns = v[i-1]
			ok = v[i] == nil
		}
		if columns != nil {
			switch {
			case spec.Op == "fixed":
				spec.A = pickMatrix(spec.A, columns, forward)
			case forward:
				spec.Out = len(columns)
			default:
				spec.In = len(columns)
			}
		}
		return spec, columns, ok
	}
	return spec, nil, y[i-1] == nil && (forward || v[i-1] == nil)
}

// both are the coordinates of two lists, nil for all.
func both(a, b []int) []int {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	list := []int{}
	for _, k := range a {
		if slices.Contains(b, k) {
			list = append(list, k)
		}
	}
	return list
}

func pickMatrix(a [][]float64, columns []int, rows bool) [][]float64 {
	var m [][]float64
	if rows {
		for _, k := range columns {
			m = append(m, a[k])
		}
		return m
	}
	for _, row := range a {
		m = append(m, pick(row, nil, columns, len(row), 1))
	}
	return m
}

// pick takes the columns wanted of rows that are recorded at the columns had, nil for all d.
func pick(v []float64, had, wanted []int, d, rows int) []float64 {
	if wanted == nil || len(v) == 0 {
		return v
	}
	d = width(had, d)
	dst := make([]float64, 0, rows*len(wanted))
	for b := range rows {
		for _, k := range wanted {
			if had != nil {
				k, _ = slices.BinarySearch(had, k)
			}
			dst = append(dst, v[b*d+k])
		}
	}
	return dst
}

// weights are those of the operator of a site at its coordinates.
func (p *partial) weights(site int) []float64 {
	at, columns := p.site(site), p.columns[site]
	w := p.chain.W(at.Op, p.st.W)
	if columns == nil || len(w) == 0 {
		return w
	}
	spec := p.run.Chain[at.Op-1]
	if spec.Op != "affine" && spec.Op != "linear" {
		return pick(w, nil, columns, len(w), 1)
	}
	matrix, bias := w[:spec.In*spec.Out], w[spec.In*spec.Out:]
	if at.Kind == "eps" {
		return slices.Concat(pick(matrix, nil, columns, spec.In, spec.Out), bias)
	}
	var part []float64
	for _, k := range columns {
		part = append(part, matrix[k*spec.In:(k+1)*spec.In]...)
	}
	return append(part, pick(bias, nil, columns, len(bias), 1)...)
}

// step recovers what can be recovered of a step.
func (p *partial) step() {
	st, n := p.st, p.chain.N()
	p.from, p.to = 0, st.B
	for i := 1; i <= n; i++ {
		p.recover(p.deltaSite(i))
	}
	for i := n; i >= 2; i-- {
		p.recover(p.epsSite(i))
	}
	p.columnsOf = nil
}

func (p *partial) recover(site int) {
	op := p.ops[site]
	if op == nil {
		return
	}
	st, at, o, e := p.st, p.site(site), &p.views[site], &p.sites[site]
	i, rows, columns := at.Op, st.B, p.columns[site]
	y := p.shape.columns.y
	entries := op.In() == op.Out() && columns != nil && !isDense(o.spec.Op)
	o.w, o.labels = p.weights(site), st.Labels
	o.x = st.X
	if i > 1 {
		o.x = st.Y[i-1]
	}
	switch {
	case entries:
		o.x = pick(o.x, y[i-1], columns, p.chain.D(i-1), rows)
		o.y = pick(st.Y[i], y[i], columns, p.chain.D(i), rows)
	case at.Kind == "eps" && isDense(o.spec.Op): // J1 reads neither, and columns are those of the inputs
		o.x, o.y = make([]float64, rows*op.In()), nil
	default:
		o.y = pick(st.Y[i], y[i], columns, p.chain.D(i), rows)
	}
	o.norms()
	o.forget()
	p.columnsOf = columns
	f := make([]float64, rows*op.Out())
	for b := range rows {
		p.operator(site, b).Forward(f[b*op.Out():(b+1)*op.Out()], o.x[b*op.In():(b+1)*op.In()], o.w)
	}
	if at.Kind == "delta" {
		p.delta(i, e, o, o.y, f)
		return
	}
	g := make([]float64, rows*op.In())
	v := p.ones()
	if i < p.chain.N() {
		v = st.V[i]
		if entries {
			v = pick(v, p.shape.columns.v[i], columns, p.chain.D(i), rows)
		}
	}
	for b := range rows {
		p.operator(site, b).VJP1(g[b*op.In():(b+1)*op.In()], o.x[b*op.In():(b+1)*op.In()], o.w,
			f[b*op.Out():(b+1)*op.Out()], v[b*op.Out():(b+1)*op.Out()])
	}
	got := pick(st.V[i-1], p.shape.columns.v[i-1], columns, p.chain.D(i-1), rows)
	p.eps(i, e, o, got, g, v, o.y)
}

func isDense(op string) bool { return op == "affine" || op == "linear" || op == "fixed" }

// operator is that of a site for sample b, whose label it may have.
func (p *partial) operator(site, b int) core.Op {
	if p.views[site].spec.Op == "softmaxce" {
		return p.withLabel(p.st.Labels[b]).Op(p.chain.N())
	}
	return p.ops[site]
}
