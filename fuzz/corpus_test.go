package fuzz

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// input is the list of bytes in a file of a corpus.
func input(t *testing.T, path string) []byte {
	t.Helper()
	_, quoted, ok := strings.Cut(strings.TrimSpace(string(read(t, path))), "\n[]byte(")
	data, err := strconv.Unquote(strings.TrimSuffix(quoted, ")"))
	if !ok || err != nil {
		t.Fatalf("%s is no list of bytes: %v", path, err)
	}
	return []byte(data)
}

// corpus are the names of the files of a target's corpus.
func corpus(t *testing.T, target string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(filepath.Join("testdata/fuzz", target))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}

// refusals is why each file of the decoders' corpora is refused, "" for one that is accepted.
// Lengths of replies are the gate's to judge; a run without steps is judged to say nothing.
var refusals = map[string]string{
	"FuzzCertificate/a-fraction-by-zero":            "denominator 0",
	"FuzzCertificate/empty":                         "the data ends",
	"FuzzCertificate/one-pair-of-T-and-K":           "T: ",
	"FuzzCertificate/spike-of-a-small-delta":        "no error is at least 1",
	"FuzzSaved/a-billion-steps":                     "in a run of 1000000000 steps",
	"FuzzSaved/a-case-without-eps":                  `case has no field "eps"`,
	"FuzzSaved/a-pass-that-agrees":                  "",
	"FuzzSaved/a-run":                               "",
	"FuzzSaved/delta-N-of-an-overflow":              "",
	"FuzzSaved/denormals-in-rationals":              "",
	"FuzzSaved/inner-law-of-another-length":         "inner law",
	"FuzzSaved/linear-with-delta-and-two-points":    "about delta = 0",
	"FuzzSaved/linear-with-tenths":                  "",
	"FuzzSaved/repeated-keys":                       "CLAIM: key in other case",
	"FuzzSaved/widths-that-take-all-memory":         "MB of memory",
	"FuzzReport/another-version":                    "version is 2",
	"FuzzReport/claims-null":                        "claims: null",
	"FuzzReport/empty":                              "the data ends",
	"FuzzReport/nested-deep":                        "nested deeper than 64",
	"FuzzReport/two-values":                         "more data after the value",
	"FuzzRequest/a-key-in-other-case":               `GAMMA: key in other case, want "gamma"`,
	"FuzzRequest/a-key-twice":                       "x: repeated key",
	"FuzzRequest/empty":                             "the data ends",
	"FuzzRequest/gamma-that-overflows":              `gamma: 1e309: "1e309" is out of range`,
	"FuzzRequest/numbers-as-text":                   "",
	"FuzzRequest/operator-name-not-utf8":            "byte 0xcb is not UTF-8",
	"FuzzRequest/rows-of-other-lengths":             "w[1] has length 1, want 0",
	"FuzzRequest/widths-that-take-all-memory":       "in is 1000000000, want 1..65536",
	"FuzzRequest/unknown-key-of-thousands-of-bytes": `kkkk..."]: unknown key`,
	"FuzzReply/a-batch-without-losses":              `no field "loss"`,
	"FuzzReply/a-run-one-step-short":                "",
	"FuzzReply/cut-off-in-a-number":                 "ends within a line",
	"FuzzReply/hello-of-another-protocol":           "protocol is 99",
	"FuzzReply/more-numbers-than-asked":             "",
	"FuzzReply/no-line-at-all":                      "the output ended where a reply was due",
	"FuzzServe/an-id-that-is-text":                  `id: "1"`,
	"FuzzServe/another-type":                        "type dance",
	"FuzzServe/empty-lines":                         "the data ends",
	"FuzzServe/no-newline-at-the-end":               "",
	"FuzzData/a-label-of-no-class":                  `"2" is no label`,
	"FuzzData/empty":                                "the file is empty",
	"FuzzData/fewer-rows-than-announced":            "ends after 1 rows, line 1 announces 3",
	"FuzzData/gzip-that-is-cut-off":                 "unexpected EOF",
	"FuzzData/more-rows-than-the-cap":               `"1000000000" is no count`,
	"FuzzData/nan-and-inf":                          `"NaN" is not finite`,
	"FuzzData/one-class-only":                       "",
	"FuzzTrace/empty":                               "it is empty",
	"FuzzTrace/header-without-steps":                "",
	"FuzzTrace/samples-that-take-all-memory":        "",
	"FuzzTrace/zip-without-entries":                 "array run is missing",
	"FuzzEngine/all-choices-the-last":               "",
	"FuzzEngine/bytes-that-end-in-a-chain":          "",
	"FuzzEngine/long-chain-of-24":                   "",
	"FuzzEngine/no-case":                            "no case that fits",
	"FuzzEngine/rule-batch":                         "",
	"FuzzEngine/rule-deterministic":                 "",
	"FuzzEngine/rule-long-chain":                    "",
	"FuzzEngine/rule-no-memory":                     "",
	"FuzzEngine/rule-one-part":                      "",
	"FuzzEngine/rule-operators":                     "",
	"FuzzEngine/rule-perturbations":                 "",
	"FuzzEngine/rule-run":                           "",
	"FuzzEngine/rule-sizes":                         "",
	"FuzzEngine/rule-step":                          "",
	"FuzzEngine/rule-sweep":                         "",
	"FuzzEngine/rule-ties":                          "",
	"FuzzEngine/rule-trace":                         "",
	"FuzzEngine/rule-widths":                        "",
}

// TestCorporaAreRefusedForTheirNames: each file of a decoder's corpus is accepted, or refused
// for the reason that its name says.
func TestCorporaAreRefusedForTheirNames(t *testing.T) {
	have := map[string]bool{}
	for _, d := range Decoders() {
		for _, name := range corpus(t, d.Name) {
			at := d.Name + "/" + name
			have[at] = true
			refusal, err := d.Body(input(t, "testdata/fuzz/"+at))
			want, listed := refusals[at]
			switch {
			case err != nil:
				t.Errorf("%s: %v", at, err)
			case !listed:
				t.Errorf("%s: refused by %v: list it with the reason", at, refusal)
			case want == "" && refusal != nil, want != "" && (refusal == nil || !strings.Contains(refusal.Error(), want)):
				t.Errorf("%s: refused by %v, want %q", at, refusal, want)
			}
		}
	}
	for at := range refusals {
		if !have[at] {
			t.Errorf("%s is listed and is not there", at)
		}
	}
}

// TestSeedsAreAccepted: each decoder accepts an input of its own seeds or corpus, or its
// fuzzer begins with refusals alone; of what a request, a report and data are, the seeds.
func TestSeedsAreAccepted(t *testing.T) {
	all := []string{"FuzzCertificate", "FuzzReport", "FuzzRequest", "FuzzData", "FuzzTrace"}
	for _, d := range Decoders() {
		inputs := seeds(t, d.Name)
		mine := len(inputs)
		for _, name := range corpus(t, d.Name) {
			inputs = append(inputs, input(t, filepath.Join("testdata/fuzz", d.Name, name)))
		}
		accepted := 0
		for k, data := range inputs {
			refusal, err := d.Body(data)
			if err != nil {
				t.Errorf("%s: %v", d.Name, err)
			}
			if refusal == nil {
				accepted++
			} else if k < mine && slices.Contains(all, d.Name) {
				t.Errorf("%s: seed %d is refused: %v", d.Name, k, refusal)
			}
		}
		t.Logf("%s: %d of %d inputs are accepted", d.Name, accepted, len(inputs))
		if accepted == 0 {
			t.Errorf("%s: none of %d inputs is accepted", d.Name, len(inputs))
		}
	}
}

// exported are the entries of the archive for libFuzzer.
var exported = regexp.MustCompile(`(?m)^//export (Fuzz\w+)$`)

// TestTargetsOfLibFuzzer: the archive for libFuzzer has the targets of this package, each
// runs the body of its own name, and a name of none is an error.
func TestTargetsOfLibFuzzer(t *testing.T) {
	text := string(read(t, "deploy/oss-fuzz/main.go"))
	var entries []string
	for _, m := range exported.FindAllStringSubmatch(text, -1) {
		entries = append(entries, m[1])
		if !strings.Contains(text, "func "+m[1]+"(d *C.uint8_t, n C.size_t) C.int { return run(\""+m[1]+"\", d, n) }") {
			t.Errorf("%s does not run the body of that name", m[1])
		}
	}
	want := declared(t)
	slices.Sort(want)
	slices.Sort(entries)
	if !slices.Equal(entries, want) {
		t.Errorf("libFuzzer has the targets %v, want %v", entries, want)
	}
	for _, name := range entries {
		body, err := Body(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := body([]byte("{}")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Body("FuzzNothing"); err == nil {
		t.Error("FuzzNothing is a target")
	}
}

var seedsTo = flag.String("seeds", "", "write the seeds of the decoders to folders of their names in this `folder`")

// TestWriteSeeds writes the seeds that are no files of a corpus, for fuzzers other than Go's:
// deploy/oss-fuzz/build.sh asks for them.
func TestWriteSeeds(t *testing.T) {
	if *seedsTo == "" {
		t.Skip("no -seeds")
	}
	for _, d := range Decoders() {
		dir := filepath.Join(*seedsTo, d.Name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for k, data := range seeds(t, d.Name) {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("seed-%d", k+1)), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
