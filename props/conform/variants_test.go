package conform

import (
	"errors"
	"flag"
	"fmt"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	full = flag.Bool("full", false, "try every fault with every rule, and every right engine in "+
		"every precision, with all seeds (hours)")

	gatesTime = flag.Duration("gates", 0,
		"with -full, how long default gates are run on right engines; 0 means all of them")
	gatesFrom = flag.Uint64("gates-from", 1, "with -full, the first seed of those gates, so that one run goes on "+
		"where another ended")

	errNotFinite = errors.New("not finite")
)

// precisions that engines are tried in: one word, and mixtures that are used.
var precisions = []Precision{
	{"float64", "float64", "float64"},
	{"float32", "float32", "float32"},
	{"bfloat16", "bfloat16", "bfloat16"},
	{"float16", "float16", "float16"},
	{"float32", "tf32", "float32"},
	{"bfloat16", "float32", "float32"},
	{"float16", "float16", "float32"},
	{"float32", "bfloat16", "float32"},
	{"float16", "float32", "float32"},
	{"bfloat16", "bfloat16", "float32"},
	{"e4m3", "e4m3", "e4m3"},
	{"e5m2", "e5m2", "e5m2"},
	{"e4m3", "float32", "float32"},
}

// variants are right engines.
var variants = []struct {
	name string
	make func(e *lab)
}{
	{"plain", func(*lab) {}},
	{"sums reversed", func(e *lab) { e.order = "reverse" }},
	{"sums in pairs", func(e *lab) { e.order = "pairwise" }},
	{"sums in blocks", func(e *lab) { e.order = "blocks" }},
	{"sums in lanes", func(e *lab) { e.order = "lanes" }},
	{"sums in parallel", func(e *lab) { e.order = "parallel" }},
	{"sums with FMA", func(e *lab) { e.order = "fma" }},
	{"sums by size", func(e *lab) { e.order = "sorted" }},
	{"sums from the bias", func(e *lab) { e.biasFirst = true }},
	{"sums in double", func(e *lab) { e.summed = formats["float64"] }},
	{"tanh' by cosh", func(e *lab) { e.forms["tanh'"] = "cosh" }},
	{"tanh' as a product", func(e *lab) { e.forms["tanh'"] = "product" }},
	{"tanh' with FMA", func(e *lab) { e.forms["tanh'"] = "fma" }},
	{"sigmoid by tanh", func(e *lab) { e.forms["sigmoid"] = "tanh" }},
	{"sigmoid as a ratio", func(e *lab) { e.forms["sigmoid"] = "ratio" }},
	{"sigmoid' by exp", func(e *lab) { e.forms["sigmoid'"] = "exp" }},
	{"sigmoid' by cosh", func(e *lab) { e.forms["sigmoid'"] = "cosh" }},
	{"sigmoid' as a difference", func(e *lab) { e.forms["sigmoid'"] = "difference" }},
	{"softplus by log", func(e *lab) { e.forms["softplus"] = "log" }},
	{"softplus' by tanh", func(e *lab) { e.forms["softplus'"] = "tanh" }},
	{"softplus' from the value", func(e *lab) { e.forms["softplus'"] = "value" }},
	{"softplus' as a ratio", func(e *lab) { e.forms["softplus'"] = "ratio" }},
	{"softmax by logarithm", func(e *lab) { e.forms["softmax"] = "lse" }},
	{"softmax by shifted logarithm", func(e *lab) { e.forms["softmax"] = "shifted" }},
	{"loss by logarithm", func(e *lab) { e.forms["loss"] = "lse" }},
	{"bilinear with v first", func(e *lab) { e.forms["bilinear"] = "v first" }},
	{"decay on its own", func(e *lab) { e.decoupled = true }},
	{"means of windows", func(e *lab) { e.averaged = true }},
	{"functions a unit low", func(e *lab) { e.off = -1 }},
	{"functions a unit high", func(e *lab) { e.off = 1 }},
	{"functions two units low", func(e *lab) { e.twoUnits(-2) }},
	{"functions two units high", func(e *lab) { e.twoUnits(2) }},
	{"a unit low, other formulas", func(e *lab) { e.off = -1; e.allForms("cosh", "tanh", "cosh", "tanh", "lse") }},
	{"a unit high, other formulas", func(e *lab) { e.off = 1; e.allForms("cosh", "tanh", "cosh", "value", "lse") }},
	{"a unit low, ratios", func(e *lab) { e.off = -1; e.allForms("product", "ratio", "exp", "ratio", "shifted") }},
	{"a unit high, ratios", func(e *lab) { e.off = 1; e.allForms("fma", "ratio", "difference", "ratio", "shifted") }},
	{"lanes and other formulas", func(e *lab) {
		e.order = "lanes"
		e.allForms("cosh", "tanh", "exp", "tanh", "shifted")
	}},
	{"FMA and other formulas", func(e *lab) {
		e.order = "fma"
		e.allForms("fma", "ratio", "difference", "value", "lse")
	}},
	{"keeps its reply", func(e *lab) { e.keeps = true }},
	{"refuses what is not finite", func(e *lab) { e.refuses = true }},
	{"remembers whole requests", func(e *lab) { e.remember() }},
	{"reversed, a unit low, decay on its own", func(e *lab) {
		e.order, e.off, e.decoupled, e.averaged = "reverse", -1, true, true
	}},
}

// isRight reports whether a variant is a right engine in a precision. In e5m2, whose unit is a
// quarter of 1, cosh of e^x a unit low is two units low, and 1/cosh^2 at 0 is 2: a fault of
// eight unit roundoffs, as ROUNDING.md has it.
func isRight(name string, p Precision) bool {
	return p != word("e5m2") || name != "a unit low, other formulas"
}

func (e *lab) allForms(tanh, sigmoid, sigmoidSlope, softplusSlope, softmax string) {
	e.forms = map[string]string{
		"tanh'": tanh, "sigmoid": sigmoid, "sigmoid'": sigmoidSlope, "softplus'": softplusSlope,
		"softmax": softmax, "loss": "lse", "softplus": "log", "bilinear": "v first",
	}
}

// twoUnits makes functions two units off, one at a result of 1, as at an argument of 0.
func (e *lab) twoUnits(off float64) { e.off = off }

// remember answers the same request from memory.
func (e *lab) remember() {
	seen := map[string]*Reply{}
	e.hook.reply = func(j *job, r *Reply) (*Reply, error) {
		key := j.line()
		if seen[key] == nil {
			seen[key] = r
		}
		return &Reply{seen[key].Loss, cloneRows(seen[key].U), cloneRows(seen[key].W)}, nil
	}
}

func labFactory(p Precision, alter func(e *lab)) Factory {
	return func() (Engine, error) {
		e := newLab(p)
		alter(e)
		return e, nil
	}
}

// planned keeps what rules always ask, for engines in float64, in bfloat16 and those of one
// other kind at a time: making it takes as long as asking it.
type planned struct {
	mu    sync.Mutex
	lists map[string][]*sequence

	// first ends a rule at the first fault that it finds.
	first bool
}

func (p *planned) plan(s *session, list iter.Seq[*sequence]) iter.Seq[*sequence] {
	if s.gate.opt.Ops != nil || s.info.Ops != nil {
		return list
	}
	key := fmt.Sprint(s.rule.name, planKey(s.info.precision()), s.info.Stochastic, s.info.Takes)
	p.mu.Lock()
	kept, ok := p.lists[key]
	p.mu.Unlock()
	if !ok {
		for q := range list {
			kept = append(kept, q)
		}
		p.mu.Lock()
		p.lists[key] = kept
		p.mu.Unlock()
	}
	return func(yield func(*sequence) bool) {
		for _, q := range kept {
			if p.first && len(s.gate.shown) > 0 || !yield(q) {
				return
			}
		}
	}
}

// forget frees what was kept of other kinds than float64 and bfloat16.
func (p *planned) forget() {
	p.mu.Lock()
	maps.DeleteFunc(p.lists, func(key string, _ []*sequence) bool {
		return !strings.Contains(key, planKey(float64s)) && !strings.Contains(key, planKey(word("bfloat16")))
	})
	p.mu.Unlock()
}

func planKey(p Precision) string { return fmt.Sprintf("<%v>", p) }

var kept = &planned{lists: map[string][]*sequence{}}

func init() {
	plans = kept.plan
	debug.SetGCPercent(300) // plans live long: with the default a fifth of the time is spent on looking at them
}

// seeds is how many seeds everything is tried with in full.
const seeds = 10

// TestNoFalseAlarm: right engines pass, whatever their precision, formulas, order of
// summation and habits. TestGates tries all of it.
func TestNoFalseAlarm(t *testing.T) {
	dealt, tried := 0, 0
	for k, p := range precisions[:dealtPrecisions] {
		t.Run(p.String(), func(t *testing.T) { tried++; passDealt(t, k, &dealt) })
		kept.forget()
	}
	if dealt < len(variants) && tried == dealtPrecisions {
		t.Errorf("%d of %d variants are tried", dealt, len(variants))
	}
}

// TestGates runs default gates on right engines: every variant in every precision with one
// seed after the other from -gates-from on, 4000 gates and more, or as many as -gates has
// time for. No engine is accused in any.
func TestGates(t *testing.T) {
	if !*full {
		t.Skip("with -full")
	}
	begun := time.Now()
	var gates, requests, accused int
	inPrecision := map[Precision]int{}
	last := *gatesFrom
	say := func() {
		t.Logf("%d default gates of %d variants in %d precisions, seeds %d to %d, %d requests, %d accused, in %v; in "+
			"each precision %v",
			gates, len(variants), len(precisions), *gatesFrom, last, requests, accused,
			time.Since(begun).Round(time.Second), inPrecision)
	}
	for seed := *gatesFrom; seed < *gatesFrom+seeds; seed++ {
		for _, p := range precisions {
			for _, v := range variants {
				if *gatesTime > 0 && time.Since(begun) > *gatesTime {
					say()
					return
				}
				if !isRight(v.name, p) {
					continue
				}
				last = seed
				r := Run(labFactory(p, v.make), &Options{Seed: seed})
				gates, requests, inPrecision[p] = gates+1, requests+r.Requests, inPrecision[p]+1
				if err := r.Err(); err != nil {
					accused++
					t.Errorf("%s in %v, seed %d: %v", v.name, p, seed, err)
				}
			}
			kept.forget()
		}
		say() // after each seed: a run that is ended says what it has done
	}
}

// dealtPrecisions is how many of the precisions are tried where not all are, and
// wholePrecisions in how many of those all rules are; every other rule is in the rest.
const dealtPrecisions, wholePrecisions = 6, 2

// passDealt tries rules in the k-th precision on one variant each, the next ones: each rule
// meets four variants in as many precisions, if it is no heavy one, and each variant a rule
// or more.
func passDealt(t *testing.T, k int, next *int) {
	for n, rule := range RuleNames() {
		if k >= wholePrecisions && (slices.Contains(heavyRules, rule) || (n+k)%2 == 1) {
			continue
		}
		v := variants[*next%len(variants)]
		*next++
		r := Run(labFactory(precisions[k], v.make), &Options{Rules: []string{rule}, Cases: 5})
		for _, finding := range r.Findings {
			t.Errorf("%s: %v", v.name, finding)
		}
	}
}

// TestMeansOfFormulas: whatever formula an engine has for a derivative, its mean error is
// that of some honest one.
func TestMeansOfFormulas(t *testing.T) {
	for _, v := range variants {
		e := newLab(float64s)
		if v.make(e); len(e.forms) == 0 || !*full && len(e.forms) == 1 && e.forms["sigmoid'"] != "difference" {
			continue // the others come together as well
		}
		if err := Check(labFactory(float64s, v.make), &Options{Rules: []string{"mean"}, Cases: 1}); err != nil &&
			!strings.Contains(err.Error(), "nothing is decided") {
			t.Errorf("%s: %v", v.name, err)
		}
	}
}

// TestNoFalseBias: engines that round at random without a bias are not accused.
func TestNoFalseBias(t *testing.T) {
	count := 1
	if *full {
		count = seeds
	}
	for _, p := range []Precision{
		word("bfloat16"), word("float32"), word("float16"), {"bfloat16", "float32", "float32"},
	} {
		for seed := range uint64(count) {
			f := func() (Engine, error) { return stochastic(p, false, func(*lab) {})(), nil }
			r := Run(f, &Options{Seed: seed + 1, Rules: []string{"unbiased"}})
			if r.Err() != nil || r.Requests < unbiasedTimes {
				t.Errorf("%v, seed %d: %s: %v", p, seed+1, r.Summary(), r.Err())
			}
		}
		if !*full {
			break
		}
	}
}

// TestBets: a bias of a quarter of what a number may be off is found, none is never, and exact
// numbers are not bet on.
func TestBets(t *testing.T) {
	ar, err := newArithmetic(word("bfloat16"), true)
	if err != nil {
		t.Fatal(err)
	}
	j := newMaker(ar, Info{}, nil, "bets").at(1, "bets", 0).unbiased(unbiasedChains[0], both()).questions[0].job
	e, rng := j.want.first[0], rand.New(rand.NewPCG(1, 2))
	all := j.bets()
	if n := 1 + len(e.U[1]) + len(e.U[2]); len(all) == 0 || len(all) > n {
		t.Fatalf("%d bets on %d numbers", len(all), n)
	}
	for _, bias := range []float64{0, 1.0 / 4, -1.0 / 4} {
		b := j.bets()[0]
		found := 0
		for n := 1; n <= unbiasedTimes && found == 0; n++ {
			side := float64(2*rng.IntN(2)-1) + bias
			a := &answer{loss: b.want + 0.9*side*b.bound/(1+math.Abs(bias))}
			if f := b.observe(j, n, a, 40); f != nil {
				found = n
				if f.quantity != "mean of loss" || f.want != b.want || f.got == b.want {
					t.Errorf("bias %v: %+v", bias, f)
				}
			}
		}
		if (found > 0) != (bias != 0) {
			t.Errorf("bias %v of the tolerance: found after %d answers, 0 for never", bias, found)
		}
	}
	b := j.bets()[0]
	if f := b.observe(j, 1, &answer{loss: math.NaN()}, 40); f == nil {
		t.Error("NaN is no fault")
	}
}
