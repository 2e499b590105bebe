package claim

import "testing"

// TestPlace: numbers of sections are said to be such, those of equations and figures stay.
func TestPlace(t *testing.T) {
	for eq, want := range map[string]string{
		"8": "section 8", "5.3": "section 5.3", "6.3, spikes": "section 6.3, spikes", "(48)": "(48)",
		"Fig 3": "Fig 3", "A.2, (55)": "A.2, (55)", "before (33)": "before (33)", "": "", "13a": "13a", "5.": "5.",
	} {
		if got := Place(eq); got != want {
			t.Errorf("%q: %q, want %q", eq, got, want)
		}
	}
}
