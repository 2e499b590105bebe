package search

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/cascade-sgd/cascade/props/claim"
)

// Unit is a piece of a search that knows nothing of the others: the claims that judge
// themselves, the long runs, a batch for the claims of one kind, or far cases for all. The digest is of all
// that it found: whoever does it again with the same build finds the same.
type Unit struct {
	Number int    `json:"unit"`  // from 1, in the search of these claims
	Kind   string `json:"kind"`  // of the claims, or LongUnit
	Batch  int    `json:"batch"` // 0 where it is no batch
	Digest string `json:"digest,omitempty"`
}

// LongUnit is the Kind of the unit of the long runs and of those on data.
const LongUnit = "long runs"

// FarUnit is the Kind of a unit of far cases for claims of all kinds, see far.go.
const FarUnit = "far cases"

// Does is what a unit does, in words.
func (u *Unit) Does() string {
	switch u.Kind {
	case LongUnit, FarUnit:
		return u.Kind
	case claim.SelfJudged.String():
		return "claims that judge themselves"
	}
	return "claims of kind " + u.Kind
}

// Units are the units of a search, which its claims and its number of cases say: what is
// done once, the batches, and far cases.
type Units struct {
	first   []string     // kinds of what is done once
	kinds   []claim.Kind // of a batch
	batches int
	far     int // units of far cases
}

// UnitsOf are the units of the search of the claims.
func UnitsOf(claims []claim.Claim, cases int) Units {
	var have [claim.Kinds]bool
	for k := range claims {
		have[claims[k].Kind] = true
	}
	us := Units{batches: (&Options{Cases: cases}).Batches()}
	if have[claim.SelfJudged] {
		us.first = append(us.first, claim.SelfJudged.String())
	}
	if have[claim.Training] {
		us.first = append(us.first, LongUnit)
	}
	for _, kind := range []claim.Kind{claim.Step, claim.Nodes, claim.Linear, claim.Training} {
		if have[kind] {
			us.kinds = append(us.kinds, kind)
		}
	}
	if len(us.kinds) > 0 {
		us.far = us.batches / farBatches
	}
	return us
}

// Len is their number.
func (us Units) Len() int { return us.beforeFar() + us.far }

// beforeFar is the number of the last unit before those of far cases.
func (us Units) beforeFar() int { return len(us.first) + us.batches*len(us.kinds) }

// At is the unit of a number, 1..Len, without a digest.
func (us Units) At(number int) Unit {
	at := number - 1
	if at < len(us.first) {
		return Unit{Number: number, Kind: us.first[at]}
	}
	if number > us.beforeFar() {
		return Unit{Number: number, Kind: FarUnit, Batch: number - us.beforeFar() - 1}
	}
	at -= len(us.first)
	return Unit{Number: number, Kind: us.kinds[at%len(us.kinds)].String(), Batch: at / len(us.kinds)}
}

// Number is that of the unit of a kind and batch, 0 where there is none.
func (us Units) Number(kind string, batch int) int {
	for k, first := range us.first {
		if kind == first {
			return k + 1
		}
	}
	if kind == FarUnit && batch >= 0 && batch < us.far {
		return us.beforeFar() + batch + 1
	}
	for k, of := range us.kinds {
		if kind == of.String() && batch >= 0 && batch < us.batches {
			return len(us.first) + batch*len(us.kinds) + k + 1
		}
	}
	return 0
}

// Asked are the numbers of the units that the options ask for, in order.
func (us Units) Asked(opt *Options) iter.Seq[int] {
	return func(yield func(int) bool) {
		if opt.Units != nil {
			for _, number := range opt.Units {
				if number > us.Len() || !yield(number) {
					return
				}
			}
			return
		}
		shards := max(opt.Shards, 1)
		for row := 0; row*shards < us.Len(); row++ {
			if number := inRow(row, opt.Shard, shards); number <= us.Len() && !yield(number) {
				return
			}
		}
	}
}

// inRow is the unit of a shard among those of a row, which are as many as there are shards.
// Kinds come round every 1 to 4 units, and no shard must get the dearest alone: the place in
// a row moves on so that the number grows by 1, up to a multiple of 12, from row to row.
func inRow(row, shard, shards int) int {
	at := (shard - row%shards*((shards-1)%12)) % shards
	if at < 0 {
		at += shards // at + shards may be too large otherwise
	}
	return row*shards + at + 1
}

// CountAsked is how many units the options ask for.
func (us Units) CountAsked(opt *Options) int {
	if opt.Units == nil {
		shards := max(opt.Shards, 1)
		rows := us.Len() / shards // whole ones
		if inRow(rows, opt.Shard, shards) <= us.Len() {
			return rows + 1
		}
		return rows
	}
	n := 0
	for range us.Asked(opt) {
		n++
	}
	return n
}

// MaxListed caps the units of a list.
const MaxListed = 1 << 22

// ParseUnits reads a list of units as FormatUnits writes it: numbers and ranges, 4,9-12 or
// 3-99/8 for every eighth, that rise. The error names the part.
func ParseUnits(text string) (numbers []int, err error) {
	last := 0
	for part := range strings.SplitSeq(text, ",") {
		bad := fmt.Errorf("%.80q, want numbers that rise from 1 on, or ranges such as 9-12 or 3-99/8", part)
		span, stride, strided := strings.Cut(part, "/")
		from, to, ranged := strings.Cut(span, "-")
		var lo, hi, step int
		var errs [3]error
		lo, errs[0] = strconv.Atoi(from)
		hi, step = lo, 1
		if ranged {
			hi, errs[1] = strconv.Atoi(to)
		}
		if strided {
			step, errs[2] = strconv.Atoi(stride)
		}
		if errs != [3]error{} || strided && !ranged || lo <= last || hi < lo || step < 1 {
			return nil, bad
		}
		if (hi-lo)/step+len(numbers) >= MaxListed {
			return nil, fmt.Errorf("%.80q is of more than %d units", part, MaxListed)
		}
		for k := range (hi-lo)/step + 1 { // lo + k step may be the largest number there is
			last = lo + k*step
			numbers = append(numbers, last)
		}
	}
	return numbers, nil
}

// FormatUnits is the list of rising numbers that ParseUnits reads.
func FormatUnits(numbers []int) string {
	var parts []string
	for k := 0; k < len(numbers); {
		end := k + 1
		for end < len(numbers) && numbers[end]-numbers[end-1] == numbers[k+1]-numbers[k] {
			end++
		}
		switch n, first := end-k, numbers[k]; {
		case n < 3:
			parts = append(parts, strconv.Itoa(first))
			k++
		case numbers[k+1]-first == 1:
			parts = append(parts, fmt.Sprintf("%d-%d", first, numbers[end-1]))
			k = end
		default:
			parts = append(parts, fmt.Sprintf("%d-%d/%d", first, numbers[end-1], numbers[k+1]-first))
			k = end
		}
	}
	return strings.Join(parts, ",")
}
