package verdict

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// The JSON of a verdict, version 1. Numbers that are not finite are strings.
type (
	verdictJSON struct {
		Version    int           `json:"version"`
		Conclusion Conclusion    `json:"conclusion"`
		Command    string        `json:"command"`
		Engine     engineJSON    `json:"engine"`
		Seed       uint64        `json:"seed"`
		Requests   int           `json:"requests"`
		Rules      []ruleJSON    `json:"rules"`
		Findings   []findingJSON `json:"findings"`
		Missing    []string      `json:"missing"`
		Broken     *brokenJSON   `json:"broken,omitempty"`
		Baseline   *baselineJSON `json:"baseline,omitempty"`
	}
	engineJSON struct {
		Name      string            `json:"name"`
		Version   string            `json:"version"`
		Precision conform.Precision `json:"precision"`
		Unknown   []string          `json:"unknown_ops"`
	}
	ruleJSON struct {
		Name        string `json:"name"`
		Requests    int    `json:"requests"`
		Answered    int    `json:"answered"`
		Unsupported int    `json:"unsupported"`
		Violations  int    `json:"violations"`
		Skipped     string `json:"skipped,omitempty"`
		Untried     string `json:"untried,omitempty"`
	}
	findingJSON struct {
		ID        string       `json:"id"`
		Known     bool         `json:"known"`
		Kind      conform.Kind `json:"kind"`
		Equation  string       `json:"equation"`
		Part      string       `json:"part"`
		Quantity  string       `json:"quantity"`
		Operator  int          `json:"operator"`
		Index     int          `json:"index"`
		Got       any          `json:"got"`
		Want      any          `json:"want"`
		Tolerance any          `json:"tolerance"`
		Count     int          `json:"count"`
		Asked     int          `json:"asked"`
		Rules     []string     `json:"rules"`
		Detail    string       `json:"detail"`
		Request   string       `json:"request"`
	}
	brokenJSON struct {
		Break  string `json:"break"`
		Reason string `json:"reason"`
		Sent   string `json:"sent"`
		Came   string `json:"came"`
		Exit   string `json:"exit"`
		Stderr string `json:"stderr"`
	}
)

func number(x float64) any {
	switch {
	case math.IsNaN(x):
		return "NaN"
	case math.IsInf(x, 1):
		return "Infinity"
	case math.IsInf(x, -1):
		return "-Infinity"
	}
	return x
}

func engineOf(r *conform.Report) engineJSON {
	e := engineJSON{r.Engine.Name, r.Engine.Version, r.Engine.Mixed, append([]string{}, r.Unknown...)}
	if p := r.Engine.Precision; r.Engine.Mixed == (conform.Precision{}) {
		e.Precision = conform.Precision{Storage: p, Compute: p, Accumulate: p}
	}
	return e
}

// JSON is the verdict as JSON, version 1.
func (v *Verdict) JSON() ([]byte, error) {
	r := v.Report
	s := verdictJSON{
		Version: 1, Conclusion: v.Conclusion(), Command: v.Command, Seed: r.Seed, Requests: r.Requests,
		Engine:   engineOf(r),
		Rules:    []ruleJSON{},
		Findings: []findingJSON{},
		Missing:  append([]string{}, v.Missing...),
		Baseline: v.baselineJSON(),
	}
	for _, o := range r.Outcomes {
		s.Rules = append(s.Rules, ruleJSON{
			o.Rule, o.Requests, o.Answered, o.Unsupported, len(o.Violations), o.Skipped, o.Untried,
		})
	}
	for _, f := range v.Findings {
		s.Findings = append(s.Findings, findingJSON{
			f.ID, f.Known, f.Kind, f.Equation, f.Part, f.Quantity, f.Operator, f.Index, number(f.Got), number(f.Want),
			number(f.Tolerance), f.Count, f.Asked, append([]string{}, f.Rules...), f.Detail, f.Request,
		})
	}
	if b := v.Broken; b != nil {
		s.Broken = &brokenJSON{string(b.Break), b.Reason, b.Sent, b.Came, b.Exit, b.Stderr}
	}
	b, err := json.MarshalIndent(s, "", "  ")
	return append(b, '\n'), err
}

// Requests are what a file of Violation.Request or of JSON, version 1, carries for
// conform.Replay, one for each finding.
func Requests(data []byte) ([]string, error) {
	var keys map[string]json.RawMessage
	if strict.Unmarshal(data, &keys) != nil || keys["findings"] == nil {
		return []string{string(data)}, nil
	}
	var s verdictJSON
	if err := strict.Unmarshal(data, &s, strict.AllowNull); err != nil {
		return nil, err
	}
	if s.Version != 1 {
		return nil, fmt.Errorf("version is %d, want 1", s.Version)
	}
	var list []string
	for _, f := range s.Findings {
		if f.Request != "" {
			list = append(list, f.Request)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no finding has requests")
	}
	return list, nil
}
