package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
)

// Options says what is tested.
type Options struct {
	// Open returns a store whose Bucket is empty.
	Open   func(t *testing.T) objectstore.Store
	Bucket string
	// Missing is a bucket that does not exist, where the first Put does not make it.
	Missing string
	// Without is odd keys that the server below the store does not take or loses.
	Without []string
	// Large is a size that the store divides, if it divides any. Default 1 MiB.
	Large int
}

// suite is a test with its store.
type suite struct {
	*testing.T
	Options
	store objectstore.Store
}

// Run runs all tests.
func Run(t *testing.T, o Options) {
	if o.Large == 0 {
		o.Large = 1 << 20
	}
	for _, c := range []struct {
		name string
		run  func(s *suite)
	}{
		{"Contents", (*suite).contents}, {"Replace", (*suite).replace}, {"Listing", (*suite).listing}, {"OddKeys", (*suite).oddKeys},
		{"Delete", (*suite).deletion}, {"BrokenBody", (*suite).brokenBody}, {"Unfinished", (*suite).unfinished},
		{"IfAbsent", (*suite).ifAbsent}, {"Missing", (*suite).missing}, {"Names", (*suite).names},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(&suite{t, o, o.Open(t)}) })
	}
}

// put stores an object and ends the test if that fails.
func (s *suite) put(key string, content []byte, opts objectstore.PutOptions) {
	s.Helper()
	if err := s.store.Put(s.Context(), s.Bucket, key, bytes.NewReader(content), opts); err != nil {
		s.Fatalf("put %q: %v", key, err)
	}
}

// get reads an object.
func (s *suite) get(key string, offset int64) ([]byte, objectstore.Object, error) {
	r, o, err := s.store.Get(s.Context(), s.Bucket, key, offset)
	if err != nil {
		return nil, o, err
	}
	content, err := io.ReadAll(r)
	return content, o, errors.Join(err, r.Close())
}

// absent checks that there is no object of a key.
func (s *suite) absent(key string) {
	s.Helper()
	if content, _, err := s.get(key, 0); !dberr.Is(err, dberr.NotFound) {
		s.Errorf("%q has %d bytes, %v", key, len(content), err)
	}
	if page, err := s.store.List(s.Context(), s.Bucket, objectstore.ListRequest{Prefix: key}); err != nil || len(page.Objects) > 0 {
		s.Errorf("%q is listed: %+v, %v", key, page, err)
	}
}

// randomBytes returns bytes of which no two pieces are alike.
func randomBytes(size int) []byte {
	out := make([]byte, size)
	rng := rand.NewChaCha8([32]byte{byte(size)})
	_, _ = rng.Read(out)
	return out
}

// contents: what was put is read, from any offset on, whatever its size and however the body comes.
func (s *suite) contents() {
	for _, size := range []int{0, 1, 4096, s.Large - 1, s.Large, s.Large + 1, 3*s.Large + 7} {
		key, content := fmt.Sprintf("size/%d", size), randomBytes(size)
		s.put(key, content, objectstore.PutOptions{ContentType: "application/octet-stream"})
		for _, offset := range []int64{0, 1, int64(size) / 2, int64(size) - 1, int64(size), int64(size) + 10, -1} {
			got, o, err := s.get(key, offset)
			want := content[min(max(offset, 0), int64(size)):]
			if err != nil || !bytes.Equal(got, want) || o.Key != key || o.Size != int64(size) || o.ETag == "" || o.Modified.IsZero() {
				s.Errorf("%s from %d: %d bytes, want %d; %+v, %v", key, offset, len(got), len(want), o, err)
			}
		}
	}
	content := randomBytes(5000)
	if err := s.store.Put(s.Context(), s.Bucket, "drops", iotest.OneByteReader(bytes.NewReader(content)), objectstore.PutOptions{}); err != nil {
		s.Fatal(err)
	}
	if got, _, err := s.get("drops", 0); err != nil || !bytes.Equal(got, content) {
		s.Errorf("byte by byte: %d bytes, %v", len(got), err)
	}
}

// replace: a Put replaces, and the ETag, which List and Get agree about, shows it.
func (s *suite) replace() {
	seen := map[string]bool{}
	for i, content := range []string{"one", "another", "the third"} {
		s.put("a/b", []byte(content), objectstore.PutOptions{})
		got, o, err := s.get("a/b", 0)
		if err != nil || string(got) != content || seen[o.ETag] {
			s.Errorf("version %d: %q, %+v, %v", i, got, o, err)
		}
		seen[o.ETag] = true
		page, err := s.store.List(s.Context(), s.Bucket, objectstore.ListRequest{Prefix: "a/"})
		if err != nil || len(page.Objects) != 1 || page.Objects[0].ETag != o.ETag || page.Objects[0].Size != o.Size || page.Objects[0].Modified.IsZero() {
			s.Errorf("version %d is listed as %+v, %v, read as %+v", i, page, err, o)
		}
	}
}

// keys lists all keys, page by page.
func (s *suite) keys(prefix, after string, limit int) []string {
	s.Helper()
	keys := []string{}
	for req := (objectstore.ListRequest{Prefix: prefix, After: after, Limit: limit}); ; req.After = keys[len(keys)-1] {
		page, err := s.store.List(s.Context(), s.Bucket, req)
		if err != nil {
			s.Fatalf("list %+v: %v", req, err)
		}
		if len(page.Objects) > limit || page.More && len(page.Objects) < limit {
			s.Fatalf("list %+v: %d objects, more: %v", req, len(page.Objects), page.More)
		}
		for _, o := range page.Objects {
			keys = append(keys, o.Key)
		}
		if !page.More {
			return keys
		}
	}
}

// listing: prefixes, starting points and pages of any size select the same objects as a sorted list does.
func (s *suite) listing() {
	all := []string{"a/1", "a/2", "a/2x", "a/b/1", "a/b/2", "b", "b1/x", "c/d/e/f", "z"}
	for _, key := range slices.Backward(all) {
		s.put(key, []byte(key), objectstore.PutOptions{})
	}
	for _, prefix := range []string{"", "a", "a/", "a/2", "a/b/", "b", "c/d", "none", "z"} {
		for _, after := range []string{"", "a", "a/2", "a/b/1", "b0", "z"} {
			want := []string{}
			for _, key := range all {
				if strings.HasPrefix(key, prefix) && key > after {
					want = append(want, key)
				}
			}
			for _, limit := range []int{1, 2, 3, 100} {
				if got := s.keys(prefix, after, limit); !slices.Equal(got, want) {
					s.Errorf("prefix %q after %q by %d: %q, want %q", prefix, after, limit, got, want)
				}
			}
		}
	}
}

// oddKeys: every character of a key comes back as it was.
func (s *suite) oddKeys() {
	keys := []string{"with space", "plus+and%2Bpercent%", "a&b=c?d#e", "quote'\"<>", "dépôt/温度", "UPPER/lower", "semi;colon,comma", "a~b!c*(d)", "tail./x",
		"a", "a/b", "a/", "tail ", "back\\slash", "ctrl\x01x", strings.Repeat("long", 255)}
	keys = slices.DeleteFunc(keys, func(key string) bool { return slices.Contains(s.Without, key) })
	slices.Sort(keys)
	for _, key := range keys {
		s.put(key, []byte(key), objectstore.PutOptions{})
	}
	for _, key := range keys {
		if got, _, err := s.get(key, 0); err != nil || string(got) != key {
			s.Errorf("%q has %q, %v", key, got, err)
		}
	}
	if got := s.keys("", "", 4); !slices.Equal(got, keys) {
		s.Errorf("listed\n%q, want\n%q", got, keys)
	}
	for _, key := range keys {
		if err := s.store.Delete(s.Context(), s.Bucket, key); err != nil {
			s.Errorf("delete %q: %v", key, err)
		}
	}
	if got := s.keys("", "", 4); len(got) > 0 {
		s.Errorf("after all were deleted: %q", got)
	}
}

// deletion: what was deleted is gone, and deleting nothing is no error.
func (s *suite) deletion() {
	s.put("k/1", []byte("x"), objectstore.PutOptions{})
	for range 2 {
		if err := s.store.Delete(s.Context(), s.Bucket, "k/1"); err != nil {
			s.Fatal(err)
		}
		s.absent("k/1")
	}
}

// brokenBody: a body that fails leaves what was there, whatever its length, and its error is passed on as it is. So does a
// context that ends.
func (s *suite) brokenBody() {
	broken := errors.New("broken")
	for _, size := range []int{10, 3 * s.Large} {
		content := randomBytes(size)
		for _, key := range []string{"new", "old"} {
			if key == "old" {
				s.put(key, []byte("old"), objectstore.PutOptions{})
			}
			body := io.MultiReader(bytes.NewReader(content), iotest.ErrReader(broken))
			if err := s.store.Put(s.Context(), s.Bucket, key, body, objectstore.PutOptions{}); !errors.Is(err, broken) {
				s.Errorf("%d bytes, then an error: %v", size, err)
			}
			ctx, cancel := context.WithCancel(s.Context())
			body = io.MultiReader(bytes.NewReader(content), readerFunc(func([]byte) (int, error) { cancel(); return 0, nil }))
			if err := s.store.Put(ctx, s.Bucket, key, body, objectstore.PutOptions{}); !errors.Is(err, context.Canceled) {
				s.Errorf("%d bytes, then the end of the context: %v", size, err)
			}
		}
		s.absent("new")
		if got, _, err := s.get("old", 0); string(got) != "old" || err != nil {
			s.Errorf("the old object is %q, %v", got, err)
		}
	}
}

// readerFunc is a reader of one method.
type readerFunc func([]byte) (int, error)

// Read implements io.Reader.
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// unfinished: nobody sees an object before its body has ended.
func (s *suite) unfinished() {
	r, w := io.Pipe()
	done := make(chan error)
	go func() { done <- s.store.Put(s.Context(), s.Bucket, "slow", r, objectstore.PutOptions{}) }()
	content := randomBytes(3 * s.Large)
	if _, err := w.Write(content); err != nil {
		s.Fatal(err)
	}
	s.absent("slow")
	if err := errors.Join(w.Close(), <-done); err != nil {
		s.Fatal(err)
	}
	if got, _, err := s.get("slow", 0); err != nil || !bytes.Equal(got, content) {
		s.Errorf("%d bytes, %v", len(got), err)
	}
}

// ifAbsent: of Puts that must not replace one succeeds, the others say why they do not.
func (s *suite) ifAbsent() {
	var stored atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			err := s.store.Put(s.Context(), s.Bucket, "one", strings.NewReader(fmt.Sprint(i)), objectstore.PutOptions{IfAbsent: true})
			switch {
			case err == nil:
				stored.Add(1)
			case !dberr.Is(err, dberr.Conflict):
				s.Error(err)
			}
		})
	}
	wg.Wait()
	if stored.Load() != 1 {
		s.Errorf("%d were stored", stored.Load())
	}
	content := randomBytes(2 * s.Large)
	for i := range 2 {
		err := s.store.Put(s.Context(), s.Bucket, "large", bytes.NewReader(content), objectstore.PutOptions{IfAbsent: true})
		if (err == nil) != (i == 0) || err != nil && !dberr.Is(err, dberr.Conflict) {
			s.Errorf("large, time %d: %v", i, err)
		}
	}
}

// missing: what is not there is said.
func (s *suite) missing() {
	if err := s.store.CheckBucket(s.Context(), s.Bucket); err != nil {
		s.Error(err)
	}
	if _, _, err := s.get("nothing", 0); !dberr.Is(err, dberr.NotFound) {
		s.Error(err)
	}
	if _, _, err := s.get("nothing", 5); !dberr.Is(err, dberr.NotFound) {
		s.Error(err)
	}
	if s.Missing == "" {
		return
	}
	_, listed := s.store.List(s.Context(), s.Missing, objectstore.ListRequest{})
	_, _, got := s.store.Get(s.Context(), s.Missing, "k", 0)
	for what, err := range map[string]error{
		"check": s.store.CheckBucket(s.Context(), s.Missing), "list": listed, "get": got,
		"put":       s.store.Put(s.Context(), s.Missing, "k", strings.NewReader("x"), objectstore.PutOptions{}),
		"put large": s.store.Put(s.Context(), s.Missing, "k", bytes.NewReader(randomBytes(2*s.Large)), objectstore.PutOptions{}),
		"put new":   s.store.Put(s.Context(), s.Missing, "k", strings.NewReader("x"), objectstore.PutOptions{IfAbsent: true}),
	} {
		var e *dberr.Error
		if !errors.As(err, &e) || e.Kind != dberr.NotFound || e.Client() != "The bucket '"+s.Missing+"' does not exist." {
			s.Errorf("%s in a bucket that is not there: %v", what, err)
		}
	}
}

// names: what is no name is refused.
func (s *suite) names() {
	for bucket, key := range map[string]string{"": "k", "ab": "k", "../x": "k", "Bucket": "k", s.Bucket: ""} {
		_, listed := s.store.List(s.Context(), bucket, objectstore.ListRequest{})
		_, _, got := s.store.Get(s.Context(), bucket, key, 0)
		errs := map[string]error{
			"put": s.store.Put(s.Context(), bucket, key, strings.NewReader(""), objectstore.PutOptions{}), "get": got,
			"delete": s.store.Delete(s.Context(), bucket, key),
		}
		if bucket != s.Bucket {
			errs["list"], errs["check"] = listed, s.store.CheckBucket(s.Context(), bucket)
		}
		for what, err := range errs {
			if !dberr.Is(err, dberr.Invalid) {
				s.Errorf("%s of %q in %q: %v", what, key, bucket, err)
			}
		}
	}
}
