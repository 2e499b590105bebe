package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/internal/experiment/rates"
	"github.com/cascade-sgd/cascade/props/internal/experiment/spikes"
	"github.com/cascade-sgd/cascade/props/internal/runs/betting/anytime"
)

// table prints the claims and the runs.
func table(w io.Writer, r *props.Report) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "id\tequation\tform\treading\tverdict\tcases\trejected\tlargest ratio\treplay")
	for _, c := range r.Claims {
		reading := c.Reading
		if reading == "" {
			reading = "-"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%v\t%s\n", c.ID, c.Eq, c.Form, reading, c.Verdict, c.Cases, c.Rejected, c.Tightness(), c.Replay)
	}
	tw.Flush()
	if len(r.Runs) == 0 {
		return
	}
	fmt.Fprintf(w, "\ntraining runs: the claims above on one step, but (6), spike and lemma2, at every logged step; E over the samples of the batch and their draws\n")
	fmt.Fprintln(tw, "run\tsteps\tloss\tE|U-u|^2 measured\tTheorem 1's bound\tsharp\tsharp-each\tclaims violated")
	for _, run := range r.Runs {
		last := lastLogged(&run)
		violated := "none"
		if !run.OK {
			violated = fmt.Sprint(run.Violated)
		}
		fmt.Fprintf(tw, "%s\t%d\t%v -> %v\t%.3g\t%.3g\t%.3g\t%.3g\t%s\n", run.Name, run.Steps, run.LossFirst, run.LossLast,
			float64(last.Measured), float64(last.Bound), float64(last.Sharp), float64(last.Each), violated)
	}
	tw.Flush()
	fmt.Fprintf(w, "\nlong stochastic runs, tested by betting: a false alarm in all of them together has probability %g\n", anytime.SuiteAlpha)
	fmt.Fprintln(tw, "test\tobservations\tlog wealth\trejected")
	for _, s := range r.Sequential {
		fmt.Fprintf(tw, "%s\t%d\t%.2f\t%v\n", s.Name, s.Steps, float64(s.Wealth), s.Rejected)
	}
	tw.Flush()
	fmt.Fprintln(w)
}

// errata prints what fails as printed, with a witness and what holds instead.
func errata(w io.Writer, findings []*props.Finding) {
	fmt.Fprintln(w, "Printed statements of arXiv:2602.20646v1 that fail. A constant of A3 that is 0 on the case stands as 2^-30.")
	for _, e := range props.Errata(findings) {
		c := e.Claim
		reading := ""
		if c.Reading != "" {
			reading = ", " + c.Reading + " reading"
		}
		fmt.Fprintf(w, "\n%s %s, %s%s\n", c.ID, c.Eq, c.Form, reading)
		fmt.Fprintf(w, "  says     %s\n", c.Statement)
		fmt.Fprintf(w, "  witness  %s\n", e.WitnessLine())
		if e.Witness != nil {
			fmt.Fprintf(w, "  there    %.6g > %.6g\n", e.Result.Left.Lo, e.Result.Right.Hi)
		}
		if e.Certificate != "" {
			fmt.Fprintf(w, "  replay   go run ./props/verify -replay %s\n", e.Certificate)
		}
		for _, r := range e.Repaired {
			fmt.Fprintf(w, "  %-8s %s\n", r.Form, r.Statement) // says conjecture where there is no proof
		}
		if why := derivations[c.ID]; why != "" && c.Form == props.Derivation {
			fmt.Fprintf(w, "  instead  %s\n", why)
		}
		if s := e.Slack(); s != "" {
			fmt.Fprintf(w, "  but      %s\n", s)
		}
	}
	for k, i := range props.Improvements(findings) {
		if k == 0 {
			fmt.Fprintln(w, "\nSharper forms that hold, with the largest left/right of theirs and of the printed one, or the repaired one where that fails (-: none).")
		}
		fmt.Fprintf(w, "\n%s %s, %s\n  says     %s\n  ratio    %v, beside it %s\n", i.Claim.ID, i.Claim.Eq, sharperForm(&i), i.Claim.Statement, i.Ratio, i.BesideRatio())
	}
}

// derivations says where a statement stands whose printed proof has a step that
// fails; whether it holds all the same is for the search to say.
var derivations = map[string]string{
	"eq20": "a proof of (20) that does without the step: bounds/PROOFS.md, 2.3",
	"eq41": "a proof of (41) that does without the step: bounds/PROOFS.md, (4.6)",
	"cor1": "it is the other way round: where the limits differ, eps may be larger, or O(1) at more steps",
	"cor3": "the cell follows from (38), whose geometric weights leave g for a perturbation at every step, where (50) has g^2 T",
	"a3":   "the runs come out as printed, at step sizes for which no theorem of section 4 speaks",
}

// errataTable is errata as a table of README.md, a row a statement: where
// readings fail alike they share it.
func errataTable(findings []*props.Finding) string {
	var b strings.Builder
	b.WriteString("| statement | as printed | smallest witness | left, right | instead |\n|---|---|---|---|---|\n")
	for _, e := range props.Errata(findings) {
		c := e.Claim
		name := c.ID + " " + c.Eq
		if c.Reading != "" {
			name += ", " + c.Reading
		}
		if c.Form == props.Derivation {
			name += ", derivation"
		}
		sides := ""
		if e.Witness != nil {
			sides = fmt.Sprintf("%.4g > %.4g", e.Result.Left.Lo, e.Result.Right.Hi)
		}
		if e.Certificate != "" {
			sides += fmt.Sprintf(" ([certificate](%s))", e.Certificate)
		}
		var instead []string
		if c.Form == props.Derivation {
			instead = append(instead, derivations[c.ID])
		}
		for _, r := range e.Repaired {
			statement := r.Statement
			if r.Form == props.Conjecture {
				statement = "conjecture: " + statement
			}
			instead = append(instead, statement)
		}
		if s := e.Slack(); s != "" {
			instead = append(instead, s)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, cell(c.Statement), cell(e.WitnessLine()), strings.TrimSpace(sides), cell(strings.Join(instead, "; ")))
	}
	return b.String()
}

// sharperTable lists the sharp forms that hold as a table of README.md.
func sharperTable(findings []*props.Finding) string {
	var b strings.Builder
	b.WriteString("| id | form | statement | ratio | ratio of the printed form, or of the repaired one where that fails |\n|---|---|---|---|---|\n")
	for _, i := range props.Improvements(findings) {
		fmt.Fprintf(&b, "| %s %s | %s | %s | %v | %s |\n", i.Claim.ID, i.Claim.Eq, sharperForm(&i), cell(i.Claim.Statement), i.Ratio, i.BesideRatio())
	}
	return b.String()
}

// sharperForm is the form and its readings.
func sharperForm(i *props.Improvement) string {
	return strings.Join(append([]string{string(i.Claim.Form)}, i.Readings...), ", ")
}

// cell escapes what a Markdown table would take for its own.
func cell(s string) string { return strings.NewReplacer("|", "\\|", "<~", "&lt;~").Replace(s) }

// The marks between which README.md holds the table of the default search.
const (
	readmeBegin = "<!-- written by: go run ./props/verify -record -->\n"
	readmeEnd   = "<!-- end -->"

	errataBegin  = "<!-- errata, written by: go run ./props/verify -record -->\n"
	sharperBegin = "<!-- sharper forms, written by: go run ./props/verify -record -->\n"
)

func lastLogged(r *props.RunReport) (last props.LoggedStep) {
	if n := len(r.Logged); n > 0 {
		last = r.Logged[n-1]
	}
	return last
}

// markdown is the table of README.md.
func markdown(r *props.Report) string {
	var b strings.Builder
	b.WriteString("| id | equation | form | verdict | cases | rejected | ratio |\n|---|---|---|---|---|---|---|\n")
	for _, c := range r.Claims {
		form := string(c.Form)
		if c.Reading != "" {
			form += ", " + c.Reading
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %d | %d | %v |\n", c.ID, c.Eq, form, c.Verdict, c.Cases, c.Rejected, c.Tightness())
	}
	b.WriteString("\n| training run | steps | loss | E\\|U-u\\|^2 at the last step | Theorem 1's bound | sharp | sharp-each |\n|---|---|---|---|---|---|---|\n")
	for _, run := range r.Runs {
		last := lastLogged(&run)
		fmt.Fprintf(&b, "| %s | %d | %v to %v | %.3g | %.3g | %.3g | %.3g |\n", run.Name, run.Steps, run.LossFirst, run.LossLast,
			float64(last.Measured), float64(last.Bound), float64(last.Sharp), float64(last.Each))
	}
	return b.String()
}

// page prints one of the pages, to be read on its own.
func page(name string, seed uint64, stdout, stderr io.Writer) int {
	var err error
	switch name {
	case "table1":
		o := rates.Full
		o.Seed = seed
		var results []rates.Result
		if results, err = rates.Measure(rates.Scenarios(), o); err == nil {
			err = rates.Markdown(stdout, results)
		}
	case "spikes":
		err = spikes.Markdown(stdout, spikes.Full(seed))
	case "theorem1":
		err = props.WriteTheorem1(stdout)
	case "counterexamples":
		err = props.WriteExamples(stdout, seed)
	default:
		err = fmt.Errorf("-page is %q, want theorem1, table1, spikes or counterexamples", name)
	}
	if err != nil {
		fmt.Fprintln(stderr, "verify:", err)
		return exitUsage
	}
	return exitOK
}

func replaceBetween(text, begin, end, with string) (string, error) {
	head, rest, ok := strings.Cut(text, begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", fmt.Errorf("the marks %q and %q are not there", strings.TrimSpace(begin), end)
	}
	return head + begin + with + end + tail, nil
}

func saveWorst(dir string, findings []*props.Finding, seed uint64) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range findings {
		s := f.Save(seed)
		if s == nil {
			continue
		}
		data, err := json.MarshalIndent(s, "", " ")
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(dir, s.FileName()), append(data, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// saveCertificates makes a certificate of every refuted claim of the paper and
// writes it below dir; what has none is told to stderr.
func saveCertificates(dir string, findings []*props.Finding, stderr io.Writer) error {
	dir = filepath.Join(dir, "certificates")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range findings {
		if f.Verdict() != "refuted" || !f.Claim.Certifiable() {
			continue
		}
		c, err := f.Certificate()
		if err != nil {
			fmt.Fprintf(stderr, "verify: no certificate of %s: %v\n", f.Claim.Name(), err)
			continue
		}
		data, err := c.Marshal()
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(dir, f.Claim.CertificateName()), data); err != nil {
			return err
		}
	}
	return nil
}

// merge joins the reports of all shards and judges the sum, which it prints as JSON.
func merge(paths []string, stdout, stderr io.Writer) int {
	fail := func(err error) int {
		fmt.Fprintln(stderr, "verify merge:", err)
		return exitUsage
	}
	var parts []*props.Report
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return fail(err)
		}
		r, err := props.ReadReport(f)
		f.Close()
		if err != nil {
			return fail(fmt.Errorf("%s: %w", path, err))
		}
		parts = append(parts, r)
	}
	sum, err := props.Merge(parts)
	if err != nil {
		fmt.Fprintln(stderr, "verify", err) // it begins with "merge:"
		return exitUsage
	}
	data, err := sum.Marshal()
	if err != nil {
		return fail(err)
	}
	if _, err := stdout.Write(data); err != nil {
		return fail(err)
	}
	code, err := judge(sum, false, 0, stderr)
	if err != nil {
		return fail(err)
	}
	return code
}

// replay explains one file: 0 when it shows what it says, 1 when not.
func replay(path string, stdout, stderr io.Writer) int {
	data, err := readCapped(path)
	if err != nil {
		fmt.Fprintln(stderr, "verify: -replay:", err)
		return exitUsage
	}
	if err := props.CheckJSON(data); err != nil {
		fmt.Fprintf(stderr, "verify: -replay %s: %v\n", path, err)
		return exitUsage
	}
	if isCertificate(data) {
		return replayCertificate(path, data, stdout, stderr)
	}
	s, claim, err := props.ReadSaved(bytes.NewReader(data))
	if err == nil {
		var same bool
		if same, err = props.Explain(stdout, s, claim); err == nil && !same {
			return exitDiffers
		}
	}
	if err != nil {
		fmt.Fprintf(stderr, "verify: -replay %s: %v\n", path, err)
		return exitUsage
	}
	return exitOK
}

// maxReplayBytes caps a file to replay.
const maxReplayBytes = 1 << 24

func readCapped(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxReplayBytes+1))
	if err == nil && len(data) > maxReplayBytes {
		err = fmt.Errorf("%s: more than %d bytes", path, maxReplayBytes)
	}
	return data, err
}

// isCertificate tells a certificate from a saved case, which has the key "case". The
// data are JSON.
func isCertificate(data []byte) bool {
	var keys map[string]json.RawMessage
	if json.Unmarshal(data, &keys) != nil { // not an object
		return false
	}
	_, saved := keys["case"]
	_, claim := keys["claim"]
	return claim && !saved
}

// replayCertificate prints what a certificate shows; one that is refused does
// not show what it says.
func replayCertificate(path string, data []byte, stdout, stderr io.Writer) int {
	r, err := cert.Check(data)
	if err != nil {
		fmt.Fprintf(stderr, "verify: -replay %s: refused: %v\n", path, err)
		return exitDiffers
	}
	fmt.Fprint(stdout, r)
	return exitOK
}
