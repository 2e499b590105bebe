package claim

import "github.com/cascade-sgd/cascade/core"

// Moments are the expectations over all leaves of one pass at one input x,
// under the law of the plan. Slices are indexed like the paper; entries that
// have no meaning (index 0, eps_1) are 0. |.| is Euclidean.
type Moments struct {
	Leaves int
	P      float64 // sum of the probabilities, 1 up to rounding

	D2, D4 []float64 // E|delta_i|^2, E|delta_i|^4           i = 1..N
	D22    []float64 // E_x (E[|delta_i|^2 | x]^2)           i = 1..N
	E2     []float64 // E|eps_i|^2                           i = 2..N
	Y2, Y4 []float64 // E|Y_i-y_i|^2, E|Y_i-y_i|^4           i = 0..N
	V2     []float64 // E|V_i-v_i|^2                         i = 1..N
	YV2    []float64 // E|Y_i-y_i|^2 |V_{i+1}-v_{i+1}|^2     i = 1..N-1
	E4     []float64 // E|eps_i|^4                           i = 2..N
	V4     []float64 // E|V_i-v_i|^4                         i = 1..N
	Ui2    []float64 // E|U_i-u_i|^2                         i = 1..N
	U2     float64   // E|U-u|^2

	UMean   []float64 // E_t[U-u], flat                      length NW
	UiMean2 []float64 // |E_t[U_i-u_i]|^2                    i = 1..N
	UMean2  float64   // |E_t[U-u]|^2

	// By reading:
	DMean2 [ReadingSlots][]float64 // E|E^{G_i}[delta_i]|^2      i = 1..N
	// E_x (E[|E^{G_i}[delta_i]|^2 | x]^2)                          i = 1..N
	DMean22 [ReadingSlots][]float64
	EMean2  [ReadingSlots][]float64 // E|E^{H_i}[eps_i]|^2        i = 2..N
	YMean2  [ReadingSlots][]float64 // E|E^{G_i}[Y_i-y_i]|^2      i = 0..N
	VMean2  [ReadingSlots][]float64 // E|E^{H_i}[V_i-v_i]|^2      i = 1..N
	// E|E^{G_i}[f_i(Y_{i-1})-f_i(y_{i-1})]|^2                      i = 1..N
	FMean2 [ReadingSlots][]float64
	// E|E^{H_{i+1}}[J1_{i+1}(Y_i)^T V_{i+1} - J1_{i+1}(y_i)^T v_{i+1}]|^2, i = 1..N-1
	BMean2 [ReadingSlots][]float64

	all []float64 // what the slices above share
}

// Whole reports that m has every list, which those of NewRunMoments have not.
func (m *Moments) Whole() bool { return m.Y2 != nil }

// Laws reports that m has the lists of delta and eps, which those of NewGradientMoments have not.
func (m *Moments) Laws() bool { return m.D2 != nil }

// NewMoments returns moments of the shape of c, all 0. There are no others, but for those
// of NewRunMoments and NewGradientMoments: the zero value has no slices.
func NewMoments(c *core.Chain) *Moments {
	m := new(Moments)
	take := m.room(c, allLists)
	for _, l := range [plainLists]*[]float64{&m.D2, &m.D4, &m.E2, &m.Y2, &m.Y4, &m.V2, &m.Ui2, &m.UiMean2, &m.YV2,
		&m.E4, &m.V4, &m.D22} {
		*l = take()
	}
	for _, r := range Readings {
		for _, l := range m.means(r) {
			*l = take()
		}
	}
	return m
}

// NewRunMoments is NewMoments with the lists alone that claims about runs read, which sum
// over many steps: those of delta, of eps and of the mean of U. The others are nil.
func NewRunMoments(c *core.Chain) *Moments {
	m := new(Moments)
	take := m.room(c, runLists)
	m.D2 = take()
	m.D4 = take()
	m.D22 = take()
	m.E2 = take()
	m.UiMean2 = take()
	for _, r := range Readings {
		m.DMean2[r] = take()
		m.DMean22[r] = take()
		m.EMean2[r] = take()
	}
	return m
}

// NewGradientMoments is NewMoments for those who ask for U alone: Leaves, P, U2, UMean, UiMean2 and UMean2. The other
// lists are nil.
func NewGradientMoments(c *core.Chain) *Moments {
	m := new(Moments)
	m.UiMean2 = m.room(c, 1)()
	return m
}

// Renew returns moments of the shape of c with the lists that m has.
func (m *Moments) Renew(c *core.Chain) *Moments {
	switch {
	case m.Whole():
		return NewMoments(c)
	case m.Laws():
		return NewRunMoments(c)
	}
	return NewGradientMoments(c)
}

// room makes UMean and what so many lists share, which take gives out.
func (m *Moments) room(c *core.Chain, lists int) (take func() []float64) {
	n := c.N() + 1
	m.all = make([]float64, lists*n+c.NW())
	buf := m.all[c.NW():]
	m.UMean = m.all[:c.NW():c.NW()]
	return func() []float64 {
		s := buf[:n:n]
		buf = buf[n:]
		return s
	}
}

// The lists of Moments: those without a reading, those of each, all, and those of a run.
const (
	plainLists   = 12
	readingLists = 7
	allLists     = plainLists + readingLists*len(Readings)
	runLists     = 5 + 3*len(Readings)
)

// Lists returns every slice of m but UMean, in a fixed order; nil for what m has not.
func (m *Moments) Lists() [allLists][]float64 {
	l := [allLists][]float64{m.D2, m.D4, m.E2, m.Y2, m.Y4, m.V2, m.Ui2, m.UiMean2, m.YV2, m.E4, m.V4, m.D22}
	for _, r := range Readings {
		for k, mean := range m.means(r) {
			l[plainLists+readingLists*int(r-Literal)+k] = *mean
		}
	}
	return l
}

// means are the lists of a reading.
func (m *Moments) means(r Reading) [readingLists]*[]float64 {
	return [readingLists]*[]float64{&m.DMean2[r], &m.EMean2[r], &m.YMean2[r], &m.VMean2[r], &m.DMean22[r],
		&m.FMean2[r], &m.BMean2[r]}
}

// Reset sets all moments to 0.
func (m *Moments) Reset() {
	clear(m.all)
	m.Leaves, m.P, m.U2, m.UMean2 = 0, 0, 0, 0
}

// Add adds p times o, which has the same lists: all that is linear in the law, so not
// UMean2, which stays. UiMean2 is added as a number.
func (m *Moments) Add(o *Moments, p float64) {
	axpy(m.all, p, o.all)
	m.Leaves += o.Leaves
	m.P += float64(p * o.P)
	m.U2 += float64(p * o.U2)
}

// Mix sets m to the average of the moments of several inputs x, ms[k] with
// probability p[k]: E over the sample and the perturbations, E_t of the paper. UMean is averaged
// before its norm is taken, because E_t averages over x too; the conditional
// means are given x, so theirs are averaged after, as are D22 and DMean22. All have the
// chain shape of c.
func (m *Moments) Mix(c *core.Chain, ms []*Moments, p []float64) {
	m.Reset()
	for k, o := range ms {
		m.Add(o, p[k])
	}
	m.SetMeanNorms(c)
}

// SetMeanNorms forms UiMean2 and UMean2 from UMean.
func (m *Moments) SetMeanNorms(c *core.Chain) {
	m.UMean2 = 0
	for i := 1; i <= c.N(); i++ {
		m.UiMean2[i] = sq(c.W(i, m.UMean))
		m.UMean2 += m.UiMean2[i]
	}
}

// SquareGivenX forms D22 and DMean22 of moments at one input, where they are squares.
func (m *Moments) SquareGivenX() {
	square(m.D22, m.D2)
	for _, r := range Readings {
		square(m.DMean22[r], m.DMean2[r])
	}
}

func square(dst, v []float64) {
	for k, x := range v {
		dst[k] = float64(x * x)
	}
}

func sq(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x * x)
	}
	return sum
}

func axpy(dst []float64, p float64, v []float64) {
	for k, x := range v {
		dst[k] += float64(p * x)
	}
}
