package cert_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
)

// groups makes every vector but those of the fuzzing corpora.
func groups(t *testing.T) []vectorGroup {
	t.Helper()
	valid := vectorGroup{Type: "Certificate", Source: "props/cert/vectors_test.go, accepted"}
	invalid := vectorGroup{Type: "Certificate", Source: "props/cert/vectors_test.go, refused"}
	put := func(v vector) {
		if v.Result == "valid" {
			valid.Tests = append(valid.Tests, v)
		} else {
			invalid.Tests = append(invalid.Tests, v)
		}
	}
	all := committed(t)
	names := slices.Sorted(maps.Keys(all))
	for _, name := range names {
		put(newVector(name, "OnRecord", read(t, name)))
	}
	for _, name := range []string{"thm2-past", "lemma2-literal", "eq6b", "thm5-past", "eq48sum"} {
		for _, l := range layouts(t, name) {
			put(l)
		}
	}
	for _, name := range names {
		for _, v := range editedVectors(t, name) {
			put(v)
		}
	}
	for _, v := range slices.Concat(randomVectors(t), zetaVectors(t), runVectors(t), spikeVectors(t), rowVectors(t)) {
		put(v)
	}
	for _, c := range malformed(string(read(t, "eq28b-total"))) {
		put(newVector(c.name, "Malformed", []byte(c.data)))
	}
	data := read(t, "thm2-past")
	for at := 0; at < len(data)-2; at += 97 {
		put(newVector(fmt.Sprintf("thm2-past up to byte %d", at), "Truncated", data[:at]))
	}
	attacks, err := filepath.Glob(filepath.Join(attackFolder, "*"))
	if err != nil || len(attacks) == 0 {
		t.Fatalf("no attacks: %v", err)
	}
	for _, name := range attacks {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		put(newVector(filepath.Base(name), "Attack", data))
	}
	return []vectorGroup{valid, invalid}
}

// layouts writes a certificate in other ways.
func layouts(t *testing.T, name string) []vector {
	t.Helper()
	data := read(t, name)
	compact, wide := new(bytes.Buffer), new(bytes.Buffer)
	if err := json.Compact(compact, data); err != nil {
		t.Fatal(err)
	}
	if err := json.Indent(wide, data, " ", "\t"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	fields := lines[1 : len(lines)-1]
	for k := range fields {
		fields[k] = strings.TrimSuffix(fields[k], ",")
	}
	slices.Reverse(fields)
	escaped := strings.Replace(string(data), `"claim"`, `"\u0063laim"`, 1)
	return []vector{
		newVector(name+" without white space", "Layout", compact.Bytes()),
		newVector(name+" with more white space", "Layout", append(wide.Bytes(), " \r\n\t"...)),
		newVector(name+" from the last field to the first", "Layout", []byte("{"+strings.Join(fields, ",\n")+"}")),
		newVector(name+" with an escape in a key", "Layout", []byte(escaped)),
		newVector(name+" without the last line end", "Layout", bytes.TrimSpace(data)),
	}
}

// editedVectors are edits of a certificate that are accepted, with its sides or others,
// a few of each field.
func editedVectors(t *testing.T, name string) (list []vector) {
	t.Helper()
	const ofAField, every = 1, 13 // all edits are the business of TestMutations
	tree := decode(t, read(t, name))
	unchanged := string(encoded(t, tree))
	seen := map[string]int{}
	for k, e := range edits("", tree) {
		field, _, _ := strings.Cut(e.path, ".")
		if k%every != 0 || field == "text" || strings.Contains(e.path, "why") {
			continue
		}
		data := encoded(t, e.tree)
		if string(data) == unchanged {
			continue
		}
		kind := field
		v := newVector(fmt.Sprintf("%s: %s %s", name, e.path, e.what), "Edited", data)
		if v.Result != "valid" {
			if data = withSides(data); data == nil {
				continue
			}
			kind += " filled"
			v = newVector(v.Comment+", sides computed", "Edited", data)
		}
		if v.Result == "valid" && seen[kind] < ofAField {
			seen[kind]++
			list = append(list, v)
		}
	}
	return list
}

func encoded(t testing.TB, tree any) []byte {
	t.Helper()
	b := new(bytes.Buffer)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(tree); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withSides is the certificate with the sides that it should have; nil if it cannot be
// read.
func withSides(data []byte) []byte {
	c, err := cert.Parse(data)
	if err != nil || c.Fill() != nil {
		return nil
	}
	return withTheSides(data, c.LHS, c.RHS)
}

// withTheSides is the certificate with these sides.
func withTheSides(data []byte, lhs, rhs cert.Value) []byte {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil
	}
	for name, v := range map[string]cert.Value{"lhs": lhs, "rhs": rhs} {
		var side any = v.String()
		if v.Rows != nil {
			rows := [][]string{}
			for _, row := range v.Rows {
				rows = append(rows, strings.Fields(strings.Trim(fmt.Sprint(ratStrings(row)), "[]")))
			}
			side = rows
		}
		b, err := json.Marshal(side)
		if err != nil {
			return nil
		}
		fields[name] = b
	}
	filled, err := json.Marshal(fields)
	if err != nil {
		return nil
	}
	return filled
}

func ratStrings(v []*big.Rat) []string {
	s := make([]string, len(v))
	for k, x := range v {
		s[k] = x.RatString()
	}
	return s
}

// randomVectors draws certificates until each claim and reading that can be refuted is,
// and some honest ones that are not.
func randomVectors(t *testing.T) (list []vector) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 1))
	refuted, honest := map[string]int{}, map[string]int{}
	const rounds, ofEach = 16, 2
	for range rounds {
		c := randomCertificate(r, 2+r.IntN(3), allOps)
		constantsFor(t, c, needed(t, c))
		everyStatement(r, c, func() {
			if err := c.Fill(); err != nil {
				t.Fatal(err)
			}
			c.Text = "drawn at random"
			name := strings.Trim(c.Claim+" "+c.Form+" "+c.Reading, " ")
			if c.LHS.Num.Cmp(c.RHS.Num) > 0 { // as every refutation has it
				if data, err := c.Marshal(); err == nil {
					if refuted[name]++; refuted[name] <= ofEach {
						v := newVector(fmt.Sprintf("%s, case %d", name, refuted[name]), "Random", data)
						list = append(list, v)
					}
					return
				}
			}
			if honest[name]++; honest[name] == 1 {
				list = append(list, newVector(name+", not refuted", "NotRefuted", honestBytes(t, c)))
			}
		})
	}
	return list
}

// zetaVectors are chains with zeta at random, some that refute sa5 and sa6 and one for each conjecture that
// does not, and for sa7, which hardly one in a thousand refutes, y_1 = w x and y_1^2/2 read at the same +-s.
func zetaVectors(t *testing.T) (list []vector) {
	t.Helper()
	r := rand.New(rand.NewPCG(8, 1))
	refuted, honest := map[string]int{}, map[string]int{}
	const ofEach, most = 3, 500
	for tries := 0; refuted["sa5"] < ofEach || refuted["sa6"] < ofEach || len(honest) < 3; tries++ {
		if tries == most {
			t.Fatalf("%v refuted and %v not, of %d chains with zeta", refuted, honest, most)
		}
		c := randomConjecture(r)
		c.Text = "drawn at random"
		leastConstants(t, c)
		if data, err := c.Marshal(); err == nil {
			if refuted[c.Claim]++; refuted[c.Claim] <= ofEach {
				list = append(list, newVector(fmt.Sprintf("%s, case %d", c.Claim, refuted[c.Claim]), "Random", data))
			}
		} else if honest[c.Claim]++; honest[c.Claim] == 1 {
			list = append(list, newVector(c.Claim+", not refuted", "NotRefuted", honestBytes(t, c)))
		}
	}
	for _, s := range [][2]string{{"1/8", "1/8"}, {"1/16", "1/16"}, {"3/32", "1/16"}} {
		c := savedCertificate("sa7", halfSquare, s[0], s[1])
		c.Text = "two operators do"
		if err := c.Fill(); err != nil {
			t.Fatal(err)
		}
		data, err := c.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, newVector(fmt.Sprintf("sa7, zeta_1 = +-%s, zeta_2 = +-%s", s[0], s[1]), "Random", data))
	}
	return list
}

// leastConstants fills c, with the least constants that are powers of 2 above 1/32, where it has any.
func leastConstants(t testing.TB, c *cert.Certificate) {
	t.Helper()
	named := map[string]*big.Rat{}
	if c.Constants != nil {
		for _, name := range []string{"C", "C2", "Lf", "L1", "L2"} {
			named[name] = big.NewRat(1, 16)
		}
		c.Constants = &cert.Constants{C: named["C"], C2: named["C2"], Lf: named["Lf"], L1: named["L1"], L2: named["L2"],
			Why: reasons()}
	}
	for {
		err := c.Fill()
		if err == nil {
			return
		}
		var refusal *cert.Refusal
		if !errors.As(err, &refusal) || named[strings.TrimPrefix(refusal.Place, "constants.")] == nil {
			t.Fatal(err)
		}
		x := named[strings.TrimPrefix(refusal.Place, "constants.")]
		x.Add(x, x)
	}
}

// honestBytes is c with its sides also where they do not refute, and Marshal will not
// write it.
func honestBytes(t testing.TB, c *cert.Certificate) []byte {
	t.Helper()
	if data, err := c.Marshal(); err == nil {
		return data
	}
	tree := map[string]any{
		"version": 1, "claim": c.Claim, "eq": equationOf(t, c.Claim), "form": c.Form, "text": c.Text, "n": len(c.Chain),
		"x": ratStrings(c.X), "lhs": c.LHS.String(), "rhs": c.RHS.String(),
	}
	var chain []map[string]any
	var w [][]string
	for k, o := range c.Chain {
		op := map[string]any{"op": o.Op}
		for name, n := range map[string]int{"in": o.In, "out": o.Out, "n": o.N} {
			if n > 0 {
				op[name] = n
			}
		}
		if o.A != nil {
			rows := [][]string{}
			for _, row := range o.A {
				rows = append(rows, ratStrings(row))
			}
			op["a"] = rows
		}
		chain = append(chain, op)
		w = append(w, ratStrings(c.W[k]))
	}
	tree["chain"], tree["w"] = chain, w
	for name, laws := range map[string]map[int]cert.Law{"delta": c.Delta, "eps": c.Eps, "zeta": c.Zeta} {
		if name == "zeta" && laws == nil {
			continue // allowed for conjectures alone
		}
		sites := map[string]any{}
		for i, law := range laws {
			var outcomes []map[string]any
			for _, o := range law {
				outcomes = append(outcomes, map[string]any{"p": o.P.RatString(), "d": ratStrings(o.D)})
			}
			if len(law) > 0 {
				sites[strconv.Itoa(i)] = outcomes
			}
		}
		tree[name] = sites
	}
	if r := c.Run; r != nil {
		run := map[string]any{"gamma": r.Gamma.RatString(), "steps": r.Steps, "L": r.L.RatString(),
			"lstar": r.LStar.RatString()}
		if r.Mu != nil {
			run["mu"] = r.Mu.RatString()
		}
		tree["run"] = run
	}
	if k := c.Constants; k != nil {
		tree["constants"] = map[string]any{
			"C": k.C.RatString(), "C2": k.C2.RatString(), "Lf": k.Lf.RatString(), "L1": k.L1.RatString(),
			"L2": k.L2.RatString(), "why": k.Why,
		}
	}
	if c.Reading != "" {
		tree["reading"] = c.Reading
	}
	if c.I > 0 {
		at := map[string]any{"i": c.I}
		if len(c.Given) > 0 {
			at["given"] = c.Given
		}
		tree["at"] = at
	}
	return encoded(t, tree)
}

// equationOf is the number of a claim, which Check names when another one is given.
func equationOf(t testing.TB, claim string) string {
	t.Helper()
	_, err := cert.Parse(fmt.Appendf(nil, `{"version":1,"claim":%q,"eq":"","form":"printed","text":""}`, claim))
	if err == nil {
		t.Fatal("a certificate without anything is read")
	}
	_, after, _ := strings.Cut(err.Error(), claim+" is ")
	eq, err := strconv.Unquote(after)
	if err != nil {
		t.Fatalf("no number of %s in %q", claim, after)
	}
	return eq
}

// runVectors are runs that move, that come to a stand, and that stand still.
func runVectors(t *testing.T) (list []vector) {
	t.Helper()
	for _, steps := range []int{2, 3, 9} {
		for _, start := range []int64{0, -3, 2} {
			for _, run := range longRuns(big.NewRat(1, 4), steps, one(start)[0]) {
				c := run.c
				c.Claim, c.Form, c.Text = "eq41", "derivation", run.name
				if err := c.Fill(); err != nil {
					t.Fatal(err)
				}
				data, err := c.Marshal()
				if err != nil {
					t.Fatal(err)
				}
				name := fmt.Sprintf("eq41 derivation, %s, %d steps from %d", run.name, steps, start)
				list = append(list, newVector(name, "Run", data))
				changed := bytes.Replace(data, []byte(`"steps":`+strconv.Itoa(steps)),
					[]byte(`"steps":`+strconv.Itoa(steps+1)), 1)
				list = append(list, newVector(name+", with a step more", "Run", changed))
			}
		}
	}
	return list
}

func spikeVectors(t *testing.T) (list []vector) {
	t.Helper()
	for _, s := range spikes {
		c, err := cert.Parse(read(t, "spike"))
		if err != nil {
			t.Fatal(err)
		}
		s.edit(c)
		if err := c.Fill(); err != nil {
			t.Fatal(err)
		}
		list = append(list, newVector("spike, "+s.name, "Unbounded", honestBytes(t, c)))
	}
	return list
}

// rowVectors are the rows of TestRefusals and TestRunRefusals.
func rowVectors(t *testing.T) (list []vector) {
	t.Helper()
	const long = 1 << 17 // no vector is that long
	for _, row := range slices.Concat(refusals, runRefusals) {
		name := row.name
		if name == "" {
			name = fmt.Sprintf("%s: %s for %s", row.file, row.new, row.old)
		}
		if data := row.changed(t); len(data) < long {
			list = append(list, newVector(name, "Field", []byte(data)))
		}
	}
	return list
}

// corpus is the bytes of the fuzzing corpora of what is read as JSON, the first of an input.
func corpus(t *testing.T) (list []vector) {
	t.Helper()
	var files []string
	for _, target := range []string{"FuzzCertificate", "FuzzSaved", "FuzzReport", "FuzzRequest", "FuzzReply"} {
		of, err := filepath.Glob(filepath.Join(corpusFolder, target, "*"))
		if err != nil || len(of) == 0 {
			t.Fatalf("%s: %d inputs, %v", target, len(of), err)
		}
		files = append(files, of...)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			quoted, found := strings.CutPrefix(strings.TrimSpace(line), "[]byte(")
			if !found {
				continue
			}
			input, err := strconv.Unquote(strings.TrimSuffix(quoted, ")"))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			target := filepath.Base(filepath.Dir(name))
			list = append(list, newVector(target+"/"+filepath.Base(name), "FuzzCorpus", []byte(input)))
			break
		}
	}
	return list
}

// TestVectorsMade: every input that a fuzzer of certificates has kept is in the file, and with
// -full, that it has what this package makes. Whether a vector has its verdict is for
// TestVectors to say.
func TestVectorsMade(t *testing.T) {
	var made []vectorGroup
	if *full || *update {
		made = groups(t)
	}
	if *update {
		writeVectors(t, append(made, vectorGroup{Type: "Certificate", Source: "fuzz/testdata", Tests: corpus(t)}))
	}
	file := readVectors(t)
	seen := map[string]bool{}
	for _, g := range file.TestGroups {
		for _, v := range g.Tests {
			seen[v.Comment] = true
		}
	}
	for k, g := range made {
		if k >= len(file.TestGroups) || len(g.Tests) != len(file.TestGroups[k].Tests) {
			t.Fatalf("%s: other vectors than in the file; -update writes them", g.Source)
		}
		for i, v := range g.Tests {
			if have := file.TestGroups[k].Tests[i]; have.Comment != v.Comment || !bytes.Equal(have.data(t), v.data(t)) {
				t.Fatalf("%s: vector %d is another one; -update writes them", v.Comment, have.ID)
			}
		}
	}
	for _, v := range corpus(t) {
		if strings.HasPrefix(v.Comment, "FuzzCertificate/") && !seen[v.Comment] {
			t.Errorf("%s is no vector; -update writes it", v.Comment)
		}
	}
}

func writeVectors(t *testing.T, all []vectorGroup) {
	t.Helper()
	file := vectorSet{
		Algorithm: "certificate of a refutation, props/cert/FORMAT.md", Version: cert.Version, Notes: vectorNotes,
		TestGroups: all,
		Header:     []string{"Inputs for a checker of certificates, with the verdict that it must come to."},
	}
	for _, g := range all {
		for k := range g.Tests {
			file.NumberOfTests++
			g.Tests[k].ID = file.NumberOfTests
		}
	}
	b := new(bytes.Buffer)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorFile, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}
