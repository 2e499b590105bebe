package pool

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Map runs f(0), ..., f(n-1) on up to GOMAXPROCS goroutines and returns the results in
// order. f is called once for each index, from several goroutines at a time. For
// n <= 0 there is nothing to do.
func Map[T any](n int, f func(k int) T) []T {
	out := make([]T, max(n, 0))
	Each(n, runtime.GOMAXPROCS(0), func(k int) { out[k] = f(k) })
	return out
}

// Each runs f(0), ..., f(n-1) on up to workers goroutines, the lowest indices first,
// and waits for them. One worker is the caller itself.
func Each(n, workers int, f func(k int)) {
	if workers = min(workers, n); workers <= 1 {
		for k := range n {
			f(k)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for k := int(next.Add(1)) - 1; k < n; k = int(next.Add(1)) - 1 {
				f(k)
			}
		})
	}
	wg.Wait()
}
