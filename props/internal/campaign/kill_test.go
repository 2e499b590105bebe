//go:build unix

package campaign

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
)

// asCampaign makes a process of the test binary a campaign in the folder that it names, over
// all claims where that is said.
const (
	asCampaign   = "CASCADE_TEST_CAMPAIGN"
	onAllClaims  = "CASCADE_TEST_ALL"
	unitsOfClaim = "CASCADE_TEST_UNITS"
)

func TestMain(m *testing.M) {
	if os.Getenv(asFuzzer) != "" && os.Getenv(props.FindsVariable) != "" {
		fuzzer()
		os.Exit(0)
	}
	if os.Getenv(onAllClaims) == "" {
		drawCases = 50
	}
	if dir := os.Getenv(asCampaign); dir != "" {
		n, err := strconv.Atoi(os.Getenv(unitsOfClaim))
		if err == nil {
			claims := killed(&testing.T{})
			if os.Getenv(onAllClaims) != "" {
				claims = props.Claims()
			}
			_, err = Run(Options{Claims: claims, Seed: 1, Dir: dir, Time: time.Hour, Units: n, Climb: 30})
		}
		if err != nil {
			panic(err)
		}
		os.Exit(0)
	}
	debug.SetGCPercent(400) // as verify has it: a search throws much away
	os.Exit(m.Run())
}

// killed are some of few, whose units are cheap.
func killed(t testing.TB) []claim.Claim {
	names := []string{"eq14b/printed", "spike/printed", "eq15/printed", "lemma2/printed/past", "eq6b/printed",
		"eq6b/repaired", "a1/printed"}
	return slices.DeleteFunc(few(t), func(c claim.Claim) bool { return !slices.Contains(names, c.Name()) })
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
	dir := t.TempDir()
	const all = 12 // 1000 cases of each kind, and a claim that judges itself
	rng := rand.New(rand.NewPCG(9, 9))
	again := killing(t, dir, all, 4, nil, func() {
		before, _ := unitsIn(t, dir)
		begun := time.Now()
		// Some units further, and then at any moment of the next one.
		for more := 1 + rng.IntN(3); ; time.Sleep(20 * time.Millisecond) {
			if now, _ := unitsIn(t, dir); len(now) >= min(len(before)+more, all-1) || time.Since(begun) > time.Minute {
				break
			}
		}
		time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond)
	})
	if again == 0 {
		t.Error("no unit was cut off")
	}
	through := t.TempDir()
	killing(t, through, all, 0, nil, nil)
	a, b := refutedIn(t, killed(t), dir), refutedIn(t, killed(t), through)
	if !slices.Equal(a, b) || !slices.Equal(a, sorted(fewRefuted)) {
		t.Errorf("refuted %v, without being killed %v, want %v", a, b, fewRefuted)
	}
}

// TestKilledInAMinute: so it is with all claims, in the units of a minute of a core or two,
// killed ten times at any moment.
func TestKilledInAMinute(t *testing.T) {
	if !*full {
		t.Skip("two minutes of a core: -full")
	}
	dir, through := t.TempDir(), t.TempDir()
	const all = 120 // 1000 cases of each kind, the claims that judge themselves, and what comes next
	rng := rand.New(rand.NewPCG(uint64(os.Getpid()), 9))
	begun := time.Now()
	killing(t, through, all, 0, []string{onAllClaims + "=1"}, nil)
	took := time.Since(begun)
	again := killing(t, dir, all, 10, []string{onAllClaims + "=1"}, func() {
		time.Sleep(time.Duration(rng.Float64() * float64(took) / 6))
	})
	a, b := refutedIn(t, props.Claims(), dir), refutedIn(t, props.Claims(), through)
	t.Logf("%d units take %v; killed ten times, %d units were cut off and done again; %d and %d claims refuted", all,
		took.Round(time.Second), again, len(a), len(b))
	if !slices.Equal(a, b) || len(a) < 40 {
		t.Errorf("refuted %v, without being killed %v", a, b)
	}
}

// killing runs a campaign of so many units in dir, kills it so often, each time when wait
// returns, and holds what the journal has. It returns how many units were cut off.
func killing(t *testing.T, dir string, all, kills int, env []string, wait func()) (again int) {
	t.Helper()
	var cut []string
	for killed := 0; ; killed++ {
		before, journal := unitsIn(t, dir)
		if len(before) >= all {
			break
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(append(os.Environ(), asCampaign+"="+dir, unitsOfClaim+"="+strconv.Itoa(all-len(before))), env...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if killed < kills {
			wait()
			_ = cmd.Process.Kill() // it may have ended
		}
		err := cmd.Wait()
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
		if killed >= kills && (err != nil || len(after) < all) {
			t.Fatalf("a campaign that was not killed ends after %d of %d units: %v", len(after), all, err)
		}
		if begun := begunLast(t, now); begun != "" && !seen[begun] {
			cut = append(cut, begun)
		}
	}
	end, _ := unitsIn(t, dir)
	for _, begun := range cut {
		if !slices.Contains(end, begun) {
			t.Errorf("%s was begun when the campaign was killed, and never done", begun)
		}
	}
	return len(cut)
}

// refutedIn are the claims that the campaign in dir has refuted, in alphabetical order.
func refutedIn(t *testing.T, claims []claim.Claim, dir string) []string {
	r, err := Run(Options{Claims: claims, Seed: 1, Dir: dir, Time: time.Nanosecond, Climb: 30})
	if err != nil {
		t.Fatal(err)
	}
	return sorted(refuted(r.Findings))
}

// begunLast is the unit that the last line of a journal begins, "" for none.
func begunLast(t *testing.T, journal []byte) string {
	entries, _, err := parse(journal)
	if err != nil || len(entries) == 0 {
		t.Fatal(err)
	}
	return entries[len(entries)-1].Begin
}
