package conform

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const askedFile = "testdata/asked.md"

// askedPrecisions are those whose requests are on record.
var askedPrecisions = []string{"float64", "bfloat16"}

// drawnOnRecord is how many drawn cases of seed 1 are on record.
const drawnOnRecord = 24

// hashed is how many questions of a sequence are in its digest; the rest repeat it.
const hashed = 512

// write puts all of a request into a hash.
func (j *job) write(to hash.Hash) {
	h := new(bytes.Buffer)
	defer func() { _, _ = to.Write(h.Bytes()) }()
	fmt.Fprint(h, j.kind, j.reg, j.bits)
	for _, s := range j.chain {
		fmt.Fprint(h, s.Op, s.In, s.Out, s.N, s.Label, s.A)
	}
	for _, t := range j.steps {
		fmt.Fprint(h, t.Gamma, t.Accumulate, len(t.Samples))
		for _, s := range t.Samples {
			if s.Label != nil {
				fmt.Fprint(h, *s.Label)
			}
		}
	}
	j.numbers(func(v []float64) {
		b := binary.LittleEndian.AppendUint64(h.AvailableBuffer(), uint64(len(v)))
		for _, x := range v {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		}
		h.Write(b)
	})
}

// askedTable counts what each rule asks, with a digest of it.
func askedTable(t *testing.T) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What is asked\n\nCases and requests that each rule always asks, and a digest of them; "+
		"a digest of the first %d cases drawn with seed 1.\nA recording is of no use once they change.\n\n",
		drawnOnRecord)
	b.WriteString("| rule | precision | cases | requests | digest | drawn |\n|---|---|---|---|---|---|\n")
	for _, r := range rules {
		for _, name := range askedPrecisions {
			ar, err := newArithmetic(word(name), false)
			if err != nil {
				t.Fatal(err)
			}
			always, drawn := sha256.New(), sha256.New()
			var cases, requests int
			take := func(h hash.Hash, q *sequence) {
				fmt.Fprint(h, q.name)
				for _, x := range q.questions[:min(len(q.questions), hashed)] {
					fmt.Fprint(h, x.again)
					x.write(h)
				}
			}
			s := &session{
				rule: r, ar: ar, info: Info{Precision: name}, maker: newMaker(ar, Info{}, nil, r.name),
				gate: newGate(nil, (*Options)(nil).withDefaults()),
			}
			if r.fixed != nil {
				for q := range s.fixed() {
					cases, requests = cases+1, requests+len(q.questions)
					take(always, q)
				}
			}
			if r.custom != nil { // asked of an engine that is right
				s.engine, s.info = newLab(word(name)), Info{Precision: name}
				s.gate.watch = func(_ *session, j *job, _ *answer) {
					requests++
					j.write(always)
				}
				r.custom(s)
			}
			for index := range drawnOnRecord {
				if r.draw == nil {
					break
				}
				if q := r.draw(s.maker.at(1, "drawn", index), index); q != nil {
					take(drawn, q)
				}
			}
			fmt.Fprintf(&b, "| %s | %s | %d | %d | %.6x | %.6x |\n", r.name, name, cases, requests, always.Sum(nil),
				drawn.Sum(nil))
		}
		kept.forget()
	}
	return b.String()
}

// TestAsked: what is asked changes on purpose alone.
func TestAsked(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("math's functions differ in their last bits: the table is that of amd64")
	}
	got := askedTable(t)
	if *update {
		if err := os.WriteFile(askedFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(askedFile)
	if err != nil || got != string(want) {
		t.Errorf("%s is not what is asked (error %v); run with -update and look at what changed:\n%s", askedFile,
			err, got)
	}
}

var saysLengths = regexp.MustCompile(`^(?:runs of \d+ to \d+ steps of )?chains of (\d+)(?: to | and )?(\d*) operators`)

// TestDrawnAsSaid: the chains that are drawn have the lengths and the widths that the rule
// says, the shortest and the longest too.
func TestDrawnAsSaid(t *testing.T) {
	ar, err := newArithmetic(float64s, false)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, r := range rules {
		said := saysLengths.FindStringSubmatch(r.drawn)
		if said == nil {
			continue
		}
		checked++
		least, _ := strconv.Atoi(said[1])
		most, _ := strconv.Atoi(said[2])
		most = max(least, most)
		width := math.MaxInt
		if _, text, ok := strings.Cut(r.drawn, "widths up to "); ok {
			width, _ = strconv.Atoi(regexp.MustCompile(`^\d+`).FindString(text))
		}
		var lengths []int
		widest := 0
		m := newMaker(ar, Info{}, nil, r.name)
		for index := range 120 {
			q := r.draw(m.at(1, "drawn", index), index)
			if q == nil {
				continue
			}
			j := q.questions[0].job
			lengths = append(lengths, len(j.chain))
			for i := range len(j.chain) {
				widest = max(widest, j.width(i))
			}
		}
		slices.Sort(lengths)
		if lengths = slices.Compact(lengths); lengths[0] != least || lengths[len(lengths)-1] != most ||
			len(lengths) != most-least+1 {
			t.Errorf("rule %s says %q, the lengths are %v", r.name, r.drawn, lengths)
		}
		if widest > width || width < math.MaxInt && widest < width-1 {
			t.Errorf("rule %s says %q, the widest is %d", r.name, r.drawn, widest)
		}
	}
	if checked < 8 {
		t.Errorf("%d rules say which chains they draw", checked)
	}
}
