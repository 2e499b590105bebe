package strict

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode"
)

// Claim and below have a field of each kind that formats of this module have.
type claim struct {
	ID    string            `json:"id"`
	Ratio float64           `json:"ratio"`
	Count int               `json:"count,omitempty"`
	Small int8              `json:"small"`
	Units uint              `json:"units"`
	Found bool              `json:"found"`
	Why   map[string]string `json:"why"`
	At    map[int]float64   `json:"at"`
	To    map[uint8]int     `json:"to"`
	Rows  [][]float64       `json:"rows"`
	Pair  [2]int            `json:"pair"`
	More  *claim            `json:"more"`
	Any   any               `json:"any"`
	Raw   json.RawMessage   `json:"raw"`
	Num   json.Number       `json:"num"`
	Bits  []byte            `json:"bits"`
	Exact *big.Int          `json:"exact"`
	Text  big.Rat           `json:"text"`
	Own   odd               `json:"own"`
	Named string
	Skip  int `json:"-"`
	inner int //lint:ignore U1000 a private field is no key
	base
}

type base struct {
	Seed uint64 `json:"seed"`
	ID   int    `json:"id"` // hidden
}

type file struct {
	Version int     `json:"version"`
	Claims  []claim `json:"claims"`
}

// odd reads odd numbers.
type odd int

func (o *odd) UnmarshalJSON(data []byte) error {
	var n int
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	if n%2 == 0 {
		return errors.New("even")
	}
	*o = odd(n)
	return nil
}

// TestUnmarshal: what is read, and that it is what encoding/json reads.
func TestUnmarshal(t *testing.T) {
	for _, data := range []string{
		`{}`,
		` { "version" : 1 , "claims" : [ ] } ` + "\r\n\t",
		`{"claims":[{"id":"thm1","ratio":-0.5e+3,"count":7,"small":-128,"units":0,"found":true}]}`,
		`{"claims":[{"why":{"a":"x","A":"y","":"z"},"at":{"-1":1,"0":2,"10":3},"to":{"255":1}}]}`,
		`{"claims":[{"rows":[[],[1,2],[3]],"pair":[1,2],"more":{"id":"in"}},{"any":null}]}`,
		`{"claims":[{"any":{"b":[1,"x",null,true,false,{"c":{}}]},"raw":{"d":null},"num":1e999}]}`,
		`{"claims":[{"raw":null,"bits":"AAE=","exact":123456789012345678901234567890,"text":"-3/4","own":3,"Named":"n","seed":18446744073709551615}]}`,
		`{"claims":[{"id":"\u0041\"\\\/\b\f\n\r\t\ud83d\ude00é€😀"}]}`,
	} {
		var got, want file
		if err := Unmarshal([]byte(data), &got); err != nil {
			t.Errorf("%s: %v", data, err)
		}
		if err := json.Unmarshal([]byte(data), &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read as %+v, encoding/json has %+v", data, got, want)
		}
	}
	var x float64
	if err := Unmarshal([]byte(" 1.5 "), &x); err != nil || x != 1.5 {
		t.Errorf("a number by itself: %v, %v", x, err)
	}
	var key struct {
		ID string `json:"id"`
	}
	if err := Unmarshal([]byte(`{"\u0069d":"escaped"}`), &key); err != nil || key.ID != "escaped" {
		t.Errorf("a key with an escape: %+v, %v", key, err)
	}
}

// TestRefusals: what is refused, with the place and the reason.
func TestRefusals(t *testing.T) {
	const long = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	in := func(member string) string { return `{"claims":[{"id":"a"},` + "\n" + `  {` + member + `}]}` }
	seen := map[string]bool{}
	for _, c := range []struct{ name, data, want string }{
		{"empty", "", "line 1, column 1: the data ends, want a value"},
		{"spaces", " \n ", "line 2, column 2: the data ends, want a value"},
		{"words", "refuted", "line 1, column 1: 'r', want a value"},
		{"two values", "{}\n{}", `line 2, column 1: more data after the value: "{}"`},
		{"words behind", "{} " + long, `more data after the value: "` + long[:MaxQuoted] + `..."`},
		{"byte order mark", "\ufeff{}", `line 1, column 1: '\ufeff', want a value`},
		{"not UTF-8", "{\"claims\":\n \"é\xff\"}", "line 2, column 4: byte 0xff is not UTF-8"},
		{"half a character", "\"\xc3", "column 2: byte 0xc3 is not UTF-8"},
		{"comment", "// x\n{}", "column 1: '/', want a value"},
		{"single quotes", "{'claims':1}", `column 2: '\'', want a key`},
		{"number for a key", "{1:1}", "column 2: '1', want a key"},
		{"no end", `{"version":1`, "column 13: the data ends, want a comma or the end of the object"},
		{"no value", `{"version":}`, "column 12: version: '}', want a value"},
		{"no colon", `{"version" 1}`, "column 12: version: '1', want a colon"},
		{"comma for a colon", `{"version",1}`, "version: ',', want a colon"},
		{"comma at the end", `{"version":1,}`, "column 14: '}', want a key"},
		{"comma at the start", `{,"version":1}`, "column 2: ',', want a key"},
		{"no comma", `{"version":1 "claims":[]}`, `column 14: '"', want a comma or the end of the object`},
		{"list with a comma at the end", `{"claims":[{},]}`, "column 15: claims[1]: ']', want a value"},
		{"list with a comma at the start", `{"claims":[,{}]}`, "claims[0]: ',', want a value"},
		{"list without a comma", `{"claims":[{} {}]}`, "column 15: claims: '{', want a comma or the end of the array"},
		{"list without an end", `{"claims":[{}`, "claims: the data ends, want a comma or the end of the array"},
		{"list without anything", `{"claims":[`, "claims[0]: the data ends, want a value"},
		{"wrong bracket", `{"claims":[}}`, "claims[0]: '}', want a value"},

		{"unknown key", in(`"ratios":1`), "line 2, column 4: claims[1].ratios: unknown key"},
		{"unknown key deep down", in(`"more":{"more":{"x":1}}`),
			"line 2, column 20: claims[1].more.more.x: unknown key"},
		{"skipped field", in(`"Skip":1`), "claims[1].Skip: unknown key"},
		{"private field", in(`"inner":1`), "claims[1].inner: unknown key"},
		{"embedded name", in(`"base":{}`), "claims[1].base: unknown key"},
		{"key twice", in(`"ratio":1,"ratio":"inf"`), "line 2, column 14: claims[1].ratio: repeated key"},
		{"key twice with an escape", in(`"ratio":1,"rati\u006f":1`), "claims[1].ratio: repeated key"},
		{"key twice in a map", in(`"why":{"a":"","b":"","a":""}`), "claims[1].why.a: repeated key"},
		{"key twice in any", in(`"any":[{"a":{"x":1,"x":1}}]`), "claims[1].any[0].a.x: repeated key"},
		{"key twice in raw", in(`"raw":{"x":1,"x":1}`), "claims[1].raw.x: repeated key"},
		{"key twice in a type of its own", in(`"own":{"x":1,"x":1}`), "claims[1].own.x: repeated key"},
		{"key in other case", in(`"Ratio":1`), `claims[1].Ratio: key in other case, want "ratio"`},
		{"key in other case, embedded", in(`"SEED":1`), `claims[1].SEED: key in other case, want "seed"`},
		{"key that folds", in(`"ſeed":1`), `key in other case, want "seed"`},
		{"key of no words", in(`"a b\u001b[2J":1`), `claims[1]["a b\x1b[2J"]: unknown key`},
		{"empty key", in(`"":1`), `claims[1][""]: unknown key`},
		{"long key", in(`"` + long + `":1`), `claims[1]["` + long[:MaxQuoted] + `..."]: unknown key`},
		{"integer key with a zero", in(`"at":{"01":1}`), "claims[1].at.01: key is no int"},
		{"integer key of words", in(`"at":{"x":1}`), "claims[1].at.x: key is no int"},
		{"integer key with a plus", in(`"at":{"+1":1}`), `claims[1].at["+1"]: key is no int`},
		{"integer key too large", in(`"to":{"256":1}`), "claims[1].to.256: key is no uint8"},
		{"integer key below 0", in(`"to":{"-0":1}`), "claims[1].to.-0: key is no uint8"},

		{"null for a number", in(`"ratio":null`), "claims[1].ratio: null, want a number"},
		{"null for a string", in(`"id":null`), "claims[1].id: null, want a string"},
		{"null for a boolean", in(`"found":null`), "claims[1].found: null, want a boolean"},
		{"null in an array", in(`"rows":[[1,null]]`), "claims[1].rows[0][1]: null, want a number"},
		{"null for an array", in(`"rows":null`), "claims[1].rows: null, want an array"},
		{"null for an object", in(`"why":null`), "claims[1].why: null, want an object"},
		{"null for a json.Number", in(`"num":null`), "claims[1].num: null, want a number"},
		{"null for a type of its own", in(`"own":null`), "claims[1].own: null, want a value"},
		{"null for a text", in(`"text":null`), "claims[1].text: null, want a string"},
		{"null for a pointer", in(`"more":null`), "claims[1].more: null, want an object"},
		{"null for a pointer to a type of its own", in(`"exact":null`), "claims[1].exact: null, want a value"},
		{"null for all", "null", "column 1: null, want an object"},
		{"string for a number", in(`"ratio":"inf"`), "line 2, column 12: claims[1].ratio: a string, want a number"},
		{"string for a json.Number", in(`"num":"1"`), "claims[1].num: a string, want a number"},
		{"number for a string", in(`"id":1`), "claims[1].id: a number, want a string"},
		{"number for a text", in(`"text":1`), "claims[1].text: a number, want a string"},
		{"boolean for a number", in(`"ratio":true`), "claims[1].ratio: a boolean, want a number"},
		{"object for an array", in(`"rows":{}`), "claims[1].rows: an object, want an array"},
		{"array for an object", "[]", "column 1: an array, want an object"},
		{"array for base64", in(`"bits":[1]`), "claims[1].bits: an array, want a string"},
		{"bad base64", in(`"bits":"?"`), `claims[1].bits: "?" is no []uint8`},
		{"short array", in(`"pair":[1]`), "line 2, column 11: claims[1].pair: 1 entries, want 2"},
		{"long array", in(`"pair":[1,2,3]`), "claims[1].pair: 3 entries, want 2"},
		{"fraction", in(`"count":1.5`), "claims[1].count: 1.5 is no int"},
		{"fraction that is whole", in(`"count":1.0`), "claims[1].count: 1.0 is no int"},
		{"exponent", in(`"count":1e3`), "claims[1].count: 1e3 is no int"},
		{"too large", in(`"small":128`), "claims[1].small: 128 is no int8"},
		{"below 0", in(`"units":-1`), "claims[1].units: -1 is no uint"},
		{"too large for a float64", in(`"ratio":1e309`), "claims[1].ratio: 1e309 is no float64"},
		{"too large for any", in(`"any":[-1e309]`), "claims[1].any[0]: -1e309 is no float64"},
		{"refused by its type", in(`"own":4`), "claims[1].own: 4: even"},
		{"refused as a text", in(`"text":"1/0"`), `claims[1].text: "1/0": `},

		{"NaN", in(`"ratio":NaN`), "claims[1].ratio: 'N', want a value"},
		{"Infinity", in(`"ratio":-Infinity`), "claims[1].ratio: 'I', want a digit"},
		{"plus", in(`"ratio":+1`), "claims[1].ratio: '+', want a value"},
		{"zeros", in(`"ratio":-01`), "claims[1].ratio: -01, a number begins with a single zero"},
		{"point without digits", in(`"ratio":1.`), "claims[1].ratio: '}', want a digit"},
		{"exponent without digits", in(`"ratio":1e+}`), "claims[1].ratio: '}', want a digit"},
		{"hexadecimal", in(`"ratio":0x1`), "claims[1]: 'x', want a comma or the end of the object"},
		{"minus at the end", `{"version":-`, "column 13: version: the data ends, want a digit"},
		{"true cut off", in(`"found":tru`), "claims[1].found: 't', want a value"},
		{"nul", in(`"any":nul`), "claims[1].any: 'n', want a value"},

		{"string without an end", `{"version`, "column 10: the data ends, want the end of a string"},
		{"line in a string", "{\"ver\nsion\":1}", "line 1, column 6: byte 0xa in a string, want an escape"},
		{"unknown escape", in(`"id":"\x41"`), `column 10: claims[1].id: unknown escape in a string`},
		{"escape cut off", `{"\`, "the data ends, want the end of a string"},
		{"escape without digits", in(`"id":"\u00g0"`), "unknown escape in a string"},
		{"escape with a sign", in(`"id":"\u+041"`), "unknown escape in a string"},
		{"digits cut off", `{"\u004`, "the data ends, want the end of a string"},
		{"first half", in(`"id":"\ud83d"`), "claims[1].id: half a surrogate pair in a string"},
		{"first half twice", in(`"id":"\ud83d\ud83d"`), "half a surrogate pair"},
		{"second half", in(`"id":"\ude00"`), "half a surrogate pair"},
		{"half and a letter", in(`"id":"\ud83d\u0041"`), "half a surrogate pair"},
		{"half and an escape that is none", in(`"id":"\ud83d\x"`), "unknown escape in a string"},
	} {
		if seen[c.name] {
			t.Fatalf("two rows are called %s", c.name)
		}
		seen[c.name] = true
		t.Run(c.name, func(t *testing.T) {
			was := file{Version: 7, Claims: []claim{{ID: "as it was"}}}
			f := was
			err := Unmarshal([]byte(c.data), &f)
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
			if !reflect.DeepEqual(f, was) {
				t.Errorf("the receiver has changed to %+v", f)
			}
			if err != nil && strings.ContainsFunc(err.Error(), func(c rune) bool { return !unicode.IsPrint(c) }) {
				t.Errorf("error %q cannot be printed", err)
			}
		})
	}
}

// TestOptions: what each option allows, and what it does not.
func TestOptions(t *testing.T) {
	type reply struct {
		Loss float64   `json:"loss"`
		Rate *float64  `json:"rate"`
		U    []float64 `json:"u"`
		More *reply    `json:"more"`
	}
	for _, c := range []struct {
		name, data string
		options    []Option
		want       string // "": accepted
	}{
		{"unknown", `{"loss":1,"took_ms":{"a":[1,2]},"more":{"x":null}}`, []Option{AllowUnknown}, ""},
		{"unknown, not allowed", `{"loss":1,"took_ms":3}`, []Option{AllowNull}, "took_ms: unknown key"},
		{"unknown, twice", `{"x":1,"x":2}`, []Option{AllowUnknown}, "x: repeated key"},
		{"unknown, twice inside", `{"x":[{"y":1,"y":2}]}`, []Option{AllowUnknown}, "x[0].y: repeated key"},
		{"unknown, of any size", `{"x":1e999}`, []Option{AllowUnknown}, ""},
		{"unknown and broken", `{"x":01}`, []Option{AllowUnknown}, "x: 01, a number begins with a single zero"},
		{"in other case", `{"Loss":1}`, []Option{AllowUnknown}, `Loss: key in other case, want "loss"`},
		{"in other case beside the right one", `{"loss":1,"LOSS":2}`, []Option{AllowUnknown},
			`LOSS: key in other case, want "loss"`},
		{"null for an array", `{"u":null}`, []Option{AllowNull}, ""},
		{"null for a pointer", `{"more":null}`, []Option{AllowNull}, ""},
		{"null for an array, not allowed", `{"u":null}`, []Option{AllowUnknown}, "u: null, want an array"},
		{"null for all", `null`, []Option{AllowNull}, ""},
		{"null for a number", `{"loss":null}`, []Option{AllowNull, AllowUnknown}, "loss: null, want a number"},
		{"null for a pointer to a number", `{"rate":null}`, []Option{AllowNull}, ""},
		{"null in an array", `{"u":[null]}`, []Option{AllowNull, AllowUnknown}, "u[0]: null, want a number"},
		{"null, cut off", `{"u":nu}`, []Option{AllowNull}, "u: 'n', want a value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r reply
			err := Unmarshal([]byte(c.data), &r, c.options...)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
}

// TestCaps: the largest number and the deepest nesting are read, one more is not.
func TestCaps(t *testing.T) {
	exact := new(big.Float).SetPrec(53).SetFloat64(-math.SmallestNonzeroFloat64).Text('f', 1074)
	var x float64
	if err := Unmarshal([]byte(exact), &x); err != nil || x != -math.SmallestNonzeroFloat64 {
		t.Errorf("-2^-1074 in %d bytes: %v, %v", len(exact), x, err)
	}
	if err := Unmarshal([]byte(strings.Repeat("1", MaxNumber)), new(json.Number)); err != nil {
		t.Error(err)
	}
	for _, v := range []any{new(json.Number), new(float64), new(any), new(big.Int)} {
		err := Unmarshal([]byte(strings.Repeat("1", 1e7)), v)
		if err == nil || !strings.Contains(err.Error(), "10000000 bytes of a number, at most 1100") ||
			len(err.Error()) > 200 {
			t.Errorf("%T: error %.300v", v, err)
		}
	}
	nested := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	if err := Unmarshal(nested(MaxDepth), new(any)); err != nil {
		t.Error(err)
	}
	for _, data := range [][]byte{nested(MaxDepth + 1), []byte(strings.Repeat("[", 1e6)),
		[]byte(strings.Repeat(`{"x":`, 1e5))} {
		if err := Unmarshal(data, new(any)); err == nil || !strings.Contains(err.Error(), "nested deeper than 64") {
			t.Errorf("error %.300v", err)
		}
	}
}

// TestDepthOfSiblings: only nesting counts.
func TestDepthOfSiblings(t *testing.T) {
	data := "[" + strings.Repeat(`{},[],{"a":[]},`, 3*MaxDepth) + "0]"
	if err := Unmarshal([]byte(data), new(any)); err != nil {
		t.Error(err)
	}
}

// TestCutOff: data that end anywhere are what encoding/json takes them for.
func TestCutOff(t *testing.T) {
	for _, whole := range []string{
		`-10.25e+30`, `0E-7`, ` {"a" : [1.5, -0, "x\u00e9\n"], "b":{}, "c":[true,false,null]} `,
	} {
		for n := range len(whole) + 1 {
			if err := Unmarshal([]byte(whole[:n]), new(any)); (err == nil) != json.Valid([]byte(whole[:n])) {
				t.Errorf("%q: error %v", whole[:n], err)
			}
		}
	}
}

func TestQuote(t *testing.T) {
	exact := strings.Repeat("é", MaxQuoted)
	for _, c := range []struct{ in, cut, quoted string }{
		{"", "", `""`},
		{"a\x1b\"", "a\ufffd\"", `"a\x1b\""`},
		{exact, exact, `"` + exact + `"`},
		{"\n" + exact, "\ufffd" + exact[2:] + "...", `"\n` + exact[2:] + `..."`},
		{exact + "é", exact + "...", `"` + exact + `..."`},
	} {
		if Cut(c.in) != c.cut || Quote(c.in) != c.quoted {
			t.Errorf("%q: cut to %q, quoted as %s", c.in, Cut(c.in), Quote(c.in))
		}
	}
}

// TestMisuse: what is wrong with a program, not with data.
func TestMisuse(t *testing.T) {
	type left struct{ X int }
	type right struct{ X int }
	type twins struct {
		left
		*right
	}
	type quoted struct {
		A int `json:",string"`
	}
	for _, c := range []struct {
		v    any
		want string
	}{
		{nil, "strict: Unmarshal into <nil>"},
		{file{}, "strict: Unmarshal into strict.file"},
		{(*file)(nil), "strict: Unmarshal into *strict.file"},
		{new(twins), "strict: strict.right: two fields for the key X"},
		{new(quoted), `strict: strict.quoted.A: option "string"`},
		{new(func()), "strict: no data can be read into func()"},
		{new(map[float64]int), "strict: no data can be read into map[float64]int"},
	} {
		func() {
			defer func() {
				if p, _ := recover().(string); !strings.Contains(p, c.want) {
					t.Errorf("%T: panic %q, want %q in it", c.v, p, c.want)
				}
			}()
			_ = Unmarshal([]byte(`{"x":1}`), c.v)
			t.Errorf("%T: no panic", c.v)
		}()
	}
}

// TestAgainstEncodingJSON changes a byte or two of good data at random: what is accepted
// is what encoding/json reads, and what encoding/json refuses is refused.
func TestAgainstEncodingJSON(t *testing.T) {
	seeds := []string{
		`{"version":1,"claims":[{"id":"a\u00e9\n","ratio":-1.5e-3,"count":7,"found":true,"why":{"a":"b"},"at":{"1":2}}]}`,
		`{"claims":[{"rows":[[],[1,2]],"pair":[1,2],"more":{"units":3},"any":[null,{"x":false}],"num":12,"own":3,"seed":4}]}`,
	}
	letters := `{}[]",:\0123456789.eE+-aunltrfs id` + "\n\x00\xff"
	r := rand.New(rand.NewPCG(1, 1))
	accepted, refused := 0, 0
	for range 30000 {
		data := []byte(seeds[r.IntN(len(seeds))])
		for range 1 + r.IntN(2) {
			at := r.IntN(len(data))
			switch r.IntN(3) {
			case 0:
				data[at] = letters[r.IntN(len(letters))]
			case 1:
				data = append(data[:at], data[at+1:]...)
			case 2:
				data = append(data[:at], append([]byte{letters[r.IntN(len(letters))]}, data[at:]...)...)
			}
		}
		var got, want file
		err := Unmarshal(data, &got)
		theirs := json.Unmarshal(data, &want)
		if err != nil {
			refused++
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 || e.Reason == "" {
				t.Fatalf("%s: error %#v", data, err)
			}
			continue
		}
		accepted++
		if theirs != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: read as %+v; encoding/json: %+v, %v", data, got, want, theirs)
		}
	}
	t.Logf("%d accepted, %d refused", accepted, refused)
	if accepted < 1000 || refused < 1000 {
		t.Error("one of the two hardly occurs")
	}
}

// TestLine: one line whatever is in it.
func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"": "", " a\n\nb\tc \r\n": "a b c", "\x1b[2J\u202ex\x80": "\ufffd[2J\ufffdx\ufffd",
		strings.Repeat("a", 200): strings.Repeat("a", 200),
	} {
		if got := Line(in); got != want {
			t.Errorf("%q is the line %q, want %q", in, got, want)
		}
	}
}

// TestLongNumber: a number that is too long is shown as far as a reader looks.
func TestLongNumber(t *testing.T) {
	var x float64
	err := Unmarshal([]byte(strings.Repeat("7", MaxNumber+1)), &x)
	if err == nil || !strings.Contains(err.Error(), strings.Repeat("7", MaxQuoted)+"...: ") {
		t.Errorf("%v", err)
	}
}

// TestOnLine: an error in a line of a file names one line, that of the file.
func TestOnLine(t *testing.T) {
	var v struct{ A int }
	for _, c := range []struct {
		err  error
		want string
	}{
		{Unmarshal([]byte(`{"A": "x"}`), &v), "line 7, column 7: A: a string, want a number"},
		{errors.New("no step"), "line 7: no step"},
		{&Error{Line: 2, Column: 3, Reason: "x"}, "line 7: line 2, column 3: x"},
	} {
		got := OnLine(7, c.err)
		if got.Error() != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	e := new(Error)
	if !errors.As(OnLine(7, &Error{Line: 1, Column: 3}), &e) || e.Line != 7 || e.Column != 3 {
		t.Errorf("%+v", e)
	}
}
