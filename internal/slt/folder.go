package slt

import (
	"context"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// Keep runs the text of a file and returns the disk as it is when the program is killed then.
func Keep(t *testing.T, file string) *memfs.FS {
	t.Helper()
	commands, err := parse(file)
	if err != nil {
		t.Fatal(err)
	}
	r := newRunner(t, Variants[0])
	for _, c := range commands {
		r.run(t, c)
	}
	left := r.disk.CrashKeep()
	if err := r.engine.Close(); err != nil {
		t.Fatal(err)
	}
	return left
}

// RunOn is Run on a disk with a data folder, in place of an empty one.
func RunOn(t *testing.T, disk *memfs.FS, file string, v Variant) (rewritten string) {
	t.Helper()
	r := &runner{variant: v, clock: clock.NewManual(Start), disk: disk, tables: map[tableName]bool{}}
	if v.Naive {
		r.execute = runNaive(t)
	}
	r.open(t)
	list, _, err := r.engine.ListTables(context.Background(), "", "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range list {
		r.tables[tableName{table.Database, table.Name}] = true
	}
	return r.runAll(t, file)
}
