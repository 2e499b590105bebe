package campaign

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Input is an input of a fuzz target of claims: a file of a corpus.
type Input struct {
	Name  string
	Data  []byte
	Rungs map[string]int // that it reaches, by claim
	Depth int            // operators of its case
}

// chosen is a name that Choose gives; inputs of other names are kept whatever they reach.
var chosen = regexp.MustCompile(`^.*-rung-[0-9]+$`)

// corpusHead begins a file of a corpus.
const corpusHead = "go test fuzz v1\n"

// maxCorpusFile caps one in bytes.
const maxCorpusFile = 1 << 16

// ReadInputs reads the corpus in a folder; a folder that is not there has none. Files that
// are not of one list of bytes are an error that names them.
func ReadInputs(dir string) ([]Input, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var inputs []Input
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		text, err := strict.ReadFile(path, maxCorpusFile)
		if err != nil {
			return nil, err
		}
		data, err := parseInput(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		inputs = append(inputs, Input{Name: e.Name(), Data: data})
	}
	return inputs, err
}

func parseInput(text []byte) ([]byte, error) {
	body, ok := bytes.CutPrefix(text, []byte(corpusHead))
	quoted, ok2 := strings.CutPrefix(strings.TrimSpace(string(body)), "[]byte(")
	quoted, ok3 := strings.CutSuffix(quoted, ")")
	data, err := strconv.Unquote(quoted)
	if !ok || !ok2 || !ok3 || err != nil {
		return nil, errors.New("want the lines go test fuzz v1 and []byte(\"...\")")
	}
	return []byte(data), nil
}

// Text is the file of an input.
func (in *Input) Text() []byte { return fmt.Appendf(nil, "%s[]byte(%q)\n", corpusHead, in.Data) }

// step is a rung of a claim, or the highest of its rungs at a depth.
type step struct {
	claim string
	rung  int
	depth int // 0 for any
}

// steps are those that an input reaches, of which top are the highest.
func (in *Input) steps(top map[step]int) (all []step) {
	for name, rung := range in.Rungs {
		all = append(all, step{claim: name, rung: rung})
		if at := (step{claim: name, depth: in.Depth}); top[at] == rung {
			all = append(all, step{name, rung, in.Depth})
		}
	}
	return all
}

// Choose is a set of inputs, as small as one greedy choice after the other makes it, that
// reaches every rung of every claim which the inputs reach, and the highest at each depth.
// Inputs that were not named by Choose are kept; the others get the name of a rung that they
// are there for.
func Choose(claims []claim.Claim, inputs []Input) []Input {
	inputs = pool.Map(len(inputs), func(k int) Input {
		in := inputs[k]
		in.Rungs, in.Depth = props.Rungs(claims, in.Data)
		return in
	})
	top := map[step]int{} // by claim and depth
	for _, in := range inputs {
		for name, rung := range in.Rungs {
			at := step{claim: name, depth: in.Depth}
			top[at] = max(top[at], rung)
		}
	}
	have := map[step]bool{}
	var kept, rest []Input
	for _, in := range inputs {
		if chosen.MatchString(in.Name) || looksHashed(in.Name) {
			rest = append(rest, in)
			continue
		}
		kept = append(kept, in)
		for _, s := range in.steps(top) {
			have[s] = true
		}
	}
	slices.SortStableFunc(rest, func(a, b Input) int {
		return cmp.Or(cmp.Compare(len(a.Data), len(b.Data)), bytes.Compare(a.Data, b.Data))
	})
	for {
		best, news := -1, 0
		for k := range rest {
			n := 0
			for _, s := range rest[k].steps(top) {
				if !have[s] {
					n++
				}
			}
			if n > news {
				best, news = k, n
			}
		}
		if best < 0 {
			return kept
		}
		in := rest[best]
		in.Name = nameOf(&in, top, have)
		for _, s := range in.steps(top) {
			have[s] = true
		}
		kept = append(kept, in)
	}
}

// looksHashed reports that go test named a file.
func looksHashed(name string) bool {
	return (len(name) == 16 || len(name) == 64) && strings.Trim(name, "0123456789abcdef") == ""
}

// nameOf names an input after the highest rung that it is the first to reach, and after its
// depth.
func nameOf(in *Input, top map[step]int, have map[step]bool) string {
	best := step{rung: -1}
	for _, s := range in.steps(top) {
		if !have[s] && (s.rung > best.rung || s.rung == best.rung && s.claim < best.claim) {
			best = s
		}
	}
	name := strings.ReplaceAll(strings.Replace(best.claim, "/printed", "", 1), "/", "-")
	return fmt.Sprintf("%s-n%d-rung-%d", name, in.Depth, best.rung)
}
