package trace

import (
	"encoding/json"
	"math"
	"strconv"
)

// Number is a float64 whose NaN, which stands for not measured, is null in JSON, and
// whose infinities are strings.
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	switch x := float64(n); {
	case math.IsNaN(x):
		return []byte("null"), nil
	case math.IsInf(x, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(x, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return json.Marshal(x)
	}
}

// String is the number with four digits.
func (n Number) String() string {
	if math.IsNaN(float64(n)) {
		return "-"
	}
	return strconv.FormatFloat(float64(n), 'g', 4, 64)
}

// Words is the number with four digits, and in words where it is none or infinite.
func (n Number) Words() string {
	switch x := float64(n); {
	case math.IsNaN(x):
		return "no number"
	case math.IsInf(x, 0):
		return "infinite"
	}
	return n.String()
}
