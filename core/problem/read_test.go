package problem

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

const dataDir = "../../testdata/data/"

func readFile(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(dataDir + name)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func cancer(tb testing.TB) *Table {
	tb.Helper()
	t, err := ReadBreastCancer(bytes.NewReader(readFile(tb, "breast_cancer.csv")))
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func digits(tb testing.TB) *Table {
	tb.Helper()
	t, err := ReadDigits(bytes.NewReader(readFile(tb, "digits.csv.gz")))
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// The README carries the hash of every data file, and no file goes without.
func TestHashes(t *testing.T) {
	want := map[string]string{}
	for _, line := range strings.Split(string(readFile(t, "README.md")), "\n") {
		if f := strings.Fields(line); len(f) == 2 && len(f[0]) == 2*sha256.Size {
			want[f[1]] = f[0]
		}
	}
	files, err := os.ReadDir(dataDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() == "README.md" {
			continue
		}
		sum := sha256.Sum256(readFile(t, f.Name()))
		if got := hex.EncodeToString(sum[:]); got != want[f.Name()] {
			t.Errorf("%s has SHA-256 %s, README.md says %q", f.Name(), got, want[f.Name()])
		}
		delete(want, f.Name())
	}
	for name := range want {
		t.Errorf("README.md lists %s, which is missing", name)
	}
}

// Class sizes are those that UCI publishes: 212 malignant, 357 benign; digits
// 178 182 177 183 181 182 181 179 174 180 (the test part of the UCI data set).
func TestReadFiles(t *testing.T) {
	c := cancer(t)
	if len(c.X) != 569 || len(c.X[0]) != 30 || fmt.Sprint(c.Names) != "[malignant benign]" ||
		fmt.Sprint(classSizes(c)) != "[212 357]" {
		t.Errorf("breast_cancer: %d x %d, %v of %v", len(c.X), len(c.X[0]), classSizes(c), c.Names)
	}
	if c.X[0][0] != 17.99 || c.X[568][29] != 0.07039 || c.Label[0] != 0 || c.Label[568] != 1 {
		t.Errorf("breast_cancer: first and last entries %v, %v, labels %d, %d", c.X[0][0], c.X[568][29], c.Label[0],
			c.Label[568])
	}
	d := digits(t)
	if len(d.X) != 1797 || len(d.X[0]) != 64 ||
		fmt.Sprint(classSizes(d)) != "[178 182 177 183 181 182 181 179 174 180]" {
		t.Errorf("digits: %d x %d, %v", len(d.X), len(d.X[0]), classSizes(d))
	}
}

func classSizes(t *Table) []int {
	n := make([]int, len(t.Names))
	for _, l := range t.Label {
		n[l]++
	}
	return n
}

func zipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

func readDigitsText(r io.Reader) (*Table, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return ReadDigits(strings.NewReader(zipped(string(b))))
}

// Each refusal names its place and value.
func TestReadRefusals(t *testing.T) {
	digit := strings.Repeat("0,", digitPixels)
	oneRow := zipped(digit + "1\n")
	zeros := string(make([]byte, MaxBytes+1))
	big := strings.Repeat("7", 100)
	for _, c := range []struct {
		name string
		read func(io.Reader) (*Table, error)
		in   string
		want []string // parts of the error
	}{
		{"empty", ReadBreastCancer, "", []string{"line 1", "empty"}},
		{"short header", ReadBreastCancer, "1,2\n", []string{"line 1", "2 fields"}},
		{"one class", ReadBreastCancer, "1,2,a\n", []string{"line 1", "3 fields"}},
		{"rows no number", ReadBreastCancer, "x,2,a,b\n", []string{"line 1, column 1", `"x"`}},
		{"rows 0", ReadBreastCancer, "0,2,a,b\n", []string{"line 1, column 1", `"0"`}},
		{"rows absurd", ReadBreastCancer, "65537,2,a,b\n", []string{"line 1, column 1", `"65537"`, "1..65536"}},
		{"rows overflow", ReadBreastCancer, big + ",2,a,b\n", []string{"line 1, column 1", `"7777`}},
		{"features negative", ReadBreastCancer, "1,-2,a,b\n", []string{"line 1, column 2", `"-2"`}},
		{"features absurd", ReadBreastCancer, "1,1025,a,b\n", []string{"line 1, column 2", `"1025"`, "1..1024"}},
		{"class without name", ReadBreastCancer, "1,2,a,\n", []string{"line 1, column 4"}},
		{"too many classes", ReadBreastCancer, "1,2" + strings.Repeat(",a", MaxClasses+1),
			[]string{"line 1", "1027 fields"}},
		{"few rows", ReadBreastCancer, "2,2,a,b\n1,2,0\n", []string{"line 2", "after 1 rows", "announces 2"}},
		{"no rows", ReadBreastCancer, "2,2,a,b", []string{"line 1", "after 0 rows", "announces 2"}},
		{"more rows", ReadBreastCancer, "1,2,a,b\n1,2,0\n3,4,1\n", []string{"line 3", "after 2 rows", "announces 1"}},
		{"few fields", ReadBreastCancer, "1,2,a,b\n1,0\n", []string{"line 2", "2 fields, want 3", `"1,0"`}},
		{"more fields", ReadBreastCancer, "1,2,a,b\n1,2,3,0\n", []string{"line 2", "4 fields, want 3", `"1,2,3,0"`}},
		{"blank row", ReadBreastCancer, "1,2,a,b\n\n", []string{"line 2", "1 fields, want 3"}},
		{"no number", ReadBreastCancer, "1,2,a,b\n1,2 ,0\n", []string{"line 2, column 2", `"2 "`, "not a number"}},
		{"quoted", ReadBreastCancer, "1,2,a,b\n1,\"2\",0\n", []string{"line 2, column 2", "not a number"}},
		{"NaN", ReadBreastCancer, "1,2,a,b\n1,nan,0\n", []string{"line 2, column 2", `"nan"`, "not finite"}},
		{"Inf", ReadBreastCancer, "1,2,a,b\n-inf,2,0\n", []string{"line 2, column 1", `"-inf"`, "not finite"}},
		{"overflow", ReadBreastCancer, "1,2,a,b\n1,1e999,0\n", []string{"line 2, column 2", `"1e999"`, "not finite"}},
		{"label high", ReadBreastCancer, "1,2,a,b\n1,2,2\n", []string{"line 2, column 3", `"2"`, "0..1"}},
		{"label of row 2", ReadBreastCancer, "2,2,a,b\n1,2,0\n1,2,7\n", []string{"line 3, column 3", `"7"`, "0..1"}},
		{"value of row 2", ReadBreastCancer, "2,2,a,b\n1,2,0\nx,2,1\n", []string{"line 3, column 1", `"x"`}},
		{"label negative", ReadBreastCancer, "1,2,a,b\n1,2,-1\n", []string{"line 2, column 3", `"-1"`}},
		{"label fraction", ReadBreastCancer, "1,2,a,b\n1,2,0.5\n", []string{"line 2, column 3", `"0.5"`}},
		{"long value", ReadBreastCancer, "1,2,a,b\n1,2," + big + "\n", []string{`"` + big[:40] + `"`}},
		{"many lines", ReadBreastCancer, strings.Repeat("\n", MaxRows+2), []string{"65538 lines"}},
		{"many digits", readDigitsText, strings.Repeat(digit+"1\n", MaxRows+1),
			[]string{"65537 lines", "at most 65536"}},
		{"huge", ReadBreastCancer, zeros, []string{"exceeds 16777216 bytes"}},
		{"no gzip", ReadDigits, "plain text", []string{"gzip"}},
		{"empty file", ReadDigits, "", []string{"gzip", "EOF"}},
		{"empty gzip", ReadDigits, zipped(""), []string{"line 1", "empty"}},
		{"truncated gzip", ReadDigits, oneRow[:len(oneRow)-9], []string{"line 1", "unexpected EOF"}},
		{"truncated checksum", ReadDigits, oneRow[:len(oneRow)-1], []string{"line 1", "unexpected EOF"}},
		{"flipped checksum", ReadDigits, oneRow[:len(oneRow)-8] + "\x00\x00\x00\x00" + oneRow[len(oneRow)-4:],
			[]string{"line 1", "checksum"}},
		{"rest after gzip", ReadDigits, oneRow + "no gzip header", []string{"line 1", "gzip: invalid header"}},
		{"not huge", ReadBreastCancer, zeros[:MaxBytes], []string{"line 1 has 1 fields"}},
		{"gzip bomb", ReadDigits, zipped(zeros), []string{"exceeds 16777216 bytes"}},
		{"pixel 17", readDigitsText, "0,17" + digit[3:] + "1\n", []string{"line 1, column 2", `"17"`, "0..16"}},
		{"pixel -1", readDigitsText, digit + "1\n-1" + digit[1:] + "1\n", []string{"line 2, column 1", `"-1"`}},
		{"pixel 1.5", readDigitsText, "0,1.5" + digit[3:] + "1\n", []string{"line 1, column 2", `"1.5"`}},
		{"digit 10", readDigitsText, digit + "10\n", []string{"line 1, column 65", `"10"`, "0..9"}},
		{"63 pixels", readDigitsText, digit[2:] + "1\n", []string{"line 1", "64 fields, want 65"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, err := c.read(strings.NewReader(c.in))
			if err == nil || table != nil {
				t.Fatalf("got table %v and error %v, want only an error", table != nil, err)
			}
			for _, part := range append(c.want, "problem: ") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q lacks %q", err, part)
				}
			}
			if len(err.Error()) > 200 {
				t.Errorf("error of %d bytes repeats the input", len(err.Error()))
			}
		})
	}
}

// What a reader takes: no final newline, CRLF, zeros and exponents.
func TestReadAccepts(t *testing.T) {
	for _, in := range []string{"1,2,a,b\n1,2,0", "1,2,a,b\r\n1e0,+2.0,0\r\n"} {
		got, err := ReadBreastCancer(strings.NewReader(in))
		if err != nil || got.X[0][0] != 1 || got.X[0][1] != 2 || got.Names[1] != "b" {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
}

// Mangled files never panic and never give a table that breaks its rules.
func TestReadMangled(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	text := strings.Join(strings.SplitAfter(string(readFile(t, "breast_cancer.csv")), "\n")[1:6], "")
	csv := []byte("5,30,malignant,benign\n" + text)
	gz := []byte(zipped(strings.Repeat(strings.Repeat("3,", digitPixels)+"9\n", 20)))
	refused := 0
	const rounds = 2000
	for range rounds {
		table, err := ReadBreastCancer(bytes.NewReader(mangle(rng, csv)))
		if err == nil {
			err = table.check()
			if err != nil {
				t.Fatal(err)
			}
		} else {
			refused++
		}
		if table, err := ReadDigits(bytes.NewReader(mangle(rng, gz))); err == nil && table.check() != nil {
			t.Fatal(table.check())
		}
	}
	// A changed digit or a lost one inside a number is still a good file.
	if refused < rounds/2 || refused == rounds {
		t.Errorf("%d of %d mangled files refused", refused, rounds)
	}
}

// mangle returns b with one to three bytes or stretches changed.
func mangle(rng *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	const bytesThatMatter = "\x00\n\r,.-+eE019NaIinf\"\xff"
	for range 1 + rng.IntN(3) {
		i := rng.IntN(len(b))
		switch rng.IntN(5) {
		case 0:
			b[i] = bytesThatMatter[rng.IntN(len(bytesThatMatter))]
		case 1:
			b[i] ^= 1 << rng.IntN(8)
		case 2:
			b = b[:i+1]
		case 3:
			b = append(b[:i:i], b[min(len(b), i+rng.IntN(40)):]...)
		case 4:
			b = append(b[:i:i], append([]byte(strings.Repeat(",", rng.IntN(3))), b[i:]...)...)
		}
		if len(b) == 0 {
			return b
		}
	}
	return b
}

func TestStandardize(t *testing.T) {
	c := cancer(t)
	c.X[0][3], c.X[1][3] = 1e300, -1e300 // moments of x itself overflow
	for k := range c.X {
		c.X[k][4] = 0.1 // its computed mean is not 0.1
		c.X[k][5] *= 1e-320
		c.X[k][6] = 0
	}
	c.Standardize()
	// Each of 569 terms of a sum is off by a few 2^-53 of at most 569.
	const tolerance = 1e-10
	for j := range c.X[0] {
		mean, variance := 0.0, 0.0
		for _, x := range c.X {
			mean += x[j] / 569
			variance += x[j] * x[j] / 569
		}
		want := 1.0
		if j == 4 || j == 6 {
			want = 0
		}
		if !(math.Abs(mean) <= tolerance && math.Abs(variance-want) <= tolerance) {
			t.Errorf("feature %d: mean %v, variance %v, want 0 and %v", j, mean, variance, want)
		}
	}
}

func BenchmarkReadBreastCancer(b *testing.B) {
	file := readFile(b, "breast_cancer.csv")
	for b.Loop() {
		if _, err := ReadBreastCancer(bytes.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadDigits(b *testing.B) {
	file := readFile(b, "digits.csv.gz")
	for b.Loop() {
		if _, err := ReadDigits(bytes.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
}
