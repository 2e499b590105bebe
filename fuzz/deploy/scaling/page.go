package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// page writes SCALING.md. Its figures are computed from those of measured.go.
func page(w io.Writer) {
	p := func(format string, args ...any) { fmt.Fprintf(w, format+"\n\n", args...) }
	large := unitsOf(25_000)
	p("# What more machines bring")
	p("Written by: go run ./fuzz/deploy/scaling")
	p("A search of 25 million cases, %s units, takes %.0f core hours: %.0f minutes on 1000 machines. The default "+
		"search, %s units, takes %.0f s of a core, and no less than %.0f s, its dearest unit, from %d machines on. What "+
		"grows with cases is slow, and a bound that is met is met in the first batch. Far cases, %v s of a core, find "+
		"what no number of small ones does.",
		spaced(len(large)), sum(large)/3600, slices.Max(handOut(large, 1000))/60, spaced(len(unitsOf(4))), sum(unitsOf(4)),
		slices.Max(unitsOf(4)), enough(unitsOf(4)), far)

	p("## Cost")
	p("Units are handed out as `verify -shard i/n` does. Seconds of a core by unit: %v for the claims that judge "+
		"themselves, %v for the long runs, for each 1000 cases %v (a pass), %v (nodes), %v (linear networks), %v "+
		"(runs), with climbs of 1000 evaluations, and %v for the far cases of every %d. They are of one machine on one "+
		"day: another one changes all of them, and the hours below, by one factor.",
		once[0], once[1], batch[0], batch[1], batch[2], batch[3], far, 1000*farBatches)
	simulate(w)
	some := unitsOf(250)
	p("\nIdle is the share of machine time that is waited for the last one. Were each shard to take every n-th unit, "+
		"8 shards of 250 000 cases would be %.0f %% idle, since the kinds of units come round every fourth; the place "+
		"in a row moves on, and they are %.1f %% idle.", 100*idle(everyNth(some, 8)), 100*idle(handOut(some, 8)))
	p("Cost by number of claims: claims share what is drawn and measured, and pay for their own two sides and their " +
		"climbs. Seconds of a core of 1000 cases (`GOMAXPROCS=1 verify -cases 1000 -units N -climb C`, start included):")
	fmt.Fprintln(w, "| claims | without climbs | climbs of 1000 |\n|---|---|---|")
	for _, r := range slices.Concat(passes, runs) {
		fmt.Fprintf(w, "| %d about %s | %.2g | %.2g |\n", r.claims, r.what, r.draws, r.climbs)
	}
	fmt.Fprintln(w)
	p("So a claim about a pass adds %.2g s to 1000 cases, and %.2g s with climbs; one about runs %.2g s, and %.2g s "+
		"with climbs.",
		each(passes, false), each(passes, true), each(runs, false), each(runs, true))
	p("Cost by size of a case: the estimate of `props/internal/gen/cost.go` is linear in the outcomes (leaves), in " +
		"the weights (N times width squared) and in T; outcomes double with each site that has two. A far case (N to " +
		"64, width to 64, T to 10^6, 2^16 outcomes) may take 2 s of a core; of 400 drawn none had to be given up.")

	p("## How the largest ratio grows")
	p("A curve for each claim is in [GROWTH.md](../../props/pages/GROWTH.md), from 12 batches of 1000 cases without " +
		"climbs, with what each doubling of the cases brings. For two claims in three it is less than 1 %% by then: " +
		"more random cases, and so more machines, bring little there, and climbs bring more. So time goes to climbs and " +
		"to cases that are far in one direction, and machines to seeds.")

	p("## What lies beyond a search")
	p("The batches of a search draw N <= 8, widths <= 4 and T <= 2^15. For every four batches there is a unit of far " +
		"cases after them, each large in one direction, which the default search has once; each `holds` says how far it " +
		"was searched. Claims that the first 50 random cases refute are left out of it.")
	p("Planted claims fail only from some N of 12 to 48, some width of 6 to 48, some T of 40 000 to 500 000 on, or " +
		"lack a factor log N; a seed draws which. Violations found by the far unit of a default search " +
		"(TestPlantedInASearch), and the units within which a campaign finds the claim (TestPlanted; both `-full`), in " +
		"the order N, width, log N, T:")
	fmt.Fprintln(w, "| seed | planted | default search | campaign, within units |\n|---|---|---|---|")
	late := 0
	for _, r := range beyond {
		for _, n := range r.units {
			late = max(late, n)
		}
		fmt.Fprintf(w, "| %d | N %d; width %d; log N; T %s | %s | %s |\n", r.seed, r.n, r.width, spaced(r.steps),
			joined(r.violated), joined(r.units))
	}
	fmt.Fprintln(w)
	fmt.Fprintf(w, "%s Of about 175 far passes and 48 far runs a violation in one is luck: from a width of about 48 "+
		"on, or an N of about 48, a claim that fails may still hold by a default search, and a campaign or other seeds "+
		"are to look.\n",
		foundBy(late))
}

// foundBy says what found the planted claims.
func foundBy(late int) string {
	var searched, missed, campaigns, lost int
	for _, r := range beyond {
		searched += len(r.violated)
		campaigns += len(r.units)
		missed += zeros(r.violated)
		lost += zeros(r.units)
	}
	return fmt.Sprintf("The default search finds %d of %d planted claims, a campaign %d of %d, the last within %d "+
		"units.",
		searched-missed, searched, campaigns-lost, campaigns, late)
}

func zeros(v []int) (n int) {
	for _, x := range v {
		if x == 0 {
			n++
		}
	}
	return n
}

// each is what one more claim adds, by the first and the last row.
func each(rows []price, climbs bool) float64 {
	first, last := rows[0], rows[len(rows)-1]
	more := last.draws - first.draws
	if climbs {
		more = last.climbs - first.climbs
	}
	return more / float64(last.claims-first.claims)
}

// joined are numbers with semicolons, - for 0, and words for none.
func joined(v []int) string {
	if len(v) == 0 {
		return "not run"
	}
	words := make([]string, len(v))
	for k, n := range v {
		words[k] = "-"
		if n > 0 {
			words[k] = fmt.Sprint(n)
		}
	}
	return strings.Join(words, "; ")
}

// spaced is a whole number in groups of three digits.
func spaced(n int) string {
	text := fmt.Sprint(n)
	if n < 10_000 {
		return text
	}
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + " " + text[at:]
	}
	return text
}
