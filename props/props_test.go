package props

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
)

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
	refused := func(claims []claim.Claim) (text string) {
		defer func() {
			if r := recover(); r != nil {
				text = fmt.Sprint(r)
			}
		}()
		Search(claims, Options{Seed: 1, Cases: 1})
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
		if got := refused(c.claims); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", name, got, c.want)
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
