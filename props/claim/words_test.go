package claim

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestReadingText(t *testing.T) {
	for _, r := range append([]Reading{AnyReading}, Readings[:]...) {
		text, err := r.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		back := Reading(-1)
		if err := back.UnmarshalText(text); err != nil || back != r {
			t.Errorf("%q is read as %d, error %v; want %d", text, back, err, r)
		}
	}
	r := Past
	if err := r.UnmarshalText([]byte("Past")); err == nil || r != Past ||
		!strings.Contains(err.Error(), `no reading "Past"`) {
		t.Errorf("reading %v, error %v", r, err)
	}
}

func TestNumberJSON(t *testing.T) {
	for _, v := range []float64{0, 1, -2.5, 1e300, 0x1p-1074, math.Inf(1)} {
		data, err := json.Marshal(Number(v))
		if err != nil {
			t.Fatal(err)
		}
		var back Number
		if err := json.Unmarshal(data, &back); err != nil || float64(back) != v {
			t.Errorf("%v is written as %s and read as %v, error %v", v, data, float64(back), err)
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(-1)} {
		if data, err := json.Marshal(Number(v)); err == nil {
			t.Errorf("%v is written as %s", v, data)
		}
	}
	for _, text := range []string{`"Inf"`, `"1"`, `{}`} {
		var n Number
		if err := json.Unmarshal([]byte(text), &n); err == nil {
			t.Errorf("%s is read as %v", text, float64(n))
		}
	}
}

func TestNumberString(t *testing.T) {
	for v, want := range map[float64]string{
		-1: "-", 0: "0.0000", 0.5: "0.5000", 9999: "9999.0000", 10000: "1.00e+04", 0.0009: "9.00e-04", 0.001: "0.0010",
		math.Inf(1): "inf",
	} {
		if got := Number(v).String(); got != want {
			t.Errorf("%v is shown as %s, want %s", v, got, want)
		}
	}
}

// TestRecordable: what ended is on record, what did not is not.
func TestRecordable(t *testing.T) {
	for v, want := range map[Verdict]bool{
		Holds: true, Refuted: true, Unsettled: true, Undecided: false, Starved: false, Invalid: false,
		Elsewhere: false, "banana": false,
	} {
		if got := v.Recordable(); got != want {
			t.Errorf("%s may stand on record: %v, want %v", v, got, want)
		}
	}
}
