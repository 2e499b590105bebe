package verdict

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAnnotations: a fault is an error, a known one a warning, and what decides nothing an
// error.
func TestAnnotations(t *testing.T) {
	known := "::warning title=conform%3A (5d) the step::W[1]: got 3, want 4 | a*b_c; in 7 of 9 requests of step, run\n"
	for name, want := range map[string]string{
		"passed": "",
		"known":  known,
		"failed": known + "::error title=conform%3A panic%3A Step%3A panicked%3A\uFFFDno \uFFFD[31mluck::" +
			"Step: panicked:\uFFFDno \uFFFD[31mluck; smallest case: none\n",
		"missing": "::error title=conform::known fault that did not show: (5b) eps\n" +
			"::error title=conform::known fault that did not show: (5a) f\n",
		"undecided": "::error title=conform::INVALID: mine 1.2 (float32): nothing is decided: no weight moved\n",
		"broken": strings.Replace(known, "warning", "error", 1) + "::error title=conform::BROKEN: mine 1.2 (float32): " +
			"the engine broke the protocol (torn line): half a line\n",
	} {
		if diff := cmp.Diff(want, written(t, verdicts()[name].Annotations)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
	if got := property("a%:,\r\nb") + message("a%:,\r\nb"); got != "a%25%3A%2C%0D%0Aba%25:,%0D%0Ab" {
		t.Errorf("escaped as %q", got)
	}
}

func TestSummary(t *testing.T) {
	head := func(line string) string {
		return "### conform: " + line + "\n\n" + ran + "; skipped trace, batch, run\n\n"
	}
	row := "| (5d) the step%s | W\\[1]: got 3, want 4 \\| a\\*b\\_c; in 7 of 9 requests of step, run | 7 of 9 |\n"
	table := "| fault | what showed | requests |\n|---|---|---|\n" + row
	for name, want := range map[string]string{
		"passed": head("PASSED: mine 1.2 (float32): no fault found"),
		"known": head("PASSED: mine 1.2 (float32): no fault found but for 1 known fault") +
			strings.Replace(table, "%s", " (known)", 1) + "\n",
		"missing": head("FAILED: mine 1.2 (float32): 2 known faults that did not show") +
			"- known fault that did not show: (5b) eps\n- known fault that did not show: (5a) f\n",
		"broken": head("BROKEN: mine 1.2 (float32): the engine broke the protocol (torn line): half a line") +
			strings.Replace(table, "%s", "", 1) + "\n```\nthe engine broke the protocol (torn line): half a line\n" +
			"  it ended: exit 1\n  sent: a'''b\n  came: c\n  stderr: oh\n```\n",
	} {
		if diff := cmp.Diff(want, written(t, verdicts()[name].Summary)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
	if got := escape("\\|<*_`[\n"); got != `\\\|&lt;\*\_`+"\\`"+`\[ ` {
		t.Errorf("escaped as %q", got)
	}
}

// suites is what a reader of JUnit XML sees.
type suites struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
	Suite    struct {
		Name       string `xml:"name,attr"`
		Properties []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"properties>property"`
		Cases []testcase `xml:"testcase"`
	} `xml:"testsuite"`
}

type testcase struct {
	Name    string  `xml:"name,attr"`
	Class   string  `xml:"classname,attr"`
	Skipped *result `xml:"skipped"`
	Failure *result `xml:"failure"`
	Error   *result `xml:"error"`
}

type result struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Data    string `xml:",chardata"`
}

func readJUnit(t *testing.T, name string) (s suites) {
	t.Helper()
	text := written(t, func(w io.Writer) error { return verdicts()[name].JUnit(w) })
	if err := xml.Unmarshal([]byte(text), &s); err != nil {
		t.Errorf("%s: %v\n%s", name, err, text)
	}
	return s
}

func TestJUnit(t *testing.T) {
	rules := []testcase{
		{Name: "operators", Class: "conform.rule"}, {Name: "step", Class: "conform.rule"},
		{Name: "trace", Class: "conform.rule", Skipped: &result{Message: "no trace"}},
		{Name: "batch", Class: "conform.rule", Skipped: &result{Message: "no <batch>"}},
		{Name: "run", Class: "conform.rule", Skipped: &result{Message: "no trace"}},
	}
	line := "W[1]: got 3, want 4 | a*b_c; in 7 of 9 requests of step, run"
	known := testcase{Name: "(5d) the step", Class: "conform.fault", Skipped: &result{Message: "known: " + line}}
	fault := testcase{Name: "(5d) the step", Class: "conform.fault", Failure: &result{
		Message: line, Type: "wrong",
		Data: line + "\n   verify gate -replay - cmd <<'END'\n{\"type\":\"step\"}\nEND\n",
	}}
	missing := func(id string) testcase {
		return testcase{Name: id, Class: "conform.known",
			Failure: &result{Message: "a known fault did not show: take it off the list"}}
	}
	run := func(message, kind, data string) testcase {
		return testcase{Name: "run", Class: "conform", Error: &result{Message: message, Type: kind, Data: data}}
	}
	undecided := "INVALID: mine 1.2 (float32): nothing is decided: no weight moved"
	for name, want := range map[string][]testcase{
		"passed":    nil,
		"known":     {known},
		"missing":   {missing("(5b) eps"), missing("(5a) f")},
		"undecided": {run(undecided, "invalid", undecided)},
		"broken": {fault, run("BROKEN: mine 1.2 (float32): the engine broke the protocol (torn line): half a line",
			"broken", broken().Error())},
		"stopped": {fault, run("STOPPED: mine 1.2 (float32): stopped by a signal", "stopped", broken().Error())},
	} {
		s := readJUnit(t, name)
		want = append(rules[:len(rules):len(rules)], want...)
		if diff := cmp.Diff(want, s.Suite.Cases); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
		count := [4]int{len(want)}
		for _, c := range want {
			for k, r := range []*result{c.Failure, c.Error, c.Skipped} {
				if r != nil {
					count[k+1]++
				}
			}
		}
		if got := [4]int{s.Tests, s.Failures, s.Errors, s.Skipped}; got != count || s.Suite.Name != "conform" {
			t.Errorf("%s: suite %q counts %v, want %v", name, s.Suite.Name, got, count)
		}
		properties := map[string]string{}
		for _, p := range s.Suite.Properties {
			properties[p.Name] = p.Value
		}
		if diff := cmp.Diff(map[string]string{
			"engine": "mine 1.2 (float32)", "command": "cmd", "summary": ran + "; skipped trace, batch, run",
		}, properties); diff != "" {
			t.Errorf("%s: properties (-want +got)\n%s", name, diff)
		}
	}
}
