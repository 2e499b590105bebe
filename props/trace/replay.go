package trace

import "gonum.org/v1/gonum/floats"

// replay is the pass with the error of one site alone, or without that one. It begins where the error enters: what
// comes before is as in the exact pass, or as in the record.
type replay struct {
	*recovery      // of the step
	operators      []batchOp
	x, f           [][]float64 // of a window: inputs and values of each operator
	values, output [][]float64 // room for f, and for outputs with their errors
	v, next        []float64
	u              []float64
}

func newReplay(s *shape) *replay {
	list := func() [][]float64 { return make([][]float64, s.chain.N()+1) }
	p := &replay{x: list(), f: list(), values: list(), output: list(), u: make([]float64, s.chain.NW())}
	p.operators = s.batchOps(func(sample int) int { return p.label(sample) })
	return p
}

// distance2 is |U-u|^2 with the error of a site alone, or without it; d is U-u with all of them.
func (p *replay) distance2(ex *exactPass, d []float64, site int, without bool) float64 {
	clear(p.u)
	at := p.site(site)
	for from := 0; from < p.st.B; from += window {
		to := min(from+window, p.st.B)
		if at.Kind == "delta" {
			p.delta(ex, at.I, from, to, without)
		} else {
			p.eps(ex, at.I, from, to, without)
		}
	}
	sum, scale := 0.0, 1/float64(p.st.B)
	other := d // the gradient is linear in eps: p.u is what this one does
	switch {
	case at.Kind == "delta":
		other = ex.u
	case !without:
		for _, u := range p.u {
			u *= scale
			sum += u * u
		}
		return sum
	}
	for k, u := range p.u {
		u = other[k] - u*scale
		sum += u * u
	}
	return sum
}

// errors are those of a site, of samples from..to-1.
func (p *replay) errors(site, from, to int) []float64 {
	e := &p.sites[site]
	return samplesOf(e.e, e.d, from, to)
}

// base sets inputs and values of operator i to those of the exact pass, or to the recorded ones. Outputs stand for
// recorded values that nobody reads.
func (p *replay) base(ex *exactPass, i, from, to int, recorded, read bool) {
	o := &p.operators[i]
	y := &ex.y
	if recorded {
		y = &p.st.Y
	}
	p.x[i], p.f[i] = samplesOf(p.st.X, p.chain.D(0), from, to), samplesOf((*y)[i], o.out, from, to)
	if i > 1 {
		p.x[i] = samplesOf((*y)[i-1], o.in, from, to)
	}
	if recorded && (read || o.readsValue()) {
		p.values[i] = sized(p.values[i], len(p.f[i]))
		p.f[i] = floats.SubTo(p.values[i], p.f[i], p.errors(p.deltaSite(i), from, to))
	}
}

// delta adds the gradients with delta_at alone, or without it, to u.
func (p *replay) delta(ex *exactPass, at, from, to int, without bool) {
	n, rows := p.chain.N(), to-from
	for i := 1; i <= n; i++ {
		o := &p.operators[i]
		if i <= at {
			p.base(ex, i, from, to, without, i == at)
		} else {
			p.values[i] = sized(p.values[i], rows*o.out)
			p.x[i], p.f[i] = p.output[i-1], p.values[i]
			if i < n || o.readsValue() {
				o.forward(p.f[i], p.x[i], p.chain.W(i, p.st.W), from)
			}
		}
		switch {
		case i < at || i == n:
		case (i == at) != without:
			p.output[i] = sized(p.output[i], rows*o.out)
			floats.AddTo(p.output[i], p.f[i], p.errors(p.deltaSite(i), from, to))
		default:
			p.output[i] = append(p.output[i][:0], p.f[i]...)
		}
	}
	p.v = sized(p.v, rows)
	for k := range p.v {
		p.v[k] = 1
	}
	for i := n; i >= 1; i-- {
		p.back(i, from)
		if without && i > 1 {
			floats.Add(p.v, p.errors(p.epsSite(i), from, to))
		}
	}
}

// eps adds to u what eps_at does to the gradients in the exact pass, or among all other errors.
func (p *replay) eps(ex *exactPass, at, from, to int, without bool) {
	p.v = append(p.v[:0], p.errors(p.epsSite(at), from, to)...)
	for i := at - 1; i >= 1; i-- {
		p.base(ex, i, from, to, without, false)
		p.back(i, from)
	}
}

// back is (5b) without eps, and (5c), of operator i.
func (p *replay) back(i, from int) {
	o, w := &p.operators[i], p.chain.W(i, p.st.W)
	o.byWeights(p.chain.W(i, p.u), p.x[i], w, p.f[i], p.v, from)
	if i > 1 {
		p.next = sized(p.next, len(p.x[i]))
		o.byInput(p.next, p.x[i], w, p.f[i], p.v, from)
		p.v, p.next = p.next, p.v
	}
}
