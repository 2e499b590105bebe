package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheck: the manifest is a valid job; with one thing changed it is an error that says
// what, and nothing panics.
func TestCheck(t *testing.T) {
	const manifest = "../kubernetes.yaml"
	if err := check(manifest); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	from, to := strings.Index(text, "  podFailurePolicy:"), strings.Index(text, "  template:")
	for name, c := range map[string]struct{ text, want string }{
		"no policy":         {text[:from] + text[to:], "no podFailurePolicy"},
		"empty":             {"", "want batch/v1 Job"},
		"no spec":           {"apiVersion: batch/v1\nkind: Job\n", "want completionMode Indexed"},
		"unknown field":     {strings.Replace(text, "backoffLimit", "backofLimit", 1), "backofLimit"},
		"other completions": {strings.Replace(text, "completions: 8", "completions: 9", 1), "JOB_COMPLETIONS is 8"},
		"other container":   {strings.Replace(text, "containerName: verify", "containerName: other", 1), "container other"},
	} {
		path := filepath.Join(t.TempDir(), "job.yaml")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := check(path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}
