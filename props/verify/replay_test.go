package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReplayCertificates: every committed certificate replays.
func TestReplayCertificates(t *testing.T) {
	files, err := filepath.Glob("../../testdata/certificates/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d certificates, %v", len(files), err)
	}
	for _, f := range files {
		code, stdout, stderr := verify("replay", f)
		if code != exitOK || stderr != "" || !strings.Contains(stdout, "\nrefuted ") {
			t.Errorf("%s: exit %d\n%s%s", f, code, stdout, stderr)
		}
		id, _, _ := strings.Cut(filepath.Base(f), "-")
		if at := strings.Contains(stdout, "\nzeta      all are drawn at once: "); at != (id == "sa6" || id == "sa7") {
			t.Errorf("%s: zeta is said to be drawn at once: %v\n%s", f, at, stdout)
		}
	}
}

// TestReplayExits: what is malformed, or no certificate by the format, is 2; a certificate
// that says what is not so is 1. Both say where.
func TestReplayExits(t *testing.T) {
	certificate := string(must(os.ReadFile("../../testdata/certificates/eq14b.json")))
	change := func(old, new string) string {
		if !strings.Contains(certificate, old) {
			t.Fatalf("no %q in the certificate", old)
		}
		return strings.Replace(certificate, old, new, 1)
	}
	ops := func(n int) string {
		return strings.Repeat(`{"op":"bias","n":1},`, n) + `{"op":"halfsq","n":1}`
	}
	list := func(n int, each, last string) string { return "[" + strings.Repeat(each+",", n) + last + "]" }
	long := func(n int) string {
		laws := list(n, `{"law":"zero"}`, `{"law":"zero"}`)
		return `{"version":1,"claim":"thm1","form":"printed","ratio":0,"case":{"chain":[` + ops(n) + `],"x":[1],"w":` +
			list(n, "[0]", "[]") + `,"delta":` + laws + `,"eps":` + laws + `}}`
	}
	for name, c := range map[string]struct {
		data string
		code int
		want string // in the message
	}{
		"empty":            {"", exitUsage, "line 1, column 1: "},
		"cut off":          {certificate[:len(certificate)-4], exitUsage, "line "},
		"comma":            {change(`"claim"`, `,"claim"`), exitUsage, "line 3, column 3: "},
		"behind":           {certificate + "}", exitUsage, "line "},
		"a number":         {"7", exitUsage, "line 1, column 1: "},
		"null":             {"null", exitUsage, "line 1, column 1: "},
		"an object":        {"{}", exitUsage, `it has neither "claim"`},
		"keys twice":       {string(dup), exitUsage, `line 1, column `},
		"keys in capitals": {change(`"claim"`, `"CLAIM"`), exitUsage, `nor "case", as a saved case`},
		"a report":         {`{"version":1,"seed":1,"claims":[]}`, exitUsage, "that of a gate is for verify gate -replay"},
		"no such claim":    {change(`"claim": "eq14b"`, `"claim": "x"`), exitUsage, "claim: unknown claim"},
		"unknown key":      {change(`"claim"`, `"colour": 1, "claim"`), exitUsage, "colour"},
		"a left side":      {change(`"lhs": "`, `"lhs": "1`), exitDiffers, "refused: cert: lhs: stated as"},
		"a long number":    {change(`"lhs": "`, `"lhs": "1`+strings.Repeat("0", 10_000_000)), exitUsage, ""},
		"a deep file":      {strings.Repeat("[", 1_000_000), exitUsage, "line 1, column "},
		"a long chain":     {long(3000), exitUsage, "chain has 3001 operators, want at most 64"},
		"too many bytes":   {strings.Repeat(" ", 1<<24+1), exitUsage, "more than 16777216 bytes"},
		"no linear network": {`{"version":1,"claim":"eq6b","form":"printed","ratio":0,"case":{"chain":[{"op":"bias","n":1},{"op":"halfsq","n":1}],` +
			`"x":[1],"w":[[0],[]],"delta":[{"law":"zero"},{"law":"zero"}],"eps":[{"law":"zero"},{"law":"zero"}]}}`,
			exitDiffers, "refused: operator 1 is \"bias\", eq6b is about linear networks"},
		"a case that says nothing": {long(1), exitDiffers, ""},
		"a lie about the ratio":    {strings.Replace(long(1), `"ratio":0`, `"ratio":77`, 1), exitDiffers, ""},
	} {
		path := file(t, "file.json", c.data)
		code, stdout, stderr := verify("replay", path)
		if code != c.code || !strings.Contains(stderr, c.want) || code == exitUsage &&
			(stdout != "" || !strings.Contains(stderr, path+": ")) {
			t.Errorf("%s: exit %d, want %d\n%.999s%.999s", name, code, c.code, stdout, stderr)
		}
		if len(stderr) > 999 {
			t.Errorf("%s: a message of %d characters", name, len(stderr))
		}
	}
}

// dup has keys twice at every depth, some in capitals.
var dup = json.RawMessage(`{"version":1,"CLAIM":"thm2","claim":"eq6b","Form":"repaired","form":"printed","ratio":0,"ratio":"inf","case":{
 "chain":[{"op":"linear","in":1,"out":1},{"op":"linear","in":1,"out":1}],
 "x":[3],"w":[[2],[5]],"w":[[7]],"w":[[2],[5]],
 "delta":[{"law":"zero"},{"law":"zero"}],
 "eps":[{"law":"zero"},{"law":"constant","d":[1]}]},"case":{"x":[4]}}`)

// TestReplayFull: a replay that cannot be written is an error of the command.
func TestReplayFull(t *testing.T) {
	for _, data := range []string{
		string(must(os.ReadFile("../../testdata/certificates/eq14b.json"))),
		`{"version":1,"claim":"thm1","form":"printed","ratio":0,"case":{"chain":[{"op":"bias","n":1},{"op":"halfsq","n":1}],"x":[1],"w":[[0],[]],` +
			`"delta":[{"law":"zero"},{"law":"zero"}],"eps":[{"law":"zero"},{"law":"constant","d":[1]}]}}`,
	} {
		path := file(t, "file.json", data)
		if code, stdout, stderr := verify("replay", path); stdout == "" || code == exitUsage {
			t.Fatalf("exit %d: %s", code, stderr)
		}
		for _, room := range []int{0, 100} {
			var stderr strings.Builder
			if code := run(t.Context(), []string{"replay", path}, &full{room}, &stderr); code != exitUsage ||
				!strings.Contains(stderr.String(), "no space left") {
				t.Errorf("room for %d bytes: exit %d, %s", room, code, &stderr)
			}
		}
	}
}

// TestReplayPrompt: reading what is hostile takes no time to speak of.
func TestReplayPrompt(t *testing.T) {
	start := time.Now()
	path := file(t, "wide.json", `{"claim":"`+strings.Repeat("x", 1<<23)+`","version":1}`)
	code, _, stderr := verify("replay", path)
	if took := time.Since(start); code != exitUsage || len(stderr) > 999 || took > time.Minute {
		t.Errorf("exit %d after %v, a message of %d characters", code, took, len(stderr))
	}
}
