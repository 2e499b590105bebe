package cert_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
)

// An edit is one change to the JSON tree of a certificate.
type edit struct {
	path string // of what changed, such as "delta.1[0].p"
	what string
	tree any
}

// edits lists every single change of v: its leaves, keys and lists, one at a time.
func edits(path string, v any) []edit {
	var all []edit
	put := func(what string, v any) { all = append(all, edit{path, what, v}) }
	below := func(es []edit, wrap func(v any) any) {
		for _, e := range es {
			e.tree = wrap(e.tree)
			all = append(all, e)
		}
	}
	for _, other := range []any{nil, true, json.Number("1"), "x", []any{}, map[string]any{}} {
		if fmt.Sprintf("%T", other) != fmt.Sprintf("%T", v) {
			put(fmt.Sprintf("as %T", other), other)
		}
	}
	switch v := v.(type) {
	case map[string]any:
		with := func(key string, x any) any {
			o := maps.Clone(v)
			o[key] = x
			return o
		}
		put("unknown key", with("unknown", "1"))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			o := maps.Clone(v)
			delete(o, key)
			put("without "+key, o)
			below(edits(strings.TrimPrefix(path+"."+key, "."), v[key]), func(x any) any { return with(key, x) })
		}
	case []any:
		put("empty", []any{})
		for k, e := range v {
			put(fmt.Sprintf("without [%d]", k), slices.Delete(slices.Clone(v), k, k+1))
			put(fmt.Sprintf("[%d] twice", k), slices.Insert(slices.Clone(v), k, e))
			if k > 0 {
				swapped := slices.Clone(v)
				swapped[k-1], swapped[k] = v[k], v[k-1]
				put(fmt.Sprintf("[%d] before [%d]", k, k-1), swapped)
			}
			below(edits(fmt.Sprintf("%s[%d]", path, k), e), func(x any) any {
				l := slices.Clone(v)
				l[k] = x
				return l
			})
		}
	case json.Number:
		for _, x := range otherNumbers(v.String()) {
			put("to "+x, json.Number(x))
		}
	case string:
		for _, s := range otherStrings(path, v) {
			put("to "+s, s)
		}
	}
	return all
}

// otherNumbers are the neighbours of an integer, and some that are none.
func otherNumbers(s string) []string {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok { // changed before
		return []string{"1"}
	}
	one := big.NewInt(1)
	list := []string{
		new(big.Int).Add(n, one).String(), new(big.Int).Sub(n, one).String(), new(big.Int).Lsh(n, 1).String(),
		new(big.Int).Neg(n).String(), "0", "4096", strings.Repeat("9", 19), strings.Repeat("9", 30), s + ".5",
		s + "e0", "1e999999999",
	}
	return slices.DeleteFunc(list, func(x string) bool { return x == s })
}

// vocabulary has the words that a certificate may use where it names something.
var vocabulary = map[string][]string{
	"claim": {"eq6a", "eq14a", "eq14b", "eq29", "eq41", "eq48sum", "thm2", "thm4", "thm5", "lemma1", "lemma2",
		"eq24"},
	"eq":      {"(14)", "(22)", "(37)"},
	"form":    {"repaired", "derivation", "printed"},
	"reading": {"literal", "past", "total"},
	"op":      allOps,
}

func otherStrings(path, s string) []string {
	key := path[strings.LastIndexByte(path, '.')+1:]
	list := append([]string{"", "another", s + " "}, vocabulary[key]...)
	if x, ok := new(big.Rat).SetString(s); ok {
		one := big.NewRat(1, 1)
		list = append(list, new(big.Rat).Add(x, one).RatString(), new(big.Rat).Sub(x, one).RatString(),
			new(big.Rat).Add(x, x).RatString(), new(big.Rat).Neg(x).RatString(), "0", "1/3", "7/5", "-13/8",
			"1/"+strings.Repeat("9", 19), strings.Repeat("9", cert.MaxDigits),
			strings.Repeat("9", cert.MaxSideDigits+1), s+"/0", s+"e9",
			otherwise(x))
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(x string) bool { return x == s })
}

// otherwise writes x with a common divisor, which changes nothing.
func otherwise(x *big.Rat) string {
	two := big.NewInt(2)
	return fmt.Sprintf("%v/%v", new(big.Int).Mul(x.Num(), two), new(big.Int).Mul(x.Denom(), two))
}

func decode(t testing.TB, b []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

// normal is v with fractions in lowest terms and without empty objects: what two
// spellings of one certificate have in common.
func normal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		o := map[string]any{}
		for key, x := range v {
			if x = normal(x); !reflect.DeepEqual(x, map[string]any{}) {
				o[key] = x
			}
		}
		return o
	case []any:
		l := []any{}
		for _, x := range v {
			l = append(l, normal(x))
		}
		return l
	case string:
		if x, ok := new(big.Rat).SetString(v); ok {
			return x.RatString()
		}
	}
	return v
}

const everyEdit = 10

// mutationTally counts what became of the edits.
type mutationTally struct {
	refused, accepted   int
	sides               int            // edits of lhs and rhs among the refused
	reasons             int            // edits that leave a constant without its reason, all refused
	refilled, dishonest int            // of those refused for their sides: given the right ones, accepted and refused
	where               map[string]int // accepted, by what changed
}

// named adds the name of an edit to what judge says.
type named struct {
	testing.TB
	name string
}

func (n named) Errorf(format string, args ...any) {
	n.Helper()
	n.TB.Errorf("%s: %s", n.name, fmt.Sprintf(format, args...))
}

func (n named) Fatalf(format string, args ...any) {
	n.Helper()
	n.TB.Fatalf("%s: %s", n.name, fmt.Sprintf(format, args...))
}

// refusalOf fails t unless err is a refusal with a reason.
func refusalOf(t testing.TB, err error) *cert.Refusal {
	t.Helper()
	var r *cert.Refusal
	if !errors.As(err, &r) || r.Reason == "" {
		t.Fatalf("error %#v, want a *Refusal with a reason", err)
	}
	return r
}

// TestMutations: a certificate with one thing changed is refused, or it is still
// true, says all that the file says, and the oracle confirms it. What is refused
// only for its sides is tried again with those that it should have, so that every
// other check has to hold without their help.
func TestMutations(t *testing.T) {
	all := committed(t)
	sum := mutationTally{where: map[string]int{}}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		tree := decode(t, read(t, name))
		unchanged, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		list := edits("", tree)
		for k, e := range list {
			if !*full && k%everyEdit != 0 {
				continue
			}
			b, err := json.Marshal(e.tree)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(b, unchanged) { // say, two equal entries swapped
				continue
			}
			sum.try(named{t, fmt.Sprintf("%s: %s %s", name, e.path, e.what)}, all[name], e, b)
		}
	}
	t.Logf("%d refused, %d of them changed sides, %d without a reason; %d accepted: %v", sum.refused, sum.sides,
		sum.reasons, sum.accepted, sum.where)
	t.Logf("with the right sides: %d accepted, %d refused", sum.refilled, sum.dishonest)
	if sum.refused == 0 || sum.sides == 0 || sum.reasons == 0 || sum.accepted == 0 || sum.refilled == 0 ||
		sum.dishonest == 0 {
		t.Error("a kind of edit does not occur")
	}
}

// unreasoned reports that e takes away the reason of one or all constants.
func unreasoned(e edit) bool {
	file, _ := e.tree.(map[string]any)
	constants, ok := file["constants"].(map[string]any)
	if !ok {
		return false
	}
	why, _ := constants["why"].(map[string]any)
	for _, name := range []string{"C", "C2", "Lf", "L1", "L2"} {
		if s, _ := why[name].(string); strings.TrimSpace(s) == "" {
			return true
		}
	}
	return false
}

func (m *mutationTally) try(t named, was *cert.Certificate, e edit, b []byte) {
	defer func() {
		if p := recover(); p != nil {
			panic(fmt.Sprintf("%s: %v", t.name, p))
		}
	}()
	side := strings.HasPrefix(e.path, "lhs") || strings.HasPrefix(e.path, "rhs")
	r, err := cert.Check(b)
	if err == nil {
		m.accepted++
		m.where[e.path[strings.LastIndexByte(e.path, '.')+1:]]++
		if unreasoned(e) {
			t.Errorf("accepted without the reason of a constant")
		}
		if side && (r.LHS.String() != was.LHS.String() || r.RHS.String() != was.RHS.String()) {
			t.Errorf("accepted with sides %v, %v", r.LHS, r.RHS)
		}
		again, err := r.Certificate.Marshal()
		if err != nil || !reflect.DeepEqual(normal(decode(t, again)), normal(e.tree)) {
			t.Errorf("accepted, but not all of it is part of the certificate:\n%s%v", again, err)
		}
		judge(t, r.Certificate)
		return
	}
	m.refused++
	if unreasoned(e) {
		m.reasons++
	}
	if side {
		m.sides++
	}
	refusal := refusalOf(t, err)
	c, err := cert.Parse(b)
	if err != nil || side || (refusal.Place != "lhs" && refusal.Place != "rhs") {
		return
	}
	if err := c.Fill(); err != nil {
		t.Fatalf("no sides for what was refused at %s: %v", refusal.Place, err)
	}
	if _, err := c.Marshal(); err != nil {
		refusalOf(t, err)
		m.dishonest++
		return
	}
	m.refilled++
	judge(t, c)
}
