package engine

import (
	"fmt"
	"reflect"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// at returns a record time in milliseconds, d after the start.
func at(d time.Duration) string { return strconv.FormatInt(start.Add(d).UnixMilli(), 10) }

var host = []Dimension{{Name: "host", Value: "h1"}}

// writeOne writes a record to d.t, at the start and of host h1 unless it says otherwise, which must be stored.
func writeOne(t *testing.T, e *Engine, r Record) {
	t.Helper()
	res, err := e.WriteRecords(ctx, &WriteRequest{Database: "d", Table: "t", Common: Record{Time: at(0), Dimensions: host}, Records: []Record{r}})
	if err != nil || len(res.Rejected) > 0 {
		t.Fatalf("write: %v, %v", res, err)
	}
}

// TestWriteRecords: the whole way to the store and back.
func TestWriteRecords(t *testing.T) {
	e, c := newEngine(t)
	newTable(t, e, CreateTableInput{Retention: &Retention{6, 10}, MagneticWrites: &MagneticWrites{Enabled: true}})
	late := at(-24 * time.Hour)
	write := func(records ...Record) WriteResult {
		t.Helper()
		res, err := e.WriteRecords(ctx, &WriteRequest{Database: "d", Table: "t", Common: Record{Dimensions: host, MeasureName: "m", MeasureType: TypeBigint, Time: at(0)}, Records: records})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	version := func(v int64, value string) Record { return Record{MeasureValue: value, Version: v, HasVersion: true} }
	lateVersion := func(v int64, value string) Record {
		return Record{MeasureValue: value, Version: v, HasVersion: true, Time: late}
	}
	const exists = "A record already exists with the same time, dimensions, measure name, and record version. A higher record version must be specified " +
		"in order to update the measure value. Specifying record version is supported by the latest SDKs."

	tests := []struct {
		name    string
		records []Record
		want    WriteResult
	}{
		{"new", []Record{version(5, "1"), lateVersion(5, "1")}, WriteResult{MemoryStore: 1, MagneticStore: 1}},
		{"again", []Record{version(5, "1")}, WriteResult{MemoryStore: 1}},
		{"same version, other value", []Record{version(5, "2")}, WriteResult{Rejected: []RejectedRecord{{0, exists, 5, false}}}},
		{"lower version", []Record{version(4, "2")},
			WriteResult{Rejected: []RejectedRecord{{0, "The record version 4 is lower than the existing version 5. A higher version is required to update the measure value.", 5, false}}}},
		{"higher version", []Record{version(6, "2")}, WriteResult{MemoryStore: 1}},
		{"conflict in the magnetic store", []Record{lateVersion(4, "9"), lateVersion(5, "9")}, WriteResult{MagneticStore: 2}},
		{"some of each", []Record{version(6, "3"), {MeasureValue: "1", Time: at(time.Hour)}, version(7, "3"), lateVersion(6, "1"), version(1, "1")},
			WriteResult{MemoryStore: 1, MagneticStore: 1, Rejected: []RejectedRecord{{0, exists, 6, false},
				{1, "The record timestamp is outside the time range [2023-12-26T03:50:00.123Z, 2024-01-05T10:30:00.123Z) of the data ingestion window.", 0, false},
				{4, "The record version 1 is lower than the existing version 7. A higher version is required to update the measure value.", 7, false}}}},
	}
	for _, tt := range tests {
		tt.want.BytesMetered = 1024
		if got := write(tt.records...); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
	m := e.TableMetrics("d", "t")
	if m.WriteRequests.Load() != 7 || m.RecordsIngested.Load() != 8 || m.RecordsRejected.Load() != 5 || m.RecordsRejectedMagnetic.Load() != 2 || m.WriteBytesMetered.Load() != 7*1024 {
		t.Errorf("metrics: requests %d, ingested %d, rejected %d, silently %d, metered %d", m.WriteRequests.Load(), m.RecordsIngested.Load(),
			m.RecordsRejected.Load(), m.RecordsRejectedMagnetic.Load(), m.WriteBytesMetered.Load())
	}
	if got := e.Metrics().RecordsIngested.Load(); got != 8 {
		t.Errorf("all tables: %d ingested", got)
	}

	c.Advance(time.Hour)
	if got := write(Record{MeasureValue: "1", Time: at(time.Hour)}); got.MemoryStore != 1 {
		t.Errorf("the window does not move with the clock: %+v", got)
	}
	_, err := e.WriteRecords(ctx, &WriteRequest{Database: "d", Table: "nope", Records: []Record{{}}})
	wantError(t, err, dberr.NotFound, "The table nope does not exist.")
	_, err = e.WriteRecords(ctx, &WriteRequest{Database: "nope", Table: "t", Records: []Record{{}}})
	wantError(t, err, dberr.NotFound, "The database nope does not exist.")
	if e.TableMetrics("d", "nope") != nil {
		t.Error("metrics of a table that is not there")
	}
}

// TestStoreReasons: the texts for what only the store can know.
func TestStoreReasons(t *testing.T) {
	row := &storage.Row{Version: 3, Values: []storage.Value{{Column: "x", Type: types.Double}}}
	tests := []struct {
		r    storage.Rejection
		want string
	}{
		{storage.Rejection{Reason: storage.TypeConflict, Name: "x", ExistingType: types.Bigint}, "The measure value type DOUBLE of 'x' does not match the existing type BIGINT."},
		{storage.Rejection{Reason: storage.NameConflict, Name: "x"}, "The name 'x' is used for both a dimension and a measure of the table."},
		{storage.Rejection{Reason: storage.TooManyDimensions}, "The record would exceed the limit of 128 dimensions per table."},
		{storage.Rejection{Reason: storage.TooManyMeasures}, "The record would exceed the limit of 8192 measure names per table."},
		{storage.Rejection{Reason: storage.TooManyMultiMeasures}, "The record would exceed the limit of 1024 measures in multi-measure records per table."},
	}
	for _, tt := range tests {
		if got := reasonOf(row, &tt.r); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

// TestMetering: the sizes of the price page. An event is 8 bytes of time and its texts and values; common attributes count
// once; each request is rounded up to a KiB.
func TestMetering(t *testing.T) {
	w := scratchFor(false, "")
	err := w.merge(&WriteRequest{Common: Record{Dimensions: dims("region", "us-east-1"), Time: at(0)}, Records: []Record{
		{Dimensions: dims("host", "h1"), MeasureName: "cpu", MeasureValue: "35.25"},
		{Dimensions: dims("host", "h2"), MeasureName: "state", MeasureValue: "running", MeasureType: TypeVarchar, Time: at(time.Second)},
		{Dimensions: dims("host", "h3"), MeasureName: "all", MeasureType: TypeMulti, MeasureValues: []MeasureValue{{"a", "true", TypeBoolean}, {"b", "1", TypeTimestamp}}},
	}})
	common, first, second, third := 6+9+8, 4+2+3+8, 4+2+5+7+8, 4+2+3+(1+1)+(1+8)
	if want := int64(common + first + second + third); err != nil || w.metered != want {
		t.Errorf("metered %d, want %d, %v", w.metered, want, err)
	}
}

// TestDeleteWhileWriting: no write is acknowledged into a deleted table, and none of its rows stays behind.
func TestDeleteWhileWriting(t *testing.T) {
	e, _ := newEngine(t)
	newTable(t, e, CreateTableInput{})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := 0; ; n++ {
				_, err := e.WriteRecords(ctx, &WriteRequest{Database: "d", Table: "t", Records: []Record{{Dimensions: dims("host", fmt.Sprint(i)), MeasureName: "m", MeasureValue: "1", Time: at(-time.Duration(n) * time.Millisecond)}}})
				if dberr.Is(err, dberr.NotFound) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	time.Sleep(5 * time.Millisecond)
	if err := e.DeleteTable(ctx, "d", "t"); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if got := e.store.Tables(); len(got) != 0 {
		t.Errorf("the store still has tables %v", got)
	}
	n := 0
	e.tables.Range(func(any, any) bool { n++; return true })
	if n != 0 {
		t.Errorf("%d states of tables are left", n)
	}
}
