package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// fake is a binary that finds the claim's rung 3 after so many executions as its way has, and
// something of another claim; without its first input, or of a claim "bad", it fails.
const fake = `#!/bin/sh
[ -f testdata/fuzz/FuzzX/first ] || exit 3
case $CASCADE_CLAIMS in bad) echo it broke; exit 1;; torn) echo "{" >"$CASCADE_FINDS/a.jsonl"; exit 0;; esac
case $CASCADE_LADDER$CASCADE_DECODER in on) n=10;; off) n=20;; onrapid) n=30;; esac
echo '{"claim":"other","rung":9,"executions":1}' >"$CASCADE_FINDS/a.jsonl"
echo '{"claim":"'"$CASCADE_CLAIMS"'","rung":3,"executions":'$n'}' >>"$CASCADE_FINDS/a.jsonl"
`

// TestAll: what is written of runs whose finds are known, and each failure of a run.
func TestAll(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a shell script")
	}
	binary := filepath.Join(t.TempDir(), "fuzz.test")
	if err := os.WriteFile(binary, []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	old := goals
	defer func() { goals = old }()
	on := func(claims ...string) {
		goals = nil
		for _, c := range claims {
			goals = append(goals, struct{ target, claim string }{"FuzzX", c})
		}
	}
	on("a/printed", "b/printed")
	var b strings.Builder
	if err := all(&b, binary, 3, 25); err != nil {
		t.Fatal(err)
	}
	want := "Executions until a claim reaches a rung, of 25: median (least..most) of 3 runs.\n\n" +
		"| claim | rung | flat bytes, rungs | flat bytes, no rungs | rapid, rungs |\n|---|---|---|---|---|\n" +
		"| a/printed | 3 | 10 (10..10) | 20 (20..20) | > 25 (> 25..> 25) |\n" +
		"| b/printed | 3 | 10 (10..10) | 20 (20..20) | > 25 (> 25..> 25) |\n\n" +
		"Of 6 pairs of runs flat bytes, rungs need fewer executions than flat bytes, no rungs in 6, more in 0: " +
		"sign test, two-sided p = 0.031.\n" +
		"Of 6 pairs of runs flat bytes, rungs need fewer executions than rapid, rungs in 6, more in 0: " +
		"sign test, two-sided p = 0.031.\n"
	if b.String() != want {
		t.Errorf("%s, want\n%s", &b, want)
	}
	for claim, says := range map[string]string{
		"bad":  "FuzzX: exit status 1: it broke",
		"torn": "a.jsonl: unexpected end",
	} {
		on(claim)
		if err := all(&b, binary, 1, 1); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want %q", claim, err, says)
		}
	}
	for _, wrong := range []struct {
		binary        string
		repeats, most int
	}{{"", 1, 1}, {binary, 0, 1}, {binary, 1, 0}} {
		err := all(&b, wrong.binary, wrong.repeats, wrong.most)
		if err == nil || !strings.HasPrefix(err.Error(), "want -binary") {
			t.Errorf("%+v: error %v", wrong, err)
		}
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestGoal: the rung that two thirds of nine runs reach.
func TestGoal(t *testing.T) {
	runs := func(tops ...int) (found [3][][]find) {
		for k, top := range tops {
			found[k%3] = append(found[k%3], []find{{Rung: top - 1}, {Rung: top}, {Rung: 0}})
		}
		return found
	}
	for _, c := range []struct {
		tops []int
		want int
	}{
		{[]int{5, 5, 5, 5, 5, 5, 1, 1, 1}, 5}, {[]int{5, 5, 5, 5, 5, 1, 1, 1, 1}, 1}, {[]int{9, 8, 7, 6, 5, 4, 3, 2, 1}, 4},
		{[]int{2, 7, 3}, 3},
	} {
		if got := goal(runs(c.tops...)); got != c.want {
			t.Errorf("two thirds of %v reach %d, want %d", c.tops, got, c.want)
		}
	}
}

// TestReached: the first execution with the rung or a higher one.
func TestReached(t *testing.T) {
	finds := []find{{Rung: 2, Executions: 9}, {Rung: 4, Executions: 7}, {Rung: 3, Executions: 8}, {Rung: 1, Executions: 1}}
	for rung, want := range map[int]int{0: 1, 1: 1, 2: 7, 3: 7, 4: 7, 5: 101} {
		if got := reached(finds, rung, 100); got != want {
			t.Errorf("rung %d after %d, want %d", rung, got, want)
		}
	}
}

// TestVerdict: pairs that are told apart, and the sign test by hand: 2 (1+6)/2^6, and at most 1.
func TestVerdict(t *testing.T) {
	less, more := compare([][]int{{1, 2}, {3, 4}}, [][]int{{2, 2}, {2, 5}})
	if less != 2 || more != 1 {
		t.Errorf("%d fewer, %d more, want 2 and 1", less, more)
	}
	for _, c := range []struct {
		less, more int
		p          string
	}{{5, 1, "0.22"}, {1, 5, "0.22"}, {7, 1, "0.07"}, {2, 2, "1"}, {0, 0, "1"}, {30, 0, "1.9e-09"}} {
		if got := verdict(c.less, c.more); got != "sign test, two-sided p = "+c.p {
			t.Errorf("%d and %d: %s, want p = %s", c.less, c.more, got, c.p)
		}
	}
	if got := middle([]int{7, 3, 11, 5}, 10); got != "7 (3..> 10)" {
		t.Error(got)
	}
}
