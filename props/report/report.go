package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/runs/betting"
	"github.com/cascade-sgd/cascade/props/internal/runs/training"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// Report is the machine report of verify, version 1.
type Report struct {
	Version int       `json:"version"`
	Seed    uint64    `json:"seed"`
	Cases   int       `json:"cases"`          // random cases asked for, 1..MaxCases
	Climb   int       `json:"climb"`          // evaluations of each climb, 0..MaxCases
	Shard   string    `json:"shard"`          // i/n: the i-th of n parts; 1/1 is all
	Only    string    `json:"only,omitempty"` // these units, as search.ParseUnits reads them, not a shard
	Select  Selection `json:"select"`
	Build   Build     `json:"build"`
	Idle    bool      `json:"idle,omitempty"`    // the shard has no unit of work
	Stopped bool      `json:"stopped,omitempty"` // before its last unit

	Claims     []Row             `json:"claims"`
	Units      []search.Unit     `json:"units,omitempty"`      // of work that were done
	Parts      [][]Part          `json:"parts,omitempty"`      // of each unit, where some are missing
	Training   []training.Result `json:"runs,omitempty"`       // training runs
	Sequential []betting.Result  `json:"sequential,omitempty"` // long stochastic runs
	Campaign   *Campaign         `json:"campaign,omitempty"`   // that the report is of, instead of a search

	Digest string `json:"digest"` // SHA-256 in hex of the report with an empty digest
}

// MaxCases caps the random cases asked for.
const MaxCases = 1_000_000_000

// New is the report of a search by one shard.
func New(sel Selection, out *search.Outcome, opt search.Options) *Report {
	shards := max(opt.Shards, 1)
	r := &Report{
		Version: 1, Seed: opt.Seed, Cases: opt.Cases, Climb: opt.Climb, Select: sel, Build: ThisBuild(),
		Shard: fmt.Sprintf("%d/%d", opt.Shard+1, shards), Only: search.FormatUnits(opt.Units),
		Stopped: out.Stopped, Units: out.Units,
	}
	for _, f := range out.Findings {
		r.Claims = append(r.Claims, NewRow(f, opt))
	}
	if r.partial() {
		for k, found := range out.Parts {
			r.Parts = append(r.Parts, newParts(&r.Units[k], found))
		}
	}
	r.Idle = len(r.Units) == 0 && !r.Stopped
	r.Seal()
	return r
}

// partial reports that the report was not asked for all units, or has not done all.
func (r *Report) partial() bool { return r.Shard != "1/1" || r.Only != "" || r.Stopped }

// Marshal is the machine report as verify writes it.
func (r *Report) Marshal() ([]byte, error) {
	b, err := json.MarshalIndent(r, "", " ")
	return append(b, '\n'), err
}

// Seal sets the digest to that of the content: call it after the last change.
func (r *Report) Seal() { r.Digest = r.digest() }

func (r *Report) digest() string {
	bare := *r
	bare.Digest = ""
	b, err := bare.Marshal()
	if err != nil {
		return err.Error() // no digest is equal to that
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Row is a claim in one form and reading.
type Row struct {
	ID          string               `json:"id"`
	Eq          string               `json:"eq"`
	Form        claim.Form           `json:"form"`
	Reading     claim.Reading        `json:"reading"`
	Verdict     claim.Verdict        `json:"verdict"`
	Cases       int                  `json:"cases"`
	Rejected    int                  `json:"rejected"`
	Reasons     map[string]int       `json:"reasons,omitempty"`    // of the rejected
	Violated    int                  `json:"violated"`             // cases with left > right
	Undecided   int                  `json:"undecided"`            // cases that math/big left open
	Ratio       claim.Number         `json:"ratio"`                // the largest left/right found
	RatioByN    map[int]claim.Number `json:"ratio_by_n,omitempty"` // with sixDigits
	Certificate string               `json:"certificate"`
	Replay      string               `json:"replay"`
	Note        string               `json:"note"`
	Statement   string               `json:"statement"`
	Worst       *search.Origin       `json:"worst,omitempty"` // the case of the largest ratio
	Reach       *gen.Extent          `json:"reach,omitempty"` // how far it was searched in each direction
}

// sixDigits rounds a ratio to six significant digits, which are the same on every
// architecture: the last bits of package math and of gonum are not.
func sixDigits(ratio float64) claim.Number {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(ratio, 'g', 6, 64), 64) // what was formatted is a number
	return claim.Number(v)
}

// NewRow makes the row of one finding.
func NewRow(f *search.Finding, opt search.Options) Row {
	c := f.Claim
	r := Row{
		ID: c.ID, Eq: c.Eq, Form: c.Form, Reading: c.Reading, Statement: c.Statement,
		Verdict: f.Verdict(), Cases: f.Cases, Rejected: f.RejectedTotal(), Violated: f.Violated, Undecided: f.Undecided,
		Ratio: claim.Number(max(f.Ratio, 0)), RatioByN: map[int]claim.Number{}, Reasons: map[string]int{},
		Note:  f.Note(),
		Worst: f.Origin(),
	}
	ids := strings.Join(f.SearchedWith(), ",")
	r.Replay = "go run ./props/verify -claims " + ids + searchFlags(opt.Seed, opt.Cases, opt.Climb)
	for k, n := range f.Rejected {
		if n > 0 {
			r.Reasons[claim.Reason(k).String()] = n
		}
	}
	for n, e := range f.ByN {
		r.RatioByN[n] = sixDigits(e.Ratio)
	}
	r.Reach = reachOf(f)
	if r.Verdict == claim.Refuted {
		r.Certificate = OnRecord(c)
	}
	return r
}

// reachOf is how far a finding was searched, nil where it has no case.
func reachOf(f *search.Finding) *gen.Extent {
	if f.Reach == (gen.Extent{}) {
		return nil
	}
	reach := f.Reach
	return &reach
}

func searchFlags(seed uint64, cases, climb int) string {
	return fmt.Sprintf(" -seed %d -cases %d -climb %d", seed, cases, climb)
}

// OnRecord is the path of the certificate of a claim below the root
// of the module, or "" when testdata has none.
func OnRecord(c *claim.Claim) string {
	path := "testdata/certificates/" + c.CertificateName()
	if f, err := cascade.Testdata.Open(path); !c.Certifiable() || err != nil {
		return ""
	} else if f.Close() != nil {
		return ""
	}
	return path
}

// Name is the name of the claim that the row reports.
func (r *Row) Name() string {
	return (&claim.Claim{ID: r.ID, Form: r.Form, Reading: r.Reading}).Name()
}
