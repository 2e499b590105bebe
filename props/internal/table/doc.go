// Package table holds what reports and pages print, as data, and writes it for a
// terminal, as Markdown and as HTML.
//
// What comes in: a Page of headings, paragraphs, lists, code and Tables whose cells are text in the
// notation of theory.md. What goes out: bytes; the first write error is returned. It
// imports the standard library alone, and every room that prints imports it.
//
// # Bad input
//
// A row with another number of cells than there are columns panics with the prefix
// "table:".
package table
