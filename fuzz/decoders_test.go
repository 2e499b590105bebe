package fuzz

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/props/conform/wire"
	"github.com/cascade-sgd/cascade/props/report"
)

// Most certificates are too long to minimise: give -fuzzminimizetime 0x, or a campaign does
// little else.
func FuzzCertificate(f *testing.F) { fuzzDecoder(f, "FuzzCertificate") }
func FuzzSaved(f *testing.F)       { fuzzDecoder(f, "FuzzSaved") }
func FuzzReport(f *testing.F)      { fuzzDecoder(f, "FuzzReport") }
func FuzzRequest(f *testing.F)     { fuzzDecoder(f, "FuzzRequest") }
func FuzzReply(f *testing.F)       { fuzzDecoder(f, "FuzzReply") }
func FuzzServe(f *testing.F)       { fuzzDecoder(f, "FuzzServe") }
func FuzzData(f *testing.F)        { fuzzDecoder(f, "FuzzData") }
func FuzzTrace(f *testing.F)       { fuzzDecoder(f, "FuzzTrace") }
func FuzzEngine(f *testing.F)      { fuzzDecoder(f, "FuzzEngine") }

func fuzzDecoder(f *testing.F, name string) {
	for _, seed := range seeds(f, name) {
		f.Add(seed)
	}
	body := decoder(name).Body
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := body(data); err != nil {
			t.Fatal(err)
		}
	})
}

func decoder(name string) Decoder {
	rows := Decoders()
	return rows[slices.IndexFunc(rows, func(d Decoder) bool { return d.Name == name })]
}

// seeds are inputs of a decoder besides its corpus.
func seeds(tb testing.TB, name string) [][]byte {
	tb.Helper()
	switch name {
	case "FuzzCertificate":
		return certificates(tb)
	case "FuzzReport":
		b, err := report.FuzzSeed()
		if err != nil {
			tb.Fatal(err)
		}
		return [][]byte{b}
	case "FuzzRequest":
		return [][]byte{[]byte(aRequest)}
	case "FuzzReply":
		return replies()
	case "FuzzServe":
		return requestsOnPage(tb)
	case "FuzzData":
		return [][]byte{[]byte("2,3,no,yes\n1,2,3,0\n-1,0.5,1e3,1\n"), pixels(tb)}
	case "FuzzTrace":
		return [][]byte{[]byte(aTrace), read(tb, "../props/trace/testdata/numpy.npz")}
	}
	return nil
}

func read(tb testing.TB, path string) []byte {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

const aRequest = `{"chain":[{"op":"affine","in":2,"out":1},{"op":"logistic"}],"x":[1,-1],"w":[[1,2,3],[]],` +
	`"delta":[[0.5],[0]],"eps":[[],[0.25]],"gamma":0.125,"reg":{"kind":"l2","rho":0.5}}`

// aTrace is a record as lines: one step of two operators.
const aTrace = `{"version":1,"engine":"hand","chain":[{"op":"affine","in":2,"out":2},{"op":"softmaxce","n":2}],` +
	`"precision":"float64","samples":1,"reg":{"kind":"none"}}
{"step":0,"gamma":0.1,"x":[[1,-2]],"label":[1],"w":[[0.5,0,0,0.25,0,1],[]],` +
	`"Y":[[[0.5,0.5]],[[0.6931471805599453]]],"V":[[[0.5,-0.5]]]}
`

func certificates(tb testing.TB) (files [][]byte) {
	tb.Helper()
	names, err := fs.Glob(cascade.Testdata, "testdata/certificates/*.json")
	if err != nil || len(names) == 0 {
		tb.Fatalf("no certificates: %v", err)
	}
	for _, name := range names {
		b, err := cascade.Testdata.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		files = append(files, b)
	}
	return files
}

// replies are inputs of FuzzReply: a kind of request and what the engine says to it.
func replies() (data [][]byte) {
	for k, reply := range []string{
		`{"id":2,"loss":0.5,"u":[[1,2],[]],"w":[[1,"NaN"],[]]}`,
		`{"id":2,"loss":0.5,"u":[[1,2],[]],"w":[[1,2],[]],"Y":[[1],[0.5]],"V":[[1]]}`,
		`{"id":2,"loss":0.5,"u":[[1,2],[]],"w":[[1,2],[]]}`,
		`{"id":2,"losses":[1,2],"ws":[[[1,2],[]],[[1,2],[]]]}`,
		`{"id":2.0,"loss":"-Infinity","u":[[1e400]],"w":[[null]],"extra":{"a":[1,{}]}}`,
		`{"id":2,"unsupported":"why"}`,
		`{"id":2,"loss":NaN,"u":[],"w":[]}`,
		`{"id":2,"loss":0,"loss":1,"U":[]}`,
		`{"id":9007199254740993,"error":"\ud800"}`,
		`{"id":2,"loss":` + strings.Repeat("[", 100),
	} {
		data = append(data, append([]byte{byte(k % 4)}, reply+"\n"...))
	}
	return append(data, []byte("\x04"+wire.FuzzHello+"\ngreetings\n{}"))
}

// requestsOnPage are the requests that the protocol has as examples.
func requestsOnPage(tb testing.TB) (data [][]byte) {
	tb.Helper()
	for line := range strings.Lines(string(read(tb, "../props/conform/PROTOCOL.md"))) {
		if request, ok := strings.CutPrefix(line, "-> "); ok {
			data = append(data, []byte(request))
		}
	}
	return data
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
