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
	for _, n := range strings.Fields("delta eps sigma mu gamma beta rho grad sum max ln Cv C2 L1 L2 Lf J1 J2 D0 " +
		"w1 v1 " +
		"Ce_d Ce_e Cb_d Cb_e Ct_d Cy") {
		names[n] = true
	}
}

var (
	letters   = regexp.MustCompile(`^C[ebt]_[de]|^[A-Za-z][A-Za-z0-9]*`)
	wordTail  = regexp.MustCompile(`^[-/.']?[A-Za-z0-9]+`)
	digits    = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?`)
	equations = regexp.MustCompile(`^\([0-9]+(\.[0-9]+|[a-z])?\)`) // (17a) or (3.17), the number of an equation
	longest   = []struct {
		text string
		kind kind
	}{
		{"...", operator}, {"..", operator}, {"<=", relation}, {">=", relation}, {"<~", relation}, {"->", relation},
		{"+-", operator},
	}
)

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
		case equations.MatchString(s) && !divides(all):
			add(word, equations.FindString(s))
			continue
		}
		for _, l := range longest {
			if strings.HasPrefix(s, l.text) {
				add(l.kind, l.text)
				continue next
			}
		}
		if n := letters.FindString(s); n != "" {
			if len(n) == 1 || names[n] {
				add(name, n)
				continue
			}
			for {
				tail := wordTail.FindString(s[len(n):])
				if tail == "" {
					break
				}
				n += tail
			}
			add(word, n)
			continue
		}
		if n := digits.FindString(s); n != "" {
			add(number, n)
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
		for k >= 0 && before[k].text != "{" {
			k--
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
