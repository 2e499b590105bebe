package notation

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/statements.txt anew")

// TestStatementsOnRecord: each line of testdata/statements.txt that begins in the first column is a
// statement, of the list or made up for an edge; below it stand the shape of its HTML, and its text.
func TestStatementsOnRecord(t *testing.T) {
	path := filepath.Join("testdata", "statements.txt")
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	n := 0
	for lines := bufio.NewScanner(bytes.NewReader(want)); lines.Scan(); {
		if s := lines.Text(); s != "" && s[0] != '\t' {
			fmt.Fprintf(&got, "%s\n\t%s\n\t%s\n", s, shape(t, HTML(s)), Plain(s))
			n++
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(string(want), got.String()); d != "" || n < 50 {
		t.Errorf("%d statements (-on record +got); go test ./props/internal/notation -run Statements -update writes "+
			"them:\n%s", n, d)
	}
}
