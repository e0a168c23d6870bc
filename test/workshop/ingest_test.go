package workshop_test

import (
	"cmp"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/internal/generator"
)

// table is one of the tables that the statements read.
type table struct{ database, name string }

// tables are all of them.
var tables = []table{devopsTable, hostsTable, devicesTable}

// The tables by the names that the workshop's statements give them; the article leaves them open.
var (
	devopsTable  = table{"devops", "metrics"}
	hostsTable   = table{"iot", "host_metrics"}
	devicesTable = table{"iot", "device_metrics"}
)

// versioned is a record to write with its version, 0 for none.
type versioned struct {
	record  generator.Record
	version int64
}

// writes are the records to write into each table, in the order of writing.
type writes map[table][]versioned

// updatedEvery is how many records there are for one that was written with another value before.
const updatedEvery = 40

// writes returns everything that is written. Some records come twice: first with a wrong value and no version, at last
// with the right one and a higher version. The halves of split are interleaved in time.
func (d *dataset) writes() writes {
	const stripe = 500
	w := writes{}
	for table, records := range map[table][]generator.Record{devopsTable: d.devops, hostsTable: d.hosts, devicesTable: d.devices} {
		var first, second, updates []versioned
		for i, r := range records {
			switch {
			case i%updatedEvery == updatedEvery-1:
				first = append(first, versioned{record: outdated(r)})
				updates = append(updates, versioned{r, 2})
			case i/stripe%2 == 0:
				first = append(first, versioned{record: r})
			default:
				second = append(second, versioned{record: r})
			}
		}
		if table == hostsTable { // host by host, as a loader of files sends them
			slices.SortStableFunc(first, byHost)
			slices.SortStableFunc(second, byHost)
		}
		w[table] = append(append(first, second...), updates...)
	}
	return w
}

// byHost orders records by the host that sent them.
func byHost(a, b versioned) int {
	return cmp.Compare(a.record.Dimension("hostname"), b.record.Dimension("hostname"))
}

// split cuts the writes in two halves.
func (w writes) split() (first, second writes) {
	first, second = writes{}, writes{}
	for table, all := range w {
		first[table], second[table] = all[:len(all)/2], all[len(all)/2:]
	}
	return first, second
}

// outdated returns a record with values that must not be seen any more when its successor is there.
func outdated(r generator.Record) generator.Record {
	change := func(v generator.Value) generator.Value {
		switch v.Kind {
		case generator.Varchar:
			v.Text = "OUTDATED"
		default:
			v.Float, v.Int = v.Float+1e6, v.Int+1e6
		}
		return v
	}
	r.Value = change(r.Value)
	attributes := make([]generator.Attribute, len(r.Attributes))
	for i, a := range r.Attributes {
		attributes[i] = generator.Attribute{Name: a.Name, Value: change(a.Value)}
	}
	r.Attributes = attributes
	return r
}

// recordsMax is how many records a request may have.
const recordsMax = 100

// ingest writes records in full requests, several at a time. Every second request says once what its records have in
// common, as agents do; the others repeat everything. The first request to each table goes ahead alone, because the order
// in which dimensions appear first shows in results. Updates, at the end, wait for what they update.
func (s *server) ingest(t *testing.T, w writes) {
	t.Helper()
	var mu sync.Mutex
	ingested := map[table]types.RecordsIngested{}
	send := func(to table, in *timestreamwrite.WriteRecordsInput) {
		in.DatabaseName, in.TableName = aws.String(to.database), aws.String(to.name)
		out, err := s.writer.WriteRecords(t.Context(), in)
		if err != nil {
			t.Errorf("write to %s: %v", to, err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		sum := ingested[to]
		sum.Total, sum.MemoryStore, sum.MagneticStore = sum.Total+out.RecordsIngested.Total,
			sum.MemoryStore+out.RecordsIngested.MemoryStore, sum.MagneticStore+out.RecordsIngested.MagneticStore
		ingested[to] = sum
	}
	var wg sync.WaitGroup
	for _, to := range tables {
		var originals, updates []versioned
		for _, v := range w[to] {
			if v.version > 0 {
				updates = append(updates, v)
			} else {
				originals = append(originals, v)
			}
		}
		wg.Go(func() {
			send(to, request(originals[:recordsMax], 0, false))
			sendAll(originals[recordsMax:], func(in *timestreamwrite.WriteRecordsInput) { send(to, in) })
			sendAll(updates, func(in *timestreamwrite.WriteRecordsInput) { send(to, in) })
		})
	}
	wg.Wait()
	for _, to := range tables {
		if sum := ingested[to]; int(sum.Total) != len(w[to]) || sum.MemoryStore+sum.MagneticStore != sum.Total {
			t.Fatalf("%s: ingested %+v, want %d", to, sum, len(w[to]))
		}
		if magnetic := ingested[to].MagneticStore; (magnetic > 0) != (to == devicesTable) {
			t.Fatalf("%s: %d records went to the magnetic store", to, magnetic)
		}
	}
}

// sendAll sends records from two goroutines at once and waits until all are written.
func sendAll(all []versioned, send func(*timestreamwrite.WriteRecordsInput)) {
	requests := make(chan *timestreamwrite.WriteRecordsInput)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for in := range requests {
				send(in)
			}
		})
	}
	for n := 0; len(all) > 0; n++ {
		size := min(recordsMax, len(all))
		requests <- request(all[:size], n, n%2 == 1)
		all = all[size:]
	}
	close(requests)
	wg.Wait()
}

// units are the units of time that requests take in turn, with their length in nanoseconds. Milliseconds are the default.
var units = []struct {
	name   types.TimeUnit
	length int64
}{
	{"", 1e6}, {types.TimeUnitNanoseconds, 1}, {types.TimeUnitMilliseconds, 1e6}, {types.TimeUnitMicroseconds, 1e3}, {types.TimeUnitSeconds, 1e9},
}

// request makes request number n of some records. When shared, it takes out what all of them have in common.
func request(records []versioned, n int, shared bool) *timestreamwrite.WriteRecordsInput {
	unit := units[n%len(units)]
	for _, v := range records {
		if v.record.Time%unit.length != 0 {
			unit = units[0]
		}
	}
	in := &timestreamwrite.WriteRecordsInput{}
	for _, v := range records {
		in.Records = append(in.Records, wireRecord(v, unit.name, unit.length))
	}
	if shared {
		in.CommonAttributes = takeCommon(in.Records)
	}
	return in
}

// wireRecord returns a record as the API takes it.
func wireRecord(v versioned, unit types.TimeUnit, length int64) types.Record {
	r := v.record
	out := types.Record{MeasureName: aws.String(r.Measure), Time: aws.String(strconv.FormatInt(r.Time/length, 10)), TimeUnit: unit}
	if v.version > 0 {
		out.Version = aws.Int64(v.version)
	}
	for _, d := range r.Dimensions {
		out.Dimensions = append(out.Dimensions, types.Dimension{Name: aws.String(d.Name), Value: aws.String(d.Value)})
	}
	if len(r.Attributes) == 0 {
		out.MeasureValue, out.MeasureValueType = aws.String(r.Value.String()), types.MeasureValueType(r.Value.Kind.String())
		return out
	}
	out.MeasureValueType = types.MeasureValueTypeMulti
	for _, a := range r.Attributes {
		out.MeasureValues = append(out.MeasureValues, types.MeasureValue{
			Name: aws.String(a.Name), Value: aws.String(a.Value.String()), Type: types.MeasureValueType(a.Value.Kind.String()),
		})
	}
	return out
}

// takeCommon removes what all records have in common from them and returns it.
func takeCommon(records []types.Record) *types.Record {
	common := &types.Record{}
	move(records, common, func(r *types.Record) **string { return &r.MeasureName }, aws.ToString)
	move(records, common, func(r *types.Record) **string { return &r.Time }, aws.ToString)
	move(records, common, func(r *types.Record) **int64 { return &r.Version }, aws.ToInt64)
	itself := func(t types.MeasureValueType) types.MeasureValueType { return t }
	move(records, common, func(r *types.Record) *types.MeasureValueType { return &r.MeasureValueType }, itself)
	move(records, common, func(r *types.Record) *types.TimeUnit { return &r.TimeUnit }, func(u types.TimeUnit) types.TimeUnit { return u })

	shared := map[string]int{} // how many records have a dimension and value
	for _, r := range records {
		for _, d := range r.Dimensions {
			shared[*d.Name+"="+*d.Value]++
		}
	}
	isShared := func(d types.Dimension) bool { return shared[*d.Name+"="+*d.Value] == len(records) }
	for _, d := range records[0].Dimensions {
		if isShared(d) {
			common.Dimensions = append(common.Dimensions, d)
		}
	}
	for i := range records {
		records[i].Dimensions = slices.DeleteFunc(records[i].Dimensions, isShared)
	}
	return common
}

// move moves a member from all records to common if its value is the same in all.
func move[M any, V comparable](records []types.Record, common *types.Record, member func(*types.Record) *M, value func(M) V) {
	for i := range records {
		if value(*member(&records[i])) != value(*member(&records[0])) {
			return
		}
	}
	*member(common) = *member(&records[0])
	for i := range records {
		var none M
		*member(&records[i]) = none
	}
}
