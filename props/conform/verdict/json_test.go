package verdict

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/conform"
)

const wantJSON = `{
 "version": 1, "conclusion": "broken", "command": "cmd",
 "engine": {"name": "mine", "version": "1.2",
  "precision": {"storage": "float32", "compute": "float32", "accumulate": "float32"}, "unknown_ops": ["conv"]},
 "seed": 5, "requests": 9,
 "rules": [
  {"name": "operators", "requests": 7, "answered": 6, "unsupported": 1, "violations": 0,
   "untried": "3 cases drawn of 60"},
  {"name": "step", "requests": 2, "answered": 2, "unsupported": 0, "violations": 1},
  {"name": "trace", "requests": 0, "answered": 0, "unsupported": 0, "violations": 0, "skipped": "no trace"},
  {"name": "batch", "requests": 0, "answered": 0, "unsupported": 0, "violations": 0, "skipped": "no <batch>"},
  {"name": "run", "requests": 0, "answered": 0, "unsupported": 0, "violations": 0, "skipped": "no trace"}],
 "findings": [
  {"id": "(5d) the step", "known": false, "kind": "wrong", "equation": "(5d)", "part": "the step", "quantity": "W",
   "operator": 2, "index": 1, "got": 3, "want": 4, "tolerance": 0.5, "count": 7, "asked": 9, "rules": ["step", "run"],
   "detail": "W[1]: got 3,\n want 4 | a*b_c", "request": "{\"type\":\"step\"}"}],
 "missing": [],
 "broken": {"break": "torn line", "reason": "half a line", "sent": "a` + "```" + `b", "came": "c", "exit": "exit 1",
  "stderr": "oh"}
}`

func parsed(t *testing.T, data string) (x any) {
	t.Helper()
	if err := json.Unmarshal([]byte(data), &x); err != nil {
		t.Fatal(err)
	}
	return x
}

func TestJSON(t *testing.T) {
	v := verdicts()["broken"]
	data, err := v.JSON()
	if err != nil || !strings.HasSuffix(string(data), "}\n") {
		t.Errorf("error %v, JSON %s", err, data)
	}
	if diff := cmp.Diff(parsed(t, wantJSON), parsed(t, string(data))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	v = verdicts()["missing"]
	mixed := conform.Precision{Storage: "float16", Compute: "tf32", Accumulate: "float32"}
	v.Report.Engine.Mixed, v.Report.Outcomes, v.Report.Unknown = mixed, nil, nil
	data, _ = v.JSON()
	var got verdictJSON
	if err := json.Unmarshal(data, &got); err != nil || got.Engine.Precision != mixed || got.Broken != nil {
		t.Errorf("error %v, %+v", err, got)
	}
	for _, want := range []string{
		`"missing": [` + "\n    \"(5b) eps\",\n    \"(5a) f\"\n  ]", `"rules": []`, `"findings": []`, `"unknown_ops": []`,
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in\n%s", want, data)
		}
	}
}

// TestNotFinite: what JSON has no number for is a string, in each field.
func TestNotFinite(t *testing.T) {
	f := *wrongStep
	f.Got, f.Want, f.Tolerance = math.NaN(), math.Inf(1), math.Inf(-1)
	data, err := New("cmd", report(&f), nil, nil).JSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"got": "NaN"`, `"want": "Infinity"`, `"tolerance": "-Infinity"`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in\n%s", want, data)
		}
	}
}

func TestRequests(t *testing.T) {
	quiet := *panicked
	data, err := New("cmd", report(wrongStep, &quiet, &conform.Violation{Request: "b"}), nil, nil).JSON()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]string{
		string(data):                 {`{"type":"step"}`, "b"}, // and none of the fault without requests
		`{"type":"step"}` + "\nnext": {`{"type":"step"}` + "\nnext"},
		`{"type":"step"}`:            {`{"type":"step"}`},
		"":                           {""},
	} {
		got, err := Requests([]byte(text))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%.40q: error %v, (-want +got)\n%s", text, err, diff)
		}
	}
	for text, want := range map[string]string{
		`{"version":2,"findings":[]}`:              "version is 2, want 1",
		`{"version":1,"findings":[]}`:              "no finding has requests",
		`{"version":1,"findings":[],"luck":1}`:     "luck",
		strings.Replace(string(data), "1", "0", 1): "version is 0, want 1",
	} {
		if _, err := Requests([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error %v, want one with %q", text, err, want)
		}
	}
}
