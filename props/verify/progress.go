package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// quiet is the least time between two lines off a terminal.
const quiet = 8 * time.Second

// progress draws a bar on a terminal and writes a line now and then elsewhere: what is
// being done, how far it is and, from the first unit on, about how long it will take.
func progress(w io.Writer) func(done, total int, doing string) {
	start := time.Now()
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		bar := progressbar.NewOptions(1, progressbar.OptionSetWriter(w), progressbar.OptionClearOnFinish(),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true))
		return func(done, total int, doing string) {
			bar.Describe(doing)
			bar.ChangeMax(total)
			_ = bar.Set(done) // drawing is best effort
		}
	}
	var last time.Time
	return func(done, total int, doing string) {
		now := time.Now()
		if !last.IsZero() && now.Sub(last) < quiet {
			return
		}
		last = now
		took := now.Sub(start)
		line := fmt.Sprintf("verify: %d of %d batches, %s, %v", done, total, doing, took.Round(time.Second))
		if done > 0 && done < total {
			line += fmt.Sprintf(", about %v left", (took * time.Duration(total-done) / time.Duration(done)).Round(time.Second))
		}
		fmt.Fprintln(w, line)
	}
}
