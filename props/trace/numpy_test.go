package trace

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// rawFile is an .npz file of these files.
func rawFile(t *testing.T, files [][2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f[0], Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, f[1])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rawArray is the text of an .npy file with a header of n bytes, 0 for as many as it needs.
func rawArray(descr, fortran, shape, data string, n int) string {
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", descr, fortran, shape)
	n = max(n, len(head)+1)
	head += strings.Repeat(" ", n-len(head)-1) + "\n"
	return "\x93NUMPY\x01\x00" + string([]byte{byte(n), byte(n >> 8)}) + head + data
}

// rawRecord is testdata/numpy.npz as files that may be changed.
func rawRecord(t *testing.T) (files [][2]string) {
	t.Helper()
	for _, e := range unpack(t) {
		files = append(files, [2]string{e.name + ".npy", rawArray(e.descr, "False", e.shape, e.data, 0)})
	}
	return files
}

// readsAll reads all steps of a record.
func readsAll(data []byte) error {
	j, err := judgeBytes(data)
	if err == nil && j.Steps != 3 {
		err = fmt.Errorf("%d steps", j.Steps)
	}
	return err
}

// TestTornAnywhere: an array that ends early is torn, wherever it ends.
func TestTornAnywhere(t *testing.T) {
	files := rawRecord(t)
	if err := readsAll(rawFile(t, files)); err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, len(files) / 2, len(files) - 1} {
		name, whole := files[at][0], files[at][1]
		for n := range len(whole) {
			files[at][1] = whole[:n]
			err := readsAll(rawFile(t, files))
			if err == nil || !strings.Contains(err.Error(), "array "+strings.TrimSuffix(name, ".npy")) ||
				!strings.Contains(err.Error(), "torn: the file ends within it") {
				t.Fatalf("%s ends after %d of %d bytes: %v", name, n, len(whole), err)
			}
		}
		files[at][1] = whole
	}
}

// TestArrayHeaders: what a header may say at most, and the first thing beyond it.
func TestArrayHeaders(t *testing.T) {
	one := strings.Repeat("\x00", 8)
	for _, c := range []struct {
		name, array, raw, want string // "" for what is read
	}{
		{"the longest header", "gamma", rawArray("<f8", "False", "3,", one+one+one, maxHeader), ""},
		{"one more byte", "gamma", rawArray("<f8", "False", "3,", one+one+one, maxHeader+1),
			"a header of 4097 bytes, want at most 4096"},
		{"another beginning", "gamma", "\x93NUMPX" + rawArray("<f8", "False", "3,", one+one+one, 0)[6:],
			"does not begin with"},
		{"Fortran order of one axis", "gamma", rawArray("<f8", "True", "3,", one+one+one, 0), ""},
		{"Fortran order of two axes", "U_1", rawArray("<f8", "True", "3, 2", one+one+one+one+one+one, 0), "Fortran order"},
		{"Fortran order of three axes", "Y_1", rawArray("<f8", "True", "3, 2, 1", one+one+one+one+one+one, 0),
			"Fortran order"},
		{"another type", "gamma", rawArray("<c8", "False", "3,", one+one+one, 0), `numbers of type "<c8"`},
		{"a long type", "gamma", rawArray("<f16", "False", "3,", one+one+one, 0), `numbers of type "<f16"`},
		{"native bytes", "gamma", rawArray("=f8", "False", "3,", one+one+one, 0), `numbers of type "=f8"`},
		{"single bytes", "gamma", rawArray("|u1", "False", "3,", "\x01\x02\x03", 0), ""},
		{"no shape", "gamma", rawArray("<f8", "False", "", one, 0), "has the shape [], want [3]"},
		{"a step too many", "gamma", rawArray("<f8", "False", "4,", one+one+one+one, 0), "has the shape [4], want [3]"},
		{"more words", "gamma", rawArray("<f8", "False", "3,", one+one+one, 0)[:10] + "x", "torn"},
	} {
		files := rawRecord(t)
		for k := range files {
			if files[k][0] == c.array+".npy" {
				files[k][1] = c.raw
			}
		}
		err := readsAll(rawFile(t, files))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), "array "+c.array) ||
			!strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestFits: the shape of each kind of array, and no other; one number a sample may have no axis of its own.
func TestFits(t *testing.T) {
	for _, c := range []struct {
		want  arrayWant
		text  string
		takes [][]int
	}{
		{arrayWant{scalar: true}, "[5]", [][]int{{5}}},
		{arrayWant{row: 7}, "[5 7]", [][]int{{5, 7}}},
		{arrayWant{row: 1}, "[5 1]", [][]int{{5, 1}}},
		{arrayWant{samples: true, row: 7}, "[5 2 7]", [][]int{{5, 2, 7}}},
		{arrayWant{samples: true, row: 1}, "[5 2 1]", [][]int{{5, 2, 1}, {5, 2}}},
	} {
		if got := c.want.text(5, 2); got != c.text {
			t.Errorf("%+v: %s", c.want, got)
		}
		if c.want.fits(nil, 5, 2) {
			t.Errorf("%+v: a missing array fits", c.want)
		}
		var shapes [][]int
		for _, k := range []int{4, 5} {
			shapes = append(shapes, []int{k})
			for _, b := range []int{1, 2, 7} {
				shapes = append(shapes, []int{k, b}, []int{k, b, 1}, []int{k, b, 7})
			}
		}
		for _, shape := range shapes {
			takes := false
			for _, s := range c.takes {
				takes = takes || fmt.Sprint(s) == fmt.Sprint(shape)
			}
			if got := c.want.fits(&array{shape: shape}, 5, 2); got != takes {
				t.Errorf("%+v: %v fits: %v", c.want, shape, got)
			}
		}
	}
	for text, want := range map[string]string{"": "[]", "3,": "[3]", "1, 2": "[1 2]", " 4,5 , 6": "[4 5 6]", "1,2,3,4": "",
		"99999999999999999999": ""} {
		var a array
		err := a.readShape(text)
		if got := fmt.Sprint(a.shape); (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

// TestRunArray: the bytes of run.json are unsigned ones in a row, once, and not beside run.json.
func TestRunArray(t *testing.T) {
	for name, change := range map[string]func(files *[][2]string, at int){
		"signed":  func(f *[][2]string, at int) { (*f)[at][1] = strings.Replace((*f)[at][1], "|u1", "|i1", 1) },
		"wide":    func(f *[][2]string, at int) { (*f)[at][1] = rawArray("<u2", "False", "3,", "123456", 0) },
		"matrix":  func(f *[][2]string, at int) { (*f)[at][1] = rawArray("|u1", "False", "1, 2", "{}", 0) },
		"no axis": func(f *[][2]string, at int) { (*f)[at][1] = rawArray("|u1", "False", "", "{}", 0) },
		"large":   func(f *[][2]string, at int) { (*f)[at][1] = rawArray("|u1", "False", "67108865,", "{}", 0) },
		"torn":    func(f *[][2]string, at int) { (*f)[at][1] = rawArray("|u1", "False", "67108864,", "{}", 0) },
		"longer":  func(f *[][2]string, at int) { (*f)[at][1] += "x" },
		"twice":   func(f *[][2]string, at int) { *f = append(*f, (*f)[at]) },
		"empty":   func(f *[][2]string, at int) { (*f)[at][1] = rawArray("|u1", "False", "0,", "", 0) },
	} {
		files := rawRecord(t)
		for at := range files {
			if files[at][0] == "run.npy" {
				change(&files, at)
				break
			}
		}
		want := map[string]string{"torn": "array run: torn", "longer": "array run: more bytes than its shape",
			"twice": "array run is there twice", "empty": "array run: "}[name]
		if want == "" {
			want = "want at most 67108864 bytes (uint8)"
		}
		if err := readsAll(rawFile(t, files)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	s, _ := uneven(t, float64s, nil)
	data := rawFile(t, rawRecord(t))
	if _, err := readChunk(bytes.NewReader(data), int64(len(data)), s); err == nil ||
		!strings.Contains(err.Error(), "array run stands in a chunk beside run.json") {
		t.Errorf("beside run.json: %v", err)
	}
	for size, want := range map[int64]string{maxChunk: "torn",
		maxChunk + 1: "1099511627777 bytes, want at most 1099511627776"} {
		if _, err := readChunk(bytes.NewReader(data), size, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	for n, want := range map[int]string{maxArrays: "ends in .npy", maxArrays + 1: "8193 arrays, want at most 8192"} {
		if err := readsAll(rawFile(t, make([][2]string, n))); err == nil || !strings.Contains(err.Error(), want) &&
			!(n == maxArrays && strings.Contains(err.Error(), "array run is missing")) {
			t.Errorf("%d arrays: %v", n, err)
		}
	}
}

// TestChunkParts: arrays of some weights alone, of no step and of none or too many samples.
func TestChunkParts(t *testing.T) {
	s, st := uneven(t, float64s, nil)
	st.U, st.After = st.W, st.W
	dir := written(t, s, st, 1, 2)
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	open, err := openChunkAt(chunkName(dir, 0), r.shape)
	if err != nil {
		t.Fatal(err)
	}
	defer open.close()
	ch := open.chunk
	wanted := s.arrayNames()
	if err := ch.check(wanted); err != nil {
		t.Fatal(err)
	}
	x := ch.arrays["x"]
	for _, c := range []struct {
		shape []int
		want  string
	}{
		{[]int{2, 2, 2}, ""}, {[]int{2, 2}, "array x: has the shape [2 2], want [steps, samples, 2]"},
		{[]int{0, 2, 2}, "array x has no step"}, {[]int{2, 0, 2}, "array x has 0 samples a step, want 1 to 65536"},
		{[]int{2, MaxSamples + 1, 2}, "array x has 65537 samples a step"}, {[]int{2, 2, 3}, "array x: has the shape [2 2 3]"},
		{[]int{1, 2, 2}, "want [1"}, {[]int{2, MaxSamples, 2}, "want [2 65536 3]"},
	} {
		x.shape = c.shape
		if err := ch.check(wanted); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.shape, err, c.want)
		}
	}
	x.shape = []int{2, 2, 2}
	for name, want := range map[string]string{"U_1": "array U_1 is missing, and U_3 is there",
		"U_3": "array U_3 is missing, and U_1 is there", "after_1": "array after_1 is missing, and after_3 is there",
		"w_3": "array w_3: missing, want [2 16]",
		"V_2": "array V_2: missing", "V_4": "", "loss": "", "scale": "", "samples": "", "label": "array label: missing"} {
		was := ch.arrays[name]
		delete(ch.arrays, name)
		if err := ch.check(wanted); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("without %s: %v, want %q", name, err, want)
		}
		if was != nil {
			ch.arrays[name] = was
		}
	}
	if !ch.has("U") || !ch.has("after") || ch.has("scale") {
		t.Error("what is there is not seen")
	}
	if got := s.withWeights(); fmt.Sprint(got) != "[1 3]" {
		t.Errorf("operators with weights: %v", got)
	}
}

// TestSmallBuffers: rows longer than the buffer are read in pieces, number by number.
func TestSmallBuffers(t *testing.T) {
	const wide = 1 << 15 // 256 KiB of float64 a row
	s, st := uneven(t, float64s, nil, core.Spec{Op: "scale", N: wide}, core.Spec{Op: "halfsq", N: wide})
	st.U = st.W
	r, err := Open(written(t, s, st, 3, 8))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got Step
	for range 2 {
		if err := r.Next(&got); err != nil {
			t.Fatal(err)
		}
		got.T = st.T
		if p := s.parting(st, &got); p != nil {
			t.Fatalf("read as another step: %+v", p)
		}
		for k, u := range st.U {
			if got.U[k] != u {
				t.Fatalf("U[%d] is read as %v", k, got.U[k])
			}
		}
	}
	if _, err := r.Judge(context.Background()); err != nil {
		t.Error(err)
	}
	if math.IsNaN(got.Loss) {
		t.Error("no loss")
	}
}
