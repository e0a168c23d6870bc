package export

import (
	"compress/gzip"
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/objectstore"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// newStore returns an empty object store in memory.
func newStore(t testing.TB) objectstore.Store {
	t.Helper()
	s, err := objectstore.OpenLocal(memfs.New())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plain is an UNLOAD to uncompressed CSV without any option.
func plain() *plan.Unload {
	return &plan.Unload{Bucket: "bucket", Prefix: "x", FieldDelimiter: ",", EscapedBy: `\`, MaxFileSizeBytes: 78 << 30}
}

// unload writes batches and returns the result.
func unload(t testing.TB, o Options, batches ...*vector.Batch) *Result {
	t.Helper()
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := w.Write(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	r, err := w.Finish(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if w.Held() != 0 {
		t.Errorf("after the end %d bytes are held", w.Held())
	}
	return r
}

// content is an object of a test's bucket.
type content struct{ key, text string }

// contents returns all objects of the bucket that are not described by the manifest themselves; compressed ones are read.
func contents(t testing.TB, s objectstore.Store) []content {
	t.Helper()
	page, err := s.List(context.Background(), "bucket", objectstore.ListRequest{})
	if err != nil || page.More {
		t.Fatal("more than a page of objects", err)
	}
	var out []content
	for _, o := range page.Objects {
		if strings.HasSuffix(o.Key, ".json") {
			continue
		}
		body, _, err := s.Get(context.Background(), "bucket", o.Key, 0)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(o.Key, ".gz") {
			z, err := gzip.NewReader(strings.NewReader(string(text)))
			if err != nil {
				t.Fatal(err)
			}
			z.Multistream(false) // all must be in the first stream, for readers that know no more
			if text, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, content{o.Key, string(text)})
	}
	return out
}

// keys returns the keys of all objects.
func keys(t testing.TB, s objectstore.Store) []string {
	t.Helper()
	page, err := s.List(context.Background(), "bucket", objectstore.ListRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, o := range page.Objects {
		out = append(out, o.Key)
	}
	slices.Sort(out)
	return out
}

// texts makes a batch of one column of texts.
func texts(values ...string) *vector.Batch {
	return &vector.Batch{Cols: []*vector.Vector{vector.Strings(values, nil)}, Rows: len(values)}
}

// numbered makes a batch of rows first, first+1, ...: n bigint, p varchar, which repeats after parts rows.
func numbered(first, rows, parts int) *vector.Batch {
	n, p := make([]int64, rows), make([]string, rows)
	for i := range n {
		n[i], p[i] = int64(first+i), "p"+string(rune('a'+(first+i)%parts%26))+string(rune('a'+(first+i)%parts/26))
	}
	return &vector.Batch{Cols: []*vector.Vector{vector.Int64s(types.Bigint, n, nil), vector.Strings(p, nil)}, Rows: rows}
}

var numberedColumns = []types.Field{{Name: "n", Type: types.Bigint}, {Name: "p", Type: types.Varchar}}
