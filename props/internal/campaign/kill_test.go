//go:build unix

package campaign

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props"
)

// asCampaign makes a process of the test binary a campaign in the folder that it names.
const asCampaign = "CASCADE_TEST_CAMPAIGN"

func TestMain(m *testing.M) {
	if os.Getenv(asFuzzer) != "" && os.Getenv(props.FindsVariable) != "" {
		fuzzer()
		os.Exit(0)
	}
	if dir := os.Getenv(asCampaign); dir != "" {
		n, err := strconv.Atoi(os.Getenv("CASCADE_TEST_UNITS"))
		if err == nil {
			_, err = Run(Options{Claims: few(&testing.T{}), Seed: 1, Dir: dir, Time: time.Hour, Units: n, Climb: 30})
		}
		if err != nil {
			panic(err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// unitsIn are the units that the journal of dir has, in order.
func unitsIn(t *testing.T, dir string) (names []string, whole []byte) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, journalName))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	entries, length, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Unit != nil {
			names = append(names, e.Unit.Name)
		}
	}
	return names, data[:length]
}

// TestKilled: killed with SIGKILL at random moments and begun again, a campaign keeps what it
// had, has nothing twice, runs the unit again that it was in, and ends with the refuted claims
// of one that went through.
func TestKilled(t *testing.T) {
	const all = 19 // the first units of each arm but the last ones
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(9, 9))
	again := 0
	for killed := 0; ; killed++ {
		before, journal := unitsIn(t, dir)
		if len(before) >= all {
			break
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), asCampaign+"="+dir, "CASCADE_TEST_UNITS="+strconv.Itoa(all-len(before)))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if killed < 6 {
			// Some units further, and then at any moment of the next one.
			for more := 1 + rng.IntN(3); ; time.Sleep(time.Millisecond) {
				if now, _ := unitsIn(t, dir); len(now) >= min(len(before)+more, all-1) {
					break
				}
			}
			time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond)
			_ = cmd.Process.Kill() // it may have ended
		}
		_ = cmd.Wait()
		after, now := unitsIn(t, dir)
		if !bytes.HasPrefix(now, journal) {
			t.Fatalf("killed %d times: what was there before is gone", killed)
		}
		seen := map[string]bool{}
		for _, name := range after {
			if seen[name] {
				t.Errorf("killed %d times: %s is there twice", killed, name)
			}
			seen[name] = true
		}
		if begun := begunLast(t, now); begun != "" && !seen[begun] {
			again++
			defer func() {
				if end, _ := unitsIn(t, dir); !slices.Contains(end, begun) {
					t.Errorf("%s was begun when the campaign was killed, and never done", begun)
				}
			}()
		}
	}
	if again == 0 {
		t.Error("no unit was cut off")
	}
	r := units(t, dir, 1)
	through := units(t, t.TempDir(), all+1)
	if a, b := sorted(refuted(r.Findings)), sorted(refuted(through.Findings)); !slices.Equal(a, b) ||
		!slices.Equal(a, sorted(fewRefuted)) {
		t.Errorf("refuted %v, without being killed %v, want %v", a, b, fewRefuted)
	}
}

// begunLast is the unit that the last line of a journal begins, "" for none.
func begunLast(t *testing.T, journal []byte) string {
	entries, _, err := parse(journal)
	if err != nil || len(entries) == 0 {
		t.Fatal(err)
	}
	return entries[len(entries)-1].Begin
}
