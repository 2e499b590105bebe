package search

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
)

// TestUnits: each unit has a number of its own, which kind and batch give back; shards of
// any number are disjoint and have all.
func TestUnits(t *testing.T) {
	claims := []claim.Claim{*under(1), *under(1), *under(1), *under(1)}
	for k, kind := range []claim.Kind{claim.Training, claim.Step, claim.SelfJudged, claim.Linear} {
		claims[k].Kind = kind
	}
	us := UnitsOf(claims, 2*Batch+1)
	if us.Len() != 2+3*3 {
		t.Fatalf("%d units, want 11", us.Len())
	}
	var does []string
	for number := 1; number <= us.Len(); number++ {
		u := us.At(number)
		does = append(does, u.Does())
		if u.Number != number || us.Number(u.Kind, u.Batch) != number {
			t.Errorf("unit %d is %+v, whose number is %d", number, u, us.Number(u.Kind, u.Batch))
		}
	}
	want := []string{"claims that judge themselves", "long runs", "claims of kind step", "claims of kind linear",
		"claims of kind training"}
	if !slices.Equal(does[:5], want) || us.At(11).Batch != 2 {
		t.Errorf("%q, the last %+v", does, us.At(11))
	}
	for _, none := range []int{us.Number("nodes", 0), us.Number("step", 3), us.Number("step", -1)} {
		if none != 0 {
			t.Errorf("a unit that is none has the number %d", none)
		}
	}
	for shards := 1; shards <= us.Len()+1; shards++ {
		times := map[int]int{}
		for shard := range shards {
			o := &Options{Shard: shard, Shards: shards}
			n := 0
			for number := range us.Asked(o) {
				times[number]++
				n++
			}
			if n != us.CountAsked(o) || n == 0 && shard < us.Len() {
				t.Errorf("shard %d of %d has %d units, and says %d", shard, shards, n, us.CountAsked(o))
			}
		}
		for number := 1; number <= us.Len(); number++ {
			if times[number] != 1 {
				t.Errorf("of %d shards %d have unit %d", shards, times[number], number)
			}
		}
	}
	long := UnitsOf(claims, 400*Batch) // no shard has one kind alone, whatever their number
	for _, shards := range []int{2, 3, 4, 6, 8, 64} {
		for shard := range shards {
			kinds := map[string]int{}
			all := 0
			for number := range long.Asked(&Options{Shard: shard, Shards: shards}) {
				u := long.At(number)
				kinds[u.Kind]++
				all++
			}
			if n := kinds["training"]; n < all/4 || n > all/2 {
				t.Errorf("shard %d of %d: of %d units %d are of kind training", shard, shards, all, n)
			}
		}
	}
	some := slices.Collect(us.Asked(&Options{Units: []int{2, 11, 12}}))
	if !slices.Equal(some, []int{2, 11}) {
		t.Errorf("of units 2, 11 and 12 there are %v", some)
	}
}

// TestFarUnits: a unit of far cases for every four batches, after all others, whose numbers
// and draws it leaves as they are; none for claims that judge themselves alone.
func TestFarUnits(t *testing.T) {
	claims := []claim.Claim{*under(1), *under(1), *under(1)}
	claims[1].Kind, claims[2].Kind = claim.Training, claim.SelfJudged
	for _, c := range []struct{ cases, far int }{
		{0, 0}, {3 * Batch, 0}, {3*Batch + 1, 1}, {7 * Batch, 1}, {8 * Batch, 2},
	} {
		us, opt := UnitsOf(claims, c.cases), &Options{Cases: c.cases}
		if want := 2 + 2*opt.Batches() + c.far; us.Len() != want {
			t.Errorf("%d cases: %d units, want %d", c.cases, us.Len(), want)
		}
		for number := 1; number <= us.Len(); number++ {
			u := us.At(number)
			want := Unit{Number: number, Kind: FarUnit, Batch: number - 1 - (us.Len() - c.far)}
			if far := u.Kind == FarUnit; far != (number > us.Len()-c.far) || far && (u != want || u.Does() != FarUnit) ||
				us.Number(u.Kind, u.Batch) != number {
				t.Errorf("%d cases: unit %d is %+v, whose number is %d", c.cases, number, u, us.Number(u.Kind, u.Batch))
			}
		}
		if n := us.Number(FarUnit, c.far) + us.Number(FarUnit, -1); n != 0 {
			t.Errorf("%d cases: far units that are none have the number %d", c.cases, n)
		}
	}
	if n := UnitsOf(claims[2:], 9*Batch).Len(); n != 1 {
		t.Errorf("claims that judge themselves have %d units", n)
	}
}

func TestUnitLists(t *testing.T) {
	for text, want := range map[string][]int{
		"1": {1}, "4,9-12": {4, 9, 10, 11, 12}, "3-19/8": {3, 11, 19}, "1,2": {1, 2}, "1-3,5-9/2": {1, 2, 3, 5, 7, 9},
	} {
		if got, err := ParseUnits(text); err != nil || !slices.Equal(got, want) || FormatUnits(got) != text {
			t.Errorf("%q is %v, written %q (%v)", text, got, FormatUnits(got), err)
		}
	}
	// Where the next number of a range is beyond the largest there is.
	for text, want := range map[string][]int{
		"1-9223372036854775807/9223372036854775806": {1, math.MaxInt}, "9223372036854775807": {math.MaxInt},
		"9223372036854775806-9223372036854775807": {math.MaxInt - 1, math.MaxInt},
	} {
		if got, err := ParseUnits(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q is %v (%v)", text, got, err)
		}
	}
	for _, bad := range []string{"", "0", "a", "2,1", "3,3", "5-4", "1-9/0", "4/2", "1-", "-1", "1,,2",
		"1-999999999", strings.Repeat("9", 30)} {
		if got, err := ParseUnits(bad); err == nil {
			t.Errorf("%q is %v", bad, got)
		}
	}
	if text := panicText(func() { (&Options{Units: []int{2, 2}}).check() }); text !=
		"search: units[1] is 2, want numbers that rise from 1 on" {
		t.Errorf("panic %q", text)
	}
}

// TestManyShards: of more shards than there are units, up to the largest number, those that have a unit have
// one of their own, and the others none.
func TestManyShards(t *testing.T) {
	us := UnitsOf([]claim.Claim{*under(1), *under(1)}, 9*Batch)
	for _, shards := range []int{us.Len() + 3, math.MaxInt/2 + 1, math.MaxInt - 7, math.MaxInt} {
		seen := map[int]bool{}
		for _, shard := range []int{0, 1, 2, us.Len() - 1, us.Len(), us.Len() + 1, shards / 2, shards - 2, shards - 1} {
			opt := &Options{Shard: shard, Shards: shards}
			n := 0
			for number := range us.Asked(opt) {
				if n++; number < 1 || number > us.Len() || seen[number] {
					t.Errorf("shard %d of %d has unit %d", shard+1, shards, number)
				}
				seen[number] = true
			}
			if counted := us.CountAsked(opt); n != counted || n > 1 || (n == 1) != (shard < us.Len()) {
				t.Errorf("shard %d of %d has %d units, counted %d", shard+1, shards, n, counted)
			}
		}
	}
}
