package props

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sync"

	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// Options say how far Search looks; see the fields. Seed and Cases are what a search
// depends on.
type Options = search.Options

// Finding is what Search knows about one claim: its Verdict, counts, largest ratio and
// worst case.
type Finding = search.Finding

// Batch is the number of random cases that a search tries between two rounds of climbing.
const Batch = search.Batch

// Search tries the claims, those of the list or of a user, on random cases and climbs
// from the worst ones. The findings are in the order of the claims; the same seed gives
// the same findings at any GOMAXPROCS. An incomplete claim panics, and so does one whose sides
// change their view, or depend on more than that, one that has the name of another, and one
// that has the name of a claim of the list and other sides.
func Search(claims []claim.Claim, opt Options) []*Finding {
	mustHaveOwnNames(claims)
	return search.Search(claims, opt)
}

// mustHaveOwnNames panics unless each name stands for one claim.
func mustHaveOwnNames(claims []claim.Claim) {
	if err := oneNameEach(claims); err != nil {
		panic("props: " + err.Error())
	}
}

// oneNameEach is nil when a name stands for one claim alone: files, certificates and the record go
// by names.
func oneNameEach(claims []claim.Claim) error {
	seen := map[string]bool{}
	for k := range claims {
		c := &claims[k]
		name := c.Name()
		if seen[name] {
			return fmt.Errorf("two claims are named %s: give them ids of their own", name)
		}
		seen[name] = true
		if err := ownName(c); err != nil {
			return err
		}
	}
	return nil
}

// listed are the claims of the list by their names.
var listed = sync.OnceValue(func() map[string]*claim.Claim {
	list, ours := map[string]*claim.Claim{}, Claims()
	for k := range ours {
		list[ours[k].Name()] = &ours[k]
	}
	return list
})

// ownName is nil unless c has the name of a claim of the list and says something else.
func ownName(c *claim.Claim) error {
	if on := listed()[c.Name()]; on != nil && !sameSides(c, on) {
		return fmt.Errorf("%s is a claim of the paper's list, and this one says something else: give it an id of its own",
			c.Name())
	}
	return nil
}

// sameSides reports whether two claims say the same by the same functions.
func sameSides(a, b *claim.Claim) bool {
	same := func(f, g any) bool { return reflect.ValueOf(f).Pointer() == reflect.ValueOf(g).Pointer() }
	flags := func(c *claim.Claim) [7]bool {
		return [...]bool{c.Mixes, c.PL, c.WithoutA3, c.WithoutErrors, c.Experiment, c.FirstStep, c.OfLargest}
	}
	return a.Statement == b.Statement && a.Kind == b.Kind && flags(a) == flags(b) && same(a.Left, b.Left) &&
		same(a.Right, b.Right) && same(a.Span, b.Span) && same(a.Judge, b.Judge)
}

// Failer is what a property needs of a test: *testing.T and *rapid.T have it.
type Failer interface {
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Property is the body of every property test and fuzz target. It fails the
// test when the case violates one of the claims, which are of one kind, in
// math/big, or cannot be decided there; otherwise it returns the largest
// left/right of each, -1 where the case says nothing. Names are as for Search: what it
// prints is replayed by the claim of that name.
func Property(t Failer, claims []claim.Claim, c *gen.Case) []float64 {
	mustHaveOwnNames(claims)
	found := search.Try(claims, c, "property")
	ratios := make([]float64, len(found))
	for k, f := range found {
		ratios[k] = f.Ratio
		if f.Cases == 0 || f.Verdict() == claim.Holds {
			continue
		}
		saved, err := json.Marshal(search.Save(f, 0))
		if err != nil {
			saved = []byte(err.Error())
		}
		t.Fatalf("%s: %s, ratio %v\n  %s\n  %s\nreplay: save this line as FILE and run: go run ./props/verify replay "+
			"FILE\n%s",
			f.Claim.Name(), f.Verdict(), f.Ratio, f.Claim.Statement, c.Line(), saved)
	}
	return ratios
}

// Replay says what the saved case in data, as Property prints it, shows of a claim of a
// user, in math/big: left, right, their ratio and the answer. The error names the place
// where the data are no saved case of that claim.
func Replay(data []byte, c *claim.Claim) (claim.Result, error) {
	saved, err := search.ParseSaved(data)
	if err != nil {
		return claim.Result{}, err
	}
	if !saved.IsOf(c) {
		return claim.Result{}, fmt.Errorf("props: the case is saved for %s, not for %s", saved.Name(), c.Name())
	}
	if err := ownName(c); err != nil {
		return claim.Result{}, fmt.Errorf("props: %w", err)
	}
	if err := saved.Fits(c); err != nil {
		return claim.Result{}, err
	}
	return search.CheckInBig(c, saved.Case), nil
}

// Save is the file of a finding's worst case, which Replay reads; nil when there is none.
func Save(f *Finding, seed uint64) ([]byte, error) {
	saved := search.Save(f, seed)
	if saved == nil {
		return nil, nil
	}
	return saved.Marshal()
}

// Small is the smallest violating case of a finding made smaller still, on one line, with
// its moments in rational arithmetic: what both sides of the claim, about one step, are
// made of. The error says why there is none: nothing violates the claim, or the case has
// operators or laws that are no rational numbers.
func Small(f *Finding) (line string, exact *cert.Moments, err error) {
	if f.Witness == nil {
		return "", nil, fmt.Errorf("props: no case violates %s", f.Claim.Name())
	}
	small := search.Simplify(f.Claim, f.Witness)
	exact, err = search.ExactMoments(f.Claim, small)
	return small.Line(), exact, err
}
