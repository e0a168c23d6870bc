package csvmap

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
	"github.com/google/go-cmp/cmp"
)

var now = time.UnixMilli(1_700_000_000_000)

// read returns records and bad lines as text, one a line.
func read(t *testing.T, layout Layout, files ...string) (string, error) {
	t.Helper()
	m, err := NewMapper(layout, now)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	bytes, size := int64(0), 0
	for _, file := range files {
		err = errors.Join(err, m.Read(strings.NewReader(file), Sink{
			Record: func(r types.Record, n int64) error {
				bytes += n
				b.WriteString(show(r) + "\n")
				return nil
			},
			Bad: func(line int, reason string) error {
				fmt.Fprintf(&b, "line %d: %s\n", line, reason)
				return nil
			},
		}))
		size += len(file)
	}
	if bytes > int64(size) {
		t.Errorf("%d bytes counted of %d", bytes, size)
	}
	return b.String(), err
}

func show(r types.Record) string {
	var b strings.Builder
	for _, d := range r.Dimensions {
		b.WriteString(*d.Name + "=" + *d.Value + " ")
	}
	b.WriteString(*r.MeasureName)
	if r.MeasureValue != nil {
		b.WriteString("=" + *r.MeasureValue)
	}
	b.WriteString(" " + string(r.MeasureValueType))
	for _, v := range r.MeasureValues {
		b.WriteString(" " + *v.Name + "=" + *v.Value + ":" + string(v.Type))
	}
	return b.String() + " @" + *r.Time + " " + string(r.TimeUnit)
}

func check(t *testing.T, layout Layout, want string, files ...string) {
	t.Helper()
	got, err := read(t, layout, files...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Both sample files are known by their first line. Record number i has the time now - i * 50 ms.
func TestSampleFiles(t *testing.T) {
	m := NewDetector(now)
	var b strings.Builder
	for _, name := range []string{"testdata/sample.csv", "testdata/sample-multi.csv"} {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = file.Close() }()
		err = m.Read(file, Sink{Record: func(r types.Record, _ int64) error {
			b.WriteString(show(r) + "\n")
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	want := `region=us-east-1 az=us-east-1a hostname=host-24Gju cpu_utilization=35.3 DOUBLE @1700000000000 MILLISECONDS
region=us-east-1 az=us-east-1a hostname=host-24Gju memory_utilization=54.9 DOUBLE @1699999999950 MILLISECONDS
region=ap-east-1 az=ap-east-1b hostname=host-fj2hx cpu_utilization=4.1 DOUBLE @1699999999900 MILLISECONDS
region=us-east-1 az=us-east-1a hostname=host-24Gju metrics MULTI cpu_utilization=35.3:DOUBLE memory_utilization=54.9:DOUBLE @1699999999850 MILLISECONDS
region=ap-east-1 az=ap-east-1b hostname=host-fj2hx metrics MULTI cpu_utilization=4.1:DOUBLE memory_utilization=61.2:DOUBLE @1699999999800 MILLISECONDS
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := m.Read(strings.NewReader("a,b,c\n"), Sink{}); err == nil || !strings.Contains(err.Error(), "--dimensions") {
		t.Errorf("another file: %v", err)
	}
}

func TestDetectRefusesOtherFiles(t *testing.T) {
	for _, line := range []string{"a,b,c", "1,2,3,4,5,6,7,8,9,10,11", "1,2,3,4,5,6,7,8,9,10,DOUBLE,12,13,14", ""} {
		if _, err := Detect(strings.Split(line, ",")); err == nil {
			t.Errorf("%q is taken for a sample file", line)
		}
	}
}

// Stamps go on from file to file, and count records, not lines.
func TestStampsGoOn(t *testing.T) {
	layout := Layout{Dimensions: dims(t, "host=0"), Measures: []Measure{{Text{Fixed: "m"}, column(1), Text{}}}}
	check(t, layout, `host=a m=1 DOUBLE @1700000000000 MILLISECONDS
line 2: "x" is not a DOUBLE
host=b m=2 DOUBLE @1699999999950 MILLISECONDS
host=c m=3 DOUBLE @1699999999900 MILLISECONDS
`, "a,1\nz,x\nb,2\n", "c,3")
}

func dims(t *testing.T, text string) []Dimension {
	t.Helper()
	d, err := ParseDimensions(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func measures(t *testing.T, text string) []Measure {
	t.Helper()
	m, err := ParseMeasures(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestColumnsByHeading(t *testing.T) {
	layout := Layout{
		Dimensions: dims(t, "region,az=Zone,host=0"), Multi: true, MeasureName: Text{Fixed: "load"},
		Measures: measures(t, "cpu=CPU %,jobs=Jobs:bigint,ok=Up:BOOLEAN,note=Note:VARCHAR,at=Since:TIMESTAMP"),
		Time:     &Column{Name: "When"}, TimeUnit: types.TimeUnitSeconds,
	}
	// The second file has the columns in another order.
	check(t, layout, `region=eu az=1a host=h1 load MULTI cpu=12.5:DOUBLE jobs=7:BIGINT ok=true:BOOLEAN note=a, b:VARCHAR at=1699999000:TIMESTAMP @1700000000 SECONDS
region=eu host=h2 load MULTI jobs=8:BIGINT @1700000001 SECONDS
region=eu az=1c host=h3 load MULTI cpu=1:DOUBLE @1700000002 SECONDS
`,
		"\ufeffhost,region,Zone,When,CPU %,Jobs,Up,Note,Since\n"+
			"h1,eu,1a,1700000000,12.5,7,True,\"a, b\",1699999000\n"+
			"h2,eu,,1700000001,,8,,,\n",
		"host,CPU %,Jobs,Up,Note,Since,region,Zone,When\nh3,1,,,,,eu,1c,1700000002\n")
}

func TestMissingHeading(t *testing.T) {
	layout := Layout{Dimensions: dims(t, "region"), Measures: measures(t, "cpu")}
	if _, err := read(t, layout, "Region,cpu\neu,1\n"); err == nil || !strings.Contains(err.Error(), `no column "region": it has Region, cpu`) {
		t.Errorf("%v", err)
	}
}

func TestTimes(t *testing.T) {
	layout := Layout{Dimensions: dims(t, "h=0"), Measures: measures(t, "m=1"), Time: &Column{Index: 2}}
	check(t, layout, `h=a m=1 DOUBLE @1700000000123 MILLISECONDS
h=a m=1 DOUBLE @1773480413000 MILLISECONDS
h=a m=1 DOUBLE @1773480413000000001 NANOSECONDS
h=a m=1 DOUBLE @1773446400000 MILLISECONDS
line 5: "soon" is not a time
line 6: "" is not a time
`, "a,1,1700000000123\na,1,2026-03-14T09:26:53Z\na,1, 2026-03-14 09:26:53.000000001\na,1,2026-03-14\na,1,soon\na,1,\n")
}

// A line that makes no record is named, with the reason, and the next ones are read.
func TestBadLines(t *testing.T) {
	layout := Layout{
		Dimensions: dims(t, "host=0"), Measures: []Measure{{fromColumn(1), column(2), fromColumn(3)}},
	}
	got, err := read(t, layout, strings.Join([]string{
		"h,m,1,DOUBLE", "h,m", ",m,1,DOUBLE", "h,,1,DOUBLE", "h,m,NaN,DOUBLE", "h,m,Inf,DOUBLE", "h,m,0x1p4,DOUBLE",
		"h,m,1e999,DOUBLE", "h,m,1.5,BIGINT", "h,m,9223372036854775808,BIGINT", "h,m,,VARCHAR", "h,m,yes,BOOLEAN",
		"h,m,1,FLOAT", "h,m,1,TIMESTAMP", `h,"m,1,DOUBLE`, `h"x,m,2,DOUBLE`, "h,m,-1.5E-3,double", "h,m,FALSE,Boolean",
	}, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := `host=h m=1 DOUBLE @1700000000000 MILLISECONDS
line 2: the line has 2 columns, column 3 is needed
line 3: the line has no dimension value
line 4: the measure name is empty
line 5: "NaN" is not a DOUBLE
line 6: "Inf" is not a DOUBLE
line 7: "0x1p4" is not a DOUBLE
line 8: "1e999" is not a DOUBLE
line 9: "1.5" is not a BIGINT
line 10: "9223372036854775808" is not a BIGINT
line 11: "" is not a VARCHAR
line 12: "yes" is not a BOOLEAN
line 13: "FLOAT" is not a type of measure values
line 14: a single measure cannot be a TIMESTAMP
line 15: extraneous or missing " in quoted-field
host=h m=-1.5E-3 DOUBLE @1699999999950 MILLISECONDS
host=h m=false BOOLEAN @1699999999900 MILLISECONDS
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Names of dimensions that stand in the file can be wrong, too.
func TestBadDimensionNames(t *testing.T) {
	check(t, Sample(), `line 1: the name of a dimension is empty
line 2: the dimension "region" is there twice
`, ",eu,az,1,hostname,h,cpu,1,DOUBLE,,\nregion,eu,region,1,hostname,h,cpu,1,DOUBLE,,\n")
}

func TestLayoutsThatMakeNoRecord(t *testing.T) {
	for _, l := range []Layout{
		{}, {Dimensions: samplePairs()}, {Measures: []Measure{{}}},
		{Dimensions: samplePairs(), Measures: []Measure{{}, {}}},
	} {
		if _, err := NewMapper(l, now); err == nil {
			t.Errorf("%+v is accepted", l)
		}
	}
}

func TestFlagsThatAreNotUnderstood(t *testing.T) {
	for _, text := range []string{"", "a,,b", "=0", "a=", "a=-1"} {
		if d, err := ParseDimensions(text); err == nil {
			t.Errorf("dimensions %q read as %+v", text, d)
		}
		if m, err := ParseMeasures(text); err == nil {
			t.Errorf("measures %q read as %+v", text, m)
		}
	}
	if _, err := ParseMeasures("cpu=1:FLOAT"); err == nil {
		t.Error("FLOAT is a type")
	}
	for text, want := range map[string]types.TimeUnit{
		"": types.TimeUnitMilliseconds, "S": types.TimeUnitSeconds, "us": types.TimeUnitMicroseconds, "NANOSECONDS": types.TimeUnitNanoseconds,
	} {
		if got, err := ParseUnit(text); err != nil || got != want {
			t.Errorf("unit %q: %s, %v", text, got, err)
		}
	}
	if _, err := ParseUnit("minutes"); err == nil {
		t.Error("minutes are a unit")
	}
}

// An error of the sink ends the reading and comes back.
func TestSinkErrors(t *testing.T) {
	full := errors.New("full")
	m, err := NewMapper(Layout{Dimensions: dims(t, "h=0"), Measures: measures(t, "m=1")}, now)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = m.Read(strings.NewReader("a,1\nb,2\nc,3\n"), Sink{Record: func(types.Record, int64) error {
		if n++; n == 2 {
			return full
		}
		return nil
	}})
	if !errors.Is(err, full) || n != 2 {
		t.Errorf("%d records, %v", n, err)
	}
	err = m.Read(strings.NewReader("a,x\n\"b\n"), Sink{Bad: func(int, string) error { return full }})
	if !errors.Is(err, full) {
		t.Error(err)
	}
}

// Whatever the file, every line is a record within the service's rules or a bad line.
func FuzzRead(f *testing.F) {
	f.Add("region,us-east-1,az,a,hostname,h,cpu,1,DOUBLE,x,x\n")
	f.Add("\"\n,,,,,,,,,,\n")
	f.Fuzz(func(t *testing.T, file string) {
		m, err := NewMapper(Sample(), now)
		if err != nil {
			t.Fatal(err)
		}
		err = m.Read(strings.NewReader(file), Sink{
			Record: func(r types.Record, _ int64) error {
				if len(r.Dimensions) == 0 || *r.MeasureName == "" || *r.MeasureValue == "" || *r.Time == "" {
					t.Fatalf("%+v", r)
				}
				return nil
			},
			Bad: func(int, string) error { return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
