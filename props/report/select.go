package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Selection says which claims of the list a search is about; the zero value selects all.
type Selection struct {
	Claims string `json:"claims,omitempty"` // ids, separated by commas; "" for all
	Form   string `json:"form,omitempty"`   // a form, "paper", "ours" or "" for all
}

// The values of Selection.Form that stand for several forms.
const (
	FormsOfPaper = "printed"  // what the paper says, steps of its proofs included
	FormsOfOurs  = "repaired" // what we say instead
	FormsAll     = "all"
)

// FormNames are the values that Selection.Form may have.
func FormNames() []string {
	names := []string{FormsAll}
	for _, f := range claim.Forms {
		names = append(names, string(f))
	}
	return names
}

// All reports that nothing of the list is left out.
func (s Selection) All() bool { return s.Claims == "" && (s.Form == "" || s.Form == FormsAll) }

// selects reports whether the value of Form stands for f: printed has its derivations with
// it, and repaired all forms of ours.
func (s Selection) selects(f claim.Form) bool {
	switch s.Form {
	case "", FormsAll:
		return true
	case FormsOfPaper:
		return f.OfPaper()
	case FormsOfOurs:
		return !f.OfPaper()
	}
	return s.Form == string(f)
}

// Select keeps the claims of the list that are selected, in its order. A name that
// selects nothing is an error.
func Select(s Selection) ([]claim.Claim, error) {
	if s.Form != "" && !slices.Contains(FormNames(), s.Form) {
		return nil, fmt.Errorf("form is %s, want one of %s", strict.Quote(s.Form), strings.Join(FormNames(), ", "))
	}
	all := props.Claims()
	want := map[string]bool{}
	var selected []string
	for k, part := range strings.Split(s.Claims, ",") {
		words := strings.Fields(part)
		if s.Claims != "" && len(words) == 0 {
			return nil, fmt.Errorf("claims is %s, want ids separated by commas: number %d is empty",
				strict.Quote(s.Claims), k+1)
		}
		selected = append(selected, words...)
	}
	for _, id := range selected {
		if !slices.ContainsFunc(all, func(c claim.Claim) bool { return c.ID == id }) {
			return nil, fmt.Errorf("no claim %s; there are: %s", strict.Quote(id), strings.Join(ids(all), " "))
		}
		if want[id] {
			return nil, fmt.Errorf("claims has %s twice", strict.Quote(id))
		}
		want[id] = true
	}
	keep := slices.DeleteFunc(all, func(c claim.Claim) bool {
		return len(want) > 0 && !want[c.ID] || !s.selects(c.Form)
	})
	if len(keep) == 0 {
		return nil, fmt.Errorf("claims %s in form %s: there is none", strict.Quote(s.Claims), s.Form)
	}
	return keep, nil
}

func ids(claims []claim.Claim) []string {
	var ids []string
	for _, c := range claims {
		if !slices.Contains(ids, c.ID) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}
