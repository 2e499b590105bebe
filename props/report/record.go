package report

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// RecordPath is the record below the root of the module: a line for each claim.
const RecordPath = "testdata/record"

// Entry is what stands on record for one claim.
type Entry struct {
	Verdict claim.Verdict
	Ratio   claim.Number // the largest left/right of the search that wrote it; 0 where there is none
}

// Record is the record by the names of the claims.
type Record map[string]Entry

// OnDisk is the record that is part of the binary.
func OnDisk() (Record, error) {
	f, err := cascade.Testdata.Open(RecordPath)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadRecord(f)
}

// ReadRecord parses a record: a line a claim, its name, its verdict and its largest
// ratio ("inf", or "-" for none), '#' for comments. Errors name the line.
func ReadRecord(r io.Reader) (Record, error) {
	on := Record{}
	sc := bufio.NewScanner(r)
	for line := 1; sc.Scan(); line++ {
		text, _, _ := strings.Cut(sc.Text(), "#")
		f := strings.Fields(text)
		if len(f) == 0 {
			continue
		}
		if len(f) != 3 {
			return nil, fmt.Errorf("record: line %d: %d fields, want a name, a verdict and a ratio", line, len(f))
		}
		if _, twice := on[f[0]]; twice {
			return nil, fmt.Errorf("record: line %d: %s is there twice", line, strict.Cut(f[0]))
		}
		e := Entry{Verdict: claim.Verdict(f[1])}
		if !e.Verdict.Recordable() {
			return nil, fmt.Errorf("record: line %d: verdict %s, want holds, refuted or unsettled", line,
				strict.Quote(f[1]))
		}
		if f[2] != "-" {
			ratio, err := strconv.ParseFloat(f[2], 64)
			if err != nil || !(ratio >= 0) {
				return nil, fmt.Errorf("record: line %d: ratio %s, want a number >= 0, inf or -", line,
					strict.Quote(f[2]))
			}
			e.Ratio = claim.Number(ratio)
		}
		on[f[0]] = e
	}
	return on, sc.Err()
}

// Recorded is the report as it goes on record: the largest ratios that found, the findings
// that the report is of, came to are computed again in math/big at their worst cases. Their
// first six digits are then the same on every architecture; those of float64 are not
// always, as package math and fused multiply-add differ in last bits, which a mean that
// cancels makes first ones. A run, and a claim that judges itself, keep the ratio of the
// search. It is for the record and its pages: merge wants the ratios of the search itself.
func (r *Report) Recorded(found []*search.Finding) *Report {
	again := *r
	again.Claims = pool.Map(len(r.Claims), func(k int) Row {
		row := r.Claims[k]
		if f := found[k]; f.Worst != nil && f.Claim.Kind != claim.Training {
			if res := search.CheckInBig(f.Claim, f.Worst); res.Reason == claim.Valid {
				row.Ratio = claim.Number(max(res.Ratio, 0))
			}
		}
		return row
	})
	return &again
}

// WriteRecord writes the verdicts and ratios of the rows, those of Recorded, in the form
// of ReadRecord. Ratios have six digits; an unbounded one is inf.
func WriteRecord(w io.Writer, rows []Row) error {
	var b strings.Builder
	b.WriteString("# Claim, verdict and largest left/right found, written by: go run ./props/verify record\n")
	for _, r := range rows {
		ratio := "-"
		if v := float64(r.Ratio); v >= unbounded && r.Verdict == claim.Refuted {
			ratio = "inf"
		} else if v > 0 {
			ratio = fmt.Sprintf("%.6g", v)
		}
		fmt.Fprintf(&b, "%-28s %-10s %s\n", r.Name(), r.Verdict, ratio)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Difference is one way in which a report is not as the record has it.
type Difference struct {
	Text string
	// Missed says that a refutation on record was not found again, which a small search
	// may.
	Missed bool
}

// Compare compares a report with the record, both ways: a verdict that changed, one that
// is not on record, a certificate that is missing, a run on which a claim fails, a
// sequential test that rejects, and, when the report is of all claims, a record without a
// claim.
func (on Record) Compare(r *Report) []Difference {
	var diff []Difference
	differs := func(missed bool, format string, args ...any) {
		diff = append(diff, Difference{fmt.Sprintf(format, args...), missed})
	}
	for k := range r.Claims {
		row := &r.Claims[k]
		switch want, ok := on[row.Name()]; {
		case !ok:
			differs(false, "%s: %s, not on record", row.Name(), row.Verdict)
		case want.Verdict != row.Verdict:
			missed := want.Verdict == claim.Refuted ||
				slices.Contains([]claim.Verdict{claim.Invalid, claim.Starved, claim.Elsewhere}, row.Verdict)
			differs(missed, "%s: %s, on record: %s", row.Name(), row.Verdict, want.Verdict)
		case row.Verdict == claim.Refuted && row.Certificate == "" && row.certifiable():
			differs(false, "%s: refuted, but testdata/certificates has no certificate", row.Name())
		}
	}
	for _, run := range r.Training {
		if !run.OK {
			differs(false, "run %s: a claim on record as true fails there", run.Name)
		}
	}
	for _, s := range r.Sequential {
		if s.Rejected {
			differs(false, "sequential test %s: rejected, log wealth %v", s.Name, float64(s.Wealth))
		}
	}
	if r.Select.All() {
		for _, name := range slices.Sorted(maps.Keys(on)) {
			if !slices.ContainsFunc(r.Claims, func(row Row) bool { return row.Name() == name }) {
				differs(false, "%s: on record as %s, but no such claim", name, on[name].Verdict)
			}
		}
	}
	return diff
}

// certifiable reports that a refutation of the row's claim comes as a certificate.
func (r *Row) certifiable() bool {
	for _, c := range props.Claims() {
		if c.Name() == r.Name() {
			return c.Certifiable()
		}
	}
	return false
}
