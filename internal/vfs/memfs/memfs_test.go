package memfs_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// must ends the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// create makes an empty file.
func create(t testing.TB, disk vfs.FS, name string) vfs.File {
	t.Helper()
	f, err := disk.Create(name)
	must(t, err)
	return f
}

// write adds to a file.
func write(t testing.TB, f vfs.File, content string) {
	t.Helper()
	_, err := f.Write([]byte(content))
	must(t, err)
}

// synced makes a file that is durable in every way.
func synced(t testing.TB, disk vfs.FS, name, content string) vfs.File {
	t.Helper()
	f := create(t, disk, name)
	write(t, f, content)
	must(t, f.Sync())
	must(t, disk.SyncDir(""))
	return f
}

// content returns a file's content, "(none)" if there is no such file.
func content(t testing.TB, disk *memfs.FS, name string) string {
	t.Helper()
	b, err := disk.Bytes(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "(none)"
	}
	must(t, err)
	return string(b)
}

// outcomes returns what is left after many crashes, each outcome once.
func outcomes(disk *memfs.FS, look func(after *memfs.FS) string) []string {
	var all []string
	for seed := range uint64(400) {
		all = append(all, look(disk.Crash(rand.New(rand.NewPCG(seed, 0)))))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestSyncedBytesSurvive(t *testing.T) {
	disk := memfs.New()
	f := synced(t, disk, "f", "durable")
	write(t, f, "+tail")
	if got := content(t, disk.CrashClean(), "f"); got != "durable" {
		t.Errorf("clean: %q", got)
	}
	if got := content(t, disk.CrashKeep(), "f"); got != "durable+tail" {
		t.Errorf("keep: %q", got)
	}
	got := outcomes(disk, func(after *memfs.FS) string { return content(t, after, "f") })
	for _, s := range got {
		if !strings.HasPrefix(s, "durable") || len(s) > len("durable+tail") {
			t.Errorf("%q", s)
		}
	}
	for _, want := range []string{"durable", "durable+", "durable+tail", "durable\x00\x00"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q never happens", want)
		}
	}
}

// A crash may leave sectors of a long write in any mixture.
func TestTornSectors(t *testing.T) {
	disk := memfs.New()
	f := synced(t, disk, "f", "x")
	write(t, f, strings.Repeat("n", 5*512))
	mixed := outcomes(disk, func(after *memfs.FS) string {
		b := content(t, after, "f")
		if !strings.HasPrefix(b, "x") {
			t.Fatalf("synced byte lost: %q", b[:1])
		}
		lost, kept := false, false
		for from := 512; from+512 <= len(b); from += 512 {
			zero := strings.Trim(b[from:from+512], "\x00") == ""
			lost, kept = lost || zero, kept || lost && b[from] == 'n'
		}
		return fmt.Sprint("kept after lost: ", lost && kept)
	})
	if len(mixed) != 2 {
		t.Errorf("%v", mixed)
	}
}

// After cutting a file without a sync, the old bytes, the new ones or a mixture are left, but nothing before the cut changes.
func TestUnsyncedTruncate(t *testing.T) {
	disk := memfs.New()
	f := synced(t, disk, "f", "keep-old")
	must(t, f.Truncate(5))
	write(t, f, "new!")
	got := outcomes(disk, func(after *memfs.FS) string {
		b := content(t, after, "f")
		if !strings.HasPrefix(b, "keep-") || len(b) > len("keep-new!") {
			t.Errorf("%q", b)
		}
		return b
	})
	for _, want := range []string{"keep-", "keep-old", "keep-new!", "keep-n"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q never happens", want)
		}
	}
	must(t, f.Sync())
	if got := outcomes(disk, func(after *memfs.FS) string { return content(t, after, "f") }); !slices.Equal(got, []string{"keep-new!"}) {
		t.Errorf("after sync: %q", got)
	}
}

// Create over an existing file empties it, and a crash may show that.
func TestCreateOverExisting(t *testing.T) {
	disk := memfs.New()
	synced(t, disk, "f", "old")
	create(t, disk, "f")
	got := outcomes(disk, func(after *memfs.FS) string { return content(t, after, "f") })
	if !slices.Contains(got, "") || !slices.Contains(got, "old") || slices.Contains(got, "(none)") {
		t.Errorf("%q", got)
	}
}

func TestNamesNeedSyncDir(t *testing.T) {
	disk := memfs.New()
	must(t, disk.MkdirAll("d"))
	must(t, disk.SyncDir(""))
	f := create(t, disk, "d/f")
	write(t, f, "x")
	must(t, f.Sync())
	if got := content(t, disk.CrashClean(), "d/f"); got != "(none)" {
		t.Errorf("without syncdir: %q", got)
	}
	if got := outcomes(disk, func(after *memfs.FS) string { return content(t, after, "d/f") }); !slices.Equal(got, []string{"(none)", "x"}) {
		t.Errorf("without syncdir: %q", got)
	}
	must(t, disk.SyncDir("")) // another directory
	if got := content(t, disk.CrashClean(), "d/f"); got != "(none)" {
		t.Errorf("after another directory's syncdir: %q", got)
	}
	must(t, disk.SyncDir("d"))
	if got := outcomes(disk, func(after *memfs.FS) string { return content(t, after, "d/f") }); !slices.Equal(got, []string{"x"}) {
		t.Errorf("after syncdir: %q", got)
	}
}

// A directory that is not synced in its parent takes everything in it along.
func TestDirectoryNeedsSyncDirOfParent(t *testing.T) {
	disk := memfs.New()
	must(t, disk.MkdirAll("d/e"))
	f := create(t, disk, "d/e/f")
	must(t, f.Sync())
	must(t, disk.SyncDir("d/e"))
	must(t, disk.SyncDir("d"))
	if names, err := disk.CrashClean().List(""); err != nil || len(names) > 0 {
		t.Errorf("%v, %v", names, err)
	}
	must(t, disk.SyncDir(""))
	if got := content(t, disk.CrashClean(), "d/e/f"); got != "" {
		t.Errorf("%q", got)
	}
}

func TestRenameIsAtomic(t *testing.T) {
	disk := memfs.New()
	synced(t, disk, "to", "old")
	f := create(t, disk, "from")
	write(t, f, "new")
	must(t, f.Sync())
	must(t, disk.Rename("from", "to"))
	look := func(after *memfs.FS) string { return content(t, after, "from") + " " + content(t, after, "to") }
	want := []string{"(none) new", "(none) old", "new old"}
	if got := outcomes(disk, look); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	must(t, disk.SyncDir(""))
	if got := outcomes(disk, look); !slices.Equal(got, []string{"(none) new"}) {
		t.Errorf("after syncdir: %q", got)
	}
}

// Syncing either directory makes a rename between two of them durable as a whole, with all that led to it.
func TestRenameBetweenDirectories(t *testing.T) {
	for _, dir := range []string{"a", "b"} {
		disk := memfs.New()
		must(t, disk.MkdirAll("a"))
		must(t, disk.MkdirAll("b"))
		must(t, disk.SyncDir(""))
		f := create(t, disk, "a/f")
		write(t, f, "x")
		must(t, f.Sync())
		must(t, disk.Rename("a/f", "b/g"))
		must(t, disk.SyncDir(dir))
		look := func(after *memfs.FS) string { return content(t, after, "a/f") + " " + content(t, after, "b/g") }
		if got := outcomes(disk, look); !slices.Equal(got, []string{"(none) x"}) {
			t.Errorf("syncdir %s: %q", dir, got)
		}
	}
}

func TestUnsyncedRemove(t *testing.T) {
	disk := memfs.New()
	synced(t, disk, "f", "x")
	must(t, disk.Remove("f"))
	look := func(after *memfs.FS) string { return content(t, after, "f") }
	if got := outcomes(disk, look); !slices.Equal(got, []string{"(none)", "x"}) {
		t.Errorf("%q", got)
	}
	must(t, disk.SyncDir(""))
	if got := outcomes(disk, look); !slices.Equal(got, []string{"(none)"}) {
		t.Errorf("after syncdir: %q", got)
	}
}

// Changes of names that do not depend on each other survive in any combination.
func TestNamesSurviveIndependently(t *testing.T) {
	disk := memfs.New()
	for _, name := range []string{"a", "b"} {
		must(t, create(t, disk, name).Sync())
	}
	got := outcomes(disk, func(after *memfs.FS) string { return content(t, after, "a") + "," + content(t, after, "b") })
	if want := []string{"(none),", "(none),(none)", ",", ",(none)"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCrashIsRepeatable(t *testing.T) {
	disk := memfs.New()
	for i := range 20 {
		f := create(t, disk, fmt.Sprint("f", i))
		write(t, f, strings.Repeat("x", 2000))
	}
	for seed := range uint64(20) {
		var dumps [2]string
		for k := range dumps {
			after := disk.Crash(rand.New(rand.NewPCG(seed, 1)))
			for i := range 20 {
				dumps[k] += content(t, after, fmt.Sprint("f", i)) + "\n"
			}
		}
		if dumps[0] != dumps[1] {
			t.Fatalf("seed %d gives two results", seed)
		}
	}
}

// A crash copy and its original do not influence each other. What the program leaves when it is killed is as durable as it was.
func TestCrashCopies(t *testing.T) {
	disk := memfs.New()
	f := synced(t, disk, "f", "one")
	write(t, f, "two")
	after := disk.CrashKeep()
	write(t, f, "three")
	g, err := after.OpenAppend("f")
	must(t, err)
	write(t, g, "XYZ")
	if a, b := content(t, disk, "f"), content(t, after, "f"); a != "onetwothree" || b != "onetwoXYZ" {
		t.Errorf("%q, %q", a, b)
	}
	if got := content(t, after.CrashClean(), "f"); got != "one" {
		t.Errorf("second crash: %q", got)
	}
	if got := content(t, disk.CrashKeep(), "f"); got != "onetwothree" {
		t.Errorf("a copy changed the original: %q", got)
	}
}

// The names that a killed program leaves are as durable as they were.
func TestKilledProgramLeavesUnsyncedNames(t *testing.T) {
	disk := memfs.New()
	synced(t, disk, "f", "one")
	must(t, disk.Rename("f", "g"))
	after := disk.CrashKeep()
	if f, g := content(t, after, "f"), content(t, after, "g"); f != "(none)" || g != "one" {
		t.Errorf("f %q, g %q", f, g)
	}
	if f, g := content(t, after.CrashClean(), "f"), content(t, after.CrashClean(), "g"); f != "one" || g != "(none)" {
		t.Errorf("after a power cut: f %q, g %q", f, g)
	}
	must(t, after.SyncDir(""))
	if g := content(t, after.CrashClean(), "g"); g != "one" {
		t.Errorf("after a sync of the folder: g %q", g)
	}
	if f := content(t, disk.CrashClean(), "f"); f != "one" {
		t.Errorf("the original: f %q", f)
	}
}

// Bytes that were cut off and replaced without a sync may come back in part, with the new ones around them.
func TestCutBytesComeBack(t *testing.T) {
	disk := memfs.New()
	f := synced(t, disk, "f", "x")
	write(t, f, strings.Repeat("a", 2000))
	must(t, f.Truncate(1))
	write(t, f, strings.Repeat("b", 2000))
	got := outcomes(disk, func(after *memfs.FS) string {
		b := content(t, after, "f")
		if a, c := strings.IndexByte(b, 'a'), strings.IndexByte(b, 'b'); a > c && c >= 0 {
			return "new before old"
		}
		return ""
	})
	if !slices.Contains(got, "new before old") {
		t.Error("old and new bytes are never mixed")
	}
	must(t, f.Sync())
	for _, b := range outcomes(disk, func(after *memfs.FS) string { return content(t, after, "f") }) {
		if strings.Contains(b, "a") {
			t.Fatal("old bytes come back after a sync")
		}
	}
}

func TestLocksEndWithACrash(t *testing.T) {
	disk := memfs.New()
	_, err := disk.Lock("LOCK")
	must(t, err)
	_, err = disk.CrashKeep().Lock("LOCK")
	must(t, err)
	if _, err := disk.Lock("LOCK"); !errors.Is(err, vfs.ErrLocked) {
		t.Error(err)
	}
}

func TestCapacity(t *testing.T) {
	disk := memfs.New(memfs.WithCapacity(10))
	f := create(t, disk, "f")
	write(t, f, "12345678")
	if n, err := f.Write([]byte("9012")); n != 2 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%d, %v", n, err)
	}
	g := create(t, disk, "g")
	if n, err := g.Write([]byte("1")); n != 0 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%d, %v", n, err)
	}
	must(t, f.Truncate(7))
	write(t, g, "123")
	must(t, disk.Rename("g", "f")) // frees what f had
	if disk.Used() != 3 {
		t.Errorf("%d used", disk.Used())
	}
	must(t, disk.Remove("f"))
	if disk.Used() != 0 {
		t.Errorf("%d used", disk.Used())
	}
	disk.SetCapacity(0)
	write(t, create(t, disk, "h"), strings.Repeat("x", 100))
	if used := disk.CrashKeep().Used(); used != 100 {
		t.Errorf("%d used after a crash", used)
	}
}

func TestTrace(t *testing.T) {
	disk := memfs.New()
	must(t, disk.MkdirAll("before"))
	if len(disk.Trace()) > 0 {
		t.Error("traced without being asked")
	}
	disk.StartTrace()
	must(t, disk.MkdirAll("a/b"))
	f := create(t, disk, "a/b/c")
	write(t, f, "12345")
	must(t, f.Truncate(2))
	must(t, f.Sync())
	must(t, f.Close())
	must(t, disk.Rename("a/b/c", "a/d"))
	must(t, disk.SyncDir("a"))
	_, err := disk.OpenAppend("a/d")
	must(t, err)
	_, err = disk.Open("missing")
	if err == nil {
		t.Error("opened a missing file")
	}
	l, err := disk.Lock("L")
	must(t, err)
	must(t, l.Close())
	must(t, disk.Remove("a/d"))
	want := []string{"mkdir a", "mkdir a/b", "create a/b/c", "write a/b/c 5", "truncate a/b/c 2", "sync a/b/c",
		"rename a/b/c -> a/d", "syncdir a", "append a/d", "lock L", "unlock L", "remove a/d"}
	if got := disk.Trace(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	disk.StartTrace()
	if got := disk.Trace(); len(got) > 0 {
		t.Errorf("after a new start: %q", got)
	}
}

// Damage is durable, also in a file that was not there.
func TestSetBytes(t *testing.T) {
	disk := memfs.New()
	synced(t, disk, "f", "abc")
	must(t, disk.SetBytes("f", []byte("a")))
	must(t, disk.SetBytes("g", []byte("new")))
	after := disk.CrashClean()
	if a, b := content(t, after, "f"), content(t, after, "g"); a != "a" || b != "new" {
		t.Errorf("%q, %q", a, b)
	}
	if disk.Used() != 4 {
		t.Errorf("%d used", disk.Used())
	}
	if !strings.Contains(disk.Dump(), "g 3 (3 synced)\n") {
		t.Error(disk.Dump())
	}
}
