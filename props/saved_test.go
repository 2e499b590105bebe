package props

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestSavedCaseBehind: nothing may stand behind a saved case.
func TestSavedCaseBehind(t *testing.T) {
	good, err := json.Marshal(Search(searched()[:1], Options{Seed: 1, Cases: Batch})[0].Save(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadSaved(strings.NewReader(string(good) + " \n")); err != nil {
		t.Error(err)
	}
	for _, behind := range []string{"}", "]", ",", "{}", "1", "words"} {
		if _, _, err := ReadSaved(strings.NewReader(string(good) + behind)); err == nil || !strings.Contains(err.Error(), "more data at byte") {
			t.Errorf("%q behind: error %v", behind, err)
		}
	}
}

// TestCheckJSON: where data stop being JSON.
func TestCheckJSON(t *testing.T) {
	for data, want := range map[string]string{
		"":               "line 1, column 1: unexpected end",
		"{":              "line 1, column 1: unexpected end",
		"{\n \"a\": 1":   "line 2, column 7: unexpected end",
		"{\n \"a\": x}":  "line 2, column 7: invalid character 'x'",
		"{}\n}":          "line 2, column 1: invalid character '}'",
		"\xef\xbb\xbf{}": "line 1, column 1: invalid character",
	} {
		if err := CheckJSON([]byte(data)); err == nil || !strings.HasPrefix(err.Error(), "not JSON: "+want) {
			t.Errorf("%q: error %v, want %q", data, err, want)
		}
	}
	if err := CheckJSON([]byte(" [1, {}]\n")); err != nil {
		t.Error(err)
	}
}
