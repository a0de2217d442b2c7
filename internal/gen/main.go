// Command gen writes what podometer generates from its own code: docs/metrics.md and docs/flags.md. With -check it
// writes nothing and fails when a file is not what it would write.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	check := flag.Bool("check", false, "write nothing, fail on drift")
	root := flag.String("root", ".", "the repository")
	flag.Parse()
	if err := run(*root, *check, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// page is a generated file.
type page struct {
	path string
	make func() ([]byte, error)
}

// run writes every page under root, or checks it, and names those that differ.
func run(root string, check bool, out io.Writer) error {
	for _, p := range []page{{"docs/metrics.md", metricsPage}, {"docs/flags.md", flagsPage}} {
		want, err := p.make()
		if err != nil {
			return fmt.Errorf("%s: %w", p.path, err)
		}
		file := filepath.Join(root, p.path)
		have, err := os.ReadFile(file)
		switch {
		case err == nil && bytes.Equal(have, want):
			continue
		case check:
			return fmt.Errorf("%s is not what the code says: run make generate", p.path)
		}
		if err := os.WriteFile(file, want, 0o644); err != nil { //nolint:gosec // documentation is for everybody to read
			return err
		}
		_, _ = fmt.Fprintln(out, "wrote", p.path)
	}
	return nil
}
