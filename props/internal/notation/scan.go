package notation

import (
	"regexp"
	"strings"
)

// kind is what a token is.
type kind int

const (
	word     kind = iota // of English
	name                 // of a quantity, or a function
	number               // 2, 0.5
	operator             // + - / and what joins quantities
	relation             // <= = <~
	opening              // a bracket, |, or <
	closing              //
	script               // _ or ^
	comma                // , ; :
)

// token is a piece of a statement.
type token struct {
	kind  kind
	text  string
	space bool // white space stands before it
}

// names are the names of quantities of more than one letter. All others of that length
// are words.
var names = map[string]bool{}

func init() {
	for _, n := range strings.Fields("delta eps zeta sigma mu lambda gamma beta rho grad sum max ln Dt infinity " +
		"Cv C2 L1 L2 Lf J1 J2 D0 w1 v1 w0 t0 Lg Ce_d Ce_e Cb_d Cb_e Ct_d Cy") {
		names[n] = true
	}
}

var (
	digits        = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?`)
	equations     = regexp.MustCompile(`^\([0-9]+(\.[0-9]+|[a-z])?\)`) // (17a) or (3.17), the number of an equation
	operatorTexts = []struct {
		text string
		kind kind
	}{
		{"...", operator}, {"..", operator}, {"<=", relation}, {">=", relation}, {"<~", relation}, {"->", relation},
		{"+-", operator},
	}
)

// letters are those that s begins with, and digits after the first: a name or a word; C_e, C_b and
// C_t have their second index with them, as in Ce_d.
func letters(s string) string {
	n := plain(s)
	if n == 0 || s[0] <= '9' {
		return ""
	}
	if n == 2 && len(s) > 3 && s[0] == 'C' && strings.IndexByte("ebt", s[1]) >= 0 && s[2] == '_' &&
		(s[3] == 'd' || s[3] == 'e') {
		n = 4
	}
	return s[:n]
}

// wordTail is what goes on with a word: letters and digits, one of - / . ' before them.
func wordTail(s string) string {
	joined := 0
	if s != "" && strings.IndexByte("-/.'", s[0]) >= 0 {
		joined = 1
	}
	n := plain(s[joined:])
	if n == 0 {
		return ""
	}
	return s[:joined+n]
}

// plain is how many letters and digits s begins with.
func plain(s string) int {
	n := 0
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] >= 'a' && s[n] <= 'z' || s[n] >= 'A' && s[n] <= 'Z') {
		n++
	}
	return n
}

// divides reports that what comes next is a denominator: (6d) in s^2/(6d) is a product.
func divides(before []token) bool { return len(before) > 0 && before[len(before)-1].text == "/" }

// scan cuts a statement into tokens.
func scan(s string) []token {
	var all []token
	space := false
	add := func(k kind, text string) {
		all = append(all, token{k, text, space})
		space = false
		s = s[len(text):]
	}
next:
	for s != "" {
		switch {
		case s[0] == ' ' || s[0] == '\n':
			space, s = true, s[1:]
			continue
		case s[0] == '(' && !divides(all) && equations.MatchString(s):
			add(word, equations.FindString(s))
			continue
		}
		for _, l := range operatorTexts {
			if strings.HasPrefix(s, l.text) {
				add(l.kind, l.text)
				continue next
			}
		}
		if n := letters(s); n != "" {
			if len(n) == 1 || names[n] {
				add(name, n)
				continue
			}
			for {
				tail := wordTail(s[len(n):])
				if tail == "" {
					break
				}
				n += tail
			}
			add(word, n)
			continue
		}
		if s[0] >= '0' && s[0] <= '9' {
			add(number, digits.FindString(s))
			continue
		}
		switch c := s[0]; c {
		case '_', '^':
			add(script, s[:1])
		case '(', '[', '{':
			add(opening, s[:1])
		case ')', ']', '}':
			add(closing, s[:1])
		case '|':
			add(opening, s[:1]) // bars says which
		case '<':
			if strings.HasPrefix(s, "<grad") {
				add(opening, s[:1])
			} else {
				add(relation, s[:1])
			}
		case '>', '=':
			add(relation, s[:1])
		case ',', ';', ':':
			add(comma, s[:1])
		case '+', '-', '*', '/', '~', '\'':
			add(operator, s[:1])
		default:
			r := strings.IndexFunc(s[1:], func(r rune) bool { return r < 0x80 })
			if r < 0 {
				r = len(s) - 1
			}
			add(word, s[:1+r])
		}
	}
	articles(all)
	brackets(all)
	return all
}

// articles makes the a of "a third" a word: it stands before one.
func articles(all []token) {
	for k := range all {
		if all[k].text == "a" && k+1 < len(all) && all[k+1].kind == word && all[k+1].space && all[k+1].text[0] != '(' {
			all[k].kind = word
		}
	}
}

// brackets says which bars and angles open and which close. A bar closes the one that is
// open unless it stands where a quantity must begin; the bar of E[Y|x] is a relation.
func brackets(all []token) {
	var open []string
	for k := range all {
		t := &all[k]
		top := ""
		if len(open) > 0 {
			top = open[len(open)-1]
		}
		begins := k == 0 || all[k-1].kind == opening || all[k-1].kind == operator || all[k-1].kind == relation ||
			all[k-1].kind == comma || all[k-1].kind == word
		switch {
		case t.text == "|" && top == "|" && !begins:
			t.kind = closing
		case t.text == "|" && top == "[" && !begins && !t.space && !expectation(all[:k]):
			t.kind = relation
		case t.text == ">" && top == "<":
			t.kind = closing
		}
		switch {
		case t.kind == opening:
			open = append(open, t.text)
		case t.kind == closing && len(open) > 0:
			open = open[:len(open)-1]
		}
	}
}

// expectation reports that what ends here is an E, E_t or E^{G_i}, after which a bar opens.
func expectation(before []token) bool {
	k := len(before) - 1
	if k >= 0 && before[k].text == "}" {
		for depth := 0; k >= 0; k-- {
			switch before[k].text {
			case "}":
				depth++
			case "{":
				depth--
			}
			if depth == 0 {
				break
			}
		}
		k--
	} else if k >= 1 && before[k-1].kind == script {
		k--
	}
	if k >= 0 && before[k].kind == script {
		k--
	}
	return k >= 0 && before[k].text == "E"
}
