package gen

import (
	"math"
	"reflect"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
)

// everyField is a case, not a valid one, with something in each of its fields.
func everyField() *Case {
	law := perturb.Spec{
		Law: "table", D: []float64{1}, A: []float64{2}, B: []float64{3}, P: 0.5,
		Outcomes: []perturb.Outcome{{P: 0.25, D: []float64{4}}}, From: 1, To: 2, Mean: 3, SD: 4, Format: "fp16",
		Mode: "nearest", K: 1, At: 2, Lo: 3, Hi: 4, Every: 5, Inner: &perturb.Spec{Law: "topk", K: 6},
	}
	inner := *law.Inner
	law2 := law
	law2.Inner = &inner
	return &Case{
		Chain: []core.Spec{{Op: "fixed", In: 1, Out: 2, N: 3, A: [][]float64{{1, 2}, {3, 4}}, Label: 4}},
		X:     []float64{0}, W: [][]float64{{1}, {2, 3}},
		Delta: []perturb.Spec{cloneLaw(law)}, Eps: []perturb.Spec{cloneLaw(law2)},
		Run: &Run{More: [][]float64{{5}}, All: true, Gamma: 1, Steps: 2, Reg: core.Regularizer{Kind: "l2", Rho: 3}},
	}
}

// touch calls visit for every number, text and truth within v, and for every list, which
// it changes for that call alone.
func touch(v reflect.Value, path string, visit func(path string)) {
	changed := func(x any) {
		old := reflect.New(v.Type()).Elem()
		old.Set(v)
		v.Set(reflect.ValueOf(x).Convert(v.Type()))
		visit(path)
		v.Set(old)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			touch(v.Elem(), path, visit)
		}
	case reflect.Struct:
		for k := range v.NumField() {
			touch(v.Field(k), path+"."+v.Type().Field(k).Name, visit)
		}
	case reflect.Slice:
		for k := range v.Len() {
			touch(v.Index(k), path+"[]", visit)
		}
		changed(reflect.Append(v, reflect.Zero(v.Type().Elem())).Interface())
	case reflect.Float64:
		changed(math.Nextafter(v.Float(), 10))
		changed(math.Copysign(v.Float(), -1))
	case reflect.Int:
		changed(v.Int() + 1)
	case reflect.String:
		changed(v.String() + "x")
		if n := v.Len(); n > 0 { // of one length
			changed(v.String()[:n-1] + "~")
		}
	case reflect.Bool:
		changed(!v.Bool())
	default:
		panic("a field of a kind that no case had: " + path)
	}
}

// TestKey: whatever a case has, down to the last bit and the sign of 0, is in its key, and
// a copy has the same.
func TestKey(t *testing.T) {
	c := everyField()
	key := string(c.AppendKey(nil))
	if other := string(everyField().AppendKey([]byte("ab"))); other != "ab"+key {
		t.Error("the same case has another key")
	}
	fields := 0
	touch(reflect.ValueOf(c), "", func(path string) {
		if fields++; string(c.AppendKey(nil)) == key {
			t.Errorf("%s is not in the key", path)
		}
	})
	if fields < 90 {
		t.Errorf("%d changes", fields)
	}
	c.Run = nil
	if string(c.AppendKey(nil)) == key {
		t.Error("the run is not in the key")
	}
	// Numbers must not move from one list to the next.
	a, b := everyField(), everyField()
	a.W, b.W = [][]float64{{1}, {2, 3}}, [][]float64{{1, 2}, {3}}
	if string(a.AppendKey(nil)) == string(b.AppendKey(nil)) {
		t.Error("two ways to cut the weights have one key")
	}
	for index := range uint64(50) {
		for _, c := range []*Case{Step(Random(3, index)), TrainingRun(Random(3, index))} {
			if string(c.AppendKey(nil)) != string(c.Clone().AppendKey(nil)) {
				t.Errorf("case %d: the key of a copy is another", index)
			}
		}
	}
}

// TestBuilder: a chain is built again where one bit of it is another, and only there; what
// is built is what Build builds, after a case that is refused too.
func TestBuilder(t *testing.T) {
	one := func() *Case {
		zero := perturb.Spec{Law: "zero"}
		return &Case{
			Chain: []core.Spec{{Op: "fixed", A: [][]float64{{1, 0}, {3, 4}}}, {Op: "softmaxce", N: 2, Label: 1}},
			X:     []float64{1, 2}, W: [][]float64{{}, {}}, Delta: []perturb.Spec{zero, zero},
			Eps: []perturb.Spec{zero, zero},
		}
	}
	var b Builder
	build := func(c *Case) *core.Chain {
		t.Helper()
		p, err := b.Build(c)
		if err != nil {
			t.Fatal(err)
		}
		want, err := c.Build()
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(p, want) {
			t.Errorf("built %+v, want %+v", p, want)
		}
		return p.Chain
	}
	c := one()
	first := build(c)
	c.X[0], c.W[0] = 7, []float64{}
	if again := build(c); again != first {
		t.Error("the same chain is built anew")
	}
	for name, change := range map[string]func(c *Case){
		"an entry":  func(c *Case) { c.Chain[0].A[1][1] = math.Nextafter(4, 5) },
		"a sign":    func(c *Case) { c.Chain[0].A[0][1] = math.Copysign(0, -1) },
		"a label":   func(c *Case) { c.Chain[1].Label = 0 },
		"a width":   func(c *Case) { c.Chain[0].A, c.X = [][]float64{{1}, {2}}, []float64{1} },
		"a name":    func(c *Case) { c.Chain[1] = core.Spec{Op: "halfsq", N: 2} },
		"one more":  func(c *Case) { *c = *longer(c) },
		"nothing":   func(*Case) {},
		"a refusal": func(c *Case) { _, _ = b.Build(&Case{}) },
	} {
		before := build(one())
		c := one()
		change(c)
		if now := build(c); (now == before) != (name == "nothing") {
			t.Errorf("%s: the chain of before is used: %v", name, now == before)
		}
	}
	if _, err := b.Build(&Case{Chain: []core.Spec{{Op: "none"}, {}}}); err == nil {
		t.Error("an unknown operator is built")
	}
}

// longer has one operator more, before all others.
func longer(c *Case) *Case {
	c.Chain = append([]core.Spec{{Op: "tanh", N: 2}}, c.Chain...)
	c.W = append([][]float64{{}}, c.W...)
	zero := perturb.Spec{Law: "zero"}
	c.Delta, c.Eps = append(c.Delta, zero), append(c.Eps, zero)
	return c
}
