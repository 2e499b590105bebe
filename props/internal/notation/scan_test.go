package notation

import (
	"strings"
	"testing"
)

// spelled are tokens with the letter of their kind behind a slash, and a dot before those that
// white space stands before.
func spelled(all []token) string {
	letters := map[kind]string{word: "w", name: "n", number: "d", operator: "o", relation: "r", opening: "(",
		closing: ")", script: "s", comma: ","}
	words := make([]string, len(all))
	for k, t := range all {
		if t.space {
			words[k] = "·"
		}
		words[k] += t.text + "/" + letters[t.kind]
	}
	return strings.Join(words, " ")
}

// TestScan: what each piece of a statement is.
func TestScan(t *testing.T) {
	for statement, want := range map[string]string{
		"":                 "",
		"E|U-u|^2 <= 2C^2": "E/n |/( U/n -/o u/n |/) ^/s 2/d ·<=/r ·2/d C/n ^/s 2/d",
		"a\nb":             "a/n ·b/n",
		"x_1'":             "x/n _/s 1/d '/o",
		"w+":               "w/n +/o",

		// Names of one letter, listed ones, and words with what joins them.
		"mu g/3":           "mu/n ·g/n //o 3/d",
		"w1 w2":            "w1/n ·w2/w",
		"2x x2":            "2/d x/n ·x2/w",
		"bounds/PROOFS.md": "bounds/PROOFS.md/w",
		"one-step it's":    "one-step/w ·it's/w",
		"one- step":        "one/w -/o ·step/w",
		"i-th":             "i/n -/o th/w",
		"Ce_d[i] Cb_e":     "Ce_d/n [/( i/n ]/) ·Cb_e/n",
		"Ca_d Cb_x Cb_":    "Ca/w _/s d/n ·Cb/w _/s x/n ·Cb/w _/s",
		"é x":              "é/w ·x/n",
		"x é":              "x/n ·é/w",

		// The number of an equation is a word, but not below a line.
		"of (17a) (3.17)": "of/w ·(17a)/w ·(3.17)/w",
		"s^2/(6d)":        "s/n ^/s 2/d //o (/( 6/d d/n )/)",
		"(3.) (1ab)":      "(/( 3/d ./w )/) ·(/( 1/d ab/w )/)",

		// Signs of several letters before those of one; a number has no dot at its end.
		"i=1..N-1":      "i/n =/r 1/d ../o N/n -/o 1/d",
		"0.5, 2;":       "0.5/d ,/, ·2/d ;/,",
		"b <~ c >= d":   "b/n ·<~/r ·c/n ·>=/r ·d/n",
		"b +- c -> d":   "b/n ·+-/o ·c/n ·->/r ·d/n",
		"x ... y":       "x/n ·.../o ·y/n",
		"l* <= l ~ 2":   "l/n */o ·<=/r ·l/n ·~/o ·2/d",
		"{b} : b":       "{/( b/n }/) ·:/, ·b/n",
		"b < c > d = e": "b/n ·</r ·c/n ·>/r ·d/n ·=/r ·e/n",

		// An article stands before a word that is no number of an equation.
		"a third of a": "a/w ·third/w ·of/w ·a/n",
		"a (17)":       "a/n ·(17)/w",
		"a b":          "a/n ·b/n",
		"aé":           "a/n é/w",

		// Angles of a product, bars that open, close, and say what is given.
		"<grad l, u>":      "</( grad/n ·l/n ,/, ·u/n >/)",
		"E[Y|x]":           "E/n [/( Y/n |/r x/n ]/)",
		"E[|Y|]":           "E/n [/( |/( Y/n |/) ]/)",
		"E[Y |x|]":         "E/n [/( Y/n ·|/( x/n |/) ]/)",
		"E[E_t|x|]":        "E/n [/( E/n _/s t/n |/( x/n |/) ]/)",
		"E[E^{G_i}|x|]":    "E/n [/( E/n ^/s {/( G/n _/s i/n }/) |/( x/n |/) ]/)",
		"E[2 E^t|x|]":      "E/n [/( 2/d ·E/n ^/s t/n |/( x/n |/) ]/)",
		"E[V_{i}|x]":       "E/n [/( V/n _/s {/( i/n }/) |/r x/n ]/)",
		"|y||z|":           "|/( y/n |/) |/( z/n |/)",
		"|y - |z||":        "|/( y/n ·-/o ·|/( z/n |/) |/)",
		"of |y|, |z| = |x": "of/w ·|/( y/n |/) ,/, ·|/( z/n |/) ·=/r ·|/( x/n",
	} {
		if got := spelled(scan(statement)); got != want {
			t.Errorf("%q is\n  %s, want\n  %s", statement, got, want)
		}
	}
}

// TestNestedExpectation: an index of two levels is passed over as a whole.
func TestNestedExpectation(t *testing.T) {
	const want = "E/n [/( E/n ^/s {/( G/n _/s {/( i/n -/o 1/d }/) }/) |/( x/n |/) ]/)"
	if got := spelled(scan("E[E^{G_{i-1}}|x|]")); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	for before, want := range map[string]bool{
		"": false, "E": true, "x": false, "E_t": true, "E^t": true, "x_t": false, "E^{G}": true, "E^{G_{i-1}}": true,
		"E_{x}{y}": false, "}": false, "x}": false, "^{G}": false, "E x": false,
	} {
		if got := expectation(scan(before)); got != want {
			t.Errorf("%q is one: %v, want %v", before, got, want)
		}
	}
}

// TestLetters: how far a name or a word goes.
func TestLetters(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "_": "", "9a": "", "a9": "a9", "delta_1": "delta", "Ce_d": "Ce_d", "Ct_e[i]": "Ct_e", "Ce_": "Ce",
		"Cx_d": "Cx", "Ce-d": "Ce", "De_d": "De", "Zz9-": "Zz9",
	} {
		if got := letters(s); got != want {
			t.Errorf("letters(%q) = %q, want %q", s, got, want)
		}
	}
	for s, want := range map[string]string{
		"": "", "-": "", "--a": "", "-a b": "-a", "'s.": "'s", "/a/b": "/a", ".md": ".md", "9z ": "9z", "_a": "", "+a": "",
	} {
		if got := wordTail(s); got != want {
			t.Errorf("wordTail(%q) = %q, want %q", s, got, want)
		}
	}
}
