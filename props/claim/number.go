package claim

import (
	"encoding/json"
	"fmt"
	"math"
)

// Number is a float64 whose JSON form exists for every value: +Inf is the
// string "inf".
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	switch v := float64(n); {
	case math.IsInf(v, 1):
		return []byte(`"inf"`), nil
	case math.IsNaN(v), math.IsInf(v, -1):
		return nil, fmt.Errorf("claim: a report cannot hold %v", v)
	default:
		return json.Marshal(v)
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == `"inf"` {
		*n = Number(math.Inf(1))
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

// String formats a ratio for the table.
func (n Number) String() string {
	v := float64(n)
	switch {
	case v < 0:
		return "-"
	case math.IsInf(v, 1):
		return "inf"
	case v >= 1e4 || v > 0 && v < 1e-3:
		return fmt.Sprintf("%.2e", v)
	}
	return fmt.Sprintf("%.4f", v)
}
