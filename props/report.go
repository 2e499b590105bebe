package props

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// Report is the machine report of verify, version 1.
type Report struct {
	Version int           `json:"version"`
	Seed    uint64        `json:"seed"`
	Cases   int           `json:"cases"` // random cases asked for, 1..MaxCases
	Climb   int           `json:"climb"` // evaluations of each climb, 0..MaxCases
	Shard   string        `json:"shard"` // i/n: the i-th of n parts; 1/1 is all
	Claims  []ClaimReport `json:"claims"`
	Runs    []RunReport   `json:"runs,omitempty"` // training runs

	Sequential []SequentialReport `json:"sequential,omitempty"` // long stochastic runs
}

// MaxCases caps the random cases asked for.
const MaxCases = 1_000_000_000

// Marshal is the machine report as verify writes it.
func (r *Report) Marshal() ([]byte, error) {
	b, err := json.MarshalIndent(r, "", " ")
	return append(b, '\n'), err
}

// ClaimReport is one row: a claim in one form and reading.
type ClaimReport struct {
	ID          string         `json:"id"`
	Eq          string         `json:"eq"`
	Form        Form           `json:"form"`
	Reading     string         `json:"reading"`
	Verdict     string         `json:"verdict"`
	Cases       int            `json:"cases"`
	Rejected    int            `json:"rejected"`
	Reasons     map[string]int `json:"reasons,omitempty"` // of the rejected
	Violated    int            `json:"violated"`          // cases with left > right
	Undecided   int            `json:"undecided"`         // cases that math/big left open
	Ratio       Number         `json:"ratio"`
	RatioByN    map[int]Number `json:"ratio_by_n,omitempty"`
	Certificate string         `json:"certificate"`
	Replay      string         `json:"replay"`
	Note        string         `json:"note"`
	Statement   string         `json:"statement"`
}

// Number is a float64 whose JSON form exists for every value: +Inf is the
// string "inf".
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	switch v := float64(n); {
	case math.IsInf(v, 1):
		return []byte(`"inf"`), nil
	case math.IsNaN(v), math.IsInf(v, -1):
		return nil, fmt.Errorf("props: a report cannot hold %v", v)
	default:
		return json.Marshal(v)
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == `"inf"` {
		*n = Number(math.Inf(1))
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

// String formats a ratio for the table.
func (n Number) String() string {
	v := float64(n)
	switch {
	case v < 0:
		return "-"
	case math.IsInf(v, 1):
		return "inf"
	case v >= 1e4 || v > 0 && v < 1e-3:
		return fmt.Sprintf("%.2e", v)
	}
	return fmt.Sprintf("%.4f", v)
}

// Row makes the report of one finding.
func (f *Finding) Row(opt Options, cases int) ClaimReport {
	c := f.Claim
	r := ClaimReport{
		ID: c.ID, Eq: c.Eq, Form: c.Form, Reading: c.Reading, Statement: c.Statement,
		Verdict: f.Verdict(), Cases: f.Cases, Rejected: f.RejectedTotal(), Violated: f.Violated, Undecided: f.Undecided,
		Ratio: Number(max(f.Ratio, 0)), RatioByN: map[int]Number{}, Reasons: map[string]int{},
		Replay: "go run ./props/verify -claims " + strings.Join(f.searchedWith(), ",") + searchFlags(opt.Seed, cases, opt.Climb),
	}
	for k, n := range f.Rejected {
		if n > 0 {
			r.Reasons[Reason(k).String()] = n
		}
	}
	for n, e := range f.ByN {
		r.RatioByN[n] = Number(e.Ratio)
	}
	if r.Verdict == "refuted" {
		r.Certificate = OnRecord(c)
	}
	r.Note = f.note()
	return r
}

func searchFlags(seed uint64, cases, climb int) string {
	return fmt.Sprintf(" -seed %d -cases %d -climb %d", seed, cases, climb)
}

// searchedWith are the ids of the claims that a search needs to repeat the finding:
// its own, and that of the climb that ended in its worst case.
func (f *Finding) searchedWith() []string {
	ids := []string{f.Claim.ID}
	if on, ok := strings.CutPrefix(f.Source, climbSource); ok {
		if id, _, _ := strings.Cut(on, "/"); id != f.Claim.ID {
			ids = append(ids, id)
		}
	}
	return ids
}

func (f *Finding) note() string {
	if f.Own != nil {
		return f.Own.Note
	}
	if f.Source == "" {
		return ""
	}
	note := "worst: " + f.Source
	if f.Claim.Span != nil {
		note += fmt.Sprintf(", i = %d", f.I)
	}
	return note
}

// Erratum is one printed statement that fails: its smallest known witness and
// what holds in its place.
type Erratum struct {
	Claim       *Claim
	Witness     *gen.Case // nil for a claim of Kind Own
	Result      Result
	Note        string   // its evidence, for a claim of Kind Own
	Certificate string   // on record, or ""
	Repaired    []*Claim // of the same id, in the same reading or in none
	Spared      []*Claim // printed, found to hold, and drawn from this one: they hold through slack
}

// WitnessLine is the witness on one line.
func (e *Erratum) WitnessLine() string {
	if e.Witness == nil {
		return e.Note
	}
	return Line(e.Witness)
}

// Errata lists the refuted findings, each with its witness simplified.
func Errata(findings []*Finding) []Erratum {
	var all []Erratum
	for _, f := range findings {
		e := Erratum{Claim: f.Claim, Certificate: OnRecord(f.Claim)}
		switch {
		case f.Verdict() != "refuted":
			continue
		case f.Own != nil:
			e.Note = f.Own.Note
		case f.Witness == nil:
			continue
		default:
			e.Witness = Simplify(f.Claim, f.Witness)
			e.Result = CheckExactly(f.Claim, e.Witness)
		}
		for _, g := range findings {
			c := g.Claim
			switch {
			case c.Reading != f.Claim.Reading:
			case c.ID == f.Claim.ID && (c.Form == Repaired || c.Form == Conjecture):
				e.Repaired = append(e.Repaired, c)
			case c.Form == Printed && g.Verdict() == "holds" && f.Claim.leadsTo(c):
				e.Spared = append(e.Spared, c)
			}
		}
		all = append(all, e)
	}
	return all
}

// Improvement is a sharper form that was found to hold, beside the one that it is
// sharper than: the printed form, or the repaired one where that fails.
type Improvement struct {
	Claim    *Claim
	Readings []string // in which it and the other form come to the same ratios
	Ratio    Number   // the largest left/right
	Beside   *Finding // nil: none
}

// BesideRatio is the ratio of the other form, with its name where it is not the printed one.
func (i *Improvement) BesideRatio() string {
	switch {
	case i.Beside == nil:
		return "-"
	case i.Beside.Claim.Form == Printed:
		return Number(max(i.Beside.Ratio, 0)).String()
	}
	return fmt.Sprintf("%v (%s)", Number(max(i.Beside.Ratio, 0)), i.Beside.Claim.Form)
}

// Improvements lists the sharp forms that hold; readings that do not differ share one.
func Improvements(findings []*Finding) []Improvement {
	var all []Improvement
	for _, f := range findings {
		c := f.Claim
		if f.Verdict() != "holds" || c.Form != Sharp && c.Form != SharpEach && c.Form != SharpRoot {
			continue
		}
		i := Improvement{Claim: c, Ratio: Number(max(f.Ratio, 0))}
		for _, g := range findings {
			d := g.Claim
			if d.ID == c.ID && d.Reading == c.Reading && d.Kind != Own && g.Verdict() == "holds" &&
				(d.Form == Printed || d.Form == Repaired && i.Beside == nil) {
				i.Beside = g
			}
		}
		at := slices.IndexFunc(all, func(o Improvement) bool {
			return o.Claim.ID == c.ID && o.Claim.Form == c.Form && o.Claim.Statement == c.Statement && o.Ratio == i.Ratio && o.BesideRatio() == i.BesideRatio()
		})
		if at < 0 {
			at, all = len(all), append(all, i)
		}
		if c.Reading != "" {
			all[at].Readings = append(all[at].Readings, c.Reading)
		}
	}
	return all
}

// leadsTo reports that the printed proof draws d from c, a statement or a step.
func (c *Claim) leadsTo(d *Claim) bool {
	if c.Form == Derivation {
		return c.Kind != Own && d.ID == c.ID
	}
	return c.Form == Printed && d.RestsOn == c.ID
}

// Slack says which statements hold all the same, "" where none does.
func (e *Erratum) Slack() string {
	if len(e.Spared) == 0 {
		return ""
	}
	var names []string
	for _, c := range e.Spared {
		names = append(names, c.Eq)
	}
	verb := " holds"
	if len(names) > 1 {
		verb = " hold"
	}
	return strings.Join(names, " and ") + verb + " as printed all the same, through slack"
}

// OnRecord is the path of the certificate of a claim of the paper below the root
// of the module, or "" when testdata has none.
func OnRecord(c *Claim) string {
	path := "testdata/certificates/" + c.CertificateName()
	if f, err := cascade.Testdata.Open(path); !c.Certifiable() || err != nil {
		return ""
	} else if f.Close() != nil {
		return ""
	}
	return path
}

// CertificateName is the file name of the claim's certificate: id[-derivation][-reading].json.
func (c *Claim) CertificateName() string {
	name := c.ID
	if c.Form == Derivation {
		name += "-" + string(c.Form)
	}
	if c.Reading != "" {
		name += "-" + c.Reading
	}
	return name + ".json"
}

// Tightness is Ratio for a table, "-" for a claim whose evidence is not a ratio.
func (r *ClaimReport) Tightness() string {
	if r.Ratio == 0 && len(r.RatioByN) == 0 {
		return "-"
	}
	return r.Ratio.String()
}

// Name is the name of the claim that the row reports.
func (r *ClaimReport) Name() string {
	c := Claim{ID: r.ID, Form: r.Form, Reading: r.Reading}
	return c.Name()
}

// ReadVerdicts parses the verdicts on record: a line a claim, its name and its
// verdict, '#' for comments. Errors name the line.
func ReadVerdicts(r io.Reader) (map[string]string, error) {
	on := map[string]string{}
	sc := bufio.NewScanner(r)
	for line := 1; sc.Scan(); line++ {
		text, _, _ := strings.Cut(sc.Text(), "#")
		f := strings.Fields(text)
		switch {
		case len(f) == 0:
			continue
		case len(f) != 2:
			return nil, fmt.Errorf("verdicts: line %d: %d fields, want a name and a verdict", line, len(f))
		case on[f[0]] != "":
			return nil, fmt.Errorf("verdicts: line %d: %s is there twice", line, f[0])
		case f[1] != "holds" && f[1] != "refuted" && f[1] != "unsettled":
			return nil, fmt.Errorf("verdicts: line %d: verdict %q, want holds, refuted or unsettled", line, f[1])
		}
		on[f[0]] = f[1]
	}
	return on, sc.Err()
}

// WriteVerdicts writes the verdicts of the rows in the form of ReadVerdicts.
func WriteVerdicts(w io.Writer, rows []ClaimReport) error {
	var b strings.Builder
	b.WriteString("# Verdicts on record, written by: go run ./props/verify -record\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "%-40s %s\n", r.Name(), r.Verdict)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Differences compares fresh rows with the record, both ways: a verdict that
// changed, one that is not on record, and, when all is set, a record without a
// claim.
func Differences(rows []ClaimReport, record map[string]string, all bool) []string {
	var diff []string
	seen := map[string]bool{}
	for _, r := range rows {
		seen[r.Name()] = true
		switch want := record[r.Name()]; want {
		case r.Verdict:
		case "":
			diff = append(diff, fmt.Sprintf("%s: %s, not on record", r.Name(), r.Verdict))
		default:
			diff = append(diff, fmt.Sprintf("%s: %s, on record: %s", r.Name(), r.Verdict, want))
		}
	}
	if all {
		var gone []string
		for name := range record {
			if !seen[name] {
				gone = append(gone, fmt.Sprintf("%s: on record as %s, but no such claim", name, record[name]))
			}
		}
		sort.Strings(gone)
		diff = append(diff, gone...)
	}
	return diff
}
