package perturb

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Spec describes a law in data.
//
//	law           fields
//	zero
//	constant      d
//	twopoint      a, b, p          a with probability p, else b; 0 < p < 1
//	table         outcomes         a general finite law
//	uniform       from, to         each coordinate on its own
//	gaussian      mean, sd         each coordinate on its own
//	round         format, mode     mode nearest or stochastic
//	topk          k
//	switch        a, b, k, at      a where coordinate k of the state is >= at, else b
//	bitflip       lo, hi           bits of a float64, 0..63
//	intermittent  every, inner     inner is not intermittent itself
//
// A field left out is 0 or empty; a law that needs another value of it refuses.
type Spec struct {
	Law      string    `json:"law"`
	D        []float64 `json:"d,omitempty"`
	A        []float64 `json:"a,omitempty"`
	B        []float64 `json:"b,omitempty"`
	P        float64   `json:"p,omitempty"`
	Outcomes []Outcome `json:"outcomes,omitempty"`
	From     float64   `json:"from,omitempty"`
	To       float64   `json:"to,omitempty"`
	Mean     float64   `json:"mean,omitempty"`
	SD       float64   `json:"sd,omitempty"`
	Format   string    `json:"format,omitempty"`
	Mode     string    `json:"mode,omitempty"`
	K        int       `json:"k,omitempty"`
	At       float64   `json:"at,omitempty"`
	Lo       int       `json:"lo,omitempty"`
	Hi       int       `json:"hi,omitempty"`
	Every    int       `json:"every,omitempty"`
	Inner    *Spec     `json:"inner,omitempty"`
}

// Outcome is one value of a table law and its probability.
type Outcome struct {
	P float64   `json:"p"`
	D []float64 `json:"d"`
}

// fields lists the fields of each law; others must be absent.
var fields = map[string][]string{
	"zero":         nil,
	"constant":     {"d"},
	"twopoint":     {"a", "b", "p"},
	"table":        {"outcomes"},
	"uniform":      {"from", "to"},
	"gaussian":     {"mean", "sd"},
	"round":        {"format", "mode"},
	"topk":         {"k"},
	"switch":       {"a", "b", "k", "at"},
	"bitflip":      {"lo", "hi"},
	"intermittent": {"every", "inner"},
}

// Names lists the laws that New knows.
func Names() []string { return slices.Sorted(maps.Keys(fields)) }

// New builds the law that s describes; the error names the field and the value.
func New(s Spec) (Law, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	switch s.Law {
	case "zero":
		return Zero(), nil
	case "constant": // those that a search builds by the million are not checked twice
		return constant(s), nil
	case "twopoint":
		return twoPoint(s), nil
	case "table":
		return newTable(s), nil
	case "uniform":
		return Uniform(s.From, s.To), nil
	case "gaussian":
		return Gaussian(s.Mean, s.SD), nil
	case "round":
		return Round(s.Format, s.Mode == "stochastic"), nil
	case "topk":
		return TopK(s.K), nil
	case "switch":
		return newSwitch(s), nil
	case "bitflip":
		return BitFlip(s.Lo, s.Hi), nil
	}
	inner, err := New(*s.Inner)
	if err != nil {
		return nil, err
	}
	return Intermittent(s.Every, inner), nil
}

// Vectors are the outcomes of a law that lists them, to be changed in place; nil
// for other laws. It panics on a nil Spec.
func (s *Spec) Vectors() []*[]float64 {
	s.mustBe()
	switch s.Law {
	case "constant":
		return []*[]float64{&s.D}
	case "twopoint", "switch":
		return []*[]float64{&s.A, &s.B}
	}
	var v []*[]float64
	for k := range s.Outcomes {
		v = append(v, &s.Outcomes[k].D)
	}
	return v
}

// SeesState reports that the outcomes depend on the state; of an intermittent law
// its inner one decides. It panics when the Spec is nil or has no inner law where
// one belongs.
func (s *Spec) SeesState() bool {
	s.mustBe()
	if s.Inner != nil {
		return s.Inner.SeesState()
	}
	return s.Law == "round" || s.Law == "topk" || s.Law == "switch" || s.Law == "bitflip"
}

// Single reports that there is one outcome whatever the state. It panics like
// SeesState.
func (s *Spec) Single() bool {
	s.mustBe()
	switch s.Law {
	case "zero", "constant", "topk", "switch":
		return true
	case "round":
		return s.Mode == "nearest"
	case "table":
		return len(s.Outcomes) == 1
	case "intermittent":
		return s.Inner.Single()
	}
	return false
}

// mustBe panics unless s and its inner law are there.
func (s *Spec) mustBe() {
	switch {
	case s == nil:
		panic("perturb: nil *Spec")
	case s.Law == "intermittent" && s.Inner == nil:
		panic("perturb: law \"intermittent\": inner is missing")
	}
}

// must panics on the error that New would return.
func (s Spec) must() Spec {
	if err := s.check(); err != nil {
		panic(err.Error())
	}
	return s
}

// sumError bounds how far the probabilities of a table may be from 1: each is
// rounded once (relative 2^-53) and so is each of at most MaxSupport = 2^24 sums.
const sumError = 0x1p-28

func (s Spec) check() error {
	if err := s.checkFields(); err != nil {
		return err
	}
	switch s.Law {
	case "constant":
		return s.vector("d", s.D)
	case "twopoint":
		return s.checkTwoPoint()
	case "table":
		return s.checkTable()
	case "uniform":
		return s.checkUniform()
	case "gaussian":
		return s.checkGaussian()
	case "round":
		return s.checkRound()
	case "topk":
		if s.K < 0 {
			return s.bad("k", "is %d, want >= 0", s.K)
		}
	case "switch":
		return s.checkSwitch()
	case "bitflip":
		if s.Lo < 0 || s.Hi > 63 || s.Lo > s.Hi {
			return s.bad("lo", "is %d and hi is %d, want 0 <= lo <= hi <= 63", s.Lo, s.Hi)
		}
	case "intermittent":
		return s.checkIntermittent()
	}
	return nil
}

func (s Spec) bad(field, format string, args ...any) error {
	return fmt.Errorf("perturb: law %q: %s %s", s.Law, field, fmt.Sprintf(format, args...))
}

// checkFields refuses a field that is set and is not one of the law's.
func (s Spec) checkFields() error {
	allowed, ok := fields[s.Law]
	if !ok {
		return fmt.Errorf("perturb: unknown law %q, want one of %s", s.Law, strings.Join(Names(), ", "))
	}
	for _, f := range [...]struct {
		name string
		set  bool
	}{
		{"d", s.D != nil}, {"a", s.A != nil}, {"b", s.B != nil}, {"p", s.P != 0}, {"outcomes", s.Outcomes != nil},
		{"from", s.From != 0}, {"to", s.To != 0}, {"mean", s.Mean != 0}, {"sd", s.SD != 0}, {"format", s.Format != ""},
		{"mode", s.Mode != ""}, {"k", s.K != 0}, {"at", s.At != 0}, {"lo", s.Lo != 0}, {"hi", s.Hi != 0},
		{"every", s.Every != 0}, {"inner", s.Inner != nil},
	} {
		if f.set && !slices.Contains(allowed, f.name) {
			return s.bad(f.name, "does not belong there")
		}
	}
	return nil
}

func (s Spec) finite(field string, x float64) error {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return s.bad(field, "is %v", x)
	}
	return nil
}

func (s Spec) vector(field string, v []float64) error {
	if len(v) == 0 {
		return s.bad(field, "is empty")
	}
	for k, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) { // the name of the entry costs more than its check
			return s.bad(fmt.Sprintf("%s[%d]", field, k), "is %v", x)
		}
	}
	return nil
}

// checkPair checks two vectors of one length.
func (s Spec) checkPair() error {
	if err := cmp.Or(s.vector("a", s.A), s.vector("b", s.B)); err != nil {
		return err
	}
	if len(s.A) != len(s.B) {
		return s.bad("b", "has length %d, a has %d", len(s.B), len(s.A))
	}
	return nil
}

func (s Spec) checkSwitch() error {
	if err := s.checkPair(); err != nil {
		return err
	}
	if s.K < 0 || s.K >= len(s.A) {
		return s.bad("k", "is %d, want 0..%d", s.K, len(s.A)-1)
	}
	return s.finite("at", s.At)
}

func (s Spec) checkTwoPoint() error {
	if err := s.checkPair(); err != nil {
		return err
	}
	if !(s.P > 0 && s.P < 1) {
		return s.bad("p", "is %v, want above 0 and below 1", s.P)
	}
	return nil
}

func (s Spec) checkTable() error {
	if len(s.Outcomes) == 0 || len(s.Outcomes) > MaxSupport {
		return s.bad("outcomes", "has %d entries, want 1..%d", len(s.Outcomes), MaxSupport)
	}
	sum := 0.0
	for k, o := range s.Outcomes {
		if err := s.checkOutcome(k, o); err != nil {
			return err
		}
		sum += o.P
	}
	if !(math.Abs(sum-1) <= sumError) {
		return s.bad("outcomes", "have probabilities that sum to %v, want 1", sum)
	}
	return nil
}

// checkOutcome checks outcome k of a table.
func (s Spec) checkOutcome(k int, o Outcome) error {
	const d, p = "outcomes[%d].d", "outcomes[%d].p"
	if len(o.D) == 0 {
		return s.bad(fmt.Sprintf(d, k), "is empty")
	}
	for j, x := range o.D {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return s.bad(fmt.Sprintf(d+"[%d]", k, j), "is %v", x)
		}
	}
	if len(o.D) != len(s.Outcomes[0].D) {
		return s.bad(fmt.Sprintf(d, k), "has length %d, outcomes[0].d has %d", len(o.D), len(s.Outcomes[0].D))
	}
	if !(o.P > 0 && o.P <= 1) {
		return s.bad(fmt.Sprintf(p, k), "is %v, want above 0 and at most 1", o.P)
	}
	return nil
}

func (s Spec) checkUniform() error {
	if err := cmp.Or(s.finite("from", s.From), s.finite("to", s.To)); err != nil {
		return err
	}
	if !(s.From <= s.To) {
		return s.bad("from", "is %v, to is %v", s.From, s.To)
	}
	return s.finite("to - from", s.To-s.From)
}

func (s Spec) checkGaussian() error {
	if err := cmp.Or(s.finite("mean", s.Mean), s.finite("sd", s.SD)); err != nil {
		return err
	}
	if s.SD < 0 {
		return s.bad("sd", "is %v, want >= 0", s.SD)
	}
	return nil
}

func (s Spec) checkRound() error {
	if _, ok := formats[s.Format]; !ok && s.Format != "int8" {
		return s.bad("format", "is %q, want fp16, bf16, e4m3, e5m2 or int8", s.Format)
	}
	if s.Mode != "nearest" && s.Mode != "stochastic" {
		return s.bad("mode", "is %q, want nearest or stochastic", s.Mode)
	}
	return nil
}

func (s Spec) checkIntermittent() error {
	if s.Every < 1 {
		return s.bad("every", "is %d, want >= 1", s.Every)
	}
	if s.Inner == nil {
		return s.bad("inner", "is missing")
	}
	if s.Inner.Law == "intermittent" {
		return s.bad("inner", "is intermittent itself")
	}
	if err := s.Inner.check(); err != nil {
		return fmt.Errorf("perturb: law %q: inner: %w", s.Law, err)
	}
	return nil
}
