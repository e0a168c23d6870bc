package workshop_test

import (
	"slices"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/generator"
)

// The answers of the article's statements about devices. Their times are those that the article prints.

// What fills the placeholders of the statements.
var latestDevices = []string{"DEV000001", "DEV000002", "DEV000004"}

// More of it.
const (
	rowNumberSystem = "SYS00001"
	rowNumberMetric = "batterySoc" // beside metric_1 and metric_2, which the statement names itself; there is no metric_2
	windowSystem    = "SYS00001"
	windowProduct   = "hybrid-inverter"
)

// property is a property of a device: what the statements group by.
type property struct{ system, device, name string }

// propertyOf returns the property that a record is about.
func propertyOf(r generator.Record) property {
	return property{r.Dimension("systemId"), r.Dimension("deviceNo"), r.Dimension("name")}
}

// number returns an attribute as a cell, NULL if the record lacks it.
func number(r generator.Record, name string) cell {
	if v, ok := attribute(r, name); ok {
		return stored(v.Float)
	}
	return null{}
}

// words returns a text attribute as a cell, NULL if the record lacks it.
func words(r generator.Record, name string) cell {
	if v, ok := attribute(r, name); ok {
		return text(v.Text)
	}
	return null{}
}

// latestTimes returns when each property of the three devices last had a value above zero before 10 o'clock of the 28th. A
// value that is missing is not above zero.
func latestTimes(d *dataset) map[property]int64 {
	out := map[property]int64{}
	for _, r := range d.devices {
		v, ok := attribute(r, "value")
		if !ok || v.Float <= 0 || r.Time > at("28 09:59:59.999") ||
			!slices.Contains(latestDevices, r.Dimension("deviceNo")) || !slices.Contains(generator.StateProperties, r.Dimension("name")) {
			continue
		}
		out[propertyOf(r)] = max(out[propertyOf(r)], r.Time)
	}
	return out
}

// latestRecordTimes: sql1, the part that the article prints.
func latestRecordTimes(t *testing.T, d *dataset) answer {
	out := answer{columns: []string{"systemId VARCHAR", "deviceNo VARCHAR", "name VARCHAR", "latest_time TIMESTAMP"}}
	onBound := false
	for p, latest := range latestTimes(d) {
		out.rows = append(out.rows, row{cells: []cell{text(p.system), text(p.device), text(p.name), instant(latest)}})
		onBound = onBound || latest == at("28 09:59:59.999")
	}
	must(t, onBound && len(out.rows) > 100, "many properties, one of them with a value in the last millisecond")
	must(t, len(out.rows) < len(latestDevices)*len(generator.StateProperties), "properties without a value above zero")
	return out
}

// deviceColumns are the columns of both statements that list records.
var deviceColumns = []string{
	"systemId VARCHAR", "value DOUBLE", "stringValue VARCHAR", "deviceNo VARCHAR", "modelKey VARCHAR", "name VARCHAR",
	"time TIMESTAMP", "requestId VARCHAR", "productKey VARCHAR",
}

// deviceRow is a record in those columns.
func deviceRow(r generator.Record) row {
	return row{cells: []cell{
		text(r.Dimension("systemId")), number(r, "value"), words(r, "stringValue"), text(r.Dimension("deviceNo")), text(r.Dimension("modelKey")),
		text(r.Dimension("name")), instant(r.Time), words(r, "requestId"), text(r.Dimension("productKey")),
	}}
}

// latestRecords: sql1 complete. All records of a property at its latest time: that of another model, too, and whatever its
// value.
func latestRecords(t *testing.T, d *dataset) answer {
	out := answer{columns: deviceColumns}
	latest := latestTimes(d)
	for _, r := range d.devices {
		if when, ok := latest[propertyOf(r)]; ok && when == r.Time {
			out.rows = append(out.rows, deviceRow(r))
		}
	}
	must(t, len(out.rows) > len(latest), "properties with two records at the latest time")
	return out
}

// latestRecordsOfSystem: the optimized sql1. The newest record in one hour of each property of a system, whatever its
// value; that of another source if it is newer.
func latestRecordsOfSystem(t *testing.T, d *dataset) answer {
	names := []string{"metric_1", "metric_2", rowNumberMetric}
	inHour := where(d.devices, func(r generator.Record) bool {
		return r.Time >= at("29 01:00:00") && r.Time <= at("29 01:59:59.999") &&
			r.Dimension("systemId") == rowNumberSystem && slices.Contains(names, r.Dimension("name"))
	})
	out := answer{columns: deviceColumns}
	bySource := map[string]bool{}
	for _, records := range groupBy(inHour, propertyOf) {
		newest := records[0]
		for _, r := range records[1:] {
			must(t, r.Time != newest.Time, "no two records of a property at one time")
			if r.Time > newest.Time {
				newest = r
			}
		}
		out.rows = append(out.rows, deviceRow(newest))
		bySource[newest.Dimension("source")] = true
	}
	must(t, len(out.rows) == 6 && bySource["gateway"] && len(bySource) > 1, "two properties of three devices, some newest from the gateway")
	return out
}

// windowAverage: sql2. Every five minutes, the average of each of eight properties of one system's product, by model, in the
// order of time. Without any value it is NULL.
func windowAverage(t *testing.T, d *dataset) answer {
	out := answer{columns: []string{
		"time TIMESTAMP", "name VARCHAR", "value DOUBLE", "modelKey VARCHAR", "productKey VARCHAR", "deviceNo VARCHAR",
	}}
	type window struct {
		name, product, model, device string
		start                        int64
	}
	records := where(d.devices, func(r generator.Record) bool {
		return r.Dimension("systemId") == windowSystem && r.Dimension("productKey") == windowProduct &&
			r.Time >= at("28 16:00:00") && r.Time <= at("29 11:29:17") && slices.Contains(generator.TrendProperties, r.Dimension("name"))
	})
	nulls, first, last := 0, false, false
	for w, of := range groupBy(records, func(r generator.Record) window {
		return window{r.Dimension("name"), r.Dimension("productKey"), r.Dimension("modelKey"), r.Dimension("deviceNo"), bin(r.Time, 5*minute)}
	}) {
		var values []float64
		for _, r := range of {
			if v, ok := attribute(r, "value"); ok {
				values = append(values, v.Float)
			}
			first, last = first || r.Time == at("28 16:00:00"), last || r.Time == at("29 11:29:17")
		}
		mean := cell(null{})
		if len(values) > 0 {
			mean = double(average(values))
		} else {
			nulls++
		}
		out.rows = append(out.rows, row{key: []any{w.start}, cells: []cell{
			instant(w.start), text(w.name), mean, text(w.model), text(w.product), text(w.device),
		}})
	}
	must(t, nulls > 0 && first && last, "windows without a value, and records on both bounds")
	return out
}
