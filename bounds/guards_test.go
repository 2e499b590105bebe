package bounds_test

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	. "github.com/cascade-sgd/cascade/bounds"
)

// TestShortMoments: a right side refuses each list of moments that is too short, and takes N+1
// of each.
func TestShortMoments(t *testing.T) {
	const n = 3
	for _, c := range []struct {
		name string
		f    any
	}{
		{"sharp (13)", SharpTheorem1}, {"(13)", Theorem1}, {"(14)", Eq14a}, {"(14)", Eq14b}, {"(14)", Eq14bRepaired},
		{"(15)", Eq15}, {"(16)", Eq16}, {"(17)", Eq17a}, {"(17)", Eq17b}, {"(18)", Eq18a}, {"(18)", Eq18b},
		{"(19)", Eq19}, {"(20)", Eq20}, {"(30)", Eq30a}, {"(30)", Eq30b}, {"(24)", Eq24}, {"(26)", Eq26},
		{"(28)", Eq28b}, {"(29)", Eq29}, {"(32)", Eq32Left}, {"(32)", Eq32Right}, {"(23)", Theorem2}, {"(27)", Eq27},
		{"(28)", Eq28Middle}, {"(28) unrolled", Eq28c}, {"before (29)", Eq29Middle}, {"(29) unrolled", Eq29b},
		{"(31)", Eq31}, {"before (33)", Display33}, {"repaired (28), unrolled", RepairedEq28cPast},
		{"repaired (28), unrolled", RepairedEq28c}, {"repaired (29), unrolled", RepairedEq29bPast},
		{"repaired (28)", RepairedEq28b}, {"repaired (23)", RepairedTheorem2}, {"repaired (23), past", RepairedTheorem2Past},
	} {
		f := reflect.ValueOf(c.f)
		call := func(short int) (said string) {
			defer func() {
				if p := recover(); p != nil {
					said = fmt.Sprint(p)
				}
			}()
			var args []reflect.Value
			for k := range f.Type().NumIn() {
				switch f.Type().In(k).Kind() {
				case reflect.Struct:
					args = append(args, reflect.ValueOf(Const{N: n, C: 1, C2: 1, Lf: 1, L1: 1, L2: 1}))
				case reflect.Int:
					args = append(args, reflect.ValueOf(1))
				default:
					size := n + 1
					if k == short {
						size = n
					}
					args = append(args, reflect.ValueOf(make([]float64, size)))
				}
			}
			if v := f.Call(args)[0].Float(); math.IsNaN(v) {
				return "NaN"
			}
			return ""
		}
		if said := call(-1); said != "" {
			t.Errorf("%s: of N+1 moments %s", c.name, said)
		}
		for k := range f.Type().NumIn() {
			if f.Type().In(k).Kind() != reflect.Slice {
				continue
			}
			if want := "bounds: " + c.name + ": 3 moments, want N+1 = 4"; call(k) != want {
				t.Errorf("%s, argument %d too short: %q, want %q", c.name, k, call(k), want)
			}
		}
	}
}

// TestFeedbackSays: the product that is too large is said.
func TestFeedbackSays(t *testing.T) {
	defer func() {
		if p := fmt.Sprint(recover()); !strings.Contains(p, "L g is 3, error feedback wants at most 2") {
			t.Errorf("panic %s", p)
		}
	}()
	Feedback{Smooth: Smooth{L: 1.5, Mu: 1, Gamma: 2}, Steps: 1}.Root()
}
