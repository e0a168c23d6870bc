package formats_test

import (
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/inspect"
	"github.com/tidemarkdb/tidemark/internal/slt"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

var (
	keep    = flag.String("keep", "", "make a data folder of this name with the present program")
	rewrite = flag.Bool("rewrite", false, "replace the answers in the files by those that are found")
)

// folder is where the data folders are.
const folder = "testdata"

// bytesMax is how long the files of a data folder may be together: it stays in the repository for good.
const bytesMax = 512 << 10

func TestOldFolders(t *testing.T) {
	if *keep != "" {
		keepFolder(t, filepath.Join(folder, *keep))
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.slt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		from := strings.TrimSuffix(file, ".slt")
		if *rewrite {
			answers := slt.RunOn(t, load(t, from), string(text), slt.Variants[0])
			if err := os.WriteFile(file, []byte(answers), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		for _, v := range slt.Variants {
			t.Run(filepath.Base(from)+"/"+v.Name, func(t *testing.T) { slt.RunOn(t, load(t, from), string(text), v) })
		}
		t.Run(filepath.Base(from)+"/inspect", func(t *testing.T) { verify(t, load(t, from)) })
	}
}

// load copies a folder into memory.
func load(t *testing.T, from string) *memfs.FS {
	t.Helper()
	disk := memfs.New()
	err := fs.WalkDir(os.DirFS(from), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return disk.MkdirAll(name)
		}
		content, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = vfs.WriteFile(disk, name, content)
		}
		if err == nil {
			err = disk.SyncDir(path.Dir(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return disk
}

// keepFolder makes a data folder by the present program.
func keepFolder(t *testing.T, to string) {
	t.Helper()
	disk, size := slt.Keep(t, script()), 0
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	err := vfs.Walk(disk, ".", func(name string, _ int64) error {
		content, err := disk.Bytes(name)
		if err != nil {
			return err
		}
		if size += len(content); len(content) == 0 {
			return nil // the lock
		}
		if err := os.MkdirAll(filepath.Join(to, path.Dir(name)), 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), content, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	if size > bytesMax {
		t.Fatalf("%d bytes, at most %d", size, bytesMax)
	}
}

// script is what a new folder is made by: every kind of file, of column and of encoding, rows in each of their places (merged
// and cold, flushed and hot, only in the log), versions, late rows, a table that is gone.
func script() string {
	var b strings.Builder
	rng := rand.New(rand.NewPCG(1, 1))
	b.WriteString("write metrics\n")
	for _, host := range []string{"a", "b"} {
		walk := 5000
		fmt.Fprintf(&b, "  host=%s,az=1  cpu  from 2023-12-20T00:00 every 5s", host)
		for range 1500 {
			walk += rng.IntN(41) - 20
			fmt.Fprintf(&b, " %d.%02d", walk/100, walk%100)
		}
		fmt.Fprintf(&b, "\n  host=%s,az=1  noise  from 2023-12-20T00:00 every 10s", host)
		for range 400 {
			fmt.Fprintf(&b, " %v", rng.Float64())
		}
		fmt.Fprintf(&b, "\n  host=%s,az=1  steps  from 2023-12-20T00:00 every 10s", host)
		for i := range 400 {
			fmt.Fprintf(&b, " %di", i/50*1_000_003)
		}
		fmt.Fprintf(&b, "\n  host=%s,az=1  up  from 2023-12-20T00:00 every 1m", host)
		for range 100 {
			fmt.Fprintf(&b, " %v", rng.IntN(9) > 0)
		}
		fmt.Fprintf(&b, "\n  host=%s,az=1  text  from 2023-12-20T00:00 every 1m", host)
		for i := range 200 {
			fmt.Fprintf(&b, " 'request %d of client %x was answered in time'", i, rng.Uint64())
		}
		b.WriteString("\n")
	}
	b.WriteString(`
flush

write metrics version 2
  host=a,az=1  cpu  from 2023-12-20T00:10:00 every 5s  1.5 2.5 3.5
  host=c       cpu  from 2023-12-20T00:00:00 every 5s  7 8 9

write all
  id=1,"odd name"='x, y=z'  m at 2023-12-31T10:00 load=1.5 count=3i ok=true state='fine' seen=@2023-12-31T09:59
  id=1,"odd name"='x, y=z'  m at 2023-12-31T10:01 load=2.5 state='odd'
  id=2                      m at 2023-12-31T10:01 count=-9i ok=false

flush

advance 240h

merge

write all
  id=2  m at 2024-01-11T11:00 load=-0.25
  id=3  m at 2024-01-11T11:00 fresh=1i

flush

write gone
  id=1  m at 2024-01-11T11:00 1

drop gone

database other

table other.kept memory 12h magnetic 30d

retention other.kept memory 6h magnetic 20d

write metrics version 3
  host=a,az=1  cpu  at 2023-12-20T00:10:05  77

write metrics
  host=d  cpu  from 2024-01-11T10:00 every 1m  1 2 3
`)
	return b.String()
}

// verify has all of a folder checked.
func verify(t *testing.T, disk *memfs.FS) {
	t.Helper()
	report, err := inspect.Folder(t.Context(), disk, inspect.FolderOptions{Verify: true, Now: slt.Start})
	if err != nil || len(report.Problems) > 0 {
		t.Fatalf("%v, %q", err, report.Problems)
	}
}
