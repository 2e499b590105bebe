package notation

import (
	"strings"
	"testing"
)

// inner is the MathML of a statement that is one formula.
func inner(t *testing.T, statement string) string {
	t.Helper()
	s, ok := strings.CutPrefix(HTML(statement), "<math>")
	s, closed := strings.CutSuffix(s, "</math>")
	if !ok || !closed || strings.Contains(s, "math>") {
		t.Errorf("%q is no formula: %s", statement, HTML(statement))
	}
	return s
}

// TestScripts: which scripts stand where, alone and together.
func TestScripts(t *testing.T) {
	for statement, want := range map[string]string{
		"x":     "<mi>x</mi>",
		"x_i":   "<msub><mi>x</mi><mrow><mi>i</mi></mrow></msub>",
		"x^2":   "<msup><mi>x</mi><mrow><mn>2</mn></mrow></msup>",
		"x_i^2": "<msubsup><mi>x</mi><mrow><mi>i</mi></mrow><mrow><mn>2</mn></mrow></msubsup>",
		"x^2_i": "<msubsup><mi>x</mi><mrow><mi>i</mi></mrow><mrow><mn>2</mn></mrow></msubsup>",
		"x*":    "<msup><mi>x</mi><mrow><mo>∗</mo></mrow></msup>",
		"x'":    "<msup><mi>x</mi><mrow><mo>′</mo></mrow></msup>",
		"x_i'":  "<msubsup><mi>x</mi><mrow><mi>i</mi></mrow><mrow><mo>′</mo></mrow></msubsup>",
		"x+":    "<msup><mi>x</mi><mrow><mo>+</mo></mrow></msup>",
		"x_-1":  "<msub><mi>x</mi><mrow><mo>−</mo><mn>1</mn></mrow></msub>",

		// A sum has its index below, but not its exponent above.
		"sum_i x": `<munder><mo movablelimits="false">∑</mo><mrow><mi>i</mi></mrow></munder><mi>x</mi>`,
		"sum^2":   `<msup><mo movablelimits="false">∑</mo><mrow><mn>2</mn></mrow></msup>`,

		// Indices that belong to a name come first.
		"L1_i":  "<msub><mi>L</mi><mrow><mn>1</mn><mo>,</mo><mi>i</mi></mrow></msub>",
		"D0":    "<msub><mi>D</mi><mrow><mn>0</mn></mrow></msub>",
		"Cv^2":  "<msubsup><mi>C</mi><mrow><mi>v</mi></mrow><mrow><mn>2</mn></mrow></msubsup>",
		"Cb_e":  `<msub><mover accent="true"><mi>C</mi><mo stretchy="false">¯</mo></mover><mrow><mi>ε</mi></mrow></msub>`,
		"Ct_d":  `<msub><mover accent="true"><mi>C</mi><mo stretchy="false">~</mo></mover><mrow><mi>δ</mi></mrow></msub>`,
		"Cy":    "<msub><mi>C</mi><mrow><mi>y</mi></mrow></msub>",
		"C2[1]": "<msub><mi>C</mi><mrow><mn>2</mn><mo>,</mo><mn>1</mn></mrow></msub>",

		// In braces, of two levels, of a fraction, and what is no script.
		"x_{i+1}":   "<msub><mi>x</mi><mrow><mi>i</mi><mo>+</mo><mn>1</mn></mrow></msub>",
		"x_{y_{i}}": "<msub><mi>x</mi><mrow><msub><mi>y</mi><mrow><mi>i</mi></mrow></msub></mrow></msub>",
		"x_{i":      "<msub><mi>x</mi><mrow><mi>i</mi></mrow></msub>",
		"x^1/2":     "<msup><mi>x</mi><mrow><mn>1/2</mn></mrow></msup>",
		"x^1 /2": "<msup><mi>x</mi><mrow><mn>1</mn></mrow></msup>" +
			`<mo lspace="0" rspace="0">/</mo><mn>2</mn>`,
		"x^1/y": "<msup><mi>x</mi><mrow><mn>1</mn></mrow></msup>" +
			`<mo lspace="0" rspace="0">/</mo><mi>y</mi>`,
		"x_": "<mi>x</mi><mo>_</mo>",
	} {
		if got := inner(t, statement); got != want {
			t.Errorf("%q is\n  %s, want\n  %s", statement, got, want)
		}
	}
}

// TestLeaves: each kind of token without scripts.
func TestLeaves(t *testing.T) {
	const prefix, postfix = `<mo form="prefix" stretchy="false" lspace="0" rspace="0">`,
		`<mo form="postfix" stretchy="false" lspace="0" rspace="0">`
	for statement, want := range map[string]string{
		"2":      "<mn>2</mn>",
		"E":      `<mi mathvariant="normal">𝔼</mi>`,
		"g":      "<mi>γ</mi>",
		"l":      "<mi>ℓ</mi>",
		"h":      "<mi>h</mi>",
		"sigma":  "<mi>σ</mi>",
		"grad":   `<mo rspace="0">∇</mo>`,
		"ln":     "<mi>ln</mi><mo>&#x2061;</mo>",
		"max":    "<mi>max</mi><mo>&#x2061;</mo>",
		"(x)":    prefix + "(</mo><mi>x</mi>" + postfix + ")</mo>",
		"|x|":    prefix + "|</mo><mi>x</mi>" + postfix + "|</mo>",
		"<grad>": prefix + `⟨</mo><mo rspace="0">∇</mo>` + postfix + "⟩</mo>",
		"[Y|x]": prefix + `[</mo><mi>Y</mi><mo lspace="0.1em" rspace="0.1em" stretchy="false">∣</mo><mi>x</mi>` +
			postfix + "]</mo>",
		"x<y":   "<mi>x</mi><mo>&lt;</mo><mi>y</mi>",
		"x=y":   "<mi>x</mi><mo>=</mo><mi>y</mi>",
		"x<=y":  "<mi>x</mi><mo>≤</mo><mi>y</mi>",
		"x->y":  "<mi>x</mi><mo>→</mo><mi>y</mi>",
		"x~y":   "<mi>x</mi><mo>∼</mo><mi>y</mi>",
		"x+-y":  "<mi>x</mi><mo>±</mo><mi>y</mi>",
		"x-y":   "<mi>x</mi><mo>−</mo><mi>y</mi>",
		"-y":    `<mo form="prefix">−</mo><mi>y</mi>`,
		"+y":    `<mo form="prefix">+</mo><mi>y</mi>`,
		"x/y":   `<mi>x</mi><mo lspace="0" rspace="0">/</mo><mi>y</mi>`,
		"x...y": "<mi>x</mi><mo>⋯</mo><mi>y</mi>",
		"[x,y]": prefix + "[</mo><mi>x</mi><mo>,</mo><mi>y</mi>" + postfix + "]</mo>",
	} {
		if got := inner(t, statement); got != want {
			t.Errorf("%q is\n  %s, want\n  %s", statement, got, want)
		}
	}
}

// TestBreaks: a formula may break before relations and sums outside of brackets that have white
// space before them; commas and words stand between formulas.
func TestBreaks(t *testing.T) {
	for statement, want := range map[string]string{
		"x = y":         "math(x) math(=y)",
		"x= y":          "math(x=y)",
		"x + y - z":     "math(x) math(+y) math(−z)",
		"(x + y)":       "math((x+y))",
		"(x + y) + z":   "math((x+y)) math(+z)",
		"(x, y), z":     "math((x,y)), math(z)",
		"x * y":         "math(x∗y)",
		"x -y":          "math(x) math(−y)",
		"= -y":          "math(=−y)",
		"x) + y":        "math(x)) math(+y)",
		"for x; and":    "for math(x); and",
		"2 of 3 & more": "math(2) of math(3) & more",
	} {
		if got := shape(t, HTML(statement)); got != want {
			t.Errorf("%q is %s, want %s", statement, got, want)
		}
	}
}

// TestPlain: signs for names, white space of any kind one space, and words as they are.
func TestPlain(t *testing.T) {
	for statement, want := range map[string]string{
		"":                          "",
		"mu \n\t sigma":             "μ σ",
		"grad l(w)":                 "∇ ℓ(w)",
		"x < y > z":                 "x < y > z",
		"x <= y <~ z":               "x ≤ y ≲ z",
		"delta and a delta-like l1": "δ and a δ−like l1",
		"E|U-u|^2":                  "E|U−u|^2",
		"a <grad l, u>":             "a <∇ ℓ, u>",
	} {
		if got := Plain(statement); got != want {
			t.Errorf("%q is %q, want %q", statement, got, want)
		}
	}
}
