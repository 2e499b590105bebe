package perturb

import (
	"fmt"
	"math"
	"sort"
	"strings"
)

// Spec describes a law in data.
//
//	law           fields
//	zero
//	constant      d
//	twopoint      a, b, p          a with probability p, else b
//	table         outcomes         a general finite law
//	uniform       from, to         each coordinate on its own
//	gaussian      mean, sd         each coordinate on its own
//	round         format, mode     mode nearest or stochastic
//	topk          k
//	bitflip       lo, hi           bits of a float64, 0..63
//	intermittent  every, inner
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
var fields = map[string]string{
	"zero": "", "constant": "d", "twopoint": "a b p", "table": "outcomes", "uniform": "from to",
	"gaussian": "mean sd", "round": "format mode", "topk": "k", "bitflip": "lo hi", "intermittent": "every inner",
}

// Names lists the laws that New knows.
func Names() []string {
	var names []string
	for n := range fields {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// New builds the law that s describes; the error names the field and the value.
func New(s Spec) (Law, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	switch s.Law {
	case "zero":
		return Zero(), nil
	case "constant":
		return Constant(s.D), nil
	case "twopoint":
		return TwoPoint(s.A, s.B, s.P), nil
	case "table":
		return Table(s.Outcomes), nil
	case "uniform":
		return Uniform(s.From, s.To), nil
	case "gaussian":
		return Gaussian(s.Mean, s.SD), nil
	case "round":
		return Round(s.Format, s.Mode == "stochastic"), nil
	case "topk":
		return TopK(s.K), nil
	case "bitflip":
		return BitFlip(s.Lo, s.Hi), nil
	}
	inner, err := New(*s.Inner)
	if err != nil {
		return nil, fmt.Errorf("inner: %w", err)
	}
	return Intermittent(s.Every, inner), nil
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
	bad := func(field string, format string, args ...any) error {
		return fmt.Errorf("perturb: law %q: %s %s", s.Law, field, fmt.Sprintf(format, args...))
	}
	allowed, ok := fields[s.Law]
	if !ok {
		return fmt.Errorf("perturb: unknown law %q, want one of %s", s.Law, strings.Join(Names(), ", "))
	}
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"d", s.D != nil}, {"a", s.A != nil}, {"b", s.B != nil}, {"p", s.P != 0}, {"outcomes", s.Outcomes != nil},
		{"from", s.From != 0}, {"to", s.To != 0}, {"mean", s.Mean != 0}, {"sd", s.SD != 0}, {"format", s.Format != ""},
		{"mode", s.Mode != ""}, {"k", s.K != 0}, {"lo", s.Lo != 0}, {"hi", s.Hi != 0}, {"every", s.Every != 0}, {"inner", s.Inner != nil},
	} {
		if f.set && !strings.Contains(" "+allowed+" ", " "+f.name+" ") {
			return bad(f.name, "does not belong there")
		}
	}
	vector := func(name string, v []float64) error {
		for k, x := range v {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return bad(name, "[%d] is %v", k, x)
			}
		}
		if len(v) == 0 {
			return bad(name, "is empty")
		}
		return nil
	}
	first := func(errs ...error) error {
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		return nil
	}
	finite := func(name string, x float64) error {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return bad(name, "is %v", x)
		}
		return nil
	}
	switch s.Law {
	case "constant":
		return vector("d", s.D)
	case "twopoint":
		if err := first(vector("a", s.A), vector("b", s.B)); err != nil {
			return err
		}
		if len(s.A) != len(s.B) {
			return bad("b", "has length %d, a has %d", len(s.B), len(s.A))
		}
		if !(s.P > 0 && s.P < 1) {
			return bad("p", "is %v, want between 0 and 1", s.P)
		}
	case "table":
		return s.checkTable(bad, vector)
	case "uniform":
		if err := first(finite("from", s.From), finite("to", s.To)); err != nil {
			return err
		}
		if !(s.From <= s.To) {
			return bad("from", "is %v, to is %v", s.From, s.To)
		}
	case "gaussian":
		if err := first(finite("mean", s.Mean), finite("sd", s.SD)); err != nil {
			return err
		}
		if s.SD < 0 {
			return bad("sd", "is %v, want >= 0", s.SD)
		}
	case "round":
		if _, ok := formats[s.Format]; !ok && s.Format != "int8" {
			return bad("format", "is %q, want fp16, bf16, e4m3, e5m2 or int8", s.Format)
		}
		if s.Mode != "nearest" && s.Mode != "stochastic" {
			return bad("mode", "is %q, want nearest or stochastic", s.Mode)
		}
	case "topk":
		if s.K < 0 {
			return bad("k", "is %d, want >= 0", s.K)
		}
	case "bitflip":
		if s.Lo < 0 || s.Hi > 63 || s.Lo > s.Hi {
			return bad("lo", "is %d and hi is %d, want 0 <= lo <= hi <= 63", s.Lo, s.Hi)
		}
	case "intermittent":
		if s.Every < 1 {
			return bad("every", "is %d, want >= 1", s.Every)
		}
		if s.Inner == nil {
			return bad("inner", "is missing")
		}
		if s.Inner.Law == "intermittent" {
			return bad("inner", "is intermittent itself")
		}
		return s.Inner.check()
	}
	return nil
}

func (s Spec) checkTable(bad func(string, string, ...any) error, vector func(string, []float64) error) error {
	if len(s.Outcomes) == 0 || len(s.Outcomes) > MaxSupport {
		return bad("outcomes", "has %d entries, want 1..%d", len(s.Outcomes), MaxSupport)
	}
	sum := 0.0
	for k, o := range s.Outcomes {
		if err := vector(fmt.Sprintf("outcomes[%d].d", k), o.D); err != nil {
			return err
		}
		if len(o.D) != len(s.Outcomes[0].D) {
			return bad("outcomes", "[%d].d has length %d, outcomes[0].d has %d", k, len(o.D), len(s.Outcomes[0].D))
		}
		if !(o.P > 0 && o.P <= 1) {
			return bad("outcomes", "[%d].p is %v, want above 0 and at most 1", k, o.P)
		}
		sum += o.P
	}
	if !(math.Abs(sum-1) <= sumError) {
		return bad("outcomes", "have probabilities that sum to %v, want 1", sum)
	}
	return nil
}
