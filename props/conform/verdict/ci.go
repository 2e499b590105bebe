package verdict

import (
	"fmt"
	"io"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// JUnit writes the verdict as JUnit XML: one suite, a test case for each rule, and one for
// each fault, as a fault may show in many rules.
func (v *Verdict) JUnit(w io.Writer) error {
	suite := junit.Testsuite{Name: "conform"}
	suite.AddProperty("engine", v.engine())
	suite.AddProperty("command", v.Command)
	suite.AddProperty("summary", v.Report.Summary())
	for _, o := range v.Report.Outcomes {
		c := junit.Testcase{Name: o.Rule, Classname: "conform.rule"}
		if o.Skipped != "" {
			c.Skipped = &junit.Result{Message: printable(o.Skipped)}
		}
		suite.AddTestcase(c)
	}
	for _, f := range v.Findings {
		c := junit.Testcase{Name: f.ID, Classname: "conform.fault"}
		text := &junit.Result{Message: v.line(f), Type: string(f.Kind), Data: v.line(f) + "\n" + v.replay(f.Request)}
		if f.Known {
			c.Skipped = &junit.Result{Message: "known: " + v.line(f)}
		} else {
			c.Failure = text
		}
		suite.AddTestcase(c)
	}
	for _, id := range v.Missing {
		suite.AddTestcase(junit.Testcase{
			Name: id, Classname: "conform.known",
			Failure: &junit.Result{Message: "a known fault did not show: take it off the list"},
		})
	}
	if v.Baseline != nil && v.Baseline.Compared != nil {
		c := junit.Testcase{Name: "baseline", Classname: "conform"}
		var b strings.Builder
		p := &table.Printer{To: &b}
		v.comparison(p)
		if v.compared() == conform.Fault {
			c.Failure = &junit.Result{Message: v.comparedLine(), Type: string(conform.Fault), Data: b.String()}
		} else {
			c.SystemOut = &junit.Output{Data: v.comparedLine() + "\n" + b.String()}
		}
		suite.AddTestcase(c)
	}
	switch v.Conclusion() {
	case Broken, Stopped, Invalid:
		text := v.Headline()
		if v.Broken != nil {
			text = v.Broken.Error()
		}
		suite.AddTestcase(junit.Testcase{
			Name: "run", Classname: "conform",
			Error: &junit.Result{Message: v.Headline(), Type: string(v.Conclusion()), Data: text},
		})
	}
	var all junit.Testsuites
	all.AddSuite(suite)
	return all.WriteXML(w)
}

// Annotations writes workflow commands of GitHub Actions: an error for each fault, a warning
// for each known one.
func (v *Verdict) Annotations(w io.Writer) error {
	p := &table.Printer{To: w}
	for _, f := range v.Findings {
		level := "error"
		if f.Known {
			level = "warning"
		}
		p.F("::%s title=%s::%s\n", level, property("conform: "+f.ID), message(v.line(f)))
	}
	for _, id := range v.Missing {
		p.F("::error title=conform::%s\n", message("known fault that did not show: "+id))
	}
	if v.Baseline != nil && v.Baseline.Compared != nil {
		p.F("%s", v.annotation())
	}
	switch v.Conclusion() {
	case Broken, Stopped, Invalid:
		p.F("::error title=conform::%s\n", message(v.Headline()))
	}
	return p.Err
}

var (
	messageEscapes  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func message(s string) string  { return messageEscapes.Replace(s) }
func property(s string) string { return propertyEscapes.Replace(s) }

// Summary writes a step summary in Markdown.
func (v *Verdict) Summary(w io.Writer) error {
	p := &table.Printer{To: w}
	p.F("### conform: %s\n\n%s\n\n", escape(v.Headline()), escape(v.Report.Summary()))
	if len(v.Findings) > 0 {
		p.F("| fault | what showed | requests |\n|---|---|---|\n")
		for _, f := range v.Findings {
			known := ""
			if f.Known {
				known = " (known)"
			}
			requests := "none was asked"
			if f.Count <= f.Asked {
				requests = fmt.Sprintf("%d of %d", f.Count, f.Asked)
			}
			p.F("| %s%s | %s | %s |\n", escape(f.ID), known, escape(v.line(f)), requests)
		}
		p.F("\n")
	}
	if v.Baseline != nil && v.Baseline.Compared != nil {
		var b strings.Builder
		v.comparison(&table.Printer{To: &b})
		p.F("```\n%s```\n\n", strings.ReplaceAll(b.String(), "```", "'''"))
	}
	for _, id := range v.Missing {
		p.F("- known fault that did not show: %s\n", escape(id))
	}
	if v.Broken != nil {
		text := strings.ReplaceAll(v.Broken.Error(), "```", "'''")
		p.F("```\n%s\n```\n", text)
	}
	return p.Err
}

var markdownEscapes = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`, "`", "\\`",
	"[", `\[`, "\n", " ")

// escape is text within a cell.
func escape(s string) string { return markdownEscapes.Replace(s) }
