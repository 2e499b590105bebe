package claim

// Assumption is one of the paper, under which its statements are made.
type Assumption struct {
	ID        string // A1 to A4
	Statement string // in the notation of theory.md
}

// Assumptions are those of the paper, section 2.
var Assumptions = [...]Assumption{
	{"A1", "grad l is L-Lipschitz"},
	{"A2", "the mean of the unperturbed gradient over x is grad l(w), its variance at most sigma^2"},
	{"A3", "for all i, on the region that the states visit: |J1_i| and |J2_i| are at most C, the mixed second " +
		"derivative " +
		"of f_i is at most C2, f_i is Lipschitz in its input with Lf, grad f_i and grad^2 f_i are with L1 and L2; " +
		"all > 0"},
	{"A4", "|grad l(w)|^2 >= 2 mu (l(w) - l*), the inequality of Polyak and Lojasiewicz"},
}

// Assumes are the assumptions of the paper, A1 to A4, that a claim speaks under by its
// kind; a claim that judges itself has those of what it follows from.
func (c *Claim) Assumes() []string {
	var a []string
	if c.Kind == Training {
		a = append(a, "A1", "A2")
	}
	if (c.Kind == Step || c.Kind == Nodes) && !c.WithoutA3 {
		a = append(a, "A3")
	}
	if c.PL {
		a = append(a, "A4")
	}
	return a
}
