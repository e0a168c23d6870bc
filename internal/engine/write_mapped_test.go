package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/mapping"
)

// mapped is a record of host h1.
func mapped(measure string, kind mapping.Type, value string, ago time.Duration) mapping.Record {
	return mapping.Record{Dimensions: []mapping.Pair{{Name: "host", Value: "h1"}}, MeasureName: measure, MeasureType: kind, MeasureValue: value, Time: at(-ago)}
}

// TestTypeNumbers: the types of package mapping have the numbers of the engine's.
func TestTypeNumbers(t *testing.T) {
	for kind := mapping.Double; kind <= mapping.MultiMeasure; kind++ {
		if MeasureType(kind).String() != kind.String() {
			t.Errorf("%s is %s", kind, MeasureType(kind))
		}
	}
}

// TestWriteMapped: each record that is wrong is refused alone, and the next one is checked in full.
func TestWriteMapped(t *testing.T) {
	e, _ := newEngine(t)
	newTable(t, e, CreateTableInput{})
	reserved := mapped("m", mapping.Double, "1", 0)
	reserved.Dimensions = []mapping.Pair{{Name: "time", Value: "x"}}
	multi := mapped("multi", mapping.MultiMeasure, "", 0)
	multi.MeasureValues = []mapping.MeasureValue{{Name: "a", Value: "1", Type: mapping.Bigint}, {Name: "b", Value: "x", Type: mapping.Varchar}}
	again := mapped("n", mapping.Bigint, "7", 0)
	again.Dimensions = multi.Dimensions
	res, err := e.WriteMapped(ctx, MappedWrite{Database: "d", Table: "t", Version: 3, TimeUnit: UnitMilliseconds, Records: []mapping.Record{
		mapped("m", mapping.Double, "x", 0), mapped("m", mapping.Double, "1.5", 0), reserved, reserved, multi, again, mapped("m", mapping.Double, "1", 7*time.Hour), mapped("m", mapping.Double, "2", 0),
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range res.Rejected {
		got = append(got, fmt.Sprintf("%d %v %.60s", r.Index, r.Invalid, r.Reason))
	}
	want := []string{
		"0 true The record measure value 'x' is not a valid DOUBLE.",
		"2 true The dimension name time is reserved.", "3 true The dimension name time is reserved.",
		"6 false The record timestamp is outside the time range [2024-01-05T0",
		"7 false A record already exists with the same time, dimensions, meas",
	}
	if !slices.Equal(got, want) || res.MemoryStore != 3 {
		t.Errorf("%d stored, rejected\n%q, want\n%q", res.MemoryStore, got, want)
	}
	if _, err := e.WriteMapped(ctx, MappedWrite{Database: "d", Table: "no"}); !dberr.Is(err, dberr.NotFound) {
		t.Error(err)
	}
}

// TestLoadWindow: a batch load writes into the magnetic store whatever the table says, and hears of conflicts there.
func TestLoadWindow(t *testing.T) {
	e, _ := newEngine(t)
	newTable(t, e, CreateTableInput{Retention: &Retention{1, 10}})
	write := func(load bool, r mapping.Record) string {
		res, err := e.WriteMapped(ctx, MappedWrite{Database: "d", Table: "t", Version: 1, Records: []mapping.Record{r}, Load: load})
		if err != nil {
			t.Fatal(err)
		}
		if len(res.Rejected) > 0 {
			return fmt.Sprintf("%.60s", res.Rejected[0].Reason)
		}
		return fmt.Sprint(res.MemoryStore, res.MagneticStore)
	}
	old := mapped("m", mapping.Double, "1", 50*time.Hour)
	changed := old
	changed.MeasureValue = "2"
	for _, c := range []struct {
		load   bool
		record mapping.Record
		want   string
	}{
		{false, old, "The record timestamp is outside the time range [2024-01-05T0"},
		{true, old, "0 1"}, {true, old, "0 1"},
		{true, changed, "A record already exists with the same time, dimensions, meas"},
		{true, mapped("m", mapping.Double, "1", 0), "1 0"},
		{true, mapped("m", mapping.Double, "1", 11*24*time.Hour), "The record timestamp is outside the time range of the data i"},
		{true, mapped("m", mapping.Double, "1", -time.Hour), "The record timestamp is outside the time range of the data i"},
	} {
		if got := write(c.load, c.record); got != c.want {
			t.Errorf("load %v, %s at %s: %s, want %s", c.load, c.record.MeasureValue, c.record.Time, got, c.want)
		}
	}
}
