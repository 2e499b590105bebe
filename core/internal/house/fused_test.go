package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// TestFusedSums: the examples of the language specification, section
// "Floating-point operators", and the ways that a product can take to a sum.
func TestFusedSums(t *testing.T) {
	for _, c := range []struct {
		name, code string
		want       string // what is found, "" when nothing is
	}{
		{"sum", "r = x*y + z", "x * y"},
		{"difference", "r = z - x*y", "x * y"},
		{"assignment", "r = z; r += x*y", "x * y"},
		{"minus", "r = z; r -= x*y", "x * y"},
		{"over statements", "t = x*y; r = t + z", "t"},
		{"by a pointer", "*p = x*y; r = *p + z", "*p"},
		{"other side rounded", "r = x*y + float64(z)", "x * y"},
		{"rounded", "r = float64(x*y) + z", ""},
		{"rounded assignment", "r = z; r += float64(x*y)", ""},
		{"rounded over statements", "t = float64(x*y); r = t + z", ""},
		{"twice", "t = x*y; r = 2*t", "t"},
		{"twice itself", "r = 2*x*y", ""},
		{"twice at once", "r = 2*(x*y)", "(x * y)"},
		{"twice rounded", "t = float64(x*y); r = t*2.0", ""},
		{"both", "r = x*y + y*z", "x * y, y * z"},
		{"parentheses and sign", "r = -(x*y) + z", "-(x * y)"},
		{"product of a sum", "r = (x + y) * z", ""},
		{"quotient", "r = x/y + z", ""},
		{"third", "r = x/3 + z", ""},
		{"half", "r = x/2 + z", "x / 2"},
		{"quarter by variable", "t = x/0.25; r = t - z", "t"},
		{"halved", "t = x; t /= 2; r = t + z", "t"},
		{"multiplied", "t = x; t *= y; r = t + z", "t"},
		{"added to a product", "t = x*y; t += z", "t"},
		{"sum stays a sum", "t = z; t += float64(x*y); r = t + z", ""},
		{"element", "a[0] = x*y; r = a[0] + z", "a[0]"},
		{"range", "a[0] = x*y; for _, v := range a { r += v }", "v"},
		{"call", "r = mul(x, y) + z", "mul(x, y)"},
		{"named result", "r = named(x, y) + z", "named(x, y)"},
		{"rounded call", "r = float64(mul(x, y)) + z", ""},
		{"literal", "f := func(a float64) float64 { return a*y }; r = f(x) + z", "f(x)"},
		{"argument", "r = plus(x*y, z)", "a"},
		{"field", "s := pair{x*y, z}; r = s.u + z", "s.u"},
		{"named field", "s := pair{v: x*y}; r = s.v + z", "s.v"},
		{"other field", "s := pair{v: x*y}; r = s.u + z", ""},
		{"declared", "var d = x*y; r = d + z", "d"},
		{"integers", "n := 2; n = n*n + n; _ = n", ""},
		{"strings", `s := "a" + "b"; _ = s`, ""},
		{"constants", "r = 2.0*3 + z", ""},
		{"complex", "k := complex(x, y); k = k*k + k; _ = k", "k * k"},
		{"root", "r = math.Sqrt(x*y) + z", ""},
		{"foreign", "r = math.Pi*x + z", "math.Pi * x"},
		{"two results", "t, q := two(x, y); r = t + q", "q, t"},
		{"minimum", "r = min(x*y, z) + z", ""},
		{"compared", "if x*y > z { r = z }", ""},
		{"by a quarter", "r = x*0.25 + z", "x * 0.25"},
		{"divided by minus two", "r = x/-2 + z", "x / -2"},
		{"divided by one", "r = x/1 + z", "x / 1"},
		{"divided by a variable", "r = x/y - z", ""},
		{"by minus two", "r = x*y*-2", ""},
		{"two of a product", "r = (x*y)*2", "(x * y)"},
		{"positive sign", "r = +(x*y) + z", "+(x * y)"},
		{"not a sum", "if !(x*y > z) { r = -x }", ""},
		{"slice", "b := a[1:]; b[0] = x*y; r = b[1] + z", "b[1]"},
		{"by a slice", "a[:1][0] = x*y; r = a[0] + z", "a[0]"},
		{"in parentheses", "(t) = x*y; r = (t) + z", "(t)"},
		{"by a field", "var s pair; s.v = x*y; r = s.v + z", "s.v"},
		{"divided in place by three", "t = x; t /= 3; r = t + z", ""},
		{"integer in place", "n := 2; n *= 3; r = float64(n) + z", ""},
		{"two at once", "t, r = x*y, z; r = t + r", "t"},
		{"the other of two", "t, r = x*y, z; t = r + z", ""},
		{"dropped", "_ = x*y; r = z + 1", ""},
		{"a chain of holders", "t = x*y; p2 := t; q2 := p2; r = q2 - z", "q2"},
		{"over a function", "g := func() float64 { return x }; r = g() + z", ""},
		{"variadic", "r = all(1, x*y) + z", "all(1, x * y)"},
		{"negated", "r = -y + z", ""},
		{"two literals", "g := func() float64 { return x*y }; h := func() float64 { return x }; r = h() + z; _ = g",
			""},
		{"after a literal",
			"h := func() float64 { _ = func() float64 { return x }; return x*y }; r = h() + z", "h()"},
		{"a literal in a sum", "h := func() float64 { _ = func() float64 { return x*y }; return x }; r = h() + z", ""},
		{"a method", "r = pair{x, y}.area() + z", "pair{…}.area()"},
		{"a pointer to a composite", "s := &pair{u: x*y}; r = s.u + z", "s.u"},
		{"index of a range", "for i := range a { r += float64(i) }", ""},
		{"range of what holds none", "for _, v := range a { r += v }", ""},
		{"named field of no product", "s := pair{v: z}; r = s.v + x", ""},
		{"a named result rounded", "r = rounded(x, y) + z", ""},
		{"a return of nothing in a literal", "h := func() { return }; h(); r = z", ""},
		{"single", "var q float32 = 2; q = q*q + q; _ = q", "q * q"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code := `package p
import "math"
type pair struct{ u, v float64 }
func mul(a, b float64) float64 { return a*b }
func named(a, b float64) (c float64) { c = a*b; return }
func rounded(a, b float64) (c float64) { c = a*b; return float64(c) }
func (s pair) area() float64 { return s.u*s.v }
func all(a ...float64) float64 { return a[0] }
func two(a, b float64) (float64, float64) { return a*b, b }
func plus(a, b float64) float64 { return a + b }
func f(r, t, x, y, z float64, p *float64, a []float64) float64 {
	_ = math.Pi
	` + c.code + `
	return r
}`
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, "f.go", code, 0)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range fusedSums(fset, []*ast.File{file}) {
				_, expr, _ := strings.Cut(s, ": ")
				got = append(got, expr)
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}
