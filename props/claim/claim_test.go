package claim

import (
	"slices"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for _, c := range []struct {
		claim                   Claim
		name, file, certificate string
	}{
		{Claim{ID: "thm1", Form: Printed}, "thm1/printed", "thm1-printed.json", "thm1.json"},
		{Claim{ID: "thm2", Form: Printed, Reading: Past}, "thm2/printed/past", "thm2-printed-past.json",
			"thm2-past.json"},
		{Claim{ID: "eq20", Form: Derivation}, "eq20/derivation", "eq20-derivation.json", "eq20-derivation.json"},
		{Claim{ID: "eq40", Form: SharpRoot}, "eq40/sharp-root", "eq40-sharp-root.json", "eq40-sharp-root.json"},
	} {
		if got := c.claim.Name(); got != c.name {
			t.Errorf("name %q, want %q", got, c.name)
		}
		if got := c.claim.FileName(); got != c.file {
			t.Errorf("file %q, want %q", got, c.file)
		}
		if got := c.claim.CertificateName(); got != c.certificate {
			t.Errorf("certificate %q, want %q", got, c.certificate)
		}
	}
}

func TestComplete(t *testing.T) {
	side := func(*View, int) float64 { return 0 }
	good := Claim{ID: "mine", Form: Repaired, Statement: "0 <= 0", Left: side, Right: side}
	if err := good.Complete(); err != nil {
		t.Error(err)
	}
	judged := Claim{ID: "mine", Form: Printed, Statement: "so it is", Kind: SelfJudged,
		Judge: func(uint64) Judgement { return Judgement{} }}
	if err := judged.Complete(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(c *Claim){
		`id is ""`:                     func(c *Claim) { c.ID = "" },
		`id is "a/b"`:                  func(c *Claim) { c.ID = "a/b" },
		`id is "a b"`:                  func(c *Claim) { c.ID = "a b" },
		`id is "a\x1b[2J"`:             func(c *Claim) { c.ID = "a\x1b[2J" },
		`id is "a\x80"`:                func(c *Claim) { c.ID = "a\x80" },
		`id is "a\u202e"`:              func(c *Claim) { c.ID = "a\u202e" },
		"mine has no form":             func(c *Claim) { c.Form = "" },
		`mine is of form "true"`:       func(c *Claim) { c.Form = "true" },
		"has reading -1, want 0..3":    func(c *Claim) { c.Reading = -1 },
		"has reading 4, want 0..3":     func(c *Claim) { c.Reading = 4 },
		"mine/repaired has no stateme": func(c *Claim) { c.Statement = "" },
		"is of kind -1, want 0..4":     func(c *Claim) { c.Kind = -1 },
		"is of kind 5, want 0..4":      func(c *Claim) { c.Kind = Kind(Kinds) },
		"has no Left or no Right":      func(c *Claim) { c.Left = nil },
		"no Left or no Right":          func(c *Claim) { c.Right = nil },
		"itself and has no Judge":      func(c *Claim) { c.Kind = SelfJudged },
	} {
		c := good
		change(&c)
		if err := c.Complete(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	long := good
	long.ID = strings.Repeat("/", 200)
	if err := long.Complete(); err == nil || len(err.Error()) > 160 {
		t.Errorf("error %v, want the value cut to 80 characters", err)
	}
}

// TestForms: every form is the paper's, ours beside one that fails, or ours beside one
// that holds, and only one of these.
func TestForms(t *testing.T) {
	for _, f := range Forms {
		n := 0
		for _, is := range []bool{f.OfPaper(), f.Sharper(), f.Instead()} {
			if is {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s is %d of: of the paper, sharper, instead", f, n)
		}
	}
	if !slices.IsSortedFunc(Forms[:], func(a, b Form) int {
		if a.OfPaper() == b.OfPaper() {
			return 0
		} else if a.OfPaper() {
			return -1
		}
		return 1
	}) {
		t.Errorf("%v: those of the paper are not first", Forms)
	}
}

func TestKindNames(t *testing.T) {
	seen := map[string]bool{}
	for k := range Kinds {
		name := Kind(k).String()
		if name == "" || seen[name] {
			t.Errorf("kind %d is called %q", k, name)
		}
		seen[name] = true
	}
}

func TestCertifiable(t *testing.T) {
	for _, c := range []struct {
		form Form
		kind Kind
		want bool
	}{
		{Printed, Step, true}, {Printed, SelfJudged, true}, {Derivation, Training, true},
		{Derivation, SelfJudged, false},
		{Repaired, Step, false}, {Sharp, Training, false}, {Conjecture, Step, false},
		{Conjecture, SelfJudged, true},
	} {
		if got := (&Claim{Form: c.form, Kind: c.kind}).Certifiable(); got != c.want {
			t.Errorf("%s of kind %v: certifiable %v, want %v", c.form, c.kind, got, c.want)
		}
	}
}

// TestLeadsTo: a step of a proof leads to its statement, a statement to what rests on it.
func TestLeadsTo(t *testing.T) {
	lemma, step := Claim{ID: "lemma2", Form: Printed}, Claim{ID: "eq20", Form: Derivation}
	for _, c := range []struct {
		from, to Claim
		want     bool
	}{
		{lemma, Claim{ID: "eq26", RestsOn: "lemma2"}, true},
		{lemma, Claim{ID: "eq24"}, false},
		{step, Claim{ID: "eq20"}, true},
		{step, Claim{ID: "eq19"}, false},
		{Claim{ID: "cor3", Form: Derivation, Kind: SelfJudged}, Claim{ID: "cor3"}, false},
		{Claim{ID: "lemma2", Form: Repaired}, Claim{ID: "eq26", RestsOn: "lemma2"}, false},
	} {
		if got := c.from.LeadsTo(&c.to); got != c.want {
			t.Errorf("%s leads to %s: %v, want %v", c.from.Name(), c.to.ID, got, c.want)
		}
	}
}

// TestAssumes: a claim has the assumptions of its kind.
func TestAssumes(t *testing.T) {
	for _, c := range []struct {
		claim Claim
		want  string
	}{
		{Claim{Kind: Step}, "A3"}, {Claim{Kind: Nodes}, "A3"}, {Claim{Kind: Step, WithoutA3: true}, ""},
		{Claim{Kind: Linear}, ""}, {Claim{Kind: SelfJudged}, ""},
		{Claim{Kind: Training}, "A1 A2"}, {Claim{Kind: Training, PL: true}, "A1 A2 A4"},
	} {
		if got := strings.Join(c.claim.Assumes(), " "); got != c.want {
			t.Errorf("%v, PL %v: %s, want %s", c.claim.Kind, c.claim.PL, got, c.want)
		}
	}
}
