package engine

import (
	"context"
	"sync"

	"github.com/tidemarkdb/tidemark/internal/mapping"
)

// MappedWrite is a write of records that were made of rows by a data model.
type MappedWrite struct {
	Database, Table string
	TableID         uint64 // if it is not 0, the table must be this one and not another one of that name
	Records         []mapping.Record
	TimeUnit        TimeUnit
	Version         int64
	Load            bool // see WriteRequest
}

// mappedScratch is the memory of a mapped write.
type mappedScratch struct {
	req    WriteRequest
	dims   []Dimension
	values []MeasureValue
}

// mappedPool keeps the memory of mapped writes for the next ones.
var mappedPool = sync.Pool{New: func() any { return new(mappedScratch) }}

// WriteMapped is WriteRecords for records that were made of rows. Each invalid record is refused alone.
func (e *Engine) WriteMapped(ctx context.Context, in MappedWrite) (WriteResult, error) {
	s := mappedPool.Get().(*mappedScratch)
	defer func() {
		clear(s.req.Records)
		clear(s.dims)
		clear(s.values)
		mappedPool.Put(s)
	}()
	s.dims, s.values = s.dims[:0], s.values[:0]
	s.req = WriteRequest{Database: in.Database, Table: in.Table, Records: s.req.Records[:0], EachAlone: true, Load: in.Load, tableID: in.TableID,
		Common: Record{TimeUnit: in.TimeUnit, Version: in.Version, HasVersion: true}}
	for i := range in.Records {
		s.add(in.Records, i)
	}
	return e.WriteRecords(ctx, &s.req)
}

// add adds record i as the engine has it. Records of one row go on sharing their dimensions.
func (s *mappedScratch) add(records []mapping.Record, i int) {
	r := &records[i]
	out := Record{MeasureName: r.MeasureName, MeasureValue: r.MeasureValue, MeasureType: MeasureType(r.MeasureType), Time: r.Time}
	if i > 0 && len(r.Dimensions) > 0 && len(r.Dimensions) == len(records[i-1].Dimensions) && &r.Dimensions[0] == &records[i-1].Dimensions[0] {
		out.Dimensions = s.req.Records[i-1].Dimensions
	} else {
		from := len(s.dims)
		for _, d := range r.Dimensions {
			s.dims = append(s.dims, Dimension{Name: d.Name, Value: d.Value})
		}
		out.Dimensions = s.dims[from:len(s.dims):len(s.dims)]
	}
	from := len(s.values)
	for _, v := range r.MeasureValues {
		s.values = append(s.values, MeasureValue{Name: v.Name, Value: v.Value, Type: MeasureType(v.Type)})
	}
	out.MeasureValues = s.values[from:len(s.values):len(s.values)]
	s.req.Records = append(s.req.Records, out)
}
