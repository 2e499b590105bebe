package campaign

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

var full = flag.Bool("full", false,
	"all seeds of planted claims, the one about runs, and a campaign of a minute that is killed: five minutes of a core")

// scaled is a claim of the list, by its name, with its right side divided by what a view
// says.
func scaled(t *testing.T, name, id string, by func(v *claim.View) float64) claim.Claim {
	t.Helper()
	all := props.Claims()
	k := slices.IndexFunc(all, func(c claim.Claim) bool { return c.Name() == name })
	if k < 0 {
		t.Fatalf("no claim %s", name)
	}
	c := all[k]
	right := c.Right
	c.ID, c.AtMost = id, 0
	c.Right = func(v *claim.View, i int) float64 { return right(v, i) / by(v) }
	return c
}

// beyond is 1 below a threshold and a factor from it on.
func beyond(value, threshold int, factor float64) float64 {
	if value >= threshold {
		return factor
	}
	return 1
}

// planted are claims that hold as far as the batches of a search draw, N <= 8, widths <= 4, T <= 2^15, and
// fail beyond some size that the seed draws; one lacks a factor that grows like log N.
func planted(t *testing.T, seed uint64) []claim.Claim {
	rng := rand.New(rand.NewPCG(seed, seed))
	n, width, steps := 12+rng.IntN(37), 6+rng.IntN(43), 40_000+rng.IntN(460_000)
	return []claim.Claim{
		scaled(t, "thm1/sharp-each", fmt.Sprintf("from-N-%d", n),
			func(v *claim.View) float64 { return beyond(v.K.N, n, 2) }),
		scaled(t, "thm1/sharp-each", fmt.Sprintf("from-width-%d", width),
			func(v *claim.View) float64 { return beyond(v.Width, width, 2) }),
		scaled(t, "thm1/sharp-each", "lacks-log-N",
			func(v *claim.View) float64 { return max(1, math.Log(float64(v.K.N))/math.Log(9)) }),
		scaled(t, "thm3/printed", fmt.Sprintf("from-T-%d", steps),
			func(v *claim.View) float64 { return beyond(v.Run.Steps, steps, 8) }),
	}
}

// steady makes every unit take a tenth of a second, so that the choice among them does not
// depend on how busy the machine is.
func steady(t *testing.T) {
	now := time.Unix(0, 0)
	clock = func() time.Time {
		now = now.Add(100 * time.Millisecond)
		return now
	}
	t.Cleanup(func() { clock = time.Now })
}

// TestPlanted: a campaign finds what fails only beyond the reach of the batches of a search, and
// says of what holds how far it looked. Five seeds of five with -full, which one alone with
// -run 'TestPlanted/seed-4'.
func TestPlanted(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		claims := planted(t, seed)
		if !*full {
			if claims = claims[:3]; seed != 3 {
				continue
			}
		}
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			steady(t)
			findPlanted(t, claims, seed)
		})
	}
}

// findPlanted has a campaign look for planted claims, four units at a time.
func findPlanted(t *testing.T, claims []claim.Claim, seed uint64) {
	found := map[string]bool{}
	dir := t.TempDir()
	units := 0
	for units < 120 && len(found) < len(claims) {
		units += 4
		r, err := Run(Options{Claims: claims, Seed: seed, Dir: dir, Time: time.Hour, Units: 4})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Findings {
			if f.Violated > 0 && !found[f.Claim.ID] {
				found[f.Claim.ID] = true
				t.Logf("seed %d: %s by %s, ratio %.3g, within %d units, searched to %+v", seed, f.Claim.ID, f.Source,
					f.Ratio, units, f.Reach)
			}
		}
	}
	for _, c := range claims {
		if !found[c.ID] {
			t.Errorf("seed %d: %s is not found in %d units", seed, c.ID, units)
		}
	}
}

// TestPlantedInASearch: the far cases of a default search find the same claims, five seeds of
// five with -full.
func TestPlantedInASearch(t *testing.T) {
	const cases = 4000
	for seed := uint64(1); seed <= 5; seed++ {
		claims := planted(t, seed)
		if !*full {
			if claims = claims[:3]; seed > 1 {
				break
			}
		}
		opt := search.Options{Seed: seed, Cases: cases}
		opt.Units = []int{search.UnitsOf(claims, cases).Len()}
		for _, f := range search.Run(claims, opt).Findings {
			t.Logf("seed %d: %s violated in %d of %d, searched to %+v", seed, f.Claim.ID, f.Violated, f.Cases, f.Reach)
			if f.Violated == 0 {
				t.Errorf("seed %d: %s is not found", seed, f.Claim.ID)
			}
		}
	}
}
