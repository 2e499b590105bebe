package pool

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

func TestMapIsInOrder(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	for _, n := range []int{-1, 0, 1, 2, 3, 100} {
		var want []int
		for k := range max(n, 0) {
			want = append(want, k*k)
		}
		if got := Map(n, func(k int) int { return k * k }); !slices.Equal(got, want) {
			t.Errorf("n = %d: %v, want %v", n, got, want)
		}
	}
}

// TestEachOnce: every index is visited once, whatever the number of workers.
func TestEachOnce(t *testing.T) {
	for _, workers := range []int{0, 1, 2, 7, 200} {
		var visits [100]atomic.Int32
		Each(len(visits), workers, func(k int) { visits[k].Add(1) })
		for k := range visits {
			if v := visits[k].Load(); v != 1 {
				t.Errorf("%d workers visit %d %d times", workers, k, v)
			}
		}
	}
}

// TestEachWorkers: two workers are at work at the same time, and no third one.
func TestEachWorkers(t *testing.T) {
	var busy, most atomic.Int32
	var both sync.WaitGroup
	both.Add(2)
	Each(2, 2, func(int) {
		most.Store(max(most.Load(), busy.Add(1)))
		both.Done()
		both.Wait() // never ends unless both are here
		busy.Add(-1)
	})
	Each(50, 2, func(int) {
		most.Store(max(most.Load(), busy.Add(1)))
		busy.Add(-1)
	})
	if most.Load() > 2 {
		t.Errorf("%d workers at a time, want 2", most.Load())
	}
}

func TestOneWorkerIsTheCaller(t *testing.T) {
	order := []int{} // unguarded: the race detector would see a goroutine
	Each(5, 1, func(k int) { order = append(order, k) })
	if !slices.Equal(order, []int{0, 1, 2, 3, 4}) {
		t.Errorf("order %v", order)
	}
}

// TestOneWorkerPanics: where one worker is enough it is the caller, who may recover from a panic of
// f: on a goroutine of its own it would end the program.
func TestOneWorkerPanics(t *testing.T) {
	for _, c := range [][2]int{{5, 1}, {1, 5}, {1, 1}, {5, 0}} {
		func() {
			defer func() {
				if r := recover(); r != "f" {
					t.Errorf("%d pieces, %d workers: recovered %v", c[0], c[1], r)
				}
			}()
			Each(c[0], c[1], func(int) { panic("f") })
		}()
	}
}
