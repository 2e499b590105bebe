package report

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/pages"
)

// ValidCount says how many valid cases a form of ours has survived, drawn from one seed.
type ValidCount struct {
	Claim    string // its name
	Seed     uint64 // of the draws
	Valid    int    // cases that meet the hypotheses, and that float64 settles
	Violated int    // of these
	Ratio    claim.Number
}

// validFile has the counts on record, in package pages; validGoal is what is asked of each form.
const (
	validFile = "valid.csv"
	validGoal = 1_000_000
)

var validHeader = []string{"claim", "seed", "valid", "violated", "largest left/right"}

// countedNames are those of the forms of ours that draw cases, in the order of the list.
func countedNames() (names []string) {
	claims, err := Select(Selection{})
	if err != nil {
		panic("report: " + err.Error()) // the zero value selects all
	}
	for k := range claims {
		c := &claims[k]
		ours := c.Form == claim.Repaired || c.Form.Sharper()
		if ours && (c.Kind != claim.SelfJudged || c.Drawn) {
			names = append(names, c.Name())
		}
	}
	return names
}

// AddValid adds the counts of reports of campaigns with -valid to those known. Counts of one claim
// from one seed are of the same draws: the longer one stays. The error names the report.
func AddValid(known []ValidCount, reports []*Report) ([]ValidCount, error) {
	if len(reports) == 0 {
		return nil, errors.New("no report: give report.json of a campaign with -valid")
	}
	at := map[string]ValidCount{}
	key := func(c *ValidCount) string { return fmt.Sprint(c.Claim, " ", c.Seed) }
	for k := range known {
		at[key(&known[k])] = known[k]
	}
	for k, r := range reports {
		if r.Campaign == nil {
			return nil, fmt.Errorf("report %d is of a search, want one of a campaign with -valid", k+1)
		}
		for j := range r.Claims {
			row := &r.Claims[j]
			c := ValidCount{Claim: row.Name(), Seed: r.Seed, Valid: row.Cases, Violated: row.Violated, Ratio: row.Ratio}
			if c.Valid > at[key(&c)].Valid || c.Violated > 0 {
				at[key(&c)] = c
			}
		}
	}
	names := countedNames()
	place := func(c ValidCount) int { return slices.Index(names, c.Claim) }
	all := slices.DeleteFunc(slices.Collect(maps.Values(at)), func(c ValidCount) bool { return place(c) < 0 })
	slices.SortFunc(all, func(a, b ValidCount) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.Seed, b.Seed))
	})
	return all, nil
}

// WriteValid writes counts as CSV, a line for each claim and seed.
func WriteValid(w io.Writer, counts []ValidCount) error {
	c := csv.NewWriter(w)
	if err := c.Write(validHeader); err != nil {
		return err
	}
	for _, row := range counts {
		err := c.Write([]string{row.Claim, strconv.FormatUint(row.Seed, 10), strconv.Itoa(row.Valid),
			strconv.Itoa(row.Violated), strconv.FormatFloat(float64(row.Ratio), 'g', 5, 64)})
		if err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// ReadValid reads what WriteValid writes. The error names the line and the value.
func ReadValid(from io.Reader) ([]ValidCount, error) {
	lines, err := csv.NewReader(from).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("valid: %w", err)
	}
	if len(lines) == 0 || !slices.Equal(lines[0], validHeader) {
		return nil, fmt.Errorf("valid: no header, want %s", strings.Join(validHeader, ","))
	}
	names := countedNames()
	var counts []ValidCount
	there := map[string]bool{}
	for k, cells := range lines[1:] {
		c := ValidCount{Claim: cells[0]}
		var ratio float64
		if !slices.Contains(names, c.Claim) {
			return nil, fmt.Errorf("valid: line %d: %s is no form of ours that draws cases", k+2, strict.Quote(c.Claim))
		}
		if c.Seed, err = strconv.ParseUint(cells[1], 10, 64); err != nil {
			return nil, fmt.Errorf("valid: line %d: seed %s", k+2, strict.Quote(cells[1]))
		}
		if c.Valid, err = strconv.Atoi(cells[2]); err != nil || c.Valid < 0 {
			return nil, fmt.Errorf("valid: line %d: %s valid cases, want a number >= 0", k+2, strict.Quote(cells[2]))
		}
		if c.Violated, err = strconv.Atoi(cells[3]); err != nil || c.Violated < 0 || c.Violated > c.Valid {
			return nil, fmt.Errorf("valid: line %d: %s violated, want 0..%d", k+2, strict.Quote(cells[3]), c.Valid)
		}
		if ratio, err = strconv.ParseFloat(cells[4], 64); err != nil || !(ratio >= 0) {
			return nil, fmt.Errorf("valid: line %d: ratio %s, want a number >= 0", k+2, strict.Quote(cells[4]))
		}
		c.Ratio = claim.Number(ratio)
		key := c.Claim + " " + cells[1]
		if there[key] {
			return nil, fmt.Errorf("valid: line %d: %s from seed %d is there twice", k+2, c.Claim, c.Seed)
		}
		there[key] = true
		counts = append(counts, c)
	}
	return counts, nil
}

// ValidOnDisk are the counts on record.
func ValidOnDisk() ([]ValidCount, error) {
	f, err := pages.FS.Open(validFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadValid(f)
}

// ValidPage says how many valid cases each form of ours has survived.
func ValidPage(counts []ValidCount) *table.Page {
	d := &table.Page{Title: "Valid cases", Command: "go run ./props/verify page valid"}
	t := table.New("claim", "valid cases", "violated", "largest left/right", "seeds")
	t.Columns[1].Means = "drawn cases that meet the hypotheses, without climbs, over all seeds; runs have at most 64 steps"
	t.Columns[3].Means = "- where a claim judges itself without one"
	names := countedNames()
	var all, violated, enough int
	fewest := 0
	least := ""
	for _, name := range names {
		var sum ValidCount
		var seeds []string
		for _, c := range counts {
			if c.Claim == name {
				sum.Valid += c.Valid
				sum.Violated += c.Violated
				sum.Ratio = max(sum.Ratio, c.Ratio)
				seeds = append(seeds, strconv.FormatUint(c.Seed, 10))
			}
		}
		all += sum.Valid
		violated += sum.Violated
		if sum.Valid >= validGoal {
			enough++
		}
		if least == "" || sum.Valid < fewest {
			least, fewest = name, sum.Valid
		}
		ratio := "-"
		if sum.Ratio > 0 {
			ratio = ratioWords(float64(sum.Ratio))
		}
		t.Add(name, sum.Valid, sum.Violated, ratio, strings.Join(seeds, ", "))
	}
	d.Add(table.Text(fmt.Sprintf("Of %d repaired and sharp forms that draw cases, %d have gone through %d valid ones "+
		"or more; of %d valid cases in all %d violates it. The fewest, %d, have been drawn for %s.",
		len(names), enough, validGoal, all, violated, fewest, least)))
	d.Add(t)
	d.Add(table.Text(fmt.Sprintf("Counted by: go run ./props/verify campaign -form repaired -valid %d -time 10h -seed N "+
		"-dir DIR, and with the sharp forms; then go run ./props/verify page counts DIR/report.json > valid.csv adds "+
		"them to those that are on record in props/pages/valid.csv.", validGoal)))
	return d
}
