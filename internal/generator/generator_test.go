package generator

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// testNow is where the tests' clocks stand.
var testNow = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

func hoursBack(h float64) (from, to int64) {
	return testNow.Add(-time.Duration(h * float64(time.Hour))).UnixNano(), testNow.UnixNano()
}

func open(t testing.TB, name string, o Options) Source {
	t.Helper()
	for _, spec := range Specs() {
		if spec.Name == name {
			s, err := spec.Open(o)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
	t.Fatalf("no source %s", name)
	return nil
}

func collect(s Source, from, to int64) []Record {
	var records []Record
	for r := range s.Records(from, to) {
		records = append(records, r)
	}
	return records
}

// smallest has the options of a fleet that is quick to run through.
func smallest(seed uint64) Options { return Options{Seed: seed, Scale: 0.05} }

func TestSameSeedSameRecords(t *testing.T) {
	from, to := hoursBack(0.2)
	for _, spec := range Specs() {
		t.Run(spec.Name, func(t *testing.T) {
			first := collect(open(t, spec.Name, smallest(7)), from, to)
			again := collect(open(t, spec.Name, smallest(7)), from, to)
			other := collect(open(t, spec.Name, smallest(8)), from, to)
			// The reflection of go-cmp takes seconds for so many records.
			if !reflect.DeepEqual(first, again) {
				t.Error("the same seed gave other records")
			}
			if reflect.DeepEqual(first, other) {
				t.Error("another seed gave the same records")
			}
			if len(first) == 0 {
				t.Error("no records")
			}
		})
	}
}

// However a stretch of time is cut, the pieces together hold what the whole holds.
func TestRecordsDoNotDependOnHowTimeIsCut(t *testing.T) {
	for _, spec := range Specs() {
		source := open(t, spec.Name, smallest(3))
		rapid.Check(t, func(rt *rapid.T) {
			start := rapid.Int64Range(-10_000_000, 2_000_000_000).Draw(rt, "start second")*int64(time.Second) +
				rapid.Int64Range(0, 1e9-1).Draw(rt, "start nanosecond")
			first := rapid.Int64Range(0, int64(3*time.Minute)).Draw(rt, "first part")
			second := rapid.Int64Range(0, int64(3*time.Minute)).Draw(rt, "second part")
			whole := bySeriesAndTime(collect(source, start, start+first+second))
			parts := bySeriesAndTime(append(collect(source, start, start+first), collect(source, start+first, start+first+second)...))
			if !reflect.DeepEqual(whole, parts) {
				rt.Fatalf("%s: %d records in one piece, %d in two: %s", spec.Name, len(whole), len(parts), cmp.Diff(whole, parts))
			}
		})
	}
}

type point struct {
	series string
	time   int64
}

func seriesOf(r Record) string {
	parts := []string{r.Measure}
	for _, d := range r.Dimensions {
		parts = append(parts, d.Name+"="+d.Value)
	}
	return strings.Join(parts, " ")
}

func bySeriesAndTime(records []Record) map[point]Record {
	m := map[point]Record{}
	for _, r := range records {
		m[point{seriesOf(r), r.Time}] = r
	}
	return m
}

// What every source owes its users: unique identities, series in order of time, times inside the asked range in whole
// milliseconds, names and values within the service's limits.
func TestRecordsAreWellFormed(t *testing.T) {
	from, to := hoursBack(0.5)
	for _, spec := range Specs() {
		t.Run(spec.Name, func(t *testing.T) {
			source := open(t, spec.Name, smallest(1))
			last := map[string]int64{}
			records := collect(source, from, to)
			for _, r := range records {
				id := seriesOf(r)
				if at, ok := last[id]; ok && r.Time <= at {
					t.Fatalf("%s: time %d after %d", id, r.Time, at)
				}
				last[id] = r.Time
				checkRecord(t, r, from, to)
			}
			if got := source.PerRound(); got != len(last) {
				t.Errorf("PerRound %d, but %d series have points", got, len(last))
			}
			estimate := float64(Estimate(source, from, to))
			if got := float64(len(records)); got > estimate*1.05 || got < estimate*0.85 {
				t.Errorf("%v records, estimated %v", got, estimate)
			}
		})
	}
}

func checkRecord(t *testing.T, r Record, from, to int64) {
	t.Helper()
	if r.Time < from || r.Time >= to || r.Time%int64(time.Millisecond) != 0 {
		t.Fatalf("time %d is not in [%d, %d) or no whole millisecond", r.Time, from, to)
	}
	var values []Value
	for _, a := range r.Attributes {
		values = append(values, a.Value)
	}
	if values == nil {
		values = []Value{r.Value}
	}
	for _, v := range values {
		if s := v.String(); s == "" || len(s) > 2048 || s == "NaN" || strings.Contains(s, "Inf") || s == "-0" {
			t.Fatalf("%s: value %q", seriesOf(r), s)
		}
	}
	names := map[string]bool{}
	for _, d := range r.Dimensions {
		if d.Name == "" || d.Value == "" || names[d.Name] {
			t.Fatalf("dimensions %v", r.Dimensions)
		}
		names[d.Name] = true
	}
}

func TestValuesAreWrittenAsTheServiceTakesThem(t *testing.T) {
	for _, c := range []struct {
		value Value
		kind  string
		text  string
	}{
		{double(1250), "DOUBLE", "12.5"},
		{double(0), "DOUBLE", "0"},
		{Value{Kind: Double, Float: 1e21}, "DOUBLE", "1000000000000000000000"},
		{bigint(math.MinInt64), "BIGINT", "-9223372036854775808"},
		{varchar("USER_ERROR"), "VARCHAR", "USER_ERROR"},
		{Value{Kind: Boolean, Bool: true}, "BOOLEAN", "true"},
	} {
		if c.value.Kind.String() != c.kind || c.value.String() != c.text {
			t.Errorf("%+v is written as %s %q, want %s %q", c.value, c.value.Kind, c.value, c.kind, c.text)
		}
	}
}

func TestOptionsOutOfRangeAreRefused(t *testing.T) {
	for _, o := range []Options{
		{Scale: -1}, {Scale: ScaleMax + 1}, {Scale: math.NaN()}, {Interval: time.Microsecond}, {Interval: -time.Second},
	} {
		for _, spec := range Specs() {
			if s, err := spec.Open(o); err == nil || s != nil {
				t.Errorf("%s accepted %+v", spec.Name, o)
			}
		}
	}
}

// The smallest intervals keep points of a series apart.
func TestOneMillisecondInterval(t *testing.T) {
	for _, spec := range Specs() {
		source := open(t, spec.Name, Options{Scale: 0.001, Interval: time.Millisecond})
		from := testNow.UnixNano()
		if got, want := len(collect(source, from, from+int64(10*time.Millisecond))), 10*source.PerRound(); got != want &&
			spec.Name != "iot" {
			t.Errorf("%s: %d records in 10 ms, want %d", spec.Name, got, want)
		}
	}
}

// A consumer that stops early gets no further record.
func TestStopEarly(t *testing.T) {
	from, to := hoursBack(1)
	for _, spec := range Specs() {
		n := 0
		for range open(t, spec.Name, smallest(1)).Records(from, to) {
			if n++; n == 7 {
				break
			}
		}
		if n != 7 {
			t.Errorf("%s: %d records", spec.Name, n)
		}
	}
}

// The demonstration has to start quickly: two hours are under a million records, and making them must not be what takes
// the time.
func TestDemoTables(t *testing.T) {
	from, to := hoursBack(2)
	demos, err := DemoTables(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, demo := range demos {
		n := 0
		for range demo.Source.Records(from, to) {
			n++
		}
		t.Logf("%s.%s: %d records, %d series", demo.Spec.Database, demo.Spec.Table, n, demo.Source.PerRound())
		total += n
	}
	if len(demos) != 2 || total > 1_000_000 {
		t.Errorf("%d records in %d tables", total, len(demos))
	}
	if _, err := DemoTables(1, -1); err == nil {
		t.Error("a negative scale is accepted")
	}
}

func BenchmarkRecords(b *testing.B) {
	for _, spec := range Specs() {
		b.Run(spec.Name, func(b *testing.B) {
			source := open(b, spec.Name, Options{Scale: 0.2})
			from, to := hoursBack(0.1)
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				for range source.Records(from, to) {
					n++
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
