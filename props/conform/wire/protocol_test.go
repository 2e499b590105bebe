package wire

import (
	"bytes"
	"flag"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cascade-sgd/cascade/props/conform"
)

var update = flag.Bool("update", false, "write the replies of PROTOCOL.md anew")

const protocolPage = "../PROTOCOL.md"

// named is the reference under the name of the page's examples.
type named struct {
	conform.Engine
	conform.Tracer
	conform.Batcher
	conform.Runner
}

func (named) Describe() conform.Info {
	return conform.Info{Name: "my engine", Version: "1.2", Precision: "float64"}
}

func newNamed() conform.Engine {
	e := conform.NewReference()
	return named{e, e.(conform.Tracer), e.(conform.Batcher), e.(conform.Runner)}
}

// definition is one of the schema's.
func definition(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile("../protocol.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("protocol.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("protocol.schema.json#/$defs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fits(t *testing.T, s *jsonschema.Schema, line string) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
	if err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return s.Validate(doc)
}

// TestPage: the examples of PROTOCOL.md are what the reference answers, each type of
// request is there, and what the page says in numbers is what the code has.
func TestPage(t *testing.T) {
	page, err := os.ReadFile(protocolPage)
	if err != nil {
		t.Fatal(err)
	}
	engine := newNamed()
	lines := strings.Split(string(page), "\n")
	seen := map[string]bool{}
	for k, line := range lines {
		request, ok := strings.CutPrefix(line, "-> ")
		if !ok {
			continue
		}
		for _, kind := range []string{typeHello, typeStep, typeTrace, typeBatch, typeRun, "dream"} {
			if strings.Contains(request, `"type":"`+kind+`"`) {
				seen[kind] = true
			}
		}
		want := "<- " + strings.TrimSuffix(string(answer(engine, []byte(request))), "\n")
		if *update {
			lines[k+1] = want
		}
		// Elsewhere functions differ in the last digit.
		if lines[k+1] != want && runtime.GOARCH == "amd64" {
			t.Errorf("%s\nis answered with\n%s\nthe page has\n%s", request, want, lines[k+1])
		}
	}
	if len(seen) != 6 {
		t.Errorf("examples of %v alone", seen)
	}
	if *update {
		if err := os.WriteFile(protocolPage, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	o := (*Options)(nil).withDefaults()
	for _, fact := range []struct {
		holds bool
		text  string
	}{
		{MaxLine == 67108864, "67108864 bytes"}, {o.Timeout.Seconds() == 30, "A request has 30 seconds"},
		{o.Start.Minutes() == 2, "hello, 2 minutes"}, {o.Exit.Seconds() == 5, "within 5 seconds"},
		{o.Restart.Seconds() == 30, "at most 30 s of"},
	} {
		if !fact.holds || !strings.Contains(string(page), fact.text) {
			t.Errorf("the code has another number than %q, or the page does not say it", fact.text)
		}
	}
}

// TestSchema: the messages of a gate fit the schema, and those that are no messages do not.
func TestSchema(t *testing.T) {
	requests := definition(t, "request")
	replies := map[string]*jsonschema.Schema{}
	for _, kind := range []string{typeHello, typeStep, typeTrace, typeBatch, typeRun} {
		replies[kind] = definition(t, kind)
	}
	seen := map[string]int{}
	check := func(request, reply string) {
		_, rest, _ := strings.Cut(request, `"type":"`)
		kind, _, _ := strings.Cut(rest, `"`)
		if seen[kind]++; seen[kind] > 100 && seen[kind]%5 > 0 {
			return
		}
		if err := fits(t, requests, request); err != nil {
			t.Fatalf("%v: %s", err, request)
		}
		if err := fits(t, replies[kind], reply); err != nil {
			t.Fatalf("%v: %s", err, reply)
		}
	}
	e := pipe(newReference, nil)
	start := e.start
	e.start = func() (*peer, *BrokenError) {
		p, err := start()
		p.in, p.out = record(p.in, p.out, check)
		return p, err
	}
	r := conform.Run(e.Factory, e.Options(&conform.Options{
		Cases: 2, Rules: []string{"operators", "not-finite", "trace", "batch", "run"},
		Ops: []string{"affine", "fixed", "tanh", "softmaxce", "halfsq"},
	}))
	if err := r.Err(); err != nil || len(seen) != 5 {
		t.Errorf("%v, seen %v", err, seen)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}

	for _, bad := range []string{
		`{"id":1,"loss":null,"u":[],"w":[]}`, `{"id":1,"Loss":0,"u":[],"w":[]}`, `{"loss":0,"u":[],"w":[]}`,
		`{"id":-1,"loss":0,"u":[],"w":[]}`, `{"id":1,"loss":"nan","u":[],"w":[]}`,
		`{"id":1,"loss":0,"u":[[null]],"w":[]}`,
		`{"id":1.5,"loss":0,"u":[],"w":[]}`, `[]`,
	} {
		if fits(t, replies[typeStep], bad) == nil {
			t.Errorf("the schema takes %s", bad)
		}
		if _, err := parseStep([]byte(bad), 100); err == nil && !strings.Contains(bad, `{"loss"`) {
			t.Errorf("the code takes %s", bad)
		}
	}
}

// record hands requests and their replies to check.
func record(in io.WriteCloser, out io.Reader, check func(request, reply string)) (io.WriteCloser, io.Reader) {
	w := &recorder{WriteCloser: in}
	return w, &replies{out, w, check, ""}
}

type recorder struct {
	io.WriteCloser
	last string
}

func (r *recorder) Write(b []byte) (int, error) {
	r.last = string(b)
	return r.WriteCloser.Write(b)
}

type replies struct {
	io.Reader
	of    *recorder
	check func(request, reply string)
	line  string
}

func (r *replies) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.line += string(b[:n])
	if strings.HasSuffix(r.line, "\n") {
		r.check(r.of.last, r.line)
		r.line = ""
	}
	return n, err
}
