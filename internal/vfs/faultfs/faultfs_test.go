package faultfs_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// must ends the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// everything does one operation of each kind and returns the first error.
func everything(fsys vfs.FS) error {
	var failed error
	note := func(err error) {
		if err != nil && failed == nil {
			failed = err
		}
	}
	note(fsys.MkdirAll("d"))
	for _, open := range []func(string) (vfs.File, error){fsys.Create, fsys.OpenAppend} {
		f, err := open("d/f")
		if note(err); err != nil {
			return failed
		}
		_, err = f.Write([]byte("abcdefgh"))
		note(err)
		note(f.Truncate(4))
		note(f.Sync())
		_, err = f.Size()
		note(err)
		note(f.Close())
	}
	note(fsys.Rename("d/f", "d/g"))
	note(fsys.SyncDir("d"))
	_, err := fsys.List("d")
	note(err)
	if r, err := fsys.Open("d/g"); err != nil {
		note(err)
	} else {
		_, err = r.ReadAt(make([]byte, 2), 0)
		note(err)
		note(r.Close())
	}
	if l, err := fsys.Lock("d/l"); err != nil {
		note(err)
	} else {
		note(l.Close())
	}
	note(fsys.Remove("d/g"))
	return failed
}

func TestNoFault(t *testing.T) {
	fault := faultfs.New(memfs.New())
	must(t, everything(fault))
	for op := faultfs.OpCreate; op <= faultfs.OpClose; op++ {
		if fault.Count(op) == 0 {
			t.Errorf("no %s was counted", op)
		}
	}
	if n := fault.Count(); n != 21 {
		t.Errorf("%d operations", n)
	}
}

func TestEachOperationFails(t *testing.T) {
	for _, effect := range []faultfs.Effect{faultfs.Fail, faultfs.FailAfter, faultfs.Short} {
		n := 1
		for ; ; n++ {
			fault := faultfs.New(memfs.New())
			rule := fault.Add(faultfs.Rule{Nth: n, Effect: effect, Err: syscall.EIO})
			err := everything(fault)
			if !rule.Fired() {
				must(t, err)
				break
			}
			if !errors.Is(err, syscall.EIO) {
				t.Fatalf("operation %d: %v", n, err)
			}
		}
		if n != 22 {
			t.Errorf("%d operations failed", n-1)
		}
	}
}

func TestOnceAndPermanent(t *testing.T) {
	for _, permanent := range []bool{false, true} {
		fault := faultfs.New(memfs.New())
		match := func(op faultfs.Op, name string) bool {
			return op == faultfs.OpWrite && strings.HasSuffix(name, ".log")
		}
		fault.Add(faultfs.Rule{Match: match, Nth: 2, Permanent: permanent})
		log, err := fault.Create("a.log")
		must(t, err)
		other, err := fault.Create("a.txt")
		must(t, err)
		for i, want := range []bool{false, true, permanent} {
			_, err := log.Write([]byte("x"))
			if got := errors.Is(err, faultfs.ErrInjected); got != want {
				t.Errorf("permanent %v, write %d: %v", permanent, i, err)
			}
			_, err = other.Write([]byte("x"))
			must(t, err)
		}
		fault.Clear()
		_, err = log.Write([]byte("x"))
		must(t, err)
	}
}

func TestShortWriteAndRead(t *testing.T) {
	disk := memfs.New()
	fault := faultfs.New(disk)
	fault.Add(faultfs.Rule{Match: faultfs.Only(faultfs.OpWrite, faultfs.OpRead), Permanent: true, Effect: faultfs.Short, Err: io.ErrUnexpectedEOF})
	f, err := fault.Create("f")
	must(t, err)
	if n, err := f.Write([]byte("abcdef")); n != 3 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("write: %d, %v", n, err)
	}
	if b, err := disk.Bytes("f"); err != nil || string(b) != "abc" {
		t.Errorf("%q, %v", b, err)
	}
	r, err := fault.Open("f")
	must(t, err)
	b := make([]byte, 2)
	if n, err := r.ReadAt(b, 0); n != 1 || b[0] != 'a' || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read: %d, %q, %v", n, b, err)
	}
}

func TestCorruptRead(t *testing.T) {
	disk := memfs.New()
	must(t, disk.SetBytes("f", []byte("abcdef")))
	fault := faultfs.New(disk)
	fault.Add(faultfs.Rule{Match: faultfs.Only(faultfs.OpRead), Effect: faultfs.Corrupt})
	r, err := fault.Open("f")
	must(t, err)
	for i, want := range []bool{false, true} {
		b := make([]byte, 6)
		_, err = r.ReadAt(b, 0)
		must(t, err)
		if (string(b) == "abcdef") != want {
			t.Errorf("read %d: %q", i, b)
		}
	}
}

// After a failed sync nothing that was written since the last good one can be relied on, whatever later syncs say.
func TestFailedSync(t *testing.T) {
	disk := memfs.New()
	fault := faultfs.New(disk)
	f, err := fault.Create("f")
	must(t, err)
	must(t, disk.SyncDir(""))
	_, err = f.Write([]byte("good"))
	must(t, err)
	must(t, f.Sync())
	fault.Add(faultfs.Rule{Match: faultfs.Only(faultfs.OpSync)})
	_, err = f.Write([]byte("+bad"))
	must(t, err)
	if err := f.Sync(); !errors.Is(err, faultfs.ErrInjected) {
		t.Fatal(err)
	}
	must(t, f.Sync())
	if b, err := disk.CrashClean().Bytes("f"); err != nil || string(b) != "good" {
		t.Errorf("%q, %v", b, err)
	}
	kept := false
	for seed := range uint64(50) {
		b, err := disk.Crash(rand.New(rand.NewPCG(seed, 0))).Bytes("f")
		must(t, err)
		kept = kept || string(b) == "good+bad"
	}
	if !kept {
		t.Error("the unsynced bytes never survive")
	}
}

// A function that runs before each operation sees the disk as it is then.
func TestBefore(t *testing.T) {
	disk := memfs.New()
	fault := faultfs.New(disk)
	var sizes []int64
	fault.Before(func(op faultfs.Op, _ string) {
		if op == faultfs.OpWrite {
			sizes = append(sizes, disk.Used())
		}
	})
	f, err := fault.Create("f")
	must(t, err)
	for range 3 {
		_, err = f.Write([]byte("xy"))
		must(t, err)
	}
	fault.Before(nil)
	_, err = f.Write([]byte("xy"))
	must(t, err)
	if len(sizes) != 3 || sizes[0] != 0 || sizes[2] != 4 {
		t.Errorf("%v", sizes)
	}
}
