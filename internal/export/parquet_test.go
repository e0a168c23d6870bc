package export

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// TestParquetLevels: lists in rows in lists come back from the library's reader as they were, through every batch size.
func TestParquetLevels(t *testing.T) {
	fields, all := nested(200)
	for _, size := range []int{1, 7, 200} {
		store, u := newStore(t), plain()
		u.Parquet, u.Gzip = true, size == 7
		var batches []*vector.Batch
		for i := 0; i < all.Rows; i += size {
			batches = append(batches, all.Slice(i, min(i+size, all.Rows)))
		}
		unload(t, Options{Objects: store, Unload: u, Columns: fields}, batches...)
		text := contents(t, store)[0].text
		f, err := parquet.OpenFile(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		got := readTree(t, f)
		for i := range all.Rows {
			for k, field := range fields {
				if want := treeOf(field.Type, all.Cols[k].Value(i)); !reflect.DeepEqual(got[i][k], want) {
					t.Fatalf("batches of %d: row %d, column %s is\n%v, want\n%v", size, i, field.Name, got[i][k], want)
				}
			}
		}
	}
}

// treeOf returns a value as readTree has it.
func treeOf(t *types.Type, v types.Value) any {
	switch v := v.(type) {
	case nil:
		return nil
	case []types.Value:
		out := []any{}
		for i, e := range v {
			elem := t.Elem
			if t.Kind == types.KindRow {
				elem = t.Fields[i].Type
			}
			out = append(out, treeOf(elem, e))
		}
		return out
	case types.Series:
		out := []any{}
		for _, p := range v {
			out = append(out, []any{types.Text(types.Timestamp, p.Time), treeOf(t.Elem, p.Value)})
		}
		return out
	case int64, bool:
		return fmt.Sprint(v)
	}
	return fmt.Sprint(v)
}

// readTree assembles the rows of a file from the values and levels of its columns, by the rules of the format alone.
func readTree(t *testing.T, f *parquet.File) (rows [][]any) {
	t.Helper()
	for _, g := range f.RowGroups() {
		r := g.Rows()
		for {
			buffer := make([]parquet.Row, 1)
			n, err := r.ReadRows(buffer)
			if n == 0 {
				break
			}
			leaves := map[int][]parquet.Value{}
			for _, v := range buffer[0] {
				leaves[v.Column()] = append(leaves[v.Column()], v.Clone())
			}
			var row []any
			for _, c := range f.Root().Columns() {
				row = append(row, assemble(c, leaves, 0, 0))
			}
			rows = append(rows, row)
			if err != nil {
				break
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return rows
}

// assemble takes one value of a node from the front of the values of its leaves.
func assemble(c *parquet.Column, leaves map[int][]parquet.Value, definition, repetition int) any {
	first := firstLeaf(c)
	if c.Optional() {
		definition++
		if leaves[first][0].DefinitionLevel() < definition {
			drop(c, leaves)
			return nil
		}
	}
	if c.Leaf() {
		v := leaves[first][0]
		drop(c, leaves)
		if v.Kind() == parquet.Int96 {
			i := v.Int96()
			return types.Text(types.Timestamp, (int64(i[2])-2_440_588)*86_400_000_000_000+int64(uint64(i[1])<<32|uint64(i[0])))
		}
		return v.String()
	}
	if kids := c.Columns(); len(kids) != 1 || !kids[0].Repeated() {
		out := []any{}
		for _, kid := range kids {
			out = append(out, assemble(kid, leaves, definition, repetition))
		}
		return out
	}
	list, out := c.Columns()[0], []any{}
	if leaves[first][0].DefinitionLevel() < definition+1 {
		drop(c, leaves)
		return out
	}
	for {
		out = append(out, assemble(list.Columns()[0], leaves, definition+1, repetition+1))
		if len(leaves[first]) == 0 || leaves[first][0].RepetitionLevel() < repetition+1 {
			return out
		}
	}
}

// firstLeaf returns the number of the first leaf below a node.
func firstLeaf(c *parquet.Column) int {
	for !c.Leaf() {
		c = c.Columns()[0]
	}
	return c.Index()
}

// drop takes one value from each leaf below a node.
func drop(c *parquet.Column, leaves map[int][]parquet.Value) {
	if c.Leaf() {
		leaves[c.Index()] = leaves[c.Index()][1:]
		return
	}
	for _, kid := range c.Columns() {
		drop(kid, leaves)
	}
}

// TestParquetDictionary: texts that are all different, more than a dictionary takes, come back, after ones that repeat and
// before some that do.
func TestParquetDictionary(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	var values []string
	for i := range 60_000 {
		s := fmt.Sprint("host-", i%10)
		if i > 20_000 && i < 40_000 {
			s = fmt.Sprintf("%060x", rng.Uint64())
		}
		values = append(values, s)
	}
	store, u := newStore(t), plain()
	u.Parquet, u.Gzip = true, true
	var batches []*vector.Batch
	for i := 0; i < len(values); i += 4000 {
		batches = append(batches, texts(values[i:i+4000]...))
	}
	unload(t, Options{Objects: store, Unload: u, Columns: []types.Field{{Name: "t", Type: types.Varchar}}, HeldBytesMax: 2 << 20}, batches...)
	if got := textsOf(t, store, "s3://bucket/"+contents(t, store)[0].key); !reflect.DeepEqual(got, values) {
		t.Errorf("%d values came back, or others", len(got))
	}
}

// TestForms: constant and dictionary columns are written as flat ones are.
func TestForms(t *testing.T) {
	dict := vector.Strings([]string{"a", "b"}, nil)
	b := &vector.Batch{Rows: 3, Cols: []*vector.Vector{
		vector.DictionaryOf(dict, []int32{1, -1, 0}),
		vector.Const(types.Bigint, int64(5), 3),
		vector.NullsOf(types.Double, 3),
		vector.Const(types.ArrayOf(types.Varchar), []types.Value{"x", nil}, 3),
	}}
	columns := []types.Field{{Name: "d", Type: types.Varchar}, {Name: "c", Type: types.Bigint}, {Name: "n", Type: types.Double}, {Name: "l", Type: types.ArrayOf(types.Varchar)}}
	for _, p := range []bool{false, true} {
		store, u := newStore(t), plain()
		u.Parquet, u.EscapedBy = p, `"`
		unload(t, Options{Objects: store, Unload: u, Columns: columns}, b)
		text := contents(t, store)[0].text
		if !p {
			if want := "b,5,,\"[\"\"x\"\",null]\"\n,5,,\"[\"\"x\"\",null]\"\na,5,,\"[\"\"x\"\",null]\"\n"; text != want {
				t.Errorf("got %q", text)
			}
			continue
		}
		f, err := parquet.OpenFile(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		want := "[[b 5 <nil> [x <nil>]] [<nil> 5 <nil> [x <nil>]] [a 5 <nil> [x <nil>]]]"
		if got := fmt.Sprint(readTree(t, f)); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
}

// TestWideRows: rows that are large each do not make a file larger than it may be, nor is much held for them at once.
func TestWideRows(t *testing.T) {
	store, u := newStore(t), plain()
	u.Parquet, u.MaxFileSizeBytes = true, 16<<20
	rng := rand.New(rand.NewPCG(1, 1))
	const rows, perRow = 250, 10_000
	numbers, offsets := make([]float64, rows*perRow), make([]int32, rows+1)
	for i := range numbers {
		numbers[i] = rng.Float64()
	}
	for i := range offsets {
		offsets[i] = int32(i * perRow)
	}
	of := types.ArrayOf(types.Double)
	b := &vector.Batch{Rows: rows, Cols: []*vector.Vector{vector.Arrays(of, offsets, vector.Doubles(numbers, nil), nil)}}
	r := unload(t, Options{Objects: store, Unload: u, Columns: []types.Field{{Name: "a", Type: of}}}, b)
	got := 0
	for _, f := range manifestOf(t, store, r).Files {
		if f.Metadata.Bytes > u.MaxFileSizeBytes {
			t.Errorf("a file has %d bytes", f.Metadata.Bytes)
		}
		got += int(f.Metadata.Rows)
	}
	if got != rows || r.Bytes < rows*perRow*8 {
		t.Errorf("%d rows with %d bytes are written", got, r.Bytes)
	}
}

// TestManyColumnsInPartitions: what the library takes for each column of each file counts, too, and stays within the limit.
func TestManyColumnsInPartitions(t *testing.T) {
	const columns, partitions, rows, limit = 100, 100, 1000, 8 << 20
	store, u := newStore(t), plain()
	u.Parquet, u.PartitionedBy = true, []string{"p"}
	var fields []types.Field
	b := &vector.Batch{Rows: rows}
	for k := range columns {
		fields = append(fields, types.Field{Name: fmt.Sprint("c", k), Type: types.Double})
		numbers := make([]float64, rows)
		for i := range numbers {
			numbers[i] = float64(k * i)
		}
		b.Cols = append(b.Cols, vector.Doubles(numbers, nil))
	}
	fields = append(fields, types.Field{Name: "p", Type: types.Bigint})
	p := make([]int64, rows)
	for i := range p {
		p[i] = int64(i % partitions)
	}
	b.Cols = append(b.Cols, vector.Int64s(types.Bigint, p, nil))
	w, err := New(Options{Objects: store, Unload: u, Columns: fields, HeldBytesMax: limit})
	if err != nil {
		t.Fatal(err)
	}
	before := heapBytes()
	stored := 0
	for i := range 6 {
		if err := w.Write(context.Background(), b); err != nil {
			t.Fatal(err)
		}
		if i%3 == 2 {
			objects := contents(t, store)
			stored = 0
			for _, o := range objects {
				stored += len(o.text)
			}
			held := heapBytes() - before - 2*int64(stored) // the store is in memory, and has room to grow
			if w.Held() > limit || held > 2*limit {
				t.Errorf("after %d rows %d bytes are held, %d are told", (i+1)*rows, held, w.Held())
			}
		}
	}
	if r, err := w.Finish(context.Background()); err != nil || r.Rows != 6*rows {
		t.Errorf("%+v, %v", r, err)
	}
}

// heapBytes returns how many bytes are in use.
func heapBytes() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
