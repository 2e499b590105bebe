package fuzz

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"math"
	"reflect"
	"testing"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/report"
)

// maxReason caps the text of a refusal in bytes: of a value, 80 characters are quoted.
const maxReason = 1000

// refusedBy fails t unless err says in readable length, after the prefix of its package,
// why data are refused.
func refusedBy(t *testing.T, prefix string, err error) {
	t.Helper()
	if text := err.Error(); len(text) > maxReason || !bytes.HasPrefix([]byte(text), []byte(prefix)) {
		t.Fatalf("a refusal of %d bytes, want it to begin with %q: %.200q", len(text), prefix, text)
	}
}

// FuzzSaved: any bytes are refused with a reason, or are a saved case whose replay says
// the same twice, and that does not violate what holds.
func FuzzSaved(f *testing.F) {
	var hold []claim.Claim
	for _, row := range targets {
		claims, err := aim(row, "")
		if err != nil {
			f.Fatal(err)
		}
		hold = append(hold, claims...)
	}
	f.Fuzz(func(t *testing.T, data []byte) { props.FuzzSaved(t, hold, data) })
}

// FuzzReport: any bytes are refused with a reason, or are the report that verify writes.
func FuzzReport(f *testing.F) {
	f.Add(aReport(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := report.Read(bytes.NewReader(data))
		if err != nil {
			refusedBy(t, "report: ", err)
			return
		}
		again, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bytes.TrimSpace(data), bytes.TrimSpace(again)) {
			t.Fatalf("read, but verify writes\n%s", again)
		}
	})
}

// aReport is one without claims.
func aReport(tb testing.TB) []byte {
	r := &report.Report{Version: 1, Cases: 1000, Shard: "1/1", Build: report.ThisBuild(), Claims: []report.Row{}}
	r.Seal()
	b, err := r.Marshal()
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// FuzzRequest: any bytes are refused with a reason, or are a request that reads the same
// when it is written, and that the reference engine answers in its shapes.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"chain":[{"op":"affine","in":2,"out":1},{"op":"logistic"}],"x":[1,-1],"w":[[1,2,3],[]],` +
		`"delta":[[0.5],[0]],"eps":[[0,0],[0.25]],"gamma":0.125,"reg":{"kind":"l2","rho":0.5}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		req, err := conform.ParseRequest(bytes.NewReader(data))
		if err != nil {
			refusedBy(t, "conform: ", err)
			return
		}
		line, err := json.Marshal(req)
		if err != nil {
			t.Fatal(err)
		}
		again, err := conform.ParseRequest(bytes.NewReader(line))
		if err != nil {
			t.Fatalf("written, then refused: %v\n%s", err, line)
		}
		second, err := json.Marshal(again)
		if err != nil || !bytes.Equal(line, second) {
			t.Fatalf("written\n%s\nread and written (%v)\n%s", line, err, second)
		}
		reply, err := conform.NewReference().Step(req)
		if err != nil {
			t.Fatalf("the reference engine refuses what was read: %v\n%s", err, line)
		}
		if len(reply.U) != len(req.Chain) || len(reply.W) != len(req.Chain) {
			t.Fatalf("%d gradients and %d weights of %d operators", len(reply.U), len(reply.W), len(req.Chain))
		}
		after, err := json.Marshal(req)
		if err != nil || !bytes.Equal(line, after) {
			t.Fatalf("the engine changed the request\n%s\nto\n%s", line, after)
		}
		servedAs(t, line, reply)
	})
}

// FuzzData: any bytes are refused with a reason, or are a table of finite numbers and
// labels of its classes, read the same twice.
func FuzzData(f *testing.F) {
	f.Add([]byte("2,3,no,yes\n1,2,3,0\n-1,0.5,1e3,1\n"))
	f.Add(pixels(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, read := range []func(io.Reader) (*problem.Table, error){problem.ReadBreastCancer, problem.ReadDigits} {
			table, err := read(bytes.NewReader(data))
			again, second := read(bytes.NewReader(data))
			if !reflect.DeepEqual(table, again) || (err == nil) != (second == nil) {
				t.Fatalf("%v, %v at first, then %v, %v", table, err, again, second)
			}
			if err != nil {
				refusedBy(t, "problem: ", err)
				continue
			}
			if err := sound(table); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// sound is nil for a table as the readers promise it.
func sound(table *problem.Table) error {
	if len(table.X) == 0 || len(table.X) != len(table.Label) {
		return errors.New("a table without a label for each row, or without rows")
	}
	for k, row := range table.X {
		if len(row) != len(table.X[0]) || table.Label[k] < 0 || table.Label[k] >= len(table.Names) {
			return errors.New("a ragged row, or a label of no class")
		}
		for _, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return errors.New("a number that is not finite")
			}
		}
	}
	if len(table.Names) != 2 {
		return nil
	}
	r, err := problem.LogisticWith(table, problem.LogisticOptions{Reg: core.Regularizer{Kind: "l2", Rho: 1}})
	if err != nil {
		return err
	}
	if r.Len() != len(table.X) {
		return errors.New("a regression on other rows")
	}
	return nil
}

// pixels is one row of digits, as digits.csv.gz has them.
func pixels(tb testing.TB) []byte {
	file, err := cascade.Testdata.Open("testdata/data/digits.csv.gz")
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		tb.Fatal(err)
	}
	start, err := io.ReadAll(io.LimitReader(z, 1<<10))
	if err != nil {
		tb.Fatal(err)
	}
	line, _, _ := bytes.Cut(start, []byte("\n"))
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(append(line, '\n')); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}
