package props

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// silent is a test that goes on.
type silent struct{}

func (silent) Fatalf(string, ...any) {}
func (silent) Skipf(string, ...any)  {}

// TestOneNameEach: a name stands for one claim. One of a user's with a name of the list would get
// its certificate and its place on record, and two of one name each other's files.
func TestOneNameEach(t *testing.T) {
	mine := func(id string) claim.Claim {
		return claim.Claim{
			ID: id, Form: claim.Conjecture, Statement: "|U-u|^2 <= 0",
			Left:  func(v *claim.View, _ int) float64 { return v.U2 },
			Right: func(*claim.View, int) float64 { return 0 },
		}
	}
	quiet := silent{}
	refuses := map[string]func(claims []claim.Claim){
		"Search":   func(claims []claim.Claim) { Search(claims, Options{Seed: 1, Cases: 1}) },
		"Property": func(claims []claim.Claim) { Property(quiet, claims, search.Draw(claim.Step, gen.Random(1, 1))) },
		"Fuzz":     func(claims []claim.Claim) { Fuzz(quiet, claims, make([]byte, 64)) },
	}
	refused := func(by func(claims []claim.Claim), claims []claim.Claim) (text string) {
		defer func() {
			if r := recover(); r != nil {
				text = fmt.Sprint(r)
			}
		}()
		by(claims)
		return ""
	}
	list := Claims()
	theorem1 := list[slices.IndexFunc(list, func(c claim.Claim) bool { return c.Name() == "thm1/printed" })]
	changed := theorem1
	changed.Right = func(*claim.View, int) float64 { return 0 }
	said := theorem1
	said.Statement = "1 <= 0"
	mixed := theorem1
	mixed.Mixes = !mixed.Mixes
	taken := mine("thm1")
	taken.Form = claim.Printed
	for name, c := range map[string]struct {
		claims []claim.Claim
		want   string
	}{
		"of one's own":      {[]claim.Claim{mine("mine"), mine("other"), theorem1}, ""},
		"another form":      {[]claim.Claim{mine("thm1"), theorem1}, ""},
		"twice":             {[]claim.Claim{mine("mine"), mine("mine")}, "props: two claims are named mine/conjecture"},
		"of the list twice": {[]claim.Claim{theorem1, theorem1}, "props: two claims are named thm1/printed"},
		"of the list":       {[]claim.Claim{taken}, "props: thm1/printed is a claim of the paper's list"},
		"another side":      {[]claim.Claim{changed}, "props: thm1/printed is a claim of the paper's list"},
		"another statement": {[]claim.Claim{said}, "props: thm1/printed is a claim of the paper's list"},
		"another flag":      {[]claim.Claim{mixed}, "props: thm1/printed is a claim of the paper's list"},
	} {
		for of, by := range refuses {
			if got := refused(by, c.claims); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
				t.Errorf("%s: %s: %q, want %q", of, name, got, c.want)
			}
		}
	}
	found := Search([]claim.Claim{theorem1}, Options{Seed: 1, Cases: 20})[0]
	file, err := Save(found, 1)
	if err != nil || file == nil {
		t.Fatalf("%v: %s", err, file)
	}
	if _, err := Replay(file, &theorem1); err != nil {
		t.Errorf("the case of Theorem 1: %v", err)
	}
	if _, err := Replay(file, &changed); err == nil || !strings.Contains(err.Error(), "claim of the paper's list") {
		t.Errorf("the case of Theorem 1, judged by other sides: %v", err)
	}
	if err := oneNameEach(list); err != nil {
		t.Errorf("the list itself: %v", err)
	}
}
