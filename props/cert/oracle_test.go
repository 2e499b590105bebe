package cert_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// The rest of the module, in float64, is the oracle of this package, which
// shares no code with it. The numbers of these tests are small, so relative
// errors of the oracle stay far below this; cancellation in conditional means is
// relative to moments of order 1.
const oracleError = 1e-9

// inflation is more than the relative margin 2^-26 by which package core
// enlarges its constants.
const inflation = 0x1p-25

func agree(exact *big.Rat, f float64) bool {
	e, _ := exact.Float64()
	return math.Abs(e-f) <= oracleError*(1+math.Abs(e))
}

// opinion is what the oracle says about a certificate.
type opinion struct {
	left, right float64
	needed      core.Regularity // least constants known to hold
}

func consult(t testing.TB, c *cert.Certificate) opinion {
	t.Helper()
	p, err := toCase(c).Build()
	if err != nil {
		t.Fatalf("oracle: %v", err)
	}
	if c.Form == "conjecture" {
		return savedOpinion(t, c, p)
	}
	if c.Constants == nil {
		return linearOpinion(t, c, p)
	}
	w := expect.NewWalker(p.Chain)
	m := claim.NewMoments(p.Chain)
	if err := w.Walk(m, p.X, p.W, &p.Plan, 0); err != nil {
		t.Fatalf("oracle: %v", err)
	}
	nodes, err := expect.JacobianNodes(p.Chain, p.X, p.W, &p.Plan, 0)
	if err != nil {
		t.Fatalf("oracle: %v", err)
	}
	region := core.NewRegion(p.Chain)
	region.VisitBoxes(w.Reach().Y)
	region.VisitWeights(p.W)
	v := &claim.View{Moments: m, Nodes: nodes, V0: make([]float64, p.Chain.N()+1)}
	for i, vi := range w.Exact().V {
		for _, x := range vi {
			v.V0[i] += x * x
		}
	}
	k := c.Constants
	v.K = bounds.Const{N: p.Chain.N(), C: float(k.C), C2: float(k.C2), Lf: float(k.Lf), L1: float(k.L1),
		L2: float(k.L2)}
	o := opinion{needed: region.Regularity(nil)}
	index := c.I
	if c.Claim == "lemma2" {
		if index = nodeIndex(c, nodes); index < 0 {
			return o // no weights, or i = 1: both sides are 0 or the left one is
		}
	}
	if c.Claim == "spike" { // package props has a ratio of 10^6 where a certificate has any
		o.left, o.right = smallestError(c), m.U2
		return o
	}
	cl := claimOf(t, c)
	o.left, o.right = cl.Left(v, index), cl.Right(v, index)
	return o
}

// savedOpinion walks the joint outcomes of eps and zeta through core's passes.
func savedOpinion(t testing.TB, c *cert.Certificate, p *gen.Pass) opinion {
	t.Helper()
	n, together := p.Chain.N(), c.Claim != "sa5"
	for _, x := range slices.Concat(append([][]float64{p.X}, p.W)...) {
		if math.Abs(x) > 1<<26 { // squares, to which zeta adds less than a unit in the last place
			return opinion{left: math.Inf(1)}
		}
	}
	exact := core.NewState(p.Chain)
	exact.Pass(p.Chain, p.X, p.W, nil)
	region := core.NewRegion(p.Chain)
	region.Visit(exact, p.W)
	mean, second := make([]float64, p.Chain.NW()), 0.0
	z2, e2 := make([]float64, n+1), make([]float64, n+1)
	var walk func(site int, prob float64, given *core.Given, drawn int)
	walk = func(site int, prob float64, given *core.Given, drawn int) {
		if site == 2*n {
			s := core.NewState(p.Chain, core.WithZeta)
			s.Pass(p.Chain, p.X, p.W, given)
			region.Visit(s, p.W)
			at := 0
			for i := 1; i <= n; i++ {
				for k, u := range s.U[i] {
					d := u - exact.U[i][k]
					mean[at] += prob * d
					second += prob * d * d
					at++
				}
				for _, x := range s.Zeta[i] {
					z2[i] += prob * x * x
				}
				for _, x := range given.EpsAt[i] {
					e2[i] += prob * x * x
				}
			}
			return
		}
		i, laws, to := site+1, c.Zeta, given.ZetaAt
		if site >= n {
			i, laws, to = site-n+1, c.Eps, given.EpsAt
		}
		law := laws[i]
		if len(law) == 0 {
			to[i] = nil
			walk(site+1, prob, given, drawn)
			return
		}
		for k, o := range law {
			q := prob * float(o.P)
			if together && site < n {
				if drawn >= 0 && k != drawn {
					continue
				}
				if drawn >= 0 {
					q = prob
				}
				to[i] = floats(o.D)
				walk(site+1, q, given, k)
				continue
			}
			to[i] = floats(o.D)
			walk(site+1, q, given, drawn)
		}
	}
	walk(0, 1, &core.Given{EpsAt: make([][]float64, n+1), ZetaAt: make([][]float64, n+1)}, -1)
	o := opinion{needed: region.Regularity(nil)}
	if c.Claim != "sa7" {
		for _, d := range mean {
			o.left += d * d
		}
		return o
	}
	o.left = second
	big, l1 := float(c.Constants.C), float(c.Constants.L1)
	for i := 1; i <= n; i++ {
		for j := i; j <= n; j++ {
			o.right += math.Pow(big, float64(2*(n-i))) * l1 * l1 * z2[j]
			if j > i {
				o.right += math.Pow(big, float64(2*(j-i))) * e2[j]
			}
		}
	}
	return o
}

// claimsOfProps is the list of package props, which that package builds anew at each call.
var claimsOfProps = sync.OnceValue(props.Claims)

func claimOf(t testing.TB, c *cert.Certificate) *claim.Claim {
	for _, cl := range claimsOfProps() {
		if cl.ID == c.Claim && string(cl.Form) == cmp.Or(c.Form, "printed") && cl.Reading.String() == c.Reading {
			return &cl
		}
	}
	t.Fatalf("oracle: no claim %s in reading %q", c.Claim, c.Reading)
	return nil
}

// smallestError is the largest |delta_i|^2, i < N, or |eps_i|^2, 1 < i < N, that no outcome
// undercuts.
func smallestError(c *cert.Certificate) float64 {
	most := 0.0
	for i := 1; i < len(c.Chain); i++ {
		for _, law := range []cert.Law{c.Delta[i], c.Eps[i]} {
			smallest := math.Inf(1)
			for _, o := range law {
				size := 0.0
				for _, x := range floats(o.D) {
					size += x * x
				}
				smallest = min(smallest, size)
			}
			if len(law) > 0 {
				most = max(most, smallest)
			}
		}
	}
	return most
}

// nodeIndex finds the event of a lemma2 certificate: those of one operator are
// listed in the order of the tree.
func nodeIndex(c *cert.Certificate, nodes [claim.ReadingSlots][]claim.Node) int {
	event := 0
	for s, o := range c.Given {
		event = event*max(1, len(c.Delta[s+1])) + o
	}
	for _, r := range claim.Readings {
		if r.String() != c.Reading {
			continue
		}
		for k, n := range nodes[r] {
			if n.I != c.I {
				continue
			}
			if event == 0 {
				return k
			}
			event--
		}
	}
	return -1
}

// linearOpinion has |left - right|^2 on the left and 0 on the right, +Inf when
// the shapes differ.
func linearOpinion(t testing.TB, c *cert.Certificate, p *gen.Pass) opinion {
	n := p.Chain.N()
	w := make([][][]float64, n+1)
	eps := make([][]float64, n+1)
	for i := 1; i <= n; i++ {
		w[i] = matrix(p.Chain.W(i, p.W), p.Chain.D(i-1))
		eps[i] = make([]float64, p.Chain.D(i-1))
		if l := c.Eps[i]; l != nil {
			eps[i] = floats(l[0].D)
		}
	}
	run := func(eps [][]float64) *core.State {
		s := core.NewState(p.Chain)
		s.Pass(p.Chain, p.X, p.W, &core.Given{EpsAt: eps})
		return s
	}
	exact, perturbed := run(nil), run(eps)
	left := append([]float64(nil), perturbed.U[1]...)
	var right [][]float64
	var err error
	switch c.Claim {
	case "eq6a":
		right, err = bounds.Eq6a(w, []float64{1}, exact.V[1], nil)
	case "eq6b":
		right, err = bounds.Eq6b(w, []float64{1}, exact.V[1], eps)
	case "disp12":
		left = exact.V[1]
		if right, err = bounds.Display12(w); err != nil {
			return opinion{} // it says nothing
		}
		if len(right) != len(left) || len(right[0]) != 1 {
			return opinion{left: math.Inf(1)}
		}
		o := opinion{}
		for k, v := range left {
			o.left += (v - right[k][0]) * (v - right[k][0])
		}
		return o
	case "eq6c":
		right, err = bounds.Eq6Text(w, p.X, eps)
		for k, u := range exact.U[1] {
			left[k] -= u
		}
	}
	if err != nil {
		return opinion{left: math.Inf(1)}
	}
	var o opinion
	for k, u := range left {
		d := u - right[k/len(p.X)][k%len(p.X)]
		o.left += d * d
	}
	return o
}

func matrix(flat []float64, cols int) [][]float64 {
	var m [][]float64
	for ; len(flat) > 0; flat = flat[cols:] {
		m = append(m, flat[:cols])
	}
	return m
}

// toCase translates a certificate.
func toCase(c *cert.Certificate) *gen.Case {
	g := &gen.Case{X: floats(c.X)}
	for k, o := range c.Chain {
		s := core.Spec{Op: o.Op, In: o.In, Out: o.Out, N: o.N}
		for _, row := range o.A {
			s.A = append(s.A, floats(row))
		}
		g.Chain = append(g.Chain, s)
		g.W = append(g.W, floats(c.W[k]))
		g.Delta = append(g.Delta, toLaw(c.Delta[k+1]))
		g.Eps = append(g.Eps, toLaw(c.Eps[k+1]))
	}
	return g
}

func toLaw(l cert.Law) perturb.Spec {
	if len(l) == 0 {
		return perturb.Spec{Law: "zero"}
	}
	s := perturb.Spec{Law: "table"}
	for _, o := range l {
		s.Outcomes = append(s.Outcomes, perturb.Outcome{P: float(o.P), D: floats(o.D)})
	}
	return s
}

// judge fails t unless the oracle confirms what an accepted certificate says.
func judge(t testing.TB, c *cert.Certificate) {
	t.Helper()
	switch {
	case c.Run != nil:
		judgeRun(t, c)
		return
	case c.Series != nil:
		judgeSeries(t, c)
		return
	}
	o := consult(t, c)
	if c.Constants == nil {
		if !(o.left > 0) {
			t.Errorf("%s: accepted, but the oracle sees no difference", c.Claim)
		}
		return
	}
	if !agree(c.LHS.Num, o.left) || !agree(c.RHS.Num, o.right) {
		t.Errorf("%s %s i=%d: sides %v, %v; oracle %v, %v", c.Claim, c.Reading, c.I, c.LHS, c.RHS, o.left, o.right)
	}
	if !(o.left > o.right) {
		t.Errorf("%s %s: accepted, oracle has %v <= %v", c.Claim, c.Reading, o.left, o.right)
	}
	for _, s := range shortfalls(c.Constants, o.needed) {
		t.Errorf("%s: accepted, but %s", c.Claim, s)
	}
}

// shortfalls lists the constants that are too small. The suprema of package core
// are reached, but for bilinear on a box, where they are upper bounds: the
// tests with bilinear use points.
func shortfalls(k *cert.Constants, need core.Regularity) []string {
	var bad []string
	for _, s := range []struct {
		name string
		have *big.Rat
		need float64
	}{{"C", k.C, need.C()}, {"C2", k.C2, need.C2}, {"Lf", k.Lf, need.Lf}, {"L1", k.L1, need.L1},
		{"L2", k.L2, need.L2}} {
		if !(float(s.have) >= s.need*(1-inflation)) {
			bad = append(bad, fmt.Sprintf("%s = %v, needed %v", s.name, float(s.have), s.need))
		}
	}
	return bad
}

// constantsFor gives c constants near the least ones, doubled where this
// package bounds a norm less tightly than package core.
func constantsFor(t testing.TB, c *cert.Certificate, need core.Regularity) {
	up := func(x float64) *big.Rat {
		const grid = 16
		return big.NewRat(int64(math.Floor(x*grid))+1, grid)
	}
	c.Constants = &cert.Constants{C: up(need.C()), C2: up(need.C2), Lf: up(need.Lf), L1: up(need.L1), L2: up(need.L2),
		Why: reasons()}
	for range 10 {
		err := c.Fill()
		if err == nil {
			return
		}
		var refusal *cert.Refusal
		if !errors.As(err, &refusal) || !strings.HasPrefix(refusal.Place, "constants.") {
			t.Fatal(err)
		}
		k := map[string]*big.Rat{"C": c.Constants.C, "C2": c.Constants.C2, "Lf": c.Constants.Lf, "L1": c.Constants.L1,
			"L2": c.Constants.L2}
		x := k[strings.TrimPrefix(refusal.Place, "constants.")]
		x.Add(x, x)
	}
	t.Fatalf("no constants accepted for %v", c.Chain)
}

func needed(t testing.TB, c *cert.Certificate) core.Regularity {
	c.Constants = unit()
	c.Claim, c.Form = "lemma1", "printed"
	c.I = 1
	return consult(t, c).needed
}

var full = flag.Bool("full", false, "more chains in TestOracle, and all edits in TestMutations")

// TestOracle compares both sides of every claim in every reading with packages
// bounds, expect and core, on random chains of all operators, and asks that no
// claim fails that has no certificate on record.
func TestOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	onRecord := map[string]bool{}
	for _, c := range committed(t) {
		onRecord[c.Claim+"/"+c.Form+"/"+c.Reading] = true
	}
	refuted := map[string]int{}
	compared, rounds := 0, 8
	if *full {
		rounds = 200
	}
	for round := range rounds {
		n := 2 + r.IntN(3)
		c := randomCertificate(r, n, allOps)
		constantsFor(t, c, needed(t, c))
		everyStatement(r, c, func() {
			if err := c.Fill(); err != nil {
				t.Fatalf("round %d: %s: %v", round, c.Claim, err)
			}
			o := consult(t, c)
			if c.Claim == "lemma2" && len(c.W[c.I-1]) == 0 {
				return // the oracle has no node without weights
			}
			compared++
			if !agree(c.LHS.Num, o.left) || !agree(c.RHS.Num, o.right) {
				t.Errorf("round %d: %s %s i=%d given %v: sides %v, %v; oracle %v, %v", round, c.Claim, c.Reading, c.I,
					c.Given,
					float(c.LHS.Num), float(c.RHS.Num), o.left, o.right)
			}
			if c.LHS.Num.Cmp(c.RHS.Num) > 0 {
				refuted[c.Claim+"/"+c.Form+"/"+c.Reading]++
			}
		})
	}
	for name, n := range refuted {
		if !onRecord[name] {
			t.Errorf("%s fails %d times and has no certificate", name, n)
		}
	}
	t.Logf("%d comparisons; refuted: %v", compared, refuted)
}

// TestOracleLinear does the same for (6).
func TestOracleLinear(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	shapes := 0
	for range 100 {
		c := randomCertificate(r, 2+r.IntN(3), []string{"linear"})
		n := len(c.Chain)
		for _, claim := range []string{"eq6a", "eq6b", "eq6c", "disp12"} {
			c.Claim, c.Delta, c.Eps = claim, nil, map[int]cert.Law{}
			for i := 2; i <= n; i++ {
				if claim == "eq6b" || (claim == "eq6c" && i == n) {
					c.Eps[i] = cert.Law{{P: big.NewRat(1, 1), D: smalls(r, c.Chain[i-1].In)}}
				}
			}
			if err := c.Fill(); err != nil {
				t.Fatal(err)
			}
			o := consult(t, c)
			if math.IsInf(o.left, 1) {
				shapes++
			}
			if differ := c.LHS.String() != c.RHS.String(); differ != (o.left > oracleError) {
				t.Errorf("%s: %v and %v, oracle %v", claim, c.LHS, c.RHS, o.left)
			}
		}
	}
	if shapes == 0 {
		t.Error("no mismatch of shapes drawn")
	}
}

// TestConstantsTight: at a point every norm of package core is reached, so a
// constant a little above it is accepted and one a little below refused, for
// every operator.
func TestConstantsTight(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	const step = 1e-6 // well above the error of package core's norms
	refusedBy := map[string]int{}
	for _, op := range allOps {
		for range 12 {
			c := randomCertificate(r, 2+r.IntN(2), []string{op, "scale"})
			c.Delta, c.Eps = nil, nil
			need := needed(t, c)
			for _, name := range []string{"", "C", "C2", "Lf", "L1", "L2"} {
				k := unit()
				for _, s := range []struct {
					name string
					at   **big.Rat
					need float64
				}{{"C", &k.C, need.C()}, {"C2", &k.C2, need.C2}, {"Lf", &k.Lf, need.Lf}, {"L1", &k.L1, need.L1},
					{"L2", &k.L2, need.L2}} {
					factor := 1 + step
					if s.name == name {
						factor = 1 - step
					}
					*s.at = onGrid(s.need*factor + 1e-9)
					if s.name == name && s.need == 0 {
						*s.at = new(big.Rat)
					}
				}
				c.Constants = k
				err := c.Fill()
				if name == "" && err != nil {
					t.Errorf("%v w=%v: %v, core %+v", c.Chain, c.W, err, need)
				}
				if name != "" && (err == nil || !strings.HasPrefix(err.Error(), "cert: constants."+name+":")) {
					t.Errorf("%v w=%v: %s too small, but %v; core %+v", c.Chain, c.W, name, err, need)
				} else if name != "" {
					refusedBy[name]++
				}
			}
		}
	}
	t.Log(refusedBy)
}

// onGrid rounds to a multiple of 2^-40, whose common denominator is small.
func onGrid(x float64) *big.Rat {
	const bits = 40
	return big.NewRat(int64(math.Round(math.Ldexp(x, bits))), 1<<bits)
}
