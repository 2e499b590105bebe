package props

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"pgregory.net/rapid"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// FindsVariable names the directory that the fuzz targets of claims write to in a campaign,
// a file a process, instead of failing.
const FindsVariable = "CASCADE_FINDS"

// LadderVariable set to "off" takes the rungs away, for measuring what they gain.
const LadderVariable = "CASCADE_LADDER"

// DecoderVariable set to "rapid" has inputs decoded by rapid and not as flat bytes, for
// measuring which the fuzzer climbs on.
const DecoderVariable = "CASCADE_DECODER"

// Find is a line of such a file: a case on which a claim came a rung higher than on any
// that the process had before, or does not hold.
type Find struct {
	Claim      string       `json:"claim"`
	Ratio      claim.Number `json:"ratio"`
	Rung       int          `json:"rung"`
	Refuted    bool         `json:"refuted,omitempty"`
	Executions int          `json:"executions"` // of the process so far
	Case       *gen.Case    `json:"case"`
}

// Finds collects what a fuzz target finds in a process.
type Finds struct {
	open       []claim.Claim
	best       map[string]int
	path       string
	executions int
	flat       bool // no ladder
}

// NewFinds writes to a file in dir.
func NewFinds(claims []claim.Claim, dir string) *Finds {
	return &Finds{open: slices.Clone(claims), best: map[string]int{},
		path: filepath.Join(dir, fmt.Sprintf("%d.jsonl", os.Getpid())), flat: os.Getenv(LadderVariable) == "off"}
}

// Fuzz is Fuzz that writes down what it finds; a claim that was violated is left alone from
// then on. It fails t only where the file cannot be written.
func (f *Finds) Fuzz(t Failer, data []byte) {
	f.executions++
	if len(f.open) == 0 {
		return
	}
	if c := decode(t, f.open[0].Kind, data); c != nil {
		f.try(t, c)
	}
}

// FuzzRapid is Fuzz for a case that rapid decodes.
func (f *Finds) FuzzRapid(t *rapid.T) {
	f.executions++
	if len(f.open) == 0 {
		return
	}
	kind := f.open[0].Kind
	c := search.Draw(kind, gen.Rapid(t))
	if c.Affordable(kind, gen.FuzzBudget) == nil {
		f.try(t, c)
	}
}

// try tries a case.
func (f *Finds) try(t Failer, c *gen.Case) {
	for _, g := range search.TryWithin(f.open, c, "fuzz", settleWork) {
		if g.Cases == 0 {
			continue
		}
		rung := 0
		if f.flat {
			rung = rungOf(g.Ratio)
		} else {
			rung = ladder(g.Ratio)
		}
		name := g.Claim.Name()
		refuted := g.Confirmed > 0
		if best, seen := f.best[name]; seen && rung <= best && !refuted {
			continue
		}
		f.best[name] = rung
		line, err := json.Marshal(&Find{name, claim.Number(g.Ratio), rung, refuted, f.executions, c})
		if err == nil {
			err = strict.AppendFile(f.path, append(line, '\n'))
		}
		if err != nil {
			t.Fatalf("%v", err)
		}
		if refuted {
			f.open = slices.DeleteFunc(f.open, func(c claim.Claim) bool { return c.Name() == name })
		}
	}
}
