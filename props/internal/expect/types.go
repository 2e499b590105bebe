package expect

import "github.com/cascade-sgd/cascade/core/perturb"

// Reading says what a conditional expectation of the paper conditions on.
// G_i is x and Y_1..Y_i; H_i is G_N and V_N..V_i.
type Reading int

const (
	// Literal conditions on G_i and H_i as defined: given G_i, delta_i and Y_i are
	// known, and given H_i, V_i is. eps_i is not known given H_i, which ends with
	// V_i: for it, Literal is Past.
	Literal Reading = iota
	// Past conditions delta_i and Y_i on x and Y_1..Y_{i-1}, before delta_i is
	// drawn; eps_{i+1} and V_i on the forward pass and V_N..V_{i+1}.
	Past
	// Total conditions on x alone.
	Total
	// Readings is their number.
	Readings int = iota
)

var readingNames = [Readings]string{"literal", "past", "total"}

// String returns the name that the paper's readings go by in reports.
func (r Reading) String() string { return readingNames[r] }

// Plan holds the laws of one perturbed pass: Delta[i] is the law of delta_i
// (i = 1..N), Eps[i] that of eps_i (i = 2..N). A nil or missing entry is zero.
type Plan struct {
	Delta, Eps []perturb.Finite
}

// Leaf is one joint outcome of all perturbations of a pass. Path holds the
// number of the outcome at each site in the order they are drawn:
// delta_1..delta_N, eps_N..eps_2; a zero law has the one outcome 0.
type Leaf struct {
	P          float64     // probability
	Path       []int       // length 2N-1
	Delta, Eps [][]float64 // as in core.State
}

// Moments are the expectations over all leaves of one pass at one input x,
// under the law of the plan. Slices are indexed like the paper; entries that
// have no meaning (index 0, eps_1) are 0. |.| is Euclidean.
type Moments struct {
	Leaves int
	P      float64 // sum of the probabilities, 1 up to rounding

	D2, D4 []float64 // E|delta_i|^2, E|delta_i|^4           i = 1..N
	E2     []float64 // E|eps_i|^2                           i = 2..N
	Y2, Y4 []float64 // E|Y_i-y_i|^2, E|Y_i-y_i|^4           i = 0..N
	V2     []float64 // E|V_i-v_i|^2                         i = 1..N
	YV2    []float64 // E|Y_i-y_i|^2 |V_{i+1}-v_{i+1}|^2     i = 1..N-1
	E4     []float64 // E|eps_i|^4                           i = 2..N
	V4     []float64 // E|V_i-v_i|^4                         i = 1..N
	Ui2    []float64 // E|U_i-u_i|^2                         i = 1..N
	U2     float64   // E|U-u|^2

	UMean   []float64 // E_t[U-u], flat                      length NW
	UiMean2 []float64 // |E_t[U_i-u_i]|^2                    i = 1..N
	UMean2  float64   // |E_t[U-u]|^2

	// By reading:
	DMean2 [Readings][]float64 // E|E^{G_i}[delta_i]|^2      i = 1..N
	EMean2 [Readings][]float64 // E|E^{H_i}[eps_i]|^2        i = 2..N
	YMean2 [Readings][]float64 // E|E^{G_i}[Y_i-y_i]|^2      i = 0..N
	VMean2 [Readings][]float64 // E|E^{H_i}[V_i-v_i]|^2      i = 1..N
}
