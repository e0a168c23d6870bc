package backup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/folder"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// eachFault runs attempt with the first operation failing, then the second and so on, once and for good, until one meets no fault.
func eachFault(t *testing.T, attempt func(t *testing.T, disk *memfs.FS, fault *faultfs.FS)) {
	for _, permanent := range []bool{false, true} {
		for n := 1; ; n++ {
			disk := memfs.New()
			fault := faultfs.New(disk)
			rule := fault.Add(faultfs.Rule{Nth: n, Match: faultfs.Changes, Permanent: permanent})
			t.Run(fmt.Sprintf("operation %d permanent %v", n, permanent), func(t *testing.T) { attempt(t, disk, fault) })
			if !rule.Fired() {
				break
			}
		}
	}
}

// TestBackupFaults: a backup that fails anywhere leaves none that looks whole, and the next one works.
func TestBackupFaults(t *testing.T) {
	data := filled(t)
	eachFault(t, func(t *testing.T, disk *memfs.FS, fault *faultfs.FS) {
		made, _ := backUp(data, fault)
		fault.Clear()
		wantWhole(t, data, disk, made)
	})
}

// TestBackupCrash: a power cut at any moment leaves backups that are whole or recognised as unfinished.
func TestBackupCrash(t *testing.T) {
	data := filled(t)
	rng := rand.New(rand.NewPCG(4, 4))
	eachFault(t, func(t *testing.T, disk *memfs.FS, fault *faultfs.FS) {
		made, err := backUp(data, fault)
		if err != nil {
			made = nil
		}
		for range 4 {
			wantWhole(t, data, disk.Crash(rng), made)
		}
	})
}

// TestRestoreFaults: a restore that fails, or meets a power cut, leaves a folder that a server refuses, or a whole one, or nothing of it.
func TestRestoreFaults(t *testing.T) {
	data, dest := filled(t), memfs.New()
	made, err := backUp(data, dest)
	must(t, err)
	want := content(t, data)
	rng := rand.New(rand.NewPCG(5, 5))
	eachFault(t, func(t *testing.T, disk *memfs.FS, fault *faultfs.FS) {
		_, err := restore(ctx, vfs.Sub(dest, made.Path), fault)
		fault.Clear()
		for i := range 5 {
			image := disk
			if i > 0 {
				image = disk.Crash(rng)
			}
			names, lerr := image.List(".")
			must(t, lerr)
			cerr := folder.Check(image)
			if cerr != nil || strings.Join(names, "") == "" || strings.Join(names, "") == folder.LockName {
				if err == nil {
					t.Fatalf("a restore that succeeded leaves %v, %v", names, cerr)
				}
				continue
			}
			if !maps.Equal(content(t, image), want) {
				t.Fatal("the folder differs, and no mark says that the restore is not whole")
			}
		}
	})
}

// TestDiskFull: the error says what is full, and what was written is removed.
func TestDiskFull(t *testing.T) {
	data := filled(t)
	for room := int64(0); ; room += 100 {
		dest := memfs.New(memfs.WithCapacity(room))
		made, err := backUp(data, dest)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "The disk of the backup is full") {
			t.Fatalf("with %d bytes: %v, %v", room, made, err)
		}
		if dest.Used() != 0 {
			t.Fatalf("with %d bytes: %d are still used", room, dest.Used())
		}
	}
	dest := memfs.New()
	made, err := backUp(data, dest)
	must(t, err)
	_, err = restore(ctx, vfs.Sub(dest, made.Path), memfs.New(memfs.WithCapacity(1000)))
	if !dberr.Is(err, dberr.Unavailable) || !strings.Contains(err.Error(), "The disk of the data folder is full") {
		t.Fatalf("restore: %v", err)
	}
}

// TestDamagedBackup: a backup with any byte changed is refused before anything is written.
func TestDamagedBackup(t *testing.T) {
	dest := memfs.New()
	made, err := backUp(filled(t), dest)
	must(t, err)
	flips := 0
	must(t, vfs.Walk(dest, made.Path, func(name string, size int64) error {
		for i := range size {
			good, err := dest.Bytes(name)
			must(t, err)
			bad := append([]byte(nil), good...)
			bad[i] ^= 1 << (flips % 8)
			must(t, dest.SetBytes(name, bad))
			to := memfs.New()
			if _, err := restore(ctx, vfs.Sub(dest, made.Path), to); err == nil {
				t.Fatalf("restored with byte %d of %s changed", i, name)
			}
			if names, err := to.List("."); err != nil || len(names) > 0 {
				t.Fatalf("written before the backup was checked: %v, %v", names, err)
			}
			must(t, dest.SetBytes(name, good))
			flips++
		}
		must(t, dest.Remove(name))
		return nil
	}))
	if flips < 1000 {
		t.Fatalf("%d bytes", flips)
	}
}

// TestCancel: a backup that is cancelled says so and leaves nothing.
func TestCancel(t *testing.T) {
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	dest := memfs.New()
	_, err := createIn(cancelled, Options{Clock: clock.NewManual(now)}, dest, func() (*source, error) { return openLocked(filled(t)) })
	if names, lerr := dest.List("."); !errors.Is(err, context.Canceled) || lerr != nil || len(names) > 0 {
		t.Fatalf("%v; left: %v, %v", err, names, lerr)
	}
}

// TestServeMarked: an engine opens neither a backup nor a folder with half a restore.
func TestServeMarked(t *testing.T) {
	dest := memfs.New()
	made, err := backUp(filled(t), dest)
	must(t, err)
	_, err = engine.Open(ctx, engine.Options{FS: vfs.Sub(dest, made.Path)})
	if err == nil || !strings.Contains(err.Error(), "This is a backup") {
		t.Errorf("open a backup: %v", err)
	}
	half := filled(t)
	must(t, vfs.ReplaceFile(half, folder.RestoringName, nil))
	_, err = engine.Open(ctx, engine.Options{FS: half})
	if err == nil || !strings.Contains(err.Error(), "a restore that was not finished") {
		t.Errorf("open half a restore: %v", err)
	}
}
