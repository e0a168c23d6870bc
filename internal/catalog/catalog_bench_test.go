package catalog

import (
	"fmt"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// full returns a catalog with as many tables as there may be, on a disk in memory.
func full(b *testing.B) (*Catalog, *memfs.FS) {
	fs := memfs.New()
	c := open(b, fs)
	for i := range 50 {
		if err := c.CreateDatabase(Database{Name: fmt.Sprint("database-", i)}); err != nil {
			b.Fatal(err)
		}
	}
	for i := range TablesMax {
		_, err := c.CreateTable(Table{Database: fmt.Sprint("database-", i%50), Name: fmt.Sprint("table-", i), MemoryHours: 6, MagneticDays: 73000,
			PartitionKey: []PartitionKey{{Type: KeyMeasure}}, CreatedAt: 1700000000000, UpdatedAt: 1700000000000})
		if err != nil {
			b.Fatal(err)
		}
	}
	return c, fs
}

// BenchmarkUpdateTable is one change in a full catalog, without the disk.
func BenchmarkUpdateTable(b *testing.B) {
	c, _ := full(b)
	hours := int64(0)
	for b.Loop() {
		hours++
		if _, err := c.UpdateTable("database-7", "table-7", func(t *Table) (bool, error) { t.MemoryHours = hours; return true, nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTable is the lookup that every write makes.
func BenchmarkTable(b *testing.B) {
	c, _ := full(b)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Table("database-7", "table-7"); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkOpen reads a full catalog.
func BenchmarkOpen(b *testing.B) {
	_, fs := full(b)
	for b.Loop() {
		c, err := Open(Options{FS: fs})
		if err != nil {
			b.Fatal(err)
		}
		_ = c.Close()
	}
}

// BenchmarkSnapshot is what Maintain does at its worst.
func BenchmarkSnapshot(b *testing.B) {
	c, _ := full(b)
	for b.Loop() {
		if err := c.snapshot(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(c.snapshotBytes), "bytes")
}
