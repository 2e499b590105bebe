// Package webpage makes the page of a report and that of recorded runs: one HTML file each,
// that needs no network.
//
// What comes in: a report (JSON v1), the list of claims, and what is on record in
// testdata, props/pages and props/conform; or a Judgement or a Comparison of props/trace.
// What goes out: the page, and the graph of the paper's statements as SVG. It imports
// report and what is below; verify imports it.
//
// # Where what is
//
//	page.go, page.html          the page of a report, and its parts in their order
//	card.go, worst.go           what is folded out for a statement, its worst case drawn
//	chart.go, plot.go           panels of figures, ratio against cases
//	sections.go                 the other pages and pictures on it
//	trace.go, trace.html        the page of recorded runs; heat.go its maps and strips
//	page.css, trace.css         the colours of curves and sites, .c0 to .c6, for light and dark
//	common.js, page.js          filters and sliders
//
// # The graph
//
// Nodes and edges come from the list of claims alone (Dot writes them for a layout
// program); where they lie is in graph.plain, which the module in layout makes with
// Graphviz:
//
// go run ./props/verify page dot | (cd props/report/webpage/layout && go run .) > NEW && mv NEW
// props/report/webpage/graph.plain
//
// A test fails when the list has another graph than the file. The layout is kept as a file
// because Graphviz would be by far the largest dependency, for a picture that changes when
// the list does.
//
// # Bad input
//
// A report is checked by report.Read; a file of figures that is not SVG is refused with
// its name.
package webpage
