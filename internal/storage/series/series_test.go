package series

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// record is what a row means to the index.
type record struct {
	measure string
	dims    []Dim
	columns []Column
}

// rec makes a record from "measure dim=value ... column:type ...".
func rec(text string) record {
	var r record
	byName := map[string]*types.Type{"double": types.Double, "bigint": types.Bigint, "varchar": types.Varchar, "boolean": types.Boolean, "timestamp": types.Timestamp}
	for i, word := range strings.Fields(text) {
		if i == 0 {
			r.measure = word
		} else if name, value, ok := strings.Cut(word, "="); ok {
			r.dims = append(r.dims, Dim{name, value})
		} else {
			at := strings.LastIndex(word, ":")
			c := Column{word[:at], byName[word[at+1:]]}
			if c.Name == "measure_value:" {
				c.Name = word
			}
			r.columns = append(r.columns, c)
		}
	}
	return r
}

// add checks and adds a record and returns its series.
func add(t *testing.T, x *Txn, text string) uint32 {
	t.Helper()
	r := rec(text)
	if c := x.Check(r.measure, r.dims, r.columns); c != nil {
		t.Fatalf("%s: conflict %+v", text, c)
	}
	return x.Add(Hash(r.measure, r.dims), r.measure, r.dims, r.columns, make([]uint16, len(r.columns)))
}

func find(ix *Index, text string) (uint32, bool) {
	r := rec(text)
	reading := ix.Reading()
	defer reading.Done()
	return reading.Find(Hash(r.measure, r.dims), r.measure, r.dims)
}

// build returns an index with the given records, and the encoded definitions.
func build(t *testing.T, texts ...string) (*Index, []byte) {
	t.Helper()
	ix := New()
	var encoded []byte
	for _, text := range texts {
		x := ix.Begin()
		add(t, x, text)
		for _, d := range x.Take() {
			encoded = AppendDef(encoded, &d)
		}
		x.Commit()
	}
	return ix, encoded
}

func TestSeriesKeepTheirNumbers(t *testing.T) {
	ix, _ := build(t,
		"cpu host=a region=eu measure_value::double",
		"cpu region=eu host=a measure_value::bigint",
		"cpu host=b region=eu measure_value::double",
		"mem host=a region=eu used:double free:bigint",
		"cpu host=a measure_value::double",
	)
	for text, want := range map[string]uint32{
		"cpu host=a region=eu": 0, "cpu region=eu host=a": 0, "cpu host=b region=eu": 1, "mem host=a region=eu": 2, "cpu host=a": 3,
	} {
		if id, ok := find(ix, text); !ok || id != want {
			t.Errorf("%s is %d, %v", text, id, ok)
		}
	}
	for _, text := range []string{"cpu host=c", "disk host=a", "cpu host=a region=us", "cpu host=a region=eu zone=1", "cpu", "cpu hosts=a"} {
		if id, ok := find(ix, text); ok {
			t.Errorf("%s is %d", text, id)
		}
	}
}

func TestSchemaIsInOrderOfFirstAppearance(t *testing.T) {
	ix, _ := build(t,
		"cpu host=a measure_value::double",
		"net iface=1 host=a out:double in:double",
		"cpu host=a zone=z measure_value::varchar",
		"net iface=1 host=a up:timestamp in:double",
	)
	if got := ix.Dimensions(); !slices.Equal(got, []string{"host", "iface", "zone"}) {
		t.Errorf("dimensions %q", got)
	}
	want := []Measure{
		{"cpu", []string{"host", "zone"}, rec("x measure_value::double measure_value::varchar").columns},
		{"net", []string{"host", "iface"}, rec("x out:double in:double up:timestamp").columns},
	}
	if diff := cmp.Diff(want, ix.Measures()); diff != "" {
		t.Error(diff)
	}
	if v, missing := ix.DistinctValues("zone"); !missing || !slices.Equal(v, []string{"z"}) {
		t.Errorf("zone %q %v", v, missing)
	}
	if v, missing := ix.DistinctValues("host"); missing || !slices.Equal(v, []string{"a"}) {
		t.Errorf("host %q %v", v, missing)
	}
	if v, missing := ix.DistinctValues("nope"); !missing || v != nil {
		t.Errorf("nope %q %v", v, missing)
	}
	version := ix.SchemaVersion()
	x := ix.Begin()
	add(t, x, "cpu host=b measure_value::double")
	x.Take()
	x.Commit()
	if ix.SchemaVersion() != version {
		t.Error("a new value changed the schema version")
	}
}

func TestConflicts(t *testing.T) {
	ix, _ := build(t, "cpu host=a load:double", "cpu host=a measure_value::double")
	for _, c := range []struct {
		text string
		want *Conflict
	}{
		{"cpu host=a load:double", nil},
		{"cpu host=a load:bigint", &Conflict{TypeConflict, "load", types.Double}},
		{"mem host=a load:varchar", &Conflict{TypeConflict, "load", types.Double}},
		{"cpu host=a host:double", &Conflict{NameConflict, "host", types.Varchar}},
		{"cpu load=a x:double", &Conflict{NameConflict, "load", types.Double}},
		{"cpu new=a new:double", &Conflict{NameConflict, "new", types.Varchar}},
		{"cpu host=a measure_value::bigint", nil},
	} {
		r := rec(c.text)
		if diff := cmp.Diff(c.want, ix.Begin().Check(r.measure, r.dims, r.columns)); diff != "" {
			t.Errorf("%s: %s", c.text, diff)
		}
	}
	// What an earlier row of the same transaction brought counts too.
	x := ix.Begin()
	add(t, x, "cpu zone=a y:double")
	for text, reason := range map[string]Reason{"cpu host=a y:bigint": TypeConflict, "cpu y=1 x:double": NameConflict, "cpu host=a zone:double": NameConflict} {
		r := rec(text)
		if c := x.Check(r.measure, r.dims, r.columns); c == nil || c.Reason != reason {
			t.Errorf("%s: %+v", text, c)
		}
	}
}

func TestLimits(t *testing.T) {
	// One transaction fills a table up to each limit, another one begins there.
	fill := func(text string, n int) (*Index, *Txn) {
		ix := New()
		x := ix.Begin()
		add(t, x, "first d=0 a:double")
		for i := range n {
			add(t, x, fmt.Sprintf(text, i))
		}
		return ix, x
	}
	for _, c := range []struct {
		name, text string
		n          int
		fits, over string
		want       Reason
	}{
		{"dimensions", "first d=0 d%d=1 a:double", DimensionsMax - 1, "first d=0 d1=2", "first more=1", TooManyDimensions},
		{"measures", "m%d d=0 a:double", MeasuresMax - 1, "m1 d=1", "more d=1", TooManyMeasures},
		{"attributes", "first d=0 a%d:double", AttributesMax - 1, "first d=1 a2:double measure_value::double", "first d=1 more:double", TooManyAttributes},
	} {
		t.Run(c.name, func(t *testing.T) {
			ix, x := fill(c.text, c.n)
			check := func() {
				r := rec(c.over)
				if got := x.Check(r.measure, r.dims, r.columns); got == nil || got.Reason != c.want {
					t.Errorf("%s: %+v", c.over, got)
				}
				r = rec(c.fits)
				if got := x.Check(r.measure, r.dims, r.columns); got != nil {
					t.Errorf("%s: %+v", c.fits, got)
				}
			}
			check()
			x.Take()
			x.Commit()
			x = ix.Begin()
			check()
		})
	}
}

func TestNothingIsSeenBeforeCommit(t *testing.T) {
	ix, _ := build(t, "cpu host=a measure_value::double")
	x := ix.Begin()
	if id := add(t, x, "mem host=b used:double"); id != 1 {
		t.Errorf("series %d", id)
	}
	if id := add(t, x, "mem host=b used:double"); id != 1 {
		t.Errorf("again: series %d", id)
	}
	if _, ok := find(ix, "mem host=b"); ok || len(ix.MeasureNames()) != 1 || len(ix.Columns()) != 1 {
		t.Error("seen before commit")
	}
	x.Take()
	add(t, x, "late host=c used:double")
	x.Commit()
	if _, ok := find(ix, "mem host=b"); !ok {
		t.Error("not seen after commit")
	}
	if _, ok := find(ix, "late host=c"); ok || ix.Len() != 2 {
		t.Error("seen although it was never taken")
	}
	// A transaction that is given up leaves its numbers to the next.
	add(t, ix.Begin(), "gone host=d x:double")
	x = ix.Begin()
	if id := add(t, x, "next host=e x:double"); id != 2 {
		t.Errorf("series %d", id)
	}
}

// randomIndex makes a table of random series and returns the records by number.
func randomIndex(t *testing.T, rng *rand.Rand, n int) (*Index, []record, []byte) {
	t.Helper()
	ix := New()
	x := ix.Begin()
	var records []record
	for len(records) < n {
		text := fmt.Sprintf("m%d", rng.IntN(4))
		for d := range 5 {
			if rng.IntN(4) > 0 {
				text += fmt.Sprintf(" d%d=%d", d, rng.IntN(1<<(2*d)))
			}
		}
		if id := add(t, x, text+" x:double"); int(id) == len(records) {
			records = append(records, rec(text))
		}
	}
	var encoded []byte
	for _, d := range x.Take() {
		encoded = AppendDef(encoded, &d)
	}
	x.Commit()
	return ix, records, encoded
}

func (r record) value(dim string) (string, bool) {
	if dim == ColumnMeasureName {
		return r.measure, true
	}
	for _, d := range r.dims {
		if d.Name == dim {
			return d.Value, true
		}
	}
	return "", false
}

func TestSelectAgainstScan(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 3))
		ix, records, _ := randomIndex(t, rng, 1+rng.IntN(3000))
		for range 100 {
			var filters []Filter
			for range rng.IntN(4) {
				f := Filter{Column: []string{"d0", "d1", "d2", "d3", "d4", "none", ColumnMeasureName}[rng.IntN(7)], Null: rng.IntN(4) == 0}
				for range rng.IntN(6) {
					if f.Column == ColumnMeasureName {
						f.In = append(f.In, fmt.Sprintf("m%d", rng.IntN(5)))
					} else {
						f.In = append(f.In, fmt.Sprint(rng.IntN(20)))
					}
				}
				filters = append(filters, f)
			}
			var want []uint32
			for id, r := range records {
				ok := true
				for _, f := range filters {
					v, has := r.value(f.Column)
					ok = ok && (has && slices.Contains(f.In, v) || !has && f.Null)
				}
				if ok {
					want = append(want, uint32(id))
				}
			}
			if got := ix.Select(filters); !slices.Equal(got, want) {
				t.Fatalf("seed %d: %+v gives %d series, want %d", seed, filters, len(got), len(want))
			}
		}
	}
}

func TestOrderGroupsByMeasureAndDimensions(t *testing.T) {
	ix, _ := build(t,
		"b host=2 region=eu x:double", // measure 0, host "2" is value 0
		"a host=1 region=eu x:double",
		"b host=1 region=us x:double",
		"b region=eu x:double", // no host: before all hosts
		"b host=2 region=us x:double",
		"b host=2 x:double",
		"b host=1 region=eu x:double",
	)
	want := []uint32{3, 5, 0, 4, 6, 2, 1}
	if got := ix.Order().IDs; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOrderIsStableAndTotal(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 4))
		ix := New()
		var before *Order
		for round := range 6 {
			x := ix.Begin()
			for range rng.IntN(400) {
				text := fmt.Sprintf("m%d", rng.IntN(1+round))
				for d := range 1 + round {
					if rng.IntN(3) > 0 {
						text += fmt.Sprintf(" d%d=%d", d, rng.IntN(10<<(4*d)))
					}
				}
				add(t, x, text+" x:double")
			}
			x.Take()
			x.Commit()
			o, v := ix.Order(), ix.View()
			want := make([]uint32, v.Len())
			for i := range want {
				want[i] = uint32(i)
			}
			v.Sort(want)
			if !slices.Equal(o.IDs, want) {
				t.Fatalf("seed %d: order differs from sorting", seed)
			}
			for i, id := range o.IDs {
				if o.Rank(id) != uint32(i) {
					t.Fatalf("rank of %d is %d", id, o.Rank(id))
				}
			}
			if before != nil {
				kept := slices.DeleteFunc(slices.Clone(o.IDs), func(id uint32) bool { return int(id) >= len(before.IDs) })
				if !slices.Equal(kept, before.IDs) {
					t.Fatalf("seed %d: new series changed the order of the old ones", seed)
				}
			}
			before = o
		}
	}
}

func TestViewTellsDimensions(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	ix, records, _ := randomIndex(t, rng, 500)
	v := ix.View()
	for id, r := range records {
		if got := v.MeasureNames()[v.Measure(uint32(id))]; got != r.measure {
			t.Fatalf("series %d has measure %s, want %s", id, got, r.measure)
		}
		for _, dim := range []string{"d0", "d1", "d2", "d3", "d4"} {
			n, values, _ := ix.Dimension(dim)
			want, has := r.value(dim)
			if code := v.Code(uint32(id), n); has != (code >= 0) || has && values[code] != want {
				t.Fatalf("series %d has %s=%d, want %q", id, dim, code, want)
			}
		}
	}
	if _, _, ok := ix.Dimension("none"); ok {
		t.Error("found a dimension that there is not")
	}
}

// same reports whether two indexes hold the same.
func same(t *testing.T, a, b *Index, records []record) {
	t.Helper()
	if diff := cmp.Diff(a.Measures(), b.Measures()); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(a.Order().IDs, b.Order().IDs) || !slices.Equal(a.Dimensions(), b.Dimensions()) {
		t.Error("order or dimensions differ")
	}
	reading := b.Reading()
	defer reading.Done()
	for id, r := range records {
		if got, ok := reading.Find(Hash(r.measure, r.dims), r.measure, r.dims); !ok || got != uint32(id) {
			t.Fatalf("series %d is %d, %v", id, got, ok)
		}
	}
}

func TestDefinitionsCanBeReadTwice(t *testing.T) {
	ix, records, encoded := randomIndex(t, rand.New(rand.NewPCG(2, 2)), 300)
	again := New()
	for range 2 {
		if err := again.ApplyAll(encoded, nil); err != nil {
			t.Fatal(err)
		}
		same(t, ix, again, records)
	}
}

func TestIndexFile(t *testing.T) {
	ix, records, encoded := randomIndex(t, rand.New(rand.NewPCG(5, 5)), 200)
	disk := memfs.New()
	half := 0 // a place between two definitions
	_ = DecodeDefs(encoded, func(d *Def) error {
		if half < len(encoded)/2 {
			half += len(AppendDef(nil, d))
		}
		return nil
	})
	n, err := CreateFile(disk, "a.idx", 9, "", 0, encoded[:half])
	if err != nil {
		t.Fatal(err)
	}
	// An attempt that the manifest never heard of is cut off.
	if _, err := AppendFile(disk, "a.idx", n, []byte("nonsense")); err != nil {
		t.Fatal(err)
	}
	copied, err := CreateFile(disk, "b.idx", 9, "a.idx", n, encoded[half:])
	if err != nil {
		t.Fatal(err)
	}
	if n, err = AppendFile(disk, "a.idx", n, encoded[half:]); err != nil || n != copied {
		t.Fatalf("%d bytes, copied %d: %v", n, copied, err)
	}
	for _, name := range []string{"a.idx", "b.idx"} {
		got := New()
		if err := ReadFile(disk, name, 9, n, got); err != nil {
			t.Fatal(err)
		}
		same(t, ix, got, records)
	}
	if err := ReadFile(disk, "a.idx", 8, n, New()); !dberr.Is(err, dberr.Corruption) {
		t.Errorf("another table: %v", err)
	}
	if err := ReadFile(disk, "c.idx", 9, n, New()); !dberr.Is(err, dberr.Corruption) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := AppendFile(disk, "a.idx", n+1, encoded); !dberr.Is(err, dberr.Corruption) {
		t.Errorf("file too short: %v", err)
	}
}

func TestEveryFlippedByteOfAnIndexFileIsNoticed(t *testing.T) {
	_, _, encoded := randomIndex(t, rand.New(rand.NewPCG(6, 6)), 20)
	disk := memfs.New()
	n, err := CreateFile(disk, "a.idx", 9, "", 0, encoded)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := disk.Bytes("a.idx")
	for i := range data {
		for _, mask := range []byte{1, 0x80, 0xff} {
			bad := slices.Clone(data)
			bad[i] ^= mask
			_ = disk.SetBytes("a.idx", bad)
			err := ReadFile(disk, "a.idx", 9, n, New())
			if !dberr.Is(err, dberr.Corruption) && !dberr.Is(err, dberr.Unavailable) {
				t.Fatalf("byte %d: %v", i, err)
			}
		}
	}
	for size := range data {
		_ = disk.SetBytes("a.idx", data[:size])
		if err := ReadFile(disk, "a.idx", 9, n, New()); !dberr.Is(err, dberr.Corruption) {
			t.Fatalf("%d bytes: %v", size, err)
		}
	}
}

func FuzzDecodeDefs(f *testing.F) {
	ix := New()
	x := ix.Begin()
	r := rec("cpu host=a region=b load:double measure_value::bigint")
	x.Add(Hash(r.measure, r.dims), r.measure, r.dims, r.columns, make([]uint16, 2))
	var encoded []byte
	for _, d := range x.Take() {
		encoded = AppendDef(encoded, &d)
	}
	f.Add(encoded)
	f.Fuzz(func(t *testing.T, data []byte) {
		ix := New()
		_ = ix.ApplyAll(data, nil)
		ix.Measures()
		ix.Order()
		ix.Select([]Filter{{Column: "host", In: []string{"a"}, Null: true}})
	})
}
