package cert_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
)

// refused fails t unless data is refused with want in the error.
func refused(t *testing.T, data, want string) {
	t.Helper()
	r, err := cert.Check([]byte(data))
	if err == nil {
		t.Fatalf("accepted, want a refusal with %q", want)
	}
	refusalOf(t, err)
	if r != nil || !strings.Contains(err.Error(), want) {
		t.Errorf("report %v, error %q, want %q in it", r, err, want)
	}
	const line = 400 // a refusal must not repeat the file
	if len(err.Error()) > line {
		t.Errorf("the error has %d bytes", len(err.Error()))
	}
}

// refusalRow is a certificate on record with one piece replaced, and what is said about it.
type refusalRow struct{ name, file, old, new, want string }

// changed is the file with the piece replaced.
func (r refusalRow) changed(t testing.TB) string {
	t.Helper()
	data := string(read(t, r.file))
	changed := strings.Replace(data, r.old, r.new, 1)
	if changed == data {
		t.Fatalf("%s: %q is not in %s", r.name, r.old, r.file)
	}
	return changed
}

// refusals are sorted by the part of a certificate that is at fault.
var refusals = []refusalRow{
	{"version", "eq28b-total", `"version": 1`, `"version": 2`, "version: is 2, want 1"},
	{"version as text", "eq28b-total", `"version": 1`, `"version": "1"`,
		"version: line 2, column 14: a string, want a number"},
	{"claim", "eq28b-total", `"eq28b"`, `"eq99"`, `claim: unknown claim "eq99"`},
	{"claim of another number", "eq28b-total", `"eq28b"`, `"eq29"`, `eq: is "(28)", the number of eq29 is "(29)"`},
	{"form", "eq28b-total", `"printed"`, `"repaired"`, `form: is "repaired", want "printed"`},
	{"form that the claim has not", "eq28b-total", `"printed"`, `"derivation"`,
		`form: is "derivation", want "printed"`},
	{"form of a claim with a derivation", "eq20-derivation", `"derivation"`, `"repaired"`,
		`form: is "repaired", want "printed" or "derivation"`},
	{"the claim where its derivation fails", "eq20-derivation", `"derivation"`, `"printed"`, "lhs: "},
	{"reading", "eq28b-total", `"total"`, `"all"`, `reading: is "all", want literal, past or total`},
	{"reading missing", "eq28b-total", `"reading": "total",`, ``, "reading: missing"},
	{"reading without conditional expectation", "eq14b", `"chain"`, `"reading":"past","chain"`,
		"reading: eq14b has no conditional expectation"},
	{"index", "eq28b-total", `"i":1`, `"i":3`, "at.i: is 3, want 1..2"},
	{"index of a claim without one", "thm2-past", `"chain"`, `"at":{"i":1},"chain"`, "at: thm2 has no index"},
	{"event of a claim without one", "eq28b-total", `{"i":1}`, `{"i":1,"given":[]}`,
		"at.given: eq28b is about no event"},
	{"event missing", "lemma2-literal", `,"given":[0]`, ``, "at.given: missing"},
	{"event of an outcome that is not", "lemma2-literal", `"given":[0]`, `"given":[1]`,
		"at.given[0]: is 1, delta_1 has the outcomes 0..0"},
	{"event in the wrong reading", "lemma2-past", `"at": {"i":2}`, `"at": {"i":2,"given":[0]}`,
		"at.given: 1 entries, want 0"},

	{"operator", "eq28b-total", `"op":"square"`, `"op":"cube"`, `chain[1].op: unknown operator "cube"`},
	{"field of another operator", "eq28b-total", `{"op":"square","n":1}`, `{"op":"square","n":1,"in":1}`,
		"chain[1].in: square has no such field"},
	{"width 0", "eq28b-total", `{"op":"square","n":1}`, `{"op":"square","n":0}`, "chain[1].n: is 0, want 1..4"},
	{"width", "eq28b-total", `{"op":"square","n":1}`, `{"op":"square","n":2}`,
		"chain[1]: square(2) takes width 2, the state before it has 1"},
	{"last width", "eq28b-total", `{"op":"halfsq","n":1}`, `{"op":"fixed","a":[["1"],["1"]]}`,
		"chain[2]: fixed([[1] [1]]) has width d_N = 2, want 1"},
	{"ragged matrix", "eq28b-total", `{"op":"halfsq","n":1}`, `{"op":"fixed","a":[["1","1"],["1"]]}`,
		"chain[2].a[1]: 1 entries, want 2"},
	{"empty matrix", "eq28b-total", `{"op":"halfsq","n":1}`, `{"op":"fixed","a":[]}`,
		"chain[2].a: 0 entries, want 1..4"},
	{"n", "eq28b-total", `"n": 3`, `"n": 2`, "n: is 2, want 3"},
	{"weights", "eq28b-total", `[["0"],[],[]]`, `[["0"],[],["0"]]`, "w[2]: 1 entries, want 0"},
	{"input", "eq28b-total", `"x": ["1"]`, `"x": ["1","1"]`, "x: 2 entries, want 1"},
	{"not linear", "eq6b", `{"op":"linear","in":1,"out":1}]`, `{"op":"scale","n":1}]`,
		"chain[1]: scale(1), (6) is about linear networks"},
	{"delta of (6)", "eq6b", `"eps"`, `"delta":{"1":[{"p":"1","d":["1"]}]},"eps"`, "delta: (6) has delta = 0"},
	{"zeta of a printed claim", "thm2-past", `"constants"`, `"zeta":{"2":[{"p":"1","d":["0"]}]},"constants"`,
		"zeta: the passes of thm2 read Y_{i-1}"},
	{"zeta of a series", "eq48sum", `"series"`, `"zeta":{},"series"`, "zeta: eq48sum is about a series, leave it out"},
	{"zeta of a site not in shortest form", "sa7-conjecture", `"zeta": {"1"`, `"zeta": {"01"`,
		"zeta.01: line 9, column 12: key is no int"},
	{"zeta twice", "sa6-conjecture", `"lhs"`, `"zeta":{},"lhs"`, "zeta: line 10, column 3: repeated key"},
	{"delta beside zeta", "sa7-conjecture", `"zeta"`, `"delta":{"1":[{"p":"1","d":["0"]}]},"zeta"`,
		"delta: the forward pass of sa7 is exact"},
	{"zeta with a mean", "sa7-conjecture", `"d":["-1/4"]}],"2"`, `"d":["-1/2"]}],"2"`, "zeta.1: has the mean [-1/8]"},
	{"eps with a mean beside zeta", "sa7-conjecture", `"zeta"`, `"eps":{"2":[{"p":"1","d":["1"]}]},"zeta"`,
		"eps.2: has the mean [1], sa7 wants 0"},
	{"zeta of no operator", "sa7-conjecture", `"zeta": {"1"`, `"zeta": {"0"`, "zeta.0: no such site, want 1..2"},
	{"zeta of another width", "sa7-conjecture", `"d":["1/4"]`, `"d":["1/4","0"]`, "zeta.1[0].d: 2"},
	{"zeta drawn at once with other probabilities", "sa7-conjecture",
		`"2":[{"p":"1/2","d":["1/4"]},{"p":"1/2","d":["-1/4"]}]`, `"2":[{"p":"1/3","d":["1/2"]},{"p":"2/3","d":["-1/4"]}]`,
		"zeta.2: has other probabilities than zeta.1"},
	{"curvature where none is allowed", "sa6-conjecture", `"op":"scale"`, `"op":"bilinear"`,
		"chain[0]: bilinear(1), whose J2 is not affine in the input"},
	{"form of a conjecture", "sa5-conjecture", `"conjecture"`, `"printed"`, `form: is "printed", want "conjecture"`},
	{"independent zeta without curvature", "sa6-conjecture", `"sa6"`, `"sa5"`, "lhs: "},
	{"constants of what reads beside the states", "sa7-conjecture", `"C":"9/4"`, `"C":"2"`, "constants.C: "},
	{"eps of (6a)", "eq6a", `"lhs"`, `"eps":{"2":[{"p":"1","d":["1"]}]},"lhs"`, "eps.2: eq6a compares without errors"},
	{"eps of (6) at random", "eq6b", `[{"p":"1","d":["1"]}]`, `[{"p":"1/2","d":["1"]},{"p":"1/2","d":["0"]}]`,
		"eps.2: 2 outcomes, (6) has one"},
	{"constants of (6)", "eq6b", `"lhs"`, `"constants":{},"lhs"`, "constants: eq6b needs none"},

	{"site", "eq28b-total", `"delta": {"1"`, `"delta": {"4"`, "delta.4: no such site, want 1..3"},
	{"eps_1", "eq28b-total", `"constants"`, `"eps":{"1":[{"p":"1","d":["1"]}]},"constants"`,
		"eps.1: no such site, want 2..3"},
	{"site not in shortest form", "eq28b-total", `"delta": {"1"`, `"delta": {"01"`,
		"delta.01: line 11, column 13: key is no int"},
	{"no outcome", "eq28b-total", `[{"p":"1","d":["-1"]}]`, `[]`, "delta.2: 0 entries, want 1..8"},
	{"probability 0", "eq28b-total", `{"p":"1/2","d":["1"]}`, `{"p":"1/2","d":["1"]},{"p":"0","d":["2"]}`,
		"delta.1[2].p: probability 0, want > 0"},
	{"negative probability", "eq28b-total", `{"p":"1/2","d":["1"]}`, `{"p":"-1/2","d":["1"]},{"p":"1","d":["2"]}`,
		"delta.1[1].p: probability -1/2, want > 0"},
	{"probabilities above 1", "eq28b-total", `{"p":"1/2","d":["1"]}`, `{"p":"3/4","d":["1"]}`,
		"delta.1: the probabilities sum to 5/4"},
	{"probabilities below 1", "eq28b-total", `{"p":"1/2","d":["1"]}`, `{"p":"1/4","d":["1"]}`,
		"delta.1: the probabilities sum to 3/4"},
	{"outcome twice", "eq28b-total", `{"p":"1/2","d":["1"]}`, `{"p":"1/2","d":["-1"]}`,
		"delta.1[1].d: is the outcome 0 again"},
	{"outcome of another width", "eq28b-total", `{"p":"1/2","d":["1"]}`, `{"p":"1/2","d":["1","1"]}`,
		"delta.1[1].d: 2 entries, want 1"},

	{"denominator 0", "eq28b-total", `"x": ["1"]`, `"x": ["1/0"]`, `x[0]: "1/0" has denominator 0`},
	{"denominator 000", "eq28b-total", `"x": ["1"]`, `"x": ["1/000"]`, "has denominator 0"},
	{"negative denominator", "eq28b-total", `"x": ["1"]`, `"x": ["1/-2"]`, "is not of the form p or p/q"},
	{"exponent", "eq28b-total", `"x": ["1"]`, `"x": ["1e999999999"]`, "is not of the form p or p/q"},
	{"exponent of a number", "eq28b-total", `"n": 3`, `"n": 1e999999999`,
		"n: line 16, column 8: 1e999999999 is no int"},
	{"number for a string", "eq28b-total", `"x": ["1"]`, `"x": [1]`, "x[0]: line 9, column 9: a number, want a string"},
	{"hexadecimal", "eq28b-total", `"x": ["1"]`, `"x": ["0x1"]`, "is not of the form"},
	{"infinity", "eq28b-total", `"x": ["1"]`, `"x": ["Inf"]`, "is not of the form"},
	{"NaN", "eq28b-total", `"lhs": "16"`, `"lhs": "NaN"`, "is not of the form"},
	{"space", "eq28b-total", `"x": ["1"]`, `"x": [" 1"]`, "is not of the form"},
	{"no digits", "eq28b-total", `"x": ["1"]`, `"x": ["-"]`, "is not of the form"},
	{"digits", "eq28b-total", `"x": ["1"]`, `"x": ["100000000000000000000"]`, "has more than 20 digits"},
	{"digits of a fraction", "eq28b-total", `"x": ["1"]`, `"x": ["1/100000000000000000000"]`,
		"has more than 20 digits"},
	{"decimal", "eq28b-total", `"x": ["1"]`, `"x": ["0.5"]`, `x[0]: "0.5" is not of the form p or p/q`},
	{"not in lowest terms", "eq28b-total", `"x": ["1"]`, `"x": ["2/2"]`,
		`x[0]: "2/2" is not in lowest terms, want "1"`},
	{"denominator 1", "eq28b-total", `"x": ["1"]`, `"x": ["1/1"]`, `x[0]: "1/1" is not in lowest terms, want "1"`},
	{"zero in front", "eq28b-total", `"x": ["1"]`, `"x": ["01"]`, `x[0]: "01" is not in lowest terms, want "1"`},
	{"minus zero", "eq28b-total", `"x": ["1"]`, `"x": ["-0"]`, `x[0]: "-0" is not in lowest terms, want "0"`},
	{"plus", "eq28b-total", `"x": ["1"]`, `"x": ["+1"]`, `x[0]: "+1" is not of the form p or p/q`},
	{"digits of a side", "eq28b-total", `"lhs": "16"`, `"lhs": "` + strings.Repeat("1", cert.MaxSideDigits+1) + `"`,
		"has more than 10000 digits"},
	{"10^6 digits", "eq28b-total", `"lhs": "16"`, `"lhs": "` + strings.Repeat("1", 1e6) + `"`, "bytes, at most 65536"},
	{"common denominator", "eq28b-total", `"x": ["1"]`, `"x": ["1/99999999999999999999"]`,
		"the common denominator of all numbers has 68 bits, at most 64"},

	{"C", "eq28b-total", `"C":"4"`, `"C":"31/8"`, "constants.C: is 31/8, not shown to bound |J1|_op of operator 2"},
	{"C, of the weight", "lemma2-past", `"C":"1"`, `"C":"99/100"`, "constants.C: is 99/100, not shown to bound |J"},
	{"C2", "lemma2-past", `"C2":"1"`, `"C2":"99/100"`,
		"constants.C2: is 99/100, not shown to bound |grad^2_21 f|_op of operator 1"},
	{"Lf", "eq28b-total", `"Lf":"4"`, `"Lf":"31/8"`, "constants.Lf: is 31/8, not shown to bound |J1|_op of operator 2"},
	{"L1", "eq28b-total", `"L1":"2"`, `"L1":"15/8"`,
		"constants.L1: is 15/8, not shown to bound the derivative of grad f of operator 2"},
	{"C 0", "eq28b-total", `"C":"4"`, `"C":"0"`, "constants.C: is 0, A3 wants constants > 0"},
	{"C2 0", "eq28b-total", `"C2":"1"`, `"C2":"0"`, "constants.C2: is 0, A3"},
	{"Lf 0", "eq28b-total", `"Lf":"4"`, `"Lf":"0"`, "constants.Lf: is 0, A3"},
	{"L1 negative", "eq28b-total", `"L1":"2"`, `"L1":"-2"`, "constants.L1: is -2, A3"},
	{"L2 0", "eq28b-total", `"L2":"1"`, `"L2":"0"`, "constants.L2: is 0, A3"},
	{"constant missing", "eq28b-total", `"L2":"1",`, ``, "constants.L2: missing"},
	{"reason for no constant", "eq28b-total", `"why":{`, `"why":{"L":"", `,
		"constants.why.L: line 12, column 68: unknown key"},
	{"reason missing", "eq28b-total", `,"Lf":"as C"`, ``, "constants.why.Lf: missing"},
	{"reason that is empty", "eq28b-total", `"Lf":"as C"`, `"Lf":""`,
		"constants.why.Lf: empty, want words on why Lf holds"},
	{"reason of spaces", "eq28b-total", `"Lf":"as C"`, `"Lf":"  "`,
		"constants.why.Lf: empty, want words on why Lf holds"},
	{"reason that is null", "eq28b-total", `"Lf":"as C"`, `"Lf":null`,
		"constants.why.Lf: line 12, column 284: null, want a string"},
	{"reason that is a list", "eq28b-total", `"why":{`, `"why":[],"x":{`,
		"constants.why: line 12, column 67: an array, want an object"},
	{"reason of some length", "eq28b-total", `"Lf":"as C"`, `"Lf":"` + strings.Repeat("a", cert.MaxText+1) + `"`,
		"constants.why.Lf: 2001 bytes, at most 2000"},
	{"text that steers a terminal", "eq28b-total", `"Lf":"as C"`, `"Lf":"\u001b[2J"`,
		"constants.why.Lf: '\\x1b' at byte 0, want printable ASCII"},
	{"key that steers a terminal", "eq28b-total", `"text"`, `"\u001b[2J"`,
		`cert: ["\x1b[2J"]: line 15, column 3: unknown key`},
	{"outcome beyond the box of the constants", "eq28b-total", `"d":["1"]`, `"d":["2"]`,
		"constants.C: is 4, not shown to bound |J1|_op of operator 2 on the visited states"},
	{"input beyond the box of the constants", "eq28b-total", `"x": ["1"]`, `"x": ["5/4"]`,
		"constants.C: is 4, not shown"},

	{"left side", "eq28b-total", `"lhs": "16"`, `"lhs": "17"`, "lhs: stated as 17, computed as 16"},
	{"left side in disguise", "eq28b-total", `"lhs": "16"`,
		`"lhs": "160000000000000000000001/10000000000000000000000"`, "lhs: stated as"},
	{"right side", "eq28b-total", `"rhs": "0"`, `"rhs": "-1"`, "rhs: stated as -1, computed as 0"},
	{"sides exchanged", "eq28b-total", `"lhs": "16",` + "\n" + `  "rhs": "0"`, `"lhs":"0","rhs":"16"`,
		"lhs: stated as 0, computed as 16"},
	{"side of another shape", "eq6b", `"lhs": [["6"]]`, `"lhs": [["6","0"]]`,
		"lhs: stated as [[6 0]], computed as [[6]]"},
	{"number for a matrix", "eq6b", `"lhs": [["6"]]`, `"lhs": "6"`, "lhs: a string, want an array"},
	{"matrix for a number", "eq28b-total", `"lhs": "16"`, `"lhs": [["16"]]`, "lhs: an array, want a string"},
	{"no text", "eq28b-total", `"text"`, `"words"`, "words: line 15, column 3: unknown key"},

	{"spike below 1", "spike", `"d":["1"]`, `"d":["1/2"]`, "lhs: stated as 1, computed as 1/4"},
	{"spike that does not always occur", "spike", `[{"p":"1","d":["1"]}]`,
		`[{"p":"1/2","d":["1"]},{"p":"1/2","d":["0"]}]`, "lhs: stated as 1, computed as 0"},
	{"spike that reaches a gradient", "spike", `{"op":"fixed","a":[["1"]]}`, `{"op":"halfsq","n":1}`,
		"constants.C: is 1, not shown"},
	{"spike of eps_N", "spike", `"delta": {"1"`, `"eps": {"2"`, "lhs: stated as 1, computed as 0"},
	{"run", "eq28b-total", `"lhs"`, `"run":{},"lhs"`, "run: eq28b is not about a run"},
	{"l* below the minimum", "thm5-past", `"lstar":"0"`, `"lstar":"-1"`, "run.lstar: is -1, l does not go down to it"},
	{"integer beyond integers", "eq48sum", `"from":4`, `"from":99999999999999999999`,
		"series.from: line 6, column 41: 99999999999999999999 is no int"},
	{"long run that contracts", "thm5-past", `"gamma":"1/256","steps":1`, `"gamma":"1/1000000007","steps":16384`,
		"run.steps: is 16384, (1 - mu gamma/3)^T has more than 10000 digits"},
}

func TestRefusals(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range refusals {
		if seen[c.name] {
			t.Fatalf("two rows are called %s", c.name)
		}
		seen[c.name] = true
		t.Run(c.name, func(t *testing.T) { refused(t, c.changed(t), c.want) })
	}
}

// malformedRow is what is not one JSON object of the right form.
type malformedRow struct{ name, data, want string }

func malformed(data string) []malformedRow {
	return []malformedRow{
		{"empty", "", "line 1, column 1: the data ends, want a value"},
		{"spaces", " \n", "line 2, column 1: the data ends, want a value"},
		{"null", "null", "null, want an object"},
		{"list", "[]", "an array, want an object"},
		{"string", `"eq28b"`, "a string, want an object"},
		{"number", "1e999999999", "a number, want an object"},
		{"no fields", "{}", "version: missing"},
		{"not JSON", "refuted", "line 1, column 1: 'r', want a value"},
		{"single quotes", strings.ReplaceAll(data, `"`, `'`), "line 2, column 3: '\\'', want a key"},
		{"comment", "// eq28b\n" + data, "line 1, column 1: '/', want a value"},
		{"comma before the end", strings.Replace(data, `"n": 3`, `"n": 3,`, 1), "line 17, column 1: '}', want a key"},
		{"two certificates", data + data, "line 18, column 1: more data after the value"},
		{"words behind", data + "refuted", "line 18, column 1: more data after the value"},
		{"a brace behind", data + "}", "line 18, column 1: more data after the value"},
		{"not UTF-8", strings.Replace(data, "f_2", "f\xff2", 1) + "\xff", "not UTF-8"},
		{"byte order mark", "\ufeff" + data, `line 1, column 1: '\ufeff', want a value`},
		{"field twice", strings.Replace(data, `"n": 3`, `"n": 3, "n": 3`, 1), "n: line 16, column 11: repeated key"},
		{"field twice in disguise", strings.Replace(data, `"n": 3`, `"n": 3, "\u006e": 3`, 1),
			"n: line 16, column 11: repeated key"},
		{"field twice below", strings.Replace(data, `"C":"4"`, `"C":"4","C":"4"`, 1),
			"constants.C: line 12, column 25: repeated key"},
		{"capitals", strings.Replace(data, `"lhs"`, `"LHS"`, 1),
			`LHS: line 13, column 3: key in other case, want "lhs"`},
		{"deep lists", strings.Repeat("[", 30000), "an array, want an object"},
		{"deep objects", strings.Repeat(`{"x":`, 10000), "x: line 1, column 6: an object, want an array"},
		{"size", data + strings.Repeat(" ", cert.MaxBytes+1-len(data)), "65537 bytes, at most 65536"},
		{"long field name", strings.Replace(data, `"n": 3`, `"n": 3, "`+strings.Repeat("é", 1000)+`": 3`, 1),
			"line 16, column 11: unknown key"},
	}
}

func TestMalformed(t *testing.T) {
	data := string(read(t, "eq28b-total"))
	for _, c := range malformed(data) {
		t.Run(c.name, func(t *testing.T) { refused(t, c.data, c.want) })
	}
	if _, err := cert.Check([]byte(data + strings.Repeat(" ", cert.MaxBytes-len(data)))); err != nil {
		t.Errorf("a file of the largest size: %v", err)
	}
	for k := range strings.TrimSpace(data) {
		if _, err := cert.Check([]byte(data[:k])); err == nil {
			t.Errorf("accepted when cut off at byte %d", k)
		} else {
			refusalOf(t, err)
		}
	}
}

// TestNotRefuted: honest files about statements that hold, one a bound with equal
// sides and one an equation.
func TestNotRefuted(t *testing.T) {
	data := read(t, "eq14b")
	c, err := cert.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	c.Claim = "eq14a"
	if err := c.Fill(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Marshal(); err == nil || !strings.Contains(err.Error(), "eq14a is not refuted") {
		t.Errorf("%v <= %v: error %v", c.LHS, c.RHS, err)
	}
	c, err = cert.Parse(read(t, "eq6b"))
	if err != nil {
		t.Fatal(err)
	}
	c.X, c.W, c.Eps = []*big.Rat{new(big.Rat)}, [][]*big.Rat{{new(big.Rat)}, {new(big.Rat)}}, nil
	if err := c.Fill(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Marshal(); err == nil || !strings.Contains(err.Error(), "eq6b is not refuted") {
		t.Errorf("%v and %v: error %v", c.LHS, c.RHS, err)
	}
}

// spikes are changes of the certificate of the spike, with the refusal of what is then
// computed; "": it is accepted.
var spikes = []struct {
	name string
	edit func(c *cert.Certificate)
	want string
}{
	{"as on record", func(*cert.Certificate) {}, ""},
	{"larger", func(c *cert.Certificate) { c.Delta[1][0].D = one(-7) }, ""},
	{"two outcomes", func(c *cert.Certificate) {
		c.Delta[1] = cert.Law{{P: big.NewRat(1, 2), D: one(1)}, {P: big.NewRat(1, 2), D: one(-2)}}
	}, ""},
	{"small", func(c *cert.Certificate) { c.Delta[1][0].D = []*big.Rat{big.NewRat(999, 1000)} },
		"no error is at least 1, spike is not refuted"},
	{"at the end", func(c *cert.Certificate) { c.Delta = map[int]cert.Law{2: c.Delta[1]} }, "no error is at least 1"},
	{"eps_N", func(c *cert.Certificate) { c.Delta, c.Eps = nil, map[int]cert.Law{2: c.Delta[1]} },
		"no error is at least 1"},
	{"sometimes", func(c *cert.Certificate) {
		c.Delta[1] = cert.Law{{P: big.NewRat(1, 2), D: one(1)}, {P: big.NewRat(1, 2), D: one(0)}}
	}, "no error is at least 1"},
	{"a little of it arrives", func(c *cert.Certificate) {
		c.Chain[1], c.W[1] = cert.Op{Op: "linear", In: 1, Out: 1}, []*big.Rat{big.NewRat(1, 1000)}
		c.Constants.C = big.NewRat(2, 1)
	}, "a constant may be between them, spike is not refuted"},
	{"eps_2 of three", func(c *cert.Certificate) {
		c.Chain = []cert.Op{{Op: "square", N: 1}, {Op: "linear", In: 1, Out: 1}, {Op: "fixed", A: [][]*big.Rat{one(1)}}}
		c.W = [][]*big.Rat{{}, one(1), {}}
		c.Delta, c.Eps = nil, map[int]cert.Law{2: c.Delta[1]}
		c.Constants.C, c.Constants.Lf, c.Constants.L1 = one(2)[0], one(2)[0], one(2)[0]
	}, ""},
}

// TestNoConstant: the spike is denied by an error of size 1 that reaches nothing at all;
// less leaves room for a constant. So does a T for one K, which is no certificate of (48).
func TestNoConstant(t *testing.T) {
	for _, c := range spikes {
		t.Run(c.name, func(t *testing.T) {
			made, err := cert.Parse(read(t, "spike"))
			if err != nil {
				t.Fatal(err)
			}
			c.edit(made)
			if err := made.Fill(); err != nil {
				t.Fatal(err)
			}
			_, err = made.Marshal()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("sides %v, %v: error %v, want %q in it", made.LHS, made.RHS, err, c.want)
			}
		})
	}
	made, err := cert.Parse(read(t, "eq48sum"))
	if err != nil {
		t.Fatal(err)
	}
	made.Series.Terms = 0
	if err := made.Fill(); err != nil {
		t.Fatal(err)
	}
	if _, err := made.Marshal(); err == nil || !strings.Contains(err.Error(), "left <= right, eq48sum is not refuted") {
		t.Errorf("one term for every T: %v, %v: error %v", made.LHS, made.RHS, err)
	}
}

// moving is a run of (38) from 3 with a perturbation that leads it up to 5.
func moving() *cert.Certificate {
	return &cert.Certificate{
		Claim: "thm5", Reading: "past", Chain: []cert.Op{{Op: "bias", N: 1}, {Op: "halfsq", N: 1}},
		X: one(0), W: [][]*big.Rat{one(3), {}}, Delta: map[int]cert.Law{1: {{P: big.NewRat(1, 1), D: one(-5)}}},
		Constants: &cert.Constants{C: one(5)[0], C2: one(1)[0], Lf: one(5)[0], L1: one(1)[0], L2: one(1)[0],
			Why: reasons()},
		Run: &cert.Run{Gamma: big.NewRat(1, 4), Steps: 16, L: one(1)[0], LStar: new(big.Rat), Mu: one(1)[0]},
	}
}

// TestRunBox: constants have to hold where a run goes, not only where it starts.
func TestRunBox(t *testing.T) {
	c := moving()
	if err := c.Fill(); err != nil {
		t.Fatal(err)
	}
	c.Constants.C, c.Constants.Lf = one(4)[0], one(4)[0]
	if err := c.Fill(); err == nil ||
		!strings.Contains(err.Error(), "constants.C: is 4, not shown to bound |J1|_op of operator 2") {
		t.Errorf("error %v", err)
	}
	c.Run.Steps = 1
	if err := c.Fill(); err != nil {
		t.Errorf("at the start: %v", err)
	}
}

// TestNoErrors: without perturbations (38) holds, and no l* makes it fail. With an
// l* below the minimum, which stands on both sides, it would: the left one does
// not contract.
func TestNoErrors(t *testing.T) {
	c := moving()
	c.Delta = nil
	if err := c.Fill(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Marshal(); err == nil || !strings.Contains(err.Error(), "thm5 is not refuted") {
		t.Errorf("%v <= %v: error %v", c.LHS, c.RHS, err)
	}
	c.Run.LStar = one(-1000)[0]
	if err := c.Fill(); err == nil || !strings.Contains(err.Error(), "run.lstar: is -1000, l does not go down to it") {
		t.Errorf("error %v", err)
	}
}

// TestMoves: a run that does not come to rest is cut off, one that stands still is
// not.
func TestMoves(t *testing.T) {
	c := &cert.Certificate{
		Claim: "thm4", Reading: "past", Chain: []cert.Op{{Op: "bias", N: 1}, {Op: "fixed", A: [][]*big.Rat{one(0)}}},
		X: one(0), W: [][]*big.Rat{one(0), {}}, Eps: map[int]cert.Law{2: {{P: big.NewRat(1, 1), D: one(1)}}},
		Constants: unit(), Run: &cert.Run{Gamma: big.NewRat(1, 4), Steps: cert.MaxMoves + 1, L: one(1)[0],
			LStar: new(big.Rat)},
	}
	want := fmt.Sprintf("run.steps: is %d, the weights still move after %d", cert.MaxMoves+1, cert.MaxMoves)
	if err := c.Fill(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q in it", err, want)
	}
	c.Run.Steps, c.Eps = cert.MaxSteps, nil
	if err := c.Fill(); err != nil {
		t.Error(err)
	}
}

// TestStatesOfRun: a state that becomes too large in a later step is refused as one of the
// first step is: (4/5)^t has too many bits squared from step 111 on.
func TestStatesOfRun(t *testing.T) {
	for steps, want := range map[int]string{100: "", 120: "cert: Y_2: component 0 has more than 512 bits"} {
		c := longRuns(big.NewRat(1, 5), steps, one(1)[0])[0].c
		c.Claim, c.Form, c.Delta = "eq41", "derivation", nil
		err := c.Fill()
		if (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%d steps: error %v, want %q", steps, err, want)
		}
	}
}

// TestCaps: what is too large to replay is refused before it costs anything, and
// what is just small enough is not.
func TestCaps(t *testing.T) {
	ops := func(n int) (chain []cert.Op, w [][]*big.Rat) {
		for range n {
			chain, w = append(chain, cert.Op{Op: "square", N: 1}), append(w, nil)
		}
		return chain, w
	}
	law := func(n int64) (l cert.Law) {
		for k := range n {
			l = append(l, cert.Outcome{P: big.NewRat(1, n), D: one(k)})
		}
		return l
	}
	huge, _ := new(big.Rat).SetString(strings.Repeat("9", cert.MaxDigits))
	for _, c := range []struct {
		name string
		n    int
		x    *big.Rat
		laws map[int]cert.Law
		want string // none: accepted; constants.C: parsed and run, but 1 is too small
	}{
		{"operators", cert.MaxN, new(big.Rat), nil, ""},
		{"more operators", cert.MaxN + 1, new(big.Rat), nil, "chain: 7 entries, want 2..6"},
		{"outcomes", 2, new(big.Rat), map[int]cert.Law{1: law(cert.MaxOutcomes)}, "constants.C:"},
		{"more outcomes", 2, new(big.Rat), map[int]cert.Law{1: law(cert.MaxOutcomes + 1)},
			"delta.1: 9 entries, want 1..8"},
		{"joint outcomes", 3, new(big.Rat), map[int]cert.Law{1: law(8), 2: law(8), 3: law(4)}, "constants.C:"},
		{"more joint outcomes", 3, new(big.Rat), map[int]cert.Law{1: law(8), 2: law(8), 3: law(5)},
			"320 joint outcomes, at most 256"},
		{"all joint outcomes", 6, new(big.Rat), map[int]cert.Law{1: law(8), 2: law(8), 3: law(8), 4: law(8),
			5: law(8), 6: law(8)}, "262144 joint outcomes"},
		{"state", 2, huge, nil, "constants.C:"},
		{"larger state", 3, huge, nil, "Y_3: component 0 has more than 512 bits"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &cert.Certificate{Claim: "thm1", X: []*big.Rat{c.x}, Delta: c.laws, Constants: unit()}
			f.Constants.L1, f.Constants.L2 = one(2)[0], one(2)[0]
			f.Chain, f.W = ops(c.n)
			err := f.Fill()
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
}
