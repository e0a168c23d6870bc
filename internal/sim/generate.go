package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/storage"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// profile is what the rows of one run are like.
type profile struct {
	measures int
	hosts    int
	columns  int
	step     int64 // between times, nanoseconds
	span     int64 // how many steps lie between the oldest and the newest times that are written
	batch    int   // rows in a write at most
	late     int   // percent of rows that are late
	repeat   int   // percent of rows that repeat an identity
}

// day is a day in nanoseconds.
const day = int64(24 * 3600 * 1e9)

// randomProfile chooses what a run is like.
func randomProfile(rng *rand.Rand) profile {
	return profile{
		measures: 1 + rng.IntN(3), hosts: 1 + rng.IntN([]int{3, 30, 200}[rng.IntN(3)]), columns: 1 + rng.IntN(5),
		step: []int64{1, 1e9, 600e9, day / 5}[rng.IntN(4)], span: int64(10 + rng.IntN([]int{30, 300, 1500}[rng.IntN(3)])), batch: 1 + rng.IntN([]int{5, 60, 400}[rng.IntN(3)]),
		late: rng.IntN(60), repeat: rng.IntN(40),
	}
}

// columnTypes are the types of attributes c0, c1 and so on; now and then a row has another one.
var columnTypes = []*types.Type{types.Double, types.Bigint, types.Varchar, types.Boolean, types.Timestamp}

// rows makes the rows of one write. now is the newest time, in steps; it moves on.
func (p *profile) rows(rng *rand.Rand, now *int64, floor int64, earlier []storage.Row) []storage.Row {
	var out []storage.Row
	for range 1 + rng.IntN(p.batch) {
		if len(earlier) > 0 && rng.IntN(100) < p.repeat {
			r := earlier[rng.IntN(len(earlier))]
			if r.Time >= floor {
				out = append(out, p.again(rng, r))
				continue
			}
		}
		steps := *now
		switch {
		case rng.IntN(100) < p.late:
			steps -= rng.Int64N(p.span)
		case rng.IntN(3) > 0:
			*now++
			steps = *now
		}
		if steps*p.step < floor {
			steps = *now
		}
		out = append(out, p.row(rng, steps*p.step))
	}
	return out
}

// again makes a row of the identity of an earlier one: the same, or with another version or other values.
func (p *profile) again(rng *rand.Rand, r storage.Row) storage.Row {
	switch rng.IntN(4) {
	case 0:
	case 1:
		r.Version += rng.Int64N(5) - 2
	case 2:
		r.Values = p.values(rng, r.Multi)
	case 3:
		r.Version += 1 + rng.Int64N(3)
		r.Multi = rng.IntN(2) == 0
		r.Values = p.values(rng, r.Multi)
	}
	r.Version = max(r.Version, 1)
	dims := append([]storage.Dim(nil), r.Dims...)
	rng.Shuffle(len(dims), func(i, k int) { dims[i], dims[k] = dims[k], dims[i] })
	r.Dims = dims
	return r
}

// row makes a row of a random series.
func (p *profile) row(rng *rand.Rand, time int64) storage.Row {
	host := rng.IntN(p.hosts)
	r := storage.Row{
		Measure: fmt.Sprintf("m%d", rng.IntN(p.measures)), Time: time, Version: 1, Multi: rng.IntN(3) > 0,
		Dims: []storage.Dim{{Name: "region", Value: fmt.Sprint("r", host%4)}, {Name: "host", Value: fmt.Sprint("h", host)}},
	}
	if rng.IntN(5) == 0 {
		r.Dims = append(r.Dims, storage.Dim{Name: "zone", Value: fmt.Sprint("z", host%2)})
	}
	if rng.IntN(200) == 0 { // a name that may be an attribute's
		r.Dims = append(r.Dims, storage.Dim{Name: fmt.Sprint("c", rng.IntN(8)), Value: "x"})
	}
	if rng.IntN(20) == 0 {
		r.Version = 1 + rng.Int64N(1000)
	}
	r.Values = p.values(rng, r.Multi)
	return r
}

// values makes the values of a row.
func (p *profile) values(rng *rand.Rand, multi bool) []storage.Value {
	if !multi {
		t := columnTypes[rng.IntN(4)]
		return []storage.Value{value(rng, "measure_value::"+t.String(), t)}
	}
	var out []storage.Value
	for c := range p.columns {
		if rng.IntN(4) == 0 {
			continue
		}
		t := columnTypes[c]
		if rng.IntN(300) == 0 {
			t = columnTypes[rng.IntN(5)]
		}
		out = append(out, value(rng, fmt.Sprint("c", c), t))
	}
	if rng.IntN(300) == 0 { // a name that may be a dimension's
		out = append(out, value(rng, []string{"zone", "c7", "host"}[rng.IntN(3)], types.Bigint))
	}
	rng.Shuffle(len(out), func(i, k int) { out[i], out[k] = out[k], out[i] })
	return out
}

// value makes a random value.
func value(rng *rand.Rand, column string, t *types.Type) storage.Value {
	v := storage.Value{Column: column, Type: t}
	switch t.Kind {
	case types.KindBoolean:
		v.Bool = rng.IntN(2) == 0
	case types.KindDouble:
		v.Float = float64(rng.IntN(10000)) / 100
		if rng.IntN(4) == 0 {
			v.Float = rng.NormFloat64()
		}
	case types.KindVarchar:
		v.Str = fmt.Sprint("text ", rng.IntN(50))
	default:
		v.Int = rng.Int64N(1000)
		if rng.IntN(10) == 0 {
			v.Int = int64(rng.Uint64())
		}
	}
	return v
}

// allColumns is every column that rows of a run may have.
var allColumns = func() []string {
	columns := []string{storage.ColumnMeasureName, storage.ColumnTime, "region", "host", "zone"}
	for c := range 8 {
		columns = append(columns, fmt.Sprint("c", c))
	}
	for _, t := range columnTypes[:4] {
		columns = append(columns, "measure_value::"+t.String())
	}
	return columns
}()

// everything asks for all columns of all rows from floor on.
func everything(floor int64) storage.ScanRequest {
	req := storage.Everything(slices.Clone(allColumns)...)
	req.From = floor
	return req
}

// scan makes a request. Rows before floor are not asked for.
func (p *profile) scan(rng *rand.Rand, now, floor int64) storage.ScanRequest {
	req := everything(floor)
	// The first five stay, so that rows can be told apart; of the others some.
	for i := len(req.Columns) - 1; i >= 5; i-- {
		if rng.IntN(2) == 0 {
			req.Columns = append(req.Columns[:i], req.Columns[i+1:]...)
		}
	}
	if rng.IntN(2) == 0 {
		req.From = max(floor, (now-rng.Int64N(p.span))*p.step)
		req.To = req.From + rng.Int64N(p.span)*p.step
	}
	if rng.IntN(3) == 0 {
		req.Series = append(req.Series, storage.SeriesFilter{Column: "host", In: []string{fmt.Sprint("h", rng.IntN(p.hosts)), "h0"}})
	}
	if rng.IntN(4) == 0 {
		req.Series = append(req.Series, storage.SeriesFilter{Column: "zone", In: []string{"z1"}, Null: rng.IntN(2) == 0})
	}
	if rng.IntN(4) == 0 {
		req.Series = append(req.Series, storage.SeriesFilter{Column: storage.ColumnMeasureName, In: []string{"m0", "m9"}})
	}
	if rng.IntN(4) == 0 {
		low := rng.Float64() * 50
		req.Bounds = append(req.Bounds, storage.ValueBound{Column: "c0", Low: low, High: low + 20})
	}
	return req
}

// withinBounds reports whether a row, printed by scan's columns, may not be left out.
func withinBounds(req *storage.ScanRequest, values map[string]types.Value) bool {
	for _, b := range req.Bounds {
		v, ok := values[b.Column].(float64)
		if !ok || math.IsNaN(v) || v < b.Low.(float64) || v > b.High.(float64) {
			return false
		}
	}
	return true
}
