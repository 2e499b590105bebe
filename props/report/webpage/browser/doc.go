// Package browser has the tests of the page in headless Chromium; the page itself needs no
// browser to be made. It is a module of its own, so that nobody who uses the harness gets
// the library that drives one.
//
//	cd props/report/webpage/browser && go test . -v [-args -page FILE] [-shots DIR]
//
// Without Chromium every test is skipped and says so.
package browser
