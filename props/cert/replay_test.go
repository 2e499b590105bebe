package cert_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
)

const folder = "../../testdata/certificates"

// committed parses the certificates on record, by file name.
func committed(t testing.TB) map[string]*cert.Certificate {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no certificates in %s: %v", folder, err)
	}
	all := map[string]*cert.Certificate{}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := cert.Parse(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[strings.TrimSuffix(filepath.Base(name), ".json")] = c
	}
	return all
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestReplay: every certificate on record replays, is in canonical form, is
// called as its claim, form and reading say, and the oracle agrees.
func TestReplay(t *testing.T) {
	for name, c := range committed(t) {
		t.Run(name, func(t *testing.T) {
			data := read(t, name)
			r, err := cert.Check(data)
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != cert.Refuted || c.Text == "" {
				t.Errorf("verdict %q, text %q", r.Verdict, c.Text)
			}
			want := c.Claim
			if c.Form != "printed" {
				want += "-" + c.Form
			}
			if c.Reading != "" {
				want += "-" + c.Reading
			}
			if name != want {
				t.Errorf("file name, want %s", want)
			}
			again, err := r.Certificate.Marshal()
			if err != nil || !bytes.Equal(again, data) {
				t.Errorf("not in canonical form (%v), want\n%s", err, again)
			}
			judge(t, c)
		})
	}
}

// TestEveryRefutedClaim: each printed claim on record as refuted has its
// certificate, as have the steps that lead to (20) and (41), and no other has one.
func TestEveryRefutedClaim(t *testing.T) {
	verdicts, err := os.ReadFile("../../testdata/record")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for line := range strings.Lines(string(verdicts)) {
		var name, verdict string
		if _, err := fmt.Sscan(line, &name, &verdict); err != nil || strings.HasPrefix(line, "#") {
			continue
		}
		claim, rest, _ := strings.Cut(name, "/")
		form, reading, _ := strings.Cut(rest, "/")
		step := name == "eq20/derivation" || name == "eq41/derivation" || form == "conjecture"
		if form != "printed" && !step || verdict != "refuted" {
			continue
		}
		// What is seen in runs of section 7 and section 5.3 has no arithmetic of a few lines.
		if slices.Contains([]string{"fig5a", "fig7b", "fig8b", "sec53c"}, claim) {
			continue
		}
		if step {
			claim += "-" + form
		}
		if reading != "" {
			claim += "-" + reading
		}
		want[claim] = true
	}
	have := committed(t)
	for name := range want {
		if have[name] == nil {
			t.Errorf("%s is refuted and has no certificate", name)
		}
	}
	for name := range have {
		if !want[name] {
			t.Errorf("%s has a certificate and is not on record as refuted", name)
		}
	}
}
