package webpage

import (
	"fmt"
	"html/template"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/claim"
)

// The size of a plot of ratios, and of its margins.
const (
	plotWidth, plotHeight = 220, 84
	plotLeft, plotBottom  = 34, 16
	plotTop, plotRight    = 10, 8
	plotLabel             = 16 // room for a label of N
)

// plot draws the largest ratio of each chain length N, on a log scale that has 1 on it. A
// ratio above the scale is an arrow at its upper end, one below it at the lower end.
func plot(byN map[int]claim.Number) template.HTML {
	if len(byN) < 2 {
		return ""
	}
	ns := slices.Sorted(maps.Keys(byN))
	lo, hi := -1.0, 0.0 // decades
	for _, n := range ns {
		if v := math.Log10(float64(byN[n])); !math.IsInf(v, 0) {
			lo, hi = min(lo, math.Floor(v)), max(hi, math.Ceil(v))
		}
	}
	lo, hi = max(lo, -4), min(hi, 3)
	first, last := ns[0], ns[len(ns)-1]
	x := func(n int) float64 {
		return plotLeft + float64(n-first)/float64(last-first)*(plotWidth-plotLeft-plotRight)
	}
	y := func(v float64) float64 {
		return plotTop + (hi-min(max(v, lo), hi))/(hi-lo)*(plotHeight-plotTop-plotBottom)
	}
	var b, line, says strings.Builder
	for k, n := range ns {
		fmt.Fprintf(&says, "%sN = %d: %v", map[bool]string{true: "; ", false: ""}[k > 0], n, byN[n])
	}
	fmt.Fprintf(&b, `<svg class="plot" viewBox="0 0 %d %d" width="%d" height="%d" role="img"`,
		plotWidth, plotHeight, plotWidth, plotHeight)
	fmt.Fprintf(&b, ` aria-label="largest ratio by N. %s">`, says.String())
	fmt.Fprintf(&b, "<title>%s</title>", says.String())
	for v := lo; v <= hi; v++ {
		if v != 0 && v != lo && v != hi {
			continue
		}
		class := "grid"
		if v == 0 {
			class = "grid one"
		}
		fmt.Fprintf(&b, `<line class="%s" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text x="%d" y="%.1f" class="y">%s</text>`,
			class, plotLeft, plotWidth-plotRight, y(v), y(v), plotLeft-4, y(v)+3.5, decade(v))
	}
	for k, n := range ns {
		v := math.Log10(float64(byN[n]))
		if k > 0 {
			line.WriteString(" ")
		}
		fmt.Fprintf(&line, "%.1f,%.1f", x(n), y(v))
	}
	fmt.Fprintf(&b, `<polyline points="%s"/>`, line.String())
	free := 0.0 // where the next label has room
	for _, n := range ns {
		v := math.Log10(float64(byN[n]))
		class := "dot"
		if v > 0.0001 {
			class = "dot above"
		}
		switch {
		case v > hi:
			fmt.Fprintf(&b, `<path class="%s" d="M%.1f %.1fl4 7h-8z"/>`, class, x(n), y(v)-5)
		case v < lo:
			fmt.Fprintf(&b, `<path class="%s" d="M%.1f %.1fl4 -7h-8z"/>`, class, x(n), y(v)+5)
		default:
			fmt.Fprintf(&b, `<circle class="%s" cx="%.1f" cy="%.1f" r="2.8"/>`, class, x(n), y(v))
		}
		if x(n) >= free {
			fmt.Fprintf(&b, `<text class="x" x="%.1f" y="%d">%d</text>`, x(n), plotHeight-3, n)
			free = x(n) + plotLabel
		}
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// decade is 10^v for an axis.
func decade(v float64) string {
	if v < -2 {
		return fmt.Sprintf("1e%.0f", v)
	}
	return fmt.Sprintf("%g", math.Pow(10, v))
}
