package search

import (
	"fmt"
	"reflect"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
)

// pureTries are cases of each kind that are drawn to find one that says something.
const pureTries = 20

// pure panics where a claim changes the views that it reads, which others read after it, or answers
// otherwise when it is asked again: no seed would repeat what a search finds then.
func pure(claims []claim.Claim, kinds [claim.Kinds][]int, seed uint64) {
	for k, at := range kinds {
		kind := claim.Kind(k)
		if len(at) == 0 || kind == claim.SelfJudged {
			continue
		}
		for number := range uint64(pureTries) {
			c := Draw(kind, gen.Random(seed, number))
			lo, hi, why := measure.Case(kind, c)
			if why != claim.Valid {
				continue
			}
			pureOn(claims, at, lo, hi, func() (lo, hi *claim.View) {
				lo, hi, _ = measure.Case(kind, c)
				return lo, hi
			})
			break
		}
	}
}

// pureOn is pure for claims at the given positions on one pair of views, which fresh makes again.
func pureOn(claims []claim.Claim, at []int, lo, hi *claim.View, fresh func() (lo, hi *claim.View)) {
	lo0, hi0 := fresh()
	if !reflect.DeepEqual(lo, lo0) || !reflect.DeepEqual(hi, hi0) {
		return // NaN is in them, which equals nothing
	}
	for _, k := range at {
		c := &claims[k]
		// In words: NaN is not NaN.
		if first, again := fmt.Sprint(c.Check(lo, hi)), fmt.Sprint(c.Check(lo, hi)); first != again {
			panic(fmt.Sprintf("search: %s answers %s, and %s when it is asked again: a side must depend on its "+
				"view alone, and leave it as it is", c.Name(), first, again))
		}
	}
	if reflect.DeepEqual(lo, lo0) && reflect.DeepEqual(hi, hi0) {
		return
	}
	for _, k := range at {
		lo, hi := fresh()
		claims[k].Check(lo, hi)
		if !reflect.DeepEqual(lo, lo0) || !reflect.DeepEqual(hi, hi0) {
			panic(fmt.Sprintf("search: %s changes the view that it reads, which other claims read after it",
				claims[k].Name()))
		}
	}
}
