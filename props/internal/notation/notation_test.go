package notation

import (
	"crypto/sha256"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/statements.txt anew from its statements")

// TestStatements: statements of the paper's claims are written as on record, each as a
// statement, the shape of its HTML, plain, and the digest of its HTML.
func TestStatements(t *testing.T) {
	const file = "testdata/statements.txt"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	statements := 0
	for _, block := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
		statement, _, _ := strings.Cut(block, "\n")
		markup := HTML(statement)
		fmt.Fprintf(&got, "%s\n%s\n%s\n%x\n\n", statement, shape(t, markup), Plain(statement),
			sha256.Sum256([]byte(markup)))
		statements++
	}
	if statements < 100 {
		t.Errorf("%d statements, want 100 or more", statements)
	}
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(data), got.String()); diff != "" {
		t.Errorf("run with -update and look at what changed: (-record +got)\n%s", diff)
	}
}

// shape is the HTML with nothing but the texts of its elements, scripts in brackets.
func shape(t *testing.T, s string) string {
	t.Helper()
	var b strings.Builder
	d := xml.NewDecoder(strings.NewReader("<p>" + s + "</p>"))
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			switch tok.Name.Local {
			case "math", "msub", "msup", "msubsup", "munder":
				b.WriteString(tok.Name.Local + "(")
			case "mrow":
				b.WriteString(" ")
			}
		case xml.EndElement:
			switch tok.Name.Local {
			case "math", "msub", "msup", "msubsup", "munder":
				b.WriteString(")")
			}
		case xml.CharData:
			b.Write(tok)
		}
	}
}

func TestHTML(t *testing.T) {
	for _, c := range []struct{ what, statement, want string }{
		{"a bound", "|v_i|^2 <= Cv^2", "math(|msub(v i)msup(| 2)) math(≤msubsup(C v 2))"},
		{"a sum breaks lines", "2C^2 sum_{i<N} E|V_i-v_i|^2 + 3",
			"math(2msup(C 2)munder(∑ i<N)𝔼|msub(V i)−msub(v i)msup(| 2)) math(+3)"},
		{"words", "right side of (17a) <= 2", "right side of (17a) math(≤2)"},
		{"a product below a line", "s^2/(6d) x", "math(msup(s 2)/(6d)x)"},
		{"an article", "with a third of a", "with a third of math(a)"},
		{"given", "E|E[Y_i-y_i|x]|^2", "math(𝔼|𝔼[msub(Y i)−msub(y i)∣x]msup(| 2))"},
		{"bars in brackets", "E[|U-u|^2 - |E_t[U-u]|^2]", "math(𝔼[|U−umsup(| 2)−|msub(𝔼 t)[U−u]msup(| 2)])"},
		{"conditional", "E^{G_{i-1}}|Y|^4", "math(msup(𝔼 msub(G i−1))|Ymsup(| 4))"},
		{"coefficients", "Ce_e[i+1] E|eps_{i+1}|^2", "math(msub(C^ ε,i+1)𝔼|msub(ε i+1)msup(| 2))"},
		{"exponents", "T^-1/2 and g^2/2", "math(msup(T −1/2)) and math(msup(γ 2)/2)"},
		{"next weights", "l(w+) - l*", "math(ℓ(msup(w +))) math(−msup(ℓ ∗))"},
		{"a product", "g <grad l, u+r> < 1", "math(γ⟨∇ℓ,u+r⟩) math(<1)"},
		{"a path", "of bounds/PROOFS.md, section 2", "of bounds/PROOFS.md, section math(2)"},
		{"names of more than a letter", "Dt of zeta_j -> infinity, lambda (1-Lg)",
			"math(Δt) of math(msub(ζ j)) math(→∞), math(λ(1− Lγ))"},
		{"a remark", "s_f = 2 (1 in the text): f_1 (x + y), v1 (SGD in one step)^2", "math(msub(s f)) math(=2) " +
			"(math(1) in the text): math(msub(f 1)(x+y)), math(msub(v 1)) (SGD in one stepmath(msup() 2))"},
		{"a function with scripts", "ln^2 T max_i x", "math(msup(ln 2)\u2061Tmsub(max i)\u2061x)"},
		{"a horizon", "(1-mu g)^T, t < T", "math((1−μγmsup() T)), math(t) math(<T)"},
		{"a Jacobian", "J1_{i+1}(Y_i)^T", "math(msub(J 1,i+1)(msub(Y i)msup() T))"},
		{"not understood", "<b> & é \" |", "math(<b>) & é \" math(|)"},
	} {
		if got := shape(t, HTML(c.statement)); got != c.want {
			t.Errorf("%s: %q gives\n  %s, want\n  %s", c.what, c.statement, got, c.want)
		}
	}
}

// FuzzHTML: every text gives well-formed HTML in which nothing is lost.
func FuzzHTML(f *testing.F) {
	f.Add("E|U-u|^2 <= sum_{i<N} [a")
	f.Add("^ _ { | > \xff")
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0xfffd || r > 0xd7ff }) {
			t.Skip()
		}
		shape(t, HTML(s))
		Plain(s)
	})
}

// TestMarkup: numbers, names and signs are told apart: a sign before a name stands close to
// it, and a relation that begins a line has room behind it.
func TestMarkup(t *testing.T) {
	const infix = `<mo form="infix" lspace="0" rspace="0.28em">`
	for statement, want := range map[string]string{
		"a_0 b_9 c_i": "<math><msub><mi>a</mi><mrow><mn>0</mn></mrow></msub><msub><mi>b</mi><mrow><mn>9</mn></mrow>" +
			"</msub><msub><mi>c</mi><mrow><mi>i</mi></mrow></msub></math>",
		"J1_i J2_i": "<math><msub><mi>J</mi><mrow><mn>1</mn><mo>,</mo><mi>i</mi></mrow></msub>" +
			"<msub><mi>J</mi><mrow><mn>2</mn><mo>,</mo><mi>i</mi></mrow></msub></math>",
		"x..y": "<math><mi>x</mi><mo>…</mo><mi>y</mi></math>",
		"b/2 <= c": `<math><mi>b</mi><mo lspace="0" rspace="0">/</mo><mn>2</mn></math> <math>` + infix +
			"≤</mo><mi>c</mi></math>",
	} {
		if got := HTML(statement); got != want {
			t.Errorf("%s gives\n  %s, want\n  %s", statement, got, want)
		}
	}
	for statement, want := range map[string]string{
		"g E[-a]":  `<mo form="prefix">−</mo><mi>a</mi>`,
		"g E[b+a]": "<mi>b</mi><mo>+</mo><mi>a</mi>",
		"T^-1/2":   "<mrow><mo>−</mo><mn>1/2</mn></mrow>",
		"x <= -a": "<mo form=\"infix\" lspace=\"0\" rspace=\"0.28em\">≤</mo>" +
			"<mo form=\"prefix\">−</mo><mi>a</mi></math>",
		"converges to -d": "converges to <math><mo form=\"prefix\">−</mo><mi>d</mi></math>",
		"g E[2 -a]":       "<mn>2</mn><mo>−</mo><mi>a</mi>",
		"E[2 / -a]":       `<mo lspace="0" rspace="0">/</mo><mo form="prefix">−</mo><mi>a</mi>`,
		"g l(x+)":         "<msup><mi>x</mi><mrow><mo>+</mo></mrow></msup>",
		"g l(x +)":        "<mi>x</mi><mo>+</mo>",
		"A_i^T + 1":       `<mi mathvariant="normal">T</mi>`,
		"g T + 1":         "<mi>T</mi>",
		"q^T <= T":        "<mrow><mi>T</mi></mrow>", // a power, not a transpose
	} {
		if got := HTML(statement); !strings.Contains(got, want) {
			t.Errorf("%s gives\n  %s, want in it\n  %s", statement, got, want)
		}
	}
}
