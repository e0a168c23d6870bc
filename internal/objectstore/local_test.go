package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

var ctx = context.Background()

func open(t testing.TB, fs vfs.FS) *Local {
	t.Helper()
	l, err := OpenLocal(fs)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func put(s Store, key, content string) error {
	return s.Put(ctx, "bucket", key, strings.NewReader(content), PutOptions{})
}

// get returns an object's content, "" and the error if there is none.
func get(s Store, key string, offset int64) (string, error) {
	r, o, err := s.Get(ctx, "bucket", key, offset)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(r)
	if o.Key != key || o.Size < int64(len(data)) {
		err = errors.Join(err, fmt.Errorf("described as %+v", o))
	}
	return string(data), errors.Join(err, r.Close())
}

// keysOf lists all keys with a prefix, page by page.
func keysOf(t *testing.T, s Store, prefix string, limit int) []string {
	t.Helper()
	var keys []string
	req := ListRequest{Prefix: prefix, Limit: limit}
	for {
		page, err := s.List(ctx, "bucket", req)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Objects) > limit || page.More && len(page.Objects) < limit {
			t.Fatalf("a page of %d objects has %d, more: %v", limit, len(page.Objects), page.More)
		}
		for _, o := range page.Objects {
			keys = append(keys, o.Key)
		}
		if !page.More {
			return keys
		}
		req.After = keys[len(keys)-1]
	}
}

// TestAgainstMap: puts, deletes, reads, listings, crashes and failing disks in any order leave what a map has.
func TestAgainstMap(t *testing.T) {
	for round := range 20 {
		seed := rand.Uint64()
		rng := rand.New(rand.NewPCG(seed, 0))
		disk := memfs.New()
		s := open(t, disk)
		want := map[string]string{}
		pool := make([]string, 60)
		for i := range pool {
			pool[i] = randomKey(rng)
		}
		for step := range 200 {
			key := pool[rng.IntN(len(pool))]
			switch rng.IntN(10) {
			case 0, 1, 2, 3:
				content := strings.Repeat(fmt.Sprint(step, " "), rng.IntN(50))
				if err := put(s, key, content); err != nil {
					t.Fatalf("seed %d: put %q: %v", seed, key, err)
				}
				want[key] = content
			case 4, 5:
				if err := s.Delete(ctx, "bucket", key); err != nil {
					t.Fatalf("seed %d: delete %q: %v", seed, key, err)
				}
				delete(want, key)
			case 6:
				disk = disk.Crash(rng)
				s = open(t, disk)
			default:
				content, there := want[key]
				offset := rng.IntN(len(content) + 1)
				if got, err := get(s, key, int64(offset)); got != content[offset:] || dberr.Is(err, dberr.NotFound) == there || err != nil && there {
					t.Fatalf("seed %d: %q from %d is %q, %v, want %q", seed, key, offset, got, err, content[offset:])
				}
			}
		}
		for range 20 {
			key := pool[rng.IntN(len(pool))]
			prefix := key[:rng.IntN(len(key)+1)]
			var keys []string
			for k := range want {
				if strings.HasPrefix(k, prefix) {
					keys = append(keys, k)
				}
			}
			slices.Sort(keys)
			if got := keysOf(t, s, prefix, 1+rng.IntN(20)); !slices.Equal(got, keys) {
				t.Fatalf("round %d, seed %d: keys from %q are\n%q, want\n%q", round, seed, prefix, got, keys)
			}
		}
		for _, key := range slices.Collect(maps.Keys(want)) {
			if err := s.Delete(ctx, "bucket", key); err != nil {
				t.Fatal(err)
			}
		}
		if keys := keysOf(t, s, "", 10); len(keys) > 0 {
			t.Fatalf("seed %d: after all were deleted there are %q", seed, keys)
		}
	}
}

// TestEmptyFolders: folders go with the last object in them.
func TestEmptyFolders(t *testing.T) {
	disk := memfs.New()
	s := open(t, disk)
	for _, key := range []string{"a/b/c/1", "a/2"} {
		if err := put(s, key, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		key, folder string
		left        []string
	}{{"a/b/c/1", "bucket/a+", []string{"2"}}, {"a/2", "bucket", nil}} {
		if err := s.Delete(ctx, "bucket", step.key); err != nil {
			t.Fatal(err)
		}
		if names, err := disk.List(step.folder); err != nil || !slices.Equal(names, step.left) {
			t.Errorf("after %s was deleted %s has %q, %v", step.key, step.folder, names, err)
		}
	}
}

// TestPutFaults: whatever operation of a Put fails, the object is the old one or the new one, whole, and after an error that
// left the old one the next Put works.
func TestPutFaults(t *testing.T) {
	for nth := 1; ; nth++ {
		disk := memfs.New()
		if err := put(open(t, disk), "a/b", "old"); err != nil {
			t.Fatal(err)
		}
		faulty := faultfs.New(disk)
		s := open(t, faulty)
		rule := faulty.Add(faultfs.Rule{Nth: nth})
		err := put(s, "a/b", "new")
		if !rule.Fired() {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		if err != nil && !dberr.Is(err, dberr.Unavailable) {
			t.Errorf("operation %d failed: %v", nth, err)
		}
		got, gerr := get(s, "a/b", 0)
		if gerr != nil || got != "new" && (got != "old" || err == nil) {
			t.Errorf("operation %d failed with %v: the object is %q, %v", nth, err, got, gerr)
		}
		s = open(t, disk.CrashClean())
		if got, gerr = get(s, "a/b", 0); gerr != nil || got != "new" && (got != "old" || err == nil) {
			t.Errorf("after a crash, operation %d failed with %v: the object is %q, %v", nth, err, got, gerr)
		}
	}
}

// TestBrokenBody: a body that fails leaves no file behind.
func TestBrokenBody(t *testing.T) {
	disk := memfs.New()
	s := open(t, disk)
	broken := errors.New("broken")
	body := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken))
	if err := s.Put(ctx, "bucket", "k", body, PutOptions{}); !errors.Is(err, broken) || errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
	if names, err := disk.List(unfinishedDir); err != nil || len(names) > 0 {
		t.Errorf("left behind: %q, %v", names, err)
	}
}

// TestNames: what is no name of a bucket or an object is refused, and leads nowhere.
func TestNames(t *testing.T) {
	disk := memfs.New()
	s := open(t, disk)
	for _, bucket := range []string{"", "ab", "..", "a/b", ".unfinished", "Bucket", "-ab", "ab.", "a_b", strings.Repeat("x", 64)} {
		if err := s.Put(ctx, bucket, "k", strings.NewReader(""), PutOptions{}); !dberr.Is(err, dberr.Invalid) {
			t.Errorf("bucket %q: %v", bucket, err)
		}
		if _, err := s.List(ctx, bucket, ListRequest{}); !dberr.Is(err, dberr.Invalid) {
			t.Errorf("list of bucket %q: %v", bucket, err)
		}
	}
	for _, bucket := range []string{"abc", "con", "a..b", "a.b-c", strings.Repeat("x", 63)} {
		if err := s.Put(ctx, bucket, "k", strings.NewReader(""), PutOptions{}); err != nil {
			t.Errorf("bucket %q: %v", bucket, err)
		}
	}
	for _, key := range []string{"", strings.Repeat("x", 1025), "\xff"} {
		if err := put(s, key, ""); !dberr.Is(err, dberr.Invalid) {
			t.Errorf("key %.20q: %v", key, err)
		}
		if err := s.Delete(ctx, "bucket", key); !dberr.Is(err, dberr.Invalid) {
			t.Errorf("delete of key %.20q: %v", key, err)
		}
	}
	if page, err := s.List(ctx, "nothing-here", ListRequest{}); err != nil || len(page.Objects) > 0 {
		t.Errorf("a bucket without objects: %+v, %v", page, err)
	}
}

// TestDiskFull: a full disk is said, and the object is not there.
func TestDiskFull(t *testing.T) {
	s := open(t, memfs.New(memfs.WithCapacity(10)))
	if err := put(s, "k", "more than ten bytes"); !dberr.Is(err, dberr.Unavailable) || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("got %v", err)
	}
	if err := put(s, "k", "ten bytes."); err != nil {
		t.Errorf("after that: %v", err)
	}
}

// TestForeignFolders: a folder that somebody made where objects are, without the mark of ours, is no object, and what is in it is
// none.
func TestForeignFolders(t *testing.T) {
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "bucket", "cpu"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "bucket", "cpu", "1.csv"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := open(t, vfs.OS(folder))
	if err := put(l, "d", "x"); err != nil {
		t.Fatal(err)
	}
	if got := keysOf(t, l, "", 1); fmt.Sprint(got) != "[d]" {
		t.Error(got)
	}
	if _, err := get(l, "cpu", 0); !dberr.Is(err, dberr.NotFound) {
		t.Error(err)
	}
}
