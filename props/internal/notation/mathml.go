package notation

import (
	"html"
	"regexp"
	"slices"
	"strings"
)

// symbols are those that stand for a name or a sign.
var symbols = map[string]string{
	"delta": "δ", "eps": "ε", "zeta": "ζ", "sigma": "σ", "mu": "μ", "lambda": "λ", "gamma": "γ",
	"beta": "β", "rho": "ρ", "grad": "∇", "sum": "∑", "Dt": "Δt", "infinity": "∞",
	"<=": "≤", ">=": "≥", "<~": "≲", "->": "→", "+-": "±", "-": "−", "*": "∗", "'": "′", "...": "⋯", "..": "…",
	"~": "∼", "<": "&lt;", ">": "&gt;", "g": "γ", "l": "ℓ", "Lg": "Lγ",
}

// indexed are names with an index of their own: base and index.
var indexed = map[string][2]string{
	"Cv": {"C", "v"}, "C2": {"C", "2"}, "L1": {"L", "1"}, "L2": {"L", "2"}, "Lf": {"L", "f"}, "D0": {"D", "0"},
	"J1": {"J", "1"}, "J2": {"J", "2"}, "w1": {"w", "1"}, "v1": {"v", "1"}, "w0": {"w", "0"}, "t0": {"t", "0"},
	"Ce_d": {"C^", "δ"}, "Ce_e": {"C^", "ε"}, "Cb_d": {"C¯", "δ"}, "Cb_e": {"C¯", "ε"}, "Ct_d": {"C~", "δ"},
	"Cy": {"C", "y"},
}

// letter is a base, with the accent that stands behind it above.
func letter(s string) string {
	base, accent := s[:1], s[1:]
	if accent == "" {
		return "<mi>" + base + "</mi>"
	}
	return `<mover accent="true"><mi>` + base + `</mi><mo stretchy="false">` + accent + "</mo></mover>"
}

// writer writes tokens.
type writer struct {
	out   strings.Builder // what is finished
	math  strings.Builder // the formula that is open
	depth int             // of brackets
}

// HTML is the statement as HTML.
func HTML(statement string) string {
	w := new(writer)
	all := scan(statement)
	for k := 0; k < len(all); {
		k = w.token(all, k)
	}
	w.flush()
	return w.out.String()
}

// flush ends the formula.
func (w *writer) flush() {
	if w.math.Len() == 0 {
		return
	}
	w.out.WriteString("<math>" + w.math.String() + "</math>")
	w.math.Reset()
}

// token writes the token at k and what belongs to it, and returns the next one.
func (w *writer) token(all []token, k int) int {
	t := all[k]
	if t.kind == word || t.kind == comma && w.depth == 0 {
		w.flush()
		if t.space {
			w.out.WriteString(" ")
		}
		w.out.WriteString(html.EscapeString(t.text))
		return k + 1
	}
	if remark(all, k) {
		w.flush()
		w.out.WriteString(" (")
		return k + 1
	}
	first := w.math.Len() == 0
	if t.text == ")" && first && w.depth == 0 && !(k+1 < len(all) && all[k+1].kind == script) { // ends a remark
		w.out.WriteString(")")
		return k + 1
	}
	sum := t.kind == operator && (t.text == "+" || t.text == "-")
	breaks := w.depth == 0 && t.space && !signs(all, k) && (t.kind == relation || sum)
	if breaks && !first {
		w.flush()
		w.out.WriteString(" ")
	} else if first && t.space && w.out.Len() > 0 {
		w.out.WriteString(" ")
	}
	switch t.kind {
	case opening:
		w.depth++
	case closing:
		w.depth = max(0, w.depth-1)
	}
	if breaks { // the operator keeps its room though nothing stands before it in its element
		w.math.WriteString(`<mo form="infix" lspace="0" rspace="0.28em">` + sign(t.text) + "</mo>")
		return k + 1
	}
	atom, next := atom(all, k)
	w.math.WriteString(atom)
	return next
}

// remark reports whether the bracket at k opens a remark in words, as in v1 (SGD in one step), not a factor: its room
// is then that of a word.
func remark(all []token, k int) bool {
	says := func(k int) bool { return k < len(all) && all[k].kind == word && all[k].text[0] != '(' }
	return all[k].text == "(" && all[k].space &&
		(says(k+1) || k+2 < len(all) && all[k+1].kind == number && all[k+2].space && says(k+2))
}

// signs reports whether the token at k is the sign of what comes after it, as in <= -a.
func signs(all []token, k int) bool {
	if t := all[k]; t.kind != operator || t.text != "+" && t.text != "-" {
		return false
	}
	if k+1 == len(all) || all[k+1].space {
		return false
	}
	return k == 0 || slices.Contains([]kind{opening, relation, operator, comma, word}, all[k-1].kind)
}

// atom is the MathML of the token at k with its scripts.
func atom(all []token, k int) (string, int) {
	t := all[k]
	base, ownIndex, applied := leaf(all, k), "", ""
	if t.kind == name && (t.text == "max" || t.text == "ln") { // after its scripts
		applied = "<mo>&#x2061;</mo>"
	}
	if p, ok := indexed[t.text]; ok && t.kind == name {
		base, ownIndex = letter(p[0]), index(p[1])
	}
	sub, sup := ownIndex, ""
	k++
	for k < len(all) {
		s := all[k]
		var inner string
		switch {
		case s.kind == script && k+1 < len(all):
			inner, k = group(all, k+1)
			if s.text == "_" {
				if sub != "" {
					sub += "<mo>,</mo>"
				}
				sub += inner
			} else {
				sup += inner
			}
			continue
		case s.text == "[" && !s.space && ownIndex != "" && t.text[0] == 'C': // Ce_d[i], the coefficient at i
			inner, k = until(all, k+1, "]")
			sub += "<mo>,</mo>" + inner
			continue
		case s.text == "*" && !s.space && t.kind == name:
			sup += "<mo>∗</mo>"
			k++
			continue
		case s.text == "'" && !s.space:
			sup += "<mo>′</mo>"
			k++
			continue
		case s.text == "+" && !s.space && t.kind == name && (k+1 == len(all) || all[k+1].text == ")" ||
			all[k+1].kind == relation):
			sup += "<mo>+</mo>"
			k++
			continue
		}
		break
	}
	if applied != "" && k < len(all) && all[k].kind != opening {
		applied += `<mspace width="0.17em"/>`
	}
	return scripts(base, sub, sup, t.text == "sum") + applied, k
}

func scripts(base, sub, sup string, under bool) string {
	switch {
	case under && sub != "":
		return "<munder>" + base + "<mrow>" + sub + "</mrow></munder>"
	case sub != "" && sup != "":
		return "<msubsup>" + base + "<mrow>" + sub + "</mrow><mrow>" + sup + "</mrow></msubsup>"
	case sub != "":
		return "<msub>" + base + "<mrow>" + sub + "</mrow></msub>"
	case sup != "":
		return "<msup>" + base + "<mrow>" + sup + "</mrow></msup>"
	}
	return base
}

// group is a script: {...}, or one token with the sign before it; 1/2 is one, as in T^1/2,
// where another fraction is not, as in g^2/2.
func group(all []token, k int) (string, int) {
	if all[k].text == "{" {
		return until(all, k+1, "}")
	}
	sign := ""
	if all[k].text == "-" && k+1 < len(all) {
		sign, k = "<mo>−</mo>", k+1
	}
	inner := leaf(all, k)
	if all[k].text == "1" && k+2 < len(all) && all[k+1].text == "/" && !all[k+1].space && all[k+2].kind == number {
		return sign + "<mn>1/" + all[k+2].text + "</mn>", k + 3
	}
	return sign + inner, k + 1
}

// until writes tokens up to the bracket that ends them.
func until(all []token, k int, end string) (string, int) {
	var b strings.Builder
	for depth := 0; k < len(all); {
		switch {
		case all[k].text == end && depth == 0:
			return b.String(), k + 1
		case all[k].kind == opening:
			depth++
		case all[k].kind == closing:
			depth--
		}
		inner, next := atom(all, k)
		b.WriteString(inner)
		k = next
	}
	return b.String(), k
}

// index is an index that belongs to a name.
func index(s string) string {
	if s >= "0" && s <= "9" {
		return "<mn>" + s + "</mn>"
	}
	return "<mi>" + s + "</mi>"
}

// sign is the symbol of an operator.
func sign(text string) string {
	if s, ok := symbols[text]; ok {
		return s
	}
	return html.EscapeString(text)
}

// horizon reports whether T is a number of steps, as it is where it stands by itself: then ^T is a power, or an index
// of time, and no transpose.
func horizon(all []token) bool {
	for k, t := range all {
		if t.kind == name && t.text == "T" && (k == 0 || all[k-1].text != "^") {
			return true
		}
	}
	return false
}

// leaf is one token without scripts.
func leaf(all []token, k int) string {
	t := all[k]
	text := sign(t.text)
	switch t.kind {
	case number:
		return "<mn>" + text + "</mn>"
	case name:
		switch t.text {
		case "sum":
			return `<mo movablelimits="false">∑</mo>`
		case "E":
			return `<mi mathvariant="normal">𝔼</mi>`
		case "Lg":
			return "<mrow><mi>L</mi><mi>γ</mi></mrow>"
		case "grad":
			return `<mo rspace="0">∇</mo>`
		case "T":
			if k > 0 && all[k-1].text == "^" && !horizon(all) {
				return `<mi mathvariant="normal">T</mi>`
			}
		}
		return "<mi>" + text + "</mi>"
	case opening:
		if t.text == "<" {
			text = "⟨"
		}
		return `<mo form="prefix" stretchy="false" lspace="0" rspace="0">` + text + "</mo>"
	case closing:
		if t.text == ">" {
			text = "⟩"
		}
		return `<mo form="postfix" stretchy="false" lspace="0" rspace="0">` + text + "</mo>"
	case operator:
		if t.text == "/" {
			return `<mo lspace="0" rspace="0">/</mo>`
		}
		if t.text == ".." || t.text == "..." {
			return "<mo>" + text + "</mo>"
		}
		if t.text == "+" || t.text == "-" {
			if signs(all, k) {
				return `<mo form="prefix">` + text + "</mo>"
			}
		}
		return "<mo>" + text + "</mo>"
	case relation:
		if t.text == "|" {
			return `<mo lspace="0.1em" rspace="0.1em" stretchy="false">∣</mo>`
		}
		return "<mo>" + text + "</mo>"
	case word:
		return "<mtext>" + text + "</mtext>"
	}
	return "<mo>" + text + "</mo>"
}

var gaps = regexp.MustCompile(`\s+`)

// Plain is the statement as text with mathematical signs, for labels.
func Plain(statement string) string {
	var b strings.Builder
	for _, t := range scan(gaps.ReplaceAllString(statement, " ")) {
		if t.space {
			b.WriteByte(' ')
		}
		text := t.text
		if s, ok := symbols[text]; ok && text != "<" && text != ">" && t.kind != word {
			text = s
		}
		b.WriteString(text)
	}
	return b.String()
}
