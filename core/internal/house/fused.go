package house

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"math"
	"slices"
	"testing"
)

// NoFusedSums fails at every sum of products that a compiler may fuse. The language
// lets x*y + z be rounded once, also across statements (t = x*y; r = t + z), which
// amd64 at GOAMD64=v3, arm64, ppc64le, riscv64 and s390x do and others do not; an
// explicit conversion, float64(x*y) + z, keeps two roundings everywhere.
//
// A product here is x*y, x divided by a power of two (which compilers multiply
// by its reciprocal), either with a sign, and what may hold one unrounded: a
// variable, parameter, field or element that one was assigned to, and a call of a
// function that returns one, as calls are inlined. Twice a product is a sum too: it
// is compiled to one. Types from other packages are
// not known and taken for numbers; what they return is taken as rounded. What a
// compiler really fuses is seen by
//
//	GOAMD64=v3 go build -gcflags=-S ./core/... 2>&1 | grep VFN\?M
//
// which has math/rand's Float64 in twice Float64 - 1 left, where every term is exact.
func NoFusedSums(t *testing.T) {
	t.Helper()
	fset, files := sources(t)
	if len(files) == 0 {
		t.Fatal("no sources")
	}
	for _, s := range fusedSums(fset, files) {
		t.Errorf("%s is added without being rounded: write float64(...)", s)
	}
}

// fusedSums lists the places at which a product is added or subtracted, or added to.
func fusedSums(fset *token.FileSet, files []*ast.File) []string {
	p := &pkg{fset: fset, held: map[types.Object]bool{}, info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}}
	config := types.Config{Importer: nowhere{}, Error: func(error) {}} // of other packages nothing is known
	_, _ = config.Check("p", fset, files, p.info)
	for before := -1; before != len(p.held); {
		before = len(p.held)
		p.each(files, p.follow)
	}
	p.each(files, p.judge)
	slices.Sort(p.found)
	return slices.Compact(p.found)
}

// nowhere imports packages without contents.
type nowhere struct{}

func (nowhere) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, path)
	p.MarkComplete()
	return p, nil
}

type pkg struct {
	fset  *token.FileSet
	info  *types.Info
	held  map[types.Object]bool // what may hold a product, and functions that may return one
	found []string
}

// each visits all nodes with the function that they are in: what it is declared as
// or, if it is a literal, the variable that it is assigned to; nil outside.
func (p *pkg) each(files []*ast.File, visit func(n ast.Node, in types.Object)) {
	for _, f := range files {
		literals := map[*ast.FuncLit]types.Object{}
		var stack []ast.Node
		var functions []types.Object // that the stack is in
		ast.Inspect(f, func(n ast.Node) bool {
			if n == nil {
				switch stack[len(stack)-1].(type) {
				case *ast.FuncDecl, *ast.FuncLit:
					functions = functions[:len(functions)-1]
				}
				stack = stack[:len(stack)-1]
				return true
			}
			stack = append(stack, n)
			switch n := n.(type) {
			case *ast.FuncDecl:
				functions = append(functions, p.info.Defs[n.Name])
			case *ast.FuncLit:
				functions = append(functions, literals[n])
			case *ast.AssignStmt:
				for k, v := range n.Rhs {
					if lit, ok := v.(*ast.FuncLit); ok {
						literals[lit] = p.root(n.Lhs[k])
					}
				}
			}
			var in types.Object
			if len(functions) > 0 {
				in = functions[len(functions)-1]
			}
			visit(n, in)
			return true
		})
	}
}

// follow marks what n gives a product to.
func (p *pkg) follow(n ast.Node, in types.Object) {
	switch n := n.(type) {
	case *ast.AssignStmt:
		p.followAssignment(n)
	case *ast.ValueSpec:
		for k, v := range n.Values {
			if p.product(v) {
				p.hold(p.info.Defs[n.Names[k]])
			}
		}
	case *ast.RangeStmt:
		if id, ok := n.Value.(*ast.Ident); ok && p.held[p.root(n.X)] {
			p.hold(p.info.ObjectOf(id))
		}
	case *ast.ReturnStmt:
		for _, v := range n.Results {
			if p.product(v) {
				p.hold(in)
			}
		}
		if f, ok := in.(*types.Func); ok && len(n.Results) == 0 {
			p.followResults(f)
		}
	case *ast.CompositeLit:
		p.followFields(n)
	case *ast.CallExpr:
		p.followArguments(n)
	}
}

func (p *pkg) followAssignment(n *ast.AssignStmt) {
	for k, left := range n.Lhs {
		right := n.Rhs[min(k, len(n.Rhs)-1)]
		var product bool
		switch n.Tok {
		case token.ASSIGN, token.DEFINE:
			product = p.product(right)
		case token.MUL_ASSIGN:
			product = p.float(left)
		case token.QUO_ASSIGN:
			product = p.float(left) && p.halves(right)
		}
		if product {
			p.hold(p.root(left))
		}
	}
}

// followResults is for a return of named results.
func (p *pkg) followResults(in *types.Func) {
	results := in.Signature().Results()
	for k := range results.Len() {
		if p.held[results.At(k)] {
			p.hold(in)
		}
	}
}

func (p *pkg) followFields(n *ast.CompositeLit) {
	t := p.info.TypeOf(n)
	if t == nil {
		return
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for k, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if p.product(kv.Value) {
				p.hold(p.info.ObjectOf(kv.Key.(*ast.Ident)))
			}
		} else if p.product(e) {
			p.hold(s.Field(k))
		}
	}
}

func (p *pkg) followArguments(n *ast.CallExpr) {
	f, ok := p.callee(n).(*types.Func)
	if !ok {
		return
	}
	params := f.Signature().Params()
	for k, arg := range n.Args {
		if params.Len() > 0 && p.product(arg) {
			p.hold(params.At(min(k, params.Len()-1)))
		}
	}
}

func (p *pkg) hold(o types.Object) {
	if o != nil && o.Name() != "_" {
		p.held[o] = true
	}
}

// judge records the sums of products at n.
func (p *pkg) judge(n ast.Node, _ types.Object) {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		sum := n.Op == token.ADD || n.Op == token.SUB || n.Op == token.MUL && (p.two(n.X) || p.two(n.Y))
		if sum && p.float(n) && (p.product(n.X) || p.product(n.Y)) {
			p.report(n, n.X, n.Y)
		}
	case *ast.AssignStmt:
		if (n.Tok == token.ADD_ASSIGN || n.Tok == token.SUB_ASSIGN) && p.float(n.Lhs[0]) &&
			(p.product(n.Lhs[0]) || p.product(n.Rhs[0])) {
			p.report(n, n.Lhs[0], n.Rhs[0])
		}
	}
}

func (p *pkg) report(n ast.Node, left, right ast.Expr) {
	for _, e := range []ast.Expr{left, right} {
		if p.product(e) {
			p.found = append(p.found, fmt.Sprintf("%v: %s", p.fset.Position(n.Pos()), types.ExprString(e)))
		}
	}
}

// product reports whether e may be a product that was not rounded.
func (p *pkg) product(e ast.Expr) bool {
	if p.info.Types[e].Value != nil {
		return false // a constant
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return p.product(e.X)
	case *ast.UnaryExpr:
		return (e.Op == token.SUB || e.Op == token.ADD) && p.product(e.X)
	case *ast.BinaryExpr:
		return p.float(e) && (e.Op == token.MUL || e.Op == token.QUO && p.halves(e.Y))
	case *ast.CallExpr:
		return p.held[p.callee(e)]
	case *ast.Ident, *ast.IndexExpr, *ast.SelectorExpr, *ast.StarExpr:
		return p.number(e) && p.held[p.root(e)]
	}
	return false
}

// two reports whether e is the constant 2: compilers make x + x of 2*x.
func (p *pkg) two(e ast.Expr) bool {
	v := p.info.Types[e].Value
	return v != nil && constant.Compare(constant.ToFloat(v), token.EQL, constant.MakeFloat64(2))
}

// halves reports whether e is a power of two.
func (p *pkg) halves(e ast.Expr) bool {
	v := p.info.Types[e].Value
	if v == nil {
		return false
	}
	f, _ := constant.Float64Val(constant.ToFloat(v))
	frac, _ := math.Frexp(math.Abs(f))
	return frac == 0.5
}

// callee is the function or variable that is called, nil for a conversion.
func (p *pkg) callee(n *ast.CallExpr) types.Object {
	switch f := n.Fun.(type) {
	case *ast.Ident:
		return p.info.Uses[f]
	case *ast.SelectorExpr:
		return p.info.Uses[f.Sel]
	}
	return nil
}

// root is the variable or field that e is or lies in.
func (p *pkg) root(e ast.Expr) types.Object {
	switch e := e.(type) {
	case *ast.Ident:
		return p.info.ObjectOf(e)
	case *ast.SelectorExpr:
		return p.info.Uses[e.Sel]
	case *ast.ParenExpr:
		return p.root(e.X)
	case *ast.StarExpr:
		return p.root(e.X)
	case *ast.IndexExpr:
		return p.root(e.X)
	case *ast.SliceExpr:
		return p.root(e.X)
	}
	return nil
}

// float reports whether e is a floating-point or complex number that is no constant,
// or of a type not known.
func (p *pkg) float(e ast.Expr) bool {
	tv, ok := p.info.Types[e]
	if !ok || tv.Type == nil {
		return true
	}
	if tv.Value != nil {
		return false
	}
	b, ok := tv.Type.Underlying().(*types.Basic)
	return ok && (b.Kind() == types.Invalid || b.Info()&(types.IsFloat|types.IsComplex) != 0)
}

// number is float for what is not an operation.
func (p *pkg) number(e ast.Expr) bool {
	if id, ok := e.(*ast.Ident); ok {
		if o := p.info.ObjectOf(id); o != nil {
			b, ok := o.Type().Underlying().(*types.Basic)
			return ok && (b.Kind() == types.Invalid || b.Info()&(types.IsFloat|types.IsComplex) != 0)
		}
	}
	return p.float(e)
}
