package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// manifestOf reads a manifest.
func manifestOf(t testing.TB, s objectstore.Store, r *Result) (m manifest) {
	t.Helper()
	body, _, err := s.Get(context.Background(), "bucket", strings.TrimPrefix(r.ManifestFile, "s3://bucket/"), 0)
	if err == nil {
		err = json.NewDecoder(body).Decode(&m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// textsOf returns the values of a file with one column of texts.
func textsOf(t testing.TB, s objectstore.Store, url string) (out []string) {
	t.Helper()
	for _, c := range contents(t, s) {
		if c.key != strings.TrimPrefix(url, "s3://bucket/") {
			continue
		}
		if !strings.HasSuffix(url, ".parquet") {
			return strings.Split(strings.TrimSuffix(c.text, "\n"), "\n")[1:] // without header
		}
		rows, err := parquet.Read[struct {
			T string `parquet:"t"`
		}](strings.NewReader(c.text), int64(len(c.text)))
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			out = append(out, row.T)
		}
	}
	return out
}

// failing is a store whose nth Put fails after some bytes. From then on it says how many were begun and deleted.
type failing struct {
	objectstore.Store
	nth  int32
	err  error
	puts atomic.Int32
}

func (f *failing) Put(ctx context.Context, bucket, key string, body io.Reader, opts objectstore.PutOptions) error {
	if f.puts.Add(1) == f.nth {
		_, _ = io.CopyN(io.Discard, body, 10)
		return f.err
	}
	return f.Store.Put(ctx, bucket, key, body, opts)
}

// TestFailureLeavesNothing: whichever object cannot be stored, the error says so and nothing is left.
func TestFailureLeavesNothing(t *testing.T) {
	for _, parquetFiles := range []bool{false, true} {
		for nth := int32(1); ; nth++ {
			store := &failing{Store: newStore(t), nth: nth, err: dberr.New(dberr.Throttled, "slow down")}
			u := plain()
			u.Parquet, u.PartitionedBy, u.MaxFileSizeBytes = parquetFiles, []string{"p"}, 4<<10
			w, err := New(Options{Objects: store, Unload: u, Columns: numberedColumns})
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < 4 && err == nil; i++ {
				err = w.Write(context.Background(), numbered(1000*i, 1000, 3))
			}
			if err == nil {
				_, err = w.Finish(context.Background())
			}
			if err == nil && store.puts.Load() < nth {
				if n := len(keys(t, store)); n != int(nth)-1 {
					t.Errorf("%d objects, want %d", n, nth-1)
				}
				break
			}
			if !dberr.Is(err, dberr.Throttled) || !strings.Contains(err.Error(), "We have detected that Amazon S3 is throttling") {
				t.Fatalf("put %d fails: %v", nth, err)
			}
			if err := w.Abort(); err != nil {
				t.Fatal(err)
			}
			if left := keys(t, store); left != nil {
				t.Fatalf("put %d fails: %q is left", nth, left)
			}
		}
	}
}

// TestErrorsOfTheStore: they get kinds that Query has.
func TestErrorsOfTheStore(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{dberr.New(dberr.NotFound, "no bucket"), "invalid: UNLOAD could not write to the destination: no bucket"},
		{dberr.New(dberr.Unavailable, "disk full"), "unavailable: disk full"},
		{errors.New("odd"), "unavailable: UNLOAD could not write to the destination"},
		{fmt.Errorf("put: %w", context.Canceled), "internal: put: context canceled"},
	} {
		err := storeError(tt.err)
		var known *dberr.Error
		text := err.Error()
		if errors.As(err, &known) {
			text = known.Client()
		}
		if got := dberr.KindOf(err).String() + ": " + text; got != tt.want {
			t.Errorf("%v becomes %q, want %q", tt.err, got, tt.want)
		}
	}
}

// TestCancel: when the context ends while the store does not read, writing ends.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	store := &stuck{Store: newStore(t), reading: make(chan struct{})}
	w, err := New(Options{Objects: store, Unload: plain(), Columns: []types.Field{{Name: "t", Type: types.Varchar}}})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-store.reading
		cancel()
	}()
	if err := w.Write(ctx, texts(strings.Repeat("x", 2*chunkBytes))); !errors.Is(err, context.Canceled) {
		t.Errorf("writing ended with %v", err)
	}
	if err := w.Abort(); err != nil || keys(t, store) != nil {
		t.Errorf("%v, left is %q", err, keys(t, store))
	}
}

// stuck is a store that reads nothing until the context ends.
type stuck struct {
	objectstore.Store
	reading chan struct{}
}

func (s *stuck) Put(ctx context.Context, _, _ string, _ io.Reader, _ objectstore.PutOptions) error {
	close(s.reading)
	<-ctx.Done()
	return ctx.Err()
}

// TestCommit: an UNLOAD that must not commit has no manifest.
func TestCommit(t *testing.T) {
	store := newStore(t)
	refused := errors.New("refused")
	w, err := New(Options{Objects: store, Unload: plain(), Columns: []types.Field{{Name: "t", Type: types.Varchar}}, Commit: func() error {
		for _, k := range keys(t, store) {
			if strings.Contains(k, "manifest") {
				t.Errorf("%s is there before the commit", k)
			}
		}
		return refused
	}})
	if err == nil {
		err = w.Write(context.Background(), texts("a"))
	}
	if err == nil {
		_, err = w.Finish(context.Background())
	}
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil || keys(t, store) != nil {
		t.Errorf("%v, left is %q", err, keys(t, store))
	}
}

// TestEncryption: what the statement says about encryption goes to the store with every object.
func TestEncryption(t *testing.T) {
	store := &options{Store: newStore(t)}
	u := plain()
	u.KMS, u.KMSKey, u.Gzip = true, "key", true
	unload(t, Options{Objects: store, Unload: u, Columns: []types.Field{{Name: "t", Type: types.Varchar}}}, texts("a"))
	want := []objectstore.PutOptions{{ContentType: "application/gzip", Encryption: "SSE_KMS", KMSKeyID: "key"},
		{ContentType: "application/json", Encryption: "SSE_KMS", KMSKeyID: "key"}, {ContentType: "application/json", Encryption: "SSE_KMS", KMSKeyID: "key"}}
	if fmt.Sprint(store.seen) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", store.seen, want)
	}
}

// options is a store that notes how objects are put; the writer of one file puts one at a time.
type options struct {
	objectstore.Store
	seen []objectstore.PutOptions
}

func (s *options) Put(ctx context.Context, bucket, key string, body io.Reader, opts objectstore.PutOptions) error {
	s.seen = append(s.seen, opts)
	return s.Store.Put(ctx, bucket, key, body, opts)
}

// TestPartitionsHoldLittle: rows of a hundred partitions in turn never hold much more than they may, in any format, and all
// come out.
func TestPartitionsHoldLittle(t *testing.T) {
	for _, format := range []string{"csv", "gz", "parquet"} {
		store, u := newStore(t), plain()
		u.Parquet, u.Gzip, u.PartitionedBy = format == "parquet", format == "gz", []string{"p"}
		const limit = 256 << 10
		waited := time.Duration(0)
		w, err := New(Options{Objects: store, Unload: u, Columns: numberedColumns, HeldBytesMax: limit, Wait: func(f func()) {
			began := time.Now()
			f()
			waited += time.Since(began)
		}})
		if err != nil {
			t.Fatal(err)
		}
		rows := int64(0)
		for i := range 50 {
			if err := w.Write(context.Background(), numbered(4000*i, 4000, 100)); err != nil {
				t.Fatal(err)
			}
			if rows += 4000; w.Held() > limit*5/4 {
				t.Fatalf("%s: %d bytes are held after %d rows", format, w.Held(), rows)
			}
		}
		r, err := w.Finish(context.Background())
		if err != nil || r.Rows != rows || r.Partitions != 100 || waited == 0 {
			t.Fatalf("%s: %+v, %v", format, r, err)
		}
		sum := int64(0)
		for _, f := range manifestOf(t, store, r).Files {
			sum += f.Metadata.Rows
		}
		if sum != rows {
			t.Errorf("%s: the files have %d rows, want %d", format, sum, rows)
		}
	}
}

// TestStoreThatHolds: if the store holds parts of objects, files end so that all open ones together hold what they may; the
// ones that nothing came for are the first.
func TestStoreThatHolds(t *testing.T) {
	store, u := newStore(t), plain()
	u.PartitionedBy = []string{"p"}
	const limit = 64 << 10
	w, err := New(Options{Objects: store, Unload: u, Columns: numberedColumns, HeldBytesMax: 1 << 10, ObjectBytes: 8 << 10, ObjectsBytesMax: limit})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		if err := w.Write(context.Background(), numbered(1000*i, 1000, 20)); err != nil {
			t.Fatal(err)
		}
		if w.stored > limit {
			t.Fatalf("%d bytes are held by the store", w.stored)
		}
	}
	for i := range 60 { // now one partition only: its file stays open
		if err := w.Write(context.Background(), numbered(1000*i, 1000, 1)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := w.Finish(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	rows, last := int64(0), int64(0)
	files := manifestOf(t, store, r).Files
	for _, f := range files {
		rows += f.Metadata.Rows
		last = max(last, f.Metadata.Rows)
	}
	if rows != 120_000 || len(files) < 40 || last < 60_000 {
		t.Errorf("%d rows in %d files, the largest has %d", rows, len(files), last)
	}
}

// TestLongestKey: a key of 1,024 bytes is the longest.
func TestLongestKey(t *testing.T) {
	store, u := newStore(t), plain()
	u.Parquet = true // has the longest names
	u.Prefix = strings.Repeat("p", 1024-len("/results/_.parquet")-36-10)
	unload(t, Options{Objects: store, Unload: u, Columns: []types.Field{{Name: "t", Type: types.Varchar}}, QueryID: "AEABCDEFGH"}, texts("a"))
	u.Prefix += "p"
	w, err := New(Options{Objects: store, Unload: u, Columns: []types.Field{{Name: "t", Type: types.Varchar}}, QueryID: "AEABCDEFGH"})
	if err == nil {
		err = w.Write(context.Background(), texts("a"))
	}
	if !dberr.Is(err, dberr.Invalid) || !strings.HasPrefix(err.Error(), "The generated S3 object key: pppp") || !strings.HasSuffix(err.Error(), "is too long. See documentation for more details.") {
		t.Errorf("got %v", err)
	}
}

// nested is a value of each kind in lists and rows, in n rows.
func nested(n int) ([]types.Field, *vector.Batch) {
	row := types.RowOf(types.Field{Name: "s", Type: types.Varchar}, types.Field{Name: "a", Type: types.ArrayOf(types.ArrayOf(types.Bigint))})
	fields := []types.Field{{Name: "r", Type: types.ArrayOf(row)}, {Name: "ts", Type: types.TimeSeriesOf(types.Double)}, {Name: "b", Type: types.Boolean}}
	b := &vector.Batch{Rows: n}
	for k, f := range fields {
		out := vector.NewBuilder(f.Type, n)
		for i := range n {
			out.Append(nestedValue(k, i))
		}
		b.Cols = append(b.Cols, out.Build())
	}
	return fields, b
}

func nestedValue(column, i int) types.Value {
	switch {
	case i%7 == column:
		return nil
	case column == 2:
		return i%2 == 0
	case column == 1:
		s := types.Series{}
		for j := range i % 4 {
			s = append(s, types.Point{Time: int64(i)*1e9 + int64(j) - 5e18, Value: float64(j) / 2})
		}
		return s
	}
	list := []types.Value{}
	for j := range i % 3 {
		inner := []types.Value{}
		for k := range j + i%2 {
			inner = append(inner, []types.Value{int64(k), nil, int64(i)})
		}
		list = append(list, []types.Value{fmt.Sprint("s", i), inner}, nil)
	}
	return list
}

// TestLeftObjects: Abort says how many objects it could not remove.
func TestLeftObjects(t *testing.T) {
	store, u := &keeping{newStore(t)}, plain()
	u.PartitionedBy = []string{"p"}
	w, err := New(Options{Objects: store, Unload: u, Columns: numberedColumns, Commit: func() error { return context.Canceled }})
	if err == nil {
		err = w.Write(context.Background(), numbered(0, 10, 2))
	}
	if err == nil {
		_, err = w.Finish(context.Background())
	}
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := w.Abort(); err == nil || !strings.HasPrefix(err.Error(), "3 of 3 objects are left: remove x/") || !strings.HasSuffix(err.Error(), ": no") {
		t.Errorf("got %v", err)
	}
}

// keeping is a store that deletes nothing.
type keeping struct{ objectstore.Store }

func (keeping) Delete(context.Context, string, string) error { return errors.New("no") }
