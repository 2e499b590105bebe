package cert_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cascade-sgd/cascade/props/cert"
)

var update = flag.Bool("update", false, "write testdata/vectors/certificates.json anew")

const (
	vectorFile   = "../../testdata/vectors/certificates.json"
	attackFolder = "../../testdata/vectors/attacks"
	corpusFolder = "../../fuzz/testdata/fuzz"
)

// vectorSet is the file, in the shape of Wycheproof's.
type vectorSet struct {
	Algorithm     string            `json:"algorithm"`
	Version       int               `json:"formatVersion"`
	NumberOfTests int               `json:"numberOfTests"`
	Header        []string          `json:"header"`
	Notes         map[string]string `json:"notes"`
	TestGroups    []vectorGroup     `json:"testGroups"`
}

type vectorGroup struct {
	Type   string   `json:"type"`
	Source string   `json:"source"`
	Tests  []vector `json:"tests"`
}

type vector struct {
	ID          int      `json:"tcId"`
	Comment     string   `json:"comment"`
	Flags       []string `json:"flags"`
	Certificate *string  `json:"certificate,omitempty"`
	Base64      *string  `json:"base64,omitempty"`
	Result      string   `json:"result"`
	Canonical   bool     `json:"canonical,omitempty"`
	Reason      string   `json:"reason,omitempty"`
}

func (v *vector) data(t testing.TB) []byte {
	t.Helper()
	if v.Certificate != nil {
		return []byte(*v.Certificate)
	}
	data, err := base64.StdEncoding.DecodeString(*v.Base64)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// newVector has the verdict of Check.
func newVector(comment, flag string, data []byte) vector {
	v := vector{Comment: comment, Flags: []string{flag}, Result: "invalid"}
	if text := string(data); utf8.Valid(data) {
		v.Certificate = &text
	} else {
		code := base64.StdEncoding.EncodeToString(data)
		v.Base64 = &code
	}
	r, err := cert.Check(data)
	if err != nil {
		v.Reason = strings.TrimPrefix(err.Error(), "cert: ")
		return v
	}
	v.Result = "valid"
	again, err := r.Certificate.Marshal()
	v.Canonical = err == nil && bytes.Equal(again, data)
	return v
}

var vectorNotes = map[string]string{
	"OnRecord": "A certificate of testdata/certificates.",
	"Layout":   "A certificate on record with other white space or another order of keys.",
	"Edited": "A certificate on record with one thing changed that changes nothing, or with the sides that it " +
		"then has.",
	"Random":     "A chain, laws and constants drawn at random that refute the claim.",
	"Run":        "A run of several steps.",
	"Unbounded":  "A claim with a constant that is not given: every constant has to be refuted.",
	"Field":      "One field is not as it must be, or breaks a hypothesis.",
	"NotRefuted": "Honest numbers that do not refute the claim.",
	"Malformed":  "Not one JSON object of the right form.",
	"Truncated":  "A certificate that ends too early.",
	"Attack":     "A file that an earlier reader accepted, or took for something else.",
	"FuzzCorpus": "Bytes from a fuzzing corpus of this project.",
}

func readVectors(t testing.TB) (file vectorSet) {
	t.Helper()
	data, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestVectors: each vector has the verdict that it states.
func TestVectors(t *testing.T) {
	file := readVectors(t)
	count, seen := 0, map[string]bool{}
	results := map[string]int{}
	for _, g := range file.TestGroups {
		for _, v := range g.Tests {
			count++
			if v.ID != count || v.Comment == "" || seen[v.Comment] {
				t.Errorf("vector %d is number %d, comment %q", v.ID, count, v.Comment)
			}
			seen[v.Comment] = true
			results[v.Result]++
			again := newVector(v.Comment, v.Flags[0], v.data(t))
			if again.ID = v.ID; !reflect.DeepEqual(again, v) {
				t.Errorf("vector %d, %s: %s (%s), found %s (%s)", v.ID, v.Comment, v.Result, v.Reason, again.Result,
					again.Reason)
			}
			if (v.Result == "invalid") != (v.Reason != "") || vectorNotes[v.Flags[0]] == "" {
				t.Errorf("vector %d has no reason, or no note", v.ID)
			}
		}
	}
	const least = 200
	if count != file.NumberOfTests || count < least || results["valid"] < least/4 || results["invalid"] < least/2 {
		t.Errorf("%d vectors, stated %d: %v", count, file.NumberOfTests, results)
	}
	t.Logf("%d vectors: %v", count, results)
}
