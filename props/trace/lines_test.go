package trace

import (
	"io"
	"strings"
	"testing"
)

// TestLongLine: a line without end is told by what a line may have.
func TestLongLine(t *testing.T) {
	endless := io.LimitReader(zeros{}, 2*MaxRunJSON)
	if err := new(Record).lines(endless); err == nil || err.Error() != "line 1: more than 67108864 bytes" {
		t.Errorf("error %v", err)
	}
	if err := new(Record).lines(strings.NewReader(" \n\n")); err == nil || !strings.Contains(err.Error(), "it is empty") {
		t.Errorf("blank lines: error %v", err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
