//go:build unix

package campaign

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// asFuzzer makes a process of the test binary one of native fuzzing.
const asFuzzer = "CASCADE_TEST_FUZZER"

// fuzzer tries random inputs and says how many.
func fuzzer() {
	names := strings.Split(os.Getenv("CASCADE_CLAIMS"), ",")
	claims := slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool { return !slices.Contains(names, c.Name()) })
	finds := props.NewFinds(claims, os.Getenv(props.FindsVariable))
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		data := make([]byte, 64)
		for k := range data {
			data[k] = byte(rng.IntN(256))
		}
		finds.Fuzz(&skips{}, data)
	}
	fmt.Println("fuzz: elapsed: 1s, execs: 300 (300/sec), new interesting: 1 (total: 1)")
}

// skips is a props.Failer that goes on.
type skips struct{}

func (*skips) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (*skips) Skipf(string, ...any)              {}

// TestNative: what native fuzzing finds is found, with the number of its executions, and a
// binary that fails is told.
func TestNative(t *testing.T) {
	t.Setenv(asFuzzer, "1")
	claims := slices.DeleteFunc(few(t), func(c claim.Claim) bool { return c.ID != "spike" && c.Name() != "eq14b/printed" })
	dir := t.TempDir()
	begin := func(binary string) (*Result, *run) {
		r := &run{opt: Options{Claims: claims, Dir: dir, Say: func(Status) {}, Units: 4}, state: search.NewFindings(claims),
			index: map[string]int{}, result: &Result{}, spent: map[string]*Spent{}, next: map[string]int{},
			folders: map[string]bool{}, ended: make(chan struct{})}
		for k := range claims {
			r.index[claims[k].Name()] = k
		}
		j, _, err := openJournal(t.TempDir(), identity{})
		if err != nil {
			t.Fatal(err)
		}
		defer j.close()
		r.journal = j
		n := &Native{Binary: binary, Work: dir, dir: dir, Slice: time.Second}
		for _, target := range props.Targets() {
			if target.Owns(&claims[0]) || target.Owns(&claims[1]) {
				n.Targets = append(n.Targets, target)
			}
		}
		if err := r.arm(justBuilt(n)); err != nil {
			t.Fatal(err)
		}
		if err := r.work(); err != nil {
			t.Fatal(err)
		}
		return r.result, r
	}
	result, r := begin(os.Args[0])
	if got := refuted(r.state); len(got) != 2 || result.Executions < 600 || len(result.Notes) > 0 {
		t.Errorf("refuted %v in %d executions, %q", got, result.Executions, result.Notes)
	}
	if result, _ := begin("/bin/false"); len(result.Notes) == 0 || !strings.Contains(result.Notes[0], "failed") {
		t.Errorf("a binary that fails: %q", result.Notes)
	}
}
