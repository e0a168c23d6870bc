package workshop_test

import (
	"iter"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/generator"
)

// dataset is what the tables hold: every record once, as queries must see it.
type dataset struct {
	devops  []generator.Record // devops.metrics
	hosts   []generator.Record // iot.host_metrics
	devices []generator.Record // iot.device_metrics

	now      int64 // where the clock stands
	from, to int64 // the dashboard's time range, for $__timeFilter
}

// at returns a time of May 2025, where the article's statements look, in nanoseconds.
func at(text string) int64 {
	t, err := time.Parse("02 15:04:05", text)
	if err != nil {
		panic("bug: " + err.Error())
	}
	return t.AddDate(2025, 4, 0).UnixNano()
}

// Units of time in nanoseconds.
const (
	second = int64(time.Second)
	minute = int64(time.Minute)
	hour   = int64(time.Hour)
)

// newDataset makes the records of the fleets of a seed. For that seed the statements must have something to show, which
// the computed answers check. The bounds of time ranges fall on times of records, so that a bound which should be
// inclusive and is not, or the reverse, gives a wrong answer.
func newDataset(t *testing.T, seed uint64) *dataset {
	t.Helper()
	d := &dataset{from: at("29 10:00:00"), to: at("29 11:20:00")}
	d.devops = devopsRecords(t, seed, d.from, d.to)
	d.hosts, d.now = hostRecords(t, seed)
	d.devices = deviceRecords(t, seed)
	for name, records := range map[string][]generator.Record{"devops": d.devops, "hosts": d.hosts, "devices": d.devices} {
		checkIdentities(t, name, records)
	}
	return d
}

// checkIdentities fails if two records have the same series and time: the table would keep only one of them.
func checkIdentities(t *testing.T, name string, records []generator.Record) {
	t.Helper()
	seen := make(map[string]bool, len(records))
	var id []byte
	for _, r := range records {
		id = append(id[:0], r.Measure...)
		for _, dim := range r.Dimensions {
			id = append(append(append(append(id, 0), dim.Name...), 1), dim.Value...)
		}
		id = strconv.AppendInt(append(id, 0), r.Time, 10)
		if seen[string(id)] {
			t.Fatalf("%s: two records of %q", name, id)
		}
		seen[string(id)] = true
	}
}

// source returns a fleet of the generator.
func source(t *testing.T, name string, o generator.Options) generator.Source {
	t.Helper()
	for _, spec := range generator.Specs() {
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

// silos are the silos that the tests keep: those that statements name, a second one in one cell, a second cell of one
// region, and another region.
var silos = []string{
	"ap-northeast-1-cell-5-silo-2", "ap-northeast-1-cell-1-silo-1", "us-east-1-cell-1-silo-1",
	"us-east-1-cell-1-silo-2", "us-east-1-cell-2-silo-1", "eu-central-1-cell-1-silo-1",
}

// busySilo has the servers that most statements ask for.
const busySilo = "ap-northeast-1-cell-5-silo-2"

// zeusFleets is how many fleets give their zeus servers in busySilo: one fleet has only one in each zone.
const zeusFleets = 5

// devopsRecords returns the records of devops.metrics: every four minutes from before to after the dashboard's range, and
// of the zeus servers in busySilo every 20 seconds for a while.
func devopsRecords(t *testing.T, seed uint64, from, to int64) []generator.Record {
	t.Helper()
	const coarse, fine = 4 * time.Minute, 20 * time.Second
	var out []generator.Record
	keep := func(records iter.Seq[generator.Record], wanted func(generator.Record) bool) {
		for r := range records {
			if wanted(r) && !niceGap(r) {
				out = append(out, r)
			}
		}
	}
	isZeus := func(r generator.Record) bool {
		return r.Dimension("silo") == busySilo && r.Dimension("microservice_name") == "zeus"
	}
	from, to = from-2*int64(coarse), to+2*int64(coarse)+1

	fleet := source(t, "devops", generator.Options{Seed: seed, Scale: 0.17, Interval: coarse})
	keep(fleet.Records(from, to), func(r generator.Record) bool { return slices.Contains(silos, r.Dimension("silo")) })
	for i := range uint64(zeusFleets) {
		o := generator.Options{Seed: seed + i, Scale: 0.01, Interval: coarse}
		if i > 0 {
			keep(source(t, "devops", o).Records(from, to), isZeus)
		}
		o.Interval = fine
		keep(source(t, "devops", o).Records(at("29 11:00:00"), at("29 11:04:00")), func(r generator.Record) bool {
			return isZeus(r) && r.Time%int64(coarse) != 0
		})
	}
	return append(out, oldAgent(out)...)
}

// niceGap reports whether a record is one that was lost: for one minute nobody sent cpu_nice.
func niceGap(r generator.Record) bool {
	return r.Measure == "cpu_nice" && r.Time >= at("29 11:02:00") && r.Time < at("29 11:03:00")
}

// oldAgent returns the records of a server whose agent does not send the silo: a copy of the first apollo server of one.
// Groups, joins and orders meet NULL there.
func oldAgent(fleet []generator.Record) []generator.Record {
	var original string
	var out []generator.Record
	for _, r := range fleet {
		if r.Dimension("silo") != "us-east-1-cell-1-silo-1" || r.Dimension("microservice_name") != "apollo" {
			continue
		}
		if original == "" {
			original = r.Dimension("instance_name")
		}
		if r.Dimension("instance_name") == original {
			out = append(out, withDimensions(r, map[string]string{"silo": "", "instance_name": "i-old-agent.amazonaws.com"}))
		}
	}
	return out
}

// withDimensions returns a copy of a record with other values of some dimensions. Those set to "" are left out.
func withDimensions(r generator.Record, changed map[string]string) generator.Record {
	dims := make([]generator.Dimension, 0, len(r.Dimensions))
	for _, dim := range r.Dimensions {
		if value, ok := changed[dim.Name]; ok {
			dim.Value = value
		}
		if dim.Value != "" {
			dims = append(dims, dim)
		}
	}
	r.Dimensions = dims
	return r
}

// hostRecords returns the records of iot.host_metrics for a quarter of an hour more than ago(2h) reaches, and the time
// where the clock stands: exactly two hours after a record of the host that the statements name.
func hostRecords(t *testing.T, seed uint64) (records []generator.Record, now int64) {
	t.Helper()
	fleet := source(t, "iot", generator.Options{Seed: seed, Scale: 0.1})
	for r := range fleet.Records(at("29 10:03:00"), at("29 10:33:00")) {
		if r.Dimension("hostname") == flakyHost {
			now = r.Time + 2*hour
			break
		}
	}
	return slices.Collect(fleet.Records(now-2*hour-15*minute, now)), now
}

// deviceStretches are the times around the bounds of the article's statements.
var deviceStretches = [][2]string{
	{"28 09:50:00", "28 10:06:00"}, {"28 15:54:00", "28 16:16:00"},
	{"29 00:56:00", "29 01:06:00"}, {"29 01:54:00", "29 02:04:00"}, {"29 11:20:00", "29 11:36:00"},
}

// deviceEdges are the bounds themselves and their neighbours.
var deviceEdges = []string{
	"28 09:59:59.999", "28 10:00:00", "28 15:59:59.999", "28 16:00:00", "29 00:59:59.999", "29 01:00:00",
	"29 01:59:59.999", "29 02:00:00", "29 11:29:17", "29 11:29:17.001",
}

// deviceRecords returns the records of iot.device_metrics: those of the generator with flaws, a second source for some
// series, and records on the bounds of the statements.
func deviceRecords(t *testing.T, seed uint64) []generator.Record {
	t.Helper()
	fleet := source(t, "iot-metrics", generator.Options{Seed: seed, Scale: 0.2, Interval: 2 * time.Minute})
	var out []generator.Record
	for _, stretch := range deviceStretches {
		for r := range fleet.Records(at(stretch[0]), at(stretch[1])) {
			if r.Dimension("name") == "relayState" {
				r = withDimensions(r, map[string]string{"name": "metric_1"}) // a name that a statement has without brackets
			}
			out = append(out, flawed(len(out), r))
		}
	}
	return append(out, append(secondSource(out), edgeRecords(out)...)...)
}

// flawed returns record number i as a device that is not perfect sends it: now and then with a value of zero, a negative
// one, or none.
func flawed(i int, r generator.Record) generator.Record {
	silent := r.Dimension("name") == "dcCurrent" && r.Time >= at("28 16:05:00") && r.Time < at("28 16:10:00")
	switch {
	case silent || i%17 == 0:
		return withValue(r, nil)
	case i%11 == 0:
		zero := 0.0
		return withValue(r, &zero)
	case i%13 == 0:
		v, _ := attribute(r, "value")
		v.Float = -v.Float
		return withValue(r, &v.Float)
	}
	return r
}

// withValue returns a copy of a record with another value, or without one.
func withValue(r generator.Record, value *float64) generator.Record {
	var attributes []generator.Attribute
	if value != nil {
		attributes = append(attributes, generator.Attribute{Name: "value", Value: generator.Value{Kind: generator.Double, Float: *value}})
	}
	for _, a := range r.Attributes {
		if a.Name != "value" {
			attributes = append(attributes, a)
		}
	}
	r.Attributes = attributes
	return r
}

// withText returns a copy of a record with another text attribute.
func withText(r generator.Record, name, text string) generator.Record {
	r.Attributes = slices.Clone(r.Attributes)
	for i := range r.Attributes {
		if r.Attributes[i].Name == name {
			r.Attributes[i].Value.Text = text
		}
	}
	return r
}

// secondSource returns what a gateway repeats of some properties, under another model name: series of their own that agree
// in all the dimensions by which the statements group. In the first stretch it repeats at once, with a value of zero; later
// it comes a second after.
func secondSource(records []generator.Record) []generator.Record {
	var out []generator.Record
	for _, r := range records {
		if name := r.Dimension("name"); name != "batterySoc" && name != "activePower" {
			continue
		}
		copied := withText(withDimensions(r, map[string]string{"modelKey": "GATEWAY-1", "source": "gateway"}), "requestId", "gateway")
		if copied.Time < at(deviceStretches[0][1]) {
			zero := 0.0
			copied = withValue(copied, &zero)
		} else {
			copied.Time += second
		}
		out = append(out, copied)
	}
	return out
}

// edgeRecords returns records on and beside the bounds of the article's statements, of a few series of one device.
func edgeRecords(records []generator.Record) []generator.Record {
	first := map[string]generator.Record{}
	for _, r := range records {
		name := r.Dimension("name")
		if _, seen := first[name]; !seen && r.Dimension("deviceNo") == "DEV000001" {
			first[name] = r
		}
	}
	var out []generator.Record
	for i, edge := range deviceEdges {
		for j, name := range []string{"activePower", "batterySoc", "metric_1"} {
			value := 1000.25 + float64(10*i+j)
			r := withText(withValue(first[name], &value), "requestId", "edge-"+strconv.Itoa(i))
			r.Time = at(edge)
			out = append(out, r)
		}
	}
	return out
}

// attribute returns an attribute of a multi-measure record and whether it has it.
func attribute(r generator.Record, name string) (generator.Value, bool) {
	for _, a := range r.Attributes {
		if a.Name == name {
			return a.Value, true
		}
	}
	return generator.Value{}, false
}
