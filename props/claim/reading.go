package claim

import "fmt"

// Reading says what a conditional expectation of the paper conditions on.
// G_i is x and Y_1..Y_i; H_i is G_N and V_N..V_i. The zero value stands for a claim
// that conditions on nothing but x.
type Reading int

const (
	// AnyReading is that of a claim without conditional expectations.
	AnyReading Reading = iota
	// Literal conditions on G_i and H_i as defined: given G_i, delta_i and Y_i are
	// known, and given H_i, V_i is. eps_i is not known given H_i, which ends with
	// V_i: for it, Literal is Past.
	Literal
	// Past conditions delta_i and Y_i on x and Y_1..Y_{i-1}, before delta_i is
	// drawn; eps_{i+1} and V_i on the forward pass and V_N..V_{i+1}.
	Past
	// Total conditions on x alone.
	Total
	// ReadingSlots is the length of an array that is indexed by Reading; the entry
	// of AnyReading is empty.
	ReadingSlots = int(iota)
)

// Readings are the readings that the paper's conditional expectations have.
var Readings = [...]Reading{Literal, Past, Total}

var readingNames = [ReadingSlots]string{"", "literal", "past", "total"}

// String is the name that reports use: literal, past, total, or "".
func (r Reading) String() string { return readingNames[r] }

// MarshalText implements encoding.TextMarshaler.
func (r Reading) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Reading) UnmarshalText(text []byte) error {
	for k, name := range readingNames {
		if name == string(text) {
			*r = Reading(k)
			return nil
		}
	}
	return fmt.Errorf("claim: no reading %.80q, want literal, past, total or none", text)
}
