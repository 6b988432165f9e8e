// Compresses standard input as the tools that make images do: `go` is the standard
// library (docker, podman), `klauspost` the package that buildkit and skopeo use.
package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"

	klauspost "github.com/klauspost/compress/gzip"
)

func main() {
	writers := map[string]func(io.Writer) io.WriteCloser{
		"go":        func(out io.Writer) io.WriteCloser { return gzip.NewWriter(out) },
		"klauspost": func(out io.Writer) io.WriteCloser { return klauspost.NewWriter(out) },
	}
	if len(os.Args) != 2 || writers[os.Args[1]] == nil {
		fail(fmt.Errorf("usage: gzip go|klauspost"))
	}
	writer := writers[os.Args[1]](os.Stdout)
	if _, err := io.Copy(writer, os.Stdin); err != nil {
		fail(err)
	}
	if err := writer.Close(); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
}
