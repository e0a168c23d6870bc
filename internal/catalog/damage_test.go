package catalog

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// closed returns the disk of a catalog with a snapshot and two log files after it, closed in good order, and what is in it.
func closed(t *testing.T) (*memfs.FS, []string) {
	t.Helper()
	disk := memfs.New()
	c := open(t, disk)
	for i := range 3 {
		if err := c.CreateDatabase(Database{Name: fmt.Sprint("d", i)}); err != nil {
			t.Fatal(err)
		}
		var err error
		switch i {
		case 0:
			err = c.snapshot()
		case 1:
			_, err = c.log.Rotate()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := describe(c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return disk, want
}

// checkDamaged opens a catalog of which one file was spoiled: it is as it was, or there is an error that names a file.
func checkDamaged(t *testing.T, disk *memfs.FS, want []string, file, what string) {
	t.Helper()
	c, err := Open(Options{FS: disk})
	if err == nil {
		if got := describe(c); !reflect.DeepEqual(got, want) {
			t.Errorf("%s, %s: %v", file, what, got)
		}
		_ = c.Close()
		return
	}
	if kind := dberr.KindOf(err); kind != dberr.Corruption && kind != dberr.Unavailable {
		t.Errorf("%s, %s: %v", file, what, err)
	}
	if strings.HasSuffix(file, logSuffix) {
		file = "catalog/" // whole records that are missing show in the next file of the log
	}
	if !strings.Contains(err.Error(), file) {
		t.Errorf("%s, %s: the error does not name the file: %v", file, what, err)
	}
}

// TestSpoiledFiles flips each byte of each file, cuts it at each length, fills its end with zeros, puts the others in its place, and
// takes it away.
func TestSpoiledFiles(t *testing.T) {
	disk, want := closed(t)
	names, err := disk.List("catalog")
	if err != nil || len(names) != 3 {
		t.Fatalf("files %v, error %v", names, err)
	}
	content := map[string][]byte{}
	for _, name := range names {
		if content[name], err = disk.Bytes("catalog/" + name); err != nil {
			t.Fatal(err)
		}
	}
	last := names[len(names)-1]
	for _, name := range names {
		good := content[name]
		spoil := func(data []byte, what string) {
			t.Helper()
			after := disk.CrashKeep()
			if err := after.SetBytes("catalog/"+name, data); err != nil {
				t.Fatal(err)
			}
			checkDamaged(t, after, want, "catalog/"+name, what)
		}
		for i := range good {
			bad := slices.Clone(good)
			bad[i] ^= 1 << (i % 8)
			spoil(bad, fmt.Sprint("byte ", i))
			if name == last && i >= len(good)-200 {
				continue // the seal alone tells an orderly end of the last log file, and may be missing without a trace
			}
			spoil(good[:i], fmt.Sprint("cut at ", i))
			spoil(append(slices.Clone(good[:i]), make([]byte, len(good)-i)...), fmt.Sprint("zeros from ", i))
		}
		for _, other := range names {
			spoil(content[other], "replaced by "+other)
		}
		after := disk.CrashKeep()
		if err := after.Remove("catalog/" + name); err != nil {
			t.Fatal(err)
		}
		if c, err := Open(Options{FS: after}); err == nil && !reflect.DeepEqual(describe(c), want) && name != last {
			t.Errorf("without %s: %v", name, describe(c))
		}
	}
}

// TestReadOnlyFolder: a catalog that cannot be changed says so, and goes on answering.
func TestReadOnlyFolder(t *testing.T) {
	disk := memfs.New()
	fault := faultfs.New(disk)
	c := open(t, fault)
	if err := c.CreateDatabase(Database{Name: "d"}); err != nil {
		t.Fatal(err)
	}
	fault.Add(faultfs.Rule{Match: faultfs.Changes, Permanent: true, Err: syscall.EROFS})
	for range 2 {
		if err := c.CreateDatabase(Database{Name: "e"}); !dberr.Is(err, dberr.Unavailable) {
			t.Errorf("create: %v", err)
		}
	}
	if _, err := c.Database("d"); err != nil {
		t.Errorf("read: %v", err)
	}
	if _, err := Open(Options{FS: fault}); !dberr.Is(err, dberr.Unavailable) {
		t.Errorf("open: %v", err)
	}
}
