// Package slt_test runs the files of this folder: what our SQL means, as text. See package internal/slt for their form.
package slt_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/slt"
)

var (
	rewrite = flag.Bool("rewrite", false, "replace the answers in the files by those that are found")
	matrix  = flag.Bool("matrix", false, "run the files in all ways, not only in those of every commit")
)

func TestFiles(t *testing.T) {
	found := 0
	variants := slt.Variants
	if *matrix {
		variants = slt.Matrix()
	}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".slt") {
			return err
		}
		found++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		t.Run(path, func(t *testing.T) {
			if *rewrite {
				answers := slt.Run(t, string(text), slt.Variants[0])
				if err := os.WriteFile(path, []byte(answers), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			for _, v := range variants {
				t.Run(v.Name, func(t *testing.T) {
					t.Parallel()
					slt.Run(t, string(text), v)
				})
			}
		})
		return nil
	})
	if err != nil || found == 0 {
		t.Fatalf("%d files, %v", found, err)
	}
}
