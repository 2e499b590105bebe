// Package fuzz holds the native fuzz targets. The seeds of a target run with go
// test; a campaign is
//
//	go test -fuzz=FuzzPropagation ./fuzz
//
// The bodies are elsewhere (props.Fuzz, package cert), so that a target is a row
// and a few lines. Nothing imports it.
package fuzz
