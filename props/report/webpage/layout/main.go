// Command layout reads a graph in the language of Graphviz and writes where its nodes and
// edges lie, in Graphviz's format "plain". It is a module of its own, so that nobody who
// uses the harness gets Graphviz.
//
//	go run ./props/verify page dot | (cd props/report/webpage/layout && go run .) > props/report/webpage/graph.plain
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/goccy/go-graphviz"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "layout:", err)
		os.Exit(1)
	}
}

func run(r io.Reader, w io.Writer) error {
	dot, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	ctx := context.Background()
	program, err := graphviz.New(ctx)
	if err != nil {
		return err
	}
	defer program.Close()
	graph, err := graphviz.ParseBytes(dot)
	if err != nil {
		return err
	}
	defer graph.Close()
	return program.Render(ctx, graph, graphviz.Format("plain"), w)
}
